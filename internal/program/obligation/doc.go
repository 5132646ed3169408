// Package obligation says what the program asks of people: what is due from somebody, why
// and by when, and where it is done (45 CFR 164.530(b), 164.308(a)(2), 164.316(b)(2)(iii),
// 164.504(e)(1)(ii)).
//
// What is due is kept nowhere. Each module that asks something of people is a [Module]; it
// works out what is due from its records when it is asked, so that what is done is gone
// from every list at once. One view opens what all of them need, in one entry.
//
// It decides about nothing: a list holds what the door lets through, and what keeps
// somebody from records is package standing's to say.
//
// To start: New(door, people), Join a module by its name, then Of.
package obligation
