package appointment

import (
	"bytes"
	"strings"
	"time"
	"unicode/utf8"
)

// Busy is a time at which a worker is busy.
type Busy struct {
	UID                  string
	From, Until, Changed time.Time
}

// stamp is a moment as RFC 5545, 3.3.5 writes it in UTC.
const stamp = "20060102T150405Z"

// ICalendar writes busy times as RFC 5545 asks for. Times are in UTC, so that no
// zone has to be described. Every entry has the same title, and says neither with
// whom nor where nor why.
func ICalendar(title string, busy []Busy) []byte {
	var b bytes.Buffer
	line := func(name, value string) { fold(&b, name+":"+value) }
	line("BEGIN", "VCALENDAR")
	line("VERSION", "2.0")
	line("PRODID", "-//Caseward//Calendar//EN")
	line("CALSCALE", "GREGORIAN")
	line("METHOD", "PUBLISH")
	line("REFRESH-INTERVAL;VALUE=DURATION", "PT1H") // RFC 7986, 5.7
	for _, x := range busy {
		line("BEGIN", "VEVENT")
		line("UID", escaped(x.UID))
		line("DTSTAMP", x.Changed.UTC().Format(stamp))
		line("DTSTART", x.From.UTC().Format(stamp))
		line("DTEND", x.Until.UTC().Format(stamp))
		line("SUMMARY", escaped(title))
		line("CLASS", "PRIVATE")
		line("TRANSP", "OPAQUE")
		line("END", "VEVENT")
	}
	line("END", "VCALENDAR")
	return b.Bytes()
}

// escaped is a text as RFC 5545, 3.3.11 writes it. Control characters, which no
// text may have, are left out.
func escaped(s string) string {
	s = strings.NewReplacer(`\`, `\\`, ";", `\;`, ",", `\,`, "\r\n", `\n`, "\n", `\n`).Replace(s)
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f || r == utf8.RuneError {
			return -1
		}
		return r
	}, s)
}

// fold writes a line, broken after 75 octets and never inside a character (RFC
// 5545, 3.1).
func fold(b *bytes.Buffer, s string) {
	room := 75
	for len(s) > room {
		n := room
		for !utf8.RuneStart(s[n]) {
			n--
		}
		b.WriteString(s[:n])
		b.WriteString("\r\n ")
		s, room = s[n:], 74
	}
	b.WriteString(s)
	b.WriteString("\r\n")
}
