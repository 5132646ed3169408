// Package actor says who is asking: an [Actor] is a workforce member in a
// role, or a named service, with a purpose of use.
//
// Anybody may hold an Actor; nobody outside internal/actor can make one. Its
// fields are unexported, its maker is actor/internal/mint, and Go's internal
// rule leaves only actor/authn (from sessions, commands and jobs) and
// actor/actortest (tests) able to reach it. The zero Actor is refused by the
// door. An Actor is the second parameter, after ctx, wherever one is needed; it
// is never carried in a context.
package actor

import (
	"caseward/internal/actor/internal/mint"
)

// Actor is who is asking, for whom, and why.
type Actor = mint.Actor

// Role is what a workforce member works as (45 CFR 164.308(a)(4)(ii)(B)).
type Role = mint.Role

// The roles. What each may do is written in the policies, not here.
const (
	Intake          Role = "intake"
	CaseManager     Role = "case_manager"
	Supervisor      Role = "supervisor"
	ProgramManager  Role = "program_manager"
	PrivacyOfficer  Role = "privacy_officer"  // 45 CFR 164.530(a)(1)(i)
	SecurityOfficer Role = "security_officer" // 45 CFR 164.308(a)(2)
	Administrator   Role = "administrator"    // runs the system; sees no PHI
	Auditor         Role = "auditor"          // reads evidence; changes nothing
	Service         Role = "service"          // a named service actor
)

// Roles lists the roles a person can have, in the order screens show them.
func Roles() []Role {
	return []Role{Intake, CaseManager, Supervisor, ProgramManager, PrivacyOfficer, SecurityOfficer, Administrator, Auditor}
}

// Purpose is why the record is used. The label is recorded in the log, because
// the law differs by it: minimum necessary does not bind disclosures for
// treatment, and does bind operations (45 CFR 164.502(b)(2)(i)).
type Purpose = mint.Purpose

// The purposes of use.
const (
	Treatment  Purpose = "treatment"  // 45 CFR 164.501, 164.506(c)
	Payment    Purpose = "payment"    // 45 CFR 164.501, 164.506(c)
	Operations Purpose = "operations" // 45 CFR 164.501, 164.506(c)
	Individual Purpose = "individual" // the person asked for it: 45 CFR 164.524
	Legal      Purpose = "legal"      // required by law: 45 CFR 164.512(a)
	Oversight  Purpose = "oversight"  // audit and health oversight: 45 CFR 164.308(a)(1)(ii)(D), 164.512(d)
	Emergency  Purpose = "emergency"  // break-glass: 45 CFR 164.312(a)(2)(ii)
	Upkeep     Purpose = "upkeep"     // a service keeps the system in order
)

// Purposes lists the purposes a person can choose, in the order screens show
// them. Emergency is not chosen: it comes with a break-glass grant.
func Purposes() []Purpose {
	return []Purpose{Treatment, Payment, Operations, Individual, Legal, Oversight}
}
