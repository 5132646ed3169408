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
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib"       // the "pgx" driver
	_ "github.com/ncruces/go-sqlite3/driver" // the "sqlite3" driver

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
	url     string
	readers *sql.DB
	writers *sql.DB

	requests chan *request
	quit     chan struct{}
	stopped  chan struct{}
	closing  sync.Once

	mu    sync.RWMutex
	stmts map[string]*sql.Stmt // prepared on the reader pool
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
		stmts:    map[string]*sql.Stmt{},
	}
	var err error
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

func (d *DB) openSQLite(ctx context.Context, path string) error {
	d.dialect, d.url = SQLite, ""
	dsn := func(extra ...string) string {
		q := url.Values{"_pragma": append([]string{
			"busy_timeout(10000)", "foreign_keys(on)", "secure_delete(on)", "temp_store(memory)", "cache_size(-16384)",
		}, extra...)}
		return "file:" + (&url.URL{Path: path}).EscapedPath() + "?" + q.Encode()
	}
	// Made private before anything is in it: the journal takes over the file's
	// permissions.
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return fault.Unavailablef("db.open", err, "cannot open the database file")
	}
	if err := errors.Join(f.Chmod(0o600), f.Close()); err != nil {
		return fault.Unavailablef("db.open", err, "cannot make the database file private")
	}
	w, err := sql.Open("sqlite3", dsn("journal_mode(wal)", "synchronous(full)")+"&_txlock=immediate")
	if err != nil {
		return fault.Unavailablef("db.open", err, "cannot open the database file")
	}
	w.SetMaxOpenConns(1)
	if err := w.PingContext(ctx); err != nil {
		_ = w.Close()
		return fault.Unavailablef("db.open", err, "cannot open the database file")
	}
	// The driver never syncs the directory after creating the file or its
	// journal, so a power cut could lose the name of a file whose contents are
	// safe.
	if err := SyncDir(filepath.Dir(path)); err != nil {
		_ = w.Close()
		return err
	}
	r, err := sql.Open("sqlite3", dsn("query_only(on)"))
	if err != nil {
		_ = w.Close()
		return fault.Unavailablef("db.open", err, "cannot open the database file for reading")
	}
	n := max(2, runtime.GOMAXPROCS(0))
	r.SetMaxOpenConns(n)
	r.SetMaxIdleConns(n)
	d.writers, d.readers = w, r
	return nil
}

func (d *DB) openPostgres(ctx context.Context, rawURL string) error {
	d.dialect, d.url = Postgres, rawURL
	p, err := sql.Open("pgx", rawURL)
	if err != nil {
		return fault.Invalidf("db.open", "the database URL cannot be read")
	}
	if err := p.PingContext(ctx); err != nil {
		_ = p.Close()
		return fault.Unavailablef("db.open", err, "cannot reach PostgreSQL")
	}
	n := max(4, 2*runtime.GOMAXPROCS(0))
	p.SetMaxOpenConns(n + 2)
	p.SetMaxIdleConns(n)
	d.writers, d.readers = p, p
	return nil
}

// Dialect says which database this is.
func (d *DB) Dialect() Dialect { return d.dialect }

// Close waits for the writes under way and closes the database.
func (d *DB) Close() error {
	var err error
	d.closing.Do(func() {
		close(d.quit)
		<-d.stopped
		d.mu.Lock()
		for _, s := range d.stmts {
			_ = s.Close()
		}
		d.mu.Unlock()
		err = d.readers.Close()
		if d.writers != d.readers {
			err = errors.Join(err, d.writers.Close())
		}
	})
	return err
}

// SyncDir makes the names of files in dir durable.
func SyncDir(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fault.Unavailablef("db.sync", err, "cannot open the data directory")
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
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

// bind rewrites $n to ?n for SQLite.
func (d *DB) bind(query string) string {
	if d.dialect == Postgres || !strings.Contains(query, "$") {
		return query
	}
	if v, ok := rebound.Load(query); ok {
		return v.(string)
	}
	b := []byte(query)
	for i := 0; i+1 < len(b); i++ {
		if b[i] == '$' && b[i+1] >= '0' && b[i+1] <= '9' {
			b[i] = '?'
		}
	}
	s := string(b)
	rebound.Store(query, s)
	return s
}

var rebound sync.Map

// stmt returns query prepared on the reader pool.
func (d *DB) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	d.mu.RLock()
	s := d.stmts[query]
	d.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	s, err := d.readers.PrepareContext(ctx, d.bind(query))
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
	Query(ctx context.Context, query string, args ...any) (*sql.Rows, error)
	QueryRow(ctx context.Context, query string, args ...any) Row
}

// Row is one row yet to be scanned; Scan returns sql.ErrNoRows when there is
// none.
type Row interface{ Scan(dest ...any) error }

type failedRow struct{ err error }

func (r failedRow) Scan(...any) error { return r.err }

// Query reads rows. The statement must be a constant.
func (d *DB) Query(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	s, err := d.stmt(ctx, query)
	if err != nil {
		return nil, err
	}
	return s.QueryContext(ctx, args...)
}

// QueryRow reads one row. The statement must be a constant. It is a look-up by
// key, over before anybody could give up, so nothing waits beside it for that.
func (d *DB) QueryRow(ctx context.Context, query string, args ...any) Row {
	s, err := d.stmt(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(context.WithoutCancel(ctx), args...)
}
