// Package sanctions is the pages about what follows where somebody who works here broke a
// rule: the list and one of them for the officers, deciding, what the person reads of
// themselves, and the scale.
//
// Its handlers ask package program/sanction, which asks the door; they decide nothing
// themselves.
package sanctions

import (
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Pages is the handlers.
type Pages struct {
	sanctions *sanction.Sanctions
	org       *org.Org
	policies  *policydoc.Policies
	training  *training.Training
	committee *governance.Committees
}

// New returns the handlers.
func New(s *sanction.Sanctions, o *org.Org, p *policydoc.Policies, t *training.Training, c *governance.Committees) *Pages {
	return &Pages{s, o, p, t, c}
}

const home = "/sanctions"

// Routes is the part of the route table that is here.
func (p *Pages) Routes() []site.Route {
	return []site.Route{
		{Pattern: "GET /sanctions", Action: "sanction.find", Handle: p.list},
		{Pattern: "GET /sanctions/new", Action: "sanction.create", Handle: p.reportForm},
		{Pattern: "POST /sanctions/new", Action: "sanction.create", Handle: p.report},
		{Pattern: "GET /sanctions/mine", Action: "sanction.find", Handle: p.mine},
		{Pattern: "GET /sanctions/{id}/appeal", Action: "sanction.find", Handle: p.mine},
		{Pattern: "POST /sanctions/{id}/appeal", Action: "sanction.appeal", Handle: p.appeal},
		{Pattern: "GET /sanctions/scale", Action: "sanction_scale.read", Handle: p.scale},
		{Pattern: "GET /sanctions/scale/set", Action: "sanction_scale.change", Handle: p.scaleForm},
		{Pattern: "POST /sanctions/scale/set", Action: "sanction_scale.change", Handle: p.setScale},
		{Pattern: "GET /sanctions/{id}", Action: "sanction.read", Handle: p.sanction},
		{Pattern: "GET /sanctions/{id}/finding", Action: "sanction.read", Handle: p.sanction},
		{Pattern: "POST /sanctions/{id}/finding", Action: "sanction.settle", Handle: p.find},
		{Pattern: "GET /sanctions/{id}/decide", Action: "sanction.decide", Handle: p.decideForm},
		{Pattern: "POST /sanctions/{id}/decide", Action: "sanction.decide", Handle: p.decide},
		{Pattern: "GET /sanctions/{id}/answer", Action: "sanction.answer", Handle: p.answerForm},
		{Pattern: "POST /sanctions/{id}/answer", Action: "sanction.answer", Handle: p.answer},
	}
}

func idOf(r *site.Request) (sanction.ID, error) {
	id, err := record.ParseID[sanction.Sanction](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("sanction.read")
	}
	return id, nil
}

func at(id sanction.ID) string { return home + "/" + id.String() }

// number is a whole number of a form; what is none is one that is never allowed.
func number(r *site.Request, name string) int64 {
	n, err := strconv.ParseInt(r.Value(name), 10, 64)
	if err != nil {
		return -1
	}
	return n
}

func (p *Pages) names(r *site.Request, all ...sanction.Opened) (map[string]string, error) {
	var ids []string
	for _, o := range all {
		v := o.Value
		ids = append(ids, v.Person, v.ReportedBy, v.FoundBy, v.DecidedBy, v.AnsweredBy)
	}
	return p.org.Directory().Names(r.Ctx(), r.Who, ids)
}

func (p *Pages) list(r *site.Request) (site.Answer, error) {
	if !p.sanctions.Decides(r.Who) {
		return site.Answer{}, fault.DeniedBy("sanction.find")
	}
	rows, err := p.sanctions.All(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.SanctionsPage{All: r.Value("view") == "all", Handles: p.sanctions.Handles(r.Who)}
	page.Views = []ui.Tab{
		{Text: r.T("sanctions|Open"), URL: home, Current: !page.All}, {Text: r.T("sanctions|All"), URL: home + "?view=all", Current: page.All},
	}
	for _, o := range rows {
		if page.All || o.Value.Open() {
			page.Rows = append(page.Rows, o)
		}
	}
	page.Names, err = p.names(r, page.Rows...)
	return site.Page(func(f ui.Frame) templ.Component { return pages.Sanctions(f, page) }), err
}

func (p *Pages) reportForm(r *site.Request) (site.Answer, error) {
	if !p.sanctions.Handles(r.Who) {
		return site.Answer{}, fault.DeniedBy("sanction.create")
	}
	form := ui.NewForm("known", r.Now.Format(time.DateOnly), "person", r.Value("person"))
	if g := r.Value("glass"); g != "" {
		form.Add("cause", phi.NewText(string(sanction.Emergency)))
		form.Add("ref", phi.NewText(g))
	}
	v, err := p.reporting(r, form)
	return site.Page(v), err
}

func (p *Pages) reporting(r *site.Request, form ui.Form) (site.View, error) {
	page := pages.ReportSanctionPage{Form: form}
	l, err := p.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Limit: 500})
	if err != nil {
		return nil, err
	}
	for _, o := range l.Rows {
		if o.ID.String() != r.Who.Worker() {
			page.People = append(page.People, ui.Option{Value: o.ID.String(), Text: ui.Show(o.Value.Name()) + " · " + ui.RoleName(r.Lang, o.Value.Role)})
		}
	}
	ui.ByText(page.People)
	shelf, err := p.policies.List(r.Ctx(), r.Who)
	if err != nil {
		return nil, err
	}
	for _, o := range shelf.Documents {
		page.Policies = append(page.Policies, ui.Option{Value: o.Value.Code, Text: o.Value.Title})
	}
	ui.ByText(page.Policies)
	return func(f ui.Frame) templ.Component {
		f.Path = home + "/new"
		return pages.ReportSanction(f, page)
	}, nil
}

func (p *Pages) report(r *site.Request) (site.Answer, error) {
	id, err := p.sanctions.Report(r.Ctx(), r.Who, sanction.Sanction{
		Person: r.Value("person"), Cause: sanction.Cause(r.Value("cause")), Ref: r.Value("ref"), Policy: r.Value("policy"), Section: r.Value("section"),
		What: r.Value("what"), Known: r.Day("known"),
	})
	if fault.Is(err, fault.Invalid) {
		v, perr := p.reporting(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(at(id)).Saying(ui.Good, "Reported. Say here whether it is so, once you have looked."), nil
}

func (p *Pages) sanction(r *site.Request) (site.Answer, error) {
	v, err := p.sanctionWith(r, ui.NewForm("refer", "officer"))
	return site.Page(v), err
}

func (p *Pages) sanctionWith(r *site.Request, form ui.Form) (site.View, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	o, err := p.sanctions.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	x, me, handles := o.Value, r.Who.Worker(), p.sanctions.Handles(r.Who)
	if x.Person == me {
		// What they may read of it is on a page of its own.
		return nil, fault.DeniedBy("sanction.read")
	}
	x.Known = r.InZone(x.Known)
	page := pages.SanctionPage{
		Form: form, ID: id.String(), Version: strconv.FormatInt(o.Version, 10), Sanction: x, Reported: o,
		Finds: handles && x.State == sanction.Reported, Decides: x.Waits() && x.FoundBy != me, Found: x.Waits() && x.FoundBy == me,
		Answers: handles && x.State == sanction.Appealed && x.DecidedBy != me, ByMe: x.State == sanction.Appealed && x.DecidedBy == me,
	}
	if page.Names, err = p.names(r, o); err != nil {
		return nil, err
	}
	return func(f ui.Frame) templ.Component {
		f.Path = at(id)
		return pages.Sanction(f, page)
	}, nil
}

func (p *Pages) find(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = p.sanctions.Find(r.Ctx(), r.Who, id, number(r, "version"), r.Value("confirmed") == "yes", r.Value("refer") == "manager", sanction.Intent(r.Value("intent")), r.Value("finding"))
	if fault.Is(err, fault.Invalid) {
		v, perr := p.sanctionWith(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(at(id)).Saying(ui.Good, "It is kept what you found."), nil
}

func (p *Pages) decideForm(r *site.Request) (site.Answer, error) { return p.form(r, false) }
func (p *Pages) answerForm(r *site.Request) (site.Answer, error) { return p.form(r, true) }

func (p *Pages) form(r *site.Request, answer bool) (site.Answer, error) {
	op := "sanction.decide"
	if answer {
		op = "sanction.answer"
	}
	if !p.sanctions.Decides(r.Who) {
		return site.Answer{}, fault.DeniedBy(op)
	}
	if err := r.Proved(op); err != nil {
		return site.Answer{}, err
	}
	v, err := p.deciding(r, answer, ui.Form{})
	return site.Page(v), err
}

func (p *Pages) deciding(r *site.Request, answer bool, form ui.Form) (site.View, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	o, err := p.sanctions.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	x, me := o.Value, r.Who.Worker()
	switch {
	case x.Person == me || !answer && x.FoundBy == me || answer && x.DecidedBy == me:
		return nil, fault.DeniedBy("sanction.decide")
	case answer && x.State != sanction.Appealed || !answer && !x.Waits():
		return nil, fault.Conflictf("sanction.decide", "it waits for no decision")
	}
	page := pages.DecideSanctionPage{Form: form, ID: id.String(), Version: strconv.FormatInt(o.Version, 10), Sanction: x, Answer: answer}
	if v := form.Value("version"); !v.Empty() {
		page.Version = ui.Show(v)
	}
	if page.Scale, err = p.sanctions.Scale(r.Ctx(), r.Who); err != nil {
		return nil, err
	}
	names, err := p.names(r, o)
	if err != nil {
		return nil, err
	}
	page.Person = names[x.Person]
	if !answer {
		over, err := p.committee.Overview(r.Ctx(), r.Who)
		if err != nil {
			return nil, err
		}
		for _, d := range over.Decisions {
			page.Decisions = append(page.Decisions, ui.Option{Value: d.ID.String(), Text: d.Value.What + " · " + ui.DayYear(r.Lang, r.InZone(d.Value.Held))})
		}
	}
	if !answer && p.sanctions.Handles(r.Who) {
		courses, _, err := p.training.Courses(r.Ctx(), r.Who)
		if err != nil {
			return nil, err
		}
		for _, c := range courses {
			page.Courses = append(page.Courses, ui.Option{Value: c.Value.Code, Text: c.Value.In(string(r.Lang)).Title})
		}
		ui.ByText(page.Courses)
	}
	return func(f ui.Frame) templ.Component {
		f.Path = at(id) + "/decide"
		if answer {
			f.Path = at(id) + "/answer"
		}
		return pages.DecideSanction(f, page)
	}, nil
}

func (p *Pages) decide(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	d := sanction.Decision{
		Guard: sanction.Guard{Disclosure: sanction.Answer(r.Value("disclosure")), Opposition: sanction.Answer(r.Value("opposition"))},
		Level: int(number(r, "level")), Scale: number(r, "scale"), Why: r.Value("why"), Course: r.Value("course"),
		Committee: r.Value("committee"),
	}
	if d.Course != "" {
		d.Due = r.Day("due")
		if !d.Due.IsZero() {
			d.Due = d.Due.AddDate(0, 0, 1).Add(-time.Microsecond) // as the day ends
		}
	}
	if err = p.sanctions.Decide(r.Ctx(), r.Who, id, number(r, "version"), d); fault.Is(err, fault.Invalid) {
		v, perr := p.deciding(r, false, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	to := at(id)
	if !p.sanctions.Handles(r.Who) {
		to = home // once it is decided, it is the officers' again
	}
	return site.SeeOther(to).Saying(ui.Good, "It is decided. The person can read it, and may ask for another look. Tell them."), nil
}

func (p *Pages) answer(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = p.sanctions.Answer(r.Ctx(), r.Who, id, number(r, "version"), int(number(r, "level")), number(r, "scale"), r.Value("words"))
	if fault.Is(err, fault.Invalid) {
		v, perr := p.deciding(r, true, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(at(id)).Saying(ui.Good, "It is kept what came of the other look. The person can read it."), nil
}

func (p *Pages) mine(r *site.Request) (site.Answer, error) {
	v, err := p.told(r, ui.Form{})
	return site.Page(v), err
}

func (p *Pages) told(r *site.Request, form ui.Form) (site.View, error) {
	rows, err := p.sanctions.Told(r.Ctx(), r.Who)
	if err != nil {
		return nil, err
	}
	page := pages.ToldPage{Form: form, Rows: rows, Of: r.PathValue("id")}
	if page.Names, err = p.names(r, rows...); err != nil {
		return nil, err
	}
	return func(f ui.Frame) templ.Component {
		f.Path = home + "/mine"
		return pages.Told(f, page)
	}, nil
}

func (p *Pages) appeal(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err = p.sanctions.Appeal(r.Ctx(), r.Who, id, number(r, "version"), r.Value("words")); fault.Is(err, fault.Invalid) {
		v, perr := p.told(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(home+"/mine").Saying(ui.Good, "Another officer looks at it again."), nil
}

func (p *Pages) scale(r *site.Request) (site.Answer, error) {
	page := pages.ScalePage{Sets: p.sanctions.Scales(r.Who)}
	var err error
	if page.Scale, err = p.sanctions.Scale(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	ids := []string{page.Scale.By}
	for _, o := range page.Scale.Past {
		ids = append(ids, o.Value.By)
	}
	page.Names, err = p.org.Directory().Names(r.Ctx(), r.Who, ids)
	return site.Page(func(f ui.Frame) templ.Component { return pages.Scale(f, page) }), err
}

func (p *Pages) scaleForm(r *site.Request) (site.Answer, error) {
	if !p.sanctions.Scales(r.Who) {
		return site.Answer{}, fault.DeniedBy("sanction_scale.change")
	}
	if err := r.Proved("sanction_scale.change"); err != nil {
		return site.Answer{}, err
	}
	s, err := p.sanctions.Scale(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	form := ui.NewForm("version", strconv.FormatInt(s.Version, 10))
	for i, l := range s.Levels {
		n := "-" + strconv.Itoa(i+1)
		name := l.Name
		if s.Version == 0 {
			name = r.T(name)
		}
		form.Add("name"+n, phi.NewText(name))
		form.Add("about"+n, phi.NewText(l.About))
		if l.Ends {
			form.Add("ends"+n, phi.NewText("yes"))
		}
	}
	for i, n := range s.Usual {
		form.Add("usual-"+string(i), phi.NewText(strconv.Itoa(n)))
	}
	return site.Page(setting(form)), nil
}

func setting(form ui.Form) site.View {
	return func(f ui.Frame) templ.Component {
		f.Path = home + "/scale/set"
		return pages.Scale(f, pages.ScalePage{Form: form, Change: true})
	}
}

func (p *Pages) setScale(r *site.Request) (site.Answer, error) {
	s := sanction.Scale{Usual: map[sanction.Intent]int{}}
	for i := range sanction.MaxLevels {
		n := "-" + strconv.Itoa(i+1)
		s.Levels = append(s.Levels, sanction.Level{Name: r.Value("name" + n), About: r.Value("about" + n), Ends: r.Value("ends"+n) != ""})
	}
	// Empty rows at the end count for nothing.
	for n := len(s.Levels); n > 0 && s.Levels[n-1] == (sanction.Level{}); n-- {
		s.Levels = s.Levels[:n-1]
	}
	for _, i := range sanction.Intents() {
		s.Usual[i] = int(number(r, "usual-"+string(i)))
	}
	err := p.sanctions.SetScale(r.Ctx(), r.Who, number(r, "version"), s)
	if fault.Is(err, fault.Invalid) {
		return site.Invalid(setting(r.Posted(err))), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(home+"/scale").Saying(ui.Good, "The scale is set."), nil
}
