// Package oidctest is an OpenID provider for tests, over real HTTP, that signs by hand
// whatever it is told to: an honest one unless a test alters what it says.
package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/clock"
)

// What the client is registered as.
const (
	ClientID = "caseward"
	Secret   = "s3cret of the client"
	Redirect = "https://care.example.org/signin/provider/back"
)

// Provider is one that runs until the test ends. What it says may be changed between
// requests.
type Provider struct {
	*httptest.Server
	t     testing.TB
	clock clock.Clock

	mu       sync.Mutex
	key      *ecdsa.PrivateKey
	kid      string
	n        int
	codes    map[string]asked
	UserInfo map[string]any                           // what its userinfo endpoint says; nil for none
	Claims   map[string]any                           // of whoever signs in
	Alter    func(header, claims map[string]any)      // the last word on a token
	Forge    func(header, claims []byte) string       // in place of signing
	Lost     bool                                     // it answers nothing any more
	Ahead    time.Duration                            // of our clock, in what it says of the time
	NoKeys   bool                                     // its set of keys is empty
	SaysIss  bool                                     // RFC 9207
	Asked    url.Values                               // what the last question said
	Meta     func(map[string]any)                     // the last word on the description
	Token    func(w http.ResponseWriter) (taken bool) // in place of the token endpoint
}

type asked struct{ nonce, challenge, redirect string }

// Start starts one.
func Start(t testing.TB, c clock.Clock) *Provider {
	p := &Provider{t: t, clock: c, codes: map[string]asked{}, Claims: map[string]any{}}
	p.Rotate()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		m := map[string]any{
			"issuer": p.URL, "authorization_endpoint": p.URL + "/authorize", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/keys",
			"end_session_endpoint": p.URL + "/end", "id_token_signing_alg_values_supported": []string{"ES256", "HS256", "none"},
			"authorization_response_iss_parameter_supported": p.SaysIss,
		}
		if p.UserInfo != nil {
			m["userinfo_endpoint"] = p.URL + "/userinfo"
		}
		if p.Meta != nil {
			p.Meta(m)
		}
		p.answer(w, m)
	})
	mux.HandleFunc("GET /keys", func(w http.ResponseWriter, _ *http.Request) {
		if p.NoKeys {
			p.answer(w, map[string]any{"keys": []any{}})
			return
		}
		pub, _ := p.key.PublicKey.Bytes()
		p.answer(w, map[string]any{"keys": []any{map[string]any{"kty": "EC", "crv": "P-256", "alg": "ES256", "use": "sig", "kid": p.kid, "x": b64(pub[1:33]), "y": b64(pub[33:])}}})
	})
	mux.HandleFunc("POST /token", p.token)
	mux.HandleFunc("GET /userinfo", func(w http.ResponseWriter, r *http.Request) {
		if p.UserInfo == nil || r.Header.Get("Authorization") != "Bearer for userinfo" {
			w.WriteHeader(http.StatusUnauthorized)
			return
		}
		p.answer(w, p.UserInfo)
	})
	p.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		defer p.mu.Unlock()
		if p.Lost {
			w.WriteHeader(http.StatusBadGateway)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(p.Close)
	return p
}

// Set changes what the provider says.
func (p *Provider) Set(f func(p *Provider)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	f(p)
}

// Rotate has it sign with a new key, and forget the old one.
func (p *Provider) Rotate() {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		p.t.Fatal(err)
	}
	p.Set(func(p *Provider) {
		p.n++
		p.key, p.kid = key, "key"+strconv.Itoa(p.n)
	})
}

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

func (p *Provider) answer(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Date", p.clock.Now().Add(p.Ahead).UTC().Format(http.TimeFormat))
	if err := json.NewEncoder(w).Encode(v); err != nil {
		p.t.Error(err)
	}
}

// SignIn is a person signing in at the provider: it takes the address that a browser was
// sent to, and returns the query it is sent back with.
func (p *Provider) SignIn(to string) url.Values {
	p.t.Helper()
	u, err := url.Parse(to)
	if err != nil {
		p.t.Fatal(err)
	}
	q := u.Query()
	for k, want := range map[string]string{"response_type": "code", "client_id": ClientID, "code_challenge_method": "S256", "redirect_uri": Redirect} {
		if q.Get(k) != want {
			p.t.Errorf("the question says %s=%q, want %q", k, q.Get(k), want)
		}
	}
	if q.Get("state") == "" || q.Get("nonce") == "" || q.Get("code_challenge") == "" {
		p.t.Errorf("the question has no state, nonce or challenge: %s", to)
	}
	var b [16]byte
	_, _ = rand.Read(b[:])
	code := b64(b[:])
	out := url.Values{"code": {code}, "state": {q.Get("state")}}
	p.Set(func(p *Provider) {
		p.Asked = q
		p.codes[code] = asked{q.Get("nonce"), q.Get("code_challenge"), q.Get("redirect_uri")}
		if p.SaysIss {
			out.Set("iss", p.URL)
		}
	})
	return out
}

func (p *Provider) token(w http.ResponseWriter, r *http.Request) {
	if p.Token != nil && p.Token(w) {
		return
	}
	fail := func(status int, code string) {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(map[string]any{"error": code, "error_description": "secret words of the provider"})
	}
	id, secret, _ := r.BasicAuth()
	if s, err := url.QueryUnescape(secret); err != nil || id != ClientID || s != Secret {
		fail(http.StatusUnauthorized, "invalid_client")
		return
	}
	x, ok := p.codes[r.FormValue("code")]
	delete(p.codes, r.FormValue("code"))
	sum := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !ok || b64(sum[:]) != x.challenge || r.FormValue("redirect_uri") != x.redirect {
		fail(http.StatusBadRequest, "invalid_grant")
		return
	}
	now := p.clock.Now().Unix()
	header := map[string]any{"alg": "ES256", "kid": p.kid, "typ": "JWT"}
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "sub": "someone", "nonce": x.nonce, "iat": now, "exp": now + 300, "auth_time": now}
	for k, v := range p.Claims {
		claims[k] = v
	}
	if p.Alter != nil {
		p.Alter(header, claims)
	}
	h, _ := json.Marshal(header)
	c, _ := json.Marshal(claims)
	raw := p.sign(h, c)
	if p.Forge != nil {
		raw = p.Forge(h, c)
	}
	p.answer(w, map[string]any{"access_token": "for userinfo", "token_type": "Bearer", "id_token": raw})
}

// Logout is a token of back-channel logout about "someone", with these claims in place of the
// usual ones; nil leaves one out.
func (p *Provider) Logout(with map[string]any) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := p.clock.Now().Unix()
	claims := map[string]any{"iss": p.URL, "aud": ClientID, "sub": "someone", "iat": now, "exp": now + 120, "jti": rand.Text(), "events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	for k, v := range with {
		if claims[k] = v; v == nil {
			delete(claims, k)
		}
	}
	h, _ := json.Marshal(map[string]any{"alg": "ES256", "kid": p.kid, "typ": "logout+jwt"})
	c, _ := json.Marshal(claims)
	if p.Forge != nil {
		return p.Forge(h, c)
	}
	return p.sign(h, c)
}

// Signer signs as the key of now does, also after another took its place.
func (p *Provider) Signer() func(header, claims []byte) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	key, kid := p.key, p.kid
	return func(header, claims []byte) string {
		return p.signed(key, []byte(strings.Replace(string(header), `"`+p.kid+`"`, `"`+kid+`"`, 1)), claims)
	}
}

func (p *Provider) sign(header, claims []byte) string { return p.signed(p.key, header, claims) }

func (p *Provider) signed(key *ecdsa.PrivateKey, header, claims []byte) string {
	text := b64(header) + "." + b64(claims)
	sum := sha256.Sum256([]byte(text))
	der, err := key.Sign(rand.Reader, sum[:], crypto.SHA256)
	if err != nil {
		p.t.Error(err)
		return ""
	}
	// JSON Web Signatures have the two numbers one after the other, not as ASN.1.
	return text + "." + b64(joined(der))
}

// joined takes the two numbers out of an ASN.1 signature of P-256.
func joined(der []byte) []byte {
	out := make([]byte, 64)
	der = der[2:]
	for i := range 2 {
		n := int(der[1])
		b := der[2 : 2+n]
		der = der[2+n:]
		for len(b) > 32 {
			b = b[1:]
		}
		copy(out[32*(i+1)-len(b):], b)
	}
	return out
}

// Unsigned is a token without a signature.
func Unsigned(header, claims []byte) string { return b64(header) + "." + b64(claims) + "." }

// Shared is a token signed with the client's secret.
func Shared(header, claims []byte) string {
	text := b64(header) + "." + b64(claims)
	m := hmac.New(sha256.New, []byte(Secret))
	_, _ = m.Write([]byte(text))
	return text + "." + b64(m.Sum(nil))
}
