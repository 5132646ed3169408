package vendor

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
)

// Send freezes a draft and makes the link by which the vendor reads and signs it; the
// secret is returned once and kept nowhere. Of one on paper there is nothing to send: it
// is confirmed by [Vendors.Sign]. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (vs *Vendors) Send(ctx context.Context, who actor.Actor, id AgreementID, version int64) (secret string, err error) {
	const op = "agreement.send"
	o, err := vs.agreements.Read(ctx, who, id)
	if err != nil {
		return "", err
	}
	vendor, err := vs.of(ctx, who, o.Value.Vendor)
	if err != nil {
		return "", err
	}
	w := vs.door.Work(who, op)
	vs.agreements.Change(w, "send", id, version, func(a *Agreement) error {
		if a.Stage != Draft || a.OnPaper() {
			return fault.Conflictf(op, "it is on paper or was sent already")
		}
		if err := a.ready(op); err != nil {
			return err
		}
		a.Stage = Sent
		return nil
	})
	secret = vs.newLink(w, who, Link{Vendor: o.Value.Vendor, Name: vendor.Value.Name, Use: ToSign, Ref: id.String()})
	if err := w.Commit(ctx); err != nil {
		return "", err
	}
	return secret, nil
}

// Recall takes back what was sent and is not signed by both, so that it can be changed:
// signatures on it are void, and its link leads nowhere. Errors: Conflict, Denied,
// NotFound.
func (vs *Vendors) Recall(ctx context.Context, who actor.Actor, id AgreementID, version int64) error {
	const op = "agreement.change"
	o, err := vs.agreements.Read(ctx, who, id)
	if err != nil {
		return err
	}
	w := vs.door.Work(who, op)
	vs.agreements.Change(w, "change", id, version, func(a *Agreement) error {
		if a.Stage != Sent {
			return fault.Conflictf(op, "it is not being signed")
		}
		a.Stage, a.Theirs, a.Ours = Draft, Signature{}, Signature{}
		return nil
	})
	if err := vs.revokeLinks(ctx, who, w, o.Value.Vendor, id.String()); err != nil {
		return err
	}
	return w.Commit(ctx)
}

// signing is what somebody who signs gives.
func (s *Signature) check(op string, consent bool) error {
	var c checks
	c.line("name", &s.Name, "Write your name: it stands for your signature.")
	c.line("title", &s.Title, "Write your title.")
	if !consent {
		c.bad("consent", "Say that you sign electronically and may bind your organization.")
	}
	return c.err(op)
}

// Sign signs for the agency what has a hash; of one on paper, it confirms that the paper
// has the terms that were ticked. The asker must have proved again who they are, and
// nobody signs what they alone wrote: agency practice, the law is silent. Errors: Invalid
// with fields, Conflict if it is not what was shown, Denied, NotFound.
func (vs *Vendors) Sign(ctx context.Context, who actor.Actor, id AgreementID, hash string, s Signature, consent bool) error {
	const op = "agreement.sign"
	s = Signature{Name: s.Name, Title: s.Title}
	if err := s.check(op, consent); err != nil {
		return err
	}
	s.At, s.Hash, s.Worker = vs.door.Clock().Now(), hash, who.Worker()
	w := vs.door.Work(who, op)
	vs.agreements.Change(w, "sign", id, 0, func(a *Agreement) error {
		if a.OnPaper() && a.Stage == Draft {
			if err := a.ready(op); err != nil {
				return err
			}
			a.Stage = Sent
			a.Theirs = Signature{Name: a.Paper.SignedFor, At: a.Paper.SignedOn, Hash: hash}
		}
		return a.sign(op, &a.Ours, s)
	})
	return w.Commit(ctx)
}

// sign sets one side's signature; with both, the agreement holds from its beginning, and
// not before.
func (a *Agreement) sign(op string, to *Signature, s Signature) error {
	switch {
	case a.Stage != Sent:
		return fault.Conflictf(op, "it is not to be signed now")
	case !to.At.IsZero():
		return fault.Conflictf(op, "it is signed already")
	case s.Hash != a.Hash():
		return fault.Conflictf(op, "it is not what you were shown")
	}
	if err := a.ready(op); err != nil {
		return err
	}
	*to = s
	if a.Ours.At.IsZero() || a.Theirs.At.IsZero() {
		return nil
	}
	a.Stage, a.From = Signed, a.Effective
	signed := latest(a.Ours.At, a.Theirs.At)
	if a.OnPaper() {
		signed = a.Paper.SignedOn // the paper bound both since then
	}
	a.From = latest(a.From, signed)
	return nil
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// Offered is what a vendor reads before it signs.
type Offered struct {
	Vendor string // what it is called
	Agreement
	Expires time.Time // until when it can be signed by this link
}

// Offer returns the agreement of a link, as one read. NotFound: see [Use].
func (vs *Vendors) Offer(ctx context.Context, secret string) (Offered, error) {
	id, _, err := vs.found(ctx, secret, ToSign)
	if err != nil {
		return Offered{}, err
	}
	l, a, err := linked(ctx, vs, id, vs.agreements)
	if err != nil {
		return Offered{}, err
	}
	return Offered{l.Name, a.Value, l.Expires}, nil
}

// Countersign signs for the vendor what has a hash, by a link, which then leads nowhere.
// Errors: Invalid with fields, Conflict if it is not what was shown, NotFound.
func (vs *Vendors) Countersign(ctx context.Context, secret, hash string, s Signature, consent bool) error {
	const op = "agreement.countersign"
	link, version, err := vs.found(ctx, secret, ToSign)
	if err != nil {
		return err
	}
	s = Signature{Name: s.Name, Title: s.Title}
	if err := s.check(op, consent); err != nil {
		return err
	}
	_, a, err := linked(ctx, vs, link, vs.agreements)
	if err != nil {
		return err
	}
	s.At, s.Hash, s.Link = vs.door.Clock().Now(), hash, link.String()
	w := vs.door.Work(vs.who, op)
	vs.use(w, link, version)
	vs.agreements.Change(w, "countersign", a.ID, 0, func(a *Agreement) error { return a.sign(op, &a.Theirs, s) })
	return w.Commit(ctx)
}

// EndAgreement ends one that both signed, now. Whether the vendor may go on with what it
// has is another matter: see [Vendors.Terminate]. Errors: Invalid with fields, Conflict,
// Denied, NotFound.
func (vs *Vendors) EndAgreement(ctx context.Context, who actor.Actor, id AgreementID, version int64, why string) error {
	const op = "agreement.end"
	var c checks
	if c.line("why", &why, "Say in a few words why it ends."); len(c) > 0 {
		return c.err(op)
	}
	now := vs.door.Clock().Now()
	w := vs.door.Work(who, op)
	vs.agreements.Change(w, "end", id, version, func(a *Agreement) error {
		if a.Stage != Signed || !a.Expiry.IsZero() && !now.Before(a.Expiry) {
			return fault.Conflictf(op, "it does not hold")
		}
		a.Stage, a.EndedAt, a.EndedBy, a.EndWhy = Ended, now, who.Worker(), why
		return nil
	})
	return w.Commit(ctx)
}
