package audit_test

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

func TestFollow(t *testing.T) {
	ctx := context.Background()
	sequence := func(t *testing.T, l *audit.Log) {
		t.Helper()
		if _, err := sequenceAll(l); err != nil {
			t.Fatal(err)
		}
	}
	begin := func(t *testing.T, l *audit.Log, place string, all, want bool) {
		t.Helper()
		if started, err := l.StartFollowing(ctx, place, all); err != nil || started != want {
			t.Fatalf("started: %v, %v", started, err)
		}
	}
	// taker takes what it is sent.
	type taker struct {
		got  []audit.Logged
		fail error
	}
	follow := func(t *testing.T, l *audit.Log, place string, to *taker, want int) {
		t.Helper()
		n, err := l.Follow(ctx, place, 3, func(_ context.Context, es []audit.Logged) error {
			if to.fail == nil {
				to.got = append(to.got, es...)
			}
			return to.fail
		})
		if !errors.Is(err, to.fail) || n != want {
			t.Fatalf("%d entries, want %d: %v", n, want, err)
		}
	}
	inOrder := func(t *testing.T, l *audit.Log, got []audit.Logged, from int64) {
		t.Helper()
		all, err := l.Find(ctx, audit.Query{Limit: 1000})
		if err != nil {
			t.Fatal(err)
		}
		slices.Reverse(all)
		for i, e := range got {
			if e.Position != from+int64(i) || e.LeafHash != all[e.Position].LeafHash || e.Action != all[e.Position].Action || len(e.Touched) != len(all[e.Position].Touched) {
				t.Errorf("entry %d: %+v, in the log %+v", i, e, all[e.Position])
			}
		}
	}

	t.Run("every entry once it is in the tree, in its order, once", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, _ := openLog(t, d)
			record(t, l, 0, 5)
			begin(t, l, "a", true, true)
			begin(t, l, "a", true, false)
			to := &taker{}
			follow(t, l, "a", to, 0) // nothing is in the tree
			sequence(t, l)
			record(t, l, 5, 8) // committed, and not in the tree
			for _, n := range []int{3, 2, 0, 0} {
				follow(t, l, "a", to, n)
			}
			sequence(t, l)
			for _, n := range []int{3, 0} {
				follow(t, l, "a", to, n)
			}
			if len(to.got) != 8 {
				t.Fatalf("%d entries", len(to.got))
			}
			inOrder(t, l, to.got, 0)
		})
	})
	t.Run("a new place gets what comes from then on, and says how far it is", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, c := openLog(t, d)
			record(t, l, 0, 4)
			sequence(t, l)
			if _, err := l.Followed(ctx, "a"); !fault.Is(err, fault.NotFound) {
				t.Errorf("a place that never began: %v", err)
			}
			begin(t, l, "a", false, true)
			begin(t, l, "b", true, true)
			record(t, l, 4, 6)
			sequence(t, l)
			if f, err := l.Followed(ctx, "a"); err != nil || f != (audit.Followed{Position: 4, Behind: 2, Oldest: entry(4).At}) {
				t.Errorf("%+v, %v", f, err)
			}
			to := &taker{}
			c.Advance(time.Hour)
			follow(t, l, "a", to, 2)
			inOrder(t, l, to.got, 4)
			if f, err := l.Followed(ctx, "a"); err != nil || f != (audit.Followed{Position: 6, At: c.Now()}) {
				t.Errorf("%+v, %v", f, err)
			}
			if f, err := l.Followed(ctx, "b"); err != nil || f.Behind != 6 || !f.At.IsZero() {
				t.Errorf("another place is where it was: %+v, %v", f, err)
			}
		})
	})
	t.Run("what a place did not take it is given again", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, _ := openLog(t, d)
			record(t, l, 0, 5)
			sequence(t, l)
			begin(t, l, "a", true, true)
			to := &taker{fail: errors.New("away")}
			for range 3 {
				follow(t, l, "a", to, 0)
			}
			to.fail = nil
			follow(t, l, "a", to, 3)
			to.fail = errors.New("away again")
			follow(t, l, "a", to, 0)
			to.fail = nil
			follow(t, l, "a", to, 2)
			if len(to.got) != 5 {
				t.Fatalf("%d entries", len(to.got))
			}
			inOrder(t, l, to.got, 0)
		})
	})
	t.Run("one server at a time, and another goes on where one died", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			c := clock.NewFake(start)
			k := keystest.File(t, t.TempDir(), c)
			var l [2]*audit.Log
			for i := range l {
				var err error
				if l[i], err = audit.Open(ctx, d, keys.NewAgency(d, k), c, origin); err != nil {
					t.Fatal(err)
				}
			}
			record(t, l[0], 0, 3)
			sequence(t, l[0])
			begin(t, l[0], "a", true, true)
			other := &taker{}
			n, err := l[0].Follow(ctx, "a", 3, func(context.Context, []audit.Logged) error {
				follow(t, l[1], "a", other, 0) // it is l[0]'s turn
				c.Advance(audit.TurnFor)
				follow(t, l[1], "a", other, 3) // which took too long
				return nil
			})
			if !fault.Is(err, fault.Conflict) || n != 3 {
				t.Errorf("%d, %v", n, err)
			}
			if f, err := l[0].Followed(ctx, "a"); err != nil || f.Position != 3 || f.Behind != 0 {
				t.Errorf("%+v, %v", f, err)
			}
		})
	})
	t.Run("many at once send nothing twice while all is well", func(t *testing.T) {
		dbtest.Each(t, func(t *testing.T, d *db.DB) {
			l, _ := openLog(t, d)
			record(t, l, 0, 60)
			sequence(t, l)
			begin(t, l, "a", true, true)
			var mu sync.Mutex
			seen := map[int64]int{}
			var wg sync.WaitGroup
			for range 4 {
				wg.Go(func() {
					for range 200 {
						if _, err := l.Follow(ctx, "a", 3, func(_ context.Context, es []audit.Logged) error {
							mu.Lock()
							defer mu.Unlock()
							for _, e := range es {
								seen[e.Position]++
							}
							return nil
						}); err != nil {
							t.Error(err)
						}
					}
				})
			}
			wg.Wait()
			for i := range int64(60) {
				if seen[i] != 1 {
					t.Errorf("entry %d was sent %d times", i, seen[i])
				}
			}
		})
	})
}
