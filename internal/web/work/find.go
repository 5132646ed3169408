package work

import (
	"strings"

	"caseward/internal/actor"
	"caseward/internal/policy"
	"caseward/internal/record"
	"caseward/internal/web/pages"
	"caseward/internal/web/site"
	"caseward/internal/web/ui"
)

// sitePlace is a page of the site that a word leads to.
type sitePlace struct {
	url, icon, title string
	words            string // besides the title
	action           string // who may not do this is not led there; empty: everybody
	class            policy.Class
	own              bool
}

// places are the pages of the site, in the reader's language.
func places(r *site.Request) []sitePlace {
	return []sitePlace{
		{"/caseload", "users-round", r.T("Caseload"), r.T("clients cases overdue contacts today"), "case.find", policy.Case, false},
		{"/clients/new", "user-plus", r.T("New client"), r.T("intake register add client"), "client.create", policy.Identity, false},
		{"/coverage", "hand-helping", r.T("Coverage"), r.T("vacation away stand in cover"), "coverage.find", policy.Workforce, true},
		{"/reports", "chart-column", r.T("Reports"), r.T("figures numbers statistics export outcomes contacts"), "report.read", policy.Program, false},
		{"/exports", "download", r.T("Exports"), r.T("files saved csv pdf download"), "export.find", policy.Program, true},
		{"/break-glass", "siren", r.T("Emergency access"), r.T("break glass emergency review"), "glass.find", policy.Program, true},
		{"/log", "scroll-text", r.T("Access log"), r.T("audit who opened entries"), "log.find", policy.Workforce, false},
		{"/why", "scale", r.T("Why can, why can’t"), r.T("access refused permission explain"), "policy.explain_self", policy.Program, true},
		{"/rules", "book-open", r.T("Access rules"), r.T("policies law citations"), "policy.read", policy.Program, false},
		{"/staff", "id-card", r.T("Staff"), r.T("colleagues people workers supervisor"), "staff.find", policy.Workforce, false},
		{"/account/security", "fingerprint", r.T("Sign-in and security"), r.T("password passkey codes account"), "", "", false},
		{"/account/sessions", "monitor", r.T("Where I’m signed in"), r.T("sessions devices sign out"), "", "", false},
	}
}

// elsewhere finds programs and pages of the site by the words of the box.
func (w *Work) elsewhere(r *site.Request, box string, p *pages.FindPage) error {
	words := strings.Fields(strings.ToLower(box))
	if len(words) == 0 {
		return nil
	}
	begins := func(text string) bool {
		all := strings.FieldsFunc(strings.ToLower(text), func(c rune) bool { return c == ' ' || c == ',' || c == '-' })
		for _, x := range words {
			found := false
			for _, y := range all {
				found = found || strings.HasPrefix(y, x)
			}
			if !found {
				return false
			}
		}
		return true
	}
	look, err := w.Door.Look(r.Ctx(), r.Who, record.Subject{})
	if err != nil {
		return err
	}
	for _, x := range places(r) {
		if x.action != "" && x.action != "case.find" && look.May(x.action, x.own, policy.Set(x.class)) == 0 {
			continue
		}
		if begins(x.title + " " + x.words) {
			p.Places = append(p.Places, pages.FoundPlace{URL: x.url, Icon: x.icon, Title: x.title})
		}
	}
	switch r.Who.Role() {
	case actor.CaseManager, actor.Supervisor, actor.ProgramManager:
		for code, name := range w.programs(r.Ctx()) {
			if begins(name + " " + code) {
				p.Programs = append(p.Programs, ui.Option{Value: code, Text: name})
			}
		}
		ui.ByText(p.Programs)
	}
	return nil
}
