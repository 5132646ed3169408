package record_test

import (
	"testing"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

func TestAlong(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann, s := d.As("ann", actor.CaseManager), record.SubjectOf(d.who)
		id := d.write(t, "ann", note{Title: "Before"})
		title := func() string {
			t.Helper()
			o, err := d.notes.Read(ctx, ann, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Value.Title
		}
		set := func(words string) func(*note) error {
			return func(n *note) error {
				n.Title = words
				return nil
			}
		}
		t.Run("two works are kept together, each with an entry of its own", func(t *testing.T) {
			n := len(d.Entries(t))
			first, second := d.Door.Work(ann, "note.change"), d.Door.Work(ann, "note.create")
			d.notes.Change(first, "change", id, 0, set("After"))
			d.notes.Create(second, s, note{Author: "ann", State: "draft", At: d.Clock.Now()})
			first.Along(second)
			if err := first.Commit(ctx); err != nil || len(d.Entries(t)) != n+2 || title() != "After" {
				t.Error(err, len(d.Entries(t))-n)
			}
			if err := second.Commit(ctx); !fault.Is(err, fault.Invalid) {
				t.Error("it was committed again:", err)
			}
		})
		t.Run("where one may not, neither is", func(t *testing.T) {
			first, second := d.Door.Work(ann, "note.change"), d.Door.Work(d.As("bob", actor.CaseManager), "note.create")
			d.notes.Change(first, "change", id, 0, set("Never"))
			d.notes.Create(second, s, note{Author: "bob", State: "draft", At: d.Clock.Now()})
			first.Along(second)
			if err := first.Commit(ctx); err == nil || title() != "After" {
				t.Error(err)
			}
		})
		t.Run("more than may be is counted in the transaction", func(t *testing.T) {
			full := fault.Invalidf("note.create", "there are enough")
			for _, n := range []int{3, 2} {
				work := d.Door.Work(ann, "note.create")
				d.notes.Create(work, s, note{Author: "ann", State: "draft", At: d.Clock.Now()})
				d.notes.AtMost(work, s, "draft", n, full)
				if err := work.Commit(ctx); n == 3 && err != nil || n == 2 && !fault.Is(err, fault.Invalid) {
					t.Error(n, err)
				}
			}
		})
		t.Run("how records stand is for services to ask", func(t *testing.T) {
			if _, err := d.notes.Mark(ctx, ann, "x"); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if _, err := d.clients.MarkTerm(ctx, ann, record.Term{Field: record.NumberTerm, Text: phi.NewText("900-11-2222")}); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
		t.Run("a work that rests on nobody having a number is not kept once somebody has", func(t *testing.T) {
			who, keeper := d.Proved("ann", actor.Intake), d.Service("notifier")
			mark := func(number string) record.Mark {
				t.Helper()
				m, err := d.clients.MarkTerm(ctx, keeper, record.Term{Field: record.NumberTerm, Text: phi.NewText(number)})
				if err != nil {
					t.Fatal(err)
				}
				return m
			}
			register := func(number string, m ...record.Mark) error {
				work := d.Door.Work(who, "client.create")
				for _, m := range m {
					d.clients.Unmoved(work, m)
				}
				d.clients.CreateClient(work, client{SSN: phi.NewText(number)})
				return work.Commit(ctx)
			}
			taken, free, none := mark("900-11-2222"), mark("900-33-4444"), mark("")
			if err := register("900 11 2222"); err != nil {
				t.Fatal(err)
			}
			if err := register("900-11-2222", taken); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if err := register("900-33-4444", free, none); err != nil {
				t.Error(err)
			}
			if n := mark("900-11-2222").Count(); n != 1 {
				t.Errorf("%d have it", n)
			}
		})
	})
}
