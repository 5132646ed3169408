package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"caseward/internal/app"
)

var upgradeCommand = command{
	name:  "upgrade",
	short: "change the database to what this release needs",
	long: `
Says how old the schema of the database is, which changes this release makes to it,
and whether servers of the release before can go on meanwhile; and makes them. A
server makes the same changes when it starts: this command is for seeing them before,
and for making them at an hour of your choice.

Make a backup first, with the release that is running. Each change is made whole or
not at all. On PostgreSQL one that cannot have a table soon, because a backup or
another long question reads it, lets others pass and tries again for a minute.

--dry-run changes nothing. A database that a newer release changed is left as it is;
where this release cannot use it any more the command says so and ends with 1.

  caseward upgrade --data /srv/caseward --dry-run
  caseward upgrade --data /srv/caseward --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		dir := f.String("data", "", "the data `directory`")
		dry := f.Bool("dry-run", false, "say what would be changed, and change nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			if *dir == "" {
				return usagef("--data is needed")
			}
			u, err := app.Upgrade(ctx, *dir, *dry)
			if err != nil {
				return err
			}
			if *asJSON {
				return json.NewEncoder(e.Stdout).Encode(u)
			}
			fmt.Fprintf(e.Stdout, "The database has schema %d; this release knows %d.\n", u.Schema, u.Program)
			switch {
			case u.Newer():
				fmt.Fprintln(e.Stdout, "A newer release changed it, in ways that this one goes on with. There is nothing to do.")
			case len(u.Pending) == 0:
				fmt.Fprintln(e.Stdout, "There is nothing to do.")
			case u.Changed:
				fmt.Fprintln(e.Stdout, "These changes were made:")
			default:
				fmt.Fprintln(e.Stdout, "Nothing was changed. These changes would be made:")
			}
			for _, name := range u.Pending {
				fmt.Fprintf(e.Stdout, "  %s\n", name)
			}
			if len(u.Pending) > 0 && u.Apart() {
				fmt.Fprintf(e.Stdout, "Releases that know no schema newer than %d cannot use the database after them: stop those servers before.\n", u.After-1)
			} else if len(u.Pending) > 0 {
				fmt.Fprintln(e.Stdout, "Servers of the release before can go on meanwhile and afterwards.")
			}
			return nil
		}
	},
}
