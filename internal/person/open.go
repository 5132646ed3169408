package person

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Opened is a client as the asker may see them: fields of classes that were
// withheld are empty.
type Opened = record.Opened[Client]

// Page is a page of clients, filled when its view is opened.
type Page = record.List[Client]

// Open returns one client.
func (cs *Clients) Open(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return cs.records.Read(ctx, who, id)
}

// Want asks a view for the client; a chart page joins it with what the other
// packages want, so that one request is one entry in the log.
func (cs *Clients) Want(v *record.View, id ID) *record.Got[Client] {
	return cs.records.Want(v, id)
}

// WantOf asks a view for the client of every row that rows will have, and of
// them the classes in only. See [record.WantSubjects].
func WantOf[P any](cs *Clients, v *record.View, rows *record.List[P], only policy.ClassSet) *record.Subjects[Client] {
	return record.WantSubjects(v, cs.records, rows, only)
}

// History returns every version of a client, newest first.
func (cs *Clients) History(ctx context.Context, who actor.Actor, id ID) ([]Opened, error) {
	return cs.records.History(ctx, who, id)
}

// View and Work are what the packages of the work plan their reads and writes
// in, so that one request is one entry in the log whichever of them it touches.
type (
	View = record.View
	Work = record.Work
)

// View begins a read that is recorded under action, as "chart.open".
func (cs *Clients) View(who actor.Actor, action string) *View { return cs.door.View(who, action) }

// Work begins writes that commit together and are recorded under action.
func (cs *Clients) Work(who actor.Actor, action string) *Work { return cs.door.Work(who, action) }

// Import writes one client's records from another system: all that fill plans
// commits together, with one entry in the log, or none of it does. fill returns
// false if there is nothing to write.
func (cs *Clients) Import(ctx context.Context, who actor.Actor, fill func(*Work) (bool, error)) error {
	w := cs.door.Work(who, "import.run")
	some, err := fill(w)
	if err != nil || !some {
		return err
	}
	return w.Commit(ctx)
}

// Imported reads what was imported of a client before, to compare it: all that
// want asks for, with one entry in the log.
func (cs *Clients) Imported(ctx context.Context, who actor.Actor, want func(*View)) error {
	v := cs.door.View(who, "import.run")
	want(v)
	return v.Open(ctx)
}

// Fingerprint is a keyed hash of what an importer read, to notice next time
// that it is unchanged.
func (cs *Clients) Fingerprint(text phi.Text) []byte { return cs.door.Fingerprint(text) }

// WantAdopted asks a view for a client that an importer brought, under the
// action of finding them.
func (cs *Clients) WantAdopted(v *View, id ID) *record.List[Client] {
	return cs.records.WantAll(v, record.Query{Subject: record.SubjectOf(id), Limit: 1})
}

// WantPage asks a view for a page of the clients the asker may see, newest first,
// without those joined to another record.
func (cs *Clients) WantPage(v *View, limit int, after string) *Page {
	return cs.records.WantAll(v, record.Query{NotState: Merged, Limit: limit, After: after})
}

// WantSome asks a view for some clients, of whom those the asker may see are
// there once it is open, with the classes in only.
func (cs *Clients) WantSome(v *View, subjects []record.Subject, only policy.ClassSet) *record.Subjects[Client] {
	return cs.records.WantSome(v, subjects, only)
}
