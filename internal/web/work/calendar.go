package work

import (
	"crypto/sha256"
	"encoding/hex"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/casefile"
	"caseward/internal/fault"
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

// stretch is the days a view of the calendar shows: from the first until, not
// included, the last; and where the views before and after it are.
func stretch(view string, on time.Time) (from, until, earlier, later time.Time) {
	switch view {
	case "day":
		return on, on.AddDate(0, 0, 1), on.AddDate(0, 0, -1), on.AddDate(0, 0, 1)
	case "month":
		first := time.Date(on.Year(), on.Month(), 1, 0, 0, 0, 0, on.Location())
		from = first.AddDate(0, 0, -int(first.Weekday()))
		next := first.AddDate(0, 1, 0)
		until = next
		for until.Weekday() != time.Sunday {
			until = until.AddDate(0, 0, 1)
		}
		return from, until, first.AddDate(0, -1, 0), next
	}
	from = on.AddDate(0, 0, -int(on.Weekday()))
	return from, from.AddDate(0, 0, 7), on.AddDate(0, 0, -7), on.AddDate(0, 0, 7)
}

// dayOf reads a day of a query; today if there is none.
func dayOf(r *site.Request) time.Time {
	d, err := time.ParseInLocation("2006-01-02", r.Value("on"), r.Zone)
	if err != nil || d.Year() < 2000 || d.Year() > 2200 {
		return time.Date(r.Now.Year(), r.Now.Month(), r.Now.Day(), 0, 0, 0, 0, r.Zone)
	}
	return d
}

func (w *Work) calendar(r *site.Request) (site.Answer, error) {
	view := r.Value("view")
	if view != "day" && view != "month" {
		view = "week"
	}
	on := dayOf(r)
	from, until, earlier, later := stretch(view, on)
	worker, team := whose(r)
	if r.Who.Role() == actor.Intake {
		worker, team = "", true // intake books for everybody
	}
	v := w.Door.View(r.Who, "appointment.find")
	got := w.Calendar.WantRange(v, worker, "", from, until)
	clients := w.Clients.WantAmong(v, person.Named, got.Lists()...)
	if err := v.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	rows := got.Rows()
	names, err := w.meetingNames(r, rows)
	if err != nil {
		return site.Answer{}, err
	}
	link := func(view string, on time.Time) string {
		u := "/calendar?view=" + view + "&on=" + on.Format("2006-01-02")
		if team && leads(r) {
			u += "&whose=team"
		}
		return u
	}
	p := pages.CalendarPage{
		View: view, On: on, Many: team, Total: len(rows), Earlier: link(view, earlier), Later: link(view, later), Today: link(view, r.Now),
		MayAdd: w.books(r), Incomplete: len(rows) >= 500, Whose: sides(r, "/calendar?view="+view+"&on="+on.Format("2006-01-02"), team),
		Views: []ui.Tab{
			{Text: r.T("Day"), URL: link("day", on), Current: view == "day"},
			{Text: r.T("Week"), URL: link("week", on), Current: view == "week"},
			{Text: r.T("Month"), URL: link("month", on), Current: view == "month"},
		},
	}
	switch view {
	case "day":
		p.Title = ui.Sentence(ui.LongDay(r.Lang, on), "")
	case "month":
		p.Title = ui.Sentence(ui.Month(r.Lang, on), "")
	default:
		p.Title = r.T("Week of %s", ui.DayYear(r.Lang, from))
	}
	overlaps := appointment.Overlaps(rows)
	i := 0
	for d := from; d.Before(until); d = d.AddDate(0, 0, 1) {
		day := pages.CalendarDay{On: d, Other: view == "month" && d.Month() != on.Month()}
		for ; i < len(rows) && rows[i].Value.Start.Before(d.AddDate(0, 0, 1)); i++ {
			day.Rows = append(day.Rows, meetingRow(r, rows[i], clients, names, overlaps))
		}
		p.Days = append(p.Days, day)
	}
	return page(func(f ui.Frame) templ.Component { return pages.Calendar(f, p) })
}

func (w *Work) meetingNames(r *site.Request, rows []appointment.Opened) (map[string]string, error) {
	var ids []string
	for _, o := range rows {
		ids = append(ids, o.Value.Worker, o.Value.With, o.Value.ClosedBy, o.ChangedBy)
	}
	return w.names(r, ids...)
}

func meetingRow(r *site.Request, o appointment.Opened, clients *record.Subjects[person.Client], names map[string]string, overlaps map[appointment.ID]bool) pages.MeetingRow {
	a := o.Value
	m := pages.MeetingRow{
		ID: o.ID.String(), Start: a.Start.In(r.Zone), End: a.End().In(r.Zone), Type: string(a.Type), Status: a.Status, Purpose: a.Purpose, Place: a.Place,
		Worker: names[a.Worker], With: names[a.With], Overlap: overlaps[o.ID], Path: appointment.Path(o.Subject, o.ID),
	}
	if clients != nil {
		m.Client, _ = listed(o.Subject, clients)
	}
	return m
}

// books reports whether there can be a client whom the asker books: without, the way
// there is not shown.
func (w *Work) books(r *site.Request) bool {
	return w.Door.Ever(r.Who, "appointment.create", true, policy.Set(policy.Case))
}

func (w *Work) pickClient(r *site.Request) (site.Answer, error) { return w.pickClientWith(r, nil) }

func (w *Work) pickClientWith(r *site.Request, bad *ui.Form) (site.Answer, error) {
	p := pages.PickClientPage{On: dayOf(r).Format("2006-01-02")}
	if r.Who.Role() != actor.Intake {
		got, err := w.Cases.Caseload(r.Ctx(), r.Who, casefile.CaseloadQuery{Worker: ownCases(r), Sort: casefile.ByName})
		if err != nil {
			return site.Answer{}, err
		}
		if p.Clients = clientOptions(got.Rows); len(p.Clients) > 0 {
			p.Clients = append([]ui.Option{{Text: r.T("Choose")}}, p.Clients...)
		}
	}
	view := func(f ui.Frame) templ.Component { return pages.PickClient(f, p) }
	if bad != nil {
		p.Form = *bad
		return site.Invalid(view), nil
	}
	return page(view)
}

func (w *Work) pickedClient(r *site.Request) (site.Answer, error) {
	s, err := record.ParseSubject(r.Value("client"))
	if err != nil {
		form := r.Posted(fault.InvalidFields("appointment.create", fault.Field{Name: "client", Message: "Choose the client."}))
		return w.pickClientWith(r, &form)
	}
	return site.SeeOther("/clients/" + s.String() + "/appointments/new?on=" + dayOf(r).Format("2006-01-02")), nil
}

func (w *Work) newAppointment(r *site.Request) (site.Answer, error) {
	worker := ""
	if r.Who.Role() != actor.Intake {
		worker = r.Who.Worker()
	}
	return w.newAppointmentWith(r, ui.NewForm("on", dayOf(r).Format("2006-01-02"), "minutes", "45", "type", string(appointment.Office), "worker", worker), false)
}

func (w *Work) newAppointmentWith(r *site.Request, form ui.Form, bad bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.AppointmentPage{Client: chartClient(c), Form: form, Holds: holds(r, c.client.Value)}
	if err := w.arranging(r, &p, c.subject(), c.cases.Rows); err != nil {
		return site.Answer{}, err
	}
	view := func(f ui.Frame) templ.Component { return pages.NewAppointment(f, p) }
	if bad {
		return site.Invalid(view), nil
	}
	return page(view)
}

// arranging fills who an appointment can be with, and whether its words are the
// asker's to write.
func (w *Work) arranging(r *site.Request, p *pages.AppointmentPage, client record.Subject, cases []casefile.Opened, now ...string) (err error) {
	if p.Workers, err = w.teamOf(r, cases, now...); err != nil {
		return err
	}
	may, err := w.Door.May(r.Ctx(), r.Who, "appointment.change", client, false, policy.Set(policy.Case, policy.Note))
	if err != nil {
		return err
	}
	p.May, p.NoWords = may.Has(policy.Case), !may.Has(policy.Note)
	return nil
}

// holds is what the client's contact details hold against each reminder.
func holds(r *site.Request, c person.Client) map[string]string {
	out := map[string]string{}
	for _, how := range appointment.Reminders() {
		if cs := appointment.Cautions(c, how); len(cs) > 0 {
			out[string(how)] = pages.CautionName(r.Lang, cs[0])
		}
	}
	return out
}

func appointmentInput(r *site.Request) appointment.Input {
	in := appointment.Input{
		Worker: r.Value("worker"), With: r.Value("with"), At: r.Value("at"), Minutes: count(r.Value("minutes")), Type: appointment.Type(r.Value("type")),
		Place: r.Text("place"), Purpose: r.Text("purpose"), Reminder: appointment.Reminder(r.Value("reminder")), Weeks: count(r.Value("weeks")),
	}
	// What is no day is left out, and then asked for.
	if d, err := phi.ParseDate(r.Value("on")); err == nil {
		in.On = d
	}
	in.At = hoursAndMinutes(in.At)
	return in
}

// hoursAndMinutes is a time of day as a form sends it, without the seconds that
// some browsers add.
func hoursAndMinutes(s string) string { return s[:min(len(s), len("15:04"))] }

func (w *Work) book(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := appointmentInput(r)
	ids, err := w.Calendar.Book(r.Ctx(), r.Who, record.SubjectOf(client), in, r.Zone)
	if fault.Is(err, fault.Invalid) {
		return w.newAppointmentWith(r, r.Posted(err), true)
	}
	if err != nil {
		return site.Answer{}, err
	}
	var placed []appointment.Placed
	for n, id := range ids {
		placed = append(placed, appointment.Placed{ID: id, Worker: in.Worker, Start: task.Moment(task.PlusDays(in.On, 7*n), in.At, r.Zone)})
	}
	return w.booked(r, in, placed, "Booked.")
}

// booked leads to the day of an appointment, saying so if somebody is then in two
// places at once, that day or when one that goes with it is: a warning, and nothing
// is refused.
func (w *Work) booked(r *site.Request, in appointment.Input, placed []appointment.Placed, says string) (site.Answer, error) {
	next := "/calendar?view=day&on=" + civil(in.On, r.Zone).Format("2006-01-02")
	if leads(r) && in.Worker != r.Who.Worker() {
		next += "&whose=team"
	}
	clash, err := w.Calendar.Clashing(r.Ctx(), r.Who, placed, r.Zone)
	switch {
	case err != nil:
		return site.Answer{}, err
	case len(clash) > 0 && len(placed) == 1:
		return site.SeeOther(next).Saying(ui.Warning, "It is in the calendar, and overlaps another appointment of that day."), nil
	case len(clash) > 0:
		return site.SeeOther(next).Saying(ui.Warning, "They are in the calendar, and at least one of them overlaps another appointment. The calendar marks which."), nil
	}
	return site.SeeOther(next).Saying(ui.Good, says), nil
}

func (w *Work) appointment(r *site.Request) (site.Answer, error) {
	return w.appointmentWith(r, appointmentForms{})
}

// appointmentForms are the forms of an appointment's page that hold what could not be
// done.
type appointmentForms struct {
	edit, cancel *ui.Form
	// overtaken: somebody changed it meanwhile, and it is shown as it is now.
	overtaken bool
}

func appointmentForm(r *site.Request, a appointment.Appointment) ui.Form {
	start := a.Start.In(r.Zone)
	f := ui.NewForm("on", start.Format("2006-01-02"), "at", start.Format("15:04"), "minutes", strconv.Itoa(a.Minutes), "type", string(a.Type),
		"reminder", string(a.Reminder), "worker", a.Worker, "with", a.With)
	f.Add("place", a.Place)
	f.Add("purpose", a.Purpose)
	return f
}

// appointmentWith shows an appointment, with a form that could not be done, or put
// together with what somebody else made of it.
//
// What was typed for one that is closed by now comes back as the form of a new one:
// a closed one is not changed, and nothing that was typed is lost.
func (w *Work) appointmentWith(r *site.Request, forms appointmentForms) (site.Answer, error) {
	id, err := record.ParseID[appointment.Appointment](r.PathValue("appointment"))
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got, series := w.Calendar.Want(c.view, id), w.Calendar.WantSeries(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	if err := w.belongs(r, c.subject(), got.Subject, "appointment.read"); err != nil {
		return site.Answer{}, err
	}
	a := got.Value
	names, err := w.meetingNames(r, []appointment.Opened{got.Opened})
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.AppointmentPage{
		Client: chartClient(c), ID: id.String(), Version: got.Version, Meeting: meetingRow(r, got.Opened, nil, names, nil), Form: appointmentForm(r, a),
		Holds: holds(r, c.client.Value), Reminder: string(a.Reminder), Series: a.Series != "", Begun: !a.Start.After(r.Now),
		Why: a.Why, By: string(a.CancelledBy), Closed: a.ClosedAt.In(r.Zone), ClosedBy: names[a.ClosedBy],
	}
	for _, o := range appointment.Following(a, series.Rows) {
		p.Rest = append(p.Rest, meetingRow(r, o, nil, nil, nil))
	}
	p.Mark = appointment.Mark(a, series.Rows)
	if a.Status == appointment.Planned {
		for _, x := range appointment.Cautions(c.client.Value, a.Reminder) {
			p.Cautions = append(p.Cautions, pages.CautionName(r.Lang, x))
		}
	}
	if err := w.arranging(r, &p, c.subject(), c.cases.Rows, a.Worker, a.With); err != nil {
		return site.Answer{}, err
	}
	may, err := w.Door.May(r.Ctx(), r.Who, "appointment.keep", c.subject(), false, policy.Set(policy.Case))
	if err != nil {
		return site.Answer{}, err
	}
	p.MayClose = may != 0 && p.Begun && a.Status != appointment.Cancelled
	view := func(f ui.Frame) templ.Component { return pages.Appointment(f, p) }
	switch {
	case forms.edit != nil && a.Status != appointment.Planned:
		p.Form, p.Overtaken = *forms.edit, true
	case forms.edit != nil && forms.overtaken:
		m := ui.Merge(r.Posted(nil), p.Form, pages.AppointmentFields...)
		m.By, m.At = names[got.ChangedBy], got.ChangedAt.In(r.Zone)
		m.Form.Add("series", r.Text("series"))
		p.Form, p.Merged = m.Form, &m
		if got.Version == versionOf(r) {
			// Not this one was changed, but one of those that follow.
			by, at := appointment.LastChange(a, series.Rows)
			who, err := w.names(r, by)
			if err != nil {
				return site.Answer{}, err
			}
			p.Merged, p.RestBy, p.RestAt = nil, who[by], at.In(r.Zone)
		}
	case forms.edit != nil:
		// What was seen stays what was seen, until it is saved.
		p.Form, p.Version, p.Mark = *forms.edit, versionOf(r), r.Value("mark")
	case forms.cancel != nil && a.Status != appointment.Planned:
		p.Cancel, p.Overtaken = *forms.cancel, true
	case forms.cancel != nil:
		if p.Cancel = *forms.cancel; !forms.overtaken {
			p.Version = versionOf(r)
		}
	default:
		return page(view)
	}
	return site.Invalid(view), nil
}

// appointmentOf reads whose appointment a path names, and which.
func appointmentOf(r *site.Request) (client person.ID, id appointment.ID, version int64, err error) {
	if client, err = clientID(r); err != nil {
		return client, id, 0, err
	}
	id, err = record.ParseID[appointment.Appointment](r.PathValue("appointment"))
	return client, id, versionOf(r), err
}

func (w *Work) moveAppointment(r *site.Request) (site.Answer, error) {
	client, id, version, err := appointmentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	in := appointmentInput(r)
	placed := []appointment.Placed{{ID: id, Worker: in.Worker, Start: task.Moment(in.On, in.At, r.Zone)}}
	if r.Value("series") == "yes" {
		mark := r.Value("mark")
		if mark == "" {
			version = unseen // what follows was not seen either
		}
		placed, err = w.Calendar.MoveFollowing(r.Ctx(), r.Who, record.SubjectOf(client), id, version, mark, in, r.Zone)
	} else {
		err = w.Calendar.Move(r.Ctx(), r.Who, record.SubjectOf(client), id, version, in, r.Zone)
	}
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.appointmentWith(r, appointmentForms{edit: &form})
	case fault.Is(err, fault.Conflict):
		form := r.Posted(nil)
		return w.appointmentWith(r, appointmentForms{edit: &form, overtaken: true})
	case err != nil:
		return site.Answer{}, err
	}
	return w.booked(r, in, placed, "Saved.")
}

// noteTypes are the contacts that appointments lead to.
var noteTypes = map[appointment.Type]note.Type{
	appointment.Office: note.OfficeVisit, appointment.Home: note.HomeVisit, appointment.Video: note.VideoCall, appointment.Phone: note.PhoneCall,
	appointment.Court: note.CareCoordination, appointment.Transport: note.CareCoordination, appointment.Elsewhere: note.CareCoordination,
}

// keepAppointment leads on to the note of the contact, with what is known of it
// filled in.
func (w *Work) keepAppointment(r *site.Request) (site.Answer, error) {
	client, id, version, err := appointmentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Calendar.Keep(r.Ctx(), r.Who, record.SubjectOf(client), id, version); err != nil {
		return w.appointmentDid(r, err)
	}
	o, err := w.Calendar.Read(r.Ctx(), r.Who, id)
	if err != nil {
		return site.Answer{}, err
	}
	to := "/clients/" + client.String() + "/notes?type=" + typeOf[noteTypes[o.Value.Type]] + "&on=" + o.Value.Start.In(r.Zone).Format("2006-01-02") + "&minutes=" + strconv.Itoa(o.Value.Minutes) + "#compose"
	return site.SeeOther(to).Saying(ui.Good, "Kept. Write what happened while you remember it."), nil
}

// appointmentDid says that an appointment was not in the state to do something
// with.
func (w *Work) appointmentDid(r *site.Request, err error) (site.Answer, error) {
	client, id, _, perr := appointmentOf(r)
	if perr == nil && (fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid)) {
		return site.SeeOther(appointment.Path(record.SubjectOf(client), id)).Refusing("Somebody changed this appointment meanwhile. It was left as it is; look at it once more."), nil
	}
	return site.Answer{}, err
}

// missAppointment leads on to a task to reach out.
func (w *Work) missAppointment(r *site.Request) (site.Answer, error) {
	client, id, version, err := appointmentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	if err := w.Calendar.Miss(r.Ctx(), r.Who, record.SubjectOf(client), id, version); err != nil {
		return w.appointmentDid(r, err)
	}
	return site.SeeOther("/clients/"+client.String()+"/tasks/new?missed="+id.String()).Saying(ui.Good, "Recorded as a no-show. Plan how you reach out."), nil
}

func (w *Work) cancelAppointment(r *site.Request) (site.Answer, error) {
	client, id, version, err := appointmentOf(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Calendar.Cancel(r.Ctx(), r.Who, id, version, appointment.By(r.Value("by")), r.Text("why"), r.Value("following") == "yes")
	if len(fault.FieldsOf(err)) > 0 {
		form := r.Posted(err)
		return w.appointmentWith(r, appointmentForms{cancel: &form})
	}
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		form := r.Posted(fault.InvalidFields("appointment.cancel", fault.Field{Message: r.T("A colleague changed this appointment meanwhile. It is not cancelled, and what you wrote is still here: look at it as it is now, then cancel it.")}))
		return w.appointmentWith(r, appointmentForms{cancel: &form, overtaken: true})
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(appointment.Path(record.SubjectOf(client), id)).Saying(ui.Good, "Cancelled. Whoever it was with was told."), nil
}

// feed is fetched by calendar programs, which have no session: the secret of the
// path is what they know.
func (w *Work) feed(r *site.Request) (site.Answer, error) {
	secret, err := appointment.ParseSecret(r.PathValue("secret"))
	if err != nil {
		return site.Answer{}, err
	}
	b, err := w.Feeds.Fetch(r.Ctx(), secret)
	if err != nil {
		return site.Answer{}, err
	}
	sum := sha256.Sum256(b)
	return site.File("text/calendar; charset=utf-8", "", b).Tagged(hex.EncodeToString(sum[:12])), nil
}

func (w *Work) feedPage(r *site.Request) (site.Answer, error) { return w.feedWith(r, "") }

func (w *Work) feedWith(r *site.Request, secret string) (site.Answer, error) {
	o, found, err := w.Feeds.Own(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.FeedPage{}
	if found {
		p.Made = o.Value.MadeAt.In(r.Zone)
	}
	if secret != "" {
		p.Link = w.Origin + "/calendar/feed/" + secret + ".ics"
	}
	return page(func(f ui.Frame) templ.Component {
		f.Path = "/account/calendar"
		return pages.CalendarFeed(f, p)
	})
}

// makeFeed makes the feed anew, and shows its address this once.
func (w *Work) makeFeed(r *site.Request) (site.Answer, error) {
	secret, err := w.Feeds.Make(r.Ctx(), r.Who, r.T("Appointment"))
	if err != nil {
		return site.Answer{}, err
	}
	return w.feedWith(r, secret)
}

func (w *Work) revokeFeed(r *site.Request) (site.Answer, error) {
	if err := w.Feeds.Revoke(r.Ctx(), r.Who); err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther("/account/calendar").Saying(ui.Good, "Revoked. No calendar program can read it any more."), nil
}

// filled is the composer's form where an appointment leads to it: what is known of
// the contact stands in it.
func filled(r *site.Request, form ui.Form) ui.Form {
	q := r.URL.Query()
	if noteType(q.Get("type")) == "" {
		return form
	}
	on := q.Get("on")
	if _, err := phi.ParseDate(on); err != nil {
		on = r.Now.Format("2006-01-02")
	}
	out := ui.NewForm("type", q.Get("type"), "on", on, "access", form.Value("access").Disclose(), "format", form.Value("format").Disclose())
	if n := count(q.Get("minutes")); n > 0 {
		out.Add("minutes", phi.NewText(strconv.Itoa(n)))
	}
	return out
}

// upcoming are the client's tasks and appointments to come, as what is next.
func upcoming(r *site.Request, tasks []task.Opened, meetings []appointment.Opened) []pages.NextUp {
	var out []pages.NextUp
	for _, o := range meetings {
		a := o.Value
		start := a.Start.In(r.Zone)
		out = append(out, pages.NextUp{
			On: time.Date(start.Year(), start.Month(), start.Day(), 0, 0, 0, 0, r.Zone), Title: phi.NewText(pages.MeetingName(r.Lang, string(a.Type)) + ", " + ui.Clock(r.Lang, start)),
			Detail: a.Purpose, URL: appointment.Path(o.Subject, o.ID),
		})
	}
	for _, o := range tasks {
		out = append(out, pages.NextUp{On: civil(o.Value.DueOn, r.Zone), Title: o.Value.What, URL: task.Path(o.Subject, o.ID)})
	}
	return out
}
