package word

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

// longest is how long a bold line may be to count as a heading, in characters.
const longest = 90

// document writes the blocks as numbered clauses of two levels.
func (r *reader) document() *Document {
	d := &Document{Title: r.title, Left: r.left}
	if !slices.ContainsFunc(r.out, func(b block) bool { return b.heading > 0 }) {
		// Nothing is styled as a heading: lines that are bold as a whole stand for them.
		for i, b := range r.out {
			if b.bold && b.list == 0 && !b.table && utf8.RuneCountInString(b.text) <= longest && !strings.HasSuffix(b.text, ".") {
				r.out[i].heading = 1
			}
		}
	}
	top := 9 // the highest level there is, which becomes ##
	headings := 0
	for _, b := range r.out {
		if b.heading > 0 {
			top, headings = min(top, b.heading), headings+1
		}
	}
	if d.Title == "" && headings > 1 {
		// A single highest heading over everything is the title.
		if n := r.count(top); n == 1 && len(r.out) > 0 && r.out[0].heading == top {
			d.Title, r.out = unescaped(r.out[0].text), r.out[1:]
			top = 9
			for _, b := range r.out {
				if b.heading > 0 {
					top = min(top, b.heading)
				}
			}
		}
	}
	var out strings.Builder
	major, minor := 0, 0
	var before block
	number := make([]int, 8) // of lists, by depth
	for _, b := range r.out {
		if b.heading == 0 && major == 0 {
			major = 1
			fmt.Fprintf(&out, "## 1 %s\n\n", first)
		}
		if b.list == 0 && before.list > 0 {
			out.WriteString("\n")
		}
		switch {
		case b.heading > 0:
			title := ownNumber.ReplaceAllString(b.text, "")
			if title == "" {
				title = b.text
			}
			if b.heading == top || major == 0 {
				major, minor = major+1, 0
				fmt.Fprintf(&out, "## %d %s\n\n", major, title)
			} else {
				minor++
				fmt.Fprintf(&out, "### %d.%d %s\n\n", major, minor, title)
			}
		case b.list > 0:
			deep := b.list - 1
			if before.list == 0 {
				clear(number)
				deep = 0 // a list begins at its first level
			} else if deep > before.list-1 {
				deep = before.list // one step at a time
			}
			b.list = deep + 1
			clear(number[b.list:])
			mark := "- "
			if b.ordered {
				number[deep]++
				mark = strconv.Itoa(number[deep]) + ". "
			}
			fmt.Fprintf(&out, "%s%s%s\n", strings.Repeat("    ", deep), mark, lineStart(b.text))
		case b.table:
			fmt.Fprintf(&out, "%s\n\n", b.text)
		case b.bold:
			fmt.Fprintf(&out, "**%s**\n\n", b.text)
		default:
			fmt.Fprintf(&out, "%s\n\n", lineStart(b.text))
		}
		before = b
	}
	d.Text = strings.TrimRight(out.String(), "\n") + "\n"
	return d
}

func (r *reader) count(level int) (n int) {
	for _, b := range r.out {
		if b.heading == level {
			n++
		}
	}
	return n
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
