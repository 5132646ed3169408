package prose

import (
	"bytes"
	"fmt"
	"regexp"
	"slices"
	"sort"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/yuin/goldmark/ast"
	"github.com/yuin/goldmark/extension"
	east "github.com/yuin/goldmark/extension/ast"
	"github.com/yuin/goldmark/parser"
	"github.com/yuin/goldmark/text"
	"github.com/yuin/goldmark/util"
)

// Most is how long a text may be, in bytes.
const Most = 128 << 10

// paragraph is how long lines without an empty one between them may be, in bytes:
// what it costs to find pairs of signs grows with the square of that.
const paragraph = 8 << 10

// columns is how many bars a line may have: a table has a cell in each row for each
// column of its second line.
const columns = 25

// deepest is how deep lists and quotes may stand in each other.
const deepest = 8

// Problem is one thing wrong with a text. Message is a whole sentence for whoever
// wrote it, with Args put in as by fmt.Sprintf.
type Problem struct {
	Line    int // from 1
	Message string
	Args    []any
}

func (p Problem) String() string {
	return fmt.Sprintf("line %d: %s", p.Line, fmt.Sprintf(p.Message, p.Args...))
}

// Problems is all that is wrong with a text, in the order of its lines. As an
// error it is for tests and logs of the program's own texts: what an agency wrote
// is shown to whoever wrote it, line by line.
type Problems []Problem

func (p Problems) Error() string {
	said := make([]string, len(p))
	for i := range p {
		said[i] = p[i].String()
	}
	return strings.Join(said, "\n")
}

// Key is a line `key: value` before the text.
type Key struct {
	Name, Value string
	Line        int
}

// Doc is a text that was read. It can be shown even if there are Problems.
type Doc struct {
	Front    []Key
	Sections []Section
	Problems Problems

	source []byte // without front matter, its lines replaced by empty ones
}

// Section is a heading with what follows it up to the next heading. Text before
// the first heading is a Section of Level 0.
type Section struct {
	Level  int    // 1 to 3
	Number string // "3.2", or empty where the heading has none
	Title  string // as plain text, without its number
	Anchor string // an id for HTML, the same at every reading of the same text
	Line   int
	Source string // the Markdown below the heading

	source []byte
	body   []ast.Node
}

// Get returns the value of a key of the front matter; empty if it is not there.
func (d *Doc) Get(name string) string {
	for _, k := range d.Front {
		if k.Name == name {
			return k.Value
		}
	}
	return ""
}

// Line returns the line of a key of the front matter; 1 if it is not there.
func (d *Doc) Line(name string) int {
	for _, k := range d.Front {
		if k.Name == name {
			return k.Line
		}
	}
	return 1
}

// List returns what a key's value lists between semicolons.
func (d *Doc) List(name string) []string {
	var out []string
	for s := range strings.SplitSeq(d.Get(name), ";") {
		if s = strings.TrimSpace(s); s != "" {
			out = append(out, s)
		}
	}
	return out
}

// Wrong notes one more problem.
func (d *Doc) Wrong(line int, message string, args ...any) {
	d.Problems = append(d.Problems, Problem{line, message, args})
	sort.SliceStable(d.Problems, func(i, j int) bool { return d.Problems[i].Line < d.Problems[j].Line })
}

var (
	frontKey = regexp.MustCompile(`^([a-z][a-z0-9_-]*):(?:[ \t]+(.*))?$`)
	numbered = regexp.MustCompile(`^([0-9]{1,3}(?:\.[0-9]{1,3})*)\.?(?:[ \t]+(.*))?$`)
	// nests is the beginning of a line that opens lists and quotes in each other.
	nests  = regexp.MustCompile(`^(?:[ \t]*(?:>|[-+*][ \t]|[0-9]{1,9}[.)][ \t]))*`)
	opener = regexp.MustCompile(`>|[-+*][ \t]|[0-9]{1,9}[.)][ \t]`)
)

// markdown is what is read of Markdown: no HTML, no definitions of links, no
// headings by underlining, which hyphens below a paragraph make by mistake.
var markdown = parser.NewParser(
	parser.WithBlockParsers(
		util.Prioritized(parser.NewThematicBreakParser(), 200),
		util.Prioritized(parser.NewListParser(), 300),
		util.Prioritized(parser.NewListItemParser(), 400),
		util.Prioritized(parser.NewATXHeadingParser(), 600),
		util.Prioritized(parser.NewFencedCodeBlockParser(), 700),
		util.Prioritized(parser.NewBlockquoteParser(), 800),
		util.Prioritized(parser.NewParagraphParser(), 1000)),
	parser.WithInlineParsers(
		util.Prioritized(parser.NewCodeSpanParser(), 100),
		util.Prioritized(braces{}, 150),
		util.Prioritized(parser.NewLinkParser(), 200),
		util.Prioritized(parser.NewAutoLinkParser(), 300),
		util.Prioritized(parser.NewEmphasisParser(), 500)),
	parser.WithParagraphTransformers(util.Prioritized(extension.NewTableParagraphTransformer(), 200)),
	parser.WithASTTransformers(util.Prioritized(extension.NewTableASTTransformer(), 0)),
)

// Parse reads a text. What is wrong with it is in the document's Problems.
func Parse(source string) *Doc {
	d := &Doc{}
	if len(source) > Most {
		source = source[:Most]
		d.Wrong(1, "The text is longer than %d kilobytes; what follows is left out.", Most>>10)
	}
	source = strings.ReplaceAll(strings.ReplaceAll(source, "\r\n", "\n"), "\r", "\n")
	source = strings.TrimPrefix(source, "\ufeff")
	lines := strings.Split(strings.ToValidUTF8(source, string(utf8.RuneError)), "\n")
	d.front(lines)
	fence, run := false, 0
	for i, l := range lines {
		if strings.HasPrefix(strings.TrimLeft(l, " "), "```") {
			fence = !fence
		}
		before := run
		if run += len(l) + 1; strings.TrimSpace(l) == "" {
			run = 0
		}
		if run > paragraph {
			lines[i] = ""
			if before <= paragraph {
				d.Wrong(i+1, "More than %d kilobytes stand here without an empty line between; from this line on they are left out.", paragraph>>10)
			}
			continue
		}
		if strings.Count(l, "|") > columns {
			lines[i] = ""
			d.Wrong(i+1, "This line has more than %d columns of a table and is left out.", columns-1)
			continue
		}
		if open := nests.FindString(l); len(opener.FindAllString(open, deepest+1)) > deepest {
			// As text, so that no line can make more work than others.
			lines[i] = "\\" + strings.TrimLeft(l, " \t")
			d.Wrong(i+1, "Lists and quotes stand in each other more than %d deep here.", deepest)
		}
	}
	if fence {
		d.Wrong(len(lines), "A block of code begins with ``` and does not end.")
	}
	d.source = []byte(strings.Join(lines, "\n"))
	d.split(markdown.Parse(text.NewReader(d.source)))
	return d
}

// Front reads the keys before a text alone, and what follows them, which is not read. ok is
// false where there are none, or something is wrong with them.
func Front(source string) (d *Doc, body string, ok bool) {
	d = &Doc{}
	lines := strings.Split(strings.ReplaceAll(source, "\r\n", "\n"), "\n")
	d.front(lines)
	return d, strings.TrimSpace(strings.Join(lines, "\n")), len(d.Front) > 0 && len(d.Problems) == 0
}

// front reads the lines between two rows of three hyphens at the very beginning,
// and empties them.
func (d *Doc) front(lines []string) {
	if strings.TrimRight(lines[0], " \t") != "---" {
		return
	}
	lines[0] = ""
	for i := 1; i < len(lines); i++ {
		l := strings.TrimSpace(lines[i])
		lines[i] = ""
		switch m := frontKey.FindStringSubmatch(l); {
		case l == "---":
			return
		case l == "":
		case m == nil:
			d.Wrong(i+1, "Before the text each line is a key, a colon, a space and a value.")
		case slices.ContainsFunc(d.Front, func(k Key) bool { return k.Name == m[1] }):
			d.Wrong(i+1, "The key %s is there twice.", m[1])
		default:
			d.Front = append(d.Front, Key{m[1], strings.TrimSpace(m[2]), i + 1})
		}
	}
	d.Wrong(len(lines), "The keys before the text do not end: a line of three hyphens is missing.")
}

// at returns the line of a place in the source.
func (d *Doc) at(offset int) int {
	return 1 + bytes.Count(d.source[:min(max(offset, 0), len(d.source))], []byte("\n"))
}

// start returns where a node begins in the source; for an inline that does not
// know, where its block does.
func start(n ast.Node) int {
	for ; n != nil; n = n.Parent() {
		if t, ok := n.(*ast.Text); ok {
			return t.Segment.Start
		}
		if n.Type() == ast.TypeBlock {
			if l := n.Lines(); l != nil && l.Len() > 0 {
				return l.At(0).Start
			}
			for c := n.FirstChild(); c != nil; c = c.FirstChild() {
				if c.Type() == ast.TypeBlock && c.Lines() != nil && c.Lines().Len() > 0 {
					return c.Lines().At(0).Start
				}
			}
		} else {
			for c := n.FirstChild(); c != nil; c = c.FirstChild() {
				if t, ok := c.(*ast.Text); ok {
					return t.Segment.Start
				}
			}
		}
	}
	return 0
}

// split makes sections of the blocks of a document.
func (d *Doc) split(root ast.Node) {
	taken := map[string]bool{}
	var from int // where the source of the last section begins
	end := func(to int) {
		if len(d.Sections) > 0 {
			s := &d.Sections[len(d.Sections)-1]
			s.Source = strings.Trim(string(d.source[from:max(from, to)]), "\n")
		}
	}
	for n := root.FirstChild(); n != nil; n = n.NextSibling() {
		h, ok := n.(*ast.Heading)
		if !ok {
			if len(d.Sections) == 0 {
				d.Sections = append(d.Sections, Section{Line: d.at(start(n)), source: d.source, Anchor: "top"})
			}
			s := &d.Sections[len(d.Sections)-1]
			s.body = append(s.body, n)
			d.check(n)
			continue
		}
		d.check(n)
		at := d.heading(h)
		line := bytes.LastIndexByte(d.source[:at], '\n') + 1
		end(line)
		from = len(d.source)
		if i := bytes.IndexByte(d.source[at:], '\n'); i >= 0 {
			from = at + i + 1
		}
		s := Section{Level: h.Level, Title: plain(h, d.source, nil), Line: d.at(at), source: d.source}
		if m := numbered.FindStringSubmatch(s.Title); m != nil {
			s.Number, s.Title = m[1], m[2]
		}
		if s.Title == "" {
			d.Wrong(s.Line, "A heading has no words.")
		}
		if h.Level > 3 {
			d.Wrong(s.Line, "A heading has more than three number signs.")
			s.Level = 3
		}
		s.Anchor = anchor(s)
		for i := 2; taken[s.Anchor]; i++ {
			s.Anchor = anchor(s) + "-" + strconv.Itoa(i)
		}
		taken[s.Anchor] = true
		d.Sections = append(d.Sections, s)
	}
	end(len(d.source))
}

// heading returns where a heading stands; one without words does not know.
func (d *Doc) heading(h *ast.Heading) int {
	if h.Lines().Len() > 0 {
		return h.Lines().At(0).Start
	}
	return min(max(h.Pos(), 0), len(d.source))
}

// anchor makes an id of a heading: of its number, or else of its words.
func anchor(s Section) string {
	if s.Number != "" {
		return "c" + strings.ReplaceAll(s.Number, ".", "-")
	}
	var b strings.Builder
	for _, r := range strings.ToLower(s.Title) {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9':
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
		if b.Len() >= 40 {
			break
		}
	}
	return "s-" + strings.Trim(b.String(), "-")
}

// check notes what in a block does not come out as it was meant.
func (d *Doc) check(n ast.Node) {
	_ = ast.Walk(n, func(n ast.Node, entering bool) (ast.WalkStatus, error) {
		if !entering {
			return ast.WalkContinue, nil
		}
		switch n := n.(type) {
		case *ast.Link:
			if target(string(n.Destination)) == "" {
				d.Wrong(d.at(start(n)), "A link leads to https://, to mailto: or to a place that begins with / or #; this one does not.")
			}
		case *ast.AutoLink:
			if target(href(n, d.source)) == "" {
				d.Wrong(d.at(start(n)), "A link leads to https://, to mailto: or to a place that begins with / or #; this one does not.")
			}
		case *ast.Image:
			d.Wrong(d.at(start(n)), "Pictures are not shown; their words are.")
		case *ast.Heading:
			if n.Parent() != nil && n.Parent().Kind() != ast.KindDocument {
				d.Wrong(d.at(start(n)), "A heading stands in a list or a quote.")
			}
		}
		return ast.WalkContinue, nil
	})
}

// Words returns what stands in two braces anywhere in the text, each once, in
// order, with its line.
func (d *Doc) Words() []Key {
	var out []Key
	for i, l := range strings.Split(string(d.source), "\n") {
		for _, m := range braced.FindAllStringSubmatch(l, -1) {
			if !slices.ContainsFunc(out, func(k Key) bool { return k.Name == m[1] }) {
				out = append(out, Key{Name: m[1], Line: i + 1})
			}
		}
	}
	return out
}

var (
	braced    = regexp.MustCompile(`\{\{([a-z][a-z0-9_]*(?:: [a-z][a-z0-9_-]*)?)\}\}`)
	braceHere = regexp.MustCompile(`^` + braced.String())
)

// longestWord bounds how far a word in braces is looked for.
const longestWord = 80

// braces reads a word in two braces.
type braces struct{}

// word is one, as {{agency}}.
type word struct {
	ast.BaseInline
	name string
}

var kindWord = ast.NewNodeKind("Word")

func (*word) Kind() ast.NodeKind         { return kindWord }
func (w *word) Dump(src []byte, lvl int) { ast.DumpHelper(w, src, lvl, nil, nil) }
func (braces) Trigger() []byte           { return []byte{'{'} }
func (braces) Parse(_ ast.Node, r text.Reader, _ parser.Context) ast.Node {
	line, _ := r.PeekLine()
	m := braceHere.FindSubmatchIndex(line[:min(len(line), longestWord)])
	if m == nil {
		return nil
	}
	w := &word{name: string(line[m[2]:m[3]])}
	r.Advance(m[1])
	return w
}

// target returns where a link may lead to; empty if it may not.
func target(to string) string {
	if strings.ContainsFunc(to, func(r rune) bool { return r <= ' ' || r == '\\' || r == 0x7f || r == utf8.RuneError }) {
		return ""
	}
	low := strings.ToLower(to)
	switch {
	case strings.HasPrefix(low, "https://") && len(to) > len("https://"),
		strings.HasPrefix(low, "mailto:") && strings.Contains(to, "@"),
		strings.HasPrefix(to, "#"),
		strings.HasPrefix(to, "/") && !strings.HasPrefix(to, "//"):
		return to
	}
	return ""
}

// href is what <https://...> or <name@host> leads to.
func href(n *ast.AutoLink, source []byte) string {
	if n.AutoLinkType == ast.AutoLinkEmail && !bytes.HasPrefix(bytes.ToLower(n.URL(source)), []byte("mailto:")) {
		return "mailto:" + string(n.URL(source))
	}
	return string(n.URL(source))
}

// cells are the rows of a table, its heads first.
func cells(t *east.Table) [][]ast.Node {
	var out [][]ast.Node
	for r := t.FirstChild(); r != nil; r = r.NextSibling() {
		var row []ast.Node
		for c := r.FirstChild(); c != nil; c = c.NextSibling() {
			row = append(row, c)
		}
		out = append(out, row)
	}
	return out
}

// WantClauses notes as problems where the headings are not those of numbered
// clauses: `## 1 Title`, then `### 1.1 Title`, each number one more than the last
// of its kind, and no text before the first.
func (d *Doc) WantClauses() {
	major, minor := 0, 0
	for _, s := range d.Sections {
		want, sign := "", ""
		switch s.Level {
		case 0:
			d.Wrong(s.Line, "Text stands before the first clause.")
			continue
		case 2:
			major, minor = major+1, 0
			want, sign = strconv.Itoa(major), "##"
		case 3:
			minor++
			want, sign = fmt.Sprintf("%d.%d", major, minor), "###"
		default:
			d.Wrong(s.Line, "A clause begins with ## or ###; a single # is not used.")
			continue
		}
		if s.Number != want {
			d.Wrong(s.Line, "This clause begins with %s %s and a space.", sign, want)
			if n := strings.Split(s.Number, "."); len(n) == s.Level-1 {
				// Go on from what is there, so that one slip is one problem.
				major, _ = strconv.Atoi(n[0])
				if s.Level == 3 {
					minor, _ = strconv.Atoi(n[1])
				}
			}
		}
	}
	if len(d.Sections) == 0 {
		d.Wrong(1, "There is no text.")
	}
}
