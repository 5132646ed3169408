package training

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/program/obligation"
	"caseward/internal/record"
)

// ahead is how long before a course is due again it is asked for.
const ahead = obligation.Ahead

// Item is how a worker stands to one course.
type Item struct {
	Worker  string
	Course  string
	Why     Why
	Asked   bool      // a curriculum or an assignment asks for it
	Open    bool      // it is to be taken
	Due     time.Time // by when, if it is open; when again, if it is held; none for good
	Held    bool      // passed, and not lapsed
	Last    time.Time // passed last; zero if never
	Score   int       // at that time
	Paper   int64     // number of that certificate
	Going   AttemptID // begun and not handed in
	Attempt AttemptID // passed last
	Form    Form
	Given   []record.ID[Assignment] // the assignments behind it
}

// Late reports whether it is overdue.
func (i Item) Late(now time.Time) bool { return i.Open && now.After(i.Due) }

// stand works out how a worker stands, from what is asked of them and what they
// did; it is the one place that does, for their own page, for who looks after
// them, and for the figures.
func stand(now time.Time, w Worker, ls []Line, given []record.Opened[Assignment], tried []OpenedAttempt) []Item {
	out := make([]Item, 0, max(len(ls), len(tried))+len(given))
	at := func(code string) *Item {
		for i := range out {
			if out[i].Course == code {
				return &out[i]
			}
		}
		out = append(out, Item{Worker: w.ID, Course: code})
		return &out[len(out)-1]
	}
	for _, a := range tried {
		v := a.Value
		x := at(v.Course)
		switch {
		case v.Status == Going:
			if x.Going.IsZero() { // the newest comes first
				x.Going = a.ID
			}
		case v.Status == Passed && v.Finished.After(x.Last):
			x.Last, x.Score, x.Paper, x.Attempt = v.Finished, v.Score, v.Paper, a.ID
			x.Due, x.Held = v.Until, v.Until.IsZero() || now.Before(v.Until)
		}
	}
	for _, l := range ls {
		x := at(l.Course)
		x.Asked, x.Form = true, l.Form
		switch {
		case x.Last.IsZero():
			x.Open, x.Why, x.Due = true, Hire, w.Started.AddDate(0, 0, l.Within)
			if !w.Started.After(l.Since) {
				// They were here before it was asked for.
				x.Why, x.Due = Asked, l.Since.AddDate(0, 0, l.Settle)
			}
		case l.Every == 0:
			x.Held, x.Due = true, time.Time{}
		default:
			x.Due = clock.Months(x.Last, l.Every)
			x.Held = now.Before(x.Due)
			if !x.Due.After(l.From) {
				// It lapsed by a change of how often: there are days to settle, as at the door.
				x.Due = l.From.AddDate(0, 0, l.Settle)
			}
			x.Open, x.Why = !now.Before(x.Due.Add(-ahead)), Yearly
		}
	}
	for _, g := range given {
		if g.Value.Status != Open {
			continue
		}
		x := at(g.Value.Course)
		x.Asked, x.Given = true, append(x.Given, g.ID)
		if !x.Open || g.Value.Due.Before(x.Due) {
			x.Open, x.Why, x.Due = true, g.Value.Why, g.Value.Due
		}
	}
	order.By(out, func(a, b Item) int {
		switch {
		case a.Open != b.Open:
			if a.Open {
				return -1
			}
			return 1
		case a.Open && (a.Form == Orientation) != (b.Form == Orientation):
			if a.Form == Orientation {
				return -1
			}
			return 1
		}
		return a.Due.Compare(b.Due)
	})
	return out
}

// Mine is how the asker stands to every course that is asked of them, or that they
// took, what is due first before the rest; and the courses there are.
func (t *Training) Mine(ctx context.Context, who actor.Actor) ([]Item, []Opened, error) {
	w, err := t.worker(ctx, who, who.Worker())
	if err != nil {
		return nil, nil, err
	}
	items, courses, _, err := t.of(ctx, who, []Worker{w})
	return items, courses, err
}

func (t *Training) worker(ctx context.Context, who actor.Actor, id string) (Worker, error) {
	all, err := t.people.Workers(ctx, who)
	if err != nil {
		return Worker{}, err
	}
	i := slices.IndexFunc(all, func(w Worker) bool { return w.ID == id })
	if i < 0 {
		return Worker{}, fault.NotFoundf("attempt.find")
	}
	return all[i], nil
}

// of is how some workers stand, in the order they are given, and what they did.
func (t *Training) of(ctx context.Context, who actor.Actor, ws []Worker) ([]Item, []Opened, []OpenedAttempt, error) {
	const op = "attempt.find"
	if !who.Valid() {
		return nil, nil, nil, fault.DeniedBy(op, "no-actor")
	}
	v := t.door.View(who, op)
	courses := t.courses.WantAll(v, record.Query{State: Published, Limit: most})
	curricula := t.curricula.WantAll(v, record.Query{Limit: most})
	given, tried := make([]*record.List[Assignment], len(ws)), make([]*record.List[Attempt], len(ws))
	for i, w := range ws {
		given[i] = t.assignments.WantAll(v, record.Query{Owner: w.ID, State: Open, Limit: most})
		tried[i] = t.attempts.WantAll(v, record.Query{Owner: w.ID, Limit: most})
	}
	if err := v.Open(ctx); err != nil {
		return nil, nil, nil, err
	}
	now := t.door.Clock().Now()
	var items []Item
	var did []OpenedAttempt
	for i, w := range ws {
		items = append(items, stand(now, w, lines(curricula.Rows, w.Role, w.Also), given[i].Rows, tried[i].Rows)...)
		did = append(did, tried[i].Rows...)
	}
	return items, courses.Rows, did, nil
}

// Under are the workers that somebody looks after: a supervisor their own, a
// program manager those of their programs, officers and auditors everybody.
func (t *Training) Under(ctx context.Context, who actor.Actor) ([]Worker, error) {
	all, err := t.people.Workers(ctx, who)
	if err != nil {
		return nil, err
	}
	return obligation.Under(who, all), nil
}

// Staff is how those whom the asker looks after stand.
type Staff struct {
	Workers  []Worker
	Items    []Item
	Courses  []Opened
	Attempts []OpenedAttempt
	Askings  []OpenedAsking
	Attended []OpenedAttendance
}

// Staff returns how those whom the asker looks after stand.
func (t *Training) Staff(ctx context.Context, who actor.Actor) (Staff, error) {
	ws, err := t.Under(ctx, who)
	if err != nil {
		return Staff{}, err
	}
	items, courses, tried, err := t.of(ctx, who, ws)
	if err != nil {
		return Staff{}, err
	}
	s := Staff{Workers: ws, Items: items, Courses: courses, Attempts: tried}
	v := t.door.View(who, "prompt.find")
	asked, came := make([]*record.List[Asking], len(ws)), make([]*record.List[Attendance], len(ws))
	for i, w := range ws {
		came[i] = t.attended.WantAll(v, record.Query{Owner: w.ID, Limit: most})
		asked[i] = t.askings.WantAll(v, record.Query{Owner: w.ID, Limit: most})
	}
	if err := v.Open(ctx); err != nil {
		return Staff{}, err
	}
	for i := range ws {
		s.Askings, s.Attended = append(s.Askings, asked[i].Rows...), append(s.Attended, came[i].Rows...)
	}
	return s, nil
}

// Tally counts the open assignments of the asker. It opens nothing.
func (t *Training) Tally(ctx context.Context, who actor.Actor) (int64, error) {
	return t.assignments.Tally(ctx, who, record.Query{Owner: who.Worker(), State: Open})
}
