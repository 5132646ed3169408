package plan

import (
	"context"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// What the worker of a case is told when a colleague does it.
const (
	WhatBegun    notice.What = "plan_begun"
	WhatReviewed notice.What = "plan_reviewed"
	WhatEnded    notice.What = "plan_ended"
)

// Served is the case that a plan serves, as the asker sees it; the zero Served
// where there is none. The day of the next review is set in it, and its worker
// is told.
type Served struct {
	Case   casefile.ID
	Worker string
}

// AgreementInput is what a form says of the client's answer. The day is as typed.
type AgreementInput struct {
	Answer Answer // NotAsked where the client is to be asked later
	On     phi.Text
	How    How
	Words  phi.Text
	Today  phi.Date // the agency's date
}

func (in AgreementInput) read(b *problems) Agreement {
	a := Agreement{Answer: in.Answer, Words: in.Words}
	if !among(Answers(), in.Answer) {
		b.add("answer", "Choose what the client said.")
	}
	a.On = b.past("agreed_on", in.On, in.Today)
	switch {
	case in.Answer != Unable && !among(Ways(), in.How):
		b.add("how", "Choose how the client answered.")
	case among(Ways(), in.How):
		a.How = in.How
	}
	if in.Answer == Unable && in.Words.Empty() {
		b.add("words", "Say why the client could not answer.")
	}
	b.long("words", in.Words, maxWords)
	return a
}

// BeginInput is what is needed to put a draft in force. The day is as typed.
type BeginInput struct {
	ReviewOn  phi.Text
	Agreement AgreementInput // its Answer may be NotAsked
	Served    Served
	// Supersedes is the plan that the draft was copied from, where that is in
	// force; it ends with the same work.
	Supersedes ID
	Today      phi.Date // the agency's date
}

// Begin puts a draft in force, at the version the asker saw, and with it what
// the client said to it. The plan it was copied from, if that is in force, is
// superseded in the same work. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (ps *Plans) Begin(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in BeginInput) error {
	const op = "plan.change"
	now := ps.door.Clock().Now()
	var bad problems
	next := bad.next("review_on", in.ReviewOn, in.Today)
	if next.Empty() && in.ReviewOn.Empty() {
		bad.add("review_on", "Enter the day the plan is to be reviewed.")
	}
	var a Agreement
	if in.Agreement.Answer != NotAsked {
		a = in.Agreement.read(&bad)
		a.By, a.At = who.Worker(), now
	}
	w := ps.door.Work(who, op)
	w.Detail("change", "begin")
	ps.changeIn(w, client, id, version, func(p *Plan) error {
		if p.Stage != Drafted {
			return problems{{Message: "The plan is in force already."}}.err(op)
		}
		if !in.Supersedes.IsZero() && p.Before != in.Supersedes {
			return fault.Conflictf(op, "the draft was copied from another plan")
		}
		bad := append(problems(nil), bad...)
		open := 0
		for _, g := range p.Goals {
			if !g.Open() {
				continue
			}
			open++
			if g.Area == "" {
				bad.add("", "Choose the part of life of every goal before the plan begins.")
				break
			}
		}
		if open == 0 {
			bad.add("", "Add at least one goal before the plan begins.")
		}
		if a.Answer != NotAsked {
			a.Revision, a.Revised = p.Revision, p.RevisedAt
		}
		p.Stage, p.Current, p.ReviewOn, p.Agreement, p.BegunAt, p.BegunBy = InForce, true, next, a, now, who.Worker()
		if p.Case.IsZero() {
			p.Case = in.Served.Case
		}
		return bad.err(op)
	})
	if !in.Supersedes.IsZero() {
		ps.records.ChangeOf(w, "change", record.SubjectOf(client), in.Supersedes, 0, func(p *Plan) error {
			if p.Imported() {
				return fault.Invalidf(op, "an imported plan ends where it came from")
			}
			if p.Stage == InForce {
				p.Stage, p.Current, p.EndedOn, p.ReviewOn = Superseded, false, in.Today, phi.Date{}
			}
			return nil
		})
	}
	days := []casefile.ReviewDay{{Plan: id.String(), On: next}}
	if !in.Supersedes.IsZero() {
		days = append(days, casefile.ReviewDay{Plan: in.Supersedes.String()})
	}
	if err := ps.serve(ctx, who, w, client, in.Served, WhatBegun, days...); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// serve sets the days of reviews in the case and tells its worker, in w.
func (ps *Plans) serve(ctx context.Context, who actor.Actor, w *record.Work, client person.ID, s Served, what notice.What, days ...casefile.ReviewDay) error {
	if s.Case.IsZero() {
		return nil
	}
	subject := record.SubjectOf(client)
	if err := ps.cases.PlanReviewDue(ctx, who, w, subject, s.Case, days...); err != nil {
		return err
	}
	ps.notices.Tell(w, who, subject, s.Worker, what, "/clients/"+client.String()+"/plan")
	return nil
}

// next reads the day of a review to come.
func (b *problems) next(name string, t phi.Text, today phi.Date) phi.Date {
	d := b.day(name, t)
	if !d.Empty() && !after(d, today) {
		b.add(name, "The next review is today or in the past; choose a day to come.")
	}
	return d
}

// Agree records what the client, or whoever decides for them, said to a plan in
// force as it stood at a revision; what was recorded before stays in the history.
// Conflict: the plan says something else by now, and nobody has agreed to that.
// What was only entered or ticked off meanwhile holds up nothing.
func (ps *Plans) Agree(ctx context.Context, who actor.Actor, client person.ID, id ID, revision int64, in AgreementInput) error {
	now := ps.door.Clock().Now()
	return ps.change(ctx, who, client, id, 0, "agreement", func(p *Plan) error {
		var bad problems
		if p.Stage == InForce && p.Revision != revision {
			return fault.Conflictf("plan.change", "the plan was changed since the client was asked")
		}
		if p.Stage != InForce {
			bad.add("", "Put the plan in force first.")
		}
		p.Agreement = in.read(&bad)
		p.Agreement.By, p.Agreement.At, p.Agreement.Revision, p.Agreement.Revised = who.Worker(), now, p.Revision, p.RevisedAt
		return bad.err("plan.change")
	})
}

// ReviewInput is what a form says of a review. Days are as typed.
type ReviewInput struct {
	Key       string
	On, Next  phi.Text
	With      phi.Text // who took part, in words
	Summary   phi.Text
	Decisions []DecisionInput
	Served    Served
	Today     phi.Date // the agency's date
}

// DecisionInput is what a review says of one goal. A rating becomes an entry of
// the goal's progress.
type DecisionInput struct {
	Goal   string
	What   Choice
	Words  phi.Text
	Rating phi.Text
}

// Field is the name of a field of a decision in a form.
func (in DecisionInput) Field(name string) string { return DecisionField(in.Goal, name) }

// DecisionField is the name of a field of the decision on the goal with this key.
func DecisionField(goal, name string) string { return "d." + goal + "." + name }

// Review records a review of a plan in force: what was decided of each goal, and
// when the plan is looked at again, which is set in the case in the same work.
// It is added to whatever the plan holds by then; one the plan has by its key
// already changes nothing. Errors: Invalid with fields, Denied, NotFound.
func (ps *Plans) Review(ctx context.Context, who actor.Actor, client person.ID, id ID, in ReviewInput) error {
	const op = "plan.change"
	now := ps.door.Clock().Now()
	var bad problems
	r := Review{Key: in.Key, With: in.With, Summary: in.Summary, By: who.Worker(), At: now}
	if !known(in.Key) {
		bad.add("", "This review cannot be added. Load the page again.")
	}
	r.On = bad.past("on", in.On, in.Today)
	if in.With.Empty() {
		bad.add("with", "Say who took part.")
	}
	if in.Summary.Empty() {
		bad.add("summary", "Sum up the review in a sentence or two.")
	}
	if r.NextOn = bad.next("next", in.Next, in.Today); in.Next.Empty() {
		bad.add("next", "Enter the day of the next review.")
	}
	bad.long("with", in.With, maxTitle)
	bad.long("summary", in.Summary, maxWords)
	for _, d := range in.Decisions {
		if !among(Choices(), d.What) {
			bad.add(d.Field("what"), "Choose what happens with the goal.")
		}
		if (d.What == Drop || d.What == Change) && d.Words.Empty() {
			bad.add(d.Field("words"), "Say why, or what changes.")
		}
		if rating(d.Rating).Empty() && !d.Rating.Empty() {
			bad.add(d.Field("rating"), "Choose how far the goal has come.")
		}
		bad.long(d.Field("words"), d.Words, maxWords)
		r.Decisions = append(r.Decisions, Decision{Goal: d.Goal, What: d.What, Words: d.Words})
	}
	w := ps.door.Work(who, op)
	w.Detail("change", "review")
	ps.changeIn(w, client, id, 0, func(p *Plan) error {
		for _, x := range p.Reviews {
			if x.Key == r.Key {
				return nil
			}
		}
		bad := append(problems(nil), bad...)
		if p.Stage != InForce {
			bad.add("", "Put the plan in force first.")
		}
		for _, d := range in.Decisions {
			g := p.goal(d.Goal)
			if g == nil {
				bad.add(d.Field("what"), "The goal is no longer there. Load the page again.")
				continue
			}
			if n := rating(d.Rating); !n.Empty() {
				g.Progress = append(g.Progress, Progress{Key: Key(), On: r.On, Rating: n, Words: d.Words, By: r.By, At: now})
			}
			// What a colleague settled in the meantime stays settled.
			if !g.Open() {
				continue
			}
			switch d.What {
			case Reached:
				g.settle(Achieved, d.Words, r.On)
			case Missed:
				g.settle(NotAchieved, d.Words, r.On)
			case Drop:
				g.settle(Dropped, d.Words, r.On)
			}
		}
		p.Reviews, p.ReviewOn = append(p.Reviews, r), r.NextOn
		return bad.err(op)
	})
	if err := ps.serve(ctx, who, w, client, in.Served, WhatReviewed, casefile.ReviewDay{Plan: id.String(), On: r.NextOn}); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// Ending is what is needed to end a plan. The day is as typed.
type Ending struct {
	On      phi.Text
	Outcome Outcome
	Words   phi.Text
	Served  Served
	Today   phi.Date // the agency's date
}

// End completes or closes a plan in force, as its outcome says. Goals stay as
// they stand; open ones are copied by [Plans.Renew]. No review is due any more.
func (ps *Plans) End(ctx context.Context, who actor.Actor, client person.ID, id ID, in Ending) error {
	const op = "plan.change"
	var bad problems
	on := bad.past("on", in.On, in.Today)
	if !among(Outcomes(), in.Outcome) {
		bad.add("outcome", "Choose how the plan ended.")
	}
	bad.long("words", in.Words, maxWords)
	w := ps.door.Work(who, op)
	w.Detail("change", "end")
	ps.changeIn(w, client, id, 0, func(p *Plan) error {
		bad := append(problems(nil), bad...)
		switch {
		case p.Stage != InForce:
			bad.add("", "Only a plan in force can end; a draft is thrown away.")
		case !on.Empty() && !p.From.Empty() && after(p.From, on):
			bad.add("on", "The plan would end before it began.")
		}
		p.Stage, p.Current, p.EndedOn, p.Outcome, p.EndNote, p.ReviewOn = in.Outcome.stage(), false, on, in.Outcome, in.Words, phi.Date{}
		return bad.err(op)
	})
	if err := ps.serve(ctx, who, w, client, in.Served, WhatEnded, casefile.ReviewDay{Plan: id.String()}); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// Discard throws a draft away, at the version the asker saw. It stays in the
// history and in no list.
func (ps *Plans) Discard(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	return ps.change(ctx, who, client, id, version, "discard", func(p *Plan) error {
		if p.Stage != Drafted {
			return problems{{Message: "Only a draft can be thrown away."}}.err("plan.change")
		}
		p.Stage = Discarded
		return nil
	})
}

// Renew begins a draft from an older plan, here or imported: with its words, its
// open goals and their open steps. It is protected as the old one is. Progress
// stays with the old plan. Where there is a draft from that plan already, it is
// that one: two who begin at once work on the same. as is the id that the form
// carries, so that one sent twice makes one draft; it may be zero.
func (ps *Plans) Renew(ctx context.Context, who actor.Actor, client person.ID, from, as ID, s Served, today phi.Date) (ID, error) {
	v := ps.door.View(who, "plan.read")
	old := ps.WantOne(v, from)
	all := ps.Want(v, client)
	if err := v.Open(ctx); err != nil {
		return ID{}, err
	}
	if err := ps.door.Belongs(ctx, who, "plan.read", record.SubjectOf(client), old.Subject); err != nil {
		return ID{}, err
	}
	for _, o := range all.Rows {
		if o.Value.Before == from && (o.Value.Stage == Drafted || o.ID == as) {
			return o.ID, nil
		}
	}
	p := old.Value.again(today)
	p.Before, p.Case, p.RevisedAt = from, s.Case, ps.door.Clock().Now()
	return ps.once(ctx, who, client, as, p)
}

// once keeps a new plan under the id its form carries. One that was kept under it
// already, by the same form sent before, is the plan that was made.
func (ps *Plans) once(ctx context.Context, who actor.Actor, client person.ID, as ID, p Plan) (ID, error) {
	w := ps.door.Work(who, "plan.create")
	id := ps.records.CreateOnce(w, as, record.SubjectOf(client), p)
	err := w.Commit(ctx)
	if fault.Is(err, fault.Conflict) && !as.IsZero() {
		if o, rerr := ps.records.Read(ctx, who, as); rerr == nil && o.Subject == record.SubjectOf(client) && o.CreatedBy == who.Worker() {
			return as, nil
		}
	}
	return id, err
}

// again is the draft that grows from p.
func (p Plan) again(today phi.Date) Plan {
	out := Plan{Stage: Drafted, Title: p.Title, From: today, Matters: p.Matters, Strengths: p.Strengths, Barriers: p.Barriers, Part2: p.Part2}
	for _, g := range p.Goals {
		if !g.Open() {
			continue
		}
		c := Goal{Key: g.Key, Area: g.Area, Text: g.Text, Measure: g.Measure, Baseline: g.Baseline, Priority: g.Priority, State: g.State, StartOn: g.StartOn, TargetOn: whole(g.TargetOn)}
		if c.Key == "" {
			c.Key, c.Area, c.State = Key(), AreaOf(g.Domain), Underway
		}
		if c.Text.Empty() {
			c.Text = g.Domain
		}
		for _, s := range g.Interventions {
			if s.Open() {
				c.Interventions = append(c.Interventions, s)
			}
		}
		out.Goals = append(out.Goals, c)
	}
	if !p.Imported() {
		return out
	}
	// A source names what is done under the plan and not under which goal: it is
	// put under the first, where somebody sees it.
	var steps []Intervention
	for _, a := range p.Activities {
		switch a.Status.Disclose() {
		case "completed", "cancelled", "stopped", "entered-in-error":
			continue
		}
		if !a.Text.Empty() && len(steps) < maxSteps {
			steps = append(steps, Intervention{Key: Key(), Text: a.Text, Who: ByWorker, State: StepPlanned, DueOn: whole(a.Until)})
		}
	}
	if len(steps) > 0 && len(out.Goals) == 0 {
		out.Goals = append(out.Goals, Goal{Key: Key(), Text: p.Title, State: Underway, StartOn: today})
	}
	if len(steps) > 0 {
		out.Goals[0].Interventions = steps
	}
	return out
}

// whole is d if it has a day, and no day otherwise: a source may know the year
// alone.
func whole(d phi.Date) phi.Date {
	if _, m, day := d.Disclose(); m == 0 || day == 0 {
		return phi.Date{}
	}
	return d
}

// AreaOf is the domain that a source's category is the plain word for; empty if
// it is none, for a person to choose.
func AreaOf(words phi.Text) Domain {
	s := strings.ToLower(strings.TrimSpace(words.Disclose()))
	s = strings.NewReplacer(" ", "_", "-", "_").Replace(s)
	if among(Domains(), Domain(s)) {
		return Domain(s)
	}
	switch s {
	case "benefits", "finances", "financial":
		return Income
	case "work", "job":
		return Employment
	case "school":
		return Education
	case "mental_health":
		return BehavioralHealth
	case "recovery", "substance_abuse":
		return SubstanceUse
	case "social", "parenting", "children":
		return Family
	case "transport":
		return Transportation
	}
	return ""
}

// NextReview is the day some months after a day: the same day of the month, or
// the last one of a shorter month.
func NextReview(from phi.Date, months int) phi.Date {
	y, m, d := from.Disclose()
	if y == 0 || m == 0 || d == 0 {
		return phi.Date{}
	}
	m += months - 1
	y, m = y+m/12, m%12+1
	for dayOf(y, m, d) != d {
		d--
	}
	return phi.NewDate(y, m, d)
}

func dayOf(y, m, d int) int { return midnight(phi.NewDate(y, m, d)).Day() }

// ReviewIn is how many days it is from today, the agency's date, to the review
// of a plan in force; negative if it is overdue.
func (p Plan) ReviewIn(today phi.Date) (days int, known bool) {
	if p.Stage != InForce {
		return 0, false
	}
	return casefile.DaysUntil(p.ReviewOn, today)
}
