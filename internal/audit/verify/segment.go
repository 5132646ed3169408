package verify

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// SegmentFile is the file of a closed segment, open to be checked.
type SegmentFile struct {
	DB      *sql.DB // what is in it, read-only
	Content *io.SectionReader
	Close   func() error
}

// segmentIn opens segments of a directory.
func segmentIn(dir string) func(context.Context, string) (SegmentFile, error) {
	return func(_ context.Context, name string) (SegmentFile, error) {
		path := filepath.Join(dir, name)
		f, err := os.Open(path)
		if err != nil {
			return SegmentFile{}, err
		}
		info, err := f.Stat()
		if err != nil {
			return SegmentFile{}, errors.Join(err, f.Close())
		}
		d, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?mode=ro&immutable=1&_pragma=query_only(on)&_pragma=cache_size(-8192)&_pragma=temp_store(memory)")
		if err != nil {
			return SegmentFile{}, errors.Join(err, f.Close())
		}
		return SegmentFile{d, io.NewSectionReader(f, 0, info.Size()), func() error { return errors.Join(d.Close(), f.Close()) }}, nil
	}
}

// listed is what the database says of a closed segment.
type listed struct {
	first, entries       int64
	throughTx, throughID int64
	low, high            int64
	since, until         int64
	bytes                int64
	hash, root           []byte
	actions              string
	marks                []byte
	absent               bool // its entries cannot be read; the tree's hashes stand for them
	whole                bool // its file is the one that was closed
}

func (g *listed) name() string {
	return fmt.Sprintf("%012d-%s.segment", g.first, hex.EncodeToString(g.hash[:min(8, len(g.hash))]))
}

func (g *listed) what() string {
	return fmt.Sprintf("the closed segment %s, with the entries at positions %s to %s,", g.name(), count(g.first), count(g.first+g.entries-1))
}

func (s *database) segmentFault(g *listed, format string, args ...any) {
	for _, f := range s.found {
		if f.Position == g.first {
			return // said before, when it was read for the first time
		}
	}
	s.found = append(s.found, Fault{Kind: Segment, Position: g.first, Count: g.entries, Text: g.what() + " " + fmt.Sprintf(format, args...)})
}

// list reads which segments there are, and looks at the file of each.
func (s *database) list(ctx context.Context) error {
	rows, err := s.tx.QueryContext(ctx, `SELECT first, entries, through_tx, through_id, low_id, high_id, since, until, bytes, hash, root, actions, marks FROM log_segment ORDER BY first`)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	next := int64(0)
	for rows.Next() {
		g := &listed{}
		if err := rows.Scan(&g.first, &g.entries, &g.throughTx, &g.throughID, &g.low, &g.high, &g.since, &g.until, &g.bytes, &g.hash, &g.root, &g.actions, &g.marks); err != nil {
			return unreadable(err)
		}
		if g.first != next || g.entries < width || g.entries&(g.entries-1) != 0 || g.first%g.entries != 0 || g.first+g.entries > s.h.size {
			s.segmentFault(g, "is not where the one before it ends: the list of closed segments was changed")
			break
		}
		next += g.entries
		s.segments = append(s.segments, g)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return unreadable(err)
	}
	for _, g := range s.segments {
		if err := s.look(ctx, g); err != nil {
			return err
		}
	}
	return s.leftovers(ctx)
}

// odd is how many entries of a changed segment are named one by one; one with more is
// not the segment at all.
const odd = 64

// look compares a segment's file with the one that was closed.
func (s *database) look(ctx context.Context, g *listed) error {
	f, err := s.openSegment(ctx, g.name())
	if errors.Is(err, fs.ErrNotExist) {
		g.absent = true
		s.segmentFault(g, "is missing; the entries in it could not be looked at, all others were")
		return nil
	}
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	h := sha256.New()
	if _, err := io.Copy(h, f.Content); err != nil {
		return unreadable(err)
	}
	if f.Content.Size() == g.bytes && bytes.Equal(h.Sum(nil), g.hash) {
		g.whole = true
		return nil
	}
	var origin, said string
	var first, entries int64
	err = f.DB.QueryRowContext(ctx, `SELECT origin, first, entries FROM segment`).Scan(&origin, &first, &entries)
	if err == nil {
		err = f.DB.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said)
	}
	wrong := 0
	if err == nil && said == "ok" && first == g.first && entries == g.entries {
		wrong, err = s.differing(ctx, f.DB, g)
	}
	if ctx.Err() != nil {
		return unreadable(ctx.Err())
	}
	switch {
	case err != nil || said != "ok":
		g.absent = true
		s.segmentFault(g, "is damaged: its file is not the one that was closed, and cannot be read; the entries in it could not be looked at, all others were")
	case origin != s.h.origin:
		g.absent = true
		s.segmentFault(g, "is not there: the file in its place is of another log")
	case first != g.first || entries != g.entries:
		g.absent = true
		s.segmentFault(g, "is not there: the file in its place is the segment that begins at position %s", count(first))
	case wrong > odd:
		g.absent = true
		s.segmentFault(g, "is not there: the file in its place has other entries")
	default:
		s.segmentFault(g, "was changed: its file is not the one that was closed")
	}
	return nil
}

// differing counts the entries of a segment that are not those of the stored tiles.
func (s *database) differing(ctx context.Context, d *sql.DB, g *listed) (n int, err error) {
	rows, err := d.QueryContext(ctx, `SELECT CASE typeof(leaf) WHEN 'blob' THEN leaf ELSE x'' END FROM log_entry ORDER BY position`)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var tile []byte
	i := int64(0)
	for ; rows.Next() && n <= odd; i++ {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return n, err
		}
		if i%width == 0 {
			if tile, err = s.tile(ctx, 0, (g.first+i)/width, width); err != nil {
				return n, err
			}
		}
		at := int(i%width) * len(hash{})
		h := leafHash(leaf)
		if at+len(h) > len(tile) || !bytes.Equal(tile[at:at+len(h)], h[:]) {
			n++
		}
	}
	if n <= odd && i != g.entries {
		n = odd + 1
	}
	return n, rows.Err()
}

// leftovers notes the rows that a segment has and that are in the database still, as
// while it is being closed.
func (s *database) leftovers(ctx context.Context) error {
	s.left = map[[2]int64]hash{}
	if len(s.segments) == 0 {
		return nil
	}
	last := s.segments[len(s.segments)-1]
	query, args := `SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry WHERE id <= ?1`, []any{last.throughID}
	if s.postgres {
		query, args = `SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry WHERE (tx, id) <= ($1::bigint, $2::bigint)`, []any{last.throughTx, last.throughID}
	}
	rows, err := s.tx.QueryContext(ctx, query, args...)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.tx, &r.id, &r.at, &r.actor, &r.outcome, &r.leaf, &r.detail); err != nil {
			return unreadable(err)
		}
		s.left[[2]int64{r.tx, r.id}] = content(r)
	}
	if err := rows.Err(); err != nil {
		return unreadable(err)
	}
	return nil
}

// content stands for all that a row has.
func content(r row) hash {
	h := sha256.New()
	for _, b := range [][]byte{binary.BigEndian.AppendUint64(nil, uint64(r.at)), r.actor, binary.BigEndian.AppendUint64(nil, uint64(r.outcome)), r.leaf, r.detail} {
		h.Write(binary.BigEndian.AppendUint64(nil, uint64(len(b))))
		h.Write(b)
	}
	return hash(h.Sum(nil))
}

// closed hands over the entries of all closed segments.
func (s *database) closed(ctx context.Context, each func([]row) error) error {
	same := map[[2]int64]bool{}
	compared := true
	for _, g := range s.segments {
		if g.absent {
			compared = false
			if err := s.stand(ctx, g, each); err != nil {
				return err
			}
			continue
		}
		if err := s.segment(ctx, g, func(rows []row) error {
			for _, r := range rows {
				k := [2]int64{r.tx, r.id}
				if h, ok := s.left[k]; ok && h == content(r) {
					same[k] = true
				}
			}
			return each(rows)
		}); err != nil {
			return err
		}
	}
	if !compared || len(same) == len(s.left) {
		return nil
	}
	for k := range s.left {
		if !same[k] {
			s.unlike = append(s.unlike, k[1])
		}
	}
	slices.Sort(s.unlike)
	s.unlike = slices.Compact(s.unlike)
	return nil
}

// stand hands over the tree's hashes of a segment that cannot be read, so that what
// comes after it can be checked.
func (s *database) stand(ctx context.Context, g *listed, each func([]row) error) error {
	for n := g.first; n < g.first+g.entries; n += width {
		tile, err := s.tile(ctx, 0, n/width, width)
		if err != nil {
			return err
		}
		rows := make([]row, width)
		for i := range rows {
			rows[i].absent = true
			if at := i * len(hash{}); at+len(hash{}) <= len(tile) {
				rows[i].given = hash(tile[at : at+len(hash{})])
			}
		}
		if err := each(rows); err != nil {
			return err
		}
	}
	return nil
}

// segment hands over the entries of one segment, and compares what the database says
// of it with them: a question passes over a segment by that.
func (s *database) segment(ctx context.Context, g *listed, each func([]row) error) error {
	f, err := s.openSegment(ctx, g.name())
	if err != nil {
		return unreadable(err)
	}
	defer f.Close()
	in := &database{within: true}
	if in.tx, err = f.DB.BeginTx(ctx, &sql.TxOptions{ReadOnly: true}); err != nil {
		return unreadable(err)
	}
	defer in.tx.Rollback()
	if g.whole {
		// Read by id they come from one end of the file to the other, and need no sorting
		// by what another table says. Only several servers at once leave ids out of order.
		var other int64
		if err := in.tx.QueryRowContext(ctx, `SELECT count(*) FROM (SELECT position - row_number() OVER (ORDER BY id) AS place FROM log_entry) WHERE place <> ?1`, g.first-1).Scan(&other); err != nil {
			return unreadable(err)
		}
		in.byID = other == 0
	}
	is := listed{low: 1 << 62, since: 1 << 62}
	var tree frontier
	var last row
	actions := map[string]bool{}
	passed := true // the filter lets everything pass that is there
	marks := 0
	if err := in.rows(ctx, func(rows []row) error {
		for _, r := range rows {
			tree.add(leafHash(r.leaf))
			is.low, is.high = min(is.low, r.id), max(is.high, r.id)
			is.since, is.until = min(is.since, r.at), max(is.until, r.at)
			if l, ok := parseLeaf(r.leaf); ok {
				actions[l.action] = true
			}
			passed = passed && passes(g.marks, r.actor)
			for i := 0; i+markSize <= len(r.marks); i += markSize {
				passed = passed && passes(g.marks, r.marks[i:i+markSize])
				marks++
			}
			last = r
		}
		return each(rows)
	}); err != nil {
		return err
	}
	var subjects int
	if err := in.tx.QueryRowContext(ctx, `SELECT count(*) FROM log_subject`).Scan(&subjects); err != nil {
		return unreadable(err)
	}
	list := make([]string, 0, len(actions))
	for a := range actions {
		list = append(list, a)
	}
	slices.Sort(list)
	root := tree.root()
	switch {
	case subjects != marks:
		s.segmentFault(g, "was changed: its index by client names entries that are not in it")
	case is.low != g.low || is.high != g.high || is.since != g.since || is.until != g.until || last.tx != g.throughTx || last.id != g.throughID ||
		strings.Join(list, " ") != g.actions || !bytes.Equal(root[:], g.root):
		s.segmentFault(g, "has other entries than the database says of it, so that questions may pass it over")
	case !passed:
		s.segmentFault(g, "names workers or clients whom the database's summary of it leaves out, so that questions about them pass it over")
	}
	return nil
}

// passes asks a segment's summary: a Bloom filter in which four bits are set for a
// mark, each by four of its bytes.
func passes(filter, mark []byte) bool {
	if len(mark) != markSize {
		return true // a fault of its own
	}
	for i := 0; i < markSize; i += 4 {
		bit := uint64(binary.BigEndian.Uint32(mark[i:])) * uint64(len(filter)*8) >> 32
		if int(bit/8) >= len(filter) || filter[bit/8]&(1<<(bit%8)) == 0 {
			return false
		}
	}
	return true
}

// faults is what was found with segments.
func (s *database) faults() []Fault {
	out := s.found
	for _, id := range s.unlike {
		out = append(out, Fault{Kind: Inserted, Position: -1, ID: id, Text: fmt.Sprintf("row %s stands among entries that a closed segment has, and is not the one it has", count(id))})
	}
	return out
}
