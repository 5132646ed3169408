package form

import (
	"context"
	"slices"
	"sort"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Words are what a form says, in the languages of the pages.
type Words struct {
	En string `cbor:"en,omitzero"`
	Es string `cbor:"es,omitzero"`
}

// In is the words in a language, "es" or any other.
func (w Words) In(lang string) string {
	if lang == "es" && w.Es != "" {
		return w.Es
	}
	return w.En
}

// Type is what a field takes.
type Type string

// The types of field.
const (
	Text     Type = "text"
	LongText Type = "long_text"
	Number   Type = "number"
	Date     Type = "date"
	YesNo    Type = "yes_no"
	Choice   Type = "choice"
	Several  Type = "several"
)

// Types lists the types in the order screens show them.
func Types() []Type { return []Type{Text, LongText, Number, Date, YesNo, Choice, Several} }

// Classes are the field classes a field may have: those open to ordinary staff
// who work with the client.
func Classes() []policy.Class {
	return []policy.Class{
		policy.Case, policy.Identity, policy.Contact, policy.Demographics, policy.Household, policy.Financial,
		policy.LegalMatter, policy.Assessment, policy.Clinical, policy.Plan, policy.Note, policy.Document,
	}
}

// Field is a question of a form.
type Field struct {
	Key      string       `cbor:"key"` // f1, f2; never given twice in one form
	Type     Type         `cbor:"type"`
	Label    Words        `cbor:"label"`
	Help     Words        `cbor:"help,omitzero"`
	Required bool         `cbor:"required,omitzero"`
	Class    policy.Class `cbor:"class"`
	Options  []Option     `cbor:"options,omitempty"`
}

// Option is an answer to choose.
type Option struct {
	Key  string `cbor:"key"`
	Text Words  `cbor:"text"`
}

// Option returns the option with a key.
func (f Field) Option(key string) (Option, bool) {
	i := slices.IndexFunc(f.Options, func(o Option) bool { return o.Key == key })
	if i < 0 {
		return Option{}, false
	}
	return f.Options[i], true
}

// Design is what a form asks and where.
type Design struct {
	Title    Words    `cbor:"title"`
	Programs []string `cbor:"programs,omitempty"` // none: every program
	Fields   []Field  `cbor:"fields,omitempty"`
}

// The states of a form, as the label says them.
const (
	Draft     = "draft"     // never published
	Published = "published" // it can be filled in
	Retired   = "retired"   // it can no longer be
)

// Definition is a form of the agency's own.
type Definition struct {
	Status      string    `class:"program" doc:"Whether the form was never published, can be filled in, or no longer can."`
	Edition     int       `class:"program" doc:"How often the form was published."`
	Live        Design    `class:"program" doc:"What the form asks, as it was published last."`
	Next        Design    `class:"program" doc:"What the form is to ask once it is published again."`
	Given       int       `class:"program" doc:"How many keys were given to fields, so that none is given twice."`
	PublishedAt time.Time `class:"program" doc:"When the form was published last."`
	PublishedBy string    `class:"program" doc:"Id of the worker who published it last."`
}

// ID is the opaque id of a form.
type ID = record.ID[Definition]

// Opened is a form as the asker may see it.
type Opened = record.Opened[Definition]

// Kind keeps forms.
var Kind = record.Define(record.Kind[Definition]{
	Name:      "form",
	Doc:       "A form of the agency's own: what it asks, in which programs.",
	Retention: "program",
	Labels: func(d Definition) record.Labels {
		return record.Labels{State: d.Status, At: d.PublishedAt}
	},
})

// Changed reports whether the design differs from what is published.
func (d Definition) Changed() bool {
	return d.Edition == 0 || !same(d.Live, d.Next)
}

func same(a, b Design) bool {
	return a.Title == b.Title && slices.Equal(a.Programs, b.Programs) && slices.EqualFunc(a.Fields, b.Fields, func(x, y Field) bool {
		return x.Key == y.Key && x.Type == y.Type && x.Label == y.Label && x.Help == y.Help && x.Required == y.Required && x.Class == y.Class && slices.Equal(x.Options, y.Options)
	})
}

// Forms are the use-cases on forms and on what was filled in.
type Forms struct {
	door   *record.Door
	forms  record.Records[Definition]
	filled record.Records[Filled]
}

// New returns the use-cases behind door.
func New(door *record.Door) *Forms {
	return &Forms{door: door, forms: record.Use(door, Kind), filled: record.Use(door, FilledKind)}
}

const (
	maxFields  = 60
	maxOptions = 40
	maxWords   = 300
)

// Want asks a view for one form.
func (fs *Forms) Want(v *record.View, id ID) *record.Got[Definition] { return fs.forms.Want(v, id) }

// WantForms asks a view for every form.
func (fs *Forms) WantForms(v *record.View) *record.List[Definition] {
	return fs.forms.WantAll(v, record.Query{Limit: 500})
}

// Read returns one form.
func (fs *Forms) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return fs.forms.Read(ctx, who, id)
}

// Fillable are the published forms for a client of these programs, by title.
func Fillable(rows []Opened, programs []string) []Opened {
	var out []Opened
	for _, o := range rows {
		d := o.Value
		if d.Status != Published || len(d.Live.Programs) > 0 && !slices.ContainsFunc(d.Live.Programs, func(p string) bool { return slices.Contains(programs, p) }) {
			continue
		}
		out = append(out, o)
	}
	sort.SliceStable(out, func(i, j int) bool {
		return strings.ToLower(out[i].Value.Live.Title.En) < strings.ToLower(out[j].Value.Live.Title.En)
	})
	return out
}

// Create makes a form that asks nothing yet. Errors: Invalid with fields, Denied.
func (fs *Forms) Create(ctx context.Context, who actor.Actor, title Words, programs []string) (ID, error) {
	const op = "form.create"
	d := Definition{Status: Draft, Next: Design{Title: trim(title), Programs: programs}}
	if bad := d.Next.head(); len(bad) > 0 {
		return ID{}, fault.InvalidFields(op, bad...)
	}
	w := fs.door.Work(who, op)
	id := fs.forms.Create(w, record.Subject{}, d)
	return id, w.Commit(ctx)
}

// Design changes what the form will ask, at the version the page showed. Fields
// with no key are new and get one. What was published stays until it is
// published again. Errors: Invalid with fields, Conflict, Denied, NotFound.
func (fs *Forms) Design(ctx context.Context, who actor.Actor, id ID, version int64, next Design) error {
	const op = "form.change"
	next.Title = trim(next.Title)
	for i := range next.Fields {
		next.Fields[i].Label, next.Fields[i].Help = trim(next.Fields[i].Label), trim(next.Fields[i].Help)
	}
	if bad := append(next.head(), next.broken()...); len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	w := fs.door.Work(who, op)
	fs.forms.Change(w, "change", id, version, func(d *Definition) error {
		for i := range next.Fields {
			f := &next.Fields[i]
			if f.Key == "" {
				d.Given++
				f.Key = "f" + strconv.Itoa(d.Given)
			}
			for j := range f.Options {
				if f.Options[j].Key == "" {
					f.Options[j].Key = optionKey(f.Options, j)
				}
			}
		}
		d.Next = next
		return nil
	})
	return w.Commit(ctx)
}

// optionKey is a key that no other option of the field has.
func optionKey(all []Option, j int) string {
	for n := j + 1; ; n++ {
		key := "o" + strconv.Itoa(n)
		if !slices.ContainsFunc(all, func(o Option) bool { return o.Key == key }) {
			return key
		}
	}
}

// Publish makes what the form will ask what it asks: a new edition. Errors:
// Invalid with everything that is missing, Conflict, Denied, NotFound.
func (fs *Forms) Publish(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "form.publish"
	now := fs.door.Clock().Now()
	w := fs.door.Work(who, op)
	fs.forms.Change(w, "publish", id, version, func(d *Definition) error {
		if bad := append(append(d.Next.head(), d.Next.broken()...), d.Next.incomplete()...); len(bad) > 0 {
			return fault.InvalidFields(op, bad...)
		}
		d.Status, d.Live = Published, d.Next
		d.Edition++
		d.PublishedAt, d.PublishedBy = now, who.Worker()
		return nil
	})
	return w.Commit(ctx)
}

// Retire takes the form out of use. What was filled in stays, and can be read
// and put right. Errors: Conflict, Denied, NotFound.
func (fs *Forms) Retire(ctx context.Context, who actor.Actor, id ID, version int64) error {
	const op = "form.retire"
	w := fs.door.Work(who, op)
	fs.forms.Change(w, "retire", id, version, func(d *Definition) error {
		if d.Status == Retired {
			return fault.Conflictf(op, "the form is out of use already")
		}
		d.Status = Retired
		return nil
	})
	return w.Commit(ctx)
}

func trim(w Words) Words { return Words{strings.TrimSpace(w.En), strings.TrimSpace(w.Es)} }

func (d Design) head() (bad []fault.Field) {
	if d.Title.En == "" {
		bad = append(bad, fault.Field{Name: "title", Message: "Give the form a title."})
	}
	if long(d.Title) {
		bad = append(bad, fault.Field{Name: "title", Message: "Keep this to 300 characters."})
	}
	return bad
}

func long(w Words) bool {
	return utf8.RuneCountInString(w.En) > maxWords || utf8.RuneCountInString(w.Es) > maxWords
}

// broken tells what cannot be kept even while the form is designed.
func (d Design) broken() (bad []fault.Field) {
	add := func(i int, part, message string) {
		bad = append(bad, fault.Field{Name: part + "-" + d.Fields[i].Key, Message: message})
	}
	if len(d.Fields) > maxFields {
		bad = append(bad, fault.Field{Name: "title", Message: "A form has at most 60 questions; make two."})
	}
	seen := map[string]bool{}
	for i, f := range d.Fields {
		if !slices.Contains(Types(), f.Type) {
			add(i, "type", "Choose what the question takes.")
		}
		// Whoever designs a form does not decide that more people see what is
		// specially protected: these classes are not to be had.
		if !slices.Contains(Classes(), f.Class) {
			add(i, "class", "Choose which kind of information this is.")
		}
		if long(f.Label) || long(f.Help) {
			add(i, "label", "Keep this to 300 characters.")
		}
		if len(f.Options) > maxOptions {
			add(i, "options", "Give at most 40 answers to choose from.")
		}
		if f.Key != "" && seen[f.Key] {
			add(i, "label", "This question stands twice.")
		}
		seen[f.Key] = true
	}
	return bad
}

// incomplete tells what is missing before the form can be published.
func (d Design) incomplete() (bad []fault.Field) {
	add := func(i int, part, message string) {
		bad = append(bad, fault.Field{Name: part + "-" + d.Fields[i].Key, Message: message})
	}
	if len(d.Fields) == 0 {
		bad = append(bad, fault.Field{Name: "title", Message: "Add a question first: a form that asks nothing cannot be published."})
	}
	if d.Title.Es == "" {
		bad = append(bad, fault.Field{Name: "title_es", Message: "Give the title in Spanish too."})
	}
	for i, f := range d.Fields {
		if f.Label.En == "" {
			add(i, "label", "Write the question.")
		}
		if f.Label.Es == "" {
			add(i, "label_es", "Write the question in Spanish too.")
		}
		if (f.Type == Choice || f.Type == Several) && len(f.Options) < 2 {
			add(i, "options", "Give at least two answers to choose from, one a line.")
		}
	}
	return bad
}
