package governance

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Filed is the state of a meeting whose minutes are filed; until then it is a draft.
const Filed = "filed"

// Meeting is a meeting of the committee. Once filed it never changes; a wrong one is
// corrected by another that says which one it replaces.
type Meeting struct {
	State     string     `class:"program" doc:"Draft until the minutes are filed, then filed."`
	At        time.Time  `class:"program" doc:"When the committee meets."`
	Chair     string     `class:"program" doc:"Worker id of who chairs."`
	Came      []string   `class:"program" doc:"Worker ids of the members who came."`
	Members   []string   `class:"program" doc:"Worker ids of who was a member when it was filed."`
	Quorum    int        `class:"program" doc:"How many had to come for it to decide."`
	Agenda    string     `class:"program" doc:"What is to be talked about, in Markdown; no client is named."`
	Minutes   string     `class:"program" doc:"What was said, in Markdown; no client is named."`
	Decisions []Resolved `class:"program" doc:"What was decided: what, who carries it out and by when."`
	FiledBy   string     `class:"program" doc:"Worker id of who filed it."`
	FiledAt   time.Time  `class:"program" doc:"When it was filed."`
	Sum       string     `class:"program" doc:"SHA-256 of all that was filed, in hexadecimal."`
	First     string     `class:"program" doc:"Of a correction: id of the meeting as it was filed first."`
	Replaces  string     `class:"program" doc:"Of a correction: id of the filing that it replaces."`
	Was       string     `class:"program" doc:"Of a correction: SHA-256 of what it replaces."`
	Why       string     `class:"program" doc:"Of a correction: what was wrong."`
}

// Resolved is a decision as it stands in the minutes.
type Resolved struct {
	What  string    `cbor:"1,keyasint"`
	Owner string    `cbor:"2,keyasint"` // worker id of who carries it out
	Due   time.Time `cbor:"3,keyasint"` // on that day
}

// Draft reports whether the minutes are not filed yet.
func (m Meeting) Draft() bool { return m.State == policy.Draft }

// Enough reports whether as many members came as had to.
func (m Meeting) Enough() bool {
	n := 0
	for _, id := range m.Members {
		if slices.Contains(m.Came, id) {
			n++
		}
	}
	return n >= m.Quorum && m.Quorum > 0
}

// Hash is the SHA-256 of all that is filed: it is Sum of a filing that nobody touched.
func (m Meeting) Hash() string {
	var b strings.Builder
	line := func(name string, values ...string) { fmt.Fprintf(&b, "%s %q\n", name, values) }
	line("at", m.At.UTC().Format(time.RFC3339))
	line("chair", m.Chair)
	line("came", m.Came...)
	line("members", m.Members...)
	fmt.Fprintln(&b, "quorum", m.Quorum)
	line("agenda", m.Agenda)
	line("minutes", m.Minutes)
	for _, d := range m.Decisions {
		line("decision", d.What, d.Owner, d.Due.UTC().Format(time.RFC3339))
	}
	line("filed", m.FiledBy, m.FiledAt.UTC().Format(time.RFC3339))
	line("replaces", m.First, m.Replaces, m.Was, m.Why)
	s := sha256.Sum256([]byte(b.String()))
	return hex.EncodeToString(s[:])
}

// MeetingID is the id of a meeting, MeetingOpened one as the asker may see it.
type (
	MeetingID     = record.ID[Meeting]
	MeetingOpened = record.Opened[Meeting]
)

// MeetingKind declares meetings. Each owner is who chairs, so that the policies know whose
// it is.
var MeetingKind = record.Define(record.Kind[Meeting]{
	Name:      "committee_meeting",
	Doc:       "A meeting of the compliance committee: who came, what was said and decided. Filed, it never changes.",
	Retention: "program",
	Labels: func(m Meeting) record.Labels {
		return record.Labels{State: m.State, Owner: m.Chair, Ref: m.First, Tag: m.Replaces, At: m.At}
	},
})

// byDay puts the latest meeting first, of one meeting the latest filing.
func byDay(all []MeetingOpened) []MeetingOpened {
	order.By(all, func(a, b MeetingOpened) int {
		if n := b.Value.At.Compare(a.Value.At); n != 0 {
			return n
		}
		return strings.Compare(b.ID.String(), a.ID.String())
	})
	return all
}

// standing are the filings that nothing replaces.
func standing(all []MeetingOpened) (out []MeetingOpened) {
	for _, m := range all {
		if m.Value.State == Filed && ReplacedBy(all, m.ID) == "" {
			out = append(out, m)
		}
	}
	return out
}

// ReplacedBy is the id of the meeting that corrects one; empty if none does.
func ReplacedBy(all []MeetingOpened, id MeetingID) string {
	for _, m := range all {
		if m.Value.Replaces == id.String() {
			return m.ID.String()
		}
	}
	return ""
}

// Protocol is what a form about a meeting holds.
type Protocol struct {
	At              time.Time
	Came            []string
	Agenda, Minutes string
	Decisions       []Resolved
}

// The minutes and the agenda are at most so many characters, and a meeting decides at most
// so much.
const (
	maxMinutes   = 20000
	maxDecisions = 20
)

// fill puts what was typed into a meeting and says what is wrong with it. Of what is to be
// filed more is asked.
func (cs *Committees) fill(ctx context.Context, op string, c Committee, in Protocol, m *Meeting, filing bool) error {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	now := cs.door.Clock().Now()
	m.At, m.Agenda, m.Minutes, m.Came = in.At, strings.TrimSpace(in.Agenda), strings.TrimSpace(in.Minutes), nil
	switch {
	case m.At.IsZero():
		bad("on", "Choose a day.")
	case m.At.After(now.AddDate(1, 0, 0)) || m.At.Before(now.AddDate(-1, 0, 0)):
		bad("on", "Choose a day within a year from today.")
	case filing && m.At.After(now):
		bad("on", "File the minutes after the meeting.")
	}
	if m.Agenda == "" {
		bad("agenda", "Say what is to be talked about.")
	}
	for i, s := range []string{m.Agenda, m.Minutes} {
		if utf8.RuneCountInString(s) > maxMinutes {
			bad([]string{"agenda", "minutes"}[i], "Shorten this to 20,000 characters.")
		}
	}
	m.Chair, m.Members, m.Quorum = c.Chair, c.Members(), c.Quorum
	for _, id := range in.Came {
		if !slices.Contains(m.Members, id) {
			bad("came", "Choose members of the committee.")
		} else if !slices.Contains(m.Came, id) {
			m.Came = append(m.Came, id)
		}
	}
	m.Decisions = nil
	for i, d := range in.Decisions {
		at := fmt.Sprintf("-%d", i+1)
		if d.What = strings.TrimSpace(d.What); d.What == "" && d.Owner == "" && d.Due.IsZero() {
			continue
		}
		if d.What == "" {
			bad("what"+at, "Say what was decided.")
		} else if utf8.RuneCountInString(d.What) > maxLine {
			bad("what"+at, "Keep this to 200 characters.")
		}
		if st, err := works(ctx, cs.dir, d.Owner); err != nil {
			return err
		} else if st.Role == "" || st.Role == actor.Auditor {
			bad("owner"+at, "Choose somebody who works here, and no auditor.")
		}
		if d.Due.IsZero() || d.Due.Before(m.At.AddDate(0, 0, -1)) {
			bad("due"+at, "Choose a day after the meeting.")
		}
		m.Decisions = append(m.Decisions, d)
	}
	if len(m.Decisions) > maxDecisions {
		bad("", "These are too many decisions for one meeting.")
	}
	if filing {
		if len(m.Came) == 0 {
			bad("came", "Say who came.")
		}
		if m.Minutes == "" {
			bad("minutes", "Write down what was said.")
		}
		if len(m.Decisions) > 0 && !m.Enough() {
			bad("came", "Fewer members came than must for a decision. File the minutes without decisions, and meet again.")
		}
	}
	return invalid(op, wrong)
}

// ready opens the committee for whoever may do something with a meeting; may is false for
// anybody else, who learns nothing of what is wrong.
func (cs *Committees) ready(ctx context.Context, who actor.Actor, op string) (c Committee, may bool, err error) {
	chair, err := cs.chair(ctx)
	if err != nil {
		return c, false, err
	}
	got, err := cs.door.May(ctx, who, op, record.Subject{}, chair != "" && chair == who.Worker(), program)
	if err != nil || !got.Contains(program) {
		return c, false, err
	}
	c, version, err := cs.Committee(ctx, who)
	if err == nil && version == 0 {
		err = fault.Conflictf(op, "there is no committee yet")
	}
	return c, true, err
}

// Convene calls the committee. Officers do, and who chairs. Errors: Invalid with fields,
// Denied, Conflict where there is no committee.
func (cs *Committees) Convene(ctx context.Context, who actor.Actor, in Protocol) (MeetingID, error) {
	const op = "committee_meeting.create"
	m := Meeting{State: policy.Draft}
	c, may, err := cs.ready(ctx, who, op)
	if err != nil {
		return MeetingID{}, err
	}
	if may {
		if err := cs.fill(ctx, op, c, in, &m, false); err != nil {
			return MeetingID{}, err
		}
	}
	w := cs.door.Work(who, op)
	id := cs.meetings.Create(w, record.Subject{}, m)
	return id, w.Commit(ctx)
}

// Write keeps the agenda, who came, the minutes and what was decided, of the version seen,
// until it is filed.
func (cs *Committees) Write(ctx context.Context, who actor.Actor, id MeetingID, version int64, in Protocol) error {
	return cs.put(ctx, who, "change", id, version, in)
}

// File files the minutes: from then on they never change, and each decision is open until
// its owner carried it out. Errors: Invalid with fields, Conflict if somebody changed it
// meanwhile, Denied.
func (cs *Committees) File(ctx context.Context, who actor.Actor, id MeetingID, version int64, in Protocol) error {
	return cs.put(ctx, who, "file", id, version, in)
}

// hand gives a draft to whoever chairs now, as they write in it: the policies know whose a
// meeting is by who chaired when it was written last. It returns the version to write on,
// of the version seen.
func (cs *Committees) hand(ctx context.Context, who actor.Actor, id MeetingID, version int64) (int64, error) {
	chair, err := cs.chair(ctx)
	if err != nil || chair != who.Worker() {
		return version, err
	}
	l, now, found, err := cs.meetings.LabelsOf(ctx, cs.who, id)
	if err != nil || !found || l.State != policy.Draft || l.Owner == chair || version != 0 && version != now {
		return version, err
	}
	w := cs.door.Work(cs.who, "committee_meeting.hand")
	cs.meetings.Change(w, "hand", id, now, func(m *Meeting) error {
		m.Chair = chair
		return nil
	})
	if err := w.Commit(ctx); err != nil || version == 0 {
		return version, err
	}
	return version + 1, nil
}

func (cs *Committees) put(ctx context.Context, who actor.Actor, verb string, id MeetingID, version int64, in Protocol) error {
	op := "committee_meeting." + verb
	var m Meeting
	c, may, err := cs.ready(ctx, who, op)
	if err != nil {
		return err
	}
	filing := verb == "file"
	if may {
		if err := cs.fill(ctx, op, c, in, &m, filing); err != nil {
			return err
		}
		if version, err = cs.hand(ctx, who, id, version); err != nil {
			return err
		}
	}
	m.State = policy.Draft
	w := cs.door.Work(who, op)
	if filing {
		m.State, m.FiledBy, m.FiledAt = Filed, who.Worker(), cs.door.Clock().Now()
		m.Sum = m.Hash()
		w.Detail("sum", m.Sum)
	}
	cs.meetings.Change(w, verb, id, version, func(old *Meeting) error {
		if old.State == Filed {
			return fault.Conflictf(op, "it is filed already")
		}
		*old = m
		return nil
	})
	if filing {
		cs.open(w, id, m)
	}
	return w.Commit(ctx)
}

// Correct files another in the place of a filed meeting, which stays to be seen. What was
// decided is not corrected: a decision that was wrong is dropped, and a missing one is
// added.
func (cs *Committees) Correct(ctx context.Context, who actor.Actor, of MeetingID, in Protocol, why string) (MeetingID, error) {
	const op = "committee_meeting.correct"
	c, may, err := cs.ready(ctx, who, op)
	if err != nil {
		return MeetingID{}, err
	}
	m := Meeting{State: Filed}
	w := cs.door.Work(who, op)
	if may {
		was, err := cs.meetings.Read(ctx, who, of)
		if err != nil {
			return MeetingID{}, err
		}
		if was.Value.State != Filed {
			return MeetingID{}, fault.Conflictf(op, "it is not filed yet")
		}
		// Who sat on it then stays so.
		c.Seats, c.Quorum, c.Chair = nil, was.Value.Quorum, was.Value.Chair
		for _, id := range was.Value.Members {
			c.Seats = append(c.Seats, Seat{Worker: id})
		}
		err = cs.fill(ctx, op, c, in, &m, true)
		why = strings.TrimSpace(why)
		says := ""
		if why == "" {
			says = "Say what was wrong with the minutes that these replace."
		} else if utf8.RuneCountInString(why) > maxLine {
			says = "Keep this to 200 characters."
		}
		if says != "" {
			err = fault.InvalidFields(op, append(fault.FieldsOf(err), fault.Field{Name: "why", Message: says})...)
		}
		if err != nil {
			return MeetingID{}, err
		}
		m.Why, m.Replaces, m.Was, m.First = why, of.String(), was.Value.Sum, was.Value.First
		if m.First == "" {
			m.First = of.String()
		}
		mark, err := cs.meetings.Mark(ctx, cs.who, m.First)
		if err != nil {
			return MeetingID{}, err
		}
		again, err := cs.meetings.Find(ctx, who, record.Query{Ref: m.First, Limit: 500})
		if err != nil {
			return MeetingID{}, err
		}
		if ReplacedBy(again.Rows, of) != "" {
			return MeetingID{}, fault.Conflictf(op, "another was filed in its place meanwhile")
		}
		cs.meetings.Unmoved(w, mark)
		m.FiledBy, m.FiledAt = who.Worker(), cs.door.Clock().Now()
		m.Sum = m.Hash()
		w.Detail("sum", m.Sum)
	}
	id := cs.meetings.CreateAs(w, op, record.Subject{}, m)
	cs.open(w, id, m)
	return id, w.Commit(ctx)
}

// open plans the decisions of a meeting that is filed.
func (cs *Committees) open(w *record.Work, id MeetingID, m Meeting) {
	first := m.First
	if first == "" {
		first = id.String()
	}
	for _, d := range m.Decisions {
		cs.decisions.Create(w, record.Subject{}, Decision{Meeting: first, Held: m.At, What: d.What, Owner: d.Owner, Due: d.Due, State: Open})
	}
}

// Meeting opens a meeting with all filings of it, latest first, and its decisions.
func (cs *Committees) Meeting(ctx context.Context, who actor.Actor, id MeetingID) (o MeetingOpened, all []MeetingOpened, decided []DecisionOpened, err error) {
	v := cs.door.View(who, "committee_meeting.read")
	got := cs.meetings.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return o, nil, nil, err
	}
	o = got.Opened
	first := o.Value.First
	if first == "" {
		first = id.String()
	}
	v = cs.door.View(who, "committee_decision.find")
	later := cs.meetings.WantAll(v, record.Query{Ref: first, Limit: 500})
	decisions := cs.decisions.WantAll(v, record.Query{Ref: first, ByDue: true, Limit: 500})
	if err := v.Open(ctx); err != nil {
		return o, nil, nil, err
	}
	return o, byDay(later.Rows), decisions.Rows, nil
}
