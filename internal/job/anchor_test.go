package job_test

import (
	"context"
	"errors"
	"log/slog"
	"path/filepath"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/audit/anchor"
	"caseward/internal/job"
	"caseward/internal/record/recordtest"
)

// gate is a place that can be shut.
type gate struct {
	anchor.Place
	shut bool
	puts int
}

func (g *gate) Put(ctx context.Context, c []byte) error {
	if g.shut {
		return errors.New("it is shut")
	}
	g.puts++
	return g.Place.Put(ctx, c)
}

func TestAnchor(t *testing.T) {
	ctx := context.Background()
	type agency struct {
		*recordtest.World
		job          *job.Anchor
		first, other *gate
		dir          string
	}
	open := func(t *testing.T) *agency {
		w := recordtest.Open(t)
		a := &agency{World: w, dir: t.TempDir(), job: job.NewAnchor(w.Log, w.Clock, authn.Service(authn.Sequencer), slog.New(slog.DiscardHandler))}
		a.first = &gate{Place: anchor.Directory(a.dir, w.Clock)}
		a.other = &gate{Place: anchor.Directory(t.TempDir(), w.Clock)}
		a.job.Add(a.first, "directory", time.Minute)
		a.job.Add(a.other, "mailbox", time.Minute)
		return a
	}
	work := func(t *testing.T, a *agency) {
		t.Helper()
		if err := a.Log.Record(ctx, audit.Entry{Who: audit.Of(authn.Service(authn.Sequencer)), Action: "note.read", Outcome: audit.Allowed}); err != nil {
			t.Fatal(err)
		}
	}
	send := func(t *testing.T, a *agency) error {
		t.Helper()
		if _, err := a.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		return a.job.Send(ctx)
	}
	must := func(t *testing.T, err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	held := func(t *testing.T, a *agency, want int) {
		t.Helper()
		if n, err := a.job.Held(ctx); err != nil || n != want {
			t.Errorf("held in %d places, want %d, %v", n, want, err)
		}
	}
	type told struct {
		Place, Number string
		Outcome       audit.Outcome
	}
	entries := func(t *testing.T, a *agency) (out []told) {
		t.Helper()
		for _, e := range a.Entries(t) {
			if e.Action == "audit.anchor" {
				if e.Who.Worker != "service:sequencer" || e.Detail["entries"] == "" {
					t.Errorf("the entry says too little: %+v", e.Entry)
				}
				out = append(out, told{e.Detail["place"], e.Detail["number"], e.Outcome})
			}
		}
		return out
	}

	t.Run("each sending is one entry, and its own entries are no reason to send again", func(t *testing.T) {
		a := open(t)
		work(t, a)
		must(t, send(t, a))
		held(t, a, 2)
		for range 5 {
			must(t, send(t, a))
		}
		if a.first.puts != 1 || a.other.puts != 1 || len(entries(t, a)) != 2 {
			t.Errorf("%d and %d sendings, %d entries", a.first.puts, a.other.puts, len(entries(t, a)))
		}
		held(t, a, 2)
		work(t, a)
		must(t, send(t, a))
		if a.first.puts != 2 || len(entries(t, a)) != 4 {
			t.Errorf("%d sendings, %d entries", a.first.puts, len(entries(t, a)))
		}
	})
	t.Run("a place that has not got the newest checkpoint is not counted", func(t *testing.T) {
		a := open(t)
		work(t, a)
		held(t, a, 0)
		must(t, send(t, a))
		work(t, a)
		if _, err := a.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		held(t, a, 0)
	})
	t.Run("a place that fails leaves one entry until it takes one again, and holds up no other", func(t *testing.T) {
		a := open(t)
		a.other.shut = true
		for range 4 {
			work(t, a)
			if err := send(t, a); err == nil {
				t.Error("no error")
			}
		}
		held(t, a, 1)
		sent, err := a.job.Sent(ctx)
		must(t, err)
		if x := sent[0]; len(sent) != 2 || x.Kind != "directory" || x.Number != 1 || !x.At.Equal(a.Clock.Now()) || x.Behind != 0 || x.Failures != 0 {
			t.Errorf("%+v", sent)
		}
		if x := sent[1]; x.Kind != "mailbox" || x.Number != 2 || !x.At.IsZero() || x.Behind == 0 || x.Failures != 4 {
			t.Errorf("%+v", sent)
		}
		got := map[told]int{}
		for _, e := range entries(t, a) {
			got[e]++
		}
		if d := cmp.Diff(map[told]int{{"directory", "1", audit.Allowed}: 4, {"mailbox", "2", audit.Failed}: 1}, got); d != "" {
			t.Error(d)
		}
		a.other.shut = false
		must(t, send(t, a))
		held(t, a, 2)
		if e := entries(t, a)[0]; e != (told{"mailbox", "2", audit.Allowed}) {
			t.Errorf("newest entry: %v", e)
		}
	})
	t.Run("what was taken while the log could not be written is recorded later and not sent twice", func(t *testing.T) {
		a := open(t)
		work(t, a)
		if _, err := a.Log.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		a.BreakLog(t)
		if err := a.job.Send(ctx); err == nil {
			t.Error("no error although nothing could be recorded")
		}
		a.MendLog(t)
		must(t, a.job.Send(ctx))
		if a.first.puts != 1 || len(entries(t, a)) != 2 {
			t.Errorf("%d sendings, %d entries", a.first.puts, len(entries(t, a)))
		}
		if files, err := filepath.Glob(a.dir + "/*.checkpoint"); err != nil || len(files) != 1 {
			t.Errorf("%v, %v", files, err)
		}
	})
}
