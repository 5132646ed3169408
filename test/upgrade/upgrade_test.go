package upgrade

import (
	"maps"
	"os"
	"path/filepath"
	"testing"

	"caseward/internal/actor/authn"
	"caseward/internal/app"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
)

func TestReleases(t *testing.T) {
	for _, dir := range releases(t) {
		t.Run("what "+filepath.Base(dir)+" left", func(t *testing.T) {
			m := read(t, dir)
			t.Run("on SQLite", func(t *testing.T) {
				data := filepath.Join(t.TempDir(), "data")
				unpack(t, filepath.Join(dir, dataFile), data)
				goesOn(t, m, data, "")
			})
			if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
				return
			}
			t.Run("on PostgreSQL", func(t *testing.T) {
				data := filepath.Join(t.TempDir(), "data")
				unpack(t, filepath.Join(dir, dataFile), data)
				must(t, os.Remove(filepath.Join(data, db.FileName)))
				url := dbtest.URL(t)
				load(t, url, filepath.Join(dir, postgresFile))
				cfg, err := config.Load(data)
				must(t, err)
				cfg.Database = url
				must(t, cfg.Save(data))
				goesOn(t, m, data, url)
			})
			t.Run("its backup of PostgreSQL", func(t *testing.T) {
				keyed := filepath.Join(t.TempDir(), "keyed")
				unpack(t, filepath.Join(dir, dataFile), keyed)
				restored(t, filepath.Join(dir, backupFile), keyed, m.Worker, m.Backup, true)
			})
		})
	}
}

// goesOn opens what a release left with this program, reads everything, and works on.
func goesOn(t *testing.T, m manifest, dir, url string) {
	kept := verify.Options{Kept: []verify.Kept{{Name: m.Release, Text: []byte(m.Checkpoint)}}}
	t.Run("its log verifies before anybody opens it", func(t *testing.T) { verified(t, m, dir, url, kept) })
	a := open(t, dir, app.Options{})
	closed := false
	defer func() {
		if !closed {
			_ = a.Close()
		}
	}()
	t.Run("its schema is this program's once it is open", func(t *testing.T) {
		if age, err := a.DB.Age(ctx); err != nil || age.Schema != age.Program || age.Newer() {
			t.Errorf("%+v, %v", age, err)
		}
	})
	if is := entries(t, a); len(is) == 0 || !maps.Equal(is, m.Entries) {
		t.Errorf("the log says %v of each client, and said %v", is, m.Entries)
	}
	t.Run("everything in it is read", func(t *testing.T) { same(t, m.Found, find(t, a, m.Worker)) })
	var is Found
	t.Run("it is written on", func(t *testing.T) {
		clients := clientsOf(t, a)
		write(t, a, m.Worker, clients[len(clients)-1], "What the next release wrote.")
		is = find(t, a, m.Worker)
		if len(is.Notes) != len(m.Notes)+1 || len(is.Documents) != len(m.Documents)+1 {
			t.Errorf("there are %d notes and %d documents", len(is.Notes), len(is.Documents))
		}
	})
	backup := filepath.Join(t.TempDir(), "today.backup")
	t.Run("it is backed up", func(t *testing.T) {
		_, err := a.Backup(ctx, authn.ProvedOperator("test", a.Clock.Now()), app.BackupOptions{To: backup, Version: "test"})
		must(t, err)
	})
	closed = true
	must(t, a.Close())
	t.Run("its log verifies afterwards, and has what was signed for", func(t *testing.T) { verified(t, m, dir, url, kept) })
	t.Run("the backup is restored", func(t *testing.T) { restored(t, backup, dir, m.Worker, is, url != "") })
}

func verified(t *testing.T, m manifest, dir, url string, o verify.Options) {
	t.Helper()
	r, err := verify.Database(ctx, url, dir, o)
	if err != nil || !r.OK || r.Kept != 1 || r.Segments != m.Segments {
		t.Errorf("%v\n%s", err, r)
	}
}

// restored restores a backup with the key file of a data directory.
func restored(t *testing.T, backup, keyed, worker string, was Found, postgres bool) {
	t.Helper()
	url := ""
	if postgres {
		if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
			t.Skip("CASEWARD_TEST_POSTGRES names no server")
		}
		url = dbtest.URL(t)
	}
	to := filepath.Join(t.TempDir(), "restored")
	r, err := app.Restore(ctx, authn.ProvedOperator("test", clock.System().Now()), []byte(passphrase), app.RestoreOptions{From: backup, Dir: to, KeyFile: filepath.Join(keyed, keys.FileName), Database: url})
	if err != nil || !r.Log.OK {
		t.Fatalf("%+v, %v", r.Log, err)
	}
	a := open(t, to, app.Options{})
	defer func() { must(t, a.Close()) }()
	if sums, err := a.DB.Checksums(ctx); !postgres && !sums || err != nil {
		t.Errorf("the pages of what was restored have no checksums: %v", err)
	}
	same(t, was, find(t, a, worker))
}
