package arch

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// module is the path of the module; rules leave it out.
const module = "caseward"

var update = flag.Bool("update", false, "write the generated files instead of comparing them")

// root is the top of the repository.
func root(t testing.TB) string {
	t.Helper()
	dir, err := filepath.Abs(filepath.Join("..", ".."))
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// pkg is what `go list` says of a package.
type pkg struct {
	ImportPath, Name, Dir, Export      string
	Standard, DepOnly                  bool
	GoFiles, CgoFiles                  []string
	TestGoFiles, XTestGoFiles          []string
	Imports, TestImports, XTestImports []string
	Module                             *struct {
		Path, Version, Dir string
		Main               bool
	}
}

// short is the package's path without the module's.
func (p pkg) short() string { return short(p.ImportPath) }

func short(path string) string { return strings.TrimPrefix(path, module+"/") }

func ours(path string) bool { return path == module || strings.HasPrefix(path, module+"/") }

// list runs `go list` at the top of the repository, with the tests that need
// another program counted in.
func list(t testing.TB, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-tags=fsck,s3", "-json=ImportPath,Name,Dir,Export,Standard,DepOnly,GoFiles,CgoFiles,TestGoFiles,XTestGoFiles,Imports,TestImports,XTestImports,Module"}, args...)...)
	cmd.Dir = root(t)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list %s: %v\n%s", strings.Join(args, " "), err, stderr.String())
	}
	var pkgs []pkg
	for dec := json.NewDecoder(bytes.NewReader(out)); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

var all struct {
	sync.Once
	pkgs []pkg
}

// packages is every package of the module.
func packages(t testing.TB) []pkg {
	t.Helper()
	all.Do(func() { all.pkgs = list(t, "./...") })
	if len(all.pkgs) == 0 {
		t.Fatal("go list found no package")
	}
	return all.pkgs
}

// rules is ARCHITECTURE.imports, read.
type rules struct {
	guards map[string]string // path → why nobody imports it unasked
	groups map[string][]string
	blocks []*block
	tests  *block // what every test may import besides
}

// block is what one pattern of packages may import.
type block struct {
	line    int
	pattern string
	why     string
	uses    []string          // of this module
	outside []string          // of others; "std" for the standard library
	except  map[string]string // guarded paths it imports all the same → why
	never   map[string]string // paths it does not import although others would let it → why
	tests   []string          // besides, in its tests
	shows   string            // why it may call Disclose on a phi value; "" if it may not
	matched bool
}

// parse reads rules. The form is told at the top of ARCHITECTURE.imports.
func parse(text string) (*rules, error) {
	r := &rules{guards: map[string]string{}, groups: map[string][]string{}}
	var b *block
	for i, line := range strings.Split(text, "\n") {
		n := i + 1
		if j := strings.Index(line, "#"); j >= 0 {
			line = line[:j]
		}
		if strings.TrimSpace(line) == "" {
			continue
		}
		indented := line[0] == ' ' || line[0] == '\t'
		words, why, _ := strings.Cut(line, " -- ")
		why = strings.TrimSpace(why)
		f := strings.Fields(words)
		bad := func(what string) error { return fmt.Errorf("ARCHITECTURE.imports:%d: %s", n, what) }
		if !indented {
			switch f[0] {
			case "guard":
				if why == "" {
					return nil, bad("a guard needs a reason after --")
				}
				for _, p := range f[1:] {
					r.guards[p] = why
				}
				continue
			case "group":
				r.groups["@"+f[1]] = append(r.groups["@"+f[1]], f[2:]...)
				continue
			}
			if len(f) != 1 || why == "" {
				return nil, bad("a block is one pattern, then -- and what it is")
			}
			b = &block{line: n, pattern: f[0], why: why, except: map[string]string{}, never: map[string]string{}}
			if f[0] == "tests" {
				r.tests = b
				continue
			}
			for _, o := range r.blocks {
				if o.pattern == b.pattern {
					return nil, bad(b.pattern + " is placed twice")
				}
			}
			r.blocks = append(r.blocks, b)
			continue
		}
		if b == nil {
			return nil, bad("a line outside a block")
		}
		var args []string
		for _, a := range f[1:] {
			if strings.HasPrefix(a, "@") {
				g, ok := r.groups[a]
				if !ok {
					return nil, bad("no group " + a)
				}
				args = append(args, g...)
				continue
			}
			args = append(args, a)
		}
		switch f[0] {
		case "uses":
			b.uses = append(b.uses, args...)
		case "outside":
			b.outside = append(b.outside, args...)
		case "tests":
			b.tests = append(b.tests, args...)
		case "shows":
			if why == "" {
				return nil, bad("shows needs a reason after --")
			}
			b.shows = why
		case "except", "never":
			if why == "" {
				return nil, bad(f[0] + " needs a reason after --")
			}
			m := b.except
			if f[0] == "never" {
				m = b.never
			}
			for _, a := range args {
				m[a] = why
			}
		default:
			return nil, bad("no such word: " + f[0])
		}
	}
	if r.tests == nil {
		return nil, errors.New("ARCHITECTURE.imports: no tests block")
	}
	return r, nil
}

// matches reports whether path is pattern, or lies in it where it ends in "/...".
func matches(pattern, path string) bool {
	if base, ok := strings.CutSuffix(pattern, "/..."); ok {
		return path == base || strings.HasPrefix(path, base+"/")
	}
	return pattern == path
}

func anyMatches(patterns []string, path string) bool {
	return slices.ContainsFunc(patterns, func(p string) bool { return matches(p, path) })
}

// place finds the block of a package: its own, or the longest pattern over it.
func (r *rules) place(path string) *block {
	var best *block
	for _, b := range r.blocks {
		if matches(b.pattern, path) && (best == nil || !strings.HasSuffix(b.pattern, "/...") || len(b.pattern) > len(best.pattern)) {
			best = b
			if b.pattern == path {
				return b
			}
		}
	}
	return best
}

func standard(path string) bool {
	first, _, _ := strings.Cut(path, "/")
	return !strings.Contains(first, ".")
}

// refusal says why b may not import path, or "".
func (r *rules) refusal(b *block, path string, test bool) string {
	name := path
	if ours(path) {
		name = short(path)
	}
	if why, ok := b.never[name]; ok && !test {
		return why
	}
	has := func(m map[string]string) bool {
		for p := range m {
			if matches(p, name) {
				return true
			}
		}
		return false
	}
	if has(b.except) || (test && has(r.tests.except)) {
		return ""
	}
	if !test || !anyMatches(r.tests.uses, name) {
		for g, why := range r.guards {
			if matches(g, name) && !(test && anyMatches(b.tests, name)) {
				return why
			}
		}
	}
	allowed := func(uses, outside []string) bool {
		switch {
		case ours(path):
			return anyMatches(uses, name)
		case standard(path):
			return slices.Contains(outside, "std") || anyMatches(outside, path)
		}
		return anyMatches(outside, path)
	}
	if allowed(b.uses, b.outside) {
		return ""
	}
	if test && (allowed(r.tests.uses, r.tests.outside) || anyMatches(b.tests, name)) {
		return ""
	}
	return "it is not in the block of " + b.pattern + " in ARCHITECTURE.imports; go through a neighbour, or add it there with a reason"
}

// check returns what is wrong.
func (r *rules) check(pkgs []pkg) []string {
	var wrong []string
	used := map[*block]map[string]bool{}
	for _, p := range pkgs {
		b := r.place(p.short())
		if b == nil {
			wrong = append(wrong, p.short()+": not in ARCHITECTURE.imports; say there what it is and what it may import")
			continue
		}
		b.matched = true
		if used[b] == nil {
			used[b] = map[string]bool{}
		}
		see := func(imports []string, test bool, where string) {
			for _, i := range imports {
				// A package may use those under it only where it says so, but
				// its own tests may always import it.
				if i == p.ImportPath {
					continue
				}
				used[b][i] = true
				if why := r.refusal(b, i, test); why != "" {
					name := i
					if ours(i) {
						name = short(i)
					}
					wrong = append(wrong, fmt.Sprintf("%s%s may not import %s: %s", p.short(), where, name, why))
				}
			}
		}
		see(p.Imports, false, "")
		see(append(slices.Clone(p.TestImports), p.XTestImports...), true, " (tests)")
	}
	exists := func(pattern string) bool {
		return slices.ContainsFunc(pkgs, func(p pkg) bool { return matches(pattern, p.short()) })
	}
	for _, b := range r.blocks {
		if !b.matched {
			wrong = append(wrong, fmt.Sprintf("line %d: no package is %s any more; remove the rule", b.line, b.pattern))
			continue
		}
		for _, u := range b.uses {
			if !exists(u) {
				wrong = append(wrong, fmt.Sprintf("line %d: %s may use %s, which is no package any more", b.line, b.pattern, u))
			}
		}
		for e := range b.except {
			if !slices.ContainsFunc(keys(used[b]), func(i string) bool { return matches(e, short(i)) }) {
				wrong = append(wrong, fmt.Sprintf("line %d: %s has an exception for %s and does not import it; remove the exception", b.line, b.pattern, e))
			}
		}
	}
	slices.Sort(wrong)
	return wrong
}

func keys(m map[string]bool) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func rulesOf(t testing.TB) *rules {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "ARCHITECTURE.imports"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := parse(string(text))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestImports(t *testing.T) {
	for _, w := range rulesOf(t).check(packages(t)) {
		t.Error(w)
	}
}

// TestImportRulesStop tries what must be stopped, on the real rules.
func TestImportRulesStop(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "ARCHITECTURE.imports"))
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		name, pkg, imports string
		test               bool
		want               string
	}{
		{"a package of the work opens the database", "internal/casefile", "database/sql", false, "internal/casefile may not import database/sql"},
		{"a package of the work takes a driver", "internal/note", "github.com/jackc/pgx/v5/stdlib", false, "internal/note may not import github.com/jackc/pgx/v5/stdlib"},
		{"a page reaches behind the door", "internal/web", module + "/internal/record/internal/store", false, "internal/web may not import internal/record/internal/store"},
		{"a page opens the database", "internal/web", module + "/internal/db", false, "internal/web may not import internal/db"},
		{"somebody uses unsafe", "internal/record", "unsafe", false, "internal/record may not import unsafe"},
		{"somebody uses cgo", "internal/record", "C", false, "internal/record may not import C"},
		{"a decision looks at the clock", "internal/policy", "time", false, "internal/policy may not import time"},
		{"a decision reads a file", "internal/policy", "os", false, "internal/policy may not import os"},
		{"a decision asks the network", "internal/policy", "net/http", false, "internal/policy may not import net/http"},
		{"a package that is not a test makes an actor as tests do", "internal/web", module + "/internal/actor/actortest", false, "internal/web may not import internal/actor/actortest"},
		{"a package that is not a test builds a door as tests do", "internal/app", module + "/internal/record/recordtest", false, "internal/app may not import internal/record/recordtest"},
		{"a use-case makes an actor", "internal/casefile", module + "/internal/actor/internal/mint", false, "internal/casefile may not import internal/actor/internal/mint"},
		{"the checker shares code with the log", "internal/audit/verify", module + "/internal/audit", false, "internal/audit/verify may not import internal/audit"},
		{"a package of the work encodes records itself", "internal/note", "github.com/fxamacker/cbor/v2", false, "internal/note may not import github.com/fxamacker/cbor/v2"},
		{"one piece of work imports the library of another layer", "internal/phi", module + "/internal/record", false, "internal/phi may not import internal/record"},
		{"a test uses unsafe", "internal/note", "unsafe", true, "internal/note (tests) may not import unsafe"},
		{"a package nobody placed", "internal/util", "fmt", false, "internal/util: not in ARCHITECTURE.imports"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := parse(string(text))
			if err != nil {
				t.Fatal(err)
			}
			p := pkg{ImportPath: module + "/" + tt.pkg}
			if tt.test {
				p.TestImports = []string{tt.imports}
			} else {
				p.Imports = []string{tt.imports}
			}
			for _, w := range r.check([]pkg{p}) {
				if strings.HasPrefix(w, tt.want) {
					return
				}
			}
			t.Errorf("not stopped: want %q", tt.want)
		})
	}
	t.Run("a rule for a package that is gone", func(t *testing.T) {
		r, err := parse("tests -- all\ninternal/gone -- was here\n  uses internal/also/gone\n")
		if err != nil {
			t.Fatal(err)
		}
		if w := r.check(nil); len(w) != 1 || !strings.Contains(w[0], "no package is internal/gone any more") {
			t.Errorf("got %q", w)
		}
	})
	t.Run("an exception nobody uses", func(t *testing.T) {
		r, err := parse("guard log -- no\ntests -- all\ninternal/a -- a\n  except log -- once\n")
		if err != nil {
			t.Fatal(err)
		}
		if w := r.check([]pkg{{ImportPath: module + "/internal/a"}}); len(w) != 1 || !strings.Contains(w[0], "remove the exception") {
			t.Errorf("got %q", w)
		}
	})
	for name, text := range map[string]string{
		"a guard without a reason":       "guard unsafe\ntests -- t\n",
		"an exception without a reason":  "tests -- t\ninternal/a -- a\n  except unsafe\n",
		"a package without a reason":     "tests -- t\ninternal/a\n",
		"a package placed twice":         "tests -- t\ninternal/a -- a\ninternal/a -- b\n",
		"a word nobody knows":            "tests -- t\ninternal/a -- a\n  may everything\n",
		"a group that is not there":      "tests -- t\ninternal/a -- a\n  uses @none\n",
		"a line that belongs to nothing": "  uses internal/a\n",
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := parse(text); err == nil {
				t.Error("was read")
			}
		})
	}
}
