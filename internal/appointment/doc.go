// Package appointment keeps when a worker and a client meet: where and how, what
// for, and whether it came about.
//
// An appointment is planned, and then kept, missed by the client (no-show) or
// cancelled, with who cancelled it and why. One that recurs is as many records as
// there are meetings, each at the same time by the clock of the agency: what
// happens to one happens to none of the others, unless all that follow are
// changed or cancelled with it. A worker may be booked twice at a time: [Overlaps] says so, and
// nothing is refused.
//
// When and where somebody is busy is a matter of the workforce; with whom is a
// matter of the case; what for is in words, of the class of notes. So intake plans
// a week without reading why, and a worker's calendar in another program shows
// busy times and no client: see [Feeds].
//
// It reminds nobody: how the client wants to be reminded is kept for the worker
// who does, with a warning where the client's contact details say otherwise.
//
// To start: New(door, notices), then Book, Move, MoveFollowing, Keep, Miss, Cancel, WantRange.
package appointment
