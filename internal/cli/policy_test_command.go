package cli

import (
	"bufio"
	"context"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/policy"
)

var policyTestCommand = command{
	name:  "policy test",
	args:  "DIR",
	short: "hold the policies against cases in text files",
	long: `
Asks the policies every case in the *.txt files of a directory and says where the
answer is another one. A case is a line:

  who | does | to | for | decision | rules

as in  case_manager assigned | note.read | note | treatment | allow | treating-worker-views

who is a role, or service:NAME, then what holds: relations, glass:CLASS+CLASS,
author, own, stepped_up, state:draft, state:signed. does, to and for are actions,
field classes and purposes with commas; "every" is all classes, "ordinary" the
chart without specially protected ones, "office" workforce and program, "any" all
purposes. decision is allow, deny, or the classes that are allowed. rules are the
ids of those that decided, a ! before those that refused, - for none, empty for
whichever. A line that begins with # is for people.

  caseward policy test internal/policy/testdata/cases
`,
	setup: func(*flag.FlagSet) func(context.Context, *Env, []string) error {
		return func(_ context.Context, e *Env, args []string) error {
			if len(args) != 1 {
				return usagef("name one directory of cases")
			}
			p, err := policy.New()
			if err != nil {
				return err
			}
			files, err := filepath.Glob(filepath.Join(args[0], "*.txt"))
			if err != nil || len(files) == 0 {
				return usagef("there are no *.txt files in %s", args[0])
			}
			asked, wrong := 0, 0
			for _, name := range files {
				if filepath.Base(name) == "README.txt" {
					continue
				}
				n, bad, err := cases(e, p, name)
				if err != nil {
					return err
				}
				asked, wrong = asked+n, wrong+bad
			}
			fmt.Fprintf(e.Stdout, "%d cases, %d otherwise than expected\n", asked, wrong)
			if wrong > 0 {
				return errFaults
			}
			return nil
		}
	},
}

func cases(e *Env, p *policy.Engine, name string) (asked, wrong int, err error) {
	f, err := os.Open(name)
	if err != nil {
		return 0, 0, err
	}
	defer f.Close()
	s := bufio.NewScanner(f)
	for n := 1; s.Scan(); n++ {
		text := strings.TrimSpace(s.Text())
		if text == "" || strings.HasPrefix(text, "#") {
			continue
		}
		where := fmt.Sprintf("%s:%d", filepath.Base(name), n)
		qs, decision, rules, err := readCase(text)
		if err != nil {
			return asked, wrong, fmt.Errorf("%s: %w", where, err)
		}
		for _, q := range qs {
			asked++
			a := p.Decide(q)
			want := q.Classes
			switch decision {
			case "allow":
			case "deny":
				want = 0
			default:
				if want, err = classes(decision); err != nil {
					return asked, wrong, fmt.Errorf("%s: %w", where, err)
				}
			}
			got := slices.Clone(a.Permits)
			for _, r := range a.Forbids {
				got = append(got, "!"+r)
			}
			if len(got) == 0 {
				got = []string{"-"}
			}
			if a.Allowed != want || (rules != "" && strings.Join(got, ", ") != rules) {
				wrong++
				fmt.Fprintf(e.Stdout, "%s: %s for %s: allowed %q by %s, expected %q by %s\n", where, q.Action, q.Purpose, a.Allowed, strings.Join(got, ", "), want, rules)
			}
		}
	}
	return asked, wrong, s.Err()
}

// readCase reads a line into the questions it stands for.
func readCase(text string) (qs []policy.Question, decision, rules string, err error) {
	cols := strings.Split(text, "|")
	if len(cols) != 6 {
		return nil, "", "", usagef("a case has six columns, this has %d", len(cols))
	}
	for i := range cols {
		cols[i] = strings.TrimSpace(cols[i])
	}
	words := strings.Fields(cols[0])
	if len(words) == 0 {
		return nil, "", "", usagef("nobody asks")
	}
	base := policy.Question{Role: actor.Role(words[0])}
	if name, ok := strings.CutPrefix(words[0], "service:"); ok {
		base.Role, base.Service = actor.Service, name
	}
	for _, w := range words[1:] {
		switch {
		case w == "author":
			base.Author = true
		case w == "own":
			base.Own = true
		case w == "named":
			base.Named = true
		case w == "stepped_up":
			base.SteppedUp = true
		case strings.HasPrefix(w, "state:"):
			base.State = strings.TrimPrefix(w, "state:")
		case strings.HasPrefix(w, "glass:"):
			if base.Glass, err = classes(strings.ReplaceAll(strings.TrimPrefix(w, "glass:"), "+", ",")); err != nil {
				return nil, "", "", err
			}
		case strings.HasPrefix(w, "lacks:"):
			for l := range strings.SplitSeq(strings.TrimPrefix(w, "lacks:"), "+") {
				if !policy.KnownLack(policy.Lack(l)) {
					return nil, "", "", usagef("%q is nothing that can be lacked", l)
				}
				base.Lacks |= policy.Lacking(policy.Lack(l))
			}
		case policy.KnownRelation(policy.Relation(w)):
			base.Relations |= policy.Rel(policy.Relation(w))
		default:
			return nil, "", "", usagef("%q is nothing that can hold", w)
		}
	}
	if base.Classes, err = classes(cols[2]); err != nil {
		return nil, "", "", err
	}
	var purposes []actor.Purpose
	for _, p := range strings.Split(cols[3], ",") {
		if p = strings.TrimSpace(p); p == "any" {
			purposes = append(purposes, append(actor.Purposes(), actor.Emergency, actor.Upkeep)...)
		} else {
			purposes = append(purposes, actor.Purpose(p))
		}
	}
	for _, a := range strings.Split(cols[1], ",") {
		if a = strings.TrimSpace(a); !slices.Contains(policy.Actions(), a) {
			return nil, "", "", usagef("there is no action %q", a)
		}
		for _, p := range purposes {
			q := base
			q.Action, q.Purpose = a, p
			qs = append(qs, q)
		}
	}
	return qs, cols[4], cols[5], nil
}

// classes reads a column of field classes.
func classes(s string) (policy.ClassSet, error) {
	var out policy.ClassSet
	for _, name := range strings.Split(s, ",") {
		switch name = strings.TrimSpace(name); name {
		case "every":
			out |= policy.AllClasses()
		case "office":
			out |= policy.Set(policy.Workforce, policy.Program)
		case "ordinary":
			out |= policy.AllClasses() &^ policy.Set(policy.SSN, policy.Psychotherapy, policy.SUD, policy.SUDCounselling)
		default:
			if !policy.Known(policy.Class(name)) {
				return 0, usagef("there is no field class %q", name)
			}
			out |= policy.Set(policy.Class(name))
		}
	}
	return out, nil
}
