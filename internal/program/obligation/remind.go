package obligation

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// before are the days before something is due on which who owes it is reminded, and after is
// how many days after it who leads them is told, once. The law sets neither; they are
// agency practice.
var before = [...]int{30, 7, 1}

const after = 7

// A reminder that could not go out on its day, for no server ran, goes out as much later.
const (
	caughtUp = 4 * 24 * time.Hour  // of what is due: from a Friday to the Monday
	toldLate = 14 * 24 * time.Hour // of what somebody else owes
)

// opens is the hour of the agency's day from which reminders go out.
const opens = 7

// retaken is when another server takes up a reminder that one began to send and never said
// it had.
const retaken = time.Hour

// The states of a reminder.
const (
	Taken  = "taken" // a server is sending it
	Sent   = "sent"
	Failed = "failed" // the mail server did not take it
)

// Reminder is that somebody was reminded on a day. Each person has one for a day: whichever
// server makes it sends the mail, and no other does.
type Reminder struct {
	Worker string    `class:"workforce" doc:"Worker id of who is reminded."`
	Day    time.Time `class:"program" doc:"The day, as its noon in UTC."`
	Status string    `class:"program" doc:"Taken by a server that sends it, sent, or failed."`
	At     time.Time `class:"program" doc:"Since when it is in that state."`
	Due    int       `class:"program" doc:"How much is due from them that they were reminded of."`
	Others int       `class:"program" doc:"How much of others they were told is overdue."`
}

// ReminderKind keeps reminders.
var ReminderKind = record.Define(record.Kind[Reminder]{
	Name:      "reminder",
	Doc:       "That somebody was reminded by mail, on a day, of what is due.",
	Retention: "working",
	Labels: func(r Reminder) record.Labels {
		return record.Labels{Owner: r.Worker, State: r.Status, At: r.Day, Due: r.At, Ext: ext(r.Worker, r.Day)}
	},
})

// ext is the identity that makes the reminder of a day the only one.
func ext(worker string, day time.Time) string {
	return "reminder " + worker + " " + day.Format(time.DateOnly)
}

// Letter is what one person is told on one day: how much, and nothing that names anything.
type Letter struct {
	Worker string
	Day    time.Time // the agency's, at noon of UTC
	Due    int       // comes up for them
	First  time.Time // the day the first of it is due, at noon of UTC
	Others int       // is overdue for those they lead
}

// remindOn is the day of a reminder some days before something is due: the Friday before,
// where that is on a weekend.
func remindOn(due time.Time, days int) time.Time {
	d := due.AddDate(0, 0, -days)
	switch d.Weekday() {
	case time.Saturday:
		return d.AddDate(0, 0, -1)
	case time.Sunday:
		return d.AddDate(0, 0, -2)
	}
	return d
}

// tellOn is the day on which who leads somebody is told: the Monday after, where that is on
// a weekend.
func tellOn(due time.Time) time.Time {
	d := due.AddDate(0, 0, after)
	switch d.Weekday() {
	case time.Saturday:
		return d.AddDate(0, 0, 2)
	case time.Sunday:
		return d.AddDate(0, 0, 1)
	}
	return d
}

// leads are who answers for somebody's work: their supervisor, or whoever manages a program
// of theirs, or the privacy officers.
func leads(w Worker, all []Worker) (out []string) {
	for _, x := range all {
		if x.ID == w.Supervisor && x.ID != w.ID {
			return []string{x.ID}
		}
	}
	for _, role := range []actor.Role{actor.ProgramManager, actor.PrivacyOfficer} {
		for _, x := range all {
			if x.ID != w.ID && x.Works(role) && (role != actor.ProgramManager || slices.ContainsFunc(x.In(role), func(p string) bool { return slices.Contains(w.Programs, p) })) {
				out = append(out, x.ID)
			}
		}
		if len(out) > 0 {
			return out
		}
	}
	return nil
}

// letters are those of a day, by worker; last is the day each was told of something last.
func letters(today time.Time, zone *time.Location, all []Obligation, people []Worker, last map[string]time.Time) []Letter {
	by := map[string]*Letter{}
	to := func(worker string) *Letter {
		l, ok := by[worker]
		if !ok {
			l = &Letter{Worker: worker, Day: today}
			by[worker] = l
		}
		return l
	}
	// new reports whether something of a day is to be told to somebody today.
	fresh := func(worker string, day time.Time, back time.Duration) bool {
		return !day.After(today) && day.After(last[worker]) && day.After(today.Add(-back))
	}
	led := map[string][]string{}
	for _, o := range all {
		if o.Due.IsZero() {
			continue
		}
		due := civil(o.Due, zone)
		for _, w := range people {
			if !slices.ContainsFunc(w.Roles(), func(r actor.Role) bool { return o.Of(w.ID, r) }) {
				continue
			}
			if !today.After(due) && slices.ContainsFunc(before[:], func(n int) bool { return fresh(w.ID, remindOn(due, n), caughtUp) }) {
				l := to(w.ID)
				if l.Due++; l.First.IsZero() || due.Before(l.First) {
					l.First = due
				}
			}
			if o.Worker == "" || !today.After(due) {
				continue
			}
			who, ok := led[w.ID]
			if !ok {
				who = leads(w, people)
				led[w.ID] = who
			}
			for _, x := range who {
				if fresh(x, tellOn(due), toldLate) {
					to(x).Others++
				}
			}
		}
	}
	var out []Letter
	for _, w := range people {
		if l := by[w.ID]; l != nil {
			out = append(out, *l)
		}
	}
	return out
}

// Remind sends each person one letter of what comes up for them today, and of what is a week
// overdue of those they lead, by the days of the agency's zone and from seven in the
// morning. It does nothing on a weekend. However many servers do so, and whenever they
// start, each letter is sent once: the record of it is made before, and names who and when
// only. One that a server began to send when it fell over is sent an hour later, which may
// be a second time. The error is the first failure; the others are sent all the same.
func (o *Obligations) Remind(ctx context.Context, who actor.Actor, zone *time.Location, send func(context.Context, Letter) error) error {
	now := o.door.Clock().Now().In(zone)
	today := civil(now, zone)
	if d := now.Weekday(); d == time.Saturday || d == time.Sunday || now.Hour() < opens {
		return nil
	}
	last, again, err := o.told(ctx, who, today, now)
	if err != nil {
		return err
	}
	// What is due 30 days on, and what a weekend adds.
	all, err := o.Of(ctx, who, Agency, "", now.AddDate(0, 0, before[0]+4))
	if err != nil {
		return err
	}
	people, err := o.people.Workers(ctx, who)
	if err != nil {
		return err
	}
	var first error
	for _, l := range letters(today, zone, all, people, last) {
		if err := o.tell(ctx, who, l, again[l.Worker], send); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// told is when each person was reminded last, and of today those reminders that are to be
// taken up again.
func (o *Obligations) told(ctx context.Context, who actor.Actor, today, now time.Time) (last map[string]time.Time, again map[string]record.Opened[Reminder], err error) {
	last, again = map[string]time.Time{}, map[string]record.Opened[Reminder]{}
	q := record.Query{AtFrom: today.Add(-toldLate).UnixMicro(), Limit: 500}
	for {
		v := o.door.View(who, "reminder.find")
		l := o.reminders.WantLabels(v, q)
		if err := v.Open(ctx); err != nil {
			return nil, nil, err
		}
		for _, r := range l.Rows {
			x := r.Labels
			unsent := x.State == Failed || x.State == Taken && !now.Before(x.Due.Add(retaken))
			switch {
			case unsent && x.At.Equal(today):
				again[x.Owner] = r
			case !unsent && x.At.After(last[x.Owner]):
				last[x.Owner] = x.At
			}
		}
		if l.Next == "" {
			return last, again, nil
		}
		q.After = l.Next
	}
}

// tell sends one letter, if no other server does.
func (o *Obligations) tell(ctx context.Context, who actor.Actor, l Letter, again record.Opened[Reminder], send func(context.Context, Letter) error) error {
	at := o.door.Clock().Now()
	w := o.door.Work(who, "reminder.create")
	w.Detail("worker", l.Worker)
	id := again.ID
	if id.IsZero() {
		id = o.reminders.Create(w, record.Subject{}, Reminder{Worker: l.Worker, Day: l.Day, Status: Taken, At: at, Due: l.Due, Others: l.Others})
	} else {
		w = o.door.Work(who, "reminder.change")
		o.reminders.Change(w, "change", id, again.Version, func(r *Reminder) error {
			r.Status, r.At, r.Due, r.Others = Taken, at, l.Due, l.Others
			return nil
		})
	}
	if err := w.Commit(ctx); err != nil {
		if _, _, _, found, ferr := o.reminders.FindExt(ctx, who, ext(l.Worker, l.Day)); ferr == nil && found && (again.ID.IsZero() || fault.Is(err, fault.Conflict)) {
			return nil // another server has it
		}
		return err
	}
	status := Sent
	err := send(ctx, l)
	if err != nil {
		status = Failed
	}
	// Whatever ends this server, what became of the letter is kept.
	w = o.door.Work(who, "reminder.change")
	w.Detail("worker", l.Worker)
	w.Detail("mail", status)
	o.reminders.Change(w, "change", id, 0, func(r *Reminder) error {
		r.Status, r.At = status, o.door.Clock().Now()
		return nil
	})
	if cerr := w.Commit(context.WithoutCancel(ctx)); cerr != nil {
		return cerr
	}
	return err
}
