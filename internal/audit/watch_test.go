package audit_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

func TestWatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		got := map[string]int64{}
		l.Watch(func(action string, o audit.Outcome, n int64) { got[action+" "+string(o)] += n })
		for action, n := range map[string]int{"note.read": 3, "chart.open": 1} {
			for range n {
				if err := l.Record(ctx, audit.Entry{Action: action, Outcome: audit.Allowed}); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := l.Record(ctx, audit.Entry{Action: "note.read", Outcome: audit.Refused}); err != nil {
			t.Fatal(err)
		}
		if len(got) != 0 {
			t.Errorf("told of %v before they are in the tree", got)
		}
		for range 2 { // once each, however often it is asked
			if _, err := sequenceAll(l); err != nil {
				t.Fatal(err)
			}
		}
		if diff := cmp.Diff(map[string]int64{"note.read a": 3, "note.read r": 1, "chart.open a": 1}, got); diff != "" {
			t.Error(diff)
		}
	})
}

func TestReady(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		record(t, l, 0, 3)
		size := func() int64 {
			n, err := sequenceAll(l)
			if err != nil {
				t.Fatal(err)
			}
			return n
		}
		rename := func(from string) func(*db.Tx) error {
			return func(tx *db.Tx) error {
				q := `ALTER TABLE log_entry RENAME TO log_entry_away`
				if from != "log_entry" {
					q = `ALTER TABLE log_entry_away RENAME TO log_entry`
				}
				_, err := tx.Exec(ctx, q)
				return err
			}
		}
		before := size()
		for range 3 {
			if err := l.Ready(ctx); err != nil {
				t.Fatal(err)
			}
		}
		if n := size(); n != before {
			t.Errorf("asking left %d entries", n-before)
		}
		if err := d.Write(ctx, rename("log_entry")); err != nil {
			t.Fatal(err)
		}
		if err := l.Ready(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("with a log that takes nothing: %v", err)
		}
		if err := d.Write(ctx, rename("log_entry_away")); err != nil {
			t.Fatal(err)
		}
		if err := l.Ready(ctx); err != nil {
			t.Errorf("with a log that takes entries again: %v", err)
		}
		// A commit that failed is not forgiven by trying an entry that is undone:
		// something is kept first.
		if err := d.Write(ctx, func(tx *db.Tx) error {
			for _, q := range []string{
				`CREATE TABLE above (id BIGINT PRIMARY KEY)`,
				`CREATE TABLE below (id BIGINT REFERENCES above (id) DEFERRABLE INITIALLY DEFERRED)`,
			} {
				if _, err := tx.Exec(ctx, q); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `INSERT INTO below (id) VALUES (7)`); return err }); err == nil || !d.Load().Failing {
			t.Fatalf("the commit did not fail: %v", err)
		}
		if err := l.Ready(ctx); err != nil || d.Load().Failing {
			t.Errorf("the database takes what is written again, and: %v", err)
		}
		if err := d.Close(); err != nil {
			t.Fatal(err)
		}
		if err := l.Ready(ctx); !fault.Is(err, fault.Unavailable) {
			t.Errorf("with a database that is closed: %v", err)
		}
	})
}
