package arch

import (
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
	"caseward/internal/report"
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
		report.Kind,
		org.StaffKind,
		org.AgencyKind,
		org.CoverageKind,
	}
}
