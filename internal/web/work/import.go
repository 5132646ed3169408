package work

import (
	"io"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/roster"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// rosterRoutes are bringing in a list of clients.
func (w *Work) rosterRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /import", Action: "roster.find", Handle: w.lists},
		{Pattern: "POST /import", Action: "roster.create", Handle: w.upload, Body: roster.MaxBytes + 1<<20},
		{Pattern: "GET /import/{list}", Action: "roster.read", Handle: w.importList},
		{Pattern: "POST /import/{list}/columns", Action: "roster.change", Handle: w.mapColumns},
		{Pattern: "GET /import/{list}/check", Action: "roster.read", Handle: w.checkList},
		{Pattern: "POST /import/{list}/run", Action: "roster.run", Handle: w.runList},
		{Pattern: "POST /import/{list}/discard", Action: "roster.change", Handle: w.discardList},
		{Pattern: "GET /import/{list}/report", Action: "roster.read", Handle: w.importReport},
	}
}

func listID(r *site.Request) (roster.ID, error) {
	return record.ParseID[roster.Roster](r.PathValue("list"))
}

func (w *Work) listsPage(r *site.Request, form ui.Form, bad bool) (site.Answer, error) {
	rows, err := w.Rosters.Mine(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ImportPage{Form: form}
	for _, o := range rows {
		p.Rows = append(p.Rows, pages.ImportLine{
			ID: o.ID.String(), File: o.Value.File, At: o.Value.At.In(r.Zone), State: o.Value.State(), Rows: o.Value.Rows, Created: o.Value.Count(roster.Created), Done: len(o.Value.Results),
		})
	}
	view := func(f ui.Frame) templ.Component { return pages.Import(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) lists(r *site.Request) (site.Answer, error) { return w.listsPage(r, ui.Form{}, false) }

func (w *Work) upload(r *site.Request) (site.Answer, error) {
	fail := func(message string) (site.Answer, error) {
		return w.listsPage(r, r.Posted(fault.InvalidFields("roster.create", fault.Field{Name: "file", Message: r.T(message)})), true)
	}
	file, head, err := r.FormFile("file")
	if err != nil {
		return fail("Choose a file.")
	}
	defer func() { _ = file.Close() }()
	body, err := io.ReadAll(io.LimitReader(file, roster.MaxBytes+1))
	if err != nil {
		return fail("The file could not be read. Try again.")
	}
	id, err := w.Rosters.Upload(r.Ctx(), r.Who, phi.NewText(head.Filename), body)
	if fs := fault.FieldsOf(err); len(fs) > 0 {
		return fail(fs[0].Message)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/import/"+id.String()).Saying(ui.Good, "The file is kept, sealed, for a day at most. Nothing is imported yet."), nil
}

var columnWords = map[roster.Column]string{
	roster.External: "Number in the other system", roster.Given: "First name", roster.Middle: "Middle name", roster.Family: "Last name", roster.Whole: "Whole name",
	roster.Preferred: "Preferred name", roster.Birth: "Birth date", roster.Phone: "Phone", roster.Mail: "Email", roster.Street: "Street and number", roster.City: "City",
	roster.State: "State", roster.Zip: "ZIP code", roster.Language: "Language", roster.Gender: "Gender", roster.Pronouns: "Pronouns", roster.Medicaid: "Medicaid number", roster.Program: "Program",
}

// listPage shows a list; bad is why what was chosen in form could not be kept.
func (w *Work) listPage(r *site.Request, form ui.Form, bad error) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, t, err := w.Rosters.Open(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	named, err := w.Rosters.Named(r.Ctx(), r.Who, needing(o.Value.Results, shown))
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ImportListPage{
		ID: id.String(), File: o.Value.File, State: o.Value.State(), Rows: o.Value.Rows, Done: len(o.Value.Results), Version: number(o.Version), Gone: len(t.Rows) == 0, Form: form,
		Meanings: []ui.Option{{Text: r.T("Leave out")}}, Counts: counts(o.Value.Results), Results: results(r, named),
	}
	for _, c := range roster.Columns() {
		p.Meanings = append(p.Meanings, ui.Option{Value: string(c), Text: r.T(columnWords[c])})
	}
	for i, h := range o.Value.Header {
		x := pages.ImportColumn{Header: h}
		for _, row := range t.Rows[:min(len(t.Rows), 3)] {
			x.Examples = append(x.Examples, phi.NewText(row[i]))
		}
		p.Columns = append(p.Columns, x)
		if form.Rows("column") == 0 && i < len(o.Value.Columns) {
			p.Form.Add("column", phi.NewText(string(o.Value.Columns[i])))
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.ImportList(f, p) }
	if bad != nil {
		if fault.Is(bad, fault.Invalid) {
			p.Version = versionSaid(r) // what was seen stays what was seen, until it is saved
		}
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) importList(r *site.Request) (site.Answer, error) {
	return w.listPage(r, ui.Form{}, nil)
}

func counts(rs []roster.Result) pages.ImportCounts {
	var c pages.ImportCounts
	for _, x := range rs {
		switch x.Outcome {
		case roster.Created:
			c.Created++
		case roster.Duplicate:
			c.Duplicate++
		case roster.Already:
			c.Already++
		default:
			c.Rejected++
		}
	}
	return c
}

// shown is how many rows of a list a page shows; the report has all.
const shown = 200

// needing are the first rows of a report; those that need a person stand first.
func needing(rs []roster.Result, most int) []roster.Result {
	var out []roster.Result
	for _, first := range []bool{true, false} {
		for _, x := range rs {
			if (x.Outcome == roster.Rejected || x.Outcome == roster.Duplicate) == first && len(out) < most {
				out = append(out, x)
			}
		}
	}
	return out
}

func results(r *site.Request, rs []roster.Result) []pages.ImportRow {
	var out []pages.ImportRow
	for _, x := range rs {
		y := pages.ImportRow{Line: x.Line, Outcome: string(x.Outcome), External: x.External, Number: x.Number}
		if !x.Client.IsZero() {
			y.Client = x.Client.String()
		}
		for _, s := range x.Why {
			y.Why = append(y.Why, r.T(s))
		}
		out = append(out, y)
	}
	return out
}

func (w *Work) mapColumns(r *site.Request) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	var columns []roster.Column
	for _, s := range r.Values("column") {
		columns = append(columns, roster.Column(s))
	}
	err = w.Rosters.Map(r.Ctx(), r.Who, id, versionOf(r), columns)
	switch {
	case fault.Is(err, fault.Invalid):
		return w.listPage(r, r.Posted(err), err)
	case fault.Is(err, fault.Conflict):
		return w.listPage(r, r.Posted(fault.InvalidFields("roster.change", fault.Field{Message: "You saved the columns in another window too. What you chose here is kept: save again."})), err)
	case err != nil:
		return site.Answer{}, err
	}
	return site.SeeOther("/import/" + id.String() + "/check"), nil
}

func (w *Work) checkList(r *site.Request) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, _, err := w.Rosters.Open(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	rs, err := w.Rosters.Check(r.Ctx(), r.Who, id, w.programs(r.Ctx()))
	if err != nil {
		return site.Answer{}, err
	}
	if len(rs) == 0 {
		return site.SeeOther("/import/" + id.String()), nil
	}
	p := pages.ImportCheckPage{ID: id.String(), File: o.Value.File, Rows: len(rs), Version: number(o.Version), Counts: counts(rs), Results: results(r, needing(rs, shown)), SteppedUp: r.Session.SteppedUp()}
	return page(func(f ui.Frame) templ.Component { return pages.ImportCheck(f, p) })
}

func (w *Work) runList(r *site.Request) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	list, err := w.Rosters.Run(r.Ctx(), r.Who, id, versionOf(r), w.programs(r.Ctx()))
	at := site.SeeOther("/import/" + id.String())
	switch {
	case fault.Is(err, fault.Invalid):
		return at.Refusing("The file is no longer kept. Upload it again: rows that were brought in are not brought in twice."), nil
	case fault.Is(err, fault.Conflict):
		return at.Refusing("Another window goes on with this list. What you see is how far it is."), nil
	case err != nil:
		return site.Answer{}, err
	case list.Ended == "":
		return at.Saying(ui.Note, "Some of the rows are brought in. Go on with the rest."), nil
	}
	return at.Saying(ui.Good, "The import is finished, and the file is gone."), nil
}

func (w *Work) discardList(r *site.Request) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Rosters.Discard(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/import").Saying(ui.Good, "The file is thrown away. Clients who were brought in from it stay."), nil
}

func (w *Work) importReport(r *site.Request) (site.Answer, error) {
	id, err := listID(r)
	if err != nil {
		return site.Answer{}, err
	}
	o, _, err := w.Rosters.Open(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	all, err := w.Rosters.Named(r.Ctx(), r.Who, o.Value.Results)
	if err != nil {
		return site.Answer{}, err
	}
	return site.File("text/csv; charset=utf-8", "import-"+id.String()+".csv", roster.Report(all, func(s string) string { return r.T(s) })), nil
}
