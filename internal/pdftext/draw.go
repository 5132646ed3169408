package pdftext

import (
	"math"
	"unicode"

	"github.com/ledongthuc/pdf"
)

// reader is a file being read.
type reader struct {
	pages []page
	fonts map[string]*font // by what their dictionaries say
	tags  *tags
	left  Left

	nodes, steps  int
	drawn         int // glyphs, whether they show or not
	seen, letters int // glyphs, and those that are letters, digits or between words
}

// page is one page. What is drawn on it becomes lines, in the order in which it is drawn.
type page struct {
	value, resources pdf.Value
	turn             int64
	glyphs           []glyph
	lines            []line
}

// glyph is one sign as it stands on the page, which is measured from its lower left corner.
type glyph struct {
	x, y, end float64 // end is where it ends to the right
	size      float64
	text      string
	font      *font
	tag       *tag
}

// matrix is the first two columns of an affine map.
type matrix [6]float64

// then is the map that does m first and n after it.
func (m matrix) then(n matrix) matrix {
	return matrix{
		m[0]*n[0] + m[1]*n[2], m[0]*n[1] + m[1]*n[3],
		m[2]*n[0] + m[3]*n[2], m[2]*n[1] + m[3]*n[3],
		m[4]*n[0] + m[5]*n[2] + n[4], m[4]*n[1] + m[5]*n[3] + n[5],
	}
}

// turned is the map of a page that is shown turned clockwise by so many degrees.
func turned(degrees int64) matrix {
	switch (degrees%360 + 360) % 360 {
	case 90:
		return matrix{0, -1, 1, 0, 0, 0}
	case 180:
		return matrix{-1, 0, 0, -1, 0, 0}
	case 270:
		return matrix{0, 1, -1, 0, 0, 0}
	}
	return matrix{1, 0, 0, 1, 0, 0}
}

// state is what instructions for text depend on.
type state struct {
	to                           matrix
	font                         *font
	size, char, word, wide, rise float64
	leading                      float64
}

// pen draws the instructions of a page, or of a drawing on it.
type pen struct {
	r         *reader
	p         *page
	resources pdf.Value
	fonts     map[string]*font
	now       state
	kept      []state
	text, row matrix
	marks     []*tag
	byMark    map[int64]*tag // what a marked part of this page is
	picture   bool           // between ID and EI: the bytes of a picture
	shape     shape
	deep      int
}

// page reads a page. One that breaks off keeps what was read up to there, and is counted.
func (r *reader) page(p *page) {
	before, pictures := r.seen, r.left.Pictures
	func() {
		defer func() {
			if x := recover(); x == any(ErrLarge) {
				panic(ErrLarge)
			} else if x != nil {
				r.left.Torn++
			}
		}()
		if c := p.value.Key("Contents"); !c.IsNull() {
			w := pen{r: r, p: p, resources: p.resources, fonts: map[string]*font{}, now: state{to: turned(p.turn), wide: 1}, byMark: r.tags.of(p.value)}
			pdf.Interpret(c, w.do)
		}
	}()
	if r.seen == before && r.left.Pictures > pictures {
		r.left.Scans++
	}
	p.lines = toLines(p.glyphs)
	p.glyphs = nil
}

// artifact is what stands on a page and not in its text, by its tags: heads and feet.
var artifact = &tag{kind: aside}

// do follows one instruction.
func (w *pen) do(stack *pdf.Stack, op string) {
	if w.r.steps++; w.r.steps > steps {
		panic(ErrLarge)
	}
	args := make([]pdf.Value, stack.Len())
	for i := len(args) - 1; i >= 0; i-- {
		args[i] = stack.Pop()
	}
	if w.picture {
		w.picture = op != "EI"
		return
	}
	arg := func(i int) pdf.Value {
		if i < len(args) {
			return args[i]
		}
		return pdf.Value{}
	}
	num := func(i int) float64 { return arg(i).Float64() }
	six := func() matrix { return matrix{num(0), num(1), num(2), num(3), num(4), num(5)} }
	s := &w.now
	move := func(x, y float64) {
		w.row = matrix{1, 0, 0, 1, x, y}.then(w.row)
		w.text = w.row
	}
	switch op {
	case "q":
		if len(w.kept) < 1000 {
			w.kept = append(w.kept, w.now)
		}
	case "Q":
		if n := len(w.kept); n > 0 {
			w.now, w.kept = w.kept[n-1], w.kept[:n-1]
		}
	case "cm":
		s.to = six().then(s.to)
	case "BT":
		w.text = matrix{1, 0, 0, 1, 0, 0}
		w.row = w.text
	case "Tc":
		s.char = num(0)
	case "Tw":
		s.word = num(0)
	case "Tz":
		s.wide = num(0) / 100
	case "TL":
		s.leading = num(0)
	case "Ts":
		s.rise = num(0)
	case "Tf":
		s.font, s.size = w.face(arg(0).Name()), num(1)
	case "TD":
		s.leading = -num(1)
		move(num(0), num(1))
	case "Td":
		move(num(0), num(1))
	case "Tm":
		w.row = six()
		w.text = w.row
	case "T*":
		move(0, -s.leading)
	case "\"":
		s.word, s.char = num(0), num(1)
		move(0, -s.leading)
		w.show(arg(2).RawString())
	case "'":
		move(0, -s.leading)
		w.show(arg(0).RawString())
	case "Tj":
		w.show(arg(0).RawString())
	case "TJ":
		for i := range arg(0).Len() {
			if x := arg(0).Index(i); x.Kind() == pdf.String {
				w.show(x.RawString())
			} else {
				w.step(-x.Float64() / 1000 * s.size * s.wide)
			}
		}
	case "BMC", "BDC":
		w.marks = append(w.marks, w.mark(arg(0).Name(), arg(1)))
	case "EMC":
		if n := len(w.marks); n > 0 {
			w.marks = w.marks[:n-1]
		}
	case "m", "l", "c", "v", "y":
		for i := 0; i+1 < len(args); i += 2 {
			w.shape.reach(s.to, num(i), num(i+1))
		}
		w.shape.round = w.shape.round || len(args) > 2
	case "re":
		w.shape.reach(s.to, num(0), num(1))
		w.shape.reach(s.to, num(0)+num(2), num(1)+num(3))
	case "f", "F", "f*", "B", "B*", "b", "b*", "S", "s":
		w.dot()
		w.shape = shape{}
	case "n":
		w.shape = shape{}
	case "ID":
		w.picture = true
		w.r.left.Pictures++
	case "Do":
		w.draw(w.resources.Key("XObject").Key(arg(0).Name()))
	}
}

// shape is how far a path goes that is being drawn.
type shape struct {
	left, low, right, high float64
	some, round            bool
}

func (h *shape) reach(to matrix, x, y float64) {
	x, y = x*to[0]+y*to[2]+to[4], x*to[1]+y*to[3]+to[5]
	if !h.some {
		*h = shape{x, y, x, y, true, h.round}
	}
	h.left, h.right, h.low, h.high = min(h.left, x), max(h.right, x), min(h.low, y), max(h.high, y)
}

// drawn is the font of dots that are drawn and not written.
var drawn = &font{}

// dot takes a small round shape for the mark of a row of a list, as browsers draw it.
func (w *pen) dot() {
	h := &w.shape
	across, up := h.right-h.left, h.high-h.low
	if !h.round || !(up > 1.2 && up < 9 && across > 0.8*up && across < 1.25*up) || !near(h.left) || !near(h.low) || w.tag() == artifact {
		return
	}
	if w.r.drawn++; w.r.drawn > glyphs {
		panic(ErrLarge)
	}
	w.p.glyphs = append(w.p.glyphs, glyph{x: h.left, y: h.low - 0.4*up, end: h.right, size: 2.5 * up, text: "•", font: drawn, tag: w.tag()})
}

// mark is what a marked part is, or else the part around it.
func (w *pen) mark(kind string, list pdf.Value) *tag {
	if kind == "Artifact" {
		return artifact
	}
	if list.Kind() == pdf.Name {
		list = w.resources.Key("Properties").Key(list.Name())
	}
	if id := list.Key("MCID"); id.Kind() == pdf.Integer {
		if t := w.byMark[id.Int64()]; t != nil {
			return t
		}
	}
	return w.tag()
}

func (w *pen) tag() *tag {
	if n := len(w.marks); n > 0 {
		return w.marks[n-1]
	}
	return nil
}

// face is a font of the page.
func (w *pen) face(name string) *font {
	f, ok := w.fonts[name]
	if !ok {
		f = w.r.face(w.resources.Key("Font").Key(name))
		w.fonts[name] = f
	}
	return f
}

// draw draws what is kept apart from the page: a picture, or instructions.
func (w *pen) draw(x pdf.Value) {
	switch x.Key("Subtype").Name() {
	case "Image":
		if w.tag() != artifact {
			w.r.left.Pictures++
		}
	case "Form":
		if w.deep == 6 {
			return
		}
		inner := pen{r: w.r, p: w.p, resources: w.resources, fonts: map[string]*font{}, now: w.now, deep: w.deep + 1}
		if own := x.Key("Resources"); !own.IsNull() {
			inner.resources = own
		}
		if t := w.tag(); t != nil {
			inner.marks = []*tag{t}
		}
		if m := x.Key("Matrix"); m.Len() == 6 {
			var by matrix
			for i := range by {
				by[i] = m.Index(i).Float64()
			}
			inner.now.to = by.then(w.now.to)
		}
		pdf.Interpret(x, inner.do)
	}
}

// step goes on by so much along the line.
func (w *pen) step(by float64) { w.text = matrix{1, 0, 0, 1, by, 0}.then(w.text) }

// show puts a piece of text on the page.
func (w *pen) show(raw string) {
	s := &w.now
	if s.font == nil {
		return
	}
	straight := true
	for len(raw) > 0 {
		n := min(s.font.bytes, len(raw))
		code := raw[:n]
		raw = raw[n:]
		if w.r.drawn++; w.r.drawn > glyphs {
			panic(ErrLarge)
		}
		text, width := s.font.read(code)
		at := matrix{s.size * s.wide, 0, 0, s.size, 0, s.rise}.then(w.text).then(s.to)
		by := (width*s.size + s.char) * s.wide
		space := text == " " && n == 1
		end := matrix{1, 0, 0, 1, by, 0}.then(w.text).then(s.to)
		if space {
			by += s.word * s.wide
		}
		w.step(by)
		size := math.Hypot(at[2], at[3])
		switch {
		case text == "" || !(size > 0.5 && size < 2000) || !near(at[4]) || !near(at[5]) || !near(end[4]):
			continue
		case math.Abs(at[1]) > 0.2*math.Abs(at[0]) || at[0] < 0:
			straight = false
			continue
		}
		if w.tag() == artifact {
			continue
		}
		w.r.seen++
		switch r := []rune(text)[0]; {
		case r == unicode.ReplacementChar:
			w.r.left.Signs++
		case unicode.IsLetter(r), unicode.IsDigit(r), r == ' ':
			w.r.letters++
		}
		w.p.glyphs = append(w.p.glyphs, glyph{x: at[4], y: at[5], end: end[4], size: size, text: text, font: s.font, tag: w.tag()})
	}
	if !straight {
		w.r.left.Turned++
	}
}

// near reports whether a place can be one on a page.
func near(v float64) bool { return v > -20_000 && v < 20_000 }
