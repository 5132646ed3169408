package person

import (
	"context"
	"fmt"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
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
	// Meanwhile are clients who may be the same person and were registered by
	// somebody else in the very moment in which this one was.
	Meanwhile []Row
}

// Register adds a client and gives the next client number. Unless distinct is
// true, it first looks for clients who may be the same person among those the
// asker may see, and registers nothing if there are any: the asker looks at them
// and asks again with distinct. Errors: Invalid with fields, Denied.
func (cs *Clients) Register(ctx context.Context, who actor.Actor, c Client, distinct bool) (Registration, error) {
	return cs.RegisterWith(ctx, who, c, distinct, nil)
}

// RegisterWith is Register with more that is to be kept in the same moment, as a
// first case: then plans it in the work that adds the client.
func (cs *Clients) RegisterWith(ctx context.Context, who actor.Actor, c Client, distinct bool, then func(w *Work, id ID) error) (Registration, error) {
	const op = "client.create"
	c.Number, c.MergedInto = phi.Text{}, record.Subject{}
	if bad := Validate(c, cs.door.Clock().Now()); len(bad) > 0 {
		return Registration{}, fault.InvalidFields(op, bad...)
	}
	if !distinct {
		possible, err := cs.Possible(ctx, who, c, ID{})
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
	if then != nil {
		if err := then(w, id); err != nil {
			return Registration{}, err
		}
	}
	if err := w.Commit(ctx); err != nil {
		return Registration{}, err
	}
	out := Registration{ID: id, Number: number}
	if !distinct {
		// Two people may have looked before either of them saved: whoever saves
		// looks again, so that both are warned.
		// Without an answer there is no warning: the client is registered all the same,
		// and the finder of duplicates shows the pair.
		out.Meanwhile, _ = cs.Possible(context.WithoutCancel(ctx), who, c, id)
	}
	return out, nil
}

func (cs *Clients) number(ctx context.Context) (phi.Text, error) {
	n, err := cs.door.Number(ctx, numberSeries, firstNumber)
	if err != nil {
		return phi.Text{}, fault.Unavailablef("client.create", err, "cannot give a client number")
	}
	return phi.NewText(fmt.Sprintf("%s%d", numberPrefix, n)), nil
}

// Possible returns the clients the asker may see who may be the same person as c,
// the likeliest first: those of the same birth date, phone number or identifier
// with a name alike, and, where none of these is known, those of the same name.
// Who may not be known of is not there, and makes no step more or less. except is
// left out.
func (cs *Clients) Possible(ctx context.Context, who actor.Actor, c Client, except ID) ([]Row, error) {
	v := cs.door.View(who, "client.find")
	got := cs.WantPossible(v, c, except)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	return got(), nil
}

// Look is [Clients.Possible] for a search before anything is registered: whoever
// has any of what is asked for is shown, and not only who is likely the same.
func (cs *Clients) Look(ctx context.Context, who actor.Actor, c Client) ([]Row, error) {
	v := cs.door.View(who, "client.find")
	got := cs.wantPossible(v, c, ID{}, looking)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	return got(), nil
}

// WantPossible asks a view for [Clients.Possible]; what it returns gives the rows
// once the view is open.
func (cs *Clients) WantPossible(v *View, c Client, except ID) func() []Row {
	return cs.wantPossible(v, c, except, saving)
}

// WantAlike is [Clients.WantPossible] without the search by name alone, for
// looking up many clients at once.
func (cs *Clients) WantAlike(v *View, c Client, except ID) func() []Row {
	return cs.wantPossible(v, c, except, sweeping)
}

// search says what possible duplicates are looked for for.
type search int

const (
	saving   search = iota // who is likely the same
	looking                // who has anything in common
	sweeping               // who is likely the same, without a search by name alone
)

// compared is what is opened of clients who may be the same person: what is
// compared, and the flags to show with it.
var compared = policy.Set(policy.Identity, policy.Contact, policy.Flags)

func (cs *Clients) wantPossible(v *View, c Client, except ID, why search) func() []Row {
	v.Detail("for", "duplicates")
	var lists []*record.List[Client]
	want := func(alike bool, terms ...record.Term) {
		lists = append(lists, cs.records.WantAll(v, record.Query{Search: terms, Alike: alike, NotState: Merged, Limit: 20, Only: compared}))
	}
	if iso := c.BirthDate.DiscloseISO(); len(iso) == len("2006-01-02") {
		// With a part of the name: many people are said to be born on January 1.
		date := record.Term{Field: record.DateTerm, Text: phi.NewText(iso)}
		if why == looking {
			want(false, date)
		}
		for _, part := range []phi.Text{c.Name.Family, c.Name.Given, c.Preferred, c.Name.Text} {
			if !part.Empty() {
				want(true, date, record.Term{Field: record.NameTerm, Text: part})
			}
		}
	}
	for _, p := range c.Phones[:min(len(c.Phones), 3)] {
		want(false, record.Term{Field: record.PhoneTerm, Text: p.Number})
	}
	for _, id := range c.Identifiers[:min(len(c.Identifiers), 3)] {
		want(false, record.Term{Field: record.NumberTerm, Text: id.Value})
	}
	whole := c.Name.Full()
	bare := len(lists) == 0
	if why != sweeping && !whole.Empty() {
		want(true, record.Term{Field: record.NameTerm, Text: whole})
	}
	return func() []Row {
		seen := map[ID]bool{except: true}
		var out []Row
		for _, l := range lists {
			for _, o := range l.Rows {
				if seen[o.ID] {
					continue
				}
				seen[o.ID] = true
				like := Compare(c, o.Value)
				unborn := o.Value.BirthDate.Empty() && like.Has(SameName)
				if why != looking && !like.Likely() && !unborn && !(bare && (like.Has(SameName) || like.Has(NameAlike))) {
					continue
				}
				row := Row{Opened: o, Match: Alike, Like: like}
				if like.Has(SameName) {
					row.Match = Exact
				}
				out = append(out, row)
			}
		}
		sort.SliceStable(out, func(i, j int) bool { return out[i].Like.Score > out[j].Like.Score })
		return out[:min(len(out), 20)]
	}
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
		next.Number, next.Inactive, next.Pronouns, next.MergedInto = c.Number, c.Inactive, c.Pronouns, c.MergedInto
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
