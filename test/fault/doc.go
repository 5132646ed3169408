// Package fault breaks the built program in the ways it will be broken in use,
// and proves from outside what is left: the process killed at any moment, the
// disk full, the files searched for what must not be in them, the log changed by
// an attacker, a client erased.
//
// It holds tests only. They build caseward once, run it as an agency does, and
// speak to it over HTTP and the command line; they never reach into a running
// server. Nothing is timed: what is waited for is polled for.
//
// CASEWARD_FAULT_ROUNDS sets how often the process is killed, 3 if it is not set.
package fault
