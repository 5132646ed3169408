package governance

import (
	"context"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/law"
)

// Voice is what a member of the committee speaks for. No law asks for a committee; of
// some of what it looks after law asks that somebody does it.
type Voice string

// The voices.
const (
	PrivacyVoice    Voice = "privacy"
	SecurityVoice   Voice = "security"
	CareVoice       Voice = "care"
	TechnologyVoice Voice = "technology"
	LegalVoice      Voice = "legal"
	ComplianceVoice Voice = "compliance"
	VendorVoice     Voice = "vendors"
	PeopleVoice     Voice = "people"
	LeadVoice       Voice = "leadership"
)

// Voices lists the voices in the order pages show them.
func Voices() []Voice {
	return []Voice{PrivacyVoice, SecurityVoice, CareVoice, TechnologyVoice, LegalVoice, ComplianceVoice, VendorVoice, PeopleVoice, LeadVoice}
}

// English is the voice in words.
func (v Voice) English() string {
	switch v {
	case PrivacyVoice:
		return "Privacy and clients’ rights"
	case SecurityVoice:
		return "Security of systems"
	case CareVoice:
		return "Casework and clinical work"
	case TechnologyVoice:
		return "Machines and networks"
	case LegalVoice:
		return "Law"
	case ComplianceVoice:
		return "Compliance and evaluation"
	case VendorVoice:
		return "Vendors and purchasing"
	case PeopleVoice:
		return "Human resources and sanctions"
	case LeadVoice:
		return "Leadership and money"
	}
	return ""
}

// Cite is the paragraph that asks that somebody looks after this, or [law.Practice].
func (v Voice) Cite() string {
	switch v {
	case PrivacyVoice:
		return "45 CFR 164.530(a)(1)(i)"
	case SecurityVoice:
		return "45 CFR 164.308(a)(2)"
	case ComplianceVoice:
		return "45 CFR 164.308(a)(8)"
	case VendorVoice:
		return "45 CFR 164.308(b)(1)"
	case PeopleVoice:
		return "45 CFR 164.530(e)"
	}
	return law.Practice
}

// Seat is one place on the committee. Somebody may have several.
type Seat struct {
	Voice  Voice  `cbor:"1,keyasint"`
	Worker string `cbor:"2,keyasint"`
}

// Committee is the compliance committee as it is set up.
type Committee struct {
	Name   string    `class:"program" doc:"What it is called."`
	Seats  []Seat    `class:"program" doc:"Who sits on it, and what each speaks for."`
	Chair  string    `class:"program" doc:"Worker id of the member who chairs it."`
	Quorum int       `class:"program" doc:"How many members must come for it to decide."`
	Months int       `class:"program" doc:"Months from one meeting to the next at most."`
	Since  time.Time `class:"program" doc:"Since when it meets so often."`
	By     string    `class:"program" doc:"Worker id of who set it up so."`
}

// Members are the worker ids of who sits on it, each once.
func (c Committee) Members() (out []string) {
	for _, s := range c.Seats {
		if !slices.Contains(out, s.Worker) {
			out = append(out, s.Worker)
		}
	}
	return out
}

// CommitteeKind declares the committee; there is one record of it.
var CommitteeKind = record.Define(record.Kind[Committee]{
	Name:      "committee",
	Doc:       "The compliance committee: who sits on it, who chairs it and how often it meets.",
	Retention: "program",
	Labels: func(c Committee) record.Labels {
		return record.Labels{Owner: c.Chair, Ref: theCommittee, Ext: theCommittee}
	},
})

const theCommittee = "committee"

// Charter is the code of the policy that is the charter of the program: what the officers
// and the committee are there for (agency practice). Package policydoc keeps it like any
// other, with its owner, its approval by hash and its acknowledgements.
const Charter = "officers-charter"

// The roles that sit on the committee, since they read its minutes, and those that chair
// it; the policies say so too.
var (
	sits   = []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer, actor.Administrator, actor.ProgramManager, actor.Supervisor}
	chairs = sits[:4]
)

// Sits are the roles whose people may be members, and Chairs those who may chair.
func Sits() []actor.Role   { return slices.Clone(sits) }
func Chairs() []actor.Role { return slices.Clone(chairs) }

// Committees is the use-cases on the committee, its meetings and its decisions.
type Committees struct {
	door       *record.Door
	who        actor.Actor // looks up which record is the committee's; opens nothing
	dir        *org.Directory
	committees record.Records[Committee]
	meetings   record.Records[Meeting]
	decisions  record.Records[Decision]
}

// NewCommittees returns the use-cases. who is the service actor that looks up, without
// opening anything, who chairs.
func NewCommittees(d *record.Door, who actor.Actor, dir *org.Directory) *Committees {
	return &Committees{door: d, who: who, dir: dir, committees: record.Use(d, CommitteeKind), meetings: record.Use(d, MeetingKind), decisions: record.Use(d, DecisionKind)}
}

var program = policy.Set(policy.Program)

// MaySetUp, Sees and Meets report whether the asker's role sets the committee up, sees
// minutes, and calls meetings (an administrator or a program manager: if they chair). They
// are for leaving out what would be refused.
func (cs *Committees) MaySetUp(who actor.Actor) bool {
	return who.Role() != "" && cs.door.Ever(who, "committee.change", false, program)
}

func (cs *Committees) Sees(who actor.Actor) bool {
	return who.Role() != "" && cs.door.Ever(who, "committee_meeting.find", false, program)
}

func (cs *Committees) Meets(ctx context.Context, who actor.Actor) (bool, error) {
	chair, err := cs.chair(ctx)
	return chair != "" && who.Role() != "" && cs.door.Ever(who, "committee_meeting.create", chair == who.Worker(), program), err
}

// chair is the worker id of who chairs; empty while there is no committee.
func (cs *Committees) chair(ctx context.Context) (string, error) {
	id, _, _, found, err := cs.committees.FindExt(ctx, cs.who, theCommittee)
	if err != nil || !found {
		return "", err
	}
	l, _, _, err := cs.committees.LabelsOf(ctx, cs.who, id)
	return l.Owner, err
}

// Committee opens the committee; version 0 while none is set up.
func (cs *Committees) Committee(ctx context.Context, who actor.Actor) (Committee, int64, error) {
	o, err := cs.committees.One(ctx, who, cs.who, theCommittee)
	return o.Value, o.Version, err
}

// works is how somebody who works here stands; in no role for anybody else.
func works(ctx context.Context, dir *org.Directory, worker string) (org.Standing, error) {
	st, err := dir.Standing(ctx, worker)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return org.Standing{}, err
	}
	if err != nil || !st.Active {
		return org.Standing{}, nil
	}
	return st, nil
}

// SetUp says who sits on the committee, who chairs, how many must come and how often it
// meets, of the version seen; 0 if there was none. Errors: Invalid with fields (those of a
// seat are "seat-" and its voice), Conflict, Denied.
func (cs *Committees) SetUp(ctx context.Context, who actor.Actor, version int64, c Committee) error {
	return cs.committees.Only(ctx, who, cs.who, theCommittee, version,
		func(op string) error { return cs.check(ctx, op, &c) },
		func(v *Committee, was bool) {
			c.By, c.Since = who.Worker(), cs.door.Clock().Now()
			if was && v.Months == c.Months {
				c.Since = v.Since
			}
			*v = c
		})
}

func (cs *Committees) check(ctx context.Context, op string, c *Committee) error {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if c.Name = strings.TrimSpace(c.Name); c.Name == "" {
		bad("name", "Say what the committee is called.")
	} else if utf8.RuneCountInString(c.Name) > maxLine {
		bad("name", "Keep this to 200 characters.")
	}
	for i, s := range c.Seats {
		if s.Voice.English() == "" || slices.ContainsFunc(c.Seats[:i], func(o Seat) bool { return o.Voice == s.Voice }) {
			return fault.Invalidf(op, "give each voice to one person, from the list")
		}
		if st, err := works(ctx, cs.dir, s.Worker); err != nil {
			return err
		} else if !st.Works(sits...) {
			bad("seat-"+string(s.Voice), "Choose an officer, an administrator, a program manager or a supervisor who works here.")
		}
	}
	members := c.Members()
	if len(members) < 2 {
		bad("seat-"+string(PrivacyVoice), "Choose at least two people.")
	}
	if !slices.Contains(members, c.Chair) {
		bad("chair", "Choose one of the members.")
	} else if st, err := works(ctx, cs.dir, c.Chair); err != nil {
		return err
	} else if !st.Works(chairs...) {
		bad("chair", "Choose an officer, an administrator or a program manager.")
	}
	if c.Quorum < 2 || c.Quorum > max(2, len(members)) {
		bad("quorum", "Give a number from 2 to that of the members.")
	}
	if c.Months < 1 || c.Months > 12 {
		bad("months", "Give a number of months from 1 to 12.")
	}
	return invalid(op, wrong)
}

// Next is when the committee is to meet again.
type Next struct {
	Last    time.Time // when enough members last met; zero for never
	Due     time.Time // by when they are to meet again
	Late    bool
	Planned *MeetingOpened // called or held, and not filed; the soonest
}

// next works out when the committee is to meet. A meeting counts once its minutes are
// filed and if enough came.
func next(c Committee, meetings []MeetingOpened, now time.Time) (n Next) {
	for _, m := range standing(meetings) {
		if v := m.Value; v.Enough() && v.At.After(n.Last) {
			n.Last = v.At
		}
	}
	from := c.Since
	if n.Last.After(from) || !n.Last.IsZero() && n.Last.AddDate(0, c.Months, 0).After(c.Since) {
		from = n.Last
	}
	n.Due = from.AddDate(0, c.Months, 0)
	n.Late = !now.Before(n.Due)
	for i, m := range meetings {
		if m.Value.State == policy.Draft && (n.Planned == nil || m.Value.At.Before(n.Planned.Value.At)) {
			n.Planned = &meetings[i]
		}
	}
	return n
}

// Overview is the committee and what the asker may see of its work.
type Overview struct {
	Committee Committee
	Version   int64 // 0: there is none
	Next      Next
	Meetings  []MeetingOpened  // newest first
	Decisions []DecisionOpened // soonest due first, those that are over after the others
}

// Overview opens the committee, its meetings and its decisions, in one entry.
func (cs *Committees) Overview(ctx context.Context, who actor.Actor) (Overview, error) {
	if !who.Valid() {
		return Overview{}, fault.DeniedBy("committee.find", "no-actor")
	}
	v := cs.door.View(who, "committee.find")
	all := cs.committees.WantAll(v, record.Query{Limit: 1})
	meetings := cs.meetings.WantAll(v, record.Query{Limit: 500})
	q := record.Query{ByDue: true, Limit: 500}
	if !cs.Sees(who) {
		q.Owner = who.Worker()
	}
	decisions := cs.decisions.WantAll(v, q)
	if err := v.Open(ctx); err != nil {
		return Overview{}, err
	}
	o := Overview{Meetings: byDay(meetings.Rows), Decisions: byState(decisions.Rows)}
	if len(all.Rows) > 0 {
		o.Committee, o.Version = all.Rows[0].Value, all.Rows[0].Version
		o.Next = next(o.Committee, o.Meetings, cs.door.Clock().Now())
	}
	return o, nil
}

// invalid says what is wrong, if anything is.
func invalid(op string, wrong []fault.Field) error {
	if len(wrong) == 0 {
		return nil
	}
	return fault.InvalidFields(op, wrong...)
}
