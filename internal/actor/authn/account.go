package authn

import (
	"context"
	"database/sql"
	"errors"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// The states of an account.
const (
	statusInvited = "invited" // has no way in yet
	statusActive  = "active"
	statusEnded   = "ended" // terminated; every way in was destroyed
)

type account struct {
	worker   string
	status   string
	epoch    int64
	pwScheme string
	pwCost   int
	pwSalt   []byte
	pwHash   []byte // still sealed
	totpHash string
	totp     []byte // still sealed
	totpStep int64
}

func (c account) hasPassword() bool { return c.pwScheme != "" }
func (c account) hasTOTP() bool     { return c.totpHash != "" }

// account reads the account of worker; ok is false where there is none.
func (a *Authn) account(ctx context.Context, q db.Querier, worker string) (c account, ok bool, err error) {
	err = q.QueryRow(ctx, `SELECT worker, status, epoch, pw_scheme, pw_cost, pw_salt, pw_hash, totp_hash, totp, totp_step FROM account WHERE worker = $1`, worker).
		Scan(&c.worker, &c.status, &c.epoch, &c.pwScheme, &c.pwCost, &c.pwSalt, &c.pwHash, &c.totpHash, &c.totp, &c.totpStep)
	if errors.Is(err, sql.ErrNoRows) {
		return account{}, false, nil
	}
	if err != nil {
		return account{}, false, fault.Unavailablef("authn.account", err, "cannot read the account")
	}
	return c, true, nil
}

// standing is the directory's answer. Nobody is active who is not found, or
// whose role is not one that a person can have.
func (a *Authn) standing(ctx context.Context, worker string) (Standing, error) {
	st, err := a.dir.Standing(ctx, worker)
	if fault.Is(err, fault.NotFound) {
		return Standing{}, nil
	}
	st.Active = st.Active && slices.Contains(actor.Roles(), st.Role)
	if st.Also == st.Role || !slices.Contains(actor.Roles(), st.Also) {
		st.Also = ""
	}
	return st, err
}

// destroy takes every way in from the account, ends its sessions and
// invitations, and makes its ceremonies worthless.
func (a *Authn) destroy(ctx context.Context, tx *db.Tx, worker, status, why string) error {
	now := db.Micros(a.now())
	if _, err := tx.Exec(ctx, `UPDATE account SET status = $1, epoch = epoch + 1, pw_scheme = '', pw_cost = 0, pw_salt = NULL, pw_hash = NULL,
		totp_hash = '', totp = NULL, totp_step = 0, changed_at = $2 WHERE worker = $3`, status, now, worker); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM passkey WHERE worker = $1`, worker); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `DELETE FROM recovery WHERE worker = $1`, worker); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE invitation SET used_at = $1 WHERE worker = $2 AND used_at = 0`, now, worker); err != nil {
		return err
	}
	if _, err := tx.Exec(ctx, `UPDATE provider_link SET ended_at = $1 WHERE worker = $2 AND ended_at = 0`, now, worker); err != nil {
		return err
	}
	return a.endAll(ctx, tx, worker, "", why)
}
