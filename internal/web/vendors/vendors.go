// Package vendors is the pages about whoever works for the agency from outside: the
// register and what is not as it should be, each vendor with its agreements, questionnaires,
// reviews and ending, and the pages that a vendor opens by a link, without an account.
//
// Its handlers ask package program/vendor, which asks the door; they decide nothing
// themselves.
package vendors

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
	"caseward/law"
)

// Pages is the handlers.
type Pages struct {
	vendors *vendor.Vendors
	org     *org.Org
	origin  string

	links, guesses counter
}

// New returns the handlers. origin begins the links that vendors get.
func New(v *vendor.Vendors, o *org.Org, origin string) *Pages {
	return &Pages{vendors: v, org: o, origin: origin, links: counter{most: perLink, in: perLinkIn}, guesses: counter{most: perGuesser, in: perGuessIn}}
}

// Routes is the part of the route table that is here.
func (p *Pages) Routes() []site.Route {
	all := []site.Route{
		{Pattern: "GET /vendors", Action: "vendor.find", Handle: p.register},
		{Pattern: "GET /vendors/new", Action: "vendor.create", Handle: p.newForm},
		{Pattern: "POST /vendors/new", Action: "vendor.create", Handle: p.create},
		{Pattern: "GET /vendors/{id}", Action: "vendor.read", Handle: p.vendor},
		{Pattern: "GET /vendors/{id}/edit", Action: "vendor.change", Handle: p.editForm},
		{Pattern: "POST /vendors/{id}/edit", Action: "vendor.change", Handle: p.change},
		{Pattern: "POST /vendors/{id}/assess", Action: "vendor.assess", Handle: p.assess},
		{Pattern: "GET /vendors/{id}/agreements/new", Action: "agreement.create", Handle: p.draftForm},
		{Pattern: "POST /vendors/{id}/agreements/new", Action: "agreement.create", Handle: p.draft},
		{Pattern: "GET /vendors/{id}/agreements/{agreement}", Action: "agreement.read", Handle: p.agreement},
		{Pattern: "GET /vendors/{id}/agreements/{agreement}/edit", Action: "agreement.change", Handle: p.redraftForm},
		{Pattern: "POST /vendors/{id}/agreements/{agreement}/edit", Action: "agreement.change", Handle: p.redraft},
		{Pattern: "POST /vendors/{id}/agreements/{agreement}/send", Action: "agreement.send", Handle: p.send},
		{Pattern: "POST /vendors/{id}/agreements/{agreement}/recall", Action: "agreement.change", Handle: p.recall},
		{Pattern: "GET /vendors/{id}/agreements/{agreement}/sign", Action: "agreement.sign", Handle: p.signForm},
		{Pattern: "POST /vendors/{id}/agreements/{agreement}/sign", Action: "agreement.sign", Handle: p.sign},
		{Pattern: "GET /vendors/{id}/agreements/{agreement}/end", Action: "agreement.end", Handle: p.endForm},
		{Pattern: "POST /vendors/{id}/agreements/{agreement}/end", Action: "agreement.end", Handle: p.end},
		{Pattern: "POST /vendors/{id}/ask", Action: "questionnaire.create", Handle: p.ask},
		{Pattern: "GET /vendors/{id}/questionnaires/{questionnaire}", Action: "questionnaire.read", Handle: p.questionnaire},
		{Pattern: "POST /vendors/{id}/questionnaires/{questionnaire}", Action: "questionnaire.except", Handle: p.except},
		{Pattern: "POST /vendors/{id}/report-link", Action: "vendorlink.create", Handle: p.reportLink},
		{Pattern: "GET /vendors/{id}/reports/{report}", Action: "vendorreport.read", Handle: p.report},
		{Pattern: "GET /by-link/agreement/{link}", Access: site.Public, Handle: p.limited(p.offer)},
		{Pattern: "POST /by-link/agreement/{link}", Access: site.Public, Handle: p.limited(p.countersign)},
		{Pattern: "GET /by-link/questions/{link}", Access: site.Public, Handle: p.limited(p.answering)},
		{Pattern: "GET /by-link/questions/{link}/{part}", Access: site.Public, Handle: p.limited(p.answering)},
		{Pattern: "POST /by-link/questions/{link}/{part}", Access: site.Public, Handle: p.limited(p.answer)},
		{Pattern: "GET /by-link/report/{link}", Access: site.Public, Handle: p.limited(p.reporting)},
		{Pattern: "POST /by-link/report/{link}", Access: site.Public, Handle: p.limited(p.told)},
	}
	return append(all, p.stepRoutes()...)
}

// lastDay reads a day as the midnight after it; one that cannot be read is zero.
func lastDay(r *site.Request, name string) time.Time {
	t := r.Day(name)
	if t.IsZero() {
		return t
	}
	return t.AddDate(0, 0, 1)
}

// written is a day as a form shows it.
func written(r *site.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.In(r.Zone).Format(time.DateOnly)
}

// before is the last whole day before a moment, as a form shows it.
func before(r *site.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return written(r, t.Add(-time.Microsecond))
}

// version is that of the record from which a form was made.
func version(r *site.Request) int64 {
	n, err := strconv.ParseInt(r.Value("version"), 10, 64)
	if err != nil || n < 1 {
		return -1 // of no record: somebody else changed it, as far as one can tell
	}
	return n
}

func id(r *site.Request) (vendor.ID, error) { return record.ParseID[vendor.Vendor](r.PathValue("id")) }

func here(r *site.Request) string { return "/vendors/" + r.PathValue("id") }

// placed has faults about fields that a page does not show said of it as a whole.
func placed(err error, shown ...string) ui.Form {
	var f ui.Form
	for _, x := range fault.FieldsOf(err) {
		if !slices.Contains(shown, x.Name) {
			x.Name = ""
		}
		f.Fail(x.Name, x.Message)
	}
	return f
}

func view(v func(f ui.Frame) templ.Component, invalid bool) (site.Answer, error) {
	if invalid {
		return site.Invalid(v), nil
	}
	return site.Page(v), nil
}

// register shows every vendor, or to an administrator those that connections reach.
func (p *Pages) register(r *site.Request) (site.Answer, error) {
	page := pages.VendorsPage{Begins: p.vendors.Begins(r.Who)}
	switch {
	case p.vendors.Sees(r.Who):
		rows, err := p.vendors.Register(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		for _, x := range rows {
			page.Rows = append(page.Rows, row(r, x, "/vendors/"+x.ID.String()))
		}
		for _, g := range vendor.InOrder(rows) {
			x := pages.VendorGap{URL: "/vendors/" + g.Vendor.ID.String(), Vendor: g.Vendor.Value.Name, Text: g.Text, Since: r.InZone(g.Since)}
			if g.Cite != law.Practice {
				x.Cite = g.Cite
			}
			page.Gaps = append(page.Gaps, x)
		}
	case p.vendors.SeesConnected(r.Who):
		page.Connected = true
		all, err := p.vendors.Connected(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		for _, o := range all {
			page.Rows = append(page.Rows, row(r, vendor.Row{Opened: o}, ""))
		}
	default:
		return site.Answer{}, fault.DeniedBy("vendor.find")
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Vendors(f, page) }), nil
}

func row(r *site.Request, x vendor.Row, url string) pages.VendorRow {
	v := x.Value
	out := pages.VendorRow{
		URL: url, Name: v.Name, Services: v.Services, Tier: v.Tier(), Status: v.Status.English(), Outcome: v.Outcome.English(),
		Needs: v.Outcome == vendor.Associate, Review: r.InZone(v.ReviewDue()), Ends: r.InZone(x.Ends),
	}
	if !out.Ends.IsZero() {
		out.Ends = out.Ends.Add(-time.Microsecond) // the last day on which it holds
	}
	if x.Bound {
		out.Agreement = x.Stage.English()
	}
	return out
}

// seen is what follows from what is said of a vendor.
func seen(v vendor.Vendor) pages.VendorSeen {
	v.Outcome, v.Reasons = vendor.Decide(v.Answers)
	return pages.VendorSeen{Outcome: v.Outcome, Reasons: v.Reasons, Tier: v.Tier(), Weights: v.Weights(), Months: v.ReviewMonths()}
}

// described reads what a form says of a vendor.
func described(r *site.Request) vendor.Vendor {
	has := func(name, value string) bool { return slices.Contains(r.Values(name), value) }
	v := vendor.Vendor{
		Name: r.Value("name"), Services: r.Value("services"), Contact: r.Text("contact"), Connector: r.Value("connector") == "yes",
		Answers: vendor.Answers{
			Creates: has("verbs", "creates"), Receives: has("verbs", "receives"), Maintains: has("verbs", "maintains"), Transmits: has("verbs", "transmits"),
			ForUs: has("answers", "for_us"), Workforce: has("answers", "workforce"), Treats: has("answers", "treats"), Benefits: has("answers", "benefits"), Passing: has("answers", "passing"),
		},
		Volume: vendor.Volume(r.Value("volume")), Dependency: vendor.Dependency(r.Value("dependency")), ExitPlan: r.Value("exit"), Classes: classes(r),
	}
	does, attested := r.Values("does"), r.Values("attested")
	for i, name := range r.Values("sub") {
		s := vendor.Subcontractor{Name: strings.TrimSpace(name)}
		if i < len(does) {
			s.Does = strings.TrimSpace(does[i])
		}
		if i < len(attested) {
			if t, err := time.ParseInLocation(time.DateOnly, strings.TrimSpace(attested[i]), r.Zone); err == nil {
				s.Attested = t
			}
		}
		if s != (vendor.Subcontractor{}) {
			v.Subcontractors = append(v.Subcontractors, s)
		}
	}
	return v
}

func classes(r *site.Request) (out []policy.Class) {
	for _, c := range r.Values("classes") {
		out = append(out, policy.Class(c))
	}
	return out
}

// spare is how many empty rows for subcontractors stand behind those in use.
const spare = 2

// form is what is on record of a vendor, as the form shows it.
func form(r *site.Request, v vendor.Vendor) ui.Form {
	f := ui.NewForm("name", v.Name, "services", v.Services, "volume", string(v.Volume), "dependency", string(v.Dependency), "exit", v.ExitPlan)
	f.Add("contact", v.Contact)
	if v.Connector {
		f = with(f, "connector", "yes")
	}
	for _, x := range []struct {
		is          bool
		name, value string
	}{
		{v.Answers.Creates, "verbs", "creates"}, {v.Answers.Receives, "verbs", "receives"}, {v.Answers.Maintains, "verbs", "maintains"}, {v.Answers.Transmits, "verbs", "transmits"},
		{v.Answers.ForUs, "answers", "for_us"}, {v.Answers.Workforce, "answers", "workforce"}, {v.Answers.Treats, "answers", "treats"}, {v.Answers.Benefits, "answers", "benefits"}, {v.Answers.Passing, "answers", "passing"},
	} {
		if x.is {
			f = with(f, x.name, x.value)
		}
	}
	for _, c := range v.Classes {
		f = with(f, "classes", string(c))
	}
	for _, s := range v.Subcontractors {
		f = with(f, "sub", s.Name, "does", s.Does, "attested", written(r, s.Attested))
	}
	return f
}

func (p *Pages) newForm(r *site.Request) (site.Answer, error) {
	if !p.vendors.Begins(r.Who) {
		return site.Answer{}, fault.DeniedBy("vendor.create")
	}
	return p.formPage(r, pages.VendorFormPage{Form: ui.NewForm("answers", "for_us")}, false)
}

// formPage shows the form of a vendor: a new one where it has no version.
func (p *Pages) formPage(r *site.Request, page pages.VendorFormPage, invalid bool) (site.Answer, error) {
	page.Title, page.Action, page.Back = r.T("New vendor"), "/vendors/new", "/vendors"
	if page.Version != "" {
		page.Title, page.Action, page.Back = r.T("What is said of the vendor"), here(r)+"/edit", here(r)
	}
	page.Subs = min(max(page.Form.Rows("sub"), spare)+spare, 100)
	return view(func(f ui.Frame) templ.Component { return pages.VendorForm(f, page) }, invalid)
}

func (p *Pages) create(r *site.Request) (site.Answer, error) {
	v := described(r)
	if r.Value("do") == "see" {
		s := seen(v)
		return p.formPage(r, pages.VendorFormPage{Form: r.Posted(nil), Seen: &s}, false)
	}
	made, err := p.vendors.Begin(r.Ctx(), r.Who, v)
	if fault.Is(err, fault.Invalid) {
		return p.formPage(r, pages.VendorFormPage{Form: r.Posted(err)}, true)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/vendors/"+made.String()).Saying(ui.Good, "The vendor is registered. What comes next stands at the top."), nil
}

func (p *Pages) editForm(r *site.Request) (site.Answer, error) {
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !p.vendors.Keeps(r.Who) {
		return site.Answer{}, fault.DeniedBy("vendor.change")
	}
	o, err := p.vendors.Read(r.Ctx(), r.Who, v)
	if err != nil {
		return site.Answer{}, err
	}
	return p.formPage(r, pages.VendorFormPage{Form: form(r, o.Value), Version: strconv.FormatInt(o.Version, 10)}, false)
}

func (p *Pages) change(r *site.Request) (site.Answer, error) {
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := described(r)
	page := pages.VendorFormPage{Form: r.Posted(nil), Version: r.Value("version")}
	switch r.Value("do") {
	case "see":
		s := seen(in)
		page.Seen = &s
		return p.formPage(r, page, false)
	case "assess":
		err = p.vendors.Assess(r.Ctx(), r.Who, v, version(r), &in)
	default:
		err = p.vendors.Describe(r.Ctx(), r.Who, v, version(r), in)
	}
	if fault.Is(err, fault.Invalid) {
		page.Form = r.Posted(err)
		if page.Again = page.Form.Error("answers") != "" || r.Value("do") == "assess"; page.Again {
			s := seen(in)
			page.Seen = &s
		}
		return p.formPage(r, page, true)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)).Saying(ui.Good, "Saved."), nil
}

func (p *Pages) assess(r *site.Request) (site.Answer, error) {
	v, err := id(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := p.vendors.Assess(r.Ctx(), r.Who, v, version(r), nil); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(here(r)).Saying(ui.Good, "It is recorded what the vendor is to us, with the reasons."), nil
}

// file is the vendor that an address names.
func (p *Pages) file(r *site.Request) (vendor.File, error) {
	v, err := id(r)
	if err != nil {
		return vendor.File{}, err
	}
	return p.vendors.File(r.Ctx(), r.Who, v)
}

func (p *Pages) vendor(r *site.Request) (site.Answer, error) {
	f, err := p.file(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.VendorPage{
		File: f, Me: r.Who.Worker(), Keeps: p.vendors.Keeps(r.Who), Signs: p.vendors.Signs(r.Who), Told: p.vendors.Told(r.Who), Seen: seen(f.Value),
	}
	page.Next, page.At, page.Agreement = f.Next()
	page.Receives, page.Because = f.Receives()
	if page.Told {
		if page.Reports, err = p.vendors.Reports(r.Ctx(), r.Who, f.ID); err != nil {
			return site.Answer{}, err
		}
	}
	ids := []string{f.Value.Owner, f.Value.DecidedBy}
	for _, x := range f.Value.Reviews {
		ids = append(ids, x.By)
	}
	for _, b := range f.Value.Breaches {
		ids = append(ids, b.DecidedBy)
	}
	if page.Names, err = p.org.Directory().Names(r.Ctx(), r.Who, ids); err != nil {
		return site.Answer{}, err
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Vendor(f, page) }), nil
}

// link shows a secret link, once.
func (p *Pages) link(r *site.Request, name, title, what, path, secret string) site.Answer {
	page := pages.VendorLinkPage{
		Vendor: name, Title: title, What: what, Link: p.origin + "/by-link/" + path + "/" + secret, Back: here(r), Until: r.Now.AddDate(0, 0, vendor.LinkDays),
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.VendorLink(f, page) })
}

func with(f ui.Form, pairs ...string) ui.Form {
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], text(pairs[i+1]))
	}
	return f
}
