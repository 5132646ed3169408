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
	place := At(c, len(a.Value.Drawn), step)
	var put func(*Attempt)
	switch {
	case place.Scenario >= 0:
		if err := must(c.Scenarios[place.Scenario].Decisions[place.Decision].Choices, true); err != nil {
			return err
		}
		put = func(a *Attempt) {
			if _, before := a.Turned(place.Scenario, place.Decision); !before {
				a.Turns = append(a.Turns, Turn{place.Scenario, place.Decision, chosen[0]})
			}
		}
	case place.Question >= 0:
		n := a.Value.Drawn[place.Question]
		if err := must(c.Questions[n].Choices, !c.Questions[n].Several()); err != nil {
			return err
		}
		put = func(a *Attempt) {
			a.Answers = slices.DeleteFunc(a.Answers, func(x Answer) bool { return x.Question == n })
			a.Answers = append(a.Answers, Answer{n, slices.Sorted(slices.Values(chosen))})
		}
	case place.End:
		return fault.NotFoundf(op)
	default:
		put = func(*Attempt) {}
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
	cs, err := t.Curricula(ctx, who)
	if err != nil {
		return Attempt{}, err
	}
	given, err := t.assignments.Find(ctx, who, record.Query{Owner: who.Worker(), State: Open, Tag: a.Value.Course, Limit: most})
	if err != nil {
		return Attempt{}, err
	}
	now := t.door.Clock().Now()
	score := a.Value.score(c)
	var paper int64
	if score >= c.Pass {
		if paper, err = t.door.Number(ctx, "certificate", 1); err != nil {
			return Attempt{}, err
		}
	}
	until := heldUntil(now, lines(cs, who.Role()), a.Value.Course)
	var out Attempt
	w := t.door.Work(who, op)
	t.attempts.Change(w, "finish", id, 0, func(a *Attempt) error {
		if a.Status != Going {
			return handedIn(op)
		}
		a.spend(now)
		a.Finished, a.Score, a.Status = now, score, Failed
		if score >= c.Pass {
			a.Status, a.Paper, a.Until = Passed, paper, until
		}
		out = *a
		return nil
	})
	if score >= c.Pass {
		for _, g := range given.Rows {
			// What changed after it was begun was not in it.
			if g.Value.At.After(a.Value.Started) {
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
	if err := w.Commit(ctx); err != nil {
		return Attempt{}, err
	}
	return out, nil
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
