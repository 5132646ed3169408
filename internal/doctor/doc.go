// Package doctor looks at what goes wrong around Caseward and not in it:
// permissions, disk, clock, certificate, the copy of the key file and what opens it,
// backups, the database's connection, the virus scanner, mail, the log and its checkpoints outside.
//
// Each check takes plain values, asks the real thing where there is one, and says
// what it found and what to do. It changes nothing, opens no record, and says
// nothing about a client. What is warned about holds today and will not for long;
// how early is warned is practice, not law: 45 CFR 164.308(a)(7)(ii) wants a
// backup plan and tested procedures, and leaves the periods to the agency.
package doctor
