package work

import (
	"os"
	"strings"
	"testing"
)

// TestVersionsAreReadInOnePlace looks for a handler that reads the version of a
// form by itself: what it makes of one that is missing would be zero, and zero
// takes the newest.
func TestVersionsAreReadInOnePlace(t *testing.T) {
	files, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !strings.HasSuffix(f.Name(), ".go") || strings.HasSuffix(f.Name(), "_test.go") || f.Name() == "version.go" {
			continue
		}
		b, err := os.ReadFile(f.Name())
		if err != nil {
			t.Fatal(err)
		}
		for _, s := range []string{`"version"`, `parse(r.Value("version`, `"revision"`} {
			if strings.Contains(string(b), s) {
				t.Errorf("%s reads %s: ask versionOf, versionIn or revisionOf", f.Name(), s)
			}
		}
	}
	for said, want := range map[string]int64{"": unseen, "0": unseen, "-3": unseen, "x": unseen, "1.5": unseen, "99999999999999999999": unseen, "1": 1, "42": 42} {
		if got := versionIn(said); got != want {
			t.Errorf("%q: %d, want %d", said, got, want)
		}
	}
}
