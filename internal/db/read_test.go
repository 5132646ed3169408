package db_test

import (
	"context"
	"database/sql"
	"errors"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

// fill fills the table of counters with as many rows, from 0.
func fill(t *testing.T, d *db.DB, n int) {
	t.Helper()
	ctx := context.Background()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for i := range n {
			if _, err := tx.Exec(ctx, insertCounter, string(rune('A'+i%26))+string(rune('a'+i/26)), i); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

const allCounters = `SELECT value FROM counter WHERE value < $1 ORDER BY value`

func TestRead(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		fill(t, d, 100)
		t.Run("values come as they were kept", func(t *testing.T) {
			type name string
			type kept struct {
				N    int64
				I    int
				U    uint16
				S    string
				Name name
				B, E []byte
				Flag bool
				None []byte
				Null sql.NullInt64
				Is   sql.NullInt64
			}
			var got kept
			err := d.QueryRow(ctx, `SELECT CAST($1 AS BIGINT), CAST(7 AS BIGINT), CAST(8 AS BIGINT), CAST($2 AS TEXT), CAST($3 AS TEXT), CAST($4 AS `+blobOf(d)+`), CAST('' AS `+blobOf(d)+`), value = 3, NULL, CAST(NULL AS BIGINT), CAST(5 AS BIGINT) FROM counter WHERE value = 3`,
				int64(1)<<62, "añ\x01“”", name("n"), []byte{0, 1, 255}).
				Scan(&got.N, &got.I, &got.U, &got.S, &got.Name, &got.B, &got.E, &got.Flag, &got.None, &got.Null, &got.Is)
			if err != nil {
				t.Fatal(err)
			}
			want := kept{N: 1 << 62, I: 7, U: 8, S: "añ\x01“”", Name: "n", B: []byte{0, 1, 255}, E: []byte{}, Flag: true, Is: sql.NullInt64{Int64: 5, Valid: true}}
			if d := cmp.Diff(want, got); d != "" {
				t.Error(d)
			}
		})
		t.Run("a value that fits no place is an error, and the next look-up is answered", func(t *testing.T) {
			var s string
			var n int64
			var u uint8
			for what, err := range map[string]error{
				"nothing in a string":         d.QueryRow(ctx, `SELECT CAST(NULL AS TEXT)`).Scan(&s),
				"nothing in a number":         d.QueryRow(ctx, `SELECT CAST(NULL AS BIGINT)`).Scan(&n),
				"a word in a number":          d.QueryRow(ctx, `SELECT CAST('word' AS TEXT)`).Scan(&n),
				"a number too large":          d.QueryRow(ctx, `SELECT CAST(300 AS BIGINT)`).Scan(&u),
				"two columns, one place":      d.QueryRow(ctx, `SELECT 1, 2`).Scan(&n),
				"a value too few":             d.QueryRow(ctx, selectCounter).Scan(&n),
				"a statement that is none":    d.QueryRow(ctx, `SELECT FROM WHERE`).Scan(&n),
				"a table that is not there":   d.QueryRow(ctx, `SELECT a FROM nowhere`).Scan(&n),
				"a value of no kind of those": d.QueryRow(ctx, selectCounter, struct{}{}).Scan(&n),
			} {
				if err == nil {
					t.Errorf("%s: no error", what)
				}
			}
			for range 8 {
				if err := d.QueryRow(ctx, `SELECT value FROM counter WHERE value = 9`).Scan(&n); err != nil || n != 9 {
					t.Fatalf("afterwards: %d, %v", n, err)
				}
			}
		})
		t.Run("no row is said to be none", func(t *testing.T) {
			var n int64
			if err := d.QueryRow(ctx, selectCounter, "nobody").Scan(&n); !errors.Is(err, sql.ErrNoRows) {
				t.Errorf("got %v", err)
			}
		})
		t.Run("rows read in part and closed, twice, keep no connection", func(t *testing.T) {
			for range 64 {
				rows, err := d.Query(ctx, allCounters, 50)
				if err != nil {
					t.Fatal(err)
				}
				if !rows.Next() {
					t.Fatal("no row")
				}
				if err := errors.Join(rows.Close(), rows.Close()); err != nil {
					t.Fatal(err)
				}
				if rows.Next() {
					t.Fatal("a row after the end")
				}
				var n int64
				if rows.Scan(&n) == nil {
					t.Fatal("a value after the end")
				}
			}
		})
		t.Run("whoever gives up stops reading, and the next is answered", func(t *testing.T) {
			gone, leave := context.WithCancel(ctx)
			rows, err := d.Query(gone, allCounters, 50)
			if err != nil {
				t.Fatal(err)
			}
			if !rows.Next() {
				t.Fatal("no row")
			}
			leave()
			n := 0
			for rows.Next() {
				n++
			}
			if n >= 49 && d.Dialect() == db.SQLite || rows.Err() == nil && n < 49 {
				t.Errorf("%d rows more, and %v", n, rows.Err())
			}
			_ = rows.Close()
			for range 64 { // whichever connection is free
				if rows, err := d.Query(gone, allCounters, 50); err == nil {
					_ = rows.Close()
					t.Fatal("somebody gone began to read")
				}
			}
			var v int64
			if err := d.QueryRow(ctx, `SELECT value FROM counter WHERE value = 9`).Scan(&v); err != nil {
				t.Error(err)
			}
		})
		t.Run("the rows of a statement are read while they are read", func(t *testing.T) {
			read := func(q db.Querier) int {
				sum := 0
				outer, err := q.Query(ctx, allCounters, 5)
				if err != nil {
					t.Error(err)
					return 0
				}
				defer outer.Close()
				for outer.Next() {
					inner, err := q.Query(ctx, allCounters, 5)
					if err != nil {
						t.Error(err)
						return 0
					}
					for inner.Next() {
						sum++
					}
					_ = inner.Close()
				}
				return sum
			}
			if got := read(d); got != 25 {
				t.Errorf("read %d of 25", got)
			}
			if err := d.Snapshot(ctx, func(ctx context.Context) error {
				if got := read(at{ctx, d}); got != 25 {
					t.Errorf("read %d of 25 in a snapshot", got)
				}
				return nil
			}); err != nil {
				t.Error(err)
			}
		})
		t.Run("many read at once, more than there are connections", func(t *testing.T) {
			var wg sync.WaitGroup
			for range 64 {
				wg.Go(func() {
					for i := range 50 {
						var n int64
						if err := d.QueryRow(ctx, `SELECT value FROM counter WHERE value = $1`, i).Scan(&n); err != nil || n != int64(i) {
							t.Errorf("%d, %v", n, err)
						}
					}
				})
			}
			wg.Wait()
		})
		t.Run("after Close nothing is read", func(t *testing.T) {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			var n int64
			if d.QueryRow(ctx, `SELECT value FROM counter WHERE value = 9`).Scan(&n) == nil {
				t.Error("a row was read")
			}
			if d.Snapshot(ctx, func(ctx context.Context) error {
				return d.QueryRow(ctx, `SELECT value FROM counter WHERE value = 9`).Scan(&n)
			}) == nil {
				t.Error("a snapshot was taken")
			}
		})
	})
}

// at reads with one context, whatever it is asked with.
type at struct {
	ctx context.Context
	q   db.Querier
}

func (a at) Query(_ context.Context, query string, args ...any) (db.Rows, error) {
	return a.q.Query(a.ctx, query, args...)
}

func (a at) QueryRow(_ context.Context, query string, args ...any) db.Row {
	return a.q.QueryRow(a.ctx, query, args...)
}

func blobOf(d *db.DB) string {
	if d.Dialect() == db.Postgres {
		return "BYTEA"
	}
	return "BLOB"
}

func TestSnapshot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		fill(t, d, 3)
		count := func(ctx context.Context) (n int) {
			t.Helper()
			if err := d.QueryRow(ctx, `SELECT count(*) FROM counter`).Scan(&n); err != nil {
				t.Error(err)
			}
			return n
		}
		add := func(name string) {
			t.Helper()
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, insertCounter, name, 1)
				return err
			}); err != nil {
				t.Error(err)
			}
		}
		t.Run("what is written meanwhile is not seen in it on SQLite, and is seen after it", func(t *testing.T) {
			if err := d.Snapshot(ctx, func(ctx context.Context) error {
				before := count(ctx)
				add("meanwhile")
				if got := count(ctx); got != before && d.Dialect() == db.SQLite {
					t.Errorf("%d rows, then %d", before, got)
				}
				// One within another is the same.
				return d.Snapshot(ctx, func(ctx context.Context) error {
					if got := count(ctx); got != before && d.Dialect() == db.SQLite {
						t.Errorf("%d rows, then %d", before, got)
					}
					return nil
				})
			}); err != nil {
				t.Fatal(err)
			}
			if got := count(ctx); got != 4 {
				t.Errorf("%d rows afterwards", got)
			}
		})
		t.Run("it gives back the error and the connection, a panic too", func(t *testing.T) {
			boom := errors.New("boom")
			for range 16 {
				if err := d.Snapshot(ctx, func(context.Context) error { return boom }); !errors.Is(err, boom) {
					t.Fatalf("got %v", err)
				}
				func() {
					defer func() { _ = recover() }()
					_ = d.Snapshot(ctx, func(context.Context) error { panic("boom") })
				}()
				add("x" + string(rune('a'+count(ctx))))
			}
			seen := count(ctx)
			if err := d.Snapshot(ctx, func(ctx context.Context) error {
				if got := count(ctx); got != seen {
					t.Errorf("an older state: %d rows of %d", got, seen)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
		})
	})
}
