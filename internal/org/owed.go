package org

import (
	"context"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
)

// clearing are the roles that record whether somebody is cleared; the policies say so too.
var clearing = []actor.Role{actor.Administrator, actor.SecurityOfficer}

// WantObligations implements [obligation.Module]: whoever is to be cleared, or anew. It is
// asked of those who clear, for nobody clears themselves.
func (o *Org) WantObligations(_ *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	return func(context.Context) (out []obligation.Obligation, err error) {
		if !ask.Asks(clearing...) {
			return nil, nil
		}
		for _, w := range ask.People {
			items := ask.Items[w.ID]
			i := slices.IndexFunc(items, func(x record.Item) bool { return x.Name == ClearanceName })
			if i < 0 || items[i].Stage == record.Met && items[i].Until.IsZero() {
				continue
			}
			x := obligation.Obligation{
				Code: "clearance", Roles: clearing, About: w.ID, What: "Clear somebody for work with clients", Why: "No check is on record.",
				Cite: "45 CFR 164.308(a)(3)(ii)(B)", Due: items[i].Limit, Path: "/staff/" + w.ID + "/onboarding",
			}
			if items[i].Stage == record.Met {
				x.Why, x.Due = "The clearance runs out.", items[i].Until
			}
			out = append(out, x)
		}
		return out, nil
	}
}
