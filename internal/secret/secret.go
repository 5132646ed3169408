// Package secret makes what a link or a key ends with: enough randomness that nobody finds
// one by trying, in letters that survive being read aloud and wrapped by a mail program.
//
// It never keeps a secret. Whatever must know one again keeps its [Hash].
package secret

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/base32"
	"encoding/hex"
	"strings"
)

// letters leave out those that are mistaken for another: i, l, o and u.
const letters = "0123456789abcdefghjkmnpqrstvwxyz"

var coding = base32.NewEncoding(letters).WithPadding(base32.NoPadding)

// size is how many bytes are random: 256 bits.
const size = 32

// New returns a new secret.
func New() string {
	var b [size]byte
	_, _ = rand.Read(b[:]) // never fails: it stops the program instead
	return Text(b[:])
}

// Text writes bytes as secrets are written.
func Text(b []byte) string { return coding.EncodeToString(b) }

// Is reports whether s is in the form of what [Text] writes of n bytes; 0 stands for as
// many as [New] takes. It says nothing of whether anything has that secret.
func Is(s string, n int) bool {
	if n == 0 {
		n = size
	}
	return len(s) == coding.EncodedLen(n) && strings.Trim(s, letters) == ""
}

// Hash is what is kept of a secret: its SHA-256, in hexadecimal. Whoever reads it cannot
// come by the secret, which is as long as the hash is.
func Hash(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:])
}
