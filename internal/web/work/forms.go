package work

import (
	"io"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/assessment"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) formRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /clients/{id}/fill/{form}", Action: "filled_form.create", Handle: w.fillForm},
		{Pattern: "POST /clients/{id}/fill/{form}", Action: "filled_form.create", Handle: w.filledIn},
		{Pattern: "POST /clients/{id}/fill/{form}/draft", Action: "draft.keep", Handle: w.keepFilling},
		{Pattern: "POST /clients/{id}/fill/{form}/discard", Action: "draft.keep", Handle: w.dropFilling},
		{Pattern: "GET /clients/{id}/forms/{filled}", Action: "filled_form.read", Handle: w.filled},
		{Pattern: "GET /clients/{id}/forms/{filled}/edit", Action: "filled_form.change", Handle: w.editFilled},
		{Pattern: "POST /clients/{id}/forms/{filled}/edit", Action: "filled_form.change", Handle: w.saveFilled},

		{Pattern: "GET /settings/forms", Action: "form.find", Handle: w.forms},
		{Pattern: "POST /settings/forms", Action: "form.create", Handle: w.newForm},
		{Pattern: "GET /settings/forms/{form}", Action: "form.change", Handle: w.design},
		{Pattern: "POST /settings/forms/{form}", Action: "form.change", Handle: w.designed},
		{Pattern: "GET /settings/forms/{form}/preview", Action: "form.read", Handle: w.previewForm},
		{Pattern: "POST /settings/instruments", Action: "instrument.create", Handle: w.importInstrument},
		{Pattern: "POST /settings/instruments/{instrument}/retire", Action: "instrument.retire", Handle: w.retireInstrument},
	}
}

func formID(r *site.Request) (form.ID, error) {
	return record.ParseID[form.Definition](r.PathValue("form"))
}

// fieldItems are the fields of a form as questions, those of withheld classes
// apart.
func fieldItems(lang ui.Lang, fields []form.Field, withheld policy.ClassSet, prefix string) (items []pages.TakeItem, kept []pages.HiddenField) {
	for _, f := range fields {
		if withheld.Has(f.Class) {
			kept = append(kept, pages.HiddenField{Label: f.Label.In(string(lang)), Hidden: ui.Hidden{Class: string(f.Class), Why: "/why"}})
			continue
		}
		x := pages.TakeItem{Name: prefix + f.Key, Type: string(f.Type), Text: f.Label.In(string(lang)), Help: f.Help.In(string(lang)), Required: f.Required, Optional: !f.Required, Repeats: f.Type == form.Several}
		for _, o := range f.Options {
			x.Options = append(x.Options, ui.Option{Value: o.Key, Text: o.Text.In(string(lang))})
		}
		if f.Type == form.YesNo {
			x.Options = []ui.Option{{Value: "yes", Text: ui.T(lang, "Yes")}, {Value: "no", Text: ui.T(lang, "No")}}
		}
		items = append(items, x)
	}
	return items, kept
}

func keysOf(fields []form.Field) []string {
	var out []string
	for _, f := range fields {
		out = append(out, f.Key)
	}
	return out
}

// filling is a form being filled in for a client.
type filling struct {
	*chart
	form form.Opened
}

func (w *Work) beginFilling(r *site.Request) (*filling, error) {
	id, err := formID(r)
	if err != nil {
		return nil, err
	}
	c, err := w.begin(r)
	if err != nil {
		return nil, err
	}
	got := w.Forms.Want(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return nil, err
	}
	if len(form.Fillable([]form.Opened{got.Opened}, openPrograms(c.cases.Rows))) == 0 {
		return nil, fault.NotFoundf("form.read")
	}
	set, err := w.Door.May(r.Ctx(), r.Who, "filled_form.create", c.subject(), false, policy.Set(policy.Case))
	if err != nil {
		return nil, err
	}
	if set == 0 {
		return nil, fault.DeniedBy("filled_form.create")
	}
	return &filling{c, got.Opened}, nil
}

func (w *Work) fillPage(r *site.Request, t *filling, f ui.Form, d record.Draft) pages.FillPage {
	v := t.form.Value
	p := pages.FillPage{Chart: w.head(r, t.chart), Title: v.Live.Title.In(string(r.Lang)), Action: "/clients/" + t.id.String() + "/fill/" + t.form.ID.String(), Form: f, Names: keysOf(v.Live.Fields), Edition: v.Edition, Rev: number(d.Rev)}
	p.Items, _ = fieldItems(r.Lang, v.Live.Fields, 0, "")
	if p.New = r.Value("new"); p.New == "" {
		p.New = record.FreshID[form.Filled](r.Now).String()
	}
	if !d.SavedAt.IsZero() {
		p.Saved = d.SavedAt.In(r.Zone)
	}
	return p
}

// typedIn are the fields as a draft keeps them, several answers on a line each.
func typedIn(r *site.Request, fields []form.Field) map[string]phi.Text {
	out := map[string]phi.Text{}
	for _, f := range fields {
		if v := strings.Join(r.Values(f.Key), "\n"); v != "" {
			out[f.Key] = phi.NewText(v)
		}
	}
	return out
}

func draftForm(fields []form.Field, d record.Draft) ui.Form {
	var f ui.Form
	for _, x := range fields {
		v, ok := d.Fields[x.Key]
		switch {
		case !ok:
		case x.Type == form.Several:
			for _, s := range strings.Split(v.Disclose(), "\n") {
				f.Add(x.Key, phi.NewText(s))
			}
		default:
			f.Add(x.Key, v)
		}
	}
	return f
}

func (w *Work) fillForm(r *site.Request) (site.Answer, error) {
	t, err := w.beginFilling(r)
	if err != nil {
		return site.Answer{}, err
	}
	d, _, err := w.Forms.Take(r.Ctx(), r.Who, t.id, t.form.ID)
	if err != nil {
		return site.Answer{}, err
	}
	p := w.fillPage(r, t, draftForm(t.form.Value.Live.Fields, d), d)
	return page(func(f ui.Frame) templ.Component { return pages.Fill(f, p) })
}

func (w *Work) filledIn(r *site.Request) (site.Answer, error) {
	t, err := w.beginFilling(r)
	if err != nil {
		return site.Answer{}, err
	}
	rev := int64(parse(r.Value("draft")))
	if r.Value("do") != "keep" {
		_, err := w.Forms.Keep(r.Ctx(), r.Who, t.id, t.form.ID, rev, typedIn(r, t.form.Value.Live.Fields))
		if fault.Is(err, fault.Conflict) {
			d, _, err := w.Forms.Take(r.Ctx(), r.Who, t.id, t.form.ID)
			if err != nil {
				return site.Answer{}, err
			}
			return w.otherFilling(r, t, d)
		}
		if err != nil {
			return site.Answer{}, err
		}
		return site.SeeOther("/clients/"+t.id.String()+"/assessments").Saying(ui.Good, "Draft saved. Only you see it; continue it from here."), nil
	}
	var fresh form.FilledID
	if id, err := record.ParseID[form.Filled](r.Value("new")); err == nil {
		fresh = id
	}
	id, err := w.Forms.Fill(r.Ctx(), r.Who, t.id, t.form, form.Filling{Edition: parse(r.Value("edition")), Get: r.Values, Rev: rev, New: fresh})
	if fault.Is(err, fault.Conflict) {
		d, found, terr := w.Forms.Take(r.Ctx(), r.Who, t.id, t.form.ID)
		if terr != nil {
			return site.Answer{}, terr
		}
		if found && d.Rev > rev {
			return w.otherFilling(r, t, d)
		}
	}
	switch {
	case fault.Is(err, fault.Invalid), fault.Is(err, fault.Conflict):
		p := w.fillPage(r, t, r.Posted(err), record.Draft{Rev: rev})
		if fault.Is(err, fault.Conflict) {
			p.Form, p.Outdated = r.Posted(nil), true
		}
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Fill(f, p) }), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+t.id.String()+"/forms/"+id.String()).Saying(ui.Good, "The form is in the chart."), nil
}

// otherFilling puts together what this window and another one of the same person
// made of the form.
func (w *Work) otherFilling(r *site.Request, t *filling, d record.Draft) (site.Answer, error) {
	m := ui.Merge(r.Posted(nil), draftForm(t.form.Value.Live.Fields, d), keysOf(t.form.Value.Live.Fields)...)
	if overtook(r, m, d) {
		return w.filledIn(r)
	}
	m.By, m.At = r.T("Your other window"), d.SavedAt.In(r.Zone)
	p := w.fillPage(r, t, m.Form, d)
	p.Merged = &m
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.Fill(f, p) }), nil
}

func (w *Work) keepFilling(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := formID(r)
	if err != nil {
		return site.Answer{}, err
	}
	// Nothing of the chart is shown, so nothing of it is opened.
	fields := map[string]phi.Text{}
	for name, vs := range r.Form {
		if v := strings.Join(vs, "\n"); v != "" && form.IsKey(name) {
			fields[name] = phi.NewText(v)
		}
	}
	d, err := w.Forms.Keep(r.Ctx(), r.Who, client, id, int64(parse(r.Value("draft"))), fields)
	return keptSaying(r, d, err, "Open in another window too, and not saved here. Choose “Save draft” to see both together.")
}

func (w *Work) dropFilling(r *site.Request) (site.Answer, error) {
	t, err := w.beginFilling(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Forms.Drop(r.Ctx(), r.Who, t.id, t.form.ID); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+t.id.String()+"/assessments").Saying(ui.Good, "Draft thrown away."), nil
}

// filledOf reads the filled form of a path, with the chart around it.
func (w *Work) filledOf(r *site.Request) (*chart, form.OpenedFilled, error) {
	id, err := record.ParseID[form.Filled](r.PathValue("filled"))
	if err != nil {
		return nil, form.OpenedFilled{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return nil, form.OpenedFilled{}, err
	}
	got := w.Forms.WantFilled(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return nil, form.OpenedFilled{}, err
	}
	// Who may not see the case sees no form: which one it is says something.
	if err := w.belongs(r, c.subject(), got.Subject, "filled_form.read"); err != nil {
		return nil, form.OpenedFilled{}, err
	}
	if !got.Shown.Has(policy.Case) {
		return nil, form.OpenedFilled{}, fault.NotFoundf("filled_form.read")
	}
	return c, got.Opened, nil
}

// kept is which classes' fields the reader may not see. A class in which nothing
// was filled in is not in the record: whether it may be seen is asked.
func (w *Work) kept(r *site.Request, o form.OpenedFilled) (policy.ClassSet, error) {
	look, err := w.Door.Look(r.Ctx(), r.Who, o.Subject)
	if err != nil {
		return 0, err
	}
	out := o.Withheld
	for _, f := range o.Value.Fields {
		if !o.Shown.Has(f.Class) && look.May("filled_form.read", false, policy.Set(f.Class)) == 0 {
			out |= policy.Set(f.Class)
		}
	}
	return out, nil
}

func (w *Work) mayEditFilled(r *site.Request, o form.OpenedFilled) bool {
	set, err := w.Door.May(r.Ctx(), r.Who, "filled_form.change", o.Subject, false, policy.Set(policy.Case))
	return err == nil && set != 0
}

func (w *Work) filled(r *site.Request) (site.Answer, error) {
	c, o, err := w.filledOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	names, err := w.names(r, o.CreatedBy, o.ChangedBy)
	if err != nil {
		return site.Answer{}, err
	}
	kept, err := w.kept(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.FilledPage{
		Chart: w.head(r, c), ID: o.ID.String(), Title: o.Value.Title.In(string(r.Lang)), Edition: o.Value.Edition, Changed: o.Version > 1, MayEdit: w.mayEditFilled(r, o),
		FirstBy: names[o.CreatedBy], FirstAt: o.CreatedAt.In(r.Zone), LastBy: names[o.ChangedBy], LastAt: o.ChangedAt.In(r.Zone),
	}
	values := o.Value.Values()
	for _, f := range o.Value.Fields {
		row := pages.FilledRow{Label: f.Label.In(string(r.Lang))}
		if kept.Has(f.Class) {
			row.Hidden = ui.Hidden{Class: string(f.Class), Why: "/why"}
		} else {
			row.Value = filledWords(r, f, values[f.Key])
		}
		p.Rows = append(p.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.FilledView(f, p) })
}

// filledWords is what was filled in, in words.
func filledWords(r *site.Request, f form.Field, values []phi.Text) phi.Text {
	var out []string
	for _, t := range values {
		v := t.Disclose()
		switch f.Type {
		case form.YesNo:
			v = map[string]string{"yes": r.T("Yes"), "no": r.T("No")}[v]
		case form.Choice, form.Several:
			if o, ok := f.Option(v); ok {
				v = o.Text.In(string(r.Lang))
			}
		case form.Date:
			if d, err := phi.ParseDate(v); err == nil {
				v = ui.ShowDate(d, r.Lang)
			}
		}
		out = append(out, v)
	}
	return phi.NewText(strings.Join(out, "\n"))
}

// onRecord is a filled form as the form shows it.
func onRecord(o form.OpenedFilled) ui.Form {
	var f ui.Form
	for k, vs := range o.Value.Values() {
		f.Add(k, vs...)
	}
	return f
}

func (w *Work) editPageOf(r *site.Request, c *chart, o form.OpenedFilled, f ui.Form) (pages.FillPage, error) {
	kept, err := w.kept(r, o)
	if err != nil {
		return pages.FillPage{}, err
	}
	p := pages.FillPage{
		Chart: w.head(r, c), Title: o.Value.Title.In(string(r.Lang)), Action: "/clients/" + c.id.String() + "/forms/" + o.ID.String() + "/edit",
		Form: f, Names: keysOf(o.Value.Fields), Edition: o.Value.Edition, Version: number(o.Version), Editing: true,
	}
	p.Items, p.Hidden = fieldItems(r.Lang, o.Value.Fields, kept, "")
	return p, nil
}

func (w *Work) editFilled(r *site.Request) (site.Answer, error) {
	c, o, err := w.filledOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if !w.mayEditFilled(r, o) {
		return site.Answer{}, fault.DeniedBy("filled_form.change")
	}
	p, err := w.editPageOf(r, c, o, onRecord(o))
	if err != nil {
		return site.Answer{}, err
	}
	return page(func(f ui.Frame) templ.Component { return pages.Fill(f, p) })
}

func (w *Work) saveFilled(r *site.Request) (site.Answer, error) {
	c, o, err := w.filledOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	kept, err := w.kept(r, o)
	if err != nil {
		return site.Answer{}, err
	}
	was := o
	was.Withheld = kept
	err = w.Forms.Edit(r.Ctx(), r.Who, c.id, was, versionOf(r), r.Values)
	switch {
	case fault.Is(err, fault.Invalid):
		p, err2 := w.editPageOf(r, c, o, r.Posted(err))
		if err2 != nil {
			return site.Answer{}, err2
		}
		p.Version = versionSaid(r)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Fill(f, p) }), nil
	case fault.Is(err, fault.Conflict):
		names, err := w.names(r, o.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(r.Posted(nil), onRecord(o), keysOf(o.Value.Fields)...)
		m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
		for i, ch := range m.Changes {
			for _, f := range o.Value.Fields {
				if f.Key == ch.Name {
					m.Changes[i].Theirs = filledWords(r, f, o.Value.Values()[f.Key])
				}
			}
		}
		p, err := w.editPageOf(r, c, o, m.Form)
		if err != nil {
			return site.Answer{}, err
		}
		p.Merged = &m
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Fill(f, p) }), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+c.id.String()+"/forms/"+o.ID.String()).Saying(ui.Good, "Saved. What was there before stays in the history."), nil
}

// programOptions are the agency's programs to choose from.
func (w *Work) programOptions(r *site.Request) []ui.Option {
	var out []ui.Option
	for code, name := range w.programs(r.Ctx()) {
		out = append(out, ui.Option{Value: code, Text: name})
	}
	order.By(out, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	return out
}

func (w *Work) inPrograms(r *site.Request, codes []string) string {
	if len(codes) == 0 {
		return r.T("Every program")
	}
	names := w.programs(r.Ctx())
	var out []string
	for _, c := range codes {
		out = append(out, programName(names, c))
	}
	return strings.Join(out, ", ")
}

func (w *Work) forms(r *site.Request) (site.Answer, error) { return w.formsWith(r, nil) }

func (w *Work) formsWith(r *site.Request, posted *ui.Form) (site.Answer, error) {
	v := w.Door.View(r.Who, "form.find")
	list := w.Forms.WantForms(v)
	known := w.Assess.WantInstruments(v)
	if err := v.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	set, err := w.Door.May(r.Ctx(), r.Who, "form.change", record.Subject{}, false, policy.Set(policy.Program))
	if err != nil || set == 0 {
		return site.Answer{}, fault.DeniedBy("form.change")
	}
	p := pages.FormsPage{Programs: w.programOptions(r)}
	for _, o := range list.Rows {
		d := o.Value
		p.Rows = append(p.Rows, pages.FormRow{ID: o.ID.String(), Title: d.Next.Title.In(string(r.Lang)), Programs: w.inPrograms(r, d.Next.Programs), State: d.Status, Edition: d.Edition, Changed: d.Changed(), Questions: len(d.Next.Fields)})
	}
	order.By(p.Rows, func(a, b pages.FormRow) int {
		return strings.Compare(strings.ToLower(a.Title), strings.ToLower(b.Title))
	})
	for _, k := range assessment.CatalogueOf(known) {
		if k.Retired {
			continue
		}
		row := pages.InstrumentRow{Title: k.Title, Programs: w.inPrograms(r, k.Programs), Rights: k.Questionnaire.Copyright, On: k.ImportedAt.In(r.Zone)}
		if !k.ID.IsZero() {
			row.ID = k.ID.String()
		}
		k.Questionnaire.Each(func(it assessment.Item, _ []string) {
			if it.Type.Asks() && !it.Computed {
				row.Asks++
			}
		})
		p.Instruments = append(p.Instruments, row)
	}
	view := func(f ui.Frame) templ.Component { return pages.Forms(f, p) }
	if posted != nil {
		p.Form = *posted
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) newForm(r *site.Request) (site.Answer, error) {
	id, err := w.Forms.Create(r.Ctx(), r.Who, form.Words{En: r.Value("title"), Es: r.Value("title_es")}, r.Values("programs"))
	if fault.Is(err, fault.Invalid) {
		f := r.Posted(err)
		return w.formsWith(r, &f)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/settings/forms/"+id.String()).Saying(ui.Good, "The form is made. Add its questions."), nil
}

func (w *Work) importInstrument(r *site.Request) (site.Answer, error) {
	var body []byte
	if file, _, err := r.FormFile("file"); err == nil {
		body, err = io.ReadAll(io.LimitReader(file, assessment.MaxFile+1))
		_ = file.Close()
		if err != nil {
			return site.Answer{}, fault.Invalidf("instrument.create", "the form is too large or damaged")
		}
	}
	var err error
	if len(body) == 0 {
		err = fault.InvalidFields("instrument.create", fault.Field{Name: "file", Message: "Choose a file."})
	} else {
		_, _, err = w.Assess.Import(r.Ctx(), r.Who, body, nil)
	}
	if fault.Is(err, fault.Invalid) {
		f := r.Posted(err)
		return w.formsWith(r, &f)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/settings/forms").Saying(ui.Good, "The instrument can be used from now on."), nil
}

func (w *Work) retireInstrument(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[assessment.Instrument](r.PathValue("instrument"))
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Assess.Retire(r.Ctx(), r.Who, id)
	if err != nil && !fault.Is(err, fault.Conflict) {
		return site.Answer{}, err
	}
	return site.SeeOther("/settings/forms").Saying(ui.Good, "The instrument is out of use. What was assessed with it stays."), nil
}
