package governance

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
)

// WantObligations implements [obligation.Module]: a function that law asks for and that
// nobody holds, or soon nobody will.
func (g *Governance) WantObligations(_ *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	return func(ctx context.Context) (out []obligation.Obligation, err error) {
		if !ask.Asks(appoints...) {
			return nil, nil
		}
		states, err := g.Now(ctx, who)
		if err != nil {
			return nil, err
		}
		for _, s := range states {
			if !s.Open() {
				continue
			}
			o := obligation.Obligation{
				Code: string(s.Function), Roles: appoints, What: "Designate a Privacy Officer", Why: "Nobody is designated.", Cite: s.Function.Cite(), Due: s.Vacant, Path: "/governance",
			}
			if s.Function == Security {
				o.What = "Designate a Security Officer"
			}
			if s.Vacant.IsZero() {
				o.Why, o.Due = "The designation ends, and nobody follows.", s.Ends
			}
			out = append(out, o)
		}
		return out, nil
	}
}
