package web_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/glass"
	"caseward/internal/org"
	"caseward/internal/paper/papertest"
	"caseward/internal/phi"
	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/internal/web"
)

var hiddenField = regexp.MustCompile(`<input type="hidden" name="([^"]+)" value="([^"]*)"`)

// carried are the hidden fields of the form on a page that posts to a path.
func carried(body, path string) url.Values {
	_, rest, _ := strings.Cut(body, `method="post" action="`+path+`"`)
	rest, _, _ = strings.Cut(rest, "</form>")
	out := url.Values{}
	for _, m := range hiddenField.FindAllStringSubmatch(rest, -1) {
		out.Add(m[1], html.UnescapeString(m[2]))
	}
	return out
}

// TestPrompts asks before a file is saved and a chart is printed, and after the glass
// was broken, and loses nothing of what was being done.
func TestPrompts(t *testing.T) {
	h := open(t)
	h.parts.Training.Prompts(starter.Prompts)
	const asks = "One short question before you go on."
	prove := func(b *browser) {
		t.Helper()
		code, body := b.do("POST", "/stepup", url.Values{"csrf": {b.csrf}, "next": {"/today"}, "demo": {"1"}})
		is(t, code, body, 303, "/today")
	}
	t.Run("an export is asked about once a week, and done as it was posted", func(t *testing.T) {
		sue := h.as("sue")
		prove(sue)
		const path = "/reports/caseload/export"
		form := url.Values{"csrf": {sue.csrf}, "by": {"worker"}, "what": {"clients"}, "format": {"csv"}, "reason": {"supervision"}, "words": {"For <Monday> & the \"team\"\nwith Marisol."}}
		code, body := sue.do("POST", path, form)
		is(t, code, body, 200, asks)
		if strings.Contains(body, "/exports/") {
			t.Error("there is a link before the answer")
		}
		kept := carried(body, path)
		asked := kept.Get("prompt_asked")
		kept.Del("csrf")
		for name, want := range form {
			if name != "csrf" && strings.Join(kept[name], "|") != strings.Join(want, "|") {
				t.Errorf("%s: %q, want %q", name, kept[name], want)
			}
		}
		// Without an answer it asks again, and keeps everything.
		kept.Set("csrf", sue.csrf)
		code, body = sue.do("POST", path, kept)
		is(t, code, body, 422, "Choose an answer first.")
		again := carried(body, path)
		if again.Get("words") != form.Get("words") || again.Get("prompt_asked") != asked {
			t.Error("it is lost:", again)
		}
		// A wrong answer teaches, and refuses nothing.
		again.Set("csrf", sue.csrf)
		again.Set("answer", "2")
		for range 2 { // and the answer sent twice is one
			code, body = sue.do("POST", path, again)
			is(t, code, body, 200, "Not this time.", "45 CFR")
		}
		on := carried(body, path)
		if on.Has("prompt_asked") || on.Has("answer") {
			t.Error("the question goes on with it")
		}
		on.Set("csrf", sue.csrf)
		code, body = sue.do("POST", path, on)
		is(t, code, body, 200, "Save the file")
		if m := regexp.MustCompile(`action="(/exports/[0-9a-z]{26})"`).FindStringSubmatch(body); m == nil {
			t.Error("there is no link")
		}
		who := h.World.As(h.staff["sue"].String(), actor.Supervisor)
		rows, err := h.parts.Reports.Exports(ctx, who, "")
		if err != nil || len(rows.Rows) != 1 || rows.Rows[0].Value.Words.Disclose() != "For <Monday> & the \"team\"\nwith Marisol." {
			t.Errorf("the export is not what was asked for: %v, %v", rows.Rows, err)
		}
		code, body = sue.do("POST", path, form)
		is(t, code, body, 200, "Save the file")
		h.Clock.Advance(7 * 24 * time.Hour)
		sue = h.as("sue")
		prove(sue)
		form.Set("csrf", sue.csrf)
		code, body = sue.do("POST", path, form)
		is(t, code, body, 200, asks)
	})
	t.Run("a print keeps the parts and the button that was pressed", func(t *testing.T) {
		ann := h.as("ann")
		path := "/clients/" + h.client.String() + "/print"
		form := url.Values{"csrf": {ann.csrf}, "part": {"identity", "notes"}, "from": {"2026-11-01"}, "do": {"pdf"}}
		code, body := ann.do("POST", path, form)
		is(t, code, body, 200, asks)
		kept := carried(body, path)
		kept.Set("csrf", ann.csrf)
		kept.Set("answer", "1")
		code, body = ann.do("POST", path, kept)
		is(t, code, body, 200, "That is it.")
		on := carried(body, path)
		on.Set("csrf", ann.csrf)
		code, body = ann.do("POST", path, on)
		_, file, _ := strings.Cut(body, "\n")
		if code != 200 || !strings.HasPrefix(file, "%PDF-") {
			t.Fatalf("%d %.200s", code, body)
		}
		if words := strings.Join(papertest.Text(t, []byte(file)), "\n"); !strings.Contains(words, "Zanzibar") {
			t.Error("the notes are not in it")
		}
	})
	t.Run("whoever will be refused is not asked first", func(t *testing.T) {
		h.Clock.Advance(8 * 24 * time.Hour)
		bob := h.as("bob") // who does not work with the client
		code, body := bob.do("POST", "/clients/"+h.client.String()+"/print", url.Values{"csrf": {bob.csrf}, "part": {"identity"}, "do": {"page"}})
		if code != 403 && code != 404 || strings.Contains(body, "prompt_asked") {
			t.Errorf("%d %.300s", code, body)
		}
		const path = "/reports/caseload/export"
		sue := h.as("sue") // who has not proved again who she is
		form := url.Values{"csrf": {sue.csrf}, "by": {"worker"}, "what": {"clients"}, "format": {"csv"}, "reason": {"supervision"}, "words": {"For the team."}}
		if _, body := sue.do("POST", path, form); strings.Contains(body, "prompt_asked") || !strings.Contains(body, "/stepup") {
			t.Errorf("%.600s", body)
		}
		prove(sue)
		code, body = sue.do("POST", path, form)
		is(t, code, body, 200, asks)
	})
	t.Run("switched off it is not asked", func(t *testing.T) {
		pat := h.as("pat")
		code, body := pat.do("GET", "/training/prompts", nil)
		is(t, code, body, 200, "Agency practice.", "Before a chart is printed")
		code, body = pat.do("POST", "/training/prompts/print", url.Values{"csrf": {pat.csrf}, "version": {"0"}, "ask-print": {"yes"}, "days-print": {"x"}})
		is(t, code, body, 422, "Give a number of days from 1 to 365.")
		code, body = pat.do("POST", "/training/prompts/print", url.Values{"csrf": {pat.csrf}, "version": {"0"}, "days-print": {"7"}})
		is(t, code, body, 303, "/training/prompts")
		if code, _ := h.as("sue").do("POST", "/training/prompts/print", url.Values{"version": {"1"}, "days-print": {"7"}}); code != 403 {
			t.Error("a supervisor changed it:", code)
		}
		h.Clock.Advance(8 * 24 * time.Hour)
		ann := h.as("ann")
		code, body = ann.do("POST", "/clients/"+h.client.String()+"/print", url.Values{"csrf": {ann.csrf}, "part": {"identity"}, "do": {"page"}})
		is(t, code, body, 200, "This is what it holds")
	})
	t.Run("an emergency is not held up by one click, and is asked about after", func(t *testing.T) {
		bob := h.as("bob")
		prove(bob)
		chart := "/clients/" + h.client.String()
		code, body := bob.do("POST", "/break-glass/new", url.Values{"csrf": {bob.csrf}, "client_id": {h.client.String()}, "classes": {"identity"}, "reason": {string(glass.MedicalEmergency)}, "words": {"Ambulance crew at the door."}})
		is(t, code, body, 303, chart)
		code, body = bob.do("GET", chart, nil)
		is(t, code, body, 200, "Marisol", "One short question about it waits for you")
		// It can wait, on every page, and beyond the emergency.
		h.Clock.Advance(20 * time.Hour)
		bob = h.as("bob")
		code, body = bob.do("GET", "/today", nil)
		is(t, code, body, 200, "One short question about it waits for you")
		req, err := http.NewRequest("GET", h.server.URL+"/training/questions/glass", nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Header.Set("Referer", h.server.URL+"/tasks?x=1")
		res, err := bob.http.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		_ = res.Body.Close()
		code, body = bob.do("GET", "/training/questions/glass", nil)
		is(t, code, body, 200, "It refuses nothing, right or wrong.")
		answer := carried(body, "/training/questions/glass")
		answer.Set("csrf", bob.csrf)
		answer.Set("answer", "0")
		answer.Set("next", "/tasks?x=1")
		code, body = bob.do("POST", "/training/questions/glass", answer)
		is(t, code, body, 200, `href="/tasks?x=1"`)
		code, body = bob.do("GET", "/today", nil)
		if code != 200 || strings.Contains(text(body), "One short question about it waits") {
			t.Error("it waits though it was answered:", code)
		}
		code, body = bob.do("GET", "/training/questions/glass", nil)
		is(t, code, body, 303, "/training")
		code, body = h.as("pat").do("GET", "/training/figures", nil)
		is(t, code, body, 200, "Before a report is saved as a file", "1 of 2 answered", "1 of them wrong")
	})
	t.Run("every route that lets records out asks", func(t *testing.T) {
		moments := map[string]bool{}
		for _, r := range web.Routes(h.parts) {
			if r.Risk != "" {
				moments[r.Risk] = true
			}
			if (r.Action == "report.export" || r.Action == "chart.print") && strings.HasPrefix(r.Pattern, "POST ") && r.Risk == "" {
				t.Error(r.Pattern)
			}
		}
		for _, m := range training.Moments() {
			if !moments[string(m)] {
				t.Error("nothing asks", m)
			}
		}
	})
}

// TestHuddles holds a huddle from a sheet, and sees it where it counts.
func TestHuddles(t *testing.T) {
	h := open(t)
	h.parts.Training.Sheets(starter.Sheets)
	id, err := h.parts.Org.Invite(ctx, h.World.Operator(), org.Invitation{Given: phi.NewText("Cleo"), Family: phi.NewText("Worker"), Mail: phi.NewText("cleo@example.org"), Role: actor.CaseManager, Supervisor: h.staff["sue"].String()})
	if err != nil {
		t.Fatal(err)
	}
	h.staff["cleo"] = id
	sue, cleo := h.as("sue"), h.as("cleo")
	code, body := sue.do("GET", "/training/huddles", nil)
	is(t, code, body, 200, "Who can hear us?", "Not held yet", "No huddle was recorded yet.")
	const path = "/training/huddles/who-can-hear-us"
	code, body = sue.do("GET", path, nil)
	is(t, code, body, 200, "Read this aloud", "Cleo Worker", "Record the huddle")
	if strings.Contains(text(body), "Bob Worker") {
		t.Error("another's worker can be marked")
	}
	form := carried(body, path)
	form.Set("csrf", sue.csrf)
	form.Set("on", "2026-11-19")
	code, body = sue.do("POST", path, form)
	is(t, code, body, 422, "Mark who was there.")
	form.Set("came", id.String())
	old := form.Get("hash")
	form.Set("hash", strings.Repeat("0", 64))
	code, body = sue.do("POST", path, form)
	is(t, code, body, 422, "The sheet was changed since you opened it.", "checked")
	form.Set("hash", old)
	for range 2 { // sent twice it is one
		code, body = sue.do("POST", path, form)
		is(t, code, body, 303, "/training/huddles")
	}
	code, body = sue.do("GET", "/training/huddles", nil)
	is(t, code, body, 200, "Held last Nov 19, 2026", "Current sheet", "1 person")
	m := regexp.MustCompile(`/training/held/[0-9a-z]{26}`).FindAllString(body, -1)
	if len(m) != 1 {
		t.Fatal("held: ", m)
	}
	for p, words := range map[string][]string{m[0]: {"Cleo Worker", "Sue Worker", "Nov 19, 2026", "Read this aloud"}, path + "/print": {"Who was there", "Ask the team", "version " + old[:8]}} {
		code, body := sue.do("GET", p, nil)
		_, file, _ := strings.Cut(body, "\n")
		if code != 200 {
			t.Fatal(p, code)
		}
		said := strings.Join(papertest.Text(t, []byte(file)), "\n")
		for _, s := range words {
			if !strings.Contains(said, s) {
				t.Errorf("%s lacks %q: %s", p, s, said)
			}
		}
	}
	code, body = cleo.do("GET", "/training", nil)
	is(t, code, body, 200, "Huddles you were at", "Who can hear us?", "held by Sue Worker")
	for _, p := range []string{"/training/huddles", m[0]} {
		if code, body := cleo.do("GET", p, nil); code == 200 && strings.Contains(body, "Current sheet") {
			t.Error("a case manager reads", p)
		}
	}
	code, body = h.as("pat").do("GET", "/training/figures", nil)
	is(t, code, body, 200, "1 held, 1 of 9 people were at one")
	code, body = sue.do("GET", "/training/staff", nil)
	is(t, code, body, 200, "1 huddle")
}

// is tells where an answer is not as it should be: its code, what a page says, or where it
// leads.
func is(t *testing.T, code int, body string, want int, has ...string) {
	t.Helper()
	if code != want {
		t.Errorf("answered %d, want %d: %.600s", code, want, text(body))
		return
	}
	for _, s := range has {
		if !strings.Contains(text(body), s) && !strings.Contains(body, s) {
			t.Errorf("the answer does not say %q: %.900s", s, text(body))
		}
	}
}
