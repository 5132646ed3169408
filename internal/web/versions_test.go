package web_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/household"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/task"
)

// TestFormsNameAVersion sends each form that carries a version without one, and
// with what is none: it changes nothing, and what was typed is kept. With the
// version of the record it is taken.
func TestFormsNameAVersion(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	ann, ivy := h.World.As(h.staff["ann"].String(), actor.CaseManager), h.World.As(h.staff["ivy"].String(), actor.Intake)
	subject := record.SubjectOf(h.client)
	todo := func(client record.Subject) string {
		id, err := h.parts.Tasks.Add(ctx, ann, task.Input{Client: client, What: phi.NewText("Order bus passes"), DueOn: phi.NewDate(2026, 11, 24)})
		must(err)
		return id.String()
	}
	zone, err := time.LoadLocation("America/New_York")
	must(err)
	meet := func(on phi.Date, at string, weeks int) string {
		ids, err := h.parts.Calendar.Book(ctx, ann, subject, appointment.Input{Worker: h.staff["ann"].String(), On: on, At: at, Minutes: 30, Type: appointment.Office, Weeks: weeks}, zone)
		must(err)
		return ids[0].String()
	}
	meeting := func() string {
		id, err := h.parts.Conferences.Call(ctx, ann, h.client, conference.Input{At: h.Clock.Now().Add(-time.Hour), Length: phi.NewText("30"), Agenda: phi.NewText("Housing"), Minutes: phi.NewText("We agreed."),
			Attendees: []conference.Attendee{{Worker: h.staff["ann"].String(), Came: true}}})
		must(err)
		return id.String()
	}
	kase := func() (chart, id string) {
		reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{Name: person.Name{Family: phi.NewText("Case" + strconv.Itoa(len(h.Entries(t))))}}, true)
		must(err)
		c, err := h.parts.Cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: "recovery", Worker: h.staff["cleo"].String()})
		must(err)
		return "/clients/" + reg.ID.String() + "/case/", c.String()
	}
	h.staff["cleo"], err = h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Cleo"), Family: phi.NewText("Worker"), Mail: phi.NewText("cleo@example.org"), Role: actor.CaseManager, Supervisor: h.staff["sue"].String()})
	must(err)
	_, err = h.parts.Homes.Begin(ctx, ann, household.Entry{Client: h.client, From: phi.NewDate(2026, 11, 1)})
	must(err)
	homes, err := h.parts.Homes.Of(ctx, ann, h.client)
	must(err)
	home := homes[0].Members[0].Place.String()
	list, err := h.parts.Rosters.Upload(ctx, ivy, phi.NewText("list.csv"), []byte("Last name,Phone\nOrlova,206-555-0111\n"))
	must(err)
	agency, err := h.parts.Org.Agency(ctx, h.World.As(h.staff["root"].String(), actor.Administrator))
	must(err)
	opened, passed := meet(phi.NewDate(2026, 11, 20), "10:30", 0), meet(phi.NewDate(2026, 11, 20), "10:35", 0)
	moved, series, cancelled := meet(phi.NewDate(2026, 11, 24), "10:30", 0), meet(phi.NewDate(2026, 11, 25), "09:30", 3), meet(phi.NewDate(2026, 11, 26), "09:30", 0)
	minutes, signed := meeting(), meeting()
	atAssign, assign := kase()
	atClose, closing := kase()
	atOffer, offer := kase()
	atEdit, edit := kase()
	chart := "/clients/" + h.client.String()
	move := []string{"on", "2026-11-27", "at", "10:30", "minutes", "45", "type", "home", "worker", h.staff["ann"].String(), "purpose", "Typed here"}
	write := []string{"on", "2026-11-19", "time", "10:00", "length", "45", "attendee", h.staff["ann"].String(), "agenda", "Typed here"}
	h.Clock.Set(h.Clock.Now().Add(time.Hour))

	sum := func() (n int64) {
		t.Helper()
		must(h.DB.QueryRow(ctx, `SELECT SUM(version) FROM record`).Scan(&n))
		return n
	}
	browsers := map[string]*browser{}
	for _, x := range []struct {
		who, path, id string
		kept          string // what is typed and must come back
		pairs         []string
	}{
		{"ann", "/tasks/" + "A", todo(record.Subject{}), "Typed here", []string{"what", "Typed here", "due", "2026-11-25"}},
		{"ann", chart + "/tasks/A", todo(subject), "Typed here", []string{"what", "Typed here", "due", "2026-11-25"}},
		{"ann", "/tasks/A/done", todo(subject), "", nil},
		{"ann", "/tasks/A/drop", todo(subject), "", []string{"why", "No need"}},
		{"ann", "/tasks/A/snooze", todo(subject), "", []string{"days", "1"}},
		{"ann", "/tasks/A/give", todo(record.Subject{}), "", []string{"owner", h.staff["bob"].String()}},
		{"ann", chart + "/edit", h.client.String(), "Typed here", []string{"given", "Marisol", "family", "Typed here"}},
		{"ann", chart + "/people", h.client.String(), "Typed here", []string{"name", "Typed here", "kind", "friend", "at", "-1"}},
		{"ann", chart + "/people/0/remove", h.client.String(), "", nil},
		{"ann", chart + "/household/address", h.client.String(), "Typed here", []string{"street", "Typed here", "city", "Seattle", "on", "2026-11-20", "member", h.client.String(), "do", "move"}},
		{"ann", chart + "/household/privacy", home, "", []string{"member", h.client.String(), "place", home, "private", "yes"}},
		{"ann", chart + "/household/out", home, "", []string{"member", h.client.String(), "place", home, "until", "2026-11-20"}},
		{"sue", atAssign + assign + "/assign", assign, "Typed here", []string{"worker", h.staff["bob"].String(), "words", "Typed here"}},
		{"cleo", atClose + closing + "/close", closing, "Typed here", []string{"reason", "goals_met", "on", "2026-11-20", "words", "Typed here"}},
		{"ivy", atClose + closing + "/reopen", closing, "Typed here", []string{"reason", "Typed here", "worker", h.staff["cleo"].String()}},
		{"cleo", atOffer + offer + "/offer", offer, "Typed here", []string{"worker", h.staff["bob"].String(), "matters", "Typed here", "until", "2026-11-27"}},
		{"cleo", atEdit + edit + "/edit", edit, "Typed here", []string{"level", "high", "next", "Typed here"}},
		{"cleo", atEdit + edit + "/renew", edit, "2029-01-31", []string{"eligible_until", "2029-01-31"}},
		{"ann", chart + "/appointments/A", moved, "Typed here", move},
		{"ann", chart + "/appointments/A/cancel", cancelled, "", []string{"by", "client"}},
		{"ann", chart + "/appointments/A/keep", opened, "", nil},
		{"ann", chart + "/appointments/A/miss", passed, "", nil},
		{"ann", chart + "/conferences/A/edit", minutes, "Typed here", write},
		{"ann", chart + "/conferences/A/sign", signed, "", nil},
		{"ivy", "/import/A/columns", list.String(), "", []string{"column", "family", "column", "phone"}},
		{"root", "/settings/programs/recovery", agency.ID.String(), "17", []string{"format", "soap", "rounding", "midpoint", "unit", "17"}},
		{"root", "/settings/caseload", agency.ID.String(), "7.5", []string{"caseload.capacity", "7.5"}},
	} {
		path := strings.Replace(x.path, "/A", "/"+x.id, 1)
		t.Run(strings.Replace(x.path, chart, "", 1), func(t *testing.T) {
			if browsers[x.who] == nil {
				browsers[x.who] = h.as(x.who)
			}
			b := browsers[x.who]
			form := url.Values{"csrf": {b.csrf}}
			for i := 0; i < len(x.pairs); i += 2 {
				form.Add(x.pairs[i], x.pairs[i+1])
			}
			before := sum()
			for _, none := range []string{"", "0", "x", "-1", "1e3"} {
				form.Set("version", none)
				if none == "" {
					form.Del("version")
				}
				code, body := b.do("POST", path, form)
				if code != 200 && code != 303 && code != 409 && code != 422 {
					t.Errorf("%q: status %d: %.300s", none, code, text(body))
				}
				if x.kept != "" && (code == 303 || !strings.Contains(body, x.kept)) {
					t.Errorf("%q: status %d, and what was typed is gone: %.600s", none, code, text(body))
				}
				if sum() != before {
					t.Fatalf("%q: something is changed", none)
				}
			}
			var version int64
			must(h.DB.QueryRow(ctx, `SELECT version FROM record WHERE id = $1`, x.id).Scan(&version))
			form.Set("version", strconv.FormatInt(version, 10))
			if strings.HasSuffix(path, "/address") {
				form.Set("version", x.id+":"+form.Get("version"))
			}
			if code, body := b.do("POST", path, form); code != 303 || sum() == before {
				t.Errorf("with its version: status %d: %.600s", code, text(body))
			}
		})
	}
	t.Run("a series that was not seen is not moved", func(t *testing.T) {
		b := h.as("ann")
		form := url.Values{"csrf": {b.csrf}, "version": {"1"}, "series": {"yes"}}
		for i := 0; i < len(move); i += 2 {
			form.Add(move[i], move[i+1])
		}
		before := sum()
		if code, body := b.do("POST", chart+"/appointments/"+series, form); code != 422 || sum() != before || !strings.Contains(body, "Typed here") {
			t.Errorf("status %d", code)
		}
		_, body := b.do("GET", chart+"/appointments/"+series, nil)
		form.Set("mark", field(t, body, "mark"))
		if code, body := b.do("POST", chart+"/appointments/"+series, form); code != 303 {
			t.Errorf("status %d: %.300s", code, text(body))
		}
	})
}
