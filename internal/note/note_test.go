package note_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

type world struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
	notes   *note.Notes
	client  person.ID
	file    casefile.ID
	author  actor.Actor // assigned
	peer    actor.Actor // on the care team
}

func open(t *testing.T, rw *recordtest.World) world {
	t.Helper()
	w := world{World: rw, clients: person.New(rw.Door)}
	w.cases = casefile.New(rw.Door, w.clients)
	w.notes = note.New(rw.Door, w.cases, org.NewDirectory(rw.Door, rw.Service("authn")), notice.New(rw.Door))
	intake := w.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	w.client = r.ID
	if w.file, err = w.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "Recovery support", Worker: "w1", Team: []casefile.Member{{Worker: "w2"}}, NextContactOn: phi.NewDate(2026, 11, 17)}); err != nil {
		t.Fatal(err)
	}
	w.author, w.peer = w.As("w1", actor.CaseManager), w.As("w2", actor.CaseManager)
	return w
}

func input() note.Input {
	return note.Input{
		Type: note.HomeVisit, At: recordtest.Start.Add(-2 * time.Hour), Minutes: phi.NewText("45"), Title: phi.NewText("Home visit"),
		Sections: note.Plain(phi.NewText("Met at home. The radiator is still broken.")),
	}
}

func fields(err error) []string {
	var out []string
	for _, f := range fault.FieldsOf(err) {
		out = append(out, f.Name)
	}
	return out
}

func TestSign(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("tells all that is missing at once, and keeps nothing", func(t *testing.T) {
			_, err := w.notes.Sign(ctx, w.author, w.client, note.ID{}, 0, note.Input{Minutes: phi.NewText("abc"), Sections: note.Plain(phi.NewText("ok"))})
			want := []fault.Field{
				{Name: "type", Message: "Choose how you connected."}, {Name: "minutes", Message: "Enter minutes as a number from 1 to 600."},
				{Name: "body", Message: "Write what happened, in at least a sentence."},
			}
			if diff := cmp.Diff(want, fault.FieldsOf(err)); diff != "" {
				t.Error(diff)
			}
			if l, err := w.notes.Timeline(ctx, w.author, w.client, note.TimelineQuery{}); err != nil || l.Total != 0 {
				t.Error(l.Total, err)
			}
		})
		id, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, note.Input{Title: phi.NewText("begun")})
		if err != nil {
			t.Fatal(err)
		}
		t.Run("is for the author alone", func(t *testing.T) {
			if _, err := w.notes.Sign(ctx, w.peer, w.client, id, 1, input()); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if _, err := w.notes.SaveDraft(ctx, w.peer, w.client, id, 1, input()); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
		})
		t.Run("locks the note, sets who and when, and clears what was due", func(t *testing.T) {
			in := input()
			in.Case = w.file
			if _, err := w.notes.Sign(ctx, w.author, w.client, id, 1, in); err != nil {
				t.Fatal(err)
			}
			o, err := w.notes.Read(ctx, w.peer, id)
			if err != nil {
				t.Fatal(err)
			}
			n := o.Value
			if n.Status != note.Signed || n.SignedBy != "w1" || !n.SignedAt.Equal(recordtest.Start) || n.Minutes != 45 || !n.Whole() {
				t.Errorf("%+v", n)
			}
			if !o.Labels.Due.IsZero() || o.Labels.Tag != "home_visit" || o.Labels.Owner != "w1" {
				t.Errorf("%+v", o.Labels)
			}
			c, err := w.cases.Read(ctx, w.author, w.file)
			if err != nil || c.Value.NextContactOn.DiscloseISO() != "2026-12-20" || c.Value.LastContactAt.IsZero() {
				t.Error(c.Value.NextContactOn.DiscloseISO(), err)
			}
		})
		t.Run("a signed note is not changed, signed again or discarded", func(t *testing.T) {
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, id, 0, input()); err == nil {
				t.Error("it was changed")
			}
			if _, err := w.notes.Sign(ctx, w.author, w.client, id, 0, input()); err == nil {
				t.Error("it was signed again")
			}
			if err := w.notes.Discard(ctx, w.author, w.client, id, 0); err == nil {
				t.Error("it was discarded")
			}
			if o, err := w.notes.Read(ctx, w.author, id); err != nil || o.Version != 2 || !o.Value.Whole() {
				t.Error(o.Version, err)
			}
		})
		t.Run("another text has another hash", func(t *testing.T) {
			o, err := w.notes.Read(ctx, w.author, id)
			if err != nil {
				t.Fatal(err)
			}
			o.Value.Sections = note.Plain(phi.NewText("Met at home. The radiator is mended."))
			if o.Value.Whole() {
				t.Error("a changed note counts as whole")
			}
		})
		t.Run("a case of another client is refused with the whole signing", func(t *testing.T) {
			intake := w.As("i1", actor.Intake)
			r, err := w.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Lee")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			in := input()
			if in.Case, err = w.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "Housing", Worker: "w1"}); err != nil {
				t.Fatal(err)
			}
			draft, err := w.notes.Sign(ctx, w.author, w.client, note.ID{}, 0, in)
			if !fault.Is(err, fault.Invalid) {
				t.Fatal(err)
			}
			if o, err := w.notes.Read(ctx, w.author, draft); err != nil || o.Value.Status != note.Draft {
				t.Error(o.Value.Status, err)
			}
		})
	})
}

func TestDraft(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		t.Run("what is being typed is kept, and gone once it is a draft", func(t *testing.T) {
			d, err := w.notes.Keep(ctx, w.author, w.client, note.ID{}, 0, map[string]phi.Text{"body": phi.NewText("half a sen")})
			if err != nil || d.Rev != 1 {
				t.Fatal(err)
			}
			if _, err := w.notes.Keep(ctx, w.author, w.client, note.ID{}, 0, map[string]phi.Text{"body": phi.NewText("the other half")}); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			got, found, err := w.notes.Take(ctx, w.author, w.client, note.ID{})
			if err != nil || !found || got.Fields["body"].Disclose() != "half a sen" {
				t.Fatal(found, err)
			}
			if _, found, _ := w.notes.Take(ctx, w.peer, w.client, note.ID{}); found {
				t.Error("somebody else's writing was taken")
			}
			in := input()
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, in); !fault.Is(err, fault.Conflict) {
				t.Error("what another window kept was thrown away", err)
			}
			in.Rev = d.Rev
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, in); !fault.Is(err, fault.Conflict) {
				t.Error("what was kept aside was thrown away", err)
			}
			other, found, err := w.notes.TakeAside(ctx, w.author, w.client, note.ID{})
			if err != nil || !found || other.Fields["body"].Disclose() != "the other half" {
				t.Fatal(found, err)
			}
			in.Aside = other.Rev
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, in); err != nil {
				t.Fatal(err)
			}
			if _, found, _ := w.notes.Take(ctx, w.author, w.client, note.ID{}); found {
				t.Error("what was typed is still kept")
			}
		})
		t.Run("is to be signed within three days, and stands in the author's list", func(t *testing.T) {
			u, err := w.notes.Unsigned(ctx, w.author, w.clients)
			if err != nil || u.Total != 1 || !u.Rows[0].Value.SignBy().Equal(input().At.Add(72*time.Hour)) {
				t.Fatal(u.Total, err)
			}
			if c, ok := u.Clients.Of(u.Rows[0].Subject); !ok || c.Value.Name.Family.Disclose() != "Ibáñez" {
				t.Error("the client's name is missing")
			}
			if u, err := w.notes.Unsigned(ctx, w.peer, w.clients); err != nil || u.Total != 0 {
				t.Error(u.Total, err)
			}
		})
		t.Run("refuses a stale version", func(t *testing.T) {
			u, err := w.notes.Unsigned(ctx, w.author, w.clients)
			if err != nil {
				t.Fatal(err)
			}
			id := u.Rows[0].ID
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, id, 1, input()); err != nil {
				t.Fatal(err)
			}
			if _, err := w.notes.SaveDraft(ctx, w.author, w.client, id, 1, input()); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("a discarded one is in no list", func(t *testing.T) {
			u, err := w.notes.Unsigned(ctx, w.author, w.clients)
			if err != nil {
				t.Fatal(err)
			}
			if err := w.notes.Discard(ctx, w.author, w.client, u.Rows[0].ID, 2); err != nil {
				t.Fatal(err)
			}
			if l, err := w.notes.Timeline(ctx, w.author, w.client, note.TimelineQuery{}); err != nil || len(l.Rows) != 0 || l.Total != 0 {
				t.Error(len(l.Rows), l.Total, err)
			}
		})
		t.Run("a contact in the future or a text without end is refused", func(t *testing.T) {
			in := input()
			in.At, in.Sections, in.Protection = recordtest.Start.Add(48*time.Hour), note.Plain(phi.NewText(strings.Repeat("a ", 60_000))), "odd"
			_, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, in)
			if diff := cmp.Diff([]string{"protection", "at", "body"}, fields(err)); diff != "" {
				t.Error(diff)
			}
		})
	})
}

func TestAddend(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		draft, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		words := phi.NewText("The landlord has called since.")
		t.Run("refuses a draft", func(t *testing.T) {
			if _, err := w.notes.Addend(ctx, w.author, w.client, draft, words); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		if _, err := w.notes.Sign(ctx, w.author, w.client, draft, 1, input()); err != nil {
			t.Fatal(err)
		}
		t.Run("hangs on the note it adds to, signed by who wrote it, and leaves that note alone", func(t *testing.T) {
			w.Clock.Advance(48 * time.Hour)
			id, err := w.notes.Addend(ctx, w.peer, w.client, draft, words)
			if err != nil {
				t.Fatal(err)
			}
			l, err := w.notes.Timeline(ctx, w.author, w.client, note.TimelineQuery{})
			if err != nil {
				t.Fatal(err)
			}
			threads := note.Threads(l.Rows)
			if len(threads) != 1 || len(threads[0].Addenda) != 1 {
				t.Fatalf("%d threads", len(threads))
			}
			a := threads[0].Addenda[0]
			if a.ID != id || a.Value.Author != "w2" || a.Value.SignedBy != "w2" || !a.Value.Whole() || threads[0].Note.Version != 2 {
				t.Errorf("%+v", a.Value)
			}
			if _, err := w.notes.Addend(ctx, w.author, w.client, id, words); !fault.Is(err, fault.Invalid) {
				t.Error("an addendum was added to an addendum", err)
			}
		})
		t.Run("needs a sentence", func(t *testing.T) {
			if _, err := w.notes.Addend(ctx, w.author, w.client, draft, phi.NewText("ok")); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
		t.Run("is refused to a stranger as if there were no note", func(t *testing.T) {
			if _, err := w.notes.Addend(ctx, w.As("w9", actor.CaseManager), w.client, draft, words); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
	})
}

func TestProtection(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		sign := func(t *testing.T, p note.Protection) note.ID {
			t.Helper()
			in := input()
			in.Protection = p
			id, err := w.notes.Sign(ctx, w.author, w.client, note.ID{}, 0, in)
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		t.Run("of a psychotherapy note, a colleague sees that there is one and not what it says", func(t *testing.T) {
			id := sign(t, note.Psychotherapy)
			o, err := w.notes.Read(ctx, w.peer, id)
			if err != nil {
				t.Fatal(err)
			}
			if o.Value.Type != note.HomeVisit || o.Value.Minutes != 45 || !o.Value.Title.Empty() || len(o.Value.Sections) != 0 || !o.Withheld.Has(policy.Psychotherapy) {
				t.Errorf("%+v withheld %v", o.Value, o.Withheld)
			}
			if mine, err := w.notes.Read(ctx, w.author, id); err != nil || mine.Value.Text().Empty() || mine.Withheld != 0 {
				t.Error("the author does not see it", err)
			}
			if _, err := w.notes.Addend(ctx, w.peer, w.client, id, phi.NewText("I want to add to this.")); !fault.Is(err, fault.Denied) {
				t.Error("a colleague added to it", err)
			}
		})
		t.Run("of a Part 2 note, nothing is seen for payment", func(t *testing.T) {
			id := sign(t, note.SUD)
			if o, err := w.notes.Read(ctx, w.peer, id); err != nil || o.Value.Text().Empty() || !o.Shown.Has(policy.SUD) {
				t.Error("a colleague does not see it for treatment", err)
			}
			if _, err := w.notes.Read(ctx, w.peer.For(actor.Payment), id); err == nil {
				t.Error("it was shown for payment")
			}
		})
		t.Run("of a Part 2 note that is only counted, what it says stays closed", func(t *testing.T) {
			id := sign(t, note.SUD)
			v := w.Door.View(w.author, "note.find")
			l := w.notes.WantSignedBy(v, w.author.Worker(), w.Clock.Now().AddDate(-1, 0, 0), w.Clock.Now().AddDate(1, 0, 0))
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			there := false
			for _, o := range l.Rows {
				if there = there || o.ID == id; o.ID == id && (o.Value.Minutes != 45 || o.Value.Type != note.HomeVisit || o.Value.Protection != note.SUD) {
					t.Errorf("%+v", o.Value)
				}
				if !o.Value.Title.Empty() || len(o.Value.Sections) != 0 || len(o.Value.Hash) != 0 {
					t.Error("what it says was opened:", o.Value.Protection)
				}
			}
			if e := w.Entries(t)[0]; !there || e.Detail["note.fields"] != "case" {
				t.Error(there, e.Detail)
			}
		})
		t.Run("of a counselling note, a colleague sees the header for treatment", func(t *testing.T) {
			id := sign(t, note.SUDCounselling)
			o, err := w.notes.Read(ctx, w.peer, id)
			if err != nil || o.Value.Minutes != 45 || !o.Value.Text().Empty() || !o.Withheld.Has(policy.SUDCounselling) {
				t.Errorf("%+v %v", o.Value, err)
			}
		})
		t.Run("a stranger's timeline is empty", func(t *testing.T) {
			l, err := w.notes.Timeline(ctx, w.As("w9", actor.CaseManager), w.client, note.TimelineQuery{})
			if err != nil || l.Total != 0 || len(l.Rows) != 0 {
				t.Error(l.Total, err)
			}
		})
	})
}

func TestNoteOfAnother(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		intake := w.As("i1", actor.Intake)
		other, err := w.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Pruitt")}}, true)
		if err != nil {
			t.Fatal(err)
		}
		file, err := w.cases.Open(ctx, intake, other.ID, casefile.Opening{Program: "Recovery support", Worker: "w1"})
		if err != nil {
			t.Fatal(err)
		}
		id, err := w.notes.SaveDraft(ctx, w.author, w.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		t.Run("a draft of one client is neither saved nor signed as another's, and the other's case stays", func(t *testing.T) {
			in := input()
			in.Case = file
			if _, err := w.notes.Sign(ctx, w.author, other.ID, id, 1, in); !fault.Is(err, fault.NotFound) {
				t.Errorf("sign: %v", err)
			}
			if _, err := w.notes.SaveDraft(ctx, w.author, other.ID, id, 1, input()); !fault.Is(err, fault.NotFound) {
				t.Errorf("save: %v", err)
			}
			n, err := w.notes.Read(ctx, w.author, id)
			if err != nil || n.Version != 1 || n.Value.Status != note.Draft {
				t.Errorf("version %d, %s, %v", n.Version, n.Value.Status, err)
			}
			c, err := w.cases.Read(ctx, w.author, file)
			if err != nil || !c.Value.LastContactAt.IsZero() {
				t.Errorf("the other's case was contacted: %v", err)
			}
		})
		t.Run("as its own client's it is signed", func(t *testing.T) {
			if _, err := w.notes.Sign(ctx, w.author, w.client, id, 1, input()); err != nil {
				t.Fatal(err)
			}
		})
	})
}
