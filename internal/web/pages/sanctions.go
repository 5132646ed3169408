package pages

import (
	"strconv"
	"strings"

	"caseward/internal/program/sanction"
	"caseward/internal/web/ui"
)

// SanctionsPage is GET /sanctions: what was reported of people, what is open or all of it.
type SanctionsPage struct {
	Rows    []sanction.Opened
	Names   map[string]string
	Views   []ui.Tab
	All     bool
	Handles bool // the reader reports; a program manager only decides
}

// ReportSanctionPage is GET and POST /sanctions/new. Fields person, cause, ref, policy,
// section, what, known.
type ReportSanctionPage struct {
	Form     ui.Form
	People   []ui.Option
	Policies []ui.Option
}

// SanctionPage is GET /sanctions/{id}, with the form POST …/finding (confirmed, intent,
// finding, refer, version).
type SanctionPage struct {
	Form     ui.Form
	ID       string
	Version  string
	Sanction sanction.Sanction
	Reported sanction.Opened // for when it was reported
	Names    map[string]string
	Finds    bool // the reader says whether it is so
	Decides  bool // and decides
	Answers  bool // and takes another look
	Found    bool // the reader found it, so another decides
	ByMe     bool // the reader decided, so another takes the second look
}

// DecideSanctionPage is GET and POST /sanctions/{id}/decide (disclosure, opposition, level,
// why, course, due, committee, scale, version), and …/answer (level, words, scale, version).
type DecideSanctionPage struct {
	Form     ui.Form
	ID       string
	Version  string
	Sanction sanction.Sanction
	Scale    sanction.Set
	Person   string
	Courses  []ui.Option
	// Decisions are those of the compliance committee that the decision may refer to.
	Decisions []ui.Option
	Answer    bool
}

// ToldPage is GET /sanctions/mine: what was decided about the reader, with the form POST
// /sanctions/{id}/appeal (words, version) for another look.
type ToldPage struct {
	Form  ui.Form
	Rows  []sanction.Opened
	Names map[string]string
	Of    string // id of the one whose form was posted
}

// ScalePage is GET /sanctions/scale, and POST with name-, about-, ends- with the number of a
// level, usual- with each intent, version.
type ScalePage struct {
	Form   ui.Form
	Scale  sanction.Set
	Names  map[string]string
	Sets   bool // the reader sets it
	Change bool // the form is shown
}

// sanctionNames say how sanctions stand.
var sanctionNames = map[string]string{
	sanction.Reported: "sanction|Reported", sanction.Unfounded: "sanction|Not confirmed", sanction.Confirmed: "sanction|Confirmed, not decided", sanction.Referred: "sanction|Referred, not decided",
	sanction.Decided: "sanction|Decided", sanction.Appealed: "sanction|Another look is asked for", sanction.Answered: "sanction|Looked at again",
}

func sanctionTone(state string) (ui.Tone, string) {
	switch state {
	case sanction.Confirmed, sanction.Referred:
		return ui.Warning, "clock"
	case sanction.Reported, sanction.Appealed:
		return ui.Note, "eye"
	case sanction.Unfounded:
		return ui.Plain, "minus"
	}
	return ui.Good, "circle-check"
}

func sanctionURL(id string) string { return "/sanctions/" + id }

// levelName is a level in words. Those that come with the program are in the reader's
// language, others as the agency calls them.
func levelName(f ui.Frame, scale int64, name string) string {
	if name == "" {
		return f.T("No sanction")
	}
	if scale == 0 {
		return f.T(name)
	}
	return name
}

// levels are what may follow: of an answer what was decided and what is slighter.
func levels(f ui.Frame, p DecideSanctionPage) []ui.Option {
	out := []ui.Option{{Value: "0", Text: f.T("No sanction")}}
	for i, l := range p.Scale.Levels {
		if o := (ui.Option{Value: strconv.Itoa(i + 1), Text: levelName(f, p.Scale.Version, l.Name), Hint: l.About}); p.Answer {
			if i+1 < p.Sanction.Rank && p.Scale.Version == p.Sanction.Scale {
				out = append(out, o)
			}
		} else {
			if l.Ends {
				o.Hint += " " + f.T("The work here ends; the access is ended on the person’s page, by whoever does so.")
			}
			out = append(out, o)
		}
	}
	if p.Answer {
		out = append(out, ui.Option{Value: strconv.Itoa(p.Sanction.Rank), Text: f.T("It stands: %s", levelName(f, p.Sanction.Scale, p.Sanction.Level))})
	}
	return out
}

// levelLine is levels in a line.
func levelLine(all []sanction.Level) string {
	out := make([]string, len(all))
	for i, l := range all {
		out[i] = l.Name
	}
	return strings.Join(out, " · ")
}

// usual is the level that usually follows on an intent.
func usual(f ui.Frame, s sanction.Set, i sanction.Intent) string {
	if n := s.Usual[i]; n > 0 && n <= len(s.Levels) {
		return levelName(f, s.Version, s.Levels[n-1].Name)
	}
	return ""
}

func causeOptions(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, c := range sanction.Causes() {
		out = append(out, ui.Option{Value: string(c), Text: f.T(c.English())})
	}
	return anyOption(f.T("Choose"), out)
}

func intentOptions(f ui.Frame) []ui.Option {
	var out []ui.Option
	for _, i := range sanction.Intents() {
		out = append(out, ui.Option{Value: string(i), Text: f.T(i.English())})
	}
	return out
}

func yesNo(f ui.Frame) []ui.Option {
	return []ui.Option{{Value: string(sanction.No), Text: f.T("No")}, {Value: string(sanction.Yes), Text: f.T("Yes")}}
}

func answerWord(f ui.Frame, a sanction.Answer) string {
	if a == sanction.Yes {
		return f.T("Yes")
	}
	return f.T("No")
}

// brokenRule is the policy and section that were broken.
func brokenRule(s sanction.Sanction) string {
	if s.Section != "" {
		return s.Policy + " " + s.Section
	}
	return s.Policy
}
