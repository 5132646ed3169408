package work

import (
	"fmt"
	"net/url"
	"testing"
	"time"

	"caseward/internal/web/pages"
)

func TestTimelinePages(t *testing.T) {
	start := time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC)
	item := func(key string, minutes int) pages.TimelineItem {
		return pages.TimelineItem{Key: key, At: start.Add(-time.Duration(minutes) * time.Minute)}
	}
	// Notes, of which a page holds ten at a time, and events, many at one moment.
	var notes, events []pages.TimelineItem
	for i := range 60 {
		notes = append(notes, item(fmt.Sprintf("n%02d", i), i*7))
	}
	for i := range 70 {
		events = append(events, item(fmt.Sprintf("e%02d", i), i/30*100))
	}
	read := func(m mark) *timeline {
		tl := &timeline{after: m}
		until := start.Add(time.Hour)
		if !m.at.IsZero() {
			until = m.at.Add(time.Microsecond)
		}
		tl.parts = []entries{
			func() ([]pages.TimelineItem, time.Time, error) {
				var out []pages.TimelineItem
				for _, x := range notes {
					if x.At.Before(until) {
						out = append(out, x)
					}
				}
				if len(out) > 10 {
					return out[:10], out[9].At, nil
				}
				return out, time.Time{}, nil
			},
			func() ([]pages.TimelineItem, time.Time, error) { return events, time.Time{}, nil },
		}
		return tl
	}
	seen := map[string]int{}
	var last pages.TimelineItem
	m := mark{}
	for n := 0; ; n++ {
		items, older, err := read(m).page("/notes")
		if err != nil || n > 40 {
			t.Fatal(n, err)
		}
		for _, x := range items {
			seen[x.Key]++
			if !last.At.IsZero() && x.At.After(last.At) {
				t.Errorf("%s stands after %s", x.Key, last.Key)
			}
			last = x
		}
		if older == "" {
			break
		}
		u, err := url.Parse(older)
		if err != nil {
			t.Fatal(err)
		}
		m = parseMark(u.Query().Get("after"))
	}
	t.Run("every entry stands once, newest first, whatever page it is on", func(t *testing.T) {
		if len(seen) != len(notes)+len(events) {
			t.Errorf("%d of %d entries", len(seen), len(notes)+len(events))
		}
		for k, n := range seen {
			if n != 1 {
				t.Errorf("%s stands %d times", k, n)
			}
		}
	})
	t.Run("a cursor that is none begins at the newest", func(t *testing.T) {
		if m := parseMark("%%%"); !m.at.IsZero() {
			t.Error(m.at)
		}
	})
}
