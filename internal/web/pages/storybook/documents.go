package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/document"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// documentStories are the pages of documents and of quarantine.
func documentStories() []Story {
	return []Story{
		{"chart-documents", func(f ui.Frame) templ.Component { return pages.DocumentList(f, documents(f)) }},
		{"chart-documents-empty", func(f ui.Frame) templ.Component {
			p := documents(f)
			p.Rows, p.Older = nil, ""
			return pages.DocumentList(f, p)
		}},
		{"document", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Filed)) }},
		{"document-waiting", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Received)) }},
		{"document-quarantined", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Quarantined)) }},
		{"document-withdrawn", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Withdrawn)) }},
		{"document-destroyed", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Destroyed)) }},
		{"document-older", func(f ui.Frame) templ.Component { return pages.Document(f, documentPage(f, document.Superseded)) }},
		{"document-add", func(f ui.Frame) templ.Component { return pages.DocumentAdd(f, documentAdd()) }},
		{"document-add-errors", func(f ui.Frame) templ.Component {
			p := documentAdd()
			p.Form.Fail("category", "Choose what kind of document it is.")
			p.Form.Fail("file", "The file is empty. Choose another one.")
			p.Added, p.Scans = []pages.AddedFile{{Name: text("lease.pdf"), ID: "d1"}}, false
			return pages.DocumentAdd(f, p)
		}},
		{"document-add-refused", func(f ui.Frame) templ.Component {
			p := documentAdd()
			p.Taken = false
			return pages.DocumentAdd(f, p)
		}},
		{"document-version", func(f ui.Frame) templ.Component {
			p := documentAdd()
			p.Of, p.OfName = "d1", text("Repair notice to landlord")
			return pages.DocumentAdd(f, p)
		}},
		{"document-edit", func(f ui.Frame) templ.Component {
			form := ui.NewForm("title", "Repair notice", "category", "letter", "on", "2026-11-02", "case", "k1")
			m := ui.Merged{By: "Sam Reyes", At: at(11, 20, 9, 30), Changes: []ui.Change{{Name: "title", Theirs: text("Notice about the heating"), Clash: true}}}
			return pages.DocumentEdit(f, pages.DocumentEditPage{Chart: chart(), ID: "d1", Version: "3", Form: form, Merged: &m, Cases: documentAdd().Cases})
		}},
		{"quarantine", func(f ui.Frame) templ.Component {
			return pages.QuarantineList(f, pages.QuarantinePage{Views: quarantineViews(f), Rows: []pages.QuarantineRow{held(document.Open), held(document.Done)}, Older: "?after=q2"})
		}},
		{"quarantine-empty", func(f ui.Frame) templ.Component {
			return pages.QuarantineList(f, pages.QuarantinePage{Views: quarantineViews(f)})
		}},
		{"quarantine-review", func(f ui.Frame) templ.Component {
			return pages.QuarantineReview(f, pages.QuarantineReviewPage{QuarantineRow: held(document.Open), Version: "1", Proved: true})
		}},
		{"quarantine-unproved", func(f ui.Frame) templ.Component {
			return pages.QuarantineReview(f, pages.QuarantineReviewPage{QuarantineRow: held(document.Open), Version: "1"})
		}},
		{"quarantine-decided", func(f ui.Frame) templ.Component {
			return pages.QuarantineReview(f, pages.QuarantineReviewPage{QuarantineRow: held(document.Done), DecidedBy: "Kit Moreno", DecidedAt: at(11, 19, 14, 5), Why: text("The test file of the scanner’s maker, sent by mistake.")})
		}},
	}
}

func quarantineViews(f ui.Frame) []ui.Tab {
	return []ui.Tab{{Text: f.T("To decide"), URL: "/quarantine", Current: true}, {Text: f.T("All"), URL: "/quarantine?view=all"}}
}

func held(state string) pages.QuarantineRow {
	return pages.QuarantineRow{ID: "q1", Held: document.Virus, Threat: "Win.Test.EICAR_HDB-1", Format: "PDF", Size: "184 KB", By: "Jordan Avery", UploadedAt: at(11, 19, 9, 12), HeldAt: at(11, 19, 9, 12), State: state}
}

func documents(f ui.Frame) pages.DocumentsPage {
	row := func(id, title, kind, state string) pages.DocumentRow {
		return pages.DocumentRow{ID: id, Title: text(title), Kind: text(pages.Filing(f.Lang, kind)), On: at(11, 2, 10, 0), Author: "Jordan Avery", Size: "84 KB", Format: "PDF", State: state, Upload: true, Scanned: true, Version: 1}
	}
	scanned, special := row("d1", "Repair notice to landlord", "letter", document.Filed), row("d8", "Intake of the treatment program", "medical", document.Filed)
	scanned.Version, special.Special = 2, true
	unscanned := row("d9", "Photo of the heating", "photo", document.Filed)
	unscanned.Scanned, unscanned.Format = false, "JPG"
	return pages.DocumentsPage{
		Chart: chart(), Older: "?after=d4", MayAdd: true, Taken: true,
		States: []ui.Tab{{Text: f.T("All"), URL: "?", Current: true}, {Text: f.T("Filed"), URL: "?state=filed"}, {Text: f.T("In quarantine"), URL: "?state=quarantined"}},
		Rows: []pages.DocumentRow{
			scanned, unscanned, special, row("d4", "Letter of the court", "legal", document.Received), row("d5", "Pay slip", "income", document.Quarantined),
			row("d6", "Lease", "housing", document.Withdrawn), row("d7", "Lease", "housing", document.Superseded), row("da", "Consent", "consent", document.Destroyed),
			{ID: "d2", Title: text("Discharge summary"), Kind: text("Clinical"), On: at(6, 11, 10, 0), Author: "Eastside General", Size: "210 KB", Format: "PDF", State: document.Filed},
			{ID: "d3", On: at(5, 4, 10, 0), Author: "Northgate Clinic", Size: "96 KB", Format: "PDF", Hidden: ui.Hidden{Class: "sud"}},
		},
	}
}

func documentPage(f ui.Frame, state string) pages.DocumentPage {
	p := pages.DocumentPage{
		Chart: chart(), DocumentRow: documents(f).Rows[0], Record: 3, MayOpen: true, MayChange: true, MayRenew: true, MayEnd: true,
		Facts: []ui.Fact{
			{Label: f.T("Added by"), Value: text("Jordan Avery")}, {Label: f.T("Added"), Value: text(ui.At(f.Lang, f.Now, at(11, 2, 10, 5)))},
			{Label: f.T("File"), Value: text("repair-notice.txt")}, {Label: f.T("Virus check"), Value: text(f.T("nothing found, %s", ui.At(f.Lang, f.Now, at(11, 2, 10, 5))))},
		},
		Text: text("Dear Mr. Halvorsen,\n\nthe heating in apartment 4 has not worked since October 28.\n\nMarisol Ibáñez"),
		Versions: []pages.DocumentVersion{
			{ID: "d1", Number: 2, By: "Jordan Avery", At: at(11, 2, 10, 5), Why: text("With the date of the visit"), State: state, Current: true},
			{ID: "d0", Number: 1, By: "Jordan Avery", At: at(11, 1, 15, 20), State: document.Superseded},
		},
	}
	p.State = state
	switch state {
	case document.Filed:
		p.Misnamed = true
		return p
	case document.Received, document.Quarantined, document.Destroyed:
		p.MayOpen, p.Text = false, text("")
	case document.Superseded:
		p.Newest = "d0"
	}
	p.Held, p.EndedBy, p.EndedAt, p.EndedWhy, p.MayEnd = document.Encrypted, "Sam Reyes", at(11, 12, 11, 0), text("It is another client’s letter."), false
	return p
}

func documentAdd() pages.DocumentAddPage {
	return pages.DocumentAddPage{
		Chart: chart(), Form: ui.NewForm("on", "2026-11-20", "case", "k1"), Max: "50 MB", Files: 10, Taken: true, Scans: true, MaySUD: true,
		Cases: []ui.Option{{Text: "–"}, {Value: "k1", Text: "Recovery support"}},
	}
}
