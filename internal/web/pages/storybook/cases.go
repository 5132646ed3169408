package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// caseStories are the pages of cases that change hands, of supervision and of
// case conferences.
func caseStories() []Story {
	handed := pages.HandoverText{By: "Jordan Avery", To: "Ruth Osei", At: at(11, 18, 9, 0), Matters: text("Recertification is under way."), Items: text("Pay stubs are missing."), Risks: text("Does not open mail.")}
	row := pages.OfferRow{ID: "k1", Client: client("c8", "Whitfield, Dana", "C-20119"), Program: text("Housing Stability"), Level: "High", By: "Jordan Avery", Until: at(11, 27, 0, 0)}
	met := pages.ConferenceRow{ID: "m1", At: at(11, 12, 10, 0), Organizer: "Jordan Avery", Signed: true, Pending: 1}
	move := []pages.MoveRow{{ID: "k1", Client: client("c8", "Whitfield, Dana", "C-20119"), Program: text("Housing Stability"), Level: "High", From: "Jordan Avery", To: "Ruth Osei", Step: "k1"}}
	levels := []pages.LevelMeasure{{Name: "Standard", Weight: 1, Hours: 1.5}, {Name: "High", Weight: 2, Hours: 3}, {Name: "Intensive", Weight: 4, Hours: 6}}
	return []Story{
		{"offers", func(f ui.Frame) templ.Component {
			return pages.Offers(f, pages.OffersPage{Rows: []pages.OfferRow{row}})
		}},
		{"offers-empty", func(f ui.Frame) templ.Component { return pages.Offers(f, pages.OffersPage{}) }},
		{"offer", func(f ui.Frame) templ.Component {
			return pages.Offer(f, pages.OfferPage{OfferRow: row, From: "Jordan Avery", Opened: at(3, 4, 0, 0), Handover: handed, Special: true})
		}},
		{"offer-over", func(f ui.Frame) templ.Component { return pages.Offer(f, pages.OfferPage{Over: true}) }},
		{"case-offer", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.OfferCase)) }},
		{"case-edit-merged", func(f ui.Frame) templ.Component {
			p := caseForm(f, pages.EditCase)
			p.Version = 3
			m := ui.Merge(ui.NewForm("next", "Home visit", "was.", "1", "was.next", "Call"), ui.NewForm("next", "Court report"), "next")
			m.By, m.At = "Ruth Osei", at(11, 20, 9, 10)
			p.Merged, p.Form = &m, m.Form
			return pages.CaseFormView(f, p)
		}},
		{"case-close-checks", func(f ui.Frame) templ.Component {
			p := caseForm(f, pages.CloseCase)
			p.Checks = []pages.CloseCheck{{Text: "2 notes are not signed", URL: "/clients/c3/notes"}, {Text: "No offer is open", Done: true}}
			return pages.CaseFormView(f, p)
		}},
		{"case-renew", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.RenewCase)) }},
		{"case-reopen", func(f ui.Frame) templ.Component { return pages.CaseFormView(f, caseForm(f, pages.ReopenCase)) }},
		{"supervision", func(f ui.Frame) templ.Component {
			return pages.Supervision(f, pages.SupervisionPage{Rows: []pages.WorkerStand{
				{ID: "w1", Name: "Jordan Avery", Role: "Case manager", Open: 38, Weight: 61, Capacity: 40, Overdue: 7, MostOverdue: 6, Drafts: 3, Late: 1, OldestDraft: at(11, 15, 0, 0), Reviews: 2, Eligibility: 1,
					Away: []pages.AwayLine{{Cover: "Ruth Osei", From: at(11, 18, 0, 0), Until: at(11, 27, 0, 0), Now: true}}},
				{ID: "w2", Name: "Ruth Osei", Role: "Case manager", Open: 21, Weight: 30, Capacity: 40},
			}})
		}},
		{"supervision-empty", func(f ui.Frame) templ.Component { return pages.Supervision(f, pages.SupervisionPage{}) }},
		{"balance", func(f ui.Frame) templ.Component {
			return pages.Balance(f, pages.BalancePage{Month: ui.Month(f.Lang, f.Now), Earlier: "/supervision/balance?month=2026-10", MayMove: true, Levels: levels, Rows: []pages.BalanceRow{
				{ID: "w1", Name: "Jordan Avery", Open: 38, Levels: []int{20, 13, 5}, Weight: 61, Capacity: 40, Hours: 99, Actual: 71.5}, {ID: "w2", Name: "Ruth Osei", Open: 21, Levels: []int{14, 5, 2}, Weight: 32, Capacity: 40, Hours: 48, Actual: 52},
			}})
		}},
		{"move", func(f ui.Frame) templ.Component {
			day := at(11, 19, 15, 0)
			return pages.Move(f, pages.MovePage{Rows: move, Workers: workers(), Programs: programs(), Receivers: workers(), Back: &day})
		}},
		{"move-preview", func(f ui.Frame) templ.Component {
			return pages.Move(f, pages.MovePage{Stage: pages.MovePreview, Rows: move, Kept: 1, Reverse: true, Loads: []pages.MoveLoad{{Name: "Jordan Avery", Cases: 38, CasesAfter: 37, Weight: 61, After: 59, Capacity: 40}, {Name: "Ruth Osei", CasesAfter: 1, After: 2, Unknown: true}}})
		}},
		{"move-done", func(f ui.Frame) templ.Component {
			bad := move[0]
			bad.Wrong = "Somebody changed it since you looked at the plan."
			return pages.Move(f, pages.MovePage{Stage: pages.MoveDone, Rows: append(move, bad), Moved: 1, Failed: 1})
		}},
		{"conferences", func(f ui.Frame) templ.Component {
			return pages.Conferences(f, pages.ConferencesPage{Chart: chart(), MayCall: true, Rows: []pages.ConferenceRow{met, {ID: "m2", At: at(11, 26, 10, 0), Organizer: "Ruth Osei", Restricted: true}}})
		}},
		{"conferences-empty", func(f ui.Frame) templ.Component {
			return pages.Conferences(f, pages.ConferencesPage{Chart: chart(), MayCall: true})
		}},
		{"conference", func(f ui.Frame) templ.Component {
			return pages.Conference(f, pages.ConferencePage{Chart: chart(), ConferenceRow: met, Length: 45, Place: text("Room 2"), Agenda: text("Housing\nSchool"), Minutes: text("The unit passed."), Special: true, SignedBy: "Jordan Avery", SignedAt: at(11, 12, 11, 0),
				Attendees: []pages.ConferenceGuest{{Name: text("Jordan Avery"), Came: true}, {Name: text("Ms. Ferreira"), Outside: true}}, Addenda: []pages.Addendum{{By: "Ruth Osei", At: at(11, 13, 9, 0), Text: text("By phone.")}},
				Decisions: []pages.ConferenceDecision{{Number: 1, What: text("Call the school"), Who: "Jordan Avery", Due: at(11, 18, 0, 0)}, {Number: 2, What: text("One number"), Done: true, DoneBy: "Ruth Osei", DoneAt: at(11, 14, 0, 0)}}, MayAdd: true, MayFollow: true})
		}},
		{"conference-form", func(f ui.Frame) templ.Component {
			return pages.ConferenceForm(f, pages.ConferenceFormPage{Chart: chart(), ID: "m2", Version: 2, Workers: workers(), Came: workers(), MayRestrict: true, Form: ui.NewForm("on", "2026-11-26", "time", "10:00", "length", "45", "decision", "Call the school", "decision_number", "1", "agenda", "Housing")})
		}},
	}
}
