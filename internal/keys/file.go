package keys

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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

// File keeps key-encryption keys in one file. They are sealed under a key that is
// new each time the file is written; each slot holds that key for whoever has the
// slot's secret. Nobody waits for another machine once the file is open.
type File struct {
	path string

	mu      sync.RWMutex
	unlock  Unlock
	keks    []kek // oldest first; the last is current
	slots   []slot
	secrets map[string][]byte // by slot, of those that were opened or made here
	by      string            // the slot that opened the file
	read    [sha256.Size]byte // of the file as it was last read or written
}

type kek struct {
	ID        string    `json:"id"`
	CreatedAt time.Time `json:"created_at"`
	Key       []byte    `json:"key"`
}

// sealed is the file's form on disk. The first form had no slots: its body was
// sealed under the passphrase itself. It is still read, and written as the second
// at its next change.
type sealed struct {
	Format     string `json:"format"`
	KDF        string `json:"kdf,omitempty"`
	Iterations int    `json:"iterations,omitempty"`
	Salt       []byte `json:"salt,omitempty"`
	Slots      []slot `json:"slots,omitempty"`
	// Current is a hash of the newest key's id: a process that can open the file no more
	// still learns that it must not wrap by an older one.
	Current []byte `json:"current,omitempty"`
	Body    []byte `json:"body"`
}

const (
	firstFormat = "caseward-keys/1"
	fileFormat  = "caseward-keys/2"
	maxSlots    = 32
)

// CreateFile makes a key file in dir with one key, which the passphrase opens. It
// refuses to replace one.
func CreateFile(dir string, passphrase []byte, c clock.Clock) (*File, error) {
	path := filepath.Join(dir, FileName)
	if _, err := os.Stat(path); err == nil {
		return nil, fault.Conflictf("keys.create", "a key file is already there; it was left as it is")
	}
	s, secret, err := passphraseSlot(passphrase, c.Now())
	if err != nil {
		return nil, err
	}
	f := &File{path: path, unlock: Unlock{Passphrase: bytes.Clone(passphrase)}, by: s.ID, slots: []slot{s}, secrets: map[string][]byte{s.ID: secret}}
	f.keks = []kek{newKEK(c)}
	return f, f.save()
}

// OpenFile opens the key file in dir.
func OpenFile(dir string, passphrase []byte) (*File, error) {
	return OpenCopy(filepath.Join(dir, FileName), passphrase)
}

// OpenCopy opens a key file that lies elsewhere, as the copy that is kept apart.
func OpenCopy(path string, passphrase []byte) (*File, error) {
	return Open(context.Background(), path, Unlock{Passphrase: passphrase})
}

// Open opens a key file with what u has.
func Open(ctx context.Context, path string, u Unlock) (*File, error) {
	u.Passphrase = bytes.Clone(u.Passphrase)
	f := &File{path: path, unlock: u, secrets: map[string][]byte{}}
	if err := f.reload(ctx, u.KMS != nil); err != nil {
		return nil, err
	}
	return f, nil
}

// parse reads the form of a key file and opens nothing.
func parse(b []byte) (sealed, error) {
	var s sealed
	ok := json.Unmarshal(b, &s) == nil
	switch s.Format {
	case firstFormat:
		ok = ok && s.KDF == kdf && costs(s.Iterations)
	case fileFormat:
		ok = ok && len(s.Slots) > 0 && len(s.Slots) <= maxSlots
		for _, x := range s.Slots {
			ok = ok && x.whole()
		}
	default:
		ok = false
	}
	if !ok {
		return sealed{}, fault.Invalidf("keys.open", "the key file is damaged or of another version; restore it from its copy")
	}
	return s, nil
}

func costs(n int) bool { return n >= 1000 && n <= 100_000_000 }

func readFile(path string) ([]byte, error) {
	b, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fault.Invalidf("keys.open", "no key file in the data directory; run caseward init first")
	}
	if err != nil {
		return nil, fault.Unavailablef("keys.open", err, "cannot read the key file")
	}
	return b, nil
}

// reload takes over what the file holds now. What this process opened or made
// before is used first, so that neither a passphrase is derived nor a service asked
// again; ask says whether one may be.
func (f *File) reload(ctx context.Context, ask bool) error {
	b, err := readFile(f.path)
	if err != nil {
		return err
	}
	s, err := parse(b)
	if err != nil {
		return err
	}
	f.mu.RLock()
	u := f.unlock
	known := make(map[string][]byte, len(f.secrets))
	for id, secret := range f.secrets {
		known[id] = secret
	}
	f.mu.RUnlock()
	var o opened
	if s.Format == firstFormat {
		o, err = openFirst(s, u.Passphrase)
	} else {
		o, err = u.open(ctx, s, known, ask)
	}
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.keks, f.slots, f.by, f.read = o.keks, s.Slots, o.by, sha256.Sum256(b)
	if o.by != "" {
		f.secrets[o.by] = o.secret
	}
	return nil
}

// opened is what came out of a file, and through which slot.
type opened struct {
	keks   []kek
	by     string
	secret []byte
}

func ring(plain []byte) ([]kek, error) {
	var keks []kek
	if err := json.Unmarshal(plain, &keks); err != nil || len(keks) == 0 {
		return nil, fault.Invalidf("keys.open", "the key file holds no key")
	}
	return keks, nil
}

// openFirst opens a file of the first form.
func openFirst(s sealed, passphrase []byte) (o opened, err error) {
	if passphrase == nil {
		return o, errNothing([]slot{{Kind: Passphrase}})
	}
	k, err := stretch(passphrase, s.Salt, s.Iterations)
	if err != nil {
		return o, err
	}
	aead, err := gcm(k)
	if err != nil {
		return o, fault.Unavailablef("keys.open", err, "cannot open the key file")
	}
	plain, err := aead.Open(nil, nil, s.Body, []byte(firstFormat))
	if err != nil {
		return o, errPassphrase
	}
	o.keks, err = ring(plain)
	return o, err
}

var errPassphrase = fault.Invalidf("keys.open", "the passphrase does not open the key file")

func newKEK(c clock.Clock) kek {
	return kek{ID: "k" + hex.EncodeToString(Random(6)), CreatedAt: c.Now(), Key: Random(Size)}
}

// bound is what the body is bound to: every slot as it stands in the file, so that
// none can be taken from, added to or exchanged in it.
func bound(slots []slot, current []byte) ([]byte, error) {
	b, err := json.Marshal(slots)
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(b)
	return append(append([]byte(fileFormat+"/"), sum[:]...), current...), nil
}

// seal makes the file's bytes: a new file key, held by each slot.
func seal(keks []kek, slots []slot) ([]byte, error) {
	plain, err := json.Marshal(keks)
	if err != nil {
		return nil, err
	}
	key := Random(Size)
	for i := range slots {
		if err := slots[i].hold(key); err != nil {
			return nil, err
		}
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	current := newest(keks[len(keks)-1].ID)
	aad, err := bound(slots, current)
	if err != nil {
		return nil, err
	}
	b, err := json.MarshalIndent(sealed{Format: fileFormat, Slots: slots, Current: current, Body: aead.Seal(nil, nil, plain, aad)}, "", "  ")
	return append(b, '\n'), err
}

// save writes the file durably: a new file beside it, synced, renamed over it, once
// it was read back and opened by every secret that is known here.
func (f *File) save() error {
	fail := func(err error) error {
		return fault.Unavailablef("keys.save", err, "the key file could not be written; the old one stands")
	}
	slots := slices.Clone(f.slots)
	b, err := seal(f.keks, slots)
	if err != nil {
		return fail(err)
	}
	tmp, err := os.CreateTemp(filepath.Dir(f.path), ".key-*") // mode 0600
	if err != nil {
		return fail(err)
	}
	defer os.Remove(tmp.Name())
	_, err = tmp.Write(b)
	if err := errors.Join(err, tmp.Sync(), tmp.Close()); err != nil {
		return fail(err)
	}
	if err := f.proved(tmp.Name()); err != nil {
		return fail(err)
	}
	if err := os.Rename(tmp.Name(), f.path); err != nil {
		return fail(err)
	}
	f.slots, f.read = slots, sha256.Sum256(b)
	return db.SyncDir(filepath.Dir(f.path))
}

// proved opens what was written with each secret that is known.
func (f *File) proved(path string) error {
	b, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	s, err := parse(b)
	if err != nil {
		return err
	}
	n := 0
	for _, x := range s.Slots {
		if secret := f.secrets[x.ID]; secret != nil {
			keks, err := s.through(x, secret)
			if err != nil {
				return err
			}
			if keks[len(keks)-1].ID != f.keks[len(f.keks)-1].ID {
				return errors.New("another key came out than went in")
			}
			n++
		}
	}
	if n == 0 {
		return errors.New("nothing that is known here opens it")
	}
	return nil
}

// lockName is beside the key file while it is changed.
const lockName = ".lock"

// change makes one change of the file. What another process changed meanwhile must
// not be written over: a key that was lost so could not be had again.
func (f *File) change(op string, now time.Time, fn func() error) (err error) {
	lock, err := os.OpenFile(f.path+lockName, os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fault.Conflictf(op, "the key file is being changed by another command; if none runs, one was broken off: remove %s and try again", filepath.Base(f.path)+lockName)
	}
	if err != nil {
		return fault.Unavailablef(op, err, "the key file could not be written; nothing was changed")
	}
	defer func() { err = errors.Join(err, os.Remove(lock.Name())) }()
	if err := lock.Close(); err != nil {
		return fault.Unavailablef(op, err, "the key file could not be written; nothing was changed")
	}
	if err := f.reload(context.Background(), false); err != nil {
		return fault.Unavailablef(op, err, "the key file could not be read anew; nothing was changed")
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	keks, slots, by, unlock := slices.Clone(f.keks), slices.Clone(f.slots), f.by, f.unlock
	err = func() error {
		if len(f.slots) == 0 {
			// A file of the first form becomes one of the second.
			s, secret, err := passphraseSlot(f.unlock.Passphrase, now)
			if err != nil {
				return err
			}
			f.slots, f.by, f.secrets[s.ID] = []slot{s}, s.ID, secret
		}
		if err := fn(); err != nil {
			return err
		}
		if len(f.slots) > maxSlots {
			return fault.Invalidf(op, "the key file has no room for more than %d slots", maxSlots)
		}
		return f.save()
	}()
	if err != nil {
		f.keks, f.slots, f.by, f.unlock = keks, slots, by, unlock
	}
	return err
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
	k := newKEK(c)
	err := f.change("keys.rotate", c.Now(), func() error {
		f.keks = append(slices.Clone(f.keks), k)
		return nil
	})
	if err != nil {
		return Info{}, err
	}
	return Info{k.ID, k.CreatedAt, true}, nil
}

// Forget removes a key that is not current. Whatever it still wraps, in a
// backup for instance, can never be opened again.
func (f *File) Forget(c clock.Clock, id string) error {
	return f.change("keys.forget", c.Now(), func() error {
		i := slices.IndexFunc(f.keks, func(k kek) bool { return k.ID == id })
		if i < 0 || i == len(f.keks)-1 {
			return fault.Invalidf("keys.forget", "there is no such key, or it is the current one")
		}
		f.keks = slices.Delete(slices.Clone(f.keks), i, i+1)
		return nil
	})
}

// Look takes over what another process wrote into the file since it was last read. It
// may ask a key-management service. An error says that the file is no longer opened by
// what this process was started with; what it holds already stays in use.
func (f *File) Look(ctx context.Context) error {
	f.mu.RLock()
	ask := f.unlock.KMS != nil
	f.mu.RUnlock()
	return f.follow(ctx, ask)
}

func (f *File) follow(ctx context.Context, ask bool) error {
	b, err := readFile(f.path)
	if err != nil {
		return err
	}
	f.mu.RLock()
	sum := sha256.Sum256(b)
	same := hmac.Equal(sum[:], f.read[:])
	f.mu.RUnlock()
	if same {
		return nil
	}
	return f.reload(ctx, ask)
}

// newest is what the file says in clear of a key that is its newest.
func newest(id string) []byte {
	sum := sha256.Sum256([]byte("caseward/newest/" + id))
	return sum[:16]
}

// outdated reports whether the file says that its newest key is another than ours.
func (f *File) outdated() bool {
	b, err := readFile(f.path)
	if err != nil {
		return false
	}
	var s sealed
	return json.Unmarshal(b, &s) == nil && len(s.Current) > 0 && !bytes.Equal(s.Current, newest(f.Current()))
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
func (f *File) Wrap(ctx context.Context, aad, key []byte) (string, []byte, error) {
	// Another process may have rotated. What is wrapped by the older key after that
	// process counted what it wraps would be lost when the key is forgotten. A file that
	// this process can open no more is no reason to refuse, as long as its newest key is
	// known here: Look tells of it.
	if err := f.follow(ctx, false); err != nil && f.outdated() {
		return "", nil, fault.Unavailablef("keys.wrap", err, "the key file has a newer key, which this server cannot open; it must be started again with what opens the file now")
	}
	id := f.Current()
	aead, err := gcm(f.key(id))
	if err != nil {
		return "", nil, fault.Unavailablef("keys.wrap", err, "cannot wrap a key")
	}
	return id, aead.Seal(nil, nil, key, append([]byte("caseward/wrap/"+id+"/"), aad...)), nil
}

// Unwrap implements [Wrapper].
func (f *File) Unwrap(ctx context.Context, id string, aad, wrapped []byte) ([]byte, error) {
	k := f.key(id)
	if k == nil {
		// Another process may have rotated since this one opened the file. No service is
		// asked: somebody waits for a page.
		if err := f.reload(ctx, false); err != nil {
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
