package verify

import (
	"context"
	"fmt"
	"runtime"
	"slices"
	"sort"
	"time"

	"golang.org/x/mod/sumdb/note"
)

// Kept is a checkpoint that was kept elsewhere.
type Kept struct {
	Name string    // what to call it, as its file's name
	At   time.Time // when it was kept, if known
	Text []byte    // the signed note
}

// Options says what to check against.
type Options struct {
	// PublicKey is the verifier key that signatures must be of. If it is empty
	// the file log.pub beside the log is used, and failing that the key the
	// log names itself, which an attacker may have replaced: a note says so.
	PublicKey string
	// Kept are checkpoints that were kept elsewhere.
	Kept []Kept
	// Segments is the directory that closed segments of the log are in; empty for
	// "log" beside the database.
	Segments string
	// OpenSegment opens a closed segment by the name of its file, where they are in
	// no directory; the error is fs.ErrNotExist where there is none.
	OpenSegment func(ctx context.Context, name string) (SegmentFile, error)
}

// source is where a log is read from.
type source interface {
	// head is what the log says of itself.
	head() headline
	// findings hands over what every entry says of itself, in order, some at a time.
	findings(ctx context.Context, each func([]finding) error) error
	// faults is what is wrong with closed segments, once findings were handed over.
	faults() []Fault
	// orphans lists rows that the index by client names and that are not there, once
	// findings were handed over.
	orphans() []int64
	// tile returns the stored hashes of a tile, nil if there is none, and at
	// least width of them where it has that many.
	tile(ctx context.Context, level, n int64, width int) ([]byte, error)
	// history hands over the checkpoints of the past.
	history(ctx context.Context, each func(size int64, at time.Time, text []byte) error) error
}

// headline is what a log says of itself.
type headline struct {
	origin     string
	vkey       string
	size       int64 // -1 where it does not say
	root       []byte
	throughTx  int64
	throughID  int64
	checkpoint []byte
	signedAt   time.Time
	fault      string // what cannot be read
}

// checker is one check under way.
type checker struct {
	src      source
	o        Options
	r        *Report
	h        headline
	v        note.Verifier
	size     int64     // entries in the tree
	newest   promise   // of the tree; valid if hasNew
	hasNew   bool      // there is a checkpoint whose signature is good
	promises []promise // all good checkpoints, by size
}

func check(ctx context.Context, src source, o Options) (Report, error) {
	r := Report{Faults: []Fault{}}
	c := &checker{src: src, o: o, r: &r, h: src.head()}
	r.Origin = c.h.origin
	if err := c.key(); err != nil {
		r.add(Fault{Kind: Head, Position: -1, Text: "the public key cannot be used: " + err.Error()})
		return r, nil
	}
	if err := c.checkpoints(ctx); err != nil {
		return r, err
	}
	whole, err := c.walk(ctx)
	if err != nil {
		return r, err
	}
	if !whole {
		if err := c.diagnose(ctx); err != nil {
			return r, err
		}
	}
	for _, f := range src.faults() {
		r.add(f)
	}
	r.OK = len(r.Faults) == 0
	return r, nil
}

func (c *checker) key() error {
	key := c.o.PublicKey
	if key == "" {
		key = c.h.vkey
		c.r.Notes = append(c.r.Notes, "the public key was taken from the log itself; compare it with a copy you trust")
	}
	v, err := openKey(key)
	if err != nil {
		return err
	}
	c.v, c.r.PublicKey = v, key
	if c.h.origin == "" {
		c.h.origin = v.Name()
	}
	c.r.Origin = c.h.origin
	if c.h.vkey != "" && c.h.vkey != key {
		c.r.add(Fault{Kind: Head, Position: -1, Text: "the public key the log names is not the one to check with"})
	}
	if c.h.fault != "" {
		c.r.add(Fault{Kind: Head, Position: -1, Text: c.h.fault})
	}
	return nil
}

// checkpoints reads the newest, the past and the kept ones.
func (c *checker) checkpoints(ctx context.Context) error {
	if len(c.h.checkpoint) > 0 {
		p, err := openCheckpoint(c.h.checkpoint, c.h.origin, c.v)
		if err != nil {
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: "the newest checkpoint cannot be trusted: " + err.Error()})
		} else {
			p.name = "the newest checkpoint"
			c.newest, c.hasNew = p, true
			c.promises = append(c.promises, p)
			c.r.SignedAt = c.h.signedAt
		}
	}
	err := c.src.history(ctx, func(size int64, at time.Time, text []byte) error {
		c.r.History++
		name := fmt.Sprintf("the log's own checkpoint of %s with %s", stamp(at), plural(size, "entry", "entries"))
		p, err := openCheckpoint(text, c.h.origin, c.v)
		switch {
		case err != nil:
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: name + " cannot be trusted: " + err.Error()})
		case p.size != size:
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: name + " is stored under another size"})
		default:
			p.name = name
			c.promises = append(c.promises, p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	for _, k := range c.o.Kept {
		name := "the kept checkpoint " + k.Name
		if !k.At.IsZero() {
			name += " of " + stamp(k.At)
		}
		p, err := openCheckpoint(k.Text, c.h.origin, c.v)
		if err != nil {
			c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: name + " cannot be trusted: " + err.Error()})
			continue
		}
		c.r.Kept++
		p.name, p.kept = name, true
		c.promises = append(c.promises, p)
	}
	// Of several of one size those from elsewhere come last: they have the
	// last word.
	sort.SliceStable(c.promises, func(i, j int) bool { return c.promises[i].size < c.promises[j].size })
	c.size = max(c.h.size, 0)
	if c.hasNew {
		c.r.Entries = c.newest.size
		if c.h.size >= 0 && c.h.size < c.newest.size {
			c.r.add(Fault{Kind: Head, Position: -1, Text: fmt.Sprintf("the log says it has %s and its newest checkpoint has %s",
				plural(c.h.size, "entry", "entries"), count(c.newest.size))})
		}
		c.size = max(c.size, c.newest.size)
	} else {
		for _, p := range c.promises {
			if !p.kept {
				c.r.Entries = p.size
			}
		}
		c.size = max(c.size, c.r.Entries)
	}
	if c.h.size > 0 && len(c.h.checkpoint) == 0 {
		c.r.add(Fault{Kind: Checkpoint, Position: -1, Text: fmt.Sprintf("the log has %s and no checkpoint", plural(c.h.size, "entry", "entries"))})
	}
	return nil
}

// examined hands over what rows say of themselves, in their order, hashing on all
// processors.
func examined(ctx context.Context, read func(ctx context.Context, each func([]row) error) error, each func([]finding) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	type job struct {
		rows []row
		out  chan []finding
	}
	queue := make(chan job, 2*runtime.GOMAXPROCS(0)) // in order
	work := make(chan job)
	for range runtime.GOMAXPROCS(0) {
		go func() {
			var x examiner
			for j := range work {
				out := make([]finding, len(j.rows))
				for i, r := range j.rows {
					out[i] = x.examine(r)
				}
				j.out <- out
			}
		}()
	}
	var readErr error
	go func() {
		defer close(queue)
		defer close(work)
		readErr = read(ctx, func(rows []row) error {
			j := job{rows, make(chan []finding, 1)}
			select {
			case queue <- j:
			case <-ctx.Done():
				return ctx.Err()
			}
			select {
			case work <- j:
			case <-ctx.Done():
				close(j.out)
				return ctx.Err()
			}
			return nil
		})
	}()
	var err error
	for j := range queue {
		out := <-j.out
		if err == nil {
			if err = each(out); err != nil {
				cancel()
			}
		}
	}
	if err != nil {
		return err
	}
	return readErr
}

var errOdd = fmt.Errorf("something is not as promised")

// walk is the check of a log that is whole: one pass, little memory. It reports
// false at the first thing that is not as it should be, and leaves saying what
// to diagnose.
func (c *checker) walk(ctx context.Context) (bool, error) {
	if len(c.r.Faults) > 0 {
		return false, nil
	}
	for _, p := range c.promises {
		if p.size > c.size {
			return false, nil
		}
	}
	var f frontier
	next := 0
	promised := func() bool {
		for next < len(c.promises) && c.promises[next].size == f.size {
			if f.root() != c.promises[next].root {
				return false
			}
			next++
		}
		return true
	}
	if !promised() {
		return false, nil
	}
	// grow adds the hashes of a tile, at once where no checkpoint promises a size in the
	// middle of it.
	grow := func(list []hash, up hash) bool {
		if len(list) == width && (next == len(c.promises) || c.promises[next].size >= f.size+width) {
			f.push(up, width)
			return promised()
		}
		for _, h := range list {
			f.add(h)
			if !promised() {
				return false
			}
		}
		return true
	}
	// levels are the hashes of the tiles being filled, to be compared with
	// those stored.
	var levels [][]hash
	var numbers []int64
	var matches func(level int, h hash, known *hash) (bool, error)
	stored := func(level int) (bool, error) {
		list := levels[level]
		data, err := c.tileHashes(ctx, int64(level), numbers[level], len(list))
		return err == nil && slices.Equal(list, data), err
	}
	matches = func(level int, h hash, known *hash) (bool, error) {
		if level == len(levels) {
			levels, numbers = append(levels, nil), append(numbers, 0)
		}
		levels[level] = append(levels[level], h)
		if len(levels[level]) < width {
			return true, nil
		}
		if ok, err := stored(level); err != nil || !ok {
			return ok, err
		}
		var up hash
		if known != nil {
			up = *known
		} else {
			up = rootOf(levels[level])
		}
		if level == 0 && !grow(levels[0], up) {
			return false, nil
		}
		levels[level] = levels[level][:0]
		numbers[level]++
		return matches(level+1, up, nil)
	}
	seen, waiting := int64(0), int64(0)
	var last finding
	err := c.src.findings(ctx, func(fs []finding) error {
		for _, x := range fs {
			if !x.good() {
				return errOdd
			}
			if seen == c.size {
				if x.tx < c.h.throughTx || x.tx == c.h.throughTx && x.id <= c.h.throughID {
					return errOdd // it stands among the promised and is one too many
				}
				waiting++
				continue
			}
			seen++
			last = x
			if ok, err := matches(0, x.hash, x.tile); err != nil {
				return err
			} else if !ok {
				return errOdd
			}
		}
		return nil
	})
	if err == errOdd {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	for level := range levels {
		if len(levels[level]) == 0 {
			continue
		}
		if level == 0 && !grow(levels[0], hash{}) {
			return false, nil
		}
		if ok, err := stored(level); err != nil || !ok {
			return false, err
		}
	}
	if c.h.size > 0 && f.size == c.h.size && !last.absent && (last.tx != c.h.throughTx || last.id != c.h.throughID) {
		return false, nil
	}
	root := f.root()
	if f.size != c.size || next != len(c.promises) || len(c.src.orphans()) > 0 || c.h.size >= 0 && !slices.Equal(root[:], c.h.root) {
		return false, nil
	}
	c.r.Waiting = waiting + c.size - c.r.Entries
	return true, nil
}

// tileHashes are the first n stored hashes of a tile; fewer if it has fewer.
func (c *checker) tileHashes(ctx context.Context, level, n int64, want int) ([]hash, error) {
	data, err := c.src.tile(ctx, level, n, want)
	if err != nil {
		return nil, err
	}
	out := make([]hash, min(want, len(data)/len(hash{})))
	for i := range out {
		copy(out[i][:], data[i*len(hash{}):])
	}
	return out, nil
}
