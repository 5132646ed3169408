// Package casefile keeps cases: a client's time with one program, who works
// with them in it, and what falls due.
//
// A case is open or closed. Intake, the client's worker or the program's manager
// opens it; a supervisor of the worker or the program's manager assigns it and
// sets the care team; whoever has it can offer it to a colleague with a hand-over,
// who accepts or declines; it is closed with a reason, can be opened again, and is
// never deleted. Many cases are moved at once by a plan that was looked at before.
//
// An open case is where relations come from (45 CFR 164.308(a)(4)(ii)(B),
// 164.514(d)(2)): it says that its worker is assigned to the client, that the
// members of its care team are on it while they are, that whoever is offered it
// may look at what is offered until they have answered, and that its program
// serves the client. When somebody is taken off, or the case is closed, the
// relation ends at that moment; the history keeps that it held.
//
// It never decides who may see what; it states facts that the policies read. Days
// are the agency's, whose programs and workers it asks an [Office] for.
//
// To start: New(door, clients) and Ask(directory), then Open, Assign, Offer, SetTeam, Edit, Close,
// Reopen, Move and Caseload.
package casefile
