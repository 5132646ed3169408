package rights

import (
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
)

// longest is how many days back is counted at most.
const longest = 180

// by is who used something: a worker in the role that they had then.
type by struct {
	worker string
	role   actor.Role
}

// use is how often something was used on which days, oldest first, and when last.
type use struct {
	days []onDay
	last time.Time
}

type onDay struct{ day, times int64 }

// dayOf counts days by UTC: the count must not be another where the agency's zone changes.
func dayOf(t time.Time) int64 { return t.Unix() / (24 * 60 * 60) }

func midnight(day int64) time.Time { return time.Unix(day*24*60*60, 0).UTC() }

func (u *use) add(at time.Time) {
	if at.After(u.last) {
		u.last = at
	}
	d := dayOf(at)
	// Entries come nearly in the order of their times.
	for i := len(u.days) - 1; i >= 0 && u.days[i].day >= d; i-- {
		if u.days[i].day == d {
			u.days[i].times++
			return
		}
		if i == 0 || u.days[i-1].day < d {
			u.days = slices.Insert(u.days, i, onDay{d, 1})
			return
		}
	}
	u.days = append(u.days, onDay{d, 1})
}

// since is how often it was used on a day or later.
func (u *use) since(day int64) (n int64) {
	if u == nil {
		return 0
	}
	for _, x := range u.days {
		if x.day >= day {
			n += x.times
		}
	}
	return n
}

// lastSince is when it was used last, if that was on a day or later.
func (u *use) lastSince(day int64) time.Time {
	if u == nil || dayOf(u.last) < day {
		return time.Time{}
	}
	return u.last
}

// tally is what somebody used: by the rule that allowed it, and of a rule by the action.
type tally struct {
	rules   map[string]*use
	actions map[string]map[string]*use // rule, then action
}

func plus(m map[string]*use, key string, at time.Time) {
	u := m[key]
	if u == nil {
		u = &use{}
		m[key] = u
	}
	u.add(at)
}

// atATime is how many entries [Rights.Count] reads: some hundredths of a second's work.
const atATime = 1 << 12

// Count reads on in the log, but never much: a server that began to serve has half a year
// before it, and others to answer. Whoever looks meanwhile has the rest read at once.
func (r *Rights) Count(ctx context.Context) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.count(ctx, atATime)
}

// count reads on in the log from where it stopped, until it is done or read enough (0 for
// all). The caller holds the lock.
func (r *Rights) count(ctx context.Context, enough int) error {
	if r.used == nil {
		m, err := r.log.MarkAt(ctx, midnight(dayOf(r.door.Clock().Now())-longest))
		if err != nil {
			return err
		}
		r.mark, r.used = m, map[by]*tally{}
	}
	var err error
	r.mark, err = r.log.Walk(ctx, r.mark, enough, func(es []audit.Entry) error {
		for i := range es {
			r.add(&es[i])
		}
		return nil
	})
	if today := dayOf(r.door.Clock().Now()); today != r.pruned {
		r.pruned = today
		r.forget(today - longest)
	}
	return err
}

// forget drops what is older than a day.
func (r *Rights) forget(day int64) {
	drop := func(m map[string]*use) {
		for k, u := range m {
			if u.days = slices.DeleteFunc(u.days, func(x onDay) bool { return x.day < day }); len(u.days) == 0 {
				delete(m, k)
			}
		}
	}
	for who, t := range r.used {
		drop(t.rules)
		for rule, m := range t.actions {
			if drop(m); len(m) == 0 {
				delete(t.actions, rule)
			}
		}
		if len(t.rules) == 0 {
			delete(r.used, who)
		}
	}
}

// add counts one entry: each rule that it names, and of each rule the actions that it can
// have been used for. It errs towards used, so that nothing is called unused that was not.
func (r *Rights) add(e *audit.Entry) {
	if e.Outcome != audit.Allowed || len(e.Rules) == 0 || e.Who.Worker == "" || e.Who.Role == string(actor.Service) {
		return
	}
	who := by{e.Who.Worker, actor.Role(e.Who.Role)}
	t := r.used[who]
	if t == nil {
		t = &tally{map[string]*use{}, map[string]map[string]*use{}}
		r.used[who] = t
	}
	kinds := append(r.kinds[:0], kindOf(e.Action))
	for i := range e.Touched {
		if x := &e.Touched[i]; len(x.Classes) > 0 && !slices.Contains(kinds, x.Kind) {
			kinds = append(kinds, x.Kind)
		}
	}
	r.kinds = kinds
	named := len(kinds) > 0 && slices.ContainsFunc(e.Touched, func(x audit.Touch) bool { return x.Kind == kinds[0] && len(x.Classes) > 0 })
	for _, id := range e.Rules {
		plus(t.rules, id, e.At)
		of := r.actions[id]
		for i, kind := range kinds {
			for _, a := range of[kind] {
				if !r.did(e.Action, a, i == 0, i > 0 || named) {
					continue
				}
				m := t.actions[id]
				if m == nil {
					m = map[string]*use{}
					t.actions[id] = m
				}
				plus(m, a.name, e.At)
			}
		}
	}
}

// action is an action of a rule, as entries are compared with it.
type action struct {
	name   string
	looks  bool // finds or opens records of its kind
	back   bool // looks back at earlier versions, which is always done under its own name
	writes bool // changes something
}

func kindOf(action string) string {
	kind, _, _ := strings.Cut(action, ".")
	return kind
}

func actionOf(name string, writes bool) action {
	_, verb, _ := strings.Cut(name, ".")
	return action{name, !writes && (verb == "find" || verb == "read"), verb == "history", writes}
}

// did reports whether an entry in the name of an action can be of another, own saying that
// both are about one kind, and shown that the entry showed or changed something of the
// other's kind.
//
// An entry has the name of one action, and the kinds of the records that were touched under
// it: pages find and open many kinds at once, and work of one kind may carry along a change
// of another. So an action is done by an entry of its name; finding and opening by every
// entry that showed something of the kind; and what else there is to a kind by an entry in
// the name of another kind that showed or changed something of it, if it can be that.
func (r *Rights) did(name string, a action, own, shown bool) bool {
	switch {
	case name == a.name:
		return true
	case !shown || a.back:
		return false
	case a.looks:
		return true
	}
	return !own && (!a.writes || r.writes[name])
}
