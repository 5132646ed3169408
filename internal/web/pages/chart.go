package pages

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// ChartTab is a tab of a chart; each is a page of its own.
type ChartTab string

// The tabs, as they stand in paths: /clients/{id}/{tab}; the overview is
// /clients/{id}.
const (
	Overview  ChartTab = ""
	NotesTab  ChartTab = "notes"
	PlanTab   ChartTab = "plan"
	AssessTab ChartTab = "assessments"
	Clinical  ChartTab = "clinical"
	Documents ChartTab = "documents"
	CaseTab   ChartTab = "case"
	HomeTab   ChartTab = "household"
	AccessTab ChartTab = "access"

	ConferencesTab ChartTab = "conferences"
)

// Chart is what stands above every tab: who this is, and what to mind.
type Chart struct {
	Client    ui.Client // as in the sticky bar: "Ibáñez, Marisol"
	Name      phi.Text  // as one would say it: "Marisol Ibáñez"
	Preferred phi.Text  // "Mari"
	Initials  phi.Text
	Birth     phi.Date
	Died      phi.Date
	Pronouns  phi.Text
	Language  phi.Text
	Program   phi.Text
	Phone     phi.Text // with its rule: "(555) 010-0148, text only"
	Alerts    []ui.Badge
	Hidden    ui.HiddenSet // classes this reader may not see, each with its reason
	Tabs      []ChartTab   // those this reader may open; all of them if nil
	Counts    map[ChartTab]int
	MayWrite  bool // offers Add note
	MayEdit   bool // offers Edit client
	// MergedInto is the chart of the record this one was joined to; empty if none.
	MergedInto string
	MayPrint   bool // offers Print, and a search within the chart
}

// OverviewPage is GET /clients/{id}.
type OverviewPage struct {
	Chart
	Next      []NextUp
	Goals     []Goal
	Seen      []SeenBy
	Recent    []TimelineItem // the last few
	Contacts  []ContactPoint
	Addresses []Address
	Household []HouseholdMember
	About     []ui.Fact // demographics and identifiers, each with its own class hidden or not
	Cases     []CaseLine
}

// NextUp is something due.
type NextUp struct {
	On     time.Time
	Title  phi.Text
	Detail phi.Text
	URL    string // empty: no link
}

// Goal is a goal of the care plan and how far it is.
type Goal struct {
	Title    phi.Text
	Detail   phi.Text
	Done, Of int // steps
	State    string
}

// SeenBy is one person in "who opened this chart".
type SeenBy struct {
	StaffID  string
	Name     string
	Role     string // in words
	You      bool
	Times    int
	Last     time.Time
	First    time.Time
	Relation string // "assigned", …; empty shows none
	Glass    bool   // under emergency access
}

// ContactPoint is a phone number or mail address, with how it may be used.
type ContactPoint struct {
	Kind      string   // "phone", "email"
	Label     phi.Text // "Cell", "Sister Rosa"
	Value     phi.Text
	Preferred bool
	NoVoice   bool // no voicemail may be left
	TextOnly  bool
	Unsafe    bool // must not be used at all
}

// Address is a place.
type Address struct {
	Label     phi.Text
	Lines     []phi.Text
	Sensitive bool // must not be given to anybody
}

// HouseholdMember is somebody who lives with the client or matters to them.
type HouseholdMember struct {
	Name     phi.Text
	Relation phi.Text
	Detail   phi.Text
}

// CaseLine is a case in short.
type CaseLine struct {
	ID      string
	Number  phi.Text
	Program phi.Text
	State   string // "open", "closed"
	Opened  time.Time
	Closed  time.Time
	Worker  string
}

// TimelineItem is a note or an event.
type TimelineItem struct {
	ID         string   // of the note; empty for an event
	ClientID   string   // whose chart it is in, where that is a record joined to this one
	Type       string   // contact type of a note: see ContactTypes; for an event, the icon's meaning: "consent", "referral", "case", "import", "plan", "document", "clinical", "assessment", "form", "appointment", "conference"
	Key        string   // tells entries of one moment apart
	URL        string   // of what an event is about; empty for a note
	TypeText   phi.Text // shown in place of the type's own words, if not empty
	Title      phi.Text
	Body       phi.Text
	At         time.Time
	Minutes    int // 0 shows none
	Author     string
	State      NoteState
	SignBy     time.Time // of a draft
	Goals      []phi.Text
	Restricted bool // its author's alone
	Part2      bool // a record of a program under 42 CFR Part 2
	Addenda    int
	Waiting    int       // of the addenda, those that wait for a co-signature
	Unsent     string    // an addendum of the reader's own that was returned
	Event      bool      // made by the system, not written
	Hidden     ui.Hidden // stands for a note this reader may not read
	MaySign    bool      // a draft of the reader's own
	MayAdd     bool      // an addendum

	Sections   []NoteSection // in place of Body, where the note has headings
	Timed      bool          // At is the hour the contact began
	DayOnly    bool          // only the day of the contact is known
	Units      int           // of UnitMinutes each; 0 shows none
	UnitLength int
	Late       bool // a late entry
	LateReason phi.Text
	WrittenAt  time.Time
	SignedAt   time.Time
	CoSignBy   time.Time // of a note that waits for a co-signature
	Returned   bool      // a draft that was returned with remarks

	WrongReason phi.Text // of a note that was entered in error
}

// NoteState is where a note is in its life.
type NoteState string

// The states of a note.
const (
	Draft    NoteState = "draft"
	Awaiting NoteState = "awaiting" // a co-signature
	Wrong    NoteState = "entered_in_error"
	Signed   NoteState = "signed"
)

// NotesPage is GET /clients/{id}/notes.
type NotesPage struct {
	Chart
	Composer *NoteForm // nil: the reader may not write
	Kinds    []ui.Tab  // ?kind=…
	// Kind, From and Until are how the timeline is narrowed now: ?kind= ?from= ?until=.
	Kind, From, Until string
	Items             []TimelineItem
	Older             string
	Next              []NextUp
	Goals             []Goal
	Seen              []SeenBy
}

// NoteForm is a contact note being written. It posts to /clients/{id}/notes, or
// to /clients/{id}/notes/{note} where Draft is set, and saves itself to the
// same path with /draft at its end.
type NoteForm struct {
	ClientID string
	Draft    string // id of the draft, once there is one
	// New is the id of the note that a form without a draft makes, for the field
	// "new": a form sent twice makes one note.
	New string
	// Version is the draft's version, for the field "version".
	Version string
	// Kept and Aside are the revisions of what was kept while writing, for the
	// fields "draft" and "aside".
	Kept, Aside string
	// From is the record it was begun for, for the field "from", where that was
	// joined to this one.
	From  string
	Saved time.Time // when the draft was last saved; zero: not yet
	// Form has the fields of [Typed]: access is one of Access, format
	// as [FormatOptions]; and quick, the minutes that take one tap.
	Form          ui.Form
	Goals         []ui.Option
	MayRestrict   bool
	Access        []ui.Option // who may read the note, of [AccessOptions]
	SigningBrings string      // what happens on signing, in words; a default if empty
	Phrases       []Phrase
	UnitMinutes   int // of a unit of time in the program; 0 for none
	LateHours     int // after the contact a note is a late entry
	Merged        *ui.Merged
	Returned      *Remarks
}

// Remarks are what whoever returned a note asks for.
type Remarks struct {
	By   string
	At   time.Time
	Text phi.Text
}

// ContactTypes are the ways to be in touch, as the field "type" says them.
func ContactTypes(lang ui.Lang) []ui.Option {
	return []ui.Option{
		{Value: "phone", Text: ui.T(lang, "Phone call"), Icon: "phone"},
		{Value: "home", Text: ui.T(lang, "Home visit"), Icon: "house"},
		{Value: "office", Text: ui.T(lang, "Office visit"), Icon: "user"},
		{Value: "message", Text: ui.T(lang, "Message"), Icon: "message-square"},
		{Value: "video", Text: ui.T(lang, "Video call"), Icon: "video"},
		{Value: "coordination", Text: ui.T(lang, "Care coordination"), Icon: "users-round"},
	}
}

// in is the chart the item stands in: its own, where it was written about a record
// that was joined to this one.
func (x TimelineItem) in(client string) string {
	if x.ClientID != "" {
		return x.ClientID
	}
	return client
}

func (x TimelineItem) icon() string {
	if x.Hidden.Yes() {
		return "lock-keyhole"
	}
	for _, o := range ContactTypes(ui.English) {
		if o.Value == x.Type {
			return o.Icon
		}
	}
	switch x.Type {
	case "group":
		return "users"
	case "consent":
		return "file-pen"
	case "referral":
		return "share-2"
	case "case":
		return "briefcase"
	case "import":
		return "download"
	case "plan":
		return "target"
	case "clinical":
		return "heart-pulse"
	case "assessment":
		return "list-checks"
	case "form":
		return "file-pen"
	case "appointment":
		return "calendar"
	case "conference":
		return "users-round"
	}
	return "file-text"
}

func (x TimelineItem) typeText(lang ui.Lang) string {
	if !x.TypeText.Empty() {
		return ui.Show(x.TypeText)
	}
	for _, o := range ContactTypes(lang) {
		if o.Value == x.Type {
			return o.Text
		}
	}
	switch x.Type {
	case "group":
		return ui.T(lang, "Group")
	case "other":
		return ui.T(lang, "Other contact")
	case "consent":
		return ui.T(lang, "Consent")
	case "referral":
		return ui.T(lang, "Referral")
	case "case":
		return ui.T(lang, "Case")
	case "import":
		return ui.T(lang, "Import")
	case "plan":
		return ui.T(lang, "Care plan")
	case "document":
		return ui.T(lang, "Document")
	case "clinical":
		return ui.T(lang, "Clinical")
	case "assessment":
		return ui.T(lang, "Assessment")
	case "form":
		return ui.T(lang, "Form of the agency")
	case "appointment":
		return ui.T(lang, "Appointment")
	case "conference":
		return ui.T(lang, "Case conference")
	}
	return ui.T(lang, "Note")
}

func (c Chart) tabs(lang ui.Lang, current ChartTab) []ui.Tab {
	all := []struct {
		tab  ChartTab
		text string
	}{
		{Overview, ui.T(lang, "Overview")}, {NotesTab, ui.T(lang, "Notes")}, {PlanTab, ui.T(lang, "Care plan")},
		{AssessTab, ui.T(lang, "Assessments")},
		{Clinical, ui.T(lang, "Clinical")}, {Documents, ui.T(lang, "Documents")}, {HomeTab, ui.T(lang, "Household")}, {CaseTab, ui.T(lang, "Case and team")},
		{ConferencesTab, ui.T(lang, "Conferences")},
		{AccessTab, ui.T(lang, "Access log")},
	}
	out := []ui.Tab{}
	for _, t := range all {
		if !c.offers(t.tab) && t.tab != current {
			continue
		}
		out = append(out, ui.Tab{Text: t.text, URL: chartURL(c.Client.ID, string(t.tab)), Count: c.Counts[t.tab], Current: t.tab == current})
	}
	return out
}

// offers reports whether the reader is led to a tab at all.
func (c Chart) offers(tab ChartTab) bool { return c.Tabs == nil || contains(c.Tabs, tab) }

func contains[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}

func (c Chart) born(f ui.Frame) phi.Text {
	s := ui.ShowDate(c.Birth, f.Lang)
	if n, ok := ui.Age(c.Birth, f.Now); ok && c.Died.Empty() {
		s += " (" + f.N(n, "1 year", "%d years") + ")"
	}
	return phi.NewText(s)
}

func (c Chart) line(f ui.Frame) []ui.Fact {
	return []ui.Fact{
		{Label: f.T("Born"), Value: c.born(f)},
		{Label: f.T("Died"), Value: phi.NewText(ui.ShowDate(c.Died, f.Lang))},
		{Label: f.T("No."), Value: c.Client.Number, Mono: true},
		{Label: f.T("Pronouns"), Value: c.Pronouns},
		{Label: f.T("Language"), Value: c.Language},
		{Label: f.T("Program"), Value: c.Program},
		{Label: f.T("Phone"), Value: c.Phone},
	}
}

func (p NoteForm) action() string {
	if p.Draft != "" {
		return noteURL(p.ClientID, p.Draft, "")
	}
	return chartURL(p.ClientID, "notes")
}

func (p NoteForm) autosave() string { return p.action() + "/draft" }

// months splits a timeline where the month changes.
func months(items []TimelineItem) [][]TimelineItem {
	var out [][]TimelineItem
	for i, it := range items {
		if i == 0 || it.At.Month() != items[i-1].At.Month() || it.At.Year() != items[i-1].At.Year() {
			out = append(out, nil)
		}
		out[len(out)-1] = append(out[len(out)-1], it)
	}
	return out
}
