package account_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"regexp"
	"slices"
	"testing"
	"time"
)

// softKey is an authenticator and the script of the page, in software: ES256, no
// attestation, one resident credential.
type softKey struct {
	h      *house
	key    *ecdsa.PrivateKey
	id     []byte
	handle string
	count  uint32
}

var b64 = base64.RawURLEncoding

func (h *house) softKey() *softKey {
	h.t.Helper()
	k, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	h.ok(err)
	id := make([]byte, 32)
	_, _ = rand.Read(id)
	return &softKey{h: h, key: k, id: id}
}

func (k *softKey) authData(flags byte, attested []byte) []byte {
	k.count++
	sum := sha256.Sum256([]byte("care.example.org"))
	return append(binary.BigEndian.AppendUint32(append(sum[:], flags|0x05), k.count), attested...)
}

type options struct {
	PublicKey struct {
		Challenge string
		User      struct{ ID string }
	}
}

func (k *softKey) options(a answer) (options, []byte, []byte) {
	k.h.t.Helper()
	a.is(200)
	if got := a.header.Get("Content-Type"); got != "application/json" {
		k.h.t.Fatalf("got %q", got)
	}
	var o options
	k.h.ok(json.Unmarshal([]byte(a.body), &o))
	client := func(kind string) []byte {
		b, err := json.Marshal(map[string]any{"type": kind, "challenge": o.PublicKey.Challenge, "origin": k.h.origin, "crossOrigin": false})
		k.h.ok(err)
		return b
	}
	return o, client("webauthn.create"), client("webauthn.get")
}

func (k *softKey) credential(response map[string]any) string {
	k.h.t.Helper()
	id := b64.EncodeToString(k.id)
	b, err := json.Marshal(map[string]any{"id": id, "rawId": id, "type": "public-key", "response": response, "clientExtensionResults": map[string]any{}})
	k.h.ok(err)
	return string(b)
}

// create answers the options of a registration. The CBOR is that of CTAP2's
// canonical form, which is short enough to write down.
func (k *softKey) create(a answer) string {
	k.h.t.Helper()
	o, client, _ := k.options(a)
	k.handle = o.PublicKey.User.ID
	point, err := k.key.PublicKey.Bytes()
	k.h.ok(err)
	cose := slices.Concat([]byte{0xa5, 0x01, 0x02, 0x03, 0x26, 0x20, 0x01, 0x21, 0x58, 0x20}, point[1:33], []byte{0x22, 0x58, 0x20}, point[33:])
	attested := slices.Concat(make([]byte, 16), []byte{0, byte(len(k.id))}, k.id, cose)
	data := k.authData(0x40, attested)
	object := slices.Concat([]byte{0xa3, 0x63}, []byte("fmt"), []byte{0x64}, []byte("none"), []byte{0x67}, []byte("attStmt"), []byte{0xa0, 0x68}, []byte("authData"), []byte{0x58, byte(len(data))}, data)
	return k.credential(map[string]any{"clientDataJSON": b64.EncodeToString(client), "attestationObject": b64.EncodeToString(object)})
}

// get answers the options of a proof.
func (k *softKey) get(a answer) string {
	k.h.t.Helper()
	_, _, client := k.options(a)
	data, sum := k.authData(0, nil), sha256.Sum256(client)
	sum = sha256.Sum256(append(slices.Clone(data), sum[:]...))
	sig, err := ecdsa.SignASN1(rand.Reader, k.key, sum[:])
	k.h.ok(err)
	return k.credential(map[string]any{
		"clientDataJSON": b64.EncodeToString(client), "authenticatorData": b64.EncodeToString(data), "signature": b64.EncodeToString(sig), "userHandle": k.handle,
	})
}

var removeShown = regexp.MustCompile(`/account/passkeys/([0-9a-f]+)/remove`)

func TestPasskeys(t *testing.T) {
	h := open(t, false)
	b, k := h.browser(), h.softKey()
	token := h.invitation(h.worker)

	h.run("an invitation is taken up by a passkey", func(t *testing.T) {
		b.get("/enrol/" + token).is(200)
		b.post("/enrol/passkey", "token", token, "credential", "{}").is(422, "That took too long")
		made := k.create(b.post("/enrol/passkey/options", "token", token))
		b.post("/enrol/passkey", "token", token, "credential", made).to("/probe")
		b.get("/probe").is(200)
		b.get("/enrol/"+token).is(404, "no longer works")
		b.get("/account/security").is(200, "1 passkey", "Firefox on Linux")
	})
	h.run("it signs in, and each answer is good once", func(t *testing.T) {
		c := h.browser()
		given := k.get(c.post("/signin/passkey/options"))
		ceremony := newJar(t, h, c.client.Jar)
		c.post("/signin/passkey", "credential", given, "next", "/account/sessions").to("/account/sessions")
		c.get("/account/sessions").is(200, "Passkey")
		thief := h.browser()
		thief.client.Jar = ceremony
		thief.post("/signin/passkey", "credential", given).is(422, "was used already")
		thief.get("/probe").to("/signin?next=%2Fprobe")
	})
	h.run("a passkey nobody set up does not sign in", func(t *testing.T) {
		c := h.browser()
		c.post("/signin/passkey", "credential", h.softKey().get(c.post("/signin/passkey/options")), "next", "/probe").is(422, "does not sign in here", `value="/probe"`)
	})
	h.run("it is the fresh proof, and it unlocks", func(t *testing.T) {
		h.Clock.Advance(6 * time.Minute)
		b.get("/account/security").to("/stepup?next=%2Faccount%2Fsecurity")
		b.get("/stepup").is(200, "Use your passkey").without(`name="password"`)
		other := h.softKey()
		b.post("/stepup/passkey", "credential", other.get(b.post("/stepup/passkey/options"))).is(422, "was not taken")
		b.post("/stepup/passkey", "credential", k.get(b.post("/stepup/passkey/options")), "next", "/account/security").to("/account/security")
		b.post("/lock", "next", "/probe").to("/locked?next=%2Fprobe")
		b.get("/locked").is(200, "Use your passkey")
		b.post("/unlock/passkey", "credential", "{}").is(422)
		b.post("/unlock/passkey", "next", "/probe", "credential", k.get(b.post("/unlock/passkey/options"))).to("/probe")
		b.get("/probe").is(200)
	})
	h.run("another is added by name and removed; the last one stays", func(t *testing.T) {
		b.get("/stepup").is(200)
		b.post("/stepup/passkey", "credential", k.get(b.post("/stepup/passkey/options")), "next", "/account/security").to("/account/security")
		second := h.softKey()
		b.post("/account/passkeys", "passkey_name", "night desk", "credential", second.create(b.post("/account/passkeys/options"))).to("/account/security")
		page := b.get("/account/security").is(200, "2 passkeys", "night desk", "The passkey is added.")
		ids := removeShown.FindAllStringSubmatch(page.body, -1)
		b.post("/account/passkeys/" + ids[1][1] + "/remove").to("/account/security")
		b.get("/account/security").is(200, "1 passkey", "The passkey is removed.").without("night desk")
		b.post("/account/passkeys/" + ids[0][1] + "/remove").to("/account/security")
		b.get("/account/security").is(200, "1 passkey", "It is your last way in.")
		b.post("/account/passkeys/" + ids[1][1] + "/remove").is(404)
		b.post("/account/recovery-codes").to("/account/security")
	})
}
