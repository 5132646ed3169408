package appointment

import (
	"context"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
)

// Path is where an appointment can be seen.
func Path(client record.Subject, id ID) string {
	return "/clients/" + client.String() + "/appointments/" + id.String()
}

// Book keeps a new appointment, or several a week apart, and returns their ids,
// the first one first. Where nobody is named it is with whoever books it, if they are
// one whom the client can meet. Whoever it is with, and did not book it, is told. Errors:
// Invalid with fields, Denied, NotFound.
func (as *Appointments) Book(ctx context.Context, who actor.Actor, client record.Subject, in Input, zone *time.Location) ([]ID, error) {
	const op = "appointment.create"
	if in.Worker == "" {
		meets, err := as.meets(ctx, who, client)
		if err != nil {
			return nil, err
		}
		if meets {
			in.Worker = who.Worker()
		}
	}
	bad, err := as.bookable(ctx, who, client, in, zone)
	if err != nil {
		return nil, err
	}
	if len(bad) > 0 {
		return nil, fault.InvalidFields(op, bad...)
	}
	w := as.door.Work(who, op)
	var ids []ID
	series := ""
	if in.Weeks > 1 {
		series = newSeries()
	}
	for n := range max(in.Weeks, 1) {
		a := Appointment{Client: client, Status: Planned, Series: series, MadeBy: who.Worker()}
		in.put(&a, zone, n)
		ids = append(ids, as.records.Create(w, client, a))
	}
	as.tell(w, who, client, WasBooked, Path(client, ids[0]), in.Worker, in.With)
	return ids, w.Commit(ctx)
}

// bookable says what is wrong with the input of an appointment with a client. Whoever
// it is with already may stay.
func (as *Appointments) bookable(ctx context.Context, who actor.Actor, client record.Subject, in Input, zone *time.Location, already ...string) ([]fault.Field, error) {
	bad := in.check(as.door.Clock().Now(), zone)
	for _, x := range []struct{ name, worker string }{{"worker", in.Worker}, {"with", in.With}} {
		if x.worker == "" || one(already, x.worker) {
			continue
		}
		ok, err := task.WorksWith(ctx, as.door, x.worker, client)
		if err == nil && !ok && x.worker == who.Worker() {
			ok, err = as.meets(ctx, who, client)
		}
		if err != nil {
			return nil, err
		}
		if !ok {
			bad = append(bad, fault.Field{Name: x.name, Message: "Choose a colleague who works with this client."})
		}
	}
	return bad, nil
}

// meets reports whether the asker can be whom a client meets: whoever may say
// whether the client came. Intake books for others. Of whoever may book nothing at
// all it says yes: the door refuses them, and what is wrong with their input would say
// that the client is there.
func (as *Appointments) meets(ctx context.Context, who actor.Actor, client record.Subject) (bool, error) {
	look, err := as.door.Look(ctx, who, client)
	if err != nil {
		return false, err
	}
	may := func(action string) bool { return look.May(action, true, policy.Set(policy.Case)) != 0 }
	return may("appointment.keep") || !may("appointment.create"), nil
}

// each is some workers, each once: those of before and of now.
func each(workers ...string) []string {
	var out []string
	for _, id := range workers {
		if id != "" && !one(out, id) {
			out = append(out, id)
		}
	}
	return out
}

func (as *Appointments) tell(w *record.Work, who actor.Actor, client record.Subject, what notice.What, path string, workers ...string) {
	for _, to := range workers {
		as.notices.Tell(w, who, client, to, what, path)
	}
}

// Read returns one appointment.
func (as *Appointments) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return as.records.Read(ctx, who, id)
}

// Want asks a view for one appointment.
func (as *Appointments) Want(v *record.View, id ID) *record.Got[Appointment] {
	return as.records.Want(v, id)
}

// WantNext asks a view for the next planned appointments of a client.
func (as *Appointments) WantNext(v *record.View, client record.Subject) *record.List[Appointment] {
	return as.records.WantAll(v, record.Query{Subject: client, State: Planned, AtFrom: as.door.Clock().Now().Add(-time.Hour).UnixMicro(), ByDue: true, Limit: 20})
}

// WantOf asks a view for a client's appointments of any state, the latest first,
// at most limit: those that begin from one moment until another; a zero time is
// open.
func (as *Appointments) WantOf(v *record.View, client record.Subject, from, until time.Time, limit int) *record.List[Appointment] {
	q := record.Query{Subject: client, Limit: limit}
	if !from.IsZero() {
		q.AtFrom = from.UnixMicro()
	}
	if !until.IsZero() {
		q.AtUntil = until.UnixMicro()
	}
	return as.records.WantAll(v, q)
}

// Range is the appointments of a time, filled when their view is opened.
type Range struct{ own, with *record.List[Appointment] }

// Lists are the lists of a range, for the clients they are about.
func (r Range) Lists() []record.Listed {
	if r.with == nil {
		return []record.Listed{r.own}
	}
	return []record.Listed{r.own, r.with}
}

// Rows are the appointments in the order of their beginning.
func (r Range) Rows() []Opened {
	rows := append([]Opened(nil), r.own.Rows...)
	if r.with != nil {
		rows = append(rows, r.with.Rows...)
	}
	sortRows(rows)
	return rows
}

// WantRange asks a view for the appointments that begin from one moment until
// another: those of a worker, also where they are the second, or all that the
// asker may see where worker is empty. state may be empty.
func (as *Appointments) WantRange(v *record.View, worker, state string, from, until time.Time) Range {
	q := within(worker, state, from, until)
	if len(q) == 1 {
		return Range{own: as.records.WantAll(v, q[0])}
	}
	return Range{as.records.WantAll(v, q[0]), as.records.WantAll(v, q[1])}
}

// within are the lists of a range: of a worker there are two, as the first and as
// the second.
func within(worker, state string, from, until time.Time) []record.Query {
	q := record.Query{State: state, AtFrom: from.UnixMicro(), AtUntil: until.UnixMicro(), ByDue: true, Limit: 500}
	if worker == "" {
		return []record.Query{q}
	}
	own, with := q, q
	own.Owner, with.Group = worker, worker
	return []record.Query{own, with}
}

// Tally counts the asker's own planned appointments of a day. It opens nothing.
func (as *Appointments) Tally(ctx context.Context, who actor.Actor, now time.Time) (int64, error) {
	today := task.Civil(now)
	return as.records.Tally(ctx, who, record.Query{
		Owner: who.Worker(), State: Planned,
		AtFrom: task.Moment(today, "", now.Location()).UnixMicro(), AtUntil: task.Moment(task.PlusDays(today, 1), "", now.Location()).UnixMicro(),
	})
}

// Move changes a planned appointment as its form says: its time, length, place,
// workers or words. Whoever it is with, and did not do it, is told. Errors: Invalid
// with fields, Conflict, Denied, NotFound.
func (as *Appointments) Move(ctx context.Context, who actor.Actor, client record.Subject, id ID, version int64, in Input, zone *time.Location) error {
	const op = "appointment.change"
	was, err := as.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	bad, err := as.bookable(ctx, who, client, in, zone, was.Value.Worker, was.Value.With)
	if err != nil {
		return err
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	words, err := as.words(ctx, who, client, op)
	if err != nil {
		return err
	}
	w := as.door.Work(who, op)
	as.records.ChangeOf(w, "change", client, id, version, func(a *Appointment) error {
		if a.Status != Planned {
			return fault.Invalidf(op, "only a planned appointment is changed")
		}
		if !words {
			// Who plans without reading the words leaves them alone.
			in.Place, in.Purpose = a.Place, a.Purpose
		}
		in.put(a, zone, 0)
		return nil
	})
	as.tell(w, who, client, WasMoved, Path(client, id), each(in.Worker, in.With, was.Value.Worker, was.Value.With)...)
	return w.Commit(ctx)
}

// words reports whether the asker may use the words of an appointment.
func (as *Appointments) words(ctx context.Context, who actor.Actor, client record.Subject, action string) (bool, error) {
	may, err := as.door.May(ctx, who, action, client, false, policy.Set(policy.Note))
	return may != 0, err
}

// Keep says that an appointment came about.
func (as *Appointments) Keep(ctx context.Context, who actor.Actor, client record.Subject, id ID, version int64) error {
	return as.close(ctx, who, "keep", client, id, version, Kept)
}

// Miss says that the client did not come.
func (as *Appointments) Miss(ctx context.Context, who actor.Actor, client record.Subject, id ID, version int64) error {
	return as.close(ctx, who, "keep", client, id, version, NoShow)
}

func (as *Appointments) close(ctx context.Context, who actor.Actor, verb string, client record.Subject, id ID, version int64, state string) error {
	op := "appointment." + verb
	now := as.door.Clock().Now()
	w := as.door.Work(who, op)
	as.records.ChangeOf(w, verb, client, id, version, func(a *Appointment) error {
		switch {
		case a.Status == Cancelled:
			return fault.Invalidf(op, "the appointment was cancelled")
		case a.Start.After(now):
			return fault.Invalidf(op, "the appointment has not begun yet")
		}
		a.Status, a.ClosedAt, a.ClosedBy = state, now, who.Worker()
		return nil
	})
	return w.Commit(ctx)
}

// Cancel cancels a planned appointment, and with following all later ones of its
// series: who cancelled and, in words, why. Whoever it is with, and did not do it,
// is told. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (as *Appointments) Cancel(ctx context.Context, who actor.Actor, id ID, version int64, by By, why phi.Text, following bool) error {
	const op = "appointment.cancel"
	var bad []fault.Field
	if !one(Cancellers(), by) {
		bad = append(bad, fault.Field{Name: "by", Message: "Choose who cancelled."})
	}
	if utf8.RuneCountInString(why.Disclose()) > 500 {
		bad = append(bad, fault.Field{Name: "why", Message: "Keep this to 500 characters."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	o, err := as.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	w := as.door.Work(who, op)
	now := as.door.Clock().Now()
	cancel := func(id ID, version int64) {
		as.records.ChangeOf(w, "cancel", o.Subject, id, version, func(a *Appointment) error {
			if a.Status != Planned {
				return fault.Invalidf(op, "only a planned appointment is cancelled")
			}
			a.Status, a.ClosedAt, a.ClosedBy, a.CancelledBy, a.Why = Cancelled, now, who.Worker(), by, why
			return nil
		})
	}
	cancel(id, version)
	if following && o.Value.Series != "" {
		rest, err := as.records.Find(ctx, who, record.Query{Ref: o.Value.Series, State: Planned, AtFrom: o.Value.Start.Add(time.Microsecond).UnixMicro(), Limit: MaxWeeks})
		if err != nil {
			return err
		}
		for _, x := range rest.Rows {
			cancel(x.ID, x.Version)
		}
	}
	as.tell(w, who, o.Subject, WasCancelled, Path(o.Subject, id), o.Value.Worker, o.Value.With)
	return w.Commit(ctx)
}
