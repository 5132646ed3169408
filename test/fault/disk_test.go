package fault

import (
	"errors"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"

	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"caseward/internal/db"
)

// history is what was done to the files of one directory through SQLite, in
// order, and what was told to people meanwhile.
type history struct {
	dir string

	mu      sync.Mutex
	on      bool
	files   map[string]*inode // by name, as a process sees them now
	initial map[string]*inode // as they were when it began
	events  []event
}

// inode is a file, whatever it is called.
type inode struct{ began []byte }

type event struct {
	kind kind
	file *inode
	name string // of made and removed
	off  int64  // of a write; of resized, the size
	data []byte
	ack  int // of told: which
}

type kind int

const (
	wrote   kind = iota
	resized      // cut, or made longer by nothing
	synced
	made
	removed
	namesSynced
	told
)

func newHistory(dir string) *history {
	return &history{dir: dir, files: map[string]*inode{}, initial: map[string]*inode{}}
}

// record begins. Everything in the directory counts as safe by then.
func (h *history) record() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	entries, err := os.ReadDir(h.dir)
	if err != nil {
		return err
	}
	for _, e := range entries {
		if !e.Type().IsRegular() || filepath.Ext(e.Name()) == ".db-shm" {
			continue
		}
		b, err := os.ReadFile(filepath.Join(h.dir, e.Name()))
		if err != nil {
			return err
		}
		i := &inode{b}
		h.files[e.Name()], h.initial[e.Name()] = i, i
	}
	h.on = true
	return nil
}

// told says that somebody was told that something is done.
func (h *history) told(ack int) { h.add(event{kind: told, ack: ack}) }

func (h *history) add(e event) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.on {
		h.events = append(h.events, e)
	}
}

// recorded is a file system that writes down what is done to the files of a
// directory.
type recorded struct {
	vfs.VFS
	h *history
}

func (r recorded) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	f, flags, err := vfsutil.WrapOpen(r.VFS, name, flags)
	return f, flags, err // a file without a name outlasts nothing
}

func (r recorded) OpenFilename(name *vfs.Filename, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	path := name.String()
	if path == "" || filepath.Dir(path) != r.h.dir {
		return vfsutil.WrapOpenFilename(r.VFS, name, flags)
	}
	r.h.mu.Lock()
	defer r.h.mu.Unlock()
	f, flags, err := vfsutil.WrapOpenFilename(r.VFS, name, flags)
	if err != nil || !r.h.on {
		return f, flags, err
	}
	base := filepath.Base(path)
	i := r.h.files[base]
	if i == nil {
		i = &inode{}
		r.h.files[base] = i
		r.h.events = append(r.h.events, event{kind: made, file: i, name: base})
	}
	return &recordedFile{unmapped{f}, r.h, i}, flags, nil
}

func (r recorded) Delete(name string, syncDir bool) error {
	if filepath.Dir(name) == r.h.dir {
		r.h.mu.Lock()
		defer r.h.mu.Unlock()
		base := filepath.Base(name)
		if r.h.on && r.h.files[base] != nil {
			r.h.events = append(r.h.events, event{kind: removed, file: r.h.files[base], name: base})
			delete(r.h.files, base)
			if syncDir {
				defer func() { r.h.events = append(r.h.events, event{kind: namesSynced}) }()
			}
		}
	}
	return r.VFS.Delete(name, syncDir)
}

// syncDir is what the program calls to make names durable.
func (h *history) syncDir(dir string) error {
	err := db.SyncDir(dir)
	if err == nil && dir == h.dir {
		h.add(event{kind: namesSynced})
	}
	return err
}

// unmapped is a file with all that SQLite may ask of one, but for mapping it into
// memory: every write is seen by whoever wraps it.
type unmapped struct{ vfs.File }

func (f unmapped) SharedMemory() vfs.SharedMemory { return vfsutil.WrapSharedMemory(f.File) }
func (f unmapped) LockState() vfs.LockLevel       { return vfsutil.WrapLockState(f.File) }
func (f unmapped) PersistWAL() bool               { return vfsutil.WrapPersistWAL(f.File) }
func (f unmapped) SetPersistWAL(on bool)          { vfsutil.WrapSetPersistWAL(f.File, on) }
func (f unmapped) PowersafeOverwrite() bool       { return vfsutil.WrapPowersafeOverwrite(f.File) }
func (f unmapped) SetPowersafeOverwrite(on bool)  { vfsutil.WrapSetPowersafeOverwrite(f.File, on) }
func (f unmapped) HasMoved() (bool, error)        { return vfsutil.WrapHasMoved(f.File) }

// recordedFile holds the history's lock over what it does, so that the order in
// the history is the order on the disk.
type recordedFile struct {
	unmapped
	h *history
	i *inode
}

func (f *recordedFile) do(e event, fn func() error) error {
	f.h.mu.Lock()
	defer f.h.mu.Unlock()
	e.file = f.i
	// What failed may have been done, in part; a sync that failed was none.
	if e.kind != synced {
		f.h.events = append(f.h.events, e)
		return fn()
	}
	err := fn()
	if err == nil {
		f.h.events = append(f.h.events, e)
	}
	return err
}

func (f *recordedFile) WriteAt(p []byte, off int64) (n int, err error) {
	err = f.do(event{kind: wrote, off: off, data: slices.Clone(p)}, func() error {
		n, err = f.File.WriteAt(p, off)
		return err
	})
	return n, err
}

func (f *recordedFile) Truncate(size int64) error {
	return f.do(event{kind: resized, off: size}, func() error { return f.File.Truncate(size) })
}

func (f *recordedFile) SizeHint(size int64) error {
	if now, err := f.Size(); err != nil || now >= size {
		return err
	}
	return f.do(event{kind: resized, off: size}, func() error { return vfsutil.WrapSizeHint(f.File, size) })
}

func (f *recordedFile) Sync(flags vfs.SyncFlag) error {
	return f.do(event{kind: synced}, func() error { return f.File.Sync(flags) })
}

// platter is a disk that the events of a history are played to, in order. What is
// synced is safe; the rest is on its way.
type platter struct {
	lies   map[kind]bool // syncs that it says are done and forgets
	files  map[*inode]*state
	names  map[string]*inode
	naming []event // not yet durable
	told   []int
}

type state struct {
	safe  []byte
	onWay []event
}

func (h *history) platter(lies ...kind) *platter {
	p := &platter{lies: map[kind]bool{}, files: map[*inode]*state{}, names: map[string]*inode{}}
	for _, k := range lies {
		p.lies[k] = true
	}
	for name, i := range h.initial {
		p.names[name] = i
		p.files[i] = &state{safe: slices.Clone(i.began)}
	}
	return p
}

func (p *platter) play(e event) {
	if p.lies[e.kind] {
		return
	}
	switch e.kind {
	case wrote, resized:
		p.files[e.file].onWay = append(p.files[e.file].onWay, e)
	case synced:
		s := p.files[e.file]
		for _, w := range s.onWay {
			s.safe = apply(s.safe, w)
		}
		s.onWay = nil
	case made:
		p.files[e.file] = &state{}
		p.naming = append(p.naming, e)
	case removed:
		p.naming = append(p.naming, e)
	case namesSynced:
		for _, e := range p.naming {
			name(p.names, e)
		}
		p.naming = nil
	case told:
		p.told = append(p.told, e.ack)
	}
}

func name(names map[string]*inode, e event) {
	if e.kind == made {
		names[e.name] = e.file
	} else {
		delete(names, e.name)
	}
}

// apply does to b what e did, and returns it; b may be changed.
func apply(b []byte, e event) []byte {
	end := e.off + int64(len(e.data))
	if n := int64(len(b)); n < end || e.kind == resized && n < e.off {
		b = append(b, make([]byte, max(end, e.off)-n)...)
	}
	if e.kind == resized {
		return b[:e.off]
	}
	copy(b[e.off:], e.data)
	return b
}

// sector is what a disk writes whole or not at all.
const sector = 512

// loss is how much of what is on its way a power cut takes.
type loss int

const (
	some loss = iota // any of it
	all
	none
)

// cut writes into dir what a power cut now could leave.
func (p *platter) cut(dir string, l loss, rng *mathrand.Rand) error {
	keep := func(part float64) bool { return l == none || l == some && rng.Float64() < part }
	names := map[string]*inode{}
	for n, i := range p.names {
		names[n] = i
	}
	for _, e := range p.naming {
		if keep(0.5) {
			name(names, e)
		}
	}
	// In one order, so that the same seed makes the same disk.
	sorted := make([]string, 0, len(names))
	for n := range names {
		sorted = append(sorted, n)
	}
	slices.Sort(sorted)
	for _, n := range sorted {
		s := p.files[names[n]]
		b := slices.Clone(s.safe)
		var done []event
		part := [...]float64{0.1, 0.5, 0.9}[rng.IntN(3)]
		for _, e := range s.onWay {
			if keep(part) {
				done = append(done, e)
			}
		}
		if l == some {
			rng.Shuffle(len(done), func(i, j int) { done[i], done[j] = done[j], done[i] })
			if i := len(done) - 1; i >= 0 && done[i].kind == wrote {
				e := done[i]
				done = done[:i]
				for at := 0; at < len(e.data); at += sector {
					if rng.IntN(2) == 0 {
						done = append(done, event{kind: wrote, off: e.off + int64(at), data: e.data[at:min(at+sector, len(e.data))]})
					}
				}
			}
		}
		for _, e := range done {
			b = apply(b, e)
		}
		if err := os.WriteFile(filepath.Join(dir, n), b, 0o600); err != nil {
			return err
		}
	}
	// The journal's index is never synced: anything may be in it, or nothing.
	if rng.IntN(2) == 0 {
		junk := make([]byte, 32<<10)
		for i := range junk {
			junk[i] = byte(rng.Uint32())
		}
		return os.WriteFile(filepath.Join(dir, db.FileName+"-shm"), junk, 0o600)
	}
	if err := os.Remove(filepath.Join(dir, db.FileName+"-shm")); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
