// Package governance is who leads the compliance program: who is designated as privacy
// and as security officer, from when until when, by whom and by which document
// (45 CFR 164.530(a)(1)(i), (a)(2); 164.308(a)(2)).
//
// A designation says who answers for the program; what somebody may do in Caseward comes
// from their role, which is changed elsewhere. A time without an officer is a gap: it is
// counted by instants, is said while it lasts and before it comes, and stays to be seen.
//
// The compliance committee, its meetings and its decisions are here too, and who answers
// for which process. No law asks for a committee. Minutes that are filed never change; a
// decision is open until its owner reports it and somebody else has looked. In each process
// exactly one office or person is accountable.
//
// Nothing here is about a client.
//
// To start: New, then Designate, End, Timeline; Now is what pages and the doctor say.
// NewCommittees, then SetUp, Convene, File, Report, Accept. Duties, Answer.
package governance
