package work

import (
	"encoding/json"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func number(n int64) string { return strconv.FormatInt(n, 10) }

func parse(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

func noteID(r *site.Request) (note.ID, error) {
	if r.PathValue("note") == "" {
		return note.ID{}, nil
	}
	return record.ParseID[note.Note](r.PathValue("note"))
}

// noteOf reads whose note a path names, and which; the note is zero for a new
// one.
func noteOf(r *site.Request) (client person.ID, id note.ID, err error) {
	if client, err = clientID(r); err != nil {
		return client, id, err
	}
	id, err = noteID(r)
	return client, id, err
}

// typed are the fields of the note form, as they are kept while typing.
var typed = []string{"type", "on", "minutes", "goal", "title", "text", "access"}

// input reads the note form.
func (w *Work) input(r *site.Request) note.Input {
	in := note.Input{
		Type: noteType(r.Value("type")), Minutes: r.Text("minutes"), Title: r.Text("title"), Goal: r.Text("goal"),
		Sections: note.Plain(phi.NewText(strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n")))),
	}
	if r.Value("access") == "restricted" {
		in.Protection = note.Psychotherapy
	}
	if d, err := time.ParseInLocation("2006-01-02", r.Value("on"), r.Zone); err == nil {
		// The form asks for a day; today's contact is now, another day's at noon.
		in.At = time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, r.Zone)
		if d.Year() == r.Now.Year() && d.YearDay() == r.Now.YearDay() {
			in.At = r.Now
		}
	}
	return in
}

// formNames are what the form calls the fields of package note.
var formNames = map[string]string{"at": "on", "body": "text", "protection": "access", "type": "type", "minutes": "minutes", "title": "title", "goal": "goal"}

func formError(err error) error {
	var out []fault.Field
	for _, f := range fault.FieldsOf(err) {
		if n, ok := formNames[f.Name]; ok {
			f.Name = n
		}
		out = append(out, f)
	}
	if out == nil {
		return err
	}
	return fault.InvalidFields("note", out...)
}

// writeNote saves a draft or signs, as the button pressed says.
func (w *Work) writeNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := w.input(r)
	if r.Value("on") != "" && in.At.IsZero() {
		return w.again(r, client, id, fault.InvalidFields("note", fault.Field{Name: "at", Message: "Enter the date as month, day and year."}))
	}
	version := int64(0)
	if !id.IsZero() {
		version = int64(parse(r.Value("version")))
	}
	if r.Value("do") != "sign" {
		if _, err := w.Notes.SaveDraft(r.Ctx(), r.Who, client, id, version, in); err != nil {
			return w.again(r, client, id, err)
		}
		return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Draft saved. Only you can change it; sign it within three days."), nil
	}
	if in.Case, err = w.current(r, client); err != nil {
		return site.Answer{}, err
	}
	if _, err := w.Notes.Sign(r.Ctx(), r.Who, client, id, version, in); err != nil {
		return w.again(r, client, id, err)
	}
	return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Note signed. The next contact is scheduled from it."), nil
}

// current is the open case a contact counts for; zero if there is none or the
// signer may not see it.
func (w *Work) current(r *site.Request, client person.ID) (casefile.ID, error) {
	v := w.Door.View(r.Who, "case.find")
	rows := w.Cases.WantOf(v, client)
	if err := v.Open(r.Ctx()); err != nil {
		return casefile.ID{}, err
	}
	o, _ := casefile.Current(rows.Rows)
	return o.ID, nil
}

// again shows the form with what was typed and everything that is wrong.
func (w *Work) again(r *site.Request, client person.ID, id note.ID, err error) (site.Answer, error) {
	if !fault.Is(err, fault.Invalid) {
		return site.Answer{}, err
	}
	form := r.Posted(formError(err))
	if id.IsZero() {
		return w.notesWith(r, &form, true)
	}
	return w.editWith(r, &form)
}

// saved is what the composer's script is told.
type saved struct {
	Text  string `json:"text"`
	Draft string `json:"draft,omitempty"`
}

// autosave keeps what is being typed. It answers the script in a sentence.
func (w *Work) autosave(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	fields := map[string]phi.Text{}
	for _, name := range typed {
		if v := r.FormValue(name); v != "" {
			fields[name] = phi.NewText(v)
		}
	}
	// The field draft holds the revision last saved by this window; before its
	// first save a new note's is in version, and a draft's is asked for.
	rev, err := strconv.ParseInt(r.Value("draft"), 10, 64)
	if err != nil {
		if id.IsZero() {
			rev = int64(parse(r.Value("version")))
		} else if d, found, err := w.Notes.Take(r.Ctx(), r.Who, client, id); err != nil {
			return site.Answer{}, err
		} else if found {
			rev = d.Rev
		}
	}
	d, err := w.Notes.Keep(r.Ctx(), r.Who, client, id, rev, fields)
	out := saved{}
	switch {
	case fault.Is(err, fault.Conflict):
		out.Text = r.T("Open in another window too. Copy what you wrote here, then load the page again.")
	case err != nil:
		return site.Answer{}, err
	default:
		out.Text, out.Draft = r.T("Draft saved %s", ui.Clock(r.Lang, d.SavedAt.In(r.Zone))), number(d.Rev)
	}
	b, err := json.Marshal(out)
	return site.JSON(b), err
}

func (w *Work) note(r *site.Request) (site.Answer, error) {
	if r.Fragment() {
		return w.noteAlone(r)
	}
	return w.noteWith(r, ui.Form{}, false)
}

// noteAlone is one note as a part of a page that already shows whose it is.
func (w *Work) noteAlone(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := w.Notes.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	if o.Subject != record.SubjectOf(client) {
		return site.Answer{}, fault.NotFoundf("note.read")
	}
	names, err := w.names(r, o.Value.Author)
	if err != nil {
		return site.Answer{}, err
	}
	part := func(f ui.Frame) templ.Component {
		return pages.Timeline(f, client.String(), []pages.TimelineItem{item(r, o, 0, names)})
	}
	return site.Page(part).Part(part), nil
}

func (w *Work) noteWith(r *site.Request, form ui.Form, bad bool) (site.Answer, error) {
	id, err := noteID(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got := w.Notes.Want(c.view, id)
	all := w.Notes.WantAddenda(c.view, c.id, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	if got.Subject != c.subject() {
		return site.Answer{}, fault.NotFoundf("note.read")
	}
	n := got.Value
	ids := []string{n.Author, n.SignedBy, got.CreatedBy, got.ChangedBy}
	for _, a := range all.Rows {
		ids = append(ids, a.Value.Author)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.NotePage{Chart: w.head(r, c), Note: item(r, got.Opened, len(all.Rows), names), Version: got.Version, Form: form, Written: got.CreatedAt.In(r.Zone)}
	p.MayDiscard = p.Note.MaySign
	if !n.SignedAt.IsZero() {
		p.SignedAt, p.SignedBy = n.SignedAt.In(r.Zone), names[n.SignedBy]
	}
	for _, a := range all.Rows {
		p.Addenda = append(p.Addenda, pages.Addendum{By: names[a.Value.Author], At: a.Value.SignedAt.In(r.Zone), Text: a.Value.Text()})
		p.History = append(p.History, pages.Change{By: names[a.Value.Author], At: a.Value.SignedAt.In(r.Zone), What: "Addendum"})
	}
	if !n.SignedAt.IsZero() {
		p.History = append(p.History, pages.Change{Version: got.Version, By: names[n.SignedBy], At: n.SignedAt.In(r.Zone), What: "Signed"})
	}
	p.History = append(p.History, pages.Change{Version: 1, By: names[got.CreatedBy], At: got.CreatedAt.In(r.Zone), What: "Written"})
	view := func(f ui.Frame) templ.Component { return pages.Note(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return site.Page(view).Part(func(f ui.Frame) templ.Component {
		return pages.Timeline(f, c.id.String(), []pages.TimelineItem{p.Note})
	}), nil
}

func (w *Work) editNote(r *site.Request) (site.Answer, error) { return w.editWith(r, nil) }

func (w *Work) editWith(r *site.Request, form *ui.Form) (site.Answer, error) {
	id, err := noteID(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got := w.Notes.Want(c.view, id)
	plans := w.Plans.Want(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	n := got.Value
	if got.Subject != c.subject() {
		return site.Answer{}, fault.NotFoundf("note.read")
	}
	if n.Status != note.Draft || n.Author != r.Who.Worker() {
		return site.SeeOther("/clients/" + c.id.String() + "/notes/" + id.String()), nil
	}
	p := pages.NoteEditPage{Chart: w.head(r, c)}
	p.NoteForm = pages.NoteForm{ClientID: c.id.String(), Draft: id.String(), Version: number(got.Version), MayRestrict: true, Saved: got.ChangedAt.In(r.Zone)}
	for _, g := range goals(r, plans.Rows) {
		p.NoteForm.Goals = append(p.NoteForm.Goals, ui.Option{Value: g.Title.Disclose(), Text: g.Title.Disclose()})
	}
	if len(p.NoteForm.Goals) > 0 {
		p.NoteForm.Goals = append([]ui.Option{{Text: r.T("No goal")}}, p.NoteForm.Goals...)
	}
	if form != nil {
		p.Form = *form
		view := func(f ui.Frame) templ.Component { return pages.NoteEdit(f, p) }
		return site.Invalid(view), nil
	}
	access := "team"
	if n.Protection != note.Ordinary {
		access = "restricted"
	}
	p.Form = ui.NewForm("type", typeOf[n.Type], "on", n.At.In(r.Zone).Format("2006-01-02"), "access", access)
	if n.Minutes > 0 {
		p.Form.Add("minutes", phi.NewText(strconv.Itoa(n.Minutes)))
	}
	p.Form.Add("title", n.Title)
	p.Form.Add("goal", n.Goal)
	p.Form.Add("text", n.Text())
	// What was typed since the draft was saved is newer than it.
	if d, found, err := w.Notes.Take(r.Ctx(), r.Who, c.id, id); err != nil {
		return site.Answer{}, err
	} else if found && d.SavedAt.After(got.ChangedAt) {
		p.Form = ui.Form{}
		for k, v := range d.Fields {
			p.Form.Add(k, v)
		}
		p.Saved = d.SavedAt.In(r.Zone)
	}
	return page(func(f ui.Frame) templ.Component { return pages.NoteEdit(f, p) })
}

// signNote signs a draft as it stands, from its page.
func (w *Work) signNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := w.Notes.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	if o.Subject != record.SubjectOf(client) {
		return site.Answer{}, fault.NotFoundf("note.read")
	}
	n := o.Value
	in := note.Input{Type: n.Type, At: n.At, Minutes: phi.NewText(strconv.Itoa(n.Minutes)), Title: n.Title, Goal: n.Goal, Sections: n.Sections, Protection: n.Protection, Case: n.Case}
	if in.Case, err = w.current(r, client); err != nil {
		return site.Answer{}, err
	}
	_, err = w.Notes.Sign(r.Ctx(), r.Who, client, id, int64(parse(r.Value("version"))), in)
	if fault.Is(err, fault.Invalid) {
		// What is missing is filled in on the draft's own page.
		form := ui.NewForm("type", typeOf[n.Type], "on", n.At.In(r.Zone).Format("2006-01-02"), "minutes", strconv.Itoa(n.Minutes))
		form.Add("title", n.Title)
		form.Add("goal", n.Goal)
		form.Add("text", n.Text())
		for _, f := range fault.FieldsOf(formError(err)) {
			form.Fail(f.Name, r.T(f.Message))
		}
		return w.editWith(r, &form)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Note signed. The next contact is scheduled from it."), nil
}

func (w *Work) discardNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Notes.Discard(r.Ctx(), r.Who, id, int64(parse(r.Value("version")))); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Draft discarded."), nil
}

func (w *Work) addend(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if _, err := w.Notes.Addend(r.Ctx(), r.Who, id, r.Text("text")); err != nil {
		if fault.Is(err, fault.Invalid) {
			return w.noteWith(r, r.Posted(formError(err)), true)
		}
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/notes/"+id.String()).Saying(ui.Good, "Addendum signed."), nil
}
