// Package glass is emergency access: who needs a chart in an emergency and may
// not open it breaks the glass (45 CFR 164.312(a)(2)(ii)).
//
// A grant names one client, the field classes it covers, a reason from a list
// and in words, and ends by itself after four hours. The asker's supervisor and
// the privacy officers are told at once. A privacy officer, never the asker,
// decides within three working days whether it was right (45 CFR
// 164.308(a)(1)(ii)(D)).
//
// It is never a way to learn whether somebody is a client: breaking the glass on
// a number that nobody has is answered like one that somebody has, and opens
// nothing. It never widens what the policies let a grant open.
package glass
