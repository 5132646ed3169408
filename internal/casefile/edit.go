package casefile

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// Edit changes what a form about a case shows: level, dates, reasons. Program,
// status, worker and team have use-cases of their own and stay. Errors: Invalid
// with fields, Conflict, Denied, NotFound.
func (cs *Cases) Edit(ctx context.Context, who actor.Actor, id ID, version int64, edit func(*Case)) error {
	const op = "case.change"
	now := cs.door.Clock().Now()
	return cs.change(ctx, who, "change", id, version, func(c *Case) error {
		before := *c
		edit(c)
		c.Client, c.Program, c.Status, c.ClosedOn, c.Outcome = before.Client, before.Program, before.Status, before.ClosedOn, before.Outcome
		c.Worker, c.AssignedAt, c.Previous, c.Team = before.Worker, before.AssignedAt, before.Previous, before.Team
		if bad := validate(*c, now); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
}

// Closing is what is needed to close a case.
type Closing struct {
	On     phi.Date // today if empty
	Reason CloseReason
	Note   phi.Text
}

// Close closes a case: the relations it made end at once. Errors: Invalid with
// fields, Conflict if it is closed, Denied, NotFound.
func (cs *Cases) Close(ctx context.Context, who actor.Actor, id ID, version int64, in Closing) error {
	const op = "case.close"
	now := cs.door.Clock().Now()
	if in.On.Empty() {
		in.On = person.Today(now)
	}
	var bad []fault.Field
	if !knownReason(in.Reason) {
		bad = append(bad, fault.Field{Name: "reason", Message: "Choose why the case is closed."})
	}
	if Midnight(in.On).After(now.AddDate(0, 0, 1)) {
		bad = append(bad, fault.Field{Name: "on", Message: "The day the case is closed is in the future."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	return cs.change(ctx, who, "close", id, version, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed already")
		}
		if Midnight(in.On).Before(Midnight(c.OpenedOn)) {
			return fault.InvalidFields(op, fault.Field{Name: "on", Message: "The case would be closed before it was opened."})
		}
		c.Status, c.ClosedOn, c.Outcome, c.CloseNote = StateClosed, in.On, in.Reason, in.Note
		if c.Worker != "" {
			c.Previous = append(c.Previous, Assignment{c.Worker, c.AssignedAt, now})
		}
		if bad := validate(*c, now); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
}

func knownReason(r CloseReason) bool {
	for _, k := range CloseReasons() {
		if k == r {
			return true
		}
	}
	return false
}

func civil(t time.Time) phi.Date { return person.Today(t) }
