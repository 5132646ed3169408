// Package verify checks a log of Caseward offline, without a passphrase: in the
// database ([Database]) or as an exported tlog-tiles directory ([Directory])
// (45 CFR 164.312(c)(2)).
//
// It shares no code with what writes the log. It knows the leaf's form from the
// documentation, hashes by RFC 6962 itself, and trusts only signatures: the
// newest checkpoint's, and those of checkpoints that were kept elsewhere. From
// them it says of every entry whether it is the one that was promised, and
// names the entry that was changed, removed, inserted or moved.
//
// # What it can tell
//
// A checkpoint promises the entries it covers, their sealed details and the
// clients each names. So what was changed at or before the newest checkpoint is
// found. A log that was set back as a whole, its checkpoints too, agrees with
// itself: only a checkpoint kept elsewhere shows what is missing, so give some.
// Entries that wait to be sequenced are checked against themselves only. Who
// holds the signing key can sign another log; a kept checkpoint shows that too.
//
// It writes nothing, and it repeats nothing but times, actions and row numbers.
package verify
