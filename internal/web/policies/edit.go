package policies

import (
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/pdftext"
	"caseward/internal/phi"
	"caseward/internal/program/policydoc"
	"caseward/internal/prose/word"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// days reads a number of days; what is none is refused as too many.
func days(s string) int {
	n, err := strconv.Atoi(s)
	if err != nil {
		return -1
	}
	return n
}

// seen is the version of the record that a form was made from.
func seen(r *site.Request) (int64, error) {
	n, err := strconv.ParseInt(r.Value("seen"), 10, 64)
	if err != nil || n < 1 {
		return 0, fault.Conflictf("policydoc.change", "the form does not say what it was made from")
	}
	return n, nil
}

// skeleton is what a new policy begins with.
const skeleton = `---
code: short-word
title: 
family: program
owner: privacy_officer
audience: everyone
standards: 
review: 12
governs: 
---

## 1 Purpose

## 2 Who this is for

## 3 Rules
`

func (p *Policies) editPage(r *site.Request, page pages.PolicyEditPage, invalid bool) (site.Answer, error) {
	if t := page.Form.Value("text"); !t.Empty() {
		text := policydoc.Read(t.Disclose())
		page.Problems = text.Doc.Problems
		if r.Value("do") == "check" {
			fill, err := p.fill(r)
			if err != nil {
				return site.Answer{}, err
			}
			page.Preview = text.Doc.HTML(fill)
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.PolicyEdit(f, page) }
	if invalid {
		return site.Invalid(view), nil
	}
	return site.Page(view), nil
}

// lines is a text as it is kept: lines ended in one way, nothing around them.
func lines(s string) string {
	return strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")) + "\n"
}

// source is the text that was posted.
func source(r *site.Request) string { return lines(r.FormValue("text")) }

// rev is the revision of what was kept that the window last saw.
func rev(r *site.Request) int64 {
	n, _ := strconv.ParseInt(r.Value("draft"), 10, 64)
	return max(n, 0)
}

// place is where the text of a form is typed.
func place(r *site.Request) (policydoc.Place, error) {
	if r.PathValue("version") != "" {
		id, err := version(r)
		return policydoc.DraftOf(id), err
	}
	if code := r.PathValue("code"); code != "" {
		return policydoc.NextOf(code), nil
	}
	return policydoc.NewText, nil
}

// typedFields are those of the form that are kept as they are typed; the last two say what
// they were made from.
var typedFields = []string{"text", "note", "seen", "was.text", "was.note"}

// typing keeps what is being typed, or throws it away.
func (p *Policies) typing(r *site.Request) (site.Answer, error) {
	at, err := place(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("do") == "drop" {
		if err := p.Policies.Drop(r.Ctx(), r.Who, at); err != nil {
			return site.Answer{}, err
		}
		return site.SeeOther(strings.TrimSuffix(r.URL.Path, "/draft")).Saying(ui.Good, "What you had not saved is thrown away."), nil
	}
	fields := map[string]phi.Text{}
	for _, name := range typedFields {
		fields[name] = phi.NewText(r.FormValue(name))
	}
	d, err := p.Policies.Keep(r.Ctx(), r.Who, at, rev(r), fields)
	if fault.Is(err, fault.Conflict) {
		return site.Saved{Text: r.T("Open in another window of yours too, and not kept here. Save the draft; the other window then shows both.")}.Answer()
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.Saved{Text: r.T(pages.KeptForYou, ui.Clock(r.Lang, d.SavedAt.In(r.Zone))), Kept: true, Draft: strconv.FormatInt(d.Rev, 10)}.Answer()
}

// resume puts what the reader typed at this place and did not save into the page again.
func (p *Policies) resume(r *site.Request, page *pages.PolicyEditPage) error {
	at, err := place(r)
	if err != nil {
		return err
	}
	d, found, err := p.Policies.Take(r.Ctx(), r.Who, at)
	if err != nil || !found {
		return err
	}
	page.Draft, page.Saved = strconv.FormatInt(d.Rev, 10), d.SavedAt.In(r.Zone)
	page.Form = ui.Form{}
	for name, v := range d.Fields {
		page.Form.Add(name, v)
	}
	return nil
}

// both puts together what the form holds and what is in the draft by now, which was
// changed since the form was made from it.
func (p *Policies) both(r *site.Request, page *pages.PolicyEditPage, v record.Opened[policydoc.Version]) error {
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{v.ChangedBy})
	if err != nil {
		return err
	}
	held := func(name string) string { return lines(page.Form.Value(name).Disclose()) }
	mine, note := held("text"), held("note")
	page.Seen = strconv.FormatInt(v.Version, 10)
	if theirs := lines(v.Value.Text); mine != theirs {
		o := &pages.PolicyOther{By: names[v.ChangedBy], At: v.ChangedAt.In(r.Zone)}
		for _, x := range policydoc.Compare(mine, theirs) {
			if !x.Same() {
				o.Rows = append(o.Rows, x)
			}
		}
		mine, o.Clash = policydoc.Merge(held("was.text"), mine, theirs)
		page.Other = o
	}
	if note == held("was.note") {
		note = v.Value.Note
	}
	form := ui.NewForm("text", mine, "note", strings.TrimSpace(note), "was.text", v.Value.Text, "was.note", v.Value.Note)
	page.Form = form
	return nil
}

// anew is the page on which a policy is written, without its text.
func anew(r *site.Request) pages.PolicyEditPage {
	return pages.PolicyEditPage{Action: "/policies/new", Bring: "/policies/new/file", Back: "/policies", Title: r.T("New policy")}
}

// next is the page on which the next version of a policy is written, without its text.
func next(code, title string) pages.PolicyEditPage {
	here := "/policies/doc/" + code
	return pages.PolicyEditPage{Action: here + "/begin", Bring: here + "/begin/file", Back: here, Title: title}
}

func (p *Policies) newForm(r *site.Request) (site.Answer, error) {
	page := anew(r)
	page.Form = ui.NewForm("text", skeleton)
	if err := p.resume(r, &page); err != nil {
		return site.Answer{}, err
	}
	view := func(f ui.Frame) templ.Component { return pages.PolicyEdit(f, page) }
	return site.Page(view), nil
}

func (p *Policies) create(r *site.Request) (site.Answer, error) {
	page := anew(r)
	page.Form, page.Draft = r.Posted(nil), r.Value("draft")
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	text := source(r)
	_, v, err := p.Policies.Create(r.Ctx(), r.Who, text, r.Value("note"), rev(r))
	if fault.Is(err, fault.Invalid) {
		page.Form = r.Posted(err)
		return p.editPage(r, page, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/policies/doc/"+policydoc.Read(text).Code+"/versions/"+v.String()).Saying(ui.Good, "The draft is saved."), nil
}

// beginForm shows the newest text there is, to be changed.
func (p *Policies) beginForm(r *site.Request) (site.Answer, error) {
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := next(file.Value.Code, file.Value.Title)
	page.Form = ui.NewForm("text", newest(r, file))
	if err := p.resume(r, &page); err != nil {
		return site.Answer{}, err
	}
	return p.editPage(r, page, false)
}

// newest is the text that a next version begins with.
func newest(r *site.Request, file policydoc.File) string {
	text := skeleton
	if len(file.Versions) > 0 {
		text = file.Versions[0].Value.Text
	}
	if now, ok := file.Value.At(r.Now); ok {
		if v, ok := file.Find(now.Version); ok {
			text = v.Value.Text
		}
	}
	return text
}

// bring reads a file as the text of a new policy, or of the next version of one, and
// shows it to be gone through. Nothing is kept.
func (p *Policies) bring(r *site.Request) (site.Answer, error) {
	page, text := anew(r), skeleton
	if code := r.PathValue("code"); code != "" {
		file, err := p.open(r)
		if err != nil {
			return site.Answer{}, err
		}
		page, text = next(file.Value.Code, file.Value.Title), newest(r, file)
	}
	// What was kept of this place gives way to the file once something is typed.
	if err := p.resume(r, &page); err != nil {
		return site.Answer{}, err
	}
	kept := page
	page.Saved = time.Time{}
	name, body, ok, err := r.File()
	var file []byte
	if err == nil && ok {
		file, err = io.ReadAll(io.LimitReader(body, policydoc.MostBrought+1))
	}
	if err != nil {
		return site.Answer{}, err
	}
	b, err := p.Policies.Bring(r.Ctx(), name.Disclose(), file, text)
	if fault.Is(err, fault.Invalid) {
		if page = kept; page.Draft == "" {
			page.Form = ui.NewForm("text", text)
		}
		for _, x := range fault.FieldsOf(err) {
			page.Form.Fail(x.Name, r.T(x.Message))
		}
		return p.editPage(r, page, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	page.Form = ui.NewForm("text", b.Text, "note", r.T("From the file %s (SHA-256 %s).", name.Disclose(), b.Sum))
	page.Left = left(r, b.Left)
	if b.PDF != nil {
		page.PDF = true
		page.Left, page.Look = leftOfPDF(r, b.PDF)
	}
	return p.editPage(r, page, false)
}

// counted is a number of things, in words.
type counted struct {
	n    int
	text string
}

// those is what there is of things.
func those(r *site.Request, things ...counted) (out []string) {
	for _, x := range things {
		if x.n > 0 {
			out = append(out, r.T(x.text, x.n))
		}
	}
	return out
}

// leftOfPDF is what of a PDF was not taken over, and what of it wants to be looked at.
func leftOfPDF(r *site.Request, l *pdftext.Left) (left, look []string) {
	left = those(r,
		counted{l.Pictures, "pictures and drawings (%d)"}, counted{l.Scans, "pages that are a picture without text (%d)"},
		counted{l.Torn, "the rest of pages that break off (%d)"}, counted{l.Repeated, "lines that repeat at the head or foot of pages (%d)"},
		counted{l.Turned, "pieces of text that stand upright or aslant (%d)"})
	look = those(r,
		counted{l.Tables, "tables (%d)"}, counted{l.Gaps, "lines with wide gaps, which may be rows of a table (%d)"},
		counted{l.Columns, "pages with text in columns (%d)"}, counted{l.Signs, "signs that could not be told, shown as \ufffd (%d)"})
	return left, look
}

// left is what of a file was not taken over, in words.
func left(r *site.Request, l word.Left) []string {
	return those(r,
		counted{l.Pictures, "pictures and text boxes (%d)"}, counted{l.Notes, "footnotes (%d)"}, counted{l.Comments, "comments (%d)"},
		counted{l.Deletions, "passages struck by tracked changes (%d)"}, counted{l.Tables, "tables that are too wide, whose cells are paragraphs now (%d)"})
}

func (p *Policies) begin(r *site.Request) (site.Answer, error) {
	page := next(r.PathValue("code"), r.T("New version"))
	page.Form, page.Draft = r.Posted(nil), r.Value("draft")
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	id, err := p.Policies.ByCode(r.Ctx(), r.PathValue("code"))
	if err != nil {
		return site.Answer{}, err
	}
	v, err := p.Policies.Begin(r.Ctx(), r.Who, id, source(r), r.Value("note"), rev(r))
	if fault.Is(err, fault.Invalid) {
		page.Form = r.Posted(err)
		return p.editPage(r, page, true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(at(r, v)).Saying(ui.Good, "The draft is saved."), nil
}

func (p *Policies) editForm(r *site.Request) (site.Answer, error) {
	id, err := version(r)
	if err != nil {
		return site.Answer{}, err
	}
	file, err := p.open(r)
	if err != nil {
		return site.Answer{}, err
	}
	v, ok := file.Find(id)
	if !ok {
		return site.Answer{}, fault.NotFoundf("policydoc_version.read")
	}
	page := pages.PolicyEditPage{
		Form:   ui.NewForm("text", v.Value.Text, "note", v.Value.Note),
		Action: at(r, id) + "/edit", Back: at(r, id), Title: v.Value.Title, Seen: strconv.FormatInt(v.Version, 10),
	}
	if err := p.resume(r, &page); err != nil {
		return site.Answer{}, err
	}
	if page.Draft != "" && page.Form.Value("seen").Disclose() != page.Seen {
		if err := p.both(r, &page, v); err != nil {
			return site.Answer{}, err
		}
	}
	return p.editPage(r, page, false)
}

func (p *Policies) edit(r *site.Request) (site.Answer, error) {
	id, err := version(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.PolicyEditPage{Form: r.Posted(nil), Action: at(r, id) + "/edit", Back: at(r, id), Title: r.T("Edit"), Seen: r.Value("seen"), Draft: r.Value("draft")}
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	n, err := seen(r)
	if err == nil {
		err = p.Policies.Save(r.Ctx(), r.Who, id, n, source(r), r.Value("note"), rev(r))
	}
	switch {
	case fault.Is(err, fault.Conflict):
		file, err := p.open(r)
		if err != nil {
			return site.Answer{}, err
		}
		v, ok := file.Find(id)
		if !ok {
			return site.Answer{}, fault.NotFoundf("policydoc_version.read")
		}
		if err := p.both(r, &page, v); err != nil {
			return site.Answer{}, err
		}
		if page.Other == nil { // it is what is on record by now
			r.Form.Set("seen", page.Seen)
			return p.edit(r)
		}
		return p.editPage(r, page, true)
	case fault.Is(err, fault.Invalid):
		page.Form = r.Posted(err)
		return p.editPage(r, page, true)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(at(r, id)).Saying(ui.Good, "The draft is saved."), nil
}
