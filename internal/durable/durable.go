// Package durable writes files beside the database so that a power cut at any
// moment leaves the old one or the new one, whole and under its name: a new file
// beside it, synced, renamed over it, and then its directory synced.
//
// It knows nothing of what is in them.
package durable

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// sync is what makes a file or a directory durable; a test listens in.
var sync = (*os.File).Sync

// WriteFile puts data in place of what was at path, or leaves that as it was.
func WriteFile(path string, data []byte, mode fs.FileMode) (err error) {
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".new-*") // mode 0600
	if err != nil {
		return err
	}
	defer func() {
		if err != nil {
			_ = os.Remove(f.Name())
		}
	}()
	_, err = f.Write(data)
	if err = errors.Join(err, f.Chmod(mode), sync(f), f.Close()); err != nil {
		return err
	}
	if err = os.Rename(f.Name(), path); err != nil {
		return err
	}
	return SyncDir(dir)
}

// MkdirAll makes a directory and those above it that are not there, and makes
// their names durable.
func MkdirAll(path string, mode fs.FileMode) error {
	path = filepath.Clean(path)
	var made []string
	for p := path; ; p = filepath.Dir(p) {
		if _, err := os.Stat(p); !errors.Is(err, fs.ErrNotExist) || p == filepath.Dir(p) {
			break
		}
		made = append(made, p)
	}
	if err := os.MkdirAll(path, mode); err != nil {
		return err
	}
	for _, p := range made {
		if err := SyncDir(filepath.Dir(p)); err != nil {
			return err
		}
	}
	return nil
}

// SyncDir makes the names of the files in a directory durable.
func SyncDir(path string) error {
	d, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(sync(d), d.Close())
}
