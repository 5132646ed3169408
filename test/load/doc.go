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
//	go run ./test/load -log 1000000
//	                              a log of five years: officers' questions, closed
//	                              segments, verification
//	go run ./test/load -mix -rate 250 -for 1h -flat
//	                              an agency of a thousand workers who do many things
//
// Each server runs in a process of its own and rests while the other is
// measured. Both are driven by the same closed loop over keep-alive connections:
// 1, 8 and 64 of them. The table printed at the end is the one in
// docs/performance.md; medians of the rounds.
//
// With -mix requests come at a steady rate whether or not those before are answered,
// each late from the moment it was due. Afterwards every answered request must have its
// entry and every acknowledged note must be there; with -flat, memory, goroutines and
// open files must be what they were after a quarter of the time. With -agency the agency
// is kept in a directory, and measured again without being made.
//
// With -into what is printed is written into a document too, as docs/performance.md.
//
// It never measures anything but addresses on the loopback interface, and it
// stops by itself.
package main
