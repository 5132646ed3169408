package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// onboardingStories are the pages about the way to a first chart.
func onboardingStories() []Story {
	steps := []pages.StepRow{
		{Kind: "invited", Done: true, At: at(11, 3, 9, 2), By: "Wendell Okafor"},
		{Kind: "signed_up", Done: true},
		{Kind: "clearance", Name: "workforce/clearance", Done: true, At: at(11, 5, 14, 0), By: "Wendell Okafor", Until: Now.AddDate(1, 0, 0)},
		{Kind: "orientation", Name: "training/orientation-privacy", Stopped: true, End: at(11, 3, 9, 2)},
		{Kind: "acknowledgement", Name: "policy/acceptable-use", End: Now.AddDate(0, 0, 9)},
		{Kind: "access"},
	}
	page := pages.OnboardingPage{ID: "s7", Name: "Tomás Reyes", Role: actor.CaseManager, Steps: steps, Next: "orientation", MayClear: true, Proved: true, Checked: at(11, 5, 14, 0), What: "References and licence, file 7.", Cleared: true}
	return []Story{
		{"onboarding", func(f ui.Frame) templ.Component {
			return pages.Underway(administrator(f), pages.UnderwayPage{MaySet: true, Rows: []pages.UnderwayRow{
				{ID: "s7", Name: "Tomás Reyes", Role: actor.CaseManager, Since: at(11, 3, 0, 0), Done: 3, Of: 6, Next: steps[3]},
				{ID: "s8", Name: "Ruth Amsel", Role: actor.Intake, Since: at(11, 18, 0, 0), Done: 1, Of: 6, Next: pages.StepRow{Kind: "signed_up"}},
			}})
		}},
		{"onboarding-empty", func(f ui.Frame) templ.Component { return pages.Underway(officer(f), pages.UnderwayPage{}) }},
		{"onboarding-person", func(f ui.Frame) templ.Component { return pages.Onboarding(administrator(f), page) }},
		{"onboarding-log", func(f ui.Frame) templ.Component {
			p := page
			p.MayClear, p.What, p.Next, p.Asked, p.First, p.After = false, "", "", true, at(11, 9, 10, 12), true
			return pages.Onboarding(officer(f), p)
		}},
		{"onboarding-own", func(f ui.Frame) templ.Component {
			p := page
			p.Own, p.MayClear, p.Back = true, false, "/caseload"
			return pages.Onboarding(f, p)
		}},
		{"keys", func(f ui.Frame) templ.Component {
			return pages.Keys(administrator(f), []pages.KeyRow{
				{ID: "k3", Name: "Example Login", By: "Wendell Okafor", Made: at(11, 2, 9, 0), Until: Now.AddDate(1, 0, 0), Used: at(11, 19, 6, 0), Live: true},
				{ID: "k2", Name: "Example Directory", Made: at(3, 1, 9, 0), Until: at(11, 1, 9, 0)},
				{ID: "k1", Name: "Example Directory", By: "Wendell Okafor", Made: at(1, 5, 9, 0), Until: Now.AddDate(0, 2, 0), Used: at(2, 27, 23, 0), Revoked: at(3, 1, 9, 0)},
			})
		}},
		{"keys-new", func(f ui.Frame) templ.Component {
			form := ui.NewForm("name", "Example Login", "days", "4000")
			form.Fail("days", "Give days from 1 to 400.")
			return pages.NewKey(administrator(f), form)
		}},
		{"keys-made", func(f ui.Frame) templ.Component {
			return pages.MadeKey(administrator(f), pages.MadeKeyPage{Name: "Example Login", Secret: "cws_nothing-that-opens-anything-0123456789abcde", At: "https://cases.example.org/scim/v2", Until: Now.AddDate(1, 0, 0)})
		}},
		{"clearance", func(f ui.Frame) templ.Component {
			form := ui.NewForm("on", "yes", "settle", "4000", "grace", "0", "limited", "0")
			form.Fail("settle", "Give days from 0 to 365.")
			return pages.ClearanceTerms(administrator(f), pages.ClearanceTermsPage{Form: form, Since: at(1, 5, 0, 0)})
		}},
	}
}
