package clinical_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/clinical"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

func TestSummary(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ctx := context.Background()
		clients, items := person.New(w.Door), clinical.New(w.Door)
		var client person.ID
		err := clients.Import(ctx, w.Service("import"), func(work *person.Work) (bool, error) {
			var err error
			if client, err = clients.Adopt(ctx, work, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}, Source: person.Source{Type: "Patient", Ref: phi.NewText("p")}}); err != nil {
				return false, err
			}
			for _, i := range []clinical.Item{
				{Sort: clinical.Condition, Display: phi.NewText("Past"), OnsetOn: phi.NewDate(2026, 1, 1)},
				{Sort: clinical.Condition, Display: phi.NewText("Long"), Current: true, OnsetOn: phi.NewDate(2001, 0, 0)},
				{Sort: clinical.Condition, Display: phi.NewText("Lately"), Current: true, RecordedOn: phi.NewDate(2025, 5, 1)},
				{Sort: clinical.Allergy, Display: phi.NewText("Penicillin"), Current: true},
				{Sort: clinical.Medication, Display: phi.NewText("Stopped")},
			} {
				i.Source = person.Source{Type: string(i.Sort), Ref: i.Display}
				if _, err := items.Adopt(work, client, i); err != nil {
					return false, err
				}
			}
			return true, nil
		})
		if err != nil {
			t.Fatal(err)
		}
		words := func(rows []clinical.Opened) (out []string) {
			for _, o := range rows {
				out = append(out, o.Value.Display.Disclose()+"/"+o.Labels.State)
			}
			return out
		}
		t.Run("what is active comes first, then what began last", func(t *testing.T) {
			s, err := items.Summary(ctx, w.Service("demo"), client)
			if err != nil || s.More {
				t.Fatal(s.More, err)
			}
			got := [][]string{words(s.Conditions), words(s.Allergies), words(s.Medications)}
			if diff := cmp.Diff([][]string{{"Lately/active", "Long/active", "Past/past"}, {"Penicillin/active"}, {"Stopped/past"}}, got); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("a stranger sees none", func(t *testing.T) {
			if s, err := items.Summary(ctx, w.As("w9", actor.CaseManager), client); err != nil || len(s.Conditions) != 0 {
				t.Error(len(s.Conditions), err)
			}
		})
	})
}
