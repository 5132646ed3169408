package prose

import (
	"html"
	"strconv"
	"strings"

	"github.com/yuin/goldmark/ast"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/util"

	"caseward/internal/paper"
)

// Table is what a word in braces may be filled with where it is a paragraph of
// its own.
type Table struct {
	Heads []string
	Rows  [][]string
}

// Fill says what words in braces are filled with: a text, or, in a paragraph of
// its own, a table. A word that it does not know is shown as it was written.
type Fill struct {
	Text  map[string]string
	Table map[string]Table
}

func (f *Fill) text(name string) string {
	if f != nil {
		if s, ok := f.Text[name]; ok {
			return s
		}
	}
	return "{{" + name + "}}"
}

// table returns the table that a paragraph stands for.
func (f *Fill) table(n ast.Node) (Table, bool) {
	if f == nil || n.Kind() != ast.KindParagraph || n.ChildCount() != 1 {
		return Table{}, false
	}
	w, ok := n.FirstChild().(*word)
	if !ok {
		return Table{}, false
	}
	t, ok := f.Table[w.name]
	return t, ok
}

// HTML is markup that package prose made, safe in any page.
type HTML string

// HTML returns what stands below the heading.
func (s Section) HTML(f *Fill) HTML {
	w := writer{source: s.source, fill: f}
	for _, n := range s.body {
		w.block(n)
	}
	return HTML(w.b.String())
}

// HTML returns the whole text with its headings.
// A heading of one number sign becomes an h2: the page's title is its only h1.
func (d *Doc) HTML(f *Fill) HTML {
	var b strings.Builder
	for _, s := range d.Sections {
		if s.Level > 0 {
			tag := "h" + strconv.Itoa(max(s.Level, 2))
			b.WriteString("<" + tag + ` id="` + html.EscapeString(s.Anchor) + `">` + html.EscapeString(s.Heading()) + "</" + tag + ">\n")
		}
		b.WriteString(string(s.HTML(f)))
	}
	return HTML(b.String())
}

// Heading is the number and the title.
func (s Section) Heading() string {
	return strings.TrimSpace(s.Number + " " + s.Title)
}

// Paper returns the whole text as parts of a document on paper.
func (d *Doc) Paper(f *Fill) []paper.Block {
	var out []paper.Block
	for _, s := range d.Sections {
		switch {
		case s.Level > 2:
			out = append(out, paper.Block{Sub: s.Heading()})
		case s.Level > 0:
			out = append(out, paper.Block{Heading: s.Heading()})
		}
		for _, n := range s.body {
			out = append(out, onPaper(n, s.source, f)...)
		}
	}
	return out
}

// Plain returns what stands below the heading without any markup.
func (s Section) Plain(f *Fill) string {
	var parts []string
	for _, n := range s.body {
		parts = append(parts, strings.Join(lines(n, s.source, f, ""), "\n"))
	}
	return strings.Join(parts, "\n\n")
}

// writer writes blocks as HTML.
type writer struct {
	b      strings.Builder
	source []byte
	fill   *Fill
}

func (w *writer) wrap(tag string, n ast.Node) {
	w.b.WriteString("<" + tag + ">")
	w.children(n)
	w.b.WriteString("</" + tag + ">")
}

func (w *writer) children(n ast.Node) {
	for c := n.FirstChild(); c != nil; c = c.NextSibling() {
		if c.Type() == ast.TypeInline {
			w.inline(c)
		} else {
			w.block(c)
		}
	}
}

func (w *writer) block(n ast.Node) {
	switch n := n.(type) {
	case *ast.TextBlock:
		w.children(n) // a line of a list that is set without gaps
		return
	case *ast.Blockquote:
		w.wrap("blockquote", n)
	case *ast.List:
		if n.IsOrdered() {
			w.b.WriteString("<ol")
			if n.Start > 1 {
				w.b.WriteString(` start="` + strconv.Itoa(n.Start) + `"`)
			}
			w.b.WriteString(">")
			w.children(n)
			w.b.WriteString("</ol>")
		} else {
			w.wrap("ul", n)
		}
	case *ast.ListItem:
		w.wrap("li", n)
	case *ast.Heading:
		w.b.WriteString("<p><strong>")
		w.children(n)
		w.b.WriteString("</strong></p>")
	case *ast.FencedCodeBlock:
		w.b.WriteString("<pre><code>")
		for i := range n.Lines().Len() {
			l := n.Lines().At(i)
			w.b.WriteString(html.EscapeString(string(l.Value(w.source))))
		}
		w.b.WriteString("</code></pre>")
	case *ast.ThematicBreak:
		w.b.WriteString("<hr>")
	case *east.Table:
		rows := cells(n)
		w.table(len(rows), func(i int) (int, func(int)) {
			return len(rows[i]), func(j int) { w.children(rows[i][j]) }
		})
	default:
		if t, ok := w.fill.table(n); ok {
			all := append([][]string{t.Heads}, t.Rows...)
			w.table(len(all), func(i int) (int, func(int)) {
				return len(all[i]), func(j int) { w.b.WriteString(html.EscapeString(all[i][j])) }
			})
			break
		}
		w.wrap("p", n)
	}
	w.b.WriteByte('\n')
}

// table writes rows, the first as heads. On a narrow screen it is what scrolls, so
// it can be reached by the keyboard.
func (w *writer) table(rows int, row func(i int) (cells int, cell func(j int))) {
	w.b.WriteString(`<div class="wide" tabindex="0"><table>`)
	for i := range rows {
		n, cell := row(i)
		open, end := "<td>", "</td>"
		switch i {
		case 0:
			w.b.WriteString("<thead>")
			open, end = `<th scope="col">`, "</th>"
		case 1:
			w.b.WriteString("<tbody>")
		}
		w.b.WriteString("<tr>")
		for j := range n {
			w.b.WriteString(open)
			cell(j)
			w.b.WriteString(end)
		}
		w.b.WriteString("</tr>")
		if i == 0 {
			w.b.WriteString("</thead>")
		}
	}
	if rows > 1 {
		w.b.WriteString("</tbody>")
	}
	w.b.WriteString("</table></div>")
}

func (w *writer) inline(n ast.Node) {
	switch n := n.(type) {
	case *ast.Text:
		w.b.WriteString(html.EscapeString(said(n, w.source)))
		switch {
		case n.HardLineBreak():
			w.b.WriteString("<br>")
		case n.SoftLineBreak():
			w.b.WriteByte('\n')
		}
	case *word:
		w.b.WriteString(html.EscapeString(w.fill.text(n.name)))
	case *ast.CodeSpan:
		w.b.WriteString("<code>" + html.EscapeString(plain(n, w.source, w.fill)) + "</code>")
	case *ast.Emphasis:
		w.wrap(map[bool]string{true: "strong", false: "em"}[n.Level > 1], n)
	case *ast.Link:
		w.link(target(string(n.Destination)), func() { w.children(n) })
	case *ast.AutoLink:
		w.link(target(href(n, w.source)), func() { w.b.WriteString(html.EscapeString(string(n.Label(w.source)))) })
	default: // a picture is its words
		w.children(n)
	}
}

func (w *writer) link(to string, words func()) {
	if to == "" {
		words()
		return
	}
	w.b.WriteString(`<a href="` + html.EscapeString(to) + `"`)
	if strings.HasPrefix(strings.ToLower(to), "https:") {
		w.b.WriteString(` rel="noopener noreferrer"`)
	}
	w.b.WriteString(">")
	words()
	w.b.WriteString("</a>")
}

// said is what a piece of text says: a backslash before a sign is not shown.
func said(n *ast.Text, source []byte) string {
	v := n.Segment.Value(source)
	if n.IsRaw() {
		return string(v)
	}
	return string(util.UnescapePunctuations(v))
}

// plain is an inline, or a block of them, without markup.
func plain(n ast.Node, source []byte, f *Fill) string {
	var b strings.Builder
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Text:
			b.WriteString(said(n, source))
			if n.HardLineBreak() || n.SoftLineBreak() {
				b.WriteByte(' ')
			}
		case *word:
			b.WriteString(f.text(n.name))
		case *ast.AutoLink:
			b.Write(n.Label(source))
		}
		return ast.WalkContinue, nil
	})
	return b.String()
}

// lines is a block as lines of plain text, each begun with indent.
func lines(n ast.Node, source []byte, f *Fill, indent string) []string {
	var out []string
	switch n := n.(type) {
	case *ast.List:
		number := n.Start
		for item := n.FirstChild(); item != nil; item = item.NextSibling() {
			mark := "• "
			if n.IsOrdered() {
				mark = strconv.Itoa(number) + ". "
				number++
			}
			for c := item.FirstChild(); c != nil; c = c.NextSibling() {
				for _, l := range lines(c, source, f, indent+"   ") {
					if mark != "" {
						l, mark = indent+mark+strings.TrimLeft(l, " "), ""
					}
					out = append(out, l)
				}
			}
		}
	case *ast.Blockquote:
		for c := n.FirstChild(); c != nil; c = c.NextSibling() {
			out = append(out, lines(c, source, f, indent+"   ")...)
		}
	case *ast.FencedCodeBlock:
		for i := range n.Lines().Len() {
			l := n.Lines().At(i)
			out = append(out, indent+strings.TrimRight(string(l.Value(source)), "\n"))
		}
	case *ast.ThematicBreak:
		out = append(out, "")
	case *east.Table:
		for _, r := range cells(n) {
			words := make([]string, len(r))
			for i, c := range r {
				words[i] = plain(c, source, f)
			}
			out = append(out, indent+strings.Join(words, " | "))
		}
	default:
		if t, ok := f.table(n); ok {
			for _, r := range append([][]string{t.Heads}, t.Rows...) {
				out = append(out, indent+strings.Join(r, " | "))
			}
			break
		}
		out = append(out, indent+plain(n, source, f))
	}
	return out
}

// onPaper is a block as parts of a document.
func onPaper(n ast.Node, source []byte, f *Fill) []paper.Block {
	sheet := func(all [][]string) []paper.Block {
		s := &paper.Sheet{Heads: all[0]}
		for _, r := range all[1:] {
			row := make([]paper.Cell, len(r))
			for i, c := range r {
				row[i] = paper.Word(c)
			}
			s.Rows = append(s.Rows, row)
		}
		return []paper.Block{{Table: s}}
	}
	if t, ok := n.(*east.Table); ok {
		var all [][]string
		for _, r := range cells(t) {
			row := make([]string, len(r))
			for i, c := range r {
				row[i] = plain(c, source, f)
			}
			all = append(all, row)
		}
		return sheet(all)
	}
	if t, ok := f.table(n); ok {
		return sheet(append([][]string{t.Heads}, t.Rows...))
	}
	if s := strings.Join(lines(n, source, f, ""), "\n"); s != "" {
		return []paper.Block{{Text: s}}
	}
	return nil
}
