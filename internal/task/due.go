package task

import (
	"context"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/order"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// What is what falls due, as a code: each has its sentence on the page of the day.
// The package that knows of it declares its own.
type What string

// IsDue is a task of this package.
const IsDue What = "task"

// Ask is what a day asks its sources for.
type Ask struct {
	// Worker is whose work it is; empty for everybody's that the asker may see.
	Worker string
	Now    time.Time // in the agency's zone
	Days   int       // how many days after today are wanted
}

// Today is the day of Now.
func (a Ask) Today() phi.Date { return Civil(a.Now) }

// Last is the last day wanted.
func (a Ask) Last() phi.Date { return PlusDays(a.Today(), a.Days) }

// Before bounds labels that carry a civil day, as those of cases and tasks.
func (a Ask) Before() int64 { return flat(PlusDays(a.Last(), 1)).UnixMicro() }

// BeforeMoment bounds labels that carry a moment, as those of notes.
func (a Ask) BeforeMoment() int64 {
	return Moment(PlusDays(a.Last(), 1), "", a.Now.Location()).UnixMicro()
}

// Wants reports whether a day is not after the last wanted.
func (a Ask) Wants(on phi.Date) bool { return !on.Empty() && Between(on, a.Last()) >= 0 }

// Late reports whether a day, and its time if it has one, is past.
func (a Ask) Late(on phi.Date, at string) bool {
	if n := Between(on, a.Today()); n != 0 || at == "" {
		return n > 0
	}
	return a.Now.After(Moment(on, at, a.Now.Location()))
}

// Clock is the civil day and time of a moment.
func (a Ask) Clock(t time.Time) (on phi.Date, at string) {
	t = t.In(a.Now.Location())
	return Civil(t), t.Format("15:04")
}

// Due is something that falls due.
type Due struct {
	What   What
	Client record.Subject // none for what is the agency's
	On     phi.Date
	At     string   // "15:04" where the time matters
	End    string   // "15:04" when it is over, of what takes a time
	Sort   string   // a code of the source's own, as where one meets
	Title  phi.Text // in somebody's words; empty where the What says all
	Path   string   // where it is seen and seen to
	Log    string   // where a contact is logged that settles it; empty if none does
	Owner  string   // worker whose it is
	High   bool
	Task   *Opened // of a task: for Done and Snooze in one press
	// LateFrom is when it begins to be late, where that is not when the day or
	// the time is past.
	LateFrom time.Time
	Late     bool // said by Day
}

// Source is something that knows what falls due. What it wants stands in the lists
// it returns, whose clients are then wanted with them; due is called once the view
// is open. It leaves out what the [Ask] does not want.
type Source interface {
	WantDue(v *record.View, who actor.Actor, ask Ask) (lists []record.Listed, due func() []Due)
}

// Join adds sources.
func (ts *Tasks) Join(sources ...Source) { ts.sources = append(ts.sources, sources...) }

// Day is what is due around a day.
type Day struct {
	Late, Today, Next []Due
	Clients           *record.Subjects[person.Client]
	// About is every client of whom a source knows anything, due or not: whose
	// work it is.
	About []record.Subject
	// Cut: a source has more than it lists here. What it lists is what is due
	// soonest.
	Cut bool
}

// Day returns what is late, due today and due in the days after, of tasks and of
// every source, with the clients, as one read with one entry.
func (ts *Tasks) Day(ctx context.Context, who actor.Actor, clients *person.Clients, ask Ask) (Day, error) {
	v := ts.door.View(who, "task.find")
	var lists []record.Listed
	var dues []func() []Due
	for _, s := range append([]Source{ts}, ts.sources...) {
		ls, due := s.WantDue(v, who, ask)
		lists, dues = append(lists, ls...), append(dues, due)
	}
	subjects := clients.WantAmong(v, person.Named, lists...)
	if err := v.Open(ctx); err != nil {
		return Day{}, err
	}
	out := Day{Clients: subjects, About: record.About(lists...), Cut: record.Cut(lists...)}
	for _, due := range dues {
		for _, d := range due() {
			if d.Late = ask.Late(d.On, d.At); !d.LateFrom.IsZero() {
				d.Late = ask.Now.After(d.LateFrom)
			}
			switch {
			case d.Late:
				out.Late = append(out.Late, d)
			case Between(ask.Today(), d.On) == 0:
				out.Today = append(out.Today, d)
			default:
				out.Next = append(out.Next, d)
			}
		}
	}
	for _, part := range [][]Due{out.Late, out.Today, out.Next} {
		order.By(part, inOrder)
	}
	return out, nil
}

// inOrder is by day, then what matters more, then what has a time.
func inOrder(a, b Due) int {
	if n := Between(b.On, a.On); n != 0 {
		return n
	}
	if a.High != b.High {
		if a.High {
			return -1
		}
		return 1
	}
	if (a.At == "") != (b.At == "") {
		if a.At != "" {
			return -1
		}
		return 1
	}
	return strings.Compare(a.At, b.At)
}

// maxRemind is how long before a task is due it can be shown.
const maxRemind = 60

// WantDue implements [Source]: the open tasks, those whose reminder has come
// included.
func (ts *Tasks) WantDue(v *record.View, who actor.Actor, ask Ask) ([]record.Listed, func() []Due) {
	far := ask
	far.Days += maxRemind
	l := ts.records.WantAll(v, record.Query{Owner: ask.Worker, State: Open, DueBefore: far.Before(), ByDue: true, Limit: 300})
	return []record.Listed{l}, func() []Due {
		var out []Due
		for i := range l.Rows {
			o := &l.Rows[i]
			t := o.Value
			if !ask.Wants(t.DueOn) && Between(ask.Today(), t.DueOn) > t.Remind {
				continue
			}
			d := Due{What: IsDue, Client: o.Subject, On: t.DueOn, At: t.DueAt, Title: t.What, Path: Path(o.Subject, o.ID), Owner: t.Owner, High: t.Priority == High, Task: o}
			if !o.Subject.IsZero() {
				d.Log = "/clients/" + o.Subject.String() + "/notes"
			}
			out = append(out, d)
		}
		return out
	}
}
