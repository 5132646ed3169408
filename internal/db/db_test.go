package db_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
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

// TestTwoServers has two servers write to one PostgreSQL at once.
func TestTwoServers(t *testing.T) {
	if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		t.Skip("CASEWARD_TEST_POSTGRES names no server")
	}
	ctx := context.Background()
	url := dbtest.URL(t)
	var servers [2]*db.DB
	for i := range servers {
		d, err := db.Open(ctx, url, "")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = d.Close() })
		servers[i] = d
	}
	t.Run("both bring the schema up to date at once", func(t *testing.T) {
		var wg sync.WaitGroup
		for _, d := range servers {
			wg.Go(func() {
				if err := d.Migrate(ctx); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
	})
	write := func(d *db.DB, name string, v int) error {
		return d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, insertCounter, name, v)
			return err
		})
	}
	t.Run("what one reads in a write stays true until it commits", func(t *testing.T) {
		if err := write(servers[0], "n", 0); err != nil {
			t.Fatal(err)
		}
		raw, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		add := func(d *db.DB, meanwhile func()) error {
			return d.Write(ctx, func(tx *db.Tx) error {
				var n int64
				if err := tx.QueryRow(ctx, selectCounter, "n").Scan(&n); err != nil {
					return err
				}
				meanwhile()
				_, err := tx.Exec(ctx, `UPDATE counter SET value = $2 WHERE name = $1`, "n", n+1)
				return err
			})
		}
		var wg sync.WaitGroup
		read := make(chan struct{})
		if err := add(servers[0], func() {
			wg.Go(func() {
				if err := add(servers[1], func() { close(read) }); err != nil {
					t.Error(err)
				}
			})
			// Until the other waits, or has read what is about to change.
			for waits := 0; waits == 0; {
				select {
				case <-read:
					return
				default:
				}
				if err := raw.QueryRow(`SELECT count(*) FROM pg_locks WHERE NOT granted`).Scan(&waits); err != nil {
					t.Error(err)
					return
				}
			}
		}); err != nil {
			t.Error(err)
		}
		wg.Wait()
		var n int64
		if err := servers[0].QueryRow(ctx, selectCounter, "n").Scan(&n); err != nil || n != 2 {
			t.Errorf("two added one each, and there are %d: %v", n, err)
		}
	})
	t.Run("what is only added does not wait for a write of another server", func(t *testing.T) {
		err := servers[0].Write(ctx, func(*db.Tx) error {
			return servers[1].Append(ctx, func(tx *db.Tx) error {
				_, err := tx.Exec(ctx, insertCounter, "beside", 1)
				return err
			})
		})
		if err != nil {
			t.Error(err)
		}
	})
	t.Run("a commit whose wait for the standby was cancelled is not said to be kept", func(t *testing.T) {
		raw, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		exec := func(statements ...string) {
			t.Helper()
			for _, s := range statements {
				if _, err := raw.Exec(s); err != nil {
					t.Fatal(err)
				}
			}
		}
		// Others on this server do not wait: their synchronous_commit is off.
		exec(`SET synchronous_commit = off`, `ALTER SYSTEM SET synchronous_standby_names = 'nobody'`, `SELECT pg_reload_conf()`)
		defer exec(`ALTER SYSTEM RESET synchronous_standby_names`, `SELECT pg_reload_conf()`)
		d, err := db.Open(ctx, url+"&synchronous_commit=on", "")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		kept := make(chan error)
		tries := 0
		try := func() {
			tries++
			go func() { kept <- write(d, fmt.Sprint("standby ", tries), 1) }()
		}
		try()
		for cancelled := 0; ; {
			if err := raw.QueryRow(`SELECT count(*) FROM (SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep') x`).Scan(&cancelled); err != nil {
				t.Fatal(err)
			}
			if cancelled > 0 {
				break // the answer may be here already
			}
			select {
			case err := <-kept:
				// The server reads its settings anew when it comes to it.
				if err != nil || tries == 10_000 {
					t.Fatalf("it did not wait: %v", err)
				}
				try()
			default:
			}
		}
		if err := <-kept; !fault.Is(err, fault.Unavailable) || !errors.Is(err, db.ErrUnconfirmed) {
			t.Errorf("it says %v", err)
		}
	})
	t.Run("a commit that was cut off is not said to have kept nothing", func(t *testing.T) {
		raw, err := sql.Open("pgx", url)
		if err != nil {
			t.Fatal(err)
		}
		defer raw.Close()
		// The connection is cut at the commit.
		if _, err := raw.Exec(`CREATE FUNCTION cut() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
			CREATE CONSTRAINT TRIGGER cut AFTER INSERT ON counter DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.name = 'cut') EXECUTE FUNCTION cut()`); err != nil {
			t.Fatal(err)
		}
		err = write(servers[0], "cut", 1)
		if !fault.Is(err, fault.Unavailable) || !errors.Is(err, db.ErrUnconfirmed) {
			t.Errorf("it says %v", err)
		}
		if err := write(servers[0], "after", 1); err != nil {
			t.Errorf("the next write: %v", err)
		}
	})
}
