package work

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

func (w *Work) conferenceRoutes() []site.Route {
	return []site.Route{
		{Pattern: "GET /clients/{id}/conferences", Action: "conference.find", Handle: w.conferences},
		{Pattern: "GET /clients/{id}/conferences/new", Action: "conference.create", Handle: w.callForm},
		{Pattern: "POST /clients/{id}/conferences/new", Action: "conference.create", Handle: w.call},
		{Pattern: "GET /clients/{id}/conferences/{conference}", Action: "conference.read", Handle: w.conference},
		{Pattern: "GET /clients/{id}/conferences/{conference}/edit", Action: "conference.change", Handle: w.conferenceForm},
		{Pattern: "POST /clients/{id}/conferences/{conference}/edit", Action: "conference.change", Handle: w.writeConference},
		{Pattern: "POST /clients/{id}/conferences/{conference}/sign", Action: "conference.sign", Handle: w.signConference},
		{Pattern: "POST /clients/{id}/conferences/{conference}/addenda", Action: "conference.addend", Handle: w.addConference},
		{Pattern: "POST /clients/{id}/conferences/{conference}/follow", Action: "conference.follow", Handle: w.followDecision},
	}
}

func conferenceID(r *site.Request) (conference.ID, error) {
	return record.ParseID[conference.Conference](r.PathValue("conference"))
}

func conferencePath(r *site.Request, tail string) string {
	return "/clients/" + r.PathValue("id") + "/conferences" + tail
}

// conferenceRow is a conference in short; names are those of its people.
func conferenceRow(r *site.Request, o conference.Opened, names map[string]string) pages.ConferenceRow {
	c := o.Value
	return pages.ConferenceRow{ID: o.ID.String(), At: c.At.In(r.Zone), Organizer: names[c.Organizer], Restricted: c.Restricted, Signed: c.Signed, Pending: len(c.Pending())}
}

func (w *Work) conferences(r *site.Request) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	list := w.Conferences.WantOf(c.view, c.id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	var ids []string
	for _, o := range list.Rows {
		ids = append(ids, o.Value.Organizer)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ConferencesPage{Chart: w.head(r, c)}
	set, err := w.Door.May(r.Ctx(), r.Who, "conference.create", c.subject(), true, policy.Set(policy.Case))
	p.MayCall = err == nil && set != 0
	for _, o := range list.Rows {
		p.Rows = append(p.Rows, conferenceRow(r, o, names))
	}
	return page(func(f ui.Frame) templ.Component { return pages.Conferences(f, p) })
}

func (w *Work) conference(r *site.Request) (site.Answer, error) { return w.conferenceWith(r, nil) }

// conferenceWith shows a conference, with what was wrong if form is not nil.
func (w *Work) conferenceWith(r *site.Request, form *ui.Form) (site.Answer, error) {
	id, err := conferenceID(r)
	if err != nil {
		return site.Answer{}, err
	}
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	got := w.Conferences.Want(c.view, id)
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	if err := w.belongs(r, c.subject(), got.Subject, "conference.read"); err != nil {
		return site.Answer{}, err
	}
	v := got.Value
	ids := []string{v.Organizer, v.SignedBy}
	for _, a := range v.Attendees {
		ids = append(ids, a.Worker)
	}
	for _, d := range v.Decisions {
		ids = append(ids, d.Who, d.DoneBy)
	}
	for _, a := range v.Addenda {
		ids = append(ids, a.By)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return site.Answer{}, err
	}
	p := pages.ConferencePage{
		Chart: w.head(r, c), ConferenceRow: conferenceRow(r, got.Opened, names), Length: v.Length, Place: v.Place, Agenda: v.Agenda, Minutes: v.Minutes,
		SignedBy: names[v.SignedBy], Version: got.Version, Special: v.Part2,
	}
	if !v.SignedAt.IsZero() {
		p.SignedAt = v.SignedAt.In(r.Zone)
	}
	for _, cl := range got.Withheld.List() {
		p.Words = ui.Hidden{Class: string(cl)}
	}
	for _, a := range v.Attendees {
		g := pages.ConferenceGuest{Name: a.Name, Outside: a.Worker == "", Came: a.Came}
		if a.Worker != "" {
			g.Name = phi.NewText(names[a.Worker])
		}
		p.Attendees = append(p.Attendees, g)
	}
	here := map[int]bool{}
	for _, d := range v.Duties {
		here[d.Number] = true
	}
	for _, d := range v.Decisions {
		x := pages.ConferenceDecision{Number: d.Number, What: d.What, Who: names[d.Who], Due: inZone(casefile.Midnight(d.Due), r.Zone), Here: here[d.Number], Done: d.Done(), DoneBy: names[d.DoneBy]}
		if d.Done() {
			x.DoneAt = d.DoneAt.In(r.Zone)
		}
		p.Decisions = append(p.Decisions, x)
	}
	for _, a := range v.Addenda {
		p.Addenda = append(p.Addenda, pages.Addendum{By: names[a.By], At: a.At.In(r.Zone), Text: a.Text})
	}
	look, err := w.Door.Look(r.Ctx(), r.Who, c.subject())
	if err != nil {
		return site.Answer{}, err
	}
	own := v.Organizer == r.Who.Worker()
	may := func(action string) bool { return look.May(action, own, policy.Set(policy.Case)) != 0 }
	p.MayWrite, p.MaySign = !v.Signed && may("conference.change"), !v.Signed && own && may("conference.sign")
	p.MayAdd, p.MayFollow = v.Signed && may("conference.addend"), may("conference.follow")
	view := func(f ui.Frame) templ.Component { return pages.Conference(f, p) }
	if form != nil {
		p.Form = *form
		return site.Invalid(view), nil
	}
	return page(view)
}

// colleagues are those who can be invited.
func (w *Work) colleagues(r *site.Request) ([]ui.Option, error) {
	all, err := w.workers(r)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	return all[1:], nil // without "Choose a colleague"
}

// withPeopleOf adds those of a conference who are not among the options any more,
// so that saving its form leaves them in it.
func (w *Work) withPeopleOf(r *site.Request, options []ui.Option, c conference.Conference) ([]ui.Option, error) {
	seen := map[string]bool{"": true}
	for _, o := range options {
		seen[o.Value] = true
	}
	var ids []string
	add := func(id string) {
		if !seen[id] {
			seen[id] = true
			ids = append(ids, id)
		}
	}
	for _, a := range c.Attendees {
		add(a.Worker)
	}
	for _, d := range c.Decisions {
		add(d.Who)
	}
	names, err := w.names(r, ids...)
	if err != nil {
		return nil, err
	}
	for _, id := range ids {
		if names[id] != "" {
			options = append(options, ui.Option{Value: id, Text: names[id]})
		}
	}
	return options, nil
}

func (w *Work) callForm(r *site.Request) (site.Answer, error) {
	form := ui.NewForm("on", r.Now.AddDate(0, 0, 7).Format("2006-01-02"), "time", "10:00", "length", "60", "attendee", r.Who.Worker())
	return w.conferenceEdit(r, form, false, false)
}

func (w *Work) conferenceForm(r *site.Request) (site.Answer, error) {
	return w.conferenceEdit(r, ui.Form{}, false, false)
}

// conferenceEdit shows the form of a conference: as it is on record, or with
// what was typed and is wrong, or with what was typed put together with what a
// colleague saved meanwhile.
func (w *Work) conferenceEdit(r *site.Request, form ui.Form, wrong, merge bool) (site.Answer, error) {
	c, err := w.begin(r)
	if err != nil {
		return site.Answer{}, err
	}
	var got *record.Got[conference.Conference]
	if r.PathValue("conference") != "" {
		id, err := conferenceID(r)
		if err != nil {
			return site.Answer{}, err
		}
		got = w.Conferences.Want(c.view, id)
	}
	if err := c.view.Open(r.Ctx()); err != nil {
		return site.Answer{}, err
	}
	p := pages.ConferenceFormPage{Chart: w.head(r, c), Form: form, MayRestrict: true}
	if p.Workers, err = w.colleagues(r); err != nil {
		return site.Answer{}, err
	}
	if got != nil {
		if err := w.belongs(r, c.subject(), got.Subject, "conference.read"); err != nil {
			return site.Answer{}, err
		}
		if got.Value.Signed && (wrong || merge) && !form.Value("minutes").Empty() {
			// The minutes are closed, and what was typed is not lost: it can be added.
			again := ui.NewForm("text", form.Value("minutes").Disclose())
			again.Fail("text", r.T("The minutes were signed while you were writing, and nothing of yours is saved. What you wrote is here: add what is missing."))
			return w.conferenceWith(r, &again)
		}
		if got.Value.Signed {
			return site.SeeOther(conferencePath(r, "/"+got.ID.String())).Refusing("The minutes are signed. Add an addendum instead."), nil
		}
		p.ID, p.Version = got.ID.String(), got.Version
		if p.Workers, err = w.withPeopleOf(r, p.Workers, got.Value); err != nil {
			return site.Answer{}, err
		}
		p.MayRestrict = got.Value.Organizer == r.Who.Worker()
		now := conferenceValues(r, got.Value)
		switch {
		case merge:
			names, err := w.names(r, got.ChangedBy)
			if err != nil {
				return site.Answer{}, err
			}
			m := ui.Merge(form, now, pages.ConferenceFields()...)
			m.By, m.At = names[got.ChangedBy], got.ChangedAt.In(r.Zone)
			p.Merged, p.Form = &m, m.Form
		case !wrong:
			p.Form = now
		default:
			p.Version = versionOf(r)
		}
		p.Came = cameOptions(p.Workers, got.Value, p.Form)
	}
	view := func(f ui.Frame) templ.Component { return pages.ConferenceForm(f, p) }
	switch {
	case merge:
		return site.Page(view).Status(http.StatusConflict), nil
	case wrong:
		return site.Invalid(view), nil
	}
	return page(view)
}

// conferenceValues is a conference as its form shows it.
func conferenceValues(r *site.Request, c conference.Conference) ui.Form {
	at := c.At.In(r.Zone)
	f := ui.NewForm("on", at.Format("2006-01-02"), "time", at.Format("15:04"), "length", strconv.Itoa(c.Length),
		"place", c.Place.Disclose(), "agenda", c.Agenda.Disclose(), "minutes", c.Minutes.Disclose())
	if c.Restricted {
		f.Add("restricted", phi.NewText("yes"))
	}
	var outside []string
	for _, a := range c.Attendees {
		who := a.Name
		if a.Worker != "" {
			who = phi.NewText(a.Worker)
			f.Add("attendee", who)
		} else {
			outside = append(outside, a.Name.Disclose())
		}
		if a.Came {
			f.Add("came", who)
		}
	}
	f.Add("outside", phi.NewText(strings.Join(outside, "\n")))
	for _, d := range c.Decisions {
		f.Add("decision", d.What)
		f.Add("decision_who", phi.NewText(d.Who))
		f.Add("decision_due", phi.NewText(d.Due.DiscloseISO()))
		f.Add("decision_number", phi.NewText(strconv.Itoa(d.Number)))
	}
	return f
}

// cameOptions are those who can be marked as having come: whoever is invited on
// record, and whoever was just added.
func cameOptions(workers []ui.Option, c conference.Conference, form ui.Form) []ui.Option {
	var out []ui.Option
	seen := map[string]bool{"": true}
	add := func(value, text string) {
		if !seen[value] && text != "" {
			seen[value] = true
			out = append(out, ui.Option{Value: value, Text: text})
		}
	}
	invited := map[string]bool{}
	for _, a := range c.Attendees {
		invited[a.Worker] = true
	}
	for i := range form.Rows("attendee") {
		invited[form.Row("attendee", i).Disclose()] = true
	}
	for _, o := range workers {
		if invited[o.Value] {
			add(o.Value, o.Text)
		}
	}
	for _, a := range c.Attendees {
		if a.Worker == "" {
			add(a.Name.Disclose(), a.Name.Disclose())
		}
	}
	for _, name := range eachLine(form.Value("outside").Disclose()) {
		add(name, name)
	}
	return out
}

// eachLine are the lines of a text that are not empty.
func eachLine(s string) []string {
	var out []string
	for _, l := range strings.Split(strings.ReplaceAll(s, "\r\n", "\n"), "\n") {
		if l = strings.TrimSpace(l); l != "" {
			out = append(out, l)
		}
	}
	return out
}

// conferenceInput reads the form of a conference. bad is what cannot be read.
func (w *Work) conferenceInput(r *site.Request) (in conference.Input, bad []fault.Field) {
	block := func(name string) phi.Text {
		return phi.NewText(strings.TrimSpace(strings.ReplaceAll(r.FormValue(name), "\r\n", "\n")))
	}
	in = conference.Input{Length: r.Text("length"), Place: r.Text("place"), Restricted: r.Value("restricted") == "yes", Agenda: block("agenda"), Minutes: block("minutes")}
	if at, err := time.ParseInLocation("2006-01-02 15:04", r.Value("on")+" "+hoursAndMinutes(r.Value("time")), r.Zone); err == nil {
		in.At = at
	}
	came := map[string]bool{}
	for _, s := range r.Values("came") {
		came[s] = true
	}
	for _, id := range r.Values("attendee") {
		in.Attendees = append(in.Attendees, conference.Attendee{Worker: id, Came: came[id]})
	}
	for _, name := range eachLine(r.FormValue("outside")) {
		in.Attendees = append(in.Attendees, conference.Attendee{Name: phi.NewText(name), Came: came[name]})
	}
	row := func(name string, i int) string {
		if v := r.Values(name); i < len(v) {
			return strings.TrimSpace(v[i])
		}
		return ""
	}
	for i := range r.Values("decision") {
		what, who, due := row("decision", i), row("decision_who", i), row("decision_due", i)
		if what == "" && who == "" && due == "" {
			continue
		}
		d := conference.Decision{Number: parse(row("decision_number", i)), What: phi.NewText(what), Who: who, Due: civilDate(due)}
		if due != "" && d.Due.Empty() {
			bad = append(bad, fault.Field{Name: "decision", Message: dayWrong})
		}
		in.Decisions = append(in.Decisions, d)
	}
	return in, bad
}

// inPart2 reports whether the client is in a program under 42 CFR Part 2, as far
// as the asker may know.
func (w *Work) inPart2(r *site.Request) (bool, error) {
	id, err := clientID(r)
	if err != nil {
		return false, err
	}
	v := w.Door.View(r.Who, "conference.create")
	rows := w.Cases.WantOf(v, id)
	if err := v.Open(r.Ctx()); err != nil {
		return false, err
	}
	for _, o := range rows.Rows {
		if o.Value.IsOpen() && (o.Value.Part2 || w.part2(r, o.Value.Program)) {
			return true, nil
		}
	}
	return false, nil
}

// conferenceWrong shows the form again where something is wrong with it.
func (w *Work) conferenceWrong(r *site.Request, err error) (site.Answer, error) {
	switch {
	case fault.Is(err, fault.Conflict):
		return w.conferenceEdit(r, r.Posted(nil), false, true)
	case fault.Is(err, fault.Invalid):
		return w.conferenceEdit(r, r.Posted(err), true, false)
	}
	return site.Answer{}, err
}

func (w *Work) call(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in, bad := w.conferenceInput(r)
	if len(bad) > 0 {
		return w.conferenceWrong(r, fault.InvalidFields("conference.create", bad...))
	}
	if in.Part2, err = w.inPart2(r); err != nil {
		return site.Answer{}, err
	}
	id, err := w.Conferences.Call(r.Ctx(), r.Who, client, in)
	if err != nil {
		return w.conferenceWrong(r, err)
	}
	return site.SeeOther(conferencePath(r, "/"+id.String())).Saying(ui.Good, "The conference is called. Your colleagues are told."), nil
}

func (w *Work) writeConference(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := conferenceID(r)
	if err != nil {
		return site.Answer{}, err
	}
	in, bad := w.conferenceInput(r)
	if len(bad) > 0 {
		return w.conferenceWrong(r, fault.InvalidFields("conference.change", bad...))
	}
	if in.Part2, err = w.inPart2(r); err != nil {
		return site.Answer{}, err
	}
	if err := w.Conferences.Write(r.Ctx(), r.Who, client, id, versionOf(r), in); err != nil {
		// Minutes that were signed meanwhile are not changed by anybody; what was typed
		// is still given back, to whoever may read them.
		if o, rerr := w.signedMeanwhile(r, id, err); rerr == nil && o {
			return w.conferenceEdit(r, r.Posted(nil), true, false)
		}
		return w.conferenceWrong(r, err)
	}
	return site.SeeOther(conferencePath(r, "/"+id.String())).Saying(ui.Good, "Saved. Whoever called the conference signs the minutes."), nil
}

// signedMeanwhile reports whether a refusal is because the minutes are signed by now.
func (w *Work) signedMeanwhile(r *site.Request, id conference.ID, err error) (bool, error) {
	if !fault.Is(err, fault.Denied) || r.Value("minutes") == "" {
		return false, nil
	}
	v := w.Door.View(r.Who, "conference.read")
	got := w.Conferences.Want(v, id)
	if err := v.Open(r.Ctx()); err != nil {
		return false, err
	}
	return got.Value.Signed, nil
}

func (w *Work) signConference(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := conferenceID(r)
	if err != nil {
		return site.Answer{}, err
	}
	back := site.SeeOther(conferencePath(r, "/"+id.String()))
	out, err := w.Conferences.Sign(r.Ctx(), r.Who, client, id, versionOf(r))
	switch {
	case fault.Is(err, fault.Invalid):
		form := r.Posted(err)
		return w.conferenceWith(r, &form)
	case fault.Is(err, fault.Conflict):
		return back.Refusing("Somebody changed the minutes since you opened them. Read them again before you sign."), nil
	case err != nil:
		return site.Answer{}, err
	}
	switch {
	case out.Unreached > 0:
		return back.Saying(ui.Warning, "The minutes are signed. Somebody who has something to do cannot open this conference and was told nothing: tell them yourself."), nil
	case out.Duties > 0:
		return back.Saying(ui.Good, "The minutes are signed. What became no task is followed here, and stands in Today until it is done."), nil
	}
	return back.Saying(ui.Good, "The minutes are signed. Whoever has something to do is told."), nil
}

func (w *Work) addConference(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := conferenceID(r)
	if err != nil {
		return site.Answer{}, err
	}
	err = w.Conferences.Addend(r.Ctx(), r.Who, client, id, phi.NewText(strings.ReplaceAll(r.Value("text"), "\r\n", "\n")))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) {
		form := r.Posted(err)
		if fault.Is(err, fault.Conflict) {
			form.Fail("text", "A colleague changed this conference meanwhile. Nothing was added; what you wrote is still here. Look at it again, then add it.")
		}
		return w.conferenceWith(r, &form)
	}
	if err != nil {
		return site.Answer{}, err
	}
	return site.SeeOther(conferencePath(r, "/"+id.String())).Saying(ui.Good, "Addendum added."), nil
}

func (w *Work) followDecision(r *site.Request) (site.Answer, error) {
	client, err := clientID(r)
	if err != nil {
		return site.Answer{}, err
	}
	id, err := conferenceID(r)
	if err != nil {
		return site.Answer{}, err
	}
	done := r.Value("done") == "yes"
	if err := w.Conferences.Follow(r.Ctx(), r.Who, client, id, parse(r.Value("number")), done); err != nil {
		return site.Answer{}, err
	}
	back := site.SeeOther(conferencePath(r, "/"+id.String()))
	if done {
		return back.Saying(ui.Good, "The decision is done."), nil
	}
	return back.Saying(ui.Good, "The decision is open again."), nil
}
