// Package phrase keeps what notes are written with: templates of whole notes and
// short phrases, of the agency, of one program or of one worker.
//
// They are the agency's, about nobody: nothing about a client belongs in one, and
// the page that keeps them says so. What a template says becomes part of a note
// only when somebody puts it there.
//
// To start: New(door), then Want, Add, Change, Remove.
package phrase

import (
	"context"
	"regexp"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/note"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// ID is the opaque id of a phrase.
type ID = record.ID[Phrase]

// Opened is a phrase as the asker may see it.
type Opened = record.Opened[Phrase]

// Sort tells templates from phrases.
type Sort string

// The sorts.
const (
	Short    Sort = "phrase"
	Template Sort = "template"
)

// The states of a phrase, as the label says them.
const (
	Shared   = policy.Shared // of the agency or a program
	Personal = "personal"    // of one worker
	Removed  = "removed"
)

// Phrase is a template of a note or a short phrase.
type Phrase struct {
	Sort     Sort        `class:"program" doc:"Whether it is a template of a note or a short phrase."`
	State    string      `class:"program" doc:"Shared, personal or removed."`
	Owner    string      `class:"program" doc:"Id of the worker whose own it is; empty for a shared one."`
	Program  string      `class:"program" doc:"Code of the program it is for; empty for all."`
	Key      string      `class:"program" doc:"The short word a phrase is called up by."`
	Title    string      `class:"program" doc:"What a template is called, and the title of a note made with it."`
	Type     note.Type   `class:"program" doc:"The contact type of a template, if it has one."`
	Format   note.Format `class:"program" doc:"The format of a template."`
	Sections []TextOf    `class:"program" doc:"The texts of a template by heading; of a phrase, its one text."`
}

// TextOf is a text under a heading of a note.
type TextOf struct {
	Heading string `cbor:"heading,omitzero"`
	Text    string `cbor:"text"`
}

// Text is the text of a short phrase.
func (p Phrase) Text() string { return p.Section("") }

// Section is the text under a heading.
func (p Phrase) Section(heading string) string {
	for _, s := range p.Sections {
		if s.Heading == heading {
			return s.Text
		}
	}
	return ""
}

// Name is what a list calls it.
func (p Phrase) Name() string {
	if p.Sort == Template {
		return p.Title
	}
	return p.Key
}

// Kind keeps phrases.
var Kind = record.Define(record.Kind[Phrase]{
	Name:      "phrase",
	Doc:       "A template of a note, or a short phrase to write notes with.",
	Retention: "program",
	Labels: func(p Phrase) record.Labels {
		return record.Labels{State: p.State, Owner: p.Owner, Group: p.Program, Tag: string(p.Sort)}
	},
})

// Phrases are the use-cases on phrases.
type Phrases struct {
	door    *record.Door
	records record.Records[Phrase]
}

// New returns the use-cases behind door.
func New(door *record.Door) *Phrases {
	return &Phrases{door: door, records: record.Use(door, Kind)}
}

// Set is the phrases that somebody can use; it is filled when its view is opened.
type Set struct{ shared, own *record.List[Phrase] }

// Want asks a view for the asker's own phrases and the shared ones, at most 500
// of each.
func (ps *Phrases) Want(v *record.View, who actor.Actor) Set {
	return Set{
		shared: ps.records.WantAll(v, record.Query{State: Shared, Limit: 500}),
		own:    ps.records.WantAll(v, record.Query{State: Personal, Owner: who.Worker(), Limit: 500}),
	}
}

// All lists them by name, the asker's own first.
func (s Set) All() []Opened {
	sorted := func(rows []Opened) []Opened {
		rows = slices.Clone(rows)
		sort.SliceStable(rows, func(i, j int) bool {
			return strings.ToLower(rows[i].Value.Name()) < strings.ToLower(rows[j].Value.Name())
		})
		return rows
	}
	return append(sorted(s.own.Rows), sorted(s.shared.Rows)...)
}

// For lists those for a program: the asker's own, the agency's and the program's.
// Where two have one key, the asker's own comes before the program's, and that
// before the agency's.
func (s Set) For(program string) []Opened {
	var out []Opened
	for _, o := range s.All() {
		if p := o.Value.Program; p == "" || p == program {
			out = append(out, o)
		}
	}
	rank := func(o Opened) int {
		switch {
		case o.Value.State == Personal:
			return 0
		case o.Value.Program != "":
			return 1
		}
		return 2
	}
	sort.SliceStable(out, func(i, j int) bool { return rank(out[i]) < rank(out[j]) })
	seen := map[string]bool{}
	return slices.DeleteFunc(out, func(o Opened) bool {
		if o.Value.Sort != Short {
			return false
		}
		twice := seen[o.Value.Key]
		seen[o.Value.Key] = true
		return twice
	})
}

// List returns all that the asker can use.
func (ps *Phrases) List(ctx context.Context, who actor.Actor) ([]Opened, error) {
	if !who.Valid() {
		return nil, fault.DeniedBy("phrase.find", "no-actor")
	}
	v := ps.door.View(who, "phrase.find")
	s := ps.Want(v, who)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	return s.All(), nil
}

// Read returns one.
func (ps *Phrases) Read(ctx context.Context, who actor.Actor, id ID) (Opened, error) {
	return ps.records.Read(ctx, who, id)
}

var goodKey = regexp.MustCompile(`^[\p{L}\p{N}][\p{L}\p{N}_-]{0,30}$`)

// tidy brings what was typed into its form and tells what is wrong.
func tidy(p Phrase) (Phrase, error) {
	var wrong []fault.Field
	bad := func(name, message string) { wrong = append(wrong, fault.Field{Name: name, Message: message}) }
	p.Key, p.Title = strings.ToLower(strings.TrimPrefix(strings.TrimSpace(p.Key), ".")), strings.TrimSpace(p.Title)
	var sections []TextOf
	size := 0
	for _, s := range p.Sections {
		s.Text = strings.TrimSpace(strings.ReplaceAll(s.Text, "\r\n", "\n"))
		if s.Text != "" && slices.Contains(note.Headings(), s.Heading) {
			sections = append(sections, s)
			size += len(s.Text)
		}
	}
	p.Sections = sections
	switch p.Sort {
	case Template:
		p.Key = ""
		if p.Title == "" {
			bad("title", "Give the template a title.")
		}
		if p.Type != "" && !slices.Contains(note.Types(), p.Type) {
			bad("type", "Choose how you connected.")
		}
		if !slices.Contains(note.Formats(), p.Format) {
			bad("format", "Choose a format of notes from the list.")
		}
	case Short:
		p.Title, p.Type, p.Format = "", "", note.PlainFormat
		if !goodKey.MatchString(p.Key) {
			bad("key", "Give a short word of letters and digits, without spaces.")
		}
	default:
		bad("sort", "Choose a template or a phrase.")
	}
	if utf8.RuneCountInString(p.Title) > 200 {
		bad("title", "Keep the title to 200 characters.")
	}
	switch {
	case size == 0:
		bad("text", "Write the text.")
	case size > 20_000:
		bad("text", "Keep the text to 20,000 characters.")
	}
	if len(wrong) > 0 {
		return p, fault.InvalidFields("phrase.change", wrong...)
	}
	return p, nil
}

// Add adds a template or phrase: the asker's own, or a shared one. Errors:
// Invalid with fields, Denied.
func (ps *Phrases) Add(ctx context.Context, who actor.Actor, p Phrase, shared bool) (ID, error) {
	p.State, p.Owner = Personal, who.Worker()
	if shared {
		p.State, p.Owner = Shared, ""
	}
	p, err := tidy(p)
	if err != nil {
		return ID{}, err
	}
	w := ps.door.Work(who, "phrase.create")
	id := ps.records.Create(w, record.Subject{}, p)
	return id, w.Commit(ctx)
}

// Change changes one at version; whose it is stays. Errors: Invalid with fields,
// Conflict, Denied, NotFound.
func (ps *Phrases) Change(ctx context.Context, who actor.Actor, id ID, version int64, p Phrase) error {
	p, err := tidy(p)
	if err != nil {
		return err
	}
	w := ps.door.Work(who, "phrase.change")
	ps.records.Change(w, "change", id, version, func(old *Phrase) error {
		if old.State == Removed {
			return fault.NotFoundf("phrase.change")
		}
		p.State, p.Owner, p.Sort = old.State, old.Owner, old.Sort
		*old = p
		return nil
	})
	return w.Commit(ctx)
}

// Remove takes one out of every list. Notes written with it stay as they are.
func (ps *Phrases) Remove(ctx context.Context, who actor.Actor, id ID, version int64) error {
	w := ps.door.Work(who, "phrase.remove")
	ps.records.Change(w, "remove", id, version, func(p *Phrase) error {
		p.State = Removed
		return nil
	})
	return w.Commit(ctx)
}

// MayShare reports whether the asker keeps shared ones. It is for leaving out
// what would be refused.
func MayShare(who actor.Actor) bool {
	return who.Role() == actor.Supervisor || who.Role() == actor.ProgramManager
}
