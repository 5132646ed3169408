package training

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// pause is the longest pause that counts as time spent on a course.
const pause = 15 * time.Minute

// Start begins a course, or goes on with what the asker has begun at the edition
// that is taken now. Errors: NotFound, Denied.
func (t *Training) Start(ctx context.Context, who actor.Actor, code string) (AttemptID, error) {
	o, err := t.Published(ctx, who, code)
	if err != nil {
		return AttemptID{}, err
	}
	begun, err := t.attempts.Find(ctx, who, record.Query{Owner: who.Worker(), State: Going, Tag: code, Ref: o.ID.String(), Limit: 1})
	if err != nil {
		return AttemptID{}, err
	}
	if len(begun.Rows) > 0 {
		return begun.Rows[0].ID, nil
	}
	c, now := o.Value.In("en"), t.door.Clock().Now()
	// The seed is what no two attempts share, so that the next one is drawn anew.
	seed := who.Worker() + "/" + o.ID.String() + "/" + now.Format(time.RFC3339Nano)
	w := t.door.Work(who, "attempt.start")
	id := t.attempts.CreateAs(w, "attempt.start", record.Subject{}, Attempt{
		Worker: who.Worker(), Course: code, Edition: o.ID, Number: o.Value.Number, Started: now, Seen: now, Status: Going,
		Drawn: draw(seed, len(c.Questions), asked(c.Form)),
	})
	return id, w.Commit(ctx)
}

// Taking returns an attempt with the edition it is made at, as one read.
func (t *Training) Taking(ctx context.Context, who actor.Actor, id AttemptID) (OpenedAttempt, Opened, error) {
	a, err := t.attempts.Read(ctx, who, id)
	if err != nil {
		return OpenedAttempt{}, Opened{}, err
	}
	e, err := t.courses.Read(ctx, who, a.Value.Edition)
	return a, e, err
}

// Keep takes what was chosen at a step and goes on behind it. At a decision the
// first choice counts; at a question the last. Where nothing was chosen and
// something must be, it is Invalid with the field "choice". Errors besides: Conflict
// if it was handed in, Denied, NotFound.
func (t *Training) Keep(ctx context.Context, who actor.Actor, id AttemptID, step int, chosen []int) error {
	const op = "attempt.keep"
	a, e, err := t.Taking(ctx, who, id)
	if err != nil {
		return err
	}
	c, now := e.Value.In("en"), t.door.Clock().Now()
	if a.Value.Status != Going {
		return handedIn(op)
	}
	if step < 0 || step > a.Value.Step {
		return fault.NotFoundf(op)
	}
	place, put, err := a.Value.choose(op, c, step, chosen)
	if err != nil {
		return err
	}
	w := t.door.Work(who, op)
	t.attempts.Change(w, "keep", id, 0, func(a *Attempt) error {
		if a.Status != Going {
			return handedIn(op)
		}
		put(a)
		a.spend(now)
		// A decision is stayed at until its why was read.
		if place.Scenario < 0 {
			a.Step = max(a.Step, step+1)
		}
		return nil
	})
	return w.Commit(ctx)
}

// choose is what a choice at a step changes in an attempt, or what is wrong with it.
func (a Attempt) choose(op string, c Course, step int, chosen []int) (place Place, put func(*Attempt), err error) {
	must := func(cs []Choice, one bool) error {
		if len(chosen) == 0 {
			return fault.InvalidFields(op, fault.Field{Name: "choice", Message: "Choose an answer first."})
		}
		for _, n := range chosen {
			if n < 0 || n >= len(cs) {
				return fault.InvalidFields(op, fault.Field{Name: "choice", Message: "Choose an answer from the list."})
			}
		}
		if one && len(chosen) > 1 {
			return fault.InvalidFields(op, fault.Field{Name: "choice", Message: "Choose one answer."})
		}
		return nil
	}
	place = At(c, len(a.Drawn), step)
	switch {
	case place.Scenario >= 0:
		if err := must(c.Scenarios[place.Scenario].Decisions[place.Decision].Choices, true); err != nil {
			return place, nil, err
		}
		put = func(a *Attempt) {
			if _, before := a.Turned(place.Scenario, place.Decision); !before {
				a.Turns = append(a.Turns, Turn{place.Scenario, place.Decision, chosen[0]})
			}
		}
	case place.Question >= 0:
		n := a.Drawn[place.Question]
		if err := must(c.Questions[n].Choices, !c.Questions[n].Several()); err != nil {
			return place, nil, err
		}
		put = func(a *Attempt) {
			a.Answers = slices.DeleteFunc(a.Answers, func(x Answer) bool { return x.Question == n })
			a.Answers = append(a.Answers, Answer{n, slices.Sorted(slices.Values(chosen))})
		}
	case place.End:
		return place, nil, fault.NotFoundf(op)
	default:
		put = func(*Attempt) {}
	}
	return place, put, nil
}

// GoOn goes on behind a decision that was made.
func (t *Training) GoOn(ctx context.Context, who actor.Actor, id AttemptID, step int) error {
	const op = "attempt.keep"
	a, e, err := t.Taking(ctx, who, id)
	if err != nil {
		return err
	}
	place := At(e.Value.In("en"), len(a.Value.Drawn), step)
	if _, made := a.Value.Turned(place.Scenario, place.Decision); !made || place.Scenario < 0 {
		return fault.InvalidFields(op, fault.Field{Name: "choice", Message: "Choose an answer first."})
	}
	if a.Value.Status != Going || a.Value.Step > step {
		return nil
	}
	now := t.door.Clock().Now()
	w := t.door.Work(who, op)
	t.attempts.Change(w, "keep", id, 0, func(a *Attempt) error {
		a.spend(now)
		if a.Status == Going {
			a.Step = max(a.Step, step+1)
		}
		return nil
	})
	return w.Commit(ctx)
}

func (a *Attempt) spend(now time.Time) {
	a.Spent += min(max(now.Sub(a.Seen), 0), pause)
	a.Seen = now
}

func handedIn(op string) error {
	return fault.Conflictf(op, "it was handed in already; nothing was changed")
}

// Finish hands an attempt in: it is scored, and if it is passed, every assignment
// of the course that was given before it was begun is done. Errors: Invalid with
// the field "choice" while a question has no answer, Conflict, Denied, NotFound.
func (t *Training) Finish(ctx context.Context, who actor.Actor, id AttemptID) (Attempt, error) {
	const op = "attempt.finish"
	a, e, err := t.Taking(ctx, who, id)
	if err != nil {
		return Attempt{}, err
	}
	c := e.Value.In("en")
	if a.Value.Status != Going {
		return Attempt{}, handedIn(op)
	}
	if a.Value.Step < Steps(c, len(a.Value.Drawn))-1 {
		return Attempt{}, fault.InvalidFields(op, fault.Field{Name: "choice", Message: "Some steps are still open; nothing was handed in."})
	}
	v := t.door.View(who, "attempt.find")
	cs, given := t.asked(v, who, a.Value.Course)
	if err := v.Open(ctx); err != nil {
		return Attempt{}, err
	}
	now := t.door.Clock().Now()
	passed, grade, err := t.grade(ctx, who, now, a.Value, c, cs.Rows)
	if err != nil {
		return Attempt{}, err
	}
	var out Attempt
	w := t.door.Work(who, op)
	t.attempts.Change(w, "finish", id, 0, func(a *Attempt) error {
		if a.Status != Going {
			return handedIn(op)
		}
		a.spend(now)
		grade(a)
		out = *a
		return nil
	})
	if passed {
		t.settle(w, id, a.Value.Started, now, given.Rows)
	}
	if err := w.Commit(ctx); err != nil {
		return Attempt{}, err
	}
	return out, nil
}

// asked asks a view for what bears on how an attempt at a course ends.
func (t *Training) asked(v *record.View, who actor.Actor, code string) (*record.List[Curriculum], *record.List[Assignment]) {
	return t.curricula.WantAll(v, record.Query{Limit: most}), t.assignments.WantAll(v, record.Query{Owner: who.Worker(), State: Open, Tag: code, Limit: most})
}

// grade scores an attempt whose every step is answered, and gives what was passed its
// number; set writes that down.
func (t *Training) grade(ctx context.Context, who actor.Actor, now time.Time, a Attempt, c Course, cs []OpenedCurriculum) (passed bool, set func(*Attempt), err error) {
	score, status := a.score(c), Failed
	var paper int64
	var until time.Time
	if passed = score >= c.Pass; passed {
		if paper, err = t.door.Number(ctx, "certificate", 1); err != nil {
			return false, nil, err
		}
		status, until = Passed, heldUntil(now, lines(cs, who.Role(), who.Also()), a.Course)
	}
	return passed, func(a *Attempt) { a.Finished, a.Score, a.Status, a.Paper, a.Until = now, score, status, paper, until }, nil
}

// settle plans that what was given before an attempt was begun is done by it.
func (t *Training) settle(w *record.Work, id AttemptID, started, now time.Time, given []record.Opened[Assignment]) {
	for _, g := range given {
		// What changed after it was begun was not in it.
		if g.Value.At.After(started) {
			continue
		}
		t.assignments.Change(w, "done", g.ID, 0, func(x *Assignment) error {
			if x.Status == Open {
				x.Status, x.DoneAt, x.Attempt = Done, now, id.String()
			}
			return nil
		})
	}
}

// Sit takes a course from its beginning to its end in one act: it is one record, one
// entry and no steps between. began is when it was begun, at most twelve hours ago;
// choose says what is chosen at each decision and question, in their order, by places.
// The same is asked, counted and given as by [Training.Start], [Training.Keep] and
// [Training.Finish]. Errors: Invalid with the field "choice", NotFound, Denied.
func (t *Training) Sit(ctx context.Context, who actor.Actor, code string, began time.Time, choose func(Course, Attempt, Place) []int) (Attempt, error) {
	const op = "attempt.finish"
	v := t.door.View(who, "attempt.find")
	found := t.courses.WantAll(v, record.Query{State: Published, Tag: code, Limit: 1})
	cs, given := t.asked(v, who, code)
	if err := v.Open(ctx); err != nil {
		return Attempt{}, err
	}
	if code == "" || len(found.Rows) == 0 {
		return Attempt{}, fault.NotFoundf("course.read")
	}
	o, now := found.Rows[0], t.door.Clock().Now()
	if began.After(now) || now.Sub(began) > 12*time.Hour {
		return Attempt{}, fault.InvalidFields(op, fault.Field{Name: "choice", Message: "A course is begun and handed in within twelve hours."})
	}
	c := o.Value.In("en")
	a := Attempt{
		Worker: who.Worker(), Course: code, Edition: o.ID, Number: o.Value.Number, Started: began, Seen: now, Spent: now.Sub(began),
		Drawn: draw(who.Worker()+"/"+o.ID.String()+"/"+began.Format(time.RFC3339Nano), len(c.Questions), asked(c.Form)),
	}
	for a.Step = range Steps(c, len(a.Drawn)) - 1 {
		_, put, err := a.choose(op, c, a.Step, choose(c, a, At(c, len(a.Drawn), a.Step)))
		if err != nil {
			return Attempt{}, err
		}
		put(&a)
	}
	a.Step++
	passed, grade, err := t.grade(ctx, who, now, a, c, cs.Rows)
	if err != nil {
		return Attempt{}, err
	}
	grade(&a)
	w := t.door.Work(who, op)
	id := t.attempts.CreateAs(w, op, record.Subject{}, a)
	if passed {
		t.settle(w, id, began, now, given.Rows)
	}
	return a, w.Commit(ctx)
}

// usual is after how many months a course is to be taken again where no curriculum
// says so; agency practice.
const usual = 12

// heldUntil is until when a course that was passed holds: none for good.
func heldUntil(finished time.Time, ls []Line, code string) time.Time {
	months := usual
	if i := slices.IndexFunc(ls, func(l Line) bool { return l.Course == code }); i >= 0 {
		months = ls[i].Every
	}
	if months == 0 {
		return time.Time{}
	}
	return clock.Months(finished, months)
}
