package person

import "caseward/internal/record"

// WantAmong asks a view for the clients whom the rows of several lists are about,
// each once: what a page needs that puts lists of many kinds together.
func (cs *Clients) WantAmong(v *record.View, lists ...record.Listed) *record.Subjects[Client] {
	return cs.records.WantAmong(v, lists...)
}
