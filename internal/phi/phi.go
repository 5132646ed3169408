package phi

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"time"
)

// Redacted is what every value of this package prints as.
const Redacted = "[phi]"

// Text is a piece of PHI in words: a name, a phone number, a sentence of a
// note. The zero Text is empty.
type Text struct{ v *string }

// NewText wraps s.
func NewText(s string) Text {
	if s == "" {
		return Text{}
	}
	return Text{v: &s}
}

// Disclose returns the text itself. Every caller is listed in the architecture
// test.
func (t Text) Disclose() string {
	if t.v == nil {
		return ""
	}
	return *t.v
}

// Empty reports whether there is no text.
func (t Text) Empty() bool { return t.v == nil || *t.v == "" }

// Equal reports whether both hold the same text.
func (t Text) Equal(u Text) bool { return t.Disclose() == u.Disclose() }

// Format prints [Redacted] under every verb.
func (t Text) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String returns [Redacted].
func (t Text) String() string { return Redacted }

// MarshalText returns [Redacted]; encoding/json and encoding/xml use it.
func (t Text) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue shows [Redacted] to slog.
func (t Text) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalBinary is the sealed store's own encoding. Only the sealing code
// imports an encoder that uses it; what it returns is sealed before it is kept.
func (t Text) MarshalBinary() ([]byte, error) { return []byte(t.Disclose()), nil }

// UnmarshalBinary reads what MarshalBinary wrote.
func (t *Text) UnmarshalBinary(b []byte) error { *t = NewText(string(b)); return nil }

// Date is a civil date that identifies a person: a birth date, a date of
// death, an admission. It has no time and no zone. The zero Date is unknown.
//
// The value is two pointers away: under a verb that does not fit, fmt prints what
// one pointer to a struct points to, even in an unexported field.
type Date struct{ v **civil }

type civil struct {
	y    int
	m, d int
}

// NewDate makes the date y-m-d; it is not checked, so that a date as somebody
// wrote it can be kept. Month and day may be 0 where only the year, or year
// and month, are known.
func NewDate(y, m, d int) Date {
	c := &civil{y, m, d}
	return Date{v: &c}
}

// ParseDate reads YYYY, YYYY-MM or YYYY-MM-DD, the precisions FHIR allows. The
// error never repeats the input.
func ParseDate(s string) (Date, error) {
	for _, layout := range []string{"2006-01-02", "2006-01", "2006"} {
		t, err := time.Parse(layout, s)
		if err != nil {
			continue
		}
		c := &civil{y: t.Year()}
		if len(layout) > 4 {
			c.m = int(t.Month())
		}
		if len(layout) > 7 {
			c.d = t.Day()
		}
		return Date{v: &c}, nil
	}
	return Date{}, errors.New("phi: not a date of the form YYYY, YYYY-MM or YYYY-MM-DD")
}

// Disclose returns year, month and day; all are 0 for the zero Date.
func (d Date) Disclose() (year, month, day int) {
	if d.v == nil {
		return 0, 0, 0
	}
	c := *d.v
	return c.y, c.m, c.d
}

// DiscloseISO returns the date as YYYY-MM-DD, shorter where less is known, and
// "" for the zero Date.
func (d Date) DiscloseISO() string {
	y, m, day := d.Disclose()
	switch {
	case d.v == nil:
		return ""
	case m == 0:
		return fmt.Sprintf("%04d", y)
	case day == 0:
		return fmt.Sprintf("%04d-%02d", y, m)
	}
	return fmt.Sprintf("%04d-%02d-%02d", y, m, day)
}

// Empty reports whether the date is unknown.
func (d Date) Empty() bool { return d.v == nil }

// Equal reports whether both are the same date.
func (d Date) Equal(e Date) bool { return d.DiscloseISO() == e.DiscloseISO() }

// Format prints [Redacted] under every verb.
func (d Date) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String returns [Redacted].
func (d Date) String() string { return Redacted }

// MarshalText returns [Redacted].
func (d Date) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue shows [Redacted] to slog.
func (d Date) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalBinary is the sealed store's own encoding.
func (d Date) MarshalBinary() ([]byte, error) { return []byte(d.DiscloseISO()), nil }

// UnmarshalBinary reads what MarshalBinary wrote.
func (d *Date) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		*d = Date{}
		return nil
	}
	p, err := ParseDate(string(b))
	*d = p
	return err
}

// Number is a whole number that is PHI: a score, an amount in cents, minutes.
// The zero Number is unknown, which is not the same as NewNumber(0).
type Number struct{ v *int64 }

// NewNumber wraps n.
func NewNumber(n int64) Number { return Number{v: &n} }

// Disclose returns the number and whether it is known.
func (n Number) Disclose() (value int64, known bool) {
	if n.v == nil {
		return 0, false
	}
	return *n.v, true
}

// Empty reports whether the number is unknown.
func (n Number) Empty() bool { return n.v == nil }

// Equal reports whether both are unknown or the same number.
func (n Number) Equal(m Number) bool {
	a, ok := n.Disclose()
	b, ok2 := m.Disclose()
	return a == b && ok == ok2
}

// Format prints [Redacted] under every verb.
func (n Number) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, Redacted) }

// String returns [Redacted].
func (n Number) String() string { return Redacted }

// MarshalText returns [Redacted].
func (n Number) MarshalText() ([]byte, error) { return []byte(Redacted), nil }

// LogValue shows [Redacted] to slog.
func (n Number) LogValue() slog.Value { return slog.StringValue(Redacted) }

// MarshalBinary is the sealed store's own encoding.
func (n Number) MarshalBinary() ([]byte, error) {
	v, ok := n.Disclose()
	if !ok {
		return []byte{}, nil
	}
	return binary.AppendVarint(nil, v), nil
}

// UnmarshalBinary reads what MarshalBinary wrote.
func (n *Number) UnmarshalBinary(b []byte) error {
	if len(b) == 0 {
		*n = Number{}
		return nil
	}
	v, w := binary.Varint(b)
	if w != len(b) {
		return errors.New("phi: not a number")
	}
	*n = NewNumber(v)
	return nil
}
