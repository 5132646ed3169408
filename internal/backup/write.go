package backup

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"caseward/internal/blob"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/order"
)

func parseSize(s string) (int64, error) { return strconv.ParseInt(s, 10, 64) }

func unrestored(err error) error {
	return fault.Unavailablef("backup.restore", err, "the backup could not be put back")
}

// WriteDatabase writes the database of a backup of SQLite into dir, durably. It
// refuses to write over one.
func (a *Archive) WriteDatabase(ctx context.Context, dir string) (err error) {
	i, err := a.image()
	if err != nil {
		return err
	}
	first := make([]byte, 100)
	if _, err := i.ReadAt(first, 0); err != nil {
		return err
	}
	path := filepath.Join(dir, db.FileName)
	if !db.HasChecksums(first) {
		// Of 0.1.0: its rows are put into pages that have them.
		without := path + ".without"
		if err := a.writePages(ctx, without); err != nil {
			return err
		}
		if err := errors.Join(db.AddChecksums(ctx, without, path), os.Remove(without)); err != nil {
			return unrestored(err)
		}
	} else if err := a.writePages(ctx, path); err != nil {
		return err
	}
	if err := db.SyncDir(dir); err != nil {
		return err
	}
	return consistent(ctx, path)
}

// writePages writes the pages of a backup into a file at path that is not there yet.
func (a *Archive) writePages(ctx context.Context, path string) (err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o600)
	if err != nil {
		return unrestored(err)
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	runs := slices.Clone(a.Manifest.Pages)
	order.By(runs, func(x, y extent) int { return int(min(max(x.At-y.At, -1), 1)) })
	buf := make([]byte, 1<<20)
	for _, e := range runs {
		for done := int64(0); done < e.Len; {
			if err := ctx.Err(); err != nil {
				return unrestored(err)
			}
			n := min(int64(len(buf)), e.Len-done)
			if _, err := a.ReadAt(buf[:n], e.At+done); err != nil {
				return err
			}
			if _, err := f.WriteAt(buf[:n], e.Off+done); err != nil {
				return unrestored(err)
			}
			done += n
		}
	}
	if err := f.Sync(); err != nil {
		return unrestored(err)
	}
	return nil
}

// consistent looks at every page, row and index of a database that nobody has
// open.
func consistent(ctx context.Context, path string) error {
	d, err := sql.Open("sqlite3", "file:"+(&url.URL{Path: filepath.ToSlash(path)}).EscapedPath()+"?mode=ro&immutable=1&_pragma=cache_size(-65536)")
	if err != nil {
		return unrestored(err)
	}
	var said string
	err = d.QueryRowContext(ctx, `PRAGMA integrity_check(1)`).Scan(&said)
	if err := errors.Join(err, d.Close()); err != nil {
		return unrestored(err)
	}
	if said != "ok" {
		return fault.Invalidf("backup.restore", "the database that was restored does not agree with its indexes, as little as the one it was copied from; take an older backup")
	}
	return nil
}

// WriteBlobs puts the documents of a backup into a store.
func (a *Archive) WriteBlobs(ctx context.Context, to *blob.Store) error {
	return a.eachBlob(ctx, func(name string, kind byte, in io.Reader) error {
		if kind != inside {
			return nil
		}
		w, err := to.Create(ctx, name)
		if err != nil {
			return err
		}
		if _, err := io.Copy(w, in); err != nil {
			w.Abort()
			return err
		}
		return w.Commit()
	})
}

// Elsewhere lists documents that records need and that are not in the backup:
// those in a bucket, and those that were missing when it was made.
func (a *Archive) Elsewhere(ctx context.Context) (inBucket, lost []string, err error) {
	err = a.eachBlob(ctx, func(name string, kind byte, _ io.Reader) error {
		switch kind {
		case elsewhere:
			inBucket = append(inBucket, name)
		case missing:
			lost = append(lost, name)
		}
		return nil
	})
	return inBucket, lost, err
}

// Report says what the backup holds.
func (a *Archive) Report(file string) Report { return a.report(file) }

// Receipts hands over the receipts of erasures that the backup holds, each with
// its signature.
func (a *Archive) Receipts(ctx context.Context, each func(text, signature []byte) error) error {
	if a.Manifest.Dialect == db.Postgres {
		return a.rowsOf(ctx, "erasure", func(c [][]byte) error {
			if len(c) < 5 {
				return refused(ErrChanged, "a row in it has too few columns")
			}
			return each(c[3], c[4])
		})
	}
	d, done, err := a.database(ctx)
	if err != nil {
		return err
	}
	defer done()
	rows, err := d.QueryContext(ctx, `SELECT receipt, signature FROM erasure ORDER BY at`)
	if err != nil {
		return unrestored(err)
	}
	defer rows.Close()
	for rows.Next() {
		var text, signature []byte
		if err := rows.Scan(&text, &signature); err != nil {
			return unrestored(err)
		}
		if err := each(text, signature); err != nil {
			return err
		}
	}
	return rows.Err()
}
