package work

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// intakeRoutes are the steps of registering somebody: look first, then register,
// open a case and assign it in one form.
func (w *Work) intakeRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /clients/new", Action: "client.create", Handle: w.newClient},
		{Pattern: "POST /clients/new/search", Action: "client.find", Handle: w.searchFirst},
		{Pattern: "GET /clients/new/form", Action: "client.create", Handle: w.newClientForm},
		{Pattern: "POST /clients/new/form", Action: "client.create", Handle: w.newClientForm},
		{Pattern: "POST /clients/new", Action: "client.create", Handle: w.register},
		{Pattern: "POST /clients/new/draft", Action: "draft.keep", Handle: w.keepRegistration},
		{Pattern: "POST /clients/new/discard", Action: "draft.keep", Handle: w.dropRegistration},
		{Pattern: "GET /clients/{id}/edit", Action: "client.change", Handle: w.editClient},
		{Pattern: "POST /clients/{id}/edit", Action: "client.change", Handle: w.saveClient},
	}
}

// mayRegister refuses the pages of registering to who may not register.
func (w *Work) mayRegister(r *site.Request) (pages.ClientFormPage, error) {
	p, err := w.clientPage(r, person.ID{})
	if err != nil {
		return p, err
	}
	if p.Hidden.Of(string(policy.Identity)).Yes() {
		return p, fault.DeniedBy("client.create")
	}
	return p, nil
}

// newClient asks first who it is, so that nobody is registered twice.
func (w *Work) newClient(r *site.Request) (site.Answer, error) {
	if _, err := w.mayRegister(r); err != nil {
		return site.Answer{}, err
	}
	p := pages.SearchFirstPage{}
	_, d, found, err := w.Intake.Resume(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if found {
		p.Draft = d.SavedAt.In(r.Zone)
	}
	return page(func(f ui.Frame) templ.Component { return pages.SearchFirst(f, p) })
}

// likeWords says what two clients have in common.
var likeWords = map[person.Reason]string{
	person.SameIdentifier: "Same number", person.SameBirth: "Same birth date", person.BirthNear: "Birth date nearly the same", person.SameName: "Same name",
	person.NameAlike: "Name alike", person.SamePhone: "Same phone", person.SameMail: "Same email", person.SameAddress: "Same address",
}

func like(r *site.Request, l person.Likeness) []string {
	var out []string
	for _, x := range l.Reasons {
		out = append(out, r.T(likeWords[x]))
	}
	return out
}

func twins(r *site.Request, rows []person.Row) []pages.FoundClient {
	var out []pages.FoundClient
	for _, row := range rows {
		x := foundClient(r, row)
		x.Like = like(r, row.Like)
		out = append(out, x)
	}
	return out
}

// searchFirst shows who may be the same person, of those the asker may see.
func (w *Work) searchFirst(r *site.Request) (site.Answer, error) {
	if _, err := w.mayRegister(r); err != nil {
		return site.Answer{}, err
	}
	p := pages.SearchFirstPage{Form: r.Posted(nil)}
	var bad []fault.Field
	probe := person.Client{Name: person.Name{Given: r.Text("given"), Family: r.Text("family")}, BirthDate: civilDate(r.Value("birth"))}
	if s := r.Value("phone"); s != "" {
		probe.Phones = []person.Phone{{Number: phi.NewText(s)}}
	}
	if probe.Name.Empty() && r.Value("birth") == "" && r.Value("phone") == "" {
		bad = append(bad, fault.Field{Name: "family", Message: "Enter a name, a birth date or a phone number to look for."})
	}
	if r.Value("birth") != "" && probe.BirthDate.Empty() {
		bad = append(bad, fault.Field{Name: "birth", Message: "Enter the date as month, day and year."})
	}
	if len(bad) > 0 {
		p.Form = r.Posted(fault.InvalidFields("client.find", bad...))
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.SearchFirst(f, p) }), nil
	}
	rows, err := w.Clients.Look(r.Ctx(), r.Who, probe)
	if err != nil {
		return site.Answer{}, err
	}
	p.Looked, p.Rows = true, twins(r, rows)
	return page(func(f ui.Frame) templ.Component { return pages.SearchFirst(f, p) })
}

// newForm shows the form: with what was looked for, or with what was kept.
func (w *Work) newClientForm(r *site.Request) (site.Answer, error) {
	p, err := w.mayRegister(r)
	if err != nil {
		return site.Answer{}, err
	}
	typed, d, found, err := w.Intake.Resume(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	switch {
	case found && r.Method == "GET":
		v, err := url.ParseQuery(typed.Disclose())
		if err != nil {
			return site.Answer{}, fault.Unavailablef("draft.read", nil, "the draft is damaged")
		}
		p.Form, p.Rev, p.Saved = ui.Posted(clientFilled(v), nil), number(d.Rev), d.SavedAt.In(r.Zone)
	default:
		var f ui.Form
		for _, n := range []string{"given", "family", "birth"} {
			f.Add(n, r.Text(n))
		}
		if s := r.Text("phone"); !s.Empty() {
			f.Add("contact_kind", phi.NewText("mobile"))
			f.Add("contact_value", s)
			f.Add("contact_rule", phi.NewText("message"))
			f.Add("contact_label", phi.Text{})
		}
		p.Form = f
		if found {
			p.Rev = number(d.Rev) // what was kept before is written over from here on
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
}

// typedForm is a posted form as one text, without what is no part of it.
func typedForm(r *site.Request) phi.Text {
	v := url.Values{}
	for name, all := range r.PostForm {
		switch {
		case name == "csrf", name == "copy", name == "do", name == "rev", name == "draft", name == versionField, strings.HasPrefix(name, "was."):
		default:
			v[name] = all
		}
	}
	return phi.NewText(v.Encode())
}

// keepRegistration keeps what was typed so far, as the page asks for by itself.
func (w *Work) keepRegistration(r *site.Request) (site.Answer, error) {
	rev := int64(parse(r.Value("draft")))
	if r.Value("draft") == "" {
		rev = int64(parse(r.Value("rev")))
	}
	d, err := w.Intake.Keep(r.Ctx(), r.Who, rev, typedForm(r))
	return keptSaying(r, d, err, "Open in another window too, and not saved here. Choose “Finish later” to see both together.")
}

// otherRegistration puts together what this window and another one of the same
// person made of the registration.
func (w *Work) otherRegistration(r *site.Request, p pages.ClientFormPage) (site.Answer, error) {
	typed, d, _, err := w.Intake.Resume(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	v, err := url.ParseQuery(typed.Disclose())
	if err != nil {
		return site.Answer{}, fault.Unavailablef("draft.read", nil, "the draft is damaged")
	}
	m := ui.Merge(ui.Posted(clientFilled(r.PostForm), nil), ui.Posted(clientFilled(v), nil), p.Kept()...)
	if overtook(r, m, d) {
		return w.register(r)
	}
	m.By, m.At = r.T("Your other window"), d.SavedAt.In(r.Zone)
	p.Form, p.Merged, p.Rev = m.Form, &m, number(d.Rev)
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
}

func (w *Work) dropRegistration(r *site.Request) (site.Answer, error) {
	if err := w.Intake.Drop(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/new").Saying(ui.Good, "The unfinished registration is thrown away."), nil
}

// opening is the first case of a form; nil if none was chosen.
func opening(r *site.Request) *casefile.Opening {
	if r.Value("program") == "" && r.Value("worker") == "" {
		return nil
	}
	return &casefile.Opening{Program: r.Value("program"), Worker: r.Value("worker"), Level: casefile.Level(r.Value("level")), Reason: r.Text("reason"), OpenedOn: civilDate(r.Now.Format("2006-01-02"))}
}

func (w *Work) register(r *site.Request) (site.Answer, error) {
	p, err := w.mayRegister(r)
	if err != nil {
		return site.Answer{}, err
	}
	p.Rev = r.Value("rev")
	if s := r.Value("draft"); s != "" {
		p.Rev = s
	}
	again := func(err error) (site.Answer, error) {
		p.Form = r.Posted(wrong(r, err))
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	switch r.Value("do") {
	case "more":
		p.Form = r.Posted(nil)
		return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
	case "keep":
		_, err := w.Intake.Keep(r.Ctx(), r.Who, int64(parse(p.Rev)), typedForm(r))
		if fault.Is(err, fault.Conflict) {
			return w.otherRegistration(r, p)
		}
		if err != nil {
			return site.Answer{}, err
		}
		return site.SeeOther("/clients/new").Saying(ui.Good, "Kept as it is. Nobody is registered yet."), nil
	}
	if bad := badDates(r); bad != nil {
		return again(bad)
	}
	var c person.Client
	fill(r, &c, withheld(p.Hidden))
	open := opening(r)
	if open != nil && open.Program == "" {
		return again(fault.InvalidFields("case.open", fault.Field{Name: "program", Message: "Choose the program of the case, or nobody as its worker."}))
	}
	got, err := w.Intake.Register(r.Ctx(), r.Who, c, r.Value("not_twin") != "", open, int64(parse(p.Rev)))
	if fault.Is(err, fault.Invalid) {
		return again(err)
	}
	if err != nil {
		return site.Answer{}, err
	}
	if len(got.Possible) > 0 {
		p.Twins, p.Form = twins(r, got.Possible), r.Posted(nil)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	if len(got.Meanwhile) > 0 {
		return site.SeeOther("/duplicates/compare?a="+got.Meanwhile[0].ID.String()+"&b="+got.ID.String()).
			Saying(ui.Warning, "Client registered. A colleague registered somebody at the same moment who may be the same person: compare the two."), nil
	}
	said := "Client registered. Open a case so that somebody is assigned."
	switch {
	case open != nil && open.Worker != "":
		said = "Client registered, case opened. The worker was told and can open the chart now."
	case open != nil:
		said = "Client registered, case opened. Nobody is assigned yet."
	}
	return site.SeeOther("/clients/"+got.ID.String()).Saying(ui.Good, said), nil
}
