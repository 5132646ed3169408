package db_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	mrand "math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver"

	"caseward/internal/db"
)

const pageSize = 4096

// written makes a SQLite file with rows, long ones too, and an index, twice: as it was, and
// after every row was changed. Without checksums it is as 0.1.0 made it.
func written(t *testing.T, sums bool) (was, is []byte) {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	path := filepath.Join(dir, db.FileName)
	if !sums {
		c, err := sqlite3.Open("file:" + path)
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(c.Exec(`CREATE TABLE early (a)`), c.Close()); err != nil {
			t.Fatal(err)
		}
	}
	d, err := db.Open(ctx, "", dir)
	if err != nil {
		t.Fatal(err)
	}
	if has, err := d.Checksums(ctx); has != sums || err != nil {
		t.Fatalf("checksums: %v, %v", has, err)
	}
	if err := d.Migrate(ctx); err != nil {
		t.Fatal(err)
	}
	write := func(fn func(tx *db.Tx) error) {
		t.Helper()
		if err := d.Write(ctx, fn); err != nil {
			t.Fatal(err)
		}
	}
	write(func(tx *db.Tx) error {
		for _, q := range []string{`CREATE TABLE t (id INTEGER PRIMARY KEY, label TEXT, body BLOB)`, `CREATE INDEX t_by_label ON t (label, id)`} {
			if _, err := tx.Exec(ctx, q); err != nil {
				return err
			}
		}
		for i := range 60 {
			body := make([]byte, 100+i%7*1500)
			_, _ = rand.Read(body)
			if _, err := tx.Exec(ctx, `INSERT INTO t (label, body) VALUES ($1, $2)`, fmt.Sprintf("label-%08d", i), body); err != nil {
				return err
			}
		}
		return nil
	})
	read := func() []byte {
		t.Helper()
		if err := d.Scrub(ctx); err != nil {
			t.Fatal(err)
		}
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	was = read()
	write(func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE t SET label = replace(label, 'label', 'later'), body = randomblob(length(body))`)
		return err
	})
	is = read()
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	return was, is
}

// everything reads each row and each index of a file.
func everything(t *testing.T, file []byte) error {
	t.Helper()
	ctx := context.Background()
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, db.FileName), file, 0o600); err != nil {
		t.Fatal(err)
	}
	d, err := db.Open(ctx, "", dir)
	if err != nil {
		return err
	}
	defer d.Close()
	var n int64
	if err := d.QueryRow(ctx, `SELECT sum(length(hex(body))) FROM t`).Scan(&n); err != nil {
		return err
	}
	var said string
	if err := d.QueryRow(ctx, `PRAGMA integrity_check`).Scan(&said); err != nil {
		return err
	}
	if said != "ok" {
		return errors.New(said)
	}
	var unused int
	if err := d.QueryRow(ctx, `PRAGMA freelist_count`).Scan(&unused); err != nil || unused > 0 {
		t.Fatalf("%d pages are not in use, and not read: %v", unused, err)
	}
	return nil
}

func TestChecksums(t *testing.T) {
	was, is := written(t, true)
	pages := len(is) / pageSize
	t.Run("they are those of the library", func(t *testing.T) {
		if !db.HasChecksums(is) {
			t.Fatal("the file says it has none")
		}
		for p := range pages {
			want := is[p*pageSize:][:pageSize]
			got := bytes.Clone(want)
			clear(got[pageSize-8:])
			if db.Checksum(got); !bytes.Equal(got, want) {
				t.Fatalf("page %d has %x, not %x", p+1, want[pageSize-8:], got[pageSize-8:])
			}
		}
	})
	t.Run("what nobody changed is read", func(t *testing.T) {
		if err := everything(t, is); err != nil {
			t.Error(err)
		}
	})
	told := 0
	random := mrand.New(mrand.NewPCG(1, 2))
	for name, attack := range map[string]func(file, page []byte, p int){
		"a bit that changed": func(_, page []byte, _ int) {
			at := random.IntN(pageSize)
			page[at] ^= 1 << random.IntN(8)
		},
		"half a page of another": func(file, page []byte, p int) {
			other := (p + 1 + random.IntN(pages-1)) % pages
			copy(page[pageSize/2:], file[other*pageSize+pageSize/2:][:pageSize/2])
		},
		"a sector that was set back": func(_, page []byte, p int) {
			at := random.IntN(8) * 512
			copy(page[at:at+512], was[p*pageSize+at:])
		},
	} {
		t.Run(name+" is noticed", func(t *testing.T) {
			for p := 1; p < pages; p += 1 + random.IntN(3) {
				file := bytes.Clone(is)
				page := file[p*pageSize:][:pageSize]
				attack(file, page, p)
				if bytes.Equal(file, is) || p*pageSize < len(was) && bytes.Equal(page, was[p*pageSize:][:pageSize]) {
					continue // it is as it was, whole
				}
				err := everything(t, file)
				if err == nil {
					t.Fatalf("page %d was changed and read", p+1)
				}
				if strings.Contains(err.Error(), "changed on the disk") {
					told++
				}
			}
		})
	}
	t.Run("and the error says so, where a row was read", func(t *testing.T) {
		if told < 20 {
			t.Errorf("%d times", told)
		}
	})
	t.Run("of the first page too", func(t *testing.T) {
		for range 50 {
			file := bytes.Clone(is)
			at := 100 + random.IntN(pageSize-100)
			file[at] ^= 1 << random.IntN(8)
			if err := everything(t, file); err == nil {
				t.Fatalf("byte %d was changed and read", at)
			}
		}
	})
}

func TestAddChecksums(t *testing.T) {
	_, is := written(t, false)
	if db.HasChecksums(is) {
		t.Fatal("the file has them")
	}
	dir := t.TempDir()
	from, to := filepath.Join(dir, "from"), filepath.Join(dir, "to")
	if err := os.WriteFile(from, is, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := db.AddChecksums(context.Background(), from, to); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(to)
	if err != nil {
		t.Fatal(err)
	}
	info, err := os.Stat(to)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("%v, %v", info, err)
	}
	if !db.HasChecksums(got) || binary.BigEndian.Uint16(got[16:]) != pageSize {
		t.Error("it has none")
	}
	if err := everything(t, got); err != nil {
		t.Error(err)
	}
	got[5*pageSize+700] ^= 4
	if err := everything(t, got); err == nil {
		t.Error("a page was changed and read")
	}
	left, err := os.ReadDir(dir)
	if err != nil || len(left) != 2 {
		t.Errorf("%v are left, %v", left, err)
	}
}
