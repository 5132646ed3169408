// Package clinical keeps the clinical summary a case manager reads: conditions,
// allergies and medications, as the systems that made them say, and as workers
// wrote down what the client or a provider told them.
//
// An [Item] is active or past. A case manager does not diagnose or prescribe, and
// nothing here is checked for interactions or used to treat. Each item says where
// it came from, so that whoever reads it can judge how far to rely on it. What was
// imported is changed where it came from; what was written down here is changed,
// or marked as entered in error, and never removed.
//
// To start: New(door), then Want or Summary; Add and Change.
package clinical
