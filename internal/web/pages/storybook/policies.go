package storybook

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/program/policydoc"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// policyStories are the shelf of policies, one in force, one being written, and two
// versions side by side.
func policyStories() []Story {
	names := map[string]string{"w1": "Lena Brandt", "w2": "Omar Castellano"}
	source := policydoc.Starter("en")[0].Source
	text := policydoc.Read(source)
	id := storyID[policydoc.Version]()
	in := []policydoc.Period{{Version: id, From: at(4, 1, 0, 0)}}
	doc := func(code, title, family, state string, periods []policydoc.Period) record.Opened[policydoc.Document] {
		return record.Opened[policydoc.Document]{ID: storyID[policydoc.Document](), Head: record.Head{Version: 3}, Value: policydoc.Document{
			Code: code, Title: title, Family: family, OwnerRole: actor.PrivacyOfficer, Owner: "w1", Standards: text.Standards, Months: 12, State: state, Periods: periods, Due: at(12, 1, 0, 0),
			Acknowledged: true, Grace: 14, Limited: 7,
		}}
	}
	version := policydoc.Version{
		Code: text.Code, Title: text.Title, Text: source, Sum: strings.Repeat("0f", 32), State: policydoc.InForce, Author: "w1", Approver: "w2", ApprovedAt: at(3, 28, 15, 0), From: at(4, 1, 0, 0),
		Note: "The first of its kind.", Steps: []policydoc.Step{{At: at(3, 20, 14, 0), By: "w1", What: "submit"}, {At: at(3, 28, 15, 0), By: "w2", What: "approve"}, {At: at(3, 29, 9, 0), By: "w1", What: "enforce"}},
	}
	opened := record.Opened[policydoc.Version]{ID: id, Value: version, Head: record.Head{Version: 4}}
	families := policydoc.Families()
	shelf := []record.Opened[policydoc.Document]{
		doc(text.Code, text.Title, families[0], policydoc.InForce, in), doc("doors", "Doors, cabinets, and the long way home with a folder under the arm", families[1], policydoc.InForce, in),
		doc("phones", "Telephones", families[1], policydoc.Draft, nil),
	}
	draft := strings.Replace(source, "review: ", "review: never ", 1)
	edit := func(f ui.Frame, form ui.Form) pages.PolicyEditPage {
		return pages.PolicyEditPage{Form: form, Action: "/policies/new", Bring: "/policies/new/file", Back: "/policies", Title: f.T("New policy")}
	}
	return []Story{
		{"policies", func(f ui.Frame) templ.Component {
			p := pages.PoliciesPage{Shelf: policydoc.Shelf{Documents: shelf}, Now: Now, Role: actor.PrivacyOfficer, Keeps: true, Watches: true, Drafts: shelf[2:], Due: shelf[1:2]}
			return pages.Policies(officer(f), p)
		}},
		{"policy", func(f ui.Frame) templ.Component {
			file := policydoc.File{Opened: shelf[0], Versions: []record.Opened[policydoc.Version]{opened}}
			p := pages.PolicyPage{
				File: file, Version: &opened, Text: text, Body: text.Doc.HTML(&prose.Fill{Text: map[string]string{"agency": "Harborlight Community Services"}}), Names: names, Now: Now, Wants: true, Current: true,
				Keeps: true, Judges: true, Begins: true, Form: ui.NewForm("seen", "3", "owner", "w1", "grace", "14", "limited", "7", "acknowledged", "yes"), Staff: []ui.Option{{Value: "", Text: f.T("Nobody")}, {Value: "w1", Text: "Lena Brandt"}},
			}
			return pages.Policy(officer(f), p)
		}},
		{"policy-edit", func(f ui.Frame) templ.Component {
			p := edit(f, ui.NewForm("text", draft, "note", f.T("From the file %s (SHA-256 %s).", "privacy policy.docx", strings.Repeat("0f", 32))))
			p.Problems = policydoc.Read(draft).Doc.Problems
			p.Left = []string{f.T("pictures and text boxes (%d)", 2), f.T("footnotes (%d)", 3)}
			return pages.PolicyEdit(officer(f), p)
		}},
		{"policy-file", func(f ui.Frame) templ.Component {
			form := ui.NewForm("text", "---\ncode: \n---\n")
			form.Fail("file", f.T("This PDF is a picture of a text, as scanners make it. Nothing of it was kept. Have its text recognized first, or save the original as Word (.docx), and choose that file."))
			return pages.PolicyEdit(officer(f), edit(f, form))
		}},
		{"policy-pdf", func(f ui.Frame) templ.Component {
			p := edit(f, ui.NewForm("text", draft, "note", f.T("From the file %s (SHA-256 %s).", "privacy policy.pdf", strings.Repeat("0f", 32))))
			p.PDF = true
			p.Left = []string{f.T("pictures and drawings (%d)", 1), f.T("lines that repeat at the head or foot of pages (%d)", 14)}
			p.Look = []string{f.T("tables (%d)", 2), f.T("pages with text in columns (%d)", 1)}
			return pages.PolicyEdit(officer(f), p)
		}},
		{"policy-both", func(f ui.Frame) templ.Component {
			p := edit(f, ui.NewForm("text", source, "note", "Plainer."))
			p.Draft, p.Saved = "4", Now
			p.Other = &pages.PolicyOther{By: "Lena Brandt", At: Now, Clash: true, Rows: []policydoc.Row{
				{Old: "Doors are shut in the evening.", New: "Doors are shut at all times.", OldLine: 20, NewLine: 20}, {New: "Whoever leaves last looks at each.", NewLine: 22},
			}}
			return pages.PolicyEdit(officer(f), p)
		}},
		{"policy-compare", func(f ui.Frame) templ.Component {
			was := strings.Join(strings.Split(source, "\n")[:24], "\n")
			is := strings.Replace(was, "\n## ", "\nA new sentence stands here.\n\n## ", 1)
			return pages.PolicyCompare(officer(f), pages.PolicyComparePage{Code: text.Code, Title: text.Title, Old: ui.DayYear(f.Lang, Now.Add(-300*24*time.Hour)), New: ui.DayYear(f.Lang, Now), Rows: policydoc.Compare(was, is)})
		}},
	}
}
