package paper

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

	"github.com/xuri/excelize/v2"

	"caseward/internal/fault"
)

// Sheet is a table.
type Sheet struct {
	Name  string
	Heads []string
	Rows  [][]Cell
	// About are lines about the sheet: who asked for it, when and why, and that it
	// is confidential. A workbook has them on a page of their own and in print.
	About []string
}

// Cell is a text or a number.
type Cell struct {
	Text   string
	Number int64
	Is     bool // it is a number
}

// Word is a cell of text.
func Word(s string) Cell { return Cell{Text: s} }

// Count is a cell with a number.
func Count(n int64) Cell { return Cell{Number: n, Is: true} }

// String is the cell as it is read.
func (c Cell) String() string {
	if c.Is {
		return strconv.FormatInt(c.Number, 10)
	}
	return c.Text
}

// plain is text that no program takes for a formula: what begins like one, after
// whatever spaces, gets an apostrophe before it, as spreadsheets themselves do.
func plain(s string) string {
	t := strings.TrimLeft(s, " \t\r\n\u00a0\ufeff")
	if t == "" && s == "" {
		return s
	}
	if t == "" || strings.ContainsRune("=+-@\uff1d\uff0b\uff0d\uff20|%", []rune(t)[0]) || s[0] == '\t' || s[0] == '\r' || s[0] == '\n' {
		return "'" + s
	}
	return s
}

// CSV writes a sheet by RFC 4180, in UTF-8 with the mark that spreadsheet
// programs know it by. It has the heads and the rows and nothing else.
func CSV(s Sheet) ([]byte, error) {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	heads := make([]string, len(s.Heads))
	for i, h := range s.Heads {
		heads[i] = plain(h)
	}
	if err := w.Write(heads); err != nil {
		return nil, fault.Unavailablef("paper.csv", nil, "the file cannot be written")
	}
	for _, row := range s.Rows {
		line := make([]string, len(row))
		for i, c := range row {
			if line[i] = c.String(); !c.Is {
				line[i] = plain(c.Text)
			}
		}
		if err := w.Write(line); err != nil {
			return nil, fault.Unavailablef("paper.csv", nil, "the file cannot be written")
		}
	}
	w.Flush()
	return b.Bytes(), nil
}

// maxCell is how many characters a cell of a workbook holds.
const maxCell = 32767

// XLSX writes a sheet as a workbook: the rows, and a second page that says what
// it is. Text is text, whatever it begins with: no cell holds a formula.
func XLSX(s Sheet) ([]byte, error) {
	failed := func(error) ([]byte, error) {
		return nil, fault.Unavailablef("paper.xlsx", nil, "the workbook cannot be written")
	}
	f := excelize.NewFile()
	defer f.Close()
	name := sheetName(s.Name)
	if err := f.SetSheetName("Sheet1", name); err != nil {
		return failed(err)
	}
	bold, err := f.NewStyle(&excelize.Style{Font: &excelize.Font{Bold: true}})
	if err != nil {
		return failed(err)
	}
	put := func(sheet string, col, row int, c Cell) error {
		at, err := excelize.CoordinatesToCellName(col, row)
		if err != nil {
			return err
		}
		if c.Is {
			return f.SetCellValue(sheet, at, c.Number)
		}
		t := c.Text
		if r := []rune(t); len(r) > maxCell {
			t = string(r[:maxCell])
		}
		return f.SetCellStr(sheet, at, t)
	}
	for i, h := range s.Heads {
		if err := put(name, i+1, 1, Word(h)); err != nil {
			return failed(err)
		}
	}
	if len(s.Heads) > 0 {
		last, err := excelize.CoordinatesToCellName(len(s.Heads), 1)
		if err != nil {
			return failed(err)
		}
		if err := f.SetCellStyle(name, "A1", last, bold); err != nil {
			return failed(err)
		}
	}
	for i, row := range s.Rows {
		for j, c := range row {
			if err := put(name, j+1, i+2, c); err != nil {
				return failed(err)
			}
		}
	}
	for i := range s.Heads {
		col, err := excelize.ColumnNumberToName(i + 1)
		if err != nil {
			return failed(err)
		}
		if err := f.SetColWidth(name, col, col, width(s, i)); err != nil {
			return failed(err)
		}
	}
	if err := f.SetPanes(name, &excelize.Panes{Freeze: true, YSplit: 1, TopLeftCell: "A2", ActivePane: "bottomLeft"}); err != nil {
		return failed(err)
	}
	if len(s.About) > 0 {
		const about = "About"
		if _, err := f.NewSheet(about); err != nil {
			return failed(err)
		}
		for i, line := range s.About {
			if err := put(about, 1, i+1, Word(line)); err != nil {
				return failed(err)
			}
		}
		if err := f.SetHeaderFooter(name, &excelize.HeaderFooterOptions{OddHeader: "&L" + forPrint(s.About[0]), OddFooter: "&R&P / &N"}); err != nil {
			return failed(err)
		}
	}
	b, err := f.WriteToBuffer()
	if err != nil {
		return failed(err)
	}
	return b.Bytes(), nil
}

// forPrint is a line for the head of a printed page: at most 255 characters, and
// no marks of formatting.
func forPrint(s string) string {
	r := []rune(strings.ReplaceAll(s, "&", "&&"))
	return string(r[:min(len(r), 200)])
}

// sheetName is a name that a workbook allows.
func sheetName(s string) string {
	r := []rune(strings.Map(func(r rune) rune {
		if strings.ContainsRune(`:\/?*[]'`, r) {
			return ' '
		}
		return r
	}, s))
	if len(r) == 0 {
		return "Report"
	}
	return string(r[:min(len(r), 31)])
}

// width is how wide a column is, in characters.
func width(s Sheet, col int) float64 {
	n := len([]rune(s.Heads[col]))
	for _, row := range s.Rows {
		if col < len(row) {
			n = max(n, len([]rune(row[col].String())))
		}
	}
	return float64(min(max(n+2, 8), 48))
}
