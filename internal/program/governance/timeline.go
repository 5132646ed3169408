package governance

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Holder is a designation and when it really holds: no longer than the person works here.
type Holder struct {
	Opened
	Span Span
	Left bool // the person's access ended before the designation did
}

// Line is the designations of one function through time.
type Line struct {
	Function Function
	Holders  []Holder // newest first
	// Gaps are past times in which nobody held the function, up to now, of one that must
	// be held; Gap is their sum.
	Gaps []Span
	Gap  time.Duration
	State
}

// State is how a function stands now.
type State struct {
	Function Function
	Ever     bool      // somebody holds it, held it or will
	Person   string    // worker id of who holds it; empty if nobody does
	Vacant   time.Time // since when nobody holds it, where somebody must; zero if somebody does
	Ends     time.Time // when nobody will hold it any more, where somebody must; zero if that is not to come
}

// Open reports whether there is a gap, today or to come.
func (s State) Open() bool { return !s.Vacant.IsZero() || !s.Ends.IsZero() }

// Timeline opens every designation and says who holds what, when nobody did, and whether
// a gap is coming. A function must be held since the agency was set up here, or since the
// first designation if that is earlier.
func (g *Governance) Timeline(ctx context.Context, who actor.Actor) ([]Line, error) {
	rows, err := g.all(ctx, who, time.Time{})
	if err != nil {
		return nil, err
	}
	now := g.door.Clock().Now()
	since, err := g.since(ctx)
	if err != nil {
		return nil, err
	}
	var out []Line
	for _, f := range Functions() {
		l := Line{Function: f}
		var spans []Span
		for _, o := range rows {
			if o.Value.Function != f {
				continue
			}
			h := Holder{Opened: o, Span: o.Value.Span()}
			if h.Span, h.Left, err = g.cut(ctx, o.Value.Person, h.Span); err != nil {
				return nil, err
			}
			l.Holders, spans = append(l.Holders, h), append(spans, h.Span)
		}
		order.By(l.Holders, func(a, b Holder) int { return b.Span.From.Compare(a.Span.From) })
		if f.Required() {
			l.Gaps = Gaps(spans, first(spans, since, now), now)
			l.Gap = Sum(l.Gaps)
		}
		l.State = state(f, l.people(), since, now)
		out = append(out, l)
	}
	return out, nil
}

// Without says for how long, from from until until, one of the functions that must be held
// was held by nobody, as it was on record at until: what is written down later, as a
// designation that began before, changes no past figure. asked is false where nobody was
// asked to hold one yet.
func (g *Governance) Without(ctx context.Context, who actor.Actor, from, until time.Time) (without time.Duration, asked bool, err error) {
	rows, err := g.all(ctx, who, until)
	if err != nil {
		return 0, false, err
	}
	since, err := g.since(ctx)
	if err != nil {
		return 0, false, err
	}
	var gaps []Span
	for _, f := range Functions() {
		if !f.Required() {
			continue
		}
		var spans []Span
		for _, o := range rows {
			if o.Value.Function != f {
				continue
			}
			// Whoever left after until had not left then, and the cut is after it too.
			s, _, err := g.cut(ctx, o.Value.Person, o.Value.Span())
			if err != nil {
				return 0, false, err
			}
			spans = append(spans, s)
		}
		begin := first(spans, since, until)
		if begin.Before(from) {
			begin = from
		}
		asked = asked || begin.Before(until)
		gaps = append(gaps, Gaps(spans, begin, until)...)
	}
	// Two gaps at once are one time without an officer.
	return until.Sub(from) - Sum(Gaps(gaps, from, until)), asked, nil
}

func (l Line) people() (out []holding) {
	for _, h := range l.Holders {
		out = append(out, holding{person: h.Value.Person, span: h.Span})
	}
	return out
}

type holding struct {
	person  string
	span    Span
	contact phi.Text
}

// first is since when a function must be held.
func first(spans []Span, since, now time.Time) time.Time {
	if since.IsZero() || since.After(now) {
		since = now
	}
	for _, s := range spans {
		since = earlier(s.From, since)
	}
	return since
}

// state is how a function stands at now.
func state(f Function, all []holding, since, now time.Time) State {
	s := State{Function: f, Ever: len(all) > 0}
	var spans []Span
	for _, h := range all {
		if spans = append(spans, h.span); h.span.Holds(now) {
			s.Person = h.person
		}
	}
	if !f.Required() {
		return s
	}
	if s.Person != "" {
		s.Ends = covered(spans, now)
		return s
	}
	s.Vacant = first(spans, since, now)
	for _, h := range spans {
		if !h.empty() && !h.Until.IsZero() && !h.Until.After(now) && h.Until.After(s.Vacant) {
			s.Vacant = h.Until
		}
	}
	return s
}

// held is the designations of one function as they stood under a stamp.
type held struct {
	stamp string
	all   []holding
}

// Now says how the two officers' functions stand. It opens designations only when they
// changed since it last did, so that every page can ask; then there is an entry, as for
// any other read.
func (g *Governance) Now(ctx context.Context, who actor.Actor) ([]State, error) {
	since, err := g.since(ctx)
	if err != nil {
		return nil, err
	}
	var out []State
	for _, f := range Functions() {
		if !f.Required() {
			continue
		}
		all, err := g.holdings(ctx, who, f)
		if err != nil {
			return nil, err
		}
		out = append(out, state(f, all, since, g.door.Clock().Now()))
	}
	return out, nil
}

// Officer is who holds a function now and how people reach them, as policies and courses
// name them (45 CFR 164.530(a)(1)(ii)).
type Officer struct {
	Person  string // worker id; empty if nobody is designated
	Contact phi.Text
}

// Officer says who holds a function now. It opens as little as [Governance.Now].
func (g *Governance) Officer(ctx context.Context, who actor.Actor, f Function) (Officer, error) {
	all, err := g.holdings(ctx, who, f)
	if err != nil {
		return Officer{}, err
	}
	now := g.door.Clock().Now()
	for _, h := range all {
		if h.span.Holds(now) {
			return Officer{h.person, h.contact}, nil
		}
	}
	return Officer{}, nil
}

// holdings is who was, is and will be designated for a function.
func (g *Governance) holdings(ctx context.Context, who actor.Actor, f Function) ([]holding, error) {
	q := record.Query{Tag: string(f), Limit: 50}
	stamp, err := g.designations.Stamp(ctx, who, q)
	if err != nil {
		return nil, err
	}
	g.mu.Lock()
	k, ok := g.kept[f]
	g.mu.Unlock()
	if !ok || k.stamp != stamp {
		k = held{stamp: stamp}
		if stamp != "" {
			l, err := g.designations.Find(ctx, who, q)
			if err != nil {
				return nil, err
			}
			k.stamp = record.StampOf(l.Rows)
			for _, o := range l.Rows {
				k.all = append(k.all, holding{o.Value.Person, o.Value.Span(), o.Value.Contact})
			}
		}
		g.mu.Lock()
		g.kept[f] = k
		g.mu.Unlock()
	}
	all, now := slices.Clone(k.all), g.door.Clock().Now()
	for i := range all {
		// Whoever held it once and no longer does needs no look.
		if s := all[i].span; s.Until.IsZero() || s.Until.After(now) {
			if all[i].span, _, err = g.cut(ctx, all[i].person, s); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// cut is a span as long as the person works here.
func (g *Governance) cut(ctx context.Context, person string, s Span) (_ Span, left bool, err error) {
	ended, err := g.dir.Ended(ctx, person)
	if err != nil && !fault.Is(err, fault.NotFound) {
		return s, false, err
	}
	if !ended.IsZero() && (s.Until.IsZero() || ended.Before(s.Until)) {
		s.Until, left = ended, true
	}
	return s, left, nil
}

// since is when the agency was set up here; zero before.
func (g *Governance) since(ctx context.Context) (time.Time, error) {
	t, err := g.dir.Founded(ctx)
	if fault.Is(err, fault.NotFound) {
		return time.Time{}, nil
	}
	return t, err
}
