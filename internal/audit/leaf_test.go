package audit

import (
	"bytes"
	"testing"
	"time"
)

func FuzzParseLeaf(f *testing.F) {
	l := leaf{At: time.Date(2026, 3, 2, 9, 0, 0, 123000, time.UTC), Outcome: Refused, Action: "note.sign"}
	l.Actor[3], l.Detail[7], l.Subjects[31] = 1, 2, 3
	whole := l.append(nil)
	f.Add(whole)
	f.Add(whole[:len(whole)-1])
	f.Add(append(bytes.Clone(whole), 'x'))
	f.Add([]byte{})
	f.Add([]byte{leafVersion})
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := parseLeaf(b)
		if err != nil {
			return
		}
		// An entry has exactly one form, or two leaves could say the same.
		if again := l.append(nil); !bytes.Equal(again, b) {
			t.Fatalf("%x was read and is written as %x", b, again)
		}
		if !validAction(l.Action) || !l.Outcome.valid() || l.At.IsZero() {
			t.Fatalf("%x was read as %+v", b, l)
		}
	})
}

func TestLeaf(t *testing.T) {
	t.Run("a leaf is read as it was written", func(t *testing.T) {
		want := leaf{At: time.Date(2026, 3, 2, 9, 0, 0, 123000, time.UTC), Outcome: Refused, Action: "note.sign"}
		want.Actor[3], want.Detail[7], want.Subjects[31] = 1, 2, 3
		got, err := parseLeaf(want.append(nil))
		if err != nil || got != want {
			t.Fatalf("%+v, %v", got, err)
		}
	})
	t.Run("no leaf with a byte too many, too few or of another version is read", func(t *testing.T) {
		b := leaf{At: time.UnixMicro(1), Outcome: Allowed, Action: "a"}.append(nil)
		for _, bad := range [][]byte{b[:len(b)-1], append(bytes.Clone(b), 'a'), append([]byte{2}, b[1:]...), nil} {
			if l, err := parseLeaf(bad); err == nil {
				t.Errorf("%x was read as %+v", bad, l)
			}
		}
	})
	t.Run("the clients' order does not change their commitment, and one more does", func(t *testing.T) {
		a, b, c := mark{1}, mark{2}, mark{3}
		if hashMarks([]mark{a, b}) != hashMarks([]mark{b, a}) || hashMarks([]mark{a, b}) == hashMarks([]mark{a, b, c}) {
			t.Fatal("it does")
		}
	})
}
