package ui

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"caseward/internal/actor"
)

// Lang is a language of the pages.
type Lang string

// The languages. English is the source; Spanish is complete, and a test says so.
const (
	English Lang = "en"
	Spanish Lang = "es"
)

// T returns source in lang, with args put in as by fmt.Sprintf. Source is the
// English text itself: it is what is shown where no translation is known.
// Arguments are never PHI that a log or a title could keep; they are names the
// page shows anyway.
func T(lang Lang, source string, args ...any) string {
	if lang == Spanish {
		if s, ok := spanish[source]; ok {
			source = s
		} else if s, ok := spanishRules()[source]; ok {
			source = s
		}
	}
	// What stands before a bar says which of two meanings a text has, as in
	// "task|Dropped".
	if context, text, ok := strings.Cut(source, "|"); ok && !strings.Contains(context, " ") {
		source = text
	}
	if len(args) == 0 {
		return source
	}
	return fmt.Sprintf(source, args...)
}

// Words says texts outside pages, as in a mail.
type Words struct{ Lang Lang }

// T is [T] in the language of the words.
func (w Words) T(source string, args ...any) string { return T(w.Lang, source, args...) }

// Day is [DayYear] in the language of the words.
func (w Words) Day(t time.Time) string { return DayYear(w.Lang, t) }

// N returns one where n is 1, and many otherwise, with n put in for its %d if it
// has one.
func N(lang Lang, n int, one, many string) string {
	if n == 1 {
		return T(lang, one)
	}
	if !strings.Contains(many, "%d") {
		return T(lang, many)
	}
	return T(lang, many, n)
}

var months = map[Lang][]string{
	English: {"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"},
	Spanish: {"enero", "febrero", "marzo", "abril", "mayo", "junio", "julio", "agosto", "septiembre", "octubre", "noviembre", "diciembre"},
}

var weekdays = map[Lang][]string{
	English: {"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday"},
	Spanish: {"domingo", "lunes", "martes", "miércoles", "jueves", "viernes", "sábado"},
}

func known(l Lang) Lang {
	if l == Spanish {
		return l
	}
	return English
}

// first returns the first n letters of a name, "miércoles" to "mié".
func first(s string, n int) string {
	r := []rune(s)
	return string(r[:min(n, len(r))])
}

// Day shows a day in short: "Nov 14" or "14 nov". Empty for the zero time.
func Day(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	m := first(months[known(lang)][t.Month()-1], 3)
	if lang == Spanish {
		return fmt.Sprintf("%d %s", t.Day(), m)
	}
	return fmt.Sprintf("%s %d", m, t.Day())
}

// DayYear shows a day with its year: "Nov 14, 2026" or "14 nov 2026".
func DayYear(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	if lang == Spanish {
		return fmt.Sprintf("%s %d", Day(lang, t), t.Year())
	}
	return fmt.Sprintf("%s, %d", Day(lang, t), t.Year())
}

// LongDay shows a day in full: "Friday, November 20" or "viernes, 20 de noviembre".
func LongDay(lang Lang, t time.Time) string {
	l := known(lang)
	w, m := weekdays[l][t.Weekday()], months[l][t.Month()-1]
	if l == Spanish {
		return fmt.Sprintf("%s, %d de %s", w, t.Day(), m)
	}
	return fmt.Sprintf("%s, %s %d", w, m, t.Day())
}

// Month shows a month: "November 2026" or "noviembre de 2026".
func Month(lang Lang, t time.Time) string {
	l := known(lang)
	if l == Spanish {
		return fmt.Sprintf("%s de %d", months[l][t.Month()-1], t.Year())
	}
	return fmt.Sprintf("%s %d", months[l][t.Month()-1], t.Year())
}

// Clock shows a time of day: "9:38 am" or "9:38 a. m.".
func Clock(lang Lang, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	half := [2]string{"am", "pm"}
	if lang == Spanish {
		half = [2]string{"a. m.", "p. m."}
	}
	return t.Format("3:04 ") + half[t.Hour()/12]
}

// At shows a moment: "Wed Nov 18, 2:40 pm", with the year where it is not
// that of now.
func At(lang Lang, now, t time.Time) string {
	if t.IsZero() {
		return ""
	}
	day := Day(lang, t)
	if t.Year() != now.Year() {
		day = DayYear(lang, t)
	}
	return first(weekdays[known(lang)][t.Weekday()], 3) + " " + day + ", " + Clock(lang, t)
}

// Days returns how many midnights lie between the day of from and that of to.
func Days(from, to time.Time) int {
	y, m, d := from.Date()
	a := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	y, m, d = to.Date()
	b := time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
	return int(b.Sub(a) / (24 * time.Hour))
}

// Ago says how long ago a day was: "today", "3 days ago", "4 weeks ago".
func Ago(lang Lang, now, t time.Time) string {
	switch n := Days(t, now); {
	case t.IsZero():
		return T(lang, "Never")
	case n <= 0:
		return T(lang, "Today")
	case n == 1:
		return T(lang, "Yesterday")
	case n < 14:
		return T(lang, "%d days ago", n)
	case n < 70:
		return T(lang, "%d weeks ago", n/7)
	case n < 730:
		return T(lang, "%d months ago", n/30)
	default:
		return T(lang, "%d years ago", n/365)
	}
}

// DueIn says how a due day stands to now, and its tone.
func DueIn(lang Lang, now, due time.Time) (string, Tone) {
	switch n := Days(now, due); {
	case n < 0:
		return N(lang, -n, "1 day overdue", "%d days overdue"), Danger
	case n == 0:
		return T(lang, "Due today"), Warning
	case n == 1:
		return T(lang, "Tomorrow"), Warning
	case n <= 7:
		return T(lang, "In %d days", n), Warning
	default:
		return T(lang, "In %d days", n), Plain
	}
}

// Count shows a number with the separators of the United States, which are the
// same in its Spanish.
func Count(_ Lang, n int64) string {
	s := strconv.FormatInt(n, 10)
	const sep = ","
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + sep + s[i:]
	}
	if neg {
		s = "-" + s
	}
	return s
}

// Minutes shows a length: "35 min".
func Minutes(lang Lang, n int) string { return T(lang, "%d min", n) }

var roleNames = map[actor.Role]string{
	actor.Intake: "Intake worker", actor.CaseManager: "Case manager", actor.Supervisor: "Supervisor",
	actor.ProgramManager: "Program manager", actor.PrivacyOfficer: "Privacy Officer", actor.SecurityOfficer: "Security Officer",
	actor.Administrator: "System administrator", actor.Auditor: "Auditor, read only", actor.Service: "Service",
}

// RoleName says a role in words.
func RoleName(lang Lang, r actor.Role) string {
	if s, ok := roleNames[r]; ok {
		return T(lang, s)
	}
	return string(r)
}

var purposeNames = map[actor.Purpose]string{
	actor.Treatment: "Treatment", actor.Payment: "Payment", actor.Operations: "Operations", actor.Individual: "At the client’s request",
	actor.Legal: "Required by law", actor.Oversight: "Audit and oversight", actor.Emergency: "Emergency", actor.Upkeep: "System upkeep",
}

// PurposeName says a purpose of use in words.
func PurposeName(lang Lang, p actor.Purpose) string {
	if s, ok := purposeNames[p]; ok {
		return T(lang, s)
	}
	return string(p)
}

var classNames = map[string]string{
	"identity": "Names and birth date", "contact": "Contact details", "demographics": "Demographics", "ssn": "Social Security number",
	"household": "Household", "flags": "Safety flags", "case": "Case and team", "note": "Contact notes",
	"psychotherapy": "Psychotherapy notes", "sud": "Substance use treatment (Part 2)", "sud_counselling": "SUD counseling notes",
	"clinical": "Clinical summary", "assessment": "Assessments", "plan": "Care plan", "document": "Documents",
	"financial": "Income and benefits", "legal": "Legal matters", "message": "Messages", "workforce": "Staff records",
	"program": "Compliance program",
}

// ClassName says a field class in words.
func ClassName(lang Lang, class string) string {
	if s, ok := classNames[class]; ok {
		return T(lang, s)
	}
	return class
}

// ClassNames says several field classes, with commas between.
func ClassNames(lang Lang, classes []string) string {
	names := make([]string, len(classes))
	for i, c := range classes {
		names[i] = ClassName(lang, c)
	}
	return strings.Join(names, ", ")
}

// SpecialClass reports whether a class is specially protected: 42 CFR Part 2
// and psychotherapy notes (45 CFR 164.508(a)(2)). Only these are violet.
func SpecialClass(class string) bool {
	return class == "psychotherapy" || class == "sud" || class == "sud_counselling"
}

var relationNames = map[string]string{
	"assigned": "assigned worker", "care_team": "on the care team", "covering": "covering", "supervises": "supervises the assigned worker",
	"manages": "manages the program", "break_glass": "emergency access", "formerly": "once supervised or managed it",
	"offered": "offered the case", "attends": "invited to a case conference",
}

// RelationName says a relation to the client in words.
func RelationName(lang Lang, relation string) string {
	if s, ok := relationNames[relation]; ok {
		return T(lang, s)
	}
	return relation
}

// Initials returns up to two initials of a person's name, letters after a
// comma ("LCSW") left out.
func Initials(name string) string {
	name, _, _ = strings.Cut(name, ",")
	words := strings.Fields(name)
	if len(words) == 0 {
		return "?"
	}
	out := first(words[0], 1)
	if len(words) > 1 {
		out += first(words[len(words)-1], 1)
	}
	return strings.ToUpper(out)
}

// Sentence joins a lead and a sentence: "Friday, November 20. Four are late."
func Sentence(lead, rest string) string {
	if lead != "" {
		lead = strings.ToUpper(first(lead, 1)) + lead[len(first(lead, 1)):]
	}
	if rest == "" {
		return lead
	}
	return lead + ". " + rest
}

// Weekday names the day of the week in short: "Fri" or "vie".
func Weekday(lang Lang, t time.Time) string { return first(weekdays[known(lang)][t.Weekday()], 3) }
