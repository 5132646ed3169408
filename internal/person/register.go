package person

import (
	"context"
	"fmt"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Registration is what came of Register: either a client, or the clients that
// may be the same person.
type Registration struct {
	ID     ID
	Number phi.Text
	// Possible is filled, and nothing was registered, when clients the asker
	// may see are perhaps the same person.
	Possible []Row
}

// Register adds a client and gives the next client number. Unless distinct is
// true, it first looks for clients who may be the same person among those the
// asker may see, and registers nothing if there are any: the asker looks at them
// and asks again with distinct. Errors: Invalid with fields, Denied.
func (cs *Clients) Register(ctx context.Context, who actor.Actor, c Client, distinct bool) (Registration, error) {
	const op = "client.create"
	c.Number, c.Source = phi.Text{}, Source{}
	if bad := Validate(c, cs.door.Clock().Now()); len(bad) > 0 {
		return Registration{}, fault.InvalidFields(op, bad...)
	}
	if !distinct {
		possible, err := cs.possible(ctx, who, c)
		// Somebody who may register but not search is not warned.
		if err != nil && !fault.Is(err, fault.Denied) {
			return Registration{}, err
		}
		if len(possible) > 0 {
			return Registration{Possible: possible}, nil
		}
	}
	number, err := cs.number(ctx)
	if err != nil {
		return Registration{}, err
	}
	c.Number = number
	w := cs.door.Work(who, op)
	id := cs.records.CreateClient(w, c)
	if err := w.Commit(ctx); err != nil {
		return Registration{}, err
	}
	return Registration{ID: id, Number: number}, nil
}

func (cs *Clients) number(ctx context.Context) (phi.Text, error) {
	n, err := cs.door.Number(ctx, numberSeries, firstNumber)
	if err != nil {
		return phi.Text{}, fault.Unavailablef("client.create", err, "cannot give a client number")
	}
	return phi.NewText(fmt.Sprintf("%s%d", numberPrefix, n)), nil
}

// possible returns the clients the asker may see who share the date of birth
// and have a name alike, or share a phone number and have a name alike.
func (cs *Clients) possible(ctx context.Context, who actor.Actor, c Client) ([]Row, error) {
	name := c.Name.Family
	if name.Empty() {
		name = c.Name.Full()
	}
	v := cs.door.View(who, "client.find")
	v.Detail("for", "duplicates")
	var lists []*record.List[Client]
	want := func(terms ...record.Term) {
		lists = append(lists, cs.records.WantAll(v, record.Query{Search: terms, Alike: true, Limit: 10}))
	}
	nameTerm := record.Term{Field: record.NameTerm, Text: name}
	if iso := c.BirthDate.DiscloseISO(); len(iso) == len("2006-01-02") {
		want(record.Term{Field: record.DateTerm, Text: phi.NewText(iso)}, nameTerm)
	}
	for _, p := range c.Phones[:min(len(c.Phones), 3)] {
		want(record.Term{Field: record.PhoneTerm, Text: p.Number}, nameTerm)
	}
	if len(lists) == 0 {
		// Neither date nor phone: the whole name must be the same.
		lists = append(lists, cs.records.WantAll(v, record.Query{Search: []record.Term{{Field: record.NameTerm, Text: c.Name.Full()}}, Limit: 10}))
	}
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	seen := map[ID]bool{}
	var out []Row
	for _, l := range lists {
		for _, o := range l.Rows {
			if !seen[o.ID] {
				seen[o.ID] = true
				out = append(out, Row{Opened: o, Match: Alike})
			}
		}
	}
	return out, nil
}

// Adopt plans, in w, a client from another system: the number is given here and
// the source says where the client came from. What another system holds is kept
// even where a form would not have taken it. The client exists when w commits.
func (cs *Clients) Adopt(ctx context.Context, w *record.Work, c Client) (ID, error) {
	if !c.Source.Imported() {
		return ID{}, fault.Invalidf("client.create", "an imported client needs a source")
	}
	number, err := cs.number(ctx)
	if err != nil {
		return ID{}, err
	}
	c.Number = number
	return cs.records.CreateClient(w, c), nil
}

// Adopted returns the client imported under a source, and the version; found is
// false if there is none. Only services may ask.
func (cs *Clients) Adopted(ctx context.Context, who actor.Actor, s Source) (id ID, version int64, found bool, err error) {
	id, _, version, found, err = cs.records.FindExt(ctx, who, s.ext())
	return id, version, found, err
}

// Update plans, in w, what another system now says of a client adopted from it.
// Fields only kept here (flags, household, pronouns, what may be done with a
// phone) stay.
func (cs *Clients) Update(w *record.Work, id ID, version int64, from Client) {
	cs.records.Change(w, "change", id, version, func(c *Client) error {
		next := from
		next.Number, next.Inactive, next.Pronouns = c.Number, c.Inactive, c.Pronouns
		next.Flags, next.Household, next.Emergency = c.Flags, c.Household, c.Emergency
		if len(from.Emergency) > 0 {
			next.Emergency = from.Emergency
		}
		if from.Preferred.Empty() {
			next.Preferred = c.Preferred
		}
		if !from.Interpreter {
			next.Interpreter = c.Interpreter
		}
		for i := range next.Phones {
			for _, p := range c.Phones {
				if digits(p.Number.Disclose()) == digits(next.Phones[i].Number.Disclose()) {
					number, use := next.Phones[i].Number, next.Phones[i].Use
					next.Phones[i] = p
					next.Phones[i].Number, next.Phones[i].Use = number, use
				}
			}
		}
		for i := range next.Addresses {
			for _, a := range c.Addresses {
				if a.PostalCode.Equal(next.Addresses[i].PostalCode) && len(a.Lines) > 0 && len(next.Addresses[i].Lines) > 0 && a.Lines[0].Equal(next.Addresses[i].Lines[0]) {
					next.Addresses[i].SafeToMail = a.SafeToMail
				}
			}
		}
		*c = next
		return nil
	})
}

// Today is the date of a moment in UTC, as a value that does not print itself.
func Today(t time.Time) phi.Date {
	y, m, d := t.UTC().Date()
	return phi.NewDate(y, int(m), d)
}
