package pages

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// ClinicalPage is GET /clients/{id}/clinical: what a case manager reads, as it
// was imported. A class the reader may not see is in Chart.Hidden.
type ClinicalPage struct {
	Chart
	Conditions  ClinicalList
	Allergies   ClinicalList
	Medications ClinicalList
	Encounters  []ClinicalFact // as other systems sent them, newest first
	Source      phi.Text       // "Imported from Northgate Clinic, Nov 2, 2026"
	MayAdd      bool
}

// ClinicalList is a list of the summary.
type ClinicalList struct {
	Current, Past []ClinicalFact
	Icon          string
	Add           string // where one is written down; empty if the reader may not
}

// ItemPage is GET and POST /clients/{id}/clinical/new and
// /clients/{id}/clinical/{item}. Fields sort (condition, allergy, medication),
// display, code, detail, since, until, note, told (client, provider), part2=yes,
// version. Marked as entered in error by POST /clients/{id}/clinical/{item}/error.
type ItemPage struct {
	Chart
	ID      string // empty: a new one
	Form    ui.Form
	Version string
	Part2   bool // it is one of a substance use program, and stays so
	Sorts   []ui.Option
	Merged  *ui.Merged
}

// ClinicalFact is a condition, allergy, medication or encounter.
type ClinicalFact struct {
	Name    phi.Text
	Detail  phi.Text // dose, reaction, place
	State   phi.Text // "active", "resolved"
	Since   phi.Date
	Until   phi.Date
	Code    phi.Text  // "SNOMED CT 44054006"
	Hidden  ui.Hidden // specially protected: the name is not given
	Note    phi.Text
	Told    string // who said so, in words
	Edit    string // where it is changed; empty: not here
	Read    string // where it is read; empty: here
	Wrong   bool   // entered in error
	Special bool   // a record of a substance use program
}

func itemURL(p ItemPage) string {
	if p.ID == "" {
		return chartURL(p.Client.ID, "clinical/new")
	}
	return chartURL(p.Client.ID, "clinical/"+p.ID)
}

// itemWords are what the fields of an item are called, for a merge.
func itemWords(f ui.Frame) func(string) string {
	return func(name string) string {
		switch name {
		case "sort":
			return f.T("Kind")
		case "display":
			return f.T("What it is")
		case "code":
			return f.T("Code")
		case "detail":
			return f.T("Dose, reaction or severity")
		case "since":
			return f.T("Since")
		case "until":
			return f.T("Until")
		case "note":
			return f.T("Note")
		case "told":
			return f.T("Who said so")
		}
		return f.T("Specially protected")
	}
}

// CasePage is GET /clients/{id}/case: cases and care team.
type CasePage struct {
	Chart
	Cases   []CaseDetail
	MayOpen bool // offers Open a case
}

// CaseDetail is a case with its people.
type CaseDetail struct {
	CaseLine
	Supervisor string
	Reason     phi.Text // why it was closed
	Team       []TeamMember
	MayAssign  bool
	MayTeam    bool
	MayClose   bool

	Level       string
	Why         phi.Text // why the client came
	Eligible    phi.Text // from when until when; empty: none is set
	EligibleEnd time.Time
	EligibleIn  int  // days until it ends
	EligibleDue bool // is to be renewed, or is over
	Offer       *OfferLine
	Past        []CaseEvent // newest first
	Handovers   []HandoverText
	Handed      ui.Hidden // hand-overs are there and not for this reader
	MayOffer    bool
	MayEdit     bool
	MayReopen   bool
}

// OfferLine is an offer in short.
type OfferLine struct {
	To    string
	By    string
	Until time.Time
}

// CaseEvent is something that happened to a case.
type CaseEvent struct {
	At   time.Time
	Icon string
	What string // already in the language of the page
	Note phi.Text
}

// HandoverText is what one worker handed over to the next.
type HandoverText struct {
	By, To  string
	At      time.Time
	Matters phi.Text
	Items   phi.Text
	Risks   phi.Text
}

// TeamMember is somebody with a relation to the client.
type TeamMember struct {
	StaffID  string
	Name     string
	Role     string // in words
	Relation string // "assigned", "care_team", "covering", "supervises"
	From     time.Time
	Until    time.Time // zero: no end
	MayEnd   bool      // POST /clients/{id}/case/{case}/team/end, field "staff"
}

// NotePage is GET /clients/{id}/notes/{note}: a note in full.
type NotePage struct {
	Chart
	Note     TimelineItem
	SignedAt time.Time
	SignedBy string
	Written  time.Time
	Version  int64
	Addenda  []Addendum
	History  []Change
	Form     ui.Form // field text, of a new addendum
	// MayDiscard offers to discard a draft of the reader's own.
	MayDiscard bool

	CoSignedAt time.Time
	CoSignedBy string
	MayCoSign  bool     // POST …/cosign, and …/return with the field remarks
	Versions   bool     // there are several
	Unsaved    phi.Text // what was typed into a draft that is none any more
	Remarks    *Remarks

	AddsTo string // the note that this one, an addendum, adds to
	// Amend: it is an addendum of the reader's own that was returned. POST
	// …/addendum takes the fields text, version and do (save, sign).
	Amend  bool
	Merged *ui.Merged
}

// Addendum is a signed addition; the note itself never changes.
type Addendum struct {
	By   string
	At   time.Time
	Text phi.Text

	Note       TimelineItem // of an addendum to a note, which has a state
	CoSignedBy string
	CoSignedAt time.Time
}

// Change is a version of a note.
type Change struct {
	Version int64
	By      string
	At      time.Time
	What    string // English source: "Draft saved", "Signed", "Addendum"
}

// NoteEditPage is GET /clients/{id}/notes/{note}/edit: a draft on a page of its own.
type NoteEditPage struct {
	Chart
	NoteForm
}
