package work

import (
	"net/http"
	"slices"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// closeWords say the reasons for closing a case.
var closeWords = map[casefile.CloseReason]string{
	casefile.GoalsMet: "Goals met", casefile.Transferred: "Transferred to another program", casefile.MovedAway: "Moved away",
	casefile.LostContact: "Contact was lost", casefile.Declined: "The client declined services", casefile.NotEligible: "No longer eligible",
	casefile.Died: "The client died", casefile.OpenedInVain: "Opened in error",
}

// workers are the colleagues who can have a part in a client's care.
func (w *Work) workers(r *site.Request) ([]ui.Option, error) { return w.workersWho(r, casefile.Joins) }

// workersWho are those in a role that fits.
func (w *Work) workersWho(r *site.Request, fits func(actor.Role) bool) ([]ui.Option, error) {
	all, err := w.Org.Everybody(r.Ctx(), r.Who, org.StaffQuery{})
	if err != nil {
		return nil, err
	}
	out := []ui.Option{}
	for _, s := range all {
		if slices.ContainsFunc(s.Value.Held(r.Now).Roles(), fits) {
			out = append(out, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose() + ", " + ui.RoleName(r.Lang, s.Value.Role)})
		}
	}
	ui.ByText(out)
	return append([]ui.Option{{Text: r.T("Choose a colleague")}}, out...), nil
}

// casePage makes the form of kind, with what was typed if form is not nil.
func (w *Work) casePage(r *site.Request, kind pages.CaseForm, form *ui.Form) (site.Answer, error) {
	return w.caseMerge(r, kind, form, false)
}

// caseMerge is casePage; merge puts what was typed together with what a colleague
// saved meanwhile. A form that takes a step, as assigning does, has nothing to put
// together: it says what happened and comes back filled, over the case as it is now.
func (w *Work) caseMerge(r *site.Request, kind pages.CaseForm, form *ui.Form, merge bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	var checks func() []pages.CloseCheck
	if kind == pages.CloseCase {
		checks = w.wantChecks(r, c)
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.CaseFormPage{Chart: w.head(r, c), Kind: kind}
	programs := w.programs(r.Ctx())
	var file casefile.Opened
	if kind != pages.OpenCase {
		found := false
		for _, o := range c.cases.Rows {
			if o.ID.String() == r.PathValue("case") {
				names, err := w.names(r, o.Value.Worker)
				if err != nil {
					return site.Answer{}, err
				}
				p.Case, found, file = caseLine(r, o, names, programs), true, o
				p.Version = o.Version
			}
		}
		if !found {
			return site.Answer{}, fault.NotFoundf("case.read")
		}
	}
	if checks != nil {
		p.Checks = checks()
	}
	switch kind {
	case pages.OpenCase, pages.AssignCase, pages.JoinTeam, pages.OfferCase, pages.ReopenCase:
		fits := casefile.Carries
		if kind == pages.JoinTeam {
			fits = casefile.Joins
		}
		if p.Workers, err = w.workersWho(r, fits); err != nil {
			return site.Answer{}, err
		}
	}
	p.Programs = []ui.Option{{Text: r.T("Choose a program")}}
	for code, name := range programs {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	ui.ByText(p.Programs[1:])
	p.Reasons = []ui.Option{{Text: r.T("Choose a reason")}}
	for _, x := range casefile.CloseReasons() {
		p.Reasons = append(p.Reasons, ui.Option{Value: string(x), Text: r.T(closeWords[x])})
	}
	for _, l := range casefile.Levels() {
		p.Levels = append(p.Levels, ui.Option{Value: string(l), Text: levelWord(r, l).Disclose()})
	}
	today := r.Now.Format("2006-01-02")
	p.Form = ui.NewForm("opened", today, "from", today, "on", today)
	switch kind {
	case pages.OfferCase:
		p.Form = ui.NewForm("until", r.Now.Add(casefile.OfferLasts).Format("2006-01-02"))
	case pages.EditCase:
		p.Form = caseFormOf(file.Value)
	case pages.RenewCase:
		p.Eligible = eligibleText(r, file.Value)
		p.Form = ui.Form{}
		if d, ok := dayAfter(file.Value.EligibleUntil); ok {
			p.Form = ui.NewForm("eligible_from", d.Format("2006-01-02"), "eligible_until", d.AddDate(1, 0, -1).Format("2006-01-02"))
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.CaseFormView(f, p) }
	switch {
	case merge && form != nil && kind != pages.EditCase:
		names, err := w.names(r, file.ChangedBy, file.Value.Worker)
		if err != nil {
			return site.Answer{}, err
		}
		p.Form = *form
		p.Changed = &pages.CaseChange{By: names[file.ChangedBy], At: file.ChangedAt.In(r.Zone), Closed: !file.Value.IsOpen(), Worker: names[file.Value.Worker]}
		return site.Page(view).Status(http.StatusConflict), nil
	case merge && form != nil:
		names, err := w.names(r, file.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(*form, p.Form, pages.CaseFields()...)
		m.By, m.At = names[file.ChangedBy], file.ChangedAt.In(r.Zone)
		p.Merged, p.Form = &m, m.Form
		return site.Page(view).Status(http.StatusConflict), nil
	case form != nil:
		p.Form = *form
		if kind != pages.OpenCase {
			p.Version = versionOf(r) // what was typed belongs to the version it was typed over
		}
		return site.Invalid(view), nil
	}
	return page(view)
}

// caseFormOf is a case as the form that edits it shows it.
func caseFormOf(c casefile.Case) ui.Form {
	return ui.NewForm("level", string(c.Level), "next_on", c.NextContactOn.DiscloseISO(), "next", c.NextContact.Disclose(),
		"review_on", c.PlanReviewOn.DiscloseISO(), "open_reason", c.OpenReason.Disclose())
}

func dayAfter(d phi.Date) (time.Time, bool) {
	if d.Empty() {
		return time.Time{}, false
	}
	return casefile.Midnight(d).AddDate(0, 0, 1), true
}

// eligibleText says from when until when the client is eligible.
func eligibleText(r *site.Request, c casefile.Case) phi.Text {
	from, until := ui.ShowDate(c.EligibleFrom, r.Lang), ui.ShowDate(c.EligibleUntil, r.Lang)
	switch {
	case from != "" && until != "":
		return phi.NewText(r.T("%s to %s", from, until))
	case until != "":
		return phi.NewText(r.T("until %s", until))
	case from != "":
		return phi.NewText(r.T("since %s", from))
	}
	return phi.Text{}
}

// wantChecks asks the chart's view for what is still open about a client whose
// case is to be closed; the answer is there once it is opened.
func (w *Work) wantChecks(r *site.Request, c *chart) func() []pages.CloseCheck {
	drafts := w.Notes.WantDraftsOf(c.view, c.id)
	met := w.Conferences.WantOf(c.view, c.id)
	return func() []pages.CloseCheck {
		base := "/clients/" + c.id.String()
		out := []pages.CloseCheck{{Text: r.T("All notes are signed"), Done: true}, {Text: r.T("No decision of a conference is open"), Done: true}, {Text: r.T("No offer is open"), Done: true}}
		if n := len(drafts.Rows); n > 0 {
			out[0] = pages.CloseCheck{Text: ui.N(r.Lang, n, "1 note is not signed", "%d notes are not signed"), URL: base + "/notes"}
		}
		n := 0
		for _, o := range met.Rows {
			n += len(o.Value.Pending())
		}
		if n > 0 {
			out[1] = pages.CloseCheck{Text: ui.N(r.Lang, n, "1 decision of a conference is open", "%d decisions of conferences are open"), URL: base + "/conferences"}
		}
		for _, o := range c.cases.Rows {
			if o.ID.String() != r.PathValue("case") {
				continue
			}
			if _, ok := o.Value.OpenOffer(r.Now); ok {
				out[2] = pages.CloseCheck{Text: r.T("The case is offered to a colleague; the offer ends with it"), URL: base + "/case"}
			}
		}
		return out
	}
}

func (w *Work) openCaseForm(r *site.Request) (site.Answer, error) {
	return w.casePage(r, pages.OpenCase, nil)
}

func (w *Work) caseForm(kind pages.CaseForm) site.Handler {
	return func(r *site.Request) (site.Answer, error) { return w.casePage(r, kind, nil) }
}

// done leads back to the case tab, or shows the form again with what is wrong.
func (w *Work) done(r *site.Request, kind pages.CaseForm, err error, names map[string]string, said string) (site.Answer, error) {
	if fault.Is(err, fault.Invalid) {
		var fs []fault.Field
		for _, f := range fault.FieldsOf(err) {
			if n, ok := names[f.Name]; ok {
				f.Name = n
			}
			f.Message = r.T(f.Message)
			fs = append(fs, f)
		}
		form := r.Posted(fault.InvalidFields("case", fs...))
		return w.casePage(r, kind, &form)
	}
	if fault.Is(err, fault.Conflict) && kind != pages.OpenCase {
		form := r.Posted(nil)
		return w.caseMerge(r, kind, &form, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+r.PathValue("id")+"/case").Saying(ui.Good, said), nil
}

func civilDate(s string) phi.Date {
	d, err := phi.ParseDate(s)
	if err != nil {
		return phi.Date{}
	}
	return d
}

func (w *Work) openCase(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if _, bad := dayFrom(r, "opened", dayWrong); bad != nil {
		return w.done(r, pages.OpenCase, fault.InvalidFields("case.open", bad...), nil, "")
	}
	_, err = w.Cases.Open(r.Ctx(), r.Who, client, casefile.Opening{Program: r.Value("program"), Worker: r.Value("worker"), OpenedOn: civilDate(r.Value("opened"))})
	return w.done(r, pages.OpenCase, err, map[string]string{"opened_on": "opened"}, "Case opened.")
}

// part2 reports whether a program is under 42 CFR Part 2.
func (w *Work) part2(r *site.Request, program string) bool {
	a, err := w.Org.Directory().Agency(r.Ctx())
	if err != nil {
		return true // not known: the stricter
	}
	return slices.ContainsFunc(a.Programs, func(p org.Program) bool { return p.Code == program && p.SUD })
}

func handedOver(r *site.Request) casefile.Words { return casefile.Words{Matters: r.Text("words")} }

func caseID(r *site.Request) (casefile.ID, error) {
	return record.ParseID[casefile.Case](r.PathValue("case"))
}

func (w *Work) assignCase(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("worker") == "" {
		err = fault.InvalidFields("case.assign", fault.Field{Name: "worker", Message: "Choose a colleague."})
	} else {
		err = w.Cases.Assign(r.Ctx(), r.Who, id, versionOf(r), r.Value("worker"), handedOver(r))
	}
	return w.done(r, pages.AssignCase, err, map[string]string{"matters": "words"}, "Case assigned. The new worker can open the chart now and is told.")
}

func (w *Work) joinTeam(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return site.Answer{}, err
	}
	m := casefile.Member{Worker: r.Value("worker"), Role: r.Text("words")}
	from, bad := dayFrom(r, "from", dayWrong)
	until, wrong := dayFrom(r, "until", dayWrong)
	if bad = append(bad, wrong...); len(bad) > 0 {
		return w.done(r, pages.JoinTeam, fault.InvalidFields("case.assign", bad...), nil, "")
	}
	if from.After(r.Now) {
		m.From = from
	}
	if !until.IsZero() {
		m.Until = until.AddDate(0, 0, 1) // through the end of that day
	}
	err = w.Cases.Join(r.Ctx(), r.Who, id, m)
	return w.done(r, pages.JoinTeam, err, map[string]string{"team": "worker"}, "Added to the care team.")
}

func (w *Work) leaveTeam(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Cases.Leave(r.Ctx(), r.Who, id, r.Value("staff")); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+r.PathValue("id")+"/case").Saying(ui.Good, "No longer on the care team, from now on."), nil
}

func (w *Work) closeCase(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if _, bad := dayFrom(r, "on", dayWrong); bad != nil {
		return w.done(r, pages.CloseCase, fault.InvalidFields("case.close", bad...), nil, "")
	}
	err = w.Cases.Close(r.Ctx(), r.Who, id, versionOf(r), casefile.Closing{Reason: casefile.CloseReason(r.Value("reason")), On: civilDate(r.Value("on")), Note: r.Text("words")})
	return w.done(r, pages.CloseCase, err, map[string]string{"closed_on": "on", "outcome": "reason", "note": "words"}, "Case closed.")
}
