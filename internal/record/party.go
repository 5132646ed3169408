package record

import (
	"context"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/store"
)

// PartyHolder is an organization as the holder of facts, by the kind and id of its
// record, as "vendor:<id>".
func PartyHolder(kind, id string) string { return kind + ":" + id }

// Period is a time in which a fact held, and the record that says so.
type Period struct {
	Record      string
	Scope       policy.ClassSet
	From, Until time.Time // Until zero: no end
}

// Periods are the times in which an organization stood in a relation to the agency, the
// latest first, as the facts say now. What once held is never lost, so they answer for
// past moments too. It opens no record and says nothing of a client or a worker: a holder
// of facts about people is Invalid.
func (d *Door) Periods(ctx context.Context, who actor.Actor, kind, id, rel string) ([]Period, error) {
	op := kind + "." + rel
	if !who.Valid() {
		return nil, fault.DeniedBy(op, "no-actor")
	}
	if !wellFormed(id) {
		return nil, fault.NotFoundf(op)
	}
	if kind == "worker" || kind == "client" {
		return nil, fault.Invalidf(op, "that is about people")
	}
	rows, err := store.Party(ctx, d.db, PartyHolder(kind, id), rel)
	if err != nil {
		return nil, fault.Unavailablef(op, err, "cannot read the database")
	}
	var out []Period
	for _, f := range rows {
		if f.Until <= f.From {
			continue // it ended before it began
		}
		p := Period{Record: f.Record, Scope: granted(f.Scope), From: db.Time(f.From)}
		if f.Until != db.Forever {
			p.Until = db.Time(f.Until)
		}
		out = append(out, p)
	}
	return out, nil
}

// granted reads the classes a fact is limited to. A name that is no class gives nothing.
func granted(s string) (out policy.ClassSet) {
	for name := range strings.SplitSeq(s, ",") {
		if c := policy.Class(name); policy.Known(c) {
			out |= policy.Set(c)
		}
	}
	return out
}
