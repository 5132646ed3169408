package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// noteStories are the pages about contact notes: co-signing, phrases, and how a
// program's notes are kept.
func noteStories() []Story {
	awaiting := func() pages.NotePage {
		p := note()
		p.Note.State, p.Note.CoSignBy, p.Note.MayAdd = pages.Awaiting, at(11, 22, 9, 0), false
		p.Note.Late, p.Note.Timed, p.Note.Units, p.Note.UnitLength = true, true, 3, 15
		p.Note.WrittenAt, p.Note.SignedAt, p.Note.LateReason = at(11, 18, 9, 0), at(11, 18, 9, 5), text("Out sick for two days.")
		p.Note.Sections = []pages.NoteSection{{Heading: "Subjective", Text: text("She says that the heating is on again.")}, {Heading: "Objective", Text: text("The back bedroom is warm.")}, {Heading: "Plan", Text: text("Next visit on Friday.")}}
		p.SignedAt, p.SignedBy, p.MayCoSign, p.Addenda = at(11, 18, 9, 5), "Jordan Avery", true, nil
		return p
	}
	return []Story{
		{"note-cosign", func(f ui.Frame) templ.Component { return pages.Note(f, awaiting()) }},
		{"note-overtaken", func(f ui.Frame) templ.Component {
			p := awaiting()
			p.MayCoSign, p.Unsaved = false, text("Typed in another window while the note was signed.")
			return pages.Note(f, p)
		}},
		{"note-returned", func(f ui.Frame) templ.Component {
			p := awaiting()
			p.MayCoSign, p.SignedAt, p.Note.State, p.Note.SignBy, p.Note.MaySign, p.Note.Returned = false, time.Time{}, pages.Draft, at(11, 22, 9, 0), true, true
			p.Remarks = &pages.Remarks{By: "Devon Brooks", At: at(11, 19, 16, 0), Text: text("Whose visit is this?")}
			p.Form.Fail("reason", "Say what is wrong with the note.")
			return pages.Note(f, p)
		}},
		{"addendum-returned", func(f ui.Frame) templ.Component {
			p := awaiting()
			p.MayCoSign, p.SignedAt, p.Note.State, p.Note.SignBy, p.Note.Returned, p.Note.Late, p.Note.Units = false, time.Time{}, pages.Draft, at(11, 22, 9, 0), true, false, 0
			p.Note.Title, p.Note.Sections = text("Addendum"), []pages.NoteSection{{Text: text("The landlord agreed.")}}
			p.AddsTo, p.Amend, p.Form = "n2", true, ui.NewForm("text", "The landlord agreed.")
			p.Remarks = &pages.Remarks{By: "Devon Brooks", At: at(11, 19, 16, 0), Text: text("By phone or in writing?")}
			return pages.Note(f, p)
		}},
		{"note-wrong", func(f ui.Frame) templ.Component {
			p := awaiting()
			p.MayCoSign, p.Note.State, p.Note.Part2, p.Note.WrongReason = false, pages.Wrong, true, text("The visit was to another client.")
			return pages.Note(f, p)
		}},
		{"note-merged", func(f ui.Frame) templ.Component {
			n := *notes(f).Composer
			posted := ui.NewForm("format", "soap", "type", "home", "on", "2026-11-18", "start", "13:30", "minutes", "45", "subjective", "Says that it is cold.", "text", "Begun as plain text.")
			m := ui.Merge(posted, ui.NewForm("format", "soap", "subjective", "Says that the radiator is off."), pages.Typed()...)
			m.By, m.At = f.T("Another window of yours"), at(11, 20, 9, 30)
			n.Form, n.Merged, n.UnitMinutes, n.LateHours = m.Form, &m, 15, 24
			n.Returned = &pages.Remarks{By: "Devon Brooks", At: at(11, 19, 16, 0), Text: text("Please say who you spoke to.")}
			n.Phrases = phrases()
			return pages.NoteEdit(f, pages.NoteEditPage{Chart: chart(), NoteForm: n})
		}},
		{"note-versions", func(f ui.Frame) templ.Component {
			return pages.Versions(f, pages.VersionsPage{Chart: chart(), Note: "n4", Rows: []pages.TimelineItem{
				{Type: "home", State: pages.Signed, Author: "Devon Brooks", SignedAt: at(11, 20, 9, 0), Body: text("Met at home; the heating is on.")},
				{Type: "home", State: pages.Draft, Author: "Jordan Avery", SignedAt: at(11, 19, 9, 0), Hidden: ui.Hidden{Class: "note", Held: true}},
			}})
		}},
		{"cosign", func(f ui.Frame) templ.Component {
			return pages.CoSign(f, pages.CoSignPage{Total: 1, Others: 1, Rows: []pages.CoSignRow{
				{Client: client("c3", "Ibáñez, Marisol", "C-20417"), Note: "n4", Title: text("Monthly home visit"), Type: "home", Author: "Jordan Avery", Contact: at(11, 16, 11, 40), Signed: at(11, 18, 9, 5), Due: at(11, 21, 9, 5), Late: true},
			}, Drafts: []pages.DraftRow{
				{Client: client("c4", "Pruitt, Dale", "C-20418"), Author: "Jordan Avery", Contact: at(11, 12, 10, 0), Due: at(11, 15, 10, 0)},
			}})
		}},
		{"cosign-empty", func(f ui.Frame) templ.Component { return pages.CoSign(f, pages.CoSignPage{}) }},
		{"phrases", func(f ui.Frame) templ.Component {
			var rows []pages.PhraseRow
			for i, p := range phrases() {
				rows = append(rows, pages.PhraseRow{Phrase: p, Own: i == 0, Program: "Recovery support", MayEdit: i < 2})
			}
			return pages.Phrases(f, pages.PhrasesPage{Rows: rows})
		}},
		{"phrases-empty", func(f ui.Frame) templ.Component { return pages.Phrases(f, pages.PhrasesPage{}) }},
		{"phrase-template", func(f ui.Frame) templ.Component {
			form := ui.NewForm("scope", "own", "format", "dap")
			form.Fail("title", "Give the template a title.")
			form.Fail("data", "Write the text.")
			return pages.PhraseForm(f, pages.PhraseFormPage{Template: true, MayShare: true, Form: form, Programs: []ui.Option{{Text: f.T("All programs")}}})
		}},
		{"programs", func(f ui.Frame) templ.Component {
			return pages.Programs(f, pages.ProgramsPage{Rows: []pages.ProgramRow{
				{Code: "housing", Name: "Housing Stability", Format: "plain", Unit: 15, LateHours: 24, SignDays: 3, CoSigned: true, MayEdit: true},
				{Code: "family", Name: "Family Support", Format: "dap", LateHours: 48, SignDays: 1},
			}})
		}},
		{"program", func(f ui.Frame) templ.Component {
			form := ui.NewForm("format", "soap", "unit", "abc", "rounding", "midpoint", "sign", "2")
			form.Fail("unit", "Enter the minutes of a unit as a number from 1 to 120, or nothing.")
			return pages.ProgramForm(f, pages.ProgramFormPage{Code: "housing", Name: "Housing Stability", Version: "3", Form: form, Workers: []ui.Option{{Value: "s1", Text: "Jordan Avery"}, {Value: "s2", Text: "Ruth Osei"}}})
		}},
	}
}

func phrases() []pages.Phrase {
	return []pages.Phrase{
		{ID: "p1", Key: "lvm", Text: "Left a voicemail with my name and number only."},
		{ID: "p2", Key: "interp", Text: "The interpreter was on the line for the whole call."},
		{ID: "p3", Title: "Home visit", Text: "Who was there:", Template: true},
	}
}
