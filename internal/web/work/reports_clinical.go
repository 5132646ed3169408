package work

import (
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/clinical"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// itemFields are the fields of the form of a clinical item.
var itemFields = []string{"sort", "display", "code", "detail", "since", "until", "note", "told", "part2"}

func itemID(r *site.Request) (clinical.ID, error) {
	return record.ParseID[clinical.Item](r.PathValue("item"))
}

// itemInput reads the form of a clinical item.
func itemInput(r *site.Request) (clinical.Input, error) {
	in := clinical.Input{
		Sort: clinical.Sort(r.Value("sort")), Display: r.Text("display"), Code: r.Text("code"), Detail: r.Text("detail"), Note: r.Text("note"),
		Told: clinical.Told(r.Value("told")), Part2: r.Value("part2") != "",
	}
	var bad []fault.Field
	for _, x := range []struct {
		name string
		to   *phi.Date
	}{{"since", &in.Since}, {"until", &in.Until}} {
		s := r.Value(x.name)
		if s == "" {
			continue
		}
		d, err := phi.ParseDate(s)
		if err != nil {
			bad = append(bad, fault.Field{Name: x.name, Message: "Enter the date as month, day and year."})
			continue
		}
		*x.to = d
	}
	if len(bad) > 0 {
		return in, fault.InvalidFields("clinical.create", bad...)
	}
	return in, nil
}

// itemForm is what the form of an item shows.
func itemForm(i clinical.Item) ui.Form {
	f := ui.NewForm("sort", string(i.Sort), "told", string(i.Told))
	f.Add("display", i.Display)
	f.Add("code", i.Code)
	f.Add("detail", i.Detail())
	f.Add("note", i.Note)
	f.Add("since", phi.NewText(i.OnsetOn.DiscloseISO()))
	f.Add("until", phi.NewText(i.EndedOn.DiscloseISO()))
	if i.Part2 {
		f.Add("part2", phi.NewText("yes"))
	}
	return f
}

// itemPage shows the form of an item: a new one if id is zero. part2 says that it
// is on record as one of a substance use program.
func (w *Work) itemPage(r *site.Request, id clinical.ID, form ui.Form, merged *ui.Merged, version string, part2 bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.ItemPage{Chart: w.head(r, c), Form: form, Version: version, Merged: merged, ID: id.String(), Part2: part2}
	for _, x := range []clinical.Sort{clinical.Condition, clinical.Allergy, clinical.Medication} {
		p.Sorts = append(p.Sorts, ui.Option{Value: string(x), Text: sortWord(r, x)})
	}
	view := func(f ui.Frame) templ.Component { return pages.ItemForm(f, p) }
	if len(form.Errors()) > 0 || merged != nil {
		return site.Invalid(view), nil
	}
	return page(view)
}

func sortWord(r *site.Request, x clinical.Sort) string {
	switch x {
	case clinical.Allergy:
		return r.T("Allergy")
	case clinical.Medication:
		return r.T("Medication")
	}
	return r.T("Condition")
}

func (w *Work) newItem(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	// A form that cannot be sent is not shown.
	if may, err := w.Door.May(r.Ctx(), r.Who, "clinical.create", record.SubjectOf(client), false, policy.Set(policy.Clinical)); err != nil {
		return site.Answer{}, err
	} else if may == 0 {
		return site.Answer{}, w.Door.Permit(r.Ctx(), r.Who, "clinical.create", record.SubjectOf(client), false, policy.Set(policy.Clinical), nil)
	}
	return w.itemPage(r, clinical.ID{}, ui.NewForm("sort", r.URL.Query().Get("sort"), "told", string(clinical.ByClient)), nil, "", false)
}

func (w *Work) addItem(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in, err := itemInput(r)
	if err == nil {
		_, err = w.Items.Add(r.Ctx(), r.Who, client, in)
	}
	if fault.Is(err, fault.Invalid) {
		return w.itemPage(r, clinical.ID{}, r.Posted(err), nil, "", false)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/clinical").Saying(ui.Good, "Written down, with who said so."), nil
}

// item reads one item of the chart's client.
func (w *Work) item(r *site.Request) (clinical.Opened, error) {
	client, err := clientID(r)
	if err != nil {
		return clinical.Opened{}, err
	}
	id, err := itemID(r)
	if err != nil {
		return clinical.Opened{}, err
	}
	v := w.Door.View(r.Who, "clinical.read")
	got := w.Items.WantOne(v, id)
	if err := v.Open(r.Ctx()); err != nil {
		return clinical.Opened{}, err
	}
	if err := w.belongs(r, record.SubjectOf(client), got.Subject, "clinical.read"); err != nil {
		return clinical.Opened{}, err
	}
	return got.Opened, nil
}

func (w *Work) editItem(r *site.Request) (site.Answer, error) {
	o, err := w.item(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !o.Value.ByHand() || o.Value.Wrong || o.Withheld != 0 {
		return site.SeeOther("/clients/" + r.PathValue("id") + "/clinical"), nil
	}
	return w.itemPage(r, o.ID, itemForm(o.Value), nil, number(o.Version), o.Value.Part2)
}

func (w *Work) changeItem(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := itemID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in, err := itemInput(r)
	if err == nil {
		err = w.Items.Change(r.Ctx(), r.Who, client, id, versionOf(r), in)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		return w.itemPage(r, id, r.Posted(err), nil, versionSaid(r), r.Value("was.part2") == "yes")
	case fault.Is(err, fault.Conflict):
		o, err := w.item(r)
		if err != nil {
			return site.Answer{}, err
		}
		names, err := w.names(r, o.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(r.Posted(nil), itemForm(o.Value), itemFields...)
		m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
		return w.itemPage(r, id, m.Form, &m, number(o.Version), o.Value.Part2)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/clinical").Saying(ui.Good, "Changed. What was there before stays in the record’s history."), nil
}

func (w *Work) wrongItem(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := itemID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Items.MarkWrong(r.Ctx(), r.Who, client, id, versionOf(r))
	if fault.Is(err, fault.Conflict) {
		// A colleague changed it meanwhile: it is looked at again first.
		return site.SeeOther("/clients/" + client.String() + "/clinical/" + id.String()).Refusing("A colleague changed this meanwhile. Look at it again before you mark it."), nil
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/clinical").Saying(ui.Good, "Marked as entered in error. It stays in the list of what is past."), nil
}

func (w *Work) clinical(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Items.Want(c.view, c.id)
	visits := w.Notes.WantImported(c.view, c.id, "")
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.ClinicalPage{Chart: w.head(r, c)}
	may, err := w.Door.May(r.Ctx(), r.Who, "clinical.create", c.subject(), false, policy.Set(policy.Clinical))
	if err != nil {
		return site.Answer{}, err
	}
	p.MayAdd = may != 0
	var ids []string
	for _, o := range list.Rows {
		ids = append(ids, o.Value.Writer)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	s := clinical.Sorted(list)
	for _, g := range []struct {
		rows []clinical.Opened
		sort clinical.Sort
		to   *pages.ClinicalList
		icon string
	}{
		{s.Conditions, clinical.Condition, &p.Conditions, "activity"}, {s.Allergies, clinical.Allergy, &p.Allergies, "triangle-alert"},
		{s.Medications, clinical.Medication, &p.Medications, "pill"},
	} {
		g.to.Icon = g.icon
		if p.MayAdd {
			g.to.Add = "/clients/" + c.id.String() + "/clinical/new?" + url.Values{"sort": {string(g.sort)}}.Encode()
		}
		for _, o := range g.rows {
			x := w.fact(r, o, names)
			if p.MayAdd && o.Value.ByHand() && !o.Value.Wrong && o.Withheld == 0 {
				x.Edit = "/clients/" + c.id.String() + "/clinical/" + o.ID.String()
			}
			if o.Value.Current || o.Withheld != 0 {
				g.to.Current = append(g.to.Current, x)
			} else {
				g.to.Past = append(g.to.Past, x)
			}
		}
	}
	for _, o := range visits.Rows {
		n := o.Value
		if o.Withheld != 0 || n.Source.Type != "Encounter" {
			continue
		}
		at := n.At.In(r.Zone)
		x := pages.ClinicalFact{Name: n.Title, Since: phi.NewDate(at.Year(), int(at.Month()), at.Day()), Detail: n.AuthorName, Read: "/clients/" + c.id.String() + "/notes/" + o.ID.String()}
		if x.Name.Empty() {
			x.Name = phi.NewText(contactWord(r, n.Type))
		}
		p.Encounters = append(p.Encounters, x)
	}
	for _, o := range list.Rows {
		if o.Value.Source.Imported() {
			p.Source = phi.NewText(r.T("Imported %s", ui.DayYear(r.Lang, o.CreatedAt.In(r.Zone))))
			break
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.ClinicalSummary(f, p) })
}

// fact is an item in words.
func (w *Work) fact(r *site.Request, o clinical.Opened, names map[string]string) pages.ClinicalFact {
	v := o.Value
	x := pages.ClinicalFact{Name: v.Display, Detail: v.Detail(), State: v.Status, Since: v.OnsetOn, Until: v.EndedOn, Code: v.Code, Note: v.Note, Wrong: v.Wrong, Special: v.Part2}
	if x.Detail.Empty() {
		x.Detail = v.Severity
	}
	if x.Since.Empty() && v.Source.Imported() {
		x.Since = v.RecordedOn
	}
	switch {
	case v.Told == clinical.ByProvider:
		x.Told = r.T("from a provider, written down by %s", names[v.Writer])
	case v.Told == clinical.ByClient:
		x.Told = r.T("reported by the client, written down by %s", names[v.Writer])
	case v.Source.Imported():
		x.Told = strings.TrimSpace(r.T("imported") + " " + ui.Show(v.Recorder))
	}
	for _, c := range o.Withheld.List() {
		x.Hidden = ui.Hidden{Class: string(c)}
	}
	return x
}
