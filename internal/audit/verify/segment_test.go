package verify_test

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

const small = 256 // entries of a segment in tests

func (x *logAt) close(n int) {
	x.t.Helper()
	if err := x.l.KeepSegments(filepath.Join(x.dir, "log"), small); err != nil {
		x.t.Fatal(err)
	}
	for range n {
		if _, ok, err := x.l.CloseNext(context.Background(), audit.Who{Worker: "service:operator"}, start.Add(1000*time.Hour)); err != nil || !ok {
			x.t.Fatalf("%v, %v", ok, err)
		}
	}
}

// segments are the paths of the closed segments, the oldest first.
func (x *logAt) segments() []string {
	x.t.Helper()
	files, err := filepath.Glob(filepath.Join(x.dir, "log", "*.segment"))
	if err != nil {
		x.t.Fatal(err)
	}
	slices.Sort(files)
	return files
}

// within runs statements on a segment's file, as somebody would who holds it.
func (x *logAt) within(path string, statements ...string) {
	x.t.Helper()
	if err := os.Chmod(path, 0o600); err != nil {
		x.t.Fatal(err)
	}
	d, err := sql.Open("sqlite3", "file:"+path)
	if err != nil {
		x.t.Fatal(err)
	}
	defer d.Close()
	for _, s := range statements {
		if _, err := d.Exec(s); err != nil {
			x.t.Fatalf("%s: %v", s, err)
		}
	}
}

// closedAs has the database say of the second segment that what is at path now is what
// was closed.
func (x *logAt) closedAs(path string) {
	x.t.Helper()
	d, err := sql.Open("sqlite3", "file:"+filepath.Join(x.dir, "caseward.db"))
	if err != nil {
		x.t.Fatal(err)
	}
	defer d.Close()
	b, err := os.ReadFile(path)
	if err != nil {
		x.t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	hash := sum[:]
	if _, err := d.Exec(`DROP TRIGGER log_segment_no_update`); err != nil {
		x.t.Fatal(err)
	}
	if _, err := d.Exec(`UPDATE log_segment SET hash = ?1 WHERE first = 256`, hash); err != nil {
		x.t.Fatal(err)
	}
	if err := os.Rename(path, filepath.Join(x.dir, "log", fmt.Sprintf("000000000256-%x.segment", hash[:8]))); err != nil {
		x.t.Fatal(err)
	}
}

func (x *logAt) edit(path string, change func([]byte) []byte) {
	x.t.Helper()
	b, err := os.ReadFile(path)
	if err := errors.Join(err, os.Chmod(path, 0o600), os.WriteFile(path, change(b), 0o600)); err != nil {
		x.t.Fatal(err)
	}
}

func TestAWholeLogWithSegmentsVerifies(t *testing.T) {
	run := func(t *testing.T, x *logAt) {
		x.record(entries)
		x.sequence()
		kept := []verify.Kept{{Name: "early", Text: x.checkpoint()}}
		for n := range 4 {
			if n > 0 {
				x.close(1)
			}
			r := x.verify(verify.Options{Kept: kept})
			wants(t, r)
			if r.Segments != n || r.Entries != entries || r.Waiting != int64(n) {
				t.Fatalf("%+v", r)
			}
		}
		x.record(200)
		x.sequence()
		x.close(1)
		r := x.verify(verify.Options{Kept: kept})
		wants(t, r)
		if r.Segments != 4 || r.Entries != entries+203 {
			t.Fatalf("%+v", r)
		}
		t.Run("as an export of it does", func(t *testing.T) {
			out := t.TempDir()
			n, err := audit.Export(context.Background(), x.d, out, filepath.Join(x.dir, "log"))
			if err != nil || n != entries+203 {
				t.Fatalf("%d, %v", n, err)
			}
			r, err := verify.Directory(context.Background(), out, verify.Options{Kept: kept})
			if err != nil || r.Entries != n {
				t.Fatalf("%+v, %v", r, err)
			}
			wants(t, r)
		})
	}
	t.Run("on SQLite", func(t *testing.T) { run(t, newLog(t, "")) })
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		t.Run("on PostgreSQL", func(t *testing.T) { run(t, newLog(t, dbtest.URL(t))) })
	}
}

// TestIDsOutOfOrderAcrossASegment has two servers write at once around the end of a
// segment, so that the ids of its last entries are above those of entries that stay.
func TestIDsOutOfOrderAcrossASegment(t *testing.T) {
	if os.Getenv("CASEWARD_TEST_POSTGRES") == "" {
		t.Skip("CASEWARD_TEST_POSTGRES names no server")
	}
	ctx := context.Background()
	x := newLog(t, dbtest.URL(t))
	other, err := db.Open(ctx, x.url, "")
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	x.record(small - 10)
	// Its transaction has its number before that of the others, and its rows after them.
	began, others, done := make(chan struct{}), make(chan struct{}), make(chan error, 1)
	go func() {
		done <- other.Append(ctx, func(tx *db.Tx) error {
			var number string
			if err := tx.QueryRow(ctx, `SELECT pg_current_xact_id()::text`).Scan(&number); err != nil {
				return err
			}
			close(began)
			<-others
			for i := range 20 {
				p, err := x.l.Prepare(audit.Entry{
					At: start.Add(small * time.Second), Who: audit.Who{Worker: "slow"}, Action: "chart.open", Outcome: audit.Allowed,
					Touched: []audit.Touch{{Kind: "client", ID: fmt.Sprint("s", i), Subject: fmt.Sprint("c", i%7)}},
				})
				if err := errors.Join(err, p.Append(ctx, tx)); err != nil {
					return err
				}
			}
			return nil
		})
	}()
	<-began
	x.record(20)
	close(others)
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	x.record(2*small + 10)
	x.sequence()
	total := small - 10 + 20 + 20 + 2*small + 10
	type entry struct{ id, position int64 }
	finds := func(q audit.Query) []entry {
		t.Helper()
		var found []entry
		for q.Limit = 7; ; {
			f, err := x.l.FindPage(ctx, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, e := range f.Entries {
				if e.Action != "chart.open" {
					continue // a closing
				}
				found = append(found, entry{e.ID, e.Position})
				if e.Position < 0 {
					t.Errorf("row %d is not in the tree", e.ID)
				}
			}
			if q.Before = f.Before; q.Before == 0 {
				return found
			}
		}
	}
	minute := audit.Query{Since: start.Add((small - 20) * time.Second), Until: start.Add((small + 40) * time.Second)}
	questions := map[string]audit.Query{
		"everything": {}, "a client": {Subject: "c3"}, "a worker": {Worker: "w1"}, "who wrote late": {Worker: "slow"},
		"a worker and a client": {Worker: "slow", Subject: "c1"}, "a minute": minute,
	}
	before := map[string][]entry{}
	for name, q := range questions {
		before[name] = finds(q)
	}
	if len(before["everything"]) != total || len(before["who wrote late"]) != 20 {
		t.Fatalf("%d entries of %d, %d of 20", len(before["everything"]), total, len(before["who wrote late"]))
	}
	var crossed bool
	if err := x.d.QueryRow(ctx, `SELECT (SELECT max(id) FROM (SELECT id FROM log_entry ORDER BY tx, id LIMIT $1) a) > (SELECT min(id) FROM (SELECT id FROM log_entry ORDER BY tx, id OFFSET $1) b)`, small).Scan(&crossed); err != nil || !crossed {
		t.Fatalf("the ids are in order: %v", err)
	}
	for n := range 3 {
		if n > 0 {
			x.close(1)
		}
		for name, q := range questions {
			if got := finds(q); !slices.Equal(got, before[name]) {
				t.Errorf("with %d segments, %s: rows %v and not %v", n, name, got, before[name])
			}
		}
		x.sequence()
		r := x.verify(verify.Options{})
		wants(t, r)
		if r.Segments != n || r.Entries != int64(total+n) {
			t.Fatalf("%+v", r)
		}
		if exported, err := audit.Export(ctx, x.d, t.TempDir(), filepath.Join(x.dir, "log")); err != nil || exported != int64(total+n) {
			t.Fatalf("%d exported, %v", exported, err)
		}
	}
}

func TestTamperingWithSegmentsIsNamed(t *testing.T) {
	whole := newLog(t, "")
	whole.record(entries)
	whole.sequence()
	whole.close(3)
	whole.sequence()
	if err := errors.Join(whole.l.Close(), whole.d.Close()); err != nil {
		t.Fatal(err)
	}
	const second = `the closed segment 000000000256-[0-9a-f]{16}.segment, with the entries at positions 256 to 511, `
	for name, c := range map[string]struct {
		do   func(x *logAt, files []string)
		want []string
	}{
		"remove a segment": {
			func(x *logAt, files []string) { _ = os.Remove(files[1]) },
			[]string{`segment 256 ` + second + `is missing; the entries in it could not be looked at, all others were`},
		},
		"remove a segment and change an entry of another and one that is not in any": {
			func(x *logAt, files []string) {
				_ = os.Remove(files[1])
				x.within(files[2], `UPDATE log_entry SET leaf = `+flip("leaf", 21)+` WHERE id = 601`)
				x.attack(`UPDATE log_entry SET detail = ` + flip("detail", 21) + ` WHERE id = 901`)
			},
			[]string{
				`changed 600 the entry at position 600 \(row 601, .*`, `detail 900 the entry at position 900 .*`, `segment 256 .*is missing.*`,
				`segment 512 .*was changed: its file is not the one that was closed`,
			},
		},
		"cut a segment": {
			func(x *logAt, files []string) { x.edit(files[1], func(b []byte) []byte { return b[:len(b)/2] }) },
			[]string{`segment 256 ` + second + `is damaged: .*`},
		},
		"empty a segment": {
			func(x *logAt, files []string) { x.edit(files[1], func(b []byte) []byte { return nil }) },
			[]string{`segment 256 ` + second + `is damaged: .*`},
		},
		"flip a bit where no entry is": {
			func(x *logAt, files []string) { x.edit(files[1], func(b []byte) []byte { b[60] ^= 1; return b }) },
			[]string{`segment 256 ` + second + `was changed: its file is not the one that was closed`},
		},
		"flip a byte of a detail within a segment": {
			func(x *logAt, files []string) {
				x.within(files[1], `UPDATE log_entry SET detail = `+flip("detail", 21)+` WHERE id = 301`)
			},
			[]string{`detail 300 the entry at position 300 .*: its sealed detail was changed`, `segment 256 ` + second + `was changed.*`},
		},
		"take a client off within a segment": {
			func(x *logAt, files []string) { x.within(files[1], `DELETE FROM log_subject WHERE entry = 301`) },
			[]string{`subjects 300 the entry at position 300 .*: its clients were removed from the index`, `segment 256 .*`},
		},
		"put a client to a row that is not in the segment": {
			func(x *logAt, files []string) {
				x.within(files[1], `INSERT INTO log_subject SELECT subject, 5000 FROM log_subject WHERE entry = 301`)
			},
			[]string{`segment 256 ` + second + `was changed.*`},
		},
		"put a client to what is no row within a segment": {
			func(x *logAt, files []string) {
				x.within(files[1], `INSERT INTO log_subject SELECT subject, 'nothing' FROM log_subject WHERE entry = 301`)
			},
			[]string{`segment 256 ` + second + `was changed.*`},
		},
		"put a client to what is no row within a segment, and say so of the file": {
			func(x *logAt, files []string) {
				x.within(files[1], `INSERT INTO log_subject SELECT subject, 'nothing' FROM log_subject WHERE entry = 301`)
				x.closedAs(files[1])
			},
			[]string{`segment 256 .*was changed: its index by client names entries that are not in it`},
		},
		"swap two segments": {
			func(x *logAt, files []string) {
				for _, m := range [][2]string{{files[1], files[1] + "~"}, {files[2], files[1]}, {files[1] + "~", files[2]}} {
					if err := os.Rename(m[0], m[1]); err != nil {
						x.t.Fatal(err)
					}
				}
			},
			[]string{
				`segment 256 ` + second + `is not there: the file in its place is the segment that begins at position 512`,
				`segment 512 .* is not there: the file in its place is the segment that begins at position 256`,
			},
		},
		"put the segment of another agency in its place": {
			func(x *logAt, files []string) {
				x.within(files[1], `UPDATE segment SET origin = 'caseward.example/other'`)
			},
			[]string{`segment 256 ` + second + `is not there: the file in its place is of another log`},
		},
		"put the same segment of another log of the same name in its place": {
			func(x *logAt, files []string) {
				y := newLog(x.t, "")
				y.record(small + 300)
				y.sequence()
				y.close(2)
				b, err := os.ReadFile(y.segments()[1])
				if err := errors.Join(err, y.l.Close()); err != nil {
					x.t.Fatal(err)
				}
				x.edit(files[1], func([]byte) []byte { return b })
			},
			[]string{`segment 256 ` + second + `is not there: the file in its place has other entries`},
		},
		"take a segment off the list": {
			func(x *logAt, files []string) { x.attack(`DELETE FROM log_segment WHERE first = 512`) },
			[]string{`removed 512 256 entries at positions 512 to 767 were removed.*`},
		},
		"take the middle off the list": {
			func(x *logAt, files []string) { x.attack(`DELETE FROM log_segment WHERE first = 256`) },
			[]string{`removed 256 512 entries at positions 256 to 767 were removed.*`, `segment 512 .*is not where the one before it ends.*`},
		},
		"have questions about a client pass a segment over": {
			func(x *logAt, files []string) {
				x.attack(`UPDATE log_segment SET marks = zeroblob(length(marks)) WHERE first = 256`)
			},
			[]string{`segment 256 ` + second + `names workers or clients whom the database's summary of it leaves out.*`},
		},
		"have questions about a time pass a segment over": {
			func(x *logAt, files []string) { x.attack(`UPDATE log_segment SET until = since WHERE first = 256`) },
			[]string{`segment 256 ` + second + `has other entries than the database says of it.*`},
		},
		"have questions about an action pass a segment over": {
			func(x *logAt, files []string) {
				x.attack(`UPDATE log_segment SET actions = 'note.read' WHERE first = 256`)
			},
			[]string{`segment 256 ` + second + `has other entries than the database says of it.*`},
		},
		"put an entry among those that were moved": {
			func(x *logAt, files []string) {
				x.attack(`INSERT INTO log_entry (id, at, actor, outcome, leaf, detail) SELECT 300, at, actor, outcome, leaf, detail FROM log_entry WHERE id = 900`)
			},
			[]string{`inserted -1 row 300 stands among entries that a closed segment has, and is not the one it has`},
		},
		"change a segment and what the database says of the file": {
			func(x *logAt, files []string) {
				x.within(files[1], `UPDATE log_entry SET leaf = `+flip("leaf", 21)+`, detail = `+flip("detail", 21)+` WHERE id = 301`)
				x.closedAs(files[1])
			},
			[]string{`changed 300 the entry at position 300 \(row 301, .*`, `segment 256 .*has other entries than the database says of it.*`},
		},
		"have entries of a segment change places, and say so of the file": {
			func(x *logAt, files []string) {
				x.within(files[1], `UPDATE log_entry SET position = -1 WHERE id = 301`, `UPDATE log_entry SET position = 300 WHERE id = 302`, `UPDATE log_entry SET position = 301 WHERE id = 301`)
				x.closedAs(files[1])
			},
			[]string{`reordered 301 the entry promised at position 301 .*`, `segment 256 .*has other entries than the database says of it.*`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			x := &logAt{t: t, dir: t.TempDir()}
			if err := os.CopyFS(x.dir, os.DirFS(whole.dir)); err != nil {
				t.Fatal(err)
			}
			wants(t, x.bitByBit(verify.Options{}))
			c.do(x, x.segments())
			wants(t, x.bitByBit(verify.Options{}), c.want...)
		})
	}
}
