package pages

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// FindPage is POST /find: clients that match, of those the reader may know of.
// GET /find shows it empty.
type FindPage struct {
	Query phi.Text // field q; posted, so that no name stands in a URL
	Rows  []FoundClient
	More  bool // there are more than are shown
	// MayBreakGlass offers emergency access where nothing was found. It is the
	// same whether or not such a client exists.
	MayBreakGlass bool
	MayAddClient  bool
	// What else the words lead to, none of it about a client.
	Staff    []FoundStaff
	Programs []ui.Option
	Places   []FoundPlace
}

// FoundStaff is a colleague in the results.
type FoundStaff struct{ ID, Name, Role string }

// FoundPlace is a page of the site in the results.
type FoundPlace struct{ URL, Icon, Title string }

// FoundClient is a client in the results.
type FoundClient struct {
	Client ui.Client
	Birth  phi.Date
	Alias  phi.Text // the other name that matched
	Like   []string // what it has in common with who is looked for, in words
	Flags  []ui.Badge
	Hidden ui.HiddenSet
}

// WhyPage is GET and POST /why: may this person use these fields of this
// client's record, and why. Fields worker, client (number), action, purpose.
type WhyPage struct {
	Form     ui.Form
	Self     bool        // the reader may ask about themselves only: no choice of person
	Workers  []ui.Option // id and name
	Actions  []ui.Option // "chart.view", …
	Purposes []ui.Option // of use
	Asked    bool        // the answer below is to what was asked
	Who      string
	Role     actor.Role
	Client   phi.Text // number; empty: a client in general
	Relation []string
	Purpose  actor.Purpose
	Rows     []WhyRow
	Todo     []Todo // what would change a refusal
	MayGlass bool
	ClientID string
}

// WhyRow is the decision on a field class.
type WhyRow struct {
	Class   string
	Allowed bool
	Rules   []Rule // that decided; none with a refusal: no rule allows it
}

// GlassPage is GET and POST /break-glass/new: emergency access is asked for (45
// CFR 164.312(a)(2)(ii)). Fields client (the number, where it is not chosen),
// client_id, reason, words, classes (several).
type GlassPage struct {
	Form    ui.Form
	Client  *ui.Client // chosen; nil: the number is typed
	Reasons []ui.Option
	Classes []ui.Option
	Hours   int    // how long it lasts
	Review  string // when it is reviewed by, "within three working days"
}

// GlassListPage is GET /break-glass: emergency accesses to review.
type GlassListPage struct {
	Views []ui.Tab // ?view=open, decided
	Rows  []GlassRow
	Older string
	Mine  bool // the reader sees their own, and decides nothing
}

// GlassRow is an emergency access.
type GlassRow struct {
	ID        string // /break-glass/{id}
	Who       string
	WhoID     string
	Role      actor.Role
	Client    ui.Client // the name only where the reader may know it
	Reason    string    // English source: "Medical emergency"
	Words     phi.Text
	From      time.Time
	Until     time.Time
	Ended     time.Time // early; zero: not
	Opened    int       // records opened under it
	DecideBy  time.Time
	Decision  GlassDecision
	By        string // who decided
	DecidedAt time.Time
}

// GlassDecision is what a review found.
type GlassDecision string

// The decisions; the field "decision" of POST /break-glass/{id}/review takes the
// last two.
const (
	Undecided     GlassDecision = ""
	Appropriate   GlassDecision = "appropriate"
	Inappropriate GlassDecision = "inappropriate"
)

// GlassReviewPage is GET /break-glass/{id}: one emergency access, with what was
// opened under it, and the review. Fields decision, words.
type GlassReviewPage struct {
	GlassRow
	Classes   []string
	Said      phi.Text // the reviewer's words
	Entries   []LogEntry
	Form      ui.Form
	MayDecide bool
	Sanctions bool // offers to report it as a violation
	// Conflict is true where the reader opened it themselves: another has to decide.
	Conflict bool
}

// RulesPage is GET /rules: the rules of access in English, with where they are
// written. Filters are in the query: role, class, basis.
type RulesPage struct {
	Role    string
	Class   string
	Basis   string // "law", "practice"
	Classes []ui.Option
	Rules   []Rule
	Total   int
	// SeesRights offers which rights are used.
	SeesRights bool
	Version    string // hash of the policies in force
	Since      time.Time
}
