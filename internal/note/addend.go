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
// beside it in the timeline. Whose notes are co-signed, their addenda are: they
// wait for the co-signature as a note does. Who may not read the whole note may
// not add to it. Errors: Invalid with fields, Conflict if the note is still a
// draft, Denied, NotFound.
func (ns *Notes) Addend(ctx context.Context, who actor.Actor, client person.ID, to ID, text phi.Text) (ID, error) {
	const op = "note.addend"
	n := Note{Sections: Plain(text), Author: who.Worker()}
	if err := n.addable(op); err != nil {
		return ID{}, err
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
	w := ns.door.Work(who, op)
	at, err := ns.place(ctx, w, client, p.Case)
	if err != nil {
		return ID{}, err
	}
	now := ns.door.Clock().Now()
	n.Type, n.At, n.Timed, n.Protection, n.Parent = p.Type, p.At, p.Timed, p.Protection, to
	at.rule(&n, Note{Case: p.Case, Program: p.Program, Protection: p.Protection}, now)
	at.sign(&n, who, now)
	id := ns.records.CreateAs(w, op, parent.Subject, n)
	if n.Status == Awaiting {
		if err := ns.askFor(ctx, who, w, client, id, at); err != nil {
			return ID{}, err
		}
	}
	return id, w.Commit(ctx)
}

// SaveAddendum keeps what the author of a returned addendum made of it so far, as
// their draft at version. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (ns *Notes) SaveAddendum(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, text phi.Text) error {
	return ns.amend(ctx, who, client, id, version, text, "note.change")
}

// SignAddendum signs a returned addendum again, with text, at version; where its
// author's notes are co-signed it waits as before. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (ns *Notes) SignAddendum(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, text phi.Text) error {
	return ns.amend(ctx, who, client, id, version, text, "note.sign")
}

func (ns *Notes) amend(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, text phi.Text, op string) error {
	said := Note{Sections: Plain(text)}
	if op == "note.sign" {
		if err := said.addable(op); err != nil {
			return err
		}
	} else if err := said.short(op); err != nil {
		return err
	}
	o, err := ns.records.Read(ctx, who, id)
	if err != nil {
		return err
	}
	subject := record.SubjectOf(client)
	if o.Subject != subject || !o.Value.IsAddendum() {
		return fault.NotFoundf(op)
	}
	if o.Value.Status != Draft && o.Value.Author == who.Worker() {
		return fault.Conflictf(op, "the addendum is no draft any more")
	}
	w := ns.door.Work(who, op)
	at, err := ns.place(ctx, w, client, o.Value.Case)
	if err != nil {
		return err
	}
	now := ns.door.Clock().Now()
	next := func(n Note) Note {
		was := n
		n.Sections = said.Sections
		at.rule(&n, was, now)
		if op == "note.sign" {
			at.sign(&n, who, now)
		}
		return n
	}
	verb := "change"
	if op == "note.sign" {
		verb = "sign"
	}
	ns.records.ChangeOf(w, verb, subject, id, version, func(n *Note) error {
		if err := own(who, *n, op); err != nil {
			return err
		}
		*n = next(*n)
		return nil
	})
	if next(o.Value).Status == Awaiting {
		if err := ns.askFor(ctx, who, w, client, id, at); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

// addable tells what is wrong with the text of an addendum that is to be signed.
func (n Note) addable(op string) error {
	if !sentence(n) {
		return fault.InvalidFields(op, fault.Field{Name: "text", Message: "Write what is to be added, in at least a sentence."})
	}
	return n.short(op)
}

func (n Note) short(op string) error {
	if len(n.Text().Disclose()) > maxBody {
		return fault.InvalidFields(op, fault.Field{Name: "text", Message: "This is too long for an addendum; shorten it."})
	}
	return nil
}

// apart refuses to write an addendum by the form of a note, which has more.
func (n Note) apart(op string) error {
	if n.IsAddendum() {
		return fault.Invalidf(op, "an addendum is changed on its own page")
	}
	return nil
}

// sign sets what who's signature makes of a note under the rules of its program:
// it stands, or waits for a co-signature.
func (p place) sign(n *Note, who actor.Actor, now time.Time) {
	n.Status, n.SignedAt, n.SignedBy, n.Due = Signed, now.Truncate(time.Microsecond), who.Worker(), time.Time{}
	if p.coSigned(who, *n) {
		n.Status, n.Due = Awaiting, p.rules(n.Program).SignBy(now, p.zone())
	}
	n.Hash = n.hash()
}
