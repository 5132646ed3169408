package record

import (
	"context"
	"maps"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// most is how many records that hang together a work can be bound to.
const most = 500

// Mark says how the records stood that share a reference or a term.
type Mark struct {
	of store.Filter
	at map[string]int64 // versions, by id
}

// Mark remembers how the records stand that have a reference, for [Records.Unmoved].
// It opens nothing, so it leaves no entry. Only service actors may ask: a label
// says that a record exists.
func (r records) Mark(ctx context.Context, who actor.Actor, ref string) (Mark, error) {
	return r.marked(ctx, who, store.Filter{Ref: ref})
}

// MarkTerm is Mark for the records that have a term, as [Records.LookUp] finds them: with
// [Records.Unmoved] what nobody had stays so until the work is done.
func (r records) MarkTerm(ctx context.Context, who actor.Actor, t Term) (Mark, error) {
	var of store.Filter
	if tokens := r.door.termTokens(t); len(tokens) > 0 {
		of.Words = [][]int64{tokens[:1]}
	}
	return r.marked(ctx, who, of)
}

func (r records) marked(ctx context.Context, who actor.Actor, of store.Filter) (Mark, error) {
	op := r.kind.Name + ".labels"
	if !who.Valid() || !who.Service() {
		return Mark{}, fault.DeniedBy(op, "service-only")
	}
	m, err := r.mark(ctx, r.door.db, of)
	if err != nil {
		return Mark{}, fault.Unavailablef(op, err, "cannot read the database")
	}
	return m, nil
}

func (r records) mark(ctx context.Context, q db.Querier, of store.Filter) (Mark, error) {
	m := Mark{of, map[string]int64{}}
	if of.Ref == "" && of.Words == nil { // which is no reference, and not every record
		return m, nil
	}
	of.Kind, of.Limit = r.kind.Name, most
	rows, err := store.List(ctx, q, of)
	for _, x := range rows {
		m.at[x.ID] = x.Version
	}
	return m, err
}

// Unmoved makes a work a Conflict if the records of a mark are not, in its
// transaction and before anything of it is written, as they were: what was worked
// out from all of them is kept only while it is true.
func (r records) Unmoved(w *Work, m Mark) {
	first := op{plan: noTarget, do: func(ctx context.Context, tx *db.Tx) error {
		now, err := r.mark(ctx, tx, m.of)
		if err == nil && !maps.Equal(now.at, m.at) {
			err = stale(w.action)
		}
		return err
	}}
	w.ops = append([]op{first}, w.ops...)
}

// Count is how many records share the reference or the term.
func (m Mark) Count() int { return len(m.at) }

// AtMost refuses a work with otherwise if after it a client would have more than n
// records in a state. It is counted in the transaction, so two windows cannot both
// be in time.
func (r records) AtMost(w *Work, subject Subject, state string, n int, otherwise error) {
	w.ops = append(w.ops, op{plan: noTarget, last: func(ctx context.Context, tx *db.Tx) error {
		rows, err := store.List(ctx, tx, store.Filter{Kind: r.kind.Name, Subject: subject.s, State: state, Limit: n + 1})
		if err == nil && len(rows) > n {
			err = otherwise
		}
		return err
	}})
}

func noTarget(context.Context, *Work) (gate.Target, policy.Answer, error) {
	return gate.Target{}, policy.Answer{}, nil
}
