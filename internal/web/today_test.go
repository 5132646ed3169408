package web_test

import (
	"io"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/phi"
)

// TestCalendarFeed fetches a feed as a calendar program does: with an address and
// no session.
func TestCalendarFeed(t *testing.T) {
	h := open(t)
	ann := h.as("ann")
	chart := "/clients/" + h.client.String()
	code, _ := ann.do("POST", chart+"/appointments", url.Values{
		"csrf": {ann.csrf}, "on": {"2026-11-24"}, "at": {"10:30"}, "minutes": {"45"}, "type": {"home"}, "worker": {h.staff["ann"].String()}, "purpose": {"The move to Zanzibar Street"},
	})
	if code != http.StatusSeeOther {
		t.Fatalf("status %d", code)
	}
	link := func() string {
		_, body := ann.do("POST", "/account/calendar", url.Values{"csrf": {ann.csrf}})
		m := regexp.MustCompile(`/calendar/feed/[0-9a-z]{52}\.ics`).FindString(body)
		if m == "" {
			t.Fatalf("no address is shown: %.200s", body)
		}
		return h.server.URL + m
	}
	fetch := func(link, etag string) (int, string, http.Header) {
		req, err := http.NewRequest("GET", link, nil)
		if err != nil {
			t.Fatal(err)
		}
		if etag != "" {
			req.Header.Set("If-None-Match", etag)
		}
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		b, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return res.StatusCode, string(b), res.Header
	}
	first := link()
	t.Run("shows when the worker is busy, in the zone of the agency, and nothing else", func(t *testing.T) {
		before := len(h.Entries(t))
		code, body, head := fetch(first, "")
		if code != 200 || head.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(body, "DTSTART:20261124T153000Z\r\n") {
			t.Fatal(code, head, body)
		}
		if n := len(h.Entries(t)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
		for _, s := range []string{"Zanzibar", "Ibáñez", "Marisol", "C-20001", h.client.String(), "home", "Ann"} {
			if strings.Contains(body, s) {
				t.Errorf("it says %q", s)
			}
		}
		code, body, _ = fetch(first, head.Get("ETag"))
		if code != http.StatusNotModified || body != "" {
			t.Error("asked again:", code, body)
		}
	})
	t.Run("the address is shown once, and a new one ends the old", func(t *testing.T) {
		if _, body := ann.do("GET", "/account/calendar", nil); strings.Contains(body, "/calendar/feed/") {
			t.Error("it is shown again")
		}
		next := link()
		if code, body, _ := fetch(first, ""); code != http.StatusNotFound || strings.Contains(body, "VCALENDAR") {
			t.Error(code)
		}
		if code, _, _ := fetch(next, ""); code != 200 {
			t.Error(code)
		}
		first = next
	})
	t.Run("a malformed address and one that is nobody's are answered alike", func(t *testing.T) {
		a, _, _ := fetch(h.server.URL+"/calendar/feed/x", "")
		b, _, _ := fetch(h.server.URL+"/calendar/feed/"+strings.Repeat("7", 52)+".ics", "")
		if a != http.StatusNotFound || b != a {
			t.Error(a, b)
		}
	})
	t.Run("dies at once with the worker's access", func(t *testing.T) {
		if err := h.parts.Org.Terminate(t.Context(), h.Proved(h.staff["root"].String(), "administrator"), org.ID(h.staff["ann"])); err != nil {
			t.Fatal(err)
		}
		if code, _, _ := fetch(first, ""); code != http.StatusNotFound {
			t.Error(code)
		}
	})
}

// TestMidnight looks at the day on both sides of the agency's midnight.
func TestMidnight(t *testing.T) {
	h := open(t)
	add := url.Values{"what": {"Ask about the boiler"}, "due": {"2026-11-20"}, "client": {h.client.String()}, "next": {"/today"}}
	ann := h.as("ann")
	add.Set("csrf", ann.csrf)
	if code, _ := ann.do("POST", "/tasks", add); code != http.StatusSeeOther {
		t.Fatalf("status %d", code)
	}
	// It is Friday in New York until 5:00 on Saturday in Greenwich.
	for _, x := range []struct {
		at   string
		want string
	}{{"2026-11-21T04:59:00Z", "Due today"}, {"2026-11-21T05:00:00Z", "1 day overdue"}} {
		at, err := time.Parse(time.RFC3339, x.at)
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Set(at)
		_, body := h.as("ann").do("GET", "/today", nil)
		row := body[strings.Index(body, "Ask about the boiler"):]
		if row = row[:strings.Index(row, "</tr>")]; !strings.Contains(row, x.want) {
			t.Errorf("at %s: %s", x.at, row)
		}
	}
}

// TestAgencyTask gives a task of the agency to a colleague, who hands it back.
func TestAgencyTask(t *testing.T) {
	h := open(t)
	ann, bob, bobs := h.as("ann"), h.as("bob"), h.staff["bob"].String()
	post := func(b *browser, path string, code int, pairs ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("POST %s: %d, want %d", path, got, code)
		}
		return body
	}
	get := func(b *browser, path string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		if code != 200 {
			t.Fatalf("GET %s: %d", path, code)
		}
		return body
	}
	path := func(b *browser) string {
		t.Helper()
		m := regexp.MustCompile(`href="(/tasks/[0-9a-z]{26})"`).FindStringSubmatch(get(b, "/tasks"))
		if m == nil {
			t.Fatal("the task is not in the list")
		}
		return m[1]
	}
	post(ann, "/tasks", 303, "what", "Order bus passes", "due", "2026-11-24")
	at := path(ann)
	page := get(ann, at)
	if !strings.Contains(page, "Give it to a colleague") || !strings.Contains(page, bobs) || strings.Contains(page, h.staff["root"].String()) || strings.Contains(page, h.staff["pat"].String()) {
		t.Error("the colleagues to choose from are not those who keep tasks")
	}
	if body := post(ann, at+"/give", 422, "version", "1", "owner", h.staff["root"].String()); !strings.Contains(body, "Choose a colleague who works here and keeps tasks.") {
		t.Error("what is wrong is not said")
	}
	post(ann, at+"/give", 303, "version", "1", "owner", bobs)
	if code, _ := ann.do("GET", at, nil); code != http.StatusForbidden {
		t.Errorf("whoever gave it sees it: %d", code)
	}
	notices := get(bob, "/notices")
	if !strings.Contains(notices, "A colleague gave you a task.") || !strings.Contains(notices, "The agency") || strings.Contains(notices, "A client you no longer work with") {
		t.Error("the notice does not say what it is about")
	}
	if body := get(bob, path(bob)); !strings.Contains(body, "Hand back") || !strings.Contains(body, "Given by Ann Worker") {
		t.Error("it cannot be handed back")
	}
	post(bob, at+"/back", 303, "version", "2")
	if !strings.Contains(get(ann, "/notices"), "A colleague handed a task back to you.") || path(ann) != at {
		t.Error("it did not come back")
	}
	// A new one is given at once; a client's only to whoever works with them.
	post(ann, "/tasks", 303, "what", "Order stamps", "due", "2026-11-24", "owner", bobs)
	if !strings.Contains(get(bob, "/tasks"), "Order stamps") {
		t.Error("the new task was not given")
	}
	if body := post(ann, "/tasks", 422, "what", "Call the landlord", "due", "2026-11-24", "client", h.client.String(), "owner", bobs); !strings.Contains(body, "Choose a colleague who works with this client") || !strings.Contains(body, "Call the landlord") {
		t.Error("what is wrong is not said, or what was typed is lost")
	}
}

// TestCoverageIsTold arranges a coverage and reads what the two are told.
func TestCoverageIsTold(t *testing.T) {
	h := open(t)
	root := h.Proved(h.staff["root"].String(), "administrator")
	sues := h.staff["sue"].String()
	if err := h.parts.Org.Change(t.Context(), root, org.ID(h.staff["ann"]), 0, org.Edit{Supervisor: &sues}); err != nil {
		t.Fatal(err)
	}
	sue := h.as("sue")
	if code, body := sue.do("POST", "/coverage", url.Values{"csrf": {sue.csrf}, "worker": {h.staff["ann"].String()}, "cover": {h.staff["bob"].String()}, "from": {"2026-11-23"}, "until": {"2026-11-27"}, "words": {"Leave"}}); code != 303 {
		t.Fatal(code, body)
	}
	for name, want := range map[string]string{"bob": "You cover for Ann Worker from Nov 23, 2026 until Nov 27, 2026.", "ann": "Bob Worker covers for you from Nov 23, 2026 until Nov 27, 2026."} {
		if _, body := h.as(name).do("GET", "/notices", nil); !strings.Contains(body, want) {
			t.Errorf("%s does not read %q", name, want)
		}
	}
	if _, body := sue.do("GET", "/notices", nil); !strings.Contains(body, "You have seen everything") {
		t.Error("whoever did it is told")
	}
}

// TestAppointmentClosedMeanwhile sends forms of an appointment that a colleague
// closed, or changed, while they were being filled in.
func TestAppointmentClosedMeanwhile(t *testing.T) {
	h := open(t)
	ann, ivy := h.as("ann"), h.as("ivy")
	chart := "/clients/" + h.client.String()
	post := func(b *browser, path string, code int, pairs ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("POST %s: %d, want %d: %.400s", path, got, code, text(body))
		}
		return body
	}
	fields := []string{"on", "2026-11-27", "at", "10:30", "minutes", "45", "type", "home", "worker", h.staff["ann"].String(), "purpose", "Typed here"}
	book := func() string {
		t.Helper()
		post(ann, chart+"/appointments", 303, fields...)
		_, body := ann.do("GET", "/calendar?view=day&on=2026-11-27", nil)
		for _, x := range regexp.MustCompile(`href="(`+chart+`/appointments/[0-9a-z]{26})"`).FindAllStringSubmatch(body, -1) {
			if _, page := ann.do("GET", x[1], nil); strings.Contains(page, `id="edit"`) && strings.Contains(page, `name="version" value="1"`) {
				return x[1]
			}
		}
		t.Fatal("it is not in the calendar")
		return ""
	}
	t.Run("what was written for one that was cancelled comes back as the form of a new one", func(t *testing.T) {
		at := book()
		post(ivy, at+"/cancel", 303, "version", "1", "by", "client")
		body := post(ann, at, 422, append([]string{"version", "1"}, fields...)...)
		for _, s := range []string{"Ivy Worker cancelled this appointment", "Typed here", `action="` + chart + `/appointments"`} {
			if !strings.Contains(body, s) {
				t.Errorf("%q is not on the page", s)
			}
		}
		if strings.Contains(body, `id="edit"`) {
			t.Error("it can still be changed")
		}
	})
	t.Run("a reason for cancelling comes back, with the appointment as it is now", func(t *testing.T) {
		at := book()
		post(ivy, at, 303, "version", "1", "on", "2026-11-27", "at", "11:30", "minutes", "45", "type", "home", "worker", h.staff["ann"].String())
		body := post(ann, at+"/cancel", 422, "version", "1", "by", "client", "why", "Has a cold")
		if !strings.Contains(body, `value="Has a cold"`) || !strings.Contains(body, "It is not cancelled") {
			t.Errorf("%.600s", text(body))
		}
		post(ann, at+"/cancel", 303, "version", field(t, body, "version"), "by", "client", "why", "Has a cold")
		if body := post(ann, at+"/cancel", 422, "version", "2", "by", "worker", "why", "Is ill"); !strings.Contains(body, "nothing left to cancel") || !strings.Contains(body, "Is ill") {
			t.Errorf("%.600s", text(body))
		}
	})
}

// TestOffersOfTheDay looks for ways that somebody could not go.
func TestOffersOfTheDay(t *testing.T) {
	h := open(t)
	id, err := h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Mia"), Family: phi.NewText("Worker"), Mail: phi.NewText("mia@example.org"), Role: actor.ProgramManager, Programs: []string{"recovery"}})
	if err != nil {
		t.Fatal(err)
	}
	h.staff["mia"] = id
	ann, mia, sue := h.as("ann"), h.as("mia"), h.as("sue")
	if code, _ := ann.do("POST", "/tasks", url.Values{"csrf": {ann.csrf}, "what": {"Ask about the boiler"}, "due": {"2026-11-20"}, "client": {h.client.String()}}); code != http.StatusSeeOther {
		t.Fatal(code)
	}
	if code, _ := mia.do("POST", "/tasks", url.Values{"csrf": {mia.csrf}, "what": {"Order bus passes"}, "due": {"2026-11-20"}}); code != http.StatusSeeOther {
		t.Fatal(code)
	}
	get := func(b *browser, path string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		if code != 200 {
			t.Fatalf("GET %s: %d", path, code)
		}
		return body
	}
	for _, x := range []struct {
		path, way string
		may       *browser
		not       *browser
	}{
		{"/calendar?view=day", "/calendar/new", ann, mia},
		{"/calendar", "/calendar/new", h.as("ivy"), mia},
		{"/today", "#compose", ann, mia},
		{"/today", h.client.String(), ann, nil},
		{"/tasks/new", `value="` + h.client.String() + `"`, ann, mia},
		{"/tasks", "/done", mia, nil},
	} {
		if !strings.Contains(get(x.may, x.path), x.way) {
			t.Errorf("%s does not offer %s", x.path, x.way)
		}
		if x.not != nil && strings.Contains(get(x.not, x.path), x.way) {
			t.Errorf("%s offers %s, which is always refused", x.path, x.way)
		}
	}
	body := get(mia, "/tasks?whose=team")
	if !strings.Contains(body, chartOf(h)) || strings.Contains(body, "/done") {
		t.Error("a client's task is not in the team's list, or can be finished there")
	}
	t.Run("the team's calendar stays the team's", func(t *testing.T) {
		for _, path := range []string{"/calendar?whose=team", "/calendar?view=month&whose=team", "/calendar?view=day&whose=team"} {
			body := get(sue, path)
			for _, m := range regexp.MustCompile(`href="(/calendar\?[^"]*)"`).FindAllStringSubmatch(body, -1) {
				if u := strings.ReplaceAll(m[1], "&amp;", "&"); !strings.Contains(u, "whose=team") && !strings.Contains(body, `href="`+m[1]+`">Mine`) && !regexp.MustCompile(`href="`+regexp.QuoteMeta(m[1])+`"[^>]*>\s*Mine`).MatchString(body) {
					t.Errorf("%s leads to %s", path, u)
				}
			}
			if !strings.Contains(body, `name="whose" value="team"`) {
				t.Errorf("%s: another day is one's own", path)
			}
		}
		if body := get(sue, "/calendar"); strings.Contains(body, `name="whose"`) {
			t.Error("one's own calendar leads to the team's")
		}
	})
}

func chartOf(h *house) string { return "/clients/" + h.client.String() }

// TestCopyOnTheDevice looks for when the server says that it has what was typed: only
// then the copy of it on the device is thrown away.
func TestCopyOnTheDevice(t *testing.T) {
	h := open(t)
	ann := h.as("ann")
	at, err := url.Parse(h.server.URL)
	if err != nil {
		t.Fatal(err)
	}
	mark := strings.Repeat("0", 36)
	taken := func(path string, code int, pairs ...string) bool {
		t.Helper()
		ann.http.Jar.SetCookies(at, []*http.Cookie{{Name: "done", Path: "/", MaxAge: -1}})
		form := url.Values{"csrf": {ann.csrf}, "copy": {mark}}
		for i := 0; i < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		if got, body := ann.do("POST", path, form); got != code {
			t.Fatalf("POST %s: %d, want %d: %.300s", path, got, code, text(body))
		}
		for _, c := range ann.http.Jar.Cookies(at) {
			if c.Name == "done" {
				return strings.HasPrefix(c.Value, mark)
			}
		}
		return false
	}
	if !taken("/tasks", 303, "what", "Order bus passes", "due", "2026-11-24") {
		t.Error("what is done is not said to be")
	}
	_, body := ann.do("GET", "/tasks", nil)
	task := regexp.MustCompile(`href="(/tasks/[0-9a-z]{26})"`).FindStringSubmatch(body)[1]
	if taken("/tasks", 422, "what", "", "due", "2026-11-24") {
		t.Error("what is wrong is taken")
	}
	if !taken(task, 303, "version", "1", "what", "Order ten bus passes", "due", "2026-11-24") {
		t.Error("a change is not taken")
	}
	if taken(task+"/drop", 422, "version", "1", "why", "No need any more") {
		t.Error("a reason that was not taken is thrown away")
	}
	if !taken(task+"/done", 303, "version", "2") {
		t.Error("what is done is not said to be")
	}
	if taken(task+"/drop", 303, "version", "2", "why", "No need any more") || taken(task+"/snooze", 303, "version", "2", "days", "1") {
		t.Error("what somebody changed meanwhile is taken, and was left as it is")
	}
}
