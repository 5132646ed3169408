package storybook

import (
	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/program/rights"
	"caseward/internal/web/pages"
	"caseward/internal/web/ui"
)

// rightsStories are the pages about which rights are used.
func rightsStories() []Story {
	engine, err := policy.New()
	if err != nil {
		panic(err) // the policies are part of the program
	}
	// Some are used, some not, and one person did not do all that a right is for.
	used := func(role actor.Role, every, by int) (out []rights.Used) {
		for i, x := range engine.Rights(role) {
			if x.Everyone {
				continue
			}
			u := rights.Used{Right: x}
			if every > 0 && i%every != 0 && !x.Rare {
				u.Times, u.By, u.Last = int64(7*i+1), min(by, i+1), at(11, 19-i%15, 9, 0)
			}
			for k, a := range x.May {
				d := rights.Did{Action: a}
				if k == 0 {
					d.Times, d.Last = u.Times, u.Last
				}
				if by == 1 {
					u.Did = append(u.Did, d)
				}
			}
			out = append(out, u)
		}
		return out
	}
	names := map[string]string{"w1": "Jordan Avery", "w2": "Ruth Osei, LCSW", "w3": "Devon Brooks", "w4": "Noor Haddad", "w5": "Wendell Okafor"}
	report := rights.Report{Days: 90, Usual: 90, Choice: []int{30, 90, 180}, Since: at(8, 22, 0, 0)}
	for _, role := range actor.Roles() {
		u := rights.RoleUse{Role: role, Rights: used(role, 3, 4)}
		if role != actor.Auditor {
			u.People = []string{"w1", "w2"}
		}
		report.Roles = append(report.Roles, u)
	}
	report.People = []rights.Person{
		{Worker: "w3", Role: actor.Supervisor, Narrower: actor.CaseManager, Rights: used(actor.Supervisor, 2, 1)},
		{Worker: "w2", Role: actor.CaseManager, Rights: used(actor.CaseManager, 0, 1)},
		{Worker: "w4", Role: actor.Intake, New: true, Rights: used(actor.Intake, 2, 1)},
		{Worker: "w1", Role: actor.CaseManager, Rights: used(actor.CaseManager, 5, 1)},
	}
	looks := []rights.Looked{
		{Value: rights.Look{Finding: "Nobody in intake exports reports. Asked the vendor whether the rule can be narrowed; until then it stays.", By: "w5", At: at(3, 4, 15, 0)}},
	}
	page := pages.RightsPage{Report: report, Names: names, Looks: looks, Notes: true, Form: ui.NewForm()}
	page.Sets = true
	return []Story{
		{"rights", func(f ui.Frame) templ.Component { return pages.Rights(officer(f), page) }},
		{"rights-role", func(f ui.Frame) templ.Component {
			p := page
			p.Role, p.Roles, p.People, p.Looks, p.Young = actor.Supervisor, report.Roles[2:3], report.People[:1], nil, true
			p.Form = ui.NewForm()
			p.Form.Fail("finding", "Say in a sentence or two what you found, and what is done about it.")
			return pages.Rights(officer(f), p)
		}},
		{"rights-nobody", func(f ui.Frame) templ.Component {
			p := page
			p.Role, p.Roles, p.People, p.Notes = actor.Auditor, report.Roles[len(report.Roles)-1:], nil, false
			return pages.Rights(officer(f), p)
		}},
		{"rights-worker", func(f ui.Frame) templ.Component {
			one := report
			one.People = report.People[:1]
			return pages.WorkerRights(officer(f), pages.WorkerRightsPage{Report: one, Person: one.People[0], Name: "Devon Brooks"})
		}},
		{"rights-worker-two-roles", func(f ui.Frame) templ.Component {
			both := report
			second := report.People[0]
			second.Role, second.New, second.Narrower = actor.Intake, true, ""
			both.People = []rights.Person{report.People[0], second}
			return pages.WorkerRights(officer(f), pages.WorkerRightsPage{Report: both, Person: both.People[0], Name: "Devon Brooks"})
		}},
		{"rights-duties", func(f ui.Frame) templ.Component {
			rows := rights.Check(engine, rights.Duties())
			// How a pair would look that a role holds both of.
			held := rights.Check(engine, []rights.Duty{{First: "agreement.create", Second: "agreement.sign", Apart: rights.ByRole, Why: "Nobody signs an agreement for the agency that they alone wrote.", Cite: "agency practice"}})
			return pages.Apart(officer(f), pages.ApartPage{Rows: append(rows, held...)})
		}},
	}
}
