package pages

import (
	"net/url"
	"time"

	"caseward/internal/web/ui"
)

// ExercisesPage is GET /training/exercises: exercises with suspicious mail.
type ExercisesPage struct {
	Rows             []CampaignRow
	MayPlan          bool
	Domain           string // that the mails come from; empty where none is set
	Form             ui.Form
	Lures, Audiences []ui.Option
}

// CampaignRow is one exercise.
type CampaignRow struct {
	ID, Title, To, State string
	From, Until          time.Time
	Count                int
	Results              ExerciseResults
}

// ExerciseResults is what came of an exercise, by count.
type ExerciseResults struct {
	Of, Sent, Reported, Clicked, Neither, Unsent, Unclear, Machines, Assigned int
}

// ExercisePage is GET /training/exercises/{id}.
type ExercisePage struct {
	CampaignRow
	Domain            string
	MayRun            bool
	Own               bool // planned by the reader, so that another officer approves it
	Ready             bool // the course that follows a click is in use
	MailFrom, Subject string
	Mail              string
	Tells             []string
	People            []ExerciseRow // for who leads training
}

// ExerciseRow is what came of the mail to one person.
type ExerciseRow struct {
	Name, Outcome string
	Sent          time.Time
	Machines      bool // only programs opened the link
}

// SuspiciousPage is GET /training/report: where mail that looks wrong is reported.
type SuspiciousPage struct {
	Officer string
	Said    string // "ours" or "other" once it was reported
}

// LandingPage is GET /by-link/mail/{secret}: where the link of an exercise leads.
type LandingPage struct {
	Action, Title string
	Tells         []string
	Days          int
	Read          bool
}

func exerciseURL(id string) string { return "/training/exercises/" + url.PathEscape(id) }

// exerciseState says the state of an exercise in words.
func exerciseState(f ui.Frame, s string) string {
	switch s {
	case "draft":
		return f.T("Waits for approval")
	case "stopped":
		return f.T("Stopped")
	}
	return f.T("exercise|Approved")
}

// exerciseOutcome says what came of a mail.
func exerciseOutcome(f ui.Frame, s string) (ui.Tone, string, string) {
	switch s {
	case "reported":
		return ui.Good, "check", f.T("Reported it")
	case "clicked":
		return ui.Note, "lightbulb", f.T("Followed the link; has the course")
	case "neither":
		return ui.Plain, "", f.T("Neither")
	case "unclear":
		return ui.Warning, "triangle-alert", f.T("Perhaps sent")
	case "unsent":
		return ui.Warning, "triangle-alert", f.T("Not sent in its time")
	}
	return ui.Plain, "clock", f.T("Not sent yet")
}
