package ui

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// A part that is inlined is copied whole into every page that has it: its body is
// a closure. One call is nothing beside what it writes.
func TestPartsAreNotCopiedIntoPages(t *testing.T) {
	files, err := filepath.Glob("*.templ")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		before := ""
		for line := range strings.Lines(string(b)) {
			if strings.HasPrefix(line, "templ ") && before != "//go:noinline\n" {
				t.Errorf("%s: put //go:noinline above %s", name, strings.TrimSpace(line))
			}
			before = line
		}
	}
}
