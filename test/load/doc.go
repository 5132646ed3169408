// Command load measures Caseward beside a bare handler, on one machine, in one
// run.
//
// The bare handler is net/http with the same SQLite driver, WAL and
// synchronous=FULL, one row read or written and one audit row inserted through
// the same grouped writer: no session, no decision, no sealing, no page. What
// Caseward costs is the ratio to it; the figures themselves change with the
// machine.
//
//	go run ./test/load            all of it, three interleaved rounds
//	go run ./test/load -short     a few seconds, to see that it works
//	go run ./test/load -clients 100000
//	                              an agency of so many clients beside a small one
//
// Each server runs in a process of its own and rests while the other is
// measured. Both are driven by the same closed loop over keep-alive connections:
// 1, 8 and 64 of them. The table printed at the end is the one in
// docs/performance.md; medians of the rounds.
//
// It never measures anything but addresses on the loopback interface, and it
// stops by itself.
package main
