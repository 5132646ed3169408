// Package dbtest gives tests a real database: SQLite in a temporary directory,
// and PostgreSQL too where CASEWARD_TEST_POSTGRES names a server. The
// architecture test keeps it out of everything but tests.
package dbtest

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/hex"
	"net/url"
	"os"
	"testing"

	"caseward/internal/db"
)

// Each runs fn once on SQLite and, where a server is named, once on PostgreSQL,
// each time on a fresh database with today's schema.
func Each(t *testing.T, fn func(t *testing.T, d *db.DB)) {
	t.Helper()
	t.Run("on SQLite", func(t *testing.T) { fn(t, SQLite(t)) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("on PostgreSQL", func(t *testing.T) { fn(t, Postgres(t)) })
	}
}

// SQLite opens a fresh SQLite database that is closed with the test.
func SQLite(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, "", t.TempDir())
}

// URL returns the URL of a fresh PostgreSQL database that is dropped with the
// test. The test fails if no server is named.
func URL(t testing.TB) string {
	t.Helper()
	server := os.Getenv("CASEWARD_TEST_POSTGRES")
	if server == "" {
		t.Fatal("set CASEWARD_TEST_POSTGRES to the URL of a PostgreSQL server whose role may create databases")
	}
	u, err := url.Parse(server)
	if err != nil {
		t.Fatal("CASEWARD_TEST_POSTGRES is not a URL")
	}
	var b [8]byte
	_, _ = rand.Read(b[:])
	name := "caseward_test_" + hex.EncodeToString(b[:])
	admin, err := sql.Open("pgx", server)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := admin.Exec("CREATE DATABASE " + name); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_, _ = admin.Exec("DROP DATABASE " + name + " WITH (FORCE)")
		_ = admin.Close()
	})
	u.Path = "/" + name
	return u.String()
}

// Postgres opens a fresh PostgreSQL database that is dropped with the test.
func Postgres(t testing.TB) *db.DB {
	t.Helper()
	return Open(t, URL(t), "")
}

// Open opens the database that a URL names, or where it is empty the SQLite database in a
// directory, with today's schema; it is closed with the test. Opened again, it is what another
// process has of the same one.
func Open(t testing.TB, url, dir string) *db.DB {
	t.Helper()
	ctx := context.Background()
	d, err := db.Open(ctx, url, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	return d
}
