package policy

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"regexp"
	"slices"
	"sort"
	"strings"
	"sync"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"
	"github.com/cedar-policy/cedar-go/x/exp/ast"
	"github.com/cedar-policy/cedar-go/x/exp/schema"
	"github.com/cedar-policy/cedar-go/x/exp/schema/resolved"

	"caseward/internal/actor"
)

//go:embed policies
var embedded embed.FS

const schemaFile = "schema.cedarschema"

// readFiles reads policies and schema by their base name.
func readFiles(dir fs.FS) (map[string]string, error) {
	out := map[string]string{}
	entries, err := fs.ReadDir(dir, "policies")
	if err != nil {
		return nil, fmt.Errorf("policy: read: %w", err)
	}
	for _, e := range entries {
		b, err := fs.ReadFile(dir, "policies/"+e.Name())
		if err != nil {
			return nil, fmt.Errorf("policy: read: %w", err)
		}
		out[e.Name()] = string(b)
	}
	return out, nil
}

// rule is one policy, ready to be asked.
type rule struct {
	Rule
	policy *cedar.Policy
	asked  *cedar.Policy // the same without its scope of actions, which the index has looked at already
}

// Rule is one policy as a person reads it.
type Rule struct {
	ID       string   // "treating-worker-views"
	English  string   // one sentence
	Cites    []string // "45 CFR 164.312(b)", or law.Practice
	Law      bool     // the rule states the law; false: the agency's own practice
	Forbids  bool     // it keeps out whatever else permits
	Rare     bool     // what it permits is seldom needed by its nature: that nobody used it for long says nothing
	Theme    string   // file it is in: "relationship"
	Position int      // place in that file, counted from 1
	Actions  []string // actions it speaks of, sorted
	Text     string   // the policy itself
}

// Engine answers questions. It is safe for use by many at once.
type Engine struct {
	version  string
	rules    []*rule            // by id
	byAction map[string][]*rule // own index: only these are evaluated
	english  map[string]string  // what a person does with an action
	entities types.EntityMap    // the actions and their groups
	kept     *memo
	rights   func() map[actor.Role][]Right
}

// New reads and checks the embedded policies. An error means this build's
// policies are wrong, and names the rule and the mistake: the program must not
// start. That every rule keeps to the types of the schema is seen when the program
// is tested; the policies are part of it, so none comes later.
func New() (*Engine, error) { return loadFrom(embedded) }

func loadFrom(dir fs.FS) (*Engine, error) {
	files, err := readFiles(dir)
	if err != nil {
		return nil, err
	}
	return load(files, nil)
}

// typed returns what says of a policy where it does not keep to the types of a schema.
type typed func(*resolved.Schema) func(id string, p *ast.Policy) error

// load makes an engine of a schema and policies, or says everything that is
// wrong with them. check may be nil.
func load(files map[string]string, check typed) (*Engine, error) {
	var s schema.Schema
	s.SetFilename(schemaFile)
	if err := s.UnmarshalCedar([]byte(files[schemaFile])); err != nil {
		return nil, fmt.Errorf("policy: read %s: %w", schemaFile, err)
	}
	decl, err := s.Resolve()
	if err != nil {
		return nil, fmt.Errorf("policy: read %s: %w", schemaFile, err)
	}

	e := &Engine{byAction: map[string][]*rule{}, english: map[string]string{}, entities: types.EntityMap{}, kept: newMemo(memoSize)}
	e.rights = sync.OnceValue(e.allRights)
	var wrong []error
	wrong = append(wrong, sameWords(decl)...)
	groups := map[string][]string{} // group → its actions
	for uid, a := range decl.Actions {
		e.entities[uid] = a.Entity
		name := string(uid.ID)
		if a.Annotations["english"] == "" {
			wrong = append(wrong, fmt.Errorf("action %s has no @english", name))
		}
		if a.AppliesTo == nil {
			continue
		}
		e.english[name] = string(a.Annotations["english"])
		e.byAction[name] = nil
		for parent := range a.Entity.Parents.All() {
			groups[string(parent.ID)] = append(groups[string(parent.ID)], name)
		}
	}

	hash := sha256.New()
	ids := map[string]bool{}
	fits := func(string, *ast.Policy) error { return nil }
	if check != nil {
		fits = check(decl)
	}
	for _, name := range slices.Sorted(maps.Keys(files)) {
		fmt.Fprintf(hash, "%s %d\n", name, len(files[name]))
		_, _ = io.WriteString(hash, files[name])
		theme, isPolicy := strings.CutSuffix(name, ".cedar")
		if !isPolicy {
			continue
		}
		list, err := cedar.NewPolicyListFromBytes(name, []byte(files[name]))
		if err != nil {
			return nil, fmt.Errorf("policy: read %s: %w", name, err)
		}
		for i, p := range list {
			r, err := read(p)
			if err != nil {
				wrong = append(wrong, fmt.Errorf("%s, policy %d: %w", name, i+1, err))
				continue
			}
			if ids[r.ID] {
				wrong = append(wrong, fmt.Errorf("%s: there are two rules of this id", r.ID))
				continue
			}
			ids[r.ID] = true
			r.Theme, r.Position = theme, i+1
			if err := fits(r.ID, (*ast.Policy)(p.AST())); err != nil {
				wrong = append(wrong, fmt.Errorf("%s: %w", r.ID, err))
			}
			wrong = append(wrong, undeclared(r.ID, p, decl)...)
			for name := range e.byAction {
				if covers(p, name, groups) {
					r.Actions = append(r.Actions, name)
				}
			}
			slices.Sort(r.Actions)
			if len(r.Actions) == 0 {
				wrong = append(wrong, fmt.Errorf("%s: no action is meant", r.ID))
			}
			e.rules = append(e.rules, r)
		}
	}
	if err := errors.Join(wrong...); err != nil {
		return nil, fmt.Errorf("policy: check: %w", err)
	}

	sort.Slice(e.rules, func(i, j int) bool { return e.rules[i].ID < e.rules[j].ID })
	for _, r := range e.rules {
		for _, a := range r.Actions {
			e.byAction[a] = append(e.byAction[a], r)
		}
	}
	e.version = hex.EncodeToString(hash.Sum(nil))
	return e, nil
}

var idForm = regexp.MustCompile(`^[a-z]+(-[a-z]+)*$`)

// read takes what a person reads from the annotations of a policy.
func read(p *cedar.Policy) (*rule, error) {
	note := p.Annotations()
	open := *p.AST()
	open.Action = ast.ScopeTypeAll{}
	r := &rule{policy: p, asked: cedar.NewPolicyFromAST(&open)}
	r.Rule = Rule{
		ID:      string(note["id"]),
		English: string(note["english"]),
		Forbids: p.Effect() == cedar.Forbid,
		Law:     note["basis"] == "law",
		Rare:    note["use"] == "rare",
		Text:    string(p.MarshalCedar()),
	}
	for c := range strings.SplitSeq(string(note["cite"]), ";") {
		if c = strings.TrimSpace(c); c != "" {
			r.Cites = append(r.Cites, c)
		}
	}
	switch {
	case !idForm.MatchString(r.ID):
		return nil, fmt.Errorf("@id(%q) is not lower-case words joined by hyphens", r.ID)
	case !strings.HasSuffix(r.English, "."):
		return nil, fmt.Errorf("%s: @english(%q) is not a sentence", r.ID, r.English)
	case len(r.Cites) == 0:
		return nil, fmt.Errorf("%s: there is no @cite", r.ID)
	case note["use"] != "" && (!r.Rare || r.Forbids):
		return nil, fmt.Errorf("%s: @use is %q; a rule that permits may have @use(\"rare\")", r.ID, note["use"])
	case !r.Law && note["basis"] != "practice":
		return nil, fmt.Errorf("%s: @basis is %q, neither law nor practice", r.ID, note["basis"])
	}
	return r, nil
}

// covers reports whether the scope of a policy takes in the action.
func covers(p *cedar.Policy, action string, groups map[string][]string) bool {
	is := func(uid types.EntityUID) bool {
		id := string(uid.ID)
		return id == action || slices.Contains(groups[id], action)
	}
	switch s := p.AST().Action.(type) {
	case ast.ScopeTypeEq:
		return string(s.Entity.ID) == action
	case ast.ScopeTypeIn:
		return is(s.Entity)
	case ast.ScopeTypeInSet:
		return slices.ContainsFunc(s.Entities, is)
	default:
		return true
	}
}

// undeclared finds what a policy names and the schema does not have. Cedar's
// validator in Go lets an undeclared id pass, and a rule about a class nobody
// has protects nothing.
func undeclared(id string, p *cedar.Policy, decl *resolved.Schema) []error {
	var wrong []error
	entity := func(uid types.EntityUID) {
		if _, ok := decl.Actions[uid]; ok {
			return
		}
		if enum, ok := decl.Enums[uid.Type]; ok && slices.Contains(enum.Values, uid) {
			return
		}
		wrong = append(wrong, fmt.Errorf("%s: %s is not declared", id, uid))
	}
	scope := func(n any) {
		switch s := n.(type) {
		case ast.ScopeTypeEq:
			entity(s.Entity)
		case ast.ScopeTypeIn:
			entity(s.Entity)
		case ast.ScopeTypeInSet:
			for _, uid := range s.Entities {
				entity(uid)
			}
		case ast.ScopeTypeIsIn:
			entity(s.Entity)
		}
	}
	a := p.AST()
	scope(a.Principal)
	scope(a.Action)
	scope(a.Resource)
	for _, c := range a.Conditions {
		ast.Inspect(ast.NewNode(c.Body), func(n ast.IsNode) bool {
			v, ok := n.(ast.NodeValue)
			if !ok {
				return true
			}
			switch v := v.Value.(type) {
			case types.EntityUID:
				entity(v)
			case types.String:
				if !slices.Contains(states[:], string(v)) {
					wrong = append(wrong, fmt.Errorf("%s: %q is not a state", id, string(v)))
				}
			}
			return true
		})
	}
	return wrong
}

// sameWords compares what the schema lists with what the program has.
func sameWords(decl *resolved.Schema) []error {
	roles := words(actor.Roles())
	purposes := append(words(actor.Purposes()), string(actor.Emergency), string(actor.Upkeep))
	want := map[types.EntityType][]string{
		typeRole:     roles,
		typePurpose:  purposes,
		typeRelation: words(AllRelations()),
		typeClass:    words(Classes()),
		typeLack:     words(AllLacks()),
		typeService:  services[:],
	}
	var wrong []error
	for _, typ := range slices.Sorted(maps.Keys(want)) {
		var got []string
		for _, uid := range decl.Enums[typ].Values {
			got = append(got, string(uid.ID))
		}
		slices.Sort(got)
		if w := slices.Sorted(slices.Values(want[typ])); !slices.Equal(got, w) {
			wrong = append(wrong, fmt.Errorf("the schema's %s is %v, the program has %v", typ, got, w))
		}
	}
	return wrong
}

func words[T ~string](list []T) []string {
	out := make([]string, len(list))
	for i, v := range list {
		out[i] = string(v)
	}
	return out
}

// Version names this set of policies: the SHA-256 of the files, in hexadecimal.
// Two engines of one version give the same answers.
func (e *Engine) Version() string { return e.version }

// Rules lists every rule by theme, in the order they are written, for a page
// that officers read (45 CFR 164.316(b)(2)(ii)).
func (e *Engine) Rules() []Rule {
	out := make([]Rule, len(e.rules))
	for i, r := range e.rules {
		out[i] = r.Rule
		out[i].Actions = slices.Clone(r.Actions)
		out[i].Cites = slices.Clone(r.Cites)
	}
	sort.Slice(out, func(i, j int) bool {
		a, b := out[i], out[j]
		return a.Theme < b.Theme || a.Theme == b.Theme && a.Position < b.Position
	})
	return out
}

// English says what a person does with an action: "open a note" for note.read.
// It is empty for an unknown action.
func (e *Engine) English(action string) string { return e.english[action] }

// Actions lists every action a [Question] may ask about, sorted.
func Actions() []string { return slices.Clone(actions()) }

var actions = sync.OnceValue(func() []string {
	return slices.Sorted(maps.Keys(must(New()).english))
})

// must is for policies that are part of the program: if they are wrong, so is it.
func must(e *Engine, err error) *Engine {
	if err != nil {
		panic(err)
	}
	return e
}
