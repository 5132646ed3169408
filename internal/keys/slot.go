package keys

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/mlkem"
	"crypto/pbkdf2"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"slices"
	"strings"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
	"caseward/internal/keys/share"
)

// The kinds of slot.
const (
	Passphrase = "passphrase" // its secret is made from a passphrase
	ByKMS      = "kms"        // its secret is wrapped by a key-management service
	ByShares   = "shares"     // its secret is split among people
)

// slot holds the file key for whoever has the slot's secret. The secret makes a pair
// of keys (ML-KEM-768, FIPS 203) of which the public one stands in the file: so the
// file key can be a new one at every change, without anybody giving their secret, and
// an old copy of the file together with what opened it opens no newer file.
type slot struct {
	ID     string    `json:"id"`
	Kind   string    `json:"kind"`
	Made   time.Time `json:"made"`
	Public []byte    `json:"public"`
	To     []byte    `json:"to"`  // what only the private key opens
	Key    []byte    `json:"key"` // the file key, sealed under that

	// Of a passphrase: how it is stretched.
	KDF        string `json:"kdf,omitempty"`
	Iterations int    `json:"iterations,omitempty"`
	Salt       []byte `json:"salt,omitempty"`

	// Of a key-management service: which key of which service, what the wrapping is
	// bound to, and the secret as the service wrapped it.
	URL     string `json:"url,omitempty"`
	Bound   string `json:"bound,omitempty"`
	Wrapped []byte `json:"wrapped,omitempty"`

	// Of shares: how many are needed, who has one, which set, and when some were last
	// tried.
	Need    int       `json:"need,omitempty"`
	Holders []string  `json:"holders,omitempty"`
	Set     int       `json:"set,omitempty"`
	Tried   time.Time `json:"tried,omitzero"`
}

const kdf = "pbkdf2-sha256"

// whole reports whether a slot is one that can be opened.
func (s slot) whole() bool {
	if s.ID == "" || len(s.Public) != mlkem.EncapsulationKeySize768 || len(s.To) != mlkem.CiphertextSize768 {
		return false
	}
	switch s.Kind {
	case Passphrase:
		return s.KDF == kdf && costs(s.Iterations)
	case ByKMS:
		return s.URL != "" && len(s.Wrapped) > 0
	case ByShares:
		return s.Need > 1 && len(s.Holders) >= s.Need
	}
	return false
}

// SlotInfo is what may be told of a slot. None of it is secret.
type SlotInfo struct {
	ID      string    `json:"id"`
	Kind    string    `json:"kind"`
	Made    time.Time `json:"made"`
	URL     string    `json:"url,omitempty"`
	Need    int       `json:"need,omitempty"`
	Holders []string  `json:"holders,omitempty"`
	Tried   time.Time `json:"tried,omitzero"`  // when shares were last tried; zero if never
	Opened  bool      `json:"opened,omitzero"` // whether this process opened the file by it
}

func (s slot) info() SlotInfo {
	return SlotInfo{ID: s.ID, Kind: s.Kind, Made: s.Made, URL: s.URL, Need: s.Need, Holders: slices.Clone(s.Holders), Tried: s.Tried}
}

// KMS is a service that keeps a key and lets it be used. url names service and key;
// bound is told to it, is no secret, and must be the same to unwrap.
type KMS interface {
	Wrap(ctx context.Context, url, bound string, secret []byte) (wrapped []byte, err error)
	Unwrap(ctx context.Context, url, bound string, wrapped []byte) (secret []byte, err error)
}

// Unlock is what a key file is opened with. Shares are used if there are any, else
// the passphrase, else a service: what was given and does not fit is an error, and
// nothing else is tried instead.
type Unlock struct {
	Passphrase []byte // nil for none
	Shares     []share.Share
	KMS        KMS // nil for none
}

// open opens a file of the second form.
func (u Unlock) open(ctx context.Context, s sealed, known map[string][]byte, ask bool) (opened, error) {
	const op = "keys.open"
	try := func(x slot, secret []byte) (opened, error) {
		keks, err := s.through(x, secret)
		return opened{keks, x.ID, secret}, err
	}
	for _, x := range s.Slots {
		if secret := known[x.ID]; secret != nil {
			return try(x, secret)
		}
	}
	of := func(kind string) (out []slot) {
		for _, x := range s.Slots {
			if x.Kind == kind {
				out = append(out, x)
			}
		}
		return out
	}
	switch {
	case len(u.Shares) > 0:
		x, secret, err := joined(s.Slots, u.Shares)
		if err != nil {
			return opened{}, err
		}
		return try(x, secret)
	case u.Passphrase != nil:
		if len(of(Passphrase)) == 0 {
			return opened{}, fault.Invalidf(op, "no passphrase opens the key file; %s", ways(s.Slots))
		}
		for _, x := range of(Passphrase) {
			secret, err := stretch(u.Passphrase, x.Salt, x.Iterations)
			if err != nil {
				return opened{}, err
			}
			o, err := try(x, secret)
			if !errors.Is(err, errSecret) {
				return o, err
			}
		}
		return opened{}, errPassphrase
	case u.KMS == nil || len(of(ByKMS)) == 0:
		return opened{}, errNothing(s.Slots)
	case !ask:
		return opened{}, fault.Unavailablef(op, nil, "the key file was changed so that its key-management service must be asked again")
	}
	var errs []error
	for _, x := range of(ByKMS) {
		secret, err := u.KMS.Unwrap(ctx, x.URL, x.Bound, x.Wrapped)
		if err == nil {
			var o opened
			if o, err = try(x, secret); err == nil {
				return o, nil
			}
			err = fault.Invalidf(op, "what %s unwrapped does not open the key file", x.URL)
		}
		errs = append(errs, err)
	}
	return opened{}, errors.Join(errs...)
}

func errNothing(slots []slot) error {
	return fault.Invalidf("keys.open", "nothing was given that opens the key file; %s", ways(slots))
}

// ways says what opens a file, for who came with something else.
func ways(slots []slot) string {
	var out []string
	for _, s := range slots {
		way := map[string]string{Passphrase: "a passphrase", ByKMS: "a key-management service", ByShares: "shares"}[s.Kind]
		if !slices.Contains(out, way) {
			out = append(out, way)
		}
	}
	return "it is opened by " + strings.Join(out, ", or by ")
}

// joined finds the slot of a set of shares, and gives its secret.
func joined(slots []slot, shares []share.Share) (slot, []byte, error) {
	const op = "keys.shares"
	secret, err := share.Join(shares)
	if err != nil {
		return slot{}, nil, err
	}
	for _, x := range slots {
		if x.Kind == ByShares && x.Set == shares[0].Set() && x.opens(secret) {
			return x, secret, nil
		}
	}
	if !slices.ContainsFunc(slots, func(x slot) bool { return x.Kind == ByShares }) {
		return slot{}, nil, fault.Invalidf(op, "no shares open the key file; %s", ways(slots))
	}
	return slot{}, nil, fault.Invalidf(op, "the shares belong together and are of another set than the key file's: an older one that was replaced, or another agency's")
}

var (
	// errSecret is returned where a secret is not the slot's.
	errSecret = fault.Invalidf("keys.open", "this does not open the key file")
	// errChanged is returned where it is, and what it opens is not what was written.
	errChanged = fault.Invalidf("keys.open", "the key file was changed by something else than Caseward; restore it from its copy")
)

// through opens the file's keys by one slot.
func (s sealed) through(x slot, secret []byte) ([]kek, error) {
	key, err := x.fileKey(secret)
	if err != nil {
		return nil, err
	}
	aead, err := gcm(key)
	if err != nil {
		return nil, err
	}
	aad, err := bound(s.Slots, s.Current)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, nil, s.Body, aad)
	if err != nil {
		return nil, errChanged
	}
	return ring(plain)
}

// private is the slot's private key.
func (s slot) private(secret []byte) (*mlkem.DecapsulationKey768, error) {
	if len(secret) != Size {
		return nil, errSecret
	}
	seed, err := Derive(secret, "slot/"+s.ID, mlkem.SeedSize)
	if err != nil {
		return nil, err
	}
	return mlkem.NewDecapsulationKey768(seed)
}

// opens reports whether secret is the slot's.
func (s slot) opens(secret []byte) bool {
	k, err := s.private(secret)
	return err == nil && hmac.Equal(k.EncapsulationKey().Bytes(), s.Public)
}

// hold puts the file key into the slot.
func (s *slot) hold(key []byte) error {
	public, err := mlkem.NewEncapsulationKey768(s.Public)
	if err != nil {
		return err
	}
	shared, to := public.Encapsulate()
	aead, err := gcm(shared)
	if err != nil {
		return err
	}
	s.To, s.Key = to, aead.Seal(nil, nil, key, s.aad())
	return nil
}

// fileKey takes the file key out of the slot.
func (s slot) fileKey(secret []byte) ([]byte, error) {
	k, err := s.private(secret)
	if err != nil {
		return nil, err
	}
	if !hmac.Equal(k.EncapsulationKey().Bytes(), s.Public) {
		return nil, errSecret
	}
	shared, err := k.Decapsulate(s.To)
	if err != nil {
		return nil, errChanged
	}
	aead, err := gcm(shared)
	if err != nil {
		return nil, err
	}
	key, err := aead.Open(nil, nil, s.Key, s.aad())
	if err != nil {
		return nil, errChanged
	}
	return key, nil
}

func (s slot) aad() []byte { return []byte("caseward/slot/" + s.ID) }

// newSlot makes a slot for a secret.
func newSlot(kind string, now time.Time, secret []byte) (slot, error) {
	s := slot{ID: "s" + hex.EncodeToString(Random(6)), Kind: kind, Made: now.UTC().Truncate(time.Second)}
	k, err := s.private(secret)
	if err != nil {
		return slot{}, err
	}
	s.Public = k.EncapsulationKey().Bytes()
	return s, nil
}

// CheckPassphrase says what is wrong with a passphrase, if anything.
func CheckPassphrase(passphrase []byte) error {
	if len(passphrase) < MinPassphrase {
		return fault.Invalidf("keys.passphrase", "the passphrase needs at least %d characters", MinPassphrase)
	}
	return nil
}

func passphraseSlot(passphrase []byte, now time.Time) (slot, []byte, error) {
	if err := CheckPassphrase(passphrase); err != nil {
		return slot{}, nil, err
	}
	salt := Random(16)
	secret, err := stretch(passphrase, salt, iterations)
	if err != nil {
		return slot{}, nil, err
	}
	s, err := newSlot(Passphrase, now, secret)
	s.KDF, s.Iterations, s.Salt = kdf, iterations, salt
	return s, secret, err
}

func stretch(passphrase, salt []byte, n int) ([]byte, error) {
	k, err := pbkdf2.Key(sha256.New, string(passphrase), salt, n, Size)
	if err != nil {
		return nil, fault.Unavailablef("keys.open", err, "cannot derive the key")
	}
	return k, nil
}

// Slots lists what opens the file.
func (f *File) Slots() []SlotInfo {
	f.mu.RLock()
	defer f.mu.RUnlock()
	if len(f.slots) == 0 {
		return []SlotInfo{{Kind: Passphrase, Opened: true}}
	}
	out := make([]SlotInfo, len(f.slots))
	for i, s := range f.slots {
		out[i] = s.info()
		out[i].Opened = s.ID == f.by
	}
	return out
}

// ReadSlots lists what opens a key file, without opening it. It believes what stands
// there; only [File.Slots] is proved.
func ReadSlots(path string) ([]SlotInfo, error) {
	b, err := readFile(path)
	if err != nil {
		return nil, err
	}
	s, err := parse(b)
	if err != nil {
		return nil, err
	}
	if s.Format == firstFormat {
		return []SlotInfo{{Kind: Passphrase}}, nil
	}
	out := make([]SlotInfo, len(s.Slots))
	for i, x := range s.Slots {
		out[i] = x.info()
	}
	return out, nil
}

// Knows reports whether a passphrase is the one of the file.
func (f *File) Knows(passphrase []byte) bool {
	f.mu.RLock()
	slots, own := f.slots, f.unlock.Passphrase
	f.mu.RUnlock()
	if own != nil {
		return hmac.Equal(passphrase, own)
	}
	for _, s := range slots {
		if s.Kind != Passphrase {
			continue
		}
		if secret, err := stretch(passphrase, s.Salt, s.Iterations); err == nil && s.opens(secret) {
			return true
		}
	}
	return false
}

// SetPassphrase makes passphrase the one that opens the file, instead of whatever did.
// Other slots stay.
func (f *File) SetPassphrase(c clock.Clock, passphrase []byte) (out SlotInfo, err error) {
	s, secret, err := passphraseSlot(passphrase, c.Now())
	if err != nil {
		return out, err
	}
	err = f.change("keys.passphrase", c.Now(), func() error {
		was := f.by
		f.put(s, secret, func(x slot) bool { return x.Kind == Passphrase })
		if f.gone(was) {
			f.by = s.ID
		}
		f.unlock.Passphrase = bytes.Clone(passphrase)
		return nil
	})
	return s.info(), err
}

// put replaces the slots that old names by s.
func (f *File) put(s slot, secret []byte, old func(slot) bool) {
	f.slots = append(slices.DeleteFunc(slices.Clone(f.slots), old), s)
	f.secrets[s.ID] = secret
}

func (f *File) gone(id string) bool {
	return !slices.ContainsFunc(f.slots, func(x slot) bool { return x.ID == id })
}

// AddShares makes a set of shares, one for each holder, of which need open the file.
// They are returned and kept nowhere. Older sets open it too until the new one was
// tried.
func (f *File) AddShares(c clock.Clock, need int, holders []string) (shares []share.Share, out SlotInfo, err error) {
	secret := Random(Size)
	if shares, err = share.Split(secret, need, len(holders)); err != nil {
		return nil, out, err
	}
	s, err := newSlot(ByShares, c.Now(), secret)
	if err != nil {
		return nil, out, err
	}
	s.Need, s.Holders, s.Set = need, slices.Clone(holders), shares[0].Set()
	err = f.change("keys.shares", c.Now(), func() error {
		f.put(s, secret, func(slot) bool { return false })
		return nil
	})
	if err != nil {
		return nil, out, err
	}
	return shares, s.info(), nil
}

// TryShares proves that shares open the file, notes when, and ends older sets. It says
// how many those were.
func (f *File) TryShares(c clock.Clock, shares []share.Share) (out SlotInfo, ended int, err error) {
	err = f.change("keys.shares", c.Now(), func() error {
		x, secret, err := joined(f.slots, shares)
		if err != nil {
			return err
		}
		x.Tried = c.Now().UTC().Truncate(time.Second)
		var kept []slot
		seen := false
		for _, o := range f.slots { // in the order in which they were made
			switch {
			case o.ID == x.ID:
				kept, seen = append(kept, x), true
			case o.Kind == ByShares && !seen:
				ended++
			default:
				kept = append(kept, o)
			}
		}
		f.slots, f.secrets[x.ID] = kept, secret
		if f.gone(f.by) {
			f.by = x.ID
		}
		out = x.info()
		return nil
	})
	return out, ended, err
}

// AddKMS lets a key-management service open the file: a secret that it wraps, and
// unwraps again before anything is written. A slot of the same service and key is
// replaced.
func (f *File) AddKMS(ctx context.Context, c clock.Clock, kms KMS, url, bound string) (out SlotInfo, err error) {
	secret := Random(Size)
	wrapped, err := kms.Wrap(ctx, url, bound, secret)
	if err != nil {
		return out, err
	}
	back, err := kms.Unwrap(ctx, url, bound, wrapped)
	if err != nil {
		return out, err
	}
	if !hmac.Equal(back, secret) {
		return out, fault.Unavailablef("keys.kms", nil, "the service unwrapped something else than it was given to wrap; nothing was changed")
	}
	s, err := newSlot(ByKMS, c.Now(), secret)
	if err != nil {
		return out, err
	}
	s.URL, s.Bound, s.Wrapped = url, bound, wrapped
	err = f.change("keys.kms", c.Now(), func() error {
		was := f.by
		f.put(s, secret, func(x slot) bool { return x.Kind == ByKMS && x.URL == url })
		if f.gone(was) {
			f.by = s.ID
		}
		return nil
	})
	return s.info(), err
}

// Ask has the service of a slot unwrap it now, and reports whether that opens the file.
func (f *File) Ask(ctx context.Context, id string) error {
	f.mu.RLock()
	slots, kms := f.slots, f.unlock.KMS
	f.mu.RUnlock()
	i := slices.IndexFunc(slots, func(x slot) bool { return x.ID == id && x.Kind == ByKMS })
	if i < 0 || kms == nil {
		return fault.Invalidf("keys.kms", "there is no such service")
	}
	secret, err := kms.Unwrap(ctx, slots[i].URL, slots[i].Bound, slots[i].Wrapped)
	if err == nil && !slots[i].opens(secret) {
		err = fault.Invalidf("keys.kms", "what the service unwrapped does not open the key file")
	}
	return err
}

// Remove takes slots out of the file. The last is refused, and the one that opened it
// now: so there always is one that was just seen to work.
func (f *File) Remove(c clock.Clock, ids ...string) error {
	const op = "keys.remove"
	return f.change(op, c.Now(), func() error {
		for _, id := range ids {
			switch {
			case id == "" || f.gone(id):
				return fault.Invalidf(op, "there is no slot %s", id)
			case len(f.slots) == 1:
				return fault.Conflictf(op, "it is the last that opens the key file; nothing was changed")
			case id == f.by:
				return fault.Conflictf(op, "the key file was opened by it just now; open it by another to remove this one, so that one is left which was seen to work")
			}
			f.slots = slices.DeleteFunc(slices.Clone(f.slots), func(x slot) bool { return x.ID == id })
		}
		return nil
	})
}
