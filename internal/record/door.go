package record

import (
	"context"
	"crypto/ed25519"
	"crypto/sha256"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/fxamacker/cbor/v2"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/blob"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record/internal/blind"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/internal/store"
	"caseward/internal/trace"
)

// StepUpWindow is how long a renewed proof of identity counts.
const StepUpWindow = 5 * time.Minute

// Door is the one way to the records.
type Door struct {
	db      *db.DB
	engine  *policy.Engine
	gate    *gate.Gate
	ring    *seal.Keyring
	blind   *blind.Index
	clock   clock.Clock
	receipt ed25519.PrivateKey
	blobs   *blob.Store
	kept    standings

	epochs    db.Kept[string, int64]
	relations db.Kept[relation, stood]
	labels    db.Kept[labelled, store.Row]
	rows      db.Kept[string, store.Row] // by id; sealed as they are in the database
	lists     db.Kept[listed, []store.Row]
}

// Parts is what a Door is made of.
type Parts struct {
	DB     *db.DB
	Policy *policy.Engine
	Log    *audit.Log
	Keys   keys.Wrapper
	Agency *keys.Agency
	Clock  clock.Clock
	Blobs  *blob.Store // nil: nothing can be stored beside the database
}

// Open makes the door.
func Open(ctx context.Context, p Parts) (*Door, error) {
	index, err := p.Agency.Secret(ctx, "index")
	if err != nil {
		return nil, err
	}
	seed, err := p.Agency.Secret(ctx, "receipt")
	if err != nil {
		return nil, err
	}
	d := &Door{
		db: p.DB, engine: p.Policy, clock: p.Clock,
		gate:    gate.New(p.Policy, p.Log, p.Clock, StepUpWindow),
		ring:    seal.New(p.DB, p.Keys),
		blind:   blind.New(index),
		receipt: ed25519.NewKeyFromSeed(seed),
		blobs:   p.Blobs,
		rows:    db.Kept[string, store.Row]{Bytes: func(r store.Row) int { return rowBytes + len(r.Body) }},
		lists:   db.Kept[listed, []store.Row]{Bytes: func(rs []store.Row) int { return rowBytes * len(rs) }},
	}
	// The agency's own records have a key like a client's.
	return d, d.ring.Ensure(ctx, "", p.Clock.Now())
}

// Records is typed access to the records of one kind.
type Records[T any] struct{ records }

// records is access to the records of one kind, whatever its type.
type records struct {
	door *Door
	kind *kind
}

// Use returns typed access to the records of kind k.
func Use[T any](d *Door, k *Kind[T]) Records[T] { return Records[T]{records{d, &k.core}} }

// Opened is a record as the asker may see it. Fields of a class the decision
// withheld are zero.
type Opened[T any] struct {
	ID    ID[T]
	Value T
	Head
}

// Head is what is known of an opened record beside what it says.
type Head struct {
	Subject  Subject
	Version  int64
	Labels   Labels
	Shown    policy.ClassSet // classes that were opened
	Withheld policy.ClassSet // classes the record has and the asker did not get

	CreatedAt time.Time
	CreatedBy string
	ChangedAt time.Time
	ChangedBy string
}

// slot is where a record goes when it is opened: the parts of an Opened of whatever
// type.
type slot struct {
	id    *string
	head  *Head
	value any // a pointer
}

func (o *Opened[T]) slot() slot { return slot{&o.ID.s, &o.Head, &o.Value} }

// relate looks up what the asker lacks, and how they stand to the client of a target.
func (d *Door) relate(ctx context.Context, q db.Querier, who actor.Actor, t *gate.Target) error {
	if who.Service() {
		return nil
	}
	var err error
	if t.Standing, err = d.standing(ctx, q, who); err != nil || t.Subject == "" {
		return err
	}
	s, err := d.related(ctx, q, who.Worker(), t.Subject)
	if err != nil {
		return fault.Unavailablef("record.relate", err, "cannot look up how you stand to the client")
	}
	t.Relations, t.Glass, t.Same, t.Above, t.Offers = s.Relations, s.Glass, s.Below, s.Above, s.Offers
	return nil
}

// A row takes some memory beside its content; one with much content is not remembered.
const (
	rowBytes = 500
	largeRow = 32 << 10
)

// row is the newest version of a record of a kind, as it was got last if nothing changed it.
func (d *Door) row(ctx context.Context, kind, id string) (r store.Row, found bool, err error) {
	r, err = d.rows.Get(ctx, d.db, id, func(ctx context.Context) (store.Row, []string, error) {
		r, found, err := store.Get(ctx, d.db, kind, id)
		if !found || len(r.Body) > largeRow {
			return r, nil, err
		}
		return r, r.On(), err
	})
	if err != nil || r.Kind != kind { // of none, or of another kind that was asked for before
		return store.Row{}, false, err
	}
	return r, true, nil
}

// relation is a worker and a client.
type relation struct{ worker, subject string }

// stood is how one stood to the other from a moment until another, if no fact changes.
type stood struct {
	store.Standing
	from, until int64
}

// related is how a worker stands to a client now, as it was looked up last if nothing
// changed. Where records were merged it is looked up each time: it depends on facts about
// every one of them.
func (d *Door) related(ctx context.Context, q db.Querier, worker, subject string) (store.Standing, error) {
	now := db.Micros(d.clock.Now())
	look := func(ctx context.Context) (s stood, on []string, err error) {
		if s.Standing, err = store.Stands(ctx, q, worker, subject, now); err != nil || len(s.Below) > 0 || s.Above != "" {
			return s, nil, err
		}
		s.from = now
		s.until, err = store.StandsUntil(ctx, q, worker, subject, now)
		return s, store.StandsOn(worker, subject), err
	}
	key := relation{worker, subject}
	s, err := d.relations.Get(ctx, q, key, look)
	if err == nil && s.until > 0 && (now < s.from || now >= s.until) {
		// It was so at another time.
		d.relations.Forget(key)
		s, err = d.relations.Get(ctx, q, key, look)
	}
	return s.Standing, err
}

// Belongs refuses, as a record that is not there, one of whose client is another than
// the one in whose chart it was looked for; op is what was to be done. A record that
// was joined to the chart's belongs to it: its lists hold it. It opens nothing, and is
// asked about a record that the asker was permitted to read.
func (d *Door) Belongs(ctx context.Context, who actor.Actor, op string, chart, of Subject) error {
	if chart == of {
		return nil
	}
	if of.IsZero() || chart.IsZero() {
		return fault.NotFoundf(op)
	}
	t := gate.Target{Subject: chart.s}
	if err := d.relate(ctx, d.db, who, &t); err != nil {
		return err
	}
	if !slices.Contains(t.Same, of.s) {
		return fault.NotFoundf(op)
	}
	return nil
}

// refusal is the answer to somebody who may not: Denied with the rules that
// said so if the asker may know the client exists, and otherwise the very
// answer an unknown id gets.
func (d *Door) refusal(who actor.Actor, op string, t gate.Target, ans policy.Answer) error {
	err := &fault.Error{Kind: fault.Denied, Op: op, Reasons: ans.Forbids}
	if d.gate.AfterStepUp(who, op, t).OK() {
		// Whoever may once they have proved who they are may know of it too.
		err.Mend = fault.StepUp
		return err
	}
	// So may whoever only lacks what can be made good.
	trained := t
	trained.Standing = gate.Lacking(0)
	if d.gate.AfterStepUp(who, op, trained).OK() {
		err.Mend = fault.Standing
		return err
	}
	if t.Subject != "" && !d.knows(who, t) {
		return fault.NotFoundf(op)
	}
	return err
}

// knows reports whether the asker may know that the client exists.
func (d *Door) knows(who actor.Actor, t gate.Target) bool {
	return d.gate.Decide(who, "client.find", gate.Target{
		Kind: "client", Subject: t.Subject, Relations: t.Relations, Standing: t.Standing, Glass: t.Glass, Classes: policy.Set(policy.Identity),
	}).OK()
}

// Permit decides an action that has no record of its own, as reading the log,
// and returns when its entry is durable. subject may be zero. classes are what
// the action shows.
func (d *Door) Permit(ctx context.Context, who actor.Actor, action string, subject Subject, own bool, classes policy.ClassSet, detail map[string]string) error {
	t := gate.Target{Kind: kindOf(action), Subject: subject.s, Classes: classes}
	if own {
		t.Owner = who.Worker()
	}
	deciding := trace.Start(ctx, trace.Decide).Asking(action)
	if err := d.relate(ctx, d.db, who, &t); err != nil {
		return err
	}
	a := d.gate.Begin(who, action)
	for k, v := range detail {
		a.Detail(k, v)
	}
	ans := d.gate.Decide(who, action, t)
	deciding.Done()
	if !ans.OK() {
		a.Touch(t, ans)
		if err := a.Refuse(ctx, d.db, audit.Refused, ans); err != nil {
			return err
		}
		return d.refusal(who, action, t, ans)
	}
	a.Admit(gate.Reading, action, t, ans)
	return a.EnterDurably(ctx, d.db)
}

func kindOf(action string) string {
	k, _, _ := strings.Cut(action, ".")
	return k
}

// May says, without an entry, whether the asker could do action on subject for
// any of classes. It tells nothing about a client the asker may not know of;
// pages use it to leave out buttons that would be refused.
func (d *Door) May(ctx context.Context, who actor.Actor, action string, subject Subject, own bool, classes policy.ClassSet) (policy.ClassSet, error) {
	l, err := d.Look(ctx, who, subject)
	if err != nil {
		return 0, err
	}
	return l.May(action, own, classes), nil
}

// Ever says, without an entry, whether the asker could do action for any of classes
// about a client they stand to in whatever way and lacking nothing; own says whether
// the record would be theirs. Pages that are about no client use it to leave out what is always refused.
func (d *Door) Ever(who actor.Actor, action string, own bool, classes policy.ClassSet) bool {
	t := gate.Target{Kind: kindOf(action), Classes: classes, Standing: gate.Lacking(0)}
	if own {
		t.Owner = who.Worker()
	}
	always, rels := d.gate.Via(who, action, t)
	return always || rels != 0
}

// Look is how an asker stands to one client at one moment, for a page that asks
// [Door.May] many times over.
type Look struct {
	door *Door
	who  actor.Actor
	t    gate.Target
}

// Look looks up how the asker stands to subject. It opens nothing.
func (d *Door) Look(ctx context.Context, who actor.Actor, subject Subject) (Look, error) {
	t := gate.Target{Subject: subject.s}
	if err := d.relate(ctx, d.db, who, &t); err != nil {
		return Look{}, err
	}
	return Look{d, who, t}, nil
}

// May is [Door.May] for the moment of the look.
func (l Look) May(action string, own bool, classes policy.ClassSet) policy.ClassSet {
	t := l.t
	t.Kind, t.Classes = kindOf(action), classes
	if own {
		t.Owner = l.who.Worker()
	}
	return l.door.gate.Decide(l.who, action, t).Allowed
}

// MayIn is [Look.May] for a record of somebody else in a state.
func (l Look) MayIn(action, state string, classes policy.ClassSet) policy.ClassSet {
	t := l.t
	t.Kind, t.State, t.Classes = kindOf(action), state, classes
	return l.door.gate.Decide(l.who, action, t).Allowed
}

// Question is what the policies would be asked about this worker, client and
// action now. It is for explaining decisions: the caller has been permitted to
// ask.
func (d *Door) Question(ctx context.Context, who actor.Actor, action string, subject Subject, classes policy.ClassSet) (policy.Question, error) {
	t := gate.Target{Kind: kindOf(action), Subject: subject.s, Classes: classes}
	if err := d.relate(ctx, d.db, who, &t); err != nil {
		return policy.Question{}, err
	}
	return d.gate.Question(who, action, t), nil
}

// encoding keeps content as CBOR (RFC 8949) with phi values and ids as byte
// strings. Only this package encodes records.
var encoding, decoding = func() (cbor.EncMode, cbor.DecMode) {
	e, err := cbor.EncOptions{Sort: cbor.SortCoreDeterministic, Time: cbor.TimeRFC3339NanoUTC}.EncMode()
	if err != nil {
		panic(err)
	}
	d, err := cbor.DecOptions{MaxNestedLevels: 16, MaxArrayElements: 1 << 20}.DecMode()
	if err != nil {
		panic(err)
	}
	return e, d
}()

// encode makes the parts of v whose classes are in want.
func (k *kind) encode(v any, want func(slot, class policy.Class) bool) ([]seal.Part, policy.ClassSet, error) {
	rv := reflect.ValueOf(v).Elem()
	var parts []seal.Part
	var set policy.ClassSet
	for _, g := range k.groups {
		class := k.reclass(v, g.class)
		if !want(g.class, class) {
			continue
		}
		s := reflect.New(g.typ).Elem()
		for i, j := range g.index {
			s.Field(i).Set(rv.Field(j))
		}
		b, err := encoding.Marshal(s.Interface())
		if err != nil {
			return nil, 0, fault.Unavailablef(k.Name+".encode", nil, "a record cannot be encoded")
		}
		parts = append(parts, seal.Part{Slot: g.class, Class: class, Plain: b})
		set |= policy.Set(class)
	}
	return parts, set, nil
}

// decode fills v from opened parts.
func (k *kind) decode(v any, parts []seal.Part) error {
	rv := reflect.ValueOf(v).Elem()
	for _, p := range parts {
		for _, g := range k.groups {
			if g.class != p.Slot {
				continue
			}
			s := reflect.New(g.typ)
			if err := decoding.Unmarshal(p.Plain, s.Interface()); err != nil {
				return fault.Unavailablef(k.Name+".decode", nil, "a record is damaged or of a newer release")
			}
			for i, j := range g.index {
				rv.Field(j).Set(s.Elem().Field(i))
			}
		}
	}
	return nil
}

// headOf is what a row says without being opened.
func headOf(r store.Row, shown policy.ClassSet) Head {
	set := r.ClassSet()
	return Head{
		Subject: Subject{r.Subject}, Version: r.Version,
		Labels: Labels{State: r.State, Owner: r.Owner, Group: r.Group, Ref: r.Ref, Tag: r.Tag, At: db.Time(r.At), Due: db.Time(r.Due)},
		Shown:  set & shown, Withheld: set &^ shown,
		CreatedAt: db.Time(r.CreatedAt), CreatedBy: r.CreatedBy, ChangedAt: db.Time(r.ChangedAt), ChangedBy: r.ChangedBy,
	}
}

// tokens makes the search tokens of v.
func (d *Door) tokens(terms []Term) []int64 {
	seen := map[int64]bool{}
	var out []int64
	for _, t := range terms {
		if t.Text.Empty() {
			continue
		}
		for _, tok := range d.termTokens(t) {
			if !seen[tok] {
				seen[tok] = true
				out = append(out, tok)
			}
		}
	}
	return out
}

func (d *Door) termTokens(t Term) []int64 {
	text := t.Text.Disclose()
	switch t.Field {
	case NameTerm:
		return d.blind.Name(text)
	case PhoneTerm:
		if digits := blind.Digits(text); len(digits) >= 7 {
			return []int64{d.blind.Token("phone", digits), d.blind.Token("phone", digits[len(digits)-7:])}
		}
	case DateTerm:
		return []int64{d.blind.Token("date", text)}
	case NumberTerm:
		if p := blind.Plain(text); p != "" {
			return []int64{d.blind.Token("number", p)}
		}
	}
	return nil
}

// ext hashes an identity in another system.
func (d *Door) ext(kind, s string) []byte {
	if s == "" {
		return nil
	}
	return d.blind.Sum("ext/"+kind, s)
}

// Clock is the door's clock, for use-cases that set dates.
func (d *Door) Clock() clock.Clock { return d.clock }

// Fingerprint is a keyed hash of text, for noticing that something imported is
// unchanged without keeping it readable.
func (d *Door) Fingerprint(text phi.Text) []byte {
	sum := sha256.Sum256(d.blind.Sum("fingerprint", text.Disclose()))
	return sum[:16]
}

// Asker is a worker whose access is being explained: not who is asking, so it
// opens nothing.
type Asker struct {
	Worker    string
	Role      actor.Role
	Purpose   actor.Purpose
	SteppedUp bool
	At        time.Time // when; zero for now
}

// Could says for which of classes a worker who is not asking could do action on
// subject now, and own says whether the record would be theirs: whether work can be
// given to them. It opens nothing, and tells nothing about a client that the caller
// has not been permitted to ask.
func (d *Door) Could(ctx context.Context, a Asker, action string, subject Subject, own bool, classes policy.ClassSet) (policy.ClassSet, error) {
	q, err := d.QuestionFor(ctx, a, action, subject, "", own, classes)
	if err != nil {
		return 0, err
	}
	return d.gate.Answer(q).Allowed, nil
}

// QuestionFor is what the policies would be asked if somebody tried action on
// subject now, or had tried at a past moment, by the facts that held then and the
// policies of today; state and own say what the record would be. It is for explaining
// decisions: it opens nothing, and the caller has been permitted to ask.
func (d *Door) QuestionFor(ctx context.Context, a Asker, action string, subject Subject, state string, own bool, classes policy.ClassSet) (policy.Question, error) {
	q := policy.Question{Action: action, Role: a.Role, Purpose: a.Purpose, Classes: classes, State: state, Author: own, Own: own, SteppedUp: a.SteppedUp}
	at := a.At
	if at.IsZero() {
		at = d.clock.Now()
	}
	stands, err := d.weigh(ctx, d.db, Bearer{Worker: a.Worker, Role: a.Role}, at, map[actor.Role][]store.Said{})
	if err != nil {
		return policy.Question{}, fault.Unavailablef(action, err, "cannot look up what is required of them")
	}
	q.Lacks = stands.lacks
	if subject.s == "" {
		return q, nil
	}
	s, err := store.Stands(ctx, d.db, a.Worker, subject.s, db.Micros(at))
	if err != nil {
		return policy.Question{}, fault.Unavailablef(action, err, "cannot look up how they stand to the client")
	}
	if !a.At.IsZero() {
		if err := store.Broke(ctx, d.db, &s, a.Worker, subject.s, db.Micros(at)); err != nil {
			return policy.Question{}, fault.Unavailablef(action, err, "cannot look up how they stood to the client")
		}
	}
	q.Relations, q.Glass = s.Relations, s.Glass
	return q, nil
}
