package inspect_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/inspect"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

type client struct {
	Name phi.Text `class:"identity" doc:"The name."`
}

type casework struct {
	Worker string `class:"case" doc:"The assigned worker."`
}

func TestInspect(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ctx := context.Background()
		clients := record.Use(w.Door, record.Define(record.Kind[client]{Name: "client", Doc: "A client.", Retention: "record"}))
		cases := record.Use(w.Door, record.Define(record.Kind[casework]{Name: "case", Doc: "A case.", Retention: "record",
			Facts: func(_ string, s record.Subject, c casework) []record.Fact {
				return []record.Fact{{Holder: record.WorkerHolder(c.Worker), Rel: "assigned", Object: record.ClientObject(s), From: recordtest.Start}}
			}}))
		work := w.Door.Work(w.Service("import"), "import.run")
		id := clients.CreateClient(work, client{phi.NewText("Marisol Ibáñez")})
		cases.CreateAs(work, "case.open", record.SubjectOf(id), casework{"ann"})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		in := inspect.New(w.Door, w.Log, w.Policy, nil)
		ann, bob, pat := w.As("ann", actor.CaseManager), w.As("bob", actor.CaseManager), w.As("pat", actor.PrivacyOfficer)
		for range 3 {
			if _, err := clients.Read(ctx, ann, id); err != nil {
				t.Fatal(err)
			}
		}
		_, _ = clients.Read(ctx, bob, id)
		subject := record.SubjectOf(id)

		t.Run("the assigned worker sees who opened the chart, by person, without those who were refused", func(t *testing.T) {
			p, err := in.WhoOpened(ctx, ann, subject, inspect.Query{})
			if err != nil {
				t.Fatal(err)
			}
			got := inspect.Openers(p.Entries)
			for _, o := range got {
				if o.Worker == "bob" {
					t.Error("bob opened nothing and is listed")
				}
				if o.Worker == "ann" && o.Times < 3 {
					t.Errorf("ann opened it %d times", o.Times)
				}
			}
		})
		t.Run("whoever may not know the client cannot ask who opened the chart", func(t *testing.T) {
			if _, err := in.WhoOpened(ctx, bob, subject, inspect.Query{}); !fault.Is(err, fault.NotFound) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("everybody may ask what they did, an officer what anybody did, a colleague nothing", func(t *testing.T) {
			own, err := in.Did(ctx, bob, "bob", inspect.Query{Outcome: audit.Refused})
			if err != nil || len(own.Entries) == 0 {
				t.Errorf("own: %d, %v", len(own.Entries), err)
			}
			if _, err := in.Did(ctx, pat, "bob", inspect.Query{}); err != nil {
				t.Error(err)
			}
			if _, err := in.Did(ctx, ann, "bob", inspect.Query{}); !fault.Is(err, fault.Denied) {
				t.Errorf("a colleague: %v", err)
			}
		})
		t.Run("asking is itself in the log", func(t *testing.T) {
			if _, err := in.Explore(ctx, pat, inspect.Query{}); err != nil {
				t.Fatal(err)
			}
			p, err := in.Explore(ctx, pat, inspect.Query{Action: "log."})
			if err != nil || len(p.Entries) < 3 || p.Entries[0].Who.Worker != "pat" || p.Entries[0].Action != "log.find" {
				t.Fatalf("%d entries, %v", len(p.Entries), err)
			}
		})
		t.Run("paging walks the whole log once", func(t *testing.T) {
			all, err := in.Explore(ctx, pat, inspect.Query{Limit: 500})
			if err != nil {
				t.Fatal(err)
			}
			seen, before := 0, int64(0)
			for range 100 {
				p, err := in.Explore(ctx, pat, inspect.Query{Limit: 3, Before: before})
				if err != nil {
					t.Fatal(err)
				}
				for _, e := range p.Entries {
					if e.ID <= all.Entries[0].ID {
						seen++
					}
				}
				if before = p.Older; before == 0 {
					break
				}
			}
			if seen < len(all.Entries) {
				t.Errorf("saw %d of %d", seen, len(all.Entries))
			}
		})
		t.Run("a refusal is explained to the one who got it, with what would turn it", func(t *testing.T) {
			r, err := in.Why(ctx, bob, inspect.Ask{Worker: "bob", Action: "client.read", Purpose: actor.Treatment, Subject: subject, Classes: policy.Set(policy.Identity, policy.Note)})
			if err != nil {
				t.Fatal(err)
			}
			if r.Classes[0].Allowed || len(r.Classes[0].Ways) == 0 {
				t.Errorf("%+v", r.Classes[0])
			}
			if r, err := in.Why(ctx, pat, inspect.Ask{Worker: "ann", Role: actor.CaseManager, Action: "client.read", Purpose: actor.Treatment, Subject: subject, Classes: policy.Set(policy.Identity)}); err != nil || !r.Classes[0].Allowed || len(r.Classes[0].Rules) == 0 {
				t.Errorf("about ann: %+v, %v", r, err)
			}
			if _, err := in.Why(ctx, ann, inspect.Ask{Worker: "bob", Role: actor.CaseManager, Action: "client.read", Purpose: actor.Treatment, Classes: policy.Set(policy.Identity)}); !fault.Is(err, fault.Denied) {
				t.Errorf("a colleague asks about another: %v", err)
			}
		})
		t.Run("however many lists name a client, whoever opened the chart is seen", func(t *testing.T) {
			for range 520 {
				if _, err := clients.Find(ctx, ann, record.Query{Limit: 5}); err != nil {
					t.Fatal(err)
				}
			}
			v := w.Door.View(ann, "chart.open")
			openers := in.WantOpeners(v, subject)
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			got, err := openers(ctx, recordtest.Start.Add(-time.Hour))
			if err != nil || len(got) == 0 || !slices.ContainsFunc(got, func(o inspect.Opener) bool { return o.Worker == "ann" && o.Times == 4 }) {
				t.Errorf("%+v, %v", got, err)
			}
		})
	})
}
