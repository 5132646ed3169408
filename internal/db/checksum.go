package db

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"os"

	"github.com/ncruces/go-sqlite3"
)

// sumSize is how many bytes of a page its checksum takes: what the header of a file with
// checksums says is kept free in each page.
const sumSize = 8

// Checksum writes the checksum of a page into its last eight bytes, as the library does
// whenever it writes one into a file that has them (https://sqlite.org/cksumvfs.html). It is
// for whoever moves pages about without SQLite. A page is a power of two of bytes, at least 512.
func Checksum(page []byte) {
	var a, b uint32
	rest := page[:len(page)-sumSize]
	for ; len(rest) >= 8; rest = rest[8:] {
		a += binary.LittleEndian.Uint32(rest) + b
		b += binary.LittleEndian.Uint32(rest[4:]) + a
	}
	sum := page[len(page)-sumSize:]
	binary.LittleEndian.PutUint32(sum, a)
	binary.LittleEndian.PutUint32(sum[4:], b)
}

// HasChecksums says of the first page of a SQLite file whether its pages have checksums.
func HasChecksums(first []byte) bool { return len(first) > 20 && first[20] == sumSize }

// Checksummed reports whether the pages of the main database of a connection have checksums.
func Checksummed(c *sqlite3.Conn) (bool, error) {
	n, err := c.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES)
	return n == sumSize, err
}

// AddChecksums writes the SQLite file at from, which nobody has open, anew to a file at to that is
// not there yet, and private: the same rows, in pages with checksums.
func AddChecksums(ctx context.Context, from, to string) error {
	l, err := openLite(ctx, dsn(from))
	if err != nil {
		return err
	}
	_, err = l.c.FileControl("main", sqlite3.FCNTL_RESERVE_BYTES, sumSize)
	if err == nil {
		_, err = l.exec(ctx, `VACUUM INTO $1`, []any{dsn(to)})
	}
	if err := errors.Join(err, l.close()); err != nil {
		return err
	}
	f, err := os.OpenFile(to, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Chmod(0o600), f.Sync(), f.Close())
}

// begin has the pages of a file that holds nothing yet have checksums, and says whether they
// do. A file that holds something stays as it is.
func (l *lite) begin(ctx context.Context) (bool, error) {
	rows, err := l.query(ctx, `SELECT count(*) FROM sqlite_master`, nil, nil)
	if err != nil {
		return false, err
	}
	var n int64
	if err := (liteRow{rows}).Scan(&n); err != nil {
		return false, err
	}
	if n > 0 {
		return Checksummed(l.c)
	}
	return true, l.c.EnableChecksums("main")
}

// damaged says of an error that it is a page whose checksum differs, for whoever runs the
// server: SQLite calls it an I/O error.
func damaged(err error) error {
	if !errors.Is(err, sqlite3.IOERR_DATA) {
		return err
	}
	return fmt.Errorf("a page of the database file was changed on the disk, its checksum differs; stop the server, look after the disk, and restore a backup: %w", err)
}
