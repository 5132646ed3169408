package plan_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/record/recordtest"
)

func TestPlans(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ctx := context.Background()
		clients := person.New(w.Door)
		plans := plan.New(w.Door, casefile.New(w.Door, clients), notice.New(w.Door))
		source := func(ref string) person.Source { return person.Source{Type: "CarePlan", Ref: phi.NewText(ref)} }
		var client person.ID
		err := clients.Import(ctx, w.Service("import"), func(work *person.Work) (bool, error) {
			var err error
			if client, err = clients.Adopt(ctx, work, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}, Source: source("p")}); err != nil {
				return false, err
			}
			for ref, p := range map[string]plan.Plan{
				"old": {Title: phi.NewText("Old"), From: phi.NewDate(2026, 1, 1)},
				"new": {Title: phi.NewText("New"), From: phi.NewDate(2025, 1, 1), Current: true, Activities: []plan.Activity{{Status: phi.NewText("completed")}, {Status: phi.NewText("scheduled")}}},
			} {
				p.Source = source(ref)
				if _, err := plans.Adopt(work, client, p); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		demo := w.Service("demo")
		t.Run("those in force come first, with how many activities are done", func(t *testing.T) {
			rows, err := plans.List(ctx, demo, client)
			if err != nil {
				t.Fatal(err)
			}
			var titles []string
			for _, o := range rows {
				titles = append(titles, o.Value.Title.Disclose()+"/"+o.Labels.State)
			}
			if diff := cmp.Diff([]string{"New/active", "Old/past"}, titles); diff != "" {
				t.Error(diff)
			}
			if done, total := rows[0].Value.Progress(); done != 1 || total != 2 {
				t.Error(done, total)
			}
		})
		t.Run("a stranger sees none", func(t *testing.T) {
			if rows, err := plans.List(ctx, w.As("w9", actor.CaseManager), client); err != nil || len(rows) != 0 {
				t.Error(len(rows), err)
			}
		})
		t.Run("one without a source is not adopted", func(t *testing.T) {
			_, err := plans.Adopt(clients.Work(demo, "import.run"), client, plan.Plan{})
			if !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
	})
}
