package authn

import (
	"context"
	"errors"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// Ways says which ways in an account has.
type Ways struct {
	Passkeys      int
	Password      bool
	TOTP          bool
	RecoveryCodes int  // unused ones
	Provider      bool // linked with an account at the identity provider
	Off           bool // all but the provider are switched off for this account
}

// Ways says which ways into their account the session's worker has. It answers
// for a locked session too, so that the lock page can offer what there is.
func (a *Authn) Ways(ctx context.Context, s Session) (Ways, error) {
	if s.s == nil {
		return Ways{}, ErrNoSession
	}
	w, err := a.ways(ctx, a.db, s.Worker())
	w.Off = !a.local(s.Mail())
	return w, err
}

// WaysOf says which ways in a worker has, for an administrator or a security
// officer who helps them; none where there is no account.
func (a *Authn) WaysOf(ctx context.Context, who actor.Actor, worker string) (Ways, error) {
	if who.Worker() != worker && !administers(who) {
		return Ways{}, a.refused(ctx, "account.ways", audit.Of(who), worker, "role", ErrNotAllowed)
	}
	if _, ok, err := a.account(ctx, a.db, worker); err != nil || !ok {
		return Ways{}, err
	}
	return a.ways(ctx, a.db, worker)
}

func (a *Authn) ways(ctx context.Context, q db.Querier, worker string) (Ways, error) {
	var w Ways
	var links int
	err := q.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM passkey p WHERE p.worker = a.worker), a.pw_scheme <> '', a.totp_hash <> '',
		(SELECT COUNT(*) FROM recovery r WHERE r.worker = a.worker AND r.used_at = 0),
		(SELECT COUNT(*) FROM provider_link l WHERE l.worker = a.worker AND l.ended_at = 0) FROM account a WHERE a.worker = $1`, worker).
		Scan(&w.Passkeys, &w.Password, &w.TOTP, &w.RecoveryCodes, &links)
	if err != nil {
		return Ways{}, fault.Unavailablef("authn.account", err, "cannot read the account")
	}
	w.Provider = links > 0 && a.cfg.Federation.on()
	return w, nil
}

// LastSeen says when each worker who signed in within the last thirty days was
// last seen, for an administrator or a security officer: an account nobody uses
// is one to end.
func (a *Authn) LastSeen(ctx context.Context, who actor.Actor) (map[string]time.Time, error) {
	const op = "session.last_seen"
	if !administers(who) {
		return nil, a.refused(ctx, op, audit.Of(who), "", "role", ErrNotAllowed)
	}
	rows, err := a.db.Query(ctx, `SELECT worker, MAX(seen_at) FROM session GROUP BY worker`)
	if err != nil {
		return nil, fault.Unavailablef(op, err, "cannot read the sessions")
	}
	defer rows.Close()
	out := map[string]time.Time{}
	for rows.Next() {
		var worker string
		var seen int64
		if err := rows.Scan(&worker, &seen); err != nil {
			return nil, fault.Unavailablef(op, err, "cannot read the sessions")
		}
		out[worker] = db.Time(seen)
	}
	return out, rows.Err()
}

// self is the check before somebody changes their own ways in: an open session
// and a fresh proof.
func (a *Authn) self(ctx context.Context, op string, s Session) (account, Standing, error) {
	if !s.Actor().Valid() {
		return account{}, Standing{}, ErrNoSession
	}
	if !a.fresh(s.Actor().SteppedUpAt()) {
		return account{}, Standing{}, a.refused(ctx, op, s.who(), s.Worker(), "stepup", ErrStepUp)
	}
	c, ok, err := a.account(ctx, a.db, s.Worker())
	if err != nil {
		return c, Standing{}, err
	}
	if !ok || c.status != statusActive {
		return c, Standing{}, ErrEnded
	}
	st, err := a.standing(ctx, s.Worker())
	if err == nil && !st.Active {
		err = ErrEnded
	}
	return c, st, err
}

// stillOpen makes sure, inside the transaction of a change, that the session
// was not ended while the change was prepared.
func (a *Authn) stillOpen(ctx context.Context, tx *db.Tx, s Session) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM session s JOIN account a ON a.worker = s.worker WHERE s.id = $1 AND s.ended_at = 0 AND a.status = 'active'`, s.ID()).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return ErrEnded
	}
	return nil
}

// change records and makes a change to one's own ways in.
func (a *Authn) change(ctx context.Context, op string, s Session, detail map[string]string, fn func(tx *db.Tx) error) error {
	if err := a.note(ctx, event{action: op, outcome: audit.Allowed, who: s.who(), worker: s.Worker(), detail: detail}); err != nil {
		return err
	}
	err := a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.stillOpen(ctx, tx, s); err != nil {
			return err
		}
		return fn(tx)
	})
	if err != nil {
		// The log says that it was allowed; it has to say that it was not done.
		return errors.Join(err, a.note(ctx, event{action: op, outcome: audit.Failed, who: s.who(), worker: s.Worker(), detail: detail}))
	}
	return nil
}

// Passkeys lists the worker's passkeys, oldest first.
func (a *Authn) Passkeys(ctx context.Context, s Session) ([]Passkey, error) {
	if !s.Actor().Valid() {
		return nil, ErrNoSession
	}
	ks, err := a.passkeys(ctx, s.Worker())
	out := make([]Passkey, len(ks))
	for i, k := range ks {
		out[i] = k.Passkey
	}
	return out, err
}

// AddPasskeyBegin begins adding a passkey; it needs a fresh proof.
func (a *Authn) AddPasskeyBegin(ctx context.Context, s Session) (Ceremony, error) {
	c, st, err := a.self(ctx, "passkey.add", s)
	if err != nil {
		return Ceremony{}, err
	}
	return a.beginRegistration(ctx, "add", ticket{Worker: c.worker, Session: s.ID(), Epoch: c.epoch}, st)
}

// AddPasskeyFinish stores the passkey under a name of the worker's choice.
func (a *Authn) AddPasskeyFinish(ctx context.Context, s Session, ceremony, name string, response []byte) error {
	const op = "passkey.add"
	c, _, err := a.self(ctx, op, s)
	if err != nil {
		return err
	}
	t, err := a.mine(ctx, "add", ceremony, s, c)
	if err != nil {
		return err
	}
	id, body, count, err := a.newKey(t, name, response)
	if errors.Is(err, ErrWrong) {
		return a.refused(ctx, op, s.who(), c.worker, "wrong", err)
	}
	if err != nil {
		return err
	}
	return a.change(ctx, op, s, map[string]string{"passkey": id}, func(tx *db.Tx) error { return a.storeKey(ctx, tx, id, c.worker, body, count) })
}

// mine opens and spends a ticket that was issued to this session.
func (a *Authn) mine(ctx context.Context, kind, ceremony string, s Session, c account) (ticket, error) {
	t, err := a.ticket(kind, ceremony)
	if err != nil {
		return t, err
	}
	if t.Session != s.ID() || t.Worker != c.worker || t.Epoch != c.epoch {
		return t, ErrCeremony
	}
	return t, a.spend(ctx, t)
}

// RemovePasskey takes a passkey away; it needs a fresh proof. The last way in
// cannot be removed.
func (a *Authn) RemovePasskey(ctx context.Context, s Session, id string) error {
	const op = "passkey.remove"
	c, _, err := a.self(ctx, op, s)
	if err != nil {
		return err
	}
	ks, err := a.passkeys(ctx, c.worker)
	if err != nil {
		return err
	}
	found := false
	for _, k := range ks {
		found = found || k.ID == id
	}
	if !found {
		return fault.NotFoundf(op)
	}
	return a.change(ctx, op, s, map[string]string{"passkey": id}, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM passkey WHERE id = $1 AND worker = $2`, id, c.worker); err != nil {
			return err
		}
		w, err := a.ways(ctx, tx, c.worker)
		if err != nil {
			return err
		}
		if w.Passkeys == 0 && !(w.Password && w.TOTP) && !w.Provider {
			return fault.Conflictf(op, "it is the last way into the account; add another first")
		}
		_, err = tx.Exec(ctx, `UPDATE account SET changed_at = $1 WHERE worker = $2`, db.Micros(a.now()), c.worker)
		return err
	})
}

// CheckPassword checks the password in force of the session's worker, whom a
// form asks for it before it is changed. Like every proof it counts: five wrong
// ones in a row end the session with ErrEnded. It is no step-up.
func (a *Authn) CheckPassword(ctx context.Context, s Session, password string) error {
	const op = "password.check"
	c, _, err := a.self(ctx, op, s)
	if err != nil {
		return err
	}
	if err := a.try(ctx, s); err != nil {
		return a.failedProof(ctx, op, s, err)
	}
	right, err := a.verifyPassword(ctx, c, password)
	if err != nil {
		return err
	}
	if !right {
		return a.failedProof(ctx, op, s, ErrWrong)
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Change(ctx, []string{sessionOn(s.ID())}, `UPDATE session SET tries = 0 WHERE id = $1`, s.ID())
		return err
	})
}

// ChangePassword sets a new password, or a first one beside passkeys; it needs a
// fresh proof, and ends the worker's other sessions.
func (a *Authn) ChangePassword(ctx context.Context, s Session, password string) error {
	const op = "password.change"
	c, st, err := a.self(ctx, op, s)
	if err != nil {
		return err
	}
	if why := passwordProblem(password, WithSecondFactor, a.personWords(st)); why != "" {
		return fault.InvalidFields(op, fault.Field{Name: "password", Message: why})
	}
	h, err := a.newHash(ctx, c.worker, password)
	if err != nil {
		return err
	}
	if err := a.change(ctx, op, s, nil, func(tx *db.Tx) error {
		if err := a.storeHash(ctx, tx, c.worker, h); err != nil {
			return err
		}
		if err := a.raise(ctx, tx, c.worker); err != nil {
			return err
		}
		return a.endAll(ctx, tx, c.worker, s.ID(), "password_changed")
	}); err != nil {
		return err
	}
	return a.clearAccount(ctx, a.subject(normalMail(st.Mail.Disclose())))
}

// NewTOTPBegin begins setting up one-time codes anew; it needs a fresh proof.
// The old ones stay good until the first new code comes back.
func (a *Authn) NewTOTPBegin(ctx context.Context, s Session) (TOTPEnrolment, error) {
	c, st, err := a.self(ctx, "totp.change", s)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	return a.beginTOTP("totp", ticket{Worker: c.worker, Session: s.ID(), Epoch: c.epoch}, st)
}

// NewTOTPFinish confirms new one-time codes with the first of them. A wrong code
// is ErrWrong, and another may be tried until the ceremony expires.
func (a *Authn) NewTOTPFinish(ctx context.Context, s Session, ceremony, code string) error {
	const op = "totp.change"
	c, _, err := a.self(ctx, op, s)
	if err != nil {
		return err
	}
	t, err := a.ticket("totp", ceremony)
	if err != nil {
		return err
	}
	if t.Session != s.ID() || t.Worker != c.worker || t.Epoch != c.epoch {
		return ErrCeremony
	}
	x, sealed, step, err := a.confirmTOTP(t, code)
	if errors.Is(err, ErrWrong) {
		return a.refused(ctx, op, s.who(), c.worker, "wrong", err)
	}
	if err != nil {
		return err
	}
	if err := a.spend(ctx, t); err != nil {
		return err
	}
	return a.change(ctx, op, s, nil, func(tx *db.Tx) error { return a.storeTOTP(ctx, tx, c.worker, x, sealed, step) })
}
