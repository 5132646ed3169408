package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib" // the "pgx" driver too

	"caseward/internal/durable"
	"caseward/internal/fault"
)

// Dialect is the kind of database.
type Dialect string

// The dialects.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// DB is an open database.
type DB struct {
	dialect Dialect

	// SQLite: where the file is, and the connections that read it. One that is nil
	// is opened by whoever takes it.
	path    string
	sums    bool // the pages have checksums
	readers chan *lite
	first   *lite    // the writer's, until it takes it
	changes *changes // nil on PostgreSQL: nothing is remembered

	// PostgreSQL: where it is, how this process is called there, the pool, and the
	// statements prepared on it.
	url   string
	name  string
	pool  *sql.DB
	mu    sync.RWMutex
	stmts map[string]*sql.Stmt
	// How often PostgreSQL warned. A commit whose wait for the synchronous standby
	// was cancelled is done and a warning, without an error.
	warned atomic.Int64

	newest   int64 // the last schema change this program knows
	requests chan *request
	quit     chan struct{}
	stopped  chan struct{}
	closing  sync.Once

	watch   atomic.Pointer[Watch]
	failing atomic.Bool  // the writer's last group could not be kept
	waiting atomic.Int64 // who waits for a connection to read with, on SQLite
	waited  atomic.Int64 // who had to, so far
}

// FileName is the name of the SQLite file in the data directory.
const FileName = "caseward.db"

// Open opens the database at rawURL: "" or "sqlite" for the file caseward.db in
// dir, or a postgres:// URL. It does not change the schema: see [DB.Migrate].
func Open(ctx context.Context, rawURL, dir string) (*DB, error) {
	d := &DB{
		requests: make(chan *request, 1024),
		quit:     make(chan struct{}),
		stopped:  make(chan struct{}),
	}
	var err error
	if d.newest, err = Newest(); err != nil {
		return nil, fault.Unavailablef("db.open", err, "the schema cannot be read")
	}
	switch {
	case rawURL == "" || rawURL == "sqlite":
		err = d.openSQLite(ctx, filepath.Join(dir, FileName))
	case strings.HasPrefix(rawURL, "postgres://"), strings.HasPrefix(rawURL, "postgresql://"):
		err = d.openPostgres(ctx, rawURL)
	default:
		return nil, fault.Invalidf("db.open", "the database URL must be empty (SQLite in the data directory) or start with postgres://")
	}
	if err != nil {
		return nil, err
	}
	go d.writer()
	return d, nil
}

// What every connection to the SQLite file is told, and the writer's besides.
var (
	pragmas       = []string{"busy_timeout(10000)", "foreign_keys(on)", "secure_delete(on)", "temp_store(memory)", "cache_size(-16384)"}
	writerPragmas = []string{"journal_mode(wal)", "synchronous(full)"}
)

func dsn(path string, extra ...string) string {
	q := url.Values{"vfs": {VFSName}, "_pragma": append(slices.Clone(pragmas), extra...)}
	return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
}

func (d *DB) openSQLite(ctx context.Context, path string) error {
	d.dialect, d.path = SQLite, path
	// Made private before anything is in it: the journal takes over the file's
	// permissions.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fault.Unavailablef("db.open", err, "cannot open the database file")
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return fault.Unavailablef("db.open", err, "cannot make the database file private")
	}
	// The first connection makes it what it is to be; it becomes the writer's.
	w, err := openLite(ctx, dsn(path, writerPragmas...))
	if err != nil {
		return fault.Unavailablef("db.open", err, "cannot open the database file")
	}
	if d.sums, err = w.begin(ctx); err != nil {
		return errors.Join(fault.Unavailablef("db.open", err, "cannot open the database file"), w.close())
	}
	var left int64
	rows, err := w.query(ctx, isLeft, nil, nil)
	if err == nil {
		err = liteRow{rows}.Scan(&left)
	}
	if err == nil && left > 0 {
		err = fault.Conflictf("db.open", "this database was moved to PostgreSQL, and nothing is written here any more; set database in caseward.json to where it is")
	} else if err != nil {
		err = fault.Unavailablef("db.open", err, "the database file cannot be read")
	}
	if err != nil {
		return errors.Join(err, w.close())
	}
	d.first, d.changes = w, openChanges(path)
	n := max(2, runtime.GOMAXPROCS(0))
	d.readers = make(chan *lite, n)
	for range n {
		d.readers <- nil
	}
	return nil
}

func (d *DB) openPostgres(ctx context.Context, rawURL string) error {
	d.dialect, d.url, d.stmts = Postgres, rawURL, map[string]*sql.Stmt{}
	if err := CheckURL(rawURL); err != nil {
		return err
	}
	c, err := pgx.ParseConfig(rawURL)
	if err != nil {
		return fault.Invalidf("db.open", "the database URL cannot be read")
	}
	// PostgreSQL lists its connections by it, and so does Peers.
	if c.RuntimeParams["application_name"] == "" {
		c.RuntimeParams["application_name"] = processName()
	}
	d.name = c.RuntimeParams["application_name"]
	c.OnNotice = func(_ *pgconn.PgConn, n *pgconn.Notice) {
		if n.Code == plainWarning {
			d.warned.Add(1)
		}
	}
	p := stdlib.OpenDB(*c)
	if err := p.PingContext(ctx); err != nil {
		_ = p.Close()
		return fault.Unavailablef("db.open", err, "cannot reach PostgreSQL")
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	p.SetMaxOpenConns(n + 2)
	p.SetMaxIdleConns(n)
	d.pool = p
	return nil
}

// plainWarning is PostgreSQL's code of a warning that has none of its own.
const plainWarning = "01000"

// Dialect says which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Checksums reports whether a page that was changed on the disk is noticed when it is read. Of
// a SQLite file that 0.1.0 made it is not.
func (d *DB) Checksums(ctx context.Context) (bool, error) {
	if d.dialect == SQLite {
		return d.sums, nil
	}
	var on bool
	if err := d.QueryRow(ctx, `SELECT current_setting('data_checksums') = 'on'`).Scan(&on); err != nil {
		return false, fault.Unavailablef("db.checksums", err, "PostgreSQL does not say whether its pages have checksums")
	}
	return on, nil
}

// Close waits for the writes under way and closes the database.
func (d *DB) Close() error {
	var err error
	d.closing.Do(func() {
		close(d.quit)
		<-d.stopped
		if d.dialect == Postgres {
			d.mu.Lock()
			defer d.mu.Unlock()
			for _, s := range d.stmts {
				_ = s.Close()
			}
			err = d.pool.Close()
			return
		}
		if d.first != nil {
			err = d.first.close()
		}
		// Each is taken from the pool for good, so whoever still reads is waited for
		// and whoever comes later is refused.
		for range cap(d.readers) {
			if l := <-d.readers; l != nil {
				err = errors.Join(err, l.close())
			}
		}
		if d.changes != nil {
			d.changes.close()
		}
	})
	return err
}

// Leave closes a SQLite database for good that was moved elsewhere: no entry of the
// log can be added, so nothing can be read or changed by the door, by a server still
// running on it neither; and [Open] refuses it.
const Leave = `CREATE TRIGGER log_entry_left BEFORE INSERT ON log_entry BEGIN SELECT RAISE(ABORT, 'this database was moved to PostgreSQL'); END`

const isLeft = `SELECT count(*) FROM sqlite_master WHERE type = 'trigger' AND name = 'log_entry_left'`

// SyncDir makes the names of files in dir durable.
func SyncDir(dir string) error {
	if err := durable.SyncDir(dir); err != nil {
		return fault.Unavailablef("db.sync", err, "cannot sync the data directory")
	}
	return nil
}

// Micros is how a time is kept: microseconds since 1970 UTC; 0 is no time.
func Micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// Time is the time that us microseconds stand for; 0 is no time.
func Time(us int64) time.Time {
	if us == 0 {
		return time.Time{}
	}
	return time.UnixMicro(us).UTC()
}

// Forever is the end of a period that has none.
const Forever = int64(1) << 62

// placeholders rewrites $n to ?n, as SQLite has it.
func placeholders(query string) string {
	b := []byte(query)
	for i := 0; i+1 < len(b); i++ {
		if b[i] == '$' && b[i+1] >= '0' && b[i+1] <= '9' {
			b[i] = '?'
		}
	}
	return string(b)
}

// stmt returns query prepared on PostgreSQL's pool.
func (d *DB) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	d.mu.RLock()
	s := d.stmts[query]
	d.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s, err := d.pool.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("db.query: prepare: %w", err)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	if old := d.stmts[query]; old != nil {
		_ = s.Close()
		return old, nil
	}
	d.stmts[query] = s
	return s, nil
}

// Querier reads: a [DB] outside transactions, a [Tx] inside one.
type Querier interface {
	Query(ctx context.Context, query string, args ...any) (Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) Row
}

// Rows are rows being read, one after the other; they are closed by reading to
// their end, or by Close, which may come again. Until then they keep a connection
// busy: nothing else is read meanwhile, or two who wait for each other's connection
// wait for ever.
type Rows interface {
	Next() bool
	Scan(dest ...any) error
	Err() error
	Close() error
}

// Row is one row yet to be scanned; Scan returns sql.ErrNoRows when there is
// none.
type Row interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// reader takes a connection that nobody reads from, and says how to give it back.
func (d *DB) reader(ctx context.Context) (*lite, func(), error) {
	l, err := d.free(ctx)
	if err != nil {
		return nil, nil, err
	}
	if l == nil {
		if l, err = openLite(ctx, dsn(d.path, "query_only(on)")); err != nil {
			d.readers <- nil
			return nil, nil, err
		}
	}
	return l, func() {
		if l.bad {
			_ = l.close()
			l = nil
		}
		d.readers <- l
	}, nil
}

// free is a connection that nobody reads from, at once or when there is one; nil
// for one yet to be opened.
func (d *DB) free(ctx context.Context) (l *lite, err error) {
	if err := ctx.Err(); err != nil {
		return nil, err // even if a connection is free
	}
	select {
	case l = <-d.readers:
		return l, nil
	default:
	}
	d.waited.Add(1)
	d.waiting.Add(1)
	defer d.waiting.Add(-1)
	select {
	case l = <-d.readers:
		return l, nil
	case <-ctx.Done():
		return nil, ctx.Err()
	case <-d.stopped:
		return nil, ErrClosed
	}
}

// Snapshot runs fn; what is read with the context fn gets is one state of the
// database on SQLite, through one connection: a page of several look-ups is
// consistent in itself, and takes the locks of a reader once. On PostgreSQL, where
// that would cost more than it saves, each look-up sees what is committed by then.
//
// fn reads with one goroutine and writes nothing: what is written meanwhile is not
// seen, and others wait for the connection.
func (d *DB) Snapshot(ctx context.Context, fn func(ctx context.Context) error) error {
	if _, within := ctx.Value(heldKey{d}).(*held); within || d.dialect != SQLite {
		return fn(ctx)
	}
	l, done, err := d.reader(ctx)
	if err != nil {
		return fault.Unavailablef("db.read", err, "cannot read the database")
	}
	defer done()
	if _, err := l.exec(ctx, "BEGIN", nil); err != nil {
		l.bad = true
		return fault.Unavailablef("db.read", err, "cannot read the database")
	}
	defer func() {
		if _, err := l.exec(ctx, "COMMIT", nil); err != nil {
			l.bad = true
		}
	}()
	return fn(context.WithValue(ctx, heldKey{d}, &held{l: l, at: -1}))
}

// heldKey finds the snapshot of a database in a context.
type heldKey struct{ d *DB }

// held is a snapshot: its connection, and once it has read and so is of one state, the last
// change that this state surely has; -1 where that is not known. In what is remembered
// alone there is no connection.
type held struct {
	l      *lite
	pinned bool
	at     int64
}

func (d *DB) lite(ctx context.Context, query string, args []any) (*liteRows, error) {
	if h, ok := ctx.Value(heldKey{d}).(*held); ok {
		if h.l == nil {
			return nil, ErrNotRemembered
		}
		if !h.pinned {
			h.pinned = true
			if d.changes != nil {
				h.at = d.changes.now()
			}
		}
		rows, err := h.l.query(ctx, query, args, nil)
		if err != nil {
			return nil, fmt.Errorf("db.query: %w", err)
		}
		return rows, nil
	}
	l, done, err := d.reader(ctx)
	if err != nil {
		return nil, fmt.Errorf("db.query: %w", err)
	}
	rows, err := l.query(ctx, query, args, done)
	if err != nil {
		done()
		return nil, fmt.Errorf("db.query: %w", err)
	}
	return rows, nil
}

// Query reads rows. The statement must be a constant.
func (d *DB) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	if d.dialect == SQLite {
		rows, err := d.lite(ctx, query, args)
		if err != nil {
			return nil, err
		}
		return rows, nil
	}
	s, err := d.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRow reads one row. The statement must be a constant. It is a look-up by
// key, over before anybody could give up, so nothing waits beside it for that.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) Row {
	ctx = context.WithoutCancel(ctx)
	if d.dialect == SQLite {
		rows, err := d.lite(ctx, query, args)
		if err != nil {
			return failedRow{err}
		}
		return liteRow{rows}
	}
	s, err := d.stmt(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(ctx, args...)
}
