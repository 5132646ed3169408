package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

var (
	walter  = ui.Client{ID: "c2", Name: text("Pruitt, Walter"), Number: text("C-20750")}
	marisol = ui.Client{ID: "c1", Name: text("Ibáñez, Marisol"), Number: text("C-20417")}
)

func dueRows(f ui.Frame) []pages.DueRow {
	return []pages.DueRow{
		{Client: walter, What: f.T("Contact"), Title: text("Monthly contact"), On: at(11, 14, 0, 0), Path: "/clients/c2", Log: "/clients/c2/notes"},
		{Client: marisol, What: f.T("Task"), Title: text("Ask the landlord about the boiler."), On: at(11, 18, 0, 0), High: true, Path: "/clients/c1/tasks/t1", Log: "/clients/c1/notes", Task: "t1", Version: 2, MayDo: true},
		{Gone: true, What: f.T("Task"), On: at(11, 19, 0, 0), Hidden: ui.Hidden{Class: "note", Why: "/why"}, Path: "/today", Task: "t2", Version: 1, MayBack: true},
		{What: f.T("Task"), Title: text("Order bus passes."), On: at(11, 20, 0, 0), At: "16:00", Path: "/tasks/t3", Task: "t3", Version: 1, MayDo: true},
	}
}

func meetings() []pages.MeetingRow {
	return []pages.MeetingRow{
		{ID: "a1", Client: marisol, Start: at(11, 20, 9, 30), End: at(11, 20, 10, 15), Type: "home", Status: "planned", Purpose: text("Look at the rooms"), Worker: "Jordan Avery", Path: "/clients/c1/appointments/a1", Overlap: true},
		{ID: "a2", Client: walter, Start: at(11, 20, 10, 0), End: at(11, 20, 10, 30), Type: "office", Status: "planned", Worker: "Jordan Avery", With: "Priya Raman", Path: "/clients/c2/appointments/a2", Overlap: true},
		{ID: "a3", Start: at(11, 20, 14, 0), End: at(11, 20, 15, 0), Type: "court", Status: "no_show", Worker: "Jordan Avery"},
	}
}

func calendarWeek() pages.CalendarPage {
	p := pages.CalendarPage{View: "week", On: at(11, 20, 0, 0), Title: "Nov 15, 2026", Earlier: "?on=2026-11-13", Later: "?on=2026-11-27", Today: "?on=2026-11-20", Total: 3, MayAdd: true,
		Views: []ui.Tab{{Text: "1", URL: "?view=day"}, {Text: "7", URL: "?view=week", Current: true}}}
	for i := range 7 {
		d := pages.CalendarDay{On: at(11, 15+i, 0, 0)}
		if i == 5 {
			d.Rows = meetings()
		}
		p.Days = append(p.Days, d)
	}
	return p
}

func todayStories() []Story {
	workers := []ui.Option{{Value: "s1", Text: "Jordan Avery"}, {Value: "s2", Text: "Priya Raman"}}
	return []Story{
		{"today", func(f ui.Frame) templ.Component {
			rows := dueRows(f)
			return pages.Today(f, pages.TodayPage{Late: rows[:3], Today: rows[3:], Owed: owedRows(f), OwedAll: 7, Meetings: meetings(), Quick: ui.NewForm("due", "2026-11-20"), Clients: []ui.Option{{Text: f.T("No client")}, {Value: "c1", Text: "Ibáñez, Marisol"}},
				Tiles: []ui.TileFact{{Count: 3, Title: f.T("Late"), Detail: f.T("Nothing is late"), Tone: ui.Danger, URL: "#late"}, {Count: 1, Title: f.T("Today"), URL: "#due-today"}}})
		}},
		{"today-cut", func(f ui.Frame) templ.Component {
			return pages.Today(f, pages.TodayPage{Late: dueRows(f), Cut: true})
		}},
		{"today-empty", func(f ui.Frame) templ.Component { return pages.Today(f, pages.TodayPage{}) }},
		{"tasks", func(f ui.Frame) templ.Component {
			p := pages.TasksPage{State: "open", Total: 4, Views: []ui.Tab{{Text: f.T("Tasks"), URL: "/tasks", Current: true}}}
			for _, r := range dueRows(f)[1:] {
				p.Rows = append(p.Rows, pages.TaskRow{DueRow: r, State: "open"})
			}
			return pages.Tasks(f, p)
		}},
		{"task-merged", func(f ui.Frame) templ.Component {
			m := ui.Merge(ui.NewForm("was.what", "Ask", "what", "Ask the landlord", "was.due", "2026-11-20", "due", "2026-11-20"), ui.NewForm("what", "Ask the owner", "due", "2026-11-21"), "what", "due")
			m.By, m.At = "Priya Raman", at(11, 20, 9, 12)
			return pages.Task(f, pages.TaskPage{Client: marisol, ID: "t1", Version: 3, Form: m.Form, Merged: &m, Owners: workers, Owner: "Jordan Avery", GivenBy: "Priya Raman", MadeBy: "Priya Raman", Made: at(11, 16, 9, 0), State: "open", On: at(11, 21, 0, 0), May: true, MayBack: true,
				Times: []pages.TaskTime{{On: at(11, 13, 0, 0), At: at(11, 13, 15, 2), By: "Jordan Avery"}}})
		}},
		{"task-dropped", func(f ui.Frame) templ.Component {
			return pages.Task(f, pages.TaskPage{ID: "t3", Version: 2, Form: ui.NewForm("what", "Order bus passes."), State: "dropped", Why: text("They came by mail."), Owner: "Jordan Avery", MadeBy: "Jordan Avery", Made: at(11, 16, 9, 0), ClosedBy: "Jordan Avery", Closed: at(11, 18, 9, 0), May: true})
		}},
		{"calendar-week", func(f ui.Frame) templ.Component { return pages.Calendar(f, calendarWeek()) }},
		{"calendar-day", func(f ui.Frame) templ.Component {
			p := calendarWeek()
			p.View, p.Many, p.Incomplete = "day", true, true
			p.Days = p.Days[5:6]
			return pages.Calendar(f, p)
		}},
		{"appointment-closed", func(f ui.Frame) templ.Component {
			return pages.Appointment(f, pages.AppointmentPage{Client: walter, ID: "a2", Version: 2, Meeting: pages.MeetingRow{Start: at(11, 20, 10, 0), End: at(11, 20, 10, 30), Type: "office", Status: "cancelled", Worker: "Jordan Avery"},
				By: "client", Why: text("Has a cold."), ClosedBy: "Jordan Avery", Closed: at(11, 19, 16, 0)})
		}},
		{"appointment-overtaken", func(f ui.Frame) templ.Component {
			return pages.Appointment(f, pages.AppointmentPage{Client: walter, ID: "a2", Version: 2, Meeting: pages.MeetingRow{Start: at(11, 20, 10, 0), End: at(11, 20, 10, 30), Type: "office", Status: "cancelled", Worker: "Jordan Avery"},
				Form: ui.NewForm("type", "office", "on", "2026-11-24", "at", "10:00", "minutes", "30", "purpose", "The move"), Workers: workers, May: true, Overtaken: true, By: "client", Why: text("Has a cold."), ClosedBy: "Jordan Avery", Closed: at(11, 19, 16, 0)})
		}},
		{"appointment-mind", func(f ui.Frame) templ.Component {
			return pages.Appointment(f, pages.AppointmentPage{Client: marisol, ID: "a1", Version: 1, Meeting: meetings()[0], Form: ui.NewForm("type", "home", "on", "2026-11-20", "at", "09:30", "minutes", "45", "reminder", "call"), Workers: workers, May: true, MayClose: true, Series: true, Rest: meetings()[1:2], RestBy: "Priya Raman", RestAt: at(11, 20, 8, 40), Reminder: "call",
				Cautions: []string{pages.CautionName(f.Lang, "texts_only"), pages.CautionName(f.Lang, "keep_private")}, Holds: map[string]string{"call": pages.CautionName(f.Lang, "texts_only")}})
		}},
		{"notices", func(f ui.Frame) templ.Component {
			return pages.Notices(f, pages.NoticesPage{Views: []ui.Tab{{Text: f.T("Not seen"), URL: "/notices", Count: 3, Current: true}}, MayAll: true, Rows: []pages.NoticeRow{
				{ID: "n1", What: pages.NoticeName(f.Lang, "task_given"), By: "Priya Raman", At: at(11, 20, 8, 40), Client: marisol}, {ID: "n2", What: pages.NoticeName(f.Lang, "appointment_booked"), By: "Priya Raman", At: at(11, 19, 8, 40), Seen: true},
				{ID: "n4", What: pages.NoticeSays(f.Lang, "access.planned", pages.NoticeAbout{From: at(12, 7, 0, 0)}), By: "Ada Vell", At: at(11, 19, 8, 30), Agency: true},
				{ID: "n3", What: pages.NoticeSays(f.Lang, "coverage.yours", pages.NoticeAbout{Whom: "Jordan Avery", From: at(11, 23, 0, 0), Until: at(11, 27, 23, 59)}), By: "Priya Raman", At: at(11, 19, 8, 0), Agency: true},
			}})
		}},
		{"notices-empty", func(f ui.Frame) templ.Component {
			return pages.Notices(f, pages.NoticesPage{Views: []ui.Tab{{Text: f.T("Not seen"), URL: "/notices", Current: true}}})
		}},
		{"feed", func(f ui.Frame) templ.Component {
			return pages.CalendarFeed(f, pages.FeedPage{Made: at(11, 20, 9, 0), Link: "https://cases.example.org/calendar/feed/0123456789abcdefghjkmnpqrstvwxyz0123456789abcdefghjk.ics"})
		}},
	}
}
