package plan_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type world struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
	notices *notice.Notices
	plans   *plan.Plans
	client  person.ID
	served  plan.Served
	one     actor.Actor // assigned
	two     actor.Actor // on the care team
}

func text(s string) phi.Text { return phi.NewText(s) }

// open makes a client with a worker and a colleague on the care team.
func open(t *testing.T, w *recordtest.World) *world {
	t.Helper()
	x := &world{World: w, clients: person.New(w.Door), notices: notice.New(w.Door)}
	x.cases = casefile.New(w.Door, x.clients)
	x.plans = plan.New(w.Door, x.cases, x.notices)
	intake := w.As("i1", actor.Intake)
	r, err := x.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: text("Ibáñez")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	x.client = r.ID
	x.served.Worker = "w1"
	if x.served.Case, err = x.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
		t.Fatal(err)
	}
	x.one, x.two = w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager)
	return x
}

func (x *world) today() phi.Date { return plan.Date(x.Clock.Now()) }

// day is a day from today as a form sends it.
func (x *world) day(n int) phi.Text {
	return text(x.Clock.Now().AddDate(0, 0, n).Format("2006-01-02"))
}

func (x *world) details() plan.Details {
	return plan.Details{Title: text("A year in a place of her own"), From: x.day(0), Matters: text("A door I can lock.")}
}

func goal(key, words string) plan.GoalInput {
	return plan.GoalInput{Key: key, Area: plan.Housing, Text: text(words), Priority: plan.High}
}

// draft starts a plan with one goal and returns the goal's key.
func (x *world) draft(t *testing.T) (plan.ID, string) {
	t.Helper()
	key := plan.Key()
	id, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), Goals: []plan.GoalInput{goal(key, "Sign a lease by March")}, Case: x.served.Case, Today: x.today()})
	if err != nil {
		t.Fatal(err)
	}
	return id, key
}

func (x *world) read(t *testing.T, who actor.Actor, id plan.ID) plan.Opened {
	t.Helper()
	v := x.Door.View(who, "plan.read")
	got := x.plans.WantOne(v, id)
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return got.Opened
}

// active starts a plan and puts it in force.
func (x *world) active(t *testing.T) (plan.ID, string) {
	t.Helper()
	id, key := x.draft(t)
	if err := x.plans.Begin(ctx, x.one, x.client, id, 1, plan.BeginInput{ReviewOn: x.day(90), Served: x.served, Today: x.today()}); err != nil {
		t.Fatal(err)
	}
	return id, key
}

func (x *world) reviewOn(t *testing.T) string {
	t.Helper()
	c, err := x.cases.Read(ctx, x.one, x.served.Case)
	if err != nil {
		t.Fatal(err)
	}
	return c.Value.PlanReviewOn.DiscloseISO()
}

// wrong returns the names of the fields an error is about.
func wrong(err error) string {
	var names []string
	for _, f := range fault.FieldsOf(err) {
		names = append(names, f.Name)
	}
	return strings.Join(names, " ")
}

func TestWriting(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		x := open(t, w)
		t.Run("a worker of the client writes a plan, and a stranger does not learn that there is a client", func(t *testing.T) {
			id, key := x.draft(t)
			p := x.read(t, x.two, id)
			g, ok := p.Value.Goal(key)
			if !ok || p.Labels.State != plan.Draft || p.Value.Current || g.State != plan.Underway || g.Text.Disclose() != "Sign a lease by March" {
				t.Error(p.Labels.State, g.State)
			}
			stranger := w.As("w9", actor.CaseManager)
			if _, err := x.plans.Start(ctx, stranger, x.client, plan.Beginning{Details: x.details(), Today: x.today()}); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Action != "plan.create" || e.Outcome != audit.Refused || e.Who.Worker != "w9" {
				t.Error(e.Action, e.Outcome)
			}
		})
		t.Run("a program manager reads and does not write", func(t *testing.T) {
			id, _ := x.draft(t)
			manager := w.As("m1", actor.ProgramManager)
			if _, err := x.plans.Start(ctx, manager, x.client, plan.Beginning{Details: x.details(), Today: x.today()}); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
				t.Error(err)
			}
			if err := x.plans.Discard(ctx, manager, x.client, id, 0); fault.KindOf(err) != fault.NotFound && fault.KindOf(err) != fault.Denied {
				t.Error(err)
			}
		})
		t.Run("everything that is wrong is told at once, by the names of the form", func(t *testing.T) {
			key := plan.Key()
			_, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: plan.Details{From: text("2026-02-30"), Until: text("soon"), ReviewOn: text("2026")}, Today: x.today(),
				Goals: []plan.GoalInput{{Key: key, Area: "moon", Measure: text("m"), Target: text("x"), Priority: "most", State: plan.Dropped}}})
			want := "title from until review_on"
			for _, n := range []string{"text", "area", "priority", "target", "reason"} {
				want += " " + plan.GoalField(key, n)
			}
			if diff := cmp.Diff(want, wrong(err)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("a blank goal is not there, and a made-up key is not taken", func(t *testing.T) {
			id, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), Goals: []plan.GoalInput{{Key: plan.Key(), Area: plan.Income}}, Today: x.today()})
			if err != nil || len(x.read(t, x.one, id).Value.Goals) != 0 {
				t.Error(err)
			}
			if _, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), Goals: []plan.GoalInput{goal("../../../etc", "x")}, Today: x.today()}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("what is sent twice is added once", func(t *testing.T) {
			id, g := x.active(t)
			in := goal(plan.Key(), "Renew SNAP")
			step := plan.StepInput{Key: plan.Key(), Text: text("Call"), Who: plan.ByClient, State: plan.StepPlanned}
			entry := plan.ProgressInput{Key: plan.Key(), On: x.day(0), Rating: text("-1"), Today: x.today()}
			for range 2 {
				if err := x.plans.AddGoal(ctx, x.one, x.client, id, in, x.today()); err != nil {
					t.Fatal(err)
				}
				if err := x.plans.AddStep(ctx, x.two, x.client, id, g, step, x.today()); err != nil {
					t.Fatal(err)
				}
				if err := x.plans.Log(ctx, x.one, x.client, id, g, entry); err != nil {
					t.Fatal(err)
				}
			}
			p := x.read(t, x.one, id).Value
			one, _ := p.Goal(g)
			if len(p.Goals) != 2 || len(one.Interventions) != 1 || len(one.Progress) != 1 {
				t.Error(len(p.Goals), len(one.Interventions), len(one.Progress))
			}
		})
		t.Run("steps are counted, and a dropped one is none", func(t *testing.T) {
			id, g := x.active(t)
			var keys []string
			for range 3 {
				keys = append(keys, plan.Key())
				if err := x.plans.AddStep(ctx, x.one, x.client, id, g, plan.StepInput{Key: keys[len(keys)-1], Text: text("Step"), Who: plan.ByWorker, State: plan.StepPlanned}, x.today()); err != nil {
					t.Fatal(err)
				}
			}
			revised := x.read(t, x.one, id).Value.RevisedAt
			w.Clock.Advance(time.Minute)
			for i, s := range []plan.StepState{plan.StepDone, plan.StepDropped} {
				if err := x.plans.MarkStep(ctx, x.two, x.client, id, g, keys[i], s, x.today()); err != nil {
					t.Fatal(err)
				}
			}
			p := x.read(t, x.one, id).Value
			one, _ := p.Goal(g)
			if done, total := one.Counted(); done != 1 || total != 2 {
				t.Error(done, total)
			}
			if s, _ := one.Step(keys[0]); s.DoneOn.DiscloseISO() != x.today().DiscloseISO() {
				t.Error("the day it was done is not kept")
			}
			if !p.RevisedAt.Equal(revised) {
				t.Error("doing a step revised the plan")
			}
		})
		t.Run("a step outside names who does it", func(t *testing.T) {
			id, g := x.active(t)
			err := x.plans.AddStep(ctx, x.one, x.client, id, g, plan.StepInput{Key: plan.Key(), Who: plan.ByOutside, State: "x"}, x.today())
			if got := wrong(err); got != "text state with" {
				t.Error(got)
			}
		})
		t.Run("progress is rated on five points or said in words, and not ahead of time", func(t *testing.T) {
			id, g := x.active(t)
			for name, in := range map[string]plan.ProgressInput{
				"rating": {On: x.day(0), Rating: text("3"), Words: text("w")}, "on": {On: x.day(1), Rating: text("2")}, "on rating": {},
			} {
				in.Key, in.Today = plan.Key(), x.today()
				if got := wrong(x.plans.Log(ctx, x.one, x.client, id, g, in)); got != name {
					t.Errorf("%s: %s", name, got)
				}
			}
		})
		t.Run("a wrong entry is struck out, stays, and counts no more", func(t *testing.T) {
			id, g := x.active(t)
			key := plan.Key()
			if err := x.plans.Log(ctx, x.one, x.client, id, g, plan.ProgressInput{Key: key, On: x.day(-3), Rating: text("2"), Words: text("w"), Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if got := wrong(x.plans.Strike(ctx, x.two, x.client, id, g, key, phi.Text{})); got != "why" {
				t.Error(got)
			}
			if err := x.plans.Strike(ctx, x.two, x.client, id, g, key, text("Another client's")); err != nil {
				t.Fatal(err)
			}
			one, _ := x.read(t, x.one, id).Value.Goal(g)
			if _, ok := one.Latest(); ok || len(one.Progress) != 1 || one.Progress[0].StruckBy != "w2" {
				t.Error("it still counts, or is gone")
			}
		})
		t.Run("progress waits until the plan is in force", func(t *testing.T) {
			id, g := x.draft(t)
			if err := x.plans.Log(ctx, x.one, x.client, id, g, plan.ProgressInput{Key: plan.Key(), On: x.day(0), Rating: text("0"), Today: x.today()}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("an id of another client's plan is not found", func(t *testing.T) {
			id, _ := x.draft(t)
			y := open(t, w)
			if err := y.plans.Discard(ctx, y.one, y.client, id, 0); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
	})
}

func TestTwoAtOnce(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		x := open(t, w)
		t.Run("a form made from an older version is a conflict, and nothing of it or of the other is lost", func(t *testing.T) {
			id, key := x.active(t)
			version := x.read(t, x.one, id).Version
			mine, theirs := goal(plan.Key(), "Mine"), goal(plan.Key(), "Theirs")
			if err := x.plans.Edit(ctx, x.two, x.client, id, version, plan.Edit{Goals: []plan.GoalInput{goal(key, "Sign a lease by April"), theirs}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			in := plan.Edit{Goals: []plan.GoalInput{goal(key, "Sign a lease by March"), mine}, Today: x.today()}
			if err := x.plans.Edit(ctx, x.one, x.client, id, version, in); !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
			// What the page puts together is then saved at the newer version.
			in.Goals[0].Text = text("Sign a lease by April")
			if err := x.plans.Edit(ctx, x.one, x.client, id, version+1, in); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, g := range x.read(t, x.one, id).Value.Goals {
				got = append(got, g.Text.Disclose())
			}
			if diff := cmp.Diff([]string{"Sign a lease by April", "Theirs", "Mine"}, got); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("what two add to one goal at once is all there", func(t *testing.T) {
			id, key := x.active(t)
			for i, who := range []actor.Actor{x.one, x.two, x.one, x.two} {
				err := x.plans.Log(ctx, who, x.client, id, key, plan.ProgressInput{Key: plan.Key(), On: x.day(-i), Rating: text("0"), Today: x.today()})
				if err != nil {
					t.Fatal(err)
				}
			}
			g, _ := x.read(t, x.one, id).Value.Goal(key)
			if len(g.Progress) != 4 {
				t.Error(len(g.Progress))
			}
			if l, _ := g.Latest(); l.By != "w1" || l.On.DiscloseISO() != x.today().DiscloseISO() {
				t.Error("the latest is not that of the latest day")
			}
		})
		t.Run("a goal taken out of a draft by one and changed by the other comes back as changed", func(t *testing.T) {
			id, key := x.draft(t)
			if err := x.plans.Remove(ctx, x.two, x.client, id, 1, key); err != nil {
				t.Fatal(err)
			}
			if err := x.plans.Edit(ctx, x.one, x.client, id, 2, plan.Edit{Goals: []plan.GoalInput{goal(key, "Kept")}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if g, ok := x.read(t, x.one, id).Value.Goal(key); !ok || g.Text.Disclose() != "Kept" {
				t.Error("it is lost")
			}
		})
	})
}

func TestLife(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		x := open(t, w)
		t.Run("a draft begins with the client's answer, and the case knows when it is reviewed", func(t *testing.T) {
			id, _ := x.draft(t)
			err := x.plans.Begin(ctx, x.two, x.client, id, 1, plan.BeginInput{ReviewOn: x.day(90), Served: x.served, Today: x.today(),
				Agreement: plan.AgreementInput{Answer: plan.Agreed, On: x.day(0), How: plan.OnPaper, Today: x.today()}})
			if err != nil {
				t.Fatal(err)
			}
			p := x.read(t, x.one, id)
			if p.Value.Stage != plan.InForce || p.Labels.State != plan.Active || p.Value.Agreement.By != "w2" || p.Value.Changed() {
				t.Error(p.Value.Stage, p.Labels.State)
			}
			if got := x.reviewOn(t); got != x.day(90).Disclose() {
				t.Error(got)
			}
			mine, err := x.notices.Mine(ctx, x.one, x.clients, false, "")
			begun := 0
			for _, o := range mine.Rows {
				if o.Value.What == plan.WhatBegun {
					begun++
				}
			}
			if err != nil || begun != 1 {
				t.Error("the worker of the case was not told", err)
			}
			if e := w.Entries(t); e[0].Action == "plan.change" && e[0].Detail["change"] != "begin" {
				t.Error(e[0].Detail)
			}
		})
		t.Run("a change after the client agreed is seen", func(t *testing.T) {
			id, key := x.active(t)
			if err := x.plans.Agree(ctx, x.one, x.client, id, x.read(t, x.one, id).Value.Revision, plan.AgreementInput{Answer: plan.Agreed, On: x.day(0), How: plan.ByPhone, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Minute)
			if err := x.plans.Edit(ctx, x.one, x.client, id, 0, plan.Edit{Goals: []plan.GoalInput{goal(key, "Another")}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if !x.read(t, x.one, id).Value.Changed() {
				t.Error("it is not")
			}
		})
		t.Run("an agreement is to what was shown: a change in between is asked about, an entry is not", func(t *testing.T) {
			id, key := x.active(t)
			shown := x.read(t, x.one, id).Value.Revision
			yes := plan.AgreementInput{Answer: plan.Agreed, On: x.day(0), How: plan.InPerson, Today: x.today()}
			if err := x.plans.Edit(ctx, x.two, x.client, id, 0, plan.Edit{Goals: []plan.GoalInput{goal(key, "Something else")}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if err := x.plans.Agree(ctx, x.one, x.client, id, shown, yes); !fault.Is(err, fault.Conflict) {
				t.Error("agreed to what was not shown", err)
			}
			if a := x.read(t, x.one, id).Value.Agreement; a.Answer != plan.NotAsked {
				t.Error(a.Answer)
			}
			shown = x.read(t, x.one, id).Value.Revision
			if err := x.plans.Log(ctx, x.two, x.client, id, key, plan.ProgressInput{Key: plan.Key(), On: x.day(0), Rating: text("1"), Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if err := x.plans.Agree(ctx, x.one, x.client, id, shown, yes); err != nil {
				t.Error("progress stands in the way of an agreement", err)
			}
			// Saved as it was, it says nothing else.
			if err := x.plans.Edit(ctx, x.one, x.client, id, 0, plan.Edit{Goals: []plan.GoalInput{goal(key, "Something else")}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if p := x.read(t, x.one, id).Value; p.Changed() || p.Agreement.Revision != shown {
				t.Error("what was agreed to is called changed", p.Revision, p.Agreement.Revision)
			}
			// In the same moment, too: what counts is not the clock.
			if err := x.plans.AddStep(ctx, x.two, x.client, id, key, plan.StepInput{Key: plan.Key(), Text: text("Ask the landlord"), Who: plan.ByWorker, State: plan.StepPlanned}, x.today()); err != nil {
				t.Fatal(err)
			}
			if !x.read(t, x.one, id).Value.Changed() {
				t.Error("a later change is not seen")
			}
		})
		t.Run("the end of one plan leaves the day of another, and the case shows the first of them", func(t *testing.T) {
			file, err := x.cases.Open(ctx, w.As("i1", actor.Intake), x.client, casefile.Opening{Program: "food", Worker: "w1", PlanReviewOn: plan.Date(x.Clock.Now().AddDate(0, 0, 7))})
			if err != nil {
				t.Fatal(err)
			}
			served := plan.Served{Case: file, Worker: "w1"}
			due := func() string {
				t.Helper()
				c, err := x.cases.Read(ctx, x.one, file)
				if err != nil {
					t.Fatal(err)
				}
				return c.Value.PlanReviewOn.DiscloseISO()
			}
			begin := func(days int) plan.ID {
				t.Helper()
				id, _ := x.draft(t)
				if err := x.plans.Begin(ctx, x.one, x.client, id, 1, plan.BeginInput{ReviewOn: x.day(days), Served: served, Today: x.today()}); err != nil {
					t.Fatal(err)
				}
				return id
			}
			end := func(id plan.ID) {
				t.Helper()
				if err := x.plans.End(ctx, x.one, x.client, id, plan.Ending{On: x.day(0), Outcome: plan.Met, Served: served, Today: x.today()}); err != nil {
					t.Fatal(err)
				}
			}
			// A plan of another case: ending it here leaves the day that was set by hand.
			other, _ := x.active(t)
			end(other)
			if got := due(); got != x.day(7).Disclose() {
				t.Error("the day set by hand is gone", got)
			}
			first, second := begin(60), begin(30)
			if got := due(); got != x.day(30).Disclose() {
				t.Error(got)
			}
			end(second)
			if got := due(); got != x.day(60).Disclose() {
				t.Error("the day of the other plan is gone", got)
			}
			end(first)
			if got := due(); got != "" {
				t.Error("a day stands there for no plan", got)
			}
		})
		t.Run("who could not answer has a reason, and who answered a way", func(t *testing.T) {
			id, _ := x.active(t)
			for want, in := range map[string]plan.AgreementInput{
				"words":                {Answer: plan.Unable, On: x.day(0)},
				"how":                  {Answer: plan.Declined, On: x.day(0)},
				"agreed_on":            {Answer: plan.Agreed, On: x.day(1), How: plan.InPerson},
				"answer agreed_on how": {Answer: "maybe"},
			} {
				in.Today = x.today()
				if got := wrong(x.plans.Agree(ctx, x.one, x.client, id, x.read(t, x.one, id).Value.Revision, in)); got != want {
					t.Errorf("%s: %s", want, got)
				}
			}
		})
		t.Run("a plan begins with a goal of a known part of life, and with a day for its review", func(t *testing.T) {
			id, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), Today: x.today()})
			if err != nil {
				t.Fatal(err)
			}
			for want, in := range map[string]plan.BeginInput{"review_on ": {}, "": {ReviewOn: x.day(1)}, "review_on": {ReviewOn: x.day(0)}} {
				in.Today = x.today()
				err := x.plans.Begin(ctx, x.one, x.client, id, 1, in)
				if got := wrong(err); !fault.Is(err, fault.Invalid) || strings.TrimSpace(got) != strings.TrimSpace(want) {
					t.Errorf("%q: %q", want, got)
				}
			}
			in := goal(plan.Key(), "Something")
			in.Area = ""
			if err := x.plans.AddGoal(ctx, x.one, x.client, id, in, x.today()); err != nil {
				t.Fatal(err)
			}
			if err := x.plans.Begin(ctx, x.one, x.client, id, 2, plan.BeginInput{ReviewOn: x.day(1), Today: x.today()}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("a draft that a colleague changed meanwhile does not begin unseen", func(t *testing.T) {
			id, _ := x.draft(t)
			if err := x.plans.AddGoal(ctx, x.two, x.client, id, goal(plan.Key(), "More"), x.today()); err != nil {
				t.Fatal(err)
			}
			if err := x.plans.Begin(ctx, x.one, x.client, id, 1, plan.BeginInput{ReviewOn: x.day(30), Today: x.today()}); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("a review settles goals, rates them and moves the day in the case", func(t *testing.T) {
			id, one := x.active(t)
			two, three := goal(plan.Key(), "Two"), goal(plan.Key(), "Three")
			for _, g := range []plan.GoalInput{two, three} {
				if err := x.plans.AddGoal(ctx, x.one, x.client, id, g, x.today()); err != nil {
					t.Fatal(err)
				}
			}
			in := plan.ReviewInput{Key: plan.Key(), On: x.day(0), Next: x.day(60), With: text("Client and sister"), Summary: text("Going well."), Served: x.served, Today: x.today(),
				Decisions: []plan.DecisionInput{{Goal: one, What: plan.Reached, Rating: text("1")}, {Goal: two.Key, What: plan.Drop, Words: text("No longer wanted")}, {Goal: three.Key, What: plan.Continue}}}
			for range 2 {
				if err := x.plans.Review(ctx, x.one, x.client, id, in); err != nil {
					t.Fatal(err)
				}
			}
			p := x.read(t, x.one, id).Value
			var got []string
			for _, g := range p.Goals {
				got = append(got, string(g.State))
			}
			if diff := cmp.Diff([]string{"achieved", "dropped", "active"}, got); diff != "" {
				t.Error(diff)
			}
			if len(p.Reviews) != 1 || len(p.Goals[0].Progress) != 1 {
				t.Error("sent twice, recorded twice")
			}
			if got := x.reviewOn(t); got != x.day(60).Disclose() {
				t.Error(got)
			}
		})
		t.Run("a review that lacks something says all of it and settles nothing", func(t *testing.T) {
			id, g := x.active(t)
			before := x.reviewOn(t)
			err := x.plans.Review(ctx, x.one, x.client, id, plan.ReviewInput{Key: plan.Key(), Served: x.served, Today: x.today(), Decisions: []plan.DecisionInput{{Goal: g, What: plan.Drop}}})
			if got := wrong(err); got != "on with summary next "+plan.DecisionField(g, "words") {
				t.Error(got)
			}
			if p := x.read(t, x.one, id).Value; len(p.Reviews) != 0 || !p.Goals[0].Open() || x.reviewOn(t) != before {
				t.Error("something was kept")
			}
		})
		t.Run("a new plan takes over what is open and supersedes the old one when it begins", func(t *testing.T) {
			old, key := x.active(t)
			done := goal(plan.Key(), "Done already")
			if err := x.plans.AddGoal(ctx, x.one, x.client, old, done, x.today()); err != nil {
				t.Fatal(err)
			}
			done.State = plan.Achieved
			if err := x.plans.Edit(ctx, x.one, x.client, old, 0, plan.Edit{Goals: []plan.GoalInput{done}, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			id, err := x.plans.Renew(ctx, x.two, x.client, old, plan.ID{}, x.served, x.today())
			if err != nil {
				t.Fatal(err)
			}
			if again, err := x.plans.Renew(ctx, x.one, x.client, old, plan.ID{}, x.served, x.today()); err != nil || again != id {
				t.Error("a second draft was made", err)
			}
			// A button pressed twice comes in twice at once: the second does not see the first.
			as := record.FreshID[plan.Plan](x.Clock.Now())
			once, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), New: as, Today: x.today()})
			if err != nil || once != as {
				t.Fatal(err)
			}
			if twice, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: x.details(), New: as, Today: x.today()}); err != nil || twice != as {
				t.Error("a form sent twice made two plans", err)
			}
			if _, err := x.plans.Start(ctx, x.two, x.client, plan.Beginning{Details: x.details(), New: as, Today: x.today()}); !fault.Is(err, fault.Conflict) {
				t.Error("a colleague's id is taken for one's own", err)
			}
			if err := x.plans.Discard(ctx, x.one, x.client, as, 1); err != nil {
				t.Fatal(err)
			}
			p := x.read(t, x.one, id).Value
			if len(p.Goals) != 1 || p.Goals[0].Key != key || p.Before != old || p.Stage != plan.Drafted || p.Matters.Disclose() != "A door I can lock." {
				t.Error(len(p.Goals), p.Stage)
			}
			if x.read(t, x.one, old).Value.Stage != plan.InForce {
				t.Error("the old plan ended before the new one began")
			}
			if err := x.plans.Begin(ctx, x.one, x.client, id, 1, plan.BeginInput{ReviewOn: x.day(30), Supersedes: old, Served: x.served, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			if o := x.read(t, x.one, old); o.Value.Stage != plan.Superseded || o.Labels.State != plan.Past {
				t.Error(o.Value.Stage, o.Labels.State)
			}
		})
		t.Run("a plan ends with its outcome, is due for no review, and is not worked on any more", func(t *testing.T) {
			id, key := x.active(t)
			if got := wrong(x.plans.End(ctx, x.one, x.client, id, plan.Ending{On: x.day(1), Today: x.today()})); got != "on outcome" {
				t.Error(got)
			}
			if err := x.plans.End(ctx, x.one, x.client, id, plan.Ending{On: x.day(0), Outcome: plan.PartlyMet, Words: text("w"), Served: x.served, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			p := x.read(t, x.one, id)
			if p.Value.Stage != plan.Completed || p.Value.Current || !p.Value.ReviewOn.Empty() {
				t.Error(p.Value.Stage)
			}
			if err := x.plans.AddGoal(ctx, x.one, x.client, id, goal(plan.Key(), "x"), x.today()); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err := x.plans.Edit(ctx, x.one, x.client, id, 0, plan.Edit{Goals: []plan.GoalInput{goal(key, "x")}, Today: x.today()}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("a draft that is thrown away is in no list and in the history", func(t *testing.T) {
			id, _ := x.draft(t)
			if err := x.plans.Discard(ctx, x.one, x.client, id, 1); err != nil {
				t.Fatal(err)
			}
			rows, err := x.plans.List(ctx, x.one, x.client)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range rows {
				if o.ID == id {
					t.Error("it is listed")
				}
			}
			if h, err := x.plans.History(ctx, x.one, id); err != nil || len(h) != 2 {
				t.Error(len(h), err)
			}
		})
		t.Run("a Part 2 plan is of class sud from first to last, and so is its copy", func(t *testing.T) {
			d := x.details()
			d.Part2 = true
			id, err := x.plans.Start(ctx, x.one, x.client, plan.Beginning{Details: d, Goals: []plan.GoalInput{goal(plan.Key(), "Stay in recovery")}, Today: x.today()})
			if err != nil {
				t.Fatal(err)
			}
			// A form that does not say so does not undo it.
			d.Part2 = false
			if err := x.plans.Edit(ctx, x.one, x.client, id, 1, plan.Edit{Details: &d, Today: x.today()}); err != nil {
				t.Fatal(err)
			}
			next, err := x.plans.Renew(ctx, x.one, x.client, id, plan.ID{}, x.served, x.today())
			if err != nil {
				t.Fatal(err)
			}
			for _, id := range []plan.ID{id, next} {
				if got := x.read(t, x.one, id).Shown; got != policy.Set(policy.SUD) {
					t.Error(got)
				}
			}
			v := x.Door.View(x.one.For(actor.Operations), "plan.read")
			x.plans.WantOne(v, id)
			if err := v.Open(ctx); !fault.Is(err, fault.Denied) {
				t.Error("shown for another purpose than treatment", err)
			}
		})
		t.Run("an imported plan is not changed but copied", func(t *testing.T) {
			var from plan.ID
			err := x.clients.Import(ctx, w.Service("import"), func(work *person.Work) (bool, error) {
				var err error
				from, err = x.plans.Adopt(work, x.client, plan.Plan{Title: text("Of the clinic"), Current: true, Source: person.Source{Type: "CarePlan", Ref: text("c1")},
					Goals:      []plan.Goal{{Domain: text("housing"), Text: text("Stable housing"), Status: text("active")}, {Text: text("Old"), Status: text("completed")}},
					Activities: []plan.Activity{{Text: text("Call the landlord"), Status: text("scheduled")}, {Text: text("Was done"), Status: text("completed")}}})
				return true, err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := x.plans.AddGoal(ctx, x.one, x.client, from, goal(plan.Key(), "x"), x.today()); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			id, err := x.plans.Renew(ctx, x.one, x.client, from, plan.ID{}, x.served, x.today())
			if err != nil {
				t.Fatal(err)
			}
			p := x.read(t, x.one, id).Value
			if len(p.Goals) != 1 || p.Goals[0].Area != plan.Housing || len(p.Goals[0].Interventions) != 1 || p.Imported() {
				t.Errorf("%d goals, area %q", len(p.Goals), p.Goals[0].Area)
			}
		})
		t.Run("whoever may not change the case reviews the plan all the same", func(t *testing.T) {
			id, g := x.active(t)
			if err := x.plans.Review(ctx, x.one, x.client, id, plan.ReviewInput{Key: plan.Key(), On: x.day(0), Next: x.day(30), With: text("Client"), Summary: text("Well."), Today: x.today(), Decisions: []plan.DecisionInput{{Goal: g, What: plan.Continue}}}); err != nil {
				t.Error(err)
			}
		})
	})
}

func TestHistory(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		x := open(t, w)
		id, key := x.active(t)
		in := goal(key, "Sign a lease by April")
		in.State, in.Reason = plan.OnHold, text("Voucher lapsed")
		step := plan.Key()
		for _, err := range []error{
			x.plans.Edit(ctx, x.two, x.client, id, 0, plan.Edit{Goals: []plan.GoalInput{in}, Today: x.today()}),
			x.plans.AddStep(ctx, x.one, x.client, id, key, plan.StepInput{Key: step, Text: text("Call"), Who: plan.ByWorker, State: plan.StepPlanned}, x.today()),
			x.plans.MarkStep(ctx, x.one, x.client, id, key, step, plan.StepDone, x.today()),
			x.plans.Log(ctx, x.two, x.client, id, key, plan.ProgressInput{Key: plan.Key(), On: x.day(0), Rating: text("-1"), Words: text("Slow"), Today: x.today()}),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		h, err := x.plans.History(ctx, x.one, id)
		if err != nil {
			t.Fatal(err)
		}
		var got [][]string
		for i := len(h) - 2; i >= 0; i-- {
			line := []string{h[i].ChangedBy}
			for _, d := range plan.Diff(h[i+1].Value, h[i].Value) {
				line = append(line, d.What+": "+d.Before.Disclose()+" > "+d.After.Disclose())
			}
			got = append(got, line)
		}
		want := [][]string{
			{"w1", "stage: draft > active", "review_on:  > " + x.day(90).Disclose()},
			{"w2", "goal.text: Sign a lease by March > Sign a lease by April", "goal.state: active > on_hold", "goal.reason:  > Voucher lapsed"},
			{"w1", "step.added:  > Call"},
			{"w1", "step.state: planned > done"},
			{"w2", "progress: -1 > Slow"},
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestWorked(t *testing.T) {
	rows := []plan.Opened{
		{Value: plan.Plan{Current: true, Source: person.Source{Type: "CarePlan", Ref: text("c")}, Goals: []plan.Goal{{Text: text("Theirs")}}}},
		{Value: plan.Plan{Stage: plan.Drafted, Goals: []plan.Goal{{Text: text("Draft"), State: plan.Underway}}}},
	}
	titles := func(gs []plan.Goal) (out []string) {
		for _, g := range gs {
			out = append(out, g.Text.Disclose())
		}
		return out
	}
	if diff := cmp.Diff([]string{"Theirs"}, titles(plan.Worked(rows))); diff != "" {
		t.Error(diff)
	}
	rows = append(rows, plan.Opened{Value: plan.Plan{Current: true, Stage: plan.InForce, Goals: []plan.Goal{{Text: text("Ours"), State: plan.Underway}, {Text: text("Over"), State: plan.Achieved}}}})
	if diff := cmp.Diff([]string{"Ours"}, titles(plan.Worked(rows))); diff != "" {
		t.Error(diff)
	}
}

func TestDays(t *testing.T) {
	west, err := time.LoadLocation("America/Los_Angeles")
	if err != nil {
		t.Fatal(err)
	}
	date := func(s string) phi.Date {
		d, err := phi.ParseDate(s)
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	t.Run("the next review is on the same day of a later month, or on its last", func(t *testing.T) {
		for _, x := range []struct {
			from   string
			months int
			want   string
		}{
			{"2026-11-20", 3, "2027-02-20"},
			{"2026-11-30", 3, "2027-02-28"},
			{"2027-11-30", 3, "2028-02-29"}, // a leap year
			{"2027-12-31", 2, "2028-02-29"},
			{"2028-02-29", 12, "2029-02-28"},
			{"2026-08-31", 1, "2026-09-30"},
			{"2026-12-15", 1, "2027-01-15"},
			{"2026-12-31", 12, "2027-12-31"},
		} {
			if got := plan.NextReview(date(x.from), x.months).DiscloseISO(); got != x.want {
				t.Errorf("%d months after %s is %s, not %s", x.months, x.from, got, x.want)
			}
		}
		if !plan.NextReview(phi.NewDate(2026, 0, 0), 3).Empty() {
			t.Error("a year alone has a next review")
		}
	})
	t.Run("a review is due by the agency's day, across midnight, leap days and the change of the clock", func(t *testing.T) {
		for _, x := range []struct {
			review, now string
			days        int
		}{
			{"2026-11-20", "2026-11-21T07:59:59Z", 0},  // still the 20th in the west
			{"2026-11-20", "2026-11-21T08:00:00Z", -1}, // midnight there
			{"2028-03-01", "2028-02-28T20:00:00Z", 2},  // the 29th lies between
			{"2027-03-01", "2027-02-28T20:00:00Z", 1},
			{"2026-03-09", "2026-03-08T07:59:59Z", 2}, // the evening before the clock goes forward
			{"2026-03-09", "2026-03-08T08:00:00Z", 1}, // a day of 23 hours
			{"2026-03-09", "2026-03-09T06:59:59Z", 1},
			{"2026-03-09", "2026-03-09T07:00:00Z", 0},
			{"2026-11-02", "2026-11-01T07:00:00Z", 1}, // a day of 25 hours
			{"2026-11-02", "2026-11-02T07:59:59Z", 1},
			{"2026-11-02", "2026-11-02T08:00:00Z", 0},
			{"2027-01-01", "2027-01-01T07:59:59Z", 1}, // still last year
		} {
			now, err := time.Parse(time.RFC3339, x.now)
			if err != nil {
				t.Fatal(err)
			}
			p := plan.Plan{Stage: plan.InForce, ReviewOn: date(x.review)}
			if got, ok := p.ReviewIn(plan.Date(now.In(west))); !ok || got != x.days {
				t.Errorf("at %s the review of %s is in %d days, not %d", x.now, x.review, got, x.days)
			}
		}
		if _, ok := (plan.Plan{Stage: plan.Completed, ReviewOn: date("2026-11-20")}).ReviewIn(date("2026-11-21")); ok {
			t.Error("a plan that has ended is due for a review")
		}
	})
	t.Run("a review of today is taken until the agency's midnight, whatever day it is in London", func(t *testing.T) {
		w := recordtest.Open(t)
		w.Clock.Set(time.Date(2026, time.November, 21, 7, 59, 0, 0, time.UTC))
		x := open(t, w)
		today := plan.Date(w.Clock.Now().In(west))
		id, key := x.draft(t)
		if err := x.plans.Begin(ctx, x.one, x.client, id, 1, plan.BeginInput{ReviewOn: text("2027-02-20"), Today: today}); err != nil {
			t.Fatal(err)
		}
		in := plan.ProgressInput{Key: plan.Key(), On: text("2026-11-21"), Rating: text("0"), Today: today}
		if got := wrong(x.plans.Log(ctx, x.one, x.client, id, key, in)); got != "on" {
			t.Error("the agency's tomorrow is taken as today:", got)
		}
		w.Clock.Advance(time.Minute)
		in.Today = plan.Date(w.Clock.Now().In(west))
		if err := x.plans.Log(ctx, x.one, x.client, id, key, in); err != nil {
			t.Error(err)
		}
	})
}
