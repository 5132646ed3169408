package record

import (
	"crypto/rand"
	"encoding/base32"
	"encoding/binary"
	"strings"
	"time"

	"caseward/internal/fault"
)

// ID is the opaque id of a record of type T. It says nothing about the client;
// it may stand in URLs and in the log.
type ID[T any] struct{ s string }

// idLen is 128 bits in base32 without padding.
const idLen = 26

var idCoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// newID makes an id: 48 bits of milliseconds, so that new rows lie together,
// and 80 random bits.
func newID(now time.Time) string {
	var b [16]byte
	binary.BigEndian.PutUint64(b[:8], uint64(now.UnixMilli())<<16)
	_, _ = rand.Read(b[6:])
	return idCoding.EncodeToString(b[:])
}

func wellFormed(s string) bool {
	if len(s) != idLen {
		return false
	}
	for i := range len(s) {
		if strings.IndexByte("0123456789abcdefghjkmnpqrstvwxyz", s[i]) < 0 {
			return false
		}
	}
	return true
}

// ParseID reads an id as a URL or form carries it. A malformed one is answered
// like one that does not exist.
func ParseID[T any](s string) (ID[T], error) {
	if !wellFormed(s) {
		return ID[T]{}, fault.NotFoundf("record.id")
	}
	return ID[T]{s}, nil
}

// String is the id as URLs and the log carry it.
func (id ID[T]) String() string { return id.s }

// IsZero reports whether there is no id.
func (id ID[T]) IsZero() bool { return id.s == "" }

// MarshalBinary keeps the id in a sealed record.
func (id ID[T]) MarshalBinary() ([]byte, error) { return []byte(id.s), nil }

// UnmarshalBinary reads what MarshalBinary wrote.
func (id *ID[T]) UnmarshalBinary(b []byte) error {
	if len(b) != 0 && !wellFormed(string(b)) {
		return fault.Invalidf("record.id", "not an id")
	}
	id.s = string(b)
	return nil
}

// MarshalText lets ids stand in JSON answers.
func (id ID[T]) MarshalText() ([]byte, error) { return []byte(id.s), nil }

// Subject is the client a record is about. The zero Subject is the agency
// itself: records of its workforce and its program.
type Subject struct{ s string }

// SubjectOf is the client whose own record has this id.
func SubjectOf[T any](id ID[T]) Subject { return Subject(id) }

// ParseSubject reads a subject as a URL or form carries it.
func ParseSubject(s string) (Subject, error) {
	if !wellFormed(s) {
		return Subject{}, fault.NotFoundf("record.subject")
	}
	return Subject{s}, nil
}

// String is the opaque id of the client.
func (s Subject) String() string { return s.s }

// IsZero reports whether the subject is the agency.
func (s Subject) IsZero() bool { return s.s == "" }

// MarshalBinary keeps the subject in a sealed record.
func (s Subject) MarshalBinary() ([]byte, error) { return []byte(s.s), nil }

// UnmarshalBinary reads what MarshalBinary wrote.
func (s *Subject) UnmarshalBinary(b []byte) error {
	if len(b) != 0 && !wellFormed(string(b)) {
		return fault.Invalidf("record.subject", "not an id")
	}
	s.s = string(b)
	return nil
}

// OwnID is the id of the client's own record, for the kind that keeps it.
func OwnID[T any](s Subject) ID[T] { return ID[T](s) }
