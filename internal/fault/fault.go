// Package fault names the six kinds of failure the edges translate.
//
// A use-case returns one of five kinds, or any other error, which is the sixth:
// internal. Each edge (web, cli, fhir) has one table from kind to answer. The
// texts start with the operation, have no capital and no full stop, name ids
// and never PHI.
package fault

import (
	"errors"
	"fmt"
	"strings"
)

// Kind says what sort of failure an error is.
type Kind int

// The kinds. NotFound is also the answer where the asker may not know that a
// record exists (45 CFR 164.502(a)); the two cannot be told apart outside.
const (
	Internal    Kind = iota // our defect or an unforeseen state
	NotFound                // nothing there, or nothing the asker may know of
	Denied                  // the asker knows it exists and may not do this
	Invalid                 // the input is wrong; Fields says where
	Conflict                // somebody else changed it first
	Unavailable             // a part we need is away; nothing was done; try again
)

func (k Kind) String() string {
	return [...]string{"internal", "not found", "denied", "invalid", "conflict", "unavailable"}[k]
}

// Field is one thing wrong with an input. Message is a whole sentence for the
// person who typed it; it never repeats what was typed.
type Field struct {
	Name    string
	Message string
}

// Error is a failure of a known kind.
type Error struct {
	Kind    Kind
	Op      string   // "note.sign"
	Why     string   // one clause, no PHI
	Fields  []Field  // with Invalid
	Reasons []string // with Denied: ids of the rules that refused
	Mend    Mend     // with Denied: what the asker can do about it at once
	// Joined, with Invalid: the id of the client whose record stays, where the one
	// that was to be written to was joined to it.
	Joined string
	Err    error // cause, for the log
}

// Mend is what the asker can do at once about a refusal.
type Mend string

// StepUp: the same would be allowed after proving again who one is.
const StepUp Mend = "step-up"

// Standing: the same would be allowed once what the asker lacks is made good, as a
// course or the acknowledgement of a policy.
const Standing Mend = "standing"

func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	b.WriteString(": ")
	b.WriteString(e.Kind.String())
	if e.Why != "" {
		b.WriteString(": ")
		b.WriteString(e.Why)
	}
	for i, f := range e.Fields {
		if i == 0 {
			b.WriteString(": ")
		} else {
			b.WriteString(", ")
		}
		b.WriteString(f.Name)
	}
	if e.Err != nil {
		fmt.Fprintf(&b, ": %v", e.Err)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// NotFoundf says there is nothing the asker may know of.
func NotFoundf(op string) error { return &Error{Kind: NotFound, Op: op} }

// DeniedBy says the asker may not, and which rules said so.
func DeniedBy(op string, reasons ...string) error {
	return &Error{Kind: Denied, Op: op, Reasons: reasons}
}

// InvalidFields says which fields of an input are wrong.
func InvalidFields(op string, fields ...Field) error {
	return &Error{Kind: Invalid, Op: op, Fields: fields}
}

// Invalidf says that one input is wrong, in one clause.
func Invalidf(op, why string, args ...any) error {
	return &Error{Kind: Invalid, Op: op, Why: fmt.Sprintf(why, args...)}
}

// Conflictf says that somebody else changed it first.
func Conflictf(op, why string, args ...any) error {
	return &Error{Kind: Conflict, Op: op, Why: fmt.Sprintf(why, args...)}
}

// Unavailablef says that a needed part is away and nothing was done.
func Unavailablef(op string, cause error, why string, args ...any) error {
	return &Error{Kind: Unavailable, Op: op, Why: fmt.Sprintf(why, args...), Err: cause}
}

// KindOf returns the kind of err; Internal for an error of no known kind.
func KindOf(err error) Kind {
	var e *Error
	if errors.As(err, &e) {
		return e.Kind
	}
	return Internal
}

// Is reports whether err is of kind k. It is false for nil.
func Is(err error, k Kind) bool { return err != nil && KindOf(err) == k }

// JoinedTo says that a new record was to be made about a client whose record was
// joined to another, stays.
func JoinedTo(op, stays string) error {
	return &Error{Kind: Invalid, Op: op, Joined: stays, Fields: []Field{{
		Message: "This record was joined to another one of the same person. Nothing was saved and nothing is lost: what you entered is still here. Enter it in the record that stays."}}}
}

// JoinedOf returns the id of the client whose record stays, if err is that of
// [JoinedTo]; otherwise it is empty.
func JoinedOf(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Joined
	}
	return ""
}

// FieldsOf returns what was wrong with the input, if err is Invalid.
func FieldsOf(err error) []Field {
	var e *Error
	if errors.As(err, &e) {
		return e.Fields
	}
	return nil
}
