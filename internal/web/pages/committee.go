package pages

import (
	"strconv"
	"strings"
	"time"

	"caseward/internal/program/governance"
	"caseward/internal/program/sanction"
	"caseward/internal/prose"
	"caseward/internal/web/ui"
	"caseward/law"
)

// CommitteePage is GET /governance/committee: who sits on it, when it meets, and what it
// decided.
type CommitteePage struct {
	governance.Overview
	Names    map[string]string // by worker id
	Left     map[string]bool   // members who work here no more, by worker id
	SetsUp   bool
	Meets    bool // the reader calls meetings
	Sees     bool // the reader sees minutes
	Charter  bool // the charter is in force
	Starters bool // the reader begins policies of the starter set
}

// CharterURL is the page of the charter of the program.
const CharterURL = "/policies/doc/" + governance.Charter

// SetCommitteePage is GET and POST /governance/committee/set. Fields name, chair, quorum,
// months, seat- with each voice, version.
type SetCommitteePage struct {
	Form    ui.Form
	Version string
	People  []ui.Option // who may sit on it
}

// MeetingPage is GET and POST /governance/committee/meetings/new and …/{id}, and
// …/{id}/correct. Fields on, at, came, agenda, minutes; what-, owner- and due- with the
// number of a decision; version, why.
type MeetingPage struct {
	Form    ui.Form
	ID      string // empty of a new one
	Version string
	Correct bool
	Rows    int         // of decisions
	Members []ui.Option // who may have come
	People  []ui.Option // who may carry something out
	Files   bool        // not only calls
}

// FiledMeetingPage is GET /governance/committee/meetings/{id} of one that is filed, or of a
// draft for whoever only reads.
type FiledMeetingPage struct {
	ID              string
	Meeting         governance.Meeting
	Agenda, Minutes prose.HTML
	Names           map[string]string
	Decisions       []governance.DecisionOpened
	Replaced        string // id of the filing that corrects it
	Corrects        bool   // the reader may file another in its place
}

// DecisionPage is GET /governance/committee/decisions/{id}, with the forms POST …/report
// (on, words, do), …/settle (words, do) and …/drop (words).
type DecisionPage struct {
	Form          ui.Form
	ID, Version   string
	Decision      governance.Decision
	Names         map[string]string
	Owns, Settles bool
	Minutes       bool              // the reader opens the minutes
	Sanctions     []sanction.Opened // whose decision refers to it, for who handles them
	Today         string
	Posted        string // which form was posted with mistakes
}

// DutiesPage is GET /governance/raci: who answers for what, now or on a day.
type DutiesPage struct {
	governance.Duties
	Names   map[string]string
	Answers bool   // the reader changes it
	On      string // the day that was asked for
	Days    []time.Time
}

// DutyPage is GET and POST /governance/raci/{id}. Fields responsible, accountable,
// consulted, informed, version.
type DutyPage struct {
	Form    ui.Form
	Process governance.Process
	Version string
	Offices []ui.Option
	People  []ui.Option // with "worker:" before each id
}

// decisionNames say how decisions stand.
var decisionNames = map[string]string{
	governance.Open: "decision|Open", governance.Reported: "decision|Reported", governance.Done: "decision|Done", governance.Dropped: "decision|Dropped",
}

func decisionTone(state string) (ui.Tone, string) {
	switch state {
	case governance.Done:
		return ui.Good, "circle-check"
	case governance.Reported:
		return ui.Note, "eye"
	case governance.Dropped:
		return ui.Plain, "minus"
	}
	return ui.Plain, "circle"
}

func meetingURL(id string) string  { return "/governance/committee/meetings/" + id }
func decisionURL(id string) string { return "/governance/committee/decisions/" + id }

func numbered(name string, i int) string { return name + "-" + strconv.Itoa(i+1) }

// Asked says whether law asks for something, or it is the agency's practice.
func Asked(f ui.Frame, cite string) string {
	if cite == law.Practice {
		return f.T("Agency practice")
	}
	return f.T("Law asks for it: %s", cite)
}

// namesOf are the names of workers, in the order given.
func namesOf(names map[string]string, ids []string) string {
	out := make([]string, len(ids))
	for i, id := range ids {
		out[i] = names[id]
	}
	return strings.Join(out, ", ")
}

// Parties are offices and people in words.
func Parties(lang ui.Lang, names map[string]string, all []governance.Party) string {
	out := make([]string, len(all))
	for i, p := range all {
		if out[i] = ui.T(lang, p.English()); p.Worker() != "" {
			out[i] = names[p.Worker()]
		}
	}
	return strings.Join(out, ", ")
}

// every says how often the committee meets.
func every(f ui.Frame, months int) string {
	return f.N(months, "At least every month", "At least every %d months")
}
