// Package plan keeps care plans: what matters to the client, the goals they work
// towards, what is done for each and by whom, how far it has come, and when all
// of it is looked at again.
//
// A [Plan] is written here or imported. One written here is a draft until its
// worker puts it in force; the client agrees to it, declines or cannot say; it is
// reviewed by its day, and ends completed, closed or superseded by the next. An
// imported one stays as its source says and can be copied into a new one. A plan
// that says it is of a 42 CFR Part 2 program is of class sud as a whole, and so is
// what is copied from it.
//
// Goals, steps, entries and reviews have keys, so that two people can work on one
// plan at once: what is added is added to whatever the plan holds by then, and
// what is changed is judged goal by goal.
//
// It never decides who may; it never removes what somebody entered about
// progress: a wrong entry is struck out and stays.
//
// To start: New(door, cases, notices), then Start, Edit, Begin, Log and Review.
package plan
