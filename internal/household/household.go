package household

import (
	"context"
	"crypto/rand"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a place.
type ID = record.ID[Place]

// Opened is a place as the asker may see it.
type Opened = record.Opened[Place]

// The states of a place, as the label says them.
const (
	Lives = "lives"
	Left  = "left"
)

// Place is one client's place in a household.
type Place struct {
	Household string              `class:"household" doc:"Number the members of the household share; it says nothing about them."`
	Head      bool                `class:"household" doc:"Whether the client is the head of the household."`
	Relation  person.RelationKind `class:"household" doc:"Who the client is to the head."`
	Private   bool                `class:"household" doc:"Whether the client asked not to be known to the household's other records."`
	From      phi.Date            `class:"household" doc:"The day the client moved in."`
	Until     phi.Date            `class:"household" doc:"The day the client moved out."`
	Others    []Other             `class:"household" doc:"The others of the household who may be known to this client's workers."`
}

// Other is somebody else of the household, as a place tells it: by id alone. The
// name is looked up when it is shown, so that it is the one borne now, and gone
// with an erased client.
type Other struct {
	Client   record.Subject      `cbor:"client"`
	Head     bool                `cbor:"head,omitzero"`
	Relation person.RelationKind `cbor:"relation,omitzero"`
	From     phi.Date            `cbor:"from,omitzero"`
	Until    phi.Date            `cbor:"until,omitzero"`
}

// State is whether the client lives there.
func (p Place) State() string {
	if p.Until.Empty() {
		return Lives
	}
	return Left
}

// Kind keeps places.
var Kind = record.Define(record.Kind[Place]{
	Name:      "household",
	Doc:       "One client's place in a household, and who else of it may be known there.",
	Retention: "designated record set",
	Labels: func(p Place) record.Labels {
		return record.Labels{State: p.State(), Ref: p.Household}
	},
})

// Households are the use-cases on households.
type Households struct {
	door    *record.Door
	keeper  actor.Actor
	records record.Records[Place]
	clients *person.Clients
}

// New returns the use-cases behind door. keeper is the service that brings the
// places of a household up to date.
func New(door *record.Door, keeper actor.Actor, clients *person.Clients) *Households {
	hs := &Households{door, keeper, record.Use(door, Kind), clients}
	clients.AskPrivacy(hs.private)
	return hs
}

// private reports whether a client asked, in the household they live in, not to be
// known to the records of the others.
func (hs *Households) private(ctx context.Context, who actor.Actor, client record.Subject) (bool, error) {
	v := hs.door.View(hs.keeper.Behalf(who), "household.find")
	l := hs.records.WantAll(v, record.Query{Subject: client, State: Lives, Limit: 5})
	if err := v.Open(ctx); err != nil {
		return false, err
	}
	return slices.ContainsFunc(l.Rows, func(o Opened) bool { return o.Value.Private }), nil
}

// Named is how somebody close to a client is called.
type Named struct {
	Name phi.Text
	// Findable: the asker may know that it is a client.
	Findable bool
}

// Names tells how the people close to a client are called who have a record of
// their own, for whoever may open the client's. Somebody the asker may not find is
// named without being told for a client; somebody who asked for privacy, or was
// erased, is not there.
func (hs *Households) Names(ctx context.Context, who actor.Actor, people []person.Related) (map[record.Subject]Named, error) {
	var ids, rest []record.Subject
	for _, x := range people {
		if !x.Client.IsZero() {
			ids = append(ids, x.Client)
		}
	}
	out := map[record.Subject]Named{}
	if len(ids) == 0 {
		return out, nil
	}
	v := hs.door.View(who, "client.find")
	some := hs.clients.WantSome(v, ids, person.Named)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	for _, s := range ids {
		if o, ok := some.Of(s); ok {
			out[s] = Named{o.Value.FullName(), true}
			continue
		}
		private, err := hs.private(ctx, who, s)
		if err != nil {
			return nil, err
		}
		if !private {
			rest = append(rest, s)
		}
	}
	names, err := hs.names(ctx, who, rest, some)
	for s, n := range names {
		out[s] = Named{n, false}
	}
	return out, err
}

// Member is somebody of a household, as the asker may know them.
type Member struct {
	Client   record.Subject
	Name     phi.Text
	Head     bool
	Relation person.RelationKind
	From     phi.Date
	Until    phi.Date
	// Place is the member's own, where the asker may see it; zero otherwise.
	Place   ID
	Version int64
	Private bool
}

// Household is a household as the asker may know it.
type Household struct {
	Number  string
	Current bool // the client lives there
	Place   Opened
	Members []Member // the client included
}

// Of returns the households of a client, the one they live in first, each with the
// members the asker may know. What the asker may not know of is not counted.
func (hs *Households) Of(ctx context.Context, who actor.Actor, client person.ID) ([]Household, error) {
	const op = "household.find"
	v := hs.door.View(who, op)
	own := hs.WantOf(v, client)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	if len(own.Rows) == 0 {
		return nil, nil
	}
	v = hs.door.View(who, op)
	lists := make([]*record.List[Place], len(own.Rows))
	listed := []record.Listed{own}
	var told []record.Subject
	for i, o := range own.Rows {
		lists[i] = hs.wantIn(v, o.Value.Household, "")
		listed = append(listed, lists[i])
		for _, x := range o.Value.Others {
			told = append(told, x.Client)
		}
	}
	among, some := hs.clients.WantAmong(v, person.Named, listed...), hs.clients.WantSome(v, told, person.Named)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	rest, err := hs.names(ctx, who, told, some)
	if err != nil {
		return nil, err
	}
	name := func(s record.Subject) (phi.Text, bool) {
		if o, ok := among.Of(s); ok {
			return o.Value.FullName(), true
		}
		n, ok := rest[s]
		return n, ok
	}
	var out []Household
	for i, o := range own.Rows {
		out = append(out, Household{Number: o.Value.Household, Current: o.Value.Until.Empty(), Place: o, Members: members(o, lists[i].Rows, name)})
	}
	order.By(out, func(a, b Household) int {
		switch {
		case a.Current == b.Current:
			return 0
		case a.Current:
			return -1
		}
		return 1
	})
	return out, nil
}

// WantOf asks a view for the places a client has and had.
func (hs *Households) WantOf(v *record.View, client person.ID) *record.List[Place] {
	return hs.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 50})
}

// names are those of clients whom a place names: as the asker finds them, and of
// the others as the keeper does, on behalf of the asker. Who was erased has none.
func (hs *Households) names(ctx context.Context, who actor.Actor, told []record.Subject, some *record.Subjects[person.Client]) (map[record.Subject]phi.Text, error) {
	out := map[record.Subject]phi.Text{}
	var rest []record.Subject
	for _, s := range told {
		if o, ok := some.Of(s); ok {
			out[s] = o.Value.FullName()
		} else {
			rest = append(rest, s)
		}
	}
	if len(rest) == 0 {
		return out, nil
	}
	v := hs.door.View(hs.keeper.Behalf(who), "household.find")
	kept := hs.clients.WantSome(v, rest, person.Named)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	for _, s := range rest {
		if o, ok := kept.Of(s); ok {
			out[s] = o.Value.FullName()
		}
	}
	return out, nil
}

// members puts together what the asker may see themselves and what the client's
// own place tells. Whoever the place tells of and nobody can name is left out.
func members(own Opened, seen []Opened, name func(record.Subject) (phi.Text, bool)) []Member {
	var out []Member
	known := map[record.Subject]bool{}
	add := func(m Member) {
		var named bool
		if m.Name, named = name(m.Client); !named && m.Place.IsZero() {
			return
		}
		if !known[m.Client] {
			known[m.Client] = true
			out = append(out, m)
		}
	}
	// Somebody who moved out and in again has two places: the newer one counts.
	order.By(seen, func(a, b Opened) int { return b.CreatedAt.Compare(a.CreatedAt) })
	for _, o := range seen {
		p := o.Value
		add(Member{Client: o.Subject, Head: p.Head, Relation: p.Relation, From: p.From, Until: p.Until, Place: o.ID, Version: o.Version, Private: p.Private})
	}
	add(Member{Client: own.Subject, Head: own.Value.Head, Relation: own.Value.Relation, From: own.Value.From, Until: own.Value.Until, Place: own.ID, Version: own.Version, Private: own.Value.Private})
	for _, x := range own.Value.Others {
		add(Member{Client: x.Client, Head: x.Head, Relation: x.Relation, From: x.From, Until: x.Until})
	}
	order.By(out, func(a, b Member) int {
		rank := func(m Member) int {
			switch {
			case !m.Until.Empty():
				return 2
			case m.Head:
				return 0
			}
			return 1
		}
		return rank(a) - rank(b)
	})
	return out
}

// Entry is how somebody enters a household.
type Entry struct {
	Client   person.ID
	Relation person.RelationKind
	Private  bool
	From     phi.Date
}

// Begin makes a household of which a client is the head.
func (hs *Households) Begin(ctx context.Context, who actor.Actor, e Entry) (string, error) {
	number := rand.Text()
	return number, hs.enter(ctx, who, number, true, e)
}

// Enter puts a client into the household in which another lives. Errors: Invalid
// with fields, NotFound if the asker may not see the other's place, Denied.
func (hs *Households) Enter(ctx context.Context, who actor.Actor, beside person.ID, e Entry) error {
	number, err := hs.current(ctx, who, beside)
	if err != nil {
		return err
	}
	if number == "" {
		return fault.NotFoundf("household.create")
	}
	return hs.enter(ctx, who, number, false, e)
}

// current is the number of the household a client lives in; "" if none is known.
func (hs *Households) current(ctx context.Context, who actor.Actor, client person.ID) (string, error) {
	v := hs.door.View(who, "household.find")
	own := hs.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), State: Lives, Limit: 5})
	if err := v.Open(ctx); err != nil {
		return "", err
	}
	for _, o := range own.Rows {
		return o.Value.Household, nil
	}
	return "", nil
}

func (hs *Households) enter(ctx context.Context, who actor.Actor, number string, head bool, e Entry) error {
	const op = "household.create"
	now := hs.door.Clock().Now()
	v := hs.door.View(who, "household.find")
	hs.clients.Want(v, e.Client)
	places := hs.records.WantAll(v, record.Query{Subject: record.SubjectOf(e.Client), State: Lives, Limit: 5})
	if err := v.Open(ctx); err != nil {
		return err
	}
	var bad []fault.Field
	if len(places.Rows) > 0 {
		bad = append(bad, fault.Field{Name: "member", Message: twiceMessage})
	}
	if e.From.Empty() {
		bad = append(bad, fault.Field{Name: "from", Message: "Enter the day from which the client lives there."})
	}
	if !head && !known(e.Relation) {
		bad = append(bad, fault.Field{Name: "relation", Message: "Choose who the client is to the head of the household."})
	}
	if late(e.From, now) {
		bad = append(bad, fault.Field{Name: "from", Message: "The day is in the future."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	var numbers []string // of the households there are already
	if !head {
		numbers = []string{number}
	}
	return hs.write(ctx, who, op, numbers, func(now *homes) error {
		if !head && !now.lived() {
			return fault.InvalidFields(op, fault.Field{Message: goneMessage})
		}
		now.add(record.SubjectOf(e.Client), Place{Household: number, Head: head, Relation: e.Relation, Private: e.Private, From: e.From})
		return nil
	})
}

func known(k person.RelationKind) bool { return slices.Contains(person.RelationKinds(), k) }

func late(d phi.Date, now time.Time) bool {
	y, m, day := d.Disclose()
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC).After(now.AddDate(0, 0, 1))
}

// MoveOut says that somebody moved out on a day.
func (hs *Households) MoveOut(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, on phi.Date) error {
	const op = "household.change"
	if on.Empty() || late(on, hs.door.Clock().Now()) {
		return fault.InvalidFields(op, fault.Field{Name: "until", Message: "Enter the day on which the client moved out."})
	}
	return hs.change(ctx, who, client, id, version, func(_ *homes, x *seat) error {
		if x.place.From.DiscloseISO() > on.DiscloseISO() {
			return fault.InvalidFields(op, fault.Field{Name: "until", Message: "The client moved in later than that."})
		}
		x.place.Until = on
		return nil
	})
}

// Privacy says whether a member may be known to the records of the others. Who
// asks for privacy is taken out of theirs in the same transaction.
func (hs *Households) Privacy(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, private bool) error {
	return hs.change(ctx, who, client, id, version, func(_ *homes, x *seat) error {
		x.place.Private = private
		return nil
	})
}

// MakeHead makes a member the head of the household they live in; the head before
// becomes a relative, where the asker may change that place. Errors: Invalid if the
// client does not live in that place any more, Conflict, Denied, NotFound.
func (hs *Households) MakeHead(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	const op = "household.change"
	return hs.change(ctx, who, client, id, version, func(now *homes, x *seat) error {
		if x.place.State() != Lives {
			return fault.InvalidFields(op, fault.Field{Message: goneMessage})
		}
		x.place.Head, x.place.Relation = true, ""
		for _, o := range now.seats {
			if !o.place.Head || o == x || o.place.State() != Lives {
				continue
			}
			set, err := hs.door.May(ctx, who, op, o.subject, false, policy.Set(policy.Household))
			if err != nil {
				return err
			}
			if set != 0 {
				o.place.Head, o.place.Relation, o.asked = false, person.Relative, true
			}
		}
		return nil
	})
}

const (
	goneMessage  = "This client does not live in that household any more. Nothing was changed: what you see now is how it stands."
	twiceMessage = "This client lives in a household already. Move them out of it first."
)

// wantIn asks a view for the places of one household. Without a number there are
// none: a query by an empty one is a query for all.
func (hs *Households) wantIn(v *record.View, number, state string) *record.List[Place] {
	if number == "" {
		return &record.List[Place]{}
	}
	return hs.records.WantAll(v, record.Query{Ref: number, State: state, Limit: 100})
}

// Split lets some members leave a household together on a day, into one of their
// own of which the first is the head. The asker may change each of their places.
func (hs *Households) Split(ctx context.Context, who actor.Actor, from person.ID, places []ID, on phi.Date) (string, error) {
	const op = "household.create"
	now := hs.door.Clock().Now()
	if len(places) == 0 {
		return "", fault.InvalidFields(op, fault.Field{Name: "member", Message: "Choose at least one person."})
	}
	if on.Empty() || late(on, now) {
		return "", fault.InvalidFields(op, fault.Field{Name: "on", Message: "Enter the day on which they moved."})
	}
	old, err := hs.current(ctx, who, from)
	if err != nil {
		return "", err
	}
	if old == "" {
		return "", fault.NotFoundf(op)
	}
	v := hs.door.View(who, "household.find")
	all := hs.wantIn(v, old, Lives)
	if err := v.Open(ctx); err != nil {
		return "", err
	}
	for _, id := range places {
		if !slices.ContainsFunc(all.Rows, func(o Opened) bool { return o.ID == id }) {
			return "", fault.NotFoundf(op)
		}
	}
	number := rand.Text()
	return number, hs.write(ctx, who, op, []string{old}, func(now *homes) error {
		for i, id := range places {
			x := now.find(id)
			if x == nil || x.place.State() != Lives {
				return fault.InvalidFields(op, fault.Field{Message: goneMessage})
			}
			if x.place.From.DiscloseISO() > on.DiscloseISO() {
				return fault.InvalidFields(op, fault.Field{Name: "on", Message: "The client moved in later than that."})
			}
			next := Place{Household: number, Head: i == 0, Relation: person.Relative, Private: x.place.Private, From: on}
			if i == 0 {
				next.Relation = ""
			}
			x.place.Until, x.asked = on, true
			now.add(x.subject, next)
		}
		return nil
	})
}
