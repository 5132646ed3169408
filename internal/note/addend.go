package note

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Addend adds to a signed or imported note. The addendum is a note of its own,
// signed at once by who writes it, protected as the note it adds to, and stands
// beside it in the timeline. Who may not read the whole note may not add to it.
// Errors: Invalid with fields, Conflict if the note is still a draft, Denied,
// NotFound.
func (ns *Notes) Addend(ctx context.Context, who actor.Actor, client person.ID, to ID, text phi.Text) (ID, error) {
	const op = "note.addend"
	n := Note{Status: Signed, Sections: Plain(text), Author: who.Worker()}
	if !sentence(n) {
		return ID{}, fault.InvalidFields(op, fault.Field{Name: "text", Message: "Write what is to be added, in at least a sentence."})
	}
	if len(text.Disclose()) > maxBody {
		return ID{}, fault.InvalidFields(op, fault.Field{Name: "text", Message: "This is too long for an addendum; shorten it."})
	}
	parent, err := ns.records.Read(ctx, who, to)
	if err != nil {
		return ID{}, err
	}
	if err := ns.door.Belongs(ctx, who, op, record.SubjectOf(client), parent.Subject); err != nil {
		return ID{}, err
	}
	p := parent.Value
	switch {
	case parent.Withheld != 0:
		return ID{}, fault.DeniedBy(op, "class-withheld")
	case p.Status == Draft:
		return ID{}, fault.Conflictf(op, "the note is not signed yet; change the draft instead")
	case p.Status == Awaiting:
		return ID{}, fault.Conflictf(op, "the note waits for a co-signature; add to it after that")
	case p.Status == Wrong:
		return ID{}, fault.Conflictf(op, "the note was entered in error and is added to no more")
	case p.Status != Signed && p.Status != Imported:
		return ID{}, fault.NotFoundf(op)
	case p.IsAddendum():
		return ID{}, fault.Invalidf(op, "an addendum is added to the note itself, not to another addendum")
	}
	now := ns.door.Clock().Now()
	n.Type, n.At, n.Protection, n.Parent, n.Case = p.Type, p.At, p.Protection, to, p.Case
	n.SignedAt, n.SignedBy = now.Truncate(time.Microsecond), who.Worker()
	n.Hash = n.hash()
	w := ns.door.Work(who, op)
	id := ns.records.CreateAs(w, op, parent.Subject, n)
	return id, w.Commit(ctx)
}
