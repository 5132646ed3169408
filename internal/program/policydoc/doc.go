// Package policydoc keeps the agency's policies and procedures, as documents with
// versions that are reviewed, approved, put in force on a day and acknowledged
// (45 CFR 164.316, 164.530(i)).
//
// A version is one Markdown text with its keys before it: what it is called, who
// owns it, whom it binds, which standards of law it answers and which clause
// governs which page of the program. What is approved is that text, by its hash,
// and never by who wrote it; from then on it never changes. Which version is in
// force at a moment follows from the periods in the document's record, so any past
// or coming day resolves without a job that turns anything over.
//
// Everybody reads what is or was in force. A document may want each version to be
// acknowledged by those it binds: that is stated to the door as a requirement, and
// an acknowledgement as what is held. This package decides about no access.
//
// To start: New(door, service), then Adopt or Create, Save, Submit, Approve,
// Enforce, Acknowledge.
package policydoc
