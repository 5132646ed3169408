package web_test

import (
	"context"
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
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/filter"
	"caseward/internal/form"
	"caseward/internal/glass"
	"caseward/internal/household"
	"caseward/internal/inspect"
	"caseward/internal/intake"
	"caseward/internal/merge"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/phrase"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/kpi/sources"
	"caseward/internal/program/obligation"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/rights"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/report"
	"caseward/internal/roster"
	"caseward/internal/standing"
	"caseward/internal/supervision"
	"caseward/internal/task"
	"caseward/internal/upkeep"
	"caseward/internal/web"
	"caseward/internal/web/site"
)

var ctx = context.Background()

// planted are words that must not reach anybody who may not see the client.
var planted = []string{"Marisol", "Ibáñez", "C-20001", "Zanzibar", "010-0148"}

// house is a site with an agency, staff of each role and one client of ann's.
type house struct {
	*testing.T
	*recordtest.World
	parts  web.Parts
	server *httptest.Server
	staff  map[string]org.ID
	client person.ID
	draft  note.ID
	signed note.ID
	kase   casefile.ID
	screen assessment.ID
	form   form.ID
	filled form.FilledID
}

func open(t *testing.T) *house {
	t.Helper()
	w := recordtest.Open(t)
	h := &house{T: t, World: w, staff: map[string]org.ID{}}
	dir := org.NewDirectory(w.Door, authn.Service(authn.SignIn))
	o := org.New(w.Door, dir)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	must(o.Found(ctx, w.Operator(), org.Agency{Name: "Harbor Test Services", TimeZone: "America/New_York", Fiction: true,
		Programs: []org.Program{{Code: "recovery", Name: "Recovery support"}, {Code: "clinic", Name: "Clinic", SUD: true}}}))
	clients := person.New(w.Door)
	cases := casefile.New(w.Door, clients)
	cases.Ask(dir)
	notices := notice.New(w.Door)
	notes := note.New(w.Door, cases, dir, notices)
	// The origin must be known before the server is made, and the other way
	// round, so the server is started with a handler that is set afterwards.
	var handler http.Handler
	h.server = httptest.NewServer(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) { handler.ServeHTTP(rw, r) }))
	t.Cleanup(h.server.Close)
	a, err := authn.New(w.DB, w.Agency, w.Log, directory{dir}, w.Clock, authn.Config{
		RPID: "localhost", Origin: h.server.URL, AgencyName: "Harbor Test Services", PasswordCost: 1000, Demo: true,
	})
	must(err)
	o.Accounts(accounts{a})
	tasks, calendar := task.New(w.Door, notices), appointment.New(w.Door, notices)
	tasks.Join(cases, notes, calendar, o)
	tasks.Staff(func(ctx context.Context, worker string) (actor.Held, bool, error) {
		st, err := dir.Standing(ctx, worker)
		return st.Held, st.Active, err
	})
	h.parts = web.Parts{
		Notices:  notices,
		Tasks:    tasks,
		Calendar: calendar,
		Feeds: appointment.NewFeeds(w.Door, authn.Service(authn.Calendar), func(ctx context.Context, worker string) (bool, error) {
			st, err := dir.Standing(ctx, worker)
			return st.Active, err
		}),
		Authn: a, Door: w.Door, Org: o, Clients: clients, Cases: cases, Notes: notes, Items: clinical.New(w.Door), Documents: document.New(w.Door),
		Plans: plan.New(w.Door, cases, notice.New(w.Door)), Glass: glass.New(w.Door, dir, nobody{}, nil), Inspect: inspect.New(w.Door, w.Log, w.Policy, clients.WantNumbers),
		Clock: w.Clock, Log: slog.New(slog.DiscardHandler), Origin: h.server.URL, Demo: true,
		Phrases: phrase.New(w.Door),
		Upkeep: upkeep.New(w.Door, func(context.Context) (upkeep.Status, error) {
			return upkeep.Status{At: w.Clock.Now(), Version: "v9.8.7", Servers: []upkeep.Server{{Name: "here"}}}, nil
		}),
		Governance:  governance.New(w.Door, authn.Service(authn.Sequencer), dir),
		Committees:  governance.NewCommittees(w.Door, authn.Service(authn.Sequencer), dir),
		ScimKeys:    org.NewScimKeys(w.Door, authn.Provisioning),
		Vendors:     vendor.New(w.Door, authn.Service(authn.Counterparty)),
		Standing:    standing.New(w.Door),
		Conferences: conference.New(w.Door, nil), Filters: filter.New(w.Door), Supervision: supervision.New(w.Door, cases, notes), Training: training.New(w.Door, authn.Service(authn.Trainer), staffed{dir}),
	}
	h.parts.Conferences.Staff(func(ctx context.Context, worker string) (bool, error) {
		st, err := dir.Standing(ctx, worker)
		return st.Active, err
	})
	h.parts.Policies, h.parts.Engine = policydoc.New(w.Door, authn.Service(authn.SignIn)), w.Policy
	h.parts.Sanctions = sanction.New(w.Door, authn.Service(authn.Sequencer), dir, h.parts.Glass, courses{h.parts.Training}, h.parts.Policies, h.parts.Committees)
	h.parts.Figures = kpi.New(w.Door, authn.Service(authn.Counter), dir, sources.All(w.Door, dir, h.parts.Governance, h.parts.Vendors, h.parts.Sanctions)...)
	h.parts.Rights = rights.New(w.Door, w.Log, w.Policy, dir)
	h.parts.Owed = obligation.New(w.Door, staffed{dir})
	h.parts.Owed.Join("sanctions", h.parts.Sanctions)
	h.parts.Owed.Join("rights", h.parts.Rights)
	h.parts.Owed.Join("training", h.parts.Training)
	h.parts.Owed.Join("policies", h.parts.Policies)
	h.parts.Owed.Join("officers", h.parts.Governance)
	h.parts.Owed.Join("committee", h.parts.Committees)
	h.parts.Owed.Join("vendors", h.parts.Vendors)
	h.parts.Owed.Join("workforce", o)
	h.parts.Assess = assessment.New(w.Door, clients, h.parts.Notices)
	h.parts.Forms = form.New(w.Door)
	h.parts.Intake = intake.New(w.Door, clients, cases)
	h.parts.Merges = merge.New(w.Door, clients)
	h.parts.Homes = household.New(w.Door, w.Service("household"), clients)
	h.parts.Rosters = roster.New(w.Door, clients, h.parts.Intake)
	h.parts.Reports = report.New(w.Door, report.Uses{
		Clients: clients, Cases: cases, Notes: notes, Documents: h.parts.Documents, Items: h.parts.Items, Plans: h.parts.Plans,
		Assessments: h.parts.Assess, Forms: h.parts.Forms, Calendar: calendar, Conferences: h.parts.Conferences,
		Agency: dir,
	})
	handler = web.New(h.parts)
	for name, role := range map[string]actor.Role{
		"ann": actor.CaseManager, "bob": actor.CaseManager, "ivy": actor.Intake, "sue": actor.Supervisor, "pat": actor.PrivacyOfficer,
		"sam": actor.SecurityOfficer, "root": actor.Administrator, "aud": actor.Auditor,
	} {
		id, err := o.Invite(ctx, w.Operator(), org.Invitation{Given: phi.NewText(strings.ToUpper(name[:1]) + name[1:]), Family: phi.NewText("Worker"), Mail: phi.NewText(name + "@example.org"), Role: role})
		must(err)
		must(o.Activate(ctx, authn.Service(authn.SignIn), id))
		h.staff[name] = id
	}
	ivy := w.As(h.staff["ivy"].String(), actor.Intake)
	reg, err := clients.Register(ctx, ivy, person.Client{
		Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText("Ibáñez")}, BirthDate: phi.NewDate(1987, 3, 11),
		Phones: []person.Phone{{Number: phi.NewText("(555) 010-0148"), TextOnly: true}},
	}, true)
	must(err)
	h.client = reg.ID
	h.kase, err = cases.Open(ctx, ivy, reg.ID, casefile.Opening{Program: "recovery", Worker: h.staff["ann"].String()})
	must(err)
	ann := w.As(h.staff["ann"].String(), actor.CaseManager)
	in := note.Input{Type: note.HomeVisit, At: w.Clock.Now(), Minutes: phi.NewText("30"), Sections: note.Plain(phi.NewText("We spoke of the move to Zanzibar Street."))}
	h.draft, err = notes.SaveDraft(ctx, ann, reg.ID, note.ID{}, 0, in)
	must(err)
	h.signed, err = notes.Sign(ctx, ann, reg.ID, note.ID{}, 0, in)
	must(err)
	screen, _ := assessment.CatalogueOf(&record.List[assessment.Instrument]{}).Current(assessment.Social)
	h.screen, err = h.parts.Assess.Sign(ctx, ann, reg.ID, screen, assessment.Input{
		TakenOn: phi.NewDate(2026, 11, 19), Answers: assessment.Answers{"sn-more": {"A place away from Zanzibar Street."}}, Partly: true})
	must(err)
	root := w.As(h.staff["root"].String(), actor.Administrator)
	words := form.Words{En: "Landlord", Es: "Propietario"}
	h.form, err = h.parts.Forms.Create(ctx, root, words, nil)
	must(err)
	must(h.parts.Forms.Design(ctx, root, h.form, 0, form.Design{Title: words, Fields: []form.Field{{Type: form.Text, Label: words, Class: policy.Household}}}))
	must(h.parts.Forms.Publish(ctx, root, h.form, 0))
	made, err := h.parts.Forms.Read(ctx, root, h.form)
	must(err)
	h.filled, err = h.parts.Forms.Fill(ctx, ann, reg.ID, made, form.Filling{Edition: 1, Get: func(string) []string { return []string{"Zanzibar Homes"} }})
	must(err)
	return h
}

type nobody struct{}

func (nobody) ByNumber(context.Context, phi.Text) (record.Subject, bool, error) {
	return record.Subject{}, false, nil
}

type directory struct{ *org.Directory }

// accounts gives org the ways in in its own words.
type accounts struct{ *authn.Authn }

func (a accounts) Prove(ctx context.Context, who actor.Actor, worker string) (bool, time.Time, error) {
	p, err := a.Authn.Probe(ctx, who, worker)
	return p.Refused(), p.Revoked, err
}

func (d directory) Standing(ctx context.Context, worker string) (authn.Standing, error) {
	st, err := d.Directory.Standing(ctx, worker)
	return authn.Standing(st), err
}

// browser is somebody at a keyboard.
type browser struct {
	h    *house
	http *http.Client
	csrf string
}

func (h *house) browser() *browser {
	jar, _ := cookiejar.New(nil)
	return &browser{h: h, http: &http.Client{Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}}
}

// as is a browser in which name is signed in.
func (h *house) as(name string) *browser {
	h.Helper()
	token, err := h.parts.Authn.OneTimeSignIn(ctx, h.staff[name].String(), time.Hour)
	if err != nil {
		h.Fatal(err)
	}
	b := h.browser()
	b.do("GET", "/enter/"+token, nil)
	_, body := b.do("GET", "/account/sessions", nil)
	m := regexp.MustCompile(`name="csrf" value="([^"]+)"`).FindStringSubmatch(body)
	if m == nil {
		h.Fatalf("%s is not signed in: %.300s", name, body)
	}
	b.csrf = m[1]
	return b
}

func (b *browser) do(method, path string, form url.Values) (int, string) {
	b.h.Helper()
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	req, err := http.NewRequest(method, b.h.server.URL+path, body)
	if err != nil {
		b.h.Fatal(err)
	}
	if form != nil {
		req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		req.Header.Set("Origin", b.h.server.URL)
	}
	res, err := b.http.Do(req)
	if err != nil {
		b.h.Fatal(err)
	}
	defer res.Body.Close()
	text, err := io.ReadAll(res.Body)
	if err != nil {
		b.h.Fatal(err)
	}
	return res.StatusCode, res.Header.Get("Location") + "\n" + string(text)
}

// fill puts ids into a route's pattern.
func (h *house) fill(pattern string, client string) (method, path string) {
	method, path, _ = strings.Cut(pattern, " ")
	path = strings.NewReplacer("{$}", "", "{id}", client, "{note}", h.signed.String(), "{case}", h.kase.String(), "{doc}", strings.Repeat("0", 26),
		"{instrument}", assessment.Social, "{assessment}", h.screen.String(), "{form}", h.form.String(), "{filled}", h.filled.String(), "{conference}", strings.Repeat("0", 26), "{filter}", "none", "{token}", "nothing", "{key}", "nothing", "{session}", "nothing").Replace(path)
	return method, path
}

func about(r site.Route) bool { return strings.Contains(r.Pattern, "/clients/{id}") }

var (
	changing = regexp.MustCompile(`nonce="[^"]*"|value="[A-Za-z0-9_-]{40,}"|content="[A-Za-z0-9_-]{40,}"|/clients/[0-9a-z]{26}[^"&]*|client=[0-9a-z]{26}|<span class="mono">[0-9A-F]{10}</span>|%2Fclients%2F[0-9a-z]{26}[^"&]*`)
)

func plain(body string) string { return changing.ReplaceAllString(body, "·") }

func clean(t *testing.T, what, body string) {
	t.Helper()
	for _, p := range planted {
		if strings.Contains(body, p) {
			t.Errorf("%s: a planted word is in the answer", what)
		}
	}
}

// TestEveryRoute runs the negative battery on the whole route table, so that a
// route nobody thought of is tested the day it is added.
func TestEveryRoute(t *testing.T) {
	h := open(t)
	routes := web.Routes(h.parts)
	if len(routes) < 60 {
		t.Fatalf("only %d routes", len(routes))
	}
	unknown := strings.Repeat("z", 26)
	post := func(b *browser) url.Values { return url.Values{"csrf": {b.csrf}} }

	t.Run("without a session every page that is not public leads to signing in", func(t *testing.T) {
		for _, r := range routes {
			if r.Access == site.Public {
				continue
			}
			method, path := h.fill(r.Pattern, h.client.String())
			var form url.Values
			if method == "POST" {
				form = url.Values{}
			}
			code, body := h.browser().do(method, path, form)
			if code != 303 || !strings.HasPrefix(body, "/signin") {
				t.Errorf("%s: %d %.60q", r.Pattern, code, body)
			}
			clean(t, r.Pattern, body)
		}
	})
	t.Run("a worker without a relation gets, on every page of a client, the answer an unknown id gets", func(t *testing.T) {
		bob := h.as("bob")
		for _, r := range routes {
			if !about(r) {
				continue
			}
			var form url.Values
			method, path := h.fill(r.Pattern, h.client.String())
			_, other := h.fill(r.Pattern, unknown)
			if method == "POST" {
				form = post(bob)
			}
			code, body := bob.do(method, path, form)
			code2, body2 := bob.do(method, other, form)
			if code != code2 || plain(body) != plain(body2) {
				t.Errorf("%s: %d and %d, bodies equal: %v", r.Pattern, code, code2, plain(body) == plain(body2))
			}
			if code == 200 {
				t.Errorf("%s answers 200", r.Pattern)
			}
			clean(t, r.Pattern, body)
		}
	})
	t.Run("an administrator and a security officer never get a word of a client", func(t *testing.T) {
		for _, name := range []string{"root", "sam"} {
			b := h.as(name)
			for _, r := range routes {
				method, path := h.fill(r.Pattern, h.client.String())
				if method != "GET" || r.Access == site.Public {
					continue
				}
				_, body := b.do("GET", path, nil)
				clean(t, name+" "+r.Pattern, body)
			}
			_, body := b.do("POST", "/find", url.Values{"csrf": {b.csrf}, "q": {"marisol"}})
			clean(t, name+" /find", strings.ReplaceAll(body, "marisol", ""))
		}
	})
	t.Run("a post without its token, or with another's, is refused and changes nothing", func(t *testing.T) {
		ann, bob := h.as("ann"), h.as("bob")
		before := len(h.Entries(t))
		for _, r := range routes {
			method, path := h.fill(r.Pattern, h.client.String())
			if method != "POST" || r.Access == site.Public {
				continue
			}
			for _, token := range []string{"", bob.csrf} {
				code, body := ann.do("POST", path, url.Values{"csrf": {token}, "do": {"sign"}})
				if code != 403 {
					t.Errorf("%s: %d", r.Pattern, code)
				}
				clean(t, r.Pattern, body)
			}
		}
		if n := len(h.Entries(t)) - before; n > 2 {
			t.Errorf("%d entries were made", n)
		}
	})
	t.Run("when the log cannot be written no page shows anything of a client", func(t *testing.T) {
		ann := h.as("ann")
		h.BreakLog(t)
		defer h.MendLog(t)
		for _, r := range routes {
			method, path := h.fill(r.Pattern, h.client.String())
			if r.Access == site.Public || (!about(r) && !strings.Contains(r.Pattern, "caseload")) {
				continue
			}
			var form url.Values
			if method == "POST" {
				form = post(ann)
			}
			code, body := ann.do(method, path, form)
			if code == 200 {
				t.Errorf("%s answers 200", r.Pattern)
			}
			clean(t, r.Pattern, body)
		}
	})
	t.Run("no answer that is not public may be kept by a browser or a proxy, and each has the strict policy", func(t *testing.T) {
		ann := h.as("ann")
		for _, r := range routes {
			method, path := h.fill(r.Pattern, h.client.String())
			if method != "GET" {
				continue
			}
			res, err := ann.http.Get(h.server.URL + path)
			if err != nil {
				t.Fatal(err)
			}
			_ = res.Body.Close()
			if res.Header.Get("Cache-Control") != "no-store" || !strings.HasPrefix(res.Header.Get("Content-Security-Policy"), "default-src 'none'; script-src 'nonce-") {
				t.Errorf("%s: %q", r.Pattern, res.Header.Get("Cache-Control"))
			}
		}
	})
}

// TestADay follows the first true slice: found, opened, written to, signed by
// who may, refused to who may not, and provable afterwards.
func TestADay(t *testing.T) {
	h := open(t)
	chart := "/clients/" + h.client.String()
	ann, bob, pat := h.as("ann"), h.as("bob"), h.as("pat")
	is := func(t *testing.T, code int, body string, want int, has ...string) {
		t.Helper()
		if code != want {
			t.Errorf("status %d, want %d: %.400s", code, want, body)
		}
		for _, s := range has {
			if !strings.Contains(body, s) {
				t.Errorf("%q is not on the page", s)
			}
		}
	}
	t.Run("the caseload shows the client, in one entry", func(t *testing.T) {
		before := len(h.Entries(t))
		code, body := ann.do("GET", "/caseload", nil)
		is(t, code, body, 200, "Ibáñez, Marisol", "C-20001", "Recovery support")
		if n := len(h.Entries(t)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("the client is found by a misspelt name, and by nobody else's search", func(t *testing.T) {
		code, body := ann.do("POST", "/find", url.Values{"csrf": {ann.csrf}, "q": {"marysol ibanes"}})
		is(t, code, body, 200, "Ibáñez, Marisol")
		code, body = bob.do("POST", "/find", url.Values{"csrf": {bob.csrf}, "q": {"marysol ibanes"}})
		is(t, code, body, 200, "No client you may know of matches")
		clean(t, "bob's search", body)
	})
	t.Run("the chart's overview is one entry", func(t *testing.T) {
		// Once for the names of colleagues, which are kept after they were read.
		_, _ = ann.do("GET", chart, nil)
		before := len(h.Entries(t))
		code, body := ann.do("GET", chart, nil)
		is(t, code, body, 200, "Marisol Ibáñez", "(555) 010-0148, text only", "Opened by")
		if n := len(h.Entries(t)) - before; n != 1 {
			t.Errorf("%d entries", n)
		}
	})
	t.Run("every tab opens", func(t *testing.T) {
		for _, tab := range []string{"/notes", "/plan", "/clinical", "/documents", "/case", "/access", "/edit", "/notes/" + h.signed.String(), "/notes/" + h.draft.String() + "/edit"} {
			code, body := ann.do("GET", chart+tab, nil)
			is(t, code, body, 200, "Marisol")
		}
	})
	t.Run("a note that lacks things is not signed, says so all at once and keeps what was typed", func(t *testing.T) {
		code, body := ann.do("POST", chart+"/notes", url.Values{"csrf": {ann.csrf}, "do": {"sign"}, "minutes": {"abc"}, "text": {"short"}, "on": {"2026-11-20"}})
		is(t, code, body, 422, "Choose how you connected.", "Enter minutes as a number from 1 to 600.", "Write what happened, in at least a sentence.", `value="abc"`, "short")
	})
	t.Run("what is typed is kept, and two windows do not overwrite each other", func(t *testing.T) {
		f := url.Values{"csrf": {ann.csrf}, "text": {"Half a sentence about Zanz"}, "type": {"home"}}
		code, body := ann.do("POST", chart+"/notes/draft", f)
		is(t, code, body, 200, `"draft":"1"`)
		f.Set("draft", "1")
		code, body = ann.do("POST", chart+"/notes/draft", f)
		is(t, code, body, 200, `"draft":"2"`)
		// Sent again as it was, it is the same save; other words are another window's.
		f.Set("draft", "1")
		code, body = ann.do("POST", chart+"/notes/draft", f)
		is(t, code, body, 200, `"draft":"2"`)
		f.Set("text", "Words from another window")
		code, body = ann.do("POST", chart+"/notes/draft", f)
		is(t, code, body, 200, "another window")
		code, body = ann.do("GET", chart+"/notes", nil)
		is(t, code, body, 200, "Half a sentence about Zanz", "Draft saved")
	})
	t.Run("a note is signed, appears on the timeline, and takes an addendum", func(t *testing.T) {
		f := url.Values{"csrf": {ann.csrf}, "do": {"sign"}, "type": {"phone"}, "minutes": {"15"}, "on": {"2026-11-20"}, "title": {"Voicemail"}, "text": {"Called about the lease and left no message."}}
		// The other window's writing is shown before anything is signed over it.
		code, body := ann.do("POST", chart+"/notes", f)
		is(t, code, body, 200, "Another window of yours saved a change", "Half a sentence about Zanz", "Called about the lease and left no message.")
		f.Set("draft", "2")
		code, body = ann.do("POST", chart+"/notes", f)
		is(t, code, body, 200, "Another window of yours saved a change")
		f.Set("aside", "1")
		code, body = ann.do("POST", chart+"/notes", f)
		is(t, code, body, 303, chart+"/notes")
		code, body = ann.do("GET", chart+"/notes", nil)
		is(t, code, body, 200, "Called about the lease", "Signed", "Note signed.")
		code, body = ann.do("POST", chart+"/notes/"+h.signed.String()+"/addenda", url.Values{"csrf": {ann.csrf}, "text": {"The street is Zanzibar Avenue, not Street."}})
		is(t, code, body, 303)
		code, body = ann.do("GET", chart+"/notes/"+h.signed.String(), nil)
		is(t, code, body, 200, "Zanzibar Avenue", "Addend")
	})
	t.Run("whoever may not gets nothing, and the officer sees that they tried", func(t *testing.T) {
		code, body := bob.do("GET", chart, nil)
		is(t, code, body, 404, "There is nothing here for you to see")
		clean(t, "bob's chart", body)
		code, body = pat.do("POST", "/log", url.Values{"csrf": {pat.csrf}, "worker": {h.staff["bob"].String()}, "outcome": {"refused"}})
		is(t, code, body, 200, "Bob Worker", "Refused")
	})
	t.Run("afterwards the chart says who opened it, and the log verifies", func(t *testing.T) {
		code, body := ann.do("GET", chart+"/access", nil)
		is(t, code, body, 200, "Who opened", "You")
		code, body = pat.do("GET", "/staff/"+h.staff["ann"].String()+"/activity", nil)
		is(t, code, body, 200, "Everything Ann Worker did")
		if _, err := h.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		head, err := h.Log.Head(ctx)
		if err != nil || head.Unsequenced != 0 {
			t.Errorf("%d entries are not in the tree, %v", head.Unsequenced, err)
		}
	})
	t.Run("why can and can't answers for oneself and, to an officer, for others", func(t *testing.T) {
		code, body := bob.do("POST", "/why", url.Values{"csrf": {bob.csrf}, "action": {"client.read"}, "purpose": {"treatment"}})
		is(t, code, body, 200, "Can’t", "What would change it")
		code, body = pat.do("POST", "/why", url.Values{"csrf": {pat.csrf}, "worker": {h.staff["ann"].String()}, "client": {"C-20001"}, "action": {"note.read"}, "purpose": {"treatment"}})
		is(t, code, body, 200, "Ann Worker", "45 CFR")
	})
	t.Run("what the rules say, and what a refusal lacks, is in the reader's language", func(t *testing.T) {
		lang := func(to string) {
			code, body := bob.do("POST", "/language", url.Values{"lang": {to}, "next": {"/why"}})
			is(t, code, body, 303, "/why")
		}
		lang("es")
		code, body := bob.do("GET", "/rules", nil)
		is(t, code, body, 200, "Nadie cofirma ni devuelve una nota propia.")
		code, body = bob.do("POST", "/why", url.Values{"csrf": {bob.csrf}, "action": {"client.read"}, "purpose": {"treatment"}})
		is(t, code, body, 200, "Usted no está en este caso por asignación")
		code, body = bob.do("GET", "/staff/invite", nil)
		if strings.Contains(body, "Everybody") || strings.Contains(body, "Nobody") {
			t.Errorf("%d: English in %s", code, body)
		}
		lang("en")
		code, body = bob.do("GET", "/rules", nil)
		is(t, code, body, 200, "Nobody co-signs or returns a note of their own.")
	})
	t.Run("the glass is broken with a fresh proof, opens the chart, and is reviewed by somebody else", func(t *testing.T) {
		code, body := bob.do("GET", "/break-glass/new", nil)
		is(t, code, body, 303, "/stepup")
		code, body = bob.do("POST", "/stepup", url.Values{"csrf": {bob.csrf}, "next": {"/break-glass/new"}, "demo": {"1"}})
		is(t, code, body, 303, "/break-glass/new")
		code, body = bob.do("GET", "/break-glass/new?client="+h.client.String(), nil)
		is(t, code, body, 200, "Emergency access")
		clean(t, "the form", body)
		form := url.Values{"csrf": {bob.csrf}, "client_id": {h.client.String()}, "classes": {"identity", "note", "case", "contact"}}
		code, body = bob.do("POST", "/break-glass/new", form)
		is(t, code, body, 422, "Choose a reason.")
		form.Set("reason", string(glass.MedicalEmergency))
		form.Set("words", "Ambulance crew at the door asks for her medication.")
		code, body = bob.do("POST", "/break-glass/new", form)
		is(t, code, body, 303, chart)
		code, body = bob.do("GET", chart+"/notes", nil)
		is(t, code, body, 200, "Marisol", "Emergency")
		code, body = pat.do("GET", "/break-glass", nil)
		is(t, code, body, 200, "Bob Worker", "Medical emergency")
		h.Clock.Advance(5 * time.Hour)
		bob2 := h.as("bob")
		code, body = bob2.do("GET", chart, nil)
		is(t, code, body, 404)
		pat = h.as("pat")
		_, body = pat.do("GET", "/break-glass", nil)
		m := regexp.MustCompile(`/break-glass/([0-9a-z]{26})`).FindStringSubmatch(body)
		if m == nil {
			t.Fatal("no grant in the queue")
		}
		code, body = pat.do("POST", "/break-glass/"+m[1]+"/review", url.Values{"csrf": {pat.csrf}, "decision": {"appropriate"}, "words": {"The crew was there."}})
		is(t, code, body, 303, "/break-glass")
	})
}

// staffed tells training who works here.
type staffed struct{ dir *org.Directory }

func (s staffed) Worker(ctx context.Context, _ actor.Actor, id string) (training.Worker, error) {
	m, err := s.dir.Member(ctx, id)
	return training.Worker{ID: m.Worker, Held: m.Held, Started: m.Started, Supervisor: m.Supervisor, Programs: m.Programs, AlsoIn: m.AlsoIn}, err
}

func (s staffed) Workers(ctx context.Context, who actor.Actor) (out []training.Worker, err error) {
	all, err := s.dir.Members(ctx)
	for _, m := range all {
		out = append(out, training.Worker{ID: m.Worker, Held: m.Held, Started: m.Started, Supervisor: m.Supervisor, Programs: m.Programs, AlsoIn: m.AlsoIn})
	}
	return out, err
}
