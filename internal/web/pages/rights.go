package pages

import (
	"strconv"
	"strings"

	"caseward/internal/actor"
	"caseward/internal/program/rights"
	"caseward/internal/web/ui"
)

// RightsPage is GET /rights: what each role may do, and what of it was used; with the form
// POST /rights/looked (finding), and for an administrator POST /rights/days (window).
type RightsPage struct {
	rights.Report
	Role  actor.Role        // shown alone; empty: all
	Names map[string]string // of people, by worker id
	Looks []rights.Looked   // newest first, in the reader's zone
	Notes bool              // the reader notes that the unused rights were looked through
	Sets  bool              // and sets how many days are looked back
	Form  ui.Form
}

// WorkerRightsPage is GET /staff/{id}/rights: the same of one person.
type WorkerRightsPage struct {
	rights.Report
	rights.Person
	Name string
}

// ApartPage is GET /rights/duties: which duties are kept apart.
type ApartPage struct {
	Rows []rights.Row
}

// windows are the times that may be looked back, as options of a form.
func windows(f ui.Frame, all []int) (out []ui.Option) {
	for _, n := range all {
		out = append(out, ui.Option{Value: strconv.Itoa(n), Text: f.T("%d days", n)})
	}
	return out
}

func rightsURL(days int, role actor.Role) string {
	s := "/rights?days=" + strconv.Itoa(days)
	if role != "" {
		s += "&role=" + string(role)
	}
	return s
}

func workerRightsURL(worker string, days int) string {
	return "/staff/" + worker + "/rights?days=" + strconv.Itoa(days)
}

// Suggestion is what follows from how somebody used their rights, and how it is shown;
// nothing where nothing does.
func Suggestion(lang ui.Lang, p rights.Person, days int) (says, icon string, tone ui.Tone) {
	switch {
	case p.New:
		return ui.T(lang, "Here, or in this role, for less than %d days: too early to say.", days), "hourglass", ui.Plain
	case !p.Used():
		return ui.T(lang, "Used none of them: ask whether this account is needed."), "triangle-alert", ui.Warning
	case p.Narrower != "":
		return ui.T(lang, "Consider a narrower role: %s has all that was used.", ui.RoleName(lang, p.Narrower)), "arrow-right", ui.Note
	}
	return "", "", ui.Plain
}

// Left says how much was not used: "12 of 40".
func Left(lang ui.Lang, all []rights.Used) string {
	no, _ := rights.Parted(all)
	return ui.T(lang, "%d of %d", len(no), len(all))
}

// UseText says whether a right is used, and how that is shown.
func UseText(lang ui.Lang, u rights.Used) (says, icon string, tone ui.Tone) {
	switch {
	case u.Times > 0:
		return ui.T(lang, "Used"), "check", ui.Good
	case u.Rare:
		return ui.T(lang, "Rare by nature"), "clock", ui.Plain
	}
	return ui.T(lang, "rights|Not used"), "minus", ui.Warning
}

// undone are the actions of a right that one person did not do.
func undone(u rights.Used) string {
	var out []string
	for _, d := range u.Did {
		if d.Times == 0 {
			out = append(out, d.Action)
		}
	}
	return strings.Join(out, ", ")
}

// HoldsText says which of two duties a role has.
func HoldsText(lang ui.Lang, h rights.Holds) string {
	switch {
	case h.First && h.Second:
		return ui.T(lang, "duty|Both")
	case h.First:
		return ui.T(lang, "The first")
	case h.Second:
		return ui.T(lang, "The second")
	}
	return ui.T(lang, "duty|Neither")
}
