package authn_test

import (
	"bytes"
	"context"
	"errors"
	"testing"
	"time"

	"caseward/internal/actor/authn"
	"caseward/internal/db"
	"caseward/internal/db/dbtest"
)

func TestDeviceKey(t *testing.T) {
	dbtest.Each(t, func(t *testing.T, d *db.DB) {
		ctx := context.Background()
		h := open(t, d)
		cookie, secret := h.enrol("w-ana")
		other, _ := h.enrol("w-bo")
		id, key, err := h.DeviceKey(h.session(cookie))
		ok(t, err)
		t.Run("is the same in each session of a worker, and after a restart", func(t *testing.T) {
			again := h.signIn("w-ana", secret, office)
			id2, key2, err := h.again(h.cfg).DeviceKey(h.session(again))
			if err != nil || id2 != id || !bytes.Equal(key2, key) || len(key) != 32 {
				t.Error(id, id2, len(key), err)
			}
		})
		t.Run("is nobody else's, and its name does not tell it", func(t *testing.T) {
			id2, key2, err := h.DeviceKey(h.session(other))
			if err != nil || id2 == id || bytes.Equal(key2, key) || bytes.Contains(key, []byte(id)) {
				t.Error(id, id2, err)
			}
		})
		t.Run("a session that is locked, over or nobody's gets none", func(t *testing.T) {
			if _, _, err := h.DeviceKey(authn.Session{}); !errors.Is(err, authn.ErrNoSession) {
				t.Error(err)
			}
			h.clock.Advance(16 * time.Minute)
			s, err := h.Session(ctx, cookie)
			is(t, err, authn.ErrLocked)
			if _, _, err := h.DeviceKey(s); !errors.Is(err, authn.ErrNoSession) {
				t.Error(err)
			}
		})
	})
}
