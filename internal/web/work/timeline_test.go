package work

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/form"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
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

func TestTimelineItems(t *testing.T) {
	r := &site.Request{Lang: ui.English, Zone: time.UTC, Now: time.Date(2026, 11, 20, 15, 0, 0, 0, time.UTC)}
	start := r.Now.Add(-time.Hour)
	meeting := func(shown policy.ClassSet, a appointment.Appointment) (o appointment.Opened) {
		o.Shown, o.Value = shown, a
		return o
	}
	t.Run("an appointment stands when it was to be, with how it went and who cancelled", func(t *testing.T) {
		for _, lang := range []struct {
			lang        ui.Lang
			title, body string
		}{{ui.English, "At home", "Cancelled: The client\nThe boiler\nHer bus did not come"}, {ui.Spanish, "", "El boiler"}} {
			r := *r
			r.Lang = lang.lang
			items := appointmentItems(&r, []appointment.Opened{meeting(policy.Set(policy.Case, policy.Note), appointment.Appointment{
				Worker: "ann", With: "ben", Start: start, Minutes: 30, Type: appointment.Home, Status: appointment.Cancelled, CancelledBy: appointment.ByClient,
				Purpose: phi.NewText("The boiler"), Why: phi.NewText("Her bus did not come")})}, map[string]string{"ann": "Ann", "ben": "Ben"})
			if len(items) != 1 || !items[0].At.Equal(start) || items[0].Author != "Ann, Ben" || items[0].Minutes != 30 {
				t.Fatalf("%+v", items)
			}
			if body := ui.Show(items[0].Body); lang.title != "" && (ui.Show(items[0].Title) != lang.title || body != lang.body) {
				t.Errorf("%q %q", ui.Show(items[0].Title), body)
			} else if lang.title == "" && (strings.Contains(body, "Cancelled") || strings.Contains(body, "The client")) {
				t.Error(body)
			}
		}
	})
	t.Run("whoever sees only that somebody is busy is shown no appointment", func(t *testing.T) {
		if got := appointmentItems(r, []appointment.Opened{meeting(policy.Set(policy.Workforce), appointment.Appointment{Start: start})}, nil); len(got) != 0 {
			t.Errorf("%+v", got)
		}
	})
	t.Run("an assessment that was corrected says so, and one that is withheld is not there", func(t *testing.T) {
		var a, b, hidden assessment.Opened
		a.Value = assessment.Assessment{Instrument: "x", TakenOn: phi.NewDate(2026, 11, 1), Result: assessment.Result{Why: assessment.Missing}}
		b.Value, hidden.Value, hidden.Withheld = a.Value, a.Value, policy.Set(policy.Assessment)
		for i, o := range []*assessment.Opened{&a, &b, &hidden} {
			id, err := record.ParseID[assessment.Assessment](strings.Repeat("0", 25) + string(rune('1'+i)))
			if err != nil {
				t.Fatal(err)
			}
			o.ID = id
		}
		b.Value.Corrects = a.ID
		all := []assessment.Opened{a, b, hidden}
		items := assessmentItems(r, all, all, nil, nil)
		if len(items) != 2 {
			t.Fatal(len(items))
		}
		if s := ui.Show(items[0].Body); s != "Corrected since. Not scored" || !items[0].DayOnly {
			t.Error(s)
		}
		if s := ui.Show(items[1].Body); s != "Not scored" {
			t.Error(s)
		}
	})
	t.Run("which form was filled in is not shown to whoever may not see the case", func(t *testing.T) {
		var o form.OpenedFilled
		o.Value.Title = form.Words{En: "Court dates"}
		o.Shown = policy.Set(policy.Contact)
		if got := formItems(r, []form.OpenedFilled{o}, nil); len(got) != 0 {
			t.Error("it is")
		}
		if o.Shown |= policy.Set(policy.Case); len(formItems(r, []form.OpenedFilled{o}, nil)) != 1 {
			t.Error("it is not shown to whoever may")
		}
	})
}
