package db

import (
	"io/fs"
	"testing"
)

// NextRelease has the program know further migrations until the test ends, in
// databases that are opened from now on.
func NextRelease(t *testing.T, more fs.FS) {
	t.Helper()
	was := schemas
	schemas = append(schemas[:len(schemas):len(schemas)], more)
	t.Cleanup(func() { schemas = was })
}

// Impatient has a change of the schema wait for tables so long and so often.
func Impatient(t *testing.T, timeout string, tries int) {
	t.Helper()
	was, pause, often := lockTimeout, lockPause, lockTries
	lockTimeout, lockPause, lockTries = timeout, 0, tries
	t.Cleanup(func() { lockTimeout, lockPause, lockTries = was, pause, often })
}

// UnderWay begins a change of some things, as a commit does, and says how it ends.
func UnderWay(d *DB, on ...string) (done func(), err error) {
	of := map[string]bool{}
	for _, x := range on {
		of[x] = true
	}
	n, err := d.changes.begin(len(on) == 0, of)
	return func() { d.changes.done(n) }, err
}

// MaxKeptBytes is how many bytes one Kept remembers.
const MaxKeptBytes = maxBytes
