package backup

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"caseward/internal/audit"
	"caseward/internal/audit/verify"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// segmentsOfLog are the closed segments of the log that a snapshot needs.
const segmentsOfLog = `SELECT first, bytes, hash FROM log_segment ORDER BY first`

// needed is a closed segment that a snapshot needs.
type needed struct {
	first, bytes int64
	hash         []byte
}

func (n needed) name() string { return audit.SegmentName(n.first, n.hash) }

// copySegments adds the files of closed segments. They never change, so they are
// those of the snapshot whenever they are read; one that is not as it was closed
// would make the whole backup one that cannot be restored.
func copySegments(ctx context.Context, dir string, list []needed, s *sealer, m *Manifest) error {
	for _, n := range list {
		if err := ctx.Err(); err != nil {
			return fault.Unavailablef("backup.make", err, "the backup was broken off; nothing of it was kept")
		}
		at := s.at
		f, err := os.Open(filepath.Join(dir, n.name()))
		if err == nil {
			h := sha256.New()
			_, err = io.Copy(s, io.TeeReader(f, h))
			if err == nil && (s.at-at != n.bytes || !bytes.Equal(h.Sum(nil), n.hash)) {
				err = errors.New("it is not the file that was closed")
			}
			err = errors.Join(err, f.Close())
		}
		if err != nil {
			return fault.Unavailablef("backup.make", err, "the closed segment %s of the log is not in its place or was changed: put it back from an older backup, and see what caseward audit verify says; nothing was kept", n.name())
		}
		m.Segments = append(m.Segments, table{Name: n.name(), At: at, Len: s.at - at})
	}
	return nil
}

// segment finds a closed segment in the archive.
func (a *Archive) segment(name string) (table, error) {
	for _, t := range a.Manifest.Segments {
		if t.Name != name {
			continue
		}
		if t.At < 0 || t.Len <= 0 || t.At+t.Len > a.length || t.Name != filepath.Base(t.Name) {
			return t, refused(ErrChanged, "a segment of the log cannot be read")
		}
		return t, nil
	}
	return table{}, fs.ErrNotExist
}

// openSegment opens a closed segment as it lies in the archive.
func (a *Archive) openSegment(_ context.Context, name string) (verify.SegmentFile, error) {
	t, err := a.segment(name)
	if err != nil {
		return verify.SegmentFile{}, err
	}
	handle, forget := register(&image{a: a, size: t.Len, extents: []extent{{Off: 0, At: t.At, Len: t.Len}}})
	d, err := sql.Open("sqlite3", "file:"+handle+"?vfs="+vfsName+"&mode=ro&immutable=1&_pragma=cache_size(-8192)&_pragma=temp_store(memory)&_pragma=query_only(on)")
	if err != nil {
		forget()
		return verify.SegmentFile{}, err
	}
	return verify.SegmentFile{DB: d, Content: io.NewSectionReader(a, t.At, t.Len), Close: func() error { defer forget(); return d.Close() }}, nil
}

// checkCopiedSegments proves that every segment which the rows of PostgreSQL name is
// there as it was closed. What is in them is looked at when they are restored.
func (a *Archive) checkCopiedSegments(ctx context.Context) error {
	found := 0
	if err := a.rowsOf(ctx, "log_segment", func(c [][]byte) error {
		if len(c) < 10 || len(c[0]) != 8 || len(c[8]) != 8 {
			return refused(ErrChanged, "a row in it has too few columns")
		}
		n := needed{int64(binary.BigEndian.Uint64(c[0])), int64(binary.BigEndian.Uint64(c[8])), c[9]}
		t, err := a.segment(n.name())
		if errors.Is(err, fs.ErrNotExist) {
			return refused(ErrChanged, "the segment %s of the log is not in it", n.name())
		}
		if err != nil {
			return err
		}
		h := sha256.New()
		if _, err := io.Copy(h, io.NewSectionReader(a, t.At, t.Len)); err != nil {
			return err
		}
		if t.Len != n.bytes || !bytes.Equal(h.Sum(nil), n.hash) {
			return refused(ErrChanged, "the segment %s of the log is not the one that was closed", n.name())
		}
		found++
		return nil
	}); err != nil {
		return err
	}
	if found != len(a.Manifest.Segments) {
		return refused(ErrChanged, "it holds other segments of the log than its rows name")
	}
	return nil
}

// WriteSegments writes the closed segments of a backup into the directory dir,
// durably. It is not made where there are none.
func (a *Archive) WriteSegments(ctx context.Context, dir string) error {
	if len(a.Manifest.Segments) == 0 {
		return nil
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return unrestored(err)
	}
	for _, s := range a.Manifest.Segments {
		if err := ctx.Err(); err != nil {
			return unrestored(err)
		}
		t, err := a.segment(s.Name)
		if err != nil {
			return err
		}
		f, err := os.OpenFile(filepath.Join(dir, t.Name), os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o400)
		if err != nil {
			return unrestored(err)
		}
		_, err = io.Copy(f, io.NewSectionReader(a, t.At, t.Len))
		if err := errors.Join(err, f.Sync(), f.Close()); err != nil {
			return unrestored(err)
		}
	}
	return db.SyncDir(dir)
}
