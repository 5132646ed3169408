// Package clauses writes a document that was read from a file as the Markdown of package
// prose: headings as numbered clauses of two levels, paragraphs, lists and tables. Each
// reader of a kind of file hands it the blocks that it found.
//
// It knows no kind of file, reads nothing and stores nothing.
package clauses

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// ownNumber is a number that somebody typed before a heading; the clauses are numbered anew.
var ownNumber = regexp.MustCompile(`^(?:(?:§|Section|Article|Sección|Artículo)\s*)?[0-9]{1,3}(?:\.[0-9]{1,3})*[.):]?\s+`)

// first is the heading of text that stands before any.
const first = "Text"

// Longest is how long a bold line may be to count as a heading, in characters.
const Longest = 90

// Block is a paragraph, a row of a list, or a whole table.
type Block struct {
	Text    string // Markdown of one line; of a heading or a bold line its words alone, escaped
	Heading int    // from 1; 0 for none
	List    int    // from 1, how deep; 0 for none
	Ordered bool
	Bold    bool // all of it
	Table   bool // Text is the lines of a table
}

// Write writes the blocks as numbered clauses. title is what the document calls itself;
// where that is empty, a single highest heading over everything is taken for it.
func Write(title string, blocks []Block) (called, text string) {
	if !slices.ContainsFunc(blocks, func(b Block) bool { return b.Heading > 0 }) {
		// Nothing is styled as a heading: lines that are bold as a whole stand for them.
		for i, b := range blocks {
			if b.Bold && b.List == 0 && !b.Table && utf8.RuneCountInString(b.Text) <= Longest && !strings.HasSuffix(b.Text, ".") {
				blocks[i].Heading = 1
			}
		}
	}
	top, of, headings := highest(blocks)
	if title == "" && headings > 1 && of == 1 && blocks[0].Heading == top {
		title, blocks = unescaped(blocks[0].Text), blocks[1:]
		top, _, _ = highest(blocks)
	}
	var out strings.Builder
	major, minor := 0, 0
	var before Block
	number := make([]int, 8) // of lists, by depth
	for _, b := range blocks {
		if b.Heading == 0 && major == 0 {
			major = 1
			fmt.Fprintf(&out, "## 1 %s\n\n", first)
		}
		if b.List == 0 && before.List > 0 {
			out.WriteString("\n")
		}
		switch {
		case b.Heading > 0:
			title := ownNumber.ReplaceAllString(b.Text, "")
			if title == "" {
				title = b.Text
			}
			if b.Heading == top || major == 0 {
				major, minor = major+1, 0
				fmt.Fprintf(&out, "## %d %s\n\n", major, title)
			} else {
				minor++
				fmt.Fprintf(&out, "### %d.%d %s\n\n", major, minor, title)
			}
		case b.List > 0:
			deep := b.List - 1
			if before.List == 0 {
				clear(number)
				deep = 0 // a list begins at its first level
			} else if deep > before.List-1 {
				deep = before.List // one step at a time
			}
			b.List = deep + 1
			clear(number[b.List:])
			mark := "- "
			if b.Ordered {
				number[deep]++
				mark = strconv.Itoa(number[deep]) + ". "
			}
			fmt.Fprintf(&out, "%s%s%s\n", strings.Repeat("    ", deep), mark, lineStart(b.Text))
		case b.Table:
			fmt.Fprintf(&out, "%s\n\n", b.Text)
		case b.Bold:
			fmt.Fprintf(&out, "**%s**\n\n", b.Text)
		default:
			fmt.Fprintf(&out, "%s\n\n", lineStart(b.Text))
		}
		before = b
	}
	return title, strings.TrimRight(out.String(), "\n") + "\n"
}

// highest is the highest level of a heading there is, which becomes ##, how many are of it,
// and how many headings there are at all.
func highest(blocks []Block) (top, of, all int) {
	top = 9
	for _, b := range blocks {
		if b.Heading == 0 {
			continue
		}
		all++
		if b.Heading < top {
			top, of = b.Heading, 0
		}
		if b.Heading == top {
			of++
		}
	}
	return top, of, all
}

// begins is what at the beginning of a line would be a mark.
var begins = regexp.MustCompile(`^(?:[#+-]|[0-9]{1,9}[.)]|~~~|===|---)`)

// lineStart keeps the beginning of a line from being read as a mark: a typed "1." is one.
func lineStart(s string) string {
	m := begins.FindString(s)
	switch {
	case m == "":
		return s
	case m[0] >= '0' && m[0] <= '9':
		return m[:len(m)-1] + "\\" + s[len(m)-1:]
	}
	return "\\" + s
}

// Escaped keeps text from being read as marks.
func Escaped(s string) string {
	var b strings.Builder
	for _, r := range s {
		if strings.ContainsRune("\\`*_[]<>{}|!", r) {
			b.WriteByte('\\')
		}
		b.WriteRune(r)
	}
	return b.String()
}

// unescaped takes back what Escaped did.
func unescaped(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String()
}
