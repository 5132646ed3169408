package db

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"strconv"
	"time"

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

// Peer is a process that has the database open: a server, or a command that runs now.
type Peer struct {
	Name  string    // "caseward", the machine and the number of the process, unless the URL says otherwise
	Since time.Time // of its oldest connection
	Here  bool      // it is this one
}

// Peers lists who has the database open, by name. PostgreSQL is asked for its
// connections, so one that is gone is not in it, and one that is just being opened, which
// has no name yet, not either. On SQLite it is this process and nothing is asked.
func (d *DB) Peers(ctx context.Context) ([]Peer, error) {
	if d.dialect == SQLite {
		return []Peer{{Name: processName(), Here: true}}, nil
	}
	rows, err := d.Query(ctx, `SELECT application_name, (extract(epoch FROM min(backend_start)) * 1000000)::bigint FROM pg_stat_activity
		WHERE datname = current_database() AND usename = current_user AND backend_type = 'client backend' AND (application_name <> '' OR backend_start < clock_timestamp() - interval '1 second') GROUP BY application_name ORDER BY application_name`)
	if err != nil {
		return nil, fault.Unavailablef("db.peers", err, "PostgreSQL does not say who is connected")
	}
	defer rows.Close()
	var out []Peer
	for rows.Next() {
		var p Peer
		var since int64
		if err := rows.Scan(&p.Name, &since); err != nil {
			return nil, fault.Unavailablef("db.peers", err, "PostgreSQL does not say who is connected")
		}
		p.Since, p.Here = Time(since), p.Name == d.name
		out = append(out, p)
	}
	if err := rows.Err(); err != nil {
		return nil, fault.Unavailablef("db.peers", err, "PostgreSQL does not say who is connected")
	}
	return out, nil
}

// processName is how a process is told from others; PostgreSQL takes 63 bytes.
func processName() string {
	machine, err := os.Hostname()
	if err != nil {
		machine = "?"
	}
	return "caseward " + machine[:min(len(machine), 40)] + " " + strconv.Itoa(os.Getpid())
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
