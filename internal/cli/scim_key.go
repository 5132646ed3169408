package cli

import (
	"context"
	"flag"
	"fmt"
	"text/tabwriter"

	"caseward/internal/app"
	"caseward/internal/org"
	"caseward/internal/record"
)

var scimKeyCommand = command{
	name:  "scim key",
	short: "make a key for the system that provisions accounts",
	long: `
Makes a key by which a system adds, changes and ends members of the workforce by
SCIM 2.0, at the address scim/v2 below the origin, and prints it. It is printed
this once. Whoever has it can invite and end anybody: give it to that system alone.

  caseward scim key --data D --passphrase-file F --name "Example Login" --days 365
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		name := f.String("name", "", "what the system is called")
		days := f.Int("days", 365, "after how many days the key ends, at most 400")
		return func(ctx context.Context, e *Env, args []string) error {
			if *name == "" || len(args) > 0 {
				return usagef("--name is needed")
			}
			return d.with(ctx, e, func(a *app.App) error {
				secret, err := a.ScimKeys.Make(ctx, operator(e), *name, *days)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintln(e.Stdout, secret)
				return err
			})
		}
	},
}

var scimListCommand = command{
	name:  "scim list",
	short: "list the keys of systems that provision accounts",
	long: `
Lists keys for provisioning: id, state, when each was made, was last used and ends, and
what the system is called. The keys themselves are kept nowhere.

  caseward scim list --data D --passphrase-file F
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				l, err := a.ScimKeys.List(ctx, operator(e))
				if err != nil {
					return err
				}
				w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
				for _, o := range l {
					state := o.Labels.State
					if state == org.KeyLive && !a.Clock.Now().Before(o.Value.Until) {
						state = "ended"
					}
					used := "never"
					if !o.Value.UsedAt.IsZero() {
						used = o.Value.UsedAt.Format("2006-01-02")
					}
					fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\t%s\n", o.ID, state, o.Value.MadeAt.Format("2006-01-02"), used, o.Value.Until.Format("2006-01-02"), o.Value.Name)
				}
				return w.Flush()
			})
		}
	},
}

var scimRevokeCommand = command{
	name:  "scim revoke",
	args:  "ID",
	short: "end a key of a system that provisions accounts, at once",
	long: `
Ends a key for provisioning: the next request that comes with it is refused. Whom the
system added or ended stays as they are.

  caseward scim revoke --data D --passphrase-file F ID
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		return func(ctx context.Context, e *Env, args []string) error {
			if len(args) != 1 {
				return usagef("give the id of one key; caseward scim list has them")
			}
			id, err := record.ParseID[org.ScimKey](args[0])
			if err != nil {
				return usagef("that is not the id of a key; caseward scim list has them")
			}
			return d.with(ctx, e, func(a *app.App) error { return a.ScimKeys.Revoke(ctx, operator(e), id) })
		}
	},
}
