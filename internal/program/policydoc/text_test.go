package policydoc

import (
	"io/fs"
	"regexp"
	"strings"
	"testing"

	"caseward/law"
)

// TestStarterSet wants every text of the starter set to be one that could be put in
// force, each workflow to be governed by one clause, and what it cites to stand in the
// law.
func TestStarterSet(t *testing.T) {
	cites := regexp.MustCompile(`\b(?:45|42) CFR [0-9]+\.[0-9]+(?:\([A-Za-z0-9]+\))*`)
	for _, lang := range []string{"en", "es"} {
		files, err := fs.Glob(starter(), lang+"/*.md")
		if err != nil || len(files) == 0 {
			t.Fatal(lang, len(files), err)
		}
		governed := map[string]string{}
		for _, name := range files {
			b, err := fs.ReadFile(starter(), name)
			if err != nil {
				t.Fatal(err)
			}
			x := Read(string(b))
			for _, p := range x.Doc.Problems {
				t.Errorf("%s: %s", name, p)
			}
			if !strings.HasSuffix(name, "/"+x.Code+".md") {
				t.Errorf("%s has the code %s", name, x.Code)
			}
			for _, g := range x.Governs {
				if governed[g.Workflow] != "" {
					t.Errorf("%s: the workflow %s is governed by %s too", name, g.Workflow, governed[g.Workflow])
				}
				governed[g.Workflow] = name
			}
			for i, l := range strings.Split(string(b), "\n") {
				for _, c := range cites.FindAllString(l, -1) {
					if !law.Known(c) {
						t.Errorf("%s:%d: %s is not in the list of the law", name, i+1, c)
					}
				}
			}
		}
		for _, s := range Starter(lang) {
			if s.Code != s.Text.Code {
				t.Errorf("%s has the code %s", s.Code, s.Text.Code)
			}
		}
	}
}

func TestTextsWithMistakes(t *testing.T) {
	good := "---\ncode: doors\ntitle: Doors\nfamily: access\nowner: security_officer\naudience: intake, auditor\nstandards: agency practice\nreview: 12\ngoverns: chart 1\n---\n\n## 1 Purpose\n\n{{agency}}\n\n{{annex: roles}}\n"
	if x := Read(good); len(x.Doc.Problems) > 0 || len(x.Audience) != 2 || x.Governs[0] != (Govern{"chart", "1"}) {
		t.Fatalf("%v %+v", x.Doc.Problems, x)
	}
	for _, c := range [][3]string{
		{"code: doors", "code: The Doors", "line 2: The key code"},
		{"title: Doors", "title:", "line 3: The key title"},
		{"family: access", "family: doors", "line 4: The key family"},
		{"owner: security_officer", "owner: boss", "line 5: The key owner"},
		{"intake, auditor", "intake, boss", "line 6: The key audience"},
		{"agency practice", "45 CFR 1.2", "line 7: The paragraph 45 CFR 1.2"},
		{"agency practice", "", "line 7: The key standards"},
		{"review: 12", "review: 0", "line 8: The key review"},
		{"chart 1", "chart 7", "line 9: There is no clause 7"},
		{"chart 1", "chart", "line 9: The key governs"},
		{"chart 1", "chart 1; chart 1", "line 9: The workflow chart"},
		{"code: doors", "colour: red\ncode: doors", "line 2: There is no key colour"},
		{"{{agency}}", "{{boss}}", "line 14: Nothing is known to fill in for {{boss}}"},
		{"## 1", "## 2", "This clause begins with ## 1"},
	} {
		if got := Read(strings.Replace(good, c[0], c[1], 1)).Doc.Problems.Error(); !strings.Contains(got, c[2]) {
			t.Errorf("%s: %q, want %q", c[1], got, c[2])
		}
	}
}

func TestCompare(t *testing.T) {
	show := func(before, after string) string {
		var out []string
		for _, r := range Compare(before, after) {
			if r.Same() {
				out = append(out, r.Old)
			} else {
				out = append(out, r.Old+">"+r.New)
			}
		}
		return strings.Join(out, " ")
	}
	for _, c := range [][3]string{
		{"a\nb\nc", "a\nb\nc", "a b c"},
		{"a\nb\nc", "a\nx\nc", "a b>x c"},
		{"a\nc", "a\nb\nc", "a >b c"},
		{"a\nb\nc", "a\nc", "a b> c"},
		{"a\nb\nc\nd", "b\nc\nx\nd", "a> b c >x d"},
		{"", "a", ">a"},
	} {
		if got := show(c[0], c[1]); got != c[2] {
			t.Errorf("%q to %q: %q, want %q", c[0], c[1], got, c[2])
		}
	}
	// Beyond what is compared line by line, nothing is left out.
	before, after := strings.Repeat("a\n", 3000), strings.Repeat("b\n", 2500)
	var old, now int
	for _, r := range Compare(before, after) {
		if r.OldLine > 0 {
			old++
		}
		if r.NewLine > 0 {
			now++
		}
	}
	if old != 3001 || now != 2501 {
		t.Errorf("%d and %d lines", old, now)
	}
}

func TestCoverageShowsWhatNothingAnswers(t *testing.T) {
	docs := []Document{
		{Code: "doors", State: InForce, Standards: []string{"45 CFR 164.310(a)(1)"}},
		{Code: "draft", State: Draft, Standards: []string{"45 CFR 164.312(b)"}},
	}
	got := map[string]int{}
	for _, c := range Coverage(docs) {
		got[c.ID] = len(c.Codes)
	}
	if got["45 CFR 164.310(a)(1)"] != 1 || got["45 CFR 164.312(b)"] != 0 || len(got) < 50 {
		t.Errorf("%v", got)
	}
}
