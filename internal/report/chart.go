package report

import (
	"context"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/appointment"
	"caseward/internal/assessment"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/conference"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/form"
	"caseward/internal/note"
	"caseward/internal/org"
	"caseward/internal/person"
	"caseward/internal/plan"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Part is a part of a chart that can be printed.
type Part string

// The parts.
const (
	Identity   Part = "identity"
	Reaching   Part = "contacts"
	CaseFiles  Part = "cases"
	CarePlan   Part = "plan"
	NotePages  Part = "notes"
	Papers     Part = "documents"
	ClinicPart Part = "clinical"
	Assessed   Part = "assessments" // and the agency's own forms
	Meetings   Part = "appointments"
	Conferred  Part = "conferences"
)

// Parts lists the parts in the order they are printed.
func Parts() []Part {
	return []Part{Identity, Reaching, CaseFiles, CarePlan, Assessed, ClinicPart, NotePages, Meetings, Conferred, Papers}
}

// Printing is what of a chart is to be printed.
type Printing struct {
	Parts       []Part
	From, Until string // days of what has a day: notes, assessments, forms, appointments and conferences; 2006-01-02, empty for any
}

// Has reports whether a part is to be printed.
func (p Printing) Has(part Part) bool {
	for _, x := range p.Parts {
		if x == part {
			return true
		}
	}
	return false
}

// period is the time that is printed: its end not included, either open if zero.
type period struct{ note.TimelineQuery }

func (p period) within(t time.Time) bool {
	return (p.From.IsZero() || !t.Before(p.From)) && (p.Until.IsZero() || t.Before(p.Until))
}

// holds is within for a day that is in no zone.
func (p period) holds(day time.Time, zone *time.Location) bool {
	return p.within(time.Date(day.Year(), day.Month(), day.Day(), 0, 0, 0, 0, zone))
}

func (p Printing) period(zone *time.Location) (q period, err error) {
	var bad []fault.Field
	if len(p.Parts) == 0 {
		bad = append(bad, fault.Field{Name: "part", Message: "Choose at least one part of the chart."})
	}
	if p.From != "" {
		if q.From, err = time.ParseInLocation(day, p.From, zone); err != nil {
			bad = append(bad, fault.Field{Name: "from", Message: "Enter the first day of the period."})
		}
	}
	if p.Until != "" {
		last, err := time.ParseInLocation(day, p.Until, zone)
		if err != nil {
			bad = append(bad, fault.Field{Name: "until", Message: "Enter the last day of the period."})
		} else if q.Until = last.AddDate(0, 0, 1); !q.From.IsZero() && last.Before(q.From) {
			bad = append(bad, fault.Field{Name: "until", Message: "The period ends before it begins."})
		}
	}
	if len(bad) > 0 {
		return q, fault.InvalidFields("chart.print", bad...)
	}
	q.Limit = step
	return q, nil
}

// Printed is a chart put together for print. What the asker may not see is not
// in it, and is counted nowhere.
type Printed struct {
	Printing
	Client    person.Opened
	Cases     []casefile.Opened
	Plans     []plan.Opened
	Notes     []note.Thread
	Documents []document.Opened
	Clinical  clinical.Summary
	// Assessments are those taken in the period; CorrectedBy is looked up among
	// AllAssessments, since a correction may lie outside of it.
	Assessments    []assessment.Opened
	AllAssessments []assessment.Opened
	Catalogue      assessment.Catalogue
	Filled         []form.OpenedFilled
	Meetings       []appointment.Opened
	Conferences    []conference.Opened // whose minutes are signed
	// Apart is how many notes are kept apart and are in no printed chart:
	// psychotherapy notes (45 CFR 164.501) and counseling notes of a substance use
	// program (42 CFR 2.11).
	Apart int
	// Protected: it holds records of a substance use program, so that the notice of
	// 42 CFR 2.32 is to go with it.
	Protected bool
	// Without: records of programs under 42 CFR Part 2 are left out of it, whether
	// there are any or not, since it is printed for what takes the client's consent
	// (2.31) or a court order (2.61): a subpoena alone opens none.
	Without bool
	At      time.Time
}

// MayPrint reports whether the asker may print anything of a client's chart. It opens
// nothing.
func (rs *Reports) MayPrint(ctx context.Context, who actor.Actor, client person.ID) (bool, error) {
	set, err := rs.door.May(ctx, who, "chart.print", record.SubjectOf(client), false, policy.Set(policy.Identity))
	return set != 0, err
}

// Chart puts together what of a chart is to be printed, in one entry of the log
// under chart.print. A record of a program under 42 CFR Part 2 is in it if the
// policies let one leave for the asker's purpose; that somebody is a client there
// is a record too (2.11). Errors: Invalid with fields, NotFound, Denied.
func (rs *Reports) Chart(ctx context.Context, who actor.Actor, client person.ID, p Printing, zone *time.Location, to string) (Printed, error) {
	q, err := p.period(zone)
	if err != nil {
		return Printed{}, err
	}
	var names []string
	for _, x := range Parts() {
		if p.Has(x) {
			names = append(names, string(x))
		}
	}
	agency, err := rs.agency.Agency(ctx)
	if err != nil {
		return Printed{}, err
	}
	subject := record.SubjectOf(client)
	may, err := rs.door.May(ctx, who, "chart.print", subject, false, policy.Set(policy.SUD))
	if err != nil {
		return Printed{}, err
	}
	without := !may.Has(policy.SUD)
	v := rs.door.View(who, "chart.print")
	v.Detail("parts", strings.Join(names, ","))
	v.Detail("to", to)
	v.Must("chart.print", subject, false, policy.Set(policy.Identity))
	got := rs.people.Want(v, client)
	cases, plans, notes, papers, items := &record.List[casefile.Case]{}, &record.List[plan.Plan]{}, &record.List[note.Note]{}, &record.List[document.Document]{}, &record.List[clinical.Item]{}
	if p.Has(CaseFiles) || without {
		// What is left out is told by its case, printed or not.
		cases = rs.cases.WantAll(v, record.Query{Subject: subject, Limit: step})
	}
	if p.Has(CarePlan) {
		plans = rs.carePlans.Want(v, client)
	}
	if p.Has(NotePages) {
		notes = rs.writing.WantTimeline(v, client, q.TimelineQuery)
	}
	if p.Has(Papers) {
		papers = rs.papers.WantCards(v, client, "")
	}
	taken, known, filled := &record.List[assessment.Assessment]{}, &record.List[assessment.Instrument]{}, &record.List[form.Filled]{}
	meetings, conferences := &record.List[appointment.Appointment]{}, &record.List[conference.Conference]{}
	if p.Has(Assessed) {
		taken, known, filled = rs.assessed.WantOf(v, client), rs.assessed.WantInstruments(v), rs.forms.WantFilledOf(v, client)
	}
	if p.Has(Meetings) {
		meetings = rs.calendar.WantOf(v, subject, q.From, q.Until, step)
	}
	if p.Has(Conferred) {
		conferences = rs.conferences.WantHeld(v, client, q.From, q.Until, step)
	}
	if p.Has(ClinicPart) {
		items = rs.items.Want(v, client)
	}
	if err := v.Open(ctx); err != nil {
		return Printed{}, err
	}
	if cases.Next != "" || plans.Next != "" || notes.Next != "" || papers.Next != "" || items.Next != "" ||
		taken.Next != "" || filled.Next != "" || meetings.Next != "" || conferences.Next != "" {
		return Printed{}, fault.InvalidFields("chart.print", fault.Field{Name: "until", Message: "This is too much for one document. Choose a shorter period or fewer parts."})
	}
	out := Printed{Printing: p, Client: got.Opened, Without: without, At: rs.door.Clock().Now()}
	kept, says := func(casefile.ID, string) bool { return true }, true
	if without {
		kept, says = outsidePart2(cases.Rows, agency)
	}
	var shown policy.ClassSet
	for _, o := range cases.Rows {
		if !p.Has(CaseFiles) || !kept(o.ID, o.Value.Program) {
			continue
		}
		shown |= o.Shown
		out.Cases = append(out.Cases, o)
		// That somebody is a client of the program is a record of it (42 CFR 2.11).
		out.Protected = out.Protected || o.Value.Part2 || agency.Part2(o.Value.Program)
	}
	for _, o := range plan.Sorted(plans.Rows) {
		if kept(o.Value.Case, "") {
			shown |= o.Shown
			out.Plans = append(out.Plans, o)
		}
	}
	var written []note.Opened
	for _, o := range notes.Rows {
		switch {
		case !kept(o.Value.Case, o.Value.Program):
			continue
		case o.Withheld != 0 && o.Value.Protection == note.Ordinary:
			// Nothing of what it says was given: there is nothing to print.
			continue
		case o.Value.Protection == note.Psychotherapy || o.Value.Protection == note.SUDCounselling || o.Withheld != 0:
			if o.Shown != 0 {
				out.Apart++
			}
			continue
		case o.Value.SignedAt.IsZero() && o.Value.Status != note.Imported:
			continue // a draft is no part of the record yet
		}
		shown |= o.Shown
		written = append(written, o)
	}
	out.Notes = note.Threads(written)
	for _, o := range papers.Rows {
		if o.Withheld == 0 && kept(o.Value.Case, "") {
			shown |= o.Shown
			out.Documents = append(out.Documents, o)
		}
	}
	// An assessment, a form and an appointment say no case, so each may be of any. A
	// fact of the clinical summary and a conference say themselves whether they are of
	// such a program, and its policies have closed those that are.
	if !kept(casefile.ID{}, "") {
		taken, filled, meetings = &record.List[assessment.Assessment]{}, &record.List[form.Filled]{}, &record.List[appointment.Appointment]{}
	}
	if !says {
		items, conferences = &record.List[clinical.Item]{}, &record.List[conference.Conference]{}
	}
	for _, o := range items.Rows {
		shown |= o.Shown
	}
	out.Clinical = clinical.Sorted(items)
	out.AllAssessments, out.Catalogue = taken.Rows, assessment.CatalogueOf(known)
	for _, o := range taken.Rows {
		if o.Withheld == 0 && q.holds(casefile.Midnight(o.Value.TakenOn), zone) {
			shown |= o.Shown
			out.Assessments = append(out.Assessments, o)
		}
	}
	for _, o := range filled.Rows {
		// Which form it is says something of the case.
		if o.Shown.Has(policy.Case) && q.within(o.CreatedAt) {
			shown |= o.Shown
			out.Filled = append(out.Filled, o)
		}
	}
	for _, o := range meetings.Rows {
		// With whom somebody is busy is a matter of the case.
		if o.Shown.Has(policy.Case) {
			shown |= o.Shown
			out.Meetings = append(out.Meetings, o)
		}
	}
	for _, o := range conferences.Rows {
		// Minutes that are not signed are no part of the record yet; signed ones
		// without a word are withheld.
		if o.Value.Signed && !o.Value.Minutes.Empty() {
			shown |= o.Shown
			out.Conferences = append(out.Conferences, o)
		}
	}
	out.Protected = out.Protected || shown.Has(policy.SUD)
	return out, nil
}

// outsidePart2 says of what is of a case or a program, or of neither, that it is no
// record of a program under 42 CFR Part 2. What is of neither cannot be told from
// one where the client has, or had, a case with such a program: it would tell what
// the program did for them (2.11, 2.61), so it counts as its record. says reports
// whether what carries its own mark is believed that it is none: not where the client
// has cases with such programs alone.
func outsidePart2(cases []casefile.Opened, agency org.Agency) (kept func(file casefile.ID, program string) bool, says bool) {
	part2 := map[casefile.ID]bool{}
	any, all := false, len(cases) > 0
	for _, o := range cases {
		is := o.Value.Part2 || agency.Part2(o.Value.Program)
		part2[o.ID], any, all = is, any || is, all && is
	}
	return func(file casefile.ID, program string) bool {
		switch is, known := part2[file]; {
		case agency.Part2(program):
			return false
		case known:
			return !is
		case program != "":
			return true
		}
		return !any
	}, !all
}
