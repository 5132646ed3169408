package authn

import (
	"context"
	"encoding/base64"
	"testing"
	"time"

	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/fault"
)

// entries remembers what the log is told.
type entries struct {
	Log
	es []audit.Entry
}

func (e *entries) Record(_ context.Context, x audit.Entry) error {
	e.es = append(e.es, x)
	return nil
}

func TestFlood(t *testing.T) {
	start := time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)
	open := func() (*Authn, *entries, *clock.Fake) {
		c, l := clock.NewFake(start), &entries{}
		return &Authn{clock: c, log: l, flood: newFlood(), deviceKey: []byte("device"), mailKey: []byte("mail")}, l, c
	}
	ctx := context.Background()
	t.Run("strangers beyond what can be judged are told to wait, and who is known is not", func(t *testing.T) {
		a, l, _ := open()
		for range maxStrangers {
			if _, _, err := a.arrive(ctx, "signin.password", "anybody", Visitor{}); err != nil {
				t.Fatal(err)
			}
		}
		_, _, err := a.arrive(ctx, "signin.password", "ana", Visitor{})
		if after, ok := RetryAfter(err); !ok || after != busyFor {
			t.Errorf("told to wait %v: %v", after, err)
		}
		if len(l.es) != 1 || l.es[0].Detail["reason"] != "busy" {
			t.Errorf("the log has %v", l.es)
		}
		if _, _, err := a.arrive(ctx, "signin.password", "ana", Visitor{Device: a.deviceOf("ana")}); err != nil {
			t.Errorf("who is known was told %v", err)
		}
		<-a.flood.judged // one was
		if _, leave, err := a.arrive(ctx, "signin.password", "ana", Visitor{}); err != nil {
			t.Errorf("with room again: %v", err)
		} else {
			leave()
		}
	})
	t.Run("the hashes of strangers wait for one another, and nobody else's for theirs", func(t *testing.T) {
		a, _, _ := open()
		a.flood.hashing, a.flood.strangers = make(chan struct{}, 2), make(chan struct{}, 1)
		out, _, err := a.arrive(ctx, "signin.password", "x", Visitor{})
		if err != nil {
			t.Fatal(err)
		}
		done, err := a.flood.turn(out)
		if err != nil {
			t.Fatal(err)
		}
		given, cancel := context.WithCancel(out)
		cancel()
		if _, err := a.flood.turn(given); !fault.Is(err, fault.Unavailable) {
			t.Errorf("a second stranger went on: %v", err)
		}
		own, err := a.flood.turn(ctx)
		if err != nil {
			t.Fatal(err)
		}
		own()
		done()
		if len(a.flood.hashing) != 0 || len(a.flood.strangers) != 0 {
			t.Error("a turn was not given back")
		}
	})
	t.Run("the log is told at once, then once a minute how many more", func(t *testing.T) {
		a, l, c := open()
		for range 1000 {
			if err := a.slowed(ctx, "signin.password", "w-ana", "throttled", ErrThrottled); err != ErrThrottled {
				t.Fatal(err)
			}
		}
		if err := a.slowed(ctx, "signin.password", "w-bob", "throttled", ErrThrottled); err != ErrThrottled {
			t.Fatal(err)
		}
		if len(l.es) != 2 || l.es[0].Who.Worker != "w-ana" || l.es[1].Who.Worker != "w-bob" || l.es[0].Detail["attempts"] != "" {
			t.Errorf("the log has %v", l.es)
		}
		c.Advance(tellEvery)
		_ = a.slowed(ctx, "signin.password", "w-ana", "throttled", ErrThrottled)
		if len(l.es) != 3 || l.es[2].Detail["attempts"] != "1000" || l.es[2].Outcome != audit.Refused {
			t.Errorf("the log has %v", l.es)
		}
		c.Advance(-time.Hour) // set back, it is told at once
		_ = a.slowed(ctx, "signin.password", "w-ana", "throttled", ErrThrottled)
		if len(l.es) != 4 {
			t.Errorf("the log has %v", l.es)
		}
	})
	t.Run("the last of a flood is told of when nobody tries again", func(t *testing.T) {
		a, l, c := open()
		for range 5 {
			_ = a.slowed(ctx, "signin.password", "w-ana", "throttled", ErrThrottled)
		}
		_ = a.slowed(ctx, "signin.password", "w-bob", "throttled", ErrThrottled)
		if err := a.TellSlowed(ctx); err != nil || len(l.es) != 2 {
			t.Fatalf("at once: %v, %v", l.es, err)
		}
		c.Advance(tellEvery)
		for range 2 {
			if err := a.TellSlowed(ctx); err != nil || len(l.es) != 3 || l.es[2].Who.Worker != "w-ana" || l.es[2].Detail["attempts"] != "4" {
				t.Fatalf("the log has %v, %v", l.es, err)
			}
		}
		if len(a.flood.told) != 0 {
			t.Errorf("%d accounts are remembered for nothing", len(a.flood.told))
		}
	})
}

// deviceOf is the device cookie of a browser that signed in to an account.
func (a *Authn) deviceOf(subject string) string {
	const id = "AAAAAAAAAAAAAAAAAAAAAA"
	return id + "." + base64.RawURLEncoding.EncodeToString(mac(a.deviceKey, id, subject)[:deviceTag])
}
