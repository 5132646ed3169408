package audit

import (
	"cmp"
	"context"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// SegmentSize is how many entries a closed segment has.
const SegmentSize = 1 << 18

// SegmentSuffix is how the name of a closed segment's file ends.
const SegmentSuffix = ".segment"

// segment is one row of log_segment: a run of entries, by their positions in the
// tree, that are in a file of their own.
type segment struct {
	first, entries int64
	through        place // its last entry
	low, high      int64 // the lowest and highest id in it
	since, until   int64 // times of its oldest and newest entry
	bytes          int64 // of the file
	hash           []byte
	root           []byte
	actions        string
}

// name is the file's name. The hash in it keeps two that were made at once, by two
// nodes, apart.
func (s segment) name() string { return SegmentName(s.first, s.hash) }

// SegmentName is the name of the file of the closed segment that begins at a position,
// by the file's SHA-256.
func SegmentName(first int64, hash []byte) string {
	return fmt.Sprintf("%012d-%s%s", first, hex.EncodeToString(hash[:min(8, len(hash))]), SegmentSuffix)
}

// what is how an error calls a segment.
func (s segment) what() string {
	return fmt.Sprintf("%s, with the entries at positions %d to %d", s.name(), s.first, s.first+s.entries-1)
}

// has says whether an entry with an action that begins so is in it.
func (s segment) has(action string) bool {
	return action == "" || strings.HasPrefix(s.actions, action) || strings.Contains(s.actions, " "+action)
}

// readSegments reads what is known of closed segments, the oldest first.
func readSegments(ctx context.Context, q db.Querier) ([]segment, error) {
	fail := func(err error) ([]segment, error) {
		return nil, fault.Unavailablef("audit.segment", err, "cannot read the list of the log's segments")
	}
	rows, err := q.Query(ctx, `SELECT first, entries, through_tx, through_id, low_id, high_id, since, until, bytes, hash, root, actions FROM log_segment ORDER BY first`)
	if err != nil {
		return fail(err)
	}
	defer rows.Close()
	var out []segment
	for rows.Next() {
		var s segment
		if err := rows.Scan(&s.first, &s.entries, &s.through.tx, &s.through.id, &s.low, &s.high, &s.since, &s.until, &s.bytes, &s.hash, &s.root, &s.actions); err != nil {
			return fail(err)
		}
		out = append(out, s)
	}
	if err := rows.Err(); err != nil {
		return fail(err)
	}
	return out, nil
}

// before is the place that every entry in a segment is at or before.
func before(segments []segment) place {
	if len(segments) == 0 {
		return place{-1, 0}
	}
	return segments[len(segments)-1].through
}

// A Bloom filter of marks: 16 bits for each, four of which are set. Marks are keyed
// hashes, so each is four numbers of 32 bits at random. One mark of 400 that is not
// in it seems to be.
const filterBits = 16

func newFilter(marks int) []byte { return make([]byte, max(1, marks)*filterBits/8) }

func filterBit(filter []byte, m mark, k int) (at int, bit byte) {
	n := uint64(binary.BigEndian.Uint32(m[4*k:])) * uint64(len(filter)*8) >> 32
	return int(n / 8), 1 << (n % 8)
}

func filterAdd(filter []byte, m mark) {
	for k := range markSize / 4 {
		at, bit := filterBit(filter, m, k)
		filter[at] |= bit
	}
}

func filterHas(filter []byte, m mark) bool {
	for k := range markSize / 4 {
		if at, bit := filterBit(filter, m, k); filter[at]&bit == 0 {
			return false
		}
	}
	return true
}

// openAtMost is how many files of segments are kept open; more are open only while
// they are read.
const openAtMost = 16

// shelf is where a log's closed segments are. It is safe for concurrent use.
type shelf struct {
	dir  string
	size int64 // entries of a segment that is made

	mu      sync.Mutex
	idle    []openSegment // the one used last at the end
	filters map[string][]byte
	step    func(name string) // tests: something has just been done
}

type openSegment struct {
	name string
	f    *db.File
}

// take gives a segment's file to one reader, who gives it back.
func (s *shelf) take(ctx context.Context, g segment) (*db.File, error) {
	name := g.name()
	s.mu.Lock()
	for i := len(s.idle) - 1; i >= 0; i-- {
		if o := s.idle[i]; o.name == name {
			s.idle = slices.Delete(s.idle, i, i+1)
			s.mu.Unlock()
			return o.f, nil
		}
	}
	dir := s.dir
	s.mu.Unlock()
	gone := func(err error) (*db.File, error) {
		return nil, fault.Unavailablef("audit.segment", err, "the closed segment %s, is not in its place or is damaged; put it back from a backup (caseward audit verify says more)", g.what())
	}
	if dir == "" {
		return gone(errors.New("nobody said where segments are"))
	}
	path := filepath.Join(dir, name)
	info, err := os.Stat(path)
	if err != nil {
		return gone(err)
	}
	if info.Size() != g.bytes {
		return gone(fmt.Errorf("it has %d bytes and should have %d", info.Size(), g.bytes))
	}
	f, err := db.OpenFile(ctx, path)
	if err != nil {
		return gone(err)
	}
	return f, nil
}

// put takes a file back, and closes the one that was not used for longest if there
// are too many.
func (s *shelf) put(g segment, f *db.File) {
	if !f.Good() {
		_ = f.Close()
		return
	}
	s.mu.Lock()
	s.idle = append(s.idle, openSegment{g.name(), f})
	var over *db.File
	if len(s.idle) > openAtMost {
		over = s.idle[0].f
		s.idle = slices.Delete(s.idle, 0, 1)
	}
	s.mu.Unlock()
	if over != nil {
		_ = over.Close()
	}
}

func (s *shelf) close() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	var err error
	for _, o := range s.idle {
		err = errors.Join(err, o.f.Close())
	}
	s.idle = nil
	return err
}

func (s *shelf) did(name string) {
	if s.step != nil {
		s.step(name)
	}
}

// names says whether a mark may be in a segment; false is certain. A segment never
// changes, so what is known of it is kept.
func (l *Log) names(ctx context.Context, g segment, m mark) (bool, error) {
	s := &l.shelf
	s.mu.Lock()
	f := s.filters[g.name()]
	s.mu.Unlock()
	if f == nil {
		if err := l.db.QueryRow(ctx, `SELECT marks FROM log_segment WHERE first = $1`, g.first).Scan(&f); err != nil {
			return false, fault.Unavailablef("audit.segment", err, "cannot read the list of the log's segments")
		}
		s.mu.Lock()
		if s.filters == nil {
			s.filters = map[string][]byte{}
		}
		s.filters[g.name()] = f
		s.mu.Unlock()
	}
	return len(f) == 0 || filterHas(f, m), nil
}

// KeepSegments says where closed segments are: a directory that every process with
// this database sees. size is how many entries those that are made have, a power of
// two and at least 256; 0 is [SegmentSize]. It is called before anything else.
func (l *Log) KeepSegments(dir string, size int64) error {
	if size == 0 {
		size = SegmentSize
	}
	if size < tileWidth || size&(size-1) != 0 {
		return fault.Invalidf("audit.segment", "a segment has a power of two of entries, and at least %d", tileWidth)
	}
	l.shelf.dir, l.shelf.size = dir, size
	return nil
}

// Close closes the files of segments that are open. The log may be used again.
func (l *Log) Close() error { return l.shelf.close() }

// Closed is one closed segment, for whoever looks after the machine.
type Closed struct {
	File    string    `json:"file"`
	First   int64     `json:"first"` // positions of its first and last entry
	Last    int64     `json:"last"`
	Since   time.Time `json:"since"` // times of its oldest and newest entry
	Until   time.Time `json:"until"`
	Bytes   int64     `json:"bytes"`
	SHA256  string    `json:"sha256"`
	Missing bool      `json:"missing,omitempty"` // it is not in its place, or not of its size
}

func (s segment) closed() Closed {
	return Closed{
		File: s.name(), First: s.first, Last: s.first + s.entries - 1, Since: db.Time(s.since), Until: db.Time(s.until),
		Bytes: s.bytes, SHA256: hex.EncodeToString(s.hash),
	}
}

// Segments lists the closed segments, the oldest first, and looks whether each is
// there and as large as it was made; what is in them is checked by audit verify.
func (l *Log) Segments(ctx context.Context) ([]Closed, error) {
	list, err := readSegments(ctx, l.db)
	if err != nil {
		return nil, err
	}
	out := make([]Closed, len(list))
	for i, s := range list {
		out[i] = s.closed()
		info, err := os.Stat(filepath.Join(l.shelf.dir, out[i].File))
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, fault.Unavailablef("audit.segment", err, "the directory of the log's segments cannot be read")
		}
		out[i].Missing = err != nil || info.Size() != s.bytes
	}
	return out, nil
}

// pair is one row of the index by client.
type pair struct {
	subject mark
	entry   int64
}

func comparePairs(a, b pair) int {
	return cmp.Or(slices.Compare(a.subject[:], b.subject[:]), cmp.Compare(a.entry, b.entry))
}
