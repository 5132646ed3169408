package record

import (
	"context"
	"maps"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/internal/store"
)

// Draft is what somebody is typing and has not made a record of yet: the fields
// of a form, sealed like a record under the client's key and overwritten in
// place. Starting one and taking it up again are entries; each save is not,
// since it shows nothing to anybody (docs/adr, drafts).
type Draft struct {
	Fields  map[string]phi.Text
	Rev     int64 // goes up by one at each save
	SavedAt time.Time
}

func draftKind(slot string) string { return "draft/" + slot }

// ProgramDraft begins the slots of drafts that are about no client and become none: a
// text of the agency's own.
const ProgramDraft = "program/"

// draftClass is what a draft counts as: writing about a client, or, as long as
// there is none, who somebody is that may become one, or a text of the agency's own
// ([ProgramDraft]). These are sealed under the agency's key.
func draftClass(subject Subject, slot string) policy.Class {
	if subject.IsZero() && strings.HasPrefix(slot, ProgramDraft) {
		return policy.Program
	}
	if subject.IsZero() {
		return policy.Identity
	}
	return policy.Note
}

func (d *Door) draftTarget(ctx context.Context, who actor.Actor, subject Subject, slot string) (gate.Target, error) {
	t := gate.Target{Kind: "draft", ID: subject.s, Subject: subject.s, Owner: who.Worker(), Classes: policy.Set(draftClass(subject, slot))}
	return t, d.relate(ctx, d.db, who, &t)
}

// KeepDraft saves the fields of form slot about subject at revision rev+1, where
// rev is the revision the window last saw; 0 for a new one. The same fields again
// are the same save, whose answer was lost on the way: they are kept once. Conflict:
// another window saved since, and nothing was overwritten.
func (d *Door) KeepDraft(ctx context.Context, who actor.Actor, subject Subject, slot string, rev int64, fields map[string]phi.Text) (Draft, error) {
	const action = "draft.keep"
	t, err := d.draftTarget(ctx, who, subject, slot)
	if err != nil {
		return Draft{}, err
	}
	a := d.gate.Begin(who, action)
	a.Detail("form", slot)
	ans := d.gate.Decide(who, action, t)
	if !ans.OK() {
		a.Touch(t, ans)
		if err := a.Refuse(ctx, d.db, audit.Refused, ans); err != nil {
			return Draft{}, err
		}
		return Draft{}, d.refusal(who, action, t, ans)
	}
	plain, err := encoding.Marshal(fields)
	if err != nil {
		return Draft{}, fault.Unavailablef(action, nil, "a draft cannot be encoded")
	}
	pass := a.Admit(gate.Writing, action, t, ans)
	body, err := d.ring.Seal(ctx, d.db, pass, d.draftRef(who, subject, slot), []seal.Part{{Slot: draftClass(subject, slot), Class: draftClass(subject, slot), Plain: plain}}, nil, nil)
	if err != nil {
		return Draft{}, err
	}
	first := rev == 0
	if first {
		if err := a.Prepare(); err != nil {
			return Draft{}, err
		}
	}
	out := Draft{Fields: fields, Rev: rev + 1, SavedAt: d.clock.Now()}
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		if first {
			if err := a.Enter(ctx, tx); err != nil {
				return err
			}
		}
		ok, err := store.PutDraft(ctx, tx, who.Worker(), subject.s, slot, store.Draft{Rev: out.Rev, Body: body, SavedAt: db.Micros(out.SavedAt)})
		if err == nil && !ok {
			return fault.Conflictf(action, "another window saved this draft since; open it again to see both")
		}
		return err
	})
	if fault.Is(err, fault.Conflict) {
		if was, found, rerr := d.Draft(ctx, who, subject, slot); rerr == nil && found && was.Rev == out.Rev && maps.EqualFunc(was.Fields, fields, phi.Text.Equal) {
			return was, nil
		}
	}
	if err != nil {
		return Draft{}, err
	}
	return out, nil
}

func (d *Door) draftRef(who actor.Actor, subject Subject, slot string) seal.Ref {
	return seal.Ref{Kind: draftKind(slot) + "/" + who.Worker(), ID: subject.s, Subject: subject.s}
}

// KeepDraftAgain is KeepDraft for a window that may have outlived the draft: where
// another one made a record of it, what this one holds begins a new draft.
func (d *Door) KeepDraftAgain(ctx context.Context, who actor.Actor, subject Subject, slot string, rev int64, fields map[string]phi.Text) (Draft, error) {
	out, err := d.KeepDraft(ctx, who, subject, slot, rev, fields)
	if !fault.Is(err, fault.Conflict) || rev == 0 {
		return out, err
	}
	if rows, derr := d.Drafts(ctx, who, subject); derr != nil || !rows[slot].IsZero() {
		return out, err
	}
	return d.KeepDraft(ctx, who, subject, slot, 0, fields)
}

// Draft returns the asker's own draft of form slot about subject; found is false
// if there is none.
func (d *Door) Draft(ctx context.Context, who actor.Actor, subject Subject, slot string) (out Draft, found bool, err error) {
	const action = "draft.read"
	t, err := d.draftTarget(ctx, who, subject, slot)
	if err != nil {
		return Draft{}, false, err
	}
	row, found, err := store.GetDraft(ctx, d.db, who.Worker(), subject.s, slot)
	if err != nil {
		return Draft{}, false, fault.Unavailablef(action, err, "cannot read the database")
	}
	a := d.gate.Begin(who, action)
	a.Detail("form", slot)
	ans := d.gate.Decide(who, action, t)
	if !ans.OK() {
		a.Touch(t, ans)
		if err := a.Refuse(ctx, d.db, audit.Refused, ans); err != nil {
			return Draft{}, false, err
		}
		return Draft{}, false, d.refusal(who, action, t, ans)
	}
	if !found {
		return Draft{}, false, nil // nothing was opened, so nothing to record
	}
	pass := a.Admit(gate.Reading, action, t, ans)
	if err := a.EnterDurably(ctx, d.db); err != nil {
		return Draft{}, false, err
	}
	parts, _, err := d.ring.Open(ctx, d.db, pass, d.draftRef(who, subject, slot), row.Body)
	if err != nil {
		return Draft{}, false, err
	}
	out = Draft{Rev: row.Rev, SavedAt: db.Time(row.SavedAt)}
	for _, p := range parts {
		if err := decoding.Unmarshal(p.Plain, &out.Fields); err != nil {
			return Draft{}, false, fault.Unavailablef(action, nil, "a draft is damaged")
		}
	}
	return out, true, nil
}

// Drafts says which forms about subject the asker has a draft of, by slot, and
// when each was saved last. It opens nothing, so it leaves no entry: it is the
// word "draft" beside the way to a form.
func (d *Door) Drafts(ctx context.Context, who actor.Actor, subject Subject) (map[string]time.Time, error) {
	const action = "draft.read"
	t, err := d.draftTarget(ctx, who, subject, "")
	if err != nil {
		return nil, err
	}
	if !d.gate.Decide(who, action, t).OK() {
		return nil, nil
	}
	rows, err := store.Drafts(ctx, d.db, who.Worker(), subject.s)
	if err != nil {
		return nil, fault.Unavailablef(action, err, "cannot read the database")
	}
	out := map[string]time.Time{}
	for slot, at := range rows {
		out[slot] = db.Time(at)
	}
	return out, nil
}

// DropDraft throws the asker's own draft away, or does nothing if there is none.
// It shows nothing, so it leaves no entry of its own; what it became does.
func (d *Door) DropDraft(ctx context.Context, who actor.Actor, subject Subject, slot string) error {
	if !who.Valid() {
		return fault.DeniedBy("draft.drop", "no-actor")
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		return store.DropDraft(ctx, tx, who.Worker(), subject.s, slot)
	})
}

// DropDraftIn throws the draft away in the same transaction as the work that
// made a record of it.
func (d *Door) DropDraftIn(w *Work, subject Subject, slot string) {
	w.ops = append(w.ops, op{
		plan: func(context.Context, *Work) (gate.Target, policy.Answer, error) {
			return gate.Target{}, policy.Answer{}, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			return store.DropDraft(ctx, tx, w.who.Worker(), subject.s, slot)
		},
	})
}

// DropDraftAt is DropDraftIn for a window that last saw the draft at rev. If
// another kept something since, the work is a Conflict and nothing is thrown away.
func (d *Door) DropDraftAt(w *Work, subject Subject, slot string, rev int64) {
	w.ops = append(w.ops, op{
		plan: func(context.Context, *Work) (gate.Target, policy.Answer, error) {
			return gate.Target{}, policy.Answer{}, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			row, found, err := store.GetDraft(ctx, tx, w.who.Worker(), subject.s, slot)
			if err != nil || !found {
				return err
			}
			if row.Rev > rev {
				return fault.Conflictf(w.action, "another window kept this draft since; look at both")
			}
			return store.DropDraft(ctx, tx, w.who.Worker(), subject.s, slot)
		},
	})
}

// DropDraftSeen is DropDraftAt that leaves a draft which another window kept
// something in since, and the work goes on.
func (d *Door) DropDraftSeen(w *Work, subject Subject, slot string, rev int64) {
	w.ops = append(w.ops, op{
		plan: func(context.Context, *Work) (gate.Target, policy.Answer, error) {
			return gate.Target{}, policy.Answer{}, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			row, found, err := store.GetDraft(ctx, tx, w.who.Worker(), subject.s, slot)
			if err != nil || !found || row.Rev > rev {
				return err
			}
			return store.DropDraft(ctx, tx, w.who.Worker(), subject.s, slot)
		},
	})
}

// DropDraftsBefore throws away every draft about no client whose form begins with
// slot and that was last saved before t: what is only kept for a while. It shows
// nothing, so it leaves no entry.
func (d *Door) DropDraftsBefore(ctx context.Context, who actor.Actor, slot string, t time.Time) error {
	if !who.Valid() {
		return fault.DeniedBy("draft.drop", "no-actor")
	}
	return d.db.Write(ctx, func(tx *db.Tx) error {
		return store.DropDraftsBefore(ctx, tx, slot, db.Micros(t))
	})
}
