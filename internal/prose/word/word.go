// Package word reads a document of a word processor (.docx, ISO/IEC 29500) as the
// Markdown of package prose: headings as numbered clauses, paragraphs, lists, tables,
// emphasis and links. What is taken is text; nothing of the file's own markup, its
// pictures or its programs comes through, and what was left behind is counted, so that
// whoever brought the file can be told.
//
// It bounds what it unpacks and how deep it goes, opens no address that the file names,
// and stores nothing.
package word

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"strconv"
	"strings"

	"caseward/internal/prose/clauses"
)

// The bounds of what is read. A policy has a hundredth of them.
const (
	Most    = 8 << 20  // bytes of a file
	most    = 32 << 20 // bytes of one part, unpacked
	nodes   = 500_000  // elements of one part
	deepest = 200      // elements in each other
)

// What keeps a file from being read.
var (
	ErrOld    = errors.New("word: not a .docx: an old format, or one with a password")
	ErrBroken = errors.New("word: not a document, or a damaged one")
	ErrLarge  = errors.New("word: more than is read")
)

// Document is what was read.
type Document struct {
	Title string // of a paragraph that is styled as the title; empty if there is none
	Text  string // Markdown: clauses as `## 1 Title` and `### 1.1 Title`
	Left  Left
}

// Left counts what was not taken over.
type Left struct {
	Pictures  int // pictures, drawings, text boxes, embedded objects
	Notes     int // footnotes and endnotes
	Comments  int
	Deletions int // passages struck by tracking changes; what it added is in the text
	Tables    int // tables wider than a text may have; their cells are paragraphs
}

// Read reads a file of size bytes. Errors: [ErrOld], [ErrBroken], [ErrLarge].
func Read(file io.ReaderAt, size int64) (*Document, error) {
	if size > Most {
		return nil, ErrLarge
	}
	head := make([]byte, 8)
	if n, _ := file.ReadAt(head, 0); bytes.HasPrefix(head[:n], []byte{0xd0, 0xcf, 0x11, 0xe0}) || bytes.HasPrefix(head[:n], []byte(`{\rtf`)) {
		return nil, ErrOld
	}
	z, err := zip.NewReader(file, size)
	if err != nil {
		return nil, ErrBroken
	}
	body, err := part(z, "word/document.xml")
	if err != nil {
		return nil, err
	}
	if body == nil || body.child("body") == nil {
		return nil, ErrBroken
	}
	r := reader{styles: map[string]style{}, lists: map[string]bool{}, links: map[string]string{}}
	// What explains the text may be missing, and the text is read all the same.
	for name, learn := range map[string]func(*node){
		"word/styles.xml": r.learnStyles, "word/numbering.xml": r.learnLists, "word/_rels/document.xml.rels": r.learnLinks,
	} {
		n, err := part(z, name)
		if err != nil {
			return nil, err
		}
		if n != nil {
			learn(n)
		}
	}
	r.blocks(body.child("body"))
	d := &Document{Left: r.left}
	d.Title, d.Text = clauses.Write(r.title, r.out)
	return d, nil
}

// node is an element without its namespaces.
type node struct {
	name  string
	attrs []xml.Attr
	kids  []*node
	text  string // of one that has no elements
}

func (n *node) attr(name string) string {
	for _, a := range n.attrs {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// child is the first element of a name in n; nil if there is none, or no n.
func (n *node) child(name string) *node {
	if n == nil {
		return nil
	}
	for _, k := range n.kids {
		if k.name == name {
			return k
		}
	}
	return nil
}

// val is the value of a child that has one: <w:jc w:val="left"/>.
func (n *node) val(name string) string {
	if k := n.child(name); k != nil {
		return k.attr("val")
	}
	return ""
}

// on reports whether a property is switched on: there, and not said to be off.
func (n *node) on(name string) bool {
	k := n.child(name)
	if k == nil {
		return false
	}
	switch k.attr("val") {
	case "0", "false", "off", "none":
		return false
	}
	return true
}

// part reads a part of the file; nil if it is not there.
func part(z *zip.Reader, name string) (*node, error) {
	for _, f := range z.File {
		if f.Name != name {
			continue
		}
		if f.UncompressedSize64 > most {
			return nil, ErrLarge
		}
		in, err := f.Open()
		if err != nil {
			return nil, ErrBroken
		}
		defer in.Close()
		// What the file says of its size may be untrue.
		bounded := &io.LimitedReader{R: in, N: most + 1}
		n, err := tree(bounded)
		if bounded.N <= 0 {
			return nil, ErrLarge
		}
		return n, err
	}
	return nil, nil
}

func tree(in io.Reader) (*node, error) {
	d := xml.NewDecoder(in)
	root := &node{}
	open := []*node{root}
	for count := 0; ; {
		t, err := d.Token()
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, ErrBroken
		}
		top := open[len(open)-1]
		switch t := t.(type) {
		case xml.StartElement:
			if count++; count > nodes || len(open) > deepest {
				return nil, ErrLarge
			}
			n := &node{name: t.Name.Local, attrs: t.Attr}
			top.kids = append(top.kids, n)
			open = append(open, n)
		case xml.EndElement:
			open = open[:len(open)-1]
		case xml.CharData:
			if len(top.kids) == 0 {
				top.text += string(t)
			}
		}
	}
	if len(root.kids) != 1 {
		return nil, ErrBroken
	}
	return root.kids[0], nil
}

// style is what a paragraph's style says of it.
type style struct {
	name    string
	based   string
	level   int // of a heading, from 1; 0 if it says none
	bold    bool
	numbers string // the list it belongs to
}

// reader makes a document of the elements.
type reader struct {
	styles map[string]style
	lists  map[string]bool // of a list and its level, as "3/0": numbered
	links  map[string]string

	title string
	out   []clauses.Block
	left  Left
}

func (r *reader) learnStyles(n *node) {
	for _, s := range n.kids {
		if s.name != "style" || s.attr("type") != "paragraph" {
			continue
		}
		p := s.child("pPr")
		x := style{name: strings.ToLower(s.val("name")), based: s.val("basedOn"), bold: s.child("rPr").on("b"), numbers: p.child("numPr").val("numId")}
		x.level = outline(p)
		if l, ok := strings.CutPrefix(x.name, "heading "); ok {
			x.level, _ = strconv.Atoi(l)
		}
		r.styles[s.attr("styleId")] = x
	}
}

// outline is the level that a paragraph's properties put it on; 0 for text.
func outline(p *node) int {
	if s := p.val("outlineLvl"); s != "" {
		if l, err := strconv.Atoi(s); err == nil && l >= 0 && l < 9 {
			return l + 1
		}
	}
	return 0
}

func (r *reader) learnLists(n *node) {
	abstract := map[string]*node{}
	for _, k := range n.kids {
		if k.name == "abstractNum" {
			abstract[k.attr("abstractNumId")] = k
		}
	}
	for _, k := range n.kids {
		if k.name != "num" {
			continue
		}
		a := abstract[k.val("abstractNumId")]
		if a == nil {
			continue
		}
		for _, l := range a.kids {
			if l.name == "lvl" {
				f := l.val("numFmt")
				r.lists[k.attr("numId")+"/"+l.attr("ilvl")] = f != "bullet" && f != "none"
			}
		}
	}
}

func (r *reader) learnLinks(n *node) {
	for _, k := range n.kids {
		if k.name == "Relationship" && strings.HasSuffix(k.attr("Type"), "/hyperlink") {
			r.links[k.attr("Id")] = k.attr("Target")
		}
	}
}

// styled is what a style and those it is based on say.
func (r *reader) styled(id string) (out style) {
	for range 20 {
		s, ok := r.styles[id]
		if !ok {
			return out
		}
		if out.name == "" {
			out.name = s.name
		}
		if out.level == 0 {
			out.level = s.level
		}
		if out.numbers == "" {
			out.numbers = s.numbers
		}
		out.bold = out.bold || s.bold
		id = s.based
	}
	return out
}

// blocks reads what stands in a body, a cell or a content control.
func (r *reader) blocks(n *node) {
	for _, k := range n.kids {
		switch k.name {
		case "p":
			r.paragraph(k)
		case "tbl":
			r.table(k)
		case "sdt":
			if !contents(k) {
				if c := k.child("sdtContent"); c != nil {
					r.blocks(c)
				}
			}
		case "ins", "moveTo", "smartTag", "customXml":
			r.blocks(k)
		case "del", "moveFrom":
			r.left.Deletions++
		case "AlternateContent", "altChunk":
			r.left.Pictures++
		}
	}
}

// contents reports whether a content control is the table of contents.
func contents(n *node) bool {
	p := n.child("sdtPr").child("docPartObj")
	return strings.Contains(p.val("docPartGallery"), "Table of Contents")
}

func (r *reader) paragraph(p *node) {
	props := p.child("pPr")
	s := r.styled(props.val("pStyle"))
	if strings.HasPrefix(s.name, "toc ") {
		return
	}
	runs := r.runs(p, nil, run{bold: s.bold && s.level == 0})
	plain, marked, bold := join(runs)
	if strings.TrimSpace(plain) == "" {
		return
	}
	b := clauses.Block{Text: marked, Heading: s.level, Bold: bold}
	if l := outline(props); l > 0 {
		b.Heading = l
	}
	if s.name == "title" && r.title == "" {
		r.title = strings.Join(strings.Fields(plain), " ")
		return
	}
	num := props.child("numPr")
	id, level := num.val("numId"), num.val("ilvl")
	if id == "" {
		id = s.numbers
	}
	if b.Heading == 0 && id != "" && id != "0" {
		deep, _ := strconv.Atoi(level)
		b.List, b.Ordered = min(max(deep, 0), 6)+1, r.lists[id+"/"+strconv.Itoa(deep)]
	}
	if b.Heading > 0 || b.Bold {
		b.Text = clauses.Escaped(strings.Join(strings.Fields(plain), " "))
	}
	r.out = append(r.out, b)
}

// run is a piece of text in one style.
type run struct {
	text         string
	bold, italic bool
	link         string
}

// runs reads the pieces of a paragraph.
func (r *reader) runs(n *node, out []run, as run) []run {
	for _, k := range n.kids {
		switch k.name {
		case "r":
			p, x := k.child("rPr"), as
			if p.child("b") != nil {
				x.bold = p.on("b")
			}
			x.italic = x.italic || p.on("i")
			if p.on("vanish") {
				continue
			}
			for _, t := range k.kids {
				x.text = ""
				switch t.name {
				case "t":
					x.text = t.text
				case "tab":
					x.text = " "
				case "br", "cr":
					x.text = "\n"
				case "noBreakHyphen":
					x.text = "-"
				case "sym":
					x.text = "•"
				case "drawing", "pict", "object", "AlternateContent":
					r.left.Pictures++
				case "footnoteReference", "endnoteReference":
					r.left.Notes++
				case "commentReference":
					r.left.Comments++
				}
				if x.text != "" {
					out = append(out, x)
				}
			}
		case "hyperlink":
			x := as
			x.link = target(r.links[k.attr("id")])
			out = r.runs(k, out, x)
		case "del", "moveFrom":
			r.left.Deletions++
		case "sdt":
			if c := k.child("sdtContent"); c != nil {
				out = r.runs(c, out, as)
			}
		case "ins", "moveTo", "smartTag", "fldSimple", "customXml", "dir", "bdo":
			out = r.runs(k, out, as)
		case "AlternateContent":
			r.left.Pictures++
		}
	}
	return out
}

// target is an address that a text may lead to; empty if it may not.
func target(to string) string {
	if strings.ContainsAny(to, " \t\n\\()<>") || !strings.HasPrefix(to, "https://") && !strings.HasPrefix(to, "mailto:") {
		return ""
	}
	return to
}

// join makes one text of runs: as it reads, as Markdown, and whether all of it is bold.
func join(runs []run) (plain, marked string, bold bool) {
	var as strings.Builder
	var p strings.Builder
	bold = true
	for i := 0; i < len(runs); {
		x := runs[i]
		text := ""
		for ; i < len(runs) && runs[i].bold == x.bold && runs[i].italic == x.italic && runs[i].link == x.link; i++ {
			text += runs[i].text
		}
		text = strings.Map(func(r rune) rune {
			if r == '\u00a0' || r == '\n' || r == '\t' {
				return ' '
			}
			return r
		}, text)
		p.WriteString(text)
		inner := strings.TrimSpace(text)
		if inner == "" {
			as.WriteString(text)
			continue
		}
		bold = bold && x.bold
		at := strings.Index(text, inner)
		mark := strings.Repeat("*", 2*one(x.bold)+one(x.italic))
		word := mark + clauses.Escaped(inner) + mark
		if x.link != "" {
			word = "[" + word + "](" + x.link + ")"
		}
		as.WriteString(text[:at] + word + text[at+len(inner):])
	}
	return p.String(), strings.Join(strings.Fields(as.String()), " "), bold
}

func one(b bool) int {
	if b {
		return 1
	}
	return 0
}

// columns is how many a table of a text may have, see package prose.
const columns = 20

func (r *reader) table(t *node) {
	var rows [][]string
	wide := 0
	for _, row := range t.kids {
		if row.name != "tr" {
			continue
		}
		var cells []string
		for _, c := range row.kids {
			if c.name == "sdt" {
				c = c.child("sdtContent").child("tc")
			}
			if c == nil || c.name != "tc" {
				continue
			}
			inner := reader{styles: r.styles, lists: r.lists, links: r.links, title: "-"}
			inner.blocks(c)
			var said []string
			for _, b := range inner.out {
				if !b.Table {
					said = append(said, b.Text)
				}
			}
			r.left.add(inner.left)
			cells = append(cells, strings.Join(said, " "))
			span, _ := strconv.Atoi(c.child("tcPr").val("gridSpan"))
			for ; span > 1 && len(cells) < columns; span-- {
				cells = append(cells, "")
			}
		}
		wide = max(wide, len(cells))
		rows = append(rows, cells)
	}
	switch {
	case wide == 0:
		return
	case wide == 1 || wide > columns: // a frame around text, or more than a page holds
		if wide > columns {
			r.left.Tables++
		}
		for _, row := range rows {
			for _, c := range row {
				if c != "" {
					r.out = append(r.out, clauses.Block{Text: c})
				}
			}
		}
		return
	}
	var b strings.Builder
	for i, row := range rows {
		for len(row) < wide {
			row = append(row, "")
		}
		b.WriteString("| " + strings.Join(row, " | ") + " |\n")
		if i == 0 {
			b.WriteString("|" + strings.Repeat("---|", wide) + "\n")
		}
	}
	r.out = append(r.out, clauses.Block{Text: strings.TrimRight(b.String(), "\n"), Table: true})
}

func (l *Left) add(o Left) {
	l.Pictures += o.Pictures
	l.Notes += o.Notes
	l.Comments += o.Comments
	l.Deletions += o.Deletions
	l.Tables += o.Tables
}
