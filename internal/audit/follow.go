package audit

import (
	"context"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// TurnFor is how long one turn of [Log.Follow] may take: after it another server
// may send to the place, which then can get entries twice.
const TurnFor = 2 * time.Minute

// Followed is how far a place is that the tree's entries are sent to.
type Followed struct {
	Position int64     // of the first entry it has not got
	At       time.Time // when it last took some; zero if it never did
	Behind   int64     // entries in the tree that it has not got
	Oldest   time.Time // time of the first of those; zero if there are none
}

// follower is a row of log_follow.
type follower struct {
	size    int64
	through place
	turn    int64
	until   time.Time
	at      time.Time
}

const (
	addFollower  = `INSERT INTO log_follow (place, size, through_tx, through_id, sent_at, turn, held_until) VALUES ($1, $2, $3, $4, 0, 0, 0) ON CONFLICT (place) DO NOTHING`
	readFollower = `SELECT size, through_tx, through_id, turn, held_until, sent_at FROM log_follow WHERE place = $1`
	takeTurn     = `UPDATE log_follow SET turn = turn + 1, held_until = $3 WHERE place = $1 AND turn = $2`
	giveTurn     = `UPDATE log_follow SET held_until = 0 WHERE place = $1 AND turn = $2`
	moveFollower = `UPDATE log_follow SET size = $3, through_tx = $4, through_id = $5, sent_at = $6, held_until = 0 WHERE place = $1 AND turn = $2`

	followSQLite   = `SELECT tx, id, -1, leaf, detail FROM log_entry WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`
	followClosed   = `SELECT tx, id, position, leaf, detail FROM log_entry WHERE position >= $1 ORDER BY position LIMIT $2`
	followPostgres = `SELECT tx, id, -1, leaf, detail FROM log_entry WHERE (tx, id) > ($1::bigint, $2::bigint) AND (tx, id) <= ($3::bigint, $4::bigint) ORDER BY tx, id LIMIT $5`
)

// StartFollowing makes a place known, if it is not, and reports whether it is
// new. It is to get the entries that come from now on, or with all set every one
// since the first.
func (l *Log) StartFollowing(ctx context.Context, name string, all bool) (started bool, err error) {
	h, err := readHead(ctx, l.db)
	if err != nil {
		return false, err
	}
	if all {
		h.size, h.through = 0, place{-1, 0}
	}
	err = l.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, addFollower, name, h.size, h.through.tx, h.through.id)
		started = n > 0
		return err
	})
	return started, err
}

// Follow gives send the next entries of the tree that a place has not got, at most
// limit of them and in the order of the tree, and remembers that it has them once
// send returns without error. It returns how many those were: 0 if there are none,
// or if another server is sending to the place.
//
// An entry is given at least once: it is given again if the process ends, or the
// database cannot be written, between send and remembering. send must be done
// within [TurnFor].
func (l *Log) Follow(ctx context.Context, name string, limit int, send func(ctx context.Context, es []Logged) error) (int, error) {
	f, err := l.follower(ctx, name)
	if err != nil {
		return 0, err
	}
	h, err := readHead(ctx, l.db)
	if err != nil {
		return 0, err
	}
	now := l.clock.Now()
	if f.size >= h.size || f.until.After(now) {
		return 0, nil
	}
	mine := f.turn + 1
	var n int64
	if err := l.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, takeTurn, name, f.turn, db.Micros(now.Add(TurnFor)))
		return err
	}); err != nil || n == 0 {
		return 0, err
	}
	es, through, err := l.after(ctx, f, h, min(limit, maxLimit))
	if err == nil && len(es) == 0 {
		err = fault.Unavailablef("audit.follow", nil, "entries of the tree are not there; run caseward audit verify")
	}
	if err == nil {
		err = send(ctx, es)
	}
	// Whatever became of ctx, the turn is over.
	ctx = context.WithoutCancel(ctx)
	if err != nil {
		_ = l.db.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, giveTurn, name, mine)
			return err
		}) // or it ends by itself
		return 0, err
	}
	err = l.db.Write(ctx, func(tx *db.Tx) (err error) {
		n, err = tx.Exec(ctx, moveFollower, name, mine, f.size+int64(len(es)), through.tx, through.id, db.Micros(l.clock.Now()))
		return err
	})
	if err == nil && n == 0 {
		err = fault.Conflictf("audit.follow", "sending took so long that another server went on")
	}
	return len(es), err
}

func (l *Log) follower(ctx context.Context, name string) (f follower, err error) {
	var until, at int64
	if err := l.db.QueryRow(ctx, readFollower, name).Scan(&f.size, &f.through.tx, &f.through.id, &f.turn, &until, &at); err != nil {
		return f, fault.Unavailablef("audit.follow", err, "cannot read how far entries were forwarded")
	}
	f.until, f.at = db.Time(until), db.Time(at)
	return f, nil
}

// after reads the entries of the tree of h that f has not got, from a closed segment
// if that is where the first of them is by now.
func (l *Log) after(ctx context.Context, f follower, h head, limit int) (es []Logged, through place, err error) {
	err = l.stored(ctx, f, h, limit, func(p place, _ int64, leaf, sealed []byte) error {
		e, _, err := l.open(leaf, sealed)
		if err != nil {
			return err
		}
		es = append(es, Logged{Entry: e, ID: p.id, Position: f.size + int64(len(es)), LeafHash: tlog.RecordHash(leaf)})
		through = p
		return nil
	})
	return es, through, err
}

// stored gives the rows that after reads, as they are stored.
func (l *Log) stored(ctx context.Context, f follower, h head, limit int, each func(p place, position int64, leaf, sealed []byte) error) error {
	segments, err := readSegments(ctx, l.db)
	if err != nil {
		return err
	}
	for _, g := range segments {
		if f.size < g.first || f.size >= g.first+g.entries {
			continue
		}
		file, err := l.shelf.take(ctx, g)
		if err != nil {
			return err
		}
		defer l.shelf.put(g, file)
		return scan(ctx, file, followClosed, []any{f.size, limit}, each)
	}
	query, args := followSQLite, []any{f.through.id, h.through.id, limit}
	if l.db.Dialect() == db.Postgres {
		query, args = followPostgres, []any{f.through.tx, f.through.id, h.through.tx, h.through.id, limit}
	}
	return scan(ctx, l.db, query, args, each)
}

// Followed says how far a place is; NotFound if it never began.
func (l *Log) Followed(ctx context.Context, name string) (Followed, error) {
	var known bool
	if err := l.db.QueryRow(ctx, `SELECT count(*) > 0 FROM log_follow WHERE place = $1`, name).Scan(&known); err != nil {
		return Followed{}, fault.Unavailablef("audit.follow", err, "cannot read how far entries were forwarded")
	}
	if !known {
		return Followed{}, fault.NotFoundf("audit.follow")
	}
	f, err := l.follower(ctx, name)
	if err != nil {
		return Followed{}, err
	}
	h, err := readHead(ctx, l.db)
	if err != nil {
		return Followed{}, err
	}
	out := Followed{Position: f.size, At: f.at, Behind: max(0, h.size-f.size)}
	if out.Behind > 0 {
		es, _, err := l.after(ctx, f, h, 1)
		if err != nil {
			return Followed{}, err
		}
		if len(es) > 0 {
			out.Oldest = es[0].At
		}
	}
	return out, nil
}
