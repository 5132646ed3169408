package pages

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/program/policydoc"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/web/ui"
)

// PoliciesPage is the shelf of policies.
type PoliciesPage struct {
	Shelf     policydoc.Shelf
	Now       time.Time
	Role      actor.Role
	Keeps     bool // begins and keeps them
	Watches   bool // sees drafts and reviews
	Form      ui.Form
	ToDo      []record.Opened[policydoc.Document]
	Drafts    []record.Opened[policydoc.Document]
	Due       []record.Opened[policydoc.Document]
	Ownerless []record.Opened[policydoc.Document]
}

// InForce are the documents of a family that are or come in force.
func (p PoliciesPage) InForce(family string) []record.Opened[policydoc.Document] {
	var out []record.Opened[policydoc.Document]
	for _, d := range p.Shelf.Documents {
		if d.Value.Family == family && d.Value.State == policydoc.InForce {
			out = append(out, d)
		}
	}
	return out
}

// PolicyPage is one policy, or one version of it.
type PolicyPage struct {
	File    policydoc.File
	Version *record.Opened[policydoc.Version] // shown; nil where none is in force
	Text    *policydoc.Text
	Body    prose.HTML
	Names   map[string]string // of workers
	Now     time.Time
	Wants   bool // its acknowledgement is wanted of the reader
	Done    bool // and given
	Back    string
	Keeps   bool
	Judges  bool // approves and puts in force
	Begins  bool // may begin a new version
	Writes  bool // may change this draft
	Form    ui.Form
	Staff   []ui.Option
	Current bool // the version shown is the one in force
}

// PolicyEditPage is a text being written.
type PolicyEditPage struct {
	Form     ui.Form
	Action   string
	Back     string
	Title    string
	Problems prose.Problems
	Seen     string
	Preview  prose.HTML
	Bring    string    // where a file is sent that the text is read from; empty for none
	Left     []string  // what of the file was not taken over
	PDF      bool      // the text was read from a PDF
	Look     []string  // what of it wants to be looked at
	Draft    string    // revision of what is kept as it is typed; empty: nothing
	Saved    time.Time // when it was kept, if what is shown is that; zero otherwise
	Other    *PolicyOther
}

// PolicyOther is what somebody else saved in a draft while the form was open. What the two
// wrote is together in the form.
type PolicyOther struct {
	By    string
	At    time.Time
	Clash bool            // both changed the same lines: the reader's stand in the form
	Rows  []policydoc.Row // where the reader's text (old) and the other (new) differ
}

// KeptForYou says when a text was kept that is not saved yet.
const KeptForYou = "Kept %s, for you alone until you save the draft"

// PolicyComparePage is two versions side by side.
type PolicyComparePage struct {
	Code, Title string
	Old, New    string // what each is called
	Rows        []policydoc.Row
}

// GoverningPage is what governs the pages of a workflow.
type GoverningPage struct {
	Workflow string
	Back     string
	Clauses  []GoverningClause
}

// GoverningClause is one clause in force.
type GoverningClause struct {
	Code, Policy, Number, Title, Anchor, Version string
	Body                                         prose.HTML
}

// PolicyPeoplePage is who acknowledged a version and who did not.
type PolicyPeoplePage struct {
	Code, Title string
	Done        []PolicyPerson
	Missing     []PolicyPerson
}

// PolicyPerson is one of those a policy binds.
type PolicyPerson struct {
	Name string
	Role actor.Role
	At   time.Time // zero: not yet
}

// StarterPage is the starter set.
type StarterPage struct {
	Lang  string
	Rows  []StarterRow
	Form  ui.Form
	There int // how many are there already
}

// StarterRow is a document of the starter set.
type StarterRow struct {
	Code, Title, Family string
	There               bool
}

// PolicyFamily says a family of policies in words.
func PolicyFamily(l ui.Lang, family string) string {
	if s, ok := policyFamilyNames[family]; ok {
		return ui.T(l, s)
	}
	return family
}

var policyFamilyNames = map[string]string{
	"program": "The program", "access": "Access to records", "use": "Everyday use", "data": "Data and sharing", "rights": "Clients’ rights",
	"incident": "Incidents", "contingency": "When things fail", "media": "Devices, paper and rooms", "vendor": "Vendors", "sanctions": "Sanctions", "other": "Other policies",
}

var policyStateNames = map[string]string{
	policydoc.Draft: "Draft", policydoc.InReview: "In review", policydoc.Approved: "Approved", policydoc.InForce: "In force", policydoc.Withdrawn: "Withdrawn",
}

var policyStepNames = map[string]string{
	"create": "Begun", "submit": "Sent to review", "return": "Returned", "review": "Reviewed", "approve": "Approved", "enforce": "Put in force", "withdraw": "Withdrawn",
}

var policyCauseNames = map[string]string{
	string(policydoc.LawChanged): "The law changed", string(policydoc.SystemChanged): "The system changed", string(policydoc.Incident): "An incident",
}

// PolicyState says how a version stands at a moment.
func PolicyState(l ui.Lang, v policydoc.Version, now time.Time) string {
	switch {
	case v.State == policydoc.InForce && now.Before(v.From):
		return ui.T(l, "Takes effect %s", ui.DayYear(l, v.From.In(now.Location())))
	case v.State == policydoc.InForce && !v.In(now):
		return ui.T(l, "Superseded")
	}
	return ui.T(l, policyStateNames[v.State])
}

func policyURL(code, rest string) string { return "/policies/doc/" + code + rest }

func policyVersionURL(code string, id policydoc.VersionID, rest string) string {
	return policyURL(code, "/versions/"+id.String()+rest)
}

func policyStaffName(names map[string]string, id string) string {
	if n := names[id]; n != "" {
		return n
	}
	return "–"
}

func policyRole(f ui.Frame, r actor.Role) string { return ui.RoleName(f.Lang, r) }

// PolicyAudience says whom a policy binds.
func PolicyAudience(l ui.Lang, roles []actor.Role) string {
	if len(roles) == 0 {
		return ui.T(l, "Everybody")
	}
	out := ""
	for i, r := range roles {
		if i > 0 {
			out += ", "
		}
		out += ui.RoleName(l, r)
	}
	return out
}

// starterRows are the rows of a family.
func (p StarterPage) starterRows(family string) []StarterRow {
	var out []StarterRow
	for _, r := range p.Rows {
		if r.Family == family {
			out = append(out, r)
		}
	}
	return out
}

func policyCauses(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, c := range policydoc.Causes() {
		out = append(out, ui.Option{Value: string(c), Text: f.T(policyCauseNames[string(c)])})
	}
	return out
}

// EmptyCells counts the paragraphs that no policy answers.
func EmptyCells(rows []policydoc.Cover) int {
	n := 0
	for _, r := range rows {
		if len(r.Codes) == 0 {
			n++
		}
	}
	return n
}

// PolicyProblem is a mistake in a text, with its line.
type PolicyProblem = prose.Problem
