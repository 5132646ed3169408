package policies

import (
	"io"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/program/policydoc"
	"caseward/internal/prose/word"
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

// source is the text that was posted, lines ended as they are kept.
func source(r *site.Request) string {
	return strings.TrimSpace(strings.ReplaceAll(r.FormValue("text"), "\r\n", "\n")) + "\n"
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
	view := func(f ui.Frame) templ.Component { return pages.PolicyEdit(f, page) }
	return site.Page(view), nil
}

func (p *Policies) create(r *site.Request) (site.Answer, error) {
	page := anew(r)
	page.Form = r.Posted(nil)
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	text := source(r)
	_, v, err := p.Policies.Create(r.Ctx(), r.Who, text, r.Value("note"))
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
	name, body, ok, err := r.File()
	var file []byte
	if err == nil && ok {
		file, err = io.ReadAll(io.LimitReader(body, policydoc.MostBrought+1))
	}
	if err != nil {
		return site.Answer{}, err
	}
	b, err := policydoc.Bring(name.Disclose(), file, text)
	page.Form = ui.NewForm("text", text)
	if fault.Is(err, fault.Invalid) {
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
	return p.editPage(r, page, false)
}

// left is what of a file was not taken over, in words.
func left(r *site.Request, l word.Left) (out []string) {
	for _, x := range []struct {
		n    int
		text string
	}{
		{l.Pictures, "pictures and text boxes (%d)"}, {l.Notes, "footnotes (%d)"}, {l.Comments, "comments (%d)"},
		{l.Deletions, "passages struck by tracked changes (%d)"}, {l.Tables, "tables that are too wide, whose cells are paragraphs now (%d)"},
	} {
		if x.n > 0 {
			out = append(out, r.T(x.text, x.n))
		}
	}
	return out
}

func (p *Policies) begin(r *site.Request) (site.Answer, error) {
	page := next(r.PathValue("code"), r.T("New version"))
	page.Form = r.Posted(nil)
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	id, err := p.Policies.ByCode(r.Ctx(), r.PathValue("code"))
	if err != nil {
		return site.Answer{}, err
	}
	v, err := p.Policies.Begin(r.Ctx(), r.Who, id, source(r), r.Value("note"))
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
	return p.editPage(r, page, false)
}

func (p *Policies) edit(r *site.Request) (site.Answer, error) {
	id, err := version(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.PolicyEditPage{Form: r.Posted(nil), Action: at(r, id) + "/edit", Back: at(r, id), Title: r.T("Edit"), Seen: r.Value("seen")}
	if r.Value("do") == "check" {
		return p.editPage(r, page, false)
	}
	n, err := seen(r)
	if err == nil {
		err = p.Policies.Save(r.Ctx(), r.Who, id, n, source(r), r.Value("note"))
	}
	switch {
	case fault.Is(err, fault.Conflict):
		// What both wrote is there: the other's in the version, this one's in the form.
		page.Form.Fail("text", "Somebody else changed this draft meanwhile. Nothing was saved: your text is below. Open the draft in another window, and put into it what is yours.")
		return p.editPage(r, page, true)
	case fault.Is(err, fault.Invalid):
		page.Form = r.Posted(err)
		return p.editPage(r, page, true)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther(at(r, id)).Saying(ui.Good, "The draft is saved."), nil
}
