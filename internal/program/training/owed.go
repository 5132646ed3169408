package training

import (
	"context"
	"net/url"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
	"caseward/law"
)

// Cite is the paragraph for which something is taken, or [law.Practice].
func (w Why) Cite() string {
	switch w {
	case Hire:
		return "45 CFR 164.530(b)(2)(i)(B)"
	case Asked:
		return "45 CFR 164.530(b)(1)"
	case PolicyChange, SystemChange, LawChange:
		return "45 CFR 164.530(b)(2)(i)(C)"
	}
	return law.Practice
}

// WantObligations implements [obligation.Module]: the courses that are to be taken. What was
// passed is known from what the door was told, so that no attempt is opened for it.
func (t *Training) WantObligations(v *record.View, who actor.Actor, ask obligation.Ask) func(context.Context) ([]obligation.Obligation, error) {
	curricula := t.curricula.WantAll(v, record.Query{Limit: most})
	var own *record.List[Assignment]
	if ask.Only != "" {
		own = t.assignments.WantAll(v, record.Query{Owner: ask.Only, State: Open, Limit: most})
	}
	return func(ctx context.Context) ([]obligation.Obligation, error) {
		given := map[string][]record.Opened[Assignment]{}
		if own != nil {
			given[ask.Only] = own.Rows
		} else {
			all, err := t.assignments.Every(ctx, who, record.Query{State: Open})
			if err != nil {
				return nil, err
			}
			for _, g := range all {
				given[g.Value.Worker] = append(given[g.Value.Worker], g)
			}
		}
		names, err := t.names(ctx, ask.Lang)
		if err != nil {
			return nil, err
		}
		asked := map[actor.Held][]Line{}
		people := ask.Of()
		out := make([]obligation.Obligation, 0, 20*len(people))
		for _, w := range people {
			ls, ok := asked[w.Held]
			if !ok {
				ls = lines(curricula.Rows, w.Role, w.Also)
				asked[w.Held] = ls
			}
			for _, x := range stand(ask.Now, w, ls, given[w.ID], passed(ask.Items[w.ID])) {
				if !x.Asked || !x.Open && !x.Held || x.Due.IsZero() || x.Due.After(ask.Until) {
					continue
				}
				o := obligation.Obligation{Code: x.Course, Worker: w.ID, What: "Take a course", Name: x.Course, Why: x.Why.English(), Cite: x.Why.Cite(), Due: x.Due, Path: "/training/courses/" + url.PathEscape(x.Course)}
				if !x.Open { // it holds, and will not for long
					o.Why, o.Cite = Yearly.English(), Yearly.Cite()
				}
				if names != nil {
					if o.Name, ok = names[x.Course]; !ok {
						o.Name, o.Path = x.Course, "/training" // out of use: nobody can take it
					}
				}
				out = append(out, o)
			}
		}
		return out, nil
	}
}

// passed are the attempts that the door was told of, as far as it knows them.
func passed(items []record.Item) []OpenedAttempt {
	out := make([]OpenedAttempt, 0, len(items))
	for _, x := range items {
		code, ok := strings.CutPrefix(x.Name, requirement(""))
		if !ok || x.Held.IsZero() {
			continue
		}
		out = append(out, OpenedAttempt{Value: Attempt{Course: code, Status: Passed, Finished: x.Held, Until: x.Until}})
	}
	return out
}

// titles is what an edition that was published is called; it never changes.
type titles struct{ code, en, es string }

// names are the titles of the courses that are taken, by code; nil without a language.
// Each edition is read once.
func (t *Training) names(ctx context.Context, lang string) (map[string]string, error) {
	if lang == "" {
		return nil, nil
	}
	ids, err := t.courses.InState(ctx, t.self, Published, "", most)
	if err != nil {
		return nil, err
	}
	out := map[string]string{}
	for _, id := range ids {
		t.mu.Lock()
		x, ok := t.titles[id]
		t.mu.Unlock()
		if !ok {
			o, err := t.courses.Read(ctx, t.self, id)
			if fault.Is(err, fault.NotFound) {
				continue
			} else if err != nil {
				return nil, err
			}
			x = titles{o.Value.Code, o.Value.In("en").Title, o.Value.In("es").Title}
			t.mu.Lock()
			t.titles[id] = x
			t.mu.Unlock()
		}
		if out[x.code] = x.en; lang == "es" {
			out[x.code] = x.es
		}
	}
	return out, nil
}
