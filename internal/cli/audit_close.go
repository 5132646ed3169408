package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"time"

	"caseward/internal/app"
)

var auditCloseCommand = command{
	name:  "audit close",
	short: "move old entries of the log out of the database",
	long: `
Moves entries of the log from the database into closed segments: files with 262,144
entries each that never change, in the directory log of the data directory or where
segments.dir says. An entry stays where it can be asked for: the log explorer, audit
show, audit verify and audit export read both, and a backup has both.

Only full runs move, from the oldest on, that are signed for and whose last entry is
older than --older-than. Each file is written, read back and proved against the
signed tree before anything is removed. The server may be running. Killed at any
moment, nothing is lost, and the next run goes on. The database file does not become
smaller: what is free in it is used again.

With segments.after_days in the settings the server does this once a day. Details in
a segment are sealed as in the database, and need no other sealing.

  caseward audit close --data /srv/caseward --passphrase-file F --dry-run
  caseward audit close --data /srv/caseward --passphrase-file F --older-than 180
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		days := f.Int("older-than", 0, "move what is older than this many `days`, at least 7; without it, segments.after_days of the settings")
		dry := f.Bool("dry-run", false, "say what would be moved, and move nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				n := *days
				if n == 0 {
					n = a.Config.Segments.After
				}
				if n < 7 || n > 36500 {
					return usagef("give --older-than with a number of days from 7 on, or set segments.after_days")
				}
				r, err := a.CloseLog(ctx, operator(e), time.Duration(n)*24*time.Hour, *dry)
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(e.Stdout).Encode(r)
				}
				for _, s := range r.Segments {
					if _, err := fmt.Fprintf(e.Stdout, "%s  entries %d to %d, %s to %s, %d bytes\n", s.File, s.First, s.Last, s.Since.Format(time.DateOnly), s.Until.Format(time.DateOnly), s.Bytes); err != nil {
						return err
					}
				}
				switch {
				case *dry:
					_, err = fmt.Fprintf(e.Stdout, "%d full segments with %d entries would be closed; nothing was changed\n", r.Full, r.Entries)
				case len(r.Segments) == 0:
					_, err = fmt.Fprintln(e.Stdout, "no full segment is old enough; nothing was changed")
				default:
					_, err = fmt.Fprintf(e.Stdout, "%d segments closed\n", len(r.Segments))
				}
				return err
			})
		}
	},
}
