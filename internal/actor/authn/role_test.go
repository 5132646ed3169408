package authn_test

import (
	"context"
	"maps"
	"testing"
	"time"

	"caseward/internal/actor"
	"caseward/internal/actor/authn"
	"caseward/internal/audit"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
	"caseward/internal/fault"
)

func TestASessionIsInOneRoleAtATime(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, secret := h.enrol("w-ana")
		second := func(r actor.Role) { h.people.set("w-ana", func(s *authn.Standing) { s.Also = r }) }
		in := func(cookie string, role, also actor.Role, p actor.Purpose) {
			t.Helper()
			s := h.session(cookie)
			if a := s.Actor(); a.Role() != role || a.Also() != also || s.Also() != also || a.Purpose() != p {
				t.Errorf("works as %s, could as %s, for %s", a.Role(), a.Also(), a.Purpose())
			}
		}

		t.Run("who has one role has no other to choose", func(t *testing.T) {
			in(cookie, actor.CaseManager, "", actor.Treatment)
			for _, r := range []actor.Role{actor.PrivacyOfficer, actor.Service, ""} {
				if err := h.SetRole(ctx, h.session(cookie), r); !fault.Is(err, fault.Invalid) {
					t.Errorf("%s: %v", r, err)
				}
				if e := h.log.last(t); e.Action != "session.role" || e.Outcome != audit.Refused {
					t.Errorf("entry is %+v", e)
				}
			}
		})
		t.Run("the role is changed from the next request on, with its purpose, and logged", func(t *testing.T) {
			second(actor.PrivacyOfficer)
			in(cookie, actor.CaseManager, actor.PrivacyOfficer, actor.Treatment)
			before := h.session(cookie)
			ok(t, h.SetRole(ctx, before, actor.PrivacyOfficer))
			if before.Actor().Role() != actor.CaseManager {
				t.Error("a request changed its role while it ran")
			}
			if e := h.log.last(t); e.Action != "session.role" || e.Who.Role != "case_manager" || !maps.Equal(e.Detail, map[string]string{"to": "privacy_officer"}) {
				t.Errorf("entry is %+v", e)
			}
			in(cookie, actor.PrivacyOfficer, actor.CaseManager, actor.Oversight)
			h.clock.Advance(6 * time.Minute)
			ok(t, h.StepUpTOTP(ctx, h.session(cookie), goodPassword, code(t, secret, h.clock.Now())))
			h.clock.Advance(30 * time.Second)
			if !h.session(cookie).SteppedUp() {
				t.Error("the proof does not count in the other role")
			}
			in(cookie, actor.PrivacyOfficer, actor.CaseManager, actor.Oversight)
			n := h.log.count("session.role", audit.Allowed)
			ok(t, h.SetRole(ctx, h.session(cookie), actor.PrivacyOfficer))
			if h.log.count("session.role", audit.Allowed) != n {
				t.Error("staying in a role left an entry")
			}
		})
		t.Run("another session, and a new sign-in, is in the first role", func(t *testing.T) {
			in(h.signIn("w-ana", secret, office), actor.CaseManager, actor.PrivacyOfficer, actor.Treatment)
			in(cookie, actor.PrivacyOfficer, actor.CaseManager, actor.Oversight)
		})
		t.Run("a locked session keeps its role", func(t *testing.T) {
			ok(t, h.Lock(ctx, h.session(cookie)))
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			ok(t, h.Unlock(ctx, s, authn.Proof{Password: goodPassword}))
			in(cookie, actor.PrivacyOfficer, actor.CaseManager, actor.Oversight)
		})
		t.Run("it is changed back", func(t *testing.T) {
			ok(t, h.SetRole(ctx, h.session(cookie), actor.CaseManager))
			in(cookie, actor.CaseManager, actor.PrivacyOfficer, actor.Treatment)
			ok(t, h.SetRole(ctx, h.session(cookie), actor.PrivacyOfficer))
		})
		t.Run("the second role that ended is left at the next request, and not entered again by itself", func(t *testing.T) {
			second("")
			n := h.log.count("session.role", audit.Allowed)
			in(cookie, actor.CaseManager, "", actor.Treatment)
			in(cookie, actor.CaseManager, "", actor.Treatment)
			if got := h.log.count("session.role", audit.Allowed) - n; got != 1 {
				t.Errorf("%d entries", got)
			}
			if e := h.log.last(t); !maps.Equal(e.Detail, map[string]string{"to": "case_manager", "from": "privacy_officer", "reason": "ended"}) || e.Who.Role != "case_manager" {
				t.Errorf("entry is %+v", e)
			}
			second(actor.PrivacyOfficer)
			in(cookie, actor.CaseManager, actor.PrivacyOfficer, actor.Treatment)
		})
		t.Run("another second role is not entered for the one that was chosen", func(t *testing.T) {
			ok(t, h.SetRole(ctx, h.session(cookie), actor.PrivacyOfficer))
			second(actor.Supervisor)
			in(cookie, actor.CaseManager, actor.Supervisor, actor.Treatment)
		})
		t.Run("a second role that no person has, or that is the first, is none", func(t *testing.T) {
			for _, r := range []actor.Role{actor.Service, "superuser", actor.CaseManager} {
				second(r)
				in(cookie, actor.CaseManager, "", actor.Treatment)
			}
		})
		t.Run("what is left of sessions that are gone is swept", func(t *testing.T) {
			second(actor.Supervisor)
			ok(t, h.SetRole(ctx, h.session(cookie), actor.Supervisor))
			h.clock.Advance(60 * 24 * time.Hour)
			ok(t, h.Sweep(ctx))
			var n int
			ok(t, d.QueryRow(ctx, `SELECT count(*) FROM session_role`).Scan(&n))
			if n != 0 {
				t.Errorf("%d rows are left", n)
			}
		})
	})
}
