// Package glass is emergency access: who needs a chart in an emergency and may
// not open it breaks the glass (45 CFR 164.312(a)(2)(ii)).
//
// A grant names one client, the field classes it covers, a reason from a list
// and in words, and ends by itself after four hours. The asker's supervisor and
// the privacy officers are told at once. A privacy officer, never the asker,
// decides within three working days whether it was right (45 CFR
// 164.308(a)(1)(ii)(D)).
//
// A grant begins and ends by the server's clock. One that was ended stays ended if that
// clock is set back, and so does one whose time was over, once that was written down, within
// a minute while a server runs. A clock set back makes one that is open last as much longer,
// and one that begins only by and by wait: whoever needs the chart breaks the glass anew,
// and a privacy officer ends what is open too long. A clock that was ahead ends grants before
// their time, for good.
//
// It is never a way to learn whether somebody is a client: breaking the glass on
// a number that nobody has is answered like one that somebody has, and opens
// nothing. It never widens what the policies let a grant open.
package glass
