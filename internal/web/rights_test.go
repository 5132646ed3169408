package web_test

import (
	"encoding/csv"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/audit"
)

// TestRightsInUse looks at which rights are used, as those who may and those who may not,
// and notes that somebody looked.
func TestRightsInUse(t *testing.T) {
	h := open(t)
	ann := h.staff["ann"].String()
	if err := h.Log.Record(ctx, audit.Entry{
		At: h.Clock.Now(), Action: "filter.create", Outcome: audit.Allowed, Rules: []string{"own-filters"},
		Who: audit.Who{Worker: ann, Role: "case_manager", Purpose: "treatment"}, Touched: []audit.Touch{{Kind: "filter", ID: "f", Classes: []string{"program"}}},
	}); err != nil {
		t.Fatal(err)
	}
	h.Clock.Advance(time.Hour)
	for range 50 {
		if _, err := h.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
	}
	get := func(name, path string, code int, want ...string) string {
		t.Helper()
		got, body := h.as(name).do("GET", path, nil)
		if got != code {
			t.Fatalf("%s as %s: %d %.300s", path, name, got, text(body))
		}
		for _, s := range want {
			if !strings.Contains(text(body), s) && !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		return body
	}
	worker := "/staff/" + ann + "/rights"
	for _, name := range []string{"pat", "sam", "root", "aud"} {
		get(name, "/rights", 200, "Case manager", "Ann Worker", "less than 90 days", "too early to say")
		get(name, "/rights/duties", 200, "glass.break / glass.review", "glass-not-own-judge", "Nobody clears themselves.")
		get(name, worker, 200, "Rights of Ann Worker", "own-filters", "Not used of it", "filter.change")
		get(name, "/rules", 200, `href="/rights"`)
		get(name, "/staff/"+ann, 200, `href="`+worker+`"`)
	}
	for _, name := range []string{"ann", "ivy", "sue"} {
		for _, path := range []string{"/rights", "/rights/csv", "/rights/duties", worker} {
			if strings.Contains(get(name, path, 403), "own-filters") {
				t.Errorf("%s as %s says what is used", path, name)
			}
		}
		for _, path := range []string{"/rules", "/staff/" + ann} {
			if strings.Contains(get(name, path, 200), `/rights"`) {
				t.Errorf("%s leads %s to rights", path, name)
			}
		}
	}
	get("sam", "/staff/nobody/rights", 404)
	// What there is not is as if nobody had asked for it.
	get("sam", "/rights?days=7&role=janitor", 200, "less than 90 days")
	if body := get("sam", "/rights?days=30&role=case_manager", 200, "less than 30 days", "Nobody in this role used", "Rare by nature"); strings.Contains(text(body), "Sue Worker") {
		t.Error("a supervisor is among the case managers")
	}
	lines, err := csv.NewReader(strings.NewReader(get("sam", "/rights/csv?days=30&role=case_manager", 200))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, x := range lines[1:] {
		if x[0] != "case_manager" || x[6] != "30" {
			t.Errorf("%v", x)
		}
		if x[3] == "own-filters" && (x[1] == "" || x[1] == ann) {
			found++
			if x[7] != "1" || x[8] != "1" || x[10] != "false" || x[9] == "" {
				t.Errorf("%v", x)
			}
		}
	}
	if found != 2 {
		t.Errorf("%d lines say that a filter was saved", found)
	}

	// How many days count is the administrator's to set.
	for _, name := range []string{"pat", "sam", "aud"} {
		if strings.Contains(get(name, "/rights", 200), `action="/rights/days"`) {
			t.Errorf("%s is offered to set it", name)
		}
		b := h.as(name)
		if code, _ := b.do("POST", "/rights/days", url.Values{"csrf": {b.csrf}, "window": {"60"}}); code != 403 {
			t.Errorf("as %s: %d", name, code)
		}
	}
	root := h.as("root")
	if code, body := root.do("POST", "/rights/days", url.Values{"csrf": {root.csrf}, "window": {"181"}}); code != 422 || !strings.Contains(text(body), "Give a number of days from 30 to 180.") {
		t.Errorf("%d %.300s", code, text(body))
	}
	get("sam", "/rights", 200, "the last 90 days count")
	if code, body := root.do("POST", "/rights/days", url.Values{"csrf": {root.csrf}, "window": {"60"}}); code != 303 {
		t.Errorf("%d %.300s", code, text(body))
	}
	get("sam", "/rights", 200, "the last 60 days count", "less than 60 days", "Agency practice")
	get("sam", worker, 200, "60 days")
	get("sam", "/rights?days=180", 200, "less than 180 days")

	// That somebody looked is the security officer's to note.
	for _, name := range []string{"pat", "root", "aud"} {
		if strings.Contains(get(name, "/rights", 200), `action="/rights/looked"`) {
			t.Errorf("%s is offered to note it", name)
		}
		b := h.as(name)
		if code, _ := b.do("POST", "/rights/looked", url.Values{"csrf": {b.csrf}, "finding": {"All is well."}}); code != 403 {
			t.Errorf("as %s: %d", name, code)
		}
	}
	sam := h.as("sam")
	if code, body := sam.do("POST", "/rights/looked", url.Values{"csrf": {sam.csrf}, "finding": {" "}}); code != 422 || !strings.Contains(text(body), "Say in a sentence or two") {
		t.Errorf("%d %.300s", code, text(body))
	}
	if code, _ := sam.do("POST", "/rights/looked", url.Values{"csrf": {sam.csrf}, "finding": {"Nobody closes cases."}}); code != 303 {
		t.Errorf("%d", code)
	}
	get("root", "/rights", 200, "Nobody closes cases.", "Sam Worker")
	h.Clock.Advance(330 * 24 * time.Hour)
	get("sam", "/due", 200, "Look through unused rights", `href="/rights"`)
}
