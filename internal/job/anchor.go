package job

import (
	"bytes"
	"context"
	"log/slog"
	"strconv"
	"strings"
	"sync"
	"time"

	"caseward/internal/actor"
	"caseward/internal/audit"
	"caseward/internal/audit/anchor"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// AnchorAction is the action of entries that a checkpoint was sent outside.
const AnchorAction = "audit.anchor"

// Anchor sends checkpoints of the log to places outside and leaves an entry of
// each sending. Whoever later changes or cuts the log, the database's owner
// included, cannot make it agree with a checkpoint they do not hold (45 CFR
// 164.312(c)(2)).
type Anchor struct {
	log    *audit.Log
	who    actor.Actor
	errs   *slog.Logger
	sender *anchor.Sender
	places int
	kinds  []string // of the places, in the order of Add

	mu   sync.Mutex
	last []byte // the checkpoint offered last
	size int64  // its entries
}

// NewAnchor returns a job that acts as the service who and has no place yet.
func NewAnchor(l *audit.Log, c clock.Clock, who actor.Actor, errs *slog.Logger) *Anchor {
	a := &Anchor{log: l, who: who, errs: errs}
	a.sender = anchor.NewSender(source{a}, c)
	return a
}

// Add makes p one of the places, to be sent a checkpoint as often as every says
// if the log has grown. kind is what entries call it: they name a place by its
// kind and its number in the order of Add, since a name may hold an address.
func (a *Anchor) Add(p anchor.Place, kind string, every time.Duration) {
	a.places++
	a.kinds = append(a.kinds, kind)
	a.sender.Add(&told{Place: p, job: a, kind: kind, number: a.places}, every)
}

// Run sends to each place in its own time until ctx is done.
func (a *Anchor) Run(ctx context.Context) { a.sender.Run(ctx) }

// Send sends the newest checkpoint to every place at once, due or not, and
// returns what failed. A place that has it already gets nothing.
func (a *Anchor) Send(ctx context.Context) error { return a.sender.SendNow(ctx) }

// Held is in how many places the newest checkpoint is kept that is worth keeping
// there. It counts what this process sent since it started.
func (a *Anchor) Held(ctx context.Context) (int, error) {
	lags, err := a.sender.Lag(ctx)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, l := range lags {
		if l.Size >= 0 && l.Behind == 0 {
			n++
		}
	}
	return n, nil
}

// Sent is how far one place outside is.
type Sent struct {
	Kind     string    // what entries call it
	Number   int       // in the order of Add, from 1
	At       time.Time // when it last took a checkpoint; zero if not since the start
	Behind   int64     // entries signed for since the one it took
	Failures int       // in a row, until it takes one again
}

// Sent tells how far every place is, as this process knows since it started.
func (a *Anchor) Sent(ctx context.Context) ([]Sent, error) {
	lags, err := a.sender.Lag(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]Sent, len(lags))
	for i, l := range lags {
		out[i] = Sent{Kind: a.kinds[i], Number: i + 1, At: l.At, Behind: l.Behind, Failures: l.Failures}
	}
	return out, nil
}

// source is the log as the sender sees it: a checkpoint that differs from the
// one before by nothing but entries of sendings is not a new one. Otherwise each
// sending would be the reason for the next.
type source struct{ a *Anchor }

// Checkpoint implements [anchor.Source].
func (s source) Checkpoint(ctx context.Context) ([]byte, error) {
	a := s.a
	a.mu.Lock()
	defer a.mu.Unlock()
	c, err := a.log.Checkpoint(ctx)
	if err != nil {
		return nil, err
	}
	size, err := sizeOf(c)
	if err != nil {
		return nil, err
	}
	// A log that became shorter, or another of the same length, is offered as it
	// is: the places say that it was set back.
	if a.last != nil && size >= a.size && !bytes.Equal(c, a.last) {
		idle, err := a.idle(ctx, size)
		if err != nil {
			return nil, err
		}
		if idle {
			return a.last, nil
		}
	}
	a.last, a.size = c, size
	return c, nil
}

// idleLook is how many entries are looked at before the log counts as grown.
const idleLook = 64

// idle says whether every entry between the checkpoint offered last and one of
// size entries is of a sending.
func (a *Anchor) idle(ctx context.Context, size int64) (bool, error) {
	if size == a.size || size-a.size > idleLook/2 {
		return false, nil
	}
	es, err := a.log.Find(ctx, audit.Query{Limit: idleLook})
	if err != nil {
		return false, err
	}
	seen := int64(0)
	for _, e := range es {
		if e.Position < a.size || e.Position >= size {
			continue
		}
		if e.Action != AnchorAction {
			return false, nil
		}
		seen++
	}
	return seen == size-a.size, nil
}

// told is a place whose sendings are entries of the log.
type told struct {
	anchor.Place
	job    *Anchor
	kind   string
	number int

	taken   []byte // the checkpoint it took last
	failing bool   // the last failure is in the log
}

// Put implements [anchor.Place]; the sender calls it once at a time. Of failures
// in a row the first is an entry, so that a place that is away for long does not
// fill the log.
func (p *told) Put(ctx context.Context, checkpoint []byte) error {
	var sent error
	// What was taken and not recorded is not sent again, only recorded.
	if !bytes.Equal(p.taken, checkpoint) {
		sent = p.Place.Put(ctx, checkpoint)
	}
	e := audit.Entry{Who: audit.Of(p.job.who), Action: AnchorAction, Outcome: audit.Allowed, Detail: map[string]string{
		"place": p.kind, "number": strconv.Itoa(p.number),
	}}
	if size, err := sizeOf(checkpoint); err == nil {
		e.Detail["entries"] = strconv.FormatInt(size, 10)
	}
	if sent != nil {
		if p.failing || ctx.Err() == context.Canceled {
			return sent
		}
		p.job.errs.Error("a checkpoint of the log was not sent outside and is tried again", "place", p.Name(), "error", sent)
		e.Outcome = audit.Failed
	} else {
		p.taken = bytes.Clone(checkpoint)
	}
	// A place that used up its time has left none for the entry.
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), anchor.Timeout)
	defer cancel()
	if err := p.job.log.Record(last, e); err != nil {
		if sent == nil {
			return err
		}
		return sent
	}
	p.failing = sent != nil
	return sent
}

// sizeOf is the second line of a checkpoint (C2SP tlog-checkpoint).
func sizeOf(text []byte) (int64, error) {
	lines := strings.SplitN(string(text), "\n", 3)
	if len(lines) == 3 {
		if n, err := strconv.ParseInt(lines[1], 10, 64); err == nil && n >= 0 {
			return n, nil
		}
	}
	return 0, fault.Unavailablef(AnchorAction, nil, "the newest checkpoint is damaged; run caseward audit verify")
}
