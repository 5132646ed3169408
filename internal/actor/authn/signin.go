package authn

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/oidc"
)

// Pending is a sign-in whose password was right and whose second factor is
// still to come. Ticket goes into the next form; it opens nothing by itself.
type Pending struct {
	Ticket  string
	Expires time.Time
}

// claim is whoever a mail address belongs to, as far as anybody knows.
type claim struct {
	subject string // what failures are counted by
	worker  string // "" where nobody has the address
	st      Standing
	c       account
	usable  bool // may sign in with a password
	off     bool // could, if it were not for the identity provider alone to sign it in
}

func (a *Authn) claimed(ctx context.Context, mail string) (claim, error) {
	mail = normalMail(mail)
	x := claim{subject: a.subject(mail)}
	worker, ok, err := a.dir.ByMail(ctx, mail)
	if err != nil || !ok {
		return x, err
	}
	x.worker = worker
	if x.st, err = a.standing(ctx, worker); err != nil {
		return x, err
	}
	if x.c, ok, err = a.account(ctx, a.db, worker); err != nil {
		return x, err
	}
	x.usable = ok && x.st.Active && x.c.status == statusActive && x.c.hasPassword() && x.c.hasTOTP()
	if x.usable && !a.local(x.st.Mail) {
		x.usable, x.off = false, true
	}
	return x, nil
}

// charged counts an attempt; where it may not be made, that is in the log.
func (a *Authn) charged(ctx context.Context, action, worker string, bs []bucket) error {
	err := a.charge(ctx, bs)
	switch {
	case errors.Is(err, ErrThrottled):
		return a.slowed(ctx, action, worker, "throttled", err)
	case errors.Is(err, ErrPasswordOff):
		return a.slowed(ctx, action, worker, "limit", err)
	}
	return err
}

// SignInPassword checks a mail address and password, the first of two factors.
// It returns ErrWrong, ErrThrottled or ErrPasswordOff, each the same, and after
// the same work, whether or not anybody has the address.
func (a *Authn) SignInPassword(ctx context.Context, mail, password string, v Visitor) (Pending, error) {
	const action = "signin.password"
	ctx, leave, err := a.arrive(ctx, action, a.subject(normalMail(mail)), v)
	if err != nil {
		return Pending{}, err
	}
	defer leave()
	x, err := a.claimed(ctx, mail)
	if err != nil {
		return Pending{}, err
	}
	bs := a.buckets("password", x.subject, x.usable, v)
	if err := a.charged(ctx, action, x.worker, bs); err != nil {
		return Pending{}, err
	}
	right, err := a.verifyPassword(ctx, x.c, password)
	if err != nil {
		return Pending{}, err
	}
	if !right || !x.usable {
		reason := "wrong"
		switch {
		case x.worker == "":
			reason = "unknown"
		case x.off:
			reason = "local_off"
		case !x.usable:
			reason = "no_account"
		}
		return Pending{}, a.refused(ctx, action, audit.Who{Worker: x.worker}, x.worker, reason, ErrWrong)
	}
	if err := a.clear(ctx, bs); err != nil {
		return Pending{}, err
	}
	if err := a.upgrade(ctx, x.c, password); err != nil {
		return Pending{}, err
	}
	if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: audit.Who{Worker: x.worker, Role: string(x.st.Role)}, worker: x.worker, detail: map[string]string{"next": "second_factor"}}); err != nil {
		return Pending{}, err
	}
	t, err := a.issue("second", ticket{Worker: x.worker, Epoch: x.c.epoch}, nil)
	return Pending{Ticket: t, Expires: a.now().Add(ceremonyTime)}, err
}

// SecondFactor completes a sign-in with a one-time code or a recovery code and
// returns the cookie's token. It returns ErrCeremony where the password must be
// given again, ErrWrong where only the code must, ErrThrottled, or
// ErrPasswordOff after a hundred wrong codes in a row.
func (a *Authn) SecondFactor(ctx context.Context, pending, code string, v Visitor) (string, Session, error) {
	const action = "signin.second"
	t, err := a.ticket("second", pending)
	if err != nil {
		return "", Session{}, a.refused(ctx, action, audit.Who{}, "", "ceremony", err)
	}
	c, st, err := a.ticketed(ctx, t)
	if errors.Is(err, ErrCeremony) {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: t.Worker}, t.Worker, "ceremony", err)
	}
	if err != nil {
		return "", Session{}, err
	}
	subject := a.subject(normalMail(st.Mail.Disclose()))
	bs := a.buckets("second", subject, true, v)
	if err := a.charged(ctx, action, c.worker, bs); err != nil {
		return "", Session{}, err
	}
	right, method, err := a.useCode(ctx, c, code)
	if err != nil {
		return "", Session{}, err
	}
	if !right {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: c.worker}, c.worker, "wrong", ErrWrong)
	}
	if err := a.spend(ctx, t); err != nil {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: c.worker}, c.worker, "replay", err)
	}
	if err := a.clear(ctx, bs); err != nil {
		return "", Session{}, err
	}
	var via viaProvider
	if len(t.Body) > 0 && json.Unmarshal(t.Body, &via) == nil && via.Method == ByProvider {
		return a.beginAt(ctx, c.worker, st, t.Epoch, ByProvider, a.began(oidc.Identity{AuthAt: db.Time(via.AuthAt), Subject: via.Sub, Session: via.Sid}), v, action, map[string]string{"method": method, "first": ByProvider})
	}
	return a.begin(ctx, c.worker, st, t.Epoch, method, v, action, map[string]string{"method": method})
}

func (a *Authn) useCode(ctx context.Context, c account, code string) (bool, string, error) {
	if digits, ok := isTOTP(code); ok {
		right, err := a.useTOTP(ctx, c, digits)
		return right, ByTOTP, err
	}
	right, err := a.useRecovery(ctx, c.worker, code)
	return right, ByRecovery, err
}

// ticketed returns the account a ticket belongs to, if both still stand.
func (a *Authn) ticketed(ctx context.Context, t ticket) (account, Standing, error) {
	c, ok, err := a.account(ctx, a.db, t.Worker)
	if err != nil {
		return c, Standing{}, err
	}
	st, err := a.standing(ctx, t.Worker)
	if err != nil {
		return c, st, err
	}
	if !ok || c.epoch != t.Epoch || c.status == statusEnded || !st.Active {
		return c, st, ErrCeremony
	}
	return c, st, nil
}

// SignInRecovery signs in with password and recovery code together, in one
// step, and lifts the limit of a hundred failures: nothing is said about the
// password by itself, so the two must be guessed as one.
func (a *Authn) SignInRecovery(ctx context.Context, mail, password, code string, v Visitor) (string, Session, error) {
	const action = "signin.recovery"
	ctx, leave, err := a.arrive(ctx, action, a.subject(normalMail(mail)), v)
	if err != nil {
		return "", Session{}, err
	}
	defer leave()
	x, err := a.claimed(ctx, mail)
	if err != nil {
		return "", Session{}, err
	}
	bs := a.buckets("recovery", x.subject, x.usable, v)
	if err := a.charged(ctx, action, x.worker, bs); err != nil {
		return "", Session{}, err
	}
	right, err := a.verifyPassword(ctx, x.c, password)
	if err != nil {
		return "", Session{}, err
	}
	worker := x.worker
	if !right || !x.usable {
		worker = "" // the same work; uses up nobody's code
	}
	used, err := a.useRecovery(ctx, worker, code)
	if err != nil {
		return "", Session{}, err
	}
	if !right || !x.usable || !used {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: x.worker}, x.worker, "wrong", ErrWrong)
	}
	if err := errors.Join(a.clear(ctx, bs), a.clearAccount(ctx, x.subject)); err != nil {
		return "", Session{}, err
	}
	return a.begin(ctx, x.worker, x.st, x.c.epoch, ByRecovery, v, action, nil)
}
