package authn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/oidc"
	"caseward/internal/oidc/oidctest"
)

// federated is a house whose agency has an identity provider.
type federated struct {
	*house
	p    *oidctest.Provider
	told []string
	role map[string]actor.Role // what the provider decided
}

func federate(t *testing.T, d *db.DB, change func(f *authn.Federation)) *federated {
	t.Helper()
	h := &federated{house: open(t, d), role: map[string]actor.Role{}}
	h.p = oidctest.Start(t, h.clock)
	c, err := oidc.New(oidc.Config{Issuer: h.p.URL, ClientID: oidctest.ClientID, Secret: oidctest.Secret, Redirect: oidctest.Redirect, AMR: []string{"mfa"}, RoleClaim: "groups", Clock: h.clock})
	ok(t, err)
	f := authn.Federation{Client: c,
		Told: func(_ context.Context, worker string) { h.told = append(h.told, worker) },
		SetRole: func(_ context.Context, worker string, role actor.Role) error {
			h.role[worker] = role
			h.people.set(worker, func(s *authn.Standing) { s.Role = role })
			return nil
		},
	}
	if change != nil {
		change(&f)
	}
	h.cfg.Federation = f
	h.Authn = h.again(h.cfg)
	h.says("u-ana", h.mail("w-ana"), nil)
	return h
}

// says sets who signs in at the provider next.
func (h *federated) says(subject, mail string, more map[string]any) {
	claims := map[string]any{"sub": subject, "email": mail, "email_verified": true, "amr": []string{"pwd", "mfa"}}
	for k, v := range more {
		claims[k] = v
	}
	h.p.Set(func(p *oidctest.Provider) { p.Claims = claims })
}

// there sends a browser to the provider, signs in, and comes back.
func (h *federated) there(out authn.Outward, err error, s authn.Session) (authn.Arrival, error) {
	h.t.Helper()
	ok(h.t, err)
	q := h.p.SignIn(out.To)
	return h.ProviderBack(context.Background(), out.Ticket, oidc.Answer{State: q.Get("state"), Code: q.Get("code")}, s, office)
}

func (h *federated) in() (authn.Arrival, error) {
	h.t.Helper()
	out, err := h.ProviderSignIn(context.Background(), "/notes/1")
	return h.there(out, err, authn.Session{})
}

// not wants a refusal for a reason, which the log has too.
func (h *federated) not(err error, why string) {
	h.t.Helper()
	if authn.ProviderWhy(err) != why || !errors.Is(err, authn.ErrProvider) {
		h.t.Fatalf("got %v, want %s", err, why)
	}
	if e := h.log.last(h.t); e.Outcome != audit.Refused || e.Detail["reason"] != why {
		h.t.Fatalf("the log has %+v", e)
	}
}

func TestProviderSignsInWhomAnAdministratorInvited(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		inv, err := h.Invite(ctx, h.admin(), "w-ana")
		ok(t, err)
		got, err := h.in()
		ok(t, err)
		s := h.session(got.Token)
		if s.Worker() != "w-ana" || s.Method() != authn.ByProvider || !s.SteppedUp() || !got.First || got.Next != "/notes/1" || got.For != authn.ToSignIn {
			t.Errorf("got %+v, session of %s by %s", got, s.Worker(), s.Method())
		}
		if e := h.log.last(t); e.Action != "signin.provider" || e.Detail["linked"] != "mail" || e.Detail["break_glass"] != "" {
			t.Errorf("the log has %+v", e)
		}
		if _, err := h.OpenInvitation(ctx, inv); !errors.Is(err, authn.ErrInvitation) {
			t.Errorf("the invitation is still good: %v", err)
		}
		// From then on it is the subject that counts, whatever the address says.
		h.says("u-ana", "bo.quillfeather@care.example.org", nil)
		if again, err := h.in(); err != nil || again.Session.Worker() != "w-ana" || again.First {
			t.Errorf("with another address: %+v, %v", again, err)
		}
		if w, err := h.Ways(ctx, s); err != nil || !w.Provider || w.Off {
			t.Errorf("ways %+v, %v", w, err)
		}
	})
}

func TestProviderLinksNobodyItShouldNot(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		mail := h.mail("w-ana")
		for _, tc := range []struct {
			name, subject, mail, why string
			more                     map[string]any
		}{
			{"an address that nobody verified", "u-1", mail, "unverified_mail", map[string]any{"email_verified": false}},
			{"no address", "u-1", "", "unknown", nil},
			{"nobody's address", "u-1", "nobody@care.example.org", "unknown", nil},
			{"an address nearly the same", "u-1", "x" + mail, "unknown", nil},
			{"one factor", "u-1", mail, "one_factor", map[string]any{"amr": []string{"pwd"}}},
		} {
			h.says(tc.subject, tc.mail, tc.more)
			got, err := h.in()
			if got.Token != "" {
				t.Fatalf("%s signed in", tc.name)
			}
			h.not(err, tc.why)
		}
		// An account is linked once: not to a second, nor a second time after it ended.
		h.says("u-1", mail, nil)
		got, err := h.in()
		ok(t, err)
		h.says("u-2", mail, nil)
		_, err = h.in()
		h.not(err, "linked_before")
		h.says("u-1", mail, nil)
		inv, err := h.Reset(ctx, h.admin(), "w-ana")
		ok(t, err)
		h.gone(got.Token, authn.ErrEnded)
		_, err = h.in()
		h.not(err, "linked_before")
		// An invitation links again, and only to somebody who is not somebody else here.
		out, err := h.ProviderEnrol(ctx, inv)
		got, err = h.there(out, err, authn.Session{})
		ok(t, err)
		if got.For != authn.ToEnrol || got.Session.Worker() != "w-ana" || !got.First {
			t.Errorf("enrolled %+v", got)
		}
		inv, err = h.Invite(ctx, h.admin(), "w-bo")
		ok(t, err)
		out, err = h.ProviderEnrol(ctx, inv)
		_, err = h.there(out, err, authn.Session{})
		h.not(err, "linked_before")
		h.says("u-bo", "whatever@example.net", map[string]any{"email_verified": false})
		out, err = h.ProviderEnrol(ctx, inv)
		if got, err = h.there(out, err, authn.Session{}); err != nil || got.Session.Worker() != "w-bo" {
			t.Errorf("by invitation: %+v, %v", got, err)
		}
		out, err = h.ProviderEnrol(ctx, inv)
		if !errors.Is(err, authn.ErrInvitation) {
			t.Errorf("an invitation was good twice: %v %v", out, err)
		}
	})
}

func TestProviderSessionsEndWithAccess(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		got, err := h.in()
		ok(t, err)
		out, err := h.ProviderSignIn(ctx, "")
		ok(t, err)
		ok(t, h.Terminate(ctx, h.admin(), "w-ana"))
		h.gone(got.Token, authn.ErrEnded)
		_, err = h.there(out, nil, authn.Session{})
		h.not(err, "linked_before")
		if p, err := h.Probe(ctx, h.admin(), "w-ana"); err != nil || !p.Refused() {
			t.Errorf("something is left: %+v, %v", p, err)
		}
		// Somebody whose record says so is out though nobody ended the account.
		h.says("u-bo", h.mail("w-bo"), nil)
		got, err = h.in()
		ok(t, err)
		h.people.set("w-bo", func(s *authn.Standing) { s.Active = false })
		h.gone(got.Token, authn.ErrEnded)
		_, err = h.in()
		h.not(err, "ended")
	})
}

func TestAWayToTheProviderIsGoneOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		out, err := h.ProviderSignIn(ctx, "")
		ok(t, err)
		q := h.p.SignIn(out.To)
		ans := oidc.Answer{State: q.Get("state"), Code: q.Get("code")}
		refused := func(ticket string, ans oidc.Answer, why string) {
			t.Helper()
			_, err := h.ProviderBack(ctx, ticket, ans, authn.Session{}, office)
			is(t, err, authn.ErrCeremony)
			if e := h.log.last(t); e.Detail["reason"] != why {
				t.Errorf("the log says %v, want %s", e.Detail, why)
			}
		}
		refused("", ans, "ceremony")
		refused(out.Ticket+"x", ans, "ceremony")
		refused(out.Ticket, oidc.Answer{State: "x", Code: ans.Code}, "state")
		other, err := h.ProviderSignIn(ctx, "")
		ok(t, err)
		refused(other.Ticket, ans, "state")
		// A state that is not ours used nothing up.
		_, err = h.ProviderBack(ctx, out.Ticket, ans, authn.Session{}, office)
		ok(t, err)
		refused(out.Ticket, ans, "replay")
		h.clock.Advance(5 * time.Minute)
		q = h.p.SignIn(other.To)
		refused(other.Ticket, oidc.Answer{State: q.Get("state"), Code: q.Get("code")}, "ceremony")
		// What is malicious in the answer is told by its reason.
		h.p.Set(func(p *oidctest.Provider) { p.Alter = func(_, c map[string]any) { c["nonce"] = "x" } })
		_, err = h.in()
		h.not(err, "nonce")
	})
}

func TestAnOldProofAtTheProviderIsNoFreshOne(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		h.says("u-ana", h.mail("w-ana"), map[string]any{"auth_time": start.Add(-time.Hour).Unix()})
		got, err := h.in()
		ok(t, err)
		s := h.session(got.Token)
		if s.SteppedUp() {
			t.Fatal("a sign-in of an hour ago counts as fresh")
		}
		out, err := h.ProviderStepUp(ctx, s, "/x")
		_, err = h.there(out, err, s)
		h.not(err, "not_fresh")
		h.says("u-bo", h.mail("w-bo"), nil)
		out, err = h.ProviderStepUp(ctx, s, "/x")
		_, err = h.there(out, err, s)
		h.not(err, "somebody_else")
		h.says("u-ana", "", map[string]any{"amr": "pwd"})
		out, err = h.ProviderStepUp(ctx, s, "/x")
		_, err = h.there(out, err, s)
		h.not(err, "one_factor")
		h.says("u-ana", "", nil)
		out, err = h.ProviderStepUp(ctx, s, "/x")
		// Not in another session of the same person.
		two, err2 := h.in()
		ok(t, err2)
		if _, err := h.there(out, err, h.session(two.Token)); !errors.Is(err, authn.ErrCeremony) {
			t.Errorf("in another session: %v", err)
		}
		out, err = h.ProviderStepUp(ctx, s, "/x")
		if got, err := h.there(out, err, s); err != nil || got.For != authn.ToStepUp || got.Next != "/x" {
			t.Errorf("stepped up: %+v, %v", got, err)
		}
		if s = h.session(got.Token); !s.SteppedUp() {
			t.Error("a fresh proof does not count")
		}
		// Five answers that fail end the session.
		h.says("u-bo", "", nil)
		for n := range 5 {
			out, err := h.ProviderStepUp(ctx, s, "/x")
			_, err = h.there(out, err, s)
			if n < 4 {
				h.not(err, "somebody_else")
			} else {
				is(t, err, authn.ErrEnded)
			}
		}
		h.gone(got.Token, authn.ErrEnded)
	})
}

func TestProviderUnlocks(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		got, err := h.in()
		ok(t, err)
		h.clock.Advance(20 * time.Minute)
		s, err := h.Session(ctx, got.Token)
		is(t, err, authn.ErrLocked)
		h.says("u-ana", "", map[string]any{"amr": "pwd"})
		out, err := h.ProviderUnlock(ctx, s, "/x")
		_, err = h.there(out, err, s)
		ok(t, err)
		if s = h.session(got.Token); s.SteppedUp() {
			t.Error("unlocking counts as a step-up")
		}
	})
}

func TestOneFactorAtTheProviderNeedsACodeBesides(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		_, secret := h.enrol("w-ana")
		h.says("u-ana", h.mail("w-ana"), map[string]any{"amr": "pwd"})
		got, err := h.in()
		ok(t, err)
		if got.Token != "" || got.Pending.Ticket == "" {
			t.Fatalf("one factor gave %+v", got)
		}
		_, _, err = h.SecondFactor(ctx, got.Pending.Ticket, "000000", office)
		is(t, err, authn.ErrWrong)
		cookie, s, err := h.SecondFactor(ctx, got.Pending.Ticket, code(t, secret, h.clock.Now()), office)
		ok(t, err)
		if s.Method() != authn.ByProvider || h.session(cookie).Worker() != "w-ana" {
			t.Errorf("signed in by %s", s.Method())
		}
	})
}

func TestProviderConfirmsRolesOrDecidesThem(t *testing.T) {
	roles := map[string]actor.Role{"cm": actor.CaseManager, "sup": actor.Supervisor}
	for name, tc := range map[string]struct {
		decides bool
		groups  any
		why     string
		role    actor.Role
	}{
		"confirmed":                    {false, []string{"x", "cm"}, "", actor.CaseManager},
		"confirmed among others":       {false, []string{"sup", "cm"}, "", actor.CaseManager},
		"another":                      {false, []string{"sup"}, "role", ""},
		"none":                         {false, nil, "role", ""},
		"of no meaning":                {false, "x", "role", ""},
		"decided":                      {true, "sup", "", actor.Supervisor},
		"decided to be the same":       {true, []string{"cm"}, "", actor.CaseManager},
		"more than one, and one's own": {true, []string{"sup", "cm"}, "", actor.CaseManager},
		"decided to be none":           {true, []string{}, "role", ""},
	} {
		t.Run(name, func(t *testing.T) {
			dbtest.Each(t, func(t *testing.T, d *db.DB) {
				h := federate(t, d, func(f *authn.Federation) { f.Roles, f.Decides = roles, tc.decides })
				h.says("u-ana", h.mail("w-ana"), map[string]any{"groups": tc.groups})
				got, err := h.in()
				if tc.why != "" {
					h.not(err, tc.why)
					return
				}
				ok(t, err)
				if s := h.session(got.Token); s.Role() != tc.role {
					t.Errorf("role %s, want %s", s.Role(), tc.role)
				}
				if _, set := h.role["w-ana"]; set != (tc.role != actor.CaseManager) {
					t.Errorf("set %v", h.role)
				}
			})
		})
	}
}

func TestOnlyBreakGlassAccountsComeInWithoutTheProvider(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		h.enrol("w-ana")
		_, bo := h.enrol("w-bo")
		h.cfg.Federation.Only, h.cfg.Federation.BreakGlass = true, []string{h.mail("w-bo")}
		h.Authn = h.again(h.cfg)
		ctx := context.Background()
		_, err := h.SignInPassword(ctx, h.mail("w-ana"), goodPassword, office)
		is(t, err, authn.ErrWrong)
		if e := h.log.last(t); e.Detail["reason"] != "local_off" {
			t.Errorf("the log has %+v", e)
		}
		h.p.Set(func(p *oidctest.Provider) { p.Lost = true })
		if _, err := h.ProviderSignIn(ctx, ""); !fault.Is(err, fault.Unavailable) {
			t.Fatalf("the provider is not away: %v", err)
		}
		if _, away, only, _ := h.Provider(); !away || !only {
			t.Error("nobody is told that it is away")
		}
		cookie := h.signIn("w-bo", bo, office)
		if e := h.log.last(t); e.Action != "signin.second" || e.Detail["break_glass"] != "yes" {
			t.Errorf("the log has %+v", e)
		}
		if len(h.told) != 1 || h.told[0] != "w-bo" {
			t.Errorf("told of %v", h.told)
		}
		ok(t, h.StepUpTOTP(ctx, h.session(cookie), goodPassword, code(t, bo, h.clock.Now())))
		// Nobody else is given a way in of their own.
		inv, err := h.Invite(ctx, h.admin(), "w-sec")
		ok(t, err)
		is(t, h.EnrolPassword(ctx, inv, goodPassword), authn.ErrLocalOff)
		if x, err := h.OpenInvitation(ctx, inv); err != nil || x.Local || !x.Provider {
			t.Errorf("offered %+v, %v", x, err)
		}
	})
}

func TestASessionDoesNotOutlastTheProofAtTheProvider(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, func(f *authn.Federation) { f.MaxAge = 3 * time.Hour })
		ctx := context.Background()
		_, err := h.Invite(ctx, h.admin(), "w-ana")
		ok(t, err)
		// They proved it there two hours ago: of three, one is left.
		h.p.Set(func(p *oidctest.Provider) {
			p.Alter = func(_, c map[string]any) { c["auth_time"] = h.clock.Now().Add(-2 * time.Hour).Unix() }
		})
		got, err := h.in()
		ok(t, err)
		lives := func() bool {
			_, err := h.Session(ctx, got.Token)
			return err == nil
		}
		for range 11 {
			h.clock.Advance(5 * time.Minute)
			if !lives() {
				t.Fatal("it ended before its time")
			}
		}
		h.clock.Advance(5*time.Minute + time.Second)
		if lives() {
			t.Error("it outlasts the proof")
		}
		if e := h.log.last(t); e.Detail["reason"] != "absolute" {
			t.Errorf("the log has %+v", e)
		}
		// One that was just given lasts three hours, and not twelve.
		h.p.Set(func(p *oidctest.Provider) { p.Alter = nil })
		got, err = h.in()
		ok(t, err)
		for range 35 {
			h.clock.Advance(5 * time.Minute)
			if !lives() {
				t.Fatal("it ended before its time")
			}
		}
		h.clock.Advance(5*time.Minute + time.Second)
		if lives() {
			t.Error("it outlasts the proof")
		}
	})
}
