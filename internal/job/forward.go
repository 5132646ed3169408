package job

import (
	"context"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/audit/forward"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// ForwardAction is the action of entries that forwarding to a place began, fails or
// goes on. What is forwarded leaves none: it would have to be forwarded too.
const ForwardAction = "audit.forward"

const (
	forwardEvery       = 2 * time.Second // how often it is looked whether there is something
	forwardBatch       = 256             // entries at most that are sent together
	forwardWithin      = time.Minute     // how long a place may take over them; less than audit.TurnFor
	forwardRetry       = 5 * time.Second // after a failure at first; it doubles up to
	forwardRetryAtMost = 5 * time.Minute
)

// Forward sends entries of the log to places outside, each once it is in the tree,
// in the order of the tree, at least once. Nobody who reads or writes a record
// waits for it.
type Forward struct {
	log    *audit.Log
	who    actor.Actor
	errs   *slog.Logger
	places []*forwarding
}

// forwarding is one place.
type forwarding struct {
	place  forward.Place
	kind   string
	number int
	key    string // in the database
	all    bool

	busy    sync.Mutex // one turn at a time
	started bool       // the database knows it
	failing bool       // the last failure is in the log

	mu       sync.Mutex
	failures int // in a row
}

// NewForward returns a job that acts as the service who and has no place yet.
func NewForward(l *audit.Log, who actor.Actor, errs *slog.Logger) *Forward {
	return &Forward{log: l, who: who, errs: errs}
}

// Add makes p one of the places. kind is what entries call it, with its number in
// the order of Add, since its name may hold an address; key is what the database
// knows it by; with all set, it gets every entry since the first.
func (f *Forward) Add(p forward.Place, kind, key string, all bool) {
	f.places = append(f.places, &forwarding{place: p, kind: kind, number: len(f.places) + 1, key: key, all: all})
}

// Run forwards to each place in its own time until ctx is done.
func (f *Forward) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, p := range f.places {
		wg.Go(func() {
			clock.Turns(ctx, func(ctx context.Context) time.Duration {
				_ = f.catchUp(ctx, p) // kept, and shown by Forwarded
				return p.next()
			})
		})
	}
	wg.Wait()
}

// next is how long until it is looked again.
func (p *forwarding) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == 0 {
		return forwardEvery
	}
	return clock.Backoff(p.failures, forwardRetry, forwardRetryAtMost)
}

// Send forwards to every place what is in the tree, and returns why it did not for
// the first that failed.
func (f *Forward) Send(ctx context.Context) (err error) {
	for _, p := range f.places {
		if e := f.catchUp(ctx, p); err == nil {
			err = e
		}
	}
	return err
}

// catchUp sends to a place until it has all there is.
func (f *Forward) catchUp(ctx context.Context, p *forwarding) error {
	p.busy.Lock()
	defer p.busy.Unlock()
	if !p.started {
		first, err := f.log.StartFollowing(ctx, p.key, p.all)
		if err == nil && first {
			err = f.record(ctx, p, audit.Allowed, "started", 0)
		}
		if err != nil {
			return f.failed(ctx, p, err)
		}
		p.started = true
	}
	for ctx.Err() == nil {
		var refused int64
		n, err := f.log.Follow(ctx, p.key, forwardBatch, func(ctx context.Context, es []audit.Logged) (err error) {
			ctx, cancel := context.WithTimeout(ctx, forwardWithin)
			defer cancel()
			events := make([]forward.Event, len(es))
			for i, e := range es {
				events[i] = forward.Of(e)
			}
			refused, err = p.place.Send(ctx, events)
			return err
		})
		switch {
		case err != nil:
			return f.failed(ctx, p, err)
		case refused > 0:
			f.errs.Error("a place outside will not have entries of the log", "place", p.kind, "number", p.number, "entries", refused)
			if err := f.record(ctx, p, audit.Failed, "refused", refused); err != nil {
				return err
			}
		}
		if n > 0 {
			p.mu.Lock()
			p.failures = 0
			p.mu.Unlock()
			if p.failing {
				if err := f.record(ctx, p, audit.Allowed, "resumed", 0); err != nil {
					return err
				}
				p.failing = false
			}
		}
		if n < forwardBatch {
			return nil
		}
	}
	return ctx.Err()
}

// failed keeps a failure: of failures in a row the first is an entry.
func (f *Forward) failed(ctx context.Context, p *forwarding, err error) error {
	if ctx.Err() != nil {
		return err
	}
	p.mu.Lock()
	p.failures++
	p.mu.Unlock()
	if p.failing || fault.Is(err, fault.Conflict) {
		return err
	}
	f.errs.Error("entries of the log were not forwarded and are tried again", "place", p.kind, "number", p.number, "error", err)
	if f.record(ctx, p, audit.Failed, "away", 0) == nil {
		p.failing = true
	}
	return err
}

func (f *Forward) record(ctx context.Context, p *forwarding, o audit.Outcome, why string, entries int64) error {
	d := map[string]string{"place": p.kind, "number": strconv.Itoa(p.number), "reason": why}
	if entries > 0 {
		d["entries"] = strconv.FormatInt(entries, 10)
	}
	return f.log.Record(ctx, audit.Entry{Who: audit.Of(f.who), Action: ForwardAction, Outcome: o, Detail: d})
}

// Forwarded is how far one place is.
type Forwarded struct {
	Kind     string // what entries call it
	Number   int    // in the order of Add, from 1
	Failures int    // in a row, of this server
	audit.Followed
}

// Forwarded tells how far every place is that forwarding to has begun.
func (f *Forward) Forwarded(ctx context.Context) (out []Forwarded, err error) {
	for _, p := range f.places {
		got, err := f.log.Followed(ctx, p.key)
		if err != nil && !fault.Is(err, fault.NotFound) {
			return nil, err
		}
		p.mu.Lock()
		out = append(out, Forwarded{Kind: p.kind, Number: p.number, Failures: p.failures, Followed: got})
		p.mu.Unlock()
	}
	return out, nil
}
