package browser_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/page"
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
		h.back(t)
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
		h.back(t)
		page := h.get(dana, notes)
		h.post(dana, notes+"/draft", "draft", h.find(page, `name="draft" value="(\d*)"`), "version", h.find(page, `name="version" value="(\d*)"`), "text", "Written at the desk.")
		h.goTo(t, notes)
		h.until(t, `document.querySelector('form[data-autosave] .box:not([data-merge])') !== null`)
		h.see(t, "Written without a connection.", "The form shows something else.")
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); got != "Written at the desk." {
			t.Errorf("the form holds %q", got)
		}
		for _, a := range h.b.Axe(t) {
			t.Error(a)
		}
		h.tick(t, "form[data-autosave] .box:not([data-merge]) button")
		h.until(t, `document.querySelector('#text').value === 'Written without a connection.'`)
		// It is saved as anybody's is: the server sees that more was written since.
		h.until(t, `!document.querySelector('[data-merge]').hidden`)
		h.click(t, `[data-merge] button`)
		h.see(t, "Written at the desk.", "You both changed this.")
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); got != "Written without a connection." {
			t.Errorf("the form holds %q", got)
		}
	})
}

// offered is whether the page offers what was kept on the device.
const offered = `(document.querySelector('main form .box.t-warn dl.words') !== null)`

// settled gives the page the time to look for what was kept on the device.
const settled = `new Promise(ok => setTimeout(ok, 400, true))`

// TestKept is what becomes of what is typed when it is sent, when it cannot be,
// and when the screen is locked before it is.
func TestKept(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	t.Cleanup(func() { h.b.Away(t, false) })
	run := func(t *testing.T, js string) {
		t.Helper()
		browser.Run(t, h.b, chromedp.Evaluate[bool](js, chromedp.EvalAwaitPromise))
	}
	begin := func(t *testing.T, path, css string) {
		t.Helper()
		h.goTo(t, path)
		run(t, settled)
		h.b.Do(t, chromedp.Click(chromedp.CSS(css)))
		run(t, `stow.unlock().then(() => true)`)
	}
	// fresh begins a registration: a slow form before this one may have been saved.
	fresh := func(t *testing.T) {
		t.Helper()
		h.post(paloma, "/clients/new/discard")
		begin(t, "/clients/new/form", "#given")
	}
	lost := `document.querySelector('[data-saved]').textContent.startsWith('The connection is lost.')`
	value := func(t *testing.T, css, want string) {
		t.Helper()
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS(css))); got != want {
			t.Errorf("%s holds %q, not %q", css, got, want)
		}
	}
	// bare waits until nothing of this form lies on the device any more.
	bare := func(t *testing.T, form string) {
		t.Helper()
		h.until(t, onDevice+`.then(s => !s.includes(`+quote(form+"/draft")+`))`)
	}
	h.as(t, paloma, ui.English)

	t.Run("a copy on the device is gone with the form that was sent, and the next form is empty", func(t *testing.T) {
		fresh(t)
		h.b.Away(t, true)
		h.write(t, "#given", "Thessaly")
		h.write(t, "#family", "Quillfeather")
		h.choose(t, "#birth", "1979-05-06")
		h.until(t, lost)
		h.b.Away(t, false)
		h.click(t, `button[value="save"]`)
		h.see(t, "Client registered", "Quillfeather")
		run(t, settled)
		h.goTo(t, "/clients/new/form")
		run(t, settled)
		value(t, "#family", "")
		if h.is(t, offered) {
			t.Error("one client is offered for the next")
		}
		bare(t, "/clients/new")
	})
	t.Run("a form that was sent and did not arrive is offered, and not put in", func(t *testing.T) {
		fresh(t)
		h.write(t, "#given", "Leopold")
		h.write(t, "#family", "Ashgrove")
		h.b.Away(t, true)
		browser.Run(t, h.b, chromedp.WaitEvent(page.LoadEventFired, nil, chromedp.Click(chromedp.CSS(`button[value="save"]`))))
		h.b.Away(t, false)
		h.goTo(t, "/clients/new/form")
		h.until(t, offered)
		h.see(t, "You wrote this here before, and it may not be saved.", "First name", "Leopold", "Last name", "Ashgrove")
		for _, a := range h.b.Axe(t) {
			t.Error(a)
		}
		h.b.Shot(t, "offered")
		h.b.Do(t, chromedp.Click(chromedp.CSS(`main form .box.t-warn button:last-of-type`)))
		run(t, settled)
		if h.is(t, offered) {
			t.Error("it is still offered")
		}
		bare(t, "/clients/new")
	})
	saved := func(t *testing.T) {
		t.Helper()
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Draft saved')`)
	}
	// rows has the form with more rows, of which the server knows nothing yet, and nothing
	// on its way there.
	rows := func(t *testing.T) {
		t.Helper()
		fresh(t)
		h.write(t, "#given", "Ottilie")
		saved(t)
		h.click(t, `button[value="more"]`)
		run(t, settled)
		h.b.Do(t, chromedp.Click(chromedp.CSS("#contact_value-0")))
		run(t, `stow.unlock().then(() => true)`)
	}
	t.Run("what the form has no place for is shown, and stays until somebody says so", func(t *testing.T) {
		rows(t)
		h.b.Away(t, true)
		h.write(t, "#contact_value-1", "(360) 555-0102")
		h.until(t, lost)
		h.back(t)
		h.goTo(t, "/clients/new/form")
		h.until(t, offered)
		h.see(t, "(360) 555-0102", "has no place in the form")
		h.goTo(t, "/clients/new/form")
		h.until(t, offered)
		h.see(t, "(360) 555-0102")
		h.b.Do(t, chromedp.Click(chromedp.CSS(`main form .box.t-warn button:last-of-type`)))
		bare(t, "/clients/new")
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	t.Run("rows of one name are all back", func(t *testing.T) {
		h.post(paloma, "/clients/new/discard")
		row := func(number string) []string {
			return []string{"contact_kind", "mobile", "contact_value", number, "contact_rule", "any", "contact_label", ""}
		}
		h.post(paloma, "/clients/new/draft", slices.Concat([]string{"given", "Ottilie"}, row("(360) 555-0100"), row("(360) 555-0199"))...)
		begin(t, "/clients/new/form", "#given")
		h.b.Away(t, true)
		h.write(t, "#contact_value-0", "(360) 555-0101")
		h.write(t, "#contact_value-1", "(360) 555-0102")
		h.write(t, "#address_lines-0", "12 Alder Street")
		h.until(t, lost)
		h.back(t)
		h.goTo(t, "/clients/new/form")
		saved(t)
		h.until(t, `document.querySelector('#address_lines-0').value !== ''`)
		value(t, "#given", "Ottilie")
		value(t, "#contact_value-0", "(360) 555-0101")
		value(t, "#address_lines-0", "12 Alder Street")
		value(t, "#contact_value-1", "(360) 555-0102")
		bare(t, "/clients/new")
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	t.Run("what the server has is not offered, though it has none of the rows that nobody filled in", func(t *testing.T) {
		rows(t)
		h.b.Away(t, true)
		h.write(t, "#contact_value-0", "(360) 555-0103")
		h.until(t, lost)
		all := browser.Run(t, h.b, chromedp.Evaluate[string](`(() => { const f = document.querySelector('form[data-autosave]'), p = new URLSearchParams(new FormData(f)); p.delete('csrf'); return p.toString(); })()`))
		h.back(t)
		typed, err := url.ParseQuery(all)
		if err != nil {
			t.Fatal(err)
		}
		var body []string
		for name, values := range typed {
			for _, v := range values {
				body = append(body, name, v)
			}
		}
		h.post(paloma, "/clients/new/draft", body...)
		h.goTo(t, "/clients/new/form")
		value(t, "#contact_value-0", "(360) 555-0103")
		if !h.is(t, `document.querySelector('[name=name_kind]:nth-of-type(2), #name_kind-1') === null`) {
			t.Fatal("the form has the rows that nobody filled in")
		}
		bare(t, "/clients/new")
		if h.is(t, offered) {
			t.Error("what is saved is offered")
		}
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	t.Run("what another window was first with is not said to be saved, and both are put together", func(t *testing.T) {
		fresh(t)
		rev := browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('[name=draft]').value || document.querySelector('[name=rev]').value`))
		h.post(paloma, "/clients/new/draft", "rev", rev, "given", "Ottilie", "pronouns", "she/her")
		h.write(t, "#family", "Marchbanks")
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Open in another window too')`)
		h.b.Asked()
		h.goTo(t, "/clients/new/form")
		if h.b.Asked() == 0 {
			t.Error("the page was left without a word")
		}
		begin(t, "/clients/new/form", "#family")
		rev = browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('[name=rev]').value`))
		h.post(paloma, "/clients/new/draft", "rev", rev, "given", "Ottilie", "pronouns", "they/them")
		h.write(t, "#family", "Marchbanks")
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Open in another window too')`)
		h.click(t, `button[value="keep"]`)
		h.see(t, "Your other window saved a change")
		value(t, "#family", "Marchbanks")
		value(t, "#pronouns", "they/them")
		h.click(t, `button[value="keep"]`)
		h.see(t, "Kept as it is. Nobody is registered yet.")
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	lose := func(t *testing.T) {
		t.Helper()
		browser.Run(t, h.b, chromedp.Evaluate[bool](`(() => {
			const real = window.fetch;
			window.fetch = (url, how) => real(url, how).then(r => { if (!url.endsWith('/draft')) return r; window.fetch = real; throw new TypeError('lost'); });
			return true;
		})()`))
	}
	t.Run("a save whose answer is lost on the way is no other window's", func(t *testing.T) {
		fresh(t)
		lose(t)
		h.write(t, "#given", "Rosalind")
		h.until(t, lost)
		h.write(t, "#family", "Winterbourne")
		saved(t)
		bare(t, "/clients/new")
		h.goTo(t, "/clients/new/form")
		run(t, settled)
		value(t, "#given", "Rosalind")
		value(t, "#family", "Winterbourne")
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	t.Run("nor is it where the form is sent before it was saved again", func(t *testing.T) {
		fresh(t)
		lose(t)
		h.write(t, "#given", "Rosalind")
		h.until(t, lost)
		h.write(t, "#family", "Winterbourne")
		h.click(t, `button[value="keep"]`)
		h.see(t, "Kept as it is. Nobody is registered yet.")
		h.goTo(t, "/clients/new/form")
		run(t, settled)
		value(t, "#given", "Rosalind")
		value(t, "#family", "Winterbourne")
		h.goTo(t, "/clients/new")
		h.click(t, `form[action="/clients/new/discard"] button`)
	})
	h.as(t, dana, ui.English)
	notes := "/clients/" + id + "/notes"
	t.Run("where the session has ended the words are kept, and are back after signing in", func(t *testing.T) {
		begin(t, notes, "#text")
		h.b.Cookie(t, h.url, "", "")
		h.write(t, "#text", "She asked for the number of the shelter.")
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('You are signed out here')`)
		h.as(t, dana, ui.English)
		h.goTo(t, notes)
		h.until(t, `document.querySelector('#text').value.includes('shelter')`)
		saved(t)
	})
	t.Run("a signed note does not come back into the composer", func(t *testing.T) {
		begin(t, notes, "#text")
		h.b.Away(t, true)
		h.write(t, "#text", "Signed once and for all.")
		h.until(t, lost)
		h.b.Away(t, false)
		h.write(t, "#minutes", "20")
		h.tick(t, `input[name="type"] + span, label:has(input[name="type"])`)
		h.click(t, `button[value="sign"]`)
		run(t, settled)
		h.goTo(t, notes)
		run(t, settled)
		h.see(t, "Signed once and for all.")
		value(t, "#text", "")
		if h.is(t, offered) {
			t.Error("the signed note is offered")
		}
		bare(t, notes)
	})
	t.Run("minutes typed before the screen locks are in the form again", func(t *testing.T) {
		form := "/clients/" + id + "/conferences/new"
		begin(t, form, "#agenda")
		h.write(t, "#agenda", "Who calls the landlord")
		h.b.Asked()
		h.click(t, `#lock button`)
		h.see(t, "What you wrote is kept.")
		if h.b.Asked() != 0 {
			t.Error("locking asks")
		}
		h.click(t, `form[action^="/unlock"] button`)
		h.until(t, `document.querySelector('#agenda')?.value === 'Who calls the landlord'`)
		h.see(t, "What you wrote here before is back in the form.")
		for _, a := range h.b.Axe(t) {
			t.Error(a)
		}
	})
	t.Run("a page whose form is not saved asks before it is left, and not where it is saved or given up", func(t *testing.T) {
		form := "/clients/" + id + "/conferences/new"
		h.write(t, "#agenda", "Who calls the landlord today")
		h.b.Asked()
		h.goTo(t, notes)
		if h.b.Asked() == 0 {
			t.Error("nothing was asked")
		}
		h.goTo(t, form)
		h.until(t, `document.querySelector('#agenda')?.value === 'Who calls the landlord'`)
		h.write(t, "#agenda", "Something else")
		h.click(t, `.formfoot a`)
		if h.b.Asked() != 0 {
			t.Error("Cancel asks")
		}
		h.goTo(t, form)
		run(t, settled)
		value(t, "#agenda", "")
		h.goTo(t, "/tasks/new")
		if h.b.Asked() != 0 {
			t.Error("a form nobody wrote in asks")
		}
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
