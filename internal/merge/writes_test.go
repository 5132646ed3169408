package merge_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// TestWritingToAJoinedRecord writes about a client whose record was joined to
// another while the form stood open.
func TestWritingToAJoinedRecord(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(w)
		ivy, bob := w.As("ivy", actor.Intake), w.As("bob", actor.CaseManager)
		stays := d.admit(t, "Marisol", "Ibáñez", "(206) 555-0148", "ann")
		goes := d.admit(t, "Marisol", "Ibanes", "(206) 555-0199", "bob")
		notices := notice.New(w.Door)
		notes := note.New(w.Door, d.cases, org.NewDirectory(w.Door, w.Service("authn")), notices)
		in := note.Input{Type: note.PhoneCall, At: w.Clock.Now(), Minutes: text("15"), Sections: note.Plain(text("Called about the lease, no answer."))}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		draft, err := notes.SaveDraft(ctx, bob, goes, note.ID{}, 0, in)
		must(err)
		signed, err := notes.Sign(ctx, bob, goes, note.ID{}, 0, in)
		must(err)
		id, err := d.merges.Join(ctx, ivy, stays, goes, 0+d.open(t, ivy, stays).Version, d.open(t, ivy, goes).Version, nil)
		must(err)
		count := func() int {
			l, err := notes.Timeline(ctx, bob, goes, note.TimelineQuery{})
			must(err)
			return len(l.Rows)
		}
		before := count()
		refused := func(t *testing.T, err error) {
			t.Helper()
			if fault.JoinedOf(err) != stays.String() || !fault.Is(err, fault.Invalid) || len(fault.FieldsOf(err)) != 1 {
				t.Errorf("%v", err)
			}
			if e := w.Entries(t)[0]; e.Entry.Outcome != audit.Failed {
				t.Error(e.Entry.Action, e.Entry.Outcome)
			}
		}
		t.Run("a new draft, a new signed note and whatever else is new are refused, and say where to write", func(t *testing.T) {
			_, err := notes.SaveDraft(ctx, bob, goes, note.ID{}, 0, in)
			refused(t, err)
			_, err = notes.Sign(ctx, bob, goes, note.ID{}, 0, in)
			refused(t, err)
			_, err = appointment.New(w.Door, notices).Book(ctx, bob, record.SubjectOf(goes), appointment.Input{On: phi.NewDate(2026, 11, 25), At: "10:00", Minutes: 30, Type: appointment.Office}, time.UTC)
			refused(t, err)
			_, err = d.cases.Open(ctx, ivy, goes, casefile.Opening{Program: "housing"})
			refused(t, err)
			if n := count(); n != before {
				t.Errorf("%d notes, were %d", n, before)
			}
		})
		t.Run("what was typed is kept until it is thrown away, and is saved in the record that stays", func(t *testing.T) {
			_, err := notes.Keep(ctx, bob, goes, note.ID{}, 0, map[string]phi.Text{"text": text("Half a sentence")})
			must(err)
			if _, found, err := notes.Take(ctx, bob, goes, note.ID{}); err != nil || !found {
				t.Error(found, err)
			}
			_, err = notes.SaveDraft(ctx, bob, stays, note.ID{}, 0, in)
			must(err)
			must(notes.DropKept(ctx, bob, goes))
			if _, found, _ := notes.Take(ctx, bob, goes, note.ID{}); found {
				t.Error("it is still kept")
			}
		})
		t.Run("what lies there is read, finished and added to, in no worse way than before", func(t *testing.T) {
			_, err := notes.Addend(ctx, bob, goes, signed, text("The lease ends in March."))
			must(err)
			_, err = notes.Sign(ctx, bob, goes, draft, 1, in)
			must(err)
		})
		t.Run("undone, it takes new records again", func(t *testing.T) {
			w.Clock.Advance(time.Minute)
			_, _, err := d.merges.Undo(ctx, ivy, id)
			must(err)
			_, err = notes.SaveDraft(ctx, bob, goes, note.ID{}, 0, in)
			must(err)
		})
	})
}
