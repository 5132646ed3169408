package db

import (
	"context"
	"errors"
	"io/fs"
	"os"

	"caseward/internal/fault"
)

// Watch is told that the writer begins a group of so many requests; what it
// returns is called when the group is over, with whether the database failed to
// keep it. One goroutine calls both, in turn, and everybody who writes waits
// meanwhile.
type Watch func(requests int) (done func(failed bool))

// Watch has the writer watched by w, in place of whoever watched before.
func (d *DB) Watch(w Watch) { d.watch.Store(&w) }

// Load is how busy a database is.
type Load struct {
	Writes  int   // requests that wait for the writer
	Readers int64 // who waits for a connection to read with; always 0 on PostgreSQL, whose pool does not say
	Waited  int64 // who had to wait for one since it was opened
	Failing bool  // the writer's last group that was to be kept was not
}

// Load says how busy the database is. It asks the database nothing.
func (d *DB) Load() Load {
	l := Load{Writes: len(d.requests), Readers: d.waiting.Load(), Waited: d.waited.Load(), Failing: d.failing.Load()}
	if d.dialect == Postgres {
		l.Waited = d.pool.Stats().WaitCount
	}
	return l
}

// Size is how many bytes the database takes and how many its journal. On
// PostgreSQL the journal is the server's, of all its databases, and 0 here.
func (d *DB) Size(ctx context.Context) (data, journal int64, err error) {
	if d.dialect == Postgres {
		err = d.QueryRow(ctx, `SELECT pg_database_size(current_database())`).Scan(&data)
		return data, 0, err
	}
	if data, err = sizeOf(d.path); err != nil {
		return 0, 0, err
	}
	journal, err = sizeOf(d.path + "-wal")
	return data, journal, err
}

// sizeOf is how long a file is; 0 if it is not there.
func sizeOf(path string) (int64, error) {
	i, err := os.Stat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	if err != nil {
		return 0, fault.Unavailablef("db.size", err, "cannot see how large the database is")
	}
	return i.Size(), nil
}
