package work

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// designForm is a design as its page shows it.
func designForm(d form.Design) ui.Form {
	var f ui.Form
	add := func(name, value string) {
		if value != "" {
			f.Add(name, phi.NewText(value))
		}
	}
	add("title", d.Title.En)
	add("title_es", d.Title.Es)
	for _, p := range d.Programs {
		add("programs", p)
	}
	for _, x := range d.Fields {
		add("order", x.Key)
		add("label-"+x.Key, x.Label.En)
		add("label_es-"+x.Key, x.Label.Es)
		add("type-"+x.Key, string(x.Type))
		add("class-"+x.Key, string(x.Class))
		if x.Required {
			add("required-"+x.Key, "yes")
		}
		add("help-"+x.Key, x.Help.En)
		add("help_es-"+x.Key, x.Help.Es)
		var lines []string
		for _, o := range x.Options {
			line := o.Text.En
			if o.Text.Es != "" {
				line += " | " + o.Text.Es
			}
			lines = append(lines, line)
		}
		add("options-"+x.Key, strings.Join(lines, "\n"))
	}
	return f
}

// designOf reads a design out of its form. An answer to choose keeps its key as
// long as its English words stay, so that what was filled in is not read anew.
func designOf(f ui.Form, was []form.Field) form.Design {
	value := func(name string) string { return strings.TrimSpace(f.Value(name).Disclose()) }
	d := form.Design{Title: form.Words{En: value("title"), Es: value("title_es")}}
	for i := range f.Rows("programs") {
		d.Programs = append(d.Programs, f.Row("programs", i).Disclose())
	}
	for i := range f.Rows("order") {
		k := f.Row("order", i).Disclose()
		x := form.Field{
			Key: k, Type: form.Type(value("type-" + k)), Class: policy.Class(value("class-" + k)), Required: value("required-"+k) == "yes",
			Label: form.Words{En: value("label-" + k), Es: value("label_es-" + k)}, Help: form.Words{En: value("help-" + k), Es: value("help_es-" + k)},
		}
		var before []form.Option
		if j := slices.IndexFunc(was, func(y form.Field) bool { return y.Key == k }); j >= 0 {
			before = was[j].Options
		}
		for _, line := range strings.Split(strings.ReplaceAll(value("options-"+k), "\r\n", "\n"), "\n") {
			en, es, _ := strings.Cut(line, "|")
			o := form.Option{Text: form.Words{En: strings.TrimSpace(en), Es: strings.TrimSpace(es)}}
			if o.Text.En == "" {
				continue
			}
			if j := slices.IndexFunc(before, func(y form.Option) bool { return y.Text.En == o.Text.En }); j >= 0 {
				o.Key = before[j].Key
			}
			x.Options = append(x.Options, o)
		}
		d.Fields = append(d.Fields, x)
	}
	return d
}

// designNames are the fields of a design's form.
func designNames(keys []string) []string {
	out := []string{"title", "title_es", "programs", "order"}
	for _, k := range keys {
		for _, part := range pages.DesignParts {
			out = append(out, part+"-"+k)
		}
	}
	return out
}

func orderOf(f ui.Form, name string) []string {
	var out []string
	for i := range f.Rows(name) {
		out = append(out, f.Row(name, i).Disclose())
	}
	return out
}

func (w *Work) designPage(r *site.Request, o form.Opened, f ui.Form) pages.DesignPage {
	d := o.Value
	p := pages.DesignPage{
		ID: o.ID.String(), Version: number(o.Version), Title: d.Next.Title.In(string(r.Lang)), State: d.Status, Edition: d.Edition, Changed: d.Changed(),
		Keys: orderOf(f, "order"), Form: f, Programs: w.programOptions(r),
	}
	p.Names = designNames(p.Keys)
	for _, c := range form.Classes() {
		p.Classes = append(p.Classes, ui.Option{Value: string(c), Text: ui.ClassName(r.Lang, string(c))})
	}
	return p
}

func (w *Work) openForm(r *site.Request) (form.Opened, error) {
	id, err := formID(r)
	if err != nil {
		return form.Opened{}, err
	}
	return w.Forms.Read(r.Ctx(), r.Who, id)
}

func (w *Work) design(r *site.Request) (site.Answer, error) {
	o, err := w.openForm(r)
	if err != nil {
		return site.Answer{}, err
	}
	p := w.designPage(r, o, designForm(o.Value.Next))
	return page(func(f ui.Frame) templ.Component { return pages.Design(f, p) })
}

// designed saves the design, after what the button pressed does to it.
func (w *Work) designed(r *site.Request) (site.Answer, error) {
	o, err := w.openForm(r)
	if err != nil {
		return site.Answer{}, err
	}
	version := versionOf(r)
	next := designOf(r.Posted(nil), o.Value.Next.Fields)
	do, key, _ := strings.Cut(r.Value("do"), "-")
	i := slices.IndexFunc(next.Fields, func(f form.Field) bool { return f.Key == key })
	at := ""
	switch {
	case do == "add":
		next.Fields = append(next.Fields, form.Field{Type: form.Text, Class: policy.Case})
	case i < 0:
	case do == "up" && i > 0:
		next.Fields[i-1], next.Fields[i] = next.Fields[i], next.Fields[i-1]
		at = "#question-" + key
	case do == "down" && i < len(next.Fields)-1:
		next.Fields[i+1], next.Fields[i] = next.Fields[i], next.Fields[i+1]
		at = "#question-" + key
	case do == "remove":
		next.Fields = slices.Delete(next.Fields, i, i+1)
	}
	path := "/settings/forms/" + o.ID.String()
	err = w.Forms.Design(r.Ctx(), r.Who, o.ID, version, next)
	if err != nil {
		return w.designAgain(r, o, err)
	}
	switch do {
	case "publish":
		if err := w.Forms.Publish(r.Ctx(), r.Who, o.ID, version+1); err != nil {
			if o, err2 := w.openForm(r); err2 == nil && fault.Is(err, fault.Invalid) {
				// The design is saved; what it lacks is told beside it.
				f := designForm(o.Value.Next)
				for _, x := range fault.FieldsOf(err) {
					f.Fail(x.Name, x.Message)
				}
				p := w.designPage(r, o, f)
				return site.Invalid(func(f ui.Frame) templ.Component { return pages.Design(f, p) }), nil
			}
			return w.designAgain(r, o, err)
		}
		return site.SeeOther(path).Saying(ui.Good, "Published. It can be filled in from now on; forms filled in before keep what they asked."), nil
	case "retire":
		if err := w.Forms.Retire(r.Ctx(), r.Who, o.ID, version+1); err != nil {
			return w.designAgain(r, o, err)
		}
		return site.SeeOther(path).Saying(ui.Good, "Out of use. What was filled in stays in the charts."), nil
	case "add":
		if o, err := w.openForm(r); err == nil && len(o.Value.Next.Fields) > 0 {
			at = "#question-" + o.Value.Next.Fields[len(o.Value.Next.Fields)-1].Key
		}
	}
	return site.SeeOther(path+at).Saying(ui.Good, "Saved."), nil
}

// designAgain shows what is wrong, or what a colleague changed meanwhile.
func (w *Work) designAgain(r *site.Request, o form.Opened, err error) (site.Answer, error) {
	switch {
	case fault.Is(err, fault.Invalid):
		p := w.designPage(r, o, r.Posted(err))
		p.Version = versionSaid(r)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Design(f, p) }), nil
	case fault.Is(err, fault.Conflict):
		now, err := w.openForm(r)
		if err != nil {
			return site.Answer{}, err
		}
		names, err := w.names(r, now.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		mine, theirs := r.Posted(nil), designForm(now.Value.Next)
		// Questions that either of the two has are all shown: none is dropped
		// because the other does not know it.
		before, have, all := orderOf(mine, "was.order"), orderOf(mine, "order"), orderOf(theirs, "order")
		order := slices.Clone(have)
		for _, k := range all {
			if !slices.Contains(have, k) && !slices.Contains(before, k) {
				order = append(order, k)
			}
		}
		m := ui.Merge(mine, theirs, designNames(union(order, all))[4:]...)
		head := ui.Merge(mine, theirs, "title", "title_es", "programs")
		m.Changes = append(head.Changes, m.Changes...)
		for _, n := range []string{"title", "title_es", "programs"} {
			for i := range head.Form.Rows(n) {
				m.Form.Add(n, head.Form.Row(n, i))
			}
			for i := range theirs.Rows(n) {
				m.Form.Add("was."+n, theirs.Row(n, i))
			}
		}
		for _, k := range order {
			m.Form.Add("order", phi.NewText(k))
		}
		for _, k := range all {
			m.Form.Add("was.order", phi.NewText(k))
		}
		m.By, m.At = names[now.ChangedBy], now.ChangedAt.In(r.Zone)
		p := w.designPage(r, now, m.Form)
		p.Merged = &m
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Design(f, p) }), nil
	}
	return site.Answer{}, err
}

// union is a, and what b has besides, each once.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, x := range b {
		if !slices.Contains(out, x) {
			out = append(out, x)
		}
	}
	return out
}

func (w *Work) previewForm(r *site.Request) (site.Answer, error) {
	o, err := w.openForm(r)
	if err != nil {
		return site.Answer{}, err
	}
	d := o.Value.Next
	p := pages.PreviewPage{ID: o.ID.String(), Title: d.Title.En, TitleEs: d.Title.In("es")}
	p.English, _ = fieldItems(ui.English, d.Fields, 0, "")
	p.Spanish, _ = fieldItems(ui.Spanish, d.Fields, 0, "es-")
	return page(func(f ui.Frame) templ.Component { return pages.Preview(f, p) })
}
