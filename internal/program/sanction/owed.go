package sanction

import (
	"context"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// Paths of the pages where what is owed is done.
const (
	path = "/sanctions/"
	mine = "/sanctions/mine"
)

// WantObligations implements [obligation.Module]: what is reported, to be looked into; what
// is confirmed, to be decided; what is appealed, to be looked at again; each of those who
// may, by name, so that nobody is told of what is about themselves. And of the person, to
// read what was decided while they may ask for another look.
func (s *Sanctions) WantObligations(v *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	lists := []*record.List[Sanction]{}
	want := func(state string) {
		lists = append(lists, s.sanctions.WantAll(v, record.Query{State: state, Limit: 500, Only: program}))
	}
	agency := who.Service() || slices.Contains(officers, who.Role())
	if agency {
		want(Reported)
		want(Confirmed)
		want(Appealed)
	}
	if agency || who.Role() == actor.ProgramManager {
		want(Referred)
	}
	var to *record.List[Sanction]
	if ask.Only != "" || who.Service() {
		to = s.sanctions.WantAll(v, record.Query{State: Decided, Owner: ask.Only, Limit: 500, Only: program})
	}
	return func(context.Context) (out []obligation.Obligation, err error) {
		for _, l := range lists {
			for _, o := range l.Rows {
				out = append(out, next(o, ask)...)
			}
		}
		if to == nil {
			return out, nil
		}
		for _, o := range to.Rows {
			x := o.Value
			if until := x.DecidedAt.Add(AppealWithin); until.After(ask.Now) && slices.ContainsFunc(ask.Of(), func(w obligation.Worker) bool { return w.ID == x.Person }) {
				out = append(out, obligation.Obligation{
					Code: "told " + o.ID.String(), Worker: x.Person, What: "Read what was decided about you", Why: "Until then you may ask for another look.",
					Cite: law.Practice, Due: until, Path: mine,
				})
			}
		}
		return out, nil
	}
}

// next is what is to be done of one, of each who may. It names neither whom it is about nor
// what happened.
func next(o Opened, ask obligation.Ask) (out []obligation.Obligation) {
	x := o.Value
	b := obligation.Obligation{Code: x.State + " " + o.ID.String(), Cite: law.Practice, Due: x.Due(), Path: path + o.ID.String()}
	roles, not := officers, x.FoundBy
	switch x.State {
	case Reported:
		b.What, b.Why = "Look into a report about a colleague", "It was reported, and nobody has said whether it is so."
	case Appealed:
		b.What, b.Why, not = "Look again at what was decided about a colleague", "The person asked for it.", x.DecidedBy
	case Confirmed, Referred:
		b.What, b.Why = "Decide what follows from a confirmed violation", "It is confirmed, and nobody has decided what follows."
		if x.State == Referred {
			roles = []actor.Role{actor.ProgramManager}
		}
	}
	for _, w := range ask.Of() {
		if w.Works(roles...) && w.ID != x.Person && w.ID != not {
			b.Worker = w.ID
			out = append(out, b)
		}
	}
	return out
}
