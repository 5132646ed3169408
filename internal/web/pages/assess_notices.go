package pages

import (
	"caseward/internal/assessment"
	"caseward/internal/notice"
)

// assessNoticeNames are the sentences of the notices about assessments.
var assessNoticeNames = map[notice.What]string{
	assessment.SafetyAsked: "An answer to an assessment calls for talking about safety.",
}
