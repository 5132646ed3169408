package web

import "strings"

// workflows names, by the beginning of a path of the route table, the workflow that its
// pages belong to, as the policies of the agency call it; the longest beginning counts.
// The policy in force that governs the workflow is one key away from each of its pages
// (45 CFR 164.316(b)(2)(ii)).
var workflows = map[string]string{
	"/today": "caseload", "/caseload": "caseload", "/settings/caseload": "caseload", "/calendar": "appointments", "/tasks": "cases", "/notices": "cases",
	"/find": "search", "/clients/new": "registration", "/clients/{id}": "chart", "/clients/{id}/edit": "registration",
	"/clients/{id}/access": "access-log", "/clients/{id}/appointments": "appointments", "/clients/{id}/assess": "assessments", "/clients/{id}/assessments": "assessments",
	"/clients/{id}/case": "cases", "/clients/{id}/case/{case}/assign": "assignment", "/clients/{id}/case/{case}/offer": "assignment", "/clients/{id}/case/{case}/withdraw": "assignment",
	"/clients/{id}/case/{case}/team": "care-team", "/clients/{id}/clinical": "clinical", "/clients/{id}/conferences": "conference",
	"/clients/{id}/documents": "documents", "/clients/{id}/fill": "assessments", "/clients/{id}/forms": "assessments", "/clients/{id}/find": "search",
	"/clients/{id}/household": "household", "/clients/{id}/people": "household", "/clients/{id}/merges": "duplicates", "/clients/{id}/notes": "notes", "/clients/{id}/notes/draft": "drafts",
	"/clients/{id}/plan": "plan", "/clients/{id}/print": "print", "/clients/{id}/tasks": "cases",
	"/offers": "assignment", "/coverage": "coverage", "/cosign": "supervision", "/supervision": "supervision", "/duplicates": "duplicates", "/import": "import", "/phrases": "notes",
	"/reports": "reports", "/exports": "export", "/reports/{report}/export": "export", "/quarantine": "quarantine",
	"/break-glass": "emergency-access", "/break-glass/{id}": "emergency-review", "/log": "log", "/why": "roles", "/rules": "roles", "/rights": "roles", "/staff/{id}/rights": "roles", "/staff/{id}/activity": "log",
	"/staff": "staff", "/staff/invite": "invite", "/onboarding": "invite", "/settings/clearance": "roles", "/settings/keys": "staff", "/vendors": "vendors", "/staff/{id}/terminate": "termination", "/settings/programs": "programs", "/settings/forms": "assessments", "/settings/instruments": "assessments",
	"/due": "training", "/server": "server", "/policies": "policies", "/governance": "officers", "/governance/committee": "committee", "/sanctions": "sanctions", "/standing": "training", "/training": "training",
	"/account": "sign-in", "/account/app": "second-factor", "/account/passkeys": "second-factor", "/account/recovery-codes": "second-factor", "/account/calendar": "calendar-feed",
	"/account/sessions": "devices", "/account/device-key": "devices", "/account/screen": "screen-lock", "/stepup": "second-factor",
}

// without are the beginnings of paths whose pages belong to no workflow, with the reason.
var without = map[string]string{
	"/{$}": "leads on to the first page", "/alive": "is for scripts of a page", "/language": "sets the language", "/purpose": "sets the purpose", "/tour": "leads through the demonstration",
	"/in": "signs in, before there is a frame", "/signin": "before there is a frame", "/signout": "ends the session", "/enter": "before there is a frame", "/enrol": "before there is a frame",
	"/lock": "shows no frame", "/locked": "shows no frame", "/unlock": "shows no frame", "/calendar/feed": "is for calendar programs",
	"/by-link": "is for people of other organizations, who see no frame",
}

// workflowOf names the workflow of a pattern of the route table; known is false for one
// that neither has one nor a reason to have none.
func workflowOf(pattern string) (workflow string, known bool) {
	_, path, ok := strings.Cut(pattern, " ")
	if !ok {
		path = pattern
	}
	for path != "" {
		if w, ok := workflows[path]; ok {
			return w, true
		}
		if _, ok := without[path]; ok {
			return "", true
		}
		path = path[:strings.LastIndexByte(path, '/')]
	}
	return "", false
}
