package seal_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/policy"
	"caseward/internal/record/internal/gate"
	"caseward/internal/record/internal/seal"
	"caseward/internal/record/recordtest"
)

var ctx = context.Background()

// bench is a keyring with passes on demand.
type bench struct {
	*recordtest.World
	gate *gate.Gate
	ring *seal.Keyring
}

func setup(t testing.TB) bench {
	t.Helper()
	w := recordtest.Open(t)
	b := bench{w, gate.New(w.Policy, w.Log, w.Clock, time.Minute), seal.New(w.DB, w.Keys)}
	for _, s := range []string{"s1", "s2"} {
		if err := b.ring.Ensure(ctx, s, w.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	return b
}

func (b bench) pass(t testing.TB, r seal.Ref, classes ...policy.Class) gate.Pass {
	t.Helper()
	a := b.gate.Begin(b.As("ann", actor.CaseManager), r.Kind+".read")
	p := a.Admit(gate.Writing, r.Kind+".change", gate.Target{Kind: r.Kind, ID: r.ID, Subject: r.Subject, Classes: policy.Set(classes...)}, policy.Answer{Allowed: policy.Set(classes...)})
	if err := a.EnterDurably(ctx, b.DB); err != nil {
		t.Fatal(err)
	}
	return p
}

var (
	ref   = seal.Ref{Kind: "note", ID: "r1", Subject: "s1"}
	parts = []seal.Part{
		{Slot: policy.Case, Class: policy.Case, Plain: []byte("heading")},
		{Slot: policy.Note, Class: policy.Psychotherapy, Plain: []byte("what was said")},
	}
)

func (b bench) sealed(t testing.TB) []byte {
	t.Helper()
	body, err := b.ring.Seal(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Psychotherapy), ref, parts, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	return body
}

func TestOpen(t *testing.T) {
	b := setup(t)
	body := b.sealed(t)
	t.Run("with a pass for all classes everything opens, and nothing of it stands in the body", func(t *testing.T) {
		opened, closed, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Psychotherapy), ref, body)
		if err != nil || len(opened) != 2 || len(closed) != 0 || string(opened[1].Plain) != "what was said" {
			t.Fatalf("%d opened, %d closed, %v", len(opened), len(closed), err)
		}
		if bytes.Contains(body, []byte("heading")) || bytes.Contains(body, []byte("said")) {
			t.Error("the body shows it")
		}
	})
	t.Run("with a pass for one class the other stays closed", func(t *testing.T) {
		opened, closed, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Note), ref, body)
		if err != nil || len(opened) != 1 || opened[0].Class != policy.Case || len(closed) != 1 || closed[0].Class != policy.Psychotherapy {
			t.Fatalf("%d opened, %d closed, %v", len(opened), len(closed), err)
		}
	})
	t.Run("without a pass nothing opens and nothing is sealed", func(t *testing.T) {
		if opened, _, err := b.ring.Open(ctx, b.DB, gate.Pass{}, ref, body); !errors.Is(err, gate.ErrNoPass) || opened != nil {
			t.Errorf("opened: %v", err)
		}
		if got, err := b.ring.Seal(ctx, b.DB, gate.Pass{}, ref, parts, nil, nil); !errors.Is(err, gate.ErrNoPass) || got != nil {
			t.Errorf("sealed: %v", err)
		}
	})
	t.Run("a used pass opens nothing", func(t *testing.T) {
		p := b.pass(t, ref, policy.Case)
		if _, _, err := b.ring.Open(ctx, b.DB, p, ref, body); err != nil {
			t.Fatal(err)
		}
		if opened, _, err := b.ring.Open(ctx, b.DB, p, ref, body); !errors.Is(err, gate.ErrNoPass) || opened != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a pass for another record opens nothing", func(t *testing.T) {
		p := b.pass(t, seal.Ref{Kind: "note", ID: "r2", Subject: "s1"}, policy.Case)
		if opened, _, err := b.ring.Open(ctx, b.DB, p, ref, body); !errors.Is(err, gate.ErrNoPass) || opened != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a class the pass does not have cannot be sealed", func(t *testing.T) {
		if got, err := b.ring.Seal(ctx, b.DB, b.pass(t, ref, policy.Case), ref, parts, nil, nil); !errors.Is(err, gate.ErrNoPass) || got != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("a body moved to another record, client or kind does not open", func(t *testing.T) {
		for _, to := range []seal.Ref{{"note", "r2", "s1"}, {"note", "r1", "s2"}, {"case", "r1", "s1"}} {
			opened, _, err := b.ring.Open(ctx, b.DB, b.pass(t, to, policy.Case, policy.Psychotherapy), to, body)
			if !errors.Is(err, seal.ErrDamaged) || opened != nil {
				t.Errorf("%+v: %v", to, err)
			}
		}
	})
	t.Run("a class renamed to a milder one does not open", func(t *testing.T) {
		sealed, err := seal.Split(body)
		if err != nil {
			t.Fatal(err)
		}
		sealed[1].Class = policy.Note
		forged, err := b.ring.Seal(ctx, b.DB, b.pass(t, ref, policy.Case), ref, nil, sealed, nil)
		if err != nil {
			t.Fatal(err)
		}
		if opened, _, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Note), ref, forged); !errors.Is(err, seal.ErrDamaged) || opened != nil {
			t.Errorf("got %v", err)
		}
	})
	t.Run("any flipped bit is noticed, or closes the class it fell on", func(t *testing.T) {
		for i := range body {
			bad := bytes.Clone(body)
			bad[i] ^= 0x01
			opened, _, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Psychotherapy), ref, bad)
			if err == nil && len(opened) == 2 {
				t.Fatalf("a flip of byte %d passes", i)
			}
			for _, p := range opened {
				if s := string(p.Plain); s != "heading" && s != "what was said" {
					t.Fatalf("a flip of byte %d opens something else", i)
				}
			}
		}
	})
	t.Run("the same content twice makes two ciphertexts", func(t *testing.T) {
		if bytes.Equal(b.sealed(t), b.sealed(t)) {
			t.Error("equal bodies: a nonce was used twice")
		}
	})
	t.Run("a carried class is kept as it was", func(t *testing.T) {
		_, closed, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case), ref, body)
		if err != nil {
			t.Fatal(err)
		}
		next, err := b.ring.Seal(ctx, b.DB, b.pass(t, ref, policy.Case), ref, parts[:1], closed, nil)
		if err != nil {
			t.Fatal(err)
		}
		opened, _, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Psychotherapy), ref, next)
		if err != nil || len(opened) != 2 || string(opened[1].Plain) != "what was said" {
			t.Errorf("%d opened, %v", len(opened), err)
		}
	})
	t.Run("after the key is destroyed it never opens again", func(t *testing.T) {
		if err := b.DB.Write(ctx, func(tx *db.Tx) error { return b.ring.Erase(ctx, tx, "s1") }); err != nil {
			t.Fatal(err)
		}
		b.ring.Forget("s1")
		p := b.pass(t, ref, policy.Case)
		if opened, _, err := b.ring.Open(ctx, b.DB, p, ref, body); !errors.Is(err, seal.ErrErased) || opened != nil {
			t.Errorf("got %v", err)
		}
		if has, err := b.ring.Has(ctx, b.DB, "s1"); has || err != nil {
			t.Errorf("%v, %v", has, err)
		}
	})
}

func TestRewrap(t *testing.T) {
	b := setup(t)
	// A key file and a database of its own: the world's are shared by all tests.
	b.Keys = keystest.File(t, t.TempDir(), b.Clock)
	log := b.DB
	b.DB = dbtest.SQLite(t)
	b.ring = seal.New(b.DB, b.Keys)
	for _, s := range []string{"s1", "s2", "s3"} {
		if err := b.ring.Ensure(ctx, s, b.Clock.Now()); err != nil {
			t.Fatal(err)
		}
	}
	pass := func(t *testing.T, classes ...policy.Class) gate.Pass {
		t.Helper()
		return bench{&recordtest.World{DB: log, Clock: b.Clock}, b.gate, b.ring}.pass(t, ref, classes...)
	}
	body, err := b.ring.Seal(ctx, b.DB, pass(t, policy.Case, policy.Psychotherapy), ref, parts, nil, nil)
	if err != nil {
		t.Fatal(err)
	}
	old := b.Keys.Current()
	if _, err := b.Keys.Rotate(b.Clock); err != nil {
		t.Fatal(err)
	}
	t.Run("every key moves under the current one, a few at a time", func(t *testing.T) {
		total := 0
		for {
			n, err := b.ring.Rewrap(ctx, 1)
			if err != nil {
				t.Fatal(err)
			}
			if n == 0 {
				break
			}
			total += n
		}
		counts, err := b.ring.Counts(ctx)
		if err != nil || total != 3 || len(counts) != 1 || counts[b.Keys.Current()] != int64(total) {
			t.Errorf("%d wrapped, %v, %v", total, counts, err)
		}
	})
	t.Run("what was sealed before still opens, with a fresh keyring too", func(t *testing.T) {
		for _, ring := range []*seal.Keyring{b.ring, seal.New(b.DB, b.Keys)} {
			opened, _, err := ring.Open(ctx, b.DB, pass(t, policy.Case), ref, body)
			if err != nil || len(opened) != 1 {
				t.Errorf("%d opened, %v", len(opened), err)
			}
		}
	})
	t.Run("a wrapped key moved to another client is refused", func(t *testing.T) {
		if err := b.DB.Write(ctx, func(tx *db.Tx) error {
			_, err := tx.Exec(ctx, `UPDATE subject_key SET wrapped = (SELECT wrapped FROM subject_key WHERE subject = 's1') WHERE subject = 's2'`)
			return err
		}); err != nil {
			t.Fatal(err)
		}
		fresh := seal.New(b.DB, b.Keys)
		if _, err := fresh.Has(ctx, b.DB, "s2"); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
	})
	if old == b.Keys.Current() {
		t.Error("the key did not rotate")
	}
}

// FuzzSplit feeds Split with damage: it must take apart what Seal put together
// and nothing else, without reading past the end.
func FuzzSplit(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte{1})
	f.Add([]byte{2, 0})
	f.Add([]byte("\x01\x04note\x04note\x03abc"))
	f.Add([]byte("\x01\x04note\x0dpsychotherapy\x00\x04case\x04case\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"))
	f.Fuzz(func(t *testing.T, body []byte) {
		got, err := seal.Split(body)
		if err != nil {
			if !errors.Is(err, seal.ErrDamaged) || got != nil {
				t.Fatalf("%v with %d parts", err, len(got))
			}
			return
		}
		n := 1
		for _, s := range got {
			if !policy.Known(s.Slot) || !policy.Known(s.Class) {
				t.Fatalf("unknown class %q %q", s.Slot, s.Class)
			}
			n += len(s.Slot) + len(s.Class) + len(s.Cipher)
		}
		if n > len(body) {
			t.Fatalf("%d bytes out of %d", n, len(body))
		}
	})
}

// TestRotateWhileServing rotates, wraps anew and forgets, as a command does beside a
// server, while the server opens old clients' keys and makes new ones: nothing that was
// asked of it fails, and every key opens afterwards.
func TestRotateWhileServing(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		dir, c := t.TempDir(), clock.NewFake(time.Date(2026, 11, 27, 9, 0, 0, 0, time.UTC))
		command := keystest.File(t, dir, c)
		server, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
		if err != nil {
			t.Fatal(err)
		}
		const clients, workers, rounds = 40, 3, 3
		for i := range clients {
			if err := seal.New(d, server).Ensure(ctx, fmt.Sprint("old", i), c.Now()); err != nil {
				t.Fatal(err)
			}
		}
		stop := make(chan struct{})
		var wait sync.WaitGroup
		var asked [workers]int
		for w := range workers {
			wait.Go(func() {
				for i := 0; ; i++ {
					select {
					case <-stop:
						return
					default:
					}
					// A keyring of its own keeps no key open: each look unwraps.
					ring := seal.New(d, server)
					if has, err := ring.Has(ctx, d, fmt.Sprint("old", i%clients)); err != nil || !has {
						t.Errorf("a client's key does not open: %v, %v", has, err)
						return
					}
					if err := ring.Ensure(ctx, fmt.Sprintf("new%d-%d", w, i), c.Now()); err != nil {
						t.Errorf("a new client has no key: %v", err)
						return
					}
					asked[w]++
				}
			})
		}
		for range rounds {
			old := command.Current()
			if _, err := command.Rotate(c); err != nil {
				t.Error(err)
				break
			}
			// It is broken off after a few, and goes on in another process.
			if n, err := seal.New(d, command).Rewrap(ctx, 7); err != nil || n != 7 {
				t.Errorf("%d, %v", n, err)
			}
			again, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
			if err != nil {
				t.Error(err)
				break
			}
			ring := seal.New(d, again)
			for n := 1; n > 0 && err == nil; {
				n, err = ring.Rewrap(ctx, 7)
			}
			if err == nil {
				err = again.Forget(c, old)
			}
			if err != nil {
				t.Error(err)
				break
			}
		}
		close(stop)
		wait.Wait()
		counts, err := seal.New(d, command).Counts(ctx)
		if err != nil {
			t.Fatal(err)
		}
		fresh, err := keys.OpenFile(dir, []byte(keystest.Passphrase))
		if err != nil {
			t.Fatal(err)
		}
		ring := seal.New(d, fresh)
		total := int64(0)
		for kek, n := range counts {
			if total += n; kek != fresh.Current() {
				t.Errorf("%d keys are under %s, which was forgotten", n, kek)
			}
		}
		for w, n := range asked {
			if n == 0 {
				t.Errorf("worker %d asked nothing", w)
			}
			for i := range n {
				if has, err := ring.Has(ctx, d, fmt.Sprintf("new%d-%d", w, i)); err != nil || !has {
					t.Fatalf("new%d-%d: %v, %v", w, i, has, err)
				}
			}
		}
		t.Logf("%d keys, asked %v times while they were wrapped anew", total, asked)
	})
}

// TestManyKeys has more clients than keys that are ready for use.
func TestManyKeys(t *testing.T) {
	b := setup(t)
	body := b.sealed(t)
	use := func(from, to int) {
		t.Helper()
		for i := from; i < to; i++ {
			r := seal.Ref{Kind: "note", ID: "r1", Subject: fmt.Sprint("client", i)}
			if err := b.ring.Ensure(ctx, r.Subject, b.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			if _, err := b.ring.Seal(ctx, b.DB, b.pass(t, r, policy.Case), r, parts[:1], nil, nil); err != nil {
				t.Fatal(err)
			}
		}
	}
	open := func() error {
		opened, _, err := b.ring.Open(ctx, b.DB, b.pass(t, ref, policy.Case, policy.Psychotherapy), ref, body)
		if err == nil && (len(opened) != 2 || string(opened[1].Plain) != "what was said") {
			t.Errorf("%d opened", len(opened))
		}
		return err
	}
	use(0, 2_100)
	if err := open(); err != nil {
		t.Errorf("after many others: %v", err)
	}
	use(2_100, 4_200)
	if err := b.DB.Write(ctx, func(tx *db.Tx) error { return b.ring.Erase(ctx, tx, "s1") }); err != nil {
		t.Fatal(err)
	}
	b.ring.Forget("s1")
	if err := open(); !errors.Is(err, seal.ErrErased) {
		t.Errorf("after many others, and erased: %v", err)
	}
}
