package appointment

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
)

// WantSeries asks a view for everything booked together with one appointment, in
// any state: when they are and whose, and nothing else of them. It is empty for one
// that does not recur.
func (as *Appointments) WantSeries(v *record.View, id ID) *record.List[Appointment] {
	return as.records.WantAll(v, record.Query{RefOf: id.String(), ByDue: true, Limit: MaxWeeks, Only: policy.Set(policy.Workforce)})
}

// Following are the planned appointments of a series that begin after one of them,
// soonest first.
func Following(a Appointment, series []Opened) []Opened {
	var out []Opened
	for _, o := range after(a, series) {
		if o.Value.Status == Planned {
			out = append(out, o)
		}
	}
	return out
}

func after(a Appointment, series []Opened) []Opened {
	var out []Opened
	for _, o := range series {
		if o.Value.Start.After(a.Start) {
			out = append(out, o)
		}
	}
	sortRows(out)
	return out
}

// Mark says which versions of what follows a page showed, so that a change made
// from it can tell whether somebody changed one of them meanwhile.
func Mark(a Appointment, series []Opened) string {
	h := sha256.New()
	rows := after(a, series)
	order.By(rows, func(x, y Opened) int { return strings.Compare(x.ID.String(), y.ID.String()) })
	for _, o := range rows {
		fmt.Fprintf(h, "%s %d\n", o.ID, o.Version)
	}
	return hex.EncodeToString(h.Sum(nil)[:12])
}

// LastChange is who changed one of those that follow last, and when; by is empty
// if none follows.
func LastChange(a Appointment, series []Opened) (by string, at time.Time) {
	for _, o := range after(a, series) {
		if o.ChangedAt.After(at) {
			by, at = o.ChangedBy, o.ChangedAt
		}
	}
	return by, at
}

// Placed is where an appointment stands in a calendar.
type Placed struct {
	ID     ID
	Worker string
	Start  time.Time
}

// MoveFollowing changes a planned appointment as its form says, and all planned
// ones of its series that follow it: each in what the form changes, and in nothing
// else, so that what was arranged for one alone stays. A new day moves each by as
// many days; a new time is the same for all by the clock of zone, also when the
// clocks change. mark is the [Mark] of what its page showed; empty takes whatever
// is newest.
//
// Whoever one of them is with, and did not do it, is told once. It returns where
// they all stand now, this one first. Errors: Invalid with fields, Conflict if this
// one or one that follows was changed since, Denied, NotFound; then nothing is.
func (as *Appointments) MoveFollowing(ctx context.Context, who actor.Actor, client record.Subject, id ID, version int64, mark string, in Input, zone *time.Location) ([]Placed, error) {
	const op = "appointment.change"
	v := as.door.View(who, "appointment.read")
	one, series := as.Want(v, id), as.WantSeries(v, id)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	was := one.Value
	// Whom it is with stays, also where they left since: only who is new is checked.
	bad, err := as.bookable(ctx, who, client, in, zone, was.Worker, was.With)
	if err != nil {
		return nil, err
	}
	if len(bad) > 0 {
		return nil, fault.InvalidFields(op, bad...)
	}
	words, err := as.words(ctx, who, client, op)
	if err != nil {
		return nil, err
	}
	if !words {
		// Who plans without reading the words leaves them alone.
		in.Place, in.Purpose = was.Place, was.Purpose
	}
	if version != 0 && version != one.Version || mark != "" && mark != Mark(was, series.Rows) {
		return nil, fault.Conflictf(op, "somebody else changed it, or one that follows it, since you opened it")
	}
	w := as.door.Work(who, op)
	var out []Placed
	told := map[string]bool{}
	for i, o := range append([]Opened{one.Opened}, Following(was, series.Rows)...) {
		put := func(a *Appointment) { in.put(a, zone, 0) }
		if i > 0 {
			put = func(a *Appointment) { in.follow(a, was, zone) }
		}
		as.records.ChangeOf(w, "change", client, o.ID, o.Version, func(a *Appointment) error {
			if a.Status != Planned {
				return fault.Invalidf(op, "only a planned appointment is changed")
			}
			put(a)
			return nil
		})
		// Time and workers come out as they are written: another version would be a
		// conflict.
		next := o.Value
		put(&next)
		out = append(out, Placed{o.ID, next.Worker, next.Start})
		for _, to := range each(next.Worker, next.With, o.Value.Worker, o.Value.With) {
			if !told[to] {
				told[to] = true
				as.tell(w, who, client, WasMoved, Path(client, o.ID), to)
			}
		}
	}
	return out, w.Commit(ctx)
}

// follow writes into a later appointment what the input makes different from what
// the one it was made for was.
func (in Input) follow(a *Appointment, was Appointment, zone *time.Location) {
	if in.Worker != was.Worker {
		a.Worker = in.Worker
	}
	if in.With != was.With {
		a.With = in.With
	}
	if a.With == a.Worker {
		a.With = "" // they are there already
	}
	if in.Minutes != was.Minutes {
		a.Minutes = in.Minutes
	}
	if in.Type != was.Type {
		a.Type = in.Type
	}
	if in.Reminder != was.Reminder {
		a.Reminder = in.Reminder
	}
	if !in.Place.Equal(was.Place) {
		a.Place = in.Place
	}
	if !in.Purpose.Equal(was.Purpose) {
		a.Purpose = in.Purpose
	}
	from, at := civil(was.Start, zone)
	days := task.Between(from, in.On)
	if days == 0 && in.At == at {
		return
	}
	on, own := civil(a.Start, zone)
	// One that stands where the series put it keeps to the series: in an hour that
	// the clocks skip it stands later, and is not to stay there on another day.
	if in.At != at || a.Start.Equal(task.Moment(on, at, zone)) {
		own = in.At
	}
	a.Start = task.Moment(task.PlusDays(on, days), own, zone).UTC()
}

// civil is the day and the time of day of a moment in a zone.
func civil(t time.Time, zone *time.Location) (on phi.Date, at string) {
	t = t.In(zone)
	return task.Civil(t), t.Format("15:04")
}

// Clashing says which of some appointments are at a time at which their worker is
// in another: a warning, and nothing is refused. It looks at the days they are on,
// in zone, as one read.
func (as *Appointments) Clashing(ctx context.Context, who actor.Actor, placed []Placed, zone *time.Location) (map[ID]bool, error) {
	v := as.door.View(who, "appointment.find")
	type stretch struct {
		worker string
		from   time.Time
	}
	asked := map[stretch]bool{}
	var ranges []Range
	for _, p := range placed {
		day, _ := civil(p.Start, zone)
		from := task.Moment(day, "", zone)
		if s := (stretch{p.Worker, from}); !asked[s] {
			asked[s] = true
			ranges = append(ranges, as.WantRange(v, p.Worker, "", from, task.Moment(task.PlusDays(day, 1), "", zone)))
		}
	}
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	var rows []Opened
	seen := map[ID]bool{}
	for _, r := range ranges {
		for _, o := range r.Rows() {
			if !seen[o.ID] {
				seen[o.ID] = true
				rows = append(rows, o)
			}
		}
	}
	all, out := Overlaps(rows), map[ID]bool{}
	for _, p := range placed {
		if all[p.ID] {
			out[p.ID] = true
		}
	}
	return out, nil
}
