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
