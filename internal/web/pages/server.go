package pages

import (
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"caseward/internal/upkeep"
	"caseward/internal/web/ui"
)

// checkNames is what each check looks at.
var checkNames = map[string]string{
	"permissions": "Files that are private", "disk": "Disk", "clock": "Clock", "certificate": "Certificate", "key copy": "Copy of the key file",
	"recovery": "Recovery of the keys", "keys": "Keys", "key service": "Key-management service", "settings": "Secrets in the settings",
	"database": "Database", "backup": "Backup", "log": "The log", "segments": "Closed segments of the log", "checkpoints": "Checkpoints outside",
	"forwarding": "Forwarding", "documents": "Documents", "scanner": "Virus scanner", "mail": "Mail", "requests": "Requests", "officers": "Officers", "provider": "Identity provider",
}

func checkName(f ui.Frame, check string) string {
	if s, ok := checkNames[check]; ok {
		return f.T(s)
	}
	return check
}

// whole makes a sentence of what a check says.
func whole(s string) string {
	r, n := utf8.DecodeRuneInString(s)
	return string(unicode.ToUpper(r)) + s[n:] + "."
}

func foundSays(f ui.Frame, x upkeep.Finding) string { return whole(x.Words.Say(f.T)) }

// urgent says how many findings must be mended, and how urgent the worst is.
func urgent(s upkeep.Status) (wrong, warned int) {
	for _, x := range s.Findings {
		switch x.State {
		case upkeep.Wrong:
			wrong++
		case upkeep.Warning:
			warned++
		}
	}
	return wrong, warned
}

// bytes shows a size in the unit that fits it.
func bytes(n int64) string {
	const kib = 1 << 10
	units := []string{"KiB", "MiB", "GiB", "TiB"}
	v, u := float64(n)/kib, 0
	for v >= kib && u < len(units)-1 {
		v, u = v/kib, u+1
	}
	return strconv.FormatFloat(v, 'f', 1, 64) + " " + units[u]
}

// took shows how long a request took at most: it is the edge of a bucket.
func took(f ui.Frame, d time.Duration) string {
	switch {
	case d == 0:
		return "–"
	case d >= time.Minute:
		return f.T("longer than %s s", "10")
	case d < time.Second:
		return f.T("at most %s ms", strconv.FormatInt(d.Milliseconds(), 10))
	}
	return f.T("at most %s s", strconv.FormatFloat(d.Seconds(), 'f', -1, 64))
}

// lasted shows how long something has been, in the largest unit that is not 0 or 1.
func lasted(f ui.Frame, d time.Duration) string {
	switch {
	case d < 2*time.Minute:
		return f.T("%d seconds", int(d.Seconds()))
	case d < 2*time.Hour:
		return f.T("%d minutes", int(d.Minutes()))
	case d < 48*time.Hour:
		return f.T("%d hours", int(d.Hours()))
	}
	return f.T("%d days", int(d.Hours()/24))
}

// perMinute shows a rate.
func perMinute(n int64, over time.Duration) string {
	return strconv.FormatFloat(float64(n)/max(over.Minutes(), 1), 'f', 1, 64)
}

var placeNames = map[string]string{"directory": "Directory", "bucket": "Bucket", "mailbox": "Mailbox", "witness": "Witness", "syslog": "Syslog", "otlp": "OpenTelemetry"}

func placeName(f ui.Frame, p upkeep.Place) string {
	name := p.Kind
	if s, ok := placeNames[p.Kind]; ok {
		name = f.T(s)
	}
	return name + " " + strconv.Itoa(p.Number)
}

var databaseNames = map[string]string{"sqlite": "SQLite", "postgres": "PostgreSQL"}

func databaseName(kind string) string {
	if s, ok := databaseNames[kind]; ok {
		return s
	}
	return strings.ToUpper(kind)
}
