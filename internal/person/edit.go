package person

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Edit changes a client. edit gets the client as the asker may see them and
// sets the fields of its form; fields of withheld classes are empty there, stay
// as they are, and must not be set. version is the version the form showed.
// Errors: Invalid with fields, Conflict if somebody changed the client since,
// Denied, NotFound.
func (cs *Clients) Edit(ctx context.Context, who actor.Actor, id ID, version int64, edit func(*Client)) error {
	const op = "client.change"
	w := cs.door.Work(who, op)
	now := cs.door.Clock().Now()
	cs.records.Change(w, "change", id, version, func(c *Client) error {
		if err := whole(op, *c); err != nil {
			return err
		}
		number, source := c.Number, c.Source
		edit(c)
		// A number is given once, and where it came from is not for a form.
		c.Number, c.Source, c.MergedInto = number, source, record.Subject{}
		if bad := Validate(*c, now); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
	return w.Commit(ctx)
}

// whole refuses to change a record that was joined to another.
func whole(op string, c Client) error {
	if c.MergedInto.IsZero() {
		return nil
	}
	return fault.InvalidFields(op, fault.Field{Message: "This record was joined to another of the same person. Change that one."})
}

// AskPrivacy says how it is known whether a client asked not to be known to the
// records of the others of their household (45 CFR 164.522(a)). It is asked on
// behalf of who. Without it nobody did.
func (cs *Clients) AskPrivacy(ask func(ctx context.Context, who actor.Actor, client record.Subject) (bool, error)) {
	cs.private = ask
}

func (cs *Clients) keepsPrivate(ctx context.Context, who actor.Actor, client record.Subject) (bool, error) {
	if cs.private == nil {
		return false, nil
	}
	return cs.private(ctx, who, client)
}

// Relate adds somebody to the people close to a client, or, where at is one of
// them, changes what is known of that one. Somebody who has a record of their own
// is one the asker may open, and is kept by id alone: the name is looked up when it
// is shown. The relation is then written in their record too, as it is seen from
// there, if the asker may change it, and taken out of the record of whom the entry
// meant before. Who asked for privacy is written into no record but their own.
// Errors: Invalid with fields, Conflict, Denied, NotFound.
func (cs *Clients) Relate(ctx context.Context, who actor.Actor, id ID, version int64, at int, rel Related) error {
	const op = "client.change"
	self := record.SubjectOf(id)
	own, err := cs.Open(ctx, who, id)
	if err != nil {
		return err
	}
	var before record.Subject
	if at >= 0 && at < len(own.Value.Household) {
		before = own.Value.Household[at].Client
	}
	kept := false
	if rel.Client.IsZero() && !before.IsZero() {
		v := cs.door.View(who, "client.find")
		some := cs.WantSome(v, []record.Subject{before}, Named)
		if err := v.Open(ctx); err != nil {
			return err
		}
		if _, may := some.Of(before); !may {
			// The asker was not shown that there is a record, and so left nothing out.
			rel.Client, kept = before, true
		}
	}
	both := false
	if !rel.Client.IsZero() && !kept {
		if rel.Client == self {
			return fault.InvalidFields(op, fault.Field{Name: "other", Message: "Choose another client: nobody is related to themselves."})
		}
		if _, err := cs.Open(ctx, who, record.OwnID[Client](rel.Client)); err != nil {
			return err
		}
	}
	if !rel.Client.IsZero() {
		rel.Name = phi.Text{}
		private, err := cs.keepsPrivate(ctx, who, rel.Client)
		if err != nil {
			return err
		}
		if private && rel.Client != before {
			return fault.InvalidFields(op, fault.Field{Name: "other", Message: "This client asked not to be known in the records of others. Enter who it is without choosing their record, if it was the client who told you."})
		}
		if private, err = cs.keepsPrivate(ctx, who, self); err != nil {
			return err
		}
		if !private {
			if both, err = cs.mayRelate(ctx, who, rel.Client); err != nil {
				return err
			}
		}
	}
	now := cs.door.Clock().Now()
	if bad := validateRelated("", rel, now); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	w := cs.door.Work(who, op)
	cs.records.Change(w, "change", id, version, func(c *Client) error {
		if err := whole(op, *c); err != nil {
			return err
		}
		switch {
		case at >= 0 && at < len(c.Household):
			if c.Household[at].Client != before {
				return fault.Conflictf(op, "somebody else changed it since you opened it")
			}
			c.Household[at] = rel
		default:
			c.Household = append(c.Household, rel)
		}
		if bad := Validate(*c, now); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
	if both {
		cs.records.Change(w, "change", record.OwnID[Client](rel.Client), 0, func(c *Client) error {
			if err := whole(op, *c); err != nil {
				return err
			}
			for i := range c.Household {
				if c.Household[i].Client == self {
					c.Household[i].Kind, c.Household[i].LivesWith = rel.Kind.Other(), rel.LivesWith
					return nil
				}
			}
			c.Household = append(c.Household, Related{Kind: rel.Kind.Other(), LivesWith: rel.LivesWith, Client: self})
			return nil
		})
	}
	if !before.IsZero() && before != rel.Client {
		if err := cs.takeBack(ctx, w, who, before, self); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

func (cs *Clients) mayRelate(ctx context.Context, who actor.Actor, client record.Subject) (bool, error) {
	set, err := cs.door.May(ctx, who, "client.change", client, false, policy.Set(policy.Household))
	return set != 0, err
}

// takeBack plans to take gone off the people close to a client, if the asker may
// change that record.
func (cs *Clients) takeBack(ctx context.Context, w *Work, who actor.Actor, client, gone record.Subject) error {
	may, err := cs.mayRelate(ctx, who, client)
	if err != nil || !may {
		return err
	}
	cs.records.Change(w, "change", record.OwnID[Client](client), 0, func(c *Client) error {
		if !c.MergedInto.IsZero() {
			return nil
		}
		var rest []Related
		for _, x := range c.Household {
			if x.Client != gone {
				rest = append(rest, x)
			}
		}
		c.Household = rest
		return nil
	})
	return nil
}

// Unrelate takes somebody off the people close to a client, and the client off
// theirs if the asker may change that record.
func (cs *Clients) Unrelate(ctx context.Context, who actor.Actor, id ID, version int64, at int) error {
	const op = "client.change"
	o, err := cs.Open(ctx, who, id)
	if err != nil {
		return err
	}
	if at < 0 || at >= len(o.Value.Household) {
		return fault.NotFoundf(op)
	}
	other := o.Value.Household[at].Client
	w := cs.door.Work(who, op)
	cs.records.Change(w, "change", id, version, func(c *Client) error {
		if err := whole(op, *c); err != nil {
			return err
		}
		if at >= len(c.Household) || c.Household[at].Client != other {
			return fault.Conflictf(op, "somebody else changed it since you opened it")
		}
		c.Household = append(c.Household[:at:at], c.Household[at+1:]...)
		return nil
	})
	if !other.IsZero() {
		if err := cs.takeBack(ctx, w, who, other, record.SubjectOf(id)); err != nil {
			return err
		}
	}
	return w.Commit(ctx)
}

// Move gives several clients one new home from a day on, all or none of them: the
// home they had is kept as an old address until that day. versions are those the
// asker saw.
func (cs *Clients) Move(ctx context.Context, who actor.Actor, ids []ID, versions []int64, to Address, on phi.Date) error {
	const op = "client.change"
	if len(to.Lines) == 0 && to.City.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "addresses", Message: "Enter the new address."})
	}
	if on.Empty() {
		return fault.InvalidFields(op, fault.Field{Name: "on", Message: "Enter the day from which the address holds."})
	}
	if len(ids) == 0 || len(ids) != len(versions) {
		return fault.InvalidFields(op, fault.Field{Name: "member", Message: "Choose at least one person."})
	}
	now := cs.door.Clock().Now()
	to.Use, to.From = "home", on
	w := cs.door.Work(who, op)
	for i, id := range ids {
		cs.records.Change(w, "change", id, versions[i], func(c *Client) error {
			if err := whole(op, *c); err != nil {
				return err
			}
			next := []Address{to}
			for _, a := range c.Addresses {
				if a.Use == "home" || a.Use == "shelter" || a.Use == "temporary" {
					a.Use, a.Until = "old", on
				}
				next = append(next, a)
			}
			c.Addresses = next
			if bad := Validate(*c, now); len(bad) > 0 {
				return fault.InvalidFields(op, bad...)
			}
			return nil
		})
	}
	return w.Commit(ctx)
}
