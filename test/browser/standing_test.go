package browser_test

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"caseward/internal/program/training"
	"caseward/internal/program/training/starter"
	"caseward/test/browser"
)

const (
	rashida = "rashida.bellweather@harborlight.example.org" // case manager since this week, without orientation
	thuy    = "thuy.pham-larkin@harborlight.example.org"    // case manager whose refresher has lapsed
)

// course is one of those that come with the program, in the language of the way.
func (w hand) course(t *testing.T, code string) training.Course {
	t.Helper()
	for _, e := range starter.Courses() {
		text := e.En
		if w.lang == "es" {
			text = e.Es
		}
		if c, wrong := training.Parse(text); c.Code == code && len(wrong) == 0 {
			return c
		}
	}
	t.Fatal("there is no course", code)
	return training.Course{}
}

// take takes the course whose page is open as somebody who knows it, until it is handed in.
func (w hand) take(t *testing.T, code string) {
	t.Helper()
	c := w.course(t, code)
	right := map[string]bool{} // by question and choice, as they can be read
	plain := func(s string) string { return strings.Join(strings.Fields(s), " ") }
	for _, s := range c.Scenarios {
		for _, d := range s.Decisions {
			for _, x := range d.Choices {
				right[plain(d.Ask)+"\n"+plain(x.Text)] = x.Right
			}
		}
	}
	for _, q := range c.Questions {
		for _, x := range q.Choices {
			right[plain(q.Ask)+"\n"+plain(x.Text)] = x.Right
		}
	}
	w.press(t, `main form .btn.primary`)
	for range 100 {
		if w.is(t, `document.querySelector('main button[value="finish"]') !== null`) {
			w.press(t, `main button[value="finish"]`)
			return
		}
		asked := browser.Run(t, w.b, chromedp.Evaluate[[]string](`[...document.querySelectorAll('#choice > legend, #choice .opt-l > span')].map(e => e.innerText)`))
		for i := 1; i < len(asked); i++ {
			ok, known := right[plain(asked[0])+"\n"+plain(asked[i])]
			if !known {
				t.Fatalf("%q of %q is no choice of the course", asked[i], asked[0])
			}
			if ok {
				w.mark(t, "choice", strconv.Itoa(i-1))
			}
		}
		w.press(t, `main form .btn.primary`)
	}
	t.Fatal("the course does not end at", w.here(t))
}

// TestHireToFirstChart goes from the first refusal of somebody new to the first chart.
func TestHireToFirstChart(t *testing.T) {
	h := live(t)
	h.oneWay(t, rashida, ways[2], func(t *testing.T, w hand) {
		w.goTo(t, "/caseload")
		w.says(t, "Clients’ records are closed to you for now.")
		w.press(t, `main a[href^="/standing"]`)
		w.says(t, "Clients’ records are closed to you for now.", "Missing")
		for _, code := range []string{"orientation-privacy", "orientation-security"} {
			w.press(t, `a[href^="/training/courses/`+code+`?"]`)
			w.take(t, code)
			w.says(t, "It holds for good.")
			// The way back leads to the very page, or to what is still missing for it.
			w.press(t, `main .formfoot .btn.primary`)
		}
		w.at(t, "/caseload") // nothing is missing any more
		w.press(t, `main a[href="/caseload?whose=shared"]`)
		chart := h.find(h.get(rashida, "/caseload?whose=shared"), `href="(/clients/[0-9a-z]{26})`)
		w.press(t, `a[href^="`+chart+`"]`)
		if !strings.HasPrefix(w.here(t), chart) {
			t.Error("the chart does not open:", w.here(t))
		}
	})
	h.quiet(t)
}

// TestLapseToRestored lets a refresher lapse further: first all goes on, then only the
// own caseload can be read, then nothing opens but in an emergency; and once the course
// is passed everything is open again, at the very page.
func TestLapseToRestored(t *testing.T) {
	h := live(t)
	chart := h.find(h.get(thuy, "/caseload"), `href="(/clients/[0-9a-z]{26})`)
	h.oneWay(t, thuy, ways[0], func(t *testing.T, w hand) {
		w.goTo(t, chart)
		w.at(t, chart)
		h.clock.Advance(14 * 24 * time.Hour)
		h.anew(thuy)
		w.as(t, thuy, w.lang)
		w.goTo(t, chart)
		w.at(t, chart)
		w.goTo(t, "/standing")
		w.says(t, "For now you can only read the records of your own caseload.", "Overdue")
		h.clock.Advance(14 * 24 * time.Hour)
		h.anew(thuy)
		w.as(t, thuy, w.lang)
		w.goTo(t, chart)
		if !strings.HasPrefix(w.here(t), "/standing") {
			t.Fatal("the chart opens:", w.here(t))
		}
		w.says(t, "Clients’ records are closed to you for now.", "It’s an emergency")
		w.press(t, `a[href^="/training/courses/minimum-necessary?"]`)
		w.take(t, "minimum-necessary")
		w.press(t, `main .formfoot .btn.primary`)
		w.at(t, chart)
	})
	h.quiet(t)
}
