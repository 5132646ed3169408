package training

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/order"
	"caseward/law"
)

// Form is what sort of course it is.
type Form string

// The forms.
const (
	Orientation Form = "orientation" // taken before the first chart is opened
	Module      Form = "module"
	Micro       Form = "micro" // a few minutes, on one thing
)

// Forms lists the forms in the order screens show them.
func Forms() []Form { return []Form{Orientation, Module, Micro} }

// Everyone stands in the head of a course that is for every role.
const Everyone = "everyone"

// Course is what a course says.
type Course struct {
	Code      string
	Title     string
	Form      Form
	For       []actor.Role // none: everyone
	Minutes   int          // that it takes
	Pass      int          // per cent of the questions that must be right
	Topics    []string     // words with dashes: prompts and huddle sheets are found by them
	Citations []string
	Lessons   []Lesson
	Scenarios []Scenario
	Questions []Question
}

// Lesson is a page to read; its text is Markdown.
type Lesson struct {
	Title, Text string
}

// Scenario is a situation with decisions, one after another.
type Scenario struct {
	Title, Text string
	Decisions   []Decision
}

// Decision is a turn of a scenario. Text is what happens before it is asked.
type Decision struct {
	Ask, Text string
	Choices   []Choice
}

// Choice is an answer to choose. Why is said when it was chosen; the choices of a
// question have none, the question has.
type Choice struct {
	Text  string
	Right bool
	Why   string
}

// Question is one of the bank. Where several choices are right, all of them and no
// other are to be chosen.
type Question struct {
	Ask     string
	Choices []Choice
	Why     string
}

// Several reports whether more than one choice is right.
func (q Question) Several() bool {
	n := 0
	for _, c := range q.Choices {
		if c.Right {
			n++
		}
	}
	return n > 1
}

// Right reports whether exactly the right choices were made, given by their places.
func (q Question) Right(chosen []int) bool {
	for i, c := range q.Choices {
		if c.Right != slices.Contains(chosen, i) {
			return false
		}
	}
	return true
}

// IsFor reports whether the course is for a role.
func (c Course) IsFor(role actor.Role) bool { return len(c.For) == 0 || slices.Contains(c.For, role) }

// Problem is something wrong with a text, and where.
type Problem struct {
	Line int
	Says string // English source, for people
}

// The most of each that a course may have.
const (
	MaxText      = 200_000 // bytes
	maxLessons   = 40
	maxScenarios = 40
	maxQuestions = 200
	maxChoices   = 8
)

var (
	goodCode    = regexp.MustCompile(`^[a-z][a-z0-9]*(-[a-z0-9]+)*$`)
	placeholder = regexp.MustCompile(`\{\{[^}\n]*\}?\}?`)
	markup      = regexp.MustCompile(`<[a-zA-Z/!?]`)
	pictures    = regexp.MustCompile(`!\[`)
)

// Placeholders are what a text may have stand for what the agency is and has.
func Placeholders() []string {
	return []string{"{{agency}}", "{{privacy_officer}}", "{{security_officer}}", "{{complaints}}"}
}

// parser reads a course line by line.
type parser struct {
	lines    []string
	at       int // of the line read next
	problems []Problem
	c        Course
}

// Parse reads a course. Everything wrong is told at once, in the order of the
// lines; a course with problems is not to be used.
func Parse(text string) (Course, []Problem) {
	if len(text) > MaxText {
		return Course{}, []Problem{{1, "A course has at most 200,000 characters; make two."}}
	}
	if !utf8.ValidString(text) || strings.ContainsRune(text, 0) {
		return Course{}, []Problem{{1, "This is not a text: it has characters that no text has."}}
	}
	text = strings.TrimPrefix(strings.ReplaceAll(text, "\r\n", "\n"), "\ufeff")
	p := &parser{lines: strings.Split(text, "\n")}
	p.scan()
	p.head()
	p.body()
	p.whole()
	order.By(p.problems, func(a, b Problem) int { return a.Line - b.Line })
	return p.c, p.problems
}

// bad notes something wrong with the line of this index.
func (p *parser) bad(index int, says string) {
	p.problems = append(p.problems, Problem{min(index, max(len(p.lines)-1, 0)) + 1, says})
}

// scan tells what no line may have.
func (p *parser) scan() {
	for i, line := range p.lines {
		for _, m := range placeholder.FindAllString(line, -1) {
			if !slices.Contains(Placeholders(), m) {
				p.bad(i, "Between double braces there may stand: agency, privacy_officer, security_officer or complaints.")
			}
		}
		if markup.MatchString(line) {
			p.bad(i, "Write without HTML: a < is followed by a space.")
		}
		if pictures.MatchString(line) {
			p.bad(i, "A course has no pictures.")
		}
	}
}

const notAHead = "A course begins with a line of three dashes, then code, title and the rest, then three dashes again."

// head reads what stands between the two lines of dashes.
func (p *parser) head() {
	if strings.TrimRight(p.lines[0], " ") != "---" {
		p.bad(0, notAHead)
		return
	}
	seen := map[string]bool{}
	closed := false
	for p.at = 1; p.at < len(p.lines); p.at++ {
		line := strings.TrimRight(p.lines[p.at], " ")
		if line == "---" {
			closed = true
			break
		}
		if strings.HasPrefix(line, "# ") {
			break
		}
		if line == "" {
			continue
		}
		key, value, ok := strings.Cut(line, ":")
		value = strings.TrimSpace(value)
		switch {
		case !ok:
			p.bad(p.at, "In the head each line is a word, a colon and what it is.")
			continue
		case seen[key]:
			p.bad(p.at, "This stands in the head already.")
			continue
		case value == "":
			p.bad(p.at, "Say what it is, behind the colon.")
			seen[key] = true
			continue
		}
		seen[key] = true
		p.said(key, value)
	}
	if !closed {
		p.bad(0, notAHead)
	} else {
		p.at++
	}
	for _, x := range []struct{ key, says string }{
		{"code", "The head has no code."}, {"title", "The head has no title."}, {"form", "The head has no form."},
		{"for", "The head does not say for whom it is."}, {"minutes", "The head has no minutes."}, {"pass", "The head has no pass mark."},
		{"topics", "The head has no topics."}, {"citations", "The head has no citations; where no law asks for it, write: agency practice."},
	} {
		if !seen[x.key] {
			p.bad(0, x.says)
		}
	}
}

// said takes one line of the head.
func (p *parser) said(key, value string) {
	number := func(least, most int, says string) int {
		n, err := strconv.Atoi(value)
		if err != nil || n < least || n > most {
			p.bad(p.at, says)
			return 0
		}
		return n
	}
	switch key {
	case "code":
		if !goodCode.MatchString(value) || len(value) > 60 {
			p.bad(p.at, "A code is small letters and digits, with dashes between, at most 60.")
		}
		p.c.Code = value
	case "title":
		if utf8.RuneCountInString(value) > 120 {
			p.bad(p.at, "Keep the title to 120 characters.")
		}
		p.c.Title = value
	case "form":
		p.c.Form = Form(value)
		if !slices.Contains(Forms(), p.c.Form) {
			p.bad(p.at, "A form is one of: orientation, module, micro.")
		}
	case "for":
		if value == Everyone {
			return
		}
		for _, s := range list(value, ",") {
			role := actor.Role(s)
			if !slices.Contains(actor.Roles(), role) {
				p.bad(p.at, "It is for everyone, or for roles with commas between: intake, case_manager, supervisor, program_manager, privacy_officer, security_officer, administrator, auditor.")
				return
			}
			p.c.For = append(p.c.For, role)
		}
	case "minutes":
		p.c.Minutes = number(1, 480, "The minutes are a number from 1 to 480.")
	case "pass":
		p.c.Pass = number(1, 100, "The pass mark is a number from 1 to 100, of 100 questions.")
	case "topics":
		p.c.Topics = list(value, ",")
		for _, t := range p.c.Topics {
			if !goodCode.MatchString(t) {
				p.bad(p.at, "A topic is small letters and digits, with dashes between; commas stand between topics.")
			}
		}
	case "citations":
		p.c.Citations = law.Split(value)
		for _, c := range p.c.Citations {
			if c != law.Practice && !law.Known(c) {
				p.bad(p.at, "This paragraph of law is not one of those listed here.")
			}
		}
	default:
		p.bad(p.at, "The head has: code, title, form, for, minutes, pass, topics, citations.")
	}
}

func list(s, sep string) (out []string) {
	for part := range strings.SplitSeq(s, sep) {
		if part = strings.TrimSpace(part); part != "" {
			out = append(out, part)
		}
	}
	return out
}

// body reads the parts after the head.
func (p *parser) body() {
	for p.at < len(p.lines) {
		line, at := p.lines[p.at], p.at
		p.at++
		switch {
		case strings.TrimSpace(line) == "":
		case strings.HasPrefix(line, "# Lesson: "):
			p.lesson(at, strings.TrimSpace(line[len("# Lesson: "):]))
		case strings.HasPrefix(line, "# Scenario: "):
			p.scenario(at, strings.TrimSpace(line[len("# Scenario: "):]))
		case strings.HasPrefix(line, "# Question: "):
			p.question(at, strings.TrimSpace(line[len("# Question: "):]))
		case strings.HasPrefix(line, "# "):
			p.bad(at, "A part begins with # Lesson:, # Scenario: or # Question: and what it is called.")
			p.text()
		default:
			p.bad(at, "This stands in no lesson, scenario or question.")
			p.text()
		}
	}
}

var choice = regexp.MustCompile(`^- \[( |x)\] (.*)$`)

// almost is a choice that is not written as one.
var almost = regexp.MustCompile(`^\s*[-*] ?\[.?\]`)

// text reads on to the next part, decision or choice.
func (p *parser) text() string {
	var out []string
	for ; p.at < len(p.lines); p.at++ {
		line := p.lines[p.at]
		if strings.HasPrefix(line, "# ") || strings.HasPrefix(line, "## ") || almost.MatchString(line) {
			break
		}
		out = append(out, strings.TrimRight(line, " \t"))
	}
	return strings.TrimSpace(strings.Join(out, "\n"))
}

func (p *parser) lesson(at int, title string) {
	l := Lesson{Title: title}
	// A lesson may have headings of its own.
	for {
		l.Text += p.text()
		if p.at >= len(p.lines) || strings.HasPrefix(p.lines[p.at], "# ") {
			break
		}
		if almost.MatchString(p.lines[p.at]) {
			p.bad(p.at, "A lesson has no choices; they belong into a scenario or a question.")
		}
		l.Text += "\n\n" + p.lines[p.at] + "\n\n"
		p.at++
	}
	l.Text = strings.TrimSpace(l.Text)
	if title == "" {
		p.bad(at, "Say what the lesson is called.")
	}
	if l.Text == "" {
		p.bad(at, "This lesson says nothing.")
	}
	p.c.Lessons = append(p.c.Lessons, l)
	if len(p.c.Lessons) == maxLessons+1 {
		p.bad(at, "A course has at most 40 lessons.")
	}
}

func (p *parser) scenario(at int, title string) {
	s := Scenario{Title: title, Text: p.text()}
	if title == "" {
		p.bad(at, "Say what the scenario is called.")
	}
	if s.Text == "" {
		p.bad(at, "Say what the situation is, before the first decision.")
	}
	for p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], "# ") {
		line, here := p.lines[p.at], p.at
		if !strings.HasPrefix(line, "## ") {
			p.bad(here, "A choice of a scenario stands under a decision: ## and what is asked.")
			p.choices(true)
			continue
		}
		p.at++
		d := Decision{Ask: strings.TrimSpace(line[len("## "):]), Text: p.text()}
		if d.Ask == "" {
			p.bad(here, "Say what is asked.")
		}
		d.Choices = p.choices(true)
		p.answerable(here, d.Choices)
		s.Decisions = append(s.Decisions, d)
	}
	if len(s.Decisions) == 0 {
		p.bad(at, "A scenario has at least one decision: ## and what is asked, then choices.")
	}
	p.c.Scenarios = append(p.c.Scenarios, s)
	if len(p.c.Scenarios) == maxScenarios+1 {
		p.bad(at, "A course has at most 40 scenarios.")
	}
}

func (p *parser) question(at int, ask string) {
	q := Question{Ask: ask}
	if ask == "" {
		p.bad(at, "Say what is asked.")
	}
	if before := p.text(); before != "" {
		p.bad(at+1, "A question is asked in its heading; below it come the choices.")
	}
	if p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], "#") {
		q.Choices = p.choices(false)
	}
	p.answerable(at, q.Choices)
	var why []string
	for ; p.at < len(p.lines) && !strings.HasPrefix(p.lines[p.at], "# "); p.at++ {
		line := strings.TrimSpace(p.lines[p.at])
		switch {
		case line == "":
		case line == ">" || strings.HasPrefix(line, "> "):
			why = append(why, strings.TrimSpace(line[1:]))
		default:
			p.bad(p.at, "Behind the choices of a question stands only why: lines that begin with >.")
		}
	}
	q.Why = strings.TrimSpace(strings.Join(why, " "))
	if q.Why == "" {
		p.bad(at, "Say why, behind the choices, in a line that begins with >.")
	}
	p.c.Questions = append(p.c.Questions, q)
	if len(p.c.Questions) == maxQuestions+1 {
		p.bad(at, "A course has at most 200 questions.")
	}
}

// choices reads choices, each with its why if they are those of a decision.
func (p *parser) choices(why bool) (out []Choice) {
	for ; p.at < len(p.lines); p.at++ {
		line := p.lines[p.at]
		switch {
		case strings.TrimSpace(line) == "":
			continue
		case strings.HasPrefix(line, "# "), strings.HasPrefix(line, "## "):
			return out
		}
		m := choice.FindStringSubmatch(strings.TrimRight(line, " \t"))
		if m == nil {
			if strings.HasPrefix(line, ">") && !why {
				return out
			}
			if almost.MatchString(line) {
				p.bad(p.at, "A choice is written - [ ] or, if it is right, - [x] and then what it says.")
			} else {
				p.bad(p.at, "This is neither a choice nor why.")
			}
			continue
		}
		c := Choice{Text: strings.TrimSpace(m[2]), Right: m[1] == "x"}
		here := p.at
		if why {
			var said []string
			for p.at+1 < len(p.lines) && strings.HasPrefix(p.lines[p.at+1], "  >") {
				p.at++
				said = append(said, strings.TrimSpace(p.lines[p.at][len("  >"):]))
			}
			if c.Why = strings.TrimSpace(strings.Join(said, " ")); c.Why == "" {
				p.bad(here, "Say why, below this choice, in a line that begins with two spaces and >.")
			}
		}
		if c.Text == "" {
			p.bad(here, "Say what this choice is.")
		}
		if slices.ContainsFunc(out, func(o Choice) bool { return o.Text == c.Text }) {
			p.bad(here, "This choice stands twice.")
		}
		out = append(out, c)
	}
	return out
}

// answerable tells what keeps a question from being answered.
func (p *parser) answerable(at int, cs []Choice) {
	right := 0
	for _, c := range cs {
		if c.Right {
			right++
		}
	}
	switch {
	case len(cs) < 2:
		p.bad(at, "Give at least two choices: - [ ] or - [x] and what it says.")
	case len(cs) > maxChoices:
		p.bad(at, "Give at most 8 choices.")
	case right == 0:
		p.bad(at, "Mark the choice that is right with an x.")
	case right == len(cs):
		p.bad(at, "Not every choice can be right.")
	}
}

// whole tells what the course as a whole lacks.
func (p *parser) whole() {
	if len(p.c.Lessons) == 0 {
		p.bad(0, "A course has at least one lesson: # Lesson: and what it is called.")
	}
	if len(p.c.Questions) == 0 {
		p.bad(0, "A course has at least one question: # Question: and what is asked.")
	}
	if len(p.c.Scenarios) == 0 && p.c.Form != Micro {
		p.bad(0, "An orientation or a module has at least one scenario: # Scenario: and what it is called.")
	}
}

// Alike tells whether a course in another language is the same course: the same
// head, and the same parts with the same choices right, since answers are kept by
// their places.
func (c Course) Alike(o Course) bool {
	if c.Code != o.Code || c.Form != o.Form || c.Minutes != o.Minutes || c.Pass != o.Pass ||
		!slices.Equal(c.For, o.For) || !slices.Equal(c.Topics, o.Topics) || !slices.Equal(c.Citations, o.Citations) || len(c.Lessons) != len(o.Lessons) {
		return false
	}
	same := func(a, b []Choice) bool {
		return slices.EqualFunc(a, b, func(x, y Choice) bool { return x.Right == y.Right })
	}
	return slices.EqualFunc(c.Questions, o.Questions, func(a, b Question) bool { return same(a.Choices, b.Choices) }) &&
		slices.EqualFunc(c.Scenarios, o.Scenarios, func(a, b Scenario) bool {
			return slices.EqualFunc(a.Decisions, b.Decisions, func(x, y Decision) bool { return same(x.Choices, y.Choices) })
		})
}

// Filled returns the course with what the agency is in place of the placeholders.
// values is by the name between the braces; one that is missing stays as dots.
func (c Course) Filled(values map[string]string) Course {
	fill := func(s string) string {
		return placeholder.ReplaceAllStringFunc(s, func(m string) string {
			if v := values[strings.Trim(m, "{}")]; v != "" {
				return v
			}
			return "…"
		})
	}
	choices := func(cs []Choice) []Choice {
		cs = slices.Clone(cs)
		for i := range cs {
			cs[i].Text, cs[i].Why = fill(cs[i].Text), fill(cs[i].Why)
		}
		return cs
	}
	c.Title = fill(c.Title)
	c.Lessons, c.Scenarios, c.Questions = slices.Clone(c.Lessons), slices.Clone(c.Scenarios), slices.Clone(c.Questions)
	for i := range c.Lessons {
		l := &c.Lessons[i]
		l.Title, l.Text = fill(l.Title), fill(l.Text)
	}
	for i := range c.Scenarios {
		s := &c.Scenarios[i]
		s.Title, s.Text, s.Decisions = fill(s.Title), fill(s.Text), slices.Clone(s.Decisions)
		for j := range s.Decisions {
			d := &s.Decisions[j]
			d.Ask, d.Text, d.Choices = fill(d.Ask), fill(d.Text), choices(d.Choices)
		}
	}
	for i := range c.Questions {
		q := &c.Questions[i]
		q.Ask, q.Why, q.Choices = fill(q.Ask), fill(q.Why), choices(q.Choices)
	}
	return c
}
