package blob_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"caseward/internal/blob"
	"caseward/internal/fault"
)

var ctx = context.Background()

// try checks what every store must do.
func try(t *testing.T, s *blob.Store) {
	t.Helper()
	name, body := blob.NewName(), bytes.Repeat([]byte("sealed "), 400_000)
	read := func(offset, length int64) ([]byte, error) {
		r, err := s.Read(ctx, name, offset, length)
		if err != nil {
			return nil, err
		}
		b, err := io.ReadAll(r)
		return b, errors.Join(err, r.Close())
	}
	t.Run("is not there before it is whole", func(t *testing.T) {
		w, err := s.Create(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body[:len(body)/2]); err != nil {
			t.Fatal(err)
		}
		if _, err := read(0, -1); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
		if _, err := w.Write(body[len(body)/2:]); err != nil {
			t.Fatal(err)
		}
		if err := w.Commit(); err != nil {
			t.Fatal(err)
		}
		if got, err := read(0, -1); err != nil || !bytes.Equal(got, body) {
			t.Error(len(got), err)
		}
	})
	t.Run("is read from any place", func(t *testing.T) {
		if got, err := read(7, 6); err != nil || string(got) != "sealed" {
			t.Errorf("%q, %v", got, err)
		}
	})
	t.Run("is deleted, twice without complaint", func(t *testing.T) {
		for range 2 {
			if err := s.Delete(ctx, name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := read(0, -1); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
	t.Run("nothing is left of one that was given up", func(t *testing.T) {
		name = blob.NewName()
		w, err := s.Create(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(body); err != nil {
			t.Fatal(err)
		}
		w.Abort()
		if _, err := read(0, -1); !fault.Is(err, fault.Unavailable) {
			t.Error(err)
		}
	})
	t.Run("a name that leads elsewhere is refused", func(t *testing.T) {
		for _, bad := range []string{"", "..", "../caseward.db", "a/b", "ab"} {
			if _, err := s.Read(ctx, bad, 0, -1); !errors.Is(err, blob.ErrName) {
				t.Error(bad, err)
			}
			if _, err := s.Create(ctx, bad); !errors.Is(err, blob.ErrName) {
				t.Error(bad, err)
			}
			if err := s.Delete(ctx, bad); !errors.Is(err, blob.ErrName) {
				t.Error(bad, err)
			}
		}
	})
}

func TestDir(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "blobs")
	s, err := blob.Open("file://" + filepath.ToSlash(dir))
	if err != nil {
		t.Fatal(err)
	}
	try(t, s)
	t.Run("nothing is left, and nobody else may look", func(t *testing.T) {
		err := filepath.WalkDir(dir, func(path string, d os.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if !d.IsDir() {
				t.Error("left:", path)
			}
			i, err := d.Info()
			if err == nil && i.Mode().Perm()&0o077 != 0 {
				t.Error(path, i.Mode())
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
	t.Run("what a crash left half written is deleted with its name", func(t *testing.T) {
		name := blob.NewName()
		w, err := s.Create(ctx, name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("half")); err != nil {
			t.Fatal(err)
		}
		if err := s.Delete(ctx, name); err != nil {
			t.Fatal(err)
		}
		if names, err := filepath.Glob(filepath.Join(dir, "*", "*")); err != nil || len(names) != 0 {
			t.Error(names, err)
		}
		w.Abort()
	})
	t.Run("a URL of another kind is refused", func(t *testing.T) {
		for _, url := range []string{"ftp://x/y", "file://", "http://x", "://"} {
			if _, err := blob.Open(url); !fault.Is(err, fault.Invalid) {
				t.Error(url, err)
			}
		}
	})
}
