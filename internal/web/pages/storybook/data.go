package storybook

import (
	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

var (
	ruleAssigned = pages.Rule{ID: "assigned-treats", Sentence: "The assigned worker reads and writes the chart of their client for treatment.", Cite: "45 CFR 164.506(c)(1)", Roles: []actor.Role{actor.CaseManager}, Classes: []string{"identity", "contact", "case", "note", "plan"}, Actions: []string{"chart.view", "note.create"}}
	ruleTeam     = pages.Rule{ID: "team-reads", Sentence: "Whoever is on the care team reads the chart for treatment.", Cite: "45 CFR 164.506(c)(1)", Roles: []actor.Role{actor.CaseManager, actor.Supervisor}, Classes: []string{"identity", "note"}}
	ruleOwn      = pages.Rule{ID: "sign-own", Sentence: "A note is signed by its author and nobody else.", Cite: "agency practice", Practice: true, Forbids: true, Classes: []string{"note"}, Actions: []string{"note.sign"}}
	ruleSUD      = pages.Rule{ID: "sud-needs-consent", Sentence: "Substance use treatment records need the client’s consent.", Cite: "42 CFR 2.31", Forbids: true, Classes: []string{"sud"}}
)

func overview(f ui.Frame) pages.OverviewPage {
	return pages.OverviewPage{
		Chart: chart(), Next: nextUp(), Goals: goals(), Seen: seen(), Recent: timeline()[:2],
		Contacts: []pages.ContactPoint{
			{Kind: "phone", Label: text("Cell"), Value: text("(555) 555-0148"), Preferred: true, TextOnly: true, NoVoice: true},
			{Kind: "phone", Label: text("Rosa Ibáñez, sister"), Value: text("(555) 555-0163")},
			{Kind: "email", Label: text("Personal"), Value: text("mari@mail.example")},
			{Kind: "phone", Label: text("Old number"), Value: text("(555) 555-0110"), Unsafe: true},
		},
		Addresses: []pages.Address{{Label: text("Home"), Lines: texts("118 Alder Street, Apt 4", "Eastside, WA 98000"), Sensitive: true}},
		Household: []pages.HouseholdMember{{Name: text("Rosa Ibáñez"), Relation: text("Sister"), Detail: text("Lives with her, may take messages")}, {Name: text("Leo Ibáñez"), Relation: text("Son, 6")}},
		About: []ui.Fact{
			{Label: f.T("Gender"), Value: text("Female")}, {Label: f.T("Race"), Value: text("Other")}, {Label: f.T("Ethnicity"), Value: text("Hispanic or Latino")},
			{Label: f.T("Language"), Value: text("Spanish, interpreter needed")}, {Label: f.T("Social Security number"), Hidden: ui.Hidden{Class: "ssn"}}, {Label: f.T("Income and benefits"), Hidden: ui.Hidden{Class: "financial"}},
			{Label: f.T("Substance use treatment (Part 2)"), Hidden: ui.Hidden{Class: "sud"}}, {Label: f.T("Former name")},
		},
		Cases: lines(cases()),
	}
}

func clinical() pages.ClinicalPage {
	return pages.ClinicalPage{Chart: chart(), Source: text("Imported from Northgate Clinic, Nov 2, 2026."),
		MayAdd:      true,
		Conditions:  pages.ClinicalList{Icon: "activity", Add: "/clients/c1/clinical/new", Current: []pages.ClinicalFact{{Name: text("Type 2 diabetes"), State: text("active"), Since: phi.NewDate(2019, 4, 0), Code: text("SNOMED CT 44054006"), Told: "imported"}, {Hidden: ui.Hidden{Class: "sud"}}}, Past: []pages.ClinicalFact{{Name: text("Asthma"), State: text("resolved"), Since: phi.NewDate(2004, 0, 0)}, {Name: text("Gout"), Wrong: true}}},
		Allergies:   pages.ClinicalList{Icon: "triangle-alert", Add: "/clients/c1/clinical/new", Current: []pages.ClinicalFact{{Name: text("Penicillin"), Detail: text("Hives"), State: text("active"), Told: "reported by the client, written down by Dana Reyes", Edit: "/clients/c1/clinical/i1"}}},
		Medications: pages.ClinicalList{Icon: "pill", Add: "/clients/c1/clinical/new", Current: []pages.ClinicalFact{{Name: text("Metformin 500 mg"), Detail: text("Twice a day with food"), State: text("active"), Since: phi.NewDate(2019, 5, 2)}, {Name: text("Buprenorphine"), Special: true, State: text("active")}}},
	}
}

// lines gives the cases of a page in short.
func lines(p pages.CasePage) []pages.CaseLine {
	out := []pages.CaseLine{}
	for _, c := range p.Cases {
		out = append(out, c.CaseLine)
	}
	return out
}

func cases() pages.CasePage {
	return pages.CasePage{Chart: chart(), MayOpen: true, Cases: []pages.CaseDetail{
		{CaseLine: pages.CaseLine{ID: "k1", Number: text("K-3391"), Program: text("Recovery support"), State: "open", Opened: at(1, 12, 0, 0), Worker: "Jordan Avery"}, Supervisor: "Devon Brooks", MayAssign: true, MayTeam: true, MayClose: true, Team: []pages.TeamMember{
			{StaffID: "s1", Name: "Jordan Avery", Role: "Case manager", Relation: "assigned", From: at(1, 12, 0, 0)},
			{StaffID: "s2", Name: "Ruth Osei, LCSW", Role: "Clinician", Relation: "care_team", From: at(11, 4, 0, 0), MayEnd: true},
			{StaffID: "s4", Name: "Sam Whitaker", Role: "Case manager", Relation: "covering", From: at(11, 23, 0, 0), Until: at(11, 27, 0, 0)},
			{StaffID: "s3", Name: "Devon Brooks", Role: "Supervisor", Relation: "supervises", From: at(1, 12, 0, 0)},
		}},
		{CaseLine: pages.CaseLine{ID: "k2", Number: text("K-2207"), Program: text("Housing first"), State: "closed", Opened: at(1, 3, 0, 0).AddDate(-2, 0, 0), Closed: at(9, 30, 0, 0).AddDate(-1, 0, 0), Worker: "Sam Whitaker"}, Reason: text("Goals met")},
	}}
}

func note() pages.NotePage {
	n := timeline()[1]
	return pages.NotePage{Chart: chart(), Note: n, SignedBy: "Jordan Avery", SignedAt: at(11, 11, 11, 32), Written: at(11, 11, 11, 20), Version: 3,
		Addenda: []pages.Addendum{{By: "Jordan Avery", At: at(11, 12, 9, 5), Text: text("Correction: the late fee is held until Dec 15, not Dec 1."), Note: pages.TimelineItem{State: pages.Signed}},
			{By: "Sam Lee", At: at(11, 12, 10, 5), Text: text("The landlord agreed by phone."), Note: pages.TimelineItem{ID: "an2", State: pages.Awaiting}}},
		History: []pages.Change{{Version: 1, By: "Jordan Avery", At: at(11, 11, 11, 20), What: "Draft saved"}, {Version: 2, By: "Jordan Avery", At: at(11, 11, 11, 32), What: "Signed"}, {Version: 3, By: "Jordan Avery", At: at(11, 12, 9, 5), What: "Addendum"}}}
}

func enrol(step pages.EnrolStep) pages.EnrolPage {
	return pages.EnrolPage{Token: "3vQ8", Name: "Noor Haddad", Email: "noor.haddad@eastside.example", Role: "Case manager", Until: at(11, 23, 9, 41), Step: step,
		Secret: "JBSW Y3DP EHPK 3PXP JBSW Y3DP EHPK 3PXP", Codes: []string{"h4kd-92mx", "p7wq-31tz", "r8nb-64ce", "v2yd-57ga", "k5jm-83hs", "t9xf-20lp", "b6ra-48nw", "d3uz-76ye", "g1ct-95vk", "m4hs-17rq"}}
}

func sessions() []pages.Session {
	return []pages.Session{
		{ID: "x1", Device: "Firefox on Windows", Since: at(11, 20, 8, 58), Last: Now, How: "Passkey", This: true},
		{ID: "x2", Device: "Safari on iPhone", Phone: true, Since: at(11, 19, 13, 12), Last: at(11, 19, 16, 40), How: "Passkey", Locked: true},
		{ID: "x3", Device: "Chrome on Windows", Since: at(11, 18, 9, 2), Last: at(11, 18, 17, 1), How: "Password and app"},
	}
}

func find() pages.FindPage {
	return pages.FindPage{Query: text("ibanes"), MayBreakGlass: true, Rows: []pages.FoundClient{
		{Client: client("c3", "Ibáñez, Marisol", "C-20417"), Birth: phi.NewDate(1987, 3, 11), Alias: text("Mari"), Flags: []ui.Badge{safety, spanish, part2}},
		{Client: client("c31", "Ibanez, Luis", "C-20981"), Birth: phi.NewDate(1979, 0, 0), Hidden: ui.HiddenSet{{Class: "case"}}},
	}}
}

func entries(f ui.Frame) []pages.LogEntry {
	return []pages.LogEntry{
		{Number: 18412, At: at(11, 20, 9, 38), WhoID: "s1", Who: "Jordan Avery", Role: actor.CaseManager, Purpose: actor.Treatment, Action: "note.read", Outcome: pages.Allowed, ClientID: "c3", Client: text("C-20417"), Classes: []string{"identity", "note"}, Withheld: []string{"psychotherapy"}, Relation: []string{"assigned"}, Rules: []pages.Rule{ruleAssigned}, Records: []string{"note 01JD4M7QF2", "note 01JD4M7QF3"}, Hash: "9f2c4e7103ab55d0c1e8f6a7742b19c05e3d88aa61f04b7793e2d5c8a1b0f4e6"},
		{Number: 18411, At: at(11, 20, 9, 36), WhoID: "s1", Who: "Jordan Avery", Role: actor.CaseManager, Purpose: actor.Treatment, Action: "case.find", Outcome: pages.Allowed, ClientID: "c1", Client: text("C-20750"), Others: 37, Classes: []string{"identity", "case", "flags"}, Rules: []pages.Rule{ruleAssigned}},
		{Number: 18409, At: at(11, 20, 9, 12), WhoID: "s9", Who: "Priya Raman", Role: actor.Intake, Purpose: actor.Operations, Action: "note.sign", Outcome: pages.Refused, ClientID: "c3", Client: text("C-20417"), Classes: []string{"note"}, Rules: []pages.Rule{ruleOwn}, Detail: []ui.Fact{{Label: f.T("Reference"), Value: text("7K2M-9QXD")}}},
		{Number: 18402, At: at(11, 20, 8, 58), Who: "service import", Role: actor.Service, Purpose: actor.Upkeep, Action: "client.create", Outcome: pages.Failed, Client: text("C-21702")},
		{Number: 18397, At: at(11, 19, 22, 14), WhoID: "s9", Who: "Priya Raman", Role: actor.Intake, Purpose: actor.Emergency, Action: "glass.break", Outcome: pages.Allowed, ClientID: "c8", Client: text("C-20119"), Rules: []pages.Rule{{ID: "glass-breaks", Sentence: "Anybody in a care role may open a record in an emergency, with no relation to the client.", Cite: "45 CFR 164.312(a)(2)(ii)"}}},
	}
}

func log(f ui.Frame) pages.LogPage {
	return pages.LogPage{Form: ui.NewForm("from", "2026-11-01", "to", "2026-11-20"), Workers: workers(), Actions: []ui.Option{{Value: "note.read", Text: "note.read"}}, Entries: entries(f), Back: at(3, 3, 9, 14), Older: "18397",
		Verify: &pages.VerifyPanel{Good: true, Size: 18412, Root: "n4bQgYhMfWWaL+qgxVrQFaO/TxsrC4Is0V1sFbDwCgg=", Checkpoint: at(11, 20, 9, 40), Verified: at(11, 20, 3, 0), Witnesses: 2, MayVerify: true}}
}

func worker(f ui.Frame) pages.WorkerPage {
	p := pages.WorkerPage{ID: "s1", Name: "Jordan Avery", Role: actor.CaseManager, Clients: 31, Refused: 1, Glass: 0, Entries: entries(f)[:3], Day: Now, Older: "?after=1"}
	for i, n := range []int{64, 41, 0, 0, 77, 58, 83, 49} {
		p.Days = append(p.Days, pages.DayCount{On: day(-i), Count: n, URL: "?day=" + day(-i).Format("2006-01-02"), Current: i == 0})
	}
	return p
}

func glass(f ui.Frame) pages.GlassPage {
	return pages.GlassPage{Reasons: reasons(f), Classes: classOptions(f), Hours: 4, Review: f.T("within three working days")}
}

func reasons(f ui.Frame) []ui.Option {
	out := []ui.Option{}
	for _, s := range []string{"Imminent danger to the client or somebody else", "Medical emergency", "Crisis outreach", "Another reason"} {
		out = append(out, ui.Option{Value: s, Text: f.T(s)})
	}
	return out
}

func classOptions(f ui.Frame) []ui.Option {
	out := []ui.Option{}
	for _, c := range []string{"identity", "contact", "flags", "case", "note", "clinical", "plan", "document", "sud"} {
		o := ui.Option{Value: c, Text: ui.ClassName(f.Lang, c)}
		if ui.SpecialClass(c) {
			o.Tone = ui.Special
		}
		out = append(out, o)
	}
	return out
}

func glassList(f ui.Frame) pages.GlassListPage {
	return pages.GlassListPage{
		Views: []ui.Tab{{Text: f.T("To review"), URL: "/break-glass", Count: 2, Current: true}, {Text: f.T("Decided"), URL: "/break-glass?view=decided"}},
		Rows: []pages.GlassRow{
			{ID: "g1", Who: "Priya Raman", WhoID: "s9", Role: actor.Intake, Client: client("c8", "Whitfield, Dana", "C-20119"), Reason: "Imminent danger to the client or somebody else", Words: text("Called the desk saying she would hurt herself; needed her phone and safety plan to reach her sister."), From: at(11, 19, 22, 14), Until: at(11, 20, 2, 14), Opened: 4, DecideBy: at(11, 20, 0, 0)},
			{ID: "g2", Who: "Sam Whitaker", WhoID: "s4", Role: actor.CaseManager, Client: client("c9", "", "C-21640"), Reason: "Medical emergency", Words: text("Ambulance crew asked for allergies."), From: at(11, 19, 15, 2), Until: at(11, 19, 19, 2), Ended: at(11, 19, 15, 20), Opened: 1, DecideBy: at(11, 24, 0, 0)},
			{ID: "g3", Who: "Jordan Avery", WhoID: "s1", Role: actor.CaseManager, Client: client("c7", "Nguyễn, Thảo", "C-21377"), Reason: "Covering for a colleague without notice", Words: text("Court asked for proof of address today."), From: at(11, 12, 10, 0), Until: at(11, 12, 14, 0), Opened: 2, Decision: pages.Appropriate, By: "Lena Brandt", DecidedAt: at(11, 13, 9, 0)},
		},
	}
}

func why(f ui.Frame) pages.WhyPage {
	return pages.WhyPage{Form: ui.NewForm("worker", "s9", "client", "C-20417", "action", "chart.view", "purpose", "treatment"), Workers: workers(), Actions: []ui.Option{{Value: "chart.view", Text: f.T("Open and read")}, {Value: "note.create", Text: f.T("Write a note")}},
		Purposes: []ui.Option{{Value: "treatment", Text: f.T("Treatment")}}, Asked: true, Who: "Jordan Avery", Role: actor.CaseManager, Client: text("C-20417"), Relation: []string{"assigned"}, Purpose: actor.Treatment,
		Rows: []pages.WhyRow{{Class: "identity", Allowed: true, Rules: []pages.Rule{ruleAssigned}}, {Class: "note", Allowed: true, Rules: []pages.Rule{ruleAssigned, ruleTeam}}, {Class: "ssn"}, {Class: "psychotherapy"}, {Class: "sud", Rules: []pages.Rule{ruleSUD}}},
		Todo: []pages.Todo{{Text: "A consent that names the program and the recipient opens substance use treatment records."}}, MayGlass: true, ClientID: "c3"}
}

func workers() []ui.Option {
	return []ui.Option{{Value: "s1", Text: "Jordan Avery"}, {Value: "s4", Text: "Sam Whitaker"}, {Value: "s3", Text: "Devon Brooks"}, {Value: "s9", Text: "Priya Raman"}}
}

func programs() []ui.Option {
	return []ui.Option{{Value: "recovery", Text: "Recovery support"}, {Value: "reentry", Text: "Re-entry"}, {Value: "housing", Text: "Housing first"}}
}

func staff() []pages.StaffRow {
	return []pages.StaffRow{
		{ID: "s1", Name: "Jordan Avery", Email: "jordan.avery@eastside.example", Role: actor.CaseManager, Supervisor: "Devon Brooks", LastSeen: Now, State: pages.Active},
		{ID: "s2", Name: "Ruth Osei, LCSW", Email: "ruth.osei@eastside.example", Role: actor.CaseManager, Supervisor: "Devon Brooks", LastSeen: day(-3), State: pages.Active},
		{ID: "s3", Name: "Devon Brooks", Email: "devon.brooks@eastside.example", Role: actor.Supervisor, LastSeen: day(-1), State: pages.Active},
		{ID: "s6", Name: "Noor Haddad", Email: "noor.haddad@eastside.example", Role: actor.Intake, Supervisor: "Devon Brooks", State: pages.Invited},
		{ID: "s5", Name: "Marcus Bell", Email: "marcus.bell@eastside.example", Role: actor.CaseManager, LastSeen: day(-90), State: pages.Terminated},
	}
}

func clientForm(f ui.Frame) pages.ClientFormPage {
	return pages.ClientFormPage{
		Languages:   []ui.Option{{Text: f.T("Not asked")}, {Value: "en", Text: "English"}, {Value: "es", Text: "Español"}, {Value: "vi", Text: "Tiếng Việt"}},
		FlagKinds:   []ui.Option{{Value: "safety", Text: f.T("Safety")}, {Value: "access", Text: f.T("Access need")}, {Value: "handling", Text: f.T("Handling")}},
		IDKinds:     []ui.Option{{Value: "ssn", Text: f.T("Social Security number")}, {Value: "medicaid", Text: "Medicaid"}},
		Races:       []ui.Option{{Value: "white", Text: "White"}, {Value: "black", Text: "Black or African American"}, {Value: "asian", Text: "Asian"}, {Value: "other", Text: "Other"}},
		Ethnicities: []ui.Option{{Text: f.T("Not asked")}, {Value: "hispanic", Text: "Hispanic or Latino"}, {Value: "not", Text: "Not Hispanic or Latino"}},
		Genders:     []ui.Option{{Text: f.T("Not asked")}, {Value: "female", Text: "Female"}, {Value: "male", Text: "Male"}, {Value: "nonbinary", Text: "Nonbinary"}},
	}
}

func caseForm(f ui.Frame, kind pages.CaseForm) pages.CaseFormPage {
	p := pages.CaseFormPage{Chart: chart(), Kind: kind, Programs: programs(), Workers: workers(), Form: ui.NewForm("from", "2026-11-20", "opened", "2026-11-20", "on", "2026-11-20"),
		Reasons: []ui.Option{{Value: "met", Text: f.T("Goals met")}, {Value: "moved", Text: f.T("Moved away")}}}
	if kind != pages.OpenCase {
		p.Case = cases().Cases[0].CaseLine
	}
	return p
}
