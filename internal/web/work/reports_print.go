package work

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/paper"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/report"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// part2Notice goes with every record of a substance use program that is printed:
// the words are those of 42 CFR 2.32(a)(1), and are never translated or changed.
const part2Notice = "This record which has been disclosed to you is protected by Federal confidentiality rules (42 CFR part 2). " +
	"These rules prohibit you from using or disclosing this record, or testimony that describes the information contained in this record, " +
	"in any civil, criminal, administrative, or legislative proceedings by any Federal, State, or local authority, against the patient, " +
	"unless authorized by the consent of the patient, except as provided at 42 CFR 2.12(c)(5) or as authorized by a court in accordance with 42 CFR 2.64 or 2.65. " +
	"In addition, the Federal rules prohibit you from making any other use or disclosure of this record unless at least one of the following applies: " +
	"(i) Further use or disclosure is expressly permitted by the written consent of the individual whose information is being disclosed in this record " +
	"or as otherwise permitted by 42 CFR part 2. (ii) You are a covered entity or business associate and have received the record for treatment, payment, " +
	"or health care operations, or (iii) You have received the record from a covered entity or business associate as permitted by 45 CFR part 164, subparts A and E. " +
	"A general authorization for the release of medical or other information is NOT sufficient to meet the required elements of written consent " +
	"to further use or redisclose the record (see 42 CFR 2.31)."

func partTitle(r *site.Request, p report.Part) string {
	switch p {
	case report.Reaching:
		return r.T("How to reach them")
	case report.CaseFiles:
		return r.T("Cases")
	case report.CarePlan:
		return r.T("Care plan")
	case report.ClinicPart:
		return r.T("Clinical")
	case report.NotePages:
		return r.T("Notes")
	case report.Papers:
		return r.T("List of documents")
	case report.Assessed:
		return r.T("Assessments and forms")
	case report.Meetings:
		return r.T("Appointments")
	case report.Conferred:
		return r.T("Case conferences")
	}
	return r.T("Identity")
}

func (w *Work) printForm(r *site.Request) (site.Answer, error) {
	form := ui.Form{}
	for _, x := range []report.Part{report.Identity, report.CaseFiles, report.NotePages} {
		form.Add("part", phi.NewText(string(x)))
	}
	form.Add("from", phi.NewText(r.Now.AddDate(0, -3, 0).Format("2006-01-02")))
	return w.printWith(r, form)
}

// printWith shows the form of what to print.
func (w *Work) printWith(r *site.Request, form ui.Form) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.PrintPage{Chart: w.head(r, c), Form: form}
	for _, x := range report.Parts() {
		p.Parts = append(p.Parts, ui.Option{Value: string(x), Text: partTitle(r, x)})
	}
	view := func(f ui.Frame) templ.Component { return pages.PrintForm(f, p) }
	if len(form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) mayPrint(r *site.Request) (bool, error) {
	id, err := clientID(r)
	if err != nil {
		return false, err
	}
	return w.Reports.MayPrint(r.Ctx(), r.Who, id)
}

func (w *Work) printChart(r *site.Request) (site.Answer, error) {
	id, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	q := report.Printing{From: r.Value("from"), Until: r.Value("until")}
	for _, s := range r.Values("part") {
		q.Parts = append(q.Parts, report.Part(s))
	}
	to := "page"
	if r.Value("do") == "pdf" {
		to = "pdf"
	}
	got, err := w.Reports.Chart(r.Ctx(), r.Who, id, q, r.Zone, to)
	if fault.Is(err, fault.Invalid) {
		return w.printWith(r, r.Posted(err))
	}
	if err != nil {
		return site.Answer{}, err
	}
	d, holds, err := w.chartDoc(r, got)
	if err != nil {
		return site.Answer{}, err
	}
	if to == "pdf" {
		b, err := paper.PDF(d)
		if err != nil {
			return site.Answer{}, err
		}
		// The name on disk says nothing about the client.
		return site.File("application/pdf", "chart-"+id.String()[:8]+"-"+r.Now.Format("20060102")+".pdf", b), nil
	}
	v := got.Client.Value
	p := pages.PrintPage{Chart: pages.Chart{Client: ui.Client{ID: id.String(), Name: v.ListName(), Number: v.Number}, Tabs: []pages.ChartTab{}}, Form: r.Posted(nil), Doc: &d, Holds: holds}
	return page(func(f ui.Frame) templ.Component { return pages.PrintForm(f, p) })
}

// chartDoc puts a printed chart into words.
func (w *Work) chartDoc(r *site.Request, got report.Printed) (paper.Doc, []string, error) {
	var ids []string
	for _, t := range got.Notes {
		for _, o := range append([]note.Opened{t.Note}, t.Addenda...) {
			ids = append(ids, o.Value.Author, o.Value.SignedBy, o.Value.CoSignedBy)
		}
	}
	names, err := w.names(r, append(ids, keptIDs(got)...)...)
	if err != nil {
		return paper.Doc{}, nil, err
	}
	caseNames, err := w.caseNames(r, got.Cases)
	if err != nil {
		return paper.Doc{}, nil, err
	}
	v := got.Client.Value
	d := paper.Doc{
		Title: "Caseward", Lang: langTag(r.Lang), At: r.Now, Letter: true, Page: r.T("Page %s of %s"),
		Head: []string{strings.TrimSpace(ui.Show(v.ListName()) + " (" + ui.Show(v.Number) + ")"), w.agency(r)},
		Foot: []string{
			r.T("Confidential. Contains protected health information. Redisclosure may be prohibited by law."),
			r.T("Printed by %s, %s, for %s.", ui.Show(r.Session.Name()), ui.DayYear(r.Lang, r.Now)+" "+ui.Clock(r.Lang, r.Now), ui.PurposeName(r.Lang, r.Who.Purpose())),
		},
	}
	add := func(bs ...paper.Block) { d.Blocks = append(d.Blocks, bs...) }
	var holds []string
	if got.Protected {
		holds = append(holds, r.T("Records protected by 42 CFR Part 2"))
		add(paper.Block{Notice: part2Notice})
	}
	if got.Without {
		add(paper.Block{Small: r.T("Records of programs under 42 CFR Part 2 are not in this print, whether there are any or not, nor what cannot be told apart from them. For this purpose the law asks for the client's consent or a court order; a subpoena alone is not enough.")})
	}
	programs := w.programs(r.Ctx())
	for _, part := range report.Parts() {
		if !got.Has(part) {
			continue
		}
		add(paper.Block{Heading: partTitle(r, part)})
		n := len(d.Blocks)
		switch part {
		case report.Identity:
			add(identityBlocks(r, got)...)
			holds = append(holds, partTitle(r, part))
		case report.Reaching:
			add(reachBlocks(r, got)...)
			holds = append(holds, partTitle(r, part))
		case report.CaseFiles:
			for _, o := range got.Cases {
				add(caseBlocks(r, o, programs, caseNames)...)
			}
			holds = append(holds, ui.N(r.Lang, len(got.Cases), "1 case", "%d cases"))
		case report.CarePlan:
			for _, o := range got.Plans {
				add(planBlocks(r, o)...)
			}
			holds = append(holds, ui.N(r.Lang, len(got.Plans), "1 care plan", "%d care plans"))
		case report.ClinicPart:
			b := clinicalBlocks(r, got.Clinical)
			add(b...)
			holds = append(holds, partTitle(r, part))
		case report.NotePages:
			for _, t := range got.Notes {
				add(noteBlocks(r, t, names)...)
			}
			holds = append(holds, ui.N(r.Lang, len(got.Notes), "1 note", "%d notes"))
			if got.Apart > 0 {
				add(paper.Block{Small: ui.N(r.Lang, got.Apart, "One note is kept apart by law and is in no print of the chart.", "%d notes are kept apart by law and are in no print of the chart.")})
			}
		case report.Assessed:
			for _, o := range got.Assessments {
				add(assessmentBlocks(r, got, o, names)...)
			}
			for _, o := range got.Filled {
				b, err := w.formBlocks(r, o, names)
				if err != nil {
					return paper.Doc{}, nil, err
				}
				add(b...)
			}
			holds = append(holds, ui.N(r.Lang, len(got.Assessments), "1 assessment", "%d assessments"), ui.N(r.Lang, len(got.Filled), "1 form", "%d forms"))
		case report.Meetings:
			add(meetingTable(r, got.Meetings, names)...)
			holds = append(holds, ui.N(r.Lang, len(got.Meetings), "1 appointment", "%d appointments"))
		case report.Conferred:
			for _, o := range got.Conferences {
				add(conferenceBlocks(r, o, names)...)
			}
			holds = append(holds, ui.N(r.Lang, len(got.Conferences), "1 case conference", "%d case conferences"))
		case report.Papers:
			if len(got.Documents) > 0 {
				s := &paper.Sheet{Heads: []string{r.T("Document"), r.T("Date"), r.T("From"), r.T("State")}}
				for _, o := range got.Documents {
					// What is no document of the record any more, or not yet, says so.
					x := documentRow(r, o, names)
					s.Rows = append(s.Rows, []paper.Cell{paper.Word(ui.Show(x.Title)), paper.Word(ui.DayYear(r.Lang, x.On)), paper.Word(x.Author), paper.Word(pages.DocumentState(r.Lang, x))})
				}
				add(paper.Block{Table: s})
			}
			holds = append(holds, ui.N(r.Lang, len(got.Documents), "1 document by its title", "%d documents by their titles"))
		}
		if len(d.Blocks) == n {
			add(paper.Block{Text: r.T("Nothing that you may see.")})
		}
	}
	return d, holds, nil
}

func (w *Work) agency(r *site.Request) string {
	a, err := w.Org.Directory().Agency(r.Ctx())
	if err != nil || a.Name == "" {
		return "Caseward"
	}
	return a.Name
}

// said leaves out what is not known.
func said(pairs ...string) []paper.Block {
	var out [][2]string
	for i := 0; i+1 < len(pairs); i += 2 {
		if strings.TrimSpace(pairs[i+1]) != "" {
			out = append(out, [2]string{pairs[i], pairs[i+1]})
		}
	}
	if out == nil {
		return nil
	}
	return []paper.Block{{Facts: out}}
}

// named is somebody's name with what they are to the client.
func named(name, relation string) string {
	if name == "" || relation == "" {
		return name + relation
	}
	return name + " (" + relation + ")"
}

func identityBlocks(r *site.Request, got report.Printed) []paper.Block {
	v := got.Client.Value
	return said(
		r.T("Name"), ui.Show(v.FullName()), r.T("Preferred name"), ui.Show(v.Preferred), r.T("Number"), ui.Show(v.Number),
		r.T("Born"), ui.ShowDate(v.BirthDate, r.Lang), r.T("Pronouns"), ui.Show(v.Pronouns), r.T("Gender"), ui.Show(v.Gender), r.T("Language"), ui.Show(v.Language.Display),
	)
}

func reachBlocks(r *site.Request, got report.Printed) []paper.Block {
	v := got.Client.Value
	var pairs []string
	for _, x := range v.Phones {
		pairs = append(pairs, r.T(useWord(x.Use, "Phone")), ui.Show(phoneText(r, x)))
	}
	for _, x := range v.Emails {
		pairs = append(pairs, r.T("Email"), ui.Show(x.Address))
	}
	for _, x := range v.Addresses {
		var lines []string
		for _, l := range x.Lines {
			lines = append(lines, ui.Show(l))
		}
		lines = append(lines, strings.Trim(ui.Show(x.City)+", "+ui.Show(x.State)+" "+ui.Show(x.PostalCode), ", "))
		pairs = append(pairs, r.T(useWord(x.Use, "Address")), strings.Join(lines, "\n"))
	}
	for _, x := range v.Emergency {
		pairs = append(pairs, named(ui.Show(x.Name), ui.Show(x.Relation)), ui.Show(x.Phone))
	}
	return said(pairs...)
}

func caseBlocks(r *site.Request, o casefile.Opened, programs, names map[string]string) []paper.Block {
	c := o.Value
	var team []string
	for _, m := range c.Team {
		team = append(team, strings.TrimSpace(names[m.Worker]+" "+ui.Show(m.Role)))
	}
	state := r.T("Open")
	if !c.IsOpen() {
		state = r.T("Closed")
	}
	return append([]paper.Block{{Sub: programName(programs, c.Program)}}, said(
		r.T("Status"), state, r.T("Opened"), ui.ShowDate(c.OpenedOn, r.Lang), r.T("Why"), ui.Show(c.OpenReason), r.T("Closed"), ui.ShowDate(c.ClosedOn, r.Lang),
		r.T("Reason"), r.T(closeWords[c.Outcome]), r.T("Worker"), names[c.Worker], r.T("Care team"), strings.Join(team, "\n"),
		r.T("Next contact"), ui.ShowDate(c.NextContactOn, r.Lang), r.T("Care plan review"), ui.ShowDate(c.PlanReviewOn, r.Lang),
	)...)
}

func planBlocks(r *site.Request, o plan.Opened) []paper.Block {
	v := o.Value
	title := ui.Show(v.Title)
	if title == "" {
		title = r.T("Care plan")
	}
	out := []paper.Block{{Sub: title}, {Small: pages.PlanState(r.Lang, v.Stage, v.Current)}}
	if s := ui.Show(v.Description); s != "" {
		out = append(out, paper.Block{Text: s})
	}
	out = append(out, said(r.T("From"), ui.ShowDate(v.From, r.Lang), r.T("Until"), ui.ShowDate(v.Until, r.Lang))...)
	s := &paper.Sheet{Heads: []string{r.T("Goal"), r.T("State"), r.T("Note")}}
	for _, g := range v.Goals {
		x := goal(r, g)
		s.Rows = append(s.Rows, []paper.Cell{paper.Word(ui.Show(x.Title)), paper.Word(x.State), paper.Word(ui.Show(g.Note))})
	}
	if len(s.Rows) > 0 {
		out = append(out, paper.Block{Table: s})
	}
	return out
}

func clinicalBlocks(r *site.Request, s clinical.Summary) []paper.Block {
	var out []paper.Block
	for _, g := range []struct {
		title string
		rows  []clinical.Opened
	}{{r.T("Allergies"), s.Allergies}, {r.T("Conditions"), s.Conditions}, {r.T("Medications"), s.Medications}} {
		t := &paper.Sheet{Heads: []string{r.T("What it is"), r.T("Detail"), r.T("State"), r.T("Since")}}
		for _, o := range g.rows {
			if o.Withheld != 0 {
				continue
			}
			v := o.Value
			state := pages.StatusName(r.Lang, ui.Show(v.Status))
			if v.Wrong {
				state = r.T("Entered in error")
			}
			t.Rows = append(t.Rows, []paper.Cell{paper.Word(ui.Show(v.Display)), paper.Word(ui.Show(v.Detail())), paper.Word(state), paper.Word(ui.ShowDate(v.OnsetOn, r.Lang))})
		}
		if len(t.Rows) > 0 {
			out = append(out, paper.Block{Sub: g.title}, paper.Block{Table: t})
		}
	}
	return out
}

func noteBlocks(r *site.Request, t note.Thread, names map[string]string) []paper.Block {
	n := t.Note.Value
	who := names[n.Author]
	if n.Author == "" {
		who = ui.Show(n.AuthorName)
	}
	head := contactWord(r, n.Type)
	if s := ui.Show(n.Title); s != "" {
		head = s
	}
	when := ui.DayYear(r.Lang, n.At.In(r.Zone)) + ", " + ui.Clock(r.Lang, n.At.In(r.Zone))
	facts := []string{contactWord(r, n.Type), when}
	if n.Minutes > 0 {
		facts = append(facts, ui.Minutes(r.Lang, n.Minutes))
	}
	if who != "" {
		facts = append(facts, who)
	}
	if n.Late {
		facts = append(facts, r.T("Late entry, written %s", stamp(r, n.WrittenAt)))
	}
	out := []paper.Block{{Sub: head}, {Small: strings.Join(facts, " · ")}}
	for _, s := range sections(r, n) {
		if s.Heading != "" {
			out = append(out, paper.Block{Small: s.Heading})
		}
		out = append(out, paper.Block{Text: ui.Show(s.Text)})
	}
	if !n.SignedAt.IsZero() {
		out = append(out, paper.Block{Small: r.T("Signed by %s, %s.", names[n.SignedBy], stamp(r, n.SignedAt))})
	}
	out = append(out, signedBeside(r, n, names)...)
	for _, a := range t.Addenda {
		out = append(out, paper.Block{Small: r.T("Addendum by %s, %s:", names[a.Value.Author], stamp(r, a.Value.SignedAt))}, paper.Block{Text: ui.Show(a.Value.Text())})
		out = append(out, signedBeside(r, a.Value, names)...)
	}
	return out
}

// signedBeside is what besides its author's signature a note or an addendum bears.
func signedBeside(r *site.Request, n note.Note, names map[string]string) (out []paper.Block) {
	switch {
	case n.Status == note.Wrong:
		out = append(out, paper.Block{Small: r.T("Entered in error. Reason: %s", ui.Show(n.WrongReason))})
	case n.Status == note.Awaiting:
		out = append(out, paper.Block{Small: r.T("Waits for a co-signature.")})
	}
	if !n.CoSignedAt.IsZero() {
		out = append(out, paper.Block{Small: r.T("Co-signed by %s, %s.", names[n.CoSignedBy], stamp(r, n.CoSignedAt))})
	}
	return out
}

// stamp is a moment with its year.
func stamp(r *site.Request, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	t = t.In(r.Zone)
	return ui.DayYear(r.Lang, t) + ", " + ui.Clock(r.Lang, t)
}

// within searches a chart.
func (w *Work) within(r *site.Request) (site.Answer, error) {
	p, action := pages.WithinPage{}, "chart.open"
	if r.Method == "POST" {
		action = "chart.search"
	}
	c, err := w.beginAs(r, action)
	if err != nil {
		return site.Answer{}, err
	}
	var found func() report.Hits
	if r.Method == "POST" {
		q := r.Text("q")
		p.Form.Add("q", q)
		if found, err = w.Reports.WantSearch(c.view, c.id, q); fault.Is(err, fault.Invalid) {
			p.Form = r.Posted(err)
		} else if err != nil {
			return site.Answer{}, err
		}
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p.Chart = w.head(r, c)
	if found != nil {
		if err := w.hits(r, &p, found()); err != nil {
			return site.Answer{}, err
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.Within(f, p) }
	if len(p.Form.Errors()) > 0 {
		return site.Invalid(view), nil
	}
	return page(view)
}

// hits puts what a search found into words.
func (w *Work) hits(r *site.Request, p *pages.WithinPage, h report.Hits) error {
	p.Done, p.Searched, p.More = true, h.Searched, h.More
	var err error
	if p.Notes, err = w.items(r, h.Notes); err != nil {
		return err
	}
	for _, o := range h.Documents {
		p.Documents = append(p.Documents, documentRow(r, o, nil))
	}
	for _, g := range h.Goals {
		p.Goals = append(p.Goals, goal(r, g.Goal))
	}
	var ids []string
	for _, o := range h.Clinical {
		ids = append(ids, o.Value.Writer)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return err
	}
	for _, o := range h.Clinical {
		p.Facts = append(p.Facts, w.fact(r, o, names))
	}
	return w.hitsKept(r, p, h)
}
