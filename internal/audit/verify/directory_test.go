package verify_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

func directory(t testing.TB, dir string, o verify.Options) verify.Report {
	t.Helper()
	r, err := verify.Directory(context.Background(), dir, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func edit(t testing.TB, path string, change func([]byte) []byte) {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, change(b), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestExport(t *testing.T) {
	ctx := context.Background()
	urls := map[string]string{"SQLite": ""}
	if os.Getenv("CASEWARD_TEST_POSTGRES") != "" {
		urls["PostgreSQL"] = dbtest.URL(t)
	}
	for name, url := range urls {
		t.Run("of a log on "+name, func(t *testing.T) {
			x := newLog(t, url)
			dir := filepath.Join(t.TempDir(), "export")
			t.Run("without a checkpoint is refused", func(t *testing.T) {
				if _, err := audit.Export(ctx, x.d, dir, ""); !fault.Is(err, fault.Unavailable) {
					t.Fatal(err)
				}
			})
			for _, n := range []int{0, 1, 255, 1, 743} {
				x.record(n)
				x.sequence()
				got, err := audit.Export(ctx, x.d, dir, "")
				if err != nil || got != int64(x.next) {
					t.Fatalf("exported %d of %d: %v", got, x.next, err)
				}
				r := directory(t, dir, verify.Options{PublicKey: x.l.PublicKey()})
				wants(t, r)
				if r.Entries != int64(x.next) || r.Origin != origin || len(r.Notes) > 0 {
					t.Fatalf("%+v", r)
				}
			}
			t.Run("leaves out what waits", func(t *testing.T) {
				x.record(10)
				if got, err := audit.Export(ctx, x.d, dir, ""); err != nil || got != 1000 {
					t.Fatalf("exported %d: %v", got, err)
				}
				wants(t, directory(t, dir, verify.Options{}))
			})
			t.Run("into a directory of other things is refused", func(t *testing.T) {
				other := t.TempDir()
				if err := os.WriteFile(filepath.Join(other, "letter.txt"), nil, 0o600); err != nil {
					t.Fatal(err)
				}
				if _, err := audit.Export(ctx, x.d, other, ""); !fault.Is(err, fault.Invalid) {
					t.Fatal(err)
				}
			})
		})
	}
}

func TestTamperingWithAnExportIsNamed(t *testing.T) {
	x := newLog(t, "")
	x.record(600)
	x.sequence()
	old := x.checkpoint()
	x.record(400)
	x.sequence()
	whole := t.TempDir()
	if _, err := audit.Export(context.Background(), x.d, whole, ""); err != nil {
		t.Fatal(err)
	}
	const leaf = 2 + 101 // of the entries of these tests in a bundle
	flip := func(at int) func([]byte) []byte {
		return func(b []byte) []byte { b[at] ^= 1; return b }
	}
	for name, c := range map[string]struct {
		do   func(t *testing.T, dir string)
		want []string
	}{
		"flip a byte of an entry": {
			func(t *testing.T, dir string) { edit(t, filepath.Join(dir, "tile/entries/002"), flip(88*leaf+30)) },
			[]string{`changed 600 the entry at position 600 \(2026-03-02 09:10:00 UTC, chart.open\) is not the one that was promised: .*`},
		},
		"remove an entry": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "tile/entries/001"), func(b []byte) []byte { return append(bytes.Clone(b[:10*leaf]), b[11*leaf:]...) })
			},
			[]string{`removed 266 the entry at position 266 was removed; it stood between .*`},
		},
		"swap two entries": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "tile/entries/001"), func(b []byte) []byte {
					return append(append(append(bytes.Clone(b[:10*leaf]), b[11*leaf:12*leaf]...), b[10*leaf:11*leaf]...), b[12*leaf:]...)
				})
			},
			[]string{`reordered 267 the entry promised at position 267 .* stands after position 265`},
		},
		"insert an entry": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "tile/entries/001"), func(b []byte) []byte {
					return append(append(bytes.Clone(b[:10*leaf]), b[5*leaf:6*leaf]...), b[10*leaf:]...)
				})
			},
			[]string{`inserted -1 an entry .* is there after .* that no checkpoint promises`},
		},
		"cut the last bundle": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "tile/entries/003.p/232"), func(b []byte) []byte { return b[:100*leaf] })
			},
			[]string{`removed 868 132 entries at positions 868 to 999 were removed, the end of the log.*`},
		},
		"remove a bundle": {
			func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "tile/entries/001")) },
			[]string{`removed 256 256 entries at positions 256 to 511 were removed; they stood between .*`},
		},
		"flip a byte of a tile": {
			func(t *testing.T, dir string) { edit(t, filepath.Join(dir, "tile/0/001"), flip(70)) },
			[]string{`tile 258 .*the entry itself is what was promised`},
		},
		"remove a tile": {
			func(t *testing.T, dir string) { _ = os.Remove(filepath.Join(dir, "tile/1/000.p/3")) },
			[]string{`tile -1 the stored tile 0 of level 1 is missing`},
		},
		"flip a byte of the checkpoint": {
			func(t *testing.T, dir string) { edit(t, filepath.Join(dir, "checkpoint"), flip(len(origin)+2)) },
			[]string{`checkpoint -1 the newest checkpoint cannot be trusted: it is not signed by this log's key`},
		},
		"go back to an older checkpoint": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "checkpoint"), func([]byte) []byte { return old })
			},
			[]string{`truncated 600 the kept checkpoint now has 1,000 entries; this log has 600: the last 400 are missing`},
		},
		"give another key": {
			func(t *testing.T, dir string) {
				edit(t, filepath.Join(dir, "log.pub"), func(b []byte) []byte { return bytes.Replace(b, []byte("test+"), []byte("tets+"), 1) })
			},
			[]string{`head -1 the public key the log names is not the one to check with`},
		},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			if err := os.CopyFS(dir, os.DirFS(whole)); err != nil {
				t.Fatal(err)
			}
			o := verify.Options{PublicKey: x.l.PublicKey(), Kept: []verify.Kept{{Name: "now", Text: x.checkpoint()}}}
			wants(t, directory(t, dir, o))
			c.do(t, dir)
			wants(t, directory(t, dir, o), c.want...)
		})
	}
}
