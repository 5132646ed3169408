package arch

import (
	"fmt"
	"go/ast"
	"go/constant"
	"go/importer"
	"go/parser"
	"go/token"
	"go/types"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// source is one package of the module, parsed and type-checked without its
// tests.
type source struct {
	pkg   pkg
	files []*ast.File
	info  *types.Info
	types *types.Package
}

// fset places every file the tests read.
var fset = token.NewFileSet()

var checked struct {
	sync.Once
	sources []source
	failed  []string
}

// sources type-checks every package from its source and its neighbours' export
// data, which the go command has at hand.
func sources(t testing.TB) []source {
	t.Helper()
	checked.Do(func() {
		export := map[string]string{}
		var mine []pkg
		for _, p := range list(t, "-e", "-export", "-deps", "./...") {
			export[p.ImportPath] = p.Export
			if p.Module != nil && p.Module.Main {
				mine = append(mine, p)
			}
		}
		imp := importer.ForCompiler(fset, "gc", func(path string) (io.ReadCloser, error) {
			if export[path] == "" {
				return nil, fmt.Errorf("%s does not compile", path)
			}
			return os.Open(export[path])
		})
		for _, p := range mine {
			s := source{pkg: p, info: &types.Info{
				Types: map[ast.Expr]types.TypeAndValue{}, Uses: map[*ast.Ident]types.Object{},
				Defs: map[*ast.Ident]types.Object{}, Selections: map[*ast.SelectorExpr]*types.Selection{},
			}}
			for _, name := range p.GoFiles {
				f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.ParseComments)
				if err != nil {
					checked.failed = append(checked.failed, err.Error())
					continue
				}
				s.files = append(s.files, f)
			}
			conf := types.Config{Importer: imp, Error: func(err error) { checked.failed = append(checked.failed, err.Error()) }}
			s.types, _ = conf.Check(p.ImportPath, fset, s.files, s.info)
			checked.sources = append(checked.sources, s)
		}
	})
	if len(checked.sources) == 0 {
		t.Fatal("there is no source")
	}
	return checked.sources
}

// TestTypes wants the tests below to see every type: what does not compile they
// cannot judge.
func TestTypes(t *testing.T) {
	sources(t)
	for _, f := range checked.failed {
		t.Error(f)
	}
}

func at(n ast.Node) string {
	p := fset.Position(n.Pos())
	dir, _ := filepath.Abs(filepath.Join("..", ".."))
	if rel, err := filepath.Rel(dir, p.Filename); err == nil {
		p.Filename = rel
	}
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// allowance is a list of packages with a reason each; one that is not needed
// any more fails.
type allowance struct {
	why  map[string]string
	used map[string]bool
}

func allow(why map[string]string) *allowance { return &allowance{why, map[string]bool{}} }

func (a *allowance) has(path string) bool {
	for p := range a.why {
		if matches(p, path) {
			a.used[p] = true
			return true
		}
	}
	return false
}

func (a *allowance) stale(t *testing.T) {
	for p := range a.why {
		if !a.used[p] {
			t.Errorf("%s is allowed this and does not need it any more; remove it from the list", p)
		}
	}
}

// called is the function or method an expression calls, if it is known.
func (s source) called(c *ast.CallExpr) *types.Func {
	fun := ast.Unparen(c.Fun)
	for {
		if x, ok := fun.(*ast.IndexExpr); ok {
			fun = x.X
			continue
		}
		break
	}
	var id *ast.Ident
	switch f := fun.(type) {
	case *ast.Ident:
		id = f
	case *ast.SelectorExpr:
		id = f.Sel
	default:
		return nil
	}
	fn, _ := s.info.Uses[id].(*types.Func)
	return fn
}

// calls visits every call in the package.
func (s source) calls(visit func(c *ast.CallExpr, fn *types.Func)) {
	for _, f := range s.files {
		ast.Inspect(f, func(n ast.Node) bool {
			if c, ok := n.(*ast.CallExpr); ok {
				if fn := s.called(c); fn != nil && fn.Pkg() != nil {
					visit(c, fn)
				}
			}
			return true
		})
	}
}

// uses visits every mention of a function of a package.
func (s source) uses(path string, visit func(id *ast.Ident, fn *types.Func)) {
	for id, o := range s.info.Uses {
		if fn, ok := o.(*types.Func); ok && fn.Pkg() != nil && fn.Pkg().Path() == path {
			visit(id, fn)
		}
	}
}

func TestTimeComesFromTheClock(t *testing.T) {
	may := allow(map[string]string{
		"internal/clock": "it is the clock",
	})
	for _, s := range sources(t) {
		s.uses("time", func(id *ast.Ident, fn *types.Func) {
			if fn.Type().(*types.Signature).Recv() != nil {
				return
			}
			switch fn.Name() {
			case "Now", "Since", "Until":
				if !strings.HasPrefix(s.pkg.short(), "test/") && !may.has(s.pkg.short()) {
					t.Errorf("%s: time.%s: take a clock.Clock, so that a test can move it", at(id), fn.Name())
				}
			}
		})
	}
	may.stale(t)
}

// TestTestsDoNotWait keeps sleeps and timed assertions out of tests: they fail
// on a slow machine and hide races on a fast one.
func TestTestsDoNotWait(t *testing.T) {
	may := allow(map[string]string{
		"internal/clock": "its test compares it with the machine's",
	})
	if _, err := os.Stat(filepath.Join(root(t), "internal/clock/clock_test.go")); err != nil {
		may = allow(nil)
	}
	for _, p := range packages(t) {
		if strings.HasPrefix(p.short(), "test/load") {
			continue // it measures
		}
		for _, name := range append(slices.Clone(p.TestGoFiles), p.XTestGoFiles...) {
			f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(f, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				if x, ok := sel.X.(*ast.Ident); ok && x.Name == "time" && x.Obj == nil && sel.Sel.Name == "Sleep" && !may.has(p.short()) {
					t.Errorf("%s: time.Sleep in a test: wait for the thing itself", at(sel))
				}
				return true
			})
		}
	}
}

func TestOnlyTheCommandLinePrints(t *testing.T) {
	may := allow(map[string]string{
		"internal/cli": "the command line answers on standard output",
	})
	for _, s := range sources(t) {
		path := s.pkg.short()
		printer := strings.HasPrefix(path, "cmd/") || strings.HasPrefix(path, "tools/") || strings.HasPrefix(path, "test/")
		for id, o := range s.info.Uses {
			if o.Pkg() == nil {
				if b, ok := o.(*types.Builtin); ok && (b.Name() == "print" || b.Name() == "println") {
					t.Errorf("%s: %s", at(id), b.Name())
				}
				continue
			}
			name := o.Pkg().Path() + "." + o.Name()
			switch name {
			case "fmt.Print", "fmt.Printf", "fmt.Println", "os.Stdout", "os.Stderr":
				if !printer && !may.has(path) {
					t.Errorf("%s: %s: only the command line prints; take an io.Writer or a *slog.Logger", at(id), name)
				}
			}
		}
	}
	if len(checked.sources) > 0 && slices.ContainsFunc(checked.sources, func(s source) bool { return s.pkg.short() == "internal/cli" }) {
		may.stale(t)
	}
}

// isActor reports whether t is actor.Actor.
func isActor(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "Actor" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == module+"/internal/actor/internal/mint"
}

func isContext(t types.Type) bool {
	n, ok := types.Unalias(t).(*types.Named)
	return ok && n.Obj().Name() == "Context" && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == "context"
}

// isRequest reports whether t is a *record.View or *record.Work: the request that
// something is planned in.
func isRequest(t types.Type) bool {
	p, ok := t.(*types.Pointer)
	if !ok {
		return false
	}
	n, ok := p.Elem().(*types.Named)
	return ok && n.Obj().Pkg() != nil && n.Obj().Pkg().Path() == module+"/internal/record" && (n.Obj().Name() == "View" || n.Obj().Name() == "Work")
}

// TestWhoIsAskingComesSecond wants the asker in the signature, after ctx, under
// one name, and never in a context.
func TestWhoIsAskingComesSecond(t *testing.T) {
	seen := 0
	for _, s := range sources(t) {
		if strings.HasPrefix(s.pkg.short(), "internal/actor") {
			continue // it makes them
		}
		for _, f := range s.files {
			for _, d := range f.Decls {
				fd, ok := d.(*ast.FuncDecl)
				if !ok || !fd.Name.IsExported() || (fd.Recv == nil && strings.HasPrefix(fd.Name.Name, "New")) {
					continue // a constructor is given who it always asks as
				}
				fn, ok := s.info.Defs[fd.Name].(*types.Func)
				if !ok {
					continue
				}
				params := fn.Type().(*types.Signature).Params()
				want := 0
				if params.Len() > 0 && (isContext(params.At(0).Type()) || isRequest(params.At(0).Type())) {
					want = 1
				}
				for i := range params.Len() {
					if !isActor(params.At(i).Type()) {
						continue
					}
					seen++
					if i == want {
						if n := params.At(i).Name(); n != "who" && !(want == 0 && len(n) == 1) {
							t.Errorf("%s: %s calls its asker %q; call it who", at(fd), fn.Name(), n)
						}
						break
					}
					t.Errorf("%s: %s takes its asker as parameter %d; it is the second, after ctx", at(fd), fn.Name(), i+1)
					break
				}
			}
		}
		s.calls(func(c *ast.CallExpr, fn *types.Func) {
			if fn.Pkg().Path() == "context" && fn.Name() == "WithValue" && len(c.Args) == 3 && isActor(s.info.TypeOf(c.Args[2])) {
				t.Errorf("%s: an actor in a context: pass it as the second parameter", at(c))
			}
		})
	}
	if seen < 20 {
		t.Errorf("only %d functions take an asker; the test looks in the wrong place", seen)
	}
}

// TestTheDoorAsksWho wants every exported method of the door that touches
// records to take the asker, itself or in the View or Work it is given.
func TestTheDoorAsksWho(t *testing.T) {
	without := allow(map[string]string{
		"Door.Clock":       "it shows the time",
		"Door.Fingerprint": "a keyed hash of what the caller holds already",
		"Door.Number":      "counts; it touches no record",
		"Door.Could":       "a colleague is asked about, and it opens nothing",
		"Door.QuestionFor": "the asker it is given is being explained, and it opens nothing",
	})
	seen := 0
	for _, s := range sources(t) {
		if s.pkg.short() != "internal/record" {
			continue
		}
		for _, f := range s.files {
			for _, d := range f.Decls {
				fd, ok := d.(*ast.FuncDecl)
				if !ok || fd.Recv == nil || !fd.Name.IsExported() {
					continue
				}
				fn := s.info.Defs[fd.Name].(*types.Func)
				sig := fn.Type().(*types.Signature)
				recv := sig.Recv().Type()
				if p, ok := recv.(*types.Pointer); ok {
					recv = p.Elem()
				}
				name := recv.(*types.Named).Obj().Name()
				if name != "Door" && name != "Records" {
					continue
				}
				seen++
				asks := false
				for i := range sig.Params().Len() {
					p := sig.Params().At(i).Type()
					asks = asks || isActor(p)
					asks = asks || isRequest(p)
				}
				if !asks && !without.has(name+"."+fn.Name()) {
					t.Errorf("%s: %s.%s does not take who actor.Actor", at(fd), name, fn.Name())
				}
			}
		}
	}
	without.stale(t)
	if seen < 15 {
		t.Errorf("only %d methods found; the test looks in the wrong place", seen)
	}
}

// TestEdgesUseTheWork wants pages, imports, commands and jobs to go through a
// use-case. They may name ids, hold what came back, and begin, open or commit a
// request that use-cases plan in; they read and write no record themselves.
func TestEdgesUseTheWork(t *testing.T) {
	edges := []string{"internal/web/...", "internal/fhir", "internal/job", "internal/cli"}
	seen := 0
	for _, s := range sources(t) {
		if !anyMatches(edges, s.pkg.short()) {
			continue
		}
		s.uses(module+"/internal/record", func(id *ast.Ident, fn *types.Func) {
			seen++
			name := fn.Name()
			if recv := fn.Type().(*types.Signature).Recv(); recv != nil {
				typ := recv.Type()
				if p, ok := typ.(*types.Pointer); ok {
					typ = p.Elem()
				}
				if n, ok := typ.(*types.Named); ok {
					name = n.Obj().Name() + "." + name
				}
			}
			switch name {
			case "Use", "Open", "Define", "WantSubjects", "Door.Erase", "Door.KeepDraft", "Door.Draft", "Door.DropDraft", "Door.DropDraftIn", "Door.DropDraftAt":
			default:
				if !strings.HasPrefix(name, "Records.") {
					return
				}
			}
			t.Errorf("%s: %s reads or writes records itself (%s): call a use-case, which knows the rules of the work", at(id), s.pkg.short(), name)
		})
	}
	if seen == 0 {
		t.Error("no edge uses the door's types; the test looks in the wrong place")
	}
}

// TestDisclose wants every package that takes PHI out of a phi value to say so
// in ARCHITECTURE.imports, with a reason.
func TestDisclose(t *testing.T) {
	r := rulesOf(t)
	used := map[*block]bool{}
	for _, s := range sources(t) {
		if s.pkg.short() == "internal/phi" {
			continue
		}
		b := r.place(s.pkg.short())
		s.uses(module+"/internal/phi", func(id *ast.Ident, fn *types.Func) {
			if !strings.HasPrefix(fn.Name(), "Disclose") || fn.Type().(*types.Signature).Recv() == nil {
				return
			}
			if b == nil || b.shows == "" {
				t.Errorf("%s: %s takes PHI out of its wrapping; if it must, say why with `shows --` in ARCHITECTURE.imports", at(id), s.pkg.short())
				return
			}
			used[b] = true
		})
	}
	for _, b := range r.blocks {
		if b.shows != "" && b.matched == false && !used[b] {
			t.Errorf("ARCHITECTURE.imports:%d: %s may show PHI and never does; remove `shows`", b.line, b.pattern)
		}
	}
}

// holdsPHI reports whether a value of type t reaches a phi value.
func holdsPHI(t types.Type, seen map[types.Type]bool) bool {
	if t == nil || seen[t] {
		return false
	}
	seen[t] = true
	if n, ok := types.Unalias(t).(*types.Named); ok {
		if p := n.Obj().Pkg(); p != nil && p.Path() == module+"/internal/phi" {
			return true
		}
		if p := n.Obj().Pkg(); p == nil || !ours(p.Path()) {
			return false
		}
		if n.Obj().Name() == "Actor" {
			return false
		}
	}
	switch u := t.Underlying().(type) {
	case *types.Pointer:
		return holdsPHI(u.Elem(), seen)
	case *types.Slice:
		return holdsPHI(u.Elem(), seen)
	case *types.Array:
		return holdsPHI(u.Elem(), seen)
	case *types.Map:
		return holdsPHI(u.Key(), seen) || holdsPHI(u.Elem(), seen)
	case *types.Struct:
		for i := range u.NumFields() {
			if holdsPHI(u.Field(i).Type(), seen) {
				return true
			}
		}
	}
	return false
}

// TestNoPHIInErrorsAndLogs refuses PHI, wrapped or taken out, as an argument of
// anything that makes an error or a log line. It would print as [phi]; a message
// that wants it is wrong all the same.
func TestNoPHIInErrorsAndLogs(t *testing.T) {
	sink := func(fn *types.Func) bool {
		switch fn.Pkg().Path() {
		case "log/slog", "log":
			return true
		case "fmt":
			return fn.Name() == "Errorf"
		case "errors":
			return fn.Name() == "New"
		case module + "/internal/fault":
			return fn.Type().(*types.Signature).Recv() == nil && fn.Name() != "KindOf" && fn.Name() != "Is"
		}
		return false
	}
	sinks := 0
	for _, s := range sources(t) {
		if s.pkg.short() == "internal/phi" {
			continue
		}
		s.calls(func(c *ast.CallExpr, fn *types.Func) {
			if !sink(fn) {
				return
			}
			sinks++
			for _, a := range c.Args {
				if holdsPHI(s.info.TypeOf(a), map[types.Type]bool{}) {
					t.Errorf("%s: PHI in %s.%s: name the record by its id", at(a), fn.Pkg().Name(), fn.Name())
				}
				ast.Inspect(a, func(n ast.Node) bool {
					if inner, ok := n.(*ast.CallExpr); ok {
						if f := s.called(inner); f != nil && f.Pkg() != nil && f.Pkg().Path() == module+"/internal/phi" && strings.HasPrefix(f.Name(), "Disclose") {
							t.Errorf("%s: disclosed PHI in %s.%s", at(inner), fn.Pkg().Name(), fn.Name())
						}
					}
					return true
				})
			}
		})
	}
	if sinks < 50 {
		t.Errorf("only %d places make errors or log lines; the test looks in the wrong place", sinks)
	}
}

// TestSQLIsConstant wants every statement to be a constant of the program, so
// that nothing a person typed can become SQL.
func TestSQLIsConstant(t *testing.T) {
	built := allow(map[string]string{
		"internal/record/internal/store.List":          "the filter is put together from constants; values go by parameters",
		"internal/record/internal/store.Groups":        "the filter is put together from constants; values go by parameters",
		"internal/record/internal/store.Narrow":        "a list of the numbers of parameters stands in it",
		"internal/record/internal/store.GetEach":       "a list of the numbers of parameters stands in it",
		"internal/record/internal/store.relationsEach": "the same",
		"internal/audit.scan":                          "one of the questions written out as constants in find.go",
		"internal/audit.from":                          "one of the constants of export.go",
		"internal/backup.checkSQLite":                  "a count, of the list of tables written out in tables.go",
		"internal/backup.Count":                        "a count, of that list",
		"internal/backup.moveTable":                    "all rows, of that list",
		"internal/actor/authn.proved":                  "a constant of each of its callers",
		"internal/audit/verify.exec":                   "opens or closes a cursor, of the constants beside it",
		"internal/audit/verify.some":                   "fetches from that cursor",
	})
	seen := 0
	for _, s := range sources(t) {
		path := s.pkg.short()
		if path == "internal/db" || strings.HasSuffix(path, "dbtest") {
			continue // the wrapper itself, which passes statements through
		}
		for _, f := range s.files {
			for _, d := range f.Decls {
				fd, ok := d.(*ast.FuncDecl)
				if !ok || fd.Body == nil {
					continue
				}
				ast.Inspect(fd.Body, func(n ast.Node) bool {
					c, ok := n.(*ast.CallExpr)
					if !ok {
						return true
					}
					fn := s.called(c)
					if fn == nil || fn.Pkg() == nil || (fn.Pkg().Path() != "database/sql" && fn.Pkg().Path() != module+"/internal/db") {
						return true
					}
					i := 0
					switch strings.TrimSuffix(fn.Name(), "Context") {
					case "Query", "QueryRow", "Exec", "Prepare":
					case "Change": // of a transaction, which says first what it changes
						i = 1
					default:
						return true
					}
					if sig := fn.Type().(*types.Signature); sig.Params().Len() > 0 && isContext(sig.Params().At(0).Type()) {
						i++
					}
					if i >= len(c.Args) {
						return true // a prepared statement
					}
					seen++
					tv := s.info.Types[c.Args[i]]
					if tv.Value != nil && tv.Value.Kind() == constant.String {
						return true
					}
					if b, ok := tv.Type.Underlying().(*types.Basic); !ok || b.Info()&types.IsString == 0 {
						return true // arguments of a prepared statement
					}
					if s.onlyConstants(fd, c.Args[i]) {
						return true
					}
					if !built.has(path + "." + fd.Name.Name) {
						t.Errorf("%s: the statement is not a constant; write it out, and give values as parameters", at(c))
					}
					return true
				})
			}
		}
	}
	built.stale(t)
	if seen < 40 {
		t.Errorf("only %d statements found; the test looks in the wrong place", seen)
	}
}

// onlyConstants reports whether e is a variable that fn sets to constants only:
// one for each database, or one of a list after another.
func (s source) onlyConstants(fn *ast.FuncDecl, e ast.Expr) bool {
	id, ok := ast.Unparen(e).(*ast.Ident)
	if !ok {
		return false
	}
	v := s.info.Uses[id]
	if v == nil || v.Pos() < fn.Body.Pos() || v.Pos() > fn.Body.End() {
		return false // a parameter, or set somewhere else
	}
	is := func(e ast.Expr) bool {
		id, ok := e.(*ast.Ident)
		return ok && (s.info.Defs[id] == v || s.info.Uses[id] == v)
	}
	fixed := func(e ast.Expr) bool { return s.info.Types[e].Value != nil }
	sets, all := 0, true
	ast.Inspect(fn.Body, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.AssignStmt:
			for i, l := range n.Lhs {
				if is(l) {
					sets++
					all = all && n.Tok != token.ADD_ASSIGN && len(n.Rhs) == len(n.Lhs) && fixed(n.Rhs[i])
				}
			}
		case *ast.ValueSpec:
			for i, l := range n.Names {
				if is(l) && len(n.Values) > i {
					sets++
					all = all && fixed(n.Values[i])
				}
			}
		case *ast.RangeStmt:
			if n.Value != nil && is(n.Value) {
				sets++
				lit, ok := n.X.(*ast.CompositeLit)
				all = all && ok && !slices.ContainsFunc(lit.Elts, func(e ast.Expr) bool { return !fixed(e) })
			}
		case *ast.UnaryExpr:
			all = all && !(n.Op == token.AND && is(n.X))
		}
		return true
	})
	return sets > 0 && all
}

// TestNoLinknameNoCgo closes the two ways past the compiler's rules that an
// import does not show.
func TestNoLinknameNoCgo(t *testing.T) {
	for _, p := range packages(t) {
		if len(p.CgoFiles) > 0 {
			t.Errorf("%s uses cgo: %v", p.short(), p.CgoFiles)
		}
		entries, err := os.ReadDir(p.Dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			switch filepath.Ext(e.Name()) {
			case ".s", ".syso", ".c", ".h":
				t.Errorf("%s/%s: no assembler, no C, no objects", p.short(), e.Name())
			case ".go":
				f, err := parser.ParseFile(fset, filepath.Join(p.Dir, e.Name()), nil, parser.ImportsOnly)
				if err != nil {
					t.Fatal(err)
				}
				for _, i := range f.Imports {
					if i.Path.Value == `"C"` {
						t.Errorf("%s: cgo", at(i))
					}
				}
			}
		}
	}
	for _, s := range sources(t) {
		for _, f := range s.files {
			for _, g := range f.Comments {
				for _, c := range g.List {
					if strings.HasPrefix(c.Text, "//go:"+"linkname") {
						t.Errorf("%s: go:linkname reaches past what is exported", at(c))
					}
				}
			}
		}
	}
}

// TestProse wants each package to say what it is for.
func TestProse(t *testing.T) {
	for _, s := range sources(t) {
		said := slices.ContainsFunc(s.files, func(f *ast.File) bool {
			return f.Doc != nil && strings.HasPrefix(f.Doc.Text(), "Package "+s.pkg.Name+" ")
		})
		switch {
		case s.pkg.Name == "main":
		case !said:
			t.Errorf("%s: no comment that begins with \"Package %s\" and says what it is for", s.pkg.short(), s.pkg.Name)
		}
		for _, w := range []string{"util", "common", "helper", "base", "shared", "core", "manager", "types", "models", "impl", "service"} {
			if s.pkg.Name == w || s.pkg.Name == w+"s" {
				t.Errorf("%s: a package is named by what it is about", s.pkg.short())
			}
		}
		for _, f := range s.files {
			for _, g := range f.Comments {
				for _, word := range []string{"TODO", "FIXME", "XXX", "not implemented"} {
					if strings.Contains(g.Text(), word) {
						t.Errorf("%s: %s: do it, or say in the guide what is missing", at(g), word)
					}
				}
			}
		}
	}
}
