package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// Evidence is something a vendor was asked to show: a report, a certificate.
type Evidence struct {
	What       string
	AskedAt    time.Time
	AskedBy    string
	Due        time.Time // by when it is to be shown
	ReceivedAt time.Time // zero until it was
	Place      string    // where it is filed
	Expires    time.Time // until when it shows anything; zero for good
}

// Review is somebody looking at what a vendor does, at its answers and at its evidence.
type Review struct {
	At         time.Time
	By         string
	Tier       int // that it had
	Conclusion string
}

// ReviewDue is by when it is to be reviewed: so many months after the last review, or
// after it began to work. Zero: it does not work. It is agency practice (no law in force
// names an interval).
func (v Vendor) ReviewDue() time.Time {
	if v.Status != Active && v.Status != Cure {
		return time.Time{}
	}
	since := v.Spans[0].From
	if n := len(v.Reviews); n > 0 {
		since = latest(since, v.Reviews[n-1].At)
	}
	return clock.Months(since, v.ReviewMonths())
}

// AskEvidence asks a vendor to show something by a day. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (vs *Vendors) AskEvidence(ctx context.Context, who actor.Actor, id ID, version int64, what string, due time.Time) error {
	const op = "vendor.evidence"
	now := vs.door.Clock().Now()
	var c checks
	c.line("what", &what, "Say what it is to show.")
	if !due.After(now) {
		c.bad("due", "Choose a day that is still to come.")
	}
	if len(c) > 0 {
		return c.err(op)
	}
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "evidence", id, version, func(v *Vendor) error {
		if len(v.Evidence) >= maxRows {
			return fault.Conflictf(op, "there are a hundred already")
		}
		v.Evidence = append(v.Evidence, Evidence{What: what, AskedAt: now, AskedBy: who.Worker(), Due: due})
		return nil
	})
	return w.Commit(ctx)
}

// ReceiveEvidence notes that a vendor showed what it was asked to, where it is filed and
// until when it shows anything; at counts from 0. Errors: Invalid with fields, Conflict,
// Denied, NotFound.
func (vs *Vendors) ReceiveEvidence(ctx context.Context, who actor.Actor, id ID, version int64, at int, place string, expires time.Time) error {
	const op = "vendor.evidence"
	now := vs.door.Clock().Now()
	var c checks
	c.line("place", &place, "Say where it is filed.")
	if !expires.IsZero() && !expires.After(now) {
		c.bad("expires", "It has expired: ask for another.")
	}
	if len(c) > 0 {
		return c.err(op)
	}
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "evidence", id, version, func(v *Vendor) error {
		if at < 0 || at >= len(v.Evidence) || !v.Evidence[at].ReceivedAt.IsZero() {
			return fault.Conflictf(op, "it was not asked for, or is there already")
		}
		e := &v.Evidence[at]
		e.ReceivedAt, e.Place, e.Expires = now, place, expires
		return nil
	})
	return w.Commit(ctx)
}

// Reviewed notes that somebody reviewed a vendor, and with what conclusion. Nobody reviews
// a vendor they look after: agency practice. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (vs *Vendors) Reviewed(ctx context.Context, who actor.Actor, id ID, version int64, conclusion string) error {
	const op = "vendor.review"
	var c checks
	if c.text("conclusion", &conclusion, "Say what came of it."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "review", id, version, func(v *Vendor) error {
		if v.Status != Active && v.Status != Cure {
			return fault.Conflictf(op, "it does not work here")
		}
		v.Reviews = append(v.Reviews, Review{At: now, By: who.Worker(), Tier: v.Tier(), Conclusion: conclusion})
		return nil
	})
	return w.Commit(ctx)
}
