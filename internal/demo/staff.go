package demo

import (
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/org"
)

const agencyName = "Harborlight Community Services"

var programs = []org.Program{
	{Code: "housing", Name: "Housing Stability"},
	{Code: "reentry", Name: "Re-entry Support"},
	{Code: "recovery", Name: "Recovery Services", SUD: true},
	{Code: "family", Name: "Family Support"},
}

// colleague is somebody who works at the agency.
type colleague struct {
	key           string
	given, family string
	title         string
	role          actor.Role
	programs      []string
	boss          string // key of the supervisor
	about         string // for visitors; empty if nobody can be them
}

func (c colleague) mail() string {
	return strings.ToLower(c.given + "." + strings.ReplaceAll(c.family, "'", "") + "@harborlight.example.org")
}

// staff lists everybody, those who supervise first.
var staff = []colleague{
	{"admin", "Wendell", "Oakes", "IT coordinator", actor.Administrator, nil, "", "Invites staff, ends access, keeps settings. Sees nothing about any client."},
	{"privacy", "Marguerite", "Lund", "Privacy Officer", actor.PrivacyOfficer, nil, "", "Reads the log, reviews emergency access, asks why somebody can or can't."},
	{"security", "Tobias", "Achterberg", "Security Officer", actor.SecurityOfficer, nil, "", "Watches the log, the keys and who is signed in where."},
	{"auditor", "Constance", "Ferrow", "External auditor", actor.Auditor, nil, "", "Reads the evidence and changes nothing."},
	{"pm-housing", "Leandro", "Castellane", "Program manager, housing and family", actor.ProgramManager, []string{"housing", "family"}, "", "Sees the cases of two programs, but no contact notes."},
	{"pm-recovery", "Ingrid", "Solvang", "Program manager, re-entry and recovery", actor.ProgramManager, []string{"reentry", "recovery"}, "", ""},
	{"sup-a", "Denise", "Whitcombe", "Supervisor, east team", actor.Supervisor, []string{"housing", "family"}, "", "Sees the charts of the workers she supervises, assigns cases, arranges coverage."},
	{"sup-b", "Emeka", "Obiora", "Supervisor, harbor team", actor.Supervisor, []string{"reentry", "recovery"}, "", ""},
	{"intake", "Paloma", "Quintero", "Intake specialist", actor.Intake, []string{"housing", "family", "reentry", "recovery"}, "sup-a", "Registers clients and opens cases. Sees who they are, not what is written about them."},
	{"intake-2", "Graham", "Tully", "Intake specialist", actor.Intake, []string{"housing", "reentry"}, "sup-b", ""},
	{"cm-a", "Dana", "Reyes", "Case manager", actor.CaseManager, []string{"housing", "family"}, "sup-a", "A caseload of some thirty clients, with drafts to sign and contacts due today."},
	{"cm-b", "Malik", "Thornbury", "Case manager", actor.CaseManager, []string{"housing"}, "sup-a", ""},
	{"cm-c", "Yesenia", "Ortega", "Family case manager", actor.CaseManager, []string{"family"}, "sup-a", ""},
	{"cm-d", "Anders", "Kjellson", "Re-entry case manager", actor.CaseManager, []string{"reentry"}, "sup-b", "Broke the glass an hour ago; the banner shows it."},
	{"cm-e", "Thuy", "Pham-Larkin", "Recovery case manager", actor.CaseManager, []string{"recovery"}, "sup-b", "A refresher of hers has lapsed: a line on every page says until when she goes on as before."},
	{"cm-f", "Roderick", "Baines", "Re-entry and recovery case manager", actor.CaseManager, []string{"reentry", "recovery"}, "sup-b", ""},
}

// workersOf is who carries cases of a program, by key.
func workersOf(program string) []string {
	var out []string
	for _, s := range staff {
		if s.role != actor.CaseManager {
			continue
		}
		for _, p := range s.programs {
			if p == program {
				out = append(out, s.key)
			}
		}
	}
	return out
}

// holidays are the federal holidays that the deadlines of this year and the next
// leave out.
func holidays(now time.Time) []string {
	var out []string
	for y := now.Year() - 1; y <= now.Year()+1; y++ {
		day := func(m time.Month, d int) {
			out = append(out, time.Date(y, m, d, 0, 0, 0, 0, time.UTC).Format(time.DateOnly))
		}
		nth := func(m time.Month, w time.Weekday, n int) {
			first := time.Date(y, m, 1, 0, 0, 0, 0, time.UTC)
			day(m, 1+(int(w)-int(first.Weekday())+7)%7+7*(n-1))
		}
		day(time.January, 1)
		nth(time.January, time.Monday, 3)
		nth(time.September, time.Monday, 1)
		day(time.July, 4)
		nth(time.November, time.Thursday, 4)
		day(time.December, 25)
	}
	return out
}
