package notice_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func TestNotices(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		ns := notice.New(w.Door)
		intake := w.As("i1", actor.Intake)
		r, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Quell")}}, true)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "housing", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}}); err != nil {
			t.Fatal(err)
		}
		subject := record.SubjectOf(r.ID)
		one, two, stranger := w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager), w.As("w9", actor.CaseManager)
		tell := func(who actor.Actor, to string) error {
			work := w.Door.Work(who, "notice.create")
			ns.Tell(work, who, subject, to, "waits", "/clients/"+subject.String())
			return work.Commit(ctx)
		}
		t.Run("reach who they are for, and nobody else", func(t *testing.T) {
			if err := tell(one, "w2"); err != nil {
				t.Fatal(err)
			}
			p, err := ns.Mine(ctx, two, clients, false, "")
			if err != nil || len(p.Rows) != 1 || p.Unread != 1 || p.Rows[0].Value.By != "w1" {
				t.Fatal(len(p.Rows), p.Unread, err)
			}
			if c, ok := p.Clients.Of(subject); !ok || c.Value.Name.Family.Disclose() != "Quell" {
				t.Error("the client is not named")
			}
			for _, who := range []actor.Actor{one, stranger, intake} {
				p, err := ns.Mine(ctx, who, clients, true, "")
				if err != nil {
					t.Error(who.Worker(), err)
				}
				for _, o := range p.Rows {
					if o.Value.What != casefile.Given { // that they have the case is theirs to know
						t.Error(who.Worker(), o.Value.What)
					}
				}
			}
		})
		t.Run("nobody is told what they did themselves", func(t *testing.T) {
			if err := tell(two, "w2"); err != nil {
				t.Fatal(err)
			}
			if n, err := ns.Tally(ctx, two); err != nil || n != 1 {
				t.Error(n, err)
			}
		})
		t.Run("a stranger to the client tells nobody, and learns of no client", func(t *testing.T) {
			if err := tell(stranger, "w2"); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("are seen once, by whom they are for", func(t *testing.T) {
			p, err := ns.Mine(ctx, two, clients, false, "")
			if err != nil {
				t.Fatal(err)
			}
			if err := ns.See(ctx, one, p.Rows[0].ID); fault.KindOf(err) == fault.Internal || err == nil {
				t.Error(err)
			}
			if err := ns.See(ctx, two, p.Rows[0].ID); err != nil {
				t.Fatal(err)
			}
			if n, err := ns.Tally(ctx, two); err != nil || n != 0 {
				t.Error(n, err)
			}
			all, err := ns.Mine(ctx, two, clients, true, "")
			if err != nil || len(all.Rows) != 1 || !all.Rows[0].Value.SeenAt.Equal(w.Clock.Now()) || all.Unread != 0 {
				t.Error(len(all.Rows), err)
			}
		})
		t.Run("lead to what they tell of, and were seen then", func(t *testing.T) {
			if err := tell(one, "w2"); err != nil {
				t.Fatal(err)
			}
			p, err := ns.Mine(ctx, two, clients, false, "")
			if err != nil || len(p.Rows) != 1 {
				t.Fatal(len(p.Rows), err)
			}
			if path, err := ns.Open(ctx, one, p.Rows[0].ID); err == nil || path != "" {
				t.Error("somebody else's notice leads to", path, err)
			}
			before := len(w.Entries(t))
			path, err := ns.Open(ctx, two, p.Rows[0].ID)
			if err != nil || path != "/clients/"+subject.String() || len(w.Entries(t)) != before+1 {
				t.Error(path, err)
			}
			if n, err := ns.Tally(ctx, two); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
		t.Run("stay with whom they are for after they left the client, who is then not named", func(t *testing.T) {
			if err := tell(one, "w2"); err != nil {
				t.Fatal(err)
			}
			open, err := cases.Caseload(ctx, one, casefile.CaseloadQuery{})
			if err != nil {
				t.Fatal(err)
			}
			if err := cases.Leave(ctx, w.As("m1", actor.ProgramManager), open.Rows[0].Case.ID, "w2"); err == nil {
				t.Fatal("m1 manages nothing")
			}
			// The care team's time runs out.
			if err := cases.Close(ctx, one, open.Rows[0].Case.ID, 0, casefile.Closing{Reason: casefile.GoalsMet}); err != nil {
				t.Fatal(err)
			}
			p, err := ns.Mine(ctx, two, clients, false, "")
			if err != nil || len(p.Rows) != 1 {
				t.Fatal(len(p.Rows), err)
			}
			if _, ok := p.Clients.Of(subject); ok {
				t.Error("a client who is no longer theirs is named")
			}
		})
		t.Run("all are seen at once, however many wait, and none that came since", func(t *testing.T) {
			client, err := clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Marsh")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := cases.Open(ctx, intake, client.ID, casefile.Opening{Program: "housing", Worker: "w3", Team: []casefile.Member{{Worker: "w4"}}}); err != nil {
				t.Fatal(err)
			}
			three, four := w.As("w3", actor.CaseManager), w.As("w4", actor.CaseManager)
			tell := func() {
				w.Clock.Advance(time.Minute)
				work := w.Door.Work(three, "notice.create")
				ns.Tell(work, three, record.SubjectOf(client.ID), "w4", "waits", "/clients/"+client.ID.String())
				if err := work.Commit(ctx); err != nil {
					t.Fatal(err)
				}
			}
			const many = 260 // more than are marked in one step
			for range many {
				tell()
			}
			p, err := ns.Mine(ctx, four, clients, false, "")
			if err != nil || p.Unread != many || len(p.Rows) != 50 || p.Next == "" {
				t.Fatal(p.Unread, len(p.Rows), err)
			}
			var shown []notice.ID
			for _, o := range p.Rows {
				shown = append(shown, o.ID)
			}
			tell() // after the page was made
			if err := ns.SeeAll(ctx, three, shown, p.Next); err == nil {
				t.Error("somebody else's were marked")
			}
			if err := ns.SeeAll(ctx, four, shown, p.Next); err != nil {
				t.Fatal(err)
			}
			left, err := ns.Mine(ctx, four, clients, false, "")
			if err != nil || left.Unread != 1 || len(left.Rows) != 1 || !left.Rows[0].Value.At.Equal(w.Clock.Now()) {
				t.Error(left.Unread, len(left.Rows), err)
			}
			if err := ns.SeeAll(ctx, four, []notice.ID{left.Rows[0].ID}, ""); err != nil {
				t.Fatal(err)
			}
			if n, err := ns.Tally(ctx, four); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
	})
}
