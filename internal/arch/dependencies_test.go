package arch

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"golang.org/x/mod/modfile"
)

// required is every module go.mod names, and whether it says it is indirect.
func required(t testing.TB) map[string]bool {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root(t), "go.mod"))
	if err != nil {
		t.Fatal(err)
	}
	f, err := modfile.Parse("go.mod", text, nil)
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]bool{}
	for _, r := range f.Require {
		out[r.Mod.Path] = r.Indirect
	}
	return out
}

// direct is every module that our own files import, and whether more than tests
// do.
func direct(t testing.TB) map[string]bool {
	t.Helper()
	modules := required(t)
	out := map[string]bool{}
	note := func(imports []string, linked bool) {
		for _, i := range imports {
			best := ""
			for m := range modules {
				if matches(m+"/...", i) && len(m) > len(best) {
					best = m
				}
			}
			if best != "" {
				out[best] = out[best] || linked
			}
		}
	}
	for _, p := range packages(t) {
		forTests := strings.HasPrefix(p.short(), "test/") || strings.HasSuffix(p.short(), "test")
		note(p.Imports, !forTests)
		note(p.TestImports, false)
		note(p.XTestImports, false)
	}
	return out
}

// most is how many modules the program itself may import. More is a decision.
const most = 22

// TestDependenciesHaveReasons compares what is imported with the table of
// docs/dependencies.md: each direct dependency stands there with its reason, and
// nothing else does.
func TestDependenciesHaveReasons(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root(t), "docs/dependencies.md"))
	if err != nil {
		t.Fatal(err)
	}
	row := regexp.MustCompile("(?m)^\\| `([^`]+)` \\| (.*?) \\|$")
	reasons := map[string]string{}
	for _, m := range row.FindAllStringSubmatch(string(text), -1) {
		reasons[m[1]] = strings.TrimSpace(m[2])
	}
	need := direct(t)
	linked := 0
	for _, m := range slices.Sorted(maps.Keys(need)) {
		if need[m] {
			linked++
		}
		switch onlyTests := strings.Contains(reasons[m], "not linked into the program"); {
		case len(reasons[m]) < 20:
			t.Errorf("docs/dependencies.md gives no reason for %s; add a row:\n| `%s` | what it does, and why it is not written here |", m, m)
		case onlyTests == need[m]:
			t.Errorf("docs/dependencies.md: %s: say \"not linked into the program\" if and only if tests alone import it", m)
		}
	}
	modules := required(t)
	for m := range reasons {
		if _, ok := modules[m]; !ok {
			t.Errorf("docs/dependencies.md gives a reason for %s, which go.mod does not name; remove the row", m)
		}
	}
	if linked > most {
		t.Errorf("the program imports %d modules; the aim is %d: take one away, or raise it with the reason in docs/dependencies.md", linked, most)
	}
}

// TestDependenciesAreUsed wants every direct dependency of go.mod to be imported
// by a package or a test, and every module that is imported to be a direct one.
func TestDependenciesAreUsed(t *testing.T) {
	need := direct(t)
	for m, indirect := range required(t) {
		_, used := need[m]
		if !indirect && !used {
			t.Errorf("nothing imports %s; run go mod tidy", m)
		}
		if indirect && used {
			t.Errorf("go.mod says %s is indirect and it is imported; run go mod tidy", m)
		}
	}
}

// A licence by which a dependency may come, and words that only its text has.
var licences = []struct {
	name  string
	words []string
}{
	{"Apache-2.0", []string{"Apache License", "Version 2.0, January 2004"}},
	{"MPL-2.0", []string{"Mozilla Public License", "ersion 2.0"}},
	{"ISC", []string{"Permission to use, copy, modify, and", "distribute this software for any purpose", "above copyright notice"}},
	{"MIT", []string{"Permission is hereby granted, free of charge, to any person obtaining a copy", "without restriction"}},
	{"0BSD", []string{"Permission to use, copy, modify, and/or distribute this software for any purpose"}},
	{"BSD-3-Clause", []string{"Redistribution and use in source and binary forms", "used to endorse or promote"}},
	{"BSD-2-Clause", []string{"Redistribution and use in source and binary forms"}},
	{"OFL-1.1", []string{"SIL OPEN FONT LICENSE Version 1.1"}},
}

// licenceOf names the licence of a text; "" if it is not one that may be used.
func licenceOf(text string) string {
	flat := strings.Join(strings.Fields(text), " ")
	for _, l := range licences {
		if !slices.ContainsFunc(l.words, func(w string) bool { return !strings.Contains(flat, w) }) {
			return l.name
		}
	}
	return ""
}

func TestLicenceOf(t *testing.T) {
	for text, want := range map[string]string{
		"GNU GENERAL PUBLIC LICENSE Version 3, 29 June 2007":                                               "",
		"Business Source License 1.1":                                                                      "",
		"All rights reserved.":                                                                             "",
		"Redistribution and use in source\nand binary forms are permitted":                                 "BSD-2-Clause",
		"Apache License\n Version 2.0, January 2004":                                                       "Apache-2.0",
		"Redistribution and use in source and binary forms ... may be used to endorse or promote products": "BSD-3-Clause",
		"Permission is hereby granted, free of charge, to any person obtaining a copy of this software ... without restriction": "MIT",
	} {
		if got := licenceOf(text); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

// TestLicences wants every module linked into the program to come with a licence
// that may be used, and THIRD_PARTY.md to repeat it.
func TestLicences(t *testing.T) {
	type part struct{ name, version, licence, text string }
	parts := map[string]part{}
	for _, p := range list(t, "-deps", "./cmd/caseward") {
		if p.Module == nil || p.Module.Main || parts[p.Module.Path].name != "" {
			continue
		}
		m := p.Module
		text, err := licenceText(m.Dir)
		if err != nil {
			t.Errorf("%s: %v", m.Path, err)
			continue
		}
		l := licenceOf(text)
		if l == "" {
			t.Errorf("%s %s comes under a licence that is not on the list; replace it, or add the licence in %s with the reason in docs/dependencies.md", m.Path, m.Version, "internal/arch/dependencies_test.go")
		}
		parts[m.Path] = part{m.Path, m.Version, l, text}
	}
	if len(parts) < 5 {
		t.Fatalf("only %d modules are linked; the test looks in the wrong place", len(parts))
	}
	var assets []string
	for _, dir := range []string{"internal/web/static/licences", "internal/keys/share/licences", "internal/actor/authn/licences"} {
		some, err := filepath.Glob(filepath.Join(root(t), dir, "*.txt"))
		if err != nil || len(some) == 0 {
			t.Fatalf("%d licences of vendored assets in %s, %v", len(some), dir, err)
		}
		for _, a := range some {
			assets = append(assets, dir+"/"+filepath.Base(a))
		}
	}
	for _, name := range assets {
		b, err := os.ReadFile(filepath.Join(root(t), name))
		if err != nil {
			t.Fatal(err)
		}
		l := licenceOf(string(b))
		if l == "" {
			t.Errorf("%s: not a licence on the list", name)
		}
		parts[name] = part{name, "vendored", l, string(b)}
	}
	goLicence, err := licenceText(goroot(t))
	if err != nil {
		t.Fatal(err)
	}
	parts["Go standard library"] = part{"Go standard library", "as built", licenceOf(goLicence), goLicence}

	sorted := slices.SortedFunc(maps.Values(parts), func(a, b part) int { return cmp.Compare(a.name, b.name) })
	var out bytes.Buffer
	out.WriteString("<!-- Code generated by go test ./internal/arch -update; DO NOT EDIT. -->\n\n# What others wrote\n\nThe program `caseward` is linked from these modules and carries these assets. Their licences follow the table.\n\n| part | version | licence |\n|---|---|---|\n")
	for _, p := range sorted {
		fmt.Fprintf(&out, "| %s | %s | %s |\n", p.name, p.version, p.licence)
	}
	for _, p := range sorted {
		fmt.Fprintf(&out, "\n## %s\n\n```text\n%s\n```\n", p.name, strings.TrimSpace(strings.ReplaceAll(p.text, "\r", "")))
	}
	golden(t, "THIRD_PARTY.md", out.Bytes())
}

func goroot(t testing.TB) string {
	t.Helper()
	for _, p := range list(t, "errors") {
		return filepath.Dir(filepath.Dir(p.Dir))
	}
	return ""
}

func licenceText(dir string) (string, error) {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return "", err
	}
	for _, e := range entries {
		n := strings.ToUpper(e.Name())
		if !e.IsDir() && (strings.HasPrefix(n, "LICENSE") || strings.HasPrefix(n, "LICENCE") || strings.HasPrefix(n, "COPYING") || n == "UNLICENSE") {
			b, err := os.ReadFile(filepath.Join(dir, e.Name()))
			return string(b), err
		}
	}
	return "", fmt.Errorf("no licence file")
}

// golden compares a generated file with what is committed, or writes it.
func golden(t *testing.T, name string, want []byte) {
	t.Helper()
	path := filepath.Join(root(t), name)
	if *update {
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, want, 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	got, err := os.ReadFile(path)
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%s is not what the source says; run `make gen` and commit it (%v)", name, err)
	}
}
