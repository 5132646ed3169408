package person

import (
	"regexp"
	"strconv"
	"strings"
	"time"

	"caseward/internal/phi"
)

// The spellings of a date that a search box takes. Where two numbers could be
// the month, the first is: dates are read the American way.
var datePatterns = []struct {
	re    *regexp.Regexp
	order string // which group is year, month and day
}{
	{regexp.MustCompile(`(?:^|\s)(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})(?:$|[\s,;])`), "ymd"},
	{regexp.MustCompile(`(?:^|\s)(\d{1,2})[-/.](\d{1,2})[-/.](\d{4}|\d{2})(?:$|[\s,;])`), "mdy"},
	{regexp.MustCompile(`(?i)(?:^|\s)(\d{1,2})(?:st|nd|rd|th)?[\s-]+([a-z]{3,9})\.?,?[\s-]+(\d{4}|\d{2})(?:$|[\s,;])`), "dmy"},
	{regexp.MustCompile(`(?i)(?:^|\s)([a-z]{3,9})\.?[\s-]+(\d{1,2})(?:st|nd|rd|th)?,?[\s-]+(\d{4}|\d{2})(?:$|[\s,;])`), "mdy"},
	{regexp.MustCompile(`(?:^|\s)(\d{4})(\d{2})(\d{2})(?:$|[\s,;])`), "ymd"},
	{regexp.MustCompile(`(?:^|\s)(\d{2})(\d{2})(\d{4})(?:$|[\s,;])`), "mdy"},
}

var months = []string{"jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"}

// takeDate cuts a date that may be a birth date out of s.
func takeDate(s string, now time.Time) (rest string, d phi.Date) {
	for _, p := range datePatterns {
		at := p.re.FindStringSubmatchIndex(s)
		if at == nil {
			continue
		}
		var y, m, day int
		var ok = true
		for i, part := range p.order {
			word := s[at[2+2*i]:at[3+2*i]]
			n, err := strconv.Atoi(word)
			switch part {
			case 'y':
				y = n
				if len(word) == 2 {
					y += 1900
					if n <= now.Year()%100 {
						y += 100
					}
				}
			case 'm':
				m = n
				if err != nil {
					m = month(word)
				}
			case 'd':
				day = n
			}
		}
		if m > 12 && day <= 12 {
			m, day = day, m
		}
		t := time.Date(y, time.Month(m), day, 0, 0, 0, 0, time.UTC)
		ok = ok && t.Year() == y && int(t.Month()) == m && t.Day() == day && y > now.Year()-150 && !t.After(now)
		if !ok {
			continue
		}
		return s[:at[0]] + " " + s[at[1]:], phi.NewDate(y, m, day)
	}
	return s, phi.Date{}
}

// month reads the name of a month or its first three letters; 0 if it is none.
func month(word string) int {
	word = strings.ToLower(word)
	for i, m := range months {
		if strings.HasPrefix(word, m) && strings.HasPrefix(strings.ToLower(time.Month(i+1).String())+"t", word) || word == m {
			return i + 1
		}
	}
	if word == "sept" {
		return 9
	}
	return 0
}
