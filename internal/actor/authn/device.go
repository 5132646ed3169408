package authn

import (
	"crypto/sha256"
	"encoding/hex"

	"caseward/internal/fault"
	"caseward/internal/keys"
)

// DeviceKey is the key under which this worker's browser keeps what they typed
// while the server could not be reached. It is the same in each of their
// sessions and nobody else's; a browser holds it only in the memory of a page
// that is open, so that what lies on the device is readable to nobody who cannot
// sign in as them (45 CFR 164.312(a)(2)(iv)). id names the key without telling it.
// A session that is locked or over gets none.
func (a *Authn) DeviceKey(s Session) (id string, key []byte, err error) {
	if s.Worker() == "" || s.Locked() {
		return "", nil, ErrNoSession
	}
	if key, err = keys.Derive(a.awayKey, s.Worker(), keys.Size); err != nil {
		return "", nil, fault.Unavailablef("session.device_key", err, "cannot make the key")
	}
	sum := sha256.Sum256(append([]byte("id of a device key\x00"), key...))
	return hex.EncodeToString(sum[:8]), key, nil
}
