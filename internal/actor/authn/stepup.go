package authn

import (
	"context"
	"errors"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// Proof is what somebody gives to unlock a session: a password, or a passkey's
// answer to a ceremony begun with UnlockPasskey. Demo stands for the button of
// the demonstration, whose people have neither.
type Proof struct {
	Password string
	Ceremony string
	Response []byte
	Demo     bool
}

// maxTries is how many failed proofs in a row end a session: whoever is at the
// keyboard then is not its worker, or has to sign in.
const maxTries = 5

// StepUpPasskeyBegin begins a step-up with a passkey.
func (a *Authn) StepUpPasskeyBegin(ctx context.Context, s Session) (Ceremony, error) {
	if !s.Actor().Valid() {
		return Ceremony{}, ErrNoSession
	}
	return a.beginProof(ctx, "stepup", s)
}

// UnlockPasskey begins unlocking with a passkey.
func (a *Authn) UnlockPasskey(ctx context.Context, s Session) (Ceremony, error) {
	if !s.Locked() {
		return Ceremony{}, ErrNoSession
	}
	return a.beginProof(ctx, "unlock", s)
}

func (a *Authn) beginProof(ctx context.Context, kind string, s Session) (Ceremony, error) {
	if !a.local(s.Mail()) {
		return Ceremony{}, ErrLocalOff
	}
	u, err := a.user(ctx, s.Worker(), Standing{})
	if err != nil {
		return Ceremony{}, err
	}
	if len(u.keys) == 0 {
		return Ceremony{}, fault.Conflictf("authn.proof", "the account has no passkey")
	}
	o, sd, err := a.wa.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fault.Unavailablef("authn.proof", err, "cannot begin")
	}
	return a.ceremony(kind, ticket{Worker: s.Worker(), Session: s.ID(), Epoch: s.get().epoch}, o, sd)
}

// StepUpPasskeyFinish completes a step-up. From the next request on the
// session's Actor says so, until the step-up window has passed. Five failed
// proofs in a row end the session with ErrEnded.
func (a *Authn) StepUpPasskeyFinish(ctx context.Context, s Session, ceremony string, response []byte) error {
	const action = "stepup.passkey"
	if !s.Actor().Valid() {
		return ErrNoSession
	}
	detail, err := a.provePasskey(ctx, "stepup", s, ceremony, response)
	if err != nil {
		return a.failedProof(ctx, action, s, err)
	}
	return a.steppedUp(ctx, action, s, detail)
}

// StepUpTOTP completes a step-up with password and one-time or recovery code.
func (a *Authn) StepUpTOTP(ctx context.Context, s Session, password, code string) error {
	const action = "stepup.totp"
	if !s.Actor().Valid() {
		return ErrNoSession
	}
	if !a.local(s.Mail()) {
		return a.refused(ctx, action, s.who(), s.Worker(), "local_off", ErrLocalOff)
	}
	c, ok, err := a.account(ctx, a.db, s.Worker())
	if err != nil {
		return err
	}
	if err := a.try(ctx, s); err != nil {
		return a.failedProof(ctx, action, s, err)
	}
	right, err := a.verifyPassword(ctx, c, password)
	if err != nil {
		return err
	}
	if !ok || !right {
		return a.failedProof(ctx, action, s, ErrWrong)
	}
	used, method, err := a.useCode(ctx, c, code)
	if err != nil {
		return err
	}
	if !used {
		return a.failedProof(ctx, action, s, ErrWrong)
	}
	return a.steppedUp(ctx, action, s, map[string]string{"method": method})
}

// StepUpDemo steps up a session of the demonstration without any proof; it
// refuses every other.
func (a *Authn) StepUpDemo(ctx context.Context, s Session) error {
	const action = "stepup.demo"
	if !s.Actor().Valid() {
		return ErrNoSession
	}
	if !a.cfg.Demo || s.Method() != ByDemo {
		return a.refused(ctx, action, s.who(), s.Worker(), "not_demo", ErrWrong)
	}
	return a.steppedUp(ctx, action, s, nil)
}

func (a *Authn) steppedUp(ctx context.Context, action string, s Session, detail map[string]string) error {
	if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: s.who(), worker: s.Worker(), detail: detail}); err != nil {
		return err
	}
	return a.proved(ctx, `UPDATE session SET stepped_up_at = $1, seen_at = $1, tries = 0 WHERE id = $2 AND ended_at = 0 AND locked_at = 0`, s)
}

func (a *Authn) proved(ctx context.Context, statement string, s Session) error {
	var n int64
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Change(ctx, []string{sessionOn(s.ID())}, statement, db.Micros(a.now()), s.ID())
		return err
	}); err != nil {
		return err
	}
	if n == 0 {
		return ErrEnded
	}
	return nil
}

// Unlock opens a locked session again. SP 800-63B-4 lets one factor do after
// idleness within a session of two, because the cookie is something they have.
// It does not count as a step-up. Five failed proofs in a row end the session
// with ErrEnded; so does the idle limit.
func (a *Authn) Unlock(ctx context.Context, s Session, p Proof) error {
	const action = "session.unlock"
	if !s.Locked() {
		return ErrNoSession
	}
	by := "password"
	switch {
	case p.Demo:
		by = "demo"
		if !a.cfg.Demo || s.Method() != ByDemo {
			return a.refused(ctx, action, s.who(), s.Worker(), "not_demo", ErrWrong)
		}
	case p.Ceremony != "":
		by = "passkey"
		if _, err := a.provePasskey(ctx, "unlock", s, p.Ceremony, p.Response); err != nil {
			return a.failedProof(ctx, action, s, err)
		}
	case !a.local(s.Mail()):
		return a.refused(ctx, action, s.who(), s.Worker(), "local_off", ErrLocalOff)
	default:
		c, ok, err := a.account(ctx, a.db, s.Worker())
		if err != nil {
			return err
		}
		if err := a.try(ctx, s); err != nil {
			return a.failedProof(ctx, action, s, err)
		}
		right, err := a.verifyPassword(ctx, c, p.Password)
		if err != nil {
			return err
		}
		if !ok || !right {
			return a.failedProof(ctx, action, s, ErrWrong)
		}
	}
	if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: s.who(), worker: s.Worker(), detail: map[string]string{"method": by}}); err != nil {
		return err
	}
	return a.proved(ctx, `UPDATE session SET locked_at = 0, seen_at = $1, tries = 0 WHERE id = $2 AND ended_at = 0`, s)
}

func (a *Authn) provePasskey(ctx context.Context, kind string, s Session, ceremony string, response []byte) (map[string]string, error) {
	t, err := a.ticket(kind, ceremony)
	if err != nil {
		return nil, err
	}
	if t.Session != s.ID() || t.Worker != s.Worker() || t.Epoch != s.get().epoch {
		return nil, ErrCeremony
	}
	if err := a.spend(ctx, t); err != nil {
		return nil, err
	}
	if err := a.try(ctx, s); err != nil {
		return nil, err
	}
	_, detail, err := a.assert(ctx, t, response, s.Worker())
	return detail, err
}

// try counts a proof before it is judged; a proof that succeeds sets the count
// back. The sixth in a row is not judged: the session ends.
func (a *Authn) try(ctx context.Context, s Session) error {
	var tries int64
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Change(ctx, []string{sessionOn(s.ID())}, `UPDATE session SET tries = tries + 1 WHERE id = $1`, s.ID()); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT tries FROM session WHERE id = $1`, s.ID()).Scan(&tries)
	}); err != nil {
		return err
	}
	s.s.tries = tries
	if tries > maxTries {
		return ErrEnded
	}
	return nil
}

// failedProof records a failed proof, and ends the session at the fifth.
func (a *Authn) failedProof(ctx context.Context, action string, s Session, err error) error {
	reason := "wrong"
	switch {
	case errors.Is(err, ErrCeremony):
		reason = "ceremony"
	case errors.Is(err, ErrEnded), errors.Is(err, ErrWrong):
	default:
		return err // not a verdict on the proof
	}
	if s.s.tries >= maxTries {
		reason, err = "tries", ErrEnded
		if _, eerr := a.end(ctx, s.ID(), "tries"); eerr != nil {
			return eerr
		}
	}
	return a.refused(ctx, action, s.who(), s.Worker(), reason, err)
}

// fresh reports whether the asker proved who they are within the window.
func (a *Authn) fresh(at time.Time) bool {
	return !at.IsZero() && a.now().Sub(at) < a.cfg.StepUpWindow
}
