package clinical_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

func TestByHand(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ctx := context.Background()
		clients, items := person.New(w.Door), clinical.New(w.Door)
		cases := casefile.New(w.Door, clients)
		intake := w.As("i1", actor.Intake)
		reg, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cases.Open(ctx, intake, reg.ID, casefile.Opening{Program: "housing", Worker: "ann"}); err != nil {
			t.Fatal(err)
		}
		ann := w.As("ann", actor.CaseManager)
		in := clinical.Input{Sort: clinical.Allergy, Display: phi.NewText("Penicillin"), Detail: phi.NewText("rash"), Since: phi.NewDate(2019, 0, 0), Told: clinical.ByClient}
		fields := func(err error) (out []string) {
			for _, f := range fault.FieldsOf(err) {
				out = append(out, f.Name)
			}
			return out
		}
		id, err := items.Add(ctx, ann, reg.ID, in)
		if err != nil {
			t.Fatal(err)
		}
		read := func(t *testing.T) clinical.Opened {
			t.Helper()
			s, err := items.Summary(ctx, ann, reg.ID)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range append(append(s.Allergies, s.Medications...), s.Conditions...) {
				if o.ID == id {
					return o
				}
			}
			t.Fatal("it is not there")
			return clinical.Opened{}
		}
		t.Run("what a worker writes down says who told it and who wrote it", func(t *testing.T) {
			v := read(t).Value
			if v.Told != clinical.ByClient || v.Writer != "ann" || !v.Current || v.Detail().Disclose() != "rash" || !v.ByHand() {
				t.Error(v.Told, v.Writer, v.Current)
			}
		})
		t.Run("everything wrong is told at once", func(t *testing.T) {
			_, err := items.Add(ctx, ann, reg.ID, clinical.Input{Since: phi.NewDate(2030, 1, 1), Until: phi.NewDate(2020, 1, 1)})
			if diff := cmp.Diff([]string{"sort", "display", "told", "since", "until"}, fields(err)); diff != "" {
				t.Error(diff)
			}
			if _, err := items.Add(ctx, ann, reg.ID, clinical.Input{Sort: clinical.Allergy, Display: phi.NewText("x"), Told: clinical.ByClient, Since: phi.NewDate(2026, 11, 21)}); err != nil {
				t.Error("today may be tomorrow in UTC:", err)
			}
		})
		t.Run("an end makes it past", func(t *testing.T) {
			in := in
			in.Until = phi.NewDate(2020, 2, 29)
			if err := items.Change(ctx, ann, reg.ID, id, 1, in); err != nil {
				t.Fatal(err)
			}
			if o := read(t); o.Labels.State != clinical.Past || o.Value.Status.Disclose() != "resolved" || o.Version != 2 {
				t.Error(o.Labels.State, o.Version)
			}
		})
		t.Run("whoever saw an older version gets a conflict", func(t *testing.T) {
			if err := items.Change(ctx, ann, reg.ID, id, 1, in); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("a supervisor, a stranger and intake write nothing, and the log says so", func(t *testing.T) {
			for _, who := range []actor.Actor{w.As("bob", actor.CaseManager), intake, w.As("pat", actor.ProgramManager), w.As("sue", actor.Supervisor)} {
				if _, err := items.Add(ctx, who, reg.ID, in); err == nil {
					t.Error(who.Role())
				}
				if e := w.Entries(t)[0]; e.Outcome != audit.Refused {
					t.Error(e.Outcome)
				}
			}
		})
		t.Run("an item of another client is not found", func(t *testing.T) {
			other, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Other")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if err := items.Change(ctx, ann, other.ID, id, 0, in); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("what was entered in error stays, says so, and is changed no more", func(t *testing.T) {
			if err := items.MarkWrong(ctx, ann, reg.ID, id, 2); err != nil {
				t.Fatal(err)
			}
			if o := read(t); !o.Value.Wrong || o.Labels.State != clinical.Past {
				t.Error(o.Value.Wrong)
			}
			if err := items.Change(ctx, ann, reg.ID, id, 0, in); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("what came from another system is changed there", func(t *testing.T) {
			var imported clinical.ID
			err := clients.Import(ctx, w.Service("import"), func(work *person.Work) (bool, error) {
				var err error
				imported, err = items.Adopt(work, reg.ID, clinical.Item{Sort: clinical.Condition, Display: phi.NewText("Asthma"), Current: true, Source: person.Source{Type: "Condition", Ref: phi.NewText("c1")}})
				return true, err
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := items.Change(ctx, ann, reg.ID, imported, 0, in); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err := items.MarkWrong(ctx, ann, reg.ID, imported, 0); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("what belongs to a substance use program is protected as such", func(t *testing.T) {
			in := in
			in.Sort, in.Display, in.Part2 = clinical.Medication, phi.NewText("Buprenorphine"), true
			medication, err := items.Add(ctx, ann, reg.ID, in)
			if err != nil {
				t.Fatal(err)
			}
			in.Part2 = false
			if err := items.Change(ctx, ann, reg.ID, medication, 1, in); err != nil {
				t.Fatal(err)
			}
			s, err := items.Summary(ctx, ann, reg.ID)
			if err != nil || len(s.Medications) != 1 || s.Medications[0].Version != 2 || !s.Medications[0].Value.Part2 {
				t.Error("a change took the protection away", err)
			}
			for _, o := range s.Allergies {
				if o.Value.Part2 {
					t.Error("an ordinary item became one of the program")
				}
			}
			in.Part2 = true
			if _, err := items.Add(ctx, ann.For(actor.Operations), reg.ID, in); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
	})
}
