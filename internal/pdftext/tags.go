package pdftext

import (
	"github.com/ledongthuc/pdf"
)

// The kinds of what a tag marks.
const (
	paragraph = iota
	header
	item
	cell
	aside // not part of the text: heads and feet of pages, tables of contents
)

// tag is what a part of the text is, by its tags (ISO 32000-1, 14.8). Parts of one block
// have the same number.
type tag struct {
	kind     int
	block    int
	level    int // of a heading, or of a list, from 1
	ordered  bool
	table    int // which
	row, col int // from 1
}

// tags is the tree of tags: what each marked part of each page is.
type tags struct {
	roles  pdf.Value
	parts  map[string]map[int64]*tag // by what the page's dictionary says, and the mark
	nodes  int
	blocks int
	tables int
}

// of is the marked parts of a page; nil if there are none.
func (t *tags) of(page pdf.Value) map[int64]*tag {
	if t == nil || len(t.parts) == 0 {
		return nil
	}
	return t.parts[page.String()]
}

// learnTags reads the tree of tags; nil if there is none that is of use.
func learnTags(root pdf.Value) (t *tags) {
	if root.Kind() != pdf.Dict {
		return nil
	}
	// The text is read all the same where its tags are broken, or without end.
	defer func() {
		if recover() != nil {
			t = nil
		}
	}()
	t = &tags{roles: root.Key("RoleMap"), parts: map[string]map[int64]*tag{}}
	t.walk(root.Key("K"), "", tag{}, 0)
	return t
}

// fresh is a tag of a block of its own.
func (t *tags) fresh(as tag) tag {
	t.blocks++
	as.block = t.blocks
	return as
}

// walk reads a node, or several: page is the one it stands on, as says what is around it.
func (t *tags) walk(n pdf.Value, page string, as tag, deep int) {
	if t.nodes++; t.nodes > nodes || deep > deepest {
		panic(ErrLarge)
	}
	switch n.Kind() {
	case pdf.Array:
		for i := range n.Len() {
			t.walk(n.Index(i), page, as, deep+1)
		}
		return
	case pdf.Integer:
		if as.block == 0 {
			as = t.fresh(as)
		}
		if t.parts[page] == nil {
			t.parts[page] = map[int64]*tag{}
		}
		own := as
		t.parts[page][n.Int64()] = &own
		return
	case pdf.Dict:
	default:
		return
	}
	if p := n.Key("Pg"); p.Kind() == pdf.Dict {
		page = p.String()
	}
	if id := n.Key("MCID"); id.Kind() == pdf.Integer {
		t.walk(id, page, as, deep+1)
		return
	}
	role := n.Key("S").Name()
	for range 5 {
		if x := t.roles.Key(role).Name(); x != "" && x != role {
			role = x
		}
	}
	switch role {
	case "H1", "H2", "H3", "H4", "H5", "H6":
		as = t.fresh(tag{kind: header, level: int(role[1] - '0')})
	case "H", "Title":
		as = t.fresh(tag{kind: header, level: 1})
	case "P", "Caption", "Note", "BlockQuote", "BibEntry":
		if as.kind != item && as.kind != cell && as.kind != aside {
			as = t.fresh(tag{})
		}
	case "L":
		if as.kind == aside {
			break
		}
		deep := 0
		if as.kind == item {
			deep = as.level
		}
		as = tag{kind: item, level: deep + 1, ordered: numbered(n.Key("A"))}
	case "LI":
		if as.kind == item {
			as = t.fresh(as)
		}
	case "Table":
		t.tables++
		as = tag{kind: cell, table: t.tables}
		t.rows(n, page, as, new(int), deep)
		return
	case "TOC", "TOCI", "Artifact":
		as = tag{kind: aside}
	}
	t.walk(n.Key("K"), page, as, deep+1)
}

// rows reads the rows below a node of a table.
func (t *tags) rows(n pdf.Value, page string, as tag, row *int, deep int) {
	if t.nodes++; t.nodes > nodes || deep > deepest {
		panic(ErrLarge)
	}
	kids := n.Key("K")
	for i := range max(kids.Len(), 1) {
		k := kids
		if kids.Kind() == pdf.Array {
			k = kids.Index(i)
		}
		switch k.Key("S").Name() {
		case "TR":
			*row++
			as.row, as.col = *row, 0
			t.rows(k, page, as, row, deep+1)
		case "TH", "TD":
			as.col++
			t.walk(k, page, t.fresh(as), deep+1)
		case "Caption":
			t.walk(k, page, tag{}, deep+1)
		default:
			if k.Kind() == pdf.Dict {
				t.rows(k, page, as, row, deep+1)
			}
		}
	}
}

// numbered reports whether the attributes of a list say that its rows have numbers.
func numbered(a pdf.Value) bool {
	for i := range max(a.Len(), 1) {
		x := a
		if a.Kind() == pdf.Array {
			x = a.Index(i)
		}
		switch x.Key("ListNumbering").Name() {
		case "Decimal", "Ordered", "UpperAlpha", "LowerAlpha", "UpperRoman", "LowerRoman":
			return true
		}
	}
	return false
}
