package demo

import (
	"context"
	"strings"
	"time"

	"caseward/internal/phi"
	"caseward/internal/plan"
)

// aim is how a thread stands in a care plan.
type aim struct {
	area              plan.Domain
	measure, baseline string
	words             []string // of entries, as the goal comes closer
}

// aims are those of the threads.
var aims = map[string]aim{
	"housing": {plan.Housing, "A signed lease, and two months of rent paid on time", "Has stayed with a cousin since the summer",
		[]string{"No answers to the applications yet.", "Two viewings; one landlord wants more papers.", "A unit is held until the paperwork is in.", "The lease is signed."}},
	"eviction": {plan.Housing, "No notice on the door for three months, and the rent account current", "Two months behind since hours were cut",
		[]string{"The landlord waits for the decision on assistance.", "Kept the payment plan for a month.", "Assistance was granted.", "Paid ahead to the end of the month."}},
	"benefits": {plan.Income, "SNAP and the energy credit without a gap for six months", "SNAP stopped because a review was missed",
		[]string{"On hold for an hour; the interview is booked.", "Papers are in, all of them.", "SNAP is approved.", "Reported a change in time, alone."}},
	"court": {plan.LegalMatters, "Every report and every court date kept for six months", "One report missed in spring",
		[]string{"Afraid of the next date; we planned the bus.", "Two reports kept.", "The officer speaks of monthly reporting.", "Moved to monthly reporting."}},
	"recovery": {plan.SubstanceUse, "Four meetings a week, and outpatient appointments kept", "Nine days, one meeting a day",
		[]string{"Evenings are the hard part.", "A slip of one day, back in group the next morning.", "Thirty days.", "Ninety days, and chairs a meeting."}},
	"work": {plan.Employment, "Thirty hours a week for three months", "Out of work since last year",
		[]string{"The resume is done.", "Three applications, no answer yet.", "An interview next week.", "Hired, twenty-eight hours."}},
	"health": {plan.Health, "Seen by a doctor every three months; prescriptions filled on time", "No doctor in two years",
		[]string{"The appointment was missed; the ride never came.", "Seen, and the new prescription is filled.", "Readings are better than last month.", "Has not missed a day since."}},
	"school": {plan.Family, "No unexcused day missed in a term", "Twenty missed days since fall",
		[]string{"Mornings after night shift are the trouble.", "A ride is set up.", "Two weeks without a missed day.", "A whole month without one."}},
	"papers": {plan.DailyLiving, "ID, birth certificate and card in hand, copies in the file", "No ID since the wallet was stolen",
		[]string{"The birth certificate is ordered.", "One more proof of address is wanted.", "The ID came in the mail.", "Everything is copied."}},
}

var (
	mattering = []string{"A door I can lock.", "I want my kids to see me get up in the morning.", "Peace and quiet. And work that is mine.", "Not to owe anybody.", "To cook for my sister again.", "That people stop talking over my head."}
	strong    = []string{"Keeps appointments. A sister helps.", "Twelve years in one kitchen; knows everybody on the block.", "Patient, good with forms, asks when something is unclear.", "Has a sponsor and calls.", "Speaks three languages and is funny in all of them."}
	blocking  = []string{"No car, and the bus stops at nine.", "An old eviction on the record.", "Phone is cut off at the end of each month.", "Pain in the mornings.", "Letters go to the old address."}
	attending = []string{"the client", "the client and a sister", "the client and the sponsor", "the client, by phone", "the client and the supervisor"}
	reviewed  = []string{"Going as hoped; we leave the plan as it is.", "Slower than we thought. Smaller steps, same goals.", "One goal is nearly there. We talked about what comes after.", "A hard quarter. What worked was calling early."}
)

// hasPlan reports whether a client's worker writes the care plan here; the others
// have the one that was brought over.
func (c *clientPlan) hasPlan() bool { return c.i%6 != 0 }

// care plans the care plan of a client: it begins a few days after the case,
// progress is entered, and it is reviewed every three months; some reviews are
// late.
func (y *year) care(c *clientPlan, opened time.Time) {
	if !c.hasPlan() {
		return
	}
	d := newDraw(y.seed, 1<<20+uint64(c.i))
	begun := opened.AddDate(0, 0, d.between(2, 6))
	late := d.of(16)
	var reviews []time.Time
	for t := begun.AddDate(0, 0, 90-d.between(0, 6)); t.Before(y.now.AddDate(0, 0, -4)); t = t.AddDate(0, 0, 90-d.between(0, 6)) {
		reviews = append(reviews, t)
	}
	if late && len(reviews) > 0 {
		reviews = reviews[:len(reviews)-1]
	}
	y.at(y.working(d, begun), c.i, func(ctx context.Context) error { return y.beginCare(ctx, c, d) })
	stage := 0
	for t := begun.AddDate(0, 0, d.between(20, 40)); t.Before(y.now.AddDate(0, 0, -1)); t = t.AddDate(0, 0, d.between(40, 75)) {
		s := stage
		stage++
		y.at(y.working(d, t), c.i, func(ctx context.Context) error { return y.logCare(ctx, c, d, s) })
	}
	for n, t := range reviews {
		y.at(y.working(d, t), c.i, func(ctx context.Context) error { return y.reviewCare(ctx, c, d, n) })
	}
}

// working is an hour of work on a day, or on the next working day.
func (y *year) working(d draw, t time.Time) time.Time {
	t = t.In(y.zone)
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, 1)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 9+d.IntN(8), 5*d.IntN(12), d.IntN(60), 0, y.zone).UTC()
}

func (y *year) today() phi.Date { return date(y.walk.Now().In(y.zone)) }

// later is a day some days from now, as a form sends it.
func (y *year) later(days int) phi.Text {
	return text(y.walk.Now().In(y.zone).AddDate(0, 0, days).Format(time.DateOnly))
}

func (y *year) served(c *clientPlan) plan.Served {
	return plan.Served{Case: c.file, Worker: y.ids[c.worker].String()}
}

func (y *year) beginCare(ctx context.Context, c *clientPlan, d draw) error {
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	today := y.today()
	in := plan.Beginning{Case: c.file, Today: today, Details: plan.Details{
		Title: text(one(d, []string{"Goals for the year", "What we work on together", "Care plan"})), From: y.later(0), Until: y.later(365),
		Matters: text(one(d, mattering)), Strengths: text(one(d, strong)), Barriers: text(one(d, blocking)), Part2: c.program == "recovery" && c.i%4 == 3,
	}}
	for n, key := range c.threads {
		t, a := threads[key], aims[key]
		g := plan.GoalInput{Key: plan.Key(), Area: a.area, Text: text(t.goalFor(c.name)), Measure: text(a.measure), Baseline: text(a.baseline), Target: y.later(30 * d.between(10, 16)), Priority: plan.Priorities()[min(n, 2)]}
		var keys []string
		for m, task := range t.tasks {
			keys = append(keys, plan.Key())
			g.Steps = append(g.Steps, plan.StepInput{Key: keys[m], Text: text(task), Who: plan.Parties()[(n+m)%2], Due: y.later(60 + 90*m + d.between(0, 30)), State: plan.StepPlanned})
		}
		c.goals, c.steps = append(c.goals, g.Key), append(c.steps, keys)
		in.Goals = append(in.Goals, g)
	}
	if c.living, err = y.Plans.Start(ctx, who, c.id, in); err != nil {
		return err
	}
	begin := plan.BeginInput{ReviewOn: y.later(90), Served: y.served(c), Today: today}
	if !d.of(12) {
		begin.Agreement = plan.AgreementInput{Answer: plan.Agreed, On: y.later(0), How: one(d, []plan.How{plan.OnPaper, plan.OnPaper, plan.InPerson, plan.ByPhone}), Today: today}
	}
	return y.Plans.Begin(ctx, who, c.id, c.living, 1, begin)
}

// going tells whether the plan is still worked on.
func (c *clientPlan) going() bool { return !c.living.IsZero() && !c.ended }

// logCare enters progress on one goal and ticks off a step of it.
func (y *year) logCare(ctx context.Context, c *clientPlan, d draw, stage int) error {
	if !c.going() {
		return nil
	}
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	n := stage % len(c.goals)
	words := aims[c.threads[n]].words
	level := min(stage/len(c.goals), len(words)-1)
	step := ""
	if k := stage / len(c.goals); k < len(c.steps[n]) {
		step = c.steps[n][k]
	}
	return y.Plans.Log(ctx, who, c.id, c.living, c.goals[n], plan.ProgressInput{
		Key: plan.Key(), On: y.later(0), Rating: textf("%d", min(level-2+d.IntN(2), 1)), Words: text(words[level]), Step: step, Today: y.today()})
}

func (y *year) reviewCare(ctx context.Context, c *clientPlan, d draw, n int) error {
	if !c.going() {
		return nil
	}
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	in := plan.ReviewInput{Key: plan.Key(), On: y.later(0), Next: y.later(90), With: text(one(d, attending)), Summary: text(one(d, reviewed)), Served: y.served(c), Today: y.today()}
	for m, key := range c.goals {
		x := plan.DecisionInput{Goal: key, What: plan.Continue, Rating: textf("%d", min(n-1+d.IntN(2), 1))}
		if n == 2 && m == 1 {
			x.What, x.Words = plan.Reached, text("Done, and it holds.")
		}
		in.Decisions = append(in.Decisions, x)
	}
	return y.Plans.Review(ctx, who, c.id, c.living, in)
}

// endCare ends the plan of a client whose case is closed.
func (y *year) endCare(ctx context.Context, c *clientPlan, outcome plan.Outcome) error {
	if !c.going() {
		return nil
	}
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	c.ended = true
	return y.Plans.End(ctx, who, c.id, c.living, plan.Ending{On: y.later(0), Outcome: outcome, Words: text(strings.TrimSpace("We looked back together. " + one(c.d, reviewed))), Served: y.served(c), Today: y.today()})
}
