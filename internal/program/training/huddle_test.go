package training_test

import (
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/program/training"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

const sheetText = "---\ncode: hall\ntitle: The hall\nminutes: 10\ntopics: paper\ncitations: agency practice\n---\n\n## The goal\n\nTalk.\n"

func TestAHuddleIsHeldAndWhoWasThereIsKept(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		texts := []training.Text{{En: sheetText, Es: "---\ncode: hall\ntitle: El pasillo\nminutes: 10\ntopics: paper\ncitations: agency practice\n---\n\n## La meta\n\nHablar.\n"}}
		tr := training.New(w.Door, w.Service("trainer"), everybody())
		if _, err := tr.Sheet("en", "hall"); !fault.Is(err, fault.NotFound) {
			t.Error("a sheet where there is none:", err)
		}
		tr.Sheets(func() []training.Text { return texts })
		s, err := tr.Sheet("en", "hall")
		if err != nil || s.Title != "The hall" || s.Minutes != 10 {
			t.Fatal(s, err)
		}
		if es, err := tr.Sheet("es", "hall"); err != nil || es.Title != "El pasillo" || es.Hash == s.Hash {
			t.Error(es, err)
		}
		sue, ann := w.As("s1", actor.Supervisor), w.As("w1", actor.CaseManager)
		good := func() training.Held {
			return training.Held{ID: record.FreshID[training.Huddle](w.Clock.Now()), Sheet: "hall", Lang: "en", Hash: s.Hash, On: w.Clock.Now(), Came: []string{"w2", "w1", "w1"}}
		}
		for what, x := range map[string]struct {
			change func(*training.Held)
			kind   fault.Kind
		}{
			"no day":            {func(h *training.Held) { h.On = time.Time{} }, fault.Invalid},
			"tomorrow":          {func(h *training.Held) { h.On = h.On.AddDate(0, 0, 1) }, fault.Invalid},
			"91 days ago":       {func(h *training.Held) { h.On = h.On.AddDate(0, 0, -91) }, fault.Invalid},
			"nobody":            {func(h *training.Held) { h.Came = nil }, fault.Invalid},
			"another's worker":  {func(h *training.Held) { h.Came = []string{"w1", "w3"} }, fault.Invalid},
			"herself":           {func(h *training.Held) { h.Came = []string{"s1"} }, fault.Invalid},
			"an older text":     {func(h *training.Held) { h.Hash = "0" }, fault.Conflict},
			"an unknown sheet":  {func(h *training.Held) { h.Sheet = "x" }, fault.NotFound},
			"the text of other": {func(h *training.Held) { h.Lang = "es" }, fault.Conflict},
		} {
			in := good()
			x.change(&in)
			if _, err := tr.Hold(ctx, sue, in); !fault.Is(err, x.kind) {
				t.Errorf("%s: %v", what, err)
			}
		}
		if _, err := tr.Hold(ctx, ann, good()); err == nil {
			t.Error("a case manager held one")
		}
		in := good()
		id, err := tr.Hold(ctx, sue, in)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := tr.Hold(ctx, sue, in); !fault.Is(err, fault.Conflict) {
			t.Error("a form sent twice:", err)
		}
		o, err := tr.Huddle(ctx, sue, id)
		if err != nil || !slices.Equal(o.Value.Came, []string{"w1", "w2"}) || o.Value.Text != s.Body || o.Value.By != "s1" || !tr.Current(o.Value) {
			t.Error(o.Value, err)
		}
		// It stands in what everybody who was there has, and for who looks after them.
		if rows, err := tr.Attended(ctx, ann); err != nil || len(rows) != 1 || rows[0].Value.Huddle != id.String() || rows[0].Value.Hash != s.Hash {
			t.Error(rows, err)
		}
		if rows, err := tr.Attended(ctx, w.As("w3", actor.CaseManager)); err != nil || len(rows) != 0 {
			t.Error(rows, err)
		}
		for _, x := range []struct {
			who           actor.Actor
			sees          int
			held, reached int
		}{
			{sue, 1, 1, 2}, {w.As("m1", actor.ProgramManager), 0, 1, 1}, {w.As("p1", actor.PrivacyOfficer), 1, 1, 2}, {w.As("x1", actor.Auditor), 1, 1, 2},
		} {
			held, err := tr.Huddles(ctx, x.who)
			if err != nil || len(held) != x.sees {
				t.Errorf("%s sees %d, %v", x.who.Role(), len(held), err)
			}
			if _, err := tr.Huddle(ctx, x.who, id); (err == nil) != (x.sees == 1) {
				t.Errorf("%s reads it: %v", x.who.Role(), err)
			}
			st, err := tr.Staff(ctx, x.who)
			if err != nil {
				t.Fatal(err)
			}
			if f := training.Count(w.Clock.Now(), st).Huddles; f.Held != x.held || f.Reached != x.reached {
				t.Errorf("%s: %+v", x.who.Role(), f)
			}
		}
		if held, err := tr.Huddles(ctx, ann); err == nil && len(held) > 0 {
			t.Error("a case manager sees huddles")
		}
		// The text changes: what was held stays as it was, and is of an older sheet.
		texts = []training.Text{{En: sheetText + "\n## More\n\nMore.\n"}}
		tr = training.New(w.Door, w.Service("trainer"), everybody())
		tr.Sheets(func() []training.Text { return texts })
		if o, err = tr.Huddle(ctx, sue, id); err != nil || tr.Current(o.Value) || o.Value.Text != s.Body {
			t.Error("an older sheet is taken for the current one:", err)
		}
	})
}
