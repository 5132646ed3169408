package org

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

const (
	// MinStatement and MaxStatement are how many characters a statement of conflict has at
	// least and at most.
	MinStatement, MaxStatement = 20, 2000
	// maxReason is how many characters the reason of an end has at most.
	maxReason = 500
	// maxSeconds is of how many second roles of one person, those that ended too, the record
	// tells; earlier versions of it tell of the others.
	maxSeconds = 20
	// hasSecond labels the records of those with a second role that nobody ended: lists by
	// role look at these besides.
	hasSecond = "second"
)

// Second is a second role of somebody beside their first, with the statement of conflict it
// was decided on. It permits nothing by itself: its holder chooses at work which of the two
// they work in. The first role alone says beside what: with another first role it does not
// hold, for the statement is about the two.
type Second struct {
	Key      string     `cbor:"1,keyasint"`
	Role     actor.Role `cbor:"2,keyasint"`
	Beside   actor.Role `cbor:"3,keyasint"`           // the first role
	Programs []string   `cbor:"4,keyasint,omitempty"` // that they work in, or manage, in it
	From     time.Time  `cbor:"5,keyasint"`
	Until    time.Time  `cbor:"6,keyasint"` // not included; zero: until somebody ends it
	// Statement is how the two duties are kept apart, and who reviews what is done in the
	// other.
	Statement phi.Text  `cbor:"7,keyasint"`
	DecidedBy string    `cbor:"8,keyasint"` // worker id
	DecidedAt time.Time `cbor:"9,keyasint"`
	// EndedBy is the worker id of who ended it before its last day; empty where the day, or
	// another first role, did.
	EndedBy string   `cbor:"10,keyasint,omitempty"`
	Why     phi.Text `cbor:"11,keyasint"` // why it was ended
}

// over reports whether it will never hold any more.
func (x Second) over(t time.Time) bool { return !x.Until.IsZero() && !t.Before(x.Until) }

// meets reports whether it holds at any moment from a moment until another; zero: for good.
// One that was called off before it began never does.
func (x Second) meets(from, until time.Time) bool {
	return !x.over(from) && !x.over(x.From) && (until.IsZero() || x.From.Before(until))
}

// Second is the second role that somebody has at a moment; nil if they have none.
func (s Staff) Second(t time.Time) *Second {
	s = s.At(t)
	if s.Status == Terminated {
		return nil
	}
	for i := range s.Also {
		if x := &s.Also[i]; x.Beside == s.Role && x.meets(t, t.Add(1)) {
			return x
		}
	}
	return nil
}

// Held are the roles that somebody has at a moment.
func (s Staff) Held(t time.Time) actor.Held {
	h := actor.Held{Role: s.At(t).Role}
	if x := s.Second(t); x != nil {
		h.Also = x.Role
	}
	return h
}

// bearer is of whom something is required, in both roles.
func (s Staff) bearer(id ID, t time.Time) record.Bearer {
	h := s.Held(t)
	return record.Bearer{Worker: id.String(), Role: h.Role, Also: h.Also}
}

// in are the programs that somebody works in, or manages, in one of their roles.
func (s Staff) in(role actor.Role, t time.Time) []string {
	if x := s.Second(t); x != nil && x.Role == role {
		return x.Programs
	}
	return s.At(t).Programs
}

// ends has a second role end at a moment, or never begin.
func (x *Second) ends(t time.Time) {
	if x.Until = t; x.From.After(t) {
		x.Until = x.From
	}
}

// alone ends, at a moment, the second roles that were decided beside another first role than
// is now: what their statements are about is over. Whose access has ended has none.
func (s *Staff) alone(t time.Time) {
	s.Also = slices.Clone(s.Also)
	for i := range s.Also {
		if x := &s.Also[i]; (x.Beside != s.Role || s.Status == Terminated) && !x.over(t) {
			x.ends(t)
		}
	}
}

// Pair is how two roles of one person go together. All of it is agency practice: 45 CFR
// 164.308(a)(2) and 164.530(a)(1)(i) each name an official and forbid them no other duty.
type Pair struct {
	Never bool   // nobody has both; otherwise a statement is needed
	Why   string // English source
}

var (
	serving  = []actor.Role{actor.Intake, actor.CaseManager, actor.Supervisor, actor.ProgramManager}
	officers = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}
)

// pairs is the matrix: the first line that has a role of either side says how they go
// together.
var pairs = []struct {
	a, b []actor.Role
	Pair
}{
	{[]actor.Role{actor.Auditor}, actor.Roles(), Pair{true, "Whoever reads the evidence has no part in what it is about: nobody audits their own work."}},
	{[]actor.Role{actor.Administrator}, []actor.Role{actor.PrivacyOfficer}, Pair{true, "Whoever gives access does not watch how it is used: the privacy officer reads the log and reviews emergency access to charts."}},
	{[]actor.Role{actor.Administrator}, []actor.Role{actor.SecurityOfficer}, Pair{false, "Whoever gives access watches the servers and the log too: somebody else, as the privacy officer, looks at how the access they gave is used."}},
	{[]actor.Role{actor.Administrator}, serving, Pair{false, "Whoever gives access opens clients’ records in the other role: somebody else looks at what they open, and changes their own access."}},
	{officers, officers, Pair{false, "One person may be both officers: somebody else reviews what is their own."}},
	{officers, serving, Pair{false, "Whoever watches the log is in it themselves: the other officer looks at what they open, and decides on their emergency access."}},
	{serving, serving, Pair{false, "Work of one role is checked in the other: somebody else co-signs, decides and reviews what is their own."}},
}

// PairOf says how two roles of one person go together, in whatever order. Two that are one
// go together never.
func PairOf(a, b actor.Role) Pair {
	for _, x := range pairs {
		if a != b && (slices.Contains(x.a, a) && slices.Contains(x.b, b) || slices.Contains(x.a, b) && slices.Contains(x.b, a)) {
			return x.Pair
		}
	}
	return Pair{Never: true, Why: "This is their first role already."}
}

// Deciding is a second role to decide.
type Deciding struct {
	Role     actor.Role
	Programs []string
	// From is the first day, zero for from now on, and Until the last, zero for until it is
	// ended: year, month and day count, as days of the agency's zone.
	From, Until time.Time
	Statement   phi.Text
}

// Decide gives somebody a second role, for good or until a last day, on a statement of how
// the two duties are kept apart. Nobody decides it of themselves. The asker must have proved
// again who they are. Errors: Invalid with fields, Conflict if access has ended or somebody
// else changed the record at once (agency practice).
func (o *Org) Decide(ctx context.Context, who actor.Actor, id ID, in Deciding) error {
	const op = "staff.second"
	w := o.door.Work(who, op)
	return o.ahead(ctx, who, w, op, "second", id, func(s Staff, now time.Time) (Staff, news, error) {
		x, err := o.decided(ctx, op, s, in, now)
		if err != nil {
			return s, news{}, err
		}
		x.DecidedBy, x.DecidedAt = who.Worker(), now
		w.Detail("role", string(x.Role))
		w.Detail("beside", string(x.Beside))
		w.Detail("from", x.From.UTC().Format(time.RFC3339))
		if !x.Until.IsZero() {
			w.Detail("until", x.Until.UTC().Format(time.RFC3339))
		}
		if len(x.Programs) > 0 {
			w.Detail("programs", strings.Join(x.Programs, ","))
		}
		s.Also = append(slices.Clone(s.Also), x)
		if n := len(s.Also) - maxSeconds; n > 0 {
			s.Also = slices.DeleteFunc(s.Also, func(x Second) bool { n--; return n >= 0 && x.over(now) })
		}
		return s, news{SecondGiven, x.From, x.Until}, nil
	})
}

// decided is the second role that is asked for, or all that is wrong with it.
func (o *Org) decided(ctx context.Context, op string, s Staff, in Deciding, now time.Time) (Second, error) {
	agency, err := o.dir.Agency(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return Second{}, err
	}
	from, until, wrong := period(in.From, in.Until, now, agency)
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	x := Second{
		Key: newKey(), Role: in.Role, Beside: s.At(from).Role, Programs: tidy(in.Programs), From: from, Until: until,
		Statement: phi.NewText(strings.TrimSpace(in.Statement.Disclose())),
	}
	if from.Before(now) {
		bad("from", "Choose today or a first day that is still to come.")
	}
	wrong = append(wrong, duty(x.Role, x.Programs, agency)...)
	switch p := PairOf(x.Beside, x.Role); {
	case !slices.Contains(actor.Roles(), x.Role): // was said
	case p.Never:
		bad("role", p.Why)
	case slices.ContainsFunc(s.Also, func(y Second) bool { return y.Beside == x.Beside && y.meets(from, until) }):
		bad("role", "They have a second role then. End that one first, or choose other days.")
	}
	switch n := utf8.RuneCountInString(x.Statement.Disclose()); {
	case n < MinStatement:
		bad("statement", "Say in at least 20 characters how the two duties are kept apart, and who reviews what this person does in the other.")
	case n > MaxStatement:
		bad("statement", "Shorten this to 2,000 characters.")
	}
	if len(wrong) > 0 {
		return x, fault.InvalidFields(op, wrong...)
	}
	return x, nil
}

// EndSecond ends a second role at once, or calls off one that has not begun, for a reason.
// Sessions in it are in the first role from their next request on. Errors as of
// [Org.Decide]; Conflict if it is over.
func (o *Org) EndSecond(ctx context.Context, who actor.Actor, id ID, key string, why phi.Text) error {
	const op = "staff.second_end"
	w := o.door.Work(who, op)
	return o.ahead(ctx, who, w, op, "second_end", id, func(s Staff, now time.Time) (Staff, news, error) {
		i := slices.IndexFunc(s.Also, func(x Second) bool { return x.Key == key })
		if i < 0 || s.Also[i].over(now) {
			return s, news{}, fault.Conflictf(op, "it has ended already")
		}
		why = phi.NewText(strings.TrimSpace(why.Disclose()))
		if n := utf8.RuneCountInString(why.Disclose()); n == 0 || n > maxReason {
			return s, news{}, fault.InvalidFields(op, fault.Field{Name: "why", Message: "Say why it ends, in at most 500 characters."})
		}
		s.Also = slices.Clone(s.Also)
		x := &s.Also[i]
		tell := news{what: SecondEnded, from: now}
		if x.From.After(now) {
			tell = news{what: ChangeCalledOff, from: x.From}
		}
		x.ends(now)
		x.EndedBy, x.Why = who.Worker(), why
		w.Detail("role", string(x.Role))
		w.Detail("beside", string(x.Beside))
		return s, tell, nil
	})
}
