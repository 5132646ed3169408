package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/phi"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// intakeStories are the pages of registering, duplicates, households and lists.
func intakeStories() []Story {
	mari := pages.FoundClient{Client: ui.Client{ID: "c1", Name: text("Ibáñez, Marisol"), Number: text("C-20417")}, Birth: phi.NewDate(1987, 3, 11), Like: []string{"Same birth date", "Name alike"}}
	twin := mari
	twin.Client = ui.Client{ID: "c2", Name: text("Ibanes, Marisol"), Number: text("C-20502")}
	form := ui.NewForm("given", "Marisol", "family", "Ibanez", "birth", "1987-03-11")
	home := pages.HouseholdGroup{Current: true, From: phi.NewDate(2024, 6, 1), Members: []pages.HouseholdPerson{
		{Client: "c1", Name: text("Marisol Ibáñez"), Head: true, Self: true, From: phi.NewDate(2024, 6, 1), Place: "p1", Version: "1", MayChange: true},
		{Client: "c3", Name: text("Hugo Ibáñez"), Relation: "Child", Private: true, From: phi.NewDate(2024, 6, 1), Place: "p2", Version: "1", MayChange: true},
	}}
	rows := []pages.ImportRow{{Line: 3, Outcome: "rejected", External: text("A-2"), Why: []string{"The birth date is no date. Write it as month, day and year."}}, {Line: 2, Outcome: "created", External: text("A-1")}}
	return []Story{
		{"intake-look", func(f ui.Frame) templ.Component {
			return pages.SearchFirst(f, pages.SearchFirstPage{Draft: at(11, 20, 8, 58)})
		}},
		{"intake-found", func(f ui.Frame) templ.Component {
			return pages.SearchFirst(f, pages.SearchFirstPage{Form: form, Looked: true, Rows: []pages.FoundClient{mari}})
		}},
		{"duplicates", func(f ui.Frame) templ.Component {
			return pages.Duplicates(f, pages.DuplicatesPage{Looked: 100, More: "?after=1", Pairs: []pages.DuplicatePair{{A: mari, B: twin, Score: 60, Like: mari.Like}}})
		}},
		{"duplicates-empty", func(f ui.Frame) templ.Component {
			return pages.Duplicates(f, pages.DuplicatesPage{Looked: 100})
		}},
		{"duplicates-compare", func(f ui.Frame) templ.Component {
			return pages.Compare(f, pages.ComparePage{A: mari, B: twin, VersionA: "1", VersionB: "1", Like: mari.Like, Rows: []pages.CompareRow{
				{Name: "name", Label: "Name", A: text("Marisol Ibáñez"), B: text("Marisol Ibanes"), Pick: "keep"},
				{Name: "phones", Label: "Phones", List: true, A: text("(206) 555-0148"), B: text("(206) 555-0199"), Pick: "both"},
				{Name: "ssn", Label: "Social security number", Hidden: ui.Hidden{Class: "ssn"}},
			}})
		}},
		{"household", func(f ui.Frame) templ.Component {
			return pages.Household(f, pages.HouseholdPage{Chart: chart(), Current: &home, At: "-1", Today: "2026-11-20", MayChange: true, MayRelate: true, People: []pages.RelatedPerson{{At: "0", Name: text("Rosa Ibáñez"), Relation: text("Parent"), Emergency: true}}})
		}},
		{"import-check", func(f ui.Frame) templ.Component {
			return pages.ImportCheck(f, pages.ImportCheckPage{ID: "l1", File: text("intakes.csv"), Rows: 2, Version: "1", Counts: pages.ImportCounts{Created: 1, Rejected: 1}, Results: rows})
		}},
	}
}
