package arch

import (
	"caseward/internal/appointment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/glass"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/plan"
	"caseward/internal/record"
	"caseward/internal/task"
)

// kinds is every kind of record. TestDataDictionary fails for one that is
// missing.
func kinds() []record.Described {
	return []record.Described{
		person.Kind,
		casefile.Kind,
		note.Kind,
		clinical.Kind,
		document.Kind,
		plan.Kind,
		glass.Kind,
		notice.Kind,
		task.Kind,
		appointment.Kind,
		appointment.FeedKind,
		org.StaffKind,
		org.AgencyKind,
		org.CoverageKind,
	}
}
