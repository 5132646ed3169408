package scan

import (
	"archive/zip"
	"bytes"
	"errors"
	"io"
	"math"
	"path"
	"strings"
)

// Reason says why a file cannot be called clean whatever a scanner says.
type Reason string

// The reasons.
const (
	Encrypted Reason = "encrypted" // nobody can look into it without its password
	TooMuch   Reason = "too_much"  // it unpacks to more than a scanner looks at
	Macro     Reason = "macro"     // it holds a program that runs when it is opened
	Archive   Reason = "archive"   // an archive of a kind that is not looked into, or a damaged one
)

// How far an archive, as office documents are, is looked into. A scanner must be
// set to unpack at least as much: clamd's defaults do.
const (
	maxMembers = 2_000
	maxMember  = 64 << 20  // of one member, unpacked
	maxTotal   = 256 << 20 // of all of them
	maxDepth   = 3
	maxNested  = 16 << 20 // of an archive within, which is held in memory
	// maxDirectory is how much of an archive is read to learn what is in it: the list
	// of members is in memory before it can be counted.
	maxDirectory = 2 << 20
)

// opaque is how archives begin that are not looked into.
var opaque = [][]byte{
	[]byte("7z\xbc\xaf\x27\x1c"), []byte("Rar!\x1a\x07"), {0x1f, 0x8b}, []byte("BZh"), []byte("\xfd7zXZ\x00"), []byte("MSCF"), {0x28, 0xb5, 0x2f, 0xfd}, []byte("LZIP"),
}

// Inspect looks for what keeps a scanner from seeing everything; it is "" if
// nothing does. An error is one of reading r.
func Inspect(r io.ReaderAt, size int64) (Reason, error) {
	l := &look{}
	why, err := l.file(r, size, 0)
	return why, err
}

type look struct {
	members int
	total   int64
}

func (l *look) file(r io.ReaderAt, size int64, depth int) (Reason, error) {
	head := make([]byte, min(size, 1024))
	if _, err := r.ReadAt(head, 0); err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	switch {
	case isZip(head):
		return l.zip(r, size, depth)
	case bytes.HasPrefix(head, []byte("\xd0\xcf\x11\xe0")):
		return Encrypted, nil // an office document of today has this form only if it has a password
	case bytes.Contains(head, []byte("%PDF-")):
		found, err := contains(io.NewSectionReader(r, 0, size), []byte("/Encrypt"))
		if found {
			return Encrypted, err
		}
		return "", err
	case isOpaque(head):
		return Archive, nil
	}
	return "", nil
}

func isZip(head []byte) bool {
	return bytes.HasPrefix(head, []byte("PK\x03\x04")) || bytes.HasPrefix(head, []byte("PK\x05\x06"))
}

func isOpaque(head []byte) bool {
	for _, magic := range opaque {
		if bytes.HasPrefix(head, magic) {
			return true
		}
	}
	return false
}

func (l *look) zip(r io.ReaderAt, size int64, depth int) (Reason, error) {
	if depth >= maxDepth {
		return TooMuch, nil
	}
	watched := &watch{r: r, left: maxDirectory}
	z, err := zip.NewReader(watched, size)
	switch {
	case watched.left < 0:
		return TooMuch, nil
	case watched.err != nil:
		return "", watched.err
	}
	watched.left = math.MaxInt64
	if err != nil {
		return Archive, nil
	}
	if l.members += len(z.File); l.members > maxMembers {
		return TooMuch, nil
	}
	for _, f := range z.File {
		switch {
		case f.Flags&1 != 0:
			return Encrypted, nil
		case strings.EqualFold(path.Base(f.Name), "vbaProject.bin"), strings.HasPrefix(f.Name, "Basic/"), strings.HasPrefix(f.Name, "Scripts/"):
			return Macro, nil
		}
		if why := l.member(f, depth); why != "" || watched.err != nil {
			return why, watched.err
		}
	}
	return "", nil
}

// member unpacks one member and counts: what an archive says of its sizes is not
// believed.
func (l *look) member(f *zip.File, depth int) Reason {
	in, err := f.Open()
	if err != nil {
		return Archive
	}
	defer in.Close()
	head := make([]byte, 1024)
	n, err := io.ReadFull(in, head)
	head = head[:n]
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return Archive
	}
	rest := io.LimitReader(in, min(maxMember, maxTotal-l.total)+1-int64(n))
	if isOpaque(head) {
		return Archive
	}
	if isZip(head) || f.Name == "META-INF/manifest.xml" {
		var b bytes.Buffer
		b.Write(head)
		m, err := io.Copy(&b, io.LimitReader(rest, maxNested+1))
		if l.total += int64(n) + m; b.Len() > maxNested {
			return TooMuch
		}
		if err != nil {
			return Archive
		}
		if !isZip(head) {
			// The encryption of an OpenDocument is in its manifest.
			if bytes.Contains(b.Bytes(), []byte("encryption-data")) {
				return Encrypted
			}
			return ""
		}
		why, err := l.file(bytes.NewReader(b.Bytes()), int64(b.Len()), depth+1)
		if err != nil {
			return Archive
		}
		return why
	}
	m, err := io.Copy(io.Discard, rest)
	l.total += int64(n) + m
	if int64(n)+m > maxMember || l.total > maxTotal {
		return TooMuch
	}
	if err != nil {
		return Archive
	}
	return ""
}

// watch remembers that the file itself could not be read, so that it is not taken
// for a damaged archive. It reads no more than what is left.
type watch struct {
	r    io.ReaderAt
	left int64
	err  error
}

var errEnough = errors.New("more is read than an archive needs")

func (w *watch) ReadAt(p []byte, off int64) (int, error) {
	if w.left -= int64(len(p)); w.left < 0 {
		return 0, errEnough
	}
	n, err := w.r.ReadAt(p, off)
	if err != nil && !errors.Is(err, io.EOF) {
		w.err = err
	}
	return n, err
}

// contains looks for needle across the whole of r.
func contains(r io.Reader, needle []byte) (bool, error) {
	buf := make([]byte, 1<<16)
	keep := 0
	for {
		n, err := io.ReadFull(r, buf[keep:])
		if bytes.Contains(buf[:keep+n], needle) {
			return true, nil
		}
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			return false, nil
		}
		if err != nil {
			return false, err
		}
		keep = copy(buf, buf[keep+n-len(needle)+1:keep+n])
	}
}
