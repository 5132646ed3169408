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
	// Bytes says how much memory a value takes beside what it is made of; nil where that
	// is little. It is set before the first Get.
	Bytes func(V) int

	mu         sync.Mutex
	young, old map[K]kept1[V] // what was not asked for since young was begun is in old, and goes next
	bytes      int            // of young
}

type kept1[V any] struct {
	value V
	on    []string
	seen  int64 // the change that it was looked up after
}

// How much one Kept remembers at most: answers, and bytes of them.
const (
	maxKept  = 20_000
	maxBytes = 8 << 20
)

// Get is what look gives, now or the last time it was asked for this key. Inside a
// snapshot or a transaction of q's it is as of that. An error is not remembered; nor is
// what depends on nothing.
func (k *Kept[K, V]) Get(ctx context.Context, q Querier, key K, look func(ctx context.Context) (v V, on []string, err error)) (V, error) {
	c, at, now, gives := settled(ctx, q)
	if gives {
		if x, found := k.find(key); found && c.stands(min(x.seen, at), now, x.on) {
			return x.value, nil
		}
	}
	v, on, err := look(ctx)
	if err != nil || len(on) == 0 {
		return v, err
	}
	if _, inside := q.(*Tx); inside {
		return v, nil // it may yet be undone
	}
	if at >= 0 && c.stands(at, c.now(), on) { // or nobody knows on which side of a change it was looked up
		k.keep(key, kept1[V]{v, on, at})
	}
	return v, nil
}

func (k *Kept[K, V]) find(key K) (kept1[V], bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	x, found := k.young[key]
	if !found {
		if x, found = k.old[key]; found {
			delete(k.old, key)
			k.put(key, x)
		}
	}
	return x, found
}

func (k *Kept[K, V]) keep(key K, x kept1[V]) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.old, key)
	k.put(key, x)
}

// put makes a key one of the young; the caller holds mu. What takes the place of another
// is counted with it until they are old.
func (k *Kept[K, V]) put(key K, x kept1[V]) {
	if k.young == nil || len(k.young) >= maxKept/2 || k.bytes >= maxBytes/2 {
		k.young, k.old, k.bytes = map[K]kept1[V]{}, k.young, 0
	}
	if k.Bytes != nil {
		k.bytes += k.Bytes(x.value)
	}
	k.young[key] = x
}

// Forget makes the next Get of a key look.
func (k *Kept[K, V]) Forget(key K) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.young, key)
	delete(k.old, key)
}

// ErrNotRemembered is the answer to whoever reads in [DB.Remembered].
var ErrNotRemembered = errors.New("db: this is not remembered")

// Remembered runs fn with what is remembered of one state of the database, that of now:
// [Kept] gives fn what it has of it, and whatever else fn reads with the context it gets
// fails with [ErrNotRemembered], as does Remembered itself where nothing is. It takes no
// connection.
func (d *DB) Remembered(ctx context.Context, fn func(ctx context.Context) error) error {
	_, at, _, gives := settled(ctx, d)
	if _, within := ctx.Value(heldKey{d}).(*held); within || !gives {
		return ErrNotRemembered
	}
	return fn(context.WithValue(ctx, heldKey{d}, &held{pinned: true, at: at}))
}

// settled says after which change everything is that q sees in ctx, or will see, but for what
// is being changed just then, and which is the last one now; -1 where that is not known.
// gives says whether it can be given what is remembered.
func settled(ctx context.Context, q Querier) (c *changes, at, now int64, gives bool) {
	switch q := q.(type) {
	case *DB:
		if c = q.changes; c == nil {
			return nil, -1, -1, false
		}
		now = c.now()
		if h, within := ctx.Value(heldKey{q}).(*held); within {
			if h.pinned {
				return c, h.at, now, h.at >= 0
			}
			// A snapshot that has not read yet may be of a later state than what is
			// remembered.
			return c, now, now, false
		}
	case *Tx:
		if c = q.w.d.changes; c == nil || q.all || len(q.on) > 0 {
			return nil, -1, -1, false
		}
		now = c.now()
	default:
		return nil, -1, -1, false
	}
	return c, now, now, now >= 0
}

// changes counts the changes of a SQLite file that something remembered may depend on. The
// count is in a file beside it, which every process on the database reads: its first eight
// bytes are the number of the last change begun, written while SQLite's lock for writing
// is held and before the commit; the next eight that of the last one done, written after
// it. Where they differ a change is under way, or was cut off: nothing is remembered then,
// until the next one is done; but this process knows what its own is of, and remembers
// everything else.
type changes struct {
	file *os.File

	off atomic.Bool

	mu    sync.Mutex
	known int64            // the last change that is accounted for below
	floor int64            // what was looked up before this one is forgotten
	moved map[string]int64 // by which change each thing was changed last, since floor

	under    int64           // the change of this process that is under way, 0 for none
	underAll bool            // and what it is of
	underOn  map[string]bool // until it is done
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

// now is the last change done; -1 if another is under way than this process's own.
func (c *changes) now() int64 {
	begun, done := c.read()
	if begun == done {
		return done
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.under != begun {
		return -1
	}
	return begun - 1
}

// stands reports whether what was so after change seen, and depends on some things, is so
// after change at, the last one, and goes on to be whatever comes of one that is under way.
func (c *changes) stands(seen, at int64, on []string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if at > c.known {
		c.another(at)
	}
	if at < 0 || seen < c.floor || c.under > 0 && c.underAll {
		return false
	}
	for _, x := range on {
		if c.moved[x] > seen || c.under > 0 && c.underOn[x] {
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

// begin says that a change of some things, or of everything if all, is about to be
// committed; the caller holds SQLite's lock for writing.
func (c *changes) begin(all bool, on map[string]bool) (n int64, err error) {
	if n, _ = c.read(); n < 0 {
		return 0, errors.New("the count cannot be read")
	}
	n++
	c.mu.Lock()
	defer c.mu.Unlock()
	if n != c.known+1 {
		c.another(n)
	}
	c.known, c.under, c.underAll, c.underOn = n, n, all, on
	if err := c.write(0, n); err != nil {
		c.under = 0
		return 0, err
	}
	return n, nil
}

// done says that change n was committed, or not.
func (c *changes) done(n int64) {
	c.mu.Lock()
	if c.underAll || len(c.moved)+len(c.underOn) > maxMoved {
		c.another(n)
	} else {
		for x := range c.underOn {
			c.moved[x] = n
		}
	}
	c.under = 0
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
	"record_version": true, "token": true, "draft": true, "blob": true, "subject_key": true, "agency_key": true, "erasure": true, "counter": true,
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
