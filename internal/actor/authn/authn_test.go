package authn_test

import (
	"context"
	"encoding/base32"
	"errors"
	"maps"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/totp"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/clock"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/keys"
	"caseward/internal/keys/keystest"
	"caseward/internal/phi"
)

var start = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

const (
	goodPassword = "violet tractor humming 42"
	origin       = "https://care.example.org"
)

// people is a workforce in memory; the real one is package org's.
type people struct {
	mu sync.Mutex
	m  map[string]authn.Standing
}

func (p *people) ByMail(_ context.Context, mail string) (string, bool, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for id, s := range p.m {
		if s.Mail.Disclose() == mail {
			return id, true, nil
		}
	}
	return "", false, nil
}

func (p *people) Standing(_ context.Context, id string) (authn.Standing, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.m[id], nil
}

func (p *people) set(id string, change func(*authn.Standing)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	s := p.m[id]
	change(&s)
	p.m[id] = s
}

// journal is the real log, and remembers what it was told.
type journal struct {
	*audit.Log
	mu   sync.Mutex
	es   []audit.Entry
	fail error
}

func (j *journal) Record(ctx context.Context, e audit.Entry) error {
	j.mu.Lock()
	fail := j.fail
	if fail == nil {
		j.es = append(j.es, e)
	}
	j.mu.Unlock()
	if fail != nil {
		return fail
	}
	return j.Log.Record(ctx, e)
}

func (j *journal) last(t testing.TB) audit.Entry {
	t.Helper()
	j.mu.Lock()
	defer j.mu.Unlock()
	if len(j.es) == 0 {
		t.Fatal("nothing was logged")
	}
	return j.es[len(j.es)-1]
}

func (j *journal) count(action string, o audit.Outcome) int {
	j.mu.Lock()
	defer j.mu.Unlock()
	n := 0
	for _, e := range j.es {
		if e.Action == action && e.Outcome == o {
			n++
		}
	}
	return n
}

// house is an agency with its sign-in.
type house struct {
	*authn.Authn
	t      testing.TB
	db     *db.DB
	clock  *clock.Fake
	people *people
	log    *journal
	agency *keys.Agency
	cfg    authn.Config
}

func open(t testing.TB, d *db.DB, change ...func(*authn.Config)) *house {
	t.Helper()
	c := clock.NewFake(start)
	ag := keys.NewAgency(d, keystest.File(t, t.TempDir(), c))
	l, err := audit.Open(context.Background(), d, ag, c, "caseward.example/test")
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, db: d, clock: c, agency: ag, log: &journal{Log: l}, people: &people{m: map[string]authn.Standing{}},
		cfg: authn.Config{RPID: "care.example.org", Origin: origin, AgencyName: "Rivermouth Community Care", PasswordCost: 1000}}
	for _, f := range change {
		f(&h.cfg)
	}
	for id, role := range map[string]actor.Role{"w-ana": actor.CaseManager, "w-bo": actor.Supervisor, "w-adm": actor.Administrator, "w-sec": actor.SecurityOfficer} {
		h.people.m[id] = authn.Standing{Active: true, Held: actor.Held{Role: role}, Name: phi.NewText("Anastasia Quillfeather"), Mail: phi.NewText(strings.TrimPrefix(id, "w-") + ".quillfeather@care.example.org")}
	}
	h.Authn = h.again(h.cfg)
	return h
}

// again opens the same agency's sign-in with another configuration.
func (h *house) again(cfg authn.Config) *authn.Authn {
	h.t.Helper()
	a, err := authn.New(h.db, h.agency, h.log, h.people, h.clock, cfg)
	if err != nil {
		h.t.Fatal(err)
	}
	return a
}

func (h *house) mail(worker string) string {
	s, _ := h.people.Standing(context.Background(), worker)
	return s.Mail.Disclose()
}

func (h *house) admin() actor.Actor {
	return actortest.SteppedUp("w-adm", actor.Administrator, h.clock.Now())
}

var office = authn.Visitor{Addr: "192.0.2.10", UserAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}

func code(t testing.TB, secret string, at time.Time) string {
	t.Helper()
	c, err := totp.GenerateCodeCustom(secret, at, totp.ValidateOpts{Period: 30, Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// enrol invites worker and enrols password and one-time codes. It moves the
// clock on, so that the next code is a new one.
func (h *house) enrol(worker string) (cookie, secret string) {
	h.t.Helper()
	ctx := context.Background()
	inv, err := h.Invite(ctx, h.admin(), worker)
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.EnrolPassword(ctx, inv, goodPassword); err != nil {
		h.t.Fatal(err)
	}
	e, err := h.EnrolTOTPBegin(ctx, inv)
	if err != nil {
		h.t.Fatal(err)
	}
	secret = strings.ReplaceAll(e.Secret, " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil {
		h.t.Fatal(err)
	}
	cookie, _, err = h.EnrolTOTPFinish(ctx, inv, e.Ceremony, code(h.t, secret, h.clock.Now()), office)
	if err != nil {
		h.t.Fatal(err)
	}
	h.clock.Advance(30 * time.Second)
	return cookie, secret
}

// signIn signs worker in with password and one-time code, and moves the clock
// to the next code.
func (h *house) signIn(worker, secret string, v authn.Visitor) string {
	h.t.Helper()
	ctx := context.Background()
	p, err := h.SignInPassword(ctx, h.mail(worker), goodPassword, v)
	if err != nil {
		h.t.Fatal(err)
	}
	cookie, _, err := h.SecondFactor(ctx, p.Ticket, code(h.t, secret, h.clock.Now()), v)
	if err != nil {
		h.t.Fatal(err)
	}
	h.clock.Advance(30 * time.Second)
	return cookie
}

func (h *house) session(cookie string) authn.Session {
	h.t.Helper()
	s, err := h.Session(context.Background(), cookie)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func (h *house) gone(cookie string, want error) {
	h.t.Helper()
	s, err := h.Session(context.Background(), cookie)
	if !errors.Is(err, want) {
		h.t.Fatalf("Session = %v, want %v", err, want)
	}
	if s.Actor().Valid() {
		h.t.Fatal("a session that is not open gave an Actor")
	}
}

func is(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Fatalf("error is %v, want %v", err, want)
	}
}

func ok(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestSession(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, _ := h.enrol("w-ana")

		t.Run("the Actor is who signed in, in their role, for the purpose of the role", func(t *testing.T) {
			s := h.session(cookie)
			a := s.Actor()
			if a.Worker() != "w-ana" || a.Role() != actor.CaseManager || a.Purpose() != actor.Treatment || a.Session() != s.ID() || a.Service() {
				t.Errorf("actor is %s %s %s %s", a.Worker(), a.Role(), a.Purpose(), a.Session())
			}
			if !a.AuthAt().Equal(start) || s.AAL() != 2 || s.Method() != authn.ByTOTP || s.Agent() != "Firefox on Linux" {
				t.Errorf("session is %v %d %s %s", a.AuthAt(), s.AAL(), s.Method(), s.Agent())
			}
		})
		t.Run("a role that changes is in force at the next request", func(t *testing.T) {
			h.people.set("w-ana", func(s *authn.Standing) { s.Role = actor.Intake })
			if r := h.session(cookie).Actor().Role(); r != actor.Intake {
				t.Errorf("role is %s", r)
			}
			h.people.set("w-ana", func(s *authn.Standing) { s.Role = actor.CaseManager })
		})
		t.Run("a role that no person has is no role", func(t *testing.T) {
			other, _ := h.enrol("w-bo")
			for _, r := range []actor.Role{actor.Service, "", "superuser"} {
				h.people.set("w-bo", func(s *authn.Standing) { s.Role = r })
				h.gone(other, authn.ErrEnded)
				h.people.set("w-bo", func(s *authn.Standing) { s.Role = actor.Supervisor })
			}
		})
		t.Run("an administrator sees a worker's sessions, which is in the log", func(t *testing.T) {
			list, err := h.SessionsOf(ctx, h.admin(), "w-ana")
			ok(t, err)
			if e := h.log.last(t); len(list) != 1 || e.Action != "session.list" || e.Who.Worker != "w-adm" || e.Touched[0].ID != "w-ana" {
				t.Errorf("%d sessions, entry %+v", len(list), e)
			}
		})
		t.Run("a token nobody was given is no session", func(t *testing.T) {
			h.gone("", authn.ErrNoSession)
			h.gone(strings.Repeat("A", 43), authn.ErrNoSession)
			h.gone(strings.Repeat("A", 4096), authn.ErrNoSession)
			h.gone(h.session(cookie).ID(), authn.ErrNoSession)
		})
		t.Run("the purpose is changed and logged, and emergency cannot be chosen", func(t *testing.T) {
			ok(t, h.SetPurpose(ctx, h.session(cookie), actor.Operations))
			if p := h.session(cookie).Actor().Purpose(); p != actor.Operations {
				t.Errorf("purpose is %s", p)
			}
			if e := h.log.last(t); e.Action != "session.purpose" || !maps.Equal(e.Detail, map[string]string{"to": "operations"}) {
				t.Errorf("entry is %+v", e)
			}
			if err := h.SetPurpose(ctx, h.session(cookie), actor.Emergency); err == nil {
				t.Error("emergency was chosen")
			}
		})
		t.Run("the zero session gives no Actor and takes no token", func(t *testing.T) {
			var s authn.Session
			if s.Actor().Valid() || s.CheckCSRF("") || s.CheckCSRF(s.CSRF()) {
				t.Error("the zero session is good for something")
			}
			is(t, h.Lock(ctx, s), authn.ErrNoSession)
			is(t, h.ChangePassword(ctx, s, goodPassword), authn.ErrNoSession)
		})
		t.Run("a listed session is for looking at and gives no Actor", func(t *testing.T) {
			list, err := h.Sessions(ctx, h.session(cookie).Actor())
			ok(t, err)
			if len(list) != 1 || list[0].ID() != h.session(cookie).ID() || list[0].Actor().Valid() || list[0].CSRF() != "" {
				t.Errorf("list is %d long", len(list))
			}
		})
		t.Run("signing out ends it", func(t *testing.T) {
			ok(t, h.SignOut(ctx, h.session(cookie)))
			h.gone(cookie, authn.ErrEnded)
		})
	})
}

func TestIdleAndAbsoluteLimits(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")

		t.Run("activity keeps it open and looking on does not", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			for range 3 {
				h.clock.Advance(14 * time.Minute)
				h.session(cookie)
			}
			h.clock.Advance(8 * time.Minute)
			if _, err := h.Peek(ctx, cookie); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(7 * time.Minute)
			h.gone(cookie, authn.ErrLocked)
		})
		t.Run("it locks at fifteen minutes, once in the log, and still says whose it is", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			before := h.log.count("session.lock", audit.Allowed)
			h.clock.Advance(14*time.Minute + 29*time.Second)
			if _, err := h.Peek(ctx, cookie); err != nil {
				t.Fatal(err)
			}
			h.clock.Advance(time.Second)
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			h.gone(cookie, authn.ErrLocked)
			if s.Worker() != "w-ana" || !s.Locked() || s.Name().Empty() {
				t.Error("the lock page does not know whose session it is")
			}
			if n := h.log.count("session.lock", audit.Allowed) - before; n != 1 {
				t.Errorf("locked %d times in the log", n)
			}
			if !s.CheckCSRF(s.CSRF()) {
				t.Error("the lock page has no form token")
			}
		})
		t.Run("a locked session ends at the idle limit", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			h.clock.Advance(20 * time.Minute)
			h.gone(cookie, authn.ErrLocked)
			h.clock.Advance(40 * time.Minute)
			h.gone(cookie, authn.ErrEnded)
			if e := h.log.last(t); e.Action != "session.end" || e.Detail["reason"] != "idle" || e.Who.Worker != "service:authn" {
				t.Errorf("entry is %+v", e)
			}
		})
		t.Run("it ends at twelve hours however busy it is", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			for range 71 { // 11 h 50 min, and the half minute since
				h.clock.Advance(10 * time.Minute)
				h.session(cookie)
			}
			h.clock.Advance(9*time.Minute + 29*time.Second)
			h.session(cookie)
			h.clock.Advance(time.Second)
			h.gone(cookie, authn.ErrEnded)
		})
		t.Run("the clock set back ends it, and what begins then counts by the clock", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			h.clock.Advance(10 * time.Minute)
			h.session(cookie)
			h.clock.Advance(-time.Minute) // as another server's clock may be
			h.session(cookie)
			h.clock.Advance(-time.Second)
			h.gone(cookie, authn.ErrEnded)
			if e := h.log.last(t); e.Action != "session.end" || e.Detail["reason"] != "clock" {
				t.Errorf("entry is %+v", e)
			}
			h.clock.Advance(2 * time.Minute)
			h.gone(cookie, authn.ErrEnded)
			h.session(h.signIn("w-ana", secret, office))
		})
		t.Run("the clock set ahead and back ends every session, and keeps nobody out", func(t *testing.T) {
			was, other := h.signIn("w-ana", secret, office), h.signIn("w-ana", secret, office)
			h.clock.Advance(5 * time.Hour)
			h.gone(was, authn.ErrEnded)
			ahead := h.signIn("w-ana", secret, office)
			h.clock.Advance(-5 * time.Hour)
			h.gone(ahead, authn.ErrEnded)
			h.session(other) // nobody used it while the clock was ahead
			used := code(t, secret, h.clock.Now())
			h.session(h.signIn("w-ana", secret, office))
			h.clock.Advance(-30 * time.Second)
			p, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			ok(t, err)
			_, _, err = h.SecondFactor(ctx, p.Ticket, used, office)
			is(t, err, authn.ErrWrong) // a code is still good once
			h.clock.Advance(time.Minute)
		})
		t.Run("a wait from when the clock was ahead is over when it is right again", func(t *testing.T) {
			fail := func() error {
				_, err := h.SignInPassword(ctx, h.mail("w-ana"), "not it at all", office)
				return err
			}
			h.clock.Advance(5 * time.Hour)
			for range 6 {
				is(t, fail(), authn.ErrWrong)
			}
			is(t, fail(), authn.ErrThrottled)
			h.clock.Advance(-5 * time.Hour)
			is(t, fail(), authn.ErrWrong)
			is(t, fail(), authn.ErrThrottled)
			h.clock.Advance(time.Hour)
			h.session(h.signIn("w-ana", secret, office))
		})
		t.Run("no configuration goes past 24 hours or one idle hour", func(t *testing.T) {
			for _, change := range []func(*authn.Config){
				func(c *authn.Config) { c.Absolute = 24*time.Hour + 1 },
				func(c *authn.Config) { c.IdleEnd = time.Hour + 1 },
				func(c *authn.Config) { c.IdleLock = 2 * time.Hour },
				func(c *authn.Config) { c.Demo = true }, // not on loopback
				func(c *authn.Config) { c.TOTPHash = "MD5" },
			} {
				cfg := h.cfg
				change(&cfg)
				if _, err := authn.New(h.db, h.agency, h.log, h.people, h.clock, cfg); err == nil {
					t.Error("taken")
				}
			}
		})
	})
}

func TestLockAndUnlock(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")

		t.Run("the password opens it again, without counting as a step-up", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			is(t, h.Unlock(ctx, s, authn.Proof{Password: "not it at all"}), authn.ErrWrong)
			h.gone(cookie, authn.ErrLocked)
			ok(t, h.Unlock(ctx, s, authn.Proof{Password: goodPassword}))
			s = h.session(cookie)
			if !s.Actor().Valid() || s.SteppedUp() {
				t.Error("an unlocked session is open and not stepped up")
			}
		})
		t.Run("the fifth wrong password in a row ends it", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, _ := h.Session(ctx, cookie)
			for range 4 {
				is(t, h.Unlock(ctx, s, authn.Proof{Password: "not it at all"}), authn.ErrWrong)
			}
			is(t, h.Unlock(ctx, s, authn.Proof{Password: "not it at all"}), authn.ErrEnded)
			h.gone(cookie, authn.ErrEnded)
			is(t, h.Unlock(ctx, s, authn.Proof{Password: goodPassword}), authn.ErrEnded)
		})
		t.Run("the button of the demonstration opens nothing else", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			is(t, h.StepUpDemo(ctx, h.session(cookie)), authn.ErrWrong)
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, _ := h.Session(ctx, cookie)
			is(t, h.Unlock(ctx, s, authn.Proof{Demo: true}), authn.ErrWrong)
			h.gone(cookie, authn.ErrLocked)
		})
	})
}

func TestStepUp(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")
		cookie := h.signIn("w-ana", secret, office)

		if !h.session(cookie).SteppedUp() {
			t.Fatal("signing in with two factors is a fresh proof")
		}
		h.clock.Advance(4*time.Minute + 29*time.Second)
		if s := h.session(cookie); !s.SteppedUp() || s.Actor().SteppedUpAt().IsZero() {
			t.Fatal("the window closed early")
		}
		h.clock.Advance(time.Second)
		if s := h.session(cookie); s.SteppedUp() || !s.Actor().SteppedUpAt().IsZero() {
			t.Fatal("the window is still open")
		}
		is(t, h.ChangePassword(ctx, h.session(cookie), goodPassword+"!"), authn.ErrStepUp)
		is(t, h.StepUpTOTP(ctx, h.session(cookie), "not it at all", code(t, secret, h.clock.Now())), authn.ErrWrong)
		is(t, h.StepUpTOTP(ctx, h.session(cookie), goodPassword, "000000"), authn.ErrWrong)
		ok(t, h.StepUpTOTP(ctx, h.session(cookie), goodPassword, code(t, secret, h.clock.Now())))
		if e := h.log.last(t); e.Action != "stepup.totp" || e.Outcome != audit.Allowed || e.Who.Worker != "w-ana" {
			t.Errorf("entry is %+v", e)
		}
		if !h.session(cookie).SteppedUp() {
			t.Fatal("not stepped up")
		}
		t.Run("the code is used up", func(t *testing.T) {
			is(t, h.StepUpTOTP(ctx, h.session(cookie), goodPassword, code(t, secret, h.clock.Now())), authn.ErrWrong)
		})
	})
}

func TestCSRF(t *testing.T) {
	h := open(t, dbtest.SQLite(t))
	a, _ := h.enrol("w-ana")
	b, _ := h.enrol("w-bo")
	s, other := h.session(a), h.session(b)
	one, two := s.CSRF(), s.CSRF()
	if one == two {
		t.Error("the token is not masked")
	}
	for _, tok := range []string{one, two, h.session(a).CSRF()} {
		if !s.CheckCSRF(tok) {
			t.Error("the session's own token is refused")
		}
	}
	bad := []string{"", other.CSRF(), one[:len(one)-2], one + "A", strings.Repeat("A", len(one)), "%%%", s.ID()}
	for _, tok := range bad {
		if s.CheckCSRF(tok) {
			t.Errorf("%q is taken", tok)
		}
	}
}

func TestRevoke(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")
		boCookie, _ := h.enrol("w-bo")

		t.Run("a worker ends another session of theirs at once", func(t *testing.T) {
			one, two := h.signIn("w-ana", secret, office), h.signIn("w-ana", secret, office)
			ok(t, h.RevokeSession(ctx, h.session(one).Actor(), h.session(two).ID()))
			h.gone(two, authn.ErrEnded)
			h.session(one)
		})
		t.Run("nobody ends a colleague's, and is told no more than that there is none", func(t *testing.T) {
			one := h.signIn("w-ana", secret, office)
			err := h.RevokeSession(ctx, h.session(boCookie).Actor(), h.session(one).ID())
			unknown := h.RevokeSession(ctx, h.session(boCookie).Actor(), "no-such-id")
			if err == nil || unknown == nil || err.Error() != unknown.Error() {
				t.Errorf("%v and %v", err, unknown)
			}
			is(t, h.RevokeAll(ctx, h.session(boCookie).Actor(), "w-ana"), authn.ErrNotAllowed)
			if _, err := h.SessionsOf(ctx, h.session(boCookie).Actor(), "w-ana"); !errors.Is(err, authn.ErrNotAllowed) {
				t.Errorf("listed: %v", err)
			}
			h.session(one)
		})
		t.Run("an administrator ends all of a worker's, half-finished sign-ins too", func(t *testing.T) {
			one, two := h.signIn("w-ana", secret, office), h.signIn("w-ana", secret, office)
			p, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			ok(t, err)
			ok(t, h.RevokeAll(ctx, h.admin(), "w-ana"))
			h.gone(one, authn.ErrEnded)
			h.gone(two, authn.ErrEnded)
			_, _, err = h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			is(t, err, authn.ErrCeremony)
			if e := h.log.last(t); e.Outcome != audit.Refused {
				t.Errorf("entry is %+v", e)
			}
			h.session(boCookie)
		})
	})
}

func TestTerminate(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		_, secret := h.enrol("w-ana")

		t.Run("an inactive worker is out at the next request, whatever rows are left", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			h.people.set("w-ana", func(s *authn.Standing) { s.Active = false })
			h.gone(cookie, authn.ErrEnded)
			_, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			is(t, err, authn.ErrWrong)
			h.people.set("w-ana", func(s *authn.Standing) { s.Active = true })
			h.gone(cookie, authn.ErrEnded)
		})
		t.Run("termination ends everything at once, even if the directory lags behind", func(t *testing.T) {
			cookie := h.signIn("w-ana", secret, office)
			p, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			ok(t, err)
			ok(t, h.Terminate(ctx, h.admin(), "w-ana"))
			h.gone(cookie, authn.ErrEnded)
			_, _, err = h.SecondFactor(ctx, p.Ticket, code(t, secret, h.clock.Now()), office)
			is(t, err, authn.ErrCeremony)
			_, err = h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
			is(t, err, authn.ErrWrong)
			if h.log.count("account.terminate", audit.Allowed) != 1 {
				t.Error("not in the log")
			}
		})
		t.Run("an invitation under way dies with it", func(t *testing.T) {
			inv, err := h.Invite(ctx, h.admin(), "w-bo")
			ok(t, err)
			ok(t, h.Terminate(ctx, h.admin(), "w-bo"))
			_, err = h.OpenInvitation(ctx, inv)
			is(t, err, authn.ErrInvitation)
		})
		t.Run("who may not, may not", func(t *testing.T) {
			is(t, h.Terminate(ctx, actortest.SteppedUp("w-bo", actor.CaseManager, h.clock.Now()), "w-adm"), authn.ErrNotAllowed)
			is(t, h.Terminate(ctx, actor.Actor{}, "w-adm"), authn.ErrNotAllowed)
		})
		t.Run("it stands even where the log cannot be written", func(t *testing.T) {
			cookie, _ := h.enrol("w-sec")
			h.log.fail = errors.New("log is away")
			if err := h.Terminate(ctx, h.admin(), "w-sec"); err == nil {
				t.Error("said to be recorded")
			}
			h.log.fail = nil
			h.gone(cookie, authn.ErrEnded)
		})
		t.Run("somebody who comes back gets the same account with nothing in it", func(t *testing.T) {
			h.enrol("w-ana")
			var n int
			ok(t, h.db.QueryRow(ctx, `SELECT COUNT(*) FROM account WHERE worker = 'w-ana'`).Scan(&n))
			if n != 1 {
				t.Errorf("%d accounts", n)
			}
		})
	})
}

func TestOpen(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		is := func(want int64) {
			t.Helper()
			if n, err := h.Open(ctx); err != nil || n != want {
				t.Errorf("%d sessions are open, want %d, %v", n, want, err)
			}
		}
		is(0)
		cookie, _ := h.enrol("w-ana")
		is(1)
		h.enrol("w-bo")
		before := len(h.log.es)
		is(2)
		if len(h.log.es) != before {
			t.Error("counting left an entry")
		}
		ok(t, h.SignOut(ctx, h.session(cookie)))
		is(1)
		h.clock.Advance(30 * 24 * time.Hour)
		is(0)
	})
}
