package authn_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
	"caseward/internal/oidc/oidctest"
)

// begins signs somebody in at the provider, by a session there; "" for one it does not name.
func (h *federated) begins(subject, worker, sid string) string {
	h.t.Helper()
	more := map[string]any{}
	if sid != "" {
		more["sid"] = sid
	}
	h.says(subject, h.mail(worker), more)
	got, err := h.in()
	ok(h.t, err)
	return got.Token
}

func (h *federated) open(token string) bool {
	h.t.Helper()
	_, err := h.Session(context.Background(), token)
	if err != nil && !errors.Is(err, authn.ErrEnded) {
		h.t.Fatal(err)
	}
	return err == nil
}

func (h *federated) out(claims map[string]any) error {
	h.t.Helper()
	return h.ProviderLogout(context.Background(), h.p.Logout(claims))
}

func TestWhomTheProviderSignsOutIsOutAtOnce(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		for _, w := range []string{"w-ana", "w-bo"} {
			_, err := h.Invite(ctx, h.admin(), w)
			ok(t, err)
		}
		one, two, old := h.begins("u-ana", "w-ana", "s-1"), h.begins("u-ana", "w-ana", "s-2"), h.begins("u-ana", "w-ana", "")
		bo := h.begins("u-bo", "w-bo", "s-3")
		all := map[string]*string{"one": &one, "two": &two, "of no id": &old, "bo": &bo}
		is := func(why string, want map[string]bool) {
			t.Helper()
			for name, token := range all {
				if got := h.open(*token); got != want[name] {
					t.Errorf("%s: the session %s is open: %v", why, name, got)
				}
			}
		}
		is("before", map[string]bool{"one": true, "two": true, "of no id": true, "bo": true})

		ok(t, h.out(map[string]any{"sub": nil, "sid": "s-unknown"}))
		ok(t, h.out(map[string]any{"sub": "u-nobody"}))
		is("somebody else", map[string]bool{"one": true, "two": true, "of no id": true, "bo": true})

		// By the session alone: that one, and nobody is named.
		ok(t, h.out(map[string]any{"sub": nil, "sid": "s-1"}))
		is("one session", map[string]bool{"two": true, "of no id": true, "bo": true})
		if e := h.log.last(t); e.Action != "session.provider_end" || e.Outcome != audit.Allowed || e.Who.OnBehalfOf != "w-ana" || len(e.Touched) != 1 || e.Touched[0].ID != "w-ana" || e.Detail["session"] == "" {
			t.Errorf("the log has %+v", e)
		}
		// By both: what cannot be told apart from it as well.
		ok(t, h.out(map[string]any{"sub": "u-ana", "sid": "s-9"}))
		is("a session of no id", map[string]bool{"two": true, "bo": true})
		// By the person: all of theirs.
		ok(t, h.out(map[string]any{"sub": "u-ana"}))
		is("the person", map[string]bool{"bo": true})
		// They come in again as before.
		one = h.begins("u-ana", "w-ana", "s-4")
		is("afterwards", map[string]bool{"one": true, "bo": true})
	})
}

func TestALogoutCountsOnceAndOnlyIfBelieved(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		_, err := h.Invite(ctx, h.admin(), "w-ana")
		ok(t, err)
		token := h.p.Logout(map[string]any{"sub": "u-ana"})
		first := h.begins("u-ana", "w-ana", "s-1")
		ok(t, h.ProviderLogout(ctx, token))
		if h.open(first) {
			t.Fatal("the session goes on")
		}
		second := h.begins("u-ana", "w-ana", "s-1")
		h.not(h.ProviderLogout(ctx, token), "replay")
		for why, claims := range map[string]map[string]any{
			"issuer": {"iss": "https://evil.example"}, "audience": {"aud": "another"}, "nonce": {"nonce": "n"}, "event": {"events": map[string]any{}},
			"subject": {"sub": nil}, "no_id": {"jti": nil}, "old": {"iat": h.clock.Now().Add(-time.Hour).Unix()},
		} {
			if _, has := claims["sub"]; !has {
				claims["sub"] = "u-ana"
			}
			h.not(h.out(claims), why)
		}
		for _, forge := range []func(header, claims []byte) string{oidctest.Unsigned, oidctest.Shared} {
			h.p.Set(func(p *oidctest.Provider) { p.Forge = forge })
			h.not(h.out(map[string]any{"sub": "u-ana"}), "signature")
		}
		h.p.Set(func(p *oidctest.Provider) { p.Forge = nil })
		if !h.open(second) {
			t.Error("a token that was not believed ended a session")
		}
		// What is no longer believed need not be remembered.
		h.clock.Advance(12 * time.Minute)
		h.not(h.ProviderLogout(ctx, token), "old")
		// An ID token is none.
		h.p.Set(func(p *oidctest.Provider) { p.Lost = true })
		h.clock.Advance(2 * time.Hour)
		if err := h.out(map[string]any{"sub": "u-ana"}); !fault.Is(err, fault.Unavailable) {
			t.Errorf("with the provider away: %v", err)
		}
	})
}

// A person who signed in at the provider and owes a code here has no session yet: none begins
// after the provider signed them out. Sessions that began without the provider go on.
func TestALogoutVoidsASignInUnderWayAndNothingElse(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		h := federate(t, d, nil)
		ctx := context.Background()
		local, secret := h.enrol("w-bo")
		h.says("u-bo", h.mail("w-bo"), map[string]any{"amr": []string{"pwd"}, "sid": "s-1"})
		got, err := h.in()
		ok(t, err)
		if got.Pending.Ticket == "" {
			t.Fatal("no code was asked for")
		}
		ok(t, h.out(map[string]any{"sub": "u-bo"}))
		if _, _, err := h.SecondFactor(ctx, got.Pending.Ticket, code(t, secret, h.clock.Now()), office); err == nil {
			t.Error("a sign-in that was under way went on")
		}
		if !h.open(local) {
			t.Error("a session that began without the provider ended")
		}
		// With the code a session is known by the provider's id of it all the same.
		h.clock.Advance(30 * time.Second)
		got, err = h.in()
		ok(t, err)
		token, _, err := h.SecondFactor(ctx, got.Pending.Ticket, code(t, secret, h.clock.Now()), office)
		ok(t, err)
		ok(t, h.out(map[string]any{"sub": nil, "sid": "s-1"}))
		if h.open(token) || !h.open(local) {
			t.Errorf("open: %v and %v", h.open(token), h.open(local))
		}
	})
}
