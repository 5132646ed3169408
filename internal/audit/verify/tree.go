package verify

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
)

// hash is a hash of the tree.
type hash [sha256.Size]byte

const width = 256 // hashes in a full tile

// leafHash and nodeHash are those of RFC 6962, section 2.1.
func leafHash(leaf []byte) hash {
	var small [512]byte
	b := append(small[:0], 0)
	return sha256.Sum256(append(b, leaf...))
}

func nodeHash(l, r hash) hash {
	var b [1 + 2*sha256.Size]byte
	b[0] = 1
	copy(b[1:], l[:])
	copy(b[1+sha256.Size:], r[:])
	return sha256.Sum256(b[:])
}

// frontier computes root hashes of a growing list: the full subtrees from left
// to right, each at most as large as the one before.
type frontier struct {
	size  int64
	sub   []hash
	sizes []int64
}

func (f *frontier) add(h hash) { f.push(h, 1) }

// push adds a full subtree of n entries, by its root; the size is a multiple of n.
func (f *frontier) push(h hash, n int64) {
	f.size += n
	f.sub, f.sizes = append(f.sub, h), append(f.sizes, n)
	for n := len(f.sub); n > 1 && f.sizes[n-1] == f.sizes[n-2]; n = len(f.sub) {
		f.sub[n-2] = nodeHash(f.sub[n-2], f.sub[n-1])
		f.sizes[n-2] *= 2
		f.sub, f.sizes = f.sub[:n-1], f.sizes[:n-1]
	}
}

func (f *frontier) root() hash {
	if len(f.sub) == 0 {
		return sha256.Sum256(nil)
	}
	r := f.sub[len(f.sub)-1]
	for i := len(f.sub) - 2; i >= 0; i-- {
		r = nodeHash(f.sub[i], r)
	}
	return r
}

func rootOf(list []hash) hash {
	if len(list) == width {
		// As most are: level by level, without remembering sizes.
		var up [width / 2]hash
		for i := range up {
			up[i] = nodeHash(list[2*i], list[2*i+1])
		}
		for n := width / 4; n > 0; n /= 2 {
			for i := range n {
				up[i] = nodeHash(up[2*i], up[2*i+1])
			}
		}
		return up[0]
	}
	var f frontier
	for _, h := range list {
		f.add(h)
	}
	return f.root()
}

// promise is a checkpoint whose signature is good.
type promise struct {
	name string // what a report calls it
	size int64
	root hash
	kept bool // it came from elsewhere
}

var errNotSigned = errors.New("it is not signed by this log's key")

// openCheckpoint reads a C2SP tlog-checkpoint and checks its signature.
func openCheckpoint(text []byte, origin string, v note.Verifier) (promise, error) {
	n, err := note.Open(text, note.VerifierList(v))
	if err != nil {
		return promise{}, errNotSigned
	}
	return parseBody(n.Text, origin)
}

// parseBody reads the text of a checkpoint; lines after the third are of no
// concern here.
func parseBody(text, origin string) (promise, error) {
	lines := strings.SplitN(text, "\n", 4)
	if len(lines) < 4 {
		return promise{}, errors.New("it is not a checkpoint")
	}
	if lines[0] != origin {
		return promise{}, errors.New("it is of another log")
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || size < 0 || strconv.FormatInt(size, 10) != lines[1] {
		return promise{}, errors.New("it has no size")
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != sha256.Size {
		return promise{}, errors.New("it has no root hash")
	}
	return promise{size: size, root: hash(root)}, nil
}

// openKey reads a verifier key: one line, Ed25519.
func openKey(line string) (note.Verifier, error) {
	v, err := note.NewVerifier(strings.TrimSpace(line))
	if err != nil {
		return nil, errors.New("it is not a note verifier key")
	}
	// A key of any other kind than Ed25519 is not one of ours.
	parts := strings.SplitN(strings.TrimSpace(line), "+", 3)
	if k, err := base64.StdEncoding.DecodeString(parts[len(parts)-1]); err != nil || len(k) != 1+ed25519.PublicKeySize {
		return nil, errors.New("it is not an Ed25519 key")
	}
	return v, nil
}
