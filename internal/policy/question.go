package policy

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"

	"caseward/internal/actor"
)

// Class is a field class: what minimum necessary is decided in (45 CFR
// 164.502(b), 164.514(d)(2)). Every field of every kind of record has one.
type Class string

// The field classes.
const (
	Identity       Class = "identity"        // names, birth date, client number
	Contact        Class = "contact"         // phone, mail, address, emergency contacts
	Demographics   Class = "demographics"    // sex, gender, race, ethnicity, language, marital status
	SSN            Class = "ssn"             // social security and other government numbers
	Household      Class = "household"       // who lives with whom, related persons
	Flags          Class = "flags"           // safety and handling alerts
	Case           Class = "case"            // program, status, dates, assignment, care team
	Note           Class = "note"            // contact notes
	Psychotherapy  Class = "psychotherapy"   // psychotherapy notes, 45 CFR 164.501, 164.508(a)(2)
	SUD            Class = "sud"             // records of a Part 2 program, 42 CFR 2.11
	SUDCounselling Class = "sud_counselling" // SUD counseling notes, 42 CFR 2.11, 2.31(b)
	Clinical       Class = "clinical"        // conditions, allergies, medications, encounters
	Assessment     Class = "assessment"      // screenings and scores
	Plan           Class = "plan"            // goals and interventions
	Document       Class = "document"        // documents and what they say
	Financial      Class = "financial"       // income, benefits, claims
	LegalMatter    Class = "legal"           // court, custody, immigration
	Message        Class = "message"         // messages with and about the client
	Workforce      Class = "workforce"       // about staff, not clients: name, mail, role
	Program        Class = "program"         // about the compliance program, no PHI
)

// Classes lists every class in its fixed order; a [ClassSet] has a bit for each.
// The order is stored in no place and may change.
func Classes() []Class { return classes[:] }

var classes = [...]Class{
	Identity, Contact, Demographics, SSN, Household, Flags, Case, Note, Psychotherapy, SUD, SUDCounselling,
	Clinical, Assessment, Plan, Document, Financial, LegalMatter, Message, Workforce, Program,
}

var classBit = func() map[Class]ClassSet {
	m := make(map[Class]ClassSet, len(classes))
	for i, c := range classes {
		m[c] = 1 << i
	}
	return m
}()

// ClassSet is a set of classes.
type ClassSet uint32

// Set returns the set of cs. It panics on a class that is not listed: classes
// are constants of the program.
func Set(cs ...Class) ClassSet {
	var s ClassSet
	for _, c := range cs {
		b, ok := classBit[c]
		if !ok {
			panic(fmt.Sprintf("policy: %q is not a field class", c))
		}
		s |= b
	}
	return s
}

// AllClasses is the set of every class.
func AllClasses() ClassSet { return 1<<len(classes) - 1 }

// Known reports whether c is a field class.
func Known(c Class) bool { _, ok := classBit[c]; return ok }

// Has reports whether c is in the set.
func (s ClassSet) Has(c Class) bool { return s&classBit[c] != 0 }

// Contains reports whether every class of t is in s.
func (s ClassSet) Contains(t ClassSet) bool { return s&t == t }

// List returns the classes in their fixed order.
func (s ClassSet) List() []Class {
	out := make([]Class, 0, bits.OnesCount32(uint32(s)))
	for i, c := range classes {
		if s&(1<<i) != 0 {
			out = append(out, c)
		}
	}
	return out
}

// Strings returns the names of the classes in their fixed order.
func (s ClassSet) Strings() []string {
	out := make([]string, 0, bits.OnesCount32(uint32(s)))
	for _, c := range s.List() {
		out = append(out, string(c))
	}
	return out
}

func (s ClassSet) String() string { return strings.Join(s.Strings(), ",") }

// Relation is how the asker stands to the client.
type Relation string

// The relations. More than one may hold at once.
const (
	Assigned   Relation = "assigned"    // the client's worker on an open case
	CareTeam   Relation = "care_team"   // on the client's care team
	Covering   Relation = "covering"    // stands in, until a date, for the assigned worker
	Supervises Relation = "supervises"  // supervises the assigned worker
	Manages    Relation = "manages"     // manages the program that serves the client
	BreakGlass Relation = "break_glass" // holds an unexpired emergency grant
	Formerly   Relation = "formerly"    // supervises whoever once was the assigned worker, or manages a program that once served the client
	Offered    Relation = "offered"     // is offered the client's case and has not answered
	Attends    Relation = "attends"     // is invited to a case conference that is not restricted
)

var relations = [...]Relation{Assigned, CareTeam, Covering, Supervises, Manages, BreakGlass, Formerly, Offered, Attends}

// AllRelations lists every relation.
func AllRelations() []Relation { return relations[:] }

// Relations is a set of relations.
type Relations uint16

// Rel returns the set of rs; it panics on one that is not listed.
func Rel(rs ...Relation) Relations {
	var s Relations
next:
	for _, r := range rs {
		for i, k := range relations {
			if k == r {
				s |= 1 << i
				continue next
			}
		}
		panic(fmt.Sprintf("policy: %q is not a relation", r))
	}
	return s
}

// Has reports whether r is in the set.
func (s Relations) Has(r Relation) bool { return s&Rel(r) != 0 }

// List returns the relations in their fixed order.
func (s Relations) List() []Relation {
	out := []Relation{}
	for i, r := range relations {
		if s&(1<<i) != 0 {
			out = append(out, r)
		}
	}
	return out
}

// Lack is what somebody must have or have done before the work lets them at a client's
// record, and has not (45 CFR 164.308(a)(3), 164.308(a)(5), 164.530(b)). What is
// required of whom is for the agency to say; until it says something nobody lacks
// anything.
type Lack string

// The lacks. More than one may hold at once.
const (
	Clearance       Lack = "clearance"       // was not cleared for access, 45 CFR 164.308(a)(3)(ii)(B)
	Orientation     Lack = "orientation"     // was not introduced to privacy and security
	Acknowledgement Lack = "acknowledgement" // did not acknowledge a policy in force
	Training        Lack = "training"        // is not trained as their role must be, 45 CFR 164.530(b)(1)
	Lapse           Lack = "lapse"           // something is overdue beyond its grace: what is left is reading one's own caseload
)

var lacks = [...]Lack{Clearance, Orientation, Acknowledgement, Training, Lapse}

// AllLacks lists every lack.
func AllLacks() []Lack { return lacks[:] }

// Lacks is a set of lacks.
type Lacks uint8

// Every is the set of all lacks.
const Every = Lacks(1<<len(lacks)) - 1

// Lacking returns the set of ls; it panics on one that is not listed.
func Lacking(ls ...Lack) Lacks {
	var s Lacks
	for _, l := range ls {
		i := slices.Index(lacks[:], l)
		if i < 0 {
			panic(fmt.Sprintf("policy: %q is not a lack", l))
		}
		s |= 1 << i
	}
	return s
}

// Has reports whether l is in the set.
func (s Lacks) Has(l Lack) bool { return s&Lacking(l) != 0 }

// List returns the lacks in their fixed order.
func (s Lacks) List() []Lack {
	out := []Lack{}
	for i, l := range lacks {
		if s&(1<<i) != 0 {
			out = append(out, l)
		}
	}
	return out
}

// KnownLack reports whether l is a lack.
func KnownLack(l Lack) bool { return slices.Contains(lacks[:], l) }

// Question is what is asked of the policies. It holds no name, no id and no
// time: everything that decides, and nothing else. Two equal questions have the
// same answer for as long as the policies stay the same, so answers are kept.
type Question struct {
	Action    string        // "note.read": kind, dot, verb
	Role      actor.Role    // of the asker
	Purpose   actor.Purpose // of this request
	Service   string        // name of the service actor, Role then being actor.Service; empty for a person
	Relations Relations     // of the asker to the client of the record
	Glass     ClassSet      // classes an unexpired break-glass grant covers
	Classes   ClassSet      // classes asked for
	State     string        // the record's state label; rules look for [Draft], [Signed] and their like; empty if it has none
	Author    bool          // the asker wrote this record, or is writing it now
	Own       bool          // the record is about the asker: own session, own account
	Named     bool          // this very record is offered to the asker or asks them to come, not only another of the client
	SteppedUp bool          // proved again who they are within the step-up window
	Lacks     Lacks         // what the asker must have before they are let at clients' records, and has not
}

// The states some rules look at. A record may have other states too.
const (
	Draft     = "draft"     // still being written
	Discarded = "discarded" // thrown away before it was signed
	Signed    = "signed"    // signed, and never changed again
	Imported  = "imported"  // came from another system, as it was signed there
	Awaiting  = "awaiting"  // signed, and not co-signed yet
	Shared    = "shared"    // for everybody who works here, not for one worker

	Received    = "received"    // was uploaded, and not looked at for viruses yet
	Quarantined = "quarantined" // was uploaded, and may do harm
	Filed       = "filed"       // is part of the record
	Open        = "open"        // of a case: it has not ended

	InReview = "in_review" // of a policy: it waits to be approved
	Approved = "approved"  // and was approved
	InForce  = "in_force"  // and is, was or will be in force

	Referred = "referred" // of a sanction: a program manager is to decide
	Decided  = "decided"  // and it is decided
	Appealed = "appealed" // and the person asks for another look
	Answered = "answered" // and somebody took it

	Restricted       = "restricted"        // kept from the wider care team
	RestrictedSigned = "restricted_signed" // kept from it, and signed
)

var states = [...]string{Draft, Discarded, Signed, Imported, Awaiting, Shared, Received, Quarantined, Filed, Open, InReview, Approved, InForce, Referred, Decided, Appealed, Answered, Restricted, RestrictedSigned}

// Answer is what the policies say. It is shared between callers who ask the
// same: nobody changes its slices.
type Answer struct {
	Allowed ClassSet // classes that may be used for this action; empty: refused
	Permits []string // ids of the rules that allowed, sorted
	Forbids []string // ids of the rules that refused a class asked for, or could not be evaluated, sorted
}

// OK reports whether anything asked for is allowed.
func (a Answer) OK() bool { return a.Allowed != 0 }

// KnownRelation reports whether r is a relation.
func KnownRelation(r Relation) bool {
	for _, k := range relations {
		if k == r {
			return true
		}
	}
	return false
}
