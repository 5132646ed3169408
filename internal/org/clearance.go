package org

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ClearanceName is the requirement that somebody was cleared, as facts and pages call it.
const ClearanceName = "workforce/clearance"

// Outcome is what a check found.
type Outcome string

// The outcomes.
const (
	Cleared    Outcome = "cleared"
	NotCleared Outcome = "not_cleared"
)

// Clearance is what was found when it was checked whether somebody's access is appropriate
// (45 CFR 164.308(a)(3)(ii)(B)). Each person has one; a later check is a version of it.
type Clearance struct {
	Worker  string    `class:"program" doc:"Worker id of who was checked."`
	What    phi.Text  `class:"workforce" doc:"What was checked, as licence, references, background, and where the papers are filed."`
	Outcome Outcome   `class:"program" doc:"Cleared or not."`
	At      time.Time `class:"program" doc:"When it was recorded; being cleared counts from then on."`
	By      string    `class:"program" doc:"Worker id of who recorded it."`
	Until   time.Time `class:"program" doc:"Until when it counts, not included; empty for good."`
}

// ClearanceID is the id of a clearance.
type ClearanceID = record.ID[Clearance]

// ClearanceKind declares clearances.
var ClearanceKind = record.Define(record.Kind[Clearance]{
	Name:      "clearance",
	Doc:       "Whether somebody was cleared for access: what was checked, by whom, when, and what came of it.",
	Retention: "workforce",
	Labels: func(c Clearance) record.Labels {
		return record.Labels{Owner: c.Worker, State: string(c.Outcome), At: c.At, Due: c.Until, Ext: c.Worker}
	},
	Facts: func(_ string, _ record.Subject, c Clearance) []record.Fact {
		if c.Outcome != Cleared {
			return nil
		}
		return []record.Fact{record.Holding(c.Worker, ClearanceName, c.At, c.Until)}
	},
})

// ClearanceTerms is how the agency requires clearance; the zero value does not.
type ClearanceTerms struct {
	Since   time.Time `cbor:"1,keyasint,omitzero"` // since when it has been required
	From    time.Time `cbor:"2,keyasint,omitzero"` // since when on these terms
	Settle  int       `cbor:"3,keyasint,omitzero"` // days for whoever worked here already
	Grace   int       `cbor:"4,keyasint,omitzero"` // days after a clearance ran out, and for who begins
	Limited int       `cbor:"5,keyasint,omitzero"` // days of reading alone after those
}

// Required reports whether the agency requires clearance.
func (t ClearanceTerms) Required() bool { return !t.Since.IsZero() }

func (t ClearanceTerms) facts() []record.Fact {
	if !t.Required() {
		return nil
	}
	return []record.Fact{record.Requirement{
		Name: ClearanceName, Class: policy.Clearance, Since: t.Since, Settle: t.Settle, Grace: t.Grace, Limited: t.Limited,
	}.Fact(t.From, time.Time{})}
}

// Checked is a check to be recorded.
type Checked struct {
	What    phi.Text
	Outcome Outcome
	Until   time.Time // zero for good
}

// Clear records a check of somebody: from then on, and until its end, they are cleared, or
// they are not. Nobody records their own. The asker must have proved again who they are.
// Errors: Invalid with fields, Denied, NotFound.
func (o *Org) Clear(ctx context.Context, who actor.Actor, worker ID, c Checked) error {
	const op = "clearance.record"
	now := o.door.Clock().Now()
	c.What = phi.NewText(strings.TrimSpace(c.What.Disclose()))
	next := Clearance{Worker: worker.String(), What: c.What, Outcome: c.Outcome, At: now, By: who.Worker(), Until: c.Until}
	own := worker.String() == who.Worker()
	if may, err := o.door.May(ctx, who, op, record.Subject{}, own, ClearanceKind.Classes()); err != nil {
		return err
	} else if may.Contains(ClearanceKind.Classes()) {
		var wrong []fault.Field
		if n := utf8.RuneCountInString(c.What.Disclose()); n == 0 {
			wrong = append(wrong, fault.Field{Name: "what", Message: "Say what was checked, and where the papers are filed."})
		} else if n > 2000 {
			wrong = append(wrong, fault.Field{Name: "what", Message: "Shorten this to 2,000 characters."})
		}
		if c.Outcome != Cleared && c.Outcome != NotCleared {
			wrong = append(wrong, fault.Field{Name: "outcome", Message: "Choose whether the person is cleared."})
		}
		if !c.Until.IsZero() && !c.Until.After(now) {
			wrong = append(wrong, fault.Field{Name: "until", Message: "Choose a last day that is still to come, or none."})
		}
		st, err := o.dir.Standing(ctx, worker.String())
		if err != nil {
			return err
		}
		if !st.Active {
			wrong = append(wrong, fault.Field{Name: "what", Message: "Access has ended; invite the person anew."})
		}
		if len(wrong) > 0 {
			return fault.InvalidFields(op, wrong...)
		}
	}
	id, found, err := o.clearanceOf(ctx, worker)
	if err != nil {
		return err
	}
	w := o.door.Work(who, op)
	w.Detail("worker", worker.String())
	if found {
		o.clearances.Change(w, "record", id, 0, func(old *Clearance) error {
			*old = next
			return nil
		})
	} else {
		o.clearances.CreateAs(w, op, record.Subject{}, next)
	}
	return w.Commit(ctx)
}

func (o *Org) clearanceOf(ctx context.Context, worker ID) (ClearanceID, bool, error) {
	id, _, _, found, err := o.clearances.FindExt(ctx, o.dir.who, worker.String())
	return id, found, err
}

// ClearanceOf returns how somebody was last checked, as far as the asker may see it; found
// is false if they never were.
func (o *Org) ClearanceOf(ctx context.Context, who actor.Actor, worker ID) (c record.Opened[Clearance], found bool, err error) {
	id, found, err := o.clearanceOf(ctx, worker)
	if err != nil || !found {
		return c, false, err
	}
	c, err = o.clearances.Read(ctx, who, id)
	return c, err == nil, err
}

// MaxTerm is the most days the agency can let pass before something is stopped.
const MaxTerm = 365

// RequireClearance says from now on whether everybody must be cleared, and on which terms:
// days in t are taken, the rest is set here. Whoever is not cleared loses access to
// clients' records when the days are over; an emergency stays open to them. The asker must
// have proved again who they are.
func (o *Org) RequireClearance(ctx context.Context, who actor.Actor, on bool, t ClearanceTerms) error {
	const op = "agency.clearance"
	var wrong []fault.Field
	for name, n := range map[string]int{"settle": t.Settle, "grace": t.Grace, "limited": t.Limited} {
		if n < 0 || n > MaxTerm {
			wrong = append(wrong, fault.Field{Name: name, Message: "Give days from 0 to 365."})
		}
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	id, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFoundf(op)
	}
	now := o.door.Clock().Now()
	w := o.door.Work(who, op)
	o.agencies.Change(w, "clearance", id, 0, func(a *Agency) error {
		since := a.Clearance.Since
		switch {
		case !on:
			a.Clearance = ClearanceTerms{}
			return nil
		case since.IsZero():
			since = now
		}
		a.Clearance = ClearanceTerms{Since: since, From: now, Settle: t.Settle, Grace: t.Grace, Limited: t.Limited}
		return nil
	})
	return w.Commit(ctx)
}
