package policydoc

import (
	"context"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// The roles that keep policies, and those that review and approve versions; the policies
// of access say so too.
var (
	keepers   = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}
	approvers = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer, actor.ProgramManager}
)

// WantObligations implements [obligation.Module]: versions to acknowledge, versions that wait
// to be approved, and documents to look at again.
func (ps *Policies) WantObligations(v *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	q := record.Query{State: InForce, DueBefore: ask.Until.UnixMicro() + 1, ByDue: true, Limit: 500}
	if !ask.Asks(keepers...) {
		q.Owner = ask.Only
	}
	docs := ps.docs.WantAll(v, q)
	var waiting *record.List[Version]
	if ask.Asks(approvers...) {
		waiting = ps.versions.WantAll(v, record.Query{State: InReview, Limit: 500})
	}
	return func(ctx context.Context) ([]obligation.Obligation, error) {
		out, err := ps.unacknowledged(ctx, ask)
		if err != nil {
			return nil, err
		}
		for _, d := range docs.Rows {
			x := d.Value
			if x.Due.IsZero() {
				continue
			}
			o := obligation.Obligation{Code: x.Code, What: "Look at a policy again", Name: x.Title, Why: "It is looked at in turn.", Cite: "45 CFR 164.316(b)(2)(iii)", Due: x.Due, Path: "/policies/doc/" + x.Code, Roles: keepers}
			if _, ok := x.Asked(); ok {
				o.Why = "Something happened that asks for it."
			}
			// Only those who keep policies say that one was looked at; its owner begins the
			// next version.
			if slices.ContainsFunc(ask.People, func(w obligation.Worker) bool { return w.ID == x.Owner }) {
				o.Worker = x.Owner
			}
			out = append(out, o)
		}
		if waiting == nil {
			return out, nil
		}
		for _, r := range waiting.Rows {
			x := r.Value
			if ask.Only != "" && x.Wrote(ask.Only) {
				continue
			}
			out = append(out, obligation.Obligation{
				Code: Cited(x.Code, r.ID), Roles: approvers, What: "Review and approve a policy", Name: x.Title,
				Why: "A new version waits, and nobody approves what they wrote.", Cite: "45 CFR 164.316(b)(1)", Path: "/policies/doc/" + x.Code,
			})
		}
		return out, nil
	}
}

// unacknowledged are the versions that those who are asked have not acknowledged.
func (ps *Policies) unacknowledged(ctx context.Context, ask obligation.Ask) (out []obligation.Obligation, err error) {
	names := map[string]string{}
	for _, w := range ask.Of() {
		for _, x := range ask.Items[w.ID] {
			code, ok := strings.CutPrefix(x.Name, "policy/")
			if !ok || x.Stage == record.Met {
				continue
			}
			name, known := names[code]
			if !known && ask.Lang != "" {
				if name, _, err = ps.Describe(ctx, ask.Lang, code); err != nil {
					return nil, err
				}
				names[code] = name
			}
			short, _, _ := strings.Cut(code, "@")
			out = append(out, obligation.Obligation{
				Code: code, Worker: w.ID, What: "Read and acknowledge a policy", Name: name, Why: "It is in force, and it binds your role.",
				Cite: law.Practice, Due: x.Limit, Path: "/policies/doc/" + short,
			})
		}
	}
	return out, nil
}
