package clinical

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// Told says who said what was written down here.
type Told string

// Who can have said so.
const (
	ByClient   Told = "client"
	ByProvider Told = "provider"
)

// Input is what a worker filled in about an item.
type Input struct {
	Sort    Sort
	Display phi.Text // in words
	Code    phi.Text // of any code system, as a label or chart says it; may be empty
	Detail  phi.Text // dose of a medication, reaction to a substance, severity of a condition
	Since   phi.Date
	Until   phi.Date // empty: it goes on
	Note    phi.Text
	Told    Told
	Part2   bool // it comes from a substance use program; once it does, it stays so
}

const (
	maxLine = 200
	maxNote = 2000
)

func (in Input) check(now time.Time) []fault.Field {
	var bad []fault.Field
	add := func(name, message string) { bad = append(bad, fault.Field{Name: name, Message: message}) }
	switch in.Sort {
	case Condition, Allergy, Medication:
	default:
		add("sort", "Choose what it is: a condition, an allergy or a medication.")
	}
	if strings.TrimSpace(in.Display.Disclose()) == "" {
		add("display", "Say what it is, in words.")
	}
	for _, x := range []struct {
		name string
		t    phi.Text
		n    int
	}{{"display", in.Display, maxLine}, {"code", in.Code, maxLine}, {"detail", in.Detail, maxLine}, {"note", in.Note, maxNote}} {
		if utf8.RuneCountInString(x.t.Disclose()) > x.n {
			add(x.name, "This is too long.")
		}
	}
	switch in.Told {
	case ByClient, ByProvider:
	default:
		add("told", "Choose who said so.")
	}
	tomorrow := now.AddDate(0, 0, 1)
	if t := midnight(in.Since); t.After(tomorrow) {
		add("since", "This day is in the future.")
	}
	if t := midnight(in.Until); t.After(tomorrow) {
		add("until", "This day is in the future.")
	} else if !t.IsZero() && t.Before(midnight(in.Since)) {
		add("until", "It ends before it begins.")
	}
	return bad
}

func midnight(d phi.Date) time.Time {
	y, m, day := d.Disclose()
	if y == 0 {
		return time.Time{}
	}
	return time.Date(y, time.Month(max(m, 1)), max(day, 1), 0, 0, 0, 0, time.UTC)
}

// put writes the input into an item.
func (in Input) put(i *Item, who actor.Actor, now time.Time) {
	i.Sort, i.Display, i.Note, i.Told, i.Writer, i.Part2 = in.Sort, in.Display, in.Note, in.Told, who.Worker(), i.Part2 || in.Part2
	i.Code, i.OnsetOn, i.EndedOn = in.Code, in.Since, in.Until
	i.Severity, i.Reactions, i.Dosage = phi.Text{}, nil, phi.Text{}
	switch {
	case in.Detail.Empty():
	case in.Sort == Medication:
		i.Dosage = in.Detail
	case in.Sort == Allergy:
		i.Reactions = []phi.Text{in.Detail}
	default:
		i.Severity = in.Detail
	}
	i.Current = in.Until.Empty()
	i.Status = phi.NewText("active")
	if !i.Current {
		i.Status = phi.NewText("resolved")
		if in.Sort == Medication {
			i.Status = phi.NewText("stopped")
		}
	}
	i.RecordedOn = person.Today(now)
}

// Detail is the dose, the reactions or the severity, as the sort has it.
func (i Item) Detail() phi.Text {
	switch i.Sort {
	case Medication:
		return i.Dosage
	case Allergy:
		var all []string
		for _, r := range i.Reactions {
			all = append(all, r.Disclose())
		}
		return phi.NewText(strings.Join(all, ", "))
	}
	return i.Severity
}

// Add writes down a condition, an allergy or a medication, as it was told.
// Errors: Invalid with fields, Denied, NotFound.
func (is *Items) Add(ctx context.Context, who actor.Actor, client person.ID, in Input) (ID, error) {
	now := is.door.Clock().Now()
	if bad := in.check(now); len(bad) > 0 {
		return ID{}, fault.InvalidFields("clinical.create", bad...)
	}
	var i Item
	in.put(&i, who, now)
	w := is.door.Work(who, "clinical.create")
	id := is.records.Create(w, record.SubjectOf(client), i)
	return id, w.Commit(ctx)
}

// WantOne asks a view for one item.
func (is *Items) WantOne(v *record.View, id ID) *record.Got[Item] { return is.records.Want(v, id) }

// Change writes down anew what was written down here; what came from another
// system is changed there. Errors: Invalid with fields, Conflict, Denied,
// NotFound.
func (is *Items) Change(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, in Input) error {
	now := is.door.Clock().Now()
	if bad := in.check(now); len(bad) > 0 {
		return fault.InvalidFields("clinical.change", bad...)
	}
	return is.edit(ctx, who, client, id, version, func(i *Item) error {
		in.put(i, who, now)
		return nil
	})
}

// MarkWrong marks an item written down here as entered in error: it stays where
// it was, and says so.
func (is *Items) MarkWrong(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64) error {
	return is.edit(ctx, who, client, id, version, func(i *Item) error {
		i.Wrong, i.Current, i.Status = true, false, phi.NewText("entered-in-error")
		return nil
	})
}

func (is *Items) edit(ctx context.Context, who actor.Actor, client person.ID, id ID, version int64, edit func(*Item) error) error {
	w := is.door.Work(who, "clinical.change")
	is.records.ChangeOf(w, "change", record.SubjectOf(client), id, version, func(i *Item) error {
		switch {
		case !i.ByHand():
			return fault.InvalidFields("clinical.change", fault.Field{Message: "This came from another system and is changed there."})
		case i.Wrong:
			return fault.InvalidFields("clinical.change", fault.Field{Message: "This was marked as entered in error and is changed no more."})
		}
		return edit(i)
	})
	return w.Commit(ctx)
}
