// Package blind makes the search index: keyed hashes of names and numbers, so
// that the database can find a client by name without holding one.
//
// A name is folded (case, accents, ligatures, compatibility forms), cut into
// words, and each word indexed four ways: whole, by each prefix of two to eight
// letters, by how it sounds, and by itself with each letter left out, which
// finds one wrong, missing, extra or swapped letter. Every token is
// HMAC-SHA-256 under the agency's index key, cut to 64 bits.
//
// Equal names make equal tokens: whoever holds the file sees that two clients
// share a name, not which. It never holds or returns text.
package blind

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/binary"
	"hash"
	"strings"
	"sync"
	"unicode"

	"golang.org/x/text/unicode/norm"
)

// Index makes tokens under one key.
type Index struct{ macs sync.Pool }

// New returns the index of key.
func New(key []byte) *Index {
	ix := &Index{}
	ix.macs.New = func() any { return hmac.New(sha256.New, key) }
	return ix
}

// Token hashes one piece of text in one domain.
func (ix *Index) Token(domain, text string) int64 {
	m := ix.macs.Get().(hash.Hash)
	defer ix.macs.Put(m)
	m.Reset()
	m.Write([]byte(domain))
	m.Write([]byte{0})
	m.Write([]byte(text))
	var sum [sha256.Size]byte
	return int64(binary.BigEndian.Uint64(m.Sum(sum[:0])))
}

// Sum hashes text whole, for identities that must not collide.
func (ix *Index) Sum(domain, text string) []byte {
	m := ix.macs.Get().(hash.Hash)
	defer ix.macs.Put(m)
	m.Reset()
	m.Write([]byte(domain))
	m.Write([]byte{0})
	m.Write([]byte(text))
	return m.Sum(nil)
}

// maxWord is how many letters of a word count; the rest is only in the whole.
const maxWord = 24

// folds are letters that decomposition leaves whole.
var folds = strings.NewReplacer("ß", "ss", "æ", "ae", "ø", "o", "œ", "oe", "đ", "d", "ð", "d", "þ", "th", "ł", "l", "ı", "i", "’", "", "'", "", "ʻ", "")

// maxText is how many bytes of a name are looked at: no name is longer, and
// folding takes time that grows with the text.
const maxText = 1000

// Words folds s and cuts it into words: letters and digits of any script, marks
// dropped, apostrophes closed up, all else a gap.
func Words(s string) []string {
	s = s[:min(len(s), maxText)]
	s = folds.Replace(strings.ToLower(norm.NFKD.String(strings.ToValidUTF8(s, " "))))
	s = strings.Map(func(r rune) rune {
		switch {
		case unicode.Is(unicode.Mn, r):
			return -1
		case unicode.IsLetter(r), unicode.IsDigit(r):
			return r
		}
		return ' '
	}, s)
	return strings.Fields(s)
}

// Digits keeps the digits of a phone number, without the country code of the
// North American plan.
func Digits(s string) string {
	d := strings.Map(func(r rune) rune {
		if r >= '0' && r <= '9' {
			return r
		}
		return -1
	}, s)
	if len(d) == 11 && d[0] == '1' {
		d = d[1:]
	}
	return d
}

// Plain keeps letters and digits of an identifier, in lower case.
func Plain(s string) string {
	return strings.Map(func(r rune) rune {
		r = unicode.ToLower(r)
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, s)
}

// Name returns the tokens a name is stored under.
func (ix *Index) Name(s string) []int64 {
	seen := map[int64]bool{}
	var out []int64
	add := func(domain, text string) {
		if t := ix.Token(domain, text); !seen[t] {
			seen[t] = true
			out = append(out, t)
		}
	}
	for _, w := range Words(s) {
		r := []rune(w)
		add("whole", w)
		for n := 2; n <= min(8, len(r)-1); n++ {
			add("prefix", string(r[:n]))
		}
		if p := Sounds(w); p != "" {
			add("sound", p)
		}
		for _, d := range deletions(r) {
			add("typo", d)
		}
	}
	return out
}

// deletions is the word and the word without each of its letters; words under
// four letters have too many neighbours and are left out.
func deletions(r []rune) []string {
	if len(r) < 4 {
		return nil
	}
	r = r[:min(len(r), maxWord)]
	out := make([]string, 0, len(r)+1)
	out = append(out, string(r))
	for i := range r {
		if i > 0 && r[i] == r[i-1] {
			continue
		}
		out = append(out, string(r[:i])+string(r[i+1:]))
	}
	return out
}

// Tier is how near a match is.
type Tier int

// The tiers of a search, nearest first.
const (
	Starts Tier = iota // the word, or a word that starts with it
	Alike              // sounds like it, or is one letter off
)

// MaxWords is how many words of a search count.
const MaxWords = 3

// MaxAlternatives is how many tokens stand for one word at most.
const MaxAlternatives = maxWord + 2

// Search returns, for each of the first MaxWords words of s, the tokens any of
// which is a match in the tier. A word with no token in a tier keeps its nearer
// ones, so that "jo smiht" still finds by both words.
func (ix *Index) Search(s string, tier Tier) [][]int64 {
	var out [][]int64
	for _, w := range Words(s) {
		if len(out) == MaxWords {
			break
		}
		r := []rune(w)
		alt := []int64{ix.Token("whole", w)}
		if len(r) >= 2 {
			alt = append(alt, ix.Token("prefix", string(r[:min(8, len(r))])))
		}
		if tier == Alike {
			if p := Sounds(w); p != "" {
				alt = append(alt, ix.Token("sound", p))
			}
			for _, d := range deletions(r) {
				alt = append(alt, ix.Token("typo", d))
			}
		}
		out = append(out, alt[:min(len(alt), MaxAlternatives)])
	}
	return out
}

// Sounds is a phonetic key for names of many origins: consonant classes after
// the spelling habits of English and Spanish are levelled, vowels dropped but
// for a leading one. "" for words of no Latin letter.
func Sounds(w string) string {
	w = soundFolds.Replace(w)
	var b strings.Builder
	var last byte
	for i := 0; i < len(w); i++ {
		c := w[i]
		var k byte
		switch c {
		case 'a', 'e', 'i', 'o', 'u', 'y':
			if i == 0 {
				k = 'A'
			} else {
				last = 0
				continue
			}
		case 'b', 'p', 'v', 'f', 'w':
			k = 'P'
		case 'c', 'k', 'q', 'g':
			k = 'K'
		case 's', 'z', 'x':
			k = 'S'
		case 'j':
			k = 'J'
		case 'd', 't':
			k = 'T'
		case 'l':
			k = 'L'
		case 'm', 'n':
			k = 'N'
		case 'r':
			k = 'R'
		default: // h, digits, other scripts
			continue
		}
		if k != last {
			b.WriteByte(k)
		}
		last = k
		if b.Len() == 6 {
			break
		}
	}
	if b.Len() < 2 {
		return ""
	}
	return b.String()
}

var soundFolds = strings.NewReplacer(
	"sch", "s", "tch", "j", "ch", "j", "sh", "s", "ph", "f", "gh", "", "kn", "n", "wr", "r", "ck", "k",
	"ce", "se", "ci", "si", "cy", "si", "ge", "je", "gi", "ji", "gue", "ge", "gui", "gi", "que", "ke", "qui", "ki",
	"ll", "l", "dg", "j", "x", "s", "mac", "mk", "mc", "mk",
)
