// Package gate decides, writes the entry, and hands out a [Pass]; nothing else
// makes one. Without a Pass the seal opens nothing and the store keeps nothing.
//
// It never reads a record and never sees plaintext.
package gate

import (
	"context"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/policy"
)

// Pass allows one use of one record: bound to the actor, the action and the
// record, for some field classes, once. The zero Pass allows nothing.
type Pass struct{ p *pass }

type pass struct {
	worker, action, record, subject string
	use                             Use
	classes                         policy.ClassSet
	entered                         atomic.Bool // its entry is in the log, or in this transaction
	opened, sealed, kept            atomic.Bool // each may happen once
	blobOpened, blobSealed          atomic.Bool // the object beside the record, once too
}

// Use is what a pass is good for.
type Use int

// The uses. A change opens what was there, so writing includes opening.
const (
	Reading Use = iota
	Writing
)

// Target is the record asked for.
type Target struct {
	Kind, ID, Subject, State, Owner string
	Version                         int64
	Classes                         policy.ClassSet
	Relations                       policy.Relations
	Standing                        Standing
	Glass                           policy.ClassSet
	Same                            []string // clients whose records were merged into the subject's
	Above                           string   // the client whose record the subject's was merged into; empty if none
	Offers                          []string // records of the subject that are offered to the asker now, or ask them to come
	Named                           bool     // this record is one of them
}

// Standing is what the asker lacks of what their role must have. The zero Standing is
// one that nobody looked up: a person then lacks everything, so that a forgotten
// look-up opens nothing.
type Standing struct {
	looked bool
	lacks  policy.Lacks
}

// Lacking is the standing of somebody who lacks l, as looked up a moment ago.
func Lacking(l policy.Lacks) Standing { return Standing{true, l} }

// of is what the policies are told: a service has no training to renew.
func (s Standing) of(who actor.Actor) policy.Lacks {
	switch {
	case who.Service():
		return 0
	case !s.looked:
		return policy.Every
	}
	return s.lacks
}

// Gate holds the policies and the log.
type Gate struct {
	engine *policy.Engine
	log    *audit.Log
	clock  clock.Clock
	stepUp time.Duration
}

// New makes a gate. stepUp is how long a renewed proof of identity counts.
func New(e *policy.Engine, l *audit.Log, c clock.Clock, stepUp time.Duration) *Gate {
	return &Gate{e, l, c, stepUp}
}

// Question is what the policies are asked about who, action and target.
func (g *Gate) Question(who actor.Actor, action string, t Target) policy.Question {
	since := g.clock.Now().Sub(who.SteppedUpAt())
	q := policy.Question{
		Action:    action,
		Role:      who.Role(),
		Purpose:   who.Purpose(),
		Relations: t.Relations,
		Glass:     t.Glass,
		Classes:   t.Classes,
		State:     t.State,
		Author:    t.Owner != "" && t.Owner == who.Worker(),
		Lacks:     t.Standing.of(who),
		SteppedUp: !who.SteppedUpAt().IsZero() && since >= 0 && since <= g.stepUp,
	}
	q.Named = t.Named || slices.Contains(t.Offers, t.ID)
	q.Own = q.Author || (t.ID != "" && t.ID == who.Worker())
	if who.Service() {
		q.Service = strings.TrimPrefix(who.Worker(), "service:")
	}
	return q
}

// Decide asks the policies. It writes no entry and makes no Pass: lists use it
// to know what to leave out.
func (g *Gate) Decide(who actor.Actor, action string, t Target) policy.Answer {
	if !who.Valid() {
		return policy.Answer{Forbids: []string{"no-actor"}}
	}
	return g.engine.Decide(g.Question(who, action, t))
}

// Answer is what the policies say to a question that nobody asks for themselves. It
// writes no entry and makes no Pass.
func (g *Gate) Answer(q policy.Question) policy.Answer { return g.engine.Decide(q) }

// AfterStepUp is the answer the asker would get had they just proved again who
// they are.
func (g *Gate) AfterStepUp(who actor.Actor, action string, t Target) policy.Answer {
	if !who.Valid() {
		return policy.Answer{}
	}
	q := g.Question(who, action, t)
	q.SteppedUp = true
	return g.engine.Decide(q)
}

// Via says through which relations the asker could see targets like t.
func (g *Gate) Via(who actor.Actor, action string, t Target) (bool, policy.Relations) {
	if !who.Valid() {
		return false, 0
	}
	return g.engine.Via(g.Question(who, action, t))
}

// Admission is an entry being made and the passes that become good with it.
type Admission struct {
	gate   *Gate
	who    actor.Actor
	entry  audit.Entry
	passes []*pass
	at     map[touched]int // where in the entry each record stands
	rules  []string
	ready  audit.Prepared
}

// touched is what one record is told from another by in an entry.
type touched struct {
	kind, id, subject string
	version           int64
}

// Begin starts the entry of one request.
func (g *Gate) Begin(who actor.Actor, action string) *Admission {
	return &Admission{gate: g, who: who, at: map[touched]int{}, entry: audit.Entry{
		Who: audit.Of(who), Action: action, Outcome: audit.Allowed,
	}}
}

// Admit adds a target for the classes an answer allows and returns the pass,
// which is good for nothing until the admission is entered, and then for this
// use only.
func (a *Admission) Admit(use Use, action string, t Target, ans policy.Answer) Pass {
	p := &pass{worker: a.who.Worker(), action: action, record: t.ID, subject: t.Subject, use: use, classes: ans.Allowed & t.Classes}
	a.passes = append(a.passes, p)
	a.rule(ans.Permits)
	touch := audit.Touch{
		Kind: t.Kind, ID: t.ID, Subject: t.Subject, Version: t.Version,
		Classes: p.classes.Strings(), Withheld: (t.Classes &^ ans.Allowed).Strings(),
	}
	// A record and the object beside it are one thing to whoever reads the log.
	if t.ID != "" {
		key := touched{t.Kind, t.ID, t.Subject, t.Version}
		if i, ok := a.at[key]; ok {
			x := &a.entry.Touched[i]
			x.Classes, x.Withheld = union(x.Classes, touch.Classes), union(x.Withheld, touch.Withheld)
			return Pass{p}
		}
		a.at[key] = len(a.entry.Touched)
	}
	a.entry.Touched = append(a.entry.Touched, touch)
	return Pass{p}
}

func union(a, b []string) []string {
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

// Detail adds a small fact without PHI to the entry.
func (a *Admission) Detail(key, value string) {
	if a.entry.Detail == nil {
		a.entry.Detail = map[string]string{}
	}
	a.entry.Detail[key] = value
}

// Touch names a record in the entry without a pass for it.
func (a *Admission) Touch(t Target, r policy.Answer) {
	a.entry.Touched = append(a.entry.Touched, audit.Touch{Kind: t.Kind, ID: t.ID, Subject: t.Subject, Withheld: t.Classes.Strings()})
	a.rule(r.Forbids)
}

// rule names rules in the entry that decided, each once.
func (a *Admission) rule(ids []string) {
	for _, id := range ids {
		if !slices.Contains(a.rules, id) {
			a.rules = append(a.rules, id)
		}
	}
}

// Prepare does the part of the entry that needs no database: it is called
// outside the writer's transaction. After it nothing can be added.
func (a *Admission) Prepare() error {
	a.entry.At = a.gate.clock.Now()
	slices.Sort(a.rules)
	a.entry.Rules = a.rules
	ready, err := a.gate.log.Prepare(a.entry)
	if err != nil {
		return fault.Unavailablef(a.entry.Action, err, "the log cannot take an entry, so nothing was opened or changed")
	}
	a.ready = ready
	return nil
}

// Enter appends the prepared entry in tx and makes the passes good for the rest
// of that transaction. If the transaction does not commit, what was opened under
// them must not leave.
func (a *Admission) Enter(ctx context.Context, tx *db.Tx) error {
	if err := a.ready.Append(ctx, tx); err != nil {
		return fault.Unavailablef(a.entry.Action, err, "the log cannot take an entry, so nothing was opened or changed")
	}
	for _, p := range a.passes {
		p.entered.Store(true)
	}
	return nil
}

// EnterDurably appends the entry and returns when it is durable.
func (a *Admission) EnterDurably(ctx context.Context, d *db.DB) error {
	if err := a.Prepare(); err != nil {
		return err
	}
	if err := d.Append(ctx, func(tx *db.Tx) error { return a.ready.Append(ctx, tx) }); err != nil {
		return fault.Unavailablef(a.entry.Action, err, "the log cannot take an entry, so nothing was opened or changed")
	}
	for _, p := range a.passes {
		p.entered.Store(true)
	}
	return nil
}

// Refuse records that the request was refused, or failed, and returns when that
// is durable. The passes made so far never become good.
func (a *Admission) Refuse(ctx context.Context, d *db.DB, outcome audit.Outcome, ans policy.Answer) error {
	a.entry.Outcome = outcome
	for i := range a.entry.Touched {
		t := &a.entry.Touched[i]
		t.Withheld = append(t.Withheld, t.Classes...)
		t.Classes = nil
	}
	a.rules = nil
	a.rule(ans.Forbids)
	a.passes = nil
	return a.EnterDurably(ctx, d)
}

// Classes is what the pass allows.
func (p Pass) Classes() policy.ClassSet {
	if p.p == nil {
		return 0
	}
	return p.p.classes
}

func (p Pass) is(record, subject string) bool {
	return p.p != nil && p.p.record == record && p.p.subject == subject
}

// ErrNoPass is what the seal and the store answer without a good pass.
var ErrNoPass = &fault.Error{Kind: fault.Denied, Op: "record.pass", Why: "no pass for this"}

// Open uses the pass to open the record, once, after its entry.
func (p Pass) Open(record, subject string) (policy.ClassSet, error) {
	if !p.is(record, subject) || !p.p.entered.Load() || !p.p.opened.CompareAndSwap(false, true) {
		return 0, ErrNoPass
	}
	return p.p.classes, nil
}

// Seal uses the pass to seal new content of the record, once.
func (p Pass) Seal(record, subject string) (policy.ClassSet, error) {
	if !p.is(record, subject) || p.p.use != Writing || !p.p.sealed.CompareAndSwap(false, true) {
		return 0, ErrNoPass
	}
	return p.p.classes, nil
}

// Keep uses the pass to store or remove the record, once, after its entry.
func (p Pass) Keep(record, subject string) error {
	if !p.is(record, subject) || p.p.use != Writing || !p.p.entered.Load() || !p.p.kept.CompareAndSwap(false, true) {
		return ErrNoPass
	}
	return nil
}

// SealBlob uses the pass to seal an object of the record, all of one class, once.
// It may come before the entry, as a record is sealed before it: what it seals is
// nobody's until the record is kept.
func (p Pass) SealBlob(record, subject string, class policy.Class) error {
	if !p.is(record, subject) || p.p.use != Writing || !p.p.classes.Has(class) || !p.p.blobSealed.CompareAndSwap(false, true) {
		return ErrNoPass
	}
	return nil
}

// OpenBlob uses the pass to open the object of the record, once, after its
// entry.
func (p Pass) OpenBlob(record, subject string, class policy.Class) error {
	if !p.is(record, subject) || !p.p.entered.Load() || !p.p.classes.Has(class) || !p.p.blobOpened.CompareAndSwap(false, true) {
		return ErrNoPass
	}
	return nil
}
