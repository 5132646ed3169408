package pdftext

import (
	"cmp"
	"math"
	"regexp"
	"slices"
	"strings"
	"unicode"

	"caseward/internal/order"
)

// Hebrew and Arabic are read from the right, and stand on a page from left to right like
// everything else; numbers and words of other writing in them are read from the left. What
// is found here is the order of reading, by less than the bidirectional algorithm of Unicode
// knows: a line has one direction, that of most of its letters.
const (
	right = `[\p{Hebrew}\p{Arabic}]`
	left  = `[\p{Latin}\p{Greek}\p{Cyrillic}]`
)

var (
	// fromLeft is what keeps its order in a line from the right, and fromRight what is
	// turned in a line from the left.
	fromLeft  = regexp.MustCompile(left + `(?:[^\p{Hebrew}\p{Arabic}]*(?:` + left + `|\p{Nd}))?|[$€£]?\p{Nd}(?:[-+.,:/]?\p{Nd})*%?`)
	fromRight = regexp.MustCompile(right + `(?:[^\p{Latin}\p{Greek}\p{Cyrillic}]*` + right + `)?`)
	// mirrored is signs that are drawn the other way round from the right.
	mirrored = strings.NewReplacer("(", ")", ")", "(", "[", "]", "]", "[", "{", "}", "}", "{", "<", ">", ">", "<", "«", "»", "»", "«")
)

// turns reports whether a sign is of a writing that is read from the right.
func turns(text string) bool {
	return strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Hebrew, unicode.Arabic) })
}

// backward is text by its signs from the end.
func backward(text string) string {
	r := []rune(text)
	slices.Reverse(r)
	return string(r)
}

// sides puts what is drawn from right to left on one height in the order in which it stands.
func sides(g []glyph) {
	for i := 0; i < len(g); {
		j, any, back := i, false, false
		for ; j < len(g) && block(g[j].tag) == block(g[i].tag) && math.Abs(g[j].y-g[i].y) < 0.45*g[i].size; j++ {
			any = any || turns(g[j].text)
			back = back || j > i && g[j].x < g[j-1].x-0.3*g[j].size
		}
		if any && back {
			order.By(g[i:j], func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
		}
		i = max(j, i+1)
	}
}

// sign is one of a line, and which of its words it stands in or, a space, before.
type sign struct {
	text string
	of   int
}

// turn puts the words of a line in the order in which they are read. One that is read from
// the right is measured from the right edge on: what is told of it by distances holds then.
func (l *line) turn() {
	text := l.text()
	if !turns(text) {
		return
	}
	var signs []sign
	for i, w := range l.words {
		if i > 0 {
			signs = append(signs, sign{" ", i})
		}
		for _, r := range w.text {
			signs = append(signs, sign{string(r), i})
		}
	}
	more := 0
	for _, r := range text {
		if unicode.In(r, unicode.Hebrew, unicode.Arabic) {
			more++
		} else if unicode.IsLetter(r) {
			more--
		}
	}
	if more >= 0 {
		signs = reversed(signs)
	} else {
		signs = eachOf(fromRight, signs, reversed)
	}
	words := l.words
	l.words = nil
	var w *word
	for _, s := range signs {
		if s.text == " " || w == nil {
			l.words = append(l.words, word{apart: s.text == " " && words[s.of].apart})
			w = &l.words[len(l.words)-1]
		}
		if s.text == " " {
			continue
		}
		if w.text == "" {
			of := words[s.of]
			w.x, w.end, w.bold, w.italic = of.x, of.end, of.bold, of.italic
		}
		w.text += s.text
	}
	if more >= 0 {
		l.left, l.right = sheet-l.right, sheet-l.left
		for i := range l.words {
			w := &l.words[i]
			w.x, w.end = sheet-w.end, sheet-w.x
		}
	}
}

// sheet is wider than any that is printed on.
const sheet = 4000

// reversed is signs from the right, but for what is read from the left in them.
func reversed(signs []sign) []sign {
	flip := func(s []sign) []sign {
		s = slices.Clone(s)
		slices.Reverse(s)
		for i := range s {
			s[i].text = mirrored.Replace(s[i].text)
		}
		return s
	}
	return flip(eachOf(fromLeft, signs, flip))
}

// eachOf does something to what an expression finds in signs.
func eachOf(what *regexp.Regexp, signs []sign, do func([]sign) []sign) (out []sign) {
	var b strings.Builder
	at := map[int]int{} // where in the text a sign begins
	for i, s := range signs {
		at[b.Len()] = i
		b.WriteString(s.text)
	}
	at[b.Len()] = len(signs)
	done := 0
	for _, m := range what.FindAllStringIndex(b.String(), -1) {
		from, to := at[m[0]], at[m[1]]
		out = append(append(out, signs[done:from]...), do(signs[from:to])...)
		done = to
	}
	return append(out, signs[done:]...)
}
