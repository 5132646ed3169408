package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// owedRows are what a program asks of somebody.
func owedRows(f ui.Frame) []pages.OwedRow {
	return []pages.OwedRow{
		{What: f.T("Take a course"), Name: "Privacy at work", Why: f.T("New here"), Cite: "45 CFR 164.530(b)(2)(i)(B)", Whose: "Jordan Avery", Due: at(11, 12, 0, 0), Path: "/training/courses/orientation-privacy"},
		{What: f.T("Read and acknowledge a policy"), Name: "Access to client records and the minimum necessary", Why: f.T("It is in force, and it binds your role."), Whose: "Priya Raman", Due: at(11, 23, 0, 0), Path: "/policies/doc/access"},
		{What: f.T("Take a course"), Name: "What you may tell whom", Why: f.T("It is time again"), Whose: "Jordan Avery", Due: at(12, 30, 0, 0), Path: "/training/courses/disclosures"},
		{What: f.T("Review and approve a policy"), Name: "Doors and cabinets", Why: f.T("A new version waits, and nobody approves what they wrote."), Cite: "45 CFR 164.316(b)(1)", Whose: f.T("Program manager"), Path: "/policies/doc/doors"},
	}
}

// dueStories are what the program asks of people: of oneself, of everybody, and nothing.
func dueStories() []Story {
	sides := func(f ui.Frame, agency bool) []ui.Tab {
		return []ui.Tab{{Text: f.T("Mine"), URL: "/due", Current: !agency}, {Text: f.T("The agency’s"), URL: "/due?whose=agency", Current: agency}}
	}
	modules := func(f ui.Frame, n int) []ui.Tab {
		return []ui.Tab{{Text: f.T("due|All"), URL: "/due", Count: n, Current: true}, {Text: pages.ModuleName(f.Lang, "training"), URL: "/due?of=training", Count: 2}, {Text: pages.ModuleName(f.Lang, "policies"), URL: "/due?of=policies", Count: n - 2}}
	}
	return []Story{
		{"due", func(f ui.Frame) templ.Component {
			return pages.Due(f, pages.DuePage{Rows: owedRows(f), Modules: modules(f, 4), From: 1, Total: 4, Mailed: true})
		}},
		{"due-agency", func(f ui.Frame) templ.Component {
			rows := owedRows(f)
			rows = append([]pages.OwedRow{{What: f.T("Designate a Security Officer"), Why: f.T("Nobody is designated."), Cite: "45 CFR 164.308(a)(2)", Whose: f.T("Administrator"), Due: Now.Add(-90 * 24 * time.Hour), Path: "/governance"}}, rows...)
			rows = append(rows, pages.OwedRow{What: f.T("Clear somebody for work with clients"), Why: f.T("No check is on record."), Cite: "45 CFR 164.308(a)(3)(ii)(B)", Whose: f.T("Security officer"), About: "Cleo Marsh", Due: at(11, 20, 0, 0), Path: "/staff/s4/onboarding"})
			for i := range rows[1:4] {
				rows[i+1].Path = ""
			}
			return pages.Due(officer(f), pages.DuePage{Sides: sides(f, true), Others: true, Rows: rows, Modules: modules(f, 812), From: 101, Total: 812, Sooner: "/due?whose=agency", Later: "/due?from=200&whose=agency", Mailed: true,
				Counts: []pages.DueCount{{Name: pages.ModuleName(f.Lang, "training"), URL: "/due?of=training&whose=agency", Late: 12, Week: 30, Later: 740}, {Name: pages.ModuleName(f.Lang, "officers"), URL: "/due?of=officers&whose=agency", Late: 1}}})
		}},
		{"due-nothing", func(f ui.Frame) templ.Component {
			return pages.Due(officer(f), pages.DuePage{Sides: sides(f, false), Modules: modules(f, 0)[:1]})
		}},
	}
}
