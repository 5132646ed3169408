package record

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
	"caseward/internal/record/internal/blind"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/internal/store"
	"caseward/internal/trace"
)

// View is several reads that one request needs, decided one by one, recorded in
// one entry and opened together. Say what is wanted, then call Open; the wanted
// values are empty before.
type View struct {
	door    *Door
	who     actor.Actor
	action  string
	a       *gate.Admission
	wants   []want
	opens   []func(ctx context.Context) error // unseal, after the entry
	refused policy.Answer
	rels    map[string]gate.Target // relations looked up, by client
	sought  sought
}

// sought are the words that a view looked for last, and the same with the rarest first: a page
// that looks for a name among several kinds asks once which of its words that is.
type sought struct {
	words  [][]int64
	narrow [][]int64
	common bool
}

// want is something wanted of a view.
type want struct {
	decide func(ctx context.Context) error // and fetch
	known  bool                            // whether all of it may be remembered: one record, or labels
}

// want adds something that is wanted, to be decided when the view is opened.
func (v *View) want(known bool, decide func(ctx context.Context) error) {
	v.wants = append(v.wants, want{decide, known})
}

// View begins a read that is recorded under action, as "chart.open".
func (d *Door) View(who actor.Actor, action string) *View {
	return &View{door: d, who: who, action: action, a: d.gate.Begin(who, action)}
}

// Detail adds a small fact without PHI to the view's entry.
func (v *View) Detail(key, value string) { v.a.Detail(key, value) }

func (v *View) relate(ctx context.Context, t *gate.Target) error {
	if known, ok := v.rels[t.Subject]; ok {
		t.Relations, t.Standing, t.Glass, t.Same, t.Above, t.Offers = known.Relations, known.Standing, known.Glass, known.Same, known.Above, known.Offers
		return nil
	}
	if err := v.door.relate(ctx, v.door.db, v.who, t); err != nil {
		return err
	}
	v.related(t.Subject, *t)
	return nil
}

func (v *View) related(subject string, t gate.Target) {
	if v.rels == nil {
		v.rels = map[string]gate.Target{}
	}
	v.rels[subject] = t
}

// standing is what the view's asker lacks.
func (v *View) standing(ctx context.Context) (gate.Standing, error) {
	var t gate.Target
	err := v.relate(ctx, &t)
	return t.Standing, err
}

// relateAll looks up how the asker stands to some clients at once, for relate.
func (v *View) relateAll(ctx context.Context, subjects []string) error {
	if v.who.Service() {
		return nil
	}
	var missing []string
	for _, s := range subjects {
		if _, ok := v.rels[s]; !ok && s != "" {
			missing = append(missing, s)
		}
	}
	if len(missing) < 2 {
		return nil // relate does it
	}
	standing, err := v.standing(ctx)
	if err != nil {
		return err
	}
	all, err := store.StandsEach(ctx, v.door.db, v.who.Worker(), missing, db.Micros(v.door.clock.Now()))
	if err != nil {
		return fault.Unavailablef("record.relate", err, "cannot look up how you stand to the client")
	}
	for subject, s := range all {
		v.related(subject, gate.Target{Relations: s.Relations, Standing: standing, Glass: s.Glass, Same: s.Below, Above: s.Above, Offers: s.Offers})
	}
	return nil
}

// plan decides everything wanted. What is decided and what it is decided by are one state
// of the database.
func (v *View) plan(ctx context.Context) error {
	err := db.ErrNotRemembered
	if len(v.wants) == 1 && v.wants[0].known {
		// Nothing of it is in the view before all of it is known.
		err = v.door.db.Remembered(ctx, v.wants[0].decide)
	}
	if !errors.Is(err, db.ErrNotRemembered) {
		return err
	}
	v.rels, v.sought = nil, sought{} // of a state before the snapshot's
	return v.door.db.Snapshot(ctx, func(ctx context.Context) error {
		for _, w := range v.wants {
			if err := w.decide(ctx); err != nil {
				return err
			}
		}
		return nil
	})
}

// Open decides everything wanted, writes the entry, waits until it is durable,
// and opens what was allowed. If any single record wanted is refused, the whole
// view is: a refusal is recorded and nothing is opened.
func (v *View) Open(ctx context.Context) error {
	deciding := trace.Start(ctx, trace.Decide).Asking(v.action)
	err := v.plan(ctx)
	deciding.Done()
	if err != nil {
		if k := fault.KindOf(err); k == fault.NotFound || k == fault.Denied {
			// The same entry and the same wait whichever it is.
			if lerr := v.a.Refuse(ctx, v.door.db, audit.Refused, v.refused); lerr != nil {
				return lerr
			}
		}
		return err
	}
	if err := v.a.EnterDurably(ctx, v.door.db); err != nil {
		return err
	}
	defer trace.Start(ctx, trace.Unseal).Done()
	for _, o := range v.opens {
		if err := o(ctx); err != nil {
			return err
		}
	}
	return nil
}

// Got is one record wanted from a View; it is filled by Open.
type Got[T any] struct{ Opened[T] }

// Want asks a view for one record under the kind's read action.
func (r Records[T]) Want(v *View, id ID[T]) *Got[T] {
	g := &Got[T]{}
	r.want(v, r.kind.Name+".read", id.s, g.slot())
	return g
}

// want asks a view for one record under an action, to be opened into out. It is in the
// program once.
//
//go:noinline
func (r records) want(v *View, action, id string, out slot) {
	v.want(true, func(ctx context.Context) error {
		row, t, ans, err := r.decided(ctx, v, action, id)
		if err != nil {
			return err
		}
		r.admit(v, action, row, t, ans, out)
		return nil
	})
}

// decided fetches a record and decides action on it. A refusal is told to the
// view, whose entry it becomes.
func (r records) decided(ctx context.Context, v *View, action, id string) (row store.Row, t gate.Target, ans policy.Answer, err error) {
	row, found, err := v.door.row(ctx, r.kind.Name, id)
	if err != nil {
		return row, t, ans, fault.Unavailablef(action, err, "cannot read the database")
	}
	t = gate.Target{Kind: r.kind.Name, ID: id, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
	if !found {
		// An unknown id takes the same steps as one that may not be known of: a
		// lookup of relations, a decision, an entry.
		t.Subject, t.Classes = id, r.kind.classes()
	}
	if err := v.relate(ctx, &t); err != nil {
		return row, t, ans, err
	}
	ans = v.door.gate.Decide(v.who, action, t)
	if found && ans.OK() {
		return row, t, ans, nil
	}
	v.refused = ans
	v.a.Touch(gate.Target{Kind: t.Kind, ID: t.ID, Subject: row.Subject}, ans)
	if !found {
		return row, t, ans, fault.NotFoundf(action)
	}
	return row, t, ans, v.door.refusal(v.who, action, t, ans)
}

// admit puts a row into the view's entry and plans its opening into out.
func (r records) admit(v *View, action string, row store.Row, t gate.Target, ans policy.Answer, out slot) {
	r.admitFields(v, action, row, t, ans, 0, out)
}

// admitFields is admit for the fields declared with some classes; 0 is all.
func (r records) admitFields(v *View, action string, row store.Row, t gate.Target, ans policy.Answer, fields policy.ClassSet, out slot) {
	pass := v.a.Admit(gate.Reading, action, t, ans)
	v.opens = append(v.opens, func(ctx context.Context) error {
		return r.openFields(ctx, pass, row, fields, out)
	})
}

func (r records) openFields(ctx context.Context, pass gate.Pass, row store.Row, fields policy.ClassSet, out slot) error {
	parts, _, err := r.door.ring.OpenSlots(ctx, r.door.db, pass, seal.Ref{Kind: row.Kind, ID: row.ID, Subject: row.Subject}, row.Body, fields)
	if err != nil {
		return r.unreadable(err)
	}
	*out.id, *out.head = row.ID, headOf(row, pass.Classes())
	return r.kind.decode(out.value, parts)
}

// unreadable turns "the key is gone" into "there is nothing": an erased client
// leaves no difference between the two.
func (r records) unreadable(err error) error {
	if fault.KindOf(err) == fault.Internal && err == seal.ErrErased {
		return fault.NotFoundf(r.kind.Name + ".read")
	}
	return err
}

// Read returns one record, under the action "<kind>.read".
func (r Records[T]) Read(ctx context.Context, who actor.Actor, id ID[T]) (Opened[T], error) {
	v := r.door.View(who, r.kind.Name+".read")
	g := r.Want(v, id)
	if err := v.Open(ctx); err != nil {
		return Opened[T]{}, err
	}
	return g.Opened, nil
}

// Query is what a list is narrowed by. Empty fields narrow nothing.
type Query struct {
	Subject                                 Subject
	Owner, State, NotState, Group, Ref, Tag string
	RefOf                                   string // id of a record: narrows to what hangs on the same record as it does
	DueBefore                               int64  // microseconds; 0 for any
	AtFrom, AtUntil                         int64  // microseconds, until not included; 0 for any
	Search                                  []Term
	Verb                                    string // the action is "<kind>.<verb>"; "find" if empty
	Alike                                   bool   // search also by sound and with one typo
	ByDue                                   bool   // soonest due first, instead of newest first
	After                                   string
	Limit                                   int  // 50 if 0; at most 500
	Total                                   bool // count all that may be seen
	// AsOf lists the records as they were right before a moment: those made later are
	// not there, and of one that changed since, the version of then is opened, each class
	// of it decided for itself. What narrows, orders and counts looks at what is newest.
	// Zero is as they are.
	AsOf time.Time
	// Only is the classes the page needs (45 CFR 164.502(b)): no other is
	// decided, counted, named in the entry or opened. All if empty.
	Only policy.ClassSet
	// Fields is the fields the page needs, by the classes they are declared with:
	// of a record that Reclass moved to one stricter class as a whole, Only is all
	// or nothing, and this keeps closed what is not needed. The entry says which.
	// All if empty; whether a row is listed does not depend on it.
	Fields policy.ClassSet
}

// List is a page of records wanted from a View; it is filled by Open.
type List[T any] struct {
	Rows []Opened[T]
	Page
}

// Page is what a list is beside its rows.
type Page struct {
	Next  string // cursor of the next page; empty at the end
	Total int64  // how many there are that the asker may see, if asked for

	subjects []Subject // the rows' clients, known before anything is opened
}

// WantAll asks a view for a list under the kind's find action. What the asker
// may not see is not in the rows, the total or the paging.
func (r Records[T]) WantAll(v *View, q Query) *List[T] { return r.wantAll(v, q, true) }

// WantLabels is WantAll for the labels alone: nothing of the rows is opened, so
// their values are zero.
func (r Records[T]) WantLabels(v *View, q Query) *List[T] { return r.wantAll(v, q, false) }

// action is what rows of a query are decided by.
func (r records) action(q Query) string { return r.kind.Name + "." + cmp.Or(q.Verb, "find") }

func (r Records[T]) wantAll(v *View, q Query, open bool) *List[T] {
	l := &List[T]{}
	var rows []*Opened[T]
	r.list(v, q, open, &l.Page, func() slot {
		o := &Opened[T]{}
		rows = append(rows, o)
		return o.slot()
	}, func(context.Context) error {
		l.Rows = make([]Opened[T], len(rows))
		for i, o := range rows {
			l.Rows[i] = *o
		}
		return nil
	})
	return l
}

// list asks a view for a page of records, each opened into a slot that more makes, and
// all there when filled is called.
func (r records) list(v *View, q Query, open bool, l *Page, more func() slot, filled func(context.Context) error) {
	action := r.action(q)
	if open && q.Fields != 0 {
		v.Detail(r.kind.Name+".fields", q.Fields.String())
	}
	v.want(!open && q.AsOf.IsZero(), func(ctx context.Context) error {
		f, possible, err := r.filter(ctx, v, action, q)
		if err != nil || !possible {
			return err
		}
		if q.Total {
			if l.Total, err = r.count(ctx, v, action, f, q.Only); err != nil {
				return err
			}
		}
		limit := f.Limit
		f.Limit = limit + 1
		var last store.Row // that is listed
		for n := 0; ; {
			page, err := r.page(ctx, f, open)
			if err != nil {
				return fault.Unavailablef(action, err, "cannot read the database")
			}
			subjects := make([]string, len(page))
			for i, row := range page {
				subjects[i] = row.Subject
			}
			if err := v.relateAll(ctx, subjects); err != nil {
				return err
			}
			for _, row := range page {
				if !q.AsOf.IsZero() {
					var there bool
					if row, there, err = asOf(ctx, v.door.db, row, db.Micros(q.AsOf)); err != nil {
						return fault.Unavailablef(action, err, "cannot read the database")
					} else if !there {
						continue
					}
				}
				t := gate.Target{Kind: row.Kind, ID: row.ID, Subject: row.Subject, State: row.State, Owner: row.Owner, Version: row.Version, Classes: row.ClassSet()}
				if q.Only != 0 {
					t.Classes &= q.Only
				}
				if err := v.relate(ctx, &t); err != nil {
					return err
				}
				ans := v.door.gate.Decide(v.who, action, t)
				if !ans.OK() {
					continue
				}
				if n == limit {
					l.Next = cursor(f.Key(last))
					break
				}
				n, last = n+1, row
				out := more()
				l.subjects = append(l.subjects, Subject{row.Subject})
				if !open {
					*out.id, *out.head = row.ID, headOf(row, 0)
					v.a.Admit(gate.Reading, action, t, ans)
					continue
				}
				r.admitFields(v, action, row, t, ans, q.Fields, out)
			}
			if l.Next != "" || len(page) < f.Limit {
				break
			}
			f.After = f.Key(page[len(page)-1])
		}
		if !open {
			return filled(ctx)
		}
		v.opens = append(v.opens, filled)
		return nil
	})
}

// listed is the labels of all records of a kind about a client that somebody looked for.
type listed struct {
	kind, subject string
	limit         int
}

// page is a page of rows. All labels about a client of a kind that is [Kind.Asked] are
// remembered, without what the rows hold; part of them is not, so that whoever gets them
// from memory asks for no other page.
func (r records) page(ctx context.Context, f store.Filter, open bool) ([]store.Row, error) {
	q := r.door.db
	if open || !r.kind.asked || !f.AllOfOne() {
		return store.List(ctx, q, f)
	}
	return r.door.lists.Get(ctx, q, listed{f.Kind, f.Subject, f.Limit}, func(ctx context.Context) ([]store.Row, []string, error) {
		rows, err := store.List(ctx, q, f)
		if len(rows) >= f.Limit {
			return rows, nil, err
		}
		for i := range rows {
			rows[i].Body = nil
		}
		return rows, []string{r.kind.onOf(f.Subject)}, err
	})
}

// filter makes the store's filter of q. possible is false if nothing can match.
func (r records) filter(ctx context.Context, v *View, action string, q Query) (f store.Filter, possible bool, err error) {
	f = store.Filter{
		Kind: r.kind.Name, Subject: q.Subject.s, Owner: q.Owner, State: q.State, NotState: q.NotState, Group: q.Group, Ref: q.Ref, Tag: q.Tag,
		DueBefore: q.DueBefore, AtFrom: q.AtFrom, AtUntil: q.AtUntil, Limit: q.Limit, Worker: v.who.Worker(), Now: db.Micros(v.door.clock.Now()),
	}
	if q.ByDue {
		f.Order = store.DueNext
	}
	if q.RefOf != "" {
		row, _, err := store.GetLabels(ctx, v.door.db, r.kind.Name, q.RefOf)
		if err != nil {
			return f, false, fault.Unavailablef(action, err, "cannot read the database")
		}
		if f.Ref = row.Ref; f.Ref == "" {
			return f, false, nil
		}
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	f.Limit = min(f.Limit, 500)
	if f.After, err = parseCursor(q.After); err != nil {
		return f, false, err
	}
	if len(q.Search) > 0 {
		tier := blind.Starts
		if q.Alike {
			tier = blind.Alike
		}
		for _, t := range q.Search {
			if t.Field == NameTerm {
				f.Words = append(f.Words, v.door.blind.Search(t.Text.Disclose(), tier)...)
			} else if toks := v.door.termTokens(t); len(toks) > 0 {
				f.Words = append(f.Words, toks[:1])
			}
		}
		if len(f.Words) == 0 {
			return f, false, nil
		}
		f.Words = f.Words[:min(len(f.Words), blind.MaxWords+1)]
		if !slices.EqualFunc(f.Words, v.sought.words, slices.Equal) {
			words := f.Words
			if err := f.Narrow(ctx, v.door.db); err != nil {
				return f, false, fault.Unavailablef(action, err, "cannot read the database")
			}
			v.sought = sought{words, f.Words, f.Common}
		}
		f.Words, f.Common = v.sought.narrow, v.sought.common
	}
	// A list about a client finds the records of those merged into it too. A
	// service works on each record as it lies.
	if !q.Subject.IsZero() && !v.who.Service() {
		t := gate.Target{Subject: q.Subject.s}
		if err := v.relate(ctx, &t); err != nil {
			return f, false, err
		}
		f.Same = t.Same
	}
	// Across clients, ask the policies once by which relations rows like these
	// could be seen, and let the database join: paging then never walks over
	// a million rows that would each be refused.
	if q.Subject.IsZero() && !v.who.Service() {
		standing, err := v.standing(ctx)
		if err != nil {
			return f, false, err
		}
		any, rels := v.door.gate.Via(v.who, action, gate.Target{Kind: r.kind.Name, State: q.State, Owner: q.Owner, Classes: r.kind.classes() | r.kind.may, Standing: standing, Named: true})
		if !any {
			f.Related, f.Via = true, rels
		}
	}
	return f, true, nil
}

// count adds up the groups of rows of which the policies allow anything; of the
// classes in only, if it is not empty.
func (r records) count(ctx context.Context, v *View, action string, f store.Filter, only policy.ClassSet) (int64, error) {
	f.After = store.Cursor{}
	fail := func(err error) (int64, error) {
		return 0, fault.Unavailablef(action, err, "cannot read the database")
	}
	groups, err := store.Groups(ctx, v.door.db, f, v.who.Worker())
	if err != nil {
		return fail(err)
	}
	var total int64
	narrowed := map[policy.Relations]map[store.Group]int64{}
	for _, g := range groups {
		t := gate.Target{Kind: r.kind.Name, Subject: f.Subject, State: g.State, Classes: g.Classes, Named: g.Named}
		if only != 0 {
			t.Classes &= only
		}
		if g.Mine {
			t.Owner = v.who.Worker()
		}
		if err := v.relate(ctx, &t); err != nil {
			return 0, err
		}
		if f.Subject != "" || v.who.Service() {
			if v.door.gate.Decide(v.who, action, t).OK() {
				total += g.N
			}
			continue
		}
		any, rels := v.door.gate.Via(v.who, action, t)
		if any {
			total += g.N
			continue
		}
		if rels == 0 {
			continue
		}
		if f.Related && rels == f.Via {
			total += g.N // counted through just these already
			continue
		}
		// Counted again through just these relations.
		if narrowed[rels] == nil {
			n := f
			n.Related, n.Via = true, rels
			gs, err := store.Groups(ctx, v.door.db, n, v.who.Worker())
			if err != nil {
				return fail(err)
			}
			narrowed[rels] = map[store.Group]int64{}
			for _, x := range gs {
				k := store.Group{Classes: x.Classes, State: x.State, Mine: x.Mine, Named: x.Named}
				narrowed[rels][k] += x.N
			}
		}
		k := store.Group{Classes: g.Classes, State: g.State, Mine: g.Mine, Named: g.Named}
		total += narrowed[rels][k]
		delete(narrowed[rels], k) // groups differ by owner too; each is counted once
	}
	return total, nil
}

// Find returns a page of records, under the action "<kind>.find".
func (r Records[T]) Find(ctx context.Context, who actor.Actor, q Query) (List[T], error) {
	v := r.door.View(who, r.kind.Name+".find")
	l := r.WantAll(v, q)
	if err := v.Open(ctx); err != nil {
		return List[T]{}, err
	}
	return *l, nil
}

// History returns every version of a record, newest first, under the action
// "<kind>.history".
func (r Records[T]) History(ctx context.Context, who actor.Actor, id ID[T]) ([]Opened[T], error) {
	v := r.door.View(who, r.kind.Name+".history")
	var out []*Opened[T]
	r.versions(v, id.s, func() slot {
		o := &Opened[T]{}
		out = append(out, o)
		return o.slot()
	})
	if err := v.Open(ctx); err != nil {
		return nil, err
	}
	all := make([]Opened[T], len(out))
	for i, o := range out {
		all[i] = *o
	}
	return all, nil
}

// versions asks a view for every version of a record, each opened into a slot that
// more makes.
func (r records) versions(v *View, id string, more func() slot) {
	action, d := v.action, v.door
	v.want(false, func(ctx context.Context) error {
		row, t, ans, err := r.decided(ctx, v, action, id)
		if err != nil {
			return err
		}
		olds, err := store.Versions(ctx, d.db, id)
		if err != nil {
			return fault.Unavailablef(action, err, "cannot read the database")
		}
		all := append([]store.Row{row}, olds...)
		for i, old := range all {
			if i > 0 {
				if old, err = older(row, old); err != nil {
					return fault.Unavailablef(action, err, "a record is damaged")
				}
				// An older version may hold classes the newest does not: each
				// is decided for itself.
				t.Version, t.State, t.Classes = old.Version, old.State, old.ClassSet()
				ans = d.gate.Decide(v.who, action, t)
			}
			r.admit(v, action, old, t, ans, more())
		}
		return nil
	})
}

// older is a version of a record. What it lacks in labels it shares with the newest.
func older(newest, version store.Row) (store.Row, error) {
	out := newest
	out.Version, out.State, out.Body, out.ChangedAt, out.ChangedBy = version.Version, version.State, version.Body, version.ChangedAt, version.ChangedBy
	sealed, err := seal.Split(out.Body)
	out.Classes = seal.ClassesOf(sealed).String()
	return out, err
}

// asOf is a record as it was right before a moment; there is false if it was not made yet.
func asOf(ctx context.Context, q db.Querier, row store.Row, at int64) (_ store.Row, there bool, err error) {
	if row.ChangedAt < at || row.CreatedAt >= at {
		return row, row.CreatedAt < at, nil
	}
	olds, err := store.Versions(ctx, q, row.ID)
	for _, old := range olds {
		if old.ChangedAt < at {
			row, err = older(row, old)
			return row, err == nil, err
		}
	}
	return row, false, err
}
