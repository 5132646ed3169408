package doctor

import (
	"testing"
	"time"
)

func TestOfficers(t *testing.T) {
	now := time.Date(2026, time.November, 20, 15, 0, 0, 0, time.UTC)
	held := Office{Name: "privacy_officer", Ever: true}
	for name, tc := range map[string]struct {
		all   []Office
		state State
		says  string
	}{
		"both are held": {[]Office{held, {Name: "security_officer", Ever: true}}, Good, "a privacy officer and a security officer are designated"},
		"one was never held": {[]Office{held, {Name: "security_officer", Vacant: now.AddDate(0, 0, -9)}}, Warning,
			"nobody was ever designated as the security officer"},
		"one is held no longer, which is worse": {[]Office{{Name: "privacy_officer", Ever: true, Vacant: now.AddDate(0, 0, -3)}, {Name: "security_officer", Vacant: now}}, Wrong,
			"nobody is designated as the privacy officer, for 3 days"},
		"the first end to come is said": {[]Office{{Name: "privacy_officer", Ever: true, Ends: now.AddDate(0, 0, 9)}, {Name: "security_officer", Ever: true, Ends: now.AddDate(0, 0, 5)}}, Warning,
			"the designation as the privacy officer, the security officer ends in 5 days, and nobody follows"},
	} {
		t.Run(name, func(t *testing.T) {
			got := Officers(now, tc.all)
			if got.State != tc.state || got.Says != tc.says {
				t.Errorf("%s: %s", got.State, got.Says)
			}
			if got.Faulty() != (got.Do != "") {
				t.Errorf("what to do is %q", got.Do)
			}
		})
	}
}
