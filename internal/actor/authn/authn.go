package authn

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/url"
	"time"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/phi"
)

// Directory is what authn needs to know of the workforce; package org gives it.
type Directory interface {
	// ByMail finds the workforce member with this mail address, given in
	// lower case and without surrounding space.
	ByMail(ctx context.Context, mail string) (workerID string, ok bool, err error)
	// Standing says how the workforce member stands at this moment. It is
	// asked at every request and is never kept.
	Standing(ctx context.Context, workerID string) (Standing, error)
}

// Standing is how a workforce member stands at this moment.
type Standing struct {
	Active     bool     // may sign in at all
	actor.Held          // the roles in force, the first one of actor.Roles; a session can be put in the second
	Name       phi.Text // shown to the person themselves
	Mail       phi.Text // shown to the person themselves, and in their authenticator
}

// Log is where entries go. Record returns once the entry is durable.
type Log interface {
	Record(ctx context.Context, e audit.Entry) error
}

// Config is what an agency may choose. A zero duration or number means the
// default.
type Config struct {
	RPID       string // domain the passkeys are bound to: "care.example.org"
	Origin     string // origin of the pages: "https://care.example.org"
	AgencyName string // shown by authenticators

	// SP 800-63B-4 asks for at most 24 hours overall and at most 1 hour idle
	// at level 2. The law names no minutes (45 CFR 164.312(a)(2)(iii)).
	IdleLock     time.Duration // idle time after which a session locks; 15 minutes
	IdleEnd      time.Duration // idle time after which it ends; 1 hour, which is also the most
	Absolute     time.Duration // age at which it ends whatever happens; 12 hours, at most 24
	StepUpWindow time.Duration // how long a fresh proof counts; 5 minutes

	Invitation time.Duration // how long an invitation is good; 72 hours

	// PasswordCost is the number of PBKDF2 iterations for new hashes; 600,000.
	// Less than the default is for tests only. Hashes of another cost are
	// made anew when their owner signs in.
	PasswordCost int
	// TOTPHash is the hash of new one-time codes: "SHA1" (the default, because
	// many authenticator apps know no other) or "SHA256", which must be chosen
	// where the program runs under GODEBUG=fips140=only.
	TOTPHash string

	// Demo allows single-use sign-in links without a second factor, for an
	// agency of fictional people. New refuses it for any origin that is not
	// on the loopback interface.
	Demo bool

	// Federation is sign-in through the agency's identity provider; its zero value is none.
	Federation Federation
}

// The defaults.
const (
	defaultIdleLock     = 15 * time.Minute
	defaultIdleEnd      = time.Hour
	defaultAbsolute     = 12 * time.Hour
	maxAbsolute         = 24 * time.Hour
	defaultStepUpWindow = 5 * time.Minute
	defaultInvitation   = 72 * time.Hour
	defaultPasswordCost = 600_000
)

func (c *Config) complete() error {
	def := func(d *time.Duration, v time.Duration) {
		if *d == 0 {
			*d = v
		}
	}
	def(&c.IdleLock, defaultIdleLock)
	def(&c.IdleEnd, defaultIdleEnd)
	def(&c.Absolute, defaultAbsolute)
	def(&c.StepUpWindow, defaultStepUpWindow)
	def(&c.Invitation, defaultInvitation)
	if c.PasswordCost == 0 {
		c.PasswordCost = defaultPasswordCost
	}
	if c.TOTPHash == "" {
		c.TOTPHash = "SHA1"
	}
	const op = "authn.config"
	switch {
	case c.RPID == "" || c.Origin == "" || c.AgencyName == "":
		return fault.Invalidf(op, "the domain, the origin and the agency's name are needed")
	case c.IdleLock < 0 || c.IdleEnd < c.IdleLock || c.IdleEnd > defaultIdleEnd:
		return fault.Invalidf(op, "the idle limit must be at most one hour and not before the lock")
	case c.Absolute < c.IdleEnd || c.Absolute > maxAbsolute:
		return fault.Invalidf(op, "the absolute limit must lie between the idle limit and 24 hours")
	case c.StepUpWindow < 0 || c.StepUpWindow > c.IdleEnd:
		return fault.Invalidf(op, "the step-up window must be at most the idle limit")
	case c.Invitation < 0 || c.Invitation > 30*24*time.Hour:
		return fault.Invalidf(op, "an invitation may be good for at most 30 days")
	case c.PasswordCost < 1000:
		return fault.Invalidf(op, "the password cost must be at least 1000")
	case c.TOTPHash != "SHA1" && c.TOTPHash != "SHA256":
		return fault.Invalidf(op, "the hash of one-time codes must be SHA1 or SHA256")
	case c.Demo && !loopback(c.Origin):
		return fault.Invalidf(op, "the demonstration runs on the loopback interface only")
	case c.Federation.Decides && c.Federation.SetRole == nil:
		return fault.Invalidf(op, "nobody sets the roles that the provider decides")
	}
	return nil
}

func loopback(origin string) bool {
	u, err := url.Parse(origin)
	if err != nil {
		return false
	}
	switch u.Hostname() {
	case "localhost", "127.0.0.1", "::1":
		return true
	}
	return false
}

// Authn signs people in. It is safe for concurrent use.
type Authn struct {
	db    *db.DB
	log   Log
	dir   Directory
	clock clock.Clock
	cfg   Config
	wa    *webauthn.WebAuthn

	aead      cipher.AEAD
	tokenKey  []byte // of session, invitation and one-time tokens
	mailKey   []byte // of mail addresses and other things counted
	csrfKey   []byte
	deviceKey []byte
	awayKey   []byte // of what browsers keep while the server is away
	handleKey []byte // of WebAuthn user handles and credential ids
	codeKey   []byte // of recovery codes

	asked   db.Kept[found, row]
	flood   *flood
	context []string // words no password may be made of
}

// New returns the agency's sign-in. It makes the agency's secret "authn" at its
// first use.
func New(d *db.DB, ag *keys.Agency, l Log, dir Directory, c clock.Clock, cfg Config) (*Authn, error) {
	if err := cfg.complete(); err != nil {
		return nil, err
	}
	secret, err := ag.Secret(context.Background(), "authn")
	if err != nil {
		return nil, err
	}
	a := &Authn{db: d, log: l, dir: dir, clock: c, cfg: cfg, flood: newFlood()}
	var seal []byte
	for _, k := range []struct {
		to   *[]byte
		name string
	}{
		{&seal, "seal"}, {&a.tokenKey, "token"}, {&a.mailKey, "mail"}, {&a.csrfKey, "csrf"},
		{&a.deviceKey, "device"}, {&a.awayKey, "away"}, {&a.handleKey, "handle"}, {&a.codeKey, "code"},
	} {
		if *k.to, err = keys.Derive(secret, "authn/"+k.name, keys.Size); err != nil {
			return nil, err
		}
	}
	block, err := aes.NewCipher(seal)
	if err != nil {
		return nil, fault.Unavailablef("authn.new", err, "cannot make the cipher")
	}
	if a.aead, err = cipher.NewGCMWithRandomNonce(block); err != nil {
		return nil, fault.Unavailablef("authn.new", err, "cannot make the cipher")
	}
	a.wa, err = webauthn.New(&webauthn.Config{
		RPID:                  cfg.RPID,
		RPDisplayName:         cfg.AgencyName,
		RPOrigins:             []string{cfg.Origin},
		AttestationPreference: protocol.PreferNoAttestation,
		AuthenticatorSelection: protocol.AuthenticatorSelection{
			ResidentKey:      protocol.ResidentKeyRequirementPreferred,
			UserVerification: protocol.VerificationRequired,
		},
	})
	if err != nil {
		return nil, fault.Invalidf("authn.config", "the domain or the origin cannot be used for passkeys")
	}
	a.context = contextWords(cfg.AgencyName, "caseward")
	return a, nil
}

// The answers that pages tell apart. Compare with errors.Is.
var (
	// ErrNoSession: the cookie is missing or unknown. Sign in.
	ErrNoSession error = &fault.Error{Kind: fault.Denied, Op: "authn.session", Why: "no session"}
	// ErrLocked: the session is idle or was locked. Unlock it; the [Session]
	// returned with it says whose it is and gives no Actor.
	ErrLocked error = &fault.Error{Kind: fault.Denied, Op: "authn.session", Why: "the session is locked"}
	// ErrEnded: the session was signed out, revoked or ran out, or its worker
	// no longer stands. Sign in.
	ErrEnded error = &fault.Error{Kind: fault.Denied, Op: "authn.session", Why: "the session has ended"}
	// ErrWrong: what was given does not sign in. It is the same for an unknown
	// address, a wrong password, a wrong or used code, an unknown passkey and
	// an account that ended.
	ErrWrong error = &fault.Error{Kind: fault.Denied, Op: "authn.signin", Why: "what was given does not match"}
	// ErrThrottled: too many failures; [RetryAfter] says how long to wait.
	ErrThrottled = errors.New("too many attempts")
	// ErrPasswordOff: a hundred failures in a row; the password is not taken
	// any more. A passkey, a recovery code or an administrator helps.
	ErrPasswordOff error = &fault.Error{Kind: fault.Denied, Op: "authn.signin", Why: "too many failures in a row; sign in with a passkey or a recovery code, or ask an administrator"}
	// ErrCeremony: the ceremony expired, was used already or is not ours.
	// Begin again.
	ErrCeremony error = &fault.Error{Kind: fault.Denied, Op: "authn.ceremony", Why: "it expired or was used already; begin again"}
	// ErrInvitation: the invitation or link is unknown, expired or used.
	ErrInvitation error = &fault.Error{Kind: fault.NotFound, Op: "authn.invitation", Why: "it expired, was used or never was"}
	// ErrStepUp: this needs a fresh proof. Step up, then try again.
	ErrStepUp error = &fault.Error{Kind: fault.Denied, Op: "authn.stepup", Why: "prove again who you are", Reasons: []string{"stepup"}, Mend: fault.StepUp}
	// ErrNotAllowed: the asker may not do this to another's account.
	ErrNotAllowed error = &fault.Error{Kind: fault.Denied, Op: "authn.account", Why: "not allowed for this role", Reasons: []string{"authn.administration"}}
)

// Visitor is what is known of a browser before anybody has signed in.
type Visitor struct {
	Addr      string // network address, without the port; counted as a keyed hash of its network, never stored
	UserAgent string // the header; only its family is kept, see [AgentLabel]
	Device    string // value of the device cookie, see [Authn.DeviceCookie]; may be empty
}

func (a *Authn) now() time.Time { return a.clock.Now() }

// mac is a keyed hash of parts; each part's length is hashed with it, so that
// no two lists of parts are alike.
func mac(key []byte, parts ...string) []byte {
	h := hmac.New(sha256.New, key)
	for _, p := range parts {
		var n [4]byte
		l := len(p)
		n[0], n[1], n[2], n[3] = byte(l>>24), byte(l>>16), byte(l>>8), byte(l)
		_, _ = h.Write(n[:])
		_, _ = h.Write([]byte(p))
	}
	return h.Sum(nil)
}

func (a *Authn) seal(plain []byte, aad string) []byte {
	return a.aead.Seal(nil, nil, plain, []byte("caseward/authn/"+aad))
}

func (a *Authn) open(sealed []byte, aad string) ([]byte, error) {
	plain, err := a.aead.Open(nil, nil, sealed, []byte("caseward/authn/"+aad))
	if err != nil {
		return nil, fault.Unavailablef("authn.open", err, "a sealed secret was changed or belongs elsewhere")
	}
	return plain, nil
}

// newToken returns 256 random bits for a cookie or a link.
func newToken() string { return base64.RawURLEncoding.EncodeToString(keys.Random(32)) }

// tokenHash is what is stored of a token. Kinds have different hashes, so that
// one kind of token is never good as another.
func (a *Authn) tokenHash(kind, token string) []byte { return mac(a.tokenKey, kind, token) }

func newID() string { return hex.EncodeToString(keys.Random(16)) }

// event is what the log is told.
type event struct {
	action  string
	outcome audit.Outcome
	who     audit.Who
	worker  string // whose account, if it is known
	detail  map[string]string
}

func (a *Authn) note(ctx context.Context, e event) error {
	entry := audit.Entry{At: a.now(), Who: e.who, Action: e.action, Outcome: e.outcome, Detail: e.detail}
	if e.worker != "" {
		entry.Touched = []audit.Touch{{Kind: "account", ID: e.worker}}
	}
	return a.log.Record(ctx, entry)
}

// refused records a refusal and returns err; where the entry cannot be written
// it returns that failure instead.
func (a *Authn) refused(ctx context.Context, action string, who audit.Who, worker, reason string, err error) error {
	if lerr := a.note(ctx, event{action: action, outcome: audit.Refused, who: who, worker: worker, detail: map[string]string{"reason": reason}}); lerr != nil {
		return lerr
	}
	return err
}

// ticket is a ceremony under way. The browser holds it, sealed; nothing is
// stored until it is spent, so that a stranger cannot fill the database by
// beginning ceremonies.
type ticket struct {
	Nonce   []byte          `json:"n"`
	Worker  string          `json:"w,omitempty"`
	Session string          `json:"s,omitempty"`
	Epoch   int64           `json:"e,omitempty"`
	Expires int64           `json:"x"`
	Body    json.RawMessage `json:"b,omitempty"`
}

const (
	ceremonyTime = 5 * time.Minute
	maxTicket    = 32 << 10
	maxResponse  = 64 << 10
)

func (a *Authn) issue(kind string, t ticket, body any) (string, error) {
	t.Nonce = keys.Random(16)
	t.Expires = db.Micros(a.now().Add(ceremonyTime))
	if body != nil {
		b, err := json.Marshal(body)
		if err != nil {
			return "", fault.Unavailablef("authn.ceremony", err, "cannot encode a ceremony")
		}
		t.Body = b
	}
	b, err := json.Marshal(t)
	if err != nil {
		return "", fault.Unavailablef("authn.ceremony", err, "cannot encode a ceremony")
	}
	return base64.RawURLEncoding.EncodeToString(a.seal(b, "ticket/"+kind)), nil
}

func (a *Authn) ticket(kind, s string) (ticket, error) {
	var t ticket
	if len(s) > maxTicket {
		return t, ErrCeremony
	}
	b, err := base64.RawURLEncoding.DecodeString(s)
	if err != nil {
		return t, ErrCeremony
	}
	plain, err := a.open(b, "ticket/"+kind)
	if err != nil {
		return t, ErrCeremony
	}
	if err := json.Unmarshal(plain, &t); err != nil || a.now().UnixMicro() >= t.Expires {
		return ticket{}, ErrCeremony
	}
	return t, nil
}

// spend makes sure that a ticket is used once.
func (a *Authn) spend(ctx context.Context, t ticket) error {
	return a.db.Write(ctx, func(tx *db.Tx) error { return a.spendIn(ctx, tx, t) })
}

func (a *Authn) spendIn(ctx context.Context, tx *db.Tx, t ticket) error {
	if _, err := tx.Exec(ctx, `DELETE FROM ceremony WHERE expires_at <= $1`, db.Micros(a.now())); err != nil {
		return err
	}
	n, err := tx.Exec(ctx, `INSERT INTO ceremony (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, t.Nonce, t.Expires)
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrCeremony
	}
	return nil
}
