package supervision

import (
	"strconv"
	"strings"

	"caseward/internal/casefile"
	"caseward/internal/fault"
)

// Settings are the settings of the agency that a measure is read from, with what
// stands there as text: the names of [SettingWeight], [SettingHours] and
// [SettingCapacity]. An empty text leaves the usual number, and of a worker the
// agency's. bad names what is no number that can be used.
func Settings(values map[string]string) (kept map[string]string, bad []fault.Field) {
	kept = map[string]string{}
	for name, s := range values {
		if s = strings.TrimSpace(s); s == "" || !Setting(name) {
			continue
		}
		n, err := strconv.ParseFloat(strings.ReplaceAll(s, ",", "."), 64)
		if err != nil || !(n >= 0 && n < 1000) { // not a number is neither
			bad = append(bad, fault.Field{Name: name, Message: "Enter a number from 0 to 999."})
			continue
		}
		kept[name] = strconv.FormatFloat(n, 'f', -1, 64)
	}
	return kept, bad
}

// Setting reports whether a setting of the agency is one that a measure is read
// from.
func Setting(name string) bool {
	for _, l := range casefile.Levels() {
		if name == SettingWeight+string(l) || name == SettingHours+string(l) {
			return true
		}
	}
	return name == SettingCapacity || strings.HasPrefix(name, SettingCapacity+".")
}
