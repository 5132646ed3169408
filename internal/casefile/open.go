package casefile

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Opening is what is needed to open a case.
type Opening struct {
	Program       string
	Level         Level    // standard if empty
	OpenedOn      phi.Date // today if empty
	Reason        phi.Text
	Worker        string // may be empty: assigned later
	Team          []Member
	NextContactOn phi.Date // by the level if empty
	NextContact   phi.Text
	PlanReviewOn  phi.Date // 90 days on if empty
	EligibleFrom  phi.Date
	EligibleUntil phi.Date
}

// Open opens a case for a client, tells the worker it is given to, and returns
// its id. Errors: Invalid with
// fields, Denied, NotFound.
func (cs *Cases) Open(ctx context.Context, who actor.Actor, client person.ID, in Opening) (ID, error) {
	w := cs.door.Work(who, "case.open")
	id, err := cs.OpenIn(ctx, who, w, client, in)
	if err != nil {
		return ID{}, err
	}
	return id, w.Commit(ctx)
}

// OpenIn plans, in w, a new case: for work that registers or imports the client
// at the same time. The worker it is given to is told, but for what a service does.
func (cs *Cases) OpenIn(ctx context.Context, who actor.Actor, w *record.Work, client person.ID, in Opening) (ID, error) {
	now, agency := cs.door.Clock().Now(), cs.setting(ctx)
	c := Case{
		Client: record.SubjectOf(client), Program: in.Program, Level: in.Level, Status: StateOpen, OpenedOn: in.OpenedOn, OpenReason: in.Reason,
		Worker: in.Worker, Team: in.Team, NextContactOn: in.NextContactOn, NextContact: in.NextContact, PlanReviewOn: in.PlanReviewOn,
		EligibleFrom: in.EligibleFrom, EligibleUntil: in.EligibleUntil, Part2: agency.part2(in.Program),
	}
	if c.Level == "" {
		c.Level = Standard
	}
	if c.OpenedOn.Empty() {
		c.OpenedOn = agency.day(now)
	}
	if c.NextContactOn.Empty() {
		c.NextContactOn = agency.in(now, c.Level.Every())
	}
	if c.PlanReviewOn.Empty() {
		c.PlanReviewOn = agency.in(now, reviewAfter)
	}
	if c.Worker != "" {
		c.AssignedAt = now
	}
	bad := validate(c, agency.day(now))
	bad = append(bad, checkTeam(c.Team)...)
	wrong, err := cs.colleague(ctx, "worker", c.Worker, Carries)
	if err != nil {
		return ID{}, err
	}
	bad = append(bad, wrong...)
	unfit, err := cs.unfit(ctx, c.Team)
	if err != nil {
		return ID{}, err
	}
	bad = append(bad, unfit.joining(c.Team, nil)...)
	if len(bad) > 0 {
		return ID{}, fault.InvalidFields("case.open", bad...)
	}
	c.Team = dated(c.Team, now)
	id := cs.records.CreateAs(w, "case.open", c.Client, c)
	if !who.Service() {
		cs.notices.Tell(w, who, c.Client, c.Worker, Given, casePath(c.Client))
	}
	return id, nil
}

// Read returns one case.
func (cs *Cases) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return cs.records.Read(ctx, who, id)
}

// History returns every version of a case, newest first.
func (cs *Cases) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return cs.records.History(ctx, who, id)
}

// Want asks a view for one case.
func (cs *Cases) Want(v *record.View, id ID) *record.Got[Case] { return cs.records.Want(v, id) }

// WantOf asks a view for all cases of a client, newest first, without what was
// handed over in words: nearly every page needs the case alone (45 CFR 164.502(b)).
func (cs *Cases) WantOf(v *record.View, client person.ID) *record.List[Case] {
	return cs.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 100, Only: policy.Set(policy.Case)})
}

// WantLabelsOf is WantOf for the labels alone, which say the program, whose the case is and
// whether it is open.
func (cs *Cases) WantLabelsOf(v *record.View, client person.ID) *record.List[Case] {
	return cs.records.WantLabels(v, record.Query{Subject: record.SubjectOf(client), Limit: 100, Only: policy.Set(policy.Case)})
}

// WantWhole is WantOf with what was handed over.
func (cs *Cases) WantWhole(v *record.View, client person.ID) *record.List[Case] {
	return cs.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 100})
}

// Current is the open case to show at the head of a chart: the one opened last,
// if any is open.
func Current(rows []Opened) (Opened, bool) {
	for _, o := range rows {
		if o.Value.IsOpen() {
			return o, true
		}
	}
	return Opened{}, false
}
