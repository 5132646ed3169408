// Package supervision sets the caseloads of several workers side by side: how
// many cases and how heavy they are, what is late, which notes wait to be signed,
// and how many minutes of contact there were.
//
// What a case weighs, how many hours it takes in a month and how much a worker
// can carry is agency practice, kept in the agency's settings; no law says it.
//
// It keeps nothing, changes nothing and opens no words: it counts what the asker
// may see. What they may not see is in no number, so two people may see different
// ones.
//
// To start: New(door, cases, notes), then Standings.
package supervision

import (
	"context"
	"strconv"
	"time"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Measure is how the agency weighs its cases.
type Measure struct {
	Weight   map[casefile.Level]float64 // of a case
	Hours    map[casefile.Level]float64 // of contact that a case takes in a month
	Capacity float64                    // weight that a worker can carry
	Own      map[string]float64         // the same of one worker, where it differs
}

// The settings that a measure is made of, by their names in the agency's
// settings: SettingWeight and SettingHours with a level after them,
// SettingCapacity alone for everybody or with ".<worker>" for one.
const (
	SettingWeight   = "caseload.weight."
	SettingHours    = "caseload.hours."
	SettingCapacity = "caseload.capacity"
)

// MeasureOf reads the agency's settings; what they leave out is as it is usual
// among those who set such numbers: agency practice, and no rule.
func MeasureOf(settings map[string]string) Measure {
	m := Measure{
		Weight:   map[casefile.Level]float64{casefile.Standard: 1, casefile.High: 2, casefile.Intensive: 4},
		Hours:    map[casefile.Level]float64{casefile.Standard: 1.5, casefile.High: 3, casefile.Intensive: 6},
		Capacity: 40, Own: map[string]float64{},
	}
	number := func(name string, to *float64) {
		if n, err := strconv.ParseFloat(settings[name], 64); err == nil && n >= 0 && n < 10000 {
			*to = n
		}
	}
	for _, l := range casefile.Levels() {
		weight, hours := m.Weight[l], m.Hours[l]
		number(SettingWeight+string(l), &weight)
		number(SettingHours+string(l), &hours)
		m.Weight[l], m.Hours[l] = weight, hours
	}
	number(SettingCapacity, &m.Capacity)
	for name := range settings {
		if n := len(SettingCapacity) + 1; len(name) > n && name[:n] == SettingCapacity+"." {
			own := m.Capacity
			number(name, &own)
			m.Own[name[n:]] = own
		}
	}
	return m
}

// CapacityOf is the weight that a worker can carry.
func (m Measure) CapacityOf(worker string) float64 {
	if n, ok := m.Own[worker]; ok {
		return n
	}
	return m.Capacity
}

// Standing is how one worker's caseload stands.
type Standing struct {
	Worker string
	Open   int
	Levels map[casefile.Level]int
	Weight float64
	// Capacity is the weight the worker can carry.
	Capacity float64
	// Hours is how many hours of contact the cases take in a month, and Minutes
	// how many minutes of signed contacts there were in the month asked for.
	Hours   float64
	Minutes int

	Overdue, MostOverdue int // contacts that are late, and the latest by how many days
	Reviews              int // plan reviews that are late
	Eligibility          int // eligibilities that end soon or have ended
	Drafts, Late         int // notes not signed, and those of them after their day
	OldestDraft          time.Time

	// Cut is true where there was more than could be counted at once.
	Cut bool
}

// Supervision are the use-cases of those who answer for others' work.
type Supervision struct {
	door  *record.Door
	cases *casefile.Cases
	notes *note.Notes
}

// New returns the use-cases behind door.
func New(door *record.Door, cases *casefile.Cases, notes *note.Notes) *Supervision {
	return &Supervision{door, cases, notes}
}

// Query is whose caseloads are set side by side, and when.
type Query struct {
	Workers []string // 60 at most
	Today   phi.Date // the agency's date
	// The month whose contacts are counted, in the agency's zone; Until is not
	// included.
	From, Until time.Time
	Measure     Measure
}

// Standings counts the caseloads of several workers, in the order given, as one
// read.
func (s *Supervision) Standings(ctx context.Context, who actor.Actor, q Query) ([]Standing, error) {
	const op = "case.find"
	if len(q.Workers) > 60 {
		return nil, fault.Invalidf(op, "too many workers at once")
	}
	v := s.door.View(who, op)
	v.Detail("page", "supervision")
	type wanted struct {
		cases          *record.List[casefile.Case]
		drafts, signed *record.List[note.Note]
	}
	all := make([]wanted, len(q.Workers))
	for i, w := range q.Workers {
		all[i] = wanted{s.cases.WantOpenOf(v, w), s.notes.WantDraftsBy(v, w), s.notes.WantSignedBy(v, w, q.From, q.Until)}
	}
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	now := s.door.Clock().Now()
	out := make([]Standing, len(q.Workers))
	for i, w := range q.Workers {
		x := Standing{Worker: w, Levels: map[casefile.Level]int{}, Capacity: q.Measure.CapacityOf(w)}
		for _, o := range all[i].cases.Rows {
			x.add(o.Value, q)
		}
		for _, o := range all[i].drafts.Rows {
			x.Drafts++
			if at := o.Labels.At; x.OldestDraft.IsZero() || at.Before(x.OldestDraft) {
				x.OldestDraft = at
			}
			if by := o.Labels.Due; !by.IsZero() && by.Before(now) {
				x.Late++
			}
		}
		for _, o := range all[i].signed.Rows {
			if !o.Value.IsAddendum() {
				x.Minutes += o.Value.Minutes
			}
		}
		x.Cut = all[i].cases.Next != "" || all[i].drafts.Next != "" || all[i].signed.Next != ""
		out[i] = x
	}
	return out, nil
}

func (x *Standing) add(c casefile.Case, q Query) {
	x.Open++
	x.Levels[c.Level]++
	x.Weight += q.Measure.Weight[c.Level]
	x.Hours += q.Measure.Hours[c.Level]
	if days, known := casefile.DaysUntil(c.NextContactOn, q.Today); known && days < 0 {
		x.Overdue++
		x.MostOverdue = max(x.MostOverdue, -days)
	}
	if days, known := casefile.DaysUntil(c.PlanReviewOn, q.Today); known && days < 0 {
		x.Reviews++
	}
	if days, known := casefile.DaysUntil(c.EligibleUntil, q.Today); known && days <= casefile.EligibilityWarns {
		x.Eligibility++
	}
}
