package backup

import (
	"context"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"net/url"
	"path/filepath"
	"slices"
	"sort"
	"sync"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/driver" // the "sqlite3" driver
	"github.com/ncruces/go-sqlite3/util/vfsutil"
	"github.com/ncruces/go-sqlite3/vfs"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// The library's online backup copies pages of one snapshot into a database of its
// own. Here that database is no file: a page written goes into the archive, and a
// page read comes from one. So no copy in clear is ever made, neither to write a
// backup nor to check it.
const vfsName = "caseward-backup"

func init() { vfs.Register(vfsName, pages{}) }

var (
	openPages   = map[string]vfs.File{}
	openPagesMu sync.Mutex
)

// register gives f a name that SQLite can open it by, until forget is called.
func register(f vfs.File) (name string, forget func()) {
	name = randomName()
	openPagesMu.Lock()
	openPages[name] = f
	openPagesMu.Unlock()
	return name, func() {
		openPagesMu.Lock()
		delete(openPages, name)
		openPagesMu.Unlock()
	}
}

func randomName() string {
	const letters = "abcdefghijklmnop"
	b := keys.Random(16)
	for i := range b {
		b[i] = letters[b[i]&15]
	}
	return string(b)
}

type pages struct{}

// Open implements vfs.VFS. Journals stay in memory; nothing else is opened.
func (pages) Open(name string, flags vfs.OpenFlag) (vfs.File, vfs.OpenFlag, error) {
	if flags&(vfs.OPEN_TEMP_JOURNAL|vfs.OPEN_TEMP_DB|vfs.OPEN_TRANSIENT_DB|vfs.OPEN_SUBJOURNAL) != 0 {
		return &vfsutil.SliceFile{}, flags | vfs.OPEN_MEMORY, nil
	}
	if flags&vfs.OPEN_MAIN_DB == 0 {
		return nil, flags, sqlite3.CANTOPEN
	}
	openPagesMu.Lock()
	defer openPagesMu.Unlock()
	f := openPages[name]
	if f == nil {
		return nil, flags, sqlite3.CANTOPEN
	}
	if _, ok := f.(*image); ok {
		return f, flags | vfs.OPEN_READONLY, nil
	}
	return f, flags | vfs.OPEN_MEMORY, nil
}

func (pages) Delete(string, bool) error                   { return sqlite3.IOERR_DELETE_NOENT }
func (pages) Access(string, vfs.AccessFlag) (bool, error) { return false, nil }
func (pages) FullPathname(name string) (string, error)    { return name, nil }

// one is what a file of one user answers.
type one struct{ lock vfs.LockLevel }

func (o *one) Close() error                     { return nil }
func (o *one) Sync(vfs.SyncFlag) error          { return nil }
func (o *one) Lock(l vfs.LockLevel) error       { o.lock = l; return nil }
func (o *one) Unlock(l vfs.LockLevel) error     { o.lock = l; return nil }
func (o *one) CheckReservedLock() (bool, error) { return o.lock >= vfs.LOCK_RESERVED, nil }
func (o *one) SectorSize() int                  { return 0 }

// sink takes the pages of a copy.
type sink struct {
	one
	to      *sealer
	sums    bool   // pages have checksums
	first   []byte // page 1 is written again at the end, and read back before
	size    int64
	extents []extent
	err     error // of the archive, which SQLite would only call an I/O error
}

func (s *sink) WriteAt(p []byte, off int64) (int, error) {
	if s.sums {
		// That of a page which lay in the journal is of an earlier one.
		db.Checksum(p)
	}
	if off == 0 {
		s.first = append(s.first[:0], p...)
		s.size = max(s.size, int64(len(p)))
		return len(p), nil
	}
	if off < int64(len(s.first)) {
		return 0, sqlite3.IOERR_WRITE
	}
	if err := s.put(p, off); err != nil {
		s.err = err
		return 0, sqlite3.IOERR_WRITE
	}
	return len(p), nil
}

func (s *sink) put(p []byte, off int64) error {
	at := s.to.at
	if _, err := s.to.Write(p); err != nil {
		return err
	}
	if n := len(s.extents); n > 0 && s.extents[n-1].Off+s.extents[n-1].Len == off {
		s.extents[n-1].Len += int64(len(p))
	} else {
		s.extents = append(s.extents, extent{Off: off, At: at, Len: int64(len(p))})
	}
	s.size = max(s.size, off+int64(len(p)))
	return nil
}

// ReadAt answers for page 1 only: nothing else of a copy is read back.
func (s *sink) ReadAt(p []byte, off int64) (int, error) {
	if off >= s.size {
		return 0, io.EOF
	}
	if off >= int64(len(s.first)) {
		return 0, sqlite3.IOERR_READ
	}
	n := copy(p, s.first[off:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

func (s *sink) Size() (int64, error) { return s.size, nil }
func (s *sink) Truncate(n int64) error {
	if n != s.size {
		return sqlite3.IOERR_TRUNCATE
	}
	return nil
}
func (s *sink) DeviceCharacteristics() vfs.DeviceCharacteristic { return 0 }

// image reads a database out of an archive.
type image struct {
	one
	a       *Archive
	size    int64
	extents []extent // by Off, none over another
}

// image returns the database as it lies in the archive.
func (a *Archive) image() (*image, error) {
	m := &a.Manifest
	if m.Dialect != db.SQLite || m.DBSize <= 0 || m.PageSize < 512 || m.DBSize%m.PageSize != 0 {
		return nil, refused(ErrChanged, "it holds no database of SQLite")
	}
	i := &image{a: a, size: m.DBSize, extents: slices.Clone(m.Pages)}
	sort.SliceStable(i.extents, func(x, y int) bool { return i.extents[x].Off < i.extents[y].Off })
	next := int64(0)
	for _, e := range i.extents {
		if e.Off != next || e.Len <= 0 || e.At < 0 || e.At+e.Len > a.length {
			return nil, refused(ErrChanged, "pages of the database are missing or there twice")
		}
		next += e.Len
	}
	if next != i.size {
		return nil, refused(ErrChanged, "pages of the database are missing")
	}
	return i, nil
}

func (i *image) ReadAt(p []byte, off int64) (total int, err error) {
	head := p
	from := off
	for len(p) > 0 {
		k := sort.Search(len(i.extents), func(k int) bool { return i.extents[k].Off+i.extents[k].Len > off })
		if k == len(i.extents) {
			clear(p)
			return total, io.EOF
		}
		e := i.extents[k]
		n := min(int64(len(p)), e.Off+e.Len-off)
		m, err := i.a.ReadAt(p[:n], e.At+off-e.Off)
		total += m
		if err != nil {
			return total, err
		}
		p, off = p[n:], off+n
	}
	// A file that nobody writes needs no journal, and SQLite would look for one.
	for k, v := range map[int64]byte{18: 1, 19: 1} {
		if from <= k && k < from+int64(len(head)) {
			head[k-from] = v
		}
	}
	if from == 0 && int64(len(head)) == i.a.Manifest.PageSize && db.HasChecksums(head) {
		db.Checksum(head)
	}
	return total, nil
}

func (i *image) Size() (int64, error)               { return i.size, nil }
func (i *image) WriteAt([]byte, int64) (int, error) { return 0, sqlite3.IOERR_WRITE }
func (i *image) Truncate(int64) error               { return sqlite3.IOERR_TRUNCATE }
func (i *image) DeviceCharacteristics() vfs.DeviceCharacteristic {
	return vfs.IOCAP_IMMUTABLE | vfs.IOCAP_SUBPAGE_READ
}

// database opens the database inside the archive, to be read and nothing else.
func (a *Archive) database(ctx context.Context) (*sql.DB, func(), error) {
	i, err := a.image()
	if err != nil {
		return nil, nil, err
	}
	name, forget := register(i)
	d, err := sql.Open("sqlite3", "file:"+name+"?vfs="+vfsName+"&mode=ro&immutable=1&_pragma=cache_size(-32768)&_pragma=temp_store(memory)&_pragma=query_only(on)")
	if err != nil {
		forget()
		return nil, nil, fault.Unavailablef("backup.check", err, "the database in the backup cannot be opened")
	}
	d.SetMaxOpenConns(2)
	return d, func() { _ = d.Close(); forget() }, nil
}

// pagesAtOnce is how many pages are copied before somebody who gives up is
// heard.
const pagesAtOnce = 2048

// copySQLite copies the database in dir into s, as it stands at one instant: a
// read transaction holds the snapshot, so that whoever writes is not waited for
// and does not wait. It returns the names of the documents that snapshot needs.
func copySQLite(ctx context.Context, dir string, s *sealer, m *Manifest) (blobs []string, closed []needed, err error) {
	fail := func(err error) error {
		if err == nil {
			return nil
		}
		return fault.Unavailablef("backup.make", err, "the database cannot be read")
	}
	path := (&url.URL{Path: filepath.ToSlash(filepath.Join(dir, db.FileName))}).EscapedPath()
	c, err := sqlite3.OpenFlags("file:"+path+"?vfs="+db.VFSName+"&_pragma=busy_timeout(10000)&_pragma=query_only(on)&_pragma=cache_size(-4096)", sqlite3.OPEN_READWRITE|sqlite3.OPEN_URI)
	if err != nil {
		return nil, nil, fail(err)
	}
	defer func() { err = errors.Join(err, fail(c.Close())) }()
	c.SetInterrupt(ctx)
	if err := c.Exec(`BEGIN`); err != nil {
		return nil, nil, fail(err)
	}
	defer func() { c.SetInterrupt(context.Background()); _ = c.Exec(`ROLLBACK`) }()
	if err := countSQLite(c, m); err != nil {
		return nil, nil, fail(err)
	}
	if err := each(c, neededBlobs, func(st *sqlite3.Stmt) { blobs = append(blobs, st.ColumnText(0)) }); err != nil {
		return nil, nil, fail(err)
	}
	if err := each(c, segmentsOfLog, func(st *sqlite3.Stmt) {
		closed = append(closed, needed{st.ColumnInt64(0), st.ColumnInt64(1), st.ColumnBlob(2, nil)})
	}); err != nil {
		return nil, nil, fail(err)
	}
	if err := each(c, `SELECT signed_size, checkpoint, vkey FROM log_head WHERE one = 1`, func(st *sqlite3.Stmt) {
		m.Entries, m.Checkpoint, m.PublicKey = st.ColumnInt64(0), st.ColumnBlob(1, nil), st.ColumnText(2)
	}); err != nil {
		return nil, nil, fail(err)
	}
	if err := each(c, schemaVersion, func(st *sqlite3.Stmt) { m.Schema = st.ColumnInt64(0) }); err != nil {
		return nil, nil, fail(err)
	}
	sums, err := db.Checksummed(c)
	if err != nil {
		return nil, nil, fail(err)
	}
	to := &sink{to: s, sums: sums}
	name, forget := register(to)
	defer forget()
	b, err := c.BackupInit("main", "file:"+name+"?vfs="+vfsName+"&_pragma=journal_mode(off)&_pragma=synchronous(off)&_pragma=cache_size(-1024)")
	if err != nil {
		return nil, nil, fail(err)
	}
	for done := false; !done; {
		if err := ctx.Err(); err != nil {
			_ = b.Close()
			return nil, nil, fault.Unavailablef("backup.make", err, "the backup was broken off; nothing of it was kept")
		}
		if done, err = b.Step(pagesAtOnce); err != nil {
			_ = b.Close()
			if to.err != nil {
				return nil, nil, to.err
			}
			return nil, nil, fail(err)
		}
	}
	if err := b.Close(); err != nil {
		return nil, nil, errors.Join(to.err, fail(err))
	}
	if len(to.first) < 512 {
		return nil, nil, fault.Unavailablef("backup.make", nil, "the database is empty")
	}
	if m.PageSize = int64(binary.BigEndian.Uint16(to.first[16:18])); m.PageSize == 1 {
		m.PageSize = 65536
	}
	// Page 1 is put where it belongs: first.
	to.extents = append([]extent{{Off: 0, At: s.at, Len: int64(len(to.first))}}, to.extents...)
	if _, err := s.Write(to.first); err != nil {
		return nil, nil, err
	}
	m.DBSize, m.Pages = to.size, to.extents
	return blobs, closed, nil
}

// each runs a query on one connection and hands every row to fn.
func each(c *sqlite3.Conn, query string, fn func(*sqlite3.Stmt)) error {
	st, _, err := c.Prepare(query)
	if err != nil {
		return err
	}
	for st.Step() {
		fn(st)
	}
	return errors.Join(st.Err(), st.Close())
}

func countSQLite(c *sqlite3.Conn, m *Manifest) error {
	m.Rows = map[string]int64{}
	for _, t := range tables {
		if err := each(c, t.count, func(st *sqlite3.Stmt) { m.Rows[t.name] = st.ColumnInt64(0) }); err != nil {
			return err
		}
	}
	return nil
}
