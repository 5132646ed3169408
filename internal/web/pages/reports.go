package pages

import (
	"net/url"
	"strconv"
	"time"

	"caseward/internal/paper"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// ReportsPage is GET /reports: what can be counted.
type ReportsPage struct {
	Rows []ReportChoice
	// SeesExports offers the list of what was exported.
	SeesExports bool
}

// ReportChoice is a report that can be run at /reports/{name}.
type ReportChoice struct {
	Name, Title, About, Icon string
}

// ReportPage is GET and POST /reports/{report}. Fields by, from, until, program,
// worker; the page runs with what is usual before anything is posted.
type ReportPage struct {
	Name     string
	Title    string
	Form     ui.Form
	Groups   []ui.Option
	Programs []ui.Option
	Workers  []ui.Option // none: the reader gets their own work
	Dated    bool
	Shown    *Report // nil: what was asked cannot be answered
	Export   string  // where to export it; empty if the reader may not
}

// Report is a report as it is shown, and as it leaves.
type Report struct {
	Says    string // of what and when, in a sentence
	Main    Table
	List    *Table // the clients behind the numbers
	Chart   []Bar
	Unit    string // of the chart
	Numbers bool   // the reader gets no clients
	Hint    string // on what is not counted
}

// Table is a table with its columns' field classes.
type Table struct {
	Heads   []string
	Classes []string // of each column
	Rows    []TableRow
	Total   []string
}

// TableRow is a row. The first cell leads to a chart where Client is set.
type TableRow struct {
	Client string
	Cells  []TableCell
}

// TableCell is a cell.
type TableCell struct {
	Text   phi.Text
	Number bool
}

// Bar is a bar of a chart.
type Bar struct {
	Text  string
	Value int64
}

// ExportPage is GET and POST /reports/{report}/export: what would leave, why, and
// the link once it is made. Fields what (summary, clients), format, reason, words,
// besides those of the report. The link is used by POST /exports/{id}, field secret.
type ExportPage struct {
	Name, Title string
	Form        ui.Form
	Query       string // the report's parameters, as ids and dates
	Says        string
	Main        Table
	List        *Table
	Formats     []ui.Option
	Reasons     []ui.Option
	Link        string // once made: where the file is asked for
	Secret      string // of the link
	Until       time.Time
	Prove       string // the fresh proof has run out: where to renew it
}

// ExportsPage is GET /exports: files that were asked for.
type ExportsPage struct {
	All   bool // of everybody; otherwise the reader's own
	Rows  []ExportRow
	Older string
	Total int64
}

// ExportRow is an export.
type ExportRow struct {
	Who     string
	What    string // "Contacts by worker, Nov 1, 2026 to Nov 30, 2026, CSV"
	Why     string
	Words   phi.Text
	Classes []string
	Lines   int // when it was asked for
	Saved   int // when it was saved
	AskedAt time.Time
	UsedAt  time.Time
	EndsAt  time.Time
}

// DeadLinkPage says why a link of an export does not work.
type DeadLinkPage struct {
	Why   string
	Again string // where to ask anew; empty: from the start
}

// PrintPage is GET and POST /clients/{id}/print. Fields part (several), from,
// until, do (page, pdf).
type PrintPage struct {
	Chart
	Form  ui.Form
	Parts []ui.Option
	Doc   *paper.Doc // what was put together; nil before
	Holds []string   // what it holds, in words
}

// WithinPage is GET and POST /clients/{id}/find: a search within a chart. Field q.
type WithinPage struct {
	Chart
	Form      ui.Form
	Done      bool
	Searched  int
	More      bool
	Notes     []TimelineItem
	Documents []DocumentRow
	Goals     []Goal
	Facts     []ClinicalFact
	// Assessments and forms, and appointments and conferences, as on the timeline.
	Assessments, Meetings []TimelineItem
}

const (
	barHigh = 26
	barLeft = 190
	barWide = 640
)

// longest is the largest value of a chart.
func longest(bars []Bar) int64 {
	var n int64 = 1
	for _, b := range bars {
		n = max(n, b.Value)
	}
	return n
}

func barWidth(b Bar, most int64) string {
	return strconv.FormatInt(max(2, b.Value*(barWide-barLeft-60)/most), 10)
}

func px(n int) string { return strconv.Itoa(n) }

// short cuts a label of a chart.
func short(s string) string {
	if r := []rune(s); len(r) > 26 {
		return string(r[:25]) + "…"
	}
	return s
}

func reportURL(name string) string { return "/reports/" + url.PathEscape(name) }
