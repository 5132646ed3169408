package work

import (
	"errors"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// filesAtOnce is how many files one form may send.
const filesAtOnce = 10

// documentRoutes is the part of the route table for documents and quarantine.
func (w *Work) documentRoutes() []site.Route {
	files := filesAtOnce * w.Documents.Max()
	return []site.Route{
		{Pattern: "GET /clients/{id}/documents", Action: "document.find", Handle: w.documents},
		{Pattern: "POST /clients/{id}/documents", Action: "document.create", Handle: w.addDocuments, Files: files},
		{Pattern: "GET /clients/{id}/documents/new", Action: "document.create", Handle: w.addForm},
		{Pattern: "GET /clients/{id}/documents/{doc}", Action: "document.find", Handle: w.document},
		{Pattern: "GET /clients/{id}/documents/{doc}/file", Action: "document.read", Handle: w.documentFile},
		{Pattern: "GET /clients/{id}/documents/{doc}/version", Action: "document.create", Handle: w.addForm},
		{Pattern: "POST /clients/{id}/documents/{doc}/version", Action: "document.create", Handle: w.addDocuments, Files: files},
		{Pattern: "GET /clients/{id}/documents/{doc}/edit", Action: "document.change", Handle: w.editDocument},
		{Pattern: "POST /clients/{id}/documents/{doc}/edit", Action: "document.change", Handle: w.saveDocument},
		{Pattern: "POST /clients/{id}/documents/{doc}/withdraw", Action: "document.withdraw", Handle: w.withdrawDocument},

		{Pattern: "GET /quarantine", Action: "quarantine.find", Handle: w.quarantine},
		{Pattern: "GET /quarantine/{entry}", Action: "quarantine.read", Handle: w.quarantineEntry},
		{Pattern: "POST /quarantine/{entry}", Action: "quarantine.release", Handle: w.decideQuarantine},
	}
}

// documentOf reads whose document a path names, and which; zero for none.
func documentOf(r *site.Request) (client person.ID, id document.ID, err error) {
	if client, err = clientID(r); err != nil {
		return client, id, err
	}
	if r.PathValue("doc") != "" {
		id, err = record.ParseID[document.Document](r.PathValue("doc"))
	}
	return client, id, err
}

// mayDocument says whether the asker may do something with documents of a client,
// of the ordinary class and of Part 2 programs.
func (w *Work) mayDocument(r *site.Request, client person.ID, action string) policy.ClassSet {
	set, err := w.Door.May(r.Ctx(), r.Who, action, record.SubjectOf(client), false, policy.Set(policy.Document, policy.SUD))
	if err != nil {
		return 0
	}
	return set
}

func (w *Work) documents(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.DocumentsPage{State: r.Value("state"), Category: r.Value("category")}
	list := w.Documents.WantSome(c.view, c.id, document.Query{State: p.State, Category: p.Category, After: r.Value("after"), Limit: 50})
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p.Chart = w.head(r, c)
	p.MayAdd = w.mayDocument(r, c.id, "document.create") != 0
	var by []string
	for _, o := range list.Rows {
		by = append(by, o.Value.UploadedBy)
	}
	names, err := w.names(r, by...)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range list.Rows {
		p.Rows = append(p.Rows, documentRow(r, o, names))
	}
	base := "/clients/" + c.id.String() + "/documents"
	for _, x := range []struct{ state, text string }{
		{"", r.T("All")}, {document.Filed, r.T("Filed")}, {document.Received, r.T("Waiting")}, {document.Quarantined, r.T("In quarantine")}, {document.Withdrawn, r.T("Filed in error")},
	} {
		url := base
		if x.state != "" {
			url += "?state=" + x.state
		}
		p.States = append(p.States, ui.Tab{Text: x.text, URL: url, Current: p.State == x.state})
	}
	if list.Next != "" {
		p.Older = base + "?after=" + list.Next + "&state=" + p.State + "&category=" + p.Category
	}
	return page(func(f ui.Frame) templ.Component { return pages.DocumentList(f, p) })
}

func documentRow(r *site.Request, o document.Opened, names map[string]string) pages.DocumentRow {
	v := o.Value
	x := pages.DocumentRow{
		ID: o.ID.String(), Whose: o.Subject.String(), Title: v.Title, Kind: v.Type, On: v.At.In(r.Zone), Author: v.Author.Disclose(), Size: size(int64(v.Size)), Format: format(v.MediaType),
		State: o.Labels.State, Scanned: !v.ScannedAt.IsZero() || v.ReleasedBy != "", Upload: !v.Series.IsZero(), Special: v.Part2, Version: v.Number,
	}
	if x.Upload {
		x.Kind, x.Author = phi.NewText(pages.Filing(r.Lang, v.Filing)), names[v.UploadedBy]
	}
	if x.Title.Empty() {
		x.Title = v.Type
	}
	for _, c := range o.Withheld.List() {
		x.Hidden = ui.Hidden{Class: string(c), Why: "/why"}
	}
	return x
}

func size(n int64) string {
	switch {
	case n >= 1<<20:
		return number(n>>20) + " MB"
	case n >= 1<<10:
		return number(n>>10) + " KB"
	}
	return number(n) + " B"
}

// format is a kind of file in a word, the same in every language.
func format(media string) string {
	switch media {
	case document.Text, document.HTML:
		return "TXT"
	case "":
		return ""
	}
	return strings.ToUpper(strings.TrimPrefix(document.Extension(media), "."))
}

// caseOptions are the cases a document can belong to.
func (w *Work) caseOptions(r *site.Request, c *chart) []ui.Option {
	programs := w.programs(r.Ctx())
	out := []ui.Option{{Text: r.T("No case")}}
	for _, o := range c.cases.Rows {
		text := programName(programs, o.Value.Program)
		if !o.Value.IsOpen() {
			text += " (" + r.T("closed") + ")"
		}
		out = append(out, ui.Option{Value: o.ID.String(), Text: text})
	}
	return out
}

func caseNamed(s string) casefile.ID {
	id, err := record.ParseID[casefile.Case](s)
	if err != nil {
		return casefile.ID{}
	}
	return id
}

func (w *Work) addForm(r *site.Request) (site.Answer, error) {
	return w.addWith(r, nil, nil)
}

// addWith shows the form for files; with what was typed where something was
// wrong, and with what was kept all the same.
func (w *Work) addWith(r *site.Request, form *ui.Form, added []pages.AddedFile) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	_, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	var of *record.Got[document.Document]
	if !id.IsZero() {
		of = w.Documents.WantCard(c.view, id)
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	may := w.mayDocument(r, c.id, "document.create")
	if may == 0 {
		return site.Answer{}, fault.DeniedBy("document.create")
	}
	p := pages.DocumentAddPage{Chart: w.head(r, c), Cases: w.caseOptions(r, c), Max: size(w.Documents.Max()), Files: filesAtOnce, Added: added, MaySUD: may.Has(policy.SUD)}
	p.Taken, p.Scans = w.Documents.Takes()
	if of != nil {
		if err := w.belongs(r, c.subject(), of.Subject, "document.find"); err != nil {
			return site.Answer{}, err
		}
		p.Of, p.OfName, p.Files = id.String(), of.Value.Title, 1
	}
	if form != nil {
		p.Form = *form
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.DocumentAdd(f, p) }), nil
	}
	p.Form = ui.NewForm("on", r.Now.Format("2006-01-02"))
	belongs := casefile.ID{}
	if cur, ok := casefile.Current(c.cases.Rows); ok {
		belongs = cur.ID
	}
	if of != nil {
		p.Form.Add("title", of.Value.Title)
		p.Form.Add("category", phi.NewText(of.Value.Filing))
		belongs = of.Value.Case
	}
	p.Form.Add("case", phi.NewText(belongs.String()))
	return page(func(f ui.Frame) templ.Component { return pages.DocumentAdd(f, p) })
}

func (w *Work) details(r *site.Request) document.Details {
	d := document.Details{Title: r.Text("title"), Category: r.Value("category"), Case: caseNamed(r.Value("case"))}
	if on, err := time.Parse("2006-01-02", r.Value("on")); err == nil {
		d.On = phi.NewDate(on.Year(), int(on.Month()), on.Day())
	}
	return d
}

// addDocuments takes one or several files, as they arrive. A file that is not
// taken does not keep the others from being.
func (w *Work) addDocuments(r *site.Request) (site.Answer, error) {
	client, of, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := document.Upload{Details: w.details(r), Part2: r.Value("part2") == "yes", Of: of, Why: r.Text("why")}
	var wrong []fault.Field
	if err := w.Documents.Check(in); err != nil {
		if !fault.Is(err, fault.Invalid) {
			return site.Answer{}, err
		}
		wrong = fault.FieldsOf(err)
	}
	unfit := len(wrong) > 0
	var kept []pages.AddedFile
	var last document.Added
	var because error // the place of documents did not take one
	for n := 0; because == nil; n++ {
		name, body, ok, err := r.File()
		if fault.Is(err, fault.Invalid) {
			wrong = append(wrong, fault.FieldsOf(err)...)
			break
		}
		if err != nil {
			return site.Answer{}, err
		}
		if !ok {
			if n == 0 && len(wrong) == 0 {
				wrong = append(wrong, fault.Field{Name: "file", Message: "Choose a file to add."})
			}
			break
		}
		if n >= filesAtOnce || (n > 0 && !of.IsZero()) {
			wrong = append(wrong, fault.Field{Name: "file", Message: "These are more files than can be added at once."})
			break
		}
		if unfit {
			continue // nothing is kept of a form that is wrong; the files are passed over so that it can be answered
		}
		in.Name = name
		if n > 0 {
			in.Title = phi.Text{}
		}
		added, err := w.Documents.Upload(r.Ctx(), r.Who, client, in, body)
		switch {
		case err == nil:
			last = added
			kept = append(kept, pages.AddedFile{Name: name, ID: added.ID.String()})
		case fault.Is(err, fault.Invalid):
			wrong = append(wrong, fault.FieldsOf(err)...)
		case errors.Is(err, document.ErrNotStored):
			wrong = append(wrong, fault.Field{Name: "file", Message: "The place where documents are kept is away, so this file was not kept. What you typed is below. Choose the file again in a minute."})
			because = err
		case fault.Is(err, fault.Conflict) && !of.IsZero():
			wrong = append(wrong, fault.Field{Message: "Somebody added a newer version in the meantime. Open the document and look at it first."})
		default:
			return site.Answer{}, err
		}
	}
	if len(wrong) > 0 {
		form := r.Posted(fault.InvalidFields("document.create", wrong...))
		a, err := w.addWith(r, &form, kept)
		return a.Because(because), err
	}
	to := "/clients/" + client.String() + "/documents"
	if len(kept) > 1 {
		return site.SeeOther(to).Saying(ui.Good, "The documents were added. Each says where it stands."), nil
	}
	a := site.SeeOther(to + "/" + last.ID.String())
	_, scans := w.Documents.Takes()
	switch {
	case last.Status == document.Quarantined:
		return a.Saying(ui.Warning, "The document was added and is kept closed: it may do harm."), nil
	case last.Status == document.Received:
		return a.Saying(ui.Note, "The document was added. It waits for the virus check, and you get a notice."), nil
	case !scans:
		return a.Saying(ui.Good, "The document was added. It was not scanned for viruses."), nil
	}
	return a.Saying(ui.Good, "The document was added. The virus scanner found nothing."), nil
}

func (w *Work) document(r *site.Request) (site.Answer, error) { return w.documentWith(r, nil) }

// documentWith shows a document: what it is, and what it says as far as a page may
// show it.
func (w *Work) documentWith(r *site.Request, form *ui.Form) (site.Answer, error) {
	client, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	card := w.Documents.WantCard(c.view, id)
	versions := w.Documents.WantVersions(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	v, state := card.Value, card.Labels.State
	if err := w.belongs(r, c.subject(), card.Subject, "document.find"); err != nil {
		return site.Answer{}, err
	}
	if state == document.Content {
		return site.Answer{}, fault.NotFoundf("document.find")
	}
	if card.Withheld != 0 {
		return site.Answer{}, fault.DeniedBy("document.find", "class-withheld")
	}
	ids := []string{v.UploadedBy, v.EndedBy, v.ReleasedBy, card.ChangedBy}
	for _, o := range versions.Rows {
		ids = append(ids, o.Value.UploadedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.DocumentPage{
		Chart: w.head(r, c), DocumentRow: documentRow(r, card.Opened, names), Record: card.Version, Held: v.Held, Misnamed: v.Misnamed,
		EndedBy: names[v.EndedBy], EndedAt: v.EndedAt.In(r.Zone), EndedWhy: v.EndedWhy, ReleasedBy: names[v.ReleasedBy],
	}
	p.Facts = w.documentFacts(r, c, card.Opened, names)
	for _, o := range versions.Rows {
		if err := w.belongs(r, c.subject(), o.Subject, "document.find"); fault.Is(err, fault.NotFound) {
			continue
		} else if err != nil {
			return site.Answer{}, err
		}
		p.Versions = append(p.Versions, pages.DocumentVersion{
			ID: o.ID.String(), Number: o.Value.Number, By: names[o.Value.UploadedBy], At: o.Value.UploadedAt.In(r.Zone), Why: o.Value.Why, State: o.Labels.State, Current: o.ID == id,
		})
		if o.Labels.State == document.Filed && o.ID != id {
			p.Newest = o.ID.String()
		}
	}
	newestFirst(p.Versions)
	class := policy.Document
	if v.Part2 {
		class = policy.SUD
	}
	if !v.Series.IsZero() {
		p.MayChange = state != document.Destroyed && w.mayDocument(r, client, "document.change").Has(class)
		p.MayRenew = (state == document.Filed || state == document.Withdrawn) && w.mayDocument(r, client, "document.create").Has(class)
		p.MayEnd = (state == document.Filed || state == document.Received) && w.mayDocument(r, client, "document.withdraw").Has(class)
	}
	p.MayOpen = !v.Closed() && w.mayDocument(r, client, "document.read").Has(class)
	p.Picture = p.MayOpen && document.IsPicture(v.MediaType)
	if p.MayOpen && v.IsText() {
		file, err := w.Documents.OpenFile(r.Ctx(), r.Who, client, id)
		if err != nil {
			return site.Answer{}, err
		}
		if p.Text, p.Cut, _, err = file.Words(r.Ctx()); err != nil {
			return site.Answer{}, err
		}
	}
	if form != nil {
		p.Form = *form
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Document(f, p) }), nil
	}
	return page(func(f ui.Frame) templ.Component { return pages.Document(f, p) })
}

func newestFirst(vs []pages.DocumentVersion) {
	for i := range vs {
		for j := i; j > 0 && vs[j].Number > vs[j-1].Number; j-- {
			vs[j], vs[j-1] = vs[j-1], vs[j]
		}
	}
}

func (w *Work) documentFacts(r *site.Request, c *chart, o document.Opened, names map[string]string) []ui.Fact {
	v := o.Value
	var facts []ui.Fact
	add := func(label, value string) {
		if value != "" {
			facts = append(facts, ui.Fact{Label: label, Value: phi.NewText(value)})
		}
	}
	if v.Series.IsZero() {
		add(r.T("From"), v.Author.Disclose())
		add(r.T("Filed under"), v.Category.Disclose())
		add(r.T("Imported"), ui.DayYear(r.Lang, o.CreatedAt.In(r.Zone)))
		return facts
	}
	for _, x := range w.caseOptions(r, c) {
		if x.Value != "" && x.Value == v.Case.String() {
			add(r.T("Case"), x.Text)
		}
	}
	add(r.T("Added by"), names[v.UploadedBy])
	add(r.T("Added"), ui.At(r.Lang, r.Now, v.UploadedAt.In(r.Zone)))
	add(r.T("File"), v.FileName.Disclose())
	if !v.ScannedAt.IsZero() {
		add(r.T("Virus check"), r.T("nothing found, %s", ui.At(r.Lang, r.Now, v.ScannedAt.In(r.Zone))))
	} else if o.Labels.State == document.Filed && v.ReleasedBy == "" {
		add(r.T("Virus check"), r.T("none"))
	}
	add(r.T("Why there is a new version"), v.Why.Disclose())
	return facts
}

// documentFile sends what a document says: to be saved, or, a picture, to be
// shown on the document's page, where it runs nothing.
func (w *Work) documentFile(r *site.Request) (site.Answer, error) {
	client, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	f, err := w.Documents.OpenFile(r.Ctx(), r.Who, client, id)
	if err != nil {
		return site.Answer{}, err
	}
	body, err := f.Reader(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	media := f.Value.MediaType
	if r.Value("view") != "" && document.IsPicture(media) {
		return site.Stream(media, "", body, f.Length()), nil
	}
	// The name on disk says nothing about the client; and HTML is saved as the
	// text it is shown as.
	name := "document-" + id.String()[:8] + document.Extension(media)
	switch media {
	case document.HTML, document.Text, "text/csv":
		media = "text/plain; charset=utf-8"
	}
	return site.Stream(media, name, body, f.Length()), nil
}

func detailsForm(v document.Document) ui.Form {
	var form ui.Form
	form.Add("title", v.Title)
	form.Add("category", phi.NewText(v.Filing))
	form.Add("on", phi.NewText(v.Day().DiscloseISO()))
	form.Add("case", phi.NewText(v.Case.String()))
	return form
}

func (w *Work) editDocument(r *site.Request) (site.Answer, error) {
	return w.editDocumentWith(r, nil, "")
}

func (w *Work) editDocumentWith(r *site.Request, form *ui.Form, version string) (site.Answer, error) {
	_, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	card := w.Documents.WantCard(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	v := card.Value
	if err := w.belongs(r, c.subject(), card.Subject, "document.change"); err != nil {
		return site.Answer{}, err
	}
	if v.Series.IsZero() || v.Status == document.Destroyed {
		return site.Answer{}, fault.NotFoundf("document.change")
	}
	p := pages.DocumentEditPage{Chart: w.head(r, c), ID: id.String(), Version: number(card.Version), Cases: w.caseOptions(r, c), Form: detailsForm(v)}
	if form == nil {
		return page(func(f ui.Frame) templ.Component { return pages.DocumentEdit(f, p) })
	}
	p.Form = *form
	if version != p.Version {
		// Somebody saved while this was being written: both are put together.
		names, err := w.names(r, card.ChangedBy)
		if err != nil {
			return site.Answer{}, err
		}
		m := ui.Merge(*form, detailsForm(v), "title", "category", "on", "case")
		m.By, m.At = names[card.ChangedBy], card.ChangedAt.In(r.Zone)
		p.Form, p.Merged = m.Form, &m
	}
	return site.Invalid(func(f ui.Frame) templ.Component { return pages.DocumentEdit(f, p) }), nil
}

func (w *Work) saveDocument(r *site.Request) (site.Answer, error) {
	client, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	version := versionSaid(r)
	err = w.Documents.Describe(r.Ctx(), r.Who, client, id, versionOf(r), w.details(r))
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.editDocumentWith(r, &form, version)
	case fault.Is(err, fault.Conflict):
		form := r.Posted(nil)
		return w.editDocumentWith(r, &form, version)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/documents/"+id.String()).Saying(ui.Good, "The details are saved."), nil
}

func (w *Work) withdrawDocument(r *site.Request) (site.Answer, error) {
	client, id, err := documentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Documents.Withdraw(r.Ctx(), r.Who, client, id, versionOf(r), r.Text("why"))
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.documentWith(r, &form)
	case fault.Is(err, fault.Conflict):
		form := r.Posted(fault.InvalidFields("document.withdraw", fault.Field{Message: "Somebody changed this document in the meantime. Look at it again: nothing is marked yet, and what you wrote is still here."}))
		return w.documentWith(r, &form)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/clients/"+client.String()+"/documents/"+id.String()).Saying(ui.Good, "The document is marked as filed in error."), nil
}

func quarantineRow(r *site.Request, o document.QuarantineEntry, names map[string]string) pages.QuarantineRow {
	v := o.Value
	return pages.QuarantineRow{
		ID: o.ID.String(), Held: v.Held, Threat: v.Threat, Format: format(v.MediaType), Size: size(v.Size), By: names[v.UploadedBy],
		UploadedAt: v.UploadedAt.In(r.Zone), HeldAt: v.HeldAt.In(r.Zone), State: v.Status, Released: v.Released,
	}
}

func (w *Work) quarantine(r *site.Request) (site.Answer, error) {
	all := r.Value("view") == "all"
	l, err := w.Documents.Waiting(r.Ctx(), r.Who, all, r.Value("after"))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.QuarantinePage{Views: []ui.Tab{
		{Text: r.T("To decide"), URL: "/quarantine", Current: !all},
		{Text: r.T("All"), URL: "/quarantine?view=all", Current: all},
	}}
	var ids []string
	for _, o := range l.Rows {
		ids = append(ids, o.Value.UploadedBy)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range l.Rows {
		p.Rows = append(p.Rows, quarantineRow(r, o, names))
	}
	if l.Next != "" {
		p.Older = "/quarantine?after=" + l.Next
		if all {
			p.Older += "&view=all"
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.QuarantineList(f, p) })
}

func (w *Work) quarantineEntry(r *site.Request) (site.Answer, error) {
	return w.quarantineWith(r, nil)
}

func (w *Work) quarantineWith(r *site.Request, form *ui.Form) (site.Answer, error) {
	id, err := record.ParseID[document.Quarantine](r.PathValue("entry"))
	if err != nil {
		return site.Answer{}, err
	}
	o, err := w.Documents.Entry(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	v := o.Value
	names, err := w.names(r, v.UploadedBy, v.DecidedBy)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.QuarantineReviewPage{
		QuarantineRow: quarantineRow(r, o, names), Version: number(o.Version), DecidedBy: names[v.DecidedBy], DecidedAt: v.DecidedAt.In(r.Zone), Why: v.Why, Proved: r.Session.SteppedUp(),
	}
	if form != nil {
		p.Form = *form
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.QuarantineReview(f, p) }), nil
	}
	return page(func(f ui.Frame) templ.Component { return pages.QuarantineReview(f, p) })
}

func (w *Work) decideQuarantine(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[document.Quarantine](r.PathValue("entry"))
	if err != nil {
		return site.Answer{}, err
	}
	decision := r.Value("decision")
	if decision != "release" && decision != "destroy" {
		wrong := []fault.Field{{Name: "decision", Message: "Choose what is to become of it."}}
		if r.Value("why") == "" {
			wrong = append(wrong, fault.Field{Name: "why", Message: "Write why, without naming the client."})
		}
		form := r.Posted(fault.InvalidFields("quarantine.release", wrong...))
		return w.quarantineWith(r, &form)
	}
	err = w.Documents.Decide(r.Ctx(), r.Who, id, versionOf(r), decision == "release", r.Text("why"))
	var fe *fault.Error
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.quarantineWith(r, &form)
	case fault.Is(err, fault.Conflict):
		form := r.Posted(fault.InvalidFields("quarantine.release", fault.Field{Message: "Somebody decided about it in the meantime."}))
		return w.quarantineWith(r, &form)
	case errors.As(err, &fe) && fe.Mend == fault.StepUp && r.Value("why") != "":
		form := r.Posted(fault.InvalidFields("quarantine.release", fault.Field{Message: "Your proof that it is you has run out. Prove it again in a new tab, then decide here."}))
		return w.quarantineWith(r, &form)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/quarantine").Saying(ui.Good, "Your decision is recorded and carried out."), nil
}
