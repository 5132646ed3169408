package vendor

import (
	"slices"
	"time"

	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Status is how far the work with a vendor is.
type Status string

// The states of a vendor. Information goes to one that is active, and to no other.
const (
	Intake     Status = "intake"     // described, not looked at
	Assessed   Status = "assessed"   // looked at: what it is and how closely it is watched is known
	Active     Status = "active"     // works for the agency
	Cure       Status = "cure"       // broke its agreement and is to put it right
	Terminated Status = "terminated" // ended; what it holds comes back or is destroyed
	Closed     Status = "closed"     // nothing of the agency's is left with it, or never was
)

// Statuses lists the states in the order of a vendor's life.
func Statuses() []Status { return []Status{Intake, Assessed, Active, Cure, Terminated, Closed} }

// next is which state follows which.
var next = map[Status][]Status{
	Intake:     {Assessed, Closed},
	Assessed:   {Active, Terminated, Closed}, // it ends, if it worked before it was assessed anew
	Active:     {Cure, Terminated},
	Cure:       {Active, Terminated},
	Terminated: {Closed},
}

// May reports whether a vendor goes from one state to another.
func (s Status) May(to Status) bool { return slices.Contains(next[s], to) }

// English is the state in words.
func (s Status) English() string {
	switch s {
	case Intake:
		return "Intake"
	case Assessed:
		return "Assessed"
	case Active:
		return "Active"
	case Cure:
		return "To cure a breach"
	case Terminated:
		return "Terminated"
	case Closed:
		return "Closed"
	}
	return ""
}

// Subcontractor is whoever a vendor has do part of its work. Attested is when the vendor
// said that a contract binds it to the same restrictions; zero until it did.
type Subcontractor struct {
	Name, Does string
	Attested   time.Time
}

// Span is a time from From until, and not including, Until; Until zero is without end.
type Span struct{ From, Until time.Time }

// Vendor is an organization that does something for the agency, or gets something of it.
type Vendor struct {
	Name      string   `class:"program" doc:"What it is called."`
	Services  string   `class:"program" doc:"What it does for the agency."`
	Contact   phi.Text `class:"program" doc:"Whom to reach there, and how."`
	Owner     string   `class:"program" doc:"Worker id of who looks after it here."`
	Connector bool     `class:"program" doc:"A connection of this server moves information to or from it."`

	Answers    Answers        `class:"program" doc:"What intake was told."`
	Outcome    Outcome        `class:"program" doc:"What it is to the agency, as the answers decide."`
	Reasons    []Reason       `class:"program" doc:"Why, and where that is written, as it was when it was decided."`
	DecidedBy  string         `class:"program" doc:"Worker id of who assessed it."`
	DecidedAt  time.Time      `class:"program" doc:"When it was assessed."`
	Volume     Volume         `class:"program" doc:"Of about how many people it has information."`
	Classes    []policy.Class `class:"program" doc:"The kinds of information it has."`
	Dependency Dependency     `class:"program" doc:"How long the agency can work without it."`
	ExitPlan   string         `class:"program" doc:"How the agency would go on without it."`

	Subcontractors []Subcontractor `class:"program" doc:"Whom it has do part of its work, and when it attested that the same binds them."`

	Evidence []Evidence `class:"program" doc:"What it was asked to show, and until when that shows anything."`
	Reviews  []Review   `class:"program" doc:"When it was reviewed, by whom, and with what conclusion."`
	Breaches []Breach   `class:"program" doc:"Breaches of its agreement that the agency knows of, and what was decided."`
	Ending   Ending     `class:"program" doc:"What became of the information it had when the work ended."`

	Status Status    `class:"program" doc:"How far the work with it is."`
	Spans  []Span    `class:"program" doc:"When it was active."`
	Since  time.Time `class:"program" doc:"Since when it is in its state."`
	Why    string    `class:"program" doc:"Why it came into its state, where somebody said so."`
}

// ID is the id of a vendor.
type ID = record.ID[Vendor]

// Opened is a vendor as the asker may see it.
type Opened = record.Opened[Vendor]

// PHI reports whether it has to do with health information at all.
func (v Vendor) PHI() bool { return v.Answers.Verbs() }

// ClassSet is the kinds of information it has.
func (v Vendor) ClassSet() policy.ClassSet { return policy.Set(v.Classes...) }

// move puts a vendor into another state, and keeps when it was active.
func (v *Vendor) move(to Status, now time.Time, why string) {
	if v.Status == Active && to != Active {
		v.Spans[len(v.Spans)-1].Until = now
	}
	if to == Active {
		v.Spans = append(v.Spans, Span{From: now})
	}
	v.Status, v.Since, v.Why = to, now, why
}

// relEngaged is the relation of a vendor to the agency while it is active.
const relEngaged = "engaged"

// holder is a vendor as the holder of facts.
func holder(id string) string { return record.PartyHolder("vendor", id) }

// withAgency is the other end of what a vendor holds.
const withAgency = "agency:"

// connected is the group of vendors that a connection of this server moves information to
// or from.
const connected = "connector"

// Kind declares vendors. Each owner is who looks after it here.
var Kind = record.Define(record.Kind[Vendor]{
	Name:      "vendor",
	Doc:       "An organization that works for the agency or gets something of it.",
	Retention: "program",
	Labels: func(v Vendor) record.Labels {
		l := record.Labels{State: string(v.Status), Owner: v.Owner, Tag: string(v.Outcome), At: v.Since, Due: v.ReviewDue()}
		if v.Connector {
			l.Group = connected
		}
		return l
	},
	Facts: func(id string, _ record.Subject, v Vendor) (out []record.Fact) {
		for _, s := range v.Spans {
			out = append(out, record.Fact{Holder: holder(id), Rel: relEngaged, Object: withAgency, From: s.From, Until: s.Until})
		}
		return out
	},
})
