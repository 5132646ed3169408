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
// earlier export is refused; an earlier export is brought up to date. segments is
// where closed segments are.
func Export(ctx context.Context, d *db.DB, dir, segments string) (int64, error) {
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
	if err := exportEntries(ctx, d, dir, segments, size); err != nil {
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

func exportEntries(ctx context.Context, d *db.DB, dir, segments string, size int64) error {
	for {
		closed, err := readSegments(ctx, d)
		if err != nil {
			return err
		}
		b := &bundles{dir: dir, size: size}
		for _, g := range closed {
			if b.n == size {
				return nil
			}
			f, err := (&shelf{dir: segments}).take(ctx, g)
			if err != nil {
				return err
			}
			err = b.from(ctx, f, `SELECT leaf FROM log_entry WHERE (tx, id) > ($1, $2) ORDER BY position LIMIT $3`, before(nil))
			if err := errors.Join(err, f.Close()); err != nil {
				return err
			}
			if b.n < min(size, g.first+g.entries) {
				return fault.Unavailablef("audit.export", nil, "the closed segment %s, does not have them all; run caseward audit verify", g.what())
			}
		}
		query := `SELECT leaf FROM log_entry WHERE (tx, id) > ($1, $2) ORDER BY id LIMIT $3`
		if d.Dialect() == db.Postgres {
			query = `SELECT leaf FROM log_entry WHERE (tx, id) > ($1, $2) ORDER BY tx, id LIMIT $3`
		}
		if err := b.from(ctx, d, query, before(closed)); err != nil {
			return err
		}
		// A segment closed meanwhile took along what was not read yet.
		if now, err := readSegments(ctx, d); err != nil {
			return err
		} else if len(now) != len(closed) {
			continue
		}
		if b.n < size {
			return fault.Unavailablef("audit.export", nil, "the checkpoint has %d entries and the database only %d; run caseward audit verify", size, b.n)
		}
		return b.flush()
	}
}

// bundles writes leaves in files of up to 256.
type bundles struct {
	dir     string
	size, n int64 // leaves there should be, and that came
	bundle  []byte
}

func (b *bundles) flush() error {
	if len(b.bundle) == 0 {
		return nil
	}
	width := int((b.n-1)%tileWidth) + 1
	err := writeFile(b.dir, tilePath("entries", (b.n-1)/tileWidth, width), b.bundle)
	b.bundle = b.bundle[:0]
	return err
}

func (b *bundles) from(ctx context.Context, d db.Querier, query string, after place) error {
	rows, err := d.Query(ctx, query, after.tx, after.id, b.size-b.n)
	if err != nil {
		return fault.Unavailablef("audit.export", err, "cannot read the entries")
	}
	defer rows.Close()
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&leaf); err != nil {
			return fault.Unavailablef("audit.export", err, "cannot read the entries")
		}
		if len(leaf) > 0xffff {
			return fault.Unavailablef("audit.export", nil, "an entry is damaged; run caseward audit verify")
		}
		b.bundle = binary.BigEndian.AppendUint16(b.bundle, uint16(len(leaf)))
		b.bundle = append(b.bundle, leaf...)
		if b.n++; b.n%tileWidth == 0 {
			if err := b.flush(); err != nil {
				return err
			}
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Unavailablef("audit.export", err, "cannot read the entries")
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
