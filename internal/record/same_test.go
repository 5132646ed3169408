package record_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// join says that two records are of one person.
type join struct {
	Into   record.Subject `class:"identity" doc:"The record that stays."`
	From   record.Subject `class:"identity" doc:"The record that was joined to it."`
	At     time.Time      `class:"identity" doc:"When it was said."`
	Undone time.Time      `class:"identity" doc:"When it was undone."`
}

var joinKind = record.Define(record.Kind[join]{
	Name: "merge", Doc: "Two records of one person.", Retention: "record",
	Facts: func(_ string, _ record.Subject, j join) []record.Fact {
		return []record.Fact{{Holder: record.ClientObject(j.From), Rel: "same_as", Object: record.ClientObject(j.Into), From: j.At, Until: j.Undone}}
	},
})

func TestSamePerson(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := &desk{World: w, clients: record.Use(w.Door, clientKind), cases: record.Use(w.Door, caseKind), notes: record.Use(w.Door, noteKind)}
		joins := record.Use(w.Door, joinKind)
		stays, goes, other := d.admit(t, "Marisol Ibáñez", "ann"), d.admit(t, "Marisol Ibanez", "bob"), d.admit(t, "Oksana Orlova", "eve")
		about := func(worker string, id record.ID[client], n note) record.ID[note] {
			t.Helper()
			n.Author, n.State, n.At = worker, "signed", w.Clock.Now()
			work := w.Door.Work(w.As(worker, actor.CaseManager), "note.create")
			out := d.notes.Create(work, record.SubjectOf(id), n)
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			return out
		}
		onStays, onGoes := about("ann", stays, note{Title: "A", Body: phi.NewText("a")}), about("bob", goes, note{Title: "B", Body: phi.NewText("b")})
		private := about("bob", goes, note{Title: "P", Body: phi.NewText("p"), Private: true})
		ann, bob, ivy := w.As("ann", actor.CaseManager), w.As("bob", actor.CaseManager), w.As("ivy", actor.Intake)
		reads := func(who actor.Actor, id record.ID[note]) bool {
			t.Helper()
			_, err := d.notes.Read(ctx, who, id)
			if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
				t.Fatal(err)
			}
			return err == nil
		}
		find := func(who actor.Actor, q record.Query) (int, int64) {
			t.Helper()
			q.Total = true
			l, err := d.notes.Find(ctx, who, q)
			if err != nil {
				t.Fatal(err)
			}
			return len(l.Rows), l.Total
		}
		sameName := record.Query{Search: []record.Term{{Field: record.NameTerm, Text: phi.NewText("marisol")}}, Total: true}
		found := func(who actor.Actor) int64 {
			t.Helper()
			l, err := d.clients.Find(ctx, who, sameName)
			if err != nil {
				t.Fatal(err)
			}
			if int64(len(l.Rows)) != l.Total {
				t.Errorf("%d rows, but a total of %d", len(l.Rows), l.Total)
			}
			return l.Total
		}
		apart := func(t *testing.T) {
			t.Helper()
			if reads(ann, onGoes) || reads(bob, onStays) || !reads(ann, onStays) || !reads(bob, onGoes) {
				t.Error("each worker reads their own client's note and not the other's")
			}
			if n, total := find(ann, record.Query{Subject: record.SubjectOf(stays)}); n != 1 || total != 1 {
				t.Errorf("found %d of %d", n, total)
			}
			if n := found(ann); n != 1 {
				t.Errorf("ann finds %d clients", n)
			}
		}
		t.Run("before they are joined each worker sees one of them", apart)

		work := w.Door.Work(ivy, "merge.create")
		id := joins.Create(work, record.SubjectOf(stays), join{Into: record.SubjectOf(stays), From: record.SubjectOf(goes), At: w.Clock.Now()})
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		t.Run("a relation to either is one to both, since it is one person: 45 CFR 164.506(c)(1)", func(t *testing.T) {
			if !reads(ann, onGoes) || !reads(bob, onStays) {
				t.Error("not both read both")
			}
			if n := found(ann); n != 2 {
				t.Errorf("ann finds %d records of the client", n)
			}
			if n := found(w.As("eve", actor.CaseManager)); n != 0 {
				t.Errorf("eve finds %d", n)
			}
		})
		t.Run("a list about the record that stays holds what was written about the other, each under its own client", func(t *testing.T) {
			l, err := d.notes.Find(ctx, ann, record.Query{Subject: record.SubjectOf(stays), Total: true})
			if err != nil || len(l.Rows) != 3 || l.Total != 3 {
				t.Fatalf("found %d of %d, %v", len(l.Rows), l.Total, err)
			}
			subjects := map[record.Subject]int{}
			for _, o := range l.Rows {
				subjects[o.Subject]++
			}
			if subjects[record.SubjectOf(stays)] != 1 || subjects[record.SubjectOf(goes)] != 2 {
				t.Error("the rows lost whom they are about")
			}
			if n, _ := find(ann, record.Query{Subject: record.SubjectOf(goes)}); n != 2 {
				t.Errorf("a list about the other record holds %d", n)
			}
		})
		t.Run("beside a list stands the record that stays, for what was written about either", func(t *testing.T) {
			v := w.Door.View(ann, "note.find")
			l := d.notes.WantAll(v, record.Query{Subject: record.SubjectOf(stays)})
			people, each := record.WantSubjects(v, d.clients, l, policy.AllClasses()), d.clients.WantSome(v, []record.Subject{record.SubjectOf(goes)}, policy.AllClasses())
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			for _, o := range l.Rows {
				if c, ok := people.Of(o.Subject); !ok || c.ID != stays {
					t.Error("a row is not under the record that stays", ok)
				}
			}
			if c, ok := each.Of(record.SubjectOf(goes)); !ok || c.ID != goes {
				t.Error("a record asked for by its id is exchanged", ok)
			}
		})
		t.Run("what lies in the record that went is changed through the one that stays, and no other way round", func(t *testing.T) {
			change := func(of record.ID[client], id record.ID[note]) error {
				work := w.Door.Work(bob, "note.change")
				d.notes.ChangeOf(work, "change", record.SubjectOf(of), id, 0, func(n *note) error { n.Title = "C"; return nil })
				return work.Commit(ctx)
			}
			draft := func(of record.ID[client]) record.ID[note] {
				t.Helper()
				work := w.Door.Work(w.Service("import"), "note.create")
				id := d.notes.Create(work, record.SubjectOf(of), note{Author: "bob", State: "draft", Title: "D"})
				if err := work.Commit(ctx); err != nil {
					t.Fatal(err)
				}
				return id
			}
			below, above := draft(goes), draft(stays)
			if err := change(stays, below); err != nil {
				t.Error(err)
			}
			if err := change(goes, above); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if err := change(other, below); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("what is specially protected stays so", func(t *testing.T) {
			for who, want := range map[*actor.Actor]string{&ann: "", &bob: "p"} {
				o, err := d.notes.Read(ctx, *who, private)
				if err != nil || o.Value.Body.Disclose() != want {
					t.Errorf("%v, %v", o.Shown, err)
				}
			}
		})
		t.Run("nobody else gains anything", func(t *testing.T) {
			eve := w.As("eve", actor.CaseManager)
			if reads(eve, onGoes) || reads(eve, onStays) || reads(ivy, onStays) {
				t.Error("somebody without a relation reads")
			}
			if _, err := d.clients.Read(ctx, ann, other); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("the record that went cannot be erased without the one that stays", func(t *testing.T) {
			if _, err := w.Door.Erase(ctx, w.Operator(), record.SubjectOf(goes), "test_data"); !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
			if !reads(bob, onGoes) {
				t.Error("something was erased")
			}
		})
		undo := w.Door.Work(ivy, "merge.undo")
		w.Clock.Advance(time.Hour)
		joins.Change(undo, "undo", id, 0, func(j *join) error { j.Undone = w.Clock.Now(); return nil })
		if err := undo.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		t.Run("undone, each is as it was", apart)

		again := w.Door.Work(ivy, "merge.create")
		joins.Create(again, record.SubjectOf(stays), join{Into: record.SubjectOf(stays), From: record.SubjectOf(goes), At: w.Clock.Now()})
		if err := again.Commit(ctx); err != nil {
			t.Fatal(err)
		}
		t.Run("erasing the record that stays erases both, with a receipt for each", func(t *testing.T) {
			r, err := w.Door.Erase(ctx, w.Operator(), record.SubjectOf(stays), "test_data")
			if err != nil {
				t.Fatal(err)
			}
			if !r.Verify() || len(r.Also) != 1 || r.Also[0] != goes.String() {
				t.Errorf("receipt: %v, also %v", r.Verify(), r.Also)
			}
			var receipts int
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM erasure`).Scan(&receipts); err != nil || receipts != 2 {
				t.Errorf("%d receipts, %v", receipts, err)
			}
			var left int
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM record WHERE subject <> $1 AND subject <> ''`, other.String()).Scan(&left); err != nil || left != 0 {
				t.Errorf("%d records are left, %v", left, err)
			}
			if _, err := d.clients.Read(ctx, bob, goes); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
	})
}
