package report

import (
	"time"

	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Name says which report.
type Name string

// The reports.
const (
	Caseload Name = "caseload" // open cases now
	Contacts Name = "contacts" // signed contacts in a period
	Outcomes Name = "outcomes" // cases closed in a period
	Overdue  Name = "overdue"  // contacts, plan reviews and drafts that are late now
)

// Names lists the reports in the order screens show them.
func Names() []Name { return []Name{Caseload, Contacts, Outcomes, Overdue} }

// Group says by what a report has its lines.
type Group string

// The groups.
const (
	ByWorker  Group = "worker"
	ByProgram Group = "program"
	ByLevel   Group = "level"
	ByType    Group = "type"
	ByMonth   Group = "month"
	ByReason  Group = "reason"
	ByWhat    Group = "what"
)

// Groups lists by what a report can be grouped; the first is usual.
func (n Name) Groups() []Group {
	switch n {
	case Contacts:
		return []Group{ByWorker, ByType, ByProgram, ByMonth}
	case Outcomes:
		return []Group{ByReason, ByProgram, ByWorker}
	case Overdue:
		return []Group{ByWhat, ByWorker, ByProgram}
	}
	return []Group{ByWorker, ByProgram, ByLevel}
}

// Dated reports whether a report is about a period; the others are about now.
func (n Name) Dated() bool { return n == Contacts || n == Outcomes }

// Listed reports whether there are clients to list behind the numbers.
func (n Name) Listed() bool { return n == Caseload || n == Overdue }

// Figure is a column of numbers.
type Figure string

// The figures.
const (
	Cases     Figure = "cases"
	Intensive Figure = "intensive"
	High      Figure = "high"
	Standard  Figure = "standard"
	Late      Figure = "late"
	Contact   Figure = "contacts"
	Minutes   Figure = "minutes"
	Clients   Figure = "clients"
	Closed    Figure = "closed"
	Median    Figure = "median_days"
	Mean      Figure = "mean_days"
	Items     Figure = "items"
	Oldest    Figure = "oldest_days"
)

// Figures are the columns of a report. The first is what a chart of it shows.
func (n Name) Figures() []Figure {
	switch n {
	case Contacts:
		return []Figure{Contact, Minutes, Clients}
	case Outcomes:
		return []Figure{Closed, Median, Mean}
	case Overdue:
		return []Figure{Items, Oldest}
	}
	return []Figure{Cases, Intensive, High, Standard, Late}
}

// What is late.
type What string

// What can be late.
const (
	LateContact What = "contact"
	LateReview  What = "plan_review"
	LateDraft   What = "draft"
)

// Params is what a report is asked with.
type Params struct {
	Name    Name
	Group   Group
	From    string // the first day, 2006-01-02, in the agency's zone; of a report about a period
	Until   string // the last day, included
	Program string // empty for every one
	Worker  string // id; empty for everybody the asker may count
}

const (
	day = "2006-01-02"
	// longest is how many days a period has at most: five years.
	longest = 5*366 + 1
)

// period is the time a report is about.
func (p Params) period(zone *time.Location) (from, until time.Time, err error) {
	if !p.Name.Dated() {
		return from, until, nil
	}
	var bad []fault.Field
	from, err = time.ParseInLocation(day, p.From, zone)
	if err != nil {
		bad = append(bad, fault.Field{Name: "from", Message: "Enter the first day of the period."})
	}
	last, err := time.ParseInLocation(day, p.Until, zone)
	if err != nil {
		bad = append(bad, fault.Field{Name: "until", Message: "Enter the last day of the period."})
	}
	if len(bad) > 0 {
		return from, until, fault.InvalidFields("report.read", bad...)
	}
	until = last.AddDate(0, 0, 1)
	switch {
	case last.Before(from):
		bad = append(bad, fault.Field{Name: "until", Message: "The period ends before it begins."})
	case until.Sub(from) > longest*24*time.Hour:
		bad = append(bad, fault.Field{Name: "until", Message: "Choose a period of at most five years."})
	}
	if len(bad) > 0 {
		return from, until, fault.InvalidFields("report.read", bad...)
	}
	return from, until, nil
}

// check says what cannot be asked, and fills in what was left out.
func (p Params) check() (Params, error) {
	known := false
	for _, n := range Names() {
		known = known || n == p.Name
	}
	if !known {
		return p, fault.InvalidFields("report.read", fault.Field{Name: "report", Message: "Choose a report from the list."})
	}
	if p.Group == "" {
		p.Group = p.Name.Groups()[0]
	}
	for _, g := range p.Name.Groups() {
		if g == p.Group {
			return p, nil
		}
	}
	return p, fault.InvalidFields("report.read", fault.Field{Name: "by", Message: "Choose by what the report is grouped."})
}

// Line is a line of a report: what it is about, and a number for each figure.
type Line struct {
	Key     string // a worker's id, a program's code, a level, a type, "2026-11", a reason; empty where it is not known
	Figures []int64
}

// Row is a client behind the numbers.
type Row struct {
	Subject record.Subject
	Client  person.Opened
	Known   bool // the asker may see who it is
	Part2   bool // it is of a program under 42 CFR Part 2
	Program string
	Worker  string
	Level   casefile.Level
	Opened  time.Time // of a case: the day, as midnight in UTC
	Last    time.Time // contact
	Next    time.Time // contact due: the day, as midnight in UTC
	What    What      // that is late
	Days    int       // how late
}

// Result is a report.
type Result struct {
	Params
	Lines []Line
	Total []int64
	Rows  []Row // clients, of a report that lists them to somebody who may see them
	// Listed: Rows is what there is; otherwise the asker gets the numbers alone.
	Listed bool
	// Apart: clients of programs under 42 CFR Part 2 are not in Rows, whether there
	// are any or not.
	Apart   bool
	Classes policy.ClassSet // of everything that was opened for it
	Parts   int             // entries in the log it took
	At      time.Time
}

// Reports are the use-cases.
type Reports struct {
	door    *record.Door
	cases   record.Records[casefile.Case]
	notes   record.Records[note.Note]
	clients record.Records[person.Client]
	exports record.Records[Export]

	people    *person.Clients
	files     *casefile.Cases
	writing   *note.Notes
	papers    *document.Documents
	items     *clinical.Items
	carePlans *plan.Plans

	assessed    *assessment.Assessments
	forms       *form.Forms
	calendar    *appointment.Appointments
	conferences *conference.Conferences
	agency      *org.Directory
}

// Uses is the use-cases that a chart is printed from and searched by.
type Uses struct {
	Clients   *person.Clients
	Cases     *casefile.Cases
	Notes     *note.Notes
	Documents *document.Documents
	Items     *clinical.Items
	Plans     *plan.Plans

	Assessments *assessment.Assessments
	Forms       *form.Forms
	Calendar    *appointment.Appointments
	Conferences *conference.Conferences
	Agency      *org.Directory // says which programs are under 42 CFR Part 2
}

// New returns the use-cases behind door.
func New(door *record.Door, u Uses) *Reports {
	return &Reports{
		door: door, cases: record.Use(door, casefile.Kind), notes: record.Use(door, note.Kind), clients: record.Use(door, person.Kind),
		exports: record.Use(door, Kind), people: u.Clients, files: u.Cases, writing: u.Notes, papers: u.Documents,
		items: u.Items, carePlans: u.Plans,
		assessed: u.Assessments, forms: u.Forms, calendar: u.Calendar, conferences: u.Conferences, agency: u.Agency,
	}
}

// late is how many days a day lies before today.
func late(d phi.Date, today phi.Date) (int, bool) {
	n, known := casefile.DaysUntil(d, today)
	return -n, known && n < 0
}
