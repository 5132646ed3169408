package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/app"
	"caseward/internal/inspect"
	"caseward/internal/policy"
)

var policyExplainCommand = command{
	name:  "policy explain",
	short: "say why somebody could or couldn't",
	long: `
Answers a question to the policies, class by class: whether it is allowed, by
which rules, and if not, what would turn the answer.

With --role or --service it looks at no data: who stands how to whom is given.
With --worker it looks up how that person stands to a client, and what they lack
of what their role must hold, now or at any past moment (--at): by the facts that
held at that moment, and the rules of this program. --role is then the role they
had at that moment, if it is another than today's. That somebody asked is an entry
of the log.

  caseward policy explain --role case_manager --action note.read --class note
  caseward policy explain --role case_manager --relation assigned --action client.read --class ssn
  caseward policy explain --service import --action client.create
  caseward policy explain --data D --passphrase-file F --worker ann@example.org \
    --client C-20417 --action note.read --class note --at 2026-11-03T09:12:00Z
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
		d := dataFlags(f)
		person := f.String("worker", "", "who asks, by `id` or mail address")
		about := f.String("client", "", "with --worker: the `client`, by number or id")
		at := f.String("at", "", "with --worker: the `time`, as 2026-11-01T09:00:00Z; now if none is given")
		role := f.String("role", "", "the `role` that asks: "+roles())
		service := f.String("service", "", "a named `service` that asks, instead of a role")
		purpose := f.String("purpose", "treatment", "the `purpose` of use")
		action := f.String("action", "", "the `action`, as note.read")
		state := f.String("state", "", "the record's `state`: draft or signed")
		author := f.Bool("author", false, "the asker wrote the record")
		own := f.Bool("own", false, "the record is about the asker")
		named := f.Bool("offered", false, "this very record is offered to the asker")
		stepped := f.Bool("stepped-up", false, "the asker has just proved again who they are")
		var classes, relations, glass list
		f.Var(&classes, "class", "a field `class`; may be given more than once; all if none is")
		f.Var(&relations, "relation", "a `relation` of the asker to the client; may be given more than once")
		f.Var(&glass, "glass", "a `class` that an emergency grant covers; may be given more than once")
		asJSON := f.Bool("json", false, "print each class as one JSON object on its own line")
		return func(ctx context.Context, e *Env, _ []string) error {
			p, err := policy.New()
			if err != nil {
				return err
			}
			q := policy.Question{
				Action: *action, Role: actor.Role(*role), Purpose: actor.Purpose(*purpose), State: *state,
				Author: *author, Own: *own, Named: *named, SteppedUp: *stepped,
			}
			if *service != "" {
				q.Role, q.Service, q.Purpose = actor.Service, *service, actor.Upkeep
			}
			switch {
			case *person == "" && (*role == "") == (*service == ""):
				return usagef("give either --role or --service, or --worker")
			case *person != "" && (*service != "" || *author || *named || *stepped || len(relations)+len(glass) > 0):
				return usagef("with --worker, how they stand is looked up")
			case *person == "" && *about+*at != "":
				return usagef("--client and --at go with --worker")
			case *role != "" && !slices.Contains(actor.Roles(), q.Role):
				return usagef("--role is one of %s", roles())
			case *service != "" && !slices.Contains(policy.Services(), *service):
				return usagef("--service is one of %v", policy.Services())
			case !slices.Contains(policy.Actions(), *action):
				return usagef("there is no action %q; caseward policy list --json names them", *action)
			}
			if q.Classes, err = classSet(classes); err != nil {
				return err
			}
			if len(classes) == 0 {
				q.Classes = policy.AllClasses()
			}
			if *person != "" {
				ask := inspect.Ask{Role: q.Role, Purpose: q.Purpose, Action: q.Action, State: q.State, Own: *own, Classes: q.Classes}
				if ask.At, err = when(*at, e.Clock.Now()); err != nil {
					return usagef("--at is a day, a time or how long ago: 2026-11-01, 2026-11-01T09:00:00Z, 24h")
				}
				if ask.At.After(e.Clock.Now()) {
					return usagef("--at is in the future: what will hold then is not known")
				}
				return d.with(ctx, e, func(a *app.App) error { return replay(ctx, e, a, *person, *about, ask, *asJSON) })
			}
			if q.Glass, err = classSet(glass); err != nil {
				return err
			}
			for _, r := range relations {
				if !policy.KnownRelation(policy.Relation(r)) {
					return usagef("--relation is one of %v", policy.AllRelations())
				}
				q.Relations |= policy.Rel(policy.Relation(r))
			}
			for _, x := range p.Explain(q) {
				if err := explained(e, x, *asJSON); err != nil {
					return err
				}
			}
			return nil
		}
	},
}

// replay answers for a person by the facts that held at a moment.
func replay(ctx context.Context, e *Env, a *app.App, person, about string, ask inspect.Ask, asJSON bool) error {
	var err error
	if ask.Worker, err = worker(ctx, a, person); err != nil {
		return err
	}
	s, err := a.Directory.Standing(ctx, ask.Worker)
	if err != nil {
		return err
	}
	if ask.Role == "" {
		ask.Role = s.Role
	}
	if about != "" {
		if ask.Subject, err = client(ctx, a, about); err != nil {
			return err
		}
	}
	reply, err := a.Inspect.Why(ctx, operator(e), ask)
	if err != nil {
		return err
	}
	if !asJSON {
		fmt.Fprintf(e.Stdout, "as %s; stands to the client: %s; lacks: %s\n", ask.Role, listed(reply.Relations.List()), listed(reply.Lacks.List()))
	}
	for _, x := range reply.Classes {
		if err := explained(e, x, asJSON); err != nil {
			return err
		}
	}
	return nil
}

// listed joins words; there being none is a word too.
func listed[T ~string](list []T) string {
	if len(list) == 0 {
		return "nothing"
	}
	out := make([]string, len(list))
	for i, x := range list {
		out[i] = string(x)
	}
	return strings.Join(out, ", ")
}

func classSet(names []string) (policy.ClassSet, error) {
	var s policy.ClassSet
	for _, n := range names {
		if !policy.Known(policy.Class(n)) {
			return 0, usagef("a class is one of %s", policy.AllClasses())
		}
		s |= policy.Set(policy.Class(n))
	}
	return s, nil
}

func explained(e *Env, x policy.ClassExplanation, asJSON bool) error {
	ids := func(rules []policy.Rule) []string {
		out := []string{}
		for _, r := range rules {
			out = append(out, r.ID)
		}
		return out
	}
	if asJSON {
		type way struct {
			Missing string   `json:"missing"`
			Rules   []string `json:"rules"`
		}
		ways := []way{}
		for _, w := range x.Ways {
			ways = append(ways, way{w.MissingOf("the asker"), ids(w.Rules)})
		}
		return json.NewEncoder(e.Stdout).Encode(map[string]any{"class": x.Class, "allowed": x.Allowed, "rules": ids(x.Rules), "why": x.WhyOf("the asker"), "ways": ways})
	}
	word := "no "
	if x.Allowed {
		word = "yes"
	}
	_, err := fmt.Fprintf(e.Stdout, "%s  %-16s %s\n", word, x.Class, x.WhyOf("the asker"))
	for _, r := range x.Rules {
		fmt.Fprintf(e.Stdout, "       %s\n", r.ID)
	}
	for _, w := range x.Ways[:min(len(x.Ways), 4)] {
		fmt.Fprintf(e.Stdout, "       otherwise: %s %v\n", w.MissingOf("the asker"), ids(w.Rules))
	}
	return err
}
