package doctor

import (
	"context"
	"errors"
	"testing"
	"time"
)

func TestRecovery(t *testing.T) {
	day := 24 * time.Hour
	tried := func(ago time.Duration) Way { return Way{Shares: true, Tried: now.Add(-ago), Need: 3, Of: 5} }
	for _, c := range []struct {
		name  string
		ways  []Way
		state State
		says  string
	}{
		{"a passphrase alone is warned about", []Way{{}}, Warning, "one thing alone"},
		{"two ways without shares are warned about", []Way{{}, {}}, Warning, "none of them is shares"},
		{"shares that were never tried are warned about", []Way{{}, {Shares: true}}, Warning, "never tried"},
		{"new ones beside tried ones are told apart", []Way{{}, tried(day), {Shares: true}}, Warning, "older ones still open"},
		{"shares tried last month are good", []Way{{}, tried(30 * day)}, Good, "any 3 of 5 shares open the key file, tried 30 days ago"},
		{"shares tried two years ago are warned about", []Way{{}, tried(700 * day)}, Warning, "700 days"},
		{"shares and nothing else are warned about", []Way{tried(day)}, Warning, "nothing but shares"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Recovery(now, c.ways), c.state, c.says) })
	}
}

func TestService(t *testing.T) {
	ok := func(context.Context) error { return nil }
	no := func(context.Context) error { return errors.New("kms: denied: it refuses") }
	t.Run("none is unused", func(t *testing.T) { is(t, Service(t.Context(), true, nil), Unused, "no key-management") })
	t.Run("one that opens the file is good", func(t *testing.T) { is(t, Service(t.Context(), true, ok), Good, "opens") })
	t.Run("one that does not says why", func(t *testing.T) { is(t, Service(t.Context(), true, no), Wrong, "it refuses") })
	t.Run("one alone is warned about", func(t *testing.T) { is(t, Service(t.Context(), false, ok), Warning, "alone opens") })
}

func TestSettings(t *testing.T) {
	for _, with := range []string{"postgres://u:secret@db/x", "postgres://db/x?password=secret", "postgres://u@db/x?sslpassword=secret"} {
		f := Settings(with)
		is(t, f, Warning, "a password")
	}
	for _, without := range []string{"", "sqlite", "postgres://u@db.example.org/x?sslmode=verify-full"} {
		is(t, Settings(without), Good, "no secret")
	}
}

func TestDatabase(t *testing.T) {
	good := Session{TLS: "TLSv1.3", Version: 170002, Synced: true}
	with := func(change func(*Session)) *Session { s := good; change(&s); return &s }
	for _, c := range []struct {
		name  string
		s     *Session
		state State
		says  string
	}{
		{"SQLite needs nothing", nil, Good, "data directory"},
		{"over TLS, by a role that owns little, is good", &good, Good, "PostgreSQL 17 over TLSv1.3"},
		{"on this machine without TLS is good", with(func(s *Session) { s.TLS, s.Local = "", true }), Good, "on this machine"},
		{"from another machine in clear is wrong", with(func(s *Session) { s.TLS = "" }), Wrong, "in clear"},
		{"a superuser is warned about", with(func(s *Session) { s.Superuser = true }), Warning, "superuser"},
		{"one that does not sync is wrong", with(func(s *Session) { s.Synced = false }), Wrong, "before it is"},
		{"an old version is warned about", with(func(s *Session) { s.Version = 140011 }), Warning, "version 14"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Database(c.s, true), c.state, c.says) })
	}
	t.Run("SQLite without checksums is warned about", func(t *testing.T) { is(t, Database(nil, false), Warning, "no checksums") })
	t.Run("so is PostgreSQL", func(t *testing.T) { is(t, Database(&good, false), Warning, "no checksums") })
	t.Run("what is wrong is said first", func(t *testing.T) {
		is(t, Database(with(func(s *Session) { s.Synced = false }), false), Wrong, "before it is")
	})
}
