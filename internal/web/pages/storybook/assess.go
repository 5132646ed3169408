package storybook

import (
	"strconv"

	"github.com/a-h/templ"

	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// assessStories are the pages of assessments and of the agency's forms.
func assessStories() []Story {
	return []Story{
		{"assess", func(f ui.Frame) templ.Component { return pages.Assess(f, assessments()) }},
		{"assess-empty", func(f ui.Frame) templ.Component {
			p := assessments()
			p.Latest, p.All, p.Filled = nil, nil, nil
			return pages.Assess(f, p)
		}},
		{"assess-withheld", func(f ui.Frame) templ.Component {
			p := assessments()
			p.Hidden = ui.HiddenSet{{Class: "assessment", Why: "/why"}}
			p.MayTake = false
			return pages.Assess(f, p)
		}},
		{"assess-take", func(f ui.Frame) templ.Component { return pages.Take(f, take()) }},
		{"assess-take-errors", func(f ui.Frame) templ.Component {
			p := take()
			p.Form.Fail("q3", "Answer this question, or tick below that it was left out.")
			p.Form.Fail("on", "The day is in the future; choose when the questions were answered.")
			p.Safety, p.Corrects = true, true
			return pages.Take(f, p)
		}},
		{"assess-result", func(f ui.Frame) templ.Component { return pages.AssessmentView(f, assessed()) }},
		{"assess-corrected", func(f ui.Frame) templ.Component {
			p := assessed()
			p.Safety, p.CorrectedBy, p.Result = nil, "a9", pages.Result{Why: "missing", Missing: 2}
			return pages.AssessmentView(f, p)
		}},
		{"assess-needs", func(f ui.Frame) templ.Component {
			p := assessed()
			p.Title, p.Safety, p.Goal = "PRAPARE", nil, nil
			p.Result = pages.Result{Why: "needs_only", Needs: []string{"housing", "food"}}
			p.Needs = []pages.NeedLine{{Domain: "housing", Question: "Are you worried about losing your housing?", Answer: text("Yes")}, {Domain: "food", Question: "Went without", Answer: text("Food")}}
			return pages.AssessmentView(f, p)
		}},
		{"assess-trend", func(f ui.Frame) templ.Component { return pages.Trend(f, trend()) }},
		{"form-fill", func(f ui.Frame) templ.Component { return pages.Fill(f, fill()) }},
		{"form-fill-merged", func(f ui.Frame) templ.Component {
			p := fill()
			m := ui.Merge(ui.NewForm("was.", "1", "was.f3", "900", "f3", "1250"), ui.NewForm("f3", "1100"), "f3")
			m.By, m.At = "Devon Brooks", at(11, 20, 9, 30)
			p.Form, p.Merged, p.Editing, p.Version = m.Form, &m, true, "3"
			return pages.Fill(f, p)
		}},
		{"form-filled", func(f ui.Frame) templ.Component {
			return pages.FilledView(f, pages.FilledPage{Chart: chart(), ID: "x1", Title: "Housing readiness", Edition: 1, MayEdit: true, Changed: true, FirstBy: "Jordan Avery", FirstAt: at(10, 2, 9, 0), LastBy: "Devon Brooks", LastAt: at(11, 2, 9, 0), Rows: []pages.FilledRow{
				{Label: "Where the client stays now", Value: text("Shelter")}, {Label: "Monthly income in dollars", Hidden: ui.Hidden{Class: "financial"}}, {Label: "What the home must have"},
			}})
		}},
		{"forms", func(f ui.Frame) templ.Component {
			return pages.Forms(f, pages.FormsPage{Programs: inPrograms(),
				Rows:        []pages.FormRow{{ID: "f1", Title: "Housing readiness", Programs: "Housing first", State: "published", Edition: 2, Changed: true, Questions: 7}, {ID: "f2", Title: "Pets", Programs: "Every program", State: "draft", Questions: 1}, {ID: "f3", Title: "Old intake sheet", Programs: "Every program", State: "retired", Edition: 4, Questions: 12}},
				Instruments: []pages.InstrumentRow{{Title: "PHQ-9", Asks: 10, Programs: "Every program", Rights: "No permission required to reproduce, translate, display or distribute."}, {ID: "i1", Title: "PRAPARE", Asks: 21, Programs: "Every program", On: at(11, 2, 9, 0)}}})
		}},
		{"forms-empty", func(f ui.Frame) templ.Component {
			p := pages.FormsPage{Programs: inPrograms()}
			p.Form.Fail("file", "The file is not a FHIR Questionnaire in JSON.")
			return pages.Forms(f, p)
		}},
		{"form-design", func(f ui.Frame) templ.Component { return pages.Design(f, design()) }},
		{"form-preview", func(f ui.Frame) templ.Component {
			p := pages.PreviewPage{ID: "f1", Title: "Pets", TitleEs: "Mascotas"}
			p.English = []pages.TakeItem{{Name: "f1", Type: "number", Text: "How many pets"}, {Name: "f2", Type: "choice", Text: "Which", Optional: true, Options: []ui.Option{{Value: "o1", Text: "Dog"}, {Value: "o2", Text: "Cat"}}}}
			p.Spanish = []pages.TakeItem{{Name: "es-f1", Type: "number", Text: "Cuántas mascotas"}, {Name: "es-f2", Type: "choice", Text: "Cuáles", Optional: true, Options: []ui.Option{{Value: "o1", Text: "Perro"}, {Value: "o2", Text: "Gato"}}}}
			return pages.Preview(f, p)
		}},
		{"form-preview-empty", func(f ui.Frame) templ.Component { return pages.Preview(f, pages.PreviewPage{ID: "f1", Title: "Pets"}) }},
	}
}

func inPrograms() []ui.Option {
	return []ui.Option{{Value: "housing", Text: "Housing first"}, {Value: "recovery", Text: "Recovery support"}}
}

func scored(n int, band string) pages.Result {
	return pages.Result{Score: text(strconv.Itoa(n) + " of 27"), Band: band}
}

func assessments() pages.AssessPage {
	return pages.AssessPage{Chart: chart(), MayTake: true,
		Latest: []pages.AssessLatest{
			{ID: "a1", Code: "phq-9", Title: "PHQ-9", On: at(11, 2, 0, 0), Result: pages.Result{Score: text("11 of 27"), Band: "moderate", Safety: true}, Change: text("4 points lower"), Due: at(12, 2, 0, 0), Times: 4},
			{ID: "a2", Code: "hunger-vital-sign", Title: "Hunger Vital Sign", On: at(8, 2, 0, 0), Result: pages.Result{Band: "positive"}, Due: at(10, 31, 0, 0), Times: 1},
			{ID: "a3", Code: "prapare", Title: "PRAPARE", On: at(3, 2, 0, 0), Result: pages.Result{Why: "needs_only", Needs: []string{"housing", "food"}}, Due: at(11, 24, 0, 0), Times: 1},
			{ID: "a4", Code: "other", Title: "Wellbeing", On: at(3, 2, 0, 0), Result: pages.Result{Why: "no_rule"}, Times: 1},
		},
		All:    []pages.AssessLine{{ID: "a1", Title: "PHQ-9", On: at(11, 2, 0, 0), By: "Jordan Avery", Result: scored(11, "moderate")}, {ID: "a0", Title: "PHQ-9", On: at(10, 2, 0, 0), By: "Jordan Avery", Corrected: true}},
		Filled: []pages.FilledLine{{ID: "x1", Title: "Housing readiness", On: at(10, 2, 0, 0), By: "Jordan Avery"}},
		Start:  []pages.AssessStart{{URL: "/clients/c3/assess/gad-7", Title: "GAD-7", About: "Generalized Anxiety Disorder"}, {URL: "/clients/c3/assess/phq-9", Title: "PHQ-9", Saved: at(11, 19, 16, 2)}, {URL: "/clients/c3/fill/f1", Title: "Housing readiness", About: "Form of the agency"}},
	}
}

func often() []ui.Option {
	return []ui.Option{{Value: "0", Text: "Not at all"}, {Value: "1", Text: "Several days"}, {Value: "2", Text: "More than half the days"}, {Value: "3", Text: "Nearly every day"}}
}

func take() pages.TakePage {
	return pages.TakePage{Chart: chart(), Title: "Patient Health Questionnaire (PHQ-9)", About: "Copyright © Pfizer Inc. No permission required to reproduce, translate, display or distribute.", Action: "/clients/c3/assess/phq-9", Rev: "2", Saved: at(11, 20, 9, 38),
		Form: ui.NewForm("on", "2026-11-20", "q2", "1"), Names: []string{"q2", "q3"}, Depends: true, MayPartly: true,
		Items: []pages.TakeItem{
			{Name: "q1", Type: "group", Text: "Over the last 2 weeks, how often have you been bothered by any of the following problems?", Items: []pages.TakeItem{
				{Name: "q2", Type: "choice", Number: 1, Text: "Little interest or pleasure in doing things", Options: often()}, {Name: "q3", Type: "choice", Number: 2, Text: "Feeling down, depressed, or hopeless", Options: often()},
				{Name: "q6", Type: "group", Text: "A part within", Items: []pages.TakeItem{{Name: "q7", Type: "display", Text: "A sentence."}, {Name: "q8", Type: "date", Number: 3, Text: "Since when", Help: "As far as it is known."}}},
			}},
			{Name: "q4", Type: "open-choice", Number: 4, Text: "Where do you stay?", Other: true, Options: append(often(), ui.Option{Value: "other:", Text: "Another answer"})},
			{Name: "q5", Type: "choice", Number: 5, Text: "Went without", Repeats: true, Options: often()},
		}}
}

func assessed() pages.AssessmentPage {
	return pages.AssessmentPage{Chart: chart(), ID: "a1", Code: "phq-9", Title: "PHQ-9", On: at(11, 2, 0, 0), SignedAt: at(11, 2, 10, 4), SignedBy: "Jordan Avery", Whole: true,
		Result: pages.Result{Score: text("11 of 27"), Band: "moderate", Safety: true}, SinceLast: text("4 points lower"), SinceAt: at(10, 1, 0, 0), SinceBase: text("8 points lower"), BaseAt: at(6, 1, 0, 0), Due: at(12, 2, 0, 0), Times: 4, MayGoal: true, MayTake: true,
		Goal: &pages.GoalStart{Domain: "health", Title: "Fewer symptoms of depression", Measure: "PHQ-9"}, Safety: &pages.SafetyPrompt{MayFlag: true, Supervisor: "Devon Brooks"},
		Corrects: "a0", Reason: text("The ninth answer was heard wrong."), About: "Copyright © Pfizer Inc.",
		Answers: []pages.AnsweredGroup{{Title: "Over the last 2 weeks, how often have you been bothered by any of the following problems?", Rows: []pages.Answered{{Question: "Little interest or pleasure in doing things", Answer: text("Several days (1)")}, {Question: "Feeling down, depressed, or hopeless"}}}}}
}

func trend() pages.TrendPage {
	p := pages.TrendPage{Chart: chart(), Code: "phq-9", Title: "PHQ-9", Most: 27, Words: text("From 19 on Jun 1, 2026 to 11 on Nov 2, 2026: 8 points lower. Since the one before: 4 points lower."),
		Bands:  []pages.TrendBand{{From: 0, Code: "minimal"}, {From: 5, Code: "mild"}, {From: 10, Code: "moderate"}, {From: 15, Code: "moderately_severe"}, {From: 20, Code: "severe"}},
		Points: []pages.TrendPoint{{On: at(6, 1, 0, 0), Score: 19}, {On: at(7, 14, 0, 0), Score: 17}, {On: at(8, 30, 0, 0), Score: 18}, {On: at(10, 1, 0, 0), Score: 15}, {On: at(11, 2, 0, 0), Score: 11}}}
	for i := len(p.Points) - 1; i >= 0; i-- {
		p.Rows = append(p.Rows, pages.TrendRow{ID: "a" + strconv.Itoa(i), On: p.Points[i].On, Result: scored(p.Points[i].Score, "moderate"), Change: text("4 points lower")})
	}
	return p
}

func fill() pages.FillPage {
	return pages.FillPage{Chart: chart(), Title: "Housing readiness", Action: "/clients/c3/fill/f1", Edition: 1, Rev: "0", Names: []string{"f1", "f3"},
		Items: []pages.TakeItem{
			{Name: "f1", Type: "choice", Text: "Where the client stays now", Required: true, Options: []ui.Option{{Value: "o1", Text: "Shelter"}, {Value: "o2", Text: "Outside"}}},
			{Name: "f3", Type: "number", Text: "Monthly income in dollars", Help: "From all sources, before taxes.", Required: true},
			{Name: "f4", Type: "yes_no", Text: "An eviction on record", Optional: true, Options: []ui.Option{{Value: "yes", Text: "Yes"}, {Value: "no", Text: "No"}}},
			{Name: "f5", Type: "several", Text: "Papers at hand", Optional: true, Repeats: true, Options: []ui.Option{{Value: "o1", Text: "Photo ID"}, {Value: "o2", Text: "Proof of income"}}},
			{Name: "f6", Type: "long_text", Text: "What the home must have", Optional: true},
		},
		Hidden: []pages.HiddenField{{Label: "Fines still owed", Hidden: ui.Hidden{Class: "legal"}}}}
}

func design() pages.DesignPage {
	p := pages.DesignPage{ID: "f1", Version: "4", Title: "Pets", State: "published", Edition: 1, Changed: true, Keys: []string{"f1", "f2"}, Programs: inPrograms(), Classes: []ui.Option{{Value: "case", Text: "Case and team"}, {Value: "household", Text: "Household"}},
		Form: ui.NewForm("title", "Pets", "title_es", "Mascotas", "order", "f1", "order", "f2", "label-f1", "How many pets", "label_es-f1", "Cuántas mascotas", "type-f1", "number", "class-f1", "household", "type-f2", "choice", "label-f2", "Which", "options-f2", "Dog | Perro\nCat | Gato", "class-f2", "household")}
	p.Form.Fail("label_es-f2", "Write the question in Spanish too.")
	return p
}
