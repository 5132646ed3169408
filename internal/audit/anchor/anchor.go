// Package anchor sends the log's checkpoints to places outside: a directory on
// another disk, a bucket that does not give back, a mailbox, a witness (45 CFR
// 164.312(c)(1)).
//
// A log that is set back as a whole agrees with itself. A checkpoint that
// somebody else keeps shows what is missing, so it should go where whoever can
// change the server cannot reach.
//
// A place that fails holds up neither the work nor another place. What could
// not be sent is tried again, always with the newest checkpoint, which stands
// for all before it, and [Sender.Lag] shows how far each place is behind.
//
// A checkpoint tells the log's name, its length and a hash, and nothing of
// anybody. The package signs nothing and never reads an entry.
package anchor

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/clock"
	"caseward/internal/fault"
)

// Place is where checkpoints go. Put returns once the place has taken the
// checkpoint for good. Putting the same one twice does no harm.
type Place interface {
	// Name is what reports call the place; it holds no secret.
	Name() string
	Put(ctx context.Context, checkpoint []byte) error
}

// Source is where checkpoints come from: a log.
type Source interface {
	Checkpoint(ctx context.Context) ([]byte, error)
}

// Timeout is how long one place may take over one checkpoint.
const Timeout = time.Minute

// Retry is how long after a failure the next try is made at first; it doubles
// with each failure in a row up to MaxRetry.
const (
	Retry    = 5 * time.Second
	MaxRetry = 10 * time.Minute
)

// Sender brings the checkpoints of one log to places.
type Sender struct {
	source Source
	clock  clock.Clock
	places []*sending
}

// sending is the state of one place.
type sending struct {
	place Place
	every time.Duration

	busy sync.Mutex // held over a Put: one at a time for each place

	mu       sync.Mutex
	sent     []byte // the last the place took
	size     int64
	at       time.Time
	err      error
	since    time.Time // of the first failure in a row
	failures int
}

// NewSender sends what source has. Add places before Run.
func NewSender(source Source, c clock.Clock) *Sender {
	return &Sender{source: source, clock: c}
}

// Add makes p one of the places, to be sent a checkpoint as often as every
// says, if there is a new one.
func (s *Sender) Add(p Place, every time.Duration) {
	s.places = append(s.places, &sending{place: p, every: every, size: -1})
}

// Run sends until ctx is done.
func (s *Sender) Run(ctx context.Context) {
	var wg sync.WaitGroup
	for _, p := range s.places {
		wg.Go(func() {
			clock.Turns(ctx, func(ctx context.Context) time.Duration {
				_ = s.send(ctx, p) // kept, and shown by Lag
				return p.next()
			})
		})
	}
	wg.Wait()
}

// next is how long until the place is tried again.
func (p *sending) next() time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.failures == 0 {
		return p.every
	}
	return clock.Backoff(p.failures, Retry, MaxRetry)
}

// SendNow sends the newest checkpoint to every place at once, whether or not it
// is due, and returns what failed.
func (s *Sender) SendNow(ctx context.Context) error {
	errs := make([]error, len(s.places))
	var wg sync.WaitGroup
	for i, p := range s.places {
		wg.Add(1)
		go func() {
			defer wg.Done()
			errs[i] = s.send(ctx, p)
		}()
	}
	wg.Wait()
	return errors.Join(errs...)
}

func (s *Sender) send(ctx context.Context, p *sending) error {
	p.busy.Lock()
	defer p.busy.Unlock()
	ctx, cancel := context.WithTimeout(ctx, Timeout)
	defer cancel()
	checkpoint, err := s.source.Checkpoint(ctx)
	if fault.Is(err, fault.NotFound) {
		return nil // nothing to send yet
	}
	var size int64
	if err == nil {
		size, err = sizeOf(checkpoint)
	}
	if err == nil {
		p.mu.Lock()
		known := slices.Equal(p.sent, checkpoint)
		p.mu.Unlock()
		if known {
			return nil
		}
		if err = p.place.Put(ctx, checkpoint); err != nil {
			err = fmt.Errorf("%s: %w", p.place.Name(), err)
		}
	}
	now := s.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.err = err; err != nil {
		if p.failures++; p.failures == 1 {
			p.since = now
		}
		return err
	}
	p.sent, p.size, p.at, p.failures, p.since = checkpoint, size, now, 0, time.Time{}
	return nil
}

// Lag is how far one place is behind.
type Lag struct {
	Place    string
	Size     int64     // entries of the last checkpoint it took since the start; -1 if none
	At       time.Time // when it took that
	Behind   int64     // entries signed since
	Failures int       // failures in a row
	Since    time.Time // when it began to fail; zero if it does not
	Err      error     // the last failure; nil if it does not fail
}

// Lag tells of every place how far it is behind the newest checkpoint.
func (s *Sender) Lag(ctx context.Context) ([]Lag, error) {
	size := int64(0)
	checkpoint, err := s.source.Checkpoint(ctx)
	if err == nil {
		size, err = sizeOf(checkpoint)
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	out := make([]Lag, len(s.places))
	for i, p := range s.places {
		p.mu.Lock()
		out[i] = Lag{Place: p.place.Name(), Size: p.size, At: p.at, Behind: max(0, size-max(0, p.size)), Failures: p.failures, Since: p.since, Err: p.err}
		p.mu.Unlock()
	}
	return out, nil
}

// sizeOf reads how many entries a checkpoint is of: its second line.
func sizeOf(checkpoint []byte) (int64, error) {
	lines := strings.SplitN(string(checkpoint), "\n", 3)
	if len(lines) == 3 {
		if n, err := strconv.ParseInt(lines[1], 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	return 0, fault.Invalidf("anchor.send", "it is not a checkpoint")
}

// fileName is what a kept checkpoint is called: the size first, so that names
// sort by it, then when it was kept.
func fileName(size int64, at time.Time) string {
	return fmt.Sprintf("%012d-%s.checkpoint", size, at.UTC().Format("20060102T150405Z"))
}
