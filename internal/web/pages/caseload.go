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

	// Filtered is true where the rows were narrowed: an empty list then says so.
	Filtered     bool
	MayAddClient bool
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
	Flags       []ui.Badge
	Hidden      ui.HiddenSet // classes the row may not show
	MayWrite    bool         // offers Log
}
