// Package conference keeps case conferences: who met about a client, what was on
// the agenda, what was said, and what was decided, by whom and until when.
//
// A conference is called, written together while it is open, and signed by whoever
// called it; from then on its minutes are not changed, and corrections are added
// (45 CFR 164.312(c)(1)). Decisions are followed until they are done; where there
// are tasks, each becomes one at signing.
//
// It is for the care team, or restricted to whoever called it, the assigned
// worker, their supervisor and the program's manager. A colleague who is invited
// to one for the care team sees who the client is and the minutes, until a day
// after it. It never decides who may see what; labels and facts say it, and the
// policies read them.
//
// To start: New(door), then Call, Write, Sign, Addend and Follow.
package conference

import (
	"context"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a conference.
type ID = record.ID[Conference]

// Opened is a conference as the asker may see it.
type Opened = record.Opened[Conference]

// What colleagues are told about conferences.
const (
	Invited notice.What = "conference.invited" // you are asked to come
	Decided notice.What = "conference.decided" // a decision is yours to carry out
)

// The states of a conference that is not restricted, as the label says them; a
// restricted one has the states that the policies look at.
const (
	Open   = "open"
	Signed = policy.Signed
)

// Conference is one meeting about a client.
type Conference struct {
	Client     record.Subject `class:"case" doc:"The client the conference is about."`
	Signed     bool           `class:"case" doc:"Whether the minutes are signed."`
	Restricted bool           `class:"case" doc:"Whether the conference is kept from the wider care team."`
	Part2      bool           `class:"case" doc:"Whether the program is under 42 CFR Part 2: the minutes are kept as its record."`
	Organizer  string         `class:"case" doc:"Id of the worker who called the conference."`
	CalledAt   time.Time      `class:"case" doc:"When the conference was called."`
	At         time.Time      `class:"case" doc:"When the conference begins."`
	Length     int            `class:"case" doc:"How many minutes it is to last."`
	Place      phi.Text       `class:"case" doc:"Where it is held, or how to join."`
	Attendees  []Attendee     `class:"case" doc:"Who is invited and who came: workers by id, others by name."`
	SignedAt   time.Time      `class:"case" doc:"When the minutes were signed."`
	SignedBy   string         `class:"case" doc:"Id of the worker who signed the minutes."`

	Agenda  phi.Text   `class:"note" doc:"What is to be talked about, a line each."`
	Minutes phi.Text   `class:"note" doc:"What was said."`
	Addenda []Addendum `class:"note" doc:"What was added after signing, by whom and when."`

	Decisions []Decision `class:"plan" doc:"What was decided: what, who, until when, and whether it is done."`
}

// Attendee is somebody invited: a worker, or somebody from outside by name.
type Attendee struct {
	Worker string   `cbor:"worker,omitzero"`
	Name   phi.Text `cbor:"name,omitzero"`
	Came   bool     `cbor:"came,omitzero"`
}

// Decision is what was decided.
type Decision struct {
	Number int       `cbor:"number"`
	What   phi.Text  `cbor:"what"`
	Who    string    `cbor:"who,omitzero"` // a worker
	Due    phi.Date  `cbor:"due,omitzero"`
	DoneAt time.Time `cbor:"done_at,omitzero"`
	DoneBy string    `cbor:"done_by,omitzero"`
}

// Done reports whether the decision was carried out.
func (d Decision) Done() bool { return !d.DoneAt.IsZero() }

// Addendum is an addition to signed minutes.
type Addendum struct {
	By   string    `cbor:"by"`
	At   time.Time `cbor:"at"`
	Text phi.Text  `cbor:"text"`
}

// State is what the label says: whether it is signed, and whether restricted.
func (c Conference) State() string {
	switch {
	case c.Restricted && c.Signed:
		return policy.RestrictedSigned
	case c.Restricted:
		return policy.Restricted
	case c.Signed:
		return Signed
	}
	return Open
}

// Pending lists the decisions that are not done.
func (c Conference) Pending() []Decision {
	var out []Decision
	for _, d := range c.Decisions {
		if !d.Done() {
			out = append(out, d)
		}
	}
	return out
}

// Kind keeps conferences.
var Kind = record.Define(record.Kind[Conference]{
	Name:      "conference",
	Doc:       "A meeting about a client: who came, what was said and what was decided.",
	Retention: "designated record set",
	Labels: func(c Conference) record.Labels {
		return record.Labels{State: c.State(), Owner: c.Organizer, At: c.At}
	},
	Facts: func(_ string, subject record.Subject, c Conference) []record.Fact {
		if c.Restricted {
			return nil
		}
		var out []record.Fact
		for _, a := range c.Attendees {
			if a.Worker != "" && a.Worker != c.Organizer {
				out = append(out, record.Fact{
					Holder: record.WorkerHolder(a.Worker), Rel: string(policy.Attends), Object: record.ClientObject(subject),
					From: c.CalledAt, Until: c.At.Add(time.Duration(c.Length)*time.Minute + GuestsRead),
				})
			}
		}
		return out
	},
	// What is said about a client of a Part 2 program there is a record of it.
	Reclass: func(c Conference, class policy.Class) policy.Class {
		if c.Part2 && (class == policy.Note || class == policy.Plan) {
			return policy.SUD
		}
		return class
	},
	May: policy.Set(policy.SUD),
})

// GuestsRead is how long after it a colleague who was invited still reads the
// minutes (agency practice).
const GuestsRead = 24 * time.Hour

// Tasks is where decisions go when the minutes are signed: each becomes a task
// of whoever is to carry it out. from leads back to the conference; it holds ids
// only.
type Tasks interface {
	Plan(ctx context.Context, who actor.Actor, w *record.Work, client record.Subject, owner string, what phi.Text, due phi.Date, from string) error
}

// Conferences are the use-cases on conferences.
type Conferences struct {
	door    *record.Door
	records record.Records[Conference]
	notices *notice.Notices
	tasks   Tasks
}

// New returns the use-cases behind door. tasks may be nil: decisions are then
// followed in the conference alone.
func New(door *record.Door, tasks Tasks) *Conferences {
	return &Conferences{door, record.Use(door, Kind), notice.New(door), tasks}
}

// Want asks a view for one conference, and WantOf for those of a client, newest
// first.
func (cs *Conferences) Want(v *record.View, id ID) *record.Got[Conference] {
	return cs.records.Want(v, id)
}

// WantOf asks a view for the conferences of a client, newest first.
func (cs *Conferences) WantOf(v *record.View, client person.ID) *record.List[Conference] {
	return cs.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 100})
}

// WantHeld is [Conferences.WantOf] narrowed to those that begin from one moment
// until another; a zero time is open. At most limit.
func (cs *Conferences) WantHeld(v *record.View, client person.ID, from, until time.Time, limit int) *record.List[Conference] {
	q := record.Query{Subject: record.SubjectOf(client), Limit: limit}
	if !from.IsZero() {
		q.AtFrom = from.UnixMicro()
	}
	if !until.IsZero() {
		q.AtUntil = until.UnixMicro()
	}
	return cs.records.WantAll(v, q)
}

// Input is what a form about a conference holds.
type Input struct {
	At         time.Time
	Length     phi.Text // minutes, as typed
	Place      phi.Text
	Restricted bool
	Part2      bool
	Attendees  []Attendee
	Agenda     phi.Text
	Minutes    phi.Text
	// Decisions as the form has them, in its order; Number is that of one that
	// was there before, 0 for a new one.
	Decisions []Decision
}

const (
	maxWords = 20000
	maxLine  = 400
	maxRows  = 40
)

func (in Input) check() (length int, bad []fault.Field) {
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if in.At.IsZero() {
		add("on", "Enter the day and the time of the conference.")
	}
	length = 60
	if s := strings.TrimSpace(in.Length.Disclose()); s != "" {
		if _, err := fmt.Sscanf(s, "%d", &length); err != nil || length < 5 || length > 600 {
			add("length", "Enter how many minutes it lasts, 5 to 600.")
		}
	}
	for _, t := range []struct {
		name string
		t    phi.Text
		most int
	}{{"place", in.Place, maxLine}, {"agenda", in.Agenda, maxWords}, {"minutes", in.Minutes, maxWords}} {
		if utf8.RuneCountInString(t.t.Disclose()) > t.most {
			add(t.name, "This is too long.")
		}
	}
	if len(in.Attendees) == 0 {
		add("attendee", "Choose at least one colleague, or name somebody from outside.")
	}
	if len(in.Attendees) > maxRows || len(in.Decisions) > maxRows {
		add("attendee", "These are too many for one conference.")
	}
	for _, a := range in.Attendees {
		if utf8.RuneCountInString(a.Name.Disclose()) > maxLine {
			add("outside", "This is too long.")
		}
	}
	for _, d := range in.Decisions {
		if d.What.Empty() {
			add("decision", "Write what was decided, or leave the whole row empty.")
		} else if utf8.RuneCountInString(d.What.Disclose()) > maxLine*4 {
			add("decision", "This is too long.")
		}
	}
	return length, bad
}

// fill puts what the form holds into c.
func (in Input) fill(c *Conference, length int) {
	c.At, c.Length, c.Place, c.Agenda, c.Minutes = in.At, length, in.Place, in.Agenda, in.Minutes
	c.Restricted, c.Attendees = in.Restricted, in.Attendees
	c.Part2 = c.Part2 || in.Part2
	was, next := map[int]Decision{}, 0
	for _, d := range c.Decisions {
		was[d.Number], next = d, max(next, d.Number)
	}
	var out []Decision
	for _, d := range in.Decisions {
		if old, ok := was[d.Number]; ok && d.Number != 0 {
			d.DoneAt, d.DoneBy = old.DoneAt, old.DoneBy
			delete(was, d.Number)
		} else {
			next++
			d.Number, d.DoneAt, d.DoneBy = next, time.Time{}, ""
		}
		out = append(out, d)
	}
	c.Decisions = out
}

func path(client record.Subject, id ID) string {
	return "/clients/" + client.String() + "/conferences/" + id.String()
}

// invite plans that the workers who are invited, and were not before, are told.
func (cs *Conferences) invite(w *record.Work, who actor.Actor, client record.Subject, id ID, before, now []Attendee) {
	told := map[string]bool{"": true}
	for _, a := range before {
		told[a.Worker] = true
	}
	for _, a := range now {
		if !told[a.Worker] {
			told[a.Worker] = true
			cs.notices.Tell(w, who, client, a.Worker, Invited, path(client, id))
		}
	}
}

// Call calls a conference about a client and invites. Errors: Invalid with
// fields, Denied, NotFound.
func (cs *Conferences) Call(ctx context.Context, who actor.Actor, client person.ID, in Input) (ID, error) {
	const op = "conference.create"
	length, bad := in.check()
	if len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	subject := record.SubjectOf(client)
	c := Conference{Client: subject, Organizer: who.Worker(), CalledAt: cs.door.Clock().Now()}
	in.fill(&c, length)
	w := cs.door.Work(who, op)
	id := cs.records.Create(w, subject, c)
	cs.invite(w, who, subject, id, nil, c.Attendees)
	return id, w.Commit(ctx)
}

// Write changes a conference whose minutes are not signed; who is newly invited
// is told. Only whoever called it makes it restricted or open. Errors: Invalid
// with fields, Conflict, Denied, NotFound.
func (cs *Conferences) Write(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Input) error {
	const op = "conference.change"
	length, bad := in.check()
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	subject := record.SubjectOf(client)
	v := cs.door.View(who, op)
	before := cs.records.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return err
	}
	if version == 0 {
		version = before.Version
	}
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "change", subject, id, version, func(c *Conference) error {
		if c.Signed {
			return fault.Conflictf(op, "the minutes are signed; add an addendum instead")
		}
		if c.Organizer != who.Worker() {
			in.Restricted = c.Restricted
		}
		in.fill(c, length)
		return nil
	})
	cs.invite(w, who, subject, id, before.Value.Attendees, in.Attendees)
	return w.Commit(ctx)
}

// Sign signs the minutes: whoever called the conference does, after it, once
// there are minutes and it is said who came. Whoever has a decision to carry out
// is told, and each becomes a task where there are tasks. Errors: Invalid with
// fields, Conflict, Denied, NotFound.
func (cs *Conferences) Sign(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	const op = "conference.sign"
	now := cs.door.Clock().Now()
	subject := record.SubjectOf(client)
	v := cs.door.View(who, op)
	before := cs.records.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return err
	}
	if version == 0 {
		version = before.Version
	}
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "sign", subject, id, version, func(c *Conference) error {
		if c.Signed {
			return fault.Conflictf(op, "the minutes are signed already")
		}
		var bad []fault.Field
		if c.At.After(now) {
			bad = append(bad, fault.Field{Name: "on", Message: "The conference is still to come; its minutes are signed after it."})
		}
		if c.Minutes.Empty() {
			bad = append(bad, fault.Field{Name: "minutes", Message: "Write what was said before you sign."})
		}
		came := false
		for _, a := range c.Attendees {
			came = came || a.Came
		}
		if !came {
			bad = append(bad, fault.Field{Name: "came", Message: "Mark who came before you sign."})
		}
		if len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		c.Signed, c.SignedAt, c.SignedBy = true, now, who.Worker()
		return nil
	})
	told := map[string]bool{}
	for _, d := range before.Value.Pending() {
		if cs.tasks != nil {
			owner := d.Who
			if owner == "" {
				owner = who.Worker()
			}
			if err := cs.tasks.Plan(ctx, who, w, subject, owner, d.What, d.Due, path(subject, id)); err != nil {
				return err
			}
		}
		if d.Who != "" && !told[d.Who] {
			told[d.Who] = true
			cs.notices.Tell(w, who, subject, d.Who, Decided, path(subject, id))
		}
	}
	return w.Commit(ctx)
}

// Addend adds to signed minutes, which stay as they are. Errors: Invalid with
// fields, Conflict, Denied, NotFound.
func (cs *Conferences) Addend(ctx context.Context, who actor.Actor, client person.ID, id ID, text phi.Text) error {
	const op = "conference.addend"
	switch n := utf8.RuneCountInString(strings.TrimSpace(text.Disclose())); {
	case n == 0:
		return fault.InvalidFields(op, fault.Field{Name: "text", Message: "Write what to add or correct."})
	case n > maxWords:
		return fault.InvalidFields(op, fault.Field{Name: "text", Message: "This is too long."})
	}
	now := cs.door.Clock().Now()
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "addend", record.SubjectOf(client), id, 0, func(c *Conference) error {
		if !c.Signed {
			return fault.Conflictf(op, "the minutes are not signed yet; change them instead")
		}
		c.Addenda = append(c.Addenda, Addendum{By: who.Worker(), At: now, Text: text})
		return nil
	})
	return w.Commit(ctx)
}

// Follow says that a decision is done, or not done after all. NotFound: there is
// no such decision.
func (cs *Conferences) Follow(ctx context.Context, who actor.Actor, client person.ID, id ID, number int, done bool) error {
	const op = "conference.follow"
	now := cs.door.Clock().Now()
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "follow", record.SubjectOf(client), id, 0, func(c *Conference) error {
		for i, d := range c.Decisions {
			if d.Number != number {
				continue
			}
			d.DoneAt, d.DoneBy = time.Time{}, ""
			if done {
				d.DoneAt, d.DoneBy = now, who.Worker()
			}
			c.Decisions[i] = d
			return nil
		}
		return fault.NotFoundf(op)
	})
	return w.Commit(ctx)
}
