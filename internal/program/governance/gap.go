package governance

import (
	"slices"
	"time"

	"caseward/internal/order"
)

// Span is a time from From until, and not including, Until; Until zero is without end.
type Span struct{ From, Until time.Time }

// Holds reports whether t is in the span.
func (s Span) Holds(t time.Time) bool {
	return !t.Before(s.From) && (s.Until.IsZero() || t.Before(s.Until))
}

// meets reports whether two spans have an instant in common. A span that ends before it
// begins has none.
func (s Span) meets(o Span) bool {
	return !s.empty() && !o.empty() && (s.Until.IsZero() || o.From.Before(s.Until)) && (o.Until.IsZero() || s.From.Before(o.Until))
}

func (s Span) empty() bool { return !s.Until.IsZero() && !s.From.Before(s.Until) }

// Gaps are the times from from until until in which none of the held spans holds, in
// order. Two that touch leave none between them.
func Gaps(held []Span, from, until time.Time) []Span {
	held = slices.Clone(held)
	order.By(held, func(a, b Span) int { return a.From.Compare(b.From) })
	var out []Span
	at := from // everything before it is looked at
	for _, h := range held {
		if h.empty() {
			continue
		}
		if !at.Before(until) {
			return out
		}
		if h.From.After(at) {
			out = append(out, Span{at, earlier(h.From, until)})
		}
		if h.Until.IsZero() {
			return out
		}
		if h.Until.After(at) {
			at = h.Until
		}
	}
	if at.Before(until) {
		out = append(out, Span{at, until})
	}
	return out
}

// covered is until when spans hold without a gap from an instant that one of them holds;
// zero is without end.
func covered(held []Span, from time.Time) time.Time {
	for at := from; ; {
		next := at
		for _, h := range held {
			if !h.Holds(at) {
				continue
			}
			if h.Until.IsZero() {
				return time.Time{}
			}
			if h.Until.After(next) {
				next = h.Until
			}
		}
		if next.Equal(at) {
			return at
		}
		at = next
	}
}

// Sum is how long spans that end last together.
func Sum(spans []Span) (d time.Duration) {
	for _, s := range spans {
		d += s.Until.Sub(s.From)
	}
	return d
}

// Hundredths is a time in hundredths of a day of 24 hours, rounded up: it is 0 only for no
// time at all.
func Hundredths(d time.Duration) int64 {
	const hundredth = 24 * time.Hour / 100
	return int64((d + hundredth - 1) / hundredth)
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
