package person

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/record"
)

// Opened is a client as the asker may see them: fields of classes that were
// withheld are empty.
type Opened = record.Opened[Client]

// Open returns one client.
func (cs *Clients) Open(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return cs.records.Read(ctx, who, id)
}

// Want asks a view for the client; a chart page joins it with what the other
// packages want, so that one request is one entry in the log.
func (cs *Clients) Want(v *record.View, id ID) *record.Got[Client] {
	return cs.records.Want(v, id)
}

// WantOf asks a view for the client of every row that rows will have. See
// [record.WantSubjects].
func WantOf[P any](cs *Clients, v *record.View, rows *record.List[P]) *record.Subjects[Client] {
	return record.WantSubjects(v, cs.records, rows)
}

// History returns every version of a client, newest first.
func (cs *Clients) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return cs.records.History(ctx, who, id)
}
