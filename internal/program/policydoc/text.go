package policydoc

import (
	"crypto/sha256"
	"encoding/hex"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/prose"
	"caseward/law"
)

// Families are what documents are filed under, in the order screens show them.
func Families() []string {
	return []string{"program", "access", "use", "data", "rights", "incident", "contingency", "media", "vendor", "sanctions", "other"}
}

// Everyone is how an audience of the whole workforce is written.
const Everyone = "everyone"

// Text is a version's text as it was read.
type Text struct {
	Code, Title, Family string
	Owner               actor.Role
	Audience            []actor.Role // empty: everyone
	Standards           []string     // citations
	Review              int          // months after it is in force, or was last looked at
	Governs             []Govern
	Doc                 *prose.Doc
}

// Govern says that a clause governs the pages of a workflow.
type Govern struct{ Workflow, Clause string }

// Clause returns the clause of a number.
func (t *Text) Clause(number string) (prose.Section, bool) {
	for _, s := range t.Doc.Sections {
		if s.Number == number {
			return s, true
		}
	}
	return prose.Section{}, false
}

// Workflows are those that the text governs.
func (t *Text) Workflows() []string {
	out := make([]string, len(t.Governs))
	for i, g := range t.Governs {
		out[i] = g.Workflow
	}
	return out
}

// Binds reports whether somebody in a role is bound.
func Binds(audience []actor.Role, role actor.Role) bool {
	return len(audience) == 0 || slices.Contains(audience, role)
}

// Sum is the hash of a text, to which its approval is bound: SHA-256, in
// hexadecimal.
func Sum(text string) string {
	s := sha256.Sum256([]byte(text))
	return hex.EncodeToString(s[:])
}

var (
	goodCode   = regexp.MustCompile(`^[a-z][a-z0-9-]{1,39}$`)
	goodGovern = regexp.MustCompile(`^([a-z][a-z0-9-]{1,39})[ \t]+([0-9.]+)$`)
)

// Words in braces that a text may have: each is filled in at reading.
func Words() []string {
	return []string{"agency", "privacy_officer", "security_officer", "complaints", AnnexRoles, AnnexClocks}
}

// The annexes that come from the running program, so that they cannot differ from it.
const (
	AnnexRoles  = "annex: roles"
	AnnexClocks = "annex: clocks"
)

// Read reads the text of a version. What is wrong with it is in its Doc's Problems;
// a text with problems can be kept as a draft and goes no further.
func Read(source string) *Text {
	d := prose.Parse(source)
	d.WantClauses()
	t := &Text{Doc: d, Code: d.Get("code"), Title: d.Get("title"), Family: d.Get("family"), Owner: actor.Role(d.Get("owner"))}
	known := []string{"code", "title", "family", "owner", "audience", "standards", "review", "governs"}
	for _, k := range d.Front {
		if !slices.Contains(known, k.Name) {
			d.Wrong(k.Line, "There is no key %s.", k.Name)
		}
	}
	if !goodCode.MatchString(t.Code) {
		d.Wrong(d.Line("code"), "The key code is a short word of small letters, digits and hyphens.")
	}
	if t.Title == "" || len(t.Title) > 200 {
		d.Wrong(d.Line("title"), "The key title is missing, or longer than 200 characters.")
	}
	if !slices.Contains(Families(), t.Family) {
		d.Wrong(d.Line("family"), "The key family is one of: %s.", strings.Join(Families(), ", "))
	}
	roles := actor.Roles()
	if !slices.Contains(roles, t.Owner) {
		d.Wrong(d.Line("owner"), "The key owner is a role, as privacy_officer.")
	}
	if a := strings.TrimSpace(d.Get("audience")); a != Everyone {
		for r := range strings.SplitSeq(a, ",") {
			role := actor.Role(strings.TrimSpace(r))
			if !slices.Contains(roles, role) {
				d.Wrong(d.Line("audience"), "The key audience is everyone, or roles with commas between them.")
				break
			}
			t.Audience = append(t.Audience, role)
		}
	}
	t.Standards = d.List("standards")
	if len(t.Standards) == 0 {
		d.Wrong(d.Line("standards"), "The key standards names what law it answers, with semicolons between, or agency practice.")
	}
	for _, s := range t.Standards {
		if s != law.Practice && !law.Known(s) {
			d.Wrong(d.Line("standards"), "The paragraph %s is not in the list of the law.", s)
		}
	}
	var err error
	if t.Review, err = strconv.Atoi(d.Get("review")); err != nil || t.Review < 1 || t.Review > 36 {
		d.Wrong(d.Line("review"), "The key review is a number of months from 1 to 36.")
		t.Review = 12
	}
	for _, g := range d.List("governs") {
		m := goodGovern.FindStringSubmatch(g)
		switch {
		case m == nil:
			d.Wrong(d.Line("governs"), "The key governs names a workflow and the number of a clause, with semicolons between.")
			continue
		case slices.Contains(t.Workflows(), m[1]):
			d.Wrong(d.Line("governs"), "The workflow %s is there twice.", m[1])
		}
		if _, ok := t.Clause(m[2]); !ok {
			d.Wrong(d.Line("governs"), "There is no clause %s.", m[2])
		}
		t.Governs = append(t.Governs, Govern{m[1], m[2]})
	}
	for _, w := range d.Words() {
		if !slices.Contains(Words(), w.Name) {
			d.Wrong(w.Line, "Nothing is known to fill in for {{%s}}.", w.Name)
		}
	}
	return t
}
