package casefile_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/task"
)

// team is an agency in which sam supervises ann and bo, and not cy.
type team struct {
	world
	notices              *notice.Notices
	sam, ann, bo, cy, pm string
}

func openTeam(t *testing.T, rw *recordtest.World) team {
	t.Helper()
	w := team{world: open(rw), notices: notice.New(rw.Door)}
	o := org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
	op := w.Service("operator")
	if err := o.Found(ctx, op, org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}, {Code: "recovery", Name: "Recovery", SUD: true}}}); err != nil {
		t.Fatal(err)
	}
	w.cases.Ask(o.Directory())
	programs := []string{"housing", "recovery"}
	invite := func(given string, role actor.Role, boss string) string {
		id, err := o.Invite(ctx, op, org.Invitation{
			Given: phi.NewText(given), Family: phi.NewText("Example"), Mail: phi.NewText(given + "@example.org"), Role: role, Supervisor: boss, Programs: programs,
		})
		if err != nil {
			t.Fatal(err)
		}
		return id.String()
	}
	w.sam = invite("Sam", actor.Supervisor, "")
	w.pm = invite("Pat", actor.ProgramManager, "")
	w.ann, w.bo = invite("Ann", actor.CaseManager, w.sam), invite("Bo", actor.CaseManager, w.sam)
	programs = programs[:1]
	w.cy = invite("Cy", actor.CaseManager, "")
	return w
}

func (w team) cm(id string) actor.Actor { return w.As(id, actor.CaseManager) }
func (w team) boss() actor.Actor        { return w.As(w.sam, actor.Supervisor) }

// told is what a worker was told, newest first.
func (w team) told(t *testing.T, id string, role actor.Role) []notice.What {
	t.Helper()
	p, err := w.notices.Mine(ctx, w.As(id, role), w.clients, true, "")
	if err != nil {
		t.Fatal(err)
	}
	var out []notice.What
	for _, n := range p.Rows {
		out = append(out, n.Value.What)
	}
	return out
}

func is(t *testing.T, err error, k fault.Kind) {
	t.Helper()
	if !fault.Is(err, k) {
		t.Errorf("got %v, want %v", err, k)
	}
}

func ok(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (w team) accept(t *testing.T, who actor.Actor, id casefile.ID) error {
	t.Helper()
	_, err := w.cases.Accept(ctx, who, id)
	return err
}

func words(s string) casefile.Words { return casefile.Words{Matters: phi.NewText(s)} }

func TestOffer(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		client := func(family string) (person.ID, casefile.ID) {
			return w.client(t, family, casefile.Opening{Program: "housing", Worker: w.ann})
		}
		offer := func(t *testing.T, id person.ID, c casefile.ID, to string) {
			t.Helper()
			w.Clock.Advance(time.Minute)
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: to, Words: words("Hearing on Monday")}))
		}
		t.Run("intake tells the worker a new case is given to", func(t *testing.T) {
			client("Abara")
			if diff := cmp.Diff([]notice.What{casefile.Given}, w.told(t, w.ann, actor.CaseManager)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("shows whoever it is made to the client, the case and the hand-over, and no more", func(t *testing.T) {
			id, c := client("Pruitt")
			is(t, w.cases.Offer(ctx, w.cm(w.cy), id, c, 0, casefile.Offering{To: w.bo, Words: words("x")}), fault.NotFound)
			is(t, w.cases.Offer(ctx, w.As("i1", actor.Intake), id, c, 0, casefile.Offering{To: w.bo, Words: words("x")}), fault.Denied)
			offer(t, id, c, w.cy)
			o, err := w.cases.OfferTo(ctx, w.cm(w.cy), c)
			ok(t, err)
			h, there := o.Case.Value.HandedOver(o.Offer.Number)
			if !o.Known || o.Client.Value.Name.Family.Disclose() != "Pruitt" || !there || h.Matters.Disclose() != "Hearing on Monday" {
				t.Error("the offer does not show what it is about")
			}
			if o.Client.Shown.Strings()[0] != "identity" || len(o.Client.Shown.Strings()) != 1 {
				t.Error(o.Client.Shown)
			}
			_, err = w.cases.OfferTo(ctx, w.cm(w.bo), c)
			is(t, err, fault.NotFound)
			got, err := w.cases.OffersTo(ctx, w.cm(w.cy))
			if err != nil || len(got) != 1 || got[0].Case.ID != c {
				t.Error(len(got), err)
			}
			if n, err := w.cases.TallyOffers(ctx, w.cm(w.cy)); n != 1 || err != nil {
				t.Error(n, err)
			}
			if told := w.told(t, w.cy, actor.CaseManager); told[0] != casefile.ForYou {
				t.Error(told)
			}
			is(t, w.cases.Assign(ctx, w.cm(w.cy), c, 0, w.cy, casefile.Words{}), fault.Denied)
			is(t, w.accept(t, w.cm(w.bo), c), fault.NotFound)
		})
		t.Run("shows this case alone, also of a client who has another in a Part 2 program", func(t *testing.T) {
			id, housing := client("Nwosu")
			recovery, err := w.cases.Open(ctx, w.As("i1", actor.Intake), id, casefile.Opening{Program: "recovery", Worker: w.bo})
			ok(t, err)
			before, err := w.cases.TallyOffers(ctx, w.cm(w.cy))
			ok(t, err)
			w.Clock.Advance(time.Minute)
			ok(t, w.cases.Offer(ctx, w.cm(w.bo), id, recovery, 0, casefile.Offering{To: w.sam, Words: words("Second week of treatment")}))
			ok(t, w.cases.Withdraw(ctx, w.boss(), recovery))
			offer(t, id, housing, w.cy)
			v := w.Door.View(w.cm(w.cy), "chart.open")
			l := w.cases.WantWhole(v, id)
			ok(t, v.Open(ctx))
			if len(l.Rows) != 1 || l.Rows[0].ID != housing || len(l.Rows[0].Value.Handovers) != 1 {
				t.Errorf("%d cases are shown, not the one that is offered", len(l.Rows))
			}
			_, err = w.cases.Read(ctx, w.cm(w.cy), recovery)
			is(t, err, fault.Denied)
			_, err = w.cases.History(ctx, w.cm(w.cy), recovery)
			is(t, err, fault.Denied)
			is(t, w.accept(t, w.cm(w.cy), recovery), fault.Denied)
			if n, err := w.cases.TallyOffers(ctx, w.cm(w.cy)); n != before+1 || err != nil {
				t.Error(n, err)
			}
			// Whoever works with the client sees both as before.
			v = w.Door.View(w.cm(w.bo), "chart.open")
			l = w.cases.WantWhole(v, id)
			ok(t, v.Open(ctx))
			if len(l.Rows) != 2 {
				t.Errorf("the client's worker sees %d cases", len(l.Rows))
			}
			ok(t, w.cases.Decline(ctx, w.cm(w.cy), housing, phi.NewText("Full")))
		})
		t.Run("an offer that is over is not counted, nor shown beside another that stands", func(t *testing.T) {
			id, first := client("Ivers")
			second, err := w.cases.Open(ctx, w.As("i1", actor.Intake), id, casefile.Opening{Program: "housing", Worker: w.ann})
			ok(t, err)
			before, err := w.cases.TallyOffers(ctx, w.cm(w.cy))
			ok(t, err)
			short, long := w.Clock.Now().Add(time.Hour), w.Clock.Now().Add(48*time.Hour)
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, first, 0, casefile.Offering{To: w.cy, Until: short, Words: words("x")}))
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, second, 0, casefile.Offering{To: w.cy, Until: long, Words: words("y")}))
			if n, err := w.cases.TallyOffers(ctx, w.cm(w.cy)); n != before+2 || err != nil {
				t.Error(n, err)
			}
			w.Clock.Advance(2 * time.Hour)
			if n, err := w.cases.TallyOffers(ctx, w.cm(w.cy)); n != before+1 || err != nil {
				t.Error(n, err)
			}
			_, err = w.cases.Read(ctx, w.cm(w.cy), first)
			is(t, err, fault.Denied)
			_, err = w.cases.Read(ctx, w.cm(w.cy), second)
			ok(t, err)
			w.Clock.Advance(48 * time.Hour)
			if n, err := w.cases.TallyOffers(ctx, w.cm(w.cy)); n != before || err != nil {
				t.Error(n, err)
			}
		})
		t.Run("made to another, it is over for the first, who is told", func(t *testing.T) {
			id, c := client("Yoder")
			offer(t, id, c, w.cy)
			offer(t, id, c, w.bo)
			if told := w.told(t, w.cy, actor.CaseManager); told[0] != casefile.OfferOver {
				t.Error(told)
			}
			if w.sees(t, w.cy, id) {
				t.Error("still seen")
			}
			offer(t, id, c, w.bo) // the same colleague again: one offer, not one that is over
			if told := w.told(t, w.bo, actor.CaseManager); told[0] != casefile.ForYou {
				t.Error(told)
			}
			ok(t, w.cases.Decline(ctx, w.cm(w.bo), c, phi.NewText("Full")))
		})
		t.Run("opening one opens nothing of another", func(t *testing.T) {
			id, c := client("Zeller")
			offer(t, id, c, w.cy)
			other, d := client("Zimmer")
			offer(t, other, d, w.cy)
			last := len(w.Entries(t))
			_, err := w.cases.OfferTo(ctx, w.cm(w.cy), c)
			ok(t, err)
			for _, e := range w.Entries(t)[:len(w.Entries(t))-last] {
				for _, x := range e.Touched {
					if x.Subject == other.String() {
						t.Error("another client's record is opened")
					}
				}
			}
			ok(t, w.cases.Decline(ctx, w.cm(w.cy), d, phi.NewText("Full")))
		})
		t.Run("accepting moves the case at once and keeps the hand-over", func(t *testing.T) {
			id, c := client("Tanaka")
			offer(t, id, c, w.bo)
			w.Clock.Advance(time.Hour)
			of, err := w.cases.Accept(ctx, w.cm(w.bo), c)
			ok(t, err)
			if of != record.SubjectOf(id) {
				t.Error("it says another client")
			}
			if w.sees(t, w.ann, id) || !w.sees(t, w.bo, id) {
				t.Error("the worker before sees the client, or the new one does not")
			}
			o, err := w.cases.Read(ctx, w.cm(w.bo), c)
			ok(t, err)
			v := o.Value
			if v.Worker != w.bo || len(v.Previous) != 1 || v.Previous[0].Worker != w.ann || v.Offers[0].End != casefile.OverAccepted || len(v.Handovers) != 1 {
				t.Error("the history is not kept")
			}
			if told := w.told(t, w.ann, actor.CaseManager); told[0] != casefile.Accepted {
				t.Error(told)
			}
			is(t, w.accept(t, w.cm(w.bo), c), fault.NotFound)
		})
		t.Run("declining takes a reason, leaves the case and ends what was seen", func(t *testing.T) {
			id, c := client("Cardenas")
			offer(t, id, c, w.cy)
			is(t, w.cases.Decline(ctx, w.cm(w.cy), c, phi.Text{}), fault.Invalid)
			ok(t, w.cases.Decline(ctx, w.cm(w.cy), c, phi.NewText("My caseload is full")))
			if w.sees(t, w.cy, id) || !w.sees(t, w.ann, id) {
				t.Error("it does not stay where it was")
			}
			o, err := w.cases.Read(ctx, w.cm(w.ann), c)
			if err != nil || o.Value.Offers[0].Reason.Disclose() != "My caseload is full" {
				t.Error(err)
			}
			if told := w.told(t, w.ann, actor.CaseManager); told[0] != casefile.TurnedOff {
				t.Error(told)
			}
		})
		t.Run("taken back, it is over for whom it was made to", func(t *testing.T) {
			id, c := client("Hensley")
			offer(t, id, c, w.cy)
			is(t, w.cases.Withdraw(ctx, w.cm(w.cy), c), fault.Denied)
			w.Clock.Advance(time.Minute)
			ok(t, w.cases.Withdraw(ctx, w.boss(), c))
			if w.sees(t, w.cy, id) {
				t.Error("still seen")
			}
			is(t, w.accept(t, w.cm(w.cy), c), fault.NotFound)
			is(t, w.cases.Withdraw(ctx, w.boss(), c), fault.Conflict)
			if told := w.told(t, w.cy, actor.CaseManager); told[0] != casefile.OfferOver {
				t.Error(told)
			}
		})
		t.Run("assigning or closing the case otherwise ends it", func(t *testing.T) {
			id, c := client("Abbott")
			offer(t, id, c, w.cy)
			w.Clock.Advance(time.Minute)
			ok(t, w.cases.Assign(ctx, w.boss(), c, 0, w.bo, words("From the team meeting")))
			if w.sees(t, w.cy, id) || !w.sees(t, w.bo, id) {
				t.Error("the offer outlives the assignment")
			}
			id, c = client("Osei")
			offer(t, id, c, w.cy)
			ok(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.MovedAway}))
			if w.sees(t, w.cy, id) {
				t.Error("the offer outlives the case")
			}
		})
		t.Run("it ends by itself to the second, also over a change of the clocks and in a leap year", func(t *testing.T) {
			zone, err := time.LoadLocation("America/New_York")
			ok(t, err)
			// The night of 14 March 2027 has no half past two; 2028 has a 29 February.
			for _, start := range []time.Time{time.Date(2027, 3, 10, 9, 0, 0, 0, zone), time.Date(2028, 2, 27, 9, 0, 0, 0, zone)} {
				w.Clock.Advance(start.Sub(w.Clock.Now()))
				id, c := client("Marsh" + start.Format("2006"))
				until := time.Date(start.Year(), start.Month(), start.Day()+5, 0, 0, 0, 0, zone)
				ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.cy, Until: until, Words: words("x")}))
				w.Clock.Advance(until.Sub(w.Clock.Now()) - time.Second)
				if !w.sees(t, w.cy, id) {
					t.Error("over too early")
				}
				w.Clock.Advance(time.Second)
				if w.sees(t, w.cy, id) {
					t.Error("not over at midnight")
				}
				is(t, w.accept(t, w.cm(w.cy), c), fault.NotFound)
				o, err := w.cases.Read(ctx, w.cm(w.ann), c)
				if err != nil || o.Value.Offers[0].EndAt(w.Clock.Now()) != casefile.OverExpired {
					t.Error(err)
				}
				ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.bo, Words: words("again")}))
				o, err = w.cases.Read(ctx, w.cm(w.ann), c)
				if err != nil || o.Value.Offers[0].End != casefile.OverExpired || len(o.Value.Offers) != 2 {
					t.Error(err)
				}
			}
		})
		t.Run("is refused without words, to whoever has the case, and for too long", func(t *testing.T) {
			id, c := client("Lindqvist")
			for _, in := range []casefile.Offering{
				{To: w.bo}, {Words: words("x")}, {To: w.ann, Words: words("x")},
				{To: w.bo, Words: words("x"), Until: w.Clock.Now().AddDate(0, 0, 31)}, {To: w.bo, Words: words("x"), Until: w.Clock.Now()},
			} {
				is(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, in), fault.Invalid)
			}
			other, _ := client("Quist")
			is(t, w.cases.Offer(ctx, w.cm(w.ann), other, c, 0, casefile.Offering{To: w.bo, Words: words("x")}), fault.NotFound)
		})
		t.Run("what a Part 2 program hands over is its record, and a manager sees the case without the words", func(t *testing.T) {
			id, c := w.client(t, "Ferro", casefile.Opening{Program: "recovery", Worker: w.ann})
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.bo, Words: words("Second week of treatment")}))
			o, err := w.cases.OfferTo(ctx, w.cm(w.bo), c)
			if err != nil || o.Case.Value.Handovers[0].Matters.Empty() {
				t.Error(err)
			}
			m, err := w.cases.Read(ctx, w.As(w.pm, actor.ProgramManager), c)
			if err != nil || len(m.Value.Handovers) != 0 || len(m.Value.Offers) != 1 || m.Withheld.String() != "sud" {
				t.Error(err, m.Withheld)
			}
		})
	})
}

func TestWhoIsGivenACase(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		o := org.New(w.Door, org.NewDirectory(w.Door, w.Service("authn")))
		now := w.Clock.Now()
		gone, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText("Gil"), Family: phi.NewText("Example"), Mail: phi.NewText("gil@example.org"), Role: actor.CaseManager})
		ok(t, err)
		ok(t, o.Terminate(ctx, w.Proved("root", actor.Administrator), gone))
		id, c := w.client(t, "Pruitt", casefile.Opening{Program: "housing", Worker: w.ann})
		closedOf, closed := w.client(t, "Quist", casefile.Opening{Program: "housing", Worker: w.ann})
		ok(t, w.cases.Close(ctx, w.cm(w.ann), closed, 0, casefile.Closing{Reason: casefile.GoalsMet}))
		o2, err := w.cases.Read(ctx, w.boss(), c)
		ok(t, err)
		for what, to := range map[string]string{"somebody who left": gone.String(), "nobody who is known": "w99", "a role without cases": w.pm} {
			t.Run("never "+what, func(t *testing.T) {
				is(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: to, Words: words("x")}), fault.Invalid)
				is(t, w.cases.Assign(ctx, w.boss(), c, 0, to, casefile.Words{}), fault.Invalid)
				is(t, w.cases.Reopen(ctx, w.As("i1", actor.Intake), closedOf, closed, 0, casefile.Reopening{Reason: phi.NewText("x"), Worker: to}), fault.Invalid)
				_, err := w.cases.Open(ctx, w.As("i1", actor.Intake), id, casefile.Opening{Program: "housing", Worker: to})
				is(t, err, fault.Invalid)
				_, _, err = w.cases.Move(ctx, w.boss(), []casefile.Step{{Case: c, Client: o2.Subject, From: w.ann, To: to, Version: o2.Version}})
				is(t, err, fault.Invalid)
				if to != w.pm { // a manager may be on a care team
					is(t, w.cases.Join(ctx, w.boss(), c, casefile.Member{Worker: to}), fault.Invalid)
					is(t, w.cases.SetTeam(ctx, w.boss(), c, 0, []casefile.Member{{Worker: to}}), fault.Invalid)
				}
			})
		}
		t.Run("whoever left since may stay on a team that is changed, and never for longer", func(t *testing.T) {
			_, c := w.client(t, "Stay", casefile.Opening{Program: "housing", Worker: w.ann})
			leaver, err := o.Invite(ctx, w.Service("operator"), org.Invitation{Given: phi.NewText("Lee"), Family: phi.NewText("Example"), Mail: phi.NewText("lee@example.org"), Role: actor.CaseManager})
			ok(t, err)
			lee, day := leaver.String(), now.AddDate(0, 0, 7)
			ok(t, w.cases.SetTeam(ctx, w.boss(), c, 0, []casefile.Member{{Worker: lee, Until: day}}))
			ok(t, o.Terminate(ctx, w.Proved("root", actor.Administrator), leaver))
			ok(t, w.cases.SetTeam(ctx, w.boss(), c, 0, []casefile.Member{{Worker: lee, Until: day}, {Worker: w.bo}}))
			ok(t, w.cases.Join(ctx, w.boss(), c, casefile.Member{Worker: lee, Until: day.Add(-time.Hour)}))
			is(t, w.cases.Join(ctx, w.boss(), c, casefile.Member{Worker: lee}), fault.Invalid)
			is(t, w.cases.SetTeam(ctx, w.boss(), c, 0, []casefile.Member{{Worker: lee, Until: day}}), fault.Invalid)
			ok(t, w.cases.Leave(ctx, w.boss(), c, lee))
			is(t, w.cases.Join(ctx, w.boss(), c, casefile.Member{Worker: lee, Until: day}), fault.Invalid)
		})
		t.Run("whoever stands in offers it to nobody, not to themselves either, and can take an offer back", func(t *testing.T) {
			_, err := o.Cover(ctx, w.boss(), org.Coverage{Absent: w.ann, Cover: w.bo, From: now, Until: now.AddDate(0, 0, 2)})
			ok(t, err)
			if !w.sees(t, w.bo, id) {
				t.Fatal("the coverage does not hold")
			}
			for _, to := range []string{w.bo, w.cy} {
				if err := w.cases.Offer(ctx, w.cm(w.bo), id, c, 0, casefile.Offering{To: to, Words: words("x")}); err == nil {
					t.Error("offered")
				}
			}
			// Neither by a case of their own of the same client.
			_, err = w.cases.Open(ctx, w.As("i1", actor.Intake), id, casefile.Opening{Program: "housing", Worker: w.bo})
			ok(t, err)
			is(t, w.cases.Offer(ctx, w.cm(w.bo), id, c, 0, casefile.Offering{To: w.cy, Words: words("x")}), fault.Denied)
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.cy, Words: words("x")}))
			w.Clock.Advance(time.Minute)
			ok(t, w.cases.Withdraw(ctx, w.cm(w.bo), c))
			ok(t, w.cases.Offer(ctx, w.boss(), id, c, 0, casefile.Offering{To: w.cy, Words: words("x")}))
		})
		t.Run("a case of a Part 2 program stays with those who work in it", func(t *testing.T) {
			id, c := w.client(t, "Ferro", casefile.Opening{Program: "recovery", Worker: w.ann})
			is(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.cy, Words: words("x")}), fault.Invalid)
			ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.bo, Words: words("x")}))
		})
	})
}

func TestHandoversOfAPart2Program(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		pm := w.As(w.pm, actor.ProgramManager)
		for program, want := range map[string]string{"recovery": "sud", "housing": "", "a program nobody entered": "sud"} {
			withheld := func(t *testing.T, c casefile.ID) {
				t.Helper()
				o, err := w.cases.Read(ctx, w.boss(), c)
				ok(t, err)
				if h := o.Value.Handovers; len(h) != 1 || (want == "sud") != o.Shown.Has("sud") || (want == "sud") == o.Shown.Has("note") {
					t.Errorf("%s: %d hand-overs, shown as %s", program, len(h), o.Shown)
				}
			}
			t.Run("assigned with words: "+program, func(t *testing.T) {
				_, c := w.client(t, "Abara", casefile.Opening{Program: program, Worker: w.ann})
				ok(t, w.cases.Assign(ctx, w.boss(), c, 0, w.bo, words("Second week of treatment")))
				withheld(t, c)
			})
			t.Run("opened again, then offered: "+program, func(t *testing.T) {
				id, c := w.client(t, "Osei", casefile.Opening{Program: program, Worker: w.ann})
				ok(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.GoalsMet}))
				ok(t, w.cases.Reopen(ctx, w.As("i1", actor.Intake), id, c, 0, casefile.Reopening{Reason: phi.NewText("Came back"), Worker: w.ann}))
				ok(t, w.cases.Offer(ctx, w.cm(w.ann), id, c, 0, casefile.Offering{To: w.bo, Words: words("Second week of treatment")}))
				withheld(t, c)
			})
		}
		t.Run("a form cannot make it an ordinary note", func(t *testing.T) {
			_, c := w.client(t, "Ferro", casefile.Opening{Program: "recovery", Worker: w.ann})
			ok(t, w.cases.Edit(ctx, w.cm(w.ann), c, 0, func(c *casefile.Case) { c.Part2 = false }))
			ok(t, w.cases.Assign(ctx, w.boss(), c, 0, w.bo, words("x")))
			o, err := w.cases.Read(ctx, pm, c)
			if err != nil || o.Withheld.String() != "sud" {
				t.Error(o.Withheld, err)
			}
		})
	})
}

func TestReopen(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		id, c := w.client(t, "Pruitt", casefile.Opening{Program: "housing", Worker: w.ann, Team: []casefile.Member{{Worker: w.cy}}})
		intake := w.As("i1", actor.Intake)
		is(t, w.cases.Reopen(ctx, intake, id, c, 0, casefile.Reopening{Reason: phi.NewText("Came back")}), fault.Conflict)
		ok(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.GoalsMet}))
		w.Clock.Advance(40 * 24 * time.Hour)
		t.Run("takes a reason, and is not for whom the case no longer concerns", func(t *testing.T) {
			is(t, w.cases.Reopen(ctx, intake, id, c, 0, casefile.Reopening{}), fault.Invalid)
			is(t, w.cases.Reopen(ctx, w.cm(w.ann), id, c, 0, casefile.Reopening{Reason: phi.NewText("x")}), fault.NotFound)
		})
		t.Run("begins a new period, keeps the old one, and brings back whoever is named alone", func(t *testing.T) {
			ok(t, w.cases.Reopen(ctx, intake, id, c, 0, casefile.Reopening{Reason: phi.NewText("Came back"), Worker: w.bo}))
			got := map[string]bool{"ann": w.sees(t, w.ann, id), "bo": w.sees(t, w.bo, id), "cy": w.sees(t, w.cy, id)}
			if diff := cmp.Diff(map[string]bool{"ann": false, "bo": true, "cy": false}, got); diff != "" {
				t.Error(diff)
			}
			o, err := w.cases.Read(ctx, w.cm(w.bo), c)
			ok(t, err)
			v := o.Value
			if !v.IsOpen() || len(v.Periods) != 1 || v.Periods[0].Outcome != casefile.GoalsMet || v.Periods[0].ReopenedBy != "i1" || v.OpenedOn.DiscloseISO() != "2026-12-30" || !v.ClosedOn.Empty() {
				t.Errorf("%+v", v.Periods)
			}
			if told := w.told(t, w.bo, actor.CaseManager); told[0] != casefile.Given {
				t.Error(told)
			}
		})
	})
}

func TestRenew(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		day := func(s string) phi.Date { d, _ := phi.ParseDate(s); return d }
		_, c := w.client(t, "Pruitt", casefile.Opening{Program: "housing", Worker: w.ann, EligibleFrom: day("2026-01-01"), EligibleUntil: day("2026-12-31")})
		is(t, w.cases.Renew(ctx, w.cm(w.ann), c, 0, day("2027-01-01"), phi.Date{}), fault.Invalid)
		is(t, w.cases.Renew(ctx, w.cm(w.ann), c, 0, day("2026-01-01"), day("2026-12-31")), fault.Invalid)
		is(t, w.cases.Renew(ctx, w.cm(w.cy), c, 0, day("2027-01-01"), day("2027-12-31")), fault.NotFound)
		ok(t, w.cases.Renew(ctx, w.cm(w.ann), c, 0, day("2027-01-01"), day("2028-02-29")))
		o, err := w.cases.Read(ctx, w.cm(w.ann), c)
		ok(t, err)
		if e := o.Value.Earlier; len(e) != 1 || e[0].Until.DiscloseISO() != "2026-12-31" || e[0].By != w.ann {
			t.Error("the period before is not kept")
		}
		// The warning begins 45 days before the last day, and counts over a leap day.
		for today, want := range map[string]bool{"2028-01-14": false, "2028-01-15": true, "2028-02-29": true, "2028-03-01": true} {
			l, err := w.cases.Caseload(ctx, w.cm(w.ann), casefile.CaseloadQuery{Today: day(today)})
			if err != nil || (l.Counts.Eligibility == 1) != want {
				t.Error(today, l.Counts.Eligibility, err)
			}
		}
	})
}

func TestNextContact(t *testing.T) {
	for level, days := range map[casefile.Level]int{casefile.Standard: 30, casefile.High: 14, casefile.Intensive: 7} {
		w := openTeam(t, recordtest.Open(t))
		w.Clock.Advance(time.Date(2028, 2, 20, 12, 0, 0, 0, time.UTC).Sub(w.Clock.Now()))
		id, c := w.client(t, "Pruitt", casefile.Opening{Program: "housing", Worker: w.ann, Level: level})
		at := w.Clock.Now().Add(time.Hour)
		w.Clock.Advance(2 * time.Hour)
		work := w.Door.Work(w.cm(w.ann), "note.sign")
		ok(t, w.cases.Contacted(ctx, w.cm(w.ann), work, personSubject(id), c, at))
		ok(t, work.Commit(ctx))
		o, err := w.cases.Read(ctx, w.cm(w.ann), c)
		if want := at.AddDate(0, 0, days).Format("2006-01-02"); err != nil || o.Value.NextContactOn.DiscloseISO() != want {
			t.Error(level, o.Value.NextContactOn.DiscloseISO(), want, err)
		}
	}
}

func TestMove(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		var ids []person.ID
		var cases []casefile.Opened
		for i, l := range []casefile.Level{casefile.Standard, casefile.Intensive, casefile.High, casefile.Standard} {
			id, c := w.client(t, string(rune('A'+i))+"belson", casefile.Opening{Program: "housing", Worker: w.ann, Level: l})
			o, err := w.cases.Read(ctx, w.boss(), c)
			ok(t, err)
			ids, cases = append(ids, id), append(cases, o)
		}
		weight := func(l casefile.Level) float64 {
			return map[casefile.Level]float64{casefile.Standard: 1, casefile.High: 2, casefile.Intensive: 3}[l]
		}
		t.Run("is spread by weight, the heaviest first, to whoever has least", func(t *testing.T) {
			steps := casefile.Spread(cases, []string{w.bo, w.cy}, map[string]float64{w.cy: 2}, weight)
			got := map[string]float64{}
			for _, s := range steps {
				for _, c := range cases {
					if c.ID == s.Case {
						got[s.To] += weight(c.Value.Level)
					}
				}
			}
			if diff := cmp.Diff(map[string]float64{w.bo: 5, w.cy: 2}, got); diff != "" {
				t.Error(diff)
			}
			if s := casefile.Spread(cases, []string{w.ann, w.bo}, nil, weight); len(s) != 0 {
				t.Error("a case that a receiver has is moved")
			}
		})
		t.Run("nothing is overwritten that changed since, and nothing is held up by it", func(t *testing.T) {
			steps := casefile.Spread(cases, []string{w.bo}, nil, weight)
			ok(t, w.cases.Edit(ctx, w.cm(w.ann), cases[1].ID, 0, func(c *casefile.Case) { c.NextContact = phi.NewText("Home visit") }))
			w.Clock.Advance(time.Minute)
			m, got, err := w.cases.Move(ctx, w.boss(), steps)
			ok(t, err)
			bad := 0
			for _, r := range got {
				if r.Err != nil {
					bad++
					is(t, r.Err, fault.Conflict)
					if r.Case != cases[1].ID {
						t.Error("another case is reported")
					}
				}
			}
			if bad != 1 || len(got) != 4 || m.IsZero() {
				t.Error(bad, len(got))
			}
			if !w.sees(t, w.bo, ids[0]) || w.sees(t, w.ann, ids[0]) || !w.sees(t, w.ann, ids[1]) {
				t.Error("the relations do not follow")
			}
			if told := w.told(t, w.ann, actor.CaseManager); told[0] != casefile.Moved {
				t.Error(told)
			}
		})
		t.Run("whom a case comes from is looked at, not believed", func(t *testing.T) {
			o, err := w.cases.Read(ctx, w.boss(), cases[0].ID)
			ok(t, err)
			before := len(w.told(t, w.cy, actor.CaseManager))
			_, got, err := w.cases.Move(ctx, w.boss(), []casefile.Step{{Case: o.ID, Client: o.Subject, From: w.cy, To: w.ann, Version: o.Version}})
			if err != nil || len(got) != 1 || !fault.Is(got[0].Err, fault.Conflict) || len(w.told(t, w.cy, actor.CaseManager)) != before || !w.sees(t, w.bo, ids[0]) {
				t.Error(err, got)
			}
		})
		t.Run("refusals are listed, and nobody else may", func(t *testing.T) {
			o, err := w.cases.Read(ctx, w.boss(), cases[0].ID)
			ok(t, err)
			step := casefile.Step{Case: o.ID, Client: o.Subject, From: w.bo, To: w.ann, Version: o.Version}
			_, got, err := w.cases.Move(ctx, w.cm(w.bo), []casefile.Step{step})
			if err != nil || len(got) != 1 || !fault.Is(got[0].Err, fault.Denied) {
				t.Error(err, got)
			}
			_, _, err = w.cases.Move(ctx, w.boss(), nil)
			is(t, err, fault.Invalid)
		})
		t.Run("for a day it can be planned back, but for what moved on", func(t *testing.T) {
			m, there, err := w.cases.LastMove(ctx, w.boss())
			if err != nil || !there || len(m.Value.Steps) != 3 {
				t.Fatal(there, err)
			}
			ok(t, w.cases.Assign(ctx, w.boss(), cases[3].ID, 0, w.cy, casefile.Words{}))
			v := w.Door.View(w.boss(), "case.find")
			l := w.cases.WantOpenOf(v, w.bo)
			ok(t, v.Open(ctx))
			back, kept := casefile.Back(m.Value, l.Rows)
			if len(back) != 2 || len(kept) != 1 || kept[0].Case != cases[3].ID || back[0].To != w.ann {
				t.Error(len(back), len(kept))
			}
			_, there, err = w.cases.LastMove(ctx, w.As(w.pm, actor.ProgramManager))
			if err != nil || there {
				t.Error("another's move is shown", err)
			}
			w.Clock.Advance(casefile.UndoWithin)
			if _, there, err = w.cases.LastMove(ctx, w.boss()); err != nil || there {
				t.Error("still there after a day", err)
			}
		})
	})
}

func TestAnEveningInTheAgency(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		zone, err := time.LoadLocation("America/New_York")
		ok(t, err)
		w.Clock.Advance(time.Date(2026, 12, 1, 20, 30, 0, 0, zone).Sub(w.Clock.Now())) // 2 December in UTC
		id, c := w.client(t, "Pruitt", casefile.Opening{Program: "housing", Worker: w.ann, Level: casefile.Intensive})
		o, err := w.cases.Read(ctx, w.cm(w.ann), c)
		if v := o.Value; err != nil || v.OpenedOn.DiscloseISO() != "2026-12-01" || v.NextContactOn.DiscloseISO() != "2026-12-08" || v.PlanReviewOn.DiscloseISO() != "2027-03-01" {
			t.Error(v.OpenedOn.DiscloseISO(), v.NextContactOn.DiscloseISO(), v.PlanReviewOn.DiscloseISO(), err)
		}
		at := w.Clock.Now().Add(time.Minute)
		w.Clock.Advance(time.Hour)
		work := w.Door.Work(w.cm(w.ann), "note.sign")
		ok(t, w.cases.Contacted(ctx, w.cm(w.ann), work, personSubject(id), c, at))
		ok(t, work.Commit(ctx))
		if o, err = w.cases.Read(ctx, w.cm(w.ann), c); err != nil || o.Value.NextContactOn.DiscloseISO() != "2026-12-08" {
			t.Error(o.Value.NextContactOn.DiscloseISO(), err)
		}
		tomorrow := phi.NewDate(2026, 12, 2)
		is(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.GoalsMet, On: tomorrow}), fault.Invalid)
		ok(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.GoalsMet, On: phi.NewDate(2026, 12, 1)}))
		ok(t, w.cases.Reopen(ctx, w.As("i1", actor.Intake), id, c, 0, casefile.Reopening{Reason: phi.NewText("Came back"), Worker: w.ann}))
		// Closed the evening it was opened again, with no day given.
		ok(t, w.cases.Close(ctx, w.cm(w.ann), c, 0, casefile.Closing{Reason: casefile.MovedAway}))
	})
}

func TestWhatFallsDue(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := openTeam(t, rw)
		day := func(s string) phi.Date { d, _ := phi.ParseDate(s); return d }
		_, c := w.client(t, "Pruitt", casefile.Opening{Program: "recovery", Worker: w.ann, NextContactOn: day("2027-09-01"), PlanReviewOn: day("2027-09-01"), EligibleUntil: day("2026-11-01")})
		w.client(t, "Quist", casefile.Opening{Program: "housing", Worker: w.ann, NextContactOn: day("2027-09-01"), PlanReviewOn: day("2026-11-02")})
		w.client(t, "Tanaka", casefile.Opening{Program: "housing", Worker: w.ann, NextContactOn: day("2027-09-01"), PlanReviewOn: day("2027-09-02")})
		ok(t, w.cases.Assign(ctx, w.boss(), c, 0, w.bo, words("x")))
		ok(t, w.cases.Assign(ctx, w.boss(), c, 0, w.ann, casefile.Words{}))
		v := w.Door.View(w.cm(w.ann), "today.open")
		lists, due := w.cases.WantDue(v, w.cm(w.ann), task.Ask{Worker: w.ann, Now: w.Clock.Now(), Days: 7})
		ok(t, v.Open(ctx))
		got := map[task.What]int{}
		for _, d := range due() {
			got[d.What]++
		}
		// A contact far off hides neither a review nor the end of an eligibility,
		// and what is not due is not opened.
		if diff := cmp.Diff(map[task.What]int{casefile.EligibilityEnd: 1, casefile.PlanReviewDue: 1}, got); diff != "" || len(record.About(lists...)) != 2 {
			t.Error(diff, len(record.About(lists...)))
		}
		for _, x := range w.Entries(t)[0].Touched {
			if x.Kind == "case" && !slices.Equal(x.Classes, []string{"case"}) {
				t.Errorf("opened for a list of dates: %v", x.Classes)
			}
		}
	})
}

func TestMoveOfManyCases(t *testing.T) {
	w := openTeam(t, recordtest.Open(t))
	var cases []casefile.Opened
	for i := range casefile.MoveBatch + 2 {
		_, c := w.client(t, fmt.Sprint("Client", i), casefile.Opening{Program: "housing", Worker: w.ann})
		o, err := w.cases.Read(ctx, w.boss(), c)
		ok(t, err)
		cases = append(cases, o)
	}
	steps := casefile.Spread(cases, []string{w.bo}, nil, func(casefile.Level) float64 { return 1 })
	w.Clock.Advance(time.Minute)
	last := len(w.Entries(t))
	id, got, err := w.cases.Move(ctx, w.boss(), steps)
	ok(t, err)
	m, there, err := w.cases.LastMove(ctx, w.boss())
	if err != nil || !there || m.ID != id || len(m.Value.Steps) != len(steps) || len(got) != len(steps) {
		t.Error(len(m.Value.Steps), len(got), err)
	}
	// No transaction moves a case without keeping that it did.
	batches := 0
	for _, e := range w.Entries(t)[:len(w.Entries(t))-last] {
		kinds := map[string]int{}
		for _, x := range e.Touched {
			kinds[x.Kind]++
		}
		if e.Action == "case.assign" {
			batches++
			if kinds["move"] != 1 || kinds["case"] == 0 {
				t.Error(kinds)
			}
		}
	}
	if batches != 2 {
		t.Error(batches)
	}
}

func personSubject(id person.ID) record.Subject { return record.SubjectOf(id) }
