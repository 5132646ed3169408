package account

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// arranges says to whom the form is offered; the policies decide.
func arranges(who actor.Actor) bool {
	return who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager
}

func (a *Account) coverage(r *site.Request) (site.Answer, error) {
	v, err := a.coveragePage(r, ui.Form{})
	return site.Page(v), err
}

func (a *Account) coveragePage(r *site.Request, form ui.Form) (site.View, error) {
	list, err := a.org.Coverages(r.Ctx(), r.Who, "", "", "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, o := range list.Rows {
		ids = append(ids, o.Value.Absent, o.Value.Cover)
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return nil, err
	}
	p := pages.CoveragePage{Form: form, MayMake: arranges(r.Who)}
	for _, o := range list.Rows {
		if o.Value.State(r.Now) == "over" {
			continue
		}
		p.Rows = append(p.Rows, pages.CoverageRow{
			ID: o.ID.String(), Away: names[o.Value.Absent], Cover: names[o.Value.Cover], From: r.InZone(o.Value.From),
			// The last day it holds, not the first it does not.
			Until: r.InZone(o.Value.Until.Add(-time.Microsecond)), Words: ui.Show(o.Value.Why), MayEnd: p.MayMake,
		})
	}
	if p.MayMake {
		if p.Workers, p.Covers, err = a.coverChoices(r); err != nil {
			return nil, err
		}
	}
	return show("/coverage", func(f ui.Frame) templ.Component { return pages.Coverage(f, p) }), nil
}

// coverChoices are those the asker arranges for, and those who can stand in.
func (a *Account) coverChoices(r *site.Request) (away, covers []ui.Option, err error) {
	l, err := a.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Limit: everybody})
	if err != nil {
		return nil, nil, err
	}
	var mine []string
	for _, o := range l.Rows {
		if o.ID.String() == r.Who.Worker() && r.Who.Role() == actor.ProgramManager {
			mine = o.Value.Programs
		}
	}
	for _, o := range l.Rows {
		s := o.Value
		if s.Role == actor.CaseManager || s.Role == actor.Supervisor {
			covers = append(covers, person(r, o))
		}
		managed := slices.ContainsFunc(s.Programs, func(c string) bool { return slices.Contains(mine, c) })
		if o.ID.String() != r.Who.Worker() && (s.Supervisor == r.Who.Worker() || managed) {
			away = append(away, person(r, o))
		}
	}
	ui.ByText(away)
	ui.ByText(covers)
	return away, covers, nil
}

func (a *Account) cover(r *site.Request) (site.Answer, error) {
	c := org.Coverage{Absent: r.Value("worker"), Cover: r.Value("cover"), Why: r.Text("words")}
	var wrong []fault.Field
	today := time.Date(r.Now.Year(), r.Now.Month(), r.Now.Day(), 0, 0, 0, 0, r.Zone)
	switch from := r.Day("from"); {
	case from.Before(today):
		wrong = append(wrong, fault.Field{Name: "from", Message: "Choose today or a later day."})
	case from.After(today):
		c.From = from // from today on is from now on
	}
	if until := r.Day("until"); until.IsZero() {
		wrong = append(wrong, fault.Field{Name: "until", Message: "Choose a last day that is still to come."})
	} else {
		c.Until = until.AddDate(0, 0, 1)
	}
	err := fault.InvalidFields("coverage.create", wrong...)
	if len(wrong) == 0 {
		_, err = a.org.Cover(r.Ctx(), r.Who, c)
	}
	if fault.Is(err, fault.Invalid) {
		v, perr := a.coveragePage(r, ui.Posted(r.Form, renamed(err, map[string]string{"absent": "worker"})))
		return site.Page(v).Status(http.StatusUnprocessableEntity), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/coverage").Saying(ui.Good, "The coverage is arranged."), nil
}

func (a *Account) endCover(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[org.Coverage](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, fault.NotFoundf("coverage.end")
	}
	if err := a.org.EndCover(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/coverage").Saying(ui.Good, "The coverage is ended."), nil
}
