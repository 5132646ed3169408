package person

import (
	"context"

	"caseward/internal/actor"
	"caseward/internal/fault"
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
		number, source := c.Number, c.Source
		edit(c)
		// A number is given once, and where it came from is not for a form.
		c.Number, c.Source = number, source
		if bad := Validate(*c, now); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		return nil
	})
	return w.Commit(ctx)
}
