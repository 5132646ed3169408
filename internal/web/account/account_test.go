package account_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"html"
	"io"
	"log/slog"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/rights"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/staffsync"
	"caseward/internal/standing"
	"caseward/internal/web/account"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

var ctx = context.Background()

const (
	password = "violet tractor humming 42"
	agent    = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"
)

// directory is org's directory as authn asks it.
type directory struct{ *org.Directory }

// accounts gives org the ways in in its own words.
type accounts struct{ *authn.Authn }

func (a accounts) Prove(ctx context.Context, who actor.Actor, worker string) (bool, time.Time, error) {
	p, err := a.Authn.Probe(ctx, who, worker)
	return p.Refused(), p.Revoked, err
}

func (d directory) Standing(ctx context.Context, worker string) (authn.Standing, error) {
	s, err := d.Directory.Standing(ctx, worker)
	return authn.Standing(s), err
}

// around shows the whole menu to everybody: what is around a page is not what
// these tests are about.
type around struct{ *org.Directory }

func (around) Menu(context.Context, actor.Actor) (func(ui.NavKey) bool, map[ui.NavKey]int, error) {
	return func(ui.NavKey) bool { return true }, nil, nil
}
func (around) Saved(context.Context, actor.Actor, *url.URL) ([]ui.MenuItem, error) { return nil, nil }
func (around) Strips(context.Context, actor.Actor, ui.Lang) ([]ui.Strip, error) {
	return nil, nil
}
func (around) Glass(context.Context, actor.Actor) ([]ui.Glass, error) { return nil, nil }
func (a around) Agency(ctx context.Context) (string, *time.Location) {
	x, err := a.Directory.Agency(ctx)
	if err != nil {
		return "Caseward", time.UTC
	}
	return x.Name, x.Zone()
}
func (around) Refusal(context.Context, actor.Actor, error) pages.DeniedPage {
	return pages.DeniedPage{}
}

// house is an agency reached through its pages: real door, real sign-in, real
// site. An administrator, a supervisor and a case manager work there.
type house struct {
	*recordtest.World
	t      *testing.T
	authn  *authn.Authn
	org    *org.Org
	must   *standing.Standing
	server http.Handler
	origin string

	admin, boss, worker org.ID
}

func open(t *testing.T, demo bool) *house {
	t.Helper()
	return openWith(t, demo, nil)
}

// openWith is open with another configuration of sign-in.
func openWith(t *testing.T, demo bool, change func(*house, *authn.Config)) *house {
	t.Helper()
	h := &house{World: recordtest.Open(t), t: t, origin: "https://care.example.org"}
	rp := "care.example.org"
	if demo {
		h.origin, rp = "http://localhost:8080", "localhost"
	}
	dir := org.NewDirectory(h.Door, h.Service("authn"))
	h.org = org.New(h.Door, dir)
	var err error
	cfg := authn.Config{RPID: rp, Origin: h.origin, AgencyName: "North Agency", PasswordCost: 1000, TOTPHash: "SHA256", Demo: demo}
	if change != nil {
		change(h, &cfg)
	}
	h.authn, err = authn.New(h.DB, h.Agency, h.Log, directory{dir}, h.Clock, cfg)
	h.ok(err)
	h.org.Accounts(accounts{h.authn})
	h.ok(h.org.Found(ctx, h.Operator(), org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}}}))
	h.admin = h.hire("Ada Vell", "ada@example.org", actor.Administrator, "")
	h.boss = h.hire("Sam Orrin", "sam@example.org", actor.Supervisor, "")
	h.worker = h.hire("Cleo Marsh", "cleo@example.org", actor.CaseManager, h.boss.String())

	h.must = standing.New(h.Door)
	routes := account.New(h.authn, h.org, h.must, account.Config{Origin: h.origin, Home: "/probe", Demo: demo, Keys: org.NewScimKeys(h.Door, authn.Provisioning), Staff: staffsync.New(h.Door, h.org, nil), Meets: rights.New(h.Door, h.Log, h.Policy, dir).Meets}).Routes()
	register := func(r *site.Request) (site.Answer, error) {
		return site.File("text/plain", "", []byte("registering")), h.Door.Permit(r.Ctx(), r.Who, "client.create", record.Subject{}, false, policy.Set(policy.Identity), nil)
	}
	routes = append(routes, site.Route{Pattern: "GET /register", Handle: register}, site.Route{Pattern: "POST /register", Handle: register})
	routes = append(routes, site.Route{Pattern: "GET /probe", Handle: func(r *site.Request) (site.Answer, error) {
		return site.File("text/plain", "", []byte("inside for "+string(r.Who.Purpose()))), nil
	}})
	h.server = site.New(site.Config{Origin: h.origin, Demo: demo, LockAfter: 15 * time.Minute}, h.authn, around{dir}, h.Clock, slog.New(slog.DiscardHandler), routes)
	return h
}

// run is t.Run in which the house fails the inner test.
func (h *house) run(name string, fn func(t *testing.T)) {
	outer := h.t
	defer func() { h.t = outer }()
	outer.Run(name, func(t *testing.T) {
		h.t = t
		fn(t)
	})
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) hire(name, mail string, role actor.Role, boss string) org.ID {
	h.t.Helper()
	given, family, _ := strings.Cut(name, " ")
	id, err := h.org.Invite(ctx, h.Operator(), org.Invitation{Given: phi.NewText(given), Family: phi.NewText(family), Mail: phi.NewText(mail), Role: role, Supervisor: boss, Programs: []string{"housing"}})
	h.ok(err)
	return id
}

// next moves the clock to the next one-time code.
func (h *house) next() { h.Clock.Advance(30 * time.Second) }

// browser keeps cookies and the last page's form token, and follows no redirect
// by itself.
type browser struct {
	h      *house
	client *http.Client
	csrf   string
	header http.Header
	at     string // the page last shown, as Referer
}

type transport struct{ http.Handler }

func (x transport) RoundTrip(r *http.Request) (*http.Response, error) {
	w := httptest.NewRecorder()
	in := r.Clone(r.Context())
	in.RequestURI, in.RemoteAddr = r.URL.RequestURI(), "192.0.2.10:4711"
	if in.Body == nil {
		in.Body = http.NoBody
	}
	in.Host = r.URL.Host
	x.ServeHTTP(w, in)
	res := w.Result()
	res.Request = r
	return res, nil
}

func (h *house) browser() *browser {
	jar, err := cookiejar.New(nil)
	h.ok(err)
	return &browser{h: h, header: http.Header{}, client: &http.Client{
		Transport: transport{h.server}, Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

type answer struct {
	t        *testing.T
	status   int
	location string
	body     string
	header   http.Header
}

var csrfField = regexp.MustCompile(`name="csrf" value="([^"]+)"`)

func (b *browser) do(r *http.Request) answer {
	b.h.t.Helper()
	r.Header.Set("User-Agent", agent)
	if b.at != "" {
		r.Header.Set("Referer", b.h.origin+b.at)
	}
	for k, v := range b.header {
		r.Header[k] = v
	}
	res, err := b.client.Do(r)
	b.h.ok(err)
	body, err := io.ReadAll(res.Body)
	b.h.ok(err)
	if m := csrfField.FindSubmatch(body); m != nil {
		b.csrf = string(m[1])
		b.at = r.URL.RequestURI()
	}
	return answer{b.h.t, res.StatusCode, res.Header.Get("Location"), html.UnescapeString(string(body)), res.Header}
}

func (b *browser) get(path string) answer {
	b.h.t.Helper()
	r, err := http.NewRequest(http.MethodGet, b.h.origin+path, nil)
	b.h.ok(err)
	return b.do(r)
}

// post posts pairs of field and value with the form token.
func (b *browser) post(path string, pairs ...string) answer {
	b.h.t.Helper()
	v := url.Values{}
	if b.csrf != "" {
		v.Set("csrf", b.csrf)
	}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i] == "csrf" {
			v.Del("csrf") // another token, or with "-" none
		}
		v[pairs[i]] = append(v[pairs[i]], pairs[i+1])
	}
	if v.Get("csrf") == "-" {
		v.Del("csrf")
	}
	r, err := http.NewRequest(http.MethodPost, b.h.origin+path, strings.NewReader(v.Encode()))
	b.h.ok(err)
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	return b.do(r)
}

// is fails unless the answer has the status and its body all the words.
func (a answer) is(status int, words ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got status %d to %q, want %d\n%s", a.status, a.location, status, text(a.body))
	}
	for _, w := range words {
		if !strings.Contains(a.body, w) {
			a.t.Fatalf("the page does not say %q:\n%s", w, text(a.body))
		}
	}
	return a
}

func (a answer) without(words ...string) answer {
	a.t.Helper()
	for _, w := range words {
		if strings.Contains(a.body, w) {
			a.t.Fatalf("the page says %q", w)
		}
	}
	return a
}

// to fails unless the answer leads to path.
func (a answer) to(path string) answer {
	a.t.Helper()
	if a.status != http.StatusSeeOther || a.location != path {
		a.t.Fatalf("got status %d to %q, want 303 to %q\n%s", a.status, a.location, path, text(a.body))
	}
	return a
}

var tags = regexp.MustCompile(`(?s)<[^>]*>`)

// text is what a person reads of a page.
func text(s string) string {
	return strings.Join(strings.Fields(tags.ReplaceAllString(s, " ")), " ")
}

var (
	keyShown  = regexp.MustCompile(`<code class="kv">([A-Z2-7 ]+)</code>`)
	codeShown = regexp.MustCompile(`<li>([0-9A-Z]{5}-[0-9A-Z]{5})</li>`)
	linkShown = regexp.MustCompile(`<p class="kv">https://care\.example\.org(/enrol/[^<]+)</p>`)
)

// one is the only group of the only match.
func one(t *testing.T, re *regexp.Regexp, s string) string {
	t.Helper()
	m := re.FindStringSubmatch(s)
	if m == nil {
		t.Fatalf("no %v in\n%s", re, text(s))
	}
	return m[1]
}

// code is the one-time code of RFC 6238 over SHA-256 at the house's time.
func (h *house) code(secret string) string {
	h.t.Helper()
	key, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(strings.ReplaceAll(secret, " ", ""))
	h.ok(err)
	m := hmac.New(sha256.New, key)
	_ = binary.Write(m, binary.BigEndian, h.Clock.Now().Unix()/30)
	sum := m.Sum(nil)
	o := sum[len(sum)-1] & 15
	return fmt.Sprintf("%06d", (binary.BigEndian.Uint32(sum[o:])&0x7fffffff)%1000000)
}

// wrong is a code that is not right.
func (h *house) wrong(secret string) string {
	if h.code(secret)[0] == '0' {
		return "1" + h.code(secret)[1:]
	}
	return "0" + h.code(secret)[1:]
}

// invitation lets a workforce member enrol.
func (h *house) invitation(id org.ID) string {
	h.t.Helper()
	token, err := h.authn.Invite(ctx, h.Operator(), id.String())
	h.ok(err)
	return token
}

// enrol enrols by password and app through the pages, and stays signed in.
func (h *house) enrol(id org.ID) (b *browser, secret string) {
	h.t.Helper()
	b = h.browser()
	token := h.invitation(id)
	b.get("/enrol/" + token).is(200)
	b.post("/enrol/password", "token", token, "password", password).to("/enrol/" + token)
	secret = one(h.t, keyShown, b.get("/enrol/"+token).body)
	b.post("/enrol/app", "token", token, "code", h.code(secret)).is(200)
	h.next()
	return b, secret
}

// signIn signs in with password and app in a browser of its own.
func (h *house) signIn(mail, secret string) *browser {
	h.t.Helper()
	b := h.browser()
	b.post("/signin", "email", mail, "password", password).to("/signin/code")
	b.post("/signin/code", "code", h.code(secret)).to("/probe")
	h.next()
	b.get("/account/sessions").is(200)
	return b
}

func (h *house) status(id org.ID) org.Status {
	h.t.Helper()
	o, err := h.org.Read(ctx, h.As(h.boss.String(), actor.Supervisor), id)
	h.ok(err)
	return o.Value.Status
}

// newJar is a copy of a browser's cookies, as a thief would have it.
func newJar(t *testing.T, h *house, from http.CookieJar) http.CookieJar {
	t.Helper()
	jar, err := cookiejar.New(nil)
	h.ok(err)
	u, err := url.Parse(h.origin)
	h.ok(err)
	var all []*http.Cookie
	for _, c := range from.Cookies(u) {
		all = append(all, &http.Cookie{Name: c.Name, Value: c.Value, Path: "/", Secure: true})
	}
	jar.SetCookies(u, all)
	return jar
}
