package plan

import (
	"context"
	"crypto/rand"
	"slices"
	"sort"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
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
	Draft  = "draft"
	Active = "active"
	Past   = "past" // completed, closed, revoked or replaced
	Gone   = "discarded"
)

// Stage is where a plan that was written here stands; an imported one has none.
type Stage string

// The stages of a plan.
const (
	Drafted    Stage = "draft"
	InForce    Stage = "active"
	Completed  Stage = "completed"  // it was carried through
	Closed     Stage = "closed"     // it ended before that
	Superseded Stage = "superseded" // a later plan took its place
	Discarded  Stage = "discarded"  // a draft that was thrown away
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
	Activities  []Activity    `class:"plan" doc:"What is done under an imported plan."`
	Addresses   []phi.Text    `class:"plan" doc:"The conditions the plan addresses, in words."`
	Team        []Member      `class:"plan" doc:"The care team, as the source names it."`
	Source      person.Source `class:"plan" doc:"The system the plan was imported from."`
	Part2       bool          `class:"plan" doc:"Whether it is a record of a Part 2 program, which moves all of it to a class of its own."`

	Stage     Stage           `class:"plan" doc:"Where a plan written here stands: draft, active, completed, closed, superseded or discarded."`
	Case      casefile.ID     `class:"plan" doc:"The case the plan serves, if one was open."`
	Before    record.ID[Plan] `class:"plan" doc:"The plan that this one was copied from."`
	Matters   phi.Text        `class:"plan" doc:"What matters to the client, in the client's own words."`
	Strengths phi.Text        `class:"plan" doc:"What the client is good at and can build on."`
	Barriers  phi.Text        `class:"plan" doc:"What stands in the way."`
	RevisedAt time.Time       `class:"plan" doc:"When what the plan says was last changed; progress does not count."`
	Revision  int64           `class:"plan" doc:"How often what the plan says was changed; progress does not count. An agreement names the revision it was given to."`
	BegunAt   time.Time       `class:"plan" doc:"When the plan was put in force."`
	BegunBy   string          `class:"plan" doc:"Id of the worker who put the plan in force."`
	Agreement Agreement       `class:"plan" doc:"What the client said to the plan, when and how."`
	ReviewOn  phi.Date        `class:"plan" doc:"The day the plan is to be reviewed."`
	Reviews   []Review        `class:"plan" doc:"The reviews of the plan, oldest first."`
	EndedOn   phi.Date        `class:"plan" doc:"The day the plan ended."`
	Outcome   Outcome         `class:"plan" doc:"How the plan ended, from the list of outcomes."`
	EndNote   phi.Text        `class:"plan" doc:"What there is to say about how the plan ended."`
}

// Goal is one goal of a plan.
type Goal struct {
	Domain      phi.Text `cbor:"domain,omitzero"` // "housing", as the source's category
	Text        phi.Text `cbor:"text,omitzero"`
	Status      phi.Text `cbor:"status,omitzero"`      // in the source's words
	Achievement phi.Text `cbor:"achievement,omitzero"` // in the source's words
	TargetOn    phi.Date `cbor:"target_on,omitzero"`
	StartOn     phi.Date `cbor:"start_on,omitzero"`
	StepsDone   int      `cbor:"steps_done,omitzero"` // of an imported goal
	Steps       int      `cbor:"steps,omitzero"`      // of an imported goal
	Note        phi.Text `cbor:"note,omitzero"`

	Key           string         `cbor:"key,omitzero"`
	Area          Domain         `cbor:"area,omitzero"`
	Measure       phi.Text       `cbor:"measure,omitzero"`  // how all will know that it is reached
	Baseline      phi.Text       `cbor:"baseline,omitzero"` // how it was at the beginning
	Priority      Priority       `cbor:"priority,omitzero"`
	State         GoalState      `cbor:"state,omitzero"`
	Reason        phi.Text       `cbor:"reason,omitzero"` // why it was dropped, or stands as it does
	EndedOn       phi.Date       `cbor:"ended_on,omitzero"`
	Interventions []Intervention `cbor:"interventions,omitzero"`
	Progress      []Progress     `cbor:"progress,omitzero"` // as entered, newest last
}

// Domain is the part of life that a goal is about.
type Domain string

// The domains.
const (
	Housing          Domain = "housing"
	Income           Domain = "income"
	Health           Domain = "health"
	BehavioralHealth Domain = "behavioral_health"
	SubstanceUse     Domain = "substance_use"
	Employment       Domain = "employment"
	Education        Domain = "education"
	LegalMatters     Domain = "legal"
	Family           Domain = "family"
	Transportation   Domain = "transportation"
	DailyLiving      Domain = "daily_living"
	Safety           Domain = "safety"
)

// Domains lists the domains in the order screens show them.
func Domains() []Domain {
	return []Domain{Housing, Income, Health, BehavioralHealth, SubstanceUse, Employment, Education, LegalMatters, Family, Transportation, DailyLiving, Safety}
}

// Priority is how much a goal matters beside the others.
type Priority string

// The priorities.
const (
	High   Priority = "high"
	Medium Priority = "medium"
	Low    Priority = "low"
)

// Priorities lists the priorities, highest first.
func Priorities() []Priority { return []Priority{High, Medium, Low} }

// GoalState is where a goal stands.
type GoalState string

// The states of a goal.
const (
	Planned     GoalState = "planned"
	Underway    GoalState = "active"
	OnHold      GoalState = "on_hold"
	Achieved    GoalState = "achieved"
	NotAchieved GoalState = "not_achieved"
	Dropped     GoalState = "dropped"
)

// GoalStates lists the states in the order screens show them.
func GoalStates() []GoalState {
	return []GoalState{Planned, Underway, OnHold, Achieved, NotAchieved, Dropped}
}

// Open reports whether somebody still works towards a goal in this state.
func (s GoalState) Open() bool { return s == Planned || s == Underway || s == OnHold }

// Open reports whether somebody still works towards the goal. An imported goal
// is open unless its source says that it is over.
func (g Goal) Open() bool {
	if g.State != "" {
		return g.State.Open()
	}
	switch strings.ReplaceAll(g.Status.Disclose(), "_", "-") {
	case "completed", "cancelled", "rejected", "entered-in-error":
		return false
	}
	return true
}

// Counted is how many steps of the goal are done, of how many: its interventions
// but those that were dropped, or what the source of an imported goal says.
func (g Goal) Counted() (done, total int) {
	if len(g.Interventions) == 0 {
		return g.StepsDone, g.Steps
	}
	for _, s := range g.Interventions {
		switch s.State {
		case StepDone:
			done++
			total++
		case StepDropped:
		default:
			total++
		}
	}
	return done, total
}

// Latest is the newest entry of progress that was not struck out, by its day.
func (g Goal) Latest() (Progress, bool) {
	all := g.Standing()
	if len(all) == 0 {
		return Progress{}, false
	}
	return all[len(all)-1], true
}

// Standing is the progress that was not struck out, by its day, oldest first.
func (g Goal) Standing() []Progress {
	var out []Progress
	for _, p := range g.Progress {
		if !p.Struck() {
			out = append(out, p)
		}
	}
	sort.SliceStable(out, func(i, j int) bool { return out[i].On.DiscloseISO() < out[j].On.DiscloseISO() })
	return out
}

// Intervention is a step towards a goal: what is done, and by whom.
type Intervention struct {
	Key       string    `cbor:"key,omitzero"`
	Text      phi.Text  `cbor:"text,omitzero"`
	Who       Party     `cbor:"who,omitzero"`
	With      phi.Text  `cbor:"with,omitzero"` // who outside, in words
	Frequency phi.Text  `cbor:"frequency,omitzero"`
	DueOn     phi.Date  `cbor:"due_on,omitzero"`
	State     StepState `cbor:"state,omitzero"`
	DoneOn    phi.Date  `cbor:"done_on,omitzero"`
}

// Party is who is responsible for a step.
type Party string

// The parties.
const (
	ByWorker  Party = "worker"
	ByClient  Party = "client"
	ByOutside Party = "outside"
)

// Parties lists who can be responsible for a step.
func Parties() []Party { return []Party{ByWorker, ByClient, ByOutside} }

// StepState is where a step stands.
type StepState string

// The states of a step.
const (
	StepPlanned StepState = "planned"
	StepUnder   StepState = "in_progress"
	StepDone    StepState = "done"
	StepDropped StepState = "dropped"
)

// StepStates lists the states in the order screens show them.
func StepStates() []StepState { return []StepState{StepPlanned, StepUnder, StepDone, StepDropped} }

// Open reports whether the step is still to be done.
func (s Intervention) Open() bool { return s.State != StepDone && s.State != StepDropped }

// Progress is how far a goal had come on a day. The rating is the five-point
// scale of goal attainment scaling: 0 is what was expected, -2 much less, +2
// much more.
type Progress struct {
	Key      string     `cbor:"key,omitzero"`
	On       phi.Date   `cbor:"on,omitzero"`
	Rating   phi.Number `cbor:"rating,omitzero"` // unknown where only words were entered
	Words    phi.Text   `cbor:"words,omitzero"`
	By       string     `cbor:"by,omitzero"`
	At       time.Time  `cbor:"at,omitzero"`
	StruckBy string     `cbor:"struck_by,omitzero"`
	StruckAt time.Time  `cbor:"struck_at,omitzero"`
	Why      phi.Text   `cbor:"why,omitzero"` // it was struck out
}

// Struck reports whether the entry was struck out as wrong.
func (p Progress) Struck() bool { return p.StruckBy != "" }

// The ends of the scale of [Progress].
const (
	Lowest  = -2
	Highest = 2
)

// Answer is what the client said to the plan.
type Answer string

// The answers; none says that the client was not asked yet.
const (
	NotAsked Answer = ""
	Agreed   Answer = "agreed"
	Declined Answer = "declined"
	Unable   Answer = "unable"
)

// Answers lists the answers that can be recorded.
func Answers() []Answer { return []Answer{Agreed, Declined, Unable} }

// How is how the client's answer was given.
type How string

// The ways of answering.
const (
	OnPaper  How = "paper"
	InPerson How = "person"
	ByPhone  How = "phone"
	ByVideo  How = "video"
	Written  How = "written"
)

// Ways lists the ways of answering.
func Ways() []How { return []How{OnPaper, InPerson, ByPhone, ByVideo, Written} }

// Agreement is the client's answer to the plan as it stood at one revision.
type Agreement struct {
	Answer   Answer    `cbor:"answer,omitzero"`
	On       phi.Date  `cbor:"on,omitzero"`
	How      How       `cbor:"how,omitzero"`
	Words    phi.Text  `cbor:"words,omitzero"`
	By       string    `cbor:"by,omitzero"` // who recorded it
	At       time.Time `cbor:"at,omitzero"`
	Revision int64     `cbor:"revision,omitzero"` // of the plan the client was asked about
	Revised  time.Time `cbor:"revised,omitzero"`  // when that revision was made
}

// Changed reports whether the plan says something else than what the client
// agreed to, so that it is not agreed yet.
func (p Plan) Changed() bool {
	return p.Agreement.Answer == Agreed && p.Revision != p.Agreement.Revision
}

// words is the plan with goals and steps of its own, to compare with what becomes
// of it.
func (p Plan) words() Plan {
	p.Goals = slices.Clone(p.Goals)
	for i := range p.Goals {
		p.Goals[i].Interventions = slices.Clone(p.Goals[i].Interventions)
	}
	return p
}

// revise counts what was changed in what the plan says since before.
func (p *Plan) revise(before Plan, now time.Time) {
	for _, d := range Diff(before, *p) {
		if d.says() {
			p.Revision, p.RevisedAt = p.Revision+1, now
			return
		}
	}
}

// Review is one look back at the plan.
type Review struct {
	Key       string     `cbor:"key,omitzero"`
	On        phi.Date   `cbor:"on,omitzero"`
	With      phi.Text   `cbor:"with,omitzero"` // who took part, in words
	Summary   phi.Text   `cbor:"summary,omitzero"`
	Decisions []Decision `cbor:"decisions,omitzero"`
	NextOn    phi.Date   `cbor:"next_on,omitzero"`
	By        string     `cbor:"by,omitzero"`
	At        time.Time  `cbor:"at,omitzero"`
}

// Decision is what a review decided about one goal.
type Decision struct {
	Goal  string   `cbor:"goal,omitzero"`
	What  Choice   `cbor:"what,omitzero"`
	Words phi.Text `cbor:"words,omitzero"`
}

// Choice is what can be decided about a goal.
type Choice string

// The choices.
const (
	Continue Choice = "continue"
	Change   Choice = "change" // goes on, but differently; the words say how
	Reached  Choice = "achieved"
	Missed   Choice = "not_achieved"
	Drop     Choice = "drop"
)

// Choices lists what can be decided about a goal.
func Choices() []Choice { return []Choice{Continue, Change, Reached, Missed, Drop} }

// Outcome is how a plan ended.
type Outcome string

// The outcomes.
const (
	Met           Outcome = "met"
	PartlyMet     Outcome = "partly_met"
	NotMet        Outcome = "not_met"
	Withdrawn     Outcome = "withdrawn"
	ServicesEnded Outcome = "services_ended"
	Transferred   Outcome = "transferred"
)

// Outcomes lists the outcomes in the order screens show them.
func Outcomes() []Outcome {
	return []Outcome{Met, PartlyMet, NotMet, Withdrawn, ServicesEnded, Transferred}
}

// stage is what becomes of a plan that ends so.
func (o Outcome) stage() Stage {
	switch o {
	case Met, PartlyMet, NotMet:
		return Completed
	}
	return Closed
}

// Activity is something done under an imported plan.
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

// Imported reports whether another system wrote the plan.
func (p Plan) Imported() bool { return p.Source.Imported() }

// Open reports whether the plan can still be worked on here.
func (p Plan) Open() bool { return !p.Imported() && (p.Stage == Drafted || p.Stage == InForce) }

// Goal returns the goal with this key.
func (p Plan) Goal(key string) (Goal, bool) {
	if g := p.goal(key); g != nil {
		return *g, true
	}
	return Goal{}, false
}

func (p *Plan) goal(key string) *Goal {
	for i := range p.Goals {
		if key != "" && p.Goals[i].Key == key {
			return &p.Goals[i]
		}
	}
	return nil
}

func (g *Goal) step(key string) *Intervention {
	for i := range g.Interventions {
		if key != "" && g.Interventions[i].Key == key {
			return &g.Interventions[i]
		}
	}
	return nil
}

// Step returns the step with this key.
func (g Goal) Step(key string) (Intervention, bool) {
	if s := g.step(key); s != nil {
		return *s, true
	}
	return Intervention{}, false
}

// Key makes a key for something that is to be added to a plan. A form carries it,
// so that what is sent twice is added once.
func Key() string { return strings.ToLower(rand.Text()[:12]) }

// known reports whether key looks like one of [Key].
func known(key string) bool {
	if len(key) != 12 {
		return false
	}
	return strings.Trim(key, "abcdefghijklmnopqrstuvwxyz234567") == ""
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
		switch {
		case p.Current:
			l.State = Active
		case p.Stage == Drafted:
			l.State = Draft
		case p.Stage == Discarded:
			l.State = Gone
		}
		return l
	},
})

func midnight(d phi.Date) time.Time { return casefile.Midnight(d) }

// Plans are the use-cases on care plans.
type Plans struct {
	door    *record.Door
	records record.Records[Plan]
	cases   *casefile.Cases
	notices *notice.Notices
}

// New returns the use-cases behind door.
func New(door *record.Door, cases *casefile.Cases, notices *notice.Notices) *Plans {
	return &Plans{door: door, records: record.Use(door, Kind), cases: cases, notices: notices}
}

// Want asks a view for a client's plans, at most 500, those that began last
// first; put them in order with [Sorted].
func (ps *Plans) Want(v *record.View, client person.ID) *record.List[Plan] {
	return ps.WantPage(v, client, "")
}

// WantPage is Want from a cursor on.
func (ps *Plans) WantPage(v *record.View, client person.ID, after string) *record.List[Plan] {
	return ps.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), NotState: Gone, Limit: 500, After: after})
}

// WantOne asks a view for one plan; see that it is the client's.
func (ps *Plans) WantOne(v *record.View, id ID) *record.Got[Plan] { return ps.records.Want(v, id) }

// Read returns one plan.
func (ps *Plans) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return ps.records.Read(ctx, who, id)
}

// Sorted puts plans in force here first, then drafts, then imported plans in
// force, then the rest.
func Sorted(rows []Opened) []Opened {
	rank := func(p Plan) int {
		switch {
		case p.Stage == InForce:
			return 0
		case p.Stage == Drafted:
			return 1
		case p.Current:
			return 2
		}
		return 3
	}
	out := append([]Opened(nil), rows...)
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i].Value) < rank(out[j].Value) })
	return out
}

// Worked is the goals that somebody works towards: those of the plans in force
// that were written here, and where there is none those of imported ones.
func Worked(rows []Opened) []Goal {
	var here, elsewhere []Goal
	for _, o := range Sorted(rows) {
		if !o.Value.Current {
			continue
		}
		for _, g := range o.Value.Goals {
			switch {
			case !o.Value.Imported() && g.Open():
				here = append(here, g)
			case o.Value.Imported():
				elsewhere = append(elsewhere, g)
			}
		}
	}
	if here != nil {
		return here
	}
	return elsewhere
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
