package work

import (
	"net/url"
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/filter"
	"caseward/internal/org"
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

func (w *Work) caseload(r *site.Request) (site.Answer, error) { return w.caseloadWith(r, nil) }

// Whose cases a caseload shows, where it is not what it begins with: of a worker their own,
// of those who see several workers' all for which they answer.
const (
	whoseMine   = "mine"
	whoseShared = "shared" // of others in which the asker has a part: of a care team, or while covering
)

// caseloadOf is whose cases are asked for. Links and filters that were saved before it had a
// field of its own say so in the place of a worker.
func caseloadOf(said, worker string) string {
	if worker == whoseShared {
		return whoseShared
	}
	return said
}

// seesSeveral says whether the asker's caseload is that of several workers.
func seesSeveral(who actor.Actor) bool {
	return who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager
}

// narrowed are the fields that narrow a caseload, as paths and saved filters have
// them; the name searched for is not among them.
var narrowed = []string{"view", "program", "status", "level", "sort", "whose", "worker"}

// FilterPath is the caseload as a saved filter shows it.
func FilterPath(o filter.Opened) string {
	v := url.Values{"saved": {o.ID.String()}}
	f := o.Value
	for name, s := range map[string]string{"view": f.Tab, "program": f.Program, "status": f.Status, "level": f.Level, "sort": f.Sort, "whose": caseloadOf(f.Whose, f.Worker), "worker": f.Worker} {
		if s != "" && (name != "worker" || s != whoseShared) {
			v.Set(name, s)
		}
	}
	if f.Tab == "" {
		v.Set("view", "all")
	}
	return "/caseload?" + v.Encode()
}

// caseloadWith shows the caseload, with the form of a filter that could not be
// saved if save is not nil.
func (w *Work) caseloadWith(r *site.Request, save *ui.Form) (site.Answer, error) {
	p := pages.CaseloadPage{MayFilter: w.mayFilter(r)}
	// A caseload that is asked for plainly opens as its worker likes it.
	if p.MayFilter && r.Method == "GET" && r.URL.RawQuery == "" && !r.Fragment() {
		if has, err := w.Filters.HasDefault(r.Ctx(), r.Who); err != nil {
			return site.Answer{}, err
		} else if has {
			mine, err := w.Filters.Mine(r.Ctx(), r.Who)
			if err != nil {
				return site.Answer{}, err
			}
			for _, o := range mine {
				if o.Value.Default {
					return site.SeeOther(FilterPath(o)), nil
				}
			}
		}
	}
	q := casefile.CaseloadQuery{
		Worker: r.Who.Worker(), Program: r.Value("program"), Status: r.Value("status"), Level: casefile.Level(r.Value("level")), Name: r.Text("name"),
		Tab: casefile.Tab(r.Value("view")), Today: dateOf(r.Now), After: r.Value("after"),
	}
	if q.Tab == "all" {
		q.Tab = casefile.All
	}
	asked := caseloadOf(r.Value("whose"), r.Value("worker"))
	if seesSeveral(r.Who) {
		if asked != whoseMine {
			asked, q.Worker = "", "" // all whose work they answer for
			if worker := r.Value("worker"); worker != whoseShared {
				q.Worker = worker
			}
		}
	} else if q.Shared = asked == whoseShared; q.Shared {
		q.Worker = ""
	} else {
		asked = ""
	}
	p.Whose = asked
	// The badges; whether an interpreter is needed stands with the demographics.
	q.Beside = policy.Set(policy.Flags, policy.Demographics)
	sort := r.Value("sort")
	switch sort {
	case "name":
		q.Sort = casefile.ByName
	case "contact":
		q.Sort = casefile.ByLastContact
	case "review":
		q.Sort = casefile.ByPlanReview
	case "level":
		q.Sort = casefile.ByLevel
	case "opened":
		q.Sort = casefile.ByOpened
	default:
		sort = "due"
	}
	var mine *record.List[filter.Filter]
	got, err := w.Cases.Caseload(r.Ctx(), r.Who, q, func(v *record.View) {
		if p.MayFilter {
			mine = w.Filters.WantMine(v, r.Who)
		}
	})
	if err != nil {
		return site.Answer{}, err
	}
	if mine != nil {
		saved := filter.ByName(mine)
		w.Filters.Know(r.Who, saved)
		for _, o := range saved {
			p.Saved = append(p.Saved, pages.SavedFilter{ID: o.ID.String(), Name: o.Value.Name, URL: FilterPath(o), Default: o.Value.Default})
			if r.Value("saved") == o.ID.String() {
				p.Named = ui.Show(o.Value.Name)
			}
		}
	}
	names := w.programs(r.Ctx())
	p.Name, p.View, p.Program, p.Status, p.Sort, p.Total = q.Name, string(q.Tab), q.Program, r.Value("status"), sort, len(got.Rows)
	p.Level, p.Filtered = string(q.Level), !q.Name.Empty() || q.Program != "" || r.Value("status") != "" || q.Tab != casefile.All || q.Level != ""
	p.Sorts = []ui.Option{
		{Value: "due", Text: r.T("Next due")}, {Value: "name", Text: r.T("Name")}, {Value: "contact", Text: r.T("Last contact")},
		{Value: "review", Text: r.T("Plan review")}, {Value: "level", Text: r.T("Level")}, {Value: "opened", Text: r.T("Newest first")},
	}
	p.Statuses = []ui.Option{{Value: "", Text: r.T("Open")}, {Value: casefile.StateClosed, Text: r.T("Closed")}, {Value: "any", Text: r.T("Any status")}}
	p.Programs = []ui.Option{{Value: "", Text: r.T("All programs")}}
	p.Levels = []ui.Option{{Value: "", Text: r.T("All levels")}}
	for _, l := range casefile.Levels() {
		p.Levels = append(p.Levels, ui.Option{Value: string(l), Text: levelWord(r, l).Disclose()})
	}
	for code, name := range names {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	ui.ByText(p.Programs[1:])
	people := map[string]string{}
	if seesSeveral(r.Who) {
		p.Filtered = p.Filtered || q.Worker != ""
		if asked == "" {
			p.Worker = q.Worker
		}
		p.Whoses = []ui.Option{{Value: "", Text: r.T("My team’s")}, {Value: whoseMine, Text: r.T("caseload|Mine")}}
		team, err := w.team(r)
		if err != nil {
			return site.Answer{}, err
		}
		p.Workers = []ui.Option{{Value: "", Text: r.T("All workers")}}
		for _, m := range team {
			people[m.id] = m.name
			p.Workers = append(p.Workers, ui.Option{Value: m.id, Text: m.name})
		}
	} else {
		p.Whoses = []ui.Option{{Value: "", Text: r.T("caseload|Mine")}, {Value: whoseShared, Text: r.T("Shared with me")}}
		if q.Shared {
			p.Filtered = true
			var ids []string
			for _, row := range got.Rows {
				ids = append(ids, row.Case.Value.Worker)
			}
			if people, err = w.names(r, ids...); err != nil {
				return site.Answer{}, err
			}
		}
	}
	if set, err := w.Door.May(r.Ctx(), r.Who, "client.create", record.Subject{}, false, policy.Set(policy.Identity)); err == nil {
		p.MayAddClient = set != 0
	}
	if save != nil {
		p.Save, p.SaveOpen = *save, true
	}
	n := got.Counts
	p.Summary = summary(r, n)
	// link is the caseload as it is narrowed now, but for some fields.
	link := func(pairs ...string) string {
		v := url.Values{}
		for _, k := range narrowed {
			if s := r.Value(k); s != "" && (k != "worker" || s != whoseShared) {
				v.Set(k, s)
			}
		}
		if p.Whose != "" {
			v.Set("whose", p.Whose)
		}
		for i := 0; i+1 < len(pairs); i += 2 {
			v.Set(pairs[i], pairs[i+1])
		}
		return "/caseload?" + v.Encode()
	}
	tab := func(t casefile.Tab, text string, count int) {
		view := string(t)
		if t == casefile.All {
			view = "all"
		}
		p.Views = append(p.Views, ui.Tab{Text: text, URL: link("view", view), Count: count, Current: q.Tab == t})
	}
	tab(casefile.All, r.T("All"), n.All)
	tab(casefile.Attention, r.T("Needs attention"), n.Attention)
	tab(casefile.Week, r.T("Due this week"), n.Week)
	tab(casefile.PlanReview, r.T("Plan review"), n.PlanReview)
	if n.Eligibility > 0 || q.Tab == casefile.Eligible {
		tab(casefile.Eligible, r.T("Eligibility"), n.Eligibility)
	}
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
		{Count: n.Attention, Title: r.T("Overdue or due today"), Detail: oldest, Tone: tone(n.Attention, ui.Danger), URL: link("view", "attention")},
		{Count: n.Week, Title: r.T("Due in 7 days"), Detail: r.T("Today included"), Tone: tone(n.Week, ui.Warning), URL: link("view", "week")},
		{Count: n.PlanReview, Title: r.T("Plan reviews"), Detail: r.T("Due in 30 days"), Tone: tone(n.PlanReview, ui.Warning), URL: link("view", "plan_review")},
		{Count: n.New, Title: r.T("New cases"), Detail: r.T("Opened in 14 days"), URL: link("view", "new")},
	}
	if n.Eligibility > 0 {
		p.Tiles[3] = ui.TileFact{Count: n.Eligibility, Title: r.T("Eligibility to renew"), Detail: r.T("Ends in 45 days, or has ended"), Tone: ui.Warning, URL: link("view", "eligibility")}
	}
	start, _ := strconv.Atoi(r.Value("at"))
	if start < 0 || start >= len(got.Rows) {
		start = 0
	}
	end := min(start+perPage, len(got.Rows))
	at := func(n int) string {
		if q.After != "" {
			return link("at", strconv.Itoa(n), "after", q.After)
		}
		return link("at", strconv.Itoa(n))
	}
	if start > 0 {
		p.Newer = at(max(0, start-perPage))
	}
	if end < len(got.Rows) {
		p.Older = at(end)
	}
	if got.Next != "" {
		p.More = link("after", got.Next)
	}
	if q.After != "" {
		p.First = link()
	}
	for _, row := range got.Rows[start:end] {
		c, k := row.Client.Value, row.Case.Value
		x := pages.CaseloadRow{
			Client: ui.Client{ID: row.Of().String(), Name: c.ListName(), Number: c.Number}, Birth: c.BirthDate,
			Program: phi.NewText(programName(names, k.Program)), Level: levelNumber(k.Level), LevelWord: levelWord(r, k.Level),
			Next: k.NextContact, NextOn: inZone(casefile.Midnight(k.NextContactOn), r.Zone), Flags: badges(r, c, false),
			Review: inZone(casefile.Midnight(k.PlanReviewOn), r.Zone), Worker: people[k.Worker],
			// What was handed over is on the case tab; a row does without.
			Hidden:   hidden(row.Client.Withheld | row.Case.Withheld&policy.Set(policy.Case)),
			Eligible: row.EligibleIn, EligibleDue: k.IsOpen() && row.EligibleKnown && row.EligibleIn <= casefile.EligibilityWarns,
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
	view := func(f ui.Frame) templ.Component { return pages.Caseload(f, p) }
	if save != nil {
		return site.Invalid(view), nil
	}
	return site.Page(view).Part(func(f ui.Frame) templ.Component { return pages.CaseloadList(f, p) }), nil
}

// mayFilter reports whether the asker keeps filters of their own.
func (w *Work) mayFilter(r *site.Request) bool {
	set, err := w.Door.May(r.Ctx(), r.Who, "filter.create", record.Subject{}, true, policy.Set(policy.Workforce))
	return err == nil && set != 0
}

func filterID(r *site.Request) (filter.ID, error) {
	if r.PathValue("filter") == "none" {
		return filter.ID{}, nil
	}
	return record.ParseID[filter.Filter](r.PathValue("filter"))
}

func (w *Work) saveFilter(r *site.Request) (site.Answer, error) {
	view := r.Value("view")
	if view == "all" {
		view = ""
	}
	_, err := w.Filters.Save(r.Ctx(), r.Who, filter.Filter{
		Name: r.Text("filter_name"), Program: r.Value("program"), Status: r.Value("status"), Level: r.Value("level"), Tab: view,
		Sort: r.Value("sort"), Whose: r.Value("whose"), Worker: r.Value("worker"), Default: r.Value("default") == "yes",
	})
	if fault.Is(err, fault.Invalid) {
		form := r.Posted(err)
		return w.caseloadWith(r, &form)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/caseload").Saying(ui.Good, "Filter saved. It is with your caseload, under saved filters."), nil
}

func (w *Work) defaultFilter(r *site.Request) (site.Answer, error) {
	id, err := filterID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Filters.SetDefault(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	if id.IsZero() {
		return site.SeeOther("/caseload").Saying(ui.Good, "Your caseload opens with all your clients."), nil
	}
	return site.SeeOther("/caseload").Saying(ui.Good, "Your caseload opens with this filter."), nil
}

func (w *Work) dropFilter(r *site.Request) (site.Answer, error) {
	id, err := filterID(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Filters.Drop(r.Ctx(), r.Who, id); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/caseload?view=all").Saying(ui.Good, "Filter removed."), nil
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
		v := w.Door.View(r.Who, "client.find")
		find, err := w.Clients.WantFind(v, q, "", 25)
		if err != nil {
			return site.Answer{}, err
		}
		staff := w.Org.WantStaff(v, org.StaffQuery{Name: q, Limit: 10})
		if err := v.Open(r.Ctx()); err != nil {
			return site.Answer{}, err
		}
		found := find()
		p.More = found.Next != ""
		for _, row := range found.Rows {
			p.Rows = append(p.Rows, foundClient(r, row))
		}
		for _, o := range staff.Rows {
			p.Staff = append(p.Staff, pages.FoundStaff{ID: o.ID.String(), Name: ui.Show(o.Value.Name()), Role: ui.RoleName(r.Lang, o.Value.At(r.Now).Role)})
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
