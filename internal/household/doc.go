// Package household keeps who lives with whom, with the privacy of each.
//
// A household is a number that its members share. Each member has a [Place] in it,
// a record about that member alone, so that the door decides for every one of
// them: a worker sees the places of the clients they may know, and no other. A
// place also names the others of the household who may be known to it; those who
// asked for privacy are named nowhere but in their own. So a member who asked for
// privacy is neither shown to the others' workers nor counted.
//
// What each place says of the others is brought up to date by a service under a
// name of its own, since whoever writes one place may not know them all. A place
// keeps no name: the service looks up, for whoever may open the place, how the
// others are called now, and a client who was erased is called nothing.
//
// It never tells that a household has members beside those the asker sees.
package household
