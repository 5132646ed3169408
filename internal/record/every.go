package record

import (
	"context"

	"caseward/internal/actor"
)

// Every is [Records.Find] to its end: everything a query finds, 500 at a time, each of
// which is an entry of the log. It is for records of which an agency has no more than fit
// in memory.
func (r Records[T]) Every(ctx context.Context, who actor.Actor, q Query) (out []Opened[T], err error) {
	q.Limit = 500
	for {
		l, err := r.Find(ctx, who, q)
		if err != nil {
			return nil, err
		}
		out = append(out, l.Rows...)
		if q.After = l.Next; q.After == "" {
			return out, nil
		}
	}
}
