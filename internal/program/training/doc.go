// Package training keeps what the workforce is taught: courses, who must take
// which and how often, and what came of it (45 CFR 164.530(b), 164.308(a)(5)).
//
// A course is a text of one form, read strictly: lessons, scenarios with a
// decision at each turn, and a bank of questions ([Parse]). What is published
// never changes; an attempt names the version it was made at.
package training
