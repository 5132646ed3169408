package audit_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const origin = "caseward.example/test"

func openLog(t testing.TB, d *db.DB) (*audit.Log, *clock.Fake) {
	t.Helper()
	c := clock.NewFake(start)
	l, err := audit.Open(context.Background(), d, keys.NewAgency(d, keystest.File(t, t.TempDir(), c)), c, origin)
	if err != nil {
		t.Fatal(err)
	}
	return l, c
}

// entry is the n-th entry of a test: three workers, seven clients.
func entry(n int) audit.Entry {
	return audit.Entry{
		At:      start.Add(time.Duration(n) * time.Second),
		Who:     audit.Who{Worker: fmt.Sprintf("w%d", n%3), Role: "case_manager", Purpose: "treatment", Session: "s1"},
		Action:  "chart.open",
		Outcome: audit.Allowed,
		Touched: []audit.Touch{
			{Kind: "client", ID: fmt.Sprintf("c%d", n%7), Subject: fmt.Sprintf("c%d", n%7), Version: 1, Classes: []string{"identity"}},
			{Kind: "note", ID: fmt.Sprintf("n%d", n), Subject: fmt.Sprintf("c%d", n%7), Version: 2, Withheld: []string{"ssn"}},
		},
		Rules: []string{"permit-assigned"},
	}
}

func record(t testing.TB, l *audit.Log, from, to int) {
	t.Helper()
	es := make([]audit.Entry, 0, to-from)
	for i := from; i < to; i++ {
		es = append(es, entry(i))
	}
	if err := l.RecordAll(context.Background(), es); err != nil {
		t.Fatal(err)
	}
}

func TestRecord(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		many := entry(3)
		for i := range 40 {
			many.Touched = append(many.Touched, audit.Touch{Kind: "client", ID: fmt.Sprintf("x%d", i), Subject: fmt.Sprintf("x%d", i)})
		}
		none := entry(4)
		none.Touched = nil
		for _, e := range []audit.Entry{entry(0), many, none} {
			if err := l.Record(ctx, e); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("an entry has one row, and one more for each distinct client", func(t *testing.T) {
			var entries, subjects, distinct int
			if err := d.QueryRow(ctx, `SELECT (SELECT count(*) FROM log_entry), (SELECT count(*) FROM log_subject), (SELECT count(DISTINCT entry) FROM log_subject)`).Scan(&entries, &subjects, &distinct); err != nil {
				t.Fatal(err)
			}
			if entries != 3 || subjects != 1+41 || distinct != 2 {
				t.Fatalf("%d entries, %d subjects of %d entries", entries, subjects, distinct)
			}
		})
		for _, statement := range []string{
			`UPDATE log_entry SET at = 0`, `DELETE FROM log_entry`, `UPDATE log_subject SET entry = 0`, `DELETE FROM log_subject`,
		} {
			t.Run("the database refuses "+statement, func(t *testing.T) {
				if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, statement); return err }); err == nil {
					t.Fatal("it did it")
				}
			})
		}
	})
}
