//go:build fsck

package audit_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/db/dbtest"
)

// TestFsck has an export checked by a program that is not ours: Tessera's fsck.
// Its exit code is 0 even where it finds damage, and damage can make it hang,
// so its line of success is what counts.
func TestFsck(t *testing.T) {
	tool := filepath.Join(t.TempDir(), "fsck")
	build := exec.Command("go", "build", "-o", tool, "github.com/transparency-dev/tessera/cmd/fsck")
	build.Dir = filepath.Join("..", "..", "tools", "fsck")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	passes := func(t *testing.T, dir string) (bool, string) {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		out, _ := exec.CommandContext(ctx, tool, "-ui=false", "-N", "8", "-storage_url", "file://"+dir,
			"-public_key", filepath.Join(dir, audit.KeyFileName), "-origin", origin, "-v", "1").CombinedOutput()
		return strings.Contains(string(out), "Successfully fsck'd") && ctx.Err() == nil, string(out)
	}
	d := dbtest.SQLite(t)
	l, _ := openLog(t, d)
	n := 0
	for _, upTo := range []int{1, 255, 256, 257, 1000, 65536 + 256 + 17} {
		for n < upTo {
			to := min(upTo, n+4000)
			record(t, l, n, to)
			n = to
		}
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
		dir := t.TempDir()
		if size, err := audit.Export(context.Background(), d, dir, ""); err != nil || size != int64(n) {
			t.Fatalf("exported %d of %d: %v", size, n, err)
		}
		if ok, out := passes(t, dir); !ok {
			t.Fatalf("an export of %d entries does not pass:\n%s", n, out)
		}
		if n != 1000 {
			continue
		}
		t.Run("does not pass an export with a changed entry", func(t *testing.T) {
			path := filepath.Join(dir, "tile/entries/002")
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			b[1000] ^= 1
			if err := os.WriteFile(path, b, 0o600); err != nil {
				t.Fatal(err)
			}
			if ok, out := passes(t, dir); ok {
				t.Fatalf("it passes:\n%s", out)
			}
		})
	}
}
