package cli

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/policy"
)

var policyExplainCommand = command{
	name:  "policy explain",
	short: "say why somebody could or couldn't",
	long: `
Answers a question to the policies, class by class: whether it is allowed, by
which rules, and if not, what would turn the answer. It looks at no data; who
stands how to whom is given.

  caseward policy explain --role case_manager --action note.read --class note
  caseward policy explain --role case_manager --relation assigned --action client.read --class ssn
  caseward policy explain --service import --action client.create
`,
	setup: func(f *flag.FlagSet) func(context.Context, *Env, []string) error {
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
		return func(_ context.Context, e *Env, _ []string) error {
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
			case (*role == "") == (*service == ""):
				return usagef("give either --role or --service")
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
