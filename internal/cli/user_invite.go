package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/app"
	"caseward/internal/org"
	"caseward/internal/phi"
)

// roles is the list of roles for help.
func roles() string {
	var out []string
	for _, r := range actor.Roles() {
		out = append(out, string(r))
	}
	return strings.Join(out, ", ")
}

var userInviteCommand = command{
	name:  "user invite",
	short: "add somebody to the workforce and print their invitation",
	long: `
Adds a member of the workforce and prints the link with which they enrol: a
passkey, or a password with one-time codes. The link is good once, for three days.
See that it reaches the person and nobody else.

The first administrator is invited so; everybody else can be invited on the pages.

  caseward user invite --data D --passphrase-file F --role administrator \
      --given Ada --family Example --mail ada@example.org
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		given := f.String("given", "", "given `name`")
		family := f.String("family", "", "family `name`")
		mail := f.String("mail", "", "work mail `address`, which they sign in with")
		title := f.String("title", "", "job `title`")
		role := f.String("role", "", "the `role`: "+roles())
		supervisor := f.String("supervisor", "", "mail address or id of the `supervisor`")
		var programs list
		f.Var(&programs, "program", "`code` of a program they work in; may be given more than once")
		asJSON := f.Bool("json", false, "print one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			return d.with(ctx, e, func(a *app.App) error {
				boss, err := worker(ctx, a, *supervisor)
				if err != nil {
					return err
				}
				id, err := a.Org.Invite(ctx, operator(e), org.Invitation{
					Given: phi.NewText(*given), Family: phi.NewText(*family), Mail: phi.NewText(*mail), Title: phi.NewText(*title),
					Role: actor.Role(*role), Programs: programs, Supervisor: boss,
				})
				if err != nil {
					return err
				}
				token, err := a.Authn.Invite(ctx, operator(e), id.String())
				if err != nil {
					return err
				}
				return invitation(e, a, id.String(), token, *asJSON)
			})
		}
	},
}

// invitation prints the link of an invitation.
func invitation(e *Env, a *app.App, worker, token string, asJSON bool) error {
	origin, _ := a.Config.Site()
	link := origin + "/enrol/" + token
	if asJSON {
		return json.NewEncoder(e.Stdout).Encode(map[string]string{"worker": worker, "link": link})
	}
	_, err := fmt.Fprintf(e.Stdout, "%s\n\nGood once, for three days. Whoever opens it first becomes this person here.\n", link)
	return err
}
