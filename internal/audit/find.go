package audit

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"slices"
	"strings"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/order"
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

	Except   Except
	Unplaced bool // where the entries stand in the tree is not asked, which is most of the work
}

// Except are actions that are left out, and not read: those that begin so, and those that end
// so. What is empty leaves out none.
type Except struct{ Begins, Ends string }

// Has says whether an action is left out.
func (x Except) Has(action string) bool {
	return x.Begins != "" && strings.HasPrefix(action, x.Begins) || x.Ends != "" && strings.HasSuffix(action, x.Ends)
}

// Logged is an entry as the log has it.
type Logged struct {
	Entry
	ID       int64     // number of its row; the keyset cursor
	Position int64     // place in the tree, counted from 0; -1 while it waits to be sequenced, and if the query says unplaced
	LeafHash tlog.Hash // its hash in the tree
}

// Found is one page of an answer.
type Found struct {
	Entries []Logged // newest first
	// Before goes into the query of the next page; 0 if there is nothing older to
	// look at. With fewer entries than were asked for it is where looking stopped,
	// because one page does not look at everything.
	Before int64
	Back   time.Time // where looking stopped before the page was full: about how far back
}

const maxLimit = 1000

// What one page looks at, at most: entries that a question without an index passes,
// and entries that must be unsealed to be judged. Either is well under a second.
const (
	passAtMost   = 1 << 20
	unsealAtMost = 1 << 16
	narrowest    = 1 << 12 // ids looked at first where there is no index; then twice as many, and so on
	widest       = 1 << 17
)

// The shapes of the question; each fits one index, of the live tables and of a
// segment's. $1 and $2 bound the ids, $10 how many rows; what is at or before ($11,
// $12) is in segments and no more in the live tables, even if rows are left. The
// action begins at byte 92 of the leaf, and ends it. The leaf lies before the detail, which
// is never read of what is left out ($13 to $16): that of a list is long.
const (
	live           = `SELECT e.tx, e.id, -1, e.leaf, e.detail FROM `
	inSegment      = `SELECT e.tx, e.id, e.position, e.leaf, e.detail FROM `
	findConditions = ` AND ($3 = 0 OR e.outcome = $3) AND e.at >= $4 AND e.at < $5
		AND ($6 = 0 OR substr(e.leaf, 92, $6) = $7) AND ($8 = 0 OR e.actor = $9) AND (e.tx, e.id) > ($11, $12)
		AND ($13 = 0 OR substr(e.leaf, 92, $13) <> $14) AND ($15 = 0 OR substr(e.leaf, length(e.leaf) - $15 + 1) <> $16)`
	findAll     = `log_entry e WHERE e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.id DESC LIMIT $10`
	findActor   = `log_entry e WHERE e.actor = $9 AND e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.actor DESC, e.id DESC LIMIT $10`
	findOutcome = `log_entry e WHERE e.outcome <> 97 AND e.outcome = $3 AND e.id < $1 AND e.id >= $2` + findConditions + ` ORDER BY e.outcome DESC, e.id DESC LIMIT $10`
	findSubject = `log_subject s JOIN log_entry e ON e.id = s.entry
		WHERE s.subject = $17 AND s.entry < $1 AND s.entry >= $2` + findConditions + ` ORDER BY s.entry DESC LIMIT $10`

	findAllLive     = live + findAll
	findActorLive   = live + findActor
	findOutcomeLive = live + findOutcome
	findSubjectLive = live + findSubject
	findAllIn       = inSegment + findAll
	findActorIn     = inSegment + findActor
	findOutcomeIn   = inSegment + findOutcome
	findSubjectIn   = inSegment + findSubject
)

// Find answers a question, newest first, however far it must look.
func (l *Log) Find(ctx context.Context, q Query) ([]Logged, error) {
	want := q.limit()
	var out []Logged
	for {
		q.Limit = want - len(out)
		f, err := l.FindPage(ctx, q)
		if err != nil {
			return nil, err
		}
		out = append(out, f.Entries...)
		if len(out) == want || f.Before == 0 {
			return out, nil
		}
		q.Before = f.Before
	}
}

func (q Query) limit() int {
	if q.Limit <= 0 {
		return 50
	}
	return min(q.Limit, maxLimit)
}

// FindPage answers a question, newest first, from the database and then from the
// closed segments. Purpose and role stand only in the sealed part, and an action alone
// has no index: asked by these, one page looks back so far and no further, and says
// from where to go on.
func (l *Log) FindPage(ctx context.Context, q Query) (Found, error) {
	for {
		closed, err := readSegments(ctx, l.db)
		if err != nil {
			return Found{}, err
		}
		f, err := l.search(ctx, q, closed)
		if err != nil {
			return Found{}, err
		}
		// A segment closed meanwhile took rows along that were not looked at yet.
		now, err := readSegments(ctx, l.db)
		if err != nil {
			return Found{}, err
		}
		if len(now) == len(closed) {
			return f, nil
		}
	}
}

// search is one question under way.
type search struct {
	l      *Log
	q      Query
	limit  int
	closed []segment
	sealed bool // whether an entry is judged only when it was read
	walks  bool // whether no index fits
	pass   int64
	unseal int

	byWorker     int
	since, until int64
	disorder     int64 // of their entries
	actor        mark
	subject      mark
	live         window // of ids
	spans        map[int64]window
}

// window is some ids: from low on, and below high.
type window struct{ low, high int64 }

func (w window) both(o window) window { return window{max(w.low, o.low), min(w.high, o.high)} }
func (w window) empty() bool          { return w.low >= w.high }

// hit is an entry that was found.
type hit struct {
	place
	position int64
	e        Entry
	hash     tlog.Hash
}

func (l *Log) search(ctx context.Context, q Query, closed []segment) (Found, error) {
	s := &search{
		l: l, q: q, limit: q.limit(), closed: closed, sealed: q.Purpose != "" || q.Role != "",
		since: db.Micros(q.Since), until: db.Micros(q.Until), actor: l.actorMark(q.Worker), spans: map[int64]window{},
		pass: passAtMost, unseal: unsealAtMost,
	}
	if q.Until.IsZero() {
		s.until = db.Forever
	}
	if q.Worker != "" {
		s.byWorker = 1
	}
	if q.Subject != "" {
		s.subject = l.subjectMark(q.Subject)
	}
	if s.since > 0 || s.until < db.Forever {
		var err error
		if s.disorder, err = l.disorder(ctx); err != nil {
			return Found{}, fault.Unavailablef("audit.find", err, "cannot read the log")
		}
	}
	s.walks = q.Subject == "" && q.Worker == "" && (q.Outcome == 0 || q.Outcome == Allowed)
	if err := s.bound(ctx); err != nil {
		return Found{}, err
	}
	high := db.Forever
	if q.Before > 0 {
		high = q.Before
	}
	bottom := int64(0)
	if len(closed) == 0 {
		bottom = s.live.low
	}
	wide := int64(narrowest)
	var out Found
	var places []place
	for len(out.Entries) < s.limit && high > bottom {
		if s.pass <= 0 || s.unseal <= 0 {
			out.Before = high
			break
		}
		w := s.next(high)
		if s.walks {
			w.low = max(w.low, min(w.high, s.top())-wide)
			wide = min(2*wide, widest)
		}
		hits, cut, err := s.in(ctx, w)
		if err != nil {
			return Found{}, err
		}
		for _, h := range hits {
			if len(out.Entries) == s.limit {
				break
			}
			out.Entries = append(out.Entries, Logged{Entry: h.e, ID: h.id, Position: h.position, LeafHash: h.hash})
			places = append(places, h.place)
		}
		high = cut
	}
	if len(out.Entries) == s.limit {
		out.Before = out.Entries[s.limit-1].ID
	} else if out.Before > 0 {
		back, err := s.at(ctx, out.Before)
		if err != nil {
			return Found{}, err
		}
		out.Back = back
	}
	if q.Unplaced {
		return out, nil
	}
	return out, l.positions(ctx, out.Entries, places)
}

// bound finds which ids the live rows that may answer have.
func (s *search) bound(ctx context.Context) error {
	d := s.l.db
	after := before(s.closed)
	unreadable := func(err error) error { return fault.Unavailablef("audit.find", err, "cannot read the log") }
	s.live.low = after.id + 1
	if d.Dialect() == db.Postgres {
		err := d.QueryRow(ctx, `SELECT id FROM log_entry WHERE (tx, id) > ($1::bigint, $2::bigint) ORDER BY id LIMIT 1`, after.tx, after.id).Scan(&s.live.low)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return unreadable(err)
		}
	}
	var high sql.NullInt64
	if err := d.QueryRow(ctx, `SELECT max(id) FROM log_entry`).Scan(&high); err != nil {
		return unreadable(err)
	}
	s.live.high = high.Int64 + 1
	within, err := period(ctx, d, s.since, s.until, s.disorder)
	if err != nil {
		return unreadable(err)
	}
	s.live = s.live.both(within)
	return nil
}

// disorder is how far the times of two entries contradict the order they were
// committed in at most, where no clock was set: a request lasts minutes.
const disorder = int64(time.Hour / time.Microsecond)

// setBack is how far the clock was set back at most, ever, in microseconds: the
// checkpoints that are kept are in the order of the tree, so their times tell.
type setBack struct{ size, peak, by int64 }

// disorder is the constant, and more where the clock was set back.
func (l *Log) disorder(ctx context.Context) (int64, error) {
	l.mu.Lock()
	known := l.back
	l.mu.Unlock()
	rows, err := l.db.Query(ctx, `SELECT size, signed_at FROM log_checkpoint WHERE size > $1 ORDER BY size`, known.size)
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for rows.Next() {
		var at int64
		if err := rows.Scan(&known.size, &at); err != nil {
			return 0, err
		}
		known.peak = max(known.peak, at)
		known.by = max(known.by, known.peak-at)
	}
	if err := rows.Err(); err != nil {
		return 0, err
	}
	l.mu.Lock()
	if known.size > l.back.size {
		l.back = known
	}
	l.mu.Unlock()
	// It may have been set since the newest.
	return disorder + max(known.by, known.peak-db.Micros(l.clock.Now())), nil
}

// The neighbours of a time, in the index of times.
const (
	lastBefore = `SELECT id FROM log_entry WHERE at < $1 ORDER BY at DESC, id DESC LIMIT 1`
	firstFrom  = `SELECT id FROM log_entry WHERE at >= $1 ORDER BY at, id LIMIT 1`
)

// Latest is the latest time that an entry has, which the newest entry need not have:
// the clock may have been set back since. It is zero where there is none.
func (l *Log) Latest(ctx context.Context) (time.Time, error) {
	var live, closed int64
	if err := l.db.QueryRow(ctx, `SELECT (SELECT coalesce(max(at), 0) FROM log_entry), (SELECT coalesce(max(until), 0) FROM log_segment)`).Scan(&live, &closed); err != nil {
		return time.Time{}, fault.Unavailablef("audit.latest", err, "cannot read the log")
	}
	return db.Time(max(live, closed)), nil
}

// period bounds the ids of the entries of a time, by two look-ups. Entries are
// committed in the order of their times but for the disorder: what is within the
// bounds may be outside the time, and none that is in it is outside the bounds.
func period(ctx context.Context, from db.Querier, since, until, disorder int64) (window, error) {
	w := window{0, db.Forever}
	if since > disorder {
		switch err := from.QueryRow(ctx, lastBefore, since-disorder).Scan(&w.low); {
		case err == nil:
			w.low++
		case !errors.Is(err, sql.ErrNoRows):
			return w, err
		}
	}
	if until < db.Forever-disorder {
		if err := from.QueryRow(ctx, firstFrom, until+disorder).Scan(&w.high); err != nil && !errors.Is(err, sql.ErrNoRows) {
			return w, err
		}
	}
	return w, nil
}

// top is above every id.
func (s *search) top() int64 {
	top := s.live.high
	for _, g := range s.closed {
		top = max(top, g.high+1)
	}
	return top
}

// next is the highest window below high that the ends of segments cut.
func (s *search) next(high int64) window {
	w := window{0, high}
	for _, g := range s.closed {
		for _, end := range []int64{g.low, g.high + 1} {
			if end < high {
				w.low = max(w.low, end)
			}
		}
	}
	return w
}

// in finds what a window has, newest first, and down to which id it was looked at.
func (s *search) in(ctx context.Context, w window) ([]hit, int64, error) {
	cut := w.low
	var out []hit
	take := func(hits []hit, to int64) {
		out, cut = append(out, hits...), max(cut, to)
	}
	if lw := w.both(s.live); !lw.empty() {
		hits, to, err := s.from(ctx, s.l.db, false, lw)
		if err != nil {
			return nil, 0, err
		}
		take(hits, to)
	}
	for _, g := range s.closed {
		gw := w.both(window{g.low, g.high + 1})
		if gw.empty() {
			continue
		}
		may, err := s.may(ctx, g)
		if err != nil {
			return nil, 0, err
		}
		if !may {
			continue
		}
		f, err := s.l.shelf.take(ctx, g)
		if err != nil {
			return nil, 0, err
		}
		span, err := s.span(ctx, g, f)
		var hits []hit
		to := gw.low
		if gw = gw.both(span); err == nil && !gw.empty() {
			hits, to, err = s.from(ctx, f, true, gw)
		}
		s.l.shelf.put(g, f)
		if err != nil {
			return nil, 0, err
		}
		take(hits, to)
	}
	// What lies deeper than where one of them stopped is found again later.
	out = slices.DeleteFunc(out, func(h hit) bool { return h.id < cut })
	order.By(out, func(a, b hit) int { return cmp.Compare(b.id, a.id) })
	return out, cut, nil
}

// may says whether anything in a segment may answer.
func (s *search) may(ctx context.Context, g segment) (bool, error) {
	if g.until < s.since || g.since >= s.until || !g.has(s.q.Action) {
		return false, nil
	}
	if s.q.Subject != "" {
		if ok, err := s.l.names(ctx, g, s.subject); err != nil || !ok {
			return false, err
		}
	}
	if s.q.Worker != "" {
		return s.l.names(ctx, g, s.actor)
	}
	return true, nil
}

// span is the ids of a segment's entries of the time that is asked for.
func (s *search) span(ctx context.Context, g segment, f *db.File) (window, error) {
	w, ok := s.spans[g.first]
	if ok {
		return w, nil
	}
	w = window{0, db.Forever}
	if g.since < s.since || g.until >= s.until {
		var err error
		if w, err = period(ctx, f, s.since, s.until, s.disorder); err != nil {
			return w, fault.Unavailablef("audit.find", err, "the closed segment %s, cannot be read", g.what())
		}
	}
	s.spans[g.first] = w
	return w, nil
}

// from asks one database, and says down to which id it was asked.
func (s *search) from(ctx context.Context, d db.Querier, closed bool, w window) (out []hit, cut int64, err error) {
	query, segmented := findAllLive, findAllIn
	after := before(s.closed)
	rows := s.limit
	if s.sealed {
		rows = maxLimit
	}
	args := []any{w.high, w.low, int64(s.q.Outcome), s.since, s.until, len(s.q.Action), []byte(s.q.Action), s.byWorker, s.actor[:], rows, after.tx, after.id,
		len(s.q.Except.Begins), []byte(s.q.Except.Begins), len(s.q.Except.Ends), []byte(s.q.Except.Ends)}
	switch {
	case s.q.Subject != "":
		query, segmented, args = findSubjectLive, findSubjectIn, append(args, s.subject[:])
	case s.q.Worker != "":
		query, segmented = findActorLive, findActorIn
	case !s.walks:
		query, segmented = findOutcomeLive, findOutcomeIn
	}
	if closed {
		query, args[10], args[11] = segmented, int64(-1), int64(0)
	}
	for {
		n, last := 0, int64(0)
		err := scan(ctx, d, query, args, func(p place, position int64, leaf, sealed []byte) error {
			n, last = n+1, p.id
			if len(out) == s.limit {
				return nil
			}
			cut = p.id
			s.unseal--
			e, _, err := s.l.open(leaf, sealed)
			if err != nil {
				return err
			}
			if s.q.Purpose != "" && e.Who.Purpose != s.q.Purpose || s.q.Role != "" && e.Who.Role != s.q.Role {
				return nil
			}
			out = append(out, hit{p, position, e, tlog.RecordHash(leaf)})
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
		switch {
		case len(out) == s.limit:
		case n < rows:
			cut = w.low
		case s.sealed && s.unseal > 0:
			args[0] = last
			continue
		}
		if s.walks {
			s.pass -= w.high - cut
		}
		return out, cut, nil
	}
}

// at is about when the entry with an id was made.
func (s *search) at(ctx context.Context, id int64) (time.Time, error) {
	for i := len(s.closed) - 1; i >= 0; i-- {
		if g := s.closed[i]; id <= g.high {
			if id <= g.low {
				return db.Time(g.since), nil
			}
			f, err := s.l.shelf.take(ctx, g)
			if err != nil {
				return time.Time{}, err
			}
			defer s.l.shelf.put(g, f)
			return timeOf(ctx, f, id)
		}
	}
	return timeOf(ctx, s.l.db, id)
}

func timeOf(ctx context.Context, d db.Querier, id int64) (time.Time, error) {
	var at int64
	err := d.QueryRow(ctx, `SELECT at FROM log_entry WHERE id >= $1 ORDER BY id LIMIT 1`, id).Scan(&at)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return time.Time{}, fault.Unavailablef("audit.find", err, "cannot read the log")
	}
	return db.Time(at), nil
}

func scan(ctx context.Context, d db.Querier, query string, args []any, each func(p place, position int64, leaf, sealed []byte) error) error {
	rows, err := d.Query(ctx, query, args...)
	if err != nil {
		return fault.Unavailablef("audit.find", err, "cannot read the log")
	}
	defer rows.Close()
	for rows.Next() {
		var p place
		var position int64
		var leaf, sealed []byte
		if err := rows.Scan(&p.tx, &p.id, &position, &leaf, &sealed); err != nil {
			return fault.Unavailablef("audit.find", err, "cannot read the log")
		}
		if err := each(p, position, leaf, sealed); err != nil {
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
	type span struct {
		after, through place
		last           place // of those placed in it last, and where it stands
		position       int64
	}
	spans := map[int64]*span{}
	unreadable := func(err error) error {
		return fault.Unavailablef("audit.find", err, "cannot read the log's tree")
	}
	// SQLite has one transaction number, and would walk the whole level for the other form.
	tile := `SELECT n, through_tx, through_id FROM log_tile WHERE level = 0 AND through_tx = $1 AND through_id >= $2 ORDER BY through_tx, through_id LIMIT 1`
	between := `SELECT count(*) FROM log_entry WHERE id > $1 AND id < $2`
	if l.db.Dialect() == db.Postgres {
		tile = `SELECT n, through_tx, through_id FROM log_tile WHERE level = 0 AND (through_tx, through_id) >= ($1::bigint, $2::bigint) ORDER BY through_tx, through_id LIMIT 1`
		between = `SELECT count(*) FROM log_entry WHERE (tx, id) > ($3::bigint, $1::bigint) AND (tx, id) < ($4::bigint, $2::bigint)`
	}
	count := func(after, before place) (n int64, err error) {
		args := []any{after.id, before.id}
		if l.db.Dialect() == db.Postgres {
			args = append(args, after.tx, before.tx)
		}
		return n, l.db.QueryRow(ctx, between, args...).Scan(&n)
	}
	for i, p := range places {
		if out[i].Position >= 0 {
			continue // a segment knows
		}
		n, in := int64(-1), (*span)(nil)
		for k, s := range spans {
			if !p.after(s.through) && p.after(s.after) {
				n, in = k, s
			}
		}
		if n < 0 {
			in = &span{after: place{-1, 0}}
			err := l.db.QueryRow(ctx, tile, p.tx, p.id).Scan(&n, &in.through.tx, &in.through.id)
			if errors.Is(err, sql.ErrNoRows) {
				continue // it waits
			}
			if err != nil {
				return unreadable(err)
			}
			if n > 0 {
				if err := l.db.QueryRow(ctx, `SELECT through_tx, through_id FROM log_tile WHERE level = 0 AND n = $1`, n-1).Scan(&in.after.tx, &in.after.id); err != nil {
					return unreadable(err)
				}
			}
			spans[n] = in
		}
		// Entries come newest first, so nothing in a tile is counted twice.
		var err error
		var steps int64
		if in.last != (place{}) && in.last.after(p) {
			steps, err = count(p, in.last)
			in.position -= steps + 1
		} else {
			steps, err = count(in.after, p)
			in.position = n*tileWidth + steps
		}
		if err != nil {
			return unreadable(err)
		}
		in.last, out[i].Position = p, in.position
	}
	return nil
}

func (p place) after(q place) bool { return p.tx > q.tx || p.tx == q.tx && p.id > q.id }
