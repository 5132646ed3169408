package person

import (
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Named is what a list shows of a client: who they are, as the name and the
// number. A page that shows more says so.
var Named = policy.Set(policy.Identity)

// WantAmong asks a view for the clients whom the rows of several lists are about,
// each once: what a page needs that puts lists of many kinds together. only is the
// classes it shows of them.
func (cs *Clients) WantAmong(v *record.View, only policy.ClassSet, lists ...record.Listed) *record.Subjects[Client] {
	return cs.records.WantAmong(v, only, lists...)
}
