package inspect

import (
	"context"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/record"
)

// First is the first time a worker was let at a client's record, and how they stood then.
type First struct {
	Entry audit.Logged
	Items []record.Item // what was required of them at that moment
}

// After reports whether everything that was required then was met.
func (f First) After() bool {
	for _, x := range f.Items {
		if x.Stage != record.Met {
			return false
		}
	}
	return true
}

// FirstAccess returns when a worker, who began at since, was first let at a client's record,
// and whether they had by then what was required of them at that minute (45 CFR
// 164.308(a)(3)(ii)(B), 164.530(b)(2)(i)(B)). found is false if they never were. It needs
// what it takes to read what a worker did, and to see how people stand.
func (i *Inspect) FirstAccess(ctx context.Context, who actor.Actor, b record.Bearer, since time.Time) (f First, found bool, err error) {
	v := i.door.View(who, "log.worker")
	v.Detail("worker", b.Worker)
	v.Detail("asked", "first access")
	v.Must("log.worker", record.Subject{}, b.Worker == who.Worker(), evidence)
	if err := v.Open(ctx); err != nil {
		return f, false, err
	}
	now := i.door.Clock().Now()
	// Most people begin within days: the log is looked at in times that double.
	for from, span := since, 24*time.Hour; !from.After(now) && !found; from, span = from.Add(span), 2*span {
		q := audit.Query{Worker: b.Worker, Outcome: audit.Allowed, Since: from, Until: from.Add(span), Limit: 1000}
		for {
			p, err := i.log.FindPage(ctx, q)
			if err != nil {
				return f, false, err
			}
			for _, e := range p.Entries {
				if opened(e) {
					f.Entry, found = e, true // the last one met is the oldest
				}
			}
			if q.Before = p.Before; q.Before == 0 {
				break
			}
		}
	}
	if !found {
		return f, false, nil
	}
	all, err := i.door.Requirements(ctx, who, f.Entry.At, b)
	f.Items = all[b.Worker]
	return f, err == nil, err
}

// opened reports whether an entry is of something about a client that was shown or written.
func opened(e audit.Logged) bool {
	for _, t := range e.Touched {
		if t.Subject != "" && len(t.Classes) > 0 {
			return true
		}
	}
	return false
}
