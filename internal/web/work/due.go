package work

import (
	"net/url"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/fault"
	"caseward/internal/program/obligation"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
	"caseward/law"
)

// owedPage is how many rows a page of what is due has.
const owedPage = 100

// owedToday is how many the page of the day has.
const owedToday = 5

var sideNames = map[obligation.Side]string{obligation.Mine: "Mine", obligation.Team: "My team’s", obligation.Agency: "The agency’s"}

// due lists what the program asks of the asker, or of those they look after.
func (w *Work) due(r *site.Request) (site.Answer, error) {
	side := obligation.Side(r.Value("whose"))
	if side == "" {
		side = obligation.Mine
	}
	all, err := w.Owed.Of(r.Ctx(), r.Who, side, string(r.Lang), r.Now.Add(obligation.Ahead))
	if err != nil {
		return site.Answer{}, err
	}
	path := func(side obligation.Side, module string, from int) string {
		q := url.Values{}
		if side != obligation.Mine {
			q.Set("whose", string(side))
		}
		if module != "" {
			q.Set("of", module)
		}
		if from > 0 {
			q.Set("from", strconv.Itoa(from))
		}
		if len(q) == 0 {
			return "/due"
		}
		return "/due?" + q.Encode()
	}
	module := r.Value("of")
	p := pages.DuePage{Others: side != obligation.Mine, Mailed: w.Mailed, Modules: []ui.Tab{{Text: r.T("due|All"), URL: path(side, "", 0), Count: len(all), Current: module == ""}}}
	if sides := obligation.Sides(r.Who.Role()); len(sides) > 1 {
		for _, s := range sides {
			p.Sides = append(p.Sides, ui.Tab{Text: r.T(sideNames[s]), URL: path(s, "", 0), Current: s == side})
		}
	}
	if module != "" && !slices.Contains(w.Owed.Modules(), module) {
		return site.Answer{}, fault.NotFoundf("assignment.find")
	}
	for _, c := range obligation.Tally(r.Now, all, w.Owed.Modules()) {
		name := pages.ModuleName(r.Lang, c.Module)
		p.Counts = append(p.Counts, pages.DueCount{Name: name, URL: path(side, c.Module, 0), Late: c.Late, Week: c.Week, Later: c.Later})
		p.Modules = append(p.Modules, ui.Tab{Text: name, URL: path(side, c.Module, 0), Count: c.Late + c.Week + c.Later, Current: c.Module == module})
	}
	if module != "" {
		all = slices.DeleteFunc(all, func(o obligation.Obligation) bool { return o.Module != module })
	}
	from, _ := strconv.Atoi(r.Value("from"))
	from = max(min(from, len(all)-1), 0) / owedPage * owedPage
	p.From, p.Total = from+1, len(all)
	if from > 0 {
		p.Sooner = path(side, module, from-owedPage)
		if from == owedPage {
			p.Sooner = path(side, module, 0)
		}
	}
	if from+owedPage < len(all) {
		p.Later = path(side, module, from+owedPage)
	}
	if p.Rows, err = w.owedRows(r, all[from:min(from+owedPage, len(all))]); err != nil {
		return site.Answer{}, err
	}
	return page(func(f ui.Frame) templ.Component { return pages.Due(f, p) })
}

// owedRows puts what is due into words.
func (w *Work) owedRows(r *site.Request, all []obligation.Obligation) ([]pages.OwedRow, error) {
	var ids []string
	for _, o := range all {
		ids = append(ids, o.Worker, o.About)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	out := make([]pages.OwedRow, len(all))
	for i, o := range all {
		x := pages.OwedRow{What: r.T(o.What), Name: o.Name, Why: r.T(o.Why), Cite: o.Cite, Whose: names[o.Worker], About: names[o.About]}
		if o.Cite == law.Practice {
			x.Cite = ""
		}
		if !o.Due.IsZero() {
			x.Due = o.Due.In(r.Zone)
		}
		if o.Of(r.Who.Worker(), r.Who.Role()) {
			x.Path = o.Path
		}
		if o.Worker == "" {
			for j, role := range o.Roles {
				if j > 0 {
					x.Whose += ", "
				}
				x.Whose += ui.RoleName(r.Lang, role)
			}
		}
		out[i] = x
	}
	return out, nil
}

// owed is the first of what the program asks of the asker, and how much there is.
func (w *Work) owed(r *site.Request) ([]pages.OwedRow, int, error) {
	all, err := w.Owed.Of(r.Ctx(), r.Who, obligation.Mine, string(r.Lang), r.Now.Add(obligation.Ahead))
	if err != nil {
		return nil, 0, err
	}
	rows, err := w.owedRows(r, all[:min(len(all), owedToday)])
	return rows, len(all), err
}
