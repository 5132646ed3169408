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
	// Offers are the records of the client that are offered to the worker, or ask
	// them to come.
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

// StandsUntil is the first moment after now at which [Stands] may say something else
// though no fact changes, because a period of one begins or ends; [db.Forever] if none does.
// It is for a client with no merge.
func StandsUntil(ctx context.Context, q db.Querier, worker, subject string, now int64) (int64, error) {
	until := db.Forever
	err := q.QueryRow(context.WithoutCancel(ctx), `SELECT COALESCE(MIN(CASE WHEN t.from_at > $2 THEN t.from_at ELSE t.until_at END), $4) FROM (
		SELECT f.from_at, f.until_at FROM fact f WHERE f.holder = $1 AND f.object = $3 AND f.until_at > $2
		UNION ALL
		SELECT f.from_at, f.until_at FROM fact f WHERE f.object = $3 AND f.rel IN ('assigned', 'same_as', 'serves') AND f.until_at > $2
		UNION ALL
		SELECT f.from_at, f.until_at FROM fact f WHERE f.holder = $3 AND f.rel = 'same_as' AND f.until_at > $2
		UNION ALL
		SELECT f.from_at, f.until_at FROM fact f WHERE f.holder = $1 AND f.rel IN ('covering', 'supervises', 'manages') AND f.until_at > $2) t`,
		"worker:"+worker, now, object(subject), until).Scan(&until)
	return until, err
}

// StandsOn is what [Stands] depends on beside the time, for [db.Kept]: the facts that
// either holds or is the object of. It is for a client with no merge.
func StandsOn(worker, subject string) []string {
	return []string{factOn("worker:" + worker), factOn(object(subject))}
}

func factOn(who string) string { return "fact:" + who }

// StandsEach is [Stands] for many clients. Those with no merge cost one query for
// many of them; whoever has one is looked up alone.
func StandsEach(ctx context.Context, q db.Querier, worker string, subjects []string, now int64) (map[string]Standing, error) {
	out, err := relationsEach(ctx, q, worker, subjects, now)
	if err != nil {
		return nil, err
	}
	for subject, s := range out {
		if len(s.Below) == 0 && s.Above == "" {
			continue
		}
		if out[subject], err = Stands(ctx, q, worker, subject, now); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// relations is Stands for one record, with the links it has itself.
func relations(ctx context.Context, q db.Querier, worker, subject string, now int64) (Standing, error) {
	all, err := relationsEach(ctx, q, worker, []string{subject}, now)
	return all[subject], err
}

// relationsEach is relations for many records; each of them is in the answer.
func relationsEach(ctx context.Context, q db.Querier, worker string, subjects []string, now int64) (map[string]Standing, error) {
	out := make(map[string]Standing, len(subjects))
	objects := make([]string, len(subjects))
	for i, s := range subjects {
		out[s], objects[i] = Standing{}, object(s)
	}
	err := each(objects, 2, func(list string, args []any) error {
		// A look-up by key, too short to be given up.
		rows, err := q.Query(context.WithoutCancel(ctx), `
		SELECT f.object, f.rel, f.scope, f.record FROM fact f
		WHERE f.holder = $1 AND f.object IN (`+list+`) AND f.from_at <= $2 AND f.until_at > $2
		UNION ALL
		SELECT f.object, CASE WHEN f.rel = 'same_as' THEN 'same:below' WHEN f.until_at > $2 THEN s.rel WHEN s.rel = 'covering' THEN '' ELSE 'formerly' END, f.holder, ''
		FROM fact f LEFT JOIN fact s ON f.rel <> 'same_as' AND s.holder = $1 AND s.object = f.holder AND s.rel IN ('covering', 'supervises', 'manages') AND s.from_at <= $2 AND s.until_at > $2
		WHERE f.object IN (`+list+`) AND f.rel IN ('assigned', 'same_as', 'serves') AND f.from_at <= $2
		AND CASE WHEN f.rel = 'same_as' THEN f.until_at > $2 ELSE s.rel IS NOT NULL END
		UNION ALL
		SELECT f.holder, 'same:above', f.object, '' FROM fact f WHERE f.holder IN (`+list+`) AND f.rel = 'same_as' AND f.from_at <= $2 AND f.until_at > $2`,
			append([]any{"worker:" + worker, now}, args...)...)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var of, rel, scope, record string
			if err := rows.Scan(&of, &rel, &scope, &record); err != nil {
				return err
			}
			of = of[len(clientPrefix):]
			s := out[of]
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
				if r := policy.Relation(rel); r == policy.Offered || r == policy.Attends {
					s.Offers = append(s.Offers, record)
				}
			}
			out[of] = s
		}
		return rows.Err()
	})
	return out, err
}

const clientPrefix = "client:"

func object(subject string) string { return clientPrefix + subject }

// Above is the client whose record subject was merged into, at time now; empty if
// none. It is one look-up by key.
func Above(ctx context.Context, q db.Querier, subject string, now int64) (string, error) {
	rows, err := q.Query(ctx, `SELECT f.object FROM fact f WHERE f.holder = $1 AND f.rel = 'same_as' AND f.from_at <= $2 AND f.until_at > $2`, object(subject), now)
	if err != nil {
		return "", err
	}
	defer rows.Close()
	above := ""
	for rows.Next() {
		if err := rows.Scan(&above); err != nil {
			return "", err
		}
		above = above[len(clientPrefix):]
	}
	return above, rows.Err()
}

// Links are the clients whose records were merged into subject, and the one it
// was merged into, at time now.
func Links(ctx context.Context, q db.Querier, subject string, now int64) (below []string, above string, err error) {
	s, err := Stands(ctx, q, "", subject, now)
	return s.Below, s.Above, err
}
