package pages

import (
	"time"

	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// ConferencesPage is GET /clients/{id}/conferences.
type ConferencesPage struct {
	Chart
	Rows    []ConferenceRow
	MayCall bool
}

// ConferenceRow is a conference in short.
type ConferenceRow struct {
	ID         string
	At         time.Time
	Organizer  string
	Restricted bool
	Signed     bool
	Pending    int // decisions that are not done
}

// ConferencePage is GET /clients/{id}/conferences/{conference}: one conference
// with its minutes. It posts to …/sign (version), …/addenda (text) and …/follow
// (number, done).
type ConferencePage struct {
	Chart
	ConferenceRow
	Length    int
	Place     phi.Text
	Attendees []ConferenceGuest
	Agenda    phi.Text
	Minutes   phi.Text
	Decisions []ConferenceDecision
	Addenda   []Addendum
	SignedAt  time.Time
	SignedBy  string
	Version   int64
	Special   bool
	Words     ui.Hidden // the words are there and not for this reader
	Form      ui.Form   // of signing, or of an addendum: field text
	MayWrite  bool
	MaySign   bool
	MayAdd    bool
	MayFollow bool
}

// ConferenceGuest is somebody invited.
type ConferenceGuest struct {
	Name    phi.Text
	Outside bool
	Came    bool
}

// ConferenceDecision is something decided.
type ConferenceDecision struct {
	Number int
	What   phi.Text
	Who    string
	Due    time.Time
	Here   bool // it became no task, and is followed in the conference
	Done   bool
	DoneAt time.Time
	DoneBy string
}

// ConferenceFormPage is GET and POST /clients/{id}/conferences/new and
// …/{conference}/edit. Fields: on, time, length, place, attendee (several),
// outside (a name a line), restricted=yes, agenda; of one that was called also
// minutes, came (several: a worker's id or a name), and the rows decision,
// decision_who, decision_due, decision_number.
type ConferenceFormPage struct {
	Chart
	ID          string // empty: a new one
	Version     int64
	Form        ui.Form
	Merged      *ui.Merged
	Workers     []ui.Option
	Came        []ui.Option
	MayRestrict bool
}

// ConferenceFields are the fields of the form that two people may change at
// once.
func ConferenceFields() []string {
	return []string{"on", "time", "length", "place", "attendee", "outside", "restricted", "agenda", "minutes", "came", "decision+decision_who+decision_due+decision_number"}
}

// conferenceWas are the same, each by its own name.
func conferenceWas() []string {
	return []string{"on", "time", "length", "place", "attendee", "outside", "restricted", "agenda", "minutes", "came", "decision", "decision_who", "decision_due", "decision_number"}
}

func conferenceLabel(f ui.Frame, name string) string {
	switch name {
	case "on":
		return f.T("Day")
	case "time":
		return f.T("Time")
	case "length":
		return f.T("Minutes long")
	case "place":
		return f.T("Where, or how to join")
	case "attendee":
		return f.T("Colleagues")
	case "outside":
		return f.T("From outside")
	case "restricted":
		return f.T("Restricted")
	case "agenda":
		return f.T("Agenda")
	case "minutes":
		return f.T("What was said")
	case "came":
		return f.T("Who came")
	}
	return f.T("Decisions")
}

func (p ConferenceFormPage) action() string {
	if p.ID == "" {
		return chartURL(p.Client.ID, "conferences/new")
	}
	return chartURL(p.Client.ID, "conferences/"+p.ID+"/edit")
}

// decisionRows is how many rows for decisions the form shows: those there are,
// and three to fill.
func (p ConferenceFormPage) decisionRows() []int {
	n := p.Form.Rows("decision")
	for n > 0 && p.Form.Row("decision", n-1).Empty() && p.Form.Row("decision_number", n-1).Empty() {
		n--
	}
	out := make([]int, n+3)
	for i := range out {
		out[i] = i
	}
	return out
}
