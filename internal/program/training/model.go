package training

import (
	"crypto/sha256"
	"encoding/binary"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/order"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// The states of an edition, as the label says them.
const (
	Draft     = policy.Draft
	Discarded = policy.Discarded
	Published = "published" // it is taken
	Retired   = "retired"   // no longer: a newer one took its place, or none
)

// Edition is one version of a course. A draft is changed; what was published is not.
type Edition struct {
	Code        string    `class:"program" doc:"The course it is an edition of; empty while the draft does not say."`
	Number      int       `class:"program" doc:"Which edition of the course; 0 for a draft."`
	Status      string    `class:"program" doc:"Draft, discarded, published or retired."`
	Starter     bool      `class:"program" doc:"Whether the text came with the program."`
	En          string    `class:"program" doc:"The course as Markdown, in English."`
	Es          string    `class:"program" doc:"The course as Markdown, in Spanish; empty if there is none."`
	PublishedAt time.Time `class:"program" doc:"When it was published."`
	PublishedBy string    `class:"program" doc:"Id of the worker who published it."`
	RetiredAt   time.Time `class:"program" doc:"Since when it is not taken any more."`
}

// In is the course in a language, "es" or any other: in English where there is no
// Spanish.
func (e Edition) In(lang string) Course {
	text := e.En
	if lang == "es" && e.Es != "" {
		text = e.Es
	}
	c, _ := Parse(text)
	return c
}

// Kind keeps courses.
var Kind = record.Define(record.Kind[Edition]{
	Name:      "course",
	Doc:       "One edition of a course that staff take.",
	Retention: "program",
	Labels: func(e Edition) record.Labels {
		return record.Labels{State: e.Status, Tag: e.Code, At: e.PublishedAt}
	},
})

// Line is a course that a role must take.
type Line struct {
	Course  string    `cbor:"course"`
	Form    Form      `cbor:"form"`             // of the course
	Settle  int       `cbor:"settle,omitzero"`  // days for whoever worked here when it was asked for first
	Within  int       `cbor:"within,omitzero"`  // days from the first day of work
	Every   int       `cbor:"every,omitzero"`   // months until it is to be taken again; 0: once
	Grace   int       `cbor:"grace,omitzero"`   // days without it before anything is stopped, at hire and after a lapse
	Limited int       `cbor:"limited,omitzero"` // days of reading one's own caseload after those
	Since   time.Time `cbor:"since"`            // since when it is asked for
	From    time.Time `cbor:"from"`             // since when on these terms
}

// requirement is what the line asks of a role at the door.
func (l Line) requirement(role actor.Role) record.Fact {
	class := policy.Training
	if l.Form == Orientation {
		class = policy.Orientation
	}
	return record.Requirement{Role: role, Name: requirement(l.Course), Class: class, Since: l.Since, Settle: l.Settle, Grace: l.Grace, Limited: l.Limited, Every: l.Every}.Fact(l.From, time.Time{})
}

// requirement is what a course is called where the door weighs it.
func requirement(course string) string { return "training/" + course }

// sameTerms reports whether two lines ask the same of the same people.
func sameTerms(a, b Line) bool {
	return a.Form == b.Form && a.Settle == b.Settle && a.Every == b.Every && a.Grace == b.Grace && a.Limited == b.Limited
}

// Curriculum is what a role must take.
type Curriculum struct {
	Role  actor.Role `class:"program" doc:"The role it is for; empty for everyone."`
	Lines []Line     `class:"program" doc:"The courses, by when each is taken at hire, how often again, and what follows if it is not."`
}

// CurriculumKind keeps curricula.
var CurriculumKind = record.Define(record.Kind[Curriculum]{
	Name:      "curriculum",
	Doc:       "Which courses a role must take, by when and how often.",
	Retention: "program",
	Labels: func(c Curriculum) record.Labels {
		return record.Labels{Tag: string(c.Role), Ext: curriculumOf(c.Role)}
	},
	Facts: func(_ string, _ record.Subject, c Curriculum) (out []record.Fact) {
		for _, l := range c.Lines {
			out = append(out, l.requirement(c.Role))
		}
		return out
	},
})

// curriculumOf is the identity of a role's one curriculum.
func curriculumOf(role actor.Role) string { return "curriculum/" + string(role) }

// Why is why somebody is to take a course.
type Why string

// The reasons.
const (
	Hire         Why = "hire"   // 45 CFR 164.530(b)(2)(i)(B)
	Asked        Why = "asked"  // whoever was here when a curriculum began to ask for it
	Yearly       Why = "yearly" // agency practice
	PolicyChange Why = "policy" // 45 CFR 164.530(b)(2)(i)(C)
	SystemChange Why = "system"
	LawChange    Why = "law"
	Remedial     Why = "remedial"
	Phished      Why = "phishing" // an exercise was clicked
)

// English says the reason in words.
func (w Why) English() string {
	switch w {
	case Hire:
		return "New here"
	case Asked:
		return "Asked of the role"
	case Yearly:
		return "It is time again"
	case PolicyChange:
		return "A policy changed"
	case SystemChange:
		return "The program changed"
	case LawChange:
		return "The law changed"
	case Phished:
		return "After an exercise with suspicious mail"
	}
	return "Assigned by hand"
}

// Assigned are the reasons for which somebody assigns a course by hand.
func Assigned() []Why { return []Why{Remedial} }

// The states of an assignment.
const (
	Open      = policy.Open
	Done      = "done"
	Withdrawn = "withdrawn"
)

// Assignment is a course that one worker is to take besides what the curriculum
// of their role asks for.
type Assignment struct {
	Worker  string    `class:"workforce" doc:"Id of the worker who is to take it."`
	Course  string    `class:"workforce" doc:"Code of the course."`
	Why     Why       `class:"workforce" doc:"Why it is to be taken."`
	Change  string    `class:"workforce" doc:"Id of the change that it is for; empty for none."`
	Due     time.Time `class:"workforce" doc:"Until when it is to be taken."`
	At      time.Time `class:"workforce" doc:"When it was assigned."`
	By      string    `class:"workforce" doc:"Id of who assigned it."`
	Status  string    `class:"workforce" doc:"Open, done or withdrawn."`
	DoneAt  time.Time `class:"workforce" doc:"When it was done or withdrawn."`
	Attempt string    `class:"workforce" doc:"Id of the attempt by which it was done."`
}

// AssignmentKind keeps assignments.
var AssignmentKind = record.Define(record.Kind[Assignment]{
	Name:      "assignment",
	Doc:       "A course that one worker is to take, and why.",
	Retention: "workforce",
	Labels: func(a Assignment) record.Labels {
		return record.Labels{State: a.Status, Owner: a.Worker, Tag: a.Course, Ref: a.Change, At: a.At, Due: a.Due}
	},
})

// Turn is a choice made in a scenario.
type Turn struct {
	Scenario int `cbor:"s,omitzero"`
	Decision int `cbor:"d,omitzero"`
	Choice   int `cbor:"c,omitzero"`
}

// Answer is what was chosen at a question of the bank.
type Answer struct {
	Question int   `cbor:"q,omitzero"`
	Chosen   []int `cbor:"c,omitempty"`
}

// The states of an attempt.
const (
	Going  = Open
	Passed = "passed"
	Failed = "failed"
)

// Attempt is one worker taking a course once.
type Attempt struct {
	Worker   string             `class:"workforce" doc:"Id of the worker who takes it."`
	Course   string             `class:"workforce" doc:"Code of the course."`
	Edition  record.ID[Edition] `class:"workforce" doc:"The edition of the course."`
	Number   int                `class:"workforce" doc:"The number of the edition."`
	Started  time.Time          `class:"workforce" doc:"When it was begun."`
	Seen     time.Time          `class:"workforce" doc:"When it was last worked on."`
	Spent    time.Duration      `class:"workforce" doc:"Time spent on it; pauses beyond fifteen minutes do not count."`
	Step     int                `class:"workforce" doc:"How far it has come."`
	Drawn    []int              `class:"workforce" doc:"The questions drawn from the bank, in the order they are asked."`
	Turns    []Turn             `class:"workforce" doc:"What was chosen in scenarios, each time the first choice."`
	Answers  []Answer           `class:"workforce" doc:"What was answered."`
	Status   string             `class:"workforce" doc:"Open, passed or failed."`
	Finished time.Time          `class:"workforce" doc:"When it was handed in."`
	Score    int                `class:"workforce" doc:"Per cent of the questions answered right."`
	Until    time.Time          `class:"workforce" doc:"Until when what was passed holds, as was asked for then; none for good."`
	Paper    int64              `class:"workforce" doc:"Number of the certificate."`
}

// AttemptID is the opaque id of an attempt.
type AttemptID = record.ID[Attempt]

// OpenedAttempt is an attempt as the asker may see it.
type OpenedAttempt = record.Opened[Attempt]

// AttemptKind keeps attempts.
var AttemptKind = record.Define(record.Kind[Attempt]{
	Name:      "attempt",
	Doc:       "One worker taking a course once: answers, score, time spent.",
	Retention: "workforce",
	Labels: func(a Attempt) record.Labels {
		return record.Labels{State: a.Status, Owner: a.Worker, Tag: a.Course, Ref: a.Edition.String(), At: a.Finished, Due: a.Until}
	},
	// What was passed stays so; when it is to be taken again is the requirement's.
	Facts: func(_ string, _ record.Subject, a Attempt) []record.Fact {
		if a.Status != Passed {
			return nil
		}
		return []record.Fact{record.Holding(a.Worker, requirement(a.Course), a.Finished, time.Time{})}
	},
})

// Change is something that changed and that staff are trained on.
type Change struct {
	Why     Why          `class:"program" doc:"Whether a policy, the program or the law changed."`
	Title   string       `class:"program" doc:"What changed, in a few words."`
	Words   string       `class:"program" doc:"What it means for the work."`
	Cite    string       `class:"program" doc:"The paragraph of law or the policy."`
	Courses []string     `class:"program" doc:"Codes of the courses to be taken."`
	Roles   []actor.Role `class:"program" doc:"The roles that it affects."`
	Workers []string     `class:"program" doc:"Ids of workers whom it affects besides."`
	Due     time.Time    `class:"program" doc:"Until when the courses are to be taken."`
	At      time.Time    `class:"program" doc:"When it was announced."`
	By      string       `class:"program" doc:"Id of who announced it."`
	Count   int          `class:"program" doc:"How many workers it was assigned to."`
}

// ChangeKind keeps changes.
var ChangeKind = record.Define(record.Kind[Change]{
	Name:      "training",
	Doc:       "A change of a policy, of the program or of the law that staff are trained on.",
	Retention: "program",
	Labels:    func(c Change) record.Labels { return record.Labels{Tag: string(c.Why), At: c.At} },
})

// Steps of an attempt: first the lessons, then the decisions of the scenarios, then
// the questions that were drawn, then handing in.

// Place is where a step leads: exactly one of its parts.
type Place struct {
	Lesson             int // from 0; -1 for none
	Scenario, Decision int // -1 for none
	Question           int // place among those drawn; -1 for none
	End                bool
}

// Steps is how many steps an attempt at a course has, handing in included.
func Steps(c Course, drawn int) int {
	n := len(c.Lessons) + drawn + 1
	for _, s := range c.Scenarios {
		n += len(s.Decisions)
	}
	return n
}

// At is the place of a step.
func At(c Course, drawn, step int) Place {
	p := Place{Lesson: -1, Scenario: -1, Decision: -1, Question: -1}
	if step < len(c.Lessons) {
		p.Lesson = max(step, 0)
		return p
	}
	step -= len(c.Lessons)
	for i, s := range c.Scenarios {
		if step < len(s.Decisions) {
			p.Scenario, p.Decision = i, step
			return p
		}
		step -= len(s.Decisions)
	}
	if step < drawn {
		p.Question = step
	} else {
		p.End = true
	}
	return p
}

// Asks is how many questions the test of a course has.
func Asks(c Course) int { return min(asked(c.Form), len(c.Questions)) }

// asked is how many questions a test has at most.
func asked(f Form) int {
	if f == Micro {
		return 5
	}
	return 10
}

// draw takes questions out of the bank in an order that the seed gives: the same
// seed asks the same questions.
func draw(seed string, bank, most int) []int {
	type keyed struct {
		key uint64
		n   int
	}
	all := make([]keyed, bank)
	for i := range all {
		h := sha256.Sum256(binary.BigEndian.AppendUint64([]byte(seed+"\x00"), uint64(i)))
		all[i] = keyed{binary.BigEndian.Uint64(h[:8]), i}
	}
	order.By(all, func(a, b keyed) int {
		switch {
		case a.key < b.key:
			return -1
		case a.key > b.key:
			return 1
		}
		return a.n - b.n
	})
	out := make([]int, 0, most)
	for _, k := range all[:min(most, bank)] {
		out = append(out, k.n)
	}
	return out
}

// Chosen is what was answered at a question of the bank; ok tells whether anything was.
func (a Attempt) Chosen(question int) (chosen []int, ok bool) {
	i := slices.IndexFunc(a.Answers, func(x Answer) bool { return x.Question == question })
	if i < 0 {
		return nil, false
	}
	return a.Answers[i].Chosen, true
}

// Turned is what was chosen at a decision of a scenario.
func (a Attempt) Turned(scenario, decision int) (choice int, ok bool) {
	i := slices.IndexFunc(a.Turns, func(t Turn) bool { return t.Scenario == scenario && t.Decision == decision })
	if i < 0 {
		return 0, false
	}
	return a.Turns[i].Choice, true
}

// score is the per cent of the drawn questions that were answered right, rounded
// down: who is short of the mark has not reached it.
func (a Attempt) score(c Course) int {
	right := 0
	for _, q := range a.Drawn {
		if chosen, ok := a.Chosen(q); ok && q < len(c.Questions) && c.Questions[q].Right(chosen) {
			right++
		}
	}
	return right * 100 / max(len(a.Drawn), 1)
}

// Minutes is the time spent, in whole minutes, at least one.
func (a Attempt) Minutes() int { return max(int(a.Spent.Round(time.Minute)/time.Minute), 1) }
