// Package fault breaks the built program in the ways it will be broken in use,
// and proves from outside what is left: the process killed at any moment, the
// power cut, the disk full, the files searched for what must not be in them, the log changed by
// an attacker, a client erased, hostile input sent to it.
//
// It holds tests only. They build caseward once, run it as an agency does, and
// speak to it over HTTP and the command line; they never reach into a running
// server. Only where the machine itself fails, as its power or its clock, is the
// program run in the test's process, on a disk or a clock of the test's. Nothing is
// timed: what is waited for is polled for.
//
// CASEWARD_FAULT_ROUNDS sets how often the process is killed, 3 if it is not set;
// CASEWARD_FAULT_POINTS at how many points the power fails, 60 if it is not set.
// CASEWARD_FAULT_SIGNINS how many sign-ins fail, 3,000 if it is not set.
// A power cut that lost something says its seed; CASEWARD_FAULT_SEED draws the same
// points and losses, in a history that is made anew.
package fault
