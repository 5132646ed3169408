package privacy

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/upkeep"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// server shows how the server is to whoever keeps it running.
func (p *Privacy) server(r *site.Request) (site.Answer, error) {
	s, err := p.Upkeep.Status(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	for _, t := range []*time.Time{&s.At, &s.Started, &s.SignedAt, &s.Looked} {
		*t = in(*t, r.Zone)
	}
	for _, all := range [][]upkeep.Place{s.Outside, s.Forwards} {
		for i := range all {
			all[i].At = in(all[i].At, r.Zone)
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Server(f, s) }), nil
}

// in is a time in a zone; no time stays none.
func in(t time.Time, zone *time.Location) time.Time {
	if t.IsZero() {
		return t
	}
	return t.In(zone)
}
