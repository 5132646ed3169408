package oidc

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/subtle"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	upstream "github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"caseward/internal/clock"
	"caseward/internal/fault"
)

// Skew is how far the provider's clock and ours may be apart.
const Skew = time.Minute

const (
	discoverEvery = time.Hour        // keys and addresses are asked for again: a key the provider withdrew is then gone
	retryAfter    = 10 * time.Second // after a failure nobody waits for the next
	patience      = 10 * time.Second // for one answer of the provider
	maxAnswer     = 1 << 20
	oldest        = 10 * time.Minute // a token that was issued longer ago was not made for this question
)

// Config says who the provider is and what its answers mean.
type Config struct {
	Issuer    string // as the provider writes it, to the letter
	ClientID  string
	Secret    string // empty for a public client, which PKCE alone protects
	Redirect  string // where the provider sends the browser back to
	After     string // where it sends it after signing out there
	CA        string // file, in PEM, of whoever signed the provider's certificate; empty for whom the machine trusts
	Scopes    []string
	RoleClaim string   // claim that roles are read from, as "groups", or "realm_access.roles"
	ACR, AMR  []string // values that mean two factors; none means that the provider's word counts for one
	// MaxAge is how long ago somebody may have proved to the provider who they are; 0 for
	// no matter how long. The provider is asked with it. Told makes it say when that was.
	MaxAge time.Duration
	Told   bool
	Clock  clock.Clock
}

// Client asks one provider. It is safe for concurrent use.
type Client struct {
	cfg  Config
	http *http.Client

	mu     sync.Mutex
	now    *provider
	failed time.Time // when the provider last could not be asked; zero since it could
}

type provider struct {
	p     *upstream.Provider
	oauth oauth2.Config
	at    time.Time
	meta  metadata
}

// metadata is what is read of the provider's description beside go-oidc.
type metadata struct {
	Authorize string   `json:"authorization_endpoint"`
	Token     string   `json:"token_endpoint"`
	Keys      string   `json:"jwks_uri"`
	SignOut   string   `json:"end_session_endpoint"`
	UserInfo  string   `json:"userinfo_endpoint"`
	Auth      []string `json:"token_endpoint_auth_methods_supported"`
	SaysIss   bool     `json:"authorization_response_iss_parameter_supported"`
}

// algorithms are the signatures taken: none by a shared secret, and never "none".
var algorithms = []string{upstream.RS256, upstream.RS384, upstream.RS512, upstream.PS256, upstream.PS384, upstream.PS512, upstream.ES256, upstream.ES384, upstream.ES512, upstream.EdDSA}

// Asked is a question under way. It holds secrets and is kept sealed by the browser.
type Asked struct {
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	At       int64  `json:"t"` // microseconds since 1970
	Fresh    bool   `json:"f,omitempty"`
}

// Answer is what the browser brings back from the provider.
type Answer struct {
	State, Code, Issuer, Error string
}

// Identity is who the provider says it is.
type Identity struct {
	Subject    string    // never used again for anybody else, with the issuer
	Mail       string    // in lower case; empty unless the provider says that it was verified
	Unverified bool      // there is an address, and nobody has verified it
	TwoFactors bool      // by what the configuration says means so
	AuthAt     time.Time // when they proved it to the provider; zero if it does not say
	Values     []string  // of the role claim
	Session    string    // the provider's id of the session there (sid); empty if it gives none
}

// Refusal is an answer that was not believed. Reason is a code for the log.
type Refusal struct{ Reason string }

// Error implements error. It holds nothing of the answer.
func (r *Refusal) Error() string { return "oidc.answer: not believed: " + r.Reason }

func refuse(reason string) error { return &Refusal{reason} }

// New returns the client. It asks nothing yet: a provider that is down keeps no server
// from starting.
func New(cfg Config) (*Client, error) {
	const op = "oidc.config"
	if cfg.Issuer == "" || cfg.ClientID == "" || cfg.Redirect == "" || cfg.Clock == nil {
		return nil, fault.Invalidf(op, "the issuer, the client's id and the address to come back to are needed")
	}
	if !safe(cfg.Issuer) {
		return nil, fault.Invalidf(op, "the issuer must begin with https://")
	}
	if !slices.Contains(cfg.Scopes, upstream.ScopeOpenID) {
		cfg.Scopes = append([]string{upstream.ScopeOpenID}, cfg.Scopes...)
	}
	t := http.DefaultTransport.(*http.Transport).Clone()
	t.TLSClientConfig = &tls.Config{MinVersion: tls.VersionTLS12}
	if cfg.CA != "" {
		pem, err := os.ReadFile(cfg.CA)
		if err != nil {
			return nil, fault.Unavailablef(op, err, "cannot read the file of the provider's authority")
		}
		t.TLSClientConfig.RootCAs = x509.NewCertPool()
		if !t.TLSClientConfig.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fault.Invalidf(op, "the file of the provider's authority holds no certificate")
		}
	}
	return &Client{cfg: cfg, http: &http.Client{
		Transport: bounded{t}, Timeout: patience,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

// bounded cuts off what is longer than any honest answer.
type bounded struct{ next http.RoundTripper }

// RoundTrip implements [http.RoundTripper].
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.next.RoundTrip(r)
	if err == nil {
		res.Body = struct {
			io.Reader
			io.Closer
		}{io.LimitReader(res.Body, maxAnswer), res.Body}
	}
	return res, err
}

// safe reports whether an address is reached over TLS, or is on this machine.
func safe(raw string) bool {
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" || u.User != nil {
		return false
	}
	ip := net.ParseIP(u.Hostname())
	return u.Scheme == "https" || u.Scheme == "http" && (u.Hostname() == "localhost" || ip != nil && ip.IsLoopback())
}

// Issuer is the provider's name.
func (c *Client) Issuer() string { return c.cfg.Issuer }

// Away reports whether the provider could not be asked when it last was.
func (c *Client) Away() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return !c.failed.IsZero()
}

// Look asks the provider for its description, so that the sign-in page can say when it
// is away. A job does it each minute.
func (c *Client) Look(ctx context.Context) error {
	_, err := c.discovered(ctx, true)
	return err
}

func unavailable(cause error, why string) error {
	return fault.Unavailablef("oidc.provider", cause, "%s", why)
}

// discovered returns the provider's description, of the last hour.
func (c *Client) discovered(ctx context.Context, look bool) (*provider, error) {
	now := c.cfg.Clock.Now()
	c.mu.Lock()
	p, failed := c.now, c.failed
	c.mu.Unlock()
	if since := now.Sub(failed); !look && !failed.IsZero() && since >= 0 && since < retryAfter {
		return nil, unavailable(nil, "the identity provider could not be reached a moment ago")
	}
	age := time.Duration(0)
	if p != nil {
		age = now.Sub(p.at)
	}
	if p != nil && failed.IsZero() && age >= 0 && age < discoverEvery && !look {
		return p, nil
	}
	got, err := c.discover(ctx, now)
	c.mu.Lock()
	defer c.mu.Unlock()
	if err != nil {
		if ctx.Err() == nil {
			c.failed = now
		}
		return nil, err
	}
	c.failed = time.Time{}
	// Keys are kept with the description: a look does not throw them away.
	if look && p != nil && age >= 0 && age < discoverEvery && got.meta.Keys == p.meta.Keys {
		got.p, got.at = p.p, p.at
	}
	c.now = got
	return got, nil
}

func (c *Client) discover(ctx context.Context, now time.Time) (*provider, error) {
	p, err := upstream.NewProvider(upstream.ClientContext(ctx, c.http), c.cfg.Issuer)
	var mismatch *upstream.IssuerMismatchError
	switch {
	case errors.As(err, &mismatch):
		return nil, unavailable(nil, "the identity provider calls itself something else than oidc.issuer says")
	case err != nil:
		return nil, unavailable(reached(err), "the identity provider cannot be reached, or does not describe itself")
	}
	out := &provider{p: p, at: now}
	if err := p.Claims(&out.meta); err != nil {
		return nil, unavailable(nil, "the identity provider does not describe itself")
	}
	for _, at := range []string{out.meta.Authorize, out.meta.Token, out.meta.Keys} {
		if !safe(at) {
			return nil, unavailable(nil, "the identity provider names an address that is not reached over TLS")
		}
	}
	out.oauth = oauth2.Config{ClientID: c.cfg.ClientID, ClientSecret: c.cfg.Secret, RedirectURL: c.cfg.Redirect, Scopes: c.cfg.Scopes,
		Endpoint: oauth2.Endpoint{AuthURL: out.meta.Authorize, TokenURL: out.meta.Token, AuthStyle: oauth2.AuthStyleInHeader}}
	// The library would try one way and then the other, and so use a code twice.
	if c.cfg.Secret == "" || len(out.meta.Auth) > 0 && !slices.Contains(out.meta.Auth, "client_secret_basic") {
		out.oauth.Endpoint.AuthStyle = oauth2.AuthStyleInParams
	}
	return out, nil
}

// reached is what went wrong on the way, without what the other side wrote.
func reached(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		return u.Err
	}
	return nil
}

func random() string {
	var b [32]byte
	_, _ = rand.Read(b[:])
	return base64.RawURLEncoding.EncodeToString(b[:])
}

// Begin makes a question and says where to send the browser. fresh asks that whoever it
// is proves it to the provider anew. Unavailable: the provider cannot be reached.
func (c *Client) Begin(ctx context.Context, fresh bool) (to string, asked Asked, err error) {
	p, err := c.discovered(ctx, false)
	if err != nil {
		return "", Asked{}, err
	}
	asked = Asked{State: random(), Nonce: random(), Verifier: oauth2.GenerateVerifier(), At: c.cfg.Clock.Now().UnixMicro(), Fresh: fresh}
	opts := []oauth2.AuthCodeOption{upstream.Nonce(asked.Nonce), oauth2.S256ChallengeOption(asked.Verifier)}
	if len(c.cfg.ACR) > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("acr_values", strings.Join(c.cfg.ACR, " ")))
	}
	if fresh {
		opts = append(opts, oauth2.SetAuthURLParam("max_age", "0"), oauth2.SetAuthURLParam("prompt", "login"))
	} else if c.cfg.MaxAge > 0 {
		opts = append(opts, oauth2.SetAuthURLParam("max_age", strconv.Itoa(int(c.cfg.MaxAge/time.Second))))
	}
	return p.oauth.AuthCodeURL(asked.State, opts...), asked, nil
}

// Matches reports whether an answer is to this question, without asking anybody.
func (a Asked) Matches(x Answer) bool {
	return a.State != "" && subtle.ConstantTimeCompare([]byte(a.State), []byte(x.State)) == 1
}

// Finish exchanges the code of an answer and returns who it is. A [Refusal] is an answer
// that is not believed; Unavailable, that the provider could not be asked. The caller
// sees that no question is finished twice.
func (c *Client) Finish(ctx context.Context, asked Asked, x Answer) (Identity, error) {
	if !asked.Matches(x) {
		return Identity{}, refuse("state")
	}
	p, err := c.discovered(ctx, false)
	if err != nil {
		return Identity{}, err
	}
	switch {
	// An answer of another provider, slipped in between (RFC 9207).
	case x.Issuer != "" && x.Issuer != c.cfg.Issuer, x.Issuer == "" && p.meta.SaysIss:
		return Identity{}, refuse("mix_up")
	case x.Error == "access_denied":
		return Identity{}, refuse("cancelled")
	case x.Error == "temporarily_unavailable", x.Error == "server_error":
		return Identity{}, unavailable(nil, "the identity provider says that it cannot answer now")
	case x.Error != "":
		return Identity{}, refuse("provider_refused")
	case x.Code == "":
		return Identity{}, refuse("no_code")
	}
	token, err := p.oauth.Exchange(upstream.ClientContext(ctx, c.http), x.Code, oauth2.VerifierOption(asked.Verifier))
	if err != nil {
		return Identity{}, c.exchange(err)
	}
	raw, _ := token.Extra("id_token").(string)
	if raw == "" {
		return Identity{}, refuse("no_token")
	}
	return c.believe(ctx, p, asked, raw, token)
}

// exchange says what a code that was not taken means. What the provider wrote is not
// handed on: nobody knows what is in it.
func (c *Client) exchange(err error) error {
	var r *oauth2.RetrieveError
	if !errors.As(err, &r) {
		var u *url.Error
		if errors.As(err, &u) {
			return unavailable(u.Err, "the identity provider cannot be reached")
		}
		return refuse("no_token")
	}
	switch code := r.Response.StatusCode; {
	case r.ErrorCode == "invalid_client" || code == http.StatusUnauthorized:
		return unavailable(nil, "the identity provider does not take this server: look at oidc.client_id and the credential caseward-oidc")
	case code >= 500 || code == http.StatusTooManyRequests:
		return unavailable(nil, "the identity provider cannot answer now")
	}
	return refuse("code")
}

// claims are what is read of an ID token besides what the library reads.
type claims struct {
	Party    string          `json:"azp"`
	Session  json.RawMessage `json:"sid"`
	Before   json.Number     `json:"nbf"`
	AuthTime json.Number     `json:"auth_time"`
	ACR      string          `json:"acr"`
	AMR      oneOrMore       `json:"amr"`
	Mail     string          `json:"email"`
	Verified json.RawMessage `json:"email_verified"`
}

// believe checks an ID token (OpenID Connect Core 1.0, 3.1.3.7).
func (c *Client) believe(ctx context.Context, p *provider, asked Asked, raw string, token *oauth2.Token) (Identity, error) {
	// The library checks the signature; the rest is checked here, each for itself, so
	// that the log can say which it was.
	v := p.p.Verifier(&upstream.Config{SupportedSigningAlgs: algorithms, SkipClientIDCheck: true, SkipExpiryCheck: true, SkipIssuerCheck: true})
	t, err := v.Verify(ctx, raw)
	if err != nil {
		var u *url.Error
		if errors.As(err, &u) {
			return Identity{}, unavailable(u.Err, "the identity provider's keys cannot be fetched")
		}
		return Identity{}, refuse("signature")
	}
	var x claims
	var all map[string]json.RawMessage
	if t.Claims(&x) != nil || t.Claims(&all) != nil {
		return Identity{}, refuse("claims")
	}
	now, authAt := c.cfg.Clock.Now(), seconds(x.AuthTime)
	begun := time.UnixMicro(asked.At)
	switch {
	case t.Issuer != c.cfg.Issuer:
		return Identity{}, refuse("issuer")
	case !slices.Contains(t.Audience, c.cfg.ClientID),
		x.Party != "" && x.Party != c.cfg.ClientID,
		len(t.Audience) > 1 && x.Party == "":
		return Identity{}, refuse("audience")
	case t.Subject == "" || len(t.Subject) > 255:
		return Identity{}, refuse("subject")
	case subtle.ConstantTimeCompare([]byte(t.Nonce), []byte(asked.Nonce)) != 1:
		return Identity{}, refuse("nonce")
	case !t.Expiry.Add(Skew).After(now):
		return Identity{}, refuse("expired")
	case t.IssuedAt.After(now.Add(Skew)), seconds(x.Before).After(now.Add(Skew)), authAt.After(now.Add(Skew)):
		return Identity{}, refuse("early")
	case t.IssuedAt.Before(now.Add(-oldest - Skew)):
		return Identity{}, refuse("old")
	case asked.Fresh && authAt.Before(begun.Add(-Skew)):
		return Identity{}, refuse("not_fresh")
	case c.cfg.MaxAge > 0 && authAt.IsZero() && c.cfg.Told:
		return Identity{}, refuse("no_auth_time")
	case c.cfg.MaxAge > 0 && !authAt.IsZero() && authAt.Before(begun.Add(-c.cfg.MaxAge-Skew)):
		return Identity{}, refuse("too_long_ago")
	}
	id := Identity{Subject: t.Subject, AuthAt: authAt}
	if sid := text(x.Session); len(sid) <= 255 {
		id.Session = sid
	}
	if authAt.After(now) {
		id.AuthAt = now
	}
	id.TwoFactors = slices.Contains(c.cfg.ACR, x.ACR) || slices.ContainsFunc(x.AMR, func(m string) bool { return slices.Contains(c.cfg.AMR, m) })
	id.Values = values(all, c.cfg.RoleClaim)
	if x.Mail == "" || c.cfg.RoleClaim != "" && id.Values == nil {
		more, err := c.userInfo(ctx, p, token, t.Subject)
		if err != nil {
			return Identity{}, err
		}
		if x.Mail == "" {
			x.Mail, x.Verified = text(more["email"]), more["email_verified"]
		}
		if id.Values == nil {
			id.Values = values(more, c.cfg.RoleClaim)
		}
	}
	// Some write the boolean as a string.
	if says := string(bytes.Trim(x.Verified, `"`)); says == "true" {
		id.Mail = strings.ToLower(strings.TrimSpace(x.Mail))
	} else {
		id.Unverified = x.Mail != ""
	}
	return id, nil
}

// userInfo asks for claims that a provider leaves out of its ID tokens, where it has a
// place for them. They count only if they are about the same subject (OpenID Connect Core
// 1.0, 5.3.2).
func (c *Client) userInfo(ctx context.Context, p *provider, token *oauth2.Token, subject string) (map[string]json.RawMessage, error) {
	if !safe(p.meta.UserInfo) || token.AccessToken == "" {
		return nil, nil
	}
	info, err := p.p.UserInfo(upstream.ClientContext(ctx, c.http), oauth2.StaticTokenSource(token))
	if err != nil {
		return nil, unavailable(reached(err), "the identity provider does not say more about who it is")
	}
	var out map[string]json.RawMessage
	if info.Subject != subject || info.Claims(&out) != nil {
		return nil, refuse("userinfo")
	}
	return out, nil
}

// text is a claim that is a string; empty if it is not.
func text(raw json.RawMessage) string {
	var s string
	_ = json.Unmarshal(raw, &s)
	return s
}

// seconds is a time as JSON Web Tokens write it; zero if there is none.
func seconds(n json.Number) time.Time {
	f, err := n.Float64()
	if err != nil || f <= 0 || f > 1<<40 {
		return time.Time{}
	}
	return time.Unix(int64(f), 0).UTC()
}

// oneOrMore is a claim that some write as one string and others as a list.
type oneOrMore []string

// UnmarshalJSON implements [json.Unmarshaler].
func (o *oneOrMore) UnmarshalJSON(b []byte) error {
	var one string
	if json.Unmarshal(b, &one) == nil {
		*o = oneOrMore{one}
		return nil
	}
	return json.Unmarshal(b, (*[]string)(o))
}

// values are what a claim says: of this name, or, where there is none, down the path that
// its dots say.
func values(claims map[string]json.RawMessage, name string) []string {
	if name == "" {
		return nil
	}
	if raw, ok := claims[name]; ok {
		var out oneOrMore
		_ = out.UnmarshalJSON(raw)
		return out
	}
	first, rest, ok := strings.Cut(name, ".")
	var inner map[string]json.RawMessage
	if !ok || json.Unmarshal(claims[first], &inner) != nil {
		return nil
	}
	return values(inner, rest)
}

// SignOut is where whoever signed out here can sign out at the provider too; empty where
// it offers none. No token is kept to hint with: the provider asks whom it means.
func (c *Client) SignOut() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil || c.now.meta.SignOut == "" || !safe(c.now.meta.SignOut) {
		return ""
	}
	u, err := url.Parse(c.now.meta.SignOut)
	if err != nil {
		return ""
	}
	q := u.Query()
	q.Set("client_id", c.cfg.ClientID)
	if c.cfg.After != "" {
		q.Set("post_logout_redirect_uri", c.cfg.After)
	}
	u.RawQuery = q.Encode()
	return u.String()
}
