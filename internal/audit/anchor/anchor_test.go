package anchor_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/audit/anchor"
	"caseward/internal/audit/verify"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const origin = "caseward.example/test"

// newLog is a real log; grow makes it longer and signs.
func newLog(t testing.TB) (l *audit.Log, c *clock.Fake, grow func(n int) []byte) {
	t.Helper()
	return logOn(t, dbtest.SQLite(t), t.TempDir())
}

func logOn(t testing.TB, d *db.DB, keyDir string) (l *audit.Log, c *clock.Fake, grow func(n int) []byte) {
	t.Helper()
	ctx := context.Background()
	c = clock.NewFake(start)
	var w keys.Wrapper
	if f, err := keys.OpenFile(keyDir, []byte(keystest.Passphrase)); err == nil {
		w = f
	} else {
		w = keystest.File(t, keyDir, c)
	}
	l, err := audit.Open(ctx, d, keys.NewAgency(d, w), c, origin)
	if err != nil {
		t.Fatal(err)
	}
	return l, c, func(n int) []byte {
		t.Helper()
		for i := range n {
			if err := l.Record(ctx, audit.Entry{At: c.Now(), Action: "chart.open", Outcome: audit.Allowed, Detail: map[string]string{"i": fmt.Sprint(i)}}); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := l.Sequence(ctx); err != nil {
			t.Fatal(err)
		}
		b, err := l.Checkpoint(ctx)
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
}

// memory is a place that fails when told to.
type memory struct {
	mu   sync.Mutex
	err  error
	got  [][]byte
	hang bool
	took chan struct{}
}

func (m *memory) Name() string { return "memory" }

func (m *memory) Put(ctx context.Context, b []byte) error {
	if m.hang {
		<-ctx.Done()
		return ctx.Err()
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.err != nil {
		return m.err
	}
	m.got = append(m.got, b)
	if m.took != nil {
		close(m.took)
		m.took = nil
	}
	return nil
}

func TestSender(t *testing.T) {
	ctx := context.Background()
	l, c, grow := newLog(t)
	bad, good := &memory{err: errors.New("the disk is full")}, &memory{}
	s := anchor.NewSender(l, c)
	s.Add(bad, time.Hour)
	s.Add(good, time.Hour)
	lags := func() (anchor.Lag, anchor.Lag) {
		t.Helper()
		x, err := s.Lag(ctx)
		if err != nil || len(x) != 2 {
			t.Fatalf("%+v, %v", x, err)
		}
		return x[0], x[1]
	}
	t.Run("before the first checkpoint nothing is sent and nothing fails", func(t *testing.T) {
		if err := s.SendNow(ctx); err != nil || len(good.got) != 0 {
			t.Fatal(err)
		}
	})
	grow(5)
	t.Run("a place that fails holds up no other, and its lag is shown", func(t *testing.T) {
		if err := s.SendNow(ctx); err == nil {
			t.Fatal("no failure was reported")
		}
		b, g := lags()
		if b.Behind != 5 || b.Failures != 1 || b.Err == nil || !b.Since.Equal(start) || b.Size != -1 {
			t.Errorf("the one that fails: %+v", b)
		}
		if g.Behind != 0 || g.Failures != 0 || g.Err != nil || g.Size != 5 || !g.At.Equal(start) || len(good.got) != 1 {
			t.Errorf("the other: %+v", g)
		}
	})
	t.Run("what was taken is not sent again", func(t *testing.T) {
		_ = s.SendNow(ctx)
		if len(good.got) != 1 {
			t.Fatalf("sent %d times", len(good.got))
		}
	})
	t.Run("a place that works again gets the newest checkpoint", func(t *testing.T) {
		c.Advance(time.Hour)
		newest := grow(3)
		bad.mu.Lock()
		bad.err = nil
		bad.mu.Unlock()
		if err := s.SendNow(ctx); err != nil {
			t.Fatal(err)
		}
		b, _ := lags()
		if b.Behind != 0 || b.Failures != 0 || b.Err != nil || !b.Since.IsZero() || b.Size != 8 || len(bad.got) != 1 || string(bad.got[0]) != string(newest) {
			t.Fatalf("%+v", b)
		}
	})
	t.Run("the loop sends to one place while another hangs", func(t *testing.T) {
		hung, other := &memory{hang: true}, &memory{took: make(chan struct{})}
		took := other.took
		s := anchor.NewSender(l, c)
		s.Add(hung, time.Hour)
		s.Add(other, time.Hour)
		run, stop := context.WithCancel(ctx)
		done := make(chan struct{})
		go func() { defer close(done); s.Run(run) }()
		<-took
		stop()
		<-done
	})
}

func TestDirectory(t *testing.T) {
	ctx := context.Background()
	d := dbtest.SQLite(t)
	keyDir := t.TempDir()
	_, c, grow := logOn(t, d, keyDir)
	dir := filepath.Join(t.TempDir(), "kept")
	p := anchor.Directory(dir, c)
	names := func() (out []string) {
		es, err := os.ReadDir(dir)
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range es {
			out = append(out, e.Name())
		}
		return out
	}
	first := grow(3)
	for _, b := range [][]byte{first, first, grow(4)} {
		if err := p.Put(ctx, b); err != nil {
			t.Fatal(err)
		}
	}
	t.Run("there is one file for each size, named by it and the time", func(t *testing.T) {
		if got := names(); len(got) != 2 || got[0] != "000000000003-20260302T090000Z.checkpoint" || got[1] != "000000000007-20260302T090000Z.checkpoint" {
			t.Fatal(got)
		}
	})
	t.Run("the checker reads them", func(t *testing.T) {
		kept, err := verify.LoadKept(dir)
		if err != nil || len(kept) != 2 || string(kept[0].Text) != string(first) || !kept[0].At.Equal(start) {
			t.Fatalf("%+v, %v", kept, err)
		}
	})
	t.Run("another checkpoint of the same size is refused as a fork", func(t *testing.T) {
		_, _, growOther := newLog(t)
		if err := p.Put(ctx, growOther(3)); !fault.Is(err, fault.Conflict) {
			t.Fatal(err)
		}
	})
	t.Run("what is not a checkpoint is refused", func(t *testing.T) {
		for _, b := range []string{"", "x\n", "x\n-4\nroot\n", "x\nfour\nroot\n"} {
			if err := p.Put(ctx, []byte(b)); !fault.Is(err, fault.Invalid) {
				t.Errorf("%q: %v", b, err)
			}
		}
		if len(names()) != 2 {
			t.Fatal(names())
		}
	})
}

func insertSecret(t testing.TB, d *db.DB, name, kek string, wrapped []byte) {
	t.Helper()
	ctx := context.Background()
	if err := d.Write(ctx, func(tx *db.Tx) error {
		_, err := tx.Exec(ctx, `INSERT INTO agency_key (name, kek, wrapped) VALUES ($1, $2, $3)`, name, kek, wrapped)
		return err
	}); err != nil {
		t.Fatal(err)
	}
}

func TestBucketRefuses(t *testing.T) {
	t.Run("to keep for no time", func(t *testing.T) {
		if _, err := anchor.Bucket("s3://x?region=us-east-1", "x", 0, clock.System()); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
	t.Run("a URL that is none of a bucket's", func(t *testing.T) {
		if _, err := anchor.Bucket("ftp://x", "x", time.Hour, clock.System()); !fault.Is(err, fault.Invalid) {
			t.Fatal(err)
		}
	})
}
