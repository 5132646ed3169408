package db

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"regexp"
	"strconv"
	"strings"
	"testing/fstest"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/stdlib"
	_ "github.com/ncruces/go-sqlite3/driver" // the "sqlite3" driver, for goose
	"github.com/pressly/goose/v3"

	"caseward/internal/fault"
	"caseward/internal/order"
)

// Schema holds the migrations: one set for both databases. A file may use
// {{.Serial}} for an ascending integer key and {{.TxID}} for the column type of
// the inserting transaction's number, and {{if .SQLite}} or {{if not .SQLite}},
// {{else}} and {{end}} around what one of them has; all else is the common subset. Each
// column has a comment "-- class: sentence" that the data dictionary is made
// from.
//
//go:embed schema/*.sql
var Schema embed.FS

// schemas is where migrations are found.
var schemas = []fs.FS{within(Schema, "schema")}

func within(f embed.FS, dir string) fs.FS {
	sub, err := fs.Sub(f, dir)
	if err != nil {
		panic(err) // a constant that is no path
	}
	return sub
}

type words struct {
	Serial string
	TxID   string
	SQLite bool
}

func dialectWords(d Dialect) words {
	if d == Postgres {
		return words{
			Serial: "BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY",
			TxID:   "BIGINT NOT NULL DEFAULT (pg_current_xact_id()::text::bigint)",
		}
	}
	return words{Serial: "INTEGER PRIMARY KEY", TxID: "BIGINT NOT NULL DEFAULT 0", SQLite: true}
}

// eachMigration hands fn the name and the text of each file.
func eachMigration(fn func(name, text string) error) error {
	for _, from := range schemas {
		names, err := fs.Glob(from, "*.sql")
		if err != nil {
			return err
		}
		for _, name := range names {
			b, err := fs.ReadFile(from, name)
			if err != nil {
				return err
			}
			if err := fn(name, string(b)); err != nil {
				return fmt.Errorf("%s: %w", name, err)
			}
		}
	}
	return nil
}

func rendered(d Dialect) (fs.FS, error) {
	out := fstest.MapFS{}
	return out, eachMigration(func(name, text string) error {
		text, err := render(text, dialectWords(d))
		out[name] = &fstest.MapFile{Data: []byte(text)}
		return err
	})
}

// render puts in what w says for the words in double braces, of which there are
// six. text/template would do, but for its calling methods by name: the linker
// then keeps every method of every type, which is a sixth of the program.
func render(text string, w words) (string, error) {
	var b strings.Builder
	within, keep := false, true // a condition, and whether what it has applies
	for {
		plain, rest, found := strings.Cut(text, "{{")
		if keep {
			b.WriteString(plain)
		}
		if !found {
			break
		}
		word, rest, found := strings.Cut(rest, "}}")
		switch {
		case found && word == ".Serial" && keep:
			b.WriteString(w.Serial)
		case found && word == ".TxID" && keep:
			b.WriteString(w.TxID)
		case found && (word == "if .SQLite" || word == "if not .SQLite") && !within:
			within, keep = true, w.SQLite == (word == "if .SQLite")
		case found && word == "else" && within:
			keep = !keep
		case found && word == "end" && within:
			within, keep = false, true
		case found && !keep && (word == ".Serial" || word == ".TxID"):
		default:
			return "", fmt.Errorf("{{%s is not understood here", word)
		}
		text = rest
	}
	if within {
		return "", fmt.Errorf("an {{if}} has no {{end}}")
	}
	return b.String(), nil
}

// Newest is the number of the last schema change this program knows.
func Newest() (newest int64, err error) {
	return newest, eachMigration(func(name, _ string) error {
		n, err := goose.NumericComponent(name)
		newest = max(newest, n)
		return err
	})
}

// Age says how the schema of a database and a program stand to each other. A change
// of the schema has a number; each is one more.
type Age struct {
	Schema  int64 `json:"schema"`  // the last change the database had; 0 if it is empty
	Program int64 `json:"program"` // the last change this program knows
	Floor   int64 `json:"floor"`   // the oldest schema whose programs may use the database
}

// Newer reports whether a newer program changed the database.
func (a Age) Newer() bool { return a.Schema > a.Program }

// Refused is the reason why this program may not use the database; nil if it may.
func (a Age) Refused() error {
	if a.Program >= a.Floor {
		return nil
	}
	return fault.Conflictf("db.age", "a newer release of Caseward changed this database, and this one does not understand it any more (schema %d; this program knows %d, and %d is the oldest that can go on); nothing was read or changed. Start that release, or restore a backup made before it with this one", a.Schema, a.Program, a.Floor)
}

// Change is a change of the schema.
type Change struct {
	Name  string // of its file
	Floor int64  // what it raises the floor to; 0 if it leaves it
}

var raises = regexp.MustCompile(`(?m)^(?:.*\}\})?UPDATE schema_floor SET floor = (\d+);`)

// Changes lists what this program would change in a database of that age.
func (a Age) Changes() (out []Change, err error) {
	err = eachMigration(func(name, text string) error {
		n, err := goose.NumericComponent(name)
		if err != nil || n <= a.Schema {
			return err
		}
		c := Change{Name: name}
		if m := raises.FindStringSubmatch(text); m != nil {
			if c.Floor, err = strconv.ParseInt(m[1], 10, 64); err != nil {
				return err
			}
		}
		out = append(out, c)
		return nil
	})
	order.By(out, func(a, b Change) int { return strings.Compare(a.Name, b.Name) })
	return out, err
}

const (
	schemaAt    = `SELECT max(version_id) FROM goose_db_version WHERE is_applied`
	schemaFloor = `SELECT floor FROM schema_floor WHERE one = 1`
	// Of the two that are looked for, a database has none before its first change.
	anySchemaSQLite   = `SELECT count(*) FROM sqlite_master WHERE type = 'table' AND name IN ('goose_db_version', 'schema_floor')`
	anySchemaPostgres = `SELECT count(*) FROM pg_class WHERE oid IN (to_regclass('goose_db_version'), to_regclass('schema_floor'))`
)

// Age says how old the schema of the database is, and whether this program may use it.
func (d *DB) Age(ctx context.Context) (a Age, err error) {
	fail := func(err error) (Age, error) {
		return Age{}, fault.Unavailablef("db.age", err, "cannot read which schema the database has")
	}
	a.Program = d.newest
	any := anySchemaSQLite
	if d.dialect == Postgres {
		any = anySchemaPostgres
	}
	var there int
	if err := d.QueryRow(ctx, any).Scan(&there); err != nil {
		return fail(err)
	}
	if there < 2 {
		return a, nil
	}
	if err := d.QueryRow(ctx, schemaAt).Scan(&a.Schema); err != nil {
		return fail(err)
	}
	if err := d.QueryRow(ctx, schemaFloor).Scan(&a.Floor); err != nil {
		return fail(err)
	}
	return a, nil
}

// Migrate brings the schema to that of this program. A failure leaves the database
// as it was before the failing step; the server must not start on it. A database that
// a newer program changed is left as it is, and refused if that was a change that this
// one would not survive: see [Age].
func (d *DB) Migrate(ctx context.Context) error { return d.migrate(ctx, 0) }

// MigrateTo brings an empty database to an older version of the schema, so that
// what was copied from one fits.
func (d *DB) MigrateTo(ctx context.Context, version int64) error { return d.migrate(ctx, version) }

// How a change of the schema waits for tables that others use, as a backup does for
// long: whoever comes after it waits behind it, so it gives up soon, lets them pass, and
// tries again.
var (
	lockTimeout = "2s"
	lockPause   = 2.0 // seconds
	lockTries   = 15
)

// lockNotAvailable is PostgreSQL's code for a lock that was not had in time.
const lockNotAvailable = "55P03"

func (d *DB) migrate(ctx context.Context, version int64) (err error) {
	age, err := d.Age(ctx)
	if err != nil {
		return err
	}
	if err := age.Refused(); err != nil {
		return err
	}
	if age.Newer() {
		return nil
	}
	files, err := rendered(d.dialect)
	if err != nil {
		return err
	}
	if d.dialect == SQLite {
		on, err := sql.Open("sqlite3", dsn(d.path, writerPragmas...)+"&_txlock=immediate")
		if err != nil {
			return fault.Unavailablef("db.migrate", err, "cannot open the database file")
		}
		on.SetMaxOpenConns(1)
		defer on.Close()
		return change(ctx, goose.DialectSQLite3, on, files, version)
	}
	// Of several servers started at once one changes the schema.
	c, err := d.pool.Conn(ctx)
	if err != nil {
		return fault.Unavailablef("db.migrate", err, "cannot reach PostgreSQL")
	}
	defer c.Close()
	if _, err := c.ExecContext(ctx, `SELECT pg_advisory_lock(4851870438)`); err != nil {
		return fault.Unavailablef("db.migrate", err, "cannot keep other servers from changing the schema")
	}
	defer func() {
		_, _ = c.ExecContext(context.WithoutCancel(ctx), `SELECT pg_advisory_unlock(4851870438)`)
	}()
	cfg, err := pgx.ParseConfig(d.url)
	if err != nil {
		return fault.Invalidf("db.migrate", "the database URL cannot be read")
	}
	cfg.RuntimeParams["lock_timeout"] = lockTimeout
	on := stdlib.OpenDB(*cfg)
	defer on.Close()
	for try := 1; ; try++ {
		err := change(ctx, goose.DialectPostgres, on, files, version)
		var refused *pgconn.PgError
		if !errors.As(err, &refused) || refused.Code != lockNotAvailable {
			return err
		}
		if try >= lockTries {
			return fault.Unavailablef("db.migrate", err, "the schema must be changed, and something uses the tables for long, as a backup does; nothing was changed. Start this release again when that is over; servers of the release before go on meanwhile")
		}
		if _, err := c.ExecContext(ctx, `SELECT pg_sleep($1)`, lockPause); err != nil {
			return fault.Unavailablef("db.migrate", err, "broken off while waiting for the tables; nothing was changed")
		}
	}
}

// change applies what files say and the database has not had, up to version, or all of
// it if that is 0.
func change(ctx context.Context, dialect goose.Dialect, on *sql.DB, files fs.FS, version int64) error {
	p, err := goose.NewProvider(dialect, on, files)
	if err != nil {
		return fault.Unavailablef("db.migrate", err, "the schema cannot be read")
	}
	if version == 0 {
		_, err = p.Up(ctx)
	} else {
		_, err = p.UpTo(ctx, version)
	}
	if err != nil {
		return fault.Unavailablef("db.migrate", err, "a schema change failed and was undone; start the previous release, or restore the last backup")
	}
	return nil
}
