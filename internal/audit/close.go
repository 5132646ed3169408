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
	"slices"
	"strconv"
	"strings"
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
}

// some reads up to n entries after a place.
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
	for i := range out {
		if err := l.complete(&out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
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
	e.action = lf.Action
	if hashMarks(e.marks) != lf.Subjects || sha256.Sum256(e.detail) != lf.Detail ||
		e.at != db.Micros(lf.At) || e.outcome != int64(lf.Outcome) || !bytes.Equal(e.actor, lf.Actor[:]) {
		return unfit(errNotWhole)
	}
	return nil
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
	pairs, err := l.fill(ctx, s, tmp)
	if err != nil {
		return segment{}, nil, err
	}
	l.shelf.did("written")
	g := segment{first: s.first, entries: s.entries, through: s.through}
	if g.hash, g.bytes, err = syncedHash(tmp); err != nil {
		return fail(err)
	}
	l.shelf.did("synced")
	if filter, err = l.prove(ctx, tmp, &g, pairs); err != nil {
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

// chunk is how many entries are read or removed at a time: one transaction of the
// writer, so that whoever waits behind it does not wait for long.
const chunk = 512

// fill writes the entries of a span into the file at path and returns what its index
// by client holds, in order.
func (l *Log) fill(ctx context.Context, s span, path string) (pairs []pair, err error) {
	fail := func(err error) ([]pair, error) {
		return nil, fault.Unavailablef("audit.close", err, "the segment could not be written; nothing was moved")
	}
	f, err := db.CreateFile(ctx, path)
	if err != nil {
		return nil, err
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
	position, after := s.first, s.after
	for {
		if err := ctx.Err(); err != nil {
			return fail(err)
		}
		es, err := l.some(ctx, after, s.through, chunk)
		if err != nil {
			return nil, err
		}
		if len(es) == 0 {
			break
		}
		if err := l.indexed(ctx, es); err != nil {
			return nil, err
		}
		for _, e := range es {
			if err := f.Exec(ctx, `INSERT INTO log_entry (id, position, tx, at, actor, outcome, leaf, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
				e.id, position, e.tx, e.at, e.actor, e.outcome, e.leaf, e.detail); err != nil {
				return fail(err)
			}
			for _, m := range e.marks {
				pairs = append(pairs, pair{m, e.id})
			}
			position, after = position+1, e.place
		}
	}
	if position != s.first+s.entries {
		return nil, unfit(errors.New("there are not as many entries as the tree has"))
	}
	order.By(pairs, comparePairs)
	for _, p := range pairs {
		if err := f.Exec(ctx, `INSERT INTO log_subject (subject, entry) VALUES ($1, $2)`, p.subject[:], p.entry); err != nil {
			return fail(err)
		}
	}
	for _, q := range []string{segmentOrder, segmentActor, segmentTime, segmentNot, "COMMIT"} {
		if err := f.Exec(ctx, q); err != nil {
			return fail(err)
		}
	}
	return pairs, nil
}

// The rows of the index by client that some entries should have: marks one after
// another, and a list of ids as long.
const (
	indexedSQLite   = `SELECT count(*) FROM json_each($2) x JOIN log_subject s ON s.subject = substr($1, x.key * 16 + 1, 16) AND s.entry = x.value`
	indexedPostgres = `SELECT count(*) FROM jsonb_array_elements_text($2::text::jsonb) WITH ORDINALITY AS x(v, n)
		JOIN log_subject s ON s.subject = substr($1::bytea, ((x.n - 1) * 16 + 1)::int, 16) AND s.entry = x.v::bigint`
	unindexSQLite   = `DELETE FROM log_subject WHERE (subject, entry) IN (SELECT substr($1, x.key * 16 + 1, 16), x.value FROM json_each($2) x)`
	unindexPostgres = `DELETE FROM log_subject s USING jsonb_array_elements_text($2::text::jsonb) WITH ORDINALITY AS x(v, n)
		WHERE s.subject = substr($1::bytea, ((x.n - 1) * 16 + 1)::int, 16) AND s.entry = x.v::bigint`
	removeSQLite   = `DELETE FROM log_entry WHERE id IN (SELECT value FROM json_each($1))`
	removePostgres = `DELETE FROM log_entry WHERE id IN (SELECT v::bigint FROM jsonb_array_elements_text($1::text::jsonb) AS x(v))`
)

// flat is the marks of some entries one after another, the ids they belong to, and
// all ids, both as JSON.
func flat(es []stored) (marks []byte, of, ids string, n int) {
	var owners, all []int64
	for _, e := range es {
		all = append(all, e.id)
		for _, m := range e.marks {
			marks = append(marks, m[:]...)
			owners = append(owners, e.id)
		}
	}
	text := func(list []int64) string {
		if list == nil {
			list = []int64{}
		}
		b, err := json.Marshal(list)
		if err != nil {
			panic(err) // numbers always are
		}
		return string(b)
	}
	return marks, text(owners), text(all), len(owners)
}

// indexed refuses entries that the index by client does not have as they should be.
func (l *Log) indexed(ctx context.Context, es []stored) error {
	query := indexedSQLite
	if l.db.Dialect() == db.Postgres {
		query = indexedPostgres
	}
	marks, of, _, want := flat(es)
	if want == 0 {
		return nil
	}
	var n int
	if err := l.db.QueryRow(ctx, query, marks, of).Scan(&n); err != nil {
		return fault.Unavailablef("audit.close", err, "cannot read the log")
	}
	if n != want {
		return unfit(errNotWhole)
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
// the newest checkpoint signs for. It fills in what log_segment says of it.
func (l *Log) prove(ctx context.Context, path string, g *segment, pairs []pair) ([]byte, error) {
	bad := func(err error) ([]byte, error) {
		return nil, fault.Unavailablef("audit.close", err, "the segment that was written is not what is signed for when it is read back; nothing was moved")
	}
	f, err := db.OpenFile(ctx, path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	rows, err := f.Query(ctx, `SELECT position, tx, id, at, actor, outcome, leaf, detail FROM log_entry ORDER BY position`)
	if err != nil {
		return bad(err)
	}
	defer rows.Close()
	var leaves []tlog.Hash
	marks, actions := map[mark]bool{}, map[string]bool{}
	g.low, g.since = db.Forever, db.Forever
	for rows.Next() {
		var e stored
		var position int64
		if err := rows.Scan(&position, &e.tx, &e.id, &e.at, &e.actor, &e.outcome, &e.leaf, &e.detail); err != nil {
			return bad(err)
		}
		if err := l.complete(&e); err != nil || position != g.first+int64(len(leaves)) {
			return bad(err)
		}
		leaves = append(leaves, tlog.RecordHash(e.leaf))
		marks[mark(e.actor)], actions[e.action] = true, true
		g.low, g.high = min(g.low, e.id), max(g.high, e.id)
		g.since, g.until = min(g.since, e.at), max(g.until, e.at)
	}
	if err := rows.Err(); err != nil {
		return bad(err)
	}
	if rows, err = f.Query(ctx, `SELECT subject, entry FROM log_subject ORDER BY subject, entry`); err != nil {
		return bad(err)
	}
	defer rows.Close()
	for n := 0; ; n++ {
		if !rows.Next() {
			if err := rows.Err(); err != nil || n != len(pairs) {
				return bad(err)
			}
			break
		}
		var subject []byte
		var entry int64
		if err := rows.Scan(&subject, &entry); err != nil {
			return bad(err)
		}
		if n == len(pairs) || len(subject) != markSize || pairs[n] != (pair{mark(subject), entry}) {
			return bad(nil)
		}
		marks[mark(subject)] = true
	}
	if int64(len(leaves)) != g.entries {
		return bad(nil)
	}
	root := merge(leaves)
	g.root = root[:]
	if err := l.promised(ctx, g.first, g.entries, leaves[0], root); err != nil {
		return bad(err)
	}
	list := make([]string, 0, len(actions))
	for a := range actions {
		list = append(list, a)
	}
	slices.Sort(list)
	g.actions = strings.Join(list, " ")
	filter := newFilter(len(marks))
	for m := range marks {
		filterAdd(filter, m)
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
// place.
func (l *Log) FinishClosing(ctx context.Context) (removed int64, err error) {
	closed, err := readSegments(ctx, l.db)
	if err != nil || len(closed) == 0 {
		return 0, err
	}
	g := closed[len(closed)-1]
	after := before(closed[:len(closed)-1])
	for {
		es, err := l.some(ctx, after, g.through, chunk)
		if err != nil || len(es) == 0 {
			return removed, err
		}
		if removed == 0 {
			if hash, err := fileHash(filepath.Join(l.shelf.dir, g.name())); err != nil || !bytes.Equal(hash, g.hash) {
				return 0, fault.Unavailablef("audit.close", err, "the closed segment %s, is not in its place or was changed; its rows stay in the database", g.what())
			}
		}
		marks, of, ids, _ := flat(es)
		if err := l.db.Write(ctx, func(tx *db.Tx) error {
			unindex, remove := unindexSQLite, removeSQLite
			if tx.Dialect() == db.Postgres {
				unindex, remove = unindexPostgres, removePostgres
			}
			if _, err := tx.Exec(ctx, unindex, marks, of); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, remove, ids)
			return err
		}); err != nil {
			return removed, fault.Unavailablef("audit.close", err, "entries that are in a closed segment could not be removed from the database yet")
		}
		removed += int64(len(es))
		l.shelf.did("removed")
	}
}
