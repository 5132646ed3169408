package authn_test

import (
	"bytes"
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"caseward/internal/actor"
	"caseward/internal/actor/actortest"
	"caseward/internal/actor/authn"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

// same fails unless err is want.
func same(t *testing.T, err, want error) {
	t.Helper()
	if want == nil && err != nil || want != nil && (err == nil || err.Error() != want.Error()) {
		t.Fatalf("got %v, want %v", err, want)
	}
}

func TestWhatPagesAskAgain(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		worker := actortest.Worker("w-ana", actor.CaseManager, h.clock.Now())

		t.Run("a secret under way is shown again as it was", func(t *testing.T) {
			inv, err := h.Invite(ctx, h.admin(), "w-bo")
			same(t, err, nil)
			same(t, h.EnrolPassword(ctx, inv, goodPassword), nil)
			first, err := h.EnrolTOTPBegin(ctx, inv)
			same(t, err, nil)
			again, err := h.TOTPAgain(ctx, first.Ceremony)
			same(t, err, nil)
			if first.URL != again.URL || first.Secret != again.Secret || !bytes.Equal(first.PNG, again.PNG) || again.Ceremony != first.Ceremony {
				t.Errorf("got %v, want %v", again, first)
			}
			_, err = h.TOTPAgain(ctx, strings.ToUpper(first.Ceremony))
			same(t, err, authn.ErrCeremony)
			if _, _, err = h.EnrolTOTPFinish(ctx, inv, first.Ceremony, code(t, strings.ReplaceAll(again.Secret, " ", ""), h.clock.Now()), office); err != nil {
				t.Fatal(err)
			}
			_, err = h.TOTPAgain(ctx, first.Ceremony)
			same(t, err, authn.ErrCeremony) // the account has moved on
		})
		t.Run("ways in and last use are for those who administer", func(t *testing.T) {
			h.enrol("w-ana")
			got, err := h.WaysOf(ctx, h.admin(), "w-ana")
			same(t, err, nil)
			if diff := cmp.Diff(authn.Ways{Password: true, TOTP: true}, got); diff != "" {
				t.Error(diff)
			}
			got, err = h.WaysOf(ctx, h.admin(), "w-nobody")
			same(t, err, nil)
			if diff := cmp.Diff(authn.Ways{}, got); diff != "" {
				t.Error(diff)
			}
			_, err = h.WaysOf(ctx, worker, "w-bo")
			same(t, err, authn.ErrNotAllowed)
			_, err = h.LastSeen(ctx, worker)
			same(t, err, authn.ErrNotAllowed)
			seen, err := h.LastSeen(ctx, h.admin())
			same(t, err, nil)
			if _, ok := seen["w-sec"]; ok || seen["w-ana"].IsZero() || h.clock.Now().Sub(seen["w-ana"]) > time.Minute {
				t.Errorf("got %v", seen)
			}
		})
		t.Run("the password in force is checked, and five wrong ones end the session", func(t *testing.T) {
			h.clock.Advance(time.Minute)
			inv, err := h.Reset(ctx, h.admin(), "w-ana")
			same(t, err, nil)
			same(t, h.EnrolPassword(ctx, inv, goodPassword), nil)
			e, err := h.EnrolTOTPBegin(ctx, inv)
			same(t, err, nil)
			cookie, s, err := h.EnrolTOTPFinish(ctx, inv, e.Ceremony, code(t, strings.ReplaceAll(e.Secret, " ", ""), h.clock.Now()), office)
			same(t, err, nil)
			for range 4 {
				same(t, h.CheckPassword(ctx, s, "not it"), authn.ErrWrong)
			}
			same(t, h.CheckPassword(ctx, s, goodPassword), nil) // and counts from nothing again
			for range 4 {
				same(t, h.CheckPassword(ctx, s, "not it"), authn.ErrWrong)
			}
			same(t, h.CheckPassword(ctx, s, "not it"), authn.ErrEnded)
			_, err = h.Session(ctx, cookie)
			same(t, err, authn.ErrEnded)
		})
	})
}
