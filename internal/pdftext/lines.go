package pdftext

import (
	"cmp"
	"math"
	"regexp"
	"strings"
	"unicode/utf8"

	"caseward/internal/order"
)

// word is what stands without a gap in it.
type word struct {
	text         string
	x, end       float64
	bold, italic bool
	apart        bool // a gap before it that is wider than any between words
}

// line is words on one height, from left to right, of one block if there are tags.
type line struct {
	y, left, right float64
	edge           float64 // how far right those go that begin where it does
	size           float64 // of its glyphs, on average
	words          []word
	tag            *tag
	glyphs         int
}

func (l *line) text() string {
	said := make([]string, len(l.words))
	for i, w := range l.words {
		said[i] = w.text
	}
	return strings.Join(said, " ")
}

func (l *line) bold() bool {
	for _, w := range l.words {
		if !w.bold {
			return false
		}
	}
	return true
}

// The gaps between glyphs, in parts of their size.
const (
	between = 0.17 // words
	wide    = 1.3  // what belongs to different cells or columns
)

// toLines puts glyphs together. They come in the order in which they are drawn, which is
// that of reading in nearly all files, and in columns the only hint of it. Where the heights
// go up and down all the time, they are put in order by where they stand.
func toLines(g []glyph) []line {
	sides(g)
	lines := inOrder(g)
	up := 0
	for i := 1; i < len(lines); i++ {
		if lines[i].tag == nil && lines[i].y > lines[i-1].y+lines[i].size {
			up++
		}
	}
	if up > 4 && up*3 > len(lines) {
		// Heights that differ by less than half a line are one.
		order.By(g, func(a, b glyph) int { return cmp.Compare(b.y, a.y) })
		for i := 0; i < len(g); {
			j := i + 1
			for j < len(g) && g[i].y-g[j].y < 0.4*g[i].size {
				j++
			}
			order.By(g[i:j], func(a, b glyph) int { return cmp.Compare(a.x, b.x) })
			i = j
		}
		lines = inOrder(g)
	}
	for i := range lines {
		lines[i].turn()
	}
	return lines
}

func block(t *tag) int {
	if t == nil {
		return 0
	}
	return t.block
}

func inOrder(g []glyph) (out []line) {
	var l *line
	gap := false // a space was drawn since the last sign
	var last glyph
	for _, x := range g {
		if l != nil && x.text == last.text && math.Abs(x.x-last.x) < 0.15*x.size && math.Abs(x.y-last.y) < 0.15*x.size {
			continue // drawn twice, to look bold
		}
		same := l != nil && block(x.tag) == block(l.tag) && math.Abs(x.y-l.y) < 0.45*max(x.size, l.size) && x.x > l.right-0.7*x.size
		if strings.TrimSpace(x.text) == "" {
			gap = gap || same
			continue
		}
		last = x
		if !same {
			out = append(out, line{y: x.y, left: x.x, right: x.x, tag: x.tag})
			l = &out[len(out)-1]
			gap = false
		}
		space := x.x - l.right
		// A space without width is where a word may be parted, and is not.
		if len(l.words) == 0 || gap && (x.font.about || space > 0.06*x.size) || space > between*x.size {
			l.words = append(l.words, word{x: x.x, bold: x.font.bold, italic: x.font.italic, apart: len(l.words) > 0 && space > wide*x.size})
		}
		w := &l.words[len(l.words)-1]
		if turns(x.text) {
			x.text = backward(x.text) // signs cast as one: their line is turned as a whole
		}
		w.text += x.text
		w.end = x.end
		l.right = max(x.end, x.x)
		l.size = (l.size*float64(l.glyphs) + x.size) / float64(l.glyphs+1)
		l.glyphs++
		gap = strings.HasSuffix(x.text, " ")
	}
	return out
}

var (
	digits = regexp.MustCompile(`[0-9]+`)
	// pageNumber is a line that says which page it is.
	pageNumber = regexp.MustCompile(`(?i)^\W*(?:(?:page|página|pág\.?|p\.)\s*)?(?:[0-9]{1,4}|[ivxl]{1,6})(?:\s*(?:of|de|/|\|)\s*[0-9]{1,4})?\W*$`)
	// ofPages is one that says so even of a single page.
	ofPages = regexp.MustCompile(`(?i)^\W*(?:page|página|pág\.?)\s*[0-9]{1,4}\s*(?:of|de|/)\s*[0-9]{1,4}\W*$`)
	// leader is a row of a table of contents.
	leader = regexp.MustCompile(`(?:\.\s?){4,}\s*[0-9ivx]{1,5}$`)
)

// edge is how many of the lines of a page, from above and from below, may repeat.
const edge = 3

// trim takes away what repeats at the head and the foot of pages, and tables of contents.
// Where nothing but what repeats is there, as in a short text that is there twice, it stays.
func (r *reader) trim() {
	// What stands at an edge, whatever numbers are in it, on how many pages.
	type spot struct {
		text string
		y    int
	}
	counts := map[spot]int{}
	at := func(l *line) spot { return spot{digits.ReplaceAllString(l.text(), "#"), int(math.Round(l.y / 8))} }
	outer := make([]map[int]bool, len(r.pages))
	for i := range r.pages {
		lines := r.pages[i].lines
		by := make([]int, len(lines))
		for j := range by {
			by[j] = j
		}
		order.By(by, func(a, b int) int { return cmp.Compare(lines[b].y, lines[a].y) })
		outer[i] = map[int]bool{}
		seen := map[spot]bool{}
		for j, k := range by {
			if j >= edge && j < len(by)-edge {
				continue
			}
			outer[i][k] = true
			s := at(&lines[k])
			for d := -1; d <= 1; d++ { // rounding may part two of one height
				seen[spot{s.text, s.y + d}] = true
			}
		}
		for s := range seen {
			counts[s]++
		}
	}
	often := max(2, (len(r.pages)+1)/2)
	kept, whole, some := make([][]line, len(r.pages)), make([][]line, len(r.pages)), false
	for i := range r.pages {
		p := &r.pages[i]
		for j := range p.lines {
			l := &p.lines[j]
			text := l.text()
			switch {
			case l.tag != nil && l.tag.kind == aside, leader.MatchString(text):
			case outer[i][j] && l.tag == nil && (counts[at(l)] >= often && len(r.pages) > 1 || len(r.pages) > 1 && pageNumber.MatchString(text) || ofPages.MatchString(text)):
				r.left.Repeated++
				whole[i] = append(whole[i], *l)
			default:
				some = true
				kept[i], whole[i] = append(kept[i], *l), append(whole[i], *l)
			}
		}
	}
	if !some {
		r.left.Repeated, kept = 0, whole
	}
	for i := range r.pages {
		r.pages[i].lines = kept[i]
	}
}

// usual is what most of the text has of a measure, by its characters.
func usual(lines []*line, of func(*line) (float64, bool)) (most float64) {
	sums := map[int]int{}
	best := 0
	for _, l := range lines {
		v, ok := of(l)
		if !ok {
			continue
		}
		k := int(math.Round(v * 20))
		if sums[k] += l.glyphs; sums[k] > best {
			best, most = sums[k], float64(k)/20
		}
	}
	return most
}

// short reports whether a text can be a heading by its length and its end.
func short(text string) bool {
	return utf8.RuneCountInString(text) <= 90 && !strings.HasSuffix(text, ".") && !strings.HasSuffix(text, ",") && !strings.HasSuffix(text, ";")
}
