package app_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/app"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/keys/keystest"
	"caseward/internal/org"
	"caseward/internal/record"
)

// provisioned is a server, and the client of tools/scim that provisions its accounts.
type provisioned struct {
	*app.App
	t       *testing.T
	clock   *clock.Fake
	at, key string
	in      *json.Encoder
	out     *json.Decoder
}

// said is what the client made of an answer.
type said struct {
	Status int // of a failure; 0 where there is none
	Code   string
	Error  string
	Wrong  string // what the client could not make sense of
	Value  struct {
		Came, Read json.RawMessage
	}
}

type with = map[string]any

// client installs the client in a folder of its own.
func client(t *testing.T) string {
	t.Helper()
	not := t.Skipf
	if os.Getenv("CI") != "" {
		not = t.Fatalf
	}
	if _, err := exec.LookPath("npm"); err != nil {
		not("the client needs node and npm: %v", err)
	}
	dir := t.TempDir()
	for _, name := range []string{".npmrc", "client.mjs", "package.json", "package-lock.json"} {
		b, err := os.ReadFile(filepath.Join("../../tools/scim", name))
		must(t, err)
		must(t, os.WriteFile(filepath.Join(dir, name), b, 0o600))
	}
	install := exec.Command("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
	install.Dir = dir
	if out, err := install.CombinedOutput(); err != nil {
		not("the client cannot be had: %v\n%s", err, out)
	}
	return filepath.Join(dir, "client.mjs")
}

func provision(t *testing.T, cfg config.Config) *provisioned {
	t.Helper()
	script := client(t)
	pass, dir := []byte(keystest.Passphrase), filepath.Join(t.TempDir(), "data")
	h := &provisioned{t: t, clock: clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))}
	cfg.LogName = "caseward.test/scim"
	must(t, app.Init(ctx, dir, pass, cfg, app.Options{Clock: h.clock}))
	var err error
	h.App, err = app.Open(ctx, dir, pass, app.Options{Clock: h.clock})
	must(t, err)
	must(t, h.Org.Found(ctx, h.operator(), org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}, {Code: "health", Name: "Health"}}}))
	h.key, err = h.ScimKeys.Make(ctx, h.operator(), "Login", 30)
	must(t, err)
	serve := h.Handler()
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// The client's own server has SCIM further down.
		r.URL.Path = strings.TrimPrefix(r.URL.Path, "/api/2.0/preview")
		serve.ServeHTTP(w, r)
	}))
	h.at = s.URL
	run := exec.Command("node", script)
	in, err := run.StdinPipe()
	must(t, err)
	out, err := run.StdoutPipe()
	must(t, err)
	run.Stderr = os.Stderr
	must(t, run.Start())
	h.in, h.out = json.NewEncoder(in), json.NewDecoder(out)
	t.Cleanup(func() {
		must(t, in.Close())
		must(t, run.Wait())
		s.Close()
		must(t, h.Close())
	})
	return h
}

func (h *provisioned) operator() actor.Actor { return actortest.Operator(h.clock.Now()) }

// ask has the client ask something; an answer that it cannot make sense of is a failure.
func (h *provisioned) ask(t *testing.T, do string, x with) said {
	t.Helper()
	x = maps.Clone(x)
	if x == nil {
		x = with{}
	}
	x["do"], x["at"] = do, h.at
	if x["key"] == nil {
		x["key"] = h.key
	}
	must(t, h.in.Encode(x))
	var s said
	must(t, h.out.Decode(&s))
	if s.Wrong != "" {
		t.Fatalf("%s: the client makes no sense of the answer: %s", do, s.Wrong)
	}
	return s
}

// into wants no failure, and reads what the client got, as it made sense of it.
func (s said) into(t *testing.T, v any) {
	t.Helper()
	if s.Status != 0 {
		t.Fatalf("refused with %d %s %s", s.Status, s.Code, s.Error)
	}
	if v != nil {
		must(t, json.Unmarshal(s.Value.Read, v))
	}
}

func (s said) fails(t *testing.T, status int, code string) {
	t.Helper()
	if s.Status != status || s.Code != code || s.Error == "" {
		t.Errorf("got %d %q %q, want %d %q", s.Status, s.Code, s.Error, status, code)
	}
}

type gotUser struct {
	ID, ExternalID, UserName, Title, UserType string
	Active                                    bool
	Roles                                     []struct{ Value string }
}

type gotPage struct {
	Resources                              []gotUser
	TotalResults, ItemsPerPage, StartIndex int
}

func (h *provisioned) staff(id string) org.Staff {
	h.t.Helper()
	p, err := record.ParseID[org.Staff](id)
	must(h.t, err)
	o, err := h.Org.Read(ctx, h.operator(), p)
	must(h.t, err)
	return o.Value
}

func (h *provisioned) entries(action string) []audit.Logged {
	h.t.Helper()
	es, err := h.Log.Find(ctx, audit.Query{Action: action, Limit: 500, Unplaced: true})
	must(h.t, err)
	return es
}

// someone is a user as the client sends one.
func someone(given, family, mail, role string) with {
	return with{
		"schemas": []string{"urn:ietf:params:scim:schemas:core:2.0:User"}, "userName": mail, "displayName": given + " " + family,
		"name": with{"givenName": given, "familyName": family}, "active": true, "externalId": "E-" + given,
		"emails": []any{with{"value": mail, "type": "work", "primary": true}}, "roles": []any{with{"value": role, "primary": true}},
	}
}

func patch(ops ...with) with {
	return with{"schemas": []string{"urn:ietf:params:scim:api:messages:2.0:PatchOp"}, "Operations": ops}
}

// The whole life of an account, by a client that others wrote, and what stands in the record
// after each step.
func TestScimClient(t *testing.T) {
	h := provision(t, config.Config{})

	var config struct {
		Patch, Etag, Bulk, Sort, ChangePassword struct{ Supported bool }
		Filter                                  struct {
			Supported  bool
			MaxResults int
		}
		AuthenticationSchemes []struct{ Type string }
	}
	h.ask(t, "config", nil).into(t, &config)
	if !config.Patch.Supported || !config.Etag.Supported || !config.Filter.Supported || config.Filter.MaxResults < 1 || config.Bulk.Supported || config.Sort.Supported || config.ChangePassword.Supported ||
		len(config.AuthenticationSchemes) != 1 || config.AuthenticationSchemes[0].Type != "oauthbearertoken" {
		t.Errorf("the server says of itself %+v", config)
	}

	barbara := someone("Barbara", "Jensen", "BJensen@example.com", "case_manager")
	var b gotUser
	h.ask(t, "create", with{"body": barbara}).into(t, &b)
	if s := h.staff(b.ID); s.Status != org.Invited || s.Role != actor.CaseManager || s.Mail.Disclose() != "bjensen@example.com" || s.External.Disclose() != "E-Barbara" || s.Given.Disclose() != "Barbara" || s.Family.Disclose() != "Jensen" {
		t.Errorf("created as %+v", s)
	}
	if es := h.entries("staff.invite"); len(es) != 1 || !strings.HasPrefix(es[0].Who.OnBehalfOf, "scimkey:") {
		t.Errorf("entries of one creation: %+v", es)
	}
	found := func(t *testing.T, filter string) []gotUser {
		t.Helper()
		var p gotPage
		h.ask(t, "list", with{"query": with{"filter": filter}}).into(t, &p)
		if p.TotalResults != len(p.Resources) {
			t.Errorf("%s finds %d of %d", filter, len(p.Resources), p.TotalResults)
		}
		return p.Resources
	}

	t.Run("an account that is there is found, and is a conflict when created again", func(t *testing.T) {
		if got := found(t, `userName eq "bjensen@example.com"`); len(got) != 1 || got[0].ID != b.ID || !got[0].Active || got[0].UserType != "case_manager" || len(got[0].Roles) != 1 || got[0].Roles[0].Value != "case_manager" {
			t.Errorf("found %+v", got)
		}
		if got := found(t, `userName eq "nobody@example.com"`); len(got) != 0 {
			t.Errorf("found %+v", got)
		}
		if got := found(t, `externalId eq "E-Barbara"`); len(got) != 1 || got[0].ID != b.ID {
			t.Errorf("found %+v", got)
		}
		h.ask(t, "list", with{"query": with{"filter": `title co "x"`}}).fails(t, 400, "invalidFilter")
		h.ask(t, "create", with{"body": barbara}).fails(t, 409, "uniqueness")
		other := maps.Clone(barbara)
		other["userName"] = "other@example.com"
		h.ask(t, "create", with{"body": other}).fails(t, 409, "uniqueness")
	})

	t.Run("a list comes in pages, each account once", func(t *testing.T) {
		for i := range 4 {
			h.clock.Advance(time.Second)
			h.ask(t, "create", with{"body": someone(fmt.Sprint("N", i), "Tavi", fmt.Sprintf("n%d@example.com", i), "intake")}).into(t, nil)
		}
		seen := map[string]bool{}
		for start := 1; start <= 5; start += 2 {
			var p gotPage
			h.ask(t, "list", with{"query": with{"startIndex": start, "count": 2}}).into(t, &p)
			if want := min(2, 6-start); p.TotalResults != 5 || p.StartIndex != start || p.ItemsPerPage != want || len(p.Resources) != want {
				t.Errorf("from %d: %d of %d, from %d, %d listed", start, p.ItemsPerPage, p.TotalResults, p.StartIndex, len(p.Resources))
			}
			for _, u := range p.Resources {
				seen[u.UserName] = true
			}
		}
		if len(seen) != 5 {
			t.Errorf("saw %v", seen)
		}
	})

	t.Run("what is replaced and patched is so on record, and is one entry each", func(t *testing.T) {
		next := maps.Clone(barbara)
		next["name"], next["roles"] = with{"givenName": "Babs", "familyName": "Jensen"}, []any{with{"value": "supervisor", "primary": true}}
		var put gotUser
		h.ask(t, "replace", with{"id": b.ID, "body": next}).into(t, &put)
		if s := h.staff(b.ID); put.ID != b.ID || put.Roles[0].Value != "supervisor" || s.Given.Disclose() != "Babs" || s.Role != actor.Supervisor || s.External.Disclose() != "E-Barbara" {
			t.Errorf("replaced by %+v, the record is %+v", put, s)
		}
		// The same once more is no change.
		h.ask(t, "replace", with{"id": b.ID, "body": next}).into(t, nil)
		one := found(t, `userName eq "n1@example.com"`)[0]
		h.ask(t, "patch", with{"id": one.ID, "body": patch(
			with{"op": "Replace", "path": "name.givenName", "value": "Noor"},
			with{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:manager", "value": with{"value": b.ID}},
			with{"op": "add", "path": "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User:department", "value": "housing"},
			with{"op": "replace", "value": with{"id": one.ID, "externalId": "E-Noor", "title": "Clerk"}},
		)}).into(t, nil)
		if s := h.staff(one.ID); s.Given.Disclose() != "Noor" || s.Supervisor != b.ID || strings.Join(s.Programs, ",") != "housing" || s.External.Disclose() != "E-Noor" || s.Title.Disclose() != "Clerk" {
			t.Errorf("patched to %+v", s)
		}
		h.ask(t, "get", with{"id": one.ID}).into(t, nil)
		if n := len(h.entries("staff.change")); n != 2 {
			t.Errorf("%d entries of two changes", n)
		}
		h.ask(t, "patch", with{"id": one.ID, "body": patch(with{"op": "replace", "value": with{"id": b.ID, "title": "x"}})}).fails(t, 400, "mutability")
		h.ask(t, "patch", with{"id": one.ID, "body": patch(with{"op": "replace", "path": "title", "value": "x"}, with{"op": "replace", "path": "userName", "value": "no address"})}).fails(t, 400, "invalidValue")
		if s := h.staff(one.ID); s.Title.Disclose() != "Clerk" {
			t.Errorf("half a patch was made: %s", s.Title.Disclose())
		}
		h.ask(t, "get", with{"id": "nobody"}).fails(t, 404, "")
	})

	t.Run("nobody is deleted, and whoever is made inactive is out for good", func(t *testing.T) {
		h.ask(t, "delete", with{"id": b.ID}).fails(t, 501, "")
		if s := h.staff(b.ID); s.Status == org.Terminated {
			t.Error("a refused deletion ended their access")
		}
		h.ask(t, "patch", with{"id": b.ID, "body": patch(with{"op": "replace", "path": "active", "value": false})}).into(t, nil)
		if s := h.staff(b.ID); s.Status != org.Terminated || !s.Refused || s.Proved.IsZero() {
			t.Errorf("the record is %+v", s)
		}
		var gone gotUser
		h.ask(t, "get", with{"id": b.ID}).into(t, &gone)
		if gone.Active || gone.ID != b.ID {
			t.Errorf("they are %+v", gone)
		}
		// Some clients say it by a whole user.
		two := found(t, `userName eq "n2@example.com"`)[0]
		off := someone("N2", "Tavi", "n2@example.com", "intake")
		off["active"] = false
		h.ask(t, "replace", with{"id": two.ID, "body": off}).into(t, nil)
		if s := h.staff(two.ID); s.Status != org.Terminated {
			t.Errorf("the record is %+v", s)
		}
		if n := len(h.entries("staff.terminate")); n != 2 {
			t.Errorf("%d entries of two ends", n)
		}
		h.ask(t, "patch", with{"id": b.ID, "body": patch(with{"op": "replace", "path": "active", "value": true})}).fails(t, 400, "mutability")
		// The same address and id outside are somebody new.
		var anew gotUser
		h.ask(t, "create", with{"body": barbara}).into(t, &anew)
		if anew.ID == b.ID || h.staff(anew.ID).Status != org.Invited {
			t.Errorf("created anew as %+v", anew)
		}
	})

	t.Run("without a key that is good nothing is answered and nothing done", func(t *testing.T) {
		before := len(h.entries("staff.invite"))
		keys, err := h.ScimKeys.List(ctx, h.operator())
		must(t, err)
		for _, key := range []string{"cws_wrong", h.key + "x"} {
			h.ask(t, "config", with{"key": key}).fails(t, 401, "")
			h.ask(t, "list", with{"key": key}).fails(t, 401, "")
			h.ask(t, "create", with{"key": key, "body": someone("X", "Y", "x@example.com", "intake")}).fails(t, 401, "")
		}
		must(t, h.ScimKeys.Revoke(ctx, h.operator(), keys[0].ID))
		h.ask(t, "create", with{"body": someone("X", "Y", "x@example.com", "intake")}).fails(t, 401, "")
		if n := len(h.entries("staff.invite")); n != before {
			t.Errorf("%d were added", n-before)
		}
	})
}

type gotGroup struct {
	ID, DisplayName string
	Members         []struct{ Value string }
}

// Groups of the identity provider move people from role to role, as the table of the settings
// says.
func TestScimClientMovesPeopleBetweenGroups(t *testing.T) {
	h := provision(t, config.Config{OIDC: config.OIDC{Issuer: "https://login.example.org", ClientID: "caseward", Roles: map[string]string{"cw-case-managers": "case_manager", "cw-supervisors": "supervisor", "cw-admins": "administrator"}}})
	user := func(given, role string) string {
		t.Helper()
		var u gotUser
		h.ask(t, "create", with{"body": someone(given, "X", strings.ToLower(given)+"@example.com", role)}).into(t, &u)
		return u.ID
	}
	ann, bo, ada, sec := user("Ann", "case_manager"), user("Bo", "case_manager"), user("Ada", "administrator"), user("Sec", "security_officer")
	is := func(t *testing.T, id string, role actor.Role) {
		t.Helper()
		if s := h.staff(id); s.Role != role {
			t.Errorf("%s is %s, want %s", s.Given.Disclose(), s.Role, role)
		}
	}
	member := func(ids ...string) (out []with) {
		for _, id := range ids {
			out = append(out, with{"value": id})
		}
		return out
	}
	group := func(t *testing.T, id string) []string {
		t.Helper()
		var g gotGroup
		h.ask(t, "get group", with{"id": id}).into(t, &g)
		var out []string
		for _, m := range g.Members {
			out = append(out, m.Value)
		}
		return out
	}

	t.Run("a group is found by the name that the provider has for it", func(t *testing.T) {
		var all struct {
			Resources    []gotGroup
			TotalResults int
		}
		h.ask(t, "list groups", nil).into(t, &all)
		if all.TotalResults != 3 || len(all.Resources) != 3 {
			t.Errorf("groups %+v", all)
		}
		h.ask(t, "list groups", with{"query": with{"filter": `displayName eq "cw-supervisors"`, "excludedAttributes": "members"}}).into(t, &all)
		if all.TotalResults != 1 || all.Resources[0].ID != "supervisor" {
			t.Errorf("found %+v", all)
		}
		h.ask(t, "create group", with{"body": with{"displayName": "cw-supervisors"}}).fails(t, 409, "uniqueness")
		h.ask(t, "create group", with{"body": with{"displayName": "Nurses"}}).fails(t, 501, "")
		h.ask(t, "delete group", with{"id": "supervisor"}).fails(t, 501, "")
	})

	t.Run("whoever is added has the role, and has left the other group", func(t *testing.T) {
		h.ask(t, "patch group", with{"id": "supervisor", "body": patch(with{"op": "Add", "path": "members", "value": member(ann)})}).into(t, nil)
		is(t, ann, actor.Supervisor)
		// The provider takes them out of the other group too, which is so already.
		h.ask(t, "patch group", with{"id": "case_manager", "body": patch(with{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", ann)})}).into(t, nil)
		is(t, ann, actor.Supervisor)
		if got := group(t, "case_manager"); len(got) != 1 || got[0] != bo {
			t.Errorf("left in it are %v", got)
		}
		h.ask(t, "replace group", with{"id": "case_manager", "body": with{"displayName": "cw-case-managers", "members": member(ann, bo)}}).into(t, nil)
		is(t, ann, actor.CaseManager)
		if es := h.entries("staff.change"); len(es) != 2 || !strings.HasPrefix(es[0].Who.OnBehalfOf, "scimkey:") {
			t.Errorf("entries of two moves: %+v", es)
		}
	})

	t.Run("nobody loses the role they need to have, and none is given that is not the provider's", func(t *testing.T) {
		h.ask(t, "patch group", with{"id": "case_manager", "body": patch(with{"op": "remove", "path": fmt.Sprintf("members[value eq %q]", bo)})}).fails(t, 400, "mutability")
		h.ask(t, "patch group", with{"id": "supervisor", "body": patch(with{"op": "add", "path": "members", "value": member(bo, sec)})}).fails(t, 400, "mutability")
		h.ask(t, "patch group", with{"id": "supervisor", "body": patch(with{"op": "add", "path": "members", "value": member(bo, ada)})}).fails(t, 400, "invalidValue")
		h.ask(t, "patch group", with{"id": "security_officer", "body": patch(with{"op": "add", "path": "members", "value": member(bo)})}).fails(t, 404, "")
		is(t, bo, actor.CaseManager)
		is(t, ada, actor.Administrator)
		is(t, sec, actor.SecurityOfficer)
		h.ask(t, "patch", with{"id": ada, "body": patch(with{"op": "replace", "path": "active", "value": false})}).fails(t, 400, "invalidValue")
		if s := h.staff(ada); s.Status == org.Terminated {
			t.Error("the last administrator is out")
		}
	})
}
