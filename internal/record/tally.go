package record

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// Tally counts the records a list would hold that the asker may see. It opens
// nothing and names no record, so it leaves no entry: it is the number beside a
// menu's word.
func (r records) Tally(ctx context.Context, who actor.Actor, q Query) (int64, error) {
	action := r.action(q)
	if !who.Valid() {
		return 0, nil
	}
	v := r.door.View(who, action)
	f, possible, err := r.filter(ctx, v, action, q)
	if err != nil || !possible {
		return 0, err
	}
	return r.count(ctx, v, action, f, q.Only)
}

// Stamp tells one list from another, of at most 50 records that the asker may see:
// it is the same as long as the same versions of the same records are in it, and
// empty if there are none. It opens nothing and names no record, so it leaves no
// entry: what was opened under one stamp need not be opened again.
func (r records) Stamp(ctx context.Context, who actor.Actor, q Query) (string, error) {
	action := r.action(q)
	if !who.Valid() {
		return "", nil
	}
	v := r.door.View(who, action)
	f, possible, err := r.filter(ctx, v, action, q)
	if err != nil || !possible {
		return "", err
	}
	f.Limit = min(f.Limit, 50)
	rows, err := store.List(ctx, r.door.db, f)
	if err != nil {
		return "", fault.Unavailablef(action, err, "cannot read the database")
	}
	var lines []string
	for _, row := range rows {
		t := gate.Target{Kind: row.Kind, ID: row.ID, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
		if err := v.relate(ctx, &t); err != nil {
			return "", err
		}
		if r.door.gate.Decide(who, action, t).OK() {
			lines = append(lines, version(row.ID, row.Version))
		}
	}
	return stamp(lines), nil
}

// StampOf is the stamp of a list that was opened.
func StampOf[T any](rows []Opened[T]) string {
	lines := make([]string, len(rows))
	for i, o := range rows {
		lines[i] = version(o.ID.s, o.Version)
	}
	return stamp(lines)
}

func version(id string, n int64) string { return id + " " + strconv.FormatInt(n, 10) }

func stamp(lines []string) string {
	if len(lines) == 0 {
		return ""
	}
	slices.Sort(lines)
	sum := sha256.Sum256([]byte(strings.Join(lines, "\n")))
	return hex.EncodeToString(sum[:])
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
