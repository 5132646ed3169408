package oidc_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
)

func TestHowLongAgoSomebodySignedInThere(t *testing.T) {
	const most = 8 * time.Hour
	for name, tc := range map[string]struct {
		ago   time.Duration
		quiet bool // the provider does not say when
		told  bool // it must
		want  string
	}{
		"just now":                           {},
		"as long ago as may be":              {ago: most},
		"a clock's difference longer":        {ago: most + oidc.Skew},
		"a second more":                      {ago: most + oidc.Skew + time.Second, want: "too_long_ago"},
		"yesterday":                          {ago: 24 * time.Hour, told: true, want: "too_long_ago"},
		"the provider does not say":          {quiet: true},
		"the provider does not say and must": {quiet: true, told: true, want: "no_auth_time"},
		"the provider says, as it must":      {ago: time.Hour, told: true},
	} {
		t.Run(name, func(t *testing.T) {
			c, p, _ := open(t, func(c *oidc.Config) { c.MaxAge, c.Told = most, tc.told })
			p.Set(func(p *oidctest.Provider) {
				p.Alter = func(_, claims map[string]any) {
					claims["auth_time"] = start.Add(-tc.ago).Unix()
					if tc.quiet {
						delete(claims, "auth_time")
					}
				}
			})
			asked, ans := answer(t, c, p, false)
			if got := p.Asked.Get("max_age"); got != "28800" || p.Asked.Has("prompt") {
				t.Errorf("the provider is asked with max_age %q", got)
			}
			_, err := c.Finish(context.Background(), asked, ans)
			var not *oidc.Refusal
			switch {
			case tc.want == "" && err != nil:
				t.Errorf("refused: %v", err)
			case tc.want != "" && (!errors.As(err, &not) || not.Reason != tc.want):
				t.Errorf("got %v, want %s", err, tc.want)
			}
		})
	}
	c, p, _ := open(t)
	answer(t, c, p, false)
	if p.Asked.Has("max_age") {
		t.Error("without a bound the provider is asked with one")
	}
	c, p, _ = open(t, func(c *oidc.Config) { c.MaxAge = most })
	answer(t, c, p, true)
	if got := p.Asked.Get("max_age"); got != "0" {
		t.Errorf("a fresh proof is asked for with max_age %q", got)
	}
}

func TestSurvey(t *testing.T) {
	ctx := context.Background()
	c, p, _ := open(t)
	if s, err := c.Survey(ctx); err != nil || s.Keys != 1 || !s.Clock || s.Apart != 0 {
		t.Errorf("an honest provider: %+v, %v", s, err)
	}
	p.Set(func(p *oidctest.Provider) { p.Ahead = -3 * time.Minute })
	if s, err := c.Survey(ctx); err != nil || s.Apart != -3*time.Minute {
		t.Errorf("one whose clock is behind: %+v, %v", s, err)
	}
	for name, set := range map[string]func(p *oidctest.Provider){
		"that is away":     func(p *oidctest.Provider) { p.Lost = true },
		"that has no keys": func(p *oidctest.Provider) { p.NoKeys = true },
		"that calls itself another": func(p *oidctest.Provider) {
			p.Meta = func(m map[string]any) { m["issuer"] = "https://another.example" }
		},
		"whose keys come in the clear": func(p *oidctest.Provider) {
			p.Meta = func(m map[string]any) { m["jwks_uri"] = "http://keys.example/keys" }
		},
		"that names keys it has not got": func(p *oidctest.Provider) { p.Meta = func(m map[string]any) { m["jwks_uri"] = p.URL + "/nowhere" } },
	} {
		c, p, _ := open(t)
		p.Set(set)
		if _, err := c.Survey(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a provider %s: %v", name, err)
		}
	}
}
