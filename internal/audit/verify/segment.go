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
	"runtime"
	"slices"
	"strings"
	"sync"

	"github.com/ncruces/go-sqlite3"
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

	looked bool   // its file was compared with what is said of it
	absent bool   // its entries cannot be read; the tree's hashes stand for them
	whole  bool   // its file is the one that was closed
	fault  string // what is wrong with it, the first that was found
	within bool   // that was found among its entries
}

func (g *listed) name() string {
	return fmt.Sprintf("%012d-%s.segment", g.first, hex.EncodeToString(g.hash[:min(8, len(g.hash))]))
}

func (g *listed) what() string {
	return fmt.Sprintf("the closed segment %s, with the entries at positions %s to %s,", g.name(), count(g.first), count(g.first+g.entries-1))
}

// found keeps what is wrong with a segment; the first counts.
func (g *listed) found(format string, args ...any) {
	if g.fault == "" {
		g.fault = g.what() + " " + fmt.Sprintf(format, args...)
	}
}

// list reads which segments there are.
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
			g.found("is not where the one before it ends: the list of closed segments was changed")
			s.misplaced = g
			break
		}
		next += g.entries
		s.segments = append(s.segments, g)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return unreadable(err)
	}
	return s.leftovers(ctx)
}

// odd is how many entries of a changed segment are named one by one; one with more is
// not the segment at all.
const odd = 64

// look compares a segment's file with the one that was closed.
func (s *database) look(ctx context.Context, g *listed, f SegmentFile) (err error) {
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
		g.found("is damaged: its file is not the one that was closed, and cannot be read; the entries in it could not be looked at, all others were")
	case origin != s.h.origin:
		g.absent = true
		g.found("is not there: the file in its place is of another log")
	case first != g.first || entries != g.entries:
		g.absent = true
		g.found("is not there: the file in its place is the segment that begins at position %s", count(first))
	case wrong > odd:
		g.absent = true
		g.found("is not there: the file in its place has other entries")
	default:
		g.found("was changed: its file is not the one that was closed")
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

// partsAtOnce is how many parts of the log are read at once at most. What is found of
// one is kept until those before it were handed over: some 90 bytes an entry.
const partsAtOnce = 4

// part is a closed segment, or what is in the database.
type part struct {
	g    *listed // nil for the database
	out  chan []finding
	same [][2]int64 // rows that are in the database too
	err  error      // once out is closed
}

// findings hands over what the entries of all closed segments say of themselves, and
// then those in the database; several of these parts are read at once.
func (s *database) findings(ctx context.Context, each func([]finding) error) error {
	parts := make([]*part, 0, len(s.segments)+1)
	for _, g := range append(slices.Clone(s.segments), nil) {
		parts = append(parts, &part{g: g, out: make(chan []finding, 256)})
	}
	var reading sync.WaitGroup
	defer reading.Wait()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turns := make(chan struct{}, min(partsAtOnce, runtime.GOMAXPROCS(0)))
	reading.Go(func() {
		for _, p := range parts {
			select {
			case turns <- struct{}{}:
			case <-ctx.Done():
				return
			}
			reading.Go(func() {
				defer close(p.out)
				p.err = s.part(ctx, p)
			})
		}
	})
	same, compared := map[[2]int64]bool{}, true
	for _, p := range parts {
		for open := true; open; {
			var fs []finding
			select {
			case fs, open = <-p.out:
			case <-ctx.Done():
				return unreadable(ctx.Err())
			}
			if len(fs) == 0 {
				continue
			}
			if err := each(fs); err != nil {
				return err
			}
		}
		if p.err != nil {
			return p.err
		}
		<-turns
		if p.g != nil {
			compared = compared && !p.g.absent
			for _, k := range p.same {
				same[k] = true
			}
		}
	}
	s.unlike = nil
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

// part hands over one part of the log.
func (s *database) part(ctx context.Context, p *part) error {
	hand := func(fs []finding) error {
		select {
		case p.out <- fs:
			return nil
		case <-ctx.Done():
			return unreadable(ctx.Err())
		}
	}
	g := p.g
	switch {
	case g != nil:
	case s.postgres:
		return examined(ctx, s.rows, hand)
	default:
		return examined(ctx, s.live, hand)
	}
	var f SegmentFile
	if !g.absent {
		var err error
		if f, err = s.openSegment(ctx, g.name()); errors.Is(err, fs.ErrNotExist) && !g.looked {
			g.absent = true
			g.found("is missing; the entries in it could not be looked at, all others were")
		} else if err != nil {
			return unreadable(err)
		} else {
			defer f.Close()
			if !g.looked {
				if err := s.look(ctx, g, f); err != nil {
					return err
				}
			}
		}
	}
	g.looked = true
	if g.absent {
		return s.stand(ctx, g, hand)
	}
	list, err := s.segment(ctx, p, f)
	if err != nil {
		return unreadable(err)
	}
	for _, fs := range list {
		if err := hand(fs); err != nil {
			return err
		}
	}
	return nil
}

// stand hands over the tree's hashes of a segment that cannot be read, so that what
// comes after it can be checked.
func (s *database) stand(ctx context.Context, g *listed, each func([]finding) error) error {
	for n := g.first; n < g.first+g.entries; n += width {
		tile, err := s.tile(ctx, 0, n/width, width)
		if err != nil {
			return err
		}
		fs := make([]finding, width)
		for i := range fs {
			fs[i].absent = true
			if at := i * len(hash{}); at+len(hash{}) <= len(tile) {
				fs[i].hash = hash(tile[at : at+len(hash{})])
			}
		}
		if err := each(fs); err != nil {
			return err
		}
	}
	return nil
}

// errOrder is that positions are not in the order of ids.
var errOrder = errors.New("positions are not in the order of ids")

// segment finds what the entries of one segment say of themselves, and compares what
// the database says of it with them: a question passes over a segment by that.
func (s *database) segment(ctx context.Context, p *part, f SegmentFile) (list [][]finding, err error) {
	c, err := f.DB.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	below, err := raw(c)
	if err != nil {
		return nil, err
	}
	if p.g.whole {
		// Read by id they come from one end of the file to the other, and need no sorting
		// by what another table says. Only several servers at once leave ids out of order.
		list, err = s.within(ctx, p, below, true)
		if err != errOrder {
			return list, err
		}
	}
	return s.within(ctx, p, below, false)
}

func (s *database) within(ctx context.Context, p *part, c *sqlite3.Conn, byID bool) (list [][]finding, err error) {
	g := p.g
	p.same = nil
	is := listed{low: 1 << 62, since: 1 << 62}
	var tree frontier
	var tile []hash
	var x examiner
	var tx, id, n int64
	var action string
	actions := map[string]bool{}
	passed := true // the filter lets everything pass that is there
	m := &marks{c: c, begin: ctx.Err, seen: func(mark []byte) { passed = passed && passes(g.marks, mark) }}
	query := entriesWithin
	if byID {
		query, m.alone = entriesByID, func(int64) {}
	}
	if err := m.open(g.low, g.high); err != nil {
		return nil, err
	}
	if err := step(c, query, ctx.Err, func(st *sqlite3.Stmt) error {
		clients, err := m.of(st.ColumnInt64(0))
		if err != nil {
			return err
		}
		r, position := stepped(st)
		if byID && position != g.first+n {
			return errOrder
		}
		r.marks = clients
		n++
		fs := x.examine(r)
		if tile = append(tile, fs.hash); len(tile) == width {
			root := rootOf(tile)
			fs.tile = &root
			tree.push(root, width)
			tile = tile[:0]
		}
		tx, id = r.tx, r.id
		is.low, is.high = min(is.low, r.id), max(is.high, r.id)
		is.since, is.until = min(is.since, r.at), max(is.until, r.at)
		if fs.readable && fs.action != action {
			action = fs.action
			actions[action] = true
		}
		passed = passed && passes(g.marks, r.actor)
		if len(s.left) > 0 {
			k := [2]int64{r.tx, r.id}
			if h, ok := s.left[k]; ok && h == content(r) {
				p.same = append(p.same, k)
			}
		}
		if n%fetch == 1 {
			list = append(list, make([]finding, 0, fetch))
		}
		last := len(list) - 1
		list[last] = append(list[last], fs)
		return nil
	}); err != nil {
		return nil, err
	}
	for _, h := range tile {
		tree.add(h)
	}
	said := make([]string, 0, len(actions))
	for a := range actions {
		said = append(said, a)
	}
	slices.Sort(said)
	root := tree.root()
	if g.fault == "" {
		g.within = true
	}
	switch {
	case m.rows != m.used:
		g.found("was changed: its index by client names entries that are not in it")
	case is.low != g.low || is.high != g.high || is.since != g.since || is.until != g.until || tx != g.throughTx || id != g.throughID ||
		strings.Join(said, " ") != g.actions || !bytes.Equal(root[:], g.root):
		g.found("has other entries than the database says of it, so that questions may pass it over")
	case !passed:
		g.found("names workers or clients whom the database's summary of it leaves out, so that questions about them pass it over")
	}
	return list, nil
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

// faults is what was found with segments: with the list of them, with files, with what
// is in them.
func (s *database) faults() []Fault {
	var out []Fault
	tell := func(g *listed) {
		out = append(out, Fault{Kind: Segment, Position: g.first, Count: g.entries, Text: g.fault})
	}
	if s.misplaced != nil {
		tell(s.misplaced)
	}
	for _, within := range []bool{false, true} {
		for _, g := range s.segments {
			if g.fault != "" && g.within == within {
				tell(g)
			}
		}
	}
	for _, id := range s.unlike {
		out = append(out, Fault{Kind: Inserted, Position: -1, ID: id, Text: fmt.Sprintf("row %s stands among entries that a closed segment has, and is not the one it has", count(id))})
	}
	return out
}
