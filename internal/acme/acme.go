// Package acme gets the certificate that pages are served with from a certificate
// authority by itself (RFC 8555), and renews it, by golang.org/x/crypto/acme/autocert.
//
// Account key, certificates and challenges under way lie sealed in the database, so
// that every server has them: the authority may ask any. It asks for one name, that of
// the site; for every other, and for addresses, it refuses before anybody outside is
// asked. It never agrees to terms on its own.
package acme

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/pem"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// LetsEncrypt is the directory of Let's Encrypt.
const LetsEncrypt = acme.LetsEncryptURL

// again is how long after a failure the authority is asked once more: it counts them.
const again = 15 * time.Minute

// Config says whom to ask, and for what.
type Config struct {
	Host      string // the one name
	Origin    string // where plain HTTP is led to
	Mail      string // that the authority writes to
	Directory string // its directory; a URL
	HTTP      *http.Client
}

// Manager has the certificate.
type Manager struct {
	cfg   Config
	clock clock.Clock
	store *store
	auto  *autocert.Manager

	mu    sync.Mutex
	until time.Time // nothing is asked before
}

// New makes a manager. It makes the agency's secret "acme" at its first use. Whoever
// calls it has agreed to the authority's terms.
func New(ctx context.Context, d *db.DB, ag *keys.Agency, c clock.Clock, cfg Config) (*Manager, error) {
	secret, err := ag.Secret(ctx, "acme")
	if err != nil {
		return nil, err
	}
	key, err := keys.Derive(secret, "acme/seal", keys.Size)
	if err != nil {
		return nil, err
	}
	s := &store{db: d}
	block, err := aes.NewCipher(key)
	if err == nil {
		s.aead, err = cipher.NewGCMWithRandomNonce(block)
	}
	if err != nil {
		return nil, fault.Unavailablef("acme.new", err, "cannot make the cipher")
	}
	m := &Manager{cfg: cfg, clock: c, store: s}
	m.auto = &autocert.Manager{
		Prompt: autocert.AcceptTOS, Cache: s, HostPolicy: m.allowed, Email: cfg.Mail,
		Client: &acme.Client{DirectoryURL: cfg.Directory, HTTPClient: cfg.HTTP, UserAgent: "caseward"},
	}
	return m, nil
}

// allowed refuses every name but the site's, and for a while after a failure that too.
func (m *Manager) allowed(_ context.Context, host string) error {
	if h, _, err := net.SplitHostPort(host); err == nil {
		host = h
	}
	if !strings.EqualFold(strings.TrimSuffix(host, "."), m.cfg.Host) {
		return fault.DeniedBy("acme.host")
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.clock.Now().Before(m.until) {
		return fault.Unavailablef("acme.host", nil, "the certificate authority is asked again later")
	}
	return nil
}

// TLS has the certificate served by c, and challenges of the authority answered on the
// same listener (tls-alpn-01, RFC 8737).
func (m *Manager) TLS(c *tls.Config) *tls.Config {
	c.GetCertificate = m.certificate
	c.NextProtos = []string{"h2", "http/1.1", acme.ALPNProto}
	return c
}

// certificate is that of the site, or of a challenge. It is asked for at the first
// call if there is none.
func (m *Manager) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	// One kind of key: a visitor who claims to know no other does not order a second
	// certificate.
	c, err := m.auto.GetCertificate(&tls.ClientHelloInfo{ServerName: hello.ServerName, SupportedProtos: hello.SupportedProtos, CipherSuites: []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256}})
	challenge := len(hello.SupportedProtos) == 1 && hello.SupportedProtos[0] == acme.ALPNProto
	if err != nil && !challenge && m.allowed(context.Background(), hello.ServerName) == nil {
		m.mu.Lock()
		m.until = m.clock.Now().Add(again)
		m.mu.Unlock()
	}
	return c, err
}

// Obtain gets the certificate if there is none, and sees to it that it is renewed
// while the program runs: a month before its end, or after two thirds of a short life.
func (m *Manager) Obtain(context.Context) error {
	const op = "acme.obtain"
	if _, err := m.certificate(&tls.ClientHelloInfo{ServerName: m.cfg.Host}); err != nil {
		return fault.Unavailablef(op, err, "there is no certificate for the site yet")
	}
	return nil
}

// Ends is when the newest certificate ends; zero if there is none.
func (m *Manager) Ends(ctx context.Context) (time.Time, error) {
	b, err := m.store.Get(ctx, m.cfg.Host)
	if errors.Is(err, autocert.ErrCacheMiss) {
		return time.Time{}, nil
	}
	for err == nil {
		var block *pem.Block
		if block, b = pem.Decode(b); block == nil {
			break
		}
		if block.Type == "CERTIFICATE" {
			leaf, err := x509.ParseCertificate(block.Bytes)
			if err != nil {
				return time.Time{}, fault.Unavailablef("acme.ends", err, "the certificate cannot be read")
			}
			return leaf.NotAfter, nil
		}
	}
	return time.Time{}, err
}

// Plain answers on port 80: challenges of the authority (http-01), and where the pages
// are, whatever host is asked for.
func (m *Manager) Plain() http.Handler {
	return m.auto.HTTPHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet && r.Method != http.MethodHead {
			http.Error(w, "Use HTTPS", http.StatusBadRequest)
			return
		}
		http.Redirect(w, r, m.cfg.Origin+r.URL.RequestURI(), http.StatusPermanentRedirect)
	}))
}

// store is an autocert.Cache, sealed.
type store struct {
	db   *db.DB
	aead cipher.AEAD
}

// Get implements [autocert.Cache].
func (s *store) Get(ctx context.Context, name string) ([]byte, error) {
	const op = "acme.read"
	var sealed []byte
	err := s.db.QueryRow(ctx, `SELECT sealed FROM acme WHERE name = $1`, name).Scan(&sealed)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, autocert.ErrCacheMiss
	}
	if err != nil {
		return nil, fault.Unavailablef(op, err, "cannot read what belongs to the certificate")
	}
	b, err := s.aead.Open(nil, nil, sealed, []byte(name))
	if err != nil {
		return nil, fault.Unavailablef(op, err, "what belongs to the certificate was changed")
	}
	return b, nil
}

// Put implements [autocert.Cache].
func (s *store) Put(ctx context.Context, name string, data []byte) error {
	sealed := s.aead.Seal(nil, nil, data, []byte(name))
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO acme (name, sealed) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET sealed = $2`, name, sealed)
		return err
	})
}

// Delete implements [autocert.Cache].
func (s *store) Delete(ctx context.Context, name string) error {
	return s.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM acme WHERE name = $1`, name)
		return err
	})
}
