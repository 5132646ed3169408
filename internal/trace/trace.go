package trace

import (
	"context"
	"crypto/rand"
	"encoding/binary"
	"encoding/hex"
	"log/slog"
	"math"
	"strings"
	"sync"
	"time"

	"caseward/internal/clock"
)

// Name says what a span is of.
type Name string

// Everything that is timed.
const (
	Request Name = "request" // all of it, until the answer is written
	Decide  Name = "decide"  // who stands how to whom, and what they may
	Commit  Name = "commit"  // the wait for the writer, until an entry or a change is durable
	Unseal  Name = "unseal"  // fetching keys and opening what may be shown
	Render  Name = "render"  // making the page
)

// How much is kept. What is beyond is left out and counted.
const (
	kept     = 4096 // spans that wait to be sent
	children = 64   // spans of one request
)

// Span is a part of a request. Its fields are all that it can say.
type Span struct {
	Trace      [16]byte
	ID, Parent [8]byte // Parent is zero where there is none
	Name       Name
	Start, End time.Time

	// Of a request: its route's pattern, its method, and the status of the answer.
	Route, Method string
	Status        int
	// Of a decision: what was asked for, as policies name it.
	Action string

	tracer *Tracer
	root   *Span // the request's; itself for a request
	mu     sync.Mutex
	parts  []*Span // of a request, those that ended
}

// Tracer makes and keeps spans. A nil Tracer makes none.
type Tracer struct {
	clock  clock.Clock
	sample uint64 // trace ids whose last eight bytes are below it

	mu   sync.Mutex
	done []*Span
	lost int64
}

// New returns a tracer that samples a share of requests, from 0 to 1.
func New(c clock.Clock, share float64) *Tracer {
	t := &Tracer{clock: c, sample: math.MaxUint64}
	if share < 1 {
		t.sample = uint64(max(0, share) * math.MaxUint64)
	}
	return t
}

type key struct{}

// Begin begins a request that is sampled; otherwise ctx is as it was and the span nil.
// parent is the header traceparent of whoever is trusted to set it, and decides then
// (https://www.w3.org/TR/trace-context/); "" for nobody.
func (t *Tracer) Begin(ctx context.Context, parent string) (context.Context, *Span) {
	if t == nil {
		return ctx, nil
	}
	var of ids
	var sampled, ok bool
	if parent != "" {
		of, sampled, ok = continued(parent)
	}
	if !ok {
		of = ids{}
		_, _ = rand.Read(of.trace[:])
		n := binary.BigEndian.Uint64(of.trace[8:])
		sampled = n < t.sample || t.sample == math.MaxUint64
	}
	if !sampled {
		return ctx, nil
	}
	s := &Span{Trace: of.trace, ID: newID(), Parent: of.span, Name: Request, Start: t.clock.Now(), tracer: t}
	s.root = s
	return context.WithValue(ctx, key{}, s), s
}

type ids struct {
	trace [16]byte
	span  [8]byte
}

// continued reads a traceparent: version, trace, span and flags in hexadecimal.
func continued(h string) (of ids, sampled, ok bool) {
	p := strings.Split(h, "-")
	if len(p) < 4 || len(p[0]) != 2 || len(p[1]) != 32 || len(p[2]) != 16 || len(p[3]) != 2 || p[0] == "ff" || p[0] == "00" && len(p) != 4 || strings.ToLower(h) != h {
		return of, false, false
	}
	var version, flags [1]byte
	for _, x := range []struct {
		to   []byte
		from string
	}{{version[:], p[0]}, {of.trace[:], p[1]}, {of.span[:], p[2]}, {flags[:], p[3]}} {
		if _, err := hex.Decode(x.to, []byte(x.from)); err != nil {
			return of, false, false
		}
	}
	return of, flags[0]&1 == 1, of.trace != [16]byte{} && of.span != [8]byte{}
}

func newID() (id [8]byte) {
	_, _ = rand.Read(id[:])
	return id
}

// Of is the request's span that ctx is in; nil if it is in none.
func Of(ctx context.Context) *Span {
	s, _ := ctx.Value(key{}).(*Span)
	return s
}

// Start begins a part of the request that ctx is in; nil where nothing is traced.
func Start(ctx context.Context, name Name) *Span {
	root := Of(ctx)
	if root == nil {
		return nil
	}
	return &Span{Trace: root.Trace, ID: newID(), Parent: root.ID, Name: name, Start: root.tracer.clock.Now(), tracer: root.tracer, root: root}
}

// Asking says what a decision was asked for, and returns the span.
func (s *Span) Asking(action string) *Span {
	if s != nil {
		s.Action = action
	}
	return s
}

// Answered says what a request was.
func (s *Span) Answered(route, method string, status int) {
	if s != nil {
		s.Route, s.Method, s.Status = route, method, status
	}
}

// Done ends a span. A request is kept with its parts once it ends; what ends later
// belongs to nothing any more.
func (s *Span) Done() {
	if s == nil {
		return
	}
	s.root.mu.Lock()
	defer s.root.mu.Unlock()
	s.End = s.tracer.clock.Now()
	if s.root != s {
		if s.root.End.IsZero() && len(s.root.parts) < children {
			s.root.parts = append(s.root.parts, s)
		}
		return
	}
	s.tracer.keep(append(s.parts, s))
	s.parts = nil
}

func (t *Tracer) keep(all []*Span) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if len(t.done)+len(all) > kept {
		t.lost += int64(len(all))
		return
	}
	t.done = append(t.done, all...)
}

// Take returns what ended since the last time, and how many spans there was no room
// for.
func (t *Tracer) Take() (done []*Span, lost int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	done, lost = t.done, t.lost
	t.done, t.lost = nil, 0
	return done, lost
}

// Logged adds to each line that is written for a traced request the id of its trace.
func Logged(h slog.Handler) slog.Handler { return logged{h} }

type logged struct{ slog.Handler }

// Handle implements [slog.Handler].
func (l logged) Handle(ctx context.Context, r slog.Record) error {
	if s := Of(ctx); s != nil {
		r = r.Clone()
		r.AddAttrs(slog.String("trace", hex.EncodeToString(s.Trace[:])))
	}
	return l.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (l logged) WithAttrs(as []slog.Attr) slog.Handler { return logged{l.Handler.WithAttrs(as)} }

// WithGroup implements [slog.Handler].
func (l logged) WithGroup(name string) slog.Handler { return logged{l.Handler.WithGroup(name)} }
