package roster

import (
	"bytes"
	"encoding/binary"
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Limits of a file.
const (
	MaxBytes   = 20 << 20
	MaxRows    = 5000
	maxColumns = 200
	maxCell    = 4000
)

// Table is a file that was read: the header and the rows below it.
type Table struct {
	Header []string
	Rows   [][]string
	// Lines are the lines of the file on which the rows begin.
	Lines []int
	// Long says of each row whether it has more cells than the header, which are left out.
	Long []bool
}

// What can be wrong with a file.
var (
	ErrEmpty   = errors.New("the file has no rows below its header")
	ErrTooMany = errors.New("the file has too many rows; split it and bring in the parts")
	errShape   = errors.New("the file is not a table with a header row")
)

// Read reads a table: UTF-8, UTF-16 or Windows-1252, separated by commas,
// semicolons, tabs or bars.
func Read(body []byte) (Table, error) { return ReadUpTo(body, MaxRows) }

// ReadUpTo is Read for a table of at most so many rows: ErrTooMany if it has more, ErrEmpty
// if it has none below its header.
func ReadUpTo(body []byte, rows int) (Table, error) {
	text := decode(body)
	r := csv.NewReader(strings.NewReader(text))
	r.Comma, r.LazyQuotes, r.FieldsPerRecord, r.TrimLeadingSpace = delimiter(text), true, -1, true
	var t Table
	for {
		row, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return Table{}, errShape
		}
		for i := range row {
			row[i] = cell(row[i])
		}
		if blank(row) {
			continue
		}
		if t.Header == nil {
			if len(row) > maxColumns || len(row) < 2 {
				return Table{}, errShape
			}
			t.Header = row
			continue
		}
		if len(t.Rows) == rows {
			return Table{}, ErrTooMany
		}
		line, _ := r.FieldPos(0)
		full := make([]string, len(t.Header))
		copy(full, row)
		t.Rows, t.Lines = append(t.Rows, full), append(t.Lines, line)
		t.Long = append(t.Long, len(row) > len(full) && !blank(row[len(full):]))
	}
	if len(t.Rows) == 0 {
		return Table{}, ErrEmpty
	}
	return t, nil
}

// cell is a value without what cannot be shown and without spaces around it.
func cell(s string) string {
	s = strings.Map(func(r rune) rune {
		switch {
		case r == '\t' || r == '\n' || r == '\r' || r == 0xa0:
			return ' '
		case r < ' ' || r == 0x7f || r == utf8.RuneError || r == 0xfeff:
			return -1
		}
		return r
	}, s)
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > maxCell {
		s = strings.ToValidUTF8(s[:maxCell], "")
	}
	return s
}

func blank(row []string) bool {
	for _, c := range row {
		if c != "" {
			return false
		}
	}
	return true
}

// decode makes text of bytes in one of the three encodings files come in.
func decode(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte{0xef, 0xbb, 0xbf}):
		return strings.ToValidUTF8(string(b[3:]), "\ufffd")
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return wide(b[2:], binary.LittleEndian)
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return wide(b[2:], binary.BigEndian)
	}
	// Without a mark, every other byte of Western text in UTF-16 is zero.
	head := b[:min(len(b), 512)]
	even, odd := 0, 0
	for i, c := range head {
		if c == 0 && i%2 == 0 {
			even++
		} else if c == 0 {
			odd++
		}
	}
	switch {
	case len(head) >= 4 && odd > len(head)/4 && even == 0:
		return wide(b, binary.LittleEndian)
	case len(head) >= 4 && even > len(head)/4 && odd == 0:
		return wide(b, binary.BigEndian)
	case utf8.Valid(b):
		return string(b)
	}
	var sb strings.Builder
	for _, c := range b {
		if c >= 0x80 && c < 0xa0 {
			sb.WriteRune(windows1252[c-0x80])
			continue
		}
		sb.WriteRune(rune(c))
	}
	return sb.String()
}

func wide(b []byte, order binary.ByteOrder) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = order.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// windows1252 is where the code page differs from Latin-1: 0x80 to 0x9f.
var windows1252 = [32]rune{
	'€', 0xfffd, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0xfffd, 'Ž', 0xfffd,
	0xfffd, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0xfffd, 'ž', 'Ÿ',
}

// delimiter is the mark that stands equally often in the first lines.
func delimiter(text string) rune {
	lines := strings.SplitN(text, "\n", 12)
	if len(lines) > 11 {
		lines = lines[:11]
	}
	best, most := ',', 0
	for _, d := range []rune{',', ';', '\t', '|'} {
		first := outside(lines[0], d)
		if first == 0 {
			continue
		}
		alike := 0
		for _, l := range lines {
			if outside(l, d) == first {
				alike++
			}
		}
		if n := alike*1000 + first; n > most {
			best, most = d, n
		}
	}
	return best
}

// outside counts a mark outside quotes.
func outside(line string, d rune) int {
	n, quoted := 0, false
	for _, r := range line {
		switch {
		case r == '"':
			quoted = !quoted
		case r == d && !quoted:
			n++
		}
	}
	return n
}

// Safe is a cell that no spreadsheet takes for a formula.
func Safe(s string) string {
	if s != "" && strings.ContainsRune("=+-@\t\r", rune(s[0])) {
		return "'" + s
	}
	return s
}
