package pages

import (
	"caseward/internal/intake"
	"caseward/internal/notice"
)

// intakeNoticeNames says in a sentence what each notice of intake tells.
var intakeNoticeNames = map[notice.What]string{
	intake.CaseGiven: "A new client is yours.",
}
