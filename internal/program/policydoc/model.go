package policydoc

import (
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a document, VersionID that of a version.
type (
	ID        = record.ID[Document]
	VersionID = record.ID[Version]
)

// The states, as labels say them. A document is a draft until a version of it is
// put in force. That a version is superseded is no state: its period has ended.
const (
	Draft     = policy.Draft
	InReview  = policy.InReview
	Approved  = policy.Approved
	InForce   = policy.InForce
	Withdrawn = "withdrawn"
)

// Document is a policy or procedure of the agency. What its newest version in
// force says of it stands here too, for lists.
type Document struct {
	Code      string       `class:"program" doc:"Short word the document is known by, for ever the same."`
	Title     string       `class:"program" doc:"What it is called."`
	Family    string       `class:"program" doc:"What it is filed under, as access."`
	OwnerRole actor.Role   `class:"program" doc:"The role that owns it."`
	Owner     string       `class:"program" doc:"Id of the worker who owns it; empty if nobody does."`
	Audience  []actor.Role `class:"program" doc:"Roles that it binds; empty for everybody."`
	Standards []string     `class:"program" doc:"Paragraphs of law that it answers."`
	Months    int          `class:"program" doc:"Months after which it is looked at again."`
	State     string       `class:"program" doc:"Draft until a version is put in force; withdrawn when it is no longer used."`
	Periods   []Period     `class:"program" doc:"Which version was, is or will be in force from when until when, and what was wanted of those it binds."`
	Due       time.Time    `class:"program" doc:"By when it is to be looked at again."`
	Looks     []Look       `class:"program" doc:"When it was looked at again, by whom, and what asked for it."`

	Acknowledged bool `class:"program" doc:"Whether those it binds acknowledge each version."`
	Grace        int  `class:"program" doc:"Days during which nothing is stopped for lack of an acknowledgement."`
	Limited      int  `class:"program" doc:"Days after those in which only reading one's own caseload is left."`
}

// Period is when a version is in force.
type Period struct {
	Version  VersionID    `cbor:"1,keyasint"`
	From     time.Time    `cbor:"3,keyasint"`
	Until    time.Time    `cbor:"4,keyasint,omitzero"` // zero: no end is known
	Audience []actor.Role `cbor:"5,keyasint,omitempty"`
	Terms    []Terms      `cbor:"6,keyasint,omitempty"` // in the order of time
}

// Terms is what was wanted of those a version binds, from a moment on.
type Terms struct {
	From           time.Time `cbor:"1,keyasint"`
	Wanted         bool      `cbor:"2,keyasint,omitempty"`
	Grace, Limited int       `cbor:"3,keyasint,omitempty"`
}

// Look is a review of a document, or what asked for one.
type Look struct {
	At    time.Time `cbor:"1,keyasint"`
	By    string    `cbor:"2,keyasint"`           // worker id
	Cause Cause     `cbor:"3,keyasint,omitempty"` // what asks for a review; empty: it was reviewed
	Words string    `cbor:"4,keyasint,omitempty"`
}

// Cause is what asks for a review before its time (45 CFR 164.316(b)(2)(iii),
// 164.530(i)(2)).
type Cause string

// The causes.
const (
	LawChanged    Cause = "law"
	SystemChanged Cause = "system"
	Incident      Cause = "incident"
)

// Causes lists the causes.
func Causes() []Cause { return []Cause{LawChanged, SystemChanged, Incident} }

// At returns the period that a moment is in.
func (d Document) At(t time.Time) (Period, bool) {
	for _, p := range d.Periods {
		if !t.Before(p.From) && (p.Until.IsZero() || t.Before(p.Until)) {
			return p, true
		}
	}
	return Period{}, false
}

// Number is the number of a version among those that were put in force, from 1; 0 for
// one that was not.
func (d Document) Number(id VersionID) int {
	return 1 + slices.IndexFunc(d.Periods, func(p Period) bool { return p.Version == id })
}

// Next returns the period that begins after a moment, if one is planned.
func (d Document) Next(t time.Time) (Period, bool) {
	for _, p := range d.Periods {
		if t.Before(p.From) {
			return p, true
		}
	}
	return Period{}, false
}

// Wants reports whether a version is to be acknowledged by somebody in a role at a
// moment.
func (p Period) Wants(t time.Time, role actor.Role) bool {
	wanted := false
	for _, x := range p.Terms {
		if !t.Before(x.From) {
			wanted = x.Wanted
		}
	}
	return wanted && Binds(p.Audience, role)
}

// Asked returns what asks for a review now, if something does.
func (d Document) Asked() (Look, bool) {
	for _, l := range slices.Backward(d.Looks) {
		if l.Cause == "" {
			break
		}
		return l, true
	}
	return Look{}, false
}

// Requirement is what a version is called where it is required and held.
func Requirement(code string, id VersionID) string { return "policy/" + code + "@" + id.String() }

// Cited is how a version is named in the entry of whoever read or acknowledged it.
func Cited(code string, id VersionID) string { return code + "@" + id.String() }

// ext is the identity that keeps codes apart.
func ext(code string) string { return "policydoc " + code }

// Kind keeps documents.
var Kind = record.Define(record.Kind[Document]{
	Name:      "policydoc",
	Doc:       "A policy or procedure of the agency.",
	Retention: "program",
	Labels: func(d Document) record.Labels {
		return record.Labels{State: d.State, Owner: d.Owner, Tag: d.Code, Due: d.Due, Ext: ext(d.Code)}
	},
	Facts: func(_ string, _ record.Subject, d Document) []record.Fact {
		var out []record.Fact
		for _, p := range d.Periods {
			out = append(out, p.requires(d.Code)...)
		}
		return out
	},
})

// requires states what a period asks of those the version binds: for each of them, each
// time the terms changed.
func (p Period) requires(code string) []record.Fact {
	roles := p.Audience
	if len(roles) == 0 {
		roles = []actor.Role{""}
	}
	var out []record.Fact
	for i, t := range p.Terms {
		until := p.Until
		if i+1 < len(p.Terms) && (until.IsZero() || p.Terms[i+1].From.Before(until)) {
			until = p.Terms[i+1].From
		}
		if !t.Wanted || !until.IsZero() && !t.From.Before(until) {
			continue
		}
		for _, r := range roles {
			q := record.Requirement{Role: r, Name: Requirement(code, p.Version), Class: policy.Acknowledgement, Since: p.wanted(i), Settle: t.Grace, Grace: t.Grace, Limited: t.Limited}
			out = append(out, q.Fact(t.From, until))
		}
	}
	return out
}

// wanted is since when an acknowledgement has been wanted without a break, by the terms
// of this index.
func (p Period) wanted(i int) time.Time {
	for i > 0 && p.Terms[i-1].Wanted {
		i--
	}
	return p.Terms[i].From
}

// Version is one text of a document.
type Version struct {
	Document ID       `class:"program" doc:"The document it is a version of."`
	Code     string   `class:"program" doc:"The document's short word."`
	Title    string   `class:"program" doc:"What this version calls the document."`
	Text     string   `class:"program" doc:"The text in Markdown, its keys before it."`
	Sum      string   `class:"program" doc:"SHA-256 of the text, in hexadecimal."`
	Governs  []Govern `class:"program" doc:"Which clause governs which workflow."`
	Note     string   `class:"program" doc:"What changes with this version, and why."`
	State    string   `class:"program" doc:"Draft, in review, approved, in force or withdrawn."`
	Author   string   `class:"program" doc:"Id of the worker who began it."`
	Editors  []string `class:"program" doc:"Ids of the workers who changed its text."`
	Steps    []Step   `class:"program" doc:"What became of it: who sent it to review, returned, approved, put it in force, and when."`

	Reviewer    string    `class:"program" doc:"Id of the worker who reviewed it."`
	Approver    string    `class:"program" doc:"Id of the worker who approved it."`
	ApprovedSum string    `class:"program" doc:"The SHA-256 of the text that was approved."`
	ApprovedAt  time.Time `class:"program" doc:"When it was approved."`
	From        time.Time `class:"program" doc:"From when it is in force."`
	Until       time.Time `class:"program" doc:"When the next version took its place; empty while none is known to."`
}

// Step is something that became of a version.
type Step struct {
	At    time.Time `cbor:"1,keyasint"`
	By    string    `cbor:"2,keyasint"`
	What  string    `cbor:"3,keyasint"` // the verb: "submit"
	Words string    `cbor:"4,keyasint,omitempty"`
}

// In reports whether the version is in force at a moment.
func (v Version) In(t time.Time) bool {
	return v.State == InForce && !t.Before(v.From) && (v.Until.IsZero() || t.Before(v.Until))
}

// Wrote reports whether a worker had a hand in the text.
func (v Version) Wrote(worker string) bool {
	return v.Author == worker || slices.Contains(v.Editors, worker)
}

// VersionKind keeps versions.
var VersionKind = record.Define(record.Kind[Version]{
	Name:      "policydoc_version",
	Doc:       "A version of a policy or procedure.",
	Retention: "program",
	Labels: func(v Version) record.Labels {
		return record.Labels{State: v.State, Owner: v.Author, Ref: v.Document.String(), Tag: v.Code, At: v.From, Due: v.Until}
	},
	Terms: func(v Version) []record.Term {
		if v.State != InForce {
			return nil
		}
		var out []record.Term
		for _, g := range v.Governs {
			out = append(out, term(g.Workflow))
		}
		return out
	},
})

// term is what versions are looked up by for a workflow.
func term(workflow string) record.Term {
	return record.Term{Field: record.NumberTerm, Text: phi.NewText("workflow" + strings.ReplaceAll(workflow, "-", ""))}
}

// Acknowledgement is a worker's word that they read a version and will keep to it.
type Acknowledgement struct {
	Version VersionID `class:"program" doc:"The version that was acknowledged."`
	Code    string    `class:"program" doc:"The document's short word."`
	Worker  string    `class:"program" doc:"Id of the worker."`
	At      time.Time `class:"program" doc:"When."`
	Sum     string    `class:"program" doc:"SHA-256 of the text that was acknowledged."`
}

// AcknowledgementKind keeps acknowledgements.
var AcknowledgementKind = record.Define(record.Kind[Acknowledgement]{
	Name:      "acknowledgement",
	Doc:       "That a worker acknowledged a version of a policy.",
	Retention: "program",
	Labels: func(a Acknowledgement) record.Labels {
		return record.Labels{Owner: a.Worker, Ref: a.Version.String(), Tag: a.Code, At: a.At, Ext: a.Worker + " " + a.Version.String()}
	},
	Facts: func(_ string, _ record.Subject, a Acknowledgement) []record.Fact {
		return []record.Fact{record.Holding(a.Worker, Requirement(a.Code, a.Version), a.At, time.Time{})}
	},
})
