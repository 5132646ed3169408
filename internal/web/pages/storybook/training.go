package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/prose"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// trainingStories are the pages of training: one's own, a course as it is taken, and
// those of who looks after others or keeps courses.
func trainingStories() []Story {
	officer := func(f ui.Frame) ui.Frame {
		g := frameOf(f.Lang, "Miriam Adeyemi", actor.PrivacyOfficer)
		g.Nonce, g.Theme, g.Density, g.NoKeys = f.Nonce, f.Theme, f.Density, f.NoKeys
		return g
	}
	rows := []pages.TrainingRow{
		{Code: "orientation-privacy", Title: "Privacy before your first chart", Form: "orientation", Minutes: 45, Why: "New here", Due: at(11, 18, 23, 0), Late: true, Orientation: true},
		{Code: "phishing-mail", Title: "A mail that wants something", Form: "micro", Minutes: 5, Why: "It is time again", Due: at(12, 18, 23, 0), Begun: true},
	}
	done := pages.TrainingRow{Code: "disclosures", Title: "Whom you may tell what", Form: "module", Minutes: 35, Last: at(3, 2, 10, 0), Due: at(11, 30, 10, 0), Score: 90, Certificate: "/training/attempts/x/certificate"}
	choices := []pages.Choosing{{Value: "0", Text: "She waits for the lost and found.", Chosen: true, Why: "Until then somebody else may have it."}, {Value: "1", Text: "She tells the Security Officer.", Right: true, Why: "It can be wiped while it is still on."}}
	step := pages.StepPage{ID: "x", Title: "The lost phone", Heading: "The bus", Step: 4, Steps: 14, Text: prose.Parse("Rosa gets off the bus. Her **phone** does not.\n\n- nobody saw it\n- it was on").HTML(nil), Ask: "What does she do first?", Kind: "decision", Choices: choices, Back: "/today"}
	return []Story{
		{"training", func(f ui.Frame) templ.Component {
			return pages.Training(f, pages.TrainingPage{Due: rows, Held: []pages.TrainingRow{done}, Rest: []pages.TrainingRow{{Code: "x", Title: "Interpreters and family", Form: "micro", Minutes: 6}}, Back: "/clients/x", Huddles: []pages.HeldRow{{Title: "Who can hear us?", On: at(11, 12, 12, 0), By: "Denise Whitcombe"}}})
		}},
		{"training-nothing", func(f ui.Frame) templ.Component { return pages.Training(f, pages.TrainingPage{}) }},
		{"training-course", func(f ui.Frame) templ.Component {
			return pages.Course(f, pages.CoursePage{TrainingRow: rows[0], Lessons: 5, Scenarios: 3, Questions: 10, Pass: 80, Cites: []string{"45 CFR 164.530(b)(1)"}, Edition: 2, On: at(2, 1, 9, 0), Back: "/today"})
		}},
		{"training-decision", func(f ui.Frame) templ.Component {
			p := step
			p.Form.Fail("choice", "Choose an answer first.")
			return pages.CourseStep(f, p)
		}},
		{"training-decided", func(f ui.Frame) templ.Component {
			p := step
			p.Made = true
			return pages.CourseStep(f, p)
		}},
		{"training-question", func(f ui.Frame) templ.Component {
			p := step
			p.Kind, p.Text, p.Several, p.Heading, p.Form = "question", "", true, "Question 3 of 10", ui.NewForm("choice", "1")
			return pages.CourseStep(f, p)
		}},
		{"training-end", func(f ui.Frame) templ.Component {
			p := step
			p.Kind, p.Text, p.Heading = "end", "", "Hand it in"
			return pages.CourseStep(f, p)
		}},
		{"training-failed", func(f ui.Frame) templ.Component {
			return pages.CourseResult(f, pages.CourseResultPage{ID: "x", Code: "lost-phone", Title: "The lost phone", Score: 60, Pass: 80, Minutes: 12, At: at(11, 20, 9, 0), Back: "/today",
				Rows: []pages.CourseResultRow{{Ask: "What does she do first?", Why: "What was out of your hands is reported.", Choices: choices}}})
		}},
		{"training-passed", func(f ui.Frame) templ.Component {
			return pages.CourseResult(officer(f), pages.CourseResultPage{ID: "x", Title: "The lost phone", Passed: true, Score: 100, Pass: 80, Minutes: 1, At: at(11, 20, 9, 0), Until: at(11, 30, 9, 0), Certificate: "/x", Who: "Jordan Avery"})
		}},
		{"training-staff", func(f ui.Frame) templ.Component {
			return pages.TrainingStaff(officer(f), pages.TrainingStaffPage{Overdue: 1, MayGive: true, MayTake: true, Workers: []ui.Option{{Value: "w", Text: "Jordan Avery"}}, Courses: []ui.Option{{Value: "x", Text: "The lost phone"}},
				Rows: []pages.TrainingStaffRow{
					{ID: "w", Name: "Jordan Avery", Role: actor.CaseManager, Huddles: []pages.HeldRow{{Title: "Who can hear us?", On: at(11, 12, 12, 0)}}, Courses: []pages.TrainingStand{
						{Title: "Privacy before your first chart", Open: true, Late: true, Due: at(11, 18, 23, 0)},
						{Title: "Whom you may tell what", Held: true, Last: at(3, 2, 10, 0), Score: 90, Result: "/training/attempts/x"},
						{Title: "A mail that wants something", Open: true, Due: at(12, 18, 23, 0), Why: "Assigned by hand", Given: []string{"a"}},
					}},
					{ID: "v", Name: "Devon Brooks", Role: actor.Supervisor},
				}})
		}},
		{"training-staff-nobody", func(f ui.Frame) templ.Component { return pages.TrainingStaff(officer(f), pages.TrainingStaffPage{}) }},
		{"training-figures", func(f ui.Frame) templ.Component {
			return pages.TrainingFigures(officer(f), pages.TrainingFiguresPage{People: 12, Asked: 40, Held: 36, Overdue: 2, Passed: 41, Failed: 6, Median: 90, Huddles: 3, Reached: 9,
				Prompts: []pages.PromptFigure{{Title: "Before a report is saved as a file", Asked: 5, Answered: 4, Wrong: 1}, {Title: "After emergency access"}},
				Courses: []pages.CourseFigure{{Title: "The lost phone", Asked: 12, Held: 10, Overdue: 2, Passed: 12, Failed: 4, Score: 80}, {Title: "Part 2", Asked: 8}},
				Missed:  []pages.MissedRow{{Course: "The lost phone", Ask: "Which do you report?", Asked: 9, Percent: 44}}})
		}},
		{"training-curricula", func(f ui.Frame) templ.Component {
			return pages.Curricula(officer(f), pages.CurriculaPage{MayEdit: true, Rows: []pages.CurriculumRow{
				{Role: "everyone", Name: "Everyone", Lines: []pages.CurriculumLine{{Title: "Privacy before your first chart", Orientation: true, Settle: 14}, {Title: "The lost phone", Settle: 30, Within: 30, Every: 12, Grace: 30, Limited: 14}}},
				{Role: "auditor", Name: "Auditor"},
			}})
		}},
		{"training-curriculum", func(f ui.Frame) templ.Component {
			form := ui.NewForm("course-0", "x", "within-0", "30", "every-0", "12", "grace-0", "14", "limited-0", "14", "settle-0", "30")
			form.Fail("grace-0", "The grace cannot be shorter than the days at hire: nobody is stopped before it is due.")
			return pages.CurriculumForm(officer(f), pages.CurriculumFormPage{Role: "case_manager", Name: "Case manager", Version: "2", Lines: 2, Courses: []ui.Option{{Text: "No course"}, {Value: "x", Text: "The lost phone"}}, Form: form})
		}},
		{"training-courses", func(f ui.Frame) templ.Component {
			return pages.Courses(officer(f), pages.CoursesPage{MayWrite: true,
				Published: []pages.CourseRow{{ID: "a", Title: "The lost phone", Form: "micro", Edition: 2, On: at(2, 1, 9, 0), Spanish: true}},
				Drafts:    []pages.CourseRow{{ID: "b", Title: "A course without a title", Problems: 3}},
				Starters:  []pages.CourseRow{{Code: "c", Title: "Whom you may tell what", Form: "module", Minutes: 35}}})
		}},
		{"training-write", func(f ui.Frame) templ.Component {
			return pages.CourseForms(officer(f), pages.CourseFormPage{ID: "b", Version: "3", Title: "The lost phone", State: "draft", Form: ui.NewForm("en", "---\ncode: lost-phone\n---\n"),
				Problems: []pages.LineProblem{{Text: "English", Line: 1, Says: "The head has no title."}},
				Seen: []pages.CoursePart{
					{Kind: "Lesson", Title: "Say it at once", Text: prose.Parse("Tell somebody **today**.").HTML(nil)},
					{Kind: "Decision", Title: "What does she do first?", Choices: choices},
					{Kind: "Question", Title: "Which do you report?", Choices: choices, Why: "What was out of your hands is reported."},
				}})
		}},
		{"training-edition", func(f ui.Frame) templ.Component {
			return pages.CourseForms(officer(f), pages.CourseFormPage{ID: "b", Version: "3", Title: "The lost phone", Fixed: true, Retire: true, State: "published", Edition: 2})
		}},
		{"training-changes", func(f ui.Frame) templ.Component {
			p := pages.ChangesPage{MayTell: true, Whys: []ui.Option{{Value: "law", Text: "The law changed"}}, Courses: []ui.Option{{Value: "x", Text: "The lost phone"}}, Roles: []ui.Option{{Value: "intake", Text: "Intake worker"}}, Workers: []ui.Option{{Value: "w", Text: "Jordan Avery"}},
				Rows: []pages.ChangeRow{{Why: "The law changed", Title: "Part 2 in court", Words: "Ask before you answer a subpoena.", Cite: "42 CFR 2.12", Courses: "Part 2", By: "Miriam Adeyemi", At: at(2, 16, 9, 0), Due: at(3, 16, 9, 0), Count: 9}}}
			p.Form.Fail("why", "Say whether a policy, the program or the law changed.")
			return pages.Changes(officer(f), p)
		}},
		{"training-prompt", func(f ui.Frame) templ.Component {
			p := prompted(choices)
			p.Form = ui.NewForm("words", "For the hearing on June 4")
			p.Form.Fail("answer", "Choose an answer first.")
			return pages.Prompt(f, p)
		}},
		{"training-prompt-answered", func(f ui.Frame) templ.Component {
			p := prompted(choices)
			p.Made = true
			return pages.Prompt(f, p)
		}},
		{"training-prompt-later", func(f ui.Frame) templ.Component {
			p := prompted(choices)
			p.Held, p.Next, p.Carried = false, "/today", nil
			return pages.Prompt(f, p)
		}},
		{"training-prompts", func(f ui.Frame) templ.Component {
			wrong := ui.NewForm("ask-print", "yes", "days-print", "0")
			wrong.Fail("days-print", "Give a number of days from 1 to 365.")
			return pages.PromptRules(officer(f), pages.PromptRulesPage{MayEdit: true, Rows: []pages.PromptRuleRow{
				{Moment: "export", Title: "Before a report is saved as a file", Days: 7, Version: "0", Form: ui.NewForm("ask-export", "yes", "days-export", "7")},
				{Moment: "print", Title: "Before a chart is printed", Days: 7, Version: "2", Form: wrong},
			}})
		}},
		{"training-prompts-read", func(f ui.Frame) templ.Component {
			return pages.PromptRules(f, pages.PromptRulesPage{Rows: []pages.PromptRuleRow{{Moment: "export", Title: "Before a report is saved as a file", Days: 7}, {Moment: "glass", Title: "After emergency access", Off: true}}})
		}},
		{"training-huddles", func(f ui.Frame) templ.Component {
			return pages.Huddles(officer(f), pages.HuddlesPage{MayHold: true,
				Sheets: []pages.SheetRow{{Code: "who-can-hear-us", Title: "Who can hear us?", Minutes: 10, Last: at(11, 12, 12, 0)}, {Code: "x", Title: "The desk that says the same", Minutes: 10}},
				Held:   []pages.HeldRow{{ID: "a", Title: "Who can hear us?", On: at(11, 12, 12, 0), By: "Denise Whitcombe", Count: 6, Current: true}, {ID: "b", Title: "Who can hear us?", On: at(5, 6, 12, 0), By: "Denise Whitcombe", Count: 1}}})
		}},
		{"training-huddles-none", func(f ui.Frame) templ.Component { return pages.Huddles(officer(f), pages.HuddlesPage{}) }},
		{"training-sheet", func(f ui.Frame) templ.Component {
			p := pages.SheetPage{SheetRow: pages.SheetRow{Code: "who-can-hear-us", Title: "Who can hear us?", Minutes: 10}, ID: "a", Hash: "b438095bff", Lang: "en", MayHold: true, Cites: []string{"45 CFR 164.530(c)(1)", "45 CFR 164.502(a)(1)(iii)"},
				Text: prose.Parse("## The goal\n\nEach of us knows *one* place where others overhear us.\n\n## Ask the team\n\n1. Which sentence was the one too many?\n2. Where do we stand?").HTML(nil),
				Team: []ui.Option{{Value: "w", Text: "Jordan Avery"}, {Value: "v", Text: "Devon Brooks"}}, Form: ui.NewForm("on", "2026-11-20")}
			p.Form.Fail("came", "Mark who was there.")
			return pages.Sheet(officer(f), p)
		}},
		{"training-exercises", func(f ui.Frame) templ.Component {
			p := pages.ExercisesPage{MayPlan: true, Domain: "drill.example.org", Lures: []ui.Option{{Value: "parcel", Text: "A parcel that could not be delivered"}}, Audiences: []ui.Option{{Value: "everyone", Text: "Everyone"}},
				Rows: []pages.CampaignRow{drilled("approved"), drilled("draft")}}
			p.Form = ui.NewForm("from", "2026-11-28", "until", "2026-11-29")
			p.Form.Fail("until", "Mails go out on working days; choose at least one.")
			return pages.Exercises(officer(f), p)
		}},
		{"training-exercises-none", func(f ui.Frame) templ.Component {
			return pages.Exercises(officer(f), pages.ExercisesPage{MayPlan: true})
		}},
		{"training-exercise", func(f ui.Frame) templ.Component {
			p := exercised("approved")
			p.People = []pages.ExerciseRow{{Name: "Jordan Avery", Outcome: "clicked", Sent: at(11, 18, 10, 12)}, {Name: "Devon Brooks", Outcome: "reported", Sent: at(11, 19, 14, 3)}, {Name: "Noor Haddad", Outcome: "neither", Sent: at(11, 19, 9, 30), Machines: true}, {Name: "Sam Ito", Outcome: "unsent"}, {Name: "Ana Ruiz", Outcome: "unclear"}, {Name: "Thuy Pham", Outcome: "waiting"}}
			return pages.Exercise(officer(f), p)
		}},
		{"training-exercise-draft", func(f ui.Frame) templ.Component { return pages.Exercise(officer(f), exercised("draft")) }},
		{"training-exercise-not-ready", func(f ui.Frame) templ.Component {
			p := exercised("draft")
			p.Domain, p.Ready = "", false
			return pages.Exercise(officer(f), p)
		}},
		{"training-report", func(f ui.Frame) templ.Component {
			return pages.Suspicious(f, pages.SuspiciousPage{Officer: "Tobias Renner"})
		}},
		{"training-report-ours", func(f ui.Frame) templ.Component {
			return pages.Suspicious(f, pages.SuspiciousPage{Officer: "Tobias Renner", Said: "ours"})
		}},
		{"training-report-other", func(f ui.Frame) templ.Component {
			return pages.Suspicious(f, pages.SuspiciousPage{Officer: "Tobias Renner", Said: "other"})
		}},
		{"training-landing", func(f ui.Frame) templ.Component {
			return pages.Landing(f, pages.LandingPage{Action: "/by-link/mail/x", Title: "A parcel that could not be delivered", Tells: exercised("").Tells, Days: 14})
		}},
		{"training-landing-read", func(f ui.Frame) templ.Component {
			return pages.Landing(f, pages.LandingPage{Action: "/by-link/mail/x", Title: "A parcel that could not be delivered", Tells: exercised("").Tells, Days: 14, Read: true})
		}},
	}
}

// prompted is a question that stands before an export.
func prompted(choices []pages.Choosing) pages.PromptPage {
	return pages.PromptPage{
		ID: "x", Field: "prompt_asked", Action: "/reports/caseload/export", Held: true, Carried: []string{"words"}, Heading: "A list for the board", Ask: "Which does Noor save?",
		Text: prose.Parse("The director asks Noor for numbers for tonight.").HTML(nil), Choices: choices, Cites: []string{"45 CFR 164.502(b)", "45 CFR 164.514(d)(5)"},
	}
}

// drilled is an exercise in a state, with what came of it.
func drilled(state string) pages.CampaignRow {
	return pages.CampaignRow{ID: "x", Title: "A parcel that could not be delivered", To: "Everyone", State: state, From: at(11, 16, 12, 0), Until: at(11, 20, 12, 0), Count: 12,
		Results: pages.ExerciseResults{Of: 13, Sent: 11, Reported: 5, Clicked: 2, Neither: 4, Unsent: 1, Unclear: 1, Machines: 1, Assigned: 2}}
}

func exercised(state string) pages.ExercisePage {
	return pages.ExercisePage{CampaignRow: drilled(state), Domain: "drill.example.org", MayRun: true, Ready: true, MailFrom: "Parcel Notices <parcel@drill.example.org>", Subject: "Delivery failed, action needed",
		Mail: "Dear (given name),\n\nwe could not reach anybody.\n\nChoose a new delivery time:\nhttps://drill.example.org/…\n", Tells: []string{"You ordered nothing at work", "a small fee is to be paid on a page behind the link"}}
}
