package pages

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/web/ui"
)

// lower makes the first letter small, to put a label into a sentence; a title of
// several capitals, "Privacy Officer", stays one.
func lower(s string) string {
	if _, rest, ok := strings.Cut(s, " "); ok {
		if r, _ := utf8.DecodeRuneInString(rest); unicode.IsUpper(r) {
			return s
		}
	}
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToLower(r)) + s[n:]
}

func relations(lang ui.Lang, rs []string) string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = ui.RelationName(lang, r)
	}
	return strings.Join(out, ", ")
}

func youOr(f ui.Frame, s SeenBy) string {
	if s.You {
		return f.T("You")
	}
	return s.Name
}

func anyOption(text string, rest []ui.Option) []ui.Option {
	return append([]ui.Option{{Text: text}}, rest...)
}

func outcomes(f ui.Frame) []ui.Option {
	return []ui.Option{{Text: f.T("Any")}, {Value: "allowed", Text: f.T("Allowed")}, {Value: "refused", Text: f.T("Refused")}, {Value: "failed", Text: f.T("Failed")}}
}

func purposes(f ui.Frame) []ui.Option {
	out := []ui.Option{{Text: f.T("Any")}}
	for _, p := range append(actor.Purposes(), actor.Emergency, actor.Upkeep) {
		out = append(out, ui.Option{Value: string(p), Text: ui.PurposeName(f.Lang, p)})
	}
	return out
}

// roles are the roles a person can be given.
func roles(f ui.Frame) []ui.Option {
	out := []ui.Option{}
	for _, r := range actor.Roles() {
		out = append(out, ui.Option{Value: string(r), Text: ui.RoleName(f.Lang, r)})
	}
	return out
}

func verifyTone(v VerifyPanel) string {
	if v.Good {
		return "t-ok"
	}
	return "t-danger"
}

func joined(s []string) string { return strings.Join(s, ", ") }

// statusNames are what imported plans and clinical facts say of themselves, as
// FHIR R4 spells it.
var statusNames = map[string]string{
	"active": "Active", "inactive": "Inactive", "completed": "Completed", "cancelled": "Cancelled", "on hold": "On hold", "on-hold": "On hold",
	"in progress": "In progress", "in-progress": "In progress", "not started": "Not started", "not-started": "Not started", "scheduled": "Scheduled",
	"stopped": "Stopped", "draft": "Draft", "unknown": "Not known", "resolved": "Resolved", "remission": "In remission", "recurrence": "Recurred", "relapse": "Relapsed",
	"proposed": "Proposed", "planned": "Planned", "accepted": "Accepted", "rejected": "Rejected", "revoked": "Revoked", "entered-in-error": "Entered in error",
}

// Status says what an imported plan or clinical fact says of itself in words, for
// what is printed.
func Status(lang ui.Lang, s string) string { return status(ui.Frame{Lang: lang}, s) }

// status says a status in words; one that is not known stays as it was written.
func status(f ui.Frame, s string) string {
	if n, ok := statusNames[s]; ok {
		return f.T(n)
	}
	return f.T(s)
}
