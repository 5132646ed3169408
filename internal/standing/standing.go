// Package standing says in words what somebody must hold before the work lets them at
// clients' records, what of it they lack, and where each is made good (45 CFR
// 164.308(a)(3), 164.308(a)(5), 164.530(b)).
//
// What is required and held are facts that the modules state, and the door weighs them
// at every access; this package names them. It never decides whether somebody may.
//
// To start: New(door), Add a module, then Mine.
package standing

import (
	"cmp"
	"context"
	"slices"
	"strings"
	"time"

	"caseward/internal/actor"
	"caseward/internal/order"
	"caseward/internal/record"
)

// Describer is a module that requires something.
type Describer interface {
	// Describe is what a requirement of the module is called, in a language as "en", and
	// the page that makes it good; that page leads back to a query parameter "back". An
	// empty path: nobody can make it good by themselves.
	Describe(ctx context.Context, lang, code string) (title, path string, err error)
}

// Standing is the use-cases about what people must hold.
type Standing struct {
	door    *record.Door
	modules map[string]Describer
}

// New returns the use-cases.
func New(d *record.Door) *Standing { return &Standing{d, map[string]Describer{}} }

// Add joins a module by the first part of its requirements' names, as "training".
func (s *Standing) Add(module string, d Describer) { s.modules[module] = d }

// Line is one thing that is required of somebody, in words.
type Line struct {
	record.Item
	Title string
	Path  string // of the page that makes it good; empty if there is none
}

// Open reports whether it is not held.
func (l Line) Open() bool { return l.Stage != record.Met }

// Mine lists what is required of the asker in the role they work in: first what keeps them from records, then
// what will, soonest first, then what they hold, what ends soonest first.
func (s *Standing) Mine(ctx context.Context, who actor.Actor, lang string) ([]Line, error) {
	all, err := s.Of(ctx, who, lang, time.Time{}, record.Bearer{Worker: who.Worker(), Role: who.Role()})
	return all[who.Worker()], err
}

// Of lists what is required of some people at a moment; zero is now. About others it
// needs action "standing.read", which is in the log.
func (s *Standing) Of(ctx context.Context, who actor.Actor, lang string, at time.Time, people ...record.Bearer) (map[string][]Line, error) {
	items, err := s.door.Requirements(ctx, who, at, people...)
	if err != nil {
		return nil, err
	}
	type word struct{ title, path string }
	words := map[string]word{}
	out := map[string][]Line{}
	for worker, list := range items {
		lines := make([]Line, len(list))
		for i, x := range list {
			w, known := words[x.Name]
			if !known {
				w.title = x.Name
				module, code, _ := strings.Cut(x.Name, "/")
				if d, ok := s.modules[module]; ok {
					if w.title, w.path, err = d.Describe(ctx, lang, code); err != nil {
						return nil, err
					}
				}
				words[x.Name] = w
			}
			lines[i] = Line{x, w.title, w.path}
		}
		order.By(lines, func(a, b Line) int {
			return cmp.Or(rank(a)-rank(b), a.turns().Compare(b.turns()), strings.Compare(a.Title, b.Title))
		})
		out[worker] = lines
	}
	return out, nil
}

// rank puts what keeps somebody out first.
func rank(l Line) int { return slices.Index(stages[:], l.Stage) }

var stages = [...]record.Stage{record.Missing, record.Limited, record.Due, record.Met}

// turns is when a line changes for the worse; what never does is last.
func (l Line) turns() time.Time {
	t := map[record.Stage]time.Time{record.Met: l.Until, record.Due: l.Limit, record.Limited: l.End, record.Missing: l.End}[l.Stage]
	if t.IsZero() {
		return time.Unix(1<<40, 0)
	}
	return t
}

// Next says what the asker lacks now, as the banner of every page says it: whether
// something keeps them from records, and when next something will; zero for never. It
// opens nothing and leaves no entry.
func (s *Standing) Next(ctx context.Context, who actor.Actor) (lacks bool, next time.Time, err error) {
	l, next, err := s.door.Lacks(ctx, who)
	return l != 0, next, err
}
