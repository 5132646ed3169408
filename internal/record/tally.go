package record

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/store"
)

// Tally counts the records a list would hold that the asker may see. It opens
// nothing and names no record, so it leaves no entry: it is the number beside a
// menu's word.
func (r Records[T]) Tally(ctx context.Context, who actor.Actor, q Query) (int64, error) {
	action := r.action(q)
	if !who.Valid() {
		return 0, nil
	}
	v := r.door.View(who, action)
	f, possible, err := r.filter(ctx, v, action, q)
	if err != nil || !possible {
		return 0, err
	}
	return r.count(ctx, v, action, f)
}

// Emergency is a break-glass grant in force.
type Emergency struct {
	Record  string // id of the grant
	Subject Subject
	Scope   policy.ClassSet
	Until   time.Time
}

// Emergencies lists the asker's own grants in force now. It opens nothing and
// leaves no entry: it is the banner that says one is in force.
func (d *Door) Emergencies(ctx context.Context, who actor.Actor) ([]Emergency, error) {
	if !who.Valid() || who.Service() {
		return nil, nil
	}
	fs, err := store.Held(ctx, d.db, who.Worker(), policy.BreakGlass, db.Micros(d.clock.Now()))
	if err != nil {
		return nil, fault.Unavailablef("glass.mine", err, "cannot read the database")
	}
	var out []Emergency
	for _, f := range fs {
		out = append(out, Emergency{Record: f.Record, Subject: Subject{f.Object[len("client:"):]}, Scope: store.ParseClasses(f.Scope), Until: db.Time(f.Until)})
	}
	return out, nil
}
