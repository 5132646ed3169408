// Package authn answers one question: who is at the keyboard? It turns
// passkeys, passwords with one-time codes, recovery codes, invitations and
// sessions into an [actor.Actor] (45 CFR 164.312(d)), and it is the only
// package outside tests that can make one.
//
// # What each call does
//
// A way in is always two factors: a passkey that verified its holder, or a
// password together with a one-time or a recovery code. There is no session of
// one factor. Each sign-in, failure, step-up, lock, unlock, purpose change,
// revocation and enrolment is an entry in the log before its answer leaves
// (45 CFR 164.308(a)(5)(ii)(C)); where the entry cannot be written, nobody is
// signed in.
//
// [Authn.Session] turns a cookie into a [Session]. It asks the [Directory]
// each time, so that a workforce member whose arrangement ended is out at the
// very next request (45 CFR 164.308(a)(3)(ii)(C)). An idle session locks
// (45 CFR 164.312(a)(2)(iii)); a session that is locked, ended or unknown gives
// no Actor.
//
// # What it never does
//
// It never stores a password, a code, a token or a mail address in clear: slow
// hashes are sealed, secrets are sealed, tokens and addresses are keyed hashes.
// It never decides what an Actor may do with a record: that is the business of
// packages policy and record. It never sends anything: whoever calls it hands
// the invitation on. It never knows a worker's name beyond the one answer it
// shows; the workforce record belongs to package org.
//
// docs/design/identity.md says how and why, and what can go wrong.
package authn
