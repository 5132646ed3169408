package record

import (
	"cmp"
	"context"
	"errors"
	"reflect"
	"slices"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/internal/store"
	"caseward/internal/trace"
)

// Work is several writes that belong together: each is decided for itself, all
// commit in one transaction with one entry, or none does. Say what to write,
// then call Commit.
type Work struct {
	door   *Door
	who    actor.Actor
	action string
	a      *gate.Admission
	ops    []op
	fresh  map[string]*seal.Fresh  // keys of clients this work creates
	undo   []func(context.Context) // what was stored beside the database for it
	along  []*Work                 // of others, in the same transaction
	done   bool
}

// op is one write: plan decides it and prepares outside the transaction, do
// carries it out inside, and last what can only follow everything else.
type op struct {
	plan func(ctx context.Context, w *Work) (gate.Target, policy.Answer, error)
	do   func(ctx context.Context, tx *db.Tx) error
	last func(ctx context.Context, tx *db.Tx) error
}

// Work begins a write that is recorded under action, as "note.sign".
func (d *Door) Work(who actor.Actor, action string) *Work {
	return &Work{door: d, who: who, action: action, a: d.gate.Begin(who, action)}
}

// Detail adds a small fact without PHI to the work's entry.
func (w *Work) Detail(key, value string) { w.a.Detail(key, value) }

// Look has a work look at labels before it is said what to write: what want asks of its
// view, under an action, is decided as ever, is filled when Look returns, and stands in the
// entry of the work. Nothing is opened for it, so that only labels can be wanted; nobody is
// told of them before the work is committed. Errors as [Work.Commit]; the work is then over.
func (w *Work) Look(ctx context.Context, action string, want func(v *View)) error {
	d := w.door
	v := d.View(w.who, action)
	v.a = w.a
	want(v)
	deciding := trace.Start(ctx, trace.Decide).Asking(action)
	err := v.plan(ctx)
	deciding.Done()
	if err == nil && len(v.opens) > 0 {
		err = fault.Invalidf(action, "a work looks at labels only")
	}
	if err == nil {
		return nil
	}
	w.done = true
	outcome := audit.Failed
	if k := fault.KindOf(err); k == fault.NotFound || k == fault.Denied {
		outcome = audit.Refused
	}
	return cmp.Or(w.a.Refuse(ctx, d.db, outcome, v.refused), err)
}

// Commit decides everything, and then writes the entry and the changes in one
// transaction. It returns when they are durable. Errors: NotFound or Denied if
// anything was refused, Conflict if a record was changed since the version
// given, whatever a change function returned, Unavailable if nothing was kept.
// Except for a success, an entry says so too.
func (w *Work) Commit(ctx context.Context) (err error) {
	if w.done {
		return fault.Invalidf(w.action, "this work was committed already")
	}
	d, all := w.door, append([]*Work{w}, w.along...)
	for _, x := range all {
		x.done = true
	}
	defer func() {
		if err != nil {
			for _, x := range all {
				for _, undo := range x.undo {
					undo(ctx)
				}
			}
		}
	}()
	deciding := trace.Start(ctx, trace.Decide).Asking(w.action)
	for _, x := range all {
		for _, o := range x.ops {
			t, ans, err := o.plan(ctx, x)
			if err == nil {
				continue
			}
			deciding.Done()
			outcome := audit.Failed
			if k := fault.KindOf(err); k == fault.NotFound || k == fault.Denied {
				outcome = audit.Refused
			}
			x.a.Touch(t, ans)
			if lerr := x.a.Refuse(ctx, d.db, outcome, ans); lerr != nil {
				return lerr
			}
			if x != w {
				if lerr := w.a.Refuse(ctx, d.db, audit.Failed, policy.Answer{}); lerr != nil {
					return lerr
				}
			}
			return err
		}
	}
	deciding.Done()
	for _, x := range all {
		if err := x.a.Prepare(); err != nil {
			return err
		}
	}
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		for _, x := range all {
			if err := x.a.Enter(ctx, tx); err != nil {
				return err
			}
		}
		for _, x := range all {
			for _, o := range x.ops {
				if o.do == nil {
					continue
				}
				if err := o.do(ctx, tx); err != nil {
					return err
				}
			}
		}
		for _, x := range all {
			for _, o := range x.ops {
				if o.last == nil {
					continue
				}
				if err := o.last(ctx, tx); err != nil {
					return err
				}
			}
		}
		return nil
	})
	if err != nil {
		for _, x := range all {
			if lerr := d.failed(ctx, x.a, err); lerr != nil {
				return errors.Join(err, lerr)
			}
		}
		if fault.KindOf(err) == fault.Internal {
			return fault.Unavailablef(w.action, err, "nothing was kept")
		}
	}
	return err
}

// failed enters that what a would have kept was not: its own entry was undone with the
// rest. Where the database did not confirm the commit, that one may stand beside this,
// which then says so ("kept": "unconfirmed").
func (d *Door) failed(ctx context.Context, a *gate.Admission, err error) error {
	if errors.Is(err, db.ErrUnconfirmed) {
		a.Detail("kept", "unconfirmed")
	}
	return a.Refuse(ctx, d.db, audit.Failed, policy.Answer{})
}

// Along has the writes of another work, a service's on behalf of whoever does this
// one, commit in the transaction of w: each is decided for who does it and has an
// entry of its own, and both are kept or neither. other is not committed by itself.
func (w *Work) Along(other *Work) { w.along = append(w.along, other) }

// Create plans a new record about subject, under the action "<kind>.create".
// The id is known at once; the record exists when Commit returns.
func (r Records[T]) Create(w *Work, subject Subject, v T) ID[T] {
	return r.CreateAs(w, r.kind.Name+".create", subject, v)
}

// CreateClient plans a new record that is itself the client: its id is the
// subject of everything about them, and a data key is made with it.
func (r Records[T]) CreateClient(w *Work, v T) ID[T] {
	id := newID(w.door.clock.Now())
	r.create(w, r.kind.Name+".create", id, Subject{id}, &v)
	return ID[T]{id}
}

// CreateAs is Create under another action, as "case.open".
func (r Records[T]) CreateAs(w *Work, action string, subject Subject, v T) ID[T] {
	id := newID(w.door.clock.Now())
	r.create(w, action, id, subject, &v)
	return ID[T]{id}
}

// create plans a record of what v points to. It is kept out of its callers, which
// would each have it whole, one for every kind.
//
//go:noinline
func (r records) create(w *Work, action, id string, subject Subject, v any) {
	d, k := r.door, r.kind
	var pass gate.Pass
	var row store.Row
	var tokens []int64
	var facts []store.Fact
	var fresh *seal.Fresh
	w.ops = append(w.ops, op{
		plan: func(ctx context.Context, w *Work) (gate.Target, policy.Answer, error) {
			now := db.Micros(d.clock.Now())
			l := k.labels(v)
			parts, set, err := k.encode(v, func(policy.Class, policy.Class) bool { return true })
			t := gate.Target{Kind: k.Name, ID: id, Subject: subject.s, State: l.State, Owner: l.Owner, Version: 1, Classes: set}
			if err != nil {
				return t, policy.Answer{}, err
			}
			if err := d.relate(ctx, d.db, w.who, &t); err != nil {
				return t, policy.Answer{}, err
			}
			ans := d.gate.Decide(w.who, action, t)
			if !ans.OK() {
				return t, ans, d.refusal(w.who, action, t, ans)
			}
			// Classes whose fields are all empty need no permission.
			parts, set, refused := k.writable(v, parts, ans.Allowed)
			if refused != 0 {
				return t, ans, fault.DeniedBy(action, ans.Forbids...)
			}
			t.Classes = set
			key, err := w.key(ctx, id, subject.s)
			if err != nil {
				return t, ans, err
			}
			if id == subject.s {
				fresh = key
			}
			pass = w.a.Admit(gate.Writing, action, t, ans)
			body, err := d.ring.Seal(ctx, d.db, pass, seal.Ref{Kind: k.Name, ID: id, Subject: subject.s}, parts, nil, key)
			if err != nil {
				return t, ans, err
			}
			row = store.Row{
				ID: id, Kind: k.Name, Subject: subject.s, Version: 1, State: l.State, Owner: l.Owner, Group: l.Group, Ref: l.Ref, Tag: l.Tag,
				At: db.Micros(l.At), Due: db.Micros(l.Due), Ext: d.ext(k.Name, l.Ext), Classes: set.String(), Body: body,
				CreatedAt: now, CreatedBy: w.who.Worker(), ChangedAt: now, ChangedBy: w.who.Worker(),
			}
			tokens, facts = r.tokens(v), r.facts(id, subject, v)
			return t, ans, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			if fresh != nil {
				if err := fresh.Keep(ctx, tx, d.clock.Now()); err != nil {
					return err
				}
			}
			if err := r.stays(ctx, tx, w, action, id, subject); err != nil {
				return err
			}
			if err := store.Insert(ctx, tx, pass, row); err != nil {
				return err
			}
			r.kind.changed(tx, subject.s)
			return r.reindex(ctx, tx, id, subject, nil, tokens, nil, facts)
		},
	})
}

// stays refuses a new record about a client whose record was joined to another.
// It is asked inside the transaction: whoever opened a form before the two were
// joined, however shortly, is told. Services work on each record as it lies.
func (r records) stays(ctx context.Context, tx *db.Tx, w *Work, action, id string, subject Subject) error {
	if subject.IsZero() || id == subject.s || w.who.Service() || slices.Contains(r.kind.late, action) {
		return nil
	}
	above, err := store.Above(ctx, tx, subject.s, db.Micros(r.door.clock.Now()))
	if err != nil || above == "" {
		return err
	}
	return fault.JoinedTo(action, above)
}

// writable drops parts that hold nothing and tells which of the rest the answer
// does not allow.
func (k *kind) writable(v any, parts []seal.Part, allowed policy.ClassSet) (keep []seal.Part, set, refused policy.ClassSet) {
	for _, p := range parts {
		if k.isEmpty(v, p.Slot) && !allowed.Has(p.Class) {
			continue
		}
		if !allowed.Has(p.Class) {
			refused |= policy.Set(p.Class)
			continue
		}
		keep = append(keep, p)
		set |= policy.Set(p.Class)
	}
	return keep, set, refused
}

// key makes the data key of a client whose record id is, in this work; it is nil
// for a client who has one.
func (w *Work) key(ctx context.Context, id, subject string) (*seal.Fresh, error) {
	if f := w.fresh[subject]; f != nil {
		return f, nil
	}
	if id == subject {
		f, err := w.door.ring.Make(ctx, subject)
		if err != nil {
			return nil, err
		}
		if w.fresh == nil {
			w.fresh = map[string]*seal.Fresh{}
		}
		w.fresh[subject] = f
		return f, nil
	}
	has, err := w.door.ring.Has(ctx, w.door.db, subject)
	if err == nil && !has {
		err = fault.NotFoundf(w.action)
	}
	return nil, err
}

// isEmpty reports whether every field declared with class slot holds nothing.
func (k *kind) isEmpty(v any, slot policy.Class) bool {
	rv := reflect.ValueOf(v).Elem()
	for _, g := range k.groups {
		if g.class != slot {
			continue
		}
		for _, i := range g.index {
			f := rv.Field(i)
			if f.Kind() == reflect.Slice && f.Len() == 0 {
				continue
			}
			if !f.IsZero() {
				return false
			}
		}
	}
	return true
}

func (r records) tokens(v any) []int64 { return r.door.tokens(r.kind.terms(v)) }

func (r records) facts(id string, subject Subject, v any) []store.Fact {
	var out []store.Fact
	for _, f := range r.kind.facts(id, subject, v) {
		until := db.Forever
		if !f.Until.IsZero() {
			until = db.Micros(f.Until)
		}
		scope := f.terms
		if scope == "" {
			scope = f.Scope.String()
		}
		out = append(out, store.Fact{Holder: f.Holder, Rel: f.Rel, Object: f.Object, Scope: scope, From: db.Micros(f.From), Until: until})
	}
	return out
}

// reindex changes tokens and facts from what the value said before to what it
// says now. Only the difference is touched: what the asker could not see was in
// neither, and stays.
func (r records) reindex(ctx context.Context, tx *db.Tx, id string, subject Subject, oldTokens, newTokens []int64, oldFacts, newFacts []store.Fact) error {
	if err := store.MoveTokens(ctx, tx, id, subject.s, without(oldTokens, newTokens), without(newTokens, oldTokens)); err != nil {
		return err
	}
	return store.MoveFacts(ctx, tx, id, without(oldFacts, newFacts), without(newFacts, oldFacts), db.Micros(r.door.clock.Now()))
}

// without is a less what b has.
func without[E comparable](a, b []E) []E {
	in := make(map[E]bool, len(b))
	for _, e := range b {
		in[e] = true
	}
	var out []E
	for _, e := range a {
		if !in[e] {
			out = append(out, e)
		}
	}
	return out
}

// moved is the labels after an edit. A label that the edit did not change stays
// what the row says: it may come from a field the asker could not see.
func moved(row store.Row, before, after Labels) store.Row {
	text := func(to *string, b, a string) {
		if a != b {
			*to = a
		}
	}
	text(&row.State, before.State, after.State)
	text(&row.Owner, before.Owner, after.Owner)
	text(&row.Group, before.Group, after.Group)
	text(&row.Ref, before.Ref, after.Ref)
	text(&row.Tag, before.Tag, after.Tag)
	if !after.At.Equal(before.At) {
		row.At = db.Micros(after.At)
	}
	if !after.Due.Equal(before.Due) {
		row.Due = db.Micros(after.Due)
	}
	return row
}

// Change plans a new version of a record under the action "<kind>.<verb>". edit
// gets the value as the asker may see it and changes it; fields of classes the
// asker may not use are zero for edit and stay as they were. version is the one
// the asker saw; 0 takes whatever is newest.
//
// edit runs inside the transaction, after the entry: it must be quick, must do
// no input or output, and what it sees must not leave it if it fails. An error
// it returns undoes the whole work.
func (r Records[T]) Change(w *Work, verb string, id ID[T], version int64, edit func(*T) error) {
	r.change(w, verb, Subject{}, id.s, version, func(v any) error { return edit(v.(*T)) })
}

// ChangeOf is Change for a record of one client: one that is about another is
// not found, so that two ids out of one request cannot be mixed. What lies in a
// record that was joined to the client's is theirs too, as lists say.
func (r Records[T]) ChangeOf(w *Work, verb string, subject Subject, id ID[T], version int64, edit func(*T) error) {
	r.change(w, verb, subject, id.s, version, func(v any) error { return edit(v.(*T)) })
}

// change is Change whatever the type; like create it is in the program once.
//
//go:noinline
func (r records) change(w *Work, verb string, subject Subject, id string, version int64, edit func(v any) error) {
	d, k := r.door, r.kind
	action := k.Name + "." + verb
	var pass gate.Pass
	var row store.Row
	var ref seal.Ref
	w.ops = append(w.ops, op{
		plan: func(ctx context.Context, w *Work) (gate.Target, policy.Answer, error) {
			var found bool
			var err error
			row, found, err = d.row(ctx, k.Name, id)
			if err != nil {
				return gate.Target{}, policy.Answer{}, fault.Unavailablef(action, err, "cannot read the database")
			}
			if found && !subject.IsZero() && row.Subject != subject.s {
				of := gate.Target{Subject: subject.s}
				if err := d.relate(ctx, d.db, w.who, &of); err != nil {
					return gate.Target{}, policy.Answer{}, err
				}
				if !slices.Contains(of.Same, row.Subject) {
					row, found = store.Row{}, false
				}
			}
			t := gate.Target{Kind: k.Name, ID: id, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet() | k.classes() | k.may}
			if !found {
				t.Subject = id
			}
			if err := d.relate(ctx, d.db, w.who, &t); err != nil {
				return t, policy.Answer{}, err
			}
			ans := d.gate.Decide(w.who, action, t)
			if !found {
				return gate.Target{Kind: k.Name, ID: id}, ans, fault.NotFoundf(action)
			}
			if !ans.OK() {
				return t, ans, d.refusal(w.who, action, t, ans)
			}
			if version != 0 && version != row.Version {
				return t, ans, stale(action)
			}
			ref = seal.Ref{Kind: k.Name, ID: row.ID, Subject: row.Subject}
			// The key is fetched now, not behind everybody in the writer.
			if _, err := d.ring.Has(ctx, d.db, row.Subject); err != nil {
				return t, ans, err
			}
			pass = w.a.Admit(gate.Writing, action, t, ans)
			return t, ans, nil
		},
		do: func(ctx context.Context, tx *db.Tx) error {
			v := reflect.New(k.typ).Interface()
			parts, closed, err := d.ring.Open(ctx, tx, pass, ref, row.Body)
			if err != nil {
				return r.unreadable(err)
			}
			if err := k.decode(v, parts); err != nil {
				return err
			}
			before, oldTokens, oldFacts := k.labels(v), r.tokens(v), r.facts(row.ID, Subject{row.Subject}, v)
			if err := edit(v); err != nil {
				return err
			}
			held := map[policy.Class]bool{}
			for _, s := range closed {
				held[s.Slot] = true
			}
			for slot := range held {
				if !k.isEmpty(v, slot) {
					return fault.DeniedBy(action, "class-withheld")
				}
			}
			parts, _, err = k.encode(v, func(slot, _ policy.Class) bool { return !held[slot] })
			if err != nil {
				return err
			}
			parts, set, refused := k.writable(v, parts, pass.Classes())
			if refused != 0 {
				return fault.DeniedBy(action, "class-withheld")
			}
			body, err := d.ring.Seal(ctx, tx, pass, ref, parts, closed, nil)
			if err != nil {
				return err
			}
			next := moved(row, before, k.labels(v))
			next.Version++
			next.Classes, next.Body = (set | seal.ClassesOf(closed)).String(), body
			next.ChangedAt, next.ChangedBy = db.Micros(d.clock.Now()), w.who.Worker()
			ok, err := store.Update(ctx, tx, pass, next)
			if err != nil {
				return err
			}
			r.kind.changed(tx, row.Subject)
			if !ok {
				return stale(action)
			}
			return r.reindex(ctx, tx, row.ID, Subject{row.Subject}, oldTokens, r.tokens(v), oldFacts, r.facts(row.ID, Subject{row.Subject}, v))
		},
	})
}

func stale(action string) error {
	return fault.Conflictf(action, "somebody else changed it since you opened it")
}

// FindExt returns the record that was imported under an identity of another
// system; it opens nothing, and found is false if there is none. Only service
// actors may ask: what exists is not for people to probe.
func (r Records[T]) FindExt(ctx context.Context, who actor.Actor, ext string) (id ID[T], subject Subject, version int64, found bool, err error) {
	if !who.Valid() || !who.Service() {
		return id, subject, 0, false, fault.DeniedBy(r.kind.Name+".find", "service-only")
	}
	row, err := r.remembered(ctx, labelled{r.kind.Name, "", ext}, func(ctx context.Context) (row store.Row, err error) {
		row.ID, row.Subject, row.Version, _, err = store.GetExt(ctx, r.door.db, r.kind.Name, r.door.ext(r.kind.Name, ext))
		return row, err
	})
	if err != nil {
		return id, subject, 0, false, fault.Unavailablef(r.kind.Name+".find", err, "cannot read the database")
	}
	return ID[T]{row.ID}, Subject{row.Subject}, row.Version, row.Version > 0, nil
}

// Number gives the next number of a series, as client numbers are. A number
// given for a work that then fails is not given again.
func (d *Door) Number(ctx context.Context, series string, first int64) (n int64, err error) {
	err = d.db.Write(ctx, func(tx *db.Tx) error {
		n, err = store.Next(ctx, tx, series, first)
		return err
	})
	return n, err
}
