// Package notice keeps what one worker is to know about one client, or about the
// agency: a note waits for their co-signature, a case is offered to them, they cover
// for a colleague. A notice is written in the same transaction as what it tells of,
// by whoever did that, so that neither exists without the other.
//
// A notice says what happened as a code and leads to where it can be seen; it
// never says anything about the client. Of one about a client nothing is mailed; of one
// that concerns a worker's own access they are told by mail that there is something to see
// ([Notices.Mail]). A notice is not what
// falls due: that is worked out from the records themselves, each time it is
// asked.
//
// To start: New(door), then Tell in the work of another package, Mine and SeeAll on
// a page.
package notice
