package work

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/phrase"
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

// protectionOf is how a note is protected by what the field "access" says, and
// accessOf back.
var protectionOf = map[string]note.Protection{"team": note.Ordinary, "restricted": note.Psychotherapy, "sud": note.SUD, "sud_counselling": note.SUDCounselling}

func accessOf(p note.Protection) string {
	for name, x := range protectionOf {
		if x == p {
			return name
		}
	}
	return "team"
}

// input reads the note form.
func (w *Work) input(r *site.Request) note.Input {
	in := note.Input{
		Type: noteType(r.Value("type")), Minutes: r.Text("minutes"), Title: r.Text("title"), Goal: r.Text("goal"),
		Format: noteFormat(r.Value("format")), LateReason: r.Text("late_reason"),
		Sections: note.Written(func(heading string) phi.Text { return written(r, pages.SectionField(heading)) }),
		Rev:      int64(parse(r.Value("draft"))), Aside: int64(parse(r.Value("aside"))),
	}
	if id, err := record.ParseID[note.Note](r.Value("new")); err == nil {
		in.New = id
	}
	if in.Minutes.Empty() {
		in.Minutes = r.Text("quick")
	}
	in.Protection = protectionOf[r.Value("access")]
	d, err := time.ParseInLocation("2006-01-02", r.Value("on"), r.Zone)
	if err != nil {
		return in
	}
	start, err := time.Parse("15:04", hoursAndMinutes(r.Value("start")))
	switch {
	case err == nil:
		in.At, in.Timed = time.Date(d.Year(), d.Month(), d.Day(), start.Hour(), start.Minute(), 0, 0, r.Zone), true
	case d.Year() == r.Now.Year() && d.YearDay() == r.Now.YearDay():
		// Where only the day is given, today's contact is now, another day's at noon.
		in.At = r.Now
	default:
		in.At = time.Date(d.Year(), d.Month(), d.Day(), 12, 0, 0, 0, r.Zone)
	}
	return in
}

// written is a text as it was typed, without the spaces around it.
func written(r *site.Request, name string) phi.Text {
	return phi.NewText(strings.TrimSpace(strings.ReplaceAll(r.FormValue(name), "\r\n", "\n")))
}

// noteFormat is a format as pages call it, and formatName back.
func noteFormat(s string) note.Format {
	if s == "plain" {
		return note.PlainFormat
	}
	return note.Format(s)
}

func formatName(f note.Format) string {
	if f == note.PlainFormat {
		return "plain"
	}
	return string(f)
}

// formError calls the fields of package note as the form does. What is wrong
// with the text is wrong with the first section of its format.
func formError(r *site.Request, err error) error {
	var out []fault.Field
	for _, f := range fault.FieldsOf(err) {
		switch f.Name {
		case "at":
			f.Name = "on"
		case "body":
			f.Name = pages.SectionField(noteFormat(r.Value("format")).Sections()[0])
		case "protection":
			f.Name = "access"
		}
		out = append(out, f)
	}
	if out == nil {
		return err
	}
	return fault.InvalidFields("note", out...)
}

// writeNote saves a draft, signs, or puts a phrase into the text, as the button
// pressed says.
func (w *Work) writeNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("insert") != "" || r.Value("template") != "" {
		return w.insert(r, id)
	}
	if r.Value("do") == "merge" {
		return w.mergeNote(r, client, id)
	}
	in := w.input(r)
	var bad []fault.Field
	if r.Form.Has("on") && in.At.IsZero() {
		bad = append(bad, fault.Field{Name: "at", Message: "Enter the date as month, day and year."})
	}
	if r.Value("start") != "" && !in.Timed && !in.At.IsZero() {
		bad = append(bad, fault.Field{Name: "start", Message: "Enter the time as hours and minutes."})
	}
	if _, ok := protectionOf[r.Value("access")]; !ok && !id.IsZero() {
		bad = append(bad, fault.Field{Name: "protection", Message: "Choose who may read the note."})
	}
	if bad != nil {
		return w.again(r, client, id, fault.InvalidFields("note", bad...))
	}
	version := int64(0)
	if !id.IsZero() {
		version = versionOf(r)
	}
	if r.Value("do") != "sign" {
		if _, err := w.Notes.SaveDraft(r.Ctx(), r.Who, client, id, version, in); err != nil {
			return w.again(r, client, id, err)
		}
		if err := w.carriedOver(r); err != nil {
			return site.Answer{}, err
		}
		return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Draft saved. Only you can read and change it until you sign."), nil
	}
	if id, err = w.Notes.Sign(r.Ctx(), r.Who, client, id, version, in); err != nil {
		return w.again(r, client, id, err)
	}
	if err := w.carriedOver(r); err != nil {
		return site.Answer{}, err
	}
	return w.afterSigning(r, client)
}

// afterSigning says what the signature did.
func (w *Work) afterSigning(r *site.Request, client person.ID) (site.Answer, error) {
	return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Note signed. The next contact is scheduled from it."), nil
}

// again shows the form with what was typed and everything that is wrong, or with
// what another window made of it meanwhile.
func (w *Work) again(r *site.Request, client person.ID, id note.ID, err error) (site.Answer, error) {
	switch {
	case fault.JoinedOf(err) != "":
		return w.inJoined(r, client, fault.JoinedOf(err))
	case fault.Is(err, fault.Conflict):
		return w.mergeNote(r, client, id)
	case !fault.Is(err, fault.Invalid):
		return site.Answer{}, err
	}
	return w.noteShown(r, id, composer{form: r.Posted(formError(r, err)), bad: true})
}

// inJoined shows the composer of the record that stays, with what was typed for
// the one that was joined to it meanwhile. Nothing is saved until its author, who
// sees whose chart it now is, says so.
func (w *Work) inJoined(r *site.Request, from person.ID, stays string) (site.Answer, error) {
	form := r.Posted(nil)
	form.Fail("", r.T("This record was joined to another one of the same person while you were writing. Nothing is saved yet, and nothing you wrote is lost: it is below, in the record that stays. Save or sign it there."))
	r.SetPathValue("id", stays)
	// Revisions of what was kept for the other record say nothing here.
	return w.notesWith(r, &composer{form: form, bad: true, from: from.String()})
}

// carriedOver throws away what was kept while writing for a record that was
// joined, once a note of it is in the record that stays.
func (w *Work) carriedOver(r *site.Request) error {
	from, err := record.ParseID[person.Client](r.Value("from"))
	if err != nil {
		return nil // written where it was begun
	}
	return w.Notes.DropKept(r.Ctx(), r.Who, from)
}

// composer is what the note form is to show instead of what is on record.
type composer struct {
	form        ui.Form
	bad         bool
	merged      *ui.Merged
	kept, aside string // revisions, and the version, that this form has seen
	version     string
	from        string // the record it was written for, which was joined to this one
}

// noteShown shows the form of a new note, or of a draft.
func (w *Work) noteShown(r *site.Request, id note.ID, c composer) (site.Answer, error) {
	c.from = r.Value("from")
	if c.merged == nil {
		c.kept, c.aside, c.version = r.Value("draft"), r.Value("aside"), versionSaid(r)
	}
	if id.IsZero() {
		return w.notesWith(r, &c)
	}
	return w.editWith(r, &c)
}

// insert puts a phrase or a template into the text, for whoever has no script.
func (w *Work) insert(r *site.Request, id note.ID) (site.Answer, error) {
	key := r.Value("insert")
	if key == "" {
		key = r.Value("template")
	}
	pid, err := record.ParseID[phrase.Phrase](key)
	if err != nil {
		return site.Answer{}, err
	}
	o, err := w.Phrases.Read(r.Ctx(), r.Who, pid)
	if err != nil {
		return site.Answer{}, err
	}
	p := o.Value
	put := func(field, text, between string) {
		if was := strings.TrimRight(r.FormValue(field), " \r\n"); was != "" {
			text = was + between + text
		}
		r.Form.Set(field, text)
	}
	if p.Sort == phrase.Short {
		into := pages.SectionField(noteFormat(r.Value("format")).Sections()[0])
		for _, h := range note.Headings() {
			if f := pages.SectionField(h); f == r.Value("into") {
				into = f
			}
		}
		put(into, p.Text(), " ")
	} else {
		r.Form.Set("format", formatName(p.Format))
		if r.Value("title") == "" {
			r.Form.Set("title", p.Title)
		}
		if r.Value("type") == "" && p.Type != "" {
			r.Form.Set("type", typeOf[p.Type])
		}
		for _, s := range p.Sections {
			put(pages.SectionField(s.Heading), s.Text, "\n\n")
		}
	}
	return w.noteShown(r, id, composer{form: r.Posted(nil)})
}

// keptForm is a form of what was kept while writing.
func keptForm(d record.Draft) ui.Form {
	var f ui.Form
	for k, v := range d.Fields {
		f.Add(k, v)
	}
	return f
}

// noteFormOf is a draft as the form shows it.
func noteFormOf(r *site.Request, n note.Note) ui.Form {
	f := ui.NewForm("type", typeOf[n.Type], "on", n.At.In(r.Zone).Format("2006-01-02"), "format", formatName(n.Format), "access", accessOf(n.Protection))
	if n.Timed {
		f.Add("start", phi.NewText(n.At.In(r.Zone).Format("15:04")))
	}
	if n.Minutes > 0 {
		f.Add("minutes", phi.NewText(strconv.Itoa(n.Minutes)))
	}
	f.Add("title", n.Title)
	f.Add("goal", n.Goal)
	f.Add("late_reason", n.LateReason)
	for _, h := range note.Headings() {
		f.Add(pages.SectionField(h), n.Section(h))
	}
	return f
}

// mergeNote shows what was typed together with what another window or device
// made of the same draft. Nothing of either is lost.
func (w *Work) mergeNote(r *site.Request, client person.ID, id note.ID) (site.Answer, error) {
	posted := r.Posted(nil)
	c := composer{kept: r.Value("draft"), aside: r.Value("aside"), version: versionSaid(r)}
	var theirs ui.Form
	var at time.Time
	found := false
	take := func(form ui.Form, when time.Time) { theirs, at, found = form, when, true }
	main, kept, err := w.Notes.Take(r.Ctx(), r.Who, client, id)
	if err != nil {
		return site.Answer{}, err
	}
	other, aside, err := w.Notes.TakeAside(r.Ctx(), r.Who, client, id)
	if err != nil {
		return site.Answer{}, err
	}
	if !id.IsZero() {
		o, err := w.Notes.Read(r.Ctx(), r.Who, id)
		if err != nil {
			return site.Answer{}, err
		}
		if err := w.belongs(r, record.SubjectOf(client), o.Subject, "note.read"); err != nil {
			return site.Answer{}, err
		}
		if o.Value.Status != note.Draft {
			return w.noteWith(r, overtaken{text: typedText(r)})
		}
		if number(o.Version) != c.version {
			take(noteFormOf(r, o.Value), o.ChangedAt)
		}
		c.version = number(o.Version)
	}
	if kept && main.Rev > int64(parse(c.kept)) && (!found || main.SavedAt.After(at)) {
		take(keptForm(main), main.SavedAt)
	} else if aside && other.Rev > int64(parse(c.aside)) && !found {
		take(keptForm(other), other.SavedAt)
		c.aside = number(other.Rev)
	}
	// What this window itself kept aside is in its form.
	if aside && len(ui.Merge(posted, keptForm(other), pages.Typed()...).Changes) == 0 {
		c.aside = number(other.Rev)
	}
	c.kept = number(main.Rev)
	if !found {
		theirs = posted
	}
	m := ui.Merge(posted, theirs, pages.Typed()...)
	m.By, m.At = r.T("Another window of yours"), at.In(r.Zone)
	inWords(&m, noteWords(r)...)
	c.form = m.Form
	if found {
		c.merged = &m
	}
	return w.noteShown(r, id, c)
}

// inWords says what a colleague or another window chose as the page does, not as
// the form's codes.
func inWords(m *ui.Merged, options ...[]ui.Option) {
	words := map[string]string{}
	for _, list := range options {
		for _, o := range list {
			words[o.Value] = o.Text
		}
	}
	for i, c := range m.Changes {
		if strings.HasPrefix(c.Name, "cosign_") || slices.Contains([]string{"type", "format", "access", "rounding", "program"}, c.Name) {
			lines := strings.Split(c.Theirs.Disclose(), "\n")
			for j, l := range lines {
				if w := words[l]; w != "" {
					lines[j] = w
				}
			}
			m.Changes[i].Theirs = phi.NewText(strings.Join(lines, "\n"))
		}
	}
}

// noteWords are the words for the codes of the note form.
func noteWords(r *site.Request) [][]ui.Option {
	return [][]ui.Option{pages.ContactTypes(r.Lang), pages.FormatOptions(r.Lang), pages.AccessOptions(r.Lang)}
}

// typedText is all that was typed into the sections, as one text.
func typedText(r *site.Request) phi.Text {
	var all []string
	for _, h := range note.Headings() {
		if t := written(r, pages.SectionField(h)); !t.Empty() {
			all = append(all, t.Disclose())
		}
	}
	return phi.NewText(strings.Join(all, "\n\n"))
}

// autosave keeps what is being typed. It answers the script in a sentence.
func (w *Work) autosave(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	fields := map[string]phi.Text{}
	for _, name := range pages.Typed() {
		if v := r.FormValue(name); v != "" {
			fields[name] = phi.NewText(v)
		}
	}
	// The field draft holds the revision last seen by this window.
	d, err := w.Notes.Keep(r.Ctx(), r.Who, client, id, int64(parse(r.Value("draft"))), fields)
	if fault.Is(err, fault.Conflict) {
		// Kept aside, by the note's rules.
		return site.Saved{Text: r.T("More was written in another window. Both are kept; look at both."), Kept: true, Merge: true}.Answer()
	}
	return savedAs(r, d, err)
}

func (w *Work) note(r *site.Request) (site.Answer, error) {
	if r.Fragment() {
		return w.noteAlone(r)
	}
	return w.noteWith(r, overtaken{})
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
	if err := w.belongs(r, record.SubjectOf(client), o.Subject, "note.read"); err != nil {
		return site.Answer{}, err
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

// overtaken is what a note's page shows besides the note: what was typed that is
// no part of it.
type overtaken struct {
	form ui.Form
	text phi.Text // typed into a draft that is none any more
	// spare was typed into a form of the page: it is shown by itself where the note
	// has no such form any more.
	spare phi.Text
	bad   bool
	// amended: form is what was typed into a returned addendum, which was made
	// from version.
	amended bool
	version string
}

func (w *Work) noteWith(r *site.Request, x overtaken) (site.Answer, error) {
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
	if err := w.belongs(r, c.subject(), got.Subject, "note.read"); err != nil {
		return site.Answer{}, err
	}
	n := got.Value
	ids := []string{n.Author, n.SignedBy, n.CoSignedBy, n.ReturnedBy, got.CreatedBy, got.ChangedBy}
	for _, a := range all.Rows {
		ids = append(ids, a.Value.Author, a.Value.CoSignedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.NotePage{Chart: w.head(r, c), Note: item(r, got.Opened, len(all.Rows), names), Version: got.Version, Form: x.form, Unsaved: x.text, Written: got.CreatedAt.In(r.Zone)}
	p.MayDiscard = p.Note.MaySign && !p.Note.Returned
	p.Versions = got.Version > 1 && n.Status != note.Imported
	p.Remarks = returned(r, n, names)
	change := func(who, what string, at time.Time) {
		if !at.IsZero() {
			p.History = append(p.History, pages.Change{By: names[who], At: at.In(r.Zone), What: what})
		}
	}
	for _, a := range all.Rows {
		p.Addenda = append(p.Addenda, addendum(r, a, names))
		change(a.Value.CoSignedBy, "Addendum co-signed", a.Value.CoSignedAt)
		change(a.Value.Author, "Addendum", a.Value.SignedAt)
	}
	change(n.CoSignedBy, "Co-signed", n.CoSignedAt)
	change(n.SignedBy, "Signed", n.SignedAt)
	change(n.ReturnedBy, "Returned with remarks", n.ReturnedAt)
	change(got.CreatedBy, "Written", got.CreatedAt)
	if !n.SignedAt.IsZero() {
		p.SignedAt, p.SignedBy = n.SignedAt.In(r.Zone), names[n.SignedBy]
	}
	if !n.CoSignedAt.IsZero() {
		p.CoSignedAt, p.CoSignedBy = n.CoSignedAt.In(r.Zone), names[n.CoSignedBy]
	}
	if n.Status == note.Awaiting && got.Withheld == 0 {
		if p.MayCoSign, err = w.Notes.MayCoSign(r.Ctx(), r.Who, c.id, got.Opened); err != nil {
			return site.Answer{}, err
		}
	}
	if n.IsAddendum() {
		p.AddsTo, p.Note.MaySign = n.Parent.String(), false
		if p.Amend = n.Status == note.Draft && n.Author == r.Who.Worker(); p.Amend {
			amendForm(r, &p, got.Opened, x)
		} else if x.amended {
			p.Unsaved = x.form.Value("text")
		}
	}
	if !p.MayCoSign && !p.Amend && !(p.Note.MaySign && p.Note.Returned) && p.Unsaved.Empty() {
		p.Unsaved = x.spare
	}
	view := func(f ui.Frame) templ.Component { return pages.Note(f, p) }
	if x.bad {
		return site.Invalid(view), nil
	}
	return site.Page(view).Part(func(f ui.Frame) templ.Component {
		return pages.Timeline(f, c.id.String(), []pages.TimelineItem{p.Note})
	}), nil
}

// addendum is one that stands under its note, with its state.
func addendum(r *site.Request, o note.Opened, names map[string]string) pages.Addendum {
	x := item(r, o, 0, names)
	out := pages.Addendum{By: x.Author, At: o.Value.SignedAt, Text: o.Value.Text(), Note: x}
	if out.At.IsZero() {
		out.At = o.ChangedAt
	}
	out.At = out.At.In(r.Zone)
	if !o.Value.CoSignedAt.IsZero() {
		out.CoSignedBy, out.CoSignedAt = names[o.Value.CoSignedBy], o.Value.CoSignedAt.In(r.Zone)
	}
	return out
}

// amendForm is the form of an addendum that was returned: with what is on record,
// or with what was typed, together with what another window saved meanwhile.
func amendForm(r *site.Request, p *pages.NotePage, o note.Opened, x overtaken) {
	now := ui.NewForm("text", o.Value.Text().Disclose())
	switch {
	case !x.amended:
		p.Form.Add("text", o.Value.Text())
	case x.version != number(o.Version):
		m := ui.Merge(x.form, now, "text")
		m.By, m.At = r.T("Another window of yours"), o.ChangedAt.In(r.Zone)
		p.Form, p.Merged = m.Form, &m
	}
}

// returned is what was asked for when a draft was returned.
func returned(r *site.Request, n note.Note, names map[string]string) *pages.Remarks {
	if n.Status != note.Draft || n.Remarks.Empty() {
		return nil
	}
	return &pages.Remarks{By: names[n.ReturnedBy], At: n.ReturnedAt.In(r.Zone), Text: n.Remarks}
}

func (w *Work) editNote(r *site.Request) (site.Answer, error) { return w.editWith(r, nil) }

func (w *Work) editWith(r *site.Request, x *composer) (site.Answer, error) {
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
	set := w.Phrases.Want(c.view, r.Who)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	n := got.Value
	if err := w.belongs(r, c.subject(), got.Subject, "note.read"); err != nil {
		return site.Answer{}, err
	}
	if n.Status != note.Draft || n.Author != r.Who.Worker() || n.IsAddendum() {
		return site.SeeOther("/clients/" + c.id.String() + "/notes/" + id.String()), nil
	}
	names, err := w.names(r, n.ReturnedBy)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.NoteEditPage{Chart: w.head(r, c)}
	p.NoteForm = w.noteForm(r, c, goals(r, plans.Rows), set)
	if n.Protection.Part2() {
		p.NoteForm.Access = pages.Part2Access(r.Lang)
	}
	p.NoteForm.Draft, p.NoteForm.Version, p.NoteForm.Saved = id.String(), number(got.Version), got.ChangedAt.In(r.Zone)
	p.NoteForm.Returned = returned(r, n, names)
	bad := false
	if x != nil {
		p.NoteForm.Form, p.NoteForm.Kept, p.NoteForm.Aside, p.NoteForm.Version, p.NoteForm.Merged, bad = x.form, x.kept, x.aside, x.version, x.merged, x.bad
	} else if err := w.takeUp(r, c.id, id, noteFormOf(r, n), got.ChangedAt, &p.NoteForm); err != nil {
		return site.Answer{}, err
	}
	view := func(f ui.Frame) templ.Component { return pages.NoteEdit(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

// noteForm is the note form of a chart, with what the client's program brings.
func (w *Work) noteForm(r *site.Request, c *chart, goals []pages.Goal, set phrase.Set) pages.NoteForm {
	f := pages.NoteForm{ClientID: c.id.String(), MayRestrict: true, LateHours: 24, New: r.Value("new")}
	if f.New == "" {
		f.New = record.FreshID[note.Note](r.Now).String()
	}
	program := ""
	if cur, ok := casefile.Current(c.cases.Rows); ok {
		program = cur.Value.Program
	}
	in, a := w.noteProgram(r, program)
	rules := in.Notes
	switch elsewhere := func(o casefile.Opened) bool { x, _ := a.Program(o.Value.Program); return o.Value.IsOpen() && x.SUD }; {
	case in.SUD:
		f.Access = pages.Part2Access(r.Lang)
	case slices.ContainsFunc(c.cases.Rows, elsewhere):
		f.Access = pages.AccessOptions(r.Lang)
	default:
		f.Access = pages.OrdinaryAccess(r.Lang)
	}
	f.UnitMinutes, f.LateHours = rules.Unit, int(rules.Late().Hours())
	for _, g := range goals {
		f.Goals = append(f.Goals, ui.Option{Value: g.Title.Disclose(), Text: g.Title.Disclose()})
	}
	if len(f.Goals) > 0 {
		f.Goals = append([]ui.Option{{Text: r.T("No goal")}}, f.Goals...)
	}
	f.Phrases = phrasesFor(set, program)
	f.Form = filled(r, ui.NewForm("on", r.Now.Format("2006-01-02"), "access", f.Access[0].Value, "format", formatName(note.Format(rules.Format))))
	return f
}

// noteProgram is a program with the rules of its notes, and the agency.
func (w *Work) noteProgram(r *site.Request, program string) (org.Program, org.Agency) {
	a, err := w.Org.Directory().Agency(r.Ctx())
	if err != nil {
		return org.Program{}, org.Agency{} // the page is made without them; signing asks for itself
	}
	p, _ := a.Program(program)
	return p, a
}

// takeUp fills the form with what is on record, or with what was being typed
// since; where two windows or devices left something, with both.
func (w *Work) takeUp(r *site.Request, client person.ID, id note.ID, form ui.Form, changed time.Time, p *pages.NoteForm) error {
	p.Form = form
	d, found, err := w.Notes.Take(r.Ctx(), r.Who, client, id)
	if fault.Is(err, fault.Denied) || fault.Is(err, fault.NotFound) {
		return nil
	} else if err != nil {
		return err
	}
	if found {
		p.Kept = number(d.Rev)
		if d.SavedAt.After(changed) {
			p.Form, p.Saved = keptForm(d), d.SavedAt.In(r.Zone)
		}
	}
	other, found, err := w.Notes.TakeAside(r.Ctx(), r.Who, client, id)
	if err != nil || !found {
		return err
	}
	p.Aside = number(other.Rev)
	m := ui.Merge(p.Form, keptForm(other), pages.Typed()...)
	m.By, m.At = r.T("Another window of yours"), other.SavedAt.In(r.Zone)
	inWords(&m, noteWords(r)...)
	if len(m.Changes) > 0 {
		p.Form, p.Merged = m.Form, &m
	}
	return nil
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
	if err := w.belongs(r, record.SubjectOf(client), o.Subject, "note.read"); err != nil {
		return site.Answer{}, err
	}
	n := o.Value
	if n.IsAddendum() { // it is signed with its text, from its own form
		return site.SeeOther("/clients/" + client.String() + "/notes/" + id.String()), nil
	}
	in := note.Input{
		Type: n.Type, At: n.At, Timed: n.Timed, Minutes: phi.NewText(strconv.Itoa(n.Minutes)), Title: n.Title, Goal: n.Goal, Sections: n.Sections,
		Protection: n.Protection, Format: n.Format, LateReason: n.LateReason,
	}
	_, err = w.Notes.Sign(r.Ctx(), r.Who, client, id, versionOf(r), in)
	switch {
	case fault.Is(err, fault.Invalid):
		// What is missing is filled in on the draft's own page.
		r.Form.Set("format", formatName(n.Format))
		form := noteFormOf(r, n)
		for _, f := range fault.FieldsOf(formError(r, err)) {
			form.Fail(f.Name, f.Message)
		}
		return w.editWith(r, &composer{form: form, bad: true, version: number(o.Version)})
	case fault.Is(err, fault.Conflict):
		// Something newer was typed, here or in another window.
		return site.SeeOther("/clients/" + client.String() + "/notes/" + id.String() + "/edit").Refusing("More was written since. Look at it, then sign."), nil
	case err != nil:
		return site.Answer{}, err
	}
	return w.afterSigning(r, client)
}

func (w *Work) discardNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Notes.Discard(r.Ctx(), r.Who, client, id, versionOf(r))
	if fault.Is(err, fault.Invalid) {
		return site.SeeOther("/clients/" + client.String() + "/notes/" + id.String()).Refusing("This note was signed and returned, so it is not thrown away. Nothing was discarded. If it is wrong as a whole, mark it as entered in error below."), nil
	}
	if fault.Is(err, fault.Conflict) {
		return site.SeeOther("/clients/" + client.String() + "/notes/" + id.String()).Refusing("The draft was changed or signed meanwhile. Nothing was discarded."), nil
	} else if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/notes").Saying(ui.Good, "Draft discarded."), nil
}

// wrongNote marks a note that was signed and returned as entered in error.
func (w *Work) wrongNote(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Notes.MarkWrong(r.Ctx(), r.Who, client, id, versionOf(r), written(r, "reason"))
	switch {
	case len(fault.FieldsOf(err)) > 0, fault.Is(err, fault.Conflict):
		form := r.Posted(err)
		if fault.Is(err, fault.Conflict) {
			form.Fail("reason", "The draft was changed or signed meanwhile. Your reason is kept below; nothing was marked.")
		}
		return w.noteWith(r, overtaken{form: form, spare: written(r, "reason"), bad: true})
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/notes/"+id.String()).Saying(ui.Good, "Marked as entered in error. The note stays in the chart, with your reason."), nil
}

func (w *Work) addend(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	made, err := w.Notes.Addend(r.Ctx(), r.Who, client, id, r.Text("text"))
	switch {
	case fault.Is(err, fault.Invalid):
		return w.noteWith(r, overtaken{form: r.Posted(formError(r, err)), bad: true})
	case fault.Is(err, fault.Conflict):
		return w.noteWith(r, overtaken{text: r.Text("text")})
	case err != nil:
		return site.Answer{}, err
	}
	return w.afterAddendum(r, client, id, made)
}

// afterAddendum says what the signature of an addendum did, on the page of its
// note.
func (w *Work) afterAddendum(r *site.Request, client person.ID, to, made note.ID) (site.Answer, error) {
	said := "Addendum signed."
	if o, err := w.Notes.Read(r.Ctx(), r.Who, made); err == nil && o.Value.Status == note.Awaiting {
		said = "Addendum signed. It waits for a co-signature."
	}
	return site.SeeOther("/clients/"+client.String()+"/notes/"+to.String()).Saying(ui.Good, said), nil
}

// amend keeps or signs again an addendum that was returned.
func (w *Work) amend(r *site.Request) (site.Answer, error) {
	client, id, err := noteOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	do, text := w.Notes.SaveAddendum, written(r, "text")
	if r.Value("do") == "sign" {
		do = w.Notes.SignAddendum
	}
	err = do(r.Ctx(), r.Who, client, id, versionOf(r), text)
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		return w.noteWith(r, overtaken{form: r.Posted(err), amended: true, version: number(versionOf(r)), bad: true})
	} else if err != nil {
		return site.Answer{}, err
	}
	if r.Value("do") != "sign" {
		return site.SeeOther("/clients/"+client.String()+"/notes/"+id.String()).Saying(ui.Good, "Draft saved. Only you can read and change it until you sign."), nil
	}
	return w.afterAddendum(r, client, id, id)
}
