package demo

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/inspect"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// clients is how many people the agency serves.
const clients = 204

// clientPlan is one client's year, planned before any of it happens.
type clientPlan struct {
	i       int
	d       draw // each client has chance of their own, so that order does not matter
	client  person.Client
	name    string // as notes call them
	program string
	worker  string // key
	level   casefile.Level
	threads []string
	step    map[string]int
	opens   time.Time // when the case is opened; zero while that is planned
	closes  time.Time // when it is closed; zero if it stays open

	id   person.ID
	file casefile.ID
	last note.ID

	living plan.ID    // the care plan, once there is one
	goals  []string   // keys of its goals
	steps  [][]string // and of their steps
	ended  bool       // it ended with the case
}

// event is something that happens at a time. Those of one client happen in
// order.
type event struct {
	at  time.Time
	who int // index of the client; -1 for the agency
	do  func(ctx context.Context) error
}

// year runs the agency's year.
type year struct {
	*app.App
	walk *walk
	now  time.Time
	zone *time.Location
	seed uint64

	ids      map[string]org.ID // by key of colleague
	newcomer org.ID            // who came this week, and is not in ids
	plans    []*clientPlan
	events   []event

	mu     sync.Mutex
	actors map[string]signedIn
}

type signedIn struct {
	since time.Time
	who   actor.Actor
}

// build makes the agency's year up to now.
func build(ctx context.Context, a *app.App, w *walk, now time.Time, seed uint64) error {
	zone, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		return fault.Unavailablef("demo.build", err, "the time zones are not there")
	}
	y := &year{App: a, walk: w, now: now, zone: zone, seed: seed, ids: map[string]org.ID{}, actors: map[string]signedIn{}}
	if err := y.found(ctx); err != nil {
		return err
	}
	if err := y.customs(ctx); err != nil {
		return err
	}
	for i := range clients {
		y.plan(i)
	}
	y.program()
	y.affairs()
	y.assessments()
	y.days()
	y.paperwork()
	y.addPapers()
	y.frontDesk()
	y.looks()
	y.casework()
	return y.run(ctx)
}

// found sets up the agency and the people who work there.
func (y *year) found(ctx context.Context) error {
	founded := y.walk.Now()
	if err := y.Org.Found(ctx, service(), org.Agency{Name: agencyName, Programs: withRules(programs), TimeZone: y.zone.String(), Holidays: holidays(y.now), Fiction: true}); err != nil {
		return err
	}
	start := y.walk.Now()
	for i, s := range staff {
		id, err := y.invite(ctx, s, start.AddDate(-1-i%6, -i%11, 0))
		if err != nil {
			return err
		}
		y.ids[s.key] = id
	}
	if err := y.begin(ctx, founded); err != nil {
		return err
	}
	return y.weigh(ctx)
}

// invite takes somebody on, from their first day.
func (y *year) invite(ctx context.Context, s colleague, started time.Time) (org.ID, error) {
	in := org.Invitation{
		Given: text(s.given), Family: text(s.family), Mail: text(s.mail()), Title: text(s.title), Role: s.role, Programs: s.programs, Started: started,
	}
	if s.boss != "" {
		in.Supervisor = y.ids[s.boss].String()
	}
	id, err := y.Org.Invite(ctx, service(), in)
	if err != nil {
		return id, err
	}
	return id, y.Org.Activate(ctx, service(), id)
}

// as is a colleague at work: signed in through the front door, anew each month.
func (y *year) as(ctx context.Context, key string) (actor.Actor, error) {
	y.mu.Lock()
	defer y.mu.Unlock()
	now := y.walk.Now()
	if s, ok := y.actors[key]; ok && s.since.Year() == now.Year() && s.since.Month() == now.Month() {
		return s.who, nil
	}
	s, err := y.signIn(ctx, key)
	if err != nil {
		return actor.Actor{}, err
	}
	y.actors[key] = signedIn{now, s.Actor()}
	return s.Actor(), nil
}

func (y *year) signIn(ctx context.Context, key string) (authn.Session, error) {
	id := y.ids[key]
	if key == newcomer.key {
		id = y.newcomer
	}
	token, err := y.Authn.OneTimeSignIn(ctx, id.String(), time.Hour)
	if err != nil {
		return authn.Session{}, err
	}
	_, s, err := y.Authn.RedeemOneTime(ctx, token, authn.Visitor{Addr: "127.0.0.1"})
	return s, err
}

// proved is a colleague who has just proved again who they are.
func (y *year) proved(ctx context.Context, key string) (actor.Actor, error) {
	token, err := y.Authn.OneTimeSignIn(ctx, y.ids[key].String(), time.Hour)
	if err != nil {
		return actor.Actor{}, err
	}
	cookie, s, err := y.Authn.RedeemOneTime(ctx, token, authn.Visitor{Addr: "127.0.0.1"})
	if err != nil {
		return actor.Actor{}, err
	}
	if err := y.Authn.StepUpDemo(ctx, s); err != nil {
		return actor.Actor{}, err
	}
	s, err = y.Authn.Session(ctx, cookie)
	return s.Actor(), err
}

// at plans what is done at t about a client, or with who below 0 about none. What lies
// after now is still to come, and nothing is done about a client who has no open case.
func (y *year) at(t time.Time, who int, do func(ctx context.Context) error) {
	if t.Before(y.now) && (who < 0 || y.plans[who].served(t)) {
		y.events = append(y.events, event{t, who, do})
	}
}

// served reports whether the client has an open case at t.
func (c *clientPlan) served(t time.Time) bool {
	return !t.Before(c.opens) && (c.closes.IsZero() || !t.After(c.closes))
}

// office is the time of day on t's day at which somebody works, and a working
// day at that.
func (y *year) office(d draw, t time.Time) time.Time {
	t = t.In(y.zone)
	for t.Weekday() == time.Saturday || t.Weekday() == time.Sunday {
		t = t.AddDate(0, 0, -1)
	}
	return time.Date(t.Year(), t.Month(), t.Day(), 8+d.IntN(9), 5*d.IntN(12), d.IntN(60), 0, y.zone).UTC()
}

// plan makes one client's year.
func (y *year) plan(i int) {
	d := newDraw(y.seed, uint64(i)+1)
	program := []string{"housing", "housing", "housing", "family", "family", "reentry", "reentry", "recovery", "recovery", "recovery"}[i%10]
	workers := workersOf(program)
	c := &clientPlan{i: i, d: d, program: program, worker: workers[(i/10)%len(workers)], level: d.level(), step: map[string]int{}}
	all := slices.Clone(threadsOf[program])
	c.threads = append(all[:1:1], all[1+d.IntN(len(all)-1)])
	if d.of(55) {
		if t := all[1+d.IntN(len(all)-1)]; !slices.Contains(c.threads, t) {
			c.threads = append(c.threads, t)
		}
	}
	// Two in five were clients before the year began.
	began := y.now.AddDate(-1, 0, d.between(0, 12))
	if !d.of(40) {
		began = y.now.AddDate(0, 0, -d.between(9, 345))
	}
	began = y.office(d, began)
	c.client = d.client(i, began, program)
	c.name = c.client.Name.Given.Disclose()
	if !c.client.Preferred.Empty() {
		c.name = c.client.Preferred.Disclose()
	}
	y.plans = append(y.plans, c)

	intake := []string{"intake", "intake-2"}[d.IntN(2)]
	opened := began.Add(time.Duration(d.between(20, 50)) * time.Minute)
	y.at(began, i, func(ctx context.Context) error { return y.register(ctx, c, intake, opened) })
	c.opens = opened
	y.at(opened.Add(20*time.Minute), i, func(ctx context.Context) error { return y.adopt(ctx, c, opened) })
	y.care(c, opened)

	// The last contact lies so that the next falls due around today: some are
	// late, some are due today, most are still to come.
	every := c.level.Every()
	dueIn := d.between(1, every)
	switch n := d.IntN(100); {
	case n < 8:
		dueIn = -d.between(1, 9)
	case n < 17:
		dueIn = 0
	}
	last := y.now.AddDate(0, 0, dueIn-every)
	if closed := d.of(11) && began.Before(y.now.AddDate(0, -5, 0)); closed {
		// Days are the agency's: counted elsewhere, the third after a Friday can be a Sunday.
		last = y.now.In(y.zone).AddDate(0, 0, -d.between(20, 120))
		c.closes = y.office(d, last.AddDate(0, 0, 3))
		y.at(c.closes, i, func(ctx context.Context) error { return y.close(ctx, c) })
	}
	var contacts []time.Time
	for at := last; at.After(opened.AddDate(0, 0, 1)) && len(contacts) < 22; {
		// A weekend's contact moves back to Friday, which may be before there was a case.
		if t := y.office(d, at); t.After(opened.Add(12 * time.Hour)) {
			contacts = append(contacts, t)
		}
		gap := every + d.between(-every/4, every/2)
		if c.level == casefile.Intensive {
			gap += 7
		}
		at = at.AddDate(0, 0, -max(gap, 4))
	}
	slices.Reverse(contacts)
	for n, at := range contacts {
		first := n == 0
		y.at(at.Add(time.Duration(d.between(10, 170))*time.Minute), i, func(ctx context.Context) error { return y.contact(ctx, c, at, first) })
	}
}

// register adds the client and opens the case, as intake does.
func (y *year) register(ctx context.Context, c *clientPlan, intake string, opened time.Time) error {
	who, err := y.as(ctx, intake)
	if err != nil {
		return err
	}
	r, err := y.Clients.Register(ctx, who, c.client, true)
	if err != nil {
		return err
	}
	c.id = r.ID
	in := casefile.Opening{
		Program: c.program, Level: c.level, OpenedOn: date(opened.In(y.zone)), Reason: text(one(c.d, reasons[c.program])), Worker: y.ids[c.worker].String(),
		PlanReviewOn: date(opened.AddDate(0, 0, 90*(1+int(y.now.Sub(opened).Hours()/24)/90)+c.d.between(-20, 20))),
	}
	if c.d.of(25) {
		if w := workersOf(c.program); len(w) > 1 {
			for _, k := range w {
				if k != c.worker {
					in.Team = []casefile.Member{{Worker: y.ids[k].String(), Role: text(one(c.d, []string{"co-facilitator", "back-up", "peer support"}))}}
					break
				}
			}
		}
	}
	if c.program == "housing" || c.program == "family" {
		// Most are renewed in good time; for a few it is about to end.
		months := 20
		if c.i%9 == 0 {
			months = 12
		}
		in.EligibleFrom, in.EligibleUntil = date(opened), date(opened.AddDate(0, months, 0))
	}
	c.file, err = y.Cases.Open(ctx, who, c.id, in)
	return err
}

var conditions = [][2]string{{"59621000", "Essential hypertension"}, {"44054006", "Type 2 diabetes mellitus"}, {"195967001", "Asthma"}, {"370143000", "Major depressive disorder"}, {"197480006", "Anxiety disorder"}, {"47505003", "Posttraumatic stress disorder"}, {"279039007", "Low back pain"}, {"73595000", "Stress"}}
var medications = [][3]string{{"314076", "Lisinopril 10 mg tablet", "one in the morning"}, {"860975", "Metformin 500 mg tablet", "one with breakfast, one with dinner"}, {"745679", "Albuterol inhaler", "two puffs when short of breath"}, {"312940", "Sertraline 50 mg tablet", "one in the morning"}, {"310965", "Ibuprofen 200 mg tablet", "one or two when in pain, at most six a day"}}
var allergies = [][2]string{{"Penicillin", "hives"}, {"Peanut", "swelling of the throat"}, {"Latex", "rash"}, {"Sulfonamide", "rash"}}
var letters = []string{
	"Discharge summary. Admitted with chest pain; no sign of a heart attack. Follow up with primary care within two weeks.",
	"Letter of verification. This confirms enrollment in the program since the date above. Questions to the front desk, 206-555-0142.",
	"Lease summary. One bedroom, rent as agreed, deposit paid. Quiet hours from ten to seven.",
	"Notice of decision. Benefits are granted from the first of the month. A review follows in six months.",
}

// adopt brings over what another system knew, and the care plan.
func (y *year) adopt(ctx context.Context, c *clientPlan, at time.Time) error {
	d := c.d
	source := func(kind string, n int) person.Source {
		return person.Source{System: text("https://exchange.example.org"), Type: kind, Ref: textf("%d-%d", c.i, n)}
	}
	w := y.Door.Work(service(), "import.run")
	on := date(at.AddDate(-d.between(0, 6), -d.IntN(12), 0))
	if d.of(60) {
		for n := range d.between(1, 3) {
			x := conditions[(c.i+n*3)%len(conditions)]
			if _, err := y.Clinical.Adopt(w, c.id, clinical.Item{Sort: clinical.Condition, Current: d.of(80), System: "http://snomed.info/sct", Code: text(x[0]), Display: text(x[1]), Status: text("active"), OnsetOn: on, Source: source("Condition", n)}); err != nil {
				return err
			}
		}
	}
	if d.of(45) {
		for n := range d.between(1, 2) {
			x := medications[(c.i+n*2)%len(medications)]
			if _, err := y.Clinical.Adopt(w, c.id, clinical.Item{Sort: clinical.Medication, Current: true, System: "http://www.nlm.nih.gov/research/umls/rxnorm", Code: text(x[0]), Display: text(x[1]), Dosage: text(x[2]), Status: text("active"), OnsetOn: on, Source: source("MedicationRequest", n)}); err != nil {
				return err
			}
		}
	}
	if d.of(20) {
		x := one(d, allergies)
		if _, err := y.Clinical.Adopt(w, c.id, clinical.Item{Sort: clinical.Allergy, Current: true, Display: text(x[0]), Reactions: []phi.Text{text(x[1])}, Criticality: text(one(d, []string{"low", "high"})), Status: text("active"), Source: source("AllergyIntolerance", 0)}); err != nil {
			return err
		}
	}
	if d.of(35) {
		s := one(d, letters)
		title, _, _ := cut(s)
		if _, err := y.Documents.Adopt(w, c.id, document.Document{Status: document.Filed, Title: text(title), Type: text(title), At: at.AddDate(0, 0, -d.between(1, 60)), Author: text(one(d, others)), MediaType: document.Text, Size: len(s), Bytes: []byte(s), Source: source("DocumentReference", 0)}); err != nil {
			return err
		}
	}
	p := plan.Plan{Title: text(one(d, []string{"Care plan", "Service plan", "Goals for the year"})), Current: true, Status: text("active"), From: date(at), Source: source("CarePlan", 0)}
	months := int(y.now.Sub(at).Hours() / 24 / 30)
	for n, key := range c.threads {
		t := threads[key]
		done := min(len(t.tasks), max(0, months/3-n+d.IntN(2)))
		p.Goals = append(p.Goals, plan.Goal{
			Domain: text(t.domain), Text: text(t.goalFor(c.name)), Status: text("active"), Achievement: text(one(d, []string{"in progress", "improving", "no change"})),
			StartOn: date(at), TargetOn: date(at.AddDate(0, d.between(4, 14), 0)), Steps: len(t.tasks), StepsDone: done,
		})
		for m, task := range t.tasks {
			status := "scheduled"
			if m < done {
				status = "completed"
			} else if m == done {
				status = "in-progress"
			}
			p.Activities = append(p.Activities, plan.Activity{Text: text(task), Status: text(status)})
		}
	}
	if !c.hasPlan() || c.i%6 == 1 {
		if _, err := y.Plans.Adopt(w, c.id, p); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

func cut(s string) (first, rest string, ok bool) {
	for i := range s {
		if s[i] == '.' {
			return s[:i], s[i+1:], true
		}
	}
	return s, "", false
}

// contact is one contact: the worker looks at the chart, writes and signs.
func (y *year) contact(ctx context.Context, c *clientPlan, at time.Time, first bool) error {
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	if first || c.d.of(30) {
		if _, err := y.Clients.Open(ctx, who, c.id); err != nil {
			return err
		}
	}
	typ := c.d.kindOfContact()
	if first {
		typ = note.OfficeVisit
	}
	in := c.d.written(c, at, typ)
	in.Case = c.file
	switch {
	case c.program == "recovery" && c.d.of(45):
		in.Protection = note.SUD
	case c.i%23 == 3 && c.d.of(20):
		in.Type, in.Title, in.Goal, in.Minutes = note.OfficeVisit, text("Session"), phi.Text{}, text("50")
		in.Protection, in.Sections = note.Psychotherapy, note.Plain(text(c.d.say(therapy, c.name, at)))
	}
	if at.After(y.now.AddDate(0, -6, 0)) && len(in.Sections) == 1 && in.Protection != note.Psychotherapy {
		inSections(c.d, c, at, &in)
	}
	if c.last, err = y.Notes.Sign(ctx, who, c.id, note.ID{}, 0, in); err != nil {
		return err
	}
	if c.d.of(3) {
		_, err = y.Notes.Addend(ctx, who, c.id, c.last, text(one(c.d, []string{"Correction: the appointment is at 10:40, not 11:40.", "Added after a second call: the papers arrived and are complete.", "For the record: the interpreter was on the line for the whole call."})))
	}
	return err
}

func (y *year) close(ctx context.Context, c *clientPlan) error {
	who, err := y.as(ctx, c.worker)
	if err != nil {
		return err
	}
	if err := y.endCare(ctx, c, plan.PartlyMet); err != nil {
		return err
	}
	o, err := y.Cases.Read(ctx, who, c.file)
	if err != nil {
		return err
	}
	return y.Cases.Close(ctx, who, c.file, o.Version, casefile.Closing{
		Reason: one(c.d, []casefile.CloseReason{casefile.GoalsMet, casefile.GoalsMet, casefile.MovedAway, casefile.LostContact, casefile.Transferred}),
		Note:   text("Closing visit held; the client has the number of the front desk."), On: date(y.walk.Now().In(y.zone)),
	})
}

// affairs is what happens beside the contacts: drafts, coverage, emergencies,
// refusals, and officers at work.
func (y *year) affairs() {
	d := newDraw(y.seed, 1<<40)
	of := func(worker string, skip int) *clientPlan {
		for _, c := range y.plans {
			if c.worker == worker && c.client.Flags != nil {
				if skip--; skip < 0 {
					return c
				}
			}
		}
		return y.plans[0]
	}
	y.training(of)
	// Drafts of the last days, two of them late.
	for n, days := range []int{0, 1, 1, 2, 5, 6} {
		c := of([]string{"cm-a", "cm-b", "cm-a", "cm-d", "cm-a", "cm-e"}[n], n)
		at := y.office(d, y.now.AddDate(0, 0, -days).Add(-3*time.Hour))
		if !at.Before(y.now.Add(-30 * time.Minute)) {
			at = y.now.Add(-40 * time.Minute)
		}
		y.at(at.Add(20*time.Minute), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, c.worker)
			if err != nil {
				return err
			}
			in := note.Input{Type: note.HomeVisit, At: at, Title: text("Visit"), Sections: note.Plain(text(d.say(drafts, c.name, at))), Case: c.file}
			_, err = y.Notes.SaveDraft(ctx, who, c.id, note.ID{}, 0, in)
			return err
		})
	}
	y.at(y.office(d, y.now.AddDate(0, 0, -2)), -1, func(ctx context.Context) error {
		boss, err := y.as(ctx, "sup-a")
		if err != nil {
			return err
		}
		_, err = y.Org.Cover(ctx, boss, org.Coverage{Cover: y.ids["cm-a"].String(), Absent: y.ids["cm-c"].String(), Until: y.now.AddDate(0, 0, 6), Why: text("on leave until next week")})
		return err
	})
	y.at(y.office(d, y.now.AddDate(0, -3, 0)), -1, func(ctx context.Context) error {
		boss, err := y.as(ctx, "sup-b")
		if err != nil {
			return err
		}
		_, err = y.Org.Cover(ctx, boss, org.Coverage{Cover: y.ids["cm-f"].String(), Absent: y.ids["cm-d"].String(), Until: y.walk.Now().AddDate(0, 0, 10), Why: text("parental leave, first part")})
		return err
	})
	// Next week somebody stands in as supervisor for a month.
	y.at(y.now.AddDate(0, 0, -3), -1, func(ctx context.Context) error {
		admin, err := y.proved(ctx, "admin")
		if err != nil {
			return err
		}
		role, first := actor.Supervisor, y.now.In(y.zone).AddDate(0, 0, 6)
		return y.Org.Plan(ctx, admin, y.ids["cm-f"], org.Planning{From: first, Until: first.AddDate(0, 0, 30), Role: &role})
	})
	// A small team: one case manager does intake, too.
	y.at(y.now.AddDate(0, -2, 0), -1, func(ctx context.Context) error {
		admin, err := y.proved(ctx, "admin")
		if err != nil {
			return err
		}
		return y.Org.Decide(ctx, admin, y.ids["cm-b"], org.Deciding{
			Role: actor.Intake, Programs: []string{"housing"},
			Statement: text("Registers clients on Tuesday and Thursday mornings, while Paloma is in court. Whom he registers is assigned by Denise, and never to himself; Marguerite looks once a month at what he opened in either role."),
		})
	})
	// Emergency access: one reviewed, one overdue, one waiting, one still open.
	var reviewed glass.ID
	y.at(y.now.Add(-39*24*time.Hour), -1, func(ctx context.Context) error {
		officer, err := y.as(ctx, "privacy")
		if err != nil {
			return err
		}
		return y.Glass.Review(ctx, officer.For(actor.Oversight), reviewed, 0, glass.Appropriate, text("Read what was opened: contact and safety plan only. Right thing to do."))
	})
	for n, x := range []struct {
		ago    time.Duration
		worker string
		c      *clientPlan
		reason glass.Reason
		words  string
	}{
		{40 * 24 * time.Hour, "cm-b", of("cm-a", 2), glass.CrisisOutreach, "Client was found outside the office in distress; their worker was in court and could not be reached."},
		{9 * 24 * time.Hour, "cm-f", of("cm-b", 1), glass.MedicalEmergency, "Paramedics at the shelter asked for medication and allergies."},
		{26 * time.Hour, "cm-c", of("cm-e", 1), glass.ImminentDanger, "A family member called: the client said goodbye and hung up. Needed the safety plan and address."},
		{time.Hour, "cm-d", of("cm-a", 4), glass.Covering, "Stepped in at the front desk for a colleague who went home sick; the client's landlord hearing is today."},
	} {
		y.at(y.now.Add(-x.ago), x.c.i, func(ctx context.Context) error {
			who, err := y.proved(ctx, x.worker)
			if err != nil {
				return err
			}
			a, err := y.Glass.Break(ctx, who, glass.Ask{
				Subject: record.SubjectOf(x.c.id), Reason: x.reason, Words: text(x.words),
				Scope: []policy.Class{policy.Contact, policy.Household, policy.Flags, policy.Case, policy.Note, policy.Clinical},
			})
			if err != nil {
				return err
			}
			if _, err := y.Clients.Open(ctx, who, x.c.id); err != nil {
				return err
			}
			if n == 0 {
				reviewed = a.Grant
			}
			return nil
		})
	}
	// People try what they may not, and officers look at the log.
	for n := range 26 {
		c := y.plans[d.IntN(len(y.plans))]
		key := one(d, []string{"cm-b", "cm-d", "cm-e", "pm-housing", "cm-c"})
		y.at(y.office(d, y.now.AddDate(0, 0, -d.between(1, 150))), c.i, func(ctx context.Context) error {
			who, err := y.as(ctx, key)
			if err != nil {
				return err
			}
			_, err = y.Clients.Open(ctx, who, c.id)
			if fault.Is(err, fault.NotFound) || fault.Is(err, fault.Denied) {
				return nil
			}
			return err
		})
		if n%3 == 0 {
			key := one(d, []string{"privacy", "auditor"})
			y.at(y.office(d, y.now.AddDate(0, 0, -d.between(1, 150))), c.i, func(ctx context.Context) error {
				who, err := y.as(ctx, key)
				if err != nil {
					return err
				}
				_, err = y.Log.Head(ctx)
				if err != nil {
					return err
				}
				_, err = y.Inspect.WhoOpened(ctx, who.For(actor.Oversight), record.SubjectOf(c.id), inspect.Query{})
				return err
			})
		}
	}
}

// abreast is how many things happen at once.
const abreast = 16

// shift is how much of the year happens under one reading of the clock.
const shift = 4 * time.Hour

// run lets the year happen: shift by shift, in each what concerns one client in
// its order, and what concerns different ones at once.
func (y *year) run(ctx context.Context) error {
	sort.SliceStable(y.events, func(i, j int) bool { return y.events[i].at.Before(y.events[j].at) })
	month := time.Month(0)
	for len(y.events) > 0 {
		begin := y.events[0].at.Truncate(shift)
		n := 0
		for n < len(y.events) && y.events[n].at.Truncate(shift).Equal(begin) {
			n++
		}
		y.walk.set(y.events[n-1].at)
		if err := y.together(ctx, y.events[:n]); err != nil {
			return err
		}
		if m := begin.Month(); m != month {
			month = m
			if _, err := y.Log.Sequence(ctx); err != nil {
				return err
			}
		}
		y.events = y.events[n:]
	}
	y.walk.set(y.now)
	_, err := y.Log.Sequence(ctx)
	return err
}

func (y *year) together(ctx context.Context, events []event) error {
	by := map[int][]event{}
	var order []int
	for _, e := range events {
		if by[e.who] == nil {
			order = append(order, e.who)
		}
		by[e.who] = append(by[e.who], e)
	}
	errs := make([]error, len(order))
	slots := make(chan struct{}, abreast)
	var wg sync.WaitGroup
	for i, who := range order {
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			for _, e := range by[who] {
				if err := e.do(ctx); err != nil {
					errs[i] = fmt.Errorf("at %s: %w", e.at.Format(time.DateTime), err)
					return
				}
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}
