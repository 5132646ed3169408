// Package casefile keeps cases: a client's time with one program, who works
// with them in it, and what falls due.
//
// A case is open or closed. Intake, the client's worker or the program's manager
// opens it; a supervisor of the worker or the program's manager assigns it and
// sets the care team; it is closed with a reason and never deleted.
//
// An open case is where relations come from (45 CFR 164.308(a)(4)(ii)(B),
// 164.514(d)(2)): it says that its worker is assigned to the client, that the
// members of its care team are on it while they are, and that its program serves
// the client. When somebody is taken off, or the case is closed, the relation
// ends at that moment; the history keeps that it held.
//
// It never decides who may see what; it states facts that the policies read.
//
// To start: New(door, clients), then Open, Assign, SetTeam, Edit, Close and
// Caseload.
package casefile
