// Package recordtest gives tests a real door: real policies, a real log, real
// sealing, on a real database. There is no other way to test what goes through
// the door, and no mock of it. The architecture test keeps it out of everything
// but tests.
package recordtest

import (
	"context"
	"path/filepath"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/audit"
	"caseward/internal/blob"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Start is when every world begins: a Friday morning.
var Start = time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC)

// World is a door and what stands behind it.
type World struct {
	Door   *record.Door
	DB     *db.DB
	Log    *audit.Log
	Clock  *clock.Fake
	Agency *keys.Agency
	Keys   *keys.File
	Policy *policy.Engine
	Blobs  string // the directory of sealed objects

	parts record.Parts
}

// Each runs fn in a fresh world on SQLite and, where a server is named, in one
// on PostgreSQL.
func Each(t *testing.T, fn func(t *testing.T, w *World)) {
	t.Helper()
	dbtest.Each(t, func(t *testing.T, d *db.DB) { fn(t, On(t, d)) })
}

// Open makes a fresh world on SQLite.
func Open(t testing.TB) *World {
	t.Helper()
	return On(t, dbtest.SQLite(t))
}

// On makes a world on an open database.
func On(t testing.TB, d *db.DB) *World {
	t.Helper()
	ctx := context.Background()
	c := clock.NewFake(Start)
	w := &World{DB: d, Clock: c, Blobs: filepath.Join(t.TempDir(), "blobs"), Keys: keystest.Wrapper(t, t.TempDir(), c)}
	w.Agency = keys.NewAgency(d, w.Keys)
	var err error
	if w.Policy, err = policy.New(); err != nil {
		t.Fatal(err)
	}
	if w.Log, err = audit.Open(ctx, d, w.Agency, c, "caseward.test/log"); err != nil {
		t.Fatal(err)
	}
	blobs, err := blob.Dir(w.Blobs)
	if err != nil {
		t.Fatal(err)
	}
	w.parts = record.Parts{DB: d, Policy: w.Policy, Log: w.Log, Keys: w.Keys, Agency: w.Agency, Clock: c, Blobs: blobs}
	w.Door = w.Beside(t)
	return w
}

// Beside is another door to the same records, as another server on the database has.
func (w *World) Beside(t testing.TB) *record.Door {
	t.Helper()
	d, err := record.Open(context.Background(), w.parts)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// As is worker id in role, for treatment, at the world's time.
func (w *World) As(id string, role actor.Role) actor.Actor {
	return actortest.Worker(id, role, w.Clock.Now())
}

// Proved is worker id in role who has just proved again who they are.
func (w *World) Proved(id string, role actor.Role) actor.Actor {
	return actortest.SteppedUp(id, role, w.Clock.Now())
}

// Service is the named service actor.
func (w *World) Service(name string) actor.Actor { return actortest.Service(name, w.Clock.Now()) }

// Entries returns the log, newest first.
func (w *World) Entries(t testing.TB) []audit.Logged {
	t.Helper()
	out, err := w.Log.Find(context.Background(), audit.Query{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// BreakLog makes the log unwritable, as a full disk or a broken table would.
func (w *World) BreakLog(t testing.TB) {
	t.Helper()
	w.change(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `ALTER TABLE log_entry RENAME TO log_entry_away`)
		return err
	})
}

// MendLog undoes BreakLog.
func (w *World) MendLog(t testing.TB) {
	t.Helper()
	w.change(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `ALTER TABLE log_entry_away RENAME TO log_entry`)
		return err
	})
}

// CutCommits has PostgreSQL drop the connection at the commit of whatever changes a
// record, so that nobody hears whether it was kept.
func (w *World) CutCommits(t testing.TB) {
	t.Helper()
	w.change(t, func(ctx context.Context, tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `CREATE CONSTRAINT TRIGGER cut AFTER INSERT OR UPDATE ON record DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION cut()`)
		return err
	})
}

// MendCommits undoes CutCommits.
func (w *World) MendCommits(t testing.TB) {
	t.Helper()
	w.change(t, func(ctx context.Context, tx *db.Tx) error {
		_, err := tx.Exec(ctx, `DROP FUNCTION cut() CASCADE`)
		return err
	})
}

func (w *World) change(t testing.TB, how func(ctx context.Context, tx *db.Tx) error) {
	t.Helper()
	ctx := context.Background()
	if err := w.DB.Write(ctx, func(tx *db.Tx) error { return how(ctx, tx) }); err != nil {
		t.Fatal(err)
	}
}

// Operator is the person at the command line who has just given the passphrase.
func (w *World) Operator() actor.Actor { return actortest.Operator(w.Clock.Now()) }
