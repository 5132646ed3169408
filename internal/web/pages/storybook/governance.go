package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// governanceStories are the pages about the officers: with gaps, while designating, one.
func governanceStories() []Story {
	lena := pages.OfficerRow{
		ID: "o1", Title: "Privacy Officer", Person: "Lena Brandt", PersonID: "s1", From: at(3, 2, 0, 0), Now: true, Document: "Board resolution 2026-14",
		Contact: "Room 4, 555-0100, privacy@eastside.example", By: "Wendell Okafor", Conflicts: "Wendell Okafor reviews what Lena Brandt opens.", Entered: at(3, 9, 10, 0),
	}
	before := pages.OfficerRow{ID: "o2", Title: "Privacy Officer", Person: "Priya Raman", PersonID: "s9", From: at(1, 5, 9, 0), Until: at(2, 20, 17, 30), Document: "Letter of January 5", Contact: "Front desk", By: "Priya Raman", Alone: true, Left: true}
	lines := []pages.OfficeLine{
		{Title: "Privacy Officer", Cite: "45 CFR 164.530(a)(1)(i)", Required: true, Gap: 928, Gaps: []pages.Period{{From: at(2, 20, 17, 30), Until: at(3, 2, 0, 0)}}, Holders: []pages.OfficerRow{lena, before}},
		{Title: "Security Officer", Cite: "45 CFR 164.308(a)(2)", Required: true, Gap: 31900, Vacant: at(1, 5, 9, 0), Gaps: []pages.Period{{From: at(1, 5, 9, 0), Until: Now}}},
		{Title: "Deputy Privacy Officer"},
	}
	return []Story{
		{"governance", func(f ui.Frame) templ.Component {
			g := officer(f)
			g.Strips = []ui.Strip{{Tone: ui.Danger, Text: f.T("%s: nobody is designated.", f.T("Security Officer")), Link: f.T("See and mend it"), URL: "/governance"}}
			return pages.Officers(g, pages.OfficersPage{Lines: lines, MayDesignate: true})
		}},
		{"governance-ends", func(f ui.Frame) templ.Component {
			x := lines[0]
			x.Ends, x.Holders = Now.Add(240*time.Hour), []pages.OfficerRow{before}
			return pages.Officers(officer(f), pages.OfficersPage{Lines: []pages.OfficeLine{x}})
		}},
		{"governance-designate", func(f ui.Frame) templ.Component {
			form := ui.NewForm("function", "security_officer")
			form.Fail("document", "Say which document designates the person, as it is filed.")
			return pages.Designate(officer(f), pages.DesignatePage{Form: form, Functions: []ui.Option{{Value: "security_officer", Text: f.T("Security Officer")}}, People: []ui.Option{{Value: "s1", Text: "Lena Brandt"}}})
		}},
		{"governance-officer", func(f ui.Frame) templ.Component {
			return pages.Officer(officer(f), pages.OfficerPage{OfficerRow: lena, MayChange: true, Proved: true, Form: ui.NewForm("contact", lena.Contact)})
		}},
	}
}
