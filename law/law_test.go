package law

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCitations(t *testing.T) {
	form := regexp.MustCompile(`^4[25] CFR \d+\.\d+(\([A-Za-z0-9]+\))*$`)
	t.Run("each is written one way, has a title and says how far it was read", func(t *testing.T) {
		if len(All()) < 300 {
			t.Fatalf("only %d citations", len(All()))
		}
		for _, c := range All() {
			if !form.MatchString(c.ID) {
				t.Errorf("%q is not written like 45 CFR 164.312(b)", c.ID)
			}
			if c.Title == "" || strings.HasSuffix(c.Title, ".") || strings.TrimSpace(c.Title) != c.Title {
				t.Errorf("%s: title %q", c.ID, c.Title)
			}
			switch c.Checked {
			case Read, Part, Memory:
			default:
				t.Errorf("%s: checked %q", c.ID, c.Checked)
			}
		}
	})
	t.Run("what was never read says so", func(t *testing.T) {
		c, ok := Find("42 CFR 2.51")
		if !ok || c.Checked != Memory {
			t.Errorf("42 CFR 2.51 is %+v, %v", c, ok)
		}
	})
	t.Run("a listed paragraph is known by its title, another is not", func(t *testing.T) {
		if !Known("45 CFR 164.312(b)") || Title("45 CFR 164.312(b)") != "Audit controls" {
			t.Error("45 CFR 164.312(b) is not Audit controls")
		}
		if Known("45 CFR 164.999") || Title("45 CFR 164.999") != "" || Known(Practice) {
			t.Error("something is known that is not listed")
		}
	})
	t.Run("changing the list changes nobody else's", func(t *testing.T) {
		All()[0].Title = "changed"
		if All()[0].Title == "changed" {
			t.Error("All hands out its own memory")
		}
	})
	t.Run("a list of citations comes apart", func(t *testing.T) {
		got := Split("45 CFR 164.502(b); 42 CFR 2.11;")
		if d := cmp.Diff([]string{"45 CFR 164.502(b)", "42 CFR 2.11"}, got); d != "" {
			t.Error(d)
		}
	})
}

func TestParse(t *testing.T) {
	for name, text := range map[string]string{
		"a line that is not a citation stops the program": "45 CFR 164.312(b) audit\n",
		"a paragraph listed twice stops the program":      "45 CFR 164.312(b) | read | a\n45 CFR 164.312(b) | read | b\n",
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("parsed")
				}
			}()
			parse(text)
		})
	}
}
