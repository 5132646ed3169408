package authn

import (
	"context"
	"crypto/hmac"
	"crypto/subtle"
	"database/sql"
	"encoding/base64"
	"errors"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/internal/mint"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/phi"
)

// Session is somebody signed in. Its fields are unexported, because whoever
// could fill them could make an Actor.
type Session struct{ s *session }

type session struct {
	id, worker   string
	role         actor.Role
	also         actor.Role // the other role they have now; empty for none
	chosen       actor.Role // the second role that the session was put in; empty for none
	purpose      actor.Purpose
	aal          int
	method       string
	authAt       time.Time
	steppedUp    time.Time
	createdAt    time.Time
	seenAt       time.Time
	lockedAt     time.Time
	endsAt       time.Time
	endedAt      time.Time
	endedWhy     string
	tries        int64
	agent        string
	epoch        int64
	name, mail   phi.Text
	csrf         []byte
	lockAfter    time.Duration
	endAfter     time.Duration
	stepUpWindow time.Duration
	readAt       time.Time
}

// How a session was begun.
const (
	ByPasskey  = "passkey"
	ByTOTP     = "totp"
	ByRecovery = "recovery"
	ByDemo     = "demo"
	ByProvider = "provider" // the agency's identity provider
)

// nobody is what a Session without one says.
var nobody session

func (s Session) get() *session {
	if s.s == nil {
		return &nobody
	}
	return s.s
}

// ID is the id the log names the session by. It is no secret and opens nothing.
func (s Session) ID() string { return s.get().id }

// Worker is the id of the workforce member.
func (s Session) Worker() string { return s.get().worker }

// Role is the role in force now.
func (s Session) Role() actor.Role { return s.get().role }

// Also is the other role that the worker has now, and can put the session in with
// [Authn.SetRole]; empty if they have one role.
func (s Session) Also() actor.Role { return s.get().also }

// Name is the worker's name, for the page they look at.
func (s Session) Name() phi.Text { return s.get().name }

// Mail is the worker's mail address, for the page they look at.
func (s Session) Mail() phi.Text { return s.get().mail }

// Purpose is the purpose of use chosen for the session.
func (s Session) Purpose() actor.Purpose { return s.get().purpose }

// AAL is the authenticator assurance level of SP 800-63B-4 the session was
// begun at: always 2.
func (s Session) AAL() int { return s.get().aal }

// Method says how the session was begun: passkey, totp, recovery, provider or demo.
func (s Session) Method() string { return s.get().method }

// AuthAt is when the worker signed in.
func (s Session) AuthAt() time.Time { return s.get().authAt }

// SteppedUp reports whether the worker proved with every factor who they are
// within the step-up window. Signing in counts as a proof; unlocking and a
// demonstration link do not.
func (s Session) SteppedUp() bool { return !s.steppedUpAt().IsZero() }

func (s Session) steppedUpAt() time.Time {
	v := s.get()
	if v.steppedUp.IsZero() || v.readAt.Sub(v.steppedUp) >= v.stepUpWindow {
		return time.Time{}
	}
	return v.steppedUp
}

// CreatedAt is when the session began.
func (s Session) CreatedAt() time.Time { return s.get().createdAt }

// SeenAt is the last activity, to the minute.
func (s Session) SeenAt() time.Time { return s.get().seenAt }

// LocksAt is when the session locks if nothing more is done.
func (s Session) LocksAt() time.Time { v := s.get(); return v.seenAt.Add(v.lockAfter) }

// EndsAt is when the session ends whatever is done.
func (s Session) EndsAt() time.Time { return s.get().endsAt }

// Locked reports whether the session is locked.
func (s Session) Locked() bool { return !s.get().lockedAt.IsZero() }

// Agent is the family of the browser and system, as "Firefox on Linux".
func (s Session) Agent() string { return s.get().agent }

// Actor is who is asking. It is the zero Actor, which every door refuses, for a
// session that is locked, ended or unknown. Its SteppedUpAt is zero once the
// step-up window has passed.
func (s Session) Actor() actor.Actor {
	v := s.get()
	if v.id == "" || !v.lockedAt.IsZero() || !v.endedAt.IsZero() {
		return actor.Actor{}
	}
	return mint.New(mint.Spec{Worker: v.worker, Role: v.role, Also: v.also, Purpose: v.purpose, Session: v.id, AuthAt: v.authAt, SteppedUp: s.steppedUpAt()})
}

// who is the asker for the log; it names a locked session's worker too.
func (s Session) who() audit.Who {
	v := s.get()
	return audit.Who{Worker: v.worker, Role: string(v.role), Purpose: string(v.purpose), Session: v.id}
}

// CSRF returns the token that every form of the session carries. Each call
// masks it anew, so that compressing a page tells nothing of it.
func (s Session) CSRF() string {
	v := s.get()
	if len(v.csrf) == 0 {
		return ""
	}
	out := keys.Random(2 * len(v.csrf))
	subtle.XORBytes(out[len(v.csrf):], out[:len(v.csrf)], v.csrf)
	return base64.RawURLEncoding.EncodeToString(out)
}

// CheckCSRF reports, in constant time, whether token is one that CSRF made for
// this session.
func (s Session) CheckCSRF(token string) bool {
	v := s.get()
	b, err := base64.RawURLEncoding.DecodeString(token)
	if err != nil || len(v.csrf) == 0 || len(b) != 2*len(v.csrf) {
		return false
	}
	got := make([]byte, len(v.csrf))
	subtle.XORBytes(got, b[:len(v.csrf)], b[len(v.csrf):])
	return hmac.Equal(got, v.csrf)
}

const sessionColumns = `s.id, s.worker, s.role, s.purpose, s.aal, s.method, s.auth_at, s.stepped_up_at, s.created_at, s.seen_at, s.locked_at, s.ends_at, s.ended_at, s.ended_why, s.tries, s.agent, a.status, a.epoch, COALESCE(r.role, '')`

const sessionTables = ` FROM session s JOIN account a ON a.worker = s.worker LEFT JOIN session_role r ON r.session = s.id`

func (a *Authn) scan(row interface{ Scan(...any) error }) (v session, status string, err error) {
	var role, purpose, chosen string
	var auth, stepped, created, seen, locked, ends, ended int64
	if err := row.Scan(&v.id, &v.worker, &role, &purpose, &v.aal, &v.method, &auth, &stepped, &created, &seen, &locked, &ends, &ended, &v.endedWhy, &v.tries, &v.agent, &status, &v.epoch, &chosen); err != nil {
		return session{}, "", err
	}
	v.role, v.purpose, v.chosen = actor.Role(role), actor.Purpose(purpose), actor.Role(chosen)
	v.authAt, v.steppedUp, v.createdAt, v.seenAt = db.Time(auth), db.Time(stepped), db.Time(created), db.Time(seen)
	v.lockedAt, v.endsAt, v.endedAt = db.Time(locked), db.Time(ends), db.Time(ended)
	v.csrf = mac(a.csrfKey, v.id)
	v.lockAfter, v.endAfter, v.stepUpWindow = a.cfg.IdleLock, a.cfg.IdleEnd, a.cfg.StepUpWindow
	v.readAt = a.now()
	return v, status, nil
}

// Session returns the session that the cookie's token stands for, and counts as
// activity. It returns ErrNoSession, ErrEnded, or ErrLocked together with the
// locked session, which gives no Actor.
//
// A session that was used later than the clock says ends, with the reason "clock":
// setting the clock back makes none last longer.
//
// It reads one row, unless nothing of it changed since it was read last, and asks the
// Directory. At most once a minute it writes when
// it was last used, so that the lock may come up to a minute early and never
// late (45 CFR 164.312(a)(2)(iii)).
func (a *Authn) Session(ctx context.Context, token string) (Session, error) {
	return a.look(ctx, token, true)
}

// Peek is Session without counting as activity: for a page that asks by itself
// how long is left.
func (a *Authn) Peek(ctx context.Context, token string) (Session, error) {
	return a.look(ctx, token, false)
}

const seenEvery = time.Minute

// setBack is how far the clock may be behind a time that was written down, as those
// of several servers are. Further, it was set back. Nobody can say then how long a
// session has lasted: it ends.
const setBack = time.Minute

// What a session is found by.
const (
	sessionByToken = `SELECT ` + sessionColumns + sessionTables + ` WHERE s.token = $1`
	sessionByID    = `SELECT ` + sessionColumns + sessionTables + ` WHERE s.id = $1`
)

// found is what a session was found by, and row what stands of it and its account.
type (
	found struct {
		byID bool
		key  string
	}
	row struct {
		session
		status string
	}
)

// What [Authn.judge] depends on beside the directory, for [db.Kept].
func sessionOn(id string) string     { return "session:" + id }
func accountOn(worker string) string { return "account:" + worker }

func (a *Authn) look(ctx context.Context, token string, activity bool) (Session, error) {
	if token == "" || len(token) > 128 {
		return Session{}, ErrNoSession
	}
	return a.judge(ctx, false, string(a.tokenHash("session", token)), activity)
}

// judge is what every request goes through: the session found by its token's hash, or by
// its id, and how its worker stands.
func (a *Authn) judge(ctx context.Context, byID bool, key string, activity bool) (Session, error) {
	find, by := sessionByToken, any([]byte(key))
	if byID {
		find, by = sessionByID, key
	}
	x, err := a.asked.Get(ctx, a.db, found{byID, key}, func(ctx context.Context) (x row, on []string, err error) {
		x.session, x.status, err = a.scan(a.db.QueryRow(ctx, find, by))
		return x, []string{sessionOn(x.id), accountOn(x.worker)}, err
	})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return Session{}, ErrNoSession
	case err != nil:
		return Session{}, fault.Unavailablef("authn.session", err, "cannot read the session")
	case !x.endedAt.IsZero():
		return Session{}, ErrEnded
	}
	v := &x.session
	st, err := a.standing(ctx, v.worker)
	if err != nil {
		return Session{}, err
	}
	v.readAt = a.now()
	now := v.readAt
	s := Session{v}
	switch {
	case !st.Active || x.status != statusActive:
		return Session{}, a.expire(ctx, s, "inactive")
	case !now.Before(v.endsAt):
		return Session{}, a.expire(ctx, s, "absolute")
	case now.Sub(v.seenAt) >= v.endAfter:
		return Session{}, a.expire(ctx, s, "idle")
	case v.seenAt.Sub(now) > setBack:
		return Session{}, a.expire(ctx, s, "clock")
	}
	v.role, v.also, v.name, v.mail = st.Role, st.Also, st.Name, st.Mail
	if v.chosen != "" {
		if v.chosen == st.Also {
			v.role, v.also = st.Also, st.Role
		} else if err := a.first(ctx, s); err != nil {
			return Session{}, err
		}
	}
	if v.lockedAt.IsZero() && now.Sub(v.seenAt) >= v.lockAfter {
		if err := a.lock(ctx, s, "idle"); err != nil {
			return Session{}, err
		}
	}
	if s.Locked() {
		return s, ErrLocked
	}
	if activity && now.Sub(v.seenAt) >= seenEvery {
		if err := a.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Change(ctx, []string{sessionOn(v.id)}, `UPDATE session SET seen_at = $1 WHERE id = $2 AND seen_at < $1 AND locked_at = 0`, db.Micros(now), v.id)
			return err
		}); err != nil {
			return Session{}, err
		}
		v.seenAt = now
	}
	return s, nil
}

// expire ends a session by the clock or because its worker no longer stands.
func (a *Authn) expire(ctx context.Context, s Session, why string) error {
	ended, err := a.end(ctx, s.ID(), why)
	if err != nil {
		return err
	}
	if ended {
		who := audit.Of(Service(SignIn))
		who.OnBehalfOf = s.Worker()
		if err := a.note(ctx, event{action: "session.end", outcome: audit.Allowed, who: who, worker: s.Worker(), detail: map[string]string{"reason": why, "session": s.ID()}}); err != nil {
			return err
		}
	}
	return ErrEnded
}

func (a *Authn) end(ctx context.Context, id, why string) (bool, error) {
	var n int64
	err := a.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Change(ctx, []string{sessionOn(id)}, `UPDATE session SET ended_at = $1, ended_why = $2 WHERE id = $3 AND ended_at = 0`, db.Micros(a.now()), why, id)
		return err
	})
	return n > 0, err
}

// lock locks s, in the database and in hand.
func (a *Authn) lock(ctx context.Context, s Session, why string) error {
	at, seen := a.now(), db.Forever
	if why == "idle" {
		seen = db.Micros(s.s.seenAt) // what another request has used meanwhile is not idle
	}
	var n int64
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		var err error
		n, err = tx.Change(ctx, []string{sessionOn(s.ID())}, `UPDATE session SET locked_at = $1, stepped_up_at = 0 WHERE id = $2 AND locked_at = 0 AND ended_at = 0 AND seen_at <= $3`, db.Micros(at), s.ID(), seen)
		return err
	}); err != nil {
		return err
	}
	s.s.lockedAt, s.s.steppedUp = at, time.Time{}
	if n == 0 {
		return nil
	}
	return a.note(ctx, event{action: "session.lock", outcome: audit.Allowed, who: s.who(), worker: s.Worker(), detail: map[string]string{"reason": why}})
}

// Lock locks the session at its worker's wish.
func (a *Authn) Lock(ctx context.Context, s Session) error {
	if s.s == nil {
		return ErrNoSession
	}
	return a.lock(ctx, s, "asked")
}

// SetPurpose changes the purpose of use of the session from the next request
// on. Emergency cannot be chosen: it comes with a break-glass grant.
func (a *Authn) SetPurpose(ctx context.Context, s Session, p actor.Purpose) error {
	const op = "session.purpose"
	if !s.Actor().Valid() {
		return ErrNoSession
	}
	if !slices.Contains(actor.Purposes(), p) {
		return fault.InvalidFields(op, fault.Field{Name: "purpose", Message: "Choose one of the purposes in the list."})
	}
	if err := a.note(ctx, event{action: op, outcome: audit.Allowed, who: s.who(), detail: map[string]string{"to": string(p)}}); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Change(ctx, []string{sessionOn(s.ID())}, `UPDATE session SET purpose = $1 WHERE id = $2 AND ended_at = 0`, string(p), s.ID())
		return err
	})
}

// SetRole puts the session in the first or the second role that its worker has at this
// moment, from the next request on, for the purpose that a sign-in in it begins with. A
// session is in one role at a time (45 CFR 164.514(d)(2)); it is in the first when it
// begins, and again from the first request after the second ended.
func (a *Authn) SetRole(ctx context.Context, s Session, role actor.Role) error {
	const op = "session.role"
	if !s.Actor().Valid() {
		return ErrNoSession
	}
	st, err := a.standing(ctx, s.Worker())
	switch {
	case err != nil:
		return err
	case !st.Active:
		return ErrEnded
	case role == "" || role != st.Role && role != st.Also:
		return a.refused(ctx, op, s.who(), s.Worker(), "role", fault.InvalidFields(op, fault.Field{Name: "role", Message: "You do not have this role any more. Choose one that you have."}))
	case role == s.Role():
		return nil
	}
	if err := a.note(ctx, event{action: op, outcome: audit.Allowed, who: s.who(), detail: map[string]string{"to": string(role)}}); err != nil {
		return err
	}
	return a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE session SET purpose = $1 WHERE id = $2 AND ended_at = 0`, string(defaultPurpose(role)), s.ID()); err != nil {
			return err
		}
		if role == st.Role {
			_, err := tx.Exec(ctx, `DELETE FROM session_role WHERE session = $1`, s.ID())
			return err
		}
		_, err := tx.Exec(ctx, `INSERT INTO session_role (session, role, chosen_at) VALUES ($1, $2, $3)
			ON CONFLICT (session) DO UPDATE SET role = excluded.role, chosen_at = excluded.chosen_at`, s.ID(), string(role), db.Micros(a.now()))
		return err
	})
}

// first writes down that a session is in the first role again, because the second that it
// was in has ended: were it decided anew, the session would not be in it.
func (a *Authn) first(ctx context.Context, s Session) error {
	v := s.s
	was, purpose := v.chosen, defaultPurpose(v.role)
	var n int64
	if err := a.db.Write(ctx, func(tx *db.Tx) (err error) {
		if n, err = tx.Exec(ctx, `DELETE FROM session_role WHERE session = $1 AND role = $2`, v.id, string(was)); err != nil || n == 0 {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE session SET purpose = $1 WHERE id = $2 AND ended_at = 0`, string(purpose), v.id)
		return err
	}); err != nil {
		return err
	}
	v.chosen, v.purpose = "", purpose
	if n == 0 {
		return nil // another request was here first
	}
	return a.note(ctx, event{action: "session.role", outcome: audit.Allowed, who: s.who(), detail: map[string]string{"to": string(v.role), "from": string(was), "reason": "ended"}})
}

// SignOut ends the session. It ends even where the entry cannot be written;
// that failure is returned.
func (a *Authn) SignOut(ctx context.Context, s Session) error {
	if s.s == nil {
		return nil
	}
	ended, err := a.end(ctx, s.ID(), "signed_out")
	if err != nil || !ended {
		return err
	}
	return a.note(ctx, event{action: "session.signout", outcome: audit.Allowed, who: s.who(), worker: s.Worker()})
}

// Sessions lists the open sessions of the asker, newest first.
func (a *Authn) Sessions(ctx context.Context, who actor.Actor) ([]Session, error) {
	if !who.Valid() {
		return nil, ErrNoSession
	}
	return a.sessions(ctx, who.Worker())
}

// SessionsOf lists the open sessions of a worker, newest first, for an
// administrator or a security officer.
func (a *Authn) SessionsOf(ctx context.Context, who actor.Actor, worker string) ([]Session, error) {
	if who.Worker() != worker && !administers(who) {
		return nil, a.refused(ctx, "session.list", audit.Of(who), worker, "role", ErrNotAllowed)
	}
	if err := a.note(ctx, event{action: "session.list", outcome: audit.Allowed, who: audit.Of(who), worker: worker}); err != nil {
		return nil, err
	}
	return a.sessions(ctx, worker)
}

// Open counts the sessions that have not ended, locked ones included. It says
// nothing of whose they are and leaves no entry.
func (a *Authn) Open(ctx context.Context) (n int64, err error) {
	now := db.Micros(a.now())
	if err := a.db.QueryRow(ctx, `SELECT count(*) FROM session WHERE ended_at = 0 AND ends_at > $1 AND seen_at > $2`,
		now, now-a.cfg.IdleEnd.Microseconds()).Scan(&n); err != nil {
		return 0, fault.Unavailablef("session.list", err, "cannot count the sessions")
	}
	return n, nil
}

func (a *Authn) sessions(ctx context.Context, worker string) ([]Session, error) {
	now := db.Micros(a.now())
	rows, err := a.db.Query(ctx, `SELECT `+sessionColumns+sessionTables+`
		WHERE s.worker = $1 AND s.ended_at = 0 AND s.ends_at > $2 AND s.seen_at > $3 ORDER BY s.created_at DESC, s.id`,
		worker, now, now-a.cfg.IdleEnd.Microseconds())
	if err != nil {
		return nil, fault.Unavailablef("session.list", err, "cannot read the sessions")
	}
	defer rows.Close()
	var out []Session
	for rows.Next() {
		v, _, err := a.scan(rows)
		if err != nil {
			return nil, fault.Unavailablef("session.list", err, "cannot read the sessions")
		}
		// A session in a list is for looking at. It is marked ended so that
		// it gives no Actor to whoever lists it.
		v.endedAt = now0
		v.csrf = nil
		out = append(out, Session{&v})
	}
	return out, rows.Err()
}

// now0 marks a session that was listed and not presented.
var now0 = time.Unix(0, 1).UTC()

// RevokeSession ends one session at once: the asker's own, or for an
// administrator or security officer anybody's.
func (a *Authn) RevokeSession(ctx context.Context, who actor.Actor, id string) error {
	const op = "session.revoke"
	var worker string
	err := a.db.QueryRow(ctx, `SELECT worker FROM session WHERE id = $1`, id).Scan(&worker)
	if errors.Is(err, sql.ErrNoRows) {
		return fault.NotFoundf(op)
	}
	if err != nil {
		return fault.Unavailablef(op, err, "cannot read the session")
	}
	if who.Worker() != worker && !administers(who) {
		// The same answer as for an unknown id.
		return a.refused(ctx, op, audit.Of(who), worker, "role", fault.NotFoundf(op))
	}
	ended, err := a.end(ctx, id, "revoked")
	if err != nil || !ended {
		return err
	}
	return a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(who), worker: worker, detail: map[string]string{"session": id}})
}

// RevokeAll ends every session of a worker at once: the asker's own, or for an
// administrator or security officer anybody's.
func (a *Authn) RevokeAll(ctx context.Context, who actor.Actor, worker string) error {
	const op = "session.revoke_all"
	if !who.Valid() || (who.Worker() != worker && !administers(who)) {
		return a.refused(ctx, op, audit.Of(who), worker, "role", ErrNotAllowed)
	}
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.endAll(ctx, tx, worker, "", "revoked"); err != nil {
			return err
		}
		return a.raise(ctx, tx, worker)
	}); err != nil {
		return err
	}
	return a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(who), worker: worker})
}

// Restored ends every session, ceremony and invitation of a database that was
// put back from a backup: some that it holds were ended since, and nobody can say
// which. Ways to sign in stay.
func (a *Authn) Restored(ctx context.Context, who actor.Actor) error {
	const op = "session.revoke_all"
	if !who.Valid() || !administers(who) {
		return a.refused(ctx, op, audit.Of(who), "", "role", ErrNotAllowed)
	}
	now := db.Micros(a.now())
	if err := a.db.Write(ctx, func(tx *db.Tx) error {
		if _, err := tx.Exec(ctx, `UPDATE session SET ended_at = $1, ended_why = $2 WHERE ended_at = 0`, now, "restored"); err != nil {
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE account SET epoch = epoch + 1`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE invitation SET used_at = $1 WHERE used_at = 0`, now)
		return err
	}); err != nil {
		return err
	}
	return a.note(ctx, event{action: op, outcome: audit.Allowed, who: audit.Of(who), detail: map[string]string{"because": "restored"}})
}

// endAll ends the sessions of a worker but for the one with id except.
func (a *Authn) endAll(ctx context.Context, tx *db.Tx, worker, except, why string) error {
	_, err := tx.Change(ctx, []string{accountOn(worker)}, `UPDATE session SET ended_at = $1, ended_why = $2 WHERE worker = $3 AND id <> $4 AND ended_at = 0`, db.Micros(a.now()), why, worker, except)
	return err
}

// raise makes every ceremony under way for the account worthless.
func (a *Authn) raise(ctx context.Context, tx *db.Tx, worker string) error {
	_, err := tx.Change(ctx, []string{accountOn(worker)}, `UPDATE account SET epoch = epoch + 1 WHERE worker = $1`, worker)
	return err
}

// begin makes a session, once the worker has proved with two factors who they
// are. epoch is the account's when the proof began.
func (a *Authn) begin(ctx context.Context, worker string, st Standing, epoch int64, method string, v Visitor, action string, detail map[string]string) (string, Session, error) {
	return a.beginAt(ctx, worker, st, epoch, method, began{at: a.now()}, v, action, detail)
}

// beginAt is begin for a proof that was given at a time, which may be a while ago.
func (a *Authn) beginAt(ctx context.Context, worker string, st Standing, epoch int64, method string, from began, v Visitor, action string, detail map[string]string) (string, Session, error) {
	token, now := newToken(), a.now()
	detail, glass := a.marked(st, detail)
	x := &session{
		id: newID(), worker: worker, role: st.Role, purpose: defaultPurpose(st.Role), aal: 2, method: method,
		authAt: now, steppedUp: a.provedAt(method, from.at), createdAt: now, seenAt: now, endsAt: a.endsAt(method, from.at), agent: AgentLabel(v.UserAgent),
		epoch: epoch, name: st.Name, mail: st.Mail, lockAfter: a.cfg.IdleLock, endAfter: a.cfg.IdleEnd, stepUpWindow: a.cfg.StepUpWindow, readAt: now,
	}
	x.csrf = mac(a.csrfKey, x.id)
	err := a.db.Write(ctx, func(tx *db.Tx) error {
		var status string
		var e int64
		if err := tx.QueryRow(ctx, `SELECT status, epoch FROM account WHERE worker = $1`, worker).Scan(&status, &e); err != nil {
			return err
		}
		if status != statusActive || e != epoch {
			return ErrWrong // it was ended or reset while they typed
		}
		_, err := tx.Change(ctx, []string{sessionOn(x.id)}, `INSERT INTO session (id, token, worker, role, purpose, aal, method, auth_at, stepped_up_at, created_at, seen_at, locked_at, ends_at, ended_at, ended_why, tries, agent)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, $12, 0, '', 0, $13)`,
			x.id, a.tokenHash("session", token), worker, string(x.role), string(x.purpose), x.aal, method,
			db.Micros(now), db.Micros(x.steppedUp), db.Micros(now), db.Micros(now), db.Micros(x.endsAt), x.agent)
		if err != nil || from.subject == nil {
			return err
		}
		_, err = tx.Exec(ctx, `INSERT INTO provider_session (session, subject, sid) VALUES ($1, $2, $3)`, x.id, from.subject, from.sid)
		return err
	})
	s := Session{x}
	if errors.Is(err, ErrWrong) {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: worker}, worker, "ended", ErrWrong)
	}
	if err != nil {
		return "", Session{}, err
	}
	// No entry, no session: the token has not left yet.
	if err := a.note(ctx, event{action: action, outcome: audit.Allowed, who: s.who(), worker: worker, detail: detail}); err != nil {
		_, eerr := a.end(ctx, x.id, "unlogged")
		return "", Session{}, errors.Join(err, eerr)
	}
	if glass && a.cfg.Federation.Told != nil {
		a.cfg.Federation.Told(ctx, worker)
	}
	return token, s, nil
}

// defaultPurpose is the purpose a session begins with: what the role mostly
// works for. It is shown on every page and changed with one click.
func defaultPurpose(r actor.Role) actor.Purpose {
	switch r {
	case actor.Intake, actor.CaseManager, actor.Supervisor:
		return actor.Treatment
	case actor.PrivacyOfficer, actor.Auditor:
		return actor.Oversight
	}
	return actor.Operations
}

// AgentLabel reduces a User-Agent header to the family of browser and system,
// as "Firefox on Windows": enough to know one's own sessions apart, too little
// to follow anybody.
func AgentLabel(userAgent string) string {
	pick := func(pairs [][2]string, other string) string {
		for _, p := range pairs {
			if strings.Contains(userAgent, p[0]) {
				return p[1]
			}
		}
		return other
	}
	browser := pick([][2]string{{"Edg/", "Edge"}, {"EdgA/", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chromium/", "Chromium"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}, "A browser")
	system := pick([][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"},
		{"CrOS", "ChromeOS"}, {"Mac OS X", "macOS"}, {"Linux", "Linux"}}, "an unknown system")
	return browser + " on " + system
}
