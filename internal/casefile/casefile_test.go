package casefile_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type world struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
}

func open(w *recordtest.World) world {
	cs := person.New(w.Door)
	return world{w, cs, casefile.New(w.Door, cs)}
}

// client registers somebody and opens a case for them.
func (w world) client(t *testing.T, family string, in casefile.Opening) (person.ID, casefile.ID) {
	t.Helper()
	who := w.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, who, person.Client{Name: person.Name{Family: phi.NewText(family)}}, true)
	if err != nil {
		t.Fatal(err)
	}
	if in.Program == "" {
		in.Program = "Recovery support"
	}
	id, err := w.cases.Open(ctx, who, r.ID, in)
	if err != nil {
		t.Fatal(err)
	}
	return r.ID, id
}

// sees reports whether a case manager may open the client.
func (w world) sees(t *testing.T, worker string, id person.ID) bool {
	t.Helper()
	_, err := w.clients.Open(ctx, w.As(worker, actor.CaseManager), id)
	if err != nil && !fault.Is(err, fault.NotFound) {
		t.Fatal(err)
	}
	return err == nil
}

// run reads and changes a case as the supervisor of whoever has it.
func (w world) version(t *testing.T, id casefile.ID) int64 {
	t.Helper()
	o, err := w.cases.Read(ctx, w.As("i1", actor.Intake), id)
	if err != nil {
		t.Fatal(err)
	}
	return o.Version
}

func TestOpen(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(rw)
		t.Run("makes the worker and the care team see the client, and nobody else", func(t *testing.T) {
			id, _ := w.client(t, "Pruitt", casefile.Opening{Worker: "w1", Team: []casefile.Member{{Worker: "w2", Role: phi.NewText("peer support")}}})
			got := map[string]bool{"w1": w.sees(t, "w1", id), "w2": w.sees(t, "w2", id), "w3": w.sees(t, "w3", id)}
			if diff := cmp.Diff(map[string]bool{"w1": true, "w2": true, "w3": false}, got); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("sets what falls due by the level of support", func(t *testing.T) {
			_, id := w.client(t, "Tanaka", casefile.Opening{Level: casefile.High})
			o, err := w.cases.Read(ctx, w.As("i1", actor.Intake), id)
			if err != nil {
				t.Fatal(err)
			}
			if o.Value.NextContactOn.DiscloseISO() != "2026-12-04" || o.Value.PlanReviewOn.DiscloseISO() != "2027-02-18" || o.Labels.State != casefile.StateOpen {
				t.Error(o.Value.NextContactOn.DiscloseISO(), o.Value.PlanReviewOn.DiscloseISO())
			}
		})
		t.Run("tells everything wrong at once", func(t *testing.T) {
			id, _ := w.client(t, "Lee", casefile.Opening{})
			_, err := w.cases.Open(ctx, w.As("i1", actor.Intake), id, casefile.Opening{Level: "much", OpenedOn: phi.NewDate(2030, 1, 1), Team: []casefile.Member{{}}})
			var got []string
			for _, f := range fault.FieldsOf(err) {
				got = append(got, f.Name)
			}
			if diff := cmp.Diff([]string{"program", "level", "opened_on", "team"}, got); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func TestClose(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(rw)
		id, c := w.client(t, "Pruitt", casefile.Opening{Worker: "w1"})
		worker := w.As("w1", actor.CaseManager)
		t.Run("asks for a reason", func(t *testing.T) {
			if err := w.cases.Close(ctx, worker, c, 1, casefile.Closing{}); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
		t.Run("refuses a day before the case was opened", func(t *testing.T) {
			err := w.cases.Close(ctx, worker, c, 1, casefile.Closing{Reason: casefile.GoalsMet, On: phi.NewDate(2020, 1, 1)})
			if !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("ends at once that the worker sees the client", func(t *testing.T) {
			if !w.sees(t, "w1", id) {
				t.Fatal("the worker does not see the client of an open case")
			}
			if err := w.cases.Close(ctx, worker, c, 1, casefile.Closing{Reason: casefile.GoalsMet}); err != nil {
				t.Fatal(err)
			}
			if w.sees(t, "w1", id) {
				t.Error("the worker still sees the client")
			}
			o, err := w.cases.Read(ctx, w.As("i1", actor.Intake), c)
			if err != nil || o.Value.IsOpen() || len(o.Value.Previous) != 1 {
				t.Error(err)
			}
		})
	})
}

func TestEdit(t *testing.T) {
	w := open(recordtest.Open(t))
	_, c := w.client(t, "Pruitt", casefile.Opening{Worker: "w1"})
	worker := w.As("w1", actor.CaseManager)
	t.Run("changes dates and level, and never who works with the client", func(t *testing.T) {
		err := w.cases.Edit(ctx, worker, c, 1, func(c *casefile.Case) {
			c.Level, c.NextContactOn, c.Worker, c.Status = casefile.Intensive, phi.NewDate(2026, 11, 27), "w9", casefile.StateClosed
		})
		if err != nil {
			t.Fatal(err)
		}
		o, err := w.cases.Read(ctx, worker, c)
		if err != nil || o.Value.Level != casefile.Intensive || o.Value.Worker != "w1" || !o.Value.IsOpen() {
			t.Errorf("%v", err)
		}
	})
	t.Run("refuses a stale version", func(t *testing.T) {
		if err := w.cases.Edit(ctx, worker, c, 1, func(*casefile.Case) {}); !fault.Is(err, fault.Conflict) {
			t.Error(err)
		}
	})
	t.Run("assigning is not for the worker", func(t *testing.T) {
		if err := w.cases.Assign(ctx, worker, c, w.version(t, c), "w2", casefile.Words{}); !fault.Is(err, fault.Denied) {
			t.Error(err)
		}
		if err := w.cases.SetTeam(ctx, worker, c, w.version(t, c), []casefile.Member{{Worker: "w2"}}); !fault.Is(err, fault.Denied) {
			t.Error(err)
		}
	})
}

func TestAssign(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(rw)
		id, c := w.client(t, "Pruitt", casefile.Opening{Worker: "w1"})
		demo := w.Service("demo") // may assign, as a supervisor of the worker may
		t.Run("moves the client to the new worker at once and remembers the old", func(t *testing.T) {
			w.Clock.Advance(time.Hour)
			if err := w.cases.Assign(ctx, demo, c, 1, "w2", casefile.Words{}); err != nil {
				t.Fatal(err)
			}
			if w.sees(t, "w1", id) || !w.sees(t, "w2", id) {
				t.Error("the old worker sees the client, or the new one does not")
			}
			o, err := w.cases.Read(ctx, w.As("w2", actor.CaseManager), c)
			if err != nil || len(o.Value.Previous) != 1 || o.Value.Previous[0].Worker != "w1" {
				t.Error(err)
			}
		})
		t.Run("whoever is left out of the team is off it at once", func(t *testing.T) {
			for _, team := range [][]casefile.Member{{{Worker: "w3"}, {Worker: "w4"}}, {{Worker: "w4"}}} {
				w.Clock.Advance(time.Hour)
				if err := w.cases.SetTeam(ctx, demo, c, w.version(t, c), team); err != nil {
					t.Fatal(err)
				}
			}
			if w.sees(t, "w3", id) || !w.sees(t, "w4", id) {
				t.Error("w3 sees the client, or w4 does not")
			}
		})
		t.Run("a member's time on the team ends by itself", func(t *testing.T) {
			until := w.Clock.Now().Add(24 * time.Hour)
			if err := w.cases.SetTeam(ctx, demo, c, w.version(t, c), []casefile.Member{{Worker: "w5", Until: until}}); err != nil {
				t.Fatal(err)
			}
			before := w.sees(t, "w5", id)
			w.Clock.Advance(25 * time.Hour)
			if !before || w.sees(t, "w5", id) {
				t.Error("the time on the team does not end")
			}
		})
	})
}

func TestCaseload(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(rw)
		day := func(n int) phi.Date { return person.Today(recordtest.Start.AddDate(0, 0, n)) }
		w.client(t, "Pruitt", casefile.Opening{Worker: "w1", NextContactOn: day(-5), PlanReviewOn: day(-6), OpenedOn: day(-300)})
		w.client(t, "Tanaka", casefile.Opening{Worker: "w1", NextContactOn: day(0), PlanReviewOn: day(30), OpenedOn: day(-300), Level: casefile.High})
		w.client(t, "Cardenas", casefile.Opening{Worker: "w1", NextContactOn: day(7), OpenedOn: day(-3)})
		_, closed := w.client(t, "Hensley", casefile.Opening{Worker: "w1"})
		w.client(t, "Abbott", casefile.Opening{Worker: "w2", NextContactOn: day(-1)})
		worker := w.As("w1", actor.CaseManager)
		if err := w.cases.Close(ctx, worker, closed, 1, casefile.Closing{Reason: casefile.MovedAway}); err != nil {
			t.Fatal(err)
		}
		load := func(t *testing.T, who actor.Actor, q casefile.CaseloadQuery) (names []string, counts casefile.Counts) {
			t.Helper()
			l, err := w.cases.Caseload(ctx, who, q)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range l.Rows {
				names = append(names, r.Client.Value.ListName().Disclose())
			}
			return names, l.Counts
		}
		t.Run("shows the open cases with names, most overdue first, as one entry", func(t *testing.T) {
			before := len(w.Entries(t))
			names, counts := load(t, worker, casefile.CaseloadQuery{Worker: "w1"})
			if diff := cmp.Diff([]string{"Pruitt", "Tanaka", "Cardenas"}, names); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff(casefile.Counts{All: 3, Attention: 2, Week: 2, PlanReview: 2, New: 1, MostOverdue: 5}, counts); diff != "" {
				t.Error(diff)
			}
			es := w.Entries(t)
			if len(es) != before+1 || len(es[0].Touched) != 6 {
				t.Errorf("%d entries more, %d records named", len(es)-before, len(es[0].Touched))
			}
		})
		t.Run("narrows by tab, name, level and order", func(t *testing.T) {
			for want, q := range map[string]casefile.CaseloadQuery{
				"Cardenas": {Worker: "w1", Tab: casefile.NewCases}, "Tanaka": {Worker: "w1", Name: phi.NewText("tan")}, "Hensley": {Worker: "w1", Status: casefile.StateClosed},
			} {
				who := worker
				if want == "Hensley" {
					who = w.As("i1", actor.Intake)
				}
				if names, _ := load(t, who, q); len(names) != 1 || names[0] != want {
					t.Error(want, names)
				}
			}
			names, _ := load(t, worker, casefile.CaseloadQuery{Sort: casefile.ByName})
			if diff := cmp.Diff([]string{"Cardenas", "Pruitt", "Tanaka"}, names); diff != "" {
				t.Error(diff)
			}
			if _, counts := load(t, worker, casefile.CaseloadQuery{Level: casefile.High}); counts.All != 1 {
				t.Error(counts)
			}
		})
		t.Run("another worker's caseload is empty, in rows and in counts", func(t *testing.T) {
			names, counts := load(t, worker, casefile.CaseloadQuery{Worker: "w2"})
			if len(names) != 0 || counts != (casefile.Counts{}) {
				t.Error(names, counts)
			}
		})
		t.Run("what others share is theirs, and shown while one is on the care team", func(t *testing.T) {
			_, file := w.client(t, "Ekholm", casefile.Opening{Worker: "w2", NextContactOn: day(-2)})
			shared := casefile.CaseloadQuery{Shared: true}
			if names, counts := load(t, worker, shared); len(names) != 0 || counts != (casefile.Counts{}) {
				t.Error("without a part in it:", names, counts)
			}
			if err := w.cases.Join(ctx, w.Service("demo"), file, casefile.Member{Worker: "w1", Role: phi.NewText("second worker")}); err != nil {
				t.Fatal(err)
			}
			if names, counts := load(t, worker, shared); len(names) != 1 || names[0] != "Ekholm" || counts.All != 1 || counts.Attention != 1 {
				t.Error(names, counts)
			}
			if names, _ := load(t, worker, casefile.CaseloadQuery{Worker: "w1"}); slices.Contains(names, "Ekholm") {
				t.Error("it stands among one's own:", names)
			}
			if names, _ := load(t, w.As("w3", actor.CaseManager), shared); len(names) != 0 {
				t.Error("somebody without a part in it:", names)
			}
		})
	})
}
