package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"

	"caseward/internal/app"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record"
)

var keyStatusCommand = command{
	name:  "key status",
	short: "show the keys and what each protects",
	long: `
Shows the key-encryption keys of the key file, oldest first, and how many clients'
data keys each wraps. A key that wraps none and is not current can be forgotten.

  caseward key status --data D --passphrase-file F
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		asJSON := f.Bool("json", false, "print each as one JSON object on its own line")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				counts, err := a.Door.KeyCounts(ctx, operator(e))
				if err != nil {
					return err
				}
				for _, k := range a.Keys.Keys() {
					if *asJSON {
						if err := json.NewEncoder(e.Stdout).Encode(map[string]any{"id": k.ID, "created_at": k.CreatedAt, "current": k.Current, "wraps": counts[k.ID]}); err != nil {
							return err
						}
						continue
					}
					now := ""
					if k.Current {
						now = "  current"
					}
					fmt.Fprintf(e.Stdout, "%s  made %s  wraps %d%s\n", k.ID, k.CreatedAt.Format("2006-01-02"), counts[k.ID], now)
				}
				return nil
			})
		}
	},
}

var keyRotateCommand = command{
	name:  "key rotate",
	short: "make a new key-encryption key",
	long: `
Adds a key to the key file and makes it current: data keys made from now on are
wrapped by it. Older keys stay until key rewrap has moved what they wrap and key
forget removes them. Records are not touched.

A running server notices the new key, unless the passphrase it was started with was
changed since: restart it first then. Afterwards copy the key file to where its
copies are kept.

With --json: the id of the new key, how many keys there are then, and whether it was
changed.

  caseward key rotate --data D --passphrase-file F
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "say what would be done and do nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				if *dry && *asJSON {
					return json.NewEncoder(e.Stdout).Encode(map[string]any{"id": "", "keys": len(a.Keys.Keys()) + 1, "changed": false})
				}
				if *dry {
					_, err := fmt.Fprintf(e.Stdout, "would add a key to the %d there are\n", len(a.Keys.Keys()))
					return err
				}
				if err := a.Door.Permit(ctx, operator(e), "key.rotate", record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
					return err
				}
				k, err := a.Keys.Rotate(e.Clock)
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(e.Stdout).Encode(map[string]any{"id": k.ID, "keys": len(a.Keys.Keys()), "changed": true})
				}
				_, err = fmt.Fprintf(e.Stdout, "%s is the current key; copy the key file, then run caseward key rewrap\n", k.ID)
				return err
			})
		}
	},
}

var keyRewrapCommand = command{
	name:  "key rewrap",
	short: "wrap every data key by the current key",
	long: `
Wraps every client's data key, and the agency's own secrets, that an older key
wraps, by the current one. Records are not touched. It can be stopped and run
again.

  caseward key rewrap --data D --passphrase-file F
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "count what would be wrapped and do nothing")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				if *dry {
					counts, err := a.Door.KeyCounts(ctx, operator(e))
					if err != nil {
						return err
					}
					var n int64
					for id, c := range counts {
						if id != a.Keys.Current() {
							n += c
						}
					}
					_, err = fmt.Fprintf(e.Stdout, "would wrap %d data keys anew\n", n)
					return err
				}
				n, err := a.Door.RewrapKeys(ctx, operator(e))
				if err != nil {
					return err
				}
				m, err := a.Agency.Rewrap(ctx)
				if err != nil {
					return err
				}
				_, err = fmt.Fprintf(e.Stdout, "wrapped %d data keys and %d of the agency's secrets anew\n", n, m)
				return err
			})
		}
	},
}

var keyForgetCommand = command{
	name:  "key forget",
	args:  "ID",
	short: "remove a key that wraps nothing any more",
	long: `
Removes a key from the key file. It is refused for the current key and for one
that still wraps something. A backup made while the key was in use cannot be
opened without it: forget it when such backups are no longer kept.

With --json: its id, and whether it was removed.

  caseward key forget --data D --passphrase-file F k0123456789ab
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		dry := f.Bool("dry-run", false, "say what would be done and do nothing")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, args []string) error {
			if len(args) != 1 {
				return usagef("name one key, by its id")
			}
			return d.with(ctx, e, func(a *app.App) error {
				counts, err := a.Door.KeyCounts(ctx, operator(e))
				if err != nil {
					return err
				}
				if n := counts[args[0]]; n > 0 {
					return fault.Conflictf("key.forget", "it still wraps %d data keys; run caseward key rewrap first", n)
				}
				// The agency's secrets first: what they are wrapped by is not counted.
				said := func(changed bool) error {
					return json.NewEncoder(e.Stdout).Encode(map[string]any{"id": args[0], "changed": changed})
				}
				if *dry && *asJSON {
					return said(false)
				}
				if *dry {
					_, err := fmt.Fprintf(e.Stdout, "would forget %s\n", args[0])
					return err
				}
				if _, err := a.Agency.Rewrap(ctx); err != nil {
					return err
				}
				if err := a.Door.Permit(ctx, operator(e), "key.rotate", record.Subject{}, false, policy.Set(policy.Program), map[string]string{"forget": args[0]}); err != nil {
					return err
				}
				if err := a.Keys.Forget(e.Clock, args[0]); err != nil {
					return err
				}
				if *asJSON {
					return said(true)
				}
				_, err = fmt.Fprintf(e.Stdout, "%s is forgotten; replace the copy of the key file\n", args[0])
				return err
			})
		}
	},
}
