package verify

import (
	"context"
	"database/sql"
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // the "pgx" driver
	"github.com/ncruces/go-sqlite3"

	"caseward/internal/fault"
)

// Database checks the log in a database: rawURL is a postgres:// URL, or empty
// for the file caseward.db in dir, which may be in use. dir is also where the
// public key log.pub is looked for; it may be empty for PostgreSQL. Everything
// is read from one snapshot and nothing is written. An error means that the
// check could not be made, and says nothing about the log.
//
// It opens the database by itself, read-only and without the server's
// connection, so that a defect there cannot hide one here.
func Database(ctx context.Context, rawURL, dir string, o Options) (Report, error) {
	d, postgres, err := open(ctx, rawURL, dir)
	if err != nil {
		return Report{}, err
	}
	defer d.Close()
	if o.PublicKey == "" && dir != "" {
		if o.PublicKey, err = readKey(dir); err != nil {
			return Report{}, err
		}
	}
	if o.Segments == "" {
		o.Segments = filepath.Join(dir, "log")
	}
	return opened(ctx, d, postgres, o)
}

// Opened checks the log in a database of SQLite that somebody has open, as one
// inside a backup.
func Opened(ctx context.Context, d *sql.DB, o Options) (Report, error) {
	return opened(ctx, d, false, o)
}

func opened(ctx context.Context, d *sql.DB, postgres bool, o Options) (_ Report, err error) {
	if o.OpenSegment == nil {
		o.OpenSegment = segmentIn(o.Segments)
	}
	s := &database{postgres: postgres, openSegment: o.OpenSegment}
	if postgres {
		s.tx, err = d.BeginTx(ctx, &sql.TxOptions{ReadOnly: true, Isolation: sql.LevelRepeatableRead})
	} else {
		var c *sql.Conn
		if c, err = d.Conn(ctx); err != nil {
			return Report{}, unreadable(err)
		}
		defer c.Close()
		if s.raw, err = raw(c); err == nil {
			// It must not end by itself while rows are read below it.
			s.tx, err = c.BeginTx(context.WithoutCancel(ctx), &sql.TxOptions{ReadOnly: true})
		}
	}
	if err != nil {
		return Report{}, unreadable(err)
	}
	defer s.tx.Rollback()
	if err := s.prepare(ctx); err != nil {
		return Report{}, err
	}
	r, err := check(ctx, s, o)
	r.Segments = len(s.segments)
	return r, err
}

func unreadable(err error) error {
	return fault.Unavailablef("audit.verify", err, "the log cannot be read")
}

// readKey reads the key file beside a log; "" if there is none.
func readKey(dir string) (string, error) {
	b, err := os.ReadFile(filepath.Join(dir, "log.pub"))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", unreadable(err)
	}
	return strings.TrimSpace(string(b)), nil
}

func open(ctx context.Context, rawURL, dir string) (*sql.DB, bool, error) {
	if strings.HasPrefix(rawURL, "postgres://") || strings.HasPrefix(rawURL, "postgresql://") {
		d, err := sql.Open("pgx", rawURL)
		if err != nil {
			return nil, true, fault.Invalidf("audit.verify", "the database URL cannot be read")
		}
		if err := d.PingContext(ctx); err != nil {
			_ = d.Close()
			return nil, true, fault.Unavailablef("audit.verify", err, "cannot reach PostgreSQL")
		}
		return d, true, nil
	}
	if rawURL != "" && rawURL != "sqlite" {
		return nil, false, fault.Invalidf("audit.verify", "the database URL must be empty or start with postgres://")
	}
	path := filepath.Join(dir, "caseward.db")
	if _, err := os.Stat(path); err != nil {
		return nil, false, fault.Invalidf("audit.verify", "there is no caseward.db in the directory")
	}
	try := func(mode string) (*sql.DB, error) {
		d, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: path}).EscapedPath()+"?"+mode+"&_pragma=busy_timeout(10000)")
		if err != nil {
			return nil, err
		}
		var n int
		if err := d.QueryRowContext(ctx, `SELECT count(*) FROM sqlite_master`).Scan(&n); err != nil {
			_ = d.Close()
			return nil, err
		}
		return d, nil
	}
	d, err := try("mode=ro")
	if err != nil {
		// A directory that cannot be written, as a copy on a read-only disk,
		// has no room for the journal's index. Without a journal the file is
		// all there is.
		if _, werr := os.Stat(path + "-wal"); errors.Is(werr, fs.ErrNotExist) {
			d, err = try("mode=ro&immutable=1")
		}
	}
	if err != nil {
		return nil, false, unreadable(err)
	}
	return d, false, nil
}

// database reads the log's tables within one transaction.
type database struct {
	tx       *sql.Tx
	raw      *sqlite3.Conn // the connection it is on; nil on PostgreSQL
	postgres bool
	mu       sync.Mutex // one statement at a time on the connection

	h      headline
	orphan []int64
	tiles  *sql.Stmt

	openSegment func(context.Context, string) (SegmentFile, error)
	segments    []*listed
	left        map[[2]int64]hash // rows that a segment has too, by tx and id
	unlike      []int64           // those that are not what it has
	misplaced   *listed           // the first that does not follow the one before it
}

func (s *database) prepare(ctx context.Context) error {
	var at int64
	err := s.tx.QueryRowContext(ctx, `SELECT origin, vkey, size, root, through_tx, through_id, checkpoint, signed_at FROM log_head WHERE one = 1`).
		Scan(&s.h.origin, &s.h.vkey, &s.h.size, &s.h.root, &s.h.throughTx, &s.h.throughID, &s.h.checkpoint, &at)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		s.h.size, s.h.fault = 0, "the log says nothing of itself: the row of its head is missing"
	case err != nil:
		return unreadable(err)
	}
	if at != 0 {
		s.h.signedAt = time.UnixMicro(at).UTC()
	}
	query := `SELECT data FROM log_tile WHERE level = ?1 AND n = ?2`
	if s.postgres {
		query = `SELECT data FROM log_tile WHERE level = $1 AND n = $2`
	}
	if s.tiles, err = s.tx.PrepareContext(ctx, query); err != nil {
		return unreadable(err)
	}
	if s.postgres {
		if err := s.strays(ctx); err != nil {
			return err
		}
	}
	return s.list(ctx)
}

// strays finds the rows that PostgreSQL's index by client names and that are not there.
func (s *database) strays(ctx context.Context) error {
	rows, err := s.tx.QueryContext(ctx, `SELECT DISTINCT entry FROM log_subject s WHERE NOT EXISTS (SELECT 1 FROM log_entry e WHERE e.id = s.entry) ORDER BY entry`)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var id int64
		if err := rows.Scan(&id); err != nil {
			return unreadable(err)
		}
		s.orphan = append(s.orphan, id)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return unreadable(err)
	}
	return nil
}

func (s *database) head() headline { return s.h }

func (s *database) orphans() []int64 { return s.orphan }

func (s *database) tile(ctx context.Context, level, n int64, _ int) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	var data []byte
	err := s.tiles.QueryRowContext(ctx, level, n).Scan(&data)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	if err != nil {
		return nil, unreadable(err)
	}
	return data, nil
}

func (s *database) history(ctx context.Context, each func(int64, time.Time, []byte) error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	rows, err := s.tx.QueryContext(ctx, `SELECT size, signed_at, checkpoint FROM log_checkpoint ORDER BY size`)
	if err != nil {
		return unreadable(err)
	}
	defer rows.Close()
	for rows.Next() {
		var size, at int64
		var text []byte
		if err := rows.Scan(&size, &at, &text); err != nil {
			return unreadable(err)
		}
		if err := each(size, time.UnixMicro(at).UTC(), text); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return unreadable(err)
	}
	return nil
}

// fetch is how many rows are read at a time.
const fetch = 1024

// The entries in order, and beside them the index by client in the same order. What
// segments have is read from them.
const (
	afterPostgres = ` WHERE (tx, id) > (SELECT coalesce(s.tx, -2), coalesce(s.id, 0) FROM (SELECT 1 AS one) one
		LEFT JOIN (SELECT through_tx AS tx, through_id AS id FROM log_segment ORDER BY first DESC LIMIT 1) s ON true)`
	entriesPostgres = `DECLARE entries NO SCROLL CURSOR FOR SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry` + afterPostgres + ` ORDER BY tx, id`
	marksPostgres   = `DECLARE marks NO SCROLL CURSOR FOR
		SELECT s.entry, s.subject FROM log_subject s JOIN log_entry e ON e.id = s.entry` + afterPostgres + ` ORDER BY e.tx, e.id, s.subject`
)

// feed reads one of them some rows at a time, through a cursor: PostgreSQL answers one
// statement after the other.
type feed struct {
	s                  *database
	open, fetch, close string
}

func (f *feed) exec(ctx context.Context, query string) error {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	if _, err := f.s.tx.ExecContext(ctx, query); err != nil {
		return unreadable(err)
	}
	return nil
}

// some scans up to fetch rows and says how many there were; 0 at the end.
func (f *feed) some(ctx context.Context, scan func(*sql.Rows) error) (n int, err error) {
	f.s.mu.Lock()
	defer f.s.mu.Unlock()
	rows, err := f.s.tx.QueryContext(ctx, f.fetch)
	if err != nil {
		return 0, unreadable(err)
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		if err := scan(rows); err != nil {
			return n, unreadable(err)
		}
	}
	if err := rows.Err(); err != nil {
		return n, unreadable(err)
	}
	return n, nil
}

type markRow struct {
	entry   int64
	subject []byte
}

// rows hands over the entries that are in PostgreSQL.
func (s *database) rows(ctx context.Context, each func([]row) error) error {
	entries := &feed{s, entriesPostgres, `FETCH 1024 FROM entries`, `CLOSE entries`}
	marks := &feed{s, marksPostgres, `FETCH 1024 FROM marks`, `CLOSE marks`}
	for _, f := range []*feed{entries, marks} {
		if err := f.exec(ctx, f.open); err != nil {
			return err
		}
		defer func() { _ = f.exec(context.Background(), f.close) }()
	}
	var ahead []markRow // marks read and not yet used
	ended := false
	more := func() error {
		ahead = ahead[:0]
		n, err := marks.some(ctx, func(r *sql.Rows) error {
			var m markRow
			if err := r.Scan(&m.entry, &m.subject); err != nil {
				return err
			}
			ahead = append(ahead, m)
			return nil
		})
		ended = n == 0
		return err
	}
	for {
		batch := make([]row, 0, fetch)
		if _, err := entries.some(ctx, func(r *sql.Rows) error {
			var e row
			if err := r.Scan(&e.tx, &e.id, &e.at, &e.actor, &e.outcome, &e.leaf, &e.detail); err != nil {
				return err
			}
			batch = append(batch, e)
			return nil
		}); err != nil {
			return err
		}
		if len(batch) == 0 {
			return nil
		}
		used := 0
		for i := range batch {
			for {
				if used == len(ahead) {
					if ended {
						break
					}
					if err := more(); err != nil {
						return err
					}
					used = 0
					continue
				}
				m := ahead[used]
				if m.entry != batch[i].id {
					break
				}
				if len(m.subject) != markSize {
					m.subject = slices.Repeat([]byte{0xff}, markSize) // fits nothing
				}
				batch[i].marks = append(batch[i].marks, m.subject...)
				used++
			}
		}
		ahead = ahead[used:]
		if err := each(batch); err != nil {
			return err
		}
	}
}
