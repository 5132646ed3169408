package browser_test

import (
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

// Budgets of a page, in bytes over the network.
const (
	coldBudget = 100_000
	warmBudget = 10_000
	// extFont is what names with letters beyond those of Western Europe bring once
	// more: the font that has them.
	extFont = 22_000
)

// weighed are the pages that are opened all day.
func (h *house) weighed() map[string]string {
	id, _ := h.mine()
	return map[string]string{"caseload": "/caseload", "chart": "/clients/" + id, "notes": "/clients/" + id + "/notes", "find": "/find"}
}

func TestWeight(t *testing.T) {
	h := live(t)
	h.as(t, dana, ui.English)
	for name, path := range h.weighed() {
		t.Run(name+" is light on the first visit and on the next", func(t *testing.T) {
			cold := h.b.Weigh(t, true, func() { h.goTo(t, path) })
			h.b.Do(t, chromedp.Navigate("about:blank"))
			warm := h.b.Weigh(t, false, func() { h.goTo(t, path) })
			t.Logf("%d bytes cold, %d warm", cold, warm)
			if warm == 0 || cold <= warm {
				t.Fatal("nothing was weighed")
			}
			budget := coldBudget
			if h.is(t, `/[\u0100-\u0130\u0132-\u0151\u0154-\u02ba\u1e00-\u1eff]/.test(document.body.innerText)`) {
				budget += extFont
			}
			if cold > budget {
				t.Errorf("a first visit fetches %d bytes", cold)
			}
			if warm > warmBudget {
				t.Errorf("the next visit fetches %d bytes", warm)
			}
		})
	}
}

// BenchmarkFirstPaint is when something can be read on a processor six times
// slower, over five megabits a second, with nothing in the cache.
func BenchmarkFirstPaint(b *testing.B) {
	h := live(b)
	h.as(b, dana, ui.English)
	for name, path := range h.weighed() {
		b.Run(name, func(b *testing.B) {
			h.b.Slow(b, 6, 5)
			defer h.b.Slow(b, 1, 0)
			total := 0.0
			for b.Loop() {
				h.b.Weigh(b, true, func() { h.goTo(b, path) })
				total += browser.Run(b, h.b, chromedp.Evaluate[float64](`new Promise(ok => { const see = () => { const p = performance.getEntriesByName('first-contentful-paint')[0]; p ? ok(p.startTime) : requestAnimationFrame(see) }; see() })`, chromedp.EvalAwaitPromise))
			}
			b.ReportMetric(total/float64(b.N), "ms/first-paint")
			b.ReportMetric(0, "ns/op")
		})
	}
}
