package org_test

import (
	"context"
	"testing"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/record/recordtest"
	"caseward/internal/task"
)

func TestLeavingIsOneAct(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		tasks := task.New(w.Door, notice.New(w.Door))
		tasks.Staff(func(ctx context.Context, worker string) (actor.Held, bool, error) {
			st, err := h.org.Directory().Standing(ctx, worker)
			return st.Held, st.Active, err
		})
		h.org.Tasks(tasks)
		boss := h.as(h.boss, actor.Supervisor)
		cover := h.invite(t, w.Service("operator"), "Bo", "bo@example.org", actor.CaseManager, h.boss.String())
		if _, err := h.org.Cover(ctx, boss, org.Coverage{Absent: h.casework.String(), Cover: cover.String(), Until: w.Clock.Now().Add(9 * aDay)}); err != nil {
			t.Fatal(err)
		}
		if _, err := h.org.Cover(ctx, boss, org.Coverage{Absent: cover.String(), Cover: h.casework.String(), From: w.Clock.Now().Add(aDay), Until: w.Clock.Now().Add(9 * aDay)}); err != nil {
			t.Fatal(err)
		}
		admin := h.as(h.admin, actor.Administrator)
		if err := h.org.Leave(ctx, admin, h.casework, org.Leaving{HandTo: cover.String()}); !wrongField(err, "hand_to") {
			t.Errorf("handed to who leads nobody: %v", err)
		}
		for name, to := range map[string]string{"nobody": "x", "who leaves": h.casework.String()} {
			if err := h.org.Leave(ctx, admin, h.casework, org.Leaving{HandTo: to}); !wrongField(err, "hand_to") {
				t.Errorf("handed to %s: %v", name, err)
			}
		}
		if err := h.org.Leave(ctx, boss, h.casework, org.Leaving{}); !fault.Is(err, fault.Denied) {
			t.Errorf("a supervisor: %v", err)
		}
		if err := h.org.Leave(ctx, admin, h.casework, org.Leaving{}); err != nil {
			t.Fatal(err, fault.FieldsOf(err))
		}
		all, err := h.org.Coverages(ctx, boss, "", "", "")
		if err != nil || len(all.Rows) != 2 {
			t.Fatal(len(all.Rows), err)
		}
		for _, c := range all.Rows {
			if c.Value.State(w.Clock.Now()) != "over" || !c.Value.EndedEarly {
				t.Errorf("a coverage goes on: %+v", c.Value)
			}
		}
		v := w.Door.View(boss, "task.find")
		left := tasks.WantPage(v, h.boss.String(), task.Open, "")
		if err := v.Open(ctx); err != nil || len(left.Rows) != 2 {
			t.Errorf("%d tasks are left, %v", len(left.Rows), err)
		}
		s, err := h.org.Read(ctx, admin, h.casework)
		if err != nil || !s.Value.Refused || s.Value.Proved.IsZero() || s.Value.Status != org.Terminated {
			t.Errorf("%+v, %v", s.Value, err)
		}
		told := false
		for _, e := range h.Entries(t) {
			told = told || e.Action == "staff.probe" && e.Outcome == audit.Allowed && e.Detail["refused"] == "yes"
		}
		if !told {
			t.Error("no entry says that they are refused")
		}
		// What still lets somebody in is kept as that, and is not taken for an end.
		h.accounts.leaky = true
		if err := h.org.Leave(ctx, admin, cover, org.Leaving{HandTo: h.boss.String()}); err != nil {
			t.Fatal(err)
		}
		if s, err := h.org.Read(ctx, admin, cover); err != nil || s.Value.Refused || s.Value.Proved.IsZero() {
			t.Errorf("%+v, %v", s.Value, err)
		}
		if err := h.org.Prove(ctx, admin, h.boss); !fault.Is(err, fault.Conflict) {
			t.Errorf("of somebody who works here: %v", err)
		}
	})
}

func wrongField(err error, name string) bool {
	for _, f := range fault.FieldsOf(err) {
		if f.Name == name {
			return true
		}
	}
	return false
}

func TestWhoTakesOverWorksInTheProgramsOfWhoLeaves(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		agency, err := h.org.Directory().Agency(ctx)
		if err != nil {
			t.Fatal(err)
		}
		if len(agency.Programs) < 2 {
			t.Fatal("the agency of the test has fewer than two programs")
		}
		one, two := agency.Programs[0].Code, agency.Programs[1].Code
		admin := h.as(h.admin, actor.Administrator)
		set := func(id org.ID, programs ...string) {
			t.Helper()
			if err := h.org.Change(ctx, admin, id, 0, org.Edit{Programs: &programs}); err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}
		set(h.casework, one, two)
		set(h.boss, one)
		if err := h.org.Leave(ctx, admin, h.casework, org.Leaving{HandTo: h.boss.String()}); !wrongField(err, "hand_to") {
			t.Errorf("handed to who works in one of two programs: %v", err)
		}
		if s, err := h.org.Read(ctx, admin, h.casework); err != nil || s.Value.Status == org.Terminated {
			t.Errorf("after the refusal: %s, %v", s.Value.Status, err)
		}
		set(h.boss, one, two)
		if err := h.org.Leave(ctx, admin, h.casework, org.Leaving{HandTo: h.boss.String()}); err != nil {
			t.Errorf("handed to who works in both: %v %v", err, fault.FieldsOf(err))
		}
		// Somebody whose access has ended takes nothing over.
		other := h.invite(t, w.Service("operator"), "Bo", "bo@example.org", actor.CaseManager, "")
		if err := h.org.Leave(ctx, admin, h.boss, org.Leaving{}); err != nil {
			t.Fatal(err)
		}
		if err := h.org.Leave(ctx, admin, other, org.Leaving{HandTo: h.boss.String()}); !wrongField(err, "hand_to") {
			t.Errorf("handed to who left: %v", err)
		}
	})
}
