package governance_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/program/governance"
)

func at(day, hour int) time.Time { return time.Date(2026, time.November, day, hour, 0, 0, 0, time.UTC) }

func TestGaps(t *testing.T) {
	span := func(from, until time.Time) governance.Span { return governance.Span{From: from, Until: until} }
	open := time.Time{}
	for name, tc := range map[string]struct{ held, want []governance.Span }{
		"nobody ever":                          {nil, []governance.Span{span(at(1, 0), at(20, 0))}},
		"one for all of it":                    {[]governance.Span{span(at(1, 0), open)}, nil},
		"one from before, without end":         {[]governance.Span{span(at(1, 0).Add(-time.Hour), open)}, nil},
		"two that touch":                       {[]governance.Span{span(at(9, 12), open), span(at(1, 0), at(9, 12))}, nil},
		"two a second apart":                   {[]governance.Span{span(at(1, 0), at(9, 12)), span(at(9, 12).Add(time.Second), open)}, []governance.Span{span(at(9, 12), at(9, 12).Add(time.Second))}},
		"one inside another":                   {[]governance.Span{span(at(1, 0), at(18, 0)), span(at(3, 0), at(5, 0))}, []governance.Span{span(at(18, 0), at(20, 0))}},
		"one that begins late":                 {[]governance.Span{span(at(5, 0), open)}, []governance.Span{span(at(1, 0), at(5, 0))}},
		"one that begins after the time":       {[]governance.Span{span(at(25, 0), open)}, []governance.Span{span(at(1, 0), at(20, 0))}},
		"one that ended before it began":       {[]governance.Span{span(at(8, 0), at(7, 0)), span(at(1, 0), at(19, 0))}, []governance.Span{span(at(19, 0), at(20, 0))}},
		"an end after the time":                {[]governance.Span{span(at(1, 0), at(25, 0))}, nil},
		"one that began and ended long before": {[]governance.Span{span(at(1, 0).AddDate(-1, 0, 0), at(1, 0).AddDate(0, -1, 0)), span(at(2, 0), open)}, []governance.Span{span(at(1, 0), at(2, 0))}},
	} {
		t.Run(name, func(t *testing.T) {
			if d := cmp.Diff(tc.want, governance.Gaps(tc.held, at(1, 0), at(20, 0))); d != "" {
				t.Error(d)
			}
		})
	}
	t.Run("an instant is in a gap if and only if nobody holds it, whatever the spans", func(t *testing.T) {
		r := rand.New(rand.NewPCG(3, 5))
		for range 2000 {
			var held []governance.Span
			for range r.IntN(5) {
				s := span(at(1, r.IntN(480)), open)
				if r.IntN(4) > 0 {
					s.Until = at(1, r.IntN(480))
				}
				held = append(held, s)
			}
			gaps := governance.Gaps(held, at(1, 0), at(20, 0))
			var sum time.Duration
			for h := range 19 * 24 {
				free := true
				for _, s := range held {
					free = free && !s.Holds(at(1, h))
				}
				in := false
				for _, g := range gaps {
					in = in || g.Holds(at(1, h))
				}
				if free != in {
					t.Fatalf("%v at hour %d: free %v, in a gap %v of %v", held, h, free, in, gaps)
				}
				if free {
					sum += time.Hour
				}
			}
			if governance.Sum(gaps) != sum {
				t.Fatalf("%v: %v is not %v", held, governance.Sum(gaps), sum)
			}
		}
	})
	t.Run("a second is not no time, and a day is a hundred hundredths", func(t *testing.T) {
		for d, want := range map[time.Duration]int64{0: 0, time.Second: 1, 24 * time.Hour: 100, 36 * time.Hour: 150, 24*time.Hour + time.Nanosecond: 101} {
			if got := governance.Hundredths(d); got != want {
				t.Errorf("%v is %d, not %d", d, got, want)
			}
		}
	})
}
