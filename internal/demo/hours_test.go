package demo_test

import (
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/demo"
)

// What the demonstration makes depends on when it is made, and each must be a year that
// can have been: nothing in it is passed over that the record refuses.
func TestTheDemonstrationStartsAtAnyTime(t *testing.T) {
	for _, s := range []string{
		"2026-11-28T07:49:21Z", // three days after a Friday are a Sunday, counted in UTC
		"2027-01-01T08:00:01Z", // the first minute of a year, at the agency
		"2027-03-14T10:00:00Z", // no hour from two to three that day
		"2028-02-29T23:59:59Z", // a day that the year before has not
		"2026-06-22T04:30:00Z", // a Sunday evening there, a Monday in UTC
	} {
		t.Run(s, func(t *testing.T) {
			at, err := time.Parse(time.RFC3339, s)
			if err != nil {
				t.Fatal(err)
			}
			a, err := demo.Open(ctx, demo.Options{Dir: t.TempDir(), Listen: "127.0.0.1:8080", Clock: clock.NewFake(at)})
			if err != nil {
				t.Fatal(err)
			}
			if err := a.Close(); err != nil {
				t.Error(err)
			}
		})
	}
}
