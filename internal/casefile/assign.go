package casefile

import (
	"cmp"
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Assign gives an open case to a worker; an empty worker takes it from whoever
// has it. The relation of the one before ends at once and is remembered, an offer
// that was open is over, and both workers are told. words, if any, are what is
// handed over.
func (cs *Cases) Assign(ctx context.Context, who actor.Actor, id ID, version int64, worker string, words Words) error {
	const op = "case.assign"
	if bad := words.check(); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	if bad, err := cs.colleague(ctx, "worker", worker, Carries); err != nil || bad != nil {
		return cmp.Or(err, fault.InvalidFields(op, bad...))
	}
	// Whom it is taken from is known only by looking.
	before, err := cs.look(ctx, who, op, id)
	if err != nil {
		return err
	}
	w := cs.door.Work(who, op)
	cs.assign(ctx, w, who, before, version, worker, words)
	return w.Commit(ctx)
}

// look reads a case that is about to be changed, as part of that change. A
// version that was not given is the one seen here.
func (cs *Cases) look(ctx context.Context, who actor.Actor, action string, id ID) (Opened, error) {
	v := cs.door.View(who, action)
	got := cs.records.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return Opened{}, err
	}
	return got.Opened, nil
}

// assign plans, in w, that an open case is given to a worker, and that those it
// concerns are told.
func (cs *Cases) assign(ctx context.Context, w *record.Work, who actor.Actor, before Opened, version int64, worker string, words Words) {
	const op = "case.assign"
	now, agency := cs.door.Clock().Now(), cs.setting(ctx)
	if version == 0 {
		version = before.Version
	}
	cs.records.Change(w, "assign", before.ID, version, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed")
		}
		c.endOffer(OverOvertaken, who.Worker(), now)
		if !words.Empty() {
			c.Part2 = c.Part2 || agency.part2(c.Program)
		}
		c.hand(who.Worker(), worker, now, 0, words)
		c.give(worker, now)
		return nil
	})
	if who.Service() || worker == before.Value.Worker {
		return
	}
	cs.notices.Tell(w, who, before.Subject, worker, Given, casePath(before.Subject))
	cs.notices.Tell(w, who, before.Subject, before.Value.Worker, Taken, "/caseload")
	if o, ok := before.Value.Offer(); ok && o.To != worker {
		cs.notices.Tell(w, who, before.Subject, o.To, OfferOver, "/offers")
	}
}

func casePath(s record.Subject) string { return "/clients/" + s.String() + "/case" }

// give moves the assignment; the time it held before is remembered.
func (c *Case) give(worker string, now time.Time) {
	if c.Worker == worker {
		return
	}
	if c.Worker != "" {
		c.Previous = append(c.Previous, Assignment{c.Worker, c.AssignedAt, now})
	}
	c.Worker, c.AssignedAt = worker, time.Time{}
	if worker != "" {
		c.AssignedAt = now
	}
}

// SetTeam sets the care team of an open case. Members without a beginning begin
// now; whoever is left out is off the team at once.
func (cs *Cases) SetTeam(ctx context.Context, who actor.Actor, id ID, version int64, team []Member) error {
	const op = "case.assign"
	if bad := checkTeam(team); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	unfit, err := cs.unfit(ctx, team)
	if err != nil {
		return err
	}
	now := cs.door.Clock().Now()
	return cs.change(ctx, who, "assign", id, version, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed")
		}
		if bad := unfit.joining(team, c.Team); bad != nil {
			return fault.InvalidFields(op, bad...)
		}
		// Who stays keeps the day they began.
		began := map[string]time.Time{}
		for _, m := range c.Team {
			began[m.Worker] = m.From
		}
		next := make([]Member, len(team))
		for i, m := range team {
			if m.From.IsZero() {
				m.From = began[m.Worker]
			}
			next[i] = m
		}
		c.Team = dated(next, now)
		return nil
	})
}

// Join adds somebody to the care team of an open case, or changes their time on
// it.
func (cs *Cases) Join(ctx context.Context, who actor.Actor, id ID, m Member) error {
	const op = "case.assign"
	if bad := checkTeam([]Member{m}); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	unfit, err := cs.unfit(ctx, []Member{m})
	if err != nil {
		return err
	}
	now := cs.door.Clock().Now()
	return cs.change(ctx, who, "assign", id, 0, func(c *Case) error {
		if !c.IsOpen() {
			return fault.Conflictf(op, "the case is closed")
		}
		if bad := unfit.joining([]Member{m}, c.Team); bad != nil {
			return fault.InvalidFields(op, bad...)
		}
		team := []Member{}
		for _, o := range c.Team {
			if o.Worker != m.Worker {
				team = append(team, o)
			} else if m.From.IsZero() {
				m.From = o.From
			}
		}
		c.Team = dated(append(team, m), now)
		return nil
	})
}

// Leave takes somebody off the care team at once.
func (cs *Cases) Leave(ctx context.Context, who actor.Actor, id ID, worker string) error {
	return cs.change(ctx, who, "assign", id, 0, func(c *Case) error {
		team := []Member{}
		for _, o := range c.Team {
			if o.Worker != worker {
				team = append(team, o)
			}
		}
		c.Team = team
		return nil
	})
}

func checkTeam(team []Member) []fault.Field {
	var bad []fault.Field
	seen := map[string]bool{}
	for _, m := range team {
		switch {
		case m.Worker == "":
			bad = append(bad, fault.Field{Name: "team", Message: "Choose who is on the care team."})
		case seen[m.Worker]:
			bad = append(bad, fault.Field{Name: "team", Message: "Name each member of the care team once."})
		case !m.Until.IsZero() && !m.From.IsZero() && !m.Until.After(m.From):
			bad = append(bad, fault.Field{Name: "team", Message: "A member's time on the care team ends before it begins."})
		}
		seen[m.Worker] = true
	}
	return bad
}

func dated(team []Member, now time.Time) []Member {
	out := append([]Member(nil), team...)
	for i := range out {
		if out[i].From.IsZero() {
			out[i].From = now
		}
	}
	return out
}

func (cs *Cases) change(ctx context.Context, who actor.Actor, verb string, id ID, version int64, edit func(*Case) error) error {
	w := cs.door.Work(who, "case."+verb)
	cs.records.Change(w, verb, id, version, edit)
	return w.Commit(ctx)
}

// Contacted plans, in w, that the client was in contact at a moment: the last
// contact is set and, if that contact is the newest, the next falls due by the
// level of support. It does nothing if who may not change the case: a note is
// signed all the same.
func (cs *Cases) Contacted(ctx context.Context, who actor.Actor, w *record.Work, client record.Subject, id ID, at time.Time) error {
	allowed, err := cs.door.May(ctx, who, "case.change", client, false, Kind.Classes())
	if err != nil || allowed == 0 {
		return err
	}
	agency := cs.setting(ctx)
	cs.records.Change(w, "change", id, 0, func(c *Case) error {
		if c.Client != client {
			return fault.InvalidFields("case.change", fault.Field{Name: "case", Message: "Choose a case of this client."})
		}
		if !c.IsOpen() || !at.After(c.LastContactAt) {
			return nil
		}
		c.LastContactAt = at
		c.NextContact = phi.Text{} // what was due was done
		c.NextContactOn = agency.in(at, c.Level.Every())
		return nil
	})
	return nil
}

// PlanReviewDue plans, in w, the days on which care plans of a client's open case
// are to be reviewed; no day says that a plan is due for none. The case shows the
// first of the days of all its plans. It does nothing if who may not change the
// case: a plan is reviewed all the same.
func (cs *Cases) PlanReviewDue(ctx context.Context, who actor.Actor, w *record.Work, client record.Subject, id ID, days ...ReviewDay) error {
	allowed, err := cs.door.May(ctx, who, "case.change", client, false, Kind.Classes())
	if err != nil || allowed == 0 {
		return err
	}
	cs.records.ChangeOf(w, "change", client, id, 0, func(c *Case) error {
		if c.IsOpen() {
			c.planReviews(days)
		}
		return nil
	})
	return nil
}

// planReviews enters days of reviews and shows the first of those that are known.
// A plan that the case knows no day of leaves what stands there as it is: it was
// set by hand, or as the case was opened.
func (c *Case) planReviews(days []ReviewDay) {
	touched := false
	for _, d := range days {
		rest := slices.DeleteFunc(slices.Clone(c.PlanReviews), func(x ReviewDay) bool { return x.Plan == d.Plan })
		touched = touched || len(rest) < len(c.PlanReviews) || !d.On.Empty()
		if !d.On.Empty() {
			rest = append(rest, d)
		}
		c.PlanReviews = rest
	}
	if !touched {
		return
	}
	c.PlanReviewOn = phi.Date{}
	for _, x := range c.PlanReviews {
		if c.PlanReviewOn.Empty() || Midnight(x.On).Before(Midnight(c.PlanReviewOn)) {
			c.PlanReviewOn = x.On
		}
	}
}
