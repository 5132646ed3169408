package note

import (
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/record"
)

// Adopt plans, in w, a note from another system. It is read-only here and may
// be as short as a title.
func (ns *Notes) Adopt(w *record.Work, client person.ID, n Note) (ID, error) {
	if !n.Source.Imported() {
		return ID{}, fault.Invalidf("note.create", "an imported note needs a source")
	}
	n.Status, n.Author = Imported, ""
	return ns.records.Create(w, record.SubjectOf(client), n), nil
}

// Update plans, in w, what another system now says of a note adopted from it.
func (ns *Notes) Update(w *record.Work, id ID, version int64, from Note) {
	ns.records.Change(w, "change", id, version, func(n *Note) error {
		if n.Status != Imported {
			return fault.Conflictf("note.change", "the note is not an imported one")
		}
		from.Status, from.Author = Imported, ""
		*n = from
		return nil
	})
}

// WantImported asks a view for a page of a client's imported notes.
func (ns *Notes) WantImported(v *record.View, client person.ID, after string) *record.List[Note] {
	return ns.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), State: Imported, Limit: 500, After: after})
}
