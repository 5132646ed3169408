package pages

import (
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"caseward/internal/assessment"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// AssessPage is GET /clients/{id}/assessments.
type AssessPage struct {
	Chart
	Latest []AssessLatest
	Start  []AssessStart
	All    []AssessLine
	Filled []FilledLine
	// MayTake offers the ways to begin.
	MayTake bool
}

// AssessLatest is where a client stands with one instrument.
type AssessLatest struct {
	ID     string
	Code   string
	Title  string
	On     time.Time
	Result Result
	Change phi.Text // since the last, in words
	Due    time.Time
	Times  int
}

// Result is what an assessment amounts to, for showing.
type Result struct {
	Score   phi.Text // "11 of 27"
	Band    string   // code of what it means
	Why     string   // code of why there is no score
	Missing int
	Needs   []string // codes of domains
	Safety  bool
}

// AssessStart is a way to begin: an instrument, or a form of the agency.
type AssessStart struct {
	URL   string
	Title string
	About string
	Saved time.Time // of a draft of the reader's own; zero: none
}

// AssessLine is an assessment in a list.
type AssessLine struct {
	ID        string
	Title     string
	On        time.Time
	By        string
	Result    Result
	Corrected bool
}

// FilledLine is a filled form in a list.
type FilledLine struct {
	ID    string
	Title string
	On    time.Time
	By    string
}

// TakePage is GET /clients/{id}/assess/{instrument}, and the form that corrects
// an assessment.
type TakePage struct {
	Chart
	Title     string
	About     string // whose it is
	Action    string
	Items     []TakeItem
	Held      []HeldValue // answers to questions that are not asked now
	Form      ui.Form
	New       string // id of the assessment it makes, for the field "new"
	Rev       string // of the draft, for the field "draft"
	Saved     time.Time
	Merged    *ui.Merged
	Names     []string // of every field
	Depends   bool     // some questions are asked only after others
	Corrects  bool
	Safety    bool // an answer calls for talking about safety
	MayPartly bool
}

// HeldValue is a field that is carried and not shown.
type HeldValue struct {
	Name  string
	Value phi.Text
}

// TakeItem is a question, a heading or a sentence, in the reader's language.
type TakeItem struct {
	Name     string
	Type     string
	Text     string
	Help     string
	Number   int // 0 for what takes no answer
	Required bool
	Optional bool // says so: where most must be filled in
	Repeats  bool
	Options  []ui.Option
	Other    bool // another answer in words is possible
	Items    []TakeItem
}

// AssessmentPage is GET /clients/{id}/assessments/{assessment}.
type AssessmentPage struct {
	Chart
	ID        string
	Code      string
	Title     string
	About     string
	On        time.Time
	SignedAt  time.Time
	SignedBy  string
	Whole     bool
	Result    Result
	SinceLast phi.Text
	SinceAt   time.Time
	SinceBase phi.Text
	BaseAt    time.Time
	Due       time.Time
	Answers   []AnsweredGroup
	Needs     []NeedLine
	Goal      *GoalStart
	MayGoal   bool
	MayTake   bool
	// Safety is the prompt where an answer calls for it; nil where none does.
	Safety      *SafetyPrompt
	Corrects    string // id of the one it corrects
	Reason      phi.Text
	CorrectedBy string // id of the one that corrects it
	Times       int
}

// AnsweredGroup is a part of an assessment as it was answered.
type AnsweredGroup struct {
	Title string
	Rows  []Answered
}

// Answered is a question and what was answered.
type Answered struct {
	Question string
	Answer   phi.Text
}

// NeedLine is a need found, and the goal that can begin with it.
type NeedLine struct {
	Domain   string
	Question string
	Answer   phi.Text
}

// GoalStart is what a goal begun from a result starts with.
type GoalStart struct {
	Domain  string
	Title   string
	Measure string
}

// SafetyPrompt is what to do next about safety. It never holds anything up.
type SafetyPrompt struct {
	Flagged    bool // the chart says that there is a safety plan
	MayFlag    bool
	Supervisor string // name; empty: there is nobody to tell
}

// TrendPage is GET /clients/{id}/assess/{instrument}/trend.
type TrendPage struct {
	Chart
	Code   string
	Title  string
	Words  phi.Text // what the line shows, in a sentence or two
	Points []TrendPoint
	Most   int // the most the score can be
	Bands  []TrendBand
	Rows   []TrendRow
}

// TrendPoint is a score on a day.
type TrendPoint struct {
	On    time.Time
	Score int
}

// TrendBand is from which score on a band reaches.
type TrendBand struct {
	From int
	Code string
}

// TrendRow is a row of the table beside the line.
type TrendRow struct {
	ID     string
	On     time.Time
	Result Result
	Change phi.Text // from the one before
}

var bandNames = map[string]string{
	"minimal": "Minimal", "mild": "Mild", "moderate": "Moderate", "moderately_severe": "Moderately severe", "severe": "Severe",
	"positive": "At risk", "negative": "No risk found",
}

var whyNames = map[string]string{
	"missing": "Not scored: an answer that counts was not given.", "unclear": "Not scored: the answers decide neither way.",
	"needs_only": "No score: this instrument names needs.", "no_rule": "No score: no scoring rule is known for it.",
}

var domainNames = map[string]string{
	"housing": "Housing", "food": "Food", "income": "Income and basics", "employment": "Work", "education": "Education", "transportation": "Transportation",
	"health": "Health", "safety": "Safety", "social": "Company and support", "family": "Family and children", "legal": "Legal matters",
}

func bandTone(code string) ui.Tone {
	switch code {
	case "minimal", "negative":
		return ui.Good
	case "mild":
		return ui.Note
	case "moderate", "positive":
		return ui.Warning
	case "moderately_severe", "severe":
		return ui.Danger
	}
	return ui.Plain
}

func bandIcon(code string) string {
	switch bandTone(code) {
	case ui.Good:
		return "circle-check"
	case ui.Warning:
		return "triangle-alert"
	case ui.Danger:
		return "circle-alert"
	}
	return "gauge"
}

// Words is the result in a line: the score and what it means, the needs found, or
// that there is no score. A line stands where the page of the assessment does not.
func (r Result) Words(lang ui.Lang) string {
	var out []string
	if !r.Score.Empty() {
		out = append(out, ui.Show(r.Score))
	}
	if r.Band != "" {
		out = append(out, ui.T(lang, bandNames[r.Band]))
	}
	switch {
	case r.Why == string(assessment.NeedsOnly) && len(r.Needs) == 0:
		out = append(out, ui.T(lang, "No needs found"))
	case r.Why == string(assessment.NeedsOnly):
		var needs []string
		for _, d := range r.Needs {
			needs = append(needs, ui.T(lang, domainNames[d]))
		}
		out = append(out, ui.N(lang, len(r.Needs), "1 need found", "%d needs found")+": "+strings.Join(needs, ", "))
	case r.Why != "":
		out = append(out, ui.T(lang, "Not scored"))
	}
	return strings.Join(out, " · ")
}

// why says why there is no score, and how many answers are missing.
func why(f ui.Frame, r Result) string {
	if r.Why == string(assessment.Missing) && r.Missing > 0 {
		return f.N(r.Missing, "Not scored: one answer that counts was not given.", "Not scored: %d answers that count were not given.")
	}
	return f.T(whyNames[r.Why])
}

func assessURL(client, id, verb string) string {
	p := chartURL(client, "assessments")
	if id != "" {
		p += "/" + url.PathEscape(id)
	}
	if verb != "" {
		p += "/" + verb
	}
	return p
}

// TakeURL is where an assessment is taken, or with verb "trend" or "draft" what
// belongs to it.
func TakeURL(client, code, verb string) string {
	p := chartURL(client, "assess") + "/" + url.PathEscape(code)
	if verb != "" {
		p += "/" + verb
	}
	return p
}

func filledURL(client, id, verb string) string {
	p := chartURL(client, "forms") + "/" + url.PathEscape(id)
	if verb != "" {
		p += "/" + verb
	}
	return p
}

// short reports whether the answers of a question fit in one line of buttons.
func (x TakeItem) short() bool {
	n := 0
	for _, o := range x.Options {
		n += len([]rune(o.Text)) + 4
	}
	return !x.Repeats && !x.Other && len(x.Options) <= 6 && n <= 96
}

func (x TakeItem) legend() string {
	if x.Number == 0 {
		return x.Text
	}
	return strconv.Itoa(x.Number) + ". " + x.Text
}

// legendIn is the legend with the word that a question need not be answered.
func (x TakeItem) legendIn(f ui.Frame) string {
	if x.Optional {
		return x.legend() + " " + f.T("(optional)")
	}
	return x.legend()
}

func (x TakeItem) field() ui.Field {
	t := ""
	mode := ""
	switch x.Type {
	case "text", "long_text":
		t = "area"
	case "date":
		t = "date"
	case "integer":
		mode = "numeric"
	case "decimal", "number":
		mode = "decimal"
	}
	return ui.Field{Name: x.Name, Label: x.legend(), Hint: x.Help, Type: t, InputMode: mode, Optional: x.Optional, Rows: 3}
}

// The size of the picture of a trend.
const (
	trendW, trendH                               = 860, 260
	trendLeft, trendRight, trendTop, trendBottom = 44, 150, 22, 34
	trendInnerW, trendInnerH                     = trendW - trendLeft - trendRight, trendH - trendTop - trendBottom
)

func (p TrendPage) y(score int) int {
	return trendTop + trendInnerH - score*trendInnerH/max(p.Most, 1)
}

func (p TrendPage) x(t time.Time) int {
	first, last := p.Points[0].On, p.Points[len(p.Points)-1].On
	span := ui.Days(first, last)
	if span == 0 {
		return trendLeft + trendInnerW/2
	}
	return trendLeft + ui.Days(first, t)*trendInnerW/span
}

// line is the way of the line through the points.
func (p TrendPage) line() string {
	var s []string
	for _, q := range p.Points {
		s = append(s, fmt.Sprintf("%d,%d", p.x(q.On), p.y(q.Score)))
	}
	return strings.Join(s, " ")
}

// marks are the points whose day is written under the line: the first, the last,
// and those between that have room.
func (p TrendPage) marks() []TrendPoint {
	var out []TrendPoint
	for i, q := range p.Points {
		last := i == len(p.Points)-1
		room := i == 0 || p.x(q.On)-p.x(out[len(out)-1].On) >= 74
		if !last && i > 0 {
			room = room && p.x(p.Points[len(p.Points)-1].On)-p.x(q.On) >= 74
		}
		if room || last && len(out) == 1 {
			out = append(out, q)
		}
	}
	return out
}

func itoa(n int) string { return strconv.Itoa(n) }

// parts splits the items of a page: a group is a part, and so is a run of others.
func parts(items []TakeItem) [][]TakeItem {
	var out [][]TakeItem
	for i, x := range items {
		if x.Type == "group" || i == 0 || items[i-1].Type == "group" {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], x)
	}
	return out
}

// label gives the words for a field, for what two windows made of one form.
func (p TakePage) label(f ui.Frame) func(string) string {
	names := map[string]string{"on": f.T("Answered on"), "reason": f.T("What was wrong"), "partly": f.T("Some questions were left out")}
	var walk func([]TakeItem)
	walk = func(items []TakeItem) {
		for _, x := range items {
			names[x.Name] = x.legend()
			walk(x.Items)
		}
	}
	walk(p.Items)
	return func(name string) string {
		if s, ok := names[name]; ok {
			return s
		}
		return name
	}
}
