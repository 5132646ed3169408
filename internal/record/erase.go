package record

import (
	"bytes"
	"context"
	"crypto/ed25519"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// Receipt proves that a client's data was destroyed. It holds no PHI: the
// subject is an id that nothing readable belongs to any more.
type Receipt struct {
	Format   string    `json:"format"`
	Subject  string    `json:"subject"`
	ErasedAt time.Time `json:"erased_at"`
	Worker   string    `json:"worker"`
	Reason   string    `json:"reason"`
	Records  int64     `json:"records"`
	Method   string    `json:"method"`
	// Also are the subjects of records of the same person that had been merged
	// into this one and were destroyed with it; each has a receipt of its own.
	Also      []string `json:"also,omitempty"`
	PublicKey []byte   `json:"public_key"`
	Signature []byte   `json:"signature,omitempty"`
}

func (r Receipt) text() []byte {
	r.Signature = nil
	b, err := json.Marshal(r)
	if err != nil {
		panic(err) // a struct of strings, times and bytes always encodes
	}
	return b
}

// Verify reports whether the receipt is as it was signed.
func (r Receipt) Verify() bool {
	return len(r.PublicKey) == ed25519.PublicKeySize && ed25519.Verify(r.PublicKey, r.text(), r.Signature)
}

// Erase destroys everything about a client: the data key, every record and
// version, drafts, search tokens and facts, in one transaction with its entry;
// and leaves a signed receipt (45 CFR 164.310(d)(2)(i)). reason is a code, never
// words about the client. Entries of the log stay: they hold ids only.
//
// With a receipt and [ErrTraces] the erasure stands and is being finished.
func (d *Door) Erase(ctx context.Context, who actor.Actor, subject Subject, reason string) (Receipt, error) {
	const action = "client.erase"
	below, above, err := store.Links(ctx, d.db, subject.s, db.Micros(d.clock.Now()))
	if err != nil {
		return Receipt{}, fault.Unavailablef(action, err, "cannot read the database")
	}
	slices.Sort(below)
	// The records of one person that were merged are erased together: to leave
	// one would be to leave the person.
	all := append([]string{subject.s}, below...)
	a := d.gate.Begin(who, action)
	a.Detail("reason", reason)
	var passes []gate.Pass
	for _, s := range all {
		row, found, err := store.Get(ctx, d.db, "client", s)
		if err != nil {
			return Receipt{}, fault.Unavailablef(action, err, "cannot read the database")
		}
		t := gate.Target{Kind: "client", ID: s, Subject: s, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
		if err := d.relate(ctx, d.db, who, &t); err != nil {
			return Receipt{}, err
		}
		ans := d.gate.Decide(who, action, t)
		if !found || !ans.OK() {
			a.Touch(t, ans)
			if err := a.Refuse(ctx, d.db, audit.Refused, ans); err != nil {
				return Receipt{}, err
			}
			if !found {
				return Receipt{}, fault.NotFoundf(action)
			}
			return Receipt{}, d.refusal(who, action, t, ans)
		}
		passes = append(passes, a.Admit(gate.Writing, action, t, ans))
	}
	if above != "" {
		if err := a.Refuse(ctx, d.db, audit.Failed, policy.Answer{}); err != nil {
			return Receipt{}, err
		}
		return Receipt{}, fault.Conflictf(action, "this record was merged into another; erase that one, and this goes with it, or undo the merge first")
	}
	if err := a.Prepare(); err != nil {
		return Receipt{}, err
	}
	receipts := make([]Receipt, len(all))
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.Enter(ctx, tx); err != nil {
			return err
		}
		// Somebody may have merged or parted it since it was decided.
		nowBelow, nowAbove, err := store.Links(ctx, tx, subject.s, db.Micros(d.clock.Now()))
		if err != nil {
			return err
		}
		slices.Sort(nowBelow)
		if nowAbove != "" || !slices.Equal(nowBelow, below) {
			return fault.Conflictf(action, "this record was merged or parted a moment ago; nothing was erased, look again")
		}
		for i, s := range all {
			r := Receipt{
				Format: "caseward-erasure/1", Subject: s, ErasedAt: d.clock.Now(), Worker: who.Worker(), Reason: reason,
				Method: "data key destroyed; records, versions, drafts, search tokens and facts deleted; stored documents unreadable and deleted", PublicKey: d.receipt.Public().(ed25519.PublicKey),
			}
			if i == 0 {
				r.Also = below
			}
			if err := tx.QueryRow(ctx, `SELECT COUNT(*) FROM record WHERE subject = $1`, s).Scan(&r.Records); err != nil {
				return err
			}
			if err := store.EraseSubject(ctx, tx, passes[i], s, db.Micros(r.ErasedAt)); err != nil {
				return err
			}
			if err := d.ring.Erase(ctx, tx, s); err != nil {
				return err
			}
			text := r.text()
			r.Signature = ed25519.Sign(d.receipt, text)
			if err := store.KeepReceipt(ctx, tx, s, db.Micros(r.ErasedAt), r.Worker, text, r.Signature); err != nil {
				return err
			}
			receipts[i] = r
		}
		return nil
	})
	if err != nil {
		if lerr := d.failed(ctx, a, err); lerr != nil {
			return Receipt{}, lerr
		}
		if fault.Is(err, fault.Conflict) || errors.Is(err, db.ErrUnconfirmed) {
			return Receipt{}, err
		}
		return Receipt{}, fault.Unavailablef(action, err, "nothing was erased")
	}
	for _, s := range all {
		d.ring.Forget(s)
	}
	return receipts[0], d.FinishErasures(ctx, who)
}

// EraseAgain erases again, in a database that was restored from a backup, what
// receipts prove to have been erased after that backup was made: a client who was
// erased stays so. Every receipt must be one that this agency signed; one that is
// not stops it before anything is erased. It says how many clients it erased;
// those that the database does not have, or has no more, are not counted.
func (d *Door) EraseAgain(ctx context.Context, who actor.Actor, receipts []Receipt) (int, error) {
	const action = "client.erase"
	for _, r := range receipts {
		if !r.Verify() || !bytes.Equal(r.PublicKey, d.receipt.Public().(ed25519.PublicKey)) {
			return 0, fault.Invalidf(action, "the receipt for %q was changed or is not this agency's; nothing was erased by it", r.Subject)
		}
	}
	erased := 0
	for _, r := range receipts {
		for _, s := range append([]string{r.Subject}, r.Also...) {
			done, err := d.eraseAgain(ctx, who, s, r)
			if err != nil {
				return erased, err
			}
			if done {
				erased++
			}
		}
	}
	return erased, d.FinishErasures(ctx, who)
}

func (d *Door) eraseAgain(ctx context.Context, who actor.Actor, s string, r Receipt) (bool, error) {
	const action = "client.erase"
	row, found, err := store.Get(ctx, d.db, "client", s)
	if err != nil {
		return false, fault.Unavailablef(action, err, "cannot read the database")
	}
	if !found {
		return false, nil
	}
	t := gate.Target{Kind: "client", ID: s, Subject: s, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
	if err := d.relate(ctx, d.db, who, &t); err != nil {
		return false, err
	}
	a := d.gate.Begin(who, action)
	a.Detail("reason", r.Reason)
	a.Detail("erased_at", r.ErasedAt.UTC().Format(time.RFC3339))
	ans := d.gate.Decide(who, action, t)
	if !ans.OK() {
		a.Touch(t, ans)
		if err := a.Refuse(ctx, d.db, audit.Refused, ans); err != nil {
			return false, err
		}
		return false, d.refusal(who, action, t, ans)
	}
	pass := a.Admit(gate.Writing, action, t, ans)
	if err := a.Prepare(); err != nil {
		return false, err
	}
	now := db.Micros(d.clock.Now())
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		if err := a.Enter(ctx, tx); err != nil {
			return err
		}
		if err := store.EraseSubject(ctx, tx, pass, s, now); err != nil {
			return err
		}
		if err := d.ring.Erase(ctx, tx, s); err != nil {
			return err
		}
		// The proof is the receipt of the time, as it was signed.
		return store.KeepReceipt(ctx, tx, s, db.Micros(r.ErasedAt), r.Worker, r.text(), r.Signature)
	})
	if err != nil {
		return false, fault.Unavailablef(action, err, "a client erased since the backup could not be erased again")
	}
	d.ring.Forget(s)
	return true, nil
}

// ErrTraces is the cause where a client was erased, and the receipt stands, but
// the database file still holds an older page with the wrapped key in it because
// somebody reads an older state, or an object beside it, which nothing opens any
// more, could not be deleted. A job tries again until it is gone.
var ErrTraces error = &fault.Error{Kind: fault.Unavailable, Op: "client.erase", Why: "the client is erased; traces leave the file when whoever still reads an older state has finished"}

// FinishErasures deletes the objects that were given up, empties the journal of
// what erased clients left in it, if any did, and remembers that it is done. It is [ErrTraces] if it cannot be done yet.
// It opens nothing and leaves no entry; who is whoever erases, or a service.
func (d *Door) FinishErasures(ctx context.Context, who actor.Actor) error {
	if !who.Valid() {
		return fault.DeniedBy("client.erase", "no-actor")
	}
	if err := d.sweep(ctx, db.Micros(d.clock.Now()), false); err != nil {
		return ErrTraces
	}
	var open int64
	if err := d.db.QueryRow(ctx, `SELECT COUNT(*) FROM erasure WHERE scrubbed_at = 0`).Scan(&open); err != nil {
		return fault.Unavailablef("client.erase", err, "cannot read the database")
	}
	if open == 0 {
		return nil
	}
	if err := d.db.Scrub(ctx); err != nil {
		return ErrTraces
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE erasure SET scrubbed_at = $1 WHERE scrubbed_at = 0`, db.Micros(d.clock.Now()))
		return err
	})
}
