package record_test

import (
	"slices"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// A work may look at labels before it is said what to write.
func TestLook(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		subject := record.SubjectOf(d.who)
		ann, eve := w.As("ann", actor.CaseManager), w.As("eve", actor.CaseManager)
		look := func(work *record.Work) (*record.List[casework], error) {
			var cases *record.List[casework]
			err := work.Look(ctx, "case.find", func(v *record.View) {
				cases = d.cases.WantLabels(v, record.Query{Subject: subject, Only: policy.Set(policy.Case)})
			})
			return cases, err
		}
		t.Run("what it looked at stands in its one entry", func(t *testing.T) {
			before := len(w.Entries(t))
			work := w.Door.Work(ann, "note.create")
			cases, err := look(work)
			if err != nil || len(cases.Rows) != 1 || cases.Rows[0].Labels.Group != "recovery" || cases.Rows[0].Value != (casework{}) {
				t.Fatalf("%+v %v", cases, err)
			}
			if n := len(w.Entries(t)) - before; n != 0 {
				t.Errorf("%d entries before it was committed", n)
			}
			id := d.notes.Create(work, subject, note{Author: "ann", State: "draft", Body: phi.NewText("A visit.")})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			es := w.Entries(t)
			if len(es) != before+1 {
				t.Fatalf("%d entries", len(es)-before)
			}
			var named []string
			for _, x := range es[0].Touched {
				named = append(named, x.Kind)
			}
			if e := es[0]; e.Action != "note.create" || e.Outcome != audit.Allowed || len(e.Touched) != 2 || e.Touched[0].ID != cases.Rows[0].ID.String() || e.Touched[1].ID != id.String() {
				t.Errorf("%s %v names %v", e.Action, e.Outcome, named)
			}
		})
		t.Run("it sees what is so now, however often it looked before", func(t *testing.T) {
			programs := func() (out []string) {
				for range 2 { // the second time they may be remembered
					work := w.Door.Work(ann, "note.create")
					cases, err := look(work)
					if err != nil {
						t.Fatal(err)
					}
					out = nil
					for _, o := range cases.Rows {
						out = append(out, o.Labels.Group)
					}
					d.notes.Create(work, subject, note{Author: "ann", State: "draft"})
					if err := work.Commit(ctx); err != nil {
						t.Fatal(err)
					}
					if e := w.Entries(t)[0]; len(e.Touched) != len(out)+1 {
						t.Errorf("%d records in the entry, and it saw %v", len(e.Touched), out)
					}
				}
				return out
			}
			if got := programs(); !slices.Equal(got, []string{"recovery"}) {
				t.Error(got)
			}
			others := d.admit(t, "Oksana Orlova", "ann")
			work := w.Door.Work(w.Service("import"), "import.run")
			second := d.cases.CreateAs(work, "case.open", subject, casework{Program: "housing", Worker: "ann", From: w.Clock.Now()})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if got := programs(); len(got) != 2 || !slices.Contains(got, "housing") {
				t.Error("after one was opened:", got)
			}
			work = w.Door.Work(w.As("ivy", actor.Intake), "case.reopen")
			d.cases.Change(work, "reopen", second, 1, func(c *casework) error { c.Program = "family"; return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if got := programs(); len(got) != 2 || !slices.Contains(got, "family") {
				t.Error("after one was changed:", got)
			}
			v := w.Door.View(ann, "case.find")
			opened := d.cases.WantAll(v, record.Query{Subject: subject})
			if err := v.Open(ctx); err != nil || len(opened.Rows) != 2 || opened.Rows[0].Value.Worker != "ann" {
				t.Errorf("what is opened is not what is remembered: %+v %v", opened.Rows, err)
			}
			if _, err := w.Door.Erase(ctx, w.Operator(), record.SubjectOf(others), "retention-ended"); err != nil {
				t.Fatal(err)
			}
			work = w.Door.Work(ann, "note.create")
			if err := work.Look(ctx, "case.find", func(v *record.View) {
				d.cases.WantLabels(v, record.Query{Subject: record.SubjectOf(others)})
			}); err != nil {
				t.Error(err)
			}
		})
		t.Run("who may not see them sees none, and is refused what they then write", func(t *testing.T) {
			work := w.Door.Work(eve, "note.create")
			cases, err := look(work)
			if err != nil || len(cases.Rows) != 0 {
				t.Fatalf("%+v %v", cases, err)
			}
			d.notes.Create(work, subject, note{Author: "eve", State: "draft"})
			if err := work.Commit(ctx); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Action != "note.create" || e.Outcome != audit.Refused {
				t.Errorf("%s %v", e.Action, e.Outcome)
			}
		})
		t.Run("one that may not be looked at ends the work with a refusal", func(t *testing.T) {
			work := w.Door.Work(eve, "note.create")
			if err := work.Look(ctx, "client.read", func(v *record.View) { d.clients.Want(v, d.who) }); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Action != "note.create" || e.Outcome != audit.Refused {
				t.Errorf("%s %v", e.Action, e.Outcome)
			}
			if err := work.Commit(ctx); !fault.Is(err, fault.Invalid) {
				t.Error("it went on:", err)
			}
		})
		t.Run("nothing is opened for it", func(t *testing.T) {
			work := w.Door.Work(ann, "note.create")
			var g *record.Got[client]
			if err := work.Look(ctx, "client.read", func(v *record.View) { g = d.clients.Want(v, d.who) }); !fault.Is(err, fault.Invalid) || !g.Value.Name.Empty() {
				t.Error(g, err)
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Failed {
				t.Errorf("%s %v", e.Action, e.Outcome)
			}
		})
	})
}

// A record that was read is remembered as it is sealed, and only while it is so.
func TestRowIsRememberedOnlyWhileItIsSo(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann := w.As("ann", actor.CaseManager)
		id := d.write(t, "ann", note{Title: "first"})
		reads := func(want string) {
			t.Helper()
			for range 2 {
				o, err := d.notes.Read(ctx, ann, id)
				if err != nil || o.Value.Title != want {
					t.Errorf("%q %v", o.Value.Title, err)
				}
			}
		}
		reads("first")
		change := func(door *record.Door, title string) {
			t.Helper()
			work := door.Work(ann, "note.change")
			record.Use(door, noteKind).Change(work, "change", id, 0, func(n *note) error { n.Title = title; return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
		}
		change(w.Door, "second")
		reads("second")
		change(w.Beside(t), "third")
		reads("third")
		change(w.Door, "fourth")
		reads("fourth")
		t.Run("an id of another kind is none", func(t *testing.T) {
			other, err := record.ParseID[client](id.String())
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.clients.Read(ctx, ann, other); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			reads("fourth")
		})
		t.Run("each reading has its entry", func(t *testing.T) {
			before := len(w.Entries(t))
			reads("fourth")
			if n := len(w.Entries(t)) - before; n != 2 {
				t.Errorf("%d entries for two readings", n)
			}
		})
		t.Run("who is refused is refused, remembered or not, with an entry", func(t *testing.T) {
			for range 2 {
				if _, err := d.notes.Read(ctx, w.As("eve", actor.CaseManager), id); !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				if e := w.Entries(t)[0]; e.Outcome != audit.Refused {
					t.Errorf("%s %v", e.Action, e.Outcome)
				}
			}
		})
		t.Run("what was erased is gone", func(t *testing.T) {
			if _, err := w.Door.Erase(ctx, w.Operator(), record.SubjectOf(d.who), "retention-ended"); err != nil {
				t.Fatal(err)
			}
			if _, err := d.notes.Read(ctx, ann, id); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
	})
}
