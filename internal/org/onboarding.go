package org

import (
	"cmp"
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// StepKind is a step on the way of somebody new to their first chart.
type StepKind string

// The steps, in their order.
const (
	StepInvited     StepKind = "invited"         // an account was made
	StepSignedUp    StepKind = "signed_up"       // they chose how to sign in
	StepClearance   StepKind = "clearance"       // 45 CFR 164.308(a)(3)(ii)(B)
	StepOrientation StepKind = "orientation"     // 45 CFR 164.530(b)(2)(i)(B)
	StepAcknowledge StepKind = "acknowledgement" // the policies in force
	StepAccess      StepKind = "access"          // all of it: they can open charts of their own
)

// Step is one step of somebody's way.
type Step struct {
	Kind  StepKind
	Name  string       // of the requirement, "<module>/<code>"; empty where there is none
	Stage record.Stage // Met, or how far it is from stopping something
	At    time.Time    // when it was done; zero if it is not, or nobody knows when
	By    string       // worker id of who did it; empty where it is their own to do
	Until time.Time    // until when it counts, if it ends
	End   time.Time    // when nothing is left without it, if it is not met
}

// Done reports whether the step is behind them.
func (s Step) Done() bool { return s.Stage == record.Met }

// Way is the way of one person, with what comes next.
type Way struct {
	Person record.Opened[Staff]
	Steps  []Step
}

// Next is the first step that is not done; nil if all are.
func (w Way) Next() *Step {
	for i := range w.Steps {
		if !w.Steps[i].Done() {
			return &w.Steps[i]
		}
	}
	return nil
}

var stepOf = map[policy.Lack]StepKind{policy.Clearance: StepClearance, policy.Orientation: StepOrientation, policy.Acknowledgement: StepAcknowledge}

// Onboarding returns the way of one person: their own, or as who may see how people stand
// anybody's.
func (o *Org) Onboarding(ctx context.Context, who actor.Actor, id ID) (Way, error) {
	s, err := o.Read(ctx, who, id)
	if err != nil {
		return Way{}, err
	}
	items, err := o.door.Requirements(ctx, who, time.Time{}, s.Value.bearer(id, o.door.Clock().Now()))
	if err != nil {
		return Way{}, err
	}
	by := ""
	// Who cleared them is not for everybody who may know that they are.
	switch c, found, err := o.ClearanceOf(ctx, who, id); {
	case err == nil && found:
		by = c.Value.By
	case err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound):
		return Way{}, err
	}
	return way(s, items[id.String()], by), nil
}

// Underway returns the ways of everybody who works here and is not at the end of theirs,
// newest first. At most 500 people are looked at.
func (o *Org) Underway(ctx context.Context, who actor.Actor) ([]Way, error) {
	l, err := o.find(ctx, who, record.Query{NotState: string(Terminated), Limit: 500})
	if err != nil || len(l.Rows) == 0 {
		return nil, err
	}
	people := make([]record.Bearer, len(l.Rows))
	for i, s := range l.Rows {
		people[i] = s.Value.bearer(s.ID, o.door.Clock().Now())
	}
	items, err := o.door.Requirements(ctx, who, time.Time{}, people...)
	if err != nil {
		return nil, err
	}
	var out []Way
	for _, s := range l.Rows {
		if w := way(s, items[s.ID.String()], ""); w.Next() != nil {
			out = append(out, w)
		}
	}
	return out, nil
}

// way puts the steps of a person into their order.
func way(s record.Opened[Staff], items []record.Item, clearedBy string) Way {
	w := Way{Person: s, Steps: []Step{
		{Kind: StepInvited, Stage: record.Met, At: s.CreatedAt, By: s.CreatedBy},
		{Kind: StepSignedUp, Stage: record.Missing},
	}}
	if s.Value.Status != Invited {
		w.Steps[1].Stage = record.Met
	}
	access := Step{Kind: StepAccess, Stage: w.Steps[1].Stage}
	var steps []Step
	for _, x := range items {
		kind, ok := stepOf[x.Class]
		if !ok {
			continue
		}
		st := Step{Kind: kind, Name: x.Name, Stage: x.Stage, End: x.End}
		if st.Done() {
			st.At, st.Until = x.Held, x.Until
			if x.Name == ClearanceName {
				st.By = clearedBy
			}
			if access.Done() && st.At.After(access.At) {
				access.At = st.At
			}
		} else if x.Stage == record.Missing || x.Stage == record.Limited {
			access.Stage = record.Missing
		}
		steps = append(steps, st)
	}
	first := []StepKind{StepClearance, StepOrientation, StepAcknowledge}
	order.By(steps, func(a, b Step) int { return cmp.Compare(slices.Index(first, a.Kind), slices.Index(first, b.Kind)) })
	w.Steps = append(w.Steps, steps...)
	w.Steps = append(w.Steps, access)
	return w
}

// Describe says what a requirement of this package is called, in a language as "en", and
// where it is seen what comes next. Nobody clears themselves.
func (o *Org) Describe(_ context.Context, lang, code string) (title, path string, err error) {
	switch {
	case "workforce/"+code != ClearanceName:
		return code, "", nil
	case lang == "es":
		return "Habilitación para trabajar con clientes", "/account/onboarding", nil
	}
	return "Being cleared for work with clients", "/account/onboarding", nil
}
