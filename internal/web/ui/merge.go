package ui

import (
	"slices"
	"strings"
	"time"

	"caseward/internal/phi"
)

// wasPrefix begins the names of the hidden fields that carry what a form showed
// when it was opened.
const wasPrefix = "was."

// Merged is what two people made of one form, put together: nothing that either
// of them wrote is lost.
type Merged struct {
	// Form is to be shown again: what only one of the two changed is as they
	// changed it, what both changed is as the one who is looking did.
	Form    Form
	Changes []Change
	By      string // name of the colleague who saved first
	At      time.Time
}

// Change is something a colleague changed while the form was open.
type Change struct {
	Name   string // of the first field
	Theirs phi.Text
	// Clash: both changed it, each to something else. Theirs is not in the form.
	Clash bool
}

// Merge puts together what was posted with what is on record by now. The page
// carries what it showed at first in [Was]. fields are names of fields, each
// judged by itself; those that stand several times are joined with "+" to be
// judged as one: "phone+phone_kind".
func Merge(posted, theirs Form, fields ...string) Merged {
	m := Merged{Form: Form{errs: posted.errs}}
	for _, f := range fields {
		names := strings.Split(f, "+")
		base, mine, now := named(posted, wasPrefix, names), named(posted, "", names), named(theirs, "", names)
		take := posted
		switch {
		case same(base, now), same(mine, now):
		case same(base, mine):
			take = theirs
			m.Changes = append(m.Changes, Change{Name: names[0], Theirs: said(now)})
		default:
			m.Changes = append(m.Changes, Change{Name: names[0], Theirs: said(now), Clash: true})
		}
		for _, n := range names {
			m.Form.Add(n, take.values[n]...)
			m.Form.Add(wasPrefix+n, theirs.values[n]...)
		}
	}
	return m
}

// named is the values of several fields, empty rows left out.
func named(f Form, prefix string, names []string) [][]phi.Text {
	var rows [][]phi.Text
	for i := 0; ; i++ {
		row, any, more := make([]phi.Text, len(names)), false, false
		for j, n := range names {
			more = more || i < f.Rows(prefix+n)
			row[j] = phi.NewText(strings.ReplaceAll(strings.TrimSpace(f.Row(prefix+n, i).Disclose()), "\r\n", "\n"))
			any = any || !row[j].Empty()
		}
		if !more {
			return rows
		}
		if any {
			rows = append(rows, row)
		}
	}
}

func same(a, b [][]phi.Text) bool {
	return slices.EqualFunc(a, b, func(x, y []phi.Text) bool {
		return slices.EqualFunc(x, y, phi.Text.Equal)
	})
}

// said is values as one text, a line each row.
func said(rows [][]phi.Text) phi.Text {
	var lines []string
	for _, row := range rows {
		var parts []string
		for _, t := range row {
			if !t.Empty() {
				parts = append(parts, t.Disclose())
			}
		}
		lines = append(lines, strings.Join(parts, ", "))
	}
	return phi.NewText(strings.Join(lines, "\n"))
}

// Clashes reports whether the two changed anything each to something else.
func (m Merged) Clashes() bool {
	return slices.ContainsFunc(m.Changes, func(c Change) bool { return c.Clash })
}

// hiddenWas is what a form showed when it was opened: as it was carried, or as
// it is shown now for the first time.
func hiddenWas(f Form, name string) []phi.Text {
	if v, ok := f.values[wasPrefix+name]; ok {
		return v
	}
	for n := range f.values {
		if strings.HasPrefix(n, wasPrefix) {
			return nil // carried, and this one was empty
		}
	}
	return f.values[name]
}
