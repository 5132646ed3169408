package org

import (
	"context"
	"crypto/rand"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/order"
	"caseward/internal/record"
)

const (
	// MaxPlanned is at how many moments to come a person's role, programs or supervisor
	// change: one for a change for good, two for one that ends again.
	MaxPlanned = 8
	// MaxAhead is how far ahead a change is planned.
	MaxAhead = 2 * 366 * 24 * time.Hour
)

// Term is a planned change of somebody's role, programs or supervisor: it holds from the
// very moment From, whether or not it was written down by then. What it does not name
// stays as it is (45 CFR 164.308(a)(4)(ii)(C)).
type Term struct {
	Key        string      `cbor:"1,keyasint"` // shared by the two ends of what is for a time
	From       time.Time   `cbor:"2,keyasint"`
	Back       bool        `cbor:"3,keyasint,omitempty"` // the other end: what changed is again as it was right before
	Role       *actor.Role `cbor:"4,keyasint,omitempty"` // of a Back these three are known when the first end begins
	Programs   *[]string   `cbor:"5,keyasint,omitempty"`
	Supervisor *string     `cbor:"6,keyasint,omitempty"`
	By         string      `cbor:"7,keyasint"` // worker id of who planned it
	At         time.Time   `cbor:"8,keyasint"` // when
}

func (t Term) edit() Edit { return Edit{Role: t.Role, Programs: t.Programs, Supervisor: t.Supervisor} }

// At is the staff record as it is at a moment: with every planned change that has begun by
// then. Whoever reads a role, programs or a supervisor asks it.
func (s Staff) At(t time.Time) Staff {
	for len(s.Planned) > 0 && !t.Before(s.Planned[0].From) {
		s = s.next()
	}
	return s
}

// next is the record from the moment of its first planned change on.
func (s Staff) next() Staff {
	t, rest := s.Planned[0], append([]Term(nil), s.Planned[1:]...)
	for i := range rest {
		if b := &rest[i]; b.Key == t.Key {
			role, programs, boss := s.Role, s.Programs, s.Supervisor
			if t.Role != nil {
				b.Role = &role
			}
			if t.Programs != nil {
				b.Programs = &programs
			}
			if t.Supervisor != nil {
				b.Supervisor = &boss
			}
		}
	}
	t.edit().apply(&s)
	s.Since, s.Planned = t.From, rest
	// What is for a time leaves a second role to go on after it.
	if t.Role != nil && !slices.ContainsFunc(rest, func(b Term) bool { return b.Key == t.Key }) {
		s.alone(t.From)
	}
	return s
}

// Ahead is a planned change as people speak of it: from when, and until when if it ends.
type Ahead struct {
	Term
	Begun bool      // it holds already, and From is not known; the Term says what will be again
	Until time.Time // not included; zero: for good
	Next  Staff     // the record from then on
}

// Ahead lists what is planned, soonest first.
func (s Staff) Ahead() (out []Ahead) {
	for ; len(s.Planned) > 0; s = s.next() {
		t := s.Planned[0]
		if i := slices.IndexFunc(out, func(a Ahead) bool { return a.Key == t.Key }); i >= 0 {
			out[i].Until = t.From
			continue
		}
		a := Ahead{Term: t, Next: s.next()}
		if t.Back {
			a.Begun, a.Until = true, t.From
		}
		out = append(out, a)
	}
	return out
}

// What a worker is told of their own access, on the page of notices and by mail.
const (
	ChangePlanned   notice.What = "access.planned"
	ChangeCalledOff notice.What = "access.called_off"
	ChangeEnded     notice.What = "access.ended" // one that held: what changed is again as it was
	SecondGiven     notice.What = "access.second"
	SecondEnded     notice.What = "access.second_ended"
)

// news is what somebody is told of a change of their access: what, and from when until when.
type news struct {
	what        notice.What
	from, until time.Time
}

// Planning is a change to plan. What is nil stays.
type Planning struct {
	// From is the first day and Until the last, zero for good: year, month and day count, as
	// days of the agency's zone.
	From, Until time.Time
	Role        *actor.Role
	Programs    *[]string
	Supervisor  *string
}

// Begins is the moment at which a day begins in a zone.
func Begins(day time.Time, zone *time.Location) time.Time {
	y, m, d := day.Date()
	t := time.Date(y, m, d, 0, 0, 0, 0, zone)
	switch before := t.Add(-time.Hour); {
	case t.Day() != d: // clocks went forward at midnight: the day begins at one
		t = t.Add(time.Hour)
	case before.Day() == d: // clocks went back to midnight: it begins the first time
		t = before
	}
	return t.UTC()
}

// period is the time that days of the agency's zone name: from the beginning of the first,
// or now where it is today or none, to the end of the last; zero for good. It says what is
// wrong but for a first day that is past, which is the caller's to judge.
func period(first, last, now time.Time, agency Agency) (from, until time.Time, wrong []fault.Field) {
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	zone := agency.Zone()
	from = now
	if !first.IsZero() {
		from = Begins(first, zone)
		if !from.After(now) && Begins(first.AddDate(0, 0, 1), zone).After(now) {
			from = now
		}
	}
	if from.Sub(now) > MaxAhead {
		bad("from", "Choose a day within two years.")
	}
	if !last.IsZero() {
		switch until = Begins(last.AddDate(0, 0, 1), zone); {
		case !until.After(from):
			bad("until", "Choose a last day that is not before the first, or none.")
		case until.Sub(now) > MaxAhead:
			bad("until", "Choose a day within two years.")
		}
	}
	return from, until, wrong
}

// newKey is what a planned change or a second role is called by.
func newKey() string { return strings.ToLower(rand.Text()[:12]) }

// Plan plans a change of somebody's role, programs or supervisor from the beginning of a
// day on, for good or until a last day; then what changed is as it was before it began,
// whatever else was changed meanwhile. Nobody plans their own. The asker must have proved
// again who they are. Errors: Invalid with fields, Conflict if access has ended or
// somebody else changed the record at once (45 CFR 164.308(a)(4)(ii)(C)).
func (o *Org) Plan(ctx context.Context, who actor.Actor, id ID, in Planning) error {
	const op = "staff.plan"
	w := o.door.Work(who, op)
	return o.ahead(ctx, who, w, op, "plan", id, func(s Staff, now time.Time) (Staff, news, error) {
		return o.planned(ctx, who, w, id.String(), s, in, now)
	})
}

// Cancel calls off a planned change by its key, both ends of one that is for a time. Of
// one that holds already it is the end: what changed is at once as it was. Errors as of
// [Org.Plan]; Conflict if nothing of this key is planned any more.
func (o *Org) Cancel(ctx context.Context, who actor.Actor, id ID, key string) error {
	const op = "staff.cancel"
	w := o.door.Work(who, op)
	return o.ahead(ctx, who, w, op, "cancel", id, func(s Staff, now time.Time) (Staff, news, error) {
		i := slices.IndexFunc(s.Planned, func(t Term) bool { return t.Key == key })
		if i < 0 {
			return s, news{}, fault.Conflictf(op, "it began before, or was called off")
		}
		t := s.Planned[i]
		detail(w, t)
		s.Planned = slices.Clone(s.Planned)
		if t.Back {
			// Nothing is planned within what is for a time, so this is what comes next.
			s.Planned[i].From = now
			return s.next(), news{what: ChangeEnded, from: now}, nil
		}
		s.Planned = slices.DeleteFunc(s.Planned, func(t Term) bool { return t.Key == key })
		return s, news{what: ChangeCalledOff, from: t.From}, nil
	})
}

// ahead changes what is planned of somebody into what change makes of their record, and
// tells them. Sign-in does that in its own name: an administrator tells nobody anything else.
func (o *Org) ahead(ctx context.Context, who actor.Actor, w *record.Work, op, verb string, id ID, change func(s Staff, now time.Time) (Staff, news, error)) error {
	if id.String() == who.Worker() {
		return fault.Invalidf(op, "nobody changes their own role, programs or supervisor")
	}
	now := o.door.Clock().Now()
	var next Staff
	var told news
	var version int64
	if may, err := o.door.May(ctx, who, op, record.Subject{}, false, StaffKind.Classes()); err != nil {
		return err
	} else if may.Contains(StaffKind.Classes()) {
		if err := o.settle(ctx, id, now); err != nil {
			return err
		}
		old, err := o.staff.Read(ctx, who, id)
		if err != nil {
			return err
		}
		if old.Value.Status == Terminated {
			return fault.Conflictf(op, "access has ended; invite the person anew")
		}
		if next, told, err = change(old.Value, now); err != nil {
			return err
		}
		if err := o.administered(ctx, who, op, "role", now, turn{id, old.Value, next}); err != nil {
			return err
		}
		version = old.Version
		own := o.door.Work(o.dir.who, "notice.create")
		own.Detail("worker", id.String())
		o.notices.TellByMail(own, who, id.String(), told.what, "/staff/"+id.String(), told.from, told.until)
		w.Along(own)
	}
	o.staff.Change(w, verb, id, version, func(s *Staff) error {
		*s = next
		return nil
	})
	return w.Commit(ctx)
}

// planned is a record with one more planned change.
func (o *Org) planned(ctx context.Context, who actor.Actor, w *record.Work, id string, s Staff, in Planning, now time.Time) (Staff, news, error) {
	const op = "staff.plan"
	agency, err := o.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return s, news{}, err
	}
	from, until, wrong := period(in.From, in.Until, now, agency)
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if !from.After(now) {
		bad("from", "Choose a first day that is still to come. What holds from now on is changed on the person’s page.")
	}
	last := from
	if !until.IsZero() {
		last = until
	}
	t := Term{Key: newKey(), From: from, By: who.Worker(), At: now}
	if len(wrong) > 0 {
		return s, news{}, fault.InvalidFields(op, wrong...)
	}
	for _, a := range s.Ahead() {
		begins, ends := a.From, a.Until
		if ends.IsZero() {
			ends = begins
		}
		if (a.Begun || !last.Before(begins)) && !t.From.After(ends) {
			bad("from", "Another planned change begins, ends or holds then. Choose other days, or cancel that one first.")
			return s, news{}, fault.InvalidFields(op, wrong...)
		}
	}
	// What is as it will be by then is no change.
	was := s.At(t.From)
	if in.Role != nil && *in.Role != was.Role {
		t.Role = in.Role
	}
	if in.Programs != nil {
		if list := tidy(*in.Programs); !slices.Equal(list, was.Programs) {
			t.Programs = &list
		}
	}
	if in.Supervisor != nil && *in.Supervisor != was.Supervisor {
		t.Supervisor = in.Supervisor
	}
	if t.Role == nil && t.Programs == nil && t.Supervisor == nil {
		bad("role", "This changes nothing. Choose another role, other programs or another supervisor.")
		return s, news{}, fault.InvalidFields(op, wrong...)
	}
	add := []Term{t}
	detail(w, t)
	if !in.Until.IsZero() {
		add = append(add, Term{Key: t.Key, From: last, Back: true, By: t.By, At: now})
		w.Detail("until", last.UTC().Format(time.RFC3339))
	}
	if len(s.Planned)+len(add) > MaxPlanned {
		bad("from", "As many changes are planned as can be kept. Cancel one first.")
		return s, news{}, fault.InvalidFields(op, wrong...)
	}
	next := s
	next.Planned = append(slices.Clone(s.Planned), add...)
	order.By(next.Planned, func(a, b Term) int { return a.From.Compare(b.From) })
	at := next.At(t.From)
	if t.Supervisor == nil {
		at.Supervisor = "" // who it is was not asked here
	}
	if err := o.check(ctx, w, op, id, at, t.From); err != nil {
		return s, news{}, err
	}
	for _, later := range next.Planned {
		if f := Faults(next.At(later.From), agency); later.From.After(t.From) && len(f) > 0 {
			return s, news{}, fault.InvalidFields(op, f...)
		}
	}
	return next, news{ChangePlanned, from, until}, nil
}

// detail says in the entry what a planned change is.
func detail(w *record.Work, t Term) {
	w.Detail("from", t.From.UTC().Format(time.RFC3339))
	w.Detail("planned_by", t.By)
	if t.Role != nil {
		w.Detail("role", string(*t.Role))
	}
	if t.Programs != nil {
		w.Detail("programs", strings.Join(*t.Programs, ","))
	}
	if t.Supervisor != nil {
		w.Detail("supervisor", *t.Supervisor)
	}
}

// administers reports whether somebody is an administrator at a moment, be it in their
// second role.
func (s Staff) administers(t time.Time) bool {
	return s.Status != Terminated && s.Held(t).Works(actor.Administrator)
}

// turns are the moments from one on at which somebody's roles can become others.
func (s Staff) turns(now time.Time) []time.Time {
	out := []time.Time{now}
	for _, t := range s.Planned {
		out = append(out, t.From)
	}
	for _, x := range s.Also {
		for _, t := range [...]time.Time{x.From, x.Until} {
			if t.After(now) {
				out = append(out, t)
			}
		}
	}
	return out
}

// turn is somebody's record as it is and as it is to be.
type turn struct {
	id        ID
	old, next Staff
}

// administered refuses, under the name of a field, what would take the last administrator
// from the agency now or at some moment to come: one who signs in, or where none does yet,
// one who is invited. Of turns of several people it asks what is left after all of them.
//
// It holds people, whatever they do, and the system that provisions accounts: who is refused
// makes somebody else one first. It does not hold other services. Whom the operator ends at
// the console, by name or by a list of the staff, is out at once, and the operator invites
// another; a list refuses by itself what would leave nobody now. And where the agency has the
// identity provider decide roles, what it says of somebody who signs in is so.
func (o *Org) administered(ctx context.Context, who actor.Actor, op, field string, now time.Time, turns ...turn) error {
	var moments []time.Time
	for _, t := range turns {
		moments = append(append(moments, t.old.turns(now)...), t.next.turns(now)...)
	}
	lost := func(m time.Time) bool {
		return slices.ContainsFunc(turns, func(t turn) bool { return t.old.administers(m) && !t.next.administers(m) })
	}
	if who.Service() && who.Worker() != provisioner || !slices.ContainsFunc(moments, lost) {
		return nil
	}
	all, err := o.dir.everybody(ctx)
	if err != nil {
		return err
	}
	status := Invited
	for i := range all {
		x := &all[i]
		at := x.Value.turns(now)
		if x.Value.Status == Active && slices.ContainsFunc(at, x.Value.administers) {
			status = Active
		}
		moments = append(moments, at...)
		if j := slices.IndexFunc(turns, func(t turn) bool { return t.id == x.ID }); j >= 0 {
			x.Value = turns[j].next
		}
	}
	for _, m := range moments {
		if lost(m) && !slices.ContainsFunc(all, func(x record.Opened[Staff]) bool { return x.Value.Status == status && x.Value.administers(m) }) {
			return fault.InvalidFields(op, fault.Field{Name: field, Message: "On one of the days to come nobody would be an administrator. Make somebody else one first."})
		}
	}
	return nil
}

// provisioner is who the system that provisions accounts acts as.
const provisioner = "service:provisioner"

// due is the query of those of whom something planned has begun and is not written down.
func due(now time.Time) record.Query {
	return record.Query{NotState: string(Terminated), DueBefore: now.UnixMicro() + 1, Limit: 500}
}

// Begin writes down the planned changes that have begun, each as a change with an entry of
// its own, so that lists by role follow. It decides nothing: what was planned holds from
// its moment. Done again, or by two servers at once, it is done once.
func (o *Org) Begin(ctx context.Context, who actor.Actor) error {
	now := o.door.Clock().Now()
	if any, err := o.staff.Stamp(ctx, who, due(now)); err != nil || any == "" {
		return err
	}
	l, err := o.staff.Find(ctx, who, due(now))
	if err != nil {
		return err
	}
	for _, x := range l.Rows {
		if err := o.begin(ctx, who, x, now); err != nil {
			return err
		}
	}
	return nil
}

// settle writes down what has begun of one person, before their record is changed.
func (o *Org) settle(ctx context.Context, id ID, now time.Time) error {
	l, _, found, err := o.staff.LabelsOf(ctx, o.dir.who, id)
	if err != nil || !found || l.Due.IsZero() || now.Before(l.Due) {
		return err
	}
	x, err := o.staff.Read(ctx, o.dir.who, id)
	if err != nil {
		return err
	}
	return o.begin(ctx, o.dir.who, x, now)
}

func (o *Org) begin(ctx context.Context, who actor.Actor, x record.Opened[Staff], now time.Time) error {
	for s, v := x.Value, x.Version; len(s.Planned) > 0 && !now.Before(s.Planned[0].From); v++ {
		w := o.door.Work(who, "staff.begin")
		detail(w, s.Planned[0])
		s = s.next()
		o.staff.Change(w, "begin", x.ID, v, func(to *Staff) error {
			*to = s
			return nil
		})
		if err := w.Commit(ctx); fault.Is(err, fault.Conflict) {
			return nil // another server was here first
		} else if err != nil {
			return err
		}
	}
	return nil
}
