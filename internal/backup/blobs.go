package backup

import (
	"bufio"
	"context"
	"encoding/binary"
	"errors"
	"io"

	"caseward/internal/blob"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// A document in a backup is its name, one byte that says whether it is inside,
// and if it is, its bytes in pieces with their length before each; a piece of no
// length ends them. Documents are sealed already, under the client's key.
const (
	nameSize  = 32
	inside    = 'i'
	elsewhere = 'e' // in a bucket, which is not copied
	missing   = 'm' // not where it should be
	pieceSize = 256 << 10
)

// copyBlobs adds the documents that a snapshot needs.
func copyBlobs(ctx context.Context, src Source, names []string, s *sealer, m *Manifest) error {
	m.BlobsAt, m.Included = s.at, src.Include
	piece := make([]byte, pieceSize)
	for _, name := range names {
		if err := ctx.Err(); err != nil {
			return fault.Unavailablef("backup.make", err, "the backup was broken off; nothing of it was kept")
		}
		if len(name) != nameSize {
			return fault.Unavailablef("backup.make", nil, "a document has a name that none has; run caseward audit verify")
		}
		if !src.Include {
			m.Elsewhere++
			if _, err := s.Write(append([]byte(name), elsewhere)); err != nil {
				return err
			}
			continue
		}
		in, err := src.Blobs.Read(ctx, name, 0, -1)
		if blob.Gone(err) {
			// A client erased meanwhile takes their documents along.
			needed, err := stillNeeded(ctx, src.DB, name)
			if err != nil {
				return err
			}
			if needed {
				m.Missing = append(m.Missing, name)
				if _, err := s.Write(append([]byte(name), missing)); err != nil {
					return err
				}
			}
			continue
		}
		if err != nil {
			return err
		}
		err = copyBlob(s, m, name, in, piece)
		if err := errors.Join(err, in.Close()); err != nil {
			return err
		}
	}
	m.BlobsEnd = s.at
	return nil
}

func copyBlob(s *sealer, m *Manifest, name string, in io.Reader, piece []byte) error {
	if _, err := s.Write(append([]byte(name), inside)); err != nil {
		return err
	}
	for {
		n, err := io.ReadFull(in, piece)
		if n > 0 {
			if _, err := s.Write(binary.BigEndian.AppendUint32(nil, uint32(n))); err != nil {
				return err
			}
			if _, err := s.Write(piece[:n]); err != nil {
				return err
			}
			m.BlobBytes += int64(n)
		}
		if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
			m.Blobs++
			_, err := s.Write(make([]byte, 4))
			return err
		}
		if err != nil {
			return fault.Unavailablef("backup.make", err, "a stored document cannot be read to its end; nothing was kept")
		}
	}
}

// stillNeeded reports whether a document is still to be there.
func stillNeeded(ctx context.Context, d *db.DB, name string) (bool, error) {
	var n int64
	if err := d.QueryRow(ctx, `SELECT count(*) FROM blob WHERE name = $1 AND kept_at > 0 AND gone_at = 0`, name).Scan(&n); err != nil {
		return false, fault.Unavailablef("backup.make", err, "cannot read the database")
	}
	return n > 0, nil
}

// eachBlob hands over the documents of a backup in order. in is nil for one that
// is not inside, and is read to its end before the next.
func (a *Archive) eachBlob(ctx context.Context, each func(name string, kind byte, in io.Reader) error) error {
	m := &a.Manifest
	odd := func() error { return refused(ErrChanged, "its documents cannot be told apart") }
	if m.BlobsAt < 0 || m.BlobsEnd < m.BlobsAt || m.BlobsEnd > a.length {
		return odd()
	}
	r := bufio.NewReaderSize(io.NewSectionReader(a, m.BlobsAt, m.BlobsEnd-m.BlobsAt), pieceSize)
	head := make([]byte, nameSize+1)
	for {
		if err := ctx.Err(); err != nil {
			return fault.Unavailablef("backup.read", err, "it was broken off")
		}
		_, err := io.ReadFull(r, head)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if errors.Is(err, io.ErrUnexpectedEOF) {
			return odd()
		}
		if err != nil {
			return err
		}
		name, kind := string(head[:nameSize]), head[nameSize]
		if kind != inside {
			if err := each(name, kind, nil); err != nil {
				return err
			}
			continue
		}
		p := &pieces{r: r}
		if err := each(name, kind, p); err != nil {
			return err
		}
		if _, err := io.Copy(io.Discard, p); err != nil {
			return err
		}
	}
}

// pieces reads one document.
type pieces struct {
	r    *bufio.Reader
	left uint32
	end  bool
}

func (p *pieces) Read(b []byte) (int, error) {
	for p.left == 0 {
		if p.end {
			return 0, io.EOF
		}
		var n [4]byte
		if _, err := io.ReadFull(p.r, n[:]); err != nil {
			return 0, cut(err)
		}
		p.left = binary.BigEndian.Uint32(n[:])
		p.end = p.left == 0
	}
	n, err := p.r.Read(b[:min(len(b), int(p.left))])
	p.left -= uint32(n)
	return n, cut(err)
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refused(ErrChanged, "a document in it has no end")
	}
	return err
}
