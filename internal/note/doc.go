// Package note keeps contact notes: what happened with a client, written by who
// was there.
//
// A note is a draft until its author signs it; a signed note is never changed
// (45 CFR 164.312(c)(1)). What is to be added is an addendum: a note of its own,
// with its own author, that hangs on the one it adds to. A note that came from
// another system is imported: nobody here signs or changes it.
//
// How the notes of a program are kept is the program's to set (org.NoteRules):
// its format, its unit of time, within how many days a draft is signed, after how
// many hours a note is a late entry, and whose notes are co-signed. A note that is
// to be co-signed waits, signed and locked, until a supervisor of the client's
// worker, or one who covers, co-signs it or returns it with remarks; returned, it
// is a draft again, and what was signed stays in the history. Such a draft is not
// thrown away: if the note is wrong as a whole, its author marks it as entered in
// error, with the reason, and it stays in the chart. An addendum goes the same way,
// and its text alone is changed.
//
// A draft is read by its author alone. A supervisor learns from its labels that
// there is one and how old it is.
//
// A note has a header (type, time, minutes) and content (title, text). How it is
// protected decides the classes of both:
//
//   - ordinary: header with the case, content with the notes.
//   - psychotherapy (45 CFR 164.501, 164.508(a)(2)): the content is a class of
//     its own that only the author opens. The header stays with the case: session
//     times and kinds are not part of a psychotherapy note by its definition.
//   - sud (42 CFR 2.11): header and content are records of a Part 2 program.
//   - sud_counselling (42 CFR 2.11, 2.31(b)): the header is, and the content is a
//     class that only the author opens.
//
// Every note of a program under 42 CFR Part 2 is one of the last two, and a draft
// that is stays so. Which of the two, and whether an ordinary note is a
// psychotherapy note, its author chooses until others have read it.
//
// What is being typed and is no note yet is kept through Keep and Take, sealed
// like a record. What a second window or device of the same person types into the
// same form is kept aside, and neither is thrown away unseen.
//
// It never decides who may read a note, and never shows that there is one to
// somebody who may not see even its header.
//
// To start: New(door, cases, dir, notices), then SaveDraft, Sign, CoSign, Addend,
// WantTimeline, WantAwaiting.
package note
