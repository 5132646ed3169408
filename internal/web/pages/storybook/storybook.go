// Package storybook shows every page with canned values, so that a page can be
// looked at, and tested in a browser, with no database behind it.
//
// Everybody in it is made up, and unmistakably: Social Security numbers begin
// with 9, telephone numbers are 555-01xx. The package is never part of the
// program; only tests and the story server import it.
package storybook

import (
	"crypto/rand"
	"net/http"
	"strconv"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/web/static"
	"caseward/internal/web/ui"
)

// Story is a page with what it is given.
type Story struct {
	Name string // in the path: /s/<name>
	Page func(f ui.Frame) templ.Component
}

// Now is when every story happens: a Friday morning.
var Now = time.Date(2026, time.November, 20, 9, 41, 0, 0, time.UTC)

// Frame is a case manager's, with everything in the menu that is theirs, and a
// nonce of its own.
func Frame() ui.Frame {
	return frameOf(ui.English, "Jordan Avery", actor.CaseManager)
}

func frameOf(lang ui.Lang, name string, role actor.Role) ui.Frame {
	counts := map[ui.NavKey]int{ui.NavCaseload: 38, ui.NavGlass: 2}
	officer := role == actor.PrivacyOfficer
	f := ui.Frame{
		Lang: lang, Nonce: rand.Text(), CSRF: "story", Agency: "Eastside Family Services", Path: "/caseload", Now: Now,
		Worker: ui.Worker{Name: name, Role: role},
		Menu: ui.Menu(lang, func(k ui.NavKey) bool {
			switch k {
			case ui.NavLog, ui.NavGlass, ui.NavStaff:
				return officer
			case ui.NavCaseload, ui.NavNewClient, ui.NavCoverage:
				return !officer
			}
			return true
		}, counts),
		Purpose: actor.Treatment, Purposes: actor.Purposes(),
	}
	f.Saved([]ui.MenuItem{{Text: "High support, not seen for weeks", URL: "/caseload?saved=f1"}, {Text: "Housing", URL: "/caseload?saved=f2"}})
	return f
}

// officer makes f the privacy officer's.
func officer(f ui.Frame) ui.Frame {
	g := frameOf(f.Lang, "Lena Brandt", actor.PrivacyOfficer)
	g.Purpose = actor.Oversight
	g.Nonce, g.Theme, g.Density, g.NoKeys = f.Nonce, f.Theme, f.Density, f.NoKeys
	g.SteppedUpUntil = Now.Add(12 * time.Minute)
	return g
}

// Handler serves the stories under the policy of the real pages, with
// ?lang=es, ?theme=dark, ?density=compact and ?idle=<seconds until it warns>; /
// lists them.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle(static.Prefix, static.Handler())
	stories := Stories()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, r *http.Request) {
		f := Frame()
		serve(w, r, f.Nonce, index(f, stories))
	})
	for _, s := range stories {
		mux.HandleFunc("GET /s/"+s.Name, func(w http.ResponseWriter, r *http.Request) {
			q := r.URL.Query()
			f := Frame()
			if q.Get("lang") == "es" {
				f = frameOf(ui.Spanish, "Jordan Avery", actor.CaseManager)
			}
			f.Theme, f.Density = q.Get("theme"), q.Get("density")
			if n, err := strconv.Atoi(q.Get("idle")); err == nil {
				f.WarnAfter, f.LockAfter = time.Duration(n)*time.Second, time.Duration(2*n)*time.Second
			}
			f.Path = r.URL.Path
			serve(w, r, f.Nonce, s.Page(f))
		})
	}
	mux.HandleFunc("GET /enrol/qr", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "image/svg+xml")
		// The peer has gone if this fails.
		_, _ = w.Write([]byte(`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 8 8"><path fill="#fff" d="M0 0h8v8H0z"/><path d="M0 0h3v3H0zM5 0h3v3H5zM0 5h3v3H0zM4 4h1v1H4zM6 5h2v1H6zM5 7h1v1H5z"/></svg>`))
	})
	// The script asks for it as soon as somebody writes.
	mux.HandleFunc("POST /account/device-key", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		// The peer has gone if this fails.
		_, _ = w.Write([]byte(`{"id":"story","key":"MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="}`))
	})
	return mux
}

func serve(w http.ResponseWriter, r *http.Request, nonce string, c templ.Component) {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", ui.Policy(nonce))
	h.Set("Cache-Control", "no-store")
	// The peer has gone if this fails.
	_ = c.Render(r.Context(), w)
}

func text(s string) phi.Text { return phi.NewText(s) }

func texts(s ...string) []phi.Text {
	out := []phi.Text{}
	for _, x := range s {
		out = append(out, phi.NewText(x))
	}
	return out
}

func day(offset int) time.Time { return Now.AddDate(0, 0, offset) }

func at(month time.Month, d, hour, minute int) time.Time {
	return time.Date(2026, month, d, hour, minute, 0, 0, time.UTC)
}
