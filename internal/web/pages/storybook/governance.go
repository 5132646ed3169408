package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/kpi/sources"
	"caseward/internal/prose"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// governanceStories are the pages about the officers: with gaps, while designating, one;
// about the figures for leadership; about the committee, and who answers for what.
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
	all := sources.All(nil, nil, nil, nil, nil)
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
	names := map[string]string{"w1": "Lena Brandt", "w2": "Wendell Okafor", "w3": "Ruth Osei"}
	chosen := []ui.Option{{Value: "w1", Text: "Lena Brandt"}, {Value: "w2", Text: "Wendell Okafor"}, {Value: "w3", Text: "Ruth Osei"}}
	held := governance.Meeting{
		State: governance.Filed, At: at(10, 12, 14, 0), Chair: "w2", Came: []string{"w1", "w2"}, Members: []string{"w1", "w2", "w3"}, Quorum: 2, FiledBy: "w2", FiledAt: at(10, 14, 9, 0),
		Agenda: "- Backups\n- The printer of the east office", Minutes: "Nobody could say **when a backup was last restored**.\n\nThe printer stands where visitors wait.",
	}
	held.Sum = held.Hash()
	decided := []governance.DecisionOpened{
		{Value: governance.Decision{Meeting: "m1", Held: held.At, What: "Restore a backup on a machine of its own, and write down how long it took", Owner: "w1", Due: at(11, 10, 0, 0), State: governance.Open}},
		{Value: governance.Decision{Meeting: "m1", Held: held.At, What: "Move the printer of the east office behind the counter", Owner: "w3", Due: at(12, 2, 0, 0), State: governance.Reported, On: at(11, 16, 0, 0), Steps: []governance.Step{
			{At: at(11, 10, 9, 0), By: "w3", State: governance.Reported, Words: "It is behind the counter."}, {At: at(11, 11, 9, 0), By: "w1", State: governance.Open, Words: "The cable lies across the door."}, {At: at(11, 16, 9, 0), By: "w3", State: governance.Reported, Words: "The cable is under the floor."},
		}}},
		{Value: governance.Decision{Meeting: "m1", What: "Ask the landlord about the cellar door", Owner: "w2", Due: at(9, 2, 0, 0), State: governance.Dropped}},
	}
	few := held
	few.Came, few.At = held.Came[:1], at(7, 3, 14, 0)
	seated := governance.Overview{
		Version: 2, Decisions: decided, Next: governance.Next{Due: at(11, 1, 0, 0), Late: true},
		Committee: governance.Committee{Name: "Compliance committee", Chair: "w2", Quorum: 2, Months: 3, Seats: []governance.Seat{{Voice: governance.PrivacyVoice, Worker: "w1"}, {Voice: governance.SecurityVoice, Worker: "w2"}, {Voice: governance.CareVoice, Worker: "w3"}}},
		Meetings:  []governance.MeetingOpened{{Value: governance.Meeting{State: "draft", At: at(12, 3, 9, 0)}}, {Value: held}, {Value: few}},
	}
	var answered []governance.Standing
	for i, d := range governance.Proposed() {
		x := governance.Standing{Duty: d, Holders: []string{"w1"}}
		switch i {
		case 2:
			x.Holders, x.Vacant = nil, true
		case 6:
			x.Accountable = []governance.Party{governance.PartyOf("w2")}
		case 9:
			x.Accountable, x.Several = []governance.Party{governance.ManagerParty}, true
		}
		answered = append(answered, x)
	}
	offices := func(f ui.Frame) (out []ui.Option) {
		for _, o := range governance.Offices() {
			out = append(out, ui.Option{Value: string(o), Text: f.T(o.English())})
		}
		return out
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
			return pages.Officers(g, pages.OfficersPage{Lines: lines, MayDesignate: true, Figures: true, Sanctions: true})
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
		{"committee", func(f ui.Frame) templ.Component {
			return pages.Committee(officer(f), pages.CommitteePage{Overview: seated, Names: names, Left: map[string]bool{"w3": true}, SetsUp: true, Meets: true, Sees: true, Charter: true})
		}},
		{"committee-none", func(f ui.Frame) templ.Component {
			return pages.Committee(officer(f), pages.CommitteePage{SetsUp: true, Sees: true, Starters: true})
		}},
		{"committee-set", func(f ui.Frame) templ.Component {
			form := ui.NewForm("name", "Compliance committee", "seat-privacy", "w1", "quorum", "two", "months", "3")
			form.Fail("chair", "Choose one of the members.")
			form.Fail("quorum", "Give a number from 2 to that of the members.")
			return pages.SetCommittee(officer(f), pages.SetCommitteePage{Form: form, Version: "1", People: chosen})
		}},
		{"committee-call", func(f ui.Frame) templ.Component {
			form := ui.NewForm("at", "09:00")
			form.Fail("on", "Choose a day.")
			return pages.WriteMeeting(officer(f), pages.MeetingPage{Form: form})
		}},
		{"committee-minutes", func(f ui.Frame) templ.Component {
			form := ui.NewForm("on", "2026-11-12", "at", "14:00", "agenda", "- Backups\n- The printer", "came", "w1", "came", "w2", "what-1", "Restore a backup on a machine of its own", "owner-1", "w2")
			form.Fail("minutes", "Write down what was said.")
			form.Fail("due-1", "Choose a day after the meeting.")
			return pages.WriteMeeting(officer(f), pages.MeetingPage{Form: form, ID: "m2", Version: "3", Rows: 3, Files: true, Members: chosen, People: chosen})
		}},
		{"committee-correct", func(f ui.Frame) templ.Component {
			form := ui.NewForm("on", "2026-10-12", "at", "14:00", "agenda", "- Backups", "minutes", "All is well.", "came", "w1")
			form.Fail("why", "Say what was wrong with the minutes that these replace.")
			return pages.WriteMeeting(officer(f), pages.MeetingPage{Form: form, ID: "m1", Correct: true, Rows: 3, Files: true, Members: chosen, People: chosen})
		}},
		{"committee-filed", func(f ui.Frame) templ.Component {
			return pages.FiledMeeting(officer(f), pages.FiledMeetingPage{ID: "m1", Meeting: held, Names: names, Decisions: decided, Replaced: "m3", Agenda: prose.Parse(held.Agenda).HTML(nil), Minutes: prose.Parse(held.Minutes).HTML(nil)})
		}},
		{"committee-touched", func(f ui.Frame) templ.Component {
			x := held
			x.Minutes, x.Replaces, x.Why, x.Came = "All is well.", "m1", "Who came was wrong.", x.Came[:1]
			return pages.FiledMeeting(officer(f), pages.FiledMeetingPage{ID: "m3", Meeting: x, Names: names, Corrects: true, Agenda: prose.Parse(x.Agenda).HTML(nil), Minutes: prose.Parse(x.Minutes).HTML(nil)})
		}},
		{"committee-decision", func(f ui.Frame) templ.Component {
			form := ui.NewForm("on", "2026-11-20")
			form.Fail("words", "Say in a sentence what was done, or why it should be dropped.")
			return pages.CommitteeDecision(officer(f), pages.DecisionPage{Form: form, ID: "d1", Version: "1", Decision: decided[0].Value, Names: names, Owns: true, Minutes: true})
		}},
		{"committee-decision-reported", func(f ui.Frame) templ.Component {
			return pages.CommitteeDecision(officer(f), pages.DecisionPage{ID: "d2", Version: "4", Decision: decided[1].Value, Names: names, Settles: true, Minutes: true})
		}},
		{"committee-decision-over", func(f ui.Frame) templ.Component {
			x := decided[1].Value
			x.State, x.Alone = governance.Done, true
			return pages.CommitteeDecision(officer(f), pages.DecisionPage{ID: "d2", Version: "5", Decision: x, Names: names})
		}},
		{"raci", func(f ui.Frame) templ.Component {
			return pages.Duties(officer(f), pages.DutiesPage{Duties: governance.Duties{Rows: answered, Version: 3, At: at(11, 2, 9, 0), By: "w1", Changes: []time.Time{at(11, 2, 9, 0), at(3, 2, 9, 0)}}, Days: []time.Time{at(11, 2, 9, 0), at(3, 2, 9, 0)}, Names: names, Answers: true})
		}},
		{"raci-past", func(f ui.Frame) templ.Component {
			return pages.Duties(officer(f), pages.DutiesPage{Duties: governance.Duties{Rows: answered[:4], Version: 1, At: at(3, 2, 9, 0), By: "w1", Past: true}, On: "2026-04-01", Names: names, Answers: true})
		}},
		{"raci-proposed", func(f ui.Frame) templ.Component {
			return pages.Duties(officer(f), pages.DutiesPage{Duties: governance.Duties{Rows: answered}, Names: names, Answers: true})
		}},
		{"raci-change", func(f ui.Frame) templ.Component {
			form := ui.NewForm("responsible", "supervisor", "consulted", "privacy_officer")
			form.Fail("accountable", "Choose exactly one who is accountable.")
			return pages.Duty(officer(f), pages.DutyPage{Form: form, Process: governance.Sanctions, Version: "3", Offices: offices(f), People: chosen})
		}},
		{"governance-officer", func(f ui.Frame) templ.Component {
			return pages.Officer(officer(f), pages.OfficerPage{OfficerRow: lena, MayChange: true, Proved: true, Form: ui.NewForm("contact", lena.Contact)})
		}},
	}
}
