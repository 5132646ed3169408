package arch

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// documents is every Markdown file of the project but what others wrote.
func documents(t testing.TB) []string {
	t.Helper()
	top := root(t)
	var out []string
	err := filepath.WalkDir(top, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		switch {
		case d.IsDir() && (d.Name() == "node_modules" || d.Name() == ".git" || d.Name() == "testdata" || d.Name() == "bin" || d.Name() == "data"):
			return filepath.SkipDir
		case filepath.Ext(path) == ".md" && d.Name() != "THIRD_PARTY.md":
			out = append(out, path)
		}
		return nil
	})
	if err != nil || len(out) < 20 {
		t.Fatalf("%d documents, %v", len(out), err)
	}
	return out
}

var (
	link    = regexp.MustCompile(`\]\(([^)\s]+)\)`)
	fence   = regexp.MustCompile("(?ms)^```.*?^```")
	heading = regexp.MustCompile(`(?m)^#+ +(.*)$`)
	notWord = regexp.MustCompile(`[^\p{L}\p{N} _-]`)
)

// anchor is what a heading's link is called.
func anchor(h string) string {
	return strings.ReplaceAll(notWord.ReplaceAllString(strings.ToLower(strings.TrimSpace(h)), ""), " ", "-")
}

func TestDocs(t *testing.T) {
	top := root(t)
	for _, path := range documents(t) {
		name, _ := filepath.Rel(top, path)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		text := fence.ReplaceAllString(string(b), "")
		for _, m := range link.FindAllStringSubmatch(text, -1) {
			target, part, _ := strings.Cut(m[1], "#")
			if strings.Contains(target, "://") || strings.HasPrefix(target, "mailto:") || strings.HasPrefix(target, "{{") {
				continue
			}
			file := path
			if target != "" {
				file = filepath.Join(filepath.Dir(path), target)
			}
			if _, err := os.Stat(file); err != nil {
				t.Errorf("%s: the link to %s leads nowhere", name, m[1])
				continue
			}
			if part == "" {
				continue
			}
			there, err := os.ReadFile(file)
			if err != nil {
				t.Errorf("%s: %s: %v", name, m[1], err)
				continue
			}
			found := false
			for _, h := range heading.FindAllStringSubmatch(string(there), -1) {
				found = found || anchor(h[1]) == part
			}
			if !found {
				t.Errorf("%s: %s has no heading #%s", name, target, part)
			}
		}
	}
	t.Run("every decision is in the index", func(t *testing.T) {
		index, err := os.ReadFile(filepath.Join(top, "docs/adr/README.md"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob(filepath.Join(top, "docs/adr/2*.md"))
		if err != nil || len(files) == 0 {
			t.Fatalf("%d decisions, %v", len(files), err)
		}
		for _, f := range files {
			if !strings.Contains(string(index), "("+filepath.Base(f)+")") {
				t.Errorf("docs/adr/README.md does not list %s", filepath.Base(f))
			}
		}
	})
	t.Run("every test the documents name exists", func(t *testing.T) {
		b, err := os.ReadFile(filepath.Join(top, "docs/guides/developer.md"))
		if err != nil {
			t.Fatal(err)
		}
		files, err := filepath.Glob("*_test.go")
		if err != nil {
			t.Fatal(err)
		}
		var source strings.Builder
		for _, f := range files {
			s, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			source.Write(s)
		}
		for _, m := range regexp.MustCompile(`\bTest[A-Z]\w+`).FindAllString(string(b), -1) {
			if !strings.Contains(source.String(), "func "+m) {
				t.Errorf("docs/guides/developer.md names %s, which is no test", m)
			}
		}
	})
	t.Run("every make target the documents name exists", func(t *testing.T) {
		makefile, err := os.ReadFile(filepath.Join(top, "Makefile"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range documents(t) {
			b, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, m := range regexp.MustCompile("(?m)(?:`|^ *)make ([a-z0-9-]+)").FindAllStringSubmatch(string(b), -1) {
				if !regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(m[1]) + `:`).Match(makefile) {
					name, _ := filepath.Rel(top, path)
					t.Errorf("%s: the Makefile has no target %s", name, m[1])
				}
			}
		}
	})
}

// TestCommandsInDocs asks the program about each command and flag
// that the documents use.
func TestCommandsInDocs(t *testing.T) {
	top := root(t)
	exe := program(t)
	overview, err := exec.Command(exe, "help").CombinedOutput()
	if err != nil {
		t.Fatalf("caseward help: %v\n%s", err, overview)
	}
	var commands []string
	for _, m := range regexp.MustCompile(`(?m)^  ([a-z][a-z-]*(?: [a-z]+)?)  +\S`).FindAllStringSubmatch(string(overview), -1) {
		commands = append(commands, m[1])
	}
	if len(commands) < 8 {
		t.Fatalf("help lists %q", commands)
	}
	manuals := map[string]string{}
	manual := func(c string) string {
		if manuals[c] == "" {
			out, err := exec.Command(exe, append([]string{"help"}, strings.Fields(c)...)...).CombinedOutput()
			if err != nil {
				t.Errorf("caseward help %s: %v", c, err)
			}
			manuals[c] = string(out)
		}
		return manuals[c]
	}
	use := regexp.MustCompile("(?m)(?:caseward|\\./cmd/caseward) ((?:[a-z][a-z-]*)(?: [a-z]+)?)((?: [^`\n]*)?)")
	flags := regexp.MustCompile(`--[a-z-]+`)
	used := map[string]bool{}
	for _, name := range []string{"README.md", "docs/guides/operator.md", "docs/guides/privacy-officer.md"} {
		b, err := os.ReadFile(filepath.Join(top, name))
		if err != nil {
			t.Fatal(err)
		}
		for _, quoted := range regexp.MustCompile("(?m)`[^`\n]+`|^(?:go run|bin/|caseward|ExecStart|GODEBUG).*$").FindAllString(string(b), -1) {
			m := use.FindStringSubmatch(quoted)
			if m == nil {
				continue
			}
			c := m[1]
			if !slices.Contains(commands, c) {
				c, _, _ = strings.Cut(c, " ")
			}
			if c == "help" {
				continue
			}
			if !slices.Contains(commands, c) {
				t.Errorf("%s: %s: the program has no command %q", name, quoted, m[1])
				continue
			}
			used[c] = true
			for _, f := range flags.FindAllString(m[2], -1) {
				if !strings.Contains(manual(c), "\n  "+f) {
					t.Errorf("%s: %s: caseward %s has no %s", name, quoted, c, f)
				}
			}
		}
	}
	for _, must := range []string{"init", "serve", "import fhir", "audit verify", "audit export", "demo"} {
		if !used[must] {
			t.Errorf("the documents do not tell of caseward %s", must)
		}
	}
}
