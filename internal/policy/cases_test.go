package policy

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"caseward/internal/actor"
)

var fill = flag.Bool("fill", false, "write the rules of rows of testdata/cases that have none")

// row is a line of testdata/cases; README.txt there says what it means.
type row struct {
	place  string
	cells  []string
	cases  []Question
	allow  ClassSet
	rules  string // as written
	toFill bool
}

// readCases reads every row; lines holds each file's lines as they are, with the
// index of the row they make, or -1.
func readCases(t testing.TB) []row {
	t.Helper()
	var rows []row
	for _, path := range caseFiles(t) {
		for n, line := range strings.Split(readFile(t, path), "\n") {
			if line == "" || strings.HasPrefix(line, "#") {
				continue
			}
			place := fmt.Sprintf("%s:%d", filepath.Base(path), n+1)
			r, err := parseRow(line)
			if err != nil {
				t.Fatalf("%s: %v", place, err)
			}
			r.place = place
			rows = append(rows, r)
		}
	}
	return rows
}

func caseFiles(t testing.TB) []string {
	t.Helper()
	paths, err := filepath.Glob("testdata/cases/*.txt")
	if err != nil {
		t.Fatal(err)
	}
	return slices.DeleteFunc(paths, func(p string) bool { return filepath.Base(p) == "README.txt" })
}

func readFile(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func parseRow(line string) (row, error) {
	cells := strings.Split(line, "|")
	if len(cells) != 6 {
		return row{}, fmt.Errorf("%d columns, not 6", len(cells))
	}
	for i := range cells {
		cells[i] = strings.TrimSpace(cells[i])
	}
	r := row{cells: cells, rules: cells[5], toFill: cells[5] == ""}
	base, err := parseWho(cells[0])
	if err != nil {
		return row{}, err
	}
	if base.Classes, err = parseClasses(cells[2], ","); err != nil {
		return row{}, err
	}
	switch cells[4] {
	case "allow":
		r.allow = base.Classes
	case "deny":
	default:
		if r.allow, err = parseClasses(cells[4], ","); err != nil {
			return row{}, err
		}
		if !base.Classes.Contains(r.allow) || r.allow == base.Classes {
			return row{}, fmt.Errorf("%q is not some of %q", cells[4], cells[2])
		}
	}
	purposes := strings.Split(cells[3], ",")
	if cells[3] == "any" {
		purposes = append(words(actor.Purposes()), string(actor.Emergency), string(actor.Upkeep))
	}
	for _, action := range strings.Split(cells[1], ",") {
		if !slices.Contains(Actions(), action) {
			return row{}, fmt.Errorf("%q is not an action", action)
		}
		for _, p := range purposes {
			if !knownPurpose[p] {
				return row{}, fmt.Errorf("%q is not a purpose", p)
			}
			q := base
			q.Action, q.Purpose = action, actor.Purpose(p)
			r.cases = append(r.cases, q)
		}
	}
	return r, nil
}

func parseWho(cell string) (Question, error) {
	var q Question
	f := strings.Fields(cell)
	if len(f) == 0 {
		return q, fmt.Errorf("nobody asks")
	}
	if name, ok := strings.CutPrefix(f[0], "service:"); ok {
		q.Role, q.Service = actor.Service, name
	} else {
		q.Role = actor.Role(f[0])
	}
	if !knownRole[f[0]] && !knownService[q.Service] {
		return q, fmt.Errorf("%q is neither a role nor a service", f[0])
	}
	for _, w := range f[1:] {
		switch key, val, _ := strings.Cut(w, ":"); {
		case slices.Contains(AllRelations(), Relation(w)):
			q.Relations |= Rel(Relation(w))
		case key == "glass":
			glass, err := parseClasses(val, "+")
			if err != nil {
				return q, err
			}
			q.Glass = glass
		case key == "lacks":
			for l := range strings.SplitSeq(val, "+") {
				if !KnownLack(Lack(l)) {
					return q, fmt.Errorf("%q is not a lack", l)
				}
				q.Lacks |= Lacking(Lack(l))
			}
		case key == "state":
			q.State = val
		case w == "author":
			q.Author = true
		case w == "own":
			q.Own = true
		case w == "named":
			q.Named = true
		case w == "stepped_up":
			q.SteppedUp = true
		default:
			return q, fmt.Errorf("%q says nothing about the asker", w)
		}
	}
	return q, nil
}

func parseClasses(cell, sep string) (ClassSet, error) {
	var s ClassSet
	for _, c := range strings.Split(cell, sep) {
		switch {
		case c == "every":
			s |= AllClasses()
		case c == "ordinary":
			s |= AllClasses() &^ Set(SSN, Psychotherapy, SUD, SUDCounselling, Workforce, Program)
		case c == "office":
			s |= Set(Workforce, Program)
		case Known(Class(c)):
			s |= Set(Class(c))
		default:
			return 0, fmt.Errorf("%q is not a field class", c)
		}
	}
	return s, nil
}

// saysRules writes the rules of an answer as the last column has them.
func saysRules(a Answer) string {
	var out []string
	out = append(out, a.Permits...)
	for _, id := range a.Forbids {
		out = append(out, "!"+id)
	}
	if len(out) == 0 {
		return "-"
	}
	return strings.Join(out, ", ")
}

func engine(t testing.TB) *Engine {
	t.Helper()
	e, err := New()
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func TestGoldenCases(t *testing.T) {
	e := engine(t)
	if *fill {
		fillCases(t, e)
	}
	rows := readCases(t)
	n := 0
	for _, r := range rows {
		for _, q := range r.cases {
			n++
			a := e.Decide(q)
			if a.Allowed != r.allow {
				t.Errorf("%s: %s, %s: allowed %q, want %q (%s)", r.place, q.Action, q.Purpose, a.Allowed, r.allow, saysRules(a))
			}
			if got := saysRules(a); got != r.rules {
				t.Errorf("%s: %s, %s: rules %q, want %q", r.place, q.Action, q.Purpose, got, r.rules)
			}
		}
	}
	t.Logf("%d rows, %d cases", len(rows), n)
	if len(rows) < 250 || n < 700 {
		t.Errorf("only %d rows with %d cases: some were lost", len(rows), n)
	}
}

// fillCases writes the rules of rows that have none, splitting a row whose cases
// are decided by different rules, and lines the columns up.
func fillCases(t *testing.T, e *Engine) {
	t.Helper()
	for _, path := range caseFiles(t) {
		var lines [][]string
		for _, line := range strings.Split(strings.TrimRight(readFile(t, path), "\n"), "\n") {
			r, err := parseRow(line)
			if line == "" || strings.HasPrefix(line, "#") || err != nil || !r.toFill {
				if err == nil {
					lines = append(lines, r.cells)
				} else {
					lines = append(lines, []string{line})
				}
				continue
			}
			lines = append(lines, split(e, r)...)
		}
		var width [6]int
		for _, l := range lines {
			for i := range l {
				if len(l) == 6 {
					width[i] = max(width[i], utf8.RuneCountInString(l[i]))
				}
			}
		}
		var b strings.Builder
		for _, l := range lines {
			for i, c := range l {
				b.WriteString(c)
				if i < len(l)-1 {
					b.WriteString(strings.Repeat(" ", max(0, min(width[i], 60)-utf8.RuneCountInString(c))) + " | ")
				}
			}
			b.WriteString("\n")
		}
		if err := os.WriteFile(path, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func split(e *Engine, r row) [][]string {
	var order []string
	by := map[string][]Question{}
	for _, q := range r.cases {
		s := saysRules(e.Decide(q))
		if by[s] == nil {
			order = append(order, s)
		}
		by[s] = append(by[s], q)
	}
	if len(order) == 1 {
		return [][]string{append(slices.Clone(r.cells[:5]), order[0])}
	}
	var out [][]string
	for _, s := range order {
		var does []string
		purposes := map[string][]string{}
		for _, q := range by[s] {
			if purposes[q.Action] == nil {
				does = append(does, q.Action)
			}
			purposes[q.Action] = append(purposes[q.Action], string(q.Purpose))
		}
		grouped := map[string][]string{}
		var keys []string
		for _, a := range does {
			k := strings.Join(purposes[a], ",")
			if grouped[k] == nil {
				keys = append(keys, k)
			}
			grouped[k] = append(grouped[k], a)
		}
		for _, k := range keys {
			c := slices.Clone(r.cells)
			c[1], c[3], c[5] = strings.Join(grouped[k], ","), k, s
			out = append(out, c)
		}
	}
	return out
}

// Every rule has two sides, and a case on each: one it decides, and one on the
// other side of its edge, where one thing is otherwise (a relation, the
// purpose, the role or service, the class, what is known of the record) and the rule
// does not hold.
func TestEveryRuleHasACaseOnEachSide(t *testing.T) {
	e := engine(t)
	decides, edge := map[string]bool{}, map[string]bool{}
	for _, r := range readCases(t) {
		for _, q := range r.cases {
			for _, c := range q.Classes.List() {
				allowed, ids := e.ask(q, c)
				for _, id := range ids {
					decides[id] = true
				}
				for _, v := range variations(q, c) {
					if ok, ids := e.ask(v.q, v.c); ok != allowed {
						for _, id := range ids {
							edge[id] = true
						}
					}
				}
			}
		}
	}
	for _, r := range e.Rules() {
		if !decides[r.ID] {
			t.Errorf("%s decides no case", r.ID)
		}
		if !edge[r.ID] {
			t.Errorf("%s: no case is just beyond its edge", r.ID)
		}
	}
}

type variation struct {
	q Question
	c Class
}

func variations(q Question, c Class) []variation {
	var out []variation
	for _, tr := range trials(q, c) {
		out = append(out, variation{tr.with(q), c})
	}
	for _, other := range Classes() {
		out = append(out, variation{q, other})
	}
	if q.SteppedUp {
		v := q
		v.SteppedUp = false
		out = append(out, variation{v, c})
	}
	if q.Service != "" {
		for _, s := range Services() {
			v := q
			v.Service = s
			out = append(out, variation{v, c})
		}
	}
	return out
}
