package note_test

import (
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
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

// staffed is an agency with a trainee whose notes are co-signed.
type staffed struct {
	*recordtest.World
	org     *org.Org
	clients *person.Clients
	cases   *casefile.Cases
	notes   *note.Notes
	notices *notice.Notices
	client  person.ID
	file    casefile.ID

	boss, other, trainee, peer, cover actor.Actor
}

func hire(t *testing.T, rw *recordtest.World, rules org.NoteRules) *staffed {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := org.NewDirectory(rw.Door, rw.Service("authn"))
	h := &staffed{World: rw, org: org.New(rw.Door, dir), clients: person.New(rw.Door), notices: notice.New(rw.Door)}
	h.cases = casefile.New(rw.Door, h.clients)
	h.notes = note.New(rw.Door, h.cases, dir, h.notices)
	op := rw.Service("operator")
	must(h.org.Found(ctx, op, org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "housing", Name: "Housing"}, {Code: "family", Name: "Family"}, {Code: "recovery", Name: "Recovery", SUD: true}}}))
	invite := func(name string, role actor.Role, boss string) actor.Actor {
		id, err := h.org.Invite(ctx, op, org.Invitation{Given: phi.NewText(name), Mail: phi.NewText(name + "@example.org"), Role: role, Supervisor: boss})
		must(err)
		return rw.As(id.String(), role)
	}
	h.boss, h.other = invite("boss", actor.Supervisor, ""), invite("other", actor.Supervisor, "")
	h.trainee, h.peer = invite("trainee", actor.CaseManager, h.boss.Worker()), invite("peer", actor.CaseManager, h.boss.Worker())
	h.cover = invite("cover", actor.Supervisor, "")
	if rules.CoSignWorkers != nil {
		rules.CoSignWorkers = []string{h.trainee.Worker()}
	}
	must(h.org.SetNoteRules(ctx, rw.As("root", actor.Administrator), 0, "housing", rules))
	intake := rw.As("i1", actor.Intake)
	r, err := h.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Ibáñez")}}, true)
	must(err)
	h.client = r.ID
	h.file, err = h.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "housing", Worker: h.trainee.Worker(), Team: []casefile.Member{{Worker: h.peer.Worker()}}})
	must(err)
	return h
}

var trained = org.NoteRules{CoSignWorkers: []string{"the trainee"}, SignWithin: 2}

func (h *staffed) told(t *testing.T, who actor.Actor) (out []notice.What) {
	t.Helper()
	p, err := h.notices.Mine(ctx, who, h.clients, false, "")
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range p.Rows {
		if n.Value.What != casefile.Given {
			out = append(out, n.Value.What)
		}
	}
	return out
}

func TestCoSign(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, trained)
		id, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		remarks := phi.NewText("Please say what the landlord answered.")
		read := func(who actor.Actor) note.Opened {
			t.Helper()
			o, err := h.notes.Read(ctx, who, id)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		t.Run("a trainee's note waits for a co-signature, is locked and part of the record", func(t *testing.T) {
			o := read(h.peer)
			if n := o.Value; n.Status != note.Awaiting || n.SignedBy != h.trainee.Worker() || !n.Whole() || n.Text().Empty() {
				t.Errorf("%+v", n)
			}
			if o.Labels.State != policy.Awaiting || !o.Labels.Due.Equal(recordtest.Start.AddDate(0, 0, 2)) {
				t.Errorf("%+v", o.Labels)
			}
			if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 0, input()); err == nil {
				t.Error("it was changed")
			}
			if err := h.notes.Discard(ctx, h.trainee, h.client, id, 0); err == nil {
				t.Error("it was discarded")
			}
			if _, err := h.notes.Addend(ctx, h.peer, h.client, id, remarks); !fault.Is(err, fault.Conflict) {
				t.Error("it was added to", err)
			}
		})
		t.Run("the supervisor of the client's worker is told, and finds it in the queue with its client", func(t *testing.T) {
			if diff := cmp.Diff([]notice.What{note.CoSignWanted}, h.told(t, h.boss)); diff != "" {
				t.Error(diff)
			}
			q, err := h.notes.Queue(ctx, h.boss, h.clients)
			if err != nil || len(q.Awaiting.Rows) != 1 || q.Awaiting.Total != 1 || q.Awaiting.Rows[0].ID != id {
				t.Fatal(len(q.Awaiting.Rows), err)
			}
			if c, ok := q.Clients.Of(q.Awaiting.Rows[0].Subject); !ok || c.Value.Name.Family.Disclose() != "Ibáñez" {
				t.Error("the client's name is missing")
			}
			if n, err := h.notes.TallyAwaiting(ctx, h.boss); err != nil || n != 1 {
				t.Error(n, err)
			}
			for _, who := range []actor.Actor{h.other, h.trainee, h.peer} {
				if q, err := h.notes.Queue(ctx, who, h.clients); err != nil || len(q.Awaiting.Rows) != 0 || q.Awaiting.Total != 0 {
					t.Error(who.Role(), len(q.Awaiting.Rows), err)
				}
				if n, err := h.notes.TallyAwaiting(ctx, who); err != nil || n != 0 {
					t.Error(n, err)
				}
			}
		})
		t.Run("its author, a colleague and a supervisor of others do not co-sign it, and the log says that they tried", func(t *testing.T) {
			for _, who := range []actor.Actor{h.trainee, h.peer, h.other} {
				before := len(rw.Entries(t))
				if err := h.notes.CoSign(ctx, who, h.client, id, 0); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				if err := h.notes.Return(ctx, who, h.client, id, 0, remarks); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				refused := 0
				es := rw.Entries(t)
				for _, e := range es[:len(es)-before] {
					if e.Outcome == audit.Refused {
						refused++
					}
				}
				if refused < 2 {
					t.Errorf("%d refusals in the log", refused)
				}
			}
		})
		t.Run("it is not returned without a word", func(t *testing.T) {
			if diff := cmp.Diff([]string{"remarks"}, fields(h.notes.Return(ctx, h.boss, h.client, id, 0, phi.NewText("  ")))); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("returned, it is its author's draft again, with the remarks", func(t *testing.T) {
			h.Clock.Advance(time.Hour)
			if err := h.notes.Return(ctx, h.boss, h.client, id, 2, remarks); err != nil {
				t.Fatal(err)
			}
			n := read(h.trainee).Value
			if n.Status != note.Draft || !n.Remarks.Equal(remarks) || n.ReturnedBy != h.boss.Worker() || !n.SignedAt.IsZero() || n.Hash != nil {
				t.Errorf("%+v", n)
			}
			if !n.SignBy().Equal(h.Clock.Now().AddDate(0, 0, 2)) {
				t.Error(n.SignBy())
			}
			if _, err := h.notes.Read(ctx, h.boss, id); err == nil {
				t.Error("the supervisor reads the draft")
			}
			if err := h.notes.Discard(ctx, h.trainee, h.client, id, 0); !fault.Is(err, fault.Invalid) {
				t.Error("what was signed once is thrown away", err)
			}
			if diff := cmp.Diff([]notice.What{note.Returned}, h.told(t, h.trainee)); diff != "" {
				t.Error(diff)
			}
			if n, err := h.notes.TallyAwaiting(ctx, h.boss); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
		t.Run("signed again and co-signed, both signatures stand on it with their times", func(t *testing.T) {
			h.Clock.Advance(time.Hour)
			in := input()
			in.Sections = note.Plain(phi.NewText("Met at home. The landlord answered that the radiator is ordered."))
			if _, err := h.notes.Sign(ctx, h.trainee, h.client, id, 3, in); err != nil {
				t.Fatal(err)
			}
			signed := h.Clock.Now()
			h.Clock.Advance(time.Hour)
			if err := h.notes.CoSign(ctx, h.boss, h.client, id, 3); !fault.Is(err, fault.Conflict) {
				t.Error("a version was co-signed that nobody saw", err)
			}
			if err := h.notes.CoSign(ctx, h.boss, h.client, id, 4); err != nil {
				t.Fatal(err)
			}
			o := read(h.peer)
			n := o.Value
			if n.Status != note.Signed || !n.SignedAt.Equal(signed) || n.SignedBy != h.trainee.Worker() || n.CoSignedBy != h.boss.Worker() || !n.CoSignedAt.Equal(h.Clock.Now()) || !n.Whole() || !o.Labels.Due.IsZero() {
				t.Errorf("%+v %+v", n, o.Labels)
			}
			if diff := cmp.Diff([]notice.What{note.CoSigned, note.Returned}, h.told(t, h.trainee)); diff != "" {
				t.Error(diff)
			}
			n.CoSignedBy = h.other.Worker()
			if n.Whole() {
				t.Error("another co-signature counts as whole")
			}
			if err := h.notes.CoSign(ctx, h.boss, h.client, id, 0); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Conflict) {
				t.Error("it was co-signed twice", err)
			}
		})
		t.Run("the history keeps every version, and a colleague sees those that were signed", func(t *testing.T) {
			all, err := h.notes.History(ctx, h.trainee, id)
			if err != nil || len(all) != 5 {
				t.Fatal(len(all), err)
			}
			var states []string
			for _, o := range all {
				states = append(states, o.Value.Status)
			}
			if diff := cmp.Diff([]string{note.Signed, note.Awaiting, note.Draft, note.Awaiting, note.Draft}, states); diff != "" {
				t.Error(diff)
			}
			theirs, err := h.notes.History(ctx, h.peer, id)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range theirs {
				if shown := !o.Value.Text().Empty(); shown != (o.Labels.State != note.Draft) {
					t.Errorf("version %d, %s, shown %v", o.Version, o.Labels.State, shown)
				}
			}
		})
	})
}

func TestCoSignRule(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, trained)
		status := func(who actor.Actor, in note.Input) string {
			t.Helper()
			id, err := h.notes.Sign(ctx, who, h.client, note.ID{}, 0, in)
			if err != nil {
				t.Fatal(err)
			}
			o, err := h.notes.Read(ctx, who, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Value.Status
		}
		protected := func(p note.Protection) note.Input {
			in := input()
			in.Protection = p
			return in
		}
		for _, x := range []struct {
			name string
			who  actor.Actor
			in   note.Input
			want string
		}{
			{"a named worker's note waits", h.trainee, input(), note.Awaiting},
			{"a colleague's does not", h.peer, input(), note.Signed},
			{"nor does a psychotherapy note, which nobody else may read", h.trainee, protected(note.Psychotherapy), note.Signed},
			{"nor a substance use counseling note", h.trainee, protected(note.SUDCounselling), note.Signed},
			{"a note of a substance use program waits", h.trainee, protected(note.SUD), note.Awaiting},
		} {
			t.Run(x.name, func(t *testing.T) {
				if got := status(x.who, x.in); got != x.want {
					t.Error(got)
				}
			})
		}
		t.Run("a note of a substance use program is co-signed in treating the client, not for operations", func(t *testing.T) {
			q, err := h.notes.Queue(ctx, h.boss, h.clients)
			if err != nil {
				t.Fatal(err)
			}
			for _, o := range q.Awaiting.Rows {
				if o.Value.Protection != note.SUD {
					continue
				}
				if err := h.notes.CoSign(ctx, h.boss.For(actor.Operations), h.client, o.ID, 0); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
					t.Error(err)
				}
				if err := h.notes.CoSign(ctx, h.boss, h.client, o.ID, o.Version); err != nil {
					t.Error(err)
				}
				return
			}
			t.Error("it is not in the queue")
		})
		t.Run("by role, everybody's in the role", func(t *testing.T) {
			if err := h.org.SetNoteRules(ctx, rw.As("root", actor.Administrator), 0, "housing", org.NoteRules{CoSignRoles: []actor.Role{actor.CaseManager}}); err != nil {
				t.Fatal(err)
			}
			if got := status(h.peer, input()); got != note.Awaiting {
				t.Error(got)
			}
		})
		t.Run("a supervisor who covers the worker co-signs", func(t *testing.T) {
			if _, err := h.org.Cover(ctx, h.boss, org.Coverage{Cover: h.cover.Worker(), Absent: h.trainee.Worker(), Until: h.Clock.Now().AddDate(0, 0, 3)}); err != nil {
				t.Fatal(err)
			}
			q, err := h.notes.Queue(ctx, h.cover, h.clients)
			if err != nil || len(q.Awaiting.Rows) == 0 {
				t.Fatal(err)
			}
			if err := h.notes.CoSign(ctx, h.cover, h.client, q.Awaiting.Rows[0].ID, 0); err != nil {
				t.Error(err)
			}
		})
		t.Run("off, nobody's waits", func(t *testing.T) {
			if err := h.org.SetNoteRules(ctx, rw.As("root", actor.Administrator), 0, "housing", org.NoteRules{}); err != nil {
				t.Fatal(err)
			}
			if got := status(h.trainee, input()); got != note.Signed {
				t.Error(got)
			}
		})
		t.Run("whoever no longer works with the client signs their draft, and it waits all the same", func(t *testing.T) {
			if err := h.org.SetNoteRules(ctx, rw.As("root", actor.Administrator), 0, "housing", org.NoteRules{CoSignWorkers: []string{h.peer.Worker()}}); err != nil {
				t.Fatal(err)
			}
			id, err := h.notes.SaveDraft(ctx, h.peer, h.client, note.ID{}, 0, input())
			if err != nil {
				t.Fatal(err)
			}
			if err := h.cases.Leave(ctx, h.boss, h.file, h.peer.Worker()); err != nil {
				t.Fatal(err)
			}
			h.Clock.Advance(time.Minute)
			if _, err := h.notes.Sign(ctx, h.peer, h.client, id, 1, input()); err != nil {
				t.Fatal(err)
			}
			if o, err := h.notes.Read(ctx, h.boss, id); err != nil || o.Value.Status != note.Awaiting || o.Value.Program != "housing" {
				t.Error(o.Value.Status, o.Value.Program, err)
			}
		})
	})
}

func TestDraftOfAnother(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, org.NoteRules{})
		for _, p := range note.Protections() {
			in := input()
			in.Protection = p
			if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, in); err != nil {
				t.Fatal(err)
			}
		}
		own, err := h.notes.Timeline(ctx, h.trainee, h.client, note.TimelineQuery{})
		if err != nil || own.Total != 4 || len(own.Rows) != 4 {
			t.Fatal(own.Total, err)
		}
		t.Run("is in nobody else's timeline, total or page", func(t *testing.T) {
			for _, who := range []actor.Actor{h.peer, h.boss} {
				l, err := h.notes.Timeline(ctx, who, h.client, note.TimelineQuery{})
				if err != nil || l.Total != 0 || len(l.Rows) != 0 {
					t.Error(l.Total, err)
				}
				for _, o := range own.Rows {
					if _, err := h.notes.Read(ctx, who, o.ID); !fault.Is(err, fault.Denied) {
						t.Error(err)
					}
				}
			}
		})
		t.Run("is known to the supervisor by its age, without a word of it", func(t *testing.T) {
			q, err := h.notes.Queue(ctx, h.boss, h.clients)
			if err != nil || len(q.Unsigned.Rows) != 4 || q.Unsigned.Total != 4 {
				t.Fatal(len(q.Unsigned.Rows), q.Unsigned.Total, err)
			}
			for _, o := range q.Unsigned.Rows {
				if o.Labels.Owner != h.trainee.Worker() || o.Labels.Due.IsZero() || !o.Value.Text().Empty() || o.Value.Type != "" || o.Shown != 0 {
					t.Errorf("%+v", o)
				}
			}
			if _, ok := q.Writers.Of(q.Unsigned.Rows[0].Subject); !ok {
				t.Error("the client is missing")
			}
			if n, err := h.notes.TallyUnsigned(ctx, h.boss); err != nil || n != 4 {
				t.Error(n, err)
			}
			for _, who := range []actor.Actor{h.peer, h.other} {
				if n, err := h.notes.TallyUnsigned(ctx, who); err != nil || n != 0 {
					t.Error(n, err)
				}
			}
		})
	})
}

func TestPart2Program(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, trained)
		read := func(t *testing.T, who actor.Actor, id note.ID) note.Note {
			t.Helper()
			o, err := h.notes.Read(ctx, who, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Value
		}
		as := func(p note.Protection) note.Input {
			in := input()
			in.Protection = p
			return in
		}
		sign := func(t *testing.T, who actor.Actor, id note.ID, version int64, p note.Protection) note.ID {
			t.Helper()
			id, err := h.notes.Sign(ctx, who, h.client, id, version, as(p))
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		draft := func(t *testing.T, p note.Protection) note.ID {
			t.Helper()
			id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, as(p))
			if err != nil {
				t.Fatal(err)
			}
			return id
		}
		t.Run("of an ordinary program, a note is as its author says", func(t *testing.T) {
			for _, p := range note.Protections() {
				if got := read(t, h.peer, sign(t, h.peer, note.ID{}, 0, p)).Protection; got != p {
					t.Errorf("%q became %q", p, got)
				}
			}
			id := draft(t, note.Psychotherapy)
			if got := read(t, h.trainee, sign(t, h.trainee, id, 1, note.Ordinary)); got.Protection != note.Ordinary || got.Status != note.Awaiting {
				t.Error(got.Protection, got.Status)
			}
		})
		for _, x := range []struct {
			name            string
			old, said, want note.Protection
			status          string
		}{
			{"a form that says care team leaves a Part 2 draft one", note.SUD, note.Ordinary, note.SUD, note.Awaiting},
			{"one that says restricted makes it a counseling note", note.SUD, note.Psychotherapy, note.SUDCounselling, note.Signed},
			{"what was restricted and is opened to the team waits", note.SUDCounselling, note.Ordinary, note.SUD, note.Awaiting},
			{"a counseling note stays one under a form that says restricted", note.SUDCounselling, note.Psychotherapy, note.SUDCounselling, note.Signed},
			{"its author may say that it is for the care team of the program", note.SUDCounselling, note.SUD, note.SUD, note.Awaiting},
		} {
			t.Run(x.name, func(t *testing.T) {
				before := len(h.told(t, h.boss))
				id := draft(t, x.old)
				if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 1, as(x.said)); err != nil {
					t.Fatal(err)
				}
				if got := read(t, h.trainee, id).Protection; got != x.want {
					t.Errorf("saved as %q", got)
				}
				if got := read(t, h.trainee, sign(t, h.trainee, id, 2, x.said)); got.Protection != x.want || got.Status != x.status {
					t.Errorf("signed as %q, %s", got.Protection, got.Status)
				}
				if asked := len(h.told(t, h.boss)) > before; asked != (x.status == note.Awaiting) {
					t.Error("the supervisor was asked:", asked)
				}
			})
		}
		t.Run("a note that was signed and returned does not become its author's alone, and is co-signed", func(t *testing.T) {
			for _, p := range []note.Protection{note.Ordinary, note.SUD} {
				id := sign(t, h.trainee, note.ID{}, 0, p)
				if err := h.notes.Return(ctx, h.boss, h.client, id, 2, phi.NewText("Say when.")); err != nil {
					t.Fatal(err)
				}
				for _, said := range []note.Protection{note.Psychotherapy, note.SUDCounselling} {
					if _, err := h.notes.Sign(ctx, h.trainee, h.client, id, 3, as(said)); len(fields(err)) != 1 || fields(err)[0] != "protection" {
						t.Errorf("%q signed as %q: %v", p, said, err)
					}
					if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 3, as(said)); len(fields(err)) != 1 {
						t.Errorf("%q saved as %q: %v", p, said, err)
					}
				}
				sign(t, h.trainee, id, 3, note.Ordinary)
				if n := read(t, h.trainee, id); n.Status != note.Awaiting || n.Protection != p {
					t.Error(n.Status, n.Protection)
				}
			}
		})
		intake := rw.As("i1", actor.Intake)
		t.Run("of a Part 2 program, every note is a record of it, whatever the form says", func(t *testing.T) {
			r, err := h.clients.Register(ctx, intake, person.Client{Name: person.Name{Family: phi.NewText("Pruitt")}}, true)
			if err != nil {
				t.Fatal(err)
			}
			if _, err := h.cases.Open(ctx, intake, r.ID, casefile.Opening{Program: "recovery", Worker: h.trainee.Worker(), Team: []casefile.Member{{Worker: h.peer.Worker()}}}); err != nil {
				t.Fatal(err)
			}
			for said, want := range map[note.Protection]note.Protection{
				note.Ordinary: note.SUD, note.SUD: note.SUD, note.Psychotherapy: note.SUDCounselling, note.SUDCounselling: note.SUDCounselling,
			} {
				id, err := h.notes.Sign(ctx, h.trainee, r.ID, note.ID{}, 0, as(said))
				if err != nil {
					t.Fatal(err)
				}
				n := read(t, h.trainee, id)
				if n.Protection != want || n.Program != "recovery" || !n.Whole() {
					t.Errorf("%q became %q", said, n.Protection)
				}
				if _, err := h.notes.Read(ctx, h.peer.For(actor.Payment), id); err == nil {
					t.Error("it was shown for payment")
				}
			}
		})
	})
}

func TestReturnedIsKept(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		h := hire(t, rw, trained)
		id, err := h.notes.Sign(ctx, h.trainee, h.client, note.ID{}, 0, input())
		if err != nil {
			t.Fatal(err)
		}
		reason := phi.NewText("The visit was to another client.")
		t.Run("a note that waits is neither thrown away nor marked", func(t *testing.T) {
			if err := h.notes.MarkWrong(ctx, h.trainee, h.client, id, 2, reason); err == nil {
				t.Error("it was marked")
			}
		})
		if err := h.notes.Return(ctx, h.boss, h.client, id, 2, phi.NewText("Whose visit is this?")); err != nil {
			t.Fatal(err)
		}
		h.Clock.Advance(time.Minute)
		t.Run("returned, it is not thrown away", func(t *testing.T) {
			if err := h.notes.Discard(ctx, h.trainee, h.client, id, 3); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if o, err := h.notes.Read(ctx, h.trainee, id); err != nil || o.Version != 3 || o.Value.Status != note.Draft {
				t.Error(o.Version, o.Value.Status, err)
			}
		})
		t.Run("it is marked by its author alone, at the version they saw, with a reason", func(t *testing.T) {
			for _, none := range []string{"", " \n"} {
				if diff := cmp.Diff([]string{"reason"}, fields(h.notes.MarkWrong(ctx, h.trainee, h.client, id, 3, phi.NewText(none)))); diff != "" {
					t.Error(diff)
				}
			}
			for _, who := range []actor.Actor{h.peer, h.boss} {
				if err := h.notes.MarkWrong(ctx, who, h.client, id, 3, reason); !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
			}
			if err := h.notes.MarkWrong(ctx, h.trainee, h.client, id, 2, reason); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
			if err := h.notes.MarkWrong(ctx, h.trainee, h.client, id, 3, reason); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("marked, it stays in the chart with its reason, signed, and is changed and added to no more", func(t *testing.T) {
			l, err := h.notes.Timeline(ctx, h.peer, h.client, note.TimelineQuery{})
			if err != nil || len(l.Rows) != 1 {
				t.Fatal(len(l.Rows), err)
			}
			n := l.Rows[0].Value
			if n.Status != note.Wrong || !n.WrongReason.Equal(reason) || n.SignedBy != h.trainee.Worker() || n.Text().Empty() || !n.Whole() || !l.Rows[0].Labels.Due.IsZero() {
				t.Errorf("%+v", n)
			}
			n.WrongReason = phi.NewText("Another reason.")
			if n.Whole() {
				t.Error("another reason counts as whole")
			}
			if _, err := h.notes.SaveDraft(ctx, h.trainee, h.client, id, 0, input()); err == nil {
				t.Error("it was changed")
			}
			if _, err := h.notes.Addend(ctx, h.peer, h.client, id, reason); err == nil {
				t.Error("it was added to")
			}
		})
		t.Run("whoever returned it is told, and no draft is due any more", func(t *testing.T) {
			if diff := cmp.Diff([]notice.What{note.MarkedWrong, note.CoSignWanted}, h.told(t, h.boss)); diff != "" {
				t.Error(diff)
			}
			if n, err := h.notes.TallyUnsigned(ctx, h.boss); err != nil || n != 0 {
				t.Error(n, err)
			}
		})
		t.Run("a draft that was never signed is thrown away, and not marked", func(t *testing.T) {
			id, err := h.notes.SaveDraft(ctx, h.trainee, h.client, note.ID{}, 0, input())
			if err != nil {
				t.Fatal(err)
			}
			if err := h.notes.MarkWrong(ctx, h.trainee, h.client, id, 1, reason); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err := h.notes.Discard(ctx, h.trainee, h.client, id, 1); err != nil {
				t.Error(err)
			}
		})
	})
}
