package audit

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// KeyFileName is the name of the file that holds the log's public key, in an
// export and in the data directory.
const KeyFileName = "log.pub"

// Export writes the log as far as it is signed into dir as a C2SP tlog-tiles
// directory: checkpoint, tile/<level>/…, tile/entries/… (the leaves), and the
// public key in log.pub. It returns how many entries that is. It needs no
// secret, and the directory tells no more than the leaves do.
//
// dir is made if it is not there. A directory that holds anything but an
// earlier export is refused; an earlier export is brought up to date.
func Export(ctx context.Context, d *db.DB, dir string) (int64, error) {
	h, err := readHead(ctx, d)
	if err != nil {
		return 0, err
	}
	if h.signedSize < 0 {
		return 0, fault.Unavailablef("audit.export", nil, "the log has no checkpoint yet; it gets its first when the server runs")
	}
	var vkey string
	if err := d.QueryRow(ctx, `SELECT vkey FROM log_head WHERE one = 1`).Scan(&vkey); err != nil {
		return 0, fault.Unavailablef("audit.export", err, "cannot read the log's head")
	}
	if err := exportDir(dir); err != nil {
		return 0, err
	}
	size := h.signedSize
	if err := exportTiles(ctx, d, dir, size); err != nil {
		return 0, err
	}
	if err := exportEntries(ctx, d, dir, size); err != nil {
		return 0, err
	}
	if err := writeFile(dir, KeyFileName, []byte(vkey+"\n")); err != nil {
		return 0, err
	}
	// Last, so that a checkpoint never stands before the tiles it promises.
	return size, writeFile(dir, "checkpoint", h.checkpoint)
}

func exportDir(dir string) error {
	names, err := os.ReadDir(dir)
	if errors.Is(err, fs.ErrNotExist) {
		if err := os.MkdirAll(dir, 0o700); err != nil {
			return fault.Unavailablef("audit.export", err, "cannot make the directory")
		}
		return nil
	}
	if err != nil {
		return fault.Unavailablef("audit.export", err, "cannot read the directory")
	}
	for _, n := range names {
		switch n.Name() {
		case "checkpoint", "tile", KeyFileName:
		default:
			return fault.Invalidf("audit.export", "the directory holds something else than an export; name an empty one")
		}
	}
	return nil
}

func exportTiles(ctx context.Context, d *db.DB, dir string, size int64) error {
	for level, n := int64(0), size; n > 0; level, n = level+1, n>>tileHeight {
		for i := int64(0); i*tileWidth < n; i++ {
			width := int(min(tileWidth, n-i*tileWidth))
			var data []byte
			if err := d.QueryRow(ctx, `SELECT data FROM log_tile WHERE level = $1 AND n = $2`, level, i).Scan(&data); err != nil {
				return fault.Unavailablef("audit.export", err, "cannot read tile %d of level %d; run caseward audit verify", i, level)
			}
			if len(data) < width*tlog.HashSize {
				return fault.Unavailablef("audit.export", nil, "tile %d of level %d is damaged; run caseward audit verify", i, level)
			}
			if err := writeFile(dir, tilePath(fmt.Sprint(level), i, width), data[:width*tlog.HashSize]); err != nil {
				return err
			}
		}
	}
	return nil
}

func exportEntries(ctx context.Context, d *db.DB, dir string, size int64) error {
	query := `SELECT leaf FROM log_entry ORDER BY id LIMIT $1`
	if d.Dialect() == db.Postgres {
		query = `SELECT leaf FROM log_entry ORDER BY tx, id LIMIT $1`
	}
	rows, err := d.Query(ctx, query, size)
	if err != nil {
		return fault.Unavailablef("audit.export", err, "cannot read the entries")
	}
	defer rows.Close()
	var bundle []byte
	var n int64
	flush := func() error {
		width := int((n-1)%tileWidth) + 1
		err := writeFile(dir, tilePath("entries", (n-1)/tileWidth, width), bundle)
		bundle = bundle[:0]
		return err
	}
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return fault.Unavailablef("audit.export", err, "cannot read the entries")
		}
		if len(leaf) > 0xffff {
			return fault.Unavailablef("audit.export", nil, "an entry is damaged; run caseward audit verify")
		}
		bundle = binary.BigEndian.AppendUint16(bundle, uint16(len(leaf)))
		bundle = append(bundle, leaf...)
		if n++; n%tileWidth == 0 {
			if err := flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Unavailablef("audit.export", err, "cannot read the entries")
	}
	if n < size {
		return fault.Unavailablef("audit.export", nil, "the checkpoint has %d entries and the database only %d; run caseward audit verify", size, n)
	}
	if len(bundle) > 0 {
		return flush()
	}
	return nil
}

// tilePath is the path of a tile in a tlog-tiles directory.
func tilePath(level string, n int64, width int) string {
	p := fmt.Sprintf("%03d", n%1000)
	for n >= 1000 {
		n /= 1000
		p = fmt.Sprintf("x%03d/%s", n%1000, p)
	}
	p = "tile/" + level + "/" + p
	if width < tileWidth {
		p += fmt.Sprintf(".p/%d", width)
	}
	return p
}

// writeFile puts a whole file in place of what was there.
func writeFile(dir, name string, data []byte) error {
	path := filepath.Join(dir, filepath.FromSlash(name))
	fail := func(err error) error {
		return fault.Unavailablef("audit.export", err, "cannot write %s", name)
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return fail(err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), ".new-*")
	if err != nil {
		return fail(err)
	}
	_, err = f.Write(data)
	if err := errors.Join(err, f.Close()); err != nil {
		_ = os.Remove(f.Name())
		return fail(err)
	}
	if err := os.Rename(f.Name(), path); err != nil {
		_ = os.Remove(f.Name())
		return fail(err)
	}
	return nil
}

// KeepPublicKey writes the public key to log.pub in dir, the data directory,
// where the checker looks for it. A file with another key is left as it is, and
// is an error: this is another log than the one that was there.
func (l *Log) KeepPublicKey(dir string) error {
	old, err := os.ReadFile(filepath.Join(dir, KeyFileName))
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return writeFile(dir, KeyFileName, []byte(l.vkey+"\n"))
	case err != nil:
		return fault.Unavailablef("audit.open", err, "cannot read the file of the log's public key")
	case string(old) != l.vkey+"\n":
		return fault.Unavailablef("audit.open", nil, "log.pub in the data directory is of another log")
	}
	return nil
}
