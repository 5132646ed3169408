package audit

import (
	"bytes"
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/order"
)

// CloseAction is the action of an entry that a segment was closed by.
const CloseAction = "log.close"

// span is a run of entries that may become a segment.
type span struct {
	first, entries int64
	after, through place
}

// The entries of a span in order.
const (
	spanSQLite   = `SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry WHERE id > $1 AND id <= $2 ORDER BY id LIMIT $3`
	spanPostgres = `SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry
		WHERE (tx, id) > ($1::bigint, $2::bigint) AND (tx, id) <= ($3::bigint, $4::bigint) ORDER BY tx, id LIMIT $5`
)

// stored is a row of log_entry with what its index by client should be.
type stored struct {
	place
	at      int64
	actor   []byte
	outcome int64
	leaf    []byte
	detail  []byte
	action  string
	marks   []mark
	hash    tlog.Hash // of the leaf
}

// some reads up to n entries after a place, as they are stored.
func (l *Log) some(ctx context.Context, after, through place, n int) ([]stored, error) {
	query, args := spanSQLite, []any{after.id, through.id, n}
	if l.db.Dialect() == db.Postgres {
		query, args = spanPostgres, []any{after.tx, after.id, through.tx, through.id, n}
	}
	rows, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return nil, fault.Unavailablef("audit.close", err, "cannot read the log")
	}
	defer rows.Close()
	var out []stored
	for rows.Next() {
		var e stored
		if err := rows.Scan(&e.tx, &e.id, &e.at, &e.actor, &e.outcome, &e.leaf, &e.detail); err != nil {
			return nil, fault.Unavailablef("audit.close", err, "cannot read the log")
		}
		out = append(out, e)
	}
	if err := rows.Err(); err != nil {
		return nil, fault.Unavailablef("audit.close", err, "cannot read the log")
	}
	return out, nil
}

// inTurn has one goroutine read entries, some at a time, and several work on them, and
// takes them in the order they were read.
func inTurn(ctx context.Context, read func(ctx context.Context, give func([]stored) error) error, work func(*stored) error, take func([]stored) error) error {
	ctx, cancel := context.WithCancel(ctx)
	type part struct {
		es   []stored
		done chan error
	}
	parts := make(chan part, runtime.GOMAXPROCS(0))
	var readErr error
	go func() {
		defer close(parts)
		readErr = read(ctx, func(es []stored) error {
			p := part{es, make(chan error, 1)}
			select {
			case parts <- p:
			case <-ctx.Done():
				return ctx.Err()
			}
			go func() {
				for i := range es {
					if err := work(&es[i]); err != nil {
						p.done <- err
						return
					}
				}
				p.done <- nil
			}()
			return nil
		})
	}()
	// Nobody reads on when this returns.
	defer func() {
		cancel()
		for range parts {
		}
	}()
	for p := range parts {
		if err := <-p.done; err != nil {
			return err
		}
		if err := take(p.es); err != nil {
			return err
		}
	}
	return readErr
}

var errNotWhole = errors.New("it is not what its leaf commits to")

func unfit(err error) error {
	return fault.Unavailablef("audit.close", err, "an entry that was to be moved is not the one that was signed for, so nothing was moved; run caseward audit verify")
}

// complete opens an entry, and finds the clients' marks that its leaf commits to.
// What stands beside the leaf must be what the leaf says.
func (l *Log) complete(e *stored) error {
	entry, lf, err := l.open(e.leaf, e.detail)
	if err != nil {
		return unfit(err)
	}
	seen := map[string]bool{}
	for _, t := range entry.Touched {
		if t.Subject != "" && !seen[t.Subject] {
			seen[t.Subject] = true
			e.marks = append(e.marks, l.subjectMark(t.Subject))
		}
	}
	if hashMarks(e.marks) != lf.Subjects || !e.fits(lf) {
		return unfit(errNotWhole)
	}
	return nil
}

// fits says whether what stands beside a leaf is what the leaf says, and notes what
// else the leaf says.
func (e *stored) fits(lf leaf) bool {
	e.action, e.hash = lf.Action, tlog.RecordHash(e.leaf)
	return sha256.Sum256(e.detail) == lf.Detail && e.at == db.Micros(lf.At) && e.outcome == int64(lf.Outcome) && bytes.Equal(e.actor, lf.Actor[:])
}

// next is the span that is to be closed next: it follows the last segment, is full,
// is signed for, and its last entry is older than a time. ok is false if there is none.
func (l *Log) next(ctx context.Context, closed []segment, ahead int64, older time.Time) (s span, ok bool, err error) {
	s = span{entries: l.shelf.size, after: before(closed)}
	if n := len(closed); n > 0 {
		s.first = closed[n-1].first + closed[n-1].entries
	}
	s.first += ahead * s.entries
	if s.first%s.entries != 0 {
		return s, false, fault.Invalidf("audit.close", "the segments there are have another size than %d entries", s.entries)
	}
	h, err := readHead(ctx, l.db)
	if err != nil {
		return s, false, err
	}
	if s.first+s.entries > h.signedSize {
		return s, false, nil
	}
	if ahead > 0 {
		if s.after, err = l.endOfTile(ctx, s.first/tileWidth-1); err != nil {
			return s, false, err
		}
	}
	if s.through, err = l.endOfTile(ctx, (s.first+s.entries)/tileWidth-1); err != nil {
		return s, false, err
	}
	var at int64
	err = l.db.QueryRow(ctx, `SELECT at FROM log_entry WHERE id = $1`, s.through.id).Scan(&at)
	if errors.Is(err, sql.ErrNoRows) {
		return s, false, unfit(err)
	}
	if err != nil {
		return s, false, fault.Unavailablef("audit.close", err, "cannot read the log")
	}
	return s, at < db.Micros(older), nil
}

func (l *Log) endOfTile(ctx context.Context, n int64) (p place, err error) {
	if err := l.db.QueryRow(ctx, `SELECT through_tx, through_id FROM log_tile WHERE level = 0 AND n = $1 AND width = 256`, n).Scan(&p.tx, &p.id); err != nil {
		return p, fault.Unavailablef("audit.close", err, "cannot read the log's tree; run caseward audit verify")
	}
	return p, nil
}

// Closable says how many segments could be closed whose last entry is older than a
// time, and how many entries each has.
func (l *Log) Closable(ctx context.Context, older time.Time) (n, each int64, err error) {
	closed, err := readSegments(ctx, l.db)
	if err != nil {
		return 0, 0, err
	}
	for {
		_, ok, err := l.next(ctx, closed, n, older)
		if err != nil || !ok {
			return n, l.shelf.size, err
		}
		n++
	}
}

// CloseNext moves the next full run of entries out of the database, if its last entry
// is signed for and older than a time, and says whether there was one. A server may
// work on; the next run waits for another call.
//
// The file is written, synced, read back and proved against the signed tree before
// anything refers to it; then an entry of who tells of it, and from then on the file
// counts and the rows do not; then the rows go, some at a time. Killed in between, it
// leaves what [Log.FinishClosing] or another call goes on from.
func (l *Log) CloseNext(ctx context.Context, who Who, older time.Time) (Closed, bool, error) {
	if _, err := l.FinishClosing(ctx); err != nil {
		return Closed{}, false, err
	}
	closed, err := readSegments(ctx, l.db)
	if err != nil {
		return Closed{}, false, err
	}
	s, ok, err := l.next(ctx, closed, 0, older)
	if err != nil || !ok {
		return Closed{}, false, err
	}
	g, filter, err := l.write(ctx, s)
	if err != nil {
		return Closed{}, false, err
	}
	now := l.clock.Now()
	told, err := l.Prepare(Entry{At: now, Who: who, Action: CloseAction, Outcome: Allowed, Detail: map[string]string{
		"first": strconv.FormatInt(g.first, 10), "last": strconv.FormatInt(g.first+g.entries-1, 10), "sha256": hex.EncodeToString(g.hash),
	}})
	if err != nil {
		return Closed{}, false, err
	}
	err = l.db.Write(ctx, func(tx *db.Tx) error {
		var next int64
		if err := tx.QueryRow(ctx, `SELECT coalesce(max(first + entries), 0) FROM log_segment`).Scan(&next); err != nil {
			return err
		}
		if next != g.first {
			return errOvertaken
		}
		n, err := tx.Exec(ctx, `INSERT INTO log_segment (first, entries, through_tx, through_id, low_id, high_id, since, until, bytes, hash, root, actions, marks, closed_at)
			VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14) ON CONFLICT (first) DO NOTHING`,
			g.first, g.entries, g.through.tx, g.through.id, g.low, g.high, g.since, g.until, g.bytes, g.hash, g.root, g.actions, filter, db.Micros(now))
		if err != nil {
			return err
		}
		if n == 0 {
			return errOvertaken
		}
		return told.Append(ctx, tx)
	})
	if errors.Is(err, errOvertaken) {
		// Another node has closed it. Its file may be the same as this one.
		list, err := readSegments(ctx, l.db)
		if err != nil {
			return Closed{}, false, err
		}
		for _, other := range list {
			if other.first == g.first && other.name() != g.name() {
				_ = os.Remove(filepath.Join(l.shelf.dir, g.name()))
			}
		}
		return Closed{}, false, nil
	}
	if err != nil {
		return Closed{}, false, fault.Unavailablef("audit.close", err, "the segment was written and could not be entered; nothing was removed")
	}
	l.shelf.did("entered")
	_, err = l.FinishClosing(ctx)
	return g.closed(), true, err
}

// The tables of a segment's file are the log's, so that the same questions fit.
const (
	segmentEntry   = `CREATE TABLE log_entry (id INTEGER PRIMARY KEY, position INTEGER NOT NULL, tx INTEGER NOT NULL, at INTEGER NOT NULL, actor BLOB NOT NULL, outcome INTEGER NOT NULL, leaf BLOB NOT NULL, detail BLOB NOT NULL)`
	segmentSubject = `CREATE TABLE log_subject (subject BLOB NOT NULL, entry INTEGER NOT NULL, PRIMARY KEY (subject, entry)) WITHOUT ROWID`
	segmentOf      = `CREATE TABLE segment (origin TEXT NOT NULL, first INTEGER NOT NULL, entries INTEGER NOT NULL)`
	segmentOrder   = `CREATE UNIQUE INDEX log_entry_by_position ON log_entry (position)`
	segmentActor   = `CREATE INDEX log_entry_by_actor ON log_entry (actor, id)`
	segmentTime    = `CREATE INDEX log_entry_by_time ON log_entry (at, id)`
	segmentNot     = `CREATE INDEX log_entry_not_allowed ON log_entry (outcome, id) WHERE outcome <> 97`
)

// unfinishedFor is how long a file that is being made may take, before it is taken
// for one that somebody died over.
const unfinishedFor = 24 * time.Hour

// write makes the file of a span, durable and proved, under its own name.
func (l *Log) write(ctx context.Context, s span) (_ segment, filter []byte, err error) {
	const op = "audit.close"
	fail := func(err error) (segment, []byte, error) {
		return segment{}, nil, fault.Unavailablef(op, err, "the segment could not be written; nothing was moved")
	}
	dir := l.shelf.dir
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return fail(err)
	}
	if err := l.sweep(s.first); err != nil {
		return fail(err)
	}
	made, err := os.CreateTemp(dir, ".*"+SegmentSuffix) // mode 0600
	if err != nil {
		return fail(err)
	}
	tmp := made.Name()
	defer func() {
		if err != nil {
			_ = os.Remove(tmp)
		}
	}()
	if err := made.Close(); err != nil {
		return fail(err)
	}
	l.shelf.did("begun")
	w, err := l.fill(ctx, s, tmp)
	if err != nil {
		return segment{}, nil, err
	}
	l.shelf.did("written")
	g := segment{first: s.first, entries: s.entries, through: s.through}
	if g.hash, g.bytes, err = syncedHash(tmp); err != nil {
		return fail(err)
	}
	l.shelf.did("synced")
	if filter, err = l.prove(ctx, tmp, &g, w); err != nil {
		return segment{}, nil, err
	}
	if err := os.Chmod(tmp, 0o400); err != nil {
		return fail(err)
	}
	if err := os.Rename(tmp, filepath.Join(dir, g.name())); err != nil {
		return fail(err)
	}
	l.shelf.did("named")
	if err := errors.Join(db.SyncDir(dir), db.SyncDir(filepath.Dir(dir))); err != nil {
		return fail(err)
	}
	l.shelf.did("durable")
	return g, filter, nil
}

// sweep removes what those who died while they made a file left: files without a
// name, and files of the span to be made next that were never entered, all of them
// old enough that nobody can still be at it.
func (l *Log) sweep(first int64) error {
	files, err := os.ReadDir(l.shelf.dir)
	if err != nil {
		return err
	}
	for _, f := range files {
		name := f.Name()
		if !strings.HasSuffix(name, SegmentSuffix) || !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, SegmentName(first, nil)[:13]) {
			continue
		}
		info, err := f.Info()
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return err
		}
		if l.clock.Now().Sub(info.ModTime()) < unfinishedFor {
			continue
		}
		if err := os.Remove(filepath.Join(l.shelf.dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return err
		}
	}
	return nil
}

// chunk is how many entries are read at a time.
const chunk = 512

// A pace is how many rows are removed at a time. That is one transaction of the writer,
// so it follows from how long the last one took: whoever waits behind it does not wait
// for long. It is safe for concurrent use.
type pace struct{ rows atomic.Int64 }

const (
	paceLeast, paceMost = 256, 8192
	paceQuick, paceSlow = 15 * time.Millisecond, 30 * time.Millisecond
)

func (p *pace) next() int { return int(max(p.rows.Load(), paceLeast)) }

func (p *pace) took(d time.Duration) {
	switch n := int64(p.next()); {
	case d < paceQuick:
		p.rows.Store(min(2*n, paceMost))
	case d > paceSlow:
		p.rows.Store(n / 2)
	}
}

// written is what a segment's file must have when it is read back.
type written struct {
	leaves []tlog.Hash // in the order of the tree
	pairs  []pair      // the index by client, in order
}

// fill writes the entries of a span into the file at path. Each is opened, and must be
// what its leaf commits to.
func (l *Log) fill(ctx context.Context, s span, path string) (w written, err error) {
	fail := func(err error) (written, error) {
		return written{}, fault.Unavailablef("audit.close", err, "the segment could not be written; nothing was moved")
	}
	f, err := db.CreateFile(ctx, path)
	if err != nil {
		return written{}, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	for _, q := range []string{"BEGIN", segmentOf, segmentEntry, segmentSubject} {
		if err := f.Exec(ctx, q); err != nil {
			return fail(err)
		}
	}
	if err := f.Exec(ctx, `INSERT INTO segment (origin, first, entries) VALUES ($1, $2, $3)`, l.origin, s.first, s.entries); err != nil {
		return fail(err)
	}
	read := func(ctx context.Context, give func([]stored) error) error {
		for after := s.after; ; {
			es, err := l.some(ctx, after, s.through, chunk)
			if err != nil || len(es) == 0 {
				return err
			}
			after = es[len(es)-1].place
			if err := give(es); err != nil {
				return err
			}
		}
	}
	err = inTurn(ctx, read, l.complete, func(es []stored) error {
		for _, e := range es {
			if err := f.Exec(ctx, `INSERT INTO log_entry (id, position, tx, at, actor, outcome, leaf, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				e.id, s.first+int64(len(w.leaves)), e.tx, e.at, e.actor, e.outcome, e.leaf, e.detail); err != nil {
				_, err = fail(err)
				return err
			}
			for _, m := range e.marks {
				w.pairs = append(w.pairs, pair{m, e.id})
			}
			w.leaves = append(w.leaves, e.hash)
		}
		return nil
	})
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	if err != nil {
		return written{}, err
	}
	if int64(len(w.leaves)) != s.entries {
		return written{}, unfit(errors.New("there are not as many entries as the tree has"))
	}
	order.By(w.pairs, comparePairs)
	indexed := make(chan error, 1)
	go func() { indexed <- l.indexed(ctx, w.pairs) }()
	err = func() error {
		for _, p := range w.pairs {
			if err := f.Exec(ctx, `INSERT INTO log_subject (subject, entry) VALUES ($1, $2)`, p.subject[:], p.entry); err != nil {
				return err
			}
		}
		for _, q := range []string{segmentOrder, segmentActor, segmentTime, segmentNot, "COMMIT"} {
			if err := f.Exec(ctx, q); err != nil {
				return err
			}
		}
		return nil
	}()
	if err := <-indexed; err != nil {
		return written{}, err
	}
	if err != nil {
		return fail(err)
	}
	return w, nil
}

// Rows of the index by client: marks one after another, and a list of ids as long.
const (
	indexedSQLite   = `SELECT count(*) FROM json_each($2) x JOIN log_subject s ON s.subject = substr($1, x.key * 16 + 1, 16) AND s.entry = x.value`
	indexedPostgres = `SELECT count(*) FROM jsonb_array_elements_text($2::text::jsonb) WITH ORDINALITY AS x(v, n)
		JOIN log_subject s ON s.subject = substr($1::bytea, ((x.n - 1) * 16 + 1)::int, 16) AND s.entry = x.v::bigint`
	unindexSQLite   = `DELETE FROM log_subject WHERE (subject, entry) IN (SELECT substr($1, x.key * 16 + 1, 16), x.value FROM json_each($2) x)`
	unindexPostgres = `DELETE FROM log_subject s USING jsonb_array_elements_text($2::text::jsonb) WITH ORDINALITY AS x(v, n)
		WHERE s.subject = substr($1::bytea, ((x.n - 1) * 16 + 1)::int, 16) AND s.entry = x.v::bigint`
	removeSQLite   = `DELETE FROM log_entry WHERE id > $1 AND id <= $2` // as many as were compared, or none
	removePostgres = `DELETE FROM log_entry WHERE id IN (SELECT v::bigint FROM jsonb_array_elements_text($1::text::jsonb) AS x(v))`
)

// flat is the marks of some pairs one after another, and the ids they belong to as JSON.
func flat(pairs []pair) (marks []byte, of string) {
	ids := make([]int64, len(pairs))
	for i := range pairs {
		marks = append(marks, pairs[i].subject[:]...)
		ids[i] = pairs[i].entry
	}
	return marks, jsonOf(ids)
}

func jsonOf(ids []int64) string {
	b, err := json.Marshal(ids)
	if err != nil {
		panic(err) // numbers always are
	}
	return string(b)
}

// indexed refuses pairs that the index by client does not have. They come in its order,
// so that neighbours are looked up in the same place.
func (l *Log) indexed(ctx context.Context, pairs []pair) error {
	query := indexedSQLite
	if l.db.Dialect() == db.Postgres {
		query = indexedPostgres
	}
	for len(pairs) > 0 {
		want := min(len(pairs), 2*chunk)
		marks, of := flat(pairs[:want])
		pairs = pairs[want:]
		var n int
		if err := l.db.QueryRow(ctx, query, marks, of).Scan(&n); err != nil {
			return fault.Unavailablef("audit.close", err, "cannot read the log")
		}
		if n != want {
			return unfit(errNotWhole)
		}
	}
	return nil
}

// syncedHash makes a file durable and hashes it.
func syncedHash(path string) (hash []byte, size int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return nil, 0, err
	}
	defer f.Close()
	if err := f.Sync(); err != nil {
		return nil, 0, err
	}
	h := sha256.New()
	n, err := io.Copy(h, f)
	return h.Sum(nil), n, err
}

func fileHash(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	h := sha256.New()
	_, err = io.Copy(h, f)
	return h.Sum(nil), err
}

// prove reads the file at path back. What is in it must be, to the last byte, what
// was opened when it was written and what the newest checkpoint signs for. It fills in
// what log_segment says of it.
func (l *Log) prove(ctx context.Context, path string, g *segment, w written) ([]byte, error) {
	bad := func(err error) ([]byte, error) {
		return nil, fault.Unavailablef("audit.close", err, "the segment that was written is not what is signed for when it is read back; nothing was moved")
	}
	f, err := db.OpenFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	read := func(ctx context.Context, give func([]stored) error) error {
		rows, err := f.Query(ctx, `SELECT position, tx, id, at, actor, outcome, leaf, detail FROM log_entry ORDER BY position`)
		if err != nil {
			return err
		}
		defer rows.Close()
		var es []stored
		for position, n := int64(0), g.first; rows.Next(); n++ {
			var e stored
			if err := rows.Scan(&position, &e.tx, &e.id, &e.at, &e.actor, &e.outcome, &e.leaf, &e.detail); err != nil {
				return err
			}
			if position != n {
				return errNotWhole
			}
			if es = append(es, e); len(es) == chunk {
				if err := give(es); err != nil {
					return err
				}
				es = make([]stored, 0, chunk)
			}
		}
		if err := rows.Err(); err != nil {
			return err
		}
		return give(es)
	}
	// A leaf that is the one that was opened commits to the detail that was, and to the
	// clients.
	fits := func(e *stored) error {
		if lf, err := parseLeaf(e.leaf); err != nil || !e.fits(lf) {
			return errNotWhole
		}
		return nil
	}
	actors, actions := map[mark]bool{}, map[string]bool{}
	n := 0
	g.low, g.since = db.Forever, db.Forever
	if err := inTurn(ctx, read, fits, func(es []stored) error {
		for _, e := range es {
			if n == len(w.leaves) || w.leaves[n] != e.hash {
				return errNotWhole
			}
			n++
			actors[mark(e.actor)], actions[e.action] = true, true
			g.low, g.high = min(g.low, e.id), max(g.high, e.id)
			g.since, g.until = min(g.since, e.at), max(g.until, e.at)
		}
		return nil
	}); err != nil {
		return bad(err)
	}
	if n != len(w.leaves) {
		return bad(nil)
	}
	root := merge(w.leaves)
	g.root = root[:]
	if err := l.promised(ctx, g.first, g.entries, w.leaves[0], root); err != nil {
		return bad(err)
	}
	rows, err := f.Query(ctx, `SELECT subject, entry FROM log_subject ORDER BY subject, entry`)
	if err != nil {
		return bad(err)
	}
	defer rows.Close()
	for n = 0; rows.Next(); n++ {
		var subject []byte
		var entry int64
		if err := rows.Scan(&subject, &entry); err != nil {
			return bad(err)
		}
		if n == len(w.pairs) || len(subject) != markSize || w.pairs[n] != (pair{mark(subject), entry}) {
			return bad(nil)
		}
	}
	if err := rows.Err(); err != nil || n != len(w.pairs) {
		return bad(err)
	}
	list := make([]string, 0, len(actions))
	for a := range actions {
		list = append(list, a)
	}
	slices.Sort(list)
	g.actions = strings.Join(list, " ")
	other := func(i int) bool { return i == 0 || w.pairs[i].subject != w.pairs[i-1].subject }
	marks := len(actors)
	for i := range w.pairs {
		if other(i) {
			marks++
		}
	}
	filter := newFilter(marks)
	for m := range actors {
		filterAdd(filter, m)
	}
	for i := range w.pairs {
		if other(i) {
			filterAdd(filter, w.pairs[i].subject)
		}
	}
	return filter, nil
}

// promised proves that the newest checkpoint signs for the part of the tree with n
// entries from first on, whose root hash is root: the proof that its first entry is in
// the tree goes by way of that root.
func (l *Log) promised(ctx context.Context, first, n int64, leaf, root tlog.Hash) error {
	h, err := readHead(ctx, l.db)
	if err != nil {
		return err
	}
	size, signed, err := l.verified(h.checkpoint)
	if err != nil {
		return err
	}
	p, err := tlog.ProveRecord(size, first, reader{ctx, l.db})
	if err != nil {
		return err
	}
	if err := tlog.CheckRecord(p, size, signed, first, leaf); err != nil {
		return err
	}
	for k := 0; n > 1; k, n = k+1, n/2 {
		if k == len(p) {
			return errNotWhole
		}
		leaf = tlog.NodeHash(leaf, p[k])
	}
	if leaf != root {
		return errNotWhole
	}
	return nil
}

// FinishClosing removes from the database what the newest closed segment has, some
// rows at a time, and says how many entries those were. Where nothing is left to do
// it is one look-up. The file is hashed before, so that an entry is never in neither
// place, and only what is in it goes.
//
// The index by client goes first, in its own order: that of entries would lead all over
// it for each few of them. While entries are left it is gone through again, from its
// beginning.
func (l *Log) FinishClosing(ctx context.Context) (removed int64, err error) {
	closed, err := readSegments(ctx, l.db)
	if err != nil || len(closed) == 0 {
		return 0, err
	}
	g := closed[len(closed)-1]
	after := before(closed[:len(closed)-1])
	if es, err := l.some(ctx, after, g.through, 1); err != nil || len(es) == 0 {
		return 0, err
	}
	if hash, err := fileHash(filepath.Join(l.shelf.dir, g.name())); err != nil || !bytes.Equal(hash, g.hash) {
		return 0, fault.Unavailablef("audit.close", err, "the closed segment %s, is not in its place or was changed; its rows stay in the database", g.what())
	}
	f, err := l.shelf.take(ctx, g)
	if err != nil {
		return 0, err
	}
	defer l.shelf.put(g, f)
	if err := l.unindex(ctx, f); err != nil {
		return 0, err
	}
	return l.remove(ctx, f, after, g)
}

// gone runs one transaction that removes so many rows at most.
func (l *Log) gone(ctx context.Context, p *pace, step string, most int, remove func(*db.Tx) (int64, error)) error {
	began := l.clock.Now()
	if err := l.db.Write(ctx, func(tx *db.Tx) error {
		n, err := remove(tx)
		if err == nil && n > int64(most) {
			err = errNotWhole
		}
		return err
	}); err != nil {
		return fault.Unavailablef("audit.close", err, "entries that are in a closed segment could not be removed from the database yet")
	}
	p.took(l.clock.Now().Sub(began))
	l.shelf.did(step)
	return nil
}

func unreadSegment(err error) error {
	return fault.Unavailablef("audit.close", err, "a closed segment cannot be read; what it has stays in the database")
}

// unindex removes what a segment's index by client has from the database's.
func (l *Log) unindex(ctx context.Context, f *db.File) error {
	rows, err := f.Query(ctx, `SELECT subject, entry FROM log_subject ORDER BY subject, entry`)
	if err != nil {
		return unreadSegment(err)
	}
	defer rows.Close()
	query := unindexSQLite
	if l.db.Dialect() == db.Postgres {
		query = unindexPostgres
	}
	var p pace
	for more := true; more; {
		var pairs []pair
		for len(pairs) < p.next() {
			if more = rows.Next(); !more {
				break
			}
			var subject []byte
			var entry int64
			if err := rows.Scan(&subject, &entry); err != nil || len(subject) != markSize {
				return unreadSegment(err)
			}
			pairs = append(pairs, pair{mark(subject), entry})
		}
		if len(pairs) == 0 {
			break
		}
		marks, of := flat(pairs)
		if err := l.gone(ctx, &p, "unindexed", len(pairs), func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, query, marks, of) }); err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return unreadSegment(err)
	}
	return nil
}

// remove removes the entries of a segment from the database. Each must be the one that
// the segment has; the next ones are compared while some are removed.
func (l *Log) remove(ctx context.Context, f *db.File, after place, g segment) (removed int64, err error) {
	rows, err := f.Query(ctx, `SELECT tx, id, at, actor, outcome, leaf, detail FROM log_entry ORDER BY position`)
	if err != nil {
		return 0, unreadSegment(err)
	}
	defer rows.Close()
	var p pace
	type part struct {
		after, through place
		ids            []int64
		err            error
	}
	compare := func(from place) (out part) {
		out.after = from
		es, err := l.some(ctx, from, g.through, p.next())
		if err != nil {
			out.err = err
			return out
		}
		for _, e := range es {
			var has stored
			for has.place != e.place {
				if !rows.Next() {
					if out.err = rows.Err(); out.err != nil {
						out.err = unreadSegment(out.err)
					} else {
						out.err = unlike(g)
					}
					return out
				}
				if err := rows.Scan(&has.tx, &has.id, &has.at, &has.actor, &has.outcome, &has.leaf, &has.detail); err != nil {
					out.err = unreadSegment(err)
					return out
				}
			}
			if has.at != e.at || has.outcome != e.outcome || !bytes.Equal(has.actor, e.actor) || !bytes.Equal(has.leaf, e.leaf) || !bytes.Equal(has.detail, e.detail) {
				out.err = unlike(g)
				return out
			}
			out.ids, out.through = append(out.ids, e.id), e.place
		}
		return out
	}
	ahead, cancel := context.WithCancel(ctx)
	parts := make(chan part)
	go func() {
		defer close(parts)
		for out := compare(after); ; out = compare(out.through) {
			select {
			case parts <- out:
			case <-ahead.Done():
				return
			}
			if out.err != nil || len(out.ids) == 0 {
				return
			}
		}
	}()
	defer func() {
		cancel()
		for range parts {
		}
	}()
	for out := range parts {
		if out.err != nil || len(out.ids) == 0 {
			return removed, out.err
		}
		query, args := removeSQLite, []any{out.after.id, out.through.id}
		if l.db.Dialect() == db.Postgres {
			query, args = removePostgres, []any{jsonOf(out.ids)}
		}
		if err := l.gone(ctx, &p, "removed", len(out.ids), func(tx *db.Tx) (int64, error) { return tx.Exec(ctx, query, args...) }); err != nil {
			return removed, err
		}
		removed += int64(len(out.ids))
	}
	return removed, nil
}

func unlike(g segment) error {
	return fault.Unavailablef("audit.close", errNotWhole, "an entry in the database is not the one that the closed segment %s, has, so it stays; run caseward audit verify", g.what())
}
