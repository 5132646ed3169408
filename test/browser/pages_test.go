package browser_test

import (
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/pages/storybook"
	"caseward/test/browser"
)

// only narrows a run to the stories whose names hold it.
var only = os.Getenv("CASEWARD_STORY")

func TestPages(t *testing.T) {
	b := chromium(t)
	srv := httptest.NewServer(storybook.Handler())
	defer srv.Close()
	for _, s := range storybook.Stories() {
		if !strings.Contains(s.Name, only) {
			continue
		}
		t.Run(s.Name+" keeps its policy, is quiet, accessible and not too wide", func(t *testing.T) {
			b.Complaints()
			b.Open(t, browser.Desk, srv.URL+"/s/"+s.Name)
			looks(t, b, "story-"+s.Name, browser.Desk, browser.Dark, browser.Phone, browser.Reflow)
			for _, c := range b.Complaints() {
				t.Error(c)
			}
		})
	}
}

// full asks for every rule of axe-core in every view. Without it a view is tried
// with the rules that it can break: the dark theme changes colours and nothing
// else, a phone the layout.
var full = os.Getenv("CASEWARD_BROWSER") == "full"

// looks tries the page that is open in several views.
func looks(t *testing.T, b *browser.Browser, name string, views ...browser.View) {
	t.Helper()
	for _, v := range views {
		b.Look(t, v)
		// A label for an id that stands twice is the label of the wrong one.
		if ids := browser.Run(t, b, chromedp.Evaluate[string](`[...document.querySelectorAll('[id]')].map(e => e.id).filter((x, i, all) => all.indexOf(x) !== i).join(' ')`)); ids != "" {
			t.Errorf("%s: ids stand twice: %s", v.Name, ids)
		}
		if n := b.TooWide(t); n > 0 {
			t.Errorf("%s: %d pixels too wide", v.Name, n)
		}
		var rules []string
		switch {
		case full || v.Name == browser.Desk.Name:
		case v.Name == browser.Dark.Name:
			rules = []string{"color-contrast", "link-in-text-block"}
		case v.Name == browser.Phone.Name:
			rules = []string{"color-contrast", "target-size", "scrollable-region-focusable", "landmark-unique", "link-name", "button-name", "label", "td-headers-attr", "aria-hidden-focus"}
		default:
			continue
		}
		for _, a := range b.Axe(t, rules...) {
			t.Error(v.Name, a)
		}
		b.Shot(t, name+"-"+v.Name)
	}
}

func TestSpanishPages(t *testing.T) {
	b := chromium(t)
	srv := httptest.NewServer(storybook.Handler())
	defer srv.Close()
	for _, s := range storybook.Stories() {
		if !strings.Contains(s.Name, only) {
			continue
		}
		t.Run(s.Name+" fits a phone in Spanish, with every value in its place", func(t *testing.T) {
			b.Complaints()
			b.Open(t, browser.Phone, srv.URL+"/s/"+s.Name+"?lang=es")
			for _, c := range b.Complaints() {
				t.Error(c)
			}
			if n := b.TooWide(t); n > 0 {
				t.Errorf("%d pixels too wide", n)
			}
			// What fmt says of a missing or a superfluous value.
			if browser.Run(t, b, chromedp.Evaluate[bool](`document.body.innerText.includes('%!')`)) {
				t.Error("a text and its values do not fit")
			}
			if lang := browser.Run(t, b, chromedp.Evaluate[string](`document.documentElement.lang`)); lang != "es" {
				t.Errorf("the page says it is in %q", lang)
			}
		})
	}
}

func TestOtherViews(t *testing.T) {
	b := chromium(t)
	srv := httptest.NewServer(storybook.Handler())
	defer srv.Close()
	for _, name := range []string{"caseload", "chart-notes", "log", "client-edit", "signin"} {
		for _, v := range []browser.View{browser.Small, browser.Forced, browser.Paper} {
			t.Run(name+" is not too wide in "+v.Name, func(t *testing.T) {
				b.Open(t, v, srv.URL+"/s/"+name)
				if n := b.TooWide(t); n > 0 {
					t.Errorf("%d pixels too wide", n)
				}
				b.Shot(t, name+"-"+v.Name)
			})
		}
	}
	t.Run("a printed chart says that it is confidential, and leaves the frame out", func(t *testing.T) {
		b.Open(t, browser.Paper, srv.URL+"/s/chart-notes")
		line := browser.Run(t, b, chromedp.Evaluate[string](`getComputedStyle(document.querySelector('main'), '::before').content`))
		if !strings.Contains(line, "Confidential") {
			t.Errorf("it says %q", line)
		}
		if !browser.Run(t, b, chromedp.Evaluate[bool](`[...document.querySelectorAll('.rail, .topbar, .composer')].every(e => getComputedStyle(e).display === 'none')`)) {
			t.Error("the frame is printed")
		}
	})
}
