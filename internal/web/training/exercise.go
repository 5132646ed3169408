package training

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func campaignID(r *site.Request) (training.CampaignID, error) {
	return record.ParseID[training.Campaign](r.PathValue("id"))
}

func (p *Pages) exercises(r *site.Request) (site.Answer, error) {
	return p.exercisesWith(r, ui.NewForm("from", r.Now.AddDate(0, 0, 1).Format(time.DateOnly), "until", r.Now.AddDate(0, 0, 14).Format(time.DateOnly), "audience", everyone))
}

func (p *Pages) exercisesWith(r *site.Request, form ui.Form) (site.Answer, error) {
	all, err := p.Training.Campaigns(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.ExercisesPage{MayPlan: leads(r.Who), Domain: p.Training.Posting().Domain, Form: form}
	for _, o := range all {
		row, err := p.campaignRow(r, o)
		if err != nil {
			return site.Answer{}, err
		}
		out.Rows = append(out.Rows, row)
	}
	for _, l := range p.Training.Lures(string(r.Lang)) {
		out.Lures = append(out.Lures, ui.Option{Value: l.Code, Text: l.Title})
	}
	out.Audiences = []ui.Option{{Value: everyone, Text: r.T("Everyone")}}
	if out.MayPlan {
		for _, role := range actor.Roles() {
			out.Audiences = append(out.Audiences, ui.Option{Value: "role:" + string(role), Text: ui.RoleName(r.Lang, role)})
		}
		under, err := p.Training.Under(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		var bosses []string
		for _, w := range under {
			if w.Supervisor != "" {
				bosses = append(bosses, w.Supervisor)
			}
		}
		slices.Sort(bosses)
		names, err := p.Org.Directory().Names(r.Ctx(), r.Who, bosses)
		if err != nil {
			return site.Answer{}, err
		}
		for _, id := range slices.Compact(bosses) {
			out.Audiences = append(out.Audiences, ui.Option{Value: "team:" + id, Text: r.T("The team of %s", names[id])})
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Exercises(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

// campaignRow is a campaign with what came of it by count.
func (p *Pages) campaignRow(r *site.Request, o training.OpenedCampaign) (pages.CampaignRow, error) {
	v := o.Value
	row := pages.CampaignRow{ID: o.ID.String(), Title: v.Lure, From: v.From, Until: v.Until, State: v.Status, Count: v.Count}
	if l, ok := p.Training.Lure(string(r.Lang), v.Lure); ok {
		row.Title = l.Title
	}
	switch {
	case v.Role != "":
		row.To = ui.RoleName(r.Lang, v.Role)
	case v.Team != "":
		names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.Team})
		if err != nil {
			return row, err
		}
		row.To = r.T("The team of %s", names[v.Team])
	default:
		row.To = r.T("Everyone")
	}
	if v.Status == training.Draft {
		return row, nil
	}
	n, err := p.Training.Results(r.Ctx(), r.Who, o.ID)
	row.Results = pages.ExerciseResults(n)
	return row, err
}

// civil reads a day as its noon in UTC.
func civil(r *site.Request, name string) time.Time {
	t, err := time.Parse(time.DateOnly, r.Value(name))
	if err != nil {
		return time.Time{}
	}
	return t.Add(12 * time.Hour)
}

func (p *Pages) plan(r *site.Request) (site.Answer, error) {
	c := training.Campaign{Lure: r.Value("lure"), Lang: string(r.Lang), From: civil(r, "from"), Until: civil(r, "until")}
	if r.Value("mail_lang") != "" {
		c.Lang = r.Value("mail_lang")
	}
	switch kind, of, _ := strings.Cut(r.Value("audience"), ":"); kind {
	case everyone:
	case "team":
		c.Team = of
	default:
		// What is no role is refused as one.
		if c.Role = actor.Role(of); of == "" {
			c.Role = "?"
		}
	}
	id, err := p.Training.Plan(r.Ctx(), r.Who, c, r.Zone)
	if fault.Is(err, fault.Invalid) {
		return p.exercisesWith(r, r.Posted(err))
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/training/exercises/"+id.String()).Saying(ui.Good, "Planned. Nothing goes out before it is approved."), nil
}

func (p *Pages) exercise(r *site.Request) (site.Answer, error) {
	id, err := campaignID(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := p.Training.Campaign(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.ExercisePage{Domain: p.Training.Posting().Domain, MayRun: leads(r.Who)}
	if out.CampaignRow, err = p.campaignRow(r, o); err != nil {
		return site.Answer{}, err
	}
	domain := out.Domain
	if domain == "" {
		domain = "…"
	}
	if l, ok := p.Training.Lure(o.Value.Lang, o.Value.Lure); ok {
		out.MailFrom, out.Subject = l.FromName+" <"+l.From(domain)+">", l.Subject
		out.Mail = l.Said(r.T("(given name)"), "https://"+domain+"/…", domain)
		out.Tells = l.Told(domain)
	}
	if _, err := p.Training.Published(r.Ctx(), r.Who, training.RemedialCourse); err == nil {
		out.Ready = true
	} else if !fault.Is(err, fault.NotFound) {
		return site.Answer{}, err
	}
	if out.MayRun && o.Value.Status == training.Draft {
		if out.Own, err = p.Training.Own(r.Ctx(), r.Who, o.Value); err != nil {
			return site.Answer{}, err
		}
	}
	if !out.MayRun || o.Value.Status == training.Draft {
		return page(func(f ui.Frame) templ.Component { return pages.Exercise(f, out) })
	}
	rows, err := p.Training.Exercises(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, x := range rows {
		ids = append(ids, x.Value.Worker)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	for _, x := range rows {
		v := x.Value
		row := pages.ExerciseRow{Name: names[v.Worker], Outcome: string(v.Outcome()), Machines: v.Looked > 0 && v.Clicked.IsZero()}
		if !v.SentAt.IsZero() {
			row.Sent = v.SentAt.In(r.Zone)
		}
		out.People = append(out.People, row)
	}
	order.By(out.People, func(a, b pages.ExerciseRow) int { return strings.Compare(a.Name, b.Name) })
	return page(func(f ui.Frame) templ.Component { return pages.Exercise(f, out) })
}

func (p *Pages) run(r *site.Request) (site.Answer, error) {
	id, err := campaignID(r)
	if err != nil {
		return site.Answer{}, err
	}
	at := "/training/exercises/" + id.String()
	switch r.Value("do") {
	case "approve":
		err = p.Training.Approve(r.Ctx(), r.Who, id, r.Zone)
	case "stop":
		err = p.Training.Stop(r.Ctx(), r.Who, id)
	default:
		return site.Answer{}, fault.NotFoundf("campaign.approve")
	}
	switch {
	case fault.Is(err, fault.Conflict):
		return site.SeeOther(at).Refusing("Nothing was changed: somebody was faster, or something is missing. The page says what."), nil
	case err != nil:
		return site.Answer{}, err
	case r.Value("do") == "stop":
		return site.SeeOther("/training/exercises").Saying(ui.Good, "Stopped. Nothing more of it goes out."), nil
	}
	return site.SeeOther(at).Saying(ui.Good, "Approved. The mails go out in working hours, each at a minute of its own."), nil
}

func (p *Pages) suspicious(r *site.Request) (site.Answer, error) {
	return p.suspiciousWith(r, "")
}

// suspiciousWith is the page to report a mail; said is what came of it.
func (p *Pages) suspiciousWith(r *site.Request, said string) (site.Answer, error) {
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.SuspiciousPage{Officer: with["security_officer"], Said: said}
	return page(func(f ui.Frame) templ.Component { return pages.Suspicious(f, out) })
}

func (p *Pages) report(r *site.Request) (site.Answer, error) {
	was, err := p.Training.Report(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if was {
		return p.suspiciousWith(r, "ours")
	}
	return p.suspiciousWith(r, "other")
}

func visit(r *site.Request) training.Visit {
	return training.Visit{Addr: r.Visitor.Addr, Agent: r.UserAgent(), Head: r.Method == http.MethodHead}
}

// landed is where the link of a mail leads: to what could have been seen, kindly. It asks
// for nothing, and takes nothing.
func (p *Pages) landed(r *site.Request) (site.Answer, error) {
	l, err := p.Training.Look(r.Ctx(), r.PathValue("secret"), string(r.Lang), visit(r))
	return p.landing(r, l, err, false)
}

// here is that somebody is at that page: it is sent once somebody moves there, or goes on.
func (p *Pages) here(r *site.Request) (site.Answer, error) {
	err := p.Training.Click(r.Ctx(), r.PathValue("secret"), visit(r), r.Zone)
	if err == nil && r.Header.Get("HX-Request") == "true" {
		return site.File("text/plain; charset=utf-8", "", nil).Status(http.StatusNoContent), nil
	}
	var l training.Lure
	if err == nil {
		l, err = p.Training.Look(r.Ctx(), r.PathValue("secret"), string(r.Lang), visit(r))
	}
	return p.landing(r, l, err, true)
}

func (p *Pages) landing(r *site.Request, l training.Lure, err error, read bool) (site.Answer, error) {
	if fault.Is(err, fault.NotFound) {
		return site.Page(func(f ui.Frame) templ.Component { return pages.OutsideGone(f) }).Status(http.StatusNotFound), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	out := pages.LandingPage{Action: r.URL.Path, Title: l.Title, Tells: l.Told(p.Training.Posting().Domain), Days: training.RemedialDays, Read: read}
	return page(func(f ui.Frame) templ.Component { return pages.Landing(f, out) })
}
