package conference_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/conference"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type planned struct {
	owner, what, due string
}

// tasks notes what it was asked to plan; dee cannot be given any.
type tasks struct{ all []planned }

func (t *tasks) Plan(_ context.Context, _ actor.Actor, _ *record.Work, _ record.Subject, owner string, what phi.Text, due phi.Date, _ string) (bool, error) {
	if owner == "dee" {
		return false, nil
	}
	t.all = append(t.all, planned{owner, what.Disclose(), due.DiscloseISO()})
	return true, nil
}

// world has a client whose worker is ann, with bo on the care team; cy and ivy
// have nothing to do with them.
type world struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
	tasks   *tasks
	all     *conference.Conferences
	id      person.ID
}

func open(t *testing.T, rw *recordtest.World) *world {
	t.Helper()
	w := &world{World: rw, clients: person.New(rw.Door), tasks: &tasks{}}
	w.cases, w.all = casefile.New(rw.Door, w.clients), conference.New(rw.Door, w.tasks)
	w.all.Staff(func(_ context.Context, worker string) (bool, error) {
		if worker == "nobody" {
			return false, fault.NotFoundf("staff.read")
		}
		return worker != "gone", nil
	})
	intake := w.As("ivy", actor.Intake)
	r, err := w.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Pruitt")}}, true)
	ok(t, err)
	w.id = r.ID
	_, err = w.cases.Open(ctx, intake, w.id, casefile.Opening{Program: "housing", Worker: "ann", Team: []casefile.Member{{Worker: "bo"}}})
	ok(t, err)
	return w
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func is(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want %v", err, k)
	}
}

func (w *world) cm(id string) actor.Actor { return w.As(id, actor.CaseManager) }

func (w *world) input(restricted bool, guests ...string) conference.Input {
	in := conference.Input{At: w.Clock.Now().Add(2 * time.Hour), Restricted: restricted, Agenda: phi.NewText("Housing\nSafety plan")}
	for _, g := range guests {
		in.Attendees = append(in.Attendees, conference.Attendee{Worker: g})
	}
	in.Attendees = append(in.Attendees, conference.Attendee{Name: phi.NewText("Ms. Quist, school")})
	return in
}

// reads reports whether somebody may read a conference, its words included.
func (w *world) reads(t *testing.T, who actor.Actor, id conference.ID) bool {
	t.Helper()
	v := w.Door.View(who, "chart.open")
	got := w.all.Want(v, id)
	err := v.Open(ctx)
	if err != nil && !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
		t.Fatal(err)
	}
	return err == nil && !got.Value.Agenda.Empty()
}

func TestConference(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("for the care team, is read by it and by whoever is invited, until a day after", func(t *testing.T) {
			id, err := w.all.Call(ctx, w.cm("ann"), w.id, w.input(false, "cy"))
			ok(t, err)
			got := map[string]bool{}
			for _, n := range []string{"ann", "bo", "cy", "dee"} {
				got[n] = w.reads(t, w.cm(n), id)
			}
			if diff := cmp.Diff(map[string]bool{"ann": true, "bo": true, "cy": true, "dee": false}, got); diff != "" {
				t.Error(diff)
			}
			in := w.input(false, "cy")
			is(t, w.all.Write(ctx, w.cm("cy"), w.id, id, 0, in), fault.Denied)
			w.Clock.Advance(2*time.Hour + time.Hour + 24*time.Hour - time.Second)
			if !w.reads(t, w.cm("cy"), id) {
				t.Error("over too early")
			}
			w.Clock.Advance(time.Second)
			if w.reads(t, w.cm("cy"), id) || !w.reads(t, w.cm("bo"), id) {
				t.Error("a guest reads for ever, or the team no longer")
			}
			ns, err := notice.New(w.Door).Mine(ctx, w.cm("cy"), w.clients, true, "")
			if err != nil || len(ns.Rows) != 1 || ns.Rows[0].Value.What != conference.Invited {
				t.Error(err, len(ns.Rows))
			}
		})
		t.Run("is read by a guest of it, and no other of the client is", func(t *testing.T) {
			other, err := w.all.Call(ctx, w.cm("ann"), w.id, w.input(false, "bo"))
			ok(t, err)
			id, err := w.all.Call(ctx, w.cm("ann"), w.id, w.input(false, "cy"))
			ok(t, err)
			if !w.reads(t, w.cm("cy"), id) || w.reads(t, w.cm("cy"), other) || !w.reads(t, w.cm("bo"), id) {
				t.Error("a guest reads another conference, or not their own")
			}
			v := w.Door.View(w.cm("cy"), "conference.find")
			l := w.all.WantOf(v, w.id)
			ok(t, v.Open(ctx))
			if len(l.Rows) != 1 || l.Rows[0].ID != id {
				t.Error(len(l.Rows))
			}
		})
		t.Run("invites who works here, to a day that is near", func(t *testing.T) {
			for _, n := range []string{"gone", "nobody"} {
				_, err := w.all.Call(ctx, w.cm("ann"), w.id, w.input(false, n))
				is(t, err, fault.Invalid)
			}
			for d, want := range map[time.Duration]bool{-367 * 24 * time.Hour: false, -300 * 24 * time.Hour: true, 179 * 24 * time.Hour: true, 181 * 24 * time.Hour: false} {
				in := w.input(false, "bo")
				in.At = w.Clock.Now().Add(d)
				_, err := w.all.Call(ctx, w.cm("ann"), w.id, in)
				if (err == nil) != want {
					t.Error(d, err)
				}
			}
			in := w.input(false, "gone", "bo")
			in.Attendees = in.Attendees[1:]
			id, err := w.all.Call(ctx, w.cm("ann"), w.id, in)
			ok(t, err)
			w.Clock.Advance(400 * 24 * time.Hour)
			ok(t, w.all.Write(ctx, w.cm("ann"), w.id, id, 0, in))
			in.At = in.At.Add(time.Hour)
			is(t, w.all.Write(ctx, w.cm("ann"), w.id, id, 0, in), fault.Invalid)
		})
		t.Run("restricted, is kept from the care team and from guests, also once it is signed", func(t *testing.T) {
			in := w.input(true, "cy", "bo")
			in.Minutes, in.Attendees[0].Came = phi.NewText("We met."), true
			id, err := w.all.Call(ctx, w.cm("ann"), w.id, in)
			ok(t, err)
			w.Clock.Advance(3 * time.Hour)
			for _, signed := range []bool{false, true} {
				got := map[string]bool{}
				for _, n := range []string{"ann", "bo", "cy"} {
					got[n] = w.reads(t, w.cm(n), id)
				}
				if diff := cmp.Diff(map[string]bool{"ann": true, "bo": false, "cy": false}, got); diff != "" {
					t.Error(signed, diff)
				}
				v := w.Door.View(w.cm("bo"), "chart.open")
				l := w.all.WantOf(v, w.id)
				ok(t, v.Open(ctx))
				for _, o := range l.Rows {
					if o.ID == id {
						t.Error("it is listed")
					}
				}
				if !signed {
					_, err := w.all.Sign(ctx, w.cm("ann"), w.id, id, 0)
					ok(t, err)
				}
			}
		})
		t.Run("called by somebody of the care team, it is theirs to read", func(t *testing.T) {
			id, err := w.all.Call(ctx, w.cm("bo"), w.id, w.input(true, "ann"))
			ok(t, err)
			if !w.reads(t, w.cm("bo"), id) || !w.reads(t, w.cm("ann"), id) {
				t.Error("whoever called it, or the assigned worker, does not read it")
			}
		})
		t.Run("is not called by whoever does not work with the client", func(t *testing.T) {
			_, err := w.all.Call(ctx, w.cm("dee"), w.id, w.input(false, "cy"))
			is(t, err, fault.NotFound)
			_, err = w.all.Call(ctx, w.As("ivy", actor.Intake), w.id, w.input(false, "cy"))
			is(t, err, fault.Denied)
		})
	})
}

func TestMinutes(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		ann, bo := w.cm("ann"), w.cm("bo")
		in := w.input(false, "bo")
		id, err := w.all.Call(ctx, ann, w.id, in)
		ok(t, err)
		due, _ := phi.ParseDate("2026-12-01")
		in.Decisions = []conference.Decision{{What: phi.NewText("Call the landlord"), Who: "bo", Due: due}, {What: phi.NewText("File the appeal")}}
		t.Run("are written together, and what somebody saved since is not overwritten", func(t *testing.T) {
			ok(t, w.all.Write(ctx, bo, w.id, id, 1, in))
			is(t, w.all.Write(ctx, ann, w.id, id, 1, in), fault.Conflict)
		})
		t.Run("are signed by whoever called it, after it, with what was said and who came", func(t *testing.T) {
			_, err := w.all.Sign(ctx, bo, w.id, id, 0)
			is(t, err, fault.Denied)
			_, err = w.all.Sign(ctx, ann, w.id, id, 0)
			is(t, err, fault.Invalid)
			if n := len(fault.FieldsOf(err)); n != 3 {
				t.Error(n)
			}
			w.Clock.Advance(4 * time.Hour)
			in.Minutes, in.Attendees[0].Came = phi.NewText("The lease can be kept."), true
			in.Decisions[0].Number, in.Decisions[1].Number = 1, 2
			ok(t, w.all.Write(ctx, ann, w.id, id, 2, in))
			is(t, w.all.Addend(ctx, ann, w.id, id, phi.NewText("Too early")), fault.Conflict)
			w.tasks.all = nil // what was planned in a work that was refused is no task
			_, err = w.all.Sign(ctx, ann, w.id, id, 3)
			ok(t, err)
			week := w.Clock.Now().UTC().AddDate(0, 0, 7).Format("2006-01-02")
			if diff := cmp.Diff([]planned{{"bo", "Call the landlord", "2026-12-01"}, {"ann", "File the appeal", week}}, w.tasks.all, cmp.AllowUnexported(planned{})); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("are not changed afterwards, and added to", func(t *testing.T) {
			is(t, w.all.Write(ctx, ann, w.id, id, 0, in), fault.Denied)
			_, err := w.all.Sign(ctx, ann, w.id, id, 0)
			is(t, err, fault.Conflict)
			is(t, w.all.Addend(ctx, bo, w.id, id, phi.NewText("  ")), fault.Invalid)
			ok(t, w.all.Addend(ctx, bo, w.id, id, phi.NewText("The hearing is at ten.")))
			v := w.Door.View(ann, "chart.open")
			got := w.all.Want(v, id)
			ok(t, v.Open(ctx))
			if c := got.Value; len(c.Addenda) != 1 || c.Addenda[0].By != "bo" || c.Minutes.Disclose() != "The lease can be kept." {
				t.Error("the addendum is not there, or the minutes changed")
			}
		})
		t.Run("their decisions are followed until they are done", func(t *testing.T) {
			ok(t, w.all.Follow(ctx, bo, w.id, id, 1, true))
			is(t, w.all.Follow(ctx, bo, w.id, id, 9, true), fault.NotFound)
			is(t, w.all.Follow(ctx, w.cm("cy"), w.id, id, 1, true), fault.NotFound)
			v := w.Door.View(ann, "chart.open")
			got := w.all.Want(v, id)
			ok(t, v.Open(ctx))
			if p := got.Value.Pending(); len(p) != 1 || p[0].Number != 2 || got.Value.Decisions[0].DoneBy != "bo" {
				t.Error(len(p))
			}
			ok(t, w.all.Follow(ctx, bo, w.id, id, 1, false))
		})
		t.Run("everything missing is told at once", func(t *testing.T) {
			_, err := w.all.Call(ctx, ann, w.id, conference.Input{Length: phi.NewText("soon"), Decisions: []conference.Decision{{}}})
			is(t, err, fault.Invalid)
			if n := len(fault.FieldsOf(err)); n != 4 {
				t.Error(n, fault.FieldsOf(err))
			}
		})
	})
}
