package web_test

import (
	"net/url"
	"regexp"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
)

// TestCasework goes through what colleagues do with cases, as a browser without
// script would.
func TestCasework(t *testing.T) {
	h := open(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	id, err := h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Cleo"), Family: phi.NewText("Worker"), Mail: phi.NewText("cleo@example.org"), Role: actor.CaseManager, Supervisor: h.staff["sue"].String()})
	must(err)
	h.staff["cleo"] = id
	ivy := h.World.As(h.staff["ivy"].String(), actor.Intake)
	reg, err := h.parts.Clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: phi.NewText("Walter"), Family: phi.NewText("Pruitt")}}, true)
	must(err)
	kase, err := h.parts.Cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: "housing", Worker: id.String(), Level: casefile.High})
	must(err)
	chart := "/clients/" + reg.ID.String()
	cleo, bob, sue := h.as("cleo"), h.as("bob"), h.as("sue")
	post := func(b *browser, path string, code int, pairs ...string) string {
		t.Helper()
		form := url.Values{"csrf": {b.csrf}}
		for i := 0; i+1 < len(pairs); i += 2 {
			form.Add(pairs[i], pairs[i+1])
		}
		if !form.Has("version") && strings.Contains(path, "/case/") {
			// As the form shows it.
			_, body := b.do("GET", path, nil)
			if m := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body); m != nil {
				form.Set("version", m[1])
			}
		}
		got, body := b.do("POST", path, form)
		if got != code {
			t.Fatalf("POST %s: %d, want %d: %.400s", path, got, code, text(body))
		}
		return body
	}
	get := func(b *browser, path string, words ...string) string {
		t.Helper()
		code, body := b.do("GET", path, nil)
		if code != 200 {
			t.Fatalf("GET %s: %d", path, code)
		}
		for _, w := range words {
			if !strings.Contains(body, w) {
				t.Errorf("GET %s does not say %q", path, w)
			}
		}
		if strings.Contains(body, "%!") {
			t.Errorf("GET %s: a text and its values do not fit", path)
		}
		return body
	}
	c := chart + "/case/" + kase.String()
	t.Run("an offer is made, seen, declined and accepted", func(t *testing.T) {
		get(cleo, c+"/offer", "What matters now")
		if body := post(cleo, c+"/offer", 422, "matters", "Kept as typed"); !strings.Contains(body, "Kept as typed") || !strings.Contains(body, "Choose a colleague.") {
			t.Error("what was typed is lost, or what is wrong is not said")
		}
		offer := func() {
			post(cleo, c+"/offer", 303, "worker", h.staff["bob"].String(), "matters", "Hearing on Monday", "until", "2026-11-27")
		}
		offer()
		get(bob, "/offers", "Pruitt, Walter", "/offers/"+kase.String())
		get(bob, "/offers/"+kase.String(), "Hearing on Monday", "Accept the case")
		get(bob, "/caseload", "Offered to me")
		get(sue, "/offers/"+kase.String(), "This offer is over")
		post(bob, "/offers/"+kase.String()+"/decline", 422, "reason", "")
		post(bob, "/offers/"+kase.String()+"/decline", 303, "reason", "Full")
		get(bob, "/offers/"+kase.String(), "This offer is over")
		get(cleo, chart+"/case", "Full", "Hearing on Monday", "declined")
		offer()
		post(cleo, c+"/withdraw", 303)
		post(cleo, c+"/withdraw", 303)
		offer()
		before := len(h.Entries(t))
		post(bob, "/offers/"+kase.String()+"/accept", 303)
		for _, e := range h.Entries(t)[:len(h.Entries(t))-before] {
			if e.Action == "case.read" {
				t.Error("the case is read once more than it takes to accept it")
			}
		}
		get(bob, chart+"/case", "accepted")
		post(bob, c+"/offer", 303, "worker", id.String(), "matters", "Back to you", "until", "2026-11-27")
		post(cleo, "/offers/"+kase.String()+"/accept", 303)
	})
	t.Run("what two people change is put together, and nothing is saved before", func(t *testing.T) {
		body := get(cleo, c+"/edit", "was.level")
		version := regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1]
		post(cleo, c+"/edit", 303, "version", version, "level", "high", "next_on", "2026-12-09", "next", "Home visit")
		body = post(cleo, c+"/edit", 409, "version", version, "level", "intensive", "next_on", "2026-12-09", "was.", "1", "was.level", "high")
		if !strings.Contains(body, "Nothing you wrote is lost") || !strings.Contains(body, `value="Home visit"`) {
			t.Error("the two are not put together")
		}
	})
	t.Run("of two steps taken over the same case the later is shown what happened, with all that was typed", func(t *testing.T) {
		version := func(body string) string {
			return regexp.MustCompile(`name="version" value="(\d+)"`).FindStringSubmatch(body)[1]
		}
		old := version(get(sue, c+"/assign"))
		post(cleo, c+"/edit", 303, "version", old, "level", "high", "next", "Home visit")
		for path, pairs := range map[string][]string{
			"/assign": {"worker", h.staff["bob"].String(), "words", "Kept as typed"},
			"/close":  {"reason", "goals_met", "on", "2026-11-20", "words", "Kept as typed"},
			"/offer":  {"worker", h.staff["bob"].String(), "matters", "Kept as typed", "until", "2026-11-27"},
			"/renew":  {"eligible_until", "2029-01-31"},
		} {
			who := cleo
			if path == "/assign" {
				who = sue
			}
			body := post(who, c+path, 409, append(pairs, "version", old)...)
			kept := strings.Contains(body, "Kept as typed") || strings.Contains(body, "2029-01-31")
			if !kept || !strings.Contains(body, "Cleo Worker saved the case at") || version(body) == old {
				t.Errorf("%s: %.600s", path, text(body))
			}
		}
		body := post(sue, c+"/assign", 409, "worker", h.staff["bob"].String(), "words", "From the meeting", "version", old)
		post(sue, c+"/assign", 303, "worker", h.staff["bob"].String(), "words", "From the meeting", "version", version(body))
		get(bob, chart+"/case", "From the meeting")
		post(bob, c+"/offer", 303, "worker", id.String(), "matters", "Back to you", "until", "2026-11-27")
		post(cleo, "/offers/"+kase.String()+"/accept", 303)
	})
	t.Run("a day that is none is said, and never taken for today or for nothing", func(t *testing.T) {
		for _, x := range []struct {
			who         *browser
			path, field string
			pairs       []string
		}{
			{h.as("ivy"), chart + "/case/new", "opened", []string{"program", "recovery", "worker", id.String()}},
			{cleo, c + "/close", "on", []string{"reason", "goals_met"}},
			{sue, c + "/team", "from", []string{"worker", h.staff["bob"].String()}},
			{sue, c + "/team", "until", []string{"worker", h.staff["bob"].String()}},
			{cleo, c + "/renew", "eligible_from", []string{"eligible_until", "2027-12-31"}},
			{cleo, c + "/renew", "eligible_until", nil},
		} {
			if body := post(x.who, x.path, 422, append(x.pairs, x.field, "2026-02-31")...); !strings.Contains(body, "Enter the date as month, day and year.") {
				t.Errorf("%s, %s: %.400s", x.path, x.field, text(body))
			}
		}
	})
	t.Run("an eligibility is renewed, a case closed after a look and opened again", func(t *testing.T) {
		post(cleo, c+"/renew", 422)
		post(cleo, c+"/renew", 303, "eligible_from", "2026-01-01", "eligible_until", "2026-12-20")
		get(cleo, "/caseload?view=eligibility", "Eligible 30 more days")
		get(cleo, c+"/renew", "2027-12-20")
		get(cleo, c+"/close", "Before you close", "All notes are signed")
		post(cleo, c+"/close", 303, "reason", "goals_met", "on", "2026-11-20")
		b := h.as("ivy")
		get(b, c+"/reopen", "Why is the case opened again?")
		post(b, c+"/reopen", 422)
		post(b, c+"/reopen", 303, "reason", "Came back", "worker", id.String())
		get(cleo, chart+"/case", "opened the case again", "Goals met")
	})
	t.Run("a filter opens the caseload, and is its owner's", func(t *testing.T) {
		if body := post(cleo, "/caseload/filters", 422, "view", "all", "level", "high"); !strings.Contains(body, "Give the filter a name.") {
			t.Error("what is wrong is not said")
		}
		post(cleo, "/caseload/filters", 303, "level", "high", "filter_name", "High", "default", "yes")
		if code, to := cleo.do("GET", "/caseload", nil); code != 303 || !strings.Contains(to, "level=high") {
			t.Error(code, to)
		}
		// It stands in the menu of every page, which opens nothing for it, and of nobody
		// else's; where it is shown it is the current one.
		link := regexp.MustCompile(`href="(/caseload\?[^"]*saved=[^"]*)"`).FindStringSubmatch(get(cleo, "/tasks"))
		if link == nil {
			t.Fatal("it is not in the menu")
		}
		before := len(h.Entries(t))
		get(cleo, "/tasks")
		if n := len(h.Entries(t)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
		if strings.Contains(get(bob, "/tasks"), "saved=") {
			t.Error("a colleague has it in the menu")
		}
		shown := get(cleo, strings.ReplaceAll(link[1], "&amp;", "&"))
		if !regexp.MustCompile(`(?s)saved=[^"]*"[^>]*aria-current="page"`).MatchString(shown) || strings.Contains(shown, `href="/caseload" aria-current`) {
			t.Error("it is not marked as the current one")
		}
		body := get(cleo, "/caseload?view=all", "Pruitt, Walter")
		fid := regexp.MustCompile(`/caseload/filters/([0-9a-z]{26})/remove`).FindStringSubmatch(body)[1]
		post(bob, "/caseload/filters/"+fid+"/remove", 403)
		post(cleo, "/caseload/filters/none/default", 303)
		post(cleo, "/caseload/filters/"+fid+"/remove", 303)
	})
	t.Run("whose cases are shown has a field of its own, and older links and filters say the same", func(t *testing.T) {
		for _, path := range []string{"/caseload?whose=shared&view=all", "/caseload?worker=shared&view=all"} {
			body := get(cleo, path, `name="whose"`, "whose=shared")
			if !regexp.MustCompile(`<option value="shared"[^>]*selected`).MatchString(body) || regexp.MustCompile(`href="[^"]*worker=shared`).MatchString(body) || strings.Contains(body, "Pruitt, Walter") {
				t.Errorf("%s: %.600s", path, text(body))
			}
		}
		post(cleo, "/caseload/filters", 303, "worker", "shared", "filter_name", "Older")
		post(cleo, "/caseload/filters", 303, "whose", "shared", "filter_name", "Newer")
		if body := get(cleo, "/tasks"); strings.Count(body, "whose=shared") < 2 || regexp.MustCompile(`href="[^"]*worker=shared`).MatchString(body) {
			t.Error("a saved filter leads elsewhere")
		}
		if body := get(sue, "/caseload?view=all", "Pruitt, Walter", "My team’s"); !strings.Contains(body, `name="worker"`) {
			t.Error("a supervisor chooses no worker")
		}
		if body := get(sue, "/caseload?view=all&whose=mine"); strings.Contains(body, "Pruitt, Walter") {
			t.Error("a case of the team is the supervisor's own")
		}
		get(sue, "/caseload?view=all&worker=shared", "Pruitt, Walter")
	})
	t.Run("a supervisor sees the workers and moves cases by a plan", func(t *testing.T) {
		get(sue, "/supervision", "Cleo Worker", "Open cases")
		get(sue, "/supervision/balance", "Cleo Worker", "<rect")
		get(sue, "/supervision/balance?month=2026-09", "September 2026")
		if code, _ := cleo.do("GET", "/supervision", nil); code != 403 {
			t.Error(code)
		}
		get(sue, "/supervision/move?worker="+id.String(), "Pruitt, Walter")
		post(sue, "/supervision/move", 422, "do", "preview")
		body := post(sue, "/supervision/move", 200, "do", "preview", "case", kase.String(), "to", h.staff["bob"].String())
		step := regexp.MustCompile(`name="step" value="([^"]+)"`).FindStringSubmatch(body)[1]
		if get(cleo, chart); !strings.Contains(body, "Nothing has changed yet") {
			t.Error("the plan does not say that nothing has changed")
		}
		if body := post(sue, "/supervision/move", 200, "do", "move", "step", step); !strings.Contains(body, "1 case was moved.") {
			t.Error(text(body))
		}
		if code, _ := cleo.do("GET", chart, nil); code != 404 {
			t.Error(code)
		}
		get(bob, chart, "Pruitt")
		// Sue does not supervise Bob: the way back is not hers to go.
		get(sue, "/supervision/move?back=1", "it stays where it is")
	})
	t.Run("a conference is called, written, signed and followed", func(t *testing.T) {
		get(bob, chart+"/conferences", "No case conference yet")
		get(bob, chart+"/conferences/new", "Call a conference")
		post(bob, chart+"/conferences/new", 422, "agenda", "Housing")
		to := strings.TrimSpace(post(bob, chart+"/conferences/new", 303, "on", "2026-11-19", "time", "10:00", "length", "45", "attendee", h.staff["bob"].String(), "attendee", id.String(), "outside", "Ms. Quist", "agenda", "Housing"))
		get(bob, to, "Housing", "Ms. Quist", "Sign the minutes")
		get(cleo, chart+"/conferences", strings.TrimPrefix(to, chart)) // invited, though no longer the worker
		post(bob, to+"/sign", 422, "version", "1")
		get(bob, to+"/edit", "was.agenda", "Who came")
		pairs := []string{"on", "2026-11-19", "time", "10:00", "length", "45", "attendee", h.staff["bob"].String(), "outside", "Ms. Quist", "agenda", "Housing", "minutes", "One number to call", "came", "Ms. Quist",
			"decision", "Call the landlord", "decision_who", h.staff["bob"].String(), "decision_due", "2026-12-01", "decision_number", ""}
		post(bob, to+"/edit", 303, append([]string{"version", "1"}, pairs...)...)
		if body := post(bob, to+"/edit", 409, append([]string{"version", "1", "was.", "1"}, pairs...)...); !strings.Contains(body, "Nothing you wrote is lost") {
			t.Error("a conflict is not put together")
		}
		post(bob, to+"/sign", 303, "version", "2")
		if body := post(bob, to+"/edit", 422, append([]string{"version", "2"}, pairs...)...); !strings.Contains(body, "The minutes were signed while you were writing") || !strings.Contains(body, "One number to call</textarea>") {
			t.Errorf("what was typed into minutes that were signed meanwhile is lost: %.400s", text(body))
		}
		post(bob, to+"/follow", 303, "number", "1", "done", "yes")
		post(bob, to+"/addenda", 422, "text", " ")
		post(bob, to+"/addenda", 303, "text", "She joined by phone.")
		get(bob, to, "She joined by phone.", "Call the landlord", "done by")
	})
}

var tag = regexp.MustCompile(`(?s)<(head|svg|nav).*?</(head|svg|nav)>|<[^>]*>`)

// text is what can be read of a page, about.
func text(body string) string {
	return strings.Join(strings.Fields(tag.ReplaceAllString(body, " ")), " ")
}
