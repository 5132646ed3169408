package pages

import (
	"caseward/internal/actor"
	"caseward/internal/web/ui"
)

// tourStep is a step of a tour in English.
type tourStep struct{ path, title, text string }

// tours are what each persona of the demonstration is shown, in the order of a
// day's work. A test opens every place named here.
var tours = map[actor.Role][]tourStep{
	actor.CaseManager: {
		{"/today", "Today", "What is late comes first, then what is due. Press Log on a row to write down the contact at once."},
		{"/caseload", "Caseload", "Everybody you work with: narrow it by a tab or a filter, and open somebody’s chart."},
		{"/caseload", "A chart", "Open a chart. Warnings stand at its head in plain words, and who else opened it stands at the side."},
		{"/caseload", "A note", "On the Notes tab choose how you connected and write a sentence. It is saved as you write; sign it when it is done."},
		{"/find", "Somebody who is not yours", "Find any name of another worker’s client: there is nothing. In an emergency you can still open the chart, with a reason, for four hours, and it is reviewed."},
		{"/standing", "What you must have", "What your role requires, what you hold of it, and until when."},
		{"/calendar", "Calendar", "Plan a visit. When it has taken place one click leads to its note."},
		{"/why", "Why can, why can’t", "Ask which rule opens something to you, which keeps you out, and what would change it."},
	},
	actor.Supervisor: {
		{"/supervision", "Your team", "Who has how much, what is overdue, and which drafts wait to be signed."},
		{"/cosign", "Co-signatures", "Notes of colleagues in training wait here. Co-sign one, or send it back with remarks."},
		{"/caseload", "Your team’s clients", "The clients of the workers you supervise; open a chart to help with it."},
		{"/coverage", "Coverage", "Arrange who stands in for whom until a date. It ends by itself."},
		{"/break-glass", "Emergency access", "Who opened a chart in an emergency, and why."},
		{"/why", "Why can, why can’t", "Ask which rule opens something to you, and which keeps you out."},
	},
	actor.Intake: {
		{"/clients/new", "A new client", "Search first: whoever is here already is found by sound and with a typing error. Then register them and open a case."},
		{"/find", "Find", "By name, birth date, phone or number, together or alone."},
		{"/duplicates", "Duplicates", "Two records of one person are compared, put together, and can be taken apart again."},
		{"/import", "A list from elsewhere", "Bring in a spreadsheet: map its columns, look at every row first, then import."},
		{"/why", "Why can, why can’t", "You see who people are and how to reach them, and no notes. Ask why."},
	},
	actor.ProgramManager: {
		{"/caseload", "The program", "Every client of your programs, without what notes say."},
		{"/supervision/balance", "Who carries how much", "Weight and hours for each worker; move cases with a preview."},
		{"/reports", "Reports", "Contacts, outcomes and what is overdue. An export needs a reason and a fresh proof that it is you, and its link dies."},
		{"/settings/programs", "How your programs work", "Formats of notes, co-signatures, units of time."},
		{"/settings/forms", "Forms of your own", "Each field says what kind of information it is; who may see it follows."},
	},
	actor.PrivacyOfficer: {
		{"/log", "The log", "Every page anybody opened, in a sentence each. Narrow it to what was refused."},
		{"/break-glass", "Emergency access", "Open one that waits, and decide whether it was appropriate."},
		{"/log", "Verified", "Have the whole log checked: one changed entry would be named."},
		{"/training/figures", "Figures", "How far everybody is with what their role requires, and which questions are missed most."},
		{"/policies", "Policies", "What is in force, who approved it, and who has not read a new version yet."},
		{"/vendors", "Vendors", "Who works for the agency from outside, what binds it, and what is not as it should be."},
		{"/rules", "Access rules", "Each in one sentence with where it is written."},
		{"/why", "Why can, why can’t", "Ask for anybody at the agency."},
	},
	actor.SecurityOfficer: {
		{"/staff", "Accounts", "Who can sign in, how, and from where they are signed in now."},
		{"/log", "The log", "Sign-ins that failed and everything that was refused. You see no chart."},
		{"/vendors", "Vendors", "Who works for the agency from outside, what binds it, and what is not as it should be."},
		{"/rules", "Access rules", "Each in one sentence with where it is written."},
	},
	actor.Administrator: {
		{"/staff", "Staff", "Invite somebody, change a role, end an access. No client is ever shown to you."},
		{"/settings/programs", "Programs", "How each program works."},
		{"/settings/forms", "Forms", "What a program asks for beyond the chart."},
		{"/server", "How the server is", "What runs, what is slow, what goes wrong, and what to do about it."},
		{"/why", "Why can, why can’t", "Ask why you see no client."},
	},
	actor.Auditor: {
		{"/log", "The log", "Pick any worker and any day."},
		{"/training/figures", "Figures", "How far everybody is with what their role requires, and which questions are missed most."},
		{"/governance", "Governance", "Who was which officer, from when until when."},
		{"/rules", "Access rules", "Each in one sentence with where it is written."},
		{"/why", "Why can, why can’t", "Ask about anybody’s access."},
	},
}

// Tour is step n of a role's tour, from 1; 0 offers it. It is nil where there is
// no such step.
func Tour(lang ui.Lang, role actor.Role, n int) *ui.TourStep {
	steps := tours[role]
	if n < 0 || n > len(steps) || len(steps) == 0 {
		return nil
	}
	x := &ui.TourStep{N: n, Of: len(steps)}
	if n > 0 {
		s := steps[n-1]
		x.Title, x.Text, x.URL = ui.T(lang, s.title), ui.T(lang, s.text), s.path
	}
	return x
}
