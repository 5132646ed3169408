package person

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caseward/internal/fault"
	"caseward/internal/phi"
)

// Limits of what is kept, in characters and in items.
const (
	maxLine  = 200
	maxText  = 2000
	maxItems = 50
)

// Validate tells everything that is wrong with c, each as a whole sentence for
// the person who typed it; nothing typed is repeated. today is the date the
// agency has.
func Validate(c Client, today time.Time) []fault.Field {
	v := validation{today: today}
	if c.Name.Given.Empty() && c.Name.Family.Empty() && c.Name.Text.Empty() {
		v.add("name", "Enter at least one name.")
	}
	v.name("", c.Name)
	for i, n := range c.OtherNames {
		v.name(fmt.Sprintf("other_names.%d.", i), n)
		if n.Empty() {
			v.add(fmt.Sprintf("other_names.%d", i), "Enter the name or remove the line.")
		}
	}
	v.line("preferred", c.Preferred)
	v.line("pronouns", c.Pronouns)
	v.date("birth_date", c.BirthDate, "date of birth")
	v.date("deceased_on", c.DeceasedOn, "date of death")
	if before(c.DeceasedOn, c.BirthDate) {
		v.add("deceased_on", "The date of death is before the date of birth.")
	}
	if d := digits(c.SSN.Disclose()); !c.SSN.Empty() && (len(d) != 9 || d == "000000000") {
		v.add("ssn", "Enter the social security number with nine digits.")
	}
	for i, p := range c.Phones {
		if n := len(digits(p.Number.Disclose())); n < 7 || n > 20 {
			v.add(fmt.Sprintf("phones.%d.number", i), "Enter the phone number with its area code.")
		}
		if p.TextOnly && p.MayLeave {
			v.add(fmt.Sprintf("phones.%d.may_leave", i), "Choose either text only or that a message may be left.")
		}
		if p.NoVoicemail && p.MayLeave {
			v.add(fmt.Sprintf("phones.%d.may_leave", i), "Choose either no voicemail or that a message may be left.")
		}
		v.line(fmt.Sprintf("phones.%d.note", i), p.Note)
	}
	for i, e := range c.Emails {
		if !mailLike(e.Address.Disclose()) {
			v.add(fmt.Sprintf("emails.%d.address", i), "Enter the mail address with an @ and the part after it.")
		}
	}
	for i, a := range c.Addresses {
		if len(a.Lines) == 0 && a.City.Empty() && a.PostalCode.Empty() && a.State.Empty() {
			v.add(fmt.Sprintf("addresses.%d", i), "Enter the address or remove it.")
		}
		for _, l := range a.Lines {
			v.line(fmt.Sprintf("addresses.%d.lines", i), l)
		}
		v.line(fmt.Sprintf("addresses.%d.city", i), a.City)
	}
	for i, e := range c.Emergency {
		if e.Name.Empty() {
			v.add(fmt.Sprintf("emergency.%d.name", i), "Enter the name of the emergency contact.")
		}
		v.line(fmt.Sprintf("emergency.%d.name", i), e.Name)
	}
	for i, r := range c.Household {
		v.fields = append(v.fields, validateRelated(fmt.Sprintf("household.%d.", i), r, today)...)
	}
	for i, x := range c.Identifiers {
		v.line(fmt.Sprintf("identifiers.%d.value", i), x.Value)
	}
	for i, f := range c.Flags {
		if !known(f.Kind) {
			v.add(fmt.Sprintf("flags.%d.kind", i), "Choose the kind of alert.")
		}
		if f.Kind == CustomFlag && f.Text.Empty() {
			v.add(fmt.Sprintf("flags.%d.text", i), "Write what the alert says.")
		}
		if utf8.RuneCountInString(f.Text.Disclose()) > maxText {
			v.add(fmt.Sprintf("flags.%d.text", i), "Shorten the alert.")
		}
	}
	for i, f := range c.Flags {
		v.flagDates(i, f)
	}
	for name, n := range map[string]int{
		"other_names": len(c.OtherNames), "phones": len(c.Phones), "emails": len(c.Emails), "addresses": len(c.Addresses),
		"emergency": len(c.Emergency), "household": len(c.Household), "flags": len(c.Flags), "identifiers": len(c.Identifiers),
	} {
		if n > maxItems {
			v.add(name, fmt.Sprintf("Keep at most %d of these.", maxItems))
		}
	}
	return v.fields
}

// validateRelated tells what is wrong with one person close to a client.
func validateRelated(prefix string, r Related, today time.Time) []fault.Field {
	v := validation{today: today}
	if r.Name.Empty() && r.Client.IsZero() {
		v.add(prefix+"name", "Enter the name of this person.")
	}
	v.line(prefix+"name", r.Name)
	v.line(prefix+"relation", r.Relation)
	v.date(prefix+"birth_date", r.BirthDate, "date of birth")
	for _, x := range r.Roles {
		v.line(prefix+"document", x.Document)
		if x.Document.Empty() {
			v.add(prefix+"document", "Say which document gives this right, and where it is kept.")
		}
		if before(x.Until, x.From) {
			v.add(prefix+"role_until", "The right ends before it begins.")
		}
	}
	return v.fields
}

// flagDates checks when a flag begins, is looked at again and ends.
func (v *validation) flagDates(i int, f Flag) {
	if before(f.Until, f.Since) {
		v.add(fmt.Sprintf("flags.%d.until", i), "The flag ends before it begins.")
	}
	if before(f.Review, f.Since) {
		v.add(fmt.Sprintf("flags.%d.review", i), "The review of the flag is before it begins.")
	}
}

type validation struct {
	fields []fault.Field
	today  time.Time
}

func (v *validation) add(name, message string) {
	v.fields = append(v.fields, fault.Field{Name: name, Message: message})
}

func (v *validation) name(prefix string, n Name) {
	for _, p := range []struct {
		name string
		t    phi.Text
	}{{"given", n.Given}, {"middle", n.Middle}, {"family", n.Family}, {"suffix", n.Suffix}, {"text", n.Text}} {
		v.line(prefix+p.name, p.t)
	}
}

func (v *validation) line(name string, t phi.Text) {
	s := t.Disclose()
	if utf8.RuneCountInString(s) > maxLine {
		v.add(name, fmt.Sprintf("Keep this to %d characters.", maxLine))
	}
	if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
		v.add(name, "Remove the characters that cannot be shown.")
	}
}

// date refuses a date that is not in the calendar, in the future, or too long
// ago to be meant.
func (v *validation) date(name string, d phi.Date, what string) {
	if d.Empty() {
		return
	}
	y, m, day := d.Disclose()
	if t := time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC); t.Year() != y || int(t.Month()) != max(m, 1) || t.Day() != max(day, 1) {
		v.add(name, "Enter the "+what+" as a day that exists.")
		return
	}
	if y < v.today.Year()-150 {
		v.add(name, "Check the year of the "+what+".")
	}
	// A day ahead is let pass: midnight comes earlier elsewhere.
	if after(d, v.today.AddDate(0, 0, 1)) {
		v.add(name, "The "+what+" is in the future.")
	}
}

func after(d phi.Date, t time.Time) bool {
	y, m, day := d.Disclose()
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC).After(t)
}

// before reports whether a is certainly before b, as far as both are known.
func before(a, b phi.Date) bool {
	ay, am, ad := a.Disclose()
	by, bm, bd := b.Disclose()
	switch {
	case ay == 0 || by == 0:
		return false
	case ay != by:
		return ay < by
	case am == 0 || bm == 0 || am != bm:
		return am != 0 && bm != 0 && am < bm
	}
	return ad != 0 && bd != 0 && ad < bd
}

func known(k FlagKind) bool {
	for _, f := range FlagKinds() {
		if f == k {
			return true
		}
	}
	return false
}

func digits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

func mailLike(s string) bool {
	at := strings.IndexByte(s, '@')
	return at > 0 && at == strings.LastIndexByte(s, '@') && at < len(s)-1 && len(s) <= maxLine && !strings.ContainsFunc(s, unicode.IsSpace)
}
