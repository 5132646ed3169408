package authn_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"testing"

	"github.com/fxamacker/cbor/v2"

	"caseward/internal/actor/authn"
)

// softKey is an authenticator and the browser around it, in software: ES256, no
// attestation, one resident credential.
type softKey struct {
	t       testing.TB
	key     *ecdsa.PrivateKey
	id      []byte
	handle  []byte
	counter uint32

	origin   string // what the browser says the page's origin is
	rpID     string
	unproved bool // does not verify its holder
}

func newSoftKey(t testing.TB) *softKey {
	t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &softKey{t: t, key: k, id: id, origin: origin, rpID: "care.example.org"}
}

var b64 = base64.RawURLEncoding

func (k *softKey) clientData(kind, challenge string) []byte {
	b, err := json.Marshal(map[string]any{"type": kind, "challenge": challenge, "origin": k.origin, "crossOrigin": false})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}

func (k *softKey) authData(attested []byte) []byte {
	h := sha256.Sum256([]byte(k.rpID))
	flags := byte(0x01) // user present
	if !k.unproved {
		flags |= 0x04 // user verified
	}
	if attested != nil {
		flags |= 0x40
	}
	out := append(h[:], flags)
	out = binary.BigEndian.AppendUint32(out, k.counter)
	return append(out, attested...)
}

// create answers a registration ceremony.
func (k *softKey) create(c authn.Ceremony) []byte {
	k.t.Helper()
	var o struct {
		PublicKey struct {
			Challenge string
			User      struct{ ID string }
			Exclude   []struct{ ID string } `json:"excludeCredentials"`
		}
	}
	if err := json.Unmarshal(c.Options, &o); err != nil {
		k.t.Fatal(err)
	}
	for _, x := range o.PublicKey.Exclude {
		if x.ID == b64.EncodeToString(k.id) {
			return nil // as an authenticator does that is registered already
		}
	}
	var err error
	if k.handle, err = b64.DecodeString(o.PublicKey.User.ID); err != nil {
		k.t.Fatal(err)
	}
	point, err := k.key.PublicKey.Bytes()
	if err != nil {
		k.t.Fatal(err)
	}
	mode, err := cbor.CTAP2EncOptions().EncMode()
	if err != nil {
		k.t.Fatal(err)
	}
	cose, err := mode.Marshal(map[int]any{1: 2, 3: -7, -1: 1, -2: point[1:33], -3: point[33:]})
	if err != nil {
		k.t.Fatal(err)
	}
	attested := make([]byte, 16) // no model
	attested = binary.BigEndian.AppendUint16(attested, uint16(len(k.id)))
	attested = append(append(attested, k.id...), cose...)
	object, err := mode.Marshal(map[string]any{"fmt": "none", "attStmt": map[string]any{}, "authData": k.authData(attested)})
	if err != nil {
		k.t.Fatal(err)
	}
	return k.answer(map[string]any{
		"clientDataJSON":    b64.EncodeToString(k.clientData("webauthn.create", o.PublicKey.Challenge)),
		"attestationObject": b64.EncodeToString(object),
	})
}

// get answers a sign-in ceremony.
func (k *softKey) get(c authn.Ceremony) []byte {
	k.t.Helper()
	var o struct {
		PublicKey struct{ Challenge string }
	}
	if err := json.Unmarshal(c.Options, &o); err != nil {
		k.t.Fatal(err)
	}
	data, client := k.authData(nil), k.clientData("webauthn.get", o.PublicKey.Challenge)
	h := sha256.Sum256(client)
	sum := sha256.Sum256(append(append([]byte{}, data...), h[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.key, sum[:])
	if err != nil {
		k.t.Fatal(err)
	}
	return k.answer(map[string]any{
		"clientDataJSON":    b64.EncodeToString(client),
		"authenticatorData": b64.EncodeToString(data),
		"signature":         b64.EncodeToString(sig),
		"userHandle":        b64.EncodeToString(k.handle),
	})
}

func (k *softKey) answer(response map[string]any) []byte {
	id := b64.EncodeToString(k.id)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	if err != nil {
		k.t.Fatal(err)
	}
	return b
}
