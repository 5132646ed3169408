package pages

import (
	"time"

	"caseward/internal/actor"
	"caseward/internal/web/ui"
)

// StepRow is a step on the way of somebody new to their first chart.
type StepRow struct {
	Kind    string // invited, signed_up, clearance, orientation, acknowledgement, access
	Name    string // of the requirement, "<module>/<code>"; empty where there is none
	Done    bool
	Stopped bool // something is stopped for the lack of it
	At      time.Time
	By      string
	Until   time.Time
	End     time.Time // when nothing is left without it
}

// UnderwayPage is GET /onboarding: everybody on their way to their first chart.
type UnderwayPage struct {
	Rows   []UnderwayRow
	MaySet bool // the agency's terms of clearance
}

// UnderwayRow is a person on their way.
type UnderwayRow struct {
	ID, Name string
	Role     actor.Role
	Since    time.Time
	Done, Of int
	Next     StepRow
}

// OnboardingPage is GET /staff/{id}/onboarding, and of oneself GET /account/onboarding,
// with the form POST /staff/{id}/clearance: what, outcome, until.
type OnboardingPage struct {
	ID, Name string
	Role     actor.Role
	Own      bool
	Steps    []StepRow
	Next     string // kind of the step that comes next; empty at the end
	Back     string // where the reader was refused; a path of this site
	Form     ui.Form
	MayClear bool
	Proved   bool
	// The last check, as far as the reader may see it.
	Checked time.Time
	What    string
	Cleared bool
	// What the log says of the first access, where the reader may ask it.
	Asked   bool
	First   time.Time
	After   bool // everything required at that minute was met
	Nothing bool // nothing was required then
}

// ClearanceTermsPage is GET and POST /settings/clearance: on, settle, grace, limited.
type ClearanceTermsPage struct {
	Form  ui.Form
	Since time.Time
}

// stepNames are the steps in words.
var stepNames = map[string]string{
	"invited": "Invited", "signed_up": "Chose how to sign in", "clearance": "Cleared for access", "orientation": "Orientation in privacy and security",
	"acknowledgement": "Acknowledged the policies in force", "access": "Can open charts",
}

// nextNames say who does what next.
var nextNames = map[string]string{
	"signed_up": "They open the link of their invitation and choose a passkey or a password.", "clearance": "An administrator or the security officer checks them and records it.",
	"orientation": "They take the orientation that the agency assigned.", "acknowledgement": "They read the policies in force and acknowledge them.",
	"access": "What is missing above is missing for charts, too.",
}

func stepName(f ui.Frame, x StepRow) string {
	if s, ok := stepNames[x.Kind]; ok {
		return f.T(s)
	}
	return x.Kind
}

func nextSays(f ui.Frame, kind string) string {
	if s, ok := nextNames[kind]; ok {
		return f.T(s)
	}
	return ""
}
