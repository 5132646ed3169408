package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/phi"
	careplan "caseward/internal/plan"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// plans are the pages about care plans.
func plans() []Story {
	return []Story{
		{"chart-plan", func(f ui.Frame) templ.Component {
			return pages.Plan(f, pages.PlanPage{Chart: chart(), Sheet: sheet(), MayPlan: true, Others: []pages.PlanLine{
				{ID: "p0", Title: text("Plan of the clinic"), Current: true, From: phi.NewDate(2026, 3, 1), Source: text("Northgate Clinic"), Goals: 2},
				{ID: "p9", Title: text("First plan"), Stage: careplan.Completed, From: phi.NewDate(2025, 9, 4), Until: phi.NewDate(2026, 9, 3), Goals: 1},
			}})
		}},
		{"chart-plan-reader", func(f ui.Frame) templ.Component {
			return pages.Plan(f, pages.PlanPage{Chart: chart(), Sheet: sheet()})
		}},
		{"chart-plan-none", func(f ui.Frame) templ.Component { return pages.Plan(f, pages.PlanPage{Chart: chart(), MayPlan: true}) }},
		{"chart-plan-imported", func(f ui.Frame) templ.Component {
			s := sheet()
			s.Stage, s.Reviews, s.Agreement = "", nil, careplan.Agreement{}
			s.Source.Type, s.Source.Ref, s.Source.System = "CarePlan", text("1"), text("Northgate Clinic")
			s.Goals = []careplan.Goal{{Domain: text("nutrition"), Text: text("Eat three meals a day"), Status: text("active"), Steps: 3, StepsDone: 1}}
			s.Activities = []careplan.Activity{{Text: text("Visit by the dietitian"), Status: text("scheduled")}, {Text: text("Food diary"), Status: text("completed")}}
			return pages.Plan(f, pages.PlanPage{Chart: chart(), Sheet: s, MayPlan: true})
		}},
		{"chart-plan-withheld", func(f ui.Frame) templ.Component {
			p := pages.PlanPage{Chart: chart(), Sheet: sheet()}
			p.Hidden = ui.HiddenSet{{Class: "plan", Held: true, Why: "/why"}}
			return pages.Plan(f, p)
		}},
		{"plan-form", func(f ui.Frame) templ.Component { return pages.PlanForm(f, planForm()) }},
		{"plan-form-merged", func(f ui.Frame) templ.Component {
			p := planForm()
			p.Merged = &ui.Merged{By: "Malik Thornbury", At: at(11, 20, 9, 38), Changes: []ui.Change{
				{Name: "title", Theirs: text("A home of my own")}, {Name: "g.aaaaaaaaaaaa.area", Theirs: text("safety"), Clash: true}, {Name: "g.aaaaaaaaaaaa.target", Theirs: text("2027-03-31"), Clash: true},
			}}
			return pages.PlanForm(f, p)
		}},
		{"plan-goal", func(f ui.Frame) templ.Component { return pages.PlanGoal(f, planGoal()) }},
		{"plan-goal-errors", func(f ui.Frame) templ.Component {
			p := planGoal()
			p.Log = ui.NewForm("on", "2026-11-30", "key", "k")
			p.Log.Fail("rating", "Choose how far the goal has come, or say it in words.")
			p.Log.Fail("on", "The day is in the future.")
			return pages.PlanGoal(f, p)
		}},
		{"plan-step", func(f ui.Frame) templ.Component {
			return pages.PlanStep(f, pages.PlanStepPage{Chart: chart(), Plan: "p1", Version: 3, Goal: sheet().Goals[0], Step: "s1", Form: ui.NewForm("text", "Call the landlord", "who", "worker", "due", "2026-11-24", "state", "planned")})
		}},
		{"plan-begin", func(f ui.Frame) templ.Component { return pages.PlanActForm(f, act(pages.PlanBegin)) }},
		{"plan-agree", func(f ui.Frame) templ.Component { return pages.PlanActForm(f, act(pages.PlanAgree)) }},
		{"plan-review", func(f ui.Frame) templ.Component { return pages.PlanActForm(f, act(pages.PlanReview)) }},
		{"plan-end", func(f ui.Frame) templ.Component { return pages.PlanActForm(f, act(pages.PlanEnd)) }},
		{"plan-history", func(f ui.Frame) templ.Component {
			return pages.PlanHistory(f, pages.PlanHistoryPage{Chart: chart(), ID: "p1", Title: text("A place to stay"), Versions: []pages.PlanVersion{
				{Version: 3, By: "Jordan Avery", At: at(11, 18, 14, 40), Changes: []careplan.Difference{
					{What: "goal.text", Of: text("Sign a lease by April"), Before: text("Sign a lease by March"), After: text("Sign a lease by April")},
					{What: "goal.state", Of: text("Sign a lease by April"), Before: text("active"), After: text("on_hold")},
					{What: "progress", Of: text("Go to four meetings a week"), Before: text("-1"), After: text("Three this week.")},
				}},
				{Version: 2, By: "Malik Thornbury", At: at(11, 2, 9, 5), Held: true},
				{Version: 1, By: "Jordan Avery", At: at(9, 4, 10, 0), First: true},
			}})
		}},
		{"plan-print", func(f ui.Frame) templ.Component {
			return pages.PlanPrint(f, pages.PlanPrintPage{Chart: chart(), Sheet: *sheet(), Worker: "Jordan Avery"})
		}},
	}
}

func sheet() *pages.PlanSheet {
	entry := func(m, d int, n int64, words string) careplan.Progress {
		return careplan.Progress{Key: words, On: phi.NewDate(2026, m, d), Rating: phi.NewNumber(n), Words: text(words), By: "s1"}
	}
	struck := entry(10, 14, 2, "Signed the lease.")
	struck.StruckBy, struck.StruckAt, struck.Why = "s1", at(10, 15, 9, 0), text("Meant for another client")
	return &pages.PlanSheet{
		ID: "p1", Version: 7, Names: map[string]string{"s1": "Jordan Avery"}, Today: phi.NewDate(2026, 11, 20),
		Plan: careplan.Plan{
			Title: text("A place to stay, and steady weeks"), Current: true, Stage: careplan.InForce, From: phi.NewDate(2026, 9, 4), Until: phi.NewDate(2027, 9, 3),
			Matters: text("A door I can lock, and Leo in the same school."), Strengths: text("Keeps every appointment. Her sister helps."), Barriers: text("An old eviction; no car."),
			BegunAt: at(9, 4, 10, 0), BegunBy: "s1", RevisedAt: at(11, 2, 9, 0), Revision: 3, ReviewOn: phi.NewDate(2026, 11, 14),
			Agreement: careplan.Agreement{Answer: careplan.Agreed, On: phi.NewDate(2026, 9, 4), How: careplan.OnPaper, By: "s1", At: at(9, 4, 10, 0), Revision: 2, Revised: at(9, 4, 9, 30), Words: text("As long as we go slowly.")},
			Goals: []careplan.Goal{
				{Key: "aaaaaaaaaaaa", Area: careplan.Housing, Text: text("Sign a lease for a place under $900 by the end of March"), Measure: text("A signed lease, and two months of rent paid on time"), Baseline: text("Stays with her sister since August"),
					Priority: careplan.High, State: careplan.Underway, StartOn: phi.NewDate(2026, 9, 4), TargetOn: phi.NewDate(2027, 3, 31),
					Interventions: []careplan.Intervention{
						{Key: "s1", Text: text("Letter to the landlord about the old eviction"), Who: careplan.ByWorker, State: careplan.StepDone, DoneOn: phi.NewDate(2026, 11, 2)},
						{Key: "s2", Text: text("Apply to three landlords"), Who: careplan.ByClient, Frequency: text("one a week"), DueOn: phi.NewDate(2026, 11, 15), State: careplan.StepUnder},
						{Key: "s3", Text: text("Hold the deposit"), Who: careplan.ByOutside, With: text("Eastside Legal Aid"), DueOn: phi.NewDate(2026, 12, 1), State: careplan.StepPlanned},
					},
					Progress: []careplan.Progress{entry(9, 18, -2, "No answers yet."), struck, entry(10, 20, -1, "Two viewings."), entry(11, 12, 0, "A landlord holds a unit for her.")}},
				{Key: "bbbbbbbbbbbb", Area: careplan.SubstanceUse, Text: text("Go to four meetings a week"), State: careplan.OnHold, Reason: text("While she has the flu"), Priority: careplan.Medium},
				{Key: "cccccccccccc", Area: careplan.Income, Text: text("SNAP without a gap"), State: careplan.Achieved, EndedOn: phi.NewDate(2026, 10, 30), Priority: careplan.Medium, Progress: []careplan.Progress{entry(10, 30, 1, "Renewed for a year.")}},
			},
			Reviews: []careplan.Review{{Key: "r1", On: phi.NewDate(2026, 10, 30), With: text("Marisol and her sister"), Summary: text("Benefits are settled; housing goes on."), By: "s1",
				Decisions: []careplan.Decision{{Goal: "cccccccccccc", What: careplan.Reached}, {Goal: "aaaaaaaaaaaa", What: careplan.Continue, Words: text("Look farther out")}}}},
		},
	}
}

func planForm() pages.PlanFormPage {
	p := pages.PlanFormPage{Chart: chart(), Plan: "p1", Version: 3, Draft: true, Keys: []string{"aaaaaaaaaaaa", "dddddddddddd"}, Known: map[string]bool{"aaaaaaaaaaaa": true}}
	p.Form = ui.NewForm("title", "A place to stay", "from", "2026-09-04", "review_on", "2026-12-04", "matters", "A door I can lock.",
		"g.aaaaaaaaaaaa.text", "Sign a lease for a place under $900", "g.aaaaaaaaaaaa.area", "housing", "g.aaaaaaaaaaaa.priority", "high", "g.aaaaaaaaaaaa.target", "2027-04-30")
	return p
}

func planGoal() pages.PlanGoalPage {
	s := sheet()
	return pages.PlanGoalPage{Chart: chart(), Sheet: *s, Goal: s.Goals[0], MayPlan: true, Log: ui.NewForm("on", "2026-11-20", "key", "k"), Step: ui.NewForm("key", "k")}
}

func act(a pages.PlanAct) pages.PlanActPage {
	return pages.PlanActPage{Chart: chart(), Act: a, Sheet: *sheet(), Form: ui.NewForm("on", "2026-11-20", "agreed_on", "2026-11-20", "next", "2027-02-20", "review_on", "2027-02-20", "key", "k")}
}
