package authn

import (
	"context"
	"encoding/base32"
	"errors"
	"strings"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
)

// A recovery code is 50 random bits, written as two groups of five letters and
// digits that are not mistaken for each other. It stands in for the one-time
// code, beside the password. SP 800-63B-4 asks for a salted slow hash where
// such a secret has less than 112 bits.
const (
	recoveryCodes = 10
	recoveryChars = 10
)

var recoveryAlphabet = base32.NewEncoding("0123456789ABCDEFGHJKMNPQRSTVWXYZ").WithPadding(base32.NoPadding)

func newRecoveryCode() string {
	s := recoveryAlphabet.EncodeToString(keys.Random(7))[:recoveryChars]
	return s[:5] + "-" + s[5:]
}

// compact takes away what people put between characters.
func compact(s string) string {
	if len(s) > 64 {
		return ""
	}
	return strings.Map(func(r rune) rune {
		switch r {
		case ' ', '-', '\t', '\u00a0':
			return -1
		}
		return r
	}, s)
}

func normalRecovery(s string) string {
	return strings.NewReplacer("O", "0", "I", "1", "L", "1").Replace(strings.ToUpper(compact(s)))
}

func (a *Authn) recoveryHash(ctx context.Context, worker, code string, salt []byte, cost int) ([]byte, error) {
	h, err := a.hash(ctx, normalRecovery(code), salt, cost)
	if err != nil {
		return nil, err
	}
	return mac(a.codeKey, worker, string(h)), nil
}

// useRecovery accepts a recovery code once. It hashes once whether or not the
// account has codes.
func (a *Authn) useRecovery(ctx context.Context, worker, code string) (bool, error) {
	salt, cost := []byte("sixteen bytes of"), a.cfg.PasswordCost
	rows, err := a.db.Query(ctx, `SELECT salt, cost FROM recovery WHERE worker = $1 LIMIT 1`, worker)
	if err != nil {
		return false, fault.Unavailablef("authn.recovery", err, "cannot read the codes")
	}
	if rows.Next() {
		err = rows.Scan(&salt, &cost)
	}
	if err := errors.Join(err, rows.Err(), rows.Close()); err != nil {
		return false, fault.Unavailablef("authn.recovery", err, "cannot read the codes")
	}
	h, err := a.recoveryHash(ctx, worker, code, salt, cost)
	if err != nil {
		return false, err
	}
	var n int64
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Exec(ctx, `UPDATE recovery SET used_at = $1 WHERE worker = $2 AND hash = $3 AND used_at = 0`, db.Micros(a.now()), worker, h)
		return err
	})
	return n == 1, err
}

// RecoveryCodes makes ten new codes, which replace the old ones, and returns
// them. They are shown this once and cannot be read again. It needs a fresh
// proof and an account with a password.
func (a *Authn) RecoveryCodes(ctx context.Context, s Session) ([]string, error) {
	const op = "recovery.renew"
	c, _, err := a.self(ctx, op, s)
	if err != nil {
		return nil, err
	}
	if !c.hasPassword() || !c.hasTOTP() {
		return nil, fault.Conflictf(op, "recovery codes stand in for one-time codes, and this account has none")
	}
	salt := keys.Random(16)
	codes, hashes := make([]string, recoveryCodes), make([][]byte, recoveryCodes)
	for i := range codes {
		codes[i] = newRecoveryCode()
		if hashes[i], err = a.recoveryHash(ctx, c.worker, codes[i], salt, a.cfg.PasswordCost); err != nil {
			return nil, err
		}
	}
	err = a.change(ctx, op, s, nil, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE worker = $1`, c.worker); err != nil {
			return err
		}
		for _, h := range hashes {
			if _, err := tx.Exec(ctx, `INSERT INTO recovery (worker, hash, salt, cost, used_at) VALUES ($1, $2, $3, $4, 0)`, c.worker, h, salt, a.cfg.PasswordCost); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE account SET changed_at = $1 WHERE worker = $2`, db.Micros(a.now()), c.worker)
		return err
	})
	if err != nil {
		return nil, err
	}
	return codes, nil
}
