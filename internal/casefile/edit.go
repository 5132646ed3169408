package casefile

import (
	"cmp"
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Edit changes what a form about a case shows: level, dates, reasons. Program,
// status, worker and team have use-cases of their own and stay. Errors: Invalid
// with fields, Conflict, Denied, NotFound.
func (cs *Cases) Edit(ctx context.Context, who actor.Actor, id ID, version int64, edit func(*Case)) error {
	const op = "case.change"
	now, agency := cs.door.Clock().Now(), cs.setting(ctx)
	return cs.change(ctx, who, "change", id, version, func(c *Case) error {
		before := *c
		edit(c)
		c.Client, c.Program, c.Status, c.ClosedOn, c.Outcome = before.Client, before.Program, before.Status, before.ClosedOn, before.Outcome
		c.Worker, c.AssignedAt, c.Previous, c.Team = before.Worker, before.AssignedAt, before.Previous, before.Team
		c.Offers, c.Handovers, c.Periods, c.Earlier = before.Offers, before.Handovers, before.Periods, before.Earlier
		c.Part2, c.PlanReviews = before.Part2, before.PlanReviews
		if bad := validate(*c, agency.day(now)); len(bad) > 0 {
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
	now, agency := cs.door.Clock().Now(), cs.setting(ctx)
	if in.On.Empty() {
		in.On = agency.day(now)
	}
	var bad []fault.Field
	if !knownReason(in.Reason) {
		bad = append(bad, fault.Field{Name: "reason", Message: "Choose why the case is closed."})
	}
	if Midnight(in.On).After(Midnight(agency.day(now))) {
		bad = append(bad, fault.Field{Name: "on", Message: "The day the case is closed is in the future."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	before, err := cs.look(ctx, who, op, id)
	if err != nil {
		return err
	}
	if version == 0 {
		version = before.Version
	}
	w := cs.door.Work(who, op)
	cs.records.Change(w, "close", id, version, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed already")
		}
		if Midnight(in.On).Before(Midnight(c.OpenedOn)) {
			return fault.InvalidFields(op, fault.Field{Name: "on", Message: "The case would be closed before it was opened."})
		}
		c.Status, c.ClosedOn, c.Outcome, c.CloseNote = StateClosed, in.On, in.Reason, in.Note
		c.endOffer(OverOvertaken, who.Worker(), now)
		if c.Worker != "" {
			c.Previous = append(c.Previous, Assignment{c.Worker, c.AssignedAt, now})
		}
		if bad := validate(*c, agency.day(now)); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
	if o, ok := before.Value.Offer(); ok && !who.Service() {
		cs.notices.Tell(w, who, before.Subject, o.To, OfferOver, "/offers")
	}
	return w.Commit(ctx)
}

// Reopening is what is needed to open a closed case again.
type Reopening struct {
	Reason phi.Text
	Worker string // may be empty: assigned later
}

// Reopen opens a closed case again: a new period begins and the old one is kept.
// Only whoever is named now has a relation to the client by it; the care team of
// before does not come back. Errors: Invalid with fields, Conflict if it is open,
// Denied, NotFound.
func (cs *Cases) Reopen(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Reopening) error {
	const op = "case.reopen"
	now := cs.door.Clock().Now()
	if in.Reason.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "reason", Message: "Say why the case is opened again."})
	}
	if bad, err := cs.colleague(ctx, "worker", in.Worker, Carries); err != nil || bad != nil {
		return cmp.Or(err, fault.InvalidFields(op, bad...))
	}
	agency := cs.setting(ctx)
	subject := record.SubjectOf(client)
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "reopen", subject, id, version, func(c *Case) error {
		if c.IsOpen() {
			return fault.Conflictf(op, "the case is open already")
		}
		c.Periods = append(c.Periods, Period{
			OpenedOn: c.OpenedOn, ClosedOn: c.ClosedOn, Outcome: c.Outcome, CloseNote: c.CloseNote,
			Reason: in.Reason, ReopenedBy: who.Worker(), ReopenedAt: now,
		})
		c.Status, c.OpenedOn = StateOpen, agency.day(now)
		c.ClosedOn, c.Outcome, c.CloseNote = phi.Date{}, "", phi.Text{}
		c.Part2 = c.Part2 || agency.part2(c.Program)
		c.Team, c.Worker, c.AssignedAt = nil, "", time.Time{}
		c.give(in.Worker, now)
		c.NextContact, c.NextContactOn = phi.Text{}, agency.in(now, c.Level.Every())
		c.PlanReviewOn, c.PlanReviews = agency.in(now, reviewAfter), nil
		if bad := validate(*c, agency.day(now)); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
	if !who.Service() {
		cs.notices.Tell(w, who, subject, in.Worker, Given, casePath(subject))
	}
	return w.Commit(ctx)
}

// EligibilityWarns is how many days before its end an eligibility is called due
// to be renewed (agency practice).
const EligibilityWarns = 45

// Renew sets the period for which the client is eligible; the one before is
// kept. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (cs *Cases) Renew(ctx context.Context, who actor.Actor, id ID, version int64, from, until phi.Date) error {
	const op = "case.change"
	now, agency := cs.door.Clock().Now(), cs.setting(ctx)
	if until.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "eligible_until", Message: "Enter the last day of the eligibility."})
	}
	return cs.change(ctx, who, "change", id, version, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed")
		}
		if !c.EligibleUntil.Empty() && !Midnight(until).After(Midnight(c.EligibleUntil)) {
			return fault.InvalidFields(op, fault.Field{Name: "eligible_until", Message: "The new eligibility ends no later than the one before."})
		}
		if !c.EligibleFrom.Empty() || !c.EligibleUntil.Empty() {
			c.Earlier = append(c.Earlier, Eligibility{From: c.EligibleFrom, Until: c.EligibleUntil, By: who.Worker(), At: now})
		}
		c.EligibleFrom, c.EligibleUntil = from, until
		if bad := validate(*c, agency.day(now)); len(bad) > 0 {
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
