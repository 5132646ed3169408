// Package clinical keeps the clinical summary a case manager reads: conditions,
// allergies and medications, as the systems that made them say.
//
// An [Item] is active or past. Items are imported; a case manager does not
// diagnose or prescribe, and nothing here is checked for interactions or used to
// treat. Each says where it came from and when it was recorded there, so that
// whoever reads it can judge how far to rely on it.
//
// To start: New(door), then Want or Summary.
package clinical
