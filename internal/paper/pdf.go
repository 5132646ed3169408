package paper

import (
	"bytes"
	_ "embed" // the fonts
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"

	"caseward/internal/fault"
)

//go:embed fonts/regular.ttf
var regular []byte

//go:embed fonts/bold.ttf
var bold []byte

// Doc is a document.
type Doc struct {
	Title string // of the file: names nobody
	Lang  string // "en-US"
	At    time.Time
	// Head stands at the top of every page, Foot at the bottom beside the number
	// of the page: whose it is; who printed it, when and why; that it is
	// confidential.
	Head, Foot []string
	Page       string // "Page %s of %s"
	Wide       bool   // the page lies on its side
	Letter     bool   // the paper is US Letter, otherwise A4
	Blocks     []Block
}

// Block is a part of a document; one of its fields is filled.
type Block struct {
	Heading string // of a part
	Sub     string // of a smaller one
	Notice  string // set apart in a frame
	Text    string
	Small   string
	Facts   [][2]string
	Table   *Sheet
}

const (
	margin = 16.0
	line   = 5.0
	family = "Atkinson Hyperlegible Next"
)

// PDF writes a document.
func PDF(d Doc) ([]byte, error) {
	size, side := "A4", "P"
	if d.Letter {
		size = "Letter"
	}
	if d.Wide {
		side = "L"
	}
	f := fpdf.New(side, "mm", size, "")
	f.SetCatalogSort(true)
	f.SetCreationDate(d.At)
	f.SetModificationDate(d.At)
	f.SetProducer("Caseward", true)
	f.SetCreator("Caseward", true)
	f.SetTitle(d.Title, true)
	f.SetLang(d.Lang)
	f.SetDisplayMode("default", "default")
	f.AddUTF8FontFromBytes(family, "", regular)
	f.AddUTF8FontFromBytes(family, "B", bold)
	head, foot := float64(len(d.Head))*4.4, float64(len(d.Foot)+1)*4
	f.SetMargins(margin, margin+head+4, margin)
	f.SetAutoPageBreak(true, margin+foot)
	f.SetHeaderFunc(func() {
		f.SetY(margin - 4)
		for i, s := range d.Head {
			f.SetFont(family, map[bool]string{true: "B", false: ""}[i == 0], 9.5)
			f.CellFormat(0, 4.4, clean(s), "", 1, "L", false, 0, "")
		}
		f.SetLineWidth(0.3)
		w, _ := f.GetPageSize()
		y := f.GetY() + 1
		f.Line(margin, y, w-margin, y)
		f.SetY(margin + head + 4)
	})
	f.SetFooterFunc(func() {
		f.SetY(-margin - foot + 4)
		f.SetFont(family, "", 8)
		for _, s := range d.Foot {
			f.CellFormat(0, 4, clean(s), "", 1, "L", false, 0, "")
		}
		f.CellFormat(0, 4, clean(strings.Replace(strings.Replace(d.Page, "%s", itoa(f.PageNo()), 1), "%s", "{nb}", 1)), "", 1, "R", false, 0, "")
	})
	f.AliasNbPages("{nb}")
	f.AddPage()
	for _, b := range d.Blocks {
		block(f, b)
	}
	var out bytes.Buffer
	if err := f.Output(&out); err != nil {
		return nil, fault.Unavailablef("paper.pdf", nil, "the document cannot be written")
	}
	return out.Bytes(), nil
}

func block(f *fpdf.Fpdf, b Block) {
	switch {
	case b.Heading != "":
		keep(f, 20)
		f.Ln(3)
		f.SetFont(family, "B", 13)
		f.MultiCell(0, 6.5, clean(b.Heading), "", "L", false)
		f.Ln(1)
	case b.Sub != "":
		keep(f, 14)
		f.Ln(1.5)
		f.SetFont(family, "B", 10.5)
		f.MultiCell(0, line, clean(b.Sub), "", "L", false)
	case b.Notice != "":
		f.SetFont(family, "B", 9)
		f.MultiCell(0, 4.6, clean(b.Notice), "1", "L", false)
		f.Ln(2)
	case b.Text != "":
		f.SetFont(family, "", 10)
		f.MultiCell(0, line, clean(b.Text), "", "L", false)
		f.Ln(1)
	case b.Small != "":
		keep(f, 4.2+1+line) // it may head the text that follows
		f.SetFont(family, "", 8.5)
		f.MultiCell(0, 4.2, clean(b.Small), "", "L", false)
		f.Ln(1)
	case b.Facts != nil:
		for _, x := range b.Facts {
			facts(f, x[0], x[1])
		}
		f.Ln(1)
	case b.Table != nil:
		table(f, *b.Table)
		f.Ln(2)
	}
}

// facts is a label with its value beside it.
func facts(f *fpdf.Fpdf, label, value string) {
	keep(f, 2*line)
	y := f.GetY()
	f.SetFont(family, "B", 9.5)
	f.MultiCell(48, line, clean(label), "", "L", false)
	after, page := f.GetY(), f.PageNo()
	f.SetXY(margin+50, y)
	f.SetLeftMargin(margin + 50)
	f.SetFont(family, "", 10)
	f.MultiCell(0, line, clean(value), "", "L", false)
	f.SetLeftMargin(margin)
	if f.PageNo() == page && f.GetY() < after {
		f.SetY(after)
	}
	f.SetX(margin)
}

// keep begins a new page if less than this is left on this one.
func keep(f *fpdf.Fpdf, mm float64) {
	_, h := f.GetPageSize()
	_, _, _, bottom := f.GetMargins()
	if f.GetY()+mm > h-bottom {
		f.AddPage()
	}
}

// table draws a sheet, its heads again on each page.
func table(f *fpdf.Fpdf, s Sheet) {
	w, h := f.GetPageSize()
	_, _, _, bottom := f.GetMargins()
	cols := widths(s, w-2*margin)
	head := func() {
		f.SetFont(family, "B", 9)
		row(f, cols, s.Heads, nil)
	}
	keep(f, 24)
	head()
	for _, r := range s.Rows {
		words := make([]string, len(s.Heads))
		number := make([]bool, len(s.Heads))
		for i := range words {
			if i < len(r) {
				words[i], number[i] = r[i].String(), r[i].Is
			}
		}
		f.SetFont(family, "", 9)
		if f.GetY()+tall(f, cols, words) > h-bottom {
			f.AddPage()
			head()
			f.SetFont(family, "", 9)
		}
		row(f, cols, words, number)
	}
}

func tall(f *fpdf.Fpdf, cols []float64, words []string) float64 {
	most := 1
	for i, s := range words {
		most = max(most, len(f.SplitText(clean(s), cols[i]-2)))
	}
	return float64(most)*4.4 + 1.6
}

func row(f *fpdf.Fpdf, cols []float64, words []string, number []bool) {
	high := tall(f, cols, words)
	x, y := margin, f.GetY()
	for i, s := range words {
		align := "L"
		if number != nil && number[i] {
			align = "R"
		}
		for j, part := range f.SplitText(clean(s), cols[i]-2) {
			f.SetXY(x, y+0.8+float64(j)*4.4)
			f.CellFormat(cols[i], 4.4, part, "", 0, align, false, 0, "")
		}
		x += cols[i]
	}
	f.SetLineWidth(0.1)
	f.Line(margin, y+high, x, y+high)
	f.SetXY(margin, y+high)
}

// widths shares the width of the page out by what the columns hold.
func widths(s Sheet, whole float64) []float64 {
	out := make([]float64, len(s.Heads))
	var sum float64
	for i := range out {
		out[i] = min(max(width(s, i), 10), 34)
		sum += out[i]
	}
	for i := range out {
		out[i] *= whole / sum
	}
	return out
}

// clean drops what the font and the library cannot set: control characters, and
// what lies beyond the first plane.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n':
			return r
		case r == '\t':
			return ' '
		case r < 0x20, r == 0x7f, r >= 0x80 && r < 0xa0, r == 0xfeff:
			return -1
		case r > 0xffff:
			return '\ufffd'
		}
		return r
	}, strings.ReplaceAll(s, "\r\n", "\n"))
}

func itoa(n int) string { return Count(int64(n)).String() }
