package store

import (
	"context"

	"caseward/internal/db"
	"caseward/internal/policy"
)

// The fact 'same_as' says that two records are about one person: the holder is the
// client whose record was merged, the object the one that stays. It gives nobody a
// right of its own; it joins what each of the two gives.

// Standing is how a worker stands to a client.
type Standing struct {
	Relations policy.Relations
	Glass     policy.ClassSet // what an emergency grant covers
	// Below are the clients whose records were merged into this one, and those
	// merged into them.
	Below []string
	// Offers are the records of the client that are offered to the worker.
	Offers []string
	// Above is the client whose record this one was merged into; empty if none.
	Above string
}

// Stands says how worker stands to the client subject at time now. Where records
// of one person were merged, a relation to any of them is one to each. A client
// with no merge costs one query.
func Stands(ctx context.Context, q db.Querier, worker, subject string, now int64) (Standing, error) {
	s, err := relations(ctx, q, worker, subject, now)
	if err != nil || len(s.Below) == 0 && s.Above == "" {
		return s, err
	}
	// Everybody linked, each looked up once: down first, so that what lies below
	// this one is told from what lies beside it.
	seen := map[string]bool{subject: true}
	for i := 0; i < len(s.Below); i++ {
		if seen[s.Below[i]] {
			s.Below = append(s.Below[:i], s.Below[i+1:]...)
			i--
			continue
		}
		seen[s.Below[i]] = true
		x, err := relations(ctx, q, worker, s.Below[i], now)
		if err != nil {
			return s, err
		}
		s.Relations |= x.Relations
		s.Glass |= x.Glass
		s.Offers = append(s.Offers, x.Offers...)
		s.Below = append(s.Below, x.Below...)
	}
	var rest []string
	if s.Above != "" {
		rest = append(rest, s.Above)
	}
	for len(rest) > 0 {
		next := rest[0]
		rest = rest[1:]
		if seen[next] {
			continue
		}
		seen[next] = true
		x, err := relations(ctx, q, worker, next, now)
		if err != nil {
			return s, err
		}
		s.Relations |= x.Relations
		s.Glass |= x.Glass
		s.Offers = append(s.Offers, x.Offers...)
		rest = append(rest, x.Below...)
		if x.Above != "" {
			rest = append(rest, x.Above)
		}
	}
	return s, nil
}

// relations is Stands for one record, with the links it has itself.
func relations(ctx context.Context, q db.Querier, worker, subject string, now int64) (Standing, error) {
	// A look-up by key, too short to be given up.
	rows, err := q.Query(context.WithoutCancel(ctx), `
		SELECT f.rel, f.scope, f.record FROM fact f
		WHERE f.holder = $1 AND f.object = $2 AND f.from_at <= $3 AND f.until_at > $3
		UNION ALL
		SELECT s.rel, '', '' FROM fact f JOIN fact s ON s.object = f.holder
		WHERE f.object = $2 AND f.rel IN ('assigned', 'serves') AND f.from_at <= $3 AND f.until_at > $3
		AND s.holder = $1 AND s.rel IN ('covering', 'supervises', 'manages') AND s.from_at <= $3 AND s.until_at > $3
		UNION ALL
		SELECT 'formerly', '', '' FROM fact f JOIN fact s ON s.object = f.holder
		WHERE f.object = $2 AND f.rel IN ('assigned', 'serves') AND f.until_at <= $3
		AND s.holder = $1 AND s.rel IN ('supervises', 'manages') AND s.from_at <= $3 AND s.until_at > $3
		UNION ALL
		SELECT 'same:below', f.holder, '' FROM fact f WHERE f.object = $2 AND f.rel = 'same_as' AND f.from_at <= $3 AND f.until_at > $3
		UNION ALL
		SELECT 'same:above', f.object, '' FROM fact f WHERE f.holder = $2 AND f.rel = 'same_as' AND f.from_at <= $3 AND f.until_at > $3`,
		"worker:"+worker, object(subject), now)
	if err != nil {
		return Standing{}, err
	}
	defer rows.Close()
	var s Standing
	for rows.Next() {
		var rel, scope, record string
		if err := rows.Scan(&rel, &scope, &record); err != nil {
			return s, err
		}
		switch {
		case rel == "same:below":
			s.Below = append(s.Below, scope[len(clientPrefix):])
		case rel == "same:above":
			s.Above = scope[len(clientPrefix):]
		case !policy.KnownRelation(policy.Relation(rel)):
		default:
			s.Relations |= policy.Rel(policy.Relation(rel))
			if policy.Relation(rel) == policy.BreakGlass {
				s.Glass |= ParseClasses(scope)
			}
			if policy.Relation(rel) == policy.Offered {
				s.Offers = append(s.Offers, record)
			}
		}
	}
	return s, rows.Err()
}

const clientPrefix = "client:"

func object(subject string) string { return clientPrefix + subject }

// Links are the clients whose records were merged into subject, and the one it
// was merged into, at time now.
func Links(ctx context.Context, q db.Querier, subject string, now int64) (below []string, above string, err error) {
	s, err := Stands(ctx, q, "", subject, now)
	return s.Below, s.Above, err
}
