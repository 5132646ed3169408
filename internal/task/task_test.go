package task_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/task"
)

var ctx = context.Background()

type world struct {
	*recordtest.World
	clients      *person.Clients
	cases        *casefile.Cases
	notes        *note.Notes
	notices      *notice.Notices
	tasks        *task.Tasks
	appointments *appointment.Appointments
	zone         *time.Location
	client       person.ID
	subject      record.Subject
	file         casefile.ID
	one, two     actor.Actor // worker and care team
	stranger     actor.Actor
}

func open(t *testing.T, rw *recordtest.World) *world {
	t.Helper()
	w := &world{World: rw, clients: person.New(rw.Door), notices: notice.New(rw.Door)}
	w.cases = casefile.New(rw.Door, w.clients)
	w.notes = note.New(rw.Door, w.cases, org.NewDirectory(rw.Door, rw.Service("authn")), w.notices)
	w.tasks = task.New(rw.Door, w.notices)
	w.appointments = appointment.New(rw.Door, w.notices)
	w.tasks.Join(w.cases, w.notes, w.appointments)
	roles := map[string]actor.Role{"w1": actor.CaseManager, "w2": actor.CaseManager, "w9": actor.CaseManager, "i1": actor.Intake, "a1": actor.Administrator, "a2": actor.Administrator, "a3": actor.Administrator, "gone": actor.CaseManager}
	also := map[string]actor.Role{"a2": actor.Intake, "a3": actor.SecurityOfficer}
	w.tasks.Staff(func(_ context.Context, worker string) (actor.Held, bool, error) {
		if roles[worker] == "" {
			return actor.Held{}, false, fault.NotFoundf("staff.standing")
		}
		return actor.Held{Role: roles[worker], Also: also[worker]}, worker != "gone", nil
	})
	var err error
	if w.zone, err = time.LoadLocation("America/Los_Angeles"); err != nil {
		t.Fatal(err)
	}
	intake := rw.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Quell")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	w.client, w.subject = r.ID, record.SubjectOf(r.ID)
	w.file, err = w.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}})
	if err != nil {
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

func (w *world) now() time.Time { return w.Clock.Now().In(w.zone) }

func (w *world) input(due string) task.Input {
	return task.Input{Client: w.subject, What: phi.NewText("Ask the landlord about the boiler."), DueOn: on(due)}
}

func (w *world) add(t *testing.T, who actor.Actor, in task.Input) task.ID {
	t.Helper()
	id, err := w.tasks.Add(ctx, who, in)
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) read(t *testing.T, who actor.Actor, id task.ID) task.Opened {
	t.Helper()
	o, err := w.tasks.Read(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestTask(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("is kept for whoever makes it, and seen by the care team", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-24"))
			o := w.read(t, w.two, id)
			if o.Value.Owner != "w1" || o.Value.Status != task.Open || o.Value.Origin != task.ByHand || o.Value.What.Disclose() == "" {
				t.Errorf("%+v", o.Value)
			}
			if !o.Labels.Due.Equal(time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)) || o.Labels.Owner != "w1" || o.Labels.State != task.Open {
				t.Errorf("%+v", o.Labels)
			}
		})
		t.Run("says everything that is wrong at once", func(t *testing.T) {
			_, err := w.tasks.Add(ctx, w.one, task.Input{Client: w.subject, DueAt: "25:00", Remind: 90, Every: 3, Owner: "w9"})
			var names []string
			for _, f := range fault.FieldsOf(err) {
				names = append(names, f.Name)
			}
			if diff := cmp.Diff([]string{"what", "due", "due_at", "remind", "every", "owner"}, names); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("is refused to a stranger as if there were no client, and the refusal is logged", func(t *testing.T) {
			before := len(w.Entries(t))
			if _, err := w.tasks.Add(ctx, w.stranger, w.input("2026-11-24")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			es := w.Entries(t)
			if len(es) != before+1 || es[0].Outcome != audit.Refused || es[0].Action != "task.create" {
				t.Errorf("%d entries, %+v", len(es)-before, es[0].Entry)
			}
		})
		t.Run("is done in one entry, by whom and when", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-20"))
			before := len(w.Entries(t))
			if err := w.tasks.Done(ctx, w.two, id, 1, w.now()); err != nil {
				t.Fatal(err)
			}
			if n := len(w.Entries(t)) - before; n != 1 {
				t.Errorf("%d entries", n)
			}
			v := w.read(t, w.one, id).Value
			if v.Status != task.Done || v.ClosedBy != "w2" || !v.ClosedAt.Equal(w.Clock.Now()) {
				t.Errorf("%+v", v)
			}
			if err := w.tasks.Done(ctx, w.one, id, 1, w.now()); !fault.Is(err, fault.Conflict) {
				t.Error("done twice", err)
			}
			if err := w.tasks.Reopen(ctx, w.one, id, 2); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.Status != task.Open || v.ClosedBy != "" {
				t.Errorf("%+v", v)
			}
		})
		t.Run("is dropped with a reason", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-20"))
			if err := w.tasks.Drop(ctx, w.one, id, 1, phi.Text{}); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
			if err := w.tasks.Drop(ctx, w.one, id, 1, phi.NewText("The boiler was mended.")); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.Status != task.Dropped || v.Why.Empty() {
				t.Errorf("%+v", v)
			}
		})
		t.Run("is put off from today if it is late, and from its day if it is not", func(t *testing.T) {
			late, coming := w.add(t, w.one, w.input("2026-11-10")), w.add(t, w.one, w.input("2026-11-28"))
			for id, want := range map[task.ID]string{late: "2026-11-23", coming: "2026-12-01"} {
				if err := w.tasks.Snooze(ctx, w.one, id, 1, 3, w.now()); err != nil {
					t.Fatal(err)
				}
				if got := w.read(t, w.one, id).Value.DueOn.DiscloseISO(); got != want {
					t.Errorf("got %s, want %s", got, want)
				}
			}
			if err := w.tasks.Snooze(ctx, w.one, late, 0, 0, w.now()); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("is put off at ten at night to the next day of the agency, not of Greenwich", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-20"))
			ten := time.Date(2026, 11, 20, 22, 0, 0, 0, w.zone)
			if err := w.tasks.Snooze(ctx, w.one, id, 1, 1, ten); err != nil {
				t.Fatal(err)
			}
			if got := w.read(t, w.one, id).Value.DueOn.DiscloseISO(); got != "2026-11-21" {
				t.Error(got)
			}
		})
		t.Run("that repeats goes on to its next day, keeps each time, and its days when it was put off", func(t *testing.T) {
			in := w.input("2027-01-31")
			in.Every, in.Unit = 1, task.Months
			id := w.add(t, w.one, in)
			at := time.Date(2027, 1, 31, 9, 0, 0, 0, w.zone)
			if err := w.tasks.Done(ctx, w.one, id, 1, at); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.DueOn.DiscloseISO() != "2027-02-28" || v.Status != task.Open || len(v.Times) != 1 || v.Times[0].By != "w1" {
				t.Errorf("%+v", v)
			}
			at = time.Date(2027, 2, 28, 9, 0, 0, 0, w.zone)
			if err := w.tasks.Snooze(ctx, w.one, id, 2, 5, at); err != nil {
				t.Fatal(err)
			}
			if err := w.tasks.Done(ctx, w.one, id, 3, at.AddDate(0, 0, 5)); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.DueOn.DiscloseISO() != "2027-03-31" || len(v.Times) != 2 {
				t.Error(v.DueOn.DiscloseISO(), len(v.Times))
			}
			if err := w.tasks.Done(ctx, w.one, id, 3, at); !fault.Is(err, fault.Conflict) {
				t.Error("a second press of Done counted", err)
			}
		})
		t.Run("is changed at the version that was seen", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-20"))
			in := w.input("2026-11-25")
			in.Priority = task.High
			if err := w.tasks.Change(ctx, w.two, id, 1, in); err != nil {
				t.Fatal(err)
			}
			if err := w.tasks.Change(ctx, w.one, id, 1, in); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if h, err := w.tasks.History(ctx, w.one, id); err != nil || len(h) != 2 {
				t.Error(len(h), err)
			}
		})
		t.Run("is counted for a menu without an entry", func(t *testing.T) {
			before := len(w.Entries(t))
			n, err := w.tasks.Tally(ctx, w.one, w.now())
			if err != nil || n == 0 || len(w.Entries(t)) != before {
				t.Error(n, err)
			}
			if n, err := w.tasks.Tally(ctx, w.stranger, w.now()); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
	})
}

func TestGive(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("tells the colleague, who hands it back", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-24"))
			if err := w.tasks.Give(ctx, w.one, id, 1, "w2"); err != nil {
				t.Fatal(err)
			}
			p, err := w.notices.Mine(ctx, w.two, w.clients, false, "")
			if err != nil || len(p.Rows) != 1 || p.Rows[0].Value.What != task.WasGiven || p.Rows[0].Value.Path != "/clients/"+w.subject.String()+"/tasks/"+id.String() {
				t.Fatal(len(p.Rows), err)
			}
			if err := w.tasks.HandBack(ctx, w.two, id, 2); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.Owner != "w1" || v.GivenBy != "" {
				t.Errorf("%+v", v)
			}
			p, err = w.notices.Mine(ctx, w.one, w.clients, false, "")
			back := slices.ContainsFunc(p.Rows, func(o notice.Opened) bool { return o.Value.What == task.WasHandBack })
			if err != nil || !back {
				t.Error(len(p.Rows), err)
			}
			if err := w.tasks.HandBack(ctx, w.one, id, 3); !fault.Is(err, fault.Invalid) {
				t.Error("a task of one's own was handed back", err)
			}
		})
		t.Run("is refused to somebody who does not work with the client", func(t *testing.T) {
			id := w.add(t, w.one, w.input("2026-11-24"))
			if err := w.tasks.Give(ctx, w.one, id, 1, "w9"); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
		t.Run("somebody who left the client sees that a task is there and not what, and hands it back", func(t *testing.T) {
			in := w.input("2026-11-24")
			in.Owner = "w2"
			id := w.add(t, w.one, in)
			if err := w.cases.SetTeam(ctx, w.boss(t), w.file, 0, nil); err != nil {
				t.Fatal(err)
			}
			o := w.read(t, w.two, id)
			if !o.Value.What.Empty() || !o.Withheld.Has(policy.Note) || o.Value.DueOn.Empty() {
				t.Errorf("%+v", o)
			}
			if err := w.tasks.Done(ctx, w.two, id, 1, w.now()); err == nil {
				t.Error("they finished it")
			}
			if err := w.tasks.HandBack(ctx, w.two, id, 1); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.one, id).Value; v.Owner != "w1" || v.What.Empty() {
				t.Errorf("%+v", v)
			}
			if _, err := w.tasks.Read(ctx, w.two, id); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("a task of the agency is its owner's alone", func(t *testing.T) {
			id := w.add(t, w.one, task.Input{What: phi.NewText("Order bus passes."), DueOn: on("2026-11-24")})
			if v := w.read(t, w.one, id).Value; v.What.Disclose() != "Order bus passes." {
				t.Errorf("%+v", v)
			}
			if _, err := w.tasks.Read(ctx, w.two, id); err == nil {
				t.Error("a colleague reads it")
			}
			if err := w.tasks.Give(ctx, w.one, id, 1, "w9"); err != nil {
				t.Fatal(err)
			}
			if v := w.read(t, w.stranger, id).Value; v.What.Disclose() != "Order bus passes." {
				t.Errorf("%+v", v)
			}
			if _, err := w.tasks.Read(ctx, w.one, id); err == nil {
				t.Error("whoever gave it away still has it")
			}
			if err := w.tasks.Done(ctx, w.stranger, id, 2, w.now()); err != nil {
				t.Error(err)
			}
		})
		t.Run("a task of the agency tells the colleague it is given to, who hands it back", func(t *testing.T) {
			told := func(who actor.Actor, what notice.What, id task.ID) bool {
				p, err := w.notices.Mine(ctx, who, w.clients, false, "")
				if err != nil {
					t.Fatal(err)
				}
				return slices.ContainsFunc(p.Rows, func(o notice.Opened) bool {
					return o.Value.What == what && o.Subject.IsZero() && o.Value.Path == "/tasks/"+id.String()
				})
			}
			in := task.Input{What: phi.NewText("Order bus passes."), DueOn: on("2026-11-24")}
			id := w.add(t, w.one, in)
			before := len(w.Entries(t))
			if err := w.tasks.Give(ctx, w.one, id, 1, "i1"); err != nil {
				t.Fatal(err)
			}
			if n := len(w.Entries(t)) - before; n != 2 { // looked at, given
				t.Errorf("%d entries", n)
			}
			i1 := w.As("i1", actor.Intake)
			if !told(i1, task.WasGiven, id) || told(w.one, task.WasGiven, id) {
				t.Error("who was told is wrong")
			}
			if v := w.read(t, i1, id).Value; v.GivenBy != "w1" {
				t.Errorf("%+v", v)
			}
			if err := w.tasks.HandBack(ctx, i1, id, 2); err != nil {
				t.Fatal(err)
			}
			if !told(w.one, task.WasHandBack, id) {
				t.Error("nobody was told that it is back")
			}
			if v := w.read(t, w.one, id).Value; v.Owner != "w1" || v.GivenBy != "" {
				t.Errorf("%+v", v)
			}
			// A new one is given at once.
			in.Owner = "w2"
			if id := w.add(t, w.one, in); !told(w.two, task.WasGiven, id) {
				t.Error("the colleague was not told")
			}
		})
		t.Run("a task of the agency goes to nobody who keeps none, is gone or never was", func(t *testing.T) {
			for _, to := range []string{"a1", "a3", "gone", "nobody"} {
				id := w.add(t, w.one, task.Input{What: phi.NewText("Order bus passes."), DueOn: on("2026-11-24")})
				if f := fault.FieldsOf(w.tasks.Give(ctx, w.one, id, 1, to)); len(f) != 1 || f[0].Name != "owner" {
					t.Error(to, f)
				}
				if err := w.tasks.Give(ctx, w.two, id, 1, "w9"); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
					t.Error("somebody else's was given away", err)
				}
			}
			// One of two roles that keeps them is enough.
			id := w.add(t, w.one, task.Input{What: phi.NewText("Order bus passes."), DueOn: on("2026-11-24")})
			if err := w.tasks.Give(ctx, w.one, id, 1, "a2"); err != nil {
				t.Error("whose second role keeps tasks:", err, fault.FieldsOf(err))
			}
			for role, want := range map[actor.Role]bool{actor.Intake: true, actor.CaseManager: true, actor.Supervisor: true, actor.ProgramManager: true, actor.Administrator: false, actor.PrivacyOfficer: false, actor.Auditor: false} {
				if got, err := w.tasks.KeptBy(ctx, role); err != nil || got != want {
					t.Error(role, got, err)
				}
			}
		})
		t.Run("a stranger does not learn who works with a client by giving tasks", func(t *testing.T) {
			for _, to := range []string{"w1", "w9", "nobody"} {
				in := w.input("2026-11-24")
				in.Owner = to
				if _, err := w.tasks.Add(ctx, w.As("w8", actor.CaseManager), in); !fault.Is(err, fault.NotFound) {
					t.Error(to, err)
				}
			}
		})
	})
}

// boss is a manager of the program, who decides about its care teams.
func (w *world) boss(t *testing.T) actor.Actor {
	t.Helper()
	work := w.Door.Work(w.Service("demo"), "staff.invite")
	record.Use(w.Door, bossKind).CreateAs(work, "staff.invite", record.Subject{}, boss{Program: "housing"})
	if err := work.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return w.As("m1", actor.ProgramManager)
}

type boss struct {
	Program string `class:"workforce" doc:"What they manage."`
}

var bossKind = record.Define(record.Kind[boss]{
	Name: "staff", Doc: "Says that m1 manages a program.", Retention: "test",
	Facts: func(_ string, _ record.Subject, b boss) []record.Fact {
		return []record.Fact{{Holder: record.WorkerHolder("m1"), Rel: string(policy.Manages), Object: record.ProgramHolder(b.Program), From: recordtest.Start.Add(-time.Hour)}}
	},
})

func whats(ds []task.Due) []string {
	var out []string
	for _, d := range ds {
		out = append(out, string(d.What)+" "+d.On.DiscloseISO())
	}
	return out
}

func TestDay(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		// It is Friday, November 20, seven in the morning. The contact falls due on
		// December 20, the plan on February 18.
		w.add(t, w.one, w.input("2026-11-19"))
		w.add(t, w.one, w.input("2026-11-20"))
		high := w.input("2026-11-20")
		high.Priority = task.High
		w.add(t, w.one, high)
		w.add(t, w.one, w.input("2026-11-27"))
		w.add(t, w.one, w.input("2026-11-28"))
		remind := w.input("2026-12-10")
		remind.Remind = 20
		w.add(t, w.one, remind)
		other := w.input("2026-11-20")
		w.add(t, w.two, other)
		if _, err := w.notes.SaveDraft(ctx, w.one, w.client, note.ID{}, 0, note.Input{Type: note.HomeVisit, At: recordtest.Start.Add(-80 * time.Hour), Sections: note.Plain(phi.NewText("Half"))}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.appointments.Book(ctx, w.one, w.subject, appointment.Input{On: on("2026-11-20"), At: "10:30", Minutes: 30, Type: appointment.Office}, w.zone); err != nil {
			t.Fatal(err)
		}
		day := func(t *testing.T, who actor.Actor, worker string, now time.Time) task.Day {
			t.Helper()
			d, err := w.tasks.Day(ctx, who, w.clients, task.Ask{Worker: worker, Now: now, Days: 7})
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		t.Run("puts what every source knows in order, as one entry", func(t *testing.T) {
			before := len(w.Entries(t))
			d := day(t, w.one, "w1", w.now())
			if n := len(w.Entries(t)) - before; n != 1 {
				t.Errorf("%d entries", n)
			}
			if diff := cmp.Diff([]string{"task 2026-11-19", "draft 2026-11-19"}, whats(d.Late)); diff != "" {
				t.Error("late", diff)
			}
			if diff := cmp.Diff([]string{"task 2026-11-20", "appointment 2026-11-20", "task 2026-11-20"}, whats(d.Today)); diff != "" {
				t.Error("today", diff)
			}
			if !d.Today[0].High || d.Today[1].At != "10:30" {
				t.Errorf("%+v", d.Today)
			}
			if diff := cmp.Diff([]string{"task 2026-11-27", "task 2026-12-10"}, whats(d.Next)); diff != "" {
				t.Error("next", diff)
			}
			if c, ok := d.Clients.Of(w.subject); !ok || c.Value.Name.Family.Disclose() != "Quell" {
				t.Error("the client is not named")
			}
		})
		t.Run("is another day after midnight of the agency", func(t *testing.T) {
			d := day(t, w.one, "w1", time.Date(2026, 11, 20, 23, 59, 59, 0, w.zone))
			if len(d.Late) != 3 { // the appointment is over too
				t.Error(whats(d.Late))
			}
			d = day(t, w.one, "w1", time.Date(2026, 11, 21, 0, 0, 0, 0, w.zone))
			if len(d.Late) != 5 || len(d.Today) != 0 || len(d.Next) != 3 {
				t.Error(whats(d.Late), whats(d.Today), whats(d.Next))
			}
		})
		t.Run("has the contact, the review and the end of eligibility", func(t *testing.T) {
			d := day(t, w.one, "w1", time.Date(2026, 12, 13, 8, 0, 0, 0, w.zone))
			if diff := cmp.Diff([]string{"contact 2026-12-20"}, whats(d.Next)); diff != "" {
				t.Error(diff)
			}
			d = day(t, w.one, "w1", time.Date(2027, 2, 18, 8, 0, 0, 0, w.zone))
			if diff := cmp.Diff([]string{"plan_review 2027-02-18"}, whats(d.Today)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("of a team is everybody's whom the asker may see", func(t *testing.T) {
			d := day(t, w.two, "", w.now())
			owners := map[string]int{}
			for _, x := range d.Today {
				owners[x.Owner]++
			}
			if owners["w1"] != 3 || owners["w2"] != 1 {
				t.Error(owners)
			}
		})
		t.Run("of a stranger is empty", func(t *testing.T) {
			d := day(t, w.stranger, "", w.now())
			if len(d.Late)+len(d.Today)+len(d.Next) != 0 {
				t.Error(whats(d.Late), whats(d.Today), whats(d.Next))
			}
		})
		t.Run("shows nothing if the log cannot be written", func(t *testing.T) {
			w.BreakLog(t)
			defer w.MendLog(t)
			if d, err := w.tasks.Day(ctx, w.one, w.clients, task.Ask{Worker: "w1", Now: w.now(), Days: 7}); !fault.Is(err, fault.Unavailable) || len(d.Late) != 0 {
				t.Error(err)
			}
		})
	})
}

func TestDayThatIsCut(t *testing.T) {
	w := open(t, recordtest.Open(t))
	day := func(t *testing.T) task.Day {
		t.Helper()
		d, err := w.tasks.Day(ctx, w.one, w.clients, task.Ask{Worker: "w1", Now: w.now(), Days: 7})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	for range 300 {
		w.add(t, w.one, w.input("2026-11-21"))
	}
	t.Run("what fits is all there is, and is not called cut", func(t *testing.T) {
		if d := day(t); d.Cut || len(d.Next) != 300 {
			t.Error(d.Cut, len(d.Next))
		}
	})
	w.add(t, w.one, w.input("2026-11-19"))
	t.Run("one more is said, and what is due soonest is there", func(t *testing.T) {
		if d := day(t); !d.Cut || len(d.Late) != 1 || len(d.Next) != 299 {
			t.Error(d.Cut, len(d.Late), len(d.Next))
		}
	})
}
