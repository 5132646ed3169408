package verify

import (
	"context"
	"database/sql"
	"errors"
	"math"
	"slices"
	"sort"

	"github.com/ncruces/go-sqlite3"
	"github.com/ncruces/go-sqlite3/driver"
)

// The rows are read by the library's own statements: through database/sql a row costs
// several times what it costs to read it.

// entriesOf are entries as [stepped] reads them.
const (
	entriesOf = `SELECT id, tx, at, outcome, actor, leaf, detail, `
	// What segments have is read from them.
	entriesLive   = entriesOf + `0 FROM log_entry WHERE id > coalesce((SELECT through_id FROM log_segment ORDER BY first DESC LIMIT 1), -1 << 62) ORDER BY id`
	entriesByID   = entriesOf + `position FROM log_entry ORDER BY id`
	entriesWithin = entriesOf + `position FROM log_entry ORDER BY position`
	boundsLive    = `SELECT min(id), max(id) FROM log_entry WHERE id > coalesce((SELECT through_id FROM log_segment ORDER BY first DESC LIMIT 1), -1 << 62)`
	countMarks    = `SELECT count(*) FROM log_subject`
	// In the order of its key, so that nothing is sorted and the marks of each entry
	// come ascending.
	eachMark = `SELECT entry, subject FROM log_subject ORDER BY subject, entry`
)

// raw hands over the library's connection below one of database/sql.
func raw(c *sql.Conn) (out *sqlite3.Conn, err error) {
	err = c.Raw(func(below any) error {
		d, ok := below.(driver.Conn)
		if !ok {
			return errors.New("it is not SQLite's connection")
		}
		out = d.Raw()
		return nil
	})
	return out, err
}

// step runs a statement to its end. Before each of every so many rows it asks begin
// whether to go on.
func step(c *sqlite3.Conn, query string, begin func() error, row func(*sqlite3.Stmt) error) (err error) {
	s, _, err := c.Prepare(query)
	if err != nil {
		return err
	}
	defer func() {
		if e := s.Close(); err == nil {
			err = e
		}
	}()
	for n := 0; ; n++ {
		if n%fetch == 0 {
			if err := begin(); err != nil {
				return err
			}
		}
		if !s.Step() {
			return s.Err()
		}
		if err := row(s); err != nil {
			return err
		}
	}
}

// numbers reads the numbers of one row; one that is NULL is 0.
func numbers(c *sqlite3.Conn, query string, to ...*int64) error {
	return step(c, query, func() error { return nil }, func(s *sqlite3.Stmt) error {
		for i, n := range to {
			*n = s.ColumnInt64(i)
		}
		return nil
	})
}

// stepped is the entry that a statement of entriesOf stands at. What is in it is the
// library's, and gone with the next step. A value of another type than the column's is
// a change like any other, so it is made one that fits nothing.
func stepped(s *sqlite3.Stmt) (r row, position int64) {
	number := func(i int) int64 {
		if s.ColumnType(i) != sqlite3.INTEGER {
			return -1
		}
		return s.ColumnInt64(i)
	}
	bytes := func(i int) []byte {
		if s.ColumnType(i) != sqlite3.BLOB {
			return nil
		}
		return s.ColumnRawBlob(i)
	}
	return row{
		id: s.ColumnInt64(0), tx: number(1), at: number(2), outcome: number(3),
		actor: bytes(4), leaf: bytes(5), detail: bytes(6),
	}, number(7)
}

// named is a row of the index by client.
type named struct {
	entry int64
	mark  [markSize]byte
}

// marksAtOnce is how many rows of the index by client are in memory at a time, 48
// bytes each while they are put in order. A variable for tests.
var marksAtOnce = int64(2 << 20)

// marks is the index by client in the order of entries, a range of their ids at a
// time. It is kept by client, so that is one pass over all of it for a range, and one
// range is enough for a million entries.
type marks struct {
	c     *sqlite3.Conn
	begin func() error
	seen  func(mark []byte) // each client that is named, once or more

	from, step int64 // where the ranges begin, and how many ids are in each
	ranges, at int64 // how many there are, and which one is in memory; it begins before the first

	list, spare []named // those of the range, by entry and client
	next        int
	rows        int64       // of the whole index
	used        int64       // that belong to an entry
	alone       func(int64) // an entry that is named and was not asked for; nil where they are asked for in no order
	scratch     []byte
}

// open divides the entries between two ids into ranges. Where they are not asked for
// in the order of their ids there is one.
func (m *marks) open(low, high int64) error {
	if err := numbers(m.c, countMarks, &m.rows); err != nil {
		return err
	}
	m.ranges, m.at, m.from = 1, -1, low
	if m.alone != nil && high > low {
		m.ranges = 1 + m.rows/marksAtOnce
	}
	m.list = make([]named, 0, m.rows/m.ranges)
	m.step = max(1, int64((uint64(high)-uint64(low))/uint64(m.ranges))+1)
	return nil
}

// bounds are the first and last id of a range; what is below the first belongs to it,
// and what is above the last to that.
func (m *marks) bounds(n int64) (low, high int64) {
	low, high = math.MinInt64, math.MaxInt64
	if n > 0 {
		low = m.from + n*m.step
	}
	if n < m.ranges-1 {
		high = m.from + (n+1)*m.step - 1
	}
	return low, high
}

// load reads the next range.
func (m *marks) load() error {
	m.at++
	m.list, m.next = m.list[:0], 0
	low, high := m.bounds(m.at)
	var before [markSize]byte
	err := step(m.c, eachMark, m.begin, func(s *sqlite3.Stmt) error {
		if s.ColumnType(0) != sqlite3.INTEGER {
			if m.at == 0 && m.alone != nil {
				m.alone(-1) // it names no row at all
			}
			return nil
		}
		n := named{entry: s.ColumnInt64(0)}
		if n.entry < low || n.entry > high {
			return nil
		}
		b := s.ColumnRawBlob(1)
		if s.ColumnType(1) != sqlite3.BLOB || len(b) != markSize {
			b = slices.Repeat([]byte{0xff}, markSize) // fits nothing
		}
		copy(n.mark[:], b)
		if m.seen != nil && (n.mark != before || len(m.list) == 0) {
			before = n.mark
			m.seen(n.mark[:])
		}
		m.list = append(m.list, n)
		return nil
	})
	if err != nil {
		return err
	}
	m.sort()
	return nil
}

// sort puts the range into the order of entries and leaves those of one as they are:
// digit by digit, the lowest first.
func (m *marks) sort() {
	if len(m.list) == 0 {
		return
	}
	low, high := m.list[0].entry, m.list[0].entry
	for i := range m.list {
		low, high = min(low, m.list[i].entry), max(high, m.list[i].entry)
	}
	if cap(m.spare) < len(m.list) {
		m.spare = make([]named, cap(m.list))
	}
	m.spare = m.spare[:len(m.list)]
	const bits = 11
	span := uint64(high) - uint64(low)
	for shift := 0; shift < 64 && span>>shift > 0; shift += bits {
		var where [1 << bits]int
		digit := func(n *named) uint64 { return (uint64(n.entry) - uint64(low)) >> shift & (1<<bits - 1) }
		for i := range m.list {
			where[digit(&m.list[i])]++
		}
		sum := 0
		for i, n := range where {
			where[i], sum = sum, sum+n
		}
		for i := range m.list {
			d := digit(&m.list[i])
			m.spare[where[d]] = m.list[i]
			where[d]++
		}
		m.list, m.spare = m.spare, m.list
	}
}

// of are the marks of an entry, one after another, until the next call.
func (m *marks) of(id int64) ([]byte, error) {
	for {
		if _, high := m.bounds(m.at); m.at >= 0 && id <= high {
			break
		}
		if err := m.rest(); err != nil {
			return nil, err
		}
	}
	if m.alone == nil && (m.next == len(m.list) || m.list[m.next].entry != id) {
		m.next = sort.Search(len(m.list), func(i int) bool { return m.list[i].entry >= id })
	}
	for m.alone != nil && m.next < len(m.list) && m.list[m.next].entry < id {
		m.alone(m.list[m.next].entry)
		m.next++
	}
	m.scratch = m.scratch[:0]
	for m.next < len(m.list) && m.list[m.next].entry == id {
		m.scratch = append(m.scratch, m.list[m.next].mark[:]...)
		m.next++
		m.used++
	}
	return m.scratch, nil
}

// rest ends the range in memory and reads the next.
func (m *marks) rest() error {
	m.ended()
	return m.load()
}

func (m *marks) ended() {
	for ; m.alone != nil && m.next < len(m.list); m.next++ {
		m.alone(m.list[m.next].entry)
	}
}

// end goes through what is left, after the last entry.
func (m *marks) end() error {
	for m.at < m.ranges-1 {
		if err := m.rest(); err != nil {
			return err
		}
	}
	m.ended()
	return nil
}

// live hands over the entries that are in SQLite's own tables, and finds the rows that
// the index by client names and that are not there.
func (s *database) live(ctx context.Context, each func([]row) error) error {
	left := map[int64]bool{}
	for k := range s.left {
		left[k[1]] = true
	}
	var alone []int64
	// Others ask for tiles meanwhile, over the same connection.
	s.mu.Lock()
	defer s.mu.Unlock()
	turn := func() error {
		s.mu.Unlock()
		s.mu.Lock()
		return ctx.Err()
	}
	m := &marks{c: s.raw, begin: turn, alone: func(id int64) {
		if !left[id] && (len(alone) == 0 || alone[len(alone)-1] != id) {
			alone = append(alone, id)
		}
	}}
	var low, high int64
	if err := numbers(s.raw, boundsLive, &low, &high); err != nil {
		return unreadable(err)
	}
	if err := m.open(low, high); err != nil {
		return unreadable(err)
	}
	batch := make([]row, 0, fetch)
	var buf []byte
	keep := func(b []byte) []byte {
		n := len(buf)
		buf = append(buf, b...)
		return buf[n:len(buf):len(buf)]
	}
	var handed error
	hand := func() error {
		if len(batch) == 0 {
			return nil
		}
		s.mu.Unlock()
		handed = each(batch)
		s.mu.Lock()
		// As much again is likely, so it is not grown step by step.
		batch, buf = make([]row, 0, fetch), make([]byte, 0, len(buf)+len(buf)/8)
		return handed
	}
	err := step(s.raw, entriesLive, turn, func(st *sqlite3.Stmt) error {
		list, err := m.of(st.ColumnInt64(0))
		if err != nil {
			return err
		}
		r, _ := stepped(st)
		r.actor, r.leaf, r.detail, r.marks = keep(r.actor), keep(r.leaf), keep(r.detail), keep(list)
		if batch = append(batch, r); len(batch) == fetch {
			return hand()
		}
		return nil
	})
	if err == nil {
		err = hand()
	}
	if err == nil {
		err = m.end()
	}
	if handed != nil {
		return handed
	}
	if err != nil {
		return unreadable(err)
	}
	s.orphan = alone
	return nil
}
