package note_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

// TestAddendumOfATrainee is about addenda of one whose notes are co-signed.
func TestAddendumOfATrainee(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, trained)
		words, again := phi.NewText("The landlord rang back at noon."), phi.NewText("The landlord rang back at one, and not at noon.")
		read := func(t *testing.T, who actor.Actor, id note.ID) note.Opened {
			t.Helper()
			o, err := h.notes.Read(ctx, who, id)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		parent, err := h.notes.Sign(ctx, h.peer, h.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		// Addenda are written days after the contact, which makes none a late entry.
		h.Clock.Advance(72 * time.Hour)
		id, err := h.notes.Addend(ctx, h.trainee, h.client, parent, words)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("waits for the co-signature, and the supervisor is asked", func(t *testing.T) {
			n := read(t, h.peer, id).Value
			if n.Status != note.Awaiting || n.Program != "housing" || n.Case != h.file || !n.Whole() || n.Late || !n.CoSignBy().Equal(h.Clock.Now().AddDate(0, 0, 2)) {
				t.Errorf("%+v", n)
			}
			if diff := cmp.Diff([]notice.What{note.CoSignWanted}, h.told(t, h.boss)); diff != "" {
				t.Error(diff)
			}
			q, err := h.notes.Queue(ctx, h.boss, h.clients)
			if err != nil || len(q.Awaiting.Rows) != 1 || q.Awaiting.Rows[0].ID != id {
				t.Error(len(q.Awaiting.Rows), err)
			}
			for _, who := range []actor.Actor{h.trainee, h.peer, h.other} {
				if err := h.notes.CoSign(ctx, who, h.client, id, 1); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
		})
		t.Run("a colleague's, whose notes are not co-signed, stands at once", func(t *testing.T) {
			other, err := h.notes.Addend(ctx, h.peer, h.client, parent, words)
			if err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.boss, other).Value; n.Status != note.Signed || n.Program != "housing" || !n.Whole() || n.Late || !n.SignBy().IsZero() {
				t.Errorf("%+v", n)
			}
			if got := h.told(t, h.boss); len(got) != 1 {
				t.Error(got)
			}
		})
		t.Run("returned, it is its author's draft, and no colleague reads it", func(t *testing.T) {
			if err := h.notes.Return(ctx, h.boss, h.client, id, 1, phi.NewText("Was it at noon?")); err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.trainee, id).Value; n.Status != note.Draft || n.Remarks.Empty() || !n.Text().Equal(words) || n.Parent != parent {
				t.Errorf("%+v", n)
			}
			for _, who := range []actor.Actor{h.peer, h.boss} {
				if _, err := h.notes.Read(ctx, who, id); !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
			}
			if err := h.notes.Discard(ctx, h.trainee, h.client, id, 2); !fault.Is(err, fault.Invalid) {
				t.Error("what was signed once is thrown away", err)
			}
		})
		t.Run("it is not written by the form of a note, which would make another contact of it", func(t *testing.T) {
			if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 2, input()); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, id, 2, input()); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if n := read(t, h.trainee, id); n.Version != 2 || !n.Value.Text().Equal(words) {
				t.Errorf("%+v", n)
			}
		})
		t.Run("it is kept as a draft by its author, at the version they saw, however short", func(t *testing.T) {
			if err := h.notes.SaveAddendum(ctx, h.trainee, h.client, id, 2, phi.NewText("At one")); err != nil {
				t.Fatal(err)
			}
			if err := h.notes.SaveAddendum(ctx, h.trainee, h.client, id, 2, again); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"text"}, fields(h.notes.SaveAddendum(ctx, h.trainee, h.client, id, 3, phi.NewText(strings.Repeat("long ", 30_000))))); diff != "" {
				t.Error(diff)
			}
			for _, who := range []actor.Actor{h.peer, h.boss} {
				if err := h.notes.SaveAddendum(ctx, who, h.client, id, 3, again); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
			}
			if n := read(t, h.trainee, id).Value; n.Status != note.Draft || n.Text().Disclose() != "At one" || n.Parent != parent || n.Remarks.Empty() {
				t.Errorf("%+v", n)
			}
		})
		t.Run("sent again with a sentence, it waits again and is co-signed", func(t *testing.T) {
			if diff := cmp.Diff([]string{"text"}, fields(h.notes.SignAddendum(ctx, h.trainee, h.client, id, 3, phi.NewText("No")))); diff != "" {
				t.Error(diff)
			}
			if err := h.notes.SignAddendum(ctx, h.trainee, h.client, id, 3, again); err != nil {
				t.Fatal(err)
			}
			n := read(t, h.peer, id).Value
			if n.Status != note.Awaiting || !n.Text().Equal(again) || n.Parent != parent || n.Minutes != 0 || !n.Whole() || n.Late {
				t.Errorf("%+v", n)
			}
			if diff := cmp.Diff([]notice.What{note.CoSignWanted, note.CoSignWanted}, h.told(t, h.boss)); diff != "" {
				t.Error(diff)
			}
			if err := h.notes.CoSign(ctx, h.boss, h.client, id, 4); err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.peer, id).Value; n.Status != note.Signed || n.CoSignedBy != h.boss.Worker() || !n.Whole() {
				t.Errorf("%+v", n)
			}
			if err := h.notes.SignAddendum(ctx, h.trainee, h.client, id, 5, again); err == nil {
				t.Error("what was co-signed was changed")
			}
			all, err := h.notes.History(ctx, h.trainee, id)
			if err != nil || len(all) != 5 || !all[4].Value.Text().Equal(words) {
				t.Error("what was signed first is not in the history", len(all), err)
			}
		})
		t.Run("returned, it is marked as entered in error instead, and stays", func(t *testing.T) {
			id, err := h.notes.Addend(ctx, h.trainee, h.client, parent, words)
			if err != nil {
				t.Fatal(err)
			}
			if err := h.notes.Return(ctx, h.boss, h.client, id, 1, phi.NewText("Whose landlord?")); err != nil {
				t.Fatal(err)
			}
			if err := h.notes.MarkWrong(ctx, h.trainee, h.client, id, 2, phi.NewText("Another client's.")); err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.peer, id).Value; n.Status != note.Wrong || n.Parent != parent || !n.Whole() {
				t.Errorf("%+v", n)
			}
		})
		t.Run("what is no addendum is not written as one", func(t *testing.T) {
			id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, input())
			if err != nil {
				t.Fatal(err)
			}
			if err := h.notes.SignAddendum(ctx, h.trainee, h.client, id, 1, again); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("to a note that is the author's alone it waits for nobody", func(t *testing.T) {
			in := input()
			in.Protection = note.Psychotherapy
			own, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in)
			if err != nil {
				t.Fatal(err)
			}
			id, err := h.notes.Addend(ctx, h.trainee, h.client, own, words)
			if err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.trainee, id).Value; n.Status != note.Signed || n.Protection != note.Psychotherapy {
				t.Errorf("%+v", n)
			}
		})
		t.Run("to a note of a substance use program it is protected as that, and waits", func(t *testing.T) {
			in := input()
			in.Protection = note.SUD
			sud, err := h.notes.Sign(ctx, h.peer, h.client, note.ID{}, 0, in)
			if err != nil {
				t.Fatal(err)
			}
			id, err := h.notes.Addend(ctx, h.trainee, h.client, sud, words)
			if err != nil {
				t.Fatal(err)
			}
			if n := read(t, h.peer, id).Value; n.Status != note.Awaiting || n.Protection != note.SUD {
				t.Errorf("%+v", n)
			}
		})
	})
}

// TestAddendumWithoutTheRule is about a program that has no note co-signed.
func TestAddendumWithoutTheRule(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		parent, err := h.notes.Sign(ctx, h.peer, h.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		id, err := h.notes.Addend(ctx, h.trainee, h.client, parent, phi.NewText("The landlord rang back at noon."))
		if err != nil {
			t.Fatal(err)
		}
		o, err := h.notes.Read(ctx, h.boss, id)
		if err != nil || o.Value.Status != note.Signed || !o.Labels.Due.IsZero() || !o.Value.Whole() {
			t.Errorf("%+v %v", o, err)
		}
		if got := h.told(t, h.boss); len(got) != 0 {
			t.Error(got)
		}
	})
}
