// Package form keeps the agency's own forms: what each asks, in which programs,
// and what was filled in for a client.
//
// A [Definition] is designed by an administrator or a program manager, previewed
// and published. It holds no client. Each of its fields has a field class: what
// is filled in there is sealed under that class, so that a role which may not
// see, say, financial information sees the rest of the form and that this part
// is not shown to it (45 CFR 164.514(d)(2)).
//
// Publishing makes an edition. A [Filled] form carries the questions of the
// edition it was filled with, so that it reads the same for ever, whatever
// becomes of the form.
//
// It never decides who may read what was filled in, never offers the classes
// that ordinary staff do not open (social security numbers, psychotherapy notes,
// substance use records), and never changes what a filled form asked.
//
// To start: New(door), then Create, Design, Publish; Fill, Edit.
package form
