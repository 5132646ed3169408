package report

import (
	"context"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/clinical"
	"caseward/internal/document"
	"caseward/internal/fault"
	"caseward/internal/note"
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
)

// Parts lists the parts in the order they are printed.
func Parts() []Part {
	return []Part{Identity, Reaching, CaseFiles, CarePlan, ClinicPart, NotePages, Papers}
}

// Printing is what of a chart is to be printed.
type Printing struct {
	Parts       []Part
	From, Until string // days of the notes, 2006-01-02; empty for any
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

func (p Printing) period(zone *time.Location) (q note.TimelineQuery, err error) {
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
	// Apart is how many notes are kept apart and are in no printed chart:
	// psychotherapy notes (45 CFR 164.501) and counseling notes of a substance use
	// program (42 CFR 2.11).
	Apart int
	// Protected: it holds records of a substance use program, so that the notice of
	// 42 CFR 2.32 is to go with it.
	Protected bool
	At        time.Time
}

// Chart puts together what of a chart is to be printed, in one entry of the log
// under chart.print. Errors: Invalid with fields, NotFound, Denied.
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
	subject := record.SubjectOf(client)
	v := rs.door.View(who, "chart.print")
	v.Detail("parts", strings.Join(names, ","))
	v.Detail("to", to)
	v.Must("chart.print", subject, false, policy.Set(policy.Identity))
	got := rs.people.Want(v, client)
	cases, plans, notes, papers, items := &record.List[casefile.Case]{}, &record.List[plan.Plan]{}, &record.List[note.Note]{}, &record.List[document.Document]{}, &record.List[clinical.Item]{}
	if p.Has(CaseFiles) {
		cases = rs.files.WantOf(v, client)
	}
	if p.Has(CarePlan) {
		plans = rs.carePlans.Want(v, client)
	}
	if p.Has(NotePages) {
		notes = rs.writing.WantTimeline(v, client, q)
	}
	if p.Has(Papers) {
		papers = rs.papers.WantCards(v, client, "")
	}
	if p.Has(ClinicPart) {
		items = rs.items.Want(v, client)
	}
	if err := v.Open(ctx); err != nil {
		return Printed{}, err
	}
	if notes.Next != "" || papers.Next != "" || items.Next != "" {
		return Printed{}, fault.InvalidFields("chart.print", fault.Field{Name: "until", Message: "This is too much for one document. Choose a shorter period or fewer parts."})
	}
	out := Printed{Printing: p, Client: got.Opened, Plans: plan.Sorted(plans.Rows), At: rs.door.Clock().Now()}
	var shown policy.ClassSet
	for _, o := range cases.Rows {
		shown |= o.Shown
		out.Cases = append(out.Cases, o)
	}
	for _, o := range out.Plans {
		shown |= o.Shown
	}
	var kept []note.Opened
	for _, o := range notes.Rows {
		switch {
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
		kept = append(kept, o)
	}
	out.Notes = note.Threads(kept)
	for _, o := range papers.Rows {
		if o.Withheld == 0 {
			shown |= o.Shown
			out.Documents = append(out.Documents, o)
		}
	}
	for _, o := range items.Rows {
		shown |= o.Shown
	}
	out.Clinical = clinical.Sorted(items)
	out.Protected = shown.Has(policy.SUD)
	return out, nil
}
