package supervision_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
	"caseward/internal/supervision"
)

var ctx = context.Background()

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestMeasure(t *testing.T) {
	m := supervision.MeasureOf(map[string]string{
		"caseload.weight.high": "2.5", "caseload.hours.intensive": "8", "caseload.capacity": "30", "caseload.capacity.w1": "18", "caseload.weight.standard": "many",
	})
	got := []float64{m.Weight[casefile.Standard], m.Weight[casefile.High], m.Hours[casefile.Intensive], m.CapacityOf("w1"), m.CapacityOf("w2")}
	if diff := cmp.Diff([]float64{1, 2.5, 8, 18, 30}, got); diff != "" {
		t.Error(diff)
	}
}

func TestStandings(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		notes := note.New(w.Door, cases, org.NewDirectory(w.Door, w.Service("authn")), notice.New(w.Door))
		all := supervision.New(w.Door, cases, notes)
		o := org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
		op := w.Service("operator")
		ok(t, o.Found(ctx, op, org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}}}))
		invite := func(given string, role actor.Role, boss string) string {
			id, err := o.Invite(ctx, op, org.Invitation{Given: phi.NewText(given), Family: phi.NewText("E"), Mail: phi.NewText(given + "@example.org"), Role: role, Supervisor: boss, Programs: []string{"housing"}})
			ok(t, err)
			return id.String()
		}
		sam := invite("Sam", actor.Supervisor, "")
		ann, cy := invite("Ann", actor.CaseManager, sam), invite("Cy", actor.CaseManager, "")
		day := func(n int) phi.Date { return person.Today(w.Clock.Now().AddDate(0, 0, n)) }
		register := func(family, worker string, in casefile.Opening) (person.ID, casefile.ID) {
			r, err := clients.Register(ctx, w.As("ivy", actor.Intake), person.Client{Name: person.Name{Family: phi.NewText(family)}}, true)
			ok(t, err)
			in.Program, in.Worker = "housing", worker
			c, err := cases.Open(ctx, w.As("ivy", actor.Intake), r.ID, in)
			ok(t, err)
			return r.ID, c
		}
		id, c := register("Pruitt", ann, casefile.Opening{Level: casefile.Intensive, NextContactOn: day(-3), PlanReviewOn: day(-1), EligibleUntil: day(20)})
		register("Tanaka", ann, casefile.Opening{NextContactOn: day(2)})
		register("Abbott", cy, casefile.Opening{NextContactOn: day(-9)})
		worker := w.As(ann, actor.CaseManager)
		write := func(ago time.Duration, minutes string, sign bool) {
			in := note.Input{Type: note.HomeVisit, At: w.Clock.Now().Add(-ago), Minutes: phi.NewText(minutes), Title: phi.NewText("Visit"), Sections: note.Plain(phi.NewText("We spoke about the lease and the move.")), Case: c}
			var err error
			if sign {
				_, err = notes.Sign(ctx, worker, id, note.ID{}, 0, in)
			} else {
				_, err = notes.SaveDraft(ctx, worker, id, note.ID{}, 0, in)
			}
			ok(t, err)
		}
		write(40*24*time.Hour, "90", true) // of the month before
		write(2*24*time.Hour, "45", true)
		write(time.Hour, "20", true)
		write(5*24*time.Hour, "30", false)
		write(time.Hour, "30", false)
		// The last contact moved what is due; it is set late again.
		ok(t, cases.Edit(ctx, worker, c, 0, func(c *casefile.Case) { c.NextContactOn = day(-3) }))

		q := supervision.Query{Workers: []string{ann, cy}, Today: day(0), From: time.Date(2026, 11, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(2026, 12, 1, 0, 0, 0, 0, time.UTC), Measure: supervision.MeasureOf(nil)}
		t.Run("counts what is late, what weighs and what was done, as one entry", func(t *testing.T) {
			before := len(w.Entries(t))
			got, err := all.Standings(ctx, w.As(sam, actor.Supervisor), q)
			ok(t, err)
			if n := len(w.Entries(t)); n != before+1 {
				t.Errorf("%d entries more", n-before)
			}
			want := supervision.Standing{
				Worker: ann, Open: 2, Levels: map[casefile.Level]int{casefile.Standard: 1, casefile.Intensive: 1}, Weight: 5, Capacity: 40, Hours: 7.5, Minutes: 65,
				Overdue: 1, MostOverdue: 3, Reviews: 1, Eligibility: 1, Drafts: 2, Late: 1, OldestDraft: w.Clock.Now().Add(-5 * 24 * time.Hour),
			}
			if diff := cmp.Diff(want, got[0]); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("what a supervisor may not see is in no number", func(t *testing.T) {
			got, err := all.Standings(ctx, w.As(sam, actor.Supervisor), q)
			ok(t, err)
			if got[1].Open != 0 || got[1].Overdue != 0 || got[1].Weight != 0 {
				t.Errorf("%+v", got[1])
			}
		})
		t.Run("opens no words", func(t *testing.T) {
			for _, touched := range w.Entries(t)[0].Touched {
				for _, class := range touched.Classes {
					if class == "note" {
						t.Error("the words of a note were opened")
					}
				}
			}
		})
	})
}
