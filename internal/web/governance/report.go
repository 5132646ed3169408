package governance

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/paper"
	"caseward/internal/phi"
	"caseward/internal/program/kpi"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

const reports = home + "/report"

func (p *Pages) reportRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET " + reports, Action: "kpi_report.find", Handle: p.figures},
		{Pattern: "GET /governance/report/measures", Action: "kpi_set.change", Handle: p.measuresForm},
		{Pattern: "POST /governance/report/measures", Action: "kpi_set.change", Handle: p.measures},
		{Pattern: "GET /governance/report/file", Action: "kpi_report.create", Handle: p.fileForm},
		{Pattern: "POST /governance/report/file", Action: "kpi_report.create", Handle: p.file},
		{Pattern: "GET /governance/report/{id}", Action: "kpi_report.read", Handle: p.report},
		{Pattern: "GET /governance/report/{id}/pdf", Action: "kpi_report.read", Handle: p.reportPDF},
	}
}

func reportID(s string) (kpi.ID, error) {
	id, err := record.ParseID[kpi.Report](s)
	if err != nil {
		return id, fault.NotFoundf("kpi_report.read")
	}
	return id, nil
}

func inZone(r *site.Request, p kpi.Period) kpi.Period {
	p.From, p.Until = r.InZone(p.From), r.InZone(p.Until)
	return p
}

func (p *Pages) figures(r *site.Request) (site.Answer, error) {
	now := kpi.PeriodAt(kpi.Monthly, r.Now, r.Zone)
	if s := r.Value("period"); s == "quarter" {
		now = kpi.PeriodAt(kpi.Quarterly, r.Now, r.Zone)
	}
	filed, err := p.kpi.Reports(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	figures, set, err := p.kpi.Count(r.Ctx(), r.Who, now)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.FiguresPage{Period: now, Set: set, Files: p.kpi.Files(r.Who)}
	if now.Until.After(r.Now) {
		page.Until = r.Now
	}
	if page.Due, err = p.kpi.Due(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range filed {
		ids = append(ids, o.Value.By)
	}
	for _, f := range figures {
		ids = append(ids, f.Owner)
	}
	names, err := p.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return site.Answer{}, err
	}
	page.Rows = p.rows(figures, names)
	for _, o := range filed {
		page.Filed = append(page.Filed, filedRow(r, o, names))
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Figures(f, page) }), nil
}

func (p *Pages) rows(figures []kpi.Figure, names map[string]string) (out []pages.FigureRow) {
	for _, f := range figures {
		s, _ := p.kpi.Source(f.Source)
		out = append(out, pages.FigureRow{Figure: f, Source: s, Owner: names[f.Owner]})
	}
	return out
}

func filedRow(r *site.Request, o kpi.Filed, names map[string]string) pages.FiledRow {
	v := o.Value
	return pages.FiledRow{
		ID: o.ID.String(), Period: inZone(r, kpi.Period{Name: v.Period, From: v.From, Until: v.Until}), At: r.InZone(v.At), By: names[v.By],
		Replaces: v.Replaces, Replaced: o.By,
	}
}

// filed is one report as its page shows it.
func (p *Pages) filed(r *site.Request) (page pages.FiledPage, err error) {
	id, err := reportID(r.PathValue("id"))
	if err != nil {
		return page, err
	}
	o, err := p.kpi.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return page, err
	}
	all, err := p.kpi.Reports(r.Ctx(), r.Who)
	if err != nil {
		return page, err
	}
	ids := []string{o.Value.By}
	for _, f := range o.Value.Figures {
		ids = append(ids, f.Owner)
	}
	names, err := p.org.Directory().Names(r.Ctx(), r.Who, ids)
	if err != nil {
		return page, err
	}
	x := kpi.Filed{Opened: o}
	for _, y := range all {
		if y.ID == id {
			x.By = y.By
		}
	}
	return pages.FiledPage{FiledRow: filedRow(r, x, names), Rows: p.rows(o.Value.Figures, names), Remarks: o.Value.Remarks, Files: p.kpi.Files(r.Who)}, nil
}

func (p *Pages) report(r *site.Request) (site.Answer, error) {
	page, err := p.filed(r)
	return site.Page(func(f ui.Frame) templ.Component { return pages.FiledReport(f, page) }), err
}

// reportPDF is a report on paper, for a meeting: the same figures, words and id.
func (p *Pages) reportPDF(r *site.Request) (site.Answer, error) {
	page, err := p.filed(r)
	if err != nil {
		return site.Answer{}, err
	}
	agency, err := p.org.Directory().Agency(r.Ctx())
	if err != nil {
		return site.Answer{}, err
	}
	title, period := r.T("Report to leadership"), ui.Sentence(pages.PeriodName(r.Lang, page.Period), "")
	t := &paper.Sheet{Heads: []string{r.T("What is counted"), r.T("Figure"), r.T("Target"), r.T("The period before"), r.T("Who answers for it")}}
	about := []paper.Block{{Sub: r.T("How it is counted")}}
	and := func(a, b string) paper.Cell {
		if b != "" {
			a += " · " + b
		}
		return paper.Word(a)
	}
	for _, x := range page.Rows {
		t.Rows = append(t.Rows, []paper.Cell{
			paper.Word(r.T(x.Source.Title)), paper.Word(pages.FigureText(r.Lang, x.Unit, x.Num, x.Den)), and(pages.TargetText(r.Lang, x.Figure), pages.MetText(r.Lang, x.Figure)),
			and(pages.FigureText(r.Lang, x.Unit, x.WasNum, x.WasDen), pages.TrendText(r.Lang, x.Figure)), paper.Word(x.Owner),
		})
		if x.Source.About != "" {
			about = append(about, paper.Block{Small: r.T(x.Source.Title) + ": " + r.T(x.Source.About) + " " + x.Source.Cite})
		}
	}
	blocks := []paper.Block{{Heading: title + ": " + period}, {Small: r.T("Filed %s by %s", ui.DayYear(r.Lang, page.At), page.By)}}
	if page.Replaced != "" {
		blocks = append(blocks, paper.Block{Notice: r.T("A later report of the same period replaces this one.")})
	}
	if page.Replaces != "" {
		blocks = append(blocks, paper.Block{Notice: r.T("This report corrects an earlier one.")})
	}
	blocks = append(blocks, paper.Block{Table: t})
	if page.Remarks != "" {
		blocks = append(blocks, paper.Block{Sub: r.T("Remarks")}, paper.Block{Text: page.Remarks})
	}
	blocks = append(blocks, about...)
	b, err := paper.PDF(paper.Doc{
		Title: title, Lang: map[ui.Lang]string{ui.English: "en-US", ui.Spanish: "es-US"}[r.Lang], At: page.At, Letter: true, Wide: true, Page: r.T("Page %s of %s"),
		Head: []string{agency.Name}, Foot: []string{r.T("Report %s", page.ID)}, Blocks: blocks,
	})
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("application/pdf", "report-"+page.Period.Name+".pdf", b), nil
}

func (p *Pages) fileForm(r *site.Request) (site.Answer, error) {
	if !p.kpi.Files(r.Who) {
		return site.Answer{}, fault.DeniedBy("kpi_report.create")
	}
	v, err := p.filing(r, ui.NewForm("replaces", r.Value("replaces"), "period", r.Value("period")))
	return site.Page(v), err
}

func (p *Pages) filing(r *site.Request, form ui.Form) (site.View, error) {
	page := pages.FileReportPage{Form: form}
	if s := ui.Show(form.Value("replaces")); s != "" {
		id, err := reportID(s)
		if err != nil {
			return nil, err
		}
		o, err := p.kpi.Read(r.Ctx(), r.Who, id)
		if err != nil {
			return nil, err
		}
		page.Of = inZone(r, kpi.Period{Name: o.Value.Period, From: o.Value.From, Until: o.Value.Until})
	}
	var err error
	page.Periods, err = p.kpi.Fillable(r.Ctx())
	return func(f ui.Frame) templ.Component {
		f.Path = "/governance/report/file"
		return pages.FileReport(f, page)
	}, err
}

func (p *Pages) file(r *site.Request) (site.Answer, error) {
	id, err := p.kpi.File(r.Ctx(), r.Who, r.Value("period"), r.Value("replaces"), r.Value("remarks"))
	if fault.Is(err, fault.Invalid) {
		v, perr := p.filing(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(reports+"/"+id.String()).Saying(ui.Good, "The report is filed."), nil
}

func (p *Pages) measuresForm(r *site.Request) (site.Answer, error) {
	if !p.kpi.Files(r.Who) {
		return site.Answer{}, fault.DeniedBy("kpi_set.change")
	}
	measures, version, err := p.kpi.Measures(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	form := ui.NewForm()
	add := func(part, code, s string) { form.Add(part+"-"+code, phi.NewText(s)) }
	for _, s := range p.kpi.Sources() {
		m := kpi.Measure{Target: s.Target, Cadence: kpi.Monthly}
		for _, x := range measures {
			if x.Source == s.Code {
				m = x
			}
		}
		if m.Source != "" || version == 0 {
			add("use", s.Code, "yes")
		}
		add("owner", s.Code, m.Owner)
		add("target", s.Code, strconv.FormatInt(m.Target, 10))
		add("cadence", s.Code, string(m.Cadence))
	}
	v, err := p.setting(r, form, strconv.FormatInt(version, 10))
	return site.Page(v), err
}

func (p *Pages) setting(r *site.Request, form ui.Form, version string) (site.View, error) {
	page := pages.MeasuresPage{Form: form, Version: version, Sources: p.kpi.Sources()}
	var err error
	if page.People, err = p.people(r); err != nil {
		return nil, err
	}
	for _, c := range kpi.Cadences() {
		page.Cadences = append(page.Cadences, ui.Option{Value: string(c), Text: r.T(c.English())})
	}
	return func(f ui.Frame) templ.Component {
		f.Path = "/governance/report/measures"
		return pages.Measures(f, page)
	}, nil
}

func (p *Pages) measures(r *site.Request) (site.Answer, error) {
	version, _ := strconv.ParseInt(r.Value("version"), 10, 64)
	var want []kpi.Measure
	var wrong []fault.Field
	for _, s := range p.kpi.Sources() {
		if r.Value("use-"+s.Code) == "" {
			continue
		}
		target, err := strconv.ParseInt(r.Value("target-"+s.Code), 10, 64)
		if err != nil {
			wrong = append(wrong, fault.Field{Name: "target-" + s.Code, Message: "Give a whole number."})
		}
		want = append(want, kpi.Measure{Source: s.Code, Owner: r.Value("owner-" + s.Code), Target: target, Cadence: kpi.Cadence(r.Value("cadence-" + s.Code))})
	}
	err := fault.InvalidFields("kpi_set.change", wrong...)
	if len(wrong) == 0 {
		err = p.kpi.Set(r.Ctx(), r.Who, version, want)
	}
	if fault.Is(err, fault.Invalid) {
		v, perr := p.setting(r, r.Posted(err), r.Value("version"))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(reports).Saying(ui.Good, "The figures are set."), nil
}
