package backup

import (
	"bufio"
	"bytes"
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"caseward/internal/fault"
	"caseward/internal/keys"
)

// Format is the name and version of the file's form.
const Format = "caseward-backup/1"

const (
	magic     = Format + "\n"
	ending    = "caseward-backup-ends-here/1\n" // in clear, so that a cut is told from a change
	chunkSize = 16 << 10
	overhead  = 12 + 16 // nonce and tag of a chunk
	maxHeader = 64 << 10
)

// Header is what a backup says in clear. Whatever is changed in it, nothing
// opens any more.
type Header struct {
	Format  string    `json:"format"`
	ID      string    `json:"id"`      // random name of this backup
	Log     string    `json:"log"`     // name of the agency's log, which tells nothing about the agency
	LogKey  string    `json:"log_key"` // SHA-256 of the log's public key, in hexadecimal
	Made    time.Time `json:"made"`    // when
	Version string    `json:"version"` // of the program that made it
	KEK     string    `json:"kek"`     // id of the key-encryption key that wraps the backup's key
	Wrapped []byte    `json:"wrapped"` // the backup's key, wrapped
}

// fingerprint is how a public key is named in the header.
func fingerprint(key string) string {
	h := sha256.Sum256([]byte(key))
	return hex.EncodeToString(h[:])
}

// wrapAAD binds a backup's key to its backup.
func wrapAAD(id string) []byte { return []byte("backup/" + id) }

// The reasons a file is refused for. Each is an Invalid fault.
var (
	ErrNotBackup = errors.New("this is no backup of Caseward, or its first bytes were changed")
	ErrCut       = errors.New("the backup was cut short: its end is missing")
	ErrChanged   = errors.New("the backup was changed or damaged")
	ErrKey       = errors.New("the key file does not open this backup: it is of another agency, the key was forgotten, or the header was changed")
)

func refused(cause error, why string, args ...any) error {
	return &fault.Error{Kind: fault.Invalid, Op: "backup.open", Why: fmt.Sprintf(why, args...), Err: cause}
}

// cipherOf makes the cipher of a backup from its key. The whole header goes into
// the derivation, so that a changed one opens nothing.
func cipherOf(key, prefix []byte) (cipher.AEAD, error) {
	h := sha256.Sum256(prefix)
	k, err := keys.Derive(key, "backup/1/"+hex.EncodeToString(h[:]), keys.Size)
	if err != nil {
		return nil, err
	}
	b, err := aes.NewCipher(k)
	if err != nil {
		return nil, fault.Unavailablef("backup.key", err, "cannot set up the cipher")
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		return nil, fault.Unavailablef("backup.key", err, "cannot set up the cipher")
	}
	return a, nil
}

// chunkAAD binds a chunk to its place, and to whether it is the last. Which
// backup it is of is in the key.
func chunkAAD(n int64, last bool) []byte {
	b := binary.BigEndian.AppendUint64([]byte("caseward/backup/1/"), uint64(n))
	if last {
		return append(b, 1)
	}
	return append(b, 0)
}

// sealer writes a backup: what is written to it is sealed chunk by chunk.
type sealer struct {
	to     *bufio.Writer
	aead   cipher.AEAD
	plain  []byte
	sealed []byte
	n      int64 // chunks sealed
	at     int64 // bytes written to it
}

// newSealer writes the header and returns what seals all that follows.
func newSealer(ctx context.Context, to io.Writer, h Header, w keys.Wrapper) (*sealer, Header, error) {
	key := keys.Random(keys.Size)
	defer clear(key)
	var err error
	h.Format = Format
	if h.KEK, h.Wrapped, err = w.Wrap(ctx, wrapAAD(h.ID), key); err != nil {
		return nil, h, err
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, h, fault.Unavailablef("backup.make", err, "cannot encode the header")
	}
	prefix := binary.BigEndian.AppendUint32([]byte(magic), uint32(len(text)))
	prefix = append(prefix, text...)
	aead, err := cipherOf(key, prefix)
	if err != nil {
		return nil, h, err
	}
	out := bufio.NewWriterSize(to, 1<<20)
	if _, err := out.Write(prefix); err != nil {
		return nil, h, unwritten(err)
	}
	return &sealer{to: out, aead: aead, plain: make([]byte, 0, chunkSize), sealed: make([]byte, 0, chunkSize+overhead)}, h, nil
}

func unwritten(err error) error {
	return fault.Unavailablef("backup.make", err, "the backup could not be written; nothing of it was kept")
}

// Write implements io.Writer. A full chunk is sealed when something follows it,
// because only then it is known not to be the last.
func (s *sealer) Write(p []byte) (int, error) {
	total := len(p)
	for len(p) > 0 {
		if len(s.plain) == chunkSize {
			if err := s.seal(false); err != nil {
				return 0, err
			}
		}
		n := min(chunkSize-len(s.plain), len(p))
		s.plain = append(s.plain, p[:n]...)
		p = p[n:]
	}
	s.at += int64(total)
	return total, nil
}

func (s *sealer) seal(last bool) error {
	s.sealed = s.aead.Seal(s.sealed[:0], nil, s.plain, chunkAAD(s.n, last))
	if _, err := s.to.Write(s.sealed); err != nil {
		return unwritten(err)
	}
	s.n++
	clear(s.plain)
	s.plain = s.plain[:0]
	return nil
}

// end seals what is left as the last chunk.
func (s *sealer) end() error {
	if err := s.seal(true); err != nil {
		return err
	}
	if _, err := s.to.WriteString(ending); err != nil {
		return unwritten(err)
	}
	if err := s.to.Flush(); err != nil {
		return unwritten(err)
	}
	return nil
}

// Archive is an open backup. It is safe for concurrent use.
type Archive struct {
	Header   Header
	Manifest Manifest
	Size     int64 // of the file, in bytes

	file   io.ReaderAt
	close  func() error
	aead   cipher.AEAD
	first  int64 // where the first chunk begins
	chunks int64
	length int64 // of what is inside

	mu       sync.Mutex
	new, old map[int64][]byte // opened chunks: used lately, and before that
	buf      [chunkSize + overhead]byte
}

// cached is how many opened chunks each half of the cache has: 16 MiB.
const cached = 1024

// ReadHeader reads what a backup says in clear, which is not proved by anything
// yet.
func ReadHeader(path string) (Header, error) {
	f, err := os.Open(path)
	if err != nil {
		return Header{}, fault.Invalidf("backup.open", "the backup cannot be opened: %s", short(err))
	}
	defer f.Close()
	h, _, err := readHeader(f)
	return h, err
}

// short is the cause of a failure with a file, without its name.
func short(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

func readHeader(f io.ReaderAt) (Header, []byte, error) {
	head := make([]byte, len(magic)+4)
	if _, err := f.ReadAt(head, 0); err != nil || !bytes.HasPrefix(head, []byte(magic)) {
		return Header{}, nil, refused(ErrNotBackup, "")
	}
	n := binary.BigEndian.Uint32(head[len(magic):])
	if n == 0 || n > maxHeader {
		return Header{}, nil, refused(ErrChanged, "in its header")
	}
	text := make([]byte, n)
	if _, err := f.ReadAt(text, int64(len(head))); err != nil {
		return Header{}, nil, refused(ErrCut, "")
	}
	var h Header
	if err := json.Unmarshal(text, &h); err != nil || h.Format != Format {
		return Header{}, nil, refused(ErrChanged, "in its header")
	}
	return h, append(head, text...), nil
}

// Open opens a backup with the keys of the key file. It reads the header and the
// end; [Archive.Check] reads the rest.
func Open(ctx context.Context, path string, w keys.Wrapper) (*Archive, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fault.Invalidf("backup.open", "the backup cannot be opened: %s", short(err))
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = errors.New("it is not a file")
	}
	if err != nil {
		_ = f.Close()
		return nil, fault.Invalidf("backup.open", "the backup cannot be opened: %s", short(err))
	}
	a, err := open(ctx, f, info.Size(), w)
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	a.close = f.Close
	return a, nil
}

func open(ctx context.Context, f io.ReaderAt, size int64, w keys.Wrapper) (*Archive, error) {
	h, prefix, err := readHeader(f)
	if err != nil {
		return nil, err
	}
	key, err := w.Unwrap(ctx, h.KEK, wrapAAD(h.ID), h.Wrapped)
	if err != nil {
		return nil, refused(ErrKey, "it says that it was made under key %q for the log %q", h.KEK, h.Log)
	}
	defer clear(key)
	a := &Archive{Header: h, Size: size, file: f, first: int64(len(prefix)), new: map[int64][]byte{}, close: func() error { return nil }}
	if a.aead, err = cipherOf(key, prefix); err != nil {
		return nil, err
	}
	if err := a.measure(); err != nil {
		return nil, err
	}
	return a, a.readManifest()
}

// measure finds how many chunks there are, and whether the end is the end.
func (a *Archive) measure() error {
	const whole = chunkSize + overhead
	body := a.Size - a.first - int64(len(ending))
	tail := make([]byte, len(ending))
	if body < overhead {
		return refused(ErrCut, "")
	}
	if _, err := a.file.ReadAt(tail, a.Size-int64(len(ending))); err != nil {
		return fault.Unavailablef("backup.open", nil, "the backup cannot be read: %s", short(err))
	}
	if string(tail) != ending {
		// Of a file that was only changed there, what comes before is whole.
		if near(tail) {
			return refused(ErrChanged, "at its end")
		}
		return refused(ErrCut, "")
	}
	a.chunks = (body + whole - 1) / whole
	last := body - (a.chunks-1)*whole
	if last < overhead {
		return refused(ErrCut, "")
	}
	a.length = (a.chunks-1)*chunkSize + last - overhead
	return nil
}

// near reports whether b is the ending with some bytes changed.
func near(b []byte) bool {
	same := 0
	for i := range b {
		if b[i] == ending[i] {
			same++
		}
	}
	return same > len(ending)/2
}

// sealedAt is where chunk n lies in the file and how long it is.
func (a *Archive) sealedAt(n int64) (at int64, size int) {
	at = a.first + n*(chunkSize+overhead)
	return at, int(min(chunkSize+overhead, a.Size-int64(len(ending))-at))
}

// unseal opens chunk n, whose sealed bytes are given, into dst.
func (a *Archive) unseal(dst, sealed []byte, n int64) ([]byte, error) {
	plain, err := a.aead.Open(dst[:0], nil, sealed, chunkAAD(n, n == a.chunks-1))
	if err == nil {
		return plain, nil
	}
	if n == a.chunks-1 {
		if _, err := a.aead.Open(nil, nil, sealed, chunkAAD(n, false)); err == nil {
			return nil, refused(ErrCut, "")
		}
	}
	return nil, refused(ErrChanged, "part %d of %d does not open", n+1, a.chunks)
}

// ReadAt reads what is inside, as it was before it was sealed.
func (a *Archive) ReadAt(p []byte, off int64) (total int, err error) {
	if off < 0 || off > a.length {
		return 0, io.EOF
	}
	for len(p) > 0 {
		if off == a.length {
			return total, io.EOF
		}
		c, err := a.at(off / chunkSize)
		if err != nil {
			return total, err
		}
		n := copy(p, c[off%chunkSize:])
		p, off, total = p[n:], off+int64(n), total+n
	}
	return total, nil
}

// at returns chunk n, opened.
func (a *Archive) at(n int64) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if c := a.new[n]; c != nil {
		return c, nil
	}
	c := a.old[n]
	if c == nil {
		at, size := a.sealedAt(n)
		sealed := a.buf[:size]
		if _, err := a.file.ReadAt(sealed, at); err != nil {
			return nil, fault.Unavailablef("backup.open", nil, "the backup cannot be read: %s", short(err))
		}
		var err error
		if c, err = a.unseal(make([]byte, 0, chunkSize), sealed, n); err != nil {
			return nil, err
		}
	}
	if len(a.new) >= cached {
		a.old, a.new = a.new, map[int64][]byte{}
	}
	a.new[n] = c
	return c, nil
}

// whole opens every chunk once, in order.
func (a *Archive) whole(ctx context.Context) error {
	r := bufio.NewReaderSize(io.NewSectionReader(a.file, a.first, a.Size-a.first), 1<<20)
	plain, buf := make([]byte, 0, chunkSize), make([]byte, chunkSize+overhead)
	for n := range a.chunks {
		if err := ctx.Err(); err != nil {
			return fault.Unavailablef("backup.check", err, "the check was broken off")
		}
		_, size := a.sealedAt(n)
		if _, err := io.ReadFull(r, buf[:size]); err != nil {
			return fault.Unavailablef("backup.open", nil, "the backup cannot be read: %s", short(err))
		}
		if _, err := a.unseal(plain, buf[:size], n); err != nil {
			return err
		}
	}
	return nil
}

// Close closes the file.
func (a *Archive) Close() error {
	a.mu.Lock()
	a.new, a.old = map[int64][]byte{}, nil
	a.mu.Unlock()
	return a.close()
}
