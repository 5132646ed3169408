package audit_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	tformats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

// leaves reads what the tree should hold, in order.
func leaves(t testing.TB, d *db.DB) [][]byte {
	t.Helper()
	rows, err := d.Query(context.Background(), `SELECT leaf FROM log_entry ORDER BY tx, id`)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var out [][]byte
	for rows.Next() {
		var b []byte
		if err := rows.Scan(&b); err != nil {
			t.Fatal(err)
		}
		out = append(out, bytes.Clone(b))
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// simpleRoot is RFC 6962, section 2.1, word for word.
func simpleRoot(data [][]byte) [32]byte {
	switch n := len(data); n {
	case 0:
		return sha256.Sum256(nil)
	case 1:
		return sha256.Sum256(append([]byte{0}, data[0]...))
	default:
		k := 1
		for k*2 < n {
			k *= 2
		}
		l, r := simpleRoot(data[:k]), simpleRoot(data[k:])
		return sha256.Sum256(append(append([]byte{1}, l[:]...), r[:]...))
	}
}

func checkpointOf(t testing.TB, l *audit.Log) *tformats.Checkpoint {
	t.Helper()
	b, err := l.Checkpoint(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	v, err := note.NewVerifier(l.PublicKey())
	if err != nil {
		t.Fatal(err)
	}
	c, _, _, err := tformats.ParseCheckpoint(b, origin, v)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sequenceAll sequences all there is. PostgreSQL may hold an entry back for a
// moment, as while it gathers statistics.
func sequenceAll(l *audit.Log) (int64, error) {
	for range 1000 {
		size, err := l.Sequence(context.Background())
		if err != nil {
			return size, err
		}
		if h, err := l.Head(context.Background()); err != nil || h.Unsequenced == 0 {
			return size, err
		}
	}
	return 0, errors.New("entries are held back for good")
}

func TestSequence(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		if _, err := l.Checkpoint(ctx); !fault.Is(err, fault.NotFound) {
			t.Fatalf("before the first checkpoint: %v", err)
		}
		// Across the edges of tiles and of the levels above them.
		n := 0
		roots := map[int64]tlog.Hash{}
		for _, upTo := range []int{0, 1, 2, 3, 255, 256, 257, 511, 512, 513, 700, 5000, 65535, 65536, 65537} {
			if upTo > 5000 && (testing.Short() || d.Dialect() == db.Postgres) {
				break
			}
			for n < upTo {
				to := min(upTo, n+2000)
				record(t, l, n, to)
				n = to
			}
			if h, err := l.Head(ctx); err != nil || h.Size+h.Unsequenced != int64(n) {
				t.Fatalf("head %+v, %v, with %d entries", h, err, n)
			}
			size, err := sequenceAll(l)
			if err != nil || size != int64(n) {
				t.Fatalf("sequenced %d of %d: %v", size, n, err)
			}
			c := checkpointOf(t, l)
			if want := simpleRoot(leaves(t, d)); c.Size != uint64(n) || !bytes.Equal(c.Hash, want[:]) {
				t.Fatalf("checkpoint of %d entries with root %x; want %d, %x", c.Size, c.Hash, n, want)
			}
			roots[int64(n)] = tlog.Hash(c.Hash)
		}
		t.Run("every tree that was signed is provably the beginning of the last", func(t *testing.T) {
			for size, root := range roots {
				if size == 0 {
					continue
				}
				p, err := l.Consistency(ctx, size, int64(n))
				if err != nil {
					t.Fatal(err)
				}
				if err := tlog.CheckTree(p, int64(n), roots[int64(n)], size, root); err != nil {
					t.Fatalf("from %d to %d: %v", size, n, err)
				}
			}
		})
		t.Run("an entry knows its position", func(t *testing.T) {
			all := leaves(t, d)
			got, err := l.Find(ctx, audit.Query{Limit: 600})
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range got {
				if e.Position < 0 || e.LeafHash != tlog.RecordHash(all[e.Position]) {
					t.Fatalf("entry %d is not at position %d", e.ID, e.Position)
				}
			}
			if len(got) != 600 || got[0].Position != int64(n-1) || got[599].Position != int64(n-600) {
				t.Fatalf("%d entries, from position %d to %d", len(got), got[0].Position, got[len(got)-1].Position)
			}
			if err := l.Record(ctx, entry(n)); err != nil {
				t.Fatal(err)
			}
			if got, err = l.Find(ctx, audit.Query{Limit: 1}); err != nil || got[0].Position != -1 {
				t.Fatalf("an entry that waits has position %d, %v", got[0].Position, err)
			}
		})
	})
}

func TestSequenceRefusesATreeItDidNotMake(t *testing.T) {
	ctx := context.Background()
	for name, damage := range map[string]string{
		"a changed tile":                        `UPDATE log_tile SET data = zeroblob(length(data)) WHERE level = 0 AND n = 1`,
		"a changed checkpoint":                  `UPDATE log_head SET checkpoint = replace(checkpoint, '300', '299')`,
		"a tree whose checkpoints were removed": `UPDATE log_head SET checkpoint = x'', signed_size = -1, size = 1, root = (SELECT substr(data, 1, 32) FROM log_tile WHERE level = 0 AND n = 0), through_id = 5`,
		"a tree set back":                       `UPDATE log_head SET size = 0, root = x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', through_id = 0`,
	} {
		t.Run(name+" is not signed over", func(t *testing.T) {
			d := dbtest.SQLite(t)
			c := clock.NewFake(start)
			key := keystest.File(t, t.TempDir(), c)
			again := func(t *testing.T, d *db.DB) *audit.Log {
				l, err := audit.Open(ctx, d, keys.NewAgency(d, key), c, origin)
				if err != nil {
					t.Fatal(err)
				}
				return l
			}
			l := again(t, d)
			record(t, l, 0, 300)
			if _, err := l.Sequence(ctx); err != nil {
				t.Fatal(err)
			}
			if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, damage); return err }); err != nil {
				t.Fatal(err)
			}
			if name == "a tree set back" {
				// Its entries are set back with it, and others come instead.
				for _, s := range []string{`DROP TRIGGER log_entry_no_delete`, `DELETE FROM log_entry`} {
					if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, s); return err }); err != nil {
						t.Fatal(err)
					}
				}
			}
			record(t, l, 300, 700)
			if _, err := l.Sequence(ctx); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "audit verify") {
				t.Fatalf("got %v", err)
			}
			// Nor by a server that remembers nothing.
			if _, err := again(t, d).Sequence(ctx); !fault.Is(err, fault.Unavailable) {
				t.Fatalf("after a restart: %v", err)
			}
			before, _ := l.Checkpoint(ctx)
			if strings.Contains(string(before), "\n700\n") || strings.Contains(string(before), "\n400\n") {
				t.Fatal("it was signed")
			}
		})
	}
}

func TestSequenceTrustsTheTilesNotTheHead(t *testing.T) {
	t.Run("a changed root is replaced by that of the tree", func(t *testing.T) {
		ctx := context.Background()
		d := dbtest.SQLite(t)
		l, _ := openLog(t, d)
		record(t, l, 0, 300)
		if _, err := l.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, `UPDATE log_head SET root = zeroblob(32)`); return err }); err != nil {
			t.Fatal(err)
		}
		record(t, l, 300, 310)
		if _, err := l.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		if c, want := checkpointOf(t, l), simpleRoot(leaves(t, d)); !bytes.Equal(c.Hash, want[:]) {
			t.Fatalf("root %x; want %x", c.Hash, want)
		}
	})
}

func TestManyWritersAndSequencers(t *testing.T) {
	const writers, each = 8, 60
	run := func(t *testing.T, url, dir string) {
		ctx := context.Background()
		c := clock.NewFake(start)
		var logs []*audit.Log
		var dbs []*db.DB
		key := keystest.File(t, t.TempDir(), c)
		for range 2 {
			d := dbtest.Open(t, url, dir)
			l, err := audit.Open(ctx, d, keys.NewAgency(d, key), c, origin)
			if err != nil {
				t.Fatal(err)
			}
			logs, dbs = append(logs, l), append(dbs, d)
		}
		stop := make(chan struct{})
		var sequencers, wg sync.WaitGroup
		for _, l := range logs {
			sequencers.Add(1)
			go func() {
				defer sequencers.Done()
				for {
					select {
					case <-stop:
						return
					default:
						if _, err := l.Sequence(ctx); err != nil {
							t.Error(err)
							return
						}
					}
				}
			}()
		}
		for w := range writers {
			wg.Add(1)
			go func() {
				defer wg.Done()
				for i := range each {
					e := entry(i)
					e.Detail = map[string]string{"n": fmt.Sprintf("%d/%d", w, i)}
					if err := logs[w%2].Record(ctx, e); err != nil {
						t.Error(err)
						return
					}
				}
			}()
		}
		wg.Wait()
		close(stop)
		sequencers.Wait()
		if size, err := sequenceAll(logs[0]); err != nil || size != writers*each {
			t.Fatalf("sequenced %d of %d: %v", size, writers*each, err)
		}
		seen := map[string]int{}
		positions := map[int64]bool{}
		for before := int64(0); ; {
			page, err := logs[1].Find(ctx, audit.Query{Before: before, Limit: 100})
			if err != nil {
				t.Fatal(err)
			}
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				seen[e.Detail["n"]]++
				positions[e.Position] = true
			}
			before = page[len(page)-1].ID
		}
		for w := range writers {
			for i := range each {
				if n := seen[fmt.Sprintf("%d/%d", w, i)]; n != 1 {
					t.Errorf("entry %d of writer %d is there %d times", i, w, n)
				}
			}
		}
		if len(positions) != writers*each || positions[-1] {
			t.Errorf("%d positions for %d entries", len(positions), writers*each)
		}
		c1, c2 := checkpointOf(t, logs[0]), checkpointOf(t, logs[1])
		if want := simpleRoot(leaves(t, dbs[0])); !bytes.Equal(c1.Hash, want[:]) || !bytes.Equal(c2.Hash, want[:]) {
			t.Errorf("roots %x and %x; want %x", c1.Hash, c2.Hash, want)
		}
		r, err := verify.Database(ctx, url, dir, verify.Options{PublicKey: logs[0].PublicKey()})
		if err != nil {
			t.Fatal(err)
		}
		if !r.OK {
			t.Errorf("%s", r)
		}
	}
	t.Run("lose nothing and double nothing on SQLite", func(t *testing.T) { run(t, "", t.TempDir()) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("lose nothing and double nothing on PostgreSQL", func(t *testing.T) { run(t, dbtest.URL(t), "") })
	}
}

func TestRun(t *testing.T) {
	t.Run("what was recorded before the stop is in the tree after it", func(t *testing.T) {
		d := dbtest.SQLite(t)
		l, _ := openLog(t, d)
		ctx, stop := context.WithCancel(context.Background())
		done := make(chan struct{})
		go func() { defer close(done); l.Run(ctx, time.Hour) }()
		record(t, l, 0, 10)
		stop()
		<-done
		if c := checkpointOf(t, l); c.Size != 10 {
			t.Fatalf("the checkpoint has %d entries", c.Size)
		}
	})
}
