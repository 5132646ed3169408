package roster_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf16"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/intake"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/roster"
)

var ctx = context.Background()

func wide(s string, order binary.AppendByteOrder, mark bool) []byte {
	var out []byte
	if mark {
		s = "\ufeff" + s
	}
	for _, u := range utf16.Encode([]rune(s)) {
		out = order.AppendUint16(out, u)
	}
	return out
}

func TestRead(t *testing.T) {
	const text = "Nombre,Apellidos,Fecha de nacimiento\nMarisol,Ibáñez,11/3/1987\nOksana,\"Orlova, Jr\",1990-01-02\n"
	latin := bytes.ReplaceAll(bytes.ReplaceAll([]byte(text), []byte("á"), []byte{0xe1}), []byte("ñ"), []byte{0xf1})
	for name, body := range map[string][]byte{
		"UTF-8": []byte(text), "UTF-8 with a mark": append([]byte{0xef, 0xbb, 0xbf}, text...), "Windows-1252": latin,
		"UTF-16 little": wide(text, binary.LittleEndian, true), "UTF-16 big": wide(text, binary.BigEndian, true),
		"UTF-16 without a mark": wide(text, binary.LittleEndian, false), "lines of Windows": bytes.ReplaceAll([]byte(text), []byte("\n"), []byte("\r\n")),
	} {
		t.Run("reads "+name, func(t *testing.T) {
			got, err := roster.Read(body)
			if err != nil || len(got.Rows) != 2 || got.Rows[0][1] != "Ibáñez" || got.Rows[1][1] != "Orlova, Jr" || got.Lines[1] != 3 {
				t.Errorf("%v %v", got, err)
			}
			if g := roster.Guess(got.Header); g[0] != roster.Given || g[1] != roster.Family || g[2] != roster.Birth {
				t.Error(g)
			}
		})
	}
	for _, mark := range []string{";", "\t", "|"} {
		t.Run("reads columns separated by "+mark, func(t *testing.T) {
			got, err := roster.Read([]byte(strings.ReplaceAll("First name,Last name\nA,B\nC,D\n", ",", mark)))
			if err != nil || len(got.Header) != 2 || got.Rows[1][1] != "D" {
				t.Errorf("%v %v", got, err)
			}
		})
	}
	for _, bad := range []string{"", "\n\n", "one column\na\n", "a,b\n", "a,b\n,\n", strings.Repeat("a,b\n", roster.MaxRows+2)} {
		if _, err := roster.Read([]byte(bad)); err == nil {
			t.Errorf("took %.20q", bad)
		}
	}
}

func FuzzRead(f *testing.F) {
	for _, s := range []string{"a,b\nc,d\n", "\xff\xfea\x00,\x00b\x00", "\"", "a;b\n\"x\n\";2", "\xe1,\x80\n\x9d,2", "a\x00,\x00b\x00\n\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := roster.Read(body)
		if err != nil {
			return
		}
		if len(got.Rows) == 0 || len(got.Rows) != len(got.Lines) {
			t.Fatal("no rows, and no error")
		}
		for _, r := range got.Rows {
			if len(r) != len(got.Header) {
				t.Fatal("a row is not as wide as the header")
			}
		}
		if g := roster.Guess(got.Header); len(g) != len(got.Header) {
			t.Fatal("not every column has a guess")
		}
		for _, r := range append(got.Rows, got.Header) {
			for _, c := range r {
				if s := roster.Safe(c); s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
					t.Fatalf("%q is a formula", s)
				}
			}
		}
	})
}

const list = "Client ID,First name,Last name,DOB,Phone,Program\n" +
	"A-1,Marisol,Ibáñez,3/11/1987,206-555-0148,Housing Stability\n" +
	"A-2,Oksana,Orlova,13/45/1990,206-555-0111,\n" +
	"A-3,Hodan,Warfa,1991-04-05,,No such program\n" +
	"A-4,Otis,Gaines,1980-02-29,206-555-0177,housing\n" +
	"A-4,Otto,Gaines,1981-02-28,,\n" +
	"=cmd(),Linh,Trần,1975-06-07,,\n"

func TestRoster(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		clients := person.New(w.Door)
		cases := casefile.New(w.Door, clients)
		in := intake.New(w.Door, clients, cases)
		lists := roster.New(w.Door, clients, in)
		ivy, proved := w.As("ivy", actor.Intake), w.Proved("ivy", actor.Intake)
		programs := map[string]string{"housing": "Housing Stability"}
		count := func() int64 {
			t.Helper()
			f, err := clients.Find(ctx, ivy, phi.NewText("orlova"), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			g, err := clients.Find(ctx, ivy, phi.NewText("ibanez"), "", 0)
			if err != nil {
				t.Fatal(err)
			}
			return int64(len(f.Rows) + len(g.Rows))
		}
		drafts := func() int {
			t.Helper()
			var n int
			if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM draft`).Scan(&n); err != nil {
				t.Fatal(err)
			}
			return n
		}
		if _, err := clients.Register(ctx, ivy, person.Client{Name: person.Name{Given: phi.NewText("Otis"), Family: phi.NewText("Gaines")}, BirthDate: phi.NewDate(1980, 2, 29)}, true); err != nil {
			t.Fatal(err)
		}
		t.Run("nobody but intake uploads, and the refusal is in the log", func(t *testing.T) {
			for _, r := range []actor.Role{actor.CaseManager, actor.Supervisor, actor.Administrator, actor.PrivacyOfficer} {
				if _, err := lists.Upload(ctx, w.As("x", r), phi.NewText("a.csv"), []byte(list)); !fault.Is(err, fault.Denied) {
					t.Errorf("%s: %v", r, err)
				}
			}
		})
		id, err := lists.Upload(ctx, ivy, phi.NewText("intakes.csv"), []byte(list))
		if err != nil {
			t.Fatal(err)
		}
		o, table, err := lists.Open(ctx, ivy, id)
		if err != nil || len(table.Rows) != 6 {
			t.Fatal(len(table.Rows), err)
		}
		t.Run("nobody else sees the list", func(t *testing.T) {
			if _, _, err := lists.Open(ctx, w.As("ida", actor.Intake), id); err == nil {
				t.Error("opened")
			}
		})
		t.Run("a meaning stands once, and a name is needed", func(t *testing.T) {
			if err := lists.Map(ctx, ivy, id, o.Version, []roster.Column{roster.External, roster.Given, roster.Given, roster.Birth, roster.Phone, roster.Program}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
			if err := lists.Map(ctx, ivy, id, o.Version, []roster.Column{roster.External, "", "", roster.Birth, roster.Phone, roster.Program}); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		if err := lists.Map(ctx, ivy, id, o.Version, o.Value.Columns); err != nil {
			t.Fatal(err)
		}
		want := []roster.Outcome{roster.Created, roster.Rejected, roster.Rejected, roster.Duplicate, roster.Rejected, roster.Created}
		t.Run("a trial says what would come of each row, and keeps nothing", func(t *testing.T) {
			got, err := lists.Check(ctx, ivy, id, programs)
			if err != nil || len(got) != len(want) {
				t.Fatal(len(got), err)
			}
			for i, r := range got {
				if r.Outcome != want[i] {
					t.Errorf("line %d: %s %v", r.Line, r.Outcome, r.Why)
				}
			}
			if count() != 0 {
				t.Error("somebody was registered")
			}
		})
		version := func() int64 {
			t.Helper()
			o, _, err := lists.Open(ctx, ivy, id)
			if err != nil {
				t.Fatal(err)
			}
			return o.Version
		}
		t.Run("without a fresh proof nothing is brought in", func(t *testing.T) {
			if _, err := lists.Run(ctx, ivy, id, version(), programs); !fault.Is(err, fault.Denied) {
				t.Fatal(err)
			}
		})
		t.Run("rows are brought in, each decided for itself, and the file is gone", func(t *testing.T) {
			r, err := lists.Run(ctx, proved, id, version(), programs)
			if err != nil || r.Ended != roster.Done || r.Count(roster.Created) != 2 || r.Count(roster.Rejected) != 3 || r.Count(roster.Duplicate) != 1 {
				t.Fatal(r.Ended, len(r.Results), err)
			}
			if drafts() != 0 {
				t.Error("the file is still kept")
			}
			c, err := clients.Find(ctx, ivy, phi.NewText("ibanez"), "", 0)
			if err != nil || len(c.Rows) != 1 {
				t.Fatal(len(c.Rows), err)
			}
			v := w.Door.View(ivy, "case.find")
			l := cases.WantOf(v, c.Rows[0].ID)
			if err := v.Open(ctx); err != nil || len(l.Rows) != 1 || l.Rows[0].Value.Program != "housing" {
				t.Error("the case is not there", err)
			}
			named, err := lists.Named(ctx, ivy, r.Results)
			if err != nil || named[0].Number.Empty() || named[0].External.Disclose() != "A-1" || named[1].External.Disclose() != "A-2" {
				t.Fatal("numbers are missing", err)
			}
			out := roster.Report(named, func(s string) string { return s })
			rows, err := csv.NewReader(bytes.NewReader(out)).ReadAll()
			if err != nil || len(rows) != 7 || rows[6][1] != "'=cmd()" || rows[1][4] != c.Rows[0].ID.String() {
				t.Errorf("%q %v", rows, err)
			}
			if bytes.Contains(out, []byte("Ibáñez")) {
				t.Error("a name is in the report")
			}
		})
		t.Run("the same file again brings nobody in twice, and its columns are remembered", func(t *testing.T) {
			again, err := lists.Upload(ctx, ivy, phi.NewText("intakes.csv"), []byte(list))
			if err != nil {
				t.Fatal(err)
			}
			o, _, err := lists.Open(ctx, ivy, again)
			if err != nil {
				t.Fatal(err)
			}
			r, err := lists.Run(ctx, proved, again, o.Version, programs)
			if err != nil || r.Count(roster.Created) != 0 || r.Count(roster.Already) != 2 {
				t.Fatal(r.Count(roster.Created), r.Count(roster.Already), err)
			}
		})
		t.Run("the list keeps no number of a client, so that none is left of an erased one", func(t *testing.T) {
			o, _, err := lists.Open(ctx, ivy, id)
			if err != nil {
				t.Fatal(err)
			}
			var made record.Subject
			for _, x := range o.Value.Results {
				if !x.Client.IsZero() && !(x.Number.Empty() && x.External.Empty()) {
					t.Errorf("line %d keeps a number", x.Line)
				}
				if x.Outcome == roster.Created {
					made = x.Client
				}
			}
			if _, err := clients.Erase(ctx, w.Operator(), record.OwnID[person.Client](made), person.TestData); err != nil {
				t.Fatal(err)
			}
			named, err := lists.Named(ctx, ivy, o.Value.Results)
			if err != nil {
				t.Fatal(err)
			}
			for _, x := range named {
				if x.Client == made && (!x.Number.Empty() || !x.External.Empty()) {
					t.Error("a number of an erased client is shown")
				}
			}
		})
		t.Run("a file that nobody finishes is gone after a day", func(t *testing.T) {
			id, err := lists.Upload(ctx, ivy, phi.NewText("left.csv"), []byte(list))
			if err != nil || drafts() != 1 {
				t.Fatal(drafts(), err)
			}
			w.Clock.Advance(roster.Keeps + time.Minute)
			late := w.As("ivy", actor.Intake)
			if _, table, err := lists.Open(ctx, late, id); err != nil || len(table.Rows) != 0 || drafts() != 0 {
				t.Error(len(table.Rows), drafts(), err)
			}
		})
	})
}

// rowsOf is a list of n people nobody is like.
func rowsOf(n int) []byte {
	b := []byte("First name,Last name,DOB\n")
	for i := range n {
		b = fmt.Appendf(b, "%c%c,Person%c%c%c,19%02d-%02d-%02d\n", 'A'+i%26, 'a'+i/26, 'a'+i%26, 'k'+i/26, 'a'+(i*7)%26, 20+i%70, 1+i%12, 1+i%28)
	}
	return b
}

func TestRun(t *testing.T) {
	open := func(t *testing.T, w *recordtest.World, n int) (*roster.Rosters, *person.Clients, roster.ID, int64) {
		t.Helper()
		clients := person.New(w.Door)
		lists := roster.New(w.Door, clients, intake.New(w.Door, clients, casefile.New(w.Door, clients)))
		ivy := w.As("ivy", actor.Intake)
		id, err := lists.Upload(ctx, ivy, phi.NewText("list.csv"), rowsOf(n))
		if err != nil {
			t.Fatal(err)
		}
		o, _, err := lists.Open(ctx, ivy, id)
		if err != nil {
			t.Fatal(err)
		}
		return lists, clients, id, o.Version
	}
	clientsIn := func(t *testing.T, w *recordtest.World) int {
		t.Helper()
		var n int
		if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM record WHERE kind = 'client'`).Scan(&n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		lists, _, id, version := open(t, w, 30)
		proved := w.Proved("ivy", actor.Intake)
		t.Run("two windows that run one list register every row once", func(t *testing.T) {
			errs := make(chan error, 2)
			for range 2 {
				go func() {
					_, err := lists.Run(ctx, proved, id, version, nil)
					errs <- err
				}()
			}
			a, b := <-errs, <-errs
			if (a == nil) == (b == nil) || a != nil && !fault.Is(a, fault.Conflict) || b != nil && !fault.Is(b, fault.Conflict) {
				t.Error(a, b)
			}
			if n := clientsIn(t, w); n != 30 {
				t.Error(n)
			}
			if _, err := lists.Run(ctx, proved, id, version, nil); !fault.Is(err, fault.Conflict) {
				t.Error("a window that saw the list before it was done:", err)
			}
			o, _, err := lists.Open(ctx, proved, id)
			if err != nil || o.Value.Ended != roster.Done || o.Value.Count(roster.Created) != 30 {
				t.Error(o.Value.Ended, o.Value.Count(roster.Created), err)
			}
		})
	})
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		lists, clients, id, version := open(t, w, 45)
		proved := w.Proved("ivy", actor.Intake)
		t.Run("a run whose asker goes away keeps what it did, and the next goes on there", func(t *testing.T) {
			gone, cancel := context.WithCancel(ctx)
			// The asker goes away once somebody was registered.
			stop := make(chan struct{})
			go func() {
				defer close(stop)
				for gone.Err() == nil {
					var n int
					if err := w.DB.QueryRow(ctx, `SELECT COUNT(*) FROM record WHERE kind = 'client'`).Scan(&n); err != nil || n > 0 {
						cancel()
					}
				}
			}()
			_, err := lists.Run(gone, proved, id, version, nil)
			cancel()
			<-stop
			if err != nil {
				t.Fatal(err)
			}
			o, _, err := lists.Open(ctx, proved, id)
			n := clientsIn(t, w)
			if err != nil || n == 0 || o.Value.Count(roster.Created) != n || o.Value.Run != "" {
				t.Fatal(n, o.Value.Count(roster.Created), err)
			}
			version = o.Version
			if o.Value.Ended == roster.Done {
				return
			}
			r, err := lists.Run(ctx, proved, id, version, nil)
			if err != nil || r.Ended != roster.Done || r.Count(roster.Created) != 45 {
				t.Error(r.Count(roster.Created), err)
			}
		})
		t.Run("a run that died is waited for, and then taken up with what it registered", func(t *testing.T) {
			clock := w.Clock.Now()
			id, err := lists.Upload(ctx, proved, phi.NewText("other.csv"), []byte("First name,Last name,DOB\nYolanda,Zamora,1944-05-06\nXimena,Quiroga,1945-06-07\n"))
			if err != nil {
				t.Fatal(err)
			}
			// As if the run was cut off after its first row.
			records := record.Use(w.Door, roster.Kind)
			work := w.Door.Work(proved, "roster.run")
			records.Change(work, "change", id, 0, func(r *roster.Roster) error {
				r.Run, r.RunAt = "a run that died", clock
				return nil
			})
			if err := work.Commit(ctx); err != nil {
				t.Fatal(err)
			}
			if _, err := clients.Register(ctx, proved, person.Client{Name: person.Name{Given: phi.NewText("Yolanda"), Family: phi.NewText("Zamora")}, BirthDate: phi.NewDate(1944, 5, 6)}, true); err != nil {
				t.Fatal(err)
			}
			if _, err := lists.Run(ctx, proved, id, 0, nil); !fault.Is(err, fault.Conflict) {
				t.Fatal("did not wait:", err)
			}
			w.Clock.Advance(3 * time.Minute)
			before := clientsIn(t, w)
			r, err := lists.Run(ctx, w.Proved("ivy", actor.Intake), id, 0, nil)
			if err != nil || r.Ended != roster.Done || r.Count(roster.Created) != 2 || clientsIn(t, w) != before+1 {
				t.Error(r.Ended, r.Count(roster.Created), clientsIn(t, w)-before, err)
			}
		})
	})
}
