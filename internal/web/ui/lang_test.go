package ui

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"sort"
	"strconv"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/policy"
)

// sources returns every English text the pages give to T or N, and those of the
// tables of words that are given to T later.
func sources(t *testing.T) map[string]string {
	t.Helper()
	found := map[string]string{}
	add := func(where string, e ast.Expr) {
		lit, ok := e.(*ast.BasicLit)
		if !ok || lit.Kind != token.STRING {
			return
		}
		s, err := strconv.Unquote(lit.Value)
		if err != nil {
			t.Fatal(err)
		}
		found[s] = where
	}
	for _, root := range []string{".", "../pages"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() && d.Name() == "storybook" {
				if err == nil {
					return fs.SkipDir
				}
				return err
			}
			if d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") || filepath.Base(path) == "es.go" {
				return nil
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.CallExpr:
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
					case name == "T" && len(n.Args) > first:
						add(path, n.Args[first])
					case name == "N" && len(n.Args) > first+2:
						add(path, n.Args[first+1])
						add(path, n.Args[first+2])
					}
				case *ast.ValueSpec:
					if len(n.Names) == 1 && (n.Names[0].Name == "phrases" || strings.HasSuffix(n.Names[0].Name, "Names")) && len(n.Values) == 1 {
						if lit, ok := n.Values[0].(*ast.CompositeLit); ok {
							for _, e := range lit.Elts {
								add(path, e.(*ast.KeyValueExpr).Value)
							}
						}
					}
				}
				return true
			})
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return found
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
	t.Run("a translation takes the same values in the same order", func(t *testing.T) {
		for en, es := range spanish {
			if a, b := verbs(en), verbs(es); a != b {
				t.Errorf("%q takes %q, its translation %q", en, a, b)
			}
		}
	})
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
