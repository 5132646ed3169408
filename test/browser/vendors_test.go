package browser_test

import (
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"caseward/test/browser"
)

// link is the path of the secret link that the page shows.
func (h *house) link(t *testing.T) string {
	t.Helper()
	return strings.TrimPrefix(browser.Run(t, h.b, chromedp.Evaluate[string](`document.querySelector('#link').textContent.trim()`)), h.url)
}

// anew signs these people out, as time does.
func (h *house) anew(mails ...string) {
	for _, m := range mails {
		delete(h.http, m)
	}
}

// takeIn registers a vendor by its page, and has it recorded what it is; it is a business
// associate.
func (w hand) takeIn(t *testing.T) (path string) {
	t.Helper()
	w.goTo(t, "/vendors")
	w.press(t, `a[href="/vendors/new"]`)
	w.press(t, `button[value="save"]`)
	w.says(t, "Say what the organization is called.", "Say what it does for us.", "Choose how long we can do without it.")
	w.fill(t, "#name", "Harbor Records")
	w.fill(t, "#services", "Keeps our backups.")
	w.fill(t, "#contact", "Mara Lund, 555-0142")
	w.mark(t, "verbs", "maintains")
	w.mark(t, "volume", "some")
	w.mark(t, "classes", "contact")
	w.mark(t, "dependency", "days")
	w.press(t, `button[value="see"]`)
	w.says(t, "What follows from these answers", "Business associate", "It has information of 50 to 499 people.", "Nothing is recorded until you save.")
	w.press(t, `button[value="save"]`)
	w.says(t, "Nothing may be sent to it now.", "Nobody has assessed yet what it is to us.")
	path = w.here(t)
	w.press(t, `form[action$="/assess"] button`)
	w.says(t, "It is recorded what the vendor is to us, with the reasons.", "It is a business associate and has no agreement. Write one, or enter one that was signed on paper.")
	return path
}

// TestVendors goes the way of a business associate: from intake to an agreement that both
// sides signed, and to its end, after which nothing may be received.
func TestVendors(t *testing.T) {
	h := live(t)
	h.eachWay(t, marguerit, func(t *testing.T, w hand) {
		h.anew(marguerit, tobias)
		w.as(t, marguerit, w.lang)
		path := w.takeIn(t)
		w.press(t, `a[href$="/agreements/new"]`)
		w.fill(t, "#purposes", "Keeping our backups.")
		w.fill(t, "#expiry", w.clock.Now().AddDate(0, 0, 2).Format(time.DateOnly))
		w.press(t, `form[action$="/agreements/new"] .btn.primary`)
		w.says(t, "The draft is saved.", "None is missing", "It has all it needs. When you send it, it is frozen, and you get a link for the person who signs at the vendor.")
		agreement := w.here(t)
		w.press(t, `form[action$="/send"] button`)
		w.says(t, "The link is shown this once.")
		link := w.link(t)
		w.goTo(t, agreement)
		w.says(t, "You wrote it alone, so somebody else signs for the agency.")
		if strings.Contains(h.get(marguerit, agreement), link) {
			t.Error("the link is shown again")
		}

		w.as(t, "", w.lang)
		w.goTo(t, link)
		w.says(t, "Business associate agreement")
		w.see(t, "Keeping our backups", "[BAA-15]")
		w.fill(t, "#name", "Mara Lund")
		w.fill(t, "#title", "Director")
		w.press(t, `.btn.primary`)
		w.says(t, "Say that you sign electronically and may bind your organization.")
		w.mark(t, "consent", "yes")
		w.press(t, `.btn.primary`)
		w.says(t, "You signed the agreement")
		w.see(t, "Mara Lund")
		if n := w.b.TooWide(t); n > 0 {
			t.Errorf("what was signed is %d pixels too wide", n)
		}
		w.goTo(t, link)
		w.says(t, "This link leads nowhere")

		h.prove(tobias)
		w.as(t, tobias, w.lang)
		w.goTo(t, path)
		w.says(t, "The agreement waits for our signature. Nobody signs what they alone wrote.", "Nothing may be sent to it now.")
		w.press(t, `.btn.primary[href*="/agreements/"]`)
		w.press(t, `a[href$="/sign"]`)
		w.fill(t, "#title", "Security Officer")
		w.mark(t, "consent", "yes")
		w.press(t, `form[action$="/sign"] .btn.primary`)
		w.says(t, "You signed for the agency.", "All that has to be there is there. It can start to work.", "Nothing may be sent to it now.")
		w.press(t, `a[href$="/start"]`)
		w.press(t, `form[action$="/start"] .btn.primary`)
		w.says(t, "It works for us from now on.", "It may receive information now.", "Expires soon")

		h.clock.Advance(3 * 24 * time.Hour)
		h.anew(marguerit, tobias)
		w.as(t, marguerit, w.lang)
		w.goTo(t, path)
		w.says(t, "Nothing may be sent to it now.", "It is a business associate, and no agreement is in effect.", "Expired", "It is a business associate and has no agreement. Write one, or enter one that was signed on paper.")
	})
	h.quiet(t)
}

// TestWatchedVendors goes through what follows once a vendor works: it answers the
// questions and reports an incident by links, breaks its agreement, and ends.
func TestWatchedVendors(t *testing.T) {
	h := live(t)
	h.oneWay(t, marguerit, ways[3], func(t *testing.T, w hand) {
		path := w.takeIn(t)
		// The agreement was signed on paper, and the other officer confirms it.
		w.press(t, `a[href$="?paper=yes"]`)
		w.fill(t, "#purposes", "Keeping our backups.")
		w.fill(t, "#place", "Cabinet 3")
		w.fill(t, "#signed_for", "Mara Lund, Director")
		w.fill(t, "#signed_on", "2026-11-19")
		w.press(t, `form[action$="/agreements/new"] .btn.primary`)
		w.says(t, "This draft cannot be signed yet.", "15 required terms are missing.")
		w.press(t, `a[href$="/edit"]`)
		browser.Run(t, w.b, chromedp.Evaluate[bool](`(document.querySelectorAll('[name="ticked"][value^="BAA-"]').forEach(e => { e.checked = true }), true)`))
		w.press(t, `form[action$="/edit"] .btn.primary`)
		w.says(t, "None is missing", "You wrote it alone, so somebody else signs for the agency.")
		h.prove(tobias)
		w.as(t, tobias, w.lang)
		w.goTo(t, path)
		w.press(t, `.btn.primary[href*="/agreements/"]`)
		w.press(t, `a[href$="/sign"]`)
		w.fill(t, "#title", "Security Officer")
		w.mark(t, "consent", "yes")
		w.press(t, `form[action$="/sign"] .btn.primary`)
		w.press(t, `a[href$="/start"]`)
		w.press(t, `form[action$="/start"] .btn.primary`)
		w.says(t, "It may receive information now.", "It has not answered the questionnaire. Make a link by which it answers.")

		w.press(t, `form[action$="/ask"] .btn.primary`)
		link := w.link(t)
		w.as(t, "", w.lang)
		w.goTo(t, link+"/99")
		w.fill(t, "#name", "Mara Lund")
		w.fill(t, "#title", "Director")
		w.press(t, `main form[action*="/by-link/"] .btn.primary`)
		w.says(t, "Some questions have no answer yet, or no reason why they do not apply. They are listed below.", "What is still to be answered")
		w.goTo(t, link)
		first := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector('main fieldset').id`))
		for n := 1; !w.is(t, `document.querySelector('#title') !== null`); n++ {
			value := "yes"
			if n == 1 {
				value = "na"
			}
			browser.Run(t, w.b, chromedp.Evaluate[bool](`(document.querySelectorAll('main input[value="`+value+`"]').forEach(e => { e.checked = true }), true)`))
			w.press(t, `button[value="next"]`)
		}
		w.says(t, "What is still to be answered")
		w.press(t, `main a[href$="/1#`+first+`"]`)
		if !w.is(t, `document.querySelector('#`+first+` input[value="na"]').checked`) {
			t.Error("what was saved is not there")
		}
		browser.Run(t, w.b, chromedp.Evaluate[bool](`(document.querySelectorAll('main textarea').forEach(e => { e.value = 'We have no such thing.' }), true)`))
		w.press(t, `button[value="stay"]`)
		w.says(t, "Saved.")
		w.goTo(t, link+"/99")
		w.fill(t, "#name", "Mara Lund")
		w.fill(t, "#title", "Director")
		w.press(t, `main form[action*="/by-link/"] .btn.primary`)
		w.says(t, "Your answers are handed in")
		w.goTo(t, link)
		w.says(t, "This link leads nowhere")

		h.prove(tobias)
		w.as(t, tobias, w.lang)
		w.goTo(t, path)
		w.see(t, "100 of 100")
		w.press(t, `form[action$="/report-link"] button`)
		link = w.link(t)
		w.as(t, "", w.lang)
		w.goTo(t, link)
		w.fill(t, "#what", "A backup was copied to the wrong account.")
		w.press(t, `main form[action*="/by-link/"] .btn.primary`)
		w.says(t, "Say when it was discovered.", "Say which kinds of information, as far as you know.")
		w.see(t, "There are")
		if !w.is(t, `document.querySelector('#what').value.startsWith('A backup')`) {
			t.Error("what was typed is lost")
		}
		w.fill(t, "#discovered", "2026-11-19T09:30")
		w.fill(t, "#kinds", "Contact details.")
		w.fill(t, "#people", "Quillon Ashgrove")
		w.fill(t, "#contact", "Mara Lund, 555-0142")
		w.fill(t, "#by", "Mara Lund, Director")
		w.press(t, `main form[action*="/by-link/"] .btn.primary`)
		w.says(t, "Your report has arrived")
		report := h.find(h.get(marguerit, path), `href="(`+path+`/reports/[0-9a-z]{26})"`)
		h.prove(marguerit)
		for _, mail := range []string{tobias, marguerit} {
			w.as(t, mail, w.lang)
			w.goTo(t, report)
			w.see(t, "A backup was copied to the wrong account.")
			if sees := strings.Contains(w.words(t), "Quillon"); sees != (mail == marguerit) {
				t.Errorf("%s sees who is affected: %v", mail, sees)
			}
		}

		w.goTo(t, path)
		w.press(t, `a[href$="/breach"]`)
		w.fill(t, "#what", "It reported after 24 hours.")
		w.press(t, `form[action$="/breach"] .btn.primary`)
		w.press(t, `.btn.primary[href$="/decide/0"]`)
		w.mark(t, "decision", "cure")
		w.fill(t, "#steps", "Show how it reports in time.")
		w.press(t, `form[action$="/decide/0"] .btn.primary`)
		w.says(t, "Choose a day that is still to come.")
		w.fill(t, "#due", "2026-12-01")
		w.press(t, `form[action$="/decide/0"] .btn.primary`)
		w.says(t, "Nothing may be sent to it now.", "It broke its agreement. Nothing goes there until that is put right.")
		w.press(t, `.btn.primary[href$="/cured/0"]`)
		w.fill(t, "#cured", "It has a new plan, and tried it.")
		w.press(t, `form[action$="/cured/0"] .btn.primary`)
		w.says(t, "It may receive information now.")
		w.press(t, `a[href$="/terminate"]`)
		w.fill(t, "#why", "We moved to another.")
		w.press(t, `form[action$="/terminate"] .btn.danger`)
		w.says(t, "Nothing may be sent to it now.", "The work has ended. Say what became of the information, and close it.")
		w.press(t, `a[href$="/close"]`)
		w.mark(t, "left", "destroyed")
		w.fill(t, "#what", "All copies were overwritten.")
		w.fill(t, "#certified_by", "Mara Lund, Director")
		w.fill(t, "#on", "2026-11-20")
		w.press(t, `form[action$="/close"] .btn.primary`)
		w.says(t, "Say where the certificate is filed.")
		w.fill(t, "#place", "Cabinet 3")
		w.press(t, `form[action$="/close"] .btn.primary`)
		w.says(t, "It is closed.", "It was destroyed")
	})
	h.quiet(t)
}
