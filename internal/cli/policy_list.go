package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"

	"caseward/internal/policy"
)

var policyListCommand = command{
	name:  "policy list",
	short: "list the rules of access in plain English",
	long: `
Lists the rules that decide every access: one sentence each, whether it states the
law or the agency's own practice, and what it rests on. They are part of the
program; with --text the Cedar policies themselves are printed.

  caseward policy list
  caseward policy list --theme relationship --text
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		theme := f.String("theme", "", "only the rules of one `theme`")
		text := f.Bool("text", false, "print the policies themselves, too")
		asJSON := f.Bool("json", false, "print each as one JSON object on its own line")
		return func(_ context.Context, e *Env, _ []string) error {
			p, err := policy.New()
			if err != nil {
				return err
			}
			last, n := "", 0
			for _, r := range p.Rules() {
				if *theme != "" && r.Theme != *theme {
					continue
				}
				n++
				if *asJSON {
					if err := json.NewEncoder(e.Stdout).Encode(map[string]any{
						"id": r.ID, "english": r.English, "cites": r.Cites, "law": r.Law, "forbids": r.Forbids, "theme": r.Theme, "actions": r.Actions, "text": r.Text,
					}); err != nil {
						return err
					}
					continue
				}
				if r.Theme != last {
					fmt.Fprintf(e.Stdout, "%s\n", strings.ToUpper(r.Theme))
					last = r.Theme
				}
				does, basis := "permits", "practice"
				if r.Forbids {
					does = "forbids"
				}
				if r.Law {
					basis = "law"
				}
				fmt.Fprintf(e.Stdout, "  %s (%s; %s: %s)\n      %s\n", r.ID, does, basis, strings.Join(r.Cites, "; "), r.English)
				if *text {
					fmt.Fprintf(e.Stdout, "%s\n", r.Text)
				}
			}
			if n == 0 {
				return usagef("there is no theme %q", *theme)
			}
			return nil
		}
	},
}
