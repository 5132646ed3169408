// Package fhir takes FHIR R4 in: bundles as Synthea and US Core systems make
// them become clients and their records, through the same use-cases a person
// uses, as the named service "import".
//
// # How a file is imported
//
//  1. The file is read once from end to end, entry by entry, never whole in
//     memory. Everything is checked here: that it is JSON without doubtful
//     parts, that every resource kept can be read, that no resource is there
//     twice with different content. What is remembered of an entry is where it
//     lies, what it is, whom it is about, and a hash.
//  2. If anything was wrong the file is refused, with the place, and nothing of
//     it is imported.
//  3. Each patient's entries are read again from where they lie (an entry that
//     changed meanwhile stops the file), mapped, and written in one transaction
//     with one entry in the log. A run that is killed leaves whole patients or
//     nothing; run again, it goes on where it was.
//
// Each record says where it came from and has a keyed hash of what it was made
// from: what is unchanged is left alone, what is changed becomes a new version.
// What another system no longer sends stays.
//
// Resources labelled as 42 CFR Part 2 records become records of that class;
// psychotherapy notes are left out, since only their author may have them (45 CFR
// 164.508(a)(2)).
//
// It never guesses: what is not kept is counted and the reason given. It never
// repeats content in an error.
package fhir
