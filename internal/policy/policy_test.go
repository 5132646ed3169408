package policy

import (
	"errors"
	"fmt"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/law"
)

func TestRules(t *testing.T) {
	e := engine(t)
	t.Run("every rule says in one sentence what it does, and why", func(t *testing.T) {
		for _, r := range e.Rules() {
			if strings.Count(r.English, ". ") > 0 || len(r.English) > 240 {
				t.Errorf("%s: %q is not one readable sentence", r.ID, r.English)
			}
			if len(r.Actions) == 0 || r.Text == "" || r.Theme == "" {
				t.Errorf("%s lacks something: %+v", r.ID, r)
			}
		}
	})
	t.Run("every citation is one the law package lists, and a rule of law cites law", func(t *testing.T) {
		for _, r := range e.Rules() {
			for _, c := range r.Cites {
				if c != law.Practice && !law.Known(c) {
					t.Errorf("%s cites %q", r.ID, c)
				}
				if c == law.Practice && (r.Law || len(r.Cites) > 1) {
					t.Errorf("%s cites %q beside law", r.ID, c)
				}
			}
		}
	})
	t.Run("every action is spoken of by some permit", func(t *testing.T) {
		for _, a := range Actions() {
			if !slices.ContainsFunc(e.Rules(), func(r Rule) bool { return !r.Forbids && slices.Contains(r.Actions, a) }) {
				t.Errorf("nobody may ever %s", a)
			}
			if e.English(a) == "" {
				t.Errorf("%s has no English", a)
			}
		}
	})
	t.Run("the rules come by theme in the order written, and are the caller's to change", func(t *testing.T) {
		rules := e.Rules()
		if !slices.IsSortedFunc(rules, func(a, b Rule) int {
			return strings.Compare(fmt.Sprintf("%s %03d", a.Theme, a.Position), fmt.Sprintf("%s %03d", b.Theme, b.Position))
		}) {
			t.Error("not in order")
		}
		rules[0].Actions[0], rules[0].Cites[0] = "x", "x"
		if again := e.Rules(); again[0].Actions[0] == "x" || again[0].Cites[0] == "x" {
			t.Error("the engine's own memory was handed out")
		}
	})
	t.Run("a rule is found by its id, another is not", func(t *testing.T) {
		if r, ok := e.Rule("step-up"); !ok || r.ID != "step-up" || !r.Forbids {
			t.Errorf("step-up is %+v, %v", r, ok)
		}
		if _, ok := e.Rule("no-such-rule"); ok {
			t.Error("found what does not exist")
		}
	})
	t.Run("the version is one hash, the same for the same files and no other", func(t *testing.T) {
		if v := engine(t).Version(); v != e.Version() || len(v) != 64 {
			t.Errorf("version %q, then %q", e.Version(), v)
		}
		changed := maps.Clone(files(t))
		changed["everyone.cedar"] += "\n"
		other, err := load(changed, strictly)
		if err != nil {
			t.Fatal(err)
		}
		if other.Version() == e.Version() {
			t.Error("a changed file kept the version")
		}
	})
	t.Run("services are those the program names", func(t *testing.T) {
		if d := cmp.Diff([]string{Import, Demo, Operator, Sequencer, Notifier, Authn, Scanner, HouseholdKeeper, Trainer, Calendar, Counterparty, Provisioner, Counter}, Services()); d != "" {
			t.Error(d)
		}
	})
}

// A broken policy must stop the program at start, and say which and why.
func TestLoadRefuses(t *testing.T) {
	const head = `@id("a-rule") @english("A rule.") @cite("agency practice") @basis("practice") `
	for name, tc := range map[string]struct{ file, text, want string }{
		"a schema that cannot be read":        {schemaFile, "entity", schemaFile},
		"a schema that names an unknown type": {schemaFile, "entity Role in [Nothing];", schemaFile},
		"a policy that cannot be read":        {"x.cedar", "permit", "x.cedar"},
		"a rule without an id":                {"x.cedar", `@english("A.") @cite("c") @basis("law") permit(principal, action, resource);`, "@id"},
		"a rule without a sentence":           {"x.cedar", `@id("a") @cite("c") @basis("law") permit(principal, action, resource);`, "@english"},
		"a rule without a citation":           {"x.cedar", `@id("a") @english("A.") @cite(" ; ") @basis("law") permit(principal, action, resource);`, "@cite"},
		"a rule that is neither law nor ours": {"x.cedar", `@id("a") @english("A.") @cite("c") permit(principal, action, resource);`, "@basis"},
		"two rules of one id":                 {"x.cedar", head + "permit(principal, action, resource);" + head + "forbid(principal, action, resource);", "two rules"},
		"an unknown role in the scope":        {"x.cedar", head + `permit(principal == Role::"nobody", action, resource);`, `Role::"nobody"`},
		"an unknown role behind is":           {"x.cedar", head + `permit(principal is Role in Role::"nobody", action, resource);`, `Role::"nobody"`},
		"an unknown class in the scope":       {"x.cedar", head + `forbid(principal, action, resource in Class::"nothing");`, `Class::"nothing"`},
		"an unknown action":                   {"x.cedar", head + `permit(principal, action == Action::"note.burn", resource);`, `Action::"note.burn"`},
		"an unknown action in a list":         {"x.cedar", head + `permit(principal, action in [Action::"note.read", Action::"note.burn"], resource);`, `Action::"note.burn"`},
		"an unknown purpose in a condition":   {"x.cedar", head + `permit(principal, action, resource) when { context.purpose == Purpose::"fun" };`, `Purpose::"fun"`},
		"an unknown relation in a list":       {"x.cedar", head + `permit(principal, action, resource) when { context.relations.containsAny([Relation::"friend"]) };`, `Relation::"friend"`},
		"an unknown type":                     {"x.cedar", head + `permit(principal == User::"alice", action, resource);`, `User::"alice"`},
		"a state no rule may look for":        {"x.cedar", head + `permit(principal, action, resource) when { context.state == "singed" };`, `"singed"`},
		"a condition the schema knows not":    {"x.cedar", head + `permit(principal, action, resource) when { context.purpsoe == Purpose::"legal" };`, "a-rule"},
		"a condition that is not yes or no":   {"x.cedar", head + `permit(principal, action, resource) when { context.state };`, "a-rule"},
		"a group of actions that has none":    {"x.cedar", head + `permit(principal, action == Action::"chart.view", resource);`, "a-rule"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := maps.Clone(files(t))
			broken[tc.file] = tc.text
			_, err := load(broken, strictly)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that names %s", err, tc.want)
			}
		})
	}
	schema := files(t)[schemaFile]
	for name, tc := range map[string]struct{ old, new, want string }{
		"a role the program has not":     {`"auditor"`, `"auditor", "wizard"`, "wizard"},
		"a class missing in the schema":  {`"household", "flags"`, `"flags"`, "Class"},
		"an action without its sentence": {"@english(\"find cases\")\n", "", "case.find"},
	} {
		t.Run(name, func(t *testing.T) {
			broken := maps.Clone(files(t))
			broken[schemaFile] = strings.Replace(schema, tc.old, tc.new, 1)
			if broken[schemaFile] == schema {
				t.Fatal("nothing was changed")
			}
			_, err := load(broken, strictly)
			if err == nil || !strings.Contains(err.Error(), tc.want) {
				t.Errorf("error %v, want one that names %s", err, tc.want)
			}
		})
	}
}

func files(t *testing.T) map[string]string {
	t.Helper()
	f, err := readFiles(embedded)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestPoliciesThatAreNotThere(t *testing.T) {
	t.Run("no folder", func(t *testing.T) {
		if _, err := loadFrom(fstest.MapFS{}); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("error %v", err)
		}
	})
	t.Run("a file that cannot be read", func(t *testing.T) {
		dir := fstest.MapFS{"policies/x.cedar": {Mode: fs.ModeDir}}
		if _, err := loadFrom(dir); err == nil {
			t.Error("loaded")
		}
	})
	t.Run("the program stops over policies that are wrong", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("it went on")
			}
		}()
		must(loadFrom(fstest.MapFS{}))
	})
}

// with makes an engine that has one more file of policies.
func with(t *testing.T, text string) *Engine {
	t.Helper()
	more := maps.Clone(files(t))
	more["more.cedar"] = text
	e, err := load(more, strictly)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestDecide(t *testing.T) {
	ask := Question{
		Action: "note.read", Role: actor.CaseManager, Purpose: actor.Treatment,
		Relations: Rel(Assigned), Classes: Set(Note),
	}
	t.Run("a rule that cannot be evaluated refuses, be it a forbid or a permit", func(t *testing.T) {
		for _, effect := range []string{"forbid", "permit"} {
			e := with(t, `@id("broken") @english("A rule.") @cite("agency practice") @basis("practice") `+effect+
				`(principal, action == Action::"note.read", resource == Class::"note") when { 9223372036854775807 + 1 > 0 };`)
			want := Answer{Allowed: Set(Plan), Permits: []string{"treating-worker-views"}, Forbids: []string{"broken"}}
			q := ask
			q.Classes = Set(Note, Plan)
			if d := cmp.Diff(want, e.Decide(q)); d != "" {
				t.Errorf("%s: %s", effect, d)
			}
			if x := e.Explain(ask)[0]; x.Allowed || len(x.Rules) != 1 || x.Rules[0].ID != "broken" {
				t.Errorf("%s: explained as %+v", effect, x)
			}
		}
	})
	t.Run("what does not exist is refused", func(t *testing.T) {
		e := engine(t)
		for name, change := range map[string]func(*Question){
			"action":                  func(q *Question) { q.Action = "note.burn" },
			"group of actions":        func(q *Question) { q.Action = "chart.view" },
			"no action":               func(q *Question) { q.Action = "" },
			"role":                    func(q *Question) { q.Role = "janitor" },
			"no role":                 func(q *Question) { q.Role = "" },
			"purpose":                 func(q *Question) { q.Purpose = "curiosity" },
			"no purpose":              func(q *Question) { q.Purpose = "" },
			"service":                 func(q *Question) { q.Role, q.Service = actor.Service, "cron" },
			"service without a name":  func(q *Question) { q.Role = actor.Service },
			"person with a service":   func(q *Question) { q.Service = Import },
			"class":                   func(q *Question) { q.Classes |= 1 << 31 },
			"class in a grant":        func(q *Question) { q.Glass = 1 << 31 },
			"relation":                func(q *Question) { q.Relations |= 1 << 15 },
			"a relation of a service": func(q *Question) { q.Role, q.Service, q.Relations = actor.Service, "CaseManager", AllRels() },
		} {
			q := ask
			change(&q)
			if a := e.Decide(q); a.OK() {
				t.Errorf("%s: %+v", name, a)
			}
			for _, x := range e.Explain(q) {
				if x.Allowed {
					t.Errorf("%s: explained as allowed", name)
				}
			}
		}
		if e.kept.len() != 0 {
			t.Errorf("%d answers to nonsense were kept", e.kept.len())
		}
	})
	t.Run("to ask for nothing is to be allowed nothing", func(t *testing.T) {
		q := ask
		q.Classes = 0
		if a := engine(t).Decide(q); a.OK() || len(a.Permits)+len(a.Forbids) > 0 {
			t.Errorf("%+v", a)
		}
	})
	t.Run("an answer's ids are sorted, once each, and appending to them changes nobody else's", func(t *testing.T) {
		e := engine(t)
		q := Question{Action: "client.read", Role: actor.Supervisor, Purpose: actor.Treatment,
			Relations: Rel(Assigned, Supervises), Classes: Set(Identity, Contact, Note)}
		a := e.Decide(q)
		if d := cmp.Diff([]string{"supervisor-views", "treating-worker-views"}, a.Permits); d != "" {
			t.Error(d)
		}
		_ = append(a.Permits, "x")
		if d := cmp.Diff(a, e.Decide(q)); d != "" {
			t.Error(d)
		}
	})
}

// The index by action is a short cut: Cedar given every policy as it is written
// must say the same.
func TestIndexChangesNoAnswer(t *testing.T) {
	e := engine(t)
	whole := cedar.PolicyMap{}
	for _, r := range e.rules {
		whole[cedar.PolicyID(r.ID)] = r.policy
	}
	same := func(q Question) {
		req, ok := request(q)
		if !ok {
			t.Fatalf("no request: %+v", q)
		}
		for _, c := range q.Classes.List() {
			req.Resource = types.NewEntityUID(typeClass, types.String(c))
			decision, why := cedar.Authorize(whole, e.entities, req)
			var want []string
			for _, r := range why.Reasons {
				want = append(want, string(r.PolicyID))
			}
			slices.Sort(want)
			allowed, got := e.ask(q, c)
			slices.Sort(got)
			if allowed != bool(decision) || !slices.Equal(got, want) {
				t.Fatalf("%+v, %s: %v by %v, without the index %v by %v", q, c, allowed, got, decision, want)
			}
		}
	}
	for _, r := range readCases(t) {
		for _, q := range r.cases {
			same(q)
		}
	}
	r := rand.New(rand.NewPCG(19, 23))
	for range 1000 {
		same(random(r))
	}
}

// AllRels is every relation at once.
func AllRels() Relations { return allRelations }

func TestVia(t *testing.T) {
	e := engine(t)
	for name, tc := range map[string]struct {
		q      Question
		always bool
		rels   Relations
	}{
		"a case manager finds clients by relation": {
			Question{Action: "client.find", Role: actor.CaseManager, Purpose: actor.Treatment, Classes: Set(Identity)},
			false, Rel(Assigned, CareTeam, Covering, BreakGlass, Offered, Attends)},
		"a supervisor also by supervising": {
			Question{Action: "note.find", Role: actor.Supervisor, Purpose: actor.Treatment, Classes: Set(Note)},
			false, Rel(Assigned, CareTeam, Covering, Supervises, BreakGlass)},
		"a grant opens nothing for payment": {
			Question{Action: "client.find", Role: actor.CaseManager, Purpose: actor.Payment, Classes: Set(Identity)},
			false, Rel(Assigned, CareTeam, Covering, Supervises)},
		"a program manager by managing": {
			Question{Action: "case.find", Role: actor.ProgramManager, Purpose: actor.Operations, Classes: Set(Case)},
			false, Rel(Manages)},
		"intake finds anybody": {
			Question{Action: "client.find", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Identity)},
			true, AllRels()},
		"an administrator finds nobody": {
			Question{Action: "client.find", Role: actor.Administrator, Purpose: actor.Treatment, Classes: AllClasses()},
			false, 0},
		"relations the question already has are not looked at": {
			Question{Action: "client.find", Role: actor.CaseManager, Purpose: actor.Operations, Relations: AllRels(), Glass: AllClasses(), Classes: Set(Identity)},
			false, Rel(Assigned, CareTeam, Covering, Offered, Attends)},
	} {
		t.Run(name, func(t *testing.T) {
			always, rels := e.Via(tc.q)
			if always != tc.always || rels != tc.rels {
				t.Errorf("%v %v, want %v %v", always, rels.List(), tc.always, tc.rels.List())
			}
		})
	}
}

func TestExplain(t *testing.T) {
	e := engine(t)
	for name, tc := range map[string]struct {
		q      Question
		name   string
		want   string
		ways   []string
		refuse string
	}{
		"no relation": {
			q:    Question{Action: "note.read", Role: actor.CaseManager, Purpose: actor.Treatment, Classes: Set(Note)},
			want: "You are not assigned to this client, on the care team or standing in.",
			ways: []string{"relation", "break_glass"}},
		"no relation, of somebody else": {
			q: Question{Action: "note.read", Role: actor.CaseManager, Purpose: actor.Treatment, Classes: Set(Note)}, name: "Dana Reyes",
			want: "Dana Reyes is not assigned to this client, on the care team or standing in.",
			ways: []string{"relation", "break_glass"}},
		"no relation, for a supervisor": {
			q:    Question{Action: "note.read", Role: actor.Supervisor, Purpose: actor.Treatment, Classes: Set(Note)},
			want: "You are not assigned to this client, on the care team, standing in or supervising.",
			ways: []string{"relation", "break_glass"}},
		"not of the program": {
			q:    Question{Action: "case.assign", Role: actor.ProgramManager, Purpose: actor.Operations, Classes: Set(Case)},
			want: "You are not managing the program.",
			ways: []string{"relation"}},
		"wrong purpose": {
			q:    Question{Action: "note.read", Role: actor.CaseManager, Purpose: actor.Payment, Relations: Rel(Assigned), Classes: Set(Note)},
			want: "The purpose is not treatment, operations, individual or legal.",
			ways: []string{"purpose", "break_glass"}},
		"step-up": {
			q:    Question{Action: "glass.break", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Case)},
			want: "You have not proved again, a moment ago, who you are.",
			ways: []string{"step_up"}, refuse: "step-up"},
		"step-up, of somebody else": {
			q: Question{Action: "glass.break", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Case)}, name: "Dana Reyes",
			want: "Dana Reyes has not proved again, a moment ago, who it is.",
			ways: []string{"step_up"}, refuse: "step-up"},
		"two things missing": {
			q:    Question{Action: "client.read", Role: actor.CaseManager, Purpose: actor.Treatment, Classes: Set(SSN)},
			want: "You have not proved again, a moment ago, who you are, and you are not assigned to this client, on the care team, standing in or supervising.",
			ways: []string{"step_up+relation", "purpose+relation", "break_glass", "role"}},
		"many purposes with many relations are one way": {
			q:    Question{Action: "note.read", Role: actor.Supervisor, Purpose: actor.Oversight, Classes: Set(Note)},
			want: "The purpose is not treatment, operations, individual or legal, and you are not assigned to this client, on the care team, standing in or supervising.",
			ways: []string{"purpose+relation", "break_glass", "role"}},
		"step-up and role": {
			q:    Question{Action: "client.erase", Role: actor.Intake, Purpose: actor.Operations, Classes: Set(Identity)},
			want: "You have not proved again, a moment ago, who you are, and you do not work as privacy officer.",
			ways: []string{"step_up+role"}, refuse: "step-up"},
		"another role, of somebody else": {
			q: Question{Action: "log.find", Role: actor.CaseManager, Purpose: actor.Oversight, Classes: Set(Program)}, name: "Dana Reyes",
			want: "Dana Reyes does not work as privacy officer, security officer or auditor.",
			ways: []string{"role"}},
		"somebody else's draft": {
			q:    Question{Action: "note.sign", Role: actor.CaseManager, Purpose: actor.Treatment, State: Draft, Classes: Set(Note)},
			want: "You did not write this.",
			ways: []string{"author"}},
		"a signed note": {
			q:    Question{Action: "note.change", Role: actor.CaseManager, Purpose: actor.Treatment, State: Signed, Author: true, Classes: Set(Note)},
			want: "The record is not a draft.",
			ways: []string{"state"}},
		"an addendum to a draft": {
			q:    Question{Action: "note.addend", Role: actor.CaseManager, Purpose: actor.Treatment, Relations: Rel(Assigned), State: Draft, Classes: Set(Note)},
			want: "The record is not signed or imported.",
			ways: []string{"state"}},
		"somebody else's session": {
			q:    Question{Action: "session.revoke", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Program)},
			want: "This is not about you.",
			ways: []string{"own", "role"}},
		"somebody else's session, of somebody else": {
			q: Question{Action: "session.revoke", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Program)}, name: "Dana Reyes",
			want: "This is not about Dana Reyes.",
			ways: []string{"own", "role"}},
		"judging one's own grant": {
			q:    Question{Action: "glass.review", Role: actor.PrivacyOfficer, Purpose: actor.Oversight, Own: true, Classes: Set(Case)},
			want: "This is about you.",
			ways: []string{"own"}, refuse: "glass-not-own-judge"},
		"a rule against which nothing helps": {
			q:      Question{Action: "document.read", Role: actor.Administrator, Purpose: actor.Upkeep, Classes: Set(Psychotherapy)},
			want:   "An administrator runs the system and sees nothing about any client. A psychotherapy note is used only by whoever wrote it, to treat the client; anybody else needs the client's authorization, or an emergency grant because of a serious and imminent threat.",
			refuse: "administrator-no-phi"},
		"nothing helps and nothing forbids": {
			q:    Question{Action: "client.read", Role: actor.Service, Service: Notifier, Purpose: actor.Upkeep, Classes: Set(Identity)},
			want: "No rule allows this."},
		"allowed": {
			q:    Question{Action: "staff.find", Role: actor.Intake, Purpose: actor.Treatment, Classes: Set(Workforce)},
			want: "Everybody sees who works here and in which role."},
	} {
		t.Run(name, func(t *testing.T) {
			x := e.Explain(tc.q)
			if len(x) != 1 || x[0].Allowed != e.Decide(tc.q).OK() {
				t.Fatalf("explained as %+v", x)
			}
			got := x[0].WhyOf(tc.name)
			if tc.name == "" {
				got = x[0].Why()
			}
			if got != tc.want {
				t.Errorf("said  %s\nwant  %s", got, tc.want)
			}
			var kinds []string
			for _, w := range x[0].Ways {
				var k []string
				for _, c := range w.Changes {
					k = append(k, string(c.Kind))
				}
				kinds = append(kinds, strings.Join(k, "+"))
				if len(w.Rules) == 0 || w.Missing() == "" {
					t.Errorf("%v: no rule would allow", w)
				}
			}
			if d := cmp.Diff(tc.ways, kinds); d != "" {
				t.Error(d)
			}
			if tc.refuse != "" && (len(x[0].Rules) == 0 || x[0].Rules[0].ID != tc.refuse) {
				t.Errorf("refused by %v, want %s", ruleIDs(x[0].Rules), tc.refuse)
			}
		})
	}
	t.Run("somebody who wrote it is told so when that is what refuses", func(t *testing.T) {
		c := Change{Kind: WayAuthor, Values: []string{"false"}}
		if got := (Way{Changes: []Change{c}}).Missing(); got != "You wrote this." {
			t.Error(got)
		}
		c = Change{Kind: WayOwn, Values: []string{"false"}}
		if got := (Way{Changes: []Change{c}}).MissingOf("Dana Reyes"); got != "This is about Dana Reyes." {
			t.Error(got)
		}
		c = Change{Kind: WayBreakGlass, Values: []string{"true"}}
		if got := (Way{Changes: []Change{c}}).MissingOf("Dana Reyes"); got != "Dana Reyes has not broken the glass for this." {
			t.Error(got)
		}
	})
	t.Run("each way really turns the answer", func(t *testing.T) {
		r := rand.New(rand.NewPCG(1, 2))
		for range 300 {
			q := random(r)
			for _, x := range e.Explain(q) {
				for _, w := range x.Ways {
					one := q
					for _, c := range w.Changes {
						for _, tr := range trials(q, x.Class) {
							if tr.kind == c.Kind && tr.value == c.Values[0] {
								one = tr.with(one)
							}
						}
					}
					one.Classes = Set(x.Class)
					if !e.Decide(one).OK() {
						t.Fatalf("%+v, %s: %s does not help", q, x.Class, w.Missing())
					}
				}
			}
		}
	})
}

// random makes a question that makes sense to Cedar, though to nobody else.
func random(r *rand.Rand) Question {
	acts := Actions()
	purposes := append(actor.Purposes(), actor.Emergency, actor.Upkeep)
	q := Question{
		Action:    acts[r.IntN(len(acts))],
		Role:      actor.Roles()[r.IntN(len(actor.Roles()))],
		Purpose:   purposes[r.IntN(len(purposes))],
		Relations: Relations(r.Uint32()) & allRelations,
		Glass:     ClassSet(r.Uint32()) & AllClasses(),
		Classes:   ClassSet(r.Uint32()) & AllClasses(),
		State:     append([]string{"", "closed"}, states[:]...)[r.IntN(2+len(states))],
		Author:    r.IntN(2) == 0,
		Own:       r.IntN(2) == 0,
		Named:     r.IntN(2) == 0,
		SteppedUp: r.IntN(2) == 0,
	}
	if r.IntN(4) == 0 {
		q.Role, q.Service = actor.Service, services[r.IntN(len(services))]
	}
	return q
}

// phi is every class about clients.
var phi = AllClasses() &^ Set(Workforce, Program)

// properties are what no policy may ever break, whatever the question.
func properties(t *testing.T, e *Engine, q Question) {
	t.Helper()
	a := e.Decide(q)
	fail := func(what string) { t.Errorf("%s: %+v allowed %s by %v", what, q, a.Allowed, a.Permits) }
	if !q.Classes.Contains(a.Allowed) {
		fail("more was allowed than asked")
	}
	if a.OK() != (len(a.Permits) > 0) {
		fail("allowed without a rule, or a rule without being allowed")
	}
	if q.Role == actor.Administrator && a.Allowed&phi != 0 {
		fail("an administrator got PHI")
	}
	if q.Role == actor.SecurityOfficer && a.Allowed&phi != 0 {
		fail("a security officer got PHI")
	}
	if q.Role == actor.Auditor && a.OK() && changing[q.Action] {
		fail("an auditor changed something")
	}
	if q.Role == actor.Auditor && a.Allowed&phi&^Set(Identity) != 0 {
		fail("an auditor saw more than who it is")
	}
	if q.Service != "" && a.OK() && !slices.Contains(serviceActions[q.Service], q.Action) {
		fail("a service did what it is not for")
	}
	// The keeper of households tells each record who lives there, and how they are
	// called, and no more.
	told := q.Service == HouseholdKeeper && (a.Allowed&phi&^Set(Household) == 0 || q.Action == "client.find" && a.Allowed == Set(Identity))
	// By a vendor's link, who is affected by an incident is said, and never read.
	told = told || q.Service == Counterparty && q.Action == "vendorreport.create" && a.Allowed&phi == Set(Identity)
	if q.Service != "" && q.Service != Import && q.Service != Demo && q.Service != Scanner && !told && a.Allowed&phi != 0 && q.Action != "client.erase" {
		fail("a service got PHI")
	}
	if q.Service == Scanner && a.Allowed&phi&^Set(Document, SUD) != 0 && (q.Action != "notice.create" || a.Allowed != Set(Case)) {
		fail("the scanner got more than documents")
	}
	if q.Action == "document.read" && (q.State == Received || q.State == Quarantined) && a.OK() {
		fail("a document in quarantine was opened")
	}
	content := q.Action != "client.erase" && q.Action != "note.create"
	emergency := q.Purpose == actor.Emergency && q.Relations.Has(BreakGlass) && q.Glass.Has(Psychotherapy)
	if a.Allowed.Has(Psychotherapy) && content && !q.Author && !emergency {
		fail("somebody else read a psychotherapy note")
	}
	if a.Allowed.Has(SUDCounselling) && content && !q.Author {
		fail("somebody else read a counseling note")
	}
	if q.Service == "" && a.Allowed&Set(SUD, SUDCounselling) != 0 && q.Purpose == actor.Legal && strings.HasSuffix(q.Action, ".read") && !q.Author {
		fail("substance use records were used in proceedings")
	}
	if q.Action == "glass.review" && q.Own && a.OK() {
		fail("somebody judged their own grant")
	}
	if q.Action == "clearance.record" && q.Own && a.OK() {
		fail("somebody cleared themselves")
	}
	if slices.Contains([]string{"committee_decision.settle", "committee_decision.drop"}, q.Action) && q.Own && a.OK() {
		fail("somebody settled a decision of their own")
	}
	if q.Action == "designation.create" && q.Own && a.OK() {
		fail("somebody designated themselves")
	}
	if q.Service == "" && stepUp[q.Action] && !q.SteppedUp && a.OK() {
		fail("no step-up was asked for")
	}
	if slices.Contains([]string{"note.change", "note.sign", "note.discard"}, q.Action) && q.State != Draft && q.Service == "" && a.OK() {
		fail("a note that is no draft was changed")
	}
	if slices.Contains([]string{"note.read", "note.find", "note.history"}, q.Action) && q.State == Draft && !q.Author && a.OK() {
		fail("somebody read a colleague's draft")
	}
	if slices.Contains([]string{"note.cosign", "note.return"}, q.Action) && a.OK() && (q.Author || q.State != Awaiting || a.Allowed&Set(Psychotherapy, SUDCounselling) != 0) {
		fail("a note was co-signed that nobody may co-sign")
	}

	mustNotStop(t, q, a)
	if d := cmp.Diff(a, e.fresh(q)); d != "" {
		t.Errorf("the kept answer differs from a fresh one for %+v: %s", q, d)
	}
}

// mustNotStop is the other side: what law and care need, whatever else is asked.
func mustNotStop(t *testing.T, q Question, a Answer) {
	t.Helper()
	if _, sense := request(q); !sense {
		return
	}
	fail := func(what string) { t.Errorf("%s: %+v allowed %s by %v", what, q, a.Allowed, a.Permits) }
	related := q.Relations&Rel(Assigned, CareTeam, Covering) != 0
	ordinary := phi &^ Set(SSN, Psychotherapy, SUD, SUDCounselling)
	view := slices.Contains([]string{"client.read", "note.read", "plan.find", "clinical.read", "document.history"}, q.Action)
	if q.Action == "note.read" && (q.State == Draft || q.State == Discarded) && !q.Author {
		view = false // what is not signed is no part of the record yet
	}
	if (q.Role == actor.CaseManager || q.Role == actor.Supervisor) && related && view && q.Purpose == actor.Treatment && !a.Allowed.Contains(q.Classes&ordinary) {
		fail("treatment was stopped")
	}
	if q.Role == actor.CaseManager && q.Action == "glass.break" && q.SteppedUp && q.Classes.Has(Case) && !a.Allowed.Has(Case) {
		fail("an emergency was stopped")
	}
	if q.Role == actor.Intake && q.Relations.Has(BreakGlass) && view && q.Purpose == actor.Emergency && !a.Allowed.Contains(q.Classes&q.Glass&ordinary) {
		fail("an emergency grant did not open")
	}
}

// fresh decides without looking at what is kept.
func (e *Engine) fresh(q Question) Answer {
	req, ok := request(q)
	if !ok {
		return Answer{}
	}
	return e.decide(e.byAction[q.Action], req, q.Classes)
}

var (
	changing, stepUp = map[string]bool{}, map[string]bool{}
	serviceActions   = map[string][]string{
		Import: strings.Fields(`client.find client.create client.change case.find case.open note.find note.create
			document.find document.create clinical.find clinical.create plan.find plan.create import.run
			note.change document.change clinical.change plan.change`),
		Demo: strings.Fields(`client.find client.create client.change case.find case.open note.find note.create
			document.find document.create clinical.find clinical.create plan.find plan.create import.run
			client.read case.read case.change case.assign case.close note.read note.change note.sign note.addend
			document.read clinical.read plan.read plan.change draft.keep glass.break glass.read glass.find glass.review
			coverage.create coverage.read coverage.find coverage.end staff.find staff.read staff.invite staff.activate staff.change
			agency.read agency.change audit.anchor document.change clinical.change`),
		Operator: strings.Fields(`staff.find staff.read staff.invite staff.change staff.terminate staff.sessions staff.reset
			agency.read agency.change session.list session.revoke key.status key.rotate key.slot key.try key.prove key.rewrap system.check
			log.client log.worker log.find log.verify log.close audit.export audit.anchor
			backup.make backup.verify backup.restore store.move
			policy.read policy.explain_self policy.explain client.erase designation.find staff.probe
			kpi_set.read kpi_report.count kpi_report.read rights.read scimkey.find scimkey.read scimkey.create scimkey.revoke`),
		Sequencer:   {"designation.find", "audit.anchor", "audit.forward", "log.verify", "log.close", "system.check", "key.status"},
		Provisioner: {"scimkey.use", "staff.find", "staff.read", "staff.invite", "staff.change", "staff.terminate", "staff.probe", "agency.read"},
		Calendar:    {"feed.read", "appointment.find"},
		Counter:     {"staff.find", "standing.read", "designation.find", "vendor.find", "agreement.find", "sanction.find"},
		Counterparty: strings.Fields(`vendorlink.read vendorlink.use agreement.read agreement.countersign
			questionnaire.read questionnaire.keep questionnaire.submit vendorreport.create`),
		Notifier: strings.Fields(`glass.read glass.find glass.expire staff.find staff.read agency.read designation.find standing.read
			curriculum.find assignment.find policydoc.find committee.find committee_meeting.find committee_decision.find sanction.find rights_review.find reminder.create reminder.find reminder.change notice.find notice.mail campaign.read exercise.send`),
		Authn: {"policydoc_version.read", "staff.find", "staff.read", "staff.activate", "staff.change", "staff.begin", "agency.read", "coverage.find", "coverage.end", "task.create", "notice.create"},
		Scanner: strings.Fields(`document.scan document.file document.quarantine document.destroy
			quarantine.create quarantine.read quarantine.settle notice.create`),
		Trainer:         strings.Fields(`course.read course.find campaign.read exercise.find exercise.look exercise.click assignment.create`),
		HouseholdKeeper: {"household.find", "household.change", "client.find"},
	}
)

func init() {
	for _, a := range strings.Fields(`client.create client.change client.erase case.open case.change case.assign case.close
		note.create note.change note.sign note.addend note.discard document.create document.change clinical.create clinical.change plan.create plan.change
		draft.keep glass.break glass.end glass.expire glass.review coverage.create coverage.end staff.invite staff.activate staff.change staff.terminate staff.reset
		agency.change session.revoke key.rotate key.slot key.try key.prove key.rewrap audit.anchor import.run
		backup.make backup.verify backup.restore store.move log.close
		document.withdraw document.file document.quarantine document.destroy
		quarantine.create quarantine.release quarantine.destroy quarantine.settle`) {
		changing[a] = true
	}
	for _, a := range strings.Fields(`course.create course.change course.publish curriculum.change training.change assignment.create assignment.withdraw
		prompting.change huddle.hold attendance.create
		campaign.create campaign.approve campaign.stop exercise.create exercise.send exercise.look exercise.click`) {
		changing[a] = true
	}
	for _, a := range strings.Fields(`reminder.create reminder.change notice.mail`) {
		changing[a] = true
	}
	for _, a := range strings.Fields(`client.merge merge.create merge.undo household.create household.change roster.create roster.change roster.run`) {
		changing[a] = true
	}
	changing["scimkey.create"], changing["scimkey.revoke"], stepUp["scimkey.create"] = true, true, true
	for _, a := range strings.Fields(`clearance.record agency.clearance`) {
		changing[a], stepUp[a] = true, true
	}
	for _, a := range strings.Fields(`vendor.create vendor.change vendor.assess vendor.start vendor.drop
		agreement.create agreement.change agreement.send agreement.sign agreement.countersign agreement.end
		vendorlink.create vendorlink.revoke vendorlink.use
		vendor.evidence vendor.review vendor.breach vendor.decide vendor.terminate vendor.close
		questionnaire.create questionnaire.keep questionnaire.submit questionnaire.except vendorreport.create`) {
		changing[a] = true
	}
	stepUp["vendor.decide"], stepUp["vendor.terminate"], stepUp["vendor.close"] = true, true, true
	stepUp["vendor.start"], stepUp["agreement.sign"], stepUp["agreement.end"] = true, true, true
	changing["staff.begin"] = true
	for _, a := range []string{"staff.plan", "staff.cancel", "staff.second", "staff.second_end"} {
		changing[a], stepUp[a] = true, true
	}
	changing["staff.probe"], changing["kpi_set.change"], changing["kpi_report.create"] = true, true, true
	for _, a := range strings.Fields(`designation.create designation.alone designation.change designation.end`) {
		changing[a] = true
		stepUp[a] = a != "designation.change"
	}
	for _, a := range strings.Fields(`committee.change committee_meeting.create committee_meeting.change committee_meeting.file committee_meeting.correct
		committee_decision.create committee_decision.report committee_decision.settle committee_decision.drop raci.change`) {
		changing[a] = true
	}
	stepUp["roster.run"], stepUp["course.publish"], stepUp["curriculum.change"], stepUp["campaign.approve"] = true, true, true, true
	for _, a := range strings.Fields(`client.erase staff.invite staff.terminate staff.reset staff.change key.rotate key.slot key.rewrap
		audit.export glass.break
		quarantine.release quarantine.destroy`) {
		stepUp[a] = true
	}
}

func TestProperties(t *testing.T) {
	e := engine(t)
	r := rand.New(rand.NewPCG(7, 11))
	for range 20000 {
		properties(t, e, random(r))
	}
	t.Run("whatever is listed as changing or as wanting a step-up exists", func(t *testing.T) {
		for a := range changing {
			if !slices.Contains(Actions(), a) {
				t.Errorf("%s is no action", a)
			}
		}
		for _, list := range serviceActions {
			for _, a := range list {
				if !slices.Contains(Actions(), a) {
					t.Errorf("%s is no action", a)
				}
			}
		}
	})
}

func FuzzDecide(f *testing.F) {
	e := engine(f)
	for i, a := range Actions() {
		f.Add(a, string(actor.Roles()[i%8]), "treatment", "", uint16(i), uint32(i), uint32(1<<i%20), "draft", byte(i))
	}
	f.Add("note.read", "service", "upkeep", Import, uint16(0), uint32(0), uint32(0xfffff), "", byte(0))
	f.Add("note.read", "case_manager", "treatment", "0", uint16(49), uint32(49), uint32(11), "0", byte('1'))
	f.Add("note.read", "case_manager", "treatment", "", uint16(0xffff), uint32(0), uint32(11), "", byte(0))
	f.Fuzz(func(t *testing.T, action, role, purpose, service string, rels uint16, glass, asked uint32, state string, flags byte) {
		properties(t, e, Question{
			Action: action, Role: actor.Role(role), Purpose: actor.Purpose(purpose), Service: service,
			Relations: Relations(rels), Glass: ClassSet(glass), Classes: ClassSet(asked), State: state,
			Author: flags&1 != 0, Own: flags&2 != 0, SteppedUp: flags&4 != 0, Named: flags&8 != 0,
		})
	})
}

func TestMemo(t *testing.T) {
	q := func(i int) Question { return Question{State: strconv.Itoa(i)} }
	t.Run("it never keeps more than two generations", func(t *testing.T) {
		m := newMemo(100)
		for i := range 10000 {
			m.put(q(i), Answer{})
			if n := m.len(); n > 200 {
				t.Fatalf("%d answers kept after %d", n, i)
			}
		}
	})
	t.Run("an answer asked for again outlives its generation, another does not", func(t *testing.T) {
		m := newMemo(100)
		m.put(q(-1), Answer{Allowed: 1})
		m.put(q(-2), Answer{Allowed: 2})
		for i := range 1000 {
			m.put(q(i), Answer{})
			if a, ok := m.get(q(-1)); !ok || a.Allowed != 1 {
				t.Fatalf("lost after %d: %v", i, ok)
			}
		}
		if _, ok := m.get(q(-2)); ok {
			t.Error("what nobody asked for is still there")
		}
	})
	t.Run("many at once get the same answers", func(t *testing.T) {
		e := engine(t)
		e.kept = newMemo(50) // so that generations turn while others read
		var wg sync.WaitGroup
		for g := range 8 {
			wg.Go(func() {
				r := rand.New(rand.NewPCG(3, uint64(g%2)))
				for range 2000 {
					q := random(r)
					if d := cmp.Diff(e.fresh(q), e.Decide(q)); d != "" {
						t.Errorf("%+v: %s", q, d)
						return
					}
				}
			})
		}
		wg.Wait()
	})
}

// The package decides and does nothing else: it must not be able to look at the
// world.
func TestPure(t *testing.T) {
	paths, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if strings.HasSuffix(path, "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			t.Fatal(err)
		}
		for _, imp := range f.Imports {
			p, _ := strconv.Unquote(imp.Path.Value)
			for _, never := range []string{"os", "net", "time", "database/sql", "log", "log/slog", "math/rand", "syscall"} {
				if p == never || strings.HasPrefix(p, never+"/") {
					t.Errorf("%s imports %s", path, p)
				}
			}
			if strings.HasPrefix(p, "caseward/") && p != "caseward/internal/actor" {
				t.Errorf("%s imports %s", path, p)
			}
		}
	}
}

func TestClassSet(t *testing.T) {
	t.Run("a class or relation that is not listed stops the program", func(t *testing.T) {
		for name, f := range map[string]func(){"class": func() { Set("nothing") }, "relation": func() { Rel("friend") }} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("an unlisted %s passed", name)
					}
				}()
				f()
			}()
		}
	})
	t.Run("a relation is known if it is listed", func(t *testing.T) {
		if !KnownRelation(Manages) || KnownRelation("friend") {
			t.Error("not so")
		}
	})
	t.Run("whoever asks for the first rule only gets it", func(t *testing.T) {
		e := engine(t)
		n := 0
		for id := range index(e.byAction["note.read"]).All() {
			if n++; string(id) != e.byAction["note.read"][0].ID {
				t.Error(id)
			}
			break
		}
		if n != 1 {
			t.Error(n)
		}
	})
	t.Run("a set lists what was put in, in the fixed order", func(t *testing.T) {
		s := Set(Note, Identity)
		if s.String() != "identity,note" || !s.Has(Note) || s.Has(Plan) || !s.Contains(Set(Note)) || s.Contains(Set(Note, Plan)) {
			t.Errorf("%s", s)
		}
		if d := cmp.Diff([]Relation{Assigned, BreakGlass}, Rel(BreakGlass, Assigned).List()); d != "" {
			t.Error(d)
		}
	})
}

func BenchmarkNew(b *testing.B) {
	for b.Loop() {
		if _, err := New(); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkDecide(b *testing.B) {
	e := engine(b)
	one := Question{Action: "note.read", Role: actor.CaseManager, Purpose: actor.Treatment, Relations: Rel(Assigned), State: Signed, Classes: Set(Note)}
	chart := one
	chart.Action, chart.Classes = "client.read", AllClasses()
	for name, q := range map[string]Question{"one class": one, "twenty classes": chart} {
		b.Run(name+"/cold", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.fresh(q)
			}
		})
		b.Run(name+"/kept", func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				e.Decide(q)
			}
		})
	}
	b.Run("kept, many at once", func(b *testing.B) {
		b.RunParallel(func(pb *testing.PB) {
			for pb.Next() {
				e.Decide(one)
			}
		})
	})
}

func BenchmarkExplain(b *testing.B) {
	e := engine(b)
	q := Question{Action: "client.read", Role: actor.CaseManager, Purpose: actor.Oversight, Classes: AllClasses()}
	for b.Loop() {
		e.Explain(q)
	}
}
