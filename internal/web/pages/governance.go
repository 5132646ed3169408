package pages

import (
	"strconv"
	"time"

	"caseward/internal/web/ui"
)

// Period is a time from From until Until, not included; Until zero is without end.
type Period struct{ From, Until time.Time }

// OfficersPage is GET /governance: who leads the compliance program, through time.
type OfficersPage struct {
	Lines        []OfficeLine
	MayDesignate bool
	Figures      bool // the reader sees the figures for leadership
	Sanctions    bool // the reader handles or decides sanctions
}

// OfficeLine is one function through time.
type OfficeLine struct {
	Title    string // English source
	Cite     string
	Required bool
	Vacant   time.Time // since when nobody holds it; zero if somebody does
	Ends     time.Time // when nobody will; zero if that is not to come
	Gaps     []Period
	Gap      int64 // of all gaps, in hundredths of a day
	Holders  []OfficerRow
}

// OfficerRow is a designation.
type OfficerRow struct {
	ID, Title        string // Title is English source
	Person, PersonID string
	From, Until      time.Time
	Now              bool
	Document         string
	Contact          string
	By               string
	Alone            bool
	Conflicts        string
	EndedBy, EndWhy  string
	Left             bool      // ended with the person's access
	Entered          time.Time // when it was written down, if later than it began
}

// DesignatePage is GET and POST /governance/designate. Fields function, person, from,
// until, document, contact, conflicts.
type DesignatePage struct {
	Form      ui.Form
	People    []ui.Option
	Functions []ui.Option
}

// OfficerPage is GET /governance/officers/{id}, with the forms POST …/end (until, why) and
// POST …/contact (contact).
type OfficerPage struct {
	OfficerRow
	Form      ui.Form
	MayChange bool
	Proved    bool // the reader proved a moment ago who they are, as setting an end needs
}

// officerDay shows the day of a moment, with its time where that is not midnight.
func officerDay(f ui.Frame, t time.Time) string {
	s := ui.DayYear(f.Lang, t)
	if t.Hour()+t.Minute() > 0 {
		s += ", " + ui.Clock(f.Lang, t)
	}
	return s
}

// officerTime says a time in words. What ends at midnight ends with the day before.
func officerTime(f ui.Frame, from, until time.Time) string {
	switch {
	case until.IsZero():
		return f.T("since %s", officerDay(f, from))
	case until.Hour()+until.Minute()+until.Second() == 0:
		return f.T("%s until the end of %s", officerDay(f, from), ui.DayYear(f.Lang, until.AddDate(0, 0, -1)))
	}
	return f.T("%s until %s", officerDay(f, from), officerDay(f, until))
}

// gapDays shows hundredths of a day as days.
func gapDays(f ui.Frame, hundredths int64) string {
	return f.T("%s days", strconv.FormatFloat(float64(hundredths)/100, 'f', -1, 64))
}
