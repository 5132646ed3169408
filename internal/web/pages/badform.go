package pages

import "caseward/internal/fault"

// BadFormPage is the answer to a form that no page of its own shows again: what
// is wrong, and that going back keeps what was typed.
type BadFormPage struct {
	Reference string
	Wrong     []fault.Field
}
