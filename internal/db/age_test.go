package db_test

import (
	"context"
	"database/sql"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

// What releases to come may change.
var (
	expand = fstest.MapFS{"90001_expand.sql": {Data: []byte(`-- +goose Up
ALTER TABLE counter ADD COLUMN unit TEXT NOT NULL DEFAULT 'pieces';
`)}}
	contract = fstest.MapFS{"90001_expand.sql": expand["90001_expand.sql"], "90002_contract.sql": {Data: []byte(`-- +goose Up
{{if not .SQLite}}LOCK TABLE schema_floor;
{{end}}UPDATE schema_floor SET floor = 90001;
ALTER TABLE counter DROP COLUMN unit;
`)}}
)

func ages(t *testing.T, fn func(t *testing.T, url, dir string)) {
	t.Helper()
	t.Run("on SQLite", func(t *testing.T) { fn(t, "", t.TempDir()) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("on PostgreSQL", func(t *testing.T) { fn(t, dbtest.URL(t), "") })
	}
}

// opens opens a database and brings its schema to that of the program.
func opens(t *testing.T, url, dir string) (*db.DB, error) {
	t.Helper()
	d, err := db.Open(context.Background(), url, dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = d.Close() })
	return d, d.Migrate(context.Background())
}

func age(t *testing.T, d *db.DB) db.Age {
	t.Helper()
	a, err := d.Age(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func count(d *db.DB, name string) error {
	return d.Write(context.Background(), func(tx *db.Tx) error {
		_, err := tx.Exec(context.Background(), insertCounter, name, 1)
		return err
	})
}

func TestAge(t *testing.T) {
	newest, err := db.Newest()
	if err != nil {
		t.Fatal(err)
	}
	ages(t, func(t *testing.T, url, dir string) {
		old, err := db.Open(context.Background(), url, dir)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = old.Close() })
		t.Run("an empty database has had no change, and everybody may use it", func(t *testing.T) {
			if a := age(t, old); a != (db.Age{Program: newest}) || a.Refused() != nil {
				t.Errorf("%+v", a)
			}
		})
		if err := old.Migrate(context.Background()); err != nil {
			t.Fatal(err)
		}
		t.Run("after the program's own changes it is as old as the program", func(t *testing.T) {
			if a := age(t, old); a != (db.Age{Schema: newest, Program: newest, Floor: 1}) || a.Newer() {
				t.Errorf("%+v", a)
			}
		})
		t.Run("a program that is left running beside a newer one that only added goes on, and starts again", func(t *testing.T) {
			if err := count(old, "before"); err != nil {
				t.Fatal(err)
			}
			t.Run("the newer one", func(t *testing.T) {
				db.NextRelease(t, expand)
				next, err := opens(t, url, dir)
				if err != nil {
					t.Fatal(err)
				}
				if err := count(next, "next"); err != nil {
					t.Error(err)
				}
				if a := age(t, next); a.Schema != 90001 || a.Newer() {
					t.Errorf("%+v", a)
				}
			})
			if err := count(old, "beside"); err != nil {
				t.Error(err)
			}
			again, err := opens(t, url, dir)
			if err != nil {
				t.Fatal(err)
			}
			if err := count(again, "again"); err != nil {
				t.Error(err)
			}
			if a := age(t, again); a != (db.Age{Schema: 90001, Program: newest, Floor: 1}) || !a.Newer() || a.Refused() != nil {
				t.Errorf("%+v", a)
			}
		})
		t.Run("one that a newer one left behind writes nothing more, and does not start", func(t *testing.T) {
			t.Run("the newer one", func(t *testing.T) {
				db.NextRelease(t, contract)
				if got, err := age(t, old).Changes(); err != nil || !slices.Equal(got, []db.Change{{Name: "90002_contract.sql", Floor: 90001}}) {
					t.Errorf("%v, %v", got, err)
				}
				next, err := opens(t, url, dir)
				if err != nil {
					t.Fatal(err)
				}
				if err := count(next, "contracted"); err != nil {
					t.Error(err)
				}
			})
			if err := count(old, "too late"); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "Start that release") {
				t.Errorf("it says %v", err)
			}
			if _, err := opens(t, url, dir); !fault.Is(err, fault.Conflict) || !strings.Contains(err.Error(), "Start that release") {
				t.Errorf("it says %v", err)
			}
			var n int
			if err := old.QueryRow(context.Background(), `SELECT count(*) FROM counter WHERE name = $1`, "too late").Scan(&n); err != nil || n != 0 {
				t.Errorf("%d, %v", n, err)
			}
		})
	})
}

func TestMigrateUnderUse(t *testing.T) {
	if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		t.Skip("CASEWARD_TEST_POSTGRES names no server")
	}
	ctx := context.Background()
	url := dbtest.URL(t)
	old, err := opens(t, url, "")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := sql.Open("pgx", url)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	reading, err := raw.Begin()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := reading.Exec(`SELECT * FROM counter`); err != nil {
		t.Fatal(err)
	}
	db.NextRelease(t, expand)
	t.Run("while something reads the tables for long a change gives up, says what to do and leaves all as it was", func(t *testing.T) {
		db.Impatient(t, "50ms", 3)
		_, err := opens(t, url, "")
		if !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "Start this release again when that is over") {
			t.Errorf("it says %v", err)
		}
		if a := age(t, old); a.Newer() {
			t.Errorf("%+v", a)
		}
		if err := count(old, "meanwhile"); err != nil {
			t.Error(err)
		}
	})
	t.Run("once that is over the same change is made, without a restart", func(t *testing.T) {
		db.Impatient(t, "50ms", 1_000_000)
		made := make(chan error)
		go func() {
			next, err := db.Open(ctx, url, "")
			if err == nil {
				if err = next.Migrate(ctx); err == nil {
					err = next.Close()
				}
			}
			made <- err
		}()
		// It has tried, and been refused, before the reader leaves.
		for waits := 0; waits == 0; {
			if err := raw.QueryRow(`SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'counter'::regclass`).Scan(&waits); err != nil {
				t.Fatal(err)
			}
		}
		if err := reading.Rollback(); err != nil {
			t.Fatal(err)
		}
		if err := <-made; err != nil {
			t.Fatal(err)
		}
		if a := age(t, old); a.Schema != 90001 {
			t.Errorf("%+v", a)
		}
	})
}
