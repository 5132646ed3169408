package arch

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// asvs is how many requirements of levels 1 and 2 each section of the OWASP ASVS
// 5.0.0 has. They are numbered from 1; what is of level 3 comes after them.
var asvs = map[string]int{
	"1.1": 2, "1.2": 9, "1.3": 11, "1.4": 3, "1.5": 2,
	"2.1": 3, "2.2": 3, "2.3": 4, "2.4": 1,
	"3.2": 2, "3.3": 4, "3.4": 6, "3.5": 5, "3.7": 2,
	"4.1": 3, "4.2": 1, "4.3": 2, "4.4": 4,
	"5.1": 1, "5.2": 3, "5.3": 2, "5.4": 3,
	"6.1": 3, "6.2": 12, "6.3": 4, "6.4": 4, "6.5": 5, "6.6": 3, "6.8": 4,
	"7.1": 3, "7.2": 4, "7.3": 2, "7.4": 5, "7.5": 2, "7.6": 2,
	"8.1": 2, "8.2": 3, "8.3": 1, "8.4": 1,
	"9.1": 3, "9.2": 4,
	"10.1": 2, "10.2": 2, "10.3": 4, "10.4": 11, "10.5": 5, "10.6": 2, "10.7": 3,
	"11.1": 2, "11.2": 3, "11.3": 3, "11.4": 4, "11.5": 1, "11.6": 1,
	"12.1": 3, "12.2": 2, "12.3": 4,
	"13.1": 1, "13.2": 5, "13.3": 2, "13.4": 5,
	"14.1": 2, "14.2": 4, "14.3": 3,
	"15.1": 3, "15.2": 3, "15.3": 7,
	"16.1": 1, "16.2": 5, "16.3": 4, "16.4": 3, "16.5": 3,
	"17.1": 1, "17.2": 4, "17.3": 2,
}

// A line of the walk: its id, its state, how it is met, what shows it.
var (
	asvsLine  = regexp.MustCompile(`(?m)^\| (\d+\.\d+\.\d+) \| ([a-z ]+) \| (.+?) \| (.*)\|$`)
	asvsID    = regexp.MustCompile(`\b\d+\.\d+\.\d+\b`)
	asvsCount = regexp.MustCompile(`(?m)^\| (met|in part|not met|no use) \| [^|]+ \| (\d+) \|$`)
	asvsShows = regexp.MustCompile("`([a-z/]+)`((?: (?:Test|Fuzz)[A-Z]\\w*)+)")
	testName  = regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w*`)
)

// wrongASVS says what is wrong with a walk through the standard. tests are the
// tests of a package, whose name is without "internal/".
func wrongASVS(text string, tests func(pkg string) string) []string {
	var wrong []string
	say := func(format string, args ...any) { wrong = append(wrong, fmt.Sprintf(format, args...)) }
	lines, states, open := map[string]int{}, map[string]int{}, []string(nil)
	for _, m := range asvsLine.FindAllStringSubmatch(text, -1) {
		id, state, shown := m[1], m[2], strings.TrimSpace(m[4])
		lines[id]++
		states[state]++
		switch state {
		case "met":
			if shown == "" {
				say("%s is met, and nothing shows it", id)
			}
		case "in part", "not met":
			open = append(open, id)
		case "no use":
		default:
			say("%s is %q", id, state)
		}
		named := 0
		for _, s := range asvsShows.FindAllStringSubmatch(shown, -1) {
			there := tests(s[1])
			for _, name := range strings.Fields(s[2]) {
				if named++; !strings.Contains(there, "func "+name+"(") {
					say("%s: %s has no %s", id, s[1], name)
				}
			}
		}
		if all := len(testName.FindAllString(shown, -1)); named != all {
			say("%s names %d tests of no package", id, all-named)
		}
	}
	for section, n := range asvs {
		for i := range n {
			id := section + "." + strconv.Itoa(i+1)
			if lines[id] != 1 {
				say("%s stands there %d times", id, lines[id])
			}
			delete(lines, id)
		}
	}
	for id := range lines {
		say("the standard has no %s at level 1 or 2", id)
	}
	counts := asvsCount.FindAllStringSubmatch(text, -1)
	if len(counts) != 4 {
		say("the head counts %d states", len(counts))
	}
	for _, m := range counts {
		if strconv.Itoa(states[m[1]]) != m[2] {
			say("%s are %d, and the head says %s", m[1], states[m[1]], m[2])
		}
	}
	_, list, _ := strings.Cut(text, "\n## Not met yet\n")
	list, _, _ = strings.Cut(list, "\n## ")
	listed := asvsID.FindAllString(list, -1)
	for _, id := range open {
		if !slices.Contains(listed, id) {
			say("%s is not met, or in part, and not in the list of those", id)
		}
	}
	for _, id := range listed {
		if !slices.Contains(open, id) {
			say("%s is in the list of those not met, and is met or of no use", id)
		}
	}
	slices.Sort(wrong)
	return wrong
}

// testsOf is the source of the tests of a package.
func testsOf(t *testing.T) func(pkg string) string {
	top, known := root(t), map[string]string{}
	return func(pkg string) string {
		if s, ok := known[pkg]; ok {
			return s
		}
		dir := filepath.Join(top, "internal", pkg)
		if strings.HasPrefix(pkg, "test/") || strings.HasPrefix(pkg, "cmd/") {
			dir = filepath.Join(top, pkg)
		}
		files, err := filepath.Glob(filepath.Join(dir, "*_test.go"))
		if err != nil {
			t.Fatal(err)
		}
		var s strings.Builder
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			s.Write(b)
		}
		known[pkg] = s.String()
		return known[pkg]
	}
}

// TestASVS keeps the walk through the standard whole and true: no line is dropped,
// each test it names is there, and what is not met stands at its top.
func TestASVS(t *testing.T) {
	b, err := os.ReadFile(filepath.Join(root(t), "docs/security/asvs.md"))
	if err != nil {
		t.Fatal(err)
	}
	text, tests := string(b), testsOf(t)
	for _, w := range wrongASVS(text, tests) {
		t.Error("docs/security/asvs.md: " + w)
	}
	total := 0
	for _, n := range asvs {
		total += n
	}
	if total != 253 {
		t.Errorf("the standard has 253 requirements of levels 1 and 2, and the list %d", total)
	}
	line := regexp.MustCompile(`(?m)^\| 7\.4\.1 .*\n`).FindString(text)
	for name, x := range map[string]struct{ from, to, want string }{
		"a line is dropped":               {line, "", "7.4.1 stands there 0 times"},
		"a line stands twice":             {line, line + line, "7.4.1 stands there 2 times"},
		"a line of another standard":      {line, line + strings.Replace(line, "7.4.1", "7.4.9", 1), "the standard has no 7.4.9"},
		"a test that is none":             {"TestRevoke; `web/account`", "TestRevokes; `web/account`", "7.4.1: actor/authn has no TestRevokes"},
		"a test of another package":       {"`actor/authn` TestRevoke", "`web/site` TestRevoke", "web/site has no TestRevoke"},
		"a test of no package":            {line, strings.Replace(line, "`actor/authn`", "", 1), "names 1 tests of no package"},
		"met without anything to show it": {line, "| 7.4.1 | met | somehow | |\n", "7.4.1 is met, and nothing shows it"},
		"not met and not in the list":     {"| 7.4.1 | met |", "| 7.4.1 | not met |", "7.4.1 is not met, or in part, and not in the list"},
		"in the list and met":             {"(7.2.4)", "(7.2.4, 7.4.1)", "7.4.1 is in the list of those not met"},
		"a state that is none":            {"| 7.4.1 | met |", "| 7.4.1 | nearly |", `7.4.1 is "nearly"`},
	} {
		t.Run("is noticed: "+name, func(t *testing.T) {
			bent := strings.Replace(text, x.from, x.to, 1)
			if bent == text {
				t.Fatal("nothing was bent")
			}
			if got := strings.Join(wrongASVS(bent, tests), "\n"); !strings.Contains(got, x.want) {
				t.Errorf("got %q", got)
			}
		})
	}
}
