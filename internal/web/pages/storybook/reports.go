package storybook

import (
	"caseward/internal/paper"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

func figures() pages.Table {
	cell := func(s string) pages.TableCell { return pages.TableCell{Text: text(s), Number: true} }
	return pages.Table{
		Heads: []string{"Worker", "Contacts", "Minutes", "Clients"}, Classes: []string{"workforce", "case", "case", "case"},
		Rows: []pages.TableRow{
			{Cells: []pages.TableCell{{Text: text("Jordan Avery")}, cell("59"), cell("2350"), cell("46")}},
			{Cells: []pages.TableCell{{Text: text("Priya Raman")}, cell("34"), cell("1450"), cell("25")}},
		},
		Total: []string{"Total", "93", "3800", "71"},
	}
}

func behind() *pages.Table {
	return &pages.Table{
		Heads: []string{"Client", "Number", "Program"}, Classes: []string{"identity", "identity", "case"},
		Rows: []pages.TableRow{{Client: "c1", Cells: []pages.TableCell{{Text: text("Ibáñez, Marisol")}, {Text: text("C-20417")}, {Text: text("Housing")}}}},
	}
}

func reportPage() pages.ReportPage {
	return pages.ReportPage{
		Name: "contacts", Title: "Contacts", Dated: true, Export: "/reports/contacts/export", Form: ui.NewForm("by", "worker", "from", "2026-10-01", "until", "2026-10-31"),
		Groups: []ui.Option{{Value: "worker", Text: "Worker"}, {Value: "type", Text: "Type of contact"}}, Programs: []ui.Option{{Text: "All programs"}}, Workers: []ui.Option{{Text: "Everybody"}},
		Shown: &pages.Report{Says: "Oct 1, 2026 to Oct 31, 2026", Main: figures(), List: behind(), Unit: "Contacts", Chart: []pages.Bar{{Text: "Jordan Avery", Value: 59}, {Text: "Priya Raman", Value: 34}}},
	}
}

func exportPage() pages.ExportPage {
	return pages.ExportPage{
		Name: "caseload", Title: "Caseload", Says: "As of Fri Nov 20, 7:00 am", Main: figures(), List: behind(), Form: ui.NewForm("what", "summary"), Prove: "/stepup?next=%2Freports",
		Formats: []ui.Option{{Value: "csv", Text: "Text (CSV)"}, {Value: "pdf", Text: "PDF"}}, Reasons: []ui.Option{{Text: "Choose a reason"}},
	}
}

func exportsPage() pages.ExportsPage {
	return pages.ExportsPage{All: true, Total: 3, Rows: []pages.ExportRow{
		{Who: "Denise Whitcombe", What: "Caseload, with clients, CSV", Why: "Supervision", Words: text("For the team meeting on Monday."), Classes: []string{"identity", "case"}, Lines: 95, Saved: 94, AskedAt: at(11, 20, 9, 30), EndsAt: at(11, 20, 9, 45), UsedAt: at(11, 20, 9, 31)},
		{Who: "Leandro Castellane", What: "Outcomes by reason, XLSX", Why: "Report to a funder", Words: text("Quarterly figures for the county."), Classes: []string{"case"}, Lines: 5, AskedAt: at(11, 19, 14, 0), EndsAt: at(11, 19, 14, 15)},
	}}
}

func printPage(f ui.Frame) pages.PrintPage {
	return pages.PrintPage{
		Chart: chart(), Form: ui.NewForm("part", "identity", "part", "notes"), Holds: []string{"Identity", "1 note"},
		Doc: &paper.Doc{
			Head: []string{"Ibáñez, Marisol (C-20417)", "Harborlight"}, Foot: []string{"Confidential.", "Printed by Jordan Avery"},
			Blocks: []paper.Block{
				{Notice: "42 CFR part 2 prohibits unauthorized use or disclosure of these records."}, {Heading: f.T("Identity")}, {Facts: [][2]string{{"Born", "03/11/1987"}}},
				{Heading: f.T("Notes")}, {Sub: "Home visit"}, {Text: "Talked about the lease."}, {Small: "Signed by Jordan Avery"},
			},
		},
	}
}
