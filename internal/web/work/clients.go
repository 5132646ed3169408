package work

import (
	"maps"
	"net/url"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
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

// clientFields are the fields of the form, as two people's edits are put together:
// a row of several fields is judged as one.
var clientFields = []string{
	"given", "middle", "family", "suffix", "birth", "pronouns", "gender", "name_text+name_kind", "ident_value+ident_kind", "id_value+id_kind",
	"contact_value+contact_kind+contact_rule+contact_label", "em_name+em_relation+em_phone", "address_lines+address_city+address_label+address_rule",
	"language", "other_language", "interpreter", "ethnicity", "race", "flag_text+flag_kind+flag_since+flag_until+flag_review",
}

// identKinds are the numbers other systems know a client by.
var identKinds = []term{
	{"mrn", "Medical record number"}, {"medicaid", "Medicaid number"}, {"medicare", "Medicare number"}, {"hmis", "HMIS number"},
	{"external", "Number in another system"}, {"former_number", "Client number of a joined record"}, {"other", "Another number"},
}

// clientPage makes the form; id is zero for a new client.
func (w *Work) clientPage(r *site.Request, id person.ID) (pages.ClientFormPage, error) {
	p := pages.ClientFormPage{
		Languages: options(r, "Not said", languages), Races: options(r, "", races), Ethnicities: options(r, "Not said", ethnicities), Genders: options(r, "Not said", genders),
		IDKinds:    []ui.Option{{Value: "ssn", Text: r.T("Social security number")}, {Value: "government", Text: r.T("Driver’s license or state ID")}},
		IdentKinds: options(r, "", identKinds), Fields: clientFields,
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
	if id.IsZero() {
		programs := w.programs(r.Ctx())
		p.Programs = []ui.Option{{Text: r.T("No case yet")}}
		for code, name := range programs {
			p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
		}
		ui.ByText(p.Programs[1:])
		if p.Workers, err = w.workersWho(r, casefile.Carries); err != nil {
			return p, err
		}
		p.Workers[0].Text = r.T("Nobody yet")
		p.Levels = []ui.Option{{Value: string(casefile.Standard), Text: r.T("Standard")}, {Value: string(casefile.High), Text: r.T("High")}, {Value: string(casefile.Intensive), Text: r.T("Intensive")}}
	}
	return p, nil
}

// fill sets the fields of the form on c, leaving alone the classes in withheld.
// What the form does not show of a row that stays, it keeps.
func fill(r *site.Request, c *person.Client, withheld policy.ClassSet) {
	writes := func(k policy.Class) bool { return !withheld.Has(k) }
	if writes(policy.Identity) {
		c.Name.Given, c.Name.Middle, c.Name.Family, c.Name.Suffix = r.Text("given"), r.Text("middle"), r.Text("family"), r.Text("suffix")
		c.Pronouns = r.Text("pronouns")
		c.BirthDate = civilDate(r.Value("birth"))
		oldNames, oldIdents := c.OtherNames, c.Identifiers
		c.Preferred, c.OtherNames, c.Identifiers = phi.Text{}, nil, nil
		kinds := r.Values("name_kind")
		for i, s := range r.Values("name_text") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			n := person.Name{Text: phi.NewText(s)}
			for _, o := range oldNames {
				if o.Full().Equal(n.Text) {
					n = o
				}
			}
			switch at(kinds, i) {
			case "preferred":
				if c.Preferred.Empty() {
					c.Preferred = phi.NewText(s)
					continue
				}
				n.Use = person.Nickname
			case "maiden":
				if n.Use != person.Maiden {
					n.Use = person.Former
				}
			default:
				if n.Use != person.Nickname {
					n.Use = person.Alias
				}
			}
			c.OtherNames = append(c.OtherNames, n)
		}
		kinds = r.Values("ident_kind")
		for i, s := range r.Values("ident_value") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			x := person.Identifier{Value: phi.NewText(s)}
			for _, o := range oldIdents {
				if o.Value.Equal(x.Value) {
					x = o
				}
			}
			if k := at(kinds, i); k != identKind(x) {
				x.Kind, x.Label = k, phi.Text{}
			}
			c.Identifiers = append(c.Identifiers, x)
		}
	}
	if writes(policy.SSN) {
		old := c.GovernmentIDs
		c.SSN, c.GovernmentIDs = phi.Text{}, nil
		kinds := r.Values("id_kind")
		for i, s := range r.Values("id_value") {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if at(kinds, i) == "ssn" && c.SSN.Empty() {
				c.SSN = phi.NewText(s)
				continue
			}
			x := person.Identifier{Label: phi.NewText("Driver’s license or state ID"), Value: phi.NewText(s)}
			for _, o := range old {
				if o.Value.Equal(x.Value) {
					x = o
				}
			}
			c.GovernmentIDs = append(c.GovernmentIDs, x)
		}
	}
	if writes(policy.Contact) {
		fillContacts(r, c)
	}
	if writes(policy.Demographics) {
		fillBackground(r, c)
	}
	if writes(policy.Flags) {
		fillFlags(r, c)
	}
}

// pickTerm is a code system's term, or what stood there if it is that one still.
func pickTerm(system, code string, terms []term, old ...person.Coded) person.Coded {
	for _, o := range old {
		if code != "" && code == o.Code.Disclose() {
			return o
		}
	}
	return coded(system, code, terms)
}

func fillBackground(r *site.Request, c *person.Client) {
	c.Gender = r.Text("gender")
	c.Language = pickTerm(langSystem, r.Value("language"), languages, c.Language)
	old := c.OtherLanguages
	c.OtherLanguages = nil
	for _, s := range r.Values("other_language") {
		if x := pickTerm(langSystem, s, languages, old...); !x.Empty() {
			c.OtherLanguages = append(c.OtherLanguages, x)
		}
	}
	c.Interpreter = r.Value("interpreter") != ""
	was := c.Ethnicities
	c.Ethnicities = nil
	if e := pickTerm(raceSystem, r.Value("ethnicity"), ethnicities, was...); !e.Empty() {
		c.Ethnicities = []person.Coded{e}
	}
	races0 := c.Races
	c.Races = nil
	for _, s := range r.Values("race") {
		if x := pickTerm(raceSystem, s, races, races0...); !x.Empty() {
			c.Races = append(c.Races, x)
		}
	}
	// Finer categories than the form offers stay.
	for _, o := range races0 {
		if coded(raceSystem, o.Code.Disclose(), races).Empty() {
			c.Races = append(c.Races, o)
		}
	}
}

func fillFlags(r *site.Request, c *person.Client) {
	old := c.Flags
	c.Flags = nil
	kinds, since, until, review := r.Values("flag_kind"), r.Values("flag_since"), r.Values("flag_until"), r.Values("flag_review")
	for i, s := range r.Values("flag_text") {
		s = strings.TrimSpace(s)
		if s == "" && at(since, i) == "" && at(until, i) == "" && at(review, i) == "" {
			continue
		}
		f := person.Flag{
			Kind: person.FlagKind(at(kinds, i)), Text: phi.NewText(s), Since: civilDate(at(since, i)), Until: civilDate(at(until, i)), Review: civilDate(at(review, i)), By: r.Who.Worker(),
		}
		if f.Since.Empty() {
			f.Since = phi.NewDate(r.Now.Year(), int(r.Now.Month()), r.Now.Day())
		}
		for _, o := range old {
			// Whoever set it stays named as long as it says the same.
			if o.Kind == f.Kind && o.Text.Equal(f.Text) {
				f.By = o.By
				if at(since, i) == "" {
					f.Since = o.Since
				}
			}
		}
		c.Flags = append(c.Flags, f)
	}
}

func fillContacts(r *site.Request, c *person.Client) {
	phones, emails, emergency, addresses := c.Phones, c.Emails, c.Emergency, c.Addresses
	c.Phones, c.Emails, c.Emergency, c.Addresses = nil, nil, nil, nil
	kinds, rules, labels := r.Values("contact_kind"), r.Values("contact_rule"), r.Values("contact_label")
	for i, s := range r.Values("contact_value") {
		if s = strings.TrimSpace(s); s == "" {
			continue
		}
		rule := at(rules, i)
		if at(kinds, i) == "email" {
			e := person.Email{Address: phi.NewText(s), Use: "home"}
			for _, o := range emails {
				if o.Address.Equal(e.Address) {
					e = o
				}
			}
			e.Safe = rule == "any" || rule == "message"
			c.Emails = append(c.Emails, e)
			continue
		}
		p := person.Phone{Number: phi.NewText(s)}
		for _, o := range phones {
			if o.Number.Equal(p.Number) {
				p = o
			}
		}
		p.Use, p.Note, p.Preferred = at(kinds, i), phi.NewText(at(labels, i)), false
		p.NoVoicemail, p.TextOnly, p.MayLeave, p.DoNotUse = rule == "no_voicemail", rule == "text_only", rule == "message", rule == "do_not_use"
		c.Phones = append(c.Phones, p)
	}
	// The first that may be used is used first.
	for i := range c.Phones {
		if !c.Phones[i].DoNotUse {
			c.Phones[i].Preferred = true
			break
		}
	}
	rel, tel := r.Values("em_relation"), r.Values("em_phone")
	for i, s := range r.Values("em_name") {
		if s = strings.TrimSpace(s); s == "" && at(tel, i) == "" {
			continue
		}
		e := person.Emergency{Name: phi.NewText(s)}
		for _, o := range emergency {
			if o.Name.Equal(e.Name) {
				e = o
			}
		}
		e.Relation, e.Phone = phi.NewText(at(rel, i)), phi.NewText(at(tel, i))
		c.Emergency = append(c.Emergency, e)
	}
	cities, places, use := r.Values("address_city"), r.Values("address_label"), r.Values("address_rule")
	for i, s := range r.Values("address_lines") {
		s = strings.TrimSpace(s)
		if s == "" && at(cities, i) == "" {
			continue
		}
		a := person.Address{}
		if s != "" {
			a.Lines = []phi.Text{phi.NewText(s)}
		}
		city, rest, _ := strings.Cut(at(cities, i), ",")
		a.City = phi.NewText(strings.TrimSpace(city))
		if f := strings.Fields(rest); len(f) > 0 {
			a.State = phi.NewText(f[0])
			a.PostalCode = phi.NewText(strings.Join(f[1:], " "))
		}
		for _, o := range addresses {
			if street(o) == s && town(o) == at(cities, i) {
				a = o
			}
		}
		a.Use, a.SafeToMail = at(places, i), at(use, i) == "open"
		if a.Use == "" {
			a.Use = "home"
		}
		c.Addresses = append(c.Addresses, a)
	}
}

func street(a person.Address) string {
	var lines []string
	for _, l := range a.Lines {
		lines = append(lines, l.Disclose())
	}
	return strings.Join(lines, ", ")
}

func town(a person.Address) string {
	return strings.Trim(a.City.Disclose()+", "+a.State.Disclose()+" "+a.PostalCode.Disclose(), ", ")
}

// identKind is what the form calls the kind of a number.
func identKind(x person.Identifier) string {
	for _, k := range identKinds {
		if k.code == x.Kind {
			return x.Kind
		}
	}
	return "other"
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
			"name": "given", "birth_date": "birth", "ssn": "id_value", "phones": "contact_value", "emails": "contact_value", "emergency": "em_name",
			"addresses": "address_lines", "household": "", "flags": "flag_text", "other_names": "name_text", "preferred": "name_text", "identifiers": "ident_value",
			"opened_on": "opened",
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

// withheld is the classes of a page that the asker may not write.
func withheld(h ui.HiddenSet) policy.ClassSet {
	var out policy.ClassSet
	for _, x := range h {
		out |= policy.Set(policy.Class(x.Class))
	}
	return out
}

// badDates says that a date was typed that is none.
func badDates(r *site.Request) error {
	var bad []fault.Field
	check := func(field, form string) {
		for i, s := range r.Values(form) {
			if s = strings.TrimSpace(s); s == "" {
				continue
			}
			if _, err := phi.ParseDate(s); err != nil {
				name := field
				if field == "flags" {
					name = "flags." + number(int64(i)) + ".text"
				}
				bad = append(bad, fault.Field{Name: name, Message: "Enter the date as month, day and year."})
			}
		}
	}
	check("birth_date", "birth")
	for _, f := range []string{"flag_since", "flag_until", "flag_review"} {
		check("flags", f)
	}
	if bad != nil {
		return fault.InvalidFields("client", bad...)
	}
	return nil
}

// show is a client as the form shows them.
func show(o person.Opened) ui.Form {
	c := o.Value
	var f ui.Form
	row := func(pairs ...any) {
		for i := 0; i+1 < len(pairs); i += 2 {
			switch v := pairs[i+1].(type) {
			case string:
				f.Add(pairs[i].(string), phi.NewText(v))
			case phi.Text:
				f.Add(pairs[i].(string), v)
			case phi.Date:
				f.Add(pairs[i].(string), phi.NewText(v.DiscloseISO()))
			}
		}
	}
	row("given", c.Name.Given, "middle", c.Name.Middle, "family", c.Name.Family, "suffix", c.Name.Suffix, "birth", c.BirthDate, "pronouns", c.Pronouns, "gender", c.Gender)
	if c.Name.Given.Empty() && c.Name.Family.Empty() {
		row("name_kind", "alias", "name_text", c.Name.Text)
	}
	if !c.Preferred.Empty() {
		row("name_kind", "preferred", "name_text", c.Preferred)
	}
	for _, n := range c.OtherNames {
		k := "alias"
		if n.Use == person.Former || n.Use == person.Maiden {
			k = "maiden"
		}
		row("name_kind", k, "name_text", n.Full())
	}
	for _, x := range c.Identifiers {
		row("ident_kind", identKind(x), "ident_value", x.Value)
	}
	if !c.SSN.Empty() {
		row("id_kind", "ssn", "id_value", c.SSN)
	}
	for _, x := range c.GovernmentIDs {
		row("id_kind", "government", "id_value", x.Value)
	}
	for _, p := range c.Phones {
		rule := "any"
		switch {
		case p.DoNotUse:
			rule = "do_not_use"
		case p.TextOnly:
			rule = "text_only"
		case p.NoVoicemail:
			rule = "no_voicemail"
		case p.MayLeave:
			rule = "message"
		}
		row("contact_kind", p.Use, "contact_value", p.Number, "contact_rule", rule, "contact_label", p.Note)
	}
	for _, e := range c.Emails {
		rule := "do_not_use"
		if e.Safe {
			rule = "any"
		}
		row("contact_kind", "email", "contact_value", e.Address, "contact_rule", rule, "contact_label", "")
	}
	for _, e := range c.Emergency {
		row("em_name", e.Name, "em_relation", e.Relation, "em_phone", e.Phone)
	}
	for _, a := range c.Addresses {
		rule := "private"
		if a.SafeToMail {
			rule = "open"
		}
		row("address_lines", street(a), "address_city", town(a), "address_label", a.Use, "address_rule", rule)
	}
	row("language", c.Language.Code)
	for _, x := range c.OtherLanguages {
		row("other_language", x.Code)
	}
	if c.Interpreter {
		row("interpreter", "yes")
	}
	for _, e := range c.Ethnicities {
		row("ethnicity", e.Code)
	}
	for _, x := range c.Races {
		row("race", x.Code)
	}
	for _, x := range c.Flags {
		row("flag_kind", string(x.Kind), "flag_text", x.Text, "flag_since", x.Since, "flag_until", x.Until, "flag_review", x.Review)
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
	var ids []string
	for _, x := range c.client.Value.Flags {
		ids = append(ids, x.By)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return p, person.Opened{}, err
	}
	for _, x := range c.client.Value.Flags {
		p.FlagBy = append(p.FlagBy, names[x.By])
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
		p.Form, p.Version = r.Posted(wrong(r, err)), versionSaid(r)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
	}
	if bad := badDates(r); bad != nil {
		return again(bad)
	}
	err = w.Clients.Edit(r.Ctx(), r.Who, id, versionOf(r), func(c *person.Client) { fill(r, c, withheld(p.Hidden)) })
	switch {
	case fault.Is(err, fault.Invalid):
		return again(err)
	case fault.Is(err, fault.Conflict):
		return w.mergeEdits(r)
	case err != nil:
		return site.Answer{}, err
	}
	if r.Value("do") == "more" {
		return site.SeeOther("/clients/"+id.String()+"/edit").Saying(ui.Good, "Saved. There are empty rows to fill."), nil
	}
	return site.SeeOther("/clients/"+id.String()).Saying(ui.Good, "Client saved. What was there before stays in the history."), nil
}

// chosen are the fields of a row that are never empty: they say nothing by
// themselves.
var chosen = map[string]bool{
	"name_kind": true, "ident_kind": true, "id_kind": true, "contact_kind": true, "contact_rule": true, "address_label": true, "address_rule": true, "flag_kind": true,
}

// clientFilled is what was posted without the rows in which nothing was written.
func clientFilled(posted url.Values) url.Values {
	out := maps.Clone(posted)
	for _, group := range clientFields {
		names := strings.Split(group, "+")
		if len(names) == 1 {
			continue
		}
		for _, n := range names {
			out[n] = nil
		}
		for i := range posted[names[0]] {
			written := false
			for _, n := range names {
				written = written || !chosen[n] && at(posted[n], i) != ""
			}
			if !written {
				continue
			}
			for _, n := range names {
				out[n] = append(out[n], at(posted[n], i))
			}
		}
	}
	return out
}

// mergeEdits shows the form with what a colleague saved meanwhile and what was
// typed here put together: nothing that either wrote is lost.
func (w *Work) mergeEdits(r *site.Request) (site.Answer, error) {
	p, o, err := w.editPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	m := ui.Merge(ui.Posted(clientFilled(r.Form), nil), show(o), clientFields...)
	names, err := w.names(r, o.ChangedBy)
	if err != nil {
		return site.Answer{}, err
	}
	m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
	p.Form, p.Merged = m.Form, &m
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.ClientForm(f, p) }), nil
}
