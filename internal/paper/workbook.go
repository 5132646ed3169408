package paper

import (
	"archive/zip"
	"bytes"
	"encoding/xml"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"caseward/internal/fault"
)

// What a workbook holds at most.
const (
	maxCell = 32767 // characters of a cell
	maxRows = 1 << 20
	maxCols = 1 << 14
)

// XLSX writes a sheet as a workbook (ECMA-376): the rows, and a second page that
// says what it is. Text is text, whatever it begins with: no cell holds a formula.
// The same sheet makes the same bytes.
func XLSX(s Sheet) ([]byte, error) {
	const op = "paper.xlsx"
	wide := len(s.Heads)
	for _, row := range s.Rows {
		wide = max(wide, len(row))
	}
	if len(s.Rows)+1 > maxRows || len(s.About) > maxRows || wide > maxCols {
		return nil, fault.Unavailablef(op, nil, "the workbook cannot be written: it has more rows or columns than one holds")
	}
	first := page{name: sheetName(s.Name), widths: make([]float64, len(s.Heads)), frozen: true}
	heads := make([]Cell, len(s.Heads))
	for i, h := range s.Heads {
		heads[i], first.widths[i] = Word(h), width(s, i)
	}
	first.rows = append([][]Cell{heads}, s.Rows...)
	pages := []page{first}
	if len(s.About) > 0 {
		const about = "About"
		first.head, first.foot = "&L"+forPrint(s.About[0]), "&R&P / &N"
		if strings.EqualFold(first.name, about) {
			first.name = "Report" // two pages cannot have one name
		}
		second := page{name: about}
		for _, line := range s.About {
			second.rows = append(second.rows, []Cell{Word(line)})
		}
		pages = []page{first, second}
	}

	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range workbook(pages) {
		w, err := z.Create(f.name)
		if err == nil {
			_, err = w.Write(f.text)
		}
		if err != nil {
			return nil, fault.Unavailablef(op, nil, "the workbook cannot be written")
		}
	}
	if err := z.Close(); err != nil {
		return nil, fault.Unavailablef(op, nil, "the workbook cannot be written")
	}
	return b.Bytes(), nil
}

// page is a worksheet. The first row of one that is frozen is in bold.
type page struct {
	name       string
	rows       [][]Cell
	widths     []float64
	frozen     bool
	head, foot string // in print
}

type file struct {
	name string
	text []byte
}

const (
	declared = `<?xml version="1.0" encoding="UTF-8" standalone="yes"?>` + "\n"
	ofMain   = `http://schemas.openxmlformats.org/spreadsheetml/2006/main`
	ofParts  = `http://schemas.openxmlformats.org/package/2006/relationships`
	ofRels   = `http://schemas.openxmlformats.org/officeDocument/2006/relationships`
	ofTypes  = `application/vnd.openxmlformats-officedocument.spreadsheetml.`
)

// workbook is the parts of a workbook, the list of them first.
func workbook(pages []page) []file {
	var types, sheets, rels strings.Builder
	parts := []file{}
	for i, p := range pages {
		fmt.Fprintf(&types, `<Override PartName="/xl/worksheets/sheet%d.xml" ContentType="%sworksheet+xml"/>`, i+1, ofTypes)
		fmt.Fprintf(&sheets, `<sheet name="%s" sheetId="%d" r:id="rId%d"/>`, escaped(p.name), i+1, i+1)
		fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/worksheet" Target="worksheets/sheet%d.xml"/>`, i+1, ofRels, i+1)
		parts = append(parts, file{fmt.Sprintf("xl/worksheets/sheet%d.xml", i+1), p.xml(i == 0)})
	}
	fmt.Fprintf(&rels, `<Relationship Id="rId%d" Type="%s/styles" Target="styles.xml"/>`, len(pages)+1, ofRels)
	return append([]file{
		{"[Content_Types].xml", []byte(declared + `<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
			`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
			`<Default Extension="xml" ContentType="application/xml"/>` +
			`<Override PartName="/xl/workbook.xml" ContentType="` + ofTypes + `sheet.main+xml"/>` +
			`<Override PartName="/xl/styles.xml" ContentType="` + ofTypes + `styles+xml"/>` + types.String() + `</Types>`)},
		{"_rels/.rels", []byte(declared + `<Relationships xmlns="` + ofParts + `"><Relationship Id="rId1" Type="` + ofRels + `/officeDocument" Target="xl/workbook.xml"/></Relationships>`)},
		{"xl/workbook.xml", []byte(declared + `<workbook xmlns="` + ofMain + `" xmlns:r="` + ofRels + `"><sheets>` + sheets.String() + `</sheets></workbook>`)},
		{"xl/_rels/workbook.xml.rels", []byte(declared + `<Relationships xmlns="` + ofParts + `">` + rels.String() + `</Relationships>`)},
		{"xl/styles.xml", []byte(declared + styles)},
	}, parts...)
}

// styles are two of cells: 0 as it comes, 1 bold. The second fill is one that
// programs take for granted.
const styles = `<styleSheet xmlns="` + ofMain + `">` +
	`<fonts count="2"><font><sz val="11"/><name val="Calibri"/><family val="2"/></font><font><b/><sz val="11"/><name val="Calibri"/><family val="2"/></font></fonts>` +
	`<fills count="2"><fill><patternFill patternType="none"/></fill><fill><patternFill patternType="gray125"/></fill></fills>` +
	`<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>` +
	`<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>` +
	`<cellXfs count="2"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/><xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/></cellXfs>` +
	`<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>`

// xml is the worksheet; its parts have to come in this order.
func (p page) xml(shown bool) []byte {
	var b bytes.Buffer
	b.WriteString(declared + `<worksheet xmlns="` + ofMain + `"><sheetViews><sheetView`)
	if shown {
		b.WriteString(` tabSelected="1"`)
	}
	b.WriteString(` workbookViewId="0">`)
	if p.frozen {
		b.WriteString(`<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/><selection pane="bottomLeft"/>`)
	}
	b.WriteString(`</sheetView></sheetViews>`)
	for i, w := range p.widths {
		if i == 0 {
			b.WriteString(`<cols>`)
		}
		fmt.Fprintf(&b, `<col min="%d" max="%d" width="%g" customWidth="1"/>`, i+1, i+1, w)
		if i == len(p.widths)-1 {
			b.WriteString(`</cols>`)
		}
	}
	b.WriteString(`<sheetData>`)
	for i, row := range p.rows {
		n := strconv.Itoa(i + 1)
		b.WriteString(`<row r="` + n + `">`)
		for j, c := range row {
			b.WriteString(`<c r="` + column(j) + n + `"`)
			if p.frozen && i == 0 {
				b.WriteString(` s="1"`)
			}
			if c.Is {
				b.WriteString(`><v>` + strconv.FormatInt(c.Number, 10) + `</v></c>`)
			} else {
				b.WriteString(` t="inlineStr"><is><t xml:space="preserve">` + cellText(c.Text) + `</t></is></c>`)
			}
		}
		b.WriteString(`</row>`)
	}
	b.WriteString(`</sheetData>`)
	if p.head != "" {
		b.WriteString(`<headerFooter><oddHeader>` + escaped(p.head) + `</oddHeader><oddFooter>` + escaped(p.foot) + `</oddFooter></headerFooter>`)
	}
	b.WriteString(`</worksheet>`)
	return b.Bytes()
}

// column is the letters of a column, from 0 on.
func column(n int) string {
	s := ""
	for n++; n > 0; n = (n - 1) / 26 {
		s = string(rune('A'+(n-1)%26)) + s
	}
	return s
}

// coded is what programs read as one character of that number.
var coded = regexp.MustCompile(`^_x[0-9A-Fa-f]{4}_`)

// cellText is the text of a cell, cut to what one holds, and read back as it is.
func cellText(s string) string {
	if r := []rune(s); len(r) > maxCell {
		s = string(r[:maxCell])
	}
	if !strings.Contains(s, "_x") {
		return escaped(s)
	}
	var b strings.Builder
	for i := range len(s) {
		if s[i] == '_' && coded.MatchString(s[i:]) {
			b.WriteString("_x005F")
		}
		b.WriteByte(s[i])
	}
	return escaped(b.String())
}

// escaped is text within XML. A character that XML cannot hold becomes U+FFFD.
func escaped(s string) string {
	var b strings.Builder
	_ = xml.EscapeText(&b, []byte(s))
	return b.String()
}
