package clinical

import (
	"context"
	"sort"
	"time"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of an item.
type ID = record.ID[Item]

// Opened is an item as the asker may see it.
type Opened = record.Opened[Item]

// Page is a page of items, filled when its view is opened.
type Page = record.List[Item]

// Sort is what an item is.
type Sort string

// The sorts of item.
const (
	Condition  Sort = "condition"
	Allergy    Sort = "allergy"
	Medication Sort = "medication"
)

// The states of an item, as the label says them.
const (
	Active = "active"
	Past   = "past" // resolved, stopped, refuted or entered in error
)

// Item is one condition, allergy or medication.
type Item struct {
	Sort        Sort          `class:"clinical" doc:"What it is: condition, allergy or medication."`
	Current     bool          `class:"clinical" doc:"Whether it is active now, as the source says."`
	System      string        `class:"clinical" doc:"The code system of the code, as a URI."`
	Code        phi.Text      `class:"clinical" doc:"The code of the condition, substance or medication."`
	Display     phi.Text      `class:"clinical" doc:"The words for the code."`
	Status      phi.Text      `class:"clinical" doc:"The status in the source's words, as active, resolved or stopped."`
	Verified    phi.Text      `class:"clinical" doc:"How certain it is, as confirmed or refuted."`
	OnsetOn     phi.Date      `class:"clinical" doc:"When it began."`
	EndedOn     phi.Date      `class:"clinical" doc:"When it ended."`
	RecordedOn  phi.Date      `class:"clinical" doc:"When it was recorded at the source."`
	Severity    phi.Text      `class:"clinical" doc:"How severe a condition is."`
	Criticality phi.Text      `class:"clinical" doc:"How dangerous an allergy may be: low, high or unable to assess."`
	Reactions   []phi.Text    `class:"clinical" doc:"What the allergy has led to."`
	Dosage      phi.Text      `class:"clinical" doc:"How the medication is taken, in words."`
	Reason      phi.Text      `class:"clinical" doc:"What the medication is for."`
	Note        phi.Text      `class:"clinical" doc:"What the source adds in words."`
	Recorder    phi.Text      `class:"clinical" doc:"Who recorded or prescribed it, as the source names them."`
	Source      person.Source `class:"clinical" doc:"The system the item was imported from."`
	Told        Told          `class:"clinical" doc:"Who said so, of an item written down here: the client or a provider."`
	Writer      string        `class:"clinical" doc:"Id of the worker who wrote it down here; empty for an imported item."`
	Wrong       bool          `class:"clinical" doc:"Whether it was marked as entered in error."`
	Part2       bool          `class:"clinical" doc:"Whether it is a record of a Part 2 program, which moves all of it to a class of its own."`
}

// Kind keeps items.
var Kind = record.Define(record.Kind[Item]{
	Name:      "clinical",
	Doc:       "A condition, allergy or medication of a client.",
	Retention: "designated record set",
	Reclass: func(v Item, c policy.Class) policy.Class {
		if v.Part2 {
			return policy.SUD
		}
		return c
	},
	May: policy.Set(policy.SUD),
	Labels: func(i Item) record.Labels {
		return record.Labels{State: i.state(), Tag: string(i.Sort), At: i.at(), Ext: i.Source.Ext()}
	},
})

// ByHand reports whether the item was written down here, and may be changed here.
func (i Item) ByHand() bool { return !i.Source.Imported() && i.Writer != "" }

func (i Item) state() string {
	if i.Current {
		return Active
	}
	return Past
}

// at is when the item began, or else was recorded.
func (i Item) at() time.Time {
	d := i.OnsetOn
	if d.Empty() {
		d = i.RecordedOn
	}
	return midnight(d)
}

// Items are the use-cases on clinical items.
type Items struct {
	door    *record.Door
	records record.Records[Item]
}

// New returns the use-cases behind door.
func New(door *record.Door) *Items {
	return &Items{door: door, records: record.Use(door, Kind)}
}

// Want asks a view for a client's items, at most 500; sort them out with
// [Sorted].
func (is *Items) Want(v *record.View, client person.ID) *record.List[Item] {
	return is.WantPage(v, client, "")
}

// WantPage is Want from a cursor on.
func (is *Items) WantPage(v *record.View, client person.ID, after string) *record.List[Item] {
	return is.records.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 500, After: after})
}

// Summary is a client's clinical summary: in each list what is active first,
// then what began last.
type Summary struct {
	Conditions, Allergies, Medications []Opened
	More                               bool // there are more than were looked at
}

// Sorted puts the rows of a list in the order of a summary.
func Sorted(l *record.List[Item]) Summary {
	s := Summary{More: l.Next != ""}
	for _, o := range l.Rows {
		switch o.Value.Sort {
		case Condition:
			s.Conditions = append(s.Conditions, o)
		case Allergy:
			s.Allergies = append(s.Allergies, o)
		case Medication:
			s.Medications = append(s.Medications, o)
		}
	}
	for _, rows := range [][]Opened{s.Conditions, s.Allergies, s.Medications} {
		sort.SliceStable(rows, func(i, j int) bool {
			a, b := rows[i].Value, rows[j].Value
			if a.Current != b.Current {
				return a.Current
			}
			return a.at().After(b.at())
		})
	}
	return s
}

// Summary returns a client's clinical summary, as one read.
func (is *Items) Summary(ctx context.Context, who actor.Actor, client person.ID) (Summary, error) {
	v := is.door.View(who, "clinical.find")
	l := is.Want(v, client)
	if err := v.Open(ctx); err != nil {
		return Summary{}, err
	}
	return Sorted(l), nil
}

// Adopt plans, in w, an item from another system.
func (is *Items) Adopt(w *record.Work, client person.ID, i Item) (ID, error) {
	if !i.Source.Imported() {
		return ID{}, fault.Invalidf("clinical.create", "an imported item needs a source")
	}
	return is.records.Create(w, record.SubjectOf(client), i), nil
}

// Update plans, in w, what another system now says of an item adopted from it.
func (is *Items) Update(w *record.Work, id ID, version int64, from Item) {
	is.records.Change(w, "change", id, version, func(i *Item) error {
		*i = from
		return nil
	})
}
