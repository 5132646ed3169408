// Package filter keeps how a worker likes to look at their caseload: filters with
// a name, one of which the caseload opens with.
//
// A filter is its worker's own and about the agency's work, not about a client:
// it holds what can be chosen from lists, and a name. It never holds what somebody
// searched for.
//
// To start: New(door), then Mine, Save, SetDefault and Drop.
package filter

import (
	"context"
	"strings"
	"sync"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/phi"
	"caseward/internal/record"
)

// ID is the opaque id of a filter.
type ID = record.ID[Filter]

// Opened is a filter as its worker sees it.
type Opened = record.Opened[Filter]

// The states of a filter, as the label says them.
const (
	kept    = "kept"
	first   = "default"
	dropped = "dropped"
)

// Most is how many filters a worker may keep.
const Most = 20

// Filter is a way to look at a caseload.
type Filter struct {
	Owner   string   `class:"workforce" doc:"Id of the worker whose filter it is."`
	Name    phi.Text `class:"workforce" doc:"What its worker calls it; it is not to name a client."`
	Program string   `class:"workforce" doc:"Code of the program; empty for any."`
	Status  string   `class:"workforce" doc:"Status of the case: empty for open, closed or any."`
	Level   string   `class:"workforce" doc:"Level of support; empty for any."`
	Tab     string   `class:"workforce" doc:"Part of the caseload, as what needs attention; empty for all."`
	Sort    string   `class:"workforce" doc:"Order of the caseload; empty for what is due next."`
	Whose   string   `class:"workforce" doc:"Whose cases: mine or shared with me; empty for what the caseload begins with."`
	Worker  string   `class:"workforce" doc:"Id of the worker whose cases are shown, for those who see several; empty for all."`
	Default bool     `class:"workforce" doc:"Whether the caseload opens with it."`
	Gone    bool     `class:"workforce" doc:"Whether its worker threw it away."`
}

// Kind keeps filters.
var Kind = record.Define(record.Kind[Filter]{
	Name:      "filter",
	Doc:       "A named way in which a worker looks at their caseload.",
	Retention: "working",
	Labels: func(f Filter) record.Labels {
		switch {
		case f.Gone:
			return record.Labels{State: dropped, Owner: f.Owner}
		case f.Default:
			return record.Labels{State: first, Owner: f.Owner}
		}
		return record.Labels{State: kept, Owner: f.Owner}
	},
})

// Filters are the use-cases on filters.
type Filters struct {
	door    *record.Door
	records record.Records[Filter]

	mu    sync.Mutex
	known map[string]shelf // by worker
}

// shelf is the filters of a worker as they were opened last.
type shelf struct {
	stamp string
	rows  []Opened
}

// New returns the use-cases behind door.
func New(door *record.Door) *Filters {
	return &Filters{door: door, records: record.Use(door, Kind), known: map[string]shelf{}}
}

// Mine lists the asker's filters by name.
func (fs *Filters) Mine(ctx context.Context, who actor.Actor) ([]Opened, error) {
	const op = "filter.find"
	if !who.Valid() {
		return nil, fault.DeniedBy(op, "no-actor")
	}
	v := fs.door.View(who, op)
	l := fs.WantMine(v, who)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	rows := ByName(l)
	fs.Know(who, rows)
	return rows, nil
}

// Know keeps the asker's filters as a page opened them, so that the menu beside it
// need not open them again.
func (fs *Filters) Know(who actor.Actor, rows []Opened) {
	fs.mu.Lock()
	defer fs.mu.Unlock()
	fs.known[who.Worker()] = shelf{record.StampOf(rows), rows}
}

// Menu lists the asker's filters by name, for the menu of every page. They are
// opened, with an entry, the first time and when one of them was changed; else it is
// one look at which there are.
func (fs *Filters) Menu(ctx context.Context, who actor.Actor) ([]Opened, error) {
	stamp, err := fs.records.Stamp(ctx, who, mine(who))
	if err != nil || stamp == "" {
		return nil, err
	}
	fs.mu.Lock()
	s := fs.known[who.Worker()]
	fs.mu.Unlock()
	if s.stamp == stamp {
		return s.rows, nil
	}
	return fs.Mine(ctx, who)
}

func mine(who actor.Actor) record.Query {
	return record.Query{Owner: who.Worker(), NotState: dropped, Limit: Most}
}

// WantMine asks a view for the asker's filters, for a page that shows them beside
// the caseload.
func (fs *Filters) WantMine(v *record.View, who actor.Actor) *record.List[Filter] {
	return fs.records.WantAll(v, mine(who))
}

// HasDefault reports whether the asker's caseload opens with a filter. It opens
// nothing.
func (fs *Filters) HasDefault(ctx context.Context, who actor.Actor) (bool, error) {
	n, err := fs.records.Tally(ctx, who, record.Query{Owner: who.Worker(), State: first})
	return n > 0, err
}

// ByName is what was wanted, in the order of the names.
func ByName(l *record.List[Filter]) []Opened {
	rows := l.Rows
	for i := range rows {
		for j := i; j > 0 && lower(rows[j]) < lower(rows[j-1]); j-- {
			rows[j], rows[j-1] = rows[j-1], rows[j]
		}
	}
	return rows
}

func lower(o Opened) string { return strings.ToLower(o.Value.Name.Disclose()) }

// Save keeps a new filter of the asker's; one that is to be the default takes the
// place of the one before. Invalid names the fields that are wrong.
func (fs *Filters) Save(ctx context.Context, who actor.Actor, f Filter) (ID, error) {
	const op = "filter.create"
	wrong := func(message string) error {
		return fault.InvalidFields(op, fault.Field{Name: "filter_name", Message: message})
	}
	f.Name = phi.NewText(strings.TrimSpace(f.Name.Disclose()))
	switch n := utf8.RuneCountInString(f.Name.Disclose()); {
	case n == 0:
		return ID{}, wrong("Give the filter a name.")
	case n > 60:
		return ID{}, wrong("Keep the name to 60 characters.")
	}
	have, err := fs.Mine(ctx, who)
	if err != nil {
		return ID{}, err
	}
	if len(have) >= Most {
		return ID{}, wrong("You have 20 filters. Remove one first.")
	}
	w := fs.door.Work(who, op)
	for _, o := range have {
		if strings.EqualFold(o.Value.Name.Disclose(), f.Name.Disclose()) {
			return ID{}, wrong("You have a filter of this name already.")
		}
		if f.Default && o.Value.Default {
			fs.records.Change(w, "change", o.ID, 0, func(f *Filter) error { f.Default = false; return nil })
		}
	}
	f.Owner, f.Gone = who.Worker(), false
	id := fs.records.Create(w, record.Subject{}, f)
	return id, w.Commit(ctx)
}

// SetDefault makes one of the asker's filters the one their caseload opens with;
// the zero id makes it none.
func (fs *Filters) SetDefault(ctx context.Context, who actor.Actor, id ID) error {
	const op = "filter.change"
	have, err := fs.Mine(ctx, who)
	if err != nil {
		return err
	}
	w := fs.door.Work(who, op)
	for _, o := range have {
		if o.Value.Default && o.ID != id {
			fs.records.Change(w, "change", o.ID, 0, func(f *Filter) error { f.Default = false; return nil })
		}
	}
	if !id.IsZero() {
		fs.records.Change(w, "change", id, 0, func(f *Filter) error { f.Default = true; return nil })
	}
	return w.Commit(ctx)
}

// Drop throws one of the asker's filters away.
func (fs *Filters) Drop(ctx context.Context, who actor.Actor, id ID) error {
	w := fs.door.Work(who, "filter.change")
	fs.records.Change(w, "change", id, 0, func(f *Filter) error {
		f.Gone, f.Default = true, false
		return nil
	})
	return w.Commit(ctx)
}
