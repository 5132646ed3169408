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
		if !c.MergedInto.IsZero() {
			return fault.InvalidFields(op, fault.Field{Message: "This record was joined to another of the same person. Change that one."})
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

// Relate adds somebody to the people close to a client, or, where at is one of
// them, changes what is known of that one. Somebody who has a record of their own
// is one the asker may open; the relation is then written in their record too, as
// it is seen from there, if the asker may change it. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (cs *Clients) Relate(ctx context.Context, who actor.Actor, id ID, version int64, at int, rel Related) error {
	const op = "client.change"
	both := false
	if !rel.Client.IsZero() {
		if rel.Client == record.SubjectOf(id) {
			return fault.InvalidFields(op, fault.Field{Name: "other", Message: "Choose another client: nobody is related to themselves."})
		}
		o, err := cs.Open(ctx, who, record.OwnID[Client](rel.Client))
		if err != nil {
			return err
		}
		rel.Name = o.Value.FullName()
		set, err := cs.door.May(ctx, who, op, rel.Client, false, policy.Set(policy.Household))
		if err != nil {
			return err
		}
		both = set != 0
	}
	now := cs.door.Clock().Now()
	if bad := validateRelated("", rel, now); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	w := cs.door.Work(who, op)
	var name phi.Text
	cs.records.Change(w, "change", id, version, func(c *Client) error {
		name = c.FullName()
		switch {
		case at >= 0 && at < len(c.Household):
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
			for i := range c.Household {
				if c.Household[i].Client == record.SubjectOf(id) {
					c.Household[i].Kind, c.Household[i].LivesWith = rel.Kind.Other(), rel.LivesWith
					return nil
				}
			}
			c.Household = append(c.Household, Related{Name: name, Kind: rel.Kind.Other(), LivesWith: rel.LivesWith, Client: record.SubjectOf(id)})
			return nil
		})
	}
	return w.Commit(ctx)
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
		if at >= len(c.Household) || c.Household[at].Client != other {
			return fault.Conflictf(op, "somebody else changed it since you opened it")
		}
		c.Household = append(c.Household[:at:at], c.Household[at+1:]...)
		return nil
	})
	if !other.IsZero() {
		set, err := cs.door.May(ctx, who, op, other, false, policy.Set(policy.Household))
		if err != nil {
			return err
		}
		if set != 0 {
			cs.records.Change(w, "change", record.OwnID[Client](other), 0, func(c *Client) error {
				var rest []Related
				for _, x := range c.Household {
					if x.Client != record.SubjectOf(id) {
						rest = append(rest, x)
					}
				}
				c.Household = rest
				return nil
			})
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
