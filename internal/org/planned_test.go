package org_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

func civil(s string) time.Time {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		panic(err)
	}
	return t
}

func TestADayBeginsWhenItsZoneSays(t *testing.T) {
	for _, x := range []struct{ zone, day, want string }{
		{"America/New_York", "2026-12-01", "2026-12-01T05:00:00Z"},
		{"America/New_York", "2027-03-14", "2027-03-14T05:00:00Z"}, // 23 hours long
		{"America/New_York", "2027-03-15", "2027-03-15T04:00:00Z"},
		{"America/New_York", "2026-11-01", "2026-11-01T04:00:00Z"}, // 25 hours long
		{"America/New_York", "2026-11-02", "2026-11-02T05:00:00Z"},
		{"America/New_York", "2028-02-29", "2028-02-29T05:00:00Z"},
		{"America/Havana", "2026-03-08", "2026-03-08T05:00:00Z"}, // has no midnight: it begins at one
		{"America/Havana", "2026-11-01", "2026-11-01T04:00:00Z"}, // has midnight twice
		{"UTC", "2028-03-01", "2028-03-01T00:00:00Z"},
	} {
		zone, err := time.LoadLocation(x.zone)
		if err != nil {
			t.Fatal(err)
		}
		if got := org.Begins(civil(x.day), zone).Format(time.RFC3339); got != x.want {
			t.Errorf("%s in %s begins %s, want %s", x.day, x.zone, got, x.want)
		}
	}
}

// looks is what everything that decides says of a worker at the world's time.
type looks struct {
	Role       actor.Role
	Programs   []string
	Supervisor string
	Boss, Lead []string // how the first and the second supervisor stand to the worker
	Manages    []string // how the worker stands to the program housing
}

func (h *house) looks(t *testing.T, id, boss, lead org.ID) looks {
	t.Helper()
	dir := h.org.Directory()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	st, err := dir.Standing(ctx, id.String())
	ok(err)
	m, err := dir.Member(ctx, id.String())
	ok(err)
	programs, err := dir.Programs(ctx, id.String())
	ok(err)
	sup, err := dir.Supervisor(ctx, id.String())
	ok(err)
	all, err := dir.Members(ctx)
	ok(err)
	o, err := h.org.Read(ctx, h.As(h.boss.String(), actor.Supervisor), id)
	ok(err)
	list, err := h.org.Staff(ctx, h.As(h.boss.String(), actor.Supervisor), org.StaffQuery{})
	ok(err)
	officers, err := dir.Officers(ctx, st.Role)
	ok(err)
	if !slices.Contains(officers, id.String()) {
		t.Errorf("at %v: not among those who work as %s", h.Clock.Now(), st.Role)
	}
	for _, r := range actor.Roles() {
		if r == st.Role {
			continue
		}
		if others, err := dir.Officers(ctx, r); err != nil || slices.Contains(others, id.String()) {
			t.Errorf("at %v: among those who work as %s, and works as %s (%v)", h.Clock.Now(), r, st.Role, err)
		}
	}
	i := slices.IndexFunc(all, func(m org.Member) bool { return m.Worker == id.String() })
	j := slices.IndexFunc(list.Rows, func(o record.Opened[org.Staff]) bool { return o.ID == id })
	want := org.Member{Worker: id.String(), Held: actor.Held{Role: st.Role}, Started: m.Started, Supervisor: sup, Programs: programs, Since: m.Since}
	for _, got := range []org.Member{
		m, all[i],
		{Worker: id.String(), Held: actor.Held{Role: o.Value.Role}, Started: o.Value.Started, Supervisor: o.Value.Supervisor, Programs: o.Value.Programs, Since: o.Value.Since},
		{Worker: id.String(), Held: actor.Held{Role: list.Rows[j].Value.Role}, Started: m.Started, Supervisor: list.Rows[j].Value.Supervisor, Programs: list.Rows[j].Value.Programs, Since: list.Rows[j].Value.Since},
	} {
		if !cmp.Equal(got, want) {
			t.Errorf("at %v: %+v and %+v", h.Clock.Now(), got, want)
		}
	}
	return looks{st.Role, programs, sup, h.stands(t, "worker:"+boss.String(), "worker:"+id.String()), h.stands(t, "worker:"+lead.String(), "worker:"+id.String()), h.stands(t, "worker:"+id.String(), "program:housing")}
}

func ptr[T any](v T) *T { return &v }

// TestWhatIsPlannedHoldsFromItsMoment walks over the moments of changes that were planned,
// with and without the job that writes them down.
func TestWhatIsPlannedHoldsFromItsMoment(t *testing.T) {
	for _, x := range []struct {
		name        string
		from, until string
		in          func(h *house, lead org.ID) org.Planning
		then        func(h *house, lead org.ID, l *looks)
	}{
		{"a role", "2026-12-01", "2026-12-31",
			func(*house, org.ID) org.Planning { return org.Planning{Role: ptr(actor.Supervisor)} },
			func(_ *house, _ org.ID, l *looks) { l.Role = actor.Supervisor }},
		{"a program manager's programs", "2027-03-14", "2027-03-14", // a day of 23 hours
			func(*house, org.ID) org.Planning {
				return org.Planning{Role: ptr(actor.ProgramManager), Programs: ptr([]string{"housing", "health"})}
			},
			func(_ *house, _ org.ID, l *looks) {
				l.Role, l.Programs, l.Manages = actor.ProgramManager, []string{"health", "housing"}, []string{"manages"}
			}},
		{"no programs", "2028-02-29", "2028-02-29",
			func(*house, org.ID) org.Planning { return org.Planning{Programs: ptr([]string{})} },
			func(_ *house, _ org.ID, l *looks) { l.Programs = []string{} }},
		{"a supervisor", "2026-12-01", "2027-01-15",
			func(_ *house, lead org.ID) org.Planning { return org.Planning{Supervisor: ptr(lead.String())} },
			func(_ *house, lead org.ID, l *looks) {
				l.Supervisor, l.Boss, l.Lead = lead.String(), nil, []string{"supervises"}
			}},
		{"no supervisor", "2026-12-01", "2026-12-01",
			func(*house, org.ID) org.Planning { return org.Planning{Supervisor: ptr("")} },
			func(_ *house, _ org.ID, l *looks) { l.Supervisor, l.Boss = "", nil }},
		{"all of it, for good", "2026-12-01", "",
			func(_ *house, lead org.ID) org.Planning {
				return org.Planning{Role: ptr(actor.Intake), Programs: ptr([]string{"health"}), Supervisor: ptr(lead.String())}
			},
			func(_ *house, lead org.ID, l *looks) {
				*l = looks{actor.Intake, []string{"health"}, lead.String(), nil, []string{"supervises"}, nil}
			}},
	} {
		t.Run(x.name, func(t *testing.T) {
			recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
				for _, written := range []bool{false, true} {
					h := &house{}
					if written {
						h = open(t, recordtest.Open(t))
					} else {
						h = open(t, w)
					}
					lead := h.invite(t, h.Service("operator"), "Lea", "lea@example.org", actor.Supervisor, "")
					in := x.in(h, lead)
					in.From = civil(x.from)
					zone, _ := time.LoadLocation("America/New_York")
					from, last := org.Begins(in.From, zone), time.Time{}
					if x.until != "" {
						in.Until = civil(x.until)
						last = org.Begins(in.Until.AddDate(0, 0, 1), zone)
					}
					if err := h.org.Plan(ctx, h.as(h.admin, actor.Administrator), h.casework, in); err != nil {
						t.Fatal(err, fault.FieldsOf(err))
					}
					was := looks{actor.CaseManager, []string{"housing"}, h.boss.String(), []string{"supervises"}, nil, nil}
					then := was
					x.then(h, lead, &then)
					at := func(when time.Time, want looks) {
						t.Helper()
						h.Clock.Set(when)
						if written {
							if err := h.org.Begin(ctx, h.Service("authn")); err != nil {
								t.Fatal(err)
							}
						}
						if diff := cmp.Diff(want, h.looks(t, h.casework, h.boss, lead)); diff != "" {
							t.Errorf("written down %v, at %v: %s", written, when, diff)
						}
					}
					at(from.Add(-time.Second), was)
					at(from.Add(-time.Microsecond), was)
					at(from, then)
					at(from.Add(time.Second), then)
					if last.IsZero() {
						at(from.AddDate(1, 0, 0), then)
						continue
					}
					at(last.Add(-time.Second), then)
					at(last, was)
					at(last.AddDate(0, 1, 0), was)
				}
			})
		})
	}
}

func (h *house) plan(t *testing.T, id org.ID, in org.Planning) {
	t.Helper()
	if err := h.org.Plan(ctx, h.as(h.admin, actor.Administrator), id, in); err != nil {
		t.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) role(t *testing.T, id org.ID) actor.Role {
	t.Helper()
	st, err := h.org.Directory().Standing(ctx, id.String())
	if err != nil {
		t.Fatal(err)
	}
	return st.Role
}

// planned is what a page of theirs says, in a request that began with how they stand.
func (h *house) planned(t *testing.T, id org.ID) []org.Ahead {
	t.Helper()
	h.role(t, id)
	return h.org.Directory().Ahead(id.String())
}

func TestWhatIsPlannedOfTheAskerIsKnownFromHowTheyStand(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		other := w.Beside(t)
		elsewhere := org.NewDirectory(other, h.Service("authn"))
		if a := elsewhere.Ahead(h.casework.String()); len(a) != 0 {
			t.Errorf("of whoever was not asked about: %+v", a)
		}
		stands := func() {
			t.Helper()
			if _, err := elsewhere.Standing(ctx, h.casework.String()); err != nil {
				t.Fatal(err)
			}
		}
		stands()
		h.plan(t, h.casework, acting("2026-12-10", "2026-12-20"))
		// Another server learns of it with the next request, and not by asking for it.
		if a := elsewhere.Ahead(h.casework.String()); len(a) != 0 {
			t.Errorf("the database was asked: %+v", a)
		}
		stands()
		a := elsewhere.Ahead(h.casework.String())
		if len(a) != 1 || a[0].Begun || a[0].Next.Role != actor.Supervisor {
			t.Errorf("%+v", a)
		}
		// What has begun since is known by the clock.
		h.Clock.Set(a[0].From)
		if a := elsewhere.Ahead(h.casework.String()); len(a) != 1 || !a[0].Begun {
			t.Errorf("%+v", a)
		}
	})
}

func acting(from, until string) org.Planning {
	in := org.Planning{From: civil(from), Role: ptr(actor.Supervisor)}
	if until != "" {
		in.Until = civil(until)
	}
	return in
}

func TestPlannedChanges(t *testing.T) {
	zone, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	on := func(day string) time.Time { return org.Begins(civil(day), zone) }
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		start := w.Clock.Now()
		h := open(t, w)
		admin := func() actor.Actor { return h.as(h.admin, actor.Administrator) }
		t.Run("who may not plan is refused, and nobody plans their own", func(t *testing.T) {
			kind(t, h.org.Plan(ctx, h.as(h.boss, actor.Supervisor), h.casework, acting("2026-12-01", "")), fault.Denied)
			kind(t, h.org.Plan(ctx, h.As(h.admin.String(), actor.Administrator), h.casework, acting("2026-12-01", "")), fault.Denied)
			if e := h.Entries(t)[0]; e.Action != "staff.plan" || e.Outcome != audit.Refused {
				t.Errorf("%s %c", e.Action, e.Outcome)
			}
			kind(t, h.org.Plan(ctx, admin(), h.admin, acting("2026-12-01", "")), fault.Invalid)
			kind(t, h.org.Cancel(ctx, admin(), h.admin, "x"), fault.Invalid)
			kind(t, h.org.Cancel(ctx, h.as(h.boss, actor.Supervisor), h.casework, "x"), fault.Denied)
		})
		t.Run("days that cannot be are named", func(t *testing.T) {
			for _, x := range []struct {
				in    org.Planning
				field string
			}{
				{acting(start.In(zone).Format(time.DateOnly), ""), "from"},
				{org.Planning{Role: ptr(actor.Supervisor)}, "from"},
				{acting("2029-06-01", ""), "from"},
				{acting("2026-12-02", "2026-12-01"), "until"},
				{acting("2026-12-02", "2029-06-01"), "until"},
				{org.Planning{From: civil("2026-12-01"), Role: ptr(actor.CaseManager)}, "role"},
				{org.Planning{From: civil("2026-12-01"), Role: ptr(actor.Role("king"))}, "role"},
				{org.Planning{From: civil("2026-12-01"), Programs: ptr([]string{"moon"})}, "programs"},
				{org.Planning{From: civil("2026-12-01"), Role: ptr(actor.ProgramManager), Programs: ptr([]string{})}, "programs"},
				{org.Planning{From: civil("2026-12-01"), Supervisor: ptr(h.casework.String())}, "supervisor"},
				{org.Planning{From: civil("2026-12-01"), Supervisor: ptr(h.admin.String())}, "supervisor"},
			} {
				err := h.org.Plan(ctx, admin(), h.casework, x.in)
				kind(t, err, fault.Invalid)
				field(t, err, x.field)
			}
			if a := h.planned(t, h.casework); len(a) != 0 {
				t.Errorf("%+v", a)
			}
		})
		t.Run("what is planned does not overlap, and there is a most", func(t *testing.T) {
			h.plan(t, h.casework, acting("2026-12-10", "2026-12-20"))
			for _, x := range [][2]string{{"2026-12-10", ""}, {"2026-12-15", ""}, {"2026-12-21", ""}, {"2026-12-01", "2026-12-09"}, {"2026-12-01", "2026-12-31"}, {"2026-12-15", "2026-12-16"}} {
				err := h.org.Plan(ctx, admin(), h.casework, acting(x[0], x[1]))
				kind(t, err, fault.Invalid)
				field(t, err, "from")
			}
			h.plan(t, h.casework, acting("2026-12-01", "2026-12-08"))
			h.plan(t, h.casework, acting("2026-12-22", "2026-12-24"))
			h.plan(t, h.casework, acting("2026-12-26", "2026-12-28"))
			field(t, h.org.Plan(ctx, admin(), h.casework, acting("2027-01-01", "")), "from")
			a := h.planned(t, h.casework)
			if len(a) != 4 || !a[0].From.Equal(on("2026-12-01")) || !a[1].Until.Equal(on("2026-12-21")) || a[0].Next.Role != actor.Supervisor || a[0].By != h.admin.String() {
				t.Fatalf("%+v", a)
			}
			for _, x := range a {
				if err := h.org.Cancel(ctx, admin(), h.casework, x.Key); err != nil {
					t.Fatal(err)
				}
				kind(t, h.org.Cancel(ctx, admin(), h.casework, x.Key), fault.Conflict)
			}
			if a := h.planned(t, h.casework); len(a) != 0 {
				t.Errorf("%+v", a)
			}
			h.Clock.Set(on("2026-12-15"))
			if got := h.role(t, h.casework); got != actor.CaseManager {
				t.Errorf("called off, and works as %s", got)
			}
			if got := h.stands(t, "worker:"+h.boss.String(), "worker:"+h.casework.String()); !cmp.Equal(got, []string{"supervises"}) {
				t.Errorf("called off: %v", got)
			}
			h.Clock.Set(start)
		})
		t.Run("whose supervisor somebody is to be must be one by then", func(t *testing.T) {
			other := h.invite(t, h.Service("operator"), "Ines", "ines@example.org", actor.CaseManager, h.boss.String())
			h.plan(t, other, acting("2026-12-01", ""))
			field(t, h.org.Plan(ctx, admin(), h.casework, org.Planning{From: civil("2026-11-30"), Supervisor: ptr(other.String())}), "supervisor")
			h.plan(t, h.casework, org.Planning{From: civil("2026-12-01"), Supervisor: ptr(other.String())})
			h.Clock.Set(on("2026-12-01").Add(-time.Second))
			if got := h.stands(t, "worker:"+other.String(), "worker:"+h.casework.String()); got != nil {
				t.Errorf("a second before: %v", got)
			}
			h.Clock.Set(on("2026-12-01"))
			if got := h.stands(t, "worker:"+other.String(), "worker:"+h.casework.String()); !cmp.Equal(got, []string{"supervises"}) {
				t.Errorf("at the moment: %v", got)
			}
		})
	})
}

func TestWhatIsForATimeEndsAsItWasBefore(t *testing.T) {
	zone, _ := time.LoadLocation("America/New_York")
	on := func(day string) time.Time { return org.Begins(civil(day), zone) }
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := func() actor.Actor { return h.as(h.admin, actor.Administrator) }
		change := func(e org.Edit) {
			t.Helper()
			if err := h.org.Change(ctx, admin(), h.casework, 0, e); err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}
		h.plan(t, h.casework, acting("2026-12-01", "2026-12-31"))
		change(org.Edit{Role: ptr(actor.Intake)}) // before it begins: this is what it ends as
		h.Clock.Set(on("2026-12-01").Add(10 * time.Second))
		if got := h.role(t, h.casework); got != actor.Supervisor {
			t.Fatalf("works as %s", got)
		}
		// Within it, and before the job came by: other fields stay changed, the role does not.
		change(org.Edit{Role: ptr(actor.CaseManager), Programs: ptr([]string{"health"})})
		if got := h.role(t, h.casework); got != actor.CaseManager {
			t.Errorf("changed, and works as %s", got)
		}
		var did []string
		for _, e := range h.Entries(t) {
			if e.Action == "staff.begin" || e.Action == "staff.change" || e.Action == "staff.plan" {
				did = append(did, e.Action+" "+e.Who.Worker)
			}
		}
		if want := []string{"staff.change " + h.admin.String(), "staff.begin service:authn", "staff.change " + h.admin.String(), "staff.plan " + h.admin.String()}; !cmp.Equal(did, want) {
			t.Errorf("the log: %v", did)
		}
		for _, e := range h.Entries(t) {
			if e.Action != "staff.begin" && e.Action != "staff.plan" {
				continue
			}
			want := map[string]string{"from": "2026-12-01T05:00:00Z", "planned_by": h.admin.String(), "role": "supervisor"}
			if e.Action == "staff.plan" {
				want["until"] = "2027-01-01T05:00:00Z"
			}
			for k, v := range want {
				if e.Detail[k] != v {
					t.Errorf("%s: %s is %q, want %q", e.Action, k, e.Detail[k], v)
				}
			}
		}
		h.Clock.Set(on("2027-01-01"))
		s, err := h.org.Read(ctx, admin(), h.casework)
		if err != nil || s.Value.Role != actor.Intake || !cmp.Equal(s.Value.Programs, []string{"health"}) || len(s.Value.Planned) != 0 || !s.Value.Since.Equal(on("2027-01-01")) {
			t.Errorf("%+v, %v", s.Value, err)
		}

		t.Run("one that holds is ended at once", func(t *testing.T) {
			h.plan(t, h.casework, acting("2027-02-01", "2027-02-28"))
			h.Clock.Set(on("2027-02-10"))
			a := h.planned(t, h.casework)
			if len(a) != 1 || !a[0].Begun || !a[0].Until.Equal(on("2027-03-01")) || a[0].Next.Role != actor.Intake {
				t.Fatalf("%+v", a)
			}
			field(t, h.org.Plan(ctx, admin(), h.casework, acting("2027-02-20", "")), "from")
			if err := h.org.Cancel(ctx, admin(), h.casework, a[0].Key); err != nil {
				t.Fatal(err)
			}
			if got := h.role(t, h.casework); got != actor.Intake || len(h.planned(t, h.casework)) != 0 {
				t.Errorf("ended, and works as %s", got)
			}
		})
		t.Run("whoever leaves leaves no plans", func(t *testing.T) {
			h.plan(t, h.casework, org.Planning{From: civil("2027-04-01"), Role: ptr(actor.Supervisor), Supervisor: ptr("")})
			if err := h.org.Terminate(ctx, admin(), h.casework); err != nil {
				t.Fatal(err)
			}
			h.Clock.Set(on("2027-04-02"))
			if a := h.planned(t, h.casework); len(a) != 0 {
				t.Errorf("%+v", a)
			}
			kind(t, h.org.Plan(ctx, admin(), h.casework, acting("2027-05-01", "")), fault.Conflict)
			before := len(h.Entries(t))
			if err := h.org.Begin(ctx, h.Service("authn")); err != nil || len(h.Entries(t)) != before {
				t.Errorf("%v; entries before %d, after %d", err, before, len(h.Entries(t)))
			}
		})
	})
}

func TestBeginIsDoneOnceAndLeavesNoEntryForNothing(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		zone, _ := time.LoadLocation("America/New_York")
		from := org.Begins(civil("2026-12-01"), zone)
		job, begin := h.Service("authn"), func(o *org.Org) {
			t.Helper()
			if err := o.Begin(ctx, h.Service("authn")); err != nil {
				t.Fatal(err)
			}
		}
		h.plan(t, h.casework, acting("2026-12-01", "2026-12-01"))
		other := w.Beside(t)
		elsewhere := org.New(other, org.NewDirectory(other, job))
		h.Clock.Set(from.Add(-time.Second))
		before := len(h.Entries(t))
		begin(h.org)
		if got := len(h.Entries(t)); got != before {
			t.Errorf("%d entries for nothing", got-before)
		}
		h.Clock.Set(from.Add(20 * time.Second))
		begin(h.org)
		begin(elsewhere)
		begin(h.org)
		s, err := elsewhere.Read(ctx, h.as(h.admin, actor.Administrator), h.casework)
		if err != nil || s.Labels.Tag != string(actor.Supervisor) || !s.Value.Since.Equal(from) || s.ChangedBy != "service:authn" {
			t.Errorf("%+v, %v", s, err)
		}
		began := 0
		for _, e := range h.Entries(t) {
			if e.Action == "staff.begin" {
				began++
			}
		}
		if began != 1 {
			t.Errorf("written down %d times", began)
		}
		// Both ends at once, where no server ran in between.
		h.Clock.Set(from.AddDate(0, 0, 3))
		begin(elsewhere)
		if s, err = h.org.Read(ctx, h.as(h.admin, actor.Administrator), h.casework); err != nil || s.Labels.Tag != string(actor.CaseManager) || !s.Value.Since.Equal(from.AddDate(0, 0, 1)) {
			t.Errorf("%+v, %v", s, err)
		}
		var n int
		if err := h.DB.QueryRow(ctx, `SELECT count(*) FROM fact WHERE record = $1 AND rel = 'supervises' AND from_at <= $2 AND until_at > $2`, h.casework.String(), db.Micros(h.Clock.Now())).Scan(&n); err != nil || n != 1 {
			t.Errorf("%d facts say who supervises, %v", n, err)
		}
	})
}

func TestThePastKnowsWhatWasPlanned(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		zone, _ := time.LoadLocation("America/New_York")
		from := org.Begins(civil("2026-12-01"), zone)
		h.plan(t, h.casework, acting("2026-12-01", "2026-12-31"))
		h.Clock.Set(from.AddDate(0, 6, 0))
		for range 2 { // before it was written down, and after
			for _, x := range []struct {
				at   time.Time
				want actor.Role
			}{
				{from, actor.CaseManager}, // right before it
				{from.Add(time.Second), actor.Supervisor},
				{org.Begins(civil("2027-01-01"), zone), actor.Supervisor},
				{org.Begins(civil("2027-01-01"), zone).Add(time.Second), actor.CaseManager},
			} {
				all, err := h.org.Directory().MembersAt(ctx, h.Service("counter"), x.at)
				if err != nil {
					t.Fatal(err)
				}
				i := slices.IndexFunc(all, func(m org.Member) bool { return m.Worker == h.casework.String() })
				if i < 0 || all[i].Role != x.want {
					t.Errorf("at %v: %+v, want %s", x.at, all, x.want)
				}
			}
			if err := h.org.Begin(ctx, h.Service("authn")); err != nil {
				t.Fatal(err)
			}
		}
	})
}

func TestAnAgencyIsNotPlannedToHaveNoAdministrator(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		op := h.Service("operator")
		second := h.invite(t, op, "Bo", "bo@example.org", actor.Administrator, "")
		for _, id := range []org.ID{h.admin, second} {
			if err := h.org.Activate(ctx, h.Service("authn"), id); err != nil {
				t.Fatal(err)
			}
		}
		as := func(id org.ID) actor.Actor { return h.as(id, actor.Administrator) }
		if err := h.org.Plan(ctx, as(second), h.admin, org.Planning{From: civil("2026-12-10"), Until: civil("2026-12-20"), Role: ptr(actor.Auditor)}); err != nil {
			t.Fatal(err)
		}
		for _, x := range [][2]string{{"2026-12-01", ""}, {"2026-12-15", ""}, {"2026-12-20", "2026-12-20"}, {"2026-12-01", "2026-12-10"}} {
			in := org.Planning{From: civil(x[0]), Role: ptr(actor.Intake)}
			if x[1] != "" {
				in.Until = civil(x[1])
			}
			err := h.org.Plan(ctx, as(h.admin), second, in)
			kind(t, err, fault.Invalid)
			field(t, err, "role")
		}
		if err := h.org.Plan(ctx, as(h.admin), second, org.Planning{From: civil("2026-12-01"), Until: civil("2026-12-09"), Role: ptr(actor.Intake)}); err != nil {
			t.Errorf("until the day before: %v", err)
		}
		if err := h.org.Plan(ctx, as(h.admin), second, org.Planning{From: civil("2026-12-21"), Role: ptr(actor.Intake)}); err != nil {
			t.Errorf("when the other is back: %v", err)
		}
	})
}

// What takes the last administrator away on a day to come is refused whatever it is, and
// allowed once somebody else is one by then.
func TestTheLastAdministratorIsNotTakenAwayOnALaterDay(t *testing.T) {
	away := org.Planning{From: civil("2026-12-10"), Role: ptr(actor.Intake)}
	for _, x := range []struct {
		name string
		// before leaves bo an administrator until December 9 only.
		before func(t *testing.T, h *house, bo org.ID)
		field  string
		takes  func(h *house, who actor.Actor) error // the first administrator away, by bo
	}{
		{"by a change at once", func(t *testing.T, h *house, bo org.ID) { h.plan(t, bo, away) }, "role",
			func(h *house, who actor.Actor) error {
				return h.org.Change(ctx, who, h.admin, 0, org.Edit{Role: ptr(actor.Auditor)})
			}},
		{"by ending access", func(t *testing.T, h *house, bo org.ID) { h.plan(t, bo, away) }, "hand_to",
			func(h *house, who actor.Actor) error { return h.org.Leave(ctx, who, h.admin, org.Leaving{}) }},
		{"by a planned change", func(t *testing.T, h *house, bo org.ID) { h.plan(t, bo, away) }, "role",
			func(h *house, who actor.Actor) error {
				return h.org.Plan(ctx, who, h.admin, org.Planning{From: civil("2026-12-05"), Role: ptr(actor.Auditor)})
			}},
		{"where the other is one in a second role that ends", func(t *testing.T, h *house, bo org.ID) {
			if err := h.org.Change(ctx, h.as(h.admin, actor.Administrator), bo, 0, org.Edit{Role: ptr(actor.SecurityOfficer)}); err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
			in := deciding(actor.Administrator)
			in.Until = civil("2026-12-09")
			if err := h.org.Decide(ctx, h.as(h.admin, actor.Administrator), bo, in); err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}, "hand_to", func(h *house, who actor.Actor) error { return h.org.Leave(ctx, who, h.admin, org.Leaving{}) }},
	} {
		t.Run(x.name, func(t *testing.T) {
			recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
				h := open(t, w)
				bo := h.invite(t, h.Service("operator"), "Bo", "bo@example.org", actor.Administrator, "")
				for _, id := range []org.ID{h.admin, bo, h.boss, h.casework} {
					if err := h.org.Activate(ctx, h.Service("authn"), id); err != nil {
						t.Fatal(err)
					}
				}
				x.before(t, h, bo)
				who := h.as(bo, actor.Administrator)
				before, _ := h.org.Read(ctx, who, h.admin)
				err := x.takes(h, who)
				kind(t, err, fault.Invalid)
				field(t, err, x.field)
				if s, err := h.org.Read(ctx, who, h.admin); err != nil || s.Version != before.Version {
					t.Errorf("it was refused, and changed: %+v, %v", s, err)
				}
				// Somebody becomes one a day too late, and then in time.
				for _, y := range []struct {
					from string
					ok   bool
				}{{"2026-12-11", false}, {"2026-12-10", true}} {
					in := deciding(actor.Administrator)
					in.From = civil(y.from)
					if err := h.org.Decide(ctx, who, h.casework, in); err != nil {
						t.Fatal(err, fault.FieldsOf(err))
					}
					if y.ok {
						if err := x.takes(h, who); err != nil {
							t.Errorf("somebody else is one by then: %v, %v", err, fault.FieldsOf(err))
						}
						// Now it is that second role that may not end.
						s, err := h.org.Read(ctx, who, h.casework)
						if err != nil {
							t.Fatal(err)
						}
						also := s.Value.Also
						field(t, h.org.EndSecond(ctx, who, h.casework, also[len(also)-1].Key, phi.NewText("Not needed.")), "role")
						continue
					}
					kind(t, x.takes(h, who), fault.Invalid)
					s, err := h.org.Read(ctx, who, h.casework)
					if err != nil {
						t.Fatal(err)
					}
					if err := h.org.EndSecond(ctx, who, h.casework, s.Value.Also[0].Key, phi.NewText("Too late.")); err != nil {
						t.Fatal(err, fault.FieldsOf(err))
					}
				}
			})
		})
	}
}

func TestWhomAServiceEndsIsOutThoughTheyAreTheLastAdministrator(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		if err := h.org.Leave(ctx, h.Operator(), h.admin, org.Leaving{}); err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
	})
}
