package inspect

import (
	"context"
	"slices"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/phi"
	"caseward/internal/policy"
	"caseward/internal/record"
)

// Numbers asks a view for the client numbers of subjects; what it returns gives
// them after the view was opened, by subject, for those the asker may know.
type Numbers func(v *record.View, subjects []record.Subject) func() map[string]phi.Text

// Inspect is the use-cases.
type Inspect struct {
	door    *record.Door
	log     *audit.Log
	engine  *policy.Engine
	numbers Numbers
}

// New returns the use-cases. numbers may be nil: clients are then known by their
// ids only.
func New(d *record.Door, l *audit.Log, e *policy.Engine, numbers Numbers) *Inspect {
	return &Inspect{d, l, e, numbers}
}

// Query narrows a question. Empty fields narrow nothing.
type Query struct {
	Worker       string // id of the workforce member
	Subject      record.Subject
	Action       string // beginning of the action: "note."
	Outcome      audit.Outcome
	Purpose      string
	Since, Until time.Time
	Before       int64 // cursor of the page before; 0 for the newest
	Limit        int   // 50 if 0
}

// Page is a page of the log, newest first.
type Page struct {
	Entries []audit.Logged
	Older   int64               // cursor of the next page; 0 at the end
	Back    time.Time           // how far back one page looked, where it stopped before it was full; else zero
	Numbers map[string]phi.Text // client numbers by subject, of clients the asker may know of
	Head    *audit.Head         // how far the log is in order and signed; nil where the asker may not know
}

// evidence is the class that answers from the log have: about the workforce.
var evidence = policy.Set(policy.Workforce)

// ask reads a page of the log for an asker who must be permitted action. The
// page and the client numbers in it are one read with one entry.
func (i *Inspect) ask(ctx context.Context, who actor.Actor, action string, subject record.Subject, own bool, detail map[string]string, q Query) (Page, error) {
	limit := q.Limit
	if limit <= 0 {
		limit = 50
	}
	found, err := i.log.FindPage(ctx, audit.Query{
		Worker: q.Worker, Subject: q.Subject.String(), Action: q.Action, Outcome: q.Outcome, Purpose: q.Purpose,
		Since: q.Since, Until: q.Until, Before: q.Before, Limit: limit + 1,
	})
	if err != nil {
		return Page{}, err
	}
	p := Page{Entries: found.Entries}
	switch {
	case len(found.Entries) > limit:
		p.Entries = found.Entries[:limit]
		p.Older = p.Entries[limit-1].ID
	case found.Before != 0:
		p.Older, p.Back = found.Before, found.Back
	}
	v := i.door.View(who, action)
	for k, d := range detail {
		v.Detail(k, d)
	}
	v.Must(action, subject, own, evidence)
	whole := v.Also("log.verify", record.Subject{}, policy.Set(policy.Program))
	known := func() map[string]phi.Text { return nil }
	if i.numbers != nil {
		known = i.numbers(v, subjects(p.Entries))
	}
	if err := v.Open(ctx); err != nil {
		return Page{}, err
	}
	p.Numbers = known()
	if *whole {
		h, err := i.log.Head(ctx)
		if err != nil {
			return Page{}, err
		}
		p.Head = &h
	}
	return p, nil
}

// subjects are the clients that lines of a page name: the first of each entry.
func subjects(es []audit.Logged) []record.Subject {
	seen := map[string]bool{}
	var out []record.Subject
	for _, e := range es {
		for _, t := range e.Touched {
			if t.Subject == "" {
				continue
			}
			if s, err := record.ParseSubject(t.Subject); err == nil && !seen[t.Subject] {
				seen[t.Subject] = true
				out = append(out, s)
			}
			break
		}
	}
	return out
}

// WhoOpened answers who used a client's record. NotFound if the asker may not
// know of the client.
func (i *Inspect) WhoOpened(ctx context.Context, who actor.Actor, subject record.Subject, q Query) (Page, error) {
	q.Subject = subject
	return i.ask(ctx, who, "log.client", subject, false, nil, q)
}

// WantOpeners asks a view for who opened a client's record since a time, in the
// view's own entry. The answer is empty where the asker may not know.
func (i *Inspect) WantOpeners(v *record.View, subject record.Subject) func(ctx context.Context, since time.Time) ([]Opener, error) {
	may := v.Also("log.client", subject, evidence)
	return func(ctx context.Context, since time.Time) ([]Opener, error) {
		if !*may {
			return nil, nil
		}
		es, err := i.log.Find(ctx, audit.Query{Subject: subject.String(), Since: since, Outcome: audit.Allowed, Except: opensNothing, Limit: 500, Unplaced: true})
		return Openers(es), err
	}
}

// Opener is one person in "who opened this chart".
type Opener struct {
	Worker, Role string
	Times        int
	First, Last  time.Time
	Emergency    bool // at least once under an emergency grant
}

// opensNothing are the actions that name a record and open nothing of it: to appear in a
// list that somebody looked at, or in an answer of the log.
var opensNothing = audit.Except{Begins: "log.", Ends: ".find"}

// Openers sums a page up by person: those who opened something of the record,
// most recent first.
func Openers(es []audit.Logged) []Opener {
	at := map[string]int{}
	var out []Opener
	for _, e := range es {
		if e.Outcome != audit.Allowed || e.Who.Worker == "" || opensNothing.Has(e.Action) {
			continue
		}
		n, ok := at[e.Who.Worker]
		if !ok {
			n = len(out)
			at[e.Who.Worker] = n
			out = append(out, Opener{Worker: e.Who.Worker, Role: e.Who.Role, Last: e.At})
		}
		o := &out[n]
		o.Times++
		o.First = e.At
		o.Emergency = o.Emergency || e.Who.Purpose == string(actor.Emergency) || slices.Contains(e.Rules, "glass-views")
	}
	return out
}

// Did answers everything a workforce member did.
func (i *Inspect) Did(ctx context.Context, who actor.Actor, worker string, q Query) (Page, error) {
	q.Worker = worker
	return i.ask(ctx, who, "log.worker", record.Subject{}, worker == who.Worker(), map[string]string{"worker": worker}, q)
}

// Activity answers what a workforce member did, and with it everything since a
// day, to be summed up: one question, one entry. The sum is of at most the
// newest 1,000 entries.
func (i *Inspect) Activity(ctx context.Context, who actor.Actor, worker string, q Query, since time.Time) (Page, []audit.Logged, error) {
	p, err := i.Did(ctx, who, worker, q)
	if err != nil {
		return Page{}, nil, err
	}
	all, err := i.log.Find(ctx, audit.Query{Worker: worker, Since: since, Limit: 1000, Unplaced: true})
	return p, all, err
}

// Explore answers any question of the log. The entry tells what was asked for.
func (i *Inspect) Explore(ctx context.Context, who actor.Actor, q Query) (Page, error) {
	detail := map[string]string{}
	for k, v := range map[string]string{"worker": q.Worker, "client": q.Subject.String(), "action": q.Action, "purpose": q.Purpose} {
		if v != "" {
			detail[k] = v
		}
	}
	return i.ask(ctx, who, "log.find", record.Subject{}, false, detail, q)
}

// Head says how far the log is sequenced and signed.
func (i *Inspect) Head(ctx context.Context, who actor.Actor) (audit.Head, error) {
	if err := i.door.Permit(ctx, who, "log.verify", record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return audit.Head{}, err
	}
	return i.log.Head(ctx)
}

// Rules lists the rules of access in force and the version they make up.
func (i *Inspect) Rules(ctx context.Context, who actor.Actor) (rules []policy.Rule, version string, err error) {
	if err := i.door.Permit(ctx, who, "policy.read", record.Subject{}, false, policy.Set(policy.Program), nil); err != nil {
		return nil, "", err
	}
	return i.engine.Rules(), i.engine.Version(), nil
}

// Rule returns one rule, for a refusal that names it.
func (i *Inspect) Rule(id string) (policy.Rule, bool) { return i.engine.Rule(id) }

// Ask is a question why: could this worker, in this role and for this purpose,
// do this with this client's record now?
type Ask struct {
	Worker  string
	Role    actor.Role
	Purpose actor.Purpose
	Action  string // "note.read"
	Subject record.Subject
	State   string // of the record, as "draft"; empty for any
	Own     bool   // of a record they wrote
	Classes policy.ClassSet
	At      time.Time // when it was, or would have been, tried; zero for now
}

// Reply is the answer, class by class.
type Reply struct {
	Relations policy.Relations
	Lacks     policy.Lacks // of what their role must hold
	Classes   []policy.ClassExplanation
}

// Why answers for the asker or, for officers, for anybody. About a client the
// asker may not know of it answers as for a client to whom nobody has a
// relation, which is also the answer for an id that does not exist.
func (i *Inspect) Why(ctx context.Context, who actor.Actor, a Ask) (Reply, error) {
	self := a.Worker == who.Worker()
	action := "policy.explain"
	if self {
		action = "policy.explain_self"
		a.Role = who.Role()
	}
	detail := map[string]string{"worker": a.Worker, "action": a.Action, "purpose": string(a.Purpose)}
	if !a.Subject.IsZero() {
		detail["client"] = a.Subject.String()
	}
	if !a.At.IsZero() {
		detail["at"] = a.At.UTC().Format(time.RFC3339)
	}
	if err := i.door.Permit(ctx, who, action, record.Subject{}, self, policy.Set(policy.Program), detail); err != nil {
		return Reply{}, err
	}
	asker := record.Asker{Worker: a.Worker, Role: a.Role, Purpose: a.Purpose, At: a.At}
	if self {
		asker.SteppedUp = !who.SteppedUpAt().IsZero()
	}
	q, err := i.door.QuestionFor(ctx, asker, a.Action, a.Subject, a.State, a.Own, a.Classes)
	if err != nil {
		return Reply{}, err
	}
	return Reply{Relations: q.Relations, Lacks: q.Lacks, Classes: i.engine.Explain(q)}, nil
}
