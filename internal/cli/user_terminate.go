package cli

import (
	"context"
	"flag"
	"fmt"

	"caseward/internal/app"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/record"
)

var userTerminateCommand = command{
	name:  "user terminate",
	args:  "WHO",
	short: "end somebody's access at once",
	long: `
Ends somebody's access: their sessions, passkeys, password and codes, and every
relation to a client, and the coverages they gave or took. Their supervisor gets the
tasks of taking devices back and handing the caseload over. Then it is tried whether
their sessions are refused; the entry staff.probe says so. It acts at their next
request, on every node. It cannot be undone; somebody who comes back is invited anew.

  caseward user terminate --data D --passphrase-file F ruth@example.org
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "say who it is and do nothing")
		return func(ctx context.Context, e *Env, args []string) error {
			return d.one(ctx, e, args, func(a *app.App, id org.ID, name string) error {
				if *dry {
					_, err := fmt.Fprintf(e.Stdout, "would end the access of %s\n", name)
					return err
				}
				if err := a.Org.Terminate(ctx, operator(e), id); err != nil {
					return err
				}
				_, err := fmt.Fprintf(e.Stdout, "the access of %s has ended\n", name)
				return err
			})
		}
	},
}

// one opens the data directory and finds the one worker that args name.
func (d *data) one(ctx context.Context, e *Env, args []string, fn func(a *app.App, id org.ID, name string) error) error {
	if len(args) != 1 {
		return usagef("name one person, by mail address or id")
	}
	return d.with(ctx, e, func(a *app.App) error {
		s, err := worker(ctx, a, args[0])
		if err != nil {
			return err
		}
		id, err := record.ParseID[org.Staff](s)
		if err != nil {
			return usagef("%q is neither an id nor a mail address", args[0])
		}
		st, err := a.Directory.Standing(ctx, id.String())
		if fault.Is(err, fault.NotFound) {
			return usagef("nobody who works here has this id")
		}
		if err != nil {
			return err
		}
		return fn(a, id, st.Name.Disclose())
	})
}
