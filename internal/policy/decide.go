package policy

import (
	"iter"
	"slices"

	"github.com/cedar-policy/cedar-go"
	"github.com/cedar-policy/cedar-go/types"

	"caseward/internal/actor"
)

const (
	typeRole     types.EntityType = "Role"
	typeService  types.EntityType = "Service"
	typePurpose  types.EntityType = "Purpose"
	typeRelation types.EntityType = "Relation"
	typeClass    types.EntityType = "Class"
	typeLack     types.EntityType = "Lack"
	typeAction   types.EntityType = "Action"
)

// The named services, as [Question.Service] names them.
const (
	Import    = "import"    // brings clients in
	Demo      = "demo"      // fills a data directory it made itself
	Operator  = "operator"  // a person at the command line who holds the passphrase
	Sequencer = "sequencer" // puts the log in order and sends checkpoints out
	Notifier  = "notifier"  // tells people that something happened
	Authn     = "authn"     // signs people in
	Scanner   = "scanner"   // has what was uploaded looked at for viruses

	HouseholdKeeper = "household"    // brings the records of a household to say who lives there
	Trainer         = "trainer"      // names courses where something is required
	Calendar        = "calendar"     // shows programs that know a secret when a worker is busy
	Counterparty    = "counterparty" // lets whoever has a vendor's link sign, answer and report
	Provisioner     = "provisioner"  // keeps staff records for the system that provisions accounts
	Counter         = "counter"      // counts figures for those who lead the agency
)

var services = [...]string{
	Import,
	Demo,
	Operator,
	Sequencer,
	Notifier,
	Authn,
	Scanner,
	HouseholdKeeper,
	Trainer,
	Calendar,
	Counterparty,
	Provisioner,
	Counter,
}

// Services lists the named services.
func Services() []string { return services[:] }

// Decide answers q: which of the classes asked for may be used, and by which
// rules. Every class is decided by itself. The answer to a question with an
// unknown action, role, purpose, service, class or relation is no.
func (e *Engine) Decide(q Question) Answer {
	if a, ok := e.kept.get(q); ok {
		return a
	}
	rules, known := e.byAction[q.Action]
	if !known {
		return Answer{} // not kept: whoever asks nonsense fills no memory
	}
	req, ok := request(q)
	if !ok {
		return Answer{}
	}
	a := e.decide(rules, req, q.Classes)
	e.kept.put(q, a)
	return a
}

func (e *Engine) decide(rules []*rule, req cedar.Request, asked ClassSet) Answer {
	var a Answer
	for _, c := range asked.List() {
		permits, forbids := e.one(rules, req, c)
		if len(forbids) > 0 {
			a.Forbids = append(a.Forbids, forbids...)
		} else if len(permits) > 0 {
			a.Allowed |= classBit[c]
			a.Permits = append(a.Permits, permits...)
		}
	}
	a.Permits, a.Forbids = tidy(a.Permits), tidy(a.Forbids)
	return a
}

// one decides one class: allowed if a permit holds and nothing forbids. A rule
// that cannot be evaluated is counted among those that forbid.
func (e *Engine) one(rules []*rule, req cedar.Request, c Class) (permits, forbids []string) {
	req.Resource = types.NewEntityUID(typeClass, types.String(c))
	decision, why := cedar.Authorize(index(rules), e.entities, req)
	for _, broken := range why.Errors {
		forbids = append(forbids, string(broken.PolicyID))
	}
	for _, r := range why.Reasons {
		if decision == cedar.Allow {
			permits = append(permits, string(r.PolicyID))
		} else {
			forbids = append(forbids, string(r.PolicyID))
		}
	}
	return permits, forbids
}

// index gives Cedar the rules of one action only.
type index []*rule

// All implements cedar.PolicyIterator.
func (x index) All() iter.Seq2[cedar.PolicyID, *cedar.Policy] {
	return func(yield func(cedar.PolicyID, *cedar.Policy) bool) {
		for _, r := range x {
			if !yield(cedar.PolicyID(r.ID), r.asked) {
				return
			}
		}
	}
}

func tidy(ids []string) []string {
	slices.Sort(ids)
	return slices.Clip(slices.Compact(ids))
}

var (
	knownRole    = set(words(actor.Roles()))
	knownPurpose = set(append(words(actor.Purposes()), string(actor.Emergency), string(actor.Upkeep)))
	knownService = set(services[:])
)

func set(list []string) map[string]bool {
	m := make(map[string]bool, len(list))
	for _, s := range list {
		m[s] = true
	}
	return m
}

const allRelations = Relations(1<<len(relations)) - 1

// request turns q into Cedar's words, all but the class. It is false if q names
// what does not exist.
func request(q Question) (cedar.Request, bool) {
	var who types.EntityUID
	switch {
	case q.Role == actor.Service && knownService[q.Service]:
		who = types.NewEntityUID(typeService, types.String(q.Service))
	case q.Service == "" && knownRole[string(q.Role)]:
		who = types.NewEntityUID(typeRole, types.String(q.Role))
	default:
		return cedar.Request{}, false
	}
	if !knownPurpose[string(q.Purpose)] || !AllClasses().Contains(q.Classes) || !AllClasses().Contains(q.Glass) || q.Relations&^allRelations != 0 || q.Lacks&^Every != 0 {
		return cedar.Request{}, false
	}
	return cedar.Request{
		Principal: who,
		Action:    types.NewEntityUID(typeAction, types.String(q.Action)),
		Context: types.NewRecord(types.RecordMap{
			"purpose":    types.NewEntityUID(typePurpose, types.String(q.Purpose)),
			"relations":  entities(typeRelation, words(q.Relations.List())),
			"glass":      entities(typeClass, q.Glass.Strings()),
			"state":      types.String(q.State),
			"author":     types.Boolean(q.Author),
			"own":        types.Boolean(q.Own),
			"named":      types.Boolean(q.Named),
			"stepped_up": types.Boolean(q.SteppedUp),
			"lacks":      entities(typeLack, words(q.Lacks.List())),
		}),
	}, true
}

func entities(typ types.EntityType, ids []string) types.Set {
	list := make([]types.Value, len(ids))
	for i, id := range ids {
		list[i] = types.NewEntityUID(typ, types.String(id))
	}
	return types.NewSet(list...)
}

// Via says how q could pass, for a list that is narrowed before it is read:
// always is true if q passes with no relation to the client; rels holds every
// relation that alone would let it pass. To pass is to have at least one class allowed.
//
// The relations in q are not looked at. For [BreakGlass] a grant that covers
// everything asked for is supposed: the row's own decision sees the real one.
func (e *Engine) Via(q Question) (always bool, rels Relations) {
	q.Relations, q.Glass = 0, 0
	always = e.Decide(q).OK()
	for i, r := range relations {
		q.Relations, q.Glass = 1<<i, 0
		if r == BreakGlass {
			q.Glass = q.Classes
		}
		if e.Decide(q).OK() {
			rels |= 1 << i
		}
	}
	return always, rels
}
