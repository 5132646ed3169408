package verify

import (
	"context"
	"fmt"
	"slices"
	"sort"
	"time"
)

// diagnose names what is wrong. It holds the whole log's hashes in memory, some
// 200 bytes an entry, which a check of a whole log does not.
//
// The entries as stored are one witness of what was promised, the tiles' hashes
// another, and the signed checkpoints say which of them to believe, tile by
// tile. What is believed, the promised list, is then aligned with the stored
// entries.
func (c *checker) diagnose(ctx context.Context) error {
	var rows []finding
	if err := c.src.findings(ctx, func(fs []finding) error {
		rows = append(rows, fs...)
		return nil
	}); err != nil {
		return err
	}
	if most := max(c.r.Entries, int64(len(rows))); c.h.size < 0 && !c.hasNew || c.size > most {
		// What the log says of its length is not signed, and not even its
		// entries bear it out.
		if c.h.size > most {
			c.r.add(Fault{Kind: Head, Position: -1, Text: fmt.Sprintf("the log says it has %s and holds %s", plural(c.h.size, "entry", "entries"), count(int64(len(rows))))})
		}
		c.size = most
	}
	tiles, err := c.readTiles(ctx)
	if err != nil {
		return err
	}
	promised := c.believe(rows, tiles)
	trusted := c.judge(promised, rows)
	c.align(rows, promised)
	if trusted {
		c.compareTiles(promised, tiles)
	}
	if root := rootOf(promised.hashes); trusted && len(c.h.root) > 0 && promised.complete && !slices.Equal(root[:], c.h.root) {
		c.r.add(Fault{Kind: Head, Position: -1, Text: "the root hash the log names is not that of its tree"})
	}
	sort.SliceStable(c.r.Faults, func(i, j int) bool { return c.r.Faults[i].Position < c.r.Faults[j].Position })
	if len(c.r.Faults) == 0 && len(c.src.faults()) == 0 {
		// walk saw something that this did not: never call that whole.
		c.r.add(Fault{Kind: Head, Position: -1, Text: "the log does not agree with itself, in a way that cannot be named; perhaps it was changed during the check"})
	}
	return nil
}

// readTiles reads the stored hashes of all levels; short or missing tiles stay
// so.
func (c *checker) readTiles(ctx context.Context) ([][][]hash, error) {
	var out [][][]hash
	for level, n := int64(0), c.size; n > 0; level, n = level+1, n/width {
		var list [][]hash
		for i := int64(0); i*width < n; i++ {
			t, err := c.tileHashes(ctx, level, i, int(min(width, n-i*width)))
			if err != nil {
				return nil, err
			}
			list = append(list, t)
		}
		out = append(out, list)
	}
	return out, nil
}

// list is what the entries' hashes should be.
type list struct {
	hashes   []hash
	complete bool // no hash is missing
}

// believe takes for each tile of level 0 the stored tile or the stored entries,
// whichever the level above confirms, and the tile where none is.
func (c *checker) believe(rows []finding, tiles [][][]hash) list {
	blocks := int((c.size + width - 1) / width)
	out := list{hashes: make([]hash, c.size), complete: true}
	byRows := func(b, n int) []hash {
		if b*width+n > len(rows) {
			return nil
		}
		l := make([]hash, n)
		for i := range l {
			l[i] = rows[b*width+i].hash
		}
		return l
	}
	fill := func(use func(b int, stored, entries []hash) bool) hash {
		out.complete = true
		for b := range blocks {
			n := int(min(width, c.size-int64(b)*width))
			stored, entries := tiles[0][b], byRows(b, n)
			dst := out.hashes[b*width : b*width+n]
			if entries != nil && (len(stored) < n || use(b, stored, entries)) {
				copy(dst, entries)
				continue
			}
			clear(dst)
			copy(dst, stored)
			out.complete = out.complete && len(stored) == n
		}
		return rootOf(out.hashes)
	}
	above := func(b int) (hash, bool) {
		if len(tiles) > 1 && b/width < len(tiles[1]) && b%width < len(tiles[1][b/width]) {
			return tiles[1][b/width][b%width], true
		}
		return hash{}, false
	}
	target, ok := c.anchor()
	confirmed := func(b int, stored, entries []hash) bool {
		up, ok := above(b)
		return ok && rootOf(stored) != up && rootOf(entries) == up
	}
	options := []func(b int, stored, entries []hash) bool{
		func(int, []hash, []hash) bool { return false }, // the tiles
		func(int, []hash, []hash) bool { return true },  // the entries
		confirmed,
		func(b int, stored, entries []hash) bool { // and the tile that is not full from the entries
			_, ok := above(b)
			return !ok || confirmed(b, stored, entries)
		},
	}
	for _, use := range options {
		if fill(use); ok && rootOf(out.hashes[:target.size]) == target.root {
			return out
		}
	}
	fill(options[2])
	return out
}

// anchor is the largest of the log's own good checkpoints.
func (c *checker) anchor() (promise, bool) {
	if c.hasNew {
		return c.newest, true
	}
	for i := len(c.promises) - 1; i >= 0; i-- {
		if p := c.promises[i]; p.size <= c.size && !p.kept {
			return p, true
		}
	}
	return promise{}, false
}

// judge compares the promised list with every checkpoint, and says whether the
// newest that the log itself has confirms it.
func (c *checker) judge(l list, rows []finding) bool {
	var f frontier
	var good, bad []promise
	for _, p := range c.promises {
		if p.size > c.size {
			c.r.add(Fault{Kind: Truncated, Position: c.size, Count: p.size - c.size,
				Text: fmt.Sprintf("%s has %s; this log has %s: the last %s missing", p.name,
					plural(p.size, "entry", "entries"), count(c.size), are(p.size-c.size))})
			continue
		}
		for f.size < p.size {
			f.add(l.hashes[f.size])
		}
		if f.root() == p.root {
			good = append(good, p)
		} else {
			bad = append(bad, p)
		}
	}
	// agreed is the size of the largest good checkpoint below a size.
	agreed := func(size int64) int64 {
		n := int64(0)
		for _, p := range good {
			if p.size < size {
				n = p.size
			}
		}
		return n
	}
	anchor, trusted := c.anchor()
	for _, p := range bad {
		trusted = trusted && (p.size != anchor.size || p.root != anchor.root)
	}
	told := false // what the log's own checkpoints say is said once
	for _, p := range bad {
		switch {
		case trusted || p.kept:
			c.r.add(Fault{Kind: Forked, Position: -1, Text: fmt.Sprintf("%s promises other entries: the first %s of this log are not the ones it was made for; the next smaller checkpoint that agrees has %s",
				p.name, count(p.size), count(agreed(p.size)))})
		case told:
		case !l.complete:
			told = true
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: anchor.name + " cannot be checked: hashes of the tree are missing"})
		default:
			told = true
			from, to := agreed(p.size), p.size-1
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: fmt.Sprintf("entries and tree do not give the root that %s promises: both were changed; what differs first is among the entries at positions %s to %s%s",
				anchor.name, count(from), count(to), span(rows, from, to))})
		}
	}
	return trusted
}

func are(n int64) string {
	if n == 1 {
		return "one is"
	}
	return count(n) + " are"
}

// span says from when to when the entries at two positions are.
func span(rows []finding, from, to int64) string {
	if from < 0 || to >= int64(len(rows)) || !rows[from].readable || !rows[to].readable {
		return ""
	}
	return fmt.Sprintf(" (%s to %s)", stamp(at(rows[from])), stamp(at(rows[to])))
}

func at(f finding) time.Time { return time.UnixMicro(f.us).UTC() }

// name is how a report calls an entry.
func name(f finding) string {
	s := ""
	if f.id != 0 {
		s = fmt.Sprintf("row %d", f.id)
	}
	if f.readable {
		if s != "" {
			s += ", "
		}
		s += stamp(at(f)) + ", " + f.action
	}
	if s == "" {
		return ""
	}
	return " (" + s + ")"
}

func faultOf(k Kind, position int64, f finding) Fault {
	out := Fault{Kind: k, Position: position, ID: f.id, Action: f.action}
	if f.readable {
		out.At = at(f)
	}
	return out
}

// align compares the stored entries with the promised list.
func (c *checker) align(rows []finding, l list) {
	where := make(map[hash]int64, len(l.hashes))
	for i, h := range l.hashes {
		if h != (hash{}) {
			where[h] = int64(i)
		}
	}
	// place is the promised position of each row, or -1.
	place := make([]int64, len(rows))
	taken := make([]bool, len(l.hashes))
	lastKnown := -1
	for i, f := range rows {
		place[i] = -1
		if p, ok := where[f.hash]; ok && !taken[p] {
			place[i], taken[p], lastKnown = p, true, i
		}
	}
	inOrder := increasing(place)
	orphans := map[int64]bool{}
	for _, id := range c.src.orphans() {
		orphans[id] = true
	}
	var pending []int // rows since the last that is in order, that were never promised
	prev := -1        // that last row
	prevPos := int64(-1)
	gap := func(next int, nextPos int64) {
		var missing []int64
		for p := prevPos + 1; p < nextPos; p++ {
			if !taken[p] {
				missing = append(missing, p)
			}
		}
		c.gap(rows, pending, missing, prev, next, orphans)
		pending = pending[:0]
	}
	for i, f := range rows {
		switch {
		case place[i] >= 0 && inOrder[i]:
			gap(i, place[i])
			prev, prevPos = i, place[i]
			c.beside(f, place[i])
		case place[i] >= 0:
			stands := c.stands(i, prevPos, len(pending))
			t := faultOf(Reordered, place[i], f)
			t.Text = fmt.Sprintf("the entry promised at position %s%s stands %s", count(place[i]), name(f), stands)
			c.r.add(t)
		case i > lastKnown && c.waits(f):
			// An entry nobody promised yet.
			c.r.Waiting++
			c.beside(f, -1)
		default:
			pending = append(pending, i)
		}
	}
	gap(-1, int64(len(l.hashes)))
	c.r.Waiting += max(0, c.size-c.r.Entries)
	if f := prev; f >= 0 && !rows[f].absent && prevPos == c.h.size-1 && (rows[f].tx != c.h.throughTx || rows[f].id != c.h.throughID) {
		c.r.add(Fault{Kind: Head, Position: -1, Text: fmt.Sprintf("the log says its tree ends with row %d, and it ends with row %d", c.h.throughID, rows[f].id)})
	}
	ids := make([]int64, 0, len(orphans))
	for id, still := range orphans {
		if still {
			ids = append(ids, id)
		}
	}
	slices.Sort(ids)
	for _, id := range ids {
		c.r.add(Fault{Kind: Subjects, Position: -1, ID: id, Text: fmt.Sprintf("the index by client names row %d, which is not in the log", id)})
	}
}

// waits says whether a row comes after what the tree says is its last entry.
func (c *checker) waits(f finding) bool {
	if c.h.size < 0 {
		return false
	}
	return f.tx > c.h.throughTx || f.tx == c.h.throughTx && f.id > c.h.throughID
}

func (c *checker) stands(i int, prevPos int64, pending int) string {
	if prevPos < 0 && pending == 0 {
		return "at the beginning of the log"
	}
	return fmt.Sprintf("after position %s", count(prevPos+int64(pending)))
}

// gap reports on what is between two entries that are in order: rows that were
// never promised, and promised positions that no row fills. One of each is an
// entry that was changed.
func (c *checker) gap(rows []finding, pending []int, missing []int64, prev, next int, orphans map[int64]bool) {
	n := min(len(pending), len(missing))
	for k := range n {
		f, p := rows[pending[k]], missing[k]
		t := faultOf(Changed, p, f)
		t.Text = fmt.Sprintf("the entry at position %s%s is not the one that was promised: %s", count(p), name(f), c.what(f))
		c.r.add(t)
	}
	for _, i := range pending[n:] {
		f := rows[i]
		t := faultOf(Inserted, -1, f)
		where := "at the beginning of the log"
		if i > 0 {
			where = "after" + name(rows[i-1])
		}
		if c.h.size >= 0 && i < len(rows) && f.id != 0 {
			t.Text = fmt.Sprintf("an entry%s was inserted %s: no checkpoint promises it", name(f), where)
		} else {
			t.Text = fmt.Sprintf("an entry%s is there %s that no checkpoint promises", name(f), where)
		}
		c.r.add(t)
	}
	rest := missing[n:]
	for len(rest) > 0 {
		k := 1
		for k < len(rest) && rest[k] == rest[k-1]+1 {
			k++
		}
		c.removed(rows, rest[0], int64(k), prev, next, orphans)
		rest = rest[k:]
	}
}

// what says which part of a changed entry still fits which.
func (c *checker) what(f finding) string {
	switch {
	case !f.readable:
		return "it is damaged"
	case f.good():
		return "another entry was put in its place, or its leaf was changed"
	case !f.detail && !f.columns:
		return "its leaf was changed, or all but its leaf"
	case !f.detail:
		return "its leaf's hash of the detail or the detail was changed"
	case !f.columns:
		return "its leaf's time, actor or outcome was changed"
	default:
		return "its leaf was changed"
	}
}

func (c *checker) removed(rows []finding, from, n int64, prev, next int, orphans map[int64]bool) {
	t := Fault{Kind: Removed, Position: from, Count: n}
	if n == 1 {
		t.Count = 0
		t.Text = fmt.Sprintf("the entry at position %s was removed", count(from))
	} else {
		t.Text = fmt.Sprintf("%s at positions %s to %s were removed", plural(n, "entry", "entries"), count(from), count(from+n-1))
	}
	// Row numbers between the neighbours, where the gap fits what is missing.
	if prev >= 0 && next >= 0 && next == prev+1 && rows[prev].tx == rows[next].tx && rows[next].id-rows[prev].id == n+1 {
		t.ID = rows[prev].id + 1
		if n == 1 {
			t.Text += fmt.Sprintf(" (row %d)", t.ID)
		} else {
			t.Text += fmt.Sprintf(" (rows %d to %d)", t.ID, t.ID+n-1)
		}
		for id := t.ID; id < t.ID+n; id++ {
			if orphans[id] {
				orphans[id] = false
			}
		}
	}
	switch {
	case prev >= 0 && next >= 0:
		stood := "it"
		if n > 1 {
			stood = "they"
		}
		t.Text += "; " + stood + " stood between" + name(rows[prev]) + " and" + name(rows[next])
	case prev >= 0 && from+n == c.size:
		t.Text += ", the end of the log; the last entry left is" + name(rows[prev])
	case next >= 0:
		t.Text += ", the beginning of the log; the first entry left is" + name(rows[next])
	}
	if prev >= 0 && next < 0 {
		for id := range orphans {
			if id > rows[prev].id {
				orphans[id] = false // the marks of what was cut off
			}
		}
	}
	c.r.add(t)
}

// beside reports on what stands beside a leaf that is the promised one.
func (c *checker) beside(f finding, position int64) {
	what := fmt.Sprintf("the entry at position %s%s", count(position), name(f))
	if position < 0 {
		what = "the waiting entry" + name(f)
	}
	add := func(k Kind, text string) {
		t := faultOf(k, position, f)
		t.Text = what + text
		c.r.add(t)
	}
	if f.absent {
		return // its segment is a fault of its own
	}
	if !f.readable {
		add(Changed, " cannot be read")
		return
	}
	if !f.detail {
		add(Detail, ": its sealed detail was changed")
	}
	if !f.columns {
		add(Columns, ": a column beside it (time, actor or outcome) was changed")
	}
	if !f.subjects {
		switch {
		case f.extra:
			add(Subjects, ": a client was added to the index who is not in the entry")
		case f.marks == 0:
			add(Subjects, ": its clients were removed from the index")
		default:
			add(Subjects, ": the index by client does not name its clients; one was removed or replaced")
		}
	}
}

// compareTiles reports on stored tiles that are not those of the promised list.
func (c *checker) compareTiles(l list, tiles [][][]hash) {
	want := l.hashes
	for level, list := range tiles {
		var up []hash
		for n, have := range list {
			part := want[n*width : min(len(want), (n+1)*width)]
			for i, h := range part {
				if i < len(have) && have[i] == h {
					continue
				}
				t := Fault{Kind: Tile, Position: -1}
				what := fmt.Sprintf("the stored tile %d of level %d", n, level)
				switch {
				case len(have) == 0:
					t.Text = what + " is missing"
				case i >= len(have):
					t.Text = fmt.Sprintf("%s has %d hashes of %d", what, len(have), len(part))
				case level == 0:
					t.Position = int64(n*width + i)
					t.Text = fmt.Sprintf("%s has a wrong hash for the entry at position %s; the entry itself is what was promised", what, count(t.Position))
				default:
					t.Text = fmt.Sprintf("%s has a wrong hash at %d", what, i)
				}
				c.r.add(t)
				if i >= len(have) {
					break
				}
			}
			if len(part) == width {
				up = append(up, rootOf(part))
			}
		}
		want = up
	}
}

// increasing marks a longest strictly increasing selection of the places that
// are known: what is not in it was moved.
func increasing(place []int64) []bool {
	out := make([]bool, len(place))
	back := make([]int, len(place))
	var tails []int // tails[k] is where the lowest end of a selection of k+1 is
	for i, p := range place {
		if p < 0 {
			continue
		}
		k := sort.Search(len(tails), func(k int) bool { return place[tails[k]] >= p })
		back[i] = -1
		if k > 0 {
			back[i] = tails[k-1]
		}
		if k == len(tails) {
			tails = append(tails, i)
		} else {
			tails[k] = i
		}
	}
	if len(tails) == 0 {
		return out
	}
	for i := tails[len(tails)-1]; i >= 0; i = back[i] {
		out[i] = true
	}
	return out
}
