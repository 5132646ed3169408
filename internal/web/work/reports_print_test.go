package work

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The words of 42 CFR 2.32(a)(1) are fixed by law: whoever changes them reads the
// law first.
func TestPart2Notice(t *testing.T) {
	sum := sha256.Sum256([]byte(part2Notice))
	if got := hex.EncodeToString(sum[:8]); got != "d82205a18044f9f4" {
		t.Errorf("the notice is not what the law says (%s)", got)
	}
}
