package ui

import (
	"net/url"
	"strings"

	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/phi"
)

// Form is what a form holds when it is shown: what is on record when it is
// first opened, or what was typed when something was wrong with it, and what
// was wrong. Everything typed is treated as PHI. The zero Form is empty.
type Form struct {
	values map[string][]phi.Text
	errs   []fault.Field
}

// NewForm makes a form from pairs of field name and value.
func NewForm(pairs ...string) Form {
	var f Form
	for i := 0; i+1 < len(pairs); i += 2 {
		f.Add(pairs[i], phi.NewText(pairs[i+1]))
	}
	return f
}

// Posted makes a form from what was posted and what was wrong with it, so that
// nothing typed is lost. Fields of proof (password, code, credential, csrf) are
// never shown again.
func Posted(v url.Values, errs []fault.Field) Form {
	f := Form{errs: errs}
	for name, all := range v {
		switch name {
		case "password", "new_password", "code", "credential", "csrf":
			continue
		}
		for _, s := range all {
			f.Add(name, phi.NewText(s))
		}
	}
	return f
}

// Add appends values of a field.
func (f *Form) Add(name string, values ...phi.Text) {
	if f.values == nil {
		f.values = map[string][]phi.Text{}
	}
	f.values[name] = append(f.values[name], values...)
}

// Fail adds something wrong with the form. Field "" is the form as a whole.
func (f *Form) Fail(field, message string) {
	f.errs = append(f.errs, fault.Field{Name: field, Message: message})
}

// Value returns the first value of a field.
func (f Form) Value(name string) phi.Text {
	if v := f.values[name]; len(v) > 0 {
		return v[0]
	}
	return phi.Text{}
}

// Row returns the i-th value of a field that may stand several times.
func (f Form) Row(name string, i int) phi.Text {
	if v := f.values[name]; i < len(v) {
		return v[i]
	}
	return phi.Text{}
}

// Rows returns how often a field stands.
func (f Form) Rows(name string) int { return len(f.values[name]) }

// Has reports whether value is one of a field's values.
func (f Form) Has(name, value string) bool {
	for _, v := range f.values[name] {
		if v.Disclose() == value {
			return true
		}
	}
	return false
}

// Error returns what is wrong with a field, "" if nothing.
func (f Form) Error(name string) string {
	for _, e := range f.errs {
		if e.Name == name {
			return e.Message
		}
	}
	return ""
}

// Errors returns everything wrong, in the order given.
func (f Form) Errors() []fault.Field { return f.errs }

// Field is a labelled control.
type Field struct {
	Name  string // of the control, and its id
	ID    string // where the name stands more than once; otherwise empty
	Label string
	Hint  string
	Type  string // of an input: "text" if empty, "area", "select", "date", "email", "password", "tel", "number"
	// Options of a select.
	Options []Option
	// Optional fields say so; a field is required otherwise, but the browser is
	// left out of it: the server checks, so that the words are ours.
	Optional     bool
	Autocomplete string
	InputMode    string
	Class        string // of the control
	Rows         int
	Max          int  // most characters the browser takes; 0 leaves that to the server
	Focus        bool // takes the focus when the page opens
	Row          int  // which of several values, with ID
}

func (x Field) id() string {
	if x.ID != "" {
		return x.ID
	}
	return x.Name
}

func (x Field) describedBy(form Form) string {
	s := ""
	if x.Hint != "" {
		s = x.id() + "-hint"
	}
	if form.Error(x.id()) != "" {
		if s != "" {
			s += " "
		}
		s += x.id() + "-err"
	}
	return s
}

func (x Field) inputType() string {
	if x.Type == "" {
		return "text"
	}
	return x.Type
}

func (x Field) rows() int {
	if x.Rows == 0 {
		return 4
	}
	return x.Rows
}

// Option is a choice.
type Option struct {
	Value string
	Text  string // already in the language of the page
	Hint  string
	Icon  string
	Tone  Tone
}

// ByText sorts options by what is read.
func ByText(all []Option) {
	order.By(all, func(a, b Option) int { return strings.Compare(a.Text, b.Text) })
}
