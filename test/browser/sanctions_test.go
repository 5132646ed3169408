package browser_test

import (
	"strings"
	"testing"
)

// TestSanctions goes the way of a violation: one officer reports it and finds it so, the
// other decides after asking whether the law protects it, and the person reads the decision
// and asks for another look.
func TestSanctions(t *testing.T) {
	h := live(t)
	id, ok, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil || !ok {
		t.Fatal(err)
	}
	h.eachWay(t, marguerit, func(t *testing.T, w hand) {
		what := "The key of the archive hung beside the door, seen " + w.name + "."
		why := "You left the key of the archive beside its door, as was seen " + w.name + "."
		w.goTo(t, "/sanctions")
		w.press(t, `a[href="/sanctions/new"]`)
		w.press(t, `form[action="/sanctions/new"] .btn.primary`)
		w.says(t, "Choose whom it is about.", "Say what happened, without naming a client.", "Choose a cause from the list. An exercise with suspicious mail is never one.")
		w.pick(t, "#person", id)
		w.pick(t, "#cause", "other")
		w.fill(t, "#what", what)
		w.press(t, `form[action="/sanctions/new"] .btn.primary`)
		w.says(t, "Reported. Say here whether it is so, once you have looked.", "Is it so?")
		w.see(t, what)
		path := w.here(t)
		w.fill(t, "#finding", "The log of the archive shows it.")
		w.mark(t, "intent", "careless")
		w.press(t, `button[name="confirmed"][value="yes"]`)
		w.says(t, "It is kept what you found.", "You found it to be so. Another decides what follows.")

		h.prove(tobias)
		w.as(t, tobias, w.lang)
		w.goTo(t, path)
		w.press(t, `a[href$="/decide"]`)
		w.says(t, "First: does the law protect what this person did?")
		w.mark(t, "disclosure", "no")
		w.mark(t, "opposition", "yes")
		w.mark(t, "level", "2")
		w.fill(t, "#why", why)
		w.press(t, `form[action$="/decide"] .btn.primary`)
		w.says(t, "The law protects what this person did: no sanction may follow (45 CFR 164.530(e)(1)). Choose that none does. You may still change a form, a rule or a room, and look into what the person told of.")
		w.mark(t, "opposition", "no")
		w.press(t, `form[action$="/decide"] .btn.primary`)
		w.says(t, "It is decided. The person can read it, and may ask for another look. Tell them.", "Written warning")

		w.as(t, dana, w.lang)
		w.goTo(t, "/sanctions/mine")
		w.see(t, why)
		if body := h.get(dana, "/sanctions/mine"); strings.Contains(body, what) || strings.Contains(body, "log of the archive") {
			t.Error("the person reads what others said")
		}
		form := `form[action="` + path + `/appeal"] `
		w.fill(t, form+"textarea", "It hung there before I came.")
		w.press(t, form+".btn")
		w.says(t, "Another officer looks at it again.", "Why the person asks for another look")
		w.as(t, marguerit, w.lang)
	})
	h.quiet(t)
}
