package task

import (
	"testing"
	"time"

	"caseward/internal/phi"
)

func day(t *testing.T, s string) phi.Date {
	t.Helper()
	d, err := phi.ParseDate(s)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

func zone(t *testing.T, name string) *time.Location {
	t.Helper()
	z, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func TestMoment(t *testing.T) {
	la := zone(t, "America/Los_Angeles")
	for _, x := range []struct{ name, zone, on, at, want string }{
		{"an ordinary morning", "America/Los_Angeles", "2026-11-20", "09:00", "2026-11-20T17:00:00Z"},
		{"midnight of the day the clocks go forward", "America/Los_Angeles", "2026-03-08", "", "2026-03-08T08:00:00Z"},
		{"an hour the clocks skip is as long after midnight", "America/Los_Angeles", "2026-03-08", "02:30", "2026-03-08T10:30:00Z"},
		{"the morning after the clocks went forward", "America/Los_Angeles", "2026-03-08", "09:00", "2026-03-08T16:00:00Z"},
		{"an hour that is told twice is the first", "America/Los_Angeles", "2026-11-01", "01:30", "2026-11-01T08:30:00Z"},
		{"the morning after the clocks went back", "America/Los_Angeles", "2026-11-01", "09:00", "2026-11-01T17:00:00Z"},
		{"leap day", "America/Los_Angeles", "2028-02-29", "16:15", "2028-03-01T00:15:00Z"},
		{"a midnight that the clocks skip", "America/Santiago", "2026-09-06", "", "2026-09-06T04:00:00Z"},
		{"a zone east of Greenwich", "Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30:00Z"},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := Moment(day(t, x.on), x.at, zone(t, x.zone)).UTC().Format(time.RFC3339); got != x.want {
				t.Errorf("got %s, want %s", got, x.want)
			}
		})
	}
	if !Moment(phi.Date{}, "09:00", la).IsZero() {
		t.Error("no day has a moment")
	}
}

func TestFollowing(t *testing.T) {
	for _, x := range []struct {
		name                         string
		start, planned, today, wants string
		every                        int
		unit                         Unit
	}{
		{"daily over a new year", "2026-12-30", "2026-12-31", "2026-12-31", "2027-01-01", 1, Days},
		{"every other week", "2026-11-20", "2026-11-20", "2026-11-20", "2026-12-04", 2, Weeks},
		{"monthly from January 31 to the end of February", "2026-01-31", "2026-01-31", "2026-01-31", "2026-02-28", 1, Months},
		{"and back to March 31", "2026-01-31", "2026-02-28", "2026-02-28", "2026-03-31", 1, Months},
		{"to leap day", "2027-12-31", "2028-01-31", "2028-01-31", "2028-02-29", 1, Months},
		{"yearly from leap day", "2028-02-29", "2028-02-29", "2028-02-29", "2029-02-28", 12, Months},
		{"and to the next leap day", "2028-02-29", "2031-02-28", "2031-02-28", "2032-02-29", 12, Months},
		{"done early keeps its days", "2026-11-20", "2026-11-20", "2026-11-15", "2026-11-27", 1, Weeks},
		{"what was missed does not pile up", "2026-11-02", "2026-11-02", "2026-11-20", "2026-11-23", 1, Weeks},
		{"late on the day it is due again is due that day", "2026-11-06", "2026-11-06", "2026-11-20", "2026-11-20", 1, Weeks},
	} {
		t.Run(x.name, func(t *testing.T) {
			got := following(day(t, x.start), day(t, x.planned), day(t, x.today), x.every, x.unit)
			if got.DiscloseISO() != x.wants {
				t.Errorf("got %s, want %s", got.DiscloseISO(), x.wants)
			}
		})
	}
}

func TestLate(t *testing.T) {
	la := zone(t, "America/Los_Angeles")
	for _, x := range []struct {
		name, now, on, at string
		late              bool
	}{
		{"a day is late when the next begins where the agency is", "2026-11-21T08:00:00Z", "2026-11-20", "", true},
		{"and not a second before, though it is the next day in London", "2026-11-21T07:59:59Z", "2026-11-20", "", false},
		{"on the day the clocks go back the day has 25 hours", "2026-11-02T07:59:59Z", "2026-11-01", "", false},
		{"and then it is late", "2026-11-02T08:00:00Z", "2026-11-01", "", true},
		{"on the day they go forward it has 23", "2026-03-09T07:00:00Z", "2026-03-08", "", true},
		{"leap day is a day", "2028-02-29T20:00:00Z", "2028-02-29", "", false},
		{"March 1 is after it", "2028-03-01T08:00:00Z", "2028-02-29", "", true},
		{"a time of today is late when it is past", "2026-11-20T18:00:01Z", "2026-11-20", "10:00", true},
		{"and not at it", "2026-11-20T18:00:00Z", "2026-11-20", "10:00", false},
		{"tomorrow is not late", "2026-11-20T18:00:00Z", "2026-11-21", "", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			now, err := time.Parse(time.RFC3339, x.now)
			if err != nil {
				t.Fatal(err)
			}
			if got := (Ask{Now: now.In(la)}).Late(day(t, x.on), x.at); got != x.late {
				t.Errorf("late is %v", got)
			}
		})
	}
}
