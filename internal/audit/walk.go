package audit

import (
	"context"
	"database/sql"
	"errors"
	"runtime"
	"sync"
	"time"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// Mark is how far somebody read the tree. The zero Mark is before its first entry. It is
// good as long as the process is: nothing of it is kept.
type Mark struct {
	size    int64
	through place
}

// walkAtOnce is how many entries [Log.Walk] gives at once at most.
const (
	walkAtOnce = 4096
	walkPart   = 256 // entries that are unsealed together
)

// MarkAt is the mark after which every entry of the tree stands that is of a moment or
// later. A few that are older may stand after it too.
func (l *Log) MarkAt(ctx context.Context, since time.Time) (Mark, error) {
	unreadable := func(err error) error { return fault.Unavailablef("audit.walk", err, "cannot read the log") }
	closed, err := readSegments(ctx, l.db)
	if err != nil {
		return Mark{}, err
	}
	var m Mark
	for _, g := range closed {
		if g.until >= db.Micros(since) {
			return m, nil // what is before is in other segments
		}
		m.size, m.through = g.first+g.entries, g.through
	}
	out, err := l.disorder(ctx)
	if err != nil {
		return Mark{}, unreadable(err)
	}
	var p place
	err = l.db.QueryRow(ctx, `SELECT tx, id FROM log_entry WHERE at < $1 ORDER BY at DESC, id DESC LIMIT 1`, db.Micros(since)-out).Scan(&p.tx, &p.id)
	switch {
	case errors.Is(err, sql.ErrNoRows), err == nil && !p.after(m.through):
		return m, nil
	case err != nil:
		return Mark{}, unreadable(err)
	}
	at := []Logged{{Position: -1}}
	if err := l.positions(ctx, at, []place{p}); err != nil {
		return Mark{}, err
	}
	if at[0].Position < 0 { // it waits, and so does whatever is newer
		h, err := readHead(ctx, l.db)
		return Mark{h.size, h.through}, err
	}
	return Mark{at[0].Position + 1, p}, nil
}

// Walk gives the entries of the tree that stand after m, in the order of the tree and a few
// thousand at once, until there are no more, enough were given (0 for all) or give fails. It
// returns the mark to go on from: where it fails, after the last that were given and taken.
// Entries that wait to be put in order are given another time.
func (l *Log) Walk(ctx context.Context, m Mark, enough int, give func([]Entry) error) (Mark, error) {
	h, err := readHead(ctx, l.db)
	if err != nil {
		return m, err
	}
	end := h.size
	if enough > 0 {
		end = min(end, m.size+int64(enough))
	}
	for m.size < end {
		if err := ctx.Err(); err != nil {
			return m, fault.Unavailablef("audit.walk", err, "the log was not read to its end")
		}
		closed, err := readSegments(ctx, l.db)
		if err != nil {
			return m, err
		}
		es, through, err := l.several(ctx, m, h)
		if err != nil {
			return m, err
		}
		// A segment closed meanwhile took rows along: they are read from it.
		if now, err := readSegments(ctx, l.db); err != nil {
			return m, err
		} else if len(now) != len(closed) {
			continue
		}
		if len(es) == 0 {
			return m, fault.Unavailablef("audit.walk", nil, "entries of the tree are not there; run caseward audit verify")
		}
		if err := give(es); err != nil {
			return m, err
		}
		m.size, m.through = m.size+int64(len(es)), through
	}
	return m, nil
}

// several reads the next entries after m; they are unsealed while more are read.
func (l *Log) several(ctx context.Context, m Mark, h head) (es []Entry, through place, err error) {
	type stored struct{ leaf, sealed []byte }
	type part struct {
		from int
		rows []stored
	}
	es = make([]Entry, walkAtOnce)
	parts := make(chan part, walkAtOnce/walkPart+1)
	wrong := make([]error, max(2, runtime.GOMAXPROCS(0))-1)
	var at sync.WaitGroup
	for i := range wrong {
		at.Go(func() {
			for p := range parts {
				for k, x := range p.rows {
					e, _, err := l.open(x.leaf, x.sealed)
					if err != nil && wrong[i] == nil {
						wrong[i] = err
					}
					es[p.from+k] = e
				}
			}
		})
	}
	n := 0
	var rows []stored
	pass := func() {
		if len(rows) > 0 {
			parts <- part{n - len(rows), rows}
			rows = nil
		}
	}
	err = l.stored(ctx, follower{size: m.size, through: m.through}, h, walkAtOnce, func(p place, _ int64, leaf, sealed []byte) error {
		rows, through = append(rows, stored{leaf, sealed}), p
		if n++; len(rows) == walkPart {
			pass()
		}
		return nil
	})
	pass()
	close(parts)
	at.Wait()
	return es[:n], through, errors.Join(append(wrong, err)...)
}
