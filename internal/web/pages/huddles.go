package pages

import (
	"net/url"
	"time"

	"caseward/internal/actor"
	"caseward/internal/prose"
	"caseward/internal/web/ui"
)

// PromptPage is the question of a moment of risk: before what a form does, or after an
// emergency access.
type PromptPage struct {
	ID, Field string // of the question, and the field that says it
	Action    string // where the answer goes, and, if Held, what was posted
	Held      bool   // it stands before something that was posted
	Next      string // where to go on, if not Held
	Carried   []string
	Form      ui.Form // what was posted, sent on by the names in Carried
	Heading   string
	Text      prose.HTML
	Ask       string
	Choices   []Choosing
	Made      bool // answered: the choices say why
	Cites     []string
}

// Right reports whether the right answer was chosen.
func (p PromptPage) Right() bool {
	for _, c := range p.Choices {
		if c.Chosen && c.Right {
			return true
		}
	}
	return false
}

// PromptRulesPage is GET /training/prompts: at what a question is asked, and how often.
type PromptRulesPage struct {
	Rows    []PromptRuleRow
	MayEdit bool
}

// PromptRuleRow is one moment. The fields of its form end with the moment.
type PromptRuleRow struct {
	Moment, Title string
	Off           bool
	Days          int
	Version       string
	Form          ui.Form
}

// PromptFigure is what came of the questions of a moment.
type PromptFigure struct {
	Title                  string
	Asked, Answered, Wrong int
}

// HuddlesPage is GET /training/huddles: the sheets, and what was held.
type HuddlesPage struct {
	Sheets  []SheetRow
	Held    []HeldRow
	MayHold bool
}

// SheetRow is a sheet in the list.
type SheetRow struct {
	Code, Title string
	Minutes     int
	Last        time.Time // held last by those the reader sees; zero if never
}

// HeldRow is a huddle that was held.
type HeldRow struct {
	ID, Title, By string
	On            time.Time
	Count         int
	Current       bool // the sheet is still the same
}

// SheetPage is GET /training/huddles/{sheet}.
type SheetPage struct {
	SheetRow
	ID, Hash, Lang string // of the huddle that the form records, and of the sheet
	Text           prose.HTML
	Cites          []string
	MayHold        bool
	Team           []ui.Option
	Form           ui.Form
}

// Holds reports whether a role has people to hold huddles with.
func Holds(role actor.Role) bool {
	switch role {
	case actor.Supervisor, actor.ProgramManager, actor.PrivacyOfficer, actor.SecurityOfficer:
		return true
	}
	return false
}

func sheetURL(code string) string { return "/training/huddles/" + url.PathEscape(code) }
