package oidc_test

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func open(t *testing.T, change ...func(*oidc.Config)) (*oidc.Client, *oidctest.Provider, *clock.Fake) {
	t.Helper()
	c := clock.NewFake(start)
	p := oidctest.Start(t, c)
	cfg := oidc.Config{Issuer: p.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: oidctest.Redirect, After: "https://care.example.org/signin", Clock: c}
	for _, f := range change {
		f(&cfg)
	}
	client, err := oidc.New(cfg)
	if err != nil {
		t.Fatal(err)
	}
	return client, p, c
}

// answer signs in at the provider and comes back.
func answer(t *testing.T, c *oidc.Client, p *oidctest.Provider, fresh bool) (oidc.Asked, oidc.Answer) {
	t.Helper()
	to, asked, err := c.Begin(context.Background(), fresh)
	if err != nil {
		t.Fatal(err)
	}
	q := p.SignIn(to)
	return asked, oidc.Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss")}
}

func reason(err error) string {
	var r *oidc.Refusal
	if errors.As(err, &r) {
		return r.Reason
	}
	return ""
}

func TestAnHonestAnswerSaysWhoItIs(t *testing.T) {
	c, p, _ := open(t, func(c *oidc.Config) {
		c.AMR, c.ACR, c.RoleClaim = []string{"mfa"}, []string{"loa3"}, "realm_access.roles"
	})
	p.Set(func(p *oidctest.Provider) {
		p.Claims = map[string]any{"sub": "u-1", "email": " Ana@Example.ORG", "email_verified": true, "amr": []string{"pwd", "mfa"}, "realm_access": map[string]any{"roles": []string{"a", "b"}}}
	})
	asked, ans := answer(t, c, p, false)
	id, err := c.Finish(context.Background(), asked, ans)
	if err != nil {
		t.Fatal(err)
	}
	if id.Subject != "u-1" || id.Mail != "ana@example.org" || !id.TwoFactors || !id.AuthAt.Equal(start) || strings.Join(id.Values, " ") != "a b" {
		t.Errorf("got %+v", id)
	}
	if p.Asked.Get("acr_values") != "loa3" || p.Asked.Has("prompt") {
		t.Errorf("asked %v", p.Asked)
	}
	if out := c.SignOut(); !strings.HasPrefix(out, p.URL+"/end?") || !strings.Contains(out, "client_id=caseward") || !strings.Contains(out, "post_logout_redirect_uri=https%3A%2F%2Fcare.example.org%2Fsignin") {
		t.Errorf("signing out leads to %s", out)
	}
}

func TestWhatMeansTwoFactorsAndWhoseAddress(t *testing.T) {
	for name, tc := range map[string]struct {
		claims     map[string]any
		two        bool
		mail       string
		unverified bool
	}{
		"acr":                         {map[string]any{"acr": "loa3"}, true, "", false},
		"amr as one string":           {map[string]any{"amr": "mfa"}, true, "", false},
		"amr that is not listed":      {map[string]any{"amr": []string{"pwd", "otp"}}, false, "", false},
		"an acr in the place of amr":  {map[string]any{"acr": "mfa"}, false, "", false},
		"neither":                     {map[string]any{}, false, "", false},
		"an address nobody verified":  {map[string]any{"email": "a@example.org"}, false, "", true},
		"one that is said not to be":  {map[string]any{"email": "a@example.org", "email_verified": false}, false, "", true},
		"verified, written as string": {map[string]any{"email": "a@example.org", "email_verified": "true"}, false, "a@example.org", false},
		"verified by a number":        {map[string]any{"email": "a@example.org", "email_verified": 1}, false, "", true},
	} {
		t.Run(name, func(t *testing.T) {
			c, p, _ := open(t, func(c *oidc.Config) { c.AMR, c.ACR = []string{"mfa"}, []string{"loa3"} })
			p.Set(func(p *oidctest.Provider) { p.Claims = tc.claims })
			asked, ans := answer(t, c, p, false)
			id, err := c.Finish(context.Background(), asked, ans)
			if err != nil || id.TwoFactors != tc.two || id.Mail != tc.mail || id.Unverified != tc.unverified {
				t.Errorf("got %+v, %v", id, err)
			}
		})
	}
	c, p, _ := open(t)
	p.Set(func(p *oidctest.Provider) { p.Claims = map[string]any{"acr": "", "amr": []string{""}} })
	asked, ans := answer(t, c, p, false)
	if id, err := c.Finish(context.Background(), asked, ans); err != nil || id.TwoFactors {
		t.Errorf("with nothing configured: %+v, %v", id, err)
	}
}

// TestMaliciousAnswersAreNotBelieved is every way in which an answer can lie.
func TestMaliciousAnswersAreNotBelieved(t *testing.T) {
	set := func(k string, v any) func(h, c map[string]any) { return func(_, c map[string]any) { c[k] = v } }
	now := start.Unix()
	for name, tc := range map[string]struct {
		want  string
		fresh bool
		alter func(h, c map[string]any)
		forge func(h, c []byte) string
		ans   func(*oidc.Answer)
		asked func(*oidc.Asked)
	}{
		"honest":                              {},
		"made for somebody else":              {want: "audience", alter: set("aud", "another")},
		"made for us and another, and nobody": {want: "audience", alter: set("aud", []string{oidctest.ClientID, "another"})},
		"made for us and another, by another": {want: "audience", alter: func(_, c map[string]any) { c["aud"], c["azp"] = []string{oidctest.ClientID, "another"}, "another" }},
		"made for us and another, by us": {alter: func(_, c map[string]any) {
			c["aud"], c["azp"] = []string{oidctest.ClientID, "another"}, oidctest.ClientID
		}},
		"made for nobody":                         {want: "audience", alter: set("aud", []string{})},
		"by another issuer":                       {want: "issuer", alter: set("iss", "https://login.example.net")},
		"by an issuer nearly the same":            {want: "issuer", alter: func(_, c map[string]any) { c["iss"] = c["iss"].(string) + "/" }},
		"for another question":                    {want: "nonce", alter: set("nonce", "x")},
		"for no question":                         {want: "nonce", alter: func(_, c map[string]any) { delete(c, "nonce") }},
		"about nobody":                            {want: "subject", alter: func(_, c map[string]any) { delete(c, "sub") }},
		"about somebody of no name":               {want: "subject", alter: set("sub", "")},
		"about somebody of too long a name":       {want: "subject", alter: set("sub", strings.Repeat("x", 256))},
		"expired":                                 {want: "expired", alter: set("exp", now-60)},
		"expired within the skew":                 {alter: set("exp", now-59)},
		"that never expires":                      {want: "expired", alter: func(_, c map[string]any) { delete(c, "exp") }},
		"issued in the future":                    {want: "early", alter: set("iat", now+61)},
		"issued in the future within the skew":    {alter: set("iat", now+60)},
		"not good yet":                            {want: "early", alter: set("nbf", now+61)},
		"issued long ago":                         {want: "old", alter: func(_, c map[string]any) { c["iat"], c["exp"] = now-661, now+3600 }},
		"issued never":                            {want: "old", alter: func(_, c map[string]any) { delete(c, "iat") }},
		"authenticated in the future":             {want: "early", alter: set("auth_time", now+61)},
		"not fresh where it must be":              {want: "not_fresh", fresh: true, alter: set("auth_time", now-61)},
		"that does not say when where it must":    {want: "not_fresh", fresh: true, alter: func(_, c map[string]any) { delete(c, "auth_time") }},
		"fresh where it must be":                  {fresh: true},
		"authenticated long ago where it may":     {alter: set("auth_time", now-40000)},
		"unsigned":                                {want: "signature", alter: func(h, _ map[string]any) { h["alg"] = "none" }, forge: oidctest.Unsigned},
		"unsigned, under the name of a signature": {want: "signature", forge: oidctest.Unsigned},
		"signed with the shared secret":           {want: "signature", alter: func(h, _ map[string]any) { h["alg"] = "HS256" }, forge: oidctest.Shared},
		"signed with it, under another name":      {want: "signature", forge: oidctest.Shared},
		"with a key that is not published":        {want: "signature", alter: func(h, _ map[string]any) { h["kid"] = "other" }},
		"with nothing in it":                      {want: "signature", forge: func(_, _ []byte) string { return "a.b.c" }},
		"with no token":                           {want: "no_token", forge: func(_, _ []byte) string { return "" }},
		"that names another provider":             {want: "mix_up", ans: func(a *oidc.Answer) { a.Issuer = "https://login.example.net" }},
		"with another state":                      {want: "state", ans: func(a *oidc.Answer) { a.State = "x" }},
		"with no state":                           {want: "state", ans: func(a *oidc.Answer) { a.State = "" }, asked: func(a *oidc.Asked) { a.State = "" }},
		"with no code":                            {want: "no_code", ans: func(a *oidc.Answer) { a.Code = "" }},
		"with a code of nobody":                   {want: "code", ans: func(a *oidc.Answer) { a.Code = "x" }},
		"with the code of another question":       {want: "code", asked: func(a *oidc.Asked) { a.Verifier += "x" }},
		"that they said no":                       {want: "cancelled", ans: func(a *oidc.Answer) { a.Code, a.Error = "", "access_denied" }},
		"that the provider will not":              {want: "provider_refused", ans: func(a *oidc.Answer) { a.Code, a.Error = "", "invalid_scope" }},
	} {
		t.Run(name, func(t *testing.T) {
			c, p, _ := open(t)
			p.Set(func(p *oidctest.Provider) { p.Alter, p.Forge = tc.alter, tc.forge })
			asked, ans := answer(t, c, p, tc.fresh)
			if tc.ans != nil {
				tc.ans(&ans)
			}
			if tc.asked != nil {
				tc.asked(&asked)
			}
			id, err := c.Finish(context.Background(), asked, ans)
			if got := reason(err); got != tc.want || (tc.want == "") != (err == nil) || err != nil && id.Subject != "" {
				t.Errorf("got %q, %v for %+v; want %q", got, err, id, tc.want)
			}
			if tc.fresh && (p.Asked.Get("max_age") != "0" || p.Asked.Get("prompt") != "login") {
				t.Errorf("asked for a fresh proof by %v", p.Asked)
			}
		})
	}
}

func TestWhatTheTokenLeavesOutIsAskedFor(t *testing.T) {
	for name, tc := range map[string]struct {
		claims, info map[string]any
		mail, want   string
		unverified   bool
	}{
		"an address":                           {nil, map[string]any{"sub": "someone", "email": "a@example.org", "email_verified": true}, "a@example.org", "", false},
		"one that nobody verified":             {nil, map[string]any{"sub": "someone", "email": "a@example.org"}, "", "", true},
		"of somebody else":                     {nil, map[string]any{"sub": "another", "email": "a@example.org", "email_verified": true}, "", "userinfo", false},
		"that the token says was not verified": {map[string]any{"email": "a@example.org", "email_verified": false, "groups": []string{}}, map[string]any{"sub": "someone", "email_verified": true}, "", "", true},
	} {
		t.Run(name, func(t *testing.T) {
			c, p, _ := open(t, func(c *oidc.Config) { c.RoleClaim = "groups" })
			p.Set(func(p *oidctest.Provider) {
				p.UserInfo = tc.info
				if tc.claims != nil {
					p.Claims = tc.claims
				}
			})
			asked, ans := answer(t, c, p, false)
			id, err := c.Finish(context.Background(), asked, ans)
			if id.Mail != tc.mail || id.Unverified != tc.unverified || reason(err) != tc.want {
				t.Errorf("got %+v, %v", id, err)
			}
		})
	}
	c, p, _ := open(t, func(c *oidc.Config) { c.RoleClaim = "groups" })
	p.Set(func(p *oidctest.Provider) { p.UserInfo = map[string]any{"sub": "someone", "groups": []string{"g"}} })
	asked, ans := answer(t, c, p, false)
	if id, err := c.Finish(context.Background(), asked, ans); err != nil || len(id.Values) != 1 || id.Values[0] != "g" {
		t.Errorf("got %+v, %v", id, err)
	}
}

func TestACodeIsGoodOnce(t *testing.T) {
	c, p, _ := open(t)
	asked, ans := answer(t, c, p, false)
	if _, err := c.Finish(context.Background(), asked, ans); err != nil {
		t.Fatal(err)
	}
	if _, err := c.Finish(context.Background(), asked, ans); reason(err) != "code" {
		t.Errorf("the second time: %v", err)
	}
}

func TestAProviderThatNamesItselfMustAlways(t *testing.T) {
	c, p, _ := open(t)
	p.Set(func(p *oidctest.Provider) { p.SaysIss = true })
	asked, ans := answer(t, c, p, false)
	without := ans
	without.Issuer = ""
	if _, err := c.Finish(context.Background(), asked, without); reason(err) != "mix_up" {
		t.Errorf("without a name: %v", err)
	}
	if _, err := c.Finish(context.Background(), asked, ans); err != nil {
		t.Errorf("with its name: %v", err)
	}
}

func TestKeysAreFetchedAnew(t *testing.T) {
	c, p, clk := open(t)
	ctx := context.Background()
	sign := func() error {
		asked, ans := answer(t, c, p, false)
		_, err := c.Finish(ctx, asked, ans)
		return err
	}
	if err := sign(); err != nil {
		t.Fatal(err)
	}
	p.Rotate()
	if err := sign(); err != nil {
		t.Errorf("after the key was changed: %v", err)
	}
	// A key that the provider withdrew is forgotten within the hour, though nothing else
	// made us ask: what it signed is not believed any more.
	old := p.Signer()
	clk.Advance(time.Hour)
	if err := c.Look(ctx); err != nil {
		t.Fatal(err)
	}
	p.Rotate()
	p.Set(func(p *oidctest.Provider) { p.Forge = old })
	if err := sign(); reason(err) != "signature" {
		t.Errorf("by a key that was withdrawn: %v", err)
	}
}

func TestAProviderThatIsAwayIsNoVerdict(t *testing.T) {
	ctx := context.Background()
	for name, lose := range map[string]func(p *oidctest.Provider){
		"lost": func(p *oidctest.Provider) { p.Lost = true },
		"under another name": func(p *oidctest.Provider) {
			p.Meta = func(m map[string]any) { m["issuer"] = "https://login.example.net" }
		},
		"with tokens in the clear": func(p *oidctest.Provider) {
			p.Meta = func(m map[string]any) { m["token_endpoint"] = "http://login.example.net/token" }
		},
		"with questions in the clear": func(p *oidctest.Provider) {
			p.Meta = func(m map[string]any) { m["authorization_endpoint"] = "http://login.example.net/a" }
		},
	} {
		t.Run(name, func(t *testing.T) {
			c, p, clk := open(t)
			p.Set(lose)
			if _, _, err := c.Begin(ctx, false); !fault.Is(err, fault.Unavailable) {
				t.Errorf("got %v", err)
			}
			if !c.Away() {
				t.Error("nobody would be told")
			}
			p.Set(func(p *oidctest.Provider) { p.Lost, p.Meta = false, nil })
			if _, _, err := c.Begin(ctx, false); !fault.Is(err, fault.Unavailable) {
				t.Errorf("asked again at once: %v", err)
			}
			clk.Advance(10 * time.Second)
			if _, _, err := c.Begin(ctx, false); err != nil || c.Away() {
				t.Errorf("once it is back: %v", err)
			}
			p.Set(lose)
			if err := c.Look(ctx); err == nil || !c.Away() {
				t.Error("a look did not see that it is away")
			}
		})
	}
	t.Run("in the middle", func(t *testing.T) {
		c, p, _ := open(t)
		asked, ans := answer(t, c, p, false)
		p.Set(func(p *oidctest.Provider) { p.Lost = true })
		if _, err := c.Finish(ctx, asked, ans); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("another secret", func(t *testing.T) {
		c, p, _ := open(t, func(c *oidc.Config) { c.Secret = "wrong" })
		asked, ans := answer(t, c, p, false)
		_, err := c.Finish(ctx, asked, ans)
		if !fault.Is(err, fault.Unavailable) || strings.Contains(err.Error(), "secret words") {
			t.Errorf("got %v", err)
		}
	})
	t.Run("that leads elsewhere", func(t *testing.T) {
		c, p, _ := open(t)
		asked, ans := answer(t, c, p, false)
		p.Set(func(p *oidctest.Provider) {
			p.Token = func(w http.ResponseWriter) bool {
				w.Header().Set("Location", "https://login.example.net/token")
				w.WriteHeader(http.StatusTemporaryRedirect)
				return true
			}
		})
		if _, err := c.Finish(ctx, asked, ans); reason(err) != "code" {
			t.Errorf("got %v", err)
		}
	})
}

func TestConfigIsChecked(t *testing.T) {
	for _, cfg := range []oidc.Config{
		{},
		{Issuer: "http://login.example.org", ClientID: "c", Redirect: "r", Clock: clock.System()},
		{Issuer: "https://u:p@login.example.org", ClientID: "c", Redirect: "r", Clock: clock.System()},
		{Issuer: "https://login.example.org", ClientID: "c", Redirect: "r", Clock: clock.System(), CA: "/nowhere"},
	} {
		if _, err := oidc.New(cfg); err == nil {
			t.Errorf("%+v was taken", cfg)
		}
	}
}
