package person_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

func marisol() person.Client {
	return person.Client{
		Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText("Ibáñez")}, Preferred: phi.NewText("Mari"),
		BirthDate: phi.NewDate(1987, 3, 11), Phones: []person.Phone{{Number: phi.NewText("(555) 555-0148"), TextOnly: true}}, SSN: phi.NewText("900-12-3456"),
	}
}

// link is a case as far as clients need one: it says who is assigned.
type link struct {
	Worker string `class:"case" doc:"Who is assigned."`
}

var links = record.Define(record.Kind[link]{
	Name: "case", Doc: "Says who is assigned to a client.", Retention: "none",
	Facts: func(_ string, subject record.Subject, l link) []record.Fact {
		return []record.Fact{{Holder: record.WorkerHolder(l.Worker), Rel: "assigned", Object: record.ClientObject(subject)}}
	},
})

// register adds a client who is assigned to w1.
func register(t *testing.T, w *recordtest.World, cs *person.Clients, c person.Client) person.ID {
	t.Helper()
	who := w.As("i1", actor.Intake)
	r, err := cs.Register(ctx, who, c, true)
	if err != nil {
		t.Fatal(err)
	}
	work := w.Door.Work(who, "case.open")
	record.Use(w.Door, links).CreateAs(work, "case.open", record.SubjectOf(r.ID), link{Worker: "w1"})
	if err := work.Commit(ctx); err != nil {
		t.Fatal(err)
	}
	return r.ID
}

func fields(err error) []string {
	var out []string
	for _, f := range fault.FieldsOf(err) {
		out = append(out, f.Name)
	}
	return out
}

func TestRegister(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		cs := person.New(w.Door)
		intake := w.As("i1", actor.Intake)
		t.Run("gives the next client number", func(t *testing.T) {
			for _, want := range []string{"C-20001", "C-20002"} {
				r, err := cs.Register(ctx, intake, marisol(), true)
				if err != nil || r.Number.Disclose() != want {
					t.Fatal(r.Number.Disclose(), err)
				}
			}
		})
		t.Run("warns of a client who may be the same, and registers nothing", func(t *testing.T) {
			c := marisol()
			c.Name.Given, c.Name.Family = phi.NewText("M."), phi.NewText("Ibanes") // same birth date, one letter off
			r, err := cs.Register(ctx, intake, c, false)
			if err != nil || len(r.Possible) != 2 || !r.ID.IsZero() {
				t.Errorf("%d possible, %v", len(r.Possible), err)
			}
			c.BirthDate, c.Phones, c.Name.Family = phi.NewDate(1990, 1, 1), nil, phi.NewText("Tanaka")
			if r, err = cs.Register(ctx, intake, c, false); err != nil || r.ID.IsZero() {
				t.Errorf("%d possible, %v", len(r.Possible), err)
			}
		})
		t.Run("tells everything wrong at once, in sentences that repeat nothing", func(t *testing.T) {
			_, err := cs.Register(ctx, intake, person.Client{
				BirthDate: phi.NewDate(2987, 3, 11), SSN: phi.NewText("SECRET1"), Phones: []person.Phone{{Number: phi.NewText("SECRET2")}},
				Emails: []person.Email{{Address: phi.NewText("SECRET3")}}, Flags: []person.Flag{{Kind: "odd"}},
			}, false)
			if diff := cmp.Diff([]string{"name", "birth_date", "ssn", "phones.0.number", "emails.0.address", "flags.0.kind"}, fields(err)); diff != "" {
				t.Error(diff)
			}
			for _, f := range fault.FieldsOf(err) {
				if strings.Contains(f.Message, "SECRET") || !strings.HasSuffix(f.Message, ".") {
					t.Error(f.Message)
				}
			}
		})
		t.Run("is refused to an administrator", func(t *testing.T) {
			if _, err := cs.Register(ctx, w.As("a1", actor.Administrator), marisol(), true); err == nil {
				t.Error("registered")
			}
		})
	})
}

func TestFind(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		cs := person.New(w.Door)
		mine := register(t, w, cs, marisol())
		other := marisol()
		other.Name.Given, other.BirthDate = phi.NewText("Marcos"), phi.NewDate(1955, 12, 1)
		other.Preferred, other.Phones = phi.Text{}, nil
		if _, err := cs.Register(ctx, w.As("i1", actor.Intake), other, true); err != nil {
			t.Fatal(err)
		}
		worker, intake := w.As("w1", actor.CaseManager), w.As("i1", actor.Intake)
		for box, want := range map[string]person.Match{
			"Marisol Ibáñez": person.Exact, "ibanez": person.Exact, "IBA": person.Prefix, "mari": person.Exact, "ibanes": person.Alike, "marisl": person.Alike,
			"3/11/1987": person.Exact, "1987-03-11": person.Exact, "11 March 1987": person.Exact, "Mar 11, 87": person.Exact, "ibáñez 03111987": person.Exact,
			"555-555-0148": person.Exact, "5550148": person.Exact, "C-20001": person.Exact, "c20001": person.Exact, "20001": person.Exact, "Ibáñez, Marisol": person.Exact,
		} {
			t.Run("finds by "+box, func(t *testing.T) {
				f, err := cs.Find(ctx, worker, phi.NewText(box), "", 0)
				if err != nil || len(f.Rows) != 1 || f.Rows[0].ID != mine || f.Rows[0].Match != want {
					t.Fatalf("%d rows, %+v, %v", len(f.Rows), f, err)
				}
			})
		}
		for _, box := range []string{"900-12-3456", "900123456", "3/12/1987", "Smith", "", "C-20002", "marcos", "12/1/1955"} {
			t.Run("does not find by "+box, func(t *testing.T) {
				if f, err := cs.Find(ctx, worker, phi.NewText(box), "", 0); err != nil || len(f.Rows) != 0 || f.Next != "" {
					t.Errorf("%d rows, next %q, %v", len(f.Rows), f.Next, err)
				}
			})
		}
		t.Run("puts exact matches first and counts what the asker may see", func(t *testing.T) {
			f, err := cs.Find(ctx, intake, phi.NewText("mar iba"), "", 0)
			if err != nil || f.Next != "" || len(f.Rows) != 2 || f.Rows[0].Value.Name.Given.Disclose() != "Marcos" {
				t.Errorf("%+v, %v", f, err)
			}
		})
		t.Run("the log has the words of no search", func(t *testing.T) {
			for _, e := range w.Entries(t) {
				for k, v := range e.Detail {
					if strings.Contains(strings.ToLower(k+v), "iba") {
						t.Error(k, v)
					}
				}
			}
		})
	})
}

func TestParse(t *testing.T) {
	now := time.Date(2026, 11, 20, 0, 0, 0, 0, time.UTC)
	for box, want := range map[string][4]string{
		"mari 555-555-0148":      {"mari", "", "555-555-0148", ""},
		"+1 (555) 555-0148":      {"", "", "+1 (555) 555-0148", ""},
		"13/2/1990 lee":          {"lee", "1990-02-13", "", ""},
		"2/3/30":                 {"", "1930-02-03", "", ""},
		"2/3/20":                 {"", "2020-02-03", "", ""},
		"may 5 1990":             {"", "1990-05-05", "", ""},
		"May Marsh":              {"May Marsh", "", "", ""},
		"sept 3rd, 1990 o'neill": {"o'neill", "1990-09-03", "", ""},
		"c-20417 ibáñez":         {"ibáñez", "", "", "C-20417"},
		"31/31/1990":             {"", "", "31/31/1990", ""},
		"Cruz":                   {"Cruz", "", "", ""},
	} {
		t.Run("reads "+box, func(t *testing.T) {
			s := person.Parse(phi.NewText(box), now)
			got := [4]string{s.Name.Disclose(), s.Birth.DiscloseISO(), s.Phone.Disclose(), s.Number.Disclose()}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

func TestEdit(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		cs := person.New(w.Door)
		id := register(t, w, cs, marisol())
		worker := w.As("w1", actor.CaseManager)
		before, err := cs.Open(ctx, worker, id)
		if err != nil || !before.Value.SSN.Empty() {
			t.Fatal("a worker saw the number of the social security without a step-up, or nothing", err)
		}
		rename := func(name string) func(*person.Client) {
			return func(c *person.Client) { c.Preferred, c.Number = phi.NewText(name), phi.NewText("C-1") }
		}
		t.Run("keeps what the asker may not see, and the number", func(t *testing.T) {
			if err := cs.Edit(ctx, worker, id, before.Version, rename("Sol")); err != nil {
				t.Fatal(err)
			}
			o, err := cs.Open(ctx, w.Proved("w1", actor.CaseManager), id)
			if err != nil || o.Value.SSN.Disclose() != "900-12-3456" || o.Value.Preferred.Disclose() != "Sol" || o.Value.Number.Disclose() != "C-20001" {
				t.Errorf("%v", err)
			}
		})
		t.Run("refuses what somebody else changed since", func(t *testing.T) {
			if err := cs.Edit(ctx, worker, id, before.Version, rename("Late")); !fault.Is(err, fault.Conflict) {
				t.Error(err)
			}
		})
		t.Run("refuses what is wrong, and keeps nothing of it", func(t *testing.T) {
			err := cs.Edit(ctx, worker, id, 0, func(c *person.Client) { c.Name = person.Name{} })
			if diff := cmp.Diff([]string{"name"}, fields(err)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("answers a stranger as if there were nobody", func(t *testing.T) {
			stranger := w.As("w9", actor.CaseManager)
			_, err := cs.Open(ctx, stranger, id)
			if !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if err := cs.Edit(ctx, stranger, id, 0, rename("X")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("keeps every version", func(t *testing.T) {
			h, err := cs.History(ctx, worker, id)
			if err != nil || len(h) != 2 || h[1].Value.Preferred.Disclose() != "Mari" {
				t.Errorf("%d versions, %v", len(h), err)
			}
		})
	})
}

func TestErase(t *testing.T) {
	w := recordtest.Open(t)
	cs := person.New(w.Door)
	id := register(t, w, cs, marisol())
	t.Run("asks for a reason from the list", func(t *testing.T) {
		if _, err := cs.Erase(ctx, w.Operator(), id, "she asked"); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
	t.Run("is not for the client's worker", func(t *testing.T) {
		if _, err := cs.Erase(ctx, w.Proved("w1", actor.CaseManager), id, person.TestData); !fault.Is(err, fault.Denied) {
			t.Error(err)
		}
	})
	t.Run("leaves a receipt and nothing to find", func(t *testing.T) {
		r, err := cs.Erase(ctx, w.Operator(), id, person.TestData)
		if err != nil || !r.Verify() || r.Subject != id.String() {
			t.Fatal(err)
		}
		if f, err := cs.Find(ctx, w.As("i1", actor.Intake), phi.NewText("Ibáñez"), "", 0); err != nil || len(f.Rows) != 0 || f.Next != "" {
			t.Errorf("%d rows, %v", len(f.Rows), err)
		}
	})
}

func TestWords(t *testing.T) {
	c := marisol()
	c.Name.Suffix = phi.NewText("Jr.")
	t.Run("a name is shown in full, for lists and as initials", func(t *testing.T) {
		got := []string{c.FullName().Disclose(), c.ListName().Disclose(), c.Initials().Disclose(), person.Client{Name: person.Name{Text: phi.NewText("Walter Pruitt")}}.Initials().Disclose()}
		if diff := cmp.Diff([]string{"Marisol Ibáñez Jr.", "Ibáñez Jr., Marisol", "MI", "WP"}, got); diff != "" {
			t.Error(diff)
		}
	})
	t.Run("the age goes up on the birthday and stops at death", func(t *testing.T) {
		for on, want := range map[phi.Date]int64{phi.NewDate(2026, 3, 10): 38, phi.NewDate(2026, 3, 11): 39} {
			if n, _ := c.Age(on).Disclose(); n != want {
				t.Error(n, want)
			}
		}
		c.DeceasedOn = phi.NewDate(2000, 1, 1)
		if n, _ := c.Age(phi.NewDate(2026, 3, 11)).Disclose(); n != 12 || c.State() != person.Deceased {
			t.Error(n, c.State())
		}
	})
	t.Run("every field has a class and a sentence", func(t *testing.T) {
		for _, f := range person.Kind.Fields() {
			if !strings.HasSuffix(f.Doc, ".") {
				t.Error(f.Name)
			}
		}
	})
	var _ record.Described = person.Kind
}
