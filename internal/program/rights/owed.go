package rights

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// WantObligations implements [obligation.Module]: that the security officer looks through
// the unused rights once a year (agency practice), the first time a year after the agency
// was set up here.
func (r *Rights) WantObligations(v *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	if !ask.Asks(actor.SecurityOfficer) {
		return func(context.Context) ([]obligation.Obligation, error) { return nil, nil }
	}
	last := r.looks.WantAll(v, record.Query{Limit: 1})
	return func(ctx context.Context) ([]obligation.Obligation, error) {
		o := obligation.Obligation{
			Code: "look", Roles: []actor.Role{actor.SecurityOfficer}, What: "Look through unused rights", Cite: law.Practice, Path: "/rights",
			Why: "Once a year somebody asks whether each role still needs what it may do.",
		}
		if len(last.Rows) > 0 {
			o.Due = last.Rows[0].Value.At.AddDate(1, 0, 0)
			return []obligation.Obligation{o}, nil
		}
		founded, err := r.dir.Founded(ctx)
		if fault.Is(err, fault.NotFound) {
			return nil, nil
		}
		o.Due = founded.AddDate(1, 0, 0)
		return []obligation.Obligation{o}, err
	}
}
