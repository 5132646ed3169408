package authn_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

// enrolKey invites worker and enrols a passkey.
func (h *house) enrolKey(worker string) (cookie string, k *softKey) {
	h.t.Helper()
	ctx := context.Background()
	inv, err := h.Invite(ctx, h.admin(), worker)
	ok(h.t, err)
	c, err := h.EnrolPasskeyBegin(ctx, inv)
	ok(h.t, err)
	k = newSoftKey(h.t)
	cookie, _, err = h.EnrolPasskeyFinish(ctx, inv, c.ID, "  My\tphone ", k.create(c), office)
	ok(h.t, err)
	return cookie, k
}

func (h *house) begin() authn.Ceremony {
	h.t.Helper()
	c, err := h.BeginPasskey(context.Background())
	ok(h.t, err)
	return c
}

func TestPasskeySignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, k := h.enrolKey("w-ana")
		finish := func(c authn.Ceremony, response []byte) (string, error) {
			cookie, _, err := h.FinishPasskey(ctx, c.ID, response, office)
			return cookie, err
		}

		t.Run("it signs its owner in by itself", func(t *testing.T) {
			c := h.begin()
			cookie, err := finish(c, k.get(c))
			ok(t, err)
			s := h.session(cookie)
			if s.Actor().Worker() != "w-ana" || s.Method() != authn.ByPasskey || !s.SteppedUp() {
				t.Errorf("signed in as %s by %s", s.Worker(), s.Method())
			}
			if e := h.log.last(t); e.Action != "signin.passkey" || e.Outcome != audit.Allowed || e.Who.Worker != "w-ana" || e.Who.Session != s.ID() {
				t.Errorf("entry is %+v", e)
			}
		})
		t.Run("it signs in by mail address", func(t *testing.T) {
			c, err := h.BeginPasskeyFor(ctx, " ANA.quillfeather@care.example.org ")
			ok(t, err)
			if !strings.Contains(string(c.Options), b64.EncodeToString(k.id)) {
				t.Error("the key is not named")
			}
			cookie, err := finish(c, k.get(c))
			ok(t, err)
			h.session(cookie)
		})
		t.Run("an address nobody has looks like one that somebody has, each time", func(t *testing.T) {
			named := func(mail string) string {
				c, err := h.BeginPasskeyFor(ctx, mail)
				ok(t, err)
				var o struct {
					PublicKey struct{ AllowCredentials []struct{ ID string } }
				}
				ok(t, json.Unmarshal(c.Options, &o))
				if len(o.PublicKey.AllowCredentials) != 1 {
					t.Fatalf("%d keys named", len(o.PublicKey.AllowCredentials))
				}
				return o.PublicKey.AllowCredentials[0].ID
			}
			one, two := named("nobody@care.example.org"), named("nobody@care.example.org")
			if one != two || len(one) != len(named(h.mail("w-ana"))) || one == named("another@care.example.org") {
				t.Error("told apart")
			}
			c, err := h.BeginPasskeyFor(ctx, "nobody@care.example.org")
			ok(t, err)
			_, err = finish(c, k.get(c))
			is(t, err, authn.ErrWrong)
		})
		t.Run("a ceremony is good once", func(t *testing.T) {
			c := h.begin()
			answer := k.get(c)
			_, err := finish(c, answer)
			ok(t, err)
			_, err = finish(c, answer)
			is(t, err, authn.ErrCeremony)
			if e := h.log.last(t); e.Outcome != audit.Refused || e.Detail["reason"] != "ceremony" {
				t.Errorf("entry is %+v", e)
			}
		})
		t.Run("a ceremony that failed is spent too", func(t *testing.T) {
			c := h.begin()
			_, err := finish(c, []byte(`{}`))
			is(t, err, authn.ErrWrong)
			_, err = finish(c, k.get(c))
			is(t, err, authn.ErrCeremony)
		})
		t.Run("of many answers at once to one ceremony one wins", func(t *testing.T) {
			c := h.begin()
			answer := k.get(c)
			var wg sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for range 8 {
				wg.Go(func() {
					if _, _, err := h.FinishPasskey(ctx, c.ID, answer, office); err == nil {
						mu.Lock()
						won++
						mu.Unlock()
					} else if !errors.Is(err, authn.ErrCeremony) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if won != 1 {
				t.Errorf("%d won", won)
			}
		})
		t.Run("a ceremony expires", func(t *testing.T) {
			c := h.begin()
			answer := k.get(c)
			h.clock.Advance(5 * time.Minute)
			_, err := finish(c, answer)
			is(t, err, authn.ErrCeremony)
		})
		t.Run("a ceremony of another kind, or a changed one, is none", func(t *testing.T) {
			cookie, _ := h.enrol("w-bo")
			c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
			ok(t, err)
			_, err = finish(c, k.get(c))
			is(t, err, authn.ErrCeremony)
			c = h.begin()
			flipped := []byte(c.ID)
			flipped[len(flipped)/2] ^= 1
			c.ID = string(flipped)
			_, err = finish(c, k.get(c))
			is(t, err, authn.ErrCeremony)
			_, err = finish(authn.Ceremony{ID: strings.Repeat("A", 1<<20), Options: c.Options}, nil)
			is(t, err, authn.ErrCeremony)
		})
		for name, change := range map[string]func(*softKey){
			"an answer from another origin":           func(k *softKey) { k.origin = "https://care.example.org.evil.example" },
			"an answer for another domain":            func(k *softKey) { k.rpID = "evil.example" },
			"an answer that did not verify its owner": func(k *softKey) { k.unproved = true },
			"an answer signed with another key":       func(k *softKey) { k.key = newSoftKey(k.t).key },
			"an answer with a key nobody knows":       func(k *softKey) { k.id = newSoftKey(k.t).id },
			"an answer in another person's name":      func(k *softKey) { k.handle = append([]byte{}, k.id...) },
			"an answer in nobody's name":              func(k *softKey) { k.handle = nil },
		} {
			t.Run(name+" is refused", func(t *testing.T) {
				bad := *k
				change(&bad)
				c := h.begin()
				_, err := finish(c, bad.get(c))
				is(t, err, authn.ErrWrong)
				if e := h.log.last(t); e.Action != "signin.passkey" || e.Outcome != audit.Refused {
					t.Errorf("entry is %+v", e)
				}
			})
		}
		t.Run("a counter that goes backwards is noted in the log and beside the passkey", func(t *testing.T) {
			for _, step := range []struct {
				counter uint32
				suspect bool
			}{{7, false}, {8, false}, {8, true}, {3, true}, {9, false}} {
				k.counter = step.counter
				c := h.begin()
				_, err := finish(c, k.get(c))
				ok(t, err)
				if got := h.log.last(t).Detail["counter"] == "regressed"; got != step.suspect {
					t.Errorf("counter %d: noted %v", step.counter, got)
				}
			}
			c := h.begin()
			k.counter++
			cookie, err := finish(c, k.get(c))
			ok(t, err)
			ks, err := h.Passkeys(ctx, h.session(cookie))
			ok(t, err)
			if len(ks) != 1 || !ks[0].Suspect || ks[0].Name != "My phone" || ks[0].UsedAt.IsZero() {
				t.Errorf("passkeys are %+v", ks)
			}
		})
		t.Run("no entry, no session", func(t *testing.T) {
			c := h.begin()
			k.counter++
			h.log.fail = fault.Unavailablef("audit.append", nil, "the disk is full")
			cookie, err := finish(c, k.get(c))
			h.log.fail = nil
			if err == nil || cookie != "" {
				t.Fatal("signed in without an entry")
			}
			var n int
			ok(t, h.db.QueryRow(ctx, `SELECT COUNT(*) FROM session WHERE ended_why = 'unlogged'`).Scan(&n))
			if n != 1 {
				t.Errorf("%d sessions were taken back", n)
			}
		})
		t.Run("it signs nobody in who no longer stands", func(t *testing.T) {
			h.people.set("w-ana", func(s *authn.Standing) { s.Active = false })
			defer h.people.set("w-ana", func(s *authn.Standing) { s.Active = true })
			c := h.begin()
			k.counter++
			_, err := finish(c, k.get(c))
			is(t, err, authn.ErrWrong)
		})
	})
}

func TestPasskeysOfOnesOwn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, first := h.enrolKey("w-ana")
		second := newSoftKey(t)

		t.Run("a second one is added, and the first is told not to register again", func(t *testing.T) {
			c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
			ok(t, err)
			if first.create(c) != nil {
				t.Error("the first key is not excluded")
			}
			ok(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "Second", second.create(c)))
			c = h.begin()
			other, _, err := h.FinishPasskey(ctx, c.ID, second.get(c), office)
			ok(t, err)
			if h.session(other).Worker() != "w-ana" {
				t.Error("signs somebody else in")
			}
		})
		t.Run("a registration from another origin is refused", func(t *testing.T) {
			c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
			ok(t, err)
			bad := newSoftKey(t)
			bad.origin = "https://evil.example"
			is(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "", bad.create(c)), authn.ErrWrong)
		})
		t.Run("a registration is good once, and in the session that began it", func(t *testing.T) {
			c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
			ok(t, err)
			k := newSoftKey(t)
			b := h.begin()
			other, _, err := h.FinishPasskey(ctx, b.ID, second.get(b), office)
			ok(t, err)
			is(t, h.AddPasskeyFinish(ctx, h.session(other), c.ID, "", k.create(c)), authn.ErrCeremony)
			ok(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "", k.create(c)))
			is(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "", k.create(c)), authn.ErrCeremony)
		})
		t.Run("one passkey is one account's", func(t *testing.T) {
			bo, _ := h.enrol("w-bo")
			c, err := h.AddPasskeyBegin(ctx, h.session(bo))
			ok(t, err)
			err = h.AddPasskeyFinish(ctx, h.session(bo), c.ID, "", first.create(c))
			if !fault.Is(err, fault.Conflict) {
				t.Errorf("error is %v", err)
			}
			if e := h.log.last(t); e.Action != "passkey.add" || e.Outcome != audit.Failed {
				t.Errorf("entry is %+v", e)
			}
			// It still signs in whom it did.
			c, err = h.BeginPasskeyFor(ctx, h.mail("w-ana"))
			ok(t, err)
			first.handle = second.handle
			_, _, err = h.FinishPasskey(ctx, c.ID, first.get(c), office)
			ok(t, err)
		})
		t.Run("it steps up, and only its owner's session", func(t *testing.T) {
			h.clock.Advance(6 * time.Minute)
			s := h.session(cookie)
			_, err := h.AddPasskeyBegin(ctx, s)
			is(t, err, authn.ErrStepUp)
			c, err := h.StepUpPasskeyBegin(ctx, s)
			ok(t, err)
			is(t, h.StepUpPasskeyFinish(ctx, s, c.ID, newSoftKey(t).get(c)), authn.ErrWrong)
			c, err = h.StepUpPasskeyBegin(ctx, s)
			ok(t, err)
			answer := second.get(c)
			ok(t, h.StepUpPasskeyFinish(ctx, s, c.ID, answer))
			if !h.session(cookie).SteppedUp() {
				t.Error("not stepped up")
			}
			is(t, h.StepUpPasskeyFinish(ctx, s, c.ID, answer), authn.ErrCeremony)
		})
		t.Run("it unlocks", func(t *testing.T) {
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			w, err := h.Ways(ctx, s)
			ok(t, err)
			if w.Passkeys != 3 || w.Password || w.TOTP {
				t.Errorf("ways are %+v", w)
			}
			_, err = h.StepUpPasskeyBegin(ctx, s)
			is(t, err, authn.ErrNoSession)
			c, err := h.UnlockPasskey(ctx, s)
			ok(t, err)
			ok(t, h.Unlock(ctx, s, authn.Proof{Ceremony: c.ID, Response: second.get(c)}))
			if h.session(cookie).SteppedUp() {
				t.Error("unlocking stepped up")
			}
		})
		t.Run("they are removed, but not the last way in", func(t *testing.T) {
			s := h.session(cookie)
			c, err := h.StepUpPasskeyBegin(ctx, s)
			ok(t, err)
			ok(t, h.StepUpPasskeyFinish(ctx, s, c.ID, second.get(c)))
			s = h.session(cookie)
			ks, err := h.Passkeys(ctx, s)
			ok(t, err)
			if len(ks) != 3 {
				t.Fatalf("%d passkeys", len(ks))
			}
			var last string
			for _, k := range ks {
				if k.Name == "Second" {
					last = k.ID
					continue
				}
				ok(t, h.RemovePasskey(ctx, s, k.ID))
			}
			if err := h.RemovePasskey(ctx, s, last); !fault.Is(err, fault.Conflict) {
				t.Errorf("the last was removed: %v", err)
			}
			if err := h.RemovePasskey(ctx, s, "of somebody else"); !fault.Is(err, fault.NotFound) {
				t.Errorf("error is %v", err)
			}
			c = h.begin()
			_, _, err = h.FinishPasskey(ctx, c.ID, first.get(c), office)
			is(t, err, authn.ErrWrong)
		})
	})
}

// Whatever a browser sends, it signs nobody in and breaks nothing.
func FuzzWhatBrowsersSend(f *testing.F) {
	ctx := context.Background()
	h := open(f, dbtest.SQLite(f))
	cookie, k := h.enrolKey("w-ana")
	s := h.session(cookie)
	device := h.DeviceCookie("", s)
	f.Add(h.begin().ID, k.get(h.begin()), device) // an answer to another ceremony
	f.Add("", []byte(`{}`), "")
	f.Add("AAAA", []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"AA","signature":"AA","userHandle":"AA"}}`), "a.b")
	f.Add("x", []byte(`{"id":"AA","rawId":"AA","type":"public-key","response":{"clientDataJSON":"e30","attestationObject":"o2NmbXRkbm9uZQ"}}`), "AAAAAAAAAAAAAAAAAAAAAA.AAAAAAAAAAAAAAAAAAAAAA")
	f.Fuzz(func(t *testing.T, ceremony string, response []byte, device string) {
		if _, _, err := h.FinishPasskey(ctx, ceremony, response, office); !fault.Is(err, fault.Denied) {
			t.Errorf("error is %v", err)
		}
		// The same answers to a ceremony that is under way.
		c, err := h.BeginPasskey(ctx)
		ok(t, err)
		if _, _, err := h.FinishPasskey(ctx, c.ID, response, office); !errors.Is(err, authn.ErrWrong) {
			t.Errorf("error is %v", err)
		}
		if c, err = h.AddPasskeyBegin(ctx, s); err != nil {
			t.Fatal(err)
		}
		if err := h.AddPasskeyFinish(ctx, s, c.ID, device, response); !errors.Is(err, authn.ErrWrong) {
			t.Errorf("error is %v", err)
		}
		_, _ = h.Session(ctx, ceremony)
		s.CheckCSRF(ceremony)
		if d := h.DeviceCookie(device, s); len(d) > 300 {
			t.Errorf("the device cookie is %d bytes long", len(d))
		}
	})
}
