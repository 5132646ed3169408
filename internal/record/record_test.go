package record_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

// Kinds as the work's packages declare them, small enough to see through.
type client struct {
	Name   phi.Text   `class:"identity" doc:"The name."`
	Born   phi.Date   `class:"identity" doc:"The birth date."`
	Phone  phi.Text   `class:"contact" doc:"The phone number."`
	SSN    phi.Text   `class:"ssn" doc:"The social security number."`
	Alerts []phi.Text `class:"flags" doc:"The alerts."`
}

type casework struct {
	Program string            `class:"case" doc:"The program."`
	Worker  string            `class:"case" doc:"The assigned worker."`
	From    time.Time         `class:"case" doc:"Since when."`
	Until   time.Time         `class:"case" doc:"Until when."`
	Of      record.ID[client] `class:"case" doc:"The client."`
}

type note struct {
	Title   string    `class:"case" doc:"The heading."`
	Author  string    `class:"case" doc:"Who wrote it."`
	State   string    `class:"case" doc:"Draft or signed."`
	At      time.Time `class:"case" doc:"When it happened."`
	Body    phi.Text  `class:"note" doc:"What happened."`
	Private bool      `class:"case" doc:"Whether it is a psychotherapy note."`
}

var (
	clientKind = record.Define(record.Kind[client]{
		Name: "client", Doc: "A client.", Retention: "record",
		Labels: func(client) record.Labels { return record.Labels{State: "active"} },
		Terms: func(c client) []record.Term {
			return []record.Term{{Field: record.NameTerm, Text: c.Name}, {Field: record.PhoneTerm, Text: c.Phone},
				{Field: record.DateTerm, Text: phi.NewText(c.Born.DiscloseISO())}, {Field: record.NumberTerm, Text: c.SSN}}
		},
	})
	caseKind = record.Define(record.Kind[casework]{
		Name: "case", Doc: "A case.", Retention: "record", Asked: true,
		Labels: func(c casework) record.Labels { return record.Labels{State: "open", Owner: c.Worker, Group: c.Program} },
		Facts: func(_ string, s record.Subject, c casework) []record.Fact {
			return []record.Fact{
				{Holder: record.WorkerHolder(c.Worker), Rel: "assigned", Object: record.ClientObject(s), From: c.From, Until: c.Until},
				{Holder: record.ProgramHolder(c.Program), Rel: "serves", Object: record.ClientObject(s), From: c.From},
			}
		},
	})
	noteKind = record.Define(record.Kind[note]{
		Name: "note", Doc: "A note.", Retention: "record", May: policy.Set(policy.Psychotherapy),
		Labels: func(n note) record.Labels { return record.Labels{State: n.State, Owner: n.Author, At: n.At} },
		Reclass: func(n note, c policy.Class) policy.Class {
			if n.Private && c == policy.Note {
				return policy.Psychotherapy
			}
			return c
		},
	})
)

var ctx = context.Background()

// desk is a world with one client who has a case, assigned to "ann".
type desk struct {
	*recordtest.World
	clients record.Records[client]
	cases   record.Records[casework]
	notes   record.Records[note]
	who     record.ID[client]
}

func sit(t *testing.T, w *recordtest.World) *desk {
	t.Helper()
	d := &desk{World: w, clients: record.Use(w.Door, clientKind), cases: record.Use(w.Door, caseKind), notes: record.Use(w.Door, noteKind)}
	d.who = d.admit(t, "Marisol Ibáñez", "ann")
	return d
}

func (d *desk) admit(t *testing.T, name, worker string) record.ID[client] {
	t.Helper()
	work := d.Door.Work(d.Service("import"), "import.run")
	id := d.clients.CreateClient(work, client{
		Name: phi.NewText(name), Born: phi.NewDate(1987, 3, 11), Phone: phi.NewText("(555) 010-0148"), SSN: phi.NewText("987-65-4320"),
	})
	if worker != "" {
		d.cases.CreateAs(work, "case.open", record.SubjectOf(id), casework{Program: "recovery", Worker: worker, From: d.Clock.Now()})
	}
	if err := work.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return id
}

func (d *desk) write(t *testing.T, worker string, n note) record.ID[note] {
	t.Helper()
	n.Author = worker
	if n.State == "" {
		n.State = "draft"
	}
	if n.At.IsZero() {
		n.At = d.Clock.Now()
	}
	work := d.Door.Work(d.As(worker, actor.CaseManager), "note.create")
	id := d.notes.Create(work, record.SubjectOf(d.who), n)
	if err := work.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return id
}

func TestRead(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann, bob := d.As("ann", actor.CaseManager), d.As("bob", actor.CaseManager)

		t.Run("the assigned worker sees the classes of the role, and the entry names them", func(t *testing.T) {
			got, err := d.clients.Read(ctx, ann, d.who)
			if err != nil {
				t.Fatal(err)
			}
			if got.Value.Name.Disclose() != "Marisol Ibáñez" || got.Value.Phone.Empty() {
				t.Error("name or phone is missing")
			}
			if !got.Value.SSN.Empty() || !got.Withheld.Has(policy.SSN) {
				t.Error("the number was opened without need")
			}
			e := d.Entries(t)[0]
			if e.Action != "client.read" || e.Outcome != audit.Allowed || e.Who.Worker != "ann" || e.Who.Purpose != "treatment" {
				t.Errorf("entry is %+v", e.Entry)
			}
			if len(e.Touched) != 1 || e.Touched[0].Subject != d.who.String() || !strings.Contains(strings.Join(e.Touched[0].Classes, ","), "identity") ||
				strings.Contains(strings.Join(e.Touched[0].Classes, ","), "ssn") || len(e.Rules) == 0 {
				t.Errorf("entry names %+v by %v", e.Touched, e.Rules)
			}
		})
		t.Run("a worker with no relation gets the same answer as for an id that does not exist, and both are entries", func(t *testing.T) {
			before := len(d.Entries(t))
			_, hidden := d.clients.Read(ctx, bob, d.who)
			unknown, _ := record.ParseID[client](strings.Repeat("z", 26))
			_, missing := d.clients.Read(ctx, bob, unknown)
			if !fault.Is(hidden, fault.NotFound) || hidden.Error() != missing.Error() {
				t.Fatalf("hidden: %v; missing: %v", hidden, missing)
			}
			es := d.Entries(t)
			if len(es) != before+2 || es[0].Outcome != audit.Refused || es[1].Outcome != audit.Refused {
				t.Fatalf("%d new entries", len(es)-before)
			}
		})
		t.Run("who knows the client and may not do this is told so, with the rule", func(t *testing.T) {
			id := d.write(t, "ann", note{Title: "Call", Body: phi.NewText("No answer.")})
			_, err := d.notes.Read(ctx, d.As("ivy", actor.Intake), id)
			if !fault.Is(err, fault.Denied) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("a psychotherapy note shows others its heading and never its body", func(t *testing.T) {
			id := d.write(t, "ann", note{Title: "Counselling", State: "signed", Body: phi.NewText("Spoke of her mother."), Private: true})
			cover := d.Door.Work(d.Service("import"), "import.run")
			d.cases.CreateAs(cover, "case.open", record.SubjectOf(d.who), casework{Program: "recovery", Worker: "cy", From: d.Clock.Now()})
			if err := cover.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			got, err := d.notes.Read(ctx, d.As("cy", actor.CaseManager), id)
			if err != nil {
				t.Fatal(err)
			}
			if got.Value.Title == "" || !got.Value.Body.Empty() || !got.Withheld.Has(policy.Psychotherapy) {
				t.Errorf("shown %v, withheld %v", got.Shown, got.Withheld)
			}
			own, err := d.notes.Read(ctx, ann, id)
			if err != nil || own.Value.Body.Empty() {
				t.Errorf("the author cannot read it: %v", err)
			}
		})
		t.Run("an actor that nobody made is refused", func(t *testing.T) {
			if _, err := d.clients.Read(ctx, actor.Actor{}, d.who); !fault.Is(err, fault.NotFound) && !fault.Is(err, fault.Denied) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("a system administrator never sees a client", func(t *testing.T) {
			if _, err := d.clients.Read(ctx, d.Proved("root", actor.Administrator), d.who); !fault.Is(err, fault.NotFound) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("when the log cannot be written nothing is returned, and afterwards it is again", func(t *testing.T) {
			w.BreakLog(t)
			got, err := d.clients.Read(ctx, ann, d.who)
			w.MendLog(t)
			if !fault.Is(err, fault.Unavailable) || !got.Value.Name.Empty() {
				t.Fatalf("got %v, name empty: %v", err, got.Value.Name.Empty())
			}
			if _, err := d.clients.Read(ctx, ann, d.who); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("a relation that ended shows nothing from that moment on", func(t *testing.T) {
			work := d.Door.Work(d.Service("import"), "import.run")
			id := d.clients.CreateClient(work, client{Name: phi.NewText("Short Stay")})
			d.cases.CreateAs(work, "case.open", record.SubjectOf(id), casework{Program: "x", Worker: "ann", From: d.Clock.Now(), Until: d.Clock.Now().Add(time.Hour)})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := d.clients.Read(ctx, ann, id); err != nil {
				t.Fatalf("during: %v", err)
			}
			d.Clock.Advance(time.Hour)
			if _, err := d.clients.Read(ctx, ann, id); !fault.Is(err, fault.NotFound) {
				t.Fatalf("after: %v", err)
			}
		})
	})
}

func TestView(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann := d.As("ann", actor.CaseManager)
		for i := range 5 {
			d.write(t, "ann", note{Title: fmt.Sprint("Note ", i), Body: phi.NewText("Met."), At: d.Clock.Now().Add(time.Duration(i) * time.Minute)})
		}
		t.Run("a page of many records leaves one entry that names them all", func(t *testing.T) {
			before := len(d.Entries(t))
			v := d.Door.View(ann, "chart.open")
			c := d.clients.Want(v, d.who)
			n := d.notes.WantAll(v, record.Query{Subject: record.SubjectOf(d.who), Total: true})
			if !c.Value.Name.Empty() || n.Rows != nil {
				t.Error("something was there before Open")
			}
			if err := v.Open(ctx); err != nil {
				t.Fatal(err)
			}
			if c.Value.Name.Empty() || len(n.Rows) != 5 || n.Total != 5 || n.Rows[0].Value.Title != "Note 4" {
				t.Errorf("%d rows, total %d", len(n.Rows), n.Total)
			}
			es := d.Entries(t)
			if len(es) != before+1 || len(es[0].Touched) != 6 || es[0].Action != "chart.open" {
				t.Errorf("%d entries, the last names %d records", len(es)-before, len(es[0].Touched))
			}
		})
		t.Run("one refusal refuses the whole page and opens nothing", func(t *testing.T) {
			other := d.admit(t, "Somebody Else", "bob")
			v := d.Door.View(ann, "chart.open")
			c := d.clients.Want(v, d.who)
			d.clients.Want(v, other)
			if err := v.Open(ctx); !fault.Is(err, fault.NotFound) || !c.Value.Name.Empty() {
				t.Fatalf("got %v", err)
			}
		})
	})
}

func TestFind(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann := d.As("ann", actor.CaseManager)
		for i := range 30 {
			worker := "bob"
			if i%3 == 0 {
				worker = "ann"
			}
			d.admit(t, fmt.Sprintf("Walter Pruitt%c", 'a'+i), worker)
		}
		search := func(who actor.Actor, s string, alike bool) record.List[client] {
			t.Helper()
			l, err := d.clients.Find(ctx, who, record.Query{Search: []record.Term{{Field: record.NameTerm, Text: phi.NewText(s)}}, Alike: alike, Total: true, Limit: 4})
			if err != nil {
				t.Fatal(err)
			}
			return l
		}
		t.Run("rows, totals and paging hold only what may be seen", func(t *testing.T) {
			l := search(ann, "walter", false)
			if len(l.Rows) != 4 || l.Total != 10 || l.Next == "" {
				t.Fatalf("%d rows, total %d, next %q", len(l.Rows), l.Total, l.Next)
			}
			seen := map[record.ID[client]]bool{}
			next := ""
			for range 10 {
				l, err := d.clients.Find(ctx, ann, record.Query{Search: []record.Term{{Field: record.NameTerm, Text: phi.NewText("walter")}}, After: next, Limit: 4})
				if err != nil {
					t.Fatal(err)
				}
				for _, r := range l.Rows {
					if seen[r.ID] {
						t.Fatal("a row came twice")
					}
					seen[r.ID] = true
				}
				if next = l.Next; next == "" {
					break
				}
			}
			if len(seen) != 10 {
				t.Fatalf("%d rows over all pages", len(seen))
			}
		})
		t.Run("an intake worker searches all clients, a security officer none", func(t *testing.T) {
			if l := search(d.As("ivy", actor.Intake), "walter", false); l.Total != 30 {
				t.Errorf("intake finds %d", l.Total)
			}
			if l := search(d.As("sam", actor.SecurityOfficer), "walter", false); l.Total != 0 || len(l.Rows) != 0 {
				t.Errorf("the security officer finds %d", l.Total)
			}
		})
		for _, c := range []struct {
			what, text string
			alike      bool
			want       int64
		}{
			{"the whole name", "Marisol Ibáñez", false, 1},
			{"names in any order, without accents, in capitals", "IBANEZ MARISOL", false, 1},
			{"the start of a name", "mari iba", false, 1},
			{"a letter left out", "marsol ibañez", true, 1},
			{"two letters swapped", "mairsol", true, 1},
			{"another spelling of the sound", "Marizol Ybanez", true, 1},
			{"a name nobody has", "Quentin", true, 0},
			{"one right name and one wrong", "Marisol Quentin", true, 0},
		} {
			t.Run("it finds by "+c.what, func(t *testing.T) {
				if l := search(ann, c.text, c.alike); l.Total != c.want {
					t.Errorf("found %d", l.Total)
				}
			})
		}
		t.Run("a changed name is found by the new one and no longer by the old", func(t *testing.T) {
			work := d.Door.Work(ann, "client.change")
			d.clients.Change(work, "change", d.who, 0, func(c *client) error { c.Name = phi.NewText("Marisol Ortega"); return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if search(ann, "ortega", false).Total != 1 || search(ann, "ibanez", false).Total != 0 {
				t.Error("the index did not follow")
			}
			// The number is in a class the case manager cannot open; its token
			// must have survived the change.
			l, err := d.clients.Find(ctx, d.As("ivy", actor.Intake), record.Query{Search: []record.Term{{Field: record.NumberTerm, Text: phi.NewText("987654320")}, {Field: record.NameTerm, Text: phi.NewText("ortega")}}})
			if err != nil || len(l.Rows) != 1 {
				t.Errorf("by number: %d rows, %v", len(l.Rows), err)
			}
		})
	})
}

func TestChange(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann := d.As("ann", actor.CaseManager)
		t.Run("a change keeps the classes the asker cannot see", func(t *testing.T) {
			work := d.Door.Work(ann, "client.change")
			d.clients.Change(work, "change", d.who, 1, func(c *client) error {
				if !c.SSN.Empty() {
					t.Error("the edit saw the number")
				}
				c.Phone = phi.NewText("(555) 010-0199")
				return nil
			})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			got, err := d.clients.Read(ctx, d.As("ivy", actor.Intake).For(actor.Payment), d.who)
			if err != nil {
				t.Fatal(err)
			}
			if got.Version != 2 || got.Value.Phone.Disclose() != "(555) 010-0199" || got.Value.SSN.Disclose() != "987-65-4320" {
				t.Errorf("version %d, classes %v", got.Version, got.Shown)
			}
		})
		t.Run("setting a field of a class one may not write is refused", func(t *testing.T) {
			work := d.Door.Work(ann, "client.change")
			d.clients.Change(work, "change", d.who, 0, func(c *client) error { c.SSN = phi.NewText("900-00-0000"); return nil })
			if err := work.Commit(ctx); !fault.Is(err, fault.Denied) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("a change of an old version conflicts, keeps nothing and leaves an entry that it failed", func(t *testing.T) {
			work := d.Door.Work(ann, "client.change")
			d.clients.Change(work, "change", d.who, 1, func(c *client) error { return nil })
			if err := work.Commit(ctx); !fault.Is(err, fault.Conflict) {
				t.Fatalf("got %v", err)
			}
			if e := d.Entries(t)[0]; e.Outcome != audit.Failed || e.Action != "client.change" {
				t.Errorf("entry %+v", e.Entry)
			}
		})
		if w.DB.Dialect() == db.Postgres { // an answer of SQLite cannot get lost
			t.Run("a commit that the database did not confirm leaves an entry that says so", func(t *testing.T) {
				w.CutCommits(t)
				work := d.Door.Work(ann, "note.create")
				d.notes.Create(work, record.SubjectOf(d.who), note{Title: "A", Body: phi.NewText("a")})
				err := work.Commit(ctx)
				w.MendCommits(t)
				if !fault.Is(err, fault.Unavailable) || !errors.Is(err, db.ErrUnconfirmed) {
					t.Fatalf("got %v", err)
				}
				if e := d.Entries(t)[0]; e.Outcome != audit.Failed || e.Action != "note.create" || e.Detail["kept"] != "unconfirmed" {
					t.Errorf("entry %+v", e.Entry)
				}
			})
		}
		t.Run("what belongs together is kept together or not at all", func(t *testing.T) {
			id := d.write(t, "ann", note{Title: "A", Body: phi.NewText("a")})
			work := d.Door.Work(ann, "note.change")
			d.notes.Change(work, "change", id, 1, func(n *note) error { n.Title = "B"; return nil })
			d.clients.Change(work, "change", d.who, 0, func(*client) error { return errors.New("no") })
			if err := work.Commit(ctx); err == nil {
				t.Fatal("committed")
			}
			got, err := d.notes.Read(ctx, ann, id)
			if err != nil || got.Version != 1 || got.Value.Title != "A" {
				t.Errorf("version %d, %v", got.Version, err)
			}
		})
		t.Run("when the log cannot be written nothing is kept", func(t *testing.T) {
			before, err := d.clients.Read(ctx, ann, d.who)
			if err != nil {
				t.Fatal(err)
			}
			w.BreakLog(t)
			work := d.Door.Work(ann, "client.change")
			ran := false
			d.clients.Change(work, "change", d.who, 0, func(c *client) error { ran = true; c.Name = phi.NewText("X"); return nil })
			err = work.Commit(ctx)
			w.MendLog(t)
			if !fault.Is(err, fault.Unavailable) || ran {
				t.Fatalf("got %v; the edit ran: %v", err, ran)
			}
			after, err := d.clients.Read(ctx, ann, d.who)
			if err != nil || after.Version != before.Version {
				t.Errorf("version %d became %d, %v", before.Version, after.Version, err)
			}
		})
		t.Run("history shows every version, newest first", func(t *testing.T) {
			hs, err := d.clients.History(ctx, d.As("pat", actor.PrivacyOfficer).For(actor.Operations), d.who)
			if err != nil {
				t.Fatal(err)
			}
			if len(hs) != 2 || hs[0].Version != 2 || hs[1].Version != 1 || hs[1].Value.Name.Empty() {
				t.Errorf("%d versions", len(hs))
			}
		})
		t.Run("a list as of a moment opens what was on record right before it", func(t *testing.T) {
			pat := d.As("pat", actor.PrivacyOfficer).For(actor.Operations)
			at := func(moment time.Time) (out []record.Opened[client]) {
				t.Helper()
				l, err := d.clients.Find(ctx, pat, record.Query{Subject: record.SubjectOf(d.who), AsOf: moment})
				if err != nil {
					t.Fatal(err)
				}
				return l.Rows
			}
			made, err := d.clients.Read(ctx, ann, d.who)
			if err != nil {
				t.Fatal(err)
			}
			d.Clock.Advance(time.Hour)
			changed := d.Clock.Now()
			work := d.Door.Work(ann, "client.change")
			d.clients.Change(work, "change", d.who, 0, func(c *client) error { c.Name = phi.NewText("Later"); return nil })
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if rows := at(made.CreatedAt); len(rows) != 0 {
				t.Errorf("at the moment it was made it is there: %d", len(rows))
			}
			for name, x := range map[string]struct {
				at      time.Time
				version int64
				name    string
			}{
				"up to the change what was before":        {changed, made.Version, made.Value.Name.Disclose()},
				"a microsecond later what was made of it": {changed.Add(time.Microsecond), made.Version + 1, "Later"},
				"and as it is": {time.Time{}, made.Version + 1, "Later"},
			} {
				rows := at(x.at)
				if len(rows) != 1 || rows[0].Version != x.version || rows[0].Value.Name.Disclose() != x.name {
					t.Errorf("%s: %+v", name, rows)
					continue
				}
				if e := d.Entries(t)[0]; e.Action != "client.find" || e.Touched[0].Version != x.version {
					t.Errorf("%s: the entry is of %+v", name, e.Touched)
				}
				if rows[0].Shown.Has(policy.SSN) {
					t.Errorf("%s: it opens more than the list may: %s", name, rows[0].Shown)
				}
			}
		})
	})
}

func TestDraft(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann, subject := d.As("ann", actor.CaseManager), record.SubjectOf(d.who)
		fields := func(s string) map[string]phi.Text { return map[string]phi.Text{"body": phi.NewText(s)} }
		t.Run("a draft comes back as it was last saved, with one entry for starting and one for taking it up", func(t *testing.T) {
			before := len(d.Entries(t))
			rev := int64(0)
			for _, s := range []string{"Met", "Met Mari", "Met Mari at home"} {
				got, err := d.Door.KeepDraft(ctx, ann, subject, "note/new", rev, fields(s))
				if err != nil {
					t.Fatal(err)
				}
				rev = got.Rev
			}
			got, found, err := d.Door.Draft(ctx, ann, subject, "note/new")
			if err != nil || !found || got.Fields["body"].Disclose() != "Met Mari at home" || got.Rev != 3 {
				t.Fatalf("found %v, rev %d, %v", found, got.Rev, err)
			}
			if n := len(d.Entries(t)) - before; n != 2 {
				t.Errorf("%d entries", n)
			}
		})
		t.Run("that there is one is known to its writer, and opens nothing", func(t *testing.T) {
			before := len(d.Entries(t))
			got, err := d.Door.Drafts(ctx, ann, subject)
			if err != nil || len(got) != 1 || got["note/new"].IsZero() {
				t.Error(got, err)
			}
			if got, err := d.Door.Drafts(ctx, d.As("bob", actor.CaseManager), subject); err != nil || len(got) != 0 {
				t.Error(got, err)
			}
			if n := len(d.Entries(t)) - before; n != 0 {
				t.Errorf("%d entries", n)
			}
		})
		t.Run("a second window that is behind overwrites nothing", func(t *testing.T) {
			if _, err := d.Door.KeepDraft(ctx, ann, subject, "note/new", 1, fields("other")); !fault.Is(err, fault.Conflict) {
				t.Fatalf("got %v", err)
			}
		})
		t.Run("a save whose answer was lost comes again and is kept once", func(t *testing.T) {
			got, err := d.Door.KeepDraft(ctx, ann, subject, "note/new", 2, fields("Met Mari at home"))
			if err != nil || got.Rev != 3 {
				t.Fatalf("rev %d, %v", got.Rev, err)
			}
			// The same words from a window that is further behind are another window's.
			for _, rev := range []int64{0, 1} {
				if _, err := d.Door.KeepDraft(ctx, ann, subject, "note/new", rev, fields("Met Mari at home")); !fault.Is(err, fault.Conflict) {
					t.Errorf("at revision %d: got %v", rev, err)
				}
			}
		})
		t.Run("nobody else has it, and nobody without a relation can start one", func(t *testing.T) {
			if _, found, _ := d.Door.Draft(ctx, d.As("bob", actor.CaseManager), subject, "note/new"); found {
				t.Error("bob found it")
			}
			if _, err := d.Door.KeepDraft(ctx, d.As("bob", actor.CaseManager), subject, "note/new", 0, fields("x")); !fault.Is(err, fault.NotFound) {
				t.Errorf("got %v", err)
			}
		})
	})
}

func TestErase(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		d := sit(t, w)
		ann, subject := d.As("ann", actor.CaseManager), record.SubjectOf(d.who)
		id := d.write(t, "ann", note{Title: "A", Body: phi.NewText("a")})
		operator := d.Operator()
		t.Run("who may not erase erases nothing", func(t *testing.T) {
			if _, err := d.Door.Erase(ctx, ann, subject, "request"); err == nil {
				t.Fatal("erased")
			}
			if _, err := d.notes.Read(ctx, ann, id); err != nil {
				t.Fatal(err)
			}
		})
		t.Run("after erasure nothing is found, the receipt holds, and the log still says who saw what", func(t *testing.T) {
			r, err := d.Door.Erase(ctx, operator, subject, "retention-ended")
			if err != nil {
				t.Fatal(err)
			}
			if !r.Verify() || r.Records != 3 {
				t.Errorf("receipt: verifies %v, %d records", r.Verify(), r.Records)
			}
			forged := r
			forged.Records = 2
			if forged.Verify() {
				t.Error("a changed receipt verifies")
			}
			if _, err := d.notes.Read(ctx, ann, id); !fault.Is(err, fault.NotFound) {
				t.Errorf("note: %v", err)
			}
			l, err := d.clients.Find(ctx, d.As("ivy", actor.Intake), record.Query{Search: []record.Term{{Field: record.NameTerm, Text: phi.NewText("marisol")}}})
			if err != nil || len(l.Rows) != 0 {
				t.Errorf("found %d, %v", len(l.Rows), err)
			}
			seen, err := w.Log.Find(ctx, audit.Query{Subject: d.who.String(), Limit: 100})
			if err != nil || len(seen) < 3 {
				t.Errorf("the log answers with %d entries, %v", len(seen), err)
			}
		})
		t.Run("nothing can be written about an erased client", func(t *testing.T) {
			work := d.Door.Work(d.Service("import"), "import.run")
			d.notes.Create(work, subject, note{Title: "late", State: "imported"})
			if err := work.Commit(ctx); !fault.Is(err, fault.NotFound) {
				t.Fatalf("got %v", err)
			}
		})
	})
}

// TestCanary plants sentences and looks for them in every file of the database.
func TestCanary(t *testing.T) {
	dir := t.TempDir()
	database := dbtest.Open(t, "", dir)
	d := sit(t, recordtest.On(t, database))
	planted := []string{"Marisol", "Ibáñez", "ibanez", "010-0148", "0100148", "987-65-4320", "987654320", "Zanzibar", "1987-03-11"}
	d.write(t, "ann", note{Title: "Call", Body: phi.NewText("Spoke of Zanzibar.")})
	ann := d.As("ann", actor.CaseManager)
	if _, err := d.Door.KeepDraft(ctx, ann, record.SubjectOf(d.who), "note/new", 0, map[string]phi.Text{"body": phi.NewText("More of Zanzibar.")}); err != nil {
		t.Fatal(err)
	}
	if _, err := d.clients.Find(ctx, ann, record.Query{Search: []record.Term{{Field: record.NameTerm, Text: phi.NewText("Marisol Zanzibar")}}}); err != nil {
		t.Fatal(err)
	}
	look := func(t *testing.T) {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(files) < 2 {
			t.Fatalf("%d files, %v", len(files), err)
		}
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			for _, p := range planted {
				if bytes.Contains(b, []byte(p)) {
					t.Errorf("%s holds a planted value in clear", filepath.Base(f))
				}
			}
		}
	}
	t.Run("no planted name, number or sentence is in the database or its journal", look)
	t.Run("after erasure not even the wrapped key is", func(t *testing.T) {
		var wrapped []byte
		if err := database.QueryRow(ctx, `SELECT wrapped FROM subject_key WHERE subject = $1`, d.who.String()).Scan(&wrapped); err != nil {
			t.Fatal(err)
		}
		if _, err := d.Door.Erase(ctx, d.Operator(), record.SubjectOf(d.who), "request"); err != nil {
			t.Fatal(err)
		}
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, wrapped[4:]) {
				t.Errorf("%s still holds the key", filepath.Base(f))
			}
		}
	})
}

func TestEraseBesideAReader(t *testing.T) {
	dir := t.TempDir()
	database := dbtest.Open(t, "", dir)
	d := sit(t, recordtest.On(t, database))
	var wrapped []byte
	if err := database.QueryRow(ctx, `SELECT wrapped FROM subject_key WHERE subject = $1`, d.who.String()).Scan(&wrapped); err != nil {
		t.Fatal(err)
	}
	held := func() bool {
		files, _ := filepath.Glob(filepath.Join(dir, "*"))
		for _, f := range files {
			b, err := os.ReadFile(f)
			if err != nil {
				t.Fatal(err)
			}
			if bytes.Contains(b, wrapped[4:]) {
				return true
			}
		}
		return false
	}
	// Somebody else reads the state from before, as a long check of the log does.
	rows, err := database.Query(ctx, `SELECT token FROM token ORDER BY token`)
	if err != nil {
		t.Fatal(err)
	}
	if !rows.Next() {
		t.Fatal("there is nothing to read")
	}
	r, err := d.Door.Erase(ctx, d.Operator(), record.SubjectOf(d.who), "request")
	if !errors.Is(err, record.ErrTraces) || !r.Verify() {
		t.Fatalf("an erasure that left traces said %v", err)
	}
	if !held() {
		t.Fatal("no trace is left, so the test tries nothing")
	}
	if err := rows.Close(); err != nil {
		t.Fatal(err)
	}
	if err := d.Door.FinishErasures(ctx, d.Service("sequencer")); err != nil || held() {
		t.Errorf("after the reader had finished: %v, still held: %v", err, held())
	}
	if err := d.Door.FinishErasures(ctx, d.Service("sequencer")); err != nil {
		t.Errorf("with nothing left to do: %v", err)
	}
}
