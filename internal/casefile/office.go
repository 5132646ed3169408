package casefile

import (
	"context"

	"caseward/internal/org"
)

// Office answers what cases need to know of the agency and stands in none of
// them. [org.Directory] does.
type Office interface {
	Agency(ctx context.Context) (org.Agency, error)
	Standing(ctx context.Context, worker string) (org.Standing, error)
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
