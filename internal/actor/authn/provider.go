package authn

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/phi"
)

// Federation is how the agency's identity provider signs people in.
type Federation struct {
	Client *oidc.Client
	// MaxAge is how long a proof at the provider holds, as the client asks for it: a session
	// that began with one ends then (ASVS 7.6.1); 0 for as long as any session.
	MaxAge time.Duration
	// Roles are what values of the provider's role claim mean here. With any, nobody
	// comes in whose role the provider does not confirm.
	Roles map[string]actor.Role
	// Decides has the provider's role replace the one on record, by SetRole. Otherwise the
	// provider only confirms or refuses what an administrator gave.
	Decides bool
	SetRole func(ctx context.Context, worker string, role actor.Role) error
	// Only switches every other way in off but for the accounts of BreakGlass.
	Only bool
	// BreakGlass are the mail addresses of the accounts that come in when the provider is
	// down. Each sign-in of theirs is marked in the log, and told by Told.
	BreakGlass []string
	Told       func(ctx context.Context, worker string)
}

func (f Federation) on() bool { return f.Client != nil }

// ErrProvider is an answer of the identity provider that does not sign in; [ProviderWhy]
// says why as a code.
var ErrProvider = errors.New("the identity provider's answer does not sign in")

type refusedBy struct{ why string }

func (r *refusedBy) Error() string        { return ErrProvider.Error() + ": " + r.why }
func (r *refusedBy) Is(target error) bool { return target == ErrProvider }

// ProviderWhy is the reason of an [ErrProvider], as the log has it: "unknown",
// "unverified_mail", "linked_before", "ended", "role", "one_factor", "cancelled", or what
// was wrong with the answer.
func ProviderWhy(err error) string {
	var r *refusedBy
	if errors.As(err, &r) {
		return r.why
	}
	return ""
}

// ErrLocalOff: this account signs in through the identity provider and no other way.
var ErrLocalOff error = &fault.Error{Kind: fault.Denied, Op: "authn.signin", Why: "this account signs in through the identity provider"}

// breaksGlass reports whether an account is one of those that come in when the provider is
// down.
func (a *Authn) breaksGlass(mail phi.Text) bool {
	return a.cfg.Federation.on() && slices.Contains(a.cfg.Federation.BreakGlass, normalMail(mail.Disclose()))
}

// local reports whether an account of this address may sign in without the provider.
func (a *Authn) local(mail phi.Text) bool {
	f := a.cfg.Federation
	return !f.on() || !f.Only || a.breaksGlass(mail)
}

// What a way to the provider is for.
const (
	ToSignIn = "signin"
	ToEnrol  = "enrol"
	ToStepUp = "stepup"
	ToUnlock = "unlock"
)

// Outward is the way to the provider: where to send the browser, and the ticket it keeps
// until it comes back, within five minutes.
type Outward struct {
	To, Ticket string
}

// errand is what is remembered, sealed, while somebody is at the provider.
type errand struct {
	Asked oidc.Asked `json:"a"`
	For   string     `json:"f"`
	Next  string     `json:"n,omitempty"` // where they were going, a path of ours
	Token string     `json:"k,omitempty"` // of the invitation
}

// Arrival is what came of it.
type Arrival struct {
	For  string
	Next string
	// Of a sign-in or enrolment: the session, or the ticket of the one-time code that is
	// still to come.
	Token   string
	Session Session
	Pending Pending
	// First is set where the account was linked, and so used, for the first time.
	First bool
	// Invitation is the token of the one that an enrolment was with.
	Invitation string
}

func (a *Authn) outward(ctx context.Context, t ticket, e errand) (Outward, error) {
	if !a.cfg.Federation.on() {
		return Outward{}, fault.NotFoundf("authn.provider")
	}
	to, asked, err := a.cfg.Federation.Client.Begin(ctx, e.For == ToStepUp || e.For == ToUnlock)
	if err != nil {
		return Outward{}, err
	}
	e.Asked = asked
	id, err := a.issue("provider", t, e)
	return Outward{To: to, Ticket: id}, err
}

// ProviderSignIn begins a sign-in. It stores nothing. next is where to go afterwards.
// Unavailable: the provider cannot be reached.
func (a *Authn) ProviderSignIn(ctx context.Context, next string) (Outward, error) {
	return a.outward(ctx, ticket{}, errand{For: ToSignIn, Next: next})
}

// ProviderEnrol begins linking an invited person's account with theirs at the provider.
func (a *Authn) ProviderEnrol(ctx context.Context, token string) (Outward, error) {
	x, err := a.invited(ctx, token)
	if err != nil {
		return Outward{}, err
	}
	return a.outward(ctx, ticket{Worker: x.c.worker, Epoch: x.c.epoch}, errand{For: ToEnrol, Token: token})
}

// ProviderStepUp begins a step-up: the provider is asked to have them prove it anew.
func (a *Authn) ProviderStepUp(ctx context.Context, s Session, next string) (Outward, error) {
	if !s.Actor().Valid() {
		return Outward{}, ErrNoSession
	}
	return a.outward(ctx, ticket{Worker: s.Worker(), Session: s.ID(), Epoch: s.get().epoch}, errand{For: ToStepUp, Next: next})
}

// ProviderUnlock begins unlocking a locked session, likewise.
func (a *Authn) ProviderUnlock(ctx context.Context, s Session, next string) (Outward, error) {
	if !s.Locked() {
		return Outward{}, ErrNoSession
	}
	return a.outward(ctx, ticket{Worker: s.Worker(), Session: s.ID(), Epoch: s.get().epoch}, errand{For: ToUnlock, Next: next})
}

var providerActions = map[string]string{ToSignIn: "signin.provider", ToEnrol: "enrol.provider", ToStepUp: "stepup.provider", ToUnlock: "session.unlock"}

// ProviderBack takes the browser that comes back from the provider. s is the session it
// has, if any. What it returns says what the way was for even where it failed: with
// ErrCeremony if the way is not ours, took too long or was gone before, ErrProvider if the
// answer does not sign in, ErrEnded if it failed too often inside a session, Unavailable if
// the provider was away. Every refusal is in the log with its reason, and no token is.
func (a *Authn) ProviderBack(ctx context.Context, back string, ans oidc.Answer, s Session, v Visitor) (Arrival, error) {
	out := Arrival{For: ToSignIn}
	t, err := a.ticket("provider", back)
	var e errand
	if err == nil && (json.Unmarshal(t.Body, &e) != nil || !a.cfg.Federation.on()) {
		err = ErrCeremony
	}
	reason := "ceremony"
	// Whoever does not know the state did not come from where we sent somebody.
	if err == nil && !e.Asked.Matches(ans) {
		err, reason = ErrCeremony, "state"
	}
	if err == nil {
		out.For, out.Next, out.Invitation = e.For, e.Next, e.Token
		if inside := e.For == ToStepUp || e.For == ToUnlock; inside && (t.Session != s.ID() || t.Worker != s.Worker() || t.Epoch != s.get().epoch) {
			err, reason = ErrCeremony, "session"
		}
	}
	action := providerActions[out.For]
	if err == nil {
		if err = a.spend(ctx, t); errors.Is(err, ErrCeremony) {
			reason = "replay"
		}
	}
	if errors.Is(err, ErrCeremony) {
		return out, a.refused(ctx, action, s.who(), s.Worker(), reason, err)
	}
	if err != nil {
		return out, err
	}
	if out.For == ToStepUp || out.For == ToUnlock {
		if err := a.try(ctx, s); err != nil {
			return out, a.failedProof(ctx, action, s, err)
		}
	}
	id, err := a.cfg.Federation.Client.Finish(ctx, e.Asked, ans)
	var not *oidc.Refusal
	switch {
	case errors.As(err, &not):
		return out, a.notTaken(ctx, action, s, t.Worker, not.Reason)
	case err != nil:
		return out, errors.Join(err, a.note(ctx, event{action: action, outcome: audit.Failed, who: s.who(), worker: t.Worker, detail: map[string]string{"reason": "provider_away"}}))
	}
	switch out.For {
	case ToEnrol:
		return a.providerEnrolled(ctx, out, t, e, id, v)
	case ToStepUp, ToUnlock:
		return out, a.providerProved(ctx, out.For, s, id)
	}
	return a.providerSignedIn(ctx, out, id, v)
}

// notTaken records an answer that does not sign in. Inside a session it counts as a failed
// proof, of which the fifth ends it.
func (a *Authn) notTaken(ctx context.Context, action string, s Session, worker, why string) error {
	if s.s != nil && s.s.tries >= maxTries {
		if _, err := a.end(ctx, s.ID(), "tries"); err != nil {
			return err
		}
		return a.refused(ctx, action, s.who(), worker, "tries", ErrEnded)
	}
	who := s.who()
	if who.Worker == "" {
		who.Worker = worker
	}
	return a.refused(ctx, action, who, worker, why, &refusedBy{why})
}

func (a *Authn) providerSubject(id oidc.Identity) []byte {
	return mac(a.handleKey, "provider", a.cfg.Federation.Client.Issuer(), id.Subject)
}

// linked is whom an account at the provider is linked to; ended says that it was once.
func (a *Authn) linked(ctx context.Context, id oidc.Identity) (worker string, ended bool, err error) {
	var at int64
	err = a.db.QueryRow(ctx, `SELECT worker, ended_at FROM provider_link WHERE subject = $1`, a.providerSubject(id)).Scan(&worker, &at)
	if errors.Is(err, sql.ErrNoRows) {
		return "", false, nil
	}
	if err != nil {
		return "", false, fault.Unavailablef("authn.provider", err, "cannot read the links")
	}
	return worker, at != 0, nil
}

// bound finds the account that an account at the provider is linked to or, once, may be:
// that of the exact address which the provider says it verified, and which an administrator
// gave to somebody who was never linked before. Nobody is made. why says why not.
func (a *Authn) bound(ctx context.Context, id oidc.Identity) (worker string, link bool, why string, err error) {
	worker, ended, err := a.linked(ctx, id)
	switch {
	case err != nil:
		return "", false, "", err
	case worker != "" && ended:
		return worker, false, "linked_before", nil
	case worker != "":
		return worker, false, "", nil
	case id.Mail == "" && id.Unverified:
		return "", false, "unverified_mail", nil
	case id.Mail == "":
		return "", false, "unknown", nil
	}
	worker, ok, err := a.dir.ByMail(ctx, id.Mail)
	if err != nil {
		return "", false, "", err
	}
	if !ok {
		return "", false, "unknown", nil
	}
	var n int
	if err := a.db.QueryRow(ctx, `SELECT COUNT(*) FROM provider_link WHERE worker = $1`, worker).Scan(&n); err != nil {
		return "", false, "", fault.Unavailablef("authn.provider", err, "cannot read the links")
	}
	if n > 0 {
		return worker, false, "linked_before", nil
	}
	return worker, true, "", nil
}

// roleOf says which role somebody comes in with, by the one on record and what the provider
// says.
func (a *Authn) roleOf(ctx context.Context, worker string, st Standing, id oidc.Identity) (role actor.Role, why string, err error) {
	f := a.cfg.Federation
	if len(f.Roles) == 0 {
		return st.Role, "", nil
	}
	var given []actor.Role
	for _, v := range id.Values {
		if r, ok := f.Roles[v]; ok && !slices.Contains(given, r) {
			given = append(given, r)
		}
	}
	switch {
	case slices.Contains(given, st.Role):
		return st.Role, "", nil
	case !f.Decides || len(given) != 1:
		return "", "role", nil
	}
	if err := f.SetRole(ctx, worker, given[0]); err != nil {
		if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Denied) {
			return "", "role", nil // as a program manager without a program
		}
		return "", "", err
	}
	return given[0], "", nil
}

func (a *Authn) providerSignedIn(ctx context.Context, out Arrival, id oidc.Identity, v Visitor) (Arrival, error) {
	const action = "signin.provider"
	worker, link, why, err := a.bound(ctx, id)
	if err != nil {
		return out, err
	}
	if why != "" {
		return out, a.notTaken(ctx, action, Session{}, worker, why)
	}
	st, err := a.standing(ctx, worker)
	if err != nil {
		return out, err
	}
	c, have, err := a.account(ctx, a.db, worker)
	if err != nil {
		return out, err
	}
	if !st.Active || have && c.status == statusEnded || !link && (!have || c.status != statusActive) {
		return out, a.notTaken(ctx, action, Session{}, worker, "ended")
	}
	if !id.TwoFactors && !c.hasTOTP() {
		return out, a.notTaken(ctx, action, Session{}, worker, "one_factor")
	}
	if st.Role, why, err = a.roleOf(ctx, worker, st, id); err != nil {
		return out, err
	}
	if why != "" {
		return out, a.notTaken(ctx, action, Session{}, worker, why)
	}
	detail := map[string]string{}
	if link {
		detail["linked"] = "mail"
		if c, err = a.link(ctx, worker, id, nil); errors.Is(err, ErrWrong) {
			return out, a.notTaken(ctx, action, Session{}, worker, "linked_before")
		}
		if err != nil {
			return out, err
		}
		out.First = true
	} else if err := a.used(ctx, id); err != nil {
		return out, err
	}
	if !id.TwoFactors {
		if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: audit.Who{Worker: worker, Role: string(st.Role)}, worker: worker, detail: map[string]string{"next": "second_factor"}}); err != nil {
			return out, err
		}
		out.Pending.Expires = a.now().Add(ceremonyTime)
		out.Pending.Ticket, err = a.issue("second", ticket{Worker: worker, Epoch: c.epoch}, viaProvider{ByProvider, db.Micros(id.AuthAt), id.Subject, id.Session})
		return out, err
	}
	out.Token, out.Session, err = a.beginAt(ctx, worker, st, c.epoch, ByProvider, a.began(id), v, action, detail)
	return out, err
}

// viaProvider is the body of a second factor's ticket whose first was the provider.
type viaProvider struct {
	Method string `json:"m"`
	AuthAt int64  `json:"t"`
	Sub    string `json:"s,omitempty"`
	Sid    string `json:"i,omitempty"`
}

// used keeps when a link was last used.
func (a *Authn) used(ctx context.Context, id oidc.Identity) error {
	return a.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE provider_link SET used_at = $1 WHERE subject = $2`, db.Micros(a.now()), a.providerSubject(id))
		return err
	})
}

// link links an account, opens it if it was only invited to, and uses its invitations up.
// With an invitation, x, an earlier link of the account ends, and one that has ended holds
// again; without, ErrWrong if there is any.
func (a *Authn) link(ctx context.Context, worker string, id oidc.Identity, x *invited) (c account, err error) {
	subject, now := a.providerSubject(id), db.Micros(a.now())
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		if x != nil {
			if err := a.standingInvitation(ctx, tx, *x); err != nil {
				return err
			}
			var other string
			switch err := tx.QueryRow(ctx, `SELECT worker FROM provider_link WHERE subject = $1 AND ended_at = 0`, subject).Scan(&other); {
			case err == nil && other != worker:
				return ErrWrong // it is somebody else's
			case err != nil && !errors.Is(err, sql.ErrNoRows):
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE provider_link SET ended_at = $1 WHERE worker = $2 AND ended_at = 0`, now, worker); err != nil {
				return err
			}
		} else {
			var n int
			if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM provider_link WHERE worker = $1 OR subject = $2`, worker, subject).Scan(&n); err != nil {
				return err
			}
			if n > 0 {
				return ErrWrong
			}
		}
		if _, err := tx.Exec(ctx, `INSERT INTO provider_link (subject, worker, linked_at, used_at, ended_at) VALUES ($1, $2, $3, $3, 0)
			ON CONFLICT (subject) DO UPDATE SET worker = $2, linked_at = $3, used_at = $3, ended_at = 0`, subject, worker, now); err != nil {
			return err
		}
		old, ok, err := a.account(ctx, tx, worker)
		switch {
		case err != nil:
			return err
		case !ok:
			if err := a.newAccount(ctx, tx, worker, statusActive); err != nil {
				return err
			}
		case old.status == statusInvited:
			// A password chosen before has no second factor, so it is not kept.
			if _, err := tx.Exec(ctx, `UPDATE account SET status = 'active', epoch = epoch + 1, pw_scheme = '', pw_cost = 0, pw_salt = NULL, pw_hash = NULL, changed_at = $1 WHERE worker = $2`, now, worker); err != nil {
				return err
			}
			if _, err := tx.Exec(ctx, `UPDATE invitation SET used_at = $1 WHERE worker = $2 AND used_at = 0`, now, worker); err != nil {
				return err
			}
		case old.status == statusEnded:
			return ErrWrong
		}
		c, _, err = a.account(ctx, tx, worker)
		return err
	})
	return c, err
}

func (a *Authn) providerEnrolled(ctx context.Context, out Arrival, t ticket, e errand, id oidc.Identity, v Visitor) (Arrival, error) {
	const action = "enrol.provider"
	x, err := a.invited(ctx, e.Token)
	if err == nil && (x.c.worker != t.Worker || x.c.epoch != t.Epoch) {
		err = ErrInvitation
	}
	if errors.Is(err, ErrInvitation) {
		return out, a.refused(ctx, action, audit.Who{Worker: t.Worker}, t.Worker, "invitation", err)
	}
	if err != nil {
		return out, err
	}
	if !id.TwoFactors {
		return out, a.notTaken(ctx, action, Session{}, t.Worker, "one_factor")
	}
	st, why := x.st, ""
	if st.Role, why, err = a.roleOf(ctx, t.Worker, st, id); err != nil {
		return out, err
	}
	if why != "" {
		return out, a.notTaken(ctx, action, Session{}, t.Worker, why)
	}
	c, err := a.link(ctx, t.Worker, id, &x)
	if errors.Is(err, ErrWrong) {
		return out, a.notTaken(ctx, action, Session{}, t.Worker, "linked_before")
	}
	if err != nil {
		return out, err
	}
	out.First = true
	out.Token, out.Session, err = a.beginAt(ctx, t.Worker, st, c.epoch, ByProvider, a.began(id), v, action, map[string]string{"linked": "invitation"})
	return out, err
}

// providerProved takes a proof inside a session: it must be of the same person, and for a
// step-up with every factor. That it is fresh was checked with the answer.
func (a *Authn) providerProved(ctx context.Context, what string, s Session, id oidc.Identity) error {
	action := providerActions[what]
	worker, ended, err := a.linked(ctx, id)
	if err != nil {
		return err
	}
	if worker != s.Worker() || ended {
		return a.notTaken(ctx, action, s, s.Worker(), "somebody_else")
	}
	if what == ToStepUp {
		if !id.TwoFactors {
			return a.notTaken(ctx, action, s, s.Worker(), "one_factor")
		}
		return a.steppedUp(ctx, action, s, nil)
	}
	if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: s.who(), worker: s.Worker(), detail: map[string]string{"method": ByProvider}}); err != nil {
		return err
	}
	return a.proved(ctx, `UPDATE session SET locked_at = 0, seen_at = $1, tries = 0 WHERE id = $2 AND ended_at = 0`, s)
}

// Provider says how the provider stands: whether there is one, whether it could not be
// reached when last asked, and where to sign out of it, if it offers that.
func (a *Authn) Provider() (on, away, only bool, signOut string) {
	f := a.cfg.Federation
	if !f.on() {
		return false, false, false, ""
	}
	return true, f.Client.Away(), f.Only, f.Client.SignOut()
}

// marked adds to the entry of a sign-in that it is one of a break-glass account.
func (a *Authn) marked(st Standing, detail map[string]string) (map[string]string, bool) {
	if !a.breaksGlass(st.Mail) {
		return detail, false
	}
	out := map[string]string{"break_glass": "yes"}
	for k, v := range detail {
		out[k] = v
	}
	return out, true
}

// endsAt is when a session that begins now ends whatever happens. One that began with a
// proof at the provider does not outlast that proof, but lasts a minute, so that nobody is
// sent in circles.
func (a *Authn) endsAt(method string, at time.Time) time.Time {
	now := a.now()
	ends := now.Add(a.cfg.Absolute)
	if m := a.cfg.Federation.MaxAge; method == ByProvider && m > 0 && !at.IsZero() && at.Add(m).Before(ends) {
		ends = at.Add(m)
		if soon := now.Add(time.Minute); ends.Before(soon) {
			ends = soon
		}
	}
	return ends
}

// provedAt is since when a session's proof counts: an authentication at the provider may be
// hours old.
func (a *Authn) provedAt(method string, at time.Time) time.Time {
	switch method {
	case ByDemo:
		return time.Time{}
	case ByProvider:
		return at
	}
	return a.now()
}
