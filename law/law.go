// Package law is the regulation as data: which paragraphs Caseward cites, what
// each is about, and how far its text was checked. It says what exists and what
// it is called; it decides nothing, and it is not legal advice.
//
// A citation is written one way everywhere, in code, policies and pages:
// "45 CFR 164.312(b)". [Practice] stands where no law does: a rule the agency
// chose for itself.
package law

import (
	_ "embed"
	"strings"
)

// Practice is cited by a rule that no law demands: the agency's own choice.
const Practice = "agency practice"

// Checked says how far the text behind a citation was read.
type Checked string

// How far a citation was checked.
const (
	Read   Checked = "read"   // the text of the regulation was read
	Part   Checked = "part"   // read in part, the rest from memory
	Memory Checked = "memory" // from memory: confirm before relying on it
)

// Citation is one paragraph of law.
type Citation struct {
	ID      string  // "45 CFR 164.312(b)"
	Checked Checked // how far its text was read
	Title   string  // what it is about, in our own words
}

//go:embed citations.txt
var text string

var all, byID = parse(text)

// parse reads the lines of citations.txt. A line that is not a citation is a
// mistake in the program, so it panics.
func parse(text string) ([]Citation, map[string]Citation) {
	var list []Citation
	index := map[string]Citation{}
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		f := strings.SplitN(line, " | ", 3)
		if len(f) != 3 {
			panic("law: not a citation: " + line)
		}
		c := Citation{ID: f[0], Checked: Checked(f[1]), Title: f[2]}
		if _, twice := index[c.ID]; twice {
			panic("law: listed twice: " + c.ID)
		}
		list, index[c.ID] = append(list, c), c
	}
	return list, index
}

// All lists every citation, in the order of the regulations.
func All() []Citation { return append([]Citation(nil), all...) }

// Find returns the citation with that id.
func Find(cite string) (Citation, bool) {
	c, ok := byID[cite]
	return c, ok
}

// Known reports whether cite is a paragraph listed here. [Practice] is not one.
func Known(cite string) bool {
	_, ok := byID[cite]
	return ok
}

// Title says what cite is about, or "" if it is not listed.
func Title(cite string) string { return byID[cite].Title }

// Split takes a list of citations apart: "45 CFR 164.502(b); 42 CFR 2.11".
func Split(cites string) []string {
	var out []string
	for c := range strings.SplitSeq(cites, ";") {
		if c = strings.TrimSpace(c); c != "" {
			out = append(out, c)
		}
	}
	return out
}
