package pdftext

import (
	"cmp"
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"caseward/internal/prose/clauses"
)

// piece is lines that are one paragraph, heading, row of a list or cell.
type piece struct {
	lines  []*line
	page   int
	tag    *tag
	mark   string // what a row of a list begins with; empty if it is none
	number int    // of a row with a number
	above  float64
}

var (
	bullet  = regexp.MustCompile(`^[•*·–—‣o§-]$`)
	ordinal = regexp.MustCompile(`^([0-9]{1,3})[.)]$`)
	letter  = regexp.MustCompile(`^(?:\(?[a-zA-Z]\)|[a-z]\.|\(?[ivx]{1,5}\)|[ivx]{2,5}\.|\([0-9]{1,3}\))$`)
	clause  = regexp.MustCompile(`^(?:(?i:section|article|sección|artículo)\s+)?([0-9]{1,2}(?:\.[0-9]{1,2})*)\.?$`)
	ends    = regexp.MustCompile(`[.:;!?]["”’)]?$`)
)

// marks is what a line begins with if it is a row of a list.
func marks(l *line) (mark string, number int) {
	if len(l.words) == 0 {
		return "", 0
	}
	w := l.words[0].text
	if n, ok := strings.CutPrefix(w, "•"); ok && n != "" { // drawn without a gap
		l.words[0].text = n
		l.words = append([]word{{text: "•", x: l.words[0].x}}, l.words...)
		w = "•"
	}
	switch {
	case len(l.words) == 1 && w != "•":
		return "", 0
	case bullet.MatchString(w):
		if w != "•" && w != "·" && !l.words[1].apart && l.words[1].x-l.words[0].x < l.size { // a dash in a sentence
			return "", 0
		}
		return w, 0
	case letter.MatchString(w):
		return w, 0
	}
	if m := ordinal.FindStringSubmatch(w); m != nil {
		n, _ := strconv.Atoi(m[1])
		return w, n
	}
	return "", 0
}

// blocks makes what is written as Markdown of the lines of all pages.
func (r *reader) blocks() []clauses.Block {
	r.trim()
	var all []*line
	tagged, levels := 0, false
	for i := range r.pages {
		lines := r.pages[i].lines
		up := false
		for j := range lines {
			l := &lines[j]
			all = append(all, l)
			if l.tag != nil {
				tagged++
				levels = levels || l.tag.kind == header
			} else if j > 0 && lines[j-1].tag == nil && l.y > lines[j-1].y+2*l.size {
				up = true
			}
		}
		if up {
			r.left.Columns++
		}
	}
	if tagged*5 < len(all)*4 { // tags that say little of the text say nothing of it
		levels = false
		for _, l := range all {
			l.tag = nil
		}
	}
	body := usual(all, func(l *line) (float64, bool) { return l.size, l.tag == nil || l.tag.kind != header })
	edges(r.pages)
	// How far lines of one paragraph stand from each other: those that were broken because
	// they were full.
	pitch := usual(all, pitches(r.pages))
	if pitch == 0 {
		pitch = 1.4
	}
	pieces := r.pieces(pitch)
	kept := hyphens(all)
	if !levels {
		return r.write(pieces, kept, r.levels(pieces, body))
	}
	return r.write(pieces, kept, func(*piece) int { return 0 })
}

// edges finds how far right lines go that begin where a line does: the edge of its column.
func edges(pages []page) {
	for i := range pages {
		lines := pages[i].lines
		far := map[[2]int]float64{}
		at := func(l *line, by int) [2]int { return [2]int{int(l.left/30) + by, int(l.size + 0.5)} }
		for j := range lines {
			k := at(&lines[j], 0)
			far[k] = max(far[k], lines[j].right)
		}
		for j := range lines {
			l := &lines[j]
			l.edge = max(far[at(l, -1)], far[at(l, 0)], far[at(l, 1)])
		}
	}
}

// full reports whether a line goes on nearly to the edge of its column, from its left.
func (l *line) full() bool { return l.right-l.left > 0.8*(l.edge-l.left) }

// pitches is how far below a full line the next one stands, in parts of its size.
func pitches(pages []page) func(*line) (float64, bool) {
	next := map[*line]float64{}
	for i := range pages {
		lines := pages[i].lines
		for j := 1; j < len(lines); j++ {
			a, b := &lines[j-1], &lines[j]
			if d := (a.y - b.y) / a.size; d > 0.7 && d < 3 && a.full() {
				next[a] = d
			}
		}
	}
	return func(l *line) (float64, bool) { d, ok := next[l]; return d, ok }
}

// pieces puts lines together.
func (r *reader) pieces(pitch float64) (out []*piece) {
	var at *piece
	of := map[int]*piece{} // by the block that tags say
	for i := range r.pages {
		lines := r.pages[i].lines
		for j := range lines {
			l := &lines[j]
			if l.tag != nil && of[l.tag.block] != nil {
				at = of[l.tag.block]
				at.lines = append(at.lines, l)
				continue
			}
			mark, n := marks(l)
			if at != nil && at.tag == nil && l.tag == nil && mark == "" && goesOn(at, l, i, pitch) {
				at.lines = append(at.lines, l)
				at.page = i
				continue
			}
			above := 9.0 // in parts of the size: at the top of a page, enough for a heading
			if j > 0 && lines[j-1].y > l.y {
				above = (lines[j-1].y - l.y) / l.size
			}
			at = &piece{lines: []*line{l}, page: i, tag: l.tag, mark: mark, number: n, above: above / pitch}
			out = append(out, at)
			if l.tag != nil {
				of[l.tag.block] = at
			}
		}
	}
	return out
}

// goesOn reports whether a line is part of what stands before it.
func goesOn(p *piece, l *line, page int, pitch float64) bool {
	before := p.lines[len(p.lines)-1]
	text := before.text()
	switch {
	case before.bold() != l.bold() && (before.bold() && len(p.lines) == 1 && short(text) || l.bold() && short(l.text())):
		return false
	case l.size > before.size*1.08 || l.size < before.size*0.92:
		return false
	case p.page != page || l.y > before.y: // on the next page, or in the next column
		first, _ := utf8.DecodeRuneInString(l.words[0].text)
		return !ends.MatchString(text) && (unicode.IsLower(first) || len(before.words) > 0 && strings.HasSuffix(text, "-"))
	case (before.y-l.y)/before.size > pitch*1.25:
		return false
	case apart(before) > 0 && apart(l) > 0: // rows of a table
		return false
	case p.mark != "": // what goes on stands right of the mark
		return l.left > p.lines[0].left+0.3*l.size || before.full()
	case l.left > before.left+1.2*l.size && len(p.lines) > 1: // begins further in
		return false
	case ends.MatchString(text) && before.right+l.words[0].end-l.words[0].x+0.4*l.size < before.edge: // its next word had room
		return false
	}
	return true
}

// apart is how many wide gaps a line has, but for the one after the mark of a list.
func apart(l *line) (n int) {
	for i, w := range l.words {
		if w.apart && (i > 1 || !(bullet.MatchString(l.words[0].text) || ordinal.MatchString(l.words[0].text) || letter.MatchString(l.words[0].text) || clause.MatchString(l.words[0].text))) {
			n++
		}
	}
	return n
}

// levels says of a piece which heading it is by its size, its weight and its number.
func (r *reader) levels(pieces []*piece, body float64) func(*piece) int {
	sizes := map[int]bool{}
	big := func(p *piece) int {
		if s := p.lines[0].size; s > body*1.12 && len(p.lines) <= 3 && p.tagKind() == paragraph {
			return int(s*2 + 0.5)
		}
		return 0
	}
	for _, p := range pieces {
		if s := big(p); s > 0 {
			sizes[s] = true
		}
	}
	ranks := slices.SortedFunc(maps.Keys(sizes), func(a, b int) int { return cmp.Compare(b, a) })
	return func(p *piece) int {
		if s := big(p); s > 0 {
			return slices.Index(ranks, s) + 1
		}
		text := p.lines[0].text()
		if p.tagKind() != paragraph || len(p.lines) > 2 || !short(text) || apart(p.lines[0]) > 0 {
			return 0
		}
		heavy := !slices.ContainsFunc(p.lines, func(l *line) bool { return !l.bold() })
		if !heavy && !shouts(text) || p.above < 1.15 && clause.FindString(p.lines[0].words[0].text) == "" {
			return 0
		}
		deep := 0
		if m := clause.FindStringSubmatch(p.lines[0].words[0].text); m != nil {
			deep = strings.Count(m[1], ".")
		}
		return min(len(ranks)+1+deep, 6)
	}
}

// shouts reports whether a text is in capitals.
func shouts(s string) bool {
	n := 0
	for _, r := range s {
		if unicode.IsLower(r) {
			return false
		}
		if unicode.IsUpper(r) {
			n++
		}
	}
	return n >= 4
}

func (p *piece) tagKind() int {
	if p.tag != nil {
		return p.tag.kind
	}
	return paragraph
}

// hyphens is the words with a hyphen that stand within lines, small, which keep it where a
// line ends in the middle of them.
func hyphens(all []*line) map[string]bool {
	out := map[string]bool{}
	for _, l := range all {
		for i, w := range l.words {
			if s := strings.ToLower(strings.Trim(w.text, ".,;:()“”\"")); i < len(l.words)-1 && strings.Contains(s, "-") {
				out[s] = true
			}
		}
	}
	return out
}

// keeps is words that are seldom the beginning of another but by a hyphen.
var keeps = map[string]bool{"well": true, "self": true, "long": true, "short": true, "high": true, "full": true, "part": true, "half": true, "cross": true, "day": true, "face": true, "third": true, "two": true}

// words are those of a piece, with what was parted at the ends of lines put together.
func (p *piece) words(kept map[string]bool) (out []word) {
	for _, l := range p.lines {
		for i, w := range l.words {
			if n := len(out); i == 0 && n > 0 {
				before := out[n-1].text
				first, _ := utf8.DecodeRuneInString(w.text)
				if stem, ok := strings.CutSuffix(before, "\u00ad"); ok {
					out[n-1].text = stem + w.text
					continue
				}
				if stem, ok := strings.CutSuffix(before, "-"); ok && stem != "" && !strings.HasSuffix(stem, "-") && unicode.IsLower(first) {
					if s := strings.ToLower(strings.Trim(before+w.text, ".,;:()“”\"")); kept[s] || keeps[strings.ToLower(strings.Trim(stem, "(“\""))] {
						stem = before
					}
					out[n-1].text = stem + w.text
					continue
				}
			}
			w.apart = w.apart && i > 0
			out = append(out, w)
		}
	}
	for i := range out {
		out[i].text = strings.ReplaceAll(out[i].text, "\u00ad", "")
	}
	return out
}

// marked is words as Markdown, with their weight; flat is them without.
func marked(words []word) string {
	var b strings.Builder
	for i := 0; i < len(words); {
		j := i
		var said []string
		for ; j < len(words) && words[j].bold == words[i].bold && words[j].italic == words[i].italic; j++ {
			said = append(said, words[j].text)
		}
		mark := ""
		if words[i].bold {
			mark = "**"
		}
		if words[i].italic {
			mark += "*"
		}
		if i > 0 {
			b.WriteByte(' ')
		}
		b.WriteString(mark + clauses.Escaped(strings.Join(said, " ")) + mark)
		i = j
	}
	return b.String()
}

func flat(words []word) string {
	said := make([]string, len(words))
	for i, w := range words {
		said[i] = w.text
	}
	return clauses.Escaped(strings.Join(said, " "))
}

func heavy(words []word) bool {
	return len(words) > 0 && !slices.ContainsFunc(words, func(w word) bool { return !w.bold })
}

// write makes the blocks of the pieces.
func (r *reader) write(pieces []*piece, kept map[string]bool, level func(*piece) int) (out []clauses.Block) {
	var margins []float64 // where the lists begin that the last row stands in
	last := 0             // the number of the last row with one
	for i := 0; i < len(pieces); {
		p := pieces[i]
		if n := r.table(pieces[i:], kept, &out); n > 0 {
			i += n
			margins, last = nil, 0
			continue
		}
		i++
		words := p.words(kept)
		list := 0
		ordered := false
		heading := level(p)
		switch {
		case p.tagKind() == header:
			heading = p.tag.level
		case p.tagKind() == item:
			heading, list, ordered = 0, p.tag.level, p.tag.ordered
			if mark, n := marks(p.lines[0]); mark != "" {
				ordered = ordered || n > 0
				if bullet.MatchString(mark) || ordered {
					words = words[1:]
				}
			}
		case heading == 0 && p.mark != "":
			x := p.lines[0].left
			for len(margins) > 0 && margins[len(margins)-1] > x+3 {
				margins = margins[:len(margins)-1]
			}
			follows := len(margins) > 0 && p.number == last+1
			if len(margins) == 0 || margins[len(margins)-1] < x-3 {
				margins = append(margins, x)
				follows = false
			}
			switch {
			case p.number > 0 && !(p.number == 1 || follows): // a number that tells something
			default:
				list = len(margins)
				ordered = p.number > 0
				if ordered || bullet.MatchString(p.mark) {
					words = words[1:]
				}
			}
			last = p.number
		}
		if len(words) == 0 {
			continue
		}
		if list == 0 {
			margins = nil
		}
		for _, l := range p.lines {
			if apart(l) > 0 && p.tag == nil {
				r.left.Gaps++
			}
		}
		b := clauses.Block{Heading: heading, List: list, Ordered: ordered, Bold: heavy(words)}
		if b.Heading > 0 || b.Bold {
			b.Text = flat(words)
		} else {
			b.Text = marked(words)
		}
		out = append(out, b)
	}
	return out
}

// columns is how many a table of a text may have, see package prose.
const columns = 20

// table writes the table that begins with the first piece, and says of how many it is made;
// 0 if there is none.
func (r *reader) table(pieces []*piece, kept map[string]bool, out *[]clauses.Block) (n int) {
	var rows [][]string
	if t := pieces[0].tag; t != nil && t.kind == cell {
		for n < len(pieces) && pieces[n].tagKind() == cell && pieces[n].tag.table == t.table {
			// What stands in a table and in no cell of it goes to the first one.
			down, across := max(pieces[n].tag.row, 1), min(max(pieces[n].tag.col, 1), columns+1)
			for len(rows) < down {
				rows = append(rows, nil)
			}
			row := &rows[down-1]
			for len(*row) < across {
				*row = append(*row, "")
			}
			said := &(*row)[across-1]
			*said = strings.TrimSpace(*said + " " + marked(unbold(pieces[n].words(kept))))
			n++
		}
	} else {
		rows, n = side(pieces, kept)
	}
	if n == 0 {
		return 0
	}
	r.left.Tables++
	wide := 0
	for _, row := range rows {
		wide = max(wide, len(row))
	}
	if wide < 2 || wide > columns { // a frame around text, or more than a page holds
		for _, row := range rows {
			for _, c := range row {
				if c != "" {
					*out = append(*out, clauses.Block{Text: c})
				}
			}
		}
		return n
	}
	var b strings.Builder
	first := true
	for _, row := range rows {
		if len(row) == 0 {
			continue
		}
		for len(row) < wide {
			row = append(row, "")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if first {
			b.WriteString("|" + strings.Repeat("---|", wide) + "\n")
			first = false
		}
	}
	*out = append(*out, clauses.Block{Text: strings.TrimRight(b.String(), "\n"), Table: true})
	return n
}

// unbold is words of which not all are bold.
func unbold(words []word) []word {
	if heavy(words) {
		for i := range words {
			words[i].bold = false
		}
	}
	return words
}

// side reads lines below each other that have wide gaps and words that begin at the same
// places: rows of a table. There are two of them at least.
func side(pieces []*piece, kept map[string]bool) (rows [][]string, n int) {
	var lines [][]word
	var starts []float64
	at := func(x float64) int {
		return slices.IndexFunc(starts, func(y float64) bool { return x-y < 4 && y-x < 4 })
	}
	for n < len(pieces) {
		p := pieces[n]
		if p.tag != nil || len(p.lines) > 1 || apart(p.lines[0]) == 0 || p.page != pieces[0].page {
			break
		}
		words := p.words(kept)
		for i, w := range words {
			if (i == 0 || w.apart) && at(w.x) < 0 {
				starts = append(starts, w.x)
			}
		}
		lines = append(lines, words)
		n++
	}
	slices.Sort(starts)
	// A place where only one row begins something is none of a column.
	starts = slices.DeleteFunc(starts, func(x float64) bool {
		rows := 0
		for _, words := range lines {
			if slices.ContainsFunc(words, func(w word) bool { return x-w.x < 4 && w.x-x < 4 }) {
				rows++
			}
		}
		return rows < 2
	})
	if n < 2 || len(starts) < 2 || len(starts) > columns {
		return nil, 0
	}
	for _, words := range lines {
		row := make([]string, len(starts))
		from := 0
		put := func(to int) {
			if to > from {
				row[max(at(words[from].x), 0)] += marked(unbold(words[from:to]))
			}
			from = to
		}
		for i, w := range words {
			if at(w.x) >= 0 {
				put(i)
			}
		}
		put(len(words))
		rows = append(rows, row)
	}
	return rows, n
}
