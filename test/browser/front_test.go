package browser_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// onDevice is everything the browser keeps for the site, as far as anybody who
// has the device could read it.
const onDevice = `(async () => {
	const d = await new Promise((ok, no) => { const r = indexedDB.open('caseward', 1); r.onsuccess = () => ok(r.result); r.onerror = no });
	if (!d.objectStoreNames.contains('kept')) return '';
	const all = q => new Promise((ok, no) => { q.onsuccess = () => ok(q.result); q.onerror = no });
	const s = d.transaction('kept').objectStore('kept'), keys = await all(s.getAllKeys());
	const rows = await all(d.transaction('kept').objectStore('kept').getAll());
	return keys.join() + rows.map(r => JSON.stringify(r) + new TextDecoder('latin1').decode(r.sealed)).join() + JSON.stringify({...localStorage}) + JSON.stringify({...sessionStorage});
})()`

func TestAway(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	notes := "/clients/" + id + "/notes"
	h.as(t, dana, ui.English)
	t.Cleanup(func() { h.b.Away(t, false) })
	device := func(t *testing.T) string {
		t.Helper()
		return browser.Run(t, h.b, chromedp.Evaluate[string](onDevice, chromedp.EvalAwaitPromise))
	}
	write := func(t *testing.T, words string) {
		t.Helper()
		h.goTo(t, notes)
		h.b.Do(t, chromedp.Click(chromedp.CSS("#text")))
		browser.Run(t, h.b, chromedp.Evaluate[bool](`stow.unlock().then(() => true)`, chromedp.EvalAwaitPromise))
		h.b.Away(t, true)
		h.write(t, "#text", words)
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('The connection is lost.')`)
	}
	t.Run("what is typed without a connection lies on the device, and nobody reads it there", func(t *testing.T) {
		write(t, "Met in the stairwell, no signal; the heating is off again.")
		got := device(t)
		if !strings.Contains(got, id) {
			t.Fatal("nothing was kept")
		}
		for _, w := range []string{"stairwell", "heating", "signal"} {
			if strings.Contains(got, w) {
				t.Errorf("%q can be read on the device", w)
			}
		}
	})
	t.Run("the page may be left, and a colleague at the same device finds nothing", func(t *testing.T) {
		h.b.Do(t, chromedp.Navigate("about:blank"))
		h.b.Away(t, false)
		h.as(t, anders, ui.English)
		other := h.find(h.get(anders, "/caseload"), `href="/clients/([0-9a-z]{26})`)
		h.goTo(t, "/clients/"+other+"/notes")
		if !browser.Run(t, h.b, chromedp.Evaluate[bool](`stow.take(`+quote(notes+"/draft")+`).then(x => x === null)`, chromedp.EvalAwaitPromise)) {
			t.Error("a colleague reads it")
		}
	})
	t.Run("it is in the form again when its writer is back, is saved, and leaves the device", func(t *testing.T) {
		h.as(t, dana, ui.English)
		h.goTo(t, notes)
		h.until(t, `document.querySelector('#text').value.includes('stairwell')`)
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Draft saved')`)
		h.until(t, onDevice+`.then(s => !s.includes(`+quote(id)+`))`)
		// The server has it now.
		h.goTo(t, "/caseload")
		h.goTo(t, notes)
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); !strings.Contains(got, "heating is off again") {
			t.Errorf("the form holds %q", got)
		}
	})
	t.Run("both are shown where something newer was saved elsewhere meanwhile", func(t *testing.T) {
		write(t, "Written without a connection.")
		h.b.Do(t, chromedp.Navigate("about:blank"))
		h.b.Away(t, false)
		page := h.get(dana, notes)
		h.post(dana, notes+"/draft", "draft", h.find(page, `name="draft" value="(\d*)"`), "version", h.find(page, `name="version" value="(\d*)"`), "text", "Written at the desk.")
		h.goTo(t, notes)
		h.until(t, `document.querySelector('form[data-autosave] .box:not([data-merge])') !== null`)
		h.see(t, "Written without a connection.", "both are shown")
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); got != "Written at the desk." {
			t.Errorf("the form holds %q", got)
		}
		for _, a := range h.b.Axe(t) {
			t.Error(a)
		}
		h.tick(t, "form[data-autosave] .box:not([data-merge]) button")
		h.until(t, `document.querySelector('#text').value === 'Written without a connection.'`)
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Draft saved')`)
	})
}

func TestPalette(t *testing.T) {
	h := live(t)
	id, number := h.mine()
	h.as(t, dana, ui.English)
	open := func(t *testing.T) {
		t.Helper()
		h.b.Do(t, chromedp.KeyEvent("k", chromedp.KeyModifiers(2)))
		h.until(t, `document.querySelector('#palette').open && document.activeElement.id === 'palette-q'`)
	}
	t.Run("a few letters and Enter go to a place of the menu", func(t *testing.T) {
		h.goTo(t, "/caseload")
		open(t)
		h.b.Do(t, chromedp.KeyEvent("cover"))
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, "/coverage")
	})
	t.Run("in a chart its tabs are places, chosen with the arrow keys", func(t *testing.T) {
		h.goTo(t, "/clients/"+id)
		open(t)
		h.b.Do(t, chromedp.KeyEvent("notes"))
		if !h.is(t, `document.querySelector('#palette-list [aria-selected=true]').textContent.includes('Notes')`) {
			t.Error("the first hit is not chosen")
		}
		for _, a := range h.b.Axe(t) {
			t.Error(a)
		}
		h.b.Shot(t, "palette")
		h.b.Do(t, chromedp.KeyEvent(kb.ArrowDown), chromedp.KeyEvent(kb.ArrowUp))
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, "/clients/"+id+"/notes")
	})
	t.Run("what is no place is looked for as a client, and stays out of the address", func(t *testing.T) {
		open(t)
		h.b.Do(t, chromedp.KeyEvent(number))
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, "/find")
		h.see(t, number)
	})
	t.Run("Escape closes it, and the button opens it on a phone", func(t *testing.T) {
		h.b.Look(t, browser.Phone)
		defer h.b.Look(t, browser.Desk)
		h.b.Do(t, chromedp.Click(chromedp.CSS("[data-palette]")))
		h.until(t, `document.querySelector('#palette').open`)
		if n := h.b.TooWide(t); n > 0 {
			t.Errorf("%d pixels too wide", n)
		}
		h.b.Shot(t, "palette-phone")
		h.b.Do(t, chromedp.KeyEvent(kb.Escape))
		h.until(t, `!document.querySelector('#palette').open`)
	})
	h.quiet(t)
}
