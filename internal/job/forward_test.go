package job_test

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/audit/forward"
	"caseward/internal/job"
	"caseward/internal/record/recordtest"
)

// inbox is a place that can be shut.
type inbox struct {
	shut    bool
	refuse  int64
	got     []int64
	batches int
}

func (p *inbox) Send(_ context.Context, es []forward.Event) (int64, error) {
	if p.shut {
		return 0, errors.New("it is shut")
	}
	p.batches++
	for _, e := range es {
		p.got = append(p.got, e.Position)
	}
	return p.refuse, nil
}

func TestForward(t *testing.T) {
	ctx := context.Background()
	work := func(t *testing.T, w *recordtest.World, n int) {
		t.Helper()
		for range n {
			if err := w.Log.Record(ctx, audit.Entry{Who: audit.Of(authn.Service(authn.Sequencer)), Action: "note.read", Outcome: audit.Allowed}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := w.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
	}
	open := func(w *recordtest.World, places ...*inbox) *job.Forward {
		f := job.NewForward(w.Log, authn.Service(authn.Sequencer), slog.New(slog.DiscardHandler))
		for _, p := range places {
			f.Add(p, "syslog", []string{"syslog+tls://a.example.org:6514", "syslog+tls://b.example.org:6514"}[len(places)-1], true)
			places = places[1:]
		}
		return f
	}
	entries := func(t *testing.T, w *recordtest.World) (out []string) {
		t.Helper()
		for _, e := range w.Entries(t) {
			if e.Action == job.ForwardAction {
				out = append(out, e.Detail["number"]+" "+e.Detail["reason"]+" "+string(e.Outcome))
			}
		}
		slices.Reverse(out)
		return out
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	inARow := func(t *testing.T, p *inbox, n int) {
		t.Helper()
		if len(p.got) != n {
			t.Fatalf("%d entries, want %d", len(p.got), n)
		}
		for i, at := range p.got {
			if at != int64(i) {
				t.Fatalf("entry %d came as number %d", at, i)
			}
		}
	}

	t.Run("everything goes to every place, and what is forwarded leaves no entry", func(t *testing.T) {
		w := recordtest.Open(t)
		a, b := &inbox{}, &inbox{}
		f := open(w, a, b)
		work(t, w, 600)
		must(t, f.Send(ctx))
		if _, err := w.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		for range 5 {
			must(t, f.Send(ctx))
			if _, err := w.Log.Sequence(ctx); err != nil {
				t.Fatal(err)
			}
		}
		h, err := w.Log.Head(ctx)
		must(t, err)
		inARow(t, a, int(h.Size))
		inARow(t, b, int(h.Size))
		if d := cmp.Diff([]string{"1 started a", "2 started a"}, entries(t, w)); d != "" {
			t.Error(d)
		}
		if a.batches > 4 {
			t.Errorf("%d batches", a.batches)
		}
	})
	t.Run("a place that was away gets all of it, also after a restart, and holds up no other", func(t *testing.T) {
		w := recordtest.Open(t)
		a, b := &inbox{shut: true}, &inbox{}
		f := open(w, a, b)
		work(t, w, 3)
		for range 3 {
			if err := f.Send(ctx); err == nil {
				t.Error("no error")
			}
			work(t, w, 5)
		}
		at, err := f.Forwarded(ctx)
		must(t, err)
		if x := at[0]; x.Number != 1 || x.Failures != 3 || x.Position != 0 || x.Behind < 15 || x.Oldest.IsZero() || !x.At.IsZero() {
			t.Errorf("%+v", x)
		}
		if len(b.got) < 10 {
			t.Errorf("the other has %d entries", len(b.got))
		}
		if d := cmp.Diff([]string{"1 started a", "1 away f", "2 started a"}, entries(t, w)); d != "" {
			t.Error(d)
		}
		// Another process: it knows no failure and where the places are.
		f = open(w, a, b)
		if err := f.Send(ctx); err == nil {
			t.Error("no error")
		}
		a.shut = false
		must(t, f.Send(ctx))
		must(t, f.Send(ctx))
		h, err := w.Log.Head(ctx)
		must(t, err)
		inARow(t, a, int(h.Size))
		at, err = f.Forwarded(ctx)
		must(t, err)
		if x := at[0]; x.Failures != 0 || x.Behind != 0 || x.Position != h.Size || !x.At.Equal(w.Clock.Now()) {
			t.Errorf("%+v", x)
		}
		if d := cmp.Diff([]string{"1 started a", "1 away f", "2 started a", "1 away f", "1 resumed a"}, entries(t, w)); d != "" {
			t.Error(d)
		}
	})
	t.Run("what a place will not have is said once and not sent again", func(t *testing.T) {
		w := recordtest.Open(t)
		a := &inbox{refuse: 2}
		f := open(w, a)
		work(t, w, 4)
		must(t, f.Send(ctx))
		a.refuse = 0
		must(t, f.Send(ctx))
		inARow(t, a, 4)
		if d := cmp.Diff([]string{"1 started a", "1 refused f"}, entries(t, w)); d != "" {
			t.Error(d)
		}
	})
}
