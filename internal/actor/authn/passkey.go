package authn

import (
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/protocol/webauthncose"
	"github.com/go-webauthn/webauthn/webauthn"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// Ceremony is a passkey ceremony under way. Options is what the page gives to
// navigator.credentials; ID comes back with the answer, once, within five
// minutes.
type Ceremony struct {
	ID      string          `json:"ceremony"`
	Options json.RawMessage `json:"options"`
}

// Passkey is what its owner may see of it.
type Passkey struct {
	ID        string
	Name      string // as the owner called it
	CreatedAt time.Time
	UsedAt    time.Time // zero if never
	Synced    bool      // kept by a service, so that losing one device does not lose it
	Suspect   bool      // its counter went backwards, which a copied key does
}

const maxPasskeys = 20

// sealedKey is what is kept of a passkey.
type sealedKey struct {
	Credential webauthn.Credential `json:"c"`
	Name       string              `json:"n"`
}

type storedKey struct {
	Passkey
	worker string
	cred   webauthn.Credential
}

// user is a worker as the passkey library wants to see one.
type user struct {
	handle     []byte
	name, full string
	keys       []storedKey
}

func (u user) WebAuthnID() []byte          { return u.handle }
func (u user) WebAuthnName() string        { return u.name }
func (u user) WebAuthnDisplayName() string { return u.full }
func (u user) WebAuthnCredentials() []webauthn.Credential {
	out := make([]webauthn.Credential, len(u.keys))
	for i, k := range u.keys {
		out[i] = k.cred
	}
	return out
}

// handle is the worker as authenticators know them: it tells nothing.
func (a *Authn) handle(worker string) []byte { return mac(a.handleKey, "handle", worker) }

func (a *Authn) keyID(credential []byte) string {
	return hex.EncodeToString(mac(a.handleKey, "credential", string(credential))[:16])
}

func (a *Authn) user(ctx context.Context, worker string, st Standing) (user, error) {
	ks, err := a.passkeys(ctx, worker)
	return user{handle: a.handle(worker), name: st.Mail.Disclose(), full: st.Name.Disclose(), keys: ks}, err
}

func (a *Authn) passkeys(ctx context.Context, worker string) ([]storedKey, error) {
	rows, err := a.db.Query(ctx, `SELECT id, worker, body, sign_count, regressed_at, created_at, used_at FROM passkey WHERE worker = $1 ORDER BY created_at, id`, worker)
	if err != nil {
		return nil, fault.Unavailablef("passkey.list", err, "cannot read the passkeys")
	}
	defer rows.Close()
	var out []storedKey
	for rows.Next() {
		var k storedKey
		var body []byte
		var regressed, created, used int64
		var count uint32
		if err := rows.Scan(&k.ID, &k.worker, &body, &count, &regressed, &created, &used); err != nil {
			return nil, fault.Unavailablef("passkey.list", err, "cannot read the passkeys")
		}
		plain, err := a.open(body, "passkey/"+k.ID+"/"+k.worker)
		if err != nil {
			return nil, err
		}
		var x sealedKey
		if err := json.Unmarshal(plain, &x); err != nil {
			return nil, fault.Unavailablef("passkey.list", err, "cannot read a passkey")
		}
		k.Name, k.cred = x.Name, x.Credential
		k.cred.Authenticator.SignCount = count
		k.cred.Authenticator.CloneWarning = false
		k.CreatedAt, k.UsedAt, k.Suspect, k.Synced = db.Time(created), db.Time(used), regressed != 0, k.cred.Flags.BackupState
		out = append(out, k)
	}
	return out, rows.Err()
}

// BeginPasskey begins a sign-in with a passkey the authenticator finds by
// itself. It stores nothing.
func (a *Authn) BeginPasskey(_ context.Context) (Ceremony, error) {
	o, sd, err := a.wa.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fault.Unavailablef("signin.passkey", err, "cannot begin")
	}
	return a.ceremony("passkey", ticket{}, o, sd)
}

// BeginPasskeyFor begins a sign-in with a passkey of the account with this mail
// address: for keys that have to be told which of theirs is meant. For an
// address nobody has it names a key that does not exist, always the same.
func (a *Authn) BeginPasskeyFor(ctx context.Context, mail string) (Ceremony, error) {
	x, err := a.claimed(ctx, mail)
	if err != nil {
		return Ceremony{}, err
	}
	worker := ""
	if x.worker != "" && x.st.Active && x.c.status == statusActive {
		worker = x.worker
	}
	u, err := a.user(ctx, worker, x.st)
	if err != nil {
		return Ceremony{}, err
	}
	if len(u.keys) == 0 {
		u.handle = a.handle("?" + x.subject)
		u.keys = []storedKey{{cred: webauthn.Credential{ID: mac(a.handleKey, "nobody", x.subject)}}}
	}
	o, sd, err := a.wa.BeginLogin(u, webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, fault.Unavailablef("signin.passkey", err, "cannot begin")
	}
	return a.ceremony("passkey", ticket{}, o, sd)
}

func (a *Authn) ceremony(kind string, t ticket, options any, sd *webauthn.SessionData) (Ceremony, error) {
	b, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, fault.Unavailablef("authn.ceremony", err, "cannot encode a ceremony")
	}
	id, err := a.issue(kind, t, sd)
	return Ceremony{ID: id, Options: b}, err
}

// FinishPasskey completes a sign-in with the authenticator's answer and returns
// the cookie's token. It returns ErrCeremony for a ceremony that expired or was
// answered before, and ErrWrong for any other answer that does not sign in.
func (a *Authn) FinishPasskey(ctx context.Context, ceremony string, response []byte, v Visitor) (string, Session, error) {
	const action = "signin.passkey"
	t, err := a.ticket("passkey", ceremony)
	if err == nil {
		err = a.spend(ctx, t)
	}
	if errors.Is(err, ErrCeremony) {
		return "", Session{}, a.refused(ctx, action, audit.Who{}, "", "ceremony", err)
	}
	if err != nil {
		return "", Session{}, err
	}
	k, detail, err := a.assert(ctx, t, response, "")
	if errors.Is(err, ErrWrong) {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: k.worker}, k.worker, "wrong", err)
	}
	if err != nil {
		return "", Session{}, err
	}
	c, ok, err := a.account(ctx, a.db, k.worker)
	if err != nil {
		return "", Session{}, err
	}
	st, err := a.standing(ctx, k.worker)
	if err != nil {
		return "", Session{}, err
	}
	if !ok || c.status != statusActive || !st.Active {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: k.worker}, k.worker, "inactive", ErrWrong)
	}
	if !a.local(st.Mail) {
		return "", Session{}, a.refused(ctx, action, audit.Who{Worker: k.worker}, k.worker, "local_off", ErrWrong)
	}
	if err := a.clearAccount(ctx, a.subject(normalMail(st.Mail.Disclose()))); err != nil {
		return "", Session{}, err
	}
	return a.begin(ctx, k.worker, st, c.epoch, ByPasskey, v, action, detail)
}

// assert checks an authenticator's answer. only, if it is not empty, is whose
// passkey it must be. A signature counter that went backwards is kept with the
// passkey and told to the log; it does not refuse, because some honest
// authenticators count badly and a refusal would shut their owner out.
func (a *Authn) assert(ctx context.Context, t ticket, response []byte, only string) (storedKey, map[string]string, error) {
	if len(response) > maxResponse {
		return storedKey{}, nil, ErrWrong
	}
	var sd webauthn.SessionData
	if err := json.Unmarshal(t.Body, &sd); err != nil {
		return storedKey{}, nil, ErrCeremony
	}
	p, err := protocol.ParseCredentialRequestResponseBytes(response)
	if err != nil {
		return storedKey{}, nil, ErrWrong
	}
	var worker string
	err = a.db.QueryRow(ctx, `SELECT worker FROM passkey WHERE id = $1`, a.keyID(p.RawID)).Scan(&worker)
	if errors.Is(err, sql.ErrNoRows) || (err == nil && only != "" && only != worker) {
		return storedKey{}, nil, ErrWrong
	}
	if err != nil {
		return storedKey{}, nil, fault.Unavailablef("authn.passkey", err, "cannot read the passkey")
	}
	u, err := a.user(ctx, worker, Standing{})
	if err != nil {
		return storedKey{}, nil, err
	}
	var cred *webauthn.Credential
	if len(sd.UserID) == 0 {
		_, cred, err = a.wa.ValidatePasskeyLogin(func(_, _ []byte) (webauthn.User, error) { return u, nil }, sd, p)
	} else {
		cred, err = a.wa.ValidateLogin(u, sd, p)
	}
	if err != nil {
		return storedKey{worker: worker}, nil, ErrWrong
	}
	var k storedKey
	for _, x := range u.keys {
		if x.ID == a.keyID(cred.ID) {
			k = x
		}
	}
	if k.ID == "" {
		return storedKey{worker: worker}, nil, ErrWrong
	}
	detail := map[string]string{"passkey": k.ID}
	now := db.Micros(a.now())
	regressed := int64(0)
	if cred.Authenticator.CloneWarning {
		detail["counter"] = "regressed"
		regressed = now
	}
	cred.Authenticator.CloneWarning = false
	body, err := a.sealKey(k.ID, worker, *cred, k.Name)
	if err != nil {
		return k, nil, err
	}
	var n int64
	err = a.db.Write(ctx, func(tx *db.Tx) error {
		// The counter in the row only grows, so two answers at once with one
		// counter are seen here even if both were checked against the old one.
		seen := int64(p.Response.AuthenticatorData.Counter)
		var count int64
		if err := tx.QueryRow(ctx, `SELECT sign_count FROM passkey WHERE id = $1`, k.ID).Scan(&count); err != nil {
			return err
		}
		if regressed == 0 && seen != 0 && seen <= count {
			detail["counter"] = "regressed"
			regressed = now
		}
		var err error
		n, err = tx.Exec(ctx, `UPDATE passkey SET body = $1, sign_count = $2, regressed_at = CASE WHEN $3 > regressed_at THEN $3 ELSE regressed_at END, used_at = $4 WHERE id = $5 AND worker = $6`,
			body, max(count, seen), regressed, now, k.ID, worker)
		return err
	})
	if errors.Is(err, sql.ErrNoRows) || (err == nil && n == 0) {
		return storedKey{worker: worker}, nil, ErrWrong // taken away meanwhile
	}
	return k, detail, err
}

func (a *Authn) sealKey(id, worker string, c webauthn.Credential, name string) ([]byte, error) {
	b, err := json.Marshal(sealedKey{c, name})
	if err != nil {
		return nil, fault.Unavailablef("authn.passkey", err, "cannot encode a passkey")
	}
	return a.seal(b, "passkey/"+id+"/"+worker), nil
}

// parameters are the signatures taken: all of them approved for FIPS 140-3.
var parameters = []protocol.CredentialParameter{
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES256},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgEdDSA},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgES384},
	{Type: protocol.PublicKeyCredentialType, Algorithm: webauthncose.AlgRS256},
}

// beginRegistration begins adding a passkey to an account.
func (a *Authn) beginRegistration(ctx context.Context, kind string, t ticket, st Standing) (Ceremony, error) {
	u, err := a.user(ctx, t.Worker, st)
	if err != nil {
		return Ceremony{}, err
	}
	if len(u.keys) >= maxPasskeys {
		return Ceremony{}, fault.Conflictf("passkey.add", "an account has at most %d passkeys", maxPasskeys)
	}
	// The library leaves it to us to say which keys are there already.
	var have []protocol.CredentialDescriptor
	for _, k := range u.keys {
		have = append(have, k.cred.Descriptor())
	}
	o, sd, err := a.wa.BeginRegistration(u, webauthn.WithExclusions(have), webauthn.WithCredentialParameters(parameters))
	if err != nil {
		return Ceremony{}, fault.Unavailablef("passkey.add", err, "cannot begin")
	}
	return a.ceremony(kind, t, o, sd)
}

// newKey checks the answer of a registration and returns the passkey, sealed,
// ready to be stored.
func (a *Authn) newKey(t ticket, name string, response []byte) (id string, body []byte, count uint32, err error) {
	if len(response) > maxResponse {
		return "", nil, 0, ErrWrong
	}
	var sd webauthn.SessionData
	if err := json.Unmarshal(t.Body, &sd); err != nil {
		return "", nil, 0, ErrCeremony
	}
	p, err := protocol.ParseCredentialCreationResponseBytes(response)
	if err != nil {
		return "", nil, 0, ErrWrong
	}
	cred, err := a.wa.CreateCredential(user{handle: a.handle(t.Worker)}, sd, p)
	if err != nil {
		return "", nil, 0, ErrWrong
	}
	id = a.keyID(cred.ID)
	body, err = a.sealKey(id, t.Worker, *cred, keyName(name))
	return id, body, cred.Authenticator.SignCount, err
}

func keyName(s string) string {
	s = strings.Join(strings.Fields(strings.ToValidUTF8(s, "")), " ")
	if utf8.RuneCountInString(s) > 60 {
		s = string([]rune(s)[:60])
	}
	if s == "" {
		return "Passkey"
	}
	return s
}

func (a *Authn) storeKey(ctx context.Context, tx *db.Tx, id, worker string, body []byte, count uint32) error {
	now := db.Micros(a.now())
	n, err := tx.Exec(ctx, `INSERT INTO passkey (id, worker, body, sign_count, regressed_at, created_at, used_at) VALUES ($1, $2, $3, $4, 0, $5, 0) ON CONFLICT (id) DO NOTHING`,
		id, worker, body, int64(count), now)
	if err != nil {
		return err
	}
	if n == 0 {
		return fault.Conflictf("passkey.add", "this passkey is registered already")
	}
	_, err = tx.Exec(ctx, `UPDATE account SET changed_at = $1 WHERE worker = $2`, now, worker)
	return err
}
