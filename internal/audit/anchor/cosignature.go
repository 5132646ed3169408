package anchor

import (
	"crypto/ed25519"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// cosigner verifies timestamped Ed25519 cosignatures (C2SP tlog-cosignature,
// cosignature/v1): of a note whose text is a checkpoint, at a second since 1970
// that the signature begins with. It is a note.Verifier.
type cosigner struct {
	name string
	hash uint32
	key  ed25519.PublicKey
}

// cosignatureV1 is the signature type of cosignature/v1 in keys.
const cosignatureV1 = 4

var errCosignerKey = errors.New("not a cosignature/v1 verifier key")

// newCosigner reads a verifier key: name+hash+base64 of type and public key.
func newCosigner(vkey string) (*cosigner, error) {
	parts := strings.SplitN(strings.TrimSpace(vkey), "+", 3)
	if len(parts) != 3 || parts[0] == "" || strings.ContainsAny(parts[0], " \t\r\n") {
		return nil, errCosignerKey
	}
	hash, err := strconv.ParseUint(parts[1], 16, 32)
	if err != nil || len(parts[1]) != 8 {
		return nil, errCosignerKey
	}
	key, err := base64.StdEncoding.DecodeString(parts[2])
	if err != nil || len(key) != 1+ed25519.PublicKeySize || key[0] != cosignatureV1 || cosignerHash(parts[0], key) != uint32(hash) {
		return nil, errCosignerKey
	}
	return &cosigner{parts[0], uint32(hash), key[1:]}, nil
}

func cosignerHash(name string, typedKey []byte) uint32 {
	h := sha256.New()
	h.Write([]byte(name + "\n"))
	h.Write(typedKey)
	return binary.BigEndian.Uint32(h.Sum(nil))
}

func (c *cosigner) Name() string    { return c.name }
func (c *cosigner) KeyHash() uint32 { return c.hash }

// Verify implements note.Verifier.
func (c *cosigner) Verify(text, sig []byte) bool {
	if len(sig) != 8+ed25519.SignatureSize {
		return false
	}
	return ed25519.Verify(c.key, cosignedMessage(binary.BigEndian.Uint64(sig), text), sig[8:])
}

func cosignedMessage(second uint64, text []byte) []byte {
	return fmt.Appendf(nil, "cosignature/v1\ntime %d\n%s", second, text)
}
