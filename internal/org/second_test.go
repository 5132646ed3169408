package org_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

const apart = "Ines co-signs what Cleo writes, and Sam assigns her cases."

func deciding(role actor.Role, programs ...string) org.Deciding {
	return org.Deciding{Role: role, Programs: programs, Statement: phi.NewText(apart)}
}

func TestEveryPairOfRolesHasAVerdictAndAReason(t *testing.T) {
	never := map[string]bool{"administrator privacy_officer": true}
	for _, a := range actor.Roles() {
		for _, b := range actor.Roles() {
			p := org.PairOf(a, b)
			if p != org.PairOf(b, a) {
				t.Errorf("%s and %s depend on their order", a, b)
			}
			want := a == b || a == actor.Auditor || b == actor.Auditor || never[string(a)+" "+string(b)] || never[string(b)+" "+string(a)]
			if p.Never != want || len(p.Why) < 20 {
				t.Errorf("%s and %s: never is %v, because %q", a, b, p.Never, p.Why)
			}
		}
	}
}

// did is the newest entry of an action.
func (h *house) did(t *testing.T, action string) audit.Logged {
	t.Helper()
	for _, e := range h.Entries(t) {
		if e.Action == action {
			return e
		}
	}
	t.Fatalf("no entry says %s", action)
	return audit.Logged{}
}

func TestWhoDecidesASecondRoleAndOnWhat(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := h.as(h.admin, actor.Administrator)
		t.Run("what is missing or never goes together is said at once", func(t *testing.T) {
			for _, x := range []struct {
				field string
				with  func(in *org.Deciding)
			}{
				{"statement", func(in *org.Deciding) { in.Statement = phi.NewText("  Sam looks at it.  ") }},
				{"statement", func(in *org.Deciding) { in.Statement = phi.NewText(strings.Repeat("é", org.MaxStatement+1)) }},
				{"role", func(in *org.Deciding) { in.Role = actor.CaseManager }},
				{"role", func(in *org.Deciding) { in.Role = actor.Auditor }},
				{"role", func(in *org.Deciding) { in.Role = actor.Service }},
				{"programs", func(in *org.Deciding) { in.Role, in.Programs = actor.ProgramManager, nil }},
				{"programs", func(in *org.Deciding) { in.Programs = []string{"nowhere"} }},
				{"from", func(in *org.Deciding) { in.From = h.Clock.Now().AddDate(0, 0, -2) }},
				{"from", func(in *org.Deciding) { in.From = h.Clock.Now().AddDate(3, 0, 0) }},
				{"until", func(in *org.Deciding) { in.Until = h.Clock.Now().AddDate(0, 0, -2) }},
			} {
				in := deciding(actor.Supervisor)
				x.with(&in)
				err := h.org.Decide(ctx, admin, h.casework, in)
				kind(t, err, fault.Invalid)
				field(t, err, x.field)
			}
		})
		t.Run("nobody decides their own, and nobody but an administrator who proved who they are", func(t *testing.T) {
			kind(t, h.org.Decide(ctx, admin, h.admin, deciding(actor.SecurityOfficer)), fault.Invalid)
			for _, who := range []actor.Actor{
				h.As(h.admin.String(), actor.Administrator), h.as(h.boss, actor.Supervisor), h.as(h.boss, actor.PrivacyOfficer), h.as(h.boss, actor.Auditor),
				h.Service("operator"), h.Service("provisioner"), {},
			} {
				kind(t, h.org.Decide(ctx, who, h.casework, deciding(actor.Supervisor)), fault.Denied)
			}
			if s, err := h.org.Read(ctx, admin, h.casework); err != nil || len(s.Value.Also) > 0 {
				t.Errorf("%+v, %v", s.Value.Also, err)
			}
		})
		t.Run("it is decided and ended with an entry each, and the record says by whom, on what and why", func(t *testing.T) {
			in := deciding(actor.Supervisor, "housing")
			in.Until = civil("2026-12-31")
			if in.Until.Before(h.Clock.Now()) {
				in.Until = h.Clock.Now().AddDate(0, 1, 0)
			}
			if err := h.org.Decide(ctx, admin, h.casework, in); err != nil {
				t.Fatal(err)
			}
			e := h.did(t, "staff.second")
			if e.Outcome != audit.Allowed || e.Detail["role"] != "supervisor" || e.Detail["beside"] != "case_manager" || e.Detail["until"] == "" {
				t.Errorf("%+v", e)
			}
			s, err := h.org.Read(ctx, admin, h.casework)
			if err != nil {
				t.Fatal(err)
			}
			x := s.Value.Also[0]
			if x.Statement.Disclose() != apart || x.DecidedBy != h.admin.String() || !x.DecidedAt.Equal(h.Clock.Now()) {
				t.Errorf("%+v", x)
			}
			err = h.org.Decide(ctx, admin, h.casework, deciding(actor.Intake))
			kind(t, err, fault.Invalid)
			field(t, err, "role") // one second role at a time
			err = h.org.EndSecond(ctx, admin, h.casework, x.Key, phi.NewText(" "))
			field(t, err, "why")
			kind(t, h.org.EndSecond(ctx, h.as(h.boss, actor.Supervisor), h.casework, x.Key, phi.NewText("Not needed.")), fault.Denied)
			kind(t, h.org.EndSecond(ctx, admin, h.casework, "nothing", phi.NewText("Not needed.")), fault.Conflict)
			h.Clock.Advance(time.Minute)
			if err := h.org.EndSecond(ctx, admin, h.casework, x.Key, phi.NewText("Ines is back.")); err != nil {
				t.Fatal(err)
			}
			if e := h.did(t, "staff.second_end"); e.Detail["role"] != "supervisor" {
				t.Errorf("%+v", e)
			}
			s, err = h.org.Read(ctx, admin, h.casework)
			if x = s.Value.Also[0]; err != nil || x.EndedBy != h.admin.String() || x.Why.Disclose() != "Ines is back." || !x.Until.Equal(h.Clock.Now()) || s.Value.Second(h.Clock.Now()) != nil {
				t.Errorf("%+v, %v", x, err)
			}
			kind(t, h.org.EndSecond(ctx, admin, h.casework, x.Key, phi.NewText("Again.")), fault.Conflict)
		})
	})
}

// second is what everything that decides says of a worker's second role.
func (h *house) second(t *testing.T, id org.ID, role actor.Role) bool {
	t.Helper()
	ok := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	dir := h.org.Directory()
	st, err := dir.Standing(ctx, id.String())
	ok(err)
	m, err := dir.Member(ctx, id.String())
	ok(err)
	officers, err := dir.Officers(ctx, role)
	ok(err)
	l, err := h.org.Staff(ctx, h.as(h.admin, actor.Administrator), org.StaffQuery{Role: role})
	ok(err)
	got := []bool{
		st.Works(role), m.Works(role), slices.Contains(officers, id.String()),
		slices.ContainsFunc(l.Rows, func(o record.Opened[org.Staff]) bool { return o.ID == id }),
	}
	if len(slices.Compact(slices.Clone(got))) != 1 || int(l.Total) != len(l.Rows) {
		t.Errorf("at %v they do not agree on %s: %v, %d of %d", h.Clock.Now(), role, got, len(l.Rows), l.Total)
	}
	return got[0]
}

func TestASecondRoleHoldsByTheClock(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := func() actor.Actor { return h.as(h.admin, actor.Administrator) }
		worker, housing := "worker:"+h.casework.String(), "program:housing"
		zone, _ := time.LoadLocation("America/New_York")
		day := h.Clock.Now().In(zone).AddDate(0, 0, 10)
		from, until := org.Begins(day, zone), org.Begins(day.AddDate(0, 0, 6), zone)
		in := deciding(actor.ProgramManager, "housing")
		in.From, in.Until = day, day.AddDate(0, 0, 5)
		if err := h.org.Decide(ctx, admin(), h.casework, in); err != nil {
			t.Fatal(err)
		}
		for _, x := range []struct {
			at   time.Time
			want bool
		}{{from.Add(-time.Second), false}, {from, true}, {until.Add(-time.Second), true}, {until, false}} {
			h.Clock.Set(x.at)
			if got := h.second(t, h.casework, actor.ProgramManager); got != x.want {
				t.Errorf("at %v: %v", x.at, got)
			}
			if got := len(h.stands(t, worker, housing)) > 0; got != x.want {
				t.Errorf("at %v it manages: %v", x.at, got)
			}
			if !h.second(t, h.casework, actor.CaseManager) {
				t.Errorf("at %v the first role is gone", x.at)
			}
		}

		t.Run("it rests while the first role is another for a time, and goes on after", func(t *testing.T) {
			if err := h.org.Decide(ctx, admin(), h.casework, deciding(actor.ProgramManager, "housing")); err != nil {
				t.Fatal(err)
			}
			day := h.Clock.Now().In(zone).AddDate(0, 0, 10)
			if err := h.org.Plan(ctx, admin(), h.casework, org.Planning{From: day, Until: day, Role: ptr(actor.Intake)}); err != nil {
				t.Fatal(err)
			}
			from, until := org.Begins(day, zone), org.Begins(day.AddDate(0, 0, 1), zone)
			for _, x := range []struct {
				at   time.Time
				want bool
			}{{from.Add(-time.Second), true}, {from, false}, {until.Add(-time.Second), false}, {until, true}} {
				h.Clock.Set(x.at)
				for _, written := range []bool{false, true} {
					if got := h.second(t, h.casework, actor.ProgramManager); got != x.want {
						t.Errorf("at %v, written %v: %v", x.at, written, got)
					}
					if got := len(h.stands(t, worker, housing)) > 0; got != x.want {
						t.Errorf("at %v, written %v, it manages: %v", x.at, written, got)
					}
					if err := h.org.Begin(ctx, h.Service("authn")); err != nil {
						t.Fatal(err)
					}
				}
			}
		})
		t.Run("another first role for good ends it, and the first role put back brings it not back", func(t *testing.T) {
			for _, role := range []actor.Role{actor.Intake, actor.CaseManager} {
				if err := h.org.Change(ctx, admin(), h.casework, 0, org.Edit{Role: ptr(role)}); err != nil {
					t.Fatal(err)
				}
				if h.second(t, h.casework, actor.ProgramManager) || len(h.stands(t, worker, housing)) > 0 {
					t.Errorf("as %s it holds", role)
				}
			}
		})
		t.Run("a planned first role for good ends it from its moment", func(t *testing.T) {
			if err := h.org.Decide(ctx, admin(), h.casework, deciding(actor.Supervisor)); err != nil {
				t.Fatal(err)
			}
			day := h.Clock.Now().In(zone).AddDate(0, 0, 3)
			if err := h.org.Plan(ctx, admin(), h.casework, org.Planning{From: day, Role: ptr(actor.Intake)}); err != nil {
				t.Fatal(err)
			}
			h.Clock.Set(org.Begins(day, zone).Add(-time.Second))
			if !h.second(t, h.casework, actor.Supervisor) {
				t.Error("it ended early")
			}
			h.Clock.Advance(time.Second)
			if h.second(t, h.casework, actor.Supervisor) {
				t.Error("it holds beside another first role")
			}
			if err := h.org.Change(ctx, admin(), h.casework, 0, org.Edit{Role: ptr(actor.CaseManager)}); err != nil {
				t.Fatal(err)
			}
			if h.second(t, h.casework, actor.Supervisor) {
				t.Error("it came back")
			}
		})
		t.Run("a second role makes a supervisor to choose, and one who covers", func(t *testing.T) {
			other := h.invite(t, h.Service("operator"), "Noor", "noor@example.org", actor.Intake, "")
			err := h.org.Change(ctx, admin(), h.boss, 0, org.Edit{Supervisor: ptr(other.String())})
			field(t, err, "supervisor")
			if err := h.org.Decide(ctx, admin(), other, deciding(actor.Supervisor)); err != nil {
				t.Fatal(err)
			}
			if err := h.org.Change(ctx, admin(), h.boss, 0, org.Edit{Supervisor: ptr(other.String())}); err != nil {
				t.Error(err)
			}
		})
		t.Run("who leaves has neither", func(t *testing.T) {
			if err := h.org.Decide(ctx, admin(), h.casework, deciding(actor.ProgramManager, "housing")); err != nil {
				t.Fatal(err)
			}
			if err := h.org.Leave(ctx, admin(), h.casework, org.Leaving{}); err != nil {
				t.Fatal(err)
			}
			st, err := h.org.Directory().Standing(ctx, h.casework.String())
			if err != nil || st.Active || st.Also != "" || len(h.stands(t, worker, housing)) > 0 {
				t.Errorf("%+v, %v", st, err)
			}
			s, err := h.org.Read(ctx, admin(), h.casework)
			if err != nil || slices.ContainsFunc(s.Value.Also, func(x org.Second) bool { return x.Until.IsZero() }) {
				t.Errorf("%+v, %v", s.Value.Also, err)
			}
			kind(t, h.org.Decide(ctx, admin(), h.casework, deciding(actor.Supervisor)), fault.Conflict)
		})
	})
}
