package record_test

import (
	"fmt"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// What was looked up of how somebody stands to a client is remembered; these are the ways
// in which it may stop being so.
func TestRelationIsRememberedOnlyWhileItIsSo(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := &desk{World: w, clients: record.Use(w.Door, clientKind), cases: record.Use(w.Door, caseKind), notes: record.Use(w.Door, noteKind)}
		start := w.Clock.Now()
		id := d.admit(t, "Marisol Ibáñez", "")
		others := d.admit(t, "Oksana Orlova", "ann")
		who := record.SubjectOf(id)
		var turns []record.ID[casework]
		for _, c := range []casework{
			{Program: "recovery", Worker: "ann", From: start, Until: start.Add(time.Hour)},
			{Program: "recovery", Worker: "bob", From: start.Add(time.Hour), Until: start.Add(2 * time.Hour)},
		} {
			work := w.Door.Work(w.Service("import"), "import.run")
			turns = append(turns, d.cases.CreateAs(work, "case.open", who, c))
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		reads := func() (out string) {
			t.Helper()
			for _, worker := range []string{"ann", "bob", "eve"} {
				for i := range 2 { // the second time it may be remembered
					_, err := d.clients.Read(ctx, w.As(worker, actor.CaseManager), id)
					if err != nil && !fault.Is(err, fault.NotFound) {
						t.Fatal(err)
					}
					if err == nil {
						out += fmt.Sprint(worker, i, " ")
					}
				}
			}
			return out
		}
		const ann, bob, eve = "ann0 ann1 ", "bob0 bob1 ", "eve0 eve1 "
		for _, x := range []struct {
			name string
			at   time.Duration
			want string
		}{
			{"in the first one's turn", 0, ann},
			{"at its last moment", time.Hour - time.Microsecond, ann},
			{"at the first of the next", time.Hour, bob},
			{"while the clock is set back", 30 * time.Minute, ann},
			{"and forward again", 90 * time.Minute, bob},
			{"after both", 2 * time.Hour, ""},
			{"back in the first", time.Minute, ann},
		} {
			w.Clock.Set(start.Add(x.at))
			if got := reads(); got != x.want {
				t.Errorf("%s %q read it, not %q", x.name, got, x.want)
			}
		}
		change := func(id record.ID[casework], version int64, edit func(*casework)) {
			t.Helper()
			work := w.Door.Work(w.As("ivy", actor.Intake), "case.reopen")
			d.cases.Change(work, "reopen", id, version, func(c *casework) error { edit(c); return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		change(turns[0], 1, func(c *casework) { c.Worker = "eve" })
		if got := reads(); got != eve {
			t.Errorf("after it was given to another %q read it", got)
		}
		change(turns[1], 1, func(c *casework) { c.From = start })
		if got := reads(); got != bob+eve {
			t.Errorf("after the other began sooner %q read it", got)
		}
		if _, err := d.clients.Read(ctx, w.As("ann", actor.CaseManager), others); err != nil {
			t.Error("ann lost another client:", err)
		}
		change(turns[0], 2, func(c *casework) { c.Until = w.Clock.Now() })
		if got := reads(); got != bob {
			t.Errorf("after it was ended %q read it", got)
		}
	})
}
