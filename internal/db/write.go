package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5/pgconn"

	"caseward/internal/fault"
	"caseward/internal/trace"
)

// MaxGroup is how many writes one commit carries at most.
const MaxGroup = 256

type request struct {
	ctx   context.Context
	fn    func(*Tx) error
	again bool // fn may run twice: it needs no savepoint of its own at first
	ran   bool // it ran without one, and stands with the group
	err   error
	done  chan struct{}
}

// ErrUnconfirmed is the cause when a commit was sent to PostgreSQL and the answer did
// not come, or was that the standby it waits for may not have it: it may have been kept
// or not.
var ErrUnconfirmed = errors.New("the commit was not confirmed")

// ErrClosed is the cause when the database is closing.
var ErrClosed = errors.New("database is closing")

// Write runs fn in the writer's next transaction and returns once that is
// durable. If fn returns an error its changes are undone and the error is
// returned; the others in the group are not touched. If the commit fails nobody
// in the group is told "done": the error is of kind Unavailable, and [ErrUnconfirmed]
// where it is not known whether it was kept after all.
//
// No other write runs at the same time, of any server on the same database: what fn
// reads through tx stays true until the commit. Only what [DB.Append] adds may come
// in between.
//
// fn must not call Write, must not keep tx, and should only do SQL: what costs
// processor time (sealing, encoding, deciding) belongs before the call, because
// everybody else waits behind it.
func (d *DB) Write(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(&request{ctx: ctx, fn: fn, done: make(chan struct{})})
}

// Append is Write for a function that may run twice, because it only adds rows
// and remembers nothing: the entry of a read, above all. Such functions share
// the group's transaction without a savepoint each, which halves what they cost;
// should one fail, all of them run again, each in a savepoint.
func (d *DB) Append(ctx context.Context, fn func(tx *Tx) error) error {
	return d.write(&request{ctx: ctx, fn: fn, again: true, done: make(chan struct{})})
}

func (d *DB) write(r *request) error {
	ctx := r.ctx
	defer trace.Start(ctx, trace.Commit).Done()
	select {
	case d.requests <- r:
	case <-ctx.Done():
		return fault.Unavailablef("db.write", ctx.Err(), "gave up before it began")
	case <-d.quit:
		return fault.Unavailablef("db.write", ErrClosed, "the server is stopping")
	}
	// Once queued we wait for the verdict whatever ctx says: an answer of
	// "failed" for something that was then committed would be a lie.
	select {
	case <-r.done:
		return r.err
	case <-d.stopped:
		select {
		case <-r.done:
			return r.err
		default:
			return fault.Unavailablef("db.write", ErrClosed, "the server is stopping")
		}
	}
}

func (d *DB) writer() {
	defer close(d.stopped)
	w := conn{d: d}
	defer w.close()
	group := make([]*request, 0, MaxGroup)
	for {
		group = group[:0]
		select {
		case r := <-d.requests:
			group = append(group, r)
		case <-d.quit:
			// Nobody queued before Close is left without an answer.
			select {
			case r := <-d.requests:
				group = append(group, r)
			default:
				return
			}
		}
	more:
		for len(group) < MaxGroup {
			select {
			case r := <-d.requests:
				group = append(group, r)
			default:
				break more
			}
		}
		d.keep(&w, group)
		for _, r := range group {
			close(r.done)
		}
	}
}

// How a group came out.
type outcome int

const (
	kept   outcome = iota
	undone         // nothing of it was to be kept, so the disk was not asked
	failed         // the database did not take it
)

// keep commits the group and tells whoever watches.
func (d *DB) keep(w *conn, group []*request) {
	done := func(bool) {}
	if watch := d.watch.Load(); watch != nil {
		done = (*watch)(len(group))
	}
	o := d.commit(w, group)
	if o != undone {
		d.failing.Store(o == failed)
	}
	done(o == failed)
}

// commit runs the group in one transaction and sets each request's err.
func (d *DB) commit(w *conn, group []*request) outcome {
	ctx := context.Background()
	fail := func(err error, why string) outcome {
		for _, r := range group {
			r.err = fault.Unavailablef("db.write", err, "%s", why)
		}
		w.close() // a connection in an unknown state is not used again
		return failed
	}
	alone := slices.ContainsFunc(group, func(r *request) bool { return !r.again })
	if err := w.begin(ctx, alone); err != nil {
		return fail(err, "the database cannot be written")
	}
	tx := &Tx{w: w}
	done, together := 0, true
	for _, r := range group {
		if r.again && r.ctx.Err() == nil {
			if run(r.fn, tx) != nil {
				together = false
				break
			}
			r.ran = true
			done++
		}
	}
	if !together {
		done = 0
		for _, r := range group {
			r.ran = false
		}
		if err := w.exec(ctx, "ROLLBACK"); err != nil {
			w.close()
		}
		if err := w.begin(ctx, alone); err != nil {
			return fail(err, "the database cannot be written")
		}
	}
	for _, r := range group {
		if r.ran {
			continue
		}
		if err := r.ctx.Err(); err != nil {
			r.err = fault.Unavailablef("db.write", err, "gave up before it began")
			continue
		}
		if err := w.exec(ctx, "SAVEPOINT one"); err != nil {
			return fail(err, "the database cannot be written")
		}
		if r.err = run(r.fn, tx); r.err != nil {
			if err := w.exec(ctx, "ROLLBACK TO SAVEPOINT one"); err != nil {
				return fail(err, "the database cannot be written")
			}
		} else {
			done++
		}
		if err := w.exec(ctx, "RELEASE SAVEPOINT one"); err != nil {
			return fail(err, "the database cannot be written")
		}
	}
	end := "COMMIT"
	if done == 0 {
		end = "ROLLBACK"
	}
	warned := d.warned.Load()
	var change int64
	if done > 0 && (tx.all || len(tx.on) > 0) {
		// What is remembered must not be taken for what is, from before the commit until
		// it is known what changed.
		var err error
		if change, err = d.changes.begin(tx.all, tx.on); err != nil {
			return fail(err, "the file that counts changes cannot be written")
		}
	}
	err := w.exec(ctx, end)
	if change > 0 {
		d.changes.done(change)
	}
	if err == nil && d.warned.Load() != warned {
		err = errors.New("PostgreSQL warned: this server alone has it")
	}
	if err != nil && done > 0 {
		// Those that failed keep their own error; those that succeeded did
		// not become durable, or nobody knows.
		why := "the commit failed; nothing was kept"
		var refused *pgconn.PgError
		if w.pg != nil && (!errors.As(err, &refused) || refused.Severity != "ERROR") {
			err = errors.Join(ErrUnconfirmed, err)
			why = "the database did not confirm the commit; look whether it was kept before doing it again"
		}
		for _, r := range group {
			if r.err == nil {
				r.err = fault.Unavailablef("db.write", err, "%s", why)
			}
		}
		w.close()
		return failed
	}
	if done == 0 || !tx.changed {
		return undone
	}
	return kept
}

func run(fn func(*Tx) error, tx *Tx) (err error) {
	defer func() {
		if p := recover(); p != nil {
			// The value may hold anything, so it is not repeated.
			err = errors.New("db.write: a write panicked and was undone")
		}
	}()
	return fn(tx)
}

// conn is the writer's one connection with its prepared statements: of SQLite or
// of PostgreSQL.
type conn struct {
	d     *DB
	lite  *lite
	pg    *sql.Conn
	stmts map[string]*sql.Stmt
}

func (w *conn) open(ctx context.Context) error {
	var err error
	if w.d.dialect == SQLite {
		if w.lite, w.d.first = w.d.first, nil; w.lite == nil {
			w.lite, err = openLite(ctx, dsn(w.d.path, writerPragmas...))
		}
		return err
	}
	w.pg, err = w.d.pool.Conn(ctx)
	w.stmts = map[string]*sql.Stmt{}
	return err
}

// turn waits until no other server writes, and keeps them from it until the end of
// the transaction. A server that hangs meanwhile loses its connection, and its turn,
// after a while; who waits for one longer than that is told so. It also asks which
// programs may use the database: that row's table is then held until the end, against a
// change of the schema that would raise it.
const turn = `SELECT set_config('idle_in_transaction_session_timeout', '10000', true), set_config('lock_timeout', '15000', true), pg_advisory_xact_lock(4851870437), (SELECT floor FROM schema_floor WHERE one = 1)`

// begin begins a transaction: alone, or beside those of other servers on the same
// PostgreSQL, for what only adds rows. SQLite has one writer at a time anyhow. A
// program that a newer one left behind is refused; on PostgreSQL it may still add rows,
// where asking would cost each read a message.
func (w *conn) begin(ctx context.Context, alone bool) error {
	if err := w.start(ctx); err != nil || w.pg != nil && !alone {
		return err
	}
	tx, age := &Tx{w: w}, Age{Program: w.d.newest}
	var err error
	if w.lite != nil {
		err = tx.QueryRow(ctx, schemaFloor).Scan(&age.Floor)
	} else {
		var set any
		err = tx.QueryRow(ctx, turn).Scan(&set, &set, &set, &age.Floor)
	}
	if err != nil {
		return err
	}
	return age.Refused()
}

func (w *conn) start(ctx context.Context) error {
	if w.lite == nil && w.pg == nil {
		if err := w.open(ctx); err != nil {
			return err
		}
	}
	if w.lite != nil {
		return w.exec(ctx, "BEGIN IMMEDIATE")
	}
	err := w.exec(ctx, "BEGIN")
	if err != nil {
		// The server may have been restarted behind an idle connection.
		w.close()
		if again := w.open(ctx); again != nil {
			return errors.Join(err, again)
		}
		err = w.exec(ctx, "BEGIN")
	}
	return err
}

// close gives the connection up, and with it a transaction left open.
func (w *conn) close() {
	if w.lite != nil {
		_, _ = w.lite.exec(context.Background(), "ROLLBACK", nil)
		_ = w.lite.close()
		w.lite = nil
	}
	if w.pg != nil {
		for _, s := range w.stmts {
			_ = s.Close()
		}
		// database/sql keeps the connection in its pool, transaction and all.
		_, _ = w.pg.ExecContext(context.Background(), "ROLLBACK")
		_ = w.pg.Close()
		w.pg = nil
	}
}

func (w *conn) stmt(ctx context.Context, query string) (*sql.Stmt, error) {
	if s := w.stmts[query]; s != nil {
		return s, nil
	}
	s, err := w.pg.PrepareContext(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("prepare: %w", err)
	}
	w.stmts[query] = s
	return s, nil
}

func (w *conn) exec(ctx context.Context, query string) error {
	_, err := w.change(ctx, query, nil)
	return err
}

func (w *conn) change(ctx context.Context, query string, args []any) (int64, error) {
	if w.lite != nil {
		return w.lite.exec(ctx, query, args)
	}
	s, err := w.stmt(ctx, query)
	if err != nil {
		return 0, err
	}
	res, err := s.ExecContext(ctx, args...)
	if err != nil {
		return 0, err
	}
	return res.RowsAffected()
}

// Tx is the writer's transaction, lent to one write.
//
// Its statements do not stop when the caller gives up: SQLite undoes the whole
// transaction when it is interrupted in one, and that is everybody's.
type Tx struct {
	w       *conn
	changed bool            // a statement changed rows
	on      map[string]bool // what was changed that something remembered may depend on
	all     bool            // or anything may have been
}

// Dialect says which database this is.
func (t *Tx) Dialect() Dialect { return t.w.d.dialect }

// Exec changes rows and says how many. The statement must be a constant. If its table is
// one that something is looked up in that a [Kept] remembers, everything remembered is
// forgotten: where that is often, use [Tx.Change].
func (t *Tx) Exec(ctx context.Context, query string, args ...any) (int64, error) {
	n, err := t.exec(ctx, query, args)
	if t.w.lite != nil && !t.all {
		s := t.w.lite.stmts[query]
		t.all = s == nil || !s.apart
	}
	return n, err
}

// Change is Exec for a statement that changes nothing remembered but what depends on some
// things, each named as who looks it up names it: "session:" and its id, as an example.
func (t *Tx) Change(ctx context.Context, on []string, query string, args ...any) (int64, error) {
	t.Changed(on...)
	return t.exec(ctx, query, args)
}

// Changed says that some things are changed in this transaction, by statements on tables
// that are otherwise looked up anew each time.
func (t *Tx) Changed(on ...string) {
	if t.w.d.changes == nil {
		return
	}
	if t.on == nil {
		t.on = map[string]bool{}
	}
	for _, x := range on {
		t.on[x] = true
	}
}

func (t *Tx) exec(ctx context.Context, query string, args []any) (int64, error) {
	n, err := t.w.change(context.WithoutCancel(ctx), query, args)
	if err != nil {
		return 0, fmt.Errorf("db.exec: %w", err)
	}
	t.changed = t.changed || n > 0
	return n, nil
}

// Query reads rows inside the transaction; close them before the next call.
func (t *Tx) Query(ctx context.Context, query string, args ...any) (Rows, error) {
	ctx = context.WithoutCancel(ctx)
	if t.w.lite != nil {
		rows, err := t.w.lite.query(ctx, query, args, nil)
		if err != nil {
			return nil, fmt.Errorf("db.query: %w", err)
		}
		return rows, nil
	}
	s, err := t.w.stmt(ctx, query)
	if err != nil {
		return nil, fmt.Errorf("db.query: %w", err)
	}
	return s.QueryContext(ctx, args...)
}

// QueryRow reads one row inside the transaction.
func (t *Tx) QueryRow(ctx context.Context, query string, args ...any) Row {
	ctx = context.WithoutCancel(ctx)
	if t.w.lite != nil {
		rows, err := t.w.lite.query(ctx, query, args, nil)
		if err != nil {
			return failedRow{fmt.Errorf("db.query: %w", err)}
		}
		return liteRow{rows}
	}
	s, err := t.w.stmt(ctx, query)
	if err != nil {
		return failedRow{err}
	}
	return s.QueryRowContext(ctx, args...)
}

// Scrub moves what the journal holds into the database file and empties it, so
// that overwritten pages are gone. It is Unavailable while somebody reads an
// older state of the database. On PostgreSQL the server does this in its
// own time.
func (d *DB) Scrub(ctx context.Context) error {
	if d.dialect != SQLite {
		return nil
	}
	var busy, log, moved int
	if err := d.QueryRow(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &log, &moved); err != nil {
		return fault.Unavailablef("db.scrub", err, "the journal could not be emptied")
	}
	if busy != 0 {
		return fault.Unavailablef("db.scrub", nil, "somebody still reads an older state of the database, so the journal could not be emptied")
	}
	return nil
}
