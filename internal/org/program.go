package org

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/record"
)

// NoteRules is how a program's contact notes are kept. All of it is agency
// practice: no rule of HIPAA sets a format, a unit or a deadline. The zero value
// is what a program has that set nothing.
type NoteRules struct {
	Format     string   `cbor:"1,keyasint,omitempty"` // "", "soap" or "dap"
	Unit       int      `cbor:"2,keyasint,omitempty"` // minutes of a unit of time; 0: none are counted
	Rounding   Rounding `cbor:"3,keyasint,omitempty"`
	LateAfter  int      `cbor:"4,keyasint,omitempty"` // hours after the contact; 0: 24
	SignWithin int      `cbor:"5,keyasint,omitempty"` // days after the contact; 0: 3
	// CoSign says whose notes are co-signed: everybody's in a role, and those of
	// workers by their id, as of somebody in training.
	CoSignRoles   []actor.Role `cbor:"6,keyasint,omitempty"`
	CoSignWorkers []string     `cbor:"7,keyasint,omitempty"`
}

// Rounding is how minutes become units.
type Rounding string

// The ways of rounding.
const (
	Midpoint Rounding = ""     // a unit counts when more than half of it was spent: of 15 minutes, from 8 on
	Full     Rounding = "full" // only whole units count
	Started  Rounding = "started"
)

// Roundings lists the ways of rounding in the order screens show them.
func Roundings() []Rounding { return []Rounding{Midpoint, Full, Started} }

// Units is how many units minutes are; 0 where none are counted.
func (r NoteRules) Units(minutes int) int {
	if r.Unit <= 0 || minutes <= 0 {
		return 0
	}
	n, rest := minutes/r.Unit, minutes%r.Unit
	switch {
	case r.Rounding == Started && rest > 0, r.Rounding == Midpoint && 2*rest > r.Unit:
		n++
	}
	return n
}

// Late is how long after a contact a note of it counts as a late entry.
func (r NoteRules) Late() time.Duration {
	if r.LateAfter == 0 {
		return 24 * time.Hour
	}
	return time.Duration(r.LateAfter) * time.Hour
}

// SignBy is when a note is to be signed: so many days after the contact, at the
// same time of day in the agency's zone, however long those days are.
func (r NoteRules) SignBy(contact time.Time, zone *time.Location) time.Time {
	days := r.SignWithin
	if days == 0 {
		days = 3
	}
	return contact.In(zone).AddDate(0, 0, days).UTC()
}

// CoSigned reports whether the notes of a worker in a role are co-signed.
func (r NoteRules) CoSigned(worker string, role actor.Role) bool {
	return slices.Contains(r.CoSignRoles, role) || slices.Contains(r.CoSignWorkers, worker)
}

func (r NoteRules) check() (wrong []fault.Field) {
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	if r.Format != "" && r.Format != "soap" && r.Format != "dap" {
		bad("format", "Choose a format of notes from the list.")
	}
	if r.Unit < 0 || r.Unit > 120 {
		bad("unit", "Enter the minutes of a unit as a number from 1 to 120, or nothing.")
	}
	if !slices.Contains(Roundings(), r.Rounding) {
		bad("rounding", "Choose a way of rounding from the list.")
	}
	if r.LateAfter < 0 || r.LateAfter > 24*14 {
		bad("late", "Enter hours as a number from 1 to 336.")
	}
	if r.SignWithin < 0 || r.SignWithin > 30 {
		bad("sign", "Enter days as a number from 1 to 30.")
	}
	for _, role := range r.CoSignRoles {
		if role != actor.CaseManager && role != actor.Supervisor {
			bad("cosign_roles", "Choose a role that writes notes.")
			break
		}
	}
	return wrong
}

// Program is the program of this code.
func (a Agency) Program(code string) (Program, bool) {
	for _, p := range a.Programs {
		if p.Code == code {
			return p, true
		}
	}
	return Program{}, false
}

// SetNoteRules sets how the notes of a program are kept, of the settings seen at
// version. A program manager does so for the programs they manage. Errors:
// Invalid with fields, Denied, Conflict, NotFound.
func (o *Org) SetNoteRules(ctx context.Context, who actor.Actor, version int64, code string, r NoteRules) error {
	const op = "agency.program"
	slices.Sort(r.CoSignRoles)
	r.CoSignRoles = slices.Compact(r.CoSignRoles)
	r.CoSignWorkers = tidy(r.CoSignWorkers)
	id, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFoundf(op)
	}
	may, err := o.door.May(ctx, who, op, record.Subject{}, false, AgencyKind.Classes())
	if err != nil {
		return err
	}
	manages := true
	if may.Contains(AgencyKind.Classes()) {
		// Whoever may not set it learns nothing of what is wrong.
		if manages, err = o.MaySetNotes(ctx, who, code); err != nil {
			return err
		}
		wrong := r.check()
		for _, w := range r.CoSignWorkers {
			st, err := o.dir.Standing(ctx, w)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			if err != nil || !st.Works(actor.CaseManager, actor.Supervisor) {
				wrong = append(wrong, fault.Field{Name: "cosign_workers", Message: "Choose workers who write notes."})
				break
			}
		}
		if manages && len(wrong) > 0 {
			return fault.InvalidFields(op, wrong...)
		}
	}
	w := o.door.Work(who, op)
	w.Detail("program", code)
	o.agencies.Change(w, "program", id, version, func(a *Agency) error {
		if !manages {
			return fault.DeniedBy(op, "program-notes-are-set")
		}
		for i := range a.Programs {
			if a.Programs[i].Code == code {
				a.Programs = slices.Clone(a.Programs)
				a.Programs[i].Notes = r
				return nil
			}
		}
		return fault.NotFoundf(op)
	})
	return w.Commit(ctx)
}

// MaySetNotes reports whether a program is one of those whose notes the asker
// may set: any for an administrator, for a program manager those they manage. It
// is for leaving out what would be refused.
func (o *Org) MaySetNotes(ctx context.Context, who actor.Actor, code string) (bool, error) {
	if who.Service() || who.Role() == actor.Administrator {
		return true, nil
	}
	id, err := record.ParseID[Staff](who.Worker())
	if err != nil {
		return false, nil
	}
	s, found, err := o.dir.person(ctx, id)
	return found && who.Role() == actor.ProgramManager && slices.Contains(s.in(who.Role(), o.door.Clock().Now()), code), err
}

// AgencyOpened is the settings as the asker may see them.
type AgencyOpened = record.Opened[Agency]

// SetSettings replaces those settings of the agency that which tells, of the
// settings seen at version; the others stay. Errors: Denied, Conflict, NotFound.
func (o *Org) SetSettings(ctx context.Context, who actor.Actor, version int64, which func(name string) bool, values map[string]string) error {
	const op = "agency.change"
	id, _, _, found, err := o.agencies.FindExt(ctx, o.dir.who, theAgency)
	if err != nil {
		return err
	}
	if !found {
		return fault.NotFoundf(op)
	}
	w := o.door.Work(who, op)
	o.agencies.Change(w, "change", id, version, func(a *Agency) error {
		next := map[string]string{}
		for k, v := range a.Settings {
			if !which(k) {
				next[k] = v
			}
		}
		for k, v := range values {
			if which(k) {
				next[k] = v
			}
		}
		a.Settings = next
		return nil
	})
	return w.Commit(ctx)
}
