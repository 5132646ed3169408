package verify_test

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const origin = "caseward.example/test"

// logAt is a real log in a data directory.
type logAt struct {
	t    testing.TB
	dir  string
	url  string
	d    *db.DB
	l    *audit.Log
	c    *clock.Fake
	next int
}

func newLog(t testing.TB, url string) *logAt {
	t.Helper()
	ctx := context.Background()
	x := &logAt{t: t, dir: t.TempDir(), url: url, c: clock.NewFake(start)}
	var err error
	if x.d, err = db.Open(ctx, url, x.dir); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.d.Close() })
	if err := x.d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	if x.l, err = audit.Open(ctx, x.d, keys.NewAgency(x.d, keystest.File(t, x.dir, x.c)), x.c, origin); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(x.dir, audit.KeyFileName), []byte(x.l.PublicKey()+"\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	return x
}

// record appends n entries, one a second. Entry i touches client c<i mod 7>.
func (x *logAt) record(n int) {
	x.t.Helper()
	for n > 0 {
		var es []audit.Entry
		for range min(n, 1000) {
			i := x.next
			x.next++
			n--
			e := audit.Entry{
				At:  start.Add(time.Duration(i) * time.Second),
				Who: audit.Who{Worker: fmt.Sprintf("w%d", i%3), Role: "case_manager", Purpose: "treatment"}, Action: "chart.open", Outcome: audit.Allowed,
				Touched: []audit.Touch{{Kind: "client", ID: fmt.Sprintf("c%d", i%7), Subject: fmt.Sprintf("c%d", i%7), Classes: []string{"identity"}}},
				Rules:   []string{"permit-assigned"},
			}
			if i%100 == 50 {
				e.Touched = append(e.Touched, audit.Touch{Kind: "client", Subject: "c-second"})
			}
			es = append(es, e)
		}
		if err := x.l.RecordAll(context.Background(), es); err != nil {
			x.t.Fatal(err)
		}
	}
}

// sequence sequences all there is. PostgreSQL may hold an entry back for a
// moment, as while it gathers statistics.
func (x *logAt) sequence() {
	x.t.Helper()
	for range 1000 {
		if _, err := x.l.Sequence(context.Background()); err != nil {
			x.t.Fatal(err)
		}
		if h, err := x.l.Head(context.Background()); err != nil {
			x.t.Fatal(err)
		} else if h.Unsequenced == 0 {
			return
		}
	}
	x.t.Fatal("entries are held back for good")
}

func (x *logAt) checkpoint() []byte {
	x.t.Helper()
	b, err := x.l.Checkpoint(context.Background())
	if err != nil {
		x.t.Fatal(err)
	}
	return b
}

// attack runs statements as somebody would who holds the file.
func (x *logAt) attack(statements ...string) {
	x.t.Helper()
	driver, dsn := "sqlite3", "file:"+filepath.Join(x.dir, db.FileName)
	if x.url != "" {
		driver, dsn = "pgx", x.url
	}
	raw, err := sql.Open(driver, dsn)
	if err != nil {
		x.t.Fatal(err)
	}
	defer raw.Close()
	if driver == "sqlite3" {
		for _, t := range []string{"log_entry", "log_subject", "log_checkpoint", "log_segment"} {
			for _, op := range []string{"update", "delete"} {
				statements = append([]string{"DROP TRIGGER IF EXISTS " + t + "_no_" + op}, statements...)
			}
		}
	} else {
		for _, t := range []string{"log_entry", "log_subject", "log_checkpoint", "log_segment"} {
			statements = append([]string{"DROP TRIGGER IF EXISTS " + t + "_append_only ON " + t, "DROP TRIGGER IF EXISTS " + t + "_goes ON " + t}, statements...)
		}
	}
	for _, s := range statements {
		if _, err := raw.Exec(s); err != nil {
			x.t.Fatalf("%s: %v", s, err)
		}
	}
}

func (x *logAt) verify(o verify.Options) verify.Report {
	x.t.Helper()
	r, err := verify.Database(context.Background(), x.url, x.dir, o)
	if err != nil {
		x.t.Fatal(err)
	}
	return r
}

// bitByBit is verify with little of the index by client in memory at a time, which
// must not make a difference to all of it.
func (x *logAt) bitByBit(o verify.Options) verify.Report {
	x.t.Helper()
	r := x.verify(o)
	defer verify.MarksAtOnce(37)()
	if little := x.verify(o); !reflect.DeepEqual(r, little) {
		x.t.Fatalf("with all of the index in memory\n%s\nand with little of it\n%s", r, little)
	}
	return r
}

// wants compares a report's faults with patterns "kind position text".
func wants(t *testing.T, r verify.Report, patterns ...string) {
	t.Helper()
	var got []string
	for _, f := range r.Faults {
		got = append(got, fmt.Sprintf("%s %d %s", f.Kind, f.Position, f.Text))
	}
	ok := len(got) == len(patterns) && r.OK == (len(patterns) == 0)
	for i := range min(len(got), len(patterns)) {
		ok = ok && regexp.MustCompile("^"+patterns[i]+"$").MatchString(got[i])
	}
	if !ok {
		t.Fatalf("the report says\n  %s\nand should say\n  %s", strings.Join(got, "\n  "), strings.Join(patterns, "\n  "))
	}
}

// Three tiles and some, so that damage can be in a full tile, at an edge, or in
// the tile that is not full.
const entries = 1000

func TestAWholeLogVerifies(t *testing.T) {
	each := func(t *testing.T, fn func(t *testing.T, x *logAt)) {
		t.Run("on SQLite", func(t *testing.T) { fn(t, newLog(t, "")) })
		if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
			t.Run("on PostgreSQL", func(t *testing.T) { fn(t, newLog(t, dbtest.URL(t))) })
		}
	}
	each(t, func(t *testing.T, x *logAt) {
		t.Run("before it has a checkpoint", func(t *testing.T) { wants(t, x.verify(verify.Options{})) })
		var kept []verify.Kept
		for _, n := range []int{0, 1, 254, 1, 1, 743} {
			x.record(n)
			x.sequence()
			x.c.Advance(time.Hour)
			kept = append(kept, verify.Kept{Name: fmt.Sprint(x.next), Text: x.checkpoint()})
			t.Run(fmt.Sprintf("with %d entries", x.next), func(t *testing.T) {
				r := x.verify(verify.Options{Kept: kept})
				wants(t, r)
				if r.Entries != int64(x.next) || r.Waiting != 0 || r.Kept != len(kept) || r.History != len(kept) || len(r.Notes) > 0 || r.Origin != origin {
					t.Fatalf("%+v", r)
				}
			})
		}
		x.record(30)
		t.Run("with entries that wait", func(t *testing.T) {
			r := x.verify(verify.Options{Kept: kept})
			wants(t, r)
			if r.Entries != entries || r.Waiting != 30 {
				t.Fatalf("%+v", r)
			}
		})
		t.Run("while others append and sequence", func(t *testing.T) {
			stop, done := make(chan struct{}), make(chan struct{})
			go func() {
				defer close(done)
				for {
					select {
					case <-stop:
						return
					default:
						x.record(5)
						x.sequence()
					}
				}
			}()
			for range 5 {
				wants(t, x.verify(verify.Options{Kept: kept}))
			}
			close(stop)
			<-done
			wants(t, x.verify(verify.Options{Kept: kept}))
		})
	})
}

// flip is SQL for what a column holds with the byte at a place, counted from 1,
// changed: a byte that is the new one already would be no change.
func flip(column string, at int) string {
	return fmt.Sprintf(`CAST(substr(%[1]s, 1, %[2]d) || CASE substr(%[1]s, %[3]d, 1) WHEN x'ff' THEN x'00' ELSE x'ff' END || substr(%[1]s, %[4]d) AS BLOB)`, column, at-1, at, at+1)
}

// tampering is every way to change a log, and what the checker must say.
var tampering = map[string]struct {
	do   []string
	want []string
}{
	"flip a byte of a leaf": {
		[]string{`UPDATE log_entry SET leaf = ` + flip("leaf", 21) + ` WHERE id = 601`},
		[]string{`changed 600 the entry at position 600 \(row 601, 2026-03-02 09:10:00 UTC, chart.open\) is not the one that was promised: .*`},
	},
	"flip a byte of a leaf in the tile that is not full": {
		[]string{`UPDATE log_entry SET leaf = ` + flip("leaf", 21) + ` WHERE id = 999`},
		[]string{`changed 998 the entry at position 998 \(row 999, .*`},
	},
	"make a leaf unreadable": {
		[]string{`UPDATE log_entry SET leaf = x'00' WHERE id = 1`},
		[]string{`changed 0 the entry at position 0 \(row 1\) is not the one that was promised: it is damaged`},
	},
	"make a leaf a text of the same bytes, so that a search passes it over": {
		[]string{`UPDATE log_entry SET leaf = CAST(leaf AS TEXT) WHERE id = 8`},
		[]string{`changed 7 the entry at position 7 \(row 8\) is not the one that was promised: it is damaged`},
	},
	"flip a byte of a detail": {
		[]string{`UPDATE log_entry SET detail = ` + flip("detail", 21) + ` WHERE id = 601`},
		[]string{`detail 600 the entry at position 600 \(row 601, 2026-03-02 09:10:00 UTC, chart.open\): its sealed detail was changed`},
	},
	"change the time beside a leaf": {
		[]string{`UPDATE log_entry SET at = at - 86400000000 WHERE id = 300`},
		[]string{`columns 299 the entry at position 299 \(row 300, .*\): a column beside it \(time, actor or outcome\) was changed`},
	},
	"blame somebody else beside the leaf": {
		[]string{`UPDATE log_entry SET actor = (SELECT actor FROM log_entry WHERE id = 2) WHERE id = 1`},
		[]string{`columns 0 the entry at position 0 .* was changed`},
	},
	"call a refusal done beside the leaf": {
		[]string{`UPDATE log_entry SET outcome = 114 WHERE id = 256`},
		[]string{`columns 255 .*`},
	},
	"delete a row": {
		[]string{`DELETE FROM log_entry WHERE id = 601`, `DELETE FROM log_subject WHERE entry = 601`},
		[]string{`removed 600 the entry at position 600 was removed \(row 601\); it stood between \(row 600, 2026-03-02 09:09:59 UTC, chart.open\) and \(row 602, 2026-03-02 09:10:01 UTC, chart.open\)`},
	},
	"delete a row and leave its clients": {
		[]string{`DELETE FROM log_entry WHERE id = 601`},
		[]string{`removed 600 the entry at position 600 was removed \(row 601\).*`},
	},
	"delete the first row": {
		[]string{`DELETE FROM log_entry WHERE id = 1`},
		[]string{`subjects -1 the index by client names row 1, which is not in the log`, `removed 0 the entry at position 0 was removed, the beginning of the log; the first entry left is \(row 2, .*`},
	},
	"delete two rows apart": {
		[]string{`DELETE FROM log_entry WHERE id IN (11, 901)`},
		[]string{`removed 10 the entry at position 10 was removed \(row 11\).*`, `removed 900 the entry at position 900 was removed \(row 901\).*`},
	},
	"swap the contents of two rows": {
		[]string{
			`CREATE TABLE swap AS SELECT id, at, actor, outcome, leaf, detail FROM log_entry WHERE id IN (101, 201)`,
			`UPDATE log_entry SET (at, actor, outcome, leaf, detail) = (SELECT s.at, s.actor, s.outcome, s.leaf, s.detail FROM swap s WHERE s.id = 302 - log_entry.id) WHERE id IN (101, 201)`,
		},
		[]string{
			`reordered 100 the entry promised at position 100 \(row 201, 2026-03-02 09:01:40 UTC, chart.open\) stands after position 199`,
			`reordered 200 the entry promised at position 200 \(row 101, 2026-03-02 09:03:20 UTC, chart.open\) stands after position 99`,
		},
	},
	"swap two neighbours with all that is theirs": {
		[]string{
			`UPDATE log_entry SET id = -1 WHERE id = 101`, `UPDATE log_entry SET id = 101 WHERE id = 102`, `UPDATE log_entry SET id = 102 WHERE id = -1`,
			`UPDATE log_subject SET entry = -1 WHERE entry = 101`, `UPDATE log_subject SET entry = 101 WHERE entry = 102`, `UPDATE log_subject SET entry = 102 WHERE entry = -1`,
		},
		[]string{`reordered 101 the entry promised at position 101 .* stands after position 99`},
	},
	"insert a copy of an entry in between": {
		[]string{
			`DELETE FROM log_entry WHERE id = 500`, `INSERT INTO log_entry (id, at, actor, outcome, leaf, detail) SELECT 500, at, actor, outcome, leaf, detail FROM log_entry WHERE id = 400`,
			`DELETE FROM log_subject WHERE entry = 500`, `INSERT INTO log_subject SELECT subject, 500 FROM log_subject WHERE entry = 400`,
		},
		[]string{`changed 499 the entry at position 499 \(row 500, .*, chart.open\) is not the one that was promised: another entry was put in its place.*`},
	},
	"insert an entry before the first": {
		[]string{`INSERT INTO log_entry (id, at, actor, outcome, leaf, detail) SELECT -5, at + 1, actor, outcome, CAST(substr(leaf, 1, 8) || x'01' || substr(leaf, 10) AS BLOB), detail FROM log_entry WHERE id = 400`},
		[]string{`inserted -1 an entry \(row -5, .*, chart.open\) was inserted at the beginning of the log: no checkpoint promises it`},
	},
	"truncate the tail": {
		[]string{`DELETE FROM log_entry WHERE id > 700`, `DELETE FROM log_subject WHERE entry > 700`},
		[]string{`removed 700 300 entries at positions 700 to 999 were removed, the end of the log; the last entry left is \(row 700, .*`},
	},
	"truncate the tail and say so in the head": {
		[]string{
			`DELETE FROM log_entry WHERE id > 700`, `DELETE FROM log_subject WHERE entry > 700`, `DELETE FROM log_tile WHERE level = 0 AND n = 3`,
			`UPDATE log_head SET size = 700, through_id = 700`, `DELETE FROM log_checkpoint WHERE size > 700`,
		},
		[]string{
			`head -1 the log says it has 700 entries and its newest checkpoint has 1,000`,
			`checkpoint -1 the newest checkpoint cannot be checked: hashes of the tree are missing`,
			`removed 700 300 entries at positions 700 to 999 were removed, the end of the log.*`,
		},
	},
	"delete everything": {
		[]string{`DELETE FROM log_entry`, `DELETE FROM log_subject`},
		[]string{`removed 0 1,000 entries at positions 0 to 999 were removed`},
	},
	"take a client off an entry": {
		[]string{`DELETE FROM log_subject WHERE entry = 601`},
		[]string{`subjects 600 the entry at position 600 \(row 601, .*\): its clients were removed from the index`},
	},
	"take one of two clients off an entry": {
		[]string{`DELETE FROM log_subject WHERE entry = 51 AND subject = (SELECT min(subject) FROM log_subject WHERE entry = 51)`},
		[]string{`subjects 50 the entry at position 50 .*: the index by client does not name its clients; one was removed or replaced`},
	},
	"put a client to an entry": {
		[]string{`INSERT INTO log_subject (subject, entry) SELECT subject, 1 FROM log_subject WHERE entry = 2`},
		[]string{`subjects 0 the entry at position 0 .*: a client was added to the index who is not in the entry`},
	},
	"hide a client from searches by another type": {
		[]string{`UPDATE log_subject SET subject = CAST(subject AS TEXT) WHERE entry = 12`},
		[]string{`subjects 11 the entry at position 11 .*`},
	},
	"put clients to what is no row": {
		[]string{`UPDATE log_subject SET entry = 'x' || entry WHERE entry = 12`},
		[]string{
			`subjects -1 the index by client names row -1, which is not in the log`,
			`subjects 11 the entry at position 11 .*: its clients were removed from the index`,
		},
	},
	"put clients to rows that are not there, before, between and after those that are": {
		[]string{
			`INSERT INTO log_subject (subject, entry) SELECT subject, 5000 FROM log_subject WHERE entry = 2`,
			`INSERT INTO log_subject (subject, entry) SELECT subject, -7 FROM log_subject WHERE entry = 2`,
			`INSERT INTO log_subject (subject, entry) SELECT subject, 1 << 60 FROM log_subject WHERE entry = 2`,
		},
		[]string{
			`subjects -1 the index by client names row -7, which is not in the log`,
			`subjects -1 the index by client names row 5000, which is not in the log`,
			`subjects -1 the index by client names row 1152921504606846976, which is not in the log`,
		},
	},
	"put a client to a row that is not there": {
		[]string{`INSERT INTO log_subject (subject, entry) SELECT subject, 5000 FROM log_subject WHERE entry = 2`},
		[]string{`subjects -1 the index by client names row 5000, which is not in the log`},
	},
	"flip a byte of a tile": {
		[]string{`UPDATE log_tile SET data = ` + flip("data", 65) + ` WHERE level = 0 AND n = 1`},
		[]string{`tile 258 the stored tile 1 of level 0 has a wrong hash for the entry at position 258; the entry itself is what was promised`},
	},
	"flip a byte of the tile that is not full": {
		[]string{`UPDATE log_tile SET data = ` + flip("data", 65) + ` WHERE level = 0 AND n = 3`},
		[]string{`tile 770 the stored tile 3 of level 0 .*`},
	},
	"flip a byte of an upper tile": {
		[]string{`UPDATE log_tile SET data = ` + flip("data", 1) + ` WHERE level = 1`},
		[]string{`tile -1 the stored tile 0 of level 1 has a wrong hash at 0`},
	},
	"delete a tile": {
		[]string{`DELETE FROM log_tile WHERE level = 0 AND n = 2`},
		[]string{`tile -1 the stored tile 2 of level 0 is missing`},
	},
	"flip a byte of a tile and of an entry of another": {
		[]string{
			`UPDATE log_tile SET data = ` + flip("data", 1) + ` WHERE level = 0 AND n = 1`,
			`UPDATE log_entry SET leaf = ` + flip("leaf", 21) + ` WHERE id = 601`,
		},
		[]string{`tile 256 .*the entry itself is what was promised`, `changed 600 the entry at position 600 \(row 601, .*`},
	},
	"flip a byte of the checkpoint": {
		[]string{`UPDATE log_head SET checkpoint = replace(checkpoint, '1000', '1001')`},
		[]string{`checkpoint -1 the newest checkpoint cannot be trusted: it is not signed by this log's key`},
	},
	"flip a byte of a checkpoint of the past": {
		[]string{`UPDATE log_checkpoint SET checkpoint = replace(checkpoint, '400', '401') WHERE size = 400`},
		[]string{`checkpoint -1 the log's own checkpoint of 2026-03-02 09:00:00 UTC with 400 entries cannot be trusted: it is not signed by this log's key`},
	},
	"store a checkpoint of the past under another size": {
		[]string{`UPDATE log_checkpoint SET size = 401 WHERE size = 400`},
		[]string{`checkpoint -1 .* is stored under another size`},
	},
	"change the root in the head": {
		[]string{`UPDATE log_head SET root = zeroblob(32)`},
		[]string{`head -1 the root hash the log names is not that of its tree`},
	},
	"say the tree ends earlier, so that entries are taken twice": {
		[]string{`UPDATE log_head SET through_id = 990`},
		[]string{`head -1 the log says its tree ends with row 990, and it ends with row 1000`},
	},
	"say the tree ends later, so that entries are never taken": {
		[]string{`UPDATE log_head SET through_id = 2000`},
		[]string{`head -1 the log says its tree ends with row 2000, and it ends with row 1000`},
	},
	"say the log is longer": {
		[]string{`UPDATE log_head SET size = 1000000000000`},
		[]string{`head -1 the log says it has 1,000,000,000,000 entries and holds 1,000`},
	},
	"change the key": {
		[]string{`UPDATE log_head SET vkey = 'caseward.example/test+00000000+AAAA'`},
		[]string{`head -1 the public key the log names is not the one to check with`},
	},
	"delete the head": {
		[]string{`DELETE FROM log_head`},
		[]string{`head -1 the log says nothing of itself: the row of its head is missing`},
	},
	"damage several things at once": {
		[]string{
			`DELETE FROM log_entry WHERE id = 101`,
			`UPDATE log_entry SET detail = x'00' WHERE id = 301`,
			`UPDATE log_entry SET leaf = ` + flip("leaf", 21) + ` WHERE id = 501`,
			`DELETE FROM log_subject WHERE entry = 701`,
		},
		[]string{`removed 100 .*\(row 101\).*`, `detail 300 .*`, `changed 500 .*`, `subjects 700 .*`},
	},
}

func TestTamperingIsNamed(t *testing.T) {
	whole := newLog(t, "")
	whole.record(400)
	whole.sequence()
	whole.record(600)
	whole.c.Advance(time.Hour)
	whole.sequence()
	wants(t, whole.verify(verify.Options{}))
	if err := whole.d.Close(); err != nil { // moves the journal into the file
		t.Fatal(err)
	}
	for name, c := range tampering {
		t.Run(name, func(t *testing.T) {
			x := &logAt{t: t, dir: t.TempDir()}
			if err := os.CopyFS(x.dir, os.DirFS(whole.dir)); err != nil {
				t.Fatal(err)
			}
			wants(t, x.bitByBit(verify.Options{}))
			x.attack(c.do...)
			wants(t, x.bitByBit(verify.Options{}), c.want...)
		})
	}
}

func TestKeptCheckpoints(t *testing.T) {
	x := newLog(t, "")
	x.record(1200)
	x.sequence()
	early := t.TempDir()
	x.d.Close()
	if err := os.CopyFS(early, os.DirFS(x.dir)); err != nil {
		t.Fatal(err)
	}
	reopen := func(dir string) *logAt {
		ctx := context.Background()
		y := &logAt{t: t, dir: dir, c: clock.NewFake(start.Add(time.Hour)), next: 1200}
		var err error
		if y.d, err = db.Open(ctx, "", dir); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = y.d.Close() })
		f, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
		if err != nil {
			t.Fatal(err)
		}
		if y.l, err = audit.Open(ctx, y.d, keys.NewAgency(y.d, f), y.c, origin); err != nil {
			t.Fatal(err)
		}
		return y
	}
	late := reopen(x.dir)
	late.record(300)
	late.sequence()
	place := t.TempDir()
	if err := os.WriteFile(filepath.Join(place, "000000001500-20260302T100000Z.checkpoint"), late.checkpoint(), 0o600); err != nil {
		t.Fatal(err)
	}
	kept, err := verify.LoadKept(place)
	if err != nil {
		t.Fatal(err)
	}
	t.Run("the log they are of is whole", func(t *testing.T) {
		r := late.verify(verify.Options{Kept: kept})
		wants(t, r)
		if r.Kept != 1 {
			t.Fatalf("%d were checked", r.Kept)
		}
	})
	old := &logAt{t: t, dir: early}
	t.Run("a log set back as a whole agrees with itself", func(t *testing.T) {
		wants(t, old.verify(verify.Options{}))
	})
	t.Run("a kept checkpoint tells what is missing of it", func(t *testing.T) {
		wants(t, old.verify(verify.Options{Kept: kept}),
			`truncated 1200 the kept checkpoint 000000001500-20260302T100000Z.checkpoint of 2026-03-02 10:00:00 UTC has 1,500 entries; this log has 1,200: the last 300 are missing`)
	})
	t.Run("a log set back and written on is a fork", func(t *testing.T) {
		y := reopen(early)
		y.record(400)
		y.sequence()
		wants(t, y.verify(verify.Options{Kept: kept}),
			`forked -1 the kept checkpoint .* of 2026-03-02 10:00:00 UTC promises other entries: the first 1,500 of this log are not the ones it was made for; the next smaller checkpoint that agrees has 1,200`)
	})
	t.Run("a kept checkpoint of another log is not believed", func(t *testing.T) {
		other := newLog(t, "")
		other.record(1)
		other.sequence()
		wants(t, late.verify(verify.Options{Kept: []verify.Kept{{Name: "x", Text: other.checkpoint()}}}),
			`checkpoint -1 the kept checkpoint x cannot be trusted: it is not signed by this log's key`)
	})
	t.Run("a directory without any is an error, not a pass", func(t *testing.T) {
		if _, err := verify.LoadKept(t.TempDir()); err == nil {
			t.Fatal("it passed")
		}
	})
}

func TestEntriesAndTreeChangedAlike(t *testing.T) {
	t.Run("the signed root betrays it, and older checkpoints say between which entries", func(t *testing.T) {
		x := newLog(t, "")
		for range 5 {
			x.record(200)
			x.sequence()
			x.c.Advance(time.Hour)
		}
		// Somebody changes an entry and computes the whole tree anew, which
		// another log with the same entries but that one does for them.
		ctx := context.Background()
		x.attack(`UPDATE log_entry SET leaf = `+flip("leaf", 21)+` WHERE id = 451`, `UPDATE log_entry SET actor = substr(leaf, 11, 16) WHERE id = 451`)
		x.attack(`CREATE TABLE saved AS SELECT checkpoint, signed_size, signed_at FROM log_head`, `CREATE TABLE history AS SELECT * FROM log_checkpoint`)
		x.attack(`DELETE FROM log_tile`, `DELETE FROM log_checkpoint`,
			`UPDATE log_head SET size = 0, root = x'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855', through_tx = -1, through_id = 0, checkpoint = x'', signed_size = -1`)
		f, err := keys.OpenFile(x.dir, []byte(keystest.Passphrase))
		if err != nil {
			t.Fatal(err)
		}
		anew, err := audit.Open(ctx, x.d, keys.NewAgency(x.d, f), x.c, origin)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := anew.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		x.attack(`DELETE FROM log_checkpoint`, `INSERT INTO log_checkpoint SELECT * FROM history`,
			`UPDATE log_head SET (checkpoint, signed_size, signed_at) = (SELECT checkpoint, signed_size, signed_at FROM saved)`)
		r := x.verify(verify.Options{})
		wants(t, r,
			`checkpoint -1 entries and tree do not give the root that the newest checkpoint promises: both were changed; what differs first is among the entries at positions 400 to 599 \(2026-03-02 09:06:40 UTC to 2026-03-02 09:09:59 UTC\)`,
		)
	})
}

func TestReport(t *testing.T) {
	x := newLog(t, "")
	x.record(10)
	x.sequence()
	t.Run("a person reads that the log is whole", func(t *testing.T) {
		if s := x.verify(verify.Options{}).String(); !strings.Contains(s, "The log is whole") || strings.Contains(s, "CHANGED") {
			t.Fatal(s)
		}
	})
	t.Run("a key taken from the log itself is noted", func(t *testing.T) {
		if err := os.Remove(filepath.Join(x.dir, audit.KeyFileName)); err != nil {
			t.Fatal(err)
		}
		if r := x.verify(verify.Options{}); !r.OK || len(r.Notes) != 1 || !strings.Contains(r.String(), "compare it with a copy you trust") {
			t.Fatalf("%+v", r)
		}
	})
	t.Run("a person and a program read which entry was changed", func(t *testing.T) {
		x.attack(`DELETE FROM log_entry WHERE id = 5`)
		r := x.verify(verify.Options{PublicKey: x.l.PublicKey()})
		if s := r.String(); !strings.Contains(s, "THE LOG WAS CHANGED: 1 fault") || !strings.Contains(s, "[removed] the entry at position 4") {
			t.Fatal(s)
		}
		b, err := json.Marshal(r)
		if err != nil || !bytes.Contains(b, []byte(`"ok":false`)) || !bytes.Contains(b, []byte(`"position":4`)) {
			t.Fatalf("%s, %v", b, err)
		}
	})
	t.Run("where there is no log there is an error, not a pass", func(t *testing.T) {
		if r, err := verify.Database(context.Background(), "", t.TempDir(), verify.Options{}); err == nil || r.OK {
			t.Fatalf("%+v", r)
		}
	})
}
