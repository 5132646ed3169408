package training

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// Assign gives one worker a course to take by a day. The asker looks after them.
// Errors: Invalid with fields, Denied, NotFound.
func (t *Training) Assign(ctx context.Context, who actor.Actor, worker, course string, why Why, due time.Time) error {
	w := t.door.Work(who, "assignment.create")
	if err := t.AssignIn(ctx, who, w, worker, course, why, due); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// AssignIn plans in a work what Assign does, so that a course is assigned if the rest of the
// work is done, and not otherwise.
func (t *Training) AssignIn(ctx context.Context, who actor.Actor, w *record.Work, worker, course string, why Why, due time.Time) error {
	const op = "assignment.create"
	var bad []fault.Field
	if !slices.Contains(Assigned(), why) {
		bad = append(bad, fault.Field{Name: "why", Message: "Choose why it is to be taken."})
	}
	now := t.door.Clock().Now()
	if due.Before(now) {
		bad = append(bad, fault.Field{Name: "due", Message: "Choose a day that is still to come."})
	}
	if _, err := t.Published(ctx, who, course); fault.Is(err, fault.NotFound) {
		bad = append(bad, fault.Field{Name: "course", Message: "Choose a course that is published."})
	} else if err != nil {
		return err
	}
	under, err := t.Under(ctx, who)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(under, func(w Worker) bool { return w.ID == worker }) {
		bad = append(bad, fault.Field{Name: "worker", Message: "Choose somebody whom you look after."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	t.assignments.Create(w, record.Subject{}, Assignment{Worker: worker, Course: course, Why: why, Due: due, At: now, By: who.Worker(), Status: Open})
	return nil
}

// Withdraw takes an assignment back. Errors: Conflict if it is done, Denied,
// NotFound.
func (t *Training) Withdraw(ctx context.Context, who actor.Actor, id record.ID[Assignment]) error {
	const op = "assignment.withdraw"
	now := t.door.Clock().Now()
	w := t.door.Work(who, op)
	t.assignments.Change(w, "withdraw", id, 0, func(a *Assignment) error {
		if a.Status != Open {
			return fault.Conflictf(op, "it is not open any more")
		}
		a.Status, a.DoneAt = Withdrawn, now
		return nil
	})
	return w.Commit(ctx)
}

// Changes lists what was announced, newest first.
func (t *Training) Changes(ctx context.Context, who actor.Actor) ([]record.Opened[Change], error) {
	return t.changes.Every(ctx, who, record.Query{})
}

// Announce says that a policy, the program or the law changed, and assigns its
// courses to everybody in the roles it affects and to the workers named, and to
// nobody else (45 CFR 164.530(b)(2)(i)(C)). Errors: Invalid with fields, Denied.
func (t *Training) Announce(ctx context.Context, who actor.Actor, c Change) (int, error) {
	const op = "training.change"
	now := t.door.Clock().Now()
	c.Title, c.Words, c.Cite = strings.TrimSpace(c.Title), strings.TrimSpace(c.Words), strings.TrimSpace(c.Cite)
	var bad []fault.Field
	fail := func(name, says string) { bad = append(bad, fault.Field{Name: name, Message: says}) }
	if !slices.Contains([]Why{PolicyChange, SystemChange, LawChange}, c.Why) {
		fail("why", "Say whether a policy, the program or the law changed.")
	}
	if c.Title == "" || utf8.RuneCountInString(c.Title) > 200 {
		fail("title", "Say in up to 200 characters what changed.")
	}
	if utf8.RuneCountInString(c.Words) > 5000 || utf8.RuneCountInString(c.Cite) > 200 {
		fail("words", "Keep this to 5,000 characters.")
	}
	if c.Due.Before(now) {
		fail("due", "Choose a day that is still to come.")
	}
	courses, _, err := t.Courses(ctx, who)
	if err != nil {
		return 0, err
	}
	c.Courses = slices.Compact(slices.Sorted(slices.Values(c.Courses)))
	if len(c.Courses) == 0 || slices.ContainsFunc(c.Courses, func(code string) bool {
		return !slices.ContainsFunc(courses, func(o Opened) bool { return o.Value.Code == code })
	}) {
		fail("course", "Choose at least one course that is published.")
	}
	for _, r := range c.Roles {
		if !slices.Contains(actor.Roles(), r) {
			fail("role", "Choose roles from the list.")
		}
	}
	all, err := t.people.Workers(ctx, who)
	if err != nil {
		return 0, err
	}
	affected := slices.DeleteFunc(all, func(w Worker) bool {
		return !w.Works(c.Roles...) && !slices.Contains(c.Workers, w.ID)
	})
	if len(affected) == 0 {
		fail("role", "Choose whom it affects: nobody works here in these roles.")
	}
	if len(bad) > 0 {
		return 0, fault.InvalidFields(op, bad...)
	}
	c.At, c.By, c.Count = now, who.Worker(), len(affected)
	w := t.door.Work(who, op)
	id := t.changes.CreateAs(w, op, record.Subject{}, c)
	for _, p := range affected {
		for _, code := range c.Courses {
			t.assignments.Create(w, record.Subject{}, Assignment{
				Worker: p.ID, Course: code, Why: c.Why, Change: id.String(), Due: c.Due, At: now, By: who.Worker(), Status: Open,
			})
		}
	}
	return len(affected), w.Commit(ctx)
}
