package note

import (
	"time"

	"caseward/internal/person"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// about is what is asked of a note that is only counted. A note of a Part 2
// program is a record of it as a whole.
var about = policy.Set(policy.Case, policy.SUD)

// Outline is the fields of a note that is only counted: when, how long and by
// whom, and not what it says, of whichever program it is.
var Outline = policy.Set(policy.Case)

// WantDraftsBy asks a view for the drafts that a worker has still to sign, those
// to be signed soonest first, for who answers for that work: their labels say of
// when and due when, and nothing of them is opened.
func (ns *Notes) WantDraftsBy(v *record.View, worker string) *record.List[Note] {
	return ns.records.WantLabels(v, record.Query{Verb: "unsigned", Owner: worker, State: Draft, ByDue: true, Limit: 500})
}

// WantDraftsOf asks a view for the drafts about a client, without what they say.
func (ns *Notes) WantDraftsOf(v *record.View, client person.ID) *record.List[Note] {
	return ns.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), State: Draft, ByDue: true, Limit: 100, Only: about, Fields: Outline})
}

// WantSignedBy asks a view for the signed notes of a worker about contacts from
// one time until another, not included, without what they say.
func (ns *Notes) WantSignedBy(v *record.View, worker string, from, until time.Time) *record.List[Note] {
	return ns.records.WantAll(v, record.Query{Owner: worker, State: Signed, AtFrom: from.UnixMicro(), AtUntil: until.UnixMicro(), Limit: 500, Only: about, Fields: Outline})
}
