package storybook

import (
	"time"

	"github.com/a-h/templ"

	"caseward/internal/policy"
	"caseward/internal/program/vendor"
	"caseward/internal/prose"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// storyID makes the id of a record that is made up.
func storyID[T any]() record.ID[T] {
	id, err := record.ParseID[T]("01m7c4vd2k0000000000000001")
	if err != nil {
		panic(err)
	}
	return id
}

const storyVendor = "/vendors/01m7c4vd2k0000000000000001"

// vendorPageStories are the pages of one vendor, and those that a vendor opens by a link.
func vendorPageStories() []Story {
	names := map[string]string{"w1": "Lena Brandt", "w2": "Omar Castellano"}
	answers := vendor.Answers{Receives: true, Maintains: true, ForUs: true}
	outcome, reasons := vendor.Decide(answers)
	host := vendor.Vendor{
		Name: "Harbor Records", Services: "Keeps our backups.", Contact: text("Mara Lund, 555-0142"), Owner: "w1", Answers: answers, Outcome: outcome, Reasons: reasons,
		DecidedBy: "w1", DecidedAt: at(3, 2, 15, 0), Volume: vendor.Many, Classes: []policy.Class{policy.Identity, policy.Note, policy.SUD}, Dependency: vendor.Days,
		ExitPlan: "The second copy in our own office; restore within a day.", Status: vendor.Active, Since: at(4, 1, 15, 0), Spans: []vendor.Span{{From: at(4, 1, 15, 0)}},
		Subcontractors: []vendor.Subcontractor{{Name: "Pier Data Centers", Does: "Runs the rooms.", Attested: at(3, 20, 0, 0)}, {Name: "Night Desk", Does: "Answers at night."}},
		Evidence:       []vendor.Evidence{{What: "Report of an examiner", AskedAt: at(4, 2, 0, 0), Due: at(5, 2, 0, 0)}, {What: "Certificate of insurance", AskedAt: at(4, 2, 0, 0), Due: at(5, 2, 0, 0), ReceivedAt: at(4, 20, 0, 0), Place: "Cabinet 3", Expires: at(12, 31, 0, 0)}},
		Reviews:        []vendor.Review{{At: at(4, 30, 15, 0), By: "w2", Tier: 1, Conclusion: "In order. Ask again for the report in the autumn."}},
	}
	seen := func(v vendor.Vendor) pages.VendorSeen {
		o, why := vendor.Decide(v.Answers)
		v.Outcome = o
		return pages.VendorSeen{Outcome: o, Reasons: why, Tier: v.Tier(), Weights: v.Weights(), Months: v.ReviewMonths()}
	}
	agreement := vendor.Agreement{
		Stage: vendor.Draft, Lang: "en", Text: vendor.Fill(vendor.StarterAgreement("en"), map[string]string{
			"agency": "Harborlight Community Services", "vendor": "Harbor Records", "effective": "Apr 1, 2026", "purposes": "keeping our backups", "classes": "Names and birth date, Contact notes",
			"subcontractors": "Pier Data Centers", "report_hours": "24", "privacy_officer": "Lena Brandt", "security_officer": "Omar Castellano", "term": "no fixed time",
		}), EPHI: true, Purposes: "Keeping our backups.", Classes: host.Classes, ReportHours: 24, Effective: at(4, 1, 0, 0), Expiry: at(12, 1, 0, 0), Drafters: []string{"w1"}, Ticked: []string{vendor.Audit, "insurance"},
	}
	opened := func(a vendor.Agreement) vendor.OpenedAgreement {
		return vendor.OpenedAgreement{ID: storyID[vendor.Agreement](), Value: a, Head: record.Head{Version: 1}}
	}
	terms := func(a vendor.Agreement) (out []pages.AgreementTerm) {
		said := map[string]bool{}
		for _, c := range a.Terms() {
			said[c] = true
		}
		for _, t := range vendor.Terms() {
			out = append(out, pages.AgreementTerm{Term: t, There: said[t.Code]})
		}
		return out
	}
	signed := agreement
	signed.Stage, signed.From = vendor.Signed, at(4, 1, 0, 0)
	signed.Theirs = vendor.Signature{Name: "Mara Lund", Title: "Director", At: at(3, 30, 15, 0)}
	signed.Ours = vendor.Signature{Name: "Omar Castellano", Title: "Security Officer", At: at(3, 31, 15, 0)}
	sent := agreement
	sent.Stage, sent.Theirs = vendor.Sent, signed.Theirs
	bare := agreement
	bare.Text = "## 1 Who agrees\n\n{{agency}} and Harbor Records.\n\n## 2 Uses [BAA-01]\n\nOnly for {{purposes}}.\n"
	paper := signed
	paper.Text, paper.Ticked, paper.Stage, paper.Ours = "", []string{"BAA-01", "BAA-02", "BAA-03"}, vendor.Draft, vendor.Signature{}
	paper.Paper = vendor.Paper{Place: "Cabinet 3, folder H", SignedFor: "Mara Lund, Director", SignedOn: at(3, 30, 0, 0)}

	questions := vendor.Asked("en", 1)
	asked := vendor.Questionnaire{Tier: 1, Lang: "en", State: vendor.Submitted, SentAt: at(4, 2, 15, 0), Name: "Mara Lund", Title: "Director", At: at(4, 9, 15, 0)}
	for i, s := range questions {
		for j, q := range s.Questions {
			g := vendor.Given{Code: q.Code, Answer: vendor.Yes}
			if i == 0 && j == 1 {
				g.Answer, g.Note = vendor.No, "Our own agreement has other terms."
			}
			if j == 3 {
				g.Answer, g.Note = vendor.NA, "We have no such thing."
			}
			asked.Given = append(asked.Given, g)
		}
	}
	asked.Exceptions = []vendor.Exception{{Code: "Q03", Why: "small and on its way out", By: "w1", At: at(4, 12, 0, 0)}}
	open := asked
	open.State, open.Given = vendor.Answering, asked.Given[:7]
	questionnaire := vendor.OpenedQuestionnaire{ID: storyID[vendor.Questionnaire](), Value: asked, Head: record.Head{Version: 1}}
	report := vendor.OpenedReport{ID: storyID[vendor.Report](), Value: vendor.Report{
		ReportedAt: at(5, 3, 18, 0), DiscoveredAt: at(5, 1, 9, 0), DueBy: at(5, 2, 9, 0), What: "A backup was copied to the wrong account.", Kinds: "Names and contact notes.",
		Encrypted: "Yes; the key was not with it.", Done: "The copy was deleted.", Contact: "Mara Lund, 555-0142", HowMany: "About 40", People: text("See the list sent apart."), By: "Mara Lund, Director",
	}}
	page := func(v vendor.Vendor, agreements ...vendor.Agreement) pages.VendorPage {
		f := vendor.File{Row: vendor.Row{Opened: vendor.Opened{ID: storyID[vendor.Vendor](), Value: v, Head: record.Head{Version: 3}}}, At: Now}
		for _, a := range agreements {
			f.Agreements = append(f.Agreements, opened(a))
		}
		f.Standing.Engaged = v.Status == vendor.Active
		p := pages.VendorPage{File: f, Names: names, Me: "w2", Keeps: true, Signs: true, Told: true, Seen: seen(v)}
		if len(agreements) > 0 && agreements[0].Stage == vendor.Signed {
			p.File.Standing.Bound, p.File.Bound, p.File.Standing.Scope, p.File.Ends = true, true, policy.Set(host.Classes...), agreements[0].Expiry
		}
		return p
	}
	next := func(p pages.VendorPage) pages.VendorPage {
		p.Next, p.At, p.Agreement = p.File.Next()
		p.Receives, p.Because = p.File.Receives()
		return p
	}
	works := page(host, signed)
	works.File.Questionnaires = []vendor.OpenedQuestionnaire{questionnaire}
	works.Reports = []vendor.OpenedReport{report}
	works.File.Gaps = []vendor.Gap{{Code: vendor.GapFlowDown, Text: "It has not attested that the same binds a subcontractor.", Cite: "45 CFR 164.504(e)(2)(ii)(D)", Since: host.Since}, {Code: vendor.GapEvidence, Text: "It has not shown what it was asked to.", Cite: "agency practice", Since: at(5, 2, 0, 0)}}
	fresh := host
	fresh.Status, fresh.Spans, fresh.Evidence, fresh.Reviews, fresh.Outcome, fresh.Reasons, fresh.Since = vendor.Intake, nil, nil, nil, "", nil, at(3, 1, 0, 0)
	assessed := fresh
	assessed.Status, assessed.Outcome, assessed.Reasons = vendor.Assessed, outcome, reasons
	cure := host
	cure.Status = vendor.Cure
	cure.Breaches = []vendor.Breach{{KnownAt: at(5, 3, 0, 0), What: "It used a list of ours for its own mailing.", Decision: vendor.ToCure, Steps: "Delete the list and show it.", Due: at(6, 3, 0, 0), DecidedAt: at(5, 4, 0, 0), DecidedBy: "w1"}, {KnownAt: at(5, 5, 0, 0), What: "It did not report within 24 hours."}}
	closed := host
	closed.Status, closed.Why = vendor.Closed, "We moved to another."
	closed.Ending = vendor.Ending{Left: vendor.Infeasible, What: "Backups cannot be taken apart.", CertifiedBy: "Mara Lund, Director", Protection: "Sealed; kept until they run out in March."}

	agreed := func(a vendor.Agreement) pages.AgreementPage {
		return pages.AgreementPage{
			Vendor: host.Name, Back: storyVendor, URL: storyVendor + "/agreements/01m7c4vd2k0000000000000001", Agreement: opened(a), Stage: a.At(Now, time.Time{}),
			Body: prose.Parse(a.Text).HTML(&prose.Fill{}), Terms: terms(a), Blanks: vendor.Blanks(a.Text), Names: names, Keeps: true, Signs: true,
		}
	}
	form := ui.NewForm("name", "Harbor Records", "services", "Keeps our backups.", "verbs", "receives", "verbs", "maintains", "answers", "for_us", "volume", "many", "classes", "identity", "dependency", "days", "sub", "Pier Data Centers", "does", "Runs the rooms.", "attested", "2026-03-20")
	wrong := ui.NewForm("name", "Harbor Records", "verbs", "receives")
	wrong.Fail("services", "Say what it does for us.")
	wrong.Fail("volume", "Choose of about how many people it has information.")
	s := seen(host)
	outside := func(at int, q vendor.Questionnaire) pages.OutsideQuestionsPage {
		p := pages.OutsideQuestionsPage{URL: "/by-link/questions/secret", Vendor: host.Name, Asked: q, Sections: questions, At: at}
		if at < len(questions) {
			for _, x := range questions[at].Questions {
				p.Form.Add(x.Code, text(string(q.Gave(x.Code).Answer)))
				p.Form.Add("note-"+x.Code, text(q.Gave(x.Code).Note))
			}
		}
		return p
	}
	handIn := outside(len(questions), open)
	handIn.Open = []pages.OutsideOpen{{Part: 2, Code: "Q12", Text: questions[2].Questions[0].Text}}
	handIn.Form.Fail("", "Some questions have no answer yet, or no reason why they do not apply. They are listed below.")
	offer := pages.OutsideAgreementPage{Action: "/by-link/agreement/secret", Offered: vendor.Offered{Vendor: host.Name, Agreement: sent, Expires: at(6, 1, 12, 0)}, Body: prose.Parse(sent.Text).HTML(&prose.Fill{}), Hash: sent.Hash()}
	done := offer
	done.Signed, done.Offered.Theirs = at(5, 4, 15, 0), signed.Theirs

	vendorStory := func(name string, p pages.VendorPage) Story {
		return Story{name, func(f ui.Frame) templ.Component { return pages.Vendor(officer(f), next(p)) }}
	}
	agreementStory := func(name string, p pages.AgreementPage) Story {
		return Story{name, func(f ui.Frame) templ.Component { return pages.Agreement(officer(f), p) }}
	}
	toSign := agreed(sent)
	toSign.Signing, toSign.Form = true, ui.NewForm("name", "Omar Castellano")
	return []Story{
		{"vendor-new", func(f ui.Frame) templ.Component {
			return pages.VendorForm(officer(f), pages.VendorFormPage{Form: form, Title: f.T("New vendor"), Action: "/vendors/new", Back: "/vendors", Subs: 3, Seen: &s})
		}},
		{"vendor-edit-again", func(f ui.Frame) templ.Component {
			return pages.VendorForm(officer(f), pages.VendorFormPage{Form: wrong, Title: f.T("What is said of the vendor"), Action: storyVendor + "/edit", Back: storyVendor, Version: "2", Subs: 2, Again: true})
		}},
		vendorStory("vendor-intake", page(fresh)),
		vendorStory("vendor-assessed", page(assessed)),
		vendorStory("vendor-active", works),
		vendorStory("vendor-cure", page(cure, signed)),
		vendorStory("vendor-closed", page(closed, signed)),
		{"vendor-step", func(f ui.Frame) templ.Component {
			return pages.VendorStep(officer(f), pages.VendorStepPage{
				Vendor: host.Name, Title: f.T("Decide what follows"), Lead: "It used a list of ours for its own mailing.", Action: storyVendor + "/decide/0", Back: storyVendor, Version: "3", Button: f.T("Record the decision"), Icon: "gavel", Weight: "primary",
				Fields: []ui.Field{{Name: "decision", Label: f.T("What follows"), Type: "radio", Options: []ui.Option{{Value: "cure", Text: f.T("It is to put it right"), Hint: f.T("Nothing goes there until it has.")}, {Value: "terminate", Text: f.T("The work ends")}}}, {Name: "steps", Label: f.T("What it is to do, or why the work ends"), Type: "area"}, {Name: "due", Label: f.T("To be put right by"), Type: "date", Optional: true}},
			})
		}},
		{"vendor-link", func(f ui.Frame) templ.Component {
			return pages.VendorLink(officer(f), pages.VendorLinkPage{Vendor: host.Name, Title: f.T("The agreement is ready to be signed"), What: f.T("Give this link to the person who may bind the vendor. By it they read the agreement and sign it, without an account."), Link: "https://cases.example.org/by-link/agreement/7q2m9x4k0000000000000000000000000000000000000000000z", Back: storyVendor, Until: at(6, 1, 12, 0)})
		}},
		{"vendor-agreement-new", func(f ui.Frame) templ.Component {
			return pages.AgreementForm(officer(f), pages.AgreementFormPage{Form: ui.NewForm("text", bare.Text, "purposes", bare.Purposes, "classes", "identity", "ephi", "yes", "report_hours", "24", "effective", "2026-04-01", "ticked", "audit"), Vendor: host.Name, Title: f.T("New agreement"), Action: storyVendor + "/agreements/new", Back: storyVendor, Lang: "en", Terms: terms(bare), Blanks: vendor.Blanks(bare.Text)})
		}},
		{"vendor-agreement-paper", func(f ui.Frame) templ.Component {
			return pages.AgreementForm(officer(f), pages.AgreementFormPage{Form: ui.NewForm("place", "Cabinet 3", "ticked", "BAA-01", "ephi", "yes"), Vendor: host.Name, Title: f.T("An agreement on paper"), Action: storyVendor + "/agreements/new", Back: storyVendor, Lang: "en", Paper: true, Terms: terms(paper)})
		}},
		agreementStory("vendor-agreement-missing", agreed(bare)),
		agreementStory("vendor-agreement-draft", agreed(agreement)),
		agreementStory("vendor-agreement-sent", agreed(sent)),
		agreementStory("vendor-agreement-sign", toSign),
		agreementStory("vendor-agreement-active", agreed(signed)),
		agreementStory("vendor-agreement-on-paper", agreed(paper)),
		{"vendor-questionnaire", func(f ui.Frame) templ.Component {
			score, ok := asked.Score()
			return pages.Questionnaire(officer(f), pages.QuestionnairePage{Vendor: host.Name, Back: storyVendor, URL: storyVendor + "/questionnaires/x", Asked: questionnaire, Sections: questions[:2], Open: asked.OpenPoints(), Score: score, Scored: ok, Keeps: true, Names: names})
		}},
		{"vendor-report", func(f ui.Frame) templ.Component {
			return pages.VendorReport(officer(f), pages.VendorReportPage{Vendor: host.Name, Back: storyVendor, Report: report})
		}},
		{"vendor-out-slow", func(f ui.Frame) templ.Component { return pages.OutsideSlow(f, ui.Minutes(f.Lang, 10)) }},
		{"vendor-out-gone", func(f ui.Frame) templ.Component { return pages.OutsideGone(f) }},
		{"vendor-out-agreement", func(f ui.Frame) templ.Component { return pages.OutsideAgreement(f, offer) }},
		{"vendor-out-signed", func(f ui.Frame) templ.Component { return pages.OutsideAgreement(f, done) }},
		{"vendor-out-questions", func(f ui.Frame) templ.Component { return pages.OutsideQuestions(f, outside(0, open)) }},
		{"vendor-out-hand-in", func(f ui.Frame) templ.Component { return pages.OutsideQuestions(f, handIn) }},
		{"vendor-out-report", func(f ui.Frame) templ.Component {
			return pages.OutsideReport(f, pages.OutsideReportPage{Action: "/by-link/report/secret", Vendor: host.Name})
		}},
		{"vendor-out-done", func(f ui.Frame) templ.Component {
			return pages.OutsideDone(f, f.T("Your answers are handed in"), f.T("Thank you. The agency has them now. The link leads nowhere any more."))
		}},
	}
}
