package phrase_test

import (
	"context"
	"testing"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/phrase"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func short(key, text, program string) phrase.Phrase {
	return phrase.Phrase{Sort: phrase.Short, Key: key, Program: program, Sections: []phrase.TextOf{{Text: text}}}
}

func TestPhrases(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		ps := phrase.New(w.Door)
		ann, bob, sue := w.As("ann", actor.CaseManager), w.As("bob", actor.CaseManager), w.As("sue", actor.Supervisor)
		add := func(who actor.Actor, p phrase.Phrase, shared bool) phrase.ID {
			t.Helper()
			id, err := ps.Add(ctx, who, p, shared)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		names := func(who actor.Actor, program string) (out []string) {
			t.Helper()
			v := w.Door.View(who, "phrase.find")
			s := ps.Want(v, who)
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			for _, o := range s.For(program) {
				out = append(out, o.Value.Name()+": "+o.Value.Sections[0].Text)
			}
			return out
		}
		add(ann, short(".LVM ", "Left a voicemail.", ""), false)
		shared := add(sue, short("lvm", "Left a message.", ""), true)
		add(sue, short("rent", "Went over the rent.", "housing"), true)
		visit := add(sue, phrase.Phrase{Sort: phrase.Template, Title: "Home visit", Type: note.HomeVisit, Format: note.DAP, Sections: []phrase.TextOf{{Heading: "data", Text: "Seen at home."}, {Heading: "plan", Text: "Next:"}, {Heading: "odd", Text: "x"}}}, true)
		t.Run("one's own comes before the shared one of the same key, and a program's is for that program", func(t *testing.T) {
			if diff := cmp.Diff([]string{"lvm: Left a voicemail.", "rent: Went over the rent.", "Home visit: Seen at home."}, names(ann, "housing")); diff != "" {
				t.Error(diff)
			}
			if diff := cmp.Diff([]string{"Home visit: Seen at home.", "lvm: Left a message."}, names(bob, "family")); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("a colleague's own is nobody else's to see or change", func(t *testing.T) {
			id := add(ann, short("mine", "A phrase of my own.", ""), false)
			for _, who := range []actor.Actor{bob, sue} {
				if _, err := ps.Read(ctx, who, id); err == nil {
					t.Error("it was read")
				}
				if err := ps.Change(ctx, who, id, 0, short("mine", "Another text.", "")); !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
				if err := ps.Remove(ctx, who, id, 0); !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
			}
		})
		t.Run("a case manager keeps no shared ones", func(t *testing.T) {
			if _, err := ps.Add(ctx, ann, short("all", "For everybody.", ""), true); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if err := ps.Change(ctx, ann, shared, 0, short("lvm", "Changed.", "")); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
		t.Run("a program manager does", func(t *testing.T) {
			pm := w.As("pm", actor.ProgramManager)
			if err := ps.Change(ctx, pm, shared, 1, short("lvm", "Left a message; no answer.", "family")); err != nil {
				t.Fatal(err)
			}
			if err := ps.Change(ctx, pm, shared, 1, short("lvm", "Older.", "")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			o, err := ps.Read(ctx, bob, shared)
			if err != nil || o.Value.Text() != "Left a message; no answer." || o.Value.Program != "family" || o.Value.State != phrase.Shared {
				t.Errorf("%+v %v", o.Value, err)
			}
		})
		t.Run("one that was removed is in no list", func(t *testing.T) {
			if err := ps.Remove(ctx, sue, visit, 1); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"lvm: Left a message; no answer."}, names(bob, "family")); diff != "" {
				t.Error(diff)
			}
			if err := ps.Change(ctx, sue, visit, 0, short("x1", "Back again.", "")); err == nil {
				t.Error("it was brought back")
			}
		})
		t.Run("an administrator has none", func(t *testing.T) {
			if _, err := ps.Add(ctx, w.As("root", actor.Administrator), short("a", "b", ""), false); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
		t.Run("tells all that is wrong at once", func(t *testing.T) {
			_, err := ps.Add(ctx, ann, phrase.Phrase{Sort: phrase.Template, Type: "odd", Format: "odd"}, false)
			var got []string
			for _, f := range fault.FieldsOf(err) {
				got = append(got, f.Name)
			}
			if diff := cmp.Diff([]string{"title", "type", "format", "text"}, got); diff != "" {
				t.Error(diff)
			}
			if _, err := ps.Add(ctx, ann, short("two words", "x", ""), false); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
	})
}
