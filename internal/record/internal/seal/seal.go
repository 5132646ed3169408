// Package seal encrypts and opens the content of records: envelope encryption
// with AES-256-GCM and random nonces (45 CFR 164.312(a)(2)(iv)), a data key per
// client wrapped by the key-encryption key, one ciphertext per field class so
// that a class nobody may see is never opened.
//
// It opens nothing without a gate.Pass, and a ciphertext moved to another
// record, client, kind or class does not open: all four are bound to it.
package seal

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"database/sql"
	"encoding/binary"
	"errors"
	"sync"
	"time"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
)

// Part is the encoded fields of one class. Slot is the class the fields are
// declared with; Class the one that counts for this record.
type Part struct {
	Slot, Class policy.Class
	Plain       []byte
}

// Ref says which record a sealed body belongs to.
type Ref struct{ Kind, ID, Subject string }

// Keyring finds and makes the clients' data keys.
type Keyring struct {
	db *db.DB
	w  keys.Wrapper

	mu    sync.Mutex
	keys  map[string][keys.Size]byte // as they are unwrapped
	order []string                   // of keys, oldest first
	open  map[string]cipher.AEAD     // of whom something was asked just now
	drops int64                      // how often one was forgotten: what was found before is not put back
}

// How many clients' keys are kept in memory, and how many of them ready for use: that takes
// a kilobyte each where a key takes a tenth of one, and is made in less than a microsecond.
const (
	cached = 20_000
	ready  = 2_000
)

// New returns the keyring of d, whose keys w wraps.
func New(d *db.DB, w keys.Wrapper) *Keyring {
	return &Keyring{db: d, w: w, keys: map[string][keys.Size]byte{}, open: map[string]cipher.AEAD{}}
}

// ErrErased is the cause where a client's key is gone for ever.
var ErrErased = errors.New("the key was destroyed")

func (k *Keyring) aead(ctx context.Context, q db.Querier, subject string) (cipher.AEAD, error) {
	k.mu.Lock()
	a := k.open[subject]
	key, has := k.keys[subject]
	drops := k.drops
	k.mu.Unlock()
	if a != nil {
		return a, nil
	}
	if has {
		return k.remember(subject, key[:], drops)
	}
	var kek string
	var wrapped []byte
	err := q.QueryRow(ctx, `SELECT kek, wrapped FROM subject_key WHERE subject = $1`, subject).Scan(&kek, &wrapped)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, ErrErased
	}
	if err != nil {
		return nil, fault.Unavailablef("record.seal", err, "cannot read a key")
	}
	unwrapped, err := k.w.Unwrap(ctx, kek, keys.SubjectAAD(subject), wrapped)
	if err != nil {
		return nil, err
	}
	return k.remember(subject, unwrapped, drops)
}

// remember makes a key ready, and keeps it unless one was forgotten since drops were.
func (k *Keyring) remember(subject string, key []byte, drops int64) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	a, err := cipher.NewGCMWithRandomNonce(b)
	if err != nil {
		return nil, err
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.drops != drops {
		return a, nil
	}
	if len(k.open) >= ready {
		clear(k.open)
	}
	k.open[subject] = a
	if _, ok := k.keys[subject]; !ok {
		k.keys[subject] = [keys.Size]byte(key)
		k.order = append(k.order, subject)
		if len(k.order) > cached {
			delete(k.keys, k.order[0])
			k.order = k.order[1:]
		}
	}
	return a, nil
}

// Forget drops the client's key from memory.
func (k *Keyring) Forget(subject string) {
	k.mu.Lock()
	defer k.mu.Unlock()
	delete(k.keys, subject)
	delete(k.open, subject)
	k.drops++
}

// Fresh is a data key made for a new client and not yet kept.
type Fresh struct {
	subject, kek string
	key, wrapped []byte
}

// Make makes a data key for a new client; Keep it in the client's first
// transaction.
func (k *Keyring) Make(ctx context.Context, subject string) (*Fresh, error) {
	key := keys.Random(keys.Size)
	kek, wrapped, err := k.w.Wrap(ctx, keys.SubjectAAD(subject), key)
	if err != nil {
		return nil, err
	}
	return &Fresh{subject, kek, key, wrapped}, nil
}

// Keep stores the key. It fails if the client has one already.
func (f *Fresh) Keep(ctx context.Context, tx *db.Tx, now time.Time) error {
	_, err := tx.Exec(ctx, `INSERT INTO subject_key (subject, kek, wrapped, created_at) VALUES ($1, $2, $3, $4)`,
		f.subject, f.kek, f.wrapped, db.Micros(now))
	return err
}

// Ensure makes the key of subject unless there is one. Several may call it at
// once: the first one's key stands.
func (k *Keyring) Ensure(ctx context.Context, subject string, now time.Time) error {
	if has, err := k.Has(ctx, k.db, subject); err != nil || has {
		return err
	}
	f, err := k.Make(ctx, subject)
	if err != nil {
		return err
	}
	return k.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO subject_key (subject, kek, wrapped, created_at) VALUES ($1, $2, $3, $4) ON CONFLICT (subject) DO NOTHING`,
			f.subject, f.kek, f.wrapped, db.Micros(now))
		return err
	})
}

// Has reports whether the client has a key.
func (k *Keyring) Has(ctx context.Context, q db.Querier, subject string) (bool, error) {
	_, err := k.aead(ctx, q, subject)
	if errors.Is(err, ErrErased) {
		return false, nil
	}
	return err == nil, err
}

// Erase destroys the client's key in tx. What it sealed can never be read again.
func (k *Keyring) Erase(ctx context.Context, tx *db.Tx, subject string) error {
	// Overwritten first: the bytes of the old row are then gone from its page
	// whatever the database does with freed space.
	if _, err := tx.Exec(ctx, `UPDATE subject_key SET wrapped = $1 WHERE subject = $2`, make([]byte, 64), subject); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `DELETE FROM subject_key WHERE subject = $1`, subject)
	return err
}

// version is the first byte of every sealed body.
const version = 1

func aad(r Ref, slot, class policy.Class) []byte {
	return []byte("caseward/record/1\x00" + r.Kind + "\x00" + r.ID + "\x00" + r.Subject + "\x00" + string(slot) + "\x00" + string(class))
}

// Seal encrypts parts into a body. fresh is the key of a client who is being
// created in the same transaction; nil otherwise. Parts already sealed are
// carried over as they are.
func (k *Keyring) Seal(ctx context.Context, q db.Querier, p gate.Pass, r Ref, parts []Part, carried []Sealed, fresh *Fresh) ([]byte, error) {
	allowed, err := p.Seal(r.ID, r.Subject)
	if err != nil {
		return nil, err
	}
	var a cipher.AEAD
	if fresh != nil && fresh.subject == r.Subject {
		b, err := aes.NewCipher(fresh.key)
		if err != nil {
			return nil, err
		}
		if a, err = cipher.NewGCMWithRandomNonce(b); err != nil {
			return nil, err
		}
	} else if a, err = k.aead(ctx, q, r.Subject); err != nil {
		return nil, err
	}
	n := 1
	for _, part := range parts {
		n += len(part.Plain) + 64
	}
	for _, s := range carried {
		n += len(s.Cipher) + 40
	}
	body := append(make([]byte, 0, n), version)
	for _, part := range parts {
		if !allowed.Has(part.Class) {
			return nil, gate.ErrNoPass
		}
		body = appendSealed(body, Sealed{part.Slot, part.Class, a.Seal(nil, nil, part.Plain, aad(r, part.Slot, part.Class))})
	}
	for _, s := range carried {
		body = appendSealed(body, s)
	}
	return body, nil
}

// Sealed is one class of a body, still closed.
type Sealed struct {
	Slot, Class policy.Class
	Cipher      []byte
}

func appendSealed(b []byte, s Sealed) []byte {
	b = append(b, byte(len(s.Slot)))
	b = append(b, s.Slot...)
	b = append(b, byte(len(s.Class)))
	b = append(b, s.Class...)
	b = binary.AppendUvarint(b, uint64(len(s.Cipher)))
	return append(b, s.Cipher...)
}

// ErrDamaged is the cause where a body is not one that Seal made.
var ErrDamaged = errors.New("the sealed content is damaged or was moved")

// Split takes a body apart without opening it.
func Split(body []byte) ([]Sealed, error) {
	if len(body) == 0 || body[0] != version {
		return nil, ErrDamaged
	}
	body = body[1:]
	var out []Sealed
	for len(body) > 0 {
		var s Sealed
		for _, f := range []*policy.Class{&s.Slot, &s.Class} {
			if len(body) < 1 || len(body) < 1+int(body[0]) {
				return nil, ErrDamaged
			}
			*f = policy.Class(body[1 : 1+int(body[0])])
			body = body[1+int(body[0]):]
			if !policy.Known(*f) {
				return nil, ErrDamaged
			}
		}
		n, w := binary.Uvarint(body)
		if w <= 0 || n > uint64(len(body)-w) {
			return nil, ErrDamaged
		}
		s.Cipher = body[w : w+int(n)]
		body = body[w+int(n):]
		out = append(out, s)
	}
	return out, nil
}

// ClassesOf is the set of classes a body holds.
func ClassesOf(parts []Sealed) policy.ClassSet {
	var s policy.ClassSet
	for _, p := range parts {
		s |= policy.Set(p.Class)
	}
	return s
}

// Open uses the pass and decrypts the classes it allows; the rest stays closed
// and is returned so that a change can carry it over.
func (k *Keyring) Open(ctx context.Context, q db.Querier, p gate.Pass, r Ref, body []byte) (opened []Part, closed []Sealed, err error) {
	return k.OpenSlots(ctx, q, p, r, body, 0)
}

// OpenSlots is Open for some slots only, which a kind names its fields by: of a
// record that was moved to one stricter class as a whole, the pass allows all or
// nothing, and the slots say what of it is needed. 0 is all.
func (k *Keyring) OpenSlots(ctx context.Context, q db.Querier, p gate.Pass, r Ref, body []byte, slots policy.ClassSet) (opened []Part, closed []Sealed, err error) {
	allowed, err := p.Open(r.ID, r.Subject)
	if err != nil {
		return nil, nil, err
	}
	sealed, err := Split(body)
	if err != nil {
		return nil, nil, fault.Unavailablef("record.open", err, "a record is damaged")
	}
	a, err := k.aead(ctx, q, r.Subject)
	if err != nil {
		return nil, nil, err
	}
	for _, s := range sealed {
		if !allowed.Has(s.Class) || slots != 0 && !slots.Has(s.Slot) {
			closed = append(closed, s)
			continue
		}
		plain, err := a.Open(nil, nil, s.Cipher, aad(r, s.Slot, s.Class))
		if err != nil {
			return nil, nil, fault.Unavailablef("record.open", ErrDamaged, "a record is damaged")
		}
		opened = append(opened, Part{s.Slot, s.Class, plain})
	}
	return opened, closed, nil
}

// Rewrap wraps up to limit clients' keys that are not under the current key anew
// and says how many it wrapped; 0 when none is left. It can run while serving.
func (k *Keyring) Rewrap(ctx context.Context, limit int) (int, error) {
	rows, err := k.db.Query(ctx, `SELECT subject, kek, wrapped FROM subject_key WHERE kek <> $1 LIMIT $2`, k.w.Current(), limit)
	if err != nil {
		return 0, err
	}
	type row struct {
		subject, kek string
		wrapped      []byte
	}
	var olds []row
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.subject, &r.kek, &r.wrapped); err != nil {
			_ = rows.Close()
			return 0, err
		}
		olds = append(olds, r)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	news := make([]row, len(olds))
	for i, o := range olds {
		key, err := k.w.Unwrap(ctx, o.kek, keys.SubjectAAD(o.subject), o.wrapped)
		if err != nil {
			return 0, err
		}
		kek, wrapped, err := k.w.Wrap(ctx, keys.SubjectAAD(o.subject), key)
		if err != nil {
			return 0, err
		}
		news[i] = row{o.subject, kek, wrapped}
	}
	if len(olds) == 0 {
		return 0, nil
	}
	return len(olds), k.db.Write(ctx, func(tx *db.Tx) error {
		for i, n := range news {
			if _, err := tx.Exec(ctx, `UPDATE subject_key SET kek = $1, wrapped = $2 WHERE subject = $3 AND kek = $4`, n.kek, n.wrapped, n.subject, olds[i].kek); err != nil {
				return err
			}
		}
		return nil
	})
}

// Counts says how many clients' keys each key-encryption key wraps.
func (k *Keyring) Counts(ctx context.Context) (map[string]int64, error) {
	rows, err := k.db.Query(ctx, `SELECT kek, COUNT(*) FROM subject_key GROUP BY kek`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]int64{}
	for rows.Next() {
		var id string
		var n int64
		if err := rows.Scan(&id, &n); err != nil {
			return nil, err
		}
		out[id] = n
	}
	return out, rows.Err()
}
