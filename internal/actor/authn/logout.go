package authn

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/oidc"
)

// providerSID is what is kept of the provider's id of a session there, and of that it gave none.
func (a *Authn) providerSID(sid string) []byte {
	return mac(a.handleKey, "provider session", a.cfg.Federation.Client.Issuer(), sid)
}

// began is the sign-in at the provider that a session began with; its zero value is none.
type began struct {
	at           time.Time
	subject, sid []byte
}

func (a *Authn) began(id oidc.Identity) began {
	return began{id.AuthAt, a.providerSubject(id), a.providerSID(id.Session)}
}

// ProviderLogout ends the sessions of whom the provider says, by a logout token, that it
// signed them out: those that began with a sign-in there, and no other (OpenID Connect
// Back-Channel Logout 1.0, 2.7; 45 CFR 164.312(a)(2)(iii)). A token about one session there
// leaves those of others, if the provider told them apart when they began. They are over for
// the next request on any server, each with an entry; a sign-in that is under way is void.
// ErrProvider: the token is not believed, or was used before. Unavailable: the provider's keys
// could not be had, or nothing was kept and the same token is good once more.
func (a *Authn) ProviderLogout(ctx context.Context, token string) error {
	const action = "session.provider_end"
	f := a.cfg.Federation
	if !f.on() {
		return fault.NotFoundf("authn.provider")
	}
	x, err := f.Client.Logout(ctx, token)
	var not *oidc.Refusal
	if errors.As(err, &not) {
		return a.slowed(ctx, action, "", not.Reason, &refusedBy{not.Reason}) // anybody can send one
	}
	if err != nil {
		return err
	}
	subject := a.providerSubject(oidc.Identity{Subject: x.Subject})
	var over [][2]string // session and worker
	err = a.db.Write(ctx, func(tx *db.Tx) (err error) {
		if err := a.spendIn(ctx, tx, ticket{Nonce: mac(a.handleKey, "logout", f.Client.Issuer(), x.ID), Expires: db.Micros(x.Until)}); err != nil {
			return err
		}
		if over, err = a.endsWith(ctx, tx, x, subject); err != nil {
			return err
		}
		workers := map[string]bool{}
		for _, o := range over {
			workers[o[1]] = true
			if _, err := tx.Change(ctx, []string{sessionOn(o[0])}, `UPDATE session SET ended_at = $1, ended_why = $2 WHERE id = $3 AND ended_at = 0`, db.Micros(a.now()), "provider", o[0]); err != nil {
				return err
			}
		}
		// Who signed in there and owes a code here has no session yet.
		var worker string
		switch err := tx.QueryRow(ctx, `SELECT worker FROM provider_link WHERE subject = $1 AND ended_at = 0`, subject).Scan(&worker); {
		case err == nil:
			workers[worker] = true
		case !errors.Is(err, sql.ErrNoRows):
			return err
		}
		for w := range workers {
			if err := a.raise(ctx, tx, w); err != nil {
				return err
			}
		}
		return nil
	})
	if errors.Is(err, ErrCeremony) {
		return a.slowed(ctx, action, "", "replay", &refusedBy{"replay"})
	}
	if err != nil {
		return fault.Unavailablef("authn.provider", err, "the sessions could not be ended")
	}
	for _, o := range over {
		who := audit.Of(Service(SignIn))
		who.OnBehalfOf = o[1]
		if nerr := a.note(ctx, event{action: action, outcome: audit.Allowed, who: who, worker: o[1], detail: map[string]string{"session": o[0]}}); nerr != nil {
			err = errors.Join(err, nerr)
		}
	}
	return err
}

// endsWith are the open sessions that a token of the provider ends.
func (a *Authn) endsWith(ctx context.Context, tx *db.Tx, x oidc.Ended, subject []byte) (out [][2]string, err error) {
	var rows db.Rows
	if x.Session == "" {
		rows, err = tx.Query(ctx, `SELECT s.id, s.worker FROM session s JOIN provider_session p ON p.session = s.id WHERE s.ended_at = 0 AND p.subject = $1`, subject)
	} else {
		rows, err = tx.Query(ctx, `SELECT s.id, s.worker FROM session s JOIN provider_session p ON p.session = s.id WHERE s.ended_at = 0 AND (p.sid = $1 OR p.subject = $2 AND p.sid = $3)`,
			a.providerSID(x.Session), subject, a.providerSID(""))
	}
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var o [2]string
		if err := rows.Scan(&o[0], &o[1]); err != nil {
			return nil, err
		}
		out = append(out, o)
	}
	return out, rows.Err()
}
