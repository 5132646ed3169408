package work

import (
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

// workers are the colleagues who can be assigned or join a team.
func (w *Work) workers(r *site.Request) ([]ui.Option, error) {
	l, err := w.Org.Staff(r.Ctx(), r.Who, org.StaffQuery{Limit: 500})
	if err != nil {
		return nil, err
	}
	out := []ui.Option{}
	for _, s := range l.Rows {
		switch s.Value.Role {
		case actor.CaseManager, actor.Supervisor, actor.ProgramManager, actor.Intake:
			out = append(out, ui.Option{Value: s.ID.String(), Text: s.Value.Name().Disclose() + ", " + ui.RoleName(r.Lang, s.Value.Role)})
		}
	}
	sortOptions(out)
	return append([]ui.Option{{Text: r.T("Choose a colleague")}}, out...), nil
}

// casePage makes the form of kind, with what was typed if form is not nil.
func (w *Work) casePage(r *site.Request, kind pages.CaseForm, form *ui.Form) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.CaseFormPage{Chart: w.head(r, c), Kind: kind}
	programs := w.programs(r.Ctx())
	if kind != pages.OpenCase {
		found := false
		for _, o := range c.cases.Rows {
			if o.ID.String() == r.PathValue("case") {
				names, err := w.names(r, o.Value.Worker)
				if err != nil {
					return site.Answer{}, err
				}
				p.Case, found = caseLine(r, o, names, programs), true
			}
		}
		if !found {
			return site.Answer{}, fault.NotFoundf("case.read")
		}
	}
	if kind != pages.CloseCase {
		if p.Workers, err = w.workers(r); err != nil {
			return site.Answer{}, err
		}
	}
	p.Programs = []ui.Option{{Text: r.T("Choose a program")}}
	for code, name := range programs {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	sortOptions(p.Programs[1:])
	p.Reasons = []ui.Option{{Text: r.T("Choose a reason")}}
	for _, x := range casefile.CloseReasons() {
		p.Reasons = append(p.Reasons, ui.Option{Value: string(x), Text: r.T(closeWords[x])})
	}
	today := r.Now.Format("2006-01-02")
	p.Form = ui.NewForm("opened", today, "from", today, "on", today)
	view := func(f ui.Frame) templ.Component { return pages.CaseFormView(f, p) }
	if form != nil {
		p.Form = *form
		return site.Invalid(view), nil
	}
	return page(view)
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
	_, err = w.Cases.Open(r.Ctx(), r.Who, client, casefile.Opening{Program: r.Value("program"), Worker: r.Value("worker"), OpenedOn: civilDate(r.Value("opened"))})
	return w.done(r, pages.OpenCase, err, map[string]string{"opened_on": "opened"}, "Case opened.")
}

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
		err = w.Cases.Assign(r.Ctx(), r.Who, id, 0, r.Value("worker"))
	}
	return w.done(r, pages.AssignCase, err, nil, "Case assigned. The new worker can open the chart now.")
}

func (w *Work) joinTeam(r *site.Request) (site.Answer, error) {
	id, err := caseID(r)
	if err != nil {
		return site.Answer{}, err
	}
	m := casefile.Member{Worker: r.Value("worker"), Role: r.Text("words")}
	if d, derr := time.ParseInLocation("2006-01-02", r.Value("from"), r.Zone); derr == nil && d.After(r.Now) {
		m.From = d
	}
	if s := r.Value("until"); s != "" {
		d, derr := time.ParseInLocation("2006-01-02", s, r.Zone)
		if derr != nil {
			return w.done(r, pages.JoinTeam, fault.InvalidFields("case.assign", fault.Field{Name: "until", Message: "Enter the date as month, day and year."}), nil, "")
		}
		m.Until = d.AddDate(0, 0, 1) // through the end of that day
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
	err = w.Cases.Close(r.Ctx(), r.Who, id, 0, casefile.Closing{Reason: casefile.CloseReason(r.Value("reason")), On: civilDate(r.Value("on")), Note: r.Text("words")})
	return w.done(r, pages.CloseCase, err, map[string]string{"closed_on": "on", "outcome": "reason", "note": "words"}, "Case closed.")
}
