package policydoc

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"sync"

	"caseward/internal/actor"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/record"
	"caseward/law"
)

// texts keeps texts that were read, by their hash.
type texts struct {
	mu sync.Mutex
	by map[string]*Text

	titles map[VersionID]string // of versions in force
}

// keep bounds how many are kept.
const keep = 200

func (x *texts) of(v Version) *Text {
	x.mu.Lock()
	t := x.by[v.Sum]
	x.mu.Unlock()
	if t != nil {
		return t
	}
	t = Read(v.Text)
	x.mu.Lock()
	defer x.mu.Unlock()
	if x.by == nil || len(x.by) >= keep {
		x.by = map[string]*Text{}
	}
	x.by[v.Sum] = t
	return t
}

// Text returns a version's text as it was read. It is shared: nobody changes it.
func (ps *Policies) Text(v Version) *Text {
	if v.State == Draft {
		return Read(v.Text)
	}
	return ps.texts.of(v)
}

// Shelf is the documents that somebody may see, and which versions they acknowledged.
type Shelf struct {
	Documents []record.Opened[Document] // by family and title
	done      map[string]bool
}

// Done reports whether the asker acknowledged a version.
func (s Shelf) Done(id VersionID) bool { return s.done[id.String()] }

// want asks a view for what everybody sees, what is in force; for the rest, which
// officers see; and for the asker's own. A list is asked for by what the policies decide
// it by.
func want[T any](v *record.View, who actor.Actor, r record.Records[T], q record.Query) func() []record.Opened[T] {
	q.Limit = 500
	rest, own := q, q
	q.State, rest.NotState = InForce, InForce
	own.NotState, own.Owner = InForce, who.Worker()
	lists := []*record.List[T]{r.WantAll(v, q), r.WantAll(v, rest), r.WantAll(v, own)}
	return func() []record.Opened[T] {
		var out []record.Opened[T]
		seen := map[record.ID[T]]bool{}
		for _, l := range lists {
			for _, o := range l.Rows {
				if !seen[o.ID] {
					out, seen[o.ID] = append(out, o), true
				}
			}
		}
		return out
	}
}

// List returns the documents that the asker may see: everybody those in force, officers
// and owners the drafts too.
func (ps *Policies) List(ctx context.Context, who actor.Actor) (Shelf, error) {
	if !who.Valid() {
		return Shelf{}, fault.DeniedBy("policydoc.find", "no-actor")
	}
	v := ps.door.View(who, "policydoc.find")
	docs := want(v, who, ps.docs, record.Query{})
	mine := ps.acks.WantLabels(v, record.Query{Owner: who.Worker(), Limit: 500})
	if err := v.Open(ctx); err != nil {
		return Shelf{}, err
	}
	s := Shelf{Documents: docs(), done: map[string]bool{}}
	for _, a := range mine.Rows {
		s.done[a.Labels.Ref] = true
	}
	s.Documents = slices.DeleteFunc(s.Documents, func(d record.Opened[Document]) bool { return d.Value.State == Withdrawn })
	order.By(s.Documents, func(a, b record.Opened[Document]) int {
		f := Families()
		return cmp.Or(slices.Index(f, a.Value.Family)-slices.Index(f, b.Value.Family), strings.Compare(a.Value.Title, b.Value.Title))
	})
	return s, nil
}

// File is a document with those of its versions that the asker may see, newest first.
type File struct {
	record.Opened[Document]
	Versions []record.Opened[Version]
	done     map[string]bool
}

// Done reports whether the asker acknowledged a version.
func (f File) Done(id VersionID) bool { return f.done[id.String()] }

// Find returns one of the versions.
func (f File) Find(id VersionID) (record.Opened[Version], bool) {
	for _, v := range f.Versions {
		if v.ID == id {
			return v, true
		}
	}
	return record.Opened[Version]{}, false
}

// Open returns a document with its versions. The entry names the version that is in
// force.
func (ps *Policies) Open(ctx context.Context, who actor.Actor, id ID) (File, error) {
	v := ps.door.View(who, "policydoc.read")
	if c, err := ps.now(ctx, id); err != nil {
		return File{}, err
	} else if c != "" {
		v.Detail("policy", c)
	}
	doc := ps.docs.Want(v, id)
	versions := want(v, who, ps.versions, record.Query{Ref: id.String()})
	mine := ps.acks.WantLabels(v, record.Query{Owner: who.Worker(), Limit: 500})
	if err := v.Open(ctx); err != nil {
		return File{}, err
	}
	f := File{Opened: doc.Opened, Versions: versions(), done: map[string]bool{}}
	for _, a := range mine.Rows {
		f.done[a.Labels.Ref] = true
	}
	order.By(f.Versions, func(a, b record.Opened[Version]) int { return strings.Compare(b.ID.String(), a.ID.String()) })
	return f, nil
}

// now names the version of a document that is in force; empty if none is.
func (ps *Policies) now(ctx context.Context, id ID) (string, error) {
	ids, err := ps.versions.InState(ctx, ps.service, InForce, id.String(), 500)
	if err != nil {
		return "", err
	}
	for _, v := range ids {
		l, in, err := ps.current(ctx, v)
		if err != nil {
			return "", err
		}
		if in {
			return Cited(l.Tag, v), nil
		}
	}
	return "", nil
}

// InForce reports whether a version of the document of a code is in force, without opening
// anything.
func (ps *Policies) InForce(ctx context.Context, code string) (bool, error) {
	id, err := ps.ByCode(ctx, code)
	if fault.Is(err, fault.NotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	c, err := ps.now(ctx, id)
	return c != "", err
}

// current reports whether a version is in force, without opening it.
func (ps *Policies) current(ctx context.Context, id VersionID) (record.Labels, bool, error) {
	now := ps.door.Clock().Now()
	l, _, found, err := ps.versions.LabelsOf(ctx, ps.service, id)
	return l, found && l.State == InForce && !now.Before(l.At) && (l.Due.IsZero() || now.Before(l.Due)), err
}

// ByCode returns the id of the document of a code; NotFound if there is none. What the
// asker may do with it is decided when they do.
func (ps *Policies) ByCode(ctx context.Context, code string) (ID, error) {
	id, _, _, found, err := ps.docs.FindExt(ctx, ps.service, ext(code))
	if err == nil && !found {
		err = fault.NotFoundf("policydoc.read")
	}
	return id, err
}

// Governing is a clause in force that governs a workflow.
type Governing struct {
	record.Opened[Version]
	Clause string
}

// Governing returns the clauses in force that govern a workflow, as one reading whose
// entry names the versions; none if nothing does.
func (ps *Policies) Governing(ctx context.Context, who actor.Actor, workflow string) ([]Governing, error) {
	ids, err := ps.versions.LookUp(ctx, ps.service, term(workflow), 500)
	if err != nil {
		return nil, err
	}
	v := ps.door.View(who, "policydoc_version.read")
	var cited []string
	var got []*record.Got[Version]
	for _, id := range ids {
		l, in, err := ps.current(ctx, id)
		if err != nil {
			return nil, err
		}
		if in {
			cited = append(cited, Cited(l.Tag, id))
			got = append(got, ps.versions.Want(v, id))
		}
	}
	if len(got) == 0 {
		return nil, nil
	}
	v.Detail("policy", strings.Join(cited, " "))
	v.Detail("workflow", workflow)
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	var out []Governing
	for _, g := range got {
		for _, x := range g.Value.Governs {
			if x.Workflow == workflow {
				out = append(out, Governing{g.Opened, x.Clause})
			}
		}
	}
	order.By(out, func(a, b Governing) int { return strings.Compare(a.Value.Code, b.Value.Code) })
	return out, nil
}

// Acknowledged returns when each worker acknowledged a version, as an officer sees it.
func (ps *Policies) Acknowledged(ctx context.Context, who actor.Actor, id VersionID) (map[string]record.Labels, error) {
	v := ps.door.View(who, "acknowledgement.find")
	v.Must("acknowledgement.read", record.Subject{}, false, AcknowledgementKind.Classes())
	out := map[string]record.Labels{}
	for after := ""; ; {
		l := ps.acks.WantLabels(v, record.Query{Ref: id.String(), Limit: 500, After: after})
		if err := v.Open(ctx); err != nil {
			return nil, err
		}
		for _, a := range l.Rows {
			out[a.Labels.Owner] = a.Labels
		}
		if l.Next == "" {
			return out, nil
		}
		after = l.Next
		v = ps.door.View(who, "acknowledgement.find")
	}
}

// Cover is a paragraph of law and the documents that answer it.
type Cover struct {
	law.Citation
	Codes []string
}

// covers are the sections a program of policies answers: the safeguards, breach
// notification and privacy (45 CFR 164.316(a), 164.530(i)(1)).
var covers = []string{"45 CFR 164.308(", "45 CFR 164.310(", "45 CFR 164.312(", "45 CFR 164.314(", "45 CFR 164.316(", "45 CFR 164.404", "45 CFR 164.406", "45 CFR 164.408", "45 CFR 164.410", "45 CFR 164.502", "45 CFR 164.504", "45 CFR 164.506", "45 CFR 164.508", "45 CFR 164.510", "45 CFR 164.512", "45 CFR 164.514", "45 CFR 164.520", "45 CFR 164.522", "45 CFR 164.524", "45 CFR 164.526", "45 CFR 164.528", "45 CFR 164.530"}

// Coverage sets the paragraphs of law beside the documents in force that answer them,
// or a paragraph above or below.
func Coverage(docs []Document) []Cover {
	var out []Cover
	for _, c := range law.All() {
		if !slices.ContainsFunc(covers, func(s string) bool { return strings.HasPrefix(c.ID, s) }) {
			continue
		}
		x := Cover{Citation: c}
		for _, d := range docs {
			if d.State == InForce && linked(Document{Code: d.Code, Standards: d.Standards}, []string{c.ID}, nil) {
				x.Codes = append(x.Codes, d.Code)
			}
		}
		slices.Sort(x.Codes)
		out = append(out, x)
	}
	return out
}

// Describe names the requirement that a version makes, and the page where it is
// acknowledged; code is "<code>@<version>". A version never changes, so its title is read
// once.
func (ps *Policies) Describe(ctx context.Context, _, code string) (title, path string, err error) {
	short, v, ok := strings.Cut(code, "@")
	id, perr := record.ParseID[Version](v)
	if !ok || perr != nil {
		return "", "", fault.NotFoundf("policydoc.describe")
	}
	ps.texts.mu.Lock()
	title = ps.texts.titles[id]
	ps.texts.mu.Unlock()
	if title == "" {
		o, err := ps.versions.Read(ctx, ps.service, id)
		if err != nil {
			return "", "", err
		}
		title = o.Value.Title
		ps.texts.mu.Lock()
		defer ps.texts.mu.Unlock()
		if ps.texts.titles == nil {
			ps.texts.titles = map[VersionID]string{}
		}
		ps.texts.titles[id] = title
	}
	return title, "/policies/doc/" + short, nil
}
