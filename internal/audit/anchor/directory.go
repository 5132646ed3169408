package anchor

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"caseward/internal/clock"
	"caseward/internal/durable"
	"caseward/internal/fault"
)

type directory struct {
	dir   string
	clock clock.Clock
}

// Directory keeps checkpoints as files in dir, one for each size, never
// overwritten: on another machine's disk, or one that can only be appended to.
func Directory(dir string, c clock.Clock) Place { return &directory{dir, c} }

func (d *directory) Name() string { return "directory " + d.dir }

func (d *directory) Put(_ context.Context, checkpoint []byte) error {
	size, err := sizeOf(checkpoint)
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return fault.Unavailablef("anchor.directory", err, "the checkpoint could not be kept")
	}
	if err := durable.MkdirAll(d.dir, 0o700); err != nil {
		return fail(err)
	}
	entries, err := os.ReadDir(d.dir)
	if err != nil {
		return fail(err)
	}
	prefix := fmt.Sprintf("%012d-", size)
	for _, e := range entries {
		if len(e.Name()) <= len(prefix) || e.Name()[:len(prefix)] != prefix {
			continue
		}
		kept, err := os.ReadFile(filepath.Join(d.dir, e.Name()))
		if err != nil {
			return fail(err)
		}
		// The same text may have more signatures now.
		if bytes.Equal(text(kept), text(checkpoint)) {
			return nil
		}
		return fault.Conflictf("anchor.directory", "another checkpoint of %d entries is kept there: the log was forked; run caseward audit verify with it", size)
	}
	tmp, err := os.CreateTemp(d.dir, ".new-*")
	if err != nil {
		return fail(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(checkpoint)
	if err := errors.Join(err, tmp.Chmod(0o400), tmp.Sync(), tmp.Close()); err != nil {
		return fail(err)
	}
	// A link, unlike a renaming, never replaces what is there.
	if err := os.Link(tmp.Name(), filepath.Join(d.dir, fileName(size, d.clock.Now()))); err != nil {
		return fail(err)
	}
	if err := durable.SyncDir(d.dir); err != nil {
		return fail(err)
	}
	return nil
}

// text is a note without its signatures.
func text(note []byte) []byte {
	body, _, _ := bytes.Cut(note, []byte("\n\n"))
	return body
}
