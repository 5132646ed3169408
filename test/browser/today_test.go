package browser_test

import (
	"strings"
	"testing"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// TestTodayPages looks at the pages of the day, with the demonstration's week in
// them.
func TestTodayPages(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	task := h.find(h.get(dana, "/tasks"), `href="(/clients/[0-9a-z]{26}/tasks/[0-9a-z]{26})"`)
	meeting := h.find(h.get(dana, "/calendar?view=week"), `href="(/clients/[0-9a-z]{26}/appointments/[0-9a-z]{26})"`)
	for _, p := range []struct {
		name, who, path string
		post            []string
	}{
		{"today", dana, "/today", nil},
		{"today-errors", dana, "/tasks", []string{"next", "/today", "what", "", "due", ""}},
		{"today-team", denise, "/today?whose=team", nil},
		{"today-intake", paloma, "/today", nil},
		{"today-manager", leandro, "/today", nil},
		{"tasks", dana, "/tasks", nil},
		{"tasks-done", dana, "/tasks?view=done", nil},
		{"task", dana, task, nil},
		{"task-drop-error", dana, "/tasks/" + task[strings.LastIndex(task, "/")+1:] + "/drop", []string{"version", "1", "why", ""}},
		{"task-new", dana, chart + "/tasks/new", nil},
		{"task-new-any", dana, "/tasks/new", nil},
		{"task-new-errors", dana, chart + "/tasks", []string{"what", "", "every", "x"}},
		{"calendar-week", dana, "/calendar", nil},
		{"calendar-month", dana, "/calendar?view=month", nil},
		{"calendar-day", dana, "/calendar?view=day", nil},
		{"calendar-team", denise, "/calendar?whose=team", nil},
		{"calendar-intake", paloma, "/calendar", nil},
		{"appointment", dana, meeting, nil},
		{"appointment-new", dana, chart + "/appointments/new", nil},
		{"appointment-errors", dana, chart + "/appointments", []string{"type", "", "minutes", "two", "at", ""}},
		{"appointment-intake", paloma, chart + "/appointments/new", nil},
		{"appointment-pick", dana, "/calendar/new", nil},
		{"notices", dana, "/notices", nil},
		{"notices-all", dana, "/notices?view=all", nil},
		{"feed", dana, "/account/calendar", nil},
		{"feed-made", dana, "/account/calendar", []string{}},
		{"chart-next", dana, chart, nil},
	} {
		if !strings.Contains(p.name, only) {
			continue
		}
		h.be(t, p.who)
		t.Run(p.name, func(t *testing.T) {
			h.b.Look(t, browser.Desk)
			h.b.Complaints()
			h.open(t, p.path, p.post)
			looks(t, h.b, p.name, browser.Desk, browser.Dark, browser.Phone)
			h.quiet(t)
			if strings.Contains(h.words(t), "%!") {
				t.Error("a text and its values do not fit")
			}
		})
	}
	h.b.Look(t, browser.Desk)
}

// TestTodayJobs does the jobs of the day in every way.
func TestTodayJobs(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	t.Run("a task is added, put off and done from the day", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, "/today")
			w.says(t, "Late", "Due today", "Next 7 days", "Appointments today")
			w.fill(t, "#what", "Water the plants, "+w.name)
			w.fill(t, "#due", "2026-11-20")
			w.press(t, `form[action="/tasks"] button`)
			w.says(t, "Task added.")
			w.see(t, "Water the plants, "+w.name)
			w.press(t, `section:has(#due-today) form[action$="/snooze"] button`)
			w.says(t, "Put off by a day.")
			w.press(t, `section:has(#next) form[action$="/done"] button`)
			w.says(t, "Done. It stands under Tasks, Done; one that repeats is due again on its next day.")
			w.at(t, "/today")
		})
	})
	t.Run("what is wrong with a task is said, and what was typed is kept", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, "/tasks/new")
			w.fill(t, "#due", "2026-11-24")
			w.fill(t, "#every", "400")
			w.press(t, `form[action="/tasks"] button.primary`)
			w.says(t, "Write what is to be done.", "Repeat it every 1 to 365 days, weeks or months.")
			if !w.is(t, `document.querySelector('#due').value === '2026-11-24' && document.querySelector('#every').value === '400'`) {
				t.Error("what was typed is gone")
			}
		})
	})
	t.Run("an appointment is booked, and stands in the calendar with a word about what it overlaps", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/appointments/new")
			w.mark(t, "type", "home")
			w.fill(t, "#on", "2026-12-16")
			w.fill(t, "#at", "10:00")
			w.fill(t, "#minutes", "60")
			w.fill(t, "#purpose", "Look at the rooms, "+w.name)
			w.press(t, `form[action$="/appointments"] button.primary`)
			w.see(t, "Look at the rooms, "+w.name)
			w.says(t, "Planned", "At home")
		})
		h.as(t, dana, ui.English)
		h.goTo(t, "/calendar?view=day&on=2026-12-16")
		h.see(t, "Overlaps")
	})
	t.Run("of a series, one and all that follow are changed, or what a colleague made of them is shown first", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/appointments/new")
			w.mark(t, "type", "office")
			w.fill(t, "#on", "2027-01-12")
			w.fill(t, "#at", "10:00")
			w.fill(t, "#minutes", "60")
			w.fill(t, "#purpose", "Read together, "+w.name)
			w.fill(t, "#weeks", "3")
			w.press(t, `form[action$="/appointments"] button.primary`)
			w.see(t, "Read together, "+w.name)
			day := h.get(dana, "/calendar?view=day&on=2027-01-12")
			at := day[:strings.Index(day, "Read together, "+w.name)]
			path := at[strings.LastIndex(at, `href="/clients/`)+6:]
			path = path[:strings.Index(path, `"`)]
			w.goTo(t, path)
			w.says(t, "Those that follow")
			third := h.find(h.get(dana, path), `(?s)id="rest".*href="(/clients/[0-9a-z]{26}/appointments/[0-9a-z]{26})"`)
			w.fill(t, "#at", "13:00")
			w.mark(t, "series", "yes")
			worker, _, _ := h.app.Directory.ByMail(ctx, dana)
			h.post(dana, third, "version", "1", "on", "2027-01-27", "at", "10:00", "minutes", "60", "type", "office", "worker", worker, "purpose", "Read together, "+w.name)
			w.press(t, "#save")
			w.says(t, "Nothing you wrote is lost and nothing is saved yet. Those that follow are listed as they are now: look at them, then save again.")
			if !w.is(t, `document.querySelector('#at').value === '13:00' && document.querySelector('#series').checked`) {
				t.Error("what was typed is lost")
			}
			w.press(t, "#save")
			for _, on := range []string{"2027-01-12", "2027-01-19", "2027-01-27"} {
				w.goTo(t, "/calendar?view=day&on="+on)
				w.see(t, "Read together, "+w.name)
				w.says(t, "Planned")
			}
			w.goTo(t, third)
			if !w.is(t, `document.querySelector('#on').value === '2027-01-27' && document.querySelector('#at').value === '13:00'`) {
				t.Error("one that follows is at another time")
			}
		})
	})
	t.Run("an appointment that came about leads to its note, with type and time filled in", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/appointments/new")
			w.mark(t, "type", "video")
			w.fill(t, "#on", "2026-11-18")
			w.fill(t, "#at", "09:00")
			w.fill(t, "#minutes", "25")
			w.press(t, `form[action$="/appointments"] button.primary`)
			w.press(t, `tbody th a.name`)
			w.press(t, `form[action$="/keep"] button`)
			w.says(t, "Kept. Write what happened while you remember it.")
			if !w.is(t, `document.querySelector('[name=type][value=video]').checked && document.querySelector('#minutes').value === '25' && document.querySelector('#on').value === '2026-11-18'`) {
				t.Error("the note is not filled in")
			}
			// One who did not come is reached out to.
			w.goTo(t, "/calendar?view=day&on=2026-11-18")
			w.press(t, `tbody th a.name`)
			w.press(t, `form[action$="/miss"] button`)
			w.says(t, "Recorded as a no-show. Plan how you reach out.")
			w.press(t, `form[action$="/tasks"] button.primary`)
			w.says(t, "Task added.")
		})
	})
	t.Run("a notice leads to what it tells of, and was seen then", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			worker, _, _ := h.app.Directory.ByMail(ctx, dana)
			h.post(denise, chart+"/tasks", "what", "Ask about "+w.name, "due", "2026-11-25", "owner", worker)
			w.goTo(t, "/today")
			w.press(t, `a.bell`)
			w.says(t, "A colleague gave you a task.")
			w.press(t, `.notices form[action$="/open"] button`)
			if !w.is(t, `document.querySelector('#what').value === `+quote("Ask about "+w.name)) {
				t.Error("the notice leads elsewhere, to", w.here(t))
			}
			w.goTo(t, "/notices")
			if strings.Contains(h.get(dana, "/notices"), "not seen yet") && w.name == ways[0].name {
				w.press(t, `form[action="/notices/seen"] button`)
				w.says(t, "You have seen everything")
			}
		})
	})
	t.Run("two who change one task at once see both, and lose nothing", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			h.post(dana, chart+"/tasks", "what", "Both of us, "+w.name, "due", "2026-11-26")
			list := h.get(dana, "/tasks")
			at := list[:strings.Index(list, "Both of us, "+w.name)]
			path := at[strings.LastIndex(at, `href="`)+6:]
			path = path[:strings.Index(path, `"`)]
			w.goTo(t, path)
			w.fill(t, "#what", "Mine, "+w.name)
			h.post(denise, path, "version", "1", "what", "Hers, "+w.name, "due", "2026-11-27")
			w.press(t, "#save")
			w.see(t, "Hers, "+w.name, "Denise Whitcombe")
			w.says(t, "Nothing you wrote is lost and nothing is saved yet. Look at both, then save again.")
			if !w.is(t, `document.querySelector('#what').value.startsWith('Mine') && document.querySelector('#due').value === '2026-11-27'`) {
				t.Error("what one of them wrote is lost")
			}
			w.press(t, "#save")
			w.says(t, "Saved.")
		})
	})
	h.quiet(t)
}
