package work

import (
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/household"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// householdRoutes are the people close to a client and who lives with them.
func (w *Work) householdRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /clients/{id}/household", Action: "household.find", Handle: w.livesWith},
		{Pattern: "POST /clients/{id}/household/find", Action: "client.find", Handle: w.livesWith},
		{Pattern: "POST /clients/{id}/household/begin", Action: "household.create", Handle: w.beginHousehold},
		{Pattern: "POST /clients/{id}/household/enter", Action: "household.create", Handle: w.enterHousehold},
		{Pattern: "POST /clients/{id}/household/out", Action: "household.change", Handle: w.leaveHousehold},
		{Pattern: "POST /clients/{id}/household/privacy", Action: "household.change", Handle: w.householdPrivacy},
		{Pattern: "POST /clients/{id}/household/head", Action: "household.change", Handle: w.householdHead},
		{Pattern: "POST /clients/{id}/household/split", Action: "household.create", Handle: w.splitHousehold},
		{Pattern: "GET /clients/{id}/household/address", Action: "client.change", Handle: w.addressForm},
		{Pattern: "POST /clients/{id}/household/address", Action: "client.change", Handle: w.moveHousehold},
		{Pattern: "POST /clients/{id}/people", Action: "client.change", Handle: w.relate},
		{Pattern: "POST /clients/{id}/people/{at}/remove", Action: "client.change", Handle: w.unrelate},
		{Pattern: "GET /clients/{id}/people/{at}", Action: "client.change", Handle: w.livesWith},
	}
}

var relationWords = map[person.RelationKind]string{
	person.Parent: "Parent", person.Child: "Child", person.Partner: "Partner", person.Sibling: "Sibling", person.Grandparent: "Grandparent", person.Grandchild: "Grandchild",
	person.Guardian: "Guardian", person.Ward: "In the client’s guardianship", person.Caregiver: "Caregiver", person.CaredFor: "Cared for by the client", person.Payee: "Payee",
	person.PaysFor: "The client is their payee", person.Relative: "Another relative", person.Friend: "Friend or neighbor", person.OtherTie: "Another tie",
}

var roleWords = map[person.Role]string{
	person.PersonalRepresentative: "Personal representative", person.LegalGuardian: "Legal guardian", person.Conservator: "Conservator", person.HealthProxy: "Health care proxy",
	person.PowerOfAttorney: "Power of attorney", person.RepPayee: "Representative payee",
}

func relationText(r *site.Request, x person.Related) string {
	s := r.T(relationWords[x.Kind])
	if x.Kind == "" || x.Kind == person.OtherTie && !x.Relation.Empty() {
		return x.Relation.Disclose()
	}
	if !x.Relation.Empty() {
		s += " (" + x.Relation.Disclose() + ")"
	}
	return s
}

func relationOptions(r *site.Request, first string) []ui.Option {
	out := []ui.Option{{Text: r.T(first)}}
	for _, k := range person.RelationKinds() {
		out = append(out, ui.Option{Value: string(k), Text: r.T(relationWords[k])})
	}
	return out
}

// livesWith shows who lives with a client and who is close to them.
func (w *Work) livesWith(r *site.Request) (site.Answer, error) {
	var form ui.Form
	if r.Method == "POST" {
		form = r.Posted(nil)
	}
	return w.householdPage(r, form, nil, false)
}

// householdPage shows the page with a form, and what is wrong with it. asSeen keeps
// the version that the form was filled in over: what is wrong with it is to be
// mended, and not what there is by now overwritten.
func (w *Work) householdPage(r *site.Request, form ui.Form, wrong error, asSeen bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	homes, err := w.Homes.Of(r.Ctx(), r.Who, c.id)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.HouseholdPage{
		Chart: w.head(r, c), Form: form, Version: number(c.client.Version), At: "-1", Relations: relationOptions(r, "Choose who they are"),
		Roles: []ui.Option{{Text: r.T("No legal role")}}, Query: r.Text("who"), Today: r.Now.Format("2006-01-02"),
	}
	if asSeen {
		p.Version = versionSaid(r)
	}
	for _, x := range person.Roles() {
		p.Roles = append(p.Roles, ui.Option{Value: string(x), Text: r.T(roleWords[x])})
	}
	look, err := w.Door.Look(r.Ctx(), r.Who, c.subject())
	if err != nil {
		return site.Answer{}, err
	}
	p.MayChange = look.May("household.change", false, policy.Set(policy.Household)) != 0
	p.MayRelate = look.May("client.change", false, policy.Set(policy.Household)) != 0
	today := phi.NewDate(r.Now.Year(), int(r.Now.Month()), r.Now.Day())
	for _, h := range homes {
		x := pages.HouseholdGroup{Current: h.Current, From: h.Place.Value.From, Until: h.Place.Value.Until}
		for _, m := range h.Members {
			y := pages.HouseholdPerson{Client: m.Client.String(), Name: m.Name, Head: m.Head, Private: m.Private, From: m.From, Until: m.Until, Self: m.Client == c.subject()}
			if m.Relation != "" {
				y.Relation = r.T(relationWords[m.Relation])
			}
			if !m.Place.IsZero() {
				y.Place, y.Version = m.Place.String(), number(m.Version)
				set, err := w.Door.May(r.Ctx(), r.Who, "household.change", m.Client, false, policy.Set(policy.Household))
				if err != nil {
					return site.Answer{}, err
				}
				y.MayChange = set != 0 && h.Current && m.Until.Empty()
			}
			x.Members = append(x.Members, y)
		}
		if h.Current {
			p.Current = &x
		} else {
			p.Past = append(p.Past, x)
		}
	}
	names, err := w.Homes.Names(r.Ctx(), r.Who, c.client.Value.Household)
	if err != nil {
		return site.Answer{}, err
	}
	for i, x := range c.client.Value.Household {
		if !x.Client.IsZero() {
			n, ok := names[x.Client]
			if !ok {
				continue
			}
			x.Name = n.Name
			if !n.Findable {
				x.Client = record.Subject{}
			}
		}
		y := pages.RelatedPerson{At: number(int64(i)), Name: x.Name, Relation: phi.NewText(relationText(r, x)), Phone: x.Phone, Note: x.Note, LivesWith: x.LivesWith, Emergency: x.Emergency, Birth: x.BirthDate}
		if !x.Client.IsZero() {
			y.Client = x.Client.String()
		}
		for _, l := range x.Roles {
			y.Roles = append(y.Roles, pages.LegalRole{Role: r.T(roleWords[l.Role]), Document: l.Document, From: l.From, Until: l.Until, Holds: l.Holds(today)})
		}
		p.People = append(p.People, y)
		if r.PathValue("at") == y.At && wrong == nil {
			p.At, p.Form = y.At, relatedForm(x)
		}
	}
	if at := r.Value("at"); at != "" {
		p.At = at
	}
	if !p.Query.Empty() {
		found, err := w.Clients.Find(r.Ctx(), r.Who, p.Query, "", 10)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return site.Answer{}, err
		}
		p.Found = []ui.Option{{Text: r.T("Somebody who is not a client")}}
		for _, row := range found.Rows {
			if row.ID != c.id {
				p.Found = append(p.Found, ui.Option{Value: row.ID.String(), Text: row.Value.ListName().Disclose() + " · " + row.Value.Number.Disclose() + " · " + ui.ShowDate(row.Value.BirthDate, r.Lang)})
			}
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Household(f, p) }
	if wrong != nil {
		return site.Invalid(view), nil
	}
	return page(view)
}

func relatedForm(x person.Related) ui.Form {
	var f ui.Form
	if !x.Client.IsZero() {
		f.Add("other", phi.NewText(x.Client.String()))
	}
	f.Add("name", x.Name)
	f.Add("kind", phi.NewText(string(x.Kind)))
	f.Add("relation", x.Relation)
	f.Add("phone", x.Phone)
	f.Add("note", x.Note)
	f.Add("birth", phi.NewText(x.BirthDate.DiscloseISO()))
	if x.LivesWith {
		f.Add("lives_with", phi.NewText("yes"))
	}
	if x.Emergency {
		f.Add("emergency", phi.NewText("yes"))
	}
	for _, l := range x.Roles[:min(len(x.Roles), 1)] {
		f.Add("role", phi.NewText(string(l.Role)))
		f.Add("document", l.Document)
		f.Add("role_from", phi.NewText(l.From.DiscloseISO()))
		f.Add("role_until", phi.NewText(l.Until.DiscloseISO()))
	}
	return f
}

// homeAgain shows the page with what is wrong, or leads back to it.
func (w *Work) homeAgain(r *site.Request, err error, said string) (site.Answer, error) {
	back := "/clients/" + r.PathValue("id") + "/household"
	switch {
	case fault.Is(err, fault.Invalid):
		var fs []fault.Field
		for _, f := range fault.FieldsOf(err) {
			if f.Name == "relation" && strings.HasSuffix(r.URL.Path, "/enter") {
				f.Name = "to-head" // the page has two fields of this name
			}
			f.Name = strings.ReplaceAll(strings.TrimPrefix(f.Name, "household."), ".", "-")
			f.Message = r.T(f.Message)
			fs = append(fs, f)
		}
		bad := fault.InvalidFields("household", fs...)
		return w.householdPage(r, r.Posted(bad), bad, strings.HasSuffix(r.URL.Path, "/people"))
	case fault.Is(err, fault.Conflict):
		bad := fault.InvalidFields("household", fault.Field{Message: r.T("Somebody changed this a moment ago. What you see now is how it stands: do yours again.")})
		return w.householdPage(r, r.Posted(bad), bad, false)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(back).Saying(ui.Good, said), nil
}

func (w *Work) beginHousehold(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	_, err = w.Homes.Begin(r.Ctx(), r.Who, household.Entry{Client: id, From: civilDate(r.Value("from")), Private: r.Value("private") != ""})
	return w.homeAgain(r, err, "The household is begun. Add who lives there.")
}

func (w *Work) enterHousehold(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	member, err := record.ParseID[person.Client](r.Value("member"))
	if err != nil {
		return w.homeAgain(r, fault.InvalidFields("household.create", fault.Field{Name: "member", Message: "Choose a client. Who is no client is kept among the people close to the client."}), "")
	}
	err = w.Homes.Enter(r.Ctx(), r.Who, id, household.Entry{Client: member, Relation: person.RelationKind(r.Value("relation")), Private: r.Value("private") != "", From: civilDate(r.Value("from"))})
	return w.homeAgain(r, err, "Added to the household.")
}

// place is the place in a household that a form is about.
func place(r *site.Request) (client person.ID, id household.ID, version int64, err error) {
	if client, err = record.ParseID[person.Client](r.Value("member")); err != nil {
		return client, id, 0, err
	}
	id, err = record.ParseID[household.Place](r.Value("place"))
	return client, id, versionOf(r), err
}

func (w *Work) leaveHousehold(r *site.Request) (site.Answer, error) {
	client, id, version, err := place(r)
	if err != nil {
		return site.Answer{}, err
	}
	return w.homeAgain(r, w.Homes.MoveOut(r.Ctx(), r.Who, client, id, version, civilDate(r.Value("until"))), "Moved out. Who lived there until when stays in the history.")
}

func (w *Work) householdPrivacy(r *site.Request) (site.Answer, error) {
	client, id, version, err := place(r)
	if err != nil {
		return site.Answer{}, err
	}
	private := r.Value("private") == "yes"
	said := "May be known to the household again."
	if private {
		said = "Kept private: the others’ records no longer name this client."
	}
	return w.homeAgain(r, w.Homes.Privacy(r.Ctx(), r.Who, client, id, version, private), said)
}

func (w *Work) householdHead(r *site.Request) (site.Answer, error) {
	client, id, version, err := place(r)
	if err != nil {
		return site.Answer{}, err
	}
	return w.homeAgain(r, w.Homes.MakeHead(r.Ctx(), r.Who, client, id, version), "The household has a new head.")
}

func (w *Work) splitHousehold(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []household.ID
	for _, s := range r.Values("places") {
		id, err := record.ParseID[household.Place](s)
		if err != nil {
			return site.Answer{}, err
		}
		ids = append(ids, id)
	}
	_, err = w.Homes.Split(r.Ctx(), r.Who, client, ids, civilDate(r.Value("on")))
	return w.homeAgain(r, err, "They live in a household of their own now.")
}

// addressPage lists whom one may give a new address.
func (w *Work) addressPage(r *site.Request, form ui.Form, preview, bad bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	homes, err := w.Homes.Of(r.Ctx(), r.Who, c.id)
	if err != nil {
		return site.Answer{}, err
	}
	subjects := []record.Subject{c.subject()}
	for _, h := range homes {
		if !h.Current {
			continue
		}
		for _, m := range h.Members {
			if m.Client != c.subject() && m.Until.Empty() && !m.Place.IsZero() {
				subjects = append(subjects, m.Client)
			}
		}
	}
	v := w.Clients.View(r.Who, "client.find")
	some := w.Clients.WantSome(v, subjects, policy.Set(policy.Identity, policy.Contact))
	if err := v.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.AddressPage{Chart: w.head(r, c), Form: form, Preview: preview}
	for _, s := range subjects {
		o, ok := some.Of(s)
		if !ok || o.Withheld.Has(policy.Contact) {
			continue
		}
		set, err := w.Door.May(r.Ctx(), r.Who, "client.change", s, false, policy.Set(policy.Contact))
		if err != nil {
			return site.Answer{}, err
		}
		if set == 0 {
			continue
		}
		x := pages.AddressPerson{Client: s.String(), Name: o.Value.FullName(), Version: number(o.Version), Chosen: r.Method == "GET"}
		for _, m := range r.Values("member") {
			x.Chosen = x.Chosen || m == x.Client
		}
		for _, a := range o.Value.Addresses {
			if a.Use != "old" && a.Use != "mailing" {
				x.Now = phi.NewText(strings.Trim(street(a)+", "+town(a), ", "))
				break
			}
		}
		p.People = append(p.People, x)
	}
	view := func(f ui.Frame) templ.Component { return pages.HouseholdAddress(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) addressForm(r *site.Request) (site.Answer, error) {
	return w.addressPage(r, ui.NewForm("on", r.Now.Format("2006-01-02")), false, false)
}

func (w *Work) moveHousehold(r *site.Request) (site.Answer, error) {
	to := person.Address{SafeToMail: r.Value("rule") == "open"}
	if s := r.Value("street"); s != "" {
		to.Lines = []phi.Text{phi.NewText(s)}
	}
	to.City, to.State, to.PostalCode = r.Text("city"), r.Text("state"), r.Text("zip")
	versions := map[string]int64{}
	for _, s := range r.Values(versionField) {
		id, v, _ := strings.Cut(s, ":")
		versions[id] = versionIn(v)
	}
	var ids []person.ID
	var at []int64
	for _, s := range r.Values("member") {
		id, err := record.ParseID[person.Client](s)
		if err != nil {
			return site.Answer{}, err
		}
		seen := versions[s]
		if seen == 0 {
			seen = unseen
		}
		ids, at = append(ids, id), append(at, seen)
	}
	fail := func(fs ...fault.Field) (site.Answer, error) {
		for i := range fs {
			fs[i].Message = r.T(fs[i].Message)
			if strings.HasPrefix(fs[i].Name, "addresses") {
				fs[i].Name = "street"
			}
		}
		return w.addressPage(r, r.Posted(fault.InvalidFields("client.change", fs...)), false, true)
	}
	switch {
	case len(to.Lines) == 0 && to.City.Empty():
		return fail(fault.Field{Name: "street", Message: "Enter the new address."})
	case len(ids) == 0:
		return fail(fault.Field{Name: "member", Message: "Choose at least one person."})
	case civilDate(r.Value("on")).Empty():
		return fail(fault.Field{Name: "on", Message: "Enter the day from which the address holds."})
	case r.Value("do") != "move":
		return w.addressPage(r, r.Posted(nil), true, false)
	}
	err := w.Clients.Move(r.Ctx(), r.Who, ids, at, to, civilDate(r.Value("on")))
	switch {
	case fault.Is(err, fault.Invalid):
		return fail(fault.FieldsOf(err)...)
	case fault.Is(err, fault.Conflict):
		return fail(fault.Field{Message: "Somebody changed one of them a moment ago. Nothing is saved yet and what you typed is kept: look again and save."})
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+r.PathValue("id")+"/household").Saying(ui.Good, "The new address is saved for everybody you chose. The old one is kept with its last day."), nil
}

func (w *Work) relate(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	x := person.Related{
		Name: r.Text("name"), Kind: person.RelationKind(r.Value("kind")), Relation: r.Text("relation"), Phone: r.Text("phone"), Note: r.Text("note"),
		LivesWith: r.Value("lives_with") != "", Emergency: r.Value("emergency") != "", BirthDate: civilDate(r.Value("birth")),
	}
	if s := r.Value("other"); s != "" {
		if x.Client, err = record.ParseSubject(s); err != nil {
			return site.Answer{}, err
		}
	}
	if s := r.Value("role"); s != "" {
		x.Roles = []person.LegalRole{{Role: person.Role(s), Document: r.Text("document"), From: civilDate(r.Value("role_from")), Until: civilDate(r.Value("role_until"))}}
	}
	if relationWords[x.Kind] == "" {
		return w.homeAgain(r, fault.InvalidFields("client.change", fault.Field{Name: "kind", Message: "Choose who this person is to the client."}), "")
	}
	at := -1
	if s := r.Value("at"); s != "" && s != "-1" {
		at = parse(s)
	}
	return w.homeAgain(r, w.Clients.Relate(r.Ctx(), r.Who, id, versionOf(r), at, x), "Saved among the people close to the client.")
}

func (w *Work) unrelate(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	return w.homeAgain(r, w.Clients.Unrelate(r.Ctx(), r.Who, id, versionOf(r), parse(r.PathValue("at"))), "Taken off the people close to the client. The history keeps who it was.")
}
