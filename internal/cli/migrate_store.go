package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"caseward/internal/app"
)

var migrateStoreCommand = command{
	name:  "migrate-store",
	short: "move the database from SQLite to PostgreSQL",
	long: `
Moves everything from the SQLite database in the data directory into an empty
database of PostgreSQL, and has caseward.json name that. Stop the server first, and
make a backup.

Every row is copied while nobody writes, read back and compared; then the logs of
both databases are checked, and must be the same to the last entry. Only then is the old database closed for good: no entry can be
added to it any more, so nothing can be read or changed there, by a server that
was left running neither. Until then a failure leaves it as it was; drop the new
database then, and try again.

Keys, settings and uploaded documents stay in the data directory. Documents in it
can be used by one machine only: for several, move them to a bucket (docs/config.md).
The old file still holds everything until today: destroy it as a backup is
destroyed, once there is a backup of the new database.

--dry-run looks at both databases, checks the log and counts, and writes nothing.
It ends with what a person must look at. The password of PostgreSQL is better kept
in a passfile than in the URL, which caseward.json keeps.

  caseward migrate-store --data /srv/caseward --passphrase-file F --to 'postgres://caseward@db.example.org/caseward?sslmode=verify-full' --dry-run
  caseward migrate-store --data /srv/caseward --passphrase-file F --to 'postgres://caseward@db.example.org/caseward?sslmode=verify-full'
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		to := f.String("to", "", "a postgres:// `URL` of an empty database")
		dry := f.Bool("dry-run", false, "look and count, and write nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if *to == "" {
				return usagef("--to is needed")
			}
			p, err := d.passphrase(e)
			if err != nil {
				return err
			}
			r, err := app.MoveStore(ctx, operator(e), p, app.MoveOptions{Dir: d.dir, To: *to, DryRun: *dry, Clock: e.Clock, Shares: d.read})
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(e.Stdout).Encode(r)
			}
			if !r.Written {
				fmt.Fprintln(e.Stdout, "Nothing was written. This would be moved:")
			} else {
				fmt.Fprintln(e.Stdout, "Everything was moved, read back and compared; caseward.json names the new database.")
			}
			for _, t := range r.Tables() {
				fmt.Fprintf(e.Stdout, "  %-16s %d rows\n", t, r.Rows[t])
			}
			fmt.Fprint(e.Stdout, r.Log)
			for _, c := range r.Check {
				fmt.Fprintf(e.Stdout, "  - %s\n", c)
			}
			return nil
		}
	},
}
