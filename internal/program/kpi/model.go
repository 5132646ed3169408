package kpi

import (
	"cmp"
	"context"
	"fmt"
	"time"

	"caseward/internal/actor"
	"caseward/internal/record"
)

// Unit is what a figure is in.
type Unit string

// The units.
const (
	Percent Unit = "percent" // 100 × number / of
	Days    Unit = "days"    // number / of; of is 100, for days are kept in hundredths
	Count   Unit = "count"   // number / of; of is 1
)

// scale is what number / of is multiplied with to be compared with a target.
func (u Unit) scale() int64 {
	if u == Percent {
		return 100
	}
	return 1
}

// Source is where a figure comes from.
type Source struct {
	Code   string // "standing.met"; kept in reports, so it never changes
	Title  string // English source
	About  string // English source: how it is counted, in a sentence
	Unit   Unit
	Higher bool  // more is better
	Target int64 // that is proposed, in whole units
	Cite   string
	// Count counts a period that is over, or the part of one that is: from what is on
	// record right before p.Until and from nothing that was written later. den 0 means
	// that there was nothing to count.
	Count func(ctx context.Context, who actor.Actor, p Period) (num, den int64, err error)
}

// Cadence is how often a figure is reported.
type Cadence string

// The cadences.
const (
	Monthly   Cadence = "monthly"
	Quarterly Cadence = "quarterly"
)

// Cadences lists the cadences.
func Cadences() []Cadence { return []Cadence{Monthly, Quarterly} }

// English is the cadence in words.
func (c Cadence) English() string {
	switch c {
	case Monthly:
		return "Every month"
	case Quarterly:
		return "Every quarter"
	}
	return ""
}

func (c Cadence) months() int {
	if c == Quarterly {
		return 3
	}
	return 1
}

// Period is a time from From until, and not including, Until. Name is "2026-10" or
// "2026-Q4" for a month or a quarter of the agency's calendar, otherwise empty.
type Period struct {
	Name        string
	From, Until time.Time
}

// Cadence is which reports are of a period: a quarter's name has a Q.
func (p Period) Cadence() Cadence {
	if len(p.Name) == len("2026-Q4") && p.Name[5] == 'Q' {
		return Quarterly
	}
	return Monthly
}

// PeriodAt is the month or quarter that a moment is in, in the agency's zone.
func PeriodAt(c Cadence, t time.Time, zone *time.Location) Period {
	y, m, _ := t.In(zone).Date()
	n := c.months()
	m -= (m - 1) % time.Month(n)
	p := Period{From: time.Date(y, m, 1, 0, 0, 0, 0, zone), Until: time.Date(y, m+time.Month(n), 1, 0, 0, 0, 0, zone), Name: fmt.Sprintf("%04d-%02d", y, m)}
	if c == Quarterly {
		p.Name = fmt.Sprintf("%04d-Q%d", y, (m+2)/3)
	}
	return p
}

// ParsePeriod reads the name of a period.
func ParsePeriod(name string, zone *time.Location) (Period, bool) {
	p := Period{Name: name}
	c := p.Cadence()
	layout, s := "2006-01", name
	if c == Quarterly {
		s = fmt.Sprintf("%s%02d", name[:5], int(name[6]-'1')*3+1)
	}
	t, err := time.ParseInLocation(layout, s, zone)
	if err != nil {
		return Period{}, false
	}
	p = PeriodAt(c, t, zone)
	return p, p.Name == name
}

// Before is the period before, as long in the calendar; of one without a name, as long by
// the clock.
func (p Period) Before(zone *time.Location) Period {
	if p.Name == "" {
		return Period{From: p.From.Add(p.From.Sub(p.Until)), Until: p.From}
	}
	return PeriodAt(p.Cadence(), p.From.Add(-time.Hour), zone)
}

// Next is the period after one with a name.
func (p Period) Next(zone *time.Location) Period { return PeriodAt(p.Cadence(), p.Until, zone) }

// Measure is a figure that leadership gets: whose it is and what it is to be.
type Measure struct {
	Source  string    `cbor:"1,keyasint"`
	Owner   string    `cbor:"2,keyasint"` // worker id of who answers for it
	Target  int64     `cbor:"3,keyasint,omitzero"`
	Cadence Cadence   `cbor:"4,keyasint"`
	Since   time.Time `cbor:"5,keyasint"` // since when it is reported so often
}

// Set is the measures.
type Set struct {
	Measures []Measure `class:"program" doc:"The figures that leadership gets: source, owner, target, how often and since when."`
}

// SetKind declares the measures; there is one record of them.
var SetKind = record.Define(record.Kind[Set]{
	Name:      "kpi_set",
	Doc:       "Which figures leadership gets, whose each is and what it is to be.",
	Retention: "program",
	Labels:    func(Set) record.Labels { return record.Labels{Ref: theSet, Ext: theSet} },
})

const theSet = "kpi_set"

// Figure is one measure as it was counted, and the same of the period before.
type Figure struct {
	Source  string `cbor:"1,keyasint"`
	Unit    Unit   `cbor:"2,keyasint"`
	Higher  bool   `cbor:"3,keyasint,omitzero"`
	Num     int64  `cbor:"4,keyasint,omitzero"`
	Den     int64  `cbor:"5,keyasint,omitzero"` // 0: there was nothing to count
	WasNum  int64  `cbor:"6,keyasint,omitzero"` // of the period before
	WasDen  int64  `cbor:"7,keyasint,omitzero"`
	Target  int64  `cbor:"8,keyasint,omitzero"`
	Owner   string `cbor:"9,keyasint,omitzero"` // at the time; empty where nobody was said to answer for it
	Changed bool   `cbor:"-"`                   // of a figure counted again: it is another number
}

// Met reports whether the target is reached; known is false where nothing was counted.
func (f Figure) Met() (met, known bool) {
	if f.Den == 0 {
		return false, false
	}
	c := cmp.Compare(f.Num*f.Unit.scale(), f.Target*f.Den)
	return c == 0 || f.Higher == (c > 0), true
}

// Trend is 1 if the figure is better than that of the period before, -1 if it is worse and
// 0 if it is the same; known is false where either was not counted.
func (f Figure) Trend() (trend int, known bool) {
	if f.Den == 0 || f.WasDen == 0 {
		return 0, false
	}
	if trend = cmp.Compare(f.Num*f.WasDen, f.WasNum*f.Den); !f.Higher {
		trend = -trend
	}
	return trend, true
}

// Report is what leadership was told of a period.
type Report struct {
	Period   string    `class:"program" doc:"The month or quarter, as 2026-10 or 2026-Q4."`
	Back     time.Time `class:"program" doc:"Since when the period before, which figures are compared with."`
	From     time.Time `class:"program" doc:"Since when the period."`
	Until    time.Time `class:"program" doc:"Until when the period, not included."`
	Figures  []Figure  `class:"program" doc:"Each figure: source, number, of how many, the same of the period before, target and owner."`
	Remarks  string    `class:"program" doc:"What whoever filed it says about the figures."`
	By       string    `class:"program" doc:"Worker id of who filed it."`
	At       time.Time `class:"program" doc:"When it was filed."`
	Replaces string    `class:"program" doc:"Id of the report that it corrects; empty for none."`
}

// ID is the id of a report.
type ID = record.ID[Report]

// Opened is a report as the asker may see it.
type Opened = record.Opened[Report]

// Kind declares reports.
var Kind = record.Define(record.Kind[Report]{
	Name:      "kpi_report",
	Doc:       "Figures about the program that were reported to leadership. It never changes.",
	Retention: "program",
	Labels: func(r Report) record.Labels {
		return record.Labels{State: "filed", Owner: r.By, Ref: r.Period, Tag: r.Replaces, At: r.Until}
	},
})
