// Package keystest wraps keys in memory, for tests that need no key file.
package keystest

import (
	"testing"

	"caseward/internal/clock"
	"caseward/internal/keys"
)

// Passphrase opens the key files this package makes.
const Passphrase = "correct horse battery staple"

// File returns a fresh key file in dir.
func File(t testing.TB, dir string, c clock.Clock) *keys.File {
	t.Helper()
	f, err := keys.CreateFile(dir, []byte(Passphrase), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}
