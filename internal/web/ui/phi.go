package ui

import (
	"fmt"
	"strconv"
	"time"

	"caseward/internal/phi"
)

// Show returns the words of t for the page that was allowed to show them.
func Show(t phi.Text) string { return t.Disclose() }

// ShowDate shows a date as a form writes it: "03/11/1987", "03/1987" and "1987"
// where less is known, "" for none. In Spanish the month is a word, "11 mar 1987":
// who reads Spanish in the United States reads 03/04 either way.
func ShowDate(d phi.Date, lang Lang) string {
	y, m, day := d.Disclose()
	switch {
	case d.Empty():
		return ""
	case m == 0:
		return strconv.Itoa(y)
	case day == 0 && lang == Spanish:
		return fmt.Sprintf("%s %04d", first(months[lang][m-1], 3), y)
	case day == 0:
		return fmt.Sprintf("%02d/%04d", m, y)
	case lang == Spanish:
		return fmt.Sprintf("%d %s %04d", day, first(months[lang][m-1], 3), y)
	}
	return fmt.Sprintf("%02d/%02d/%04d", m, day, y)
}

// ShowNumber shows a number, "" for an unknown one.
func ShowNumber(n phi.Number) string {
	v, ok := n.Disclose()
	if !ok {
		return ""
	}
	return strconv.FormatInt(v, 10)
}

// Age returns the full years from birth to now; ok is false where the year of
// birth is unknown. A missing month or day counts as the first.
func Age(birth phi.Date, now time.Time) (years int, ok bool) {
	y, m, d := birth.Disclose()
	if y == 0 {
		return 0, false
	}
	years = now.Year() - y
	if now.Month() < time.Month(max(m, 1)) || (now.Month() == time.Month(max(m, 1)) && now.Day() < max(d, 1)) {
		years--
	}
	return years, true
}

// Years says an age: "39 yrs". Empty where it is unknown.
func Years(lang Lang, birth phi.Date, now time.Time) string {
	n, ok := Age(birth, now)
	if !ok {
		return ""
	}
	return N(lang, n, "1 yr", "%d yrs")
}

// Hidden says that a field class is not shown, and why. The zero Hidden means
// shown.
type Hidden struct {
	Class string // the field class; empty: nothing is hidden
	// Held is true where the role could see the class if something else held: a
	// consent, a relationship, a purpose. The page then offers the reason.
	Held bool
	Why  string // path that explains, such as "/why?class=note"; may be empty
}

// Yes reports whether something is hidden.
func (h Hidden) Yes() bool { return h.Class != "" }

func (h Hidden) tone() Tone {
	if SpecialClass(h.Class) {
		return Special
	}
	return Plain
}

// HiddenSet is what may not be shown on a page, by field class.
type HiddenSet []Hidden

// Of returns how a class is hidden; the zero Hidden if it is shown.
func (s HiddenSet) Of(class string) Hidden {
	for _, h := range s {
		if h.Class == class {
			return h
		}
	}
	return Hidden{}
}
