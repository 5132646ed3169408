package plan

import (
	"context"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a plan.
type ID = record.ID[Plan]

// Opened is a plan as the asker may see it.
type Opened = record.Opened[Plan]

// Page is a page of plans, filled when its view is opened.
type Page = record.List[Plan]

// The states of a plan, as the label says them.
const (
	Active = "active"
	Past   = "past" // completed, revoked or replaced
)

// Plan is one care plan.
type Plan struct {
	Title       phi.Text      `class:"plan" doc:"What the plan is about."`
	Current     bool          `class:"plan" doc:"Whether the plan is in force."`
	Status      phi.Text      `class:"plan" doc:"The status in the source's words, as active or completed."`
	Category    phi.Text      `class:"plan" doc:"The category of the plan in words."`
	Description phi.Text      `class:"plan" doc:"What the plan says in words."`
	From        phi.Date      `class:"plan" doc:"The day the plan begins."`
	Until       phi.Date      `class:"plan" doc:"The day the plan ends."`
	Goals       []Goal        `class:"plan" doc:"The goals of the plan."`
	Activities  []Activity    `class:"plan" doc:"What is done under the plan."`
	Addresses   []phi.Text    `class:"plan" doc:"The conditions the plan addresses, in words."`
	Team        []Member      `class:"plan" doc:"The care team, as the source names it."`
	Source      person.Source `class:"plan" doc:"The system the plan was imported from."`
	Part2       bool          `class:"plan" doc:"Whether it is a record of a Part 2 program, which moves all of it to a class of its own."`
}

// Goal is one goal of a plan.
type Goal struct {
	Domain      phi.Text `cbor:"domain,omitzero"` // "housing", as the source's category
	Text        phi.Text `cbor:"text,omitzero"`
	Status      phi.Text `cbor:"status,omitzero"`      // in the source's words
	Achievement phi.Text `cbor:"achievement,omitzero"` // in the source's words
	TargetOn    phi.Date `cbor:"target_on,omitzero"`
	StartOn     phi.Date `cbor:"start_on,omitzero"`
	StepsDone   int      `cbor:"steps_done,omitzero"`
	Steps       int      `cbor:"steps,omitzero"`
	Note        phi.Text `cbor:"note,omitzero"`
}

// Activity is something done under a plan.
type Activity struct {
	Text   phi.Text `cbor:"text,omitzero"`
	Status phi.Text `cbor:"status,omitzero"`
	Reason phi.Text `cbor:"reason,omitzero"`
	From   phi.Date `cbor:"from,omitzero"`
	Until  phi.Date `cbor:"until,omitzero"`
}

// Done reports whether the activity is completed.
func (a Activity) Done() bool { return a.Status.Disclose() == "completed" }

// Member is somebody on the care team of the source.
type Member struct {
	Name phi.Text `cbor:"name,omitzero"`
	Role phi.Text `cbor:"role,omitzero"`
}

// Progress is how many activities of the plan are completed.
func (p Plan) Progress() (done, total int) {
	for _, a := range p.Activities {
		if a.Done() {
			done++
		}
	}
	return done, len(p.Activities)
}

// Kind keeps plans.
var Kind = record.Define(record.Kind[Plan]{
	Name:      "plan",
	Doc:       "A care plan of a client.",
	Retention: "designated record set",
	Reclass: func(v Plan, c policy.Class) policy.Class {
		if v.Part2 {
			return policy.SUD
		}
		return c
	},
	May: policy.Set(policy.SUD),
	Labels: func(p Plan) record.Labels {
		l := record.Labels{State: Past, At: midnight(p.From), Ext: p.Source.Ext()}
		if p.Current {
			l.State = Active
		}
		return l
	},
})

func midnight(d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC)
}

// Plans are the use-cases on care plans.
type Plans struct {
	door    *record.Door
	records record.Records[Plan]
}

// New returns the use-cases behind door.
func New(door *record.Door) *Plans {
	return &Plans{door: door, records: record.Use(door, Kind)}
}

// Want asks a view for a client's plans, at most 500, those that began last
// first; put them in order with [Sorted].
func (ps *Plans) Want(v *record.View, client person.ID) *record.List[Plan] {
	return ps.WantPage(v, client, "")
}

// WantPage is Want from a cursor on.
func (ps *Plans) WantPage(v *record.View, client person.ID, after string) *record.List[Plan] {
	return ps.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 500, After: after})
}

// Sorted puts plans in force first.
func Sorted(rows []Opened) []Opened {
	out := append([]Opened(nil), rows...)
	sort.SliceStable(out, func(i, j int) bool { return out[i].Value.Current && !out[j].Value.Current })
	return out
}

// List returns a client's plans, those in force first, as one read.
func (ps *Plans) List(ctx context.Context, who actor.Actor, client person.ID) ([]Opened, error) {
	v := ps.door.View(who, "plan.find")
	l := ps.Want(v, client)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	return Sorted(l.Rows), nil
}

// History returns every version of a plan, newest first.
func (ps *Plans) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return ps.records.History(ctx, who, id)
}

// Adopt plans, in w, a care plan from another system.
func (ps *Plans) Adopt(w *record.Work, client person.ID, p Plan) (ID, error) {
	if !p.Source.Imported() {
		return ID{}, fault.Invalidf("plan.create", "an imported plan needs a source")
	}
	return ps.records.Create(w, record.SubjectOf(client), p), nil
}

// Update plans, in w, what another system now says of a plan adopted from it.
func (ps *Plans) Update(w *record.Work, id ID, version int64, from Plan) {
	ps.records.Change(w, "change", id, version, func(p *Plan) error {
		*p = from
		return nil
	})
}
