package work

import (
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/supervision"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) supervisionRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /supervision", Action: "case.find", Handle: w.supervision},
		{Pattern: "GET /supervision/balance", Action: "case.find", Handle: w.balance},
		{Pattern: "GET /supervision/move", Action: "case.assign", Handle: w.moveForm},
		{Pattern: "POST /supervision/move", Action: "case.assign", Handle: w.move},
		{Pattern: "GET /settings/caseload", Action: "agency.change", Handle: w.editMeasure},
		{Pattern: "POST /settings/caseload", Action: "agency.change", Handle: w.saveMeasure},
	}
}

// member is a worker somebody answers for.
type member struct {
	id, name string
	role     actor.Role
}

// team lists the workers the asker answers for: those they supervise, and those
// who carry cases in a program they manage. Whose cases they see the policies
// say.
func (w *Work) team(r *site.Request) ([]member, error) {
	mine, _, err := w.carriers(r)
	return mine, err
}

// carriers lists the workers the asker answers for, and everybody who can be
// given a case.
func (w *Work) carriers(r *site.Request) (mine, all []member, err error) {
	people, err := w.Org.Everybody(r.Ctx(), r.Who, org.StaffQuery{})
	if err != nil {
		return nil, nil, err
	}
	var programs []string
	for _, o := range people {
		if o.ID.String() == r.Who.Worker() && r.Who.Role() == actor.ProgramManager {
			programs = o.Value.Programs
		}
	}
	for _, o := range people {
		s := o.Value
		if !casefile.Carries(s.Role) {
			continue
		}
		m := member{o.ID.String(), s.Name().Disclose(), s.Role}
		all = append(all, m)
		managed := s.Role == actor.CaseManager && slices.ContainsFunc(s.Programs, func(p string) bool { return slices.Contains(programs, p) })
		if m.id != r.Who.Worker() && (s.Supervisor == r.Who.Worker() || managed) {
			mine = append(mine, m)
		}
	}
	for _, x := range [][]member{mine, all} {
		sort.Slice(x, func(i, j int) bool { return x[i].name < x[j].name })
	}
	return mine, all, nil
}

// onlyLeaders refuses, with an entry of its own, whoever answers for nobody's
// work: there is nothing of others for them to see.
func onlyLeaders(r *site.Request) error {
	if !seesSeveral(r.Who) {
		return fault.DeniedBy("case.assign", "assignment")
	}
	return nil
}

func (w *Work) measure(r *site.Request) supervision.Measure {
	a, err := w.Org.Directory().Agency(r.Ctx())
	if err != nil {
		return supervision.MeasureOf(nil)
	}
	return supervision.MeasureOf(a.Settings)
}

// standings counts the caseloads of a team for the month of a day.
func (w *Work) standings(r *site.Request, team []member, month time.Time) ([]supervision.Standing, error) {
	q := supervision.Query{Today: dateOf(r.Now), From: time.Date(month.Year(), month.Month(), 1, 0, 0, 0, 0, r.Zone), Measure: w.measure(r)}
	q.Until = q.From.AddDate(0, 1, 0)
	for _, m := range team[:min(len(team), 60)] {
		q.Workers = append(q.Workers, m.id)
	}
	return w.Supervision.Standings(r.Ctx(), r.Who, q)
}

func (w *Work) supervision(r *site.Request) (site.Answer, error) {
	if err := onlyLeaders(r); err != nil {
		return site.Answer{}, err
	}
	team, err := w.team(r)
	if err != nil {
		return site.Answer{}, err
	}
	all, err := w.standings(r, team, r.Now)
	if err != nil {
		return site.Answer{}, err
	}
	away, err := w.away(r)
	if err != nil {
		return site.Answer{}, err
	}
	var p pages.SupervisionPage
	var overdue, drafts, reviews, over int
	for i, x := range all {
		m := team[i]
		row := pages.WorkerStand{
			ID: m.id, Name: m.name, Role: ui.RoleName(r.Lang, m.role), Open: x.Open, Weight: x.Weight, Capacity: x.Capacity,
			Overdue: x.Overdue, MostOverdue: x.MostOverdue, Reviews: x.Reviews, Eligibility: x.Eligibility, Drafts: x.Drafts, Late: x.Late,
			Away: away[m.id], Cut: x.Cut,
		}
		if !x.OldestDraft.IsZero() {
			row.OldestDraft = x.OldestDraft.In(r.Zone)
		}
		overdue, drafts, reviews = overdue+x.Overdue, drafts+x.Drafts, reviews+x.Reviews
		if x.Weight > x.Capacity {
			over++
		}
		p.Rows = append(p.Rows, row)
	}
	tone := func(n int, t ui.Tone) ui.Tone {
		if n == 0 {
			return ui.Plain
		}
		return t
	}
	awaiting, err := w.Notes.TallyAwaiting(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if len(p.Rows) > 0 {
		p.Tiles = []ui.TileFact{
			{Count: overdue, Title: r.T("Contacts overdue"), Detail: r.T("Of all your workers"), Tone: tone(overdue, ui.Danger), URL: "/caseload?view=attention"},
			{Count: reviews, Title: r.T("Plan reviews overdue"), Detail: r.T("Of all your workers"), Tone: tone(reviews, ui.Warning), URL: "/caseload?view=plan_review&sort=review"},
			{Count: drafts, Title: r.T("Notes not signed"), Detail: r.T("Shown without what they say"), Tone: tone(drafts, ui.Warning), URL: "/cosign"},
			{Count: int(awaiting), Title: r.T("Notes to co-sign"), Detail: r.T("Waiting for you"), Tone: tone(int(awaiting), ui.Warning), URL: "/cosign"},
			{Count: over, Title: r.T("Over capacity"), Detail: r.T("By weight"), Tone: tone(over, ui.Warning), URL: "/supervision/balance"},
		}
	}
	return page(func(f ui.Frame) templ.Component { return pages.Supervision(f, p) })
}

// away lists, by worker, the absences that run or are planned, soonest first.
func (w *Work) away(r *site.Request) (map[string][]pages.AwayLine, error) {
	list, err := w.Org.Coverages(r.Ctx(), r.Who, "", "", "")
	if err != nil {
		return nil, err
	}
	var ids []string
	for _, o := range list.Rows {
		ids = append(ids, o.Value.Cover)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	out := map[string][]pages.AwayLine{}
	for _, o := range list.Rows {
		c := o.Value
		if c.State(r.Now) == "over" {
			continue
		}
		out[c.Absent] = append(out[c.Absent], pages.AwayLine{Cover: names[c.Cover], From: c.From.In(r.Zone), Until: c.Until.Add(-time.Microsecond).In(r.Zone), Now: c.State(r.Now) == "running"})
	}
	for _, x := range out {
		sort.Slice(x, func(i, j int) bool { return x[i].From.Before(x[j].From) })
	}
	return out, nil
}

func (w *Work) balance(r *site.Request) (site.Answer, error) {
	if err := onlyLeaders(r); err != nil {
		return site.Answer{}, err
	}
	month := time.Date(r.Now.Year(), r.Now.Month(), 1, 0, 0, 0, 0, r.Zone)
	if m, err := time.ParseInLocation("2006-01", r.Value("month"), r.Zone); err == nil && m.Before(month) {
		month = m
	}
	team, err := w.team(r)
	if err != nil {
		return site.Answer{}, err
	}
	all, err := w.standings(r, team, month)
	if err != nil {
		return site.Answer{}, err
	}
	link := func(m time.Time) string { return "/supervision/balance?month=" + m.Format("2006-01") }
	p := pages.BalancePage{Month: ui.Month(r.Lang, month), Earlier: link(month.AddDate(0, -1, 0)), MayMove: true}
	if next := month.AddDate(0, 1, 0); !next.After(r.Now) {
		p.Later = link(next)
	}
	ms := w.measure(r)
	for _, l := range casefile.Levels() {
		p.Levels = append(p.Levels, pages.LevelMeasure{Name: levelWord(r, l).Disclose(), Weight: ms.Weight[l], Hours: ms.Hours[l]})
	}
	for i, x := range all {
		row := pages.BalanceRow{ID: team[i].id, Name: team[i].name, Open: x.Open, Weight: x.Weight, Capacity: x.Capacity, Hours: x.Hours, Actual: float64(x.Minutes) / 60, Cut: x.Cut}
		for _, l := range casefile.Levels() {
			row.Levels = append(row.Levels, x.Levels[l])
		}
		p.Rows = append(p.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Balance(f, p) })
}

// mover is a move being made: the cases of the asker's team, and who there is.
type mover struct {
	rows    []casefile.Row
	names   map[string]string // of everybody who carries cases
	team    []member
	all     []member
	measure supervision.Measure
}

func (w *Work) mover(r *site.Request) (*mover, error) {
	if err := onlyLeaders(r); err != nil {
		return nil, err
	}
	m := &mover{names: map[string]string{}, measure: w.measure(r)}
	var err error
	if m.team, m.all, err = w.carriers(r); err != nil {
		return nil, err
	}
	for _, x := range m.all {
		m.names[x.id] = x.name
	}
	// Every case there is to move: what a page left out could not be chosen, and
	// would weigh nothing.
	after := ""
	for {
		got, err := w.Cases.Caseload(r.Ctx(), r.Who, casefile.CaseloadQuery{Today: dateOf(r.Now), Sort: casefile.ByName, After: after})
		if err != nil {
			return nil, err
		}
		m.rows = append(m.rows, got.Rows...)
		if after = got.Next; after == "" {
			break
		}
	}
	return m, nil
}

func (m *mover) weight(l casefile.Level) float64 { return m.measure.Weight[l] }

// loads is what each worker carries, of the cases the asker sees.
func (m *mover) loads() (n map[string]int, weight map[string]float64) {
	n, weight = map[string]int{}, map[string]float64{}
	for _, x := range m.rows {
		c := x.Case.Value
		n[c.Worker]++
		weight[c.Worker] += m.weight(c.Level)
	}
	return n, weight
}

func (w *Work) moveForm(r *site.Request) (site.Answer, error) {
	m, err := w.mover(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("back") != "" {
		return w.moveBack(r, m)
	}
	return w.moveChoose(r, m, nil)
}

// moveChoose shows the cases there are to choose from.
func (w *Work) moveChoose(r *site.Request, m *mover, form *ui.Form) (site.Answer, error) {
	p := pages.MovePage{Worker: r.Value("worker"), Program: r.Value("program"), Level: r.Value("level")}
	programs := w.programs(r.Ctx())
	p.Workers, p.Programs, p.Levels = []ui.Option{{Text: r.T("All workers")}}, []ui.Option{{Text: r.T("All programs")}}, []ui.Option{{Text: r.T("All levels")}}
	for _, x := range m.team {
		p.Workers = append(p.Workers, ui.Option{Value: x.id, Text: x.name})
	}
	for code, name := range programs {
		p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
	}
	ui.ByText(p.Programs[1:])
	for _, l := range casefile.Levels() {
		p.Levels = append(p.Levels, ui.Option{Value: string(l), Text: levelWord(r, l).Disclose()})
	}
	n, weight := m.loads()
	for _, x := range m.all {
		o := ui.Option{Value: x.id, Text: x.name}
		if n[x.id] > 0 {
			o.Hint = r.T("%s, weight %s", ui.N(r.Lang, n[x.id], "1 open case", "%d open cases"), strconv.FormatFloat(weight[x.id], 'f', -1, 64))
		}
		p.Receivers = append(p.Receivers, o)
	}
	for _, x := range m.rows {
		c := x.Case.Value
		if (p.Worker == "" || c.Worker == p.Worker) && (p.Program == "" || c.Program == p.Program) && (p.Level == "" || string(c.Level) == p.Level) {
			p.Rows = append(p.Rows, w.moveRow(r, m, x, casefile.Step{Case: x.Case.ID, From: c.Worker}, programs))
		}
	}
	last, ok, err := w.Cases.LastMove(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if ok {
		at := last.Value.At.In(r.Zone)
		p.Back = &at
	}
	view := func(f ui.Frame) templ.Component { return pages.Move(f, p) }
	if form != nil {
		p.Form = *form
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) moveRow(r *site.Request, m *mover, x casefile.Row, s casefile.Step, programs map[string]string) pages.MoveRow {
	c := x.Client.Value
	return pages.MoveRow{
		ID: s.Case.String(), Client: ui.Client{ID: x.Of().String(), Name: c.ListName(), Number: c.Number}, Program: phi.NewText(programName(programs, x.Case.Value.Program)),
		Level: levelWord(r, x.Case.Value.Level).Disclose(), From: m.names[s.From], To: m.names[s.To], Step: stepText(s),
	}
}

// stepText is a step as a form carries it: ids and a version.
func stepText(s casefile.Step) string {
	return strings.Join([]string{s.Case.String(), s.Client.String(), s.From, s.To, strconv.FormatInt(s.Version, 10)}, ".")
}

func parseStep(text string) (s casefile.Step, err error) {
	parts := strings.Split(text, ".")
	if len(parts) != 5 {
		return s, fault.Invalidf("case.assign", "not a step of a move")
	}
	if s.Case, err = record.ParseID[casefile.Case](parts[0]); err != nil {
		return s, err
	}
	if s.Client, err = record.ParseSubject(parts[1]); err != nil {
		return s, err
	}
	s.From, s.To, s.Version = parts[2], parts[3], int64(parse(parts[4]))
	if s.Version == 0 {
		return s, fault.Invalidf("case.assign", "not a step of a move")
	}
	return s, nil
}

func (w *Work) moveBack(r *site.Request, m *mover) (site.Answer, error) {
	last, ok, err := w.Cases.LastMove(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	if !ok {
		return site.SeeOther("/supervision/move").Refusing("There is no move of the last day to go back on."), nil
	}
	var now []casefile.Opened
	for _, x := range m.rows {
		now = append(now, x.Case)
	}
	steps, kept := casefile.Back(last.Value, now)
	return w.movePlan(r, m, steps, len(kept), true)
}

// movePlan shows who would get what.
func (w *Work) movePlan(r *site.Request, m *mover, steps []casefile.Step, kept int, reverse bool) (site.Answer, error) {
	p := pages.MovePage{Stage: pages.MovePreview, Reverse: reverse, Kept: kept}
	programs := w.programs(r.Ctx())
	n, weight := m.loads()
	seen := map[string]bool{}
	for _, x := range m.team {
		seen[x.id] = true
	}
	after, heavier := map[string]int{}, map[string]float64{}
	var touched []string
	touch := func(id string, by int, weight float64) {
		if _, ok := after[id]; !ok {
			touched = append(touched, id)
		}
		after[id] += by
		heavier[id] += float64(by) * weight
	}
	for _, s := range steps {
		for _, x := range m.rows {
			if x.Case.ID == s.Case {
				p.Rows = append(p.Rows, w.moveRow(r, m, x, s, programs))
				touch(s.From, -1, m.weight(x.Case.Value.Level))
				touch(s.To, 1, m.weight(x.Case.Value.Level))
			}
		}
	}
	for _, id := range touched {
		if m.names[id] == "" {
			continue
		}
		l := pages.MoveLoad{Name: m.names[id], Unknown: !seen[id] && n[id] == 0, Cases: n[id], CasesAfter: n[id] + after[id], Weight: weight[id], After: weight[id] + heavier[id], Capacity: m.measure.CapacityOf(id)}
		p.Loads = append(p.Loads, l)
	}
	sort.Slice(p.Loads, func(i, j int) bool { return p.Loads[i].Name < p.Loads[j].Name })
	return page(func(f ui.Frame) templ.Component { return pages.Move(f, p) })
}

func (w *Work) move(r *site.Request) (site.Answer, error) {
	m, err := w.mover(r)
	if err != nil {
		return site.Answer{}, err
	}
	if r.Value("do") == "move" {
		return w.moveNow(r, m)
	}
	chosen, to := map[string]bool{}, []string{}
	for _, id := range r.Values("case") {
		chosen[id] = true
	}
	for _, id := range r.Values("to") {
		if m.names[id] != "" {
			to = append(to, id)
		}
	}
	var bad []fault.Field
	var cases []casefile.Opened
	for _, x := range m.rows {
		if chosen[x.Case.ID.String()] {
			cases = append(cases, x.Case)
		}
	}
	if len(cases) == 0 {
		bad = append(bad, fault.Field{Name: "case", Message: "Choose at least one case."})
	}
	if len(cases) > casefile.MoveMost {
		bad = append(bad, fault.Field{Name: "case", Message: "Move at most 300 cases at once."})
	}
	if len(to) == 0 {
		bad = append(bad, fault.Field{Name: "to", Message: "Choose who gets the cases."})
	}
	if len(bad) > 0 {
		form := r.Posted(fault.InvalidFields("case.assign", bad...))
		return w.moveChoose(r, m, &form)
	}
	_, load := m.loads()
	return w.movePlan(r, m, casefile.Spread(cases, to, load, m.weight), 0, false)
}

// moveNow carries a plan out as it was looked at.
func (w *Work) moveNow(r *site.Request, m *mover) (site.Answer, error) {
	var steps []casefile.Step
	for _, text := range r.Values("step") {
		s, err := parseStep(text)
		if err != nil {
			return site.Answer{}, err
		}
		if m.names[s.To] == "" {
			return site.Answer{}, fault.Invalidf("case.assign", "a case goes to somebody who carries cases")
		}
		steps = append(steps, s)
	}
	_, got, err := w.Cases.Move(r.Ctx(), r.Who, steps)
	if fault.Is(err, fault.Invalid) {
		form := r.Posted(err)
		return w.moveChoose(r, m, &form)
	}
	if err != nil && len(got) == 0 {
		return site.Answer{}, err
	}
	// What was moved before it failed stays moved, and is shown with what was not.
	failed := err
	for _, s := range steps[len(got):] {
		got = append(got, casefile.MoveResult{Step: s, Err: failed})
	}
	p := pages.MovePage{Stage: pages.MoveDone}
	programs := w.programs(r.Ctx())
	for _, x := range got {
		row := pages.MoveRow{From: m.names[x.From], To: m.names[x.To], Client: ui.Client{Number: phi.NewText(r.T("Client"))}}
		for _, c := range m.rows {
			if c.Case.ID == x.Case {
				row = w.moveRow(r, m, c, x.Step, programs)
			}
		}
		switch {
		case x.Err == nil:
			p.Moved++
		case fault.Is(x.Err, fault.Conflict):
			row.Wrong = r.T("Somebody changed it since you looked at the plan.")
		case fault.Is(x.Err, fault.Unavailable):
			row.Wrong = r.T("It could not be kept, so the case is where it was. Plan the move of this one again.")
		default:
			row.Wrong = r.T("You may not assign this case.")
		}
		if x.Err != nil {
			p.Failed++
		}
		p.Rows = append(p.Rows, row)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Move(f, p) })
}
