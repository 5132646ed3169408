// Package audit is the log: who did what to which record, under which role, for
// which purpose, which field classes were shown, which rule decided; refusals
// too (45 CFR 164.312(b)).
//
// # What an entry promises
//
// An entry is durable before the first byte of what it tells of leaves the
// server: a read waits for it, a write commits with it, and where it cannot be
// written the access fails. There is one entry a request; it names every client
// and record whose content was returned, never only the query.
//
// An entry has a leaf and a detail. The leaf is public to whoever checks the
// log: version, time, action, outcome, a keyed pseudonym of the actor, and two
// hashes, one of the sealed detail and one of the clients' blind marks. The
// detail (names of records, classes, rules) is sealed under the log's own key
// and holds ids only: no name, no number, no word of a record. It stays
// readable to an officer after a client is erased, because the duty to show who
// saw what does not end with the record (45 CFR 164.316(b)(2)).
//
// Leaves form an RFC 6962 Merkle tree in the order they were committed, kept as
// C2SP tlog-tiles with signed checkpoints. Sequencing follows the commit within
// about a second; docs/design/audit-log.md says what that window means.
//
// # What it never does
//
// It never updates or deletes an entry; the database refuses it too. It never
// holds PHI. It is appended to by the door's gate, by authn and by app, and by
// nobody else. The checker in audit/verify shares no writing code with it.
package audit
