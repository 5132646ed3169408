package work

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// The words of 42 CFR 2.32(a)(1) are fixed by law: whoever changes them reads the
// law first.
func TestPart2Notice(t *testing.T) {
	sum := sha256.Sum256([]byte(part2Notice))
	if got := hex.EncodeToString(sum[:8]); got != "d82205a18044f9f4" {
		t.Errorf("the notice is not what the law says (%s)", got)
	}
}

func TestHoursAndMinutes(t *testing.T) {
	for in, want := range map[string]string{"09:30": "09:30", "09:30:00": "09:30", "": "", "9": "9"} {
		if got := hoursAndMinutes(in); got != want {
			t.Errorf("%q is %q", in, got)
		}
	}
}

func TestPrintedStatus(t *testing.T) {
	for _, x := range []struct {
		lang     ui.Lang
		in, want string
	}{{ui.English, "entered-in-error", "Entered in error"}, {ui.English, "active", "Active"}, {ui.English, "as the clinic wrote it", "as the clinic wrote it"}} {
		if got := pages.StatusName(x.lang, x.in); got != x.want {
			t.Errorf("%q is %q", x.in, got)
		}
	}
	if got := pages.StatusName(ui.Spanish, "active"); got == "active" || got == "Active" {
		t.Errorf("in Spanish it is %q", got)
	}
}
