package browser_test

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// way is how somebody does a job: in which language, on what, and with what.
type way struct {
	name     string
	lang     ui.Lang
	view     browser.View
	keys     bool // by keyboard alone
	noScript bool
}

// ways are the ways in which every job is tried.
var ways = []way{
	{name: "with a mouse", lang: ui.English, view: browser.Desk},
	{name: "by keyboard alone", lang: ui.English, view: browser.Desk, keys: true},
	{name: "in Spanish on a phone", lang: ui.Spanish, view: browser.Phone},
	{name: "without script", lang: ui.English, view: browser.Desk, noScript: true},
}

// hand does what a person does on a page, in one of the ways.
type hand struct {
	*house
	way
}

// eachWay tries a job in every way, as the person with this mail address. The
// job must be one that can be done several times over.
func (h *house) eachWay(t *testing.T, mail string, job func(t *testing.T, w hand)) {
	t.Helper()
	for _, x := range ways {
		t.Run(x.name, func(t *testing.T) { h.oneWay(t, mail, x, job) })
	}
}

// oneWay tries a job in one way.
func (h *house) oneWay(t *testing.T, mail string, x way, job func(t *testing.T, w hand)) {
	t.Helper()
	h.b.Look(t, x.view)
	h.as(t, mail, x.lang)
	h.b.Script(t, !x.noScript)
	defer func() {
		h.b.Script(t, true)
		h.b.Look(t, browser.Desk)
	}()
	job(t, hand{h, x})
	if n := h.b.TooWide(t); n > 0 {
		t.Errorf("%s is %d pixels too wide", h.here(t), n)
	}
}

// as makes the browser that of somebody signed in, in a language.
func (h *house) as(t testing.TB, mail string, lang ui.Lang) {
	t.Helper()
	h.be(t, mail)
	u, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	h.b.Add(t, u.String(), "lang", string(lang))
}

// says fails unless these English texts can be read, in the language of the way.
func (w hand) says(t *testing.T, source ...string) {
	t.Helper()
	for _, s := range source {
		w.see(t, ui.T(w.lang, s))
	}
}

// tab presses the tab key until what css names has the focus.
func (w hand) tab(t *testing.T, css string) {
	t.Helper()
	if !w.is(t, `document.querySelector(`+quote(css)+`) !== null`) {
		t.Fatalf("there is no %s at %s", css, w.here(t))
	}
	for range 400 {
		if w.is(t, `document.activeElement !== null && document.activeElement.matches(`+quote(css)+`)`) {
			if !w.is(t, `(e => e.matches(':focus-visible') && (s => s.outlineStyle !== 'none' || s.boxShadow !== 'none')(getComputedStyle(e)) || !!e.closest('label, .pick, .seg'))(document.activeElement)`) {
				t.Errorf("%s shows no focus", css)
			}
			return
		}
		w.b.Do(t, chromedp.KeyEvent("\t"))
	}
	t.Fatalf("the tab key does not reach %s at %s", css, w.here(t))
}

// press presses a button or follows a link that leads to another page.
func (w hand) press(t *testing.T, css string) {
	t.Helper()
	if !w.keys {
		w.click(t, css)
		return
	}
	w.tab(t, css)
	w.going(t, chromedp.KeyEvent("\r"))
}

// fill writes into a field; a day is written as 2006-01-02.
func (w hand) fill(t *testing.T, css, text string) {
	t.Helper()
	kind := browser.Run(t, w.b, chromedp.Evaluate[string](`document.querySelector(`+quote(css)+`)?.type || ''`))
	switch {
	case kind == "date" && w.keys:
		w.tab(t, css)
		var y, m, d int
		if _, err := fmt.Sscanf(text, "%d-%d-%d", &y, &m, &d); err != nil {
			t.Fatal(err)
		}
		w.b.Do(t, chromedp.KeyEvent(fmt.Sprintf("%02d%02d%04d", m, d, y)))
	case kind == "date", kind == "time", kind == "datetime-local":
		w.choose(t, css, text)
	case w.keys:
		w.tab(t, css)
		browser.Run(t, w.b, chromedp.Evaluate[bool](`(document.activeElement.select?.(), true)`))
		w.b.Do(t, chromedp.KeyEvent(strings.ReplaceAll(text, "\n", "\r")))
	default:
		w.write(t, css, text)
	}
}

// pick chooses a value of a list.
func (w hand) pick(t *testing.T, css, value string) {
	t.Helper()
	if !w.keys {
		w.choose(t, css, value)
		return
	}
	w.tab(t, css)
	w.arrows(t, value, `document.activeElement.options.length`)
}

// arrows presses an arrow key until the control that has the focus has a value.
func (w hand) arrows(t *testing.T, value, many string) {
	t.Helper()
	n := browser.Run(t, w.b, chromedp.Evaluate[int](many))
	for _, key := range []string{kb.ArrowDown, kb.ArrowUp} {
		for range n + 1 {
			if w.is(t, `document.activeElement.value === `+quote(value)) {
				return
			}
			w.b.Do(t, chromedp.KeyEvent(key))
		}
	}
	t.Fatalf("the arrow keys do not reach %s", value)
}

// mark ticks the box, or chooses the radio button, with this name and value.
func (w hand) mark(t *testing.T, name, value string) {
	t.Helper()
	box := `input[name="` + name + `"][value="` + value + `"]`
	if !w.keys {
		is := `document.querySelector(` + quote(box) + `)?.checked === true`
		before := w.is(t, is)
		// A page may move under the finger when its letters arrive; whoever sees that
		// the mark is not there taps again.
		for tries := 0; tries == 0 || tries < 3 && w.is(t, is) == before && w.is(t, `document.querySelector(`+quote(box)+`)?.type === 'checkbox'`); tries++ {
			w.b.Settle(t)
			w.tick(t, `label:has(`+box+`), `+box+`:not(label *)`)
		}
		return
	}
	if w.is(t, `document.querySelector(`+quote(box)+`)?.type === 'radio'`) {
		w.tab(t, `input[type="radio"][name="`+name+`"]`)
		if w.is(t, `document.activeElement.value === `+quote(value)) {
			w.b.Do(t, chromedp.KeyEvent(" "))
			return
		}
		w.arrows(t, value, `document.getElementsByName(`+quote(name)+`).length`)
		return
	}
	w.tab(t, box)
	w.b.Do(t, chromedp.KeyEvent(" "))
}

func TestWays(t *testing.T) {
	h := live(t)
	id, _ := h.mine()
	chart := "/clients/" + id
	h.eachWay(t, dana, func(t *testing.T, w hand) {
		w.goTo(t, chart+"/notes")
		w.mark(t, "type", "phone")
		w.fill(t, "#on", "2026-11-19")
		w.fill(t, "#minutes", "15")
		w.fill(t, "#text", "Called about the lease, done "+w.name+".")
		w.press(t, `button[value="sign"]`)
		w.says(t, "Note signed. The next contact is scheduled from it.")
		w.see(t, "done "+w.name)
		if got := browser.Run(t, w.b, chromedp.Evaluate[string](`document.documentElement.lang`)); got != string(w.lang) {
			t.Error(got)
		}
	})
	h.quiet(t)
}
