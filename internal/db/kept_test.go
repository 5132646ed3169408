package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

const (
	counterOf  = `SELECT value FROM counter WHERE name = $1`
	setCounter = `INSERT INTO counter (name, value) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET value = excluded.value`
	toAccounts = `UPDATE account SET changed_at = 0 WHERE worker = 'nobody'`
)

// shelf remembers counters, and counts how often one was looked up.
type shelf struct {
	kept  db.Kept[string, int64]
	looks atomic.Int64
}

func (s *shelf) get(t testing.TB, ctx context.Context, q db.Querier, name string) int64 {
	t.Helper()
	n, err := s.kept.Get(ctx, q, name, func(ctx context.Context) (n int64, on []string, err error) {
		s.looks.Add(1)
		return n, []string{name}, q.QueryRow(ctx, counterOf, name).Scan(&n)
	})
	if err != nil {
		t.Error(err)
	}
	return n
}

// asks says how many look-ups it takes to get some counters, which must have a value.
func (s *shelf) asks(t testing.TB, ctx context.Context, q db.Querier, value int64, names ...string) int64 {
	t.Helper()
	before := s.looks.Load()
	for _, name := range names {
		if n := s.get(t, ctx, q, name); n != value {
			t.Errorf("%s is %d and not %d", name, n, value)
		}
	}
	return s.looks.Load() - before
}

func set(t testing.TB, d *db.DB, value int64, names ...string) {
	t.Helper()
	ctx := context.Background()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		for _, name := range names {
			if _, err := tx.Change(ctx, []string{name}, setCounter, name, value); err != nil {
				return err
			}
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestKept(t *testing.T) {
	ctx := context.Background()
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		set(t, d, 1, "a", "b")
		var s shelf
		remembers := d.Dialect() == db.SQLite
		want := func(t *testing.T, looks, n int64) {
			t.Helper()
			if remembers && looks != n {
				t.Errorf("it looked %d times and not %d", looks, n)
			}
			if !remembers && looks != 2 {
				t.Errorf("it remembered what other servers may change: %d look-ups", looks)
			}
		}
		s.asks(t, ctx, d, 1, "a", "b")
		t.Run("what nobody changed is remembered", func(t *testing.T) {
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 0)
		})
		t.Run("what was changed is looked up anew, and nothing else", func(t *testing.T) {
			set(t, d, 2, "b")
			want(t, s.asks(t, ctx, d, 1, "a")+s.asks(t, ctx, d, 2, "b"), 1)
			set(t, d, 1, "b")
			s.asks(t, ctx, d, 1, "b")
		})
		t.Run("a statement that does not say what it changes makes everything be looked up", func(t *testing.T) {
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, toAccounts); return err }); err != nil {
				t.Fatal(err)
			}
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 2)
		})
		t.Run("one on a table of which nothing is remembered makes nothing be", func(t *testing.T) {
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, setCounter, "other", 1); return err }); err != nil {
				t.Fatal(err)
			}
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 0)
		})
		t.Run("what was undone is as it was", func(t *testing.T) {
			undone := errors.New("undone")
			if err := d.Write(ctx, func(tx *db.Tx) error {
				if _, err := tx.Change(ctx, []string{"a"}, setCounter, "a", 9); err != nil {
					return err
				}
				if looks := s.asks(t, ctx, tx, 9, "a"); looks != 1 {
					t.Errorf("inside the transaction it looked %d times", looks)
				}
				return undone
			}); !errors.Is(err, undone) {
				t.Fatal(err)
			}
			s.asks(t, ctx, d, 1, "a", "b")
		})
		t.Run("a transaction sees what it changed, and what one before it in its group did", func(t *testing.T) {
			var all sync.WaitGroup
			for range 8 {
				all.Go(func() {
					if err := d.Write(ctx, func(tx *db.Tx) error {
						n := s.get(t, ctx, tx, "a")
						if _, err := tx.Change(ctx, []string{"a"}, setCounter, "a", n+1); err != nil {
							return err
						}
						s.asks(t, ctx, tx, n+1, "a")
						return nil
					}); err != nil {
						t.Error(err)
					}
				})
			}
			all.Wait()
			s.asks(t, ctx, d, 9, "a")
			set(t, d, 1, "a")
		})
		t.Run("an error is not remembered", func(t *testing.T) {
			broken := errors.New("broken")
			for range 2 {
				if _, err := s.kept.Get(ctx, d, "broken", func(context.Context) (int64, []string, error) { return 0, []string{"x"}, broken }); !errors.Is(err, broken) {
					t.Error(err)
				}
			}
		})
		t.Run("what depends on nothing is not remembered", func(t *testing.T) {
			for i := range int64(2) {
				n, err := s.kept.Get(ctx, d, "alone", func(context.Context) (int64, []string, error) { return i, nil, nil })
				if err != nil || n != i {
					t.Error(n, err)
				}
			}
		})
		t.Run("what was forgotten is looked up", func(t *testing.T) {
			s.asks(t, ctx, d, 1, "a", "b")
			s.kept.Forget("a")
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 1)
		})
		if !remembers {
			return
		}
		t.Run("a snapshot is told what was so when it first read, and nobody else is", func(t *testing.T) {
			s.asks(t, ctx, d, 1, "a", "b")
			if err := d.Snapshot(ctx, func(ctx context.Context) error {
				var n int64
				if err := d.QueryRow(ctx, counterOf, "b").Scan(&n); err != nil {
					return err
				}
				if looks := s.asks(t, ctx, d, 1, "a"); looks != 0 {
					t.Errorf("it looked %d times for what nobody changed", looks)
				}
				set(t, d, 2, "a")
				if looks := s.asks(t, ctx, d, 1, "a"); looks != 1 {
					t.Errorf("what the snapshot does not see was remembered: %d look-ups", looks)
				}
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			if looks := s.asks(t, ctx, d, 2, "a"); looks != 1 {
				t.Errorf("%d look-ups after it", looks)
			}
			set(t, d, 1, "a")
		})
		t.Run("while a change is under way whatever it is not of is remembered", func(t *testing.T) {
			s.asks(t, ctx, d, 1, "a", "b")
			done, err := db.UnderWay(d, "a")
			if err != nil {
				t.Fatal(err)
			}
			want(t, s.asks(t, ctx, d, 1, "b"), 0)
			want(t, s.asks(t, ctx, d, 1, "a", "a"), 2)
			if err := d.Snapshot(ctx, func(ctx context.Context) error {
				var n int64
				if err := d.QueryRow(ctx, counterOf, "b").Scan(&n); err != nil {
					return err
				}
				want(t, s.asks(t, ctx, d, 1, "b"), 0)
				want(t, s.asks(t, ctx, d, 1, "a", "a"), 2)
				done()
				want(t, s.asks(t, ctx, d, 1, "b"), 0)
				want(t, s.asks(t, ctx, d, 1, "a", "a"), 2) // it may be of before the change
				return nil
			}); err != nil {
				t.Fatal(err)
			}
			want(t, s.asks(t, ctx, d, 1, "b"), 0)
			want(t, s.asks(t, ctx, d, 1, "a"), 1)
			want(t, s.asks(t, ctx, d, 1, "a"), 0)
			if done, err = db.UnderWay(d); err != nil {
				t.Fatal(err)
			}
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 2)
			done()
			want(t, s.asks(t, ctx, d, 1, "a", "b"), 2)
		})
		t.Run("what is remembered can be had without reading anything, all of one state or not at all", func(t *testing.T) {
			s.asks(t, ctx, d, 1, "a", "b")
			get := func(ctx context.Context, name string) (int64, error) {
				return s.kept.Get(ctx, d, name, func(ctx context.Context) (n int64, on []string, err error) {
					return n, []string{name}, d.QueryRow(ctx, counterOf, name).Scan(&n)
				})
			}
			if err := d.Remembered(ctx, func(ctx context.Context) error {
				if n, err := get(ctx, "a"); n != 1 || err != nil {
					t.Error(n, err)
				}
				if _, err := get(ctx, "other"); !errors.Is(err, db.ErrNotRemembered) {
					t.Error("what nobody asked for yet:", err)
				}
				set(t, d, 2, "b")
				s.asks(t, context.Background(), d, 2, "b")
				if n, err := get(ctx, "b"); !errors.Is(err, db.ErrNotRemembered) {
					t.Error("it was told what is so since, beside what was so before:", n, err)
				}
				n, err := get(ctx, "a")
				if n != 1 || err != nil {
					t.Error(n, err)
				}
				return err
			}); err != nil {
				t.Error(err)
			}
			set(t, d, 1, "b")
		})
		t.Run("a snapshot that has not read yet is not told what may be older than what it will read", func(t *testing.T) {
			s.asks(t, ctx, d, 1, "a")
			_ = d.Snapshot(ctx, func(ctx context.Context) error {
				if looks := s.asks(t, ctx, d, 1, "a"); looks != 1 {
					t.Errorf("%d look-ups", looks)
				}
				return nil
			})
		})
		t.Run("what a snapshot reads first is remembered", func(t *testing.T) {
			s.kept.Forget("a")
			_ = d.Snapshot(ctx, func(ctx context.Context) error { s.asks(t, ctx, d, 1, "a"); return nil })
			if looks := s.asks(t, ctx, d, 1, "a"); looks != 0 {
				t.Errorf("%d look-ups", looks)
			}
		})
	})
}

func TestKeptIsBounded(t *testing.T) {
	ctx := context.Background()
	d := dbtest.SQLite(t)
	looks := 0
	kept := db.Kept[int, []byte]{Bytes: func(b []byte) int { return len(b) }}
	ask := func(i int) {
		t.Helper()
		if _, err := kept.Get(ctx, d, i, func(context.Context) ([]byte, []string, error) {
			looks++
			return make([]byte, db.MaxKeptBytes/64), []string{"x"}, nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	for i := range 200 {
		ask(i)
		ask(0) // which is in use all the time
	}
	if looks != 200 {
		t.Errorf("%d look-ups for 200 answers", looks)
	}
	looks = 0
	for i := range 200 {
		ask(199 - i)
	}
	if remembered := 200 - looks; remembered < 32 || remembered > 66 {
		t.Errorf("%d of 200 were remembered, of which there is room for 64", remembered)
	}
}

func TestKeptBesideAnotherProcess(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	d, other := dbtest.Open(t, "", dir), dbtest.Open(t, "", dir)
	set(t, d, 1, "a", "b")
	var s shelf
	again := func(t *testing.T, looks, value int64) {
		t.Helper()
		if got := s.asks(t, ctx, d, value, "a", "b"); got != looks {
			t.Errorf("%d look-ups, not %d", got, looks)
		}
	}
	again(t, 2, 1)
	again(t, 0, 1)
	t.Run("what another process changed is seen, and once it is, remembered", func(t *testing.T) {
		set(t, other, 2, "a", "b")
		again(t, 2, 2)
		again(t, 0, 2)
		set(t, other, 2, "c") // nobody knows what
		again(t, 2, 2)
	})
	t.Run("nor is it missed where this one changes something after it", func(t *testing.T) {
		set(t, other, 3, "a", "b")
		set(t, d, 1, "c")
		again(t, 2, 3)
	})
	t.Run("what another process did that nothing depends on is not seen", func(t *testing.T) {
		if err := other.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, setCounter, "other", 1); return err }); err != nil {
			t.Fatal(err)
		}
		again(t, 0, 3)
	})
	file := filepath.Join(dir, db.ChangesName)
	t.Run("while a change is under way, and after one was cut off, nothing is remembered until the next is done", func(t *testing.T) {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		b[0]++ // begun, and not done
		if err := os.WriteFile(file, b, 0o600); err != nil {
			t.Fatal(err)
		}
		again(t, 2, 3)
		again(t, 2, 3)
		set(t, other, 4, "a", "b")
		again(t, 2, 4)
		again(t, 0, 4)
	})
	t.Run("a count that was cut short is not believed, and nothing that it must count is kept", func(t *testing.T) {
		if err := os.Truncate(file, 3); err != nil {
			t.Fatal(err)
		}
		again(t, 2, 4)
		again(t, 2, 4)
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Change(ctx, []string{"a"}, setCounter, "a", 5); return err }); err == nil {
			t.Error("the write was kept")
		}
		again(t, 2, 4)
	})
	t.Run("where it cannot be opened nothing is remembered, and nothing that others may remember is changed", func(t *testing.T) {
		alone := t.TempDir()
		if err := os.Mkdir(filepath.Join(alone, db.ChangesName), 0o700); err != nil {
			t.Fatal(err)
		}
		d := dbtest.Open(t, "", alone)
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, setCounter, "a", 1); return err }); err != nil {
			t.Error("a change that nobody remembers anything of:", err)
		}
		var s shelf
		if looks := s.asks(t, ctx, d, 1, "a", "a"); looks != 2 {
			t.Error("it remembered:", looks)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Change(ctx, []string{"a"}, setCounter, "a", 2); return err }); err == nil {
			t.Error("the change was kept")
		}
		if looks := s.asks(t, ctx, d, 1, "a"); looks != 1 {
			t.Error(looks)
		}
	})
	t.Run("after the next start the first change is counted again", func(t *testing.T) {
		if err := errors.Join(d.Close(), other.Close()); err != nil {
			t.Fatal(err)
		}
		d = dbtest.Open(t, "", dir)
		s = shelf{}
		again(t, 2, 4)
		set(t, d, 6, "a", "b")
		again(t, 2, 6)
		again(t, 0, 6)
	})
}

// Whoever was told that a value was kept, and then asks, gets that value or a later one,
// whatever else is going on.
func TestKeptIsNeverOld(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	ds := []*db.DB{dbtest.Open(t, "", dir), dbtest.Open(t, "", dir)}
	names := []string{"a", "b", "c"}
	set(t, ds[0], 0, names...)
	var told [3]atomic.Int64
	var s shelf
	var wrote, read sync.WaitGroup
	var over atomic.Bool
	for i, name := range names {
		wrote.Go(func() {
			for n := int64(1); n <= 60; n++ {
				set(t, ds[int(n)%2], n, name)
				told[i].Store(n)
			}
		})
	}
	for r := range 4 {
		read.Go(func() {
			for !over.Load() {
				for i, name := range names {
					least := told[i].Load()
					ask := func(ctx context.Context) error {
						if got := s.get(t, ctx, ds[0], name); got < least {
							t.Errorf("%s is %d, and %d was kept before", name, got, least)
						}
						return nil
					}
					if r%2 == 0 {
						_ = ask(ctx)
						continue
					}
					// Two looks of a snapshot agree.
					_ = ds[0].Snapshot(ctx, func(ctx context.Context) error {
						var n int64
						if err := ds[0].QueryRow(ctx, counterOf, name).Scan(&n); err != nil {
							t.Error(err)
						}
						if got := s.get(t, ctx, ds[0], name); got != n {
							t.Errorf("%s is %d in the snapshot, and %d is remembered", name, n, got)
						}
						return ask(ctx)
					})
				}
			}
		})
	}
	wrote.Wait()
	over.Store(true)
	read.Wait()
	if looks := s.asks(t, ctx, ds[0], 60, names...); looks > 3 {
		t.Error(looks)
	}
}
