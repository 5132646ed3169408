package pages

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// CaseloadPage is GET and POST /caseload: the clients of the person signed in,
// what is late first. Names are looked for by POST, so that none stands in a URL.
type CaseloadPage struct {
	Summary string // one sentence about today, in the page's language
	Tiles   []ui.TileFact
	Views   []ui.Tab // /caseload?view=…

	Name     phi.Text // as typed into the filter
	View     string   // kept when the filter posts
	Program  string
	Programs []ui.Option
	Status   string
	Statuses []ui.Option
	Sort     string // "due", "name", "contact"
	Sorts    []ui.Option

	Rows  []CaseloadRow
	Total int    // clients that match, all of them allowed to be known
	Newer string // paths, empty at the ends
	Older string

	Level   string
	Levels  []ui.Option
	Whose   string // of Whoses: whose cases, empty for what the list begins with
	Whoses  []ui.Option
	Worker  string // whose cases, for those who see several
	Workers []ui.Option
	More    string // path of the next 500, where there are more
	First   string // path of the first 500, where these are further ones

	Saved []SavedFilter
	// Save holds filter_name and default=yes of a filter that is to be saved.
	Save      ui.Form
	SaveOpen  bool
	Named     string // the saved filter that is shown, by its name
	MayFilter bool

	// Filtered is true where the rows were narrowed: an empty list then says so.
	Filtered     bool
	MayAddClient bool
}

// SavedFilter is a filter the reader keeps. It is changed by POST
// /caseload/filters/{id}/default and /caseload/filters/{id}/remove.
type SavedFilter struct {
	ID      string
	Name    phi.Text
	URL     string
	Default bool
}

// CaseloadRow is a client in the list.
type CaseloadRow struct {
	Client      ui.Client
	Birth       phi.Date
	Program     phi.Text
	Level       int      // of service, 1 to 4; 0 shows none
	LevelWord   phi.Text // "Intensive"
	LastContact time.Time
	LastHow     phi.Text // "Home visit"
	Next        phi.Text // "Monthly contact"; empty: nothing is due
	NextOn      time.Time
	Review      time.Time
	Worker      string // who has the case, for those who see several workers'
	Eligible    int    // days until the eligibility ends
	EligibleDue bool
	Flags       []ui.Badge
	Hidden      ui.HiddenSet // classes the row may not show
	MayWrite    bool         // offers Log
}
