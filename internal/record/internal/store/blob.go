package store

import (
	"context"

	"caseward/internal/db"
	"caseward/internal/record/internal/gate"
)

// BeginBlob names an object before it is stored, so that a crash leaves nothing
// that nobody knows of.
func BeginBlob(ctx context.Context, tx *db.Tx, name, record, subject string, now int64) error {
	_, err := tx.Exec(ctx, `INSERT INTO blob (name, record, subject, at, kept_at, gone_at) VALUES ($1, $2, $3, $4, 0, 0)`, name, record, subject, now)
	return err
}

// KeepBlob says that the record of an object is kept. ok is false if the object
// was given up meanwhile, as when the client was erased.
func KeepBlob(ctx context.Context, tx *db.Tx, p gate.Pass, name, record, subject string, now int64) (ok bool, err error) {
	if err := p.Keep(record, subject); err != nil {
		return false, err
	}
	n, err := tx.Exec(ctx, `UPDATE blob SET kept_at = $1 WHERE name = $2 AND record = $3 AND subject = $4 AND kept_at = 0 AND gone_at = 0
		AND EXISTS (SELECT 1 FROM record r WHERE r.id = $5)`, now, name, record, subject, record)
	return n == 1, err
}

// GiveUpBlob says that an object of a record is to be deleted.
func GiveUpBlob(ctx context.Context, tx *db.Tx, p gate.Pass, name, record, subject string, now int64) error {
	if err := p.Keep(record, subject); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `UPDATE blob SET gone_at = $1 WHERE name = $2 AND record = $3 AND gone_at = 0`, now, name, record)
	return err
}

// DropBlob gives up an object whose record was not kept, and says whether it was
// given up.
func DropBlob(ctx context.Context, tx *db.Tx, name string, now int64) (bool, error) {
	n, err := tx.Exec(ctx, `UPDATE blob SET gone_at = $1 WHERE name = $2 AND kept_at = 0 AND gone_at = 0`, now, name)
	return n == 1, err
}

// LostBlobs names at most limit objects that are to be deleted: those given up
// by until, and those begun before orphaned whose record was never kept.
func LostBlobs(ctx context.Context, q db.Querier, until, orphaned int64, limit int) ([]string, error) {
	rows, err := q.Query(ctx, `SELECT name FROM blob WHERE (gone_at > 0 AND gone_at <= $1) OR (gone_at = 0 AND kept_at = 0 AND at < $2) ORDER BY name LIMIT $3`, until, orphaned, limit)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var name string
		if err := rows.Scan(&name); err != nil {
			return nil, err
		}
		out = append(out, name)
	}
	return out, rows.Err()
}

// ForgetBlob removes the name of an object that was deleted.
func ForgetBlob(ctx context.Context, tx *db.Tx, name string) error {
	_, err := tx.Exec(ctx, `DELETE FROM blob WHERE name = $1`, name)
	return err
}
