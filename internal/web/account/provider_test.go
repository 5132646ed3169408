package account_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/notice"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
	"caseward/internal/org"
	"caseward/internal/person"
)

// federate gives the house an identity provider.
func federate(t *testing.T, change func(*authn.Federation)) (*house, *oidctest.Provider) {
	t.Helper()
	var p *oidctest.Provider
	h := openWith(t, false, func(h *house, c *authn.Config) {
		p = oidctest.Start(t, h.Clock)
		client, err := oidc.New(oidc.Config{Issuer: p.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: oidctest.Redirect, After: h.origin + "/signin", AMR: []string{"mfa"}, RoleClaim: "groups", Clock: h.Clock})
		h.ok(err)
		c.Federation = authn.Federation{Client: client}
		if change != nil {
			change(&c.Federation)
		}
	})
	return h, p
}

// as says who signs in at the provider.
func as(p *oidctest.Provider, subject, mail string, more map[string]any) {
	claims := map[string]any{"sub": subject, "email": mail, "email_verified": true, "amr": []string{"mfa"}}
	for k, v := range more {
		claims[k] = v
	}
	p.Set(func(p *oidctest.Provider) { p.Claims = claims })
}

// via follows a link to the provider, signs in there, and comes back.
func (b *browser) via(p *oidctest.Provider, path string) answer {
	b.h.t.Helper()
	out := b.get(path).is(303)
	if !strings.HasPrefix(out.location, p.URL+"/authorize?") {
		b.h.t.Fatalf("led to %s", out.location)
	}
	return b.get("/signin/provider/back?" + p.SignIn(out.location).Encode())
}

func TestSignInThroughTheProvider(t *testing.T) {
	h, p := federate(t, nil)
	as(p, "u-cleo", "cleo@example.org", nil)
	b := h.browser()
	h.run("the page offers it, and leads back to the page that was asked for", func(t *testing.T) {
		b.get("/signin?next=/account/sessions").is(200, "Sign in with your organization", `href="/signin/provider?next=%2Faccount%2Fsessions"`)
		b.via(p, "/signin/provider?next=/account/sessions").to("/account/sessions")
		b.get("/account/sessions").is(200, "Single sign-on")
		if got := h.status(h.worker); got != org.Active {
			t.Errorf("they are %s", got)
		}
	})
	h.run("it never leads to another site", func(t *testing.T) {
		h.browser().via(p, "/signin/provider?next=https://evil.example/").to("/probe")
		h.browser().via(p, "/signin/provider?next=//evil.example/").to("/probe")
	})
	h.run("a link on another site signs nobody in", func(t *testing.T) {
		x := h.browser()
		x.header.Set("Sec-Fetch-Site", "cross-site")
		x.get("/signin/provider?next=/probe").to("/signin?next=%2Fprobe")
	})
	h.run("a browser that was not sent there is not taken, and an answer is good once", func(t *testing.T) {
		x := h.browser()
		out := x.get("/signin/provider").is(303)
		back := "/signin/provider/back?" + p.SignIn(out.location).Encode()
		h.browser().get(back).to("/signin")
		jar := newJar(t, h, x.client.Jar)
		x.get(back).to("/probe")
		thief := h.browser()
		thief.client.Jar = jar
		thief.get(back).to("/signin")
		thief.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("signing out says so, and offers to sign out there too", func(t *testing.T) {
		b.post("/signout").to("/signin?out=provider")
		b.get("/signin?out=provider").is(200, "You are signed out here.", "Sign out there too", p.URL+"/end?", "post_logout_redirect_uri="+url.QueryEscape(h.origin+"/signin"))
		b.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("whom no account is linked with is told what to do, and no more", func(t *testing.T) {
		as(p, "u-x", "nobody@example.org", nil)
		x := h.browser()
		x.via(p, "/signin/provider").to("/signin")
		x.get("/signin").is(200, "no account here is linked with it").without("nobody@example.org")
		as(p, "u-x", "sam@example.org", map[string]any{"email_verified": false})
		x.via(p, "/signin/provider").to("/signin")
		x.get("/signin").is(200, "nobody has verified your email address there")
	})
	h.run("the end of access ends it", func(t *testing.T) {
		as(p, "u-cleo", "cleo@example.org", nil)
		x := h.browser()
		x.via(p, "/signin/provider").to("/probe")
		x.get("/probe").is(200)
		h.ok(h.org.Terminate(ctx, h.Operator(), h.worker))
		x.get("/probe").to("/signin?next=%2Fprobe")
		x.via(p, "/signin/provider").to("/signin")
		x.get("/signin").is(200, "no account here is linked with it")
	})
}

func TestProviderStepsUpAndUnlocks(t *testing.T) {
	h, p := federate(t, nil)
	as(p, "u-ada", "ada@example.org", map[string]any{"auth_time": h.Clock.Now().Add(-time.Hour).Unix()})
	b := h.browser()
	b.via(p, "/signin/provider").to("/probe")
	h.run("a sign-in of an hour ago is not fresh", func(t *testing.T) {
		b.get("/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
		b.get("/stepup?next=/account/security").is(200, "Prove it at your organization").without(`type="password"`)
		b.via(p, "/stepup/provider?next=/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
		b.get("/stepup?next=/account/security").is(200, "you were still signed in there")
	})
	h.run("a fresh one is", func(t *testing.T) {
		as(p, "u-ada", "", nil)
		b.via(p, "/stepup/provider?next=/account/security").to("/account/security")
		b.get("/account/security").is(200)
	})
	h.run("a locked screen is unlocked there", func(t *testing.T) {
		h.Clock.Advance(20 * time.Minute)
		b.get("/probe").to("/locked?next=%2Fprobe")
		b.get("/locked?next=/probe").is(200, "Prove it at your organization")
		b.via(p, "/locked/provider?next=/probe").to("/probe")
		b.get("/probe").is(200)
	})
}

func TestAnInvitationLinksWithTheProvider(t *testing.T) {
	h, p := federate(t, func(f *authn.Federation) { f.Only, f.BreakGlass = true, []string{"ada@example.org"} })
	as(p, "u-sam", "s.orrin@personal.example", map[string]any{"email_verified": false})
	token := h.invitation(h.boss)
	b := h.browser()
	b.get("/enrol/"+token).is(200, "Continue with your organization").without("/enrol/password")
	b.post("/enrol/password", "token", token, "password", password).is(422, "switched off for you")
	b.via(p, "/enrol/"+token+"/provider").to("/probe")
	b.get("/probe").is(200)
	b.get("/enrol/" + token).is(404)
	if got := h.status(h.boss); got != org.Active {
		t.Errorf("they are %s", got)
	}
}

func TestTheSignInPageSaysWhenTheProviderIsAway(t *testing.T) {
	h, p := federate(t, func(f *authn.Federation) { f.Only, f.BreakGlass = true, []string{"ada@example.org"} })
	h.browser().get("/signin").is(200, "An account for emergencies").without("cannot be reached")
	_, secret := h.enrol(h.admin)
	p.Set(func(p *oidctest.Provider) { p.Lost = true })
	b := h.browser()
	b.get("/signin/provider?next=/probe").to("/signin?next=%2Fprobe")
	b.get("/signin").is(200, "cannot be reached at the moment", "somebody with an account for emergencies")
	h.signIn("ada@example.org", secret).get("/probe").is(200)
}

func TestOfficersSeeThatTheGlassWasBroken(t *testing.T) {
	h := open(t, false)
	officer := h.hire("Vera Lund", "vera@example.org", actor.SecurityOfficer, "")
	h.ok(h.org.TellBreakGlass(ctx, h.Service("authn"), h.admin.String()))
	list, err := notice.New(h.Door).Mine(ctx, h.As(officer.String(), actor.SecurityOfficer), person.New(h.Door), false, "")
	h.ok(err)
	if len(list.Rows) != 1 || list.Rows[0].Value.What != org.BreakGlassSignIn || list.Rows[0].Value.Whom != h.admin.String() {
		t.Errorf("got %+v", list.Rows)
	}
}

// The provider's own server says whom it signed out: it has no session, no token of a form, and
// reads no page.
func TestTheProviderSignsSomebodyOut(t *testing.T) {
	h, p := federate(t, nil)
	as(p, "u-cleo", "cleo@example.org", map[string]any{"sid": "s-1"})
	b, provider := h.browser(), h.browser()
	b.via(p, "/signin/provider").to("/probe")
	b.get("/account/sessions").is(200)
	const at = "/signin/provider/logout"
	provider.post(at, "logout_token", p.Logout(map[string]any{"sub": "u-cleo", "nonce": "n"})).is(400, "invalid_request")
	provider.post(at).is(400, "invalid_request")
	b.get("/account/sessions").is(200)
	token := p.Logout(map[string]any{"sub": "u-cleo"})
	a := provider.post(at, "logout_token", token).is(200)
	if a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("the answer has %v", a.header)
	}
	b.get("/account/sessions").to("/signin?next=%2Faccount%2Fsessions")
	provider.post(at, "logout_token", token).is(400, "invalid_request")
	// Where there is no provider there is no such place.
	open(t, false).browser().post(at, "logout_token", token).is(404)
}
