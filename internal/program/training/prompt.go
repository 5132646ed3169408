package training

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// Moment is a moment of risk: there one short question is asked, and why is said.
type Moment string

// The moments. What an emergency needs is never held up: there the question comes
// after, and waits.
const (
	BeforeExport Moment = "export"
	BeforePrint  Moment = "print"
	AfterGlass   Moment = "glass"
)

// Moments lists the moments in the order screens show them.
func Moments() []Moment { return []Moment{BeforeExport, BeforePrint, AfterGlass} }

// English says the moment in words.
func (m Moment) English() string {
	switch m {
	case BeforePrint:
		return "Before a chart is printed"
	case AfterGlass:
		return "After emergency access"
	}
	return "Before a report is saved as a file"
}

// Every how many days a question of one moment is asked of one person at most: agency
// practice.
const (
	PromptDays    = 7
	mostPromptDay = 365
)

// Prompt is a question with the situation it is set in, in the languages it is
// written in.
type Prompt struct {
	En, Es string
}

// In is the question in a language, as a course of one scenario with one decision.
func (p Prompt) In(lang string) Course {
	text := p.En
	if lang == "es" && p.Es != "" {
		text = p.Es
	}
	c, _ := ParsePrompt(text)
	return c
}

// ParsePrompt reads the question of a moment. It is written as a course is, and has
// nothing but a scenario, which has one decision of two or three choices with one of
// them right. Its code begins with the moment.
func ParsePrompt(text string) (Course, []Problem) {
	p := &parser{lines: strings.Split(text, "\n")}
	p.scan()
	p.head()
	p.body()
	if len(p.c.Lessons)+len(p.c.Questions) > 0 || len(p.c.Scenarios) != 1 || len(p.c.Scenarios[0].Decisions) != 1 {
		p.bad(0, "A prompt is one scenario with one decision.")
	} else if cs := p.c.Scenarios[0].Decisions[0].Choices; len(cs) > 3 || right(cs) < 0 {
		p.bad(0, "A prompt has two or three choices, one of them right.")
	}
	if !slices.Contains(Moments(), momentOf(p.c.Code)) {
		p.bad(0, "The code of a prompt begins with its moment: export, print or glass.")
	}
	return p.c, p.problems
}

// right is the place of the one choice that is right, -1 if there is not exactly one.
func right(cs []Choice) int {
	at := -1
	for i, c := range cs {
		if c.Right && at >= 0 {
			return -1
		} else if c.Right {
			at = i
		}
	}
	return at
}

// momentOf is the moment that a prompt's code begins with.
func momentOf(code string) Moment {
	m, _, _ := strings.Cut(code, "-")
	return Moment(m)
}

// What came of asking, as the label says it.
const (
	Rightly = "right"
	Wrongly = "wrong"
)

// Asking is that a question was put to somebody at a moment of risk.
type Asking struct {
	Worker   string    `class:"workforce" doc:"Id of the worker who was asked."`
	Moment   Moment    `class:"workforce" doc:"At what: an export, a print, an emergency access."`
	Prompt   string    `class:"workforce" doc:"Code of the question."`
	Hash     string    `class:"workforce" doc:"SHA-256 of its English text, in hexadecimal."`
	Asked    time.Time `class:"workforce" doc:"When it was put."`
	Status   string    `class:"workforce" doc:"Open, or answered right or wrong."`
	Chosen   int       `class:"workforce" doc:"Place of the answer chosen, from 0."`
	Answered time.Time `class:"workforce" doc:"When it was answered."`
}

// AskingID is the opaque id of a question that was put to somebody.
type AskingID = record.ID[Asking]

// OpenedAsking is one as the asker may see it.
type OpenedAsking = record.Opened[Asking]

// AskingKind keeps what was asked at moments of risk, and answered.
var AskingKind = record.Define(record.Kind[Asking]{
	Name:      "prompt",
	Doc:       "A question put to somebody at a moment of risk, and the answer.",
	Retention: "workforce",
	Labels: func(a Asking) record.Labels {
		return record.Labels{State: a.Status, Owner: a.Worker, Tag: string(a.Moment), At: a.Asked, Due: a.Answered}
	},
})

// The states of a rule of prompts, as the label says them.
const (
	promptsOn  = "on"
	promptsOff = "off"
)

// PromptRule is how an agency has the question of a moment asked. All of it is agency
// practice: no law asks for the question or sets how often.
type PromptRule struct {
	Moment Moment `class:"program" doc:"The moment of risk."`
	Off    bool   `class:"program" doc:"Whether nothing is asked at it."`
	Days   int    `class:"program" doc:"Every how many days one person is asked at most."`
}

// PromptRuleKind keeps how questions are asked at moments of risk.
var PromptRuleKind = record.Define(record.Kind[PromptRule]{
	Name:      "prompting",
	Doc:       "Whether, and how often at most, a question is asked at a moment of risk.",
	Retention: "program",
	Labels: func(r PromptRule) record.Labels {
		state := promptsOn
		if r.Off {
			state = promptsOff
		}
		return record.Labels{State: state, Tag: string(r.Moment), Ext: "prompting/" + string(r.Moment)}
	},
})

// Prompts gives the questions that are asked at moments of risk; none is asked before.
func (t *Training) Prompts(all func() []Prompt) {
	t.prompts = sync.OnceValue(func() map[Moment][]Prompt {
		out := map[Moment][]Prompt{}
		for _, p := range all() {
			m := momentOf(p.In("en").Code)
			out[m] = append(out[m], p)
		}
		return out
	})
}

// PromptRules are how questions are asked, one for each moment, with the version of
// those that were set.
func (t *Training) PromptRules(ctx context.Context, who actor.Actor) ([]record.Opened[PromptRule], error) {
	rows, err := t.rules.Every(ctx, who, record.Query{})
	if err != nil {
		return nil, err
	}
	var out []record.Opened[PromptRule]
	for _, m := range Moments() {
		out = append(out, ruled(rows, m))
	}
	return out, nil
}

func ruled(rows []record.Opened[PromptRule], m Moment) record.Opened[PromptRule] {
	if i := slices.IndexFunc(rows, func(o record.Opened[PromptRule]) bool { return o.Value.Moment == m }); i >= 0 {
		return rows[i]
	}
	return record.Opened[PromptRule]{Value: PromptRule{Moment: m, Days: PromptDays}}
}

// SetPrompt sets how the question of a moment is asked. version is the one that was
// seen, 0 if it was never set. Errors: Invalid with fields, Conflict, Denied.
func (t *Training) SetPrompt(ctx context.Context, who actor.Actor, version int64, r PromptRule) error {
	const op = "prompting.change"
	if !slices.Contains(Moments(), r.Moment) {
		return fault.NotFoundf(op)
	}
	if r.Days < 1 || r.Days > mostPromptDay {
		return fault.InvalidFields(op, fault.Field{Name: "days", Message: "Give a number of days from 1 to 365."})
	}
	rows, err := t.rules.Every(ctx, who, record.Query{Tag: string(r.Moment)})
	if err != nil {
		return err
	}
	now := ruled(rows, r.Moment)
	if now.Version != version {
		return fault.Conflictf(op, "somebody else changed it since you opened it")
	}
	w := t.door.Work(who, op)
	if version == 0 {
		t.rules.CreateAs(w, op, record.Subject{}, r)
	} else {
		t.rules.Change(w, "change", now.ID, version, func(old *PromptRule) error {
			*old = r
			return nil
		})
	}
	return w.Commit(ctx)
}

// askedAlready is how many of the questions put to somebody at one moment are looked
// at: enough to see whether one was answered lately.
const askedAlready = 20

// Ask puts the question of a moment to the asker, if it is time: none was answered in
// the days that the agency says, counted in its zone, so that a week is a week when
// the clocks change. One that waits is put again. ok tells whether there is one.
// Errors: Denied.
func (t *Training) Ask(ctx context.Context, who actor.Actor, m Moment, zone *time.Location) (id AskingID, ok bool, err error) {
	if t.prompts == nil || len(t.prompts()[m]) == 0 {
		return id, false, nil
	}
	v := t.door.View(who, "prompt.find")
	rules := t.rules.WantAll(v, record.Query{Tag: string(m), Limit: 1})
	before := t.askings.WantAll(v, record.Query{Owner: who.Worker(), Tag: string(m), Limit: askedAlready})
	if err := v.Open(ctx); err != nil {
		return id, false, err
	}
	rule := ruled(rules.Rows, m).Value
	if rule.Off {
		return id, false, nil
	}
	now, last := t.door.Clock().Now(), time.Time{}
	for _, o := range before.Rows {
		if o.Value.Answered.After(last) {
			last = o.Value.Answered
		}
		if o.Value.Status == Open && id.IsZero() {
			id = o.ID
		}
	}
	if !last.IsZero() && now.Before(last.In(zone).AddDate(0, 0, rule.Days)) {
		return AskingID{}, false, nil
	}
	if !id.IsZero() {
		return id, true, nil
	}
	// Each time another one, in turn.
	ps := t.prompts()[m]
	p := ps[len(before.Rows)%len(ps)]
	w := t.door.Work(who, "prompt.ask")
	id = t.askings.CreateAs(w, "prompt.ask", record.Subject{}, Asking{
		Worker: who.Worker(), Moment: m, Prompt: p.In("en").Code, Hash: hashOf(p.En), Asked: now, Status: Open,
	})
	return id, true, w.Commit(ctx)
}

// hashOf tells one version of a text from another.
func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:])
}

// Waiting reports whether a question of a moment waits for the asker. It opens nothing.
func (t *Training) Waiting(ctx context.Context, who actor.Actor, m Moment) (bool, error) {
	if t.prompts == nil || !who.Valid() {
		return false, nil
	}
	n, err := t.askings.Tally(ctx, who, record.Query{Owner: who.Worker(), State: Open, Tag: string(m)})
	if err != nil || n == 0 {
		return false, err
	}
	off, err := t.rules.Tally(ctx, who, record.Query{State: promptsOff, Tag: string(m)})
	return off == 0, err
}

// Asked returns a question that was put to the asker. NotFound: there is none, or its
// text is gone with an older release.
func (t *Training) Asked(ctx context.Context, who actor.Actor, id AskingID) (OpenedAsking, Prompt, error) {
	const op = "prompt.read"
	o, err := t.askings.Read(ctx, who, id)
	if err != nil {
		return o, Prompt{}, err
	}
	if t.prompts != nil {
		for _, p := range t.prompts()[o.Value.Moment] {
			if p.In("en").Code == o.Value.Prompt {
				return o, p, nil
			}
		}
	}
	return o, Prompt{}, fault.NotFoundf(op)
}

// Reply keeps the answer to a question that was put to the asker. Right or wrong, it
// refuses nothing; the first answer counts. Errors: Invalid with the field "answer",
// Conflict if it was answered, Denied, NotFound.
func (t *Training) Reply(ctx context.Context, who actor.Actor, id AskingID, chosen int) error {
	const op = "prompt.answer"
	_, p, err := t.Asked(ctx, who, id)
	if err != nil {
		return err
	}
	cs := p.In("en").Scenarios[0].Decisions[0].Choices
	if chosen < 0 || chosen >= len(cs) {
		return fault.InvalidFields(op, fault.Field{Name: "answer", Message: "Choose an answer first."})
	}
	now := t.door.Clock().Now()
	w := t.door.Work(who, op)
	t.askings.Change(w, "answer", id, 0, func(a *Asking) error {
		if a.Status != Open {
			return fault.Conflictf(op, "it was answered already")
		}
		a.Chosen, a.Answered, a.Status, a.Hash = chosen, now, Wrongly, hashOf(p.En)
		if cs[chosen].Right {
			a.Status = Rightly
		}
		return nil
	})
	return w.Commit(ctx)
}

// PromptFigures is what came of the questions of a moment in the last twelve months.
type PromptFigures struct {
	Moment                 Moment
	Asked, Answered, Wrong int
}

// countPrompts counts.
func countPrompts(now time.Time, all []OpenedAsking) (out []PromptFigures) {
	for _, m := range Moments() {
		f := PromptFigures{Moment: m}
		for _, o := range all {
			v := o.Value
			if v.Moment != m || v.Asked.Before(now.AddDate(-1, 0, 0)) {
				continue
			}
			f.Asked++
			if v.Status != Open {
				f.Answered++
			}
			if v.Status == Wrongly {
				f.Wrong++
			}
		}
		out = append(out, f)
	}
	return out
}
