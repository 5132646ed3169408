package verify

import (
	"fmt"
	"strings"
	"testing"
)

func FuzzParseLeaf(f *testing.F) {
	whole := append([]byte{1, 0, 5, 0, 0, 0, 0, 0, 1, 'a'}, make([]byte, 16+32+32)...)
	whole = append(whole, 9)
	whole = append(whole, "note.sign"...)
	f.Add(whole)
	f.Add(whole[:90])
	f.Add([]byte{1})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, ok := parseLeaf(b)
		if !ok {
			return
		}
		if len(l.actor) != 16 || len(l.detail) != 32 || len(l.subjects) != 32 || len(b) != 91+len(l.action) || len(l.action) == 0 || l.us <= 0 {
			t.Fatalf("%x was read as %+v", b, l)
		}
	})
}

func FuzzParseBody(f *testing.F) {
	f.Add("example.com/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\n")
	f.Add("example.com/log\n1\nAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=\nextension\n")
	f.Add("example.com/log\n-1\n\n")
	f.Fuzz(func(t *testing.T, text string) {
		p, err := parseBody(text, "example.com/log")
		if err != nil {
			return
		}
		if again := fmt.Sprintf("example.com/log\n%d\n", p.size); p.size < 0 || !strings.HasPrefix(text, again) {
			t.Fatalf("%q was read as size %d", text, p.size)
		}
	})
}

func TestIncreasing(t *testing.T) {
	for name, c := range map[string]struct {
		place []int64
		moved int
	}{
		"nothing known moves nothing":       {[]int64{-1, -1}, 0},
		"in order nothing moved":            {[]int64{0, 1, -1, 2, 5}, 0},
		"one that went to the front":        {[]int64{4, 0, 1, 2, 3}, 1},
		"one that went to the end":          {[]int64{1, 2, 3, 4, 0}, 1},
		"two that were swapped":             {[]int64{0, 4, 2, 3, 1, 5}, 2},
		"backwards all but one moved":       {[]int64{3, 2, 1, 0}, 3},
		"two halves exchanged, one of them": {[]int64{4, 5, 6, 0, 1, 2, 3}, 3},
	} {
		t.Run(name, func(t *testing.T) {
			in := increasing(c.place)
			moved, last := 0, int64(-1)
			for i, p := range c.place {
				switch {
				case p < 0 && in[i]:
					t.Fatal("one that is not known is in order")
				case p >= 0 && !in[i]:
					moved++
				case p >= 0 && p <= last:
					t.Fatal("what is said to be in order is not")
				case p >= 0:
					last = p
				}
			}
			if moved != c.moved {
				t.Fatalf("%d moved, not %d", moved, c.moved)
			}
		})
	}
}
