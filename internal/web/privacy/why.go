package privacy

import (
	"strings"

	"github.com/a-h/templ"

	"caseward/internal/actor"
	"caseward/internal/inspect"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// asked are the things somebody may want to do, as the form offers them.
func asked(r *site.Request) []ui.Option {
	return []ui.Option{
		{Value: "client.read", Text: r.T("Open the client’s record")}, {Value: "client.find", Text: r.T("Find the client")},
		{Value: "client.change", Text: r.T("Change the client’s record")}, {Value: "note.read", Text: r.T("Read notes")},
		{Value: "note.create", Text: r.T("Write a note")}, {Value: "case.read", Text: r.T("Read the case")},
		{Value: "case.assign", Text: r.T("Assign the case")}, {Value: "plan.read", Text: r.T("Read the care plan")},
		{Value: "clinical.read", Text: r.T("Read the clinical summary")}, {Value: "document.read", Text: r.T("Open documents")},
	}
}

// classesOf are the classes a question about an action is asked for.
func classesOf(action string) policy.ClassSet {
	kind, _, _ := strings.Cut(action, ".")
	switch kind {
	case "note":
		return policy.Set(policy.Case, policy.Note, policy.Psychotherapy, policy.SUD, policy.SUDCounselling)
	case "case":
		return policy.Set(policy.Case)
	case "plan":
		return policy.Set(policy.Plan)
	case "clinical":
		return policy.Set(policy.Clinical, policy.SUD)
	case "document":
		return policy.Set(policy.Document, policy.SUD)
	}
	return policy.Set(policy.Identity, policy.Contact, policy.Demographics, policy.SSN, policy.Household, policy.Flags)
}

// others reports whether the reader may ask about others than themselves.
func (p *Privacy) others(who actor.Actor) bool {
	switch who.Role() {
	case actor.PrivacyOfficer, actor.SecurityOfficer, actor.Auditor:
		return true
	}
	return false
}

func (p *Privacy) whyPage(r *site.Request) (pages.WhyPage, map[string]actor.Role, error) {
	page := pages.WhyPage{Form: r.Posted(nil), Self: !p.others(r.Who), Actions: asked(r)}
	for _, x := range append(actor.Purposes(), actor.Emergency) {
		page.Purposes = append(page.Purposes, ui.Option{Value: string(x), Text: ui.PurposeName(r.Lang, x)})
	}
	roles := map[string]actor.Role{r.Who.Worker(): r.Who.Role()}
	if !page.Self {
		options, by, err := p.staff(r)
		if err != nil {
			return page, nil, err
		}
		page.Workers = options
		for id, s := range by {
			roles[id] = s.Role
		}
	}
	return page, roles, nil
}

func (p *Privacy) whyForm(r *site.Request) (site.Answer, error) {
	page, _, err := p.whyPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	if page.Form.Value("worker").Empty() {
		page.Form.Add("worker", r.Text("worker"))
	}
	if page.Form.Value("purpose").Empty() {
		page.Form = ui.NewForm("purpose", string(r.Who.Purpose()), "action", "client.read", "worker", r.Who.Worker())
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Why(f, page) }), nil
}

func (p *Privacy) why(r *site.Request) (site.Answer, error) {
	page, roles, err := p.whyPage(r)
	if err != nil {
		return site.Answer{}, err
	}
	a := inspect.Ask{Worker: r.Value("worker"), Purpose: actor.Purpose(r.Value("purpose")), Action: r.Value("action")}
	if page.Self || a.Worker == "" {
		a.Worker = r.Who.Worker()
	}
	a.Role = roles[a.Worker]
	if a.Role == "" {
		page.Form.Fail("worker", r.T("Choose a person."))
	}
	known := false
	for _, o := range page.Actions {
		known = known || o.Value == a.Action
	}
	if !known {
		page.Form.Fail("action", r.T("Choose what they want to do."))
	}
	if len(page.Form.Errors()) > 0 {
		return site.Invalid(func(f ui.Frame) templ.Component { return pages.Why(f, page) }), nil
	}
	a.Classes = classesOf(a.Action)
	var subject record.Subject
	if number := r.Text("client"); !number.Empty() {
		s, found, err := p.subject(r, number)
		if err != nil {
			return site.Answer{}, err
		}
		// A number nobody has and a client the reader may not know of are
		// answered alike: as a client to whom nobody stands in any relation.
		if found {
			subject = s
		}
		page.Client = number
	}
	a.Subject = subject
	reply, err := p.Inspect.Why(r.Ctx(), r.Who, a)
	if err != nil {
		return site.Answer{}, err
	}
	names, err := p.Org.Directory().Names(r.Ctx(), r.Who, []string{a.Worker})
	if err != nil {
		return site.Answer{}, err
	}
	page.Asked, page.Who, page.Role, page.Purpose = true, names[a.Worker], a.Role, a.Purpose
	for _, rel := range reply.Relations.List() {
		page.Relation = append(page.Relation, string(rel))
	}
	self := a.Worker == r.Who.Worker()
	said := map[string]bool{}
	for _, c := range reply.Classes {
		row := pages.WhyRow{Class: string(c.Class), Allowed: c.Allowed}
		for _, rule := range c.Rules {
			row.Rules = append(row.Rules, ruleOf(rule))
		}
		page.Rows = append(page.Rows, row)
		if c.Allowed {
			continue
		}
		for i, w := range c.Ways {
			if i == 2 {
				break
			}
			name := ""
			if !self {
				name = page.Who
			}
			todo := pages.Todo{Text: w.MissingIn(name, func(s string) string { return r.T(s) })}
			if self {
				switch w.Changes[0].Kind {
				case policy.WayStepUp:
					todo.URL, todo.Link = "/stepup?next=/why", "Prove it now"
				case policy.WayStanding:
					todo.URL, todo.Link = "/standing?next=/why", "See what is missing, and make it good."
				case policy.WayBreakGlass:
					page.MayGlass = true
					continue
				}
			}
			if !said[todo.Text] {
				said[todo.Text] = true
				page.Todo = append(page.Todo, todo)
			}
		}
	}
	if page.MayGlass && !subject.IsZero() {
		page.ClientID = subject.String()
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Why(f, page) }), nil
}

func (p *Privacy) rules(r *site.Request) (site.Answer, error) {
	rules, version, err := p.Inspect.Rules(r.Ctx(), r.Who)
	if err != nil {
		return site.Answer{}, err
	}
	page := pages.RulesPage{Role: r.Value("role"), Class: r.Value("class"), Basis: r.Value("basis"), Total: len(rules), SeesRights: p.Rights.Sees(r.Who), Version: version[:min(12, len(version))]}
	for _, c := range policy.Classes() {
		page.Classes = append(page.Classes, ui.Option{Value: string(c), Text: ui.ClassName(r.Lang, string(c))})
	}
	for _, rule := range rules {
		x := ruleOf(rule)
		if page.Basis == "law" && x.Practice || page.Basis == "practice" && !x.Practice {
			continue
		}
		if page.Class != "" && !has(x.Classes, page.Class) {
			continue
		}
		if page.Role != "" && len(x.Roles) > 0 && !has(x.Roles, actor.Role(page.Role)) {
			continue
		}
		page.Rules = append(page.Rules, x)
	}
	return site.Page(func(f ui.Frame) templ.Component { return pages.Rules(f, page) }), nil
}

func has[T comparable](list []T, x T) bool {
	for _, y := range list {
		if x == y {
			return true
		}
	}
	return false
}
