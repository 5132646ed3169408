package pages

import (
	"time"

	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/notice"
	"caseward/internal/phi"
	"caseward/internal/web/ui"
)

// caseNoticeNames says in a sentence what a notice about a case or a case
// conference tells.
var caseNoticeNames = map[notice.What]string{
	casefile.Given:     "A case was given to you.",
	casefile.Taken:     "A case of yours was given to a colleague.",
	casefile.Moved:     "A case of yours was given to a colleague, together with others.",
	casefile.ForYou:    "A colleague offers you a case.",
	casefile.Accepted:  "Your offer of a case was accepted.",
	casefile.TurnedOff: "Your offer of a case was declined. The case stays where it is.",
	casefile.OfferOver: "A case that was offered to you is no longer.",
	conference.Invited: "You are invited to a case conference.",
	conference.Decided: "A case conference decided something that is yours to do.",
}

// CaseFields are the fields of the form that edits a case, which two people may
// change at once.
func CaseFields() []string { return []string{"level", "next_on", "next", "review_on", "open_reason"} }

func caseLabel(f ui.Frame, name string) string {
	switch name {
	case "level":
		return f.T("Level of support")
	case "next_on":
		return f.T("Next contact on")
	case "next":
		return f.T("What it is for")
	case "review_on":
		return f.T("Plan review on")
	}
	return f.T("Why the client came")
}

// OffersPage is GET /offers: the cases offered to the reader.
type OffersPage struct {
	Rows []OfferRow
}

// OfferRow is a case that is offered.
type OfferRow struct {
	ID      string // of the case; opened at /offers/{id}
	Client  ui.Client
	Program phi.Text
	Level   string
	By      string
	Until   time.Time
	On      phi.Date
}

// OfferPage is GET /offers/{case}: one offer with its hand-over. It posts to
// /offers/{case}/accept, and reason to /offers/{case}/decline. Over is true where
// there is no such offer to the reader, or no longer: the two are not told apart.
type OfferPage struct {
	OfferRow
	Over     bool
	Birth    phi.Date
	From     string // who has the case
	Opened   time.Time
	NextOn   time.Time
	ReviewOn time.Time
	Handover HandoverText
	Special  bool // a record of a Part 2 program
	Form     ui.Form
}

func (p OfferPage) facts(f ui.Frame) []ui.Fact {
	say := func(s string) phi.Text { return phi.NewText(s) }
	out := []ui.Fact{
		{Label: f.T("Client number"), Value: p.Client.Number},
		{Label: f.T("Born"), Value: say(ui.ShowDate(p.Birth, f.Lang))},
		{Label: f.T("Program"), Value: p.Program},
		{Label: f.T("Level of support"), Value: say(p.Level)},
		{Label: f.T("case|With"), Value: say(p.From)},
		{Label: f.T("Opened"), Value: say(ui.DayYear(f.Lang, p.Opened))},
	}
	if !p.NextOn.IsZero() {
		out = append(out, ui.Fact{Label: f.T("Next contact on"), Value: say(ui.DayYear(f.Lang, p.NextOn))})
	}
	if !p.ReviewOn.IsZero() {
		out = append(out, ui.Fact{Label: f.T("Plan review on"), Value: say(ui.DayYear(f.Lang, p.ReviewOn))})
	}
	if !p.On.Empty() {
		out = append(out, ui.Fact{Label: f.T("Hand over on"), Value: say(ui.ShowDate(p.On, f.Lang))})
	}
	return out
}
