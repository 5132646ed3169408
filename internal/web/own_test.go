package web_test

import (
	"strings"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/glass"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/program/governance"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/sanction"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
)

// TestNobodyDecidesOnTheirOwnInAnotherRole has people do something in one role and decide on
// it in every other role that may: it is refused to them, because what is one's own goes by
// the worker and not by the role, and allowed to a colleague in the same role.
func TestNobodyDecidesOnTheirOwnInAnotherRole(t *testing.T) {
	h := open(t)
	h.Clock.Advance(time.Hour)
	in := func(name string, role actor.Role) actor.Actor { return h.Proved(h.staff[name].String(), role) }
	run := t // the test that runs
	ok := func(err error) {
		run.Helper()
		if err != nil {
			run.Fatal(err, fault.FieldsOf(err))
		}
	}
	p := h.parts
	const source = "---\ncode: doors\ntitle: Doors\nfamily: access\nowner: security_officer\naudience: everyone\nstandards: 45 CFR 164.310(a)(1)\nreview: 12\n---\n\n## 1 Purpose\n\nDoors of {{agency}} are shut.\n"
	var (
		version   policydoc.VersionID
		violation sanction.ID
		seller    vendor.ID
		agreement vendor.AgreementID
		hash      string
	)
	decision := sanction.Decision{Guard: sanction.Guard{Disclosure: "no", Opposition: "no"}, Level: 1, Why: "It stood open twice."}
	designated := governance.Designation{Function: governance.Privacy, Person: h.staff["pat"].String(), From: h.Clock.Now(), Document: "Letter of November 20", Contact: phi.NewText("555-0142")}
	for _, x := range []struct {
		what  string
		own   func() // what they did
		who   string
		roles []actor.Role // in which they decide on it
		other string       // who may, in the last of these roles
		does  func(who actor.Actor) error
	}{
		{"reviews their emergency access", nil, "bob", []actor.Role{actor.PrivacyOfficer}, "pat", func() func(actor.Actor) error {
			a, err := p.Glass.Break(ctx, in("bob", actor.CaseManager), glass.Ask{Subject: record.SubjectOf(h.client), Reason: glass.CrisisOutreach, Words: phi.NewText("called from the bridge, on the way there"), Scope: []policy.Class{policy.Contact}})
			ok(err)
			ok(p.Glass.End(ctx, in("bob", actor.CaseManager), a.Grant))
			return func(who actor.Actor) error {
				return p.Glass.Review(ctx, who.For(actor.Oversight), a.Grant, 0, glass.Appropriate, phi.NewText("The crew was there."))
			}
		}()},
		{"co-signs their note", func() {
			boss := h.staff["sue"].String()
			ok(p.Org.Change(ctx, in("root", actor.Administrator), h.staff["ann"], 0, org.Edit{Supervisor: &boss}))
		}, "ann", []actor.Role{actor.Supervisor}, "sue", func() func(actor.Actor) error {
			ok(p.Org.SetNoteRules(ctx, in("root", actor.Administrator), 0, "recovery", org.NoteRules{CoSignRoles: []actor.Role{actor.CaseManager}}))
			id, err := p.Notes.Sign(ctx, in("ann", actor.CaseManager), h.client, note.ID{}, 0, note.Input{Type: note.HomeVisit, At: h.Clock.Now(), Minutes: phi.NewText("30"), Sections: note.Plain(phi.NewText("We spoke of the move to another street."))})
			ok(err)
			o, err := p.Notes.Read(ctx, in("ann", actor.CaseManager), id)
			ok(err)
			return func(who actor.Actor) error { return p.Notes.CoSign(ctx, who, h.client, id, o.Version) }
		}()},
		{"reviews a policy they wrote", func() {
			var err error
			_, version, err = p.Policies.Create(ctx, in("sam", actor.SecurityOfficer), source, "First.", 0)
			ok(err)
			ok(p.Policies.Submit(ctx, in("sam", actor.SecurityOfficer), version))
		}, "sam", []actor.Role{actor.ProgramManager, actor.SecurityOfficer, actor.PrivacyOfficer}, "pat", func(who actor.Actor) error { return p.Policies.Review(ctx, who, version, "Good.") }},
		{"approves a policy they wrote", nil, "sam", []actor.Role{actor.ProgramManager, actor.SecurityOfficer, actor.PrivacyOfficer}, "pat", func(who actor.Actor) error {
			return p.Policies.Approve(ctx, who, version, policydoc.Sum(source))
		}},
		{"decides on what they did", func() {
			var err error
			violation, err = p.Sanctions.Report(ctx, in("pat", actor.PrivacyOfficer), sanction.Sanction{Person: h.staff["ann"].String(), Cause: "other", Known: h.Clock.Now().Add(-time.Hour), What: "The screen stood open in the hall."})
			ok(err)
			ok(p.Sanctions.Find(ctx, in("sam", actor.SecurityOfficer), violation, 1, true, false, "careless", "Two colleagues saw it."))
		}, "ann", []actor.Role{actor.SecurityOfficer, actor.PrivacyOfficer}, "", func(who actor.Actor) error { return p.Sanctions.Decide(ctx, who, violation, 2, decision) }},
		{"decides on what they found", nil, "sam", []actor.Role{actor.SecurityOfficer, actor.PrivacyOfficer}, "pat", func(who actor.Actor) error { return p.Sanctions.Decide(ctx, who, violation, 2, decision) }},
		{"answers their own appeal", func() {
			ok(p.Sanctions.Appeal(ctx, h.As(h.staff["ann"].String(), actor.CaseManager), violation, 3, "It was once."))
		}, "ann", []actor.Role{actor.SecurityOfficer, actor.PrivacyOfficer}, "", func(who actor.Actor) error {
			return p.Sanctions.Answer(ctx, who, violation, 4, 1, 0, "It stays.")
		}},
		{"answers an appeal against what they decided", nil, "pat", []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}, "sam", func(who actor.Actor) error {
			return p.Sanctions.Answer(ctx, who, violation, 4, 1, 0, "It stays.")
		}},
		{"clears themselves", nil, "root", []actor.Role{actor.Administrator, actor.SecurityOfficer}, "sam", func(who actor.Actor) error {
			return p.Org.Clear(ctx, who, h.staff["root"], org.Checked{What: phi.NewText("References"), Outcome: org.Cleared})
		}},
		{"designates themselves", nil, "pat", []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer, actor.ProgramManager, actor.Administrator}, "root", func(who actor.Actor) error {
			_, err := p.Governance.Designate(ctx, who, designated)
			return err
		}},
		{"signs an agreement they alone wrote", func() {
			var err error
			seller, err = p.Vendors.Begin(ctx, in("pat", actor.PrivacyOfficer), vendor.Vendor{
				Name: "Harbor Records", Services: "Keeps our backups.", Contact: phi.NewText("Mara Lund, 555-0142"), Answers: vendor.Answers{Receives: true, Maintains: true, ForUs: true},
				Volume: vendor.Many, Classes: []policy.Class{policy.Identity}, Dependency: vendor.Days,
			})
			ok(err)
			ok(p.Vendors.Assess(ctx, in("pat", actor.PrivacyOfficer), seller, 0, nil))
			values := map[string]string{}
			for _, b := range vendor.Blanks(vendor.StarterAgreement("en")) {
				values[strings.Trim(b, "{}")] = "as agreed"
			}
			from := h.Clock.Now().Add(24 * time.Hour)
			agreement, err = p.Vendors.Draft(ctx, in("pat", actor.PrivacyOfficer), seller, vendor.Agreement{
				Text: vendor.Fill(vendor.StarterAgreement("en"), values), EPHI: true, Purposes: "Keeping backups.", Classes: []policy.Class{policy.Identity}, ReportHours: 48, Effective: from, Expiry: from.AddDate(1, 0, 0),
			})
			ok(err)
			secret, err := p.Vendors.Send(ctx, in("pat", actor.PrivacyOfficer), agreement, 1)
			ok(err)
			o, err := p.Vendors.Agreement(ctx, in("pat", actor.PrivacyOfficer), agreement)
			ok(err)
			hash = o.Value.Hash()
			ok(p.Vendors.Countersign(ctx, secret, hash, vendor.Signature{Name: "Mara Lund", Title: "Director"}, true))
		}, "pat", []actor.Role{actor.PrivacyOfficer, actor.ProgramManager, actor.SecurityOfficer}, "sam", func(who actor.Actor) error {
			return p.Vendors.Sign(ctx, who, agreement, hash, vendor.Signature{Name: "Sol Reyes", Title: "Officer"}, true)
		}},
		{"reviews a vendor they look after", func() {
			h.Clock.Advance(48 * time.Hour)
			ok(p.Vendors.Start(ctx, in("pat", actor.PrivacyOfficer), seller, 0))
		}, "pat", []actor.Role{actor.PrivacyOfficer, actor.SecurityOfficer}, "sam", func(who actor.Actor) error {
			return p.Vendors.Reviewed(ctx, who, seller, 0, "All is well.")
		}},
		{"gives themselves a second role", nil, "root", []actor.Role{actor.SecurityOfficer, actor.Administrator}, "", func(who actor.Actor) error {
			return p.Org.Decide(ctx, who, h.staff["root"], org.Deciding{Role: actor.SecurityOfficer, Statement: phi.NewText("Pat reads what root does in either role.")})
		}},
	} {
		t.Run("nobody "+x.what, func(t *testing.T) {
			run = t
			if x.own != nil {
				x.own()
			}
			for _, role := range x.roles {
				if err := x.does(in(x.who, role)); !fault.Is(err, fault.Denied) && !fault.Is(err, fault.Invalid) {
					t.Errorf("as %s it is answered with %v", role, err)
				}
			}
			if x.other != "" {
				if err := x.does(in(x.other, x.roles[len(x.roles)-1])); err != nil {
					t.Errorf("a colleague in the same role: %v %v", err, fault.FieldsOf(err))
				}
			}
		})
	}
}
