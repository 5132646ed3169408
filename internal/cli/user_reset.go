package cli

import (
	"context"
	"flag"
	"fmt"

	"caseward/internal/app"
	"caseward/internal/org"
)

var userResetCommand = command{
	name:  "user reset",
	args:  "WHO",
	short: "take away how somebody signs in, and print a new invitation",
	long: `
Ends somebody's sessions, takes away their passkeys, password and codes, and
prints a link to enrol anew: for somebody who lost what they sign in with, or
whose account may be in other hands. See who asks before you run it.

  caseward user reset --data D --passphrase-file F ruth@example.org
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "say who it is and do nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, args []string) error {
			return d.one(ctx, e, args, func(a *app.App, id org.ID, name string) error {
				if *dry {
					_, err := fmt.Fprintf(e.Stdout, "would reset how %s signs in\n", name)
					return err
				}
				token, err := a.Authn.Reset(ctx, operator(e), id.String())
				if err != nil {
					return err
				}
				return invitation(e, a, id.String(), token, *asJSON)
			})
		}
	},
}
