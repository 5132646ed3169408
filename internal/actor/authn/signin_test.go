package authn_test

import (
	"bytes"
	"context"
	"encoding/base32"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

func (h *house) password(worker string, v authn.Visitor) authn.Pending {
	h.t.Helper()
	p, err := h.SignInPassword(context.Background(), h.mail(worker), goodPassword, v)
	ok(h.t, err)
	return p
}

func TestPasswordSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")

		t.Run("password and code sign in, each in the log", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			h.session(cookie)
			if h.log.count("signin.password", audit.Allowed) == 0 || h.log.count("signin.second", audit.Allowed) == 0 {
				t.Error("not in the log")
			}
		})
		t.Run("the password alone opens nothing", func(t *testing.T) {
			h.gone(h.password("w-ana", office).Ticket, authn.ErrNoSession)
		})
		t.Run("the address is taken in any case and form", func(t *testing.T) {
			_, err := h.SignInPassword(ctx, "  ANA.Quillfeather@CARE.example.org\n", goodPassword, office)
			ok(t, err)
		})
		t.Run("the password is taken however its accents were typed", func(t *testing.T) {
			c := h.signIn("w-ana", secret, office)
			ok(t, h.ChangePassword(ctx, h.session(c), "cre\u0300me bru\u0302le\u0301e spatula"))
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), "cr\u00e8me br\u00fbl\u00e9e spatula", office)
			ok(t, err)
			ok(t, h.ChangePassword(ctx, h.session(c), goodPassword))
		})
		t.Run("unknown and wrong are one answer", func(t *testing.T) {
			inv, err := h.Invite(ctx, h.admin(), "w-bo")
			ok(t, err)
			ok(t, h.EnrolPassword(ctx, inv, goodPassword)) // and no second factor yet
			_, wrong := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", office)
			_, unknown := h.SignInPassword(ctx, "nobody@care.example.org", "not it at all", office)
			_, half := h.SignInPassword(ctx, h.mail("w-bo"), goodPassword, office)
			_, none := h.SignInPassword(ctx, h.mail("w-adm"), goodPassword, office)
			_, long := h.SignInPassword(ctx, h.mail("w-ana"), strings.Repeat("x", 1<<20), office)
			_, invalid := h.SignInPassword(ctx, "\xff\xfe@\x00", "\xff", office)
			for _, err := range []error{wrong, unknown, half, none, long, invalid} {
				is(t, err, authn.ErrWrong)
				if err.Error() != wrong.Error() {
					t.Errorf("%v and %v", err, wrong)
				}
			}
		})
		t.Run("the log knows them apart and holds no address", func(t *testing.T) {
			_, _ = h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", authn.Visitor{Addr: "198.51.100.1"})
			if e := h.log.last(t); e.Who.Worker != "w-ana" || e.Outcome != audit.Refused || e.Detail["reason"] != "wrong" {
				t.Errorf("entry is %+v", e)
			}
			_, _ = h.SignInPassword(ctx, "nobody@care.example.org", "not it at all", authn.Visitor{Addr: "198.51.101.1"})
			if diff := cmp.Diff(audit.Entry{At: h.clock.Now(), Action: "signin.password", Outcome: audit.Refused, Detail: map[string]string{"reason": "unknown"}}, h.log.last(t)); diff != "" {
				t.Error(diff)
			}
		})
		t.Run("where the log cannot be written nobody signs in", func(t *testing.T) {
			h.log.fail = errors.New("log is away")
			defer func() { h.log.fail = nil }()
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			if err == nil || errors.Is(err, authn.ErrWrong) {
				t.Errorf("error is %v", err)
			}
		})
		t.Run("a pending sign-in expires", func(t *testing.T) {
			p := h.password("w-ana", office)
			h.clock.Advance(5 * time.Minute)
			_, _, err := h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			is(t, err, authn.ErrCeremony)
		})
		t.Run("changing the password ends other sessions and half-finished sign-ins", func(t *testing.T) {
			one, two := h.signIn("w-ana", secret, office), h.signIn("w-ana", secret, office)
			p := h.password("w-ana", office)
			ok(t, h.ChangePassword(ctx, h.session(one), "hammock lighthouse rhubarb"))
			h.session(one)
			h.gone(two, authn.ErrEnded)
			_, _, err := h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			is(t, err, authn.ErrCeremony)
			_, err = h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			is(t, err, authn.ErrWrong)
			ok(t, h.ChangePassword(ctx, h.session(one), goodPassword))
		})
		t.Run("a new password obeys the rules", func(t *testing.T) {
			c := h.signIn("w-ana", secret, office)
			err := h.ChangePassword(ctx, h.session(c), "Quillfeather2026")
			if !fault.Is(err, fault.Invalid) || len(fault.FieldsOf(err)) != 1 {
				t.Errorf("error is %v", err)
			}
		})
	})
}

func TestHashesAreUpgradedAtSignIn(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.enrol("w-ana")
		stored := func() (scheme string, cost int, salt []byte) {
			ok(t, d.QueryRow(ctx, `SELECT pw_scheme, pw_cost, pw_salt FROM account WHERE worker = 'w-ana'`).Scan(&scheme, &cost, &salt))
			return
		}
		_, _, before := stored()
		cfg := h.cfg
		cfg.PasswordCost = 2000
		h.Authn = h.again(cfg)
		_, err := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", office)
		is(t, err, authn.ErrWrong)
		if _, cost, _ := stored(); cost != 1000 {
			t.Errorf("a wrong password changed the cost to %d", cost)
		}
		h.password("w-ana", office)
		scheme, cost, after := stored()
		if scheme != "pbkdf2-sha256" || cost != 2000 || bytes.Equal(before, after) {
			t.Errorf("stored as %s at %d", scheme, cost)
		}
		h.password("w-ana", office)
	})
}

func TestHashesCostSixHundredThousandIterations(t *testing.T) {
	h := open(t, dbtest.SQLite(t), func(c *authn.Config) { c.PasswordCost = 0 })
	h.enrol("w-ana")
	var cost int
	ok(t, h.db.QueryRow(context.Background(), `SELECT pw_cost FROM account WHERE worker = 'w-ana'`).Scan(&cost))
	if cost != 600_000 {
		t.Errorf("%d iterations", cost)
	}
}

func TestOneTimeCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")
		try := func(c string) error {
			_, _, err := h.SecondFactor(ctx, h.password("w-ana", office).Ticket, c, office)
			return err
		}
		t.Run("a code is good once", func(t *testing.T) {
			c := code(t, secret, h.clock.Now())
			ok(t, try(c))
			is(t, try(c), authn.ErrWrong)
		})
		t.Run("the code that enrolled is used up", func(t *testing.T) {
			_, s := h.enrol("w-bo")
			h.clock.Advance(-30 * time.Second)
			_, _, err := h.SecondFactor(ctx, h.password("w-bo", office).Ticket, code(t, s, h.clock.Now()), office)
			is(t, err, authn.ErrWrong)
			h.clock.Advance(30 * time.Second)
		})
		t.Run("one step of grace, to either side, and no more; never back before the last", func(t *testing.T) {
			h.clock.Advance(10 * time.Minute)
			now := h.clock.Now()
			is(t, try(code(t, secret, now.Add(-60*time.Second))), authn.ErrWrong)
			is(t, try(code(t, secret, now.Add(60*time.Second))), authn.ErrWrong)
			ok(t, try(code(t, secret, now.Add(-30*time.Second))))
			ok(t, try(code(t, secret, now.Add(30*time.Second))))
			is(t, try(code(t, secret, now)), authn.ErrWrong)
			h.clock.Advance(10 * time.Minute)
		})
		t.Run("spaces do not matter", func(t *testing.T) {
			c := code(t, secret, h.clock.Now())
			ok(t, try(" "+c[:3]+" "+c[3:]))
			h.clock.Advance(30 * time.Second)
		})
		t.Run("of many requests at once with one code one wins", func(t *testing.T) {
			c := code(t, secret, h.clock.Now())
			var pending []authn.Pending
			for range 5 {
				pending = append(pending, h.password("w-ana", office))
			}
			var wg sync.WaitGroup
			var mu sync.Mutex
			var won []string
			for _, p := range pending {
				wg.Go(func() {
					cookie, _, err := h.SecondFactor(ctx, p.Ticket, c, office)
					mu.Lock()
					defer mu.Unlock()
					if err == nil {
						won = append(won, cookie)
					} else if !errors.Is(err, authn.ErrWrong) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if len(won) != 1 {
				t.Fatalf("%d won", len(won))
			}
			h.session(won[0])
			h.clock.Advance(30 * time.Second)
		})
		t.Run("a pending sign-in is good once", func(t *testing.T) {
			p := h.password("w-ana", office)
			_, _, err := h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			ok(t, err)
			h.clock.Advance(30 * time.Second)
			_, _, err = h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			is(t, err, authn.ErrCeremony)
		})
		t.Run("new codes replace the old only once the first comes back", func(t *testing.T) {
			h.clock.Advance(30 * time.Second)
			c := h.signIn("w-ana", secret, office)
			e, err := h.NewTOTPBegin(ctx, h.session(c))
			ok(t, err)
			if !strings.HasPrefix(e.URL, "otpauth://totp/Rivermouth") || !bytes.HasPrefix(e.PNG, []byte("\x89PNG")) {
				t.Error("nothing to scan")
			}
			is(t, h.NewTOTPFinish(ctx, h.session(c), e.Ceremony, "12345"), authn.ErrWrong)
			ok(t, try(code(t, secret, h.clock.Now())))
			fresh := strings.ReplaceAll(e.Secret, " ", "")
			ok(t, h.NewTOTPFinish(ctx, h.session(c), e.Ceremony, code(t, fresh, h.clock.Now())))
			is(t, h.NewTOTPFinish(ctx, h.session(c), e.Ceremony, code(t, fresh, h.clock.Now())), authn.ErrCeremony)
			h.clock.Advance(30 * time.Second)
			is(t, try(code(t, secret, h.clock.Now())), authn.ErrWrong)
			ok(t, try(code(t, fresh, h.clock.Now())))
		})
	})
}

func TestRecoveryCodes(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, _ := h.enrol("w-ana")
		codes, err := h.RecoveryCodes(ctx, h.session(cookie))
		ok(t, err)
		left := func() int {
			w, err := h.Ways(ctx, h.session(cookie))
			ok(t, err)
			return w.RecoveryCodes
		}
		second := func(c string) error {
			_, _, err := h.SecondFactor(ctx, h.password("w-ana", office).Ticket, c, office)
			return err
		}
		if len(codes) != 10 || left() != 10 {
			t.Fatalf("%d codes, %d left", len(codes), left())
		}
		t.Run("each is good once, as the second factor", func(t *testing.T) {
			ok(t, second(codes[0]))
			is(t, second(codes[0]), authn.ErrWrong)
			ok(t, second(" "+strings.ToLower(strings.ReplaceAll(codes[1], "-", " "))))
			if left() != 8 {
				t.Errorf("%d left", left())
			}
		})
		t.Run("one colleague's code is not another's", func(t *testing.T) {
			h.enrol("w-bo")
			_, _, err := h.SecondFactor(ctx, h.password("w-bo", office).Ticket, codes[2], office)
			is(t, err, authn.ErrWrong)
			if left() != 8 {
				t.Errorf("%d left", left())
			}
		})
		t.Run("of many requests at once with one code one wins", func(t *testing.T) {
			var wg sync.WaitGroup
			var mu sync.Mutex
			won := 0
			for range 4 {
				p := h.password("w-ana", office)
				wg.Go(func() {
					if _, _, err := h.SecondFactor(ctx, p.Ticket, codes[3], office); err == nil {
						mu.Lock()
						won++
						mu.Unlock()
					}
				})
			}
			wg.Wait()
			if won != 1 {
				t.Errorf("%d won", won)
			}
		})
		t.Run("with the password they sign in in one step, and a wrong password uses none up", func(t *testing.T) {
			was := left()
			_, _, err := h.SignInRecovery(ctx, h.mail("w-ana"), "not it at all", codes[4], office)
			is(t, err, authn.ErrWrong)
			if left() != was {
				t.Error("a code was used up")
			}
			c, _, err := h.SignInRecovery(ctx, h.mail("w-ana"), goodPassword, codes[4], office)
			ok(t, err)
			if h.session(c).Method() != authn.ByRecovery {
				t.Error("method is", h.session(c).Method())
			}
		})
		t.Run("new ones replace the old, and need a fresh proof", func(t *testing.T) {
			again, err := h.RecoveryCodes(ctx, h.session(cookie))
			ok(t, err)
			is(t, second(codes[5]), authn.ErrWrong)
			ok(t, second(again[5]))
			h.clock.Advance(6 * time.Minute)
			_, err = h.RecoveryCodes(ctx, h.session(cookie))
			is(t, err, authn.ErrStepUp)
		})
		t.Run("there are none beside a passkey alone", func(t *testing.T) {
			c, _ := h.enrolKey("w-sec")
			if _, err := h.RecoveryCodes(ctx, h.session(c)); !fault.Is(err, fault.Conflict) {
				t.Errorf("error is %v", err)
			}
		})
	})
}

func TestThrottle(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, secret := h.enrol("w-ana")
		stranger := authn.Visitor{Addr: "203.0.113.66"}
		home := authn.Visitor{Addr: "198.51.100.7"}
		fail := func(v authn.Visitor) error {
			t.Helper()
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", v)
			return err
		}
		known := office
		known.Device = h.DeviceCookie("", h.session(cookie))

		t.Run("after a few failures a network waits, longer each time", func(t *testing.T) {
			for range 5 {
				is(t, fail(stranger), authn.ErrWrong)
			}
			var last time.Duration
			for range 4 {
				is(t, fail(stranger), authn.ErrWrong)
				err := fail(stranger)
				is(t, err, authn.ErrThrottled)
				wait, isWait := authn.RetryAfter(err)
				if !isWait || wait <= last {
					t.Errorf("waits %v after %v", wait, last)
				}
				last = wait
				h.clock.Advance(wait)
			}
			is(t, fail(stranger), authn.ErrWrong)
		})
		t.Run("a neighbour's address in the same network waits with it", func(t *testing.T) {
			is(t, fail(authn.Visitor{Addr: "203.0.113.67"}), authn.ErrThrottled)
		})
		t.Run("the colleague signs in from elsewhere all the while", func(t *testing.T) {
			h.session(h.signIn("w-ana", secret, home))
		})
		t.Run("and from a browser that signed in before, in the very network of the stranger", func(t *testing.T) {
			is(t, fail(stranger), authn.ErrThrottled) // the good sign-in set nothing back for the stranger
			v := stranger
			v.Device = known.Device
			h.session(h.signIn("w-ana", secret, v))
			is(t, fail(stranger), authn.ErrThrottled)
		})
		t.Run("a device cookie of another account or a made-up one is none", func(t *testing.T) {
			bo, _ := h.enrol("w-bo")
			for range 3 { // the wait may be over: make sure there is one
				_ = fail(stranger)
			}
			for _, dev := range []string{h.DeviceCookie("", h.session(bo)), "x", strings.Replace(known.Device, ".", ".A", 1), strings.Repeat("a.", 500)} {
				v := stranger
				v.Device = dev
				is(t, fail(v), authn.ErrThrottled)
			}
		})
		t.Run("an address nobody has is throttled just the same", func(t *testing.T) {
			v := authn.Visitor{Addr: "203.0.112.5"}
			for i := range 7 {
				_, err := h.SignInPassword(ctx, "nobody@care.example.org", "not it at all", v)
				want := authn.ErrWrong
				if i == 6 {
					want = authn.ErrThrottled
				}
				is(t, err, want)
			}
		})
		t.Run("a network spraying many accounts slows down, and a known browser in it does not", func(t *testing.T) {
			v := authn.Visitor{Addr: "2001:db8:1:2::3"}
			var err error
			for i := range 103 {
				if _, err = h.SignInPassword(ctx, fmt.Sprintf("n%d@care.example.org", i), "not it at all", v); errors.Is(err, authn.ErrThrottled) {
					break
				}
			}
			is(t, err, authn.ErrThrottled)
			v.Device = known.Device
			h.session(h.signIn("w-ana", secret, v))
		})
	})
}

func TestHundredFailures(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, secret := h.enrol("w-ana")
		codes, err := h.RecoveryCodes(ctx, h.session(cookie))
		ok(t, err)
		c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
		ok(t, err)
		k := newSoftKey(t)
		ok(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "", k.create(c)))
		known := office
		known.Device = h.DeviceCookie("", h.session(cookie))

		// storm fails from ever new networks, waiting as told, until the
		// password is off; it says how often it failed and how long it took.
		storm := func(mail string) (failures int, took time.Duration) {
			t.Helper()
			from := h.clock.Now()
			for i := 0; ; i++ {
				_, err := h.SignInPassword(ctx, mail, "not it at all", authn.Visitor{Addr: fmt.Sprintf("10.%d.%d.1", i/256, i%256)})
				switch wait, isWait := authn.RetryAfter(err); {
				case isWait:
					h.clock.Advance(wait)
				case errors.Is(err, authn.ErrWrong):
					failures++
				case errors.Is(err, authn.ErrPasswordOff):
					return failures, h.clock.Now().Sub(from)
				default:
					t.Fatal(err)
				}
				if i > 1000 {
					t.Fatal("no limit")
				}
			}
		}
		off := func() {
			t.Helper()
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, known)
			is(t, err, authn.ErrPasswordOff)
		}
		t.Run("the password is off after a hundred in a row, which takes a stranger days", func(t *testing.T) {
			n, took := storm(h.mail("w-ana"))
			if n != 100 || took < 40*time.Hour {
				t.Errorf("%d failures in %v", n, took)
			}
			off()
		})
		t.Run("and so it seems for an address nobody has", func(t *testing.T) {
			if n, _ := storm("nobody@care.example.org"); n != 100 {
				t.Errorf("%d failures", n)
			}
		})
		t.Run("a recovery code still signs in, and lifts it", func(t *testing.T) {
			c, _, err := h.SignInRecovery(ctx, h.mail("w-ana"), goodPassword, codes[0], office)
			ok(t, err)
			h.session(c)
			h.session(h.signIn("w-ana", secret, known))
		})
		t.Run("a passkey still signs in, and lifts it", func(t *testing.T) {
			storm(h.mail("w-ana"))
			off()
			c := h.begin()
			cookie, _, err := h.FinishPasskey(ctx, c.ID, k.get(c), office)
			ok(t, err)
			h.session(cookie)
			h.session(h.signIn("w-ana", secret, known))
		})
		t.Run("an administrator's reset still lets the person in, and lifts it", func(t *testing.T) {
			storm(h.mail("w-ana"))
			off()
			inv, err := h.Reset(ctx, h.admin(), "w-ana")
			ok(t, err)
			ok(t, h.EnrolPassword(ctx, inv, goodPassword))
			e, err := h.EnrolTOTPBegin(ctx, inv)
			ok(t, err)
			secret = strings.ReplaceAll(e.Secret, " ", "")
			_, _, err = h.EnrolTOTPFinish(ctx, inv, e.Ceremony, code(t, secret, h.clock.Now()), office)
			ok(t, err)
			h.clock.Advance(30 * time.Second)
			h.session(h.signIn("w-ana", secret, known))
		})
		t.Run("a success in between sets the count back", func(t *testing.T) {
			for range 3 {
				for range 40 {
					v := known
					_, err := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", v)
					if wait, isWait := authn.RetryAfter(err); isWait {
						h.clock.Advance(wait)
					}
				}
				h.clock.Advance(5 * time.Minute)
				h.session(h.signIn("w-ana", secret, known))
			}
		})
	})
}

func TestDeviceCookie(t *testing.T) {
	h := open(t, dbtest.SQLite(t))
	ana, _ := h.enrol("w-ana")
	bo, _ := h.enrol("w-bo")
	one := h.DeviceCookie("", h.session(ana))
	if again := h.DeviceCookie(one, h.session(ana)); again != one {
		t.Error("changed at a second sign-in")
	}
	both := h.DeviceCookie(one, h.session(bo))
	if !strings.HasPrefix(both, one+".") {
		t.Error("a colleague at the same machine replaced the first")
	}
	for range 20 {
		both = h.DeviceCookie("garbage."+both, h.session(bo))
	}
	if len(both) > 300 {
		t.Errorf("%d bytes long", len(both))
	}
	if strings.Contains(one, "ana") {
		t.Error("tells whose")
	}
}

func TestInvitation(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)

		t.Run("only an administrator, the security officer or the operator invites, freshly proved", func(t *testing.T) {
			now := h.clock.Now()
			for _, who := range []actor.Actor{
				{}, actortest.SteppedUp("w-bo", actor.Supervisor, now), actortest.SteppedUp("w-aud", actor.Auditor, now),
				authn.Service(authn.Import), authn.Service(authn.Notifier),
			} {
				_, err := h.Invite(ctx, who, "w-ana")
				is(t, err, authn.ErrNotAllowed)
			}
			_, err := h.Invite(ctx, actortest.Worker("w-adm", actor.Administrator, now), "w-ana")
			is(t, err, authn.ErrStepUp)
			_, err = h.Invite(ctx, actortest.SteppedUp("w-adm", actor.Administrator, now.Add(-5*time.Minute)), "w-ana")
			is(t, err, authn.ErrStepUp)
			if n := h.log.count("account.invite", audit.Refused); n != 7 {
				t.Errorf("%d refusals in the log", n)
			}
			for _, who := range []actor.Actor{h.admin(), actortest.SteppedUp("w-sec", actor.SecurityOfficer, now), authn.Operator("root")} {
				_, err := h.Invite(ctx, who, "w-ana")
				ok(t, err)
			}
		})
		t.Run("it says whose it is and opening it does not use it up", func(t *testing.T) {
			tok, err := h.Invite(ctx, h.admin(), "w-ana")
			ok(t, err)
			for range 3 {
				inv, err := h.OpenInvitation(ctx, tok)
				ok(t, err)
				if inv.Worker != "w-ana" || inv.Name.Empty() || inv.Mail.Disclose() != h.mail("w-ana") || inv.Password {
					t.Errorf("invitation is %+v", inv)
				}
			}
		})
		t.Run("a later one replaces it, it expires, and it is used once", func(t *testing.T) {
			one, err := h.Invite(ctx, h.admin(), "w-ana")
			ok(t, err)
			two, err := h.Invite(ctx, h.admin(), "w-ana")
			ok(t, err)
			_, err = h.OpenInvitation(ctx, one)
			is(t, err, authn.ErrInvitation)
			h.clock.Advance(72 * time.Hour)
			_, err = h.OpenInvitation(ctx, two)
			is(t, err, authn.ErrInvitation)
			three, err := h.Invite(ctx, h.admin(), "w-ana")
			ok(t, err)
			c, err := h.EnrolPasskeyBegin(ctx, three)
			ok(t, err)
			k := newSoftKey(t)
			_, _, err = h.EnrolPasskeyFinish(ctx, three, c.ID, "", k.create(c), office)
			ok(t, err)
			_, err = h.OpenInvitation(ctx, three)
			is(t, err, authn.ErrInvitation)
			_, _, err = h.EnrolPasskeyFinish(ctx, three, c.ID, "", newSoftKey(t).create(c), office)
			is(t, err, authn.ErrInvitation)
			if _, err := h.Invite(ctx, h.admin(), "w-ana"); !fault.Is(err, fault.Conflict) {
				t.Errorf("an account in use was invited: %v", err)
			}
		})
		t.Run("codes are set up after a password, and a wrong one may be tried again", func(t *testing.T) {
			tok, err := h.Invite(ctx, h.admin(), "w-bo")
			ok(t, err)
			if _, err := h.EnrolTOTPBegin(ctx, tok); !fault.Is(err, fault.Conflict) {
				t.Errorf("error is %v", err)
			}
			if err := h.EnrolPassword(ctx, tok, "short"); !fault.Is(err, fault.Invalid) {
				t.Errorf("error is %v", err)
			}
			ok(t, h.EnrolPassword(ctx, tok, goodPassword))
			e, err := h.EnrolTOTPBegin(ctx, tok)
			ok(t, err)
			_, _, err = h.EnrolTOTPFinish(ctx, tok, e.Ceremony, "000000", office)
			is(t, err, authn.ErrWrong)
			secret := strings.ReplaceAll(e.Secret, " ", "")
			_, _, err = h.EnrolTOTPFinish(ctx, tok, e.Ceremony, code(t, secret, h.clock.Now()), office)
			ok(t, err)
		})
		t.Run("a ceremony of one invitation is not another's", func(t *testing.T) {
			one, err := h.Invite(ctx, h.admin(), "w-sec")
			ok(t, err)
			c, err := h.EnrolPasskeyBegin(ctx, one)
			ok(t, err)
			two, err := h.Invite(ctx, h.admin(), "w-sec")
			ok(t, err)
			_, _, err = h.EnrolPasskeyFinish(ctx, two, c.ID, "", newSoftKey(t).create(c), office)
			is(t, err, authn.ErrCeremony)
		})
		t.Run("a reset takes everything away at once, and nobody resets their own", func(t *testing.T) {
			cookie, k := h.enrolKey("w-adm")
			inv, err := h.Reset(ctx, actortest.SteppedUp("w-sec", actor.SecurityOfficer, h.clock.Now()), "w-adm")
			ok(t, err)
			h.gone(cookie, authn.ErrEnded)
			b := h.begin()
			_, _, err = h.FinishPasskey(ctx, b.ID, k.get(b), office)
			is(t, err, authn.ErrWrong)
			_, err = h.OpenInvitation(ctx, inv)
			ok(t, err)
			_, err = h.Reset(ctx, h.admin(), "w-adm")
			is(t, err, authn.ErrNotAllowed)
		})
		t.Run("somebody who is not active is not invited", func(t *testing.T) {
			if _, err := h.Invite(ctx, h.admin(), "w-nobody"); !fault.Is(err, fault.Conflict) {
				t.Errorf("error is %v", err)
			}
		})
	})
}

func TestDemo(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d, func(c *authn.Config) { c.Demo, c.Origin, c.RPID = true, "http://localhost:8080", "localhost" })
		link, err := h.OneTimeSignIn(ctx, "w-ana", time.Hour)
		ok(t, err)
		cookie, _, err := h.RedeemOneTime(ctx, link, office)
		ok(t, err)
		s := h.session(cookie)
		if s.Method() != authn.ByDemo || s.AAL() != 2 || s.SteppedUp() {
			t.Errorf("session is %s, stepped up %v", s.Method(), s.SteppedUp())
		}
		if e := h.log.last(t); e.Action != "signin.demo" || e.Who.Worker != "w-ana" {
			t.Errorf("entry is %+v", e)
		}
		t.Run("a link is good once and for its time", func(t *testing.T) {
			_, _, err := h.RedeemOneTime(ctx, link, office)
			is(t, err, authn.ErrInvitation)
			late, err := h.OneTimeSignIn(ctx, "w-ana", time.Hour)
			ok(t, err)
			h.clock.Advance(time.Hour)
			_, _, err = h.RedeemOneTime(ctx, late, office)
			is(t, err, authn.ErrInvitation)
		})
		t.Run("its button steps up and unlocks", func(t *testing.T) {
			link, err := h.OneTimeSignIn(ctx, "w-ana", time.Hour)
			ok(t, err)
			cookie, _, err := h.RedeemOneTime(ctx, link, office)
			ok(t, err)
			ok(t, h.StepUpDemo(ctx, h.session(cookie)))
			if !h.session(cookie).SteppedUp() {
				t.Error("not stepped up")
			}
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			ok(t, h.Unlock(ctx, s, authn.Proof{Demo: true}))
			h.session(cookie)
		})
		t.Run("an agency that is no demonstration makes and takes no such link", func(t *testing.T) {
			link, err := h.OneTimeSignIn(ctx, "w-ana", time.Hour)
			ok(t, err)
			cfg := h.cfg
			cfg.Demo = false
			real := h.again(cfg)
			_, _, err = real.RedeemOneTime(ctx, link, office)
			is(t, err, authn.ErrInvitation)
			_, err = real.OneTimeSignIn(ctx, "w-ana", time.Hour)
			is(t, err, authn.ErrNotAllowed)
			_, err = h.OpenInvitation(ctx, link)
			is(t, err, authn.ErrInvitation)
		})
	})
}

func TestServices(t *testing.T) {
	t.Run("every service is named, is no person, and does not need one", func(t *testing.T) {
		for _, name := range authn.Services() {
			a := authn.Service(name)
			if !a.Valid() || !a.Service() || a.Worker() != "service:"+name || a.Role() != actor.Service || a.Purpose() != actor.Upkeep || a.Session() != "" {
				t.Errorf("%s is %s %s", name, a.Worker(), a.Role())
			}
		}
	})
	t.Run("there is no other", func(t *testing.T) {
		defer func() {
			if recover() == nil {
				t.Error("made")
			}
		}()
		authn.Service("everything")
	})
	t.Run("the operator's login name is kept apart and clean", func(t *testing.T) {
		for in, want := range map[string]string{"maria.lopez": "login:maria.lopez", "DOM\\maria": "login:DOMmaria", "": "login:unknown", strings.Repeat("x", 99): "login:" + strings.Repeat("x", 64)} {
			if a := authn.Operator(in); a.OnBehalfOf() != want || a.Worker() != "service:operator" {
				t.Errorf("%q is %q", in, a.OnBehalfOf())
			}
		}
	})
}

func TestSweep(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")
		for range 60 {
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", office)
			if wait, isWait := authn.RetryAfter(err); isWait {
				h.clock.Advance(wait)
			}
		}
		rows := func(query string) (n int) {
			t.Helper()
			ok(t, d.QueryRow(ctx, query).Scan(&n))
			return n
		}
		_, err := h.SignInPassword(ctx, "nobody@care.example.org", "not it at all", office)
		is(t, err, authn.ErrWrong)
		h.clock.Advance(40 * 24 * time.Hour)
		cookie := h.signIn("w-ana", secret, authn.Visitor{Addr: "198.51.100.9"})
		_, err = h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", office)
		is(t, err, authn.ErrWrong)
		h.clock.Advance(time.Minute)
		ok(t, h.Sweep(ctx))
		h.session(cookie)
		if n := rows(`SELECT COUNT(*) FROM session`); n != 1 {
			t.Errorf("%d sessions are left", n)
		}
		if n := rows(`SELECT COUNT(*) FROM invitation`); n != 0 {
			t.Errorf("%d invitations are left", n)
		}
		h.clock.Advance(40 * 24 * time.Hour)
		ok(t, h.Sweep(ctx))
		if n := rows(`SELECT COUNT(*) FROM ceremony`); n != 0 {
			t.Errorf("%d ceremonies are left", n)
		}
		if kept, all := rows(`SELECT COUNT(*) FROM throttle WHERE keep`), rows(`SELECT COUNT(*) FROM throttle`); kept != 1 || all != 1 {
			t.Errorf("%d counts are left, of which %d have to be", all, kept)
		}
	})
}

// Somebody who can write to the database cannot give one account another's
// secrets: what is sealed is bound to its account.
func TestSecretsAreBoundToTheirAccount(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		h.enrol("w-ana")
		bo, _ := h.enrol("w-bo")
		c, err := h.AddPasskeyBegin(ctx, h.session(bo))
		ok(t, err)
		k := newSoftKey(t)
		ok(t, h.AddPasskeyFinish(ctx, h.session(bo), c.ID, "", k.create(c)))
		ok(t, d.Write(ctx, func(tx *db.Tx) error {
			if _, err := tx.Exec(ctx, `UPDATE passkey SET worker = 'w-ana'`); err != nil {
				return err
			}
			_, err := tx.Exec(ctx, `UPDATE account SET pw_salt = (SELECT pw_salt FROM account WHERE worker = 'w-bo'), pw_hash = (SELECT pw_hash FROM account WHERE worker = 'w-bo') WHERE worker = 'w-ana'`)
			return err
		}))
		if _, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office); !fault.Is(err, fault.Unavailable) {
			t.Errorf("the password of another: %v", err)
		}
		c = h.begin()
		if cookie, _, err := h.FinishPasskey(ctx, c.ID, k.get(c), office); err == nil || cookie != "" {
			t.Error("the passkey of another signs in")
		}
	})
}

// TestNothingInClear reads the files of the database, journal and all, and
// looks for what was typed.
func TestNothingInClear(t *testing.T) {
	ctx := context.Background()
	dir := t.TempDir()
	d := dbtest.Open(t, "", dir)
	h := open(t, d)
	cookie, secret := h.enrol("w-ana")
	codes, err := h.RecoveryCodes(ctx, h.session(cookie))
	ok(t, err)
	c, err := h.AddPasskeyBegin(ctx, h.session(cookie))
	ok(t, err)
	k := newSoftKey(t)
	ok(t, h.AddPasskeyFinish(ctx, h.session(cookie), c.ID, "Zebrafinch telephone", k.create(c)))
	inv, err := h.Invite(ctx, h.admin(), "w-bo")
	ok(t, err)
	_, err = h.SignInPassword(ctx, "wanderer@elsewhere.example", "mistyped banjo stool", office)
	is(t, err, authn.ErrWrong)
	device := h.DeviceCookie("", h.session(cookie))
	_, err = h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, authn.Visitor{Addr: "203.0.113.200", Device: device})
	ok(t, err)

	raw, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret)
	ok(t, err)
	point, err := k.key.PublicKey.Bytes()
	ok(t, err)
	tokenBytes, err := b64.DecodeString(cookie)
	ok(t, err)
	planted := map[string]string{
		"password": goodPassword, "mistyped password": "mistyped banjo stool", "mail": "quillfeather", "unknown mail": "wanderer", "name": "Anastasia",
		"code secret": secret, "code secret, raw": string(raw), "recovery code": codes[3], "recovery code, closed up": strings.ReplaceAll(codes[3], "-", ""),
		"cookie": cookie, "cookie, raw": string(tokenBytes), "invitation": inv, "credential id": string(k.id), "credential id, base64": b64.EncodeToString(k.id),
		"public key": string(point[1:33]), "passkey's name": "Zebrafinch", "address": "203.0.113", "csrf": h.session(cookie).CSRF(), "device": device,
	}
	var all []byte
	ok(t, filepath.WalkDir(dir, func(p string, e fs.DirEntry, err error) error {
		if err != nil || e.IsDir() {
			return err
		}
		b, err := os.ReadFile(p)
		all = append(all, b...)
		return err
	}))
	if !bytes.Contains(all, []byte("w-ana")) || !bytes.Contains(all, []byte("Firefox on Linux")) {
		t.Fatal("the files do not hold even what they may, so the search proves nothing")
	}
	for what, s := range planted {
		if bytes.Contains(bytes.ToLower(all), bytes.ToLower([]byte(s))) {
			t.Errorf("the %s stands in clear", what)
		}
	}
}

// TestFIPS runs the sign-in again in a process in FIPS 140-3 mode, where an
// algorithm that is not approved fails or panics.
func TestFIPS(t *testing.T) {
	const mark = "CASEWARD_TEST_FIPS"
	if mode := os.Getenv(mark); mode != "" {
		h := open(t, dbtest.SQLite(t), func(c *authn.Config) {
			if mode == "only" {
				c.TOTPHash = "SHA256"
			}
		})
		ctx := context.Background()
		_, k := h.enrolKey("w-bo")
		c := h.begin()
		_, _, err := h.FinishPasskey(ctx, c.ID, k.get(c), office)
		ok(t, err)
		inv, err := h.Invite(ctx, h.admin(), "w-ana")
		ok(t, err)
		ok(t, h.EnrolPassword(ctx, inv, goodPassword))
		e, err := h.EnrolTOTPBegin(ctx, inv)
		ok(t, err)
		alg := otp.AlgorithmSHA1
		if mode == "only" {
			alg = otp.AlgorithmSHA256
		}
		now, err := totp.GenerateCodeCustom(strings.ReplaceAll(e.Secret, " ", ""), h.clock.Now(), totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: alg})
		ok(t, err)
		cookie, _, err := h.EnrolTOTPFinish(ctx, inv, e.Ceremony, now, office)
		ok(t, err)
		codes, err := h.RecoveryCodes(ctx, h.session(cookie))
		ok(t, err)
		cookie, _, err = h.SignInRecovery(ctx, h.mail("w-ana"), goodPassword, codes[0], office)
		ok(t, err)
		h.session(cookie)
		return
	}
	exe, err := os.Executable()
	ok(t, err)
	for _, mode := range []string{"on", "only"} {
		t.Run("with fips140="+mode, func(t *testing.T) {
			cmd := exec.Command(exe, "-test.run=^TestFIPS$", "-test.v")
			cmd.Env = append(os.Environ(), mark+"="+mode, "GODEBUG=fips140="+mode)
			out, err := cmd.CombinedOutput()
			if err != nil || !bytes.Contains(out, []byte("--- PASS: TestFIPS")) {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
}
