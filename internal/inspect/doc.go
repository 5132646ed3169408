// Package inspect answers the officers' questions: who opened this chart, what
// did this person do, what happened, is the log whole, and why can or can't
// somebody (45 CFR 164.308(a)(1)(ii)(D), 164.312(b)).
//
// Reading the log is a use-case like any other: each question is decided by the
// policies and leaves its own entry before it is answered. What comes back are
// ids, labels and rules; a client appears as the opaque id the log keeps, and a
// page that wants the client number asks the door for it under the asker's own
// rights.
//
// It never opens a record and never changes anything.
package inspect
