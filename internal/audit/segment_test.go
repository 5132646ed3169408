package audit_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys/keystest"
)

// small is the size of segments in tests: one tile.
const small = 256

func keepSegments(t testing.TB, l *audit.Log) string {
	t.Helper()
	dir := filepath.Join(t.TempDir(), "log")
	if err := l.KeepSegments(dir, small); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(); err != nil {
			t.Error(err)
		}
	})
	return dir
}

var closer = audit.Who{Worker: "service:operator", Role: "service", Purpose: "upkeep"}

// later is after every entry of a test.
var later = start.Add(1000 * time.Hour)

func closeSegments(t testing.TB, l *audit.Log, n int) []audit.Closed {
	t.Helper()
	var out []audit.Closed
	for range n {
		c, ok, err := l.CloseNext(context.Background(), closer, later)
		if err != nil || !ok {
			t.Fatalf("%v, %v", ok, err)
		}
		out = append(out, c)
	}
	return out
}

// rows counts what is left in the live tables.
func rows(t testing.TB, d *db.DB) (entries, subjects int) {
	t.Helper()
	if err := d.QueryRow(context.Background(), `SELECT (SELECT count(*) FROM log_entry), (SELECT count(*) FROM log_subject)`).Scan(&entries, &subjects); err != nil {
		t.Fatal(err)
	}
	return entries, subjects
}

func TestClose(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		dir := keepSegments(t, l)
		record(t, l, 0, 3*small+100)
		if _, ok, err := l.CloseNext(ctx, closer, later); ok || err != nil {
			t.Fatalf("entries that are not signed for were moved: %v, %v", ok, err)
		}
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		t.Run("what is younger than the time stays", func(t *testing.T) {
			old := start.Add(time.Duration(2*small-1) * time.Second) // the last entry of the second is as young
			if n, _, err := l.Closable(ctx, old); n != 1 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			if n, _, err := l.Closable(ctx, old.Add(time.Second)); n != 2 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			if n, _, err := l.Closable(ctx, later); n != 3 || err != nil {
				t.Fatalf("%d, %v", n, err)
			}
			if e, s := rows(t, d); e != 3*small+100 || s != e {
				t.Fatalf("looking removed something: %d, %d", e, s)
			}
		})
		made := closeSegments(t, l, 3)
		t.Run("the rows are gone, with their clients', and one entry tells of each", func(t *testing.T) {
			if e, s := rows(t, d); e != 100+3 || s != 100 {
				t.Fatalf("%d entries and %d clients are left", e, s)
			}
			es, err := l.Find(ctx, audit.Query{Action: audit.CloseAction})
			if err != nil || len(es) != 3 {
				t.Fatalf("%d, %v", len(es), err)
			}
			if es[2].Detail["sha256"] != made[0].SHA256 || es[2].Detail["first"] != "0" || es[2].Detail["last"] != "255" || es[2].Who != closer {
				t.Fatalf("%+v", es[2])
			}
		})
		t.Run("only full segments are made", func(t *testing.T) {
			if _, ok, err := l.CloseNext(ctx, closer, later); ok || err != nil {
				t.Fatalf("%v, %v", ok, err)
			}
		})
		t.Run("the files are private, and nothing else is left beside them", func(t *testing.T) {
			files, err := os.ReadDir(dir)
			if err != nil || len(files) != 3 {
				t.Fatalf("%d files, %v", len(files), err)
			}
			for i, f := range files {
				info, err := f.Info()
				if err != nil || info.Mode().Perm() != 0o400 || f.Name() != made[i].File || info.Size() != made[i].Bytes {
					t.Fatalf("%v, %v", info, err)
				}
			}
		})
		t.Run("the database still refuses to change or remove what is not moved", func(t *testing.T) {
			for _, q := range []string{
				`DELETE FROM log_entry`, `DELETE FROM log_subject`, `DELETE FROM log_entry WHERE id = 800`, `UPDATE log_entry SET at = 0`,
				`DELETE FROM log_segment`, `UPDATE log_segment SET bytes = 0`,
			} {
				if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q); return err }); err == nil {
					t.Errorf("it did %s", q)
				}
			}
		})
		t.Run("a segment that is not there is an error, not an answer with a gap", func(t *testing.T) {
			if err := l.Close(); err != nil {
				t.Fatal(err)
			}
			away := filepath.Join(dir, "away")
			if err := os.Rename(filepath.Join(dir, made[1].File), away); err != nil {
				t.Fatal(err)
			}
			list, err := l.Segments(ctx)
			if err != nil || len(list) != 3 || list[0].Missing || !list[1].Missing {
				t.Fatalf("%+v, %v", list, err)
			}
			if es, err := l.Find(ctx, audit.Query{Worker: "w1", Limit: 1000}); !fault.Is(err, fault.Unavailable) || len(es) > 0 || !strings.Contains(err.Error(), "256 to 511") {
				t.Fatalf("%d entries, %v", len(es), err)
			}
			if err := os.Rename(away, filepath.Join(dir, made[1].File)); err != nil {
				t.Fatal(err)
			}
			if es, err := l.Find(ctx, audit.Query{Worker: "w1", Limit: 1000}); err != nil || len(es) != (3*small+100)/3 {
				t.Fatalf("%d entries, %v", len(es), err)
			}
		})
	})
}

func TestCloseRefuses(t *testing.T) {
	ctx := context.Background()
	for name, do := range map[string]string{
		"a leaf is changed":                `UPDATE log_entry SET leaf = replace(leaf, 'chart', 'chars') WHERE id = 20`,
		"a detail is changed":              `UPDATE log_entry SET detail = CAST(detail || x'00' AS BLOB) WHERE id = 20`,
		"a column is changed":              `UPDATE log_entry SET at = at + 1 WHERE id = 20`,
		"an entry is gone":                 `DELETE FROM log_entry WHERE id = 20`,
		"a client is gone from the index":  `DELETE FROM log_subject WHERE entry = 20`,
		"two entries are exchanged":        `UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE id = 21), detail = (SELECT detail FROM log_entry WHERE id = 21), at = (SELECT at FROM log_entry WHERE id = 21), actor = (SELECT actor FROM log_entry WHERE id = 21) WHERE id = 20`,
		"a hash of the tree is changed":    `UPDATE log_tile SET data = zeroblob(320) WHERE level = 0 AND n = 1`,
		"the newest checkpoint is changed": `UPDATE log_head SET checkpoint = zeroblob(10)`,
	} {
		t.Run("nothing is moved where "+name, func(t *testing.T) {
			d := dbtest.SQLite(t)
			l, _ := openLog(t, d)
			dir := keepSegments(t, l)
			record(t, l, 0, small+10)
			if _, err := sequenceAll(l); err != nil {
				t.Fatal(err)
			}
			for _, q := range []string{`DROP TRIGGER log_entry_no_update`, `DROP TRIGGER log_entry_no_delete`, `DROP TRIGGER log_subject_no_delete`, do} {
				if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q); return err }); err != nil {
					t.Fatal(err)
				}
			}
			was, _ := rows(t, d)
			if _, _, err := l.CloseNext(ctx, closer, later); !fault.Is(err, fault.Unavailable) {
				t.Fatal(err)
			}
			if now, _ := rows(t, d); now != was {
				t.Fatalf("of %d rows %d are left", was, now)
			}
			if files, err := os.ReadDir(dir); err != nil || len(files) > 0 {
				t.Fatalf("%v, %v", files, err)
			}
		})
	}
	t.Run("and an entry that is not the one the file has stays, with those after it", func(t *testing.T) {
		d := dbtest.SQLite(t)
		l, _ := openLog(t, d)
		keepSegments(t, l)
		record(t, l, 0, small+10)
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		audit.AtStep(l, func(step string) {
			if step != "entered" {
				return
			}
			// It is an entry of the log, and whole, but of another place.
			for _, q := range []string{`DROP TRIGGER log_entry_no_update`, `UPDATE log_entry SET leaf = (SELECT leaf FROM log_entry WHERE id = 21), detail = (SELECT detail FROM log_entry WHERE id = 21), at = (SELECT at FROM log_entry WHERE id = 21), actor = (SELECT actor FROM log_entry WHERE id = 21) WHERE id = 20`} {
				if err := d.Write(ctx, func(tx *db.Tx) error { _, err := tx.Exec(ctx, q); return err }); err != nil {
					t.Error(err)
				}
			}
		})
		if _, _, err := l.CloseNext(ctx, closer, later); !fault.Is(err, fault.Unavailable) || !strings.Contains(err.Error(), "so it stays") {
			t.Fatal(err)
		}
		if e, _ := rows(t, d); e != small+10+1 {
			t.Fatalf("%d rows are left", e)
		}
	})
	t.Run("and no row goes while the file is changed", func(t *testing.T) {
		d := dbtest.SQLite(t)
		l, _ := openLog(t, d)
		dir := keepSegments(t, l)
		record(t, l, 0, small+10)
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		audit.AtStep(l, func(step string) {
			if step == "entered" {
				files, _ := os.ReadDir(dir)
				path := filepath.Join(dir, files[0].Name())
				b, err := os.ReadFile(path)
				b[len(b)-1] ^= 1
				if err := errors.Join(err, os.Chmod(path, 0o600), os.WriteFile(path, b, 0o600)); err != nil {
					t.Error(err)
				}
			}
		})
		if _, _, err := l.CloseNext(ctx, closer, later); !fault.Is(err, fault.Unavailable) {
			t.Fatal(err)
		}
		if e, _ := rows(t, d); e != small+10+1 {
			t.Fatalf("%d rows are left", e)
		}
	})
}

// TestFindWhileSegmentsAreClosed asks all the time while entries move: each is seen
// once, whatever happens between two look-ups.
func TestFindWhileSegmentsAreClosed(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		l, _ := openLog(t, d)
		keepSegments(t, l)
		const n = 5*small + 20
		record(t, l, 0, n)
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		var wait sync.WaitGroup
		done := make(chan struct{})
		for w := range 3 {
			wait.Go(func() {
				for asked := 0; ; asked++ {
					seen := map[int64]bool{}
					q := audit.Query{Worker: fmt.Sprintf("w%d", w), Limit: 100}
					for {
						es, err := l.Find(ctx, q)
						if err != nil {
							t.Error(err)
							return
						}
						for _, e := range es {
							if seen[e.Position] {
								t.Errorf("the entry at position %d is there twice", e.Position)
							}
							seen[e.Position], q.Before = true, e.ID
						}
						if len(es) < 100 {
							break
						}
					}
					if want := (n + 2 - w) / 3; len(seen) != want {
						t.Errorf("%d entries of %d", len(seen), want)
						return
					}
					select {
					case <-done:
						if asked > 0 {
							return
						}
					default:
					}
				}
			})
		}
		closeSegments(t, l, 5)
		close(done)
		wait.Wait()
	})
}

func TestTwoNodesCloseTheSame(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		a, _ := openLog(t, d)
		dir := keepSegments(t, a)
		record(t, a, 0, small+10)
		if _, err := sequenceAll(a); err != nil {
			t.Fatal(err)
		}
		// The other one closes the same segment just before this one enters it.
		audit.AtStep(a, func(step string) {
			if step != "durable" {
				return
			}
			audit.AtStep(a, nil)
			if _, ok, err := a.CloseNext(ctx, closer, later); !ok || err != nil {
				t.Errorf("%v, %v", ok, err)
			}
		})
		if _, ok, err := a.CloseNext(ctx, closer, later); ok || err != nil {
			t.Fatalf("it was closed twice: %v, %v", ok, err)
		}
		list, err := a.Segments(ctx)
		if err != nil || len(list) != 1 || list[0].Missing {
			t.Fatalf("%+v, %v", list, err)
		}
		if files, err := os.ReadDir(dir); err != nil || len(files) != 1 {
			t.Fatalf("%v, %v", files, err)
		}
		if es, err := a.Find(ctx, audit.Query{Limit: 1000}); err != nil || len(es) != small+10+1 {
			t.Fatalf("%d, %v", len(es), err)
		}
	})
}

const (
	killAt = "CASEWARD_TEST_KILL_AT"
	killIn = "CASEWARD_TEST_KILL_IN"
)

// dieClosing closes segments until it reaches a step for the n-th time, and dies of
// the signal that nobody can catch.
func dieClosing(dir, url, at string) error {
	ctx := context.Background()
	l, _, err := openExisting(ctx, dir, url)
	if err != nil {
		return err
	}
	if err := l.KeepSegments(filepath.Join(dir, "log"), small); err != nil {
		return err
	}
	step, count, _ := strings.Cut(at, ":")
	n, err := strconv.Atoi(count)
	if err != nil {
		return err
	}
	audit.AtStep(l, func(s string) {
		if s == step {
			if n--; n == 0 {
				p, _ := os.FindProcess(os.Getpid())
				_ = p.Kill()
				select {}
			}
		}
	})
	for {
		if _, ok, err := l.CloseNext(ctx, closer, later); err != nil || !ok {
			return errors.Join(err, errors.New("it came to its end"))
		}
	}
}

func TestKilledWhileClosing(t *testing.T) {
	run := func(t *testing.T, url, at string) {
		ctx := context.Background()
		dir := t.TempDir()
		keystest.File(t, dir, clock.System())
		l, d, err := openExisting(ctx, dir, url)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		defer l.Close()
		if err := l.KeepSegments(filepath.Join(dir, "log"), small); err != nil {
			t.Fatal(err)
		}
		const n = 2*small + 50
		record(t, l, 0, n)
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command(os.Args[0])
		cmd.Env = append(os.Environ(), killIn+"="+dir, killURL+"="+url, killAt+"="+at)
		if out, err := cmd.CombinedOutput(); err == nil || !strings.Contains(err.Error(), "killed") {
			t.Fatalf("it was not killed: %v\n%s", err, out)
		}
		whole := func(when string, closes int) {
			t.Helper()
			es, err := l.Find(ctx, audit.Query{Limit: 1000})
			if err != nil {
				t.Fatalf("%s: %v", when, err)
			}
			seen := map[int64]bool{}
			told := 0
			for _, e := range es {
				if e.Action == audit.CloseAction {
					told++
					continue
				}
				if seen[e.Position] {
					t.Fatalf("%s: the entry at position %d is there twice", when, e.Position)
				}
				seen[e.Position] = true
			}
			if len(seen) != n || closes >= 0 && told != closes {
				t.Fatalf("%s: %d entries of %d, and %d segments told of", when, len(seen), n, told)
			}
			r, err := verify.Database(ctx, url, dir, verify.Options{PublicKey: l.PublicKey()})
			if err != nil || !r.OK {
				t.Fatalf("%s: %v\n%s", when, err, r)
			}
		}
		whole("after it was killed", -1)
		for {
			if _, ok, err := l.CloseNext(ctx, closer, later); err != nil {
				t.Fatal(err)
			} else if !ok {
				break
			}
		}
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		whole("when another one went on", 2)
		if e, s := rows(t, d); e != 50+2 || s != 50 {
			t.Fatalf("%d entries and %d clients are left in the database", e, s)
		}
		// What the dead one left without a name goes once nobody can be at it.
		list, err := l.Segments(ctx)
		if err != nil || len(list) != 2 || list[0].Missing || list[1].Missing {
			t.Fatalf("%+v, %v", list, err)
		}
	}
	for _, at := range []string{"begun:1", "written:1", "synced:2", "named:1", "durable:2", "entered:1", "unindexed:1", "removed:1", "entered:2", "unindexed:2", "removed:2"} {
		t.Run("on SQLite at "+at, func(t *testing.T) { run(t, "", at) })
		if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
			t.Run("on PostgreSQL at "+at, func(t *testing.T) { run(t, dbtest.URL(t), at) })
		}
	}
}

func TestCloseSweeps(t *testing.T) {
	l, c := openLog(t, dbtest.SQLite(t))
	dir := keepSegments(t, l)
	record(t, l, 0, small+1)
	if _, err := sequenceAll(l); err != nil {
		t.Fatal(err)
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	for name, at := range map[string]time.Time{
		".1.segment": c.Now().Add(-25 * time.Hour), "000000000000-00.segment": c.Now().Add(-25 * time.Hour), "000000000256-00.segment": c.Now().Add(-25 * time.Hour),
		".2.segment": c.Now().Add(-time.Hour), "other": c.Now().Add(-25 * time.Hour),
	} {
		if err := errors.Join(os.WriteFile(filepath.Join(dir, name), nil, 0o600), os.Chtimes(filepath.Join(dir, name), at, at)); err != nil {
			t.Fatal(err)
		}
	}
	closeSegments(t, l, 1)
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range files {
		names = append(names, f.Name())
	}
	if len(names) != 4 || names[0] != ".2.segment" || !strings.HasPrefix(names[1], "000000000000-") || names[2] != "000000000256-00.segment" || names[3] != "other" {
		t.Fatalf("%v", names)
	}
}
