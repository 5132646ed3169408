package report_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/audit"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/plan"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
	"caseward/internal/report"
)

var (
	ctx     = context.Background()
	zone, _ = time.LoadLocation("America/Los_Angeles")
)

// world is a small agency: Ann and Ben work for the supervisor Sam, Cal for
// nobody; Pat manages housing.
type world struct {
	*recordtest.World
	clients *person.Clients
	cases   *casefile.Cases
	notes   *note.Notes
	reports *report.Reports
	org     *org.Org
	ids     map[string]string
}

func open(t *testing.T, rw *recordtest.World) *world {
	cs := person.New(rw.Door)
	files := casefile.New(rw.Door, cs)
	notices := notice.New(rw.Door)
	dir := org.NewDirectory(rw.Door, rw.Service("authn"))
	files.Ask(dir)
	confer := conference.New(rw.Door, nil)
	confer.Staff(func(ctx context.Context, worker string) (bool, error) {
		st, err := dir.Standing(ctx, worker)
		return st.Active, err
	})
	notes := note.New(rw.Door, files, dir, notices)
	reports := report.New(rw.Door, report.Uses{
		Clients: cs, Cases: files, Notes: notes, Documents: document.New(rw.Door), Items: clinical.New(rw.Door), Plans: plan.New(rw.Door, files, notices),
		Assessments: assessment.New(rw.Door, cs, notices), Forms: form.New(rw.Door), Calendar: appointment.New(rw.Door, notices), Conferences: confer,
		Agency: org.NewDirectory(rw.Door, rw.Service("authn")),
	})
	w := &world{World: rw, clients: cs, cases: files, notes: notes, reports: reports, ids: map[string]string{}}
	w.org = org.New(rw.Door, org.NewDirectory(rw.Door, rw.Service("authn")))
	if err := w.org.Found(ctx, rw.Service("operator"), org.Agency{Name: "North", TimeZone: zone.String(), Programs: []org.Program{{Code: "housing", Name: "Housing"}, {Code: "family", Name: "Family"}, {Code: "recovery", Name: "Recovery", SUD: true}}}); err != nil {
		t.Fatal(err)
	}
	for _, s := range []struct {
		key, boss string
		role      actor.Role
		programs  []string
	}{{"sam", "", actor.Supervisor, nil}, {"ann", "sam", actor.CaseManager, nil}, {"ben", "sam", actor.CaseManager, nil}, {"cal", "", actor.CaseManager, nil}, {"pat", "", actor.ProgramManager, []string{"housing"}}} {
		id, err := w.org.Invite(ctx, rw.Service("demo"), org.Invitation{
			Given: phi.NewText(s.key), Family: phi.NewText("Test"), Mail: phi.NewText(s.key + "@example.org"), Role: s.role, Supervisor: w.ids[s.boss], Programs: s.programs,
			Started: w.Clock.Now().AddDate(-2, 0, 0),
		})
		if err != nil {
			t.Fatal(s.key, err)
		}
		w.ids[s.key] = id.String()
	}
	w.Clock.Advance(time.Minute)
	return w
}

var roles = map[string]actor.Role{"sam": actor.Supervisor, "ann": actor.CaseManager, "ben": actor.CaseManager, "cal": actor.CaseManager, "pat": actor.ProgramManager, "olga": actor.PrivacyOfficer, "aud": actor.Auditor, "sec": actor.SecurityOfficer, "adm": actor.Administrator, "ina": actor.Intake}

func (w *world) who(key string) actor.Actor {
	id := w.ids[key]
	if id == "" {
		id = key
	}
	if key == "olga" {
		return w.As(id, roles[key]).For(actor.Operations)
	}
	return w.As(id, roles[key])
}

func (w *world) proved(key string) actor.Actor { return w.Proved(w.ids[key], roles[key]) }

func (w *world) client(t *testing.T, family, worker, program string, opened phi.Date) (person.ID, casefile.ID) {
	t.Helper()
	who := w.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, who, person.Client{Name: person.Name{Family: phi.NewText(family)}}, true)
	if err != nil {
		t.Fatal(err)
	}
	id, err := w.cases.Open(ctx, who, r.ID, casefile.Opening{Program: program, Worker: w.ids[worker], OpenedOn: opened, NextContactOn: phi.NewDate(2026, 11, 10)})
	if err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Second)
	return r.ID, id
}

func (w *world) sign(t *testing.T, by string, c person.ID, f casefile.ID, at time.Time, minutes, text string) note.ID {
	t.Helper()
	id, err := w.notes.Sign(ctx, w.who(by), c, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: at, Minutes: phi.NewText(minutes), Sections: note.Plain(phi.NewText(text)), Case: f})
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (w *world) close(t *testing.T, by string, f casefile.ID, on phi.Date, why casefile.CloseReason) {
	t.Helper()
	if err := w.cases.Close(ctx, w.who(by), f, 0, casefile.Closing{Reason: why, On: on}); err != nil {
		t.Fatal(err)
	}
	w.Clock.Advance(time.Second)
}

// keep gives a client of Ann's an assessment, a form, an appointment and two
// conferences, the minutes of one of which are not signed.
func (w *world) keep(t *testing.T, c person.ID) {
	t.Helper()
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	people, notices := person.New(w.Door), notice.New(w.Door)
	ann := w.who("ann")
	phq, _ := assessment.CatalogueOf(&record.List[assessment.Instrument]{}).Current(assessment.PHQ9)
	given := assessment.Answers{}
	phq.Questionnaire.Each(func(it assessment.Item, _ []string) {
		if it.Type == assessment.Choice && len(it.Options) > 0 {
			given[it.Link] = []string{it.Options[len(it.Options)-1].Key}
		}
	})
	as := assessment.New(w.Door, people, notices)
	_, err := as.Sign(ctx, ann, c, phq, assessment.Input{TakenOn: phi.NewDate(2026, 11, 18), Answers: given})
	must(err)
	fs := form.New(w.Door)
	adm := w.who("adm")
	words := form.Words{En: "Landlord", Es: "Propietario"}
	id, err := fs.Create(ctx, adm, words, nil)
	must(err)
	must(fs.Design(ctx, adm, id, 0, form.Design{Title: words, Fields: []form.Field{{Type: form.Text, Label: words, Class: "household"}}}))
	must(fs.Publish(ctx, adm, id, 0))
	made, err := fs.Read(ctx, adm, id)
	must(err)
	_, err = fs.Fill(ctx, ann, c, made, form.Filling{Edition: 1, Get: func(string) []string { return []string{"Ms. Quist"} }})
	must(err)
	_, err = appointment.New(w.Door, notices).Book(ctx, ann, record.SubjectOf(c), appointment.Input{Worker: ann.Worker(), On: phi.NewDate(2026, 11, 27), At: "09:00", Minutes: 45, Type: appointment.Home, Purpose: phi.NewText("Look at the boiler")}, zone)
	must(err)
	confer := conference.New(w.Door, nil)
	confer.Staff(func(_ context.Context, worker string) (bool, error) { return worker == w.ids["ben"], nil })
	for i, minutes := range []string{"The lease renewal is agreed.", "Nobody has signed this."} {
		id, err := confer.Call(ctx, ann, c, conference.Input{At: w.Clock.Now().Add(-time.Hour), Attendees: []conference.Attendee{{Worker: w.ids["ben"], Came: true}}, Minutes: phi.NewText(minutes)})
		must(err)
		if i == 0 {
			_, err := confer.Sign(ctx, ann, c, id, 0)
			must(err)
		}
	}
	w.Clock.Advance(time.Second)
}

// figures are the lines of a report by key.
func figures(r report.Result) map[string][]int64 {
	out := map[string][]int64{"total": r.Total}
	for _, l := range r.Lines {
		out[l.Key] = l.Figures
	}
	return out
}

func (w *world) run(t *testing.T, key string, p report.Params) report.Result {
	t.Helper()
	r, err := w.reports.Run(ctx, w.who(key), p, zone)
	if err != nil {
		t.Fatal(key, err)
	}
	return r
}

func same(t *testing.T, want, got any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestReports(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		ann, annCase := w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		_, annGone := w.client(t, "Adler", "ann", "housing", phi.NewDate(2026, 9, 1))
		_, benCase := w.client(t, "Baker", "ben", "family", phi.NewDate(2026, 10, 1))
		cal, calCase := w.client(t, "Cole", "cal", "family", phi.NewDate(2026, 10, 1))
		local := func(m, d, h, min int) time.Time { return time.Date(2026, time.Month(m), d, h, min, 0, 0, zone) }
		w.sign(t, "ann", ann, annCase, local(10, 31, 23, 59), "15", "Called about the lease. It is signed.")
		w.sign(t, "ann", ann, annCase, local(11, 1, 0, 0), "30", "Called about the bus pass again.")
		w.sign(t, "cal", cal, calCase, local(11, 1, 9, 0), "45", "Called about the school and the bus.")
		november := report.Params{Name: report.Contacts, Group: report.ByWorker, From: "2026-11-01", Until: "2026-11-30"}

		t.Run("a case manager counts their own cases, a supervisor those of the team, a manager those of the program, the officer all", func(t *testing.T) {
			p := report.Params{Name: report.Caseload, Group: report.ByWorker}
			// Cases, intensive, high, standard, late; signing moved Ann's next contact on.
			same(t, map[string][]int64{"total": {2, 0, 0, 2, 1}, w.ids["ann"]: {2, 0, 0, 2, 1}}, figures(w.run(t, "ann", p)))
			same(t, map[string][]int64{"total": {3, 0, 0, 3, 2}, w.ids["ann"]: {2, 0, 0, 2, 1}, w.ids["ben"]: {1, 0, 0, 1, 1}}, figures(w.run(t, "sam", p)))
			p.Group = report.ByProgram
			same(t, map[string][]int64{"total": {2, 0, 0, 2, 1}, "housing": {2, 0, 0, 2, 1}}, figures(w.run(t, "pat", p)))
			same(t, int64(4), w.run(t, "olga", report.Params{Name: report.Caseload}).Total[0])
		})
		t.Run("clients stand behind the numbers for those who work with them, and never for the officer", func(t *testing.T) {
			p := report.Params{Name: report.Caseload}
			r := w.run(t, "sam", p)
			var names []string
			for _, x := range r.Rows {
				names = append(names, x.Client.Value.Name.Family.Disclose())
			}
			same(t, []string{"Abbott", "Adler", "Baker"}, names)
			if o := w.run(t, "olga", p); o.Listed || len(o.Rows) != 0 {
				t.Error(o.Listed, len(o.Rows))
			}
		})
		t.Run("nobody asks for another's numbers by naming them", func(t *testing.T) {
			p := report.Params{Name: report.Caseload, Worker: w.ids["cal"]}
			same(t, int64(0), w.run(t, "sam", p).Total[0])
			same(t, int64(2), w.run(t, "ann", p).Total[0]) // a case manager gets their own
		})
		t.Run("a period begins and ends at midnight in the agency's zone", func(t *testing.T) {
			same(t, map[string][]int64{"total": {1, 30, 1}, w.ids["ann"]: {1, 30, 1}}, figures(w.run(t, "sam", november)))
			p := november
			p.From, p.Until = "2026-10-31", "2026-10-31"
			same(t, []int64{1, 15, 1}, w.run(t, "sam", p).Total)
			p.Until, p.Group = "2026-11-01", report.ByMonth // the clocks go back that night
			same(t, map[string][]int64{"total": {2, 45, 1}, "2026-10": {1, 15, 1}, "2026-11": {1, 30, 1}}, figures(w.run(t, "sam", p)))
		})
		t.Run("contacts are told apart by program and type", func(t *testing.T) {
			p := november
			p.Group = report.ByProgram
			same(t, map[string][]int64{"total": {2, 75, 2}, "housing": {1, 30, 1}, "family": {1, 45, 1}}, figures(w.run(t, "olga", p)))
			p.Group, p.Program = report.ByType, "housing"
			same(t, map[string][]int64{"total": {1, 30, 1}, "phone_call": {1, 30, 1}}, figures(w.run(t, "olga", p)))
		})
		t.Run("no report opens what a note says", func(t *testing.T) {
			w.run(t, "sam", november)
			e := w.Entries(t)[0]
			if e.Action != "report.read" {
				t.Fatal(e.Action)
			}
			for _, x := range e.Touched {
				if strings.Contains(strings.Join(x.Classes, ","), "note") {
					t.Error(x.Kind, x.Classes)
				}
			}
		})
		t.Run("what is late is counted with how late it is", func(t *testing.T) {
			p := report.Params{Name: report.Overdue}
			r := w.run(t, "sam", p)
			same(t, map[string][]int64{"total": {2, 10}, "contact": {2, 10}}, figures(r))
			if _, err := w.notes.SaveDraft(ctx, w.who("ann"), ann, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: w.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(3 * 24 * time.Hour)
			same(t, 2, len(w.run(t, "sam", p).Rows))
			w.Clock.Advance(25 * time.Hour)
			r = w.run(t, "sam", p)
			same(t, []int64{3, 14}, r.Total)
			same(t, map[string][]int64{"total": {3, 14}, "contact": {2, 14}, "draft": {1, 1}}, figures(r))
			same(t, int64(0), w.run(t, "cal", report.Params{Name: report.Overdue, Program: "housing"}).Total[0])
		})
		before := w.run(t, "sam", november)
		w.close(t, "ann", annGone, phi.NewDate(2026, 11, 10), casefile.GoalsMet)
		w.close(t, "ann", annCase, phi.NewDate(2026, 11, 20), casefile.MovedAway)
		w.close(t, "ben", benCase, phi.NewDate(2026, 11, 20), casefile.OpenedInVain)
		outcomes := report.Params{Name: report.Outcomes, From: "2026-11-01", Until: "2026-11-20"}
		t.Run("closed cases are counted with how long they lasted, and one opened in error did not last", func(t *testing.T) {
			want := map[string][]int64{"total": {3, 70, 75}, "goals_met": {1, 70, 70}, "moved_away": {1, 80, 80}, "opened_in_error": {1, 0, 0}}
			same(t, want, figures(w.run(t, "sam", outcomes)))
			same(t, []int64{2, 70, 75}, w.run(t, "pat", outcomes).Total)
			same(t, []int64{2, 70, 75}, w.run(t, "ann", outcomes).Total)
			same(t, []int64{0, 0, 0}, w.run(t, "cal", outcomes).Total)
			p := outcomes
			p.Until = "2026-11-19"
			same(t, []int64{1, 70, 70}, w.run(t, "sam", p).Total)
		})
		t.Run("whoever counts a closed case may open nothing of it, nor find the client", func(t *testing.T) {
			if _, err := w.clients.Open(ctx, w.who("sam"), ann); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, err := w.cases.Read(ctx, w.who("sam"), annCase); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("the same question about a closed period has the same answer, though cases have ended since", func(t *testing.T) {
			after := w.run(t, "sam", november)
			same(t, figures(before), figures(after))
			same(t, figures(w.run(t, "sam", outcomes)), figures(w.run(t, "sam", outcomes)))
		})
		t.Run("a contact counts for the program it was written for, though the case is closed or somebody else's", func(t *testing.T) {
			p := november
			p.Group = report.ByProgram
			same(t, map[string][]int64{"total": {1, 30, 1}, "housing": {1, 30, 1}}, figures(w.run(t, "sam", p)))
			eve, eveCase := w.client(t, "Eve", "ann", "housing", phi.NewDate(2026, 11, 1))
			w.sign(t, "ann", eve, eveCase, w.Clock.Now(), "10", "Called about the keys of the house.")
			if _, err := w.notes.SaveDraft(ctx, w.who("ann"), eve, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: w.Clock.Now()}); err != nil {
				t.Fatal(err)
			}
			w.close(t, "ann", eveCase, phi.NewDate(2026, 11, 21), casefile.GoalsMet)
			if _, err := w.cases.Open(ctx, w.As("i1", actor.Intake), eve, casefile.Opening{Program: "family", Worker: w.ids["ben"], OpenedOn: phi.NewDate(2026, 11, 21)}); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(30 * 24 * time.Hour)
			p.Until = "2026-12-31"
			same(t, map[string][]int64{"total": {2, 40, 2}, "housing": {2, 40, 2}}, figures(w.run(t, "ann", p)))
			p.Program = "family"
			same(t, int64(0), w.run(t, "ann", p).Total[0])
			late := report.Params{Name: report.Overdue, Group: report.ByProgram}
			if got := figures(w.run(t, "ann", late)); got["housing"] == nil || got[""] != nil {
				t.Errorf("a draft of a closed case is under %v", got)
			}
			late.Program = "housing"
			if got := w.run(t, "ann", late); got.Total[0] == 0 || got.Rows[0].Program != "housing" {
				t.Errorf("%+v", got)
			}
		})
		t.Run("what cannot be asked is told in words", func(t *testing.T) {
			for name, p := range map[string]report.Params{
				"report": {Name: "salaries"}, "by": {Name: report.Caseload, Group: report.ByMonth}, "from": {Name: report.Contacts, Until: "2026-11-01"},
				"until": {Name: report.Contacts, From: "2026-11-02", Until: "2026-11-01"},
			} {
				_, err := w.reports.Run(ctx, w.who("sam"), p, zone)
				if fs := fault.FieldsOf(err); len(fs) != 1 || fs[0].Name != name {
					t.Error(name, err)
				}
			}
			if _, err := w.reports.Run(ctx, w.who("sam"), report.Params{Name: report.Contacts, From: "2020-01-01", Until: "2026-01-01"}, zone); !fault.Is(err, fault.Invalid) {
				t.Error(err)
			}
		})
		for _, key := range []string{"aud", "sec", "adm", "ina"} {
			t.Run("no report for the "+string(roles[key])+", and the log says so", func(t *testing.T) {
				if _, err := w.reports.Run(ctx, w.who(key), report.Params{Name: report.Caseload}, zone); !fault.Is(err, fault.Denied) {
					t.Error(err)
				}
				if e := w.Entries(t)[0]; e.Outcome != audit.Refused || e.Action != "report.read" {
					t.Error(e.Action, e.Outcome)
				}
			})
		}
	})
}

func TestLargeReport(t *testing.T) {
	w := open(t, recordtest.Open(t))
	who := w.As("i1", actor.Intake)
	r, err := w.clients.Register(ctx, who, person.Client{Name: person.Name{Family: phi.NewText("Many")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	cases := record.Use(w.Door, casefile.Kind)
	for range 6 {
		work := w.Door.Work(w.Service("demo"), "import.run")
		for range 100 {
			cases.CreateAs(work, "case.open", record.SubjectOf(r.ID), casefile.Case{Client: record.SubjectOf(r.ID), Program: "housing", Status: casefile.StateOpen, OpenedOn: phi.NewDate(2026, 1, 1), Worker: w.ids["ann"], AssignedAt: w.Clock.Now()})
		}
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Second)
	got := w.run(t, "ann", report.Params{Name: report.Caseload})
	t.Run("a large report is read in steps, each an entry that names the same run", func(t *testing.T) {
		if got.Total[0] != 600 || got.Parts != 2 {
			t.Fatal(got.Total, got.Parts)
		}
		es := w.Entries(t)[:2]
		for i, part := range []string{"2", "1"} {
			if es[i].Detail["part"] != part || es[i].Detail["run"] == "" || es[i].Detail["run"] != es[0].Detail["run"] {
				t.Error(es[i].Detail)
			}
		}
	})
}

func TestLargeOutcomes(t *testing.T) {
	w := open(t, recordtest.Open(t))
	r, err := w.clients.Register(ctx, w.As("i1", actor.Intake), person.Client{Name: person.Name{Family: phi.NewText("Many")}}, true)
	if err != nil {
		t.Fatal(err)
	}
	cases := record.Use(w.Door, casefile.Kind)
	for i := range 6 {
		work := w.Door.Work(w.Service("demo"), "import.run")
		for range 100 {
			cases.CreateAs(work, "case.open", record.SubjectOf(r.ID), casefile.Case{Client: record.SubjectOf(r.ID), Program: "housing", Status: casefile.StateClosed, Outcome: casefile.GoalsMet, OpenedOn: phi.NewDate(2026, 1, 1), ClosedOn: phi.NewDate(2026, 5+i, 1), Worker: w.ids["ann"], AssignedAt: w.Clock.Now()})
		}
		if err := work.Commit(ctx); err != nil {
			t.Fatal(err)
		}
	}
	w.Clock.Advance(time.Second)
	t.Run("closed cases are read in steps, and those of the period counted", func(t *testing.T) {
		got := w.run(t, "olga", report.Params{Name: report.Outcomes, From: "2026-06-01", Until: "2026-07-31"})
		if got.Total[0] != 200 || got.Parts != 2 {
			t.Error(got.Total, got.Parts)
		}
	})
	t.Run("what an agency has in many years is not too much", func(t *testing.T) {
		if report.Most < 200_000 {
			t.Error(report.Most)
		}
	})
}

func TestExport(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		c, _ := w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		p := report.Params{Name: report.Caseload}
		in := report.Asking{Clients: true, Format: report.CSV, Reason: report.ForSupervision, Words: phi.NewText("For the team meeting on Monday.")}
		ask := func(t *testing.T) (report.ID, string) {
			t.Helper()
			id, token, err := w.reports.Ask(ctx, w.proved("ann"), p, zone, in)
			if err != nil {
				t.Fatal(err)
			}
			return id, token
		}
		use := func(who actor.Actor, id report.ID, token string) (e report.Export, r report.Result, err error) {
			_, err = w.reports.Use(ctx, who, id, token, zone, func(x report.Export, got report.Result) ([]byte, error) {
				e, r = x, got
				return []byte("file"), nil
			})
			return e, r, err
		}
		// The file holds names and numbers, and the proof that it asks for opens the
		// rest of nobody.
		names := func(e audit.Logged) bool {
			for _, x := range e.Touched {
				if x.Subject == c.String() && x.Kind == "client" && cmp.Equal(x.Classes, []string{"identity"}) {
					return true
				}
			}
			return false
		}
		t.Run("asks for a fresh proof of who it is, and leaves nothing without it", func(t *testing.T) {
			_, _, err := w.reports.Ask(ctx, w.who("ann"), p, zone, in)
			var fe *fault.Error
			if !errors.As(err, &fe) || fe.Kind != fault.Denied || fe.Mend != fault.StepUp {
				t.Error(err)
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Refused {
				t.Error(e.Outcome)
			}
		})
		t.Run("asks for the file, a reason and words", func(t *testing.T) {
			_, _, err := w.reports.Ask(ctx, w.proved("ann"), p, zone, report.Asking{})
			var got []string
			for _, f := range fault.FieldsOf(err) {
				got = append(got, f.Name)
			}
			same(t, []string{"format", "reason", "words"}, got)
		})
		t.Run("leaves an entry at the request and one when it is saved, and both name every client", func(t *testing.T) {
			id, token := ask(t)
			es := w.Entries(t)[:2]
			if !names(es[1]) || es[0].Detail["export"] != id.String() || es[0].Detail["run"] != es[1].Detail["run"] {
				t.Error(es[0].Detail, es[1].Detail, names(es[1]))
			}
			e, r, err := use(w.who("ann"), id, token)
			if err != nil {
				t.Fatal(err)
			}
			if len(r.Rows) != 1 || e.Format != report.CSV || !cmp.Equal(e.Classes, []string{"identity", "case", "workforce"}) {
				t.Error(len(r.Rows), e.Format, e.Classes)
			}
			es = w.Entries(t)[:2]
			if es[1].Action != "export.use" || !names(es[1]) || es[1].Detail["export"] != id.String() || es[0].Action != "export.use" {
				t.Error(es[1].Action, es[1].Detail, es[0].Action)
			}
		})
		t.Run("the link is spent once the file is made, with how many lines left, and not before", func(t *testing.T) {
			id, token := ask(t)
			kept := func() report.Export {
				t.Helper()
				o, err := w.reports.Read(ctx, w.who("ann"), id)
				if err != nil {
					t.Fatal(err)
				}
				return o.Value
			}
			broken := errors.New("no paper")
			body, err := w.reports.Use(ctx, w.who("ann"), id, token, zone, func(report.Export, report.Result) ([]byte, error) { return []byte("half"), broken })
			if !errors.Is(err, broken) || body != nil || !kept().UsedAt.IsZero() {
				t.Error(string(body), err, kept().UsedAt)
			}
			// Another window uses it while this one makes its file.
			body, err = w.reports.Use(ctx, w.who("ann"), id, token, zone, func(report.Export, report.Result) ([]byte, error) {
				if _, _, err := use(w.who("ann"), id, token); err != nil {
					t.Error(err)
				}
				return []byte("second"), nil
			})
			if !errors.Is(err, report.ErrUsed) || body != nil {
				t.Error(string(body), err)
			}
			if e := kept(); e.Saved != 1 || e.UsedAt.IsZero() {
				t.Error(e.Saved, e.UsedAt)
			}
		})
		t.Run("an attempt with a dead link stands in the log as one that failed", func(t *testing.T) {
			id, token := ask(t)
			w.Clock.Advance(report.LinkFor)
			_, _, err := use(w.who("ann"), id, token)
			if e := w.Entries(t)[0]; !errors.Is(err, report.ErrOver) || e.Action != "export.use" || e.Outcome != audit.Failed || e.Detail["export"] != id.String() {
				t.Error(err, e.Action, e.Outcome, e.Detail)
			}
		})
		t.Run("the link works once", func(t *testing.T) {
			id, token := ask(t)
			if _, _, err := use(w.who("ann"), id, token); err != nil {
				t.Fatal(err)
			}
			if _, _, err := use(w.who("ann"), id, token); !errors.Is(err, report.ErrUsed) {
				t.Error(err)
			}
		})
		t.Run("it ends after fifteen minutes", func(t *testing.T) {
			id, token := ask(t)
			w.Clock.Advance(report.LinkFor)
			if _, _, err := use(w.who("ann"), id, token); !errors.Is(err, report.ErrOver) {
				t.Error(err)
			}
			id, token = ask(t)
			w.Clock.Advance(report.LinkFor - time.Second)
			if _, _, err := use(w.who("ann"), id, token); err != nil {
				t.Error(err)
			}
		})
		t.Run("it works in no other session, for nobody else and with no other secret", func(t *testing.T) {
			id, token := ask(t)
			if _, _, err := use(actortest.Elsewhere(w.ids["ann"], actor.CaseManager, w.Clock.Now()), id, token); !errors.Is(err, report.ErrElsewhere) {
				t.Error(err)
			}
			if _, _, err := use(w.who("sam"), id, token); !fault.Is(err, fault.Denied) {
				t.Error(err)
			}
			if _, _, err := use(w.who("ann"), id, token+"x"); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, _, err := use(w.who("ann"), id, token); err != nil {
				t.Error("trying spent it:", err)
			}
		})
		t.Run("who asked sees their own, an officer sees all, a colleague none", func(t *testing.T) {
			for key, want := range map[string]bool{"ann": true, "olga": true, "sec": true, "aud": true, "ben": false, "sam": false} {
				l, err := w.reports.Exports(ctx, w.who(key), "")
				if err != nil || (len(l.Rows) > 0) != want || (l.Total > 0) != want {
					t.Error(key, len(l.Rows), l.Total, err)
				}
			}
			l, err := w.reports.Exports(ctx, w.who("sec"), "")
			if err != nil || l.Rows[0].Value.Words.Empty() || l.Rows[0].Withheld != 0 {
				t.Error(err)
			}
		})
		t.Run("an officer who may have numbers only gets a file without clients", func(t *testing.T) {
			id, token, err := w.reports.Ask(ctx, w.Proved("olga", actor.PrivacyOfficer), p, zone, in)
			if err == nil {
				t.Fatal("for treatment the officer runs no report", id, token)
			}
		})
	})
}

// Who is a client of a program under 42 CFR Part 2 is told to its own people and
// not to others.
func TestPart2Listing(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		c, _ := w.client(t, "Rivers", "ann", "recovery", phi.NewDate(2026, 9, 1))
		if _, err := w.notes.SaveDraft(ctx, w.who("ann"), c, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: w.Clock.Now().AddDate(0, 0, -20)}); err != nil {
			t.Fatal(err)
		}
		listed := func(r report.Result) (names []string) {
			for _, x := range r.Rows {
				names = append(names, x.Client.Value.Name.Family.Disclose())
			}
			return names
		}
		caseload := report.Params{Name: report.Caseload}
		for purpose, want := range map[actor.Purpose][]string{actor.Treatment: {"Abbott", "Rivers"}, actor.Operations: {"Abbott", "Rivers"}, actor.Payment: {"Abbott"}} {
			t.Run("on the screen, for "+string(purpose), func(t *testing.T) {
				r, err := w.reports.Run(ctx, w.who("sam").For(purpose), caseload, zone)
				if err != nil {
					t.Fatal(err)
				}
				same(t, want, listed(r))
				if r.Total[0] != 2 || r.Apart != (purpose == actor.Payment) || r.Part2() == r.Apart {
					t.Error(r.Total[0], r.Apart, r.Part2())
				}
				late, err := w.reports.Run(ctx, w.who("sam").For(purpose), report.Params{Name: report.Overdue}, zone)
				if err != nil {
					t.Fatal(err)
				}
				for _, x := range late.Rows {
					if x.Part2 != (x.Client.Value.Name.Family.Disclose() == "Rivers") || x.Part2 && purpose == actor.Payment {
						t.Error(x.What, x.Program, x.Part2)
					}
				}
			})
		}
		for _, reason := range report.Reasons() {
			t.Run("in a file for "+string(reason), func(t *testing.T) {
				id, token, err := w.reports.Ask(ctx, w.proved("sam"), caseload, zone, report.Asking{Clients: true, Format: report.CSV, Reason: reason, Words: phi.NewText("For whoever asked for it.")})
				if err != nil {
					t.Fatal(err)
				}
				var r report.Result
				if _, err := w.reports.Use(ctx, w.who("sam"), id, token, zone, func(_ report.Export, got report.Result) ([]byte, error) { r = got; return nil, nil }); err != nil {
					t.Fatal(err)
				}
				o, err := w.reports.Read(ctx, w.who("sam"), id)
				if err != nil {
					t.Fatal(err)
				}
				want, classes := []string{"Abbott", "Rivers"}, []string{"identity", "case", "sud", "workforce"}
				if reason.Outside() {
					want, classes = []string{"Abbott"}, []string{"identity", "case", "workforce"}
				}
				same(t, want, listed(r))
				same(t, len(want), o.Value.Saved)
				same(t, map[string]bool{}, missing(classes, o.Value.Classes))
				if r.Part2() == reason.Outside() || r.Apart != reason.Outside() {
					t.Error(r.Part2(), r.Apart)
				}
			})
		}
		t.Run("a printed case of the program brings the notice, another print does not", func(t *testing.T) {
			for part, want := range map[report.Part]bool{report.CaseFiles: true, report.Identity: false} {
				got, err := w.reports.Chart(ctx, w.who("ann"), c, report.Printing{Parts: []report.Part{part}}, zone, "paper")
				if err != nil || got.Protected != want {
					t.Error(part, got.Protected, err)
				}
			}
		})
	})
}

// missing is what is in one of two lists only.
func missing(a, b []string) map[string]bool {
	out := map[string]bool{}
	for _, x := range a {
		if !slices.Contains(b, x) {
			out[x] = true
		}
	}
	for _, x := range b {
		if !slices.Contains(a, x) {
			out[x] = true
		}
	}
	return out
}

func TestSearch(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		c, f := w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		w.sign(t, "ann", c, f, w.Clock.Now(), "15", "Habló de la mudanza y del autobús.")
		w.sign(t, "ann", c, f, w.Clock.Now(), "15", "Called about the lease, no answer.")
		find := func(key, words string) report.Hits {
			h, err := w.reports.Search(ctx, w.who(key), c, phi.NewText(words))
			if err != nil {
				t.Fatal(err)
			}
			return h
		}
		t.Run("every word must be there, whatever its case and accents", func(t *testing.T) {
			for words, n := range map[string]int{"AUTOBUS": 1, "hablo mudanza": 1, "mudanza lease": 0, "called": 1, "a": 2} {
				if got := len(find("ann", words).Notes); got != n {
					t.Error(words, got)
				}
			}
		})
		t.Run("the entry says it was a search, and not for what", func(t *testing.T) {
			find("ann", "autobus")
			e := w.Entries(t)[0]
			if e.Action != "chart.search" || !cmp.Equal(e.Detail, map[string]string{"words": "1"}) {
				t.Error(e.Action, e.Detail)
			}
		})
		w.keep(t, c)
		t.Run("assessments, forms, appointments and conferences are looked through", func(t *testing.T) {
			for words, n := range map[string][4]int{"nearly every day": {1, 0, 0, 0}, "landlord quist": {0, 1, 0, 0}, "boiler": {0, 0, 1, 0}, "lease renewal": {0, 0, 0, 1}} {
				h := find("ann", words)
				if got := [4]int{len(h.Assessments), len(h.Filled), len(h.Meetings), len(h.Conferences)}; got != n {
					t.Error(words, got)
				}
			}
			// Ben is invited to the conference; Pat manages the program, and reads neither
			// what an appointment is for nor who is in the household.
			for key, n := range map[string][4]int{"ben": {0, 0, 0, 1}, "pat": {1, 0, 0, 1}} {
				var got [4]int
				for _, words := range []string{"every day", "landlord quist", "boiler", "lease renewal"} {
					h := find(key, words)
					for i, x := range []int{len(h.Assessments), len(h.Filled), len(h.Meetings), len(h.Conferences)} {
						got[i] += x
					}
				}
				if got != n {
					t.Error(key, got)
				}
			}
		})
		t.Run("what one may not read is not found, and a stranger finds no chart", func(t *testing.T) {
			if h := find("pat", "autobus"); !h.None() {
				t.Error(len(h.Notes))
			}
			if _, err := w.reports.Search(ctx, w.who("cal"), c, phi.NewText("autobus")); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
		})
		t.Run("asks for a word", func(t *testing.T) {
			if _, err := w.reports.Search(ctx, w.who("ann"), c, phi.NewText("  ")); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
	})
}

func TestChart(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		c, f := w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		w.sign(t, "ann", c, f, w.Clock.Now(), "15", "Called about the lease, no answer.")
		if _, err := w.notes.Sign(ctx, w.who("ann"), c, note.ID{}, 0, note.Input{Type: note.OfficeVisit, At: w.Clock.Now(), Minutes: phi.NewText("50"), Sections: note.Plain(phi.NewText("Kept apart, as the law says it is.")), Protection: note.Psychotherapy}); err != nil {
			t.Fatal(err)
		}
		if _, err := w.notes.SaveDraft(ctx, w.who("ann"), c, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: w.Clock.Now()}); err != nil {
			t.Fatal(err)
		}
		all := report.Printing{Parts: report.Parts()}
		print := func(key string, p report.Printing) (report.Printed, error) {
			return w.reports.Chart(ctx, w.who(key), c, p, zone, "paper")
		}
		t.Run("signed notes are printed, drafts and notes kept apart are not", func(t *testing.T) {
			got, err := print("ann", all)
			if err != nil || len(got.Notes) != 1 || got.Apart != 1 || got.Protected || len(got.Cases) != 1 {
				t.Error(len(got.Notes), got.Apart, got.Protected, err)
			}
			if e := w.Entries(t)[0]; e.Action != "chart.print" || e.Detail["parts"] != "identity,contacts,cases,plan,assessments,clinical,notes,appointments,conferences,documents" || e.Detail["to"] != "paper" {
				t.Error(e.Action, e.Detail)
			}
		})
		t.Run("a chart with records of a substance use program is marked", func(t *testing.T) {
			if _, err := w.notes.Sign(ctx, w.who("ann"), c, note.ID{}, 0, note.Input{Type: note.PhoneCall, At: w.Clock.Now(), Minutes: phi.NewText("15"), Sections: note.Plain(phi.NewText("Called about the program today.")), Protection: note.SUD}); err != nil {
				t.Fatal(err)
			}
			got, err := print("ann", all)
			if err != nil || !got.Protected || len(got.Notes) != 2 {
				t.Error(got.Protected, len(got.Notes), err)
			}
			got, err = print("ann", report.Printing{Parts: []report.Part{report.Identity}})
			if err != nil || got.Protected {
				t.Error(got.Protected, err)
			}
			if got, err = print("pat", all); err != nil || got.Protected || len(got.Notes) != 0 || got.Client.Value.Name.Family.Empty() {
				t.Error(got.Protected, len(got.Notes), err)
			}
		})
		w.keep(t, c)
		t.Run("assessments, forms, appointments and signed minutes are printed for those who may see them, and of the period", func(t *testing.T) {
			count := func(key string, p report.Printing) [4]int {
				got, err := print(key, p)
				if err != nil {
					t.Fatal(key, err)
				}
				return [4]int{len(got.Assessments), len(got.Filled), len(got.Meetings), len(got.Conferences)}
			}
			if got := count("ann", all); got != [4]int{1, 1, 1, 1} {
				t.Error(got)
			}
			past := all
			past.Until = "2026-10-31"
			if got := count("ann", past); got != [4]int{} {
				t.Error(got)
			}
			// A manager sees that they meet, not why.
			if got, _ := print("pat", all); len(got.Meetings) != 1 || !got.Meetings[0].Value.Purpose.Empty() {
				t.Error("the words of an appointment are printed")
			}
			e := w.Entries(t)[0]
			if e.Action != "chart.print" {
				t.Error(e.Action)
			}
		})
		t.Run("notes are narrowed to a period, its last day included", func(t *testing.T) {
			today := w.Clock.Now().In(zone)
			for until, n := range map[string]int{today.Format("2006-01-02"): 2, today.AddDate(0, 0, -1).Format("2006-01-02"): 0} {
				got, err := print("ann", report.Printing{Parts: []report.Part{report.NotePages}, Until: until})
				if err != nil || len(got.Notes) != n {
					t.Error(until, len(got.Notes), err)
				}
			}
		})
		t.Run("a stranger prints nothing, nor whoever may not for this purpose", func(t *testing.T) {
			if _, err := print("cal", all); !fault.Is(err, fault.NotFound) {
				t.Error(err)
			}
			if _, err := w.reports.Chart(ctx, w.As("olga", actor.PrivacyOfficer), c, all, zone, "paper"); err == nil {
				t.Error("printed")
			}
			if e := w.Entries(t)[0]; e.Outcome != audit.Refused {
				t.Error(e.Outcome)
			}
		})
		t.Run("asks for a part", func(t *testing.T) {
			if _, err := print("ann", report.Printing{}); len(fault.FieldsOf(err)) != 1 {
				t.Error(err)
			}
		})
	})
}

// A subpoena opens no record of a substance use program, and that somebody is a
// client there is one (42 CFR 2.11, 2.61).
func TestChartForTheLawIsWithoutPart2(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, rw *recordtest.World) {
		w := open(t, rw)
		both, housing := w.client(t, "Abbott", "ann", "housing", phi.NewDate(2026, 9, 1))
		recovery, err := w.cases.Open(ctx, w.As("i1", actor.Intake), both, casefile.Opening{Program: "recovery", Worker: w.ids["ann"], OpenedOn: phi.NewDate(2026, 9, 2)})
		if err != nil {
			t.Fatal(err)
		}
		only, sole := w.client(t, "Baker", "ann", "recovery", phi.NewDate(2026, 9, 1))
		none, plain := w.client(t, "Chen", "ann", "housing", phi.NewDate(2026, 9, 1))
		once, past := w.client(t, "Diaz", "ann", "recovery", phi.NewDate(2026, 8, 1))
		w.close(t, "ann", past, phi.NewDate(2026, 8, 20), casefile.GoalsMet)
		now, err := w.cases.Open(ctx, w.As("i1", actor.Intake), once, casefile.Opening{Program: "housing", Worker: w.ids["ann"], OpenedOn: phi.NewDate(2026, 9, 2)})
		if err != nil {
			t.Fatal(err)
		}
		docs := record.Use(w.Door, document.Kind)
		plans := record.Use(w.Door, plan.Kind)
		file := func(c person.ID, title string, of casefile.ID) {
			t.Helper()
			d := document.Document{Status: document.Filed, Title: phi.NewText(title), At: w.Clock.Now(), Case: of}
			for _, make := range []func(*record.Work){
				func(x *record.Work) { docs.Create(x, record.SubjectOf(c), d) },
				func(x *record.Work) {
					plans.Create(x, record.SubjectOf(c), plan.Plan{Title: phi.NewText(title), Stage: plan.InForce, Current: true, Case: of})
				},
			} {
				x := w.Door.Work(w.who("ann"), "document.create")
				make(x)
				if err := x.Commit(ctx); err != nil {
					t.Fatal(err)
				}
			}
			w.Clock.Advance(time.Second)
		}
		file(both, "Lease", housing)
		file(both, "Intake to recovery", recovery)
		file(both, "Photograph", casefile.ID{})
		file(only, "Photograph", casefile.ID{})
		file(none, "Photograph", casefile.ID{})
		file(once, "Photograph", casefile.ID{})
		for c, of := range map[person.ID]casefile.ID{both: housing, only: sole, none: plain, once: now} {
			w.sign(t, "ann", c, of, w.Clock.Now(), "15", "Called about the lease, no answer.")
			w.keep(t, c)
		}
		w.sign(t, "ann", both, recovery, w.Clock.Now(), "15", "Called about the program, no answer.")

		all := report.Printing{Parts: report.Parts()}
		type sheet struct {
			Cases, Plans, Notes, Kept int
			Documents                 string
			Without, Protected        bool
		}
		print := func(c person.ID, purpose actor.Purpose, p report.Printing) sheet {
			t.Helper()
			got, err := w.reports.Chart(ctx, w.who("ann").For(purpose), c, p, zone, "paper")
			if err != nil {
				t.Fatal(purpose, err)
			}
			if got.Client.Value.Name.Family.Empty() {
				t.Error(purpose, "nobody is on it")
			}
			var titles []string
			for _, d := range got.Documents {
				titles = append(titles, d.Value.Title.Disclose())
			}
			slices.Sort(titles)
			return sheet{len(got.Cases), len(got.Plans), len(got.Notes), len(got.Assessments) + len(got.Filled) + len(got.Meetings) + len(got.Conferences), strings.Join(titles, ", "), got.Without, got.Protected}
		}
		for _, x := range []struct {
			name    string
			client  person.ID
			purpose actor.Purpose
			want    sheet
		}{
			{"for treatment all of it is printed, with the notice", both, actor.Treatment, sheet{2, 3, 2, 4, "Intake to recovery, Lease, Photograph", false, true}},
			{"for the client's own request too", both, actor.Individual, sheet{2, 3, 2, 4, "Intake to recovery, Lease, Photograph", false, true}},
			{"for the law what is of the other program is left", both, actor.Legal, sheet{1, 1, 1, 1, "Lease", true, false}},
			{"for payment, which takes consent, as well", both, actor.Payment, sheet{1, 0, 0, 0, "", true, false}},
			{"of a client who was in that program once, too", once, actor.Legal, sheet{1, 0, 1, 1, "", true, false}},
			{"of a client who is in none it keeps them for payment", none, actor.Payment, sheet{1, 0, 0, 2, "", true, false}},
			{"of a client of that program alone nothing but who they are is left", only, actor.Legal, sheet{0, 0, 0, 0, "", true, false}},
			{"of a client who is in none nothing is left out, and the print says the same", none, actor.Legal, sheet{1, 1, 1, 4, "Photograph", true, false}},
		} {
			t.Run(x.name, func(t *testing.T) {
				if diff := cmp.Diff(x.want, print(x.client, x.purpose, all)); diff != "" {
					t.Error(diff)
				}
			})
		}
		t.Run("the cases tell what is left out, also where they are not printed", func(t *testing.T) {
			got := print(both, actor.Legal, report.Printing{Parts: []report.Part{report.Papers}})
			if diff := cmp.Diff(sheet{Documents: "Lease", Without: true}, got); diff != "" {
				t.Error(diff)
			}
		})
	})
}
