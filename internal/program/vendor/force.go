package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// relBAA is the relation of a business associate to the agency while an agreement binds
// it; the fact's scope is the kinds of information the agreement names.
const relBAA = "baa"

// Standing is what an organization's right to receive rests on at one moment.
type Standing struct {
	Engaged bool // it works for the agency: it is active
	// Bound: an agreement that both sides signed is in effect. Agreement is its id,
	// Scope the kinds of information it names.
	Bound     bool
	Agreement string
	Scope     policy.ClassSet
}

// Covers reports whether an organization that must be bound may get information of these
// kinds.
func (s Standing) Covers(c policy.ClassSet) bool {
	return s.Engaged && s.Bound && c != 0 && s.Scope.Contains(c)
}

// InForce says what a vendor's right to receive rests on at a moment, to the microsecond;
// at zero is now. It is asked of the facts, not of the records, so that it answers for any
// past moment what held then, and opens nothing. A disclosure to a business associate
// needs Covers (45 CFR 164.502(e)(1)(i), 164.308(b)(1)).
func (vs *Vendors) InForce(ctx context.Context, who actor.Actor, id ID, at time.Time) (Standing, error) {
	if at.IsZero() {
		at = vs.door.Clock().Now()
	}
	var s Standing
	spans, err := vs.door.Periods(ctx, who, "vendor", id.String(), relEngaged)
	if err != nil {
		return s, err
	}
	for _, p := range spans {
		s.Engaged = s.Engaged || holds(p, at)
	}
	bound, err := vs.door.Periods(ctx, who, "vendor", id.String(), relBAA)
	if err != nil {
		return s, err
	}
	// The latest that has begun governs, and what it took the place of does not come back
	// when it ends.
	for _, p := range bound {
		if at.Before(p.From) {
			continue
		}
		if holds(p, at) {
			s.Bound, s.Agreement, s.Scope = true, p.Record, p.Scope
		}
		break
	}
	return s, nil
}

// Bound counts the business associates that worked for the agency right before a moment,
// and those of them that an agreement in effect bound then. Both are as they were on record
// then: an agreement on paper that is recorded later did not count, and a vendor assessed
// anew later is what it was (45 CFR 164.502(e)(1), 164.308(b)(1)).
func (vs *Vendors) Bound(ctx context.Context, who actor.Actor, at time.Time) (bound, all int64, err error) {
	vendors, err := vs.vendors.Every(ctx, who, record.Query{AsOf: at})
	if err != nil {
		return 0, 0, err
	}
	agreements, err := vs.agreements.Every(ctx, who, record.Query{AsOf: at})
	if err != nil {
		return 0, 0, err
	}
	at = at.Add(-time.Microsecond)
	for _, o := range vendors {
		if v := o.Value; v.Outcome != Associate || v.Status != Active && v.Status != Cure {
			continue
		}
		all++
		// The latest that has begun governs, as in InForce.
		var latest record.Period
		for _, x := range agreements {
			a := x.Value
			p := record.Period{From: a.From, Until: a.end()}
			if a.Vendor != o.ID.String() || a.From.IsZero() || at.Before(a.From) || !p.Until.IsZero() && !p.From.Before(p.Until) {
				continue
			}
			if latest.From.IsZero() || p.From.After(latest.From) {
				latest = p
			}
		}
		if !latest.From.IsZero() && holds(latest, at) {
			bound++
		}
	}
	return bound, all, nil
}

// signed reports whether an agreement that both sides signed is in effect or will be.
func (vs *Vendors) signed(ctx context.Context, who actor.Actor, id ID, now time.Time) (bool, error) {
	ps, err := vs.door.Periods(ctx, who, "vendor", id.String(), relBAA)
	if err != nil || len(ps) == 0 {
		return false, err
	}
	return ps[0].Until.IsZero() || ps[0].Until.After(now), nil
}

func holds(p record.Period, at time.Time) bool {
	return !at.Before(p.From) && (p.Until.IsZero() || at.Before(p.Until))
}
