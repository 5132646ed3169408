// Package phi holds protected health information in values that do not print
// themselves (45 CFR 164.312(a)(1), 164.530(c)).
//
// A [Text], [Date] or [Number] shows "[phi]" under every fmt verb, in slog, in
// encoding/json, in html/template and as text, whether it stands alone or deep
// inside another struct. The one way to the value is the method Disclose; the
// packages that call it are a list in the architecture test, so a new place
// that shows PHI is a change somebody reviews.
//
// The value is held behind a pointer on purpose: fmt does not call methods on
// unexported fields, and would print the string; it prints an address instead.
//
// Package phi never logs, stores, compares in constant time or decides who may
// see a value. Deciding is the business of packages policy and record.
package phi
