package note_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

func TestLate(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	at := func(s string) time.Time {
		v, err := time.ParseInLocation("2006-01-02 15:04", s, zone)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, x := range []struct {
		name                     string
		rules                    org.NoteRules
		contact, written, signed string
		late                     bool
	}{
		{"written within a day", org.NoteRules{}, "2027-03-01 10:00", "2027-03-02 10:00", "2027-03-02 10:00", false},
		{"written a minute after a day", org.NoteRules{}, "2027-03-01 10:00", "2027-03-02 10:01", "2027-03-02 10:01", true},
		{"a day is twenty-four hours where the clock is put forward", org.NoteRules{}, "2027-03-13 10:00", "2027-03-14 11:00", "2027-03-14 11:00", false},
		{"and not one more there", org.NoteRules{}, "2027-03-13 10:00", "2027-03-14 11:01", "2027-03-14 11:01", true},
		{"where the clock is put back, the same hour of the next day is late", org.NoteRules{}, "2027-11-06 10:00", "2027-11-07 10:00", "2027-11-07 10:00", true},
		{"over midnight", org.NoteRules{LateAfter: 2}, "2027-03-01 23:30", "2027-03-02 01:30", "2027-03-02 01:30", false},
		{"over a leap day", org.NoteRules{LateAfter: 48}, "2028-02-28 12:00", "2028-03-01 12:00", "2028-03-01 12:00", false},
		{"a year without one", org.NoteRules{LateAfter: 48}, "2027-02-27 12:00", "2027-03-01 12:01", "2027-03-01 12:01", true},
		{"written in time and signed in time", org.NoteRules{}, "2027-03-01 10:00", "2027-03-01 11:00", "2027-03-04 10:00", false},
		{"written in time and signed after the days for it", org.NoteRules{}, "2027-03-01 10:00", "2027-03-01 11:00", "2027-03-04 10:01", true},
		{"the days for signing are days, however long one is", org.NoteRules{SignWithin: 1}, "2027-11-06 10:00", "2027-11-06 11:00", "2027-11-07 10:00", false},
		{"the program's own limit", org.NoteRules{LateAfter: 72}, "2027-03-01 10:00", "2027-03-04 09:59", "2027-03-04 09:59", false},
	} {
		t.Run(x.name, func(t *testing.T) {
			h := hire(t, recordtest.Open(t), x.rules)
			in := input()
			in.At, in.Timed = at(x.contact), true
			h.Clock.Set(at(x.written))
			h.trainee = h.As(h.trainee.Worker(), actor.CaseManager)
			id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, in)
			if err != nil {
				t.Fatal(err)
			}
			h.Clock.Set(at(x.signed))
			h.trainee = h.As(h.trainee.Worker(), actor.CaseManager)
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, id, 1, in); err != nil {
				t.Fatal(err)
			}
			o, err := h.notes.Read(ctx, h.trainee, id)
			if err != nil {
				t.Fatal(err)
			}
			if n := o.Value; n.Late != x.late || !n.WrittenAt.Equal(at(x.written)) || !n.SignedAt.Equal(at(x.signed)) || !n.At.Equal(at(x.contact)) || !n.Whole() {
				t.Errorf("late %v, of %s, written %s, signed %s", n.Late, n.At.In(zone), n.WrittenAt.In(zone), n.SignedAt.In(zone))
			}
		})
	}
}

func TestLateStays(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		in := input()
		in.At, in.LateReason = h.Clock.Now().Add(-50*time.Hour), phi.NewText("The system was down.")
		id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, in)
		if err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Hour)
		in.At = h.Clock.Now().Add(-time.Hour)
		if _, err := h.notes.Sign(ctx, h.trainee, h.client, id, 1, in); err != nil {
			t.Fatal(err)
		}
		o, err := h.notes.Read(ctx, h.peer, id)
		if err != nil || !o.Value.Late || o.Value.LateReason.Disclose() != "The system was down." || !o.Value.WrittenAt.Equal(recordtest.Start) {
			t.Errorf("%+v %v", o.Value, err)
		}
	})
}

func TestFormat(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{Unit: 15})
		said := map[string]string{"subjective": "Says that the heating is off.", "objective": "Forty-five degrees inside.", "plan": "Call the landlord.", "data": "Kept from another format."}
		in := input()
		in.Format = note.SOAP
		in.Sections = note.Written(func(heading string) phi.Text { return phi.NewText(said[heading]) })
		in.Minutes = phi.NewText("53")
		id, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in)
		if err != nil {
			t.Fatal(err)
		}
		o, err := h.notes.Read(ctx, h.peer, id)
		if err != nil {
			t.Fatal(err)
		}
		n := o.Value
		t.Run("every section is kept, those of another format too", func(t *testing.T) {
			for heading, text := range said {
				if got := n.Section(heading).Disclose(); got != text {
					t.Errorf("%s: %q", heading, got)
				}
			}
			if n.Format != note.SOAP || n.Section("assessment").Disclose() != "" {
				t.Errorf("%+v", n)
			}
		})
		t.Run("the units are those of the program's rule and are signed with it", func(t *testing.T) {
			if n.Units != 4 || n.UnitMinutes != 15 || !n.Whole() {
				t.Error(n.Units, n.UnitMinutes)
			}
			n.Units = 5
			if n.Whole() {
				t.Error("another number of units counts as whole")
			}
		})
		t.Run("headings alone are no sentence", func(t *testing.T) {
			in := input()
			in.Format, in.Sections = note.SOAP, []note.Section{{Heading: "subjective", Text: phi.NewText("ok")}, {Heading: "assessment", Text: phi.NewText("ok")}}
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, in); len(fields(err)) != 1 {
				t.Error(err)
			}
		})
		t.Run("a format that nobody knows is refused", func(t *testing.T) {
			in := input()
			in.Format = "odd"
			if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, in); len(fields(err)) != 1 {
				t.Error(err)
			}
		})
	})
}
