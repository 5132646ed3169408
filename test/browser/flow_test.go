package browser_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// see fails unless every one of these words can be read on the page.
func (h *house) see(t *testing.T, words ...string) {
	t.Helper()
	page := h.words(t)
	for _, w := range words {
		if !strings.Contains(page, w) {
			t.Errorf("%q cannot be read at %s:\n%.1500s", w, h.here(t), page[max(0, strings.Index(page, "Sign out")):])
		}
	}
}

// at fails unless the browser is at this path.
func (h *house) at(t *testing.T, want string) {
	t.Helper()
	if got := h.here(t); got != want {
		t.Fatalf("the browser is at %s, not %s:\n%.600s", got, want, h.words(t))
	}
}

func (h *house) goTo(t testing.TB, path string) {
	t.Helper()
	h.b.Do(t, chromedp.Navigate(h.url+path))
}

// back leaves the page without a connection, and has one again. While Chromium leaves a
// page it says of it for a moment that it is online, and what that page sends then arrives.
func (h *house) back(t *testing.T) {
	t.Helper()
	browser.Run(t, h.b, chromedp.Evaluate[bool](`(() => { window.fetch = () => Promise.reject(new TypeError('away')); return true })()`))
	h.b.Do(t, chromedp.Navigate("about:blank"))
	h.b.Away(t, false)
}

// click clicks what leads to another page, and waits for it.
func (h *house) click(t *testing.T, css string) {
	t.Helper()
	h.going(t, chromedp.Click(chromedp.CSS(css)))
}

// write types into a field; choose takes a value of a list or a date.
func (h *house) write(t *testing.T, css, text string) {
	t.Helper()
	browser.Run(t, h.b, chromedp.Evaluate[bool](`(e => { e.value = ''; return true })(document.querySelector(`+quote(css)+`))`))
	h.b.Do(t, chromedp.SendKeys(chromedp.CSS(css), text))
}

func (h *house) choose(t *testing.T, css, value string) {
	t.Helper()
	if !h.is(t, `(e => { e.value = `+quote(value)+`; e.dispatchEvent(new Event('change', {bubbles: true})); return e.value === `+quote(value)+` })(document.querySelector(`+quote(css)+`))`) {
		t.Fatalf("%s does not take %s", css, value)
	}
}

func (h *house) tick(t *testing.T, css string) {
	t.Helper()
	h.b.Do(t, chromedp.Click(chromedp.CSS(css)))
}

// until waits for an expression to be true.
func (h *house) until(t *testing.T, js string) {
	t.Helper()
	defer func() {
		if t.Failed() {
			t.Log(browser.Run(t, h.b, chromedp.Evaluate[string](`location + ' says: ' + document.querySelector('[data-saved]')?.textContent + ' | ' + document.querySelector('main')?.innerText.slice(0, 800)`)))
		}
	}()
	browser.Run(t, h.b, chromedp.Poll[bool](js))
}

func (h *house) is(t *testing.T, js string) bool {
	t.Helper()
	return browser.Run(t, h.b, chromedp.Evaluate[bool](js))
}

// quiet fails on anything a page said that it should not have.
func (h *house) quiet(t *testing.T) {
	t.Helper()
	for _, c := range h.b.Complaints() {
		if !strings.Contains(c, "Failed to load resource: the server responded with a status of 4") {
			t.Error(c)
		}
	}
}

// code is what an authenticator app with this secret shows now (RFC 6238).
func (h *house) code(t *testing.T, secret string) string {
	t.Helper()
	return browser.Run(t, h.b, chromedp.Evaluate[string](fmt.Sprintf(`(async () => {
		const bits = [...%q.replaceAll(' ', '')].map(c => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
		const raw = Uint8Array.from(bits.match(/.{8}/g), b => parseInt(b, 2));
		const key = await crypto.subtle.importKey('raw', raw, { name: 'HMAC', hash: 'SHA-1' }, false, ['sign']);
		const step = new DataView(new ArrayBuffer(8)); step.setBigUint64(0, %dn);
		const mac = new DataView(await crypto.subtle.sign('HMAC', key, step.buffer));
		return String((mac.getUint32(mac.getUint8(19) & 15) & 0x7fffffff) %% 1000000).padStart(6, '0');
	})()`, secret, h.clock.Now().Unix()/30), chromedp.EvalAwaitPromise))
}

// invite is the path of an invitation that the administrator made.
func (h *house) invite(name, mail, role string) string {
	h.Helper()
	h.prove(wendell)
	boss, _, err := h.app.Directory.ByMail(ctx, denise)
	if err != nil {
		h.Fatal(err)
	}
	return h.find(h.post(wendell, "/staff/invite", "name", name, "email", mail, "role", role, "supervisor", boss, "programs", "housing"), `(/enrol/[A-Za-z0-9_-]+)`)
}

const (
	signOut  = `form[action="/signout"] button`
	withKey  = `[data-passkey]`
	proceed  = `form[action="/stepup"] button`
	password = "lantern crossing velvet barometer"
)

func TestPasskey(t *testing.T) {
	h := live(t)
	h.b.Authenticator(t)
	h.be(t, "")
	t.Run("an invitation is taken up with a passkey", func(t *testing.T) {
		h.goTo(t, h.invite("Ines Quell", "ines.quell@harborlight.example.org", "case_manager"))
		h.see(t, "Ines Quell", "A passkey")
		h.click(t, withKey)
		h.at(t, "/today")
		h.see(t, "Ines Quell", "Nothing is due this week")
	})
	t.Run("the passkey signs in, without a name or a password", func(t *testing.T) {
		h.click(t, signOut)
		h.at(t, "/signin")
		h.see(t, "You are signed out.")
		h.click(t, withKey)
		h.at(t, "/today")
	})
	t.Run("it is asked for again before emergency access", func(t *testing.T) {
		h.clock.Advance(6 * time.Minute)
		h.goTo(t, "/break-glass/new")
		h.at(t, "/stepup?next=%2Fbreak-glass%2Fnew")
		h.click(t, withKey)
		h.at(t, "/break-glass/new")
	})
	t.Run("a locked screen shows nothing until the passkey opens it, at the same place", func(t *testing.T) {
		h.goTo(t, "/coverage")
		h.click(t, "#lock button")
		h.at(t, "/locked?next=%2Fcoverage")
		h.see(t, "This screen is locked")
		if strings.Contains(h.words(t), "Yesenia") {
			t.Error("the page can be read")
		}
		h.goTo(t, "/caseload")
		h.at(t, "/locked?next=%2Fcaseload")
		h.click(t, withKey)
		h.at(t, "/caseload")
	})
	t.Run("a second passkey is not made on the same authenticator", func(t *testing.T) {
		h.goTo(t, "/account/security")
		if strings.HasPrefix(h.here(t), "/stepup") {
			h.click(t, withKey)
		}
		h.see(t, "1 passkey")
		h.tick(t, withKey)
		h.until(t, `!document.querySelector('[data-passkey-says]').hidden`)
	})
	t.Run("whoever was signed out elsewhere is led to the sign-in by the button", func(t *testing.T) {
		worker, _, err := h.app.Directory.ByMail(ctx, "ines.quell@harborlight.example.org")
		if err != nil {
			t.Fatal(err)
		}
		h.prove(wendell)
		h.post(wendell, "/staff/"+worker+"/terminate", "words", "left")
		h.click(t, withKey)
		h.see(t, "Sign in to")
	})
	h.quiet(t)
}

func TestPassword(t *testing.T) {
	h := live(t)
	h.be(t, "")
	mail := "noor.tavi@harborlight.example.org"
	var secret, spare string
	t.Run("an invitation is taken up with a password and an app", func(t *testing.T) {
		h.goTo(t, h.invite("Noor Tavi", mail, "case_manager"))
		h.write(t, "#password", "password")
		h.click(t, `form[action="/enrol/password"] button`)
		if !h.is(t, `document.activeElement.id === 'errors'`) {
			t.Error("what is wrong has not the focus")
		}
		h.write(t, "#password", password)
		h.click(t, `form[action="/enrol/password"] button`)
		h.see(t, "Add Caseward to your authenticator app")
		if !h.is(t, `document.querySelector('.qr').naturalWidth > 0`) {
			t.Error("there is no picture")
		}
		secret = browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('code.kv').innerText`))
		h.write(t, "#code", h.code(t, secret))
		h.click(t, `form[action="/enrol/app"] button`)
		h.see(t, "Keep these recovery codes")
		if n := browser.Run(t, h.b, chromedp.Evaluate[int](`document.querySelectorAll('.recovery li').length`)); n != 10 {
			t.Errorf("%d codes", n)
		}
		h.tick(t, "#kept")
		spare = browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('.recovery li').innerText`))
		h.click(t, `form[action="/enrol/done"] button`)
		h.at(t, "/today")
	})
	t.Run("signing in takes the password and then the code", func(t *testing.T) {
		h.click(t, signOut)
		h.write(t, "#email", mail)
		h.write(t, "#password", "not it at all")
		h.click(t, `form[action="/signin"] button`)
		h.see(t, "The email or the password is not right.")
		h.write(t, "#password", password)
		h.click(t, `form[action="/signin"] button`)
		h.at(t, "/signin/code")
		h.clock.Advance(time.Minute)
		h.write(t, "#code", h.code(t, secret))
		h.click(t, `form[action="/signin/code"] button`)
		h.at(t, "/today")
	})
	t.Run("a recovery code stands in for the phone, once", func(t *testing.T) {
		for _, want := range []string{"You used a recovery code.", "or the code was used before."} {
			h.goTo(t, "/caseload")
			if h.here(t) == "/caseload" {
				h.click(t, signOut)
			}
			h.goTo(t, "/signin/recovery")
			h.write(t, "#email", mail)
			h.write(t, "#password", password)
			h.write(t, "#code", spare)
			h.click(t, `form[action="/signin/recovery"] button`)
			h.see(t, want)
			if want == "You used a recovery code." {
				h.goTo(t, "/caseload")
				h.click(t, signOut)
			}
		}
	})
	t.Run("all of it works without script", func(t *testing.T) {
		h.b.Script(t, false)
		defer h.b.Script(t, true)
		h.clock.Advance(time.Minute)
		h.goTo(t, "/signin")
		if h.is(t, `getComputedStyle(document.querySelector('[data-passkey]').closest('form')).display !== 'none'`) {
			t.Error("a button is shown that does nothing")
		}
		h.write(t, "#email", mail)
		h.write(t, "#password", password)
		h.click(t, `form[action="/signin"] button`)
		h.write(t, "#code", h.code(t, secret))
		h.click(t, `form[action="/signin/code"] button`)
		h.at(t, "/today")
	})
	h.quiet(t)
}

// mine is a client of Dana's: the id, and the number.
func (h *house) mine() (id, number string) {
	h.Helper()
	page := h.get(dana, "/caseload")
	return h.find(page, `href="/clients/([0-9a-z]{26})`), h.find(page, `(C-\d{5})`)
}

// tabTo presses Tab until the focus is on what css names.
func (h *house) tabTo(t *testing.T, css string) {
	t.Helper()
	for range 80 {
		h.b.Do(t, chromedp.KeyEvent("\t"))
		if h.is(t, `document.activeElement.matches(`+quote(css)+`)`) {
			return
		}
	}
	t.Fatalf("no key leads to %s", css)
}

func TestNote(t *testing.T) {
	h := live(t)
	id, number := h.mine()
	chart := "/clients/" + id
	h.be(t, dana)
	t.Run("found, opened, written to and signed with the keyboard alone", func(t *testing.T) {
		h.goTo(t, "/caseload")
		h.b.Do(t, chromedp.KeyEvent("/"))
		h.b.Do(t, chromedp.KeyEvent(number))
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, "/find")
		h.tabTo(t, "td a.name, th a.name")
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, chart)
		h.tabTo(t, `.tabs a[href$="/notes"]`)
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, chart+"/notes")
		h.tabTo(t, `input[name="type"]`)
		h.b.Do(t, chromedp.KeyEvent(" "))
		h.tabTo(t, "#minutes")
		h.b.Do(t, chromedp.KeyEvent("25"))
		h.tabTo(t, "#text")
		h.b.Do(t, chromedp.KeyEvent("Walked through the lease together, and the deposit is agreed."))
		h.tabTo(t, `button[value="sign"]`)
		h.going(t, chromedp.KeyEvent("\r"))
		h.at(t, chart+"/notes")
		h.see(t, "Note signed.", "Walked through the lease together, and the deposit is agreed.")
	})
	t.Run("what is typed is saved by itself and there again after a reload", func(t *testing.T) {
		h.write(t, "#text", "Half a sentence")
		h.until(t, `document.querySelector('[data-saved]').textContent.startsWith('Draft saved')`)
		h.goTo(t, chart+"/notes")
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); got != "Half a sentence" {
			t.Errorf("the form holds %q", got)
		}
	})
	t.Run("a page left alone hides itself, and is the same once it is unlocked", func(t *testing.T) {
		h.write(t, "#text", "Half a sentence more")
		// Sixteen minutes later somebody comes back to the window.
		hidden := browser.Run(t, h.b, chromedp.Evaluate[string](`(() => { const now = Date.now; Date.now = () => now() + 16*60e3;
			document.dispatchEvent(new Event('visibilitychange')); return getComputedStyle(document.querySelector('.shell')).visibility + getComputedStyle(document.querySelector('.shell')).display + getComputedStyle(document.body).visibility })()`))
		if !strings.Contains(hidden, "hidden") && !strings.Contains(hidden, "none") {
			t.Errorf("the page is still shown: %s", hidden)
		}
		h.b.Do(t, chromedp.WaitVisible(chromedp.CSS(`form[action="/unlock"] button`)))
		h.click(t, `form[action="/unlock"] button`)
		h.at(t, chart+"/notes")
		if got := browser.Run(t, h.b, chromedp.Value(chromedp.CSS("#text"))); got != "Half a sentence more" {
			t.Errorf("the form holds %q", got)
		}
	})
	t.Run("what is missing has the focus, and nothing typed is lost", func(t *testing.T) {
		h.write(t, "#minutes", "abc")
		h.click(t, `button[value="sign"]`)
		if !h.is(t, `document.activeElement.id === 'errors'`) {
			t.Error("what is wrong has not the focus")
		}
		h.see(t, "Choose how you connected.", "Enter minutes as a number from 1 to 600.")
		h.b.Do(t, chromedp.Click(chromedp.CSS(`#errors a[href="#minutes"]`)))
		if !h.is(t, `document.activeElement.id === 'minutes' && document.activeElement.value === 'abc' && document.activeElement.getAttribute('aria-invalid') === 'true'`) {
			t.Error("the link does not lead to the field")
		}
		h.tick(t, `label:has(input[name="type"][value="home"])`)
		h.write(t, "#minutes", "40")
		h.write(t, "#text", "Visited the new apartment; the heat works and the keys are in hand.")
		h.click(t, `button[value="sign"]`)
		h.see(t, "Note signed.", "the heat works")
	})
	t.Run("a signed note takes an addendum and nothing else", func(t *testing.T) {
		note := h.find(h.get(dana, chart+"/notes"), chart+`/notes/([0-9a-z]{26})"`)
		h.goTo(t, chart+"/notes/"+note)
		h.write(t, "#text", "The keys are with the sister.")
		h.click(t, `form[action$="/addenda"] button`)
		h.see(t, "Addendum signed.", "The keys are with the sister.")
	})
	t.Run("finding and signing work without script", func(t *testing.T) {
		h.b.Script(t, false)
		defer h.b.Script(t, true)
		h.goTo(t, "/find")
		h.write(t, "#q", number)
		h.click(t, `main form[action="/find"] button`)
		h.click(t, "a.name")
		h.at(t, chart)
		h.goTo(t, chart+"/notes")
		h.tick(t, `label:has(input[name="type"][value="phone"])`)
		h.write(t, "#minutes", "5")
		h.write(t, "#text", "Called about the bus pass; it is on its way.")
		h.click(t, `button[value="sign"]`)
		h.see(t, "Note signed.", "it is on its way")
	})
	t.Run("the caseload is narrowed in place, by name and by program", func(t *testing.T) {
		h.goTo(t, "/caseload")
		rows := `document.querySelectorAll('#caseload tbody tr').length`
		all := browser.Run(t, h.b, chromedp.Evaluate[int](rows))
		h.b.Do(t, chromedp.SendKeys(chromedp.CSS("#name"), number+"\r"))
		h.until(t, rows+` === 1`)
		h.write(t, "#name", "")
		browser.Run(t, h.b, chromedp.Evaluate[bool](`(() => { const s = document.querySelector('[name=program]'); s.value = 'family'; s.dispatchEvent(new Event('change', {bubbles: true})); return true })()`))
		h.until(t, rows+fmt.Sprintf(` > 1 && `+rows+` < %d && [...document.querySelectorAll('#caseload tbody tr')].every(r => r.innerText.includes('Family'))`, all))
		h.at(t, "/caseload")
	})
	h.quiet(t)
}

func TestEmergency(t *testing.T) {
	h := live(t)
	id, number := h.mine()
	chart := "/clients/" + id
	h.be(t, anders)
	use := func(t *testing.T) {
		h.goTo(t, chart)
		h.see(t, "There is nothing here for you to see")
		h.click(t, `main a[href^="/break-glass/new"]`)
		if strings.HasPrefix(h.here(t), "/stepup") {
			h.click(t, proceed)
		}
		h.write(t, "#client", number)
		h.tick(t, `label:has(input[value="medical_emergency"])`)
		h.write(t, "#words", "Paramedics at the door ask for medication and allergies.")
		h.click(t, `form[action="/break-glass/new"] .danger`)
		h.at(t, chart)
		h.see(t, "The record is open to you for four hours.", "Emergency access until", number, "One short question about it waits for you, whenever you have a moment.")
		strip := `.strip:has(a[href="` + chart + `"])`
		h.goTo(t, "/coverage")
		h.click(t, strip+" button")
		h.see(t, "Emergency access has ended. It will be reviewed.")
		if h.is(t, `document.querySelector(`+quote(strip)+`) !== null`) {
			t.Error("the banner is still there")
		}
		h.goTo(t, chart)
		h.see(t, "There is nothing here for you to see")
	}
	t.Run("a refusal leads to emergency access, which every page shows until it is ended", use)
	t.Run("and so it does without script", func(t *testing.T) {
		h.b.Script(t, false)
		defer h.b.Script(t, true)
		use(t)
	})
	h.quiet(t)
}

func TestOfficer(t *testing.T) {
	h := live(t)
	id, number := h.mine()
	worker, _, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil {
		t.Fatal(err)
	}
	h.get(anders, "/clients/"+id)
	h.be(t, marguerit)
	t.Run("the log is narrowed to what was refused, in place", func(t *testing.T) {
		h.goTo(t, "/log")
		browser.Run(t, h.b, chromedp.Evaluate[bool](`(() => { const s = document.querySelector('[name=outcome]'); s.value = 'refused'; s.dispatchEvent(new Event('change', {bubbles: true})); return true })()`))
		h.until(t, `(r => r.length > 0 && [...r].every(c => c.innerText.includes('Refused')))(document.querySelectorAll('#log tbody .outcome'))`)
		h.see(t, "Anders Kjellson was refused")
		if !h.is(t, `[...document.querySelectorAll('.sentence')].every(s => !/ (of|on|for|to) as /.test(s.innerText))`) {
			t.Error("a sentence does not say whom it is about")
		}
	})
	t.Run("who opened a chart, and everything that person did", func(t *testing.T) {
		h.goTo(t, "/clients/"+id+"/access")
		h.see(t, "Who opened this chart", "Dana Reyes")
		h.click(t, `a[href="/staff/`+worker+`/activity"]`)
		h.see(t, "Everything Dana Reyes did")
	})
	t.Run("why somebody can is answered with the rule and where it is written", func(t *testing.T) {
		h.goTo(t, "/why")
		h.choose(t, "#worker", worker)
		h.write(t, "#client", number)
		h.choose(t, "#action", "note.read")
		h.choose(t, "#purpose", "treatment")
		h.click(t, `form[action="/why"] button`)
		h.see(t, "Dana Reyes", "45 CFR")
		h.click(t, `main a[href*="/rules"]`)
		h.see(t, "Access rules")
	})
	t.Run("the log is verified from the first entry to the last", func(t *testing.T) {
		h.goTo(t, "/log")
		h.see(t, "Not verified yet")
		h.click(t, `form[action="/log/verify"] button`)
		h.see(t, "it is whole", "The log is whole")
	})
	t.Run("an emergency access is reviewed", func(t *testing.T) {
		h.goTo(t, "/break-glass")
		h.click(t, `tbody a[href^="/break-glass/"]`)
		h.click(t, `form[action$="/review"] button`)
		h.see(t, "Choose whether it was appropriate.")
		h.tick(t, `label:has(input[value="appropriate"])`)
		h.write(t, "#words", "The crew was there and only what it needed was opened.")
		h.click(t, `form[action$="/review"] button`)
		h.see(t, "Your decision is recorded.")
	})
	h.quiet(t)
}

func TestIntake(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	edit := h.get(dana, "/clients/"+id+"/edit")
	given, family, birth := h.find(edit, `name="given"[^>]* value="([^"]+)"`), h.find(edit, `name="family"[^>]* value="([^"]+)"`), h.find(edit, `name="birth"[^>]* value="([^"]+)"`)
	from, _, err := h.app.Directory.ByMail(ctx, dana)
	if err != nil {
		t.Fatal(err)
	}
	to, _, err := h.app.Directory.ByMail(ctx, "malik.thornbury@harborlight.example.org")
	if err != nil {
		t.Fatal(err)
	}
	h.be(t, paloma)
	var chart string
	t.Run("who may be registered already is shown before anybody is registered twice", func(t *testing.T) {
		h.goTo(t, "/clients/new/form")
		h.write(t, "#given", given)
		h.write(t, "#family", family)
		h.choose(t, "#birth", birth)
		h.click(t, `main form .formfoot .primary`)
		h.at(t, "/clients/new")
		h.see(t, family)
		h.tick(t, `[name="not_twin"]`)
		h.click(t, `main form .formfoot .primary`)
		chart = h.here(t)
		h.see(t, "Client registered.")
	})
	t.Run("a case is opened for the new client", func(t *testing.T) {
		h.goTo(t, chart+"/case/new")
		h.choose(t, "#program", "housing")
		h.choose(t, "#worker", from)
		h.click(t, `main form .formfoot .primary`)
		h.see(t, "Case opened.", "Housing Stability", "Dana Reyes")
	})
	t.Run("a supervisor puts a colleague on the team and hands the case over", func(t *testing.T) {
		h.be(t, denise)
		h.goTo(t, chart+"/case")
		h.click(t, `a[href$="/team"]`)
		h.choose(t, "#worker", to)
		h.click(t, `main form .formfoot .primary`)
		h.see(t, "Added to the care team.", "Malik Thornbury")
		h.click(t, `a[href$="/assign"]`)
		h.choose(t, "#worker", to)
		h.click(t, `main form .formfoot .primary`)
		h.see(t, "Case assigned.")
	})
	h.quiet(t)
}
