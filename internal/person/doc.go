// Package person keeps the people an agency serves: who they are, how they may
// be reached, whom they live with and what everybody who opens the chart must
// know first.
//
// A [Client] is active, inactive or deceased. Intake registers clients; whoever
// works with a client keeps the details up to date; a client is erased only by
// those the policies name, and what is left is a signed receipt (45 CFR
// 164.310(d)(2)(i)). Every earlier version stays readable in the history
// (45 CFR 164.312(c)(1)).
//
// Each field has a class of its own, so that minimum necessary (45 CFR
// 164.502(b), 164.514(d)(2)) is decided field by field: names apart from
// contacts, contacts apart from demographics, and government numbers apart from
// all of them.
//
// It never tells that a client exists to somebody who may not know: search,
// totals and the warning about possible duplicates are all made of what the
// asker may see. Government numbers are not searchable, since a search that
// finds somebody by one confirms it.
//
// To start: New(door), then Register, Find, Open, Edit.
package person
