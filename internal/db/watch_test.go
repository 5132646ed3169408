package db_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

func TestWatch(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		type group struct {
			requests int
			failed   bool
		}
		// The writer tells before it answers, so what it told is there by then.
		var got []group
		d.Watch(func(n int) func(bool) {
			return func(failed bool) { got = append(got, group{n, failed}) }
		})
		must := func(t *testing.T, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		last := func(t *testing.T, want group) {
			t.Helper()
			if len(got) == 0 || got[len(got)-1] != want {
				t.Errorf("told %v, want %v at the end", got, want)
			}
		}
		insert := func(name string) func(tx *db.Tx) error {
			return func(tx *db.Tx) error { _, err := tx.Exec(ctx, insertCounter, name, 1); return err }
		}
		t.Run("a group that is kept is told of, with its requests", func(t *testing.T) {
			must(t, d.Write(ctx, insert("kept")))
			last(t, group{1, false})
			// While one is being written others gather, and are the next group.
			held, begun := make(chan struct{}), make(chan struct{})
			done := make(chan error, 4)
			go func() {
				done <- d.Write(ctx, func(tx *db.Tx) error { close(begun); <-held; return nil })
			}()
			<-begun
			for _, name := range []string{"x", "y", "z"} {
				go func() { done <- d.Write(ctx, insert(name)) }()
			}
			for d.Load().Writes < 3 {
				runtime.Gosched()
			}
			close(held)
			for range 4 {
				must(t, <-done)
			}
			last(t, group{3, false})
			if n := d.Load().Writes; n != 0 {
				t.Errorf("%d requests wait", n)
			}
		})
		t.Run("a write that is refused is no failure of the database", func(t *testing.T) {
			boom := errors.New("boom")
			if err := d.Write(ctx, func(*db.Tx) error { return boom }); !errors.Is(err, boom) {
				t.Fatal(err)
			}
			last(t, group{1, false})
			if d.Load().Failing {
				t.Error("it counts as failing")
			}
		})
		t.Run("a group that cannot be kept is a failure until one can", func(t *testing.T) {
			must(t, d.Write(ctx, func(tx *db.Tx) error {
				for _, q := range []string{
					`CREATE TABLE above (id BIGINT PRIMARY KEY)`,
					`CREATE TABLE below (id BIGINT REFERENCES above (id) DEFERRABLE INITIALLY DEFERRED)`,
				} {
					if _, err := tx.Exec(ctx, q); err != nil {
						return err
					}
				}
				return nil
			}))
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `INSERT INTO below (id) VALUES (7)`); return err }); err == nil {
				t.Fatal("it was kept")
			}
			last(t, group{1, true})
			if !d.Load().Failing {
				t.Error("it does not count as failing")
			}
			// What keeps nothing proves nothing.
			_ = d.Write(ctx, func(*db.Tx) error { return errors.New("no") })
			if !d.Load().Failing {
				t.Error("what was undone mended it")
			}
			must(t, d.Write(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, `UPDATE counter SET value = 2 WHERE name = $1`, "nobody's")
				return err
			}))
			if !d.Load().Failing {
				t.Error("what changed nothing mended it")
			}
			must(t, d.Write(ctx, insert("again")))
			last(t, group{1, false})
			if d.Load().Failing {
				t.Error("it still counts as failing")
			}
		})
		t.Run("it says who has it open, and which of them asks", func(t *testing.T) {
			peers, err := d.Peers(ctx)
			here := 0
			for _, p := range peers {
				if p.Here {
					here++
				}
			}
			if err != nil || here != 1 || !strings.HasPrefix(peers[0].Name, "caseward ") || !strings.HasSuffix(peers[0].Name, " "+strconv.Itoa(os.Getpid())) {
				t.Errorf("%+v, %v", peers, err)
			}
		})
		t.Run("it says how large it is", func(t *testing.T) {
			if data, _, err := d.Size(ctx); err != nil || data <= 0 {
				t.Errorf("%d bytes, %v", data, err)
			}
		})
	})
}

func TestReadersThatWait(t *testing.T) {
	d := dbtest.SQLite(t)
	ctx := context.Background()
	if l := d.Load(); l.Readers != 0 || l.Waited != 0 {
		t.Fatalf("%+v before anybody read", l)
	}
	var open []db.Rows
	for range max(2, runtime.GOMAXPROCS(0)) {
		rows, err := d.Query(ctx, selectCounter, "none")
		if err != nil {
			t.Fatal(err)
		}
		open = append(open, rows)
	}
	done := make(chan error)
	go func() {
		rows, err := d.Query(ctx, selectCounter, "none")
		if err == nil {
			err = rows.Close()
		}
		done <- err
	}()
	for d.Load().Readers == 0 {
		runtime.Gosched()
	}
	for _, rows := range open {
		if err := rows.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if l := d.Load(); l.Readers != 0 || l.Waited != 1 {
		t.Errorf("%+v after one had to wait", l)
	}
}

func TestSizeOfTheJournal(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	d := dbtest.Open(t, "", dir)
	if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `CREATE TABLE a (b TEXT)`); return err }); err != nil {
		t.Fatal(err)
	}
	i, err := os.Stat(filepath.Join(dir, db.FileName+"-wal"))
	if err != nil {
		t.Fatal(err)
	}
	if _, journal, err := d.Size(ctx); err != nil || journal != i.Size() || journal == 0 {
		t.Errorf("the journal has %d bytes and is said to have %d, %v", i.Size(), journal, err)
	}
}
