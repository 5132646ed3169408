// Package plan keeps care plans: the goals a client works towards, what is done
// for each, and with whom.
//
// A [Plan] is active or past. In this release plans are imported, and read
// beside the notes that serve them; each goal says how many of its steps are
// done.
//
// To start: New(door), then Want.
package plan
