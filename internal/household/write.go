package household

import (
	"context"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/record"
)

// seat is a place as a change is to leave it.
type seat struct {
	id      ID // zero: to be made
	subject record.Subject
	version int64
	place   Place
	asked   bool // changed by whoever asks, and not only told of the others
}

// homes are the places of the households a change is about, newest first.
type homes struct{ seats []*seat }

func (h *homes) add(subject record.Subject, p Place) {
	h.seats = append([]*seat{{subject: subject, place: p, asked: true}}, h.seats...)
}

func (h *homes) find(id ID) *seat {
	for _, x := range h.seats {
		if x.id == id && !id.IsZero() {
			return x
		}
	}
	return nil
}

func (h *homes) lived() bool {
	return slices.ContainsFunc(h.seats, func(x *seat) bool { return x.place.State() == Lives })
}

// change changes one client's place, at the version the asker saw, and what follows
// from that.
func (hs *Households) change(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, edit func(*homes, *seat) error) error {
	const op = "household.change"
	v := hs.door.View(who, "household.find")
	own := hs.WantOf(v, client)
	if err := v.Open(ctx); err != nil {
		return err
	}
	at := slices.IndexFunc(own.Rows, func(o Opened) bool { return o.ID == id && o.Subject == record.SubjectOf(client) })
	if at < 0 {
		return fault.NotFoundf(op)
	}
	return hs.write(ctx, who, op, []string{own.Rows[at].Value.Household}, func(now *homes) error {
		x := now.find(id)
		if x == nil {
			return fault.NotFoundf(op)
		}
		if version != 0 && version != x.version {
			return fault.Conflictf(op, "somebody else changed it since you opened it")
		}
		x.asked = true
		return edit(now, x)
	})
}

// write keeps a change of households as one: what the asker changes, decided for
// the asker, and what each place says of the others, decided for the keeper on
// their behalf, commit in one transaction or not at all. edit is given all places of
// the households as they stand and is asked again where somebody was faster.
func (hs *Households) write(ctx context.Context, who actor.Actor, op string, numbers []string, edit func(*homes) error) (err error) {
	for range 3 {
		var again bool
		if again, err = hs.writeOnce(ctx, who, op, numbers, edit); !again || !fault.Is(err, fault.Conflict) {
			return err
		}
	}
	return fault.Unavailablef(op, err, "the household is being changed by several people; nothing was kept, try again")
}

func (hs *Households) writeOnce(ctx context.Context, who actor.Actor, op string, numbers []string, edit func(*homes) error) (again bool, err error) {
	keeper := hs.keeper.Behalf(who)
	now := &homes{}
	var marks []record.Mark
	for _, number := range numbers {
		m, err := hs.records.Mark(ctx, keeper, number)
		if err != nil {
			return false, err
		}
		v := hs.door.View(keeper, "household.find")
		all := hs.wantIn(v, number, "")
		if err := v.Open(ctx); err != nil {
			return false, err
		}
		marks = append(marks, m)
		for _, o := range all.Rows {
			now.seats = append(now.seats, &seat{id: o.ID, subject: o.Subject, version: o.Version, place: o.Value})
		}
	}
	if err := edit(now); err != nil {
		return false, err
	}
	w, told := hs.door.Work(who, op), hs.door.Work(keeper, "household.change")
	tells := false
	for _, x := range now.seats {
		others := now.others(x)
		switch {
		case x.asked:
			x.place.Others = others
			if x.id.IsZero() {
				hs.records.Create(w, x.subject, x.place)
			} else {
				hs.records.ChangeOf(w, "change", x.subject, x.id, x.version, func(p *Place) error {
					*p = x.place
					return nil
				})
			}
			hs.records.AtMost(w, x.subject, Lives, 1, fault.InvalidFields(op, fault.Field{Name: "member", Message: twiceMessage}))
		case !slices.EqualFunc(others, x.place.Others, equal):
			tells = true
			hs.records.Change(told, "change", x.id, x.version, func(p *Place) error {
				p.Others = others
				return nil
			})
		}
	}
	for _, m := range marks {
		hs.records.Unmoved(w, m)
	}
	if tells {
		w.Along(told)
	}
	return true, w.Commit(ctx)
}

// others are those whom a place may name: who lives or lived there at the same time
// and did not ask for privacy (45 CFR 164.522(a)).
func (h *homes) others(of *seat) []Other {
	var out []Other
	seen := map[record.Subject]bool{of.subject: true}
	for _, x := range h.seats {
		p := x.place
		if p.Household != of.place.Household || seen[x.subject] || p.Private {
			continue
		}
		// Who moved out before the other moved in never lived with them.
		if !p.Until.Empty() && p.Until.DiscloseISO() < of.place.From.DiscloseISO() {
			continue
		}
		seen[x.subject] = true
		out = append(out, Other{Client: x.subject, Head: p.Head, Relation: p.Relation, From: p.From, Until: p.Until})
	}
	return out
}

func equal(a, b Other) bool {
	return a.Client == b.Client && a.Head == b.Head && a.Relation == b.Relation && a.From.Equal(b.From) && a.Until.Equal(b.Until)
}
