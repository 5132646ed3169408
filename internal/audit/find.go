package audit

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// Query asks the log. Empty fields ask for nothing; the others must all hold.
// Whether somebody may ask is decided before, by the door.
type Query struct {
	Worker  string // id of the worker who asked
	Subject string // id of a client the entry names
	Action  string // beginning of the action: "note." for all about notes
	Purpose string
	Role    string
	Outcome Outcome
	Since   time.Time // entries at or after it
	Until   time.Time // entries before it
	Before  int64     // entries with a lower ID: the last ID of the page before; 0 for the first page
	Limit   int       // entries at most; 0 for 50, and never more than 1000
}

// Logged is an entry as the log has it.
type Logged struct {
	Entry
	ID       int64     // number of its row; the keyset cursor
	Position int64     // place in the tree, counted from 0; -1 while it waits to be sequenced
	LeafHash tlog.Hash // its hash in the tree
}

const maxLimit = 1000

// The shapes of the question; each fits one index. $1 and $2 bound the ids, $10
// how many rows. The action begins at byte 92 of the leaf.
const (
	findConditions = ` AND ($3 = 0 OR e.outcome = $3) AND e.at >= $4 AND e.at < $5
		AND ($6 = 0 OR substr(e.leaf, 92, $6) = $7) AND ($8 = 0 OR e.actor = $9)`
	findAll     = `SELECT e.tx, e.id, e.leaf, e.detail FROM log_entry e WHERE e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.id DESC LIMIT $10`
	findActor   = `SELECT e.tx, e.id, e.leaf, e.detail FROM log_entry e WHERE e.actor = $9 AND e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.actor DESC, e.id DESC LIMIT $10`
	findOutcome = `SELECT e.tx, e.id, e.leaf, e.detail FROM log_entry e WHERE e.outcome <> 97 AND e.outcome = $3 AND e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.outcome DESC, e.id DESC LIMIT $10`
	findSubject = `SELECT e.tx, e.id, e.leaf, e.detail FROM log_subject s JOIN log_entry e ON e.id = s.entry
		WHERE s.subject = $11 AND s.entry < $1 AND s.entry >= $2` + findConditions + ` ORDER BY s.entry DESC LIMIT $10`
)

// Find answers a question, newest first. Purpose and role stand only in the
// sealed part, so asking by them alone reads until enough is found.
func (l *Log) Find(ctx context.Context, q Query) ([]Logged, error) {
	if q.Limit <= 0 {
		q.Limit = 50
	}
	q.Limit = min(q.Limit, maxLimit)
	if q.Before <= 0 {
		q.Before = db.Forever
	}
	since, until := db.Micros(q.Since), db.Micros(q.Until)
	if q.Until.IsZero() {
		until = db.Forever
	}
	var lowest int64
	if since > 0 || until < db.Forever {
		var lo, hi sql.NullInt64
		if err := l.db.QueryRow(ctx, `SELECT min(id), max(id) FROM log_entry WHERE at >= $1 AND at < $2`, since, until).Scan(&lo, &hi); err != nil {
			return nil, fault.Unavailablef("audit.find", err, "cannot read the log")
		}
		if !lo.Valid {
			return nil, nil
		}
		lowest, q.Before = lo.Int64, min(q.Before, hi.Int64+1)
	}
	actor := l.actorMark(q.Worker)
	byWorker := 0
	if q.Worker != "" {
		byWorker = 1
	}
	query := findAll
	chunk := q.Limit
	if q.Purpose != "" || q.Role != "" {
		chunk = maxLimit
	}
	args := []any{q.Before, lowest, int64(q.Outcome), since, until, len(q.Action), []byte(q.Action), byWorker, actor[:], chunk}
	switch {
	case q.Subject != "":
		m := l.subjectMark(q.Subject)
		query, args = findSubject, append(args, m[:])
	case q.Worker != "":
		query = findActor
	case q.Outcome != 0 && q.Outcome != Allowed:
		query = findOutcome
	}
	var out []Logged
	var places []place
	for len(out) < q.Limit {
		n, last := 0, int64(0)
		err := l.scan(ctx, query, args, func(p place, leaf, sealed []byte) error {
			n, last = n+1, p.id
			if len(out) == q.Limit {
				return nil
			}
			e, _, err := l.open(leaf, sealed)
			if err != nil {
				return err
			}
			if (q.Purpose != "" && e.Who.Purpose != q.Purpose) || (q.Role != "" && e.Who.Role != q.Role) {
				return nil
			}
			out = append(out, Logged{Entry: e, ID: p.id, Position: -1, LeafHash: tlog.RecordHash(leaf)})
			places = append(places, p)
			return nil
		})
		if err != nil {
			return nil, err
		}
		if n < chunk {
			break
		}
		args[0] = last
	}
	return out, l.positions(ctx, out, places)
}

func (l *Log) scan(ctx context.Context, query string, args []any, each func(p place, leaf, sealed []byte) error) error {
	rows, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return fault.Unavailablef("audit.find", err, "cannot read the log")
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		var leaf, sealed []byte
		if err := rows.Scan(&p.tx, &p.id, &leaf, &sealed); err != nil {
			return fault.Unavailablef("audit.find", err, "cannot read the log")
		}
		if err := each(p, leaf, sealed); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return fault.Unavailablef("audit.find", err, "cannot read the log")
	}
	return nil
}

// positions fills in where the entries stand in the tree. A tile of level 0
// says which entry is its last, so a position is the tile's start and how many
// entries the tile has before it.
func (l *Log) positions(ctx context.Context, out []Logged, places []place) error {
	type span struct{ after, through place }
	spans := map[int64]span{}
	unreadable := func(err error) error {
		return fault.Unavailablef("audit.find", err, "cannot read the log's tree")
	}
	for i, p := range places {
		n, in := int64(-1), span{}
		for k, s := range spans {
			if !p.after(s.through) && p.after(s.after) {
				n, in = k, s
			}
		}
		if n < 0 {
			err := l.db.QueryRow(ctx, `SELECT n, through_tx, through_id FROM log_tile WHERE level = 0 AND (through_tx, through_id) >= ($1, $2)
				ORDER BY through_tx, through_id LIMIT 1`, p.tx, p.id).Scan(&n, &in.through.tx, &in.through.id)
			if errors.Is(err, sql.ErrNoRows) {
				continue // it waits
			}
			if err != nil {
				return unreadable(err)
			}
			in.after = place{-1, 0}
			if n > 0 {
				if err := l.db.QueryRow(ctx, `SELECT through_tx, through_id FROM log_tile WHERE level = 0 AND n = $1`, n-1).Scan(&in.after.tx, &in.after.id); err != nil {
					return unreadable(err)
				}
			}
			spans[n] = in
		}
		query, args := `SELECT count(*) FROM log_entry WHERE id > $1 AND id < $2`, []any{in.after.id, p.id}
		if l.db.Dialect() == db.Postgres {
			query = `SELECT count(*) FROM log_entry WHERE (tx, id) > ($1::bigint, $2::bigint) AND (tx, id) < ($3::bigint, $4::bigint)`
			args = []any{in.after.tx, in.after.id, p.tx, p.id}
		}
		var before int64
		if err := l.db.QueryRow(ctx, query, args...).Scan(&before); err != nil {
			return unreadable(err)
		}
		out[i].Position = n*tileWidth + before
	}
	return nil
}

func (p place) after(q place) bool { return p.tx > q.tx || p.tx == q.tx && p.id > q.id }
