package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/app"
	"caseward/internal/program/rights"
)

var rightsUnusedCommand = command{
	name:  "rights unused",
	short: "list the rights that nobody uses",
	long: `
Lists, for each role, the rights that nobody in it used in the last days, and for each
person who works here how many of their role's they did not use. It is counted from the
log; that somebody asked is an entry of it. What everybody may do is left out. What is
seldom needed by its nature, as breaking the glass, is not listed as unused.

  caseward rights unused --data D --passphrase-file F
  caseward rights unused --data D --passphrase-file F --days 180 --role supervisor --json
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		days := f.Int("days", 0, "how many `days` are looked back: 30, 90, 180 or what the agency set, which it is otherwise")
		role := f.String("role", "", "only this `role`: "+roles())
		asJSON := f.Bool("json", false, "print all of it as one JSON object")
		return func(ctx context.Context, e *Env, _ []string) error {
			switch {
			case *role != "" && !slices.Contains(actor.Roles(), actor.Role(*role)):
				return usagef("--role is one of %s", roles())
			}
			return d.with(ctx, e, func(a *app.App) error {
				if all, err := a.Rights.Windows(ctx); err != nil {
					return err
				} else if *days != 0 && !slices.Contains(all, *days) {
					return usagef("--days is one of %v", all)
				}
				of, err := a.Rights.All(ctx, operator(e), *days, actor.Role(*role))
				if err != nil {
					return err
				}
				if *asJSON {
					return json.NewEncoder(e.Stdout).Encode(unusedOf(of))
				}
				return unusedOut(e, of)
			})
		}
	},
}

// unusedRights is what --json prints.
type unusedRights struct {
	Days   int            `json:"days"`
	Since  time.Time      `json:"since"`
	Full   bool           `json:"full"` // the agency is here for all of these days
	Roles  []unusedRole   `json:"roles"`
	People []unusedPerson `json:"people"`
}

type unusedRole struct {
	Role   actor.Role    `json:"role"`
	People int           `json:"people"`
	Rights int           `json:"rights"`
	Unused []unusedRight `json:"unused"`
}

type unusedRight struct {
	Right    string   `json:"right"`
	English  string   `json:"english"`
	Cites    []string `json:"cites"`
	Practice bool     `json:"practice"`
}

type unusedPerson struct {
	Worker   string     `json:"worker"`
	Role     actor.Role `json:"role"`
	Rights   int        `json:"rights"`
	Unused   []string   `json:"unused"`
	New      bool       `json:"new"`
	Narrower actor.Role `json:"narrower,omitempty"`
}

func unusedOf(of rights.Report) unusedRights {
	out := unusedRights{Days: of.Days, Since: of.Since, Full: !of.Young, People: []unusedPerson{}}
	for _, x := range of.Roles {
		r := unusedRole{Role: x.Role, People: len(x.People), Rights: len(x.Rights), Unused: []unusedRight{}}
		for _, u := range x.Unused() {
			r.Unused = append(r.Unused, unusedRight{u.ID, u.English, u.Cites, !u.Law})
		}
		out.Roles = append(out.Roles, r)
	}
	for _, x := range of.People {
		p := unusedPerson{Worker: x.Worker, Role: x.Role, Rights: len(x.Rights), Unused: []string{}, New: x.New, Narrower: x.Narrower}
		for _, u := range x.Unused() {
			p.Unused = append(p.Unused, u.ID)
		}
		out.People = append(out.People, p)
	}
	return out
}

func unusedOut(e *Env, of rights.Report) error {
	fmt.Fprintf(e.Stdout, "in the last %d days, since %s\n", of.Days, of.Since.Format(time.DateOnly))
	if of.Young {
		fmt.Fprintln(e.Stdout, "the agency has been here for less: that something was not used yet says little")
	}
	for _, x := range of.Roles {
		fmt.Fprintf(e.Stdout, "%s: %d people, %d rights, %d used by nobody\n", x.Role, len(x.People), len(x.Rights), len(x.Unused()))
		if len(x.People) == 0 {
			continue // there is nobody who could have used one
		}
		for _, u := range x.Unused() {
			fmt.Fprintf(e.Stdout, "  %s (%s)\n      %s\n", u.ID, strings.Join(u.Cites, "; "), u.English)
		}
	}
	for _, x := range of.People {
		says := ""
		switch {
		case x.New:
			says = "; new here"
		case !x.Used():
			says = "; used none"
		case x.Narrower != "":
			says = "; " + string(x.Narrower) + " has all that was used"
		}
		fmt.Fprintf(e.Stdout, "%s, %s: %d of %d not used%s\n", x.Worker, x.Role, len(x.Unused()), len(x.Rights), says)
	}
	return nil
}
