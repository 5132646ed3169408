package audit_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

func TestWalk(t *testing.T) {
	ctx := context.Background()
	walk := func(t *testing.T, l *audit.Log, m audit.Mark) (ns []int, _ audit.Mark) {
		t.Helper()
		m, err := l.Walk(ctx, m, 0, func(es []audit.Entry) error {
			for _, e := range es {
				if e.Action == "chart.open" {
					ns = append(ns, int(e.At.Sub(start)/time.Second))
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		return ns, m
	}
	until := func(from, to int) (out []int) {
		for i := from; i < to; i++ {
			out = append(out, i)
		}
		return out
	}
	sequence := func(t *testing.T, l *audit.Log) {
		t.Helper()
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("every entry of the tree is given once, in its order, and what waits another time", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, _ := openLog(t, d)
			record(t, l, 0, 5)
			got, m := walk(t, l, audit.Mark{})
			if len(got) > 0 {
				t.Errorf("nothing is in the tree, and it gave %v", got)
			}
			sequence(t, l)
			record(t, l, 5, 8)
			if got, m = walk(t, l, m); !slices.Equal(got, until(0, 5)) {
				t.Errorf("it gave %v", got)
			}
			sequence(t, l)
			if got, m = walk(t, l, m); !slices.Equal(got, until(5, 8)) {
				t.Errorf("then it gave %v", got)
			}
			if got, _ = walk(t, l, m); len(got) > 0 {
				t.Errorf("and once more %v", got)
			}
		})
	})
	t.Run("it goes on through closed segments, from wherever it stopped", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, c := openLog(t, d)
			keepSegments(t, l)
			record(t, l, 0, 300)
			sequence(t, l)
			got, m := walk(t, l, audit.Mark{})
			if !slices.Equal(got, until(0, 300)) {
				t.Fatalf("%d before anything is closed", len(got))
			}
			record(t, l, 300, 600)
			sequence(t, l)
			c.Advance(2000 * time.Hour)
			closeSegments(t, l, 2) // positions 0 to 511
			if got, _ = walk(t, l, audit.Mark{}); !slices.Equal(got, until(0, 600)) {
				t.Errorf("from the beginning it gave %d", len(got))
			}
			if got, _ = walk(t, l, m); !slices.Equal(got, until(300, 600)) {
				t.Errorf("from within the second segment it gave %d", len(got))
			}
		})
	})
	t.Run("a mark at a moment leaves out nothing that came later, and most that came before", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, c := openLog(t, d)
			keepSegments(t, l)
			hours := func(from, to int) {
				es := []audit.Entry{}
				for i := from; i < to; i++ {
					e := entry(i)
					e.At = start.Add(time.Duration(i) * time.Hour)
					es = append(es, e)
				}
				if err := l.RecordAll(ctx, es); err != nil {
					t.Fatal(err)
				}
			}
			hours(0, 600)
			sequence(t, l)
			c.Advance(600 * time.Hour)
			try := func(name string, hour, slack int) {
				t.Helper()
				m, err := l.MarkAt(ctx, start.Add(time.Duration(hour)*time.Hour))
				if err != nil {
					t.Fatal(err)
				}
				var got []int
				if _, err := l.Walk(ctx, m, 0, func(es []audit.Entry) error {
					for _, e := range es {
						if e.Action == "chart.open" {
							got = append(got, int(e.At.Sub(start)/time.Hour))
						}
					}
					return nil
				}); err != nil {
					t.Fatal(err)
				}
				if !slices.Equal(got[max(0, len(got)-(600-max(0, hour))):], until(max(0, hour), 600)) || len(got) > 600-max(0, hour)+slack {
					t.Errorf("%s: from hour %d it gave %d", name, hour, len(got))
				}
			}
			for _, hour := range []int{-5, 0, 10, 300, 599} {
				try("nothing closed", hour, 3)
			}
			closeSegments(t, l, 1)
			for _, hour := range []int{-5, 10, 255, 256, 300, 599} {
				try("one segment closed", hour, 256)
			}
			try("after the segment", 400, 3)
			hours(600, 601)
			if m, err := l.MarkAt(ctx, start.Add(700*time.Hour)); err != nil {
				t.Error(err)
			} else if got, _ := walk(t, l, m); len(got) > 0 {
				t.Errorf("what waits was given: %v", got)
			}
		})
	})
	t.Run("it stops when enough were given, and goes on with the next", func(t *testing.T) {
		l, _ := openLog(t, dbtest.SQLite(t))
		record(t, l, 0, 10_000)
		sequence(t, l)
		var m audit.Mark
		var times, n int
		for {
			given := 0
			next, err := l.Walk(ctx, m, 3000, func(es []audit.Entry) error {
				for i := range es {
					if want := start.Add(time.Duration(n+given+i) * time.Second); !es[i].At.Equal(want) {
						t.Fatalf("entry %d of %s, not of %s", n+given+i, es[i].At, want)
					}
				}
				given += len(es)
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
			if given == 0 {
				break
			}
			m, n, times = next, n+given, times+1
		}
		if n != 10_000 || times != 3 {
			t.Errorf("%d entries, in %d times", n, times)
		}
	})
	t.Run("where the taker fails, it goes on with the same", func(t *testing.T) {
		l, _ := openLog(t, dbtest.SQLite(t))
		record(t, l, 0, 5)
		sequence(t, l)
		full := errors.New("full")
		m, err := l.Walk(ctx, audit.Mark{}, 0, func([]audit.Entry) error { return full })
		if !errors.Is(err, full) {
			t.Error(err)
		}
		if got, _ := walk(t, l, m); !slices.Equal(got, until(0, 5)) {
			t.Errorf("it went on with %v", got)
		}
		gone, cancel := context.WithCancel(ctx)
		cancel()
		if _, err := l.Walk(gone, audit.Mark{}, 0, func([]audit.Entry) error { return nil }); err == nil {
			t.Error("it reads for somebody who has gone")
		}
	})
}

// BenchmarkWalk reads an entry of a log.
func BenchmarkWalk(b *testing.B) {
	l, _ := openLog(b, dbtest.SQLite(b))
	const n = 50_000
	record(b, l, 0, n)
	if _, err := sequenceAll(l); err != nil {
		b.Fatal(err)
	}
	for b.Loop() {
		got := 0
		if _, err := l.Walk(context.Background(), audit.Mark{}, 0, func(es []audit.Entry) error { got += len(es); return nil }); err != nil || got != n {
			b.Fatal(got, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}
