package pdftext

import (
	"bytes"
	"errors"
	"io"
	"strings"

	"github.com/ledongthuc/pdf"

	"caseward/internal/prose/clauses"
)

// The bounds of what is read. A policy has a tenth of them.
const (
	Most     = 8 << 20 // bytes of a file
	MostPage = 500     // pages
	glyphs   = 400_000
	steps    = 5_000_000 // instructions of all pages together
	nodes    = 20_000    // of the tree of tags; a file with more is read without
	deepest  = 50        // nodes of a tree, or drawings, in each other
)

// What keeps a file from being read.
var (
	ErrBroken  = errors.New("pdftext: not a PDF, or a damaged one")
	ErrLocked  = errors.New("pdftext: it is encrypted")
	ErrPicture = errors.New("pdftext: pictures without text")
	ErrGarbled = errors.New("pdftext: it does not say which letters its glyphs are")
	ErrLarge   = errors.New("pdftext: more than is read")
	ErrStopped = errors.New("pdftext: reading it took more time or memory than is given")
	ErrAway    = errors.New("pdftext: no process that reads it could be started")
)

// Document is what was read.
type Document struct {
	Title string // a single highest heading over everything; empty if there is none
	Text  string // Markdown: clauses as `## 1 Title` and `### 1.1 Title`
	Left  Left
}

// Left counts what was not taken over, and what was and wants to be looked at.
type Left struct {
	Pictures int // pictures and drawings of others
	Scans    int // pages that are a picture without text
	Torn     int // pages that could not be read to their end
	Repeated int // lines at the head and foot of pages, which repeat
	Turned   int // pieces of text that stand upright or aslant, as stamps do
	Signs    int // glyphs of which the file does not say which sign they are
	Tables   int // tables that were put together of what stands side by side
	Gaps     int // lines with wide gaps, which may be rows of a table
	Columns  int // pages with text in columns
}

// Extract reads a file of size bytes. It is bounded in what it makes of a file, and not in
// what the library does with one that wants harm: see [Isolated].
// Errors: [ErrBroken], [ErrLocked], [ErrPicture], [ErrGarbled], [ErrLarge].
func Extract(file io.ReaderAt, size int64) (d *Document, err error) {
	if size > Most {
		return nil, ErrLarge
	}
	defer func() {
		if x := recover(); x != nil {
			d, err = nil, ErrBroken
			if x == any(ErrLarge) {
				err = ErrLarge
			}
		}
	}()
	f, err := pdf.NewReader(whole(file, size))
	if err != nil {
		if strings.Contains(strings.ToLower(err.Error()), "encrypt") {
			return nil, ErrLocked
		}
		return nil, ErrBroken
	}
	if !f.Trailer().Key("Encrypt").IsNull() {
		return nil, ErrLocked
	}
	r := &reader{fonts: map[string]*font{}}
	root := f.Trailer().Key("Root")
	r.collect(root.Key("Pages"), pdf.Value{}, 0, 0)
	if len(r.pages) == 0 {
		return nil, ErrBroken
	}
	r.tags = learnTags(root.Key("StructTreeRoot"))
	for i := range r.pages {
		r.page(&r.pages[i])
	}
	switch {
	case r.seen == 0 && r.left.Torn > 0:
		return nil, ErrBroken
	case r.seen == 0 || r.seen < 20*r.left.Scans:
		return nil, ErrPicture
	case r.left.Signs*5 > r.seen || r.letters*2 < r.seen:
		return nil, ErrGarbled
	}
	d = &Document{}
	d.Title, d.Text = clauses.Write("", r.blocks())
	d.Left = r.left
	return d, nil
}

// whole is a file as the library wants it: with a version that it knows, and its end at the
// last mark of one. Files of version 2 are written as those of version 1 are, and what
// stands after the end is nobody's.
func whole(file io.ReaderAt, size int64) (io.ReaderAt, int64) {
	const head, mark = "%PDF-1.7\n", "%%EOF"
	begin := make([]byte, len("%PDF-"))
	if _, err := file.ReadAt(begin, 0); err == nil && string(begin) == "%PDF-" {
		file = headed{file, head}
	}
	tail := make([]byte, min(size, 2048))
	if _, err := file.ReadAt(tail, size-int64(len(tail))); err == nil || err == io.EOF {
		if i := bytes.LastIndex(tail, []byte(mark)); i >= 0 {
			size -= int64(len(tail) - i - len(mark))
		}
	}
	return file, size
}

// headed is a file whose first bytes are others.
type headed struct {
	io.ReaderAt
	head string
}

func (h headed) ReadAt(p []byte, at int64) (int, error) {
	n, err := h.ReaderAt.ReadAt(p, at)
	if at >= 0 && at < int64(len(h.head)) {
		copy(p[:n], h.head[at:])
	}
	return n, err
}

// collect lists the pages below a node of the tree of pages.
func (r *reader) collect(n, resources pdf.Value, turn int64, deep int) {
	if r.nodes++; deep > deepest || r.nodes > 10*MostPage {
		panic(ErrLarge)
	}
	if v := n.Key("Resources"); !v.IsNull() {
		resources = v
	}
	if v := n.Key("Rotate"); !v.IsNull() {
		turn = v.Int64()
	}
	kids := n.Key("Kids")
	if kids.Kind() != pdf.Array {
		if n.Kind() == pdf.Dict {
			if len(r.pages) == MostPage {
				panic(ErrLarge)
			}
			r.pages = append(r.pages, page{value: n, resources: resources, turn: turn})
		}
		return
	}
	for i := range kids.Len() {
		r.collect(kids.Index(i), resources, turn, deep+1)
	}
}
