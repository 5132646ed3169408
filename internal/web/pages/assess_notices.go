package pages

import (
	"caseward/internal/assessment"
	"caseward/internal/notice"
)

// AssessNoticeNames are the sentences of the notices about assessments.
var AssessNoticeNames = map[notice.What]string{
	assessment.SafetyAsked: "An answer to an assessment calls for talking about safety.",
}
