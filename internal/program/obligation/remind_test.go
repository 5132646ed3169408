package obligation

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
)

func on(t *testing.T, s string) time.Time {
	t.Helper()
	d, err := time.Parse(time.DateOnly, s)
	if err != nil {
		t.Fatal(err)
	}
	return d.Add(12 * time.Hour)
}

func TestDaysOfReminders(t *testing.T) {
	for _, x := range []struct {
		name, due string
		days      int
		want      string
	}{
		{"a working day stays", "2026-12-18", 7, "2026-12-11"},
		{"a Saturday becomes the Friday before", "2026-12-19", 7, "2026-12-11"},
		{"a Sunday too", "2026-12-20", 7, "2026-12-11"},
		{"one day before a Monday is the Friday", "2026-12-14", 1, "2026-12-11"},
		{"thirty days over the end of a year", "2027-01-14", 30, "2026-12-15"},
		{"over leap day", "2028-03-01", 1, "2028-02-29"},
		{"and over the end of February elsewhen", "2027-03-02", 1, "2027-03-01"},
		{"thirty days with leap day among them", "2028-03-15", 30, "2028-02-14"},
		{"over the day the clocks go forward", "2026-03-12", 7, "2026-03-05"},
		{"over the day they go back", "2026-11-05", 7, "2026-10-29"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := remindOn(on(t, x.due), x.days); !got.Equal(on(t, x.want)) {
				t.Errorf("got %s, want %s", got.Format(time.DateOnly), x.want)
			}
		})
	}
	for due, want := range map[string]string{"2026-12-11": "2026-12-18", "2026-12-12": "2026-12-21", "2026-12-13": "2026-12-21", "2028-02-22": "2028-02-29"} {
		if got := tellOn(on(t, due)); !got.Equal(on(t, want)) {
			t.Errorf("overdue since %s is told on %s, want %s", due, got.Format(time.DateOnly), want)
		}
	}
}

func TestLetters(t *testing.T) {
	ny, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	people := []Worker{
		{ID: "w1", Held: actor.Held{Role: actor.CaseManager}, Supervisor: "s1"},
		{ID: "w2", Held: actor.Held{Role: actor.CaseManager}, Supervisor: "gone", Programs: []string{"housing"}},
		{ID: "w3", Held: actor.Held{Role: actor.Intake}},
		{ID: "s1", Held: actor.Held{Role: actor.Supervisor}},
		{ID: "m1", Held: actor.Held{Role: actor.ProgramManager}, Programs: []string{"housing"}},
		{ID: "p1", Held: actor.Held{Role: actor.PrivacyOfficer}},
	}
	// Late in the evening where the agency is, and the next day in UTC.
	due := func(s string) time.Time { return on(t, s).Add(16 * time.Hour) }
	own := func(worker, day string) Obligation { return Obligation{Worker: worker, Due: due(day)} }
	for _, x := range []struct {
		name, today string
		all         []Obligation
		last        map[string]time.Time
		want        []Letter
	}{
		{name: "on the day, and by the agency's day", today: "2026-12-11", all: []Obligation{own("w1", "2026-12-18")}, want: []Letter{{Worker: "w1", Due: 1, First: on(t, "2026-12-18")}}},
		{name: "the day before it there is none", today: "2026-12-10", all: []Obligation{own("w1", "2026-12-18")}},
		{name: "all of a day is one letter", today: "2026-12-11", all: []Obligation{own("w1", "2026-12-18"), own("w1", "2026-12-14"), own("w1", "2027-01-10"), own("w1", "2026-12-17")}, last: map[string]time.Time{"w1": on(t, "2026-12-10")},
			want: []Letter{{Worker: "w1", Due: 3, First: on(t, "2026-12-14")}}},
		{name: "who was told today is told nothing more", today: "2026-12-11", all: []Obligation{own("w1", "2026-12-18")}, last: map[string]time.Time{"w1": on(t, "2026-12-11")}},
		{name: "what no server told on Friday is told on Monday", today: "2026-12-14", all: []Obligation{own("w1", "2026-12-19")}, want: []Letter{{Worker: "w1", Due: 1, First: on(t, "2026-12-19")}}},
		{name: "and on no later day", today: "2026-12-15", all: []Obligation{own("w1", "2026-12-19")}},
		{name: "a day later, say", today: "2026-12-10", all: []Obligation{own("w1", "2026-12-16")}, want: []Letter{{Worker: "w1", Due: 1, First: on(t, "2026-12-16")}}},
		{name: "and not if it was told", today: "2026-12-10", all: []Obligation{own("w1", "2026-12-16")}, last: map[string]time.Time{"w1": on(t, "2026-12-09")}},
		{name: "no reminder of what is overdue", today: "2026-12-16", all: []Obligation{own("w1", "2026-12-15")}},
		{name: "a week overdue is the supervisor's to know", today: "2026-12-18", all: []Obligation{own("w1", "2026-12-11")}, want: []Letter{{Worker: "s1", Others: 1}}},
		{name: "and six days are not", today: "2026-12-17", all: []Obligation{own("w1", "2026-12-11")}},
		{name: "once", today: "2026-12-21", all: []Obligation{own("w1", "2026-12-11")}, last: map[string]time.Time{"s1": on(t, "2026-12-18")}},
		{name: "where the supervisor left, whoever manages the program", today: "2026-12-18", all: []Obligation{own("w2", "2026-12-11")}, want: []Letter{{Worker: "m1", Others: 1}}},
		{name: "and where nobody does, the privacy officer", today: "2026-12-18", all: []Obligation{own("w3", "2026-12-11")}, want: []Letter{{Worker: "p1", Others: 1}}},
		{name: "what is asked of a role is asked of each in it but whom it is about", today: "2026-12-11", all: []Obligation{{Roles: []actor.Role{actor.CaseManager}, About: "w2", Due: due("2026-12-18")}},
			want: []Letter{{Worker: "w1", Due: 1, First: on(t, "2026-12-18")}}},
		{name: "and nobody is told of it when it is late", today: "2026-12-18", all: []Obligation{{Roles: []actor.Role{actor.CaseManager}, Due: due("2026-12-11")}}},
		{name: "what has no day has no reminder", today: "2026-12-11", all: []Obligation{{Worker: "w1"}}},
	} {
		t.Run(x.name, func(t *testing.T) {
			for i := range x.want {
				x.want[i].Day = on(t, x.today)
			}
			got := letters(on(t, x.today), ny, x.all, people, x.last)
			if d := cmp.Diff(x.want, got); d != "" {
				t.Error(d)
			}
		})
	}
}
