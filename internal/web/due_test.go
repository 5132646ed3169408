package web_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/program/training"
	"caseward/internal/web/pages"
)

// TestDue has a course asked of case managers, and looks who sees what of it.
func TestDue(t *testing.T) {
	h := open(t)
	officer := h.World.Proved(h.staff["pat"].String(), actor.PrivacyOfficer)
	id, err := h.parts.Training.Write(ctx, officer, strings.Replace(lostPhone, "<at once>", "at once", 1), "")
	if err != nil {
		t.Fatal(err)
	}
	if err := h.parts.Training.Publish(ctx, officer, id, 1); err != nil {
		t.Fatal(err)
	}
	if err := h.parts.Training.Require(ctx, officer, actor.CaseManager, 0, []training.Line{{Course: "lost-phone", Settle: 5, Within: 5, Grace: 90}}); err != nil {
		t.Fatal(err)
	}
	see := func(name, path string, code int, want, not []string) {
		t.Helper()
		got, body := h.as(name).do("GET", path, nil)
		if got != code {
			t.Fatalf("%s as %s: %d %.300s", path, name, got, text(body))
		}
		for _, s := range want {
			if !strings.Contains(body, s) {
				t.Errorf("%s as %s lacks %q", path, name, s)
			}
		}
		for _, s := range append(not, planted...) {
			if strings.Contains(body, s) {
				t.Errorf("%s as %s has %q", path, name, s)
			}
		}
	}
	t.Run("a worker sees what is due from them, on the page of the day too", func(t *testing.T) {
		see("ann", "/due", 200, []string{"The lost phone", `href="/training/courses/lost-phone"`, "Do it now", "45 CFR 164.530(b)"}, []string{"whose=", "Reminders come by mail"})
		see("ann", "/due?of=training", 200, []string{"The lost phone"}, nil)
		see("ann", "/due?of=vendors", 200, []string{"Nothing is due"}, []string{"The lost phone"})
		see("ann", "/due?of=nothing", 404, nil, []string{"The lost phone"})
		_, body := h.as("ann").do("GET", "/today", nil)
		if !strings.Contains(body, "From the program") || !strings.Contains(body, "The lost phone") {
			t.Error("it is not on the page of the day")
		}
	})
	t.Run("a supervisor nobody works for sees nobody's", func(t *testing.T) {
		see("sue", "/due", 200, []string{"Nothing is due"}, []string{"The lost phone", "whose=agency"})
		see("sue", "/due?whose=team", 200, []string{"Nothing is due"}, []string{"The lost phone", "Ann Worker"})
		see("sue", "/due?whose=agency", 403, nil, []string{"The lost phone"})
	})
	t.Run("an officer sees the agency's with counts, and does what is theirs", func(t *testing.T) {
		h.Clock.Advance(48 * time.Hour)
		see("pat", "/due?whose=agency", 200, []string{"The lost phone", "Ann Worker", "How much", "Designate a Privacy Officer", `href="/governance"`}, []string{`href="/training/courses/lost-phone"`})
		see("pat", "/due?whose=agency&of=officers", 200, []string{"Designate a Privacy Officer"}, []string{"The lost phone"})
		see("pat", "/due", 200, []string{"Designate a Privacy Officer"}, []string{"The lost phone"})
	})
	t.Run("nobody else sees others'", func(t *testing.T) {
		for _, name := range []string{"ann", "ivy", "aud", "root"} {
			see(name, "/due?whose=agency", 403, nil, []string{"The lost phone"})
		}
	})
	for _, module := range h.parts.Owed.Modules() {
		if pages.ModuleName("en", module) == "" {
			t.Errorf("the module %s has no name on pages", module)
		}
	}
}
