package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"reflect"
	"strconv"

	"github.com/ncruces/go-sqlite3"
)

// lite is one connection to the SQLite file with its prepared statements. It is
// the library's own interface: through database/sql every look-up asks for the
// names and declared types of its columns, which costs more than the look-up
// (docs/performance.md).
//
// It serves one caller at a time.
type lite struct {
	c     *sqlite3.Conn
	stmts map[string]*liteStmt
	bad   bool // a statement failed otherwise than by the caller's doing: open anew
}

type liteStmt struct {
	*sqlite3.Stmt
	cols int
	open bool // its rows are being read
	once bool // closed with its rows

	apart bool // it changes a table that nothing remembered is looked up in
}

func openLite(ctx context.Context, dsn string) (*lite, error) {
	c, err := sqlite3.OpenContext(ctx, dsn)
	if err != nil {
		return nil, err
	}
	// Plans are made once: without this, statements that a partial index may serve are
	// prepared anew whenever other values are bound.
	if _, err := c.Config(sqlite3.DBCONFIG_ENABLE_QPSG, true); err != nil {
		return nil, errors.Join(err, c.Close())
	}
	return &lite{c: c, stmts: map[string]*liteStmt{}}, nil
}

func (l *lite) close() error {
	var err error
	for _, s := range l.stmts {
		err = errors.Join(err, s.Close())
	}
	l.stmts = nil
	return errors.Join(err, l.c.Close())
}

// bound returns query prepared, with args bound.
func (l *lite) bound(query string, args []any) (*liteStmt, error) {
	s := l.stmts[query]
	if s == nil || s.open {
		p, tail, err := l.c.PrepareFlags(placeholders(query), sqlite3.PREPARE_PERSISTENT)
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", damaged(err))
		}
		if tail != "" || p == nil {
			_ = p.Close()
			return nil, errors.New("prepare: one statement at a time")
		}
		// While the rows of the kept one are being read, this one serves once.
		kept := s == nil
		s = &liteStmt{Stmt: p, cols: p.ColumnCount(), once: !kept, apart: apart[table(query)]}
		if kept {
			l.stmts[query] = s
		}
	}
	if n := s.BindCount(); n != len(args) {
		return nil, fmt.Errorf("the statement has %d placeholders and got %d values", n, len(args))
	}
	for i, a := range args {
		if err := bindOne(s.Stmt, i+1, a); err != nil {
			return nil, err
		}
	}
	return s, nil
}

func bindOne(s *sqlite3.Stmt, n int, a any) error {
	switch v := a.(type) {
	case nil:
		return s.BindNull(n)
	case string:
		return s.BindText(n, v)
	case []byte:
		return s.BindBlob(n, v)
	case int64:
		return s.BindInt64(n, v)
	case int:
		return s.BindInt(n, v)
	case bool:
		return s.BindBool(n, v)
	case float64:
		return s.BindFloat(n, v)
	}
	switch v := reflect.ValueOf(a); {
	case v.Kind() == reflect.String:
		return s.BindText(n, v.String())
	case v.Kind() == reflect.Bool:
		return s.BindBool(n, v.Bool())
	case v.CanInt():
		return s.BindInt64(n, v.Int())
	case v.CanUint() && v.Uint() <= math.MaxInt64:
		return s.BindInt64(n, int64(v.Uint()))
	}
	return fmt.Errorf("a value of type %T cannot be bound", a)
}

// exec runs a statement to its end and says how many rows it changed. It does not
// stop when ctx does: see [Tx].
func (l *lite) exec(_ context.Context, query string, args []any) (int64, error) {
	s, err := l.bound(query, args)
	if err != nil {
		return 0, err
	}
	// What was bound may be large, and is not needed again.
	err = errors.Join(s.Exec(), s.ClearBindings())
	if err != nil {
		return 0, damaged(err)
	}
	return l.c.Changes(), nil
}

// query begins to read rows; done is called once, when nobody reads them any more.
func (l *lite) query(ctx context.Context, query string, args []any, done func()) (*liteRows, error) {
	s, err := l.bound(query, args)
	if err != nil {
		return nil, err
	}
	l.c.SetInterrupt(ctx)
	s.open = true
	return &liteRows{l: l, s: s, done: done}, nil
}

// liteRows are the rows of one statement, and one row of it where only one is
// asked for.
type liteRows struct {
	l      *lite
	s      *liteStmt
	done   func()
	err    error
	closed bool
}

func (r *liteRows) Next() bool {
	if r.closed {
		return false
	}
	if r.s.Step() {
		return true
	}
	r.err = damaged(r.s.Err())
	_ = r.Close()
	return false
}

func (r *liteRows) Err() error { return r.err }

// Close ends the reading. It may be called again.
func (r *liteRows) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	// Resetting repeats the error of the last step.
	_ = r.s.Reset()
	r.s.open = false
	if r.s.once {
		_ = r.s.Close()
	}
	r.l.c.SetInterrupt(context.Background())
	if r.err != nil && !errors.Is(r.err, sqlite3.INTERRUPT) {
		r.l.bad = true
	}
	if r.done != nil {
		r.done()
	}
	return nil
}

func (r *liteRows) Scan(dest ...any) error {
	if r.closed {
		return errors.New("db.scan: the rows are closed")
	}
	if len(dest) != r.s.cols {
		return fmt.Errorf("db.scan: %d columns and %d places for them", r.s.cols, len(dest))
	}
	for i, d := range dest {
		if err := r.scanOne(i, d); err != nil {
			return fmt.Errorf("db.scan: column %d: %w", i+1, err)
		}
	}
	// Asking for a value can fail for want of memory.
	return r.s.Err()
}

var errNull = errors.New("there is no value")

// scanOne copies a value; what SQLite lends is gone with the next step.
func (r *liteRows) scanOne(i int, dest any) error {
	s := r.s
	kind := s.ColumnType(i)
	if kind == sqlite3.NULL {
		switch d := dest.(type) {
		case sql.Scanner:
			return d.Scan(nil)
		case *[]byte:
			*d = nil
			return nil
		}
		return errNull
	}
	switch d := dest.(type) {
	case *string:
		*d = s.ColumnText(i)
		return nil
	case *[]byte:
		*d = s.ColumnBlob(i, []byte{})
		return nil
	case sql.Scanner:
		return d.Scan(value(s.Stmt, i, kind))
	case *bool:
		if kind != sqlite3.INTEGER {
			return errors.New("not a flag")
		}
		*d = s.ColumnBool(i)
		return nil
	case *float64:
		*d = s.ColumnFloat(i)
		return nil
	}
	// Only a whole number is one: SQLite would make 0 of a word.
	if kind == sqlite3.INTEGER {
		n := s.ColumnInt64(i)
		switch d := dest.(type) {
		case *int64:
			*d = n
			return nil
		case *int:
			*d = int(n)
			return nil
		}
		v := reflect.ValueOf(dest)
		if v.Kind() == reflect.Pointer && !v.IsNil() {
			e := v.Elem()
			switch {
			case e.CanInt() && !e.OverflowInt(n):
				e.SetInt(n)
				return nil
			case e.CanUint() && n >= 0 && !e.OverflowUint(uint64(n)):
				e.SetUint(uint64(n))
				return nil
			}
		}
		return fmt.Errorf("%s does not fit a %T", strconv.FormatInt(n, 10), dest)
	}
	if v := reflect.ValueOf(dest); kind == sqlite3.TEXT && v.Kind() == reflect.Pointer && !v.IsNil() && v.Elem().Kind() == reflect.String {
		v.Elem().SetString(s.ColumnText(i))
		return nil
	}
	return fmt.Errorf("a value of kind %s does not fit a %T", kind, dest)
}

func value(s *sqlite3.Stmt, i int, kind sqlite3.Datatype) any {
	switch kind {
	case sqlite3.INTEGER:
		return s.ColumnInt64(i)
	case sqlite3.FLOAT:
		return s.ColumnFloat(i)
	case sqlite3.TEXT:
		return s.ColumnText(i)
	}
	return s.ColumnBlob(i, nil)
}

// liteRow is the first row of rows, as [sql.Row] is.
type liteRow struct{ rows *liteRows }

func (r liteRow) Scan(dest ...any) error {
	defer r.rows.Close()
	if !r.rows.Next() {
		if err := r.rows.Err(); err != nil {
			return err
		}
		return sql.ErrNoRows
	}
	return r.rows.Scan(dest...)
}
