package backup

import (
	"bufio"
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"github.com/jackc/pgx/v5"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// connect connects to a database where nobody in between can read along.
func connect(ctx context.Context, url string) (*pgx.Conn, error) {
	if err := db.CheckURL(url); err != nil {
		return nil, err
	}
	return pgx.Connect(ctx, url)
}

// copyPostgres copies every table into s from one snapshot. Writers do not wait.
func copyPostgres(ctx context.Context, url string, s *sealer, m *Manifest) (blobs []string, closed []needed, err error) {
	fail := func(err error) error { return fault.Unavailablef("backup.make", err, "the database cannot be read") }
	c, err := connect(ctx, url)
	if err != nil {
		return nil, nil, fail(err)
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	tx, err := c.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, fail(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	var origin string
	if err := tx.QueryRow(ctx, headOfLog).Scan(&origin, &m.PublicKey, &m.Entries, &m.Checkpoint); err != nil {
		return nil, nil, fail(err)
	}
	if err := tx.QueryRow(ctx, schemaVersion).Scan(&m.Schema); err != nil {
		return nil, nil, fail(err)
	}
	rows, err := tx.Query(ctx, neededBlobs)
	if err != nil {
		return nil, nil, fail(err)
	}
	if blobs, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
		return nil, nil, fail(err)
	}
	if rows, err = tx.Query(ctx, segmentsOfLog); err != nil {
		return nil, nil, fail(err)
	}
	if closed, err = pgx.CollectRows(rows, func(r pgx.CollectableRow) (n needed, err error) {
		return n, r.Scan(&n.first, &n.bytes, &n.hash)
	}); err != nil {
		return nil, nil, fail(err)
	}
	m.Rows = map[string]int64{}
	for _, t := range tables {
		from := s.at
		tag, err := c.PgConn().CopyTo(ctx, s, t.out)
		if err != nil {
			return nil, nil, fail(err)
		}
		m.Rows[t.name] = tag.RowsAffected()
		m.Tables = append(m.Tables, table{Name: t.name, At: from, Len: s.at - from})
		m.DBSize += s.at - from
	}
	return blobs, closed, nil
}

// rowsOf reads the rows of one table as COPY wrote them, and hands each over as
// its columns; one that is NULL is nil.
func (a *Archive) rowsOf(ctx context.Context, name string, each func(columns [][]byte) error) error {
	odd := func() error { return refused(ErrChanged, "the rows of %s cannot be read", name) }
	var t *table
	for i := range a.Manifest.Tables {
		if a.Manifest.Tables[i].Name == name {
			t = &a.Manifest.Tables[i]
		}
	}
	if t == nil || t.At < 0 || t.Len < 0 || t.At+t.Len > a.length {
		return odd()
	}
	r := bufio.NewReaderSize(io.NewSectionReader(a, t.At, t.Len), pieceSize)
	head := make([]byte, 19)
	if _, err := io.ReadFull(r, head); err != nil || !bytes.HasPrefix(head, []byte("PGCOPY\n\xff\r\n\x00")) {
		return odd()
	}
	if _, err := r.Discard(int(binary.BigEndian.Uint32(head[15:]))); err != nil {
		return odd()
	}
	var n [4]byte
	for {
		if err := ctx.Err(); err != nil {
			return fault.Unavailablef("backup.read", err, "it was broken off")
		}
		if _, err := io.ReadFull(r, n[:2]); err != nil {
			return odd()
		}
		count := int16(binary.BigEndian.Uint16(n[:2]))
		if count < 0 {
			return nil
		}
		columns := make([][]byte, count)
		for i := range columns {
			if _, err := io.ReadFull(r, n[:]); err != nil {
				return odd()
			}
			size := int32(binary.BigEndian.Uint32(n[:]))
			if size < 0 {
				continue
			}
			if int64(size) > t.Len {
				return odd()
			}
			columns[i] = make([]byte, size)
			if _, err := io.ReadFull(r, columns[i]); err != nil {
				return odd()
			}
		}
		if err := each(columns); err != nil {
			return err
		}
	}
}

// checkCopied is Check for the rows of PostgreSQL.
func (a *Archive) checkCopied(ctx context.Context, w keys.Wrapper, o Against) error {
	p := &pairing{w: w}
	short := func() error { return refused(ErrChanged, "a row in it has too few columns") }
	// The head before the secrets: the log's name is part of its key.
	if err := a.rowsOf(ctx, "log_head", func(c [][]byte) error {
		if len(c) < 3 {
			return short()
		}
		p.origin, p.vkey = string(c[1]), string(c[2])
		return nil
	}); err != nil {
		return err
	}
	for _, t := range tables {
		if !a.Manifest.has(t.name) {
			continue
		}
		var n int64
		if err := a.rowsOf(ctx, t.name, func(c [][]byte) error {
			n++
			take := p.agency
			switch t.name {
			case "subject_key":
				take = p.subject
			case "agency_key":
			default:
				return nil
			}
			if len(c) < 3 {
				return short()
			}
			return take(ctx, string(c[0]), string(c[1]), c[2])
		}); err != nil {
			return err
		}
		if n != a.Manifest.Rows[t.name] {
			return refused(ErrChanged, "the table %s has %d rows and had %d", t.name, n, a.Manifest.Rows[t.name])
		}
	}
	if err := a.checkCopiedSegments(ctx); err != nil {
		return err
	}
	return p.verdict(a, o)
}

// ErrFull is the answer where the database to restore into is not empty.
var ErrFull = errors.New("the database holds tables already; it was left as it is")

// EmptyPostgres is nil if the database at url has no table.
func EmptyPostgres(ctx context.Context, url string) error {
	const op = "backup.restore"
	c, err := connect(ctx, url)
	if fault.Is(err, fault.Invalid) {
		return err
	}
	if err != nil {
		return fault.Unavailablef(op, err, "cannot reach PostgreSQL")
	}
	defer func() { _ = c.Close(ctx) }()
	var n int64
	if err := c.QueryRow(ctx, `SELECT count(*) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace WHERE c.relkind IN ('r', 'p', 'v', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'`).Scan(&n); err != nil {
		return fault.Unavailablef(op, err, "cannot read the database")
	}
	if n > 0 {
		return &fault.Error{Kind: fault.Conflict, Op: op, Err: ErrFull}
	}
	return nil
}

// Load puts the rows of a backup of PostgreSQL into the database at url, whose
// schema is that of the backup and whose tables are empty, in one transaction.
func (a *Archive) Load(ctx context.Context, url string) error {
	c, err := connect(ctx, url)
	if err != nil {
		return fault.Unavailablef("backup.restore", err, "cannot reach PostgreSQL")
	}
	defer func() { _ = c.Close(context.WithoutCancel(ctx)) }()
	tx, err := c.Begin(ctx)
	if err != nil {
		return unrestored(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	for _, t := range tables {
		for _, m := range a.Manifest.Tables {
			if m.Name != t.name {
				continue
			}
			tag, err := c.PgConn().CopyFrom(ctx, io.NewSectionReader(a, m.At, m.Len), t.in)
			if err != nil {
				return unrestored(err)
			}
			if tag.RowsAffected() != a.Manifest.Rows[t.name] {
				return refused(ErrChanged, "the table %s has %d rows and had %d", t.name, tag.RowsAffected(), a.Manifest.Rows[t.name])
			}
		}
	}
	if _, err := tx.Exec(ctx, nextEntry); err != nil {
		return unrestored(err)
	}
	if err := tx.Commit(ctx); err != nil {
		return unrestored(err)
	}
	return nil
}
