package intake_test

import (
	"context"
	"sync"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/intake"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func text(s string) phi.Text { return phi.NewText(s) }

func someone() person.Client {
	return person.Client{Name: person.Name{Given: text("Marisol"), Family: text("Ibáñez")}, BirthDate: phi.NewDate(1987, 3, 11)}
}

func TestIntake(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases, notices := casefile.New(w.Door, clients), notice.New(w.Door)
		in := intake.New(w.Door, clients, cases)
		ivy, ida := w.As("ivy", actor.Intake), w.As("ida", actor.Intake)

		t.Run("an unfinished registration is kept for whoever types it, and for nobody else", func(t *testing.T) {
			if _, err := in.Keep(ctx, ivy, 0, text("given=Marisol")); err != nil {
				t.Fatal(err)
			}
			typed, d, found, err := in.Resume(ctx, ivy)
			if err != nil || !found || typed.Disclose() != "given=Marisol" {
				t.Fatal(found, err)
			}
			if _, err := in.Keep(ctx, ivy, 0, text("given=x")); !fault.Is(err, fault.Conflict) {
				t.Error("a second window overwrote it", err)
			}
			if _, err := in.Keep(ctx, ivy, d.Rev, text("given=Marisol&family=I")); err != nil {
				t.Error(err)
			}
			if _, _, found, err := in.Resume(ctx, ida); err != nil || found {
				t.Error(found, err)
			}
			if _, err := in.Keep(ctx, w.As("ann", actor.CaseManager), 0, text("given=x")); err == nil {
				t.Error("a case manager keeps a registration")
			}
			var body []byte
			if err := w.DB.QueryRow(ctx, `SELECT body FROM draft`).Scan(&body); err != nil {
				t.Fatal(err)
			}
			for i := range body {
				if i+7 <= len(body) && string(body[i:i+7]) == "Marisol" {
					t.Error("it lies in clear")
				}
			}
		})
		t.Run("client, case and worker are kept together, the worker is told, and the draft is gone", func(t *testing.T) {
			r, err := in.Register(ctx, ivy, someone(), false, &casefile.Opening{Program: "housing", Worker: "ann"}, 2)
			if err != nil || r.Case.IsZero() {
				t.Fatal(err)
			}
			ann := w.As("ann", actor.CaseManager)
			if _, err := clients.Open(ctx, ann, r.ID); err != nil {
				t.Error(err)
			}
			p, err := notices.Mine(ctx, ann, clients, false, "")
			if err != nil || len(p.Rows) != 1 || p.Rows[0].Value.What != casefile.Given {
				t.Error(len(p.Rows), err)
			}
			if _, _, found, _ := in.Resume(ctx, ivy); found {
				t.Error("the draft is still there")
			}
		})
		t.Run("what another window kept since stays, and the registration is made all the same", func(t *testing.T) {
			if _, err := in.Keep(ctx, ivy, 0, text("given=Hodan")); err != nil {
				t.Fatal(err)
			}
			if _, err := in.Keep(ctx, ivy, 1, text("given=Otis")); err != nil {
				t.Fatal(err)
			}
			c := someone()
			c.Name.Given, c.BirthDate = text("Wilhelmina"), phi.NewDate(1933, 2, 3)
			if r, err := in.Register(ctx, ivy, c, true, nil, 1); err != nil || r.ID.IsZero() {
				t.Fatal(err)
			}
			if typed, _, found, _ := in.Resume(ctx, ivy); !found || typed.Disclose() != "given=Otis" {
				t.Error("the other window's registration is gone")
			}
			if err := in.Drop(ctx, ivy); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a case that is wrong keeps no client either", func(t *testing.T) {
			c := someone()
			c.Name.Given = text("Zenobia")
			if _, err := in.Register(ctx, ivy, c, true, &casefile.Opening{}, 0); !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			if f, err := clients.Find(ctx, ivy, text("Zenobia"), "", 0); err != nil || len(f.Rows) != 0 {
				t.Error(len(f.Rows), err)
			}
		})
		t.Run("the same person again is shown, with what they have in common", func(t *testing.T) {
			r, err := in.Register(ctx, ida, someone(), false, nil, 0)
			if err != nil || len(r.Possible) != 1 || !r.Possible[0].Like.Has(person.SameName) || !r.Possible[0].Like.Has(person.SameBirth) {
				t.Fatal(len(r.Possible), err)
			}
		})
		t.Run("two who register the same person at the same moment are both warned or one is stopped", func(t *testing.T) {
			c := person.Client{Name: person.Name{Given: text("Hodan"), Family: text("Warfa")}, BirthDate: phi.NewDate(1991, 4, 5)}
			var got [2]intake.Registration
			var errs [2]error
			var both sync.WaitGroup
			for i, who := range []actor.Actor{ivy, ida} {
				both.Go(func() { got[i], errs[i] = in.Register(ctx, who, c, false, nil, 0) })
			}
			both.Wait()
			warned := 0
			for i := range got {
				if errs[i] != nil {
					t.Fatal(errs[i])
				}
				warned += len(got[i].Possible) + len(got[i].Meanwhile)
			}
			if warned == 0 {
				t.Error("nobody was warned")
			}
		})
		t.Run("a match the asker may not see makes the same steps and the same entry", func(t *testing.T) {
			// A case manager looks for possible duplicates of somebody else's client
			// and of nobody: the log tells the two apart by nothing.
			eve := w.As("eve", actor.CaseManager)
			hidden, err := clients.Possible(ctx, eve, someone(), person.ID{})
			if err != nil || len(hidden) != 0 {
				t.Fatal(len(hidden), err)
			}
			one := w.Entries(t)[0].Entry
			nobody := someone()
			nobody.Name = person.Name{Given: text("Qwxzy"), Family: text("Zzyxv")}
			if _, err := clients.Possible(ctx, eve, nobody, person.ID{}); err != nil {
				t.Fatal(err)
			}
			two := w.Entries(t)[0].Entry
			if one.Action != two.Action || one.Outcome != two.Outcome || len(one.Touched) != len(two.Touched) || len(one.Rules) != len(two.Rules) || len(one.Detail) != len(two.Detail) {
				t.Errorf("%+v\n%+v", one, two)
			}
		})
	})
}
