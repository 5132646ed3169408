package policies

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
	"caseward/internal/prose"
	"caseward/internal/record"
	governing "caseward/internal/web/governance"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// Uses is what the pages are made of.
type Uses struct {
	Policies   *policydoc.Policies
	Org        *org.Org
	Governance *governance.Governance
	// Rules are the rules of access in force, for the annex of them.
	Rules func() []policy.Rule
	// Rule shows one.
	Rule func(id string) pages.Rule
}

// Policies is the handlers.
type Policies struct{ Uses }

// New returns the handlers.
func New(u Uses) *Policies { return &Policies{u} }

// Routes is the part of the route table that is here.
func (p *Policies) Routes() []site.Route {
	const doc = "/policies/doc/{code}"
	const version = doc + "/versions/{version}"
	return []site.Route{
		{Pattern: "GET /policies", Action: "policydoc.find", Handle: p.list},
		{Pattern: "GET /policies/starter", Action: "policydoc.create", Handle: p.starter},
		{Pattern: "POST /policies/starter", Action: "policydoc.create", Handle: p.adopt},
		{Pattern: "GET /policies/new", Action: "policydoc.create", Handle: p.newForm},
		{Pattern: "POST /policies/new", Action: "policydoc.create", Handle: p.create, Body: bodyOfText},
		{Pattern: "POST /policies/new/draft", Action: "draft.keep", Handle: p.typing, Body: bodyOfText},
		{Pattern: "POST /policies/new/file", Action: "policydoc.create", Handle: p.bring, Files: policydoc.MostBrought + 1},
		{Pattern: "GET /policies/coverage", Action: "policydoc.find", Handle: p.coverage},
		{Pattern: "POST /policies/trigger", Action: "policydoc.trigger", Handle: p.trigger},
		{Pattern: "GET /policies/for/{workflow}", Action: "policydoc_version.read", Handle: p.governing},
		{Pattern: "GET " + doc, Action: "policydoc.read", Handle: p.read},
		{Pattern: "GET " + doc + "/people", Action: "acknowledgement.read", Handle: p.people},
		{Pattern: "GET " + doc + "/compare", Action: "policydoc.read", Handle: p.compare},
		{Pattern: "GET " + doc + "/begin", Action: "policydoc.draft", Handle: p.beginForm},
		{Pattern: "POST " + doc + "/begin", Action: "policydoc.draft", Handle: p.begin, Body: bodyOfText},
		{Pattern: "POST " + doc + "/begin/draft", Action: "draft.keep", Handle: p.typing, Body: bodyOfText},
		{Pattern: "POST " + doc + "/begin/file", Action: "policydoc.draft", Handle: p.bring, Files: policydoc.MostBrought + 1},
		{Pattern: "POST " + doc + "/acknowledge", Action: "acknowledgement.create", Handle: p.acknowledge},
		{Pattern: "POST " + doc + "/care", Action: "policydoc.change", Handle: p.care},
		{Pattern: "POST " + doc + "/review", Action: "policydoc.review", Handle: p.review},
		{Pattern: "POST " + doc + "/withdraw", Action: "policydoc.withdraw", Handle: p.retire},
		{Pattern: "GET " + version, Action: "policydoc_version.read", Handle: p.readVersion},
		{Pattern: "GET " + version + "/pdf", Action: "policydoc_version.read", Handle: p.print},
		{Pattern: "GET " + version + "/edit", Action: "policydoc_version.change", Handle: p.editForm},
		{Pattern: "POST " + version + "/edit", Action: "policydoc_version.change", Handle: p.edit, Body: bodyOfText},
		{Pattern: "POST " + version + "/edit/draft", Action: "draft.keep", Handle: p.typing, Body: bodyOfText},
		{Pattern: "POST " + version + "/submit", Action: "policydoc_version.submit", Handle: p.submit},
		{Pattern: "POST " + version + "/return", Action: "policydoc_version.return", Handle: p.giveBack},
		{Pattern: "POST " + version + "/approve", Action: "policydoc_version.approve", Handle: p.approve},
		{Pattern: "POST " + version + "/enforce", Action: "policydoc_version.enforce", Handle: p.enforce},
		{Pattern: "POST " + version + "/withdraw", Action: "policydoc_version.withdraw", Handle: p.discard},
	}
}

// bodyOfText is how many bytes a form with a text may have: the text as it is and as it
// was, of which signs may take three each.
const bodyOfText = 6*prose.Most + 64<<10

func keeps(r *site.Request) bool {
	return r.Who.Role() == actor.PrivacyOfficer || r.Who.Role() == actor.SecurityOfficer
}

// wants reports whether a version is to be acknowledged by the reader, in either role of
// theirs.
func wants(r *site.Request, p policydoc.Period) bool {
	return p.Wants(r.Now, r.Who.Role()) || r.Who.Also() != "" && p.Wants(r.Now, r.Who.Also())
}

func judges(r *site.Request) bool { return keeps(r) || r.Who.Role() == actor.ProgramManager }

func watches(r *site.Request) bool { return judges(r) || r.Who.Role() == actor.Auditor }

// fill is what words in braces are filled with.
func (p *Policies) fill(r *site.Request) (*prose.Fill, error) {
	words, err := governing.Words(r, p.Governance, p.Org.Directory())
	if err != nil {
		return nil, err
	}
	f := &prose.Fill{Text: words, Table: map[string]prose.Table{}}
	f.Table[policydoc.AnnexRoles] = p.annex(r)
	minutes := func(d time.Duration) string { return ui.Minutes(r.Lang, int(d/time.Minute)) }
	f.Table[policydoc.AnnexClocks] = prose.Table{Heads: []string{r.T("What"), r.T("How long")}, Rows: [][]string{
		{r.T("Emergency access ends"), minutes(glass.Lasts)},
	}}
	return f, nil
}

// annex is the rules of access in force, by role: what a policy says of roles and what
// the program does is one source (45 CFR 164.308(a)(4)).
func (p *Policies) annex(r *site.Request) prose.Table {
	t := prose.Table{Heads: []string{r.T("Role"), r.T("Rule"), r.T("Where it comes from")}}
	for _, role := range actor.Roles() {
		for _, x := range p.Rules() {
			shown := p.Rule(x.ID)
			if len(shown.Roles) > 0 && !slices.Contains(shown.Roles, role) {
				continue
			}
			t.Rows = append(t.Rows, []string{ui.RoleName(r.Lang, role), r.T(x.English), strings.Join(x.Cites, "; ")})
		}
	}
	return t
}

func (p *Policies) list(r *site.Request) (site.Answer, error) { return p.shelf(r, ui.Form{}) }

func (p *Policies) shelf(r *site.Request, form ui.Form) (site.Answer, error) {
	shelf, err := p.Policies.List(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.PoliciesPage{Shelf: shelf, Now: r.Now, Role: r.Who.Role(), Keeps: keeps(r), Watches: watches(r), Form: form}
	for _, d := range shelf.Documents {
		if now, ok := d.Value.At(r.Now); ok && wants(r, now) && !shelf.Done(now.Version) {
			page.ToDo = append(page.ToDo, d)
		}
		if d.Value.State != policydoc.InForce {
			page.Drafts = append(page.Drafts, d)
		} else if mine := d.Value.Owner == r.Who.Worker(); (page.Watches || mine) && !d.Value.Due.IsZero() && !d.Value.Due.After(r.Now) {
			page.Due = append(page.Due, d)
		}
		if d.Value.Owner == "" {
			page.Ownerless = append(page.Ownerless, d)
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Policies(f, page) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return site.Page(view), nil
}

func (p *Policies) trigger(r *site.Request) (site.Answer, error) {
	var standards []string
	for s := range strings.SplitSeq(r.Value("standards"), ";") {
		if s = strings.TrimSpace(s); s != "" {
			standards = append(standards, s)
		}
	}
	n, err := p.Policies.Trigger(r.Ctx(), r.Who, policydoc.Cause(r.Value("cause")), standards, nil, r.Value("why"))
	if fault.Is(err, fault.Invalid) {
		return p.shelf(r, r.Posted(err))
	}
	if err != nil {
		return site.Answer{}, err
	}
	if n == 0 {
		return site.SeeOther("/policies").Saying(ui.Warning, "No policy in force answers these paragraphs."), nil
	}
	return site.SeeOther("/policies").Saying(ui.Good, "The reviews are open."), nil
}

func (p *Policies) starter(r *site.Request) (site.Answer, error) {
	return p.starterPage(r, string(r.Lang), ui.Form{})
}

func (p *Policies) starterPage(r *site.Request, lang string, form ui.Form) (site.Answer, error) {
	if l := r.Value("lang"); l == string(ui.English) || l == string(ui.Spanish) {
		lang = l
	}
	shelf, err := p.Policies.List(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	there := map[string]bool{}
	for _, d := range shelf.Documents {
		there[d.Value.Code] = true
	}
	page := pages.StarterPage{Lang: lang, Form: form}
	for _, s := range policydoc.Starter(lang) {
		page.Rows = append(page.Rows, pages.StarterRow{Code: s.Code, Title: s.Title, Family: s.Family, There: there[s.Code]})
	}
	view := func(f ui.Frame) templ.Component { return pages.PolicyStarter(f, page) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return site.Page(view), nil
}

func (p *Policies) adopt(r *site.Request) (site.Answer, error) {
	codes := r.Values("code")
	_, err := p.Policies.Adopt(r.Ctx(), r.Who, r.Value("lang"), codes)
	if fault.Is(err, fault.Invalid) {
		return p.starterPage(r, r.Value("lang"), r.Posted(err))
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/policies").Saying(ui.Good, "The drafts are there. Nothing is in force yet."), nil
}

func (p *Policies) coverage(r *site.Request) (site.Answer, error) {
	shelf, err := p.Policies.List(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var docs []policydoc.Document
	for _, d := range shelf.Documents {
		if _, ok := d.Value.At(r.Now); ok {
			docs = append(docs, d.Value)
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.PolicyCoverage(f, policydoc.Coverage(docs)) }), nil
}

// back is the page the reader comes from, if it is one of this site.
func back(r *site.Request) string {
	to := r.FormValue("back")
	r.Form.Set("next", to)
	return r.Next("")
}

func (p *Policies) governing(r *site.Request) (site.Answer, error) {
	workflow := r.PathValue("workflow")
	got, err := p.Policies.Governing(r.Ctx(), r.Who, workflow)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.GoverningPage{Workflow: workflow, Back: back(r)}
	if len(got) > 0 {
		fill, err := p.fill(r)
		if err != nil {
			return site.Answer{}, err
		}
		for _, g := range got {
			c, ok := p.Policies.Text(g.Value).Clause(g.Clause)
			if !ok {
				continue
			}
			page.Clauses = append(page.Clauses, pages.GoverningClause{
				Code: g.Value.Code, Policy: g.Value.Title, Number: c.Number, Title: c.Title, Anchor: c.Anchor,
				Version: r.T("In force from %s.", ui.DayYear(r.Lang, g.Value.From.In(r.Zone))), Body: c.HTML(fill),
			})
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.PolicyGoverning(f, page) }), nil
}

// open reads a document by the code in the path.
func (p *Policies) open(r *site.Request) (policydoc.File, error) {
	id, err := p.Policies.ByCode(r.Ctx(), r.PathValue("code"))
	if err != nil {
		return policydoc.File{}, err
	}
	return p.Policies.Open(r.Ctx(), r.Who, id)
}

func (p *Policies) read(r *site.Request) (site.Answer, error) {
	return p.show(r, policydoc.VersionID{}, ui.Form{})
}

func (p *Policies) readVersion(r *site.Request) (site.Answer, error) {
	return p.showVersion(r, ui.Form{})
}

func (p *Policies) showVersion(r *site.Request, form ui.Form) (site.Answer, error) {
	id, err := record.ParseID[policydoc.Version](r.PathValue("version"))
	if err != nil {
		return site.Answer{}, fault.NotFoundf("policydoc_version.read")
	}
	return p.show(r, id, form)
}

// show shows a document: one version of it, or else the one in force.
func (p *Policies) show(r *site.Request, id policydoc.VersionID, form ui.Form) (site.Answer, error) {
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	d := file.Value
	page := pages.PolicyPage{File: file, Now: r.Now, Back: back(r), Keeps: keeps(r), Judges: judges(r), Form: form}
	page.Begins = d.State != policydoc.Withdrawn && (keeps(r) || d.Owner == r.Who.Worker())
	now, in := d.At(r.Now)
	if id.IsZero() && in {
		id = now.Version
	}
	if !id.IsZero() {
		v, ok := file.Find(id)
		if !ok {
			return site.Answer{}, fault.NotFoundf("policydoc_version.read")
		}
		fill, err := p.fill(r)
		if err != nil {
			return site.Answer{}, err
		}
		page.Version, page.Text, page.Current = &v, p.Policies.Text(v.Value), in && now.Version == v.ID
		page.Body = page.Text.Doc.HTML(fill)
		page.Wants = page.Current && wants(r, now)
		page.Done = file.Done(v.ID)
		page.Writes = v.Value.State == policydoc.Draft && (keeps(r) || v.Value.Author == r.Who.Worker())
	}
	var ids []string
	for _, v := range file.Versions {
		ids = append(ids, v.Value.Approver)
		for _, s := range v.Value.Steps {
			ids = append(ids, s.By)
		}
	}
	if page.Names, err = p.Org.Directory().Names(r.Ctx(), r.Who, ids); err != nil {
		return site.Answer{}, err
	}
	if page.Keeps {
		staff, err := p.staff(r)
		if err != nil {
			return site.Answer{}, err
		}
		page.Staff = []ui.Option{{Value: "", Text: r.T("Nobody")}}
		for _, s := range staff {
			page.Staff = append(page.Staff, ui.Option{Value: s.ID.String(), Text: ui.Show(s.Value.Name())})
		}
		if page.Form.Rows("seen") == 0 {
			page.Form.Add("seen", phi.NewText(strconv.FormatInt(file.Version, 10)))
			page.Form.Add("owner", phi.NewText(d.Owner))
			page.Form.Add("grace", phi.NewText(strconv.Itoa(d.Grace)))
			page.Form.Add("limited", phi.NewText(strconv.Itoa(d.Limited)))
			if d.Acknowledged {
				page.Form.Add("acknowledged", phi.NewText("yes"))
			}
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Policy(f, page) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return site.Page(view), nil
}

// staff is who works here.
func (p *Policies) staff(r *site.Request) ([]record.Opened[org.Staff], error) {
	var out []record.Opened[org.Staff]
	for after := ""; ; {
		l, err := p.Org.Staff(r.Ctx(), r.Who, org.StaffQuery{After: after, Limit: 200})
		if err != nil {
			return nil, err
		}
		for _, s := range l.Rows {
			if s.Value.Status != org.Terminated {
				out = append(out, s)
			}
		}
		if after = l.Next; after == "" {
			return out, nil
		}
	}
}

func (p *Policies) people(r *site.Request) (site.Answer, error) {
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	now, ok := file.Value.At(r.Now)
	if !ok {
		return site.Answer{}, fault.NotFoundf("acknowledgement.read")
	}
	done, err := p.Policies.Acknowledged(r.Ctx(), r.Who, now.Version)
	if err != nil {
		return site.Answer{}, err
	}
	staff, err := p.staff(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.PolicyPeoplePage{Code: file.Value.Code, Title: file.Value.Title}
	for _, s := range staff {
		if !slices.ContainsFunc(s.Value.Held(r.Now).Roles(), func(role actor.Role) bool { return policydoc.Binds(now.Audience, role) }) {
			continue
		}
		x := pages.PolicyPerson{Name: ui.Show(s.Value.Name()), Role: s.Value.Role}
		if l, ok := done[s.ID.String()]; ok {
			x.At = l.At.In(r.Zone)
			page.Done = append(page.Done, x)
		} else {
			page.Missing = append(page.Missing, x)
		}
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.PolicyPeople(f, page) }), nil
}

func (p *Policies) compare(r *site.Request) (site.Answer, error) {
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	var two [2]record.Opened[policydoc.Version]
	for i, name := range []string{"old", "new"} {
		id, err := record.ParseID[policydoc.Version](r.Value(name))
		v, ok := file.Find(id)
		if err != nil || !ok {
			return site.Answer{}, fault.NotFoundf("policydoc_version.read")
		}
		two[i] = v
	}
	called := func(v record.Opened[policydoc.Version]) string {
		if n := file.Value.Number(v.ID); n > 0 {
			return r.T("Version %d", n)
		}
		return r.T("Draft")
	}
	page := pages.PolicyComparePage{
		Code: file.Value.Code, Title: file.Value.Title, Old: called(two[0]), New: called(two[1]),
		Rows: policydoc.Compare(two[0].Value.Text, two[1].Value.Text),
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.PolicyCompare(f, page) }), nil
}

// version is the version in the path.
func version(r *site.Request) (policydoc.VersionID, error) {
	id, err := record.ParseID[policydoc.Version](r.PathValue("version"))
	if err != nil {
		err = fault.NotFoundf("policydoc_version.read")
	}
	return id, err
}

// at is where a version is shown.
func at(r *site.Request, id policydoc.VersionID) string {
	return "/policies/doc/" + r.PathValue("code") + "/versions/" + id.String()
}

// act does something with the version in the path; what is wrong with the form is shown
// beside it.
func (p *Policies) act(r *site.Request, said string, do func(id policydoc.VersionID) error) (site.Answer, error) {
	id, err := version(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := do(id); fault.Is(err, fault.Invalid) {
		return p.showVersion(r, r.Posted(err))
	} else if err != nil {
		return p.fresh(r, err, at(r, id))
	}
	return site.SeeOther(at(r, id)).Saying(ui.Good, said), nil
}

// fresh leads whoever has to prove again who they are to where they do, and back.
func (p *Policies) fresh(_ *site.Request, err error, to string) (site.Answer, error) {
	var e *fault.Error
	if errors.As(err, &e) && e.Mend == fault.StepUp {
		return site.SeeOther("/stepup?next="+to).Saying(ui.Note, "Prove again who you are; then press the same once more."), nil
	}
	return site.Answer{}, err
}

func (p *Policies) submit(r *site.Request) (site.Answer, error) {
	return p.act(r, "It is in review.", func(id policydoc.VersionID) error { return p.Policies.Submit(r.Ctx(), r.Who, id) })
}

func (p *Policies) giveBack(r *site.Request) (site.Answer, error) {
	return p.act(r, "It is a draft again.", func(id policydoc.VersionID) error {
		return p.Policies.Return(r.Ctx(), r.Who, id, r.Value("remarks"))
	})
}

func (p *Policies) approve(r *site.Request) (site.Answer, error) {
	return p.act(r, "This text is approved. Put it in force when it is to hold.", func(id policydoc.VersionID) error {
		return p.Policies.Approve(r.Ctx(), r.Who, id, r.Value("sum"))
	})
}

func (p *Policies) enforce(r *site.Request) (site.Answer, error) {
	return p.act(r, "It is put in force.", func(id policydoc.VersionID) error {
		var from time.Time
		if s := r.Value("from"); s != "" {
			day, err := time.ParseInLocation(time.DateOnly, s, r.Zone)
			if err != nil {
				return fault.InvalidFields("policydoc_version.enforce", fault.Field{Name: "from", Message: "Enter the day as YYYY-MM-DD."})
			}
			if y, m, d := r.Now.Date(); !day.Equal(time.Date(y, m, d, 0, 0, 0, 0, r.Zone)) {
				from = day
			}
		}
		return p.Policies.Enforce(r.Ctx(), r.Who, id, from)
	})
}

func (p *Policies) discard(r *site.Request) (site.Answer, error) {
	return p.act(r, "The version is withdrawn.", func(id policydoc.VersionID) error {
		return p.Policies.Discard(r.Ctx(), r.Who, id, r.Value("why"))
	})
}

// keep does something with the document in the path.
func (p *Policies) keep(r *site.Request, said string, do func(id policydoc.ID) error) (site.Answer, error) {
	here := "/policies/doc/" + r.PathValue("code")
	id, err := p.Policies.ByCode(r.Ctx(), r.PathValue("code"))
	if err != nil {
		return site.Answer{}, err
	}
	if err := do(id); fault.Is(err, fault.Invalid) {
		return p.show(r, policydoc.VersionID{}, r.Posted(err))
	} else if err != nil {
		return p.fresh(r, err, here)
	}
	return site.SeeOther(here).Saying(ui.Good, said), nil
}

func (p *Policies) care(r *site.Request) (site.Answer, error) {
	return p.keep(r, "Saved.", func(id policydoc.ID) error {
		seen, err := seen(r)
		if err != nil {
			return err
		}
		c := policydoc.Care{Owner: r.Value("owner"), Acknowledged: r.Value("acknowledged") != "", Grace: days(r.Value("grace")), Limited: days(r.Value("limited"))}
		return p.Policies.SetCare(r.Ctx(), r.Who, id, seen, c)
	})
}

func (p *Policies) review(r *site.Request) (site.Answer, error) {
	return p.keep(r, "The review is kept.", func(id policydoc.ID) error {
		return p.Policies.Confirm(r.Ctx(), r.Who, id, r.Value("words"))
	})
}

func (p *Policies) retire(r *site.Request) (site.Answer, error) {
	return p.keep(r, "The policy is no longer used.", func(id policydoc.ID) error {
		return p.Policies.Retire(r.Ctx(), r.Who, id, r.Value("why"))
	})
}

func (p *Policies) acknowledge(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[policydoc.Version](r.Value("version"))
	if err != nil {
		return site.Answer{}, fault.NotFoundf("acknowledgement.create")
	}
	if err := p.Policies.Acknowledge(r.Ctx(), r.Who, id); fault.Is(err, fault.Conflict) {
		return site.SeeOther("/policies/doc/" + r.PathValue("code")).Refusing("Another version is in force by now. Read this one."), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	to := back(r)
	if to == "" {
		to = "/policies"
	}
	return site.SeeOther(to).Saying(ui.Good, "Your word is kept."), nil
}
