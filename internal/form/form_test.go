package form_test

import (
	"context"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func both(en, es string) form.Words { return form.Words{En: en, Es: es} }

func design() form.Design {
	return form.Design{Title: both("Housing readiness", "Preparación para la vivienda"), Programs: []string{"housing"}, Fields: []form.Field{
		{Type: form.Date, Label: both("Lease ends", "Fin del contrato"), Class: policy.Case, Required: true},
		{Type: form.Number, Label: both("Monthly income", "Ingreso mensual"), Class: policy.Financial},
		{Type: form.Choice, Label: both("Landlord knows", "El propietario sabe"), Class: policy.Household, Options: []form.Option{{Text: both("Yes", "Sí")}, {Text: both("No", "No")}}},
		{Type: form.Several, Label: both("Papers", "Documentos"), Class: policy.Document, Options: []form.Option{{Text: both("Lease", "Contrato")}, {Text: both("ID", "Identificación")}}},
		{Type: form.YesNo, Label: both("In court", "En la corte"), Class: policy.LegalMatter},
	}}
}

func filling(m map[string][]string) func(string) []string {
	return func(key string) []string { return m[key] }
}

func TestForms(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		fs := form.New(w.Door)
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		admin, intake := w.As("a1", actor.Administrator), w.As("i1", actor.Intake)
		one, two, stranger, manager := w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager), w.As("w9", actor.CaseManager), w.As("m1", actor.ProgramManager)
		r, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Quell")}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
			t.Fatal(err)
		}
		read := func(t *testing.T, id form.ID) form.Opened {
			t.Helper()
			o, err := fs.Read(ctx, admin, id)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		filled := func(t *testing.T, who actor.Actor, id form.FilledID) (form.OpenedFilled, error) {
			t.Helper()
			v := w.Door.View(who, "filled_form.read")
			g := fs.WantFilled(v, id)
			err := v.Open(ctx)
			return g.Opened, err
		}
		var id form.ID
		t.Run("is designed by an administrator, and by no worker", func(t *testing.T) {
			if _, err := fs.Create(ctx, one, both("Mine", "Mío"), nil); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if _, err := fs.Create(ctx, admin, form.Words{}, nil); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
			if id, err = fs.Create(ctx, admin, both("Housing readiness", ""), nil); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("is not published before it asks something, in both languages", func(t *testing.T) {
			if err := fs.Publish(ctx, admin, id, 1); len(fault.FieldsOf(err)) != 2 {
				t.Error(fault.FieldsOf(err))
			}
			if len(form.Fillable([]form.Opened{read(t, id)}, []string{"housing"})) != 0 {
				t.Error("a draft can be filled in")
			}
		})
		t.Run("takes no class that ordinary staff do not open", func(t *testing.T) {
			for _, c := range []policy.Class{policy.SSN, policy.SUD, policy.SUDCounselling, policy.Psychotherapy, policy.Workforce, "made up"} {
				d := design()
				d.Fields[0].Class = c
				if err := fs.Design(ctx, admin, id, 0, d); len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "class-" {
					t.Error(c, err)
				}
			}
		})
		t.Run("fields get keys that stay, and are never given again", func(t *testing.T) {
			if err := fs.Design(ctx, admin, id, 1, design()); err != nil {
				t.Fatal(err)
			}
			if err := fs.Design(ctx, admin, id, 1, design()); !fault.Is(err, fault.Conflict) {
				t.Error("two people design over each other", err)
			}
			d := read(t, id).Value
			next := d.Next
			next.Fields = append([]form.Field{{Type: form.Text, Label: both("First", "Primero"), Class: policy.Case}}, next.Fields[1:]...)
			if err := fs.Design(ctx, admin, id, 2, next); err != nil {
				t.Fatal(err)
			}
			if got := read(t, id).Value.Next.Fields; got[0].Key != "f6" || got[1].Key != "f2" || got[2].Options[1].Key != "o2" {
				t.Error(got[0].Key, got[1].Key)
			}
			if err := fs.Design(ctx, admin, id, 3, d.Next); err != nil {
				t.Fatal(err)
			}
		})
		var done form.FilledID
		t.Run("is published, filled in, and sealed by the class of each field", func(t *testing.T) {
			if err := fs.Publish(ctx, admin, id, 4); err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
			o := read(t, id)
			if _, err := fs.Fill(ctx, one, r.ID, o, form.Filling{Edition: 1, Get: filling(nil)}); len(fault.FieldsOf(err)) != 1 || fault.FieldsOf(err)[0].Name != "f1" {
				t.Error(err)
			}
			bad := filling(map[string][]string{"f1": {"soon"}, "f2": {"lots"}, "f3": {"o9"}, "f5": {"maybe"}})
			if _, err := fs.Fill(ctx, one, r.ID, o, form.Filling{Edition: 1, Get: bad}); len(fault.FieldsOf(err)) != 4 {
				t.Error(fault.FieldsOf(err))
			}
			good := filling(map[string][]string{"f1": {"2027-01-31"}, "f2": {"$1,250.50"}, "f3": {"o1"}, "f4": {"o1", "o2"}, "f5": {"yes"}})
			if _, err := fs.Fill(ctx, stranger, r.ID, o, form.Filling{Edition: 1, Get: good}); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if done, err = fs.Fill(ctx, one, r.ID, o, form.Filling{Edition: 1, Get: good}); err != nil {
				t.Fatal(err)
			}
			got, err := filled(t, one, done)
			if err != nil || got.Withheld != 0 {
				t.Fatal(err, got.Withheld)
			}
			v := got.Value.Values()
			if v["f2"][0].Disclose() != "1250.50" || len(v["f4"]) != 2 || got.Value.Financial[0].Key != "f2" || got.Value.Legal[0].Key != "f5" {
				t.Error("answers lie where they should not")
			}
		})
		t.Run("a role that may not see a class sees the rest, and that this is not shown", func(t *testing.T) {
			got, err := filled(t, manager, done)
			if err == nil {
				t.Fatal("a manager of no program sees it", got.Version)
			}
			if _, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Other")}}, true); err != nil {
				t.Fatal(err)
			}
			pay := w.As("w1", actor.CaseManager).For(actor.Payment)
			if got, err = filled(t, pay, done); err != nil {
				t.Fatal(err)
			}
			v := got.Value.Values()
			if !got.Withheld.Has(policy.LegalMatter) || !got.Withheld.Has(policy.Document) || got.Withheld.Has(policy.Financial) || v["f5"] != nil || v["f2"] == nil || len(got.Value.Fields) != 5 {
				t.Error(got.Withheld.List())
			}
			t.Run("and changes the rest without touching it", func(t *testing.T) {
				if err := fs.Edit(ctx, pay, r.ID, got, got.Version, filling(map[string][]string{"f1": {"2027-02-28"}, "f2": {"900"}, "f5": {"no"}})); err != nil {
					t.Fatal(err, fault.FieldsOf(err))
				}
				all, err := filled(t, one, done)
				if err != nil {
					t.Fatal(err)
				}
				v := all.Value.Values()
				if v["f5"][0].Disclose() != "yes" || v["f2"][0].Disclose() != "900" || len(v["f4"]) != 2 {
					t.Error("what was withheld changed")
				}
			})
		})
		t.Run("two people who edit at once are told", func(t *testing.T) {
			a, err := filled(t, one, done)
			if err != nil {
				t.Fatal(err)
			}
			in := filling(map[string][]string{"f1": {"2027-03-01"}})
			if err := fs.Edit(ctx, two, r.ID, a, a.Version, in); err != nil {
				t.Fatal(err)
			}
			if err := fs.Edit(ctx, one, r.ID, a, a.Version, in); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if h, err := fs.History(ctx, one, done); err != nil || len(h) != 3 {
				t.Error(len(h), err)
			}
		})
		t.Run("a new edition changes nothing that is filled in, and an open form says so", func(t *testing.T) {
			o := read(t, id)
			next := o.Value.Next
			next.Fields = next.Fields[:1]
			if err := fs.Design(ctx, admin, id, o.Version, next); err != nil {
				t.Fatal(err)
			}
			if !read(t, id).Value.Changed() {
				t.Error("the design is as published")
			}
			if err := fs.Publish(ctx, admin, id, o.Version+1); err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Fill(ctx, one, r.ID, read(t, id), form.Filling{Edition: 1, Get: filling(map[string][]string{"f1": {"2027-01-31"}})}); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			got, err := filled(t, one, done)
			if err != nil || len(got.Value.Fields) != 5 || got.Value.Edition != 1 {
				t.Error(len(got.Value.Fields), err)
			}
		})
		t.Run("is offered in its programs only, and no more once it is retired", func(t *testing.T) {
			all := []form.Opened{read(t, id)}
			if len(form.Fillable(all, []string{"housing"})) != 1 || len(form.Fillable(all, []string{"recovery"})) != 0 {
				t.Error("offered in the wrong programs")
			}
			if err := fs.Retire(ctx, admin, id, 0); err != nil {
				t.Fatal(err)
			}
			if err := fs.Retire(ctx, admin, id, 0); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			o := read(t, id)
			if len(form.Fillable([]form.Opened{o}, []string{"housing"})) != 0 {
				t.Error("a retired form is offered")
			}
			if _, err := fs.Fill(ctx, one, r.ID, o, form.Filling{Edition: 2, Get: filling(map[string][]string{"f1": {"2027-01-31"}})}); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("what is filled in is kept for whoever fills it in", func(t *testing.T) {
			if _, err := fs.Keep(ctx, one, r.ID, id, 0, map[string]phi.Text{"f1": phi.NewText("2027")}); err != nil {
				t.Fatal(err)
			}
			if d, found, err := fs.Take(ctx, one, r.ID, id); err != nil || !found || d.Fields["f1"].Disclose() != "2027" {
				t.Error(found, err)
			}
			if err := fs.Drop(ctx, one, r.ID, id); err != nil {
				t.Fatal(err)
			}
			if _, found, err := fs.Take(ctx, one, r.ID, id); found || err != nil {
				t.Error(found, err)
			}
		})
		t.Run("what the agency asks is known to everybody who works there", func(t *testing.T) {
			v := w.Door.View(two, "form.find")
			l := fs.WantForms(v)
			if err := v.Open(ctx); err != nil || len(l.Rows) != 1 {
				t.Error(len(l.Rows), err)
			}
		})
	})
}
