package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
)

// shows are the folders whose Go code makes the texts of the pages: every text
// given to T or N, and those of the tables of words that are given to T later.
var shows = []string{
	".",
	"../pages",
	"../site",
	"../account",
	"../work",
	"../privacy",
	"../governance",
	"../training",
	"../policies",
	"../vendors",
	"../../job",
	"..",
}

// says are the folders whose messages reach a page: a fault's words about a
// field, a reason, a refusal.
var says = []string{
	"../../person",
	"../../note",
	"../../casefile",
	"../../plan",
	"../../intake",
	"../../merge",
	"../../household",
	"../../roster",
	"../../conference",
	"../../filter",
	"../../supervision",
	"../../glass",
	"../../org",
	"../../assessment",
	"../../form",
	"../../document",
	"../../task",
	"../../appointment",
	"../../report",
	"../../clinical",
	"../../phrase",
	"../../actor/authn",
	"../../program/training",
	"../../program/governance",
	"../../program/policydoc",
	"../../prose",
	"../../program/vendor",
	"../../program/kpi",
	"../../program/kpi/sources",
}

// finds is the folder whose texts the page about the server shows: all that has a
// space and is no name of a check.
const finds = "../../doctor"

var spaced = regexp.MustCompile(`[a-z] |^%d `)

// sentence is what is written for people: an error for the log begins small and
// has no full stop.
var sentence = regexp.MustCompile(`^[A-Z][^ ]* .*[.]$`)

// sources returns every English text of the pages, with the file it stands in.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(where string, e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		if s, err := strconv.Unquote(lit.Value); err == nil && s != "" {
			found[s] = where
		}
	}
	for _, root := range slices.Concat(shows, says, []string{finds}) {
		names, err := filepath.Glob(filepath.Join(root, "*.go"))
		if err != nil || len(names) == 0 {
			t.Fatal(root, err)
		}
		for _, path := range names {
			if strings.HasSuffix(path, "_test.go") || strings.HasPrefix(filepath.Base(path), "es_") {
				continue
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if root == finds {
					return finding(n, func(e ast.Expr) { add(path, e) })
				}
				switch n := n.(type) {
				case *ast.ImportSpec:
					return false
				case *ast.CallExpr:
					// The server's settings are refused to who starts it, and what is wrong with a
					// mail is for the log.
					if strings.HasSuffix(path, "authn/authn.go") || strings.HasSuffix(path, "job/mail.go") {
						break
					}
					called(n, func(e ast.Expr) { add(path, e) })
				case *ast.KeyValueExpr:
					// What the data dictionary says of a kind is not for pages.
					if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Doc" {
						return false
					} else if ok && root != "." && (k.Name == "Message" || k.Name == "Link") {
						add(path, n.Value)
					}
				case *ast.BasicLit:
					if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && root != "." && root != "../pages" && sentence.MatchString(s) {
						found[s] = path
					}
				case *ast.FuncDecl:
					// A reason in words is a method of its own.
					if n.Name.Name == "English" {
						ast.Inspect(n.Body, func(n ast.Node) bool {
							if r, ok := n.(*ast.ReturnStmt); ok {
								add(path, r.Results[0])
							}
							return true
						})
					}
				case *ast.ValueSpec:
					if len(n.Names) != 1 || len(n.Values) != 1 || !table(root, n.Names[0].Name) {
						return true
					}
					if n.Names[0].Name == "tours" {
						ast.Inspect(n.Values[0], func(n ast.Node) bool {
							if lit, ok := n.(*ast.BasicLit); ok && !strings.HasPrefix(lit.Value, `"/`) {
								add(path, lit)
							}
							return true
						})
						return false
					}
					if lit, ok := n.Values[0].(*ast.CompositeLit); ok {
						for _, e := range lit.Elts {
							add(path, e.(*ast.KeyValueExpr).Value)
						}
					}
				}
				return true
			})
		}
	}
	return found
}

// finding gives add the texts of what checks find.
func finding(n ast.Node, add func(ast.Expr)) bool {
	switch n := n.(type) {
	case *ast.ImportSpec:
		return false
	case *ast.ValueSpec:
		for i, v := range n.Values {
			if n.Names[i].Name != "check" {
				ast.Inspect(v, func(n ast.Node) bool { return finding(n, add) })
			}
		}
		return false
	case *ast.Field:
		return false // a tag
	case *ast.BasicLit:
		if s, err := strconv.Unquote(n.Value); err == nil && n.Kind == token.STRING && spaced.MatchString(s) {
			add(n)
		}
	}
	return true
}

// table reports whether a variable of this name is a table of words.
func table(root, name string) bool {
	if root == "." || root == "../pages" {
		return name == "phrases" || name == "tours" || strings.HasSuffix(name, "Names")
	}
	return name == "methods"
}

// called gives add the texts that a call of T, N, Saying or Fail has.
func called(n *ast.CallExpr, add func(ast.Expr)) {
	name, method := "", false
	switch fn := n.Fun.(type) {
	case *ast.Ident:
		name = fn.Name
	case *ast.SelectorExpr:
		name = fn.Sel.Name
		x, ok := fn.X.(*ast.Ident)
		method = !ok || x.Name != "ui"
	}
	first := 1
	if method {
		first = 0
	}
	switch {
	// A reason becomes a message where no field is named.
	case name == "Invalidf" && len(n.Args) == 2:
		if lit, ok := n.Args[1].(*ast.BasicLit); ok {
			if s, err := strconv.Unquote(lit.Value); err == nil && s != "" {
				add(&ast.BasicLit{Kind: token.STRING, Value: strconv.Quote(strings.ToUpper(s[:1]) + s[1:] + ".")})
			}
		}
	case name == "T" && len(n.Args) > first:
		add(n.Args[first])
	case name == "N" && len(n.Args) > first+2:
		add(n.Args[first+1])
		add(n.Args[first+2])
	case (name == "Saying" || name == "Fail") && len(n.Args) == 2:
		add(n.Args[1])
	}
}

func TestSpanish(t *testing.T) {
	found := sources(t)
	if len(found) < 300 {
		t.Fatalf("found only %d texts: the search is broken", len(found))
	}
	t.Run("every text of every page has a translation", func(t *testing.T) {
		missing := []string{}
		for s, where := range found {
			if spanish[s] == "" {
				missing = append(missing, where+": "+strconv.Quote(s))
			}
		}
		sort.Strings(missing)
		for _, m := range missing {
			t.Error(m)
		}
	})
	t.Run("no text stands in two tables with different words", func(t *testing.T) {
		for i, a := range tables {
			for _, b := range tables[:i] {
				for en, es := range a {
					if other, ok := b[en]; ok && other != es {
						t.Errorf("%q is %q and %q: say which is meant, as in \"task|Dropped\"", en, other, es)
					}
				}
			}
		}
	})
	t.Run("what says which meaning is meant is not shown", func(t *testing.T) {
		for _, x := range []struct {
			lang         Lang
			source, want string
		}{
			{English, "task|Dropped", "Dropped"}, {Spanish, "task|Dropped", "Descartada"}, {Spanish, "Dropped", "Abandonada"},
			{Spanish, "none|Not in any table", "Not in any table"}, {English, "Yes | No", "Yes | No"},
		} {
			if got := T(x.lang, x.source); got != x.want {
				t.Errorf("%s %q: %q", x.lang, x.source, got)
			}
		}
	})
	t.Run("a date is read in one way only, and a number as in the United States", func(t *testing.T) {
		for in, want := range map[string]string{"1987-03-04": "4 mar 1987", "1987-03": "mar 1987", "1987": "1987"} {
			d, err := phi.ParseDate(in)
			if err != nil {
				t.Fatal(in, err)
			}
			if got := ShowDate(d, Spanish); got != want {
				t.Errorf("%s is %q", in, got)
			}
		}
		if got := Count(Spanish, 1234567); got != "1,234,567" {
			t.Errorf("got %q", got)
		}
	})
	t.Run("a translation takes the same values in the same order", func(t *testing.T) {
		for en, es := range spanish {
			if a, b := verbs(en), verbs(es); a != b {
				t.Errorf("%q takes %q, its translation %q", en, a, b)
			}
		}
	})
}

// stateConstant is a state of a record, as the policies have it: a constant without a type.
var stateConstant = regexp.MustCompile(`(?m)^\t[A-Z]\w+ += "(\w+)"`)

func TestWhatARefusalSaysIsInSpanish(t *testing.T) {
	e, err := policy.New()
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]bool{}
	say := func(s string) string {
		said[s] = true
		es := T(Spanish, s)
		if es == s && s != "supervisor" && s != "auditor" {
			t.Errorf("%q has no Spanish in rules/es.txt", s)
		}
		if verbs(s) != verbs(es) {
			t.Errorf("%q takes %q, its translation %q", s, verbs(s), verbs(es))
		}
		return es
	}
	for _, r := range e.Rules() {
		say(r.English)
	}
	source, err := os.ReadFile("../../policy/question.go")
	if err != nil {
		t.Fatal(err)
	}
	values := map[policy.Kind][]string{
		policy.WayStepUp: {"true"}, policy.WayBreakGlass: {"true"}, policy.WayAuthor: {"true", "false"}, policy.WayOwn: {"true", "false"}, policy.WayNamed: {"true", "false"},
	}
	for _, m := range stateConstant.FindAllStringSubmatch(string(source), -1) {
		values[policy.WayState] = append(values[policy.WayState], m[1])
	}
	if len(values[policy.WayState]) < 15 {
		t.Fatalf("found only the states %v: the search is broken", values[policy.WayState])
	}
	for _, x := range policy.AllRelations() {
		if x != policy.BreakGlass {
			values[policy.WayRelation] = append(values[policy.WayRelation], string(x))
		}
	}
	for _, x := range policy.AllLacks() {
		values[policy.WayStanding] = append(values[policy.WayStanding], string(x), string(x)+"+"+string(x))
	}
	for _, x := range actor.Purposes() {
		values[policy.WayPurpose] = append(values[policy.WayPurpose], string(x))
	}
	for _, x := range actor.Roles() {
		values[policy.WayRole] = append(values[policy.WayRole], string(x))
	}
	for kind, all := range values {
		for _, v := range all {
			for _, name := range []string{"", "Ana"} {
				c := policy.Change{Kind: kind, Values: []string{v, v}}
				if got := (policy.Way{Changes: []policy.Change{c, c}}).MissingIn(name, say); strings.Contains(got, "%!") || strings.Contains(got, "  ") {
					t.Errorf("%s %s: %q", kind, v, got)
				}
			}
		}
	}
	for en := range spanishRules() {
		if !said[en] {
			t.Errorf("rules/es.txt has %q, which nothing says", en)
		}
	}
	way := policy.Way{Changes: []policy.Change{{Kind: policy.WayPurpose, Values: []string{"treatment", "operations"}}, {Kind: policy.WayRelation, Values: []string{"covering", "supervises"}}}}
	if got, want := way.MissingIn("", say), "El propósito no es tratamiento o bien operaciones, y usted no está en una suplencia o bien en la supervisión de ese trabajo."; got != want {
		t.Errorf("said  %s\nwant  %s", got, want)
	}
}

// verbs returns the formatting verbs of s in order.
func verbs(s string) string {
	out := ""
	for i := 0; i+1 < len(s); i++ {
		if s[i] == '%' {
			out += s[i : i+2]
			i++
		}
	}
	return out
}

func TestNames(t *testing.T) {
	t.Run("every field class, role, purpose and relation has a name", func(t *testing.T) {
		for _, c := range policy.Classes() {
			if classNames[string(c)] == "" {
				t.Errorf("class %s", c)
			}
		}
		for _, r := range policy.AllRelations() {
			if relationNames[string(r)] == "" {
				t.Errorf("relation %s", r)
			}
		}
		for _, r := range append(actor.Roles(), actor.Service) {
			if roleNames[r] == "" {
				t.Errorf("role %s", r)
			}
		}
		for _, p := range append(actor.Purposes(), actor.Emergency, actor.Upkeep) {
			if purposeNames[p] == "" {
				t.Errorf("purpose %s", p)
			}
		}
	})
}
