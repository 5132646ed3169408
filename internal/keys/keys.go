// Package keys is where key-encryption keys come from (45 CFR
// 164.312(a)(2)(iv)).
//
// A [Wrapper] wraps and unwraps data keys and never shows its own key; a sealed
// file is one ([Open]). What opens the file are its slots: a passphrase, a
// key-management service, shares of a recovery secret. [Agency] holds the agency's
// own secrets, each wrapped by it: the keys of the log, of the search index, of
// receipts.
//
// Package keys never sees a record and never writes a key in clear anywhere.
package keys

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"database/sql"
	"errors"
	"sync"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// Size is the length of every data key and secret in bytes: AES-256.
const Size = 32

// Wrapper encrypts data keys under a key-encryption key it keeps to itself.
type Wrapper interface {
	// Current is the id of the key that Wrap uses.
	Current() string
	// Wrap encrypts key so that only Unwrap with the same kek and aad opens it.
	Wrap(ctx context.Context, aad, key []byte) (kek string, wrapped []byte, err error)
	// Unwrap opens what Wrap made; it fails if anything was changed.
	Unwrap(ctx context.Context, kek string, aad, wrapped []byte) ([]byte, error)
}

// gcm returns AES-256-GCM with random nonces, the only cipher in use.
func gcm(key []byte) (cipher.AEAD, error) {
	b, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(b)
}

// Random returns n random bytes.
func Random(n int) []byte {
	b := make([]byte, n)
	_, _ = rand.Read(b) // never fails: it stops the program instead
	return b
}

// Agency is the agency's own secrets.
type Agency struct {
	db *db.DB
	w  Wrapper

	mu      sync.Mutex
	secrets map[string][]byte
}

// NewAgency returns the secrets kept in d, wrapped by w.
func NewAgency(d *db.DB, w Wrapper) *Agency {
	return &Agency{db: d, w: w, secrets: map[string][]byte{}}
}

// Secret returns the secret called name, made at its first use. It is the same
// for ever after: rotation wraps it anew and does not change it.
func (a *Agency) Secret(ctx context.Context, name string) ([]byte, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if s := a.secrets[name]; s != nil {
		return s, nil
	}
	s, err := a.read(ctx, name)
	if errors.Is(err, sql.ErrNoRows) {
		kek, wrapped, werr := a.w.Wrap(ctx, AgencyAAD(name), Random(Size))
		if werr != nil {
			return nil, werr
		}
		// Two processes may make it at once; the first one's stands.
		if err := a.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `INSERT INTO agency_key (name, kek, wrapped) VALUES ($1, $2, $3) ON CONFLICT (name) DO NOTHING`, name, kek, wrapped)
			return err
		}); err != nil {
			return nil, err
		}
		s, err = a.read(ctx, name)
	}
	if err != nil {
		return nil, err
	}
	a.secrets[name] = s
	return s, nil
}

func (a *Agency) read(ctx context.Context, name string) ([]byte, error) {
	var kek string
	var wrapped []byte
	if err := a.db.QueryRow(ctx, `SELECT kek, wrapped FROM agency_key WHERE name = $1`, name).Scan(&kek, &wrapped); err != nil {
		return nil, err
	}
	return a.w.Unwrap(ctx, kek, AgencyAAD(name), wrapped)
}

// AgencyAAD is what the wrapping of an agency's secret is bound to.
func AgencyAAD(name string) []byte { return []byte("agency_key/" + name) }

// SubjectAAD is what the wrapping of a client's data key is bound to.
func SubjectAAD(subject string) []byte { return []byte("subject_key/" + subject) }

// Rewrap wraps every agency secret that is not under the current key anew and
// says how many it wrapped.
func (a *Agency) Rewrap(ctx context.Context) (int, error) {
	rows, err := a.db.Query(ctx, `SELECT name, kek, wrapped FROM agency_key WHERE kek <> $1`, a.w.Current())
	if err != nil {
		return 0, err
	}
	type old struct {
		name, kek string
		wrapped   []byte
	}
	var olds []old
	for rows.Next() {
		var o old
		if err := rows.Scan(&o.name, &o.kek, &o.wrapped); err != nil {
			_ = rows.Close()
			return 0, err
		}
		olds = append(olds, o)
	}
	if err := errors.Join(rows.Err(), rows.Close()); err != nil {
		return 0, err
	}
	for i, o := range olds {
		aad := AgencyAAD(o.name)
		s, err := a.w.Unwrap(ctx, o.kek, aad, o.wrapped)
		if err != nil {
			return i, err
		}
		kek, wrapped, err := a.w.Wrap(ctx, aad, s)
		if err != nil {
			return i, err
		}
		if err := a.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE agency_key SET kek = $1, wrapped = $2 WHERE name = $3 AND kek = $4`, kek, wrapped, o.name, o.kek)
			return err
		}); err != nil {
			return i, err
		}
	}
	return len(olds), nil
}

// Derive makes a key for one purpose from a secret (HKDF-SHA-256, RFC 5869).
func Derive(secret []byte, purpose string, size int) ([]byte, error) {
	k, err := hkdf.Key(sha256.New, secret, nil, "caseward/"+purpose, size)
	if err != nil {
		return nil, fault.Unavailablef("keys.derive", err, "cannot derive a key")
	}
	return k, nil
}
