package org

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// MaxCoverage is the longest a coverage lasts. Whoever stands in for longer is
// given the cases.
const MaxCoverage = 92 * 24 * time.Hour

// Coverage is one worker standing in for another for a time: on leave, out
// sick, between hires.
type Coverage struct {
	Cover      string    `class:"workforce" doc:"Worker id of who stands in."`
	Absent     string    `class:"workforce" doc:"Worker id of whose clients they stand in for."`
	From       time.Time `class:"workforce" doc:"Covers from."`
	Until      time.Time `class:"workforce" doc:"Covers until, not included."`
	Why        phi.Text  `class:"workforce" doc:"Why, in a few words, for whoever reviews it."`
	Arranged   string    `class:"workforce" doc:"Worker id of who arranged it."`
	EndedEarly bool      `class:"workforce" doc:"Ended before its time."`
}

// State is "planned", "running" or "over" at now.
func (c Coverage) State(now time.Time) string {
	switch {
	case !now.Before(c.Until):
		return "over"
	case now.Before(c.From):
		return "planned"
	}
	return "running"
}

// CoverageID is the id of a coverage.
type CoverageID = record.ID[Coverage]

// CoverageKind declares coverages.
var CoverageKind = record.Define(record.Kind[Coverage]{
	Name:      "coverage",
	Doc:       "One worker standing in for another until a date.",
	Retention: "workforce",
	Labels: func(c Coverage) record.Labels {
		return record.Labels{Owner: c.Cover, Ref: c.Absent, At: c.From, Due: c.Until}
	},
	Facts: func(_ string, _ record.Subject, c Coverage) []record.Fact {
		return []record.Fact{{
			Holder: record.WorkerHolder(c.Cover), Rel: string(policy.Covering),
			Object: record.WorkerHolder(c.Absent), From: c.From, Until: c.Until,
		}}
	},
})

// What workers are told about a coverage.
const (
	YouCover   notice.What = "coverage.yours"        // you stand in for a colleague
	Covered    notice.What = "coverage.of_you"       // a colleague stands in for you
	CoverEnded notice.What = "coverage.yours_ended"  // you no longer do, before its time
	NotCovered notice.What = "coverage.of_you_ended" // they no longer do, before its time
)

const coveragePath = "/coverage"

// Cover arranges that a worker stands in for another until a date. A supervisor
// arranges it for workers they supervise, a program manager for workers of their
// programs (45 CFR 164.308(a)(4)(ii)(C)). Both are told, but for who did it.
func (o *Org) Cover(ctx context.Context, who actor.Actor, c Coverage) (CoverageID, error) {
	const op = "coverage.create"
	now := o.door.Clock().Now()
	if c.From.IsZero() {
		c.From = now
	}
	c.Arranged, c.EndedEarly = who.Worker(), false
	if may, err := o.door.May(ctx, who, op, record.Subject{}, false, CoverageKind.Classes()); err != nil {
		return CoverageID{}, err
	} else if may.Contains(CoverageKind.Classes()) {
		if err := o.checkCoverage(ctx, who, c, now); err != nil {
			return CoverageID{}, err
		}
	}
	w := o.door.Work(who, op)
	id := o.coverages.Create(w, record.Subject{}, c)
	if !who.Service() {
		o.notices.TellOf(w, who, c.Cover, YouCover, coveragePath, c.Absent, c.From, c.Until)
		o.notices.TellOf(w, who, c.Absent, Covered, coveragePath, c.Cover, c.From, c.Until)
	}
	if err := w.Commit(ctx); err != nil {
		return CoverageID{}, err
	}
	return id, nil
}

func (o *Org) checkCoverage(ctx context.Context, who actor.Actor, c Coverage, now time.Time) error {
	const op = "coverage.create"
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	cover, err := o.dir.Standing(ctx, c.Cover)
	switch {
	case err != nil && !fault.Is(err, fault.NotFound):
		return err
	case err != nil, !cover.Active, c.Cover == c.Absent:
		bad("cover", "Choose somebody else who works here.")
	case !cover.Works(actor.CaseManager, actor.Supervisor):
		bad("cover", "Choose a case manager or a supervisor: other roles are not opened to charts by covering.")
	}
	switch {
	case !c.Until.After(c.From), !c.Until.After(now):
		bad("until", "Choose a last day that is still to come.")
	case c.Until.Sub(c.From) > MaxCoverage:
		bad("until", "Three months at most; after that, assign the cases.")
	}
	id, err := record.ParseID[Staff](c.Absent)
	if err != nil {
		bad("absent", "Choose somebody who works here.")
		return fault.InvalidFields(op, wrong...)
	}
	absent, err := o.Read(ctx, who, id)
	if fault.Is(err, fault.NotFound) {
		bad("absent", "Choose somebody who works here.")
		return fault.InvalidFields(op, wrong...)
	}
	if err != nil {
		return err
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	if !who.Service() && absent.Value.Supervisor != who.Worker() {
		mine, err := o.manages(ctx, who, absent.Value.Programs)
		if err != nil {
			return err
		}
		if !mine {
			bad("absent", "Choose somebody you supervise, or of a program you manage.")
			return fault.InvalidFields(op, wrong...)
		}
	}
	return nil
}

// manages reports whether the asker manages one of the programs.
func (o *Org) manages(ctx context.Context, who actor.Actor, programs []string) (bool, error) {
	if who.Role() != actor.ProgramManager {
		return false, nil
	}
	id, err := record.ParseID[Staff](who.Worker())
	if err != nil {
		return false, nil
	}
	me, err := o.Read(ctx, who, id)
	if err != nil {
		return false, err
	}
	return slices.ContainsFunc(me.Value.in(who.Role(), o.door.Clock().Now()), func(p string) bool { return slices.Contains(programs, p) }), nil
}

// EndCover ends a coverage now, and tells both, but for who did it. It ends by itself
// at its date.
func (o *Org) EndCover(ctx context.Context, who actor.Actor, id CoverageID) error {
	const op = "coverage.end"
	now := o.door.Clock().Now()
	before, err := o.coverages.Read(ctx, who, id)
	if err != nil {
		return err
	}
	w := o.door.Work(who, op)
	o.coverages.Change(w, "end", id, 0, func(c *Coverage) error {
		if c.State(now) == "over" {
			return fault.Conflictf(op, "it is over already")
		}
		c.Until, c.EndedEarly = now, true
		if c.From.After(now) {
			c.From = now
		}
		return nil
	})
	if c := before.Value; !who.Service() {
		o.notices.TellOf(w, who, c.Cover, CoverEnded, coveragePath, c.Absent, time.Time{}, time.Time{})
		o.notices.TellOf(w, who, c.Absent, NotCovered, coveragePath, c.Cover, time.Time{}, time.Time{})
	}
	return w.Commit(ctx)
}

// Coverages lists who stands in for whom; worker narrows it to those who stand in
// for that worker, cover to those that worker has taken on.
func (o *Org) Coverages(ctx context.Context, who actor.Actor, absent, cover, after string) (record.List[Coverage], error) {
	return o.coverages.Find(ctx, who, record.Query{Ref: absent, Owner: cover, After: after})
}
