// Package blob keeps opaque objects: in a directory of this machine or in an
// S3-compatible bucket. What it is given is sealed already; it never sees
// plaintext, a key or who asks.
//
// An object is there whole or not at all: a directory's is written beside,
// synced and renamed, and a bucket's is finished in one step. Objects have random
// names and are never changed.
//
// To start: Open; then Create, Read, Delete.
package blob

import (
	"context"
	"crypto/rand"
	"encoding/base32"
	"errors"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"regexp"

	"caseward/internal/bucket"
	"caseward/internal/durable"
	"caseward/internal/fault"
)

// Store is where objects are.
type Store struct {
	dir    string         // of a directory
	bucket *bucket.Bucket // or a bucket
}

// Open opens what a URL names: file:///path, or s3://name?region=… as package
// bucket reads it. A directory that is not there is made.
func Open(location string) (*Store, error) {
	const op = "blob.open"
	u, err := url.Parse(location)
	if err != nil {
		return nil, fault.Invalidf(op, "the URL of the documents cannot be read")
	}
	switch u.Scheme {
	case "file":
		return Dir(filepath.FromSlash(u.Path))
	case "s3":
		b, err := bucket.Open(location)
		if err != nil {
			return nil, err
		}
		return &Store{bucket: b}, nil
	}
	return nil, fault.Invalidf(op, "the URL of the documents must begin with file:// or s3://")
}

// Dir opens a directory, and makes it if it is not there.
func Dir(path string) (*Store, error) {
	const op = "blob.open"
	if path == "" || !filepath.IsAbs(path) {
		return nil, fault.Invalidf(op, "the directory of the documents must be a whole path")
	}
	if err := durable.MkdirAll(path, 0o700); err != nil {
		return nil, fault.Unavailablef(op, err, "cannot make the directory of the documents")
	}
	return &Store{dir: path}, nil
}

// Close lets go of a bucket.
func (s *Store) Close() error {
	if s.bucket != nil {
		s.bucket.Close()
	}
	return nil
}

var letters = base32.NewEncoding("abcdefghijklmnopqrstuvwxyz234567").WithPadding(base32.NoPadding)

// NewName makes a random name.
func NewName() string {
	var b [20]byte
	_, _ = rand.Read(b[:])
	return letters.EncodeToString(b[:])
}

var named = regexp.MustCompile(`^[a-z2-7]{32}$`)

// ErrName is the answer to a name NewName did not make.
var ErrName = &fault.Error{Kind: fault.Invalid, Op: "blob.name", Why: "this is not the name of an object"}

// errGone is the answer where an object is not there.
func errGone(op string, err error) error {
	return fault.Unavailablef(op, err, "a stored document is missing")
}

// Gone reports whether a read failed because the object is not there.
func Gone(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || bucket.Missing(err)
}

// path spreads objects over directories of the first two letters.
func (s *Store) path(name string) string { return filepath.Join(s.dir, name[:2], name) }

// Writer writes one object. Exactly one of Commit and Abort ends it.
type Writer struct {
	s      *Store
	name   string
	file   *os.File
	object *bucket.Writer
}

// Create begins an object.
func (s *Store) Create(ctx context.Context, name string) (*Writer, error) {
	const op = "blob.create"
	if !named.MatchString(name) {
		return nil, ErrName
	}
	if s.bucket != nil {
		return &Writer{s: s, name: name, object: s.bucket.Create(ctx, "blobs/"+name)}, nil
	}
	dir := filepath.Dir(s.path(name))
	if err := os.Mkdir(dir, 0o700); err != nil && !errors.Is(err, fs.ErrExist) {
		return nil, fault.Unavailablef(op, err, "a document cannot be stored")
	}
	f, err := os.OpenFile(s.path(name)+part, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o600)
	if err != nil {
		return nil, fault.Unavailablef(op, err, "a document cannot be stored")
	}
	return &Writer{s: s, name: name, file: f}, nil
}

// part ends the name of an object that is being written.
const part = ".part"

// Write adds to the object.
func (w *Writer) Write(p []byte) (int, error) {
	if w.file != nil {
		return w.file.Write(p)
	}
	return w.object.Write(p)
}

// Commit ends the object and returns when it is durable.
func (w *Writer) Commit() error {
	const op = "blob.commit"
	if w.file == nil {
		if err := w.object.Commit(); err != nil {
			return fault.Unavailablef(op, err, "a document cannot be stored")
		}
		return nil
	}
	path := w.s.path(w.name)
	err := errors.Join(w.file.Sync(), w.file.Close())
	if err == nil {
		err = os.Rename(path+part, path)
	}
	if err == nil {
		err = durable.SyncDir(filepath.Dir(path))
	}
	if err == nil {
		// Whoever made that directory, of another server too, may not have come so far.
		err = durable.SyncDir(w.s.dir)
	}
	if err != nil {
		_ = os.Remove(path + part)
		return fault.Unavailablef(op, err, "a document cannot be stored")
	}
	return nil
}

// Abort ends the object and keeps nothing of it.
func (w *Writer) Abort() {
	if w.file != nil {
		_ = w.file.Close()
		_ = os.Remove(w.s.path(w.name) + part)
		return
	}
	w.object.Abort()
}

// Read returns length bytes of an object from offset on, or to its end where
// length is negative. The caller closes it.
func (s *Store) Read(ctx context.Context, name string, offset, length int64) (io.ReadCloser, error) {
	const op = "blob.read"
	if !named.MatchString(name) {
		return nil, ErrName
	}
	if s.bucket != nil {
		r, err := s.bucket.Get(ctx, "blobs/"+name, offset, length)
		if bucket.Missing(err) {
			return nil, errGone(op, err)
		}
		if err != nil {
			return nil, fault.Unavailablef(op, err, "a document cannot be read")
		}
		return r, nil
	}
	f, err := os.Open(s.path(name))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, errGone(op, err)
	}
	if err == nil {
		_, err = f.Seek(offset, io.SeekStart)
	}
	if err != nil {
		return nil, fault.Unavailablef(op, err, "a document cannot be read")
	}
	if length < 0 {
		return f, nil
	}
	return struct {
		io.Reader
		io.Closer
	}{io.LimitReader(f, length), f}, nil
}

// Delete removes an object, and what was written of it before it was whole. One
// that is not there is no error.
func (s *Store) Delete(ctx context.Context, name string) error {
	const op = "blob.delete"
	if !named.MatchString(name) {
		return ErrName
	}
	if s.bucket != nil {
		if err := s.bucket.Delete(ctx, "blobs/"+name); err != nil {
			return fault.Unavailablef(op, err, "a document cannot be deleted")
		}
		return nil
	}
	for _, path := range []string{s.path(name), s.path(name) + part} {
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fault.Unavailablef(op, err, "a document cannot be deleted")
		}
	}
	dir := filepath.Dir(s.path(name))
	if err := durable.SyncDir(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fault.Unavailablef(op, err, "a document cannot be deleted")
	}
	return nil
}
