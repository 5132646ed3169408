package oidc

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"slices"
	"time"

	upstream "github.com/coreos/go-oidc/v3/oidc"
)

// loggedOut is the event that makes a token one of back-channel logout.
const loggedOut = "http://schemas.openid.net/event/backchannel-logout"

// maxToken is how long a logout token may be: it is looked at before anything of it is known.
const maxToken = 8 << 10

// Ended is whom the provider says that it signed out: somebody, one of their sessions there,
// or both.
type Ended struct {
	Subject string
	Session string    // the provider's id of it (sid)
	ID      string    // of the token, which counts once
	Until   time.Time // from when on the token would not be believed any more
}

// Logout checks a logout token (OpenID Connect Back-Channel Logout 1.0, 2.6). A [Refusal] is
// one that is not believed; Unavailable, that the provider's keys could not be had. The caller
// sees that no token counts twice.
func (c *Client) Logout(ctx context.Context, raw string) (Ended, error) {
	if raw == "" || len(raw) > maxToken {
		return Ended{}, refuse("no_token")
	}
	p, err := c.discovered(ctx, false)
	if err != nil {
		return Ended{}, err
	}
	// The library would skip what is skipped here too: each is checked below.
	v := p.p.Verifier(&upstream.Config{SupportedSigningAlgs: algorithms, SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true})
	t, err := v.Verify(ctx, raw)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			return Ended{}, unavailable(u.Err, "the identity provider's keys cannot be fetched")
		}
		return Ended{}, refuse("signature")
	}
	var x struct {
		Session string                     `json:"sid"`
		ID      string                     `json:"jti"`
		Nonce   json.RawMessage            `json:"nonce"`
		Issued  json.Number                `json:"iat"`
		Expires json.Number                `json:"exp"`
		Events  map[string]json.RawMessage `json:"events"`
	}
	if t.Claims(&x) != nil {
		return Ended{}, refuse("claims")
	}
	now, issued, expires := c.cfg.Clock.Now(), seconds(x.Issued), seconds(x.Expires)
	event := bytes.TrimSpace(x.Events[loggedOut])
	switch {
	case t.Issuer != c.cfg.Issuer:
		return Ended{}, refuse("issuer")
	case !slices.Contains(t.Audience, c.cfg.ClientID):
		return Ended{}, refuse("audience")
	// An ID token has a nonce and no event: neither is taken for the other.
	case x.Nonce != nil:
		return Ended{}, refuse("nonce")
	case len(event) == 0 || event[0] != '{':
		return Ended{}, refuse("event")
	case t.Subject == "" && x.Session == "", len(t.Subject) > 255, len(x.Session) > 255:
		return Ended{}, refuse("subject")
	case x.ID == "" || len(x.ID) > 255:
		return Ended{}, refuse("no_id")
	case issued.IsZero(), issued.Before(now.Add(-oldest - Skew)):
		return Ended{}, refuse("old")
	case issued.After(now.Add(Skew)):
		return Ended{}, refuse("early")
	case !expires.IsZero() && !expires.Add(Skew).After(now):
		return Ended{}, refuse("expired")
	}
	until := issued.Add(oldest + Skew)
	if !expires.IsZero() && expires.Add(Skew).Before(until) {
		until = expires.Add(Skew)
	}
	return Ended{Subject: t.Subject, Session: x.Session, ID: x.ID, Until: until}, nil
}
