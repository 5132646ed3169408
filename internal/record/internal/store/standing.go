package store

import (
	"context"

	"caseward/internal/db"
)

// The relations that say what is required of whom, and who has it. Neither gives a
// right: what is required and not held takes rights away.
const (
	Requires = "requires" // role → requirement; the scope is its terms
	Holds    = "holds"    // worker → requirement
	Works    = "works"    // worker → the agency, from the first day
)

// epoch counts the changes of such facts, so that what was worked out from them is
// kept until one of them changes, by whichever server.
const epoch = "standing"

func (f Fact) standing() bool { return f.Rel == Requires || f.Rel == Holds || f.Rel == Works }

// Epoch is how often anything about standing was changed; 0 if nothing was ever
// required or held. It is one look-up by key.
func Epoch(ctx context.Context, q db.Querier) (int64, error) {
	rows, err := q.Query(context.WithoutCancel(ctx), `SELECT value FROM counter WHERE name = $1`, epoch)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	var n int64
	for rows.Next() {
		if err := rows.Scan(&n); err != nil {
			return 0, err
		}
	}
	return n, rows.Err()
}

// EpochOn is what [Epoch] depends on, for [db.Kept].
var EpochOn = []string{"counter:" + epoch}

// Requirements are what the holders "role:…" of a role and of everybody require at any
// time, as facts of relation [Requires].
func Requirements(ctx context.Context, q db.Querier, role, everybody string) ([]Said, error) {
	return said(q.Query(context.WithoutCancel(ctx), `SELECT record, holder, rel, object, scope, from_at, until_at FROM fact
		WHERE holder IN ($1, $2) AND rel = 'requires' ORDER BY object, from_at, record`, role, everybody))
}

// Holdings are what a worker holds or held at any time, and since when they work
// here: facts of the relations [Holds] and [Works].
func Holdings(ctx context.Context, q db.Querier, worker string) ([]Said, error) {
	return said(q.Query(context.WithoutCancel(ctx), `SELECT record, holder, rel, object, scope, from_at, until_at FROM fact
		WHERE holder = $1 AND rel IN ('holds', 'works') ORDER BY object, from_at, record`, "worker:"+worker))
}

// Party is the facts of one relation that an organization holds or held at any time, the
// latest first.
func Party(ctx context.Context, q db.Querier, holder, rel string) ([]Said, error) {
	return said(q.Query(context.WithoutCancel(ctx), `SELECT record, holder, rel, object, scope, from_at, until_at FROM fact
		WHERE holder = $1 AND rel = $2 AND object = 'agency:' ORDER BY from_at DESC, record`, holder, rel))
}

func said(rows db.Rows, err error) ([]Said, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []Said
	for rows.Next() {
		var f Said
		if err := rows.Scan(&f.Record, &f.Holder, &f.Rel, &f.Object, &f.Scope, &f.From, &f.Until); err != nil {
			return nil, err
		}
		out = append(out, f)
	}
	return out, rows.Err()
}
