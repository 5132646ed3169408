package site

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/trace"
	"caseward/internal/web/pages"
	"caseward/internal/web/static"
	"caseward/internal/web/ui"
)

// nobody is a sign-in at which nobody is signed in.
type nobody struct{}

func (nobody) Session(context.Context, string) (authn.Session, error) {
	return authn.Session{}, authn.ErrNoSession
}

// bare is a page with nothing around it.
type bare struct{}

func (bare) Menu(context.Context, actor.Actor) (func(ui.NavKey) bool, map[ui.NavKey]int, error) {
	return func(ui.NavKey) bool { return false }, nil, nil
}
func (bare) Saved(context.Context, actor.Actor, *url.URL) ([]ui.MenuItem, error) { return nil, nil }
func (bare) Strips(context.Context, actor.Actor, ui.Lang) ([]ui.Strip, error) {
	return nil, nil
}
func (bare) Glass(context.Context, actor.Actor) ([]ui.Glass, error)       { return nil, nil }
func (bare) Agency(context.Context) (string, *time.Location)              { return "North", time.UTC }
func (bare) Refusal(context.Context, actor.Actor, error) pages.DeniedPage { return pages.DeniedPage{} }

// open makes a site of these routes, and what it logs.
func open(cfg Config, routes ...Route) (*Server, *bytes.Buffer) {
	var log bytes.Buffer
	return New(cfg, nobody{}, bare{}, clock.System(), slog.New(slog.NewTextHandler(&log, nil)), routes), &log
}

// text is a public page that says what the request says of itself.
func text(pattern string, says func(r *Request) string) Route {
	return Route{Pattern: pattern, Access: Public, Handle: func(r *Request) (Answer, error) {
		return File("text/plain; charset=utf-8", "", []byte(says(r))), nil
	}}
}

func TestHeaders(t *testing.T) {
	s, _ := open(Config{Origin: "https://care.example.org"}, text("GET /hello", func(*Request) string { return "hello" }))
	plain, _ := open(Config{Origin: "http://localhost:8080"})
	do := func(h http.Handler, method, path string) *http.Response {
		r := httptest.NewRequest(method, path, nil)
		r.Header.Set("Authorization", "a secret")
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		return w.Result()
	}
	for name, x := range map[string]struct {
		method, path string
		status       int
		keep         string
	}{
		"a page":                                  {"GET", "/hello", 200, "no-store"},
		"a page that is not there":                {"GET", "/nothing", 303, "no-store"},
		"a way of asking that is not there":       {"POST", "/hello", 303, "no-store"},
		"an address the mux puts right":           {"GET", "//hello", 307, "no-store"},
		"a style sheet":                           {"GET", static.URL("caseward.css"), 200, "public, max-age=31536000, immutable"},
		"a picture, which could hold a program":   {"GET", static.URL("mark.svg"), 200, "public, max-age=31536000, immutable"},
		"an asset that is not there":              {"GET", "/a/x/nothing.css", 404, "no-store"},
		"whether it lives":                        {"GET", "/healthz", 200, "no-store"},
		"TRACE, which would say the request back": {"TRACE", "/hello", 303, "no-store"},
	} {
		t.Run(name, func(t *testing.T) {
			res, asset := do(s, x.method, x.path), strings.HasPrefix(x.path, static.Prefix)
			if res.StatusCode != x.status || res.Header.Get("Cache-Control") != x.keep {
				t.Errorf("%d, %q", res.StatusCode, res.Header.Get("Cache-Control"))
			}
			for key, want := range map[string]string{
				"Strict-Transport-Security":    "max-age=63072000; includeSubDomains",
				"X-Content-Type-Options":       "nosniff",
				"Referrer-Policy":              "same-origin",
				"Cross-Origin-Opener-Policy":   "same-origin",
				"Cross-Origin-Resource-Policy": "same-origin",
				"Access-Control-Allow-Origin":  "",
				"Server":                       "",
			} {
				if asset && (key == "Referrer-Policy" || key == "Cross-Origin-Opener-Policy") {
					want = "" // of a page alone
				}
				if got := res.Header.Get(key); got != want {
					t.Errorf("%s: %q", key, got)
				}
			}
			csp := res.Header.Get("Content-Security-Policy")
			if asset {
				if csp != "default-src 'none'" {
					t.Errorf("the policy of an asset: %s", csp)
				}
				return
			}
			for _, part := range []string{"default-src 'none'", "base-uri 'none'", "frame-ancestors 'none'", "form-action 'self'"} {
				if !strings.Contains(csp, part) {
					t.Errorf("the policy has no %s: %s", part, csp)
				}
			}
			if strings.Contains(csp, "unsafe") || !strings.Contains(csp, "require-trusted-types-for 'script'") {
				t.Error("scripts may be made of text:", csp)
			}
			var body bytes.Buffer
			if _, err := body.ReadFrom(res.Body); err != nil || strings.Contains(body.String(), "a secret") {
				t.Error("the request is said back", err)
			}
		})
	}
	t.Run("a browser is told to stay with https only where it came by it", func(t *testing.T) {
		if got := do(plain, "GET", "/healthz").Header.Get("Strict-Transport-Security"); got != "" {
			t.Error(got)
		}
	})
	t.Run("a page runs its own scripts, each page under another nonce, and nothing else has one", func(t *testing.T) {
		one, two := do(s, "GET", "/hello").Header.Get("Content-Security-Policy"), do(s, "GET", "/hello").Header.Get("Content-Security-Policy")
		if one == two || !strings.Contains(one, "script-src 'nonce-") {
			t.Error(one, two)
		}
		if csp := do(s, "GET", static.URL("mark.svg")).Header.Get("Content-Security-Policy"); !strings.Contains(csp, "default-src 'none'") {
			t.Error(csp)
		}
	})
}

func TestVisitor(t *testing.T) {
	for name, x := range map[string]struct {
		proxied bool
		lines   []string
		want    string
	}{
		"without a proxy it is who connects":                    {false, nil, "192.0.2.1"},
		"and nobody says otherwise":                             {false, []string{"198.51.100.7"}, "192.0.2.1"},
		"behind a proxy it is who the proxy says":               {true, []string{"203.0.113.9"}, "203.0.113.9"},
		"and not what stood there before":                       {true, []string{"198.51.100.7, 203.0.113.9"}, "203.0.113.9"},
		"nor on a line above":                                   {true, []string{"198.51.100.7", "203.0.113.9"}, "203.0.113.9"},
		"a proxy that says nothing is itself who it comes from": {true, nil, "192.0.2.1"},
	} {
		t.Run(name, func(t *testing.T) {
			s, _ := open(Config{Proxied: x.proxied}, text("GET /addr", func(r *Request) string { return r.Visitor.Addr }))
			r := httptest.NewRequest("GET", "/addr", nil) // from 192.0.2.1
			for _, l := range x.lines {
				r.Header.Add("X-Forwarded-For", l)
			}
			r.Header.Set("X-Real-IP", "198.51.100.8")
			r.Header.Set("Forwarded", "for=198.51.100.8")
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if got := w.Body.String(); got != x.want {
				t.Error(got)
			}
		})
	}
}

func TestForgedForms(t *testing.T) {
	s, log := open(Config{}, text("POST /signin", func(*Request) string { return "taken" }))
	post := func(from string) int {
		log.Reset()
		r := httptest.NewRequest("POST", "/signin", strings.NewReader("password=open+sesame"))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Sec-Fetch-Site", from)
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	t.Run("one that another site sends is refused, and the server's log says so without what was sent", func(t *testing.T) {
		for _, from := range []string{"cross-site", "same-site"} {
			if code := post(from); code != http.StatusForbidden || !strings.Contains(log.String(), "cross-origin") || strings.Contains(log.String(), "sesame") {
				t.Error(from, code, log.String())
			}
		}
	})
	t.Run("one of our own is taken in silence", func(t *testing.T) {
		for _, from := range []string{"same-origin", "none", ""} {
			if code := post(from); code != http.StatusOK || log.Len() != 0 {
				t.Error(from, code, log.String())
			}
		}
	})
}

func TestCookies(t *testing.T) {
	routes := []Route{
		{Pattern: "GET /in", Access: Public, Handle: func(r *Request) (Answer, error) {
			r.SetCookie("lang", "es", time.Hour)
			r.SetStrictCookie("device", "d", time.Hour)
			return SeeOther("/").SignIn("token").Saying(ui.Good, "Saved."), nil
		}},
		{Pattern: "GET /out", Access: Public, Handle: func(r *Request) (Answer, error) {
			r.SetCookie("lang", "", 0)
			return SeeOther("/").SignOut(), nil
		}},
		text("GET /lang", func(r *Request) string { return r.CookieValue("lang") + " " + string(r.Lang) }),
	}
	over, _ := open(Config{Origin: "https://care.example.org"}, routes...)
	plain, _ := open(Config{Origin: "http://localhost:8080"}, routes...)
	get := func(s *Server, path, cookie string) *httptest.ResponseRecorder {
		r := httptest.NewRequest("GET", path, nil)
		if cookie != "" {
			r.Header.Set("Cookie", cookie)
		}
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w
	}
	t.Run("over TLS each belongs to this host alone and is sent over TLS alone", func(t *testing.T) {
		for path, n := range map[string]int{"/in": 4, "/out": 2} {
			set := get(over, path, "").Header().Values("Set-Cookie")
			if len(set) != n {
				t.Fatalf("%q", set)
			}
			for _, c := range set {
				if !strings.HasPrefix(c, "__Host-") || !strings.Contains(c, "; Path=/;") || strings.Contains(c, "Domain") ||
					!strings.Contains(c, "; Secure") || !strings.Contains(c, "; HttpOnly") || !strings.Contains(c, "; SameSite=") {
					t.Error(c)
				}
			}
		}
	})
	t.Run("on this machine, without TLS, they are kept all the same", func(t *testing.T) {
		for _, c := range get(plain, "/in", "").Header().Values("Set-Cookie") {
			if strings.HasPrefix(c, "__") || strings.Contains(c, "Secure") {
				t.Error(c)
			}
		}
		if got := get(plain, "/lang", "lang=es").Body.String(); got != "es es" {
			t.Error(got)
		}
	})
	t.Run("one that a neighbour under the same domain set is not read", func(t *testing.T) {
		if got := get(over, "/lang", "lang=es").Body.String(); got != " en" {
			t.Error(got)
		}
		if got := get(over, "/lang", "__Host-lang=es; lang=en").Body.String(); got != "es es" {
			t.Error(got)
		}
	})
}

func TestTyped(t *testing.T) {
	s, _ := open(Config{}, Route{Pattern: "POST /signin", Access: Public, Handle: func(r *Request) (Answer, error) {
		p := pages.SignInPage{Form: ui.Posted(r.Form, nil), Next: r.Next("/")}
		p.Form.Fail("email", r.Value("email"))
		return Invalid(func(f ui.Frame) templ.Component { return pages.SignIn(f, p) }), nil
	}})
	post := func(email, next string) string {
		r := httptest.NewRequest("POST", "/signin", strings.NewReader(url.Values{"email": {email}, "next": {next}}.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Body.String()
	}
	t.Run("what was typed comes back as text, in a field and in a sentence", func(t *testing.T) {
		for _, typed := range []string{`"><script>go()</script>`, `<img src=x onerror=go()>`, `' autofocus onfocus='go()`, "{{.}}", "${go()}", "&lt;b&gt;"} {
			body := post(typed, "")
			if !strings.Contains(body, templ.EscapeString(typed)) {
				t.Errorf("%s is not there as text", typed)
			}
			if strings.ContainsAny(typed, `<>"&'`) && strings.Contains(body, typed) {
				t.Errorf("%s is there as it was typed", typed)
			}
		}
	})
	t.Run("nobody is led elsewhere, nor to a program", func(t *testing.T) {
		for _, next := range []string{"https://evil.example/", "//evil.example", "javascript:go()", "data:text/html,x", `\\evil.example`, "/\\evil.example", "/\t/evil.example", "evil"} {
			if body := post("", next); strings.Contains(body, "evil") || strings.Contains(body, "go()") || strings.Contains(body, "data:") {
				t.Error(next)
			}
		}
		if body := post("", "/caseload?order=name"); !strings.Contains(body, "/caseload?order=name") {
			t.Error("a page of this site is lost")
		}
	})
}

func TestFailures(t *testing.T) {
	s, log := open(Config{},
		Route{Pattern: "GET /panics", Access: Public, Handle: func(*Request) (Answer, error) { panic("Anna Lindqvist") }},
		Route{Pattern: "GET /fails", Access: Public, Handle: func(*Request) (Answer, error) {
			return Answer{}, errors.New("SELECT failed on 10.0.0.7")
		}},
		Route{Pattern: "GET /away", Access: Public, Handle: func(*Request) (Answer, error) {
			return Answer{}, fault.Unavailablef("db.read", errors.New("dial 10.0.0.7"), "cannot read")
		}},
		text("GET /works", func(*Request) string { return "works" }),
	)
	t.Run("every line about a request has its reference and its trace, and nothing that was sent", func(t *testing.T) {
		const traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
		var told bytes.Buffer
		s, _ := open(Config{Proxied: true, Tracer: trace.New(clock.System(), 0)},
			Route{Pattern: "GET /panics/{id}", Access: Public, Handle: func(*Request) (Answer, error) { panic("Anna Lindqvist") }},
			Route{Pattern: "GET /fails/{id}", Access: Public, Handle: func(*Request) (Answer, error) { return Answer{}, errors.New("no") }},
			Route{Pattern: "GET /away/{id}", Access: Public, Handle: func(*Request) (Answer, error) {
				return Answer{}, fault.Unavailablef("db.read", nil, "cannot read")
			}},
			Route{Pattern: "GET /unmade/{id}", Access: Public, Handle: func(*Request) (Answer, error) {
				return Page(func(ui.Frame) templ.Component {
					return templ.ComponentFunc(func(context.Context, io.Writer) error { return errors.New("no") })
				}), nil
			}},
			Route{Pattern: "POST /forged/{id}", Access: Public, Handle: func(*Request) (Answer, error) { return Answer{}, nil }},
		)
		s.log = slog.New(trace.Logged(slog.NewJSONHandler(&told, nil)))
		for _, x := range []struct {
			method, path string
			lines        int
		}{{"GET", "/panics/", 2}, {"GET", "/fails/", 1}, {"GET", "/away/", 1}, {"GET", "/unmade/", 1}, {"POST", "/forged/", 1}} {
			told.Reset()
			r := httptest.NewRequest(x.method, x.path+"QUILLANDRA?q=QUILLANDRA", strings.NewReader("name=QUILLANDRA"))
			r.Header.Set("Sec-Fetch-Site", map[string]string{"GET": "same-origin", "POST": "cross-site"}[x.method])
			r.Header.Set("Traceparent", "00-"+traceID+"-00f067aa0ba902b7-01")
			s.ServeHTTP(httptest.NewRecorder(), r)
			lines, refs := strings.Split(strings.TrimSpace(told.String()), "\n"), map[string]bool{}
			for _, l := range lines {
				var line struct{ Msg, Reference, Trace, Pattern string }
				if err := json.Unmarshal([]byte(l), &line); err != nil || line.Msg == "" || line.Reference == "" || line.Trace != traceID || line.Pattern != x.method+" "+x.path+"{id}" {
					t.Errorf("%v in %s", err, l)
				}
				refs[line.Reference] = true
			}
			if len(lines) != x.lines || len(refs) != 1 || strings.Contains(told.String(), "QUILLANDRA") || strings.Contains(told.String(), "Lindqvist") {
				t.Errorf("%d lines with %d references: %s", len(lines), len(refs), told.String())
			}
		}
	})
	for path, status := range map[string]int{"/panics": 500, "/fails": 500, "/away": 503} {
		t.Run(path+" tells a reference and nothing of what went wrong", func(t *testing.T) {
			log.Reset()
			w := httptest.NewRecorder()
			s.ServeHTTP(w, httptest.NewRequest("GET", path, nil))
			body, told := w.Body.String(), log.String()
			_, ref, _ := strings.Cut(told, "reference=")
			ref, _, _ = strings.Cut(ref, " ")
			if w.Code != status || ref == "" || !strings.Contains(body, ref) {
				t.Error(w.Code, ref)
			}
			for _, secret := range []string{"Lindqvist", "SELECT", "10.0.0.7", "goroutine", ".go:"} {
				if strings.Contains(body, secret) {
					t.Errorf("the page says %q", secret)
				}
			}
			if strings.Contains(told, "Lindqvist") {
				t.Error("what a panic held is in the server's log")
			}
		})
	}
	t.Run("the next page works", func(t *testing.T) {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest("GET", "/works", nil))
		if w.Code != http.StatusOK {
			t.Error(w.Code)
		}
	})
}

// unread is a body that says whether any of it was asked for.
type unread struct {
	io.Reader
	asked bool
}

func (u *unread) Read(p []byte) (int, error) { u.asked = true; return u.Reader.Read(p) }

func TestBodies(t *testing.T) {
	says := func(pattern string, access Access, body int64) Route {
		return Route{Pattern: pattern, Access: access, Body: body, Handle: func(r *Request) (Answer, error) {
			return File("text/plain", "", []byte(r.Value("a"))), nil
		}}
	}
	s, log := open(Config{}, says("POST /open", Public, 0), says("POST /list", SignedIn, 20<<20))
	const form = "application/x-www-form-urlencoded"
	for name, c := range map[string]struct {
		path, kind string
		size       int64 // that is said; -1 for none
		body       string
		status     int
		read       bool
	}{
		"a form of a stranger":                      {"/open", form, 3, "a=b", 200, true},
		"the longest of a stranger":                 {"/open", form, MaxStranger, "a=" + strings.Repeat("b", MaxStranger-2), 200, true},
		"a longer one":                              {"/open", form, MaxStranger + 1, "a=" + strings.Repeat("b", MaxStranger-1), 413, false},
		"a longer one that does not say so":         {"/open", form, -1, "a=" + strings.Repeat("b", MaxStranger-1), 413, true},
		"one of more fields than there are":         {"/open", form, -1, strings.Repeat("&", 20_000), 422, true},
		"one that is no form":                       {"/open", "multipart/form-data; boundary=x", -1, "nothing", 422, true},
		"whatever nobody sends where one signs in":  {"/list", form, 3, "a=b", 303, false},
		"files that nobody sends":                   {"/list", "multipart/form-data; boundary=x", 20 << 20, "--x", 303, false},
		"something where there is no page, by none": {"/nothing", form, 3, "a=b", 303, false},
	} {
		t.Run(name, func(t *testing.T) {
			body := &unread{Reader: strings.NewReader(c.body)}
			r := httptest.NewRequest("POST", c.path, body)
			r.Header.Set("Content-Type", c.kind)
			r.ContentLength = c.size
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if w.Code != c.status || body.asked != c.read {
				t.Errorf("answered %d, read: %v", w.Code, body.asked)
			}
		})
	}
	t.Run("after a body in chunks the connection ends, after another not", func(t *testing.T) {
		for _, encoding := range [][]string{{"chunked"}, nil} {
			r := httptest.NewRequest("POST", "/open", strings.NewReader("a=b"))
			r.TransferEncoding = encoding
			w := httptest.NewRecorder()
			s.ServeHTTP(w, r)
			if got := w.Header().Get("Connection") == "close"; got != (encoding != nil) {
				t.Errorf("%v: closed is %v", encoding, got)
			}
		}
	})
	t.Run("who went away is no defect", func(t *testing.T) {
		s, log := open(Config{}, Route{Pattern: "GET /slow", Access: Public, Handle: func(r *Request) (Answer, error) { return Answer{}, r.Ctx().Err() }})
		ctx, cancel := context.WithCancel(context.Background())
		cancel()
		s.ServeHTTP(httptest.NewRecorder(), httptest.NewRequest("GET", "/slow", nil).WithContext(ctx))
		if log.Len() > 0 {
			t.Errorf("the log has %s", log)
		}
	})
	if log.Len() > 0 {
		t.Errorf("the log has %s", log)
	}
}
