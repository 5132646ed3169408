package verify

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"slices"
)

const markSize = 16

// leaf is the public part of an entry, version 1: version byte, microseconds
// since 1970 (8 bytes), outcome (1), actor (16), SHA-256 of the sealed detail
// (32), SHA-256 of the clients' marks in ascending order (32), length of the
// action (1), the action.
type leaf struct {
	us       int64
	outcome  byte
	actor    []byte
	detail   []byte
	subjects []byte
	action   []byte
}

func parseLeaf(b []byte) (leaf, bool) {
	const fixed = 1 + 8 + 1 + markSize + 32 + 32 + 1
	if len(b) <= fixed || b[0] != 1 || len(b) != fixed+int(b[fixed-1]) {
		return leaf{}, false
	}
	l := leaf{
		us:       int64(binary.BigEndian.Uint64(b[1:])),
		outcome:  b[9],
		actor:    b[10:26],
		detail:   b[26:58],
		subjects: b[58:90],
		action:   b[fixed:],
	}
	if l.us <= 0 || l.us > 253402300799999999 || !bytes.ContainsRune([]byte("arf"), rune(l.outcome)) {
		return leaf{}, false
	}
	for _, c := range l.action {
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return leaf{}, false
		}
	}
	return l, true
}

// row is an entry as it is stored. In an export there is only the leaf.
type row struct {
	tx, id  int64
	at      int64
	actor   []byte
	outcome int64
	leaf    []byte
	detail  []byte
	marks   []byte // the clients' marks, ascending, one after another
	bare    bool   // only the leaf is there
}

// finding is what a row says of itself.
type finding struct {
	tx, id   int64
	hash     hash
	us       int64
	action   string
	readable bool // the leaf is one
	detail   bool // the sealed detail is the one it commits to
	subjects bool // so are the clients
	columns  bool // the columns say the same as the leaf
	absent   bool // it cannot be read, and the tree's hash stands for it
	extra    bool // the clients would be the ones, but for one too many
	marks    int
	tile     *hash // the root of the full tile that it is the last of, where that is known
}

func (f finding) good() bool { return f.absent || f.readable && f.detail && f.subjects && f.columns }

// An examiner checks rows against their own leaves. It serves one caller at a time.
type examiner struct{ actions map[string]string } // there are few, so each is kept once

func (x *examiner) action(b []byte) string {
	if s, ok := x.actions[string(b)]; ok {
		return s
	}
	if x.actions == nil || len(x.actions) > 1000 {
		x.actions = map[string]string{}
	}
	s := string(b)
	x.actions[s] = s
	return s
}

// examine checks a row against its own leaf. It keeps nothing of the row.
func (x *examiner) examine(r row) finding {
	f := finding{tx: r.tx, id: r.id, hash: leafHash(r.leaf), marks: len(r.marks) / markSize}
	l, ok := parseLeaf(r.leaf)
	if !ok {
		return f
	}
	f.readable, f.us, f.action = true, l.us, x.action(l.action)
	if r.bare {
		f.detail, f.subjects, f.columns = true, true, true
		return f
	}
	d := sha256.Sum256(r.detail)
	f.detail = bytes.Equal(d[:], l.detail)
	s := sha256.Sum256(r.marks)
	f.subjects = bytes.Equal(s[:], l.subjects)
	f.columns = r.at == l.us && r.outcome == int64(l.outcome) && bytes.Equal(r.actor, l.actor)
	if !f.subjects && f.marks <= 4096 {
		for i := range f.marks {
			s := sha256.Sum256(slices.Concat(r.marks[:i*markSize], r.marks[(i+1)*markSize:]))
			if bytes.Equal(s[:], l.subjects) {
				f.extra = true
			}
		}
	}
	return f
}
