// Package share splits a secret into shares of which some number, and no fewer,
// give it back: Shamir's scheme, written in the words of SLIP-0039, a published
// standard that other programs read too.
//
// A share is 33 words for a secret of 256 bits, three of which are a checksum, so
// that a share that was copied wrongly is told by itself, mostly with the word. Each
// word is known by its first four letters. Fewer shares than needed say nothing about
// the secret; every share says how many are needed and which set it belongs to.
//
// The package keeps nothing, asks nobody and prints nothing. It reads sets of one
// group only, which is what it makes. It looks values up in tables by secret bytes:
// whoever could time that from another process on the machine where shares are put
// together could read the memory they are in.
package share

import (
	"crypto/hmac"
	"crypto/pbkdf2"
	"crypto/rand"
	"crypto/sha256"
	_ "embed"
	"fmt"
	"slices"
	"strings"

	"caseward/internal/fault"
)

// Bounds of what the words can say.
const (
	Most = 16 // shares of one set
	// Size is the length in bytes of the secrets that are split here.
	Size = 32
)

//go:embed words.txt
var wordList string

var (
	words  = strings.Fields(wordList) // in the order of the alphabet
	expOf  [255]byte
	logOf  [256]int
	byName = map[string]int{} // by the first four letters
)

const letters = 4

func init() {
	p := 1
	for i := range expOf {
		expOf[i], logOf[p] = byte(p), i
		if p = p<<1 ^ p; p&0x100 != 0 {
			p ^= 0x11b
		}
	}
	for i, w := range words {
		byName[w[:letters]] = i
	}
}

// Share is one part of a secret.
type Share struct {
	set        int  // 15 bits that all shares of a set have
	extendable bool // how the checksum and the outer cipher are made
	exponent   int  // of the cost of the outer cipher
	number     int  // from 0
	need       int
	value      []byte
}

// Set tells sets of shares apart.
func (s Share) Set() int { return s.set }

// Number is the number of the share in its set, from 1.
func (s Share) Number() int { return s.number + 1 }

// Need is how many shares of the set give the secret back.
func (s Share) Need() int { return s.need }

// Equal reports whether both are the same share of the same set.
func (s Share) Equal(o Share) bool {
	return s.set == o.set && s.extendable == o.extendable && s.exponent == o.exponent && s.number == o.number && s.need == o.need && hmac.Equal(s.value, o.value)
}

// Format keeps a share from being printed by accident.
func (s Share) Format(f fmt.State, _ rune) { _, _ = fmt.Fprintf(f, "[share %d]", s.Number()) }

// Check says whether there can be n shares of which k are needed.
func Check(k, n int) error {
	if k < 2 || n > Most || k > n {
		return fault.Invalidf("share.split", "give at least 2 and at most %d shares, and need 2 or more and no more than there are", Most)
	}
	return nil
}

// Split makes n shares of which any k give secret back.
func Split(secret []byte, k, n int) ([]Share, error) {
	const op = "share.split"
	if err := Check(k, n); err != nil {
		return nil, err
	}
	if len(secret) != Size {
		return nil, fault.Invalidf(op, "the secret is not of %d bytes", Size)
	}
	random := func(n int) []byte { b := make([]byte, n); _, _ = rand.Read(b); return b }
	id := random(2)
	of := Share{set: int(id[0])<<8&0x7f00 | int(id[1]), extendable: true, need: k}
	sealed, err := outer(secret, "", of, false)
	if err != nil {
		return nil, err
	}
	// The polynomial is fixed by k points: k-2 random shares, the secret, and a digest
	// that tells a wrong secret from the right one.
	var base []point
	for i := range k - 2 {
		base = append(base, point{byte(i), random(Size)})
	}
	salt := random(Size - digestSize)
	base = append(base, point{digestAt, append(digest(salt, sealed), salt...)}, point{secretAt, sealed})
	out := make([]Share, n)
	for i := range out {
		s := of
		s.number, s.value = i, at(base, byte(i))
		out[i] = s
	}
	return out, nil
}

// Join gives the secret back. Shares may be more than are needed. It refuses shares of
// two sets, one that is there twice and does not count, too few, and such as do not
// belong together although their words are right.
func Join(shares []Share) ([]byte, error) { return join(shares, "") }

func join(shares []Share, passphrase string) ([]byte, error) {
	const op = "share.join"
	if len(shares) == 0 {
		return nil, fault.Invalidf(op, "no share was given")
	}
	first := shares[0]
	var points []point
	seen := map[int]int{}
	for i, s := range shares {
		if s.set != first.set || s.extendable != first.extendable || s.exponent != first.exponent || s.need != first.need || len(s.value) != len(first.value) {
			return nil, fault.Invalidf(op, "share %d of those given is of another set than the first", i+1)
		}
		if j, ok := seen[s.number]; ok {
			if !s.Equal(shares[j]) {
				return nil, fault.Invalidf(op, "shares %d and %d of those given have one number and differ", j+1, i+1)
			}
			continue
		}
		seen[s.number] = i
		points = append(points, point{byte(s.number), s.value})
	}
	if len(points) < first.need {
		return nil, fault.Invalidf(op, "%d shares are needed, and %d different ones were given", first.need, len(points))
	}
	points = points[:first.need]
	if first.need == 1 {
		return outer(points[0].y, passphrase, first, true)
	}
	sealed, check := at(points, secretAt), at(points, digestAt)
	if !hmac.Equal(check[:digestSize], digest(check[digestSize:], sealed)) {
		return nil, fault.Invalidf(op, "each share is whole, and together they give no secret: one was not made with the others")
	}
	return outer(sealed, passphrase, first, true)
}

// The places of the polynomial that are no shares.
const (
	digestAt, secretAt byte = 254, 255
	digestSize              = 4
)

func digest(salt, secret []byte) []byte {
	h := hmac.New(sha256.New, salt)
	h.Write(secret)
	return h.Sum(nil)[:digestSize]
}

// point is a place of the polynomial and its value, for each byte.
type point struct {
	x byte
	y []byte
}

// at is the value at x of the polynomial through points (Lagrange, over GF(256) with
// the polynomial of AES and the generator 3).
func at(points []point, x byte) []byte {
	out := make([]byte, len(points[0].y))
	for _, p := range points {
		if p.x == x {
			return slices.Clone(p.y)
		}
	}
	for _, p := range points {
		basis := 0 // its logarithm
		for _, q := range points {
			if q.x != p.x {
				basis += logOf[q.x^x] - logOf[q.x^p.x]
			}
		}
		basis = (basis%255 + 255) % 255
		for i, v := range p.y {
			if v != 0 {
				out[i] ^= expOf[(logOf[v]+basis)%255]
			}
		}
	}
	return out
}

// outer is the cipher that SLIP-0039 puts around a secret, so that a passphrase may
// protect it; with none, as here, everybody can take it off. It is four rounds of a
// Feistel network.
func outer(in []byte, passphrase string, s Share, open bool) ([]byte, error) {
	half := len(in) / 2
	l, r := slices.Clone(in[:half]), slices.Clone(in[half:])
	for i := range 4 {
		round := i
		if open {
			round = 3 - i
		}
		var salt []byte
		if !s.extendable {
			salt = append([]byte("shamir"), byte(s.set>>8), byte(s.set))
		}
		f, err := pbkdf2.Key(sha256.New, string(rune(round))+passphrase, append(salt, r...), 2500<<s.exponent, half)
		if err != nil {
			return nil, fault.Unavailablef("share.join", err, "cannot take the cipher off")
		}
		for j := range f {
			f[j] ^= l[j]
		}
		l, r = r, f
	}
	return append(r, l...), nil
}
