// Package org is the agency itself: its settings and programs, the people who
// work for it, who supervises whom, and who stands in for whom.
//
// What it keeps decides at the door. A staff record says in facts that its
// supervisor supervises the worker, and that a program manager manages the
// programs; a coverage says that one worker covers another until a date. When
// one of them changes, the facts change in the same transaction, so access ends
// with what it rested on (45 CFR 164.308(a)(3)(ii)(C), 164.308(a)(4)(ii)(C)).
//
// The [Directory] answers what is asked at every request: does this worker still
// stand, and in which role. It reads that from the database each time and never
// keeps it.
//
// Package org holds nothing about clients and signs nobody in.
package org
