package cli

import (
	"context"
	"errors"
	"flag"
	"fmt"

	"caseward/internal/app"
)

var auditCheckpointCommand = command{
	name:  "audit checkpoint",
	short: "sign for every entry, and print the checkpoint",
	long: `
Puts every entry in order, signs a checkpoint, sends it at once to the places that
anchors in caseward.json names, and prints it. Keep what it prints somewhere the
owner of this machine cannot reach: with it, audit verify finds a log that was cut
off or rolled back.

Should a place not take it, it is printed all the same, and the exit code is 1.

  caseward audit checkpoint --data /var/lib/caseward --passphrase-file /root/passphrase > today.checkpoint
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				sent := a.Checkpoint(ctx)
				c, err := a.Log.Checkpoint(ctx)
				if err == nil {
					_, err = fmt.Fprint(e.Stdout, string(c))
				}
				return errors.Join(sent, err)
			})
		}
	},
}
