package browser_test

import (
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/ui"
	"caseward/test/browser"
)

var guides = flag.Bool("guides", false, "take the pictures of docs/guides anew")

const guidesDir = "../../docs/guides"

// picture is one picture of the guides: who looks at which page, what is posted to
// it, and what is done there first.
type picture struct {
	name, who, path string
	post            []string
	view            browser.View
	first           func(t *testing.T, h *house)
}

// guide is how wide a page is in a guide.
var guide = browser.View{Name: "guide", Width: 1180, Height: 760}

// wide is for a page with a table or a side column.
var wide = browser.View{Name: "wide", Width: 1440, Height: 820}

// tall is for a page that is seen nearly whole.
var tall = browser.View{Name: "tall", Width: 1180, Height: 1200}

// pictures are those of the guides, in a fresh demonstration.
func (h *house) pictures(t *testing.T) []picture {
	id, _ := h.mine()
	chart := "/clients/" + id
	planned, _ := h.planned()
	asked, instrument := h.series(t)
	return []picture{
		{name: "today", who: dana, path: "/today"},
		{name: "caseload", who: dana, path: "/caseload", view: wide},
		{name: "chart", who: dana, path: chart, view: wide},
		{name: "plan", who: dana, path: planned + "/plan"},
		{name: "trend", who: dana, path: asked + "/assess/" + instrument + "/trend"},
		{name: "documents", who: dana, path: h.papers() + "/documents"},
		{name: "calendar", who: dana, path: "/calendar?view=week"},
		{name: "phone", who: dana, path: "/today", view: browser.Phone},
		{name: "matches", who: paloma, path: "/clients/new/search", post: []string{"given", "Amparo", "family", "Castellon", "birth", "1983-04-09"}},
		{name: "compare", who: paloma, path: strings.ReplaceAll(h.find(h.get(paloma, "/duplicates"), `href="(/duplicates/compare[^"]+)"`), "&amp;", "&")},
		{name: "supervision", who: denise, path: "/supervision", view: wide},
		{name: "balance", who: denise, path: "/supervision/balance"},
		{name: "cosign", who: denise, view: tall, path: h.find(h.get(denise, "/cosign"), `href="(/clients/[0-9a-z]{26}/notes/[0-9a-z]{26})#cosign`)},
		{name: "reports", who: denise, path: "/reports/contacts"},
		{name: "forms", who: wendell, path: h.find(h.get(wendell, "/settings/forms"), `href="(/settings/forms/[0-9a-z]{26})"`)},
		// The last one: a page with words that are not kept asks before it is left.
		{name: "note", who: dana, path: chart + "/notes", view: tall, first: inSections},
	}
}

// papers is the chart of a client of Dana's with documents of several kinds.
func (h *house) papers() string {
	h.Helper()
	for _, m := range regexp.MustCompile(`href="(/clients/[0-9a-z]{26})"`).FindAllStringSubmatch(h.get(dana, "/caseload"), -1) {
		if strings.Contains(h.get(dana, m[1]+"/documents"), "Photo of the radiator") {
			return m[1]
		}
	}
	h.Fatal("no client of Dana's has documents")
	return ""
}

// inSections begins a note in the form SOAP.
func inSections(t *testing.T, h *house) {
	w := hand{h, ways[0]}
	w.mark(t, "type", "home")
	w.mark(t, "quick", "30")
	w.mark(t, "format", "soap")
	w.fill(t, "#subjective", "Says the heating is off again and the landlord does not call back.")
	w.fill(t, "#plan", "Call the landlord on Monday; ask for the repair in writing.")
	h.b.Do(t, chromedp.Evaluate[chromedp.Void](`document.querySelector('#compose').scrollIntoView({behavior: 'instant'})`))
}

// TestGuides keeps the guides and their pictures together. With -guides it takes
// the pictures; they are the pages as they are, never made by hand.
func TestGuides(t *testing.T) {
	if *guides {
		h := live(t)
		for _, p := range h.pictures(t) {
			t.Run(p.name+" is taken", func(t *testing.T) {
				if p.view.Width == 0 {
					p.view = guide
				}
				h.b.Look(t, p.view)
				h.as(t, p.who, ui.English)
				h.b.Add(t, h.url, "tour", "end")
				h.open(t, p.path, p.post)
				if p.first != nil {
					p.first(t, h)
				}
				h.b.Settle(t)
				png := browser.Run(t, h.b, chromedp.CaptureScreenshot())
				if len(png) > 200<<10 {
					t.Errorf("%d bytes are more than 200 KB", len(png))
				}
				if err := os.MkdirAll(filepath.Join(guidesDir, "img"), 0o755); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(guidesDir, "img", p.name+".png"), png, 0o644); err != nil {
					t.Fatal(err)
				}
			})
		}
		h.quiet(t)
	}
	t.Run("every picture a guide shows is there, with words for who cannot see it, and no other", func(t *testing.T) {
		shown := map[string]bool{}
		pages, err := filepath.Glob(filepath.Join(guidesDir, "*.md"))
		if err != nil || len(pages) == 0 {
			t.Fatal(pages, err)
		}
		link := regexp.MustCompile(`!\[([^\]]*)\]\((img/[^)]+)\)`)
		for _, page := range pages {
			b, err := os.ReadFile(page)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range link.FindAllStringSubmatch(string(b), -1) {
				shown[filepath.Base(m[2])] = true
				if len(strings.Fields(m[1])) < 3 {
					t.Errorf("%s: the picture %s has no words", page, m[2])
				}
				if _, err := os.Stat(filepath.Join(guidesDir, m[2])); err != nil {
					t.Errorf("%s: %v", page, err)
				}
			}
		}
		images, err := filepath.Glob(filepath.Join(guidesDir, "img", "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range images {
			if !shown[filepath.Base(path)] {
				t.Errorf("%s stands in no guide", path)
			}
		}
		if len(shown) == 0 {
			t.Error("the guides show nothing")
		}
	})
}
