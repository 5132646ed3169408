package org_test

import (
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/inspect"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
	"caseward/internal/record/recordtest"
)

const aDay = 24 * time.Hour

func checked(o org.Outcome) org.Checked {
	return org.Checked{What: phi.NewText("References and licence, file 7."), Outcome: o}
}

// TestClearance follows somebody from an agency that requires nothing to one that does.
func TestClearance(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := h.as(h.admin, actor.Administrator)
		intake := h.invite(t, w.Service("operator"), "Ivy", "ivy@example.org", actor.Intake, "")
		ivy := func() actor.Actor { return w.As(intake.String(), actor.Intake) }
		clients := person.New(w.Door)
		register := func() error {
			_, err := clients.Register(ctx, ivy(), person.Client{Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText("Ibáñez")}, BirthDate: phi.NewDate(1987, 3, 11)}, true)
			return err
		}
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err, fault.FieldsOf(err))
			}
		}
		must(register()) // nothing is required yet

		must(h.org.RequireClearance(ctx, admin, true, org.ClearanceTerms{Settle: 10, Grace: 2, Limited: 3}))
		a, err := h.org.Directory().Agency(ctx)
		if err != nil || !a.Clearance.Required() || !a.Clearance.Since.Equal(w.Clock.Now()) {
			t.Fatalf("%+v, %v", a.Clearance, err)
		}
		must(register()) // whoever worked here already has ten days
		w.Clock.Advance(13*aDay + time.Second)
		if err := register(); !fault.Is(err, fault.Denied) {
			t.Errorf("after the days were over: %v", err)
		}
		admin = h.as(h.admin, actor.Administrator)
		must(h.org.Clear(ctx, admin, intake, checked(org.NotCleared)))
		if err := register(); !fault.Is(err, fault.Denied) {
			t.Errorf("found not to be cleared: %v", err)
		}
		c := checked(org.Cleared)
		c.Until = w.Clock.Now().Add(100 * aDay)
		must(h.org.Clear(ctx, admin, intake, c))
		must(register())

		// It runs out: two days with nothing stopped, and in the end nothing is left.
		w.Clock.Advance(101 * aDay)
		must(register())
		w.Clock.Advance(5 * aDay)
		if err := register(); !fault.Is(err, fault.Denied) {
			t.Errorf("long after it ran out: %v", err)
		}
		admin = h.as(h.admin, actor.Administrator)
		must(h.org.RequireClearance(ctx, admin, false, org.ClearanceTerms{}))
		must(register())

		// Other settings leave it alone.
		must(h.org.RequireClearance(ctx, admin, true, org.ClearanceTerms{Settle: 10}))
		o, err := h.org.Agency(ctx, admin)
		must(err)
		next := o.Value
		next.Name, next.Clearance = "South Agency", org.ClearanceTerms{}
		must(h.org.ChangeAgency(ctx, admin, o.Version, next))
		if a, err := h.org.Directory().Agency(ctx); err != nil || a.Name != "South Agency" || !a.Clearance.Required() {
			t.Errorf("%+v, %v", a, err)
		}
	})
}

func TestWhoClearsAndWhoSeesIt(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := h.as(h.admin, actor.Administrator)
		for name, who := range map[string]actor.Actor{
			"a supervisor":                         h.as(h.boss, actor.Supervisor),
			"themselves, as an officer":            h.as(h.casework, actor.SecurityOfficer),
			"an administrator without fresh proof": w.As(h.admin.String(), actor.Administrator),
		} {
			if err := h.org.Clear(ctx, who, h.casework, checked(org.Cleared)); !fault.Is(err, fault.Denied) {
				t.Errorf("%s: %v", name, err)
			}
			if e := h.Entries(t)[0]; e.Action != "clearance.record" || e.Outcome != audit.Refused {
				t.Errorf("%s: the entry is %s %v", name, e.Action, e.Outcome)
			}
		}
		if err := h.org.Clear(ctx, admin, h.casework, org.Checked{}); len(fault.FieldsOf(err)) != 2 {
			t.Errorf("said nothing: %v", fault.FieldsOf(err))
		}
		if err := h.org.RequireClearance(ctx, admin, true, org.ClearanceTerms{Settle: -1}); !fault.Is(err, fault.Invalid) {
			t.Errorf("negative days: %v", err)
		}
		if err := h.org.Clear(ctx, admin, h.casework, checked(org.Cleared)); err != nil {
			t.Fatal(err)
		}
		for name, tc := range map[string]struct {
			who  actor.Actor
			what bool
		}{
			"themselves":          {w.As(h.casework.String(), actor.CaseManager), true},
			"the administrator":   {admin, true},
			"the privacy officer": {w.As("pat", actor.PrivacyOfficer), false},
			"an auditor":          {w.As("ole", actor.Auditor), false},
		} {
			c, found, err := h.org.ClearanceOf(ctx, tc.who, h.casework)
			if err != nil || !found || c.Value.Outcome != org.Cleared || c.Value.What.Empty() == tc.what {
				t.Errorf("%s: %+v, %v", name, c.Value, err)
			}
		}
		if _, _, err := h.org.ClearanceOf(ctx, w.As("bob", actor.CaseManager), h.casework); !fault.Is(err, fault.Denied) {
			t.Errorf("a colleague: %v", err)
		}
	})
}

// TestOnboarding follows somebody new to their first chart, and asks the log afterwards.
func TestOnboarding(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		admin := func() actor.Actor { return h.as(h.admin, actor.Administrator) }
		boss := func() actor.Actor { return h.as(h.boss, actor.Supervisor) }
		if err := h.org.RequireClearance(ctx, admin(), true, org.ClearanceTerms{Settle: 30}); err != nil {
			t.Fatal(err)
		}
		w.Clock.Advance(aDay)
		began := w.Clock.Now()
		ivy := h.invite(t, w.Service("operator"), "Ivy", "ivy@example.org", actor.Intake, "")
		bearer := record.Bearer{Worker: ivy.String(), Role: actor.Intake}
		next := func(want org.StepKind) org.Way {
			t.Helper()
			way, err := h.org.Onboarding(ctx, boss(), ivy)
			if err != nil {
				t.Fatal(err)
			}
			got := org.StepKind("")
			if n := way.Next(); n != nil {
				got = n.Kind
			}
			if got != want {
				t.Errorf("next is %q, want %q: %+v", got, want, way.Steps)
			}
			return way
		}
		next(org.StepSignedUp)
		if err := h.org.Activate(ctx, w.Service("authn"), ivy); err != nil {
			t.Fatal(err)
		}
		next(org.StepClearance)
		if ways, err := h.org.Underway(ctx, boss()); err != nil || len(ways) < 1 || ways[0].Person.ID != ivy {
			t.Errorf("under way are %d, %v", len(ways), err)
		}
		clients := person.New(w.Door)
		register := func() error {
			_, err := clients.Register(ctx, w.As(ivy.String(), actor.Intake), person.Client{Name: person.Name{Given: phi.NewText("Marisol"), Family: phi.NewText("Ibáñez")}, BirthDate: phi.NewDate(1987, 3, 11)}, true)
			return err
		}
		if err := register(); !fault.Is(err, fault.Denied) {
			t.Errorf("before clearance: %v", err)
		}
		in := inspect.New(w.Door, w.Log, w.Policy, nil)
		auditor := w.As("ole", actor.Auditor)
		if f, found, err := in.FirstAccess(ctx, auditor, bearer, began); err != nil || found {
			t.Errorf("a refusal is taken for access: %+v, %v", f, err)
		}
		w.Clock.Advance(3 * aDay)
		if err := h.org.Clear(ctx, admin(), ivy, checked(org.Cleared)); err != nil {
			t.Fatal(err)
		}
		way := next("")
		if c := way.Steps[2]; c.Kind != org.StepClearance || c.By != "" || !c.At.Equal(w.Clock.Now()) {
			t.Errorf("a supervisor sees %+v", c)
		}
		if way, err := h.org.Onboarding(ctx, w.As("ole", actor.Auditor), ivy); err != nil || way.Steps[2].By != h.admin.String() {
			t.Errorf("an auditor sees %+v, %v", way.Steps, err)
		}
		w.Clock.Advance(9 * aDay)
		first := w.Clock.Now()
		for range 2 {
			if err := register(); err != nil {
				t.Fatal(err)
			}
			w.Clock.Advance(aDay)
		}
		f, found, err := in.FirstAccess(ctx, auditor, bearer, began)
		if err != nil || !found || !f.Entry.At.Equal(first) || !f.After() || len(f.Items) != 1 {
			t.Errorf("%+v, %v, %v", f, found, err)
		}
		if _, _, err := in.FirstAccess(ctx, w.As("bob", actor.CaseManager), bearer, began); !fault.Is(err, fault.Denied) {
			t.Errorf("a colleague asks the log: %v", err)
		}
		if _, err := h.org.Onboarding(ctx, w.As("bob", actor.CaseManager), ivy); !fault.Is(err, fault.Denied) {
			t.Errorf("a colleague asks how they stand: %v", err)
		}
		if _, err := h.org.Onboarding(ctx, w.As(ivy.String(), actor.Intake), ivy); err != nil {
			t.Errorf("themselves: %v", err)
		}
	})
}
