package task

import (
	"time"

	"caseward/internal/phi"
)

// Civil is the day of a moment where it is told: the moment is given in the zone
// of the agency.
func Civil(t time.Time) phi.Date {
	y, m, d := t.Date()
	return phi.NewDate(y, int(m), d)
}

// flat is the start of a civil day as labels carry it: in UTC, so that days can be
// compared without a zone.
func flat(d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC)
}

// PlusDays is a civil day n days on.
func PlusDays(d phi.Date, n int) phi.Date { return Civil(flat(d).AddDate(0, 0, n)) }

// Between is how many days it is from one civil day to another.
func Between(from, to phi.Date) int { return int(flat(to).Sub(flat(from)) / (24 * time.Hour)) }

// hours reads a time of day written as 15:04.
func hours(at string) (hour, minute int, ok bool) {
	t, err := time.Parse("15:04", at)
	return t.Hour(), t.Minute(), err == nil
}

// Moment is when a civil day and a time of day, "15:04" or "" for its start, are
// in a zone. An hour that the clocks skip is as long after midnight as it would
// have been; one that they repeat is the first of the two.
func Moment(on phi.Date, at string, zone *time.Location) time.Time {
	y, m, d := on.Disclose()
	if y == 0 {
		return time.Time{}
	}
	h, min, _ := hours(at)
	told := func(t time.Time) bool {
		t = t.In(zone)
		return t.Day() == d && t.Hour() == h && t.Minute() == min
	}
	// By the clock of the day before: right before a change, and in an hour that
	// is skipped or told twice.
	t := time.Date(y, time.Month(m), d, h, min, 0, 0, zone)
	_, before := t.AddDate(0, 0, -1).Zone()
	first := time.Date(y, time.Month(m), d, h, min, 0, 0, time.UTC).Add(-time.Duration(before) * time.Second).In(zone)
	if told(first) || !told(t) {
		return first
	}
	return t
}

// Unit is what the distance of a task that repeats is counted in.
type Unit string

// The units.
const (
	Days   Unit = "days"
	Weeks  Unit = "weeks"
	Months Unit = "months"
)

// Units lists the units from short to long.
func Units() []Unit { return []Unit{Days, Weeks, Months} }

// nth is the day k times every units after start. In months the day of the month
// stays that of the start where a month has it, and is the month's last where not:
// from January 31 on it is February 28, then March 31.
func nth(start time.Time, every int, unit Unit, k int) time.Time {
	switch unit {
	case Days:
		return start.AddDate(0, 0, every*k)
	case Weeks:
		return start.AddDate(0, 0, 7*every*k)
	}
	first := time.Date(start.Year(), start.Month()+time.Month(every*k), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 1, -1).Day()
	return first.AddDate(0, 0, min(start.Day(), last)-1)
}

// following is the first day of a series that is after planned and not before
// today: times that were missed do not pile up.
func following(start, planned, today phi.Date, every int, unit Unit) phi.Date {
	s, p, t := flat(start), flat(planned), flat(today)
	for k := 1; ; k++ {
		if n := nth(s, every, unit, k); n.After(p) && !n.Before(t) {
			return Civil(n)
		}
	}
}
