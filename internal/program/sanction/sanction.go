package sanction

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Courses assigns a course in a work, so that it is assigned if the work is done and not
// otherwise; a fault about fields names "course" and "due".
type Courses interface {
	AssignIn(ctx context.Context, who actor.Actor, w *record.Work, worker, course string, due time.Time) error
}

// Policies says whether a policy is in force.
type Policies interface {
	InForce(ctx context.Context, code string) (bool, error)
}

// Decisions says whether there is a decision of the compliance committee that the asker may
// open.
type Decisions interface {
	Decided(ctx context.Context, who actor.Actor, id string) (bool, error)
}

// Sanctions is the use-cases.
type Sanctions struct {
	door     *record.Door
	who      actor.Actor // marks how the scale stands; opens nothing
	dir      *org.Directory
	glass    *glass.Glass
	courses  Courses
	policies Policies
	decided  Decisions

	sanctions record.Records[Sanction]
	scales    record.Records[Scale]
}

// New returns the use-cases. who is the service actor that looks how the scale stands while
// it is set.
func New(d *record.Door, who actor.Actor, dir *org.Directory, g *glass.Glass, c Courses, p Policies, decided Decisions) *Sanctions {
	return &Sanctions{door: d, who: who, dir: dir, glass: g, courses: c, policies: p, decided: decided, sanctions: record.Use(d, Kind), scales: record.Use(d, ScaleKind)}
}

var (
	program = policy.Set(policy.Program)
	all     = policy.Set(policy.Program, policy.Workforce)

	officers = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}
)

// Handles reports whether the asker's role reports and finds; Decides, whether it may be
// asked to decide; Scales, whether it sets the scale. They are for leaving out what would be
// refused.
func (s *Sanctions) Handles(who actor.Actor) bool {
	return who.Role() != "" && s.door.Ever(who, "sanction.create", false, all)
}

// Decides is [Sanctions.Handles], or a role that decides what is referred to it.
func (s *Sanctions) Decides(who actor.Actor) bool {
	return s.Handles(who) || who.Role() == actor.ProgramManager
}

// Scales reports whether the asker's role sets the scale.
func (s *Sanctions) Scales(who actor.Actor) bool {
	return who.Role() != "" && slices.Contains(officers, who.Role())
}

// Report says that somebody seems to have broken a rule: who, by what cause, what happened
// and when it became known. Emergency access is a cause only once its review found it not
// appropriate, and of the person it is about. Errors: Invalid with fields, Denied.
func (s *Sanctions) Report(ctx context.Context, who actor.Actor, in Sanction) (ID, error) {
	const op = "sanction.create"
	x := Sanction{
		Person: in.Person, State: Reported, Cause: in.Cause, Ref: in.Ref, Policy: in.Policy, Section: in.Section,
		What: in.What, Known: in.Known, ReportedBy: who.Worker(),
	}
	if s.Handles(who) && x.Person != who.Worker() {
		// Whoever may not report learns nothing of what is wrong.
		if err := s.check(ctx, who, op, &x); err != nil {
			return ID{}, err
		}
	}
	w := s.door.Work(who, op)
	id := s.sanctions.Create(w, record.Subject{}, x)
	return id, w.Commit(ctx)
}

func (s *Sanctions) check(ctx context.Context, who actor.Actor, op string, x *Sanction) error {
	var c checks
	if _, err := s.dir.Standing(ctx, x.Person); fault.Is(err, fault.NotFound) || fault.Is(err, fault.Invalid) {
		c.bad("person", "Choose whom it is about.")
	} else if err != nil {
		return err
	}
	c.text("what", &x.What, "Say what happened, without naming a client.")
	if x.Known.IsZero() || x.Known.After(s.door.Clock().Now()) {
		c.bad("known", "Say since when we know of it, today at the latest.")
	}
	c.line("section", &x.Section, "")
	c.line("policy", &x.Policy, "")
	if x.Policy != "" || x.Cause == Rule {
		if in, err := s.policies.InForce(ctx, x.Policy); err != nil {
			return err
		} else if !in {
			c.bad("policy", "Give the code of a policy that is in force.")
		}
	}
	switch x.Cause {
	case Emergency:
		if err := s.misused(ctx, who, x.Person, x.Ref); fault.Is(err, fault.Invalid) || fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
			c.bad("cause", "Open it from the review of an emergency access of this person that was found not appropriate.")
		} else if err != nil {
			return err
		}
	case Committee, Lapse, Rule, Other:
		x.Ref = ""
	default:
		c.bad("cause", "Choose a cause from the list. An exercise with suspicious mail is never one.")
	}
	return c.err(op)
}

// misused is Invalid unless an emergency access was somebody's, and was found not
// appropriate.
func (s *Sanctions) misused(ctx context.Context, who actor.Actor, person, ref string) error {
	id, err := record.ParseID[glass.Grant](ref)
	if err != nil {
		return fault.Invalidf("sanction.create", "no such emergency access")
	}
	o, err := s.glass.Read(ctx, who, id)
	if err == nil && (o.Value.Asker != person || o.Value.Verdict != glass.NotAppropriate) {
		err = fault.Invalidf("sanction.create", "it was not found so")
	}
	return err
}

// Find says whether it is so, and why. What is confirmed waits for the decision of another
// officer, or, if it is referred, of a program manager. Errors: Invalid with fields, where
// nobody else could decide too; Conflict, Denied, NotFound.
func (s *Sanctions) Find(ctx context.Context, who actor.Actor, id ID, version int64, confirmed, refer bool, intent Intent, why string) error {
	const op = "sanction.settle"
	o, err := s.sanctions.Read(ctx, who, id)
	if err != nil {
		return err
	}
	var c checks
	c.text("finding", &why, "Say why it is so, or why it is not.")
	state := Unfounded
	if confirmed {
		state = Confirmed
		if refer {
			state = Referred
		}
		if intent.English() == "" {
			c.bad("intent", "Choose what the person knew and wanted.")
		}
		if can, err := s.another(ctx, refer, who.Worker(), o.Value.Person); err != nil {
			return err
		} else if !can && refer {
			c.bad("refer", "No program manager could decide this. Leave it to another officer.")
		} else if !can {
			c.bad("refer", "No other officer could decide this. Refer it to a program manager.")
		}
	} else {
		intent = ""
	}
	if err := c.err(op); err != nil {
		return err
	}
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.sanctions.Change(w, "settle", id, version, func(x *Sanction) error {
		if x.State != Reported {
			return fault.Conflictf(op, "somebody said meanwhile whether it is so")
		}
		x.State, x.Intent, x.Finding, x.FoundBy, x.FoundAt = state, intent, why, who.Worker(), now
		return nil
	})
	return w.Commit(ctx)
}

// another reports whether somebody who decides is none of some people.
func (s *Sanctions) another(ctx context.Context, refer bool, but ...string) (bool, error) {
	roles := officers
	if refer {
		roles = []actor.Role{actor.ProgramManager}
	}
	for _, role := range roles {
		ids, err := s.dir.Officers(ctx, role)
		if err != nil {
			return false, err
		}
		if slices.ContainsFunc(ids, func(id string) bool { return !slices.Contains(but, id) }) {
			return true, nil
		}
	}
	return false, nil
}

// Decision is what is to follow. Level is a level of the scale from 1, or 0 for no sanction.
type Decision struct {
	Guard  Guard
	Level  int
	Scale  int64 // version of the scale that was seen
	Why    string
	Course string // that the person is to take; empty for none
	Due    time.Time
	// Committee is the id of the decision of the compliance committee that it refers to;
	// empty for none.
	Committee string
}

// Decide says what follows on what was confirmed. Where the law protects the conduct, no
// sanction may: only that none does, because it is protected, is kept, and nothing is asked
// of the person. The asker is not who found it, and must have proved again who they are.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (s *Sanctions) Decide(ctx context.Context, who actor.Actor, id ID, version int64, d Decision) error {
	const op = "sanction.decide"
	o, err := s.sanctions.Read(ctx, who, id)
	if err != nil {
		return err
	}
	scale, err := s.Scale(ctx, who)
	if err != nil {
		return err
	}
	if scale.Version != d.Scale {
		return fault.Conflictf(op, "somebody else changed the scale since you opened this")
	}
	var c checks
	for _, q := range []struct {
		name string
		a    Answer
	}{{"disclosure", d.Guard.Disclosure}, {"opposition", d.Guard.Opposition}} {
		if q.a != Yes && q.a != No {
			c.bad(q.name, "Answer this before anything is decided.")
		}
	}
	if d.Level < 0 || d.Level > len(scale.Levels) {
		c.bad("level", "Choose what follows.")
	} else if d.Guard.Protects() && d.Level > 0 {
		c.bad("level", "The law protects what this person did: no sanction may follow (45 CFR 164.530(e)(1)). Choose that none does. You may still change a form, a rule or a room, and look into what the person told of.")
	}
	if d.Guard.Protects() && d.Course != "" {
		c.bad("course", "The law protects what this person did: ask nothing of them for it.")
	}
	c.text("why", &d.Why, "Say what was done and why this follows. The person reads it.")
	if d.Committee != "" {
		if is, err := s.decided.Decided(ctx, who, d.Committee); err != nil {
			return err
		} else if !is {
			c.bad("committee", "Choose a decision of the committee from the list.")
		}
	}
	if err := c.err(op); err != nil {
		return err
	}
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.sanctions.Change(w, "decide", id, version, func(x *Sanction) error {
		if x.FoundBy == who.Worker() {
			return fault.DeniedBy(op, "sanctions-are-handled")
		}
		if !x.Waits() {
			return fault.Conflictf(op, "it waits for no decision")
		}
		x.State, x.Guard, x.Rank, x.Scale, x.Why, x.Committee = Decided, d.Guard, d.Level, scale.Version, d.Why, d.Committee
		if d.Level > 0 {
			x.Level, x.Ends = scale.Levels[d.Level-1].Name, scale.Levels[d.Level-1].Ends
		}
		x.DecidedBy, x.DecidedAt, x.Course, x.CourseDue = who.Worker(), now, d.Course, d.Due
		return nil
	})
	if d.Course != "" {
		if err := s.courses.AssignIn(ctx, who, w, o.Value.Person, d.Course, d.Due); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

// Appeal has the person ask for another look, within the time for it. Errors: Invalid with
// fields, Conflict, Denied, NotFound.
func (s *Sanctions) Appeal(ctx context.Context, who actor.Actor, id ID, version int64, words string) error {
	const op = "sanction.appeal"
	var c checks
	if c.text("words", &words, "Say what should be looked at again."); len(c) > 0 {
		return c.err(op)
	}
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.sanctions.Change(w, "appeal", id, version, func(x *Sanction) error {
		if x.State != Decided || x.Rank == 0 {
			return fault.Conflictf(op, "there is nothing to be looked at again")
		}
		if !now.Before(x.DecidedAt.Add(AppealWithin)) {
			return fault.Conflictf(op, "the time to ask for another look is over")
		}
		x.State, x.Appeal, x.AppealedAt = Appealed, words, now
		return nil
	})
	return w.Commit(ctx)
}

// Answer is what came of another look: the level stands, or a slighter one or none takes its
// place; never a harder one. It is for an officer who is not who decided, and who must have
// proved again who they are. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (s *Sanctions) Answer(ctx context.Context, who actor.Actor, id ID, version int64, level int, scaleSeen int64, words string) error {
	const op = "sanction.answer"
	scale, err := s.Scale(ctx, who)
	if err != nil {
		return err
	}
	var c checks
	c.text("words", &words, "Say what came of it and why. The person reads it.")
	if level < 0 {
		c.bad("level", "Choose what follows.")
	}
	if err := c.err(op); err != nil {
		return err
	}
	now := s.door.Clock().Now()
	w := s.door.Work(who, op)
	s.sanctions.Change(w, "answer", id, version, func(x *Sanction) error {
		switch {
		case x.State != Appealed:
			return fault.Conflictf(op, "nobody asks for another look, or somebody took it meanwhile")
		case x.DecidedBy == who.Worker():
			return fault.DeniedBy(op, "sanctions-are-handled")
		case level > x.Rank:
			return fault.InvalidFields(op, fault.Field{Name: "level", Message: "Another look never makes it harder."})
		case level > 0 && level < x.Rank && (scale.Version != x.Scale || scale.Version != scaleSeen):
			// The levels below are of another scale than the one it was decided by.
			return fault.InvalidFields(op, fault.Field{Name: "level", Message: "The scale changed since this was decided. Choose that it stands, or that no sanction follows."})
		}
		if level != x.Rank {
			x.Was, x.Rank, x.Level, x.Ends = x.Level, level, "", false
			if level > 0 {
				x.Level, x.Ends = scale.Levels[level-1].Name, scale.Levels[level-1].Ends
			}
		}
		x.State, x.Answer, x.AnsweredBy, x.AnsweredAt = Answered, words, who.Worker(), now
		return nil
	})
	return w.Commit(ctx)
}

// Read returns one sanction.
func (s *Sanctions) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return s.sanctions.Read(ctx, who, id)
}

// Referring are the sanctions whose decision refers to a decision of the compliance
// committee, for whoever handles them; none for anybody else, and none about the asker.
func (s *Sanctions) Referring(ctx context.Context, who actor.Actor, decision string) ([]Opened, error) {
	if !s.Handles(who) {
		return nil, nil
	}
	return s.sanctions.Every(ctx, who, record.Query{Ref: decision})
}

// All lists those the asker handles, or is to decide: what is open first, by when it is due,
// then the newest.
func (s *Sanctions) All(ctx context.Context, who actor.Actor) ([]Opened, error) {
	var q record.Query
	if !s.Handles(who) {
		q.State = Referred
	}
	rows, err := s.sanctions.Every(ctx, who, q)
	order.By(rows, func(a, b Opened) int {
		if x, y := a.Value.Open(), b.Value.Open(); x != y {
			if x {
				return -1
			}
			return 1
		} else if x {
			return a.Value.Due().Compare(b.Value.Due())
		}
		return b.Value.Known.Compare(a.Value.Known)
	})
	return rows, err
}

// told are the states in which somebody reads what was decided about them.
var told = []string{Decided, Appealed, Answered}

// Told lists what was decided about the asker, newest first, as far as it is told to them.
func (s *Sanctions) Told(ctx context.Context, who actor.Actor) (out []Opened, err error) {
	for _, state := range told {
		rows, err := s.sanctions.Every(ctx, who, record.Query{Owner: who.Worker(), State: state, Only: program})
		if err != nil {
			return nil, err
		}
		out = append(out, rows...)
	}
	order.By(out, func(a, b Opened) int { return b.Value.DecidedAt.Compare(a.Value.DecidedAt) })
	return out, nil
}

// Undecided counts the violations that were confirmed right before a moment and of which
// nobody had decided by then what follows.
func (s *Sanctions) Undecided(ctx context.Context, who actor.Actor, at time.Time) (n int64, err error) {
	rows, err := s.sanctions.Every(ctx, who, record.Query{AsOf: at, Only: program})
	for _, o := range rows {
		if o.Value.Waits() {
			n++
		}
	}
	return n, err
}
