package merge

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a merge.
type ID = record.ID[Merge]

// Opened is a merge as the asker may see it.
type Opened = record.Opened[Merge]

// The states of a merge, as the label says them.
const (
	Joined   = "joined"
	Undone   = "undone"
	Distinct = "distinct" // somebody looked: two people
)

// Merge is what was said of two records: that they are of one person, or of two.
type Merge struct {
	Stays    record.Subject `class:"identity" doc:"The client whose record stays."`
	Goes     record.Subject `class:"identity" doc:"The client whose record was joined to it, or who is another person."`
	Distinct bool           `class:"identity" doc:"Whether it was said that they are two people."`
	By       string         `class:"identity" doc:"Id of the worker who said so."`
	At       time.Time      `class:"identity" doc:"When it was said."`
	UndoneBy string         `class:"identity" doc:"Id of the worker who undid it."`
	UndoneAt time.Time      `class:"identity" doc:"When it was undone."`
	Picks    []Pick         `class:"identity" doc:"Which values were taken from the record that went, by the name of the field."`

	Identity     person.Client `class:"identity" doc:"What stood in these fields of the record that stays before: who the client is."`
	SSN          person.Client `class:"ssn" doc:"The same: government numbers."`
	Contact      person.Client `class:"contact" doc:"The same: how to reach the client."`
	Demographics person.Client `class:"demographics" doc:"The same: background and language."`
	Household    person.Client `class:"household" doc:"The same: people close to the client."`
	Flags        person.Client `class:"flags" doc:"The same: flags."`
}

// State is how the merge stands.
func (m Merge) State() string {
	switch {
	case !m.UndoneAt.IsZero():
		return Undone
	case m.Distinct:
		return Distinct
	}
	return Joined
}

// Kind keeps merges.
var Kind = record.Define(record.Kind[Merge]{
	Name:      "merge",
	Doc:       "What was said of two records: that they are of one person, or of two.",
	Retention: "designated record set",
	Late:      []string{"merge.create"},
	Labels: func(m Merge) record.Labels {
		return record.Labels{State: m.State(), Ref: m.Goes.String(), At: m.At}
	},
	Facts: func(_ string, _ record.Subject, m Merge) []record.Fact {
		if m.Distinct {
			return nil
		}
		return []record.Fact{{Holder: record.ClientObject(m.Goes), Rel: "same_as", Object: record.ClientObject(m.Stays), From: m.At, Until: m.UndoneAt}}
	},
})

// Merges are the use-cases on merges.
type Merges struct {
	door    *record.Door
	records record.Records[Merge]
	clients record.Records[person.Client]
	people  *person.Clients
}

// New returns the use-cases behind door.
func New(door *record.Door, people *person.Clients) *Merges {
	return &Merges{door: door, records: record.Use(door, Kind), clients: record.Use(door, person.Kind), people: people}
}

// Two are two records side by side.
type Two struct {
	Stays, Goes person.Opened
	Like        person.Likeness
}

// Look returns two records beside each other, as one read.
func (ms *Merges) Look(ctx context.Context, who actor.Actor, stays, goes person.ID) (Two, error) {
	if stays == goes {
		return Two{}, fault.NotFoundf("merge.find")
	}
	v := ms.door.View(who, "merge.find")
	a, b := ms.people.Want(v, stays), ms.people.Want(v, goes)
	if err := v.Open(ctx); err != nil {
		return Two{}, err
	}
	return Two{a.Opened, b.Opened, person.Compare(a.Value, b.Value)}, nil
}

// Join says that two records are of one person. picks say for each field what of
// the record that goes is taken over; fields that the asker may not see stay. The
// versions are those the asker compared. Errors: Invalid, Conflict if either was
// changed since, Denied, NotFound.
func (ms *Merges) Join(ctx context.Context, who actor.Actor, stays, goes person.ID, staysAt, goesAt int64, picks []Pick) (ID, error) {
	const op = "merge.create"
	if stays == goes {
		return ID{}, fault.NotFoundf(op)
	}
	v := ms.door.View(who, "merge.find")
	a, b := ms.people.Want(v, stays), ms.people.Want(v, goes)
	under := ms.records.WantAll(v, record.Query{Subject: record.SubjectOf(goes), State: Joined, Limit: 5})
	if err := v.Open(ctx); err != nil {
		return ID{}, err
	}
	stale := func() error {
		return fault.Conflictf(op, "somebody else changed one of the two since you compared them")
	}
	if a.Version != staysAt || b.Version != goesAt {
		return ID{}, stale()
	}
	if !a.Value.MergedInto.IsZero() || !b.Value.MergedInto.IsZero() {
		return ID{}, fault.InvalidFields(op, fault.Field{Message: "One of these records was joined to another already."})
	}
	for _, o := range under.Rows {
		if o.Value.Stays == record.SubjectOf(goes) {
			return ID{}, fault.InvalidFields(op, fault.Field{Message: "Another record was joined to the one you want to close. Keep that one, or undo the earlier joining first."})
		}
	}
	now := ms.door.Clock().Now()
	m := Merge{Stays: record.SubjectOf(stays), Goes: record.SubjectOf(goes), By: who.Worker(), At: now}
	next := a.Value
	for _, u := range Units() {
		p := pickOf(picks, u)
		if p == Keep || a.Withheld.Has(u.Class) || b.Withheld.Has(u.Class) {
			continue
		}
		m.Picks = append(m.Picks, Pick{u.Name, p})
		u.copy(m.part(u.Class), a.Value)
		u.take(&next, a.Value, b.Value, p)
	}
	if !a.Withheld.Has(Units()[0].Class) {
		// Whoever has the old number on paper still finds the client by it.
		next.Identifiers = append(next.Identifiers[:len(next.Identifiers):len(next.Identifiers)], formerNumber(b.Value.Number))
	}
	if bad := person.Validate(next, now); len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	w := ms.door.Work(who, op)
	ms.clients.Change(w, "merge", goes, goesAt, func(c *person.Client) error {
		c.MergedInto = record.SubjectOf(stays)
		return nil
	})
	ms.clients.Change(w, "merge", stays, staysAt, func(c *person.Client) error {
		for _, u := range Units() {
			if pickOf(m.Picks, u) != Keep {
				u.copy(c, next)
			}
		}
		c.Identifiers = next.Identifiers
		return nil
	})
	id := ms.records.Create(w, record.SubjectOf(stays), m)
	return id, w.Commit(ctx)
}

// formerLabel marks the number of a record that was joined to this one.
const formerLabel = "Client number of the joined record"

func formerNumber(number phi.Text) person.Identifier {
	return person.Identifier{Kind: "former_number", Label: phi.NewText(formerLabel), Value: number}
}

// ErrWithheld is the error of undoing a merge that took over something the asker may
// not see.
var ErrWithheld = &fault.Error{Kind: fault.Denied, Op: "merge.undo", Why: "When the two were joined, something was taken over that you may not see, such as a social security number. Nothing was undone: ask intake to undo it."}

// Undo parts two records again: the one that went is found again, and every value
// that was taken over goes back, unless somebody changed it since. It returns the
// fields that were changed since and so stay. Errors: [ErrWithheld], Invalid, Denied.
func (ms *Merges) Undo(ctx context.Context, who actor.Actor, id ID) (m Merge, kept []string, err error) {
	const op = "merge.undo"
	o, err := ms.records.Read(ctx, who, id)
	if err != nil {
		return Merge{}, nil, err
	}
	m = o.Value
	if m.State() == Undone {
		return m, nil, fault.InvalidFields(op, fault.Field{Message: "This was undone already."})
	}
	for _, p := range m.Picks {
		// What the asker may not see could not go back, and would stay with the
		// wrong person.
		if u, ok := unit(p.Field); ok && (o.Withheld.Has(u.Class) || !o.Shown.Has(u.Class)) {
			set, err := ms.door.May(ctx, who, op, o.Subject, false, policy.Set(u.Class))
			if err != nil {
				return Merge{}, nil, err
			}
			if set == 0 {
				return Merge{}, nil, ErrWithheld
			}
		}
	}
	now := ms.door.Clock().Now()
	w := ms.door.Work(who, op)
	ms.records.Change(w, "undo", id, o.Version, func(x *Merge) error {
		x.UndoneAt, x.UndoneBy = now, who.Worker()
		return nil
	})
	if !m.Distinct {
		var from person.Client
		ms.clients.Change(w, "merge", record.OwnID[person.Client](m.Goes), 0, func(c *person.Client) error {
			from = *c
			c.MergedInto = record.Subject{}
			return nil
		})
		ms.clients.Change(w, "merge", record.OwnID[person.Client](m.Stays), 0, func(c *person.Client) error {
			kept = kept[:0]
			var ids []person.Identifier
			for _, x := range c.Identifiers {
				if x.Kind != "former_number" || !x.Value.Equal(from.Number) {
					ids = append(ids, x)
				}
			}
			c.Identifiers = ids
			for _, p := range m.Picks {
				u, ok := unit(p.Field)
				if !ok || o.Withheld.Has(u.Class) {
					continue
				}
				before, then := *m.part(u.Class), person.Client{}
				u.take(&then, before, from, p.From)
				if !u.same(*c, then) {
					kept = append(kept, u.Name)
					continue
				}
				u.copy(c, before)
			}
			return nil
		})
	}
	return m, kept, w.Commit(ctx)
}

// Differ says that two records are of two people, so that the pair is not shown
// again.
func (ms *Merges) Differ(ctx context.Context, who actor.Actor, a, b person.ID) (ID, error) {
	const op = "merge.create"
	if a == b {
		return ID{}, fault.NotFoundf(op)
	}
	if _, err := ms.Look(ctx, who, a, b); err != nil {
		return ID{}, err
	}
	w := ms.door.Work(who, op)
	id := ms.records.Create(w, record.SubjectOf(a), Merge{Stays: record.SubjectOf(a), Goes: record.SubjectOf(b), Distinct: true, By: who.Worker(), At: ms.door.Clock().Now()})
	return id, w.Commit(ctx)
}

// WantOf asks a view for what was said of a client's record, newest first.
func (ms *Merges) WantOf(v *record.View, client person.ID) *record.List[Merge] {
	return ms.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 20})
}
