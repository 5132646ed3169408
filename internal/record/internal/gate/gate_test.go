package gate_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func TestPass(t *testing.T) {
	w := recordtest.Open(t)
	g := gate.New(w.Policy, w.Log, w.Clock, 5*time.Minute)
	who := w.As("ann", actor.CaseManager)
	target := gate.Target{Kind: "client", ID: "r1", Subject: "s1", Classes: policy.Set(policy.Identity, policy.SSN)}
	allowed := policy.Answer{Allowed: policy.Set(policy.Identity, policy.Note)}
	admit := func(t *testing.T, enter bool) gate.Pass {
		t.Helper()
		a := g.Begin(who, "client.change")
		p := a.Admit(gate.Writing, "client.change", target, allowed)
		if enter {
			if err := a.EnterDurably(ctx, w.DB); err != nil {
				t.Fatal(err)
			}
		}
		return p
	}
	uses := map[string]func(p gate.Pass, record, subject string) error{
		"open": func(p gate.Pass, r, s string) error { _, err := p.Open(r, s); return err },
		"seal": func(p gate.Pass, r, s string) error { _, err := p.Seal(r, s); return err },
		"keep": func(p gate.Pass, r, s string) error { return p.Keep(r, s) },
	}
	for name, use := range uses {
		t.Run(name, func(t *testing.T) {
			t.Run("the zero pass is good for nothing", func(t *testing.T) {
				if err := use(gate.Pass{}, "r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
					t.Errorf("got %v", err)
				}
				if err := use(gate.Pass{}, "", ""); !errors.Is(err, gate.ErrNoPass) {
					t.Errorf("got %v", err)
				}
			})
			t.Run("a pass is good once", func(t *testing.T) {
				p := admit(t, true)
				if err := use(p, "r1", "s1"); err != nil {
					t.Fatal(err)
				}
				if err := use(p, "r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
					t.Errorf("a second time: %v", err)
				}
			})
			t.Run("a pass is good for its own record and client only", func(t *testing.T) {
				p := admit(t, true)
				for _, other := range [][2]string{{"r2", "s1"}, {"r1", "s2"}, {"", "s1"}, {"r1", ""}} {
					if err := use(p, other[0], other[1]); !errors.Is(err, gate.ErrNoPass) {
						t.Errorf("%v: %v", other, err)
					}
				}
				if err := use(p, "r1", "s1"); err != nil {
					t.Errorf("a wrong try used it up: %v", err)
				}
			})
		})
	}
	for _, name := range []string{"open", "keep"} {
		t.Run("a pass whose entry is not written does not "+name, func(t *testing.T) {
			if err := uses[name](admit(t, false), "r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("a pass to read neither seals nor keeps", func(t *testing.T) {
		a := g.Begin(who, "client.read")
		p := a.Admit(gate.Reading, "client.read", target, allowed)
		if err := a.EnterDurably(ctx, w.DB); err != nil {
			t.Fatal(err)
		}
		for _, name := range []string{"seal", "keep"} {
			if err := uses[name](p, "r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
				t.Errorf("%s: %v", name, err)
			}
		}
		if err := uses["open"](p, "r1", "s1"); err != nil {
			t.Errorf("open: %v", err)
		}
	})
	t.Run("a pass is for the classes that the record has and the answer allows", func(t *testing.T) {
		got, err := admit(t, true).Open("r1", "s1")
		if err != nil || got != policy.Set(policy.Identity) {
			t.Errorf("%v, %v", got, err)
		}
	})
	t.Run("a pass of a request that was refused after all never becomes good", func(t *testing.T) {
		a := g.Begin(who, "client.read")
		p := a.Admit(gate.Reading, "client.read", target, allowed)
		if err := a.Refuse(ctx, w.DB, audit.Refused, policy.Answer{Forbids: []string{"no"}}); err != nil {
			t.Fatal(err)
		}
		if _, err := p.Open("r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
			t.Errorf("got %v", err)
		}
		last := w.Entries(t)[0].Entry
		if last.Outcome != audit.Refused || len(last.Touched) != 1 || len(last.Touched[0].Classes) != 0 {
			t.Errorf("the entry says classes were shown: %+v", last.Touched)
		}
	})
	t.Run("a pass stays good for nothing when the log cannot take its entry", func(t *testing.T) {
		w.BreakLog(t)
		a := g.Begin(who, "client.read")
		p := a.Admit(gate.Reading, "client.read", target, allowed)
		err := a.EnterDurably(ctx, w.DB)
		w.MendLog(t)
		if !fault.Is(err, fault.Unavailable) {
			t.Fatalf("got %v", err)
		}
		if _, err := p.Open("r1", "s1"); !errors.Is(err, gate.ErrNoPass) {
			t.Errorf("got %v", err)
		}
	})
	t.Run("the entry names every target, its classes and what was withheld", func(t *testing.T) {
		a := g.Begin(who, "client.read")
		a.Admit(gate.Reading, "client.read", target, allowed)
		a.Admit(gate.Reading, "note.read", gate.Target{Kind: "note", ID: "n1", Subject: "s1", Classes: policy.Set(policy.Note)}, allowed)
		if err := a.EnterDurably(ctx, w.DB); err != nil {
			t.Fatal(err)
		}
		got := w.Entries(t)[0].Entry
		if len(got.Touched) != 2 || got.Touched[0].ID != "r1" || got.Touched[1].ID != "n1" ||
			len(got.Touched[0].Withheld) != 1 || got.Touched[0].Withheld[0] != "ssn" || got.Who.Worker != "ann" {
			t.Errorf("%+v", got)
		}
	})
	t.Run("an actor nobody made is refused before the policies are asked", func(t *testing.T) {
		if ans := g.Decide(actor.Actor{}, "client.read", target); ans.OK() || len(ans.Forbids) != 1 || ans.Forbids[0] != "no-actor" {
			t.Errorf("%+v", ans)
		}
		if any, rels := g.Via(actor.Actor{}, "client.find", target); any || rels != 0 {
			t.Error("a list would show something")
		}
	})
	t.Run("a pass entered in a transaction that fails leaves no entry", func(t *testing.T) {
		before := len(w.Entries(t))
		a := g.Begin(who, "client.change")
		a.Admit(gate.Writing, "client.change", target, allowed)
		if err := a.Prepare(); err != nil {
			t.Fatal(err)
		}
		undone := errors.New("undone")
		err := w.DB.Write(ctx, func(tx *db.Tx) error {
			if err := a.Enter(ctx, tx); err != nil {
				return err
			}
			return undone
		})
		if !errors.Is(err, undone) || len(w.Entries(t)) != before {
			t.Errorf("%v; %d entries became %d", err, before, len(w.Entries(t)))
		}
	})
}

func TestAdmission(t *testing.T) {
	w := recordtest.Open(t)
	g := gate.New(w.Policy, w.Log, w.Clock, 5*time.Minute)
	a := g.Begin(w.As("ann", actor.CaseManager), "client.find")
	admit := func(kind, id, subject string, version int64, asked, allowed policy.ClassSet) {
		a.Admit(gate.Reading, "client.find", gate.Target{Kind: kind, ID: id, Subject: subject, Version: version, Classes: asked}, policy.Answer{Allowed: allowed})
	}
	identity, contact, ssn := policy.Set(policy.Identity), policy.Set(policy.Contact), policy.Set(policy.SSN)
	admit("client", "r1", "s1", 3, identity, identity)
	admit("case", "r2", "s1", 1, policy.Set(policy.Case), policy.Set(policy.Case))
	admit("client", "r1", "s1", 3, identity|contact|ssn, identity|contact)
	// Whatever else differs is another thing to whoever reads the log.
	admit("client", "r1", "s1", 2, identity, identity)
	admit("client", "r1", "s2", 3, identity, identity)
	admit("note", "r1", "s1", 3, identity, identity)
	// What has no record of its own stands once for each time it was asked.
	admit("report", "", "", 0, policy.Set(policy.Program), policy.Set(policy.Program))
	admit("report", "", "", 0, policy.Set(policy.Program), policy.Set(policy.Program))
	if err := a.EnterDurably(ctx, w.DB); err != nil {
		t.Fatal(err)
	}
	got := w.Entries(t)[0].Touched
	if len(got) != 7 {
		t.Fatalf("%d things in the entry: %+v", len(got), got)
	}
	if x := got[0]; !slices.Equal(x.Classes, []string{"contact", "identity"}) || !slices.Equal(x.Withheld, []string{"ssn"}) {
		t.Errorf("what was asked of one record twice is %v, withheld %v", x.Classes, x.Withheld)
	}
}

// BenchmarkAdmission is an entry that names many records: its time is to grow
// with their number, not with its square.
func BenchmarkAdmission(b *testing.B) {
	w := recordtest.Open(b)
	g := gate.New(w.Policy, w.Log, w.Clock, 5*time.Minute)
	for _, n := range []int{5_000, 20_000, 60_000} {
		b.Run(strconv.Itoa(n), func(b *testing.B) {
			ids := make([]string, n)
			for i := range ids {
				ids[i] = fmt.Sprintf("r%07d", i)
			}
			for b.Loop() {
				a := g.Begin(w.As("ann", actor.CaseManager), "case.find")
				for _, id := range ids {
					a.Admit(gate.Reading, "case.find", gate.Target{Kind: "case", ID: id, Subject: "s", Version: 1, Classes: policy.Set(policy.Case)}, policy.Answer{Allowed: policy.Set(policy.Case)})
				}
			}
		})
	}
}

func TestQuestion(t *testing.T) {
	w := recordtest.Open(t)
	g := gate.New(w.Policy, w.Log, w.Clock, 5*time.Minute)
	t.Run("a renewed proof counts for its window and not a moment longer, nor from the future", func(t *testing.T) {
		who := w.Proved("ann", actor.CaseManager)
		for _, at := range []struct {
			after time.Duration
			want  bool
		}{{0, true}, {5 * time.Minute, true}, {5*time.Minute + time.Nanosecond, false}, {-time.Second, false}} {
			w.Clock.Set(recordtest.Start.Add(at.after))
			if got := g.Question(who, "client.read", gate.Target{}).SteppedUp; got != at.want {
				t.Errorf("after %v: %v", at.after, got)
			}
		}
		w.Clock.Set(recordtest.Start)
		if g.Question(w.As("ann", actor.CaseManager), "client.read", gate.Target{}).SteppedUp {
			t.Error("who never proved it again has")
		}
	})
	t.Run("a record with no owner belongs to nobody", func(t *testing.T) {
		q := g.Question(w.As("ann", actor.CaseManager), "note.read", gate.Target{Kind: "note", ID: "n1"})
		if q.Author || q.Own {
			t.Errorf("%+v", q)
		}
		if q := g.Question(w.As("ann", actor.CaseManager), "note.read", gate.Target{Kind: "note", ID: "n1", Owner: "ann"}); !q.Author || !q.Own {
			t.Errorf("%+v", q)
		}
	})
	t.Run("a service is asked about under its own name", func(t *testing.T) {
		if q := g.Question(w.Service("import"), "client.create", gate.Target{}); q.Service != "import" {
			t.Errorf("%+v", q)
		}
		if q := g.Question(w.As("import", actor.CaseManager), "client.create", gate.Target{}); q.Service != "" {
			t.Error("a worker passes for a service")
		}
	})
}
