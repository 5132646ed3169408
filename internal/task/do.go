package task

import (
	"context"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Path is where a task can be seen: in its client's chart, or among the agency's
// own.
func Path(client record.Subject, id ID) string {
	if client.IsZero() {
		return "/tasks/" + id.String()
	}
	return "/clients/" + client.String() + "/tasks/" + id.String()
}

// Add keeps a new task. A colleague it is given to must work with the client or, if
// it is about none, be one who keeps tasks of the agency; they are told. Errors: Invalid with fields, Denied, NotFound.
func (ts *Tasks) Add(ctx context.Context, who actor.Actor, in Input) (ID, error) {
	w := ts.door.Work(who, "task.create")
	id, err := ts.AddIn(ctx, who, w, in)
	if err != nil {
		return ID{}, err
	}
	return id, w.Commit(ctx)
}

// AddIn plans, in w, a new task: for what a conference decides or an appointment
// leaves to be done, in the same entry.
func (ts *Tasks) AddIn(ctx context.Context, who actor.Actor, w *record.Work, in Input) (ID, error) {
	const op = "task.create"
	bad := in.check()
	if in.Owner == "" {
		in.Owner = who.Worker()
	}
	if in.Origin == "" {
		in.Origin = ByHand
	}
	wrong, err := ts.ownable(ctx, who, in.Client, in.Owner)
	if err != nil {
		return ID{}, err
	}
	if bad = append(bad, wrong...); len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	t := Task{Client: in.Client, Owner: in.Owner, Status: Open, Origin: in.Origin, From: in.From, MadeAt: ts.door.Clock().Now(), MadeBy: who.Worker()}
	in.put(&t)
	if t.Owner != who.Worker() {
		t.GivenBy = who.Worker()
	}
	id := ts.records.Create(w, in.Client, t)
	ts.notices.Tell(w, who, in.Client, t.Owner, WasGiven, Path(in.Client, id))
	return id, nil
}

// ownable says what is wrong with giving a task to a worker.
func (ts *Tasks) ownable(ctx context.Context, who actor.Actor, client record.Subject, owner string) ([]fault.Field, error) {
	if owner == who.Worker() {
		return nil, nil
	}
	if client.IsZero() {
		ok, err := ts.keeps(ctx, owner)
		if err != nil || ok {
			return nil, err
		}
		return []fault.Field{{Name: "owner", Message: "Choose a colleague who works here and keeps tasks."}}, nil
	}
	// To whoever may do nothing for the client, who works with them is not said: the
	// work is refused.
	if may, err := ts.door.May(ctx, who, "task.create", client, false, policy.Set(policy.Case)); err != nil || may == 0 {
		return nil, err
	}
	ok, err := WorksWith(ctx, ts.door, owner, client)
	if err != nil || ok {
		return nil, err
	}
	return []fault.Field{{Name: "owner", Message: "Choose a colleague who works with this client: a task tells them about the client."}}, nil
}

// keeps reports whether a worker may have tasks of the agency in one of their roles.
func (ts *Tasks) keeps(ctx context.Context, worker string) (bool, error) {
	if ts.staff == nil {
		return false, nil
	}
	held, active, err := ts.staff(ctx, worker)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil || !active {
		return false, err
	}
	for _, role := range held.Roles() {
		if may, err := ts.KeptBy(ctx, role); err != nil || may {
			return may, err
		}
	}
	return false, nil
}

// KeptBy reports whether somebody in a role may have tasks of the agency, as the
// policies decide: see one of their own, and finish it.
func (ts *Tasks) KeptBy(ctx context.Context, role actor.Role) (bool, error) {
	for _, action := range []string{"task.read", "task.finish"} {
		may, err := ts.door.Could(ctx, record.Asker{Role: role, Purpose: actor.Treatment}, action, record.Subject{}, true, policy.Set(policy.Workforce))
		if err != nil || may == 0 {
			return false, err
		}
	}
	return true, nil
}

// WorksWith reports whether a worker stands to a client so that work can be given
// to them: assigned, on the care team, covering, or supervising.
func WorksWith(ctx context.Context, door *record.Door, worker string, client record.Subject) (bool, error) {
	q, err := door.QuestionFor(ctx, record.Asker{Worker: worker}, "task.read", client, "", false, 0)
	if err != nil {
		return false, err
	}
	return q.Relations&policy.Rel(policy.Assigned, policy.CareTeam, policy.Covering, policy.Supervises) != 0, nil
}

// Read returns one task.
func (ts *Tasks) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return ts.records.Read(ctx, who, id)
}

// Want asks a view for one task.
func (ts *Tasks) Want(v *record.View, id ID) *record.Got[Task] { return ts.records.Want(v, id) }

// WantOf asks a view for the open tasks about a client, soonest due first.
func (ts *Tasks) WantOf(v *record.View, client record.Subject) *record.List[Task] {
	return ts.records.WantAll(v, record.Query{Subject: client, State: Open, ByDue: true, Limit: 100})
}

// WantPage asks a view for a page of tasks: those of a worker, or all that the
// asker may see where worker is empty. Open ones come soonest due first, others
// newest first.
func (ts *Tasks) WantPage(v *record.View, worker, state, after string) *record.List[Task] {
	return ts.records.WantAll(v, record.Query{Owner: worker, State: state, ByDue: state == Open, After: after, Limit: 50, Total: true})
}

// Tally counts the asker's own open tasks that are late or due today. It opens
// nothing.
func (ts *Tasks) Tally(ctx context.Context, who actor.Actor, now time.Time) (int64, error) {
	return ts.records.Tally(ctx, who, record.Query{Owner: who.Worker(), State: Open, DueBefore: flat(PlusDays(Civil(now), 1)).UnixMicro()})
}

// History returns every version of a task, newest first.
func (ts *Tasks) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return ts.records.History(ctx, who, id)
}

func (ts *Tasks) change(ctx context.Context, who actor.Actor, verb string, id ID, version int64, edit func(*Task) error) error {
	w := ts.door.Work(who, "task."+verb)
	ts.records.Change(w, verb, id, version, edit)
	return w.Commit(ctx)
}

// Change changes an open task as its form says; its owner is changed by Give.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (ts *Tasks) Change(ctx context.Context, who actor.Actor, id ID, version int64, in Input) error {
	const op = "task.change"
	if bad := in.check(); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	return ts.change(ctx, who, "change", id, version, func(t *Task) error {
		if !t.IsOpen() {
			return fault.Invalidf(op, "the task is closed; open it again first")
		}
		in.put(t)
		return nil
	})
}

// maxTimes is how many times of a task that repeats are kept in its newest
// version; the history has all.
const maxTimes = 60

// Done says that a task was done. One that repeats goes on to its next day, by
// now in the agency's zone.
func (ts *Tasks) Done(ctx context.Context, who actor.Actor, id ID, version int64, now time.Time) error {
	const op = "task.finish"
	return ts.change(ctx, who, "finish", id, version, func(t *Task) error {
		if !t.IsOpen() {
			return fault.Invalidf(op, "the task is closed already")
		}
		if !t.Repeats() {
			t.Status, t.ClosedAt, t.ClosedBy = Done, now.UTC(), who.Worker()
			return nil
		}
		t.Times = append(t.Times, Time{t.DueOn, now.UTC(), who.Worker()})
		if n := len(t.Times); n > maxTimes {
			t.Times = t.Times[n-maxTimes:]
		}
		t.DueOn = following(t.StartOn, t.Planned, Civil(now), t.Every, t.Unit)
		t.Planned = t.DueOn
		return nil
	})
}

// Drop says that a task need not be done, and why. It ends one that repeats.
func (ts *Tasks) Drop(ctx context.Context, who actor.Actor, id ID, version int64, why phi.Text) error {
	const op = "task.finish"
	switch n := utf8.RuneCountInString(why.Disclose()); {
	case n == 0:
		return fault.InvalidFields(op, fault.Field{Name: "why", Message: "Write why it need not be done."})
	case n > maxWhat:
		return fault.InvalidFields(op, fault.Field{Name: "why", Message: "Keep this to 500 characters."})
	}
	now := ts.door.Clock().Now()
	return ts.change(ctx, who, "finish", id, version, func(t *Task) error {
		if !t.IsOpen() {
			return fault.Invalidf(op, "the task is closed already")
		}
		t.Status, t.ClosedAt, t.ClosedBy, t.Why = Dropped, now, who.Worker(), why
		return nil
	})
}

// Reopen opens a task again that was done or dropped by mistake.
func (ts *Tasks) Reopen(ctx context.Context, who actor.Actor, id ID, version int64) error {
	return ts.change(ctx, who, "finish", id, version, func(t *Task) error {
		if t.IsOpen() {
			return nil
		}
		t.Status, t.ClosedAt, t.ClosedBy, t.Why = Open, time.Time{}, "", phi.Text{}
		return nil
	})
}

// Snooze puts a task off by days: from the day it is due or, if that is past, from
// today. A task that repeats keeps its own days afterwards.
func (ts *Tasks) Snooze(ctx context.Context, who actor.Actor, id ID, version int64, days int, now time.Time) error {
	const op = "task.change"
	if days < 1 || days > 60 {
		return fault.Invalidf(op, "a task is put off by 1 to 60 days")
	}
	return ts.change(ctx, who, "change", id, version, func(t *Task) error {
		if !t.IsOpen() {
			return fault.Invalidf(op, "the task is closed already")
		}
		from := t.DueOn
		if today := Civil(now); Between(from, today) > 0 {
			from = today
		}
		t.DueOn = PlusDays(from, days)
		return nil
	})
}

// Give gives an open task to a colleague, who must work with the client or, if it is
// about none, be one who keeps tasks of the agency, and tells them. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (ts *Tasks) Give(ctx context.Context, who actor.Actor, id ID, version int64, to string) error {
	o, err := ts.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	if to == "" {
		return fault.InvalidFields("task.give", fault.Field{Name: "owner", Message: "Choose who is to do it."})
	}
	bad, err := ts.ownable(ctx, who, o.Subject, to)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return fault.InvalidFields("task.give", bad...)
	}
	return ts.give(ctx, who, o, version, to, who.Worker())
}

// HandBack gives a task back to whoever gave it, and tells them. A task that the
// owner took on themselves goes to nobody: Invalid.
func (ts *Tasks) HandBack(ctx context.Context, who actor.Actor, id ID, version int64) error {
	o, err := ts.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	if o.Value.GivenBy == "" || o.Value.Owner != who.Worker() {
		return fault.Invalidf("task.give", "nobody gave you this task")
	}
	return ts.give(ctx, who, o, version, o.Value.GivenBy, "")
}

func (ts *Tasks) give(ctx context.Context, who actor.Actor, o Opened, version int64, to, by string) error {
	const op = "task.give"
	w := ts.door.Work(who, op)
	ts.records.Change(w, "give", o.ID, version, func(t *Task) error {
		if !t.IsOpen() {
			return fault.Invalidf(op, "the task is closed already")
		}
		t.Owner, t.GivenBy = to, by
		return nil
	})
	class := policy.Case
	if o.Subject.IsZero() {
		class = policy.Workforce
	}
	// Whoever no longer works with the client may hand back, and tells nobody: the
	// task stands in the other's day all the same.
	may, err := ts.door.May(ctx, who, "notice.create", o.Subject, false, policy.Set(class))
	if err != nil {
		return err
	}
	if may != 0 {
		what := WasGiven
		if by == "" {
			what = WasHandBack
		}
		ts.notices.Tell(w, who, o.Subject, to, what, Path(o.Subject, o.ID))
	}
	return w.Commit(ctx)
}
