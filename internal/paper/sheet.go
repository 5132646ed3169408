package paper

import (
	"bytes"
	"encoding/csv"
	"strconv"
	"strings"

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
