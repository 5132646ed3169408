package account

import (
	"context"
	"net/url"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/inspect"
	"caseward/internal/org"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// FirstAccess asks the log when somebody was first let at a client's record.
type FirstAccess func(ctx context.Context, who actor.Actor, b record.Bearer, since time.Time) (inspect.First, bool, error)

func clears(who actor.Actor) bool {
	return who.Role() == actor.Administrator || who.Role() == actor.SecurityOfficer
}

// asksLog says to whom the first access is shown; the policies decide.
func asksLog(who actor.Actor) bool {
	switch who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		return true
	}
	return false
}

// underway lists everybody who is on their way to their first chart.
func (a *Account) underway(r *site.Request) (site.Answer, error) {
	ways, err := a.org.Underway(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.UnderwayPage{MaySet: clears(r.Who)}
	for _, w := range ways {
		x := pages.UnderwayRow{ID: w.Person.ID.String(), Name: ui.Show(w.Person.Value.Name()), Role: w.Person.Value.Role, Since: r.InZone(w.Person.Value.Started)}
		for _, s := range w.Steps {
			if x.Of++; s.Done() {
				x.Done++
			}
		}
		if n := w.Next(); n != nil {
			x.Next = stepRow(r, *n, nil)
		}
		p.Rows = append(p.Rows, x)
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Underway(f, p) }), nil
}

func stepRow(r *site.Request, s org.Step, names map[string]string) pages.StepRow {
	if !s.Until.IsZero() {
		s.Until = s.Until.Add(-time.Microsecond) // the last day it counts, not the first it does not
	}
	return pages.StepRow{Kind: string(s.Kind), Name: s.Name, Done: s.Done(), Stopped: s.Stage == record.Missing || s.Stage == record.Limited, At: r.InZone(s.At), By: names[s.By], Until: r.InZone(s.Until), End: r.InZone(s.End)}
}

func (a *Account) onboarding(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	v, err := a.onboardingPage(r, id, ui.Form{})
	return site.Page(v), err
}

// ownOnboarding is where whoever was refused is led, and from where they come back.
func (a *Account) ownOnboarding(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[org.Staff](r.Who.Worker())
	if err != nil {
		return site.Answer{}, fault.NotFoundf("staff.read")
	}
	v, err := a.onboardingPage(r, id, ui.Form{})
	return site.Page(v), err
}

func (a *Account) onboardingPage(r *site.Request, id org.ID, form ui.Form) (site.View, error) {
	w, err := a.org.Onboarding(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, s := range w.Steps {
		ids = append(ids, s.By)
	}
	names, err := a.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return nil, err
	}
	s, own := w.Person.Value, id.String() == r.Who.Worker()
	p := pages.OnboardingPage{
		ID: id.String(), Name: ui.Show(s.Name()), Role: s.Role, Own: own, Form: form, Proved: r.Session.SteppedUp(),
		MayClear: clears(r.Who) && !own && s.Status != org.Terminated, Back: r.Local("back"),
	}
	for _, x := range w.Steps {
		p.Steps = append(p.Steps, stepRow(r, x, names))
	}
	if n := w.Next(); n != nil {
		p.Next = string(n.Kind)
	}
	switch c, found, err := a.org.ClearanceOf(r.Ctx(), r.Who, id); {
	case err == nil && found:
		p.Checked, p.What, p.Cleared = r.InZone(c.Value.At), ui.Show(c.Value.What), c.Value.Outcome == org.Cleared
	case err != nil && !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound):
		return nil, err
	}
	if a.cfg.First != nil && asksLog(r.Who) {
		since := s.Started
		if w.Person.CreatedAt.Before(since) {
			since = w.Person.CreatedAt
		}
		f, found, err := a.cfg.First(r.Ctx(), r.Who, record.Bearer{Worker: id.String(), Role: s.Role}, since)
		if err != nil {
			return nil, err
		}
		p.Asked = true
		if found {
			p.First, p.After, p.Nothing = r.InZone(f.Entry.At), f.After(), len(f.Items) == 0
		}
	}
	path := onboardingPath(id)
	if own {
		path = "/account/onboarding"
	}
	return show(path, func(f ui.Frame) templ.Component { return pages.Onboarding(f, p) }), nil
}

func onboardingPath(id org.ID) string { return staffPath(id) + "/onboarding" }

func (a *Account) clear(r *site.Request) (site.Answer, error) {
	id, err := staffID(r)
	if err != nil {
		return site.Answer{}, err
	}
	c := org.Checked{What: r.Text("what"), Outcome: org.Outcome(r.Value("outcome"))}
	if r.Value("until") != "" {
		until := r.Day("until")
		if until.IsZero() {
			err = fault.InvalidFields("clearance.record", fault.Field{Name: "until", Message: "Choose a last day that is still to come, or none."})
		}
		c.Until = until.AddDate(0, 0, 1)
	}
	if err == nil {
		err = a.org.Clear(r.Ctx(), r.Who, id, c)
	}
	if fault.Is(err, fault.Invalid) {
		v, perr := a.onboardingPage(r, id, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(onboardingPath(id)).Saying(ui.Good, "The check is recorded."), nil
}

func (a *Account) clearanceTerms(r *site.Request) (site.Answer, error) {
	if err := proven(r, clears, "agency.clearance"); err != nil {
		return site.Answer{}, err
	}
	agency, err := a.org.Directory().Agency(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	t := agency.Clearance
	on := ""
	if t.Required() {
		on = "yes"
	} else {
		t.Settle, t.Grace = 30, 0
	}
	form := ui.NewForm("on", on, "settle", strconv.Itoa(t.Settle), "grace", strconv.Itoa(t.Grace), "limited", strconv.Itoa(t.Limited))
	return site.Page(clearanceView(form, r.InZone(t.Since))), nil
}

func clearanceView(form ui.Form, since time.Time) site.View {
	return show("/settings/clearance", func(f ui.Frame) templ.Component {
		return pages.ClearanceTerms(f, pages.ClearanceTermsPage{Form: form, Since: since})
	})
}

func (a *Account) requireClearance(r *site.Request) (site.Answer, error) {
	var t org.ClearanceTerms
	var wrong []fault.Field
	for name, to := range map[string]*int{"settle": &t.Settle, "grace": &t.Grace, "limited": &t.Limited} {
		n, err := strconv.Atoi(r.Value(name))
		if err != nil {
			wrong = append(wrong, fault.Field{Name: name, Message: "Give days from 0 to 365."})
		}
		*to = n
	}
	err := fault.InvalidFields("agency.clearance", wrong...)
	if len(wrong) == 0 {
		err = a.org.RequireClearance(r.Ctx(), r.Who, r.Value("on") != "", t)
	}
	if fault.Is(err, fault.Invalid) {
		return site.Invalid(clearanceView(r.Posted(err), time.Time{})), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/onboarding").Saying(ui.Good, "Saved. It holds from their next click on."), nil
}

// onboardingBack leads whoever comes back to the address of the form.
func (a *Account) onboardingBack(r *site.Request) (site.Answer, error) {
	return site.SeeOther("/staff/" + url.PathEscape(r.PathValue("id")) + "/onboarding"), nil
}
