package pages

import (
	"time"

	"caseward/internal/web/ui"
)

// DuePage is GET /due: what the program asks of somebody, of those they look after, or of
// everybody.
type DuePage struct {
	Sides   []ui.Tab // mine and others'; empty where there is only mine
	Others  bool     // not the asker's own
	Modules []ui.Tab // narrow the list to one module; the first is all
	Counts  []DueCount
	Rows    []OwedRow // a page of them, soonest due first
	From    int       // place of the first, from 1
	Total   int
	Sooner  string // of the page before; empty for none
	Later   string
	Mailed  bool // reminders come by mail
}

// DueCount is how much is due in one module.
type DueCount struct {
	Name              string
	URL               string
	Late, Week, Later int
}

// OwedRow is one thing that the program asks of somebody.
type OwedRow struct {
	What  string // in words, already in the language of the page
	Name  string // of what, as the agency calls it
	Why   string
	Cite  string // empty: agency practice
	Whose string // name, where the page shows several people's
	About string // name of whom it is about
	Due   time.Time
	Path  string // empty: it is not the asker's to do
}

// moduleNames says what the modules of the program are called, by the names they are
// joined with in package app.
var moduleNames = map[string]string{
	"training": "Training", "policies": "Policies", "officers": "Officers", "committee": "Committee", "vendors": "Vendors", "workforce": "Clearance", "sanctions": "Sanctions", "rights": "Rights in use",
}

// ModuleName is what a module of the program is called.
func ModuleName(lang ui.Lang, module string) string { return ui.T(lang, moduleNames[module]) }
