package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/program/kpi"
	"caseward/internal/program/kpi/sources"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// governanceStories are the pages about the officers: with gaps, while designating, one;
// and about the figures for leadership.
func governanceStories() []Story {
	lena := pages.OfficerRow{
		ID: "o1", Title: "Privacy Officer", Person: "Lena Brandt", PersonID: "s1", From: at(3, 2, 0, 0), Now: true, Document: "Board resolution 2026-14",
		Contact: "Room 4, 555-0100, privacy@eastside.example", By: "Wendell Okafor", Conflicts: "Wendell Okafor reviews what Lena Brandt opens.", Entered: at(3, 9, 10, 0),
	}
	earlier := pages.OfficerRow{ID: "o2", Title: "Privacy Officer", Person: "Priya Raman", PersonID: "s9", From: at(1, 5, 9, 0), Until: at(2, 20, 17, 30), Document: "Letter of January 5", Contact: "Front desk", By: "Priya Raman", Alone: true, Left: true}
	lines := []pages.OfficeLine{
		{Title: "Privacy Officer", Cite: "45 CFR 164.530(a)(1)(i)", Required: true, Gap: 928, Gaps: []pages.Period{{From: at(2, 20, 17, 30), Until: at(3, 2, 0, 0)}}, Holders: []pages.OfficerRow{lena, earlier}},
		{Title: "Security Officer", Cite: "45 CFR 164.308(a)(2)", Required: true, Gap: 31900, Vacant: at(1, 5, 9, 0), Gaps: []pages.Period{{From: at(1, 5, 9, 0), Until: Now}}},
		{Title: "Deputy Privacy Officer"},
	}
	month := kpi.Period{Name: "2026-11", From: at(11, 1, 0, 0), Until: at(12, 1, 0, 0)}
	before := kpi.Period{Name: "2026-10", From: at(10, 1, 0, 0), Until: at(11, 1, 0, 0)}
	quarter := kpi.Period{Name: "2026-Q3", From: at(7, 1, 0, 0), Until: at(10, 1, 0, 0)}
	all := sources.All(nil, nil, nil, nil)
	figure := func(i int, num, den, wasNum, wasDen int64, owner string) pages.FigureRow {
		return pages.FigureRow{Source: all[i], Owner: owner, Figure: kpi.Figure{Source: all[i].Code, Unit: all[i].Unit, Higher: all[i].Higher, Target: all[i].Target, Num: num, Den: den, WasNum: wasNum, WasDen: wasDen}}
	}
	rows := []pages.FigureRow{
		figure(0, 21, 24, 19, 24, "Lena Brandt"), figure(1, 46, 48, 47, 48, "Ruth Osei"), figure(2, 70, 72, 70, 72, "Lena Brandt"),
		figure(3, 251, 100, 0, 100, "Wendell Okafor"), figure(4, 5, 5, 0, 0, "Wendell Okafor"),
	}
	filed := []pages.FiledRow{
		{ID: "r3", Period: before, At: at(11, 6, 9, 30), By: "Lena Brandt", Replaces: "r2"},
		{ID: "r2", Period: before, At: at(11, 4, 16, 0), By: "Lena Brandt", Replaced: "r3"},
		{ID: "r1", Period: quarter, At: at(10, 8, 11, 0), By: "Wendell Okafor"},
	}
	return []Story{
		{"leadership", func(f ui.Frame) templ.Component {
			return pages.Figures(officer(f), pages.FiguresPage{Period: month, Until: Now, Set: true, Files: true, Rows: rows, Filed: filed, Due: []kpi.Due{
				{Period: kpi.Period{Name: "2026-09", From: at(9, 1, 0, 0), Until: at(10, 1, 0, 0)}, By: at(10, 16, 0, 0), Late: true}, {Period: before, By: at(11, 16, 0, 0)},
			}})
		}},
		{"leadership-unset", func(f ui.Frame) templ.Component {
			var bare []pages.FigureRow
			for i := range all {
				bare = append(bare, figure(i, 0, 0, 0, 0, ""))
			}
			return pages.Figures(officer(f), pages.FiguresPage{Period: month, Until: Now, Files: true, Rows: bare})
		}},
		{"leadership-filed", func(f ui.Frame) templ.Component {
			return pages.FiledReport(officer(f), pages.FiledPage{FiledRow: filed[0], Rows: rows, Files: true, Remarks: "Two people came back from leave without their course.\nThe Security Officer was away for two days and a half."})
		}},
		{"leadership-replaced", func(f ui.Frame) templ.Component {
			return pages.FiledReport(officer(f), pages.FiledPage{FiledRow: filed[1], Rows: rows[:2], Files: true})
		}},
		{"leadership-file", func(f ui.Frame) templ.Component {
			form := ui.NewForm("period", "2026-10", "remarks", "All is well.")
			form.Fail("period", "The report of this period is filed. Open it to file another in its place.")
			return pages.FileReport(officer(f), pages.FileReportPage{Form: form, Periods: []kpi.Period{before, quarter}})
		}},
		{"leadership-correct", func(f ui.Frame) templ.Component {
			return pages.FileReport(officer(f), pages.FileReportPage{Form: ui.NewForm("replaces", "r2"), Of: before})
		}},
		{"leadership-measures", func(f ui.Frame) templ.Component {
			form := ui.NewForm("use-standing.met", "yes", "target-standing.met", "100", "target-training.current", "most")
			form.Fail("owner-standing.met", "Choose somebody who works here.")
			form.Fail("target-training.current", "Give a whole number.")
			return pages.Measures(officer(f), pages.MeasuresPage{
				Form: form, Version: "2", Sources: all, People: []ui.Option{{Value: "s1", Text: "Lena Brandt · " + ui.RoleName(f.Lang, "privacy_officer")}},
				Cadences: []ui.Option{{Value: "monthly", Text: f.T("Every month")}, {Value: "quarterly", Text: f.T("Every quarter")}},
			})
		}},
		{"governance", func(f ui.Frame) templ.Component {
			g := officer(f)
			g.Strips = []ui.Strip{{Tone: ui.Danger, Text: f.T("%s: nobody is designated.", f.T("Security Officer")), Link: f.T("See and mend it"), URL: "/governance"}}
			return pages.Officers(g, pages.OfficersPage{Lines: lines, MayDesignate: true, Figures: true})
		}},
		{"governance-ends", func(f ui.Frame) templ.Component {
			x := lines[0]
			x.Ends, x.Holders = Now.Add(240*time.Hour), []pages.OfficerRow{earlier}
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
