package plan

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

const (
	maxTitle = 200
	maxWords = 4000
	maxGoals = 60
	maxSteps = 60
)

// Details is what a form says of a plan as a whole. Days are as typed.
type Details struct {
	Title, From, Until, ReviewOn phi.Text
	Matters, Strengths, Barriers phi.Text
	Part2                        bool // once it is, it stays
}

// GoalInput is what a form says of one goal. Days are as typed.
type GoalInput struct {
	Key                     string
	Area                    Domain
	Text, Measure, Baseline phi.Text
	Target                  phi.Text
	Priority                Priority
	// State and Reason are left as they are where State is empty.
	State  GoalState
	Reason phi.Text
	// Steps are the first steps of a goal that is new.
	Steps []StepInput
}

// Field is the name of a field of a goal in a form and in what is wrong with it.
func (in GoalInput) Field(name string) string { return GoalField(in.Key, name) }

// GoalField is the name of a field of the goal with this key.
func GoalField(key, name string) string { return "g." + key + "." + name }

// blank reports whether nothing was filled in.
func (in GoalInput) blank() bool {
	return in.Text.Empty() && in.Measure.Empty() && in.Baseline.Empty() && in.Target.Empty()
}

// Edit is what a form says of a plan: of the whole, of some of its goals, or of
// both. What it does not speak of stays.
type Edit struct {
	Details *Details
	Goals   []GoalInput
	Today   phi.Date // the agency's date
}

// Beginning is what a new plan begins with.
type Beginning struct {
	Details
	New   ID // carried by the form, so that one sent twice makes one plan; may be zero
	Goals []GoalInput
	Case  casefile.ID // the case it serves; may be zero
	Today phi.Date    // the agency's date
}

// problems collects what is wrong with a form.
type problems []fault.Field

func (b *problems) add(name, message string) {
	*b = append(*b, fault.Field{Name: name, Message: message})
}

func (b *problems) long(name string, t phi.Text, most int) {
	if utf8.RuneCountInString(t.Disclose()) > most {
		b.add(name, fmt.Sprintf("Keep this to %d characters.", most))
	}
}

// day reads a day as typed; an empty one is no day.
func (b *problems) day(name string, t phi.Text) phi.Date {
	if t.Empty() {
		return phi.Date{}
	}
	d, err := phi.ParseDate(t.Disclose())
	y, m, day := d.Disclose()
	if err != nil || m == 0 || day == 0 || y < 1900 || y > 2200 {
		b.add(name, "Enter a whole date, with day, month and year.")
		return phi.Date{}
	}
	return d
}

func (b problems) err(op string) error {
	if len(b) == 0 {
		return nil
	}
	return fault.InvalidFields(op, b...)
}

// after reports whether a is a later day than b; both must be known.
func after(a, b phi.Date) bool { return midnight(a).After(midnight(b)) }

// put writes the details into p.
func (in Details) put(p *Plan, b *problems) {
	if in.Title.Empty() {
		b.add("title", "Give the plan a title.")
	}
	b.long("title", in.Title, maxTitle)
	from, until := b.day("from", in.From), b.day("until", in.Until)
	if in.From.Empty() {
		b.add("from", "Enter the day the plan begins.")
	}
	if !from.Empty() && !until.Empty() && after(from, until) {
		b.add("until", "The plan ends before it begins.")
	}
	b.long("matters", in.Matters, maxWords)
	b.long("strengths", in.Strengths, maxWords)
	b.long("barriers", in.Barriers, maxWords)
	p.Title, p.From, p.Until, p.Matters, p.Strengths, p.Barriers = in.Title, from, until, in.Matters, in.Strengths, in.Barriers
	p.Part2 = p.Part2 || in.Part2
	// The day of the review of a plan in force is set by a review.
	if p.Stage == Drafted {
		p.ReviewOn = b.day("review_on", in.ReviewOn)
	}
}

// put writes what the form says of a goal into g.
func (in GoalInput) put(g *Goal, whole bool, today phi.Date, b *problems) {
	if in.Text.Empty() {
		b.add(in.Field("text"), "Write the goal, or drop it with a reason.")
	}
	if in.Area != "" && !among(Domains(), in.Area) || in.Area == "" && whole {
		b.add(in.Field("area"), "Choose the part of life that the goal is about.")
	}
	if in.Priority != "" && !among(Priorities(), in.Priority) {
		b.add(in.Field("priority"), "Choose a priority from the list.")
	}
	b.long(in.Field("text"), in.Text, maxWords)
	b.long(in.Field("measure"), in.Measure, maxWords)
	b.long(in.Field("baseline"), in.Baseline, maxWords)
	b.long(in.Field("reason"), in.Reason, maxWords)
	g.Key, g.Area, g.Text, g.Measure, g.Baseline, g.Priority = in.Key, in.Area, in.Text, in.Measure, in.Baseline, in.Priority
	g.TargetOn = b.day(in.Field("target"), in.Target)
	if in.State == "" {
		return
	}
	if !among(GoalStates(), in.State) {
		b.add(in.Field("state"), "Choose where the goal stands.")
	}
	if in.State == Dropped && in.Reason.Empty() {
		b.add(in.Field("reason"), "Say why the goal is dropped.")
	}
	g.settle(in.State, in.Reason, today)
}

// settle moves a goal to a state, on a day.
func (g *Goal) settle(s GoalState, reason phi.Text, on phi.Date) {
	switch {
	case s.Open():
		g.EndedOn = phi.Date{}
	case g.State != s || g.EndedOn.Empty():
		g.EndedOn = on
	}
	g.State, g.Reason = s, reason
}

func among[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

// goals writes what a form says of some goals into p: those it has are changed,
// others are added, and one that was left blank is not there.
func (p *Plan) goals(in []GoalInput, today phi.Date, b *problems) {
	for _, x := range in {
		g := p.goal(x.Key)
		switch {
		case g == nil && x.blank():
			continue
		case g == nil && (!known(x.Key) || len(p.Goals) >= maxGoals):
			b.add("", "This goal cannot be added. Load the page again.")
			continue
		case g == nil:
			p.Goals = append(p.Goals, Goal{State: Underway, StartOn: today})
			g = &p.Goals[len(p.Goals)-1]
			x.begin(g, today, b)
		}
		x.put(g, p.Stage == InForce, today, b)
	}
}

// begin adds the first steps of a new goal.
func (in GoalInput) begin(g *Goal, today phi.Date, b *problems) {
	for _, x := range in.Steps {
		if !known(x.Key) || len(g.Interventions) >= maxSteps {
			b.add("", "This step cannot be added. Load the page again.")
			continue
		}
		var of problems
		s := Intervention{Key: x.Key}
		x.put(&s, today, &of)
		for _, f := range of {
			if f.Name == "text" {
				f.Name = "step"
			}
			b.add(in.Field(f.Name), f.Message)
		}
		g.Interventions = append(g.Interventions, s)
	}
}

// Start keeps a new plan as a draft; sent twice with one id it is one.
func (ps *Plans) Start(ctx context.Context, who actor.Actor, client person.ID, in Beginning) (ID, error) {
	const op = "plan.create"
	p := Plan{Stage: Drafted, Case: in.Case, RevisedAt: ps.door.Clock().Now()}
	var bad problems
	in.Details.put(&p, &bad)
	p.goals(in.Goals, in.Today, &bad)
	if err := bad.err(op); err != nil {
		return ID{}, err
	}
	return ps.once(ctx, who, client, in.New, p)
}

// change makes a new version of an open plan of a client. what says in the log
// what was done.
func (ps *Plans) change(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, what string, edit func(*Plan) error) error {
	w := ps.door.Work(who, "plan.change")
	w.Detail("change", what)
	ps.changeIn(w, client, id, version, edit)
	return w.Commit(ctx)
}

func (ps *Plans) changeIn(w *record.Work, client person.ID, id ID, version int64, edit func(*Plan) error) {
	now := ps.door.Clock().Now()
	ps.records.ChangeOf(w, "change", record.SubjectOf(client), id, version, func(p *Plan) error {
		if p.Imported() {
			return problems{{Message: "An imported plan stays as its source says. Copy it into a new plan to work on it."}}.err("plan.change")
		}
		if !p.Open() {
			return problems{{Message: "The plan has ended. Begin a new one from it."}}.err("plan.change")
		}
		before := p.words()
		if err := edit(p); err != nil {
			return err
		}
		p.revise(before, now)
		return nil
	})
}

// Edit changes what an open plan says, at the version the form was made from.
// Errors: Invalid with fields named as in the form, Conflict, Denied, NotFound.
func (ps *Plans) Edit(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Edit) error {
	return ps.change(ctx, who, client, id, version, "edit", func(p *Plan) error {
		var bad problems
		if in.Details != nil {
			in.Details.put(p, &bad)
		}
		p.goals(in.Goals, in.Today, &bad)
		return bad.err("plan.change")
	})
}

// AddGoal adds a goal to an open plan, whatever else was changed in it. One that
// the plan has by its key already is left as it is.
func (ps *Plans) AddGoal(ctx context.Context, who actor.Actor, client person.ID, id ID, in GoalInput, today phi.Date) error {
	return ps.change(ctx, who, client, id, 0, "goal", func(p *Plan) error {
		if p.goal(in.Key) != nil {
			return nil
		}
		var bad problems
		if in.blank() {
			bad.add(in.Field("text"), "Write the goal.")
		}
		p.goals([]GoalInput{in}, today, &bad)
		return bad.err("plan.change")
	})
}

// Remove takes a goal out of a draft, at the version the asker saw. A plan in
// force drops its goals and keeps them.
func (ps *Plans) Remove(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, key string) error {
	return ps.change(ctx, who, client, id, version, "goal", func(p *Plan) error {
		if p.Stage != Drafted {
			return problems{{Message: "The plan is in force: drop the goal with a reason."}}.err("plan.change")
		}
		rest := []Goal{}
		for _, g := range p.Goals {
			if g.Key != key {
				rest = append(rest, g)
			}
		}
		p.Goals = rest
		return nil
	})
}

// StepInput is what a form says of a step. Days are as typed.
type StepInput struct {
	Key             string
	Text            phi.Text
	Who             Party
	With, Frequency phi.Text
	Due             phi.Text
	State           StepState
}

func (in StepInput) put(s *Intervention, today phi.Date, b *problems) {
	if in.Text.Empty() {
		b.add("text", "Write what is to be done.")
	}
	b.long("text", in.Text, maxWords)
	b.long("with", in.With, maxTitle)
	b.long("frequency", in.Frequency, maxTitle)
	if !among(Parties(), in.Who) {
		b.add("who", "Choose who does it.")
	}
	if !among(StepStates(), in.State) {
		b.add("state", "Choose where the step stands.")
	}
	if in.Who == ByOutside && in.With.Empty() {
		b.add("with", "Say who outside does it.")
	}
	s.Text, s.Who, s.With, s.Frequency, s.DueOn = in.Text, in.Who, in.With, in.Frequency, b.day("due", in.Due)
	s.settle(in.State, today)
}

func (s *Intervention) settle(to StepState, on phi.Date) {
	switch {
	case to != StepDone:
		s.DoneOn = phi.Date{}
	case s.State != StepDone || s.DoneOn.Empty():
		s.DoneOn = on
	}
	s.State = to
}

// ofGoal changes one goal of an open plan at a version; 0 for the newest.
func (ps *Plans) ofGoal(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, what, key string, edit func(*Plan, *Goal) error) error {
	return ps.change(ctx, who, client, id, version, what, func(p *Plan) error {
		g := p.goal(key)
		if g == nil {
			return fault.NotFoundf("plan.change")
		}
		return edit(p, g)
	})
}

// AddStep adds a step to a goal, whatever else was changed. One that the goal
// has by its key already is left as it is.
func (ps *Plans) AddStep(ctx context.Context, who actor.Actor, client person.ID, id ID, goal string, in StepInput, today phi.Date) error {
	return ps.ofGoal(ctx, who, client, id, 0, "step", goal, func(p *Plan, g *Goal) error {
		if g.step(in.Key) != nil {
			return nil
		}
		var bad problems
		if !known(in.Key) || len(g.Interventions) >= maxSteps {
			bad.add("", "This step cannot be added. Load the page again.")
		}
		s := Intervention{Key: in.Key}
		in.put(&s, today, &bad)
		g.Interventions = append(g.Interventions, s)
		return bad.err("plan.change")
	})
}

// EditStep changes a step, at the version the form was made from.
func (ps *Plans) EditStep(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, goal string, in StepInput, today phi.Date) error {
	return ps.ofGoal(ctx, who, client, id, version, "step", goal, func(p *Plan, g *Goal) error {
		s := g.step(in.Key)
		if s == nil {
			return fault.NotFoundf("plan.change")
		}
		var bad problems
		in.put(s, today, &bad)
		return bad.err("plan.change")
	})
}

// MarkStep says that a step is done, or is not after all. It is no revision of
// the plan: the client agreed to the step, not to its day.
func (ps *Plans) MarkStep(ctx context.Context, who actor.Actor, client person.ID, id ID, goal, step string, to StepState, today phi.Date) error {
	return ps.ofGoal(ctx, who, client, id, 0, "step", goal, func(_ *Plan, g *Goal) error {
		s := g.step(step)
		if s == nil {
			return fault.NotFoundf("plan.change")
		}
		if !among(StepStates(), to) {
			return problems{{Name: "state", Message: "Choose where the step stands."}}.err("plan.change")
		}
		s.settle(to, today)
		return nil
	})
}

// ProgressInput is what a form says of how far a goal has come. The day and the
// rating are as typed.
type ProgressInput struct {
	Key    string
	On     phi.Text
	Rating phi.Text // "-2" to "2", or empty
	Words  phi.Text
	Step   string   // key of a step that is done now, too; empty for none
	Today  phi.Date // the agency's date
}

// Log enters how far a goal has come, whatever else was changed. An entry that
// the goal has by its key already is left as it is.
func (ps *Plans) Log(ctx context.Context, who actor.Actor, client person.ID, id ID, goal string, in ProgressInput) error {
	now := ps.door.Clock().Now()
	return ps.ofGoal(ctx, who, client, id, 0, "progress", goal, func(p *Plan, g *Goal) error {
		for _, x := range g.Progress {
			if x.Key == in.Key {
				return nil
			}
		}
		var bad problems
		if !known(in.Key) {
			bad.add("", "This entry cannot be added. Load the page again.")
		}
		if p.Stage != InForce {
			bad.add("", "Put the plan in force first; progress is entered after that.")
		}
		e := Progress{Key: in.Key, Words: in.Words, By: who.Worker(), At: now}
		e.On = bad.past("on", in.On, in.Today)
		e.Rating = rating(in.Rating)
		if e.Rating.Empty() && !in.Rating.Empty() {
			bad.add("rating", "Choose how far the goal has come.")
		}
		if e.Rating.Empty() && in.Words.Empty() {
			bad.add("rating", "Choose how far the goal has come, or say it in words.")
		}
		bad.long("words", in.Words, maxWords)
		g.Progress = append(g.Progress, e)
		if s := g.step(in.Step); s != nil {
			s.settle(StepDone, e.On)
		}
		return bad.err("plan.change")
	})
}

// past reads the day of something that happened.
func (b *problems) past(name string, t phi.Text, today phi.Date) phi.Date {
	d := b.day(name, t)
	switch {
	case t.Empty():
		b.add(name, "Enter the day.")
	case !d.Empty() && after(d, today):
		b.add(name, "The day is in the future.")
	}
	return d
}

func rating(t phi.Text) phi.Number {
	for n := int64(Lowest); n <= Highest; n++ {
		if t.Disclose() == fmt.Sprint(n) {
			return phi.NewNumber(n)
		}
	}
	return phi.Number{}
}

// Strike strikes out an entry of progress that is wrong. It stays, with who
// struck it out and why, and counts no more.
func (ps *Plans) Strike(ctx context.Context, who actor.Actor, client person.ID, id ID, goal, entry string, why phi.Text) error {
	now := ps.door.Clock().Now()
	return ps.ofGoal(ctx, who, client, id, 0, "strike", goal, func(_ *Plan, g *Goal) error {
		for i := range g.Progress {
			x := &g.Progress[i]
			if x.Key != entry || x.Struck() {
				continue
			}
			var bad problems
			if why.Empty() {
				bad.add("why", "Say what is wrong with the entry.")
			}
			bad.long("why", why, maxWords)
			x.StruckBy, x.StruckAt, x.Why = who.Worker(), now, why
			return bad.err("plan.change")
		}
		return fault.NotFoundf("plan.change")
	})
}

// Date is the day of a moment in its own zone.
func Date(t time.Time) phi.Date {
	y, m, d := t.Date()
	return phi.NewDate(y, int(m), d)
}
