// Package conference keeps case conferences: who met about a client, what was on
// the agenda, what was said, and what was decided, by whom and until when.
//
// A conference is called, written together while it is open, and signed by whoever
// called it; from then on its minutes are not changed, and corrections are added
// (45 CFR 164.312(c)(1)). Decisions are followed until they are done. At signing
// each becomes a task or, where a task would tell others more than the conference
// does or may not be made, stays a duty of the conference, due there all the same.
//
// It is for the care team, or restricted to whoever called it, the assigned
// worker, their supervisor and the program's manager. A colleague who is invited
// to one for the care team sees who the client is and this conference, until a day
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
	"caseward/internal/task"
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
	Duties     []Duty         `class:"case" doc:"Decisions that became no task at signing: whose they are, until when, and whether they are done; no words."`

	Agenda  phi.Text   `class:"note" doc:"What is to be talked about, a line each."`
	Minutes phi.Text   `class:"note" doc:"What was said."`
	Addenda []Addendum `class:"note" doc:"What was added after signing, by whom and when."`

	Decisions []Decision `class:"plan" doc:"What was decided: what, who, until when, and whether it is done."`
}

// Duty is a decision that became no task: it is due in the conference itself. It
// has no words, so that a day can say that something is due without them.
type Duty struct {
	Number int      `cbor:"number"` // of the decision
	Who    string   `cbor:"who"`    // a worker
	Due    phi.Date `cbor:"due"`
	Done   bool     `cbor:"done,omitzero"`
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
		l := record.Labels{State: c.State(), Owner: c.Organizer, At: c.At}
		l.Tag, l.Due = c.awaits()
		return l
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
// of whoever is to carry it out, which the client's whole care team reads. from
// leads back to the conference; it holds ids only. It answers false, and plans
// nothing, for somebody who cannot be given a task about the client.
type Tasks interface {
	Plan(ctx context.Context, who actor.Actor, w *record.Work, client record.Subject, owner string, what phi.Text, due phi.Date, from string) (bool, error)
}

// Conferences are the use-cases on conferences.
type Conferences struct {
	door    *record.Door
	records record.Records[Conference]
	notices *notice.Notices
	tasks   Tasks
	works   func(ctx context.Context, worker string) (bool, error)
}

// New returns the use-cases behind door. tasks may be nil: decisions are then
// followed in the conference alone.
func New(door *record.Door, tasks Tasks) *Conferences {
	return &Conferences{door: door, records: record.Use(door, Kind), notices: notice.New(door), tasks: tasks}
}

// Staff says who asks whether a worker works here. Without it nobody but the asker
// is invited.
func (cs *Conferences) Staff(works func(ctx context.Context, worker string) (bool, error)) {
	cs.works = works
}

// colleagues says what is wrong with the workers an input names: each works here,
// or stands in the conference already.
func (cs *Conferences) colleagues(ctx context.Context, who actor.Actor, in Input, was Conference) (bad []fault.Field, err error) {
	known := map[string]bool{"": true, who.Worker(): true}
	for _, a := range was.Attendees {
		known[a.Worker] = true
	}
	for _, d := range was.Decisions {
		known[d.Who] = true
	}
	check := func(name, worker string) error {
		ok := known[worker]
		if !ok && cs.works != nil {
			if ok, err = cs.works(ctx, worker); err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			known[worker] = ok && err == nil
		}
		if !known[worker] {
			bad = append(bad, fault.Field{Name: name, Message: "Choose colleagues who work here."})
		}
		return nil
	}
	for _, a := range in.Attendees {
		if err := check("attendee", a.Worker); err != nil {
			return nil, err
		}
	}
	for _, d := range in.Decisions {
		if err := check("decision", d.Who); err != nil {
			return nil, err
		}
	}
	return bad, nil
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

// How far from now a conference may be (agency practice): an invitation opens the
// record to whoever is invited until a day after it.
const (
	longAgo  = 366 * 24 * time.Hour
	farAhead = 180 * 24 * time.Hour
)

// check says what is wrong; was is when the conference is on record, and now may be
// far from.
func (in Input) check(now, was time.Time) (length int, bad []fault.Field) {
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if in.At.IsZero() {
		add("on", "Enter the day and the time of the conference.")
	} else if !in.At.Equal(was) && (in.At.Before(now.Add(-longAgo)) || in.At.After(now.Add(farAhead))) {
		add("on", "Choose a day from a year ago to 180 days from now.")
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
	now := cs.door.Clock().Now()
	length, bad := in.check(now, time.Time{})
	wrong, err := cs.colleagues(ctx, who, in, Conference{})
	if err != nil {
		return ID{}, err
	}
	if bad = append(bad, wrong...); len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	subject := record.SubjectOf(client)
	c := Conference{Client: subject, Organizer: who.Worker(), CalledAt: now}
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
	subject := record.SubjectOf(client)
	v := cs.door.View(who, op)
	before := cs.records.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return err
	}
	length, bad := in.check(cs.door.Clock().Now(), before.Value.At)
	wrong, err := cs.colleagues(ctx, who, in, before.Value)
	if err != nil {
		return err
	}
	if bad = append(bad, wrong...); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
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

// Outcome says what became of the decisions of minutes that were signed.
type Outcome struct {
	Tasks  int // became tasks
	Duties int // stayed duties of the conference
	// Unreached are those of the duties whose worker cannot open the conference,
	// and was therefore told nothing.
	Unreached int
}

// within is by when a decision that names no day is to be carried out, counted
// from the day of signing in UTC (agency practice).
const within = 7

// Sign signs the minutes: whoever called the conference does, after it, once
// there are minutes and it is said who came. Each decision that is not done becomes
// a task of whoever is to carry it out, or stays a duty of the conference: where it
// is restricted or of a Part 2 program, whose words are not the care team's to read
// (45 CFR 164.514(d)(2); 42 CFR 2.12(d)(2)); where the signer makes no tasks; and
// where the worker cannot be given one. One that names no day gets one a week from
// now. Whoever can open the conference is told that something is theirs to do.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (cs *Conferences) Sign(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) (Outcome, error) {
	const op = "conference.sign"
	now := cs.door.Clock().Now()
	subject := record.SubjectOf(client)
	v := cs.door.View(who, op)
	before := cs.records.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return Outcome{}, err
	}
	if version == 0 {
		version = before.Version
	}
	var duties []Duty
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
		c.Signed, c.SignedAt, c.SignedBy, c.Duties = true, now, who.Worker(), duties
		return nil
	})
	tasks, err := cs.plansTasks(ctx, who, subject, before.Value)
	if err != nil {
		return Outcome{}, err
	}
	var out Outcome
	told := map[string]bool{}
	for _, d := range before.Value.Pending() {
		if d.Who == "" {
			d.Who = who.Worker()
		}
		if d.Due.Empty() {
			d.Due = task.PlusDays(task.Civil(now.UTC()), within)
		}
		planned := false
		if tasks {
			if planned, err = cs.tasks.Plan(ctx, who, w, subject, d.Who, d.What, d.Due, path(subject, id)); err != nil {
				return Outcome{}, err
			}
		}
		reached := planned
		if planned {
			out.Tasks++
		} else {
			out.Duties++
			duties = append(duties, Duty{Number: d.Number, Who: d.Who, Due: d.Due})
			if reached, err = cs.reaches(ctx, subject, before.Value, d.Who); err != nil {
				return Outcome{}, err
			}
			if !reached {
				out.Unreached++
			}
		}
		if reached && d.Who != who.Worker() && !told[d.Who] {
			told[d.Who] = true
			cs.notices.Tell(w, who, subject, d.Who, Decided, path(subject, id))
		}
	}
	if err := w.Commit(ctx); err != nil {
		return Outcome{}, err
	}
	return out, nil
}

// plansTasks reports whether the decisions of a conference may become tasks: a
// task is read by everybody who works with the client, and not every conference
// is.
func (cs *Conferences) plansTasks(ctx context.Context, who actor.Actor, client record.Subject, c Conference) (bool, error) {
	if cs.tasks == nil || c.Restricted || c.Part2 {
		return false, nil
	}
	need := policy.Set(policy.Case, policy.Note)
	may, err := cs.door.May(ctx, who, "task.create", client, false, need)
	return may == need, err
}

// reaches reports whether a worker stands to the client so that the conference
// opens for them.
func (cs *Conferences) reaches(ctx context.Context, client record.Subject, c Conference, worker string) (bool, error) {
	if worker == c.Organizer {
		return true, nil
	}
	q, err := cs.door.QuestionFor(ctx, record.Asker{Worker: worker}, "conference.read", client, "", false, 0)
	if err != nil {
		return false, err
	}
	stands := policy.Rel(policy.Assigned, policy.Covering, policy.Supervises, policy.Manages)
	if !c.Restricted {
		stands |= policy.Rel(policy.CareTeam)
	}
	return q.Relations&stands != 0, nil
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
			for j := range c.Duties {
				if c.Duties[j].Number == number {
					c.Duties[j].Done = done
				}
			}
			return nil
		}
		return fault.NotFoundf(op)
	})
	return w.Commit(ctx)
}
