package casefile

import (
	"context"
	"fmt"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/notice"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// What colleagues are told about cases.
const (
	Given     notice.What = "case.given"      // the case is yours now
	Taken     notice.What = "case.taken"      // it is somebody else's now
	Moved     notice.What = "case.moved"      // the same, by moving many at once
	ForYou    notice.What = "case.offered"    // it is offered to you
	Accepted  notice.What = "case.accepted"   // what you offered was accepted
	TurnedOff notice.What = "case.declined"   // what you offered was declined: it stays with you
	OfferOver notice.What = "case.offer_over" // what was offered to you is no longer
)

// OfferLasts is how long an offer stands where no other end is chosen, and
// OfferMost the longest it may (agency practice).
const (
	OfferLasts = 7 * 24 * time.Hour
	OfferMost  = 30 * 24 * time.Hour
)

// Offer is a case offered by one worker to another. While it is open, the other
// sees who the client is, the case and the hand-over, and nothing else; when it
// is answered, taken back or over, not even that.
type Offer struct {
	Number  int       `cbor:"number"` // counts the offers of a case from 1
	To      string    `cbor:"to"`
	By      string    `cbor:"by"`
	At      time.Time `cbor:"at"`
	Until   time.Time `cbor:"until"` // not included
	On      phi.Date  `cbor:"on,omitzero"`
	End     OfferEnd  `cbor:"end,omitzero"`
	Reason  phi.Text  `cbor:"reason,omitzero"` // of declining
	EndedBy string    `cbor:"ended_by,omitzero"`
	EndedAt time.Time `cbor:"ended_at,omitzero"`
}

// OfferEnd is how an offer ended.
type OfferEnd string

// The ends of an offer. It has none while it is open.
const (
	OverAccepted  OfferEnd = "accepted"
	OverDeclined  OfferEnd = "declined"
	OverWithdrawn OfferEnd = "withdrawn"
	OverOvertaken OfferEnd = "overtaken" // the case was assigned, closed or offered otherwise
	OverExpired   OfferEnd = "expired"
)

// EndAt is how the offer had ended by now; empty if it is still open.
func (o Offer) EndAt(now time.Time) OfferEnd {
	if o.End == "" && !now.Before(o.Until) {
		return OverExpired
	}
	return o.End
}

// Offer is the offer that has not been answered or taken back; it may have
// expired.
func (c Case) Offer() (Offer, bool) {
	if n := len(c.Offers); n > 0 && c.Offers[n-1].End == "" && c.IsOpen() {
		return c.Offers[n-1], true
	}
	return Offer{}, false
}

// OpenOffer is the offer that stands at now.
func (c Case) OpenOffer(now time.Time) (Offer, bool) {
	o, ok := c.Offer()
	return o, ok && o.EndAt(now) == ""
}

func (c *Case) endOffer(end OfferEnd, by string, now time.Time) {
	if o, ok := c.Offer(); ok {
		if o.EndAt(now) == OverExpired {
			end, by, now = OverExpired, "", o.Until
		}
		o.End, o.EndedBy, o.EndedAt = end, by, now
		c.Offers = append(c.Offers[:len(c.Offers)-1:len(c.Offers)-1], o)
	}
}

// Words are what one worker hands over to the next.
type Words struct {
	Matters phi.Text // what matters now
	Items   phi.Text // what is open
	Risks   phi.Text // what to watch for
}

// Empty reports whether nothing is handed over.
func (x Words) Empty() bool { return x.Matters.Empty() && x.Items.Empty() && x.Risks.Empty() }

func (x Words) check() []fault.Field {
	var bad []fault.Field
	for _, t := range []struct {
		name string
		t    phi.Text
	}{{"matters", x.Matters}, {"items", x.Items}, {"risks", x.Risks}} {
		if utf8.RuneCountInString(t.t.Disclose()) > maxWords {
			bad = append(bad, fault.Field{Name: t.name, Message: fmt.Sprintf("Keep this to %d characters.", maxWords)})
		}
	}
	return bad
}

// Handover is what was handed over, kept in the case for good.
type Handover struct {
	Offer   int       `cbor:"offer,omitzero"` // number of the offer; 0 with an assignment
	By      string    `cbor:"by"`
	To      string    `cbor:"to"`
	At      time.Time `cbor:"at"`
	Matters phi.Text  `cbor:"matters,omitzero"`
	Items   phi.Text  `cbor:"items,omitzero"`
	Risks   phi.Text  `cbor:"risks,omitzero"`
}

// hand keeps what is handed over.
func (c *Case) hand(by, to string, now time.Time, offer int, x Words) {
	if !x.Empty() {
		c.Handovers = append(c.Handovers, Handover{Offer: offer, By: by, To: to, At: now, Matters: x.Matters, Items: x.Items, Risks: x.Risks})
	}
}

// HandedOver is what was handed over with an offer.
func (c Case) HandedOver(offer int) (Handover, bool) {
	for _, h := range c.Handovers {
		if h.Offer == offer && offer != 0 {
			return h, true
		}
	}
	return Handover{}, false
}

// Offering is what is needed to offer a case.
type Offering struct {
	To    string
	Until time.Time // OfferLasts from now if zero; not included
	On    phi.Date  // the day the case is meant to change hands, if that matters
	Words Words
}

// Offer offers an open case to another worker, who is told. The case stays with
// whoever has it until the other accepts. An offer that stood before is over. A
// case manager offers only cases of their own; one of a Part 2 program goes only to
// somebody who works in it (42 CFR 2.12(c)(3)).
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (cs *Cases) Offer(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Offering) error {
	const op = "case.offer"
	now := cs.door.Clock().Now()
	bad := in.Words.check()
	switch in.To {
	case "":
		bad = append(bad, fault.Field{Name: "worker", Message: "Choose a colleague."})
	case who.Worker():
		bad = append(bad, fault.Field{Name: "worker", Message: "Choose a colleague: a case is not offered to oneself."})
	}
	wrong, err := cs.colleague(ctx, "worker", in.To, Carries)
	if err != nil {
		return err
	}
	bad = append(bad, wrong...)
	if in.Words.Matters.Empty() {
		bad = append(bad, fault.Field{Name: "matters", Message: "Write what the colleague needs to know first."})
	}
	if in.Until.IsZero() {
		in.Until = now.Add(OfferLasts)
	}
	if !in.Until.After(now) || in.Until.After(now.Add(OfferMost)) {
		bad = append(bad, fault.Field{Name: "until", Message: "Choose a day within the next 30 days."})
	}
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	agency := cs.setting(ctx)
	works, err := cs.programsOf(ctx, in.To)
	if err != nil {
		return err
	}
	subject := record.SubjectOf(client)
	// Whoever held an offer that this one replaces has to be told, so the case is
	// looked at first, and changed as it was seen.
	before, err := cs.look(ctx, who, op, id)
	if err != nil {
		return err
	}
	if version == 0 {
		version = before.Version
	}
	w := cs.door.Work(who, op)
	cs.records.ChangeOf(w, "offer", subject, id, version, func(c *Case) error {
		switch {
		case !c.IsOpen():
			return fault.Conflictf(op, "the case is closed")
		case who.Role() == actor.CaseManager && c.Worker != who.Worker():
			// Whoever works with the client otherwise, or stands in, gives away
			// nothing that is another's.
			return fault.DeniedBy(op, "offer-is-made")
		case agency.stays(c.Program) && !works(c.Program):
			return fault.InvalidFields(op, fault.Field{Name: "worker", Message: "What this program hands over stays in it by law (42 CFR Part 2). Choose a colleague who works in the program."})
		case c.Worker == in.To:
			return fault.InvalidFields(op, fault.Field{Name: "worker", Message: "The case is assigned to this colleague already."})
		}
		c.endOffer(OverOvertaken, who.Worker(), now)
		c.Part2 = c.Part2 || agency.part2(c.Program)
		n := len(c.Offers) + 1
		c.Offers = append(c.Offers, Offer{Number: n, To: in.To, By: who.Worker(), At: now, Until: in.Until, On: in.On})
		c.hand(who.Worker(), in.To, now, n, in.Words)
		return nil
	})
	cs.notices.Tell(w, who, subject, in.To, ForYou, offerPath(id))
	if o, ok := before.Value.OpenOffer(now); ok && o.To != in.To {
		cs.notices.Tell(w, who, subject, o.To, OfferOver, "/offers")
	}
	return w.Commit(ctx)
}

func offerPath(id ID) string { return "/offers/" + id.String() }

// Withdraw takes the open offer of a case back; whoever it was made to sees the
// client no longer, and is told. Conflict: there is none any more.
func (cs *Cases) Withdraw(ctx context.Context, who actor.Actor, id ID) error {
	const op = "case.withdraw"
	now := cs.door.Clock().Now()
	before, err := cs.look(ctx, who, op, id)
	if err != nil {
		return err
	}
	o, ok := before.Value.OpenOffer(now)
	if !ok {
		return fault.Conflictf(op, "there is no open offer")
	}
	w := cs.door.Work(who, op)
	cs.records.Change(w, "withdraw", id, before.Version, func(c *Case) error {
		c.endOffer(OverWithdrawn, who.Worker(), now)
		return nil
	})
	cs.notices.Tell(w, who, before.Subject, o.To, OfferOver, "/offers")
	return w.Commit(ctx)
}

// Accept takes a case that was offered to the asker: it is theirs at once, the
// relation of the worker before ends and is remembered, and both the one who
// offered it and the one who had it are told. It returns whose case it is.
// NotFound: the offer is over.
func (cs *Cases) Accept(ctx context.Context, who actor.Actor, id ID) (record.Subject, error) {
	return cs.answer(ctx, who, "accept", id, func(c *Case, o Offer, now time.Time) {
		c.endOffer(OverAccepted, who.Worker(), now)
		c.give(who.Worker(), now)
	}, Accepted)
}

// Decline says no to a case that was offered to the asker, with the reason: it
// stays where it is, and whoever offered it is told. Errors: Invalid with fields;
// NotFound if the offer is over.
func (cs *Cases) Decline(ctx context.Context, who actor.Actor, id ID, reason phi.Text) error {
	if reason.Empty() {
		return fault.InvalidFields("case.decline", fault.Field{Name: "reason", Message: "Say why you decline, so that the case finds somebody else."})
	}
	if utf8.RuneCountInString(reason.Disclose()) > maxWords {
		return fault.InvalidFields("case.decline", fault.Field{Name: "reason", Message: fmt.Sprintf("Keep this to %d characters.", maxWords)})
	}
	_, err := cs.answer(ctx, who, "decline", id, func(c *Case, _ Offer, now time.Time) {
		c.endOffer(OverDeclined, who.Worker(), now)
		c.Offers[len(c.Offers)-1].Reason = reason
	}, TurnedOff)
	return err
}

func (cs *Cases) answer(ctx context.Context, who actor.Actor, verb string, id ID, edit func(*Case, Offer, time.Time), what notice.What) (record.Subject, error) {
	op := "case." + verb
	now := cs.door.Clock().Now()
	before, err := cs.look(ctx, who, op, id)
	if err != nil {
		return record.Subject{}, err
	}
	o, ok := before.Value.OpenOffer(now)
	if !ok || o.To != who.Worker() {
		return record.Subject{}, fault.NotFoundf(op)
	}
	w := cs.door.Work(who, op)
	cs.records.Change(w, verb, id, before.Version, func(c *Case) error {
		edit(c, o, now)
		return nil
	})
	cs.notices.Tell(w, who, before.Subject, o.By, what, casePath(before.Subject))
	if before.Value.Worker != o.By {
		cs.notices.Tell(w, who, before.Subject, before.Value.Worker, what, casePath(before.Subject))
	}
	return before.Subject, w.Commit(ctx)
}

// Offered is a case that is offered, with the client as the asker may see them.
type Offered struct {
	Case   Opened
	Offer  Offer
	Client person.Opened
	Known  bool
}

// OffersTo lists the open offers made to the asker, those that end first at the
// top, as one read.
func (cs *Cases) OffersTo(ctx context.Context, who actor.Actor) ([]Offered, error) {
	const op = "case.find"
	if !who.Valid() {
		return nil, fault.DeniedBy(op, "no-actor")
	}
	v := cs.door.View(who, op)
	l := cs.records.WantAll(v, record.Query{Ref: who.Worker(), State: StateOpen, Limit: 100})
	clients := person.WantOf(cs.clients, v, l, person.Named)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	now := cs.door.Clock().Now()
	var out []Offered
	for _, c := range l.Rows {
		if o, ok := c.Value.OpenOffer(now); ok && o.To == who.Worker() {
			x := Offered{Case: c, Offer: o}
			x.Client, x.Known = clients.Of(c.Subject)
			out = append(out, x)
		}
	}
	for i := range out {
		for j := i; j > 0 && out[j].Offer.Until.Before(out[j-1].Offer.Until); j-- {
			out[j], out[j-1] = out[j-1], out[j]
		}
	}
	return out, nil
}

// TallyOffers counts the open offers made to the asker. It opens nothing.
func (cs *Cases) TallyOffers(ctx context.Context, who actor.Actor) (int64, error) {
	return cs.records.Tally(ctx, who, record.Query{Ref: who.Worker(), State: StateOpen})
}

// OfferTo reads the open offer of one case to the asker, with the client, and
// nothing of other offers. NotFound: there is none, or it is over.
func (cs *Cases) OfferTo(ctx context.Context, who actor.Actor, id ID) (Offered, error) {
	const op = "case.read"
	got, err := cs.Read(ctx, who, id)
	if fault.Is(err, fault.Denied) {
		// Another case of the client may be theirs to see; of this one they learn
		// what anybody does.
		return Offered{}, fault.NotFoundf(op)
	}
	if err != nil {
		return Offered{}, err
	}
	o, ok := got.Value.OpenOffer(cs.door.Clock().Now())
	if !ok || o.To != who.Worker() {
		return Offered{}, fault.NotFoundf(op)
	}
	v := cs.door.View(who, op)
	clients := cs.clients.WantSome(v, []record.Subject{got.Subject}, person.Named)
	if err := v.Open(ctx); err != nil {
		return Offered{}, err
	}
	x := Offered{Case: got, Offer: o}
	x.Client, x.Known = clients.Of(got.Subject)
	return x, nil
}
