package audit

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"errors"
	"time"

	tformats "github.com/transparency-dev/formats/log"
	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"caseward/internal/db"
	"caseward/internal/fault"
)

// batch is how many entries one transaction adds to the tree at most.
const batch = 4096

// checkpointEvery is how far apart kept checkpoints are at least, unless the clock was
// set back.
const checkpointEvery = 10 * time.Minute

// head is the row of log_head.
type head struct {
	size, signedSize int64
	root             tlog.Hash
	through          place
	txBase           int64
	checkpoint       []byte
	signedAt         time.Time
}

func readHead(ctx context.Context, q db.Querier) (head, error) {
	var h head
	var root []byte
	var at int64
	err := q.QueryRow(ctx, `SELECT size, root, through_tx, through_id, tx_base, checkpoint, signed_size, signed_at FROM log_head WHERE one = 1`).
		Scan(&h.size, &root, &h.through.tx, &h.through.id, &h.txBase, &h.checkpoint, &h.signedSize, &at)
	if err != nil {
		return head{}, fault.Unavailablef("audit.head", err, "cannot read the log's head")
	}
	if len(root) != tlog.HashSize {
		return head{}, fault.Unavailablef("audit.head", nil, "the log's head is damaged; run caseward audit verify")
	}
	copy(h.root[:], root)
	h.signedAt = db.Time(at)
	return h, nil
}

// The entries after a place, in order. Transactions get their numbers when
// they begin and end in any order, so on PostgreSQL an entry may be put in
// order only once no transaction with a lower number can still commit: below
// the lowest number that is under way, leaving out those that pg_stat_activity
// shows in another database of the server, which cannot write here. A
// transaction it shows nowhere has ended since or is prepared, and counts.
const (
	nextSQLite   = `SELECT tx, id, leaf FROM log_entry WHERE id > $1 ORDER BY id LIMIT $2`
	nextPostgres = `WITH now AS MATERIALIZED (SELECT pg_current_snapshot() AS s),
		horizon AS MATERIALIZED (
			SELECT coalesce((
				SELECT min(x::text::bigint) FROM pg_snapshot_xip(now.s) AS x
				WHERE NOT EXISTS (SELECT 1 FROM pg_stat_activity a WHERE a.backend_xid = x::xid AND a.datname <> current_database())
			), pg_snapshot_xmax(now.s)::text::bigint) AS tx FROM now)
		SELECT tx, id, leaf FROM log_entry
		WHERE (tx, id) > ($1::bigint, $2::bigint) AND tx < $3::bigint + (SELECT horizon.tx FROM horizon)
		ORDER BY tx, id LIMIT $4`
)

// extend adds up to a batch of entries to the tree that h tells of.
// If count is not nil it is called for each with its leaf.
func (l *Log) extend(ctx context.Context, h head, count func(leaf []byte)) (t *tree, through place, err error) {
	if t, err = readTree(ctx, l.db, h.size); err != nil {
		return nil, place{}, err
	}
	query, args := nextSQLite, []any{h.through.id, batch}
	if l.db.Dialect() == db.Postgres {
		query, args = nextPostgres, []any{h.through.tx, h.through.id, h.txBase, batch}
	}
	rows, err := l.db.Query(ctx, query, args...)
	if err != nil {
		return nil, place{}, fault.Unavailablef("audit.sequence", err, "cannot read new entries")
	}
	defer rows.Close()
	through = h.through
	for rows.Next() {
		var leaf []byte
		if err := rows.Scan(&through.tx, &through.id, &leaf); err != nil {
			return nil, place{}, fault.Unavailablef("audit.sequence", err, "cannot read new entries")
		}
		t.add(tlog.RecordHash(leaf), through)
		if count != nil {
			count(leaf)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, place{}, fault.Unavailablef("audit.sequence", err, "cannot read new entries")
	}
	return t, through, nil
}

// Sequence adds every committed entry to the tree, signs a checkpoint of it,
// and returns how many entries the tree has. Any process that has the log open
// may call it, at any time: of two that try to extend the same tree one
// succeeds, and the other starts again from what that one made.
//
// It refuses, as Unavailable, to sign a tree that does not contain the last one
// it signed.
func (l *Log) Sequence(ctx context.Context) (int64, error) {
	for {
		h, err := readHead(ctx, l.db)
		if err != nil {
			return 0, err
		}
		count, tell := l.counting()
		t, through, err := l.extend(ctx, h, count)
		if err != nil {
			return h.size, err
		}
		if t.size == h.size {
			return h.size, l.sign(ctx, h)
		}
		root := t.root()
		if err := l.db.Write(ctx, func(tx *db.Tx) error {
			n, err := tx.Exec(ctx, `UPDATE log_head SET size = $1, root = $2, through_tx = $3, through_id = $4 WHERE one = 1 AND size = $5 AND root = $6`,
				t.size, root[:], through.tx, through.id, h.size, h.root[:])
			if err != nil {
				return err
			}
			if n == 0 {
				return errOvertaken
			}
			for _, e := range t.changed() {
				if _, err := tx.Exec(ctx, `INSERT INTO log_tile (level, n, width, through_tx, through_id, data) VALUES ($1, $2, $3, $4, $5, $6)
					ON CONFLICT (level, n) DO UPDATE SET width = excluded.width, through_tx = excluded.through_tx, through_id = excluded.through_id, data = excluded.data`,
					e.level, e.n, e.width(), e.through.tx, e.through.id, e.data); err != nil {
					return err
				}
			}
			return nil
		}); err != nil && !errors.Is(err, errOvertaken) {
			return h.size, fault.Unavailablef("audit.sequence", err, "cannot write the log's tree")
		} else if err == nil {
			tell()
		}
	}
}

// Watch has seen told of the entries that this process puts into the tree, after
// each turn and once for each action and outcome, with how many there were. Which
// of several processes puts an entry there is chance; only one does.
func (l *Log) Watch(seen func(action string, o Outcome, n int64)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.seen = seen
}

// counting counts leaves by action and outcome, and tells whoever watches once
// they are in the tree. Nobody who reads or writes a record pays for it.
func (l *Log) counting() (count func(leaf []byte), tell func()) {
	l.mu.Lock()
	seen := l.seen
	l.mu.Unlock()
	if seen == nil {
		return nil, func() {}
	}
	type kind struct {
		action  string
		outcome Outcome
	}
	n := map[kind]int64{}
	return func(b []byte) {
			// One that is damaged is a matter for audit verify.
			if lf, err := parseLeaf(b); err == nil {
				n[kind{lf.Action, lf.Outcome}]++
			}
		}, func() {
			for k, n := range n {
				seen(k.action, k.outcome, n)
			}
		}
}

// errTrial undoes an entry that was only to be tried.
var errTrial = errors.New("a trial, undone")

// Ready returns why the log cannot take entries now; nil if it can. An entry is
// tried and undone, so that nothing is left of it and the disk is not waited for.
// If what was to be kept last could not be, as on a disk that is full, something
// is written to see whether it can be again. It waits for the writer, whatever ctx
// says.
func (l *Log) Ready(ctx context.Context) error {
	if _, err := readHead(ctx, l.db); err != nil {
		return err
	}
	p, err := l.Prepare(Entry{Action: "audit.try", Outcome: Allowed})
	if err != nil {
		return err
	}
	if err := l.db.Write(ctx, func(tx *db.Tx) error {
		if err := p.Append(ctx, tx); err != nil {
			return err
		}
		return errTrial
	}); !errors.Is(err, errTrial) {
		return fault.Unavailablef("audit.ready", err, "the log cannot take an entry")
	}
	if !l.db.Load().Failing {
		return nil
	}
	return l.db.Write(ctx, func(tx *db.Tx) error {
		// SQLite writes nothing where nothing changes.
		if _, err := tx.Exec(ctx, `UPDATE log_head SET size = size + 1 WHERE one = 1`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `UPDATE log_head SET size = size - 1 WHERE one = 1`)
		return err
	})
}

var errOvertaken = errors.New("another sequencer was first")

// signedTree is a tree that was signed.
type signedTree struct {
	size int64
	root tlog.Hash
}

// sign makes the checkpoint of the committed head h, unless it has one. The
// signature is made after the commit: a signed tree that was never committed
// would be proof of a forked log.
func (l *Log) sign(ctx context.Context, h head) error {
	if h.signedSize == h.size {
		// Another server signed it. This one holds its successors to it all the same.
		l.remember(h)
		return nil
	}
	if err := l.extendsLast(ctx, h); err != nil {
		return err
	}
	body := tformats.Checkpoint{Origin: l.origin, Size: uint64(h.size), Hash: h.root[:]}.Marshal()
	signed, err := note.Sign(&note.Note{Text: string(body)}, l.signer)
	if err != nil {
		return fault.Unavailablef("audit.sign", err, "cannot sign a checkpoint")
	}
	l.remember(h)
	now := db.Micros(l.clock.Now())
	return l.db.Write(ctx, func(tx *db.Tx) error {
		n, err := tx.Exec(ctx, `UPDATE log_head SET checkpoint = $1, signed_size = $2, signed_at = $3 WHERE one = 1 AND size = $2 AND root = $4 AND signed_size < $2`,
			signed, h.size, now, h.root[:])
		if err != nil || n == 0 {
			return err
		}
		// One is kept at once where the clock was set back: see disorder.
		_, err = tx.Exec(ctx, `INSERT INTO log_checkpoint (size, signed_at, checkpoint)
			SELECT size, signed_at, checkpoint FROM log_head WHERE one = 1 AND NOT EXISTS
				(SELECT 1 FROM log_checkpoint WHERE size = (SELECT max(size) FROM log_checkpoint) AND signed_at > $1 AND signed_at <= $2) ON CONFLICT (size) DO NOTHING`,
			now-checkpointEvery.Microseconds(), now)
		return err
	})
}

// remember keeps h as the tree signed last, unless a larger one is known.
func (l *Log) remember(h head) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.signed == nil || l.signed.size < h.size {
		l.signed = &signedTree{h.size, h.root}
	}
}

// extendsLast checks that the tree of h contains the trees signed last, as this
// process remembers and as the database says: whoever changes the tree in the
// database does not get it signed over.
func (l *Log) extendsLast(ctx context.Context, h head) error {
	damaged := func(err error) error {
		return fault.Unavailablef("audit.sign", err, "the log's tree does not contain the last signed one; run caseward audit verify")
	}
	contains := func(size int64, root tlog.Hash) error {
		if size > h.size || size == h.size && root != h.root {
			return damaged(nil)
		}
		if size == 0 || size == h.size {
			return nil
		}
		p, err := l.Consistency(ctx, size, h.size)
		if err != nil {
			return err
		}
		if err := tlog.CheckTree(p, h.size, h.root, size, root); err != nil {
			return damaged(err)
		}
		return nil
	}
	l.mu.Lock()
	last := l.signed
	l.mu.Unlock()
	if last != nil {
		if err := contains(last.size, last.root); err != nil {
			return err
		}
	}
	checkpoint, size := h.checkpoint, h.signedSize
	if size < 0 || len(checkpoint) == 0 {
		// The first, or so it seems.
		err := l.db.QueryRow(ctx, `SELECT size, checkpoint FROM log_checkpoint ORDER BY size DESC LIMIT 1`).Scan(&size, &checkpoint)
		if errors.Is(err, sql.ErrNoRows) {
			return nil
		}
		if err != nil {
			return fault.Unavailablef("audit.sign", err, "cannot read the checkpoints of the past")
		}
	}
	n, root, err := l.verified(checkpoint)
	if err != nil || n != size {
		return damaged(err)
	}
	return contains(n, root)
}

// verified opens a checkpoint that this log signed.
func (l *Log) verified(checkpoint []byte) (int64, tlog.Hash, error) {
	v, err := note.NewVerifier(l.vkey)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	c, _, _, err := tformats.ParseCheckpoint(checkpoint, l.origin, v)
	if err != nil {
		return 0, tlog.Hash{}, err
	}
	if len(c.Hash) != sha256.Size || c.Size > 1<<62 {
		return 0, tlog.Hash{}, errors.New("not a checkpoint of this log")
	}
	return int64(c.Size), tlog.Hash(c.Hash), nil
}

// Run sequences every so often until ctx is done, and once more then. What
// fails is tried again at the next turn and shown by [Log.Head] meanwhile:
// entries stay durable, only their place in the tree waits.
func (l *Log) Run(ctx context.Context, every time.Duration) {
	once := func(ctx context.Context) {
		_, err := l.Sequence(ctx)
		l.mu.Lock()
		l.lastErr = err
		l.mu.Unlock()
	}
	t := time.NewTicker(every)
	defer t.Stop()
	for {
		once(ctx)
		select {
		case <-t.C:
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 10*time.Second)
			defer cancel()
			once(last)
			return
		}
	}
}

// Checkpoint is the newest signed checkpoint: a C2SP tlog-checkpoint note. It
// is NotFound before the first.
func (l *Log) Checkpoint(ctx context.Context) ([]byte, error) {
	h, err := readHead(ctx, l.db)
	if err != nil {
		return nil, err
	}
	if h.signedSize < 0 {
		return nil, fault.NotFoundf("audit.checkpoint")
	}
	return h.checkpoint, nil
}

// Head is how far the tree is.
type Head struct {
	Size        int64     // entries in the tree
	Root        tlog.Hash // its root hash
	SignedSize  int64     // entries in the newest signed checkpoint; -1 before the first
	SignedAt    time.Time // when that was signed
	Unsequenced int64     // entries that are committed and not yet in the tree
	Waiting     time.Time // time of the oldest of those; zero if there are none
	Err         error     // why this process's sequencer last failed; nil if it did not
}

// Head tells how far the tree is, and what waits to get into it.
func (l *Log) Head(ctx context.Context) (Head, error) {
	h, err := readHead(ctx, l.db)
	if err != nil {
		return Head{}, err
	}
	out := Head{Size: h.size, Root: h.root, SignedSize: h.signedSize, SignedAt: h.signedAt}
	query, args := `SELECT count(*), coalesce(min(at), 0) FROM log_entry WHERE id > $1`, []any{h.through.id}
	if l.db.Dialect() == db.Postgres {
		query, args = `SELECT count(*), coalesce(min(at), 0) FROM log_entry WHERE (tx, id) > ($1::bigint, $2::bigint)`, []any{h.through.tx, h.through.id}
	}
	var at int64
	if err := l.db.QueryRow(ctx, query, args...).Scan(&out.Unsequenced, &at); err != nil {
		return Head{}, fault.Unavailablef("audit.head", err, "cannot count the entries that wait")
	}
	out.Waiting = db.Time(at)
	l.mu.Lock()
	out.Err = l.lastErr
	l.mu.Unlock()
	return out, nil
}
