// Package sanction is what follows where somebody who works for the agency broke its rules
// (45 CFR 164.530(e)(1)-(2), 164.308(a)(1)(ii)(C)): what was reported of whom, whether it is
// so, and what was decided by the agency's own scale.
//
// Nobody reports, finds or decides about themselves, and whoever decides is another than
// who found. No sanction follows on what the law protects: telling of unlawful conduct, the
// report of a crime by its victim (164.502(j)), complaints, testimony and opposition in good
// faith (164.530(g)(2), 160.316). An exercise with suspicious mail is no cause at all.
//
// It never takes anybody's access: where a decision ends the work of somebody, the act of
// leaving is another's, in package org. That a violation waits for a decision follows from
// its state, and is kept nowhere else. No client is named in it.
//
// To start: New, then Report, Find, Decide, Appeal, Answer; Scale and SetScale. Told is what
// somebody reads of themselves.
package sanction
