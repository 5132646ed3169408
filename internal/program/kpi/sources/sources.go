// Package sources is where the figures for leadership come from. It knows the rooms that
// count, so that package kpi need not.
//
// To start: All.
package sources

import (
	"context"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/sanction"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
)

// title is what a figure is called.
type title int

const (
	standingMet title = iota
	trainingCurrent
	policiesAcknowledged
	officersGap
	vendorsBound
	sanctionsUndecided
)

// English is the title in words.
func (t title) English() string {
	switch t {
	case standingMet:
		return "People who have all their role requires"
	case trainingCurrent:
		return "Required training that is current"
	case policiesAcknowledged:
		return "Policies acknowledged"
	case officersGap:
		return "Days without an officer"
	case vendorsBound:
		return "Business associates under agreement"
	case sanctionsUndecided:
		return "Confirmed violations without a sanction decision"
	}
	return ""
}

// All is every source, in the order pages show them.
func All(d *record.Door, dir *org.Directory, g *governance.Governance, v *vendor.Vendors, s *sanction.Sanctions) []kpi.Source {
	return []kpi.Source{
		{
			Code: "standing.met", Title: standingMet.English(), Unit: kpi.Percent, Higher: true, Target: 100, Cite: "45 CFR 164.308(a)(3)",
			About: "Of all who worked here at the end of the period, in the role they had then, those who held everything that the role required then.",
			Count: required(d, dir, ""),
		},
		{
			Code: "training.current", Title: trainingCurrent.English(), Unit: kpi.Percent, Higher: true, Target: 95, Cite: "45 CFR 164.530(b)",
			About: "Of all courses that the roles required at the end of the period, counted for each person, those that were passed and not due again.",
			Count: required(d, dir, "training/"),
		},
		{
			Code: "policies.acknowledged", Title: policiesAcknowledged.English(), Unit: kpi.Percent, Higher: true, Target: 95, Cite: "45 CFR 164.530(i)",
			About: "Of all acknowledgements that policies in force required at the end of the period, counted for each person, those that were given.",
			Count: required(d, dir, "policy/"),
		},
		{
			Code: "officers.gap", Title: officersGap.English(), Unit: kpi.Days, Cite: "45 CFR 164.530(a)(1); 164.308(a)(2)",
			About: "How long in the period nobody was Privacy Officer, or nobody was Security Officer, as was on record at its end.",
			Count: func(ctx context.Context, who actor.Actor, p kpi.Period) (int64, int64, error) {
				without, asked, err := g.Without(ctx, who, p.From, p.Until)
				if err != nil || !asked {
					return 0, 0, err
				}
				return governance.Hundredths(without), 100, nil
			},
		},
		{
			Code: "vendors.bound", Title: vendorsBound.English(), Unit: kpi.Percent, Higher: true, Target: 100, Cite: "45 CFR 164.502(e)",
			About: "Of all business associates that worked for the agency at the end of the period, those with an agreement in effect, as was on record then.",
			Count: func(ctx context.Context, who actor.Actor, p kpi.Period) (int64, int64, error) {
				return v.Bound(ctx, who, p.Until)
			},
		},
		{
			Code: "sanctions.undecided", Title: sanctionsUndecided.English(), Unit: kpi.Count, Cite: "45 CFR 164.530(e)",
			About: "Violations of the rules by people who work here that were confirmed by the end of the period, and of which nobody had decided then what follows. That nothing does is a decision too.",
			Count: func(ctx context.Context, who actor.Actor, p kpi.Period) (int64, int64, error) {
				// Before anybody worked here there was nothing to count.
				members, err := dir.MembersAt(ctx, who, p.Until)
				if err != nil || len(members) == 0 {
					return 0, 0, err
				}
				n, err := s.Undecided(ctx, who, p.Until)
				return n, 1, err
			},
		},
	}
}

// required counts what was held of what was required, of names with a prefix; without one,
// the people who held it all.
func required(d *record.Door, dir *org.Directory, prefix string) func(context.Context, actor.Actor, kpi.Period) (int64, int64, error) {
	return func(ctx context.Context, who actor.Actor, p kpi.Period) (num, den int64, err error) {
		members, err := dir.MembersAt(ctx, who, p.Until)
		if err != nil || len(members) == 0 {
			return 0, 0, err
		}
		people := make([]record.Bearer, len(members))
		for i, m := range members {
			people[i] = record.Bearer{Worker: m.Worker, Role: m.Role, Also: m.Also}
		}
		// The last moment of the period: facts are kept to the microsecond.
		all, err := d.Requirements(ctx, who, p.Until.Add(-time.Microsecond), people...)
		if err != nil {
			return 0, 0, err
		}
		for _, b := range people {
			met := int64(1)
			for _, x := range all[b.Worker] {
				switch {
				case prefix == "" && x.Stage != record.Met:
					met = 0
				case prefix == "" || !strings.HasPrefix(x.Name, prefix):
				default:
					den++
					if x.Stage == record.Met {
						num++
					}
				}
			}
			if prefix == "" {
				num, den = num+met, den+1
			}
		}
		return num, den, nil
	}
}
