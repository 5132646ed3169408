package fault

import (
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"caseward/internal/app"
	"caseward/internal/audit/verify"
)

// stepped is the machine's clock, set ahead or back while a server runs.
type stepped struct{ by, steps atomic.Int64 }

// Now implements clock.Clock.
func (s *stepped) Now() time.Time { return now().Add(time.Duration(s.by.Load())) }

func (s *stepped) step(d time.Duration) {
	s.steps.Add(1)
	s.by.Add(int64(d))
	s.steps.Add(1)
}

// TestClockSteppedUnderLoad sets the clock ahead and back while people read and write.
// Whatever was answered is there and has its entry; sessions that ended by it end, and
// nobody is told of a fault.
func TestClockSteppedUnderLoad(t *testing.T) {
	g := found(t)
	clk := &stepped{}
	g.open(app.Options{Demo: true, Clock: clk}, func(a *app.App) {
		l := newLoad(g, a, "clock", 2000)
		l.clock = clk
		a.Start(ctx)
		s, stop := g.within(a)
		defer stop()
		for _, x := range []struct {
			name string
			by   time.Duration
			ends bool // every session
		}{
			{"half a minute ahead, as a time service may set it", 30 * time.Second, false},
			{"half a minute back", -30 * time.Second, false},
			{"two hours ahead", 2 * time.Hour, true},
			{"two hours back", -2 * time.Hour, true},
			{"ten years ahead", 10 * 365 * 24 * time.Hour, true},
			{"and back again", -10 * 365 * 24 * time.Hour, true},
		} {
			g.signIn(a)
			var out atomic.Int64
			l.broken = func(r *request, ans answer, err error) bool {
				if err != nil || !outside(ans) {
					t.Errorf("%s: %s: answered %d, %v: %.200s", x.name, r.token, ans.code, err, ans.body)
				}
				out.Add(1)
				return false
			}
			began := l.acks.Load()
			var once sync.Once
			l.answered = func(*request) {
				if l.acks.Load() >= began+60 {
					once.Do(func() { clk.step(x.by) })
				}
			}
			var wg sync.WaitGroup
			for c := range 12 {
				wg.Go(func() {
					l.work(int(clk.steps.Load())*12+c, func() *server {
						if l.acks.Load() >= began+200 {
							return nil
						}
						return s
					})
				})
			}
			wg.Wait()
			switch done := l.acks.Load() - began; {
			case x.ends && out.Load() == 0:
				t.Errorf("%s: nobody was signed out", x.name)
			case !x.ends && (out.Load() > 0 || done < 200):
				t.Errorf("%s: %d were signed out, %d requests were answered", x.name, out.Load(), done)
			}
		}
		if l.used() {
			t.Fatal("there were too few notes to read")
		}
		found, err := l.check(a)
		g.must(err)
		for _, w := range found.wrong {
			t.Error(w)
		}
		if found.shown < 200 || len(found.written) < 200 {
			t.Errorf("%d notes were shown and %d written", found.shown, len(found.written))
		}
		t.Logf("%d notes were shown, %d written", found.shown, len(found.written))
	})
	if r, err := verify.Database(ctx, "", g.data, verify.Options{}); err != nil || !r.OK {
		t.Errorf("%v\n%s", err, r)
	}
}

// outside reports whether an answer leads somebody whose session is over to the sign-in
// page, or one whose session is locked to where it is unlocked.
func outside(a answer) bool {
	return strings.HasPrefix(a.location, "/signin") || strings.HasPrefix(a.location, "/locked")
}
