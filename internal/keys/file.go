package keys

import (
	"bytes"
	"context"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"time"

	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// FileName is the name of the sealed key file in the data directory.
const FileName = "caseward.key"

// iterations is the cost of turning a passphrase into a key: PBKDF2 because it
// is the approved function (SP 800-132), 600,000 because that is today's floor
// for SHA-256.
const iterations = 600_000

// MinPassphrase is the least length of a passphrase in bytes.
const MinPassphrase = 15

// File keeps key-encryption keys in one file, sealed under a passphrase.
type File struct {
	path       string
	passphrase []byte

	mu   sync.RWMutex
	keks []kek // oldest first; the last is current
}

type kek struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Key       []byte    `json:"key"`
}

// sealed is the file's form on disk.
type sealed struct {
	Format     string `json:"format"`
	KDF        string `json:"kdf"`
	Iterations int    `json:"iterations"`
	Salt       []byte `json:"salt"`
	Body       []byte `json:"body"`
}

const fileFormat = "caseward-keys/1"

// CreateFile makes a key file in dir with one key. It refuses to replace one.
func CreateFile(dir string, passphrase []byte, c clock.Clock) (*File, error) {
	if len(passphrase) < MinPassphrase {
		return nil, fault.Invalidf("keys.create", "the passphrase needs at least %d characters", MinPassphrase)
	}
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err == nil {
		return nil, fault.Conflictf("keys.create", "a key file is already there; it was left as it is")
	}
	f := &File{path: path, passphrase: bytes.Clone(passphrase)}
	f.keks = []kek{newKEK(c)}
	return f, f.save()
}

// OpenFile opens the key file in dir.
func OpenFile(dir string, passphrase []byte) (*File, error) {
	return OpenCopy(filepath.Join(dir, FileName), passphrase)
}

// OpenCopy opens a key file that lies elsewhere, as the copy that is kept apart.
func OpenCopy(path string, passphrase []byte) (*File, error) {
	f := &File{path: path, passphrase: bytes.Clone(passphrase)}
	var err error
	if f.keks, err = f.load(); err != nil {
		return nil, err
	}
	return f, nil
}

// load reads the keys that the file holds now.
func (f *File) load() ([]kek, error) {
	b, err := os.ReadFile(f.path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Invalidf("keys.open", "no key file in the data directory; run caseward init first")
	}
	if err != nil {
		return nil, fault.Unavailablef("keys.open", err, "cannot read the key file")
	}
	var s sealed
	if err := json.Unmarshal(b, &s); err != nil || s.Format != fileFormat || s.KDF != "pbkdf2-sha256" || s.Iterations < 1000 || s.Iterations > 100_000_000 {
		return nil, fault.Invalidf("keys.open", "the key file is damaged or of another version; restore it from its copy")
	}
	aead, err := passphraseCipher(f.passphrase, s.Salt, s.Iterations)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, s.Body, []byte(fileFormat))
	if err != nil {
		return nil, fault.Invalidf("keys.open", "the passphrase does not open the key file")
	}
	var keks []kek
	if err := json.Unmarshal(plain, &keks); err != nil || len(keks) == 0 {
		return nil, fault.Invalidf("keys.open", "the key file holds no key")
	}
	return keks, nil
}

func passphraseCipher(passphrase, salt []byte, n int) (interface {
	Open(dst, nonce, ciphertext, additionalData []byte) ([]byte, error)
	Seal(dst, nonce, plaintext, additionalData []byte) []byte
}, error) {
	k, err := pbkdf2.Key(sha256.New, string(passphrase), salt, n, Size)
	if err != nil {
		return nil, fault.Unavailablef("keys.open", err, "cannot derive the key")
	}
	return gcm(k)
}

func newKEK(c clock.Clock) kek {
	return kek{ID: "k" + hex.EncodeToString(Random(6)), CreatedAt: c.Now(), Key: Random(Size)}
}

// save writes the file durably: a new file beside it, synced, renamed over it.
func (f *File) save() error {
	plain, err := json.Marshal(f.keks)
	if err != nil {
		return err
	}
	s := sealed{Format: fileFormat, KDF: "pbkdf2-sha256", Iterations: iterations, Salt: Random(16)}
	aead, err := passphraseCipher(f.passphrase, s.Salt, s.Iterations)
	if err != nil {
		return err
	}
	s.Body = aead.Seal(nil, nil, plain, []byte(fileFormat))
	b, err := json.MarshalIndent(s, "", "  ")
	if err != nil {
		return err
	}
	fail := func(err error) error {
		return fault.Unavailablef("keys.save", err, "the key file could not be written; the old one stands")
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), ".key-*") // mode 0600
	if err != nil {
		return fail(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(append(b, '\n'))
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fail(err)
	}
	if err := os.Rename(tmp.Name(), f.path); err != nil {
		return fail(err)
	}
	return db.SyncDir(filepath.Dir(f.path))
}

// Info is what may be told of a key-encryption key.
type Info struct {
	ID        string
	CreatedAt time.Time
	Current   bool
}

// Keys lists the keys, oldest first.
func (f *File) Keys() []Info {
	f.mu.RLock()
	defer f.mu.RUnlock()
	out := make([]Info, len(f.keks))
	for i, k := range f.keks {
		out[i] = Info{k.ID, k.CreatedAt, i == len(f.keks)-1}
	}
	return out
}

// Rotate adds a key and makes it current. Older keys stay until nothing is
// wrapped by them and Forget removes them.
func (f *File) Rotate(c clock.Clock) (Info, error) {
	// What another process added since must not be written over.
	if err := f.reload(); err != nil {
		return Info{}, fault.Unavailablef("keys.rotate", err, "the key file could not be read anew; nothing was changed")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	k := newKEK(c)
	f.keks = append(f.keks, k)
	if err := f.save(); err != nil {
		f.keks = f.keks[:len(f.keks)-1]
		return Info{}, err
	}
	return Info{k.ID, k.CreatedAt, true}, nil
}

// Forget removes a key that is not current. Whatever it still wraps, in a
// backup for instance, can never be opened again.
func (f *File) Forget(id string) error {
	if err := f.reload(); err != nil {
		return fault.Unavailablef("keys.forget", err, "the key file could not be read anew; nothing was changed")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i, k := range f.keks[:len(f.keks)-1] {
		if k.ID == id {
			old := f.keks
			f.keks = append(append([]kek{}, old[:i]...), old[i+1:]...)
			if err := f.save(); err != nil {
				f.keks = old
				return err
			}
			return nil
		}
	}
	return fault.Invalidf("keys.forget", "there is no such key, or it is the current one")
}

// reload takes over the keys that the file holds now.
func (f *File) reload() error {
	keks, err := f.load()
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keks = keks
	return nil
}

// Current is the id of the newest key.
func (f *File) Current() string {
	f.mu.RLock()
	defer f.mu.RUnlock()
	return f.keks[len(f.keks)-1].ID
}

func (f *File) key(id string) []byte {
	f.mu.RLock()
	defer f.mu.RUnlock()
	for _, k := range f.keks {
		if k.ID == id {
			return k.Key
		}
	}
	return nil
}

// Wrap implements [Wrapper].
func (f *File) Wrap(_ context.Context, aad, key []byte) (string, []byte, error) {
	id := f.Current()
	aead, err := gcm(f.key(id))
	if err != nil {
		return "", nil, fault.Unavailablef("keys.wrap", err, "cannot wrap a key")
	}
	return id, aead.Seal(nil, nil, key, append([]byte("caseward/wrap/"+id+"/"), aad...)), nil
}

// Unwrap implements [Wrapper].
func (f *File) Unwrap(_ context.Context, id string, aad, wrapped []byte) ([]byte, error) {
	k := f.key(id)
	if k == nil {
		// Another process may have rotated since this one opened the file.
		if err := f.reload(); err != nil {
			return nil, err
		}
		if k = f.key(id); k == nil {
			return nil, fault.Unavailablef("keys.unwrap", nil, "key %s is not in the key file", id)
		}
	}
	aead, err := gcm(k)
	if err != nil {
		return nil, fault.Unavailablef("keys.unwrap", err, "cannot unwrap a key")
	}
	out, err := aead.Open(nil, nil, wrapped, append([]byte("caseward/wrap/"+id+"/"), aad...))
	if err != nil {
		return nil, fault.Unavailablef("keys.unwrap", err, "a wrapped key was changed or belongs elsewhere")
	}
	return out, nil
}
