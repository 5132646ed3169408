package record

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/record/internal/store"
)

// LabelsOf returns the labels of a record and its version. It opens nothing, so
// it leaves no entry; found is false if there is none of the kind. Only service
// actors may ask: a label says that a record exists. It is one look-up by key,
// cheap enough for every request.
func (r Records[T]) LabelsOf(ctx context.Context, who actor.Actor, id ID[T]) (l Labels, version int64, found bool, err error) {
	op := r.kind.Name + ".labels"
	if !who.Valid() || !who.Service() {
		return Labels{}, 0, false, fault.DeniedBy(op, "service-only")
	}
	row, err := r.remembered(ctx, labelled{r.kind.Name, id.s, ""}, func(ctx context.Context) (store.Row, error) {
		row, _, err := store.GetLabels(ctx, r.door.db, r.kind.Name, id.s)
		return row, err
	})
	if err != nil {
		return Labels{}, 0, false, fault.Unavailablef(op, err, "cannot read the database")
	}
	if row.Version == 0 {
		return Labels{}, 0, false, nil
	}
	return headOf(row, 0).Labels, row.Version, true, nil
}

// on is what the labels of the kind's records depend on, for [db.Kept].
func (k *kind) on() string { return "kind:" + k.Name }

// onOf is the same of those about a client.
func (k *kind) onOf(subject string) string { return k.on() + ":" + subject }

// changed says in a transaction that a record of the kind was changed.
func (k *kind) changed(tx *db.Tx, subject string) {
	if k.asked {
		tx.Changed(k.on(), k.onOf(subject))
	}
}

// labelled is a record that something is remembered of: by its id, or by what it was
// imported under.
type labelled struct{ kind, id, ext string }

// remembered is what look gives, which may be remembered where the kind is [Kind.Asked].
func (r records) remembered(ctx context.Context, key labelled, look func(ctx context.Context) (store.Row, error)) (store.Row, error) {
	if !r.kind.asked {
		return look(ctx)
	}
	return r.door.labels.Get(ctx, r.door.db, key, func(ctx context.Context) (store.Row, []string, error) {
		row, err := look(ctx)
		return row, []string{r.kind.on()}, err
	})
}

// LookUp returns the ids of at most limit records that have exactly this date,
// phone number or identifier, newest first. It opens nothing, so it leaves no
// entry: what is then done with an id does. Only service actors may ask.
func (r Records[T]) LookUp(ctx context.Context, who actor.Actor, t Term, limit int) ([]ID[T], error) {
	op := r.kind.Name + ".look_up"
	if !who.Valid() || !who.Service() {
		return nil, fault.DeniedBy(op, "service-only")
	}
	if t.Field == NameTerm {
		return nil, fault.Invalidf(op, "a name is searched, not looked up")
	}
	tokens := r.door.termTokens(t)
	if len(tokens) == 0 {
		return nil, nil
	}
	rows, err := store.List(ctx, r.door.db, store.Filter{Kind: r.kind.Name, Words: [][]int64{tokens[:1]}, Limit: limit})
	if err != nil {
		return nil, fault.Unavailablef(op, err, "cannot read the database")
	}
	ids := make([]ID[T], len(rows))
	for i, row := range rows {
		ids[i] = ID[T]{row.ID}
	}
	return ids, nil
}

// InState returns the ids of at most limit records in a state, those that fall
// due soonest first; ref narrows them to what hangs on one record. It opens nothing, so it leaves no entry: what is then done
// with an id does. Only service actors may ask.
func (r Records[T]) InState(ctx context.Context, who actor.Actor, state, ref string, limit int) ([]ID[T], error) {
	op := r.kind.Name + ".look_up"
	if !who.Valid() || !who.Service() {
		return nil, fault.DeniedBy(op, "service-only")
	}
	rows, err := store.List(ctx, r.door.db, store.Filter{Kind: r.kind.Name, State: state, Ref: ref, Order: store.DueNext, Limit: limit})
	if err != nil {
		return nil, fault.Unavailablef(op, err, "cannot read the database")
	}
	ids := make([]ID[T], len(rows))
	for i, row := range rows {
		ids[i] = ID[T]{row.ID}
	}
	return ids, nil
}
