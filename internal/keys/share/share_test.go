package share

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"caseward/internal/fault"
)

// TestVectors reads what the standard publishes with it, made by another program.
func TestVectors(t *testing.T) {
	b, err := os.ReadFile("testdata/vectors.json")
	if err != nil {
		t.Fatal(err)
	}
	var all []struct {
		Name, Secret string
		Shares       []string
	}
	if err := json.Unmarshal(b, &all); err != nil {
		t.Fatal(err)
	}
	good, groups := 0, 0
	for _, v := range all {
		t.Run(v.Name, func(t *testing.T) {
			var shares []Share
			var err error
			for _, text := range v.Shares {
				var s Share
				if s, err = Parse(text); err != nil {
					break
				}
				if s.Text() != text {
					t.Errorf("written again it is %q", s.Text())
				}
				shares = append(shares, s)
			}
			if err != nil && strings.Contains(err.Error(), "groups") {
				groups++
				return
			}
			var got []byte
			if err == nil {
				got, err = join(shares, "TREZOR")
			}
			if v.Secret == "" {
				if !fault.Is(err, fault.Invalid) {
					t.Errorf("taken: %v", err)
				}
				return
			}
			if good++; err != nil || hex.EncodeToString(got) != v.Secret {
				t.Errorf("got %x, %v; want %s", got, err, v.Secret)
			}
		})
	}
	// Sets of several groups are refused as such, and are no others.
	if good != 9 || groups != 18 {
		t.Errorf("%d good, %d with groups", good, groups)
	}
}

func secret(b byte) []byte { return bytes.Repeat([]byte{b, b ^ 0x5a}, Size/2) }

func TestSplit(t *testing.T) {
	for k := 2; k <= 5; k++ {
		for n := k; n <= 7; n++ {
			t.Run(fmt.Sprintf("any %d of %d give the secret back, and no %d do", k, n, k-1), func(t *testing.T) {
				want := secret(byte(n))
				shares, err := Split(want, k, n)
				if err != nil || len(shares) != n {
					t.Fatal(err)
				}
				for i := range shares {
					if shares[i].Number() != i+1 || shares[i].Need() != k || shares[i].Set() != shares[0].Set() || len(shares[i].Words()) != 33 {
						t.Errorf("share %d says %d of set %d, %d needed", i, shares[i].Number(), shares[i].Set(), shares[i].Need())
					}
				}
				for mask := range 1 << n {
					var some []Share
					for i := range shares {
						if mask>>i&1 == 1 {
							some = append(some, shares[i])
						}
					}
					switch {
					case len(some) == k:
						// The cipher costs; one way through the words is enough for each.
						got, err := Join(some)
						if err != nil || !bytes.Equal(got, want) {
							t.Fatalf("%b: %x, %v", mask, got, err)
						}
					case len(some) == k-1:
						if _, err := Join(some); !fault.Is(err, fault.Invalid) {
							t.Fatalf("%b: %v", mask, err)
						}
					}
				}
			})
		}
	}
	t.Run("what cannot be is refused", func(t *testing.T) {
		for _, c := range [][2]int{{0, 3}, {1, 3}, {4, 3}, {2, 17}, {-1, -1}} {
			if _, err := Split(secret(1), c[0], c[1]); !fault.Is(err, fault.Invalid) {
				t.Errorf("%v: %v", c, err)
			}
		}
		if _, err := Split([]byte("short"), 2, 3); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
		if _, err := Join(nil); !fault.Is(err, fault.Invalid) {
			t.Error(err)
		}
	})
	t.Run("fewer than needed fit every secret", func(t *testing.T) {
		// With one share of two known, each value of the secret's first byte is met by
		// one value of the other share's: nothing is ruled out.
		known := point{3, []byte{0x7e}}
		seen := map[byte]bool{}
		for v := range 256 {
			seen[at([]point{known, {5, []byte{byte(v)}}}, secretAt)[0]] = true
		}
		if len(seen) != 256 {
			t.Errorf("%d values", len(seen))
		}
	})
}

func TestJoin(t *testing.T) {
	a, _ := Split(secret(1), 2, 3)
	b, _ := Split(secret(2), 2, 3)
	for b[0].set == a[0].set {
		b, _ = Split(secret(2), 2, 3)
	}
	forged := b[1]
	forged.set = a[0].set
	other := a[0]
	other.value = slices.Clone(other.value)
	other.value[0] ^= 1
	for _, c := range []struct {
		name, says string
		shares     []Share
	}{
		{"two sets are told, and which share", "share 2 of those given is of another set", []Share{a[0], b[1]}},
		{"one share twice is one", "2 shares are needed, and 1", []Share{a[0], a[0]}},
		{"two shares of one number that differ", "have one number and differ", []Share{a[0], other}},
		{"a share that says to be of the set and is not", "together they give no secret", []Share{a[0], forged}},
	} {
		t.Run(c.name, func(t *testing.T) {
			if _, err := Join(c.shares); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
	t.Run("more than needed, and one twice, are taken", func(t *testing.T) {
		if got, err := Join([]Share{a[2], a[2], a[0], a[1]}); err != nil || !bytes.Equal(got, secret(1)) {
			t.Error(err)
		}
	})
	t.Run("a share does not print itself", func(t *testing.T) {
		if s := fmt.Sprintf("%v %+v %s %#v %x", a[0], a[0], a[0], a[0], a); strings.Contains(s, a[0].Words()[9]) || !strings.HasPrefix(s, "[share 1]") || strings.Contains(s, hex.EncodeToString(a[0].value)) {
			t.Error(s)
		}
	})
}

func TestParse(t *testing.T) {
	all, err := Split(secret(9), 3, 5)
	if err != nil {
		t.Fatal(err)
	}
	s := all[3]
	with := func(i int, w string) string {
		x := s.Words()
		x[i] = w
		return strings.Join(x, " ")
	}
	t.Run("four letters of each word, in any case and on any line, are enough", func(t *testing.T) {
		short := s.Words()
		for i := range short {
			short[i] = strings.ToUpper(short[i][:4])
		}
		for _, text := range []string{strings.Join(short, "\n"), "  " + s.Text() + "\r\n"} {
			if got, err := Parse(text); err != nil || !got.Equal(s) {
				t.Errorf("%q: %v", text, err)
			}
		}
	})
	t.Run("each single wrong word is refused and told by its number", func(t *testing.T) {
		for i, w := range s.Words() {
			at := slices.Index(words, w) + 1 + i*7
			wrong, other := words[at%len(words)], words[(at+1)%len(words)]
			_, err := Parse(with(i, wrong))
			if !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), fmt.Sprintf("word %d is wrong", i+1)) {
				t.Errorf("word %d: %v", i+1, err)
			}
			// Any other is told in the same words: what was typed is not among them.
			if _, same := Parse(with(i, other)); err != nil && (same == nil || err.Error() != same.Error()) {
				t.Error("the word is repeated")
			}
		}
	})
	x := s.Words()
	x[4], x[5] = x[5], x[4]
	if x[4] == x[5] {
		x[5] = words[(slices.Index(words, x[5])+1)%len(words)]
	}
	for _, c := range []struct{ name, text, says string }{
		{"nothing", " \n", "no word"},
		{"a word that is none", with(6, "caseward"), "word 7 is none"},
		{"a word that only begins like one", with(6, s.Words()[6]+"x"), "word 7 is none"},
		{"three letters", with(6, s.Words()[6][:3]), "word 7 is none"},
		{"a word too few", strings.Join(s.Words()[1:], " "), "here are 32"},
		{"two words in each other's place", strings.Join(x, " "), "do not belong together"},
		{"two shares in one", s.Text() + " " + s.Text(), "here are 66"},
	} {
		t.Run(c.name+" is refused", func(t *testing.T) {
			if _, err := Parse(c.text); !fault.Is(err, fault.Invalid) || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v", err)
			}
		})
	}
}

func TestWords(t *testing.T) {
	if len(words) != 1024 || len(byName) != 1024 || !slices.IsSorted(words) {
		t.Errorf("%d words, %d beginnings", len(words), len(byName))
	}
}

func FuzzParse(f *testing.F) {
	all, err := Split(secret(3), 2, 3)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(all[0].Text())
	f.Add(strings.Join(all[1].Words()[:32], " "))
	f.Add("duckling enlarge academic academic agency result length solution fridge kidney coal piece deal husband erode duke ajar critical decision keyboard")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := Parse(text)
		if err != nil {
			return
		}
		again, err := Parse(s.Text())
		if err != nil || !again.Equal(s) {
			t.Errorf("what was read and is written again is another share: %v", err)
		}
	})
}

func FuzzSplit(f *testing.F) {
	f.Add([]byte("0123456789abcdef0123456789abcdef"), uint8(3), uint8(5), uint16(0b10110))
	f.Fuzz(func(t *testing.T, b []byte, k, n uint8, pick uint16) {
		shares, err := Split(b, int(k), int(n))
		if err != nil {
			return
		}
		var some []Share
		for i, s := range shares {
			if pick>>i&1 == 1 {
				r, err := Parse(s.Text())
				if err != nil {
					t.Fatal(err)
				}
				some = append(some, r)
			}
		}
		got, err := Join(some)
		if len(some) >= int(k) && (err != nil || !bytes.Equal(got, b)) || len(some) < int(k) && err == nil {
			t.Errorf("%d of %d, %d needed: %v", len(some), n, k, err)
		}
	})
}
