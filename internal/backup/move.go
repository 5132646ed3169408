package backup

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"path/filepath"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// Moved says how many rows of each table were moved.
type Moved map[string]int64

// Move copies every row of the SQLite database in dir into the PostgreSQL database
// at to, whose tables are those of this program and empty, reads them back, and
// compares. Nobody writes into the first meanwhile: whoever tries waits, and is
// refused. Then it calls agreed, and if that finds no fault closes the first for
// good, so that no entry is ever written there again (see [db.Leave]).
//
// Where it fails the first is as it was, and may be used; the second is to be
// thrown away. Unavailable: a database cannot be reached, read or written, or what
// was read back is not what was there.
func Move(ctx context.Context, dir, to string, agreed func(Moved) error) (Moved, error) {
	fail := func(err error, what string) (Moved, error) {
		return nil, fault.Unavailablef("store.move", err, "%s; the SQLite database is as it was", what)
	}
	c, leave, err := held(ctx, dir)
	if err != nil {
		return fail(err, "the SQLite database cannot be kept still")
	}
	defer leave()
	p, err := connect(ctx, to)
	if err != nil {
		return fail(err, "cannot reach PostgreSQL")
	}
	defer func() { _ = p.Close(context.WithoutCancel(ctx)) }()
	tx, err := p.Begin(ctx)
	if err != nil {
		return fail(err, "PostgreSQL cannot be written")
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	moved := Moved{}
	for _, t := range tables {
		there, err := moveTable(ctx, c, tx, t.name, t.all)
		if err != nil {
			return fail(err, "the table "+t.name+" could not be copied")
		}
		here, err := readBack(ctx, tx, t.all)
		if err != nil {
			return fail(err, "the table "+t.name+" could not be read back")
		}
		if here != there {
			return fail(nil, fmt.Sprintf("of the table %s %d rows were copied, and the %d that were read back are not the same", t.name, there.rows, here.rows))
		}
		moved[t.name] = there.rows
	}
	if _, err := tx.Exec(ctx, nextEntry); err != nil {
		return fail(err, "PostgreSQL cannot be written")
	}
	if err := tx.Commit(ctx); err != nil {
		return fail(err, "PostgreSQL could not keep what was copied")
	}
	if err := agreed(moved); err != nil {
		return nil, err
	}
	for _, q := range []string{db.Leave, "COMMIT"} {
		if _, err := c.ExecContext(ctx, q); err != nil {
			return fail(err, "the SQLite database could not be closed for good")
		}
	}
	return moved, nil
}

// Count says how many rows Move would move.
func Count(ctx context.Context, dir string) (Moved, error) {
	c, leave, err := held(ctx, dir)
	if err != nil {
		return nil, fault.Unavailablef("store.move", err, "the SQLite database cannot be read")
	}
	defer leave()
	out := Moved{}
	for _, t := range tables {
		var n int64
		if err := c.QueryRowContext(ctx, t.count).Scan(&n); err != nil {
			return nil, fault.Unavailablef("store.move", err, "the SQLite database cannot be read")
		}
		out[t.name] = n
	}
	return out, nil
}

// held opens the SQLite database in dir so that nobody else writes; leave undoes
// what was not committed.
func held(ctx context.Context, dir string) (*sql.Conn, func(), error) {
	d, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: filepath.ToSlash(filepath.Join(dir, db.FileName))}).EscapedPath()+"?vfs="+db.VFSName+"&mode=rw&_pragma=busy_timeout(10000)&_pragma=synchronous(full)")
	if err != nil {
		return nil, nil, err
	}
	c, err := d.Conn(ctx)
	if err == nil {
		_, err = c.ExecContext(ctx, "BEGIN IMMEDIATE")
	}
	if err != nil {
		return nil, nil, errors.Join(err, d.Close())
	}
	return c, func() {
		_, _ = c.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
		_ = c.Close()
		_ = d.Close()
	}, nil
}

// moveTable copies the rows that all reads and sums them up as they were read.
func moveTable(ctx context.Context, from *sql.Conn, to pgx.Tx, name, all string) (sum, error) {
	var s sum
	flags, err := flagsOf(ctx, to, all)
	if err != nil {
		return s, err
	}
	rows, err := from.QueryContext(ctx, all)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	columns, err := rows.Columns()
	if err != nil {
		return s, err
	}
	places := make([]any, len(columns))
	n, err := to.CopyFrom(ctx, pgx.Identifier{name}, columns, pgx.CopyFromFunc(func() ([]any, error) {
		if !rows.Next() {
			return nil, rows.Err()
		}
		values := make([]any, len(columns))
		for i := range places {
			places[i] = &values[i]
		}
		if err := rows.Scan(places...); err != nil {
			return nil, err
		}
		for i, v := range values {
			// SQLite keeps a flag as a number.
			if n, ok := v.(int64); ok && flags[columns[i]] {
				values[i] = n != 0
			}
		}
		return values, s.add(columns, values)
	}))
	if err == nil && n != s.rows {
		err = fmt.Errorf("%d of %d rows arrived", n, s.rows)
	}
	return s, err
}

// flagsOf names the columns that are flags.
func flagsOf(ctx context.Context, tx pgx.Tx, all string) (map[string]bool, error) {
	rows, err := tx.Query(ctx, all)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for _, f := range rows.FieldDescriptions() {
		out[f.Name] = f.DataTypeOID == pgtype.BoolOID
	}
	if rows.Next() {
		return nil, errors.New("the table is not empty")
	}
	return out, rows.Err()
}

// readBack sums up the rows that all reads from PostgreSQL.
func readBack(ctx context.Context, tx pgx.Tx, all string) (sum, error) {
	var s sum
	rows, err := tx.Query(ctx, all)
	if err != nil {
		return s, err
	}
	defer rows.Close()
	var columns []string
	for _, f := range rows.FieldDescriptions() {
		columns = append(columns, f.Name)
	}
	for rows.Next() {
		values, err := rows.Values()
		if err != nil {
			return s, err
		}
		if err := s.add(columns, values); err != nil {
			return s, err
		}
	}
	return s, rows.Err()
}

// sum stands for some rows in whatever order: how many there are, and the sum of
// their hashes.
type sum struct {
	rows int64
	hash [4]uint64
}

// add takes a row in. What one database calls text and the other bytes is the same,
// and so are whole numbers of whatever width, and a flag and 0 or 1.
func (s *sum) add(columns []string, values []any) error {
	h := sha256.New()
	write := func(kind byte, b []byte) {
		var head [9]byte
		head[0] = kind
		binary.BigEndian.PutUint64(head[1:], uint64(len(b)))
		h.Write(head[:])
		h.Write(b)
	}
	number := func(n int64) { write('n', binary.BigEndian.AppendUint64(nil, uint64(n))) }
	for i, v := range values {
		write('c', []byte(columns[i]))
		switch v := v.(type) {
		case nil:
			write('0', nil)
		case string:
			write('b', []byte(v))
		case []byte:
			write('b', v)
		case int64:
			number(v)
		case int32:
			number(int64(v))
		case int16:
			number(int64(v))
		case bool:
			n := int64(0)
			if v {
				n = 1
			}
			number(n)
		default:
			return fmt.Errorf("the column %s holds a %T", columns[i], v)
		}
	}
	b := h.Sum(nil)
	for i := range s.hash {
		s.hash[i] += binary.BigEndian.Uint64(b[8*i:])
	}
	s.rows++
	return nil
}
