package arch

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// packed are the folders of texts that are linked as the zip beside them.
var packed = []string{
	"internal/program/policydoc/starter",
	"internal/program/training/starter/texts",
	"internal/program/vendor/starter",
	"internal/web/ui/rules",
}

// TestPacked compares what is linked with what is written. What a zip holds is compared,
// not its bytes: another release of Go may compress otherwise.
func TestPacked(t *testing.T) {
	for _, dir := range packed {
		t.Run(dir, func(t *testing.T) {
			dir := filepath.Join(root(t), filepath.FromSlash(dir))
			want := contents(t, os.DirFS(dir))
			if len(want) == 0 {
				t.Fatal("nothing is written there")
			}
			if *update {
				if err := os.WriteFile(dir+".zip", pack(t, want), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			z, err := zip.OpenReader(dir + ".zip")
			if err != nil {
				t.Fatalf("%v; go test ./internal/arch -run TestPacked -update packs it", err)
			}
			defer z.Close()
			if !maps.Equal(contents(t, z), want) {
				t.Errorf("%s.zip is not what the folder has; go test ./internal/arch -run TestPacked -update packs it", dir)
			}
		})
	}
}

func contents(t *testing.T, f fs.FS) map[string]string {
	t.Helper()
	out := map[string]string{}
	err := fs.WalkDir(f, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := fs.ReadFile(f, p)
		out[p] = string(b)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// pack has the same bytes for the same files: no times, in order of names.
func pack(t *testing.T, files map[string]string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestCompression) })
	for _, name := range slices.Sorted(maps.Keys(files)) {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.WriteString(w, files[name]); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}
