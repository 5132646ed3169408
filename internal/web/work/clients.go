package work

import (
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// The code systems of what the form offers.
const (
	langSystem = "urn:ietf:bcp:47"
	raceSystem = "urn:oid:2.16.840.1.113883.6.238" // CDC race and ethnicity
)

type term struct{ code, text string }

var languages = []term{
	{"en", "English"}, {"es", "Spanish"}, {"zh", "Chinese"}, {"vi", "Vietnamese"}, {"tl", "Tagalog"}, {"ar", "Arabic"}, {"fr", "French"},
	{"ht", "Haitian Creole"}, {"ko", "Korean"}, {"pt", "Portuguese"}, {"ru", "Russian"}, {"so", "Somali"}, {"ase", "American Sign Language"},
}

// races and ethnicities are the OMB categories of US Core.
var races = []term{
	{"1002-5", "American Indian or Alaska Native"}, {"2028-9", "Asian"}, {"2054-5", "Black or African American"},
	{"2076-8", "Native Hawaiian or Other Pacific Islander"}, {"2106-3", "White"}, {"2131-1", "Other race"},
}

var ethnicities = []term{{"2135-2", "Hispanic or Latino"}, {"2186-5", "Not Hispanic or Latino"}}

var genders = []term{{"female", "Woman"}, {"male", "Man"}, {"nonbinary", "Nonbinary"}, {"other", "Another gender"}, {"unknown", "Not said"}}

func options(r *site.Request, first string, terms []term) []ui.Option {
	out := []ui.Option{}
	if first != "" {
		out = append(out, ui.Option{Text: r.T(first)})
	}
	for _, t := range terms {
		out = append(out, ui.Option{Value: t.code, Text: r.T(t.text)})
	}
	return out
}

func coded(system, code string, terms []term) person.Coded {
	for _, t := range terms {
		if t.code == code {
			return person.Coded{System: system, Code: phi.NewText(code), Display: phi.NewText(t.text)}
		}
	}
	return person.Coded{}
}

func flagText(k person.FlagKind) string {
	switch k {
	case person.SafetyPlan:
		return "Safety plan"
	case person.Part2:
		return "42 CFR Part 2"
	case person.Interpreter:
		return "Interpreter"
	case person.NoVoicemail:
		return "No voicemail"
	}
	return "Another flag"
}

// clientPage makes the form; id is zero for a new client.
func (w *Work) clientPage(r *site.Request, id person.ID) (pages.ClientFormPage, error) {
	p := pages.ClientFormPage{
		Languages: options(r, "Not said", languages), Races: options(r, "", races), Ethnicities: options(r, "Not said", ethnicities), Genders: options(r, "Not said", genders),
		IDKinds: []ui.Option{{Value: "ssn", Text: r.T("Social security number")}, {Value: "government", Text: r.T("Driver’s license or state ID")}},
	}
	for _, k := range person.FlagKinds() {
		p.FlagKinds = append(p.FlagKinds, ui.Option{Value: string(k), Text: r.T(flagText(k))})
	}
	action, subject := "client.create", record.Subject{}
	if !id.IsZero() {
		action, subject = "client.change", record.SubjectOf(id)
	}
	set, err := w.Door.May(r.Ctx(), r.Who, action, subject, false, person.Classes())
	if err != nil {
		return p, err
	}
	p.Hidden = hidden(person.Classes() &^ set)
	return p, nil
}

func (w *Work) newClient(r *site.Request) (site.Answer, error) {
	p, err := w.clientPage(r, person.ID{})
	if err != nil {
		return site.Answer{}, err
	}
	if p.Hidden.Of(string(policy.Identity)).Yes() {
		return site.Answer{}, fault.DeniedBy("client.create")
	}
	return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
}

// fill sets the fields of the form on c, leaving alone the classes in withheld.
func fill(r *site.Request, c *person.Client, withheld policy.ClassSet) {
	writes := func(k policy.Class) bool { return !withheld.Has(k) }
	if writes(policy.Identity) {
		c.Name.Given, c.Name.Middle, c.Name.Family = r.Text("given"), r.Text("middle"), r.Text("family")
		c.Pronouns = r.Text("pronouns")
		c.BirthDate = civilDate(r.Value("birth"))
		c.Preferred, c.OtherNames = phi.Text{}, nil
		kinds := r.Values("name_kind")
		for i, s := range r.Values("name_text") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			switch at(kinds, i) {
			case "preferred":
				c.Preferred = phi.NewText(s)
			case "maiden":
				c.OtherNames = append(c.OtherNames, person.Name{Use: person.Former, Text: phi.NewText(s)})
			default:
				c.OtherNames = append(c.OtherNames, person.Name{Use: person.Alias, Text: phi.NewText(s)})
			}
		}
	}
	if writes(policy.SSN) {
		c.SSN, c.GovernmentIDs = phi.Text{}, nil
		kinds := r.Values("id_kind")
		for i, s := range r.Values("id_value") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if at(kinds, i) == "ssn" {
				c.SSN = phi.NewText(s)
			} else {
				c.GovernmentIDs = append(c.GovernmentIDs, person.Identifier{Label: phi.NewText("Driver’s license or state ID"), Value: phi.NewText(s)})
			}
		}
	}
	if writes(policy.Contact) {
		fillContacts(r, c)
	}
	if writes(policy.Demographics) {
		c.Gender = r.Text("gender")
		c.Language = coded(langSystem, r.Value("language"), languages)
		c.Interpreter = r.Value("interpreter") != ""
		c.Ethnicities = nil
		if e := coded(raceSystem, r.Value("ethnicity"), ethnicities); !e.Empty() {
			c.Ethnicities = []person.Coded{e}
		}
		c.Races = nil
		for _, s := range r.Values("race") {
			if x := coded(raceSystem, s, races); !x.Empty() {
				c.Races = append(c.Races, x)
			}
		}
	}
	if writes(policy.Household) {
		old := c.Household
		c.Household = nil
		rel, det := r.Values("member_relation"), r.Values("member_detail")
		for i, s := range r.Values("member_name") {
			if s = strings.TrimSpace(s); s == "" && at(rel, i) == "" {
				continue
			}
			m := person.Related{Name: phi.NewText(s), Relation: phi.NewText(at(rel, i)), Note: phi.NewText(at(det, i)), LivesWith: true}
			for _, o := range old {
				if o.Name.Equal(m.Name) {
					m.LivesWith, m.BirthDate, m.Phone, m.Client = o.LivesWith, o.BirthDate, o.Phone, o.Client
				}
			}
			c.Household = append(c.Household, m)
		}
	}
	if writes(policy.Flags) {
		old := c.Flags
		c.Flags = nil
		kinds := r.Values("flag_kind")
		for i, s := range r.Values("flag_text") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			f := person.Flag{Kind: person.FlagKind(at(kinds, i)), Text: phi.NewText(s), Since: person.Today(r.Now)}
			for _, o := range old {
				if o.Kind == f.Kind && o.Text.Equal(f.Text) {
					f.Since = o.Since
				}
			}
			c.Flags = append(c.Flags, f)
		}
	}
}

func fillContacts(r *site.Request, c *person.Client) {
	c.Phones, c.Emails, c.Emergency, c.Addresses = nil, nil, nil, nil
	kinds, rules, labels := r.Values("contact_kind"), r.Values("contact_rule"), r.Values("contact_label")
	for i, s := range r.Values("contact_value") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		switch {
		case at(labels, i) != "":
			c.Emergency = append(c.Emergency, person.Emergency{Name: phi.NewText(at(labels, i)), Phone: phi.NewText(s)})
		case at(kinds, i) == "email":
			c.Emails = append(c.Emails, person.Email{Address: phi.NewText(s), Use: "home", Safe: at(rules, i) != "do_not_use"})
		default:
			p := person.Phone{Number: phi.NewText(s), Use: at(kinds, i), Preferred: len(c.Phones) == 0}
			switch at(rules, i) {
			case "no_voicemail":
				p.NoVoicemail = true
			case "text_only":
				p.TextOnly = true
			case "do_not_use":
				p.NoVoicemail, p.Preferred, p.Note = true, false, phi.NewText("Do not use")
			}
			c.Phones = append(c.Phones, p)
		}
	}
	cities, places, use := r.Values("address_city"), r.Values("address_label"), r.Values("address_rule")
	for i, s := range r.Values("address_lines") {
		s = strings.TrimSpace(s)
		if s == "" && at(cities, i) == "" {
			continue
		}
		a := person.Address{Use: strings.ToLower(at(places, i)), SafeToMail: at(use, i) == "open"}
		if a.Use == "" {
			a.Use = "home"
		}
		if s != "" {
			a.Lines = []phi.Text{phi.NewText(s)}
		}
		city, rest, _ := strings.Cut(at(cities, i), ",")
		a.City = phi.NewText(strings.TrimSpace(city))
		if f := strings.Fields(rest); len(f) > 0 {
			a.State = phi.NewText(f[0])
			a.PostalCode = phi.NewText(strings.Join(f[1:], " "))
		}
		c.Addresses = append(c.Addresses, a)
	}
}

func at(list []string, i int) string {
	if i < len(list) {
		return strings.TrimSpace(list[i])
	}
	return ""
}

// wrong gives the fields of an error the names and the language of the form.
func wrong(r *site.Request, err error) error {
	var out []fault.Field
	for _, f := range fault.FieldsOf(err) {
		head, _, _ := strings.Cut(f.Name, ".")
		row := ""
		for _, part := range strings.Split(f.Name, ".") {
			if _, err := strconv.Atoi(part); err == nil {
				row = part
			}
		}
		form := map[string]string{
			"name": "given", "birth_date": "birth", "ssn": "id_value", "phones": "contact_value", "emails": "contact_value", "emergency": "contact_value",
			"addresses": "address_lines", "household": "member_name", "flags": "flag_text", "other_names": "name_text", "preferred": "name_text", "identifiers": "id_value",
		}[head]
		if form == "" {
			form = head
		} else if row != "" {
			form += "-" + row
		}
		out = append(out, fault.Field{Name: form, Message: r.T(f.Message)})
	}
	if out == nil {
		return err
	}
	return fault.InvalidFields("client", out...)
}

func (w *Work) register(r *site.Request) (site.Answer, error) {
	p, err := w.clientPage(r, person.ID{})
	if err != nil {
		return site.Answer{}, err
	}
	again := func(err error) (site.Answer, error) {
		p.Form = r.Posted(wrong(r, err))
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	if r.Value("do") == "more" {
		p.Form = r.Posted(nil)
		return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
	}
	var withheld policy.ClassSet
	for _, h := range p.Hidden {
		withheld |= policy.Set(policy.Class(h.Class))
	}
	if bad := badBirth(r); bad != nil {
		return again(bad)
	}
	var c person.Client
	fill(r, &c, withheld)
	got, err := w.Clients.Register(r.Ctx(), r.Who, c, r.Value("not_twin") != "")
	if fault.Is(err, fault.Invalid) {
		return again(err)
	}
	if err != nil {
		return site.Answer{}, err
	}
	if len(got.Possible) > 0 {
		for _, row := range got.Possible {
			p.Twins = append(p.Twins, foundClient(r, row))
		}
		p.Form = r.Posted(nil)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	return site.SeeOther("/clients/"+got.ID.String()).Saying(ui.Good, "Client registered. Open a case so that somebody is assigned."), nil
}

// badBirth says that a date was typed that is none.
func badBirth(r *site.Request) error {
	s := r.Value("birth")
	if s == "" {
		return nil
	}
	if _, err := phi.ParseDate(s); err != nil {
		return fault.InvalidFields("client", fault.Field{Name: "birth_date", Message: "Enter the date as month, day and year."})
	}
	return nil
}

// show is a client as the form shows them.
func show(o person.Opened) ui.Form {
	c := o.Value
	var f ui.Form
	f.Add("given", c.Name.Given)
	f.Add("middle", c.Name.Middle)
	f.Add("family", c.Name.Family)
	f.Add("birth", phi.NewText(c.BirthDate.DiscloseISO()))
	f.Add("pronouns", c.Pronouns)
	f.Add("gender", c.Gender)
	pair := func(kind, text string, k string, t phi.Text) {
		f.Add(kind, phi.NewText(k))
		f.Add(text, t)
	}
	if !c.Preferred.Empty() {
		pair("name_kind", "name_text", "preferred", c.Preferred)
	}
	for _, n := range c.OtherNames {
		k := "alias"
		if n.Use == person.Former || n.Use == person.Maiden {
			k = "maiden"
		}
		pair("name_kind", "name_text", k, n.Full())
	}
	if !c.SSN.Empty() {
		pair("id_kind", "id_value", "ssn", c.SSN)
	}
	for _, x := range c.GovernmentIDs {
		pair("id_kind", "id_value", "government", x.Value)
	}
	contact := func(kind string, value phi.Text, rule string, label phi.Text) {
		f.Add("contact_kind", phi.NewText(kind))
		f.Add("contact_value", value)
		f.Add("contact_rule", phi.NewText(rule))
		f.Add("contact_label", label)
	}
	for _, p := range c.Phones {
		rule := "any"
		switch {
		case p.Note.Disclose() == "Do not use":
			rule = "do_not_use"
		case p.TextOnly:
			rule = "text_only"
		case p.NoVoicemail:
			rule = "no_voicemail"
		}
		contact(p.Use, p.Number, rule, phi.Text{})
	}
	for _, e := range c.Emails {
		contact("email", e.Address, "any", phi.Text{})
	}
	for _, e := range c.Emergency {
		contact("mobile", e.Phone, "any", e.Name)
	}
	for _, a := range c.Addresses {
		var lines []string
		for _, l := range a.Lines {
			lines = append(lines, l.Disclose())
		}
		f.Add("address_lines", phi.NewText(strings.Join(lines, ", ")))
		f.Add("address_city", phi.NewText(strings.Trim(a.City.Disclose()+", "+a.State.Disclose()+" "+a.PostalCode.Disclose(), ", ")))
		f.Add("address_label", phi.NewText(a.Use))
		rule := "private"
		if a.SafeToMail {
			rule = "open"
		}
		f.Add("address_rule", phi.NewText(rule))
	}
	f.Add("language", c.Language.Code)
	if c.Interpreter {
		f.Add("interpreter", phi.NewText("1"))
	}
	for _, e := range c.Ethnicities {
		f.Add("ethnicity", e.Code)
	}
	for _, x := range c.Races {
		f.Add("race", x.Code)
	}
	for _, m := range c.Household {
		f.Add("member_name", m.Name)
		f.Add("member_relation", m.Relation)
		f.Add("member_detail", m.Note)
	}
	for _, x := range c.Flags {
		f.Add("flag_kind", phi.NewText(string(x.Kind)))
		f.Add("flag_text", x.Text)
	}
	return f
}

// editPage makes the form of a client on record.
func (w *Work) editPage(r *site.Request) (pages.ClientFormPage, person.Opened, error) {
	c, err := w.begin(r)
	if err != nil {
		return pages.ClientFormPage{}, person.Opened{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return pages.ClientFormPage{}, person.Opened{}, err
	}
	p, err := w.clientPage(r, c.id)
	if err != nil {
		return p, person.Opened{}, err
	}
	head := w.head(r, c)
	p.Chart, p.Version = &head, number(c.client.Version)
	for _, h := range hidden(c.client.Withheld) {
		if !p.Hidden.Of(h.Class).Yes() {
			p.Hidden = append(p.Hidden, h)
		}
	}
	return p, c.client.Opened, nil
}

func (w *Work) editClient(r *site.Request) (site.Answer, error) {
	p, o, err := w.editPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !p.Chart.MayEdit {
		return site.Answer{}, fault.DeniedBy("client.change")
	}
	p.Form = show(o)
	return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
}

func (w *Work) saveClient(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	p, _, err := w.editPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	again := func(err error) (site.Answer, error) {
		p.Form, p.Version = r.Posted(wrong(r, err)), r.Value("version")
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	if r.Value("do") == "more" {
		p.Form, p.Version = r.Posted(nil), r.Value("version")
		return page(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) })
	}
	if bad := badBirth(r); bad != nil {
		return again(bad)
	}
	var withheld policy.ClassSet
	for _, h := range p.Hidden {
		withheld |= policy.Set(policy.Class(h.Class))
	}
	err = w.Clients.Edit(r.Ctx(), r.Who, id, int64(parse(r.Value("version"))), func(c *person.Client) { fill(r, c, withheld) })
	if fault.Is(err, fault.Invalid) {
		return again(err)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+id.String()).Saying(ui.Good, "Client saved. What was there before stays in the history."), nil
}
