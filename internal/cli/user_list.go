package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"text/tabwriter"

	"caseward/internal/app"
	"caseward/internal/org"
)

var userListCommand = command{
	name:  "user list",
	short: "list the workforce",
	long: `
Lists who works here: id, role, status, name and mail address. Those whose access
has ended are left out unless asked for. Who has a second role now has it after a plus:
"case_manager+supervisor".

  caseward user list --data D --passphrase-file F --all
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		all := f.Bool("all", false, "those whose access has ended, too")
		asJSON := f.Bool("json", false, "print each as one JSON object on its own line")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				now := a.Door.Clock().Now()
				w := tabwriter.NewWriter(e.Stdout, 0, 0, 2, ' ', 0)
				for after := ""; ; {
					l, err := a.Org.Staff(ctx, operator(e), org.StaffQuery{All: *all, After: after, Limit: 500})
					if err != nil {
						return err
					}
					for _, o := range l.Rows {
						s := o.Value
						if *asJSON {
							if err := json.NewEncoder(e.Stdout).Encode(map[string]any{
								"id": o.ID.String(), "role": s.Role, "status": s.Status, "name": s.Name().Disclose(), "mail": s.Mail.Disclose(),
								"programs": s.Programs, "supervisor": s.Supervisor, "second_role": s.Held(now).Also,
							}); err != nil {
								return err
							}
							continue
						}
						role := string(s.Role)
						if also := s.Held(now).Also; also != "" {
							role += "+" + string(also)
						}
						fmt.Fprintf(w, "%s\t%s\t%s\t%s\t%s\n", o.ID, role, s.Status, s.Name().Disclose(), s.Mail.Disclose())
					}
					if after = l.Next; after == "" {
						return w.Flush()
					}
				}
			})
		}
	},
}
