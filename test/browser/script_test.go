package browser_test

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"

	"caseward/internal/web/pages/storybook"
	"caseward/test/browser"
)

// answers is the story server with answers to what the pages' script posts.
type answers struct {
	drafts chan url.Values
	locks  chan url.Values
	fails  int // drafts to refuse first
}

func (a *answers) serve(t *testing.T) string {
	stories := storybook.Handler()
	mux := http.NewServeMux()
	mux.Handle("GET /", stories)
	mux.HandleFunc("POST /clients/{id}/notes/{note}/draft", func(w http.ResponseWriter, r *http.Request) {
		if err := r.ParseForm(); err != nil || r.Header.Get("X-CSRF-Token") != "story" {
			http.Error(w, "no token", http.StatusForbidden)
			return
		}
		if a.fails > 0 {
			a.fails--
			http.Error(w, "away", http.StatusServiceUnavailable)
			return
		}
		w.Header().Set("Content-Type", "application/json")
		_, _ = io.WriteString(w, `{"text":"Draft saved 9:42 am","draft":"d1"}`)
		a.drafts <- r.PostForm
	})
	mux.Handle("POST /account/device-key", stories)
	mux.HandleFunc("POST /alive", func(w http.ResponseWriter, r *http.Request) { w.WriteHeader(http.StatusNoContent) })
	mux.HandleFunc("POST /lock", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		http.Redirect(w, r, "/s/locked", http.StatusSeeOther)
		a.locks <- r.PostForm
	})
	mux.HandleFunc("POST /caseload", func(w http.ResponseWriter, r *http.Request) {
		r2 := httptest.NewRequest("GET", "/s/caseload-empty", nil)
		stories.ServeHTTP(w, r2)
	})
	srv := httptest.NewServer(mux)
	t.Cleanup(srv.Close)
	return srv.URL
}

func TestScript(t *testing.T) {
	b := chromium(t)
	a := &answers{drafts: make(chan url.Values, 20), locks: make(chan url.Values, 20), fails: 1}
	base := a.serve(t)
	quiet := func(t *testing.T, expected string) {
		t.Helper()
		for _, c := range b.Complaints() {
			if expected == "" || !strings.Contains(c, expected) {
				t.Error(c)
			}
		}
	}

	t.Run("a draft is saved as it is written, tried again until it is, and never kept in the browser", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/chart-notes")
		b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), "Met at the clinic"))
		form := <-a.drafts
		if got := form.Get("text"); got != "Met at the clinic" {
			t.Errorf("saved %q", got)
		}
		browser.Run(t, b, chromedp.Poll[bool](`document.querySelector('[data-saved]').textContent === 'Draft saved 9:42 am'`))
		if n := browser.Run(t, b, chromedp.Evaluate[int](`localStorage.length + sessionStorage.length`)); n != 0 {
			t.Errorf("the browser's storage holds %d things", n)
		}
		quiet(t, "503")
	})
	t.Run("a filter swaps the list in place under the policy", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/caseload")
		b.Do(t, chromedp.SendKeys(chromedp.CSS("#name"), "zzzz\r"))
		browser.Run(t, b, chromedp.Poll[bool](`document.querySelector('#caseload .empty h2') !== null`))
		if at := browser.Run(t, b, chromedp.Evaluate[string](`location.pathname + location.search`)); at != "/s/caseload" {
			t.Errorf("the address became %q", at)
		}
		quiet(t, "")
	})
	t.Run("the slash key goes to the client search, and is a slash in a field", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/caseload")
		// True where the page left the key alone.
		press := `document.activeElement.dispatchEvent(new KeyboardEvent('keydown', {key: '/', bubbles: true, cancelable: true}))`
		if browser.Run(t, b, chromedp.Evaluate[bool](press)) {
			t.Error("the key was left alone")
		}
		if id := browser.Run(t, b, chromedp.Evaluate[string](`document.activeElement.id`)); id != "find" {
			t.Fatalf("the focus is on %q", id)
		}
		if !browser.Run(t, b, chromedp.Evaluate[bool](press)) {
			t.Error("the key was taken from a field")
		}
		quiet(t, "")
	})
	t.Run("the theme is changed and remembered in a cookie", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/caseload")
		b.Do(t, chromedp.Click(chromedp.CSS("[data-theme-toggle]")))
		if got := browser.Run(t, b, chromedp.Evaluate[string](`document.documentElement.dataset.theme + ' ' + document.cookie`)); got != "dark theme=dark" {
			t.Errorf("got %q", got)
		}
		quiet(t, "")
	})
	t.Run("something wrong takes the focus when the page opens", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/chart-notes-errors")
		if id := browser.Run(t, b, chromedp.Evaluate[string](`document.activeElement.id`)); id != "errors" {
			t.Errorf("the focus is on %q", id)
		}
		quiet(t, "")
	})
	t.Run("a page left alone warns, hides itself, saves the draft and locks, to come back to the same place", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/chart-notes?idle=2")
		b.Do(t, chromedp.SendKeys(chromedp.CSS("#text"), "Half a sen"))
		b.Do(t, chromedp.WaitVisible(chromedp.CSS("#idle[open]")))
		form := <-a.locks
		if got := form.Get("next"); got != "/s/chart-notes" {
			t.Errorf("it comes back to %q", got)
		}
		if got := (<-a.drafts).Get("text"); got != "Half a sen" {
			t.Errorf("the draft holds %q", got)
		}
		quiet(t, "")
	})
	t.Run("whoever answers the warning stays", func(t *testing.T) {
		b.Open(t, browser.Desk, base+"/s/caseload?idle=3")
		b.Do(t, chromedp.WaitVisible(chromedp.CSS("#idle[open]")), chromedp.Click(chromedp.CSS("#idle button")), chromedp.WaitNotVisible(chromedp.CSS("#idle")))
		if n := len(a.locks); n != 0 {
			t.Errorf("locked %d times", n)
		}
		quiet(t, "")
	})
}
