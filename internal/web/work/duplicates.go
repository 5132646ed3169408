package work

import (
	"errors"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/merge"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// duplicateRoutes are finding, comparing, joining and parting records of one
// person.
func (w *Work) duplicateRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /duplicates", Action: "merge.find", Handle: w.duplicates},
		{Pattern: "GET /duplicates/compare", Action: "merge.find", Handle: w.compare},
		{Pattern: "POST /duplicates/compare", Action: "merge.create", Handle: w.join},
		{Pattern: "POST /duplicates/differ", Action: "merge.create", Handle: w.differ},
		{Pattern: "GET /clients/{id}/merges", Action: "merge.find", Handle: w.mergesOf},
		{Pattern: "POST /clients/{id}/merges/{merge}/undo", Action: "merge.undo", Handle: w.undoMerge},
	}
}

func (w *Work) duplicates(r *site.Request) (site.Answer, error) {
	found, err := w.Merges.Find(r.Ctx(), r.Who, r.Value("after"))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.DuplicatesPage{Looked: found.Looked}
	if found.Next != "" {
		p.More = "/duplicates?after=" + found.Next
	}
	for _, x := range found.Pairs {
		p.Pairs = append(p.Pairs, pages.DuplicatePair{
			A: foundClient(r, person.Row{Opened: x.Stays}), B: foundClient(r, person.Row{Opened: x.Goes}), Score: x.Like.Score, Like: like(r, x.Like),
		})
	}
	return page(func(f ui.Frame) templ.Component { return pages.Duplicates(f, p) })
}

// two are the ids of a comparison.
func two(r *site.Request) (a, b person.ID, err error) {
	if a, err = record.ParseID[person.Client](r.Value("a")); err != nil {
		return a, b, err
	}
	b, err = record.ParseID[person.Client](r.Value("b"))
	return a, b, err
}

// unitWords names what is chosen when two records are joined.
var unitWords = map[string]string{
	"name": "Name", "preferred": "Preferred name", "other_names": "Other names", "pronouns": "Pronouns", "birth_date": "Birth date", "identifiers": "Numbers in other systems",
	"ssn": "Social security number", "government_ids": "Government numbers", "phones": "Phones", "emails": "Email", "addresses": "Addresses", "emergency": "Emergency contacts",
	"gender": "Gender", "language": "Language", "race": "Race and ethnicity", "household": "People close to the client", "flags": "Flags",
}

// unitText is what a record says of a unit, a line each.
func unitText(r *site.Request, name string, c person.Client) phi.Text {
	var lines []string
	add := func(parts ...string) {
		var some []string
		for _, p := range parts {
			if p != "" {
				some = append(some, p)
			}
		}
		if len(some) > 0 {
			lines = append(lines, strings.Join(some, ", "))
		}
	}
	switch name {
	case "name":
		add(c.FullName().Disclose())
	case "preferred":
		add(c.Preferred.Disclose())
	case "other_names":
		for _, n := range c.OtherNames {
			add(n.Full().Disclose())
		}
	case "pronouns":
		add(c.Pronouns.Disclose())
	case "birth_date":
		add(ui.ShowDate(c.BirthDate, r.Lang))
	case "identifiers":
		for _, x := range c.Identifiers {
			add(identText(r, x), x.Value.Disclose())
		}
	case "ssn":
		if !c.SSN.Empty() {
			add("•••-••-" + last(c.SSN.Disclose(), 4))
		}
	case "government_ids":
		for _, x := range c.GovernmentIDs {
			add("•••" + last(x.Value.Disclose(), 3))
		}
	case "phones":
		for _, p := range c.Phones {
			add(phoneText(r, p).Disclose())
		}
	case "emails":
		for _, e := range c.Emails {
			add(e.Address.Disclose())
		}
	case "addresses":
		for _, a := range c.Addresses {
			add(street(a), town(a))
		}
	case "emergency":
		for _, e := range c.Emergency {
			add(e.Name.Disclose(), e.Relation.Disclose(), e.Phone.Disclose())
		}
	case "gender":
		g := c.Gender.Disclose()
		for _, t := range genders {
			if t.code == g {
				g = r.T(t.text)
			}
		}
		add(g, c.BirthSex.Disclose())
	case "language":
		add(r.T(c.Language.Display.Disclose()))
		if c.Interpreter {
			add(r.T("Needs an interpreter"))
		}
	case "race":
		for _, x := range append(append([]person.Coded{}, c.Races...), c.Ethnicities...) {
			add(r.T(x.Display.Disclose()))
		}
	case "household":
		for _, x := range c.Household {
			add(x.Name.Disclose(), relationText(r, x))
		}
	case "flags":
		for _, x := range c.Flags {
			add(r.T(flagText(x.Kind)), x.Text.Disclose())
		}
	}
	return phi.NewText(strings.Join(lines, "\n"))
}

func last(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return s[len(s)-n:]
}

func identText(r *site.Request, x person.Identifier) string {
	for _, k := range identKinds {
		if k.code == x.Kind && (k.code != "other" || x.Label.Empty()) {
			return r.T(k.text)
		}
	}
	if !x.Label.Empty() {
		return r.T(x.Label.Disclose())
	}
	return r.T("Another number")
}

func (w *Work) comparePage(r *site.Request, form *ui.Form) (pages.ComparePage, error) {
	a, b, err := two(r)
	if err != nil {
		return pages.ComparePage{}, err
	}
	t, err := w.Merges.Look(r.Ctx(), r.Who, a, b)
	if err != nil {
		return pages.ComparePage{}, err
	}
	for _, c := range []*person.Client{&t.Stays.Value, &t.Goes.Value} {
		names, err := w.Homes.Names(r.Ctx(), r.Who, c.Household)
		if err != nil {
			return pages.ComparePage{}, err
		}
		for i, x := range c.Household {
			if n, ok := names[x.Client]; ok {
				c.Household[i].Name = n.Name
			}
		}
	}
	p := pages.ComparePage{
		A: foundClient(r, person.Row{Opened: t.Stays}), B: foundClient(r, person.Row{Opened: t.Goes}), VersionA: number(t.Stays.Version), VersionB: number(t.Goes.Version),
		Like: like(r, t.Like), Score: t.Like.Score,
	}
	for _, u := range merge.Units() {
		x := pages.CompareRow{Name: u.Name, Label: r.T(unitWords[u.Name]), List: u.List, Hidden: hidden(t.Stays.Withheld | t.Goes.Withheld).Of(string(u.Class))}
		if !x.Hidden.Yes() {
			if u.Empty(t.Stays.Value) && u.Empty(t.Goes.Value) {
				continue
			}
			x.Same = u.Same(t.Stays.Value, t.Goes.Value)
			x.A, x.B = unitText(r, u.Name, t.Stays.Value), unitText(r, u.Name, t.Goes.Value)
			x.Pick = "keep"
			switch {
			case x.Same:
			case u.Empty(t.Stays.Value):
				x.Pick = "take"
			case u.List && !u.Empty(t.Goes.Value):
				x.Pick = "both"
			}
			if form != nil {
				if v := ui.Show(form.Value("pick_" + u.Name)); v != "" {
					x.Pick = v
				}
			}
		}
		p.Rows = append(p.Rows, x)
	}
	if form != nil {
		p.Form = *form
	}
	return p, nil
}

func (w *Work) compare(r *site.Request) (site.Answer, error) {
	p, err := w.comparePage(r, nil)
	if err != nil {
		return site.Answer{}, err
	}
	return page(func(f ui.Frame) templ.Component { return pages.Compare(f, p) })
}

// join shows first what would be, and joins when that was confirmed.
func (w *Work) join(r *site.Request) (site.Answer, error) {
	a, b, err := two(r)
	if err != nil {
		return site.Answer{}, err
	}
	show := func(err error, says string) (site.Answer, error) {
		form := r.Posted(err)
		p, perr := w.comparePage(r, &form)
		if perr != nil {
			return site.Answer{}, perr
		}
		p.Says = says
		view := func(f ui.Frame) templ.Component { return pages.Compare(f, p) }
		if err != nil || says != "" {
			return site.Invalid(view), nil
		}
		p.Preview = true
		return page(view)
	}
	var picks []merge.Pick
	for _, u := range merge.Units() {
		switch r.Value("pick_" + u.Name) {
		case "take":
			picks = append(picks, merge.Pick{Field: u.Name, From: merge.Take})
		case "both":
			picks = append(picks, merge.Pick{Field: u.Name, From: merge.Both})
		}
	}
	if r.Value("do") != "join" {
		return show(nil, "")
	}
	_, err = w.Merges.Join(r.Ctx(), r.Who, a, b, versionIn(r.Value("version_a")), versionIn(r.Value("version_b")), picks)
	switch {
	case fault.Is(err, fault.Conflict):
		return show(nil, "Somebody changed one of the two since you compared them. Your choices are kept: look again, then join.")
	case fault.Is(err, fault.Invalid):
		var fs []fault.Field
		for _, f := range fault.FieldsOf(err) {
			fs = append(fs, fault.Field{Message: r.T(f.Message)})
		}
		return show(fault.InvalidFields("merge.create", fs...), "")
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+a.String()+"/merges").Saying(ui.Good, "The two records are joined. You can undo it here as long as the record exists."), nil
}

func (w *Work) differ(r *site.Request) (site.Answer, error) {
	a, b, err := two(r)
	if err != nil {
		return site.Answer{}, err
	}
	if _, err := w.Merges.Differ(r.Ctx(), r.Who, a, b); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/duplicates").Saying(ui.Good, "Noted: these are two people. The pair is not shown again."), nil
}

// mergesOf shows what was joined to a client's record.
func (w *Work) mergesOf(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	l := w.Merges.WantOf(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	var ids []string
	var subjects []record.Subject
	for _, o := range l.Rows {
		ids = append(ids, o.Value.By, o.Value.UndoneBy)
		subjects = append(subjects, o.Value.Goes)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	numbers, err := w.Clients.Numbers(r.Ctx(), r.Who, subjects)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.MergesPage{Chart: w.head(r, c)}
	look, err := w.Door.Look(r.Ctx(), r.Who, c.subject())
	if err != nil {
		return site.Answer{}, err
	}
	may := look.May("merge.undo", false, merge.Kind.Classes()) != 0
	for _, o := range l.Rows {
		m := o.Value
		if numbers[m.Goes.String()].Empty() {
			continue // a client the asker may not know of, or one who is no more
		}
		x := pages.MergeLine{ID: o.ID.String(), Goes: m.Goes.String(), Number: numbers[m.Goes.String()], By: names[m.By], At: m.At.In(r.Zone), State: m.State(), UndoneBy: names[m.UndoneBy], MayUndo: may && m.State() != merge.Undone}
		if !m.UndoneAt.IsZero() {
			x.UndoneAt = m.UndoneAt.In(r.Zone)
		}
		for _, k := range m.Picks {
			x.Taken = append(x.Taken, r.T(unitWords[k.Field]))
		}
		p.Rows = append(p.Rows, x)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Merges(f, p) })
}

func (w *Work) undoMerge(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[merge.Merge](r.PathValue("merge"))
	if err != nil {
		return site.Answer{}, err
	}
	_, kept, err := w.Merges.Undo(r.Ctx(), r.Who, id)
	back := site.SeeOther("/clients/" + r.PathValue("id") + "/merges")
	switch {
	case fault.Is(err, fault.Invalid):
		return back.Refusing("This was undone already."), nil
	case errors.Is(err, merge.ErrWithheld):
		return back.Refusing(merge.ErrWithheld.Why), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	said := "Undone. Both records are as they were."
	if len(kept) > 0 {
		said = "Undone. What was changed since the records were joined stays as it is now: check the client’s details."
	}
	return site.SeeOther("/clients/"+r.PathValue("id")+"/merges").Saying(ui.Good, said), nil
}
