package org

import (
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Status is how somebody stands to the agency.
type Status string

// The statuses.
const (
	Invited    Status = "invited"    // has not signed in yet
	Active     Status = "active"     // works here
	Terminated Status = "terminated" // access has ended, for good
)

// Staff is one member of the workforce (45 CFR 160.103): employee, volunteer or
// trainee. The id of the record is the worker's id everywhere: in facts, in
// labels, in the log.
//
// Role, Programs and Supervisor are as they were written down last. What holds at a moment
// is [Staff.At]; this package hands records out as they are now.
type Staff struct {
	Given      phi.Text   `class:"workforce" doc:"Given name, as colleagues know it."`
	Family     phi.Text   `class:"workforce" doc:"Family name."`
	Mail       phi.Text   `class:"workforce" doc:"Work mail address, in lower case; it is signed in with."`
	Title      phi.Text   `class:"workforce" doc:"Job title, as on the door."`
	Role       actor.Role `class:"workforce" doc:"Role, which says what the policies allow."`
	Programs   []string   `class:"workforce" doc:"Codes of the programs the person works in, or manages."`
	Supervisor string     `class:"workforce" doc:"Worker id of the supervisor; empty if there is none."`
	Started    time.Time  `class:"workforce" doc:"First day of work."`
	Ended      time.Time  `class:"workforce" doc:"When access ended; empty while it has not."`
	Status     Status     `class:"workforce" doc:"Invited, active or terminated."`
	Revoked    time.Time  `class:"workforce" doc:"When the last session ended as access did; empty if none was open."`
	Proved     time.Time  `class:"workforce" doc:"When it was tried whether they still get in, after access ended."`
	Refused    bool       `class:"workforce" doc:"What was tried then was refused."`
	Since      time.Time  `class:"workforce" doc:"Since when role, programs and supervisor are what they are."`
	External   phi.Text   `class:"workforce" doc:"What the system that provisions accounts calls the person; empty if none does."`
	Planned    []Term     `class:"workforce" doc:"Changes of role, programs or supervisor that are planned, soonest first; each holds from its moment on."`
	Lang       string     `class:"workforce" doc:"Language that mails to the person are in, en or es, as they chose it on the pages; empty until they do."`
	Also       []Second   `class:"workforce" doc:"Second roles, oldest first, each with its statement of conflict, who decided it, and why it was ended."`
}

// Name is the person's name as colleagues read it.
func (s Staff) Name() phi.Text {
	return phi.NewText(strings.TrimSpace(s.Given.Disclose() + " " + s.Family.Disclose()))
}

// ID is the id of a staff record, which is the worker's id.
type ID = record.ID[Staff]

// StaffKind declares staff records.
var StaffKind = record.Define(record.Kind[Staff]{
	Name:      "staff",
	Doc:       "A member of the workforce: name, role, supervisor and programs.",
	Retention: "workforce",
	Asked:     true,
	Labels: func(s Staff) record.Labels {
		l := record.Labels{State: string(s.Status), Tag: string(s.Role), At: s.Started}
		if len(s.Planned) > 0 {
			l.Due = s.Planned[0].From
		}
		if slices.ContainsFunc(s.Also, func(x Second) bool { return x.EndedBy == "" }) {
			l.Group = hasSecond
		}
		return l
	},
	Terms: func(s Staff) []record.Term {
		out := []record.Term{
			{Field: record.NameTerm, Text: s.Name()},
			{Field: record.NumberTerm, Text: s.Mail},
		}
		if !s.External.Empty() {
			out = append(out, record.Term{Field: record.NumberTerm, Text: s.External})
		}
		return out
	},
	Facts: func(id string, _ record.Subject, s Staff) []record.Fact {
		if s.Status == Terminated {
			return nil
		}
		// What is planned is said ahead: it holds from its moment with nothing to be done then.
		out := []record.Fact{record.Works(id, s.Started, s.Ended)}
		for {
			var until time.Time
			if len(s.Planned) > 0 {
				until = s.Planned[0].From
			}
			if s.Supervisor != "" {
				out = append(out, record.Fact{
					Holder: record.WorkerHolder(s.Supervisor), Rel: string(policy.Supervises),
					Object: record.WorkerHolder(id), From: s.Since, Until: until,
				})
			}
			if s.Role == actor.ProgramManager {
				for _, p := range s.Programs {
					out = append(out, record.Fact{
						Holder: record.WorkerHolder(id), Rel: string(policy.Manages),
						Object: record.ProgramHolder(p), From: s.Since, Until: until,
					})
				}
			}
			for _, x := range s.Also {
				if x.Role != actor.ProgramManager || x.Beside != s.Role || !x.meets(s.Since, until) {
					continue
				}
				from, to := x.From, x.Until
				if s.Since.After(from) {
					from = s.Since
				}
				if to.IsZero() || !until.IsZero() && until.Before(to) {
					to = until
				}
				for _, p := range x.Programs {
					out = append(out, record.Fact{
						Holder: record.WorkerHolder(id), Rel: string(policy.Manages),
						Object: record.ProgramHolder(p), From: from, Until: to,
					})
				}
			}
			if until.IsZero() {
				break
			}
			s = s.next()
		}
		return out
	},
})

// sameStanding reports whether a and b give the same access.
func sameStanding(a, b Staff) bool {
	return a.Role == b.Role && a.Supervisor == b.Supervisor && slices.Equal(a.Programs, b.Programs) && a.Status == b.Status
}

// NormalMail is a mail address as it is kept and compared: without surrounding
// space, in lower case.
func NormalMail(s string) string { return strings.ToLower(strings.TrimSpace(s)) }
