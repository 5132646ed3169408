package conference_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/conference"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/task"
)

// held calls a conference of yesterday that decided one thing for each of whose,
// and signs it.
func (w *world) held(t *testing.T, who actor.Actor, in conference.Input, whose ...string) (conference.ID, conference.Outcome) {
	t.Helper()
	in.At, in.Minutes = w.Clock.Now().Add(-24*time.Hour), phi.NewText("We met.")
	in.Attendees[0].Came = true
	for _, x := range whose {
		in.Decisions = append(in.Decisions, conference.Decision{What: phi.NewText("Book a detox bed"), Who: x})
	}
	id, err := w.all.Call(ctx, who, w.id, in)
	ok(t, err)
	w.tasks.all = nil
	out, err := w.all.Sign(ctx, who, w.id, id, 0)
	ok(t, err)
	return id, out
}

// boss is a manager of the client's program.
func (w *world) boss(t *testing.T) actor.Actor {
	t.Helper()
	work := w.Door.Work(w.Service("demo"), "staff.invite")
	record.Use(w.Door, bossKind).CreateAs(work, "staff.invite", record.Subject{}, boss{Program: "housing"})
	ok(t, work.Commit(ctx))
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

// due is what of conferences stands in somebody's day.
func (w *world) due(t *testing.T, who actor.Actor, worker string) (out []task.Due) {
	t.Helper()
	ts := task.New(w.Door, notice.New(w.Door))
	ts.Join(w.all)
	day, err := ts.Day(ctx, who, person.New(w.Door), task.Ask{Worker: worker, Now: w.Clock.Now(), Days: 7})
	ok(t, err)
	for _, part := range [][]task.Due{day.Late, day.Today, day.Next} {
		out = append(out, part...)
	}
	return out
}

func TestDecisions(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		ann, bo := w.cm("ann"), w.cm("bo")
		part2 := w.input(false, "bo")
		part2.Part2 = true
		for name, x := range map[string]struct {
			in     conference.Input
			whose  []string
			want   conference.Outcome
			told   string // who is told of it
			bosDay int    // what stands in bo's day
		}{
			"of an open conference become tasks":                           {w.input(false, "bo"), []string{"bo"}, conference.Outcome{Tasks: 1}, "bo", 0},
			"of a restricted one stay in it":                               {w.input(true, "bo"), []string{"ann"}, conference.Outcome{Duties: 1}, "", 0},
			"of a restricted one tell nobody who cannot open it":           {w.input(true, "bo"), []string{"bo"}, conference.Outcome{Duties: 1, Unreached: 1}, "", 0},
			"of a Part 2 program stay in it, and are due there":            {part2, []string{"bo"}, conference.Outcome{Duties: 1}, "bo", 1},
			"for whoever cannot have a task stay in it, and it is said so": {w.input(false, "bo"), []string{"dee", "bo"}, conference.Outcome{Tasks: 1, Duties: 1, Unreached: 1}, "bo", 0},
		} {
			t.Run(name, func(t *testing.T) {
				before := len(w.due(t, bo, "bo"))
				id, out := w.held(t, ann, x.in, x.whose...)
				if diff := cmp.Diff(x.want, out); diff != "" {
					t.Error(diff)
				}
				if len(w.tasks.all) != x.want.Tasks {
					t.Errorf("%d tasks", len(w.tasks.all))
				}
				if got := w.due(t, bo, "bo"); len(got)-before != x.bosDay {
					t.Errorf("bo has %d more to do", len(got)-before)
				}
				for _, n := range []string{"bo", "dee"} {
					ns, err := notice.New(w.Door).Mine(ctx, w.cm(n), w.clients, true, "")
					ok(t, err)
					told := false
					for _, o := range ns.Rows {
						told = told || o.Value.What == conference.Decided && o.Value.Path == "/clients/"+w.id.String()+"/conferences/"+id.String()
					}
					if told != (n == x.told) {
						t.Error(n, told)
					}
				}
			})
		}
		t.Run("of a manager, who makes no tasks, stay in it and hold up nothing", func(t *testing.T) {
			pm := w.boss(t)
			in := w.input(false, "ann")
			in.Decisions = []conference.Decision{{What: phi.NewText("Ask the county"), Who: "m1", Due: task.Civil(w.Clock.Now())}}
			_, out := w.held(t, pm, in, "ann")
			if diff := cmp.Diff(conference.Outcome{Duties: 2}, out); diff != "" || len(w.tasks.all) != 0 {
				t.Error(diff, len(w.tasks.all))
			}
			if got := w.due(t, pm, "m1"); len(got) != 1 {
				t.Error(len(got))
			}
		})
		t.Run("in a day have no words, and leave it once they are done", func(t *testing.T) {
			before := len(w.due(t, ann, "ann"))
			id, _ := w.held(t, ann, w.input(true, "ann"), "ann")
			got := w.due(t, ann, "ann")
			if len(got) != before+1 {
				t.Fatal(len(got))
			}
			for _, d := range got {
				if d.What != conference.DutyDue || !d.Title.Empty() {
					t.Error(d.What)
				}
			}
			ok(t, w.all.Follow(ctx, ann, w.id, id, 1, true))
			if n := len(w.due(t, ann, "ann")); n != before {
				t.Error(n)
			}
			ok(t, w.all.Follow(ctx, ann, w.id, id, 1, false))
			if n := len(w.due(t, ann, "ann")); n != before+1 {
				t.Error(n)
			}
		})
	})
}

func TestConferenceInADay(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		ann, bo, cy := w.cm("ann"), w.cm("bo"), w.cm("cy")
		whats := func(who actor.Actor) (out []task.What) {
			for _, d := range w.due(t, who, who.Worker()) {
				if !d.Title.Empty() {
					t.Error("a day has words of a conference")
				}
				out = append(out, d.What)
			}
			return out
		}
		is := func(t *testing.T, who actor.Actor, want ...task.What) {
			t.Helper()
			if diff := cmp.Diff(want, whats(who)); diff != "" {
				t.Error(who.Worker(), diff)
			}
		}
		id, err := w.all.Call(ctx, ann, w.id, w.input(false, "cy"))
		ok(t, err)
		t.Run("who called it and who is invited have it to hold, and nobody else of the team", func(t *testing.T) {
			is(t, ann, conference.HoldDue)
			is(t, cy, conference.HoldDue)
			is(t, bo)
			if d := w.due(t, ann, "ann")[0]; d.Owner != "ann" || d.At == "" || d.Late {
				t.Errorf("%+v", d)
			}
		})
		w.Clock.Advance(4 * time.Hour)
		t.Run("when it is over, its minutes wait for who called it, and are late a day after", func(t *testing.T) {
			is(t, ann, conference.MinutesDue)
			is(t, cy)
			if d := w.due(t, ann, "ann")[0]; d.Late {
				t.Errorf("%+v", d)
			}
			w.Clock.Advance(24 * time.Hour)
			if d := w.due(t, ann, "ann")[0]; !d.Late || d.What != conference.MinutesDue {
				t.Errorf("%+v", d)
			}
		})
		t.Run("signed, it is in nobody's day", func(t *testing.T) {
			in := w.input(false, "cy")
			in.At, in.Minutes = w.Clock.Now().Add(-26*time.Hour), phi.NewText("We met.")
			in.Attendees[0].Came = true
			ok(t, w.all.Write(ctx, ann, w.id, id, 1, in))
			_, err := w.all.Sign(ctx, ann, w.id, id, 0)
			ok(t, err)
			is(t, ann)
		})
		t.Run("a restricted one is in the day of those who may open it alone", func(t *testing.T) {
			_, err := w.all.Call(ctx, ann, w.id, w.input(true, "bo"))
			ok(t, err)
			is(t, ann, conference.HoldDue)
			is(t, cy)
		})
		t.Run("one of the week after next is not there yet", func(t *testing.T) {
			in := w.input(false, "cy")
			in.At = w.Clock.Now().AddDate(0, 0, 14)
			_, err := w.all.Call(ctx, ann, w.id, in)
			ok(t, err)
			is(t, ann, conference.HoldDue)
		})
	})
}
