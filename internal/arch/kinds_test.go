package arch

import (
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/filter"
	"caseward/internal/form"
	"caseward/internal/glass"
	"caseward/internal/household"
	"caseward/internal/merge"
	"caseward/internal/note"
	"caseward/internal/notice"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/phrase"
	"caseward/internal/plan"
	"caseward/internal/program/governance"
	"caseward/internal/program/kpi"
	"caseward/internal/program/obligation"
	"caseward/internal/program/policydoc"
	"caseward/internal/program/rights"
	"caseward/internal/program/sanction"
	"caseward/internal/program/training"
	"caseward/internal/program/vendor"
	"caseward/internal/record"
	"caseward/internal/report"
	"caseward/internal/roster"
	"caseward/internal/task"
)

// kinds is every kind of record. TestDataDictionary fails for one that is
// missing.
func kinds() []record.Described {
	return []record.Described{
		person.Kind,
		casefile.Kind,
		note.Kind,
		phrase.Kind,
		clinical.Kind,
		document.Kind,
		document.QuarantineKind,
		plan.Kind,
		glass.Kind,
		notice.Kind,
		assessment.Kind,
		assessment.InstrumentKind,
		form.Kind,
		form.FilledKind,
		merge.Kind,
		household.Kind,
		roster.Kind,
		task.Kind,
		appointment.Kind,
		appointment.FeedKind,
		report.Kind,
		casefile.MoveKind,
		conference.Kind,
		filter.Kind,
		training.Kind,
		training.CurriculumKind,
		training.AssignmentKind,
		training.AttemptKind,
		training.ChangeKind,
		training.AskingKind, training.PromptRuleKind,
		training.HuddleKind, training.AttendanceKind,
		training.CampaignKind, training.ExerciseKind,
		org.StaffKind,
		org.ScimKeyKind,
		org.AgencyKind,
		org.CoverageKind,
		org.ClearanceKind,
		governance.Kind, governance.CommitteeKind, governance.MeetingKind, governance.DecisionKind, governance.RACIKind,
		kpi.SetKind, kpi.Kind,
		rights.Kind,
		obligation.ReminderKind,
		policydoc.Kind, policydoc.VersionKind, policydoc.AcknowledgementKind,
		sanction.Kind, sanction.ScaleKind,
		vendor.Kind,
		vendor.AgreementKind,
		vendor.LinkKind,
		vendor.QuestionnaireKind,
		vendor.ReportKind,
	}
}
