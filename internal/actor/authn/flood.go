package authn

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"time"

	"caseward/internal/audit"
	"caseward/internal/fault"
)

const (
	// maxStrangers is how many sign-ins by password from browsers that are not known to
	// the account are judged at once; each waits for a slow hash.
	maxStrangers = 64
	busyFor      = 10 * time.Second // what one beyond them is told to wait
	tellEvery    = time.Minute      // how often the log is told of one account that attempts on it are slowed down
)

// flood keeps many sign-ins at once from those who have signed in before. Strangers
// have half of the processors for their hashes, and a bounded number wait for one;
// whoever is known to the account, or has proved something already, waits for none of
// them.
type flood struct {
	hashing   chan struct{} // bounds the slow hashes under way
	strangers chan struct{} // and among them those of strangers
	judged    chan struct{} // bounds the strangers whose attempt is judged

	mu   sync.Mutex
	told map[slow]told
}

// slow is what the log is told of together.
type slow struct{ action, worker, reason string }

type told struct {
	at   time.Time
	more int64 // since then
}

func newFlood() *flood {
	n := max(1, runtime.GOMAXPROCS(0))
	return &flood{hashing: make(chan struct{}, n), strangers: make(chan struct{}, max(1, n/2)), judged: make(chan struct{}, maxStrangers), told: map[slow]told{}}
}

type strange struct{}

// arrive takes in an attempt on an account that somebody without a proof says is
// theirs, if there is room for it. leave is to be called once it was judged.
func (a *Authn) arrive(ctx context.Context, action, subject string, v Visitor) (_ context.Context, leave func(), err error) {
	if _, ok := a.device(v.Device, subject); ok {
		return ctx, func() {}, nil
	}
	select {
	case a.flood.judged <- struct{}{}:
		return context.WithValue(ctx, strange{}, true), func() { <-a.flood.judged }, nil
	default:
		// Nothing is counted: it says nothing about the account.
		err := &fault.Error{Kind: fault.Denied, Op: "authn.signin", Why: "wait before the next attempt", Err: &wait{busyFor}}
		return ctx, nil, a.slowed(ctx, action, "", "busy", err)
	}
}

// turn waits until a slow hash may be made.
func (f *flood) turn(ctx context.Context) (done func(), err error) {
	var held []chan struct{}
	done = func() {
		for _, c := range held {
			<-c
		}
	}
	queues := []chan struct{}{f.hashing}
	if ctx.Value(strange{}) != nil {
		queues = []chan struct{}{f.strangers, f.hashing}
	}
	for _, q := range queues {
		select {
		case q <- struct{}{}:
			held = append(held, q)
		case <-ctx.Done():
			done()
			return nil, fault.Unavailablef("authn.hash", ctx.Err(), "gave up before it began")
		}
	}
	return done, nil
}

// slowed records that an attempt was not judged, and returns err. The log is told at
// once and then, of the same account, once a minute how many more there were: who can
// be refused a thousand times a second must not fill it.
func (a *Authn) slowed(ctx context.Context, action, worker, reason string, err error) error {
	what, now := slow{action, worker, reason}, a.now()
	f := a.flood
	f.mu.Lock()
	last, ok := f.told[what]
	if age := now.Sub(last.at); ok && age >= 0 && age < tellEvery {
		last.more++
		f.told[what] = last
		f.mu.Unlock()
		return err
	}
	f.told[what] = told{at: now}
	f.mu.Unlock()
	if lerr := a.tell(ctx, what, 1+last.more); lerr != nil {
		return lerr
	}
	return err
}

// TellSlowed tells the log of attempts that were not judged, of accounts that nobody
// tried again since: without it the last of a flood would not be told of.
func (a *Authn) TellSlowed(ctx context.Context) error {
	now, f := a.now(), a.flood
	due := map[slow]int64{}
	f.mu.Lock()
	for what, t := range f.told {
		if age := now.Sub(t.at); age >= 0 && age < tellEvery {
			continue
		}
		if t.more > 0 {
			due[what] = t.more
		}
		delete(f.told, what)
	}
	f.mu.Unlock()
	var err error
	for what, n := range due {
		err = errors.Join(err, a.tell(ctx, what, n))
	}
	return err
}

// tell makes one entry of n attempts that were not judged.
func (a *Authn) tell(ctx context.Context, what slow, n int64) error {
	e := event{action: what.action, outcome: audit.Refused, who: audit.Who{Worker: what.worker}, worker: what.worker, detail: map[string]string{"reason": what.reason}}
	if n > 1 {
		e.detail["attempts"] = strconv.FormatInt(n, 10)
	}
	return a.note(ctx, e)
}
