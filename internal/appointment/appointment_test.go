package appointment_test

import (
	"context"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type world struct {
	*recordtest.World
	clients                    *person.Clients
	cases                      *casefile.Cases
	notices                    *notice.Notices
	as                         *appointment.Appointments
	zone                       *time.Location
	client                     record.Subject
	file                       casefile.ID
	one, two, stranger, intake actor.Actor
}

func open(t *testing.T, rw *recordtest.World) *world {
	t.Helper()
	w := &world{World: rw, clients: person.New(rw.Door), notices: notice.New(rw.Door)}
	w.cases, w.as = casefile.New(rw.Door, w.clients), appointment.New(rw.Door, w.notices)
	var err error
	if w.zone, err = time.LoadLocation("America/Los_Angeles"); err != nil {
		t.Fatal(err)
	}
	w.intake = rw.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, w.intake, person.Client{Name: person.Name{Family: phi.NewText("Quell")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	w.client = record.SubjectOf(r.ID)
	if w.file, err = w.cases.Open(ctx, w.intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
		t.Fatal(err)
	}
	w.one, w.two, w.stranger = rw.As("w1", actor.CaseManager), rw.As("w2", actor.CaseManager), rw.As("w9", actor.CaseManager)
	return w
}

func on(s string) phi.Date {
	d, err := phi.ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d
}

func input(day, at string) appointment.Input {
	return appointment.Input{On: on(day), At: at, Minutes: 45, Type: appointment.Home, Purpose: phi.NewText("Sign the lease."), Place: phi.NewText("At the door, not by phone.")}
}

func (w *world) book(t *testing.T, who actor.Actor, in appointment.Input) []appointment.ID {
	t.Helper()
	ids, err := w.as.Book(ctx, who, w.client, in, w.zone)
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

func (w *world) read(t *testing.T, who actor.Actor, id appointment.ID) appointment.Opened {
	t.Helper()
	o, err := w.as.Read(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func (w *world) rows(t *testing.T, who actor.Actor, worker, from, until string) []appointment.Opened {
	t.Helper()
	v := w.Door.View(who, "appointment.find")
	r := w.as.WantRange(v, worker, "", w.at(t, from), w.at(t, until))
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return r.Rows()
}

func (w *world) at(t *testing.T, s string) time.Time {
	t.Helper()
	x, err := time.ParseInLocation("2006-01-02 15:04", s, w.zone)
	if err != nil {
		t.Fatal(err)
	}
	return x
}

func TestBook(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("keeps it at the time of the agency, and tells whom it is with", func(t *testing.T) {
			in := input("2026-11-24", "10:30")
			in.With = "w2"
			ids := w.book(t, w.one, in)
			v := w.read(t, w.two, ids[0]).Value
			if !v.Start.Equal(w.at(t, "2026-11-24 10:30")) || v.Worker != "w1" || v.Status != appointment.Planned || v.Purpose.Empty() {
				t.Errorf("%+v", v)
			}
			p, err := w.notices.Mine(ctx, w.two, w.clients, false, "")
			if err != nil || len(p.Rows) != 1 || p.Rows[0].Value.What != appointment.WasBooked {
				t.Error(len(p.Rows), err)
			}
			for _, x := range []struct{ worker, from, until string }{{"w1", "2026-11-24 00:00", "2026-11-25 00:00"}, {"w2", "2026-11-24 00:00", "2026-11-25 00:00"}} {
				if n := len(w.rows(t, w.one, x.worker, x.from, x.until)); n != 1 {
					t.Errorf("%s has %d", x.worker, n)
				}
			}
			if n := len(w.rows(t, w.stranger, "", "2026-11-01 00:00", "2026-12-01 00:00")); n != 0 {
				t.Errorf("a stranger sees %d", n)
			}
		})
		t.Run("weekly keeps the time by the clock when the clocks change", func(t *testing.T) {
			for _, x := range []struct {
				name, from string
				utc        []string
			}{
				{"forward", "2027-03-09", []string{"2027-03-09T17:00:00Z", "2027-03-16T16:00:00Z"}},
				{"back", "2027-11-02", []string{"2027-11-02T16:00:00Z", "2027-11-09T17:00:00Z"}},
				{"over leap day", "2028-02-22", []string{"2028-02-22T17:00:00Z", "2028-02-29T17:00:00Z", "2028-03-07T17:00:00Z"}},
			} {
				in := input(x.from, "09:00")
				in.Weeks = len(x.utc)
				var got []string
				for _, id := range w.book(t, w.one, in) {
					v := w.read(t, w.one, id).Value
					got = append(got, v.Start.UTC().Format(time.RFC3339))
				}
				if diff := cmp.Diff(x.utc, got); diff != "" {
					t.Error(x.name, diff)
				}
			}
		})
		t.Run("refuses a time that the clocks skip", func(t *testing.T) {
			_, err := w.as.Book(ctx, w.one, w.client, input("2027-03-14", "02:30"), w.zone)
			if f := fault.FieldsOf(err); len(f) != 1 || f[0].Name != "at" {
				t.Error(err)
			}
		})
		t.Run("says everything that is wrong at once", func(t *testing.T) {
			_, err := w.as.Book(ctx, w.one, w.client, appointment.Input{Worker: "w9", Minutes: 2, Type: "moon", Weeks: 99}, w.zone)
			var names []string
			for _, f := range fault.FieldsOf(err) {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff([]string{"on", "at", "minutes", "type", "weeks", "worker"}, names); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("is refused to a stranger as if there were no client, and the refusal is logged", func(t *testing.T) {
			before := len(w.Entries(t))
			if _, err := w.as.Book(ctx, w.stranger, w.client, input("2026-11-25", "10:00"), w.zone); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if es := w.Entries(t); len(es) != before+1 || es[0].Outcome != audit.Refused {
				t.Errorf("%d entries", len(es)-before)
			}
		})
		t.Run("by intake is with the client's worker, and its words are not for intake", func(t *testing.T) {
			in := input("2026-11-26", "10:00")
			in.Worker = "w1"
			if _, err := w.as.Book(ctx, w.intake, w.client, in, w.zone); !fault.Is(err, fault.Denied) {
				t.Error("intake wrote words", err)
			}
			in.Purpose, in.Place = phi.Text{}, phi.Text{}
			id := w.book(t, w.intake, in)[0]
			theirs := w.book(t, w.one, input("2026-11-26", "12:00"))[0]
			o := w.read(t, w.intake, theirs)
			if !o.Value.Purpose.Empty() || !o.Withheld.Has(policy.Note) || o.Value.Start.IsZero() || o.Value.Client != w.client {
				t.Errorf("%+v", o)
			}
			if err := w.as.Keep(ctx, w.intake, w.client, id, 1); err == nil {
				t.Error("intake said that the client came")
			}
			// Moving it leaves the words alone.
			in.At = "13:00"
			if err := w.as.Move(ctx, w.intake, w.client, theirs, 1, in, w.zone); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, theirs).Value; v.Purpose.Disclose() != "Sign the lease." || !v.Start.Equal(w.at(t, "2026-11-26 13:00")) {
				t.Errorf("%+v", v)
			}
		})
	})
}

func TestMove(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		moved := func(t *testing.T, who actor.Actor, id appointment.ID) (n int) {
			t.Helper()
			p, err := w.notices.Mine(ctx, who, w.clients, true, "")
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range p.Rows {
				if o.Value.What == appointment.WasMoved && o.Value.Path == appointment.Path(w.client, id) {
					n++
				}
			}
			return n
		}
		in := input("2026-12-01", "10:00")
		in.Worker, in.With = "w2", "w1"
		id := w.book(t, w.one, in)[0]
		t.Run("tells whoever it was with, though another takes their place", func(t *testing.T) {
			in.Worker, in.With = "w1", ""
			if err := w.as.Move(ctx, w.one, w.client, id, 0, in, w.zone); err != nil {
				t.Fatal(err)
			}
			if moved(t, w.two, id) != 1 || moved(t, w.one, id) != 0 {
				t.Error(moved(t, w.two, id), moved(t, w.one, id))
			}
		})
		t.Run("gives it to nobody who does not work with the client", func(t *testing.T) {
			in.Worker = "w9"
			if err := w.as.Move(ctx, w.one, w.client, id, 0, in, w.zone); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
	})
}

func TestClose(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("it is kept or missed once it has begun, not before", func(t *testing.T) {
			id := w.book(t, w.one, input("2026-11-20", "07:00"))[0] // now
			if err := w.as.Keep(ctx, w.one, w.client, id, 1); err != nil {
				t.Fatal(err)
			}
			if err := w.as.Miss(ctx, w.one, w.client, id, 2); err != nil {
				t.Fatal("a mistake is not mended", err)
			}
			if v := w.read(t, w.one, id).Value; v.Status != appointment.NoShow || v.ClosedBy != "w1" {
				t.Errorf("%+v", v)
			}
			later := w.book(t, w.one, input("2026-11-20", "07:01"))[0]
			if err := w.as.Keep(ctx, w.one, w.client, later, 1); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("one of a series is cancelled alone, or with all that follow", func(t *testing.T) {
			in := input("2026-11-23", "15:00")
			in.Weeks = 4
			ids := w.book(t, w.one, in)
			if err := w.as.Cancel(ctx, w.one, ids[0], 1, appointment.ByClient, phi.NewText("Has a cold."), false); err != nil {
				t.Fatal(err)
			}
			if err := w.as.Cancel(ctx, w.two, ids[2], 1, appointment.ByWorker, phi.Text{}, true); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, id := range ids {
				got = append(got, w.read(t, w.one, id).Value.Status)
			}
			if diff := cmp.Diff([]string{"cancelled", "planned", "cancelled", "cancelled"}, got); diff != "" {
				t.Error(diff)
			}
			if v := w.read(t, w.one, ids[0]).Value; v.CancelledBy != appointment.ByClient || v.Why.Disclose() != "Has a cold." {
				t.Errorf("%+v", v)
			}
			p, err := w.notices.Mine(ctx, w.one, w.clients, false, "")
			told := 0
			for _, o := range p.Rows {
				if o.Value.What == appointment.WasCancelled {
					told++
				}
			}
			if err != nil || told != 1 {
				t.Error(told, err)
			}
			if err := w.as.Cancel(ctx, w.one, ids[1], 1, "nobody", phi.Text{}, false); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
		t.Run("it is moved at the version that was seen", func(t *testing.T) {
			id := w.book(t, w.one, input("2026-12-01", "10:00"))[0]
			if err := w.as.Move(ctx, w.two, w.client, id, 1, withWorker(input("2026-12-02", "11:00"), "w1"), w.zone); err != nil {
				t.Fatal(err)
			}
			if err := w.as.Move(ctx, w.one, w.client, id, 1, withWorker(input("2026-12-03", "11:00"), "w1"), w.zone); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if v := w.read(t, w.one, id).Value; !v.Start.Equal(w.at(t, "2026-12-02 11:00")) {
				t.Errorf("%+v", v)
			}
		})
		t.Run("two at a time of one worker overlap, end to end they do not", func(t *testing.T) {
			a := w.book(t, w.one, input("2026-12-10", "10:00"))[0]
			b := w.book(t, w.two, input("2026-12-10", "10:30"))[0] // another worker
			c := w.book(t, w.one, input("2026-12-10", "10:45"))[0]
			d := input("2026-12-10", "11:00")
			d.With = "w2"
			e := w.book(t, w.one, d)[0]
			got := appointment.Overlaps(w.rows(t, w.one, "", "2026-12-10 00:00", "2026-12-11 00:00"))
			if got[a] || !got[b] || !got[c] || !got[e] {
				t.Error(got[a], got[b], got[c], got[e])
			}
		})
		t.Run("somebody who left the client sees that they are busy, and with nobody", func(t *testing.T) {
			in := input("2026-12-15", "10:00")
			in.Worker = "w2"
			id := w.book(t, w.one, in)[0]
			if err := w.cases.Close(ctx, w.one, w.file, 0, casefile.Closing{Reason: casefile.GoalsMet}); err != nil {
				t.Fatal(err)
			}
			o := w.read(t, w.two, id)
			if !o.Value.Client.IsZero() || !o.Value.Purpose.Empty() || !o.Withheld.Has(policy.Case) || o.Value.Start.IsZero() {
				t.Errorf("%+v", o)
			}
		})
	})
}

// series reads a series as whoever plans it sees it.
func (w *world) series(t *testing.T, who actor.Actor, id appointment.ID) (appointment.Appointment, []appointment.Opened) {
	t.Helper()
	v := w.Door.View(who, "appointment.read")
	one, all := w.as.Want(v, id), w.as.WantSeries(v, id)
	if err := v.Open(ctx); err != nil {
		t.Fatal(err)
	}
	return one.Value, all.Rows
}

func (w *world) mark(t *testing.T, id appointment.ID) string {
	t.Helper()
	return appointment.Mark(w.series(t, w.one, id))
}

func TestBookWithNobodyNamed(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		if id := w.book(t, w.one, input("2026-12-01", "10:00"))[0]; w.read(t, w.one, id).Value.Worker != "w1" {
			t.Error("it is not with whoever booked it")
		}
		for _, worker := range []string{"", "i1"} {
			_, err := w.as.Book(ctx, w.intake, w.client, withWorker(input("2026-12-01", "10:00"), worker), w.zone)
			if fs := fault.FieldsOf(err); len(fs) != 1 || fs[0].Name != "worker" {
				t.Errorf("intake, with %q: %v", worker, err)
			}
		}
		in := withWorker(input("2026-12-01", "10:00"), "w2")
		in.Place, in.Purpose = phi.Text{}, phi.Text{}
		w.book(t, w.intake, in)
	})
}

func TestMoveFollowing(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		weekly := func(t *testing.T, day, at string, weeks int) []appointment.ID {
			t.Helper()
			in := input(day, at)
			in.Weeks = weeks
			return w.book(t, w.one, in)
		}
		starts := func(t *testing.T, ids []appointment.ID) []string {
			t.Helper()
			var out []string
			for _, id := range ids {
				out = append(out, w.read(t, w.one, id).Value.Start.In(w.zone).Format("2006-01-02 15:04"))
			}
			return out
		}
		move := func(who actor.Actor, id appointment.ID, version int64, mark string, in appointment.Input) ([]appointment.Placed, error) {
			in.Worker = "w1"
			return w.as.MoveFollowing(ctx, who, w.client, id, version, mark, in, w.zone)
		}
		t.Run("moves one and those after it by as many days, to the new time, and none before", func(t *testing.T) {
			ids := weekly(t, "2026-12-01", "10:00", 4)
			before := len(w.Entries(t))
			placed, err := move(w.one, ids[1], 1, w.mark(t, ids[1]), input("2026-12-10", "14:30"))
			if err != nil {
				t.Fatal(err)
			}
			if n := len(w.Entries(t)) - before; n != 3 { // the mark, what there is, the change
				t.Errorf("%d entries", n)
			}
			if diff := cmp.Diff([]string{"2026-12-01 10:00", "2026-12-10 14:30", "2026-12-17 14:30", "2026-12-24 14:30"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
			if len(placed) != 3 || placed[0].ID != ids[1] || !placed[2].Start.Equal(w.at(t, "2026-12-24 14:30")) || placed[2].Worker != "w1" {
				t.Errorf("%+v", placed)
			}
		})
		t.Run("changes length, place and words of all, and leaves alone what was arranged for one", func(t *testing.T) {
			ids := weekly(t, "2027-01-05", "10:00", 3)
			own := withWorker(input("2027-01-13", "16:00"), "w2") // another day, time and worker
			own.Place = phi.NewText("In the park.")
			if err := w.as.Move(ctx, w.one, w.client, ids[1], 1, own, w.zone); err != nil {
				t.Fatal(err)
			}
			in := input("2027-01-05", "10:00")
			in.Minutes, in.Purpose = 90, phi.NewText("Practice the interview.")
			if _, err := move(w.one, ids[0], 1, w.mark(t, ids[0]), in); err != nil {
				t.Fatal(err)
			}
			for i, id := range ids {
				if v := w.read(t, w.one, id).Value; v.Minutes != 90 || v.Purpose.Disclose() != "Practice the interview." || (v.Place.Disclose() == "In the park.") != (i == 1) || (v.Worker == "w2") != (i == 1) {
					t.Errorf("%d: %+v", i, v)
				}
			}
			if diff := cmp.Diff([]string{"2027-01-05 10:00", "2027-01-13 16:00", "2027-01-19 10:00"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
			// Two days earlier is two days earlier for that one too.
			if _, err := move(w.one, ids[0], 2, "", withLength(input("2027-01-03", "10:00"), 90)); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"2027-01-03 10:00", "2027-01-11 16:00", "2027-01-17 10:00"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("keeps the time by the clock when the clocks change", func(t *testing.T) {
			for _, x := range []struct {
				name, from, at string
				on, to         string
				utc            []string
			}{
				{"forward", "2027-03-09", "09:00", "2027-03-09", "11:00", []string{"2027-03-09T19:00:00Z", "2027-03-16T18:00:00Z"}},
				{"back", "2027-11-02", "09:00", "2027-11-03", "08:00", []string{"2027-11-03T15:00:00Z", "2027-11-10T16:00:00Z"}},
				// 02:30 is skipped on March 14, and is there again a day later.
				{"into an hour that is skipped", "2027-03-07", "09:00", "2027-03-07", "02:30", []string{"2027-03-07T10:30:00Z", "2027-03-14T10:30:00Z", "2027-03-21T09:30:00Z"}},
				{"out of an hour that is skipped", "2027-03-07", "02:30", "2027-03-08", "02:30", []string{"2027-03-08T10:30:00Z", "2027-03-15T09:30:00Z", "2027-03-22T09:30:00Z"}},
			} {
				ids := weekly(t, x.from, x.at, len(x.utc))
				if _, err := move(w.one, ids[0], 1, w.mark(t, ids[0]), input(x.on, x.to)); err != nil {
					t.Fatal(x.name, err)
				}
				var got []string
				for _, id := range ids {
					got = append(got, w.read(t, w.one, id).Value.Start.UTC().Format(time.RFC3339))
				}
				if diff := cmp.Diff(x.utc, got); diff != "" {
					t.Error(x.name, diff)
				}
			}
			ids := weekly(t, "2027-03-13", "09:00", 2)
			if _, err := move(w.one, ids[0], 1, "", input("2027-03-14", "02:30")); len(fault.FieldsOf(err)) != 1 {
				t.Error("a time that the clocks skip", err)
			}
		})
		t.Run("leaves those alone that were kept, missed or cancelled", func(t *testing.T) {
			ids := weekly(t, "2027-04-06", "10:00", 3)
			if err := w.as.Cancel(ctx, w.one, ids[1], 1, appointment.ByClient, phi.Text{}, false); err != nil {
				t.Fatal(err)
			}
			if _, err := move(w.one, ids[0], 1, w.mark(t, ids[0]), input("2027-04-07", "10:00")); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"2027-04-07 10:00", "2027-04-13 10:00", "2027-04-21 10:00"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("is a conflict if that one or one that follows was changed since, and then changes nothing", func(t *testing.T) {
			ids := weekly(t, "2027-05-04", "10:00", 3)
			seen := w.mark(t, ids[0])
			w.Clock.Advance(time.Minute)
			if err := w.as.Move(ctx, w.two, w.client, ids[2], 1, withWorker(input("2027-05-19", "10:00"), "w1"), w.zone); err != nil {
				t.Fatal(err)
			}
			if _, err := move(w.one, ids[0], 1, seen, input("2027-05-04", "12:00")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if _, err := move(w.one, ids[2], 1, "", input("2027-05-18", "12:00")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"2027-05-04 10:00", "2027-05-11 10:00", "2027-05-19 10:00"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
			if by, at := appointment.LastChange(w.series(t, w.one, ids[0])); by != "w2" || !at.Equal(w.Clock.Now()) {
				t.Error(by, at)
			}
		})
		t.Run("tells whoever is there once, and not who did it", func(t *testing.T) {
			in := input("2027-06-01", "10:00")
			in.Weeks, in.With = 3, "w2"
			ids := w.book(t, w.one, in)
			told := func(who actor.Actor) (paths []string) {
				p, err := w.notices.Mine(ctx, who, w.clients, true, "")
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range p.Rows {
					if o.Value.What == appointment.WasMoved {
						paths = append(paths, o.Value.Path)
					}
				}
				return paths
			}
			one, two := len(told(w.one)), len(told(w.two))
			w.Clock.Advance(time.Minute)
			in.Weeks, in.At = 0, "11:00"
			if _, err := move(w.one, ids[0], 1, "", in); err != nil {
				t.Fatal(err)
			}
			if got := told(w.two); len(got) != two+1 || got[0] != appointment.Path(w.client, ids[0]) {
				t.Error(got)
			}
			if n := len(told(w.one)); n != one {
				t.Error("who did it is told")
			}
		})
		t.Run("says which of them clash, and on no other day", func(t *testing.T) {
			ids := weekly(t, "2027-07-06", "10:00", 3)
			w.book(t, w.one, input("2027-07-14", "13:15"))
			placed, err := move(w.one, ids[0], 1, "", input("2027-07-07", "13:00"))
			if err != nil {
				t.Fatal(err)
			}
			got, err := w.as.Clashing(ctx, w.one, placed, w.zone)
			if err != nil || len(got) != 1 || !got[ids[1]] {
				t.Error(got, err)
			}
		})
		t.Run("by intake leaves the words alone", func(t *testing.T) {
			ids := weekly(t, "2027-08-03", "10:00", 2)
			in := withWorker(input("2027-08-04", "10:00"), "w1")
			in.Place, in.Purpose = phi.Text{}, phi.Text{}
			if _, err := move(w.intake, ids[0], 1, "", in); err != nil {
				t.Fatal(err)
			}
			for _, id := range ids {
				if v := w.read(t, w.one, id).Value; v.Purpose.Disclose() != "Sign the lease." || v.Place.Empty() || v.Start.In(w.zone).Weekday() != time.Wednesday {
					t.Errorf("%+v", v)
				}
			}
		})
		t.Run("is refused to a stranger as if there were none", func(t *testing.T) {
			ids := weekly(t, "2027-09-07", "10:00", 2)
			if _, err := w.as.MoveFollowing(ctx, w.stranger, w.client, ids[0], 1, "", withWorker(input("2027-09-08", "10:00"), "w9"), w.zone); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("is not refused for a worker who left since, and is for one who is new to it", func(t *testing.T) {
			in := input("2027-11-02", "10:00")
			in.Weeks, in.With = 2, "w2"
			ids := w.book(t, w.one, in)
			if err := w.cases.Leave(ctx, w.Service("demo"), w.file, "w2"); err != nil {
				t.Fatal(err)
			}
			defer func() {
				if err := w.cases.Join(ctx, w.Service("demo"), w.file, casefile.Member{Worker: "w2"}); err != nil {
					t.Fatal(err)
				}
			}()
			later := input("2027-11-02", "11:00")
			later.With = "w9"
			if _, err := move(w.one, ids[0], 1, w.mark(t, ids[0]), later); !fault.Is(err, fault.Invalid) || fault.FieldsOf(err)[0].Name != "with" {
				t.Error(err)
			}
			later.With = "w2"
			if _, err := move(w.one, ids[0], 1, w.mark(t, ids[0]), later); err != nil {
				t.Error(err)
			}
			if diff := cmp.Diff([]string{"2027-11-02 11:00", "2027-11-09 11:00"}, starts(t, ids)); diff != "" {
				t.Error(diff)
			}
			if w.read(t, w.one, ids[1]).Value.With != "w2" {
				t.Error("they are no longer in it")
			}
			again := input("2027-11-23", "10:00")
			again.With = "w2"
			if _, err := w.as.Book(ctx, w.one, w.client, again, w.zone); !fault.Is(err, fault.Invalid) {
				t.Error("a new one is booked with them:", err)
			}
		})
		t.Run("of one that does not recur changes it alone", func(t *testing.T) {
			a := w.book(t, w.one, input("2027-10-05", "10:00"))[0]
			b := w.book(t, w.one, input("2027-10-12", "10:00"))[0]
			if _, err := move(w.one, a, 1, w.mark(t, a), input("2027-10-05", "11:00")); err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff([]string{"2027-10-05 11:00", "2027-10-12 10:00"}, starts(t, []appointment.ID{a, b})); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func withLength(in appointment.Input, minutes int) appointment.Input {
	in.Minutes, in.Purpose = minutes, phi.NewText("Practice the interview.")
	return in
}

func withWorker(in appointment.Input, worker string) appointment.Input {
	in.Worker = worker
	return in
}

func TestCautions(t *testing.T) {
	phone := func(p ...person.Phone) person.Client { return person.Client{Phones: p} }
	for _, x := range []struct {
		name string
		c    person.Client
		how  appointment.Reminder
		want []appointment.Caution
	}{
		{"no reminder needs no caution", person.Client{}, appointment.NoReminder, nil},
		{"a number that may be called", phone(person.Phone{}), appointment.Call, nil},
		{"a number for texts only is not called", phone(person.Phone{TextOnly: true}), appointment.Call, []appointment.Caution{appointment.TextsOnly}},
		{"and may be texted", phone(person.Phone{TextOnly: true}), appointment.Text, nil},
		{"no voicemail is left", phone(person.Phone{NoVoicemail: true}), appointment.Call, []appointment.Caution{appointment.NoVoicemail}},
		{"there is no number", person.Client{}, appointment.Text, []appointment.Caution{appointment.NoNumber}},
		{"a mail address that is not said to be safe", person.Client{Emails: []person.Email{{}}}, appointment.Mail, []appointment.Caution{appointment.NoSafeMail}},
		{"one that is", person.Client{Emails: []person.Email{{Safe: true}}}, appointment.Mail, nil},
		{"no address is safe to write to", person.Client{Addresses: []person.Address{{}}}, appointment.Letter, []appointment.Caution{appointment.NoSafeLetter}},
		{"a safety plan is always said", person.Client{Phones: []person.Phone{{}}, Flags: []person.Flag{{Kind: person.SafetyPlan}}}, appointment.Call, []appointment.Caution{appointment.KeepPrivate}},
	} {
		t.Run(x.name, func(t *testing.T) {
			if diff := cmp.Diff(x.want, appointment.Cautions(x.c, x.how)); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestFeed(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		gone := map[string]bool{}
		fs := appointment.NewFeeds(w.Door, w.Service("calendar"), func(_ context.Context, worker string) (bool, error) { return !gone[worker], nil })
		in := input("2026-11-24", "10:30")
		in.With = "w2"
		ids := w.book(t, w.one, in)
		cancelled := w.book(t, w.one, input("2026-11-25", "10:30"))
		if err := w.as.Cancel(ctx, w.one, cancelled[0], 1, appointment.ByClient, phi.Text{}, false); err != nil {
			t.Fatal(err)
		}
		var secret string
		t.Run("is fetched by its secret, in one entry, and names no client", func(t *testing.T) {
			var err error
			if secret, err = fs.Make(ctx, w.one, "Appointment"); err != nil {
				t.Fatal(err)
			}
			before := len(w.Entries(t))
			b, err := fs.Fetch(ctx, secret)
			if err != nil {
				t.Fatal(err)
			}
			es := w.Entries(t)
			if len(es) != before+1 || es[0].Who.Worker != "service:calendar" || es[0].Action != "feed.read" || es[0].Detail["worker"] != "w1" {
				t.Errorf("%d entries, %+v", len(es)-before, es[0].Entry)
			}
			for _, x := range es[0].Touched {
				if x.Kind == "appointment" && cmp.Diff([]string{"workforce"}, x.Classes) != "" {
					t.Errorf("opened %v", x.Classes)
				}
			}
			s := string(b)
			if strings.Count(s, "BEGIN:VEVENT") != 1 || !strings.Contains(s, "DTSTART:20261124T183000Z\r\nDTEND:20261124T191500Z\r\nSUMMARY:Appointment\r\n") {
				t.Error(s)
			}
			for _, x := range []string{"Quell", "lease", "door", "home", w.client.String(), ids[0].String(), "w1", "w2"} {
				if strings.Contains(s, x) {
					t.Errorf("it says %q", x)
				}
			}
			if again, err := fs.Fetch(ctx, secret); err != nil || string(again) != s {
				t.Error("a second fetch is another text", err)
			}
		})
		t.Run("of a colleague who is there too shows the time as well", func(t *testing.T) {
			other, err := fs.Make(ctx, w.two, "Cita")
			if err != nil {
				t.Fatal(err)
			}
			b, err := fs.Fetch(ctx, other)
			if err != nil || !strings.Contains(string(b), "SUMMARY:Cita") {
				t.Error(string(b), err)
			}
		})
		t.Run("shows a series at its new times, as the same entries", func(t *testing.T) {
			in := input("2027-03-09", "09:00")
			in.Weeks = 2
			series := w.book(t, w.one, in)
			uids := func() (lines []string) {
				b, err := fs.Fetch(ctx, secret)
				if err != nil {
					t.Fatal(err)
				}
				for _, l := range strings.Split(string(b), "\r\n") {
					if strings.HasPrefix(l, "UID:") || strings.HasPrefix(l, "DTSTART:202703") || strings.HasPrefix(l, "DTEND:202703") {
						lines = append(lines, l)
					}
				}
				return lines
			}
			before := uids()
			in.Worker, in.At, in.Minutes, in.Weeks = "w1", "11:00", 30, 0
			if _, err := w.as.MoveFollowing(ctx, w.one, w.client, series[0], 1, "", in, w.zone); err != nil {
				t.Fatal(err)
			}
			want := strings.NewReplacer("0309T170000", "0309T190000", "0309T174500", "0309T193000", "0316T160000", "0316T180000", "0316T164500", "0316T183000").Replace(strings.Join(before, "\n"))
			if diff := cmp.Diff(want, strings.Join(uids(), "\n")); diff != "" || len(before) != 7 {
				t.Error(diff, before)
			}
		})
		t.Run("its secret is in no table", func(t *testing.T) {
			for _, e := range w.Entries(t) {
				for _, v := range e.Detail {
					if strings.Contains(v, secret) {
						t.Error("the log has it")
					}
				}
			}
			o, found, err := fs.Own(ctx, w.one)
			if err != nil || !found || strings.Contains(o.Value.Hash, secret) {
				t.Error(found, err)
			}
		})
		t.Run("made anew, the old secret opens nothing", func(t *testing.T) {
			next, err := fs.Make(ctx, w.one, "Appointment")
			if err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Fetch(ctx, secret); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, err := fs.Fetch(ctx, next); err != nil {
				t.Error(err)
			}
			secret = next
		})
		t.Run("of somebody who no longer works here dies at once", func(t *testing.T) {
			gone["w1"] = true
			if _, err := fs.Fetch(ctx, secret); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			delete(gone, "w1")
		})
		t.Run("revoked, it opens nothing", func(t *testing.T) {
			if err := fs.Revoke(ctx, w.one); err != nil {
				t.Fatal(err)
			}
			if _, err := fs.Fetch(ctx, secret); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, found, err := fs.Own(ctx, w.one); err != nil || found {
				t.Error(found, err)
			}
			if err := fs.Revoke(ctx, w.one); err != nil {
				t.Error("revoking nothing", err)
			}
		})
		t.Run("is nobody's without its secret, and made by nobody but care roles", func(t *testing.T) {
			if _, err := fs.Fetch(ctx, strings.Repeat("0", 52)); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, err := fs.Make(ctx, w.As("a1", actor.Administrator), "Appointment"); err == nil {
				t.Error("an administrator made one")
			}
		})
	})
}

func TestFeedOfABusyMonth(t *testing.T) {
	w := open(t, recordtest.Open(t))
	fs := appointment.NewFeeds(w.Door, w.Service("calendar"), func(context.Context, string) (bool, error) { return true, nil })
	secret, err := fs.Make(ctx, w.one, "Appointment")
	if err != nil {
		t.Fatal(err)
	}
	day := func(n int) string { return w.Clock.Now().AddDate(0, 0, n).Format("2006-01-02") }
	for range 501 {
		w.book(t, w.one, input(day(-2), "10:00"))
	}
	next := w.book(t, w.one, input(day(2), "10:00"))[0]
	b, err := fs.Fetch(ctx, secret)
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(b), "BEGIN:VEVENT"); n != 502 {
		t.Errorf("%d of 502 are in it", n)
	}
	reads := 0
	for _, e := range w.Entries(t)[:5] {
		if e.Action == "feed.read" {
			reads++
		}
	}
	if reads != 2 { // each of its reads has one
		t.Errorf("%d entries", reads)
	}
	if from := w.read(t, w.one, next).Value.Start.UTC().Format("20060102T150405Z"); !strings.Contains(string(b), "DTSTART:"+from) {
		t.Error("what is to come is not in it")
	}
}

func TestICalendar(t *testing.T) {
	at := func(s string) time.Time {
		x, err := time.Parse(time.RFC3339, s)
		if err != nil {
			t.Fatal(err)
		}
		return x
	}
	got := appointment.ICalendar("Visit; at length, with a back\\slash\nand a title so long that it must be folded — in the middle of no ñ", []appointment.Busy{
		{UID: "0123456789abcdef0123456789abcdef@caseward", From: at("2026-11-01T08:30:00Z"), Until: at("2026-11-01T09:30:00Z"), Changed: at("2026-10-20T15:00:00Z")},
		{UID: "fedcba9876543210fedcba9876543210@caseward", From: at("2028-02-29T16:00:00-08:00"), Until: at("2028-02-29T16:45:00-08:00"), Changed: at("2026-10-20T15:00:00Z")},
	})
	const name = "testdata/busy.ics"
	if os.Getenv("CASEWARD_UPDATE") != "" {
		if err := os.WriteFile(name, got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), string(got)); diff != "" {
		t.Error(diff)
	}
	for _, line := range strings.Split(strings.TrimSuffix(string(got), "\r\n"), "\r\n") {
		if len(line) > 75 || strings.ContainsAny(line, "\r\n") {
			t.Errorf("a line of %d octets: %q", len(line), line)
		}
	}
}

func FuzzParseSecret(f *testing.F) {
	for _, s := range []string{"", "x", strings.Repeat("0", 52), strings.Repeat("z", 52) + ".ics", strings.Repeat("Z", 52), "../" + strings.Repeat("0", 49), strings.Repeat("é", 26)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, err := appointment.ParseSecret(s)
		if err != nil {
			if !fault.Is(err, fault.NotFound) || got != "" || strings.Contains(err.Error(), s) && len(s) > 9 {
				t.Errorf("%q: %v", got, err)
			}
			return
		}
		if len(got) != 52 || got != strings.TrimSuffix(s, ".ics") {
			t.Errorf("%q", got)
		}
		if strings.Trim(got, "0123456789abcdefghjkmnpqrstvwxyz") != "" {
			t.Errorf("%q has other letters", got)
		}
	})
}
