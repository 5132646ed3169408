package privacy

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/rights"
	"caseward/internal/roster"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (p *Privacy) rightsRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /rights", Action: rights.Read, Handle: p.rights},
		{Pattern: "GET /rights/csv", Action: rights.Read, Handle: p.rightsCSV},
		{Pattern: "GET /rights/duties", Action: rights.Read, Handle: p.duties},
		{Pattern: "GET /rights/looked", Action: rights.Read, Handle: func(*site.Request) (site.Answer, error) { return site.SeeOther("/rights"), nil }},
		{Pattern: "POST /rights/looked", Action: "rights_review.create", Handle: p.looked},
		{Pattern: "GET /rights/days", Action: rights.Read, Handle: func(*site.Request) (site.Answer, error) { return site.SeeOther("/rights"), nil }},
		{Pattern: "POST /rights/days", Action: "agency.change", Handle: p.setDays},
		{Pattern: "GET /staff/{id}/rights", Action: rights.Read, Handle: p.workerRights},
	}
}

// window is the days and the role that are asked for; what there is not is as if nobody
// had asked for it.
func (p *Privacy) window(r *site.Request) (days int, role actor.Role, err error) {
	all, err := p.Rights.Windows(r.Ctx())
	for _, n := range all {
		if r.Value("days") == strconv.Itoa(n) {
			days = n
		}
	}
	for _, x := range actor.Roles() {
		if r.Value("role") == string(x) {
			role = x
		}
	}
	return days, role, err
}

func (p *Privacy) rights(r *site.Request) (site.Answer, error) {
	v, err := p.rightsView(r, ui.NewForm())
	return site.Page(v), err
}

func (p *Privacy) rightsView(r *site.Request, form ui.Form) (site.View, error) {
	days, role, err := p.window(r)
	if err != nil {
		return nil, err
	}
	page := pages.RightsPage{Role: role, Notes: p.Rights.Notes(r.Who), Sets: p.Rights.Sets(r.Who), Form: form}
	if page.Report, err = p.Rights.All(r.Ctx(), r.Who, days, role); err != nil {
		return nil, err
	}
	if page.Looks, err = p.Rights.Looks(r.Ctx(), r.Who); err != nil {
		return nil, err
	}
	for i := range page.Looks {
		page.Looks[i].Value.At = r.InZone(page.Looks[i].Value.At)
	}
	inZone(r, &page.Report)
	page.Names, err = p.names(r, page.Report, page.Looks)
	return func(f ui.Frame) templ.Component {
		f.Path = "/rights"
		return pages.Rights(f, page)
	}, err
}

// names are what people in a report are called.
func (p *Privacy) names(r *site.Request, of rights.Report, looks []rights.Looked) (map[string]string, error) {
	var ids []string
	for _, x := range of.People {
		ids = append(ids, x.Worker)
	}
	for _, x := range looks {
		ids = append(ids, x.Value.By)
	}
	return p.Org.Directory().Names(r.Ctx(), r.Who, ids)
}

func inZone(r *site.Request, of *rights.Report) {
	for _, x := range of.Roles {
		zoned(r, x.Rights)
	}
	for _, x := range of.People {
		zoned(r, x.Rights)
	}
}

func zoned(r *site.Request, all []rights.Used) {
	for i := range all {
		all[i].Last = r.InZone(all[i].Last)
	}
}

func (p *Privacy) workerRights(r *site.Request) (site.Answer, error) {
	days, _, err := p.window(r)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.WorkerRightsPage{}
	if page.Report, page.Person, err = p.Rights.Of(r.Ctx(), r.Who, days, r.PathValue("id")); err != nil {
		return site.Answer{}, err
	}
	for _, x := range page.People {
		zoned(r, x.Rights)
	}
	names, err := p.names(r, page.Report, nil)
	page.Name = names[page.Worker]
	return site.Page(func(f ui.Frame) templ.Component { return pages.WorkerRights(f, page) }), err
}

func (p *Privacy) duties(r *site.Request) (site.Answer, error) {
	rows, err := p.Rights.Duties(r.Ctx(), r.Who)
	return site.Page(func(f ui.Frame) templ.Component { return pages.Apart(f, pages.ApartPage{Rows: rows}) }), err
}

func (p *Privacy) looked(r *site.Request) (site.Answer, error) {
	err := p.Rights.Note(r.Ctx(), r.Who, r.Value("finding"))
	if fault.Is(err, fault.Invalid) {
		v, perr := p.rightsView(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/rights").Saying(ui.Good, "It is kept that you looked. It comes up again in a year."), nil
}

// setDays sets how many days are looked back if nobody says another.
func (p *Privacy) setDays(r *site.Request) (site.Answer, error) {
	n, _ := strconv.Atoi(strings.TrimSpace(r.Value("window")))
	var err error
	if p.Rights.Sets(r.Who) { // whoever may not learns nothing of what is wrong
		err = rights.CheckDays(n)
	}
	if err == nil {
		err = p.Org.SetSettings(r.Ctx(), r.Who, 0, func(name string) bool { return name == rights.Setting }, map[string]string{rights.Setting: strconv.Itoa(n)})
	}
	if fault.Is(err, fault.Invalid) {
		v, perr := p.rightsView(r, r.Posted(err))
		return site.Invalid(v), perr
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/rights").Saying(ui.Good, "Saved. Unused rights are counted over these days from now on."), nil
}

// rightsCSV is the same as a file: a line for each right of each role, and one for each
// right of each person.
func (p *Privacy) rightsCSV(r *site.Request) (site.Answer, error) {
	days, role, err := p.window(r)
	if err != nil {
		return site.Answer{}, err
	}
	of, err := p.Rights.All(r.Ctx(), r.Who, days, role)
	if err != nil {
		return site.Answer{}, err
	}
	inZone(r, &of)
	names, err := p.names(r, of, nil)
	if err != nil {
		return site.Answer{}, err
	}
	var b bytes.Buffer
	w := csv.NewWriter(&b)
	line := func(cells ...string) {
		for i := range cells {
			cells[i] = roster.Safe(cells[i])
		}
		_ = w.Write(cells) // it is in memory
	}
	lines := func(role actor.Role, worker, name string, all []rights.Used) {
		for _, u := range all {
			last := ""
			if !u.Last.IsZero() {
				last = u.Last.Format(time.DateOnly)
			}
			line(string(role), worker, name, u.ID, r.T(u.English), strings.Join(u.Cites, "; "), strconv.Itoa(of.Days), strconv.FormatInt(u.Times, 10), strconv.Itoa(u.By), last, strconv.FormatBool(u.Unused()), strconv.FormatBool(u.Rare))
		}
	}
	line("role", "worker", "name", "right", "sentence", "citation", "days", "times", "people", "last", "unused", "rare")
	for _, x := range of.Roles {
		lines(x.Role, "", "", x.Rights)
	}
	for _, x := range of.People {
		lines(x.Role, x.Worker, names[x.Worker], x.Rights)
	}
	w.Flush()
	return site.File("text/csv; charset=utf-8", "rights.csv", b.Bytes()), nil
}
