package browser_test

import (
	"testing"
)

// TestTwoRoles has a case manager be given a second role, work in it, and be in the first
// again at the click after it was ended.
func TestTwoRoles(t *testing.T) {
	h := live(t)
	h.oneWay(t, dana, ways[0], func(t *testing.T, w hand) {
		worker, _, err := h.app.Directory.ByMail(ctx, dana)
		if err != nil {
			t.Fatal(err)
		}
		page := "/staff/" + worker

		h.prove(wendell)
		w.as(t, wendell, w.lang)
		w.goTo(t, page)
		w.press(t, `a[href="`+page+`/second"]`)
		w.says(t, "Statement of conflict", "Duties that meet", "Nobody co-signs a note of their own.", "With a statement")
		w.pick(t, "#role", "supervisor")
		w.fill(t, "#statement", "Denise looks.")
		w.press(t, `.formfoot button.primary`)
		w.says(t, "Say in at least 20 characters how the two duties are kept apart, and who reviews what this person does in the other.")
		w.fill(t, "#statement", "Denise co-signs her notes and decides on her own cases.")
		w.press(t, `.formfoot button.primary`)
		w.says(t, "The second role is decided. They choose at work which of the two they are in.", "Holds now")

		w.as(t, dana, w.lang)
		w.goTo(t, "/coverage")
		if w.is(t, `document.querySelector('form[action="/coverage"]') !== null`) {
			t.Error("a case manager arranges coverage")
		}
		w.goTo(t, "/account/sessions")
		w.says(t, "The role you work in")
		w.press(t, `main form[action="/account/role"] button`)
		w.says(t, "From now on you work in the role you chose.")
		w.goTo(t, "/coverage")
		w.says(t, "Arrange coverage")
		w.goTo(t, "/supervision")
		if !w.is(t, `document.querySelector('#session-role')?.value === 'supervisor'`) {
			t.Error("the menu does not say which role is in force")
		}

		h.post(wendell, h.find(h.get(wendell, page), `action="(/staff/[0-9a-z]{26}/second/[0-9a-z]+/end)"`), "why", "Denise is back.")
		w.goTo(t, "/coverage")
		if w.is(t, `document.querySelector('form[action="/coverage"], #session-role') !== null`) {
			t.Error("the second role outlived its end")
		}
	})
	h.quiet(t)
}
