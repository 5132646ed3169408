package pages

import (
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/rights"
	"caseward/internal/web/ui"
)

// ClientFormPage is GET and POST /clients/new, and /clients/{id}/edit. The field
// names are in the package comment. Sections whose class the reader may not
// write are in Hidden and are not shown.
type ClientFormPage struct {
	Chart *Chart // nil: a new client
	Form  ui.Form
	// Version of the record, for the field "version".
	Version string
	Hidden  ui.HiddenSet
	// Twins are clients who may be the same person, of those the reader may know
	// of; the form then asks for the field "not_twin".
	Twins       []FoundClient
	Languages   []ui.Option
	FlagKinds   []ui.Option
	IDKinds     []ui.Option
	Races       []ui.Option
	Ethnicities []ui.Option
	Genders     []ui.Option
	IdentKinds  []ui.Option
	Fields      []string   // how two people's edits are put together
	Merged      *ui.Merged // what a colleague saved meanwhile
	FlagBy      []string   // who set each flag
	// Of a new client: the first case, and what is kept of an unfinished form.
	Programs []ui.Option
	Workers  []ui.Option
	Levels   []ui.Option
	Rev      string
	Saved    time.Time
}

// Kept are the fields by which two windows are put together: those of a client,
// and of a new one the first case with them.
func (p ClientFormPage) Kept() []string {
	if p.Chart != nil {
		return p.Fields
	}
	return append(slices.Clone(p.Fields), "program", "worker", "level", "reason")
}

// was is the single fields of a form whose groups are joined with "+".
func was(fields []string) []string {
	var out []string
	for _, f := range fields {
		out = append(out, strings.Split(f, "+")...)
	}
	return out
}

// clientLabel is the words for a field of a client, for what two people changed.
func clientLabel(f ui.Frame) func(string) string {
	return func(name string) string {
		return f.T(map[string]string{
			"given": "First name", "middle": "Middle name", "family": "Last name", "suffix": "Suffix", "birth": "Birth date", "pronouns": "Pronouns", "gender": "Gender",
			"name_text": "Other names", "ident_value": "Numbers in other systems", "id_value": "Government numbers", "contact_value": "How to reach them",
			"em_name": "Emergency contacts", "address_lines": "Addresses", "language": "Language", "other_language": "Other languages", "interpreter": "Interpreter",
			"ethnicity": "Ethnicity", "race": "Race", "flag_text": "Flags",
			"program": "Program", "worker": "Assigned worker", "level": "Level", "reason": "Why the client came",
		}[name])
	}
}

// flagBy is who set the i-th flag.
func (p ClientFormPage) flagBy(i int) string {
	if i < len(p.FlagBy) {
		return p.FlagBy[i]
	}
	return ""
}

// CaseFormPage is a form about a case: GET and POST
// /clients/{id}/case/new (fields program, worker, opened),
// /clients/{id}/case/{case}/assign (worker, from, words),
// /clients/{id}/case/{case}/team (worker, from, until, words),
// /clients/{id}/case/{case}/close (on, reason, words).
type CaseFormPage struct {
	Chart
	Kind     CaseForm
	Case     CaseLine
	Form     ui.Form
	Programs []ui.Option
	Workers  []ui.Option // id and name, with caseload as hint in the text
	Reasons  []ui.Option // of closing
	Levels   []ui.Option
	Checks   []CloseCheck // what is still open, of a case to be closed
	Version  int64
	Merged   *ui.Merged // somebody saved while the form was open
	Eligible phi.Text   // as it is, of an eligibility to be renewed
	Changed  *CaseChange
}

// CaseChange is what happened to a case while a form about it was filled in.
type CaseChange struct {
	By     string
	At     time.Time
	Closed bool
	Worker string // name of who has it now; empty if nobody
}

// caseChanged says what happened, what is kept and what to do next.
func caseChanged(f ui.Frame, c CaseChange) string {
	said := f.T("%s saved the case at %s, while you had this form open. Nothing of yours is saved yet, and all you typed is below.", c.By, ui.Clock(f.Lang, c.At))
	switch {
	case c.Closed:
		said += " " + f.T("The case is closed now.")
	case c.Worker != "":
		said += " " + f.T("The case is open and assigned to %s now.", c.Worker)
	default:
		said += " " + f.T("The case is open and assigned to nobody now.")
	}
	return said + " " + f.T("If what you want still fits, save again.")
}

// CloseCheck is something to look at before a case is closed; it blocks nothing.
type CloseCheck struct {
	Text string // already in the language of the page
	URL  string
	Done bool
}

// CaseForm says which form about a case it is.
type CaseForm string

// The forms, as they stand in paths.
const (
	OpenCase   CaseForm = "new"
	AssignCase CaseForm = "assign"
	JoinTeam   CaseForm = "team"
	CloseCase  CaseForm = "close"

	OfferCase  CaseForm = "offer"
	ReopenCase CaseForm = "reopen"
	EditCase   CaseForm = "edit"
	RenewCase  CaseForm = "renew"
)

// CoveragePage is GET and POST /coverage: who stands in for whom. Fields
// worker (who is away), cover (who stands in), from, until, words. A coverage is
// ended by POST /coverage/{id}/end.
type CoveragePage struct {
	Form    ui.Form
	Workers []ui.Option
	Covers  []ui.Option
	Rows    []CoverageRow
	MayMake bool
}

// CoverageRow is a coverage.
type CoverageRow struct {
	ID     string
	Away   string
	Cover  string
	From   time.Time
	Until  time.Time
	Words  string
	MayEnd bool
}

// StaffPage is GET /staff.
type StaffPage struct {
	Query     string // ?q=, a colleague's name is not PHI
	Role      string
	State     string
	Rows      []StaffRow
	Older     string
	MayInvite bool
	SeesLast  bool // the reader sees when each was last here
}

// StaffRow is a workforce member in the list.
type StaffRow struct {
	ID         string
	Name       string
	Email      string
	Role       actor.Role
	Also       actor.Role // the second role; empty for none
	Supervisor string
	LastSeen   time.Time
	State      StaffState
}

// StaffState is how an account stands.
type StaffState string

// The states.
const (
	Invited    StaffState = "invited"
	Active     StaffState = "active"
	Suspended  StaffState = "suspended"
	Terminated StaffState = "terminated"
)

// InvitePage is GET and POST /staff/invite: fields name, email, role,
// supervisor, programs (several). Link is shown once after it was made.
type InvitePage struct {
	Form        ui.Form
	Supervisors []ui.Option
	Programs    []ui.Option
	Link        string
	Until       time.Time
	Name        string
}

// ImportStep is how far bringing a list of the staff in is.
type ImportStep int

// The steps.
const (
	ImportChoose ImportStep = iota
	ImportPlanned
	ImportDone
)

// StaffImportPage is GET /staff/import, and POST with a file (field file, or kept) and
// missing, which is "end" to end the access of whoever is not in it. POST
// /staff/import/apply does what was shown, under hash.
type StaffImportPage struct {
	Form    ui.Form
	Step    ImportStep
	Missing bool
	Notice  string
	Blocked string // why nothing of it can be done
	Ignored string // headers that were not read
	Hash    string
	Kept    string // the file, as the page carries it to the next step
	Todo    int    // rows that would be written
	Left    int    // rows that are left for the next run
	More    int    // rows that are not shown

	Invite, Change, End, Same, Refused int
	Rows                               []StaffImportRow
}

// StaffImportRow is one row of the file, or somebody who is not in it.
type StaffImportRow struct {
	Line                int
	Act                 string
	Name, Email, Worker string
	Diffs               []StaffDiff
	Why                 []string
	Link                string // shown once
}

// StaffDiff is one field that is another.
type StaffDiff struct{ Field, From, To string }

// StaffMemberPage is GET /staff/{id}. Changed by POST /staff/{id} (role,
// supervisor, programs); POST /staff/{id}/reset makes a new invitation; POST
// /staff/{id}/terminate (field words) ends all access at once; a session is ended
// by POST /staff/{id}/sessions/{session}/end.
type StaffMemberPage struct {
	StaffRow
	Since       time.Time
	Form        ui.Form
	Supervisors []ui.Option
	Programs    []ui.Option
	// SeesWays: the reader sees sessions and how the person signs in.
	SeesWays    bool
	Sessions    []Session
	Passkeys    int
	HasPassword bool
	HasApp      bool
	HasProvider bool // linked with an account at the identity provider
	MayChange   bool
	MayReset    bool
	MayEnd      bool
	// Of somebody whose access ended: when, when their last session did, when it was tried
	// whether they still get in, and that what was tried was refused. Zero times: not shown,
	// no session was open, not tried.
	Ended, Revoked, Tried time.Time
	Refused               bool
	MayProbe              bool
	Sanctions             bool // offers to report a violation
	MayFollow             bool // offers Everything they did
	SeesRights            bool // offers which of their rights they use
	SeesWay               bool // offers their onboarding
	// SeesPlanned: what is planned of role, programs and supervisor is the reader's to know.
	SeesPlanned bool
	Planned     []PlannedRow
	Seconds     []SecondRow // second roles, shown to the same readers
}

// SecondState is how a second role stands.
type SecondState string

// The states of a second role.
const (
	SecondNow   SecondState = "now"
	SecondAhead SecondState = "ahead"
	SecondRests SecondState = "rests" // the first role is another one for a time
	SecondOver  SecondState = "over"
)

// SecondRow is a second role of a colleague. It is ended by POST
// /staff/{id}/second/{key}/end (field why).
type SecondRow struct {
	Key          string
	Role, Beside actor.Role
	State        SecondState
	Programs     string
	From         time.Time // its first day
	Until        time.Time // its last day; zero: until somebody ends it
	Never        bool      // it was called off before it began
	Statement    string
	By           string // who decided it
	At           time.Time
	EndedBy, Why string // who ended it and why; empty where its last day, or another first role, did
	Lacks        []PlannedLack
}

// StaffSecondPage is GET and POST /staff/{id}/second: a second role (fields role, programs,
// from, until, statement) beside the first, and how each other role goes together with it.
type StaffSecondPage struct {
	ID, Name string
	First    actor.Role
	Form     ui.Form
	Roles    []ui.Option // that may be chosen
	Programs []ui.Option
	Pairs    []RolePair
}

// RolePair is how a role goes together with the first, and the duties to keep apart that
// one would have of the two.
type RolePair struct {
	Role actor.Role
	org.Pair
	Duties []rights.Duty
}

// PlannedRow is a planned change of role, programs or supervisor. One that was not to go on
// is cancelled by POST /staff/{id}/plan/{key}/cancel.
type PlannedRow struct {
	Key   string
	From  time.Time // its first day; zero: it holds already
	Until time.Time // its last day; zero: for good
	What  []string  // what changes; of one that holds already, what will be again
	By    string    // who planned it
	At    time.Time
	// Lacks is what the role to come requires and the person will not have by then.
	Lacks []PlannedLack
}

// PlannedLack is something that a role to come requires.
type PlannedLack struct {
	Title  string
	Closed bool      // clients' records are closed, or nearly so, from the first day on
	By     time.Time // otherwise: by when it is to be done
}

// StaffPlanPage is GET and POST /staff/{id}/plan: a change of role, supervisor or programs
// (fields as of [StaffMemberPage]) from the day in field from, until the day in field until.
type StaffPlanPage struct {
	ID, Name    string
	Form        ui.Form
	Supervisors []ui.Option
	Programs    []ui.Option
}

// row is how often a group of fields is shown: what is filled, and one more.
func formRows(form ui.Form, name string) []int {
	out := []int{}
	for i := range form.Rows(name) + 1 {
		out = append(out, i)
	}
	return out
}

func contactKinds(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "mobile", Text: ui.T(lang, "Cell phone")}, {Value: "home", Text: ui.T(lang, "Home phone")}, {Value: "work", Text: ui.T(lang, "Work phone")}, {Value: "email", Text: ui.T(lang, "Email")}}
}

func contactRules(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "any", Text: ui.T(lang, "Call and text")}, {Value: "message", Text: ui.T(lang, "Call, text, voicemail")}, {Value: "no_voicemail", Text: ui.T(lang, "No voicemail")}, {Value: "text_only", Text: ui.T(lang, "Text only")}, {Value: "do_not_use", Text: ui.T(lang, "Do not use")}}
}

func nameKinds(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "preferred", Text: ui.T(lang, "Preferred name")}, {Value: "alias", Text: ui.T(lang, "Alias")}, {Value: "maiden", Text: ui.T(lang, "Former name")}}
}

func addressKinds(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "home", Text: ui.T(lang, "Home")}, {Value: "mailing", Text: ui.T(lang, "Mailing address")}, {Value: "shelter", Text: ui.T(lang, "Shelter")}, {Value: "temporary", Text: ui.T(lang, "Temporary")}, {Value: "old", Text: ui.T(lang, "Former address")}, {Value: "other", Text: ui.T(lang, "Another place")}}
}

func addressRules(lang ui.Lang) []ui.Option {
	return []ui.Option{{Value: "open", Text: ui.T(lang, "Safe to mail")}, {Value: "private", Text: ui.T(lang, "Do not mail")}}
}
