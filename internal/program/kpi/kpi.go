package kpi

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/org"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// KPI is the use-cases.
type KPI struct {
	door    *record.Door
	who     actor.Actor // counts; opens records of the program and nothing of a client
	dir     *org.Directory
	sets    record.Records[Set]
	reports record.Records[Report]
	sources []Source
}

// New returns the use-cases. who is the service actor that counts, for whoever may see
// figures does not see every record behind them.
func New(d *record.Door, who actor.Actor, dir *org.Directory, sources ...Source) *KPI {
	return &KPI{door: d, who: who, dir: dir, sets: record.Use(d, SetKind), reports: record.Use(d, Kind), sources: sources}
}

// Sources lists what can be counted, in the order pages show it.
func (k *KPI) Sources() []Source { return k.sources }

// Source is the source of a code; of one that is not counted any more, its code alone.
func (k *KPI) Source(code string) (Source, bool) {
	for _, s := range k.sources {
		if s.Code == code {
			return s, true
		}
	}
	return Source{Code: code, Title: code}, false
}

var classes = policy.Set(policy.Program)

// Sees and Files report whether the asker's role sees figures, and files reports. They are
// for leaving out what would be refused.
func (k *KPI) Sees(who actor.Actor) bool {
	return who.Role() != "" && k.door.Ever(who, "kpi_report.find", false, classes)
}

func (k *KPI) Files(who actor.Actor) bool {
	return who.Role() != "" && k.door.Ever(who, "kpi_report.create", false, classes)
}

// Zone is the agency's time zone.
func (k *KPI) Zone(ctx context.Context) (*time.Location, error) {
	a, err := k.dir.Agency(ctx)
	if fault.Is(err, fault.NotFound) {
		return time.UTC, nil
	}
	return a.Zone(), err
}

// Measures returns the measures and the version they are of; 0 while nobody has set any.
func (k *KPI) Measures(ctx context.Context, who actor.Actor) ([]Measure, int64, error) {
	o, err := k.sets.One(ctx, who, k.who, theSet)
	return o.Value.Measures, o.Version, err
}

// most is the largest target of what is no percentage.
const most = 100_000

// Set says which figures leadership gets, of the measures seen at version, 0 if there were
// none. Since when each is reported follows: from now on, unless it was as often before.
// Errors: Invalid with fields named after the source ("owner-standing.met"), Conflict,
// Denied.
func (k *KPI) Set(ctx context.Context, who actor.Actor, version int64, want []Measure) error {
	want = slices.Clone(want)
	return k.sets.Only(ctx, who, k.who, theSet, version,
		func(op string) error { return k.check(ctx, op, want) },
		func(s *Set, _ bool) {
			for i, m := range want {
				for _, old := range s.Measures {
					if old.Source == m.Source && old.Cadence == m.Cadence {
						want[i].Since = old.Since
					}
				}
			}
			s.Measures = want
		})
}

// check says what is wrong with the measures, and says of each that it holds from now.
func (k *KPI) check(ctx context.Context, op string, want []Measure) error {
	now := k.door.Clock().Now()
	var wrong []fault.Field
	for i, m := range want {
		bad := func(part, says string) {
			wrong = append(wrong, fault.Field{Name: part + "-" + m.Source, Message: says})
		}
		s, known := k.Source(m.Source)
		if !known || slices.ContainsFunc(want[:i], func(o Measure) bool { return o.Source == m.Source }) {
			return fault.Invalidf(op, "choose each figure once, from the list")
		}
		if st, err := k.dir.Standing(ctx, m.Owner); err != nil && !fault.Is(err, fault.NotFound) {
			return err
		} else if err != nil || !st.Active {
			bad("owner", "Choose somebody who works here.")
		}
		if m.Target < 0 || s.Unit == Percent && m.Target > 100 {
			bad("target", "Give a whole number from 0 to 100.")
		} else if m.Target > most {
			bad("target", "Give a smaller number.")
		}
		if !slices.Contains(Cadences(), m.Cadence) {
			bad("cadence", "Choose how often.")
		}
		want[i].Since = now
	}
	if len(want) == 0 {
		wrong = append(wrong, fault.Field{Message: "Choose at least one figure."})
	}
	if len(wrong) > 0 {
		return fault.InvalidFields(op, wrong...)
	}
	return nil
}

// Count counts a period, or as much of it as is over: the monthly measures for a month, all
// of them for anything else. Before anybody set measures every source is counted against
// the target it proposes, and set is false. It is in the log that the asker had it counted.
// Errors: Denied; Invalid for a period that has not begun.
func (k *KPI) Count(ctx context.Context, who actor.Actor, p Period) (figures []Figure, set bool, err error) {
	const op = "kpi_report.count"
	period := p.Name
	if period == "" {
		period = p.From.UTC().Format(time.RFC3339) + " " + p.Until.UTC().Format(time.RFC3339)
	}
	if err := k.door.Permit(ctx, who, op, record.Subject{}, false, classes, map[string]string{"period": period}); err != nil {
		return nil, false, err
	}
	measures, version, err := k.Measures(ctx, who)
	if err != nil {
		return nil, false, err
	}
	zone, err := k.Zone(ctx)
	if err != nil {
		return nil, false, err
	}
	if version == 0 {
		for _, s := range k.sources {
			measures = append(measures, Measure{Source: s.Code, Target: s.Target, Cadence: Monthly})
		}
	}
	before := p.Before(zone)
	if p, err = k.over(op, p); err != nil {
		return nil, false, err
	}
	for _, m := range measures {
		s, known := k.Source(m.Source)
		if !known || p.Name != "" && p.Cadence() == Monthly && m.Cadence != Monthly {
			continue
		}
		f := Figure{Source: m.Source, Unit: s.Unit, Higher: s.Higher, Target: m.Target, Owner: m.Owner}
		if err := k.count(ctx, s, &f, before, p); err != nil {
			return nil, false, err
		}
		figures = append(figures, f)
	}
	return figures, version != 0, nil
}

// over is as much of a period as is past.
func (k *KPI) over(op string, p Period) (Period, error) {
	now := k.door.Clock().Now()
	if !p.From.Before(p.Until) || !p.From.Before(now) {
		return p, fault.InvalidFields(op, fault.Field{Name: "period", Message: "Choose a period that has begun."})
	}
	if p.Until.After(now) {
		p.Until = now
	}
	return p, nil
}

func (k *KPI) count(ctx context.Context, s Source, f *Figure, before, p Period) (err error) {
	if f.Num, f.Den, err = s.Count(ctx, k.who, p); err == nil {
		f.WasNum, f.WasDen, err = s.Count(ctx, k.who, before)
	}
	return err
}

// Filed is a report in the list of all.
type Filed struct {
	Opened
	By string // id of the report that replaces it; empty while it counts
}

// Reports lists the filed reports, the latest period first, of one period the latest filed.
func (k *KPI) Reports(ctx context.Context, who actor.Actor) ([]Filed, error) {
	return k.filed(ctx, who, "")
}

func (k *KPI) filed(ctx context.Context, who actor.Actor, period string) (out []Filed, err error) {
	rows, err := k.reports.Every(ctx, who, record.Query{Ref: period})
	if err != nil {
		return nil, err
	}
	for _, o := range rows {
		out = append(out, Filed{Opened: o})
	}
	for i := range out {
		for _, o := range out {
			if o.Value.Replaces == out[i].ID.String() {
				out[i].By = o.ID.String()
			}
		}
	}
	order.By(out, func(a, b Filed) int {
		if c := b.Value.Until.Compare(a.Value.Until); c != 0 {
			return c
		}
		return b.Value.At.Compare(a.Value.At)
	})
	return out, nil
}

// maxRemarks is how many characters remarks have at most.
const maxRemarks = 4000

// File counts a period that is over and files the report of it. A period has one report
// that counts: a second one names in replaces the one it corrects, and says why in its
// remarks. Errors: Invalid with fields, Conflict if somebody else filed it meanwhile,
// Denied.
func (k *KPI) File(ctx context.Context, who actor.Actor, period, replaces, remarks string) (ID, error) {
	const op = "kpi_report.create"
	may, err := k.door.May(ctx, who, op, record.Subject{}, false, classes)
	if err != nil {
		return ID{}, err
	}
	r := Report{Period: period, By: who.Worker(), At: k.door.Clock().Now(), Replaces: replaces, Remarks: strings.TrimSpace(remarks)}
	w := k.door.Work(who, op)
	if may.Contains(classes) {
		// Whoever may not file learns nothing of what is wrong.
		mark, err := k.reports.Mark(ctx, k.who, period)
		if err != nil {
			return ID{}, err
		}
		if err := k.fill(ctx, who, op, &r); err != nil {
			return ID{}, err
		}
		k.reports.Unmoved(w, mark)
		w.Detail("period", period)
	}
	id := k.reports.Create(w, record.Subject{}, r)
	return id, w.Commit(ctx)
}

// fill checks a report that is to be filed, and counts it.
func (k *KPI) fill(ctx context.Context, who actor.Actor, op string, r *Report) error {
	bad := func(name, says string) error { return fault.InvalidFields(op, fault.Field{Name: name, Message: says}) }
	zone, err := k.Zone(ctx)
	if err != nil {
		return err
	}
	p, ok := ParsePeriod(r.Period, zone)
	founded, err := k.dir.Founded(ctx)
	if err != nil {
		return err
	}
	if !ok || p.Until.After(r.At) || !p.Until.After(founded) {
		return bad("period", "Choose a month or a quarter that is over.")
	}
	filed, err := k.filed(ctx, who, r.Period)
	if err != nil {
		return err
	}
	counts := ""
	for _, o := range filed {
		if o.By == "" {
			counts = o.ID.String()
		}
	}
	switch n := utf8.RuneCountInString(r.Remarks); {
	case counts != r.Replaces && r.Replaces == "":
		return bad("period", "The report of this period is filed. Open it to file another in its place.")
	case counts != r.Replaces:
		return fault.Conflictf(op, "another report was filed in its place meanwhile")
	case counts != "" && n == 0:
		return bad("remarks", "Say what was wrong with the report that this one replaces.")
	case n > maxRemarks:
		return bad("remarks", "Shorten this to 4,000 characters.")
	}
	figures, set, err := k.Count(ctx, who, p)
	if err != nil {
		return err
	}
	if !set || len(figures) == 0 {
		return bad("period", "No figure is set for this period. Set the figures first.")
	}
	r.Back, r.From, r.Until, r.Figures = p.Before(zone).From, p.From, p.Until, figures
	return nil
}

// Read returns one report.
func (k *KPI) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return k.reports.Read(ctx, who, id)
}

// Recount counts the figures of a report again from what is on record and says which are
// another number, or cannot be counted any more. It is for whoever doubts a report: the
// answer is in the log before it is given.
func (k *KPI) Recount(ctx context.Context, who actor.Actor, id ID) (o Opened, again []Figure, same bool, err error) {
	if o, err = k.reports.Read(ctx, who, id); err != nil {
		return o, nil, false, err
	}
	if err := k.door.Permit(ctx, who, "kpi_report.count", record.Subject{}, false, classes, map[string]string{"report": id.String()}); err != nil {
		return o, nil, false, err
	}
	r, same := o.Value, true
	for _, was := range r.Figures {
		f := was
		s, known := k.Source(f.Source)
		if !known {
			f.Num, f.Den, f.WasNum, f.WasDen = 0, 0, 0, 0
		} else if err := k.count(ctx, s, &f, Period{From: r.Back, Until: r.From}, Period{From: r.From, Until: r.Until}); err != nil {
			return o, nil, false, err
		}
		f.Changed = !known || f != was
		again, same = append(again, f), same && !f.Changed
	}
	return o, again, same, nil
}

// Within is how many days after its end the report of a period is to be filed (agency
// practice).
const Within = 15

// Due is a report that is to be filed.
type Due struct {
	Period
	By   time.Time // by when
	Late bool
}

// Due lists the reports that are over and not filed, the oldest first, of the last year
// and of no time before its measures were set.
func (k *KPI) Due(ctx context.Context, who actor.Actor) ([]Due, error) {
	measures, _, err := k.Measures(ctx, who)
	if err != nil || len(measures) == 0 {
		return nil, err
	}
	filed, err := k.filed(ctx, who, "")
	if err != nil {
		return nil, err
	}
	zone, err := k.Zone(ctx)
	if err != nil {
		return nil, err
	}
	now := k.door.Clock().Now()
	var out []Due
	for _, c := range Cadences() {
		since := time.Time{}
		for _, m := range measures {
			if m.Cadence == c && (since.IsZero() || m.Since.Before(since)) {
				since = m.Since
			}
		}
		if since.IsZero() {
			continue
		}
		if year := now.AddDate(-1, 0, 0); since.Before(year) {
			since = year
		}
		for p := PeriodAt(c, since, zone); !p.Until.After(now); p = p.Next(zone) {
			if !slices.ContainsFunc(filed, func(o Filed) bool { return o.Value.Period == p.Name }) {
				by := p.Until.AddDate(0, 0, Within)
				out = append(out, Due{p, by, !now.Before(by)})
			}
		}
	}
	order.By(out, func(a, b Due) int { return a.By.Compare(b.By) })
	return out, nil
}

// Fillable lists the periods that are over and can be reported, the latest first: twelve
// months and four quarters at most, none from before the agency was set up here.
func (k *KPI) Fillable(ctx context.Context) (out []Period, err error) {
	zone, err := k.Zone(ctx)
	if err != nil {
		return nil, err
	}
	founded, err := k.dir.Founded(ctx)
	if err != nil {
		return nil, err
	}
	for _, c := range Cadences() {
		p := PeriodAt(c, k.door.Clock().Now(), zone)
		for range 12 / c.months() {
			if p = p.Before(zone); p.Until.After(founded) {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

// Text is a figure as a number in its unit: "85.7", "0", "2.51". A percentage has one
// place behind the point, cut and not rounded up, so that 100 is all of them; it is empty
// where nothing was counted.
func Text(u Unit, num, den int64) string {
	switch {
	case den == 0:
		return ""
	case u == Percent:
		n := num * 1000 / den
		if n%10 == 0 {
			return strconv.FormatInt(n/10, 10)
		}
		return strconv.FormatFloat(float64(n)/10, 'f', 1, 64)
	}
	return strconv.FormatFloat(float64(num)/float64(den), 'f', -1, 64)
}
