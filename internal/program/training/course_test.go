package training_test

import (
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/program/training"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares what came with a file.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s is not what came:\n%s", path, got)
	}
}

func read(t testing.TB, name string) string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func says(ps []training.Problem) string {
	var b strings.Builder
	for _, p := range ps {
		fmt.Fprintf(&b, "%d: %s\n", p.Line, p.Says)
	}
	return b.String()
}

func TestACourseIsReadWhole(t *testing.T) {
	c, ps := training.Parse(read(t, "good.md"))
	if len(ps) > 0 {
		t.Fatal(says(ps))
	}
	b, err := json.MarshalIndent(c, "", "  ")
	if err != nil {
		t.Fatal(err)
	}
	golden(t, "good.json", string(b)+"\n")
	crlf, ps := training.Parse("\ufeff" + strings.ReplaceAll(read(t, "good.md"), "\n", "\r\n"))
	if again, _ := json.MarshalIndent(crlf, "", "  "); len(ps) > 0 || string(again) != string(b) {
		t.Error("a text from another system reads otherwise", says(ps))
	}
}

func TestWhatIsWrongWithACourseIsToldByLine(t *testing.T) {
	_, ps := training.Parse(read(t, "bad.md"))
	golden(t, "bad.txt", says(ps))
}

func TestACourseLacksNothing(t *testing.T) {
	good := read(t, "good.md")
	cut := func(from, to string) string {
		a := strings.Index(good, from)
		b := len(good)
		if to != "" {
			b = a + strings.Index(good[a:], to)
		}
		return good[:a] + good[b:]
	}
	for _, x := range []struct {
		name, text string
		line       int
		says       string
	}{
		{"no text", "", 1, "A course begins with a line of three dashes"},
		{"no end of the head", strings.Replace(good, "agency practice\n---\n", "", 1)[:60], 1, "A course begins"},
		{"no code", strings.Replace(good, "code: lost-phone\n", "", 1), 1, "The head has no code."},
		{"no lesson", cut("# Lesson", "# Scenario"), 1, "at least one lesson"},
		{"no question", cut("# Question", ""), 1, "at least one question"},
		{"a module without a scenario", strings.Replace(cut("# Scenario", "# Question"), "form: micro", "form: module", 1), 1, "at least one scenario"},
		{"a question without why", cut("\n> The law has", ""), 50, "Say why, behind the choices"},
		{"nine choices", strings.Replace(good, "- [ ] You\n", "- [ ] 1\n- [ ] 2\n- [ ] 3\n- [ ] 4\n- [ ] 5\n- [ ] 6\n- [ ] 7\n- [ ] 8\n", 1), 50, "at most 8"},
		{"too long", strings.Repeat("x", training.MaxText+1), 1, "200,000"},
		{"no text at all", "---\xff", 1, "not a text"},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, ps := training.Parse(x.text)
			for _, p := range ps {
				if p.Line == x.line && strings.Contains(p.Says, x.says) {
					return
				}
			}
			t.Errorf("line %d does not say %q but:\n%s", x.line, x.says, says(ps))
		})
	}
	if _, ps := training.Parse(cut("# Scenario", "# Question")); len(ps) > 0 {
		t.Error("a micro course needs no scenario:", says(ps))
	}
}

func TestAQuestionIsRightOnlyWithEveryRightChoice(t *testing.T) {
	c, _ := training.Parse(read(t, "good.md"))
	several, one := c.Questions[0], c.Questions[1]
	for _, x := range []struct {
		q      training.Question
		chosen []int
		right  bool
	}{
		{several, []int{0, 1}, true}, {several, []int{1, 0}, true}, {several, []int{0}, false}, {several, []int{0, 1, 2}, false}, {several, nil, false},
		{one, []int{1}, true}, {one, []int{0}, false}, {one, []int{0, 1}, false}, {one, nil, false},
	} {
		if x.q.Right(x.chosen) != x.right {
			t.Errorf("%q with %v is not %v", x.q.Ask, x.chosen, x.right)
		}
	}
	if !several.Several() || one.Several() {
		t.Error("which questions have several answers is not told")
	}
	if !c.IsFor(actor.Supervisor) || c.IsFor(actor.Intake) {
		t.Error("for whom the course is, is not told")
	}
}

func TestACourseInAnotherLanguageIsTheSameCourse(t *testing.T) {
	c, _ := training.Parse(read(t, "good.md"))
	for _, x := range []struct {
		name, old, new string
		alike          bool
	}{
		{"other words", "The bus", "El autobús", true},
		{"another choice is right", "- [ ] You\n- [x] The Privacy Officer", "- [x] You\n- [ ] The Privacy Officer", false},
		{"another decision is right", "- [ ] Yes.\n", "- [x] Yes.\n", false},
		{"a choice more", "- [ ] You\n", "- [ ] You\n- [ ] They\n", false},
		{"another pass mark", "pass: 80", "pass: 70", false},
		{"another code", "code: lost-phone", "code: lost", false},
		{"for others", "for: case_manager, supervisor", "for: everyone", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			text := strings.Replace(read(t, "good.md"), x.old, x.new, 1)
			if x.name == "another decision is right" {
				text = strings.Replace(text, "- [x] She says so", "- [ ] She says so", 1)
			}
			o, ps := training.Parse(text)
			if len(ps) > 0 {
				t.Fatal(says(ps))
			}
			if c.Alike(o) != x.alike {
				t.Error(!x.alike)
			}
		})
	}
}

func TestPlaceholdersAreFilled(t *testing.T) {
	c, _ := training.Parse(strings.Replace(read(t, "good.md"), "# Scenario: The bus", "# Scenario: {{agency}}’s bus", 1))
	f := c.Filled(map[string]string{"security_officer": "Sam Ortiz"})
	if want := "Call Sam Ortiz **today**."; !strings.HasPrefix(f.Lessons[0].Text, want) {
		t.Error(f.Lessons[0].Text)
	}
	if f.Scenarios[0].Title != "…’s bus" {
		t.Error(f.Scenarios[0].Title)
	}
	if !strings.Contains(c.Lessons[0].Text, "{{security_officer}}") {
		t.Error("filling one changes the other")
	}
}

func FuzzParse(f *testing.F) {
	f.Add(read(f, "good.md"))
	f.Add(read(f, "bad.md"))
	f.Add("---\n---\n# Question: \n- [x]\n  >\n>")
	f.Fuzz(func(t *testing.T, text string) {
		c, ps := training.Parse(text)
		lines := strings.Count(text, "\n") + 1
		for i, p := range ps {
			if p.Line < 1 || p.Line > lines || p.Says == "" {
				t.Fatalf("a problem of line %d of %d: %q", p.Line, lines, p.Says)
			}
			if i > 0 && p.Line < ps[i-1].Line {
				t.Fatal("the problems are not in order")
			}
		}
		if len(ps) > 0 {
			return
		}
		// What has no problem can be taken: each question can be answered.
		if c.Code == "" || len(c.Lessons) == 0 || len(c.Questions) == 0 || !c.Alike(c) {
			t.Fatal("a course without problems lacks something")
		}
		for _, q := range c.Questions {
			var right []int
			for i, x := range q.Choices {
				if x.Right {
					right = append(right, i)
				}
			}
			if !q.Right(right) || q.Right(nil) || q.Why == "" {
				t.Fatalf("a question cannot be answered: %+v", q)
			}
		}
		for _, s := range c.Scenarios {
			for _, d := range s.Decisions {
				for _, x := range d.Choices {
					if x.Why == "" {
						t.Fatalf("a choice says no why: %+v", x)
					}
				}
			}
		}
	})
}
