package secret

import (
	"strings"
	"testing"
)

func TestSecrets(t *testing.T) {
	a, b := New(), New()
	if a == b || !Is(a, 0) || !Is(b, 0) {
		t.Fatal(a, b)
	}
	if Hash(a) == Hash(b) || strings.Contains(Hash(a), a) {
		t.Error(Hash(a), Hash(b))
	}
	if got := Hash("abc"); got != "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad" { // FIPS 180-4
		t.Error(got)
	}
}

func TestWhatIsNoSecret(t *testing.T) {
	for _, x := range []struct {
		name string
		s    string
		n    int
		want bool
	}{
		{"what New writes", strings.Repeat("0", 52), 0, true},
		{"one letter less", strings.Repeat("0", 51), 0, false},
		{"one letter more", strings.Repeat("0", 53), 0, false},
		{"a letter that is mistaken for another", strings.Repeat("0", 51) + "o", 0, false},
		{"one in the middle", strings.Repeat("0", 20) + "/" + strings.Repeat("0", 31), 0, false},
		{"capitals", strings.Repeat("A", 52), 0, false},
		{"nothing", "", 0, false},
		{"sixteen bytes", Text(make([]byte, 16)), 16, true},
		{"sixteen bytes for thirty-two", Text(make([]byte, 16)), 0, false},
	} {
		t.Run(x.name, func(t *testing.T) {
			if got := Is(x.s, x.n); got != x.want {
				t.Error(got)
			}
		})
	}
}
