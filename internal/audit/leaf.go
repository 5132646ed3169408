package audit

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"slices"
	"time"

	"caseward/internal/db"
)

// leafVersion is the first byte of every leaf.
const leafVersion = 1

// markSize is the length of a keyed hash that stands for a worker or a client.
const markSize = 16

// mark stands for a worker or a client where the id itself must not be read.
type mark [markSize]byte

// leaf is what the tree holds of an entry. Its form, version 1, all integers
// big-endian:
//
//	byte     version, 1
//	uint64   time of the request, microseconds since 1970 UTC
//	byte     outcome: 'a', 'r' or 'f'
//	16 bytes keyed hash of the actor
//	32 bytes SHA-256 of the sealed detail
//	32 bytes SHA-256 of the clients' keyed hashes, ascending, one after another
//	byte     length of the action, at least 1
//	bytes    the action
//
// Nothing follows. An entry has exactly one such form.
type leaf struct {
	At       time.Time
	Outcome  Outcome
	Actor    mark
	Detail   [sha256.Size]byte
	Subjects [sha256.Size]byte
	Action   string
}

const leafFixed = 1 + 8 + 1 + markSize + sha256.Size + sha256.Size + 1

func (l leaf) append(b []byte) []byte {
	b = append(b, leafVersion)
	b = binary.BigEndian.AppendUint64(b, uint64(db.Micros(l.At)))
	b = append(b, byte(l.Outcome))
	b = append(b, l.Actor[:]...)
	b = append(b, l.Detail[:]...)
	b = append(b, l.Subjects[:]...)
	b = append(b, byte(len(l.Action)))
	return append(b, l.Action...)
}

var errLeaf = errors.New("not a log leaf")

// parseLeaf is the inverse of append and accepts nothing else.
func parseLeaf(b []byte) (leaf, error) {
	if len(b) < leafFixed+1 || b[0] != leafVersion || len(b) != leafFixed+int(b[leafFixed-1]) {
		return leaf{}, errLeaf
	}
	us := binary.BigEndian.Uint64(b[1:])
	l := leaf{At: db.Time(int64(us)), Outcome: Outcome(b[9]), Action: string(b[leafFixed:])}
	if us == 0 || us > maxMicros || !l.Outcome.valid() || !validAction(l.Action) {
		return leaf{}, errLeaf
	}
	rest := b[10:]
	rest = rest[copy(l.Actor[:], rest):]
	rest = rest[copy(l.Detail[:], rest):]
	copy(l.Subjects[:], rest)
	return l, nil
}

// maxMicros is the end of the year 9999: a time after it is not one of ours.
const maxMicros = 253402300799999999

func (o Outcome) valid() bool { return o == Allowed || o == Refused || o == Failed }

// validAction says whether an action is a name as "note.sign": the leaf is
// public, so nothing else may get in.
func validAction(s string) bool {
	if len(s) < 1 || len(s) > 255 {
		return false
	}
	for i := range len(s) {
		c := s[i]
		if (c < 'a' || c > 'z') && (c < '0' || c > '9') && c != '.' && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

// hashMarks is the commitment to the clients an entry names; it sorts marks.
func hashMarks(marks []mark) [sha256.Size]byte {
	slices.SortFunc(marks, func(a, b mark) int { return slices.Compare(a[:], b[:]) })
	h := sha256.New()
	for i := range marks {
		h.Write(marks[i][:])
	}
	return [sha256.Size]byte(h.Sum(nil))
}
