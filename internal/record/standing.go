package record

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/fault"
	"caseward/internal/order"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/store"
)

// Requirement is what a role must have before its people are let at clients' records:
// a record of the program states it as a fact, and what is missing is worked out at
// each decision (45 CFR 164.308(a)(3), 164.530(b)). It is missing from the latest of
// Since, the worker's first day and the end of what they last held; from then on the
// days of Settle or Grace pass with nothing stopped, then those of Limited with only
// reading one's own caseload, then nothing is left.
type Requirement struct {
	Role    actor.Role  // whose people; empty for everybody
	Name    string      // "<module>/<code>", as "training/orientation-privacy"
	Class   policy.Lack // what is lacked at the end; not [policy.Lapse]
	Since   time.Time   // since when it has been required, whatever its terms were
	Settle  int         // days for whoever worked here already when it began
	Grace   int         // days for whoever begins here, and after a lapse
	Limited int         // days of reading alone after those
	// Every is after how many months what is held must be held anew; 0 for never. It is
	// the requirement's and not the holding's, so that a change of it reaches what was
	// held before: whom the change makes lapse has the days of Settle from that moment.
	Every int
}

// Fact is the requirement as a fact that holds from until until; until zero is for
// good. A change of terms is a new fact from the moment of the change, under the
// same Since: what was required at any past minute can then be asked.
func (r Requirement) Fact(from, until time.Time) Fact {
	terms := fmt.Sprintf("%s %d %d %d %d %d", r.Class, db.Micros(r.Since), r.Settle, r.Grace, r.Limited, r.Every)
	return Fact{Holder: roleHolder(r.Role), Rel: store.Requires, Object: requirementPrefix + r.Name, terms: terms, From: from, Until: until}
}

// Holding is the fact that a worker holds what is required, from until until; until
// zero is for good.
func Holding(worker, name string, from, until time.Time) Fact {
	return Fact{Holder: WorkerHolder(worker), Rel: store.Holds, Object: requirementPrefix + name, From: from, Until: until}
}

// Works is the fact that a worker works here, from their first day.
func Works(worker string, from, until time.Time) Fact {
	return Fact{Holder: WorkerHolder(worker), Rel: store.Works, Object: "agency:", From: from, Until: until}
}

const requirementPrefix = "requirement:"

func roleHolder(r actor.Role) string { return "role:" + string(r) }

// parseTerms reads the terms that [Requirement.Fact] wrote.
func parseTerms(s string) (r Requirement, ok bool) {
	f := strings.Fields(s)
	if len(f) != 6 {
		return r, false
	}
	var n [5]int64
	for i := range n {
		var err error
		if n[i], err = strconv.ParseInt(f[i+1], 10, 64); err != nil {
			return r, false
		}
	}
	r = Requirement{Class: policy.Lack(f[0]), Since: db.Time(n[0]), Settle: int(n[1]), Grace: int(n[2]), Limited: int(n[3]), Every: int(n[4])}
	return r, policy.KnownLack(r.Class)
}

// Stage is how far a requirement is met.
type Stage string

// The stages, in the order of time.
const (
	Met     Stage = "met"     // held
	Due     Stage = "due"     // missing, and nothing is stopped yet
	Limited Stage = "limited" // reading one's own caseload is left
	Missing Stage = "missing" // nothing is left
)

// Item is one thing required of a worker, and how they stand to it.
type Item struct {
	Name  string      // "<module>/<code>"
	Class policy.Lack // what is lacked at the end
	Stage Stage
	Held  time.Time // since when it is, or was last, held; zero if it never was
	Until time.Time // until when it is held, or was; zero if it never was or for good
	Since time.Time // if it is not met: since when it is missing
	Limit time.Time // if it is not met: when only reading one's own caseload is left, or was
	End   time.Time // if it is not met: when nothing is left, or was
}

// Bearer is a member of the workforce of whom something is required.
type Bearer struct {
	Worker string
	Role   actor.Role
	Also   actor.Role // a second role that they have, what is required in which is asked too; empty for none
}

// Requirements says what is required of some people and how they stand to it at a
// moment; what is not theirs needs action "standing.read", which is in the log. at zero is
// now.
func (d *Door) Requirements(ctx context.Context, who actor.Actor, at time.Time, people ...Bearer) (map[string][]Item, error) {
	const action = "standing.read"
	if at.IsZero() {
		at = d.clock.Now()
	}
	if slices.ContainsFunc(people, func(b Bearer) bool { return b.Worker != who.Worker() }) {
		detail := map[string]string{"people": strconv.Itoa(len(people))}
		if len(people) == 1 {
			detail["worker"] = people[0].Worker
		}
		if err := d.Permit(ctx, who, action, Subject{}, false, policy.Set(policy.Workforce), detail); err != nil {
			return nil, err
		}
	} else if !who.Valid() {
		return nil, fault.DeniedBy(action, "no-actor")
	}
	out := map[string][]Item{}
	err := d.db.Snapshot(ctx, func(ctx context.Context) error {
		required := map[actor.Role][]store.Said{}
		for _, b := range people {
			s, err := d.weigh(ctx, d.db, b, at, required)
			if err != nil {
				return err
			}
			out[b.Worker] = s.items
		}
		return nil
	})
	if err != nil {
		return nil, fault.Unavailablef(action, err, "cannot look up what is required")
	}
	return out, nil
}

// Lacks says what the asker lacks now, and when next something will be stopped, or more
// of it, if nothing is made good; zero for never. It opens nothing and is about nobody
// else, so it leaves no entry: it is the banner that says so.
func (d *Door) Lacks(ctx context.Context, who actor.Actor) (l policy.Lacks, next time.Time, err error) {
	if !who.Valid() || who.Service() {
		return 0, time.Time{}, nil
	}
	s, err := d.stands(ctx, d.db, Bearer{Worker: who.Worker(), Role: who.Role()})
	return s.lacks, s.next, err
}

// standing is what the asker of a decision lacks.
func (d *Door) standing(ctx context.Context, q db.Querier, who actor.Actor) (gate.Standing, error) {
	if !who.Valid() {
		return gate.Standing{}, nil
	}
	l, err := d.lacks(ctx, q, who.Worker(), who.Role())
	if err != nil {
		return gate.Standing{}, err
	}
	return gate.Lacking(l), nil
}

// lacks is what a worker of a role lacks now.
func (d *Door) lacks(ctx context.Context, q db.Querier, worker string, role actor.Role) (policy.Lacks, error) {
	s, err := d.stands(ctx, q, Bearer{Worker: worker, Role: role})
	return s.lacks, err
}

// stands is how somebody stands now, as it was worked out last if nothing changed.
func (d *Door) stands(ctx context.Context, q db.Querier, b Bearer) (standing, error) {
	fail := func(err error) (standing, error) {
		return standing{}, fault.Unavailablef("record.standing", err, "cannot look up what is required of you")
	}
	epoch, err := d.epochs.Get(ctx, q, "", func(ctx context.Context) (int64, []string, error) {
		n, err := store.Epoch(ctx, q)
		return n, store.EpochOn, err
	})
	if err != nil {
		return fail(err)
	}
	if epoch == 0 {
		return standing{}, nil // nothing was ever required
	}
	now := d.clock.Now()
	if s, ok := d.kept.get(b); ok && s.epoch == epoch && !now.Before(s.at) && now.Before(s.until) {
		return s, nil
	}
	s, err := d.weigh(ctx, q, b, now, map[actor.Role][]store.Said{})
	if err != nil {
		return fail(err)
	}
	s.epoch = epoch
	d.kept.put(b, s)
	return s, nil
}

// weigh works out how somebody stands at a moment. What was looked up of a role is in
// known, for the next of that role.
func (d *Door) weigh(ctx context.Context, q db.Querier, b Bearer, at time.Time, known map[actor.Role][]store.Said) (standing, error) {
	var required []store.Said
	for i, role := range [...]actor.Role{b.Role, b.Also} {
		if i > 0 && role == "" {
			break
		}
		of, ok := known[role]
		if !ok {
			var err error
			if of, err = store.Requirements(ctx, q, roleHolder(role), roleHolder("")); err != nil {
				return standing{}, err
			}
			known[role] = of
		}
		if i == 0 {
			required = of
		} else {
			required = append(required[:len(required):len(required)], of...)
		}
	}
	if len(required) == 0 {
		return weigh(nil, nil, at), nil
	}
	held, err := store.Holdings(ctx, q, b.Worker)
	if err != nil {
		return standing{}, err
	}
	return weigh(required, held, at), nil
}

// standing is how somebody stands at a moment, and until when that holds if no fact
// changes.
type standing struct {
	epoch     int64
	at, until time.Time
	lacks     policy.Lacks
	next      time.Time // when something is stopped, or more of it; zero for never
	items     []Item
}

// weigh compares what is required with what is held at a moment. A requirement whose
// terms cannot be read is missing: a damaged fact lets nobody through.
func weigh(required, held []store.Said, at time.Time) standing {
	s := standing{at: at, until: db.Time(db.Forever)}
	// What would change the outcome: the next moment any period begins or ends.
	turn := func(t time.Time) {
		if t.After(at) && t.Before(s.until) {
			s.until = t
		}
	}
	holds := func(f store.Said) bool { return !at.Before(db.Time(f.From)) && at.Before(db.Time(f.Until)) }
	var started time.Time
	for _, f := range held {
		turn(db.Time(f.From))
		turn(db.Time(f.Until))
		if f.Rel == store.Works && !at.Before(db.Time(f.From)) {
			started = db.Time(f.From)
		}
	}
	for i, f := range required {
		turn(db.Time(f.From))
		turn(db.Time(f.Until))
		if !holds(f) {
			continue
		}
		name := strings.TrimPrefix(f.Object, requirementPrefix)
		terms, ok := parseTerms(f.Scope)
		if !ok {
			s.items = append(s.items, Item{Name: name, Class: policy.Training, Stage: Missing, Since: db.Time(f.From), Limit: db.Time(f.From), End: db.Time(f.From)})
			continue
		}
		x := Item{Name: name, Class: terms.Class, Stage: Due}
		if x.Held, x.Until = lasts(held, f.Object, terms.Every, at); at.Before(x.Until) {
			x.Stage = Met
			turn(x.Until)
		}
		if x.Stage != Met {
			x.Since = terms.Since
			days := terms.Settle
			if started.After(x.Since) {
				x.Since, days = started, terms.Grace
			}
			if lapsed, changed := lapse(required[:i+1], held, x.Until); lapsed.After(x.Since) {
				if x.Since, days = lapsed, terms.Grace; changed {
					days = terms.Settle
				}
			}
			x.Limit = x.Since.AddDate(0, 0, days)
			x.End = x.Limit.AddDate(0, 0, terms.Limited)
			for _, t := range []time.Time{x.Limit, x.End} {
				turn(t)
				if t.After(at) && (s.next.IsZero() || t.Before(s.next)) {
					s.next = t
				}
			}
			switch {
			case !at.Before(x.End):
				x.Stage = Missing
			case !at.Before(x.Limit):
				x.Stage = Limited
			}
		}
		if x.Until.Equal(db.Time(db.Forever)) {
			x.Until = time.Time{}
		}
		s.items = append(s.items, x)
	}
	// Of one thing required twice, as of everybody and of a role, the stricter counts.
	order.By(s.items, func(a, b Item) int {
		return cmp.Or(strings.Compare(a.Name, b.Name), a.End.Compare(b.End), a.Limit.Compare(b.Limit))
	})
	s.items = slices.CompactFunc(s.items, func(a, b Item) bool { return a.Name == b.Name })
	for _, x := range s.items {
		switch x.Stage {
		case Missing:
			s.lacks |= policy.Lacking(x.Class)
		case Limited:
			s.lacks |= policy.Lacking(policy.Lapse)
		}
	}
	return s
}

// lasts is the holding of an object that lasts longest of those that have begun, if it is
// to be renewed every so many months: from when until when.
func lasts(held []store.Said, object string, every int, at time.Time) (from, until time.Time) {
	for _, h := range held {
		if h.Rel != store.Holds || h.Object != object || at.Before(db.Time(h.From)) {
			continue
		}
		begins, ends := db.Time(h.From), db.Time(h.Until)
		if every > 0 {
			if due := clock.Months(begins, every); due.Before(ends) {
				ends = due
			}
		}
		if from.IsZero() || ends.After(until) {
			from, until = begins, ends
		}
	}
	return from, until
}

// lapse is when something stopped being held that ended at until by the terms in force,
// the last of required: at that moment, or where it was over before those terms began
// and not by the terms before them, when they began (changed).
func lapse(required, held []store.Said, until time.Time) (at time.Time, changed bool) {
	last := len(required) - 1
	now := required[last]
	for i := last - 1; i >= 0 && !until.IsZero(); i-- {
		begins := db.Time(now.From)
		if until.After(begins) {
			break
		}
		was := required[i]
		if was.Holder != now.Holder || was.Object != now.Object || was.Until != now.From {
			continue
		}
		terms, ok := parseTerms(was.Scope)
		if !ok {
			break
		}
		_, before := lasts(held, was.Object, terms.Every, begins)
		if before.After(begins) {
			return begins, true
		}
		now, until = was, before
	}
	return until, false
}

// standings keeps how people stand. It is emptied when it is full: what is
// forgotten is worked out again.
type standings struct {
	mu  sync.Mutex
	all map[Bearer]standing
}

const maxStandings = 20_000

func (k *standings) get(b Bearer) (standing, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	s, ok := k.all[b]
	return s, ok
}

func (k *standings) put(b Bearer, s standing) {
	s.items = nil
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.all == nil || len(k.all) >= maxStandings {
		k.all = map[Bearer]standing{}
	}
	k.all[b] = s
}
