package durable

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// listen records what is synced, and what stands under a name by then.
func listen(t *testing.T, root, watched string) *[]string {
	t.Helper()
	var steps []string
	real := sync
	t.Cleanup(func() { sync = real })
	sync = func(f *os.File) error {
		st, err := f.Stat()
		if err != nil {
			t.Fatal(err)
		}
		step := "a file"
		if st.IsDir() {
			if step, err = filepath.Rel(root, f.Name()); err != nil {
				t.Fatal(err)
			}
		}
		if watched != "" {
			b, _ := os.ReadFile(watched)
			step += ", with " + string(b) + " there"
		}
		steps = append(steps, step)
		return real(f)
	}
	return &steps
}

func TestWriteFile(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "settings")
	if err := WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Run("the new file is synced before it has the name, and the name after", func(t *testing.T) {
		steps := listen(t, dir, path)
		if err := WriteFile(path, []byte("new"), 0o640); err != nil {
			t.Fatal(err)
		}
		if want := []string{"a file, with old there", "., with new there"}; !slices.Equal(*steps, want) {
			t.Errorf("it did %q", *steps)
		}
		if st, err := os.Stat(path); err != nil || st.Mode().Perm() != 0o640 {
			t.Errorf("%v, %v", st.Mode(), err)
		}
	})
	t.Run("one that cannot be synced does not get the name, and is not left", func(t *testing.T) {
		real := sync
		defer func() { sync = real }()
		sync = func(*os.File) error { return errors.New("the disk is gone") }
		if err := WriteFile(path, []byte("half"), 0o600); err == nil {
			t.Error("it says nothing")
		}
		if b, err := os.ReadFile(path); err != nil || string(b) != "new" {
			t.Errorf("%q, %v", b, err)
		}
		if all, err := os.ReadDir(dir); err != nil || len(all) != 1 {
			t.Errorf("%v, %v", all, err)
		}
	})
}

func TestMkdirAll(t *testing.T) {
	root := t.TempDir()
	steps := listen(t, root, "")
	for range 2 { // the second time all is there
		if err := MkdirAll(filepath.Join(root, "a", "b"), 0o700); err != nil {
			t.Fatal(err)
		}
	}
	if want := []string{"a", "."}; !slices.Equal(*steps, want) {
		t.Errorf("synced are %q", *steps)
	}
}
