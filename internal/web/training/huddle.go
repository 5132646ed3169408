package training

import (
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/paper"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// holds reports whether the asker has a team to hold huddles with. It is for leaving
// out what would be refused.
func holds(r *site.Request) bool { return pages.Holds(r.Who.Role()) }

func (p *Pages) huddles(r *site.Request) (site.Answer, error) {
	held, err := p.Training.Huddles(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range held {
		ids = append(ids, o.Value.By)
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.HuddlesPage{MayHold: holds(r)}
	for _, s := range p.Training.SheetsIn(string(r.Lang)) {
		row := pages.SheetRow{Code: s.Code, Title: s.Title, Minutes: s.Minutes}
		if i := slices.IndexFunc(held, func(o training.OpenedHuddle) bool { return o.Value.Sheet == s.Code }); i >= 0 {
			row.Last = held[i].Value.On
		}
		out.Sheets = append(out.Sheets, row)
	}
	for _, o := range held {
		v := o.Value
		out.Held = append(out.Held, pages.HeldRow{
			ID: o.ID.String(), Title: v.Title, On: v.On, By: names[v.By], Count: len(v.Came), Current: p.Training.Current(v),
		})
	}
	return page(func(f ui.Frame) templ.Component { return pages.Huddles(f, out) })
}

func (p *Pages) sheet(r *site.Request) (site.Answer, error) {
	form := ui.NewForm("on", r.Now.Format(time.DateOnly))
	return p.sheetWith(r, form)
}

// sheetWith shows a sheet, with the form of who was there.
func (p *Pages) sheetWith(r *site.Request, form ui.Form) (site.Answer, error) {
	s, err := p.Training.Sheet(string(r.Lang), r.PathValue("sheet"))
	if err != nil {
		return site.Answer{}, err
	}
	out := pages.SheetPage{SheetRow: pages.SheetRow{Code: s.Code, Title: s.Title, Minutes: s.Minutes}, Cites: s.Citations, Text: said(s.Body, nil), Hash: s.Hash, Lang: s.Lang, MayHold: holds(r), Form: form}
	out.ID = record.FreshID[training.Huddle](r.Now).String()
	if out.MayHold {
		team, err := p.Training.Team(r.Ctx(), r.Who)
		if err != nil {
			return site.Answer{}, err
		}
		var ids []string
		for _, w := range team {
			ids = append(ids, w.ID)
		}
		names, err := p.Org.Directory().Names(r.Ctx(), r.Who, ids)
		if err != nil {
			return site.Answer{}, err
		}
		for _, id := range ids {
			out.Team = append(out.Team, ui.Option{Value: id, Text: names[id]})
		}
		order.By(out.Team, func(a, b ui.Option) int { return strings.Compare(a.Text, b.Text) })
	}
	view := func(f ui.Frame) templ.Component { return pages.Sheet(f, out) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (p *Pages) hold(r *site.Request) (site.Answer, error) {
	in := training.Held{Sheet: r.PathValue("sheet"), Lang: r.Value("sheet_lang"), Hash: r.Value("hash"), Came: r.Values("came")}
	id, err := record.ParseID[training.Huddle](r.Value("id"))
	if err != nil {
		return site.Answer{}, err
	}
	in.ID = id
	if in.On, err = time.ParseInLocation(time.DateOnly, r.Value("on"), r.Zone); err != nil {
		in.On = time.Time{}
	}
	_, err = p.Training.Hold(r.Ctx(), r.Who, in)
	switch {
	case fault.Is(err, fault.Invalid):
		return p.sheetWith(r, r.Posted(err))
	case fault.Is(err, fault.Conflict):
		if _, rerr := p.Training.Huddle(r.Ctx(), r.Who, id); rerr == nil { // the form was sent twice
			return site.SeeOther("/training/huddles").Saying(ui.Good, "Recorded. It stands in the training of everybody who was there."), nil
		}
		form := r.Posted(nil)
		form.Fail("", "The sheet was changed since you opened it. Nothing was recorded yet; what you marked is still here. Look at the sheet as it is now, then record it again.")
		return p.sheetWith(r, form)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/training/huddles").Saying(ui.Good, "Recorded. It stands in the training of everybody who was there."), nil
}

// printSheet is a sheet on paper, with room for the names of who was there.
func (p *Pages) printSheet(r *site.Request) (site.Answer, error) {
	s, err := p.Training.Sheet(string(r.Lang), r.PathValue("sheet"))
	if err != nil {
		return site.Answer{}, err
	}
	last := paper.Block{Facts: [][2]string{{r.T("Date"), "______________________"}, {r.T("Held by"), "______________________"}, {r.T("Who was there"), strings.TrimSuffix(strings.Repeat("______________________\n", 8), "\n")}}}
	return p.onPaper(r, s.Title, s.Hash, s.Body, last, "huddle-"+s.Code)
}

// printHeld is the same of a huddle that was held: the text as it was, and who was there.
func (p *Pages) printHeld(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[training.Huddle](r.PathValue("id"))
	if err != nil {
		return site.Answer{}, err
	}
	o, err := p.Training.Huddle(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	v := o.Value
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, append([]string{v.By}, v.Came...))
	if err != nil {
		return site.Answer{}, err
	}
	var came []string
	for _, x := range v.Came {
		came = append(came, names[x])
	}
	slices.Sort(came)
	last := paper.Block{Facts: [][2]string{{r.T("Date"), ui.DayYear(r.Lang, v.On)}, {r.T("Held by"), names[v.By]}, {r.T("Who was there"), strings.Join(came, "\n")}}}
	return p.onPaper(r, v.Title, v.Hash, v.Text, last, "huddle-"+v.Sheet+"-"+v.On.Format("20060102"))
}

func (p *Pages) onPaper(r *site.Request, title, hash, body string, last paper.Block, file string) (site.Answer, error) {
	with, err := p.filled(r)
	if err != nil {
		return site.Answer{}, err
	}
	d := paper.Doc{
		Title: title, Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: r.Now,
		Head: []string{with["agency"]}, Foot: []string{r.T("Huddle sheet, version %s", hash[:8])}, Page: r.T("Page %s of %s"), Letter: true,
		Blocks: []paper.Block{{Heading: title}},
	}
	for part := range strings.SplitSeq("\n"+body, "\n## ") {
		head, text, _ := strings.Cut(strings.TrimSpace(part), "\n")
		if head == "" {
			continue
		}
		// What is set apart on a screen by slant or weight is plain on paper.
		d.Blocks = append(d.Blocks, paper.Block{Sub: head}, paper.Block{Text: strings.NewReplacer("*", "", "\n\n", "\n").Replace(strings.TrimSpace(text))})
	}
	d.Blocks = append(d.Blocks, paper.Block{Sub: r.T("Attendance")}, last)
	b, err := paper.PDF(d)
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", file+".pdf", b), nil
}
