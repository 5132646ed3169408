package merge_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/merge"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type desk struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
	merges  *merge.Merges
}

func sit(w *recordtest.World) desk {
	people := person.New(w.Door)
	return desk{w, people, casefile.New(w.Door, people), merge.New(w.Door, people)}
}

func text(s string) phi.Text { return phi.NewText(s) }

func (d desk) admit(t *testing.T, given, family, phone, worker string) person.ID {
	t.Helper()
	ivy := d.As("ivy", actor.Intake)
	r, err := d.clients.Register(ctx, ivy, person.Client{
		Name: person.Name{Given: text(given), Family: text(family)}, BirthDate: phi.NewDate(1987, 3, 11), Phones: []person.Phone{{Number: text(phone), Use: "mobile"}},
	}, true)
	if err != nil {
		t.Fatal(err)
	}
	if worker != "" {
		if _, err := d.cases.Open(ctx, ivy, r.ID, casefile.Opening{Program: "housing", Worker: worker}); err != nil {
			t.Fatal(err)
		}
	}
	d.Clock.Advance(time.Minute)
	return r.ID
}

func (d desk) open(t *testing.T, who actor.Actor, id person.ID) person.Opened {
	t.Helper()
	o, err := d.clients.Open(ctx, who, id)
	if err != nil {
		t.Fatal(err)
	}
	return o
}

func TestMerge(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(w)
		ivy := w.As("ivy", actor.Intake)
		stays := d.admit(t, "Marisol", "Ibáñez", "(206) 555-0148", "ann")
		goes := d.admit(t, "Marisol", "Ibanes", "(206) 555-0199", "bob")
		other := d.admit(t, "Oksana", "Orlova", "(206) 555-0111", "eve")

		t.Run("the finder shows a pair to who may see both, with the reasons", func(t *testing.T) {
			f, err := d.merges.Find(ctx, ivy, "")
			if err != nil || len(f.Pairs) != 1 {
				t.Fatalf("%d pairs, %v", len(f.Pairs), err)
			}
			p := f.Pairs[0]
			if p.Stays.ID != stays || p.Goes.ID != goes || !p.Like.Has(person.SameBirth) || !p.Like.Has(person.NameAlike) {
				t.Errorf("%v", p.Like)
			}
		})
		t.Run("and to nobody who may see only one of them", func(t *testing.T) {
			for _, who := range []actor.Actor{w.As("ann", actor.CaseManager), w.As("zoe", actor.Supervisor), w.As("wes", actor.Administrator)} {
				if f, err := d.merges.Find(ctx, who, ""); err != nil && !fault.Is(err, fault.Denied) || len(f.Pairs) != 0 {
					t.Errorf("%v: %d pairs, %v", who.Role(), len(f.Pairs), err)
				}
			}
		})
		a, b := d.open(t, ivy, stays), d.open(t, ivy, goes)
		picks := []merge.Pick{{Field: "phones", From: merge.Both}, {Field: "birth_date", From: merge.Keep}, {Field: "name", From: merge.Take}}
		t.Run("a case manager joins nothing, and the refusal is in the log", func(t *testing.T) {
			if _, err := d.merges.Join(ctx, w.As("ann", actor.CaseManager), stays, goes, a.Version, b.Version, picks); err == nil {
				t.Fatal("joined")
			}
			if e := w.Entries(t)[0]; e.Entry.Outcome != audit.Refused {
				t.Error(e.Entry.Action)
			}
		})
		t.Run("who compared an older version is told", func(t *testing.T) {
			if _, err := d.merges.Join(ctx, ivy, stays, goes, a.Version+1, b.Version, picks); !fault.Is(err, fault.Conflict) {
				t.Fatal(err)
			}
		})
		id, err := d.merges.Join(ctx, ivy, stays, goes, a.Version, b.Version, picks)
		if err != nil {
			t.Fatal(err)
		}
		t.Run("joined, the values chosen stand in the record that stays", func(t *testing.T) {
			o := d.open(t, ivy, stays).Value
			if o.Name.Family.Disclose() != "Ibanes" || len(o.Phones) != 2 || len(o.Identifiers) != 1 || !o.Identifiers[0].Value.Equal(b.Value.Number) {
				t.Error(o.Name.Family.Disclose(), len(o.Phones), len(o.Identifiers))
			}
		})
		t.Run("the other leaves searches, and its number leads to the one that stays", func(t *testing.T) {
			f, err := d.clients.Find(ctx, ivy, b.Value.Number, "", 0)
			if err != nil || len(f.Rows) != 1 || f.Rows[0].ID != stays {
				t.Fatalf("%d rows, %v", len(f.Rows), err)
			}
			if o := d.open(t, ivy, goes); o.Labels.State != person.Merged || o.Value.MergedInto != record.SubjectOf(stays) {
				t.Error(o.Labels.State)
			}
			if err := d.clients.Edit(ctx, ivy, goes, 0, func(c *person.Client) { c.Pronouns = text("she/her") }); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("the workers of both open both", func(t *testing.T) {
			for _, name := range []string{"ann", "bob"} {
				who := w.As(name, actor.CaseManager)
				d.open(t, who, stays)
				d.open(t, who, goes)
				v := w.Door.View(who, "case.find")
				l := d.cases.WantOf(v, stays)
				if err := v.Open(ctx); err != nil || len(l.Rows) != 2 {
					t.Errorf("%s finds %d cases, %v", name, len(l.Rows), err)
				}
			}
		})
		t.Run("no third record is joined to the one that is closed, nor is one that stays closed", func(t *testing.T) {
			o, c := d.open(t, ivy, goes), d.open(t, ivy, other)
			if _, err := d.merges.Join(ctx, ivy, goes, other, o.Version, c.Version, nil); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			s := d.open(t, ivy, stays)
			if _, err := d.merges.Join(ctx, ivy, other, stays, c.Version, s.Version, nil); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		t.Run("undone, everything is as it was but what was changed since", func(t *testing.T) {
			s := d.open(t, ivy, stays)
			if err := d.clients.Edit(ctx, ivy, stays, s.Version, func(c *person.Client) { c.Name.Family = text("Ibáñez Robledo") }); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(time.Hour)
			_, kept, err := d.merges.Undo(ctx, ivy, id)
			if err != nil || !slices.Equal(kept, []string{"name"}) {
				t.Fatal(kept, err)
			}
			o := d.open(t, ivy, stays).Value
			if o.Name.Family.Disclose() != "Ibáñez Robledo" || len(o.Phones) != 1 || len(o.Identifiers) != 0 {
				t.Error(o.Name.Family.Disclose(), len(o.Phones), len(o.Identifiers))
			}
			if g := d.open(t, ivy, goes); g.Labels.State != person.Active {
				t.Error(g.Labels.State)
			}
			if _, err := d.clients.Open(ctx, w.As("ann", actor.CaseManager), goes); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, _, err := d.merges.Undo(ctx, ivy, id); !fault.Is(err, fault.Invalid) {
				t.Error("undone twice", err)
			}
		})
		t.Run("who are two people are not proposed again", func(t *testing.T) {
			if _, err := d.merges.Differ(ctx, ivy, goes, stays); err != nil {
				t.Fatal(err)
			}
			f, err := d.merges.Find(ctx, ivy, "")
			if err != nil || len(f.Pairs) != 0 {
				t.Fatalf("%d pairs, %v", len(f.Pairs), err)
			}
		})
		t.Run("nor after many others were said to be two, whichever record it was said of", func(t *testing.T) {
			records, work := record.Use(w.Door, merge.Kind), w.Door.Work(ivy, "merge.create")
			for range 501 {
				records.Create(work, record.SubjectOf(other), merge.Merge{Stays: record.SubjectOf(other), Goes: record.SubjectOf(goes), Distinct: true, By: "ivy", At: w.Clock.Now()})
			}
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			f, err := d.merges.Find(ctx, ivy, "")
			if err != nil || len(f.Pairs) != 0 {
				t.Fatalf("%d pairs, %v", len(f.Pairs), err)
			}
		})
		t.Run("a supervisor does not undo what took over a number they may not see, and intake does", func(t *testing.T) {
			sue := w.As("sue", actor.Supervisor)
			x, y := d.admit(t, "Linh", "Tran", "(206) 555-0131", "sue"), d.admit(t, "Linh", "Trann", "(206) 555-0131", "sue")
			if err := d.clients.Edit(ctx, ivy, y, 0, func(c *person.Client) { c.SSN = text("078-05-1120") }); err != nil {
				t.Fatal(err)
			}
			join := func(picks ...merge.Pick) merge.ID {
				t.Helper()
				o, err := d.merges.Look(ctx, ivy, x, y)
				if err != nil {
					t.Fatal(err)
				}
				id, err := d.merges.Join(ctx, ivy, x, y, o.Stays.Version, o.Goes.Version, picks)
				if err != nil {
					t.Fatal(err)
				}
				return id
			}
			id := join(merge.Pick{Field: "ssn", From: merge.Take})
			if _, _, err := d.merges.Undo(ctx, sue, id); !errors.Is(err, merge.ErrWithheld) {
				t.Fatal(err)
			}
			if o := d.open(t, ivy, x); o.Value.SSN.Empty() || d.open(t, ivy, y).Value.MergedInto.IsZero() {
				t.Error("something was undone")
			}
			if _, _, err := d.merges.Undo(ctx, ivy, id); err != nil || !d.open(t, ivy, x).Value.SSN.Empty() {
				t.Error("the number stayed", err)
			}
			id = join(merge.Pick{Field: "name", From: merge.Take})
			if _, _, err := d.merges.Undo(ctx, sue, id); err != nil {
				t.Error("what a supervisor may see was not undone:", err)
			}
		})
		t.Run("a supervisor joins what they answer for both of, and leaves the social security number", func(t *testing.T) {
			sue := w.As("sue", actor.Supervisor)
			x, y := d.admit(t, "Hodan", "Warfa", "(206) 555-0120", "sue"), d.admit(t, "Hodan", "Warfaa", "(206) 555-0120", "")
			o, err := d.merges.Look(ctx, ivy, x, y)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := d.merges.Join(ctx, sue, x, y, o.Stays.Version, o.Goes.Version, nil); err == nil {
				t.Error("joined with a client they do not know")
			}
			if _, err := d.cases.Open(ctx, ivy, y, casefile.Opening{Program: "housing", Worker: "sue"}); err != nil {
				t.Fatal(err)
			}
			if _, err := d.merges.Join(ctx, sue, x, y, o.Stays.Version, o.Goes.Version, []merge.Pick{{Field: "ssn", From: merge.Take}}); err != nil {
				t.Error(err)
			}
		})
	})
}
