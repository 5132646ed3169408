package doctor

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestServed(t *testing.T) {
	for _, c := range []struct {
		name  string
		r     Requests
		state State
		says  string
	}{
		{"nobody is good", Requests{Over: 15 * time.Minute}, Good, "nobody asked for a page in the last 15 minutes"},
		{"none failed is good", Requests{15 * time.Minute, 100, 0, time.Second}, Good, "none of 100"},
		{"one that failed is warned about", Requests{15 * time.Minute, 100, 1, 0}, Warning, "1 of 100"},
		{"one of twenty is warned about", Requests{15 * time.Minute, 100, 5, 0}, Warning, "5 of 100"},
		{"more than one of twenty is wrong", Requests{15 * time.Minute, 100, 6, 0}, Wrong, "6 of 100"},
		{"one of few is no disaster", Requests{15 * time.Minute, 3, 2, 0}, Warning, "2 of 3"},
		{"slow ones are warned about", Requests{15 * time.Minute, 20, 0, 1100 * time.Millisecond}, Warning, "longer than a second"},
		{"a slow one among few says nothing", Requests{15 * time.Minute, 19, 0, time.Minute}, Good, "none of 19"},
	} {
		t.Run(c.name, func(t *testing.T) { is(t, Served(c.r), c.state, c.says) })
	}
}

func TestKeys(t *testing.T) {
	const all = "every data key is under the current key"
	is(t, Keys("b", map[string]int64{"b": 3}), Good, all)
	is(t, Keys("b", map[string]int64{"a": 0, "b": 3}), Good, all)
	is(t, Keys("b", nil), Good, all)
	is(t, Keys("b", map[string]int64{"a": 2, "b": 3, "c": 4}), Good, "67% of the data keys are under older keys (2)")
	is(t, Keys("b", map[string]int64{"a": 1, "b": 1e6}), Good, "1% of")
	is(t, Keys("b", map[string]int64{"a": 5}), Good, "100% of")
}

// TestWordsInAnotherLanguage has every part of a finding said by whoever is asked.
func TestWordsInAnotherLanguage(t *testing.T) {
	f := Outside(now, []Sent{{Name: "directory 1", Owed: true}, {Name: "mail 2", Owed: true, Last: now.Add(-3 * time.Hour)}})
	if f.Says != "the log has grown since, and directory 1 never took one, mail 2 took the last one 3 hours ago" {
		t.Errorf("%q", f.Says)
	}
	got := f.Words.Say(func(text string, args ...any) string {
		return "<" + fmt.Sprintf(strings.ToUpper(strings.ReplaceAll(text, "%", "%%")), args...) + ">"
	})
	if strings.Contains(got, "grown") || strings.Count(got, "<") != 4 {
		t.Errorf("a part was not said anew: %q", got)
	}
}
