package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/phi"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

var (
	safety  = ui.Badge{Tone: ui.Danger, Icon: "shield-alert", Text: text("Safety plan"), Detail: text("Keep address and visits private.")}
	spanish = ui.Badge{Tone: ui.Note, Icon: "languages", Text: text("Spanish"), Detail: text("Interpreter for signatures.")}
	part2   = ui.Badge{Tone: ui.Special, Icon: "lock-keyhole", Text: text("Part 2"), Detail: text("Consent needed to share treatment.")}
)

// Stories lists every page, in more than one state where it has one.
func Stories() []Story {
	return []Story{
		{"caseload", func(f ui.Frame) templ.Component { return pages.Caseload(f, caseload(f)) }},
		{"caseload-empty", func(f ui.Frame) templ.Component {
			p := caseload(f)
			p.Rows, p.Name, p.Filtered = nil, text("zzzz"), true
			return pages.Caseload(f, p)
		}},
		{"chart-notes", func(f ui.Frame) templ.Component { return pages.Notes(f, notes(f)) }},
		{"chart-notes-errors", func(f ui.Frame) templ.Component {
			p := notes(f)
			form := ui.NewForm("on", "2026-11-20", "minutes", "abc", "goal", "housing")
			form.Fail("type", "Choose how you connected")
			form.Fail("minutes", "Enter minutes as a number from 1 to 600")
			form.Fail("text", "Write what happened, in at least a sentence")
			p.Composer.Form = form
			return pages.Notes(f, p)
		}},
	}
}

func client(id, name, number string) ui.Client {
	return ui.Client{ID: id, Name: text(name), Number: text(number)}
}

func caseload(f ui.Frame) pages.CaseloadPage {
	row := func(id, name, number string, y, m, d int, program string, level int, word string, last int, how, next string, due int, flags ...ui.Badge) pages.CaseloadRow {
		return pages.CaseloadRow{Client: client(id, name, number), Birth: phi.NewDate(y, m, d), Program: text(program), Level: level, LevelWord: text(f.T(word)),
			LastContact: day(-last), LastHow: text(how), Next: text(next), NextOn: day(due), Flags: flags, MayWrite: true}
	}
	return pages.CaseloadPage{
		Summary: f.T("Six contacts are overdue and one is due today."),
		Tiles: []ui.TileFact{
			{Count: 7, Title: f.T("Overdue or due today"), Detail: f.T("Oldest is 6 days late"), Tone: ui.Danger, URL: "/caseload?view=due"},
			{Count: 14, Title: f.T("Due in 7 days"), Detail: f.T("5 are home visits"), Tone: ui.Warning, URL: "/caseload?view=week"},
			{Count: 3, Title: f.T("Notes to sign"), Detail: f.T("Oldest from Wednesday"), URL: "/caseload?view=drafts"},
			{Count: 4, Title: f.T("New to you"), Detail: f.T("Assigned in the last 14 days"), URL: "/caseload?view=new"},
		},
		Views: []ui.Tab{
			{Text: f.T("All"), URL: "/caseload", Count: 38, Current: true}, {Text: f.T("Needs attention"), URL: "/caseload?view=due", Count: 7},
			{Text: f.T("Due this week"), URL: "/caseload?view=week", Count: 14}, {Text: f.T("Notes to sign"), URL: "/caseload?view=drafts", Count: 3},
			{Text: f.T("New"), URL: "/caseload?view=new", Count: 4},
		},
		Programs: []ui.Option{{Text: f.T("All programs")}, {Value: "recovery", Text: "Recovery support"}, {Value: "reentry", Text: "Re-entry"}},
		Statuses: []ui.Option{{Text: f.T("Any status")}, {Value: "open", Text: f.T("Open")}, {Value: "closed", Text: f.T("Closed")}},
		Sort:     "due",
		Sorts:    []ui.Option{{Value: "due", Text: f.T("Next due")}, {Value: "name", Text: f.T("Name")}, {Value: "contact", Text: f.T("Last contact")}},
		Rows: []pages.CaseloadRow{
			row("c1", "Pruitt, Walter", "C-20750", 1955, 3, 2, "Re-entry", 2, "Standard", 32, "Phone call", "Consent renewal", -6),
			row("c2", "Tanaka, Yuki", "C-21083", 1960, 7, 19, "Behavioral health", 3, "High", 29, "Office visit", "Plan review", -4),
			row("c3", "Ibáñez, Marisol", "C-20417", 1987, 3, 11, "Recovery support", 3, "High", 31, "Home visit", "Monthly contact", -3, safety, spanish, part2),
			row("c4", "Cardenas, Noemi", "C-21416", 1965, 1, 30, "Recovery support", 4, "Intensive", 26, "Home visit", "Court report", -3, spanish, part2),
			row("c5", "Hensley, Roy", "C-20988", 1972, 9, 4, "Housing first", 3, "High", 22, "Phone call", "Home visit", -1),
			row("c6", "Okafor, Chidi", "C-21502", 1990, 12, 12, "Housing first", 1, "Light", 18, "Message", "Monthly contact", 0),
			row("c7", "Nguyễn, Thảo", "C-21377", 1998, 5, 23, "Youth services", 2, "Standard", 9, "Office visit", "SNAP recertification", 3, ui.Badge{Tone: ui.Note, Icon: "languages", Text: text("Vietnamese")}),
			row("c8", "Whitfield, Dana", "C-20119", 1981, 2, 17, "Re-entry", 2, "Standard", 5, "Home visit", "Plan review", 12),
			row("c9", "Álvarez, Inés", "C-21640", 2003, 8, 8, "Youth services", 1, "Light", 1, "Phone call", "", 0, safety),
		},
		Total: 38, Older: "/caseload?after=c9", MayAddClient: true,
	}
}

func chart() pages.Chart {
	return pages.Chart{
		Client: client("c3", "Ibáñez, Marisol", "C-20417"), Name: text("Marisol Ibáñez"), Preferred: text("Mari"), Initials: text("MI"),
		Birth: phi.NewDate(1987, 3, 11), Pronouns: text("she/her"), Language: text("Spanish"), Program: text("Recovery support"),
		Phone:    text("(555) 555-0148, text only"),
		Alerts:   []ui.Badge{safety, part2, spanish},
		Counts:   map[pages.ChartTab]int{pages.NotesTab: 41, pages.PlanTab: 3, pages.Documents: 12},
		MayWrite: true, MayEdit: true,
	}
}

func nextUp() []pages.NextUp {
	return []pages.NextUp{
		{On: day(-3), Title: text("Monthly contact"), Detail: text("Two attempts so far"), URL: "/clients/c3/notes#compose"},
		{On: day(6), Title: text("Care plan review"), Detail: text("Needs client signature"), URL: "/clients/c3/plan"},
		{On: day(10), Title: text("SNAP recertification"), Detail: text("Paystubs uploaded"), URL: "/clients/c3/documents"},
	}
}

func goals() []pages.Goal {
	return []pages.Goal{
		{Title: text("Stable housing"), Detail: text("Heat repair promised by Dec 1"), Done: 3, Of: 5, State: "In progress"},
		{Title: text("Recovery supports"), Detail: text("Weekly group, four of four"), Done: 4, Of: 4, State: "Completed"},
		{Title: text("Benefits and income"), Detail: text("SNAP packet in progress"), Done: 1, Of: 3, State: "In progress"},
	}
}

func seen() []pages.SeenBy {
	return []pages.SeenBy{
		{StaffID: "s1", Name: "Jordan Avery", Role: "Case manager", You: true, Times: 9, Last: at(11, 20, 9, 38), First: at(1, 12, 10, 2), Relation: "assigned"},
		{StaffID: "s2", Name: "Ruth Osei, LCSW", Role: "Clinician", Times: 2, Last: at(11, 17, 15, 4), First: at(3, 2, 9, 0), Relation: "care_team"},
		{StaffID: "s3", Name: "Devon Brooks", Role: "Supervisor", Times: 1, Last: at(11, 16, 8, 20), First: at(2, 4, 13, 45), Relation: "supervises"},
	}
}

func timeline() []pages.TimelineItem {
	return []pages.TimelineItem{
		{ID: "n1", Type: "phone", Title: text("Outbound call, no answer"), Body: text("Called the number on file at 2:40 pm. Client has asked for no voicemail, so none was left. Will try again Friday morning before her shift."),
			At: at(11, 18, 14, 40), Minutes: 5, Author: "Jordan Avery", State: pages.Draft, SignBy: at(11, 21, 0, 0), Goals: texts("Stable housing"), MaySign: true},
		{ID: "n2", Type: "coordination", Title: text("Landlord and Eastside Legal Aid conference"), Body: text("Joined a call with Eastside Legal Aid about the repair notice. Landlord agreed to finish the heating repair by Dec 1 and to hold the late fee. Legal Aid will send the signed letter for the file. Only tenancy facts were shared; no treatment information."),
			At: at(11, 11, 10, 40), Minutes: 35, Author: "Jordan Avery", State: pages.Signed, Goals: texts("Stable housing"), MayAdd: true, Addenda: 1},
		{Type: "case", Event: true, Title: text("Ruth Osei joined the care team"), Body: text("Added by Devon Brooks, supervisor. From Nov 4, with no end date."), At: at(11, 4, 11, 40)},
		{ID: "n3", Type: "office", At: at(10, 31, 12, 40), Minutes: 50, Author: "Ruth Osei, LCSW", Hidden: ui.Hidden{Class: "psychotherapy", Why: "/why?client=c3&class=psychotherapy"}},
		{ID: "n4", Type: "home", Title: text("Monthly home visit with interpreter"), Body: text("Met Mari and her sister at home. Apartment is clean and warm apart from the back bedroom, where the radiator is off. She has attended group every week this month and is proud of it. Wants help to recertify SNAP before Nov 30. Reviewed the safety plan together; no changes."),
			At: at(10, 20, 11, 40), Minutes: 60, Author: "Jordan Avery", State: pages.Signed, Goals: texts("Recovery supports"), MayAdd: true},
	}
}

func notes(f ui.Frame) pages.NotesPage {
	return pages.NotesPage{
		Chart: chart(),
		Composer: &pages.NoteForm{ClientID: "c3", Saved: at(11, 20, 9, 38), Draft: "d1", Version: "1", MayRestrict: true, Form: ui.NewForm("on", "2026-11-20", "goal", "housing"),
			Goals: []ui.Option{{Text: f.T("No goal")}, {Value: "housing", Text: "Stable housing"}, {Value: "recovery", Text: "Recovery supports"}}},
		Kinds: []ui.Tab{{Text: f.T("All"), URL: "/clients/c3/notes", Current: true}, {Text: f.T("Notes"), URL: "/clients/c3/notes?kind=note"}, {Text: f.T("Events"), URL: "/clients/c3/notes?kind=event"}},
		Items: timeline(), Older: "/clients/c3/notes?after=n4", Next: nextUp(), Goals: goals(), Seen: seen(),
	}
}
