package trace_test

import (
	"bytes"
	"context"
	"encoding/hex"
	"log/slog"
	"reflect"
	"strings"
	"testing"
	"time"

	"caseward/internal/clock"
	"caseward/internal/trace"
)

const (
	traceID = "4bf92f3577b34da6a3ce929d0e0e4736"
	spanID  = "00f067aa0ba902b7"
)

func TestParts(t *testing.T) {
	c := clock.NewFake(time.Unix(1800000000, 0))
	tr := trace.New(c, 1)
	ctx, root := tr.Begin(context.Background(), "")
	part := trace.Start(ctx, trace.Decide).Asking("note.read")
	c.Advance(time.Millisecond)
	part.Done()
	late := trace.Start(ctx, trace.Render)
	if done, _ := tr.Take(); len(done) != 0 {
		t.Error("a part is kept before its request ended")
	}
	root.Answered("GET /clients/{id}", "GET", 200)
	root.Done()
	late.Done()
	done, lost := tr.Take()
	if len(done) != 2 || lost != 0 {
		t.Fatalf("%d spans, %d lost", len(done), lost)
	}
	d, r := done[0], done[1]
	if d.Name != trace.Decide || d.Action != "note.read" || d.Parent != r.ID || d.Trace != r.Trace || d.End.Sub(d.Start) != time.Millisecond || r.Parent != [8]byte{} || r.Route != "GET /clients/{id}" {
		t.Errorf("%+v of %+v", d, r)
	}
	if again, _ := tr.Take(); len(again) != 0 {
		t.Error("what was taken is there again")
	}
}

func TestWhoIsTrusted(t *testing.T) {
	for _, x := range []struct {
		name, header  string
		share         float64
		sampled, ours bool
	}{
		{"what the proxy samples is sampled, under its ids", "00-" + traceID + "-" + spanID + "-01", 0, true, true},
		{"what it does not is not", "00-" + traceID + "-" + spanID + "-00", 1, false, false},
		{"of a later version the beginning counts", "01-" + traceID + "-" + spanID + "-01-more", 0, true, true},
		{"more than its version has is nothing", "00-" + traceID + "-" + spanID + "-01-more", 1, true, false},
		{"capitals are nothing", "00-" + strings.ToUpper(traceID) + "-" + spanID + "-01", 1, true, false},
		{"zeros are nothing", "00-" + strings.Repeat("0", 32) + "-" + spanID + "-01", 1, true, false},
		{"the version ff is nothing", "ff-" + traceID + "-" + spanID + "-01", 1, true, false},
		{"words are nothing", "Marisol", 1, true, false},
		{"and change nothing where none is sampled", "Marisol", 0, false, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			_, s := trace.New(clock.System(), x.share).Begin(context.Background(), x.header)
			if (s != nil) != x.sampled {
				t.Fatalf("sampled: %v", s != nil)
			}
			if s != nil && (hex.EncodeToString(s.Trace[:]) == traceID) != x.ours {
				t.Errorf("trace %x", s.Trace)
			}
		})
	}
}

func TestShare(t *testing.T) {
	tr, n := trace.New(clock.System(), 0.25), 0
	for range 4000 {
		if _, s := tr.Begin(context.Background(), ""); s != nil {
			n++
		}
	}
	if n < 800 || n > 1200 {
		t.Errorf("%d of 4000", n)
	}
}

func TestNothingIsKeptBeyondItsRoom(t *testing.T) {
	tr := trace.New(clock.System(), 1)
	for range 1000 {
		ctx, s := tr.Begin(context.Background(), "")
		for range 100 {
			trace.Start(ctx, trace.Commit).Done()
		}
		s.Done()
	}
	done, lost := tr.Take()
	if len(done) > 4096 || len(done)+int(lost) != 1000*65 {
		t.Errorf("%d kept, %d lost", len(done), lost)
	}
}

// TestASpanHasRoomForNothingElse is the list of what a trace may say. A field that is
// added is looked at for what could get into it, and then added here and to
// docs/guides/operator.md.
func TestASpanHasRoomForNothingElse(t *testing.T) {
	var got []string
	for f := range reflect.TypeFor[trace.Span]().Fields() {
		if f.IsExported() {
			got = append(got, f.Name)
		}
	}
	if s := strings.Join(got, " "); s != "Trace ID Parent Name Start End Route Method Status Action" {
		t.Error(s)
	}
}

// TestOff makes what a request makes where nobody traces, and where it is not sampled.
func TestOff(t *testing.T) {
	for name, tr := range map[string]*trace.Tracer{"nobody traces": nil, "not sampled": trace.New(clock.System(), 0)} {
		n := testing.AllocsPerRun(100, func() {
			ctx, s := tr.Begin(context.Background(), "")
			trace.Start(ctx, trace.Decide).Asking("note.read").Done()
			s.Answered("GET /", "GET", 200)
			s.Done()
			if s != nil || ctx != context.Background() {
				t.Error("there is a span")
			}
		})
		if limit := map[bool]float64{true: 0, false: 1}[tr == nil]; n > limit {
			t.Errorf("%s: %v allocations", name, n)
		}
	}
}

func TestLogged(t *testing.T) {
	var b bytes.Buffer
	log := slog.New(trace.Logged(slog.NewTextHandler(&b, nil))).With("a", 1)
	ctx, _ := trace.New(clock.System(), 0).Begin(context.Background(), "00-"+traceID+"-"+spanID+"-01")
	log.ErrorContext(ctx, "in a request")
	log.Error("in none")
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if !strings.HasSuffix(lines[0], "a=1 trace="+traceID) || strings.Contains(lines[1], "trace=") {
		t.Error(lines)
	}
}

// BenchmarkOff is what a part of a request costs where nobody traces.
func BenchmarkOff(b *testing.B) {
	type k struct{}
	ctx := context.WithValue(context.WithValue(context.Background(), k{}, 1), k{}, 2)
	b.ReportAllocs()
	for b.Loop() {
		trace.Start(ctx, trace.Decide).Asking("note.read").Done()
	}
}

func BenchmarkOn(b *testing.B) {
	ctx, _ := trace.New(clock.System(), 1).Begin(context.Background(), "")
	b.ReportAllocs()
	for b.Loop() {
		trace.Start(ctx, trace.Decide).Asking("note.read").Done()
	}
}
