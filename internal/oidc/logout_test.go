package oidc_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
)

func TestALogoutTokenSaysWhoIsOut(t *testing.T) {
	c, p, _ := open(t)
	for name, tc := range map[string]struct {
		claims map[string]any
		want   oidc.Ended
	}{
		"somebody":                           {map[string]any{"sub": "u-1", "jti": "1"}, oidc.Ended{Subject: "u-1", ID: "1", Until: start.Add(2*time.Minute + oidc.Skew)}},
		"one session of somebody":            {map[string]any{"sub": "u-1", "sid": "s-1", "jti": "2"}, oidc.Ended{Subject: "u-1", Session: "s-1", ID: "2", Until: start.Add(2*time.Minute + oidc.Skew)}},
		"a session":                          {map[string]any{"sub": nil, "sid": "s-1", "jti": "3"}, oidc.Ended{Session: "s-1", ID: "3", Until: start.Add(2*time.Minute + oidc.Skew)}},
		"a token of ours among others":       {map[string]any{"sub": "u-1", "jti": "4", "aud": []string{"another", oidctest.ClientID}}, oidc.Ended{Subject: "u-1", ID: "4", Until: start.Add(2*time.Minute + oidc.Skew)}},
		"a token that does not say how long": {map[string]any{"sub": "u-1", "jti": "5", "exp": nil}, oidc.Ended{Subject: "u-1", ID: "5", Until: start.Add(10*time.Minute + oidc.Skew)}},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := c.Logout(context.Background(), p.Logout(tc.claims))
			if err != nil || got.Subject != tc.want.Subject || got.Session != tc.want.Session || got.ID != tc.want.ID || !got.Until.Equal(tc.want.Until) {
				t.Errorf("got %+v, %v, want %+v", got, err, tc.want)
			}
		})
	}
}

func TestALogoutTokenThatIsNotOneIsNotBelieved(t *testing.T) {
	c, p, _ := open(t)
	event := "http://schemas.openid.net/event/backchannel-logout"
	old := p.Signer()
	p.Rotate()
	for name, tc := range map[string]struct {
		claims map[string]any
		forge  func(header, claims []byte) string
		why    string
	}{
		"no signature":               {nil, oidctest.Unsigned, "signature"},
		"signed by our own secret":   {nil, oidctest.Shared, "signature"},
		"signed by a key of before":  {nil, old, "signature"},
		"nothing":                    {nil, func([]byte, []byte) string { return "" }, "no_token"},
		"no token":                   {nil, func([]byte, []byte) string { return "x.y.z" }, "signature"},
		"too long":                   {nil, func([]byte, []byte) string { return strings.Repeat("x", 9000) }, "no_token"},
		"another issuer":             {map[string]any{"iss": "https://evil.example"}, nil, "issuer"},
		"for somebody else":          {map[string]any{"aud": "another"}, nil, "audience"},
		"with a nonce":               {map[string]any{"nonce": "n"}, nil, "nonce"},
		"with a nonce that is empty": {map[string]any{"nonce": ""}, nil, "nonce"},
		"no event":                   {map[string]any{"events": nil}, nil, "event"},
		"another event":              {map[string]any{"events": map[string]any{"x": map[string]any{}}}, nil, "event"},
		"an event that is none":      {map[string]any{"events": map[string]any{event: true}}, nil, "event"},
		"events that are a list":     {map[string]any{"events": []string{event}}, nil, "claims"},
		"nobody":                     {map[string]any{"sub": nil}, nil, "subject"},
		"no id":                      {map[string]any{"jti": nil}, nil, "no_id"},
		"of yesterday":               {map[string]any{"iat": start.Add(-24 * time.Hour).Unix()}, nil, "old"},
		"without a time":             {map[string]any{"iat": nil}, nil, "old"},
		"of tomorrow":                {map[string]any{"iat": start.Add(24 * time.Hour).Unix()}, nil, "early"},
		"expired":                    {map[string]any{"exp": start.Add(-2 * time.Minute).Unix()}, nil, "expired"},
	} {
		t.Run(name, func(t *testing.T) {
			p.Set(func(p *oidctest.Provider) { p.Forge = tc.forge })
			got, err := c.Logout(context.Background(), p.Logout(tc.claims))
			if reason(err) != tc.why || got != (oidc.Ended{}) {
				t.Errorf("got %+v, %v, want %s", got, err, tc.why)
			}
		})
	}
	p.Set(func(p *oidctest.Provider) { p.Forge, p.Lost = nil, true })
	if _, err := c.Logout(context.Background(), p.Logout(nil)); err != nil && !fault.Is(err, fault.Unavailable) {
		t.Errorf("with the provider away: %v", err)
	}
}
