package work

import (
	"sort"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/note"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/task"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// todayRoutes are the pages of the day: what is due, tasks, the calendar and
// notices.
func (w *Work) todayRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /today", Action: "task.find", Handle: w.today},
		{Pattern: "GET /due", Action: "assignment.find", Handle: w.due},

		{Pattern: "GET /tasks", Action: "task.find", Handle: w.tasks},
		{Pattern: "POST /tasks", Action: "task.create", Handle: w.addTask},
		{Pattern: "GET /tasks/new", Action: "task.create", Handle: w.newTask},
		{Pattern: "GET /tasks/{task}", Action: "task.read", Handle: w.task},
		{Pattern: "POST /tasks/{task}", Action: "task.change", Handle: w.changeTask},
		{Pattern: "POST /tasks/{task}/done", Action: "task.finish", Handle: w.doneTask},
		{Pattern: "POST /tasks/{task}/reopen", Action: "task.finish", Handle: w.reopenTask},
		{Pattern: "POST /tasks/{task}/drop", Action: "task.finish", Handle: w.dropTask},
		{Pattern: "POST /tasks/{task}/snooze", Action: "task.change", Handle: w.snoozeTask},
		{Pattern: "POST /tasks/{task}/give", Action: "task.give", Handle: w.giveTask},
		{Pattern: "POST /tasks/{task}/back", Action: "task.give", Handle: w.handBackTask},
		{Pattern: "GET /clients/{id}/tasks/new", Action: "task.create", Handle: w.newTask},
		{Pattern: "POST /clients/{id}/tasks", Action: "task.create", Handle: w.addTask},
		{Pattern: "GET /clients/{id}/tasks/{task}", Action: "task.read", Handle: w.task},
		{Pattern: "POST /clients/{id}/tasks/{task}", Action: "task.change", Handle: w.changeTask},

		{Pattern: "GET /calendar", Action: "appointment.find", Handle: w.calendar},
		{Pattern: "GET /calendar/new", Action: "appointment.create", Handle: w.pickClient},
		{Pattern: "POST /calendar/new", Action: "appointment.create", Handle: w.pickedClient},
		{Pattern: "GET /clients/{id}/appointments/new", Action: "appointment.create", Handle: w.newAppointment},
		{Pattern: "POST /clients/{id}/appointments", Action: "appointment.create", Handle: w.book},
		{Pattern: "GET /clients/{id}/appointments/{appointment}", Action: "appointment.read", Handle: w.appointment},
		{Pattern: "POST /clients/{id}/appointments/{appointment}", Action: "appointment.change", Handle: w.moveAppointment},
		{Pattern: "POST /clients/{id}/appointments/{appointment}/keep", Action: "appointment.keep", Handle: w.keepAppointment},
		{Pattern: "POST /clients/{id}/appointments/{appointment}/miss", Action: "appointment.keep", Handle: w.missAppointment},
		{Pattern: "POST /clients/{id}/appointments/{appointment}/cancel", Action: "appointment.cancel", Handle: w.cancelAppointment},
		{Pattern: "GET /calendar/feed/{secret}", Access: site.Public, Action: "feed.read", Handle: w.feed},
		{Pattern: "GET /account/calendar", Action: "feed.find", Handle: w.feedPage},
		{Pattern: "POST /account/calendar", Action: "feed.create", Handle: w.makeFeed},
		{Pattern: "POST /account/calendar/revoke", Action: "feed.revoke", Handle: w.revokeFeed},

		{Pattern: "GET /notices", Action: "notice.find", Handle: w.notices},
		{Pattern: "POST /notices/seen", Action: "notice.see", Handle: w.seeNotices},
		{Pattern: "POST /notices/{notice}/open", Action: "notice.see", Handle: w.openNotice},
	}
}

// leads reports whether the asker answers for the work of others.
func leads(r *site.Request) bool {
	return r.Who.Role() == actor.Supervisor || r.Who.Role() == actor.ProgramManager
}

// whose is whose work a page shows: the asker's, or everybody's whom they may see.
func whose(r *site.Request) (worker string, team bool) {
	if team = leads(r) && r.Value("whose") == "team"; team {
		return "", true
	}
	return r.Who.Worker(), false
}

// sides are the ways between one's own work and the team's.
func sides(r *site.Request, path string, team bool) []ui.Tab {
	if !leads(r) {
		return nil
	}
	sep := "?"
	for _, c := range path {
		if c == '?' {
			sep = "&"
		}
	}
	return []ui.Tab{{Text: r.T("Mine"), URL: path, Current: !team}, {Text: r.T("My team’s"), URL: path + sep + "whose=team", Current: team}}
}

// listed is a client as rows name them; gone if they are not the asker's.
func listed(subject record.Subject, clients *record.Subjects[person.Client]) (c ui.Client, gone bool) {
	if subject.IsZero() {
		return ui.Client{}, false
	}
	o, ok := clients.Of(subject)
	if !ok {
		return ui.Client{}, true
	}
	return ui.Client{ID: o.ID.String(), Name: o.Value.ListName(), Number: o.Value.Number}, false
}

// civil is the start of a civil day in the agency's zone.
func civil(d phi.Date, zone *time.Location) time.Time { return task.Moment(d, "", zone) }

func (w *Work) today(r *site.Request) (site.Answer, error) { return w.todayWith(r, nil) }

// todayWith shows the day, with a quick task that could not be added.
func (w *Work) todayWith(r *site.Request, quick *ui.Form) (site.Answer, error) {
	worker, team := whose(r)
	day, err := w.Tasks.Day(r.Ctx(), r.Who, w.Clients, task.Ask{Worker: worker, Now: r.Now, Days: 7})
	if err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, part := range [][]task.Due{day.Late, day.Today, day.Next} {
		for _, d := range part {
			ids = append(ids, d.Owner)
		}
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p, may := pages.TodayPage{Team: team, Cut: day.Cut, Views: sides(r, "/today", team)}, w.acts(r)
	unsigned := 0
	rows := func(part []task.Due, meetings bool) (out []pages.DueRow) {
		for _, d := range part {
			if d.What == note.DraftDue {
				unsigned++
			}
			if d.What == appointment.IsDue && !d.Late {
				if meetings {
					p.Meetings = append(p.Meetings, meetingDue(r, d, day.Clients, names))
				}
				continue
			}
			out = append(out, dueRow(r, may, d, day.Clients, names))
		}
		return out
	}
	p.Late, p.Today, p.Next = rows(day.Late, false), rows(day.Today, true), rows(day.Next, false)
	waiting, err := w.Notices.Tally(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	p.Tiles = w.tiles(r, p, unsigned, int(waiting))
	if !team {
		if p.Owed, p.OwedAll, err = w.owed(r); err != nil {
			return site.Answer{}, err
		}
	}
	for _, s := range day.About {
		if !may.finish {
			break // tasks about clients are not the asker's to make
		}
		if c, gone := listed(s, day.Clients); !gone {
			p.Clients = append(p.Clients, ui.Option{Value: c.ID, Text: c.Name.Disclose() + " " + c.Number.Disclose()})
		}
	}
	sort.Slice(p.Clients, func(i, j int) bool { return p.Clients[i].Text < p.Clients[j].Text })
	p.Clients = append([]ui.Option{{Text: r.T("No client")}}, p.Clients...)
	if quick != nil {
		p.Quick = *quick
		return site.Invalid(func(f ui.Frame) templ.Component {
			f.Path = "/today"
			return pages.Today(f, p)
		}), nil
	}
	p.Quick = ui.NewForm("due", r.Now.Format("2006-01-02"))
	return page(func(f ui.Frame) templ.Component { return pages.Today(f, p) })
}

func (w *Work) tiles(r *site.Request, p pages.TodayPage, unsigned, waiting int) []ui.TileFact {
	tone := func(n int, t ui.Tone) ui.Tone {
		if n == 0 {
			return ui.Plain
		}
		return t
	}
	oldest := r.T("Nothing is late")
	if len(p.Late) > 0 {
		if n := ui.Days(p.Late[0].On, r.Now); n > 0 {
			oldest = ui.N(r.Lang, n, "Oldest is 1 day late", "Oldest is %d days late")
		} else {
			oldest = r.T("Since this morning")
		}
	}
	today := len(p.Today) + len(p.Meetings)
	return []ui.TileFact{
		{Count: len(p.Late), Title: r.T("Late"), Detail: oldest, Tone: tone(len(p.Late), ui.Danger), URL: "#late"},
		{Count: today, Title: r.T("Today"), Detail: ui.N(r.Lang, len(p.Meetings), "1 appointment among them", "%d appointments among them"), Tone: tone(today, ui.Warning), URL: "#due-today"},
		{Count: unsigned, Title: r.T("Notes to sign"), Detail: r.T("In your program’s time, from the contact"), Tone: tone(unsigned, ui.Warning), URL: "#main"},
		{Count: waiting, Title: r.T("Notices"), Detail: r.T("Not seen yet"), Tone: tone(waiting, ui.Note), URL: "/notices"},
	}
}

// acts is what the asker can do about what is due, for some client at least.
type acts struct{ log, finish bool }

func (w *Work) acts(r *site.Request) acts {
	return acts{log: w.Door.Ever(r.Who, "note.create", true, policy.Set(policy.Note)), finish: w.Door.Ever(r.Who, "task.finish", false, policy.Set(policy.Case))}
}

func dueRow(r *site.Request, may acts, d task.Due, clients *record.Subjects[person.Client], names map[string]string) pages.DueRow {
	x := pages.DueRow{What: pages.DueName(r.Lang, d.What), Title: d.Title, On: civil(d.On, r.Zone), At: d.At, High: d.High, Owner: names[d.Owner], Path: d.Path, Log: d.Log}
	x.Client, x.Gone = listed(d.Client, clients)
	if x.Gone {
		x.Log, x.Path = "", "/today"
	}
	if !may.log {
		x.Log = ""
	}
	x.MayDo = may.finish || d.Client.IsZero() && d.Owner == r.Who.Worker()
	if d.Task != nil {
		x.Task, x.Version = d.Task.ID.String(), d.Task.Version
		x.MayBack = d.Task.Value.GivenBy != "" && d.Owner == r.Who.Worker()
		if d.Task.Withheld.Has(policy.Note) {
			x.Hidden = ui.Hidden{Class: string(policy.Note), Why: "/why"}
		}
	}
	return x
}

// meetingDue is an appointment of the day's list.
func meetingDue(r *site.Request, d task.Due, clients *record.Subjects[person.Client], names map[string]string) pages.MeetingRow {
	m := pages.MeetingRow{Start: task.Moment(d.On, d.At, r.Zone), End: task.Moment(d.On, d.End, r.Zone), Type: d.Sort, Purpose: d.Title, Worker: names[d.Owner], Path: d.Path, Status: appointment.Planned}
	m.Client, _ = listed(d.Client, clients)
	return m
}
