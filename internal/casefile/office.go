package casefile

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
)

// Office answers what cases need to know of the agency and stands in none of
// them. [org.Directory] does.
type Office interface {
	Agency(ctx context.Context) (org.Agency, error)
	Standing(ctx context.Context, worker string) (org.Standing, error)
	Programs(ctx context.Context, worker string) ([]string, error)
}

// Ask says who knows the agency. Where nobody does, the stricter holds: what is
// handed over is kept as the record of a Part 2 program.
func (cs *Cases) Ask(o Office) { cs.office = o }

// setting is what is known of the agency at one moment. It is asked for before a
// work is planned: an edit runs where nothing may be read.
type setting struct {
	agency org.Agency
	known  bool
}

func (cs *Cases) setting(ctx context.Context) setting {
	if cs.office == nil {
		return setting{}
	}
	a, err := cs.office.Agency(ctx)
	return setting{agency: a, known: err == nil}
}

// part2 reports whether what is handed over in a program is a record of a Part 2
// program (42 CFR 2.11). One that is not known counts as one: what was kept too
// strictly can be opened later, what leaked cannot be called back.
func (s setting) part2(program string) bool {
	p, found := s.agency.Program(program)
	return !s.known || !found || p.SUD
}

// stays reports whether a case of a program goes only to those who work in it. A
// program that nobody entered has nobody who works in it, so it holds nothing up.
func (s setting) stays(program string) bool {
	p, found := s.agency.Program(program)
	return found && p.SUD
}

// day is the day it is in the agency at t, and in is the day some days after that.
// What falls due, and the day a case is opened or closed, is by the agency's
// calendar: in the evening it is tomorrow in UTC already.
func (s setting) day(t time.Time) phi.Date { return s.in(t, 0) }

func (s setting) in(t time.Time, days int) phi.Date {
	y, m, d := t.In(s.agency.Zone()).AddDate(0, 0, days).Date()
	return phi.NewDate(y, int(m), d)
}

// reviewAfter is how many days after a case was opened its plan is reviewed first
// where no day is chosen (agency practice).
const reviewAfter = 90

// Carries reports whether somebody in a role can have cases assigned or offered:
// the policies open nothing to others by it.
func Carries(r actor.Role) bool { return r == actor.CaseManager || r == actor.Supervisor }

// Joins reports whether somebody in a role can be on a care team.
func Joins(r actor.Role) bool { return Carries(r) || r == actor.ProgramManager || r == actor.Intake }

// colleague checks that somebody is to have a part in a case: they work here, in
// a role the part is for. field is what a form calls them; an empty worker is
// nobody, which is for the caller to judge. No other place checks an id that came
// from a form.
func (cs *Cases) colleague(ctx context.Context, field, worker string, fits func(actor.Role) bool) ([]fault.Field, error) {
	if cs.office == nil || worker == "" {
		return nil, nil
	}
	s, err := cs.office.Standing(ctx, worker)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if err != nil || !s.Active || !slices.ContainsFunc(s.Roles(), fits) {
		return []fault.Field{{Name: field, Message: "This colleague cannot have cases. Choose another."}}, nil
	}
	return nil, nil
}

// unfit are those of a care team who can have no part in a case, and why.
type unfit map[string][]fault.Field

// unfit is colleague for everybody on a care team.
func (cs *Cases) unfit(ctx context.Context, team []Member) (unfit, error) {
	out := unfit{}
	for _, m := range team {
		bad, err := cs.colleague(ctx, "team", m.Worker, Joins)
		if err != nil {
			return nil, err
		}
		if bad != nil {
			out[m.Worker] = bad
		}
	}
	return out, nil
}

// joining is what is wrong with a team beside the one of before: who is new on it, or
// would be on it for longer. Who is on it already may stay, also where they left since:
// a team is not kept as it is because of one who is unchanged.
func (u unfit) joining(team, before []Member) []fault.Field {
	for _, m := range team {
		bad := u[m.Worker]
		if bad == nil {
			continue
		}
		i := slices.IndexFunc(before, func(x Member) bool { return x.Worker == m.Worker })
		if i < 0 {
			return bad
		}
		if until := before[i].Until; !until.IsZero() && (m.Until.IsZero() || m.Until.After(until)) {
			return bad
		}
	}
	return nil
}

// programsOf says in which programs somebody works.
func (cs *Cases) programsOf(ctx context.Context, worker string) (works func(program string) bool, err error) {
	if cs.office == nil {
		return func(string) bool { return true }, nil
	}
	list, err := cs.office.Programs(ctx, worker)
	if fault.Is(err, fault.NotFound) {
		err = nil // said of them already, by colleague
	}
	return func(program string) bool { return slices.Contains(list, program) }, err
}
