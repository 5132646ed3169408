package notice_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/notice"
	"caseward/internal/record/recordtest"
)

func TestMailOfNotices(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ns, beside := notice.New(w.Door), notice.New(w.Beside(t))
		notifier := w.Service("notifier")
		tell := func(to string) {
			t.Helper()
			work := w.Door.Work(w.Service("authn"), "notice.create")
			ns.TellByMail(work, w.As("root", actor.Administrator), to, "access.planned", "/staff/"+to, w.Clock.Now().AddDate(0, 0, 9), time.Time{})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		var mu sync.Mutex
		var sent []string
		var away error
		send := func(_ context.Context, n notice.Notice) error {
			mu.Lock()
			defer mu.Unlock()
			if away == nil {
				sent = append(sent, n.To)
			}
			return away
		}
		// both has two servers send at once, and says to whom.
		both := func() string {
			t.Helper()
			var wg sync.WaitGroup
			for _, x := range []*notice.Notices{ns, beside} {
				wg.Go(func() {
					if err := x.Mail(ctx, notifier, send); err != nil && !errors.Is(err, away) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			slices.Sort(sent)
			out := strings.Join(sent, " ")
			sent = nil
			return out
		}
		before := len(w.Entries(t))
		if got := both(); got != "" || len(w.Entries(t)) != before {
			t.Errorf("for nothing: %q, %d entries", got, len(w.Entries(t))-before)
		}
		// What a colleague did is mailed to nobody.
		work := w.Door.Work(w.Service("authn"), "notice.create")
		ns.TellOf(work, w.As("root", actor.Administrator), "w1", "access.planned", "/staff/w1", "", time.Time{}, time.Time{})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		tell("w1")
		tell("w2")
		if got := both(); got != "w1 w2" {
			t.Errorf("mailed to %q", got)
		}
		if got := both(); got != "" {
			t.Errorf("mailed again to %q", got)
		}

		t.Run("what the mail server does not take is tried again an hour later, and not for ever", func(t *testing.T) {
			tell("w1")
			away = errors.New("away")
			both()
			w.Clock.Advance(time.Hour - time.Second)
			away = nil
			if got := both(); got != "" {
				t.Errorf("too soon to %q", got)
			}
			w.Clock.Advance(time.Second)
			if got := both(); got != "w1" {
				t.Errorf("mailed to %q", got)
			}
			tell("w2")
			away = errors.New("away")
			both()
			away = nil
			w.Clock.Advance(3*24*time.Hour + time.Minute)
			if got := both(); got != "" {
				t.Errorf("days later to %q", got)
			}
			w.Clock.Advance(2 * time.Hour)
			if got := both(); got != "" {
				t.Errorf("days later to %q", got)
			}
		})
		t.Run("one that a server began to send when it fell over is taken up by another", func(t *testing.T) {
			tell("w1")
			broken, stop := context.WithCancel(ctx)
			_ = ns.Mail(broken, notifier, func(ctx context.Context, n notice.Notice) error {
				stop()
				w.BreakLog(t)
				return nil
			})
			w.MendLog(t)
			if got := both(); got != "" {
				t.Errorf("at once to %q", got)
			}
			w.Clock.Advance(time.Hour)
			if got := both(); got != "w1" {
				t.Errorf("mailed to %q", got)
			}
		})
	})
}
