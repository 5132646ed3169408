package storybook

import (
	"slices"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/org"
	"caseward/internal/phi"
	"caseward/internal/program/rights"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

var (
	safety  = ui.Badge{Tone: ui.Danger, Icon: "shield-alert", Text: text("Safety plan"), Detail: text("Keep address and visits private.")}
	spanish = ui.Badge{Tone: ui.Note, Icon: "languages", Text: text("Spanish"), Detail: text("Interpreter for signatures.")}
	part2   = ui.Badge{Tone: ui.Special, Icon: "lock-keyhole", Text: text("Part 2"), Detail: text("Consent needed to share treatment.")}
)

// Stories lists every page, in more than one state where it has one.
func Stories() []Story {
	return slices.Concat(
		chartStories(),
		plans(),
		assessStories(),
		documentStories(),
		todayStories(),
		noteStories(),
		intakeStories(),
		caseStories(),
		serverStories(),
		standingStories(),
		governanceStories(),
		sanctionStories(),
		rightsStories(),
		trainingStories(),
		onboardingStories(),
		vendorStories(), vendorPageStories(),
		dueStories(), policyStories(),
	)
}

func chartStories() []Story {
	return []Story{
		{"caseload", func(f ui.Frame) templ.Component { return pages.Caseload(f, caseload(f)) }},
		{"caseload-further", func(f ui.Frame) templ.Component {
			p := caseload(f)
			p.First, p.More = "/caseload", "/caseload?after=x"
			return pages.Caseload(f, p)
		}},
		{"caseload-empty", func(f ui.Frame) templ.Component {
			p := caseload(f)
			p.Rows, p.Name, p.Filtered = nil, text("zzzz"), true
			return pages.Caseload(f, p)
		}},
		{"chart-notes", func(f ui.Frame) templ.Component { return pages.Notes(f, notes(f)) }},
		{"chart-notes-errors", func(f ui.Frame) templ.Component {
			p := notes(f)
			form := ui.NewForm("on", "2026-11-20", "minutes", "abc", "goal", "housing")
			form.Fail("type", "Choose how you connected")
			form.Fail("minutes", "Enter minutes as a number from 1 to 600")
			form.Fail("text", "Write what happened, in at least a sentence")
			p.Composer.Form = form
			return pages.Notes(f, p)
		}},
		{"chart-notes-empty", func(f ui.Frame) templ.Component {
			p := notes(f)
			p.Items, p.Next, p.Goals = nil, nil, nil
			return pages.Notes(f, p)
		}},
		{"chart-overview", func(f ui.Frame) templ.Component { return pages.OverviewTab(f, overview(f)) }},
		{"chart-intake", func(f ui.Frame) templ.Component {
			p := overview(f)
			p.Hidden = ui.HiddenSet{{Class: "plan"}, {Class: "household", Held: true, Why: "/why"}}
			p.Recent, p.MayWrite = nil, false
			return pages.OverviewTab(f, p)
		}},
		{"chart-clinical", func(f ui.Frame) templ.Component { return pages.ClinicalSummary(f, clinical()) }},
		{"report", func(f ui.Frame) templ.Component { return pages.ReportView(f, reportPage()) }},
		{"export", func(f ui.Frame) templ.Component { return pages.ExportForm(f, exportPage()) }},
		{"exports", func(f ui.Frame) templ.Component { return pages.Exports(f, exportsPage()) }},
		{"export-dead", func(f ui.Frame) templ.Component {
			return pages.DeadLink(f, pages.DeadLinkPage{Why: f.T("It has ended: a link can be used for 15 minutes. Nothing was saved. Ask for a new one."), Again: "/reports/caseload/export"})
		}},
		{"chart-print", func(f ui.Frame) templ.Component { return pages.PrintForm(f, printPage(f)) }},
		{"chart-case", func(f ui.Frame) templ.Component { return pages.CaseAndTeam(f, cases()) }},
		{"chart-access", func(f ui.Frame) templ.Component {
			return pages.Access(f, pages.AccessPage{Chart: chart(), Since: at(1, 1, 0, 0), People: append(seen(), pages.SeenBy{StaffID: "s9", Name: "Priya Raman", Role: "Intake worker", Times: 1, Last: at(9, 2, 22, 14), First: at(9, 2, 22, 14), Glass: true}), Entries: entries(f), Older: "?after=1", MayFollow: true})
		}},
		{"note", func(f ui.Frame) templ.Component { return pages.Note(f, note()) }},
		{"note-draft", func(f ui.Frame) templ.Component {
			p := note()
			p.Note = timeline()[0]
			p.Addenda, p.MayDiscard, p.History = nil, true, p.History[:1]
			return pages.Note(f, p)
		}},
		{"note-edit", func(f ui.Frame) templ.Component {
			n := *notes(f).Composer
			n.Form = ui.NewForm("type", "phone", "on", "2026-11-18", "minutes", "5", "goal", "housing", "text", "Called the number on file at 2:40 pm.")
			return pages.NoteEdit(f, pages.NoteEditPage{Chart: chart(), NoteForm: n})
		}},
		{"signin", func(f ui.Frame) templ.Component { return pages.SignIn(out(f), pages.SignInPage{}) }},
		{"signin-provider", func(f ui.Frame) templ.Component {
			return pages.SignIn(out(f), pages.SignInPage{Provider: "Eastside Login"})
		}},
		{"signin-provider-away", func(f ui.Frame) templ.Component {
			return pages.SignIn(out(f), pages.SignInPage{Provider: "Eastside Login", Away: true, Only: true})
		}},
		{"signin-provider-out", func(f ui.Frame) templ.Component {
			return pages.SignIn(out(f), pages.SignInPage{Provider: "Eastside Login", Only: true, SignOut: "https://login.example.org/end"})
		}},
		{"enrol-provider", func(f ui.Frame) templ.Component {
			p := enrol(pages.EnrolChoose)
			p.Provider = "Eastside Login"
			return pages.Enrol(out(f), p)
		}},
		{"stepup-provider", func(f ui.Frame) templ.Component {
			return pages.StepUp(f, pages.StepUpPage{Next: "/break-glass/new", Provider: "Eastside Login"})
		}},
		{"locked-provider", func(f ui.Frame) templ.Component {
			return pages.Locked(out(f), pages.LockedPage{Name: "Jordan Avery", HasPassword: true, Provider: "Eastside Login", Until: at(11, 20, 17, 30)})
		}},
		{"signin-errors", func(f ui.Frame) templ.Component {
			form := ui.NewForm("email", "jordan.avery@eastside.example")
			form.Fail("", "Email and password do not match")
			g := out(f)
			g.Demo = true
			return pages.SignIn(g, pages.SignInPage{Form: form})
		}},
		{"signin-code", func(f ui.Frame) templ.Component { return pages.SecondFactor(out(f), pages.SecondFactorPage{}) }},
		{"signin-recovery", func(f ui.Frame) templ.Component { return pages.Recovery(out(f), pages.RecoveryPage{}) }},
		{"enrol", func(f ui.Frame) templ.Component { return pages.Enrol(out(f), enrol(pages.EnrolChoose)) }},
		{"enrol-app", func(f ui.Frame) templ.Component { return pages.Enrol(out(f), enrol(pages.EnrolApp)) }},
		{"enrol-codes", func(f ui.Frame) templ.Component { return pages.Enrol(out(f), enrol(pages.EnrolCodes)) }},
		{"enrol-expired", func(f ui.Frame) templ.Component { return pages.Enrol(out(f), enrol(pages.EnrolExpired)) }},
		{"stepup", func(f ui.Frame) templ.Component {
			return pages.StepUp(f, pages.StepUpPage{Next: "/break-glass/new", HasPasskey: true, HasPassword: true})
		}},
		{"locked", func(f ui.Frame) templ.Component {
			return pages.Locked(out(f), pages.LockedPage{Name: "Jordan Avery", HasPasskey: true, HasPassword: true, Until: at(11, 20, 17, 30)})
		}},
		{"sessions-two-roles", func(f ui.Frame) templ.Component {
			f.Worker.Also = actor.Supervisor
			return pages.Sessions(f, pages.SessionsPage{Sessions: sessions()})
		}},
		{"sessions", func(f ui.Frame) templ.Component { return pages.Sessions(f, pages.SessionsPage{Sessions: sessions()}) }},
		{"security", func(f ui.Frame) templ.Component {
			return pages.Security(f, pages.SecurityPage{Passkeys: []pages.Passkey{{ID: "k1", Name: "Work laptop", Made: at(2, 3, 9, 0), Used: at(11, 20, 8, 58)}, {ID: "k2", Name: "Phone", Made: at(2, 3, 9, 5), Used: at(11, 12, 18, 2), Synced: true}},
				HasPassword: true, HasApp: true, CodesLeft: 9})
		}},
		{"find", func(f ui.Frame) templ.Component { return pages.Find(f, find()) }},
		{"find-empty", func(f ui.Frame) templ.Component {
			return pages.Find(f, pages.FindPage{Query: text("Vasquez"), MayBreakGlass: true, MayAddClient: true})
		}},
		{"not-found", func(f ui.Frame) templ.Component { return pages.NotFound(f, pages.NotFoundPage{MayBreakGlass: true}) }},
		{"denied", func(f ui.Frame) templ.Component {
			c := client("c3", "Ibáñez, Marisol", "C-20417")
			return pages.Denied(f, pages.DeniedPage{Client: &c, Action: "note.sign", Rules: []pages.Rule{ruleOwn}, Why: "/why", MayGlass: true, Reference: "7K2M-9QXD",
				Todo: []pages.Todo{{Text: "Ask the author to sign it, or write a note of your own.", URL: "/clients/c3/notes#compose", Link: "Write a note"}}})
		}},
		{"why", func(f ui.Frame) templ.Component { return pages.Why(officer(f), why(f)) }},
		{"break-glass", func(f ui.Frame) templ.Component { return pages.Glass(f, glass(f)) }},
		{"break-glass-errors", func(f ui.Frame) templ.Component {
			p := glass(f)
			c := client("c8", "Whitfield, Dana", "C-20119")
			p.Client = &c
			p.Form.Fail("reason", "Choose why it can’t wait")
			p.Form.Fail("words", "Say in a sentence what is happening")
			return pages.Glass(f, p)
		}},
		{"glass-list", func(f ui.Frame) templ.Component { return pages.GlassList(officer(f), glassList(f)) }},
		{"glass-list-empty", func(f ui.Frame) templ.Component { return pages.GlassList(officer(f), pages.GlassListPage{}) }},
		{"glass-review", func(f ui.Frame) templ.Component {
			r := glassList(f).Rows[0]
			return pages.GlassReview(officer(f), pages.GlassReviewPage{GlassRow: r, Classes: []string{"identity", "contact", "clinical"}, Entries: entries(f)[:2], MayDecide: true})
		}},
		{"glass-in-force", func(f ui.Frame) templ.Component {
			f.Glass = []ui.Glass{{ID: "g1", ClientID: "c8", Client: text("Whitfield, Dana"), Number: text("C-20119"), Until: at(11, 20, 13, 20)}}
			f.Demo = true
			f.Flash = &ui.Flash{Tone: ui.Good, Text: f.T("Saved.")}
			return pages.Caseload(f, caseload(f))
		}},
		{"log", func(f ui.Frame) templ.Component { return pages.Log(officer(f), log(f)) }},
		{"log-empty", func(f ui.Frame) templ.Component {
			p := log(f)
			p.Entries, p.Filtered = nil, true
			p.Verify.Good, p.Verify.Says = false, "Entry 18,402 was changed after it was signed."
			return pages.Log(officer(f), p)
		}},
		{"worker-activity", func(f ui.Frame) templ.Component { return pages.Worker(officer(f), worker(f)) }},
		{"rules", func(f ui.Frame) templ.Component {
			return pages.Rules(f, pages.RulesPage{Rules: []pages.Rule{ruleAssigned, ruleTeam, ruleOwn, ruleSUD}, Total: 61, SeesRights: true, Version: "sha256:9f2c4e71", Since: at(9, 1, 0, 0), Classes: classOptions(f)})
		}},
		{"client-new", func(f ui.Frame) templ.Component { return pages.ClientForm(f, clientForm(f)) }},
		{"client-edit", func(f ui.Frame) templ.Component {
			p := clientForm(f)
			c := chart()
			p.Chart, p.Version = &c, "7"
			p.Form = ui.NewForm("given", "Marisol", "family", "Ibáñez", "birth", "1987-03-11", "pronouns", "she/her", "name_text", "Mari", "name_kind", "preferred", "contact_kind", "mobile", "contact_value", "(555) 555-0148", "contact_rule", "text_only", "language", "es", "interpreter", "yes", "race", "other", "flag_kind", "safety", "flag_text", "Keep address and visits private.")
			p.Form.Fail("birth", "Enter a date that is not in the future")
			p.Twins = find().Rows[:1]
			return pages.ClientForm(f, p)
		}},
		{"case-open", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.OpenCase)) }},
		{"case-assign", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.AssignCase)) }},
		{"case-team", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.JoinTeam)) }},
		{"case-close", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.CloseCase)) }},
		{"coverage", func(f ui.Frame) templ.Component {
			return pages.Coverage(f, pages.CoveragePage{MayMake: true, Covers: workers(), Form: ui.NewForm("from", "2026-11-23", "until", "2026-11-27"), Rows: []pages.CoverageRow{
				{ID: "v1", Away: "Jordan Avery", Cover: "Sam Whitaker", From: at(11, 23, 0, 0), Until: at(11, 27, 0, 0), Words: "Leave", MayEnd: true},
				{ID: "v2", Away: "Priya Raman", Cover: "Jordan Avery", From: at(11, 16, 0, 0), Until: at(11, 20, 0, 0), Words: "Training"}}})
		}},
		{"staff", func(f ui.Frame) templ.Component {
			return pages.Staff(officer(f), pages.StaffPage{Rows: staff(), MayInvite: true, SeesLast: true, Older: "/staff?after=s5"})
		}},
		{"staff-invite", func(f ui.Frame) templ.Component {
			return pages.Invite(officer(f), pages.InvitePage{Supervisors: workers(), Programs: programs()})
		}},
		{"staff-import", func(f ui.Frame) templ.Component { return pages.StaffImport(officer(f), pages.StaffImportPage{}) }},
		{"staff-import-plan", func(f ui.Frame) templ.Component {
			return pages.StaffImport(officer(f), pages.StaffImportPage{Step: pages.ImportPlanned, Missing: true, Todo: 3, Invite: 1, Change: 1, End: 1, Same: 14, Refused: 1, Ignored: "Shirt size", Rows: staffImportRows()})
		}},
		{"staff-import-done", func(f ui.Frame) templ.Component {
			p := pages.StaffImportPage{Step: pages.ImportDone, Left: 40, Invite: 1, Change: 1, End: 1, Refused: 1, Rows: staffImportRows()}
			p.Rows[2].Link = "https://caseward.eastside.example/enrol/3vQ8-TnK2-pLx9"
			return pages.StaffImport(officer(f), p)
		}},
		{"staff-invited", func(f ui.Frame) templ.Component {
			return pages.Invite(officer(f), pages.InvitePage{Name: "Noor Haddad", Link: "https://caseward.eastside.example/enrol/3vQ8-TnK2-pLx9", Until: at(11, 23, 9, 41)})
		}},
		{"staff-member", func(f ui.Frame) templ.Component {
			return pages.StaffMember(officer(f), pages.StaffMemberPage{StaffRow: staff()[0], Sessions: sessions()[1:], Passkeys: 2, HasPassword: true, SeesWays: true, Supervisors: workers(), Programs: programs(),
				Form: ui.NewForm("role", "case_manager", "supervisor", "s3", "programs", "recovery"), MayChange: true, MayReset: true, MayEnd: true, MayFollow: true,
				SeesPlanned: true, Planned: []pages.PlannedRow{
					{Key: "a", Until: at(11, 30, 23, 59), What: []string{f.T("Programs") + ": Recovery support"}, By: "Wendell Oakes", At: at(11, 2, 9, 0)},
					{Key: "b", From: at(12, 1, 0, 0), Until: at(12, 31, 23, 59), What: []string{f.T("Role") + ": " + ui.RoleName(f.Lang, actor.Supervisor), f.T("Supervisor") + ": " + f.T("None")}, By: "Wendell Oakes", At: at(11, 12, 9, 0),
						Lacks: []pages.PlannedLack{{Title: "For supervisors", Closed: true}, {Title: "Overseeing emergency access", By: at(12, 15, 0, 0)}}},
				}})
		}},
		{"staff-plan", func(f ui.Frame) templ.Component {
			form := ui.NewForm("from", "2026-12-01", "until", "2026-11-30", "role", "supervisor", "supervisor", "s3", "programs", "recovery")
			form.Fail("until", "Choose a last day that is not before the first, or none.")
			return pages.StaffPlan(officer(f), pages.StaffPlanPage{ID: "s1", Name: "Jordan Avery", Form: form, Supervisors: workers(), Programs: programs()})
		}},
		{"staff-second-role", func(f ui.Frame) templ.Component {
			row := staff()[0]
			row.Also = actor.Supervisor
			says := "Notes and plans of her own clients are co-signed by Lena Brandt. She decides nothing about her own caseload as a supervisor."
			return pages.StaffMember(officer(f), pages.StaffMemberPage{StaffRow: row, Supervisors: workers(), Programs: programs(), Form: ui.NewForm("role", "case_manager", "supervisor", "s3"), MayChange: true, SeesPlanned: true,
				Seconds: []pages.SecondRow{
					{Key: "c", Role: actor.Supervisor, Beside: actor.CaseManager, State: pages.SecondNow, From: at(11, 2, 0, 0), Until: at(12, 31, 0, 0), Programs: "Recovery support", Statement: says, By: "Wendell Oakes", At: at(11, 1, 9, 0),
						Lacks: []pages.PlannedLack{{Title: "For supervisors", By: at(12, 15, 0, 0)}}},
					{Key: "b", Role: actor.PrivacyOfficer, Beside: actor.CaseManager, State: pages.SecondAhead, From: at(12, 31, 0, 0), Statement: says, By: "Wendell Oakes", At: at(11, 1, 9, 0)},
					{Key: "a", Role: actor.Intake, Beside: actor.CaseManager, State: pages.SecondOver, From: at(3, 1, 0, 0), Until: at(6, 30, 0, 0), Statement: says, By: "Wendell Oakes", At: at(2, 27, 9, 0), EndedBy: "Wendell Oakes", Why: "Intake has two people again."},
				}})
		}},
		{"staff-second", func(f ui.Frame) templ.Component {
			form := ui.NewForm("role", "supervisor", "statement", "Somebody looks.")
			form.Fail("statement", "Say in at least 20 characters how the two duties are kept apart, and who reviews what this person does in the other.")
			p := pages.StaffSecondPage{ID: "s1", Name: "Jordan Avery", First: actor.CaseManager, Form: form, Programs: programs(), Roles: []ui.Option{{Text: f.T("Choose a role")}}}
			for _, role := range actor.Roles() {
				if role == p.First {
					continue
				}
				x := pages.RolePair{Role: role, Pair: org.PairOf(p.First, role)}
				if role == actor.Supervisor {
					for _, d := range rights.Duties() {
						if d.Second == "note.cosign" {
							x.Duties = append(x.Duties, d)
						}
					}
				}
				p.Pairs = append(p.Pairs, x)
				if !x.Never {
					p.Roles = append(p.Roles, ui.Option{Value: string(role), Text: ui.RoleName(f.Lang, role)})
				}
			}
			return pages.StaffSecond(officer(f), p)
		}},
		{"staff-left", func(f ui.Frame) templ.Component {
			row := staff()[0]
			row.State = pages.Terminated
			return pages.StaffMember(officer(f), pages.StaffMemberPage{StaffRow: row, Since: at(2, 3, 0, 0), Ended: at(11, 18, 17, 0), Revoked: at(11, 18, 17, 0), Tried: at(11, 18, 17, 1), Refused: true, MayProbe: true, MayFollow: true, Sanctions: true})
		}},
		{"staff-left-untried", func(f ui.Frame) templ.Component {
			row := staff()[0]
			row.State = pages.Terminated
			return pages.StaffMember(officer(f), pages.StaffMemberPage{StaffRow: row, Ended: at(11, 18, 17, 0), MayProbe: true})
		}},
		{"staff-left-let-in", func(f ui.Frame) templ.Component {
			row := staff()[0]
			row.State = pages.Terminated
			return pages.StaffMember(officer(f), pages.StaffMemberPage{StaffRow: row, Ended: at(11, 18, 17, 0), Tried: at(11, 18, 17, 1)})
		}},
		{"staff-colleague", func(f ui.Frame) templ.Component {
			return pages.StaffMember(f, pages.StaffMemberPage{StaffRow: staff()[1], Since: at(2, 3, 0, 0)})
		}},
		{"bad-form", func(f ui.Frame) templ.Component {
			return pages.BadForm(f, pages.BadFormPage{Reference: "7K2M-9QXD", Wrong: []fault.Field{{Name: "from", Message: "Choose today or a later day."}}})
		}},
		{"failure", func(f ui.Frame) templ.Component {
			return pages.Failure(out(f), pages.MessagePage{Reference: "7K2M-9QXD"})
		}},
		{"unavailable", func(f ui.Frame) templ.Component {
			return pages.Unavailable(out(f), pages.MessagePage{Reference: "7K2M-9QXD"})
		}},
		{"changed", func(f ui.Frame) templ.Component { return pages.Changed(f, pages.MessagePage{}) }},
	}
}

// out is the frame of somebody who is not signed in.
func out(f ui.Frame) ui.Frame {
	f.Worker, f.Menu, f.Purposes = ui.Worker{}, nil, nil
	return f
}

func client(id, name, number string) ui.Client {
	return ui.Client{ID: id, Name: text(name), Number: text(number)}
}

func caseload(f ui.Frame) pages.CaseloadPage {
	row := func(id, name, number string, y, m, d int, program string, level int, word string, last int, how, next string, due int, flags ...ui.Badge) pages.CaseloadRow {
		return pages.CaseloadRow{Client: client(id, name, number), Birth: phi.NewDate(y, m, d), Program: text(program), Level: level, LevelWord: text(f.T(word)),
			LastContact: day(-last), LastHow: text(how), Next: text(next), NextOn: day(due), Flags: flags, MayWrite: true}
	}
	return pages.CaseloadPage{
		Summary: f.T("Six contacts are overdue and one is due today."),
		Tiles: []ui.TileFact{
			{Count: 7, Title: f.T("Overdue or due today"), Detail: f.T("Oldest is 6 days late"), Tone: ui.Danger, URL: "/caseload?view=due"},
			{Count: 14, Title: f.T("Due in 7 days"), Detail: f.T("5 are home visits"), Tone: ui.Warning, URL: "/caseload?view=week"},
			{Count: 3, Title: f.T("Notes to sign"), Detail: f.T("Oldest from Wednesday"), URL: "/caseload?view=drafts"},
			{Count: 4, Title: f.T("New to you"), Detail: f.T("Assigned in the last 14 days"), URL: "/caseload?view=new"},
		},
		Views: []ui.Tab{
			{Text: f.T("All"), URL: "/caseload", Count: 38, Current: true}, {Text: f.T("Needs attention"), URL: "/caseload?view=due", Count: 7},
			{Text: f.T("Due this week"), URL: "/caseload?view=week", Count: 14}, {Text: f.T("Notes to sign"), URL: "/caseload?view=drafts", Count: 3},
			{Text: f.T("New"), URL: "/caseload?view=new", Count: 4},
		},
		Programs: []ui.Option{{Text: f.T("All programs")}, {Value: "recovery", Text: "Recovery support"}, {Value: "reentry", Text: "Re-entry"}},
		Statuses: []ui.Option{{Text: f.T("Any status")}, {Value: "open", Text: f.T("Open")}, {Value: "closed", Text: f.T("Closed")}},
		Sort:     "due",
		Sorts:    []ui.Option{{Value: "due", Text: f.T("Next due")}, {Value: "name", Text: f.T("Name")}, {Value: "contact", Text: f.T("Last contact")}},
		Rows: []pages.CaseloadRow{
			row("c1", "Pruitt, Walter", "C-20750", 1955, 3, 2, "Re-entry", 2, "Standard", 32, "Phone call", "Consent renewal", -6),
			row("c2", "Tanaka, Yuki", "C-21083", 1960, 7, 19, "Behavioral health", 3, "High", 29, "Office visit", "Plan review", -4),
			row("c3", "Ibáñez, Marisol", "C-20417", 1987, 3, 11, "Recovery support", 3, "High", 31, "Home visit", "Monthly contact", -3, safety, spanish, part2),
			row("c4", "Cardenas, Noemi", "C-21416", 1965, 1, 30, "Recovery support", 4, "Intensive", 26, "Home visit", "Court report", -3, spanish, part2),
			row("c5", "Hensley, Roy", "C-20988", 1972, 9, 4, "Housing first", 3, "High", 22, "Phone call", "Home visit", -1),
			row("c6", "Okafor, Chidi", "C-21502", 1990, 12, 12, "Housing first", 1, "Light", 18, "Message", "Monthly contact", 0),
			row("c7", "Nguyễn, Thảo", "C-21377", 1998, 5, 23, "Youth services", 2, "Standard", 9, "Office visit", "SNAP recertification", 3, ui.Badge{Tone: ui.Note, Icon: "languages", Text: text("Vietnamese")}),
			row("c8", "Whitfield, Dana", "C-20119", 1981, 2, 17, "Re-entry", 2, "Standard", 5, "Home visit", "Plan review", 12),
			row("c9", "Álvarez, Inés", "C-21640", 2003, 8, 8, "Youth services", 1, "Light", 1, "Phone call", "", 0, safety),
		},
		Total: 38, Older: "/caseload?after=c9", MayAddClient: true,
	}
}

func chart() pages.Chart {
	return pages.Chart{
		Client: client("c3", "Ibáñez, Marisol", "C-20417"), Name: text("Marisol Ibáñez"), Preferred: text("Mari"), Initials: text("MI"),
		Birth: phi.NewDate(1987, 3, 11), Pronouns: text("she/her"), Language: text("Spanish"), Program: text("Recovery support"),
		Phone:    text("(555) 555-0148, text only"),
		Alerts:   []ui.Badge{safety, part2, spanish},
		Counts:   map[pages.ChartTab]int{pages.NotesTab: 41, pages.PlanTab: 3, pages.Documents: 12},
		MayWrite: true, MayEdit: true,
	}
}

func nextUp() []pages.NextUp {
	return []pages.NextUp{
		{On: day(-3), Title: text("Monthly contact"), Detail: text("Two attempts so far"), URL: "/clients/c3/notes#compose"},
		{On: day(6), Title: text("Care plan review"), Detail: text("Needs client signature"), URL: "/clients/c3/plan"},
		{On: day(10), Title: text("SNAP recertification"), Detail: text("Paystubs uploaded"), URL: "/clients/c3/documents"},
	}
}

func goals() []pages.Goal {
	return []pages.Goal{
		{Title: text("Stable housing"), Detail: text("Heat repair promised by Dec 1"), Done: 3, Of: 5, State: "In progress"},
		{Title: text("Recovery supports"), Detail: text("Weekly group, four of four"), Done: 4, Of: 4, State: "Completed"},
		{Title: text("Benefits and income"), Detail: text("SNAP packet in progress"), Done: 1, Of: 3, State: "In progress"},
	}
}

func seen() []pages.SeenBy {
	return []pages.SeenBy{
		{StaffID: "s1", Name: "Jordan Avery", Role: "Case manager", You: true, Times: 9, Last: at(11, 20, 9, 38), First: at(1, 12, 10, 2), Relation: "assigned"},
		{StaffID: "s2", Name: "Ruth Osei, LCSW", Role: "Clinician", Times: 2, Last: at(11, 17, 15, 4), First: at(3, 2, 9, 0), Relation: "care_team"},
		{StaffID: "s3", Name: "Devon Brooks", Role: "Supervisor", Times: 1, Last: at(11, 16, 8, 20), First: at(2, 4, 13, 45), Relation: "supervises"},
	}
}

func timeline() []pages.TimelineItem {
	return []pages.TimelineItem{
		{ID: "n1", Type: "phone", Title: text("Outbound call, no answer"), Body: text("Called the number on file at 2:40 pm. Client has asked for no voicemail, so none was left. Will try again Friday morning before her shift."),
			At: at(11, 18, 14, 40), Minutes: 5, Author: "Jordan Avery", State: pages.Draft, SignBy: at(11, 21, 0, 0), Goals: texts("Stable housing"), MaySign: true},
		{ID: "n2", Type: "coordination", Title: text("Landlord and Eastside Legal Aid conference"), Body: text("Joined a call with Eastside Legal Aid about the repair notice. Landlord agreed to finish the heating repair by Dec 1 and to hold the late fee. Legal Aid will send the signed letter for the file. Only tenancy facts were shared; no treatment information."),
			At: at(11, 11, 10, 40), Minutes: 35, Author: "Jordan Avery", State: pages.Signed, Goals: texts("Stable housing"), MayAdd: true, Addenda: 1},
		{Type: "case", Event: true, Title: text("Ruth Osei joined the care team"), Body: text("Added by Devon Brooks, supervisor. From Nov 4, with no end date."), At: at(11, 4, 11, 40)},
		{ID: "n3", Type: "office", At: at(10, 31, 12, 40), Minutes: 50, Author: "Ruth Osei, LCSW", Hidden: ui.Hidden{Class: "psychotherapy", Why: "/why?client=c3&class=psychotherapy"}},
		{ID: "n4", Type: "home", Title: text("Monthly home visit with interpreter"), Body: text("Met Mari and her sister at home. Apartment is clean and warm apart from the back bedroom, where the radiator is off. She has attended group every week this month and is proud of it. Wants help to recertify SNAP before Nov 30. Reviewed the safety plan together; no changes."),
			At: at(10, 20, 11, 40), Minutes: 60, Author: "Jordan Avery", State: pages.Signed, Goals: texts("Recovery supports"), MayAdd: true},
	}
}

func notes(f ui.Frame) pages.NotesPage {
	return pages.NotesPage{
		Chart: chart(),
		Composer: &pages.NoteForm{ClientID: "c3", Saved: at(11, 20, 9, 38), Draft: "d1", Version: "1", MayRestrict: true, Access: pages.OrdinaryAccess(f.Lang), UnitMinutes: 15, LateHours: 24, Phrases: phrases(), Form: ui.NewForm("on", "2026-11-20", "goal", "housing", "format", "plain"),
			Goals: []ui.Option{{Text: f.T("No goal")}, {Value: "housing", Text: "Stable housing"}, {Value: "recovery", Text: "Recovery supports"}}},
		Kinds: []ui.Tab{{Text: f.T("All"), URL: "/clients/c3/notes", Current: true}, {Text: f.T("Notes"), URL: "/clients/c3/notes?kind=note"}, {Text: f.T("Events"), URL: "/clients/c3/notes?kind=event"}},
		Items: timeline(), Older: "/clients/c3/notes?after=n4", Next: nextUp(), Goals: goals(), Seen: seen(),
	}
}

func staffImportRows() []pages.StaffImportRow {
	return []pages.StaffImportRow{
		{Line: 7, Act: "refused", Name: "Lee Okafor", Email: "lee.okafor@eastside.example", Why: []string{"Choose one of the roles."}},
		{Act: "end", Name: "Priya Raman", Email: "priya.raman@eastside.example", Worker: "s9"},
		{Line: 3, Act: "invite", Name: "Noor Haddad", Email: "noor.haddad@eastside.example", Diffs: []pages.StaffDiff{{Field: "Role", To: "Case manager"}, {Field: "Supervisor", To: "sam.whitaker@eastside.example"}}},
		{Line: 4, Act: "change", Name: "Jordan Avery", Email: "jordan.avery@eastside.example", Worker: "s2", Diffs: []pages.StaffDiff{{Field: "Role", From: "Case manager", To: "Supervisor"}}},
	}
}
