package blind

import (
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
)

var index = New([]byte("0123456789abcdef0123456789abcdef"))

// finds reports whether a search for query would match a record named name: for
// each word of the query, one of its tokens is among the name's.
func finds(query, name string, tier Tier) bool {
	stored := index.Name(name)
	words := index.Search(query, tier)
	if len(words) == 0 {
		return false
	}
	for _, alternatives := range words {
		if !slices.ContainsFunc(alternatives, func(t int64) bool { return slices.Contains(stored, t) }) {
			return false
		}
	}
	return true
}

func TestWords(t *testing.T) {
	for in, want := range map[string][]string{
		"Marisol Ibáñez":      {"marisol", "ibanez"},
		"O’Brien-Smith":       {"obrien", "smith"},
		"O'Brien":             {"obrien"},
		"Nguyễn Thị Minh":     {"nguyen", "thi", "minh"},
		"Łukasz Żółć":         {"lukasz", "zolc"},
		"Straße, Jürgen":      {"strasse", "jurgen"},
		"Åse Ærø Øyen":        {"ase", "aero", "oyen"},
		"Kahananui ʻAukai":    {"kahananui", "aukai"},
		"ﬁnn":                 {"finn"},
		"Ｍａｒｉａ":               {"maria"},
		"李小龍":                 {"李小龍"},
		"Дмитрий Ёлкин":       {"дмитрии", "елкин"},
		"محمد":                {"محمد"},
		"  a\t b\u00a0c ":     {"a", "b", "c"},
		"Anne-Marie de la O":  {"anne", "marie", "de", "la", "o"},
		"Smith 3rd":           {"smith", "3rd"},
		"!!!":                 nil,
		"":                    nil,
		"İpek Işık":           {"ipek", "isik"},
		"D\u0301aniel":        {"daniel"},
		"Jo\u200bse":          {"jo", "se"},
		"\xff\xfe not text 1": {"not", "text", "1"},
	} {
		got := Words(in)
		if len(got) == 0 {
			got = nil
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%q: %s", in, d)
		}
	}
}

func TestSearch(t *testing.T) {
	for _, tt := range []struct {
		query, name string
		starts      bool
		alike       bool
	}{
		{"Marisol", "Marisol Ibáñez", true, true},
		{"ibanez marisol", "Marisol Ibáñez", true, true},
		{"IBÁÑEZ", "Marisol Ibáñez", true, true},
		{"mari", "Marisol Ibáñez", true, true},
		{"ma ib", "Marisol Ibáñez", true, true},
		{"m", "Marisol Ibáñez", false, false},
		{"marisoll", "Marisol Ibáñez", false, true},
		{"marsiol", "Marisol Ibáñez", false, true},
		{"narisol", "Marisol Ibáñez", false, true},
		{"ybanes", "Marisol Ibáñez", false, true},
		{"Jon", "John Smith", false, true},
		{"smyth", "John Smith", false, true},
		{"Katherine", "Catherine Philips", false, true},
		{"fillips", "Catherine Philips", false, true},
		{"obrien", "Shaun O’Brien", true, true},
		{"o'brien", "Shaun O’Brien", true, true},
		{"smith", "Anna Jones-Smith", true, true},
		{"小龍", "李小龍", false, false},
		{"李小", "李小龍", true, true},
		{"Ёлкин", "Дмитрий Елкин", true, true},
		{"Zanzibar", "Marisol Ibáñez", false, false},
		{"Ibrahim", "Marisol Ibáñez", false, false},
		{"Marisol Jones", "Marisol Ibáñez", false, false},
	} {
		if got := finds(tt.query, tt.name, Starts); got != tt.starts {
			t.Errorf("%q finds %q at once: %v", tt.query, tt.name, got)
		}
		if got := finds(tt.query, tt.name, Alike); got != tt.alike {
			t.Errorf("%q finds %q by likeness: %v", tt.query, tt.name, got)
		}
	}
	t.Run("a search has a bounded number of words and of tokens for each", func(t *testing.T) {
		words := index.Search(strings.Repeat("Wolfeschlegelsteinhausenbergerdorff ", 50), Alike)
		if len(words) != MaxWords {
			t.Errorf("%d words", len(words))
		}
		for _, w := range words {
			if len(w) == 0 || len(w) > MaxAlternatives {
				t.Errorf("%d tokens", len(w))
			}
		}
	})
	t.Run("nothing to search for is no word", func(t *testing.T) {
		if got := index.Search(" -- ", Alike); len(got) != 0 {
			t.Errorf("%d words", len(got))
		}
	})
}

func TestTokens(t *testing.T) {
	t.Run("the same key and text make the same token, another key another", func(t *testing.T) {
		again := New([]byte("0123456789abcdef0123456789abcdef"))
		other := New([]byte("another key, as long as the first"))
		if index.Token("whole", "ibanez") != again.Token("whole", "ibanez") {
			t.Error("not the same")
		}
		if index.Token("whole", "ibanez") == other.Token("whole", "ibanez") {
			t.Error("the key does not matter")
		}
		if d := cmp.Diff(index.Name("Marisol Ibáñez"), again.Name("Marisol Ibáñez")); d != "" {
			t.Error(d)
		}
	})
	t.Run("one text in two domains makes two tokens, and so does a moved boundary", func(t *testing.T) {
		if index.Token("whole", "jo") == index.Token("prefix", "jo") || index.Token("a", "bc") == index.Token("ab", "c") {
			t.Error("domains run together")
		}
	})
	t.Run("one index serves many at once", func(t *testing.T) {
		want := index.Name("Marisol Ibáñez")
		done := make(chan bool)
		for range 8 {
			go func() {
				ok := true
				for range 200 {
					ok = ok && slices.Equal(index.Name("Marisol Ibáñez"), want)
				}
				done <- ok
			}()
		}
		for range 8 {
			if !<-done {
				t.Error("tokens got mixed up")
			}
		}
	})
	t.Run("a very long name makes a bounded number of tokens", func(t *testing.T) {
		if n := len(index.Name(strings.Repeat("x", 100_000))); n > 60 {
			t.Errorf("%d tokens", n)
		}
	})
	t.Run("no token stands twice", func(t *testing.T) {
		seen := map[int64]bool{}
		for _, tok := range index.Name("Anna Anna anna ANNA Hannah") {
			if seen[tok] {
				t.Error("one stands twice")
			}
			seen[tok] = true
		}
	})
}

func TestSounds(t *testing.T) {
	for _, pair := range [][2]string{{"smith", "smyth"}, {"catherine", "katherine"}, {"ibanez", "ybanes"}, {"philips", "fillips"}, {"gonzalez", "gonsales"}, {"schmidt", "shmit"}, {"wright", "rite"}, {"jimenez", "gimenes"}} {
		if Sounds(pair[0]) == "" || Sounds(pair[0]) != Sounds(pair[1]) {
			t.Errorf("%s is %q and %s %q", pair[0], Sounds(pair[0]), pair[1], Sounds(pair[1]))
		}
	}
	for _, w := range []string{"", "a", "李小龍", "aeiou", "42"} {
		if got := Sounds(w); got != "" {
			t.Errorf("%q sounds like %q; too little to search by", w, got)
		}
	}
}

func TestNumbers(t *testing.T) {
	for in, want := range map[string]string{"(555) 010-0148": "5550100148", "+1 555 010 0148": "5550100148", "1-555-010-0148": "5550100148", "15550148": "15550148", "ext": "", "٥٥٥": ""} {
		if got := Digits(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
	for in, want := range map[string]string{"987-65-4320": "987654320", "CW-00012": "cw00012", " - ": ""} {
		if got := Plain(in); got != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

// mutants is every word that one wrong, missing, extra or swapped letter makes
// of w.
func mutants(w []rune) []string {
	var out []string
	for i := range w {
		out = append(out, string(w[:i])+string(w[i+1:])) // missing
		for _, r := range "aqz" {
			if w[i] != r {
				out = append(out, string(w[:i])+string(r)+string(w[i+1:])) // wrong
			}
		}
		if i+1 < len(w) && w[i] != w[i+1] {
			out = append(out, string(w[:i])+string(w[i+1])+string(w[i])+string(w[i+2:])) // swapped
		}
	}
	for i := range len(w) + 1 {
		for _, r := range "aqz" {
			out = append(out, string(w[:i])+string(r)+string(w[i:])) // extra
		}
	}
	return out
}

// oneOff reports whether two folded words share a typo token.
func oneOff(a, b string) bool {
	x, y := deletions([]rune(a)), deletions([]rune(b))
	return slices.ContainsFunc(x, func(d string) bool { return slices.Contains(y, d) })
}

func TestOneTypo(t *testing.T) {
	for _, w := range []string{"marisol", "ibanez", "lynn", "anna", "aaaa", "bookkeeper", "елкин", "李小龍王", "wolfeschlegelsteinhausen"} {
		for _, m := range mutants([]rune(w)) {
			if len([]rune(m)) < 4 || len([]rune(m)) > maxWord {
				continue // too short to be compared by letters, or longer than what counts
			}
			if !oneOff(w, m) || !oneOff(m, w) {
				t.Errorf("%s and %s share no token", w, m)
			}
		}
	}
}

func FuzzOneTypo(f *testing.F) {
	f.Add("marisol", 3, uint8(0), 'x')
	f.Add("ibanez", 0, uint8(1), 'q')
	f.Add("ÅÅÅÅ", 2, uint8(2), 'ø')
	f.Add("lynn", 2, uint8(3), 'l')
	f.Fuzz(func(t *testing.T, s string, at int, how uint8, r rune) {
		words := Words(s)
		if len(words) == 0 {
			return
		}
		w := []rune(words[0])
		if len(w) < 4 || len(w) > maxWord-1 || at < 0 || !utf8.ValidRune(r) {
			return
		}
		at %= len(w)
		m := slices.Clone(w)
		switch how % 4 {
		case 0:
			m = slices.Delete(m, at, at+1)
		case 1:
			m[at] = r
		case 2:
			m = slices.Insert(m, at, r)
		case 3:
			if at+1 == len(m) {
				return
			}
			m[at], m[at+1] = m[at+1], m[at]
		}
		if len(m) < 4 {
			return
		}
		if !oneOff(string(w), string(m)) || !oneOff(string(m), string(w)) {
			t.Fatalf("%q and %q share no token", string(w), string(m))
		}
	})
}

// FuzzWords wants folding to be stable: words come out folded, so folding them
// again changes nothing.
func FuzzWords(f *testing.F) {
	for _, s := range []string{"Marisol Ibáñez", "O’Brien", "ﬁ", "İ", "ǰ", "ẞ", "\u0345", "ΰ", "Ⅷ", "㋿", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		for _, w := range Words(s) {
			again := Words(w)
			if len(again) != 1 || again[0] != w {
				t.Fatalf("%q folds to %q, and that to %q", s, w, again)
			}
		}
		index.Name(s)
		for _, alt := range index.Search(s, Alike) {
			if len(alt) > MaxAlternatives {
				t.Fatalf("%d tokens", len(alt))
			}
		}
	})
}
