package household_test

import (
	"context"
	"sync"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/household"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func text(s string) phi.Text { return phi.NewText(s) }

func TestHousehold(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		homes := household.New(w.Door, w.Service("household"), clients)
		ivy, ann, bob := w.As("ivy", actor.Intake), w.As("ann", actor.CaseManager), w.As("bob", actor.CaseManager)
		admit := func(given, worker string) person.ID {
			t.Helper()
			r, err := clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: text(given), Family: text("Figueroa")},
				Addresses: []person.Address{{Use: "home", Lines: []phi.Text{text("12 Alder St")}, City: text("Millrace"), SafeToMail: true}}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cases.Open(ctx, ivy, r.ID, casefile.Opening{Program: "family", Worker: worker}); err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		rosa, hugo, luz, tomas := admit("Rosa", "ann"), admit("Hugo", "ann"), admit("Luz", "bob"), admit("Tomás", "bob")
		day := phi.NewDate(2026, 6, 1)
		of := func(who actor.Actor, id person.ID) household.Household {
			t.Helper()
			hs, err := homes.Of(ctx, who, id)
			if err != nil || len(hs) == 0 {
				t.Fatalf("%d households, %v", len(hs), err)
			}
			return hs[0]
		}
		place := func(id person.ID) household.Member {
			t.Helper()
			for _, m := range of(ivy, id).Members {
				if m.Client.String() == id.String() {
					return m
				}
			}
			t.Fatal("no place")
			return household.Member{}
		}
		names := func(h household.Household) map[string]bool {
			out := map[string]bool{}
			for _, m := range h.Members {
				out[m.Name.Disclose()] = true
			}
			return out
		}
		if _, err := homes.Begin(ctx, ann, household.Entry{Client: rosa, From: day}); err != nil {
			t.Fatal(err)
		}
		t.Run("whoever works with a client puts them into a household, and nobody else does", func(t *testing.T) {
			if err := homes.Enter(ctx, ann, rosa, household.Entry{Client: hugo, Relation: person.Child, From: day}); err != nil {
				t.Fatal(err)
			}
			if err := homes.Enter(ctx, ann, rosa, household.Entry{Client: luz, Relation: person.Sibling, From: day}); !fault.Is(err, fault.NotFound) {
				t.Error("ann put in a client of bob's:", err)
			}
			if err := homes.Enter(ctx, bob, rosa, household.Entry{Client: luz, Relation: person.Sibling, From: day}); !fault.Is(err, fault.NotFound) {
				t.Error("bob saw a household of ann's:", err)
			}
		})
		for id, private := range map[person.ID]bool{luz: false, tomas: true} {
			if err := homes.Enter(ctx, ivy, rosa, household.Entry{Client: id, Relation: person.Sibling, Private: private, From: day}); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("intake, who may know all, sees all four", func(t *testing.T) {
			if n := len(of(ivy, rosa).Members); n != 4 {
				t.Errorf("%d", n)
			}
		})
		t.Run("a worker of the others neither sees nor counts who asked for privacy", func(t *testing.T) {
			h := of(ann, rosa)
			if n := names(h); len(h.Members) != 3 || n["Tomás Figueroa"] || !n["Luz Figueroa"] {
				t.Errorf("%d members", len(h.Members))
			}
			for _, o := range h.Members {
				if o.Name.Disclose() == "Luz Figueroa" && !o.Place.IsZero() {
					t.Error("ann was given the place of a client of bob's")
				}
			}
			if h.Place.Value.Others == nil || len(h.Place.Value.Others) != 2 {
				t.Error("the place itself tells more")
			}
		})
		t.Run("their own worker sees them among the others", func(t *testing.T) {
			if n := names(of(bob, luz)); !n["Tomás Figueroa"] || !n["Rosa Figueroa"] {
				t.Errorf("%d", len(n))
			}
		})
		t.Run("who asks for privacy later leaves the others' records at once", func(t *testing.T) {
			p := place(luz)
			if err := homes.Privacy(ctx, ann, luz, p.Place, p.Version, true); !fault.Is(err, fault.NotFound) {
				t.Error("ann changed a client of bob's:", err)
			}
			if err := homes.Privacy(ctx, bob, luz, p.Place, p.Version, true); err != nil {
				t.Fatal(err)
			}
			if n := len(of(ann, rosa).Members); n != 2 {
				t.Errorf("%d members", n)
			}
			p = place(luz)
			if err := homes.Privacy(ctx, bob, luz, p.Place, p.Version, false); err != nil {
				t.Fatal(err)
			}
			if n := len(of(ann, rosa).Members); n != 3 {
				t.Errorf("%d members", n)
			}
		})
		t.Run("a name is the one borne now, for whoever may open the place", func(t *testing.T) {
			o, err := clients.Open(ctx, bob, luz)
			if err != nil {
				t.Fatal(err)
			}
			rename := func(family string) {
				t.Helper()
				if err := clients.Edit(ctx, ivy, luz, 0, func(c *person.Client) { c.Name.Family = text(family) }); err != nil {
					t.Fatal(err)
				}
			}
			rename("Benítez")
			if n := names(of(ann, rosa)); !n["Luz Benítez"] || n["Luz Figueroa"] {
				t.Error(n)
			}
			if e := w.Entries(t)[0].Entry; e.Who.Worker != "service:household" || e.Who.OnBehalfOf != "ann" {
				t.Error("the log does not say for whom the name was looked up:", e.Who)
			}
			rename(o.Value.Name.Family.Disclose())
		})
		t.Run("a client who was erased is named in no other record", func(t *testing.T) {
			gone := admit("Nadia", "bob")
			if err := homes.Enter(ctx, ivy, rosa, household.Entry{Client: gone, Relation: person.Friend, From: day}); err != nil {
				t.Fatal(err)
			}
			if n := names(of(ann, rosa)); !n["Nadia Figueroa"] {
				t.Fatal("not told")
			}
			if _, err := clients.Erase(ctx, w.Operator(), gone, person.TestData); err != nil {
				t.Fatal(err)
			}
			for _, who := range []actor.Actor{ann, ivy} {
				if n := names(of(who, rosa)); n["Nadia Figueroa"] || n[""] || !n["Luz Figueroa"] {
					t.Error(n)
				}
			}
		})
		t.Run("nobody lives in two households", func(t *testing.T) {
			if _, err := homes.Begin(ctx, ann, household.Entry{Client: rosa, From: day}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("one new address for all one may change, and the old one is kept", func(t *testing.T) {
			a, err := clients.Open(ctx, ann, rosa)
			if err != nil {
				t.Fatal(err)
			}
			b, err := clients.Open(ctx, ann, hugo)
			if err != nil {
				t.Fatal(err)
			}
			to := person.Address{Lines: []phi.Text{text("9 Heron Pl")}, City: text("Millrace"), SafeToMail: true}
			if err := clients.Move(ctx, ann, []person.ID{rosa, luz}, []int64{a.Version, 1}, to, phi.NewDate(2026, 11, 1)); !fault.Is(err, fault.NotFound) {
				t.Error("moved a client of bob's:", err)
			}
			if err := clients.Move(ctx, ann, []person.ID{rosa, hugo}, []int64{a.Version, b.Version}, to, phi.NewDate(2026, 11, 1)); err != nil {
				t.Fatal(err)
			}
			c, err := clients.Open(ctx, ann, hugo)
			if err != nil || len(c.Value.Addresses) != 2 || c.Value.Addresses[0].Lines[0].Disclose() != "9 Heron Pl" || c.Value.Addresses[1].Use != "old" || c.Value.Addresses[1].Until.Empty() {
				t.Error(len(c.Value.Addresses), err)
			}
		})
		t.Run("some move out together into a household of their own, and what was is kept", func(t *testing.T) {
			on := phi.NewDate(2026, 11, 2)
			if _, err := homes.Split(ctx, ivy, rosa, []household.ID{place(luz).Place, place(tomas).Place}, on); err != nil {
				t.Fatal(err)
			}
			hs, err := homes.Of(ctx, ivy, luz)
			if err != nil || len(hs) != 2 || !hs[0].Current || hs[1].Current || len(hs[0].Members) != 2 || !hs[0].Members[0].Head {
				t.Fatalf("%d households, %v", len(hs), err)
			}
			p := place(hugo)
			if err := homes.MoveOut(ctx, ann, hugo, p.Place, p.Version, phi.NewDate(2026, 5, 1)); !fault.Is(err, fault.Invalid) {
				t.Error("moved out before moving in", err)
			}
			if err := homes.MoveOut(ctx, ann, hugo, p.Place, p.Version, on); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a new head takes the place of the old one", func(t *testing.T) {
			p := place(tomas)
			if err := homes.MakeHead(ctx, bob, tomas, p.Place, p.Version); err != nil {
				t.Fatal(err)
			}
			heads := 0
			for _, m := range of(ivy, tomas).Members {
				if m.Head {
					heads++
				}
			}
			if heads != 1 || !place(tomas).Head {
				t.Error(heads)
			}
		})
	})
}

func TestOtherHouseholdsStay(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		homes := household.New(w.Door, w.Service("household"), clients)
		ivy, ann := w.As("ivy", actor.Intake), w.As("ann", actor.CaseManager)
		day := phi.NewDate(2026, 6, 1)
		admit := func(given, worker string) person.ID {
			t.Helper()
			r, err := clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: text(given), Family: text("Figueroa")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cases.Open(ctx, ivy, r.ID, casefile.Opening{Program: "family", Worker: worker}); err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		place := func(id person.ID) household.Opened {
			t.Helper()
			hs, err := homes.Of(ctx, ivy, id)
			if err != nil || len(hs) == 0 {
				t.Fatalf("%d households, %v", len(hs), err)
			}
			return hs[0].Place
		}
		rosa, hugo, ines, luz := admit("Rosa", "ann"), admit("Hugo", "ann"), admit("Inés", "ann"), admit("Luz", "bob")
		for _, id := range []person.ID{rosa, luz} {
			if _, err := homes.Begin(ctx, ivy, household.Entry{Client: id, From: day}); err != nil {
				t.Fatal(err)
			}
		}
		for beside, id := range map[person.ID]person.ID{rosa: hugo, luz: ines} {
			if err := homes.Enter(ctx, ivy, beside, household.Entry{Client: id, Relation: person.Child, From: day}); err != nil {
				t.Fatal(err)
			}
		}
		t.Run("a new head is made where the head before is of another's caseload, whose place stays", func(t *testing.T) {
			if err := homes.MakeHead(ctx, ann, ines, place(ines).ID, 0); err != nil {
				t.Fatal(err)
			}
			if !place(ines).Value.Head || !place(luz).Value.Head {
				t.Error("the wrong place was changed")
			}
		})
		left := place(hugo)
		if err := homes.MoveOut(ctx, ivy, hugo, left.ID, left.Version, phi.NewDate(2026, 7, 1)); err != nil {
			t.Fatal(err)
		}
		t.Run("who moved out becomes head of nothing, and no other household changes", func(t *testing.T) {
			for _, version := range []int64{0, place(hugo).Version} {
				if err := homes.MakeHead(ctx, ivy, hugo, left.ID, version); !fault.Is(err, fault.Invalid) {
					t.Error(err)
				}
			}
			for _, id := range []person.ID{rosa, luz, ines} {
				if !place(id).Value.Head {
					t.Error("a head of another household was changed")
				}
			}
		})
		t.Run("nor does who lives elsewhere now, through the place they left", func(t *testing.T) {
			if err := homes.Enter(ctx, ivy, luz, household.Entry{Client: hugo, Relation: person.Child, From: phi.NewDate(2026, 7, 2)}); err != nil {
				t.Fatal(err)
			}
			if err := homes.MakeHead(ctx, ivy, hugo, left.ID, 0); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err := homes.MakeHead(ctx, ivy, hugo, place(luz).ID, 0); !fault.Is(err, fault.NotFound) {
				t.Error("made head through somebody else's place:", err)
			}
			if !place(luz).Value.Head || place(hugo).Value.Head {
				t.Error("a head was changed")
			}
		})
		t.Run("nobody splits off a household the client does not live in", func(t *testing.T) {
			p := place(rosa)
			if err := homes.MoveOut(ctx, ivy, rosa, p.ID, p.Version, phi.NewDate(2026, 8, 1)); err != nil {
				t.Fatal(err)
			}
			if _, err := homes.Split(ctx, ivy, rosa, []household.ID{place(luz).ID}, phi.NewDate(2026, 9, 1)); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if !place(luz).Value.Until.Empty() {
				t.Error("moved somebody of another household")
			}
		})
	})
}

func TestRelate(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		homes := household.New(w.Door, w.Service("household"), clients)
		ivy, ann, bob := w.As("ivy", actor.Intake), w.As("ann", actor.CaseManager), w.As("bob", actor.CaseManager)
		admit := func(given, worker string) person.ID {
			t.Helper()
			r, err := clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: text(given), Family: text("Figueroa")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cases.Open(ctx, ivy, r.ID, casefile.Opening{Program: "family", Worker: worker}); err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		rosa, hugo, luz := admit("Rosa", "ann"), admit("Hugo", "ann"), admit("Luz", "bob")
		close := func(id person.ID) []person.Related {
			t.Helper()
			o, err := clients.Open(ctx, ivy, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Value.Household
		}
		rel := func(id person.ID, k person.RelationKind) person.Related {
			return person.Related{Kind: k, Client: record.SubjectOf(id)}
		}
		t.Run("a relation is written on both sides, each as it is seen from there", func(t *testing.T) {
			if err := clients.Relate(ctx, ann, rosa, 0, -1, rel(hugo, person.Child)); err != nil {
				t.Fatal(err)
			}
			o, err := clients.Open(ctx, ann, hugo)
			if err != nil || len(o.Value.Household) != 1 || o.Value.Household[0].Kind != person.Parent || !o.Value.Household[0].Name.Empty() || o.Value.Household[0].Client != record.SubjectOf(rosa) {
				t.Error(len(o.Value.Household), err)
			}
		})
		t.Run("somebody the asker may not know is not to be found", func(t *testing.T) {
			if err := clients.Relate(ctx, ann, rosa, 0, -1, rel(luz, person.Sibling)); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("a legal role needs the document that gives it: 45 CFR 164.502(g)", func(t *testing.T) {
			r := rel(rosa, person.Parent)
			r.Roles = []person.LegalRole{{Role: person.PersonalRepresentative, From: phi.NewDate(2026, 1, 1)}}
			if err := clients.Relate(ctx, ann, hugo, 0, 0, r); !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			r.Roles[0].Document = text("Court order 26-4-00117, in Documents")
			r.Roles[0].Until = phi.NewDate(2026, 12, 31)
			if err := clients.Relate(ctx, ann, hugo, 0, 0, r); err != nil {
				t.Fatal(err)
			}
			if !r.Roles[0].Holds(phi.NewDate(2026, 12, 31)) || r.Roles[0].Holds(phi.NewDate(2027, 1, 1)) || r.Roles[0].Holds(phi.NewDate(2025, 12, 31)) {
				t.Error("the days are wrong")
			}
		})
		t.Run("taken off one side it is off the other", func(t *testing.T) {
			if err := clients.Unrelate(ctx, ann, rosa, 0, 0); err != nil {
				t.Fatal(err)
			}
			o, err := clients.Open(ctx, ann, hugo)
			if err != nil || len(o.Value.Household) != 0 {
				t.Error(len(o.Value.Household), err)
			}
		})
		t.Run("pointed at somebody else, the entry leaves the record it meant before", func(t *testing.T) {
			if err := clients.Relate(ctx, ann, rosa, 0, -1, rel(hugo, person.Child)); err != nil {
				t.Fatal(err)
			}
			if err := clients.Relate(ctx, ivy, rosa, 0, 0, rel(luz, person.Sibling)); err != nil {
				t.Fatal(err)
			}
			if len(close(hugo)) != 0 || len(close(luz)) != 1 || len(close(rosa)) != 1 {
				t.Error(len(close(hugo)), len(close(luz)), len(close(rosa)))
			}
		})
		t.Run("a worker who may not know of the other is told the name, and not that it is a client", func(t *testing.T) {
			n, err := homes.Names(ctx, ann, close(rosa))
			if x := n[record.SubjectOf(luz)]; err != nil || x.Name.Disclose() != "Luz Figueroa" || x.Findable {
				t.Error(x.Findable, err)
			}
			n, err = homes.Names(ctx, bob, close(rosa))
			if x := n[record.SubjectOf(luz)]; err != nil || !x.Findable {
				t.Error("their own worker is not told", err)
			}
			// Saved by a worker who was not shown the record, the entry keeps it.
			if err := clients.Relate(ctx, ann, rosa, 0, 0, person.Related{Name: text("Luz Figueroa"), Kind: person.Sibling, Emergency: true}); err != nil {
				t.Fatal(err)
			}
			if x := close(rosa)[0]; x.Client != record.SubjectOf(luz) || !x.Emergency || !x.Name.Empty() {
				t.Error("the entry lost whom it means")
			}
		})
		t.Run("who asked for privacy is written into no record but their own: 45 CFR 164.522(a)", func(t *testing.T) {
			if _, err := homes.Begin(ctx, ivy, household.Entry{Client: luz, Private: true, From: phi.NewDate(2026, 6, 1)}); err != nil {
				t.Fatal(err)
			}
			if n, err := homes.Names(ctx, ann, close(rosa)); err != nil || len(n) != 0 {
				t.Error("still named:", len(n), err)
			}
			if err := clients.Relate(ctx, ivy, luz, 0, -1, rel(hugo, person.Child)); err != nil {
				t.Fatal(err)
			}
			if len(close(hugo)) != 0 || len(close(luz)) != 2 {
				t.Error(len(close(hugo)), len(close(luz)))
			}
			if err := clients.Relate(ctx, ivy, hugo, 0, -1, rel(luz, person.Parent)); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
	})
}

// TestTwoWindows is about changes of one household that several people, or several
// windows of one, make at once.
func TestTwoWindows(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		homes := household.New(w.Door, w.Service("household"), clients)
		ivy, ida := w.As("ivy", actor.Intake), w.As("ida", actor.Intake)
		day := phi.NewDate(2026, 6, 1)
		admit := func(given string) person.ID {
			t.Helper()
			r, err := clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: text(given), Family: text("Figueroa")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			return r.ID
		}
		of := func(id person.ID) []household.Household {
			t.Helper()
			hs, err := homes.Of(ctx, ivy, id)
			if err != nil {
				t.Fatal(err)
			}
			return hs
		}
		atOnce := func(all ...func() error) (failed int) {
			t.Helper()
			errs := make([]error, len(all))
			var both sync.WaitGroup
			for i, f := range all {
				both.Go(func() { errs[i] = f() })
			}
			both.Wait()
			for _, err := range errs {
				if err != nil {
					if failed++; !fault.Is(err, fault.Invalid) {
						t.Error(err)
					}
				}
			}
			return failed
		}
		rosa, hugo, luz, tomas := admit("Rosa"), admit("Hugo"), admit("Luz"), admit("Tomás")
		t.Run("nobody comes to live in two households", func(t *testing.T) {
			if _, err := homes.Begin(ctx, ivy, household.Entry{Client: rosa, From: day}); err != nil {
				t.Fatal(err)
			}
			begin := func() error {
				_, err := homes.Begin(ctx, ida, household.Entry{Client: hugo, From: day})
				return err
			}
			enter := func() error {
				return homes.Enter(ctx, ivy, rosa, household.Entry{Client: hugo, Relation: person.Child, From: day})
			}
			if failed := atOnce(begin, enter, begin); failed != 2 || len(of(hugo)) != 1 {
				t.Error(failed, len(of(hugo)))
			}
		})
		t.Run("two who move in at once are both in, and each place tells of all", func(t *testing.T) {
			in := func(who actor.Actor, id person.ID) func() error {
				return func() error {
					return homes.Enter(ctx, who, rosa, household.Entry{Client: id, Relation: person.Sibling, From: day})
				}
			}
			if failed := atOnce(in(ivy, luz), in(ida, tomas)); failed != 0 {
				t.Fatal(failed)
			}
			for _, id := range []person.ID{luz, tomas} {
				if n := len(of(id)[0].Place.Value.Others); n < 2 {
					t.Error(n)
				}
			}
		})
		t.Run("a household has one head", func(t *testing.T) {
			head := func(who actor.Actor, id person.ID) func() error {
				place := of(id)[0].Place.ID
				return func() error { return homes.MakeHead(ctx, who, id, place, 0) }
			}
			if failed := atOnce(head(ivy, luz), head(ida, tomas)); failed != 0 {
				t.Fatal(failed)
			}
			heads := 0
			for _, m := range of(rosa)[0].Members {
				if m.Head {
					heads++
				}
			}
			if heads != 1 {
				t.Error(heads)
			}
		})
		t.Run("who asks for privacy is out of the others' records with the same entry, or nothing is kept", func(t *testing.T) {
			p := of(luz)[0].Place
			if err := homes.Privacy(ctx, ivy, luz, p.ID, p.Version-1, true); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			before := len(of(rosa)[0].Place.Value.Others)
			if err := homes.Privacy(ctx, ivy, luz, p.ID, p.Version, true); err != nil {
				t.Fatal(err)
			}
			if n := len(of(rosa)[0].Place.Value.Others); n != before-1 {
				t.Error(before, n)
			}
		})
	})
}
