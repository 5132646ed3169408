// Package rights says what of what people may do they do: which rights a role has, when
// each was used last and how often, which nobody used (45 CFR 164.308(a)(4)(ii)(B)-(C),
// 164.514(d)(2)), and which duties no role may hold together.
//
// A right is a rule of access that permits something. What a role may do is asked of the
// policies; what was used is counted from the log, which names with every access the rules
// that allowed it. Nothing of it is kept: the count lives in memory, by day, and is read on
// from where in the log it stopped. Rights that every role has are left out, because they
// say nothing about how a role is cut; what is seldom needed by its nature, as breaking the
// glass, is marked so in the policies, and its removal is never suggested.
//
// It knows worker ids, roles, rules, actions, times and counts, and nothing of a client. It
// takes no right from anybody.
//
// To start: New, then All, Of, Duties, Note.
package rights
