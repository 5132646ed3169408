package pdftext_test

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"caseward/internal/paper"
	"caseward/internal/pdftext"
	"caseward/internal/prose"
)

var update = flag.Bool("update", false, "write the texts of testdata anew")

// read reads a file of testdata in this process: it is one of our own.
func read(t *testing.T, name string) (*pdftext.Document, error) {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return pdftext.Extract(bytes.NewReader(b), int64(len(b)))
}

// TestFilesOfOthersBecomeTexts reads what printers made, with tags and without, in columns,
// and with the fonts that every reader has. What each became is beside it, to be looked at.
func TestFilesOfOthersBecomeTexts(t *testing.T) {
	for name, left := range map[string]pdftext.Left{
		"tagged":   {Repeated: 4, Tables: 1},
		"untagged": {Repeated: 4, Tables: 1},
		"columns":  {Gaps: 1, Columns: 2},
		"letter":   {Repeated: 4, Tables: 2},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := read(t, name+".pdf")
			if err != nil {
				t.Fatal(err)
			}
			if d.Left != left {
				t.Errorf("left %+v", d.Left)
			}
			got := fmt.Sprintf("title: %s\n\n%s", d.Title, d.Text)
			golden := filepath.Join("testdata", name+".md")
			if *update {
				if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(golden); err != nil || string(want) != got {
				t.Errorf("the text is not that of %s; run with -update and look at the difference (%v)\n%s", golden, err, got)
			}
			if p := prose.Parse(d.Text).Problems; len(p) > 0 {
				t.Errorf("the text has mistakes: %v", p)
			}
		})
	}
}

const policy = `## 1 Purpose

We hold records about people who came to us in trouble. The law asks us to keep them from everybody who has no business with them, and so does decency. This policy is short because it is meant to be read.

It does not repeat what the policy on computers says. Where the two seem to differ, ask the privacy officer; do not guess.

## 2 Rules

### 2.1 Doors

- Lock the outer door when the last person leaves, and try the handle.
- Never lend a key.

### 2.2 Cabinets

1. Clear the desk.
2. Turn the lock and take the key with you.

## 3 Who does what

| Role | Does |
|---|---|
| Office manager | keeps the list of keys |
| Privacy officer | walks through the rooms |
`

// TestOurOwnPaperReadsBack prints a text as this program does, and reads it.
func TestOurOwnPaperReadsBack(t *testing.T) {
	b, err := paper.PDF(paper.Doc{
		Title: "Doors", Lang: "en-US", At: time.Unix(1_790_000_000, 0), Page: "Page %s of %s", Letter: true,
		Head: []string{"Harborlight", "Doors"}, Foot: []string{"Version 2"}, Blocks: append([]paper.Block{{Heading: "Doors"}}, prose.Parse(policy).Paper(nil)...),
	})
	if err != nil {
		t.Fatal(err)
	}
	d, err := pdftext.Extract(bytes.NewReader(b), int64(len(b)))
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		"## 3 Purpose\n", "## 4 Rules\n", "### 4.1 Doors\n", "### 4.2 Cabinets\n", "## 5 Who does what\n",
		"We hold records about people who came to us in trouble. The law asks us to keep them from everybody who has no business with them, and so does decency. This policy is short because it is meant to be read.\n\nIt does not repeat",
		"- Lock the outer door when the last person leaves, and try the handle.\n", "1. Clear the desk.\n2. Turn the lock and take the key with you.\n",
		"| Role | Does |\n|---|---|\n| Office manager | keeps the list of keys |\n",
	} {
		if !strings.Contains(d.Text, want) {
			t.Errorf("no %q", want)
		}
	}
	if t.Failed() {
		t.Log(d.Left, d.Text)
	}
}

// file is a PDF of objects, numbered from 1; the first is its root.
func file(objects ...string) []byte {
	var b bytes.Buffer
	b.WriteString("%PDF-1.5\n")
	at := make([]int, len(objects))
	for i, o := range objects {
		at[i] = b.Len()
		fmt.Fprintf(&b, "%d 0 obj\n%s\nendobj\n", i+1, o)
	}
	xref := b.Len()
	fmt.Fprintf(&b, "xref\n0 %d\n0000000000 65535 f \n", len(at)+1)
	for _, n := range at {
		fmt.Fprintf(&b, "%010d 00000 n \n", n)
	}
	fmt.Fprintf(&b, "trailer\n<</Size %d /Root 1 0 R>>\nstartxref\n%d\n%%%%EOF\n", len(at)+1, xref)
	return b.Bytes()
}

// stream is an object that is a stream with these keys.
func stream(keys, body string) string {
	return fmt.Sprintf("<<%s /Length %d>>\nstream\n%s\nendstream", keys, len(body), body)
}

const (
	root  = "<</Type /Catalog /Pages 2 0 R>>"
	one   = "<</Type /Pages /Kids [3 0 R] /Count 1>>"
	sheet = "<</Type /Page /Parent 2 0 R /Contents 4 0 R /Resources <</Font <</F 5 0 R>> /XObject <</X 6 0 R>>>>>>"
	plain = "<</Type /Font /Subtype /Type1 /BaseFont /Helvetica /Encoding /WinAnsiEncoding>>"
)

// page is a PDF of one page with instructions.
func page(instructions string) []byte {
	return file(root, one, sheet, stream("", instructions), plain, "<<>>")
}

func extract(b []byte) (*pdftext.Document, error) {
	return pdftext.Extract(bytes.NewReader(b), int64(len(b)))
}

func TestWhatCannotBeReadIsRefusedByName(t *testing.T) {
	many := []string{root, "<</Type /Pages /Kids [" + strings.Repeat("3 0 R ", pdftext.MostPage+1) + "] /Count 501>>", sheet, stream("", ""), plain, "<<>>"}
	few := append([]string{root, "<</Type /Pages /Kids [" + strings.Repeat("3 0 R ", pdftext.MostPage) + "] /Count 500>>"}, many[2:]...)
	few[3] = stream("", "BT /F 12 Tf 72 700 Td (A line of text.) Tj ET")
	locked, err := os.ReadFile("testdata/locked.pdf")
	if err != nil {
		t.Fatal(err)
	}
	scan, err := os.ReadFile("testdata/scan.pdf")
	if err != nil {
		t.Fatal(err)
	}
	shapes := "<</Type /Font /Subtype /Type0 /BaseFont /X /Encoding /Identity-H /DescendantFonts [<</Type /Font /Subtype /CIDFontType2 /DW 500>>]>>"
	for name, tc := range map[string]struct {
		file []byte
		want error
	}{
		"no PDF":                    {[]byte("%PDF-1.7 ..."), pdftext.ErrBroken},
		"nothing":                   {nil, pdftext.ErrBroken},
		"encrypted":                 {locked, pdftext.ErrLocked},
		"encrypted as nobody knows": {bytes.Replace(page("BT /F 12 Tf (Hello there) Tj ET"), []byte("/Root"), []byte("/Encrypt <</Filter /Standard /V 5 /R 6>> /Root"), 1), pdftext.ErrLocked},
		"a scan":                    {scan, pdftext.ErrPicture},
		"no text":                   {page(""), pdftext.ErrPicture},
		"glyphs without letters":    {file(root, one, sheet, stream("", "BT /F 12 Tf 72 700 Td <002400250026002700280029> Tj ET"), shapes, "<<>>"), pdftext.ErrGarbled},
		"signs and no letters":      {page("BT /F 12 Tf 72 700 Td (#$%&/=#$%&/=!!) Tj ET"), pdftext.ErrGarbled},
		"too many pages":            {file(many...), pdftext.ErrLarge},
		"as many as may be":         {file(few...), nil},
		"too many glyphs":           {page("BT /F 12 Tf 72 700 Td " + strings.Repeat("(aaaaaaaaaa bbbbbbbbbb cccccccccc dddddddddd eeeeeeeeee) Tj ", 8000) + " ET"), pdftext.ErrLarge},
		"too large a file":          {make([]byte, pdftext.Most+1), pdftext.ErrLarge},
	} {
		t.Run(name, func(t *testing.T) {
			if d, err := extract(tc.file); !errors.Is(err, tc.want) || (err == nil) != (d != nil) {
				t.Errorf("%v, want %v", err, tc.want)
			}
		})
	}
}

// TestOddFilesAreRead has what readers of PDFs forgive.
func TestOddFilesAreRead(t *testing.T) {
	good := page("BT /F 12 Tf 72 700 Td (Lock the door.) Tj ET")
	for name, tc := range map[string]struct {
		file []byte
		says string
		left pdftext.Left
	}{
		"version 2":              {bytes.Replace(good, []byte("%PDF-1.5"), []byte("%PDF-2.0"), 1), "Lock the door.", pdftext.Left{}},
		"zeros after its end":    {append(bytes.Clone(good), make([]byte, 900)...), "Lock the door.", pdftext.Left{}},
		"words by gaps alone":    {page("BT /F 10 Tf 72 700 Td [(Lock) -300 (the) -300 (do) 20 (or.)] TJ ET"), "Lock the door.", pdftext.Left{}},
		"letters cast as one":    {file(root, one, sheet, stream("", "BT /F 12 Tf 72 700 Td (Lock it in the o\x03ce, \x93now\x94.) Tj ET"), strings.Replace(plain, "/WinAnsiEncoding", "<</Differences [3 /ffi]>>", 1), "<<>>"), "Lock it in the office, “now”.", pdftext.Left{}},
		"signs by their names":   {file(root, one, sheet, stream("", "BT /F 12 Tf 72 700 Td (A\x01o \x02 \x03: \x8e.) Tj ET"), strings.Replace(plain, "/WinAnsiEncoding", "<</BaseEncoding /MacRomanEncoding /Differences [1 /ntilde /emdash /uni20AC]>>", 1), "<<>>"), "Año — €: é.", pdftext.Left{}},
		"a name nobody knows":    {file(root, one, sheet, stream("", "BT /F 12 Tf 72 700 Td (Lock the door \x01) Tj ET"), strings.Replace(plain, "/WinAnsiEncoding", "<</Differences [1 /g17]>>", 1), "<<>>"), "Lock the door \ufffd", pdftext.Left{Signs: 1}},
		"a length beyond all":    {bytes.Replace(good, []byte("/Length 45"), []byte("/Length 999999999999999"), 1), "Lock the door.", pdftext.Left{}},
		"drawn twice, as bold":   {page("BT /F 12 Tf 1 0 0 1 72 700 Tm (L) Tj 1 0 0 1 72.3 700 Tm (L) Tj 1 0 0 1 79 700 Tm (ock the door) Tj ET"), "Lock the door", pdftext.Left{}},
		"a stamp aslant":         {page("BT /F 60 Tf .7 .7 -.7 .7 100 100 Tm (DRAFT) Tj /F 12 Tf 1 0 0 1 72 700 Tm (Lock the door.) Tj ET"), "Lock the door.", pdftext.Left{Turned: 1}},
		"a page on its side":     {file(root, one, strings.Replace(sheet, "/Parent", "/Rotate 90 /Parent", 1), stream("", "BT /F 12 Tf 0 1 -1 0 100 72 Tm (Lock the door.) Tj ET"), plain, "<<>>"), "Lock the door.", pdftext.Left{}},
		"text in a drawing":      {file(root, one, sheet, stream("", "q 1 0 0 1 0 300 cm /X Do Q"), plain, stream("/Subtype /Form /Matrix [1 0 0 1 72 0]", "BT /F 12 Tf (Lock the door.) Tj ET")), "Lock the door.", pdftext.Left{}},
		"a picture in between":   {page("BT /F 12 Tf 72 700 Td (Lock the door) Tj ET BI /W 1 /H 1 /BPC 8 ID \x01\x02 EI BT /F 12 Tf 72 680 Td (and window.) Tj ET"), "Lock the door and window.", pdftext.Left{Pictures: 1}},
		"a page that breaks off": {page("BT /F 12 Tf 72 700 Td (Lock the door.) Tj ET (\\q"), "Lock the door.", pdftext.Left{Torn: 1}},
		"dots that are drawn":    {page("72 701 m 72 704 77 704 77 701 c 77 699 72 699 72 701 c f BT /F 12 Tf 84 698 Td (Lock the door.) Tj ET 72 685 m 72 688 77 688 77 685 c 77 683 72 683 72 685 c f BT /F 12 Tf 84 682 Td (And window.) Tj ET"), "- Lock the door.\n- And window.\n", pdftext.Left{}},
		"out of order":           {page(scrambled()), "First line of it.", pdftext.Left{}},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := extract(tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(d.Text, tc.says) || d.Left != tc.left {
				t.Errorf("%+v %q", d.Left, d.Text)
			}
		})
	}
}

// scrambled draws words from the bottom up, as some printers do.
func scrambled() string {
	var b strings.Builder
	b.WriteString("BT /F 12 Tf ")
	lines := []string{"First line of it.", "Second line of it.", "Third line of it.", "Fourth line.", "Fifth line.", "Sixth line.", "Seventh line."}
	for i := len(lines) - 1; i >= 0; i-- {
		x := 72
		for w := range strings.FieldsSeq(lines[i]) {
			fmt.Fprintf(&b, "1 0 0 1 %d %d Tm (%s) Tj ", x, 700-i*15, w)
			x += 6*len(w) + 4
		}
	}
	return b.String() + "ET"
}

// pages is a PDF of pages with instructions each.
func pages(instructions ...string) []byte {
	objects := []string{root, "", plain}
	var kids strings.Builder
	for i, s := range instructions {
		fmt.Fprintf(&kids, "%d 0 R ", 4+2*i)
		objects = append(objects, fmt.Sprintf("<</Type /Page /Parent 2 0 R /Contents %d 0 R /Resources <</Font <</F 3 0 R>>>>>>", 5+2*i), stream("", s))
	}
	objects[1] = fmt.Sprintf("<</Type /Pages /Kids [%s] /Count %d>>", kids.String(), len(instructions))
	return file(objects...)
}

// TestWhatRepeatsIsLeftOutUnlessItIsAll reads the same lines on each page, alone and beside
// others.
func TestWhatRepeatsIsLeftOutUnlessItIsAll(t *testing.T) {
	const form = "BT /F 12 Tf 72 700 Td (Who takes a key signs for it.) Tj 0 -40 Td (Name and day:) Tj ET "
	for name, tc := range map[string]struct {
		file     []byte
		says     int // how often it stands there
		repeated int
	}{
		"on one page":             {pages(form), 1, 0},
		"and there is no more":    {pages(form, form), 2, 0},
		"nor but page numbers":    {pages(form+"BT /F 12 Tf 300 40 Td (1) Tj ET", form+"BT /F 12 Tf 300 40 Td (2) Tj ET"), 2, 0},
		"and other text is there": {pages(form+"BT /F 12 Tf 72 500 Td (Lend it to nobody at all.) Tj ET", form), 0, 4},
	} {
		t.Run(name, func(t *testing.T) {
			d, err := extract(tc.file)
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(d.Text, "Who takes a key signs for it."); n != tc.says || d.Left.Repeated != tc.repeated || strings.TrimSpace(d.Text) == "" {
				t.Errorf("%d times, %+v: %q", n, d.Left, d.Text)
			}
		})
	}
}

// TestWhatIsReadFromTheRightIsInOrder draws Hebrew and Arabic as printers do: sign by sign
// from the left.
func TestWhatIsReadFromTheRightIsInOrder(t *testing.T) {
	// Each text is written here in the order of reading.
	const (
		key    = "\u05de\u05e4\u05ea\u05d7" // key
		door   = "\u05d3\u05dc\u05ea"       // door
		lock   = "\u05e0\u05e2\u05dc"       // lock
		salam  = "\u0633\u0644\u0627\u0645" // with two signs that are cast as one
		kitab  = "\u0643\u062a\u0627\u0628" // book
		lamAlf = "\u0644\u0627"
	)
	rev := func(s string) string {
		r := []rune(s)
		slices.Reverse(r)
		return string(r)
	}
	// Codes from 1 on are the letters that are no ASCII, and 31 is the two cast as one.
	letters := []rune("\u05de\u05e4\u05ea\u05d7\u05d3\u05dc\u05e0\u05e2\u0633\u0645\u0643\u062a\u0627\u0628")
	var says strings.Builder
	for i, r := range letters {
		fmt.Fprintf(&says, "<%02x> <%04x>\n", i+1, r)
	}
	cmap := fmt.Sprintf("begincmap\n%d beginbfchar\n%s<1f> <06440627>\nendbfchar\nendcmap", len(letters)+1, says.String())
	font := strings.Replace(plain, "/Encoding", "/ToUnicode 6 0 R /Encoding", 1)
	coded := func(drawn string) string {
		var b strings.Builder
		for _, r := range strings.ReplaceAll(drawn, rev(lamAlf), "\x1f") {
			if i := slices.Index(letters, r); i >= 0 {
				r = rune(i + 1)
			}
			fmt.Fprintf(&b, "%02x", r)
		}
		return "<" + b.String() + ">"
	}
	at := func(y int, drawn string) string {
		return fmt.Sprintf("BT /F 12 Tf 1 0 0 1 72 %d Tm %s Tj ET ", y, coded(drawn))
	}
	// A sign at a time, each left of the one before.
	var back strings.Builder
	for i, r := range []rune(lock + " " + door) {
		fmt.Fprintf(&back, "BT /F 12 Tf 1 0 0 1 %d 700 Tm %s Tj ET ", 300-i*7, coded(string(r)))
	}
	// Lines that end at one edge to the right, the last of them short.
	ragged := ""
	long := strings.TrimSpace(strings.Repeat(door+" "+lock+" ", 6))
	for i, s := range []string{long, long, long, key + " " + door} {
		ragged += fmt.Sprintf("BT /F 12 Tf 1 0 0 1 %.2f %d Tm %s Tj ET ", 500-float64(utf8.RuneCountInString(s))*6, 700-15*i, coded(rev(s)))
	}
	for name, tc := range map[string]struct{ drawn, says string }{
		"words":                        {at(700, rev(lock)+" "+rev(door)), door + " " + lock},
		"numbers and brackets":         {at(700, "."+"2026 "+rev(lock)+" (1,250.50) 50% "+rev(door)+" "+rev(key)), key + " " + door + " 50% (1,250.50) " + lock + " 2026."},
		"a bracket around them":        {at(700, "("+rev(lock)+" "+rev(door)+") "+rev(key)), key + " (" + door + " " + lock + ")"},
		"a name in them":               {at(700, rev(lock+lock+lock)+" Form 12-B "+rev(door+door)), door + door + " Form 12-B " + lock + lock + lock},
		"a few in English":             {at(700, "The sign at the door says ("+rev(lock)+" "+rev(door)+"), in 2 lines."), "The sign at the door says (" + door + " " + lock + "), in 2 lines."},
		"a number between a few":       {at(700, "Turn "+rev(lock)+" 12 "+rev(door)+" and close it."), "Turn " + door + " 12 " + lock + " and close it."},
		"Arabic, with two cast as one": {at(700, rev(kitab)+" "+rev(salam)), salam + " " + kitab},
		"drawn from the right":         {back.String(), lock + " " + door},
		"a paragraph":                  {ragged, long + " " + long + " " + long + " " + key + " " + door},
		"English alone":                {at(700, "Lock (the) door, 2026."), "Lock (the) door, 2026."},
	} {
		t.Run(name, func(t *testing.T) {
			fixed := strings.Replace(font, "/WinAnsiEncoding", "/WinAnsiEncoding /FirstChar 1 /Widths ["+strings.Repeat("500 ", 127)+"]", 1)
			d, err := extract(file(root, one, sheet, stream("", tc.drawn), fixed, stream("", cmap)))
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.TrimSpace(d.Text); got != "## 1 Text\n\n"+tc.says {
				t.Errorf("%q, want %q", got, tc.says)
			}
		})
	}
}
