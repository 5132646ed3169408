package work

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// perPage is how many clients a page of the caseload shows.
const perPage = 40

func levelNumber(l casefile.Level) int {
	switch l {
	case casefile.Intensive:
		return 4
	case casefile.High:
		return 3
	}
	return 2
}

func levelWord(r *site.Request, l casefile.Level) phi.Text {
	switch l {
	case casefile.Intensive:
		return phi.NewText(r.T("Intensive"))
	case casefile.High:
		return phi.NewText(r.T("High"))
	}
	return phi.NewText(r.T("Standard"))
}

func (w *Work) caseload(r *site.Request) (site.Answer, error) {
	today := phi.NewDate(r.Now.Year(), int(r.Now.Month()), r.Now.Day())
	q := casefile.CaseloadQuery{
		Worker: r.Who.Worker(), Program: r.Value("program"), Status: r.Value("status"), Name: r.Text("name"),
		Tab: casefile.Tab(r.Value("view")), Today: today,
	}
	switch r.Who.Role() {
	case actor.Supervisor, actor.ProgramManager:
		q.Worker = "" // all whose work they answer for
	}
	sort := r.Value("sort")
	switch sort {
	case "name":
		q.Sort = casefile.ByName
	case "contact":
		q.Sort = casefile.ByLastContact
	default:
		sort = "due"
	}
	got, err := w.Cases.Caseload(r.Ctx(), r.Who, q)
	if err != nil {
		return site.Answer{}, err
	}
	names := w.programs(r.Ctx())
	p := pages.CaseloadPage{
		Name: q.Name, View: string(q.Tab), Program: q.Program, Status: r.Value("status"), Sort: sort, Total: len(got.Rows),
		Filtered: !q.Name.Empty() || q.Program != "" || r.Value("status") != "" || q.Tab != casefile.All,
		Sorts:    []ui.Option{{Value: "due", Text: r.T("Next due")}, {Value: "name", Text: r.T("Name")}, {Value: "contact", Text: r.T("Last contact")}},
		Statuses: []ui.Option{{Value: "", Text: r.T("Open")}, {Value: casefile.StateClosed, Text: r.T("Closed")}, {Value: "any", Text: r.T("Any status")}},
		Programs: []ui.Option{{Value: "", Text: r.T("All programs")}},
	}
	for code, name := range names {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	sortOptions(p.Programs[1:])
	if set, err := w.Door.May(r.Ctx(), r.Who, "client.create", record.Subject{}, false, policy.Set(policy.Identity)); err == nil {
		p.MayAddClient = set != 0
	}
	n := got.Counts
	p.Summary = summary(r, n)
	tab := func(t casefile.Tab, text string, count int) {
		u := "/caseload"
		if t != casefile.All {
			u += "?view=" + string(t)
		}
		p.Views = append(p.Views, ui.Tab{Text: text, URL: u, Count: count, Current: q.Tab == t})
	}
	tab(casefile.All, r.T("All"), n.All)
	tab(casefile.Attention, r.T("Needs attention"), n.Attention)
	tab(casefile.Week, r.T("Due this week"), n.Week)
	tab(casefile.PlanReview, r.T("Plan review"), n.PlanReview)
	tab(casefile.NewCases, r.T("New"), n.New)
	tone := func(n int, t ui.Tone) ui.Tone {
		if n == 0 {
			return ui.Plain
		}
		return t
	}
	oldest := r.T("Nothing is late")
	if n.MostOverdue > 0 {
		oldest = ui.N(r.Lang, n.MostOverdue, "Oldest is 1 day late", "Oldest is %d days late")
	}
	p.Tiles = []ui.TileFact{
		{Count: n.Attention, Title: r.T("Overdue or due today"), Detail: oldest, Tone: tone(n.Attention, ui.Danger), URL: "/caseload?view=attention"},
		{Count: n.Week, Title: r.T("Due in 7 days"), Detail: r.T("Today included"), Tone: tone(n.Week, ui.Warning), URL: "/caseload?view=week"},
		{Count: n.PlanReview, Title: r.T("Plan reviews"), Detail: r.T("Due in 30 days"), Tone: tone(n.PlanReview, ui.Warning), URL: "/caseload?view=plan_review"},
		{Count: n.New, Title: r.T("New cases"), Detail: r.T("Opened in 14 days"), URL: "/caseload?view=new"},
	}
	start, _ := strconv.Atoi(r.Value("at"))
	if start < 0 || start >= len(got.Rows) {
		start = 0
	}
	end := min(start+perPage, len(got.Rows))
	link := func(at int) string {
		v := url.Values{"at": {strconv.Itoa(at)}}
		for _, k := range []string{"view", "program", "status", "sort"} {
			if s := r.Value(k); s != "" {
				v.Set(k, s)
			}
		}
		return "/caseload?" + v.Encode()
	}
	if start > 0 {
		p.Newer = link(max(0, start-perPage))
	}
	if end < len(got.Rows) {
		p.Older = link(end)
	}
	for _, row := range got.Rows[start:end] {
		c, k := row.Client.Value, row.Case.Value
		x := pages.CaseloadRow{
			Client: ui.Client{ID: row.Case.Subject.String(), Name: c.ListName(), Number: c.Number}, Birth: c.BirthDate,
			Program: phi.NewText(programName(names, k.Program)), Level: levelNumber(k.Level), LevelWord: levelWord(r, k.Level),
			Next: k.NextContact, NextOn: inZone(casefile.Midnight(k.NextContactOn), r.Zone), Flags: badges(r, c, false),
			Hidden: hidden(row.Client.Withheld | row.Case.Withheld),
		}
		if x.Next.Empty() && !x.NextOn.IsZero() {
			x.Next = phi.NewText(r.T("Contact"))
		}
		if !k.LastContactAt.IsZero() {
			x.LastContact = k.LastContactAt.In(r.Zone)
		}
		x.MayWrite = r.Who.Role() == actor.CaseManager || r.Who.Role() == actor.Supervisor
		p.Rows = append(p.Rows, x)
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Caseload(f, p) }).
		Part(func(f ui.Frame) templ.Component { return pages.CaseloadList(f, p) }), nil
}

func sortOptions(o []ui.Option) {
	for i := range o {
		for j := i; j > 0 && o[j].Text < o[j-1].Text; j-- {
			o[j], o[j-1] = o[j-1], o[j]
		}
	}
}

func (w *Work) find(r *site.Request) (site.Answer, error) {
	q := r.Text("q")
	p := pages.FindPage{Query: q}
	if set, err := w.Door.May(r.Ctx(), r.Who, "client.create", record.Subject{}, false, policy.Set(policy.Identity)); err == nil {
		p.MayAddClient = set != 0
	}
	switch r.Who.Role() {
	case actor.Intake, actor.CaseManager, actor.Supervisor, actor.ProgramManager:
		p.MayBreakGlass = true
	}
	if r.Method == "POST" && !q.Empty() {
		found, err := w.Clients.Find(r.Ctx(), r.Who, q, "", 25)
		if err != nil {
			return site.Answer{}, err
		}
		p.More = found.Next != ""
		for _, row := range found.Rows {
			p.Rows = append(p.Rows, foundClient(r, row))
		}
		if err := w.elsewhere(r, ui.Show(q), &p); err != nil {
			return site.Answer{}, err
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Find(f, p) })
}

func foundClient(r *site.Request, row person.Row) pages.FoundClient {
	c := row.Value
	return pages.FoundClient{
		Client: ui.Client{ID: row.ID.String(), Name: c.ListName(), Number: c.Number}, Birth: c.BirthDate, Alias: c.Preferred,
		Flags: badges(r, c, false), Hidden: hidden(row.Withheld),
	}
}

// summary says in a sentence how the day stands.
func summary(r *site.Request, n casefile.Counts) string {
	switch {
	case n.All == 0:
		return ""
	case n.Attention == 0 && n.PlanReview == 0:
		return r.T("Nothing is overdue.")
	case n.PlanReview == 0:
		return ui.N(r.Lang, n.Attention, "One contact is overdue or due today.", "%d contacts are overdue or due today.")
	case n.Attention == 0:
		return ui.N(r.Lang, n.PlanReview, "One care plan needs review.", "%d care plans need review.")
	}
	return ui.N(r.Lang, n.Attention, "One contact is overdue or due today", "%d contacts are overdue or due today") + ", " +
		ui.N(r.Lang, n.PlanReview, "and one care plan needs review.", "and %d care plans need review.")
}
