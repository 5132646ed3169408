package work

import (
	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/phrase"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// phrasesFor are the phrases a note form offers.
func phrasesFor(set phrase.Set, program string) (out []pages.Phrase) {
	for _, o := range set.For(program) {
		out = append(out, phraseOf(o))
	}
	return out
}

func phraseOf(o phrase.Opened) pages.Phrase {
	p := pages.Phrase{ID: o.ID.String(), Key: o.Value.Key, Title: o.Value.Title, Template: o.Value.Sort == phrase.Template}
	if len(o.Value.Sections) > 0 {
		p.Text = o.Value.Sections[0].Text
	}
	return p
}

func (w *Work) phrases(r *site.Request) (site.Answer, error) {
	all, err := w.Phrases.List(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	names := w.programs(r.Ctx())
	var p pages.PhrasesPage
	for _, o := range all {
		x := pages.PhraseRow{Phrase: phraseOf(o), Own: o.Value.State == phrase.Personal}
		if o.Value.Program != "" {
			x.Program = programName(names, o.Value.Program)
		}
		x.MayEdit = x.Own || phrase.MayShare(r.Who)
		p.Rows = append(p.Rows, x)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Phrases(f, p) })
}

// phraseForm shows the form of a phrase.
func (w *Work) phraseForm(r *site.Request, p pages.PhraseFormPage, bad bool) (site.Answer, error) {
	p.MayShare = phrase.MayShare(r.Who)
	p.Programs = []ui.Option{{Text: r.T("All programs")}}
	for code, name := range w.programs(r.Ctx()) {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	ui.ByText(p.Programs[1:])
	view := func(f ui.Frame) templ.Component { return pages.PhraseForm(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) newPhrase(r *site.Request) (site.Answer, error) {
	return w.phraseForm(r, pages.PhraseFormPage{Template: r.Value("sort") == string(phrase.Template), Form: ui.NewForm("scope", "own", "format", "plain")}, false)
}

// phraseIn reads the form of a phrase.
func phraseIn(r *site.Request) phrase.Phrase {
	p := phrase.Phrase{Sort: phrase.Short, Key: r.Value("key"), Title: r.Value("title"), Program: r.Value("program"), Type: noteType(r.Value("type")), Format: noteFormat(r.Value("format"))}
	if r.Value("sort") == string(phrase.Template) {
		p.Sort = phrase.Template
	}
	for _, h := range note.Headings() {
		p.Sections = append(p.Sections, phrase.TextOf{Heading: h, Text: r.FormValue(pages.SectionField(h))})
	}
	return p
}

func (w *Work) addPhrase(r *site.Request) (site.Answer, error) {
	in := phraseIn(r)
	_, err := w.Phrases.Add(r.Ctx(), r.Who, in, r.Value("scope") == "shared")
	if fault.Is(err, fault.Invalid) {
		return w.phraseForm(r, pages.PhraseFormPage{Template: in.Sort == phrase.Template, Form: r.Posted(textError(in, err))}, true)
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/phrases").Saying(ui.Good, "Saved. It is offered in the next note."), nil
}

// textError puts what is wrong with a template's text to the first section of
// its format.
func textError(p phrase.Phrase, err error) error {
	fs := fault.FieldsOf(err)
	for i := range fs {
		if fs[i].Name == "text" {
			fs[i].Name = pages.SectionField(p.Format.Sections()[0])
		}
	}
	return fault.InvalidFields("phrase", fs...)
}

// phraseShown is a phrase as its form shows it.
func phraseShown(p phrase.Phrase) ui.Form {
	f := ui.NewForm("key", p.Key, "title", p.Title, "type", typeOf[p.Type], "format", formatName(p.Format), "program", p.Program)
	for _, s := range p.Sections {
		f.Add(pages.SectionField(s.Heading), text(s.Text))
	}
	return f
}

func (w *Work) editPhrase(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[phrase.Phrase](r.PathValue("phrase"))
	if err != nil {
		return site.Answer{}, err
	}
	o, err := w.Phrases.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	return w.phraseForm(r, pages.PhraseFormPage{ID: id.String(), Version: number(o.Version), Template: o.Value.Sort == phrase.Template, Form: phraseShown(o.Value)}, false)
}

func (w *Work) savePhrase(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[phrase.Phrase](r.PathValue("phrase"))
	if err != nil {
		return site.Answer{}, err
	}
	version := versionOf(r)
	if r.Value("do") == "remove" {
		err = w.Phrases.Remove(r.Ctx(), r.Who, id, version)
	} else {
		err = w.Phrases.Change(r.Ctx(), r.Who, id, version, phraseIn(r))
	}
	in := phraseIn(r)
	p := pages.PhraseFormPage{ID: id.String(), Version: versionSaid(r), Template: in.Sort == phrase.Template}
	switch {
	case fault.Is(err, fault.Invalid):
		p.Form = r.Posted(textError(in, err))
		return w.phraseForm(r, p, true)
	case fault.Is(err, fault.Conflict):
		o, err := w.Phrases.Read(r.Ctx(), r.Who, id)
		if err != nil {
			return site.Answer{}, err
		}
		names, err := w.names(r, o.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(r.Posted(nil), phraseShown(o.Value), pages.PhraseFields()...)
		m.By, m.At = names[o.ChangedBy], o.ChangedAt.In(r.Zone)
		inWords(&m, noteWords(r)...)
		p.Version, p.Form, p.Merged = number(o.Version), m.Form, &m
		return w.phraseForm(r, p, false)
	case err != nil:
		return site.Answer{}, err
	case r.Value("do") == "remove":
		return site.SeeOther("/phrases").Saying(ui.Good, "Removed. Notes written with it stay as they are."), nil
	}
	return site.SeeOther("/phrases").Saying(ui.Good, "Saved. It is offered in the next note."), nil
}
