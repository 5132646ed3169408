package db_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

const (
	insertCounter = `INSERT INTO counter (name, value) VALUES ($1, $2)`
	selectCounter = `SELECT value FROM counter WHERE name = $1`
)

func TestWrite(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		value := func(name string) int64 {
			var v int64 = -1
			_ = d.QueryRow(ctx, selectCounter, name).Scan(&v)
			return v
		}
		t.Run("what was written is there when Write returns", func(t *testing.T) {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, insertCounter, "a", 7)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if got := value("a"); got != 7 {
				t.Fatalf("read %d after writing 7", got)
			}
		})
		t.Run("placeholders out of order bind by number", func(t *testing.T) {
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `INSERT INTO counter (value, name) VALUES ($2, $1)`, "order", 9)
				return err
			}); err != nil {
				t.Fatal(err)
			}
			if got := value("order"); got != 9 {
				t.Fatalf("read %d after writing 9", got)
			}
		})
		t.Run("a write that fails undoes only itself, in whatever group it falls", func(t *testing.T) {
			boom := errors.New("boom")
			var wg sync.WaitGroup
			for i := range 64 {
				wg.Add(1)
				go func() {
					defer wg.Done()
					name := string(rune('A'+i%26)) + string(rune('a'+i/26))
					err := d.Write(ctx, func(tx *db.Tx) error {
						if _, err := tx.Exec(ctx, insertCounter, name, i); err != nil {
							return err
						}
						if i%2 == 1 {
							return boom
						}
						return nil
					})
					want := error(nil)
					if i%2 == 1 {
						want = boom
					}
					if !errors.Is(err, want) {
						t.Errorf("write %d: %v", i, err)
					}
					if got := value(name); (got == int64(i)) != (i%2 == 0) {
						t.Errorf("write %d left %d", i, got)
					}
				}()
			}
			wg.Wait()
		})
		t.Run("a statement that the database refuses undoes its write and no other", func(t *testing.T) {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, insertCounter, "a", 8)
				return err
			})
			if err == nil {
				t.Fatal("a duplicate key was accepted")
			}
			if err := d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, insertCounter, "after", 1)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a write that panics is undone and the writer goes on", func(t *testing.T) {
			err := d.Write(ctx, func(tx *db.Tx) error {
				_, _ = tx.Exec(ctx, insertCounter, "panic", 1)
				panic("secret")
			})
			if err == nil || value("panic") != -1 {
				t.Fatalf("err %v, value %d", err, value("panic"))
			}
		})
		t.Run("a caller who gives up in the middle of a write does not undo it, nor anybody else's", func(t *testing.T) {
			gone, leave := context.WithCancel(ctx)
			defer leave()
			var wg sync.WaitGroup
			errs := make([]error, 40)
			for i := range errs {
				wg.Go(func() {
					own := ctx
					if i == 20 {
						own = gone
					}
					errs[i] = d.Write(own, func(tx *db.Tx) error {
						if i == 20 {
							leave()
						}
						_, err := tx.Exec(own, insertCounter, "gone-"+string(rune('a'+i)), i)
						return err
					})
				})
			}
			wg.Wait()
			for i, err := range errs {
				if got := value("gone-" + string(rune('a'+i))); err != nil || got != int64(i) {
					t.Errorf("%d: %v, left %d", i, err, got)
				}
			}
		})
		t.Run("after Close a write is refused as unavailable", func(t *testing.T) {
			if err := d.Close(); err != nil {
				t.Fatal(err)
			}
			err := d.Write(ctx, func(*db.Tx) error { return nil })
			if !fault.Is(err, fault.Unavailable) {
				t.Fatalf("got %v", err)
			}
		})
	})
}

func TestAppend(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		t.Run("an append that fails undoes only itself, in whatever group it falls", func(t *testing.T) {
			var wg sync.WaitGroup
			for i := range 200 {
				wg.Go(func() {
					name := string(rune('A'+i%26)) + string(rune('a'+i/26))
					write := d.Append
					if i%5 == 0 {
						write = d.Write
					}
					err := write(ctx, func(tx *db.Tx) error {
						if _, err := tx.Exec(ctx, insertCounter, name, i); err != nil {
							return err
						}
						if i%7 == 3 {
							_, err := tx.Exec(ctx, insertCounter, name, i) // refused by the database
							return err
						}
						return nil
					})
					if (err != nil) != (i%7 == 3) {
						t.Errorf("%d: %v", i, err)
					}
					var v int64 = -1
					_ = d.QueryRow(ctx, selectCounter, name).Scan(&v)
					if (v == int64(i)) != (err == nil) {
						t.Errorf("%d left %d after %v", i, v, err)
					}
				})
			}
			wg.Wait()
		})
	})
}
