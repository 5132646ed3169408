package scim_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/scim"
)

var ctx = context.Background()

type directory struct{ *org.Directory }

func (d directory) Standing(ctx context.Context, worker string) (authn.Standing, error) {
	s, err := d.Directory.Standing(ctx, worker)
	return authn.Standing(s), err
}

type accounts struct{ *authn.Authn }

func (a accounts) Prove(ctx context.Context, who actor.Actor, worker string) (bool, time.Time, error) {
	p, err := a.Authn.Probe(ctx, who, worker)
	return p.Refused(), p.Revoked, err
}

// house is an agency, and a strict client of its SCIM server over real HTTP.
type house struct {
	*recordtest.World
	t     *testing.T
	org   *org.Org
	authn *authn.Authn
	keys  *org.ScimKeys
	at    string
	key   string
}

func open(t *testing.T, w *recordtest.World) *house { return openWith(t, w, authn.Federation{}) }

func openWith(t *testing.T, w *recordtest.World, f authn.Federation) *house {
	return openGrouped(t, w, f, nil)
}

func openGrouped(t *testing.T, w *recordtest.World, f authn.Federation, roles map[string]actor.Role) *house {
	h := &house{World: w, t: t}
	dir := org.NewDirectory(h.Door, h.Service("authn"))
	h.org = org.New(h.Door, dir)
	var err error
	h.authn, err = authn.New(h.DB, h.Agency, h.Log, directory{dir}, h.Clock, authn.Config{RPID: "care.example.org", Origin: "https://care.example.org", AgencyName: "North Agency", PasswordCost: 1000, Federation: f})
	h.ok(err)
	h.org.Accounts(accounts{h.authn})
	h.ok(h.org.Found(ctx, h.Operator(), org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}}}))
	h.keys = org.NewScimKeys(h.Door, authn.Provisioning)
	h.key, err = h.keys.Make(ctx, h.Operator(), "Login", 365)
	h.ok(err)
	s := httptest.NewServer(scim.New(h.org, h.keys, "https://care.example.org", roles, slog.New(slog.DiscardHandler), nil))
	t.Cleanup(s.Close)
	h.at = s.URL
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

type answer struct {
	t      *testing.T
	status int
	header http.Header
	body   map[string]any
}

// do sends a request as RFC 7644 wants one, and holds the answer against what it wants of
// every answer.
func (h *house) do(method, path, body string, header ...string) answer {
	h.t.Helper()
	r, err := http.NewRequest(method, h.at+path, strings.NewReader(body))
	h.ok(err)
	r.Header.Set("Authorization", "Bearer "+h.key)
	if body != "" {
		r.Header.Set("Content-Type", "application/scim+json")
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	res, err := http.DefaultClient.Do(r)
	h.ok(err)
	defer res.Body.Close()
	var b bytes.Buffer
	_, err = b.ReadFrom(res.Body)
	h.ok(err)
	a := answer{h.t, res.StatusCode, res.Header, map[string]any{}}
	if res.StatusCode == http.StatusNotModified || res.StatusCode == http.StatusNoContent {
		return a
	}
	if got := res.Header.Get("Content-Type"); !strings.HasPrefix(got, "application/scim+json") {
		h.t.Errorf("%s %s answered %s", method, path, got)
	}
	d := json.NewDecoder(&b)
	if err := d.Decode(&a.body); err != nil || d.More() {
		h.t.Fatalf("%s %s answered no JSON: %v", method, path, err)
	}
	if _, is := a.body["schemas"].([]any); !is {
		h.t.Errorf("%s %s names no schema: %v", method, path, a.body)
	}
	if res.StatusCode >= 400 {
		if a.body["schemas"].([]any)[0] != "urn:ietf:params:scim:api:messages:2.0:Error" || a.body["status"] != fmt.Sprint(res.StatusCode) {
			h.t.Errorf("%s %s: the error is %v", method, path, a.body)
		}
	}
	return a
}

func (a answer) is(status int, kind ...string) answer {
	a.t.Helper()
	if a.status != status {
		a.t.Fatalf("got %d %v, want %d", a.status, a.body, status)
	}
	if len(kind) > 0 && a.body["scimType"] != kind[0] {
		a.t.Fatalf("got %v, want %s", a.body, kind[0])
	}
	return a
}

func (a answer) at(path string) any {
	var x any = a.body
	for _, k := range strings.Split(path, "/") {
		switch v := x.(type) {
		case map[string]any:
			x = v[k]
		case []any:
			if len(v) == 0 {
				return nil
			}
			x = v[0].(map[string]any)[k]
		}
	}
	return x
}

const barbara = `{"schemas":["urn:ietf:params:scim:schemas:core:2.0:User"],"externalId":"701984","userName":"BJensen@example.com",
	"name":{"formatted":"Ms. Barbara J Jensen III","familyName":"Jensen","givenName":"Barbara"},"title":"Tour Guide","active":true,
	"emails":[{"value":"bjensen@example.com","type":"work","primary":true}],"roles":[{"value":"case_manager"}],
	"urn:ietf:params:scim:schemas:extension:enterprise:2.0:User":{"employeeNumber":"701984","department":"housing"}}`

func (h *house) entries(action string) int {
	h.t.Helper()
	es, err := h.Log.Find(ctx, audit.Query{Action: action, Limit: 500, Unplaced: true})
	h.ok(err)
	return len(es)
}

func (h *house) staff(id string) org.Staff {
	h.t.Helper()
	p, err := record.ParseID[org.Staff](id)
	h.ok(err)
	o, err := h.org.Read(ctx, h.Operator(), p)
	h.ok(err)
	return o.Value
}

func TestAUserFromCreationToTheEndOfAccess(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		got := h.do("POST", "/scim/v2/Users", barbara).is(201)
		id, _ := got.at("id").(string)
		if got.header.Get("Location") != "https://care.example.org/scim/v2/Users/"+id || got.at("meta/location") != got.header.Get("Location") || got.header.Get("ETag") == "" || got.at("meta/version") != got.header.Get("ETag") {
			t.Errorf("location %s, version %v", got.header, got.body["meta"])
		}
		for path, want := range map[string]any{"userName": "bjensen@example.com", "externalId": "701984", "active": true, "name/familyName": "Jensen", "roles/value": "case_manager", "meta/resourceType": "User"} {
			if got.at(path) != want {
				t.Errorf("%s is %v, want %v", path, got.at(path), want)
			}
		}
		if s := h.staff(id); s.Status != org.Invited || s.Role != actor.CaseManager {
			t.Errorf("the record is %+v", s)
		}
		if ways, err := h.authn.WaysOf(ctx, h.Operator(), id); err != nil || ways != (authn.Ways{}) {
			t.Errorf("they have a way in: %+v, %v", ways, err)
		}
		if n := h.entries("staff.invite"); n != 1 {
			t.Errorf("%d entries of one creation", n)
		}
		h.do("POST", "/scim/v2/Users", barbara).is(409, "uniqueness")
		h.do("POST", "/scim/v2/Users", strings.Replace(barbara, "BJensen@", "other@", 1)).is(409, "uniqueness")

		// Found by each filter, and by nothing else.
		for filter, n := range map[string]float64{`userName eq "bjensen@example.com"`: 1, `USERNAME Eq "BJENSEN@example.com"`: 1, `externalId eq "701984"`: 1, `id eq "` + id + `"`: 1, `userName eq "x@example.com"`: 0, `id eq "x"`: 0, `externalId eq ""`: 0} {
			if got := h.do("GET", "/scim/v2/Users?filter="+url.QueryEscape(filter), "").is(200); got.at("totalResults") != n {
				t.Errorf("%s finds %v", filter, got.body)
			}
		}
		for _, filter := range []string{`userName sw "b"`, `userName eq bjensen`, `title eq "x"`, `userName eq "a" or id eq "b"`} {
			h.do("GET", "/scim/v2/Users?filter="+url.QueryEscape(filter), "").is(400, "invalidFilter")
		}

		// Versions.
		tag := got.header.Get("ETag")
		h.do("GET", "/scim/v2/Users/"+id, "", "If-None-Match", tag).is(304)
		patched := h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[
			{"op":"replace","path":"name.givenName","value":"Babs"},{"op":"Replace","value":{"title":"Lead","name.familyName":"Jones"}},{"op":"remove","path":"externalId"}]}`, "If-Match", tag).is(200)
		if patched.at("name/givenName") != "Babs" || patched.at("title") != "Lead" || patched.at("name/familyName") != "Jones" || patched.at("externalId") != nil {
			t.Errorf("patched to %v", patched.body)
		}
		if n := h.entries("staff.change"); n != 1 {
			t.Errorf("%d entries of one patch", n)
		}
		h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"title","value":"x"}]}`, "If-Match", tag).is(412)
		h.do("PUT", "/scim/v2/Users/"+id, barbara, "If-Match", tag).is(412)
		if put := h.do("PUT", "/scim/v2/Users/"+id, strings.Replace(barbara, `"title":"Tour Guide",`, "", 1)).is(200); put.at("name/givenName") != "Barbara" || put.at("title") != nil || put.at("externalId") != "701984" {
			t.Errorf("replaced by %v", put.body)
		}
		// The same once more changes nothing, and leaves no entry.
		n := h.entries("staff.change")
		h.do("PUT", "/scim/v2/Users/"+id, strings.Replace(barbara, `"title":"Tour Guide",`, "", 1)).is(200)
		if h.entries("staff.change") != n {
			t.Error("what changed nothing is an entry")
		}

		// They are invited to enrol, and then leave: nothing lets them in any more.
		token, err := h.authn.Invite(ctx, h.Operator(), id)
		h.ok(err)
		h.ok(h.authn.EnrolPassword(ctx, token, "violet tractor humming 42"))
		ended := h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"Replace","path":"active","value":"False"}]}`).is(200)
		if ended.at("active") != false {
			t.Errorf("after they left: %v", ended.body)
		}
		if s := h.staff(id); s.Status != org.Terminated || !s.Refused || s.Proved.IsZero() {
			t.Errorf("the record is %+v", s)
		}
		if _, err := h.authn.OpenInvitation(ctx, token); err == nil {
			t.Error("the invitation is still good")
		}
		if n := h.entries("staff.terminate"); n != 1 {
			t.Errorf("%d entries of one end", n)
		}
		// Said again it is done already; undone it cannot be.
		h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","value":{"active":false}}]}`).is(200)
		h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":true}]}`).is(400, "mutability")
		h.do("DELETE", "/scim/v2/Users/"+id, "").is(501)
		if got := h.do("GET", "/scim/v2/Users/"+id, "").is(200); got.at("active") != false {
			t.Errorf("got %v", got.body)
		}
		// Whoever comes back is somebody new, and may have the same name outside.
		again := h.do("POST", "/scim/v2/Users", barbara).is(201)
		if again.at("id") == id {
			t.Error("an id was used again")
		}
		if got := h.do("GET", "/scim/v2/Users?filter="+url.QueryEscape(`externalId eq "701984"`), "").is(200); got.at("Resources/id") != again.at("id") {
			t.Errorf("found %v", got.body)
		}
	})
}

// TestWhoWasProvisionedComesInAndIsOutAtOnce is the whole way: added by SCIM, in by the
// identity provider with the same address, out by SCIM.
func TestWhoWasProvisionedComesInAndIsOutAtOnce(t *testing.T) {
	w := recordtest.Open(t)
	p := oidctest.Start(t, w.Clock)
	c, err := oidc.New(oidc.Config{Issuer: p.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: oidctest.Redirect, AMR: []string{"mfa"}, Clock: w.Clock})
	if err != nil {
		t.Fatal(err)
	}
	h := openWith(t, w, authn.Federation{Client: c})
	p.Set(func(p *oidctest.Provider) {
		p.Claims = map[string]any{"sub": "u-1", "email": "bjensen@example.com", "email_verified": true, "amr": "mfa"}
	})
	in := func() (authn.Arrival, error) {
		out, err := h.authn.ProviderSignIn(ctx, "")
		h.ok(err)
		q := p.SignIn(out.To)
		return h.authn.ProviderBack(ctx, out.Ticket, oidc.Answer{State: q.Get("state"), Code: q.Get("code")}, authn.Session{}, authn.Visitor{Addr: "192.0.2.1"})
	}
	if _, err := in(); authn.ProviderWhy(err) != "unknown" {
		t.Fatalf("before they were added: %v", err)
	}
	id := h.do("POST", "/scim/v2/Users", barbara).is(201).at("id").(string)
	got, err := in()
	h.ok(err)
	if s, err := h.authn.Session(ctx, got.Token); err != nil || s.Worker() != id {
		t.Fatalf("session of %s: %v", s.Worker(), err)
	}
	h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[{"op":"replace","path":"active","value":false}]}`).is(200)
	if s, err := h.authn.Session(ctx, got.Token); err == nil || s.Actor().Valid() {
		t.Errorf("the session goes on: %v", err)
	}
	if _, err := in(); authn.ProviderWhy(err) != "linked_before" {
		t.Errorf("they came in again: %v", err)
	}
}

func TestWhatIsNotTaken(t *testing.T) {
	h := open(t, recordtest.Open(t))
	with := func(old, new string) string { return strings.Replace(barbara, old, new, 1) }
	for name, tc := range map[string]struct {
		body   string
		status int
		kind   string
	}{
		"not JSON":            {`{`, 400, "invalidSyntax"},
		"no address":          {with(`"userName":"BJensen@example.com",`, ""), 400, "invalidValue"},
		"no mail address":     {with("BJensen@example.com", "bjensen"), 400, "invalidValue"},
		"no role":             {with(`"roles":[{"value":"case_manager"}],`, ""), 400, "invalidValue"},
		"a role nobody has":   {with("case_manager", "king"), 400, "invalidValue"},
		"two roles":           {with(`[{"value":"case_manager"}]`, `[{"value":"intake"},{"value":"auditor"}]`), 400, "invalidValue"},
		"somebody not active": {with(`"active":true`, `"active":false`), 400, "invalidValue"},
		"an unknown program":  {with(`"department":"housing"`, `"department":"x"`), 400, "invalidValue"},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			h.do("POST", "/scim/v2/Users", tc.body).is(tc.status, tc.kind)
		})
	}
	h.t = t
	h.do("POST", "/scim/v2/Users", barbara, "Content-Type", "text/plain").is(415)
	if got := h.do("GET", "/scim/v2/Users", "").is(200); got.at("totalResults") != float64(0) {
		t.Errorf("somebody was added: %v", got.body)
	}
	id := h.do("POST", "/scim/v2/Users", with(`[{"value":"case_manager"}]`, `[{"value":"intake"},{"value":"case_manager","primary":true}]`)).is(201).at("id").(string)
	for name, tc := range map[string]struct{ ops, kind string }{
		"no operation":             {``, "invalidSyntax"},
		"an unknown operation":     {`{"op":"move","path":"title","value":"x"}`, "invalidSyntax"},
		"an unknown path":          {`{"op":"add","path":"password","value":"x"}`, "invalidPath"},
		"a removal without a path": {`{"op":"remove"}`, "noTarget"},
		"a removal of the role":    {`{"op":"remove","path":"roles"}`, "mutability"},
		"a number as a name":       {`{"op":"replace","path":"title","value":7}`, "invalidValue"},
		"active as a word":         {`{"op":"replace","path":"active","value":"perhaps"}`, "invalidValue"},
		"good, then bad":           {`{"op":"replace","path":"title","value":"x"},{"op":"replace","path":"userName","value":"nobody"}`, "invalidValue"},
	} {
		t.Run(name, func(t *testing.T) {
			h.t = t
			h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["urn:ietf:params:scim:api:messages:2.0:PatchOp"],"Operations":[`+tc.ops+`]}`).is(400, tc.kind)
		})
	}
	h.t = t
	if s := h.staff(id); s.Title.Disclose() != "Tour Guide" {
		t.Errorf("half a patch was made: %s", s.Title.Disclose())
	}
	h.do("GET", "/scim/v2/Users/x", "").is(404)
	h.do("GET", "/scim/v2/Bulk", "").is(501)
	h.do("PATCH", "/scim/v2/Users/"+id, `{"schemas":["x"],"Operations":[{"op":"replace","path":"title","value":"x"}]}`).is(400, "invalidSyntax")
}

func TestKeysOpenAndEnd(t *testing.T) {
	h := open(t, recordtest.Open(t))
	good, path := h.key, "/scim/v2/Users"
	for _, bad := range []string{"", "x", good + "x", "cws_" + strings.Repeat("A", 43)} {
		h.key = bad
		if got := h.do("GET", path, "").is(401); !strings.HasPrefix(got.header.Get("WWW-Authenticate"), "Bearer") {
			t.Errorf("got %v", got.header)
		}
	}
	h.key = good
	h.do("GET", path, "").is(200)
	h.do("GET", path, "", "Authorization", "Basic "+good).is(401)
	list, err := h.keys.List(ctx, h.Proved("w-adm", actor.Administrator))
	h.ok(err)
	if len(list) != 1 || list[0].Value.Name != "Login" || strings.Contains(fmt.Sprintf("%+v", list[0].Value), good) {
		t.Errorf("keys %+v", list)
	}
	// An administrator makes one with a fresh proof only; others make none.
	if _, err := h.keys.Make(ctx, h.As("w-adm", actor.Administrator), "Login", 10); err == nil {
		t.Error("made without a fresh proof")
	}
	if _, err := h.keys.Make(ctx, h.Proved("w-adm", actor.Administrator), "Login", 10); err != nil {
		t.Errorf("an administrator may not: %v", err)
	}
	if _, err := h.keys.Make(ctx, h.Proved("w-sec", actor.SecurityOfficer), "Login", 10); err == nil {
		t.Error("made by somebody who may not")
	}
	for _, days := range []int{0, 401} {
		if _, err := h.keys.Make(ctx, h.Operator(), "Login", days); err == nil {
			t.Errorf("made for %d days", days)
		}
	}
	short, err := h.keys.Make(ctx, h.Operator(), "Short", 1)
	h.ok(err)
	h.ok(h.keys.Revoke(ctx, h.Operator(), list[0].ID))
	h.do("GET", path, "").is(401)
	h.key = short
	h.do("GET", path, "").is(200)
	h.Clock.Advance(24 * time.Hour)
	h.do("GET", path, "").is(401)
}

func TestPagesOfUsers(t *testing.T) {
	h := open(t, recordtest.Open(t))
	for i := range 5 {
		_, err := h.org.Invite(ctx, h.Operator(), org.Invitation{Given: phi.NewText(fmt.Sprintf("N%d", i)), Family: phi.NewText("X"), Mail: phi.NewText(fmt.Sprintf("n%d@example.org", i)), Role: actor.CaseManager})
		h.ok(err)
		h.Clock.Advance(time.Second)
	}
	seen := map[any]bool{}
	for start := 1; start <= 5; start += 2 {
		got := h.do("GET", fmt.Sprintf("/scim/v2/Users?startIndex=%d&count=2", start), "").is(200)
		if got.at("totalResults") != float64(5) || got.at("startIndex") != float64(start) {
			t.Errorf("page %v", got.body)
		}
		for _, u := range got.body["Resources"].([]any) {
			seen[u.(map[string]any)["userName"]] = true
		}
	}
	if len(seen) != 5 {
		t.Errorf("saw %v", seen)
	}
	if got := h.do("GET", "/scim/v2/Users?count=0", "").is(200); got.at("totalResults") != float64(5) || len(got.body["Resources"].([]any)) != 0 {
		t.Errorf("a page of none: %v", got.body)
	}
	h.do("GET", "/scim/v2/Users?startIndex=x", "").is(400, "invalidValue")
}

func TestTheServerDescribesItself(t *testing.T) {
	h := open(t, recordtest.Open(t))
	if got := h.do("GET", "/scim/v2/ServiceProviderConfig", "").is(200); got.at("patch/supported") != true || got.at("bulk/supported") != false || got.at("etag/supported") != true {
		t.Errorf("config %v", got.body)
	}
	for path, n := range map[string]float64{"/scim/v2/ResourceTypes": 2, "/scim/v2/Schemas": 3, "/scim/v2/Groups": 8} {
		got := h.do("GET", path, "").is(200)
		if got.at("totalResults") != n {
			t.Errorf("%s has %v", path, got.at("totalResults"))
		}
		for _, x := range got.body["Resources"].([]any) {
			id := x.(map[string]any)["id"].(string)
			if one := h.do("GET", path+"/"+id, "").is(200); one.at("id") != id {
				t.Errorf("%s/%s is %v", path, id, one.body)
			}
		}
		h.do("GET", path+"/nothing", "").is(404)
	}
}

// A client that takes plain JSON alone is answered with it.
func TestPlainJSONForWhoeverAsksForIt(t *testing.T) {
	h := open(t, recordtest.Open(t))
	for accept, want := range map[string]string{"application/json": "application/json", "application/scim+json, application/json": "application/scim+json", "*/*": "application/scim+json"} {
		r, err := http.NewRequest("GET", h.at+"/scim/v2/ResourceTypes", nil)
		h.ok(err)
		r.Header.Set("Authorization", "Bearer "+h.key)
		r.Header.Set("Accept", accept)
		res, err := http.DefaultClient.Do(r)
		h.ok(err)
		h.ok(res.Body.Close())
		if got := res.Header.Get("Content-Type"); res.StatusCode != 200 || !strings.HasPrefix(got, want+";") {
			t.Errorf("%s is answered with %d %s", accept, res.StatusCode, got)
		}
	}
}
