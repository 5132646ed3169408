package db

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"strings"
	"testing/fstest"

	_ "github.com/ncruces/go-sqlite3/driver" // the "sqlite3" driver, for goose
	"github.com/pressly/goose/v3"

	"caseward/internal/fault"
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

func rendered(d Dialect) (fs.FS, error) {
	out := fstest.MapFS{}
	entries, err := fs.ReadDir(Schema, "schema")
	if err != nil {
		return nil, err
	}
	for _, e := range entries {
		b, err := fs.ReadFile(Schema, "schema/"+e.Name())
		if err != nil {
			return nil, err
		}
		text, err := render(string(b), dialectWords(d))
		if err != nil {
			return nil, fmt.Errorf("%s: %w", e.Name(), err)
		}
		out[e.Name()] = &fstest.MapFile{Data: []byte(text)}
	}
	return out, nil
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
func Newest() (int64, error) {
	entries, err := fs.ReadDir(Schema, "schema")
	if err != nil {
		return 0, err
	}
	var newest int64
	for _, e := range entries {
		n, err := goose.NumericComponent(e.Name())
		if err != nil {
			return 0, err
		}
		newest = max(newest, n)
	}
	return newest, nil
}

// Migrate brings the schema to today's version. A failure leaves the database
// as it was before the failing step; the server must not start on it.
func (d *DB) Migrate(ctx context.Context) error { return d.migrate(ctx, 0) }

// MigrateTo brings an empty database to an older version of the schema, so that
// what was copied from one fits.
func (d *DB) MigrateTo(ctx context.Context, version int64) error { return d.migrate(ctx, version) }

func (d *DB) migrate(ctx context.Context, version int64) error {
	files, err := rendered(d.dialect)
	if err != nil {
		return err
	}
	dialect, on := goose.DialectPostgres, d.pool
	if d.dialect == SQLite {
		dialect = goose.DialectSQLite3
		if on, err = sql.Open("sqlite3", dsn(d.path, writerPragmas...)+"&_txlock=immediate"); err != nil {
			return fault.Unavailablef("db.migrate", err, "cannot open the database file")
		}
		on.SetMaxOpenConns(1)
		defer on.Close()
	}
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
