// Package keystest gives tests a key file without the cost of a real
// passphrase. The architecture test keeps it out of everything but tests.
package keystest

import (
	"sync"
	"testing"

	"caseward/internal/clock"
	"caseward/internal/keys"
)

// Passphrase opens the key files this package makes.
const Passphrase = "correct horse battery staple"

// File makes a real key file in dir, at the real cost of its passphrase.
func File(t testing.TB, dir string, c clock.Clock) *keys.File {
	t.Helper()
	f, err := keys.CreateFile(dir, []byte(Passphrase), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

var shared struct {
	sync.Mutex
	file *keys.File
}

// Wrapper returns a real key file that all tests of a package share, so that
// its passphrase is paid for once.
func Wrapper(t testing.TB, dir string, c clock.Clock) *keys.File {
	t.Helper()
	shared.Lock()
	defer shared.Unlock()
	if shared.file == nil {
		shared.file = File(t, dir, c)
	}
	return shared.file
}
