package pages

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/web/ui"
)

// PlanPage is GET /clients/{id}/plan, with the plan in force, and GET
// /clients/{id}/plan/{plan}, with that one.
type PlanPage struct {
	Chart
	Sheet   *PlanSheet // nil: there is none to show
	Others  []PlanLine
	MayPlan bool // the reader writes plans of this client
}

// PlanSheet is a plan as it is shown.
type PlanSheet struct {
	plan.Plan
	ID      string
	Version int64
	Names   map[string]string // of the workers it names
	Today   phi.Date          // the agency's date
	Fresh   string            // id of a plan begun from this one, so that it is begun once
}

// PlanLine is a plan in a list.
type PlanLine struct {
	ID      string
	Title   phi.Text
	Stage   plan.Stage // empty: imported
	Current bool
	From    phi.Date
	Until   phi.Date
	Source  phi.Text
	Goals   int
}

// PlanFormPage is a plan being written: GET,POST /clients/{id}/plan/new and
// /clients/{id}/plan/{plan}/edit, or one goal of it: .../goals/new and
// .../goals/{goal}/edit.
type PlanFormPage struct {
	Chart
	Plan    string // id; empty for a new one
	Fresh   string // id that a new one is kept under, so that it is kept once
	Version int64
	Title   phi.Text // of the plan that a goal is of
	Draft   bool     // the day of the review can be set
	Part2   bool     // it is one already
	One     bool     // one goal alone
	New     bool     // that goal is new
	Keys    []string // of the goals in the form
	Known   map[string]bool
	Form    ui.Form
	Merged  *ui.Merged
}

// PlanGoalPage is GET /clients/{id}/plan/{plan}/goals/{goal}.
type PlanGoalPage struct {
	Chart
	Sheet   PlanSheet
	Goal    plan.Goal
	MayPlan bool
	Log     ui.Form // key, on, rating, words
	Step    ui.Form // key, text, who, with, frequency, due, state
	Strike  ui.Form // why
	Struck  string  // key of the entry that Strike is about
}

// PlanStepPage is GET,POST /clients/{id}/plan/{plan}/goals/{goal}/steps/{step}.
type PlanStepPage struct {
	Chart
	Plan    string
	Version int64
	Goal    plan.Goal
	Step    string
	Form    ui.Form
	Merged  *ui.Merged
}

// PlanAct is something done to a plan as a whole.
type PlanAct string

// The acts, as they stand in paths: /clients/{id}/plan/{plan}/{act}.
const (
	PlanBegin  PlanAct = "begin"
	PlanAgree  PlanAct = "agree"
	PlanReview PlanAct = "review"
	PlanEnd    PlanAct = "end"
)

// PlanActPage is the form of an act.
type PlanActPage struct {
	Chart
	Act    PlanAct
	Sheet  PlanSheet
	Form   ui.Form
	Merged *ui.Merged
}

// PlanHistoryPage is GET /clients/{id}/plan/{plan}/history.
type PlanHistoryPage struct {
	Chart
	ID       string
	Title    phi.Text
	Versions []PlanVersion // newest first
}

// PlanVersion is a version of a plan and what it says otherwise than the one
// before.
type PlanVersion struct {
	Version int64
	By      string
	At      time.Time
	First   bool
	Held    bool // this reader may not see it
	Changes []plan.Difference
}

// PlanPrintPage is GET /clients/{id}/plan/{plan}/print: the plan in plain words,
// for the client to keep.
type PlanPrintPage struct {
	Chart
	Sheet  PlanSheet
	Worker string
	Lang   ui.Lang // of the copy; the reader's own may be another
}

// in is the frame in the language of the copy.
func (p PlanPrintPage) in(f ui.Frame) ui.Frame {
	if p.Lang != "" {
		f.Lang = p.Lang
	}
	return f
}

// planNoticeNames says what a notice about a plan is about.
var planNoticeNames = map[notice.What]string{
	plan.WhatBegun:    "A care plan was put in force.",
	plan.WhatReviewed: "A care plan was reviewed.",
	plan.WhatEnded:    "A care plan has ended.",
}

var areaNames = map[plan.Domain]string{
	plan.Housing: "Housing", plan.Income: "Income and benefits", plan.Health: "Health", plan.BehavioralHealth: "Behavioral health",
	plan.SubstanceUse: "Substance use", plan.Employment: "Employment", plan.Education: "Education", plan.LegalMatters: "Legal",
	plan.Family: "Family and social life", plan.Transportation: "Transportation", plan.DailyLiving: "Daily living", plan.Safety: "Safety",
}

var areaIcons = map[plan.Domain]string{
	plan.Housing: "house", plan.Income: "wallet", plan.Health: "heart-pulse", plan.BehavioralHealth: "sun",
	plan.SubstanceUse: "shield-check", plan.Employment: "briefcase", plan.Education: "book-open", plan.LegalMatters: "scale",
	plan.Family: "users-round", plan.Transportation: "map", plan.DailyLiving: "calendar-check", plan.Safety: "shield",
}

var priorityNames = map[plan.Priority]string{plan.High: "High priority", plan.Medium: "Medium priority", plan.Low: "Low priority"}

var goalStateNames = map[plan.GoalState]string{
	plan.Planned: "Planned", plan.Underway: "Active", plan.OnHold: "On hold", plan.Achieved: "Achieved", plan.NotAchieved: "Not achieved", plan.Dropped: "Dropped",
}

var partyNames = map[plan.Party]string{plan.ByWorker: "The worker", plan.ByClient: "party|The client", plan.ByOutside: "Somebody outside"}

var stepStateNames = map[plan.StepState]string{plan.StepPlanned: "To do", plan.StepUnder: "In progress", plan.StepDone: "Done", plan.StepDropped: "Dropped"}

// ratingNames are the words of goal attainment scaling.
var ratingNames = map[int64]string{
	-2: "Much less than hoped", -1: "Less than hoped", 0: "As hoped", 1: "More than hoped", 2: "Much more than hoped",
}

var answerNames = map[plan.Answer]string{plan.Agreed: "Agrees with the plan", plan.Declined: "Does not agree", plan.Unable: "Could not answer"}

var howNames = map[plan.How]string{
	plan.OnPaper: "Signed on paper", plan.InPerson: "Said it in person", plan.ByPhone: "By phone", plan.ByVideo: "By video", plan.Written: "By message or letter",
}

var choiceNames = map[plan.Choice]string{
	plan.Continue: "Goes on", plan.Change: "Goes on, changed", plan.Reached: "Achieved", plan.Missed: "Not achieved", plan.Drop: "Dropped",
}

var outcomeNames = map[plan.Outcome]string{
	plan.Met: "Completed: the goals were met", plan.PartlyMet: "Completed: the goals were met in part", plan.NotMet: "Completed: the goals were not met",
	plan.Withdrawn: "Closed: the client does not want a plan now", plan.ServicesEnded: "Closed: services ended", plan.Transferred: "Closed: another program takes over",
}

var stageNames = map[plan.Stage]string{
	plan.Drafted: "Draft", plan.InForce: "In force", plan.Completed: "Completed", plan.Closed: "Closed", plan.Superseded: "Superseded", plan.Discarded: "Discarded",
}

// fieldNames label the fields of a goal, in forms and in the history.
var fieldNames = map[string]string{
	"area": "Part of life", "text": "Goal", "measure": "How you will both know", "baseline": "How it is now", "target": "By when", "priority": "Priority",
	"state": "goal|Where it stands", "reason": "Reason", "title": "Title", "from": "Begins", "until": "Ends", "review_on": "Review",
	"matters": "What matters to the client", "strengths": "Strengths", "barriers": "What stands in the way", "part2": "42 CFR Part 2",
	"step": "First step", "who": "Who does it", "with": "Who outside", "frequency": "How often", "due": "Due",
}

// changeNames say what changed from one version of a plan to the next.
var changeNames = map[string]string{
	"stage": "Plan", "title": "Title", "from": "Begins", "until": "Ends", "matters": "What matters to the client", "strengths": "Strengths",
	"barriers": "What stands in the way", "part2": "42 CFR Part 2", "agreement": "The client’s answer", "review": "Review recorded", "review_on": "Next review",
	"outcome": "How it ended", "end_note": "About the end", "goal.added": "Goal added", "goal.removed": "Goal taken out", "goal.text": "Goal",
	"goal.area": "Part of life", "goal.measure": "How you will both know", "goal.baseline": "How it is now", "goal.target": "By when",
	"goal.priority": "Priority", "goal.state": "goal|Where it stands", "goal.reason": "Reason", "step.added": "Step added", "step.text": "Step",
	"step.who": "Who does it", "step.with": "Who outside", "step.frequency": "How often", "step.due": "Due", "step.state": "Step",
	"progress": "Progress", "struck": "Entry struck out",
}

func planURL(client, id, rest string) string {
	p := chartURL(client, "plan") + "/" + url.PathEscape(id)
	if rest != "" {
		p += "/" + rest
	}
	return p
}

func goalURL(client, id, goal, rest string) string {
	p := planURL(client, id, "goals/"+url.PathEscape(goal))
	if rest != "" {
		p += "/" + rest
	}
	return p
}

func (s PlanSheet) url(client, rest string) string { return planURL(client, s.ID, rest) }

// civil is a day in the zone of the page.
func civil(f ui.Frame, d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, f.Now.Location())
}

func dayOf(f ui.Frame, d phi.Date) string {
	if _, m, day := d.Disclose(); !d.Empty() && (m == 0 || day == 0) {
		return ui.ShowDate(d, f.Lang)
	}
	return ui.DayYear(f.Lang, civil(f, d))
}

// overdue reports whether a day is past.
func overdue(f ui.Frame, d phi.Date) bool {
	return !d.Empty() && ui.Days(f.Now, civil(f, d)) < 0
}

// planArea is a part of life and the goals in it.
type planArea struct {
	area  plan.Domain
	words phi.Text // of a source
	goals []plan.Goal
}

// areas groups goals by part of life, in the order of the list; within one,
// open ones and those of higher priority first.
func areas(goals []plan.Goal) []planArea {
	var out []planArea
	at := map[string]int{}
	put := func(g plan.Goal) {
		key := string(g.Area) + "\x00"
		if g.Area == "" {
			key += strings.ToLower(ui.Show(g.Domain))
		}
		i, ok := at[key]
		if !ok {
			i = len(out)
			at[key] = i
			out = append(out, planArea{area: g.Area, words: g.Domain})
		}
		out[i].goals = append(out[i].goals, g)
	}
	rank := func(g plan.Goal) int {
		r := 1
		switch g.Priority {
		case plan.High:
			r = 0
		case plan.Low:
			r = 2
		}
		if !g.Open() {
			r += 10
		}
		return r
	}
	for _, d := range append(plan.Domains(), "") {
		for r := 0; r <= 12; r++ {
			for _, g := range goals {
				if g.Area == d && rank(g) == r {
					put(g)
				}
			}
		}
	}
	return out
}

func (a planArea) name(f ui.Frame) string {
	if a.area != "" {
		return f.T(areaNames[a.area])
	}
	if w := ui.Show(a.words); w != "" {
		return strings.ToUpper(w[:1]) + w[1:]
	}
	return f.T("Part of life not chosen yet")
}

func (a planArea) icon() string {
	if i := areaIcons[a.area]; i != "" {
		return i
	}
	return "target"
}

func goalTone(s plan.GoalState) ui.Tone {
	switch s {
	case plan.Achieved:
		return ui.Good
	case plan.OnHold:
		return ui.Warning
	case plan.Underway:
		return ui.Note
	}
	return ui.Plain
}

func goalIcon(s plan.GoalState) string {
	switch s {
	case plan.Achieved:
		return "circle-check"
	case plan.OnHold:
		return "hourglass"
	case plan.NotAchieved:
		return "circle-dot"
	case plan.Dropped:
		return "x"
	case plan.Planned:
		return "circle"
	}
	return "target"
}

// goalState says where a goal stands; an imported one in its source's words.
func goalState(f ui.Frame, g plan.Goal) string {
	if g.State != "" {
		return f.T(goalStateNames[g.State])
	}
	return status(f, strings.ReplaceAll(ui.Show(g.Status), "-", " "))
}

// GoalState says where a goal stands.
func GoalState(lang ui.Lang, s plan.GoalState) string { return ui.T(lang, goalStateNames[s]) }

func stageName(f ui.Frame, s plan.Stage, current bool) string {
	return PlanState(f.Lang, s, current)
}

// PlanState says where a plan stands; current is whether an imported one is in
// force.
func PlanState(lang ui.Lang, s plan.Stage, current bool) string {
	if s != "" {
		return ui.T(lang, stageNames[s])
	}
	if current {
		return ui.T(lang, "Imported, in force")
	}
	return ui.T(lang, "Imported, past")
}

func stageTone(s plan.Stage, current bool) ui.Tone {
	switch {
	case s == plan.InForce:
		return ui.Good
	case s == plan.Drafted:
		return ui.Warning
	case current:
		return ui.Note
	}
	return ui.Plain
}

func stageIcon(s plan.Stage, current bool) string {
	switch {
	case s == plan.InForce:
		return "circle-check"
	case s == plan.Drafted:
		return "file-pen"
	case current:
		return "download"
	}
	return "archive"
}

// signed is a rating with its sign: "+1", "0", "−2".
func signed(n int64) string {
	switch {
	case n > 0:
		return "+" + strconv.FormatInt(n, 10)
	case n < 0:
		return "−" + strconv.FormatInt(-n, 10)
	}
	return "0"
}

// ratingText says a rating: "−1, less than hoped"; empty where there is none.
func ratingText(f ui.Frame, n phi.Number) string {
	v, ok := n.Disclose()
	if !ok {
		return ""
	}
	return signed(v) + ", " + lower(f.T(ratingNames[v]))
}

func ratings(f ui.Frame, first string) []ui.Option {
	out := []ui.Option{{Text: first}}
	for n := int64(plan.Highest); n >= plan.Lowest; n-- {
		out = append(out, ui.Option{Value: strconv.FormatInt(n, 10), Text: signed(n) + " " + f.T(ratingNames[n])})
	}
	return out
}

// choices lists codes with their words.
func choices[K ~string](f ui.Frame, first string, codes []K, names map[K]string) []ui.Option {
	var out []ui.Option
	if first != "" {
		out = append(out, ui.Option{Text: first})
	}
	for _, c := range codes {
		out = append(out, ui.Option{Value: string(c), Text: f.T(names[c])})
	}
	return out
}

// stepWho says who does a step.
func (s PlanSheet) stepWho(f ui.Frame, x plan.Intervention) string {
	if !x.With.Empty() {
		return ui.Show(x.With)
	}
	return f.T(partyNames[x.Who])
}

// wanting says what would make a goal clearer; empty where nothing is missing.
func wanting(f ui.Frame, g plan.Goal) []string {
	if !g.State.Open() {
		return nil
	}
	var out []string
	if g.Measure.Empty() {
		out = append(out, f.T("Say how you will both know that it is reached."))
	}
	if g.TargetOn.Empty() {
		out = append(out, f.T("Set a day to reach it by."))
	}
	if len(g.Interventions) == 0 {
		out = append(out, f.T("Add a first step."))
	}
	return out
}

// planDue is something of a plan that is due.
type planDue struct {
	on    phi.Date
	title string
	of    phi.Text
	url   string
}

// due is what is due of a plan in force within 30 days, or is overdue, soonest
// first.
func (s PlanSheet) due(f ui.Frame, client string) []planDue {
	if s.Stage != plan.InForce {
		return nil
	}
	var out []planDue
	add := func(d planDue) {
		if d.on.Empty() || ui.Days(f.Now, civil(f, d.on)) > 30 {
			return
		}
		at := len(out)
		for at > 0 && civil(f, d.on).Before(civil(f, out[at-1].on)) {
			at--
		}
		out = append(out[:at], append([]planDue{d}, out[at:]...)...)
	}
	add(planDue{s.ReviewOn, f.T("Care plan review"), phi.Text{}, s.url(client, "review")})
	for _, g := range s.Goals {
		if !g.Open() {
			continue
		}
		add(planDue{g.TargetOn, f.T("Goal to be reached"), g.Text, goalURL(client, s.ID, g.Key, "")})
		for _, x := range g.Interventions {
			if x.Open() {
				add(planDue{x.DueOn, f.T("Step due"), x.Text, goalURL(client, s.ID, g.Key, "")})
			}
		}
	}
	return out
}

// tally is how many goals of a plan are achieved, of how many that count.
func tally(goals []plan.Goal) (achieved, of int) {
	for _, g := range goals {
		switch g.State {
		case plan.Achieved:
			achieved++
			of++
		case plan.Dropped:
		default:
			of++
		}
	}
	return achieved, of
}

func percent(done, of int) string {
	return strconv.Itoa(100 * min(done, of) / max(of, 1))
}

// The sides of the picture of a trend.
const (
	ratingsWide, ratingsHigh = 640, 176
	ratingsLeft, ratingsTop  = 34, 14
	ratingsRow               = 34
)

// dot is one rated entry in the picture of a trend.
type dot struct {
	x, y int
	p    plan.Progress
}

// dots puts rated entries where their day and rating say.
func dots(f ui.Frame, entries []plan.Progress) []dot {
	var rated []plan.Progress
	for _, p := range entries {
		if !p.Rating.Empty() {
			rated = append(rated, p)
		}
	}
	if len(rated) == 0 {
		return nil
	}
	first := civil(f, rated[0].On)
	span := ui.Days(first, civil(f, rated[len(rated)-1].On))
	var out []dot
	for i, p := range rated {
		n, _ := p.Rating.Disclose()
		x := ratingsLeft + 16
		if room := ratingsWide - ratingsLeft - 48; span > 0 {
			x += room * ui.Days(first, civil(f, p.On)) / span
		} else {
			x += room * i / max(len(rated)-1, 1)
		}
		out = append(out, dot{x, rowOf(n), p})
	}
	return out
}

func rowOf(n int64) int { return ratingsTop + int(plan.Highest-n)*ratingsRow }

func polyline(ds []dot) string {
	var b strings.Builder
	for _, d := range ds {
		fmt.Fprintf(&b, "%d,%d ", d.x, d.y)
	}
	return strings.TrimSpace(b.String())
}

// trendSays is the picture of a trend in words.
func trendSays(f ui.Frame, ds []dot) string {
	a, b := ds[0].p, ds[len(ds)-1].p
	if len(ds) == 1 {
		return f.T("One rating: %s on %s.", ratingText(f, a.Rating), dayOf(f, a.On))
	}
	return f.T("%d ratings, from %s on %s to %s on %s.", len(ds), ratingText(f, a.Rating), dayOf(f, a.On), ratingText(f, b.Rating), dayOf(f, b.On))
}

// goalFormFields are the fields of a goal in a form.
var goalFormFields = []string{"area", "text", "measure", "baseline", "target", "priority"}

// Fields lists the names of the fields of a plan form: those of the plan
// unless one goal alone is written, and those of the goals.
func (p PlanFormPage) Fields() []string {
	var out []string
	if !p.One {
		out = append(out, "title", "from", "until", "matters", "strengths", "barriers", "part2")
		if p.Draft {
			out = append(out, "review_on")
		}
	}
	for _, k := range p.Keys {
		for _, n := range goalFormFields {
			out = append(out, plan.GoalField(k, n))
		}
		if p.One && !p.New {
			out = append(out, plan.GoalField(k, "state"), plan.GoalField(k, "reason"))
		}
		if !p.Known[k] {
			out = append(out, plan.GoalField(k, "step"), plan.GoalField(k, "who"))
		}
	}
	return out
}

func (p PlanFormPage) action() string {
	switch {
	case p.One && p.New:
		return planURL(p.Client.ID, p.Plan, "goals/new")
	case p.One:
		return goalURL(p.Client.ID, p.Plan, p.Keys[0], "edit")
	case p.Plan == "":
		return chartURL(p.Client.ID, "plan/new")
	}
	return planURL(p.Client.ID, p.Plan, "edit")
}

func (p PlanFormPage) back() string {
	switch {
	case p.Plan == "":
		return chartURL(p.Client.ID, "plan")
	case p.One && !p.New:
		return goalURL(p.Client.ID, p.Plan, p.Keys[0], "")
	}
	return planURL(p.Client.ID, p.Plan, "")
}

func (p PlanFormPage) title(f ui.Frame) string {
	switch {
	case p.One && p.New:
		return f.T("Add a goal")
	case p.One:
		return f.T("Edit the goal")
	case p.Plan == "":
		return f.T("Write a care plan")
	}
	return f.T("Edit the care plan")
}

// label says a field of the form: "Goal 2: By when".
func (p PlanFormPage) label(f ui.Frame) func(string) string {
	return func(name string) string {
		rest, ok := strings.CutPrefix(name, "g.")
		if !ok {
			return f.T(fieldNames[name])
		}
		key, field, _ := strings.Cut(rest, ".")
		for i, k := range p.Keys {
			if k == key && !p.One {
				return f.T("Goal %d: %s", i+1, f.T(fieldNames[field]))
			}
		}
		return f.T(fieldNames[field])
	}
}

// planWords puts what a colleague chose from a list, or entered as a day, in
// words.
func planWords(f ui.Frame, m ui.Merged) ui.Merged {
	changes := append([]ui.Change(nil), m.Changes...)
	for i, c := range changes {
		_, field, _ := strings.Cut(strings.TrimPrefix(c.Name, "g."), ".")
		if field == "" {
			field = c.Name
		}
		changes[i].Theirs = inWords(f, field, c.Theirs)
	}
	m.Changes = changes
	return m
}

// inWords puts a value that is a code or a day in words.
func inWords(f ui.Frame, field string, t phi.Text) phi.Text {
	code := ui.Show(t)
	if code == "" {
		return t
	}
	say := func(s string, ok bool) phi.Text {
		if !ok {
			return t
		}
		return phi.NewText(f.T(s))
	}
	switch field {
	case "area", "goal.area":
		s, ok := areaNames[plan.Domain(code)]
		return say(s, ok)
	case "priority", "goal.priority":
		s, ok := priorityNames[plan.Priority(code)]
		return say(s, ok)
	case "state", "goal.state":
		if s, ok := goalStateNames[plan.GoalState(code)]; ok {
			return say(s, ok)
		}
		s, ok := stepStateNames[plan.StepState(code)]
		return say(s, ok)
	case "step.state":
		s, ok := stepStateNames[plan.StepState(code)]
		return say(s, ok)
	case "who", "step.who":
		s, ok := partyNames[plan.Party(code)]
		return say(s, ok)
	case "stage":
		s, ok := stageNames[plan.Stage(code)]
		return say(s, ok)
	case "agreement":
		s, ok := answerNames[plan.Answer(code)]
		return say(s, ok)
	case "outcome":
		s, ok := outcomeNames[plan.Outcome(code)]
		return say(s, ok)
	case "part2":
		return say(map[bool]string{true: f.T("Yes"), false: f.T("No")}[code == "yes" || code == "true"], true)
	case "from", "until", "review_on", "target", "goal.target", "due", "step.due":
		if d, err := phi.ParseDate(code); err == nil {
			return phi.NewText(dayOf(f, d))
		}
	case "progress":
		if n, err := strconv.ParseInt(code, 10, 64); err == nil && ratingNames[n] != "" {
			return phi.NewText(signed(n) + ", " + lower(f.T(ratingNames[n])))
		}
	}
	return t
}

// actTitle says what an act is.
func actTitle(f ui.Frame, a PlanAct) string {
	switch a {
	case PlanBegin:
		return f.T("Put the plan in force")
	case PlanAgree:
		return f.T("Record the client’s answer")
	case PlanReview:
		return f.T("Review the plan")
	}
	return f.T("End the plan")
}

func openGoals(goals []plan.Goal) []plan.Goal {
	var out []plan.Goal
	for _, g := range goals {
		if g.Open() {
			out = append(out, g)
		}
	}
	return out
}

// decided are the goals that a review speaks of: open ones, and those that
// somebody wrote about before a colleague settled them.
func (p PlanActPage) decided() []plan.Goal {
	var out []plan.Goal
	for _, g := range p.Sheet.Goals {
		if g.Open() || p.Form.Has("goal", g.Key) {
			out = append(out, g)
		}
	}
	return out
}

// newest returns the reviews with the last one first.
func newest(rs []plan.Review) []plan.Review {
	out := make([]plan.Review, 0, len(rs))
	for i := len(rs) - 1; i >= 0; i-- {
		out = append(out, rs[i])
	}
	return out
}

func latestFirst(ps []plan.Progress) []plan.Progress {
	sorted := append([]plan.Progress(nil), ps...)
	for i := range sorted {
		for j := i; j > 0 && sorted[j].On.DiscloseISO() > sorted[j-1].On.DiscloseISO(); j-- {
			sorted[j], sorted[j-1] = sorted[j-1], sorted[j]
		}
	}
	return sorted
}

// period is from when until when a plan is.
func period(f ui.Frame, from, until phi.Date) string {
	switch {
	case from.Empty() && until.Empty():
		return ""
	case until.Empty():
		return f.T("From %s", dayOf(f, from))
	case from.Empty():
		return f.T("Until %s", dayOf(f, until))
	}
	return f.T("%s to %s", dayOf(f, from), dayOf(f, until))
}

// agreedTone is how an agreement looks: good only while the plan says what was
// agreed to.
func agreedTone(p plan.Plan) ui.Tone {
	if p.Changed() {
		return ui.Plain
	}
	return ui.Good
}
