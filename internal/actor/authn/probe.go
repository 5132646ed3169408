package authn

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
)

// Probe is what came of trying the sessions of somebody whose access ended.
type Probe struct {
	At      time.Time
	Tried   int       // sessions tried, as a request would
	Open    int       // of them, those that still gave an actor
	Ways    int       // passkeys, password, codes, links with the identity provider and invitations that are left
	Revoked time.Time // when the last session ended; zero if there was none
}

// Refused reports whether nothing let them in.
func (p Probe) Refused() bool { return p.Open == 0 && p.Ways == 0 }

// probeMost is how many sessions are tried: the newest.
const probeMost = 20

// Probe tries the newest sessions of a worker by the very check that every request makes,
// and counts what ways to sign in are left. It is for proving that ended access has ended;
// it counts as no activity and ends what it should not find (45 CFR 164.308(a)(3)(ii)(C)).
func (a *Authn) Probe(ctx context.Context, who actor.Actor, worker string) (p Probe, err error) {
	if !ends(who) {
		return p, ErrNotAllowed
	}
	p.At = a.now()
	var ids []string
	rows, err := a.db.Query(ctx, `SELECT id, ended_at FROM session WHERE worker = $1 ORDER BY created_at DESC LIMIT $2`, worker, probeMost)
	if err != nil {
		return p, fault.Unavailablef("authn.probe", err, "cannot read the sessions")
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		var ended int64
		if err := rows.Scan(&id, &ended); err != nil {
			return p, fault.Unavailablef("authn.probe", err, "cannot read the sessions")
		}
		ids = append(ids, id)
		if t := db.Time(ended); t.After(p.Revoked) {
			p.Revoked = t
		}
	}
	if err := rows.Err(); err != nil {
		return p, fault.Unavailablef("authn.probe", err, "cannot read the sessions")
	}
	for _, id := range ids {
		p.Tried++
		switch _, err := a.judge(ctx, true, id, false); {
		case errors.Is(err, ErrEnded), errors.Is(err, ErrNoSession):
		case err == nil, errors.Is(err, ErrLocked):
			p.Open++
		default:
			return p, err
		}
	}
	err = a.db.QueryRow(ctx, `SELECT (SELECT COUNT(*) FROM passkey WHERE worker = $1) + (SELECT COUNT(*) FROM recovery WHERE worker = $1)
		+ (SELECT COUNT(*) FROM invitation WHERE worker = $1 AND used_at = 0) + (SELECT COUNT(*) FROM account WHERE worker = $1 AND (pw_scheme <> '' OR totp_hash <> ''))
		+ (SELECT COUNT(*) FROM provider_link WHERE worker = $1 AND ended_at = 0)`, worker).Scan(&p.Ways)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return p, fault.Unavailablef("authn.probe", err, "cannot count the ways in")
	}
	return p, nil
}
