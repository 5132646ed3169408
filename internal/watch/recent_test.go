package watch_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/clock"
	"caseward/internal/watch"
)

func TestRecent(t *testing.T) {
	c := clock.NewFake(time.Unix(1800000000, 0))
	r := watch.NewRecent(c)
	is := func(what string, want watch.Summary) {
		t.Helper()
		if d := cmp.Diff(want, r.Sum()); d != "" {
			t.Error(what, d)
		}
	}
	is("nothing yet", watch.Summary{})
	for range 18 {
		r.Request(200, 7*time.Millisecond)
	}
	r.Request(503, 400*time.Millisecond)
	r.Request(404, 2*time.Minute)
	is("edges of buckets", watch.Summary{Answered: 20, Failed: 1, Median: 10 * time.Millisecond, Slow: 500 * time.Millisecond})
	c.Advance(5 * time.Minute)
	r.Request(200, time.Minute)
	r.Request(200, time.Minute)
	is("minutes are added up", watch.Summary{Answered: 22, Failed: 1, Median: 10 * time.Millisecond, Slow: time.Minute})
	c.Advance(10 * time.Minute)
	is("what is too old is gone, before anything takes its place", watch.Summary{Answered: 2, Median: time.Minute, Slow: time.Minute})
	r.Request(200, time.Millisecond)
	is("and after", watch.Summary{Answered: 3, Median: time.Minute, Slow: time.Minute})
	c.Advance(time.Hour)
	is("an hour later nothing is left", watch.Summary{})
}

func BenchmarkRecent(b *testing.B) {
	r := watch.NewRecent(clock.System())
	b.ReportAllocs()
	b.RunParallel(func(p *testing.PB) {
		for p.Next() {
			r.Request(200, 700*time.Microsecond)
		}
	})
}
