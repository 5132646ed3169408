package governance_test

import (
	"context"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/governance"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

const day = 24 * time.Hour

// house is an agency with an administrator, and people who could be officers.
type house struct {
	*recordtest.World
	t                    *testing.T
	org                  *org.Org
	gov                  *governance.Governance
	ada, pat, sol, fresh org.ID
}

func open(t *testing.T, w *recordtest.World) *house {
	t.Helper()
	dir := org.NewDirectory(w.Door, w.Service("authn"))
	h := &house{World: w, t: t, org: org.New(w.Door, dir), gov: governance.New(w.Door, w.Service("sequencer"), dir)}
	if err := h.org.Found(ctx, w.Service("operator"), org.Agency{Name: "North Agency", TimeZone: "America/New_York", Programs: []org.Program{{Code: "house", Name: "House"}}}); err != nil {
		t.Fatal(err)
	}
	h.ada = h.invite("ada@example.org", actor.Administrator)
	return h
}

func (h *house) invite(mail string, role actor.Role) org.ID {
	h.t.Helper()
	in := org.Invitation{Given: phi.NewText("A"), Family: phi.NewText("Example"), Mail: phi.NewText(mail), Role: role}
	if role == actor.ProgramManager || role == actor.CaseManager {
		in.Programs = []string{"house"}
	}
	id, err := h.org.Invite(ctx, h.Service("operator"), in)
	if err != nil {
		h.t.Fatal(err)
	}
	return id
}

// hire adds the two officers.
func (h *house) hire() *house {
	h.pat, h.sol, h.fresh = h.invite("pat@example.org", actor.PrivacyOfficer), h.invite("sol@example.org", actor.SecurityOfficer), h.invite("new@example.org", actor.PrivacyOfficer)
	return h
}

func (h *house) admin() actor.Actor { return h.Proved(h.ada.String(), actor.Administrator) }

func of(id org.ID, f governance.Function) governance.Designation {
	return governance.Designation{Person: id.String(), Function: f, Document: "Resolution 2026-14", Contact: phi.NewText("Room 4, 555-0100")}
}

func (h *house) designate(who actor.Actor, d governance.Designation) governance.ID {
	h.t.Helper()
	id, err := h.gov.Designate(ctx, who, d)
	if err != nil {
		h.t.Fatal(err, fault.FieldsOf(err))
	}
	return id
}

func (h *house) line(f governance.Function) governance.Line {
	h.t.Helper()
	all, err := h.gov.Timeline(ctx, h.admin())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, l := range all {
		if l.Function == f {
			return l
		}
	}
	h.t.Fatal("no line of", f)
	return governance.Line{}
}

func (h *house) now(f governance.Function) governance.State {
	h.t.Helper()
	all, err := h.gov.Now(ctx, h.admin())
	if err != nil {
		h.t.Fatal(err)
	}
	for _, s := range all {
		if s.Function == f {
			return s
		}
	}
	h.t.Fatal("no state of", f)
	return governance.State{}
}

func wrong(err error, field string) bool {
	for _, f := range fault.FieldsOf(err) {
		if f.Name == field {
			return true
		}
	}
	return false
}

func TestGapIsSaidWhileItLastsBeforeItComesAndAfter(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w).hire()
		founded := w.Clock.Now()
		w.Clock.Advance(2*day + time.Hour)
		if s := h.now(governance.Privacy); s.Person != "" || !s.Vacant.Equal(founded) {
			t.Errorf("with nobody designated it says %+v, want a gap since %v", s, founded)
		}
		first := h.designate(h.admin(), of(h.pat, governance.Privacy))
		if s := h.now(governance.Privacy); s.Person != h.pat.String() || s.Open() {
			t.Errorf("with somebody designated for good it says %+v", s)
		}
		if l := h.line(governance.Privacy); l.Gap != 2*day+time.Hour || len(l.Gaps) != 1 {
			t.Errorf("the gap that was is %v in %v", l.Gap, l.Gaps)
		}
		if s := h.now(governance.Security); s.Vacant.IsZero() {
			t.Error("the other function has nobody, and it does not say so")
		}

		// An end without a successor is said at once, and not once there is one.
		ends := w.Clock.Now().Add(10 * day)
		if err := h.gov.End(ctx, h.admin(), first, 0, ends, "leaves the agency"); err != nil {
			t.Fatal(err)
		}
		if s := h.now(governance.Privacy); !s.Ends.Equal(ends) || !s.Vacant.IsZero() {
			t.Errorf("before the end it says %+v", s)
		}
		next := of(h.fresh, governance.Privacy)
		next.From = ends.Add(time.Minute)
		second := h.designate(h.admin(), next)
		if s := h.now(governance.Privacy); !s.Ends.Equal(ends) {
			t.Errorf("a successor a minute late leaves no gap: %+v", s)
		}
		w.Clock.Advance(20 * day)
		if s := h.now(governance.Privacy); s.Person != h.fresh.String() || s.Open() {
			t.Errorf("under the successor it says %+v", s)
		}
		if l := h.line(governance.Privacy); l.Gap != 2*day+time.Hour+time.Minute {
			t.Errorf("both gaps are %v in %v", l.Gap, l.Gaps)
		}

		// A successor from the instant on ends the one before, and leaves no gap.
		last := of(h.pat, governance.Privacy)
		last.From = w.Clock.Now().Add(day)
		h.designate(h.admin(), last)
		o, err := h.gov.Read(ctx, h.admin(), second)
		if err != nil || !o.Value.Until.Equal(last.From) || o.Value.EndedBy != h.ada.String() {
			t.Errorf("the one before is %+v, %v", o.Value, err)
		}
		if s := h.now(governance.Privacy); s.Open() {
			t.Errorf("with a successor from the instant on it says %+v", s)
		}
	})
}

func TestGapBeginsWhenAnOfficersAccessEnds(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w).hire()
		h.designate(h.admin(), of(h.pat, governance.Privacy))
		w.Clock.Advance(3 * day)
		left := w.Clock.Now()
		if err := h.org.Terminate(ctx, h.admin(), h.pat); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(day)
		if s := h.now(governance.Privacy); !s.Vacant.Equal(left) {
			t.Errorf("it says %+v, want a gap since %v", s, left)
		}
		l := h.line(governance.Privacy)
		if l.Gap != day || !l.Holders[0].Left || !l.Holders[0].Span.Until.Equal(left) {
			t.Errorf("the timeline is %+v", l)
		}
	})
}

func TestNobodyDesignatesThemselvesUnlessNobodyElseCould(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		own := h.designate(h.admin(), of(h.ada, governance.Privacy))
		if o, err := h.gov.Read(ctx, h.admin(), own); err != nil || !o.Value.Alone {
			t.Errorf("alone: %+v, %v", o.Value, err)
		}
		if e := h.Entries(t)[1]; e.Action != "designation.alone" || e.Outcome != audit.Allowed {
			t.Errorf("the entry is %s, %v", e.Action, e.Outcome)
		}
		h.hire()
		if _, err := h.gov.Designate(ctx, h.admin(), of(h.ada, governance.Security)); !wrong(err, "person") {
			t.Errorf("with others there: %v", err)
		}
		pat := h.Proved(h.pat.String(), actor.PrivacyOfficer)
		h.designate(pat, of(h.sol, governance.Security))
		for name, who := range map[string]actor.Actor{
			"a case manager":                       h.Proved("cleo", actor.CaseManager),
			"a supervisor":                         h.Proved("sam", actor.Supervisor),
			"an auditor":                           h.Proved("ole", actor.Auditor),
			"an administrator without fresh proof": h.As(h.ada.String(), actor.Administrator),
		} {
			if _, err := h.gov.Designate(ctx, who, of(h.pat, governance.PrivacyDeputy)); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", name, err)
			}
			if e := h.Entries(t)[0]; e.Outcome != audit.Refused || e.Action != "designation.create" {
				t.Errorf("%s: the entry is %s %v", name, e.Action, e.Outcome)
			}
		}
	})
}

func TestOnePersonMayBeBothOfficersWithAWordAboutConflicts(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w).hire()
		h.designate(h.admin(), of(h.pat, governance.Privacy))
		both := of(h.pat, governance.Security)
		if _, err := h.gov.Designate(ctx, h.admin(), both); !wrong(err, "conflicts") {
			t.Errorf("without a word about conflicts: %v", err)
		}
		both.Conflicts = "Ada reviews what Pat opens."
		id := h.designate(h.admin(), both)
		if o, err := h.gov.Read(ctx, h.admin(), id); err != nil || o.Value.Conflicts == "" {
			t.Errorf("%+v, %v", o.Value, err)
		}
		// One function after the other is no conflict.
		if s := h.now(governance.Security); s.Person != h.pat.String() || s.Open() {
			t.Errorf("%+v", s)
		}
	})
}

func TestDesignationIsRefusedWhereItSaysTooLittleOrMeetsAnother(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w).hire()
		first := of(h.pat, governance.Privacy)
		first.From = w.Clock.Now().Add(day)
		h.designate(h.admin(), first)
		for field, change := range map[string]func(*governance.Designation){
			"function": func(d *governance.Designation) { d.Function = "janitor" },
			"person":   func(d *governance.Designation) { d.Person = "nobody" },
			"document": func(d *governance.Designation) { d.Document = " " },
			"contact":  func(d *governance.Designation) { d.Contact = phi.Text{} },
			"until":    func(d *governance.Designation) { d.Until = w.Clock.Now() },
			"from":     func(d *governance.Designation) {}, // it would meet the one that begins tomorrow
		} {
			d := of(h.fresh, governance.Privacy)
			change(&d)
			if _, err := h.gov.Designate(ctx, h.admin(), d); !wrong(err, field) {
				t.Errorf("%s: %v %v", field, err, fault.FieldsOf(err))
			}
		}
		until := of(h.fresh, governance.Privacy)
		until.Until = first.From
		h.designate(h.admin(), until)
		// Deputies may be several.
		h.designate(h.admin(), of(h.fresh, governance.PrivacyDeputy))
		h.designate(h.admin(), of(h.sol, governance.PrivacyDeputy))
		if s := h.now(governance.Privacy); s.Person != h.fresh.String() || s.Open() {
			t.Errorf("%+v", s)
		}
	})
}

func TestWhatEveryPageAsksOpensDesignationsOnceUntilTheyChange(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w).hire()
		id := h.designate(h.admin(), of(h.pat, governance.Privacy))
		h.now(governance.Privacy)
		officer := func() governance.Officer {
			t.Helper()
			o, err := h.gov.Officer(ctx, h.admin(), governance.Privacy)
			if err != nil {
				t.Fatal(err)
			}
			return o
		}
		if o := officer(); o.Person != h.pat.String() || o.Contact.Empty() {
			t.Errorf("who takes complaints is %+v", o)
		}
		if err := h.gov.Reach(ctx, h.admin(), id, 0, phi.NewText("Room 7")); err != nil {
			t.Fatal(err)
		}
		if o := officer(); o.Contact.Disclose() != "Room 7" {
			t.Errorf("reached by what was: %q", o.Contact.Disclose())
		}
		before := len(h.Entries(t))
		w.Clock.Advance(day)
		h.now(governance.Privacy)
		if n := len(h.Entries(t)); n != before {
			t.Errorf("%d entries of asking again", n-before)
		}
		if err := h.gov.End(ctx, h.admin(), id, 0, time.Time{}, "resigned"); err != nil {
			t.Fatal(err)
		}
		if s := h.now(governance.Privacy); !s.Vacant.Equal(w.Clock.Now()) {
			t.Errorf("after the end it says %+v", s)
		}
		if o := officer(); o.Person != "" || !o.Contact.Empty() {
			t.Errorf("whose time is over is named: %+v", o)
		}
		if err := h.gov.End(ctx, h.admin(), id, 0, time.Time{}, "again"); !fault.Is(err, fault.Conflict) {
			t.Errorf("ended twice: %v", err)
		}
		if err := h.gov.Reach(ctx, h.admin(), id, 0, phi.NewText("Room 5")); err != nil {
			t.Error(err)
		}
		if err := h.gov.Reach(ctx, h.admin(), id, 0, phi.NewText(" ")); !wrong(err, "contact") {
			t.Errorf("reached nowhere: %v", err)
		}
	})
}
