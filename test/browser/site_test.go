package browser_test

import (
	"context"
	"encoding/json"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"caseward/internal/app"
	"caseward/internal/clock"
	"caseward/internal/demo"
	"caseward/test/browser"
)

var ctx = context.Background()

// friday is the morning on which the pages are looked at.
var friday = time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC)

// Who signs in. Dana's clients are none of Anders's.
const (
	dana      = "dana.reyes@harborlight.example.org"         // case manager
	malik     = "malik.thornbury@harborlight.example.org"    // case manager of Dana's team
	anders    = "anders.kjellson@harborlight.example.org"    // case manager of another team
	paloma    = "paloma.quintero@harborlight.example.org"    // intake
	denise    = "denise.whitcombe@harborlight.example.org"   // supervisor of Dana
	leandro   = "leandro.castellane@harborlight.example.org" // program manager
	marguerit = "marguerite.lund@harborlight.example.org"    // privacy officer
	tobias    = "tobias.achterberg@harborlight.example.org"  // security officer
	constance = "constance.ferrow@harborlight.example.org"   // auditor
	wendell   = "wendell.oakes@harborlight.example.org"      // administrator
)

// house is the agency of the demonstration, served as the program serves it.
type house struct {
	testing.TB
	b     *browser.Browser
	app   *app.App
	clock *clock.Fake
	url   string
	http  map[string]*http.Client
}

// move-in takes seconds, so the tests that only look share one house.
func live(t testing.TB) *house {
	t.Helper()
	b := chromium(t)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := clock.NewFake(friday)
	a, err := demo.Open(ctx, demo.Options{Dir: t.TempDir(), Listen: l.Addr().String(), Clock: c})
	if err != nil {
		t.Fatal(err)
	}
	origin, _ := a.Config.Site()
	h := &house{TB: t, b: b, app: a, clock: c, url: origin, http: map[string]*http.Client{}}
	srv := &http.Server{Handler: a.Handler(), ReadHeaderTimeout: time.Minute}
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(l) })
	t.Cleanup(func() {
		_ = srv.Close()
		served.Wait()
		if err := a.Close(); err != nil {
			t.Error(err)
		}
	})
	return h
}

// client is an HTTP client in which the person with this mail address is signed
// in; "" is nobody.
func (h *house) client(mail string) *http.Client {
	h.Helper()
	if c := h.http[mail]; c != nil {
		return c
	}
	jar, err := cookiejar.New(nil)
	if err != nil {
		h.Fatal(err)
	}
	c := &http.Client{Jar: jar}
	if mail != "" {
		worker, ok, err := h.app.Directory.ByMail(ctx, mail)
		if err != nil || !ok {
			h.Fatal(mail, ok, err)
		}
		token, err := h.app.Authn.OneTimeSignIn(ctx, worker, time.Hour)
		if err != nil {
			h.Fatal(err)
		}
		res, err := c.Get(h.url + "/enter/" + token)
		if err != nil {
			h.Fatal(err)
		}
		_ = res.Body.Close()
	}
	h.http[mail] = c
	return c
}

// get is a page as text, for ids that stand on it.
func (h *house) get(mail, path string) string {
	h.Helper()
	res, err := h.client(mail).Get(h.url + path)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(body)
}

// post sends a form as the page of that path would, and answers the question that may
// stand before what it does.
func (h *house) post(mail, path string, fields ...string) string {
	h.Helper()
	body := h.send(mail, path, fields...)
	if !strings.Contains(body, `name="prompt_asked"`) {
		return body
	}
	h.send(mail, path, append([]string{"prompt_asked", h.find(body, `name="prompt_asked" value="([0-9a-z]{26})"`), "answer", "0"}, fields...)...)
	return h.send(mail, path, fields...)
}

// send sends a form as it is.
func (h *house) send(mail, path string, fields ...string) string {
	h.Helper()
	form := url.Values{"csrf": {h.find(h.get(mail, "/account/sessions"), `name="csrf" value="([^"]+)"`)}}
	for i := 0; i+1 < len(fields); i += 2 {
		form.Add(fields[i], fields[i+1])
	}
	res, err := h.client(mail).PostForm(h.url+path, form)
	if err != nil {
		h.Fatal(err)
	}
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		h.Fatal(err)
	}
	return string(body)
}

// prove gives somebody of the demonstration the fresh proof that some pages ask
// for.
func (h *house) prove(mail string) { h.Helper(); h.post(mail, "/stepup", "next", "/why") }

// find is the first group of a pattern in a page.
func (h *house) find(page, pattern string) string {
	h.Helper()
	m := regexp.MustCompile(pattern).FindStringSubmatch(page)
	if m == nil {
		h.Fatalf("nothing on the page is like %s", pattern)
	}
	return m[1]
}

// be makes the browser that of somebody signed in.
func (h *house) be(t testing.TB, mail string) {
	t.Helper()
	u, err := url.Parse(h.url)
	if err != nil {
		t.Fatal(err)
	}
	name, value := "", ""
	for _, c := range h.client(mail).Jar.Cookies(u) {
		if c.Name == "caseward" {
			name, value = c.Name, c.Value
		}
	}
	h.b.Cookie(t, h.url, name, value)
}

// here is the path the browser is at.
func (h *house) here(t *testing.T) string {
	t.Helper()
	return browser.Run(t, h.b, chromedp.Evaluate[string](`location.pathname + location.search`))
}

// words is what can be read on the page.
func (h *house) words(t *testing.T) string {
	t.Helper()
	return browser.Run(t, h.b, chromedp.Evaluate[string](`document.body.innerText`))
}

// TestEveryPage looks at every page of the site as the person it is for.
func TestEveryPage(t *testing.T) {
	h := live(t)
	id := h.find(h.get(dana, "/caseload"), `href="/clients/([0-9a-z]{26})`)
	chart := "/clients/" + id
	signed := h.find(h.get(dana, chart+"/notes?kind=home")+h.get(dana, chart+"/notes"), chart+`/notes/([0-9a-z]{26})"`)
	kase := h.find(h.get(denise, chart+"/case"), chart+`/case/([0-9a-z]{26})`)
	worker, _, _ := h.app.Directory.ByMail(ctx, dana)
	other := h.find(h.get(anders, "/caseload"), `href="/clients/([0-9a-z]{26})`)
	glass := h.find(h.get(marguerit, "/break-glass"), `/break-glass/([0-9a-z]{26})`)
	for _, m := range []string{dana, wendell} {
		h.prove(m)
	}
	boss, _, _ := h.app.Directory.ByMail(ctx, denise)
	invited := h.find(h.post(wendell, "/staff/invite", "name", "Ines Quell", "email", "ines.quell@harborlight.example.org", "role", "case_manager", "supervisor", boss), `(/enrol/[A-Za-z0-9_-]+)`)
	pages := []struct {
		name, who, path string
		post            []string
	}{
		{"signin", "", "/signin", nil},
		{"signin-wrong", "", "/signin", []string{"email", "dana.reyes@harborlight.example.org", "password", "wrong"}},
		{"recovery", "", "/signin/recovery", nil},
		{"enrol", "", invited, nil},
		{"enrol-expired", "", "/enrol/nothing", nil},

		{"caseload", dana, "/caseload", nil},
		{"caseload-attention", dana, "/caseload?view=attention", nil},
		{"caseload-supervisor", denise, "/caseload", nil},
		{"caseload-manager", leandro, "/caseload", nil},
		{"find", dana, "/find", []string{"q", "marisol"}},
		{"find-nothing", dana, "/find", []string{"q", "zzzz qqqq"}},
		{"chart", dana, chart, nil},
		{"chart-notes", dana, chart + "/notes", nil},
		{"chart-plan", dana, chart + "/plan", nil},
		{"chart-clinical", dana, chart + "/clinical", nil},
		{"chart-documents", dana, chart + "/documents", nil},
		{"chart-case", dana, chart + "/case", nil},
		{"chart-access", dana, chart + "/access", nil},
		{"chart-edit", dana, chart + "/edit", nil},
		{"chart-intake", paloma, chart, nil},
		{"chart-manager", leandro, chart, nil},
		{"chart-glass", anders, "/clients/" + other, nil},
		{"note", dana, chart + "/notes/" + signed, nil},
		{"note-errors", dana, chart + "/notes", []string{"do", "sign", "minutes", "abc", "text", "short"}},
		{"notfound", anders, chart, nil},
		{"denied", dana, "/log", nil},
		{"client-new", paloma, "/clients/new", nil},
		{"client-twin", paloma, "/clients/new", []string{"given", "Marisol", "family", "Ibáñez", "birth", "1987-03-11"}},
		{"case-new", paloma, chart + "/case/new", nil},
		{"case-assign", denise, chart + "/case/" + kase + "/assign", nil},
		{"case-team", denise, chart + "/case/" + kase + "/team", nil},
		{"case-close", denise, chart + "/case/" + kase + "/close", nil},

		{"log", marguerit, "/log", nil},
		{"log-filtered", marguerit, "/log", []string{"outcome", "refused"}},
		{"log-verify", marguerit, "/log/verify", []string{}},
		{"activity", marguerit, "/staff/" + worker + "/activity", nil},
		{"access-officer", marguerit, chart + "/access", nil},
		{"why", dana, "/why", nil},
		{"why-can", dana, "/why", []string{"action", "client.read", "client", id, "purpose", "treatment"}},
		{"why-officer", marguerit, "/why", []string{"worker", worker, "action", "note.read", "purpose", "treatment"}},
		{"rules", marguerit, "/rules", nil},
		{"glass-queue", marguerit, "/break-glass", nil},
		{"glass-decided", marguerit, "/break-glass?view=decided", nil},
		{"glass-review", marguerit, "/break-glass/" + glass, nil},
		{"glass-mine", anders, "/break-glass", nil},
		{"glass-new", dana, "/break-glass/new", nil},

		{"stepup", denise, "/stepup?next=%2Fcaseload", nil},
		{"sessions", dana, "/account/sessions", nil},
		{"security", dana, "/account/security", nil},
		{"staff", wendell, "/staff", nil},
		{"staff-supervisor", denise, "/staff", nil},
		{"staff-security", tobias, "/staff", nil},
		{"staff-member", wendell, "/staff/" + worker, nil},
		{"staff-member-colleague", denise, "/staff/" + worker, nil},
		{"staff-invite", wendell, "/staff/invite", nil},
		{"staff-plan", wendell, "/staff/" + worker + "/plan", nil},
		{"staff-second", wendell, "/staff/" + worker + "/second", nil},
		{"staff-import", wendell, "/staff/import", nil},
		{"coverage", denise, "/coverage", nil},
		{"coverage-worker", dana, "/coverage", nil},
		{"log-auditor", constance, "/log", nil},
	}
	for _, p := range pages {
		if !strings.Contains(p.name, only) {
			continue
		}
		h.be(t, p.who)
		t.Run(p.name, func(t *testing.T) {
			h.b.Look(t, browser.Desk)
			h.b.Complaints()
			h.open(t, p.path, p.post)
			looks(t, h.b, p.name, browser.Desk, browser.Dark, browser.Phone)
			for _, c := range h.b.Complaints() {
				// A refusal is a status, and the browser remarks on it.
				if !strings.Contains(c, "Failed to load resource: the server responded with a status of 4") {
					t.Error(c)
				}
			}
			if strings.Contains(h.words(t), "%!") {
				t.Error("a text and its values do not fit")
			}
		})
	}
}

// open shows a page, or what a form with these fields, posted there, answers.
func (h *house) open(t *testing.T, path string, fields []string) {
	t.Helper()
	at := path
	if fields != nil {
		at = "/signin"
		if browser.Run(t, h.b, chromedp.Evaluate[string](`location.origin`)) == "" {
			t.Fatal("no page")
		}
	}
	h.b.Do(t, chromedp.Navigate(h.url+at))
	if fields != nil {
		js := `(fields => { const f = document.createElement('form'); f.method = 'post'; f.action = ` + quote(path) + `;
			const add = (n, v) => { const i = document.createElement('input'); i.type = 'hidden'; i.name = n; i.value = v; f.append(i) };
			add('csrf', document.querySelector('meta[name=csrf-token]').content);
			for (let i = 0; i < fields.length; i += 2) add(fields[i], fields[i+1]);
			document.body.append(f); f.submit() })([`
		for _, f := range fields {
			js += quote(f) + ","
		}
		h.going(t, chromedp.Evaluate[chromedp.Void](js+`])`))
	}
	h.b.Settle(t)
}

// going does something that leads to another page, and waits for that page.
func (h *house) going(t *testing.T, step chromedp.Action[chromedp.Void]) {
	t.Helper()
	browser.Run(t, h.b, chromedp.WaitEvent(page.LoadEventFired, nil, step))
	// A page that was left may still have answered; the next one is whole when
	// its body is.
	h.b.Do(t, chromedp.WaitReady(chromedp.CSS("main")))
}

func quote(s string) string {
	b, err := json.Marshal(s)
	if err != nil {
		panic(err)
	}
	return string(b)
}
