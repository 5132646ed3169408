package sanction

import (
	"time"

	"caseward/internal/policy"
	"caseward/internal/record"
)

// Cause is what brought somebody to look at what was done. An exercise with suspicious mail
// is none: whoever had to fear for a click would not report the next mail.
type Cause string

// The causes.
const (
	Emergency Cause = "glass"     // emergency access that its review did not find appropriate
	Committee Cause = "committee" // a decision of the compliance committee
	Lapse     Cause = "training"  // required training that was not taken
	Rule      Cause = "policy"    // a section of a policy that was broken
	Other     Cause = "other"     // an incident, an audit, a complaint, what somebody saw
)

// Causes lists the causes in the order pages show them.
func Causes() []Cause { return []Cause{Rule, Emergency, Committee, Lapse, Other} }

// English is the cause in words.
func (c Cause) English() string {
	switch c {
	case Emergency:
		return "Emergency access found not appropriate"
	case Committee:
		return "A decision of the committee"
	case Lapse:
		return "Required training not taken"
	case Rule:
		return "A policy was broken"
	case Other:
		return "Something else"
	}
	return ""
}

// Intent is what somebody knew and wanted, by which the scale is graded.
type Intent string

// The intents, slightest first.
const (
	Unintended Intent = "unintended"
	Careless   Intent = "careless"
	Curious    Intent = "curious"
	Malicious  Intent = "malicious"
)

// Intents lists the intents, slightest first.
func Intents() []Intent { return []Intent{Unintended, Careless, Curious, Malicious} }

// English is the intent in words.
func (i Intent) English() string {
	switch i {
	case Unintended:
		return "Unintended: a slip"
	case Careless:
		return "Careless: the rule was known"
	case Curious:
		return "Curious: on purpose, to see"
	case Malicious:
		return "Malicious: to harm or to gain"
	}
	return ""
}

// The states. Confirmed waits for an officer to decide, Referred for a program manager.
const (
	Reported  = "reported"
	Unfounded = "unfounded" // it was not so, or could not be shown
	Confirmed = "confirmed"
	Referred  = policy.Referred
	Decided   = policy.Decided
	Appealed  = policy.Appealed
	Answered  = policy.Answered
)

// Sanction is what was reported of somebody, and what became of it. What the person reads,
// once it is decided, is of class program; the rest is for those who look and decide.
type Sanction struct {
	Person  string    `class:"program" doc:"Worker id of whom it is about."`
	State   string    `class:"program" doc:"Reported, not confirmed, confirmed, referred to a program manager, decided, appealed or answered."`
	Cause   Cause     `class:"program" doc:"What brought somebody to look at it."`
	Policy  string    `class:"program" doc:"Code of the policy that was broken; empty for none."`
	Section string    `class:"program" doc:"Section of that policy."`
	Known   time.Time `class:"program" doc:"When the agency came to know of it."`

	Ref        string `class:"workforce" doc:"Id of the record that caused it, of an emergency access or a decision."`
	What       string `class:"workforce" doc:"What happened; no client is named."`
	ReportedBy string `class:"workforce" doc:"Worker id of who reported it."`
	Finding    string `class:"workforce" doc:"Why it is so, or is not."`

	FoundBy string    `class:"program" doc:"Worker id of who found whether it is so."`
	FoundAt time.Time `class:"program" doc:"When that was found."`
	Intent  Intent    `class:"program" doc:"What the person knew and wanted."`

	Committee string `class:"workforce" doc:"Id of the decision of the compliance committee that the decision refers to; empty for none."`

	Guard     Guard     `class:"workforce" doc:"Whether the conduct is protected by law, as the decider answered."`
	Rank      int       `class:"program" doc:"Which level of the scale was decided, from 1; 0 for no sanction."`
	Level     string    `class:"program" doc:"What that level was called; empty for no sanction."`
	Ends      bool      `class:"program" doc:"The level ends the work here."`
	Scale     int64     `class:"program" doc:"Version of the scale that was decided by; 0 for the one that comes with the program."`
	Why       string    `class:"program" doc:"What was done and why this follows, as it is told to the person."`
	DecidedBy string    `class:"program" doc:"Worker id of who decided."`
	DecidedAt time.Time `class:"program" doc:"When it was decided."`
	Course    string    `class:"program" doc:"Code of the course that the person is to take; empty for none."`
	CourseDue time.Time `class:"program" doc:"By when."`

	Appeal     string    `class:"program" doc:"Why the person asks for another look."`
	AppealedAt time.Time `class:"program" doc:"When they asked."`
	Was        string    `class:"program" doc:"The level that was decided first, where the answer changed it."`
	Answer     string    `class:"program" doc:"What came of the other look, and why."`
	AnsweredBy string    `class:"program" doc:"Worker id of who took it."`
	AnsweredAt time.Time `class:"program" doc:"When."`
}

// Guard is whether the law protects what somebody did. Each question is answered before
// anything is decided.
type Guard struct {
	// Disclosure is a disclosure by a whistleblower, or by the victim of a crime (45 CFR
	// 164.502(j)).
	Disclosure Answer
	// Opposition is a complaint, testimony, help with an investigation, or opposition in
	// good faith (45 CFR 164.530(g)(2), 160.316).
	Opposition Answer
}

// Answer is an answer to a question of the guard; empty until it is given.
type Answer string

// The answers.
const (
	Yes Answer = "yes"
	No  Answer = "no"
)

// Answered reports whether every question is answered.
func (g Guard) Answered() bool {
	ok := func(a Answer) bool { return a == Yes || a == No }
	return ok(g.Disclosure) && ok(g.Opposition)
}

// Protects reports whether no sanction may follow.
func (g Guard) Protects() bool { return g.Disclosure == Yes || g.Opposition == Yes }

// Waits reports whether it is confirmed and nobody has decided what follows.
func (s Sanction) Waits() bool { return s.State == Confirmed || s.State == Referred }

// Open reports whether somebody is still to do something.
func (s Sanction) Open() bool { return s.State == Reported || s.Waits() || s.State == Appealed }

// Times of the agency's practice. The law asks that sanctions are applied and documented,
// and sets no clock.
const (
	FindWithin   = 14 * 24 * time.Hour // from when it was known
	DecideWithin = 21 * 24 * time.Hour // from when it was confirmed
	AppealWithin = 14 * 24 * time.Hour // from when it was decided
	AnswerWithin = 21 * 24 * time.Hour // from when it was appealed
)

// Due is by when the next step is to be taken; zero if none is.
func (s Sanction) Due() time.Time {
	switch s.State {
	case Reported:
		return s.Known.Add(FindWithin)
	case Confirmed, Referred:
		return s.FoundAt.Add(DecideWithin)
	case Appealed:
		return s.AppealedAt.Add(AnswerWithin)
	}
	return time.Time{}
}

// ID is the id of a sanction, Opened one as the asker may see it.
type (
	ID     = record.ID[Sanction]
	Opened = record.Opened[Sanction]
)

// Kind declares sanctions. Each owner is the person it is about, so that the policies know
// whom to keep from it.
var Kind = record.Define(record.Kind[Sanction]{
	Name:      "sanction",
	Doc:       "What was reported of somebody who works here, whether it is so, and what was decided.",
	Retention: "program",
	Labels: func(s Sanction) record.Labels {
		return record.Labels{State: s.State, Owner: s.Person, Ref: s.Committee, Tag: string(s.Cause), At: s.Known, Due: s.Due()}
	},
})

// Level is a level of the scale.
type Level struct {
	Name  string `cbor:"1,keyasint"`
	About string `cbor:"2,keyasint,omitempty"` // when it is used
	Ends  bool   `cbor:"3,keyasint,omitempty"` // the work here ends
}

// Scale is what may follow, slightest first, and what usually does.
type Scale struct {
	Levels []Level        `class:"program" doc:"The levels, slightest first."`
	Usual  map[Intent]int `class:"program" doc:"The level that usually follows on each intent, from 1."`
	By     string         `class:"program" doc:"Worker id of who set it so."`
}

// ScaleKind declares the scale, of which there is one.
var ScaleKind = record.Define(record.Kind[Scale]{
	Name:      "sanction_scale",
	Doc:       "The agency's scale of sanctions.",
	Retention: "program",
	Labels:    func(Scale) record.Labels { return record.Labels{Ref: theScale, Ext: theScale} },
})

const theScale = "scale"

// starter is a level of the scale that comes with the program.
type starter int

// English is what it is called.
func (s starter) English() string {
	switch s {
	case 0:
		return "Coaching"
	case 1:
		return "Written warning"
	case 2:
		return "Suspension of access"
	case 3:
		return "Suspension"
	case 4:
		return "Termination"
	}
	return ""
}

// Starter is the scale that comes with the program (agency practice), for as long as no
// officer sets another.
func Starter() Scale {
	s := Scale{Usual: map[Intent]int{Unintended: 1, Careless: 2, Curious: 4, Malicious: 5}}
	for i := range starter(5) {
		s.Levels = append(s.Levels, Level{Name: i.English(), Ends: i == 4})
	}
	return s
}
