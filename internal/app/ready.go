package app

import (
	"context"
	"sync"
	"time"

	"caseward/internal/fault"
)

// readiness is what a balancer is told. Whether the database answers and the log
// takes entries is found out at most once in a while, however many ask.
type readiness struct {
	mu       sync.Mutex
	stopping bool
	at       time.Time
	err      error
	asking   chan struct{} // closed when the answer is there; nil while nobody asks
}

const (
	readyFor    = time.Second     // how long an answer holds
	readyWithin = 2 * time.Second // how long one is waited for
)

// Ready returns why requests should go to another server, or nil: the database
// does not answer, the log cannot take entries, or this one is stopping.
func (a *App) Ready(ctx context.Context) error {
	const op = "app.ready"
	r := &a.ready
	r.mu.Lock()
	switch age := a.Clock.Now().Sub(r.at); {
	case r.stopping:
		r.mu.Unlock()
		return fault.Unavailablef(op, nil, "the server is stopping")
	case r.asking == nil && !r.at.IsZero() && age >= 0 && age < readyFor:
		defer r.mu.Unlock()
		return r.err
	case r.asking == nil:
		r.asking = make(chan struct{})
		// It outlasts whoever asked: a writer that hangs is asked once.
		go func(done chan struct{}) {
			err := a.Log.Ready(context.WithoutCancel(ctx))
			r.mu.Lock()
			r.at, r.err, r.asking = a.Clock.Now(), err, nil
			r.mu.Unlock()
			close(done)
		}(r.asking)
	}
	done := r.asking
	r.mu.Unlock()
	ctx, cancel := context.WithTimeout(ctx, readyWithin)
	defer cancel()
	select {
	case <-done:
		r.mu.Lock()
		defer r.mu.Unlock()
		return r.err
	case <-ctx.Done():
		return fault.Unavailablef(op, ctx.Err(), "the database does not answer in time")
	}
}

// Stopping says that the server is about to stop: from now on it is not ready.
func (a *App) Stopping() {
	a.ready.mu.Lock()
	defer a.ready.mu.Unlock()
	a.ready.stopping = true
}
