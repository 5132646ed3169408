package browser_test

import (
	"fmt"
	"html"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// TestTwoEditors has two people write one draft of a policy: one in the browser, who is kept
// as they write, and one who saves meanwhile. Both changes are in the text that is saved.
func TestTwoEditors(t *testing.T) {
	h := live(t)
	n := 0
	h.eachWay(t, marguerit, func(t *testing.T, w hand) {
		n++
		base := fmt.Sprintf("---\ncode: doors-%d\ntitle: Doors\nfamily: program\nowner: privacy_officer\naudience: everyone\nstandards: agency practice\nreview: 12\n---\n\n## 1 Purpose\n\nWhy doors are shut.\n\n## 2 Rules\n\nShut them.\n", n)
		body := h.post(tobias, "/policies/new", "do", "save", "text", base)
		edit := h.find(body, fmt.Sprintf(`(/policies/doc/doors-%d/versions/[0-9a-z]{26})`, n)) + "/edit"
		w.goTo(t, edit)
		browser.Run(t, h.b, chromedp.Evaluate[bool](`(() => { const e = document.querySelector('#text'); e.focus(); e.value = e.value.replace('Why doors are shut.', 'Doors keep voices in.'); return e.dispatchEvent(new Event('input', { bubbles: true })); })()`))
		if !w.noScript {
			h.until(t, `document.querySelector('main [name=draft]').value !== ''`)
		}
		seen := h.find(h.get(tobias, edit), `name="seen" value="([^"]*)"`)
		h.post(tobias, edit, "do", "save", "text", strings.Replace(base, "Shut them.", "Shut them at six.", 1), "was.text", base, "seen", html.UnescapeString(seen))
		if w.noScript {
			w.press(t, `button[name="do"][value="save"]`)
		} else {
			w.goTo(t, edit)
		}
		w.see(t, "Tobias Achterberg")
		for _, s := range []string{"Doors keep voices in.", "Shut them at six."} {
			if !w.is(t, `document.querySelector('#text').value.includes(`+quote(s)+`)`) {
				t.Errorf("the text lacks %q", s)
			}
		}
		if !w.noScript {
			for _, a := range h.b.Axe(t) {
				t.Error(a)
			}
		}
		h.b.Shot(t, "two-editors-"+w.name)
		w.press(t, `button[name="do"][value="save"]`)
		w.says(t, "The draft is saved.")
		w.see(t, "Doors keep voices in.", "Shut them at six.")
	})
}
