package browser_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"caseward/internal/web/pages/storybook"
	"caseward/internal/web/ui"
	"caseward/test/browser"
)

func TestNotesPages(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	waiting := h.find(h.get(denise, "/cosign"), `href="(/clients/[0-9a-z]{26}/notes/[0-9a-z]{26})#cosign`)
	edit := h.find(h.get(leandro, "/settings/programs"), `href="(/settings/programs/[a-z]+)"`)
	phrase := h.find(h.get(denise, "/phrases"), `href="(/phrases/[0-9a-z]{26})"`)
	for _, p := range []struct {
		name, who, path string
		post            []string
	}{
		{"notes-composer", dana, "/clients/" + id + "/notes", nil},
		{"notes-soap-errors", dana, "/clients/" + id + "/notes", []string{"do", "sign", "format", "soap", "subjective", "ok"}},
		{"cosign", denise, "/cosign", nil},
		{"cosign-note", denise, waiting, nil},
		{"cosign-return-errors", denise, waiting + "/return", []string{"remarks", ""}},
		{"phrases", dana, "/phrases", nil},
		{"phrase-new", denise, "/phrases/new", nil},
		{"phrase-template", denise, "/phrases/new?sort=template", nil},
		{"phrase-edit", denise, phrase, nil},
		{"programs", leandro, "/settings/programs", nil},
		{"program", leandro, edit, nil},
		{"program-errors", leandro, edit, []string{"unit", "abc", "late", "-3", "format", "plain", "rounding", "midpoint"}},
	} {
		t.Run(p.name, func(t *testing.T) {
			h.be(t, p.who)
			h.open(t, p.path, p.post)
			looks(t, h.b, p.name)
		})
	}
	h.quiet(t)
}

// TestPhraseList is the list that a dot opens, by keyboard and by mouse.
func TestPhraseList(t *testing.T) {
	b := chromium(t)
	srv := httptest.NewServer(storybook.Handler())
	defer srv.Close()
	b.Open(t, browser.Desk, srv.URL+"/s/chart-notes")
	js := func(s string) bool { t.Helper(); return browser.Run(t, b, chromedp.Evaluate[bool](s)) }
	value := func() string {
		t.Helper()
		return browser.Run(t, b, chromedp.Evaluate[string](`document.querySelector('#text').value`))
	}
	b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), "He owes $3.50 a.b .i"))
	if !js(`!document.querySelector('#phrase-list').hidden && document.querySelectorAll('#phrase-list [role="option"]').length === 1`) {
		t.Fatal("the list is not there")
	}
	if !js(`document.querySelector('#text').getAttribute('aria-activedescendant') === document.querySelector('#phrase-list [aria-selected="true"]').id && document.querySelector('[data-phrases-say]').textContent.startsWith('1 phrase.')`) {
		t.Error("what is chosen is not said")
	}
	b.Do(t, chromedp.KeyEvent(kb.Escape))
	if !js(`document.querySelector('#phrase-list').hidden`) {
		t.Error("the list does not close")
	}
	b.Do(t, chromedp.KeyEvent("n"), chromedp.KeyEvent("\r"))
	if got := value(); got != "He owes $3.50 a.b The interpreter was on the line for the whole call." {
		t.Errorf("%q", got)
	}
	b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), " ."), chromedp.KeyEvent(kb.ArrowDown))
	b.Do(t, chromedp.Click(chromedp.CSS("#phrase-list [role=option]:first-child")))
	if got := value(); !strings.HasSuffix(got, "call. Left a voicemail with my name and number only.") {
		t.Errorf("%q", got)
	}
	// A page with unsaved writing is not left without a question, which nobody would
	// answer; what is sent is not asked about. The story has nowhere to send it, and
	// what left later would meet the next page.
	js(`addEventListener('submit', e => { if (e.isTrusted) { e.preventDefault(); document.body.dataset.sent = '1' } }, true) || true`)
	js(`document.querySelector('#text').form.dispatchEvent(new Event('submit'))`)
	b.Do(t, chromedp.WaitReady(chromedp.CSS(`body[data-sent]`)))
	b.Complaints()
}

func TestNotesWork(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	t.Run("a note in sections, with its hour, units and quick minutes", func(t *testing.T) {
		h.eachWay(t, dana, func(t *testing.T, w hand) {
			w.goTo(t, chart+"/notes")
			w.mark(t, "type", "home")
			w.fill(t, "#on", "2026-11-19")
			w.choose(t, "#start", "13:30")
			w.mark(t, "quick", "30")
			w.mark(t, "format", "soap")
			w.fill(t, "#subjective", "Says the heating is off, "+w.name+".")
			w.fill(t, "#plan", "Call the landlord on Monday.")
			if !w.is(t, `getComputedStyle(document.querySelector('#data').closest('.sec')).display === 'none'`) {
				t.Error("a section of another format is shown")
			}
			w.press(t, `button[value="sign"]`)
			w.says(t, "Note signed. The next contact is scheduled from it.", "Subjective", "Plan")
			w.see(t, "Says the heating is off, "+w.name, ui.T(w.lang, "%d units of %d min", 2, 15))
		})
	})
	t.Run("another format hides nothing that was typed", func(t *testing.T) {
		h.as(t, dana, ui.English)
		h.goTo(t, chart+"/notes")
		h.types(t, "#text", "Typed as plain text.")
		h.kept(t, func() { h.tick(t, `label:has(input[name="format"][value="dap"])`) })
		if !h.is(t, `['#text', '#data', '#plan'].every(s => document.querySelector(s).offsetParent) && document.querySelector('#text').value === 'Typed as plain text.'`) {
			t.Error("what was typed is not there")
		}
	})
	t.Run("a dot calls up a phrase, and without script a button puts it in", func(t *testing.T) {
		h.as(t, malik, ui.English)
		other := h.find(h.get(malik, "/caseload"), `href="/clients/([0-9a-z]{26})`)
		h.goTo(t, "/clients/"+other+"/notes")
		h.kept(t, func() {
			h.b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), "Called. .lvm"))
			h.until(t, `!document.querySelector('#phrase-list').hidden`)
			h.b.Do(t, chromedp.KeyEvent("\r"))
			h.until(t, `document.querySelector('#text').value.startsWith('Called. Left a voicemail')`)
		})
		h.kept(t, func() { h.b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), " He owes 3.50 today.")) })
		h.b.Script(t, false)
		defer h.b.Script(t, true)
		h.goTo(t, "/clients/"+other+"/notes")
		h.b.Do(t, chromedp.Click(chromedp.CSS(".phrases summary")))
		h.click(t, `button[data-key="noshow"]`)
		if !h.is(t, `document.querySelector('#text').value.includes('Left a voicemail') && document.querySelector('#text').value.includes('Did not come')`) {
			t.Error("the phrase was not put in")
		}
	})
	t.Run("two windows on one note lose nothing", func(t *testing.T) {
		page := chart + "/notes"
		h.as(t, dana, ui.English)
		h.goTo(t, page)
		// The draft may be in another format, which hides this field while it is empty.
		h.tick(t, `label:has(input[name="format"][value="plain"])`)
		h.types(t, "#text", "Written in the first window.")
		// Another device, with the page as it was before.
		h.post(dana, page+"/draft", "draft", rev(h, t), "on", "2026-11-20", "text", "Written on the phone.", "format", "plain")
		h.b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), " And more."))
		h.until(t, `!document.querySelector('[data-merge]').hidden`)
		h.click(t, `button[value="merge"]`)
		h.see(t, "Another window of yours", "Written on the phone.")
		if !h.is(t, `document.querySelector('#text').value.includes('Written in the first window. And more.')`) {
			t.Error("what was typed here is not in the form")
		}
		h.tick(t, `label:has(input[name="type"][value="phone"])`)
		h.choose(t, "#minutes", "10")
		h.click(t, `button[value="sign"]`)
		h.see(t, "Note signed.", "Written in the first window. And more.")
	})
	t.Run("a supervisor returns a trainee's note with remarks, who signs it again, and co-signs it", func(t *testing.T) {
		for _, x := range ways {
			t.Run(x.name, func(t *testing.T) {
				queue := h.get(denise, "/cosign")
				if !strings.Contains(queue, "#cosign") {
					client := h.find(h.get(malik, "/caseload"), `href="/clients/([0-9a-z]{26})`)
					h.post(malik, "/clients/"+client+"/notes", "do", "sign", "type", "phone", "on", "2026-11-19", "minutes", "10", "format", "plain", "text", "Called about the keys, again and again.", "draft", "99", "aside", "99")
					queue = h.get(denise, "/cosign")
				}
				at := h.find(queue, `href="(/clients/[0-9a-z]{26}/notes/[0-9a-z]{26})#cosign`)
				h.oneWay(t, denise, x, func(t *testing.T, w hand) {
					w.goTo(t, "/cosign")
					w.press(t, `a[href^="`+at+`"]`)
					w.says(t, "Signed, awaiting co-signature")
					if w.keys {
						w.tab(t, `#cosign summary`)
						w.b.Do(t, chromedp.KeyEvent("\r"))
					} else {
						w.tick(t, `#cosign summary`)
					}
					w.fill(t, "#remarks", "Please say who you spoke to, "+w.name+".")
					w.press(t, `button[value="return"]`)
					w.says(t, "Note returned. Its author was told and sees your remarks.")
				})
				h.oneWay(t, malik, x, func(t *testing.T, w hand) {
					w.goTo(t, at+"/edit")
					w.see(t, "Please say who you spoke to, "+w.name+".")
					w.press(t, `button[value="sign"]`)
					w.says(t, "Note signed. The next contact is scheduled from it.")
				})
				h.oneWay(t, denise, x, func(t *testing.T, w hand) {
					w.goTo(t, at)
					w.press(t, `button[value="cosign"]`)
					w.says(t, "Note co-signed. Its author was told.")
					w.goTo(t, at)
					w.says(t, "Co-signed")
				})
			})
		}
	})
	t.Run("a program manager sets how a program's notes are kept, beside somebody else", func(t *testing.T) {
		h.eachWay(t, leandro, func(t *testing.T, w hand) {
			w.goTo(t, "/settings/programs/family")
			w.fill(t, "#late", "36")
			// Meanwhile the administrator changes something else.
			page := h.get(wendell, "/settings/programs/family")
			days := map[bool]string{true: "4", false: "5"}[strings.Contains(page, `name="sign" type="text" value="5"`)]
			h.post(wendell, "/settings/programs/family", "version", h.find(page, `name="version" value="(\d+)"`), "format", "dap", "unit", "15", "rounding", "midpoint", "late", h.find(page, `name="late" type="text" value="(\d+)"`), "sign", days)
			w.press(t, `form.form-n .formfoot button`)
			w.says(t, "Nothing you wrote is lost and nothing is saved yet. Look at both, then save again.")
			w.press(t, `form.form-n .formfoot button`)
			w.says(t, "Saved. It holds for notes written from now on.")
			w.see(t, ui.N(w.lang, 36, "1 hour", "%d hours"))
		})
	})
	h.quiet(t)
}

// types writes into a field and waits until it is kept.
func (h *house) types(t *testing.T, css, text string) {
	t.Helper()
	h.kept(t, func() { h.write(t, css, text) })
}

// kept waits until what a step wrote is kept: a page with unsaved writing is not
// left without a question.
func (h *house) kept(t *testing.T, step func()) {
	t.Helper()
	h.is(t, `(e => { e.textContent = ''; return true })(document.querySelector('[data-saved]'))`)
	step()
	h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Draft saved')`)
}

// rev is the revision that the window's form last saw.
func rev(h *house, t *testing.T) string {
	t.Helper()
	return browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('[name=draft]').value`))
}
