package glass

import (
	"slices"
	"time"

	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Lasts is how long a grant lasts.
const Lasts = 4 * time.Hour

// ReviewDays is in how many working days a grant is to be reviewed.
const ReviewDays = 3

// Reason is why the glass was broken.
type Reason string

// The reasons.
const (
	ImminentDanger   Reason = "imminent_danger"
	MedicalEmergency Reason = "medical_emergency"
	CrisisOutreach   Reason = "crisis_outreach"
	Covering         Reason = "covering_without_notice"
	MandatedReport   Reason = "mandated_report"
	Other            Reason = "other"
)

// Reasons lists the reasons in the order screens show them.
func Reasons() []Reason {
	return []Reason{ImminentDanger, MedicalEmergency, CrisisOutreach, Covering, MandatedReport, Other}
}

// English is the reason in words.
func (r Reason) English() string {
	switch r {
	case ImminentDanger:
		return "Imminent danger to the client or somebody else"
	case MedicalEmergency:
		return "Medical emergency"
	case CrisisOutreach:
		return "Crisis outreach"
	case Covering:
		return "Covering for a colleague without notice"
	case MandatedReport:
		return "Mandated report"
	}
	return "Another reason"
}

// Verdict is what a review found.
type Verdict string

// The verdicts.
const (
	Appropriate    Verdict = "appropriate"
	NotAppropriate Verdict = "not_appropriate"
)

// Where a grant stands. They are labels too; a grant becomes Expired by the clock, and
// has that label within a minute.
const (
	Open     = "open"
	Ended    = "ended"
	Reviewed = "reviewed"
	Expired  = "expired"
)

// Grant is one breaking of the glass.
type Grant struct {
	Asker      string         `class:"workforce" doc:"Worker id of who broke the glass."`
	Supervisor string         `class:"workforce" doc:"Worker id of the asker's supervisor at that time, who was told."`
	Reason     Reason         `class:"program" doc:"The reason, from the list."`
	Words      phi.Text       `class:"case" doc:"The reason in the asker's words."`
	Scope      []policy.Class `class:"program" doc:"The field classes the grant covers."`
	From       time.Time      `class:"program" doc:"When the glass was broken."`
	Until      time.Time      `class:"program" doc:"When the grant ends, or ended."`
	EndedBy    string         `class:"program" doc:"Worker id of who ended it before its time; empty if nobody did."`
	Over       time.Time      `class:"program" doc:"When it was written down that its time was over; empty while it is not."`
	ReviewDue  time.Time      `class:"program" doc:"By when it is to be reviewed."`
	ReviewedBy string         `class:"program" doc:"Worker id of who reviewed it."`
	ReviewedAt time.Time      `class:"program" doc:"When it was reviewed."`
	Verdict    Verdict        `class:"program" doc:"Whether the review found it appropriate."`
	Finding    phi.Text       `class:"case" doc:"What the review found, in words."`
}

// ID is the id of a grant.
type ID = record.ID[Grant]

// Opened is a grant as the asker may see it.
type Opened = record.Opened[Grant]

// State is where the grant stands at now: open, expired, ended or reviewed. What was ended,
// reviewed or written down as over is so whatever now is.
func (g Grant) State(now time.Time) string {
	switch {
	case g.Verdict != "":
		return Reviewed
	case g.EndedBy != "":
		return Ended
	case !g.Over.IsZero(), !now.Before(g.Until):
		return Expired
	}
	return Open
}

// Overdue reports whether the review should have been made by now.
func (g Grant) Overdue(now time.Time) bool { return g.Verdict == "" && !now.Before(g.ReviewDue) }

// ScopeSet is the scope as a set.
func (g Grant) ScopeSet() policy.ClassSet { return policy.Set(g.Scope...) }

// Kind declares grants.
var Kind = record.Define(record.Kind[Grant]{
	Name:      "glass",
	Doc:       "Emergency access to one client's chart, and its review.",
	Retention: "compliance",
	Late:      []string{"glass.break"},
	Labels: func(g Grant) record.Labels {
		l := record.Labels{State: g.State(time.Time{}), Owner: g.Asker, Group: g.Supervisor, Tag: string(g.Reason), At: g.From, Due: g.ReviewDue}
		if l.State == Reviewed {
			l.Due = time.Time{}
		}
		return l
	},
	Facts: func(_ string, subject record.Subject, g Grant) []record.Fact {
		rel := string(policy.BreakGlass)
		if g.State(time.Time{}) != Open {
			rel = record.BrokeGlass
		}
		return []record.Fact{{
			Holder: record.WorkerHolder(g.Asker), Rel: rel, Object: record.ClientObject(subject),
			Scope: policy.Set(g.Scope...), From: g.From, Until: g.Until,
		}}
	},
})

// Scopes lists the classes a grant can cover, in the order screens show them.
// Substance use counseling notes are not among them: no policy opens them to an
// emergency grant.
func Scopes() []policy.Class {
	var out []policy.Class
	for _, c := range policy.Classes() {
		switch c {
		case policy.SUDCounselling, policy.Workforce, policy.Program:
		default:
			out = append(out, c)
		}
	}
	return out
}

// Ordinary is the scope that a form offers first: what an emergency mostly needs.
func Ordinary() []policy.Class {
	return []policy.Class{policy.Identity, policy.Contact, policy.Household, policy.Flags, policy.Case, policy.Note, policy.Clinical, policy.Plan}
}

// ReviewDue is by when a grant of time from is to be reviewed: the end of the
// third working day after it in the agency's zone. Saturdays, Sundays and the
// days in holidays (YYYY-MM-DD) are not working days.
func ReviewDue(from time.Time, zone *time.Location, holidays []string) time.Time {
	d := from.In(zone)
	for n := 0; n < ReviewDays; {
		d = d.AddDate(0, 0, 1)
		if w := d.Weekday(); w != time.Saturday && w != time.Sunday && !slices.Contains(holidays, d.Format(time.DateOnly)) {
			n++
		}
	}
	y, m, day := d.Date()
	return time.Date(y, m, day+1, 0, 0, 0, 0, zone).UTC()
}
