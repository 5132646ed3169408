package pages

import (
	"caseward/internal/intake"
	"caseward/internal/notice"
)

// IntakeNoticeNames says in a sentence what each notice of intake tells.
var IntakeNoticeNames = map[notice.What]string{
	intake.CaseGiven: "A new client is yours.",
}
