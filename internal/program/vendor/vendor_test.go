package vendor_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

const day = 24 * time.Hour

// house is an agency and its vendors.
type house struct {
	*testing.T
	*recordtest.World
	vs *vendor.Vendors
}

func open(t *testing.T, w *recordtest.World) *house {
	return &house{t, w, vendor.New(w.Door, w.Service("counterparty"))}
}

// officer and other are the privacy and the security officer, who just proved who they are.
func (h *house) officer() actor.Actor { return h.Proved("pat", actor.PrivacyOfficer) }
func (h *house) other() actor.Actor   { return h.Proved("sol", actor.SecurityOfficer) }

// host is a company that keeps records for the agency.
func host() vendor.Vendor {
	return vendor.Vendor{
		Name: "Harbor Records", Services: "Keeps our backups.", Contact: phi.NewText("Mara Lund, 555-0142"),
		Answers: vendor.Answers{Receives: true, Maintains: true, ForUs: true},
		Volume:  vendor.Many, Classes: []policy.Class{policy.Identity, policy.Note}, Dependency: vendor.Days,
	}
}

// landlord has nothing to do with health information.
func landlord() vendor.Vendor {
	return vendor.Vendor{Name: "Mill Street Offices", Services: "Lets our offices.", Contact: phi.NewText("Front desk"), Answers: vendor.Answers{ForUs: true}, Dependency: vendor.Weeks}
}

func (h *house) begin(v vendor.Vendor) vendor.ID {
	h.Helper()
	id, err := h.vs.Begin(ctx, h.officer(), v)
	if err != nil {
		h.Fatal(err)
	}
	return id
}

// assessed is a vendor that was looked at.
func (h *house) assessed(v vendor.Vendor) vendor.ID {
	h.Helper()
	id := h.begin(v)
	h.ok(h.vs.Assess(ctx, h.officer(), id, 0, nil))
	return id
}

func (h *house) ok(err error) {
	h.Helper()
	if err != nil {
		h.Fatal(err, fault.FieldsOf(err))
	}
}

func (h *house) read(id vendor.ID) vendor.Vendor {
	h.Helper()
	o, err := h.vs.Read(ctx, h.officer(), id)
	h.ok(err)
	return o.Value
}

// wrong reports whether err is about a field.
func wrong(err error, field string) bool {
	return slices.ContainsFunc(fault.FieldsOf(err), func(f fault.Field) bool { return f.Name == field && f.Message != "" })
}

func TestAVendorIsTakenInAssessedAndStarted(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id, err := h.vs.Begin(ctx, h.As("moe", actor.ProgramManager), landlord())
		h.ok(err)
		v := h.read(id)
		if v.Status != vendor.Intake || v.Owner != "moe" || v.Outcome != "" {
			t.Errorf("it begins as %+v", v)
		}
		h.ok(h.vs.Assess(ctx, h.officer(), id, 1, nil))
		if v = h.read(id); v.Status != vendor.Assessed || v.Outcome != vendor.NoPHI || len(v.Reasons) != 1 || v.DecidedBy != "pat" || v.Reasons[0].Cite != "45 CFR 160.103" {
			t.Errorf("assessed it is %+v", v)
		}
		if s, err := h.vs.InForce(ctx, h.officer(), id, time.Time{}); err != nil || s.Engaged {
			t.Errorf("before it starts: %+v, %v", s, err)
		}
		h.ok(h.vs.Start(ctx, h.officer(), id, 2))
		started := w.Clock.Now()
		if s, err := h.vs.InForce(ctx, h.officer(), id, time.Time{}); err != nil || !s.Engaged || s.Bound {
			t.Errorf("after it started: %+v, %v", s, err)
		}
		if s, err := h.vs.InForce(ctx, h.officer(), id, started.Add(-time.Microsecond)); err != nil || s.Engaged {
			t.Errorf("a microsecond before it started: %+v, %v", s, err)
		}
		if err := h.vs.Start(ctx, h.officer(), id, 0); !fault.Is(err, fault.Conflict) {
			t.Errorf("started twice: %v", err)
		}
		if err := h.vs.Drop(ctx, h.officer(), id, 0, "not needed"); !fault.Is(err, fault.Conflict) {
			t.Errorf("dropped though it works: %v", err)
		}
		// The answers decide, and nothing else: what it is changes only by assessing it.
		changed := landlord()
		changed.Answers.Maintains, changed.Volume, changed.Classes = true, vendor.Few, []policy.Class{policy.Identity}
		if err := h.vs.Describe(ctx, h.officer(), id, 0, changed); !wrong(err, "answers") {
			t.Errorf("described as something else: %v", err)
		}
		if v = h.read(id); v.Outcome != vendor.NoPHI || v.Status != vendor.Active {
			t.Errorf("after the refusal it is %+v", v)
		}
	})
}

func TestAVendorThatBecomesAnAssociateStopsAtOnce(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		carrier := host()
		carrier.Answers = vendor.Answers{Transmits: true, Passing: true, ForUs: true}
		id := h.assessed(carrier)
		if v := h.read(id); v.Outcome != vendor.Conduit {
			t.Fatalf("it is %s", v.Outcome)
		}
		h.ok(h.vs.Start(ctx, h.officer(), id, 0))
		w.Clock.Advance(day)
		stopped := w.Clock.Now()
		now := host()
		h.ok(h.vs.Assess(ctx, h.officer(), id, 0, &now))
		if v := h.read(id); v.Outcome != vendor.Associate || v.Status != vendor.Assessed || !v.Spans[0].Until.Equal(stopped) {
			t.Errorf("it is %+v", v)
		}
		if s, _ := h.vs.InForce(ctx, h.officer(), id, time.Time{}); s.Engaged {
			t.Error("it works on")
		}
		if s, _ := h.vs.InForce(ctx, h.officer(), id, stopped.Add(-time.Microsecond)); !s.Engaged {
			t.Error("the moment before is forgotten")
		}
		if err := h.vs.Start(ctx, h.officer(), id, 0); !wrong(err, "agreement") {
			t.Errorf("an associate starts without an agreement: %v", err)
		}
		// Assessed again with the same outcome, nothing moves.
		h.ok(h.vs.Assess(ctx, h.officer(), id, 0, nil))
		if v := h.read(id); v.Status != vendor.Assessed || !v.Since.Equal(stopped) {
			t.Errorf("it is %+v", v)
		}
	})
}

func TestAVendorThatHadNothingBecomesAnAssociate(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		id := h.assessed(landlord())
		h.ok(h.vs.Start(ctx, h.officer(), id, 0))
		bare := host()
		bare.Volume, bare.Classes = "", nil
		if err := h.vs.Assess(ctx, h.officer(), id, 0, &bare); !wrong(err, "volume") || !wrong(err, "classes") {
			t.Errorf("assessed without what it has: %v", err)
		}
		if v := h.read(id); v.Status != vendor.Active || v.Outcome != vendor.NoPHI {
			t.Errorf("after the refusal it is %+v", v)
		}
		now := host()
		h.ok(h.vs.Assess(ctx, h.officer(), id, 0, &now))
		if v := h.read(id); v.Status != vendor.Assessed || v.Outcome != vendor.Associate || v.Volume != vendor.Many || len(v.Classes) != 2 || v.Name != now.Name || len(v.Spans) != 1 {
			t.Errorf("it is %+v", v)
		}
	})
}

func TestWhatIsSaidOfAVendorIsChecked(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		for field, change := range map[string]func(*vendor.Vendor){
			"name":           func(v *vendor.Vendor) { v.Name = " " },
			"services":       func(v *vendor.Vendor) { v.Services = "" },
			"contact":        func(v *vendor.Vendor) { v.Contact = phi.Text{} },
			"volume":         func(v *vendor.Vendor) { v.Volume = "lots" },
			"classes":        func(v *vendor.Vendor) { v.Classes = nil },
			"dependency":     func(v *vendor.Vendor) { v.Dependency = "" },
			"subcontractors": func(v *vendor.Vendor) { v.Subcontractors = []vendor.Subcontractor{{}} },
		} {
			v := host()
			change(&v)
			if _, err := h.vs.Begin(ctx, h.officer(), v); !wrong(err, field) {
				t.Errorf("%s: %v", field, err)
			}
		}
		// What nobody may say by describing is not taken.
		forged := host()
		forged.Outcome, forged.Status, forged.Spans = vendor.NoPHI, vendor.Active, []vendor.Span{{From: w.Clock.Now()}}
		id := h.begin(forged)
		if v := h.read(id); v.Outcome != "" || v.Status != vendor.Intake || len(v.Spans) != 0 {
			t.Errorf("it is %+v", v)
		}
		h.ok(h.vs.Drop(ctx, h.officer(), id, 0, "entered twice"))
		if err := h.vs.Describe(ctx, h.officer(), id, 0, host()); !fault.Is(err, fault.Conflict) {
			t.Errorf("a closed one is described: %v", err)
		}
	})
}

func TestWhoSeesVendorsAndWhoKeepsThem(t *testing.T) {
	recordtest.Each(t, func(t *testing.T, w *recordtest.World) {
		h := open(t, w)
		fed := host()
		fed.Connector = true
		id, other := h.begin(fed), h.begin(landlord())
		for name, tc := range map[string]struct {
			who  actor.Actor
			sees int
		}{
			"the privacy officer":  {h.officer(), 2},
			"the security officer": {h.other(), 2},
			"a program manager":    {h.As("moe", actor.ProgramManager), 2},
			"an auditor":           {h.As("ole", actor.Auditor), 2},
			"an administrator":     {h.As("ada", actor.Administrator), 0},
			"a supervisor":         {h.As("sam", actor.Supervisor), 0},
			"a case manager":       {h.As("cleo", actor.CaseManager), 0},
			"intake":               {h.As("ivy", actor.Intake), 0},
		} {
			rows, err := h.vs.All(ctx, tc.who)
			if err != nil || len(rows) != tc.sees || h.vs.Sees(tc.who) != (tc.sees > 0) {
				t.Errorf("%s sees %d, %v", name, len(rows), err)
			}
		}
		rows, err := h.vs.Connected(ctx, h.As("ada", actor.Administrator))
		if err != nil || len(rows) != 1 || rows[0].ID != id {
			t.Errorf("an administrator sees %v, %v", rows, err)
		}
		if _, err := h.vs.Read(ctx, h.As("ada", actor.Administrator), other); !fault.Is(err, fault.Denied) {
			t.Errorf("an administrator opens another: %v", err)
		}
		moe := h.Proved("moe", actor.ProgramManager)
		for name, err := range map[string]error{
			"assesses":  h.vs.Assess(ctx, moe, id, 0, nil),
			"describes": h.vs.Describe(ctx, moe, id, 0, host()),
			"starts":    h.vs.Start(ctx, moe, other, 0),
			"drops":     h.vs.Drop(ctx, moe, other, 0, "no"),
		} {
			if !fault.Is(err, fault.Denied) {
				t.Errorf("a program manager %s: %v", name, err)
			}
		}
		if e := h.Entries(t)[0]; e.Outcome != audit.Refused {
			t.Errorf("the entry is %s %v", e.Action, e.Outcome)
		}
		h.ok(h.vs.Assess(ctx, h.officer(), other, 0, nil))
		if err := h.vs.Start(ctx, h.As("pat", actor.PrivacyOfficer), other, 0); fault.KindOf(err) != fault.Denied {
			t.Errorf("started without fresh proof: %v", err)
		}
	})
}

func TestTierIsWorkedOutAndNeverSet(t *testing.T) {
	for name, tc := range map[string]struct {
		change func(*vendor.Vendor)
		want   int
		months int
	}{
		"many people's notes, missed after days": {func(*vendor.Vendor) {}, 1, 12},
		"few people's names, missed after weeks": {func(v *vendor.Vendor) {
			v.Volume, v.Classes, v.Dependency = vendor.Few, []policy.Class{policy.Identity}, vendor.Weeks
		}, 3, 12},
		"some people's names, missed after days": {func(v *vendor.Vendor) { v.Volume, v.Classes = vendor.Some, []policy.Class{policy.Identity} }, 2, 12},
		"few people's substance use records": {func(v *vendor.Vendor) {
			v.Volume, v.Classes, v.Dependency = vendor.Few, []policy.Class{policy.SUD}, vendor.Weeks
		}, 2, 12},
		"no health information, missed within hours": {func(v *vendor.Vendor) { *v = landlord(); v.Dependency = vendor.Hours }, 2, 12},
		"no health information, missed after weeks":  {func(v *vendor.Vendor) { *v = landlord() }, 3, 24},
	} {
		v := host()
		tc.change(&v)
		v.Outcome, _ = vendor.Decide(v.Answers)
		if v.Tier() != tc.want || v.ReviewMonths() != tc.months {
			t.Errorf("%s: tier %d and %d months", name, v.Tier(), v.ReviewMonths())
		}
	}
}

func TestStatesFollowTheTable(t *testing.T) {
	for from, to := range map[vendor.Status]vendor.Status{
		vendor.Intake: vendor.Active, vendor.Assessed: vendor.Cure, vendor.Active: vendor.Closed, vendor.Cure: vendor.Closed,
		vendor.Terminated: vendor.Active, vendor.Closed: vendor.Intake,
	} {
		if from.May(to) {
			t.Errorf("%s goes to %s", from, to)
		}
	}
	for _, s := range vendor.Statuses() {
		if s.English() == "" || s.May(s) {
			t.Errorf("%s is %q", s, s.English())
		}
	}
}
