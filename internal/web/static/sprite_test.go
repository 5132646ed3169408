package static

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// TestSprite holds the sprite to what pages show: it is part of every first
// visit, and a symbol that is missing is a hole in a page that nobody is told of.
func TestSprite(t *testing.T) {
	svg, err := os.ReadFile("assets/icons.svg")
	if err != nil {
		t.Fatal(err)
	}
	var symbols []string
	for _, m := range regexp.MustCompile(`<symbol id="([^"]+)"`).FindAllSubmatch(svg, -1) {
		symbols = append(symbols, string(m[1]))
	}
	said, shown := icons(t)
	t.Run("every symbol is shown by some page", func(t *testing.T) {
		for _, s := range symbols {
			if !said[s] {
				t.Errorf("no page names %q", s)
			}
		}
	})
	t.Run("every icon of a page is a symbol", func(t *testing.T) {
		if len(shown) == 0 {
			t.Fatal("no icons were found")
		}
		for name, at := range shown {
			if !slices.Contains(symbols, name) {
				t.Errorf("%s shows %q", at, name)
			}
		}
	})
	t.Run("no symbol stands twice", func(t *testing.T) {
		for i, s := range symbols {
			if slices.Contains(symbols[:i], s) {
				t.Errorf("%q stands twice", s)
			}
		}
	})
}

// icons reads the source of the pages: every text in it, some of which name an
// icon by way of a variable, and where each text stands that is an icon and
// nothing else.
func icons(t *testing.T) (said map[string]bool, shown map[string]string) {
	t.Helper()
	said, shown = map[string]bool{}, map[string]string{}
	set := token.NewFileSet()
	var files []*ast.File
	err := filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		f, err := parser.ParseFile(set, path, nil, parser.SkipObjectResolution)
		files = append(files, f)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	text := func(n ast.Node) string {
		l, ok := n.(*ast.BasicLit)
		if !ok || l.Kind != token.STRING {
			return ""
		}
		s, err := strconv.Unquote(l.Value)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	show := func(n ast.Node) {
		if s := text(n); s != "" {
			shown[s] = set.Position(n.Pos()).String()
		}
	}
	// Which argument of a component is an icon.
	at := map[string]int{"Icon": 0}
	for _, f := range files {
		for _, d := range f.Decls {
			fn, ok := d.(*ast.FuncDecl)
			if !ok {
				continue
			}
			i := 0
			for _, p := range fn.Type.Params.List {
				for _, n := range p.Names {
					if n.Name == "icon" {
						at[fn.Name.Name] = i
					}
					i++
				}
			}
		}
	}
	for _, f := range files {
		// A story is no page.
		story := f.Name.Name == "storybook"
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.BasicLit:
				said[text(n)] = said[text(n)] || !story
			case *ast.KeyValueExpr:
				if k, ok := n.Key.(*ast.Ident); ok && k.Name == "Icon" {
					show(n.Value)
				}
			case *ast.CallExpr:
				name := ""
				switch fn := n.Fun.(type) {
				case *ast.Ident:
					name = fn.Name
				case *ast.SelectorExpr:
					name = fn.Sel.Name
				}
				if i, ok := at[name]; ok && i < len(n.Args) {
					show(n.Args[i])
				}
			case *ast.FuncDecl:
				if n.Name.Name == "icon" && n.Body != nil {
					ast.Inspect(n.Body, func(n ast.Node) bool {
						if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) == 1 {
							show(r.Results[0])
						}
						return true
					})
				}
			}
			return true
		})
	}
	return said, shown
}
