package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
)

// Decision is what the agency does about a breach of an agreement.
type Decision string

// The decisions of 45 CFR 164.504(e)(1)(ii): reasonable steps to cure, or the end.
const (
	ToCure Decision = "cure"
	ToEnd  Decision = "terminate"
)

// Breach is a vendor breaking its agreement, as the agency came to know of it.
type Breach struct {
	KnownAt   time.Time
	By        string // worker id of who noted it
	What      string
	Decision  Decision // empty until somebody decided
	Steps     string   // to cure, or why it ends
	Due       time.Time
	DecidedAt time.Time
	DecidedBy string
	CuredAt   time.Time
	Cured     string // what shows that it was put right
}

// Open reports whether something is still to be done about it.
func (b Breach) Open() bool {
	return b.Decision == "" || b.Decision == ToCure && b.CuredAt.IsZero()
}

// Left is what becomes of the information when a vendor's work has ended.
type Left string

// What becomes of it (45 CFR 164.504(e)(2)(ii)(J)).
const (
	Returned   Left = "returned"
	Destroyed  Left = "destroyed"
	Infeasible Left = "infeasible" // it stays, and stays protected
)

// Ending is what shows that nothing is left with a vendor, or why something is.
type Ending struct {
	Left        Left
	What        string    // what came back or was destroyed, and how; why neither is feasible
	CertifiedBy string    // who says so for the vendor
	On          time.Time // when it was done
	Place       string    // where the certificate is filed
	Protection  string    // where it stays: how it is protected, and to what use it is limited
}

// Breached notes that the agency knows of a breach of an agreement. Until somebody decides
// what to do about it, that is a finding. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (vs *Vendors) Breached(ctx context.Context, who actor.Actor, id ID, version int64, what string) error {
	const op = "vendor.breach"
	var c checks
	if c.text("what", &what, "Say what happened."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "breach", id, version, func(v *Vendor) error {
		if len(v.Spans) == 0 || v.Status == Closed || len(v.Breaches) >= maxRows {
			return fault.Conflictf(op, "it does not work here")
		}
		v.Breaches = append(v.Breaches, Breach{KnownAt: now, By: who.Worker(), What: what})
		return nil
	})
	return w.Commit(ctx)
}

// DecideBreach says what the agency does about a breach, which counts from 0: steps to
// cure by a day, while which nothing goes there, or the end. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (vs *Vendors) DecideBreach(ctx context.Context, who actor.Actor, id ID, version int64, at int, d Decision, steps string, due time.Time) error {
	const op = "vendor.decide"
	now := vs.door.Clock().Now()
	var c checks
	c.text("steps", &steps, "Say what it is to do, or why it ends.")
	switch {
	case d != ToCure && d != ToEnd:
		c.bad("decision", "Choose whether it is to put it right or the work ends.")
	case d == ToCure && !due.After(now):
		c.bad("due", "Choose a day that is still to come.")
	}
	if len(c) > 0 {
		return c.err(op)
	}
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "decide", id, version, func(v *Vendor) error {
		// A cure that does not come can be followed by the end.
		if at < 0 || at >= len(v.Breaches) || !v.Breaches[at].Open() || v.Breaches[at].Decision == d {
			return fault.Conflictf(op, "it was decided already")
		}
		b := &v.Breaches[at]
		b.Decision, b.Steps, b.Due, b.DecidedAt, b.DecidedBy = d, steps, due, now, who.Worker()
		to := Cure
		if d == ToEnd {
			to, b.Due = Terminated, time.Time{}
		}
		if v.Status.May(to) {
			v.move(to, now, steps)
		}
		return nil
	})
	return w.Commit(ctx)
}

// CuredBreach notes that a vendor put a breach right, and what shows it. With nothing left
// to cure or decide, it works again. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (vs *Vendors) CuredBreach(ctx context.Context, who actor.Actor, id ID, version int64, at int, shown string) error {
	const op = "vendor.decide"
	var c checks
	if c.text("cured", &shown, "Say what shows that it was put right."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "decide", id, version, func(v *Vendor) error {
		if v.Status != Cure || at < 0 || at >= len(v.Breaches) || v.Breaches[at].Decision != ToCure || !v.Breaches[at].Open() {
			return fault.Conflictf(op, "there is nothing to cure")
		}
		v.Breaches[at].CuredAt, v.Breaches[at].Cured = now, shown
		for _, b := range v.Breaches {
			if b.Open() {
				return nil
			}
		}
		v.move(Active, now, shown)
		return nil
	})
	return w.Commit(ctx)
}

// Terminate ends the work with a vendor, for whatever reason. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (vs *Vendors) Terminate(ctx context.Context, who actor.Actor, id ID, version int64, why string) error {
	const op = "vendor.terminate"
	var c checks
	if c.line("why", &why, "Say in a few words why it ends."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "terminate", id, version, func(v *Vendor) error {
		if !v.Status.May(Terminated) || len(v.Spans) == 0 {
			return fault.Conflictf(op, "it does not work here")
		}
		v.move(Terminated, now, why)
		return nil
	})
	return w.Commit(ctx)
}

// Close closes a vendor whose work has ended. Of one that had health information, it takes
// a certificate that all came back or was destroyed, or why neither is feasible and how
// what stays is protected (45 CFR 164.504(e)(2)(ii)(J)). Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (vs *Vendors) Close(ctx context.Context, who actor.Actor, id ID, version int64, e Ending) error {
	const op = "vendor.close"
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.vendors.Change(w, "close", id, version, func(v *Vendor) error {
		if v.Status != Terminated {
			return fault.Conflictf(op, "its work has not ended")
		}
		if v.PHI() {
			if err := e.check(op, now); err != nil {
				return err
			}
			v.Ending = e
		}
		v.move(Closed, now, v.Why)
		return nil
	})
	return w.Commit(ctx)
}

func (e *Ending) check(op string, now time.Time) error {
	var c checks
	switch e.Left {
	case Returned, Destroyed:
		e.Protection = ""
		c.text("what", &e.What, "Say what came back or was destroyed, and how.")
		c.line("certified_by", &e.CertifiedBy, "Say who certifies it for the vendor.")
		c.line("place", &e.Place, "Say where the certificate is filed.")
		if e.On.IsZero() || e.On.After(now) {
			c.bad("on", "Say when it was done.")
		}
	case Infeasible:
		c.text("what", &e.What, "Say why neither return nor destruction is feasible.")
		c.text("protection", &e.Protection, "Say how what stays is protected, and to what use it is limited.")
		c.line("certified_by", &e.CertifiedBy, "Say who certifies it for the vendor.")
		c.line("place", &e.Place, "")
	default:
		c.bad("left", "Choose what became of the information.")
	}
	return c.err(op)
}
