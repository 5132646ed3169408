package work

import (
	"cmp"
	"errors"
	"net/url"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/paper"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// reportsRoutes is the part of the route table about reports, exports, print and
// search.
func (w *Work) reportsRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /reports", Action: "report.read", Handle: w.reports},
		{Pattern: "GET /reports/{report}", Action: "report.read", Handle: w.report},
		{Pattern: "POST /reports/{report}", Action: "report.read", Handle: w.report},
		{Pattern: "GET /reports/{report}/export", Action: "report.export", Handle: w.exportForm},
		{Pattern: "POST /reports/{report}/export", Action: "report.export", Handle: w.exportReport, Risk: "export", May: w.mayExport},
		{Pattern: "GET /exports", Action: "export.find", Handle: w.exports},
		{Pattern: "POST /exports/{export}", Action: "export.use", Handle: w.saveExport},
		{Pattern: "GET /clients/{id}/print", Action: "chart.print", Handle: w.printForm},
		{Pattern: "POST /clients/{id}/print", Action: "chart.print", Handle: w.printChart, Risk: "print", May: w.mayPrint},
		{Pattern: "GET /clients/{id}/find", Action: "note.find", Handle: w.within},
		{Pattern: "POST /clients/{id}/find", Action: "note.find", Handle: w.within},
		{Pattern: "GET /clients/{id}/clinical/new", Action: "clinical.create", Handle: w.newItem},
		{Pattern: "POST /clients/{id}/clinical/new", Action: "clinical.create", Handle: w.addItem},
		{Pattern: "GET /clients/{id}/clinical/{item}", Action: "clinical.change", Handle: w.editItem},
		{Pattern: "POST /clients/{id}/clinical/{item}", Action: "clinical.change", Handle: w.changeItem},
		{Pattern: "POST /clients/{id}/clinical/{item}/error", Action: "clinical.change", Handle: w.wrongItem},
	}
}

// What reports, groups, figures and reasons are called.
func reportTitle(r *site.Request, n report.Name) string {
	switch n {
	case report.Contacts:
		return r.T("Contacts")
	case report.Outcomes:
		return r.T("Outcomes")
	case report.Overdue:
		return r.T("Overdue")
	}
	return r.T("Caseload")
}

func groupTitle(r *site.Request, g report.Group) string {
	switch g {
	case report.ByProgram:
		return r.T("Program")
	case report.ByLevel:
		return r.T("Level")
	case report.ByType:
		return r.T("Type of contact")
	case report.ByMonth:
		return r.T("Month")
	case report.ByReason:
		return r.T("Reason")
	case report.ByWhat:
		return r.T("What is late")
	}
	return r.T("Worker")
}

func figureTitle(r *site.Request, f report.Figure) string {
	switch f {
	case report.Cases:
		return r.T("Open cases")
	case report.Intensive:
		return r.T("Intensive")
	case report.High:
		return r.T("High")
	case report.Standard:
		return r.T("Standard")
	case report.Late:
		return r.T("Contact overdue")
	case report.Contact:
		return r.T("Contacts")
	case report.Minutes:
		return r.T("Minutes")
	case report.Clients:
		return r.T("Clients")
	case report.Closed:
		return r.T("Closed cases")
	case report.Median:
		return r.T("Median days")
	case report.Mean:
		return r.T("Mean days")
	case report.Oldest:
		return r.T("Days late, most")
	}
	return r.T("Overdue")
}

func lateTitle(r *site.Request, x report.What) string {
	switch x {
	case report.LateReview:
		return r.T("Plan review")
	case report.LateDraft:
		return r.T("Draft to sign")
	}
	return r.T("Contact")
}

func reasonTitle(r *site.Request, x report.Reason) string {
	switch x {
	case report.ForFunder:
		return r.T("Report to a funder")
	case report.ForSupervision:
		return r.T("Supervision")
	case report.ForQuality:
		return r.T("Quality improvement")
	case report.ForPlanning:
		return r.T("Planning and staffing")
	case report.ForOversight:
		return r.T("Audit or oversight")
	}
	return r.T("Something else")
}

func formatTitle(r *site.Request, x report.Format) string {
	switch x {
	case report.XLSX:
		return r.T("Workbook (XLSX)")
	case report.PDF:
		return "PDF"
	}
	return r.T("Text (CSV)")
}

func (w *Work) reports(r *site.Request) (site.Answer, error) {
	p := pages.ReportsPage{SeesExports: r.Who.Role() != actor.Intake && r.Who.Role() != actor.Administrator}
	may, err := w.Door.May(r.Ctx(), r.Who, "report.read", record.Subject{}, false, policy.Set(policy.Program))
	if err != nil {
		return site.Answer{}, err
	}
	if may != 0 {
		p.Rows = []pages.ReportChoice{
			{Name: string(report.Caseload), Title: r.T("Caseload"), About: r.T("Open cases now, by worker, program or level."), Icon: "users-round"},
			{Name: string(report.Contacts), Title: r.T("Contacts"), About: r.T("Signed contacts and minutes in a period, by worker, type, program or month."), Icon: "phone"},
			{Name: string(report.Outcomes), Title: r.T("Outcomes"), About: r.T("Cases closed in a period: why, and how long they lasted."), Icon: "target"},
			{Name: string(report.Overdue), Title: r.T("Overdue"), About: r.T("Contacts, plan reviews and drafts that are late now."), Icon: "alarm-clock"},
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Reports(f, p) })
}

// asked reads what a report is asked with; what is left out is the usual.
func asked(r *site.Request) report.Params {
	p := report.Params{
		Name: report.Name(r.PathValue("report")), Group: report.Group(r.Value("by")), From: r.Value("from"), Until: r.Value("until"),
		Program: r.Value("program"), Worker: r.Value("worker"),
	}
	if p.Name.Dated() && r.Method == "GET" {
		// The month before this one is over: its figures stay.
		first := time.Date(r.Now.Year(), r.Now.Month()-1, 1, 0, 0, 0, 0, r.Zone)
		p.From = cmp.Or(p.From, first.Format("2006-01-02"))
		p.Until = cmp.Or(p.Until, first.AddDate(0, 1, -1).Format("2006-01-02"))
	}
	if !p.Name.Dated() {
		p.From, p.Until = "", ""
	}
	return p
}

func known(n report.Name) bool {
	for _, x := range report.Names() {
		if x == n {
			return true
		}
	}
	return false
}

func formOf(p report.Params) ui.Form {
	by := p.Group
	if by == "" {
		by = p.Name.Groups()[0]
	}
	return ui.NewForm("by", string(by), "from", p.From, "until", p.Until, "program", p.Program, "worker", p.Worker)
}

func queryOf(p report.Params) string {
	v := url.Values{}
	for k, s := range map[string]string{"by": string(p.Group), "from": p.From, "until": p.Until, "program": p.Program, "worker": p.Worker} {
		if s != "" {
			v.Set(k, s)
		}
	}
	if len(v) == 0 {
		return ""
	}
	return "?" + v.Encode()
}

func (w *Work) report(r *site.Request) (site.Answer, error) {
	q := asked(r)
	if !known(q.Name) {
		return site.Answer{}, fault.NotFoundf("report.read")
	}
	p := pages.ReportPage{Name: string(q.Name), Title: reportTitle(r, q.Name), Dated: q.Name.Dated(), Form: formOf(q), Programs: []ui.Option{{Text: r.T("All programs")}}}
	for _, g := range q.Name.Groups() {
		p.Groups = append(p.Groups, ui.Option{Value: string(g), Text: groupTitle(r, g)})
	}
	programs := w.programs(r.Ctx())
	for code, name := range programs {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	ui.ByText(p.Programs[1:])
	got, wrong := w.Reports.Run(r.Ctx(), r.Who, q, r.Zone)
	if wrong != nil && !fault.Is(wrong, fault.Invalid) {
		return site.Answer{}, wrong
	}
	var err error
	if r.Who.Role() != actor.CaseManager {
		if p.Workers, err = w.workers(r); err != nil {
			return site.Answer{}, err
		}
		p.Workers[0] = ui.Option{Text: r.T("Everybody")}
	}
	if wrong != nil {
		p.Form = r.Posted(wrong)
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.ReportView(f, p) }), nil
	}
	shown, err := w.shown(r, got, programs)
	if err != nil {
		return site.Answer{}, err
	}
	p.Shown = &shown
	may, err := w.Door.Look(r.Ctx(), r.Who, record.Subject{})
	if err != nil {
		return site.Answer{}, err
	}
	if may.May("export.use", true, policy.Set(policy.Program)) != 0 {
		p.Export = "/reports/" + string(q.Name) + "/export" + queryOf(got.Params)
	}
	return page(func(f ui.Frame) templ.Component { return pages.ReportView(f, p) })
}

// shown puts a report into words.
func (w *Work) shown(r *site.Request, got report.Result, programs map[string]string) (pages.Report, error) {
	var ids []string
	for _, l := range got.Lines {
		if got.Group == report.ByWorker {
			ids = append(ids, l.Key)
		}
	}
	for _, x := range got.Rows {
		ids = append(ids, x.Worker)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return pages.Report{}, err
	}
	worker := func(id string) string {
		if id == "" {
			return r.T("Nobody")
		}
		return cmp.Or(names[id], r.T("A former colleague"))
	}
	key := func(k string) string {
		switch {
		case got.Group == report.ByWorker:
			return worker(k)
		case got.Group == report.ByProgram && k == "":
			return r.T("No case given")
		case got.Group == report.ByProgram:
			return programName(programs, k)
		case got.Group == report.ByLevel:
			return ui.Show(levelWord(r, casefile.Level(k)))
		case got.Group == report.ByType:
			return contactWord(r, note.Type(k))
		case got.Group == report.ByMonth:
			if t, err := time.Parse("2006-01", k); err == nil {
				return ui.Sentence(ui.Month(r.Lang, t), "")
			}
		case got.Group == report.ByReason:
			if s := closeWords[casefile.CloseReason(k)]; s != "" {
				return r.T(s)
			}
		case got.Group == report.ByWhat:
			return lateTitle(r, report.What(k))
		}
		return k
	}
	out := pages.Report{Says: period(r, got.Params, got.At), Numbers: got.Name.Listed() && !got.Listed}
	if got.Program != "" {
		out.Says += " · " + programName(programs, got.Program)
	}
	class := string(policy.Case)
	if got.Group == report.ByWorker {
		class = string(policy.Workforce)
	}
	out.Main.Heads, out.Main.Classes = []string{groupTitle(r, got.Group)}, []string{class}
	for _, f := range got.Name.Figures() {
		out.Main.Heads, out.Main.Classes = append(out.Main.Heads, figureTitle(r, f)), append(out.Main.Classes, string(policy.Case))
	}
	out.Unit = out.Main.Heads[1]
	for _, l := range got.Lines {
		row := pages.TableRow{Cells: []pages.TableCell{{Text: phi.NewText(key(l.Key))}}}
		for _, n := range l.Figures {
			row.Cells = append(row.Cells, pages.TableCell{Text: phi.NewText(number(n)), Number: true})
		}
		out.Main.Rows = append(out.Main.Rows, row)
		if len(out.Chart) < 20 {
			out.Chart = append(out.Chart, pages.Bar{Text: key(l.Key), Value: l.Figures[0]})
		}
	}
	if len(got.Lines) > 0 {
		out.Main.Total = []string{r.T("Total")}
		for _, n := range got.Total {
			out.Main.Total = append(out.Main.Total, number(n))
		}
	}
	switch got.Name {
	case report.Contacts:
		out.Hint = r.T("Signed contacts count once, addenda not at all. Contacts of a substance use program are counted for treatment only. In the total each client counts once.")
	case report.Outcomes:
		out.Hint = r.T("Days from opening to closing. A case opened in error counts as closed and not in the days.")
	}
	if got.Apart {
		out.Hint = strings.TrimSpace(out.Hint + " " + r.T("Clients of programs under 42 CFR Part 2 are counted and not listed for this purpose."))
	}
	if got.Listed {
		out.List = w.list(r, got, programs, worker)
	}
	return out, nil
}

// list is the clients behind a report.
func (w *Work) list(r *site.Request, got report.Result, programs map[string]string, worker func(string) string) *pages.Table {
	t := &pages.Table{}
	head := func(text string, c policy.Class) {
		t.Heads, t.Classes = append(t.Heads, text), append(t.Classes, string(c))
	}
	head(r.T("Client"), policy.Identity)
	head(r.T("Number"), policy.Identity)
	head(r.T("Program"), policy.Case)
	head(r.T("Worker"), policy.Workforce)
	if got.Name == report.Overdue {
		head(r.T("What is late"), policy.Case)
		head(r.T("Days late"), policy.Case)
	} else {
		head(r.T("Level"), policy.Case)
		head(r.T("Opened"), policy.Case)
		head(r.T("Last contact"), policy.Case)
		head(r.T("Next contact"), policy.Case)
	}
	for _, x := range got.Rows {
		c := x.Client.Value
		row := pages.TableRow{}
		if x.Known {
			row.Client = x.Subject.String()
		}
		cell := func(s string) { row.Cells = append(row.Cells, pages.TableCell{Text: phi.NewText(s)}) }
		row.Cells = append(row.Cells, pages.TableCell{Text: c.ListName()}, pages.TableCell{Text: c.Number})
		cell(programName(programs, x.Program))
		cell(worker(x.Worker))
		if got.Name == report.Overdue {
			cell(lateTitle(r, x.What))
			row.Cells = append(row.Cells, pages.TableCell{Text: phi.NewText(number(int64(x.Days))), Number: true})
		} else {
			cell(ui.Show(levelWord(r, x.Level)))
			cell(ui.DayYear(r.Lang, inZone(x.Opened, r.Zone)))
			last := ""
			if !x.Last.IsZero() {
				last = ui.DayYear(r.Lang, x.Last.In(r.Zone))
			}
			cell(last)
			cell(ui.DayYear(r.Lang, inZone(x.Next, r.Zone)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// contactWord is a type of contact in words.
func contactWord(r *site.Request, t note.Type) string {
	for _, o := range pages.ContactTypes(r.Lang) {
		if o.Value == typeOf[t] {
			return o.Text
		}
	}
	switch t {
	case note.Group:
		return r.T("Group")
	case note.Other:
		return r.T("Other contact")
	}
	return string(t)
}

// period says of when a report is.
func period(r *site.Request, p report.Params, at time.Time) string {
	if !p.Name.Dated() {
		return r.T("As of %s", ui.At(r.Lang, r.Now, at.In(r.Zone)))
	}
	from, _ := time.ParseInLocation("2006-01-02", p.From, r.Zone)
	until, _ := time.ParseInLocation("2006-01-02", p.Until, r.Zone)
	return r.T("%s to %s", ui.DayYear(r.Lang, from), ui.DayYear(r.Lang, until))
}

func (w *Work) exportForm(r *site.Request) (site.Answer, error) {
	q := asked(r)
	if !known(q.Name) {
		return site.Answer{}, fault.NotFoundf("report.export")
	}
	if err := r.Proved("report.export"); err != nil {
		return site.Answer{}, err
	}
	form := formOf(q)
	form.Add("what", phi.NewText("summary"))
	return w.exportWith(r, q, form, nil)
}

// exportWith shows what would leave, with form.
func (w *Work) exportWith(r *site.Request, q report.Params, form ui.Form, change func(*pages.ExportPage)) (site.Answer, error) {
	got, err := w.Reports.Run(r.Ctx(), r.Who, q, r.Zone)
	if err != nil {
		return site.Answer{}, err
	}
	shown, err := w.shown(r, got, w.programs(r.Ctx()))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ExportPage{Name: string(q.Name), Title: reportTitle(r, q.Name), Form: form, Says: shown.Says, Main: shown.Main, List: shown.List, Reasons: []ui.Option{{Text: r.T("Choose a reason")}}}
	for _, x := range report.Formats() {
		p.Formats = append(p.Formats, ui.Option{Value: string(x), Text: formatTitle(r, x)})
	}
	for _, x := range report.Reasons() {
		p.Reasons = append(p.Reasons, ui.Option{Value: string(x), Text: reasonTitle(r, x)})
	}
	if change != nil {
		change(&p)
	}
	view := func(f ui.Frame) templ.Component { return pages.ExportForm(f, p) }
	if len(form.Errors()) > 0 || p.Prove != "" {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) mayExport(r *site.Request) (bool, error) {
	return w.Reports.MayExport(r.Ctx(), r.Who)
}

func (w *Work) exportReport(r *site.Request) (site.Answer, error) {
	q := asked(r)
	if !known(q.Name) {
		return site.Answer{}, fault.NotFoundf("report.export")
	}
	in := report.Asking{Clients: r.Value("what") == "clients", Format: report.Format(r.Value("format")), Reason: report.Reason(r.Value("reason")), Words: r.Text("words")}
	id, token, err := w.Reports.Ask(r.Ctx(), r.Who, q, r.Zone, in)
	var fe *fault.Error
	switch {
	case errors.As(err, &fe) && fe.Mend == fault.StepUp:
		// The proof ran out while they wrote: nothing of it is lost.
		return w.exportWith(r, q, r.Posted(nil), func(p *pages.ExportPage) {
			p.Prove = "/stepup?next=" + url.QueryEscape("/reports")
		})
	case fault.Is(err, fault.Invalid):
		return w.exportWith(r, q, r.Posted(err), nil)
	case err != nil:
		return site.Answer{}, err
	}
	p := pages.ExportPage{Name: string(q.Name), Title: reportTitle(r, q.Name), Says: period(r, q, r.Now), Link: "/exports/" + id.String(), Secret: token, Until: r.Now.Add(report.LinkFor)}
	return page(func(f ui.Frame) templ.Component { return pages.ExportForm(f, p) })
}

// saveExport makes the file of an export and spends its link. It is a POST, so
// that nothing that only looks at an address spends it.
func (w *Work) saveExport(r *site.Request) (site.Answer, error) {
	id, err := record.ParseID[report.Export](r.PathValue("export"))
	if err != nil {
		return site.Answer{}, err
	}
	var media, name string
	b, err := w.Reports.Use(r.Ctx(), r.Who, id, r.Value("secret"), r.Zone, func(e report.Export, got report.Result) (b []byte, err error) {
		name = "report-" + string(e.Report) + "-" + r.Now.Format("20060102-1504") + "." + string(e.Format)
		media, b, err = w.exportFile(r, e, got)
		return b, err
	})
	switch {
	case errors.Is(err, report.ErrUsed), errors.Is(err, report.ErrOver), errors.Is(err, report.ErrElsewhere):
		p := pages.DeadLinkPage{Why: r.T("It was used already: a link saves one file once. If the file did not arrive, ask for a new link.")}
		switch {
		case errors.Is(err, report.ErrOver):
			p.Why = r.T("It has ended: a link can be used for 15 minutes. Nothing was saved. Ask for a new one.")
		case errors.Is(err, report.ErrElsewhere):
			p.Why = r.T("It belongs to the session in which you asked for it. Nothing was saved. Use it there, or ask for a new one here.")
		}
		if o, err := w.Reports.Read(r.Ctx(), r.Who, id); err == nil {
			p.Again = "/reports/" + string(o.Value.Report) + "/export" + queryOf(o.Value.Params())
		}
		return site.Page(func(f ui.Frame) templ.Component { return pages.DeadLink(f, p) }).Status(410), nil
	case err != nil:
		return site.Answer{}, err
	}
	return site.File(media, name, b), nil
}

// exportFile makes the file of an export.
func (w *Work) exportFile(r *site.Request, e report.Export, got report.Result) (media string, b []byte, err error) {
	shown, err := w.shown(r, got, w.programs(r.Ctx()))
	if err != nil {
		return "", nil, err
	}
	sheet := w.sheet(r, e, got, shown)
	switch e.Format {
	case report.XLSX:
		media = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
		b, err = paper.XLSX(sheet)
	case report.PDF:
		media = "application/pdf"
		b, err = paper.PDF(paper.Doc{
			Title: "Caseward " + string(e.Report), Lang: langTag(r.Lang), At: r.Now, Letter: true, Wide: len(sheet.Heads) > 5, Page: r.T("Page %s of %s"),
			Head: []string{reportTitle(r, e.Report), shown.Says}, Foot: sheet.About,
			Blocks: []paper.Block{{Table: &sheet}, {Small: shown.Hint}},
		})
	default:
		media = "text/csv; charset=utf-8"
		b, err = paper.CSV(sheet)
	}
	return media, b, err
}

func langTag(l ui.Lang) string {
	if l == ui.Spanish {
		return "es-US"
	}
	return "en-US"
}

// sheet is a report as it leaves.
func (w *Work) sheet(r *site.Request, e report.Export, got report.Result, shown pages.Report) paper.Sheet {
	t, clients := shown.Main, e.Clients && shown.List != nil
	if clients {
		t = *shown.List
	}
	s := paper.Sheet{Name: reportTitle(r, got.Name), Heads: t.Heads}
	for i, row := range t.Rows {
		var cells []paper.Cell
		for j, c := range row.Cells {
			switch {
			case !c.Number:
				cells = append(cells, paper.Word(ui.Show(c.Text)))
			case clients:
				cells = append(cells, paper.Count(int64(got.Rows[i].Days)))
			default:
				cells = append(cells, paper.Count(got.Lines[i].Figures[j-1]))
			}
		}
		s.Rows = append(s.Rows, cells)
	}
	if !clients && len(t.Total) > 0 {
		cells := []paper.Cell{paper.Word(t.Total[0])}
		for _, n := range got.Total {
			cells = append(cells, paper.Count(n))
		}
		s.Rows = append(s.Rows, cells)
	}
	s.About = []string{
		r.T("Confidential. Contains protected health information. Redisclosure may be prohibited by law."),
		r.T("Asked for by %s, %s, for %s.", ui.Show(r.Session.Name()), ui.At(r.Lang, r.Now, e.AskedAt.In(r.Zone)), ui.PurposeName(r.Lang, r.Who.Purpose())) + " " +
			reasonTitle(r, e.Reason) + ": " + strings.Join(strings.Fields(ui.Show(e.Words)), " "),
	}
	switch {
	case clients && got.Part2():
		s.About = append(s.About, part2Notice)
	case clients && got.Apart:
		s.About = append(s.About, r.T("Clients of programs under 42 CFR Part 2 are not in this file, whether there are any or not."))
	}
	return s
}

func (w *Work) exports(r *site.Request) (site.Answer, error) {
	l, err := w.Reports.Exports(r.Ctx(), r.Who, r.URL.Query().Get("after"))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ExportsPage{Total: l.Total}
	switch r.Who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		p.All = true
	}
	var ids []string
	for _, o := range l.Rows {
		ids = append(ids, o.Value.Asker)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	for _, o := range l.Rows {
		e := o.Value
		what := r.T("%s by %s", reportTitle(r, e.Report), strings.ToLower(groupTitle(r, e.Group)))
		if e.Clients {
			what = r.T("%s, with clients", reportTitle(r, e.Report))
		}
		if e.Report.Dated() {
			what += ", " + period(r, e.Params(), e.AskedAt)
		}
		x := pages.ExportRow{
			Who: names[e.Asker], What: what + ", " + strings.ToUpper(string(e.Format)), Why: reasonTitle(r, e.Reason), Words: e.Words, Classes: e.Classes, Lines: e.Lines, Saved: e.Saved,
			AskedAt: e.AskedAt.In(r.Zone), EndsAt: e.EndsAt.In(r.Zone),
		}
		if !e.UsedAt.IsZero() {
			x.UsedAt = e.UsedAt.In(r.Zone)
		}
		p.Rows = append(p.Rows, x)
	}
	if l.Next != "" {
		p.Older = "/exports?after=" + l.Next
	}
	return page(func(f ui.Frame) templ.Component { return pages.Exports(f, p) })
}
