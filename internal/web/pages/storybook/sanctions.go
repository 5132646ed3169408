package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/program/sanction"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// sanctionStories are the pages about what follows where somebody broke a rule.
func sanctionStories() []Story {
	names := map[string]string{"w1": "Lena Brandt", "w2": "Wendell Okafor", "w3": "Ruth Osei", "w4": "Dana Reyes"}
	base := sanction.Sanction{
		Person: "w4", State: sanction.Reported, Cause: sanction.Rule, Policy: "acceptable-use", Section: "4.2", Known: at(11, 12, 0, 0), ReportedBy: "w1",
		What: "The screen at the front desk stood open for an hour, with a list on it.\nTwo visitors stood before it.",
	}
	confirmed := base
	confirmed.State, confirmed.Intent, confirmed.FoundBy, confirmed.FoundAt, confirmed.Finding = sanction.Confirmed, sanction.Careless, "w1", at(11, 14, 10, 0), "Two colleagues saw it; the person says so too. The course was passed in March."
	decided := confirmed
	decided.State, decided.Rank, decided.Level, decided.DecidedBy, decided.DecidedAt = sanction.Decided, 2, "Written warning", "w2", at(11, 18, 15, 0)
	decided.Guard = sanction.Guard{Disclosure: sanction.No, Opposition: sanction.No}
	decided.Why, decided.Course, decided.CourseDue = "You left the screen open although the rule is known to you. It was told late.", "acceptable-use", at(12, 18, 0, 0)
	appealed := decided
	appealed.State, appealed.Appeal, appealed.AppealedAt = sanction.Appealed, "I was called to a fall in the hall.", at(11, 19, 9, 0)
	answered := appealed
	answered.State, answered.Was, answered.Rank, answered.Level, answered.Answer, answered.AnsweredBy, answered.AnsweredAt = sanction.Answered, "Written warning", 1, "Coaching", "The fall is in the log of the house. What remains is the locking.", "w1", at(11, 20, 9, 0)
	ends := decided
	ends.Rank, ends.Level, ends.Ends, ends.Course, ends.Intent, ends.Cause, ends.Ref = 5, "Termination", true, "", sanction.Malicious, sanction.Emergency, "01m7c4vd2k0000000000000009"
	no := base
	no.State, no.FoundBy, no.FoundAt, no.Finding = sanction.Unfounded, "w1", at(11, 14, 10, 0), "It was the screen of another desk."
	opened := func(s sanction.Sanction) sanction.Opened {
		return sanction.Opened{ID: storyID[sanction.Sanction](), Value: s, Head: record.Head{Version: 3, CreatedAt: at(11, 12, 16, 0)}}
	}
	one := func(s sanction.Sanction, more func(*pages.SanctionPage)) pages.SanctionPage {
		p := pages.SanctionPage{ID: "s1", Version: "3", Sanction: s, Reported: opened(s), Names: names}
		if more != nil {
			more(&p)
		}
		return p
	}
	views := func(f ui.Frame, all bool) []ui.Tab {
		return []ui.Tab{{Text: f.T("sanctions|Open"), URL: "/sanctions", Current: !all}, {Text: f.T("sanctions|All"), URL: "/sanctions?view=all", Current: all}}
	}
	start := sanction.Set{Scale: sanction.Starter()}
	own := sanction.Set{Version: 3, At: at(11, 2, 9, 0), Scale: sanction.Scale{By: "w1", Usual: map[sanction.Intent]int{sanction.Unintended: 1, sanction.Careless: 1, sanction.Curious: 2, sanction.Malicious: 3}, Levels: []sanction.Level{
		{Name: "A talk", About: "What was told at once, or happened once."}, {Name: "A letter", About: "What was known to be wrong."}, {Name: "Parting", Ends: true},
	}}}
	own.Past = []record.Opened[sanction.Scale]{{Value: sanction.Scale{By: "w2", Levels: own.Levels[:2]}, Head: record.Head{ChangedAt: at(3, 2, 9, 0)}}}
	people := []ui.Option{{Value: "w4", Text: "Dana Reyes · Case manager"}, {Value: "w3", Text: "Ruth Osei · Supervisor"}}
	return []Story{
		{"sanctions", func(f ui.Frame) templ.Component {
			return pages.Sanctions(officer(f), pages.SanctionsPage{Rows: []sanction.Opened{opened(confirmed), opened(base), opened(appealed)}, Names: names, Views: views(f, false), Handles: true})
		}},
		{"sanctions-all", func(f ui.Frame) templ.Component {
			return pages.Sanctions(officer(f), pages.SanctionsPage{Rows: []sanction.Opened{opened(confirmed), opened(decided), opened(answered), opened(no)}, Names: names, Views: views(f, true), All: true, Handles: true})
		}},
		{"sanctions-empty", func(f ui.Frame) templ.Component {
			return pages.Sanctions(officer(f), pages.SanctionsPage{Views: views(f, false), Handles: true})
		}},
		{"sanction-report", func(f ui.Frame) templ.Component {
			form := ui.NewForm("known", "2026-11-12", "person", "w4", "cause", "policy")
			form.Fail("what", "Say what happened, without naming a client.")
			return pages.ReportSanction(officer(f), pages.ReportSanctionPage{Form: form, People: people, Policies: []ui.Option{{Value: "acceptable-use", Text: "Acceptable use"}}})
		}},
		{"sanction-reported", func(f ui.Frame) templ.Component {
			form := ui.NewForm("refer", "officer", "finding", "Two colleagues saw it.")
			form.Fail("intent", "Choose what the person knew and wanted.")
			return pages.Sanction(officer(f), one(base, func(p *pages.SanctionPage) { p.Finds, p.Form = true, form }))
		}},
		{"sanction-confirmed", func(f ui.Frame) templ.Component {
			return pages.Sanction(officer(f), one(confirmed, func(p *pages.SanctionPage) { p.Decides = true }))
		}},
		{"sanction-found", func(f ui.Frame) templ.Component {
			return pages.Sanction(officer(f), one(confirmed, func(p *pages.SanctionPage) { p.Found = true }))
		}},
		{"sanction-decide", func(f ui.Frame) templ.Component {
			form := ui.NewForm("disclosure", "no", "opposition", "yes", "level", "2")
			form.Fail("level", "The law protects what this person did: no sanction may follow (45 CFR 164.530(e)(1)). Choose that none does. You may still change a form, a rule or a room, and look into what the person told of.")
			return pages.DecideSanction(officer(f), pages.DecideSanctionPage{Form: form, ID: "s1", Version: "2", Sanction: confirmed, Scale: start, Person: "Dana Reyes", Courses: []ui.Option{{Value: "acceptable-use", Text: "Acceptable use"}}})
		}},
		{"sanction-ends", func(f ui.Frame) templ.Component {
			return pages.Sanction(officer(f), one(ends, nil))
		}},
		{"sanction-appealed", func(f ui.Frame) templ.Component {
			return pages.Sanction(officer(f), one(appealed, func(p *pages.SanctionPage) { p.Answers = true }))
		}},
		{"sanction-answer", func(f ui.Frame) templ.Component {
			form := ui.Form{}
			form.Fail("words", "Say what came of it and why. The person reads it.")
			return pages.DecideSanction(officer(f), pages.DecideSanctionPage{Form: form, ID: "s1", Version: "4", Sanction: appealed, Scale: start, Person: "Dana Reyes", Answer: true})
		}},
		{"sanctions-mine", func(f ui.Frame) templ.Component {
			form := ui.Form{}
			form.Fail("words", "Say what should be looked at again.")
			rows := []sanction.Opened{opened(decided), opened(answered)}
			return pages.Told(f, pages.ToldPage{Form: form, Rows: rows, Names: names, Of: rows[0].ID.String()})
		}},
		{"sanctions-mine-none", func(f ui.Frame) templ.Component { return pages.Told(f, pages.ToldPage{}) }},
		{"sanctions-scale", func(f ui.Frame) templ.Component {
			return pages.Scale(officer(f), pages.ScalePage{Scale: own, Names: names, Sets: true})
		}},
		{"sanctions-scale-starter", func(f ui.Frame) templ.Component {
			return pages.Scale(f, pages.ScalePage{Scale: start})
		}},
		{"sanctions-scale-set", func(f ui.Frame) templ.Component {
			form := ui.NewForm("name-1", "A talk", "name-2", "a talk", "ends-2", "yes", "usual-unintended", "1")
			form.Fail("name-2", "Give each level a name of its own.")
			return pages.Scale(officer(f), pages.ScalePage{Form: form, Change: true})
		}},
	}
}
