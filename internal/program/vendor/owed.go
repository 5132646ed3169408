package vendor

import (
	"context"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// keepers are the roles that keep the register; the policies say so too.
var keepers = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}

// WantObligations implements [obligation.Module]: the gaps of vendors and the reviews that are
// due, of whoever looks after a vendor and of those who keep the register.
func (vs *Vendors) WantObligations(_ *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	return func(ctx context.Context) (out []obligation.Obligation, err error) {
		if !vs.Sees(who) {
			return nil, nil
		}
		if !ask.Asks(keepers...) {
			if n, err := vs.vendors.Tally(ctx, who, record.Query{Owner: ask.Only}); err != nil || n == 0 {
				return nil, err
			}
		}
		rows, err := vs.Register(ctx, who)
		if err != nil {
			return nil, err
		}
		for _, r := range rows {
			o := obligation.Obligation{Name: r.Value.Name, Roles: keepers, Path: "/vendors/" + r.ID.String()}
			if slices.ContainsFunc(ask.People, func(w obligation.Worker) bool { return w.ID == r.Value.Owner }) {
				o.Worker = r.Value.Owner
			}
			for _, g := range r.Gaps {
				o.Code, o.What, o.Why, o.Cite, o.Due = g.Code, "See to a vendor", g.Text, g.Cite, g.Since
				out = append(out, o)
			}
			if due := r.Value.ReviewDue(); due.After(ask.Now) {
				o.Code, o.What, o.Why, o.Cite, o.Due = GapReview, "Review a vendor", "Its review comes up.", law.Practice, due
				out = append(out, o)
			}
		}
		return out, nil
	}
}
