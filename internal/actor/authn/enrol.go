package authn

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/phi"
)

// The kinds of invitation.
const (
	kindEnrol = "enrol"
	kindDemo  = "demo"
)

// administers reports whether who may change another's ways in: an
// administrator or the security officer, or the person at the command line.
// Which of them may do it at this moment is also for the policies to say; this
// is the floor beneath them.
func administers(who actor.Actor) bool {
	switch who.Role() {
	case actor.Administrator, actor.SecurityOfficer:
		return true
	}
	return who.Service() && (who.Worker() == "service:"+Commander || who.Worker() == "service:"+Demo)
}

// ends reports whether who may end another's access: those who administer it, and the
// system that provisions accounts.
func ends(who actor.Actor) bool {
	return administers(who) || who.Service() && who.Worker() == "service:"+Provisioner
}

// mayAdminister is administers with a fresh proof, recorded where it refuses.
func (a *Authn) mayAdminister(ctx context.Context, op string, who actor.Actor, worker string) error {
	if !administers(who) {
		return a.refused(ctx, op, audit.Of(who), worker, "role", ErrNotAllowed)
	}
	if !who.Service() && !a.fresh(who.SteppedUpAt()) {
		return a.refused(ctx, op, audit.Of(who), worker, "stepup", ErrStepUp)
	}
	return nil
}

// Invite lets a workforce member enrol and returns the token for the link, which
// is good once, for Config.Invitation. Whoever calls it sees that the link
// reaches the person and nobody else. An earlier invitation stops being good.
// It needs an administrator, the security officer or the operator, and a fresh
// proof. An account that is in use is Reset, not invited.
func (a *Authn) Invite(ctx context.Context, who actor.Actor, worker string) (string, error) {
	const op = "account.invite"
	if err := a.mayAdminister(ctx, op, who, worker); err != nil {
		return "", err
	}
	return a.invite(ctx, op, who, worker, func(tx *db.Tx) error {
		c, ok, err := a.account(ctx, tx, worker)
		switch {
		case err != nil:
			return err
		case !ok:
			return a.newAccount(ctx, tx, worker, statusInvited)
		case c.status == statusActive:
			return fault.Conflictf(op, "the account is in use; reset it instead")
		}
		// Somebody who comes back gets the same account, with nothing in it.
		return a.destroy(ctx, tx, worker, statusInvited, "invited")
	})
}

// Reset takes every way in from an account, ends its sessions at once, and
// returns the token of a new invitation: for somebody who lost what they sign in
// with, or whose account may be in other hands. Nobody resets their own.
func (a *Authn) Reset(ctx context.Context, who actor.Actor, worker string) (string, error) {
	const op = "account.reset"
	if err := a.mayAdminister(ctx, op, who, worker); err != nil {
		return "", err
	}
	if who.Worker() == worker {
		return "", a.refused(ctx, op, audit.Of(who), worker, "own", ErrNotAllowed)
	}
	return a.invite(ctx, op, who, worker, func(tx *db.Tx) error {
		c, ok, err := a.account(ctx, tx, worker)
		if err != nil {
			return err
		}
		if !ok || c.status == statusEnded {
			return fault.Conflictf(op, "there is no account in use; invite the person instead")
		}
		return a.destroy(ctx, tx, worker, statusInvited, "reset")
	})
}

func (a *Authn) newAccount(ctx context.Context, tx *db.Tx, worker, status string) error {
	now := db.Micros(a.now())
	_, err := tx.Exec(ctx, `INSERT INTO account (worker, status, epoch, pw_scheme, pw_cost, totp_hash, totp_step, created_at, changed_at) VALUES ($1, $2, 1, '', 0, '', 0, $3, $3)`, worker, status, now)
	return err
}

func (a *Authn) invite(ctx context.Context, op string, who actor.Actor, worker string, prepare func(tx *db.Tx) error) (string, error) {
	st, err := a.standing(ctx, worker)
	if err != nil {
		return "", err
	}
	if !st.Active {
		return "", fault.Conflictf(op, "the workforce member is not active")
	}
	token, now := newToken(), a.now()
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		if err := prepare(tx); err != nil {
			return err
		}
		return a.storeInvitation(ctx, tx, kindEnrol, token, worker, who.Worker(), now.Add(a.cfg.Invitation))
	}); err != nil {
		return "", err
	}
	if err := a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(who), worker: worker}); err != nil {
		return "", err // the token never leaves
	}
	return token, a.clearAccount(ctx, a.subject(normalMail(st.Mail.Disclose())))
}

func (a *Authn) storeInvitation(ctx context.Context, tx *db.Tx, kind, token, worker, by string, expires time.Time) error {
	now := db.Micros(a.now())
	if kind == kindEnrol {
		if _, err := tx.Exec(ctx, `UPDATE invitation SET used_at = $1 WHERE worker = $2 AND kind = $3 AND used_at = 0`, now, worker, kind); err != nil {
			return err
		}
	}
	_, err := tx.Exec(ctx, `INSERT INTO invitation (token, kind, worker, made_by, made_at, expires_at, used_at) VALUES ($1, $2, $3, $4, $5, $6, 0)`,
		a.tokenHash(kind, token), kind, worker, by, now, db.Micros(expires))
	return err
}

// Terminate ends everything an account can do, at once and in one transaction:
// sessions, invitations, ceremonies under way, passkeys, password, codes
// (45 CFR 164.308(a)(3)(ii)(C)). It stands even where the entry cannot be
// written; that failure is returned, and calling again records it. A privacy
// officer may do it too, and it needs no fresh proof: it must not wait.
func (a *Authn) Terminate(ctx context.Context, who actor.Actor, worker string) error {
	const op = "account.terminate"
	if !ends(who) && who.Role() != actor.PrivacyOfficer {
		return a.refused(ctx, op, audit.Of(who), worker, "role", ErrNotAllowed)
	}
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		_, ok, err := a.account(ctx, tx, worker)
		if err != nil || !ok {
			return err
		}
		return a.destroy(ctx, tx, worker, statusEnded, "terminated")
	}); err != nil {
		return err
	}
	return a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(who), worker: worker})
}

// Invitation is what the person who holds its link may see.
type Invitation struct {
	Worker    string
	Name      phi.Text
	Mail      phi.Text
	ExpiresAt time.Time
	Password  bool // a password was chosen; the one-time codes are still to come
	Provider  bool // the identity provider can sign them in
	Local     bool // they may have a way in of their own
}

type invited struct {
	c   account
	st  Standing
	exp time.Time
	key []byte
}

func (a *Authn) invited(ctx context.Context, token string) (invited, error) {
	x := invited{key: a.tokenHash(kindEnrol, token)}
	var worker string
	var exp int64
	err := a.db.QueryRow(ctx, `SELECT worker, expires_at FROM invitation WHERE token = $1 AND kind = $2 AND used_at = 0`, x.key, kindEnrol).Scan(&worker, &exp)
	if errors.Is(err, sql.ErrNoRows) {
		return x, ErrInvitation
	}
	if err != nil {
		return x, fault.Unavailablef("authn.invitation", err, "cannot read the invitation")
	}
	if x.exp = db.Time(exp); !a.now().Before(x.exp) {
		return x, ErrInvitation
	}
	var ok bool
	if x.c, ok, err = a.account(ctx, a.db, worker); err != nil {
		return x, err
	}
	if x.st, err = a.standing(ctx, worker); err != nil {
		return x, err
	}
	if !ok || x.c.status != statusInvited || !x.st.Active {
		return x, ErrInvitation
	}
	return x, nil
}

// invitedHere is invited for somebody who may have a way in of their own, besides the
// identity provider; ErrLocalOff if not.
func (a *Authn) invitedHere(ctx context.Context, token string) (invited, error) {
	x, err := a.invited(ctx, token)
	if err == nil && !a.local(x.st.Mail) {
		err = ErrLocalOff
	}
	return x, err
}

// OpenInvitation says whose invitation it is. It does not use it up, so that a
// mail scanner that follows links does no harm.
func (a *Authn) OpenInvitation(ctx context.Context, token string) (Invitation, error) {
	x, err := a.invited(ctx, token)
	if err != nil {
		return Invitation{}, err
	}
	return Invitation{Worker: x.c.worker, Name: x.st.Name, Mail: x.st.Mail, ExpiresAt: x.exp, Password: x.c.hasPassword(), Provider: a.cfg.Federation.on(), Local: a.local(x.st.Mail)}, nil
}

// EnrolPasskeyBegin begins making the invited person's first passkey: the way
// that is offered first, since it cannot be phished.
func (a *Authn) EnrolPasskeyBegin(ctx context.Context, token string) (Ceremony, error) {
	x, err := a.invitedHere(ctx, token)
	if err != nil {
		return Ceremony{}, err
	}
	return a.beginRegistration(ctx, "enrol", ticket{Worker: x.c.worker, Epoch: x.c.epoch}, x.st)
}

// EnrolPasskeyFinish stores the passkey, uses the invitation up and signs in.
func (a *Authn) EnrolPasskeyFinish(ctx context.Context, token, ceremony, name string, response []byte, v Visitor) (string, Session, error) {
	const op = "enrol.passkey"
	x, err := a.invitedHere(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	t, err := a.ticket("enrol", ceremony)
	if err != nil {
		return "", Session{}, err
	}
	if t.Worker != x.c.worker || t.Epoch != x.c.epoch {
		return "", Session{}, ErrCeremony
	}
	if err := a.spend(ctx, t); err != nil {
		return "", Session{}, err
	}
	id, body, count, err := a.newKey(t, name, response)
	if errors.Is(err, ErrWrong) {
		return "", Session{}, a.refused(ctx, op, audit.Who{Worker: x.c.worker}, x.c.worker, "wrong", err)
	}
	if err != nil {
		return "", Session{}, err
	}
	return a.enrolled(ctx, op, x, ByPasskey, v, map[string]string{"passkey": id}, func(tx *db.Tx) error { return a.storeKey(ctx, tx, id, x.c.worker, body, count) })
}

// EnrolPassword keeps the password the invited person chose. It signs nobody in:
// the one-time codes come next.
func (a *Authn) EnrolPassword(ctx context.Context, token, password string) error {
	const op = "enrol.password"
	x, err := a.invitedHere(ctx, token)
	if err != nil {
		return err
	}
	if why := passwordProblem(password, WithSecondFactor, a.personWords(x.st)); why != "" {
		return fault.InvalidFields(op, fault.Field{Name: "password", Message: why})
	}
	h, err := a.newHash(ctx, x.c.worker, password)
	if err != nil {
		return err
	}
	if err := a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Who{Worker: x.c.worker}, worker: x.c.worker}); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.standingInvitation(ctx, tx, x); err != nil {
			return err
		}
		return a.storeHash(ctx, tx, x.c.worker, h)
	})
}

// EnrolTOTPBegin begins setting up one-time codes, once a password was chosen.
func (a *Authn) EnrolTOTPBegin(ctx context.Context, token string) (TOTPEnrolment, error) {
	x, err := a.invited(ctx, token)
	if err != nil {
		return TOTPEnrolment{}, err
	}
	if !x.c.hasPassword() {
		return TOTPEnrolment{}, fault.Conflictf("enrol.totp", "choose a password first")
	}
	return a.beginTOTP("enroltotp", ticket{Worker: x.c.worker, Epoch: x.c.epoch}, x.st)
}

// EnrolTOTPFinish confirms the one-time codes with the first of them, uses the
// invitation up and signs in. A wrong code is ErrWrong; another may be tried.
func (a *Authn) EnrolTOTPFinish(ctx context.Context, token, ceremony, code string, v Visitor) (string, Session, error) {
	const op = "enrol.totp"
	x, err := a.invitedHere(ctx, token)
	if err != nil {
		return "", Session{}, err
	}
	t, err := a.ticket("enroltotp", ceremony)
	if err != nil {
		return "", Session{}, err
	}
	if t.Worker != x.c.worker || t.Epoch != x.c.epoch || !x.c.hasPassword() {
		return "", Session{}, ErrCeremony
	}
	s, sealed, step, err := a.confirmTOTP(t, code)
	if errors.Is(err, ErrWrong) {
		return "", Session{}, a.refused(ctx, op, audit.Who{Worker: x.c.worker}, x.c.worker, "wrong", err)
	}
	if err != nil {
		return "", Session{}, err
	}
	if err := a.spend(ctx, t); err != nil {
		return "", Session{}, err
	}
	return a.enrolled(ctx, op, x, ByTOTP, v, nil, func(tx *db.Tx) error { return a.storeTOTP(ctx, tx, x.c.worker, s, sealed, step) })
}

// confirmTOTP checks the first code of a new secret and returns it sealed.
func (a *Authn) confirmTOTP(t ticket, code string) (x totpSecret, sealed []byte, step int64, err error) {
	if err := json.Unmarshal(t.Body, &x); err != nil {
		return x, nil, 0, ErrCeremony
	}
	digits, ok := isTOTP(code)
	if ok {
		step, err = a.matchStep(x, digits, 0)
	}
	if err == nil && step == 0 {
		err = ErrWrong
	}
	if err != nil {
		return x, nil, 0, err
	}
	return x, a.seal(x.Secret, "totp/"+t.Worker), step, nil
}

// standingInvitation makes sure, inside a transaction, that the invitation was
// not used or withdrawn meanwhile.
func (a *Authn) standingInvitation(ctx context.Context, tx *db.Tx, x invited) error {
	var n int
	if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM invitation i JOIN account a ON a.worker = i.worker
		WHERE i.token = $1 AND i.used_at = 0 AND a.status = 'invited' AND a.epoch = $2`, x.key, x.c.epoch).Scan(&n); err != nil {
		return err
	}
	if n == 0 {
		return ErrInvitation
	}
	return nil
}

// enrolled stores the first whole way in, opens the account and signs in.
func (a *Authn) enrolled(ctx context.Context, op string, x invited, method string, v Visitor, detail map[string]string, store func(tx *db.Tx) error) (string, Session, error) {
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.standingInvitation(ctx, tx, x); err != nil {
			return err
		}
		if err := store(tx); err != nil {
			return err
		}
		now := db.Micros(a.now())
		if _, err := tx.Exec(ctx, `UPDATE account SET status = 'active', epoch = epoch + 1, changed_at = $1 WHERE worker = $2`, now, x.c.worker); err != nil {
			return err
		}
		if method == ByPasskey {
			// A password chosen before turning to a passkey has no second
			// factor, so it is not kept.
			if _, err := tx.Exec(ctx, `UPDATE account SET pw_scheme = '', pw_cost = 0, pw_salt = NULL, pw_hash = NULL WHERE worker = $1`, x.c.worker); err != nil {
				return err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE invitation SET used_at = $1 WHERE worker = $2 AND used_at = 0`, now, x.c.worker)
		return err
	}); err != nil {
		return "", Session{}, err
	}
	return a.begin(ctx, x.c.worker, x.st, x.c.epoch+1, method, v, op, detail)
}

// OneTimeSignIn makes a single-use sign-in token for a fictional person of the
// demonstration. It refuses unless Config.Demo is set.
func (a *Authn) OneTimeSignIn(ctx context.Context, worker string, ttl time.Duration) (string, error) {
	const op = "signin.demo_link"
	if !a.cfg.Demo {
		return "", a.refused(ctx, op, audit.Of(Service(Demo)), worker, "not_demo", ErrNotAllowed)
	}
	st, err := a.standing(ctx, worker)
	if err != nil {
		return "", err
	}
	if !st.Active {
		return "", fault.Conflictf(op, "the workforce member is not active")
	}
	token := newToken()
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		c, ok, err := a.account(ctx, tx, worker)
		switch {
		case err != nil:
			return err
		case !ok:
			if err := a.newAccount(ctx, tx, worker, statusActive); err != nil {
				return err
			}
		case c.status != statusActive:
			return fault.Conflictf(op, "the account is not in use")
		}
		return a.storeInvitation(ctx, tx, kindDemo, token, worker, "service:"+Demo, a.now().Add(ttl))
	}); err != nil {
		return "", err
	}
	return token, a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(Service(Demo)), worker: worker})
}

// RedeemOneTime signs in with a token of OneTimeSignIn, once.
func (a *Authn) RedeemOneTime(ctx context.Context, token string, v Visitor) (string, Session, error) {
	const action = "signin.demo"
	if !a.cfg.Demo {
		return "", Session{}, a.refused(ctx, action, audit.Who{}, "", "not_demo", ErrInvitation)
	}
	now := db.Micros(a.now())
	var worker string
	err := a.db.Write(ctx, func(tx *db.Tx) error {
		return tx.QueryRow(ctx, `UPDATE invitation SET used_at = $1 WHERE token = $2 AND kind = $3 AND used_at = 0 AND expires_at > $1 RETURNING worker`,
			now, a.tokenHash(kindDemo, token), kindDemo).Scan(&worker)
	})
	if errors.Is(err, sql.ErrNoRows) {
		return "", Session{}, a.refused(ctx, action, audit.Who{}, "", "link", ErrInvitation)
	}
	if err != nil {
		return "", Session{}, err
	}
	c, ok, err := a.account(ctx, a.db, worker)
	if err != nil {
		return "", Session{}, err
	}
	st, err := a.standing(ctx, worker)
	if err != nil {
		return "", Session{}, err
	}
	if !ok || !st.Active || c.status != statusActive {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: worker}, worker, "inactive", ErrInvitation)
	}
	return a.begin(ctx, worker, st, c.epoch, ByDemo, v, action, nil)
}

// Sweep removes what has no use any more: ceremonies that would have expired,
// and sessions, invitations and counts of failures that ended over thirty days
// ago. The log keeps what happened. A job runs it once a day.
func (a *Authn) Sweep(ctx context.Context) error {
	now := a.now()
	cut := db.Micros(now.Add(-30 * 24 * time.Hour))
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `DELETE FROM ceremony WHERE expires_at <= $1`, db.Micros(now)); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session WHERE ends_at <= $1 OR (ended_at > 0 AND ended_at <= $1)`, cut); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM session_role WHERE session NOT IN (SELECT id FROM session)`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM provider_session WHERE session NOT IN (SELECT id FROM session)`); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `DELETE FROM invitation WHERE expires_at <= $1`, cut); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM throttle WHERE at <= $1 AND NOT keep`, cut)
		return err
	})
}
