package audit_test

import (
	"context"
	"database/sql"
	"os"
	"testing"

	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

func TestOrderOnPostgreSQL(t *testing.T) {
	if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		t.Skip("CASEWARD_TEST_POSTGRES names no server")
	}
	ctx := context.Background()
	open := func(t *testing.T) (*audit.Log, *db.DB, *sql.DB, func() *audit.Log) {
		url := dbtest.URL(t)
		d, err := db.Open(ctx, url, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		if err := d.Migrate(ctx); err != nil {
			t.Fatal(err)
		}
		raw, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = raw.Close() })
		c := clock.NewFake(start)
		key := keystest.File(t, t.TempDir(), c)
		again := func() *audit.Log {
			l, err := audit.Open(ctx, d, keys.NewAgency(d, key), c, origin)
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		return again(), d, raw, again
	}
	t.Run("an entry whose transaction began earlier and commits later is not passed over", func(t *testing.T) {
		l, d, raw, _ := open(t)
		slow, err := raw.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Rollback()
		// The slow transaction takes a row number, then a fast one overtakes it.
		if _, err := slow.Exec(`INSERT INTO log_entry (at, actor, outcome, leaf, detail)
			VALUES (1, '\x00', 97, '\x00', '\x00')`); err != nil {
			t.Fatal(err)
		}
		record(t, l, 0, 5)
		if size, err := l.Sequence(ctx); err != nil || size != 0 {
			t.Fatalf("sequenced %d entries past one that may still commit before them: %v", size, err)
		}
		if h, err := l.Head(ctx); err != nil || h.Unsequenced != 5 || !h.Waiting.Equal(start) {
			t.Fatalf("the lag is not shown: %+v, %v", h, err)
		}
		if err := slow.Commit(); err != nil {
			t.Fatal(err)
		}
		if size, err := sequenceAll(l); err != nil || size != 6 {
			t.Fatalf("sequenced %d of 6: %v", size, err)
		}
		if all := leaves(t, d); len(all) != 6 || len(all[0]) != 1 {
			t.Fatal("the overtaken entry is not first")
		}
	})
	t.Run("a transaction in another database of the server holds nothing up", func(t *testing.T) {
		l, _, _, _ := open(t)
		_, _, other, _ := open(t)
		slow, err := other.BeginTx(ctx, nil)
		if err != nil {
			t.Fatal(err)
		}
		defer slow.Rollback()
		if _, err := slow.Exec(`UPDATE log_head SET signed_at = 1`); err != nil {
			t.Fatal(err)
		}
		record(t, l, 0, 5)
		if size, err := sequenceAll(l); err != nil || size != 5 {
			t.Fatalf("sequenced %d of 5: %v", size, err)
		}
	})
	t.Run("after a move to a server that counts lower, new entries come after the old ones", func(t *testing.T) {
		l, d, raw, again := open(t)
		if _, err := raw.Exec(`UPDATE log_head SET tx_base = 1000000000000`); err != nil {
			t.Fatal(err)
		}
		record(t, l, 0, 5)
		// As after pg_restore on a server that has not counted so far: its own
		// numbers are those of today, and the base is what the dump says.
		if _, err := raw.Exec(`UPDATE log_head SET tx_base = 0`); err != nil {
			t.Fatal(err)
		}
		l = again()
		if size, err := sequenceAll(l); err != nil || size != 5 {
			t.Fatalf("sequenced %d of 5: %v", size, err)
		}
		record(t, l, 5, 9)
		if size, err := sequenceAll(l); err != nil || size != 9 {
			t.Fatalf("sequenced %d of 9: %v", size, err)
		}
		var inOrder bool
		if err := d.QueryRow(ctx, `SELECT array_agg(id ORDER BY tx, id) = array_agg(id ORDER BY id) FROM log_entry`).Scan(&inOrder); err != nil || !inOrder {
			t.Fatalf("out of order: %v", err)
		}
	})
}
