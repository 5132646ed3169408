package intake

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/casefile"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// slot is the one form of this package that is kept as it is typed.
const slot = "client/new"

// Intake are the use-cases of registering.
type Intake struct {
	door    *record.Door
	clients *person.Clients
	cases   *casefile.Cases
}

// New returns the use-cases behind door.
func New(door *record.Door, clients *person.Clients, cases *casefile.Cases) *Intake {
	return &Intake{door, clients, cases}
}

// Draft is a registration that is not finished.
type Draft = record.Draft

// form is the field of the draft that holds the whole form.
const form = "form"

// Keep saves what was typed of a registration, as one text. rev is the revision
// the window last saw; 0 for a new one. Conflict: another window saved since.
func (in *Intake) Keep(ctx context.Context, who actor.Actor, rev int64, typed phi.Text) (Draft, error) {
	return in.door.KeepDraft(ctx, who, record.Subject{}, slot, rev, map[string]phi.Text{form: typed})
}

// Resume returns what the asker typed of a registration; found is false if there
// is none.
func (in *Intake) Resume(ctx context.Context, who actor.Actor) (typed phi.Text, d Draft, found bool, err error) {
	d, found, err = in.door.Draft(ctx, who, record.Subject{}, slot)
	if err != nil || !found {
		return phi.Text{}, Draft{}, false, err
	}
	return d.Fields[form], d, true, nil
}

// Drop throws the asker's unfinished registration away.
func (in *Intake) Drop(ctx context.Context, who actor.Actor) error {
	return in.door.DropDraft(ctx, who, record.Subject{}, slot)
}

// Registration is what came of Register.
type Registration struct {
	person.Registration
	Case casefile.ID // zero: none was opened
}

// Add is Register of somebody on a list, who was looked for already. It leaves the
// asker's unfinished registration alone.
func (in *Intake) Add(ctx context.Context, who actor.Actor, c person.Client, open *casefile.Opening) (Registration, error) {
	return in.register(ctx, who, c, true, open, 0)
}

// Register adds a client and, if open is not nil, opens a first case and tells
// the worker it is given to; all of it is kept together. The draft is gone with
// it, at the revision rev the window last saw; what another window kept since, of
// somebody else perhaps, stays. See [person.Clients.Register] for distinct.
func (in *Intake) Register(ctx context.Context, who actor.Actor, c person.Client, distinct bool, open *casefile.Opening, rev int64) (Registration, error) {
	return in.register(ctx, who, c, distinct, open, rev)
}

func (in *Intake) register(ctx context.Context, who actor.Actor, c person.Client, distinct bool, open *casefile.Opening, rev int64) (Registration, error) {
	var out Registration
	var err error
	out.Registration, err = in.clients.RegisterWith(ctx, who, c, distinct, func(w *record.Work, id person.ID) error {
		if rev > 0 {
			in.door.DropDraftSeen(w, record.Subject{}, slot, rev)
		}
		if open == nil {
			return nil
		}
		var err error
		out.Case, err = in.cases.OpenIn(ctx, who, w, id, *open)
		return err
	})
	return out, err
}
