package form

import (
	"context"
	"strconv"
	"strings"
	"unicode/utf8"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/person"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Answer is what was filled in at one field.
type Answer struct {
	Key    string     `cbor:"key"`
	Values []phi.Text `cbor:"values"`
}

// Filled is a form filled in for a client. What was filled in lies in the field
// of its class, and is sealed with it.
type Filled struct {
	Form    ID      `class:"case" doc:"The form that was filled in."`
	Edition int     `class:"case" doc:"Which edition of the form."`
	Title   Words   `class:"case" doc:"The title of the form at that edition."`
	Fields  []Field `class:"case" doc:"What the form asked at that edition."`

	Cases        []Answer `class:"case" doc:"What was filled in that is about the case."`
	Identity     []Answer `class:"identity" doc:"What was filled in that says who the client is."`
	Contact      []Answer `class:"contact" doc:"What was filled in about reaching the client."`
	Demographics []Answer `class:"demographics" doc:"What was filled in about the client's origin and language."`
	Household    []Answer `class:"household" doc:"What was filled in about the household."`
	Financial    []Answer `class:"financial" doc:"What was filled in about money and benefits."`
	Legal        []Answer `class:"legal" doc:"What was filled in about courts, custody and status."`
	Assessment   []Answer `class:"assessment" doc:"What was filled in that assesses the client."`
	Clinical     []Answer `class:"clinical" doc:"What was filled in about health."`
	Plan         []Answer `class:"plan" doc:"What was filled in about goals and steps."`
	Note         []Answer `class:"note" doc:"What was filled in about contacts with the client."`
	Document     []Answer `class:"document" doc:"What was filled in about papers."`
}

// FilledID is the opaque id of a filled form.
type FilledID = record.ID[Filled]

// OpenedFilled is a filled form as the asker may see it.
type OpenedFilled = record.Opened[Filled]

// FilledKind keeps filled forms.
var FilledKind = record.Define(record.Kind[Filled]{
	Name:      "filled_form",
	Doc:       "A form of the agency's own, filled in for a client.",
	Retention: "designated record set",
	Labels:    func(f Filled) record.Labels { return record.Labels{Ref: f.Form.String()} },
})

// of is where the answers of a class lie.
func (f *Filled) of(c policy.Class) *[]Answer {
	switch c {
	case policy.Case:
		return &f.Cases
	case policy.Identity:
		return &f.Identity
	case policy.Contact:
		return &f.Contact
	case policy.Demographics:
		return &f.Demographics
	case policy.Household:
		return &f.Household
	case policy.Financial:
		return &f.Financial
	case policy.LegalMatter:
		return &f.Legal
	case policy.Assessment:
		return &f.Assessment
	case policy.Clinical:
		return &f.Clinical
	case policy.Plan:
		return &f.Plan
	case policy.Note:
		return &f.Note
	case policy.Document:
		return &f.Document
	}
	return nil
}

// Values are the answers that can be seen, by key.
func (f Filled) Values() map[string][]phi.Text {
	out := map[string][]phi.Text{}
	for _, c := range Classes() {
		for _, a := range *f.of(c) {
			out[a.Key] = a.Values
		}
	}
	return out
}

// put lays answers where their classes are; those of withheld classes are left
// as they are.
func (f *Filled) put(values map[string][]phi.Text, withheld policy.ClassSet) {
	for _, c := range Classes() {
		if withheld.Has(c) {
			continue
		}
		at := f.of(c)
		*at = nil
		for _, q := range f.Fields {
			if q.Class == c && len(values[q.Key]) > 0 {
				*at = append(*at, Answer{Key: q.Key, Values: values[q.Key]})
			}
		}
	}
}

const maxLong = 10_000

// Read takes what was filled in out of a form: get gives the values of a field.
// Everything wrong is told at once, each under the key of its field. Fields of
// withheld classes are neither read nor missed.
func Read(fields []Field, withheld policy.ClassSet, get func(key string) []string) (values map[string][]phi.Text, bad []fault.Field) {
	values = map[string][]phi.Text{}
	for _, f := range fields {
		if withheld.Has(f.Class) {
			continue
		}
		var vals []string
		for _, v := range get(f.Key) {
			if v = strings.TrimSpace(strings.ReplaceAll(v, "\r\n", "\n")); v != "" {
				vals = append(vals, v)
			}
		}
		if f.Type != Several && len(vals) > 1 {
			vals = vals[:1]
		}
		says := ""
		for i, v := range vals {
			switch f.Type {
			case Number:
				n := strings.ReplaceAll(strings.TrimPrefix(v, "$"), ",", "")
				if x, err := strconv.ParseFloat(n, 64); err != nil || x != x || x > 1e12 || x < -1e12 {
					says = "Enter a number."
					continue
				}
				vals[i] = n
			case Date:
				if _, err := phi.ParseDate(v); err != nil {
					says = "Enter the date as month, day and year."
				}
			case YesNo:
				if v != "yes" && v != "no" {
					says = "Choose one of the answers."
				}
			case Choice, Several:
				if _, ok := f.Option(v); !ok {
					says = "Choose one of the answers."
				}
			case LongText:
				if utf8.RuneCountInString(v) > maxLong {
					says = "Keep this to 10,000 characters."
				}
			default:
				if utf8.RuneCountInString(v) > maxWords {
					says = "Keep this to 300 characters."
				}
			}
		}
		if says == "" && f.Required && len(vals) == 0 {
			says = "Fill this in."
		}
		if says != "" {
			bad = append(bad, fault.Field{Name: f.Key, Message: says})
		}
		for _, v := range vals {
			values[f.Key] = append(values[f.Key], phi.NewText(v))
		}
	}
	return values, bad
}

// WantFilled asks a view for one filled form.
func (fs *Forms) WantFilled(v *record.View, id FilledID) *record.Got[Filled] {
	return fs.filled.Want(v, id)
}

// WantFilledOf asks a view for a client's filled forms, newest first, at most
// 200.
func (fs *Forms) WantFilledOf(v *record.View, client person.ID) *record.List[Filled] {
	return fs.filled.WantAll(v, record.Query{Subject: record.SubjectOf(client), Limit: 200})
}

// Filling is a form as it was filled in.
type Filling struct {
	Edition int                       // of the form, as the page showed it
	Get     func(key string) []string // the values of a field
	// Rev is the revision of the draft that the window last saw. If another one
	// kept something since, it is a Conflict, so that this is not thrown away.
	Rev int64
	// New is the id the filled form is to have, as the page carried it: one sent
	// twice makes one. Zero: any.
	New FilledID
}

// Fill keeps a form filled in for a client, at the edition that is published
// now. Errors: Invalid with fields, Conflict if the edition is not the one
// published any more, Denied, NotFound.
func (fs *Forms) Fill(ctx context.Context, who actor.Actor, client person.ID, form Opened, in Filling) (FilledID, error) {
	const op = "filled_form.create"
	d := form.Value
	switch {
	case d.Status != Published:
		return FilledID{}, fault.Conflictf(op, "the form is out of use")
	case d.Edition != in.Edition:
		return FilledID{}, fault.Conflictf(op, "the form was published anew since you opened it")
	}
	values, bad := Read(d.Live.Fields, 0, in.Get)
	if len(bad) > 0 {
		return FilledID{}, fault.InvalidFields(op, bad...)
	}
	f := Filled{Form: form.ID, Edition: d.Edition, Title: d.Live.Title, Fields: d.Live.Fields}
	f.put(values, 0)
	w := fs.door.Work(who, op)
	id := fs.filled.CreateOnce(w, in.New, record.SubjectOf(client), f)
	fs.door.DropDraftAt(w, record.SubjectOf(client), slot(form.ID), in.Rev)
	err := w.Commit(ctx)
	if err == nil {
		return id, nil
	}
	if fault.Is(err, fault.Conflict) && !in.New.IsZero() {
		if o, rerr := fs.filled.Read(ctx, who, in.New); rerr == nil && o.Subject == record.SubjectOf(client) && o.CreatedBy == who.Worker() {
			return in.New, nil // the page was sent twice
		}
	}
	return FilledID{}, err
}

// Edit changes what was filled in, at the version the page showed. What the
// asker may not see stays as it is. Errors: Invalid with fields, Conflict if
// somebody changed it since, Denied, NotFound.
func (fs *Forms) Edit(ctx context.Context, who actor.Actor, client person.ID, was OpenedFilled, version int64, get func(key string) []string) error {
	const op = "filled_form.change"
	values, bad := Read(was.Value.Fields, was.Withheld, get)
	if len(bad) > 0 {
		return fault.InvalidFields(op, bad...)
	}
	w := fs.door.Work(who, op)
	fs.filled.ChangeOf(w, "change", record.SubjectOf(client), was.ID, version, func(f *Filled) error {
		f.put(values, was.Withheld)
		return nil
	})
	return w.Commit(ctx)
}

// History returns every version of a filled form, newest first.
func (fs *Forms) History(ctx context.Context, who actor.Actor, id FilledID) ([]OpenedFilled, error) {
	return fs.filled.History(ctx, who, id)
}

// IsKey reports whether name is a key that fields are given.
func IsKey(name string) bool {
	n, ok := strings.CutPrefix(name, "f")
	_, err := strconv.Atoi(n)
	return ok && err == nil
}

func slot(id ID) string { return "form/" + id.String() }

// Keep keeps what the asker is filling in for a client, at the revision after
// rev; 0 for the first. Conflict: another window kept something since.
func (fs *Forms) Keep(ctx context.Context, who actor.Actor, client person.ID, form ID, rev int64, fields map[string]phi.Text) (record.Draft, error) {
	total := 0
	for k, v := range fields {
		total += len(k) + len(v.Disclose())
	}
	if total > 200_000 || len(fields) > 4*maxFields {
		return record.Draft{}, fault.InvalidFields("draft.keep", fault.Field{Message: "This is too long to be kept."})
	}
	return fs.door.KeepDraftAgain(ctx, who, record.SubjectOf(client), slot(form), rev, fields)
}

// Take returns what the asker was filling in; found is false if there is nothing.
func (fs *Forms) Take(ctx context.Context, who actor.Actor, client person.ID, form ID) (d record.Draft, found bool, err error) {
	return fs.door.Draft(ctx, who, record.SubjectOf(client), slot(form))
}

// Drop throws away what the asker was filling in.
func (fs *Forms) Drop(ctx context.Context, who actor.Actor, client person.ID, form ID) error {
	return fs.door.DropDraft(ctx, who, record.SubjectOf(client), slot(form))
}
