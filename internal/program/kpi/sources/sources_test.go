package sources_test

import (
	"context"
	"slices"
	"testing"
	"time"
	_ "time/tzdata"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/kpi/sources"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// house is an agency with people, something required of them, officers and vendors.
type house struct {
	*recordtest.World
	t   *testing.T
	org *org.Org
	gov *governance.Governance
	vs  *vendor.Vendors
	ss  *sanction.Sanctions
	kpi *kpi.KPI

	ada, pat, sol, cleo, cal, ivy org.ID
}

func open(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	h := &house{World: w, t: t, org: org.New(w.Door, dir), gov: governance.New(w.Door, w.Service("sequencer"), dir), vs: vendor.New(w.Door, w.Service("counterparty")), ss: sanction.New(w.Door, w.Service("sequencer"), dir, nil, nil, nil, nil)}
	h.kpi = kpi.New(w.Door, w.Service("counter"), dir, sources.All(w.Door, dir, h.gov, h.vs, h.ss)...)
	h.ok(h.org.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "America/New_York"}))
	h.ada, h.pat, h.sol = h.invite("ada", actor.Administrator, time.Time{}), h.invite("pat", actor.PrivacyOfficer, time.Time{}), h.invite("sol", actor.SecurityOfficer, time.Time{})
	return h
}

func (h *house) ok(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) invite(name string, role actor.Role, started time.Time) org.ID {
	h.t.Helper()
	id, err := h.org.Invite(ctx, h.Service("operator"), org.Invitation{Given: phi.NewText(name), Family: phi.NewText("Example"), Mail: phi.NewText(name + "@example.org"), Role: role, Started: started})
	h.ok(err)
	return id
}

func (h *house) admin() actor.Actor    { return h.Proved(h.ada.String(), actor.Administrator) }
func (h *house) privacy() actor.Actor  { return h.Proved(h.pat.String(), actor.PrivacyOfficer) }
func (h *house) security() actor.Actor { return h.Proved(h.sol.String(), actor.SecurityOfficer) }

func (h *house) clear(id org.ID) {
	h.t.Helper()
	h.ok(h.org.Clear(ctx, h.security(), id, org.Checked{What: phi.NewText("References"), Outcome: org.Cleared}))
}

// keep writes a record as its room does.
func keep[T any](h *house, who actor.Actor, kind *record.Kind[T], action string, v T) record.ID[T] {
	h.t.Helper()
	w := h.Door.Work(who, action)
	id := record.Use(h.Door, kind).CreateAs(w, action, record.Subject{}, v)
	h.ok(w.Commit(ctx))
	return id
}

func (h *house) acknowledge(id org.ID, role actor.Role, v policydoc.VersionID) {
	h.t.Helper()
	keep(h, h.As(id.String(), role), policydoc.AcknowledgementKind, "acknowledgement.create",
		policydoc.Acknowledgement{Version: v, Code: "doors", Worker: id.String(), At: h.Clock.Now()})
}

// paper is an agreement on paper, confirmed by somebody else.
func (h *house) paper(v vendor.ID, from, until time.Time) {
	h.t.Helper()
	a := vendor.Agreement{
		Paper: vendor.Paper{Place: "Cabinet 2", SignedFor: "Mara Lund, Director", SignedOn: from}, EPHI: true, Purposes: "Keeping backups.",
		Classes: []policy.Class{policy.Identity}, ReportHours: 48, Effective: from, Expiry: until,
	}
	for _, x := range vendor.Terms() {
		a.Ticked = append(a.Ticked, x.Code)
	}
	id, err := h.vs.Draft(ctx, h.privacy(), v, a)
	h.ok(err)
	o, err := h.vs.Agreement(ctx, h.privacy(), id)
	h.ok(err)
	h.ok(h.vs.Sign(ctx, h.security(), id, o.Value.Hash(), vendor.Signature{Name: "Sol", Title: "Security Officer"}, true))
}

func (h *house) vendor(name string, agreed time.Time, until time.Time) vendor.ID {
	h.t.Helper()
	id, err := h.vs.Begin(ctx, h.privacy(), vendor.Vendor{
		Name: name, Services: "Keeps our backups.", Contact: phi.NewText("Mara Lund"), Answers: vendor.Answers{Receives: true, Maintains: true, ForUs: true},
		Volume: vendor.Many, Classes: []policy.Class{policy.Identity}, Dependency: vendor.Days,
	})
	h.ok(err)
	h.ok(h.vs.Assess(ctx, h.privacy(), id, 0, nil))
	h.paper(id, agreed, until)
	h.ok(h.vs.Start(ctx, h.privacy(), id, 0))
	return id
}

// measures are all sources, owned by Pat, every month.
func (h *house) measures() (out []kpi.Measure) {
	for _, s := range h.kpi.Sources() {
		out = append(out, kpi.Measure{Source: s.Code, Owner: h.pat.String(), Target: s.Target, Cadence: kpi.Monthly})
	}
	return out
}

type pair struct{ Num, Den int64 }

func now(figures []kpi.Figure) map[string]pair {
	out := map[string]pair{}
	for _, f := range figures {
		out[f.Source] = pair{f.Num, f.Den}
	}
	return out
}

func before(figures []kpi.Figure) map[string]pair {
	out := map[string]pair{}
	for _, f := range figures {
		out[f.Source] = pair{f.WasNum, f.WasDen}
	}
	return out
}

func day(n int) time.Time { return time.Date(2026, time.November, n, 15, 0, 0, 0, time.UTC) }

// TestAFiledPeriodCountsTheSameWhateverHappensLater files November and then lets people
// change roles, come and go, hold more, and what was true in November be written down late.
func TestAFiledPeriodCountsTheSameWhateverHappensLater(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w) // on November 20
		h.cleo, h.cal, h.ivy = h.invite("cleo", actor.CaseManager, time.Time{}), h.invite("cal", actor.CaseManager, time.Time{}), h.invite("ivy", actor.Intake, time.Time{})
		w.Clock.Set(day(21))
		h.ok(h.org.RequireClearance(ctx, h.admin(), true, org.ClearanceTerms{Settle: 10}))
		h.clear(h.cleo)
		h.clear(h.pat)
		rules := training.Line{Course: "rules", Form: training.Module, Settle: 10, Grace: 10, Since: day(21), From: day(21)}
		must := keep(h, h.privacy(), training.CurriculumKind, "curriculum.change", training.Curriculum{Role: actor.CaseManager, Lines: []training.Line{rules}})
		keep(h, h.As(h.cleo.String(), actor.CaseManager), training.AttemptKind, "attempt.start", training.Attempt{Worker: h.cleo.String(), Course: "rules", Status: training.Passed, Finished: day(21)})
		doors := record.FreshID[policydoc.Version](w.Clock.Now())
		keep(h, h.privacy(), policydoc.Kind, "policydoc.create", policydoc.Document{Code: "doors", State: policydoc.InForce, Acknowledged: true, Periods: []policydoc.Period{
			{Version: doors, From: day(21), Terms: []policydoc.Terms{{From: day(21), Wanted: true, Grace: 10}}},
		}})
		h.acknowledge(h.cleo, actor.CaseManager, doors)
		h.acknowledge(h.pat, actor.PrivacyOfficer, doors)
		h.acknowledge(h.ada, actor.Administrator, doors)
		w.Clock.Set(day(24))
		named := func(id org.ID, f governance.Function, from time.Time) governance.ID {
			t.Helper()
			d, err := h.gov.Designate(ctx, h.admin(), governance.Designation{Person: id.String(), Function: f, From: from, Document: "Resolution 14", Contact: phi.NewText("Room 4")})
			h.ok(err)
			return d
		}
		named(h.pat, governance.Privacy, time.Time{})
		h.ok(h.gov.End(ctx, h.admin(), named(h.sol, governance.Security, time.Time{}), 0, day(28), "leaves the function"))
		first := h.vendor("Harbor Records", day(22), time.Time{})
		second := h.vendor("Mill Street Backups", day(22), day(27))
		broken, err := h.ss.Report(ctx, h.privacy(), sanction.Sanction{Person: h.ivy.String(), Cause: sanction.Other, What: "An open screen.", Known: w.Clock.Now()})
		h.ok(err)
		h.ok(h.ss.Find(ctx, h.privacy(), broken, 1, true, false, sanction.Careless, "It was seen."))

		w.Clock.Set(time.Date(2026, time.December, 2, 15, 0, 0, 0, time.UTC))
		h.ok(h.kpi.Set(ctx, h.privacy(), 0, h.measures()))
		id, err := h.kpi.File(ctx, h.privacy(), "2026-11", "", "First report.")
		h.ok(err)
		o, err := h.kpi.Read(ctx, h.admin(), id)
		h.ok(err)
		november := map[string]pair{
			"standing.met":          {2, 6},     // Cleo and Pat
			"training.current":      {1, 2},     // of Cleo and Cal
			"policies.acknowledged": {3, 6},     // Cleo, Pat and Ada
			"officers.gap":          {659, 100}, // 20th to 24th, and 28th 10:00 to the end: 6 days and 14 hours
			"vendors.bound":         {1, 2},     // one agreement ran out
			"sanctions.undecided":   {1, 1},     // confirmed on the 24th, decided in December
		}
		if d := cmp.Diff(november, now(o.Value.Figures)); d != "" {
			t.Fatal(d)
		}
		if d := cmp.Diff(map[string]pair{"standing.met": {}, "training.current": {}, "policies.acknowledged": {}, "officers.gap": {}, "vendors.bound": {}, "sanctions.undecided": {}}, before(o.Value.Figures)); d != "" {
			t.Error("before there was an agency there is nothing to count: ", d)
		}
		if f := o.Value.Figures[0]; f.Owner != h.pat.String() || f.Target != 100 || o.Value.By != h.pat.String() || o.Value.Remarks != "First report." {
			t.Errorf("it keeps %+v", o.Value)
		}

		w.Clock.Set(time.Date(2026, time.December, 3, 15, 0, 0, 0, time.UTC))
		intake := actor.Intake
		h.ok(h.org.Change(ctx, h.admin(), h.cleo, 0, org.Edit{Role: &intake}))
		h.ok(h.org.Terminate(ctx, h.admin(), h.cal))
		h.invite("nan", actor.CaseManager, day(21)) // worked before it was written down
		h.clear(h.ada)
		h.acknowledge(h.sol, actor.SecurityOfficer, doors)
		wk := w.Door.Work(h.privacy(), "curriculum.change")
		record.Use(w.Door, training.CurriculumKind).Change(wk, "change", must, 0, func(c *training.Curriculum) error {
			more := rules
			more.Course, more.Since, more.From = "more", w.Clock.Now(), w.Clock.Now()
			c.Lines = append(c.Lines, more)
			return nil
		})
		h.ok(wk.Commit(ctx))
		named(h.sol, governance.Security, day(28)) // as the paper says
		h.paper(second, day(26), time.Time{})
		h.ok(h.vs.Terminate(ctx, h.privacy(), first, 0, "not needed"))
		h.ok(h.ss.Decide(ctx, h.security(), broken, 2, sanction.Decision{Guard: sanction.Guard{Disclosure: sanction.No, Opposition: sanction.No}, Level: 1, Why: "An open screen."}))

		w.Clock.Set(time.Date(2026, time.December, 6, 15, 0, 0, 0, time.UTC))
		_, again, same, err := h.kpi.Recount(ctx, h.Operator(), id)
		h.ok(err)
		if d := cmp.Diff(o.Value.Figures, again); !same || d != "" {
			t.Errorf("counted again it is the same: %v, %s", same, d)
		}
		// What happened shows in December, which is compared with the November that was.
		december, _, err := h.kpi.Count(ctx, h.admin(), kpi.PeriodAt(kpi.Monthly, w.Clock.Now(), zone(t)))
		h.ok(err)
		if d := cmp.Diff(map[string]pair{
			"standing.met":          {3, 6}, // Ada besides; Nan for Cal
			"training.current":      {0, 2}, // Nan, of what was and what is new
			"policies.acknowledged": {4, 6},
			"officers.gap":          {0, 100},
			"vendors.bound":         {1, 1},
			"sanctions.undecided":   {0, 1},
		}, now(december)); d != "" {
			t.Error(d)
		}
		if d := cmp.Diff(november, before(december)); d != "" {
			t.Error(d)
		}

		// A report that says another number, and one of what nobody counts any more, are found.
		wrong := o.Value
		wrong.Figures = slices.Clone(wrong.Figures)
		wrong.Figures[1].Num++
		bad := keep(h, h.privacy(), kpi.Kind, "kpi_report.create", wrong)
		if _, again, same, err := h.kpi.Recount(ctx, h.admin(), bad); err != nil || same || !again[1].Changed || again[0].Changed || again[1].Num != 1 {
			t.Errorf("a wrong figure: same %v, %+v, %v", same, again, err)
		}
		wrong.Figures = []kpi.Figure{{Source: "gone", Unit: kpi.Count, Num: 3, Den: 1}}
		bad = keep(h, h.privacy(), kpi.Kind, "kpi_report.create", wrong)
		if _, again, same, err := h.kpi.Recount(ctx, h.admin(), bad); err != nil || same || !again[0].Changed {
			t.Errorf("a figure without source: same %v, %+v, %v", same, again, err)
		}
	})
}

func zone(t *testing.T) *time.Location {
	t.Helper()
	z, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Fatal(err)
	}
	return z
}

func wrong(err error, field string) bool {
	return slices.ContainsFunc(fault.FieldsOf(err), func(f fault.Field) bool { return f.Name == field && f.Message != "" })
}

func TestMeasuresAreSetByOfficersAndSayWhatIsWrong(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		for name, who := range map[string]actor.Actor{"an administrator": h.admin(), "a case manager": h.As("c", actor.CaseManager), "an auditor": h.As("a", actor.Auditor)} {
			if err := h.kpi.Set(ctx, who, 0, h.measures()); !fault.Is(err, fault.Denied) {
				t.Errorf("%s sets them: %v", name, err)
			}
		}
		for field, change := range map[string]func(*kpi.Measure){
			"owner-standing.met":   func(m *kpi.Measure) { m.Owner = "nobody" },
			"target-standing.met":  func(m *kpi.Measure) { m.Target = 101 },
			"cadence-standing.met": func(m *kpi.Measure) { m.Cadence = "daily" },
		} {
			want := h.measures()
			change(&want[0])
			if err := h.kpi.Set(ctx, h.privacy(), 0, want); !wrong(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		if err := h.kpi.Set(ctx, h.privacy(), 0, nil); !fault.Is(err, fault.Invalid) {
			t.Errorf("none: %v", err)
		}
		if err := h.kpi.Set(ctx, h.privacy(), 0, append(h.measures(), h.measures()[0])); !fault.Is(err, fault.Invalid) {
			t.Errorf("one twice: %v", err)
		}
		h.ok(h.kpi.Set(ctx, h.privacy(), 0, h.measures()))
		began := w.Clock.Now()
		w.Clock.Advance(time.Hour)
		if err := h.kpi.Set(ctx, h.security(), 0, h.measures()); !fault.Is(err, fault.Conflict) {
			t.Errorf("set over what somebody set meanwhile: %v", err)
		}
		next := h.measures()
		next[1].Cadence, next[0].Target = kpi.Quarterly, 90
		h.ok(h.kpi.Set(ctx, h.security(), 1, next))
		got, version, err := h.kpi.Measures(ctx, h.admin())
		if err != nil || version != 2 || got[0].Target != 90 || !got[0].Since.Equal(began) || !got[1].Since.Equal(w.Clock.Now()) {
			t.Errorf("version %d, %+v, %v", version, got, err)
		}
		if _, _, err := h.kpi.Measures(ctx, h.As("c", actor.CaseManager)); !fault.Is(err, fault.Denied) {
			t.Errorf("a case manager sees them: %v", err)
		}
	})
}

func TestAPeriodHasOneReportThatCounts(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w) // on November 20
		if _, err := h.kpi.File(ctx, h.privacy(), "2026-11", "", ""); !wrong(err, "period") {
			t.Errorf("while it lasts: %v", err)
		}
		w.Clock.Set(time.Date(2026, time.December, 1, 5, 0, 0, 0, time.UTC)) // midnight in New York
		if _, err := h.kpi.File(ctx, h.privacy(), "2026-11", "", ""); !wrong(err, "period") {
			t.Errorf("with no figure set: %v", err)
		}
		if figures, set, err := h.kpi.Count(ctx, h.admin(), kpi.PeriodAt(kpi.Monthly, day(25), zone(t))); err != nil || set || len(figures) != 6 || figures[0].Target != 100 || figures[0].Owner != "" {
			t.Errorf("before any is set: %+v, %v, %v", figures, set, err)
		}
		h.ok(h.kpi.Set(ctx, h.privacy(), 0, h.measures()))
		for name, period := range map[string]string{"of before the agency": "2026-10", "of no month": "2026-13", "of a quarter to come": "2026-Q4", "nonsense": "x"} {
			if _, err := h.kpi.File(ctx, h.privacy(), period, "", ""); !wrong(err, "period") {
				t.Errorf("%s: %v", name, err)
			}
		}
		for name, who := range map[string]actor.Actor{"an administrator": h.admin(), "an auditor": h.As("a", actor.Auditor), "a supervisor": h.As("s", actor.Supervisor)} {
			if _, err := h.kpi.File(ctx, who, "2026-11", "", ""); !fault.Is(err, fault.Denied) {
				t.Errorf("%s files: %v", name, err)
			}
		}
		first, err := h.kpi.File(ctx, h.privacy(), "2026-11", "", "")
		h.ok(err)
		if _, err := h.kpi.File(ctx, h.security(), "2026-11", "", "again"); !wrong(err, "period") {
			t.Errorf("a second one: %v", err)
		}
		if _, err := h.kpi.File(ctx, h.security(), "2026-11", first.String(), " "); !wrong(err, "remarks") {
			t.Errorf("in its place, without a word: %v", err)
		}
		w.Clock.Advance(time.Hour)
		second, err := h.kpi.File(ctx, h.security(), "2026-11", first.String(), "The target was wrong.")
		h.ok(err)
		if _, err := h.kpi.File(ctx, h.privacy(), "2026-11", first.String(), "once more"); !fault.Is(err, fault.Conflict) {
			t.Errorf("in the place of what was replaced: %v", err)
		}
		all, err := h.kpi.Reports(ctx, h.As("a", actor.Auditor))
		if err != nil || len(all) != 2 || all[0].ID != second || all[0].By != "" || all[0].Value.Replaces != first.String() || all[1].By != second.String() {
			t.Errorf("the list is %+v, %v", all, err)
		}
		for name, who := range map[string]actor.Actor{"a case manager": h.As("c", actor.CaseManager), "the counter": h.Service("counter")} {
			if _, err := h.kpi.Read(ctx, who, first); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.NotFound) {
				t.Errorf("%s reads it: %v", name, err)
			}
		}
		if _, _, err := h.kpi.Count(ctx, h.As("c", actor.CaseManager), kpi.PeriodAt(kpi.Monthly, day(25), zone(t))); !fault.Is(err, fault.Denied) {
			t.Errorf("a case manager has it counted: %v", err)
		}
	})
}

func TestWhatIsNotFiledIsSaid(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w) // on November 20
		due := func() (out []string) {
			t.Helper()
			all, err := h.kpi.Due(ctx, h.admin())
			h.ok(err)
			for _, d := range all {
				s := d.Name + " by " + d.By.Format(time.DateOnly)
				if d.Late {
					s += " late"
				}
				out = append(out, s)
			}
			return out
		}
		w.Clock.Set(time.Date(2027, time.March, 1, 15, 0, 0, 0, time.UTC))
		if got := due(); got != nil {
			t.Errorf("with no figure set: %v", got)
		}
		w.Clock.Set(day(25))
		want := h.measures()
		want[0].Cadence = kpi.Quarterly
		h.ok(h.kpi.Set(ctx, h.privacy(), 0, want))
		if got := due(); got != nil {
			t.Errorf("in the first month: %v", got)
		}
		w.Clock.Set(time.Date(2026, time.December, 16, 4, 59, 59, 0, time.UTC))
		if d := cmp.Diff([]string{"2026-11 by 2026-12-16"}, due()); d != "" {
			t.Error(d)
		}
		w.Clock.Advance(time.Second)
		if d := cmp.Diff([]string{"2026-11 by 2026-12-16 late"}, due()); d != "" {
			t.Error(d)
		}
		id, err := h.kpi.File(ctx, h.privacy(), "2026-11", "", "")
		h.ok(err)
		if o, err := h.kpi.Read(ctx, h.admin(), id); err != nil || len(o.Value.Figures) != 5 {
			t.Errorf("a month has the monthly figures alone: %+v, %v", o.Value.Figures, err)
		}
		w.Clock.Set(time.Date(2027, time.January, 2, 15, 0, 0, 0, time.UTC))
		if d := cmp.Diff([]string{"2026-12 by 2027-01-16", "2026-Q4 by 2027-01-16"}, due()); d != "" {
			t.Error(d)
		}
		id, err = h.kpi.File(ctx, h.privacy(), "2026-Q4", "", "")
		h.ok(err)
		if o, err := h.kpi.Read(ctx, h.admin(), id); err != nil || len(o.Value.Figures) != 6 {
			t.Errorf("a quarter has them all: %+v, %v", o.Value.Figures, err)
		}
		got, err := h.kpi.Fillable(ctx)
		h.ok(err)
		var names []string
		for _, p := range got {
			names = append(names, p.Name)
		}
		if d := cmp.Diff([]string{"2026-12", "2026-11", "2026-Q4"}, names); d != "" {
			t.Error(d)
		}
	})
}
