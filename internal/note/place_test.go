package note_test

import (
	"testing"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// TestSubstanceUseProgram is about notes of a program under 42 CFR Part 2, whose
// authors choose no protection.
func TestSubstanceUseProgram(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		intake := rw.As("i1", actor.Intake)
		r, err := h.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Orlova")}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := h.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "recovery", Worker: h.trainee.Worker()}); err != nil {
			t.Fatal(err)
		}
		asked := func(p note.Protection) note.Input {
			in := input()
			in.Protection = p
			return in
		}
		protection := func(t *testing.T, id note.ID) note.Protection {
			t.Helper()
			o, err := h.notes.Read(ctx, h.trainee, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Value.Protection
		}
		for _, x := range []struct {
			name        string
			client      person.ID
			first, then note.Protection
			want        note.Protection
		}{
			{"for the care team it is a note of the program", r.ID, note.Ordinary, note.Ordinary, note.SUD},
			{"restricted it is a counseling note", r.ID, note.Psychotherapy, note.Psychotherapy, note.SUDCounselling},
			{"what was restricted is opened to the team and no further", r.ID, note.Psychotherapy, note.Ordinary, note.SUD},
			{"what is protected stays so in another program", h.client, note.SUD, note.Ordinary, note.SUD},
			{"and restricted is its author's counseling note", h.client, note.SUD, note.Psychotherapy, note.SUDCounselling},
			{"an ordinary note of another program stays ordinary", h.client, note.Ordinary, note.Ordinary, note.Ordinary},
			{"and a restricted one psychotherapy", h.client, note.Ordinary, note.Psychotherapy, note.Psychotherapy},
		} {
			t.Run(x.name, func(t *testing.T) {
				id, err := h.notes.SaveDraft(ctx, h.trainee, x.client, note.ID{}, 0, asked(x.first))
				if err != nil {
					t.Fatal(err)
				}
				if _, err := h.notes.Sign(ctx, h.trainee, x.client, id, 1, asked(x.then)); err != nil {
					t.Fatal(err)
				}
				if got := protection(t, id); got != x.want {
					t.Errorf("%q", got)
				}
			})
		}
	})
}

// TestSentTwice is about a form that arrives twice, as a double press sends it.
func TestSentTwice(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		in := input()
		total := func(t *testing.T) int64 {
			t.Helper()
			l, err := h.notes.Timeline(ctx, h.trainee, h.client, note.TimelineQuery{})
			if err != nil {
				t.Fatal(err)
			}
			return l.Total
		}
		t.Run("signing makes one note", func(t *testing.T) {
			in.New = record.FreshID[note.Note](rw.Clock.Now())
			for range 2 {
				if id, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in); err != nil || id != in.New {
					t.Fatal(id, err)
				}
			}
			if n := total(t); n != 1 {
				t.Error(n)
			}
		})
		t.Run("keeping a draft makes one, which the form then signs", func(t *testing.T) {
			in.New = record.FreshID[note.Note](rw.Clock.Now())
			for range 2 {
				if id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, in); err != nil || id != in.New {
					t.Fatal(id, err)
				}
			}
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in); err != nil {
				t.Fatal(err)
			}
			if n := total(t); n != 2 {
				t.Error(n)
			}
		})
		t.Run("the next form makes another", func(t *testing.T) {
			in.New = record.FreshID[note.Note](rw.Clock.Now())
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in); err != nil {
				t.Fatal(err)
			}
			if n := total(t); n != 3 {
				t.Error(n)
			}
		})
		t.Run("the id of another's note is taken, and tells nothing", func(t *testing.T) {
			if _, err := h.notes.Sign(ctx, h.peer, h.client, note.ID{}, 0, in); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
	})
}

// What a note counts for is looked up under the note's own entry.
func TestSavedWithOneEntry(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		left := func() (out []audit.Logged) {
			for _, e := range rw.Entries(t) {
				if e.Who.Worker == h.trainee.Worker() {
					out = append(out, e)
				}
			}
			return out
		}
		before := len(left())
		id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		es := left()
		if len(es) != before+1 || es[0].Action != "note.create" {
			t.Fatalf("%d entries", len(es)-before)
		}
		kinds := map[string]bool{}
		for _, x := range es[0].Touched {
			kinds[x.Kind] = true
		}
		if !kinds["case"] || !kinds["note"] {
			t.Errorf("it names %v", kinds)
		}
		if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 1, input()); err != nil {
			t.Fatal(err)
		}
		if es = left(); len(es) != before+2 || es[0].Action != "note.change" {
			t.Errorf("%d entries, the last of %s", len(es)-before, es[0].Action)
		}
	})
}

func TestMinutesOfADraft(t *testing.T) {
	w := open(t, recordtest.Open(t))
	in := input()
	for _, x := range []struct {
		typed string
		told  bool
	}{{"", false}, {" ", false}, {"45", false}, {"700", true}, {"an hour", true}, {"0", true}} {
		in.Minutes = phi.NewText(x.typed)
		_, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, in)
		if told := fault.Is(err, fault.Invalid); told != x.told {
			t.Errorf("%q: %v", x.typed, err)
		}
	}
}
