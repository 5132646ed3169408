package casefile

import (
	"fmt"
	"time"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a case.
type ID = record.ID[Case]

// Opened is a case as the asker may see it.
type Opened = record.Opened[Case]

// Level is how much support the client gets; it decides how often they are to
// be contacted.
type Level string

// The levels of support.
const (
	Standard  Level = "standard"
	High      Level = "high"
	Intensive Level = "intensive"
)

// Levels lists the levels from least to most.
func Levels() []Level { return []Level{Standard, High, Intensive} }

// Every is how many days may pass between contacts at this level.
func (l Level) Every() int {
	switch l {
	case Intensive:
		return 7
	case High:
		return 14
	}
	return 30
}

// The states of a case, as the label says them.
const (
	StateOpen   = "open"
	StateClosed = "closed"
)

// Case is a client's time with one program.
type Case struct {
	Client  record.Subject `class:"case" doc:"The client the case is about."`
	Program string         `class:"case" doc:"The program that serves the client."`
	Level   Level          `class:"case" doc:"How much support the client gets: standard, high or intensive."`
	Status  string         `class:"case" doc:"Whether the case is open or closed."`

	OpenedOn   phi.Date    `class:"case" doc:"The day the case was opened."`
	OpenReason phi.Text    `class:"case" doc:"Why the client came to the program."`
	ClosedOn   phi.Date    `class:"case" doc:"The day the case was closed."`
	Outcome    CloseReason `class:"case" doc:"Why the case was closed, from the list of reasons."`
	CloseNote  phi.Text    `class:"case" doc:"What there is to say about the closing."`

	Worker     string       `class:"case" doc:"Id of the worker the client is assigned to."`
	AssignedAt time.Time    `class:"case" doc:"When the worker was assigned."`
	Previous   []Assignment `class:"case" doc:"Workers who were assigned before, and when."`
	Team       []Member     `class:"case" doc:"The care team: who, doing what, from when until when."`

	LastContactAt time.Time   `class:"case" doc:"When the client was last in contact, by a signed note."`
	NextContactOn phi.Date    `class:"case" doc:"The day the next contact is due."`
	NextContact   phi.Text    `class:"case" doc:"What the next contact is for."`
	PlanReviewOn  phi.Date    `class:"case" doc:"The day the care plan is to be reviewed."`
	PlanReviews   []ReviewDay `class:"case" doc:"The days on which plans in force are to be reviewed, each with the id of its plan."`
	EligibleFrom  phi.Date    `class:"case" doc:"The first day the client is eligible for the program."`
	EligibleUntil phi.Date    `class:"case" doc:"The last day the client is eligible for the program."`

	Part2   bool          `class:"case" doc:"Whether the program is under 42 CFR Part 2: what is handed over is kept as its record."`
	Offers  []Offer       `class:"case" doc:"Offers to give the case to another worker, newest last."`
	Periods []Period      `class:"case" doc:"Earlier times during which the case was open, before it was opened again."`
	Earlier []Eligibility `class:"case" doc:"Earlier periods for which the client was eligible, before they were renewed."`

	Handovers []Handover `class:"note" doc:"What was handed over in words from one worker to the next, newest last."`
}

// ReviewDay is the day on which one care plan is to be reviewed.
type ReviewDay struct {
	Plan string   `cbor:"plan"`
	On   phi.Date `cbor:"on"`
}

// Assignment is a time during which a worker was assigned.
type Assignment struct {
	Worker string    `cbor:"worker"`
	From   time.Time `cbor:"from"`
	Until  time.Time `cbor:"until"`
}

// Period is a time during which the case was open, and how it was opened again.
type Period struct {
	OpenedOn   phi.Date    `cbor:"opened_on"`
	ClosedOn   phi.Date    `cbor:"closed_on"`
	Outcome    CloseReason `cbor:"outcome"`
	CloseNote  phi.Text    `cbor:"close_note,omitzero"`
	Reason     phi.Text    `cbor:"reason"` // why it was opened again
	ReopenedBy string      `cbor:"reopened_by"`
	ReopenedAt time.Time   `cbor:"reopened_at"`
}

// Eligibility is a period for which the client was eligible, and who renewed it.
type Eligibility struct {
	From, Until phi.Date
	By          string
	At          time.Time
}

// Member is somebody on the care team. Until zero: no end.
type Member struct {
	Worker string    `cbor:"worker"`
	Role   phi.Text  `cbor:"role,omitzero"` // in words, as "peer support"
	From   time.Time `cbor:"from"`
	Until  time.Time `cbor:"until,omitzero"`
}

// CloseReason is why a case was closed.
type CloseReason string

// The reasons for closing a case.
const (
	GoalsMet     CloseReason = "goals_met"
	Transferred  CloseReason = "transferred"
	MovedAway    CloseReason = "moved_away"
	LostContact  CloseReason = "lost_contact"
	Declined     CloseReason = "declined"
	NotEligible  CloseReason = "not_eligible"
	Died         CloseReason = "died"
	OpenedInVain CloseReason = "opened_in_error"
)

// CloseReasons lists the reasons in the order screens show them.
func CloseReasons() []CloseReason {
	return []CloseReason{GoalsMet, Transferred, MovedAway, LostContact, Declined, NotEligible, Died, OpenedInVain}
}

// IsOpen reports whether the case is open.
func (c Case) IsOpen() bool { return c.Status == StateOpen }

// Kind keeps cases.
var Kind = record.Define(record.Kind[Case]{
	Name:      "case",
	Doc:       "A client's time with one program.",
	Retention: "designated record set",
	Labels: func(c Case) record.Labels {
		l := record.Labels{State: c.Status, Owner: c.Worker, Group: c.Program, Tag: string(c.Level), At: Midnight(c.OpenedOn)}
		if c.IsOpen() {
			l.Due = c.due()
		}
		if o, ok := c.Offer(); ok {
			l.Ref = o.To // the colleague's record, so that they find what is offered to them
		}
		return l
	},
	Facts: facts,
	Asked: true,
	// What was handed over of a client of a Part 2 program is a record of it.
	Reclass: func(c Case, class policy.Class) policy.Class {
		if class == policy.Note && c.Part2 {
			return policy.SUD
		}
		return class
	},
	May: policy.Set(policy.SUD),
})

// due is the first day on which something of an open case falls due: the next
// contact, the review of the plan, the end of the eligibility. Lists are ordered
// and cut by it, so that nothing of the three is cut off by the others.
func (c Case) due() (first time.Time) {
	for _, d := range []phi.Date{c.NextContactOn, c.PlanReviewOn, c.EligibleUntil} {
		if t := Midnight(d); !t.IsZero() && (first.IsZero() || t.Before(first)) {
			first = t
		}
	}
	return first
}

// facts is what an open case says about who stands how to the client. A closed
// one says nothing, so closing ends what held.
func facts(_ string, subject record.Subject, c Case) []record.Fact {
	if !c.IsOpen() {
		return nil
	}
	client := record.ClientObject(subject)
	from := Midnight(c.OpenedOn)
	var out []record.Fact
	if c.Program != "" {
		out = append(out, record.Fact{Holder: record.ProgramHolder(c.Program), Rel: "serves", Object: client, From: from})
	}
	if c.Worker != "" {
		out = append(out, record.Fact{Holder: record.WorkerHolder(c.Worker), Rel: "assigned", Object: client, From: c.AssignedAt})
	}
	for _, m := range c.Team {
		out = append(out, record.Fact{Holder: record.WorkerHolder(m.Worker), Rel: "care_team", Object: client, From: m.From, Until: m.Until})
	}
	if o, ok := c.Offer(); ok {
		out = append(out, record.Fact{Holder: record.WorkerHolder(o.To), Rel: string(policy.Offered), Object: client, From: o.At, Until: o.Until})
	}
	return out
}

// Midnight is the start, in UTC, of a day; zero for an unknown one.
func Midnight(d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC)
}

// DaysUntil is how many days it is from today to a day; negative if it is past.
// known is false for an unknown day.
func DaysUntil(d phi.Date, today phi.Date) (days int, known bool) {
	if d.Empty() || today.Empty() {
		return 0, false
	}
	return int(Midnight(d).Sub(Midnight(today)).Hours() / 24), true
}

// Cases are the use-cases on cases.
type Cases struct {
	door    *record.Door
	records record.Records[Case]
	moves   record.Records[Move]
	clients *person.Clients
	notices *notice.Notices
	office  Office
}

// New returns the use-cases behind door.
func New(door *record.Door, clients *person.Clients) *Cases {
	return &Cases{
		door: door, records: record.Use(door, Kind), moves: record.Use(door, MoveKind),
		clients: clients, notices: notice.New(door),
	}
}

const maxWords = 4000

// validate checks a case as it would be kept; today is the agency's day.
func validate(c Case, today phi.Date) []fault.Field {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	if c.Program == "" {
		add("program", "Choose the program.")
	}
	if len(c.Program) > 100 {
		add("program", "Choose a program from the list.")
	}
	if !knownLevel(c.Level) {
		add("level", "Choose the level of support.")
	}
	if c.OpenedOn.Empty() {
		add("opened_on", "Enter the day the case was opened.")
	} else if Midnight(c.OpenedOn).After(Midnight(today)) {
		add("opened_on", "The day the case was opened is in the future.")
	}
	for _, d := range []struct {
		name string
		d    phi.Date
	}{{"next_contact_on", c.NextContactOn}, {"plan_review_on", c.PlanReviewOn}, {"eligible_from", c.EligibleFrom}, {"eligible_until", c.EligibleUntil}, {"opened_on", c.OpenedOn}, {"closed_on", c.ClosedOn}} {
		if y, m, day := d.d.Disclose(); !d.d.Empty() && (m == 0 || day == 0 || y < 1900 || y > 2200 || Midnight(d.d).Day() != day) {
			add(d.name, "Enter a whole date, with day, month and year.")
		}
	}
	if !c.EligibleFrom.Empty() && !c.EligibleUntil.Empty() && Midnight(c.EligibleUntil).Before(Midnight(c.EligibleFrom)) {
		add("eligible_until", "Eligibility ends before it begins.")
	}
	for _, t := range []struct {
		name string
		t    phi.Text
	}{{"open_reason", c.OpenReason}, {"close_note", c.CloseNote}, {"next_contact", c.NextContact}} {
		if utf8.RuneCountInString(t.t.Disclose()) > maxWords {
			add(t.name, fmt.Sprintf("Keep this to %d characters.", maxWords))
		}
	}
	return bad
}

func knownLevel(l Level) bool {
	for _, k := range Levels() {
		if k == l {
			return true
		}
	}
	return false
}
