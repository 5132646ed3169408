package acme

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"math/big"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/crypto/acme/autocert"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

const host = "care.example.org"

var (
	ctx   = context.Background()
	start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
)

// nodes are servers of one agency.
func nodes(t *testing.T, d *db.DB, c clock.Clock, cfg Config, n int) []*Manager {
	t.Helper()
	w := keystest.Wrapper(t, t.TempDir(), c)
	var out []*Manager
	for range n {
		m, err := New(ctx, d, keys.NewAgency(d, w), c, cfg)
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, m)
	}
	return out
}

// away is an authority that nobody reaches, and counts who tried.
type away struct{ asked atomic.Int64 }

func (a *away) RoundTrip(*http.Request) (*http.Response, error) {
	a.asked.Add(1)
	return nil, errors.New("away")
}

func hello(name string) *tls.ClientHelloInfo { return &tls.ClientHelloInfo{ServerName: name} }

func TestStore(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		two := nodes(t, d, clock.NewFake(start), Config{Host: host}, 2)
		a, b := two[0].store, two[1].store
		if _, err := a.Get(ctx, "x"); !errors.Is(err, autocert.ErrCacheMiss) {
			t.Errorf("what is not there: %v", err)
		}
		for _, v := range []string{"one", "two"} {
			if err := a.Put(ctx, "x", []byte(v)); err != nil {
				t.Fatal(err)
			}
			if got, err := b.Get(ctx, "x"); err != nil || string(got) != v {
				t.Errorf("another server has %q, %v", got, err)
			}
		}
		var sealed []byte
		if err := d.QueryRow(ctx, `SELECT sealed FROM acme WHERE name = $1`, "x").Scan(&sealed); err != nil || bytes.Contains(sealed, []byte("two")) {
			t.Errorf("it lies in the clear: %q, %v", sealed, err)
		}
		// Put in the place of another, it is not taken.
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO acme (name, sealed) VALUES ($1, $2)`, "y", sealed)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := b.Get(ctx, "y"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("what was moved: %v", err)
		}
		if err := b.Delete(ctx, "x"); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Get(ctx, "x"); !errors.Is(err, autocert.ErrCacheMiss) {
			t.Errorf("what is gone: %v", err)
		}
	})
}

func TestWhomIsAsked(t *testing.T) {
	authority, c := &away{}, clock.NewFake(start)
	m := nodes(t, dbtest.SQLite(t), c, Config{Host: host, Directory: "https://ca.example.org", HTTP: &http.Client{Transport: authority}}, 1)[0]
	for _, name := range []string{"", "evil.example.org", "192.0.2.7", "2001:db8::1", "x." + host, "localhost", "care\x00.example.org"} {
		if _, err := m.certificate(hello(name)); err == nil {
			t.Errorf("%q has a certificate", name)
		}
	}
	if n := authority.asked.Load(); n != 0 {
		t.Fatalf("the authority was asked %d times for others", n)
	}
	if err := m.Obtain(ctx); !fault.Is(err, fault.Unavailable) {
		t.Errorf("an authority that is away: %v", err)
	}
	n := authority.asked.Load()
	if n == 0 {
		t.Fatal("the authority was not asked for the site")
	}
	for range 100 {
		_, _ = m.certificate(hello(host))
	}
	if authority.asked.Load() != n {
		t.Error("strangers had the authority asked again at once")
	}
	c.Advance(again)
	if err := m.allowed(ctx, host); err != nil {
		t.Errorf("a quarter of an hour later: %v", err)
	}
}

// certified is a certificate with its key, as autocert keeps them.
func certified(t *testing.T, from, until time.Time) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), DNSNames: []string{host}, NotBefore: from, NotAfter: until}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	k, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return append(pem.EncodeToMemory(&pem.Block{Type: "EC PRIVATE KEY", Bytes: k}), pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})...)
}

func TestEnds(t *testing.T) {
	m := nodes(t, dbtest.SQLite(t), clock.NewFake(start), Config{Host: host}, 1)[0]
	if end, err := m.Ends(ctx); err != nil || !end.IsZero() {
		t.Errorf("without one it ends %v, %v", end, err)
	}
	until := start.Add(90 * 24 * time.Hour)
	if err := m.store.Put(ctx, host, certified(t, start, until)); err != nil {
		t.Fatal(err)
	}
	if end, err := m.Ends(ctx); err != nil || !end.Equal(until) {
		t.Errorf("it ends %v, %v", end, err)
	}
}

func TestPlain(t *testing.T) {
	m := nodes(t, dbtest.SQLite(t), clock.NewFake(start), Config{Host: host, Origin: "https://" + host}, 1)[0]
	if err := m.store.Put(ctx, "abc+http-01", []byte("abc.thumb")); err != nil {
		t.Fatal(err)
	}
	h := m.Plain()
	for name, c := range map[string]struct {
		method, url string
		status      int
		to, body    string
	}{
		"a page":                          {"GET", "http://" + host + "/clients?q=x", 308, "https://" + host + "/clients?q=x", ""},
		"under another name":              {"GET", "http://evil.example.org/a", 308, "https://" + host + "/a", ""},
		"a form":                          {"POST", "http://" + host + "/signin", 400, "", ""},
		"a challenge another server has":  {"GET", "http://" + host + "/.well-known/acme-challenge/abc", 200, "", "abc.thumb"},
		"a challenge at a port":           {"GET", "http://" + host + ":8080/.well-known/acme-challenge/abc", 200, "", "abc.thumb"},
		"a challenge nobody has":          {"GET", "http://" + host + "/.well-known/acme-challenge/abd", 404, "", ""},
		"a challenge under another name":  {"GET", "http://evil.example.org/.well-known/acme-challenge/abc", 403, "", ""},
		"a path that is no path of a URL": {"GET", "http://" + host + "//evil.example.org", 308, "https://" + host + "//evil.example.org", ""},
	} {
		t.Run(name, func(t *testing.T) {
			w := httptest.NewRecorder()
			h.ServeHTTP(w, httptest.NewRequest(c.method, c.url, nil))
			if w.Code != c.status || w.Header().Get("Location") != c.to || c.body != "" && w.Body.String() != c.body {
				t.Errorf("answered %d, %q, %q", w.Code, w.Header().Get("Location"), w.Body)
			}
		})
	}
}
