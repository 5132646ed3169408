// Package governance is the pages about who leads the compliance program: the officers
// through time, designating one, and one designation; what they report to leadership in
// figures; the committee, its meetings and decisions; and who answers for what.
//
// Its handlers ask packages program/governance and program/kpi, which ask the door; they decide nothing
// themselves.
package governance

import (
	"cmp"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/sanction"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Pages is the handlers.
type Pages struct {
	gov      *governance.Governance
	com      *governance.Committees
	org      *org.Org
	kpi      *kpi.KPI
	policies *policydoc.Policies
	sanction *sanction.Sanctions
}

// New returns the handlers.
func New(g *governance.Governance, c *governance.Committees, o *org.Org, k *kpi.KPI, p *policydoc.Policies, s *sanction.Sanctions) *Pages {
	return &Pages{g, c, o, k, p, s}
}

const home = "/governance"

// Routes is the part of the route table that is here.
func (p *Pages) Routes() []site.Route {
	return append(append(p.reportRoutes(), p.committeeRoutes()...), []site.Route{
		{Pattern: "GET " + home, Action: "designation.find", Handle: p.officers},
		{Pattern: "GET /governance/designate", Action: "designation.create", Handle: p.designateForm},
		{Pattern: "POST /governance/designate", Action: "designation.create", Handle: p.designate},
		{Pattern: "GET /governance/officers/{id}", Action: "designation.read", Handle: p.officer},
		{Pattern: "POST /governance/officers/{id}/end", Action: "designation.end", Handle: p.end},
		{Pattern: "GET /governance/officers/{id}/end", Action: "designation.read", Handle: p.back},
		{Pattern: "POST /governance/officers/{id}/contact", Action: "designation.change", Handle: p.contact},
		{Pattern: "GET /governance/officers/{id}/contact", Action: "designation.read", Handle: p.back},
	}...)
}

// back leads whoever comes back to the address of a form to the page it is on.
func (p *Pages) back(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	return site.SeeOther(path(id)), err
}

func path(id governance.ID) string { return home + "/officers/" + id.String() }

func idOf(r *site.Request) (governance.ID, error) {
	id, err := record.ParseID[governance.Designation](r.PathValue("id"))
	if err != nil {
		return id, fault.NotFoundf("designation.read")
	}
	return id, nil
}

func (p *Pages) officers(r *site.Request) (site.Answer, error) {
	lines, err := p.gov.Timeline(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, l := range lines {
		for _, h := range l.Holders {
			ids = append(ids, h.Value.Person, h.Value.By, h.Value.EndedBy)
		}
	}
	names, err := p.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.OfficersPage{MayDesignate: p.gov.MayAppoint(r.Who), Figures: p.kpi.Sees(r.Who), Sanctions: p.sanction.Decides(r.Who)}
	for _, l := range lines {
		x := pages.OfficeLine{Title: l.Function.English(), Cite: l.Function.Cite(), Required: l.Function.Required(), Vacant: r.InZone(l.Vacant), Ends: r.InZone(l.Ends), Gap: governance.Hundredths(l.Gap)}
		for _, g := range l.Gaps {
			x.Gaps = append(x.Gaps, pages.Period{From: r.InZone(g.From), Until: r.InZone(g.Until)})
		}
		for _, h := range l.Holders {
			x.Holders = append(x.Holders, row(r, h.Opened, h.Span, h.Left, names))
		}
		page.Lines = append(page.Lines, x)
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Officers(f, page) }), nil
}

func row(r *site.Request, o governance.Opened, span governance.Span, left bool, names map[string]string) pages.OfficerRow {
	v := o.Value
	x := pages.OfficerRow{
		ID: o.ID.String(), Title: v.Function.English(), Person: names[v.Person], PersonID: v.Person, From: r.InZone(span.From), Until: r.InZone(span.Until), Now: span.Holds(r.Now),
		Document: v.Document, Contact: ui.Show(v.Contact), By: names[v.By], Alone: v.Alone, Conflicts: v.Conflicts, EndedBy: names[v.EndedBy], EndWhy: v.EndWhy, Left: left,
	}
	// Written down later than it began.
	if o.CreatedAt.Sub(v.From) > time.Minute {
		x.Entered = r.InZone(o.CreatedAt)
	}
	return x
}

// designateForm asks for the fresh proof before anything is typed.
func (p *Pages) designateForm(r *site.Request) (site.Answer, error) {
	if !p.gov.MayAppoint(r.Who) {
		return site.Answer{}, fault.DeniedBy("designation.create")
	}
	if err := r.Proved("designation.create"); err != nil {
		return site.Answer{}, err
	}
	v, err := p.form(r, ui.NewForm("function", r.Value("function")))
	return site.Page(v), err
}

func (p *Pages) form(r *site.Request, form ui.Form) (site.View, error) {
	page := pages.DesignatePage{Form: form}
	var err error
	if page.People, err = p.people(r); err != nil {
		return nil, err
	}
	for _, f := range governance.Functions() {
		page.Functions = append(page.Functions, ui.Option{Value: string(f), Text: r.T(f.English())})
	}
	return func(f ui.Frame) templ.Component {
		f.Path = "/governance/designate"
		return pages.Designate(f, page)
	}, nil
}

// people are those who work here, to choose from.
func (p *Pages) people(r *site.Request) (out []ui.Option, err error) {
	l, err := p.org.Staff(r.Ctx(), r.Who, org.StaffQuery{Limit: 500})
	for _, o := range l.Rows {
		out = append(out, ui.Option{Value: o.ID.String(), Text: ui.Show(o.Value.Name()) + " · " + ui.RoleName(r.Lang, o.Value.Role)})
	}
	order.By(out, func(a, b ui.Option) int { return cmp.Compare(a.Text, b.Text) })
	return out, err
}

// begins reads a day of a form as it begins in the agency's zone; today is now, and no
// day is zero.
func begins(r *site.Request, name string) (time.Time, error) {
	s := r.Value(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, r.Zone)
	if err == nil && s == r.Now.Format(time.DateOnly) {
		t = time.Time{}
	}
	return t, err
}

// lastDay reads a last day: the end is the midnight after it.
func lastDay(r *site.Request, name string) (time.Time, error) {
	s := r.Value(name)
	if s == "" {
		return time.Time{}, nil
	}
	t, err := time.ParseInLocation(time.DateOnly, s, r.Zone)
	return t.AddDate(0, 0, 1), err
}

func (p *Pages) designate(r *site.Request) (site.Answer, error) {
	d := governance.Designation{Person: r.Value("person"), Function: governance.Function(r.Value("function")), Document: r.Value("document"), Contact: r.Text("contact"), Conflicts: r.Value("conflicts")}
	var wrong []fault.Field
	var err error
	if d.From, err = begins(r, "from"); err != nil {
		wrong = append(wrong, fault.Field{Name: "from", Message: "Choose a day."})
	}
	if d.Until, err = lastDay(r, "until"); err != nil {
		wrong = append(wrong, fault.Field{Name: "until", Message: "Choose a day."})
	}
	err = fault.InvalidFields("designation.create", wrong...)
	var id governance.ID
	if len(wrong) == 0 {
		id, err = p.gov.Designate(r.Ctx(), r.Who, d)
	}
	if fault.Is(err, fault.Invalid) {
		v, perr := p.form(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(path(id)).Saying(ui.Good, "The designation is kept."), nil
}

func (p *Pages) officer(r *site.Request) (site.Answer, error) {
	v, err := p.one(r, nil)
	return site.Page(v), err
}

// one shows a designation; form is what was typed, or nil for what is on record.
func (p *Pages) one(r *site.Request, form *ui.Form) (site.View, error) {
	id, err := idOf(r)
	if err != nil {
		return nil, err
	}
	o, err := p.gov.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return nil, err
	}
	ended, err := p.org.Directory().Ended(r.Ctx(), o.Value.Person)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	span, left := o.Value.Span(), false
	if !ended.IsZero() && (span.Until.IsZero() || ended.Before(span.Until)) {
		span.Until, left = ended, true
	}
	names, err := p.org.Directory().Names(r.Ctx(), r.Who, []string{o.Value.Person, o.Value.By, o.Value.EndedBy})
	if err != nil {
		return nil, err
	}
	page := pages.OfficerPage{OfficerRow: row(r, o, span, left, names)}
	page.Proved = r.Session.SteppedUp()
	page.MayChange = p.gov.MayAppoint(r.Who) && (span.Until.IsZero() || span.Until.After(r.Now))
	if form != nil {
		page.Form = *form
	} else {
		page.Form.Add("contact", o.Value.Contact)
	}
	return func(f ui.Frame) templ.Component {
		f.Path = path(id)
		return pages.Officer(f, page)
	}, nil
}

func (p *Pages) again(r *site.Request, err error, kept ...string) (site.Answer, error) {
	form := r.Posted(err)
	for i := 0; i+1 < len(kept); i += 2 {
		form.Add(kept[i], phi.NewText(kept[i+1]))
	}
	v, perr := p.one(r, &form)
	return site.Invalid(v), perr
}

func (p *Pages) end(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	until, err := lastDay(r, "until")
	if err != nil {
		err = fault.InvalidFields("designation.end", fault.Field{Name: "until", Message: "Choose a day."})
	} else {
		err = p.gov.End(r.Ctx(), r.Who, id, 0, until, r.Value("why"))
	}
	if fault.Is(err, fault.Invalid) {
		return p.again(r, err, "contact", r.Value("contact_was"))
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(path(id)).Saying(ui.Good, "The end is kept. Designate somebody who follows."), nil
}

func (p *Pages) contact(r *site.Request) (site.Answer, error) {
	id, err := idOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err = p.gov.Reach(r.Ctx(), r.Who, id, 0, r.Text("contact")); fault.Is(err, fault.Invalid) {
		return p.again(r, err)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(path(id)).Saying(ui.Good, "Saved."), nil
}
