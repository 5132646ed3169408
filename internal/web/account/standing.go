package account

import (
	"slices"

	"github.com/a-h/templ"

	"caseward/internal/record"
	"caseward/internal/standing"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// standing is the page of what the asker must hold. Whoever was sent here, and lacks
// nothing any more, goes on to where they were going.
func (a *Account) standing(r *site.Request) (site.Answer, error) {
	lines, err := a.must.Mine(r.Ctx(), r.Who, string(r.Lang))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.StandingPage{Lines: lines, Next: r.Next(""), Glass: r.MayBreakGlass()}
	p.Stops = slices.ContainsFunc(lines, func(l standing.Line) bool { return l.Stage == record.Missing || l.Stage == record.Limited })
	p.Reads = p.Stops && !slices.ContainsFunc(lines, func(l standing.Line) bool { return l.Stage == record.Missing })
	if p.Next != "" && !p.Stops {
		return site.SeeOther(p.Next).Saying(ui.Good, "Everything your role requires is in order. Go on where you were."), nil
	}
	for i, l := range lines {
		lines[i].Until, lines[i].Limit, lines[i].End = l.Until.In(r.Zone), l.Limit.In(r.Zone), l.End.In(r.Zone)
		if l.Until.IsZero() {
			lines[i].Until = l.Until
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Standing(f, p) }), nil
}
