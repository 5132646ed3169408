package backup_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"caseward/internal/audit"
	"caseward/internal/backup"
	"caseward/internal/blob"
	"caseward/internal/clock"
	"caseward/internal/config"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// agency is a real agency in a directory.
type agency struct {
	*recordtest.World
	dir   string
	blobs *blob.Store
}

func open(t testing.TB) *agency {
	t.Helper()
	dir := t.TempDir()
	d := dbtest.Open(t, "", dir)
	g := &agency{World: recordtest.On(t, d), dir: dir}
	var err error
	if g.blobs, err = blob.Dir(filepath.Join(dir, "blobs")); err != nil {
		t.Fatal(err)
	}
	g.sequence(t)
	return g
}

func (g *agency) sequence(t testing.TB) {
	t.Helper()
	if _, err := g.Log.Sequence(ctx); err != nil {
		t.Fatal(err)
	}
}

func (g *agency) source() backup.Source {
	return backup.Source{Dir: g.dir, Config: config.Config{LogName: g.Log.Origin()}, DB: g.DB, Blobs: g.blobs, Include: true, Keys: g.Keys,
		LogName: g.Log.Origin(), PublicKey: g.Log.PublicKey(), Clock: g.Clock, Version: "test"}
}

func (g *agency) make(t testing.TB) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "one.backup")
	if _, err := backup.Make(ctx, g.source(), path); err != nil {
		t.Fatal(err)
	}
	return path
}

// fill adds n mebibytes of rows that nothing compresses.
func (g *agency) fill(t testing.TB, n int) {
	t.Helper()
	for i := range n {
		if err := g.DB.Write(ctx, func(tx *db.Tx) error {
			for j := range 64 {
				b := make([]byte, 16<<10)
				_, _ = rand.Read(b)
				if _, err := tx.Exec(ctx, `INSERT INTO draft (worker, subject, slot, rev, body, saved_at) VALUES ($1, $2, $3, 1, $4, 0)`, "w", "", fmt.Sprintf("%d/%d/%x", i, j, b[:4]), b); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
}

// document stores an object that a record has.
func (g *agency) document(t testing.TB, size int) (string, []byte) {
	t.Helper()
	b := make([]byte, size)
	_, _ = rand.Read(b)
	name := blob.NewName()
	w, err := g.blobs.Create(ctx, name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := w.Commit(); err != nil {
		t.Fatal(err)
	}
	if err := g.DB.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO blob (name, record, subject, at, kept_at, gone_at) VALUES ($1, 'r', '', 1, 1, 0)`, name)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	return name, b
}

// check opens a backup and checks it.
func check(path string, w keys.Wrapper) error {
	a, err := backup.Open(ctx, path, w)
	if err != nil {
		return err
	}
	_, err = a.Check(ctx, w, backup.Against{})
	return errors.Join(err, a.Close())
}

func TestDamage(t *testing.T) {
	g := open(t)
	g.fill(t, 1)
	g.document(t, 300_000)
	path := g.make(t)
	whole, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := check(path, g.Keys); err != nil {
		t.Fatal(err)
	}
	const line, sealed = len("caseward-backup/1\n"), 16<<10 + 28
	first := line + 4 + int(binary.BigEndian.Uint32(whole[line:]))
	chunks := (len(whole) - first + sealed - 1) / sealed
	if chunks < 100 {
		t.Fatalf("only %d chunks", chunks)
	}
	bad := filepath.Join(t.TempDir(), "bad.backup")
	refused := func(t *testing.T, what string, b []byte, because ...error) {
		t.Helper()
		if err := os.WriteFile(bad, b, 0o600); err != nil {
			t.Fatal(err)
		}
		err := check(bad, g.Keys)
		if !fault.Is(err, fault.Invalid) || len(because) > 0 && !slices.ContainsFunc(because, func(e error) bool { return errors.Is(err, e) }) {
			t.Errorf("%s: %v", what, err)
		}
	}
	flipped := func(i int) []byte {
		b := bytes.Clone(whole)
		b[i] ^= 1
		return b
	}
	t.Run("no byte of the header can be changed", func(t *testing.T) {
		for i := range first {
			refused(t, fmt.Sprintf("byte %d", i), flipped(i))
		}
	})
	t.Run("no byte of a chunk can be changed, nor of the end", func(t *testing.T) {
		for n := range chunks {
			from, to := first+n*sealed, min(first+(n+1)*sealed, len(whole))
			for _, i := range []int{from, from + 11, from + 12, (from + to) / 2, to - 17, to - 1} {
				refused(t, fmt.Sprintf("byte %d", i), flipped(i), backup.ErrChanged)
			}
		}
	})
	t.Run("a file that was cut short says so", func(t *testing.T) {
		for n := range chunks {
			border := first + n*sealed
			for _, at := range []int{border - 1, border, border + 1, border + 28} {
				refused(t, fmt.Sprintf("cut at %d", at), whole[:at], backup.ErrCut)
			}
		}
		for _, at := range []int{0, 1, line, line + 4, line + 5, first - 1} {
			refused(t, fmt.Sprintf("cut at %d", at), whole[:at], backup.ErrCut, backup.ErrNotBackup)
		}
		refused(t, "the last byte", whole[:len(whole)-1], backup.ErrCut, backup.ErrChanged)
	})
	t.Run("a cut that is given an end is found by the last chunk's mark", func(t *testing.T) {
		ending := []byte("caseward-backup-ends-here/1\n")
		for n := 1; n < chunks; n++ {
			refused(t, fmt.Sprintf("%d chunks", n), append(bytes.Clone(whole[:first+n*sealed]), ending...), backup.ErrCut)
		}
	})
	t.Run("chunks cannot change places, be doubled or left out", func(t *testing.T) {
		chunk := func(n int) []byte { return whole[first+n*sealed : first+(n+1)*sealed] }
		swapped := bytes.Clone(whole)
		copy(swapped[first:], chunk(1))
		copy(swapped[first+sealed:], chunk(0))
		refused(t, "swapped", swapped, backup.ErrChanged)
		refused(t, "doubled", slices.Concat(whole[:first+sealed], chunk(0), whole[first+sealed:]), backup.ErrChanged)
		refused(t, "left out", slices.Concat(whole[:first], whole[first+sealed:]), backup.ErrChanged)
		refused(t, "added to", append(bytes.Clone(whole), 'x'))
	})
	t.Run("a chunk of another backup of the same agency does not fit", func(t *testing.T) {
		other, err := os.ReadFile(g.make(t))
		if err != nil {
			t.Fatal(err)
		}
		mixed := bytes.Clone(whole)
		copy(mixed[first:first+sealed], other[first:])
		refused(t, "mixed", mixed, backup.ErrChanged)
	})
	t.Run("something else is no backup", func(t *testing.T) {
		refused(t, "words", []byte(strings.Repeat("not a backup ", 9)), backup.ErrNotBackup)
	})
}

func TestKeys(t *testing.T) {
	c := clock.NewFake(recordtest.Start)
	dir := t.TempDir()
	k := keystest.File(t, dir, c)
	d := dbtest.Open(t, "", dir)
	a := keys.NewAgency(d, k)
	l, err := audit.Open(ctx, d, a, c, "caseward.test/keys")
	if err != nil {
		t.Fatal(err)
	}
	src := backup.Source{Dir: dir, Config: config.Config{LogName: l.Origin()}, DB: d, Keys: k, LogName: l.Origin(), PublicKey: l.PublicKey(), Clock: c}
	path := filepath.Join(t.TempDir(), "old.backup")
	if _, err := backup.Make(ctx, src, path); err != nil {
		t.Fatal(err)
	}
	t.Run("another agency's key file does not open it", func(t *testing.T) {
		other := keystest.File(t, t.TempDir(), c)
		if err := check(path, other); !errors.Is(err, backup.ErrKey) || !fault.Is(err, fault.Invalid) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("one made under an older key opens while that is kept, and not when it is forgotten", func(t *testing.T) {
		old := k.Current()
		if _, err := k.Rotate(c); err != nil {
			t.Fatal(err)
		}
		if _, err := a.Rewrap(ctx); err != nil {
			t.Fatal(err)
		}
		if err := check(path, k); err != nil {
			t.Fatal(err)
		}
		if err := k.Forget(c, old); err != nil {
			t.Fatal(err)
		}
		if err := check(path, k); !errors.Is(err, backup.ErrKey) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a database whose log another key signed makes no backup", func(t *testing.T) {
		if err := d.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE log_head SET vkey = $1`, "other+00000000+AAAA")
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Make(ctx, src, filepath.Join(t.TempDir(), "x.backup")); err == nil || !strings.Contains(err.Error(), "this agency's key") {
			t.Errorf("got %v", err)
		}
	})
}

func TestMake(t *testing.T) {
	g := open(t)
	g.fill(t, 2)
	name, content := g.document(t, 700_000)
	dir := t.TempDir()
	t.Run("what a killed backup left is removed, and nothing else", func(t *testing.T) {
		// Process numbers end at 2²²; nobody has this one.
		left := filepath.Join(dir, ".caseward-99999999-0123456789abcdef.partial")
		for _, f := range []string{left, filepath.Join(dir, "other.partial")} {
			if err := os.WriteFile(f, []byte("x"), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := backup.Make(ctx, g.source(), filepath.Join(dir, "a.backup")); err != nil {
			t.Fatal(err)
		}
		files, err := os.ReadDir(dir)
		if err != nil || len(files) != 2 || files[0].Name() != "a.backup" || files[1].Name() != "other.partial" {
			t.Errorf("%v, %v", files, err)
		}
		if info, err := files[0].Info(); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%v, %v", info.Mode(), err)
		}
	})
	t.Run("a file is not written over", func(t *testing.T) {
		before, _ := os.ReadFile(filepath.Join(dir, "a.backup"))
		if _, err := backup.Make(ctx, g.source(), filepath.Join(dir, "a.backup")); !fault.Is(err, fault.Conflict) {
			t.Errorf("got %v", err)
		}
		if after, _ := os.ReadFile(filepath.Join(dir, "a.backup")); !bytes.Equal(before, after) {
			t.Error("it was changed")
		}
	})
	t.Run("the database and the documents come out as they went in", func(t *testing.T) {
		a, err := backup.Open(ctx, filepath.Join(dir, "a.backup"), g.Keys)
		if err != nil {
			t.Fatal(err)
		}
		defer a.Close()
		out := t.TempDir()
		if err := a.WriteDatabase(ctx, out); err != nil {
			t.Fatal(err)
		}
		if err := a.WriteDatabase(ctx, out); err == nil {
			t.Error("it was written over a database")
		}
		to, err := blob.Dir(filepath.Join(out, "blobs"))
		if err != nil {
			t.Fatal(err)
		}
		if err := a.WriteBlobs(ctx, to); err != nil {
			t.Fatal(err)
		}
		got, err := os.ReadFile(filepath.Join(out, "blobs", name[:2], name))
		if err != nil || !bytes.Equal(got, content) {
			t.Errorf("%d bytes, %v", len(got), err)
		}
		d, err := db.Open(ctx, "", out)
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		if want, have := drafts(t, g.DB), drafts(t, d); want != have || want == "" {
			t.Errorf("%q and %q", want, have)
		}
	})
	t.Run("a database whose index lost a row makes no backup", func(t *testing.T) {
		path := filepath.Join(g.dir, db.FileName)
		d, err := sql.Open("sqlite3", "file:"+path+"?_pragma=writable_schema(on)")
		if err != nil {
			t.Fatal(err)
		}
		defer d.Close()
		// The index is taken for another that nothing was put into.
		for _, q := range []string{`CREATE TABLE odd (a)`, `INSERT INTO odd VALUES (1), (2)`, `CREATE INDEX odd_a ON odd (a) WHERE a > 5`,
			`UPDATE sqlite_schema SET sql = 'CREATE INDEX odd_a ON odd (a)' WHERE name = 'odd_a'`} {
			if _, err := d.Exec(q); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := backup.Make(ctx, g.source(), filepath.Join(dir, "odd.backup")); err == nil || !strings.Contains(err.Error(), "damaged") {
			t.Errorf("got %v", err)
		}
		if _, err := d.Exec(`DROP TABLE odd`); err != nil {
			t.Fatal(err)
		}
	})
	t.Run("a document that was lost is named, and one given up meanwhile is not missed", func(t *testing.T) {
		lost, _ := g.document(t, 10)
		if err := g.blobs.Delete(ctx, lost); err != nil {
			t.Fatal(err)
		}
		r, err := backup.Make(ctx, g.source(), filepath.Join(dir, "b.backup"))
		if err != nil || !slices.Equal(r.Missing, []string{lost}) || r.Documents != 1 {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("documents in a bucket are named", func(t *testing.T) {
		src := g.source()
		src.Include = false
		r, err := backup.Make(ctx, src, filepath.Join(dir, "c.backup"))
		if err != nil || r.Elsewhere != 2 || r.Documents != 0 {
			t.Errorf("%+v, %v", r, err)
		}
	})
	t.Run("one that is given up leaves nothing", func(t *testing.T) {
		gone, leave := context.WithCancel(ctx)
		leave()
		if _, err := backup.Make(gone, g.source(), filepath.Join(dir, "d.backup")); err == nil {
			t.Error("it was made")
		}
		if files, _ := filepath.Glob(filepath.Join(dir, ".caseward-*")); len(files) > 0 {
			t.Errorf("left %v", files)
		}
	})
	t.Run("a log that was changed makes no backup", func(t *testing.T) {
		if err := g.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE log_head SET root = $1`, make([]byte, 32))
			return err
		}); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Make(ctx, g.source(), filepath.Join(dir, "e.backup")); err == nil || !strings.Contains(err.Error(), "signed for") {
			t.Errorf("got %v", err)
		}
		if _, err := os.Stat(filepath.Join(dir, "e.backup")); err == nil {
			t.Error("it is there")
		}
	})
}

// drafts is a digest of what fill wrote.
func drafts(t *testing.T, d *db.DB) string {
	t.Helper()
	var n, size int64
	if err := d.QueryRow(ctx, `SELECT count(*), sum(length(body)) FROM draft`).Scan(&n, &size); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(n, " ", size)
}

// TestWhileWriting makes backups while rows are added in pairs, one transaction
// each: every backup has both of a pair or none.
func TestWhileWriting(t *testing.T) {
	g := open(t)
	g.fill(t, 8)
	stop := make(chan struct{})
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
				}
				if err := g.DB.Write(ctx, func(tx *db.Tx) error {
					for _, side := range []string{"left", "right"} {
						if _, err := tx.Exec(ctx, `INSERT INTO counter (name, value) VALUES ($1, $2)`, fmt.Sprintf("%s/%d/%d", side, w, i), i); err != nil {
							return err
						}
					}
					return nil
				}); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	counts := map[int64]bool{}
	for i := range 3 {
		path := filepath.Join(t.TempDir(), "x.backup")
		if _, err := backup.Make(ctx, g.source(), path); err != nil {
			t.Fatal(err)
		}
		a, err := backup.Open(ctx, path, g.Keys)
		if err != nil {
			t.Fatal(err)
		}
		out := t.TempDir()
		if err := errors.Join(a.WriteDatabase(ctx, out), a.Close()); err != nil {
			t.Fatal(err)
		}
		d, err := db.Open(ctx, "", out)
		if err != nil {
			t.Fatal(err)
		}
		var left, right int64
		if err := d.QueryRow(ctx, `SELECT count(*) FILTER (WHERE name LIKE 'left/%'), count(*) FILTER (WHERE name LIKE 'right/%') FROM counter`).Scan(&left, &right); err != nil {
			t.Fatal(err)
		}
		if left != right || counts[left] {
			t.Errorf("backup %d: %d and %d", i, left, right)
		}
		counts[left] = true
		_ = d.Close()
	}
	close(stop)
	wg.Wait()
}

func TestOfAnOlderRelease(t *testing.T) {
	g := open(t)
	path := g.make(t)
	backup.Later(t)
	if err := check(path, g.Keys); err != nil {
		t.Errorf("a backup without a table that came later: %v", err)
	}
}

// TestTables compares the list of tables with the schema.
func TestTables(t *testing.T) {
	entries, err := db.Schema.ReadDir("schema")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	for _, e := range entries {
		b, err := db.Schema.ReadFile("schema/" + e.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range regexp.MustCompile(`(?m)^CREATE TABLE (\w+)`).FindAllStringSubmatch(string(b), -1) {
			if m[1] != "schema_floor" {
				want = append(want, m[1])
			}
		}
	}
	g := open(t)
	a, err := backup.Open(ctx, g.make(t), g.Keys)
	if err != nil {
		t.Fatal(err)
	}
	defer a.Close()
	for _, name := range want {
		if _, ok := a.Manifest.Rows[name]; !ok {
			t.Errorf("table %s is in no backup", name)
		}
	}
	if len(a.Manifest.Rows) != len(want) {
		t.Errorf("%d tables in a backup, %d in the schema", len(a.Manifest.Rows), len(want))
	}
}

func BenchmarkMake(b *testing.B) {
	b.Run("large rows", func(b *testing.B) {
		g := open(b)
		g.fill(b, 256)
		makes(b, g)
	})
	// An index whose neighbours lie far apart in the file is what reading back
	// costs most for.
	b.Run("scattered rows", func(b *testing.B) {
		g := open(b)
		for range 100 {
			if err := g.DB.Write(ctx, func(tx *db.Tx) error {
				for range 10_000 {
					var x [32]byte
					_, _ = rand.Read(x[:])
					if _, err := tx.Exec(ctx, `INSERT INTO token (token, record, subject) VALUES ($1, $2, $3)`, int64(binary.BigEndian.Uint64(x[:])), fmt.Sprintf("%x", x[8:24]), fmt.Sprintf("%x", x[16:])); err != nil {
						return err
					}
				}
				return nil
			}); err != nil {
				b.Fatal(err)
			}
		}
		makes(b, g)
	})
}

func makes(b *testing.B, g *agency) {
	g.sequence(b)
	if err := g.DB.Scrub(ctx); err != nil {
		b.Fatal(err)
	}
	info, err := os.Stat(filepath.Join(g.dir, db.FileName))
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	dir := b.TempDir()
	for b.Loop() {
		path := filepath.Join(dir, "x.backup")
		if _, err := backup.Make(ctx, g.source(), path); err != nil {
			b.Fatal(err)
		}
		_ = os.Remove(path)
	}
}

func BenchmarkRestore(b *testing.B) {
	g := open(b)
	g.fill(b, 256)
	g.sequence(b)
	path := g.make(b)
	a, err := backup.Open(ctx, path, g.Keys)
	if err != nil {
		b.Fatal(err)
	}
	defer a.Close()
	b.SetBytes(a.Manifest.DBSize)
	for b.Loop() {
		if _, err := a.Check(ctx, g.Keys, backup.Against{}); err != nil {
			b.Fatal(err)
		}
		dir := b.TempDir()
		if err := a.WriteDatabase(ctx, dir); err != nil {
			b.Fatal(err)
		}
		_ = os.Remove(filepath.Join(dir, db.FileName))
	}
}
