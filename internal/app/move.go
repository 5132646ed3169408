package app

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/audit/verify"
	"caseward/internal/backup"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys/share"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// storeMove is the action of moving to another database: its entry is the last one
// in the database that is left but one, and the first in the new one.
const storeMove = "store.move"

// MoveOptions says where a data directory's database moves to.
type MoveOptions struct {
	Dir    string
	To     string // the URL of an empty database of PostgreSQL
	DryRun bool   // look and count, and write nothing
	Clock  clock.Clock
	Shares []share.Share // open the key file instead of the passphrase
}

// MovedStore is what was moved, or would be.
type MovedStore struct {
	Written bool             `json:"written"` // false for a dry run
	Rows    map[string]int64 `json:"rows"`    // of each table
	Records int64            `json:"records"`
	Clients int64            `json:"clients"`
	Log     verify.Report    `json:"log"`
	Check   []string         `json:"check"` // what a person must look at
}

// MoveStore moves the database of a data directory from SQLite to PostgreSQL. Every
// row is read back and compared; then the logs of both are checked, and must be the
// same to the last entry. Nobody works meanwhile: a server that still runs is
// refused its entries, and answers nobody. At the end the directory's settings name
// the new database, and the old one can be read by audit verify, and is written by
// nobody any more.
func MoveStore(ctx context.Context, who actor.Actor, passphrase []byte, o MoveOptions) (out MovedStore, err error) {
	const op = storeMove
	out.Check = []string{}
	if !strings.HasPrefix(o.To, "postgres://") && !strings.HasPrefix(o.To, "postgresql://") {
		return out, fault.Invalidf(op, "name an empty database by a postgres:// URL")
	}
	a, err := Open(ctx, o.Dir, passphrase, Options{Clock: o.Clock, Shares: o.Shares})
	if err != nil {
		return out, err
	}
	open := true
	defer func() {
		if open {
			err = errors.Join(err, a.Close())
		}
	}()
	if a.DB.Dialect() != db.SQLite {
		return out, fault.Invalidf(op, "the database is PostgreSQL already")
	}
	age, err := a.DB.Age(ctx)
	if err != nil {
		return out, err
	}
	if age.Newer() {
		return out, fault.Conflictf(op, "a newer release changed the database, and this one would leave out what that added; nothing was moved. Move it with the newer release")
	}
	if err := backup.EmptyPostgres(ctx, o.To); err != nil {
		return out, err
	}
	if o.DryRun {
		return out, out.count(ctx, o.Dir, a.Config.SegmentsIn(o.Dir))
	}
	if err := moveEntry(ctx, a, who, "begin", nil); err != nil {
		return out, err
	}
	cfg := a.Config
	// Whatever this one still had to do with the old database is over before it is
	// copied.
	open = false
	if err := a.Close(); err != nil {
		return out, err
	}
	d, err := db.Open(ctx, o.To, o.Dir)
	if err != nil {
		return out, err
	}
	if err := errors.Join(d.Migrate(ctx), d.Close()); err != nil {
		return out, err
	}
	moved, err := backup.Move(ctx, o.Dir, o.To, func(backup.Moved) error {
		was, err := verify.Database(ctx, "", o.Dir, verify.Options{Segments: cfg.SegmentsIn(o.Dir)})
		if err != nil {
			return err
		}
		if out.Log, err = verify.Database(ctx, o.To, o.Dir, verify.Options{Segments: cfg.SegmentsIn(o.Dir)}); err != nil {
			return err
		}
		if !was.OK || !out.Log.OK || was.Entries != out.Log.Entries || was.Waiting != out.Log.Waiting || was.PublicKey != out.Log.PublicKey {
			return fault.Unavailablef(op, nil, "the log of the new database (%d entries signed for, %d waiting) is not that of the old one (%d and %d), or one of the two is not whole; caseward audit verify says more. The old database was left as it was",
				out.Log.Entries, out.Log.Waiting, was.Entries, was.Waiting)
		}
		return nil
	})
	if err != nil {
		return out, errors.Join(err, fault.Unavailablef(op, nil, "drop the new database before you try again"))
	}
	out.Written = true
	out.counted(moved)
	cfg.Database = o.To
	if err := cfg.Save(o.Dir); err != nil {
		return out, fault.Unavailablef(op, err, "everything was moved, and caseward.json could not be written: set database in it to the new one by hand")
	}
	out.Check = append(out.Check,
		db.FileName+" stays where it is, is written by nobody any more, and holds everything until today: destroy it as a backup is destroyed, once there is a backup of the new database",
		"the backups made until now are of SQLite: keep them and their key as long as backups are kept, and make one of the new database today",
	)
	if moved["log_segment"] > 0 {
		out.Check = append(out.Check, "the closed segments of the log stay in "+cfg.SegmentsIn(o.Dir)+": before a second machine serves, move them to a directory that both have and set segments.dir")
	}
	if !inBucket(cfg) {
		out.Check = append(out.Check, "documents stay in the directory "+blobsDir+" of this machine: before a second machine serves, move them to a bucket and set blobs")
	}
	if a, err = Open(ctx, o.Dir, passphrase, Options{Clock: o.Clock, Shares: o.Shares}); err != nil {
		return out, err
	}
	open = true
	return out, moveEntry(ctx, a, who, "end", map[string]string{"rows": strconv.FormatInt(total(moved), 10), "entries": strconv.FormatInt(out.Log.Entries, 10)})
}

// moveEntry writes that the move begins or ended, and signs for it.
func moveEntry(ctx context.Context, a *App, who actor.Actor, step string, detail map[string]string) error {
	if detail == nil {
		detail = map[string]string{}
	}
	detail["step"] = step
	if err := a.Door.Permit(ctx, who, storeMove, record.Subject{}, false, policy.Set(policy.Program), detail); err != nil {
		return err
	}
	_, err := a.Log.Sequence(ctx)
	return err
}

func (m *MovedStore) count(ctx context.Context, dir, segments string) error {
	n, err := backup.Count(ctx, dir)
	if err != nil {
		return err
	}
	m.counted(n)
	m.Log, err = verify.Database(ctx, "", dir, verify.Options{Segments: segments})
	if err == nil && !m.Log.OK {
		err = fault.Unavailablef(storeMove, nil, "the log is not whole; caseward audit verify says where")
	}
	return err
}

func (m *MovedStore) counted(n backup.Moved) {
	// The agency has a key of its own beside the clients.
	m.Rows, m.Records, m.Clients = n, n["record"], max(0, n["subject_key"]-1)
}

func total(n backup.Moved) (sum int64) {
	for _, rows := range n {
		sum += rows
	}
	return sum
}

// Tables are the names of what was moved, in order.
func (m MovedStore) Tables() []string {
	var out []string
	for t := range m.Rows {
		out = append(out, t)
	}
	slices.Sort(out)
	return out
}
