package db

import (
	"context"
	"encoding/binary"
	"errors"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

// Kept remembers what look-ups gave, until something they depend on is changed, by this
// process or by another one on the same SQLite file: what it gives is what the look-up
// would give at that moment. On PostgreSQL, where other servers write, it remembers
// nothing. The zero Kept is ready; it is for one database.
//
// What a look-up depends on is named as whoever changes it does: see [Tx.Change]. A value
// is not to be changed by whoever gets it.
type Kept[K comparable, V any] struct {
	mu  sync.Mutex
	all map[K]kept1[V]
}

type kept1[V any] struct {
	value V
	on    []string
	seen  int64 // the change that it was looked up after
}

// maxKept is how many answers one Kept remembers; then it begins anew.
const maxKept = 20_000

// Get is what look gives, now or the last time it was asked for this key. Inside a
// snapshot or a transaction of q's it is as of that. An error is not remembered; nor is
// what depends on nothing.
func (k *Kept[K, V]) Get(ctx context.Context, q Querier, key K, look func(ctx context.Context) (v V, on []string, err error)) (V, error) {
	c, at, ok := settled(ctx, q)
	if !ok {
		v, _, err := look(ctx)
		return v, err
	}
	k.mu.Lock()
	x, found := k.all[key]
	k.mu.Unlock()
	if found && c.stands(x.seen, at, x.on) {
		return x.value, nil
	}
	v, on, err := look(ctx)
	if err != nil || len(on) == 0 {
		return v, err
	}
	if _, inside := q.(*Tx); inside {
		return v, nil // it may yet be undone
	}
	if begun, done := c.read(); begun != at || done != at {
		return v, nil // changed meanwhile, and nobody knows on which side of the look-up
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil || len(k.all) >= maxKept {
		k.all = map[K]kept1[V]{}
	}
	k.all[key] = kept1[V]{v, on, at}
	return v, nil
}

// Forget makes the next Get of a key look.
func (k *Kept[K, V]) Forget(key K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.all, key)
}

// settled says after which change everything is that q sees in ctx, if that is known and
// none is under way.
func settled(ctx context.Context, q Querier) (c *changes, at int64, ok bool) {
	switch q := q.(type) {
	case *DB:
		c = q.changes
		if c == nil {
			return nil, 0, false
		}
		begun, done := c.read()
		if begun != done || begun < 0 {
			return nil, 0, false
		}
		// A snapshot that has not read yet would be of a later state than what is
		// remembered might be; one that something changed after is of an earlier one.
		if h, within := ctx.Value(heldKey{q}).(*held); within && (!h.pinned || h.at != begun) {
			return nil, 0, false
		}
		return c, begun, true
	case *Tx:
		c = q.w.d.changes
		if c == nil || q.all || len(q.on) > 0 {
			return nil, 0, false
		}
		begun, done := c.read()
		return c, begun, begun == done && begun >= 0
	}
	return nil, 0, false
}

// changes counts the changes of a SQLite file that something remembered may depend on. The
// count is in a file beside it, which every process on the database reads: its first eight
// bytes are the number of the last change begun, written while SQLite's lock for writing
// is held and before the commit; the next eight that of the last one done, written after
// it. Where they differ a change is under way, or was cut off: nothing is remembered then,
// until the next one is done.
type changes struct {
	file *os.File

	off atomic.Bool

	mu    sync.Mutex
	known int64            // the last change that is accounted for below
	floor int64            // what was looked up before this one is forgotten
	moved map[string]int64 // by which change each thing was changed last, since floor
}

// ChangesName is the name of the file that counts changes, in the data directory.
const ChangesName = FileName + "-changes"

// maxMoved is how many things are known one by one to have changed; then everything is
// forgotten once.
const maxMoved = 20_000

// openChanges opens the count beside the SQLite file at path. Where it cannot be kept nothing
// is remembered, and nothing is changed that another process may remember: a file that is
// only to be read can be.
func openChanges(path string) *changes {
	c := &changes{moved: map[string]int64{}}
	f, err := os.OpenFile(path+strings.TrimPrefix(ChangesName, FileName), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		c.file = f
		var st os.FileInfo
		if st, err = f.Stat(); err == nil && st.Size() < 16 {
			err = f.Truncate(16)
		}
	}
	c.off.Store(err != nil)
	return c
}

func (c *changes) close() {
	c.off.Store(true)
	if c.file != nil {
		_ = c.file.Close()
	}
}

// read is the number of the last change begun, and of the last one done; -1 for neither
// where the file cannot be read.
func (c *changes) read() (begun, done int64) {
	var b [16]byte
	if c.off.Load() {
		return -1, -1
	}
	if _, err := c.file.ReadAt(b[:], 0); err != nil {
		return -1, -1
	}
	return int64(binary.LittleEndian.Uint64(b[:])), int64(binary.LittleEndian.Uint64(b[8:]))
}

// stands reports whether what was looked up after change seen, and depends on some things,
// is so after change at, when nothing was under way.
func (c *changes) stands(seen, at int64, on []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at > c.known {
		c.another(at)
	}
	if seen < c.floor {
		return false
	}
	for _, x := range on {
		if c.moved[x] > seen {
			return false
		}
	}
	return true
}

// another forgets everything that was looked up before change n, of another process:
// nobody knows what it changed. The caller holds mu.
func (c *changes) another(n int64) {
	c.known, c.floor = n, n
	clear(c.moved)
}

// begin says that a change is about to be committed; the caller holds SQLite's lock for
// writing.
func (c *changes) begin() (n int64, err error) {
	if n, _ = c.read(); n < 0 {
		return 0, errors.New("the count cannot be read")
	}
	n++
	c.mu.Lock()
	defer c.mu.Unlock()
	if n != c.known+1 {
		c.another(n)
	}
	c.known = n
	return n, c.write(0, n)
}

// done says that change n was committed, or not, and what it was of; everything if all.
func (c *changes) done(n int64, all bool, on map[string]bool) {
	c.mu.Lock()
	if all || len(c.moved)+len(on) > maxMoved {
		c.another(n)
	} else {
		for x := range on {
			c.moved[x] = n
		}
	}
	c.mu.Unlock()
	// Another process may have begun and ended one since.
	if _, done := c.read(); done < n {
		_ = c.write(8, n)
	}
}

func (c *changes) write(at int64, n int64) error {
	var b [8]byte
	binary.LittleEndian.PutUint64(b[:], uint64(n))
	_, err := c.file.WriteAt(b[:], at)
	return err
}

// apart are the tables that nothing remembered is looked up in, but by [Tx.Change].
var apart = map[string]bool{
	"log_entry": true, "log_subject": true, "log_head": true, "log_checkpoint": true, "log_tile": true, "log_segment": true, "log_follow": true,
	"record": true, "record_version": true, "token": true, "draft": true, "blob": true, "subject_key": true, "agency_key": true, "erasure": true, "counter": true,
	"throttle": true, "ceremony": true, "passkey": true, "recovery": true, "invitation": true, "provider_link": true, "provider_session": true, "acme": true,
}

// table is the table that a statement changes; empty where its text does not begin by
// saying so.
func table(query string) string {
	f := strings.Fields(query[:min(len(query), 80)])
	switch {
	case len(f) > 2 && (f[0] == "INSERT" && f[1] == "INTO" || f[0] == "DELETE" && f[1] == "FROM"):
		return f[2]
	case len(f) > 1 && f[0] == "UPDATE":
		return f[1]
	}
	return ""
}
